"""Receives from a transport as a runner does, for a test."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing

from nofly import plugins
from nofly.feeds.decoding import options_of
from nofly.feeds.receiving import Chunk
from tests.feeds.transports.peering import PATIENCE_S

NOW_US = 1_777_723_200_000_000


async def receive(url: str, enough: Callable[[list[Chunk]], bool], **options: object) -> list[Chunk]:
    """Return the chunks that came until there were ``enough``, or until the end."""
    transport = plugins.load("nofly.feeds.transports", url.partition(":")[0])
    given = options_of(transport.OPTIONS, options, "feed")
    chunks: list[Chunk] = []
    async with asyncio.timeout(PATIENCE_S), aclosing(transport.receive(url, given, lambda: NOW_US)) as coming:
        async for chunk in coming:
            chunks.append(chunk)
            if enough(chunks):
                break
    return chunks


def never(chunks: list[Chunk]) -> bool:
    return False
