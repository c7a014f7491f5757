"""The archive of positions, written from the journal in a thread of its own beside the loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TypeVar

from nofly.errors import Finding, StoreError
from nofly.run.archive import Archiving
from nofly.units import DAY_US

PAUSE_S = 0.5

T = TypeVar("T")


class ArchiveThread:
    """Takes what is in the journal into the archive until the block it is entered for ends."""

    def __init__(self, state: Path, keep_days: float) -> None:
        """``state`` is the folder of the journal and of the archive; files all of whose rows are older than
        ``keep_days`` before the latest judged are deleted (0: none ever)."""
        self._state, self._keep_us = state, round(keep_days * DAY_US)
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="archive")
        self._until, self._event_us = 0, 0
        self._forgot_us = 0
        self._more = asyncio.Event()
        self.findings: list[Finding] = []
        self.error: str | None = None

    async def __aenter__(self) -> ArchiveThread:
        """Open the archive. Raises StoreError where that fails."""
        self._archiving = await self._do(
            lambda: Archiving(self._state / "journal", self._state / "positions")
        )
        self._task = asyncio.create_task(self._run(), name="archive")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Write what is held and close the archive."""
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task
        with suppress(StoreError):
            while await self._do(lambda: self._archiving.step(self._until)):
                pass
            await self._do(self._archiving.flush)
        await self._do(self._archiving.close)
        self._pool.shutdown()

    @property
    def forgettable(self) -> int:
        """The journal's offset before which nothing is needed here any more."""
        return self._archiving.forgettable

    def until(self, offset: int, event_us: int) -> None:
        """Say how far the journal has been committed, and up to when reports have been judged."""
        self._until, self._event_us = offset, event_us
        self._more.set()

    async def _run(self) -> None:
        while True:
            await self._more.wait()
            self._more.clear()
            try:
                while await self._do(lambda: self._archiving.step(self._until)):
                    pass
                if self._keep_us and self._event_us - self._forgot_us >= DAY_US // 24:
                    self._forgot_us = self._event_us
                    before_us = self._event_us - self._keep_us
                    await self._do(partial(self._archiving.forget, before_us))
                self.error = None
            except StoreError as error:
                self.error = str(error)
            self.findings += self._archiving.take_findings()
            await asyncio.sleep(PAUSE_S)

    async def _do(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)
