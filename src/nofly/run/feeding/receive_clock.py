"""The clock that says when bytes were received: it never goes back.

Many receivers' reports have no time but that. A clock that is set back would make them older than those
before, and nothing would be judged until it had caught up. So time goes on by a clock that nobody sets, a
little slower, until the clock has caught up; one that is set forward is followed at once.
"""

from __future__ import annotations

from collections.abc import Callable

from nofly.errors import Finding, Severity
from nofly.units import US_PER_S

SLOWER = 100
"""While it is ahead it goes slower by one part in so many: speeds worked out from its times are no worse."""
MOST_AHEAD_US = 86_400 * US_PER_S
"""What is set back by more was wrong altogether: it is followed."""
_NOTICED_US = US_PER_S


class ReceiveClock:
    """Microseconds UTC, of which each reading is at least the one before."""

    def __init__(self, clock: Callable[[], int], monotonic_s: Callable[[], float], least_us: int = 0) -> None:
        """``least_us`` is what was read last by the process before, 0 where there was none."""
        self._clock, self._monotonic_s = clock, monotonic_s
        self._us, self._steady_us = least_us, round(monotonic_s() * 1e6)
        self._ahead_us = 0
        self.findings: list[Finding] = []
        """What is to be said; whoever says it takes it away."""

    def __call__(self) -> int:
        """Return the time."""
        now_us, steady_us = self._clock(), round(self._monotonic_s() * 1e6)
        passed_us = max(0, steady_us - self._steady_us)
        ahead_us = self._us + passed_us - now_us
        if ahead_us > self._ahead_us + _NOTICED_US:
            self._set_back(ahead_us - self._ahead_us)
        if 0 < ahead_us <= MOST_AHEAD_US:
            ahead_us -= min(ahead_us, passed_us // SLOWER)
        else:
            ahead_us = 0
        self._us, self._steady_us, self._ahead_us = now_us + ahead_us, steady_us, ahead_us
        return self._us

    def _set_back(self, by_us: int) -> None:
        message = f"the clock was set back by {by_us / US_PER_S:.0f} s"
        if by_us <= MOST_AHEAD_US:
            message += ": what is received has times that go on as before, until it has caught up"
        self.findings.append(Finding("clock-set-back", Severity.WARNING, message, "the watch"))
