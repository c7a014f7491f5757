"""Zones as the kernel reads them: limits of parts, and the cell table of their edges.

A *part* is one connected area with one pair of limits: a polygon with its holes, a circle, one leg of a
corridor. A zone is the union of its parts. Every array here is a pure function of the zones given, in their
order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nofly.geo import geodesic
from nofly.zones import grid_scan
from nofly.zones.antimeridian import cut_edges
from nofly.zones.model import Datum, EdgeKind, Limit, Zone
from nofly.zones.outline import EDGE_TOLERANCE_M, outlines
from nofly.zones.tangles import tangled

DATUMS = (Datum.STD, Datum.AMSL, Datum.AGL, Datum.HAE)
EDGES_PER_LEAF = 32
MAX_SPLIT = 32


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
    cell_split: NDArray[np.int32]
    cell_base: NDArray[np.int32]
    leaf_entry: NDArray[np.int32]
    leaf_full: NDArray[np.int32]
    """Where in each leaf's entries those without edges begin: the parts that cover all of it."""
    leaf_limit: NDArray[np.float64]
    """(leaves, 3): the lowest floor and the highest ceiling in each leaf and their height row, -1 where there
    is no one row."""
    entry_part: NDArray[np.int32]
    entry_inside: NDArray[np.int8]
    entry_edge: NDArray[np.int32]
    leaf_edge: NDArray[np.int32]
    leaf_ends: NDArray[np.float64]
    """(entered edges, 4): x0, y0, x1, y1 in degrees, the area on the left."""
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
    datums = tuple(d for d in DATUMS if any(d in _datums(z) for z in zones))
    part_zone, part_volume, limits, rings, ring_part, ring_straight = _gather(zones, datums)
    lats, lons, first = _densify(rings, ring_straight)
    edges = _edges(lats, lons, first, np.asarray(ring_part, np.int32), len(part_zone))
    return CompiledZones(
        zones=tuple(zones), datums=datums,
        part_zone=np.asarray(part_zone, np.int32), part_volume=np.asarray(part_volume, np.int32),
        limits=np.asarray(limits, np.float64).reshape(-1, 4),
        **_table(edges, len(part_zone), np.asarray(limits, np.float64).reshape(-1, 4)),
    )  # fmt: skip


def _datums(zone: Zone) -> set[Datum]:
    limits = [limit for v in zone.volumes for limit in (v.lower, v.upper)]
    return {limit.datum for limit in limits if limit is not None and not _is_ground(limit)}


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
    flat = np.array([p for r in rings for p in (*r, r[0])], np.float64).reshape(-1, 2)
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


def _table(edges: dict[str, Any], parts: int, limits: Any) -> dict[str, Any]:
    ends = np.ascontiguousarray(edges["ends"], np.float64)
    part = edges["part"]
    split, base, leaves = _cells(ends)
    count = np.zeros(leaves, np.int32)
    grid_scan.count_by_leaf(ends, split, base, count)
    leaf_start = np.concatenate([[0], np.cumsum(count)]).astype(np.int32)
    leaf_edge = np.empty(int(leaf_start[-1]), np.int32)
    grid_scan.enter_by_leaf(ends, split, base, leaf_start[:-1].copy(), leaf_edge)
    part_edge = np.searchsorted(part, np.arange(parts + 1)).astype(np.int32)
    found = _cover(ends, part_edge, edges, split, base, leaves)
    next_entry = np.concatenate([[0], np.cumsum(np.bincount(found[1], minlength=leaves))]).astype(np.int32)
    entries = len(found[0])
    entry_part, entry_inside = np.empty(entries, np.int32), np.empty(entries, np.int8)
    entry_edge = np.empty(entries + 1, np.int32)
    grid_scan.enter_parts(
        found[0],
        found[1],
        found[2],
        leaf_start,
        leaf_edge,
        part,
        next_entry,
        entry_part,
        entry_inside,
        entry_edge,
    )
    leaf_full = _edges_first(next_entry, entry_part, entry_inside, entry_edge)
    return {
        "cell_split": split,
        "cell_base": base,
        "leaf_entry": next_entry,
        "leaf_full": leaf_full,
        "leaf_limit": _leaf_limits(next_entry, entry_part, limits),
        "entry_part": entry_part,
        "entry_inside": entry_inside,
        "entry_edge": entry_edge,
        "leaf_edge": leaf_edge,
        "leaf_ends": np.ascontiguousarray(ends[leaf_edge]),
        "ends": ends,
        "edge_part": part,
        "edge_ring": edges["ring"],
        "part_tangled": edges["tangled"],
        "part_edge": part_edge,
    }


def _cells(ends: Any) -> tuple[Any, Any, int]:
    """Return each cell's split (leaves a side), its first leaf, and how many leaves there are."""
    cell_edges = np.zeros(64800, np.int32)
    grid_scan.count_by_cell(ends, cell_edges)
    wanted = np.maximum(cell_edges / EDGES_PER_LEAF, 1.0)
    split = np.minimum(2 ** np.ceil(np.log2(wanted)), MAX_SPLIT).astype(np.int32)
    leaves_of = split.astype(np.int64) ** 2
    return split, (np.cumsum(leaves_of) - leaves_of).astype(np.int32), int(leaves_of.sum())


def _edges_first(leaf_entry: Any, entry_part: Any, entry_inside: Any, entry_edge: Any) -> Any:
    """Put each leaf's entries with edges before those without; return where the latter begin."""
    count = np.diff(entry_edge)
    leaf = np.repeat(np.arange(len(leaf_entry) - 1), np.diff(leaf_entry))
    order = np.argsort(2 * leaf + (count == 0), kind="stable")
    entry_part[:], entry_inside[:] = entry_part[order], entry_inside[order]
    entry_edge[1:] = np.cumsum(count[order])
    with_edges = np.bincount(leaf, weights=count > 0, minlength=len(leaf_entry) - 1)
    return (leaf_entry[:-1] + with_edges).astype(np.int32)


def _leaf_limits(leaf_entry: Any, entry_part: Any, limits: Any) -> Any:
    out = np.full((len(leaf_entry) - 1, 3), -1.0)
    used = np.flatnonzero(np.diff(leaf_entry))
    if len(used) == 0:
        return out
    start = leaf_entry[used]
    mine = limits[entry_part]
    rows = np.where(mine[:, 1::2] >= 0.0, mine[:, 1::2], np.nan)
    low_row = np.fmin.reduceat(np.fmin(rows[:, 0], rows[:, 1]), start)
    high_row = np.fmax.reduceat(np.fmax(rows[:, 0], rows[:, 1]), start)
    out[used, 0] = np.minimum.reduceat(mine[:, 0], start)
    out[used, 1] = np.maximum.reduceat(mine[:, 2], start)
    out[used, 2] = np.where(low_row == high_row, low_row, -1.0)
    return out


def _cover(ends: Any, part_edge: Any, edges: dict[str, Any], split: Any, base: Any, leaves: int) -> Any:
    parts = len(part_edge) - 1
    order = np.argsort(edges["cut_part"], kind="stable")
    cuts = np.ascontiguousarray(edges["cuts"][order], np.float64)
    cut_start = np.searchsorted(edges["cut_part"][order], np.arange(parts + 1)).astype(np.int32)
    boxes = _boxes(ends, part_edge, np.diff(cut_start) > 0, edges["north"], parts)
    longest = int(np.diff(part_edge).max(initial=0))
    scratch_x = np.empty((2, longest * MAX_SPLIT + 1))
    link = np.empty(32 + longest * MAX_SPLIT + 1, np.int32)
    mark = np.full(leaves, -1, np.int32)
    room = 4 * len(ends) + 4096
    while True:
        out = np.empty(room, np.int32), np.empty(room, np.int32), np.empty(room, np.int8)
        mark.fill(-1)
        n = grid_scan.cover_parts(
            ends, part_edge, cuts, cut_start, edges["north"], boxes, split, base, mark, scratch_x, link, *out
        )
        if n <= room:
            return out[0][:n], out[1][:n], out[2][:n]
        room = n


def _boxes(ends: Any, part_edge: Any, crosses: Any, north: Any, parts: int) -> Any:
    """Return each part's first and last column and row of cells."""
    boxes = np.zeros((parts, 4), np.int32)
    boxes[:, 1] = -1
    has = np.diff(part_edge) > 0
    if not has.any():
        return boxes
    at = part_edge[:-1][has]
    low = np.minimum(ends[:, :2], ends[:, 2:])
    high = np.maximum(ends[:, :2], ends[:, 2:])
    boxes[has, 0] = np.floor(np.minimum.reduceat(low[:, 0], at) - 1e-8 + 180.0)
    boxes[has, 1] = np.floor(np.maximum.reduceat(high[:, 0], at) + 1e-8 + 180.0)
    boxes[has, 2] = np.floor(np.minimum.reduceat(low[:, 1], at) - 1e-8 + 90.0)
    boxes[has, 3] = np.floor(np.maximum.reduceat(high[:, 1], at) + 1e-8 + 90.0)
    boxes[:, :2] = np.where(crosses[:, None], [0, 359], boxes[:, :2])
    boxes[:, 2] = np.where(crosses & (north == 0) & (boxes[:, 2] < 90), 0, boxes[:, 2])
    boxes[:, 3] = np.where(crosses, np.where(north != 0, 179, boxes[:, 3]), boxes[:, 3])
    return np.clip(boxes, [0, -1, 0, 0], [359, 359, 179, 179]).astype(np.int32)
