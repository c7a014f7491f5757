"""When a schedule makes its zone active: intervals on the time line.

The rules, each where a publication leaves room (docs/reference/schedules.md):

* The day a period names is the one on which it starts, on the schedule's clock. Events of the sun are those
  of the solar day whose noon is nearest to that day's 12:00 on that clock, whatever UTC date they have.
* Two clock times: an end not after its start is on the next day. Two events: an end that comes no later in
  the order BMCT, SR, SS, EECT is the next one after the start. A clock time and an event: the next end
  after the start; but where that skips an end in the same half of the solar day ("16:00 to SS" in
  December), nothing or a whole day may be meant, and the period is uncertain.
* An event that does not occur is what it tends to: where the sun stays up, solar midnight; where it stays
  down, noon. So SR to SS is the whole of a polar day and nothing of a polar night. With a clock time at the
  other end the period is uncertain.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from nofly.errors import InputError
from nofly.geo.sun import (
    CIVIL_TWILIGHT_ELEVATION_DEG,
    OCCURS,
    SUNRISE_ELEVATION_DEG,
    SunPath,
    mean_noon_us,
    solar_day,
    sun_crossing_us,
    sun_path,
)
from nofly.units import DAY_US, US_PER_S
from nofly.zones.clock import DAY_S, LocalClock
from nofly.zones.schedule import ClockTime, Period, Schedule, SunEvent, SunTime, Window

if TYPE_CHECKING:
    from numpy.typing import NDArray

ALWAYS_FROM_US = -(1 << 62)
"""The start of an interval that has none."""
ALWAYS_UNTIL_US = 1 << 62
"""The end of an interval that has none."""

MAY_BE_ACTIVE, ACTIVE = 0, 1
"""The third column of :func:`active_intervals`."""

_MARGIN_DAYS = 4
_FIRST_DAY, _LAST_DAY = -146_097, 219_145
"""1570 to 2569: civil calendars and the sun's formulas hold; a date beyond is a mistake."""
_MAX_OFFSET_S = 43_200
_SUN_BLOCK = 128
_LOCAL_US = 4 * 3_600_000_000
"""A clock within four hours of the sun is a local one: its date names the solar day of all its hours."""
_EVENTS = {
    SunEvent.BMCT: (CIVIL_TWILIGHT_ELEVATION_DEG, True, 0),
    SunEvent.SR: (SUNRISE_ELEVATION_DEG, True, 1),
    SunEvent.SS: (SUNRISE_ELEVATION_DEG, False, 2),
    SunEvent.EECT: (CIVIL_TWILIGHT_ELEVATION_DEG, False, 3),
}
"""Elevation, rising, place in the order of the day."""


def active_intervals(
    schedule: Schedule | None,
    valid_from_us: int | None,
    valid_to_us: int | None,
    lat_deg: float,
    lon_deg: float,
    from_us: int,
    until_us: int,
) -> NDArray[np.int64]:
    """Return when a zone at a place is active: rows of (start_us, end_us, certain), shape (n, 3).

    Half-open, sorted, disjoint; neighbours that touch differ in ``certain``: ``ACTIVE`` or
    ``MAY_BE_ACTIVE``. The rows tell the truth for every instant from ``from_us`` to ``until_us`` and do not
    depend on which range was asked; beyond it nothing is said. Validity cuts the schedule; None is no bound.

    Raises InputError for an unknown time zone, a time or offset out of range, or a range that is reversed
    or leaves the years 1570 to 2569 where periods have to be worked out.
    """
    if until_us < from_us:
        raise InputError("the range of times ends before it starts")
    start = ALWAYS_FROM_US if valid_from_us is None else max(valid_from_us, ALWAYS_FROM_US)
    end = ALWAYS_UNTIL_US if valid_to_us is None else min(valid_to_us, ALWAYS_UNTIL_US)
    if schedule is None:
        return _merged([np.array([[start, end, ACTIVE]], dtype=np.int64)])
    parts = [
        part
        for window in schedule.windows
        for part in _of_window(window, schedule.time_zone, start, end, lat_deg, lon_deg, from_us, until_us)
    ]
    merged = _merged(parts)
    return merged[(merged[:, 1] >= from_us) & (merged[:, 0] <= until_us)]


def activity_at(intervals: NDArray[np.int64], time_us: NDArray[np.int64]) -> NDArray[np.int8]:
    """Return for each instant 1 (active), 0 (not active) or -1 (may be active), int8."""
    if not len(intervals):
        return np.zeros(len(time_us), dtype=np.int8)
    index = np.searchsorted(intervals[:, 0], time_us, side="right") - 1
    row = intervals[np.maximum(index, 0)]
    inside = (index >= 0) & (time_us < row[:, 1])
    return np.where(inside, np.where(row[:, 2] == ACTIVE, 1, -1), 0).astype(np.int8)


def _of_window(
    window: Window, time_zone: str, start: int, end: int, lat_deg: float, lon_deg: float,
    from_us: int, until_us: int,
) -> list[NDArray[np.int64]]:  # fmt: skip
    start = start if window.start_us is None else max(start, window.start_us)
    end = end if window.end_us is None else min(end, window.end_us)
    if start >= end:
        return []
    if not window.periods:
        return [np.array([[start, end, int(window.certain)]], dtype=np.int64)]
    first = max(start, from_us) // DAY_US - _MARGIN_DAYS
    last = min(end, until_us) // DAY_US + _MARGIN_DAYS
    if first > last:
        return []
    if first < _FIRST_DAY or last > _LAST_DAY:
        raise InputError(
            "a schedule with periods is asked about a time it cannot be worked out for",
            expected="a time in the years 1571 to 2568",
        )
    days = np.arange(first, last + 1, dtype=np.int64)
    clock = LocalClock(time_zone, int(first), int(last))
    place = _Place(lat_deg, lon_deg, clock)
    parts = []
    for period in window.periods:
        named = days
        if period.days:
            weekdays = np.array(sorted(period.days), dtype=np.int64)
            named = days[np.isin((days + 3) % 7, weekdays)]
        if not len(named):
            continue
        rows = place.intervals(period, named)
        rows[:, 2] &= int(window.certain)
        rows[:, 0] = np.maximum(rows[:, 0], start)
        rows[:, 1] = np.minimum(rows[:, 1], end)
        parts.append(rows)
    return parts


class _Place:
    """A clock and a place under the sun: where periods become instants."""

    def __init__(self, lat_deg: float, lon_deg: float, clock: LocalClock) -> None:
        if not (abs(lat_deg) <= 90.0 and abs(lon_deg) <= 180.0):
            raise InputError(
                f"a schedule at {lat_deg}, {lon_deg}", expected="latitude within ±90°, longitude within ±180°"
            )
        self.lat_deg, self.lon_deg, self.clock = lat_deg, lon_deg, clock

    def intervals(self, period: Period, days: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return rows of (start_us, end_us, certain), one a day."""
        start, end = _checked(period.start), _checked(period.end)
        if isinstance(start, ClockTime):
            if isinstance(end, ClockTime):
                return self._clock_clock(start, end, days)
            return self._clock_sun(start, end, days)
        if isinstance(end, ClockTime):
            return self._sun_clock(start, end, days)
        return self._sun_sun(start, end, days)

    def _clock_clock(self, start: ClockTime, end: ClockTime, days: NDArray[np.int64]) -> NDArray[np.int64]:
        overnight = end.second_of_day <= start.second_of_day
        starts = self._clock_us(days, start.second_of_day, last=False)
        ends = self._clock_us(days + 1 if overnight else days, end.second_of_day, last=True)
        return _rows(starts, ends, np.ones(len(days), dtype=np.bool_))

    def _sun_sun(self, start: SunTime, end: SunTime, days: NDArray[np.int64]) -> NDArray[np.int64]:
        solar = self._solar_days(days)
        starts, _ = self._sun(start, solar)
        ends, _ = self._sun(end, solar)
        order = _EVENTS[end.event][2] - _EVENTS[start.event][2]
        if order < 0 or (order == 0 and end.offset_s <= start.offset_s):
            following, _ = self._sun(end, solar + 1)
            ends = np.where(ends > starts, ends, following) if order else following
        return _rows(starts, ends, np.ones(len(days), dtype=np.bool_))

    def _clock_sun(self, start: ClockTime, end: SunTime, days: NDArray[np.int64]) -> NDArray[np.int64]:
        starts = self._clock_us(days, start.second_of_day, last=False)
        solar = self._solar_days(days)
        distance = np.abs(self._clock_us(days, DAY_S // 2, last=False) - mean_noon_us(solar, self.lon_deg))
        solar = np.where(distance <= _LOCAL_US, solar, solar_day(starts, self.lon_deg))
        ends, certain = self._sun(end, solar)
        following, certain_following = self._sun(end, solar + 1)
        passed = ends <= starts
        forenoon = starts < mean_noon_us(solar, self.lon_deg)
        same_half = forenoon if _EVENTS[end.event][1] else ~forenoon
        certain = np.where(passed, certain_following & certain & ~same_half, certain)
        return _rows(starts, np.where(passed, following, ends), certain)

    def _sun_clock(self, start: SunTime, end: ClockTime, days: NDArray[np.int64]) -> NDArray[np.int64]:
        solar = self._solar_days(days)
        starts, certain = self._sun(start, solar)
        dates = self.clock.days_of(starts // US_PER_S)
        around = [self._clock_us(dates + step, end.second_of_day, last=True) for step in (-1, 0, 1, 2)]
        ends, skipped = around[3], around[2]
        for before, after in ((around[1], around[2]), (around[0], around[1])):
            sooner = after > starts
            ends, skipped = np.where(sooner, after, ends), np.where(sooner, before, skipped)
        noon = mean_noon_us(solar, self.lon_deg)
        half = noon - DAY_US // 2 if _EVENTS[start.event][1] else noon
        return _rows(starts, ends, certain & (skipped < half))

    def _clock_us(self, days: NDArray[np.int64], second_of_day: int, *, last: bool) -> NDArray[np.int64]:
        return self.clock.instants_s(days, second_of_day, last=last) * US_PER_S

    def _solar_days(self, days: NDArray[np.int64]) -> NDArray[np.int64]:
        return solar_day(self._clock_us(days, DAY_S // 2, last=False), self.lon_deg)

    def _sun(self, time: SunTime, solar: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Return the instants and whether the event occurs; one that does not has no offset."""
        elevation_deg, rising, _ = _EVENTS[time.event]
        first = int(solar.min()) // _SUN_BLOCK
        blocks = [
            _sun_block(self.lat_deg, self.lon_deg, elevation_deg, rising, block)
            for block in range(first, int(solar.max()) // _SUN_BLOCK + 1)
        ]
        index = solar - first * _SUN_BLOCK
        occurs = np.concatenate([states for _, states in blocks])[index] == OCCURS
        instants = np.concatenate([times for times, _ in blocks])[index]
        return instants + np.where(occurs, time.offset_s * US_PER_S, 0), occurs


@lru_cache(maxsize=4096)
def _sun_block(
    lat_deg: float, lon_deg: float, elevation_deg: float, rising: bool, block: int
) -> tuple[NDArray[np.int64], NDArray[np.int8]]:
    """Return the events of one whole block of solar days: a day's event is always worked out with the same
    neighbours, so that it is the same to the last bit whatever range is asked."""
    return sun_crossing_us(_path_block(lon_deg, block), lat_deg, elevation_deg, rising)


@lru_cache(maxsize=1024)
def _path_block(lon_deg: float, block: int) -> SunPath:
    return sun_path(np.arange(block * _SUN_BLOCK, (block + 1) * _SUN_BLOCK, dtype=np.int64), lon_deg)


def _checked(time: ClockTime | SunTime) -> ClockTime | SunTime:
    if isinstance(time, ClockTime):
        if not 0 <= time.second_of_day <= DAY_S:
            raise InputError(
                f"a time of day of {time.second_of_day} s", expected=f"0 to {DAY_S} seconds after midnight"
            )
    elif abs(time.offset_s) > _MAX_OFFSET_S:
        raise InputError(
            f"{time.event} with an offset of {time.offset_s} s", expected="at most 12 hours either way"
        )
    return time


def _rows(
    starts: NDArray[np.int64], ends: NDArray[np.int64], certain: NDArray[np.bool_]
) -> NDArray[np.int64]:
    return np.stack([starts, ends, certain.astype(np.int64)], axis=1)


def _merged(parts: list[NDArray[np.int64]]) -> NDArray[np.int64]:
    """Return the union: sorted, disjoint, certain where any certain row covers, neighbours alike joined."""
    rows = np.concatenate([*parts, np.empty((0, 3), dtype=np.int64)])
    rows = rows[rows[:, 1] > rows[:, 0]]
    if not len(rows):
        return rows
    times = np.concatenate([rows[:, 0], rows[:, 1]])
    step = np.repeat(np.array([1, -1], dtype=np.int64), len(rows))
    sure = np.concatenate([rows[:, 2], rows[:, 2]])
    order = np.argsort(times, kind="stable")
    times = times[order]
    some = np.cumsum(step[order]) > 0
    certain = np.cumsum((step * sure)[order]) > 0
    state = some.astype(np.int64) + certain
    final = np.append(times[1:] != times[:-1], True)
    times, state = times[final], state[final]
    change = np.append(True, state[1:] != state[:-1])
    times, state = times[change], state[change]
    live = np.flatnonzero(state > 0)
    return np.stack([times[live], times[live + 1], state[live] - 1], axis=1)
