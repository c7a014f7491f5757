"""Mode S messages made for tests, by the published layout and not by the decoder."""

from __future__ import annotations

import math


def remainder(data: bytes) -> int:
    """Return the remainder of a message by the generator, bit by bit."""
    rest = 0
    for byte in data:
        for place in range(7, -1, -1):
            rest = rest << 1 | byte >> place & 1
            if rest & 0x1000000:
                rest ^= 0x1FFF409
    return rest


def closed(data: bytes, overlay: int = 0) -> bytes:
    """Return a message with its parity, laid over with an address or an interrogator's code."""
    return data + (remainder(data + b"\0\0\0") ^ overlay).to_bytes(3, "big")


def squitter(content: int, address: int = 0x4CA7B3, first: int = 17 << 3 | 5) -> bytes:
    return closed(bytes([first]) + address.to_bytes(3, "big") + content.to_bytes(7, "big"))


def reply(kind: int, code: int, address: int = 0x4CA7B3) -> bytes:
    data = bytes([kind << 3]) + code.to_bytes(3, "big")
    return closed(data + bytes(7) if kind >= 16 else data, address)


def zones(lat_deg: float) -> int:
    """Return NL by the equation as published."""
    if abs(lat_deg) >= 87.0:
        return 2 if abs(lat_deg) == 87.0 else 1
    share = (1 - math.cos(math.pi / 30)) / math.cos(math.radians(abs(lat_deg))) ** 2
    return math.floor(2 * math.pi / math.acos(1 - share))


def cpr(lat_deg: float, lon_deg: float, odd: bool, span_deg: float = 360.0) -> tuple[int, int]:
    """Return a place encoded, 17 bits of latitude and of longitude (19 bits on the surface, cut to 17)."""
    zone_deg = span_deg / (60 - odd)
    scale = 1 << 17
    lat = math.floor(scale * ((lat_deg % zone_deg) / zone_deg) + 0.5)
    decoded_deg = zone_deg * (lat / scale + math.floor(lat_deg / zone_deg))
    width_deg = span_deg / max(zones(decoded_deg) - odd, 1)
    lon = math.floor(scale * ((lon_deg % width_deg) / width_deg) + 0.5)
    return lat % scale, lon % scale


def airborne(lat_deg: float, lon_deg: float, odd: bool, altitude: int = 0xC38, kind: int = 11) -> int:
    lat, lon = cpr(lat_deg, lon_deg, odd)
    return kind << 51 | altitude << 36 | odd << 34 | lat << 17 | lon


def surface(lat_deg: float, lon_deg: float, odd: bool, movement: int = 10) -> int:
    lat, lon = cpr(lat_deg, lon_deg, odd, 90.0)
    return 7 << 51 | movement << 44 | 1 << 43 | 64 << 36 | odd << 34 | lat << 17 | lon


def velocity(subtype: int = 1, east: int = 101, north: int = 1, rate: int = 1, difference: int = 0) -> int:
    """Return a velocity message of raw fields: each is one more than the value, 0 is no information."""
    return 19 << 51 | subtype << 48 | east << 32 | north << 21 | rate << 10 | difference
