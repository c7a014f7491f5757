"""Whom a zone would hit: flights, operators, states, types and airports by hour, time and way inside.

Counts are of what was heard and of nothing else; what they are counts out of stands beside them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from nofly.units import US_PER_S

HOUR_US = 3600 * US_PER_S
DAY_H = 24.0
QUANTILES = (0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0)


class Outcome(StrEnum):
    """What a flight inside would have been, the gravest of its stays first."""

    INFRINGEMENT = "infringement"
    UNDETERMINED = "undetermined"
    """It cannot be told whether it was inside: a height, or whether the zone was active, is not known."""
    EXEMPT = "exempt"
    CLEARED = "cleared"


@dataclass(frozen=True, slots=True)
class Inside:
    """A time inside a zone, of one flight: a stay, or the part of it that the flight has."""

    zone_id: str
    from_us: int
    until_us: int
    length_m: float
    outcome: Outcome
    reason: str = ""
    """Why the rules judge it so, where they do."""


@dataclass(frozen=True)
class Hit:
    """A flight that was inside, or may have been. None is not known."""

    target_id: str
    icao24: str | None
    callsign: str | None
    operator: str | None
    state: str | None
    """ISO 3166 alpha-3 of the state that the address belongs to."""
    type: str | None
    origin: str | None
    """The airport near which the flight was first heard, low or on the ground."""
    destination: str | None
    first_us: int
    last_us: int
    inside: tuple[Inside, ...]

    @cached_property
    def outcome(self) -> Outcome:
        """The gravest of what its stays are."""
        found = {one.outcome for one in self.inside}
        return next(outcome for outcome in Outcome if outcome in found)

    @cached_property
    def inside_s(self) -> float:
        """How long it was inside; times in several zones at once count once."""
        return sum(until - since for since, until in self.spans_us) / US_PER_S

    @cached_property
    def inside_m(self) -> float:
        """The way inside: of zones that overlap the longest way counts, at the least."""
        return sum(max(one.length_m for one in group) for group in self._groups)

    @cached_property
    def spans_us(self) -> list[tuple[int, int]]:
        """When it was inside any zone: spans apart, in order."""
        return [(min(g.from_us for g in group), max(g.until_us for g in group)) for group in self._groups]

    @cached_property
    def _groups(self) -> list[list[Inside]]:
        groups: list[list[Inside]] = []
        for one in sorted(self.inside, key=lambda i: i.from_us):
            if groups and one.from_us <= max(g.until_us for g in groups[-1]):
                groups[-1].append(one)
            else:
                groups.append([one])
        return groups

    @cached_property
    def hours(self) -> dict[int, float]:
        """Return the seconds inside in each hour, counted from 1970, in which it was inside."""
        found: dict[int, float] = {}
        for since, until in self.spans_us:
            for hour in range(since // HOUR_US, until // HOUR_US + 1):
                part_us = min(until, (hour + 1) * HOUR_US) - max(since, hour * HOUR_US)
                if part_us > 0 or hour == since // HOUR_US:
                    found[hour] = found.get(hour, 0.0) + part_us / US_PER_S
        return found


@dataclass(frozen=True, slots=True)
class Hour:
    """An hour of the archive. Operators, states, types and airports count those that are known."""

    start_us: int
    heard: int
    """Flights heard anywhere in the archive."""
    inside: int
    """Flights of which it can be told that they were inside."""
    outcomes: dict[Outcome, int]
    operators: int
    states: int
    types: int
    airports: int
    inside_s: float


@dataclass(frozen=True, slots=True)
class Share:
    """What falls on one operator, state, type or airport; ``name`` is None for what is not known."""

    name: str | None
    flights: int
    """Flights of which it can be told that they were inside; so of time, way and hours."""
    untold: int
    """Flights of which it cannot."""
    infringements: int
    inside_s: float
    inside_m: float
    hours: dict[int, int]
    """Flights by hour, counted from 1970."""


@dataclass(frozen=True, slots=True)
class Spread:
    """A distribution: as many values as ``count``, their mean, and the quantiles :data:`QUANTILES`."""

    count: int
    total_value: float
    mean_value: float
    quantiles: tuple[float, ...]


@dataclass(frozen=True)
class Effect:
    """What zones would touch of the traffic that was heard."""

    zone_ids: tuple[str, ...]
    hits: tuple[Hit, ...]
    """Flights that were inside, or may have been, by first entry."""
    suspect: int
    """Stays left out: the reports that they rest on are not credible."""
    reports: int
    flights: int
    """Flights heard anywhere in the archive."""
    flown_h: float
    span_us: tuple[int, int]
    """First and last report."""
    covered_us: int
    """For how long of that anything was heard."""
    heard: dict[int, int] = field(repr=False, default_factory=dict)
    """Flights heard by hour, counted from 1970."""
    near_hours: frozenset[int] = frozenset()
    """The hours in which anything was heard within the box of a zone, at any height."""

    @property
    def covered_h(self) -> float:
        """For how many hours anything was heard."""
        return self.covered_us / HOUR_US

    def count(self, outcome: Outcome) -> int:
        """Return how many flights there are of an outcome."""
        return sum(hit.outcome is outcome for hit in self.hits)

    @cached_property
    def inside(self) -> tuple[Hit, ...]:
        """The flights of which it can be told that they were inside."""
        return tuple(hit for hit in self.hits if hit.outcome is not Outcome.UNDETERMINED)

    def a_day(self, count: float) -> float | None:
        """Return a count as if a whole day were like what was heard; None where that is less than an hour."""
        return count * DAY_H / self.covered_h if self.covered_us >= HOUR_US else None

    @cached_property
    def hours(self) -> tuple[Hour, ...]:
        """Every hour from the first report to the last, those too in which nothing was heard."""
        by_hour: dict[int, list[Hit]] = {}
        seconds: dict[int, float] = {}
        for hit in self.hits:
            for hour, inside_s in hit.hours.items():
                by_hour.setdefault(hour, []).append(hit)
                told_s = 0.0 if hit.outcome is Outcome.UNDETERMINED else inside_s
                seconds[hour] = seconds.get(hour, 0.0) + told_s
        return tuple(
            _hour(hour, self.heard.get(hour, 0), by_hour.get(hour, []), seconds.get(hour, 0.0))
            for hour in range(self.span_us[0] // HOUR_US, self.span_us[1] // HOUR_US + 1)
        )

    def operators(self) -> list[Share]:
        """Return what falls on each operator, most flights first."""
        return shares(self.hits, lambda hit: [hit.operator])

    def states(self) -> list[Share]:
        """Return what falls on each state of registry, most flights first."""
        return shares(self.hits, lambda hit: [hit.state])

    def types(self) -> list[Share]:
        """Return what falls on each type, most flights first."""
        return shares(self.hits, lambda hit: [hit.type])

    def airports(self) -> list[Share]:
        """Return what falls on each airport, most flights first. A flight counts at both its ends, so that
        their sum is more than there are flights."""
        return shares(self.hits, lambda hit: {hit.origin, hit.destination})

    def pairs(self) -> list[Share]:
        """Return what falls on each pair of airports of which both are known, most flights first."""
        known = [hit for hit in self.hits if hit.origin and hit.destination]
        return shares(known, lambda hit: [f"{hit.origin}-{hit.destination}"])

    def zones(self) -> list[Share]:
        """Return what falls on each zone, most flights first. A flight counts in every zone it was in."""
        return shares(self.hits, lambda hit: {one.zone_id for one in hit.inside})

    def inside_s(self) -> Spread:
        """Return how long flights were inside."""
        return spread(hit.inside_s for hit in self.inside)

    def inside_m(self) -> Spread:
        """Return how far flights flew inside."""
        return spread(hit.inside_m for hit in self.inside)

    def flights_an_hour(self) -> Spread:
        """Return how many flights were inside in an hour, over the hours in which anything was heard."""
        return spread(hour.inside for hour in self.hours if hour.heard)


def _hour(hour: int, heard: int, hits: list[Hit], inside_s: float) -> Hour:
    outcomes = {outcome: sum(hit.outcome is outcome for hit in hits) for outcome in Outcome}

    def known(names: Iterable[str | None]) -> int:
        return len({name for name in names if name is not None})

    return Hour(
        hour * HOUR_US, heard, len(hits) - outcomes[Outcome.UNDETERMINED], outcomes,
        known(h.operator for h in hits), known(h.state for h in hits), known(h.type for h in hits),
        known(name for h in hits for name in (h.origin, h.destination)), inside_s,
    )  # fmt: skip


def shares(hits: Sequence[Hit], names: Callable[[Hit], Iterable[str | None]]) -> list[Share]:
    """Return what falls on each name that hits go by: most flights first, what is not known last."""
    grouped: dict[str | None, list[Hit]] = {}
    for hit in hits:
        for name in names(hit):
            grouped.setdefault(name, []).append(hit)
    found = []
    for name, group in grouped.items():
        hours: dict[int, int] = {}
        told = [hit for hit in group if hit.outcome is not Outcome.UNDETERMINED]
        for hour in sorted(hour for hit in told for hour in hit.hours):
            hours[hour] = hours.get(hour, 0) + 1
        found.append(
            Share(
                name, len(told), len(group) - len(told),
                sum(hit.outcome is Outcome.INFRINGEMENT for hit in told), sum(hit.inside_s for hit in told),
                sum(hit.inside_m for hit in told), hours,
            )
        )  # fmt: skip
    return sorted(found, key=lambda s: (s.name is None, -s.flights, -s.untold, s.name or ""))


def spread(values: Iterable[float]) -> Spread:
    """Return the distribution of values; all is 0 where there is none."""
    given: NDArray[np.float64] = np.array(sorted(values), np.float64)
    if not len(given):
        return Spread(0, 0.0, 0.0, (0.0,) * len(QUANTILES))
    found = np.quantile(given, QUANTILES, method="inverted_cdf")
    return Spread(len(given), float(given.sum()), float(given.mean()), tuple(found.tolist()))


def heard_by_hour(first_us: NDArray[np.int64], last_us: NDArray[np.int64]) -> dict[int, int]:
    """Return how many flights were heard in each hour, counted from 1970, from when they were first and last
    heard: their silences are shorter than an hour."""
    if not len(first_us):
        return {}
    first, last = first_us // HOUR_US, last_us // HOUR_US
    base = int(first.min())
    change = np.zeros(int(last.max()) - base + 2, np.int64)
    np.add.at(change, first - base, 1)
    np.add.at(change, last - base + 1, -1)
    counts = np.cumsum(change)
    return {base + k: int(counts[k]) for k in np.flatnonzero(counts).tolist()}


def covered_us(first_us: NDArray[np.int64], last_us: NDArray[np.int64]) -> int:
    """Return for how long some flight was heard."""
    if not len(first_us):
        return 0
    order = np.argsort(first_us)
    first, last = first_us[order], np.maximum.accumulate(last_us[order])
    holes = first[1:] - last[:-1]
    return int(last[-1] - first[0] - holes[holes > 0].sum())


@dataclass(frozen=True)
class Change:
    """What one law in place of another would change."""

    before: Effect
    after: Effect

    @staticmethod
    def _keys(effect: Effect) -> dict[tuple[str, int], Hit]:
        return {(hit.target_id, hit.first_us): hit for hit in effect.hits}

    @property
    def newly(self) -> tuple[Hit, ...]:
        """Flights inside after, and not before."""
        before = self._keys(self.before)
        return tuple(hit for key, hit in self._keys(self.after).items() if key not in before)

    @property
    def no_longer(self) -> tuple[Hit, ...]:
        """Flights inside before, and not after."""
        after = self._keys(self.after)
        return tuple(hit for key, hit in self._keys(self.before).items() if key not in after)

    @property
    def both(self) -> tuple[Hit, ...]:
        """Flights inside before and after, as they are after."""
        before = self._keys(self.before)
        return tuple(hit for key, hit in self._keys(self.after).items() if key in before)
