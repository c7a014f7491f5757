from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from tests.feeds.transports.broker import broker, publish
from tests.feeds.transports.peering import Source, Taken, certificate


@asynccontextmanager
async def peer(messages: Sequence[bytes], taken: Taken, folder: Path) -> AsyncIterator[Source]:
    trusted, key = certificate(folder)
    context = ssl.create_default_context(cafile=str(trusted))
    async with broker(folder, f"certfile {trusted}", f"keyfile {key}") as port:
        task = asyncio.create_task(publish(port, messages, taken, context))
        try:
            yield Source(f"mqtts://127.0.0.1:{port}/nofly/+", {"ca_file": str(trusted)})
        finally:
            task.cancel()
