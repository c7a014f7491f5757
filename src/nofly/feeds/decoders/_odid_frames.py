"""Where Open Drone ID messages are within what a receiver hands on: Wi-Fi frames and Bluetooth packets.

Wi-Fi: the vendor element FA-0B-BC type 0x0D of a beacon or probe response, or the service info of a Neighbour
Awareness Networking service discovery frame (F3411-22a sections 5.4.9 and 5.4.10; IEEE 802.11-2020 section 9;
Wi-Fi Aware 4.0 section 9.5). Bluetooth: service data of the 16-bit UUID 0xFFFA, application code 0x0D
(F3411-22a sections 5.4.7 and 5.4.8; Bluetooth Core 5.4 vol. 6 part B section 2.3 and vol. 4 part E section
7.7.65). Each has one byte of counter before the message or pack. A frame whose own checksum is wrong gives
nothing.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import NamedTuple

_ODID_ELEMENT = bytes.fromhex("fa0bbc0d")
_NAN_ELEMENT = bytes.fromhex("0409506f9a13")
_NAN_SERVICE = bytes.fromhex("8869199d9209")
"""The first 48 bits of SHA-256 of ``org.opendroneid.remoteid``."""
_SERVICE_DATA = bytes.fromhex("16faff0d")
_BEACON, _PROBE_RESPONSE, _ACTION = 0x80, 0x50, 0xD0
_WIFI_HEADER_BYTES, _BEACON_FIELDS_BYTES = 24, 12
ADVERTISING = bytes.fromhex("d6be898e")
"""Access address 0x8E89BED6 of every advertisement, as it is sent."""


class Payload(NamedTuple):
    """A message or pack, and its transmitter's address (twelve hex digits, ``""`` where it is not known)."""

    address: str
    data: bytes


class Damaged(NamedTuple):
    """A frame that cannot be read: its checksum is wrong (``checksum``), or it is cut short (``length``)."""

    why: str


Heard = list[Payload] | Damaged
"""What is in one frame: often nothing."""


def of_radiotap(frame: bytes) -> Heard:
    """Return what an 802.11 frame behind a radiotap header holds; the receiver's own verdict counts."""
    if len(frame) < 8 or frame[0] != 0:
        return Damaged("length")
    size = int.from_bytes(frame[2:4], "little")
    if not 8 <= size <= len(frame):
        return Damaged("length")
    flags = _radiotap_flags(frame[:size])
    wifi = frame[size:]
    if flags & 0x40:
        return Damaged("checksum")
    if flags & 0x10:
        if len(wifi) < 4 or zlib.crc32(wifi[:-4]) != int.from_bytes(wifi[-4:], "little"):
            return Damaged("checksum")
        wifi = wifi[:-4]
    return of_wifi(wifi)


def _radiotap_flags(header: bytes) -> int:
    """Return the field Flags (bit 0x10: checksum at the end, 0x40: it is wrong); 0 where there is none."""
    at = 4
    present = int.from_bytes(header[4:8], "little")
    while int.from_bytes(header[at : at + 4], "little") >> 31 and at + 8 <= len(header):
        at += 4
    at += 4
    if present & 1:
        at = (at + 7 & ~7) + 8
    return header[at] if present & 2 and at < len(header) else 0


def of_wifi(frame: bytes) -> Heard:
    """Return what an 802.11 frame holds, which comes without its checksum."""
    if len(frame) < 2:
        return Damaged("length")
    if frame[0] not in (_BEACON, _PROBE_RESPONSE, _ACTION):
        return []
    start = _WIFI_HEADER_BYTES + (4 if frame[1] & 0x80 else 0)
    if len(frame) < start:
        return Damaged("length")
    body = frame[start:]
    found = _nan(body) if frame[0] == _ACTION else _elements(body[_BEACON_FIELDS_BYTES:])
    return [Payload(frame[10:16].hex(), data) for data in found]


def _elements(body: bytes) -> Iterator[bytes]:
    at = 0
    while at + 2 <= len(body):
        size = body[at + 1]
        content = body[at + 2 : at + 2 + size]
        if body[at] == 0xDD and content[:4] == _ODID_ELEMENT and len(content) == size:
            yield content[5:]
        at += 2 + size


def _nan(body: bytes) -> Iterator[bytes]:
    """Yield the service info of the service descriptor attributes (0x03) that are Remote ID's."""
    if body[:6] != _NAN_ELEMENT:
        return
    at = 6
    while at + 3 <= len(body):
        kind, size = body[at], int.from_bytes(body[at + 1 : at + 3], "little")
        content = body[at + 3 : at + 3 + size]
        if kind == 3 and content[:6] == _NAN_SERVICE and len(content) == size:
            info = _service_info(content)
            if info:
                yield info[1:]
        at += 3 + size


def _service_info(content: bytes) -> bytes:
    """Return the service info of a service descriptor, past the fields its control byte says are there."""
    if len(content) < 9 or not content[8] & 0x10:
        return b""
    control, at = content[8], 9
    at += 2 if control & 0x40 else 0
    for bit in (0x04, 0x08):
        if control & bit and at < len(content):
            at += 1 + content[at]
    if at >= len(content):
        return b""
    info = content[at + 1 : at + 1 + content[at]]
    return info if len(info) == content[at] else b""


def of_advertisement(data: bytes, address: str = "") -> list[Payload]:
    """Return what advertising data holds: structures of length, type and content."""
    found, at = [], 0
    while at < len(data) and data[at]:
        structure = data[at + 1 : at + 1 + data[at]]
        if structure[:4] == _SERVICE_DATA and len(structure) == data[at]:
            found.append(Payload(address, structure[5:]))
        at += 1 + data[at]
    return found


def of_bluetooth(packet: bytes) -> Heard:
    """Return what a Bluetooth low energy packet holds, from its access address to its 24-bit checksum."""
    if packet[:4] != ADVERTISING:
        return []
    if len(packet) < 9 or len(packet) < 9 + packet[5]:
        return Damaged("length")
    body = packet[4 : 6 + packet[5]]
    if _crc24(body) != packet[6 + packet[5] : 9 + packet[5]]:
        return Damaged("checksum")
    kind, content = body[0] & 0xF, body[2:]
    if kind in (0, 2, 4, 6) and len(content) >= 6:
        return of_advertisement(content[6:], content[5::-1].hex())
    return _extended(content) if kind == 7 and content else []


def _extended(content: bytes) -> list[Payload]:
    """Return what an extended advertisement holds; its address may stand in another packet."""
    size = content[0] & 0x3F
    header, data = content[1 : 1 + size], content[1 + size :]
    address = header[6:0:-1].hex() if len(header) >= 7 and header[0] & 1 else ""
    return of_advertisement(data, address)


def of_hci(packet: bytes) -> Heard:
    """Return what an HCI event holds: (extended) advertising reports of the controller to its host."""
    if len(packet) < 5 or packet[:2] != b"\x04\x3e":
        return []
    if len(packet) < 3 + packet[2]:
        return Damaged("length")
    kind, body = packet[3], packet[5 : 3 + packet[2]]
    if kind not in (0x02, 0x0D):
        return []
    address_at, length_at, after = (2, 8, 1) if kind == 0x02 else (3, 23, 0)
    found: list[Payload] = []
    at = 0
    for _ in range(packet[4]):
        report = body[at:]
        if len(report) <= length_at or len(report) < length_at + 1 + report[length_at]:
            return found or Damaged("length")
        end = length_at + 1 + report[length_at]
        found += of_advertisement(
            report[length_at + 1 : end], report[address_at : address_at + 6][::-1].hex()
        )
        at += end + after
    return found


def _crc24(data: bytes) -> bytes:
    """Return a packet's checksum as sent (Core 5.4 vol. 6 part B section 3.1.1), begun for advertisements."""
    register = 0xAAAAAA
    for byte in data:
        register = register >> 8 ^ _CRC24[(register ^ byte) & 0xFF]
    return struct.pack("<I", register)[:3]


def _crc24_of(register: int) -> int:
    for _ in range(8):
        register = register >> 1 ^ 0xDA6000 if register & 1 else register >> 1
    return register


_CRC24 = tuple(_crc24_of(byte) for byte in range(256))
