"""The shortest way between two places through turning points, among the bodies that matter.

Only bodies that were found in the way are gone round: the shortest way round some of them, where it meets no
other, is the shortest round all. A* by the geodesic length that is left; a way is looked at for bodies across
it only when it is the next to be taken.
"""

from __future__ import annotations

from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from nofly.whatif.sight import Bodies, Sight
from nofly.whatif.sphere import Place, directions, lengths_m
from nofly.whatif.turning import Turning
from nofly.whatif.ways import Ways

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]

START, END = -1, -2
MOST_LEGS = 25_000
"""So many legs are looked at in one search; the most intricate borders that are published take some
thousands."""


@dataclass(frozen=True, slots=True)
class Found:
    """A way: turning points from START to END, and its length."""

    points: tuple[int, ...]
    length_m: float


@dataclass(frozen=True, slots=True)
class _Known:
    """Of the turning points of an outline: how far it is from the start, where that way touches the corner,
    how far to the end, and those where that way touches it."""

    from_start_m: dict[int, float]
    to_end_m: dict[int, float]
    ends_at: list[int]


class Search:
    """One pair of places; what was learnt of the ways is kept from one call to the next."""

    def __init__(self, turning: Turning, sight: Sight, start: Place, end: Place, direct_m: float) -> None:
        self._turning, self._sight = turning, sight
        self._start, self._end, self._direct_m = start, end, direct_m
        self._ends = directions(np.array([start[0], end[0]]), np.array([start[1], end[1]]))
        self._known: dict[int, _Known] = {}
        self._ways = Ways(sight)
        self.bodies: set[int] = set()
        self.legs = 0
        """How many were looked at."""

    def block(self, point: int, other: int, bodies: Bodies) -> None:
        """Take note that a way runs through bodies, and take them up."""
        self.bodies |= bodies
        self._ways_of(point, other).note(_name(point, other), bodies)

    def shortest(self) -> Found | None:
        """Return the shortest way round all bodies; None where there is none, or :attr:`given_up`."""
        while True:
            found = self._among()
            if found is None:
                return None
            met = set().union(*(self._through(a, b) for a, b in pairwise(found.points))) - self.bodies
            if not met:
                return found
            self.bodies |= met

    @property
    def given_up(self) -> bool:
        """Whether more legs would have had to be looked at than :data:`MOST_LEGS`."""
        return self.legs > MOST_LEGS

    def _through(self, point: int, other: int) -> Bodies:
        """Return the bodies that a way runs through."""
        low, high = _name(point, other)
        found = self._ways_of(low, high).through((low, high), self.place(low), self.place(high))
        return found.union(*(self._turning.inside(k) for k in (low, high) if k >= 0))

    def _blocked(self, point: int, other: int, bodies: list[int], alone: set[int]) -> bool:
        """Return whether a way runs through one of the bodies taken up."""
        low, high = _name(point, other)
        for k in (low, high):
            if k >= 0 and not self._turning.inside(k).isdisjoint(bodies):
                return True
        if low in alone and high in alone and self._turning.beside(low, high):
            return False
        return self._ways_of(low, high).blocked((low, high), self.place(low), self.place(high), bodies)

    def _ways_of(self, point: int, other: int) -> Ways:
        """Return what keeps a way: with the turning points where it is theirs, here where it has an end."""
        return self._turning.ways if point >= 0 and other >= 0 else self._ways

    def place(self, point: int) -> Place:
        """Return where a turning point, START or END is."""
        return self._start if point == START else self._end if point == END else self._turning.place(point)

    def _direction(self, point: int) -> Floats:
        found: Floats = self._ends[0] if point == START else self._turning.at[point]
        return found

    def _among(self) -> Found | None:
        """Return the shortest way that runs through none of the bodies taken up so far."""
        bodies, turning = sorted(self.bodies), self._turning
        if not bodies:
            return Found((START, END), self._direct_m)
        outlines = [turning.outlines.of(body, bodies, self._ends) for body in bodies]
        known = [self._of_outline(outline) for outline in outlines]
        free = [it for it, outline in zip(known, outlines, strict=True) if turning.outlines.alone[outline]]
        alone = {point for it in free for point in it.to_end_m}
        to_end_m = {point: m for it in known for point, m in it.to_end_m.items()}
        ends_at = {point for it in known for point in it.ends_at}
        came: dict[int, int] = {}
        waiting: list[tuple[float, float, int, int]] = [(self._direct_m, self._direct_m, END, START)]
        for it in known:
            for point, m in it.from_start_m.items():
                heappush(waiting, (m + to_end_m[point], m, point, START))
        while waiting:
            _, length_m, point, before = heappop(waiting)
            if point in came:
                continue
            self.legs += 1
            if self.given_up:
                return None
            if self._blocked(before, point, bodies, alone):
                continue
            came[point] = before
            if point == END:
                return Found(_back(came), length_m)
            if point in ends_at:
                whole_m = length_m + to_end_m[point]
                heappush(waiting, (whole_m, whole_m, END, point))
            for way in turning.onward(point, self._direction(before), outlines):
                if way.to not in came:
                    m = length_m + way.length_m
                    heappush(waiting, (m + to_end_m[way.to], m, way.to, point))
        return None

    def _of_outline(self, outline: int) -> _Known:
        found = self._known.get(outline)
        if found is None:
            turning = self._turning
            points = turning.points(outline)
            lat, lon = turning.lat_deg[points], turning.lon_deg[points]
            first, last = (turning.touching(end, points) for end in self._ends)
            from_start = points[first]
            from_start_m = lengths_m(self._start, lat[first], lon[first])
            found = self._known[outline] = _Known(
                dict(zip(from_start.tolist(), from_start_m.tolist(), strict=True)),
                dict(zip(points.tolist(), lengths_m(self._end, lat, lon).tolist(), strict=True)),
                points[last].tolist(),
            )
        return found


def _name(point: int, other: int) -> tuple[int, int]:
    """Return one name for a way, whichever way it is flown: one geodesic has one answer."""
    return min(point, other), max(point, other)


def _back(came: dict[int, int]) -> tuple[int, ...]:
    points = [END]
    while points[-1] != START:
        points.append(came[points[-1]])
    return tuple(reversed(points))
