"""A feed's health: alive, stalled since when, rate, lag, rejects, the last error."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nofly.errors import Finding, Severity
from nofly.feeds.decoders import jsonl
from nofly.feeds.health import (
    FeedState,
    Status,
    ended,
    failed,
    healthy_s,
    new_feed,
    positions_per_s,
    received,
    stalled_since_us,
    ticked,
)
from nofly.feeds.receiving import Chunk
from nofly.schema import Positions

SECOND_US = 1_000_000
START_US = 1_777_723_200 * SECOND_US


def positions(*times_us: int) -> Positions:
    """Return positions of these times."""
    lines = (
        f'{{"time_us":{us},"target_id":"icao24:4ca7b3","lat_deg":50.1,"lon_deg":14.2}}\n' for us in times_us
    )
    return jsonl.decoder({}, "feed").feed("".join(lines).encode(), START_US)[0]


NONE = positions()


def chunk(at_us: int, opened: bool = False, lost: int = 0) -> Chunk:
    return Chunk(b"12345", at_us, opened, lost)


def alive(at_us: int = START_US) -> FeedState:
    return received(new_feed("a", START_US), chunk(at_us, True), positions(at_us))


def test_a_new_feed_knows_nothing() -> None:
    state = new_feed("a", START_US)
    assert state.status is Status.CONNECTING
    assert (state.received_us, state.lag_s, state.error, healthy_s(state)) == (None, None, None, 0.0)
    assert stalled_since_us(state) == START_US
    assert ticked(state, START_US + 999 * SECOND_US, 1.0) == state


def test_bytes_make_it_alive_and_are_counted() -> None:
    state = received(alive(), chunk(START_US + SECOND_US, lost=3), NONE)
    assert (state.status, state.since_us) == (Status.ALIVE, START_US)
    assert (state.read_bytes, state.positions, state.lost, state.connections) == (10, 1, 3, 1)
    assert (state.received_us, state.position_us) == (START_US + SECOND_US, START_US)
    assert stalled_since_us(state) is None
    assert healthy_s(state) == 1.0


def test_lag_is_how_old_the_newest_position_is() -> None:
    state = received(alive(), chunk(START_US), positions(START_US - 9_000_000, START_US - 2_500_000))
    assert state.lag_s == 2.5
    ahead = received(state, chunk(START_US), positions(START_US + SECOND_US))
    assert ahead.lag_s == -1.0
    assert received(ahead, chunk(START_US), NONE).lag_s == -1.0


def test_silence_stalls_from_the_last_byte_on() -> None:
    state = alive()
    assert ticked(state, START_US + 29 * SECOND_US, 30.0) is state
    stalled = ticked(state, START_US + 31 * SECOND_US, 30.0)
    assert (stalled.status, stalled.since_us, stalled_since_us(stalled)) == (
        Status.STALLED,
        START_US,
        START_US,
    )
    assert ticked(stalled, START_US + 99 * SECOND_US, 30.0) is stalled
    back = received(stalled, chunk(START_US + 99 * SECOND_US), NONE)
    assert (back.status, back.since_us) == (Status.ALIVE, START_US + 99 * SECOND_US)


def test_failures_keep_when_they_began_and_the_last_error() -> None:
    first = failed(alive(), "refused", 1, START_US + SECOND_US)
    again = failed(first, "x" * 9999, 2, START_US + 5 * SECOND_US)
    assert (again.status, again.since_us, again.failures) == (Status.FAILED, START_US + SECOND_US, 2)
    assert again.error == "x" * 500
    assert (stalled_since_us(again), healthy_s(again)) == (START_US, 0.0)
    back = received(again, chunk(START_US + 9 * SECOND_US, True), NONE)
    assert (back.status, back.connections, back.error) == (Status.ALIVE, 2, "x" * 500)


def test_an_ended_feed_is_not_stalled() -> None:
    state = ended(alive(), START_US + SECOND_US)
    assert (state.status, stalled_since_us(state)) == (Status.ENDED, None)


def test_rejects_are_counted_by_reason() -> None:
    findings = [
        Finding("time-invalid", Severity.REJECTED, "no time", count=2),
        Finding("not-a-position", Severity.INFO, "no position", count=7),
        Finding("time-invalid", Severity.REJECTED, "no time"),
    ]
    state = received(alive(), chunk(START_US), NONE, findings)
    assert dict(received(state, chunk(START_US), NONE, findings).rejects) == {"time-invalid": 6}
    assert dict(alive().rejects) == {}


def test_the_rate_comes_to_what_is_sent_and_dies_with_it() -> None:
    state = new_feed("a", START_US)
    for second in range(60):
        now_us = START_US + second * SECOND_US
        state = received(state, chunk(now_us), positions(*[now_us] * 20))
    assert positions_per_s(state, now_us) == pytest.approx(20, rel=0.1)
    assert positions_per_s(state, now_us + 100 * SECOND_US) < 0.01


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(-(10**10), 10**10)), max_size=20))
def test_no_order_of_events_and_no_clock_breaks_it(events: list[tuple[int, int]]) -> None:
    state, one = new_feed("a", START_US), positions(START_US)
    for kind, offset_us in events:
        now_us = START_US + offset_us
        if kind < 2:
            state = received(state, chunk(now_us, kind == 1), one)
        elif kind == 2:
            state = ticked(state, now_us, 30.0)
        else:
            state = failed(state, "e", 1, now_us) if kind == 3 else ended(state, now_us)
        assert healthy_s(state) >= 0
        assert 0 <= positions_per_s(state, now_us) <= 20
        assert (stalled_since_us(state) is None) == (state.status in (Status.ALIVE, Status.ENDED))
        assert dataclasses.replace(state) == state
