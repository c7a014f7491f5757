"""Going round: the shortest way on the ellipsoid between two places that enters no zone in its way.

A shortest way is a chain of geodesics that turns only at corners of zones. Corners and ways are looked for on
planes through the centre of the Earth, within some metres; lengths are those of WGS 84, and the way found is
flown through the kernel, whose word is the last: a leg that it finds in a zone is taken out, and the search
goes on. Pure: no clock, no file.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise

import numpy as np

from nofly.errors import InputError
from nofly.whatif.leaving import nearest_outside
from nofly.whatif.obstacles import obstacles
from nofly.whatif.search import END, START, Found, Search
from nofly.whatif.sight import Bodies, Sight
from nofly.whatif.sphere import Place, length_m, way_length_m
from nofly.whatif.turning import Turning
from nofly.zones.model import Zone

TOLERANCES_M = (400.0, 100.0, 25.0, 6.0, 1.5, 0.0)
"""How much further out than published a way may take a corner, by the distance flown: see ``_THINNED``."""
_THINNED = 1e-4
"""Of the distance flown: corners taken so much further out cost about as much of it a radian turned."""


class Outcome(StrEnum):
    """What came of looking for a way."""

    CLEAR = "clear"
    """The geodesic itself enters no zone: nothing is added, to the last bit."""
    ROUND = "round"
    """There is a way round."""
    INSIDE = "inside"
    """The start or the end lies in a zone: no way is admissible."""
    NO_WAY = "no-way"
    """Bodies part the two places."""
    TOO_INTRICATE = "too-intricate"
    """No way was found among as many legs as are looked at (:data:`nofly.whatif.search.MOST_LEGS`)."""


@dataclass(frozen=True, slots=True)
class Detour:
    """The way between two places, and what it adds. Lengths are geodesic, in metres."""

    start: Place
    end: Place
    outcome: Outcome
    direct_m: float
    length_m: float
    """NaN where there is no admissible way."""
    places: tuple[Place, ...]
    """(lat_deg, lon_deg) from start to end, geodesics between; empty where there is no admissible way."""
    crossed: tuple[str, ...]
    """Bodies that the geodesic from start to end runs through."""
    start_in: tuple[str, ...] = ()
    end_in: tuple[str, ...] = ()
    """Bodies, or their margin, that the start and the end lie in."""
    inside_m: float = 0.0
    """How much of the way is flown in zones, where leaving by the shortest way was asked for."""

    @property
    def extra_m(self) -> float:
        """How much longer than the geodesic; NaN where there is no admissible way."""
        return self.length_m - self.direct_m


@dataclass(slots=True)
class _Pair:
    """One pair of places while its way is looked for."""

    start: Place
    end: Place
    direct_m: float
    start_in: Bodies
    end_in: Bodies
    crossed: Bodies = frozenset()
    out: Place | None = None
    """Where the start's zones are left, and where the end's are entered."""
    into: Place | None = None
    search: Search | None = None
    found: Found | None = None
    outcome: Outcome | None = None
    tolerances_m: list[float] = field(default_factory=list)

    @property
    def from_place(self) -> Place:
        return self.out or self.start

    @property
    def to_place(self) -> Place:
        return self.into or self.end


class RoundWays:
    """Ways round zones that stand in the way (:func:`nofly.whatif.standing.standing`), for many pairs.

    ``clearance_m`` is kept from every zone; with none, a way passes corners at 25 m. Limits of the zones are
    not looked at. Raises ValueError for a geodesic zone edge between nearly antipodal points, and InputError
    for a clearance that cannot be.
    """

    def __init__(self, zones: Sequence[Zone], clearance_m: float = 0.0) -> None:
        if not 0.0 <= clearance_m <= 1e6:
            raise InputError(f"a clearance of {clearance_m} m", expected="0 to 1,000 km")
        self.zones = tuple(zones)
        self._obstacles = obstacles(self.zones, clearance_m)
        self._sight = Sight(self._obstacles)
        self._turning: dict[float, Turning] = {}

    def detour(self, start: Place, end: Place, *, leave: bool = False) -> Detour:
        """Return the way for one pair: see :meth:`detours`."""
        return self.detours([(start, end)], leave=leave)[0]

    def detours(self, pairs: Sequence[tuple[Place, Place]], *, leave: bool = False) -> list[Detour]:
        """Return the shortest admissible way for each pair of (lat_deg, lon_deg).

        With ``leave`` a start or an end that lies in a zone is left, or reached, by the shortest way out of
        it, and the rest of the way is admissible. Raises InputError for a place that is none.
        """
        asked = self._asked(pairs)
        for pair in asked:
            if leave:
                self._leave(pair)
            elif pair.start_in or pair.end_in:
                pair.outcome = Outcome.INSIDE
        self._fly_direct(asked)
        waiting = [pair for pair in asked if pair.outcome is None]
        while waiting:
            for pair in waiting:
                self._look(pair)
            waiting = self._flown([pair for pair in waiting if pair.found is not None])
        return [self._told(pair) for pair in asked]

    def _asked(self, pairs: Sequence[tuple[Place, Place]]) -> list[_Pair]:
        for place in (place for pair in pairs for place in pair):
            if not (abs(place[0]) <= 90.0 and abs(place[1]) <= 180.0):
                raise InputError(f"place {place}", expected="latitude within ±90°, longitude within ±180°")
        at = np.array([place for pair in pairs for place in pair], float).reshape(-1, 2)
        inside = self._sight.inside(at[:, 0], at[:, 1])
        return [
            _Pair(start, end, length_m(start, end), inside[2 * k], inside[2 * k + 1])
            for k, (start, end) in enumerate(pairs)
        ]

    def _leave(self, pair: _Pair) -> None:
        for inside, place, name in ((pair.start_in, pair.start, "out"), (pair.end_in, pair.end, "into")):
            if inside:
                outside = nearest_outside(self._sight, self._obstacles.edges, place)
                if outside is None:
                    pair.outcome = Outcome.NO_WAY
                setattr(pair, name, outside)

    def _fly_direct(self, asked: Sequence[_Pair]) -> None:
        """Fly every geodesic through the kernel: which zones it runs through, and which are clear."""
        flown = self._sight.through([[pair.from_place, pair.to_place] for pair in asked])
        for pair, legs in zip(asked, flown, strict=True):
            pair.crossed = frozenset().union(*legs)
            if not pair.crossed and pair.outcome is None:
                pair.outcome = Outcome.CLEAR
            pair.crossed |= pair.start_in | pair.end_in

    def _look(self, pair: _Pair) -> None:
        """Look for the next shortest way; where corners were thinned too much to find one, with all."""
        if pair.search is None:
            thinned_m = [t for t in TOLERANCES_M if t <= _THINNED * pair.direct_m] or [0.0]
            pair.tolerances_m = [0.0, thinned_m[0]] if thinned_m[0] else [0.0]
            self._begin(pair)
        while pair.search is not None:
            pair.found = pair.search.shortest()
            if pair.found is not None:
                return
            if pair.search.given_up or not pair.tolerances_m:
                pair.outcome = Outcome.TOO_INTRICATE if pair.search.given_up else Outcome.NO_WAY
                return
            self._begin(pair)

    def _begin(self, pair: _Pair) -> None:
        tolerance_m = pair.tolerances_m.pop()
        turning = self._turning.get(tolerance_m)
        if turning is None:
            turning = self._turning[tolerance_m] = Turning(self._obstacles, self._sight, tolerance_m)
        ends = pair.from_place, pair.to_place
        pair.search = Search(turning, self._sight, *ends, length_m(*ends))
        pair.search.block(START, END, pair.crossed)

    def _flown(self, pairs: Sequence[_Pair]) -> list[_Pair]:
        """Fly what was found through the kernel; return the pairs that have to be looked at again."""
        again: list[_Pair] = []
        ways = [[search.place(k) for k in found.points] for search, found in map(_known, pairs)]
        for pair, legs in zip(pairs, self._sight.through(ways), strict=True):
            search, found = _known(pair)
            bad = False
            for leg, bodies in zip(pairwise(found.points), legs, strict=True):
                if bodies:
                    search.block(*leg, bodies)
                    bad = True
            if bad:
                again.append(pair)
            else:
                pair.outcome = Outcome.ROUND
        return again

    def _told(self, pair: _Pair) -> Detour:
        outcome = pair.outcome or Outcome.NO_WAY
        places: list[Place] = []
        if outcome is Outcome.CLEAR:
            places = [pair.from_place, pair.to_place]
        elif outcome is Outcome.ROUND:
            search, found = _known(pair)
            places = [search.place(k) for k in found.points]
        inside_m = 0.0
        if places and pair.out is not None:
            inside_m += length_m(pair.start, pair.out)
            places.insert(0, pair.start)
        if places and pair.into is not None:
            inside_m += length_m(pair.into, pair.end)
            places.append(pair.end)
        flown_m = way_length_m(tuple(places)) if places else math.nan
        return Detour(
            pair.start, pair.end, outcome, pair.direct_m, flown_m, tuple(places), self._ids(pair.crossed),
            self._ids(pair.start_in), self._ids(pair.end_in), inside_m,
        )  # fmt: skip

    def _ids(self, bodies: Bodies) -> tuple[str, ...]:
        return tuple(self.zones[z].id for z in sorted({int(self._obstacles.body_zone[b]) for b in bodies}))


def _known(pair: _Pair) -> tuple[Search, Found]:
    if pair.search is None or pair.found is None:
        raise ValueError("no way was looked for")
    return pair.search, pair.found
