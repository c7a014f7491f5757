from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nofly.kernel.turning import Turns

S = 1_000_000


def rates(times_s: list[float], tracks_deg: list[float]) -> list[float]:
    n = len(times_s)
    time_us = np.array([1_780_000_000 * S + round(t * S) for t in times_s])
    found: list[float] = Turns().step(np.zeros(n, np.int64), time_us, np.array(tracks_deg)).tolist()
    return found


def test_three_tracks_make_a_rate() -> None:
    found = rates([0.0, 1.0, 2.0, 3.0], [350.0, 353.0, 356.0, 359.0])
    assert np.isnan(found[:2]).all()
    assert found[2:] == pytest.approx([3.0, 3.0])


def test_through_north_to_the_left_at_ten_seconds() -> None:
    assert rates([0.0, 10.0, 20.0, 30.0], [20.0, 5.0, 350.0, 335.0])[2:] == pytest.approx([-1.5, -1.5])


def test_one_wrong_track_makes_no_turn() -> None:
    found = rates([float(k) for k in range(12)], [90.0] * 6 + [140.0] + [90.0] * 5)
    assert max(abs(rate) for rate in found[3:]) == pytest.approx(0.0, abs=1e-9)


def test_old_tracks_and_those_of_the_same_instant_do_not_count() -> None:
    assert np.isnan(rates([0.0, 1.0, 40.0, 41.0], [0.0, 3.0, 6.0, 9.0])).all()
    assert np.isnan(rates([0.0, 0.01, 0.02], [0.0, 3.0, 6.0])).all()


ROWS = st.lists(
    st.tuples(st.integers(0, 3), st.floats(0.1, 12.0), st.floats(0.0, 359.9)), min_size=1, max_size=40
)


@given(ROWS, st.lists(st.integers(0, 40)))
def test_however_cut_the_rates_are_the_same(rows: list[tuple[int, float, float]], cuts: list[int]) -> None:
    target, step_s, track_deg = (np.array(column) for column in zip(*rows, strict=True))
    time_us = np.round(np.cumsum(step_s) * S).astype(np.int64)

    def run(edges: list[int]) -> tuple[np.ndarray, Turns]:
        turns, out = Turns(), np.full(len(rows), np.nan)
        for a, b in pairwise(edges):
            order = a + np.argsort(target[a:b], kind="stable")
            out[order] = turns.step(target[order], time_us[order], track_deg[order])
            again = Turns()
            again.load(turns.save())
            turns = again
        return out, turns

    whole, _ = run([0, len(rows)])
    cut, _ = run(sorted({0, len(rows), *(min(c, len(rows)) for c in cuts)}))
    np.testing.assert_array_equal(whole, cut)


@given(ROWS, st.data())
def test_a_rate_is_the_same_whoever_else_is_asked_of(
    rows: list[tuple[int, float, float]], data: st.DataObject
) -> None:
    target, step_s, track_deg = (np.array(column) for column in zip(*rows, strict=True))
    time_us = np.round(np.cumsum(step_s) * S).astype(np.int64)
    order = np.argsort(target, kind="stable")
    columns = target[order], time_us[order], track_deg[order]
    asked = np.array(sorted(data.draw(st.sets(st.integers(0, len(rows) - 1)))), np.int64)
    every, some = Turns(), Turns()
    np.testing.assert_array_equal(every.step(*columns)[asked], some.step(*columns, asked))
    for name, array in every.save().items():
        np.testing.assert_array_equal(some.save()[name], array)
