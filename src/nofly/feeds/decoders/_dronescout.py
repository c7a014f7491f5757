"""The structure ``ODID_UAS_Data`` of opendroneid-core-c, which DroneScout receivers publish in base64.

Its layout is that of the C compiler on a little-endian machine of 64 bits (libopendroneid/opendroneid.h since
version 1.0: two basic ids, sixteen authentication pages), as the receiver's manual refers to it.
"""

from __future__ import annotations

import math
import struct
from typing import NamedTuple

from nofly.feeds.decoders import _odid as odid
from nofly.feeds.decoders._odid import BasicId, Location

_IDS = (0, 32)
_ID = struct.Struct("<ii20s")
_LOCATION_AT = 64
_LOCATION = struct.Struct("<ifffddffifiiiiif")
_VALID_AT = 892
LEAST_BYTES = _VALID_AT + 22
"""The structure without its padding."""


class UasData(NamedTuple):
    """What is kept of the structure: the ids, and the location with the bytes it was read from."""

    ids: list[BasicId]
    location: Location | None
    location_data: bytes


def uas_data(data: bytes) -> UasData | None:
    """Return what the structure holds; None where it is too short to be one."""
    if len(data) < LEAST_BYTES:
        return None
    valid = data[_VALID_AT:LEAST_BYTES]
    ids = []
    for number, at in enumerate(_IDS):
        aircraft, kind, text = _ID.unpack_from(data, at)
        if valid[number] == 1 and 0 <= aircraft <= 15:
            ids.append(BasicId(kind, aircraft, text))
    if valid[2] != 1:
        return UasData(ids, None, b"")
    end = _LOCATION_AT + _LOCATION.size
    return UasData(ids, _location(data), data[_LOCATION_AT:end])


def _location(data: bytes) -> Location:
    (
        status, track, speed, climb, lat, lon, baro, geo, reference, height,
        horizontal, vertical, pressure, _, _, second,
    ) = _LOCATION.unpack_from(data, _LOCATION_AT)  # fmt: skip
    placed = (lat != 0.0 or lon != 0.0) and math.isfinite(lat) and math.isfinite(lon)
    return Location(
        status=status,
        lat_deg=lat if placed else None,
        lon_deg=lon if placed else None,
        track_deg=odid.track_of(track),
        gs_mps=odid.speed_of(speed),
        vrate_mps=odid.climb_of(climb),
        alt_std_m=odid.height_of(baro),
        alt_hae_m=odid.height_of(geo),
        height_m=odid.height_of(height),
        above_ground={0: False, 1: True}.get(reference),
        pos_err_m=odid.error_of(odid.HORIZONTAL_M, horizontal),
        std_err_m=odid.error_of(odid.VERTICAL_M, pressure),
        hae_err_m=odid.error_of(odid.VERTICAL_M, vertical),
        tenths=round(second * 10.0) if 0.0 <= second <= 3600.0 else None,
    )
