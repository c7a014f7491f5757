"""So many a minute, and some at once."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from nofly.run.alerting.pacing import TokenBucket


def test_a_burst_and_then_the_rate() -> None:
    bucket = TokenBucket(60, 3, 0.0)
    assert [bucket.take(0.0) for _ in range(4)] == [True, True, True, False]
    assert bucket.wait_s(0.25) == 0.75
    assert [bucket.take(t) for t in (0.5, 1.0, 1.5, 2.0)] == [False, True, False, True]
    assert bucket.ready(1000.0) == 3


def test_without_limit() -> None:
    bucket = TokenBucket(None, 1, 0.0)
    assert all(bucket.take(0.0) for _ in range(1000))
    assert (bucket.ready(0.0), bucket.wait_s(0.0)) == (None, 0.0)


@given(
    st.integers(1, 6000), st.integers(1, 50), st.lists(st.floats(0.0, 10.0), max_size=60).map(sorted)
)  # fmt: skip
def test_never_more_than_burst_and_rate(per_minute: int, burst: int, times_s: list[float]) -> None:
    bucket = TokenBucket(per_minute, burst, 0.0)
    taken = 0
    for now_s in times_s:
        taken += bucket.take(now_s)
        assert taken <= burst + now_s * per_minute / 60.0 + 1e-6


@given(st.integers(1, 6000), st.floats(0.0, 1e6))
def test_after_the_wait_there_is_a_token(per_minute: int, now_s: float) -> None:
    bucket = TokenBucket(per_minute, 1, now_s)
    assert bucket.take(now_s)
    assert bucket.take(now_s + bucket.wait_s(now_s) + 1e-6)
