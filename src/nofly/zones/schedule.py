"""When a zone holds: date ranges with weekly periods, by the clock or by the sun.

A zone without a schedule holds always. Intervals are half open: a zone is active at the instant it
starts and no longer at the instant it ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum


class SunEvent(StrEnum):
    """Daylight events (ED-318 table 12): civil twilight begins and ends at −6°."""

    BMCT = "BMCT"
    SR = "SR"
    SS = "SS"
    EECT = "EECT"


@dataclass(frozen=True, slots=True)
class ClockTime:
    """A time of day on the schedule's clock; 86,400 s is the end of the day."""

    second_of_day: int


@dataclass(frozen=True, slots=True)
class SunTime:
    """An event of the sun at the zone's place, ``offset_s`` later (negative: earlier)."""

    event: SunEvent
    offset_s: int = 0


@dataclass(frozen=True, slots=True)
class Period:
    """A part of a day, on the named days (0 is Monday; none named is every day).

    An end not after its start is on the next day: 22:00 to 04:00, or 08:00 to 08:00 for 24 hours.
    The day named is the one on which the period starts.
    """

    start: ClockTime | SunTime
    end: ClockTime | SunTime
    days: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Window:
    """A date range and the periods in it; without periods the whole range.

    ``certain`` is False where the publisher says that activation is announced elsewhere (by NOTAM):
    within such a window the zone may or may not be active, and the verdict is undetermined.
    """

    start_us: int | None = None
    end_us: int | None = None
    periods: tuple[Period, ...] = ()
    certain: bool = True


@dataclass(frozen=True, slots=True)
class Schedule:
    """The union of its windows. An empty tuple of windows is never active."""

    windows: tuple[Window, ...]
    time_zone: str = "UTC"
    """An IANA name: the clock and the calendar that periods are read on."""


_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_EVENTS = {
    SunEvent.BMCT: "dawn (civil twilight)",
    SunEvent.SR: "sunrise",
    SunEvent.SS: "sunset",
    SunEvent.EECT: "dusk (civil twilight)",
}


def describe(schedule: Schedule | None) -> str:
    """Return the schedule in plain words, one sentence without a full stop.

    ``Mon–Fri 08:00–16:00 Europe/Zurich``; ``daily sunrise to sunset, from 2024-05-01 00:00 Z until
    2024-10-01 00:00 Z``; ``always``; ``never``.
    """
    if schedule is None:
        return "always"
    if not schedule.windows:
        return "never"
    return "; ".join(_window_text(window, schedule.time_zone) for window in schedule.windows)


def _window_text(window: Window, time_zone: str) -> str:
    text = " and ".join(_period_text(period) for period in window.periods)
    if any(isinstance(end, ClockTime) for period in window.periods for end in (period.start, period.end)):
        text = f"{text} {time_zone}"
    bounds = []
    if window.start_us is not None:
        bounds.append(f"from {_instant_text(window.start_us)}")
    if window.end_us is not None:
        bounds.append(f"until {_instant_text(window.end_us)}")
    text = ", ".join(part for part in (text, " ".join(bounds)) if part) or "always"
    return text if window.certain else f"when announced (by NOTAM or otherwise), {text}"


def _period_text(period: Period) -> str:
    start, end = _time_text(period.start), _time_text(period.end)
    clock = isinstance(period.start, ClockTime) and isinstance(period.end, ClockTime)
    return (
        f"{_days_text(period.days)} {start}–{end}" if clock else f"{_days_text(period.days)} {start} to {end}"
    )


def _days_text(days: frozenset[int]) -> str:
    if not days or len(days) == 7:
        return "daily"
    runs: list[list[int]] = []
    for day in sorted(days):
        if runs and runs[-1][-1] == day - 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    names = [
        f"{_DAYS[run[0]]}–{_DAYS[run[-1]]}" if len(run) > 2 else ", ".join(_DAYS[d] for d in run)
        for run in runs
    ]
    return ", ".join(names)


def _time_text(time: ClockTime | SunTime) -> str:
    if isinstance(time, ClockTime):
        minutes, seconds = divmod(time.second_of_day, 60)
        text = f"{minutes // 60:02d}:{minutes % 60:02d}"
        return f"{text}:{seconds:02d}" if seconds else text
    name = _EVENTS[time.event]
    if not time.offset_s:
        return name
    minutes = round(abs(time.offset_s) / 60)
    return f"{minutes} min {'after' if time.offset_s > 0 else 'before'} {name}"


def _instant_text(time_us: int) -> str:
    try:
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=time_us)
    except OverflowError:
        return "the end of time" if time_us > 0 else "the beginning of time"
    return moment.strftime("%Y-%m-%d %H:%M:%S Z").replace(":00 Z", " Z")
