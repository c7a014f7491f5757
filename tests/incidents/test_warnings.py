from __future__ import annotations

from itertools import pairwise
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nofly.errors import InputError, StoreError
from nofly.incidents.inhibition import Inhibition
from nofly.incidents.record import Cause
from nofly.incidents.states import Event
from nofly.incidents.warnings import Looks, PredictionParams, Warned, Warnings, eligible
from nofly.kernel.detect import Why
from nofly.kernel.predict import Entries

NOW_US = 1_780_000_000_000_000
FAR, NEAR, NOW, NONE = 100.0, 20.0, 0.0, None
Seen = float | None
SPACED = [False, False, True]


def given_looks(rows: list[tuple[int, float, dict[int, float]]]) -> tuple[Looks, Entries]:
    """Return looks, each of a target at a time (s), with zone → seconds to its entry; below 0 is inside."""
    n = len(rows)
    time_us = np.array([NOW_US + round(1e6 * at_s) for _, at_s, _ in rows], np.int64)
    place = np.zeros(n)
    looks = Looks(np.array([target for target, _, _ in rows], np.int64), time_us, place, place)
    flat = [(k, zone, left_s) for k, row in enumerate(rows) for zone, left_s in sorted(row[2].items())]
    flight = np.array([k for k, _, _ in flat], np.int64)
    left_s = np.array([left for _, _, left in flat])
    m = len(flat)
    entry_us = (time_us[flight] + 1e6 * np.maximum(left_s, 0.0)).astype(np.int64)
    return looks, Entries(
        flight, np.array([zone for _, zone, _ in flat], np.int64), entry_us, np.zeros(m), np.ones(m),
        np.full(m, np.nan), np.full(m, -1), left_s < 0.0, np.ones(m, np.bool_), np.full(m, int(Why.LATERAL)),
    )  # fmt: skip


def run(
    seen: list[Seen], params: PredictionParams | None = None, step_s: float = 1.0
) -> list[tuple[str, float]]:
    """Return (event, s) of one flight and zone at looks ``step_s`` apart."""
    warnings = Warnings(params or PredictionParams(), [None], SPACED)
    rows = [(0, step_s * k, {} if left is None else {0: left}) for k, left in enumerate(seen)]
    return [(one.event.value, (one.time_us - NOW_US) / 1e6) for one in warnings.step(*given_looks(rows))]


def test_two_hits_of_three_give_a_warning_and_one_does_not() -> None:
    assert run([FAR, NONE, NONE, FAR, NONE, NONE]) == []
    assert run([FAR, NONE, FAR]) == [("predict", 2.0)]


def test_a_near_entry_is_told_at_once() -> None:
    assert run([NEAR]) == [("predict", 0.0)]


def test_a_warning_is_dropped_after_three_misses_and_not_before() -> None:
    assert run([FAR, FAR, NONE, NONE, FAR, NONE, NONE, NONE]) == [("predict", 1.0), ("unpredict", 7.0)]


def test_flapping_looks_give_one_warning() -> None:
    assert run([FAR, NONE] * 50) == [("predict", 2.0)]
    assert run([NEAR, NONE, NONE] * 50) == [("predict", 0.0)]


def test_at_the_edge_of_the_look_ahead_it_holds_over_the_margin() -> None:
    assert run([121.0, 121.0]) == []
    assert run([119.0, 119.0, *[121.0, 134.0] * 20]) == [("predict", 1.0)]
    assert run([119.0, 119.0, *[136.0] * 4]) == [("predict", 1.0), ("unpredict", 4.0)]


def test_entering_ends_a_warning_without_a_word_and_leaving_may_begin_another() -> None:
    assert run([NEAR, -1.0, -1.0, NONE, NEAR]) == [("predict", 0.0), ("predict", 4.0)]


def test_who_was_inside_is_not_warned_of_for_leaving_slowly() -> None:
    warnings = Warnings(PredictionParams(), [None] * 3, SPACED)
    rows = [(0, float(k), {2: left}) for k, left in enumerate([-1.0, -1.0, NOW, NOW])]
    rows += [(0, 4.0, {}), (0, 5.0, {2: NOW})]
    (one,) = warnings.step(*given_looks(rows))
    assert (one.time_us - NOW_US, one.reason) == (5_000_000, "closer than the required spacing")


def test_a_flight_not_looked_at_any_more_is_dropped_when_it_became_stale() -> None:
    params = PredictionParams(stale_s=30.0)
    assert run([NEAR, NEAR, NEAR], params, 31.0) == [
        ("predict", 0.0), ("unpredict", 30.0), ("predict", 31.0), ("unpredict", 61.0), ("predict", 62.0),
    ]  # fmt: skip
    warnings = Warnings(params, [None], SPACED)
    warnings.step(*given_looks([(3, 0.0, {0: NEAR})]))
    assert warnings.lapse(NOW_US + 30_000_000) == []
    (dropped,) = warnings.lapse(NOW_US + 30_000_001)
    assert (dropped.target, dropped.event, dropped.time_us) == (3, Event.UNPREDICT, NOW_US + 30_000_000)
    assert dropped.cause is Cause.DATA_LOST
    assert warnings.lapse(NOW_US + 10**9) == []


def test_each_zone_has_its_own_look_ahead() -> None:
    warnings = Warnings(PredictionParams(hits=1), [None, 300.0, 40.0], SPACED)
    assert warnings.ahead_s == 315.0
    told = warnings.step(*given_looks([(0, 0.0, {0: 200.0, 1: 200.0, 2: 39.0})]))
    assert [one.zone for one in told] == [1, 2]


LOOKS = st.lists(
    st.tuples(
        st.integers(0, 3), st.floats(0.1, 20.0),
        st.dictionaries(st.integers(0, 2), st.sampled_from([FAR, NEAR, 125.0, 300.0, -1.0])),
    ),
    max_size=40,
)  # fmt: skip


@given(LOOKS, st.lists(st.integers(0, 40)))
def test_however_looks_are_cut_the_warnings_are_the_same(
    looks: list[tuple[int, float, dict[int, float]]], cuts: list[int]
) -> None:
    clock = np.cumsum([step for _, step, _ in looks])
    rows = [(target, float(at), zones) for (target, _, zones), at in zip(looks, clock, strict=True)]
    whole = Warnings(PredictionParams(), [None, 60.0, 200.0], SPACED)
    expected = whole.step(*given_looks(rows))
    cut = Warnings(PredictionParams(), [None, 60.0, 200.0], SPACED)
    found: list[Warned] = []
    edges = sorted({0, len(rows), *(min(c, len(rows)) for c in cuts)})
    for a, b in pairwise(edges):
        found += cut.step(*given_looks(rows[a:b]))
        kept = cut.save()
        cut = Warnings(PredictionParams(), [None, 60.0, 200.0], SPACED)
        cut.load(kept)
    key = msgspec.json.encode
    assert sorted(map(key, found)) == sorted(map(key, expected))
    assert cut.save() == whole.save()


@given(LOOKS)
def test_given_and_dropped_alternate_but_for_an_entry_between(
    looks: list[tuple[int, float, dict[int, float]]],
) -> None:
    clock = np.cumsum([step for _, step, _ in looks])
    rows = [(target, float(at), zones) for (target, _, zones), at in zip(looks, clock, strict=True)]
    last: dict[tuple[int, int], Warned] = {}
    for one in Warnings(PredictionParams(), [None] * 3, SPACED).step(*given_looks(rows)):
        before = last.get((one.target, one.zone))
        if one.event is Event.UNPREDICT:
            assert before is not None
            assert before.event is Event.PREDICT
        elif before is not None and before.event is Event.PREDICT:
            between = [
                zones.get(one.zone) for target, at_s, zones in rows
                if target == one.target and before.time_us < NOW_US + 1e6 * at_s < one.time_us
            ]  # fmt: skip
            assert -1.0 in between
        last[one.target, one.zone] = one


def test_an_inhibited_warning_is_given_as_such_and_again_when_it_is_no_longer() -> None:
    by = Inhibition("tower", "air display", zone="Z")
    warnings = Warnings(PredictionParams(), [None], SPACED)
    looks, entries = given_looks([(0, float(k), {0: NEAR}) for k in range(6)])
    told = warnings.step(looks, entries, lambda t, z, at_us, lat, lon: by if at_us < NOW_US + 3e6 else None)
    assert [(one.inhibited, (one.time_us - NOW_US) / 1e6) for one in told] == [(by, 0.0), (None, 3.0)]
    assert told[1].reason == "no longer inhibited"


def test_who_is_looked_at() -> None:
    suspect = np.array([False, True, False, False, False, False])
    ground = np.array([False, False, True, False, False, False])
    gs_mps = np.array([100.0, 100.0, 3.0, np.nan, 100.0, 5000.0])
    track_deg = np.array([10.0, 10.0, np.nan, 10.0, np.nan, 10.0])
    looked, predicted = eligible(PredictionParams(), suspect, ground, gs_mps, track_deg)
    assert looked.tolist() == [True, False, True, False, False, False]
    assert predicted.tolist() == [True, False, False, False, False, False]


@pytest.mark.parametrize(
    "wrong", [{"hits": 4}, {"misses": 0}, {"of": 99, "hits": 1}, {"look_ahead_s": 0.0}, {"stale_s": np.inf},
              {"cycle_s": float("nan")}],
    ids=str,
)  # fmt: skip
def test_numbers_that_do_not_fit_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        PredictionParams(**wrong)


@pytest.mark.parametrize("data", [b"", b"\x93", b"\x91\x93\x01\x02\x03"], ids=["empty", "short", "wrong"])
def test_a_saved_state_that_is_none_is_refused(data: bytes) -> None:
    with pytest.raises(StoreError):
        Warnings(PredictionParams(), [None], SPACED).load(data)
