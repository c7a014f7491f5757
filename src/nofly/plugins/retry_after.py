"""When a web server wants to be asked again."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LONGEST_WAIT_S = 3600.0
"""Most that a server's Retry-After is honoured."""


def retry_after_s(after: str | None, now_us: int) -> float | None:
    """Return the seconds of a Retry-After (RFC 9110, section 10.2.3), bounded; None where it says nothing."""
    if after is None:
        return None
    text = after.strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:9]), LONGEST_WAIT_S)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError):
        return None
    moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    try:
        seconds = (moment - datetime.fromtimestamp(now_us / 1e6, UTC)).total_seconds()
    except (OverflowError, OSError, ValueError):
        return None
    return min(max(seconds, 0.0), LONGEST_WAIT_S)
