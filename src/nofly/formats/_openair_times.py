"""OpenAir activation (AA) as a schedule: Naviter OpenAir 2.1.0 § AA."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from nofly.errors import Finding, Severity
from nofly.formats._openair_lines import Record
from nofly.zones.schedule import Schedule, Window
from nofly.zones.sentence import say

ANNOUNCED = Window(certain=False)
"""Active when somebody says so: AA NONE."""

_INSTANT = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d):?(\d\d)(?::?(\d\d)(?:\.\d+)?)?Z", re.I)


def schedule_of(
    records: Sequence[Record], source: str, locator: str
) -> tuple[Schedule | None, list[Finding]]:
    """Return the schedule of a block's AA records; None, which is always, where there is none.

    ``start/end`` is a window; ``NONE`` on one side leaves that side open; ``NONE`` alone (or ``NONE/NONE``,
    or byNotam) overrides every other AA: the zone is active when announced, and until then nobody can tell
    (``certain`` is False). What cannot be read is such a window too, with a warning, beside those that can.
    """
    windows: list[Window] = []
    findings: list[Finding] = []
    announced = False
    for record in records:
        start, slash, end = (part.strip() for part in record.value.partition("/"))
        if re.fullmatch(r"NONE|BY_?NOTAM", start, re.I) and (not slash or end.upper() == "NONE"):
            announced = True
            continue
        window = _window(start, end) if slash else None
        if window is None:
            text = say(
                "AA {value} (expected start/end in UTC, ISO 8601): activation unknown",
                value=repr(record.value[:60]),
            )
            findings.append(
                Finding("openair-bad-activation", Severity.WARNING, text, source, f"line {record.line}")
            )
        windows.append(window or ANNOUNCED)
    if announced:
        if windows:
            text = say("AA NONE overrides the other AA records of its block")
            findings.append(Finding("openair-activation-overridden", Severity.WARNING, text, source, locator))
        windows = [ANNOUNCED]
    return (Schedule(tuple(windows)) if windows else None), findings


def instant_text(time_us: int) -> str:
    """Return UTC microseconds as OpenAir writes them, to the second (``2025-01-01T12:00:00Z``)."""
    whole = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=time_us)
    return whole.strftime("%Y-%m-%dT%H:%M:%SZ")


def _window(start: str, end: str) -> Window | None:
    """Return a window with at least one end, or None where the text says none."""
    start_us, end_us = _instant_us(start), _instant_us(end)
    if (start_us is None and start.upper() != "NONE") or (end_us is None and end.upper() != "NONE"):
        return None
    if start_us is not None and end_us is not None and start_us >= end_us:
        return None
    return Window(start_us, end_us)


def _instant_us(text: str) -> int | None:
    """Return an ISO 8601 instant in UTC as microseconds, 24:00 included; None where it is none."""
    found = _INSTANT.fullmatch(text)
    if found is None:
        return None
    try:
        day = datetime.fromisoformat(found[1]).replace(tzinfo=UTC)
    except ValueError:
        return None
    hour, minute, second = int(found[2]), int(found[3]), int(found[4] or 0)
    if minute > 59 or second > 59 or hour * 3600 + minute * 60 + second > 86_400:
        return None
    days = (day - datetime(1970, 1, 1, tzinfo=UTC)).days
    return (days * 86_400 + hour * 3600 + minute * 60 + second) * 1_000_000
