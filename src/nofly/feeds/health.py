"""How a feed is: data that functions carry on, and no more.

Silence is not safety, so two silences are told apart: ``STALLED`` is a feed of which no byte comes;
``position_us`` says when the last position came, for a feed that speaks and says nothing that can be used.
Pure: what time it is, is an argument, and a clock that jumps back does no harm.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType

from nofly.errors import Finding, Severity
from nofly.feeds.receiving import Chunk
from nofly.schema import Positions

RATE_TIME_CONSTANT_S = 10.0
"""What came so long ago counts 1/e in the rate."""
MAX_ERROR_CHARACTERS = 500


class Status(StrEnum):
    """What can be said of a feed in a word."""

    CONNECTING = "connecting"
    """Not a byte yet."""
    ALIVE = "alive"
    STALLED = "stalled"
    """Connected as far as anyone knows, and nothing comes."""
    FAILED = "failed"
    """The connection failed; the next attempt is to come."""
    ENDED = "ended"
    """No more can come."""


@dataclass(frozen=True, slots=True)
class FeedState:
    """One feed's health. None is not known, never 0."""

    feed: str
    status: Status
    since_us: int
    """When the status began. Of ``STALLED`` that is when the last byte came."""
    received_us: int | None = None
    """When the last bytes came."""
    position_us: int | None = None
    """When the last position came (not the time it tells)."""
    opened_us: int | None = None
    """When the present connection brought its first bytes; None without one."""
    lag_s: float | None = None
    """How old the newest position of the last batch was when it came; below 0 where the sender's clock is
    ahead of ours."""
    connections: int = 0
    failures: int = 0
    """Failures in a row, for :func:`nofly.feeds.reconnection.after_failure`."""
    read_bytes: int = 0
    positions: int = 0
    lost: int = 0
    """Messages that the transport knows to have been lost."""
    rejects: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    """Finding code → records rejected for that reason."""
    rejects_since: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    """The same since the last position came."""
    error: str | None = None
    """The last error. It stays when the feed is well again."""
    error_us: int | None = None
    recent_count: float = 0.0
    """Positions, each counting less the longer ago it came, as of ``received_us``."""


def new_feed(feed: str, now_us: int) -> FeedState:
    """Return the state of a feed that is about to connect."""
    return FeedState(feed, Status.CONNECTING, now_us)


def received(
    state: FeedState, chunk: Chunk, positions: Positions, findings: Sequence[Finding] = ()
) -> FeedState:
    """Return the state after a chunk and what its decoder made of it."""
    now_us, count = chunk.received_us, len(positions)
    alive = state.status is Status.ALIVE and not chunk.opened
    lag_s = (now_us - int(positions.time_us.max())) / 1e6 if count else state.lag_s
    return replace(
        state,
        status=Status.ALIVE,
        since_us=state.since_us if alive else now_us,
        received_us=now_us,
        position_us=now_us if count else state.position_us,
        opened_us=now_us if chunk.opened or state.opened_us is None else state.opened_us,
        lag_s=lag_s,
        connections=state.connections + chunk.opened,
        read_bytes=state.read_bytes + len(chunk.data),
        positions=state.positions + count,
        lost=state.lost + chunk.lost,
        rejects=_with_rejects(state.rejects, findings),
        rejects_since=MappingProxyType({}) if count else _with_rejects(state.rejects_since, findings),
        recent_count=_decayed(state, now_us) + count,
    )


def ticked(state: FeedState, now_us: int, stall_after_s: float) -> FeedState:
    """Return the state at ``now_us``: ``STALLED`` where an alive feed brought nothing for so long."""
    if state.status is not Status.ALIVE or state.received_us is None:
        return state
    if now_us - state.received_us < stall_after_s * 1e6:
        return state
    return replace(state, status=Status.STALLED, since_us=state.received_us)


def failed(state: FeedState, error: str, failures: int, now_us: int) -> FeedState:
    """Return the state after a connection failed; ``failures`` in a row as the back-off counts them."""
    since_us = state.since_us if state.status is Status.FAILED else now_us
    return replace(
        state,
        status=Status.FAILED,
        since_us=since_us,
        opened_us=None,
        failures=failures,
        error=error[:MAX_ERROR_CHARACTERS],
        error_us=now_us,
    )


def ended(state: FeedState, now_us: int) -> FeedState:
    """Return the state of a feed of which no more can come."""
    return replace(state, status=Status.ENDED, since_us=now_us, opened_us=None)


def healthy_s(state: FeedState) -> float:
    """Return for how long the present connection has brought bytes, 0 where it has brought none."""
    if state.opened_us is None or state.received_us is None:
        return 0.0
    return max(0.0, (state.received_us - state.opened_us) / 1e6)


def positions_per_s(state: FeedState, now_us: int) -> float:
    """Return the rate of positions, smoothed over about :data:`RATE_TIME_CONSTANT_S`; it grows from 0."""
    return _decayed(state, now_us) / RATE_TIME_CONSTANT_S


def stalled_since_us(state: FeedState) -> int | None:
    """Return since when nothing has come of a feed that is not alive; None of one that is, or has ended."""
    if state.status in (Status.ALIVE, Status.ENDED):
        return None
    return state.since_us if state.received_us is None else state.received_us


def _decayed(state: FeedState, now_us: int) -> float:
    if state.received_us is None:
        return 0.0
    passed_s = max(0, now_us - state.received_us) / 1e6
    return state.recent_count * math.exp(-passed_s / RATE_TIME_CONSTANT_S)


def _with_rejects(known: Mapping[str, int], findings: Sequence[Finding]) -> Mapping[str, int]:
    rejected = [finding for finding in findings if finding.severity is Severity.REJECTED]
    if not rejected:
        return known
    counts = dict(known)
    for finding in rejected:
        counts[finding.code] = counts.get(finding.code, 0) + finding.count
    return MappingProxyType(counts)
