"""ASTERIX category 062, system tracks (EUROCONTROL SPEC-0149-9, editions 1.16 to 1.21).

A track is reckoned by a tracker from several sensors. Where it coasts (no sensor has seen it for a time) its
place is extrapolated, and no position here.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any

from nofly.feeds.decoders._asterix_report import (
    REFERENCE_UNKNOWN,
    TARGET_NOT_REAL,
    Given,
    Places,
    Report,
    callsign,
    flight_status_on_ground,
    level_fits,
    level_m,
    squawk,
)
from nofly.feeds.faults import NOT_A_POSITION, Fault
from nofly.units import M_PER_FL, M_PER_FT, MPS_PER_FPM

CATEGORY = 62
EDITION = "1.21"
"""Reads what editions 1.16 to 1.21 send: each only adds extents to the one before."""

NEEDED = ("010/SAC", "040", "070", "080/MON")
FIELDS = (
    *NEEDED, "010/SIC", "105/LAT", "105/LON", "100/X", "100/Y", "185/VX", "185/VY", "060/MODE3A", "060/V",
    "060/G", "245/CHR", "245/STI", "380/ADR", "380/ID", "380/COM/STAT", "380/SAB/GBS", "380/EMC", "380/GAL",
    "080/SRC", "080/SIM", "080/TSE", "080/CST", "080/SFC", "136", "295/MFL", "130", "135/QNH", "135/CTB",
    "220", "390/CS", "500/APW/LAT", "500/APW/LON", "500/APC/X", "500/APC/Y", "500/AGA", "500/ABA",
    "340/TYP/TST", "340/TYP/RAB",
)  # fmt: skip

COASTING = Fault(
    NOT_A_POSITION.code, "tracks that coast or end: extrapolated, not measured", NOT_A_POSITION.severity
)
LEVEL_AGE_S = 15.0
"""A measured flight level older than this (I062/295) is not the track's any more."""

_ASSUMED_HEIGHTS = (0, 4, 5, 6)
"""I062/080 SRC: no source, height from coverage, speed look-up table, default height: nothing measured."""
_RADIUS_95 = math.sqrt(-2.0 * math.log(0.05))
"""Radius that holds 95 % of a circular normal distribution, in standard deviations."""
_SIGMA_95 = 1.959964
_M_PER_DEG = 111_694.0
"""A degree of latitude on WGS 84 at a pole, where it is longest."""
_FASTEST_MPS = 2000.0


def time_of_day_s(given: Given) -> float | None:
    """Return the time of track information."""
    return None if given["070"] is None else float(given["070"])


def impossible(given: Given) -> bool:
    """Return whether a value cannot be, so that the record was not read rightly."""
    lat, lon = given["105/LAT"], given["105/LON"]
    if lat is not None and (abs(lat) > 90.0 or abs(lon) > 180.0):
        return True
    vx = given["185/VX"]
    fast = vx is not None and math.hypot(vx, given["185/VY"]) > _FASTEST_MPS
    return fast or not level_fits(given["136"]) or not level_fits(given["135/CTB"])


def report(given: Given, places: Places) -> Report | Fault:
    """Return the position of a record, or why it is none."""
    if given["080/SIM"] or given["340/TYP/TST"] or given["340/TYP/RAB"]:
        return TARGET_NOT_REAL
    if given["080/CST"] or given["080/TSE"]:
        return COASTING
    lat, lon = given["105/LAT"], given["105/LON"]
    if lat is None and given["100/X"] is not None:
        if places.reference is None:
            return REFERENCE_UNKNOWN
        lat, lon = _unprojected(places.reference, given["100/X"], given["100/Y"])
    if lat is None:
        return NOT_A_POSITION
    values: dict[str, Any] = {
        "source": "system-track",
        "on_ground": _on_ground(given),
        "callsign": _callsign(given),
        "squawk": squawk(given["060/MODE3A"], given["060/V"], given["060/G"]),
        "vrate_mps": None if given["220"] is None else given["220"] * MPS_PER_FPM,
        "pos_err_m": _position_error_m(given, lat),
        **_heights(given),
    }
    if given["185/VX"] is not None:
        values["gs_mps"] = math.hypot(given["185/VX"], given["185/VY"])
        values["track_deg"] = math.degrees(math.atan2(given["185/VX"], given["185/VY"])) % 360.0
    return Report(lat, lon, given["380/ADR"], given["040"], values)


def _heights(given: Given) -> dict[str, float | None]:
    """Return the heights, each in its own column, and their 95 % error.

    The measured flight level goes before the track's barometric altitude, which with QNH applied is one
    above mean sea level. A geometric altitude of a track that nothing measured is none.
    """
    level = given["136"]
    if level is not None and given["295/MFL"] is not None and given["295/MFL"] > LEVEL_AGE_S:
        level = None
    track_level, corrected = given["135/CTB"], given["135/QNH"]
    if level is None and not corrected:
        level = track_level
    geometric_ft = None if given["080/SRC"] in _ASSUMED_HEIGHTS else given["130"]
    if geometric_ft is None:
        geometric_ft = given["380/GAL"]
    error_m = None
    if level is not None or corrected:
        error_m = None if given["500/ABA"] is None else given["500/ABA"] * M_PER_FL * _SIGMA_95
    elif geometric_ft is not None and given["500/AGA"] is not None:
        error_m = given["500/AGA"] * M_PER_FT * _SIGMA_95
    return {
        "alt_std_m": level_m(level),
        "alt_amsl_m": level_m(track_level) if corrected else None,
        "alt_hae_m": None if geometric_ft is None else geometric_ft * M_PER_FT,
        "alt_err_m": error_m or None,
    }


def _position_error_m(given: Given, lat_deg: float) -> float | None:
    """Return the 95 % radius from the standard deviations of I062/500, of the worse axis."""
    if given["500/APC/X"] is not None:
        sigma_m = max(given["500/APC/X"], given["500/APC/Y"])
    elif given["500/APW/LAT"] is not None:
        east = given["500/APW/LON"] * math.cos(math.radians(lat_deg))
        sigma_m = max(given["500/APW/LAT"], east) * _M_PER_DEG
    else:
        return None
    return float(sigma_m * _RADIUS_95) or None


def _on_ground(given: Given) -> int | None:
    if given["080/SFC"] or given["380/SAB/GBS"]:
        return 1
    return flight_status_on_ground(given["380/COM/STAT"])


def _callsign(given: Given) -> str | None:
    """Return the callsign: as sent by the aircraft, else as the tracker has it, else of the flight plan."""
    for bits in (given["380/ID"], given["245/CHR"] if given["245/STI"] in (0, 1) else None):
        text = callsign(bits)
        if text is not None:
            return text
    plan = given["390/CS"]
    text = "" if plan is None else plan.to_bytes(7, "big").decode("ascii", "replace").strip(" \0")
    return text if text.isascii() and text.isalnum() else None


@cache
def _projection(reference: tuple[float, float]) -> Any:
    """Return the transformer from a system's stereographic plane (I062/100) to WGS 84."""
    from pyproj import Transformer

    lat_deg, lon_deg = reference
    plane = f"+proj=sterea +lat_0={lat_deg!r} +lon_0={lon_deg!r} +ellps=WGS84 +units=m"
    return Transformer.from_crs(plane, "EPSG:4326", always_xy=True)


def _unprojected(reference: tuple[float, float], x_m: float, y_m: float) -> tuple[float, float]:
    lon, lat = _projection(reference).transform(x_m, y_m)
    return float(lat), float(lon)
