"""Waiting until a file descriptor can be read: what several transports share."""

from __future__ import annotations

import asyncio


async def readable(descriptor: int) -> None:
    """Return as soon as ``descriptor`` can be read without waiting.

    PermissionError for a plain file, which always can (epoll takes none).
    """
    loop = asyncio.get_running_loop()
    ready: asyncio.Future[None] = loop.create_future()
    loop.add_reader(descriptor, lambda: None if ready.done() else ready.set_result(None))
    try:
        await ready
    finally:
        loop.remove_reader(descriptor)
