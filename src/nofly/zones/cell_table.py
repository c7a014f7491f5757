"""Enters the edges and the parts of zones in the cell table that the kernel reads.

What is in a small piece of the world stands in one place, limits beside edges: reading it is mostly waiting
for memory. How the cells are made is told in :mod:`nofly.zones.grid_scan`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from nofly.zones import grid_scan

EDGES_PER_LEAF = 32
MAX_SPLIT = 32
LAYERS = 8
MAX_REACH = 4
"""Cells: the wider a box, the more of it the bulge of the geodesics in it costs."""


def cell_table(edges: dict[str, Any], parts: int, limits: Any) -> dict[str, Any]:
    """Return the arrays of :class:`nofly.zones.compiled.CompiledZones` from ``cell`` on, for the edges of the
    parts and their (parts, 4) limits."""
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
    layer_row, layer_m, layers = _layers(next_entry, leaf_full, entry_part, limits)
    rows = _edge_rows(split, base, layers[1])
    return {
        "cell": np.column_stack([split, base, _reach(split, base, count), rows[0]]),
        "edge_rows": rows[1],
        "layer_row": layer_row,
        "layer_m": layer_m,
        "leaf_layers": layers[0],
        "edge_layers": layers[1],
        **_rims(
            next_entry, leaf_full, entry_part, entry_inside, entry_edge, limits, _boxes_of(ends)[leaf_edge]
        ),
        "leaf_edge": leaf_edge,
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


def _reach(split: Any, base: Any, leaf_edges: Any) -> Any:
    """Grow each cell without edges over its neighbours without edges, as far as MAX_REACH, within its
    hemisphere and not beyond the antimeridian."""
    free = ((split == 1) & (leaf_edges[base] == 0)).reshape(180, 360)
    edged = np.zeros((181, 361), np.int32)
    edged[1:, 1:] = np.cumsum(np.cumsum(~free, axis=0), axis=1)
    r, c = np.divmod(np.arange(len(split)), 360)
    least_row, most_row = np.where(r < 90, 0, 90), np.where(r < 90, 90, 180)

    def none(r0: Any, r1: Any, c0: Any, c1: Any) -> Any:
        return edged[r1, c1] - edged[r0, c1] - edged[r1, c0] + edged[r0, c0] == 0

    west, east = np.maximum(c - MAX_REACH, 0), np.minimum(c + 1 + MAX_REACH, 360)
    south, north = np.maximum(r - MAX_REACH, least_row), np.minimum(r + 1 + MAX_REACH, most_row)
    # Where all is free round a cell it reaches as far as it may; the others grow by steps.
    grow = np.flatnonzero(free.ravel() & ~none(south, north, west, east))
    w, e, s, n = c[grow], c[grow] + 1, r[grow], r[grow] + 1
    for _ in range(MAX_REACH):
        w = w - ((w > 0) & none(s, n, np.maximum(w - 1, 0), w))
        e = e + ((e < 360) & none(s, n, e, np.minimum(e + 1, 360)))
        s = s - ((s > least_row[grow]) & none(np.maximum(s - 1, 0), s, w, e))
        n = n + ((n < most_row[grow]) & none(n, np.minimum(n + 1, 180), w, e))
    west[grow], east[grow], south[grow], north[grow] = w, e, s, n
    reach = (c - west) | (east - c - 1) << 4 | (r - south) << 8 | (north - r - 1) << 12
    return np.where(free.ravel(), reach, 0).astype(np.int32)


def _edge_rows(split: Any, base: Any, edge_layers: Any) -> tuple[Any, Any]:
    """Return each divided cell's first row and the rows, a bit for each leaf of a row that has edges: first
    in any layer, then by layer."""
    first = np.zeros(len(split), np.int32)
    found, rows = [], 0
    for side in sorted({*split[split > 1].tolist()}):
        cells = np.flatnonzero(split == side)
        leaves = base[cells, None] + np.arange(side * side)
        layers = edge_layers[leaves].reshape(len(cells), 1, side, side)
        bits = layers & (1 << np.arange(LAYERS, dtype=np.uint8))[:, None, None]
        has = np.concatenate([layers, bits], axis=1) != 0
        weights = np.uint32(1) << np.arange(side, dtype=np.uint32)
        found.append(np.where(has, weights, np.uint32(0)).sum(axis=-1, dtype=np.uint32).ravel())
        first[cells] = rows + np.arange(len(cells)) * (1 + LAYERS) * side
        rows += len(cells) * (1 + LAYERS) * side
    return first, np.concatenate([*found, np.zeros(1, np.uint32)])


def _rims(
    leaf_entry: Any,
    leaf_full: Any,
    entry_part: Any,
    entry_inside: Any,
    entry_edge: Any,
    limits: Any,
    boxes: Any,
) -> dict[str, Any]:
    """Put each entry's limits and the boxes of its edges one after the other, in lines of the cache."""
    count = np.diff(entry_edge)
    rows = (count + 3) // 4
    past = np.cumsum(rows + 1)
    at = past - rows - 1
    total = int(past[-1]) if len(past) else 0
    rim = _by_lines_of_cache(total)
    edges = np.arange(len(boxes))
    entry = np.repeat(np.arange(len(count)), count)
    nth = edges - entry_edge[entry]
    lanes = rim.reshape(total, 4, 4)
    lanes[:] = np.array([[np.inf], [-np.inf], [np.inf], [-np.inf]], np.float32)
    lanes[at[entry] + 1 + nth // 4, :, nth % 4] = boxes
    mine = limits[entry_part]
    real, whole = rim.view(np.float64), rim.view(np.int32)
    real[at, 0], real[at, 1] = mine[:, 0], mine[:, 2]
    height_rows = mine[:, 1::2].astype(np.int32) + 1
    whole[at, 4] = entry_part
    whole[at, 5] = height_rows[:, 0] << 8 | height_rows[:, 1] << 4 | entry_inside
    whole[at, 6], whole[at, 7] = count, entry_edge[:-1]
    with_edges = np.flatnonzero(count)
    if len(with_edges):
        first = entry_edge[with_edges]
        for k, utmost in enumerate((np.minimum, np.maximum, np.minimum, np.maximum)):
            rim[at[with_edges], 8 + k] = utmost.reduceat(boxes[:, k], first)
    where = np.append(at, total)
    return {
        "rim": rim,
        "leaf": np.column_stack([where[leaf_entry], where[np.append(leaf_full, len(count))]]).astype(
            np.int32
        ),
    }


def _by_lines_of_cache(rows: int) -> Any:
    """Return (rows, 16) of float32, zero, each row a line of the cache."""
    room = np.zeros(16 * rows + 16, np.float32)
    return room[-room.ctypes.data // 4 % 16 :][: 16 * rows].reshape(rows, 16)


def _boxes_of(ends: Any) -> Any:
    """Return each edge's least and greatest longitude and latitude, (n, 4) float32, rounded outwards."""
    box = np.empty((len(ends), 4), np.float32)
    for k in range(2):
        for side, pick, away in ((0, np.minimum, -np.inf), (1, np.maximum, np.inf)):
            exact = pick(ends[:, k], ends[:, k + 2])
            near = exact.astype(np.float32)
            short = near > exact if side == 0 else near < exact
            near[short] = np.nextafter(near[short], np.float32(away))
            box[:, 2 * k + side] = near
    return box


def _edges_first(leaf_entry: Any, entry_part: Any, entry_inside: Any, entry_edge: Any) -> Any:
    """Put each leaf's entries with edges before those without; return where the latter begin."""
    count = np.diff(entry_edge)
    leaf = np.repeat(np.arange(len(leaf_entry) - 1), np.diff(leaf_entry))
    order = np.argsort(2 * leaf + (count == 0), kind="stable")
    entry_part[:], entry_inside[:] = entry_part[order], entry_inside[order]
    entry_edge[1:] = np.cumsum(count[order])
    with_edges = np.bincount(leaf, weights=count > 0, minlength=len(leaf_entry) - 1)
    return (leaf_entry[:-1] + with_edges).astype(np.int32)


def _layers(
    leaf_entry: Any, leaf_full: Any, entry_part: Any, limits: Any
) -> tuple[int, Any, tuple[Any, Any]]:
    """Divide the heights, on the row that most limits are on, where the limits are densest.

    Returns that row, the borders of the layers, and the layers of each leaf: of all its entries, and of those
    with edges.
    """
    rows = limits[:, 1::2]
    used = np.bincount(rows[rows >= 0.0].astype(np.int64))
    row = int(used.argmax()) if len(used) else -1
    borders = np.full(LAYERS + 1, np.inf)
    borders[0] = -np.inf
    bits = np.full(len(limits), (1 << LAYERS) - 1, np.uint8)
    if row >= 0:
        values = np.sort(limits[:, ::2][rows == row])
        inner = values[len(values) * np.arange(1, LAYERS) // LAYERS]
        inner = inner[np.append(True, np.diff(inner) > 0.0)]
        borders[1 : 1 + len(inner)] = inner
        low = np.where(rows[:, 0] == row, limits[:, 0], -np.inf)
        high = np.where((rows[:, 1] == row) | (limits[:, 2] == -np.inf), limits[:, 2], np.inf)
        reaches = (low[:, None] <= borders[1:]) & (high[:, None] >= borders[:-1])
        bits = np.packbits(reaches, axis=1, bitorder="little")[:, 0]
    mine = bits[entry_part]
    every = _gathered(mine, leaf_entry[:-1], leaf_entry[1:])
    return row, borders, (every, _gathered(mine, leaf_entry[:-1], leaf_full))


def _gathered(bits: Any, start: Any, past: Any) -> Any:
    """Return all bits from each start to before its end."""
    out = np.zeros(len(start), np.uint8)
    some = np.flatnonzero(past > start)
    if len(some):
        bounds = np.column_stack([start[some], past[some]]).ravel()
        out[some] = np.bitwise_or.reduceat(np.append(bits, np.uint8(0)), bounds)[::2]
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
