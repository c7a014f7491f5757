"""Hours in which aircraft of two parties would share the airspace.

Of given hours a day, or counted from stays in recorded traffic. Nobody knows how two parties' hours fall
together: between as little as the hours allow and as much, with chance in the middle.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from nofly.units import US_PER_S
from nofly.whatif.ranges import Quantity, Range, Values
from nofly.zones.sentence import say

DAY_H = 24.0
US_PER_H = 3600 * US_PER_S
COINCIDENCE = Range(-1.0, 0.0, 1.0)
"""-1: the hours of both fall together as little as they can; 0: by chance; 1: as much as they can."""


def shared_hours(one_h: float, other_h: float, coincidence_scale: float) -> float:
    """Return the hours a day in which both are there, of those of each and of how they fall together:
    :data:`COINCIDENCE`."""
    least = max(0.0, one_h + other_h - DAY_H)
    chance = one_h * other_h / DAY_H
    end_h = least if coincidence_scale <= 0.0 else min(one_h, other_h)
    share = abs(coincidence_scale)
    return chance * (1.0 - share) + end_h * share


def quantities(one: str, other: str) -> tuple[Quantity, Quantity]:
    """Return the hours shared a day and the pair-hours, of the inputs ``hours:NAME`` and ``aircraft:NAME`` of
    both parties, and ``coincidence``."""
    hours, aircraft = _names("hours", one, other), _names("aircraft", one, other)
    ways = {**dict.fromkeys(hours, 1), "coincidence": 1}

    def shared(values: Values) -> float:
        return shared_hours(values[hours[0]], values[hours[1]], values["coincidence"])

    def pairs(values: Values) -> float:
        return shared(values) * (values[aircraft[0]] * values[aircraft[1]])

    return (
        Quantity(
            f"shared:{one}:{other}",
            say("hours a day that aircraft of {one} and {other} share the zone", one=one, other=other),
            "h a day",
            shared,
            ways,
            say("between hours + hours − 24 (no less than 0) and the smaller of both"),
        ),
        Quantity(
            f"pairs:{one}:{other}",
            say("pair-hours a day of {one} and {other}", one=one, other=other),
            "h a day",
            pairs,
            {**ways, **dict.fromkeys(aircraft, 1)},
            say("hours shared × aircraft of one at once × aircraft of the other at once"),
        ),
    )


def _names(what: str, one: str, other: str) -> tuple[str, str]:
    # In one order whichever party is named first, so that the numbers are the same to the last bit.
    first, second = sorted((one, other))
    return f"{what}:{first}", f"{what}:{second}"


@dataclass(frozen=True, slots=True)
class Presence:
    """One stay of an aircraft of a party in the zone. Times are UTC microseconds."""

    party: str
    entry_us: int
    exit_us: int
    target_id: str
    surely: bool
    """Whether it surely is of the party and surely was inside."""
    likely: bool
    """Whether the best estimate says both."""


@dataclass(frozen=True, slots=True)
class Together:
    """What recorded traffic shows of two parties."""

    one: str
    other: str
    shared_h: Range
    """Hours in which aircraft of both were inside, in the time recorded."""
    pair_h: Range
    """Hours, each counted once for every pair of aircraft."""
    by_hour_h: tuple[float, ...]
    """Of the likely hours, those that fall into each hour of the day, UTC."""


def together(presences: Iterable[Presence], one: str, other: str) -> Together:
    """Return what two parties shared: low counts what is sure, high also what cannot be told."""
    stays = [p for p in presences if p.party in (one, other)]
    chosen = (
        [p for p in stays if p.surely],
        [p for p in stays if p.likely],
        stays,
    )
    found = [_overlaps(some, one, other) for some in chosen]
    by_hour_h = [0.0] * 24
    for from_us, until_us, ones, others in found[1]:
        if ones and others:
            _spread_over_hours(from_us, until_us, by_hour_h)
    return Together(
        one,
        other,
        Range(*(_hours((u - f) for f, u, a, b in spans if a and b) for spans in found)),
        Range(*(_hours((u - f) * a * b for f, u, a, b in spans) for spans in found)),
        tuple(by_hour_h),
    )


def _overlaps(stays: Sequence[Presence], one: str, other: str) -> list[tuple[int, int, int, int]]:
    """Return the spans between two changes, with how many aircraft of each party are inside. An aircraft that
    is in two zones at once, or of both parties, counts once for each party."""
    changes = sorted(
        [(p.entry_us, 1, p.party, p.target_id) for p in stays]
        + [(p.exit_us, -1, p.party, p.target_id) for p in stays]
    )
    inside: dict[str, dict[str, int]] = {one: {}, other: {}}
    spans = []
    for k, (time_us, step, party, target) in enumerate(changes):
        held = inside[party]
        held[target] = held.get(target, 0) + step
        if not held[target]:
            del held[target]
        following_us = changes[k + 1][0] if k + 1 < len(changes) else time_us
        if following_us > time_us:
            spans.append((time_us, following_us, len(inside[one]), len(inside[other])))
    return spans


def _hours(lengths_us: Iterable[int]) -> float:
    return sum(lengths_us) / US_PER_H


def _spread_over_hours(from_us: int, until_us: int, by_hour_h: list[float]) -> None:
    while from_us < until_us:
        hour = from_us // US_PER_H
        end_us = min(until_us, (hour + 1) * US_PER_H)
        by_hour_h[hour % 24] += (end_us - from_us) / US_PER_H
        from_us = end_us
