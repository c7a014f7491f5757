"""Which zones stand in the way: by level, time, restriction and permission; what cannot be told counts."""

from __future__ import annotations

import dataclasses

import pytest

from nofly.units import US_PER_S, length_m
from nofly.whatif.standing import standing
from nofly.zones.limits import parse_limit
from nofly.zones.model import Restriction, Zone
from nofly.zones.predicates import Subject
from nofly.zones.rules import Exemption, Predicate, PredicateKind, Rule
from nofly.zones.schedule import ClockTime, Period, Schedule, Window
from tests.whatif.areas import box

NOON_US = 1_646_395_200 * US_PER_S
"""2022-03-04T12:00:00Z."""


def limited(lower: str, upper: str, **more: object) -> Zone:
    zone = box("Z", 47.0, 8.0, 48.0, 9.0)
    volume = dataclasses.replace(zone.volumes[0], lower=parse_limit(lower), upper=parse_limit(upper))
    return dataclasses.replace(zone, volumes=(volume,), **more)  # type: ignore[arg-type]


def counts(zone: Zone, level: str = "350", **how: object) -> bool:
    found = standing([zone], length_m(float(level), "FL"), **how)  # type: ignore[arg-type]
    assert len(found.zones) + len(found.left_out) == 1
    return bool(found.zones)


@pytest.mark.parametrize(
    ("lower", "upper", "level", "stands"),
    [
        ("GND", "UNL", "350", True),
        ("GND", "FL195", "350", False),
        ("GND", "FL350", "350", True),
        ("FL350", "UNL", "350", True),
        ("FL360", "UNL", "350", False),
        ("GND", "10000 FT AMSL", "350", False),
        # Without a QNH an altitude near the level cannot be told: it counts.
        ("GND", "34500 FT AMSL", "350", True),
        ("GND", "35500 FT AMSL", "350", True),
        ("35500 FT AMSL", "UNL", "350", True),
        ("GND", "2500 FT AGL", "350", False),
        ("GND", "2500 FT AGL", "100", True),
    ],
)
def test_a_zone_counts_where_the_level_may_be_between_its_limits(
    lower: str, upper: str, level: str, stands: bool
) -> None:
    assert counts(limited(lower, upper), level) is stands


def test_only_the_volumes_that_reach_the_level_are_gone_round() -> None:
    low, high = limited("GND", "FL100"), limited("FL300", "UNL")
    zone = dataclasses.replace(low, volumes=(*low.volumes, *high.volumes))
    (found,) = standing([zone], 10_668.0).zones
    assert found.volumes == high.volumes


def test_a_zone_counts_while_it_is_active_or_may_be() -> None:
    day = Schedule((Window(None, None, (Period(ClockTime(8 * 3600), ClockTime(18 * 3600)),)),), "UTC")
    zone = limited("GND", "UNL", schedule=day)
    assert counts(zone, at_us=NOON_US)
    assert not counts(zone, at_us=NOON_US + 8 * 3600 * US_PER_S)
    assert counts(zone)
    maybe = Schedule((Window(None, None, (), certain=False),), "UTC")
    assert counts(limited("GND", "UNL", schedule=maybe), at_us=NOON_US)
    assert not counts(limited("GND", "UNL", valid_to_us=NOON_US), at_us=NOON_US)


def test_what_restricts_nothing_or_must_not_be_left_is_told_of() -> None:
    free = limited("GND", "UNL", restriction=Restriction.NO_RESTRICTION)
    keep = limited("GND", "UNL", restriction=Restriction.KEEP_IN)
    assert [one.why for one in standing([free, keep], 10_668.0).left_out] == [
        "restricts nothing", "must not be left: there is no way round it",
    ]  # fmt: skip
    for restriction in (Restriction.REQ_AUTHORISATION, Restriction.CONDITIONAL):
        assert counts(limited("GND", "UNL", restriction=restriction))


def test_a_zone_that_exempts_the_aircraft_does_not_count() -> None:
    party = Predicate(PredicateKind.PARTY, ("Ukraine",))
    zone = limited("GND", "UNL", rule=Rule(exempt=(Exemption((party,), "state aircraft"),)))
    ours = Subject("x", callsign="UAF1", parties=frozenset({"Ukraine"}))
    other = Subject("x", callsign="DLH1", parties=frozenset({"Germany"}))
    assert not counts(zone, who=ours)
    assert counts(zone, who=other)
    assert counts(zone)
    assert standing([zone], 10_668.0, who=ours).left_out[0].why == "exempt: Exempt: state aircraft."


def test_a_permission_with_limits_in_time_holds_only_at_an_instant() -> None:
    who = Predicate(PredicateKind.CALLSIGN, ("UAF*",))
    until = Exemption((who,), "relief", start_us=NOON_US - 1, end_us=NOON_US + 1)
    zone = limited("GND", "UNL", rule=Rule(exempt=(until,)))
    ours = Subject("x", callsign="UAF1")
    assert not counts(zone, who=ours, at_us=NOON_US)
    assert counts(zone, who=ours, at_us=NOON_US + 3600 * US_PER_S)
    assert counts(zone, who=ours)
