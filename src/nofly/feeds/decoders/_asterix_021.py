"""ASTERIX category 021, ADS-B target reports (EUROCONTROL SPEC-0149-12, editions 0.23 to 2.7)."""

from __future__ import annotations

import math
from typing import Any

from nofly.feeds.decoders._asterix_report import (
    FASTEST_NM_PER_S,
    TARGET_NOT_REAL,
    Given,
    Places,
    Report,
    callsign,
    level_fits,
    level_m,
    squawk,
)
from nofly.feeds.decoders._modes_fields import containment_m
from nofly.feeds.faults import Fault
from nofly.tracks.quality import EPU_M
from nofly.units import M_PER_FT, M_PER_NM, MPS_PER_FPM

CATEGORY = 21
EDITION = "2.7"
"""Reads what editions 2.1 to 2.7 send: each only adds extents to the one before."""

NEEDED = ("010/SAC", "040/ATP", "080")
FIELDS = (
    *NEEDED, "010/SIC", "030", "071", "073", "074/FSI", "074/TOMRP", "077", "130/LAT", "130/LON", "131/LAT",
    "131/LON", "040/ARC", "040/RAB", "040/GBS", "040/SIM", "040/TST", "040/CL", "040/IPC", "040/CPR",
    "040/LDPJ", "040/RCF", "161/TRNUM", "145", "140", "155/RE", "155/BVR", "157/RE", "157/GVR", "155", "157",
    "160/RE", "160/GS", "160/TA", "170", "070/MODE3A", "070/V", "070/G", "020", "090/NUCPNIC", "090/NACP",
    "090/SIL", "090/VALSTATE/VAL", "210/VN",
)  # fmt: skip

_CATEGORIES = {
    1: "A1", 2: "A2", 3: "A3", 4: "A4", 5: "A5", 6: "A6", 10: "A7", 11: "B1", 12: "B2", 13: "B6", 14: "B7",
    15: "B4", 16: "B3", 20: "C1", 21: "C2", 22: "C3", 23: "C4", 24: "C5",
}  # fmt: skip
"""I021/020 → emitter category as DO-260B writes it."""
_HPL_M = (
    None, 20 * M_PER_NM, 10 * M_PER_NM, 2 * M_PER_NM, 1 * M_PER_NM, 0.5 * M_PER_NM, 0.2 * M_PER_NM,
    0.1 * M_PER_NM, 25.0, 7.5,
)  # fmt: skip
"""Horizontal protection limit of NUCp 0 to 9 (RTCA DO-260 table 2-11), for MOPS version 0."""
_UNKNOWN_HEIGHT_FT = 32767 * 6.25
_VALIDATION_FAILED = 3
_ANONYMOUS = 3
"""I021/040 ATP: an address that the aircraft chose itself."""


def time_of_day_s(given: Given) -> float | None:
    """Return when the position applied, else when it was received, else when it was sent on."""
    received = given["073"]
    if given["071"] is not None:
        return float(given["071"])
    if received is not None and given["074/TOMRP"] is not None and given["074/FSI"] != 3:
        second = math.floor(received) + (0, 1, -1)[given["074/FSI"]]
        return float(second + given["074/TOMRP"])
    for moment in (received, given["030"], given["077"]):
        if moment is not None:
            return float(moment)
    return None


def impossible(given: Given) -> bool:
    """Return whether a value cannot be, so that the record was not read rightly."""
    lat, lon = given["130/LAT"], given["130/LON"]
    fine_lat, fine_lon = given["131/LAT"], given["131/LON"]
    for latitude in (lat, fine_lat):
        if latitude is not None and abs(latitude) > 90.0:
            return True
    both = lat is not None and fine_lat is not None
    if both and (abs(lat - fine_lat) > 1e-3 or 1e-3 < abs(lon - fine_lon) < 359.0):
        return True
    speed = given["160/GS"]
    fast = speed is not None and not given["160/RE"] and speed > FASTEST_NM_PER_S
    return fast or not level_fits(given["145"])


def report(given: Given, places: Places) -> Report | Fault:
    """Return the position of a record, or why it is none."""
    if given["040/SIM"] or given["040/TST"] or given["040/RAB"]:
        return TARGET_NOT_REAL
    fine = given["131/LAT"] is not None
    newer = given["030"] is None
    ground, ground_bit = None, given["040/GBS"]
    if ground_bit is not None:
        ground = int(ground_bit)
    suspect = any((
        given["040/CL"] == 1, given["040/IPC"], given["040/CPR"], given["040/LDPJ"], given["040/RCF"],
        given["090/VALSTATE/VAL"] == _VALIDATION_FAILED,
    ))  # fmt: skip
    height_ft = given["140"]
    values: dict[str, Any] = {
        "source": "adsb",
        "on_ground": ground,
        "callsign": callsign(given["170"]),
        "squawk": squawk(given["070/MODE3A"], given["070/V"], given["070/G"]),
        "category": _CATEGORIES.get(given["020"] or 0),
        "alt_std_m": level_m(given["145"]),
        "alt_hae_m": None if height_ft is None or height_ft >= _UNKNOWN_HEIGHT_FT else height_ft * M_PER_FT,
        "vrate_mps": _vertical(given),
        **_vector(given),
        **(dict.fromkeys(("nic", "nac_p", "sil"), 0) if suspect else _quality(given)),
    }
    if newer and given["040/ARC"] == 3:
        values["alt_std_m"] = None
    return Report(
        given["131/LAT" if fine else "130/LAT"],
        given["131/LON" if fine else "130/LON"],
        given["080"],
        given["161/TRNUM"],
        values,
        anonymous=given["040/ATP"] >= _ANONYMOUS,
        suspect=suspect,
    )


def _vector(given: Given) -> dict[str, float | None]:
    if given["160/GS"] is None or given["160/RE"]:
        return {}
    return {"gs_mps": given["160/GS"] * M_PER_NM, "track_deg": given["160/TA"]}


def _vertical(given: Given) -> float | None:
    """Return the barometric vertical rate, else the geometric one."""
    for rate, exceeded in (("155/BVR", "155/RE"), ("157/GVR", "157/RE"), ("155", ""), ("157", "")):
        if given[rate] is not None and not (exceeded and given[exceeded]):
            return float(given[rate] * MPS_PER_FPM)
    return None


def _quality(given: Given) -> dict[str, Any]:
    """Return nic, nac_p, sil and pos_err_m: by NACp, else by the containment of NIC or NUCp."""
    code, accuracy, version = given["090/NUCPNIC"], given["090/NACP"], given["210/VN"]
    if code is None:
        return {}
    if version == 0:
        return {"pos_err_m": _HPL_M[code] if code < len(_HPL_M) else None}
    accuracy = accuracy if accuracy is not None and accuracy < len(EPU_M) else None
    integrity = code if version is not None and code <= 11 else None
    error = EPU_M[accuracy] if accuracy else None if integrity is None else containment_m(integrity)
    return {"nic": integrity, "nac_p": accuracy, "sil": given["090/SIL"], "pos_err_m": error}
