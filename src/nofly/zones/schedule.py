"""When a zone holds: date ranges with weekly periods, by the clock or by the sun.

A zone without a schedule holds always. Intervals are half open: a zone is active at the instant it
starts and no longer at the instant it ends.
"""

from __future__ import annotations

from dataclasses import dataclass
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
