"""From a published footprint to closed lines that are straight in longitude and latitude.

Every line stays within :data:`EDGE_TOLERANCE_M` of the true one on the WGS 84 ellipsoid. What bulges outwards
(a circle, an arc that makes the area larger) is circumscribed, so that no point of the published area is
outside.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from nofly.geo import geodesic
from nofly.zones.model import Arc, Circle, Corridor, EdgeKind, Footprint, Polygon, Ring, Vertex

EDGE_TOLERANCE_M = 0.3
CURVE_TOLERANCE_M = 0.6

Line = list[Vertex]


def outlines(footprint: Footprint) -> Iterator[tuple[list[Line], EdgeKind]]:
    """Yield the parts of a footprint, each a list of rings and the kind of their edges.

    A corridor is several parts that overlap: its legs, and a circle at every vertex of its path. Every other
    footprint is one. Rings are (lat_deg, lon_deg), not closed; their geodesic edges are not yet cut.
    """
    if isinstance(footprint, Polygon):
        rings = [_ring(r, footprint.edge_kind) for r in (footprint.exterior, *footprint.holes)]
        yield rings, footprint.edge_kind
    elif isinstance(footprint, Circle):
        yield [_circle(footprint.centre, footprint.radius_m)], EdgeKind.PLANAR
    else:
        yield from _corridor(footprint)


def _sides(radius_m: float, sweep_deg: float = 360.0) -> int:
    """Return into how many chords an arc is cut so that tangents leave it by less than the tolerance."""
    if radius_m <= 0.0:
        return 8
    # The secant of half a chord's angle is 1 + tolerance / radius; on a sphere the flat figure is the worse
    # case.
    half = math.acos(1.0 / (1.0 + CURVE_TOLERANCE_M / radius_m))
    return max(8, math.ceil(math.radians(abs(sweep_deg)) / (2.0 * half)))


def _circle(centre: Vertex, radius_m: float) -> Line:
    n = _sides(radius_m)
    lat, lon = centre
    if abs(lat) > 89.9:
        n *= 4
    outer_m = radius_m + _excess_m(centre, radius_m, n)
    return [geodesic.point_at(lat, lon, 360.0 * i / n, outer_m) for i in range(n)]


def _excess_m(centre: Vertex, radius_m: float, n: int) -> float:
    """Return by how much the vertices of an n-sided figure must lie outside so that its sides do not cut in.

    The sides are straight in longitude and latitude, so the deepest one is measured, not computed.
    """
    lat, lon = centre
    outer_m = radius_m / math.cos(math.pi / n) if radius_m < 1e6 else radius_m + CURVE_TOLERANCE_M
    polar = abs(lat) + radius_m / 100_000.0 > 80.0
    sides = range(n) if polar else range(0, n, max(1, n // 8))
    deepest_m = 0.0
    for i in sides:
        a = geodesic.point_at(lat, lon, 360.0 * i / n, outer_m)
        b = geodesic.point_at(lat, lon, 360.0 * (i + 1) / n, outer_m)
        turn = (b[1] - a[1] + 180.0) % 360.0 - 180.0
        if abs(turn) > 90.0:
            continue
        middle = ((a[0] + b[0]) / 2.0, a[1] + turn / 2.0)
        deepest_m = max(deepest_m, radius_m - geodesic.length_and_azimuths(lat, lon, *middle)[0])
    return outer_m - radius_m + max(0.0, deepest_m) + 0.001


def _ring(ring: Ring, kind: EdgeKind) -> Line:
    if Arc not in map(type, ring):
        return list(ring)  # type: ignore[arg-type]
    line: Line = []
    grows = _is_anticlockwise(ring)
    for element in ring:
        if isinstance(element, Arc):
            # Seen from inside, an arc that turns the way the ring runs bulges outwards.
            line.extend(_arc(element, circumscribe=element.clockwise != grows))
        else:
            line.append(element)
    return [p for p, q in pairwise([*line, line[0]]) if p != q]


def _arc(arc: Arc, circumscribe: bool) -> Line:
    sweep = (arc.end_deg - arc.start_deg) % 360.0
    if arc.clockwise:
        sweep = sweep or 360.0
    else:
        sweep = sweep - 360.0 if sweep else -360.0
    lat, lon = arc.centre
    n = _sides(max(arc.radius_m, arc.end_radius_m), sweep)
    points: Line = []
    stretch = 1.0 / math.cos(math.radians(abs(sweep)) / (2 * n)) if circumscribe else 1.0
    for i in range(n + 1):
        radius_m = arc.radius_m + (arc.end_radius_m - arc.radius_m) * i / n
        if not 0 < i < n or not circumscribe:
            points.append(geodesic.point_at(lat, lon, arc.start_deg + sweep * i / n, radius_m))
    if not circumscribe:
        return points
    # The corners of a figure round the arc stand half a chord on, so that the arc's own ends stay where they
    # are.
    corners = [
        geodesic.point_at(
            lat, lon, arc.start_deg + sweep * (i + 0.5) / n,
            (arc.radius_m + (arc.end_radius_m - arc.radius_m) * (i + 0.5) / n) * stretch + 0.02,
        )
        for i in range(n)
    ]  # fmt: skip
    return [points[0], *corners, points[-1]]


def _is_anticlockwise(ring: Ring) -> bool:
    coarse: Line = []
    for element in ring:
        if isinstance(element, Arc):
            sweep = (element.end_deg - element.start_deg) % 360.0 or 360.0
            sweep = sweep if element.clockwise else sweep - 360.0 or -360.0
            coarse.extend(
                geodesic.point_at(*element.centre, element.start_deg + sweep * i / 12, element.radius_m)
                for i in range(13)
            )
        else:
            coarse.append(element)
    lats = np.array([p[0] for p in coarse])
    lons = unwrap(np.array([p[1] for p in coarse]))
    return bool(np.sum(lons * np.roll(lats, -1) - np.roll(lons, -1) * lats) > 0.0)


def _corridor(corridor: Corridor) -> Iterator[tuple[list[Line], EdgeKind]]:
    half_m = corridor.half_width_m
    path = cut_path(corridor.path, corridor.edge_kind)
    for a, b in pairwise(path):
        length_m, start_deg, end_deg = geodesic.length_and_azimuths(*a, *b)
        if not length_m > 0.0:
            continue
        yield (
            [
                [
                    geodesic.point_at(*a, start_deg - 90.0, half_m),
                    geodesic.point_at(*a, start_deg + 90.0, half_m),
                    geodesic.point_at(*b, end_deg + 90.0, half_m),
                    geodesic.point_at(*b, end_deg - 90.0, half_m),
                ]
            ],
            EdgeKind.GEODESIC,
        )
    # A path that is no geodesic bends at every cut; the circles fill the wedges outside the bends.
    for vertex in corridor.path if corridor.edge_kind is EdgeKind.GEODESIC else path:
        yield [_circle(vertex, half_m)], EdgeKind.PLANAR


def cut_path(path: Sequence[Vertex], kind: EdgeKind) -> Line:
    """Return the path with cuts so close that both sides of a leg are within the tolerance of geodesics."""
    cut: Line = [path[0]]
    for a, b in pairwise(path):
        if kind is EdgeKind.GEODESIC or (kind is EdgeKind.PARALLEL and a[0] != b[0]):
            length_m = geodesic.length_and_azimuths(*a, *b)[0]
            azimuth_deg = geodesic.length_and_azimuths(*a, *b)[1]
            n = max(1, math.ceil(length_m / 20_000.0))
            cut.extend(geodesic.point_at(*a, azimuth_deg, length_m * i / n) for i in range(1, n))
        else:
            turn = (b[1] - a[1] + 180.0) % 360.0 - 180.0
            bend_m = float(geodesic.sagittas_m(a[0], b[0], turn))
            n = max(1, math.ceil(math.sqrt(bend_m / EDGE_TOLERANCE_M)))
            cut.extend((a[0] + (b[0] - a[0]) * i / n, a[1] + turn * i / n) for i in range(1, n))
        cut.append(b)
    return cut


def unwrap(lons_deg: np.ndarray) -> np.ndarray:
    """Return longitudes that never jump by more than 180° from one to the next."""
    turns = np.diff(lons_deg)
    turns = (turns + 180.0) % 360.0 - 180.0
    return np.concatenate([lons_deg[:1], lons_deg[0] + np.cumsum(turns)])
