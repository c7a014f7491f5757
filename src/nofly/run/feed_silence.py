"""Feeds that fall silent, and speak again: events of their own, since silence is not safety."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from nofly.feeds.health import FeedState, Status
from nofly.run.alert_words import FEED_ALIVE, FEED_SILENT
from nofly.run.feed_plans import FeedPlan


class Silences:
    """Which feeds are silent. A connection that fails and is there again at once is no silence."""

    def __init__(self, plans: Sequence[FeedPlan]) -> None:
        self._plans = plans
        self._silent = [False] * len(plans)

    def step(self, states: Sequence[FeedState], now_us: int) -> Iterator[dict[str, Any]]:
        """Yield what is to be recorded as of ``now_us`` (UTC microseconds)."""
        for number, (plan, state) in enumerate(zip(self._plans, states, strict=True)):
            since_us = state.since_us if state.received_us is None else state.received_us
            silent = self._silent[number]
            if state.status is Status.ENDED:
                # A recording that is over is no feed that fell silent.
                silent = plan.pace is None
            elif state.status is Status.ALIVE:
                silent = False
            elif now_us - since_us >= plan.stall_after_s * 1e6:
                silent = True
            if silent is not self._silent[number]:
                self._silent[number] = silent
                yield {
                    "kind": FEED_SILENT if silent else FEED_ALIVE, "incident": f"feed:{plan.name}",
                    "time_us": since_us if silent else now_us, "noticed_us": now_us,
                    "feed": plan.name, "why": state.error if silent else None,
                }  # fmt: skip
