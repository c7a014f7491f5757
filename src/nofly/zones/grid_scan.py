"""The two-level cell table: which boundary edges, and which whole parts, lie in a small piece of the world.

The world is 360 × 180 cells of one degree; a cell crowded with edges is split into k × k leaves. A leaf
lists, for each part (one area with one pair of limits) that touches it, either the edges that run through the
leaf and whether the leaf's reference point is inside, or that the part covers all of it. Whether a point is
inside a part is then the parity of the edges between it and the reference point, within one leaf.

Compiled by Cython where there is a C compiler; runs uncompiled too.
"""

# cython: boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False, language_level=3
from __future__ import annotations

import cython

PAD_DEG = cython.declare(cython.double, 1e-9)
REF_X = cython.declare(cython.double, 0.41421356237309515)
REF_Y = cython.declare(cython.double, 0.5671432904097838)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _whole(x: cython.double) -> cython.int:
    """Return the greatest whole number not above x; quicker than the library's, which may be a call."""
    n: cython.int = cython.cast(cython.int, x)
    return n - 1 if n > x else n


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def column(lon_deg: cython.double) -> cython.Py_ssize_t:
    """Return the column of one-degree cells that a longitude lies in, 0 … 359."""
    c: cython.Py_ssize_t = _whole(lon_deg + 180.0)
    return 0 if c < 0 else (359 if c > 359 else c)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def row(lat_deg: cython.double) -> cython.Py_ssize_t:
    """Return the row of one-degree cells that a latitude lies in, 0 … 179."""
    r: cython.Py_ssize_t = _whole(lat_deg + 90.0)
    return 0 if r < 0 else (179 if r > 179 else r)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def band_span(
    x0: cython.double,
    y0: cython.double,
    x1: cython.double,
    y1: cython.double,
    low: cython.double,
    high: cython.double,
) -> tuple[cython.double, cython.double]:
    """Return (least, greatest) x of the edge within the latitude band [low, high], padded."""
    if y0 > y1:
        x0, x1 = x1, x0
        y0, y1 = y1, y0
    xa: cython.double = x0
    xb: cython.double = x1
    if y1 > y0:
        if y0 < low - PAD_DEG:
            xa = x0 + (x1 - x0) * ((low - PAD_DEG - y0) / (y1 - y0))
        if y1 > high + PAD_DEG:
            xb = x0 + (x1 - x0) * ((high + PAD_DEG - y0) / (y1 - y0))
    if xa > xb:
        xa, xb = xb, xa
    return xa - PAD_DEG, xb + PAD_DEG


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _in_cell(
    x0: cython.double,
    y0: cython.double,
    x1: cython.double,
    y1: cython.double,
    cell: cython.Py_ssize_t,
    split: cython.int,
    base: cython.int,
    edge: cython.int,
    leaf_count: cython.int[::1],
    leaf_edge: cython.int[::1],
    mode: cython.int,
) -> cython.void:
    """Count, enter or mark one edge in the leaves of one cell that it touches."""
    cx: cython.double = cell % 360 - 180.0
    cy: cython.double = cell // 360 - 90.0
    size: cython.double = 1.0 / split
    lo: cython.double = y0 if y0 < y1 else y1
    hi: cython.double = y1 if y0 < y1 else y0
    j0: cython.int = _whole((lo - PAD_DEG - cy) * split)
    j1: cython.int = _whole((hi + PAD_DEG - cy) * split)
    j0 = 0 if j0 < 0 else j0
    j1 = split - 1 if j1 > split - 1 else j1
    j: cython.int
    i: cython.int
    i0: cython.int
    i1: cython.int
    xa: cython.double
    xb: cython.double
    for j in range(j0, j1 + 1):
        xa, xb = band_span(x0, y0, x1, y1, cy + j * size, cy + (j + 1) * size)
        i0 = _whole((xa - cx) * split)
        i1 = _whole((xb - cx) * split)
        i0 = 0 if i0 < 0 else i0
        i1 = split - 1 if i1 > split - 1 else i1
        for i in range(i0, i1 + 1):
            if mode == 3:
                leaf_count[base + j * split + i] = edge
                continue
            if mode == 2:
                leaf_edge[leaf_count[base + j * split + i]] = edge
            leaf_count[base + j * split + i] += 1


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _walk(
    ends: cython.double[:, ::1],
    first: cython.Py_ssize_t,
    last: cython.Py_ssize_t,
    mode: cython.int,
    cell_count: cython.int[::1],
    cell_split: cython.int[::1],
    cell_base: cython.int[::1],
    leaf_count: cython.int[::1],
    leaf_edge: cython.int[::1],
    mark: cython.int,
) -> cython.void:
    """For every edge and every cell it touches: mode 0 counts by cell, 1 counts by leaf, 2 enters the edge's
    number, 3 sets the leaf's count to ``mark``."""
    e: cython.Py_ssize_t
    r: cython.Py_ssize_t
    c: cython.Py_ssize_t
    r0: cython.Py_ssize_t
    r1: cython.Py_ssize_t
    cell: cython.Py_ssize_t
    x0: cython.double
    y0: cython.double
    x1: cython.double
    y1: cython.double
    xa: cython.double
    xb: cython.double
    for e in range(first, last):
        x0 = ends[e, 0]
        y0 = ends[e, 1]
        x1 = ends[e, 2]
        y1 = ends[e, 3]
        r0 = row((y0 if y0 < y1 else y1) - PAD_DEG)
        r1 = row((y1 if y0 < y1 else y0) + PAD_DEG)
        for r in range(r0, r1 + 1):
            xa, xb = band_span(x0, y0, x1, y1, r - 90.0, r - 89.0)
            for c in range(column(xa), column(xb) + 1):
                cell = r * 360 + c
                if mode == 0:
                    cell_count[cell] += 1
                else:
                    _in_cell(
                        x0, y0, x1, y1, cell, cell_split[cell], cell_base[cell],
                        mark if mode == 3 else cython.cast(cython.int, e), leaf_count, leaf_edge, mode,
                    )  # fmt: skip


def count_by_cell(ends, cell_count):  # type: ignore[no-untyped-def]
    """Add to ``cell_count`` (int32, 64,800) the number of edges in each cell. ``ends`` is (n, 4): x0, y0, x1,
    y1."""
    view: cython.double[:, ::1] = ends
    cells: cython.int[::1] = cell_count
    _walk(view, 0, view.shape[0], 0, cells, cells, cells, cells, cells, 0)


def count_by_leaf(ends, cell_split, cell_base, leaf_count):  # type: ignore[no-untyped-def]
    """Add to ``leaf_count`` the number of edges in each leaf."""
    _walk(ends, 0, len(ends), 1, cell_split, cell_split, cell_base, leaf_count, leaf_count, 0)


def enter_by_leaf(ends, cell_split, cell_base, leaf_next, leaf_edge):  # type: ignore[no-untyped-def]
    """Write edge numbers to ``leaf_edge``, each leaf's from ``leaf_next`` on, which is advanced."""
    _walk(ends, 0, len(ends), 2, cell_split, cell_split, cell_base, leaf_next, leaf_edge, 0)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _sift(xs: cython.double[:, ::1], n: cython.Py_ssize_t) -> cython.void:
    """Sort the first n values of the second row: by insertion, or by heap where there are many."""
    i: cython.Py_ssize_t
    j: cython.Py_ssize_t
    child: cython.Py_ssize_t
    end: cython.Py_ssize_t
    v: cython.double
    if n <= 24:
        for i in range(1, n):
            v = xs[1, i]
            j = i - 1
            while j >= 0 and xs[1, j] > v:
                xs[1, j + 1] = xs[1, j]
                j -= 1
            xs[1, j + 1] = v
        return
    i = n // 2
    end = n
    while True:
        if i > 0:
            i -= 1
            v = xs[1, i]
        else:
            end -= 1
            if end == 0:
                return
            v = xs[1, end]
            xs[1, end] = xs[1, 0]
        j = i
        child = 2 * j + 1
        while child < end:
            if child + 1 < end and xs[1, child + 1] > xs[1, child]:
                child += 1
            if xs[1, child] <= v:
                break
            xs[1, j] = xs[1, child]
            j = child
            child = 2 * j + 1
        xs[1, j] = v


def cover_parts(  # type: ignore[no-untyped-def]
    ends,
    part_start,
    cuts,
    cut_start,
    pole_in,
    boxes,
    cell_split,
    cell_base,
    leaf_mark,
    scratch_x,
    scratch_link,
    part_out,
    leaf_out,
    inside_out,
) -> int:
    """Find, for every part and every leaf in its box, whether the leaf's reference point is inside the part.

    Part p has the edges ``part_start[p]`` … and the latitudes ``cuts[cut_start[p]]`` … at which its rings
    cross the antimeridian; ``pole_in[p]`` says whether the north pole is inside; ``boxes[p]`` are its first
    and last column and row of cells. Writes (part, leaf, 0/1) for the leaves that its edges touch and for
    those it covers, as far as there is room. Returns how many there are: where that is more than there is
    room for, call again with larger arrays.
    """
    edge: cython.double[:, ::1] = ends
    first: cython.int[::1] = part_start
    cut: cython.double[::1] = cuts
    first_cut: cython.int[::1] = cut_start
    north: cython.char[::1] = pole_in
    box: cython.int[:, ::1] = boxes
    split: cython.int[::1] = cell_split
    base: cython.int[::1] = cell_base
    marks: cython.int[::1] = leaf_mark
    at_x: cython.double[:, ::1] = scratch_x
    link: cython.int[::1] = scratch_link
    parts: cython.int[::1] = part_out
    leaves: cython.int[::1] = leaf_out
    inside: cython.char[::1] = inside_out
    n: cython.Py_ssize_t = 0
    before: cython.Py_ssize_t
    room: cython.Py_ssize_t = leaves.shape[0]
    p: cython.Py_ssize_t
    r: cython.Py_ssize_t
    i: cython.Py_ssize_t
    k: cython.int
    kk: cython.int
    with cython.nogil:
        for p in range(first.shape[0] - 1):
            _walk(
                edge, first[p], first[p + 1], 3, marks, split, base, marks, marks, cython.cast(cython.int, p)
            )
            before = n
            for r in range(box[p, 2], box[p, 3] + 1):
                k = 1
                for kk in range(6):
                    n = _cover_band(
                        edge, first[p], first[p + 1], cut, first_cut[p], first_cut[p + 1], north[p] != 0,
                        box[p, 0], box[p, 1], r, k, split, base, marks, cython.cast(cython.int, p), link,
                        at_x, leaves, inside, n, room,
                    )  # fmt: skip
                    k *= 2
            for i in range(before, n if n < room else room):
                parts[i] = cython.cast(cython.int, p)
    return n


def enter_parts(  # type: ignore[no-untyped-def]
    part_out,
    leaf_out,
    inside_out,
    leaf_start,
    leaf_edge,
    edge_part,
    next_entry,
    entry_part,
    entry_inside,
    entry_edge,
) -> None:
    """Sort what :func:`cover_parts` found into entries by leaf, each with the first of its edges.

    ``next_entry`` (leaves + 1) holds each leaf's first entry and is restored. ``entry_edge`` (entries + 1)
    receives the position in ``leaf_edge`` of each entry's first edge; an entry's edges end where the next
    entry's begin.
    """
    parts: cython.int[::1] = part_out
    leaves: cython.int[::1] = leaf_out
    inside: cython.char[::1] = inside_out
    start: cython.int[::1] = leaf_start
    edges: cython.int[::1] = leaf_edge
    owner: cython.int[::1] = edge_part
    follow: cython.int[::1] = next_entry
    out_part: cython.int[::1] = entry_part
    out_inside: cython.char[::1] = entry_inside
    out_edge: cython.int[::1] = entry_edge
    i: cython.Py_ssize_t
    at: cython.Py_ssize_t
    leaf: cython.Py_ssize_t
    with cython.nogil:
        for i in range(parts.shape[0]):
            at = follow[leaves[i]]
            follow[leaves[i]] += 1
            out_part[at] = parts[i]
            out_inside[at] = inside[i]
        for leaf in range(start.shape[0] - 2, -1, -1):
            follow[leaf + 1] = follow[leaf]
        follow[0] = 0
        for leaf in range(start.shape[0] - 1):
            at = start[leaf]
            for i in range(follow[leaf], follow[leaf + 1]):
                out_edge[i] = cython.cast(cython.int, at)
                while at < start[leaf + 1] and owner[edges[at]] == out_part[i]:
                    at += 1
        out_edge[parts.shape[0]] = start[start.shape[0] - 1]


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _cover_band(
    edge: cython.double[:, ::1],
    e0: cython.Py_ssize_t,
    e1: cython.Py_ssize_t,
    cut: cython.double[::1],
    cut0: cython.Py_ssize_t,
    cut1: cython.Py_ssize_t,
    north: cython.bint,
    c0: cython.Py_ssize_t,
    c1: cython.Py_ssize_t,
    r: cython.Py_ssize_t,
    k: cython.int,
    split: cython.int[::1],
    base: cython.int[::1],
    marks: cython.int[::1],
    here: cython.int,
    link: cython.int[::1],
    at_x: cython.double[:, ::1],
    leaves: cython.int[::1],
    inside: cython.char[::1],
    n_out: cython.Py_ssize_t,
    room: cython.Py_ssize_t,
) -> cython.Py_ssize_t:
    """One row of cells, those of them that are split k × k: scan each row of reference points from the
    west."""
    c: cython.Py_ssize_t
    used: cython.bint = False
    for c in range(c0, c1 + 1):
        if split[r * 360 + c] == k:
            used = True
            break
    if not used:
        return n_out
    size: cython.double = 1.0 / k
    south: cython.double = r - 90.0
    first_y: cython.double = south + REF_Y * size
    j: cython.int
    i: cython.int
    n: cython.Py_ssize_t = 0
    e: cython.Py_ssize_t
    j0: cython.int
    j1: cython.int
    lo: cython.double
    hi: cython.double
    y: cython.double
    for j in range(k):
        link[j] = -1
    for e in range(e0, e1):
        lo = edge[e, 1] if edge[e, 1] < edge[e, 3] else edge[e, 3]
        hi = edge[e, 3] if edge[e, 1] < edge[e, 3] else edge[e, 1]
        if hi < south or lo > south + 1.0:
            continue
        j0 = _whole((lo - first_y) * k) - 1
        j1 = _whole((hi - first_y) * k) + 1
        j0 = 0 if j0 < 0 else j0
        j1 = k - 1 if j1 > k - 1 else j1
        for j in range(j0, j1 + 1):
            y = first_y + j * size
            if (edge[e, 1] > y) != (edge[e, 3] > y):
                at_x[0, n] = edge[e, 0] + (edge[e, 2] - edge[e, 0]) * (
                    (y - edge[e, 1]) / (edge[e, 3] - edge[e, 1])
                )
                link[32 + n] = link[j]
                link[j] = cython.cast(cython.int, n)
                n += 1
    m: cython.Py_ssize_t
    at: cython.Py_ssize_t
    p: cython.int
    parity: cython.bint
    leaf: cython.Py_ssize_t
    x: cython.double
    for j in range(k):
        y = first_y + j * size
        m = 0
        p = link[j]
        while p >= 0:
            at_x[1, m] = at_x[0, p]
            m += 1
            p = link[32 + p]
        _sift(at_x, m)
        parity = north
        for e in range(cut0, cut1):
            if cut[e] > y:
                parity = not parity
        at = 0
        for c in range(c0, c1 + 1):
            if split[r * 360 + c] != k:
                continue
            for i in range(k):
                x = c - 180.0 + (i + REF_X) * size
                while at < m and at_x[1, at] < x:
                    at += 1
                    parity = not parity
                leaf = base[r * 360 + c] + j * k + i
                if parity or marks[leaf] == here:
                    if n_out < room:
                        leaves[n_out] = cython.cast(cython.int, leaf)
                        inside[n_out] = 1 if parity else 0
                    n_out += 1
    return n_out
