"""Counts by hour and by name, distributions, and what is said of hours in which nothing was heard."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from nofly.whatif.effect import (
    HOUR_US,
    Change,
    Effect,
    Hit,
    Inside,
    Outcome,
    covered_us,
    heard_by_hour,
    spread,
)

MINUTE_US = 60_000_000


def hit(name: str, *inside: Inside, **more: Any) -> Hit:
    values: dict[str, Any] = {
        "target_id": name, "icao24": None, "callsign": None, "operator": "AFR", "state": "FRA", "type": None,
        "origin": None, "destination": None, "first_us": 0, "last_us": 9 * HOUR_US, "inside": inside,
    }  # fmt: skip
    return Hit(**{**values, **more})


def inside(from_min: float, until_min: float, **more: Any) -> Inside:
    values: dict[str, Any] = {"zone_id": "Z", "length_m": 1000.0, "outcome": Outcome.INFRINGEMENT}
    return Inside(
        from_us=int(from_min * MINUTE_US), until_us=int(until_min * MINUTE_US), **{**values, **more}
    )


def effect(*hits: Hit, heard: dict[int, int] | None = None) -> Effect:
    return Effect(("Z",), hits, 0, 1000, 50, 10.0, (0, 3 * HOUR_US - 1), 2 * HOUR_US, heard or {0: 9, 2: 4})


def test_a_stay_over_the_hour_counts_in_both_with_its_part_of_the_time() -> None:
    found = effect(hit("a", inside(50, 70)), hit("b", inside(10, 20)))
    assert [hour.inside for hour in found.hours] == [2, 1, 0]
    assert [hour.inside_s for hour in found.hours] == [1200.0, 600.0, 0.0]
    assert [hour.heard for hour in found.hours] == [9, 0, 4]


def test_a_stay_that_ends_at_the_full_hour_is_not_in_the_next() -> None:
    assert list(hit("a", inside(50, 60)).hours) == [0]
    assert list(hit("a", inside(60, 60)).hours) == [1], "a stay of no length is in the hour of its instant"


def test_two_zones_at_once_are_one_time_inside() -> None:
    both = hit("a", inside(0, 10), inside(5, 12, zone_id="Y", length_m=3000.0), inside(30, 31))
    assert both.inside_s == 13 * 60.0
    assert both.inside_m == 4000.0
    assert both.spans_us == [(0, 12 * MINUTE_US), (30 * MINUTE_US, 31 * MINUTE_US)]


def test_the_gravest_stay_speaks_for_the_flight() -> None:
    stays = [inside(k, k + 0.5, outcome=outcome) for k, outcome in enumerate(reversed(Outcome))]
    assert hit("a", *stays).outcome is Outcome.INFRINGEMENT
    assert hit("a", *stays[:3]).outcome is Outcome.UNDETERMINED
    assert hit("a", *stays[:2]).outcome is Outcome.EXEMPT


def test_shares_name_what_is_not_known_last_and_count_both_airports() -> None:
    found = effect(
        hit("a", inside(0, 10), operator=None, origin="LSZH", destination="LSZH"),
        hit("b", inside(0, 20), origin="LSZH"),
        hit("c", inside(0, 30), operator="BAW", destination="EGLL"),
        hit("d", inside(0, 40), operator=None),
    )
    assert [(s.name, s.flights) for s in found.operators()] == [("AFR", 1), ("BAW", 1), (None, 2)]
    assert [(s.name, s.flights) for s in found.airports()] == [("LSZH", 2), ("EGLL", 1), (None, 3)]
    assert [s.name for s in found.pairs()] == ["LSZH-LSZH"]
    assert found.operators()[0].hours == {0: 1}


def test_a_day_is_extrapolated_from_the_hours_covered() -> None:
    assert effect(hit("a", inside(0, 10))).a_day(1) == 12.0


def test_nothing_is_extrapolated_from_less_than_an_hour() -> None:
    assert dataclasses.replace(effect(), covered_us=HOUR_US - 1).a_day(1) is None


def test_who_cannot_be_told_is_counted_apart() -> None:
    found = effect(hit("a", inside(0, 10)), hit("b", inside(0, 50, outcome=Outcome.UNDETERMINED)))
    assert [h.target_id for h in found.inside] == ["a"]
    assert (found.hours[0].inside, found.hours[0].outcomes[Outcome.UNDETERMINED]) == (1, 1)
    assert found.hours[0].inside_s == found.inside_s().total_value == 600.0
    [share] = found.operators()
    assert (share.flights, share.untold, share.infringements, share.inside_s) == (1, 1, 1, 600.0)


def test_quantiles_are_values_that_there_are() -> None:
    found = spread([3.0, 1.0, 2.0, 10.0])
    assert found.quantiles == (1.0, 1.0, 1.0, 2.0, 3.0, 10.0, 10.0)
    assert (found.mean_value, found.total_value, found.count) == (4.0, 16.0, 4)
    assert spread([]).count == 0


def test_hours_heard_and_time_covered() -> None:
    first, last = (np.array(m, np.int64) * MINUTE_US for m in ([0, 50, 200], [30, 130, 210]))
    assert heard_by_hour(first, last) == {0: 2, 1: 1, 2: 1, 3: 1}
    assert covered_us(first, last) == (30 + 80 + 10) * MINUTE_US
    nobody = np.zeros(0, np.int64)
    assert heard_by_hour(nobody, nobody) == {}
    assert covered_us(nobody, nobody) == 0


def test_a_change_tells_who_is_hit_anew_and_who_no_longer() -> None:
    change = Change(
        effect(hit("a", inside(0, 1)), hit("b", inside(0, 1))),
        effect(hit("b", inside(0, 2)), hit("c", inside(0, 1))),
    )
    assert [h.target_id for h in change.newly] == ["c"]
    assert [h.target_id for h in change.no_longer] == ["a"]
    assert [(h.target_id, h.inside_s) for h in change.both] == [("b", pytest.approx(120.0))]
