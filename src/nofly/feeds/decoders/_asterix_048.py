"""ASTERIX category 048, plots and tracks of one radar (EUROCONTROL SPEC-0149-4, editions 1.27 to 1.32)."""

from __future__ import annotations

from typing import Any

from nofly.feeds.decoders._asterix_polar import place
from nofly.feeds.decoders._asterix_report import (
    FASTEST_NM_PER_S,
    PLOT_FALSE,
    SITE_UNKNOWN,
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
from nofly.units import M_PER_FT, M_PER_NM

CATEGORY = 48
EDITION = "1.32"
"""Reads what editions 1.27 to 1.32 send: each only adds extents to the one before."""

NEEDED = ("010/SAC", "140")
FIELDS = (
    *NEEDED, "010/SIC", "020/TYP", "020/SIM", "020/RAB", "020/TST", "040/RHO", "040/THETA", "070/MODE3A",
    "070/V", "070/G", "090/FL", "090/V", "090/G", "110/3DH", "161/TRN", "170/TRE", "170/GHO", "200/GSP",
    "200/HDG", "220", "240", "230/STAT", "030",
)  # fmt: skip

NO_DETECTION = Fault(
    NOT_A_POSITION.code, "tracks updated without a plot: extrapolated, not measured", NOT_A_POSITION.severity
)
POSITION_IMPOSSIBLE = Fault("plot-too-high", "plot higher above the radar than it is far from it")

_FALSE = frozenset((1, 2, 3, 4, 5, 10))
"""I048/030: reflection, side lobe, split plot, second time around, angel, phantom SSR plot."""
_SOURCES = {1: "psr", 2: "ssr", 3: "ssr", 4: "ssr", 5: "ssr", 6: "ssr", 7: "ssr"}
_RANGE_UNKNOWN_NM = 65535 / 256.0


def time_of_day_s(given: Given) -> float | None:
    """Return when the plot was taken."""
    return None if given["140"] is None else float(given["140"])


def impossible(given: Given) -> bool:
    """Return whether a value cannot be, so that the record was not read rightly."""
    speed = given["200/GSP"]
    return not level_fits(given["090/FL"]) or (speed is not None and speed > FASTEST_NM_PER_S)


def report(given: Given, places: Places) -> Report | Fault:
    """Return the position of a record, or why it is none."""
    kind = given["020/TYP"]
    if given["020/SIM"] or given["020/TST"] or given["020/RAB"]:
        return TARGET_NOT_REAL
    if given["170/GHO"] or not _FALSE.isdisjoint(given["030"] or ()):
        return PLOT_FALSE
    if kind == 0:
        return NO_DETECTION
    range_nm = given["040/RHO"]
    if range_nm is None or range_nm >= _RANGE_UNKNOWN_NM:
        return NOT_A_POSITION
    site = places.sites.get(f"{given['010/SAC']}/{given['010/SIC']}")
    if site is None:
        return SITE_UNKNOWN
    level = None if given["090/V"] or given["090/G"] else given["090/FL"]
    ground = flight_status_on_ground(given["230/STAT"])
    height_m = level_m(level)
    measured_m = None if given["110/3DH"] is None else given["110/3DH"] * M_PER_FT
    likely_m = site.height_m if ground == 1 else measured_m if height_m is None else height_m
    errors = places.range_error_m, places.azimuth_error_deg
    placed = place(site, range_nm * M_PER_NM, given["040/THETA"], likely_m, *errors)
    if placed is None:
        return POSITION_IMPOSSIBLE
    values: dict[str, Any] = {
        "source": _SOURCES.get(kind),
        "on_ground": ground,
        "callsign": callsign(given["240"]),
        "squawk": squawk(given["070/MODE3A"], given["070/V"], given["070/G"]),
        "alt_std_m": height_m,
        "alt_amsl_m": measured_m,
        "pos_err_m": placed.pos_err_m,
    }
    if given["200/GSP"] is not None:
        values["gs_mps"] = given["200/GSP"] * M_PER_NM
        values["track_deg"] = given["200/HDG"]
    return Report(
        placed.lat_deg, placed.lon_deg, given["220"], given["161/TRN"], values, ends=bool(given["170/TRE"])
    )
