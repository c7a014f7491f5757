"""A web server that gives one answer a request, then says that nothing has changed."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager


class Web:
    """What was asked so far, as it came."""

    def __init__(self, answers: Sequence[bytes]) -> None:
        self.answers = list(answers)
        self.requests: list[str] = []
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            self.requests.append((await reader.readuntil(b"\r\n\r\n")).decode("latin-1"))
            writer.write(self.answers.pop(0) if self.answers else status(304))
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


def status(code: int, *headers: str, body: bytes = b"") -> bytes:
    lines = [f"HTTP/1.1 {code} X", "Connection: close", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def answer(body: bytes, *headers: str) -> bytes:
    return status(200, f"Content-Length: {len(body)}", *headers, body=body)


@asynccontextmanager
async def web(answers: Sequence[bytes], context: ssl.SSLContext | None = None) -> AsyncIterator[Web]:
    site = Web(answers)
    server = await asyncio.start_server(site.serve, "127.0.0.1", 0, ssl=context)
    site.port = server.sockets[0].getsockname()[1]
    try:
        yield site
    finally:
        server.close()
