"""Feeds that fall silent, and speak again: events of their own, since silence is not safety."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from nofly.feeds.health import FeedState, Status, stalled_since_us
from nofly.run.alerting.words import FEED_ALIVE, FEED_SILENT, NO_POSITIONS
from nofly.run.feeding.monitoring import patience_s, unusable
from nofly.run.feeding.plans import FeedPlan
from nofly.units import US_PER_S

NOBODY_WATCHED = "no watch was at work"


@dataclass(slots=True)
class _Heard:
    """What is remembered of a feed; times are of a clock that nobody sets."""

    silent_us: int | None
    """Since when it is silent, as it was recorded (UTC); None: it is not."""
    positions: int = 0
    """How many it had brought when it was looked at last."""
    dry_us: int | None = None
    """Since when it brings bytes and no positions."""
    quiet_us: int | None = None
    """Since when it has no connection."""


class Silences:
    """Which feeds are silent: bring nothing, or bring bytes and no positions. A connection that fails and is
    there again at once is no silence, and an empty sky is none before ``dry_after_s``."""

    def __init__(
        self, plans: Sequence[FeedPlan], silent_us: Sequence[int | None], watched_us: int | None = None
    ) -> None:
        """``silent_us`` is since when each feed is silent by what was recorded last, None where it is not;
        ``watched_us`` when a process before this one was at work last, None where there was none."""
        self._plans, self._watched_us = plans, watched_us
        self._heard = [_Heard(since_us) for since_us in silent_us]

    def step(self, states: Sequence[FeedState], now_us: int, steady_us: int) -> Iterator[dict[str, Any]]:
        """Yield what is to be recorded as of ``now_us`` (UTC microseconds); ``steady_us`` is of a clock that
        nobody sets."""
        watched_us, self._watched_us = self._watched_us, None
        for plan, state, heard in zip(self._plans, states, self._heard, strict=True):
            if watched_us is not None and _was_away(plan, heard, watched_us, now_us):
                heard.silent_us = watched_us
                body = {"incident": f"feed:{plan.name}", "noticed_us": now_us, "feed": plan.name}
                yield {"kind": FEED_SILENT, "time_us": watched_us, "why": NOBODY_WATCHED, **body}
            silent = _is_silent(plan, state, heard, steady_us)
            if silent is (heard.silent_us is not None):
                continue
            body = {"incident": f"feed:{plan.name}", "noticed_us": now_us, "feed": plan.name}
            if silent:
                dry = state.status is Status.ALIVE
                heard.silent_us = since_us = _since_us(state, dry=dry)
                why = unusable(state) or (None if dry else state.error)
                how = {"how": NO_POSITIONS} if dry else {}
                yield {"kind": FEED_SILENT, "time_us": since_us, "why": why, **how, **body}
            else:
                yield {"kind": FEED_ALIVE, "time_us": now_us, "since_us": heard.silent_us, **body}
                heard.silent_us = None


def _was_away(plan: FeedPlan, heard: _Heard, watched_us: int, now_us: int) -> bool:
    """Return whether nobody watched for so long that of a feed it would be silence."""
    is_live = plan.pace is None and heard.silent_us is None
    return is_live and now_us - watched_us >= plan.stall_after_s * US_PER_S


def _since_us(state: FeedState, *, dry: bool) -> int:
    if dry:
        begun_us = state.since_us if state.opened_us is None else state.opened_us
        return begun_us if state.position_us is None else state.position_us
    stalled_us = stalled_since_us(state)
    if stalled_us is not None:
        return stalled_us
    return state.since_us if state.received_us is None else state.received_us


def _is_silent(plan: FeedPlan, state: FeedState, heard: _Heard, steady_us: int) -> bool:
    silent = heard.silent_us is not None
    brought = state.positions != heard.positions
    heard.positions = state.positions
    if brought or heard.dry_us is None:
        heard.dry_us = None if state.status is Status.CONNECTING else steady_us
    if state.status is Status.ENDED:
        # A recording that is over is no feed that fell silent.
        return silent or plan.pace is None
    if state.status is Status.STALLED:
        heard.quiet_us = None
        return True
    if state.status is Status.ALIVE:
        heard.quiet_us = None
        # Bytes alone end no silence.
        dry_s = 0.0 if heard.dry_us is None else (steady_us - heard.dry_us) / US_PER_S
        return not brought and (silent or dry_s >= _patience_s(plan, state))
    if heard.quiet_us is None:
        heard.quiet_us = steady_us
    return silent or (steady_us - heard.quiet_us) / US_PER_S >= plan.stall_after_s


def _patience_s(plan: FeedPlan, state: FeedState) -> float:
    """Return for how long a feed may bring no positions: what is rejected is no empty sky."""
    return patience_s(plan) if state.rejects_since else max(patience_s(plan), plan.dry_after_s)
