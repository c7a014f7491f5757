"""UDP: multicast, interfaces, lost datagrams, and real ASTERIX as it was received."""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from nofly.errors import ConfigError, FeedError
from nofly.feeds.transports import udp
from tests.feeds.transports.peering import PATIENCE_S, free_port
from tests.feeds.transports.receiving import never, receive

GROUP = "239.255.77.1"


@asynccontextmanager
async def sender(address: tuple[str, int], message: bytes) -> AsyncIterator[None]:
    """Send a datagram again and again, multicast over the loopback interface."""

    async def send() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sending:
            sending.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("127.0.0.1"))
            while True:
                sending.sendto(message, address)
                await asyncio.sleep(0.02)

    task = asyncio.create_task(send())
    try:
        yield
    finally:
        task.cancel()


@pytest.mark.parametrize("interface", ["127.0.0.1", "lo"])
def test_a_multicast_group_on_an_interface(interface: str) -> None:
    if interface == "lo" and interface not in [name for _, name in socket.if_nameindex()]:
        pytest.skip("no interface lo here")

    async def run() -> None:
        port = free_port(socket.SOCK_DGRAM)
        async with sender((GROUP, port), b"group"), sender(("127.0.0.1", port), b"not to the group"):
            chunks = await receive(f"udp://{GROUP}:{port}", lambda c: len(c) == 3, interface=interface)
            assert {chunk.data for chunk in chunks} == {b"group"}

    asyncio.run(run())


def test_an_interface_that_is_not_there() -> None:
    with pytest.raises(ConfigError, match="no interface 'nowhere9'"):
        asyncio.run(receive(f"udp://{GROUP}:{free_port()}", never, interface="nowhere9"))


def test_a_name_is_no_address_to_listen_on() -> None:
    with pytest.raises(ConfigError, match="'localhost' is no address"):
        asyncio.run(receive("udp://localhost:8600", never))


def test_a_port_that_is_taken() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        with pytest.raises(FeedError, match="in use"):
            asyncio.run(receive(f"udp://127.0.0.1:{other.getsockname()[1]}", never))


def test_silence_is_a_failure_where_that_is_asked_for() -> None:
    port = free_port(socket.SOCK_DGRAM)
    with pytest.raises(FeedError, match=r"nothing for 0\.05 s"):
        asyncio.run(receive(f"udp://127.0.0.1:{port}", never, stall_timeout_s=0.05))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells how many datagrams it dropped")
def test_datagrams_that_the_system_dropped_are_counted() -> None:
    async def run() -> tuple[int, int]:
        port, came = free_port(socket.SOCK_DGRAM), []
        address = ("127.0.0.1", port)
        options = udp.UdpOptions(receive_buffer_bytes=4096)
        chunks = udp.receive(f"udp://127.0.0.1:{port}", options, lambda: 1)
        pending = asyncio.ensure_future(anext(chunks))
        await asyncio.sleep(0.05)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sending:
            for _ in range(500):
                sending.sendto(bytes(500), address)
            while (await asyncio.wait([pending], timeout=0.2))[0]:
                came.append(pending.result())
                pending = asyncio.ensure_future(anext(chunks))
            # What it dropped the system tells with the next datagram that it does not drop.
            sending.sendto(b"end", address)
            async with asyncio.timeout(PATIENCE_S):
                came.append(await pending)
        await chunks.aclose()
        return 501 - len(came), sum(chunk.lost for chunk in came)

    missing, lost = asyncio.run(run())
    assert missing == lost > 0
