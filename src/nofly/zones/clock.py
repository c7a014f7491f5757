"""Days and times of day on a schedule's clock, many at once.

Days are numbers of days since 1970-01-01 on that clock. A local time that does not exist (the clock jumps
over it) is the instant of the jump. One that exists twice is the first of the two where a period starts and
the second where one ends, so that no period is shorter than published.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from nofly.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

DAY_S = 86_400
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_BLOCK_DAYS = 512


class LocalClock:
    """The clock of an IANA time zone, over the days from ``first_day`` to ``last_day`` (both included)."""

    def __init__(self, time_zone: str, first_day: int, last_day: int) -> None:
        """Raise InputError where the name is no IANA time zone."""
        self.time_zone = time_zone
        changes: list[tuple[int, int]] = []
        first_block, last_block = (first_day - 2) // _BLOCK_DAYS, (last_day + 2) // _BLOCK_DAYS
        offset, _ = _changes(time_zone, first_block)
        for block in range(first_block, last_block + 1):
            changes.extend(_changes(time_zone, block)[1])
        self._at = np.array([at for at, _ in changes], dtype=np.int64)
        self._offsets = np.array([offset, *(after for _, after in changes)], dtype=np.int64)

    def instants_s(self, day: NDArray[np.int64], second_of_day: int, *, last: bool) -> NDArray[np.int64]:
        """Return UTC seconds of a time of day on each day; ``last`` takes the second of two."""
        local = day * DAY_S + second_of_day
        before, after, at = self._offsets[:-1], self._offsets[1:], self._at
        utc: NDArray[np.int64]
        if not len(at):
            utc = local - self._offsets[0]
            return utc
        turn = at + (np.minimum(before, after) if last else np.maximum(before, after))
        index = np.searchsorted(turn, local, side="right")
        utc = local - self._offsets[index]
        if last:
            jump = np.where(index > 0, at[np.maximum(index - 1, 0)], utc)
            return np.where(utc < jump, jump, utc)
        jump = np.where(index < len(at), at[np.minimum(index, len(at) - 1)], utc)
        return np.where(utc > jump, jump, utc)

    def offsets_s(self, from_s: int, until_s: int) -> set[int]:
        """Return how far the clock is ahead of UTC from a UTC second on until another: one offset where it
        does not change in between."""
        first, last = np.searchsorted(self._at, (from_s, until_s), side="right")
        return {int(offset) for offset in self._offsets[first : last + 1]}

    def days_of(self, utc_s: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the day on this clock in which each instant lies."""
        offset = self._offsets[np.searchsorted(self._at, utc_s, side="right")]
        days: NDArray[np.int64] = (utc_s + offset) // DAY_S
        return days


def check_time_zone(name: str) -> None:
    """Raise InputError, naming it, where a text is no IANA time zone."""
    _zone(name)


@lru_cache(maxsize=64)
def _zone(name: str) -> tzinfo:
    if name in ("UTC", "Etc/UTC", "Z"):
        return UTC
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        shown = name if len(name) <= 60 else name[:60] + "…"
        raise InputError(
            f"{shown!r} is not a time zone", expected="an IANA name such as Europe/Zurich, or UTC"
        ) from error


@lru_cache(maxsize=256)
def _changes(name: str, block: int) -> tuple[int, tuple[tuple[int, int], ...]]:
    """Return the offset at the start of a block of days and each change in it: (UTC second, new offset).

    Offsets are sampled at UTC midnights and each change is then found to the second; no clock has ever
    changed twice within a day.
    """
    zone = _zone(name)
    start = block * _BLOCK_DAYS * DAY_S
    first = _offset(zone, start)
    if zone is UTC:
        return 0, ()
    changes = []
    before = first
    for at in range(start, start + _BLOCK_DAYS * DAY_S, DAY_S):
        after = _offset(zone, at + DAY_S)
        if after != before:
            low, high = at, at + DAY_S
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if _offset(zone, middle) == before else (low, middle)
            changes.append((high, after))
            before = after
    return first, tuple(changes)


def _offset(zone: tzinfo, utc_s: int) -> int:
    moment = (_EPOCH + timedelta(seconds=utc_s)).astimezone(zone)
    offset = moment.utcoffset()
    return 0 if offset is None else round(offset.total_seconds())
