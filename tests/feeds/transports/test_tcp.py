"""TCP: what makes a connection fail, and that nothing is read ahead without bound."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from nofly.errors import ConfigError, FeedError
from nofly.feeds.transports.tcp import TcpOptions
from tests.feeds.transports.peering import free_port
from tests.feeds.transports.receiving import never, receive

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def against(serve: Serve, **options: object) -> None:
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        await receive(f"tcp://127.0.0.1:{server.sockets[0].getsockname()[1]}", never, **options)
    finally:
        server.close()


def test_nobody_there() -> None:
    with pytest.raises(FeedError, match=r"tcp://127\.0\.0\.1:\d+: "):
        asyncio.run(receive(f"tcp://127.0.0.1:{free_port()}", never))


def test_closed_by_the_other_side() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"x")
        writer.close()

    with pytest.raises(FeedError, match="closed by the other side"):
        asyncio.run(against(serve))


def test_a_silent_server_has_stalled() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"x")
        await reader.read()
        writer.close()

    with pytest.raises(FeedError, match=r"nothing for 0\.05 s"):
        asyncio.run(against(serve, stall_timeout_s=0.05))


def test_a_flood_waits_in_the_server_while_nobody_reads() -> None:
    sent_bytes = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent_bytes
        try:
            while True:
                writer.write(bytes(1 << 20))
                await writer.drain()
                sent_bytes += 1 << 20
        except OSError:
            pass
        finally:
            writer.close()

    async def run() -> tuple[int, int]:
        from nofly.feeds.transports import tcp

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        chunks = tcp.receive(
            f"tcp://127.0.0.1:{server.sockets[0].getsockname()[1]}", TcpOptions(read_bytes=1000), lambda: 1
        )
        sizes = [len((await anext(chunks)).data) for _ in range(5)]
        await asyncio.sleep(0.2)
        early = sent_bytes
        await asyncio.sleep(0.2)
        assert sent_bytes == early
        await chunks.aclose()
        server.close()
        return max(sizes), early

    largest, sent = asyncio.run(run())
    assert largest <= 1000
    assert sent < 64 << 20


@pytest.mark.parametrize("option", ["connect_timeout_s", "stall_timeout_s", "read_bytes"])
@pytest.mark.parametrize("value", [0, -1, 1 << 40])
def test_options_out_of_range(option: str, value: int) -> None:
    with pytest.raises(ConfigError, match=option):
        TcpOptions(**{option: value})
