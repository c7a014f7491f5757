"""Rings of a few points, seen to be sound with plain numbers: a tenth of what it costs with arrays."""

from __future__ import annotations

import math
from collections.abc import Sequence

from nofly.zones.model import Arc, EdgeKind, Ring, Vertex

MOST_POINTS = 12
"""With more, arrays are as cheap."""
_LEAST_COS = math.cos(math.radians(74.0))
_LEAST_TURN_DEG2 = 2e-14
_LEAST_SHARE = 2e-3
_MOST_APART_DEG = 179.0
"""All four stricter than what :func:`nofly.zones.rings.clean_ring` asks of the same, so that rounding cannot
make a ring sound here that is not there."""


def sound_ring(points: Sequence[Vertex | Arc], edge_kind: EdgeKind) -> Ring | None:
    """Return a ring of at most ``MOST_POINTS`` points without its closing one, where nothing is to be done.

    That is: its points are distinct and in range, and all of it is seen from the mean of its corners, in the
    plane in which its edges are straight. None says nothing: it has to be looked at.
    """
    if len(points) > MOST_POINTS or Arc in map(type, points):
        return None
    ring: list[Vertex] = list(points)  # type: ignore[arg-type]
    if len(ring) > 1 and ring[0] == ring[-1]:
        ring.pop()
    if len(ring) < 3 or len(set(ring)) < len(ring):
        return None
    for lat, lon in ring:
        if not (-90.0 <= lat <= 90.0 and -180.0 < lon < 180.0):
            return None
    plane = _degrees_east(ring) if edge_kind is EdgeKind.PLANAR else _gnomonic(ring)
    return tuple(ring) if plane is not None and _is_star(plane) else None


def _degrees_east(ring: list[Vertex]) -> list[tuple[float, float]] | None:
    """Return (longitude, latitude); None where the ring may run over the antimeridian or round a pole."""
    lons = [lon for _, lon in ring]
    if max(lons) - min(lons) > _MOST_APART_DEG:
        return None
    return [(lon, lat) for lat, lon in ring]


def _gnomonic(ring: list[Vertex]) -> list[tuple[float, float]] | None:
    """Return the points in the gnomonic plane about their mean direction, in degrees; None where one is too
    far from it."""
    vectors = []
    for lat, lon in ring:
        lat_rad, lon_rad = math.radians(lat), math.radians(lon)
        flat = math.cos(lat_rad)
        vectors.append((flat * math.cos(lon_rad), flat * math.sin(lon_rad), math.sin(lat_rad)))
    n = len(ring)
    up_x, up_y, up_z = (sum(part) / n for part in zip(*vectors, strict=True))
    length = math.hypot(up_x, up_y, up_z)
    if length < 0.2:
        return None
    up_x, up_y, up_z = up_x / length, up_y / length, up_z / length
    level = math.hypot(up_x, up_y)
    east_x, east_y = (-up_y / level, up_x / level) if level > 1e-9 else (1.0, 0.0)
    north_x, north_y, north_z = -up_z * east_y, up_z * east_x, up_x * east_y - up_y * east_x
    plane = []
    for x, y, z in vectors:
        up = up_x * x + up_y * y + up_z * z
        if up < _LEAST_COS:
            return None
        east, north = east_x * x + east_y * y, north_x * x + north_y * y + north_z * z
        plane.append((math.degrees(east / up), math.degrees(north / up)))
    return plane


def _is_star(plane: list[tuple[float, float]]) -> bool:
    """Return whether all of the ring is seen from the mean of its corners, and it is no sliver."""
    n = len(plane)
    mean_x, mean_y = sum([x for x, _ in plane]) / n, sum([y for _, y in plane]) / n
    x, y = plane[-1][0] - mean_x, plane[-1][1] - mean_y
    least, total, extent, rises, falls = math.inf, 0.0, 0.0, 0, 0
    side = 0.0
    for corner_x, corner_y in plane:
        next_x, next_y = corner_x - mean_x, corner_y - mean_y
        turn = x * next_y - next_x * y
        side = side or math.copysign(1.0, turn)
        turn *= side
        least, total = min(least, turn), total + turn
        extent = max(extent, abs(next_x), abs(next_y))
        rises += y < 0.0 <= next_y
        falls += next_y < 0.0 <= y
        x, y = next_x, next_y
    once = rises == falls == 1
    return once and least > _LEAST_TURN_DEG2 and total > _LEAST_SHARE * extent * extent
