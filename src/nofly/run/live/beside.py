"""Tasks beside the loop: how they are ended, and what one of them fails with."""

from __future__ import annotations

import asyncio
from contextlib import suppress


async def end(task: asyncio.Task[None]) -> None:
    """Cancel a task, and wait until it is over."""
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def check(*tasks: asyncio.Task[None]) -> None:
    """Raise what a task has failed with."""
    for task in tasks:
        error = task.exception() if task.done() and not task.cancelled() else None
        if error is not None:
            raise error
