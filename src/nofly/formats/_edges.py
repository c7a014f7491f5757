"""An edge of one kind written in a format whose edges are of another: points between, until both agree."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np

from nofly.zones.model import EdgeKind, Vertex

TOLERANCE_M = 0.5
"""How far a written edge may be from the declared one."""
_EARTH_M = 6_378_137.0
_MOST = 5_000
_FEW, _ALIKE = 30, 100


def planar_deviation_m(start: Vertex, end: Vertex) -> float:
    """Return about how far the geodesic and the straight longitude-latitude line of an edge part, in metres.

    The geodesic's curvature in the longitude-latitude plane is the sphere's, taken where the edge is farthest
    from the equator: right to a few percent along a parallel, too much elsewhere, zero along a meridian.
    """
    lat = math.radians(max(abs(start[0]), abs(end[0])))
    rise = math.radians(end[0] - start[0])
    run = math.radians((end[1] - start[1] + 180.0) % 360.0 - 180.0)
    width = abs(run * math.cos(min(abs(math.radians(start[0])), abs(math.radians(end[0])))))
    if width < 1e-15:
        return 0.0
    bend = math.sin(lat) * math.cos(lat) * run**2 + 2.0 * math.tan(lat) * rise**2
    return _EARTH_M * bend / 8.0 * width / math.hypot(rise, width)


def furthest_apart_m(ring: Sequence[Vertex]) -> float:
    """Return the greatest ``planar_deviation_m`` of the edges of a ring, its closing one too."""
    edges: Iterable[int] = range(len(ring))
    if len(ring) > _FEW:
        edges = _furthest_apart(ring)
    return max(planar_deviation_m(ring[k - 1], ring[k]) for k in edges)


def _furthest_apart(ring: Sequence[Vertex]) -> list[int]:
    """Return the ends of the edges whose ``planar_deviation_m`` can be the greatest: NumPy's functions may
    differ from Python's in the last digit. So many as have it but for that are alike."""
    lat2, lon2 = np.array(ring).T
    lat, lon = np.roll(lat2, 1), np.roll(lon2, 1)
    rise, run = np.radians(lat2 - lat), np.radians((lon2 - lon + 180.0) % 360.0 - 180.0)
    low, high = np.sort(np.radians(np.abs([lat, lat2])), axis=0)
    width = np.abs(run * np.cos(low))
    bend = np.sin(high) * np.cos(high) * run**2 + 2.0 * np.tan(high) * rise**2
    about_m = (width >= 1e-15) * _EARTH_M * bend / 8.0 * width / np.maximum(np.hypot(rise, width), 1e-300)
    found: list[int] = np.flatnonzero(about_m >= about_m.max() * (1.0 - 1e-9))[:_ALIKE].tolist()
    return found


def subdivided(points: Sequence[Vertex], kind: EdgeKind, written: EdgeKind, closed: bool) -> list[Vertex]:
    """Return the points of a line with as many more on its edges as keep it within ``TOLERANCE_M``.

    ``kind`` is what joins the points now, ``written`` (GEODESIC or PLANAR) what will join those returned;
    the first point of a ``closed`` line is not repeated.
    """
    line: list[Vertex] = []
    for place, start in enumerate(points):
        line.append(start)
        if place + 1 < len(points) or closed:
            end = points[(place + 1) % len(points)]
            line.extend(_between(start, end, kind, written))
    return line


def _between(start: Vertex, end: Vertex, kind: EdgeKind, written: EdgeKind) -> list[Vertex]:
    if kind is EdgeKind.PARALLEL:
        kind = EdgeKind.PLANAR if start[0] == end[0] else EdgeKind.GEODESIC
    deviation_m = 0.0 if kind is written else planar_deviation_m(start, end)
    if deviation_m <= TOLERANCE_M:
        return []
    parts = min(_MOST, math.ceil(math.sqrt(2.0 * deviation_m / TOLERANCE_M)))
    if kind is EdgeKind.GEODESIC:
        from pyproj import Geod

        between = Geod(ellps="WGS84").npts(start[1], start[0], end[1], end[0], parts - 1)
        return [(lat, lon) for lon, lat in between]
    run = (end[1] - start[1] + 180.0) % 360.0 - 180.0
    return [
        (
            start[0] + (end[0] - start[0]) * step / parts,
            (start[1] + run * step / parts + 180.0) % 360.0 - 180.0,
        )
        for step in range(1, parts)
    ]
