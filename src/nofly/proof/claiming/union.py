"""The outline of plane figures that overlap, as a corridor's legs and bends do: what of their boundaries lies
in no other of them, put together to rings."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
_OFF_M = 1e-4
"""So far outside of a boundary it is asked whether another figure is there."""
_JOINED_M = 1.5
_LEAST_M = 1e-3
_SPUR_M = 10.0
"""What goes on nowhere and is no longer is where two outlines touch, and is left out."""
_LEAST_HOLE_M2 = 25.0
_ROWS = 64
MOST_EDGES, MOST_PIECES = 10_000, 60_000


def united(parts: Sequence[Sequence[Floats]]) -> list[Floats] | None:
    """Return the rings (points in metres, not closed, the area on their left) of the union of some figures,
    each given by its rings in the same way; None where they are too many, or do not make rings."""
    edges = [np.vstack([np.hstack([r, np.roll(r, -1, axis=0)]) for r in rings]) for rings in parts]
    if sum(map(len, edges)) > MOST_EDGES:
        return None
    boxes = np.array([(*e[:, :2].min(axis=0), *e[:, :2].max(axis=0)) for e in edges])
    kept: list[Floats] = []
    for k, own in enumerate(edges):
        others = [edges[n] for n in _near(boxes, k)]
        pieces = _cut(own, np.vstack(others)) if others else own
        if pieces is None or sum(map(len, kept)) + len(pieces) > MOST_PIECES:
            return None
        kept.append(pieces[~_covered(pieces, others)])
    return _rings(np.vstack(kept))


def _near(boxes: Floats, k: int) -> list[int]:
    """Return the figures whose boxes meet that of one, but for itself."""
    west, south, east, north = boxes.T
    meets = (west <= east[k] + 1.0) & (east >= west[k] - 1.0) & (south <= north[k] + 1.0)
    meets &= north >= south[k] - 1.0
    return [n for n in np.flatnonzero(meets).tolist() if n != k]


def _cut(own: Floats, others: Floats) -> Floats | None:
    """Return edges cut wherever others cross them or end on them; None where that is too often."""
    found: list[Floats] = []
    count = 0
    for start in range(0, len(own), _ROWS):
        rows = own[start : start + _ROWS]
        a, way = rows[:, None, :2], (rows[:, 2:] - rows[:, :2])[:, None]
        c, far = others[None, :, :2], (others[:, 2:] - others[:, :2])[None]
        cross = way[..., 0] * far[..., 1] - way[..., 1] * far[..., 0]
        between = c - a
        with np.errstate(divide="ignore", invalid="ignore"):
            t = (between[..., 0] * far[..., 1] - between[..., 1] * far[..., 0]) / cross
            u = (between[..., 0] * way[..., 1] - between[..., 1] * way[..., 0]) / cross
        length2 = np.maximum((way**2).sum(axis=-1), 1e-12)
        along = (between * way).sum(axis=-1) / length2
        off = np.abs(between[..., 0] * way[..., 1] - between[..., 1] * way[..., 0]) / np.sqrt(length2)
        crossed = (t > 0.0) & (t < 1.0) & (u >= 0.0) & (u <= 1.0)
        touched = (off < _OFF_M) & (along > 0.0) & (along < 1.0)
        count += len(rows) + int(crossed.sum()) + int(touched.sum())
        if count > MOST_PIECES:
            return None
        for k, row in enumerate(rows):
            at = np.unique(np.concatenate([[0.0, 1.0], t[k][crossed[k]], along[k][touched[k]]]))
            points = row[:2] + at[:, None] * (row[2:] - row[:2])
            found.append(np.hstack([points[:-1], points[1:]]))
    pieces: Floats = np.vstack(found)
    long = np.hypot(*(pieces[:, 2:] - pieces[:, :2]).T) > _LEAST_M
    kept: Floats = pieces[long]
    return kept


def _covered(pieces: Floats, others: Sequence[Floats]) -> NDArray[np.bool_]:
    """Return whether what lies just outside of each piece is in another figure."""
    way = pieces[:, 2:] - pieces[:, :2]
    length = np.maximum(np.hypot(*way.T), 1e-12)
    outside = 0.5 * (pieces[:, :2] + pieces[:, 2:])
    outside += _OFF_M * np.column_stack([way[:, 1], -way[:, 0]]) / length[:, None]
    found = np.zeros(len(pieces), np.bool_)
    for other in others:
        left = np.flatnonzero(~found)
        found[left] = _within(outside[left], other)
    return found


def _within(points: Floats, edges: Floats) -> NDArray[np.bool_]:
    """Return whether points are inside: an odd number of edges lies east of them."""
    x0, y0, x1, y1 = edges.T
    found = np.zeros(len(points), np.bool_)
    for start in range(0, len(points), _ROWS):
        x, y = (column[:, None] for column in points[start : start + _ROWS].T)
        spans = (y0 > y) != (y1 > y)
        with np.errstate(divide="ignore", invalid="ignore"):
            at = x0 + (y - y0) / (y1 - y0) * (x1 - x0)
        found[start : start + _ROWS] = (spans & (at > x)).sum(axis=1) % 2 == 1
    return found


def _rings(pieces: Floats) -> list[Floats] | None:
    """Return the rings that pieces make, each going on where another begins; None where one goes on
    nowhere. What two figures share is there twice, and is taken once."""
    pieces = pieces[np.unique(np.round(pieces / _LEAST_M).astype(np.int64), axis=0, return_index=True)[1]]
    left = np.ones(len(pieces), np.bool_)
    rings = []
    while left.any():
        ring = _ring(pieces, left)
        if ring is None:
            return None
        if len(ring) >= 3 and abs(_area_m2(ring)) >= _LEAST_HOLE_M2:
            rings.append(ring)
    return rings or None


def _ring(pieces: Floats, left: NDArray[np.bool_]) -> Floats | None:
    """Return the ring that the first of the pieces that are left begins, and take its pieces; empty where
    that is a spur, None where it goes on nowhere."""
    row = int(np.flatnonzero(left)[0])
    first, way = pieces[row, :2], [row]
    left[row] = False
    while way:
        end, rest = pieces[way[-1], 2:], np.flatnonzero(left)
        apart = np.hypot(*(pieces[rest, :2] - end).T)
        nearest = float(apart.min()) if len(rest) else np.inf
        if float(np.hypot(*(first - end))) <= min(nearest, _JOINED_M):
            break
        if nearest <= _JOINED_M:
            way.append(int(rest[int(apart.argmin())]))
            left[way[-1]] = False
        elif float(np.hypot(*(end - pieces[way[-1], :2]))) <= _SPUR_M:
            way.pop()
        else:
            return None
    found: Floats = pieces[way, :2]
    return found


def _area_m2(ring: Floats) -> float:
    x, y = ring.T
    return 0.5 * float(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y))
