"""Reports whose time cannot be right are left out before anything is judged by them, and that is said."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from nofly.errors import Finding, Severity
from nofly.run.feeding.receive_clock import MOST_AHEAD_US
from nofly.run.outputs.text import duration
from nofly.schema import Positions
from nofly.units import US_PER_S

FUTURE_S, PAST_S = 60.0, 86_400.0
"""A report that comes now and whose time is further ahead of the clock, or behind it, has a wrong time."""


class ForwardClock:
    """Microseconds UTC of a clock that may be set forward: set back, it makes no report one of the future."""

    def __init__(self, clock: Callable[[], int], monotonic_s: Callable[[], float], least_us: int = 0) -> None:
        """``least_us`` is when the process before received last, 0 where there was none: a clock that was set
        back meanwhile makes of what goes on from there nothing of the future either."""
        self._clock, self._monotonic_s = clock, monotonic_s
        now_us = clock()
        start_us = least_us if now_us < least_us <= now_us + MOST_AHEAD_US else now_us
        self._ahead_us = start_us - round(monotonic_s() * 1e6)

    def __call__(self) -> int:
        """Return the time."""
        now_us, steady_us = self._clock(), round(self._monotonic_s() * 1e6)
        self._ahead_us = max(self._ahead_us, now_us - steady_us)
        return steady_us + self._ahead_us


def credible(
    positions: Positions, now_us: int, source: str, *, live: bool
) -> tuple[Positions, list[Finding]]:
    """Return the rows whose time can be right, as of ``now_us`` (UTC microseconds), and what is to be said of
    the others: none lies ahead, and of those that are ``live``, which a recording's are not, none is of long
    ago."""
    ahead = positions.time_us > now_us + round(FUTURE_S * US_PER_S)
    past = positions.time_us < now_us - round(PAST_S * US_PER_S)
    if not live:
        past[:] = False
    wrong = ahead | past
    if not wrong.any():
        return positions, []
    said = []
    if ahead.any():
        by_s = (int(positions.time_us.max()) - now_us) / US_PER_S
        message = f"its clock is at least {duration(by_s)} ahead: reports of the future are left out"
        said.append(Finding("time-ahead", Severity.REJECTED, message, source, count=int(ahead.sum())))
    if past.any():
        old_s = (now_us - int(positions.time_us[past].max())) / US_PER_S
        message = (
            f"reports {duration(old_s)} old and more are left out: its clock is wrong, or it is recorded "
            "traffic, which nofly check and nofly replay take"
        )
        said.append(Finding("time-long-past", Severity.REJECTED, message, source, count=int(past.sum())))
    return positions.take(np.flatnonzero(~wrong)), said
