"""Datagrams to one place, unicast or multicast."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import struct

from nofly.plugins.reasons import placed

MOST_BYTES = 65_507
"""Payload of the longest UDP datagram over IPv4 (RFC 768, RFC 791)."""


class Datagrams:
    """A socket that is opened when it is first needed, and anew after an error."""

    def __init__(self, host: str, port: int, ttl: int, interface: str | None) -> None:
        self._host, self._port, self._ttl, self._interface = host, port, ttl, interface
        self._socket: socket.socket | None = None

    async def send(self, data: bytes) -> None:
        """Send one datagram. Raises OSError where it could not be sent; that it came is not known."""
        try:
            (await self._opened()).send(data)
        except BlockingIOError as error:
            raise OSError(0, "the system's buffer is full") from error
        except OSError:
            self.close()
            raise

    async def reach(self) -> str:
        """Return in words where datagrams go; none is sent. Raises OSError where none can be."""
        place = f"{self._host}:{self._port}"
        try:
            await self._opened()
        except OSError as error:
            raise placed(place, error) from error
        return f"{place} can be sent to; whether anybody hears it cannot be told"

    async def _opened(self) -> socket.socket:
        if self._socket is None:
            self._socket = await self._open()
        return self._socket

    def close(self) -> None:
        """Give the socket back."""
        made, self._socket = self._socket, None
        if made is not None:
            made.close()

    async def _open(self) -> socket.socket:
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(self._host, self._port, type=socket.SOCK_DGRAM)
        family, _, _, _, address = found[0]
        made = socket.socket(family, socket.SOCK_DGRAM)
        try:
            made.setblocking(False)
            if ipaddress.ip_address(str(address[0]).partition("%")[0]).is_multicast:
                self._to_many(made, family)
            made.connect(address)
        except BaseException:
            made.close()
            raise
        return made

    def _to_many(self, made: socket.socket, family: int) -> None:
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, self._ttl)
            if self._interface is not None:
                made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, _index(self._interface))
            return
        made.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, self._ttl)
        if self._interface is not None:
            try:
                way = ipaddress.IPv4Address(self._interface).packed
            except ValueError:
                # struct ip_mreqn: group, address, index of the interface (ip(7)).
                way = bytes(8) + struct.pack("@i", _index(self._interface))
            made.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, way)


def _index(interface: str) -> int:
    try:
        return socket.if_nametoindex(interface)
    except OSError as error:
        known = ", ".join(name for _, name in socket.if_nameindex())
        raise OSError(0, f"no interface {interface!r}: there are {known}, or give an address") from error
