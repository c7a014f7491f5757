"""Aviation units at the edges, SI inside.

Sources: ICAO Annex 5 (foot 0.3048 m, nautical mile 1852 m); flight level = 100 ft of pressure
altitude at 1013.25 hPa (ICAO Doc 8168).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

M_PER_FT = 0.3048
M_PER_NM = 1852.0
M_PER_FL = 30.48
MPS_PER_KT = 1852.0 / 3600.0
MPS_PER_FPM = 0.3048 / 60.0
MPS_PER_KMH = 1.0 / 3.6
US_PER_S = 1_000_000
DAY_US = 86_400 * US_PER_S
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NEAR_US = 1 << 55
"""A thousand years: nearer to 1970 than this Python's calendar does, which is several times faster."""
ISA_HPA = 1013.25

_LENGTH_M = {
    "M": 1.0, "METER": 1.0, "METERS": 1.0, "METRE": 1.0, "METRES": 1.0, "MTR": 1.0,
    "FT": M_PER_FT, "FEET": M_PER_FT, "FOOT": M_PER_FT,
    "FL": M_PER_FL,
    "NM": M_PER_NM, "NMI": M_PER_NM,
    "KM": 1000.0,
}  # fmt: skip


def length_m(value: float, unit: str) -> float:
    """Return ``value`` of ``unit`` (m, ft, FL, NM, km; case and plural ignored) in metres.

    Raises KeyError for a unit it does not know: the caller says where it stood.
    """
    name = re.sub(r"[^A-Z]", "", unit.upper())
    if name == "FL":
        # By way of feet, so that FL360 and 36,000 ft are one number to the last bit.
        return value * 100.0 * M_PER_FT
    return value * _LENGTH_M[name]


def feet(value_m: float) -> float:
    """Return metres in feet."""
    return value_m / M_PER_FT


def knots(value_mps: float) -> float:
    """Return m/s in knots."""
    return value_mps / MPS_PER_KT


def nautical_miles(value_m: float) -> float:
    """Return metres in nautical miles."""
    return value_m / M_PER_NM


def flight_level_text(alt_std_m: float) -> str:
    """Return a pressure altitude as ``FL190``."""
    return f"FL{round(alt_std_m / M_PER_FL):03d}"


def iso_time(time_us: int) -> str:
    """Return ISO 8601 UTC with microseconds and Z."""
    if -_NEAR_US < time_us < _NEAR_US:
        second, rest_us = divmod(time_us, US_PER_S)
        return f"{_to_the_second(second)}.{rest_us:06d}Z"
    import numpy as np

    return f"{np.datetime64(time_us, 'us')}Z"


@lru_cache(maxsize=1 << 12)
def _to_the_second(second: int) -> str:
    return (_EPOCH + timedelta(seconds=int(second))).isoformat()[:-6]
