"""UDP, unicast and multicast: one datagram a chunk (ASTERIX, Remote ID).

``udp://0.0.0.0:8600`` takes what is sent to that port of any interface, ``udp://239.1.2.3:8600`` what is sent
to that group. The queue is the socket's own receive buffer; what did not fit into it is counted where the
system tells (Linux: socket(7), SO_RXQ_OVFL).
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import struct
import sys
from collections.abc import AsyncGenerator
from dataclasses import dataclass

from nofly.errors import ConfigError, FeedError
from nofly.feeds.feed_url import host_and_port
from nofly.feeds.receiving import Chunk, Clock
from nofly.feeds.transports._readiness import readable
from nofly.plugins.limits import check_sizes, check_times

NAME = "udp"
WHOLE = True

_LARGEST_BYTES = 65_535
_ANCILLARY_BYTES = 64
# Of Linux alone: asm-generic/socket.h and linux/in.h. Python names neither in 3.11.
_RXQ_OVFL = 40 if sys.platform == "linux" else None
_MULTICAST_ALL = 49 if sys.platform == "linux" else None

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, slots=True)
class UdpOptions:
    """How to listen. Raises ConfigError for a value that cannot be."""

    interface: str | None = None
    """Where a multicast group is joined: the name of an interface (``eth1``) or its IPv4 address. None leaves
    it to the routing table, which on a machine with two networks is as often wrong as right."""
    receive_buffer_bytes: int = 4 << 20
    """Receive buffer asked for; the system may give less (Linux: net.core.rmem_max)."""
    stall_timeout_s: float | None = None
    """Nothing for so long is a failure, so that the group is joined anew; None waits for ever."""

    def __post_init__(self) -> None:
        check_times(stall_timeout_s=self.stall_timeout_s)
        check_sizes(receive_buffer_bytes=self.receive_buffer_bytes)


OPTIONS = UdpOptions


async def receive(url: str, options: UdpOptions, clock: Clock) -> AsyncGenerator[Chunk, None]:
    """Return the datagrams that come to ``udp://address:port``; see :mod:`nofly.feeds.receiving`."""
    listening = _listen(url, options)
    opened, known_lost = True, 0
    try:
        while True:
            data, dropped = await _next(listening, url, options)
            if data:
                # The system counts in 32 bits, from when the socket was made.
                lost = (dropped - known_lost) & 0xFFFFFFFF
                yield Chunk(data, clock(), opened, lost)
                opened, known_lost = False, dropped
            # A flood must leave the other feeds their turn.
            await asyncio.sleep(0)
    finally:
        listening.close()


async def _next(listening: socket.socket, url: str, options: UdpOptions) -> tuple[bytes, int]:
    """Return the next datagram, and how many the system has dropped so far as it tells."""
    try:
        while True:
            try:
                data, ancillary, _, _ = listening.recvmsg(_LARGEST_BYTES, _ANCILLARY_BYTES)
            except (BlockingIOError, InterruptedError):
                async with asyncio.timeout(options.stall_timeout_s):
                    await readable(listening.fileno())
                continue
            dropped = [value for _, kind, value in ancillary if kind == _RXQ_OVFL and len(value) == 4]
            return data, struct.unpack("@I", dropped[0])[0] if dropped else 0
    except TimeoutError as error:
        raise FeedError(f"{url}: nothing for {options.stall_timeout_s:g} s") from error
    except OSError as error:
        raise FeedError(f"{url}: {error}") from error


def _listen(url: str, options: UdpOptions) -> socket.socket:
    host, port, _ = host_and_port(url)
    try:
        address = ipaddress.ip_address(host)
    except ValueError as error:
        raise ConfigError(f"{host!r} is no address", source=url, expected="udp://0.0.0.0:8600") from error
    listening = socket.socket(socket.AF_INET if address.version == 4 else socket.AF_INET6, socket.SOCK_DGRAM)
    try:
        listening.setblocking(False)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, options.receive_buffer_bytes)
        if _RXQ_OVFL is not None:
            listening.setsockopt(socket.SOL_SOCKET, _RXQ_OVFL, 1)
        if address.is_multicast:
            # Several programs may listen to one group; to one unicast port only one, or each gets a part.
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((str(address), port))
        if address.is_multicast:
            _join(listening, address, options.interface)
    except OSError as error:
        listening.close()
        raise FeedError(f"{url}: {error}") from error
    except ConfigError:
        listening.close()
        raise
    return listening


def _join(listening: socket.socket, group: Address, interface: str | None) -> None:
    if group.version == 6:
        request = group.packed + struct.pack("@I", _index(interface))
        listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, request)
        return
    if _MULTICAST_ALL is not None:
        listening.setsockopt(socket.IPPROTO_IP, _MULTICAST_ALL, 0)
    try:
        request = group.packed + ipaddress.IPv4Address(interface or "0.0.0.0").packed
    except ValueError:
        # struct ip_mreqn: group, address, index of the interface (ip(7)).
        request = group.packed + bytes(4) + struct.pack("@i", _index(interface))
    listening.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, request)


def _index(interface: str | None) -> int:
    if interface is None:
        return 0
    try:
        return socket.if_nametoindex(interface)
    except OSError as error:
        known = ", ".join(name for _, name in socket.if_nameindex())
        raise ConfigError(f"no interface {interface!r}", expected=f"an address or one of {known}") from error
