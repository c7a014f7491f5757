"""Bays of an outline that a shortest way may pass by: what is left of the outline is all it can turn at.

The hull of an outline spans bays; into a bay jut parts of the area, which have hulls and bays of their own. A
way into a bay that holds nothing, and out again, is longer than straight past it. An outline too wide for a
hull is one of chains that are not, each with a hull of its own.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from nofly.whatif.hulls import chain, flattened, planes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]

_CHAIN = 0.5
"""Cosine of how far a chain of an outline without a hull reaches from its first corner."""
_DEEPEST = 40
"""So many times the ends of a chain are looked at anew for a hull."""
_OWN = 1e-12
"""How far, in radians, an edge of the same outline may reach into a bay that it ends at: rounding."""


@dataclass(slots=True, eq=False)
class Bay:
    """Corners of a ring from the first row to the last, between which a straight line passes.

    ``corners`` and ``normals`` (m, 3) are its convex hull and the sides of it, pointing inwards; ``near`` the
    rows of edges that come into the hull, by whose they are.
    """

    first: int
    last: int
    parent: Bay | None
    corners: Floats
    normals: Floats
    rows: list[int]
    near: dict[int, Whole] = field(default_factory=dict)
    parts: list[int | Bay] | None = None

    def meeting(self, whose: int, start: Floats, end: Floats, beyond_rad: float) -> Whole:
        """Return the rows of edges that are not all on the far side of some side of the hull, by
        ``beyond_rad`` at least. ``whose`` is the name of the edges."""
        found = self.near.get(whose)
        if found is None:
            among = self.parent.meeting(whose, start, end, beyond_rad) if self.parent else None
            found = np.arange(len(start)) if among is None else among
            for normal in self.normals:
                if not len(found):
                    break
                out = (start[found] @ normal <= -beyond_rad) & (end[found] @ normal <= -beyond_rad)
                found = found[~out]
            self.near[whose] = found
        return found

    def own(self, start: Floats, end: Floats, first_row: int) -> bool:
        """Return whether other edges of its own body come into the hull; those of the ring of the bay stand
        from ``first_row`` on."""
        rows = self.meeting(-1, start, end, -_OWN) - first_row
        return bool(((rows < self.first) | (rows >= self.last)).any())


class Bays:
    """The bays of a ring (directions, area on the left). It is turned so that its first corner is one of the
    hull: rows are those of :attr:`ring`."""

    def __init__(self, ring: Floats) -> None:
        self.ring = ring
        flat = flattened(ring)
        self.whole = flat is not None
        """Whether the ring has one hull."""
        self._starts: list[int] = []
        self._flat: list[Floats] = []
        self._top: list[int | Bay] = list(range(len(ring)))
        if flat is None:
            self._top = self._chains()
            return
        rows = chain(flat)
        if len(rows) < 3:
            return
        first = min(rows)
        self.ring, flat = np.roll(ring, -first, axis=0), np.roll(flat, -first, axis=0)
        self._starts, self._flat = [0], [np.concatenate([flat, flat[:1]])]
        rows = [row - first for row in rows]
        turned = rows.index(0)
        rows = [*rows[turned:], *rows[:turned], len(ring)]
        if rows == sorted(rows):
            self._top = self._bays(rows, None)

    def rows(self, needed: Callable[[Bay], bool]) -> list[int]:
        """Return the rows of the corners that are left when all bays are passed by but those needed."""
        found: list[int] = []
        waiting = self._top[::-1]
        while waiting:
            part = waiting.pop()
            if isinstance(part, int):
                found.append(part)
            elif len(part.corners) < 3 or not needed(part):
                found.append(part.first)
            else:
                if part.parts is None:
                    part.parts = self._within(part)
                waiting += part.parts[::-1]
        return found

    def _chains(self) -> list[int | Bay]:
        """Return what a ring without a hull is bounded by, chain by chain."""
        found: list[int | Bay] = []
        first, count = 0, len(self.ring)
        while first < count:
            rows = np.arange(first, count + 1) % count
            beyond = np.flatnonzero(self.ring[rows] @ self.ring[first] < _CHAIN)
            last = first + max(1, int(beyond[0]) - 1 if len(beyond) else count - first)
            flat = flattened(self.ring[rows[: last - first + 1]], self.ring[first])
            if flat is None:
                found += range(first, last)
            else:
                self._starts.append(first)
                self._flat.append(flat)
                found += self._outside(first, last)
            first = last
        return found

    def _outside(self, first: int, last: int, depth: int = 0) -> list[int | Bay]:
        """Return what a chain is bounded by, without its last row: bays of its hull, and its ends alike."""
        hull = self._hull(first, last) if last > first + 2 and depth < _DEEPEST else []
        turned = hull.index(min(hull)) if hull else 0
        hull = [*hull[turned:], *hull[:turned]]
        # Along the outside from the first row to the last, and back along the inside.
        most = hull.index(max(hull)) if hull else 0
        out, back = hull[: most + 1], hull[most:]
        if len(hull) < 3 or out != sorted(out) or back != sorted(back, reverse=True):
            return list(range(first, last))
        ends = (first, out[0]), (out[-1], last)
        before, after = (self._outside(*end, depth + 1) if end[0] < end[1] else [] for end in ends)
        return [*before, *self._bays(out, None), *after]

    def _bays(self, rows: list[int], parent: Bay | None) -> list[int | Bay]:
        """Return an area between rows of its hull, in their order: corners, and bays between them."""
        found: list[int | Bay] = []
        for first, last in pairwise(rows):
            if last == first + 1:
                found.append(first)
            else:
                hull = self._hull(first, last)
                corners = self.ring[np.array(hull) % len(self.ring)]
                normals = planes(corners) if len(hull) > 2 else corners
                found.append(Bay(first, last, parent, corners, normals, hull))
        return found

    def _within(self, bay: Bay) -> list[int | Bay]:
        """Return what a bay is bounded by: corners, and bays of what juts out into it."""
        down = sorted(bay.rows)
        turned = bay.rows.index(down[-1])
        if [*bay.rows[turned:], *bay.rows[:turned]] != down[::-1]:
            return list(range(bay.first, bay.last))
        found: list[int | Bay] = []
        for first, last in pairwise(down):
            hull = self._hull(first, last) if last > first + 1 else [first, last]
            turned = hull.index(first) if first in hull else 0
            hull = [*hull[turned:], *hull[:turned]]
            if hull[0] == first and hull[-1] == last and hull == sorted(hull):
                found += self._bays(hull, bay)
            else:
                found += range(first, last)
        return found

    def _hull(self, first: int, last: int) -> list[int]:
        """Return the rows of the hull of a chain, anticlockwise."""
        which = bisect_right(self._starts, first) - 1
        start, flat = self._starts[which], self._flat[which]
        return [first + row for row in chain(flat[first - start : last - start + 1])]
