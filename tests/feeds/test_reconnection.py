"""The back-off: doubling, bounded, jittered, and forgotten after health."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nofly.errors import ConfigError
from nofly.feeds.reconnection import Backoff, after_failure

USUAL = Backoff()


def test_the_limit_doubles_from_one_second_to_a_minute() -> None:
    failures, limits = 0, []
    for _ in range(8):
        failures, wait_s = after_failure(failures, 0.0, 1.0, USUAL)
        limits.append(wait_s)
    assert limits == [1, 2, 4, 8, 16, 32, 60, 60]


def test_a_minute_of_health_ends_the_row() -> None:
    assert after_failure(9, 59.9, 1.0, USUAL).failures == 10
    assert after_failure(9, 60.0, 1.0, USUAL) == (1, 1.0)


@given(st.integers(0, 10**6), st.floats(0, 1e9), st.floats(0, 1, exclude_max=True))
def test_a_wait_is_a_share_of_its_limit(failures: int, healthy_s: float, random_fraction: float) -> None:
    most = after_failure(failures, healthy_s, 1.0, USUAL)
    retry = after_failure(failures, healthy_s, random_fraction, USUAL)
    assert retry == (most.failures, most.wait_s * random_fraction)
    assert 0 <= retry.wait_s < most.wait_s <= 60
    assert after_failure(failures, healthy_s, 0.0, USUAL).wait_s == 0


@pytest.mark.parametrize(
    "times", [(0, 1, 1), (2, 1, 1), (1, float("inf"), 1), (float("nan"), 1, 1), (1, 2, -1)]
)
def test_times_that_cannot_be(times: tuple[float, float, float]) -> None:
    with pytest.raises(ConfigError):
        Backoff(*times)
