"""Convex hulls on the sphere, and whether two of them have a point in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nofly.whatif.sphere import cross, unit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_WIDEST = 0.35
"""Cosine of the greatest distance from the middle: wider areas have no hull here."""


def hull(corners: Floats) -> Floats | None:
    """Return the directions (m, 3), anticlockwise, of the convex hull of directions (n, 3).

    None where they reach further than some 70° from their middle, or span no area.
    """
    flat = flattened(corners)
    chosen = [] if flat is None else chain(flat)
    return None if len(chosen) < 3 else corners[chosen]


def flattened(corners: Floats, middle: Floats | None = None) -> Floats | None:
    """Return directions (n, 3) in a plane (n, 2) in which great circles are straight lines, anticlockwise as
    seen from above; None where they reach further than some 70° from their middle, or the one given."""
    middle = corners.sum(axis=0) if middle is None else middle
    size = float(np.sqrt((middle**2).sum()))
    if size < 1e-9:
        return None
    middle /= size
    up = corners @ middle
    if up.min() < _WIDEST:
        return None
    east = np.cross([0.0, 0.0, 1.0] if abs(middle[2]) < 0.9 else [1.0, 0.0, 0.0], middle)
    east /= np.sqrt((east**2).sum())
    north = np.cross(middle, east)
    # The gnomonic projection.
    return np.column_stack([corners @ east / up, corners @ north / up])


def chain(flat: Floats) -> list[int]:
    """Return the rows of the hull of points in the plane, anticlockwise: the monotone chain of A. M. Andrew
    (1979)."""
    order = np.lexsort((flat[:, 1], flat[:, 0])).tolist()
    points = flat.tolist()

    def half(rows: list[int]) -> list[int]:
        kept: list[int] = []
        for k in rows:
            while len(kept) > 1 and _turn(points[kept[-2]], points[kept[-1]], points[k]) <= 0.0:
                kept.pop()
            kept.append(k)
        return kept[:-1]

    return half(order) + half(order[::-1])


def _turn(a: list[float], b: list[float], c: list[float]) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def planes(ring: Floats) -> Floats:
    """Return the unit normals (m, 3) of the sides of a hull, pointing inwards."""
    return unit(cross(ring, np.roll(ring, -1, axis=0)))


def apart(normals: Floats, other: Floats, beyond_rad: float) -> bool:
    """Return whether some side of a hull has all directions of another at least ``beyond_rad`` outside.

    Two hulls have no point in common where that holds of the one or the other.
    """
    return bool(((normals @ other.T).max(axis=1) <= -beyond_rad).any())
