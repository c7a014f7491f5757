"""A ring with fewer corners that leaves nothing of its area out.

Two steps only ever add area: a corner that points inwards is left out where the ring then runs at most the
tolerance further out, and an edge between two corners that point outwards is left out where its neighbours,
drawn on, meet at most the tolerance beyond it. Directions are those of :mod:`nofly.whatif.sphere`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nofly.whatif.sphere import EARTH_M, cross, unit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

Vector = tuple[float, float, float]
_FINER = (16.0, 8.0, 4.0, 2.0, 1.0)
"""The tolerance is come to in steps, so that the least is left out first."""
_MOST_TURN = 0.84
"""A sine: an edge whose neighbours turn by more than a radian between them stays."""


def thinned(ring: Floats, tolerance_m: float) -> Floats:
    """Return the directions (m, 3) of a ring (n, 3) whose area is on its left, its corners thinned.

    The area of the ring is within the area of what is returned, whose boundary is at most about the tolerance
    further out.
    """
    if len(ring) < 4 or tolerance_m <= 0.0:
        return ring
    it = _Ring.of(ring)
    for finer in _FINER:
        it.sweep(tolerance_m / finer / EARTH_M)
    return np.array(it.kept())


@dataclass(slots=True)
class _Ring:
    """Corners linked to their neighbours; ``off`` is how far the edge after each has moved, in radians."""

    at: list[Vector]
    following: list[int]
    before: list[int]
    off: list[float]
    alive: list[bool]
    count: int

    @classmethod
    def of(cls, ring: Floats) -> _Ring:
        n = len(ring)
        at = [(x, y, z) for x, y, z in ring.tolist()]
        following, before = [*range(1, n), 0], [n - 1, *range(n - 1)]
        return cls(at, following, before, [0.0] * n, [True] * n, n)

    def kept(self) -> list[Vector]:
        return [place for place, alive in zip(self.at, self.alive, strict=True) if alive]

    def sweep(self, tolerance_rad: float) -> None:
        """Take both steps wherever they may be taken, until nothing more can be."""
        waiting = self._at_first(tolerance_rad)
        while waiting:
            again: list[int] = []
            for k in waiting:
                if self.count > 4 and self.alive[k]:
                    again += self._filled(k, tolerance_rad) or self._cut_off(k, tolerance_rad)
            waiting = again

    def _at_first(self, tolerance_rad: float) -> list[int]:
        """Return the corners at which a step may be taken, and perhaps some more."""
        alive = np.flatnonzero(self.alive)
        b = np.array(self.at)[alive]
        a, c, d = np.roll(b, 1, axis=0), np.roll(b, -1, axis=0), np.roll(b, -2, axis=0)
        depth = (unit(cross(a, c)) * b).sum(axis=1)
        filled = (depth >= 0.0) & (depth <= 1.01 * tolerance_rad)
        tip = unit(cross(cross(a, b), cross(c, d)))
        # What two great circles meet in has two ends.
        beyond = np.abs((unit(cross(b, c)) * tip).sum(axis=1))
        chosen: list[int] = alive[filled | (beyond <= 1.01 * tolerance_rad)].tolist()
        return chosen

    def _filled(self, k: int, tolerance_rad: float) -> list[int]:
        """Leave out a corner that points inwards; return the corners to look at again, none if it stays."""
        p, q = self.before[k], self.following[k]
        a, b, c = self.at[p], self.at[k], self.at[q]
        normal = _cross(a, c)
        size = math.sqrt(_dot(normal, normal))
        if size == 0.0:
            return []
        # Below 0 where the corner lies to the right of the chord: it points outwards.
        depth = _dot(normal, b) / size
        off = max(self.off[p], self.off[k]) + depth
        if depth < 0.0 or off > tolerance_rad:
            return []
        self.following[p], self.before[q] = q, p
        self.off[p] = off
        self._leave_out(k)
        return [p, q]

    def _cut_off(self, k: int, tolerance_rad: float) -> list[int]:
        """Leave out the edge after a corner; return the corners to look at again, none if it stays."""
        q = self.following[k]
        p, r = self.before[k], self.following[q]
        a, b, c, d = self.at[p], self.at[k], self.at[q], self.at[r]
        edge = _cross(b, c)
        if p == r or _dot(edge, a) <= 0.0 or _dot(edge, d) <= 0.0:
            return []
        first, last = _cross(a, b), _cross(c, d)
        turn = _cross(first, last)
        turned = math.sqrt(_dot(turn, turn))
        scale = math.sqrt(_dot(first, first) * _dot(last, last))
        if turned == 0.0 or turned > _MOST_TURN * scale or _dot(first, last) < 0.0:
            return []
        side = 1.0 if _dot(turn, b) > 0.0 else -1.0
        tip = (side * turn[0] / turned, side * turn[1] / turned, side * turn[2] / turned)
        beyond = -_dot(edge, tip) / math.sqrt(_dot(edge, edge))
        off = max(self.off[p], self.off[q], self.off[k] + beyond)
        if beyond < 0.0 or off > tolerance_rad:
            return []
        self.at[k] = tip
        self.following[k], self.before[r] = r, k
        self.off[p] = self.off[k] = off
        self._leave_out(q)
        return [p, k, r]

    def _leave_out(self, k: int) -> None:
        self.alive[k] = False
        self.count -= 1


def _cross(a: Vector, b: Vector) -> Vector:
    return a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]


def _dot(a: Vector, b: Vector) -> float:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
