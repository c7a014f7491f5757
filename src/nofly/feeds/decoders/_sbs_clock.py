"""Dates and times of SBS-1 messages, written without a zone, as microseconds UTC."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nofly.feeds.times import clock_us, day_us, offsets_us, zone_of

_QUARTER_US = 900_000_000
_MOST_KEPT = 10_000
_MOST_DATES = 4
"""Dates in one block of lines that are read in columns: a block reaches over midnight, hardly further."""

DATE_BYTES, CLOCK_BYTES = 10, 12
"""Of a plain date ``2010/05/23`` and a plain time ``00:00:17.984``."""


class SenderClock:
    """Reads dates and times that are in one zone."""

    def __init__(self, time_zone: str | None) -> None:
        """``time_zone`` is the IANA name of the zone; None is UTC."""
        self._zone = None if time_zone in (None, "UTC") else zone_of(str(time_zone))
        self._days: dict[str, int | None] = {}
        self._seconds: dict[str, int | None] = {}
        self._shifts: dict[int, tuple[int, int]] = {}

    def time_us(self, day: str, clock: str, received_us: int | None) -> int | None:
        """Return a date ``2010/05/23`` and a time ``00:00:17.984`` as microseconds UTC, or None.

        Of a time that occurs twice, where summer time ends, the one nearest to the time received is meant; of
        a recording the first.
        """
        midnight_us, of_day_us = self._day_us(day.strip()), self._clock_us(clock.strip())
        if midnight_us is None or of_day_us is None:
            return None
        local_us = midnight_us + of_day_us
        if self._zone is None:
            return local_us
        first_us, second_us = (local_us - shift for shift in self._shifts_us(local_us // _QUARTER_US))
        if received_us is None or second_us <= first_us:
            return first_us
        return min(first_us, second_us, key=lambda us: abs(us - received_us))

    def times_us(
        self, dates: NDArray[np.uint8], clocks: NDArray[np.uint8], received_us: int | None
    ) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Return n times as microseconds UTC, and which of them are plain and were read.

        ``dates`` are (:data:`DATE_BYTES`, n) characters, ``clocks`` (:data:`CLOCK_BYTES`, n).
        """
        midnight_us, good = self._midnights_us(dates)
        of_day_us, clear = _of_day_us(clocks)
        local_us = midnight_us + of_day_us
        good &= clear
        if self._zone is None:
            return local_us, good
        quarters, which = np.unique(np.where(good, local_us, 0) // _QUARTER_US, return_inverse=True)
        shifts_us = np.array([self._shifts_us(quarter) for quarter in quarters.tolist()]).reshape(-1, 2)
        first_us, second_us = local_us - shifts_us[which, 0], local_us - shifts_us[which, 1]
        if received_us is None:
            return first_us, good
        later = (second_us > first_us) & (np.abs(second_us - received_us) < np.abs(first_us - received_us))
        return np.where(later, second_us, first_us), good

    def _midnights_us(self, dates: NDArray[np.uint8]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        out, good = np.zeros(dates.shape[1], np.int64), np.zeros(dates.shape[1], np.bool_)
        left: Any = slice(None)
        for _ in range(_MOST_DATES):
            some = dates[:, left]
            same = (some == some[:, :1]).all(axis=0)
            midnight_us = self._day_us(some[:, 0].tobytes().decode("ascii", "replace"))
            rows = np.flatnonzero(same) if isinstance(left, slice) else left[same]
            if midnight_us is not None:
                out[rows], good[rows] = midnight_us, True
            if same.all():
                break
            left = np.flatnonzero(~same) if isinstance(left, slice) else left[~same]
        return out, good

    def _day_us(self, day: str) -> int | None:
        if day not in self._days:
            if len(self._days) > _MOST_KEPT:
                self._days.clear()
            self._days[day] = day_us(day)
        return self._days[day]

    def _clock_us(self, clock: str) -> int | None:
        """Return a time of day; its whole seconds are read once."""
        second, milli = clock[:8], clock[9:]
        if len(milli) != 3 or clock[8] != "." or not (milli.isascii() and milli.isdigit()):
            return clock_us(clock)
        if second not in self._seconds:
            if len(self._seconds) > _MOST_KEPT:
                self._seconds.clear()
            self._seconds[second] = clock_us(second)
        whole_us = self._seconds[second]
        return None if whole_us is None else whole_us + int(milli) * 1000

    def _shifts_us(self, quarter: int) -> tuple[int, int]:
        if quarter not in self._shifts:
            if len(self._shifts) > _MOST_KEPT:
                self._shifts.clear()
            assert self._zone is not None
            self._shifts[quarter] = offsets_us(self._zone, quarter * _QUARTER_US)
        return self._shifts[quarter]


def _of_day_us(clocks: NDArray[np.uint8]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return times of day, and which of them are such."""
    digits = clocks[[0, 1, 3, 4, 6, 7, 9, 10, 11]] - np.uint8(ord("0"))
    good = (digits < 10).all(axis=0) & (clocks[2] == ord(":")) & (clocks[5] == ord(":"))
    good &= clocks[8] == ord(".")
    d = digits.astype(np.int64)
    hour, minute, second = d[0] * 10 + d[1], d[2] * 10 + d[3], d[4] * 10 + d[5]
    good &= (hour <= 23) & (minute <= 59) & (second <= 59)
    milli = d[6] * 100 + d[7] * 10 + d[8]
    return ((hour * 60 + minute) * 60 + second) * 1_000_000 + milli * 1000, good
