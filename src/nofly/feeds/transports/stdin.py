"""Standard input: ``receiver | nofly …``. It ends where the input ends."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncGenerator
from dataclasses import dataclass

from nofly.errors import ConfigError, FeedError
from nofly.feeds.receiving import Chunk, Clock
from nofly.feeds.transports._readiness import readable
from nofly.plugins.limits import check_sizes

NAME = "stdin"
WHOLE = False


@dataclass(frozen=True, slots=True)
class StdinOptions:
    """How to read. Raises ConfigError for a value that cannot be."""

    read_bytes: int = 65_536
    """Most bytes of a chunk."""

    def __post_init__(self) -> None:
        check_sizes(read_bytes=self.read_bytes)


OPTIONS = StdinOptions


async def receive(url: str, options: StdinOptions, clock: Clock) -> AsyncGenerator[Chunk, None]:
    """Return the bytes of standard input (``stdin:``); see :mod:`nofly.feeds.receiving`."""
    if url.partition(":")[2]:
        raise ConfigError("standard input has no name", source=url, expected="stdin:")
    opened = True
    while data := await _read(url, options.read_bytes):
        yield Chunk(data, clock(), opened)
        opened = False


async def _read(url: str, size_bytes: int) -> bytes:
    # Not asyncio's own pipe: it would make the descriptor non-blocking for every program that shares it.
    try:
        descriptor = sys.stdin.fileno()
        try:
            await readable(descriptor)
        except PermissionError:
            return await asyncio.to_thread(os.read, descriptor, size_bytes)
        return os.read(descriptor, size_bytes)
    except (OSError, ValueError, AttributeError) as error:
        raise FeedError(f"{url}: {error}") from error
