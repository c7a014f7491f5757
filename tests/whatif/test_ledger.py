"""Ranges hold every combination of inputs, go one way in each, and do not change when parties swap."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nofly.errors import InputError
from nofly.whatif import patrol, sharing
from nofly.whatif.enforcement import ACTS, Answer, Consent, Level, Place, required
from nofly.whatif.ledger import Ledger, Party, weigh
from nofly.whatif.precedents import PRECEDENTS, sorties_by_area
from nofly.whatif.ranges import Input, Quantity, Range, spread, tornado
from nofly.whatif.refused import SCORE_WORDS, WEAPON_WORDS, refused_keys, why_refused
from nofly.whatif.sharing import Presence, shared_hours, together

HOUR_US = 3_600_000_000


def ranges(least_value: float, most_value: float) -> st.SearchStrategy[Range]:
    ends = st.floats(least_value, most_value)
    return st.tuples(ends, ends, ends).map(lambda three: Range(*sorted(three)))


PATROL = st.fixed_dictionaries(
    {
        "area_km2": ranges(1.0, 2e6), "area_per_station_km2": ranges(100.0, 1e5),
        "aircraft_per_station": ranges(1.0, 8.0), "cycle_h": ranges(1.0, 24.0),
        "on_station_h": ranges(0.2, 12.0), "readiness": ranges(0.1, 1.0), "hours_a_day": ranges(0.0, 24.0),
    }
)  # fmt: skip
SHARING = st.fixed_dictionaries(
    {
        "hours:A": ranges(0.0, 24.0), "hours:B": ranges(0.0, 24.0), "aircraft:A": ranges(0.0, 50.0),
        "aircraft:B": ranges(0.0, 50.0), "coincidence": ranges(-1.0, 1.0),
    }
)  # fmt: skip


def quantities(inputs: dict[str, Range]) -> tuple[Quantity, ...]:
    if "readiness" in inputs:
        return patrol.quantities(inputs)[0]
    return sharing.quantities("A", "B")


@given(st.one_of(PATROL, SHARING), st.data())
def test_a_range_holds_every_combination_of_inputs_and_reaches_both_ends(
    inputs: dict[str, Range], data: st.DataObject
) -> None:
    for quantity in quantities(inputs):
        found = spread(quantity, inputs)
        corners = [
            quantity.formula(dict(zip(quantity.ways, ends, strict=True)))
            for ends in itertools.product(
                *((inputs[n].low_value, inputs[n].high_value) for n in quantity.ways)
            )
        ]
        assert found.low_value == pytest.approx(min(corners), abs=1e-9)
        assert found.high_value == pytest.approx(max(corners), abs=1e-9)
        inside = {n: data.draw(st.floats(inputs[n].low_value, inputs[n].high_value)) for n in quantity.ways}
        between = quantity.formula(inside)
        assert found.low_value * (1 - 1e-12) - 1e-9 <= between <= found.high_value * (1 + 1e-12) + 1e-9


@given(st.one_of(PATROL, SHARING), st.data())
def test_a_quantity_goes_one_way_in_each_input(inputs: dict[str, Range], data: st.DataObject) -> None:
    for quantity in quantities(inputs):
        values = {n: inputs[n].likely_value for n in quantity.ways}
        name = data.draw(st.sampled_from(sorted(quantity.ways)))
        less = quantity.formula({**values, name: inputs[name].low_value})
        more = quantity.formula({**values, name: inputs[name].high_value})
        slack = 1e-9 * max(1.0, abs(less), abs(more))
        assert (more - less) * quantity.ways[name] >= -slack


@given(st.one_of(PATROL, SHARING))
def test_a_tornado_moves_one_input_at_a_time_the_widest_first(inputs: dict[str, Range]) -> None:
    for quantity in quantities(inputs):
        bars = tornado(quantity, inputs)
        swings = [bar.swing_value for bar in bars]
        assert swings == sorted(swings, reverse=True)
        assert {bar.input for bar in bars} == {n for n in quantity.ways if not inputs[n].exact}
        found = spread(quantity, inputs)
        for bar in bars:
            for value in (bar.at_low_value, bar.likely_value, bar.at_high_value):
                assert found.low_value - 1e-9 <= value <= found.high_value * (1 + 1e-12) + 1e-9


@given(SHARING)
def test_to_swap_the_parties_swaps_nothing_else(inputs: dict[str, Range]) -> None:
    parties = [
        Party(
            name, (), Input(f"hours:{name}", "", "h", inputs[f"hours:{name}"]),
            Input(f"aircraft:{name}", "", "", inputs[f"aircraft:{name}"]),
        )
        for name in "AB"
    ]  # fmt: skip
    one = weigh(Ledger("t", parties=tuple(parties)))
    other = weigh(Ledger("t", parties=tuple(parties[::-1])))
    assert [r.range for r in one.shared] == [r.range for r in other.shared]
    assert [r.bars for r in one.shared] == [r.bars for r in other.shared]
    assert [r.quantity.name for r in one.shared] == ["shared:A:B", "pairs:A:B"]
    assert [r.quantity.name for r in other.shared] == ["shared:B:A", "pairs:B:A"]


@given(st.floats(0.0, 24.0), st.floats(0.0, 24.0), st.floats(-1.0, 1.0))
def test_shared_hours_lie_between_what_the_hours_allow(one_h: float, other_h: float, scale: float) -> None:
    least, most = max(0.0, one_h + other_h - 24.0), min(one_h, other_h)
    assert shared_hours(one_h, other_h, -1.0) == least
    assert shared_hours(one_h, other_h, 1.0) == most
    assert shared_hours(one_h, other_h, 0.0) == one_h * other_h / 24.0
    assert least - 1e-9 <= shared_hours(one_h, other_h, scale) <= most + 1e-9


PRESENCES = st.lists(
    st.tuples(
        st.sampled_from("AB"), st.integers(0, 40), st.integers(1, 30), st.sampled_from("uvw"),
        st.sampled_from(((True, True), (False, True), (False, False))),
    ).map(
        lambda p: Presence(p[0], p[1] * HOUR_US // 4, (p[1] + p[2]) * HOUR_US // 4, p[0] + p[3], *p[4])
    ),
    max_size=12,
)  # fmt: skip


def counted(presences: list[Presence], one: str, other: str) -> tuple[float, float]:
    """A naive count: quarter by quarter of an hour, who is inside."""
    shared = pairs = 0
    for quarter in range(80):
        at_us = quarter * HOUR_US // 4
        ones, others = (
            len({p.target_id for p in presences if p.party == name and p.entry_us <= at_us < p.exit_us})
            for name in (one, other)
        )
        shared += bool(ones and others)
        pairs += ones * others
    return shared / 4, pairs / 4


@given(PRESENCES)
def test_recorded_hours_are_those_of_a_naive_count(presences: list[Presence]) -> None:
    found = together(presences, "A", "B")
    chosen = (
        [p for p in presences if p.surely], [p for p in presences if p.likely], presences
    )  # fmt: skip
    naive = [counted(some, "A", "B") for some in chosen]
    assert found.shared_h.ends == pytest.approx(tuple(shared for shared, _ in naive))
    assert found.pair_h.ends == pytest.approx(tuple(pairs for _, pairs in naive))
    assert sum(found.by_hour_h) == pytest.approx(naive[1][0])
    swapped = together(presences, "B", "A")
    assert (swapped.shared_h, swapped.pair_h, swapped.by_hour_h) == (
        found.shared_h, found.pair_h, found.by_hour_h,
    )  # fmt: skip


def test_the_estimate_of_csis_comes_out() -> None:
    """24 ready at three bases, half of all ready: 48."""
    values = {"stations": 3, "aircraft_per_station": 8, "cycle_h": 1, "on_station_h": 1, "readiness": 0.5}
    given_ranges = {name: Range.exactly(float(value)) for name, value in values.items()}
    found = {q.name: spread(q, given_ranges).ends for q in patrol.quantities(given_ranges)[0]}
    assert found["aircraft_ready"] == (24.0, 24.0, 24.0)
    assert found["aircraft_needed"] == (48.0, 48.0, 48.0)
    assert next(p for p in PRECEDENTS if p.id == "csis-2025").count == 48


def test_the_rates_of_the_past_are_those_of_their_sources() -> None:
    rates = {p.id: p for p in PRECEDENTS}
    assert rates["deny-flight"].count == 100_420
    assert rates["deny-flight"].days == 983
    assert rates["deny-flight"].a_day_count == pytest.approx(102, abs=0.5)
    assert rates["deny-flight-patrols"].a_day_count == pytest.approx(23, abs=0.5)
    assert rates["deny-flight"].a_day_on_1000_km2_count == pytest.approx(2.0, abs=0.01)
    assert rates["deny-flight-patrols"].a_day_on_1000_km2_count == pytest.approx(0.46, abs=0.005)
    assert rates["unified-protector"].a_day_count == pytest.approx(123, abs=0.5)
    assert rates["unified-protector"].a_day_on_1000_km2_count == pytest.approx(0.07, abs=0.001)
    assert rates["nato-scrambles-2022"].count == 570
    assert all(p.source and p.when and p.counted for p in PRECEDENTS)


@given(ranges(1.0, 2e6))
def test_what_follows_from_area_alone_spans_a_factor_of_five(area: Range) -> None:
    found = sorties_by_area(area)
    assert found.high_value >= 5.0 * found.low_value * (1 - 1e-12)
    one = Input("area_per_station_km2", "", "km²", area)
    used, said = patrol.widened({"area_per_station_km2": one})
    wide = used["area_per_station_km2"].range
    assert wide.high_value >= 5.0 * wide.low_value * (1 - 1e-12)
    assert wide.low_value <= area.low_value
    assert wide.high_value >= area.high_value
    assert bool(said) == (wide != area)
    stations = Input("stations", "", "", Range.exactly(3.0))
    assert patrol.widened({"stations": stations}) == ({"stations": stations}, ())


def test_stations_are_rounded_up() -> None:
    exact = {"area_km2": Range.exactly(603_001.0), "area_per_station_km2": Range(1e5, 2e5, 6e5)}
    (stations,) = (q for q in patrol.quantities(exact)[0] if q.name == "stations")
    assert spread(stations, exact).ends == (2.0, math.ceil(3.01), 7.0)


def test_a_level_requires_the_acts_before_it_and_the_consent_of_every_territory() -> None:
    places = dict.fromkeys(Level, Place(("X",), ("U",), ("P", "R"), ("Council",)))
    said = (Consent("U", Answer.YES), Consent("P", Answer.NO), Consent("R", Answer.YES, acts=(Level.WARN,)))
    assert required(Level.OBSERVE, places, said) == ()
    for k, level in enumerate(ACTS, 1):
        acts = required(level, places, said)
        assert [act.act for act in acts] == list(ACTS)[:k]
        for act in acts:
            assert [one.party for one in act.needed] == ["Council", "X", "U", "P", "R"]
            answers = {one.party: one.answer for one in act.needed}
            assert answers["U"] is Answer.YES
            assert answers["P"] is Answer.NO
            assert answers["X"] is Answer.NOT_SAID
            assert answers["R"] is (Answer.YES if act.act is Level.WARN else Answer.NOT_SAID)
            assert {one.party for one in act.lacking} == {k for k, v in answers.items() if v != "yes"}


def test_no_range_is_turned_round() -> None:
    with pytest.raises(InputError, match="no range"):
        Range(3.0, 2.0, 4.0)
    with pytest.raises(InputError, match="finite"):
        Range(0.0, 1.0, math.inf)


@pytest.mark.parametrize("word", [*WEAPON_WORDS, *SCORE_WORDS])
def test_a_refused_word_is_refused_however_it_stands_in_a_key(word: str) -> None:
    for key in (word, word.upper(), f"{word}_range_km", f"number-of-{word}", f"x.{word}"):
        assert why_refused(key)
        assert list(refused_keys({"patrol": [{"a": {key: 1}}]}))


@pytest.mark.parametrize(
    "key",
    ["stations", "aircraft_per_station", "area_km2", "readiness", "notes", "wildfire", "same", "escort"],
)
def test_ordinary_words_are_not_refused(key: str) -> None:
    assert not why_refused(key)


def test_what_is_not_worked_out_is_said() -> None:
    inputs = {"stations": Input("stations", "", "", Range.exactly(2.0))}
    weighed = weigh(replace(Ledger("t"), patrol=inputs))
    assert [r.quantity.name for r in weighed.patrol] == ["stations"]
    assert any("aircraft needed; not given: aircraft_per_station" in note for note in weighed.notes)
