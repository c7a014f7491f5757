"""Who was inside at one instant."""

from __future__ import annotations

import dataclasses
import re
from datetime import UTC, datetime, timedelta

from nofly.errors import ConfigError, Finding, Severity
from nofly.run.result import CheckResult

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DATE = re.compile(r"(\d{4}-\d\d-\d\d|\d{8})\s*([Zz]|[+-]\d\d:\d\d)?", re.ASCII)


def instant(text: str, *, day: bool = False) -> int:
    """Return an ISO 8601 time with its zone (``2022-03-04T12:00:00Z``) as UTC microseconds.

    With ``day`` a date alone is the midnight it begins with, UTC where it names no zone. Raises ConfigError
    for what is no time, has no zone, or is a date where an instant is asked for.
    """
    given = text.strip()
    date = _DATE.fullmatch(given)
    midnight = date and f"{date[1]}T00:00:00{(date[2] or 'Z').upper()}"
    try:
        moment = datetime.fromisoformat(re.sub(r"\s*[Zz]$", "+00:00", midnight or given))
    except ValueError as error:
        raise ConfigError(f"time {text!r}", expected="ISO 8601, as 2022-03-04T12:00:00Z") from error
    if midnight and not day:
        raise ConfigError(f"time {text!r} is a whole day", expected=f"{midnight} for its beginning")
    if moment.tzinfo is None:
        raise ConfigError(f"time {text!r} has no zone", expected=f"{moment.isoformat()}Z for UTC")
    return utc_us(moment)


def utc_us(moment: datetime) -> int:
    """Return a time with its zone as UTC microseconds."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def inside_at(result: CheckResult, time_us: int) -> CheckResult:
    """Return the result with only the stays, and only the gaps, that hold the instant.

    A stay is judged by the edition of its zone that was in force at each moment of it, so also at this one.
    Entry belongs to a stay, exit does not. Where no report reaches so far back or on, the answer is not that
    nobody was inside: the result is not ``answered`` and has a finding ``no-reports-then``.
    """
    stays = tuple(
        s
        for s in result.infringements
        if s.entry_time_us <= time_us < max(s.exit_time_us, s.entry_time_us + 1)
    )
    gaps = tuple(g for g in result.gaps if g.start_us < time_us < g.end_us)
    span = result.span_us
    if span is not None and span[0] <= time_us <= span[1]:
        return dataclasses.replace(result, infringements=stays, gaps=gaps)
    message = "there are no reports of this time: nothing can be said of it"
    finding = Finding("no-reports-then", Severity.WARNING, message, "--at")
    return dataclasses.replace(
        result, infringements=stays, gaps=gaps, findings=(*result.findings, finding), answered=False
    )
