"""The TimeSpan of a placemark as the validity of its zone (OGC 07-147r2 § 15.2)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from nofly.formats._json import Notes, Rejected
from nofly.formats._kml_tree import Node

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DATE = re.compile(r"(\d{4})(?:-(\d\d))?(?:-(\d\d))?")


def validity(placemark: Node, inherited: Node | None, notes: Notes) -> tuple[int | None, int | None]:
    """Return from and until when a placemark holds, UTC microseconds; None is open.

    Without a span of its own it has that of the nearest folder (§ 9.6, § 15.1.2), ``inherited``. A year, a
    month or a day as the end is included in whole, with a finding. Raises Rejected where a time is none or
    the span ends before it starts.
    """
    stamp = placemark.child("TimeStamp")
    if stamp is not None:
        text = "a TimeStamp is a moment, not a span: no validity is read from it"
        notes.warn("kml-time-stamp", text, f"line {stamp.line}")
    span = placemark.child("TimeSpan") or inherited
    if span is None:
        return None, None
    locator = f"line {span.line}"
    begin, end = span.said("begin"), span.said("end")
    begin_us = _instant_us(begin, False, locator, notes) if begin else None
    end_us = _instant_us(end, True, locator, notes) if end else None
    if end and _DATE.fullmatch(end):
        notes.info("kml-whole-days", f"valid until the end of {end}, UTC", locator)
    if begin_us is not None and end_us is not None and begin_us >= end_us:
        raise Rejected("bad-time", f"a TimeSpan from {begin[:30]!r} to {end[:30]!r}", locator)
    return begin_us, end_us


def _instant_us(text: str, is_end: bool, locator: str, notes: Notes) -> int:
    date = _DATE.fullmatch(text)
    try:
        if date:
            year, month, day = int(date[1]), int(date[2] or 1), int(date[3] or 1)
            when = datetime(year, month, day, tzinfo=UTC)
            if is_end:
                when = _after(when, bool(date[2]), bool(date[3]))
        else:
            if len(text) > 40:
                raise ValueError
            when = datetime.fromisoformat(text)
            if when.tzinfo is None:
                notes.warn("time-zone-missing", f"{text} has no time zone: read as UTC", locator)
                when = when.replace(tzinfo=UTC)
        return (when - _EPOCH) // timedelta(microseconds=1)
    except (ValueError, OverflowError):
        raise Rejected(
            "bad-time", f"{text[:40]!r} (expected 2026, 2026-08, 2026-08-01 or with a time)", locator
        ) from None


def _after(when: datetime, has_month: bool, has_day: bool) -> datetime:
    """Return the first moment after a year, month or day."""
    if has_day:
        return when + timedelta(days=1)
    if has_month:
        return (when + timedelta(days=32)).replace(day=1)
    return when.replace(year=when.year + 1)
