from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from tests.feeds.transports.peering import Source, Taken, free_port


@asynccontextmanager
async def peer(messages: Sequence[bytes], taken: Taken, folder: Path) -> AsyncIterator[Source]:
    port = free_port(socket.SOCK_DGRAM)

    async def send() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sending:
            # Nobody knows when a datagram's receiver is there: the first is sent until it is taken.
            while not taken.count:
                sending.sendto(messages[0], ("127.0.0.1", port))
                await asyncio.sleep(0.05)
            for message in messages[1:]:
                sending.sendto(message, ("127.0.0.1", port))

    task = asyncio.create_task(send())
    try:
        yield Source(f"udp://127.0.0.1:{port}", {})
    finally:
        task.cancel()
