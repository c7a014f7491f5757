"""Connections to web servers, that reach only the kinds of addresses that are wanted.

A name is looked up once, and what was found is what is connected to: a name that means another address a
moment later leads nowhere else.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Sequence, Set
from contextlib import suppress
from http.client import HTTPConnection, HTTPSConnection
from typing import Any, TypeVar

from nofly.plugins.address_kinds import Kind, is_own_name, kind_of

SERVERS = frozenset((Kind.PUBLIC, Kind.PRIVATE, Kind.LOOPBACK))
"""What a configuration may name."""
ANYWHERE = frozenset(Kind)
_PUBLIC = frozenset((Kind.PUBLIC,))


def allowed(host: str, private: bool, link_local: bool) -> Set[Kind]:
    """Return the kinds of addresses that a host of a feed or a channel may have. A name that anybody can
    register means no machine of one's own network without ``private``; see :func:`is_own_name` for those
    that do."""
    if link_local:
        return ANYWHERE
    return SERVERS if private or is_own_name(host) else _PUBLIC


Found = TypeVar("Found", bound=tuple[Any, ...])


class _Plain(HTTPConnection):
    wanted: Set[Kind] = SERVERS

    def connect(self) -> None:
        """Connect. Raises OSError, also where every address of the host is of a kind that is not wanted."""
        self.sock = _connected(self.host, self.port, self.timeout, self.wanted)


class _Secure(HTTPSConnection):
    wanted: Set[Kind] = SERVERS
    context: ssl.SSLContext

    def connect(self) -> None:
        """Connect, as without TLS; the certificate must be of the host."""
        self.sock = _connected(self.host, self.port, self.timeout, self.wanted)
        self.sock = self.context.wrap_socket(self.sock, server_hostname=self.host)


class Endable:
    """A connection that one thread uses and another may end."""

    def __init__(self, connection: HTTPConnection) -> None:
        self._connection: HTTPConnection | None = connection

    def opened(self) -> HTTPConnection:
        """Return the connection, open. Raises OSError where it cannot be opened or was ended meanwhile."""
        connection = self._connection
        if connection is None:
            raise OSError(0, "given up")
        connection.connect()
        if self._connection is not connection:
            connection.close()
            raise OSError(0, "given up")
        return connection

    def close(self) -> None:
        """End it: a read that waits in another thread fails."""
        connection, self._connection = self._connection, None
        if connection is not None:
            if connection.sock is not None:
                with suppress(OSError):
                    connection.sock.shutdown(socket.SHUT_RDWR)
            connection.close()


def web_connection(
    host: str, port: int, timeout_s: float, context: ssl.SSLContext | None, wanted: Set[Kind] = SERVERS
) -> HTTPConnection:
    """Return a connection that is not open yet, with TLS where there is a context, to a host whose address is
    of a wanted kind. Opening it raises OSError where there is none."""
    if context is None:
        plain = _Plain(host, port, timeout=timeout_s)
        plain.wanted = wanted
        return plain
    secure = _Secure(host, port, timeout=timeout_s, context=context)
    secure.wanted, secure.context = wanted, context
    return secure


def admitted(found: Sequence[Found], wanted: Set[Kind]) -> list[Found]:
    """Return those of the addresses that a name means, as of :func:`socket.getaddrinfo`, whose kind is
    wanted. Raises OSError where none is."""
    kinds = [kind_of(str(one[4][0])) for one in found]
    if kinds and not any(kind in wanted for kind in kinds):
        raise PermissionError(0, f"refused: the address is {kinds[-1].value}")
    return [one for one, kind in zip(found, kinds, strict=True) if kind in wanted]


def _connected(host: str, port: int, timeout_s: float | None, wanted: Set[Kind]) -> socket.socket:
    failed = OSError(0, "no address")
    looked_up = socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM)
    for family, kind, protocol, _, address in admitted(looked_up, wanted):
        one = socket.socket(family, kind, protocol)
        try:
            one.settimeout(timeout_s)
            one.connect(address)
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as error:
            one.close()
            failed = error
        else:
            return one
    raise failed
