"""Whether anything is monitored at all: which feeds bring positions, and since when one does not.

Silence is not safety. A feed that is connected, and says nothing that can be used, monitors nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from nofly.alerts import Condition
from nofly.feeds.health import FeedState, Status, stalled_since_us
from nofly.run.feeding.plans import FeedPlan
from nofly.run.outputs.text import clock, duration
from nofly.units import US_PER_S

POSITION_S = 60.0
"""A feed that brings no position for so long, or for its own ``stall_after_s``, brings none."""
AHEAD, LONG_PAST = "time-ahead", "time-long-past"
"""Codes of the findings of :mod:`nofly.run.feeding.credible_times`."""


def dry_since_us(plan: FeedPlan, state: FeedState, now_us: int) -> int | None:
    """Return since when a feed brings no positions; None while it brings them.

    Before its first, that is since when it has tried. A recording that is over is dry since then.
    """
    if state.status is Status.ENDED:
        return state.since_us
    last_us = state.position_us
    if last_us is None:
        return state.opened_us or state.since_us
    silent_us = stalled_since_us(state)
    if silent_us is not None:
        return min(last_us, silent_us)
    return last_us if now_us - last_us > patience_s(plan) * US_PER_S else None


def patience_s(plan: FeedPlan) -> float:
    """Return after how many seconds without a position a feed is said to bring none."""
    return max(POSITION_S, plan.stall_after_s)


def unusable(state: FeedState) -> str | None:
    """Return in words why what a feed has brought since its last position is of no use; None where nothing of
    it was rejected."""
    since_then = state.rejects_since
    wrong = [(since_then.get(AHEAD, 0), "the future"), (since_then.get(LONG_PAST, 0), "long ago")]
    said = [f"{n:,} report{'s' * (n > 1)} of {of}" for n, of in wrong if n]
    if said:
        count = sum(n for n, _ in wrong)
        return f"its clock is wrong: {' and '.join(said)} {'were' if count > 1 else 'was'} left out"
    count = sum(since_then.values())
    if not count:
        return None
    most = max(since_then, key=lambda code: since_then[code])
    mostly = "" if len(since_then) == 1 else "mostly "
    return f"{count:,} record{'s were' if count > 1 else ' was'} rejected, {mostly}{most}"


def wrong_times(states: Sequence[FeedState], why: str) -> int:
    """Return how many reports of all feeds were left out since the start, for AHEAD or LONG_PAST."""
    return sum(state.rejects.get(why, 0) for state in states)


def unmonitored_since_us(plans: Sequence[FeedPlan], states: Sequence[FeedState], now_us: int) -> int | None:
    """Return since when no feed brings positions; None while one does."""
    since = [dry_since_us(plan, state, now_us) for plan, state in zip(plans, states, strict=True)]
    known = [one for one in since if one is not None]
    return None if not known or len(known) < len(since) else max(known)


def condition_of(
    plans: Sequence[FeedPlan], states: Sequence[FeedState], now_us: int, trouble: str | None,
    law_trouble: str | None = None,
) -> Condition:  # fmt: skip
    """Return how the watch is, for channels that say so."""
    since = [dry_since_us(plan, state, now_us) for plan, state in zip(plans, states, strict=True)]
    degraded = (trouble or law_trouble) is not None or any(one is not None for one in since)
    return Condition(any(one is None for one in since) and trouble is None, degraded)


def words_of(plan: FeedPlan, state: FeedState, now_us: int) -> str | None:
    """Return in words that a feed monitors nothing, and why; None while it brings positions."""
    since_us = dry_since_us(plan, state, now_us)
    if since_us is None:
        return None
    if state.status is Status.ENDED:
        return "the recording is over"
    said = since(since_us, now_us)
    why = unusable(state)
    if why is not None and state.status is Status.ALIVE:
        return f"{why}: not monitored through it since {said}"
    if state.position_us is None:
        return f"no position yet: not monitored through it since {said}"
    if state.status is Status.ALIVE:
        return f"it speaks, but brings no position: not monitored through it since {said}"
    return f"not monitored through it since {said}"


def since(since_us: int, now_us: int) -> str:
    """Return ``14:03:10 Z (5 min 03 s)``, with the date where it is long ago."""
    passed_s = max(0.0, (now_us - since_us) / US_PER_S)
    return f"{clock(since_us, date=passed_s > 43_200)} ({duration(passed_s)})"
