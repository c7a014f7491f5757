"""From evidence to verdicts: of a cell in every band and hour, and of a place and a time in sentences."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from nofly.proof.coverage import Coverage, Seen, Statement
from nofly.proof.covering import coverage_words as words
from nofly.proof.covering.cells import BANDS_FT, HOUR_US, around, box, centres, minutes_of
from nofly.proof.covering.evidence import Evidence
from nofly.proof.covering.silences import Silence, silence

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Bools = NDArray[np.bool_]

ORDER = (Seen.SEEN, Seen.COULD, Seen.UNKNOWN, Seen.COULD_NOT)
"""What a number in an array of verdicts stands for."""
_SEEN, _COULD, _UNKNOWN, _COULD_NOT = range(4)
UNKNOWN_AT = _UNKNOWN
LEAST_UNSEEN = 2
"""One aircraft that was lost may have a fault of its own."""
LEAST_SIDES = 4
"""Where a cell was received from on so many of its eight sides, what was received in it at other hours was no
chance at the edge of what can be."""


@dataclass(frozen=True, slots=True)
class Grounds:
    """What the verdicts on a cell rest on: arrays of shape (bands, hours), aircraft by number.

    Line of sight grows with height: what was received below would have been received here too, and what was
    not received above would not have been here either.
    """

    verdict: Ints
    here: Ints
    """Received in this hour, in this band or below."""
    unseen: Ints
    """In this hour there and not received, in this band or above."""
    ever: Ints
    """As ``here``, in all hours; the same of every hour."""
    ever_unseen: Ints
    hours_here: Ints
    """In how many hours any was received, in this band or below."""
    between: Bools
    """Received in this hour on two opposite sides, in this band or below."""
    up: NDArray[np.uint64]
    """Of each hour the minutes in which the receivers received anything."""


def grounds(evidence: Evidence, cell: int, asked: NDArray[np.uint64] | None = None) -> Grounds:
    """Return the verdicts on a cell and what they rest on; ``asked`` are the minutes of each hour that are
    meant (all)."""
    it = evidence.of(cell)
    up = evidence.minutes_up(cell)
    wanted = np.full(len(up), (1 << 60) - 1, np.uint64) if asked is None else asked
    here = np.cumsum(it.aircraft, axis=0)
    missing = np.cumsum(it.unseen[::-1], axis=0)[::-1]
    ever = np.broadcast_to(here.sum(axis=1, keepdims=True), here.shape)
    never = np.broadcast_to(missing.sum(axis=1, keepdims=True), here.shape)
    hours_here = np.broadcast_to((here > 0).sum(axis=1, keepdims=True), here.shape)
    sides = _sides(evidence, cell)
    between = np.any(sides[:4] & sides[4:], axis=0)
    lower = np.concatenate([np.zeros((1, here.shape[1]), np.int64), ever[:-1]])
    within = sides.any(axis=2).sum(axis=0)[:, None] >= LEAST_SIDES
    verdict = np.full(here.shape, _UNKNOWN)
    verdict[between & (never == 0)] = _COULD
    verdict[((lower > 0) | ((ever > 0) & within)) & (ever >= 2 * never)] = _COULD
    verdict[(ever > 0) & (here == 0) & (missing >= LEAST_UNSEEN)] = _UNKNOWN
    verdict[(ever == 0) & (never >= LEAST_UNSEEN)] = _COULD_NOT
    verdict[(here == 0) & (missing >= LEAST_UNSEEN) & (never > ever)] = _COULD_NOT
    verdict[(here > 0) & (here >= missing)] = _COULD
    verdict[(here > 0) & (here < missing)] = _UNKNOWN
    verdict[:, (up & wanted) == 0] = _UNKNOWN
    verdict[(it.minutes & wanted) != 0] = _SEEN
    return Grounds(verdict, here, missing, ever, never, hours_here, between, up)


def _sides(evidence: Evidence, cell: int) -> Bools:
    """Return on which of eight sides of a cell aircraft were received, of shape (8, bands, hours)."""
    beside = around(cell)
    lat, lon = centres(np.append(beside, cell))
    lat0, lon0 = np.radians(lat[-1]), np.radians(lon[-1])
    lat, lon = np.radians(lat[:-1]), np.radians(lon[:-1]) - lon0
    east = np.cos(lat) * np.sin(lon)
    north = np.cos(lat0) * np.sin(lat) - np.sin(lat0) * np.cos(lat) * np.cos(lon)
    side = np.rint(np.degrees(np.arctan2(east, north)) / 45.0).astype(np.int64) % 8
    seen = np.zeros((8, len(BANDS_FT), len(evidence.hours)), np.bool_)
    for k, one in zip(side.tolist(), beside.tolist(), strict=True):
        seen[k] |= np.cumsum(evidence.of(one).aircraft, axis=0) > 0
    return seen


def whole(verdicts: set[int]) -> int:
    """Return the verdict on several bands or hours together: theirs where they agree; "could have been seen"
    of seen and could; else unknown."""
    if len(verdicts) == 1:
        return next(iter(verdicts))
    return _COULD if verdicts <= {_SEEN, _COULD} and verdicts else _UNKNOWN


@dataclass(slots=True)
class Asked:
    """The hours and minutes from one time until another, and the verdicts on cells in them."""

    evidence: Evidence
    from_us: int
    until_us: int
    at: Ints = field(init=False)
    """The hours that are asked for and in which anything was received, by number."""
    minutes: NDArray[np.uint64] = field(init=False)
    count: int = field(init=False)
    """How many hours are asked for, with reports and without."""
    _known: dict[int, Ints] = field(init=False, default_factory=dict)
    _counts: dict[int, Ints] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        """Find the hours."""
        hours = self.evidence.hours
        first, last = self.from_us // HOUR_US, max(self.until_us - 1, self.from_us) // HOUR_US
        self.count = last - first + 1
        self.at = np.flatnonzero((hours >= first) & (hours <= last))
        self.minutes = np.zeros(len(hours), np.uint64)
        self.minutes[self.at] = [minutes_of(int(hours[k]), self.from_us, self.until_us) for k in self.at]

    def verdicts(self, cell: int) -> Ints:
        """Return the verdicts on a cell by number, of shape (bands, hours asked for with reports)."""
        known = self._known.get(cell)
        if known is None:
            known = self._known[cell] = grounds(self.evidence, cell, self.minutes).verdict[:, self.at]
        return known

    def counts(self, cell: int) -> Ints:
        """Return of how many of all hours asked for each verdict is, of shape (bands, verdicts)."""
        known = self._counts.get(cell)
        if known is None:
            verdicts = self.verdicts(cell)
            known = np.stack([(verdicts == k).sum(axis=1) for k in range(len(ORDER))], axis=1)
            known[:, UNKNOWN_AT] += self.count - len(self.at)
            self._counts[cell] = known
        return known


def stated(coverage: Coverage, cell: int, chosen: list[int], from_us: int, until_us: int) -> Statement:
    """Return the statement on a cell, in the chosen bands together, from one time until another."""
    evidence = coverage.evidence
    asked = Asked(evidence, from_us, until_us)
    at = asked.at
    found = grounds(evidence, cell, asked.minutes)
    silent = silence(evidence, cell, found.up, from_us, until_us)
    lines, verdicts = [], set()
    for band in chosen:
        of_band = _verdicts(found, band, at, silent)
        verdicts |= of_band
        lines.append(_numbers(evidence, found, cell, band, at, whole(of_band)))
    verdict = ORDER[whole(verdicts)]
    south, west, north, east = box(cell)
    numbers: dict[str, Any] = {
        "cell": {"south_deg": south, "west_deg": west, "north_deg": north, "east_deg": east},
        "hours": asked.count,
        "hours_with_reports": len(at),
        **silent.numbers(),
        "bands": lines,
        "heights": dict(coverage.heights),
        "at_least": coverage.level > 0,
    }
    return Statement(verdict, words.sentences(verdict, numbers, from_us, until_us), numbers)


def _verdicts(found: Grounds, band: int, at: Ints, silent: Silence) -> set[int]:
    verdicts = set(found.verdict[band, at].tolist())
    if silent.whole:
        return {_COULD_NOT if silent.cut_off >= LEAST_UNSEEN else _UNKNOWN}
    return verdicts | ({_UNKNOWN} if silent.hours else set())


def _numbers(
    evidence: Evidence, found: Grounds, cell: int, band: int, at: Ints, verdict: int
) -> dict[str, Any]:
    """Return the numbers of one band over the hours that are asked for."""
    it = evidence.of(cell)
    counted = {name.value: int((found.verdict[band, at] == k).sum()) for k, name in enumerate(ORDER)}
    return {
        "band": words.band_name(band),
        "verdict": ORDER[verdict].value,
        "reports": int(it.reports[band, at].sum()),
        "aircraft": evidence.distinct(cell, (band, band), at),
        "aircraft_here_or_below": evidence.distinct(cell, (0, band), at),
        "hours_here_or_below": int((found.here[band, at] > 0).sum()),
        "aircraft_not_received": evidence.distinct_unseen(cell, band, at),
        "ever_aircraft_here_or_below": evidence.distinct(cell, (0, band), None),
        "ever_hours_here_or_below": int((found.here[band] > 0).sum()),
        "ever_hours": int((found.up != 0).sum()),
        "ever_aircraft_not_received": evidence.distinct_unseen(cell, band, None),
        "hours_received_on_opposite_sides": int(found.between[band, at].sum()),
        "hours": counted,
    }
