"""Feeds that fall silent, and speak again: events of their own, since silence is not safety."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from nofly.feeds.health import FeedState, Status
from nofly.run.alert_words import FEED_ALIVE, FEED_SILENT
from nofly.run.feed_plans import FeedPlan


class Silences:
    """Which feeds are silent. A connection that fails and is there again at once is no silence."""

    def __init__(self, plans: Sequence[FeedPlan], told: Sequence[str | None]) -> None:
        """``told`` is what was recorded last of each feed, FEED_SILENT, FEED_ALIVE or None."""
        self._plans = plans
        self._silent = [kind == FEED_SILENT for kind in told]
        self._quiet_us: list[int | None] = [None] * len(plans)

    def step(self, states: Sequence[FeedState], now_us: int, steady_us: int) -> Iterator[dict[str, Any]]:
        """Yield what is to be recorded as of ``now_us`` (UTC microseconds); ``steady_us`` is of a clock that
        nobody sets."""
        for number, (plan, state) in enumerate(zip(self._plans, states, strict=True)):
            silent = self._is_silent(number, plan, state, steady_us)
            if silent is not self._silent[number]:
                self._silent[number] = silent
                since_us = state.since_us if state.received_us is None else state.received_us
                yield {
                    "kind": FEED_SILENT if silent else FEED_ALIVE, "incident": f"feed:{plan.name}",
                    "time_us": since_us if silent else now_us, "noticed_us": now_us,
                    "feed": plan.name, "why": state.error if silent else None,
                }  # fmt: skip

    def _is_silent(self, number: int, plan: FeedPlan, state: FeedState, steady_us: int) -> bool:
        if state.status is Status.ENDED:
            # A recording that is over is no feed that fell silent.
            return plan.pace is None
        if state.status in (Status.ALIVE, Status.STALLED):
            self._quiet_us[number] = None
            return state.status is Status.STALLED
        since_us = self._quiet_us[number]
        if since_us is None:
            since_us = self._quiet_us[number] = steady_us
        return self._silent[number] or steady_us - since_us >= plan.stall_after_s * 1e6
