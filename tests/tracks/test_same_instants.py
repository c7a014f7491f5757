from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nofly.schema import Coded, Positions
from nofly.tracks.same_instants import SameInstants

rows = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 4), st.integers(0, 1), st.sampled_from([None, 100.0, 200.0])),
    min_size=1, max_size=40,
)  # fmt: skip


def positions(some: list[tuple[int, int, int, float | None]]) -> tuple[Positions, np.ndarray]:
    codes = np.array([row[0] for row in some], np.int32)
    height = np.array([np.nan if row[3] is None else row[3] for row in some])
    place = np.array([float(row[2]) for row in some])
    time_us = np.array([row[1] for row in some], np.int64)
    names = Coded(codes, [f"icao24:{k:06x}" for k in range(4)])
    return Positions(time_us, names, place, -place, {"alt_std_m": height}), codes


@given(rows, st.lists(st.integers(1, 8), min_size=1))
def test_a_row_is_a_repeat_where_one_of_its_target_and_time_said_the_same_however_they_are_cut(
    some: list[tuple[int, int, int, float | None]], sizes: list[int]
) -> None:
    # As a recording holds them: each target's rows in order of time, targets in turns.
    in_time = sorted(some, key=lambda row: row[1])
    instants, first, kept, seen = SameInstants(), 0, [], set()
    expected = []
    while first < len(in_time):
        part = sorted(in_time[first : first + sizes[first % len(sizes)]], key=lambda row: row[:2])
        batch, codes = positions(part)
        repeats = set(instants.repeats(batch, codes).tolist())
        kept += [row for k, row in enumerate(part) if k not in repeats]
        for row in part:
            if row not in seen:
                seen.add(row)
                expected.append(row)
        first += len(part)
    assert kept == expected


def test_nothing_is_a_repeat_where_no_two_rows_have_one_time() -> None:
    batch, codes = positions([(0, 1, 0, 100.0), (0, 2, 0, 100.0), (1, 2, 0, 100.0)])
    instants = SameInstants()
    assert len(instants.repeats(batch, codes)) == 0
    assert instants.repeats(batch.take(slice(1, None)), codes[1:]).tolist() == [0, 1]
