"""A UDP socket that hears what is sent to it."""

from __future__ import annotations

import socket
import struct


class Hearing:
    """Bound to loopback; a member of ``group`` where one is named."""

    def __init__(self, group: str | None = None) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("" if group else "127.0.0.1", 0))
        self._socket.settimeout(10.0)
        if group:
            member = struct.pack("4s4s", socket.inet_aton(group), socket.inet_aton("127.0.0.1"))
            self._socket.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, member)
        self.port = int(self._socket.getsockname()[1])

    def __enter__(self) -> Hearing:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def take(self, count: int) -> list[bytes]:
        return [self._socket.recv(65536) for _ in range(count)]
