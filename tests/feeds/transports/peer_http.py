from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from tests.feeds.transports.peering import Source, Taken
from tests.feeds.transports.web import answer, web


@asynccontextmanager
async def peer(messages: Sequence[bytes], taken: Taken, folder: Path) -> AsyncIterator[Source]:
    async with web([answer(message) for message in messages]) as site:
        yield Source(f"http://127.0.0.1:{site.port}/data/aircraft.json", {"interval_s": 0.01})
