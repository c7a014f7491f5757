"""Where the names of zones go on a map: beside their zone, on no other name, mark or zone, and off lines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

Box = tuple[float, float, float, float]
"""x from, x to, y from, y to in metres."""
_OFF_VIEW, _ON_NAME, _ON_MARK, _ON_ZONE, _ON_LINE = 10_000, 1_000, 100, 10, 1
"""What a place costs; the cheapest is taken, of equals the first."""


def names_at(
    zones: Sequence[Box],
    sizes_m: Sequence[tuple[float, float]],
    view: Box,
    marks: Sequence[tuple[float, float]],
    lines: Sequence[Floats],
) -> list[tuple[float, float]]:
    """Return the middle of each zone's name: ``zones`` are their bounds, ``sizes_m`` the half width and the
    height of the names, ``marks`` the places of marks, ``lines`` (n, 2) what is flown; metres of the map."""
    taken: list[Box] = []
    out = []
    for zone, (half_m, high_m) in zip(zones, sizes_m, strict=True):
        best = (np.inf, (0.0, 0.0), zone)
        for x, y in _places(zone, half_m, high_m):
            box = (x - half_m, x + half_m, y - high_m / 2, y + high_m / 2)
            cost = _OFF_VIEW * (
                box[0] < view[0] or box[1] > view[1] or box[2] < view[2] or box[3] > view[3]
            ) + _ON_NAME * any(_overlap(box, other) for other in taken)
            cost += _ON_MARK * any(_overlap(box, _mark(*mark, high_m)) for mark in marks)
            cost += _ON_ZONE * any(_overlap(box, other) for other in zones if other != zone)
            cost += _ON_LINE * any(_crosses(line, box) for line in lines)
            if cost < best[0]:
                best = (cost, (x, y), box)
        taken.append(best[2])
        out.append(best[1])
    return out


def _places(zone: Box, half_m: float, high_m: float) -> list[tuple[float, float]]:
    """Return where a name may be: above, below, beside its zone, then farther off and at its corners."""
    west, east, south, north = zone
    x, y = (west + east) / 2, (south + north) / 2
    beside, near, far = half_m * 1.1, 0.7 * high_m, 2.0 * high_m
    out = [
        (x, north + near), (x, south - near), (east + beside, y), (west - beside, y),
        (x, north + far), (x, south - far),
    ]  # fmt: skip
    clear = beside + 2.3 * high_m
    out += [(east + clear, y), (west - clear, y)]
    for off in (near, far):
        out += [
            (side, level) for level in (north + off, south - off) for side in (east + beside, west - beside)
        ]
    return out


def _mark(x_m: float, y_m: float, high_m: float) -> Box:
    """Return what a mark and the number to its right cover, in terms of the height of a name (9 points)."""
    return x_m - 0.6 * high_m, x_m + 2.2 * high_m, y_m - 0.6 * high_m, y_m + 1.9 * high_m


def _overlap(a: Box, b: Box) -> bool:
    return a[0] < b[1] and b[0] < a[1] and a[2] < b[3] and b[2] < a[3]


def _crosses(line: Floats, box: Box) -> bool:
    """Return whether some leg of a line is within a box at some point of it."""
    if len(line) < 2:
        return False
    start, step = line[:-1], np.diff(line, axis=0)
    first, last = np.zeros(len(step)), np.ones(len(step))
    with np.errstate(divide="ignore", invalid="ignore"):
        for axis in (0, 1):
            low, high = ((edge - start[:, axis]) / step[:, axis] for edge in box[2 * axis : 2 * axis + 2])
            still = step[:, axis] == 0.0
            between = (start[:, axis] >= box[2 * axis]) & (start[:, axis] <= box[2 * axis + 1])
            low = np.where(still, np.where(between, -np.inf, np.inf), low)
            high = np.where(still, np.inf, high)
            first, last = np.maximum(first, np.minimum(low, high)), np.minimum(last, np.maximum(low, high))
    return bool((first <= last).any())
