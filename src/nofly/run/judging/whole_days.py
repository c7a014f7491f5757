"""For which days it is worked out when zones are active."""

from __future__ import annotations

from nofly.units import DAY_US

Span = tuple[int, int]
"""From and until when, UTC microseconds."""


def whole_days(low_us: int, high_us: int, known: Span | None) -> Span:
    """Return whole days round two times; those known where these are among them.

    Where they are not, the days known are there too, and twice the time, so that a long archive does not have
    it worked out every day.
    """
    low, high = (low_us // DAY_US - 1) * DAY_US, (high_us // DAY_US + 2) * DAY_US
    if known is None:
        return low, high
    since, until = known
    if since <= low and high <= until:
        return known
    return (
        since if since <= low else min(low, 2 * since - until),
        until if high <= until else max(high, 2 * until - since),
    )
