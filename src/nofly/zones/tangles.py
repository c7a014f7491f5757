"""Which polygons have holes that overlap each other or stick out of them.

There even and odd numbers of crossings do not tell inside from outside: a place in two holes is in a hole.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

MOST_PAIRS = 4_000_000
"""More pairs of edges are not compared: the polygon counts as tangled, which is right and only slower."""


def tangled(ends: Any, ring: Any, ring_part: NDArray[np.int32], plain: NDArray[np.bool_]) -> NDArray[np.int8]:
    """Return 1 for each part with such holes. ``ends`` (n, 4) are the edges by ring, ``plain`` the parts that
    neither hold a pole nor cross the antimeridian; the others are taken by even and odd crossings."""
    parts = len(plain)
    out = np.zeros(parts, np.int8)
    count = np.bincount(ring_part, minlength=parts)
    start = np.searchsorted(ring, np.arange(len(ring_part) + 1))
    first = np.searchsorted(ring_part, np.arange(parts))
    for part in np.flatnonzero((count > 1) & plain).tolist():
        rings = [ends[start[r] : start[r + 1]] for r in range(first[part], first[part] + count[part])]
        out[part] = _is_tangled([r for r in rings if len(r)])
    return out


def _is_tangled(rings: list[Any]) -> bool:
    boxes = np.array([(r[:, ::2].min(), r[:, 1::2].min(), r[:, ::2].max(), r[:, 1::2].max()) for r in rings])
    low, high = boxes[:, :2], boxes[:, 2:]
    for i, hole in enumerate(rings[1:], 1):
        if _meet(rings[0], hole) or not _holds(rings[0], hole[0, 0], hole[0, 1]):
            return True
        near = (low[i] <= high[1:i]).all(axis=1) & (low[1:i] <= high[i]).all(axis=1)
        for j in np.flatnonzero(near).tolist():
            other = rings[j + 1]
            if (
                _meet(other, hole)
                or _holds(other, hole[0, 0], hole[0, 1])
                or _holds(hole, other[0, 0], other[0, 1])
            ):
                return True
    return False


def _holds(ring: Any, lon_deg: float, lat_deg: float) -> bool:
    up = (ring[:, 1] > lat_deg) != (ring[:, 3] > lat_deg)
    at = ring[up, 0] + (ring[up, 2] - ring[up, 0]) * ((lat_deg - ring[up, 1]) / (ring[up, 3] - ring[up, 1]))
    return bool(np.count_nonzero(at < lon_deg) % 2)


def _meet(one: Any, two: Any) -> bool:
    """Return whether two rings cross or touch."""
    low, high = np.minimum(two[:, :2], two[:, 2:]).min(axis=0), np.maximum(two[:, :2], two[:, 2:]).max(axis=0)
    near = (np.minimum(one[:, :2], one[:, 2:]) <= high).all(axis=1)
    near &= (np.maximum(one[:, :2], one[:, 2:]) >= low).all(axis=1)
    one = one[near]
    if len(one) * len(two) > MOST_PAIRS:
        return True
    if len(one) == 0:
        return False

    def side(edges: Any, points: Any) -> Any:
        x0, y0, x1, y1 = (edges[:, k, None] for k in range(4))
        return (x1 - x0) * (points[:, 1] - y0) - (y1 - y0) * (points[:, 0] - x0)

    across = side(one, two[:, :2]) * side(one, two[:, 2:]) <= 0.0
    return bool((across & (side(two, one[:, :2]) * side(two, one[:, 2:]) <= 0.0).T).any())
