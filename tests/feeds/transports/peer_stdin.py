from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from tests.feeds.transports.peering import Source, Taken


@asynccontextmanager
async def peer(messages: Sequence[bytes], taken: Taken, folder: Path) -> AsyncIterator[Source]:
    before = sys.stdin
    reading, writing = os.pipe()
    with os.fdopen(reading) as sys.stdin, os.fdopen(writing, "wb", buffering=0) as pipe:
        try:
            for message in messages:
                pipe.write(message)
            yield Source("stdin:", {"read_bytes": 7})
        finally:
            sys.stdin = before
