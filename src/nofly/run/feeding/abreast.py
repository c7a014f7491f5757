"""Recordings replayed side by side, merged by the time of their events.

One that is read faster must not run ahead: what the others still have of that time would come late. So each
holds back what it has of one stretch of time until all have what they have of it, and then all give it at
once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from nofly.feeds.receiving import Clock
from nofly.units import US_PER_S

STRETCH_US = US_PER_S


class Abreast:
    """So many recordings, by number."""

    def __init__(self, count: int, clock: Clock) -> None:
        self._clock = clock
        self._next_us: list[int | None] = [None] * count
        self._ended = [False] * count
        self._held: list[Callable[[], None]] = []
        self._horizon_us: int | None = None
        self._moved = asyncio.Event()
        self.begun: tuple[int, int] = (0, 0)
        """The earliest time of all, and what the clock said when it was known."""

    async def until(self, number: int, time_us: int) -> None:
        """Return when what a recording has from ``time_us`` on may be read; all before is complete."""
        self._next_us[number] = time_us
        self._settle()
        while self._horizon_us is None or time_us >= self._horizon_us:
            await self._moved.wait()

    def due_us(self) -> int | None:
        """Return the last time that may be read now."""
        return None if self._horizon_us is None else self._horizon_us - 1

    def hold(self, give: Callable[[], None]) -> None:
        """Give what was read as soon as all others have what they have of that time."""
        self._held.append(give)

    def end(self, number: int) -> None:
        """Wait for a recording no longer."""
        self._ended[number] = True
        self._settle()

    def _settle(self) -> None:
        going = [at for at, over in zip(self._next_us, self._ended, strict=True) if not over]
        known = [at for at in going if at is not None]
        horizon_us = self._horizon_us
        if len(known) < len(going) or (horizon_us is not None and any(at < horizon_us for at in known)):
            return
        for give in self._held:
            give()
        self._held.clear()
        if not known:
            return
        if horizon_us is None:
            self.begun = min(known), self._clock()
        self._horizon_us = min(known) // STRETCH_US * STRETCH_US + STRETCH_US
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()
