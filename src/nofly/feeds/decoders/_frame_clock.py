"""Time of live Mode S messages by their receiver's clock, which the network cannot delay.

A message comes some time after it was received: milliseconds, or many seconds where a connection stalled, and
then many come at once. The receiver's clock tells them apart. Counting 12 MHz it has no zero, so the least
delay seen is taken for none; of a receiver with GPS it is the second of the day. A reading that does not fit
is not believed, and the time the message came stands, as it does where several receivers share a port.
"""

from __future__ import annotations

from nofly.errors import Severity
from nofly.feeds.faults import Fault
from nofly.units import DAY_US

CLOCKS = ("received", "12mhz", "gps")
CLOCK_DOUBTED = Fault(
    "clock-doubted",
    "messages whose receiver clock is not believed: the time they came stands",
    Severity.WARNING,
)

MOST_DELAY_US = 120_000_000
"""A message that seems to come later than this has a wrong clock reading."""
_MOST_EARLY_US = 1_000_000
_AGREEING = 3
"""So many readings in a row that agree with each other, and not with the clock as known, set it anew."""
_DRIFT = 20_000
"""A quartz runs wrong by less than one part in so many (50 ppm)."""
_TICKS_PER_US = 12


class FrameClock:
    """Turns readings of one kind of clock (of :data:`CLOCKS`) into microseconds UTC."""

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._offset_us: int | None = None
        self._reading_us = 0
        self._other_us = 0
        self._agreeing = 0

    def time_us(self, clock: int, received_us: int) -> int | None:
        """Return when a message was received, never later than it came; None for a reading not believed."""
        if self._kind == "received" or not clock:
            return received_us
        if self._kind == "gps":
            return _of_day_us(clock, received_us)
        reading_us = clock // _TICKS_PER_US
        offset_us = received_us - reading_us
        if self._offset_us is None:
            return self._set(reading_us, offset_us)
        likely_us = self._offset_us + max(0, reading_us - self._reading_us) // _DRIFT
        if not -_MOST_EARLY_US <= offset_us - likely_us <= MOST_DELAY_US:
            agrees = abs(offset_us - self._other_us) <= _MOST_EARLY_US
            self._agreeing = self._agreeing + 1 if agrees else 1
            self._other_us = offset_us
            return None if self._agreeing < _AGREEING else self._set(reading_us, offset_us)
        self._agreeing = 0
        return self._set(max(reading_us, self._reading_us), min(offset_us, likely_us), reading_us)

    def _set(self, newest_us: int, offset_us: int, reading_us: int | None = None) -> int:
        self._reading_us, self._offset_us = newest_us, offset_us
        return offset_us + (newest_us if reading_us is None else reading_us)


def _of_day_us(clock: int, received_us: int) -> int | None:
    """Return the time of a GPS clock: 18 bits of second of the day, 30 of nanosecond (Radarcape)."""
    second, nanosecond = clock >> 30, clock & (1 << 30) - 1
    if second > 86_400 or nanosecond >= 10**9:
        return None
    time_us = received_us // DAY_US * DAY_US + second * 1_000_000 + nanosecond // 1000
    time_us += DAY_US * round((received_us - time_us) / DAY_US)
    if not -_MOST_EARLY_US <= received_us - time_us <= MOST_DELAY_US:
        return None
    return min(time_us, received_us)
