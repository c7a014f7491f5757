"""The hours of a zone as NOTAMs say them: on the clock of UTC, so many as one item D holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from nofly.errors import InputError
from nofly.run.deciding.notam_words import SCHEDULE_CHARACTERS, schedule
from nofly.units import US_PER_S
from nofly.zones.clock import LocalClock
from nofly.zones.model import Zone
from nofly.zones.schedule import ClockTime, Period, Schedule, SunTime, Window

_DAY_S = 86_400
_FIRST_S, _LAST_S = 946_684_800, 4_102_444_799
"""The years 2000 to 2099, which a NOTAM can say: a span without an end is looked at up to then."""
_ALL_DAYS = frozenset(range(7))


def windows(zone: Zone) -> list[Window]:
    """Return the windows in which a zone holds, within its validity, their periods on the clock of UTC, each
    with no more periods than an item D holds. Raises InputError for what a NOTAM cannot say."""
    held = zone.schedule or Schedule((Window(),))
    if not held.windows or not all(window.certain for window in held.windows):
        raise InputError("a NOTAM cannot say hours that are announced elsewhere, or none", expected="hours")
    found = []
    for window in held.windows:
        within = _within(window, zone)
        if within.start_us is None:
            raise InputError(
                "a NOTAM without a beginning", locator="valid_from", expected="a time from which it holds"
            )
        if within.end_us is None or within.end_us > within.start_us:
            periods = _in_utc(within, held.time_zone)
            found += [replace(within, periods=some) for some in _fitting(periods)]
    if not found:
        raise InputError("a NOTAM ends where it begins", expected="a span of at least a minute")
    return found


def _within(window: Window, zone: Zone) -> Window:
    starts = [us for us in (window.start_us, zone.valid_from_us) if us is not None]
    ends = [us for us in (window.end_us, zone.valid_to_us) if us is not None]
    return replace(window, start_us=max(starts, default=None), end_us=min(ends, default=None))


def _fitting(periods: tuple[Period, ...]) -> Iterator[tuple[Period, ...]]:
    """Yield the periods in order, as many at a time as 200 characters hold."""
    some: tuple[Period, ...] = ()
    for period in periods:
        if some and len(schedule((*some, period))) > SCHEDULE_CHARACTERS:
            yield some
            some = ()
        some = (*some, period)
    yield some


def _in_utc(window: Window, time_zone: str) -> tuple[Period, ...]:
    if time_zone == "UTC" or not window.periods:
        return window.periods
    offset_s = _offset_s(window, time_zone)
    return tuple(_moved(period, offset_s, time_zone) for period in window.periods)


def _offset_s(window: Window, time_zone: str) -> int:
    """Return how far a clock is ahead of UTC over the whole of a window. Raises InputError where it changes
    within."""
    first_s = max(_FIRST_S, (window.start_us or 0) // US_PER_S)
    last_s = _LAST_S if window.end_us is None else min(_LAST_S, (window.end_us - 1) // US_PER_S)
    last_s = max(first_s, last_s)
    found = LocalClock(time_zone, first_s // _DAY_S, last_s // _DAY_S).offsets_s(first_s, last_s)
    if len(found) > 1:
        raise InputError(
            f"a NOTAM cannot say hours on the clock of {time_zone}, which changes between its begin and end",
            expected="UTC, or a span in which the clock does not change",
        )
    return found.pop()


def _moved(period: Period, offset_s: int, time_zone: str) -> Period:
    """Return a period on the clock of UTC; the day named is the one on which it starts there."""
    start, end, daily = period.start, period.end, not period.days or period.days == _ALL_DAYS
    if not daily and isinstance(start, SunTime):
        raise InputError(
            f"a NOTAM cannot say on which days of UTC the sun rises or sets on days of {time_zone}",
            expected="UTC, or every day",
        )
    if (
        daily and isinstance(start, ClockTime) and isinstance(end, ClockTime)
        and (end.second_of_day - start.second_of_day) % _DAY_S == 0
    ):  # fmt: skip
        return Period(ClockTime(0), ClockTime(_DAY_S))
    shift = (start.second_of_day - offset_s) // _DAY_S if isinstance(start, ClockTime) else 0
    days = frozenset() if daily else frozenset((day + shift) % 7 for day in period.days)
    return Period(_clock(start, offset_s), _clock(end, offset_s), days)


def _clock(time: ClockTime | SunTime, offset_s: int) -> ClockTime | SunTime:
    return ClockTime((time.second_of_day - offset_s) % _DAY_S) if isinstance(time, ClockTime) else time
