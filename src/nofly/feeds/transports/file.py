"""A file on disk, read whole whenever it has changed (``aircraft.json`` of readsb): each state is a chunk."""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from nofly.errors import FeedError
from nofly.feeds.feed_url import path_of
from nofly.feeds.receiving import Chunk, Clock
from nofly.plugins.limits import check_sizes, check_times

NAME = "file"
WHOLE = True


@dataclass(frozen=True, slots=True)
class FileOptions:
    """How to look. Raises ConfigError for a value that cannot be."""

    interval_s: float = 0.5
    """From one look to the next."""
    max_body_bytes: int = 64 << 20
    """Longest file."""

    def __post_init__(self) -> None:
        check_times(interval_s=self.interval_s)
        check_sizes(max_body_bytes=self.max_body_bytes)


OPTIONS = FileOptions


class _State(NamedTuple):
    """What changes when a file is written or replaced."""

    device: int
    inode: int
    size_bytes: int
    modified_ns: int


async def receive(url: str, options: FileOptions, clock: Clock) -> AsyncGenerator[Chunk, None]:
    """Return the states of ``file:path``; see :mod:`nofly.feeds.receiving`.

    FeedError where it is not there, is no plain file or is too long. An empty one gives nothing.
    """
    path = Path(path_of(url))
    known: _State | None = None
    opened = True
    while True:
        try:
            seen, data = await asyncio.to_thread(_read, path, known, options.max_body_bytes)
        except OSError as error:
            raise FeedError(f"{url}: {error.strerror or error}") from error
        if len(data) > options.max_body_bytes:
            raise FeedError(f"{url}: more than {options.max_body_bytes} bytes")
        known = seen
        if data:
            yield Chunk(data, clock(), opened)
            opened = False
        await asyncio.sleep(options.interval_s)


def _read(path: Path, known: _State | None, max_bytes: int) -> tuple[_State, bytes]:
    """Return the state of the file that was read, and its content; nothing where it is the known one."""
    # Not to wait for ever where somebody puts a pipe in its place.
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise OSError("not a plain file")
        state = _State(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)
        return state, b"" if state == known else file.read(max_bytes + 1)
