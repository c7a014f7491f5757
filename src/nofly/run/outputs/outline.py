"""A footprint as lines to draw: edges, arcs, circles and corridors as dense points.

A line is an array of shape (n, 2), latitude and longitude in degrees, closed, its longitudes running on past
±180° so that no step is longer than half a turn. Points lie on the WGS 84 ellipsoid (Karney's geodesics, by
pyproj); straight lon/lat between them leaves a geodesic edge by less than 3 m at 50°.
"""

from __future__ import annotations

import math
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from nofly.zones.model import Arc, Circle, Corridor, EdgeKind, Footprint, Ring, Vertex

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pyproj import Geod

STEP_M = 10_000.0
STEP_DEG = 0.1
CIRCLE_POINTS = 120
MAX_POINTS_EDGE = 4_000


@cache
def _geod() -> Geod:
    from pyproj import Geod

    return Geod(ellps="WGS84")


def outlines(footprint: Footprint) -> list[list[NDArray[np.float64]]]:
    """Return polygons, each a list of closed lines: its exterior, then its holes.

    A corridor comes back as one polygon a leg, which overlap at the bends.
    """
    if isinstance(footprint, Circle):
        return [[_unwrapped(_circle(footprint.centre, footprint.radius_m))]]
    if isinstance(footprint, Corridor):
        path = footprint.path
        pairs = pairwise(path) if len(path) > 1 else [(path[0], path[0])]
        return [[_unwrapped(_capsule(a, b, footprint))] for a, b in pairs]
    return [[_ring(ring, footprint.edge_kind) for ring in (footprint.exterior, *footprint.holes)]]


def path(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a track's points (lat, lon) with the geodesic between distant ones filled in, unwrapped."""
    if len(points) < 2:
        return points
    parts = [_edge((a[0], a[1]), (b[0], b[1]), EdgeKind.GEODESIC) for a, b in pairwise(points)]
    return _unwrapped(np.concatenate([*parts, points[-1:]]))


def _ring(ring: Ring, edge_kind: EdgeKind) -> NDArray[np.float64]:
    """Return a ring as a closed unwrapped line."""
    ends = [_ends(part) for part in ring]
    parts = []
    for k, part in enumerate(ring):
        if isinstance(part, Arc):
            parts.append(_arc(part))
        after = ends[(k + 1) % len(ring)][0]
        parts.append(_edge(ends[k][1], after, edge_kind))
    return _unwrapped(np.concatenate([*parts, np.array([ends[0][0]])]))


def _ends(part: Vertex | Arc) -> tuple[Vertex, Vertex]:
    if not isinstance(part, Arc):
        return part, part
    line = _arc(part)
    return (float(line[0, 0]), float(line[0, 1])), (float(line[-1, 0]), float(line[-1, 1]))


def _arc(arc: Arc) -> NDArray[np.float64]:
    sweep = (arc.end_deg - arc.start_deg) % 360.0 or 360.0
    if not arc.clockwise:
        sweep = (arc.start_deg - arc.end_deg) % 360.0 or 360.0
    steps = np.linspace(0.0, 1.0, max(2, math.ceil(sweep / 360.0 * CIRCLE_POINTS) + 1))
    bearings = arc.start_deg + steps * (sweep if arc.clockwise else -sweep)
    return _around(arc.centre, bearings, arc.radius_m + steps * (arc.end_radius_m - arc.radius_m))


def _circle(centre: Vertex, radius_m: float) -> NDArray[np.float64]:
    """Return a closed polygon round the circle, never less than published."""
    bearings = -np.linspace(0.0, 360.0, CIRCLE_POINTS + 1)
    reach = radius_m / math.cos(math.pi / CIRCLE_POINTS)
    return _around(centre, bearings, np.full(len(bearings), reach))


def _around(centre: Vertex, bearings: NDArray[np.float64], radii: NDArray[np.float64]) -> NDArray[np.float64]:
    n = len(bearings)
    lon, lat, _ = _geod().fwd(np.full(n, centre[1]), np.full(n, centre[0]), bearings, radii)
    return np.column_stack([lat, lon])


def _capsule(a: Vertex, b: Vertex, corridor: Corridor) -> NDArray[np.float64]:
    """Return the closed line at ``half_width_m`` about one leg: two sides and two round ends."""
    leg = np.vstack([_edge(a, b, corridor.edge_kind), np.array([b])])
    if len(leg) < 2 or a == b:
        return _circle(a, corridor.half_width_m)
    onward, _, _ = _geod().inv(leg[:-1, 1], leg[:-1, 0], leg[1:, 1], leg[1:, 0])
    onward = np.append(onward, onward[-1])
    half = corridor.half_width_m
    turn = np.linspace(90.0, 270.0, CIRCLE_POINTS // 2 + 1)

    def side(offset_deg: float) -> NDArray[np.float64]:
        lon, lat, _ = _geod().fwd(leg[:, 1], leg[:, 0], onward + offset_deg, np.full(len(leg), half))
        return np.column_stack([lat, lon])

    radii = np.full(len(turn), half)
    end = _around(b, onward[-1] + 180.0 - turn, radii)
    start = _around(a, onward[0] - turn, radii)
    closed = [side(90.0), end, side(-90.0)[::-1], start]
    line = np.concatenate(closed)
    return np.concatenate([line, line[:1]])


def _edge(a: Vertex, b: Vertex, edge_kind: EdgeKind) -> NDArray[np.float64]:
    """Return the points of an edge from ``a`` on, without ``b``."""
    d_lon = (b[1] - a[1] + 180.0) % 360.0 - 180.0
    straight = edge_kind is EdgeKind.PLANAR or (edge_kind is EdgeKind.PARALLEL and a[0] == b[0])
    if max(abs(d_lon), abs(b[0] - a[0])) < STEP_DEG / 2:
        return np.array([a])
    if straight:
        count = math.ceil(max(abs(d_lon), abs(b[0] - a[0])) / STEP_DEG)
        t = np.arange(max(1, count)) / max(1, count)
        return np.column_stack([a[0] + t * (b[0] - a[0]), a[1] + t * d_lon])
    _, _, length_m = _geod().inv(a[1], a[0], b[1], b[0])
    count = min(MAX_POINTS_EDGE, math.ceil(length_m / STEP_M))
    if count < 2:
        return np.array([a])
    between: Any = _geod().npts(a[1], a[0], b[1], b[0], count - 1)
    return np.array([a, *((lat, lon) for lon, lat in between)])


def _unwrapped(line: NDArray[np.float64]) -> NDArray[np.float64]:
    steps = np.diff(line[:, 1])
    turns = np.concatenate([[0.0], np.cumsum(np.round(steps / 360.0))])
    return np.column_stack([line[:, 0], line[:, 1] - 360.0 * turns])
