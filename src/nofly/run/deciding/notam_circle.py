"""The circle of a NOTAM's Q line: the least one, by whole minutes and nautical miles, that holds the area."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from nofly.formats._edges import subdivided
from nofly.units import M_PER_NM
from nofly.zones.model import Arc, Circle, Corridor, EdgeKind, Footprint, Vertex

WHOLE_NM = 999
"""What stands for all of the FIRs."""
_TURNS = 400
_DRAWN = 72


class Ring(NamedTuple):
    """Centre to the minute, radius in whole nautical miles."""

    lat_minutes: int
    lon_minutes: int
    radius_nm: int

    @property
    def text(self) -> str:
        """Eleven characters of place and three of radius: ``4748N03112E999``."""
        lat, lon = abs(self.lat_minutes), abs(self.lon_minutes)
        return (
            f"{lat // 60:02d}{lat % 60:02d}{'S' if self.lat_minutes < 0 else 'N'}"
            f"{lon // 60:03d}{lon % 60:02d}{'W' if self.lon_minutes < 0 else 'E'}{self.radius_nm:03d}"
        )


def holding(shapes: Sequence[Footprint]) -> Ring:
    """Return the circle that holds the shapes. Its radius is 999 where it would be larger than 998."""
    from pyproj import Geod

    geod = Geod(ellps="WGS84")
    found = [each for shape in shapes for each in _points(shape)]
    lats, lons, reaches_m = (np.array(column) for column in zip(*found, strict=True))
    lat, lon = _centre(lats, lons, reaches_m)
    lat_minutes, lon_minutes = round(lat * 60), round(lon * 60)
    many = len(found)
    _, _, far_m = geod.inv([lon_minutes / 60] * many, [lat_minutes / 60] * many, lons, lats)
    radius_nm = math.ceil(float(np.max(np.asarray(far_m) + reaches_m)) / M_PER_NM - 1e-9)
    return Ring(lat_minutes, lon_minutes, min(max(radius_nm, 1), WHOLE_NM))


def _points(shape: Footprint) -> list[tuple[float, float, float]]:
    """Return (lat, lon, reach in metres): the shape is held where all within reach of these are."""
    if isinstance(shape, Circle):
        return [(*shape.centre, shape.radius_m)]
    if isinstance(shape, Corridor):
        path = subdivided(shape.path, shape.edge_kind, EdgeKind.GEODESIC, closed=False)
        return [(*point, shape.half_width_m) for point in path]
    corners: list[Vertex] = []
    reaches: list[tuple[float, float, float]] = []
    for part in shape.exterior:
        if isinstance(part, Arc):
            reaches.append((*part.centre, max(part.radius_m, part.end_radius_m)))
        else:
            corners.append(part)
    if len(corners) == len(shape.exterior):
        corners = subdivided(corners, shape.edge_kind, EdgeKind.GEODESIC, closed=True)
    return [*((lat, lon, 0.0) for lat, lon in corners), *reaches]


def _centre(lats: np.ndarray, lons: np.ndarray, reaches_m: np.ndarray) -> tuple[float, float]:
    """Return about the centre of the least circle: from the middle a step towards whatever is farthest, each
    smaller than the one before (Bădoiu and Clarkson)."""
    phi, lam = np.radians(lats), np.radians(lons)
    points = np.column_stack((np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)))
    reaches = reaches_m / 6_371_000.0
    centre = points.mean(axis=0)
    if float(np.linalg.norm(centre)) < 1e-9:
        centre = points[0]
    centre = centre / np.linalg.norm(centre)
    for turn in range(1, _TURNS):
        far = np.arccos(np.clip(points @ centre, -1.0, 1.0)) + reaches
        farthest = int(np.argmax(far))
        angle = float(far[farthest] - reaches[farthest])
        if angle < 1e-9:
            break
        across = points[farthest] - centre * float(points[farthest] @ centre)
        size = float(np.linalg.norm(across))
        if size < 1e-12:
            break
        step = float(far[farthest]) / (turn + 1.0)
        centre = centre * math.cos(step) + across / size * math.sin(step)
    return math.degrees(math.asin(float(np.clip(centre[2], -1.0, 1.0)))), math.degrees(
        math.atan2(float(centre[1]), float(centre[0]))
    )
