from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from nofly.run.judging.whole_days import whole_days
from nofly.units import DAY_US

times = st.integers(-(10**16), 10**16)


@given(st.lists(st.tuples(times, st.integers(0, 10 * DAY_US)), min_size=1, max_size=8))
def test_whole_days_round_all_times_and_those_known_where_they_do(some: list[tuple[int, int]]) -> None:
    known = None
    for low_us, length_us in some:
        span = whole_days(low_us, low_us + length_us, known)
        assert span[0] % DAY_US == span[1] % DAY_US == 0
        assert span[0] <= low_us - DAY_US
        assert low_us + length_us + DAY_US < span[1]
        if known is not None:
            assert span[0] <= known[0]
            assert known[1] <= span[1]
            enough = known[0] <= low_us - 2 * DAY_US and low_us + length_us + 2 * DAY_US <= known[1]
            assert span == known or not enough
        known = span
