"""Zones as the kernel reads them: limits of parts, and the cell table of their edges.

A *part* is one connected area with one pair of limits: a polygon with its holes, a circle, one leg of a
corridor. A zone is the union of its parts. Every array here is a pure function of the zones given, in their
order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nofly.geo import geodesic
from nofly.zones.antimeridian import cut_edges
from nofly.zones.cell_table import cell_table
from nofly.zones.model import Datum, EdgeKind, Limit, Zone
from nofly.zones.outline import EDGE_TOLERANCE_M, outlines
from nofly.zones.tangles import tangled

DATUMS = (Datum.STD, Datum.AMSL, Datum.AGL, Datum.HAE)


@dataclass(frozen=True, slots=True)
class CompiledZones:
    """Arrays over parts, leaves, entries and edges (see :mod:`nofly.zones.grid_scan`)."""

    zones: tuple[Zone, ...]
    datums: tuple[Datum, ...]
    """The datums that some limit is on: the height rows the kernel needs, in order."""
    part_zone: NDArray[np.int32]
    part_volume: NDArray[np.int32]
    limits: NDArray[np.float64]
    """(parts, 4): floor in metres or -inf, its height row or -1; ceiling or inf, its height row or -1."""
    cell: NDArray[np.int32]
    """(cells, 4): leaves a side; first leaf; for cells without edges how many columns to the west and east
    and rows to the south and north have none either, four bits each; the first row in ``edge_rows``."""
    leaf: NDArray[np.int32]
    """(leaves + 1, 2): the rows of ``rim`` at which each leaf's entries with edges begin, and those without,
    the parts that cover all of it."""
    leaf_layers: NDArray[np.uint8]
    """The layers of height, a bit each, that each leaf's entries reach into."""
    edge_layers: NDArray[np.uint8]
    """Those that its entries with edges do."""
    edge_rows: NDArray[np.uint32]
    """The leaves of a row of a divided cell that have edges, a bit each: all rows for any layer, then those
    for each layer."""
    rim: NDArray[np.float32]
    """(rows, 16), a row of 64 bytes. An entry begins with a row of its limits, floor and ceiling, as float64;
    as int32 the part, one more than the height rows of ceiling and floor in four bits each above whether the
    leaf's reference point is inside (0 for no row), the number of edges, and the first one's place in
    ``leaf_edge``; and the box of all its edges. Its edges follow, four to a row: the least longitude of the
    four, the greatest, the least latitude and the greatest, in degrees, rounded outwards."""
    leaf_edge: NDArray[np.int32]
    """The edges of ``ends`` in the order of the entries."""
    layer_row: int
    """The height row that the layers are on, -1 where no limit is on any."""
    layer_m: NDArray[np.float64]
    """The borders of LAYERS layers of height, from -inf to inf."""
    ends: NDArray[np.float64]
    edge_part: NDArray[np.int32]
    part_edge: NDArray[np.int32]
    """(parts + 1): where each part's edges begin in ``ends``, the exterior's first."""
    edge_ring: NDArray[np.int32]
    """Of which ring of its part each edge is, 0 the exterior."""
    part_tangled: NDArray[np.int8]
    """Whether holes overlap or stick out, so that crossings alone do not tell inside from outside."""

    @property
    def zone_set_id(self) -> str:
        """SHA-256 over the sorted zone hashes."""
        import hashlib

        return hashlib.sha256("".join(sorted(z.zone_hash for z in self.zones)).encode()).hexdigest()


def compile_zones(zones: Sequence[Zone]) -> CompiledZones:
    """Return the zones compiled for the kernel.

    Raises ValueError for a geodesic edge between nearly antipodal points, which is not one line.
    """
    named = {datum for zone in zones for datum in _datums(zone)}
    datums = tuple(d for d in DATUMS if d in named)
    part_zone, part_volume, limits, rings, ring_part, ring_straight = _gather(zones, datums)
    lats, lons, first = _densify(rings, ring_straight)
    edges = _edges(lats, lons, first, np.asarray(ring_part, np.int32), len(part_zone))
    return CompiledZones(
        zones=tuple(zones), datums=datums,
        part_zone=np.asarray(part_zone, np.int32), part_volume=np.asarray(part_volume, np.int32),
        limits=np.asarray(limits, np.float64).reshape(-1, 4),
        **cell_table(edges, len(part_zone), np.asarray(limits, np.float64).reshape(-1, 4)),
    )  # fmt: skip


def _datums(zone: Zone) -> list[Datum]:
    limits = [limit for v in zone.volumes for limit in (v.lower, v.upper)]
    return [limit.datum for limit in limits if limit is not None and not _is_ground(limit)]


def _is_ground(limit: Limit) -> bool:
    """An aircraft is never below the ground, so a floor at the ground is no floor."""
    return limit.datum is Datum.AGL and limit.value_m <= 0.0


def _gather(zones: Sequence[Zone], datums: tuple[Datum, ...]) -> tuple[Any, ...]:
    part_zone: list[int] = []
    part_volume: list[int] = []
    limits: list[tuple[float, float, float, float]] = []
    rings: list[Any] = []
    ring_part: list[int] = []
    straight: list[int] = []
    kinds = {EdgeKind.GEODESIC: 0, EdgeKind.PLANAR: 1, EdgeKind.PARALLEL: 2}
    for z, zone in enumerate(zones):
        for v, volume in enumerate(zone.volumes):
            lower, upper = volume.lower, volume.upper
            floor = (-np.inf, -1.0)
            if lower is not None and not _is_ground(lower):
                floor = (lower.value_m, float(datums.index(lower.datum)))
            ceiling = (np.inf, -1.0)
            if upper is not None:
                if upper.datum in datums:
                    ceiling = (upper.value_m, float(datums.index(upper.datum)))
                else:  # A ceiling at the ground: nothing that flies is inside.
                    ceiling = (-np.inf, -1.0)
            for lines, kind in outlines(volume.footprint):
                ring_part.extend([len(part_zone)] * len(lines))
                straight.extend([kinds[kind]] * len(lines))
                rings.extend(lines)
                part_zone.append(z)
                part_volume.append(v)
                limits.append((*floor, *ceiling))
    return part_zone, part_volume, limits, rings, ring_part, straight


def _densify(rings: list[Any], kinds: list[int]) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Return (lats, unwrapped lons, start of each ring + the end) of the closed rings, geodesic edges cut.

    Each ring's first vertex is repeated at its end, 360° on where the ring goes round a pole.
    """
    lengths = np.array([len(r) + 1 for r in rings], np.int64)
    first = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    points = chain.from_iterable(chain(r, r[:1]) for r in rings)
    flat = np.fromiter(chain.from_iterable(points), np.float64, 2 * int(first[-1])).reshape(-1, 2)
    lats, lons = np.ascontiguousarray(flat[:, 0]), np.ascontiguousarray(flat[:, 1])
    if not rings:
        return lats, lons, first
    kind = np.repeat(np.array(kinds, np.int8), lengths)
    turn = np.diff(lons, append=lons[-1:])
    # Straight in lon/lat an edge of exactly 180° goes the way it is written; the shorter way has no meaning
    # for it.
    turn = np.where(np.abs(turn) > 180.0, (turn + 180.0) % 360.0 - 180.0, turn)
    last = first[1:] - 1
    turn[last] = 0.0
    total = np.concatenate([[0.0], np.cumsum(turn)[:-1]])
    ring = np.repeat(np.arange(len(rings)), lengths)
    lons_out = lons[first[:-1]][ring] + (total - total[first[:-1]][ring])
    # A ring that closes on itself ends on the very number it began with: no rounding left from the sum.
    shift = np.round((lons_out - lons) / 360.0) * 360.0
    lons_out = lons + shift
    bent = geodesic.sagittas_m(lats, np.roll(lats, -1), turn) > EDGE_TOLERANCE_M
    bent &= (kind == 0) | ((kind == 2) & (lats != np.roll(lats, -1)))
    bent[last] = False
    return _cut(lats, lons_out, turn, first, np.flatnonzero(bent))


def _cut(lats: Any, lons: Any, turn: Any, first: Any, bent: Any) -> tuple[Any, Any, Any]:
    """Insert the cuts of the bent geodesic edges."""
    if len(bent) == 0:
        return lats, lons, first
    at: list[int] = []
    more_lats: list[Any] = []
    more_lons: list[Any] = []
    added = np.zeros(len(lats), np.int64)
    for i in bent:
        cut_lats, cut_lons, _ = geodesic.geodesic_points(
            lats[i], lons[i], lats[i + 1], lons[i] + turn[i], EDGE_TOLERANCE_M
        )
        n = len(cut_lats) - 1
        at.extend([i + 1] * n)
        more_lats.append(cut_lats[:n])
        more_lons.append(cut_lons[:n])
        added[i] = n
    return (
        np.insert(lats, at, np.concatenate(more_lats)),
        np.insert(lons, at, np.concatenate(more_lons)),
        first + np.concatenate([[0], np.cumsum(added)])[first],
    )


def _edges(lats: Any, lons: Any, first: Any, ring_part: Any, parts: int) -> dict[str, Any]:
    """Orient the rings (area on the left), cut their edges at the antimeridian, and say which hold a pole."""
    rings = len(first) - 1
    if rings == 0:
        return {
            "ends": np.zeros((0, 4)), "part": np.zeros(0, np.int32), "cuts": np.zeros(0),
            "cut_part": np.zeros(0, np.int64), "north": np.zeros(parts, np.int8),
            "ring": np.zeros(0, np.int32), "tangled": np.zeros(parts, np.int8),
        }  # fmt: skip
    keep = np.ones(len(lats), bool)
    keep[first[1:] - 1] = False
    start = np.flatnonzero(keep)
    x0, y0, x1, y1 = lons[start], lats[start], lons[start + 1], lats[start + 1]
    ring = np.repeat(np.arange(rings), np.diff(first))[start]
    rotation = np.round((lons[first[1:] - 1] - lons[first[:-1]]) / 360.0).astype(int)
    counts = np.bincount(ring, minlength=rings)
    mid = np.bincount(ring, weights=y0, minlength=rings) / np.maximum(counts, 1)
    area = np.bincount(ring, weights=(x0 - x0[np.cumsum(counts) - counts][ring]) * (y1 - y0)
                       - (x1 - x0) * (y0 - mid[ring]), minlength=rings)  # fmt: skip
    # A ring round a pole holds the pole of the hemisphere it mostly lies in: the smaller side.
    north_ring = (rotation % 2 != 0) & (mid >= 0.0)
    outer = np.ones(rings, bool)
    outer[1:] = ring_part[1:] != ring_part[:-1]
    left = np.where(rotation != 0, (rotation > 0) == (mid >= 0.0), area > 0.0)
    flip = (left != outer)[ring]
    x0, x1 = np.where(flip, x1, x0), np.where(flip, x0, x1)
    y0, y1 = np.where(flip, y1, y0), np.where(flip, y0, y1)
    ends, of_ring, cuts, cut_ring = cut_edges(x0, y0, x1, y1, ring)
    order = np.argsort(of_ring, kind="stable")
    of_ring = of_ring[order]
    north = np.bincount(ring_part, weights=north_ring, minlength=parts).astype(np.int64) % 2
    first_ring = np.searchsorted(ring_part, np.arange(parts))
    plain = np.ones(parts, bool)
    plain[ring_part[rotation != 0]] = False
    plain[ring_part[cut_ring]] = False
    return {
        "ends": ends[order],
        "part": ring_part[of_ring].astype(np.int32),
        "ring": (of_ring - first_ring[ring_part[of_ring]]).astype(np.int32),
        "cuts": cuts,
        "cut_part": ring_part[cut_ring].astype(np.int64),
        "north": north.astype(np.int8),
        "tangled": tangled(ends[order], of_ring, ring_part, plain),
    }
