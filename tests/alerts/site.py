"""A web server that keeps what was posted, and answers or misbehaves as it is told."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass
class Post:
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Site:
    """``answers`` in turn, the last one for ever: a status with headers, ``hang``, ``drip``, ``flood`` or
    ``close``."""

    answers: list[str]
    posts: list[Post] = field(default_factory=list)
    port: int = 0
    serving: int = 0
    """How many requests are being answered."""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.serving += 1
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            headers = {n.lower(): v.strip() for n, _, v in (line.partition(":") for line in head[1:] if line)}
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            self.posts.append(Post(head[0].split()[1], headers, body))
            answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
            if answer == "hang":
                await reader.read()
            elif answer == "drip":
                writer.write(b"HTTP/1.1 200 X\r\nContent-Length: 1000\r\n\r\n")
                while not reader.at_eof():
                    writer.write(b".")
                    await writer.drain()
                    await asyncio.sleep(0.05)
            elif answer == "flood":
                writer.write(b"HTTP/1.1 200 X\r\n\r\n")
                while not reader.at_eof():
                    writer.write(bytes(1 << 20))
                    await writer.drain()
            elif answer != "close":
                writer.write(f"HTTP/1.1 {answer}\r\nContent-Length: 0\r\n\r\n".encode())
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self.serving -= 1
            writer.close()


@asynccontextmanager
async def site(answers: Sequence[str], context: ssl.SSLContext | None = None) -> AsyncIterator[Site]:
    one = Site(list(answers))
    server = await asyncio.start_server(one.serve, "127.0.0.1", 0, ssl=context)
    one.port = server.sockets[0].getsockname()[1]
    try:
        yield one
    finally:
        server.close()
