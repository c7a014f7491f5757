"""A footprint as closed lines to draw and to export: the outlines that are judged, cut finely enough.

A line is an array of shape (n, 2), latitude and longitude in degrees, closed, its longitudes running on past
±180° so that no step is longer than half a turn.
"""

from __future__ import annotations

import math
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from nofly.geo.geodesic import geodesic_points
from nofly.zones import outline
from nofly.zones.model import EdgeKind, Footprint, Vertex

if TYPE_CHECKING:
    from numpy.typing import NDArray

TOLERANCE_M = 2.0
"""How far straight lon/lat between two points may leave a geodesic edge."""
STEP_DEG = 0.25
"""Edges straight in lon/lat bend on a map: they are cut this finely to be drawn."""


@lru_cache(maxsize=512)
def outlines(footprint: Footprint, *, drawn: bool = True) -> list[list[NDArray[np.float64]]]:
    """Return polygons, each a list of closed lines: its exterior, then its holes.

    Without ``drawn`` edges straight in lon/lat are left as they are. A corridor is several polygons that
    overlap: its legs, and a circle at each bend.
    """
    return [
        [_closed(ring, kind, drawn) for ring in rings] for rings, kind in outline.outlines(footprint)
    ]  # fmt: skip


def path(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a track's points (lat, lon) with the geodesic between distant ones filled in, unwrapped."""
    if len(points) < 2:
        return points
    steps = np.abs(np.diff(points, axis=0))
    if steps.max() < STEP_DEG:
        return points
    parts = [_edge((a[0], a[1]), (b[0], b[1]), EdgeKind.GEODESIC, True) for a, b in pairwise(points.tolist())]
    return _unwrapped(np.array([*(p for part in parts for p in part), points[-1].tolist()]))


def _closed(ring: list[Vertex], kind: EdgeKind, drawn: bool) -> NDArray[np.float64]:
    parts = [_edge(a, b, kind, drawn) for a, b in pairwise([*ring, ring[0]])]
    return _unwrapped(np.array([*(p for part in parts for p in part), ring[0]], dtype=float))


def _edge(a: Vertex, b: Vertex, kind: EdgeKind, drawn: bool) -> list[Vertex]:
    """Return the points of an edge from ``a`` on, without ``b``."""
    d_lon = (b[1] - a[1] + 180.0) % 360.0 - 180.0
    if max(abs(d_lon), abs(b[0] - a[0])) < 0.02:
        return [a]
    straight = kind is EdgeKind.PLANAR or (kind is EdgeKind.PARALLEL and a[0] == b[0])
    corners = [a, (b[0], a[1] + d_lon)] if straight else [a, *_cuts(a, b)]
    if not drawn:
        return corners[:-1]
    points = []
    for c, d in pairwise(corners):
        count = max(1, math.ceil(max(abs(d[0] - c[0]), abs(d[1] - c[1])) / STEP_DEG))
        points += [(c[0] + k / count * (d[0] - c[0]), c[1] + k / count * (d[1] - c[1])) for k in range(count)]
    return points


def _cuts(a: Vertex, b: Vertex) -> list[Vertex]:
    try:
        lats, lons, _ = geodesic_points(*a, *b, TOLERANCE_M)
    except ValueError:  # nearly antipodal ends: the straight line is as good as another
        return [b]
    return list(zip(lats.tolist(), lons.tolist(), strict=True))


def _unwrapped(line: NDArray[np.float64]) -> NDArray[np.float64]:
    turns = np.concatenate([[0.0], np.cumsum(np.round(np.diff(line[:, 1]) / 360.0))])
    return np.column_stack([line[:, 0], line[:, 1] - 360.0 * turns])
