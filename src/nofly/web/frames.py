"""Positions in flat binary frames: one array for all, cut to what each client looks at.

Little-endian. A frame is a head of 24 bytes and a record of 28 bytes for each aircraft:

====== ==== ===========================================================================
offset type head
====== ==== ===========================================================================
0      4 B  ``NFP1``
4      u32  how many records follow
8      i64  as of when, UTC microseconds
16     u32  how many aircraft are known in all
20     u32  0
====== ==== ===========================================================================

====== ==== ===========================================================================
offset type record
====== ==== ===========================================================================
0      u32  number of the aircraft; what it is called comes in text messages
4      i32  latitude, 1e-7 degrees
8      i32  longitude, 1e-7 degrees
12     f32  height in metres, NaN not known
16     f32  ground speed in m/s, NaN not known
20     u16  track in 0.01 degrees, 65535 not known
22     u16  age in 0.1 s, 65535 that or more
24     u8   datum of the height: 0 not known, 1 STD, 2 AMSL, 3 HAE, 4 AGL
25     u8   1 on the ground, 0 in the air, 255 not known
26     i16  vertical rate in 0.01 m/s, −32768 not known
====== ==== ===========================================================================
"""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nofly.run.following.picture import Box, Picture

RECORD = np.dtype([
    ("number", "<u4"), ("lat", "<i4"), ("lon", "<i4"), ("alt_m", "<f4"), ("gs_mps", "<f4"), ("track", "<u2"),
    ("age", "<u2"), ("datum", "u1"), ("ground", "u1"), ("vrate", "<i2"),
])  # fmt: skip
HEAD = struct.Struct("<4sIqII")
MAGIC = b"NFP1"
_MOST_U2, _LEAST_I2 = 65535, -32768


def records(picture: Picture, now_us: int) -> NDArray[Any]:
    """Return a record for every aircraft that is shown, of dtype :data:`RECORD`."""
    numbers = picture.shown(now_us)
    latest = picture.latest[numbers]
    out = np.zeros(len(numbers), RECORD)
    out["number"] = numbers
    out["lat"], out["lon"] = np.rint(latest["lat_deg"] * 1e7), np.rint(latest["lon_deg"] * 1e7)
    out["alt_m"], out["gs_mps"], out["datum"] = latest["alt_m"], latest["gs_mps"], latest["datum"]
    track = np.rint(np.nan_to_num(latest["track_deg"]) % 360.0 * 100.0)
    out["track"] = np.where(np.isnan(latest["track_deg"]), _MOST_U2, track)
    out["age"] = np.clip((now_us - latest["time_us"]) // 100_000, 0, _MOST_U2)
    out["ground"] = latest["on_ground"].view(np.uint8)
    rate = np.clip(np.nan_to_num(latest["vrate_mps"]) * 100.0, _LEAST_I2 + 1, 32767)
    out["vrate"] = np.where(np.isnan(latest["vrate_mps"]), _LEAST_I2, np.rint(rate))
    return out


def within(rows: NDArray[Any], box: Box | None) -> NDArray[Any]:
    """Return the records in a box; all where there is none."""
    return rows if box is None else rows[box.holds(rows["lat"] * 1e-7, rows["lon"] * 1e-7)]


def frame(rows: NDArray[Any], now_us: int, known: int) -> bytes:
    """Return a frame of records; ``known`` is how many aircraft there are in all."""
    return HEAD.pack(MAGIC, len(rows), now_us, known, 0) + rows.tobytes()
