"""Open Drone ID messages of 25 bytes, as they are sent: what is in them, in our units, and what is not.

Layouts and values: ASTM F3411-22a section 5.4.5 (tables of the broadcast message blocks; F3411-19 is the same
but for the authentication page header and the system message's altitude and time) and ASD-STAN prEN 4709-002
section 5.4. Integers are little-endian. What the standard calls "invalid, no value, or unknown" is None.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import NamedTuple

from nofly.tracks.quality import EPU_M

MESSAGE_BYTES = 25
MOST_IN_PACK = 10
"""Messages in a pack: at most 9 (F3411-22a), 10 (F3411-19)."""
VERSIONS = frozenset((0, 1, 2))
"""Protocol versions: 0 F3411-19, 1 prEN 4709-002, 2 F3411-22a; the rest are reserved or private."""

BASIC_ID, LOCATION, AUTHENTICATION, SELF_ID, SYSTEM, OPERATOR_ID, PACK = 0, 1, 2, 3, 4, 5, 15
SERIAL, REGISTRATION, UTM, SESSION_ID = 1, 2, 3, 4
"""Kinds of id: serial number (CTA-2063-A), registration, UUID of a traffic service, specific SessionID."""
GROUND, AIRBORNE, EMERGENCY = 1, 2, 3
"""Operational status; 0 is undeclared, 4 a failure of the Remote ID system."""
GROUND_OBSTACLE = 14
"""The one type of "unmanned aircraft" that is none; 0 is undeclared."""

HORIZONTAL_M: tuple[float | None, ...] = (None, *EPU_M[1:], 1.0)
"""95 % horizontal error by accuracy code: those of ADS-B's NACp, and 12 for under 1 m."""
VERTICAL_M: tuple[float | None, ...] = (None, 150.0, 45.0, 25.0, 10.0, 3.0, 1.0)
"""95 % vertical error by accuracy code, for geodetic and for pressure altitude."""

_HIGHEST_M, _FASTEST_MPS, _STEEPEST_MPS = 31_767.5, 254.25, 62.0
_LOCATION = struct.Struct("<BBBbiiHHHBBHB")


class BasicId(NamedTuple):
    """Who is flying: kind of id (:data:`SERIAL` …), type of aircraft (0 undeclared to 15), the 20 bytes."""

    kind: int
    aircraft: int
    data: bytes


class Location(NamedTuple):
    """Where the aircraft was. Heights in metres: on 1013.25 hPa, above the ellipsoid, and above what
    ``above_ground`` says (True ground, False the take-off point, None not told). Errors are 95 %. Time is in
    tenths of seconds past some full hour UTC, or whole (``time_us``); None not told."""

    status: int | None = None
    lat_deg: float | None = None
    lon_deg: float | None = None
    track_deg: float | None = None
    gs_mps: float | None = None
    vrate_mps: float | None = None
    alt_std_m: float | None = None
    alt_hae_m: float | None = None
    height_m: float | None = None
    above_ground: bool | None = None
    pos_err_m: float | None = None
    std_err_m: float | None = None
    hae_err_m: float | None = None
    tenths: int | None = None
    time_us: int | None = None


class Invalid(NamedTuple):
    """What is wrong with a message: ``version``, ``kind`` or ``length``."""

    why: str


Message = BasicId | Location | int | Invalid
"""A message read; of what is counted and not kept (authentication, operator …) only its type."""


def split_pack(data: bytes) -> list[bytes] | None:
    """Return the messages of 25 bytes in ``data``: of a pack, or the one it is; None where it is neither.

    A pack is type 15, the size of its messages, their number, and that many; what comes after is not read. A
    pack that promises more than is there is none.
    """
    if len(data) == MESSAGE_BYTES and data[0] >> 4 != PACK:
        return [data]
    if len(data) < 3 or data[0] >> 4 != PACK or data[1] != MESSAGE_BYTES:
        return None
    count = data[2]
    if not 1 <= count <= MOST_IN_PACK or len(data) < 3 + count * MESSAGE_BYTES:
        return None
    return [data[at : at + MESSAGE_BYTES] for at in range(3, 3 + count * MESSAGE_BYTES, MESSAGE_BYTES)]


def message_of(data: bytes) -> Message:
    """Return one message; a pack within a pack is of no kind that may be there."""
    if len(data) != MESSAGE_BYTES:
        return Invalid("length")
    kind, version = data[0] >> 4, data[0] & 0xF
    if kind > OPERATOR_ID:
        return Invalid("kind")
    if version not in VERSIONS:
        return Invalid("version")
    if kind == BASIC_ID:
        return BasicId(data[1] >> 4, data[1] & 0xF, data[2:22])
    return _location(data) if kind == LOCATION else kind


def _location(data: bytes) -> Location:
    flags, track, speed, climb, lat, lon, baro, geo, height, errors, more, tenths, _ = _LOCATION.unpack(
        data[1:24]
    )
    placed = lat != 0 or lon != 0
    return Location(
        status=flags >> 4,
        lat_deg=lat / 1e7 if placed else None,
        lon_deg=lon / 1e7 if placed else None,
        track_deg=track_of(track + 180 * (flags >> 1 & 1)) if track <= 180 else None,
        gs_mps=speed_of(speed * 0.75 + 63.75 if flags & 1 else speed * 0.25),
        vrate_mps=climb_of(climb * 0.5),
        alt_std_m=height_of(baro * 0.5 - 1000.0),
        alt_hae_m=height_of(geo * 0.5 - 1000.0),
        height_m=height_of(height * 0.5 - 1000.0),
        above_ground=bool(flags >> 2 & 1),
        pos_err_m=error_of(HORIZONTAL_M, errors & 0xF),
        std_err_m=error_of(VERTICAL_M, more >> 4),
        hae_err_m=error_of(VERTICAL_M, errors >> 4),
        tenths=tenths if tenths <= 36_000 else None,
    )


def error_of(table: Sequence[float | None], number: int) -> float | None:
    """Return the 95 % error an accuracy code stands for; None for unknown and reserved ones."""
    return table[number] if 0 <= number < len(table) else None


def height_of(height_m: float) -> float | None:
    """Return a height; None for -1000 m, which stands for none, and what cannot be sent."""
    return height_m if -1000.0 < height_m <= _HIGHEST_M else None


def speed_of(speed_mps: float) -> float | None:
    """Return a ground speed; None for 255 m/s, which stands for none, and what cannot be sent."""
    return speed_mps if 0.0 <= speed_mps <= _FASTEST_MPS else None


def climb_of(climb_mps: float) -> float | None:
    """Return a vertical speed; None for 63 m/s, which stands for none, and what cannot be sent."""
    return climb_mps if -_STEEPEST_MPS <= climb_mps <= _STEEPEST_MPS else None


def track_of(track_deg: float) -> float | None:
    """Return a track within [0, 360); None for 361, which stands for none, and what cannot be sent."""
    return track_deg % 360.0 if 0.0 <= track_deg <= 360.0 else None
