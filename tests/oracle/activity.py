"""When a zone is active, by the plain reading of its schedule: UTC clock periods and date ranges only."""

from __future__ import annotations

from nofly.zones.schedule import ClockTime, Period, Schedule
from tests.oracle.spans import Spans, intersection, union

_DAY_S = 86_400
_EVER_S = 1e12


def active_spans(schedule: Schedule | None, origin_us: int, end_s: float, *, maybe: bool) -> Spans:
    """Return when the zone is active, in seconds after ``origin_us``, at least until ``end_s``.

    ``maybe`` counts the windows that are not certain.
    """
    if schedule is None:
        return [(-_EVER_S, _EVER_S)]
    if schedule.time_zone != "UTC":
        raise ValueError("the oracle reads UTC schedules only")
    found: Spans = []
    for window in schedule.windows:
        if not (window.certain or maybe):
            continue
        start = -_EVER_S if window.start_us is None else (window.start_us - origin_us) / 1e6
        end = _EVER_S if window.end_us is None else (window.end_us - origin_us) / 1e6
        if not window.periods:
            found += [(start, end)]
            continue
        daily = union(*(_days(period, origin_us, end_s) for period in window.periods))
        found += [(a, b) for a, b in intersection(daily, [(start, end)]) if b > a]
    return union(found)


def _days(period: Period, origin_us: int, end_s: float) -> Spans:
    if not (isinstance(period.start, ClockTime) and isinstance(period.end, ClockTime)):
        raise ValueError("the oracle does not know the sun")
    opens, closes = period.start.second_of_day, period.end.second_of_day
    if closes <= opens:
        closes += _DAY_S
    first = origin_us // 1_000_000 // _DAY_S - 2
    out: Spans = []
    for day in range(first, first + int(end_s // _DAY_S) + 5):
        # 1970-01-01 was a Thursday; Monday is 0.
        if not period.days or (day + 3) % 7 in period.days:
            midnight_s = (day * _DAY_S * 1_000_000 - origin_us) / 1e6
            out.append((midnight_s + opens, midnight_s + closes))
    return out
