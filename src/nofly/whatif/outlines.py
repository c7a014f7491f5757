"""What of the outlines of bodies a way round them may turn at, given the ends of the way and other bodies.

A body that has nothing else in its convex hull is gone round by the hull. Of any other the bays are passed by
in which there is no end, no other body and nothing more of its own. All this is with a margin.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from nofly.whatif.bays import Bay, Bays
from nofly.whatif.corners import BESIDE_M
from nofly.whatif.hulls import apart, hull, planes
from nofly.whatif.obstacles import Obstacles
from nofly.whatif.sphere import EARTH_M
from nofly.whatif.thinning import thinned

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


class Outlines:
    """Outlines of bodies thinned by a tolerance, numbered from 0 as they are asked for."""

    def __init__(self, obstacles: Obstacles, tolerance_m: float) -> None:
        self._obstacles, self._tolerance_m = obstacles, tolerance_m
        self._beyond = 3.0 * (BESIDE_M + tolerance_m) / EARTH_M
        self._hulls: dict[int, tuple[Floats, Floats] | None] = {}
        self._apart: dict[tuple[int, int], bool] = {}
        self._bays: dict[int, list[Bays]] = {}
        self._own: dict[int, tuple[Floats, Floats]] = {}
        self._with: dict[tuple[int, tuple[int, ...]], int] = {}
        self._numbers: dict[tuple[int, bytes], int] = {}
        self.body: list[int] = []
        """Of each outline: whose it is."""
        self.rings: list[list[Floats]] = []
        """Of each outline: directions of the corners of each ring, area on the left."""
        self.alone: list[bool] = []
        """Of each outline: whether it is the hull of a body with nothing else in it."""

    def of(self, body: int, others: Sequence[int], ends: Floats) -> int:
        """Return the number of the outline of a body where some bodies and the ends (2, 3) matter."""
        near = tuple(other for other in others if other != body and not self._are_apart(body, other))
        found = self._hull(body)
        close = ends if found is None else ends[(found[1] @ ends.T).min(axis=0) > -self._beyond]
        if len(close):
            return self._filled(body, near, close)
        number = self._with.get((body, near))
        if number is None:
            if near or found is None:
                number = self._filled(body, near, close)
            else:
                number = self._new(body, [thinned(found[0], self._tolerance_m)], alone=True)
            self._with[body, near] = number
        return number

    def _new(self, body: int, rings: list[Floats], *, alone: bool) -> int:
        self.body.append(body)
        self.rings.append(rings)
        self.alone.append(alone)
        return len(self.body) - 1

    def _filled(self, body: int, near: Sequence[int], ends: Floats) -> int:
        """Return the number of an outline whose bays are passed by, but those that matter."""
        if body not in self._bays:
            rings = self._obstacles.rings[body]
            bays = self._bays[body] = [Bays(thinned(ring, self._tolerance_m)) for ring in rings]
            self._own[body] = (
                np.concatenate([one.ring for one in bays]),
                np.concatenate([np.roll(one.ring, -1, axis=0) for one in bays]),
            )
        bays, first_row, chosen = self._bays[body], 0, []
        for one in bays:

            def needed(bay: Bay, first_row: int = first_row) -> bool:
                if len(ends) and (bay.normals @ ends.T).min(axis=0).max() > -self._beyond:
                    return True
                if any(self._comes_in(bay, other) for other in near):
                    return True
                # Of one ring nothing more can be in a bay of its hull.
                only = bay.parent is None and len(bays) == 1 and bays[0].whole
                return not only and bay.own(*self._own[body], first_row)

            chosen.append(np.array(one.rows(needed), np.int64))
            first_row += len(one.ring)
        key = body, b"".join(rows.tobytes() + b"." for rows in chosen)
        number = self._numbers.get(key)
        if number is None:
            rings = tuple(one.ring[rows] for one, rows in zip(bays, chosen, strict=True))
            number = self._numbers[key] = self._new(body, list(rings), alone=False)
        return number

    def _comes_in(self, bay: Bay, other: int) -> bool:
        """Return whether the boundary of another body comes into the hull of a bay."""
        known = self._hull(other)
        if other not in bay.near and known is not None and apart(known[1], bay.corners, self._beyond):
            bay.near[other] = np.zeros(0, np.int64)
        edges = self._obstacles.edges
        some = slice(edges.first[other], edges.first[other + 1])
        return len(bay.meeting(other, edges.start[some], edges.end[some], self._beyond)) > 0

    def _hull(self, body: int) -> tuple[Floats, Floats] | None:
        """Return the corners of the hull of a body, and the normals of its sides."""
        if body not in self._hulls:
            ring = hull(np.concatenate(self._obstacles.rings[body]))
            self._hulls[body] = None if ring is None else (ring, planes(ring))
        return self._hulls[body]

    def _are_apart(self, body: int, other: int) -> bool:
        key = (min(body, other), max(body, other))
        found = self._apart.get(key)
        if found is None:
            one, two = self._hull(body), self._hull(other)
            # What is too wide to have a hull is not looked at closer.
            found = one is not None and two is not None
            if one is not None and two is not None:
                found = apart(one[1], two[0], self._beyond) or apart(two[1], one[0], self._beyond)
            self._apart[key] = found
        return found
