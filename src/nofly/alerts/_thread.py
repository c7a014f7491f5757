"""A thread of a channel's own, for what can only wait: whatever hangs there holds up no other channel, nor
the end of the process."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from typing import Any, TypeVar

T = TypeVar("T")


class OwnThread:
    """One thread, started when it is first needed."""

    def __init__(self, name: str) -> None:
        self._name = f"alerts-{name}"
        self._waiting: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._thread: threading.Thread | None = None

    async def run(self, work: Callable[[], T]) -> T:
        """Return what ``work`` returns, done after what was begun before."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._serve, name=self._name, daemon=True)
            self._thread.start()
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()

        def settle(set_it: Callable[[Any], None], value: object) -> None:
            if not done.done():
                set_it(value)

        def do() -> None:
            if done.done():
                # Nobody waits for it any more.
                return
            try:
                outcome: tuple[Callable[[Any], None], object] = (done.set_result, work())
            except BaseException as error:  # it is raised where it is waited for
                outcome = (done.set_exception, error)
            with suppress(RuntimeError):
                # The loop may be over.
                loop.call_soon_threadsafe(settle, *outcome)

        self._waiting.put(do)
        return await done

    def close(self) -> None:
        """Begin nothing more; what runs is not waited for."""
        self._waiting.put(None)

    def _serve(self) -> None:
        while (work := self._waiting.get()) is not None:
            work()
