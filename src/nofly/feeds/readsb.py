"""What readsb and tar1090 say of an aircraft, in our words; shared by their files and feeds.

Source: readsb's README-json.md (aircraft.json, trace jsons); section numbers there are of DO-260B.
Barometric altitude is feet at 1013.25 hPa, geometric altitude feet above the WGS 84 ellipsoid, speeds
knots, vertical rates ft/min.
"""

from __future__ import annotations

import math
from typing import Any

from nofly.feeds.texts import callsign_of, plain_of, source_of, squawk_of
from nofly.tracks.quality import EPU_M
from nofly.units import M_PER_FT, MPS_PER_FPM, MPS_PER_KT

GROUND = "ground"
PIA_FLAG = 4
LADD_FLAG = 8
"""dbFlags: Privacy ICAO Address, and Limiting Aircraft Data Displayed (both programmes of the FAA)."""


def is_private(db_flags: object) -> bool:
    """Return whether the database marks the aircraft PIA or LADD."""
    return isinstance(db_flags, int) and bool(db_flags & (PIA_FLAG | LADD_FLAG))


def number(value: Any) -> float | None:
    """Return a finite number, None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        found = float(value)
    except OverflowError:
        return None
    return found if math.isfinite(found) else None


def scaled(value: Any, factor: float) -> float | None:
    """Return a number times a factor, None for what is no number."""
    found = number(value)
    return None if found is None else found * factor


def small(value: Any, largest: int) -> int | None:
    """Return a code from 0 to ``largest``, None for anything else."""
    found = number(value)
    return int(found) if found is not None and 0 <= found <= largest else None


def heights(alt_baro: Any, alt_geom: Any) -> dict[str, Any]:
    """Return ``alt_std_m``, ``alt_hae_m`` and ``on_ground`` (``ground`` in place of a height)."""
    on_ground = 1 if alt_baro == GROUND else None if number(alt_baro) is None else 0
    return {
        "alt_std_m": scaled(alt_baro, M_PER_FT),
        "alt_hae_m": scaled(alt_geom, M_PER_FT),
        "on_ground": on_ground,
    }


def motion(gs: Any, track: Any, vrate: Any) -> dict[str, Any]:
    """Return ``gs_mps``, ``track_deg`` and ``vrate_mps``."""
    speed = scaled(gs, MPS_PER_KT)
    return {
        "gs_mps": speed if speed is not None and speed >= 0 else None,
        "track_deg": number(track),
        "vrate_mps": scaled(vrate, MPS_PER_FPM),
    }


def quality(nic: Any, nac_p: Any, sil: Any, rc: Any) -> dict[str, Any]:
    """Return ``nic``, ``nac_p``, ``sil`` and ``pos_err_m`` (by NACp, else the radius of containment)."""
    accuracy, radius = small(nac_p, 11), number(rc)
    error = EPU_M[accuracy] if accuracy else radius if radius is not None and radius > 0 else None
    return {"nic": small(nic, 11), "nac_p": accuracy, "sil": small(sil, 3), "pos_err_m": error}


def identity(flight: Any, squawk: Any, category: Any, private: bool) -> dict[str, Any]:
    """Return ``callsign``, ``squawk`` and ``category``; no callsign of a private aircraft."""
    return {
        "callsign": None if private or not isinstance(flight, str) else callsign_of(flight),
        "squawk": squawk_of(squawk),
        "category": plain_of(category) if isinstance(category, str) else None,
    }


def surveillance(kind: Any, mlat: Any = (), tisb: Any = ()) -> str | None:
    """Return the source of a position from ``type`` and the lists of fields that MLAT or TIS-B gave."""
    if isinstance(mlat, list) and "lat" in mlat:
        return "mlat"
    if isinstance(tisb, list) and "lat" in tisb:
        return "tisb"
    return source_of(kind) if isinstance(kind, str) else None
