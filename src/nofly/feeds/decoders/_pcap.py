"""Capture files as they are written: bytes, however they are cut, to packets.

pcap (draft-ietf-opsawg-pcap) and pcapng (draft-ietf-opsawg-pcapng), in either byte order, with times in any
resolution; the enhanced, simple and obsolete packet blocks. What follows bytes that are no capture is passed
over until a capture begins anew.
"""

from __future__ import annotations

import re
import struct
from typing import NamedTuple

LONGEST_BYTES = 262_144
"""A packet or block longer than that is none."""
_NG_MAGIC = b"\x0a\x0d\x0d\x0a"
_MAGICS = {
    b"\xd4\xc3\xb2\xa1": ("<", 1_000_000), b"\xa1\xb2\xc3\xd4": (">", 1_000_000),
    b"\x4d\x3c\xb2\xa1": ("<", 1_000_000_000), b"\xa1\xb2\x3c\x4d": (">", 1_000_000_000),
}  # fmt: skip
"""First bytes of pcap → byte order and parts of a second."""
_HEAD = re.compile(
    rb"\x0a\x0d\x0d\x0a.{4}(?:\x4d\x3c\x2b\x1a|\x1a\x2b\x3c\x4d)"
    rb"|(?:\xd4\xc3\xb2\xa1|\x4d\x3c\xb2\xa1)\x02\0\x04\0.{4}"
    rb"|(?:\xa1\xb2\xc3\xd4|\xa1\xb2\x3c\x4d)\0\x02\0\x04.{4}",
    re.DOTALL,
)
"""The beginning of a capture: pcapng with its byte order, pcap with its version 2.4."""
_HEAD_BYTES = 12
_SECTION, _INTERFACE, _OBSOLETE, _SIMPLE, _ENHANCED = 0x0A0D0D0A, 1, 2, 3, 6
_RESOLUTION, _OFFSET = 9, 14
_MOST_INTERFACES = 1000


class Packet(NamedTuple):
    """One packet: where it began in the stream, its link type (LINKTYPE_… of tcpdump.org), when it was
    captured (microseconds UTC, None not told), its bytes, and whether all of them were captured."""

    offset: int
    link: int
    time_us: int | None
    data: bytes
    whole: bool


class _Interface(NamedTuple):
    link: int
    parts: int
    offset_s: int


def begins(head: bytes) -> bool:
    """Return whether these are the first bytes of a capture."""
    return _HEAD.match(head) is not None


class PcapReader:
    """Cuts a stream into packets. ``broken`` counts where it could not be read on, ``broken_at`` tells where
    last."""

    def __init__(self) -> None:
        self.broken = 0
        self.broken_at = 0
        self._rest = b""
        self._offset = 0
        self._begin()

    def _begin(self) -> None:
        self._kind = ""
        self._order = "<"
        self._lost = False
        self._interfaces: list[_Interface] = []

    def feed(self, data: bytes) -> list[Packet]:
        """Return the packets that end in ``data``."""
        buffer = self._rest + data
        packets: list[Packet] = []
        at = 0
        while True:
            if not self._kind:
                size = self._head(buffer, at)
            elif self._kind == "pcap":
                size = self._record(buffer, at, packets)
            else:
                size = self._block(buffer, at, packets)
            if size == 0:
                break
            at += size
        self._rest = buffer[at:]
        self._offset += at
        return packets

    def finish(self) -> None:
        """Forget the capture: another connection begins another. What is left is broken."""
        if self._rest and not self._lost:
            self._break(0)
        self._offset += len(self._rest)
        self._rest = b""
        self._begin()

    def _break(self, at: int) -> None:
        self.broken += 1
        self.broken_at = self._offset + at
        self._kind = ""
        self._lost = True

    def _head(self, buffer: bytes, at: int) -> int:
        """Take the beginning of a capture; return how many bytes were taken, 0 where there are too few."""
        if len(buffer) < at + _HEAD_BYTES:
            return 0
        if _HEAD.match(buffer, at) is None:
            if not self._lost:
                self._break(at)
            found = _HEAD.search(buffer, at + 1)
            return max(1, len(buffer) - _HEAD_BYTES + 1 - at) if found is None else found.start() - at
        if buffer[at : at + 4] == _NG_MAGIC:
            self._kind, self._lost = "pcapng", False
            return self._block(buffer, at, [])
        if len(buffer) < at + 24:
            return 0
        self._order, parts = _MAGICS[buffer[at : at + 4]]
        link = struct.unpack_from(self._order + "I", buffer, at + 20)[0] & 0xFFFF
        self._interfaces = [_Interface(link, parts, 0)]
        self._kind, self._lost = "pcap", False
        return 24

    def _record(self, buffer: bytes, at: int, packets: list[Packet]) -> int:
        if len(buffer) < at + 16:
            return 0
        size: int
        second, part, size, full = struct.unpack_from(self._order + "IIII", buffer, at)
        link, parts, _ = self._interfaces[0]
        if size > LONGEST_BYTES or part >= parts:
            self._break(at)
            return 1
        if len(buffer) < at + 16 + size:
            return 0
        time_us = second * 1_000_000 + part * 1_000_000 // parts
        data = buffer[at + 16 : at + 16 + size]
        packets.append(Packet(self._offset + at, link, time_us, data, size >= full))
        return 16 + size

    def _block(self, buffer: bytes, at: int, packets: list[Packet]) -> int:
        if len(buffer) < at + 12:
            return 0
        if buffer[at : at + 4] == _NG_MAGIC:
            self._order = "<" if buffer[at + 8 : at + 12] == b"\x4d\x3c\x2b\x1a" else ">"
        kind: int
        size: int
        kind, size = struct.unpack_from(self._order + "II", buffer, at)
        if size % 4 or not 12 <= size <= LONGEST_BYTES + 4096:
            self._break(at)
            return 1
        if len(buffer) < at + size:
            return 0
        if struct.unpack_from(self._order + "I", buffer, at + size - 4)[0] != size:
            self._break(at)
            return 1
        body = buffer[at + 8 : at + size - 4]
        if kind == _SECTION:
            self._interfaces = []
        elif kind == _INTERFACE and len(body) >= 8 and len(self._interfaces) < _MOST_INTERFACES:
            self._interfaces.append(self._interface(body))
        elif kind in (_ENHANCED, _OBSOLETE, _SIMPLE):
            packets.append(self._packet(kind, body, self._offset + at))
        return size

    def _interface(self, body: bytes) -> _Interface:
        parts, offset_s, at = 1_000_000, 0, 8
        while at + 4 <= len(body):
            code, size = struct.unpack_from(self._order + "HH", body, at)
            value = body[at + 4 : at + 4 + size]
            if code == _RESOLUTION and len(value) == 1:
                parts = 2 ** (value[0] & 0x7F) if value[0] & 0x80 else 10 ** min(value[0], 30)
            elif code == _OFFSET and len(value) == 8:
                offset_s = struct.unpack(self._order + "q", value)[0]
            at += 4 + (size + 3 & ~3)
        return _Interface(struct.unpack_from(self._order + "H", body)[0], parts, offset_s)

    def _packet(self, kind: int, body: bytes, offset: int) -> Packet:
        """Return the packet of a block; one without its interface or its bytes has link type -1."""
        nothing = Packet(offset, -1, None, b"", False)
        if len(body) < (4 if kind == _SIMPLE else 20):
            return nothing
        if kind == _SIMPLE:
            number = high = low = 0
            full = struct.unpack_from(self._order + "I", body)[0]
            size = min(len(body) - 4, full)
        else:
            number, high, low, size, full = struct.unpack_from(self._order + "IIIII", body)
            # The obsolete block has 16 bits of interface, and 16 of packets dropped.
            number = struct.unpack_from(self._order + "H", body)[0] if kind == _OBSOLETE else number
        data = body[4 : 4 + size] if kind == _SIMPLE else body[20 : 20 + size]
        if number >= len(self._interfaces) or len(data) < size:
            return nothing
        link, parts, offset_s = self._interfaces[number]
        time_us = None if kind == _SIMPLE else offset_s * 1_000_000 + (high << 32 | low) * 1_000_000 // parts
        return Packet(offset, link, time_us, data, size >= full)
