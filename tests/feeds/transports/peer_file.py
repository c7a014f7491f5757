from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from tests.feeds.transports.peering import Source, Taken


@asynccontextmanager
async def peer(messages: Sequence[bytes], taken: Taken, folder: Path) -> AsyncIterator[Source]:
    path = folder / "air craft.json"
    path.write_bytes(messages[0])

    async def write() -> None:
        for count, message in enumerate(messages[1:], 1):
            await taken.reach(count)
            # As readsb does it: a new file takes the place of the old.
            path.with_suffix(".new").write_bytes(message)
            path.with_suffix(".new").replace(path)

    task = asyncio.create_task(write())
    try:
        yield Source(f"file://{str(path).replace(' ', '%20')}", {"interval_s": 0.01})
    finally:
        task.cancel()
