"""The boundary of a part in space, to measure how deep inside it a place is.

Coordinates are Earth-centred metres on the WGS 84 ellipsoid. A polygon is the pieces of its boundary; a
circle and a corridor are their centre or centre line and a radius, so that their depth does not depend on how
they were cut.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nofly.geo import geodesic
from nofly.zones.compiled import CompiledZones
from nofly.zones.model import Circle, Corridor, Polygon
from nofly.zones.outline import cut_path

PIECE_M = 5_000.0
BEND_M = 0.3
BLOCK = 16
"""Pieces are bounded by spheres, so many at a time."""

_A_M = 6378137.0
_E2 = 0.00669437999014131699613723354004
_M_PER_DEG = 111_320.0


def to_space(lat_deg: NDArray[Any], lon_deg: NDArray[Any]) -> NDArray[np.float64]:
    """Return (n, 3) Earth-centred metres of points on the ellipsoid."""
    lat, lon = np.radians(lat_deg), np.radians(lon_deg)
    n = _A_M / np.sqrt(1.0 - _E2 * np.sin(lat) ** 2)
    return np.column_stack(
        [n * np.cos(lat) * np.cos(lon), n * np.cos(lat) * np.sin(lon), n * (1.0 - _E2) * np.sin(lat)]
    )


def shape(zones: CompiledZones, part: int) -> tuple[NDArray[np.float64], float]:
    """Return (pieces, radius_m) of a part: pieces (n, 6) from point to point; radius NaN for a boundary.

    The edges that two polygons of a zone share, limits alike, are no boundary: a zone cut at the antimeridian
    is one.
    """
    zone = zones.zones[zones.part_zone[part]]
    footprint = zone.volumes[zones.part_volume[part]].footprint
    if isinstance(footprint, Circle):
        centre = to_space(np.array([footprint.centre[0]]), np.array([footprint.centre[1]]))
        return np.hstack([centre, centre]), footprint.radius_m
    if isinstance(footprint, Corridor):
        path = np.array(cut_path(footprint.path, footprint.edge_kind))
        if len(path) == 1:
            path = np.vstack([path, path])
        points = to_space(path[:, 0], path[:, 1])
        return np.hstack([points[:-1], points[1:]]), footprint.half_width_m
    return _pieces(_boundary(zones, part)), float("nan")


def outline_pieces(zones: CompiledZones, part: int) -> NDArray[np.float64]:
    """Return the pieces (n, 6) of a part's outline as the kernel sees it: a circle is its circumscribed
    polygon."""
    return _pieces(zones.ends[zones.part_edge[part] : zones.part_edge[part + 1]])


def blocks(pieces: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (ceil(n / BLOCK), 4): centre and radius of a sphere round every BLOCK pieces."""
    out = []
    for i in range(0, len(pieces), BLOCK):
        points = pieces[i : i + BLOCK].reshape(-1, 3)
        centre = points.mean(axis=0)
        out.append([*centre, np.sqrt(((points - centre) ** 2).sum(axis=1).max())])
    return np.array(out).reshape(-1, 4)


def _boundary(zones: CompiledZones, part: int) -> NDArray[np.float64]:
    own = zones.ends[zones.part_edge[part] : zones.part_edge[part + 1]]
    z = zones.part_zone[part]
    zone = zones.zones[z]
    alike = [
        p
        for p in range(
            int(np.searchsorted(zones.part_zone, z)), int(np.searchsorted(zones.part_zone, z, side="right"))
        )
        if (zones.limits[p] == zones.limits[part]).all()
        and isinstance(zone.volumes[zones.part_volume[p]].footprint, Polygon)
    ]
    if len(alike) < 2:
        return own
    together = np.concatenate([zones.ends[zones.part_edge[p] : zones.part_edge[p + 1]] for p in alike])
    known = {tuple(edge) for edge in together.tolist()}
    kept = [edge for edge in together.tolist() if (edge[2], edge[3], edge[0], edge[1]) not in known]
    return np.array(kept).reshape(-1, 4) if 0 < len(kept) < len(together) else own


def _pieces(ends: NDArray[np.float64]) -> NDArray[np.float64]:
    """Cut edges, straight in longitude and latitude, so that straight lines in space may stand for them."""
    x0, y0, x1, y1 = ends.T
    bend_m = geodesic.sagittas_m(y0, y1, x1 - x0)
    width = (x1 - x0) * np.cos(np.radians(0.5 * (y0 + y1)))
    length_m = np.hypot(width, y1 - y0) * _M_PER_DEG
    n = np.ceil(np.maximum(length_m / PIECE_M, np.sqrt(bend_m / BEND_M))).astype(np.int64)
    n = np.maximum(n, 1)
    first = np.cumsum(n) - n
    step = np.arange(int(n.sum())) - np.repeat(first, n)
    of = np.repeat(n, n)
    dx, dy = np.repeat(x1 - x0, n), np.repeat(y1 - y0, n)
    bx, by = np.repeat(x0, n), np.repeat(y0, n)
    start = to_space(by + dy * step / of, bx + dx * step / of)
    end = to_space(by + dy * (step + 1) / of, bx + dx * (step + 1) / of)
    return np.hstack([start, end])
