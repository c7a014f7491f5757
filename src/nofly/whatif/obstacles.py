"""Zones in the way as bodies: connected areas, each with the margin that is to be kept from it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from nofly.errors import InputError
from nofly.geo import geodesic
from nofly.whatif.boundaries import Edges, edges, rings
from nofly.whatif.sphere import Place, directions, places
from nofly.whatif.thinning import thinned
from nofly.zones.compiled import CompiledZones, compile_zones
from nofly.zones.model import EdgeKind, Polygon, Volume, Zone

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]

SIDES = 16
"""Of the figure round each corner where a margin is kept: its corners are 2 % further out."""
MOST_CORNERS = 4_000
"""Round which a clearance is kept: each gets a figure of its own."""
_COARSE = 0.02
_STRIP_M = 50_000.0


@dataclass(frozen=True, slots=True)
class Obstacles:
    """Zones without limits, compiled; a *body* is one volume of one zone with its margin."""

    compiled: CompiledZones
    part_body: Whole
    body_zone: Whole
    edges: Edges
    rings: tuple[tuple[Floats, ...], ...]
    """Of each body: directions (n, 3) of the corners of each ring, area on the left."""

    def __len__(self) -> int:
        return len(self.body_zone)


def obstacles(zones: Sequence[Zone], clearance_m: float) -> Obstacles:
    """Return the volumes of zones, whatever their limits, with all that is nearer than ``clearance_m`` to
    them, and at most 5 % of it more.

    Raises ValueError for a geodesic edge between nearly antipodal points, which is not one line; InputError
    where a clearance is asked for round more than :data:`MOST_CORNERS`.
    """
    zone_of: list[int] = []
    bodies: list[list[int]] = []
    for k, zone in enumerate(zones):
        bodies.append(list(range(len(zone_of), len(zone_of) + len(zone.volumes))))
        zone_of += [k] * len(zone.volumes)
    bare = [replace(zone, volumes=tuple(Volume(v.footprint) for v in zone.volumes)) for zone in zones]
    compiled = compile_zones(bare)
    if clearance_m > 0.0:
        compiled = compile_zones(_widened(bare, bodies, compiled, clearance_m))
    volumes = zip(compiled.part_zone.tolist(), compiled.part_volume.tolist(), strict=True)
    part_body = np.array([bodies[zone][volume] for zone, volume in volumes], np.int64)
    of_body: list[list[Floats]] = [[] for _ in zone_of]
    for part, ring in rings(compiled):
        of_body[part_body[part]].append(directions(ring[:, 0], ring[:, 1]))
    return Obstacles(
        compiled, part_body, np.array(zone_of, np.int64), edges(compiled, part_body, len(zone_of)),
        tuple(tuple(some) for some in of_body),
    )  # fmt: skip


def _widened(
    zones: Sequence[Zone], bodies: list[list[int]], compiled: CompiledZones, clearance_m: float
) -> list[Zone]:
    """Return the zones with their margins as further volumes, noted in ``bodies``."""
    more: list[list[Volume]] = [[] for _ in zones]
    count = 0
    for part, ring in rings(compiled):
        zone = int(compiled.part_zone[part])
        body = bodies[zone][int(compiled.part_volume[part])]
        lat, lon = places(thinned(directions(ring[:, 0], ring[:, 1]), _COARSE * clearance_m))
        count += len(lat)
        if count > MOST_CORNERS:
            raise InputError(
                f"a clearance of {clearance_m:,.0f} m round outlines of more than {MOST_CORNERS:,} corners",
                expected="outlines with fewer corners, or no clearance",
            )
        corners = list(zip(lat.tolist(), lon.tolist(), strict=True))
        for a, b in zip(corners, [*corners[1:], corners[0]], strict=True):
            shapes = _margin(a, b, clearance_m)
            more[zone] += [Volume(Polygon(tuple(shape), (), EdgeKind.GEODESIC)) for shape in shapes]
            bodies[zone] += [body] * len(shapes)
    return [replace(zone, volumes=(*zone.volumes, *some)) for zone, some in zip(zones, more, strict=True)]


def _margin(a: Place, b: Place, clearance_m: float) -> list[list[Place]]:
    """Return a figure round the first end of an edge, and strips along both sides of the edge."""
    # Over-wide by a little: strips are straight, figures are met at their sides.
    wide_m = 1.002 * clearance_m
    outer_m = wide_m / math.cos(math.pi / SIDES)
    shapes = [[geodesic.point_at(*a, -360.0 * k / SIDES, outer_m) for k in range(SIDES)]]
    length_m, start_deg, _ = geodesic.length_and_azimuths(*a, *b)
    if not length_m > 0.0:
        return shapes
    n = max(1, math.ceil(length_m / _STRIP_M))
    cuts = [geodesic.point_at(*a, start_deg, length_m * k / n) for k in range(n + 1)]
    for p, q in pairwise(cuts):
        _, p_deg, q_deg = geodesic.length_and_azimuths(*p, *q)
        shapes.append(
            [
                geodesic.point_at(*p, p_deg + 90.0, wide_m), geodesic.point_at(*q, q_deg + 90.0, wide_m),
                geodesic.point_at(*q, q_deg - 90.0, wide_m), geodesic.point_at(*p, p_deg - 90.0, wide_m),
            ]
        )  # fmt: skip
    return shapes
