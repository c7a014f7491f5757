"""Streams to servers, that reach only the kinds of addresses that are wanted: as
:mod:`nofly.plugins.web_connection`, for what speaks over TCP by itself."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Set

from nofly.plugins.address_kinds import Kind
from nofly.plugins.web_connection import admitted

_READ_BYTES = 65_536


async def stream_connection(
    host: str, port: int, wanted: Set[Kind], context: ssl.SSLContext | None = None,
    read_bytes: int = _READ_BYTES,
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:  # fmt: skip
    """Return a stream to a host, with TLS where there is a context; no more than twice ``read_bytes`` are
    read ahead. The name is looked up once, and what was found is what is connected to.

    Raises OSError, also where every address of the host is of a kind that is not wanted.
    """
    loop = asyncio.get_running_loop()
    failed = OSError(0, "no address")
    looked_up = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    for family, kind, protocol, _, address in admitted(looked_up, wanted):
        one = socket.socket(family, kind, protocol)
        try:
            one.setblocking(False)
            await loop.sock_connect(one, address)
            named = None if context is None else host
            return await asyncio.open_connection(
                sock=one, limit=read_bytes, ssl=context, server_hostname=named
            )
        except OSError as error:
            one.close()
            failed = error
        except BaseException:
            one.close()
            raise
    raise failed
