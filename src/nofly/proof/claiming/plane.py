"""The lateral boundary of a zone's part as a plane figure, to try thousands of paths through it.

The plane is azimuthal equidistant on the WGS 84 ellipsoid: distances from its origin are those of the
geodesic, others are off by at most (r / R)² / 6 at a distance r from it. What it is off by, and by how much
the outline was simplified, is kept with it, and is allowed for wherever a path is compared with a statement.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nofly.geo import geodesic
from nofly.proof.claiming.union import united
from nofly.zones.compiled import CompiledZones

Floats = NDArray[np.float64]
MOST_EDGES = 160
_MEAN_M = 6_371_008.8
_FIRST_TOLERANCE_M = 2.0
_JOINED_M = 0.5
_BLOCK = 1 << 15
"""Numbers in each room of :func:`depths_m`."""


@dataclass(frozen=True, slots=True)
class Figure:
    """Edges (n, 4: x, y to x, y in metres), the area on their left; about an origin."""

    lat_deg: float
    lon_deg: float
    edges: Floats
    simplified_m: float
    """No place of the boundary is further than this from the edges."""

    @property
    def reach_m(self) -> float:
        """The largest distance of the boundary from the origin."""
        return float(np.hypot(self.edges[:, 0], self.edges[:, 1]).max())

    @property
    def stretch_fraction(self) -> float:
        """By how much of itself a distance in the plane may be off."""
        return (self.reach_m / _MEAN_M) ** 2 / 6.0

    @property
    def lengths_m(self) -> Floats:
        """The length of each edge."""
        found: Floats = np.hypot(self.edges[:, 2] - self.edges[:, 0], self.edges[:, 3] - self.edges[:, 1])
        return found

    def xy(self, lat_deg: float, lon_deg: float) -> tuple[float, float]:
        """Return where a place lies in the plane: metres east and north of the origin."""
        return _xy(self.lat_deg, self.lon_deg, lat_deg, lon_deg)

    def place(self, x_m: float, y_m: float) -> tuple[float, float]:
        """Return (lat_deg, lon_deg) of a point of the plane."""
        bearing_deg = math.degrees(math.atan2(x_m, y_m))
        return geodesic.point_at(self.lat_deg, self.lon_deg, bearing_deg, math.hypot(x_m, y_m))

    def holds(self, x_m: float, y_m: float) -> bool:
        """Return whether a point is inside: an odd number of edges lies east of it."""
        x0, y0, x1, y1 = self.edges.T
        spans = (y0 > y_m) != (y1 > y_m)
        with np.errstate(divide="ignore", invalid="ignore"):
            at = x0 + (y_m - y0) / (y1 - y0) * (x1 - x0)
        return bool((spans & (at > x_m)).sum() % 2)

    def distance_m(self, x_m: float, y_m: float) -> float:
        """Return the distance of a point from the boundary."""
        return float(depths_m(self.edges, np.array([[x_m, y_m]]))[0])


def figures(zones: CompiledZones, zone: int) -> list[Figure]:
    """Return the parts of a zone, as one where some overlap, such as a corridor's legs and bends; none
    where a part holds a pole or reaches too far, or they cannot be put together."""
    parts = np.flatnonzero(zones.part_zone == zone).tolist()
    volumes = zones.part_volume[parts].tolist()
    if len(set(volumes)) == len(volumes):
        found = [_figure(zones, [part]) for part in parts]
        kept = [figure for figure in found if figure is not None]
        if len(kept) == len(found) and not _overlap(kept):
            return kept
    whole = _figure(zones, parts)
    return [] if whole is None else [whole]


def _figure(zones: CompiledZones, parts: list[int]) -> Figure | None:
    """Return some parts of a zone as one figure."""
    ends = np.vstack([zones.ends[_edges(zones, part)] for part in parts])
    lat, lon = ends[:, 1], ends[:, 0]
    middle = float(0.5 * (lat.min() + lat.max())), float(0.5 * (lon.min() + lon.max()))
    if np.ptp(lon) > 90.0 or max(abs(lat.min()), abs(lat.max())) > 89.0:
        return None
    each = [_outline(zones, part, middle) for part in parts]
    told = [rings for rings in each if rings is not None]
    if len(told) < len(parts):
        return None
    rings = told[0] if len(parts) == 1 else united(told)
    if rings is None:
        return None
    simplified_m = _FIRST_TOLERANCE_M
    cut = [simplify(ring, simplified_m) for ring in rings]
    while sum(map(len, cut)) > max(MOST_EDGES, 3 * len(rings)):
        simplified_m *= 1.6
        cut = [simplify(ring, simplified_m) for ring in rings]
    edges = np.vstack([np.hstack([ring, np.roll(ring, -1, axis=0)]) for ring in cut])
    return Figure(*middle, edges, simplified_m)


def _edges(zones: CompiledZones, part: int) -> slice:
    return slice(int(zones.part_edge[part]), int(zones.part_edge[part + 1]))


def _outline(zones: CompiledZones, part: int, middle: tuple[float, float]) -> list[Floats] | None:
    """Return the rings of a part in the plane about a place; None where its edges are no rings."""
    ends, ring_of = zones.ends[_edges(zones, part)], zones.edge_ring[_edges(zones, part)]
    rings = []
    for ring in np.unique(ring_of).tolist():
        line = ends[ring_of == ring].tolist()
        points = np.array([_xy(*middle, y, x) for x, y, _, _ in line])
        others = np.array([_xy(*middle, y, x) for _, _, x, y in line])
        turn = _turn(points, others)
        if turn == 0.0:
            return None
        # Each edge has the area on its left, whichever way round they are listed; so has the ring now.
        rings.append(points if (turn > 0.0) == (ring == 0) else points[::-1])
    return rings


def _turn(points: Floats, others: Floats) -> float:
    """Return twice the area of the ring that edges make in the order they are listed, their direction aside:
    positive anticlockwise; 0 where they are no ring in that order."""
    for start, end in ((points, others), (others, points)):
        if np.abs(end - np.roll(start, -1, axis=0)).max() < _JOINED_M:
            x, y = start.T
            return float(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y))
    return 0.0


def _xy(from_lat_deg: float, from_lon_deg: float, lat_deg: float, lon_deg: float) -> tuple[float, float]:
    length_m, bearing_deg, _ = geodesic.length_and_azimuths(from_lat_deg, from_lon_deg, lat_deg, lon_deg)
    bearing = math.radians(bearing_deg)
    return length_m * math.sin(bearing), length_m * math.cos(bearing)


def simplify(ring: Floats, tolerance_m: float) -> Floats:
    """Return the points of a closed line from which no other is further than the tolerance (D. H. Douglas and
    T. K. Peucker, The Canadian Cartographer 10, 1973); three at least."""
    far = int(np.argmax(((ring - ring[0]) ** 2).sum(axis=1)))
    if far == 0:
        return ring
    closed = np.vstack([ring, ring[:1]])
    keep = np.zeros(len(closed), np.bool_)
    keep[[0, far, len(closed) - 1]] = True
    spans = [(0, far), (far, len(closed) - 1)]
    while spans:
        first, last = spans.pop()
        if last - first < 2:
            continue
        off = _off(closed[first + 1 : last], closed[first], closed[last])
        worst = int(np.argmax(off))
        if off[worst] > tolerance_m:
            middle = first + 1 + worst
            keep[middle] = True
            spans += [(first, middle), (middle, last)]
    if keep[:-1].sum() < 3:
        keep[int(np.argmax(_off(ring, closed[0], closed[far])))] = True
    return ring[keep[:-1]]


def _off(points: Floats, a: Floats, b: Floats) -> Floats:
    way = b - a
    length = max(float((way**2).sum()), 1e-12)
    part = np.clip(((points - a) @ way) / length, 0.0, 1.0)
    found: Floats = np.hypot(*(points - a - part[:, None] * way).T)
    return found


def depths_m(edges: Floats, points: Floats) -> Floats:
    """Return the distance of points (…, 2) from the nearest edge."""
    (x0, y0, x1, y1), flat = np.ascontiguousarray(edges.T), points.reshape(-1, 2)
    dx, dy = x1 - x0, y1 - y0
    length = np.maximum(dx * dx + dy * dy, 1e-12)
    found = np.empty(len(flat))
    # Some points at a time, in rooms that a cache holds: to fetch numbers takes longer than to reckon.
    step = max(1, _BLOCK // len(edges))
    px, py, part, off = np.empty((4, min(step, len(flat)), len(edges)))
    for first in range(0, len(flat), step):
        some = flat[first : first + step]
        px, py, part, off = (room[: len(some)] for room in (px, py, part, off))
        np.subtract(some[:, :1], x0, out=px)
        np.subtract(some[:, 1:], y0, out=py)
        np.multiply(px, dx, out=part)
        np.multiply(py, dy, out=off)
        part += off
        part /= length
        np.clip(part, 0.0, 1.0, out=part)
        px -= np.multiply(part, dx, out=off)
        py -= np.multiply(part, dy, out=off)
        px *= px
        py *= py
        px += py
        np.min(px, axis=1, out=found[first : first + step])
    return np.sqrt(found).reshape(points.shape[:-1])


def _overlap(kept: list[Figure]) -> bool:
    """Return whether the boundary of one figure enters another."""
    for one in kept:
        for other in kept:
            if other is one:
                continue
            for x, y in other.edges[:, :2].tolist():
                at = one.xy(*other.place(x, y))
                if one.holds(*at) and one.distance_m(*at) > 10.0:
                    return True
    return False
