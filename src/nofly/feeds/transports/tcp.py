"""TCP: bytes of a server that sends of its own accord (Beast 30005, SBS 30003, AVR 30002).

Nothing is read ahead beyond ``read_bytes`` and as much again: a server that sends faster than nofly reads is
slowed down by TCP itself.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncGenerator
from dataclasses import dataclass

from nofly.errors import FeedError
from nofly.feeds.feed_url import host_and_port
from nofly.feeds.receiving import Chunk, Clock
from nofly.plugins.limits import check_sizes, check_times
from nofly.plugins.stream_connection import stream_connection
from nofly.plugins.web_connection import allowed

NAME = "tcp"
WHOLE = False

_KEEPALIVE = (("TCP_KEEPIDLE", 30), ("TCP_KEEPINTVL", 10), ("TCP_KEEPCNT", 3))
"""Seconds until a silent peer is asked whether it is there, seconds between questions, questions."""


@dataclass(frozen=True, slots=True)
class TcpOptions:
    """How to connect. Raises ConfigError for a value that cannot be."""

    connect_timeout_s: float = 10.0
    stall_timeout_s: float | None = 150.0
    """Nothing for so long is a failed connection; None waits for ever. readsb and dump1090 send something at
    least once a minute, even without aircraft."""
    read_bytes: int = 65_536
    """Most bytes of a chunk."""
    private: bool = False
    """True: also from an address of one's own network that a public name means."""
    link_local: bool = False
    """True: also from an address that is link-local or where a cloud serves its credentials."""

    def __post_init__(self) -> None:
        check_times(connect_timeout_s=self.connect_timeout_s, stall_timeout_s=self.stall_timeout_s)
        check_sizes(read_bytes=self.read_bytes)


OPTIONS = TcpOptions


async def receive(url: str, options: TcpOptions, clock: Clock) -> AsyncGenerator[Chunk, None]:
    """Return the bytes of one connection to ``tcp://host:port``; see :mod:`nofly.feeds.receiving`."""
    host, port, _ = host_and_port(url)
    try:
        async with asyncio.timeout(options.connect_timeout_s):
            wanted = allowed(host, options.private, options.link_local)
            reader, writer = await stream_connection(host, port, wanted, read_bytes=options.read_bytes)
    except TimeoutError as error:
        raise FeedError(f"{url}: no connection within {options.connect_timeout_s:g} s") from error
    except (OSError, UnicodeError) as error:
        raise FeedError(f"{url}: {error}") from error
    opened = True
    try:
        _keep_alive(writer.get_extra_info("socket"))
        while True:
            data = await _read(reader, url, options)
            yield Chunk(data, clock(), opened)
            opened = False
    finally:
        writer.transport.abort()


async def _read(reader: asyncio.StreamReader, url: str, options: TcpOptions) -> bytes:
    try:
        async with asyncio.timeout(options.stall_timeout_s):
            data = await reader.read(options.read_bytes)
    except TimeoutError as error:
        raise FeedError(f"{url}: nothing for {options.stall_timeout_s:g} s") from error
    except OSError as error:
        raise FeedError(f"{url}: {error}") from error
    if not data:
        raise FeedError(f"{url}: closed by the other side")
    return data


def _keep_alive(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _KEEPALIVE:
        if hasattr(socket, name):
            connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
