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


@dataclass(frozen=True, slots=True)
class Found:
    """A way: turning points from START to END, and its length."""

    points: tuple[int, ...]
    length_m: float


@dataclass(frozen=True, slots=True)
class _Known:
    """The turning points of a body, and the ways between them and the two ends: lengths, and whether they
    touch the corner."""

    points: Whole
    from_start_m: Floats
    to_end_m: Floats
    from_start: NDArray[np.bool_]
    to_end: NDArray[np.bool_]


class Search:
    """One pair of places; what was learnt of the ways is kept from one call to the next."""

    def __init__(self, turning: Turning, sight: Sight, start: Place, end: Place, direct_m: float) -> None:
        self._turning, self._sight = turning, sight
        self._start, self._end, self._direct_m = start, end, direct_m
        self._ends = directions(np.array([start[0], end[0]]), np.array([start[1], end[1]]))
        self._known: dict[tuple[int, bool], _Known] = {}
        self._ways = Ways(sight)
        self.bodies: set[int] = set()

    def block(self, point: int, other: int, bodies: Bodies) -> None:
        """Take note that a way runs through bodies, and take them up."""
        self.bodies |= bodies
        self._ways_of(point, other).note(_name(point, other), bodies)

    def shortest(self) -> Found | None:
        """Return the shortest way round all bodies; None where there is none."""
        while True:
            found = self._among()
            if found is None:
                return None
            met = set().union(*(self._through(a, b) for a, b in pairwise(found.points))) - self.bodies
            if not met:
                return found
            self.bodies |= met

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
        # Most likely it is a corner's own body that is in the way.
        own = {self._turning.body(k) for k in (low, high) if k >= 0}
        likely = sorted(bodies, key=lambda body: body not in own)
        return self._ways_of(low, high).blocked((low, high), self.place(low), self.place(high), likely)

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
        known: list[_Known] = []
        alone: set[int] = set()
        for body in bodies:
            free = turning.alone(body, bodies, self._ends)
            known.append(self._of_body(body, not free))
            alone |= set(known[-1].points.tolist()) if free else set()
        if not known:
            return Found((START, END), self._direct_m)
        points = np.concatenate([it.points for it in known])
        to_end_m = np.concatenate([it.to_end_m for it in known])
        from_start = np.concatenate([it.from_start for it in known])
        from_start_m = np.concatenate([it.from_start_m for it in known])
        lat, lon = turning.lat_deg[points], turning.lon_deg[points]
        row_of = {int(p): row for row, p in enumerate(points.tolist())}
        ends_at = np.concatenate([it.to_end for it in known])
        came: dict[int, int] = {}
        waiting: list[tuple[float, float, int, int]] = [(self._direct_m, self._direct_m, END, START)]

        def push(point: int, to: Whole, reached_m: Floats) -> None:
            whole_m = reached_m + to_end_m[to]
            for f, g, k in zip(whole_m.tolist(), reached_m.tolist(), points[to].tolist(), strict=True):
                if k not in came:
                    heappush(waiting, (f, g, k, point))

        first = np.flatnonzero(from_start)
        push(START, first, from_start_m[first])
        while waiting:
            _, length_m, point, before = heappop(waiting)
            if point in came or self._blocked(before, point, bodies, alone):
                continue
            came[point] = before
            if point == END:
                return Found(_back(came), length_m)
            row = row_of[point]
            if ends_at[row]:
                whole_m = length_m + float(to_end_m[row])
                heappush(waiting, (whole_m, whole_m, END, point))
            onward = np.flatnonzero(turning.onward(point, self._direction(before), points))
            onward = onward[onward != row]
            push(point, onward, length_m + lengths_m(turning.place(point), lat[onward], lon[onward]))
        return None

    def _of_body(self, body: int, whole: bool) -> _Known:
        found = self._known.get((body, whole))
        if found is None:
            turning = self._turning
            points = turning.points(body, whole)
            lat, lon = turning.lat_deg[points], turning.lon_deg[points]
            found = self._known[body, whole] = _Known(
                points, lengths_m(self._start, lat, lon), lengths_m(self._end, lat, lon),
                turning.touching(self._ends[0], points), turning.touching(self._ends[1], points),
            )  # fmt: skip
        return found


def _name(point: int, other: int) -> tuple[int, int]:
    """Return one name for a way, whichever way it is flown: one geodesic has one answer."""
    return min(point, other), max(point, other)


def _back(came: dict[int, int]) -> tuple[int, ...]:
    points = [END]
    while points[-1] != START:
        points.append(came[points[-1]])
    return tuple(reversed(points))
