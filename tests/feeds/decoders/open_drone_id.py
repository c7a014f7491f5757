"""Open Drone ID messages and the frames they travel in, written from the tables of ASTM F3411-22a section
5.4.5 and of IEEE 802.11, Bluetooth Core and Wi-Fi Aware: shares nothing with the decoder."""

from __future__ import annotations

import struct
import zlib


def basic_id(text: str | bytes, kind: int = 1, aircraft: int = 2, version: int = 2) -> bytes:
    """Message type 0: kind of id 1 serial, 2 registration, 3 UTM UUID, 4 SessionID; type of aircraft."""
    data = text.encode() if isinstance(text, str) else text
    return bytes([0 << 4 | version, kind << 4 | aircraft]) + data.ljust(20, b"\0") + bytes(3)


def location(
    lat: float = 47.2,
    lon: float = 8.7,
    *,
    status: int = 2,
    track: int = 361,
    speed: float = 255.0,
    climb: float = 63.0,
    baro: float = -1000.0,
    geo: float = -1000.0,
    height: float = -1000.0,
    above_ground: bool = False,
    accuracy: tuple[int, int, int] = (0, 0, 0),
    tenths: int = 0xFFFF,
    version: int = 2,
) -> bytes:
    """Message type 1. Where nothing is told, every value is the one that stands for "unknown"; ``accuracy``
    is that of place, geodetic height and pressure altitude."""
    west = track >= 180
    coarse = speed > 63.75
    flags = status << 4 | above_ground << 2 | west << 1 | coarse
    knots = round((speed - 63.75) / 0.75) if coarse else round(speed / 0.25)
    heights = [round((value + 1000.0) / 0.5) for value in (baro, geo, height)]
    place, vertical, pressure = accuracy
    return (
        bytes([1 << 4 | version, flags, track - 180 * west, knots])
        + struct.pack("<bii", round(climb / 0.5), round(lat * 1e7), round(lon * 1e7))
        + struct.pack("<HHH", *heights)
        + bytes([vertical << 4 | place, pressure << 4])
        + struct.pack("<HBB", tenths, 0, 0)
    )


def authentication(page: int = 0, version: int = 2) -> bytes:
    return bytes([2 << 4 | version, 1 << 4 | page]) + bytes(range(23))


def self_id(text: str, version: int = 2) -> bytes:
    return bytes([3 << 4 | version, 0]) + text.encode().ljust(23, b"\0")


def system(lat: float, lon: float, version: int = 2) -> bytes:
    """Message type 4, with where the operator stands."""
    place = struct.pack("<ii", round(lat * 1e7), round(lon * 1e7))
    return bytes([4 << 4 | version, 0x05]) + place + struct.pack("<HBHHBHI", 1, 0, 0, 0, 0x12, 0, 0) + b"\0"


def operator_id(text: str, version: int = 2) -> bytes:
    return bytes([5 << 4 | version, 0]) + text.encode().ljust(20, b"\0") + bytes(3)


def pack(*messages: bytes, count: int | None = None, size: int = 25, version: int = 2) -> bytes:
    """Message type 15."""
    return bytes([0xF0 | version, size, len(messages) if count is None else count]) + b"".join(messages)


def address(number: int) -> bytes:
    return bytes.fromhex(f"{number:012x}")


def beacon(payload: bytes, sender: int = 0x903AE65BC8A8, counter: int = 7) -> bytes:
    """802.11 beacon with a network name, and the vendor element of Remote ID between two others."""
    own = address(sender)
    head = b"\x80\0\0\0" + b"\xff" * 6 + own + own + b"\0\0" + bytes(8) + b"\x64\0\x21\x04"
    element = bytes.fromhex("fa0bbc0d") + bytes([counter]) + payload
    others = b"\0\x04UAS1", bytes.fromhex("dd070050f20200010c")
    return head + others[0] + b"\xdd" + bytes([len(element)]) + element + others[1]


def nan_frame(payload: bytes, sender: int = 0x903AE65BC8A8, counter: int = 7) -> bytes:
    """Wi-Fi Aware service discovery frame: a service descriptor between two other attributes."""
    head = b"\xd0\0\0\0" + bytes.fromhex("516f9a010000") + address(sender) + bytes.fromhex("506f9a0100ff0000")
    info = bytes([counter]) + payload
    descriptor = bytes.fromhex("8869199d9209") + b"\x01\0\x10" + bytes([len(info)]) + info
    before, after = bytes.fromhex("000200feea"), bytes.fromhex("0e040001000207")
    attribute = b"\x03" + struct.pack("<H", len(descriptor)) + descriptor
    return head + bytes.fromhex("0409506f9a13") + before + attribute + after


def radiotap(frame: bytes, *, spoil: bool = False, failed: bool = False) -> bytes:
    """A radiotap header with time and flags: checksum at the end, and whether it was found wrong."""
    flags = 0x10 | (0x40 if failed else 0)
    body = struct.pack("<QBB", 123_456, flags, 2)
    header = struct.pack("<BBHI", 0, 0, 8 + len(body), 0b111) + body
    check = struct.pack("<I", zlib.crc32(frame) ^ spoil)
    return header + frame + check


def service_data(payload: bytes, counter: int = 7) -> bytes:
    """Service data of UUID 0xFFFA, without the UUID."""
    return bytes([0x0D, counter]) + payload


def advertisement(payload: bytes, counter: int = 7) -> bytes:
    """Advertising data: flags, then service data."""
    content = bytes.fromhex("16faff") + service_data(payload, counter)
    return bytes.fromhex("020106") + bytes([len(content)]) + content


def crc24(data: bytes) -> bytes:
    """Bluetooth's checksum of advertisements, bit by bit as figure 3.4 of Core 5.4 vol. 6 part B draws it."""
    register = [0x555555 >> place & 1 for place in range(24)]
    for byte in data:
        for place in range(8):
            back = register[23] ^ (byte >> place & 1)
            register = [back, *register[:23]]
            for tap in (1, 3, 4, 6, 9, 10):
                register[tap] ^= back
    bits = register[::-1]
    return bytes(sum(bits[8 * i + j] << j for j in range(8)) for i in range(3))


def bluetooth(payload: bytes, sender: int = 0xC0FFEE000001, *, extended: bool = False) -> bytes:
    """A packet from access address to checksum: ADV_NONCONN_IND, or AUX_ADV_IND of Bluetooth 5."""
    data, own = advertisement(payload), address(sender)[::-1]
    content = bytes([9, 0b1001]) + own + b"\x01\x10" + data if extended else own + data
    body = bytes([0x47 if extended else 0x42, len(content)]) + content
    return struct.pack("<I", 0x8E89BED6) + body + crc24(body)


def hci_report(payload: bytes, sender: int = 0xC0FFEE000001, *, extended: bool = False) -> bytes:
    """An HCI event with one (extended) advertising report."""
    data, own = advertisement(payload), address(sender)[::-1]
    if extended:
        report = b"\0\0\x01" + own + b"\x01\x03\0\x7f\xc0\0\0\0" + bytes(6) + bytes([len(data)]) + data
    else:
        report = b"\x03\x01" + own + bytes([len(data)]) + data + b"\xc0"
    body = bytes([0x0D if extended else 0x02, 1]) + report
    return b"\x04\x3e" + bytes([len(body)]) + body


def pcap(packets: list[tuple[int, bytes]], link: int, order: str = "<", nanoseconds: bool = False) -> bytes:
    """A pcap file of (microseconds UTC, bytes)."""
    parts = 1000 if nanoseconds else 1
    out = struct.pack(order + "IHHiIII", 0xA1B23C4D if nanoseconds else 0xA1B2C3D4, 2, 4, 0, 0, 65535, link)
    for time_us, data in packets:
        second, part = divmod(time_us, 1_000_000)
        out += struct.pack(order + "IIII", second, part * parts, len(data), len(data)) + data
    return out


def block(kind: int, body: bytes, order: str = "<") -> bytes:
    """A block of pcapng."""
    size = 12 + (len(body) + 3 & ~3)
    return (
        struct.pack(order + "II", kind, size) + body.ljust(size - 12, b"\0") + struct.pack(order + "I", size)
    )


def pcapng(packets: list[tuple[int, bytes]], link: int, order: str = "<", resolution: int = 6) -> bytes:
    """A pcapng file of enhanced packet blocks, times in 10 to the minus ``resolution`` seconds."""
    out = block(0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1), order)
    options = struct.pack(order + "HHB3xHH", 9, 1, resolution, 0, 0)
    out += block(1, struct.pack(order + "HHI", link, 0, 65535) + options, order)
    for time_us, data in packets:
        ticks = time_us * 10**resolution // 1_000_000
        head = struct.pack(order + "IIIII", 0, ticks >> 32, ticks & 0xFFFFFFFF, len(data), len(data))
        out += block(6, head + data, order)
    return out
