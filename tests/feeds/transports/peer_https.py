from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from tests.feeds.transports.peering import Source, Taken, certificate
from tests.feeds.transports.web import answer, web


@asynccontextmanager
async def peer(messages: Sequence[bytes], taken: Taken, folder: Path) -> AsyncIterator[Source]:
    trusted, key = certificate(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(trusted, key)
    async with web([answer(message) for message in messages], context) as site:
        options = {"interval_s": 0.01, "ca_file": str(trusted)}
        yield Source(f"https://127.0.0.1:{site.port}/", options)
