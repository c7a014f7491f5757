"""When a zone holds: date ranges with weekly periods, by the clock or by the sun.

A zone without a schedule holds always. Intervals are half open: a zone is active at the instant it
starts and no longer at the instant it ends.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from nofly.zones.sentence import Sentence, joined, say


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


_DAYS = (say("Mon"), say("Tue"), say("Wed"), say("Thu"), say("Fri"), say("Sat"), say("Sun"))
_EVENTS = {
    SunEvent.BMCT: say("dawn (civil twilight)"),
    SunEvent.SR: say("sunrise"),
    SunEvent.SS: say("sunset"),
    SunEvent.EECT: say("dusk (civil twilight)"),
}


def describe(schedule: Schedule | None) -> str:
    """Return the schedule in plain words, one sentence without a full stop.

    ``Mon–Fri 08:00–16:00 Europe/Zurich``; ``daily sunrise to sunset, from 2024-05-01 00:00 Z until
    2024-10-01 00:00 Z``; ``always``; ``never``.
    """
    return str(told(schedule))


def told(schedule: Schedule | None) -> Sentence:
    """Return what :func:`describe` does, with what it is made of."""
    if schedule is None:
        return say("always")
    if not schedule.windows:
        return say("never")
    return joined("; ", [_window_text(window, schedule.time_zone) for window in schedule.windows])


def _window_text(window: Window, time_zone: str) -> Sentence:
    parts = []
    if window.periods:
        periods = _all([_period_text(period) for period in window.periods])
        ends = [end for period in window.periods for end in (period.start, period.end)]
        by_clock = any(isinstance(end, ClockTime) for end in ends)
        parts.append(joined(" ", [periods, time_zone]) if by_clock else periods)
    bounds = []
    if window.start_us is not None:
        bounds.append(say("from {time}", time=_instant_text(window.start_us)))
    if window.end_us is not None:
        bounds.append(say("until {time}", time=_instant_text(window.end_us)))
    parts += [joined(" ", bounds)] if bounds else []
    text = joined(", ", parts) if parts else say("always")
    return text if window.certain else say("when announced (by NOTAM or otherwise), {when}", when=text)


def _all(parts: Sequence[Sentence]) -> Sentence:
    """Return parts with "and" between each two."""
    text = parts[0]
    for part in parts[1:]:
        text = say("{one} and {other}", one=text, other=part)
    return text


def _period_text(period: Period) -> Sentence:
    start, end, days = _time_text(period.start), _time_text(period.end), _days_text(period.days)
    if isinstance(period.start, ClockTime) and isinstance(period.end, ClockTime):
        return say("{days} {start}–{end}", days=days, start=start, end=end)
    return say("{days} {start} to {end}", days=days, start=start, end=end)


def _days_text(days: frozenset[int]) -> Sentence:
    if not days or len(days) == 7:
        return say("daily")
    runs: list[list[int]] = []
    for day in sorted(days):
        if runs and runs[-1][-1] == day - 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    names = [
        say("{one}–{other}", one=_DAYS[run[0]], other=_DAYS[run[-1]])
        if len(run) > 2
        else joined(", ", [_DAYS[d] for d in run])
        for run in runs
    ]
    return joined(", ", names)


def _time_text(time: ClockTime | SunTime) -> str:
    if isinstance(time, ClockTime):
        minutes, seconds = divmod(time.second_of_day, 60)
        text = f"{minutes // 60:02d}:{minutes % 60:02d}"
        return f"{text}:{seconds:02d}" if seconds else text
    name = _EVENTS[time.event]
    if not time.offset_s:
        return name
    far = str(round(abs(time.offset_s) / 60))
    words = "{minutes} min after {event}" if time.offset_s > 0 else "{minutes} min before {event}"
    return say(words, minutes=far, event=name)


def _instant_text(time_us: int) -> str:
    try:
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=time_us)
    except OverflowError:
        return "the end of time" if time_us > 0 else "the beginning of time"
    return moment.strftime("%Y-%m-%d %H:%M:%S Z").replace(":00 Z", " Z")
