from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from tests.feeds.transports.broker import broker, publish
from tests.feeds.transports.peering import Source, Taken


@asynccontextmanager
async def peer(messages: Sequence[bytes], taken: Taken, folder: Path) -> AsyncIterator[Source]:
    async with broker(folder) as port:
        task = asyncio.create_task(publish(port, messages, taken))
        try:
            yield Source(f"mqtt://127.0.0.1:{port}/nofly/#", {"qos": 1})
        finally:
            task.cancel()
