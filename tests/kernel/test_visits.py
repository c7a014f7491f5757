from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nofly.geo.bridge import Carry, put_rows
from nofly.kernel.target_scan import any_behind, note_last, put_intervals, put_last
from nofly.kernel.visits import rows_by_number, stable_order, taken


@pytest.mark.parametrize("most", [1, 70_000, 2**31 - 1])
def test_rows_by_number_stay_in_order(most: int) -> None:
    random = np.random.Generator(np.random.PCG64(7))
    numbers = random.integers(0, most, 5000, dtype=np.int32, endpoint=True)
    assert np.array_equal(stable_order(numbers), np.lexsort((np.arange(5000), numbers)))


def test_no_rows_have_no_order() -> None:
    assert len(stable_order(np.zeros(0, np.int32))) == 0


@pytest.mark.parametrize("kind", [np.float64, np.int64, np.int32, np.int8])
def test_rows_are_taken_from_memory_that_may_only_be_read(kind: type[np.generic]) -> None:
    column = np.arange(100).astype(kind)
    column.flags.writeable = False
    rows = np.array([99, 0, 7, 7])
    assert np.array_equal(taken(column, rows), column[rows])
    assert np.array_equal(taken(column[::2], rows // 2), column[::2][rows // 2])


def test_rows_by_number_are_written_into_the_room_given() -> None:
    target, number = np.array([3, 0, 3, 1, 2, 1], np.int32), np.array([0, 1, -1, 2], np.int32)
    target.flags.writeable = False
    room = np.full(9, -1)
    rows, offset = rows_by_number(target, number, 3, room)
    assert rows.tolist() == [1, 3, 5, 0, 2]
    assert offset.tolist() == [0, 1, 3, 5]
    assert np.shares_memory(rows, room)


def test_of_rows_with_one_number_the_last_stays() -> None:
    number, column = np.array([2, 0, 2, 1], np.int32), np.array([5, 6, 7, 8])
    last = np.full(4, -1)
    put_last(number, column, last)
    assert last.tolist() == [6, 8, 7, -1]


def test_the_last_row_of_a_number_stays_and_each_says_what_was_before_it() -> None:
    number, time_us = np.array([1, 0, 1], np.int32), np.array([5, 6, 7])
    mark, stated = np.array([0, 4, 2], np.uint16), np.array([1, 0, 0], np.uint8)
    none, std_m, hae_m = np.zeros(0), np.array([10.0, np.nan, 30.0]), np.array([11.0, 21.0, 31.0])
    table, before, followed = np.full((2, 8), -1), np.empty((3, 3), np.int64), np.empty(3, np.int64)
    table[:, 3] = 0, 2
    count = note_last(
        number, time_us, mark, stated, std_m, none, none, hae_m, table, table.view(np.float64), before,
        followed,
    )  # fmt: skip
    assert table[:, :4].tolist() == [[6, 4, 0, 1], [7, 2, 0, 3]]
    assert followed[:count].tolist() == [0, 2]
    heights_m = table[:, 4:].view(np.float64)
    nan = np.nan
    assert np.array_equal(heights_m, [[nan, nan, nan, 21.0], [30.0, nan, nan, 31.0]], equal_nan=True)
    assert before.T.tolist() == [[-1, -1, -1], [-1, -1, -1], [5, 0, 1]]


@given(st.integers(0, 2**32))
def test_some_row_is_behind_another_of_the_batch_or_the_last_of_its_target_or_of_its_shadow(
    seed: int,
) -> None:
    """A row without a number counts as one."""
    rng = np.random.default_rng(seed)
    n, targets = int(rng.integers(1, 6)), 4
    number = rng.integers(-1 if rng.random() < 0.2 else 0, targets, n).astype(np.int32)
    time_us = np.sort(rng.integers(4, 9, n)) if rng.random() < 0.8 else rng.integers(4, 9, n)
    table = np.zeros((targets, 8), np.int64)
    table[:, 0] = rng.integers(0, 6, targets)
    shadow_of = rng.choice([-1, 0, 3], int(rng.integers(0, targets))).astype(np.int32)
    expected, reached = False, -1
    for t, at_us in zip(number.tolist(), time_us.tolist(), strict=True):
        since_us = [reached, int(table[t, 0])]
        if 0 <= t < len(shadow_of) and shadow_of[t] >= 0:
            since_us.append(int(table[shadow_of[t], 0]))
        expected |= t < 0 or at_us < max(since_us)
        reached = max(reached, at_us)
    assert bool(any_behind(number, time_us, table, shadow_of)) is expected


@given(st.lists(st.integers(0, 3), max_size=8))
def test_intervals_are_put_by_number_as_the_bridge_puts_them(numbers: list[int]) -> None:
    number, n = np.array(numbers, np.int32), len(numbers)
    rows = np.arange(n), np.arange(n) - 0.5, np.arange(n) + 0.5
    one, other = Carry.empty(4), Carry.empty(4)
    put_rows(number, *rows, one.table)
    put_intervals(number, *rows, other.table)
    for name in ("time_us", "lo_m", "hi_m"):
        assert getattr(one, name).tolist() == getattr(other, name).tolist()
