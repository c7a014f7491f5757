"""ASTERIX records made for tests with libasterix: the decoder has its tables, but code of its own."""

from __future__ import annotations

import math
from typing import Any

from asterix import generated

EDITIONS = {21: (2, 7), 34: (1, 29), 48: (1, 32), 62: (1, 21)}
SAC, SIC = 25, 12
NM, FT, FL = 1852.0, 0.3048, 30.48


def spec(category: int, edition: tuple[int, int] | None = None) -> Any:
    wanted = edition or EDITIONS[category]
    return next(s for s in generated.manifest["CATS"][category] if s.cv_edition == wanted)


def block(category: int, *records: dict[str, Any], edition: tuple[int, int] | None = None) -> bytes:
    """Return one data block of records given as libasterix takes them: item → value."""
    made = spec(category, edition)
    whole = [made.cv_uap.cv_record.create(record) for record in records]
    return bytes(made.create(whole).unparse().to_bytes())


def second(time_s: float) -> float:
    return round(time_s % 86_400 * 128) / 128


def letters(text: str) -> int:
    bits = 0
    for letter in text.ljust(8):
        code = ord(letter) if letter in " 0123456789" else ord(letter) - 64
        bits = bits << 6 | code
    return bits


def adsb(
    time_s: float, address: int, lat_deg: float, lon_deg: float, level: float | None = None, **more: Any
) -> dict[str, Any]:
    """Return a record of category 021, edition 2; ``more`` are items such as ``i170`` for I021/170."""
    record: dict[str, Any] = {
        "010": (("SAC", SAC), ("SIC", SIC)),
        "040": (0,),
        "080": address,
        "073": float(second(time_s)),
        "131": (("LAT", float(lat_deg)), ("LON", float(lon_deg))),
    }
    if level is not None:
        record["145"] = float(level)
    record.update({name[1:]: value for name, value in more.items()})
    return {name: value for name, value in record.items() if value is not None}


def plot(
    time_s: float, address: int | None, range_nm: float, azimuth_deg: float, level: float | None, **more: Any
) -> dict[str, Any]:
    """Return a record of category 048: a Mode S roll-call plot."""
    record: dict[str, Any] = {
        "010": (("SAC", SAC), ("SIC", SIC)),
        "140": float(second(time_s)),
        "020": ((5, 0, 0, 0, 0, None),),
        "040": (("RHO", float(range_nm)), ("THETA", float(azimuth_deg))),
        "220": address,
    }
    if level is not None:
        record["090"] = (0, 0, ("FL", float(level)))
    record.update({name[1:]: value for name, value in more.items()})
    return {name: value for name, value in record.items() if value is not None}


def track(
    time_s: float, number: int, lat_deg: float | None, lon_deg: float | None, **more: Any
) -> dict[str, Any]:
    """Return a record of category 062."""
    record: dict[str, Any] = {
        "010": (("SAC", SAC), ("SIC", SIC)),
        "040": number,
        "070": float(second(time_s)),
        "080": (0,),
        "105": None if lat_deg is None else (("LAT", float(lat_deg)), ("LON", float(lon_deg or 0.0))),
    }
    record.update({name[1:]: value for name, value in more.items()})
    return {name: value for name, value in record.items() if value is not None}


def velocity(gs_mps: float, track_deg: float) -> tuple[tuple[str, float], tuple[str, float]]:
    angle = math.radians(track_deg)
    return ("VX", float(gs_mps * math.sin(angle))), ("VY", float(gs_mps * math.cos(angle)))
