"""What a category gives of one record, and what the categories have in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from nofly.feeds.decoders._asterix_polar import Site
from nofly.feeds.faults import Fault
from nofly.feeds.rows import Values
from nofly.units import M_PER_FT

Given = Mapping[str, Any]
"""Fields of a record by their paths (``040/RHO``); None where the record or its edition has none."""

TARGET_NOT_REAL = Fault("target-not-real", "simulated target, test target or field monitor: no aircraft")
TARGET_UNNAMED = Fault("target-unnamed", "plot with neither aircraft address nor track number")
PLOT_FALSE = Fault(
    "plot-false", "plot that the radar takes for a reflection, side lobe, ghost or ground clutter"
)
SITE_UNKNOWN = Fault("site-unknown", "polar plot of a radar whose site is not in the option sites")
REFERENCE_UNKNOWN = Fault(
    "reference-unknown", "Cartesian track without the system's reference point (option reference)"
)

HIGHEST_FL, LOWEST_FL = 1500.0, -15.0
"""Flight levels beyond these are no aircraft's (the specifications' own limits for I021/145 and I062/136)."""
FASTEST_NM_PER_S = 1.1
"""Some 2,000 m/s: nothing that flies in the atmosphere reports more."""

_LETTERS = "#ABCDEFGHIJKLMNOPQRSTUVWXYZ##### ###############0123456789######"
"""ICAO Annex 10 vol. IV table 3-9; # stands for no character."""


@dataclass(frozen=True, slots=True)
class Places:
    """What has to be known to place what a record says."""

    sites: Mapping[str, Site] = field(default_factory=dict)
    """``SAC/SIC`` (decimal, without zeros) → where the radar stands."""
    range_error_m: float = 250.0
    azimuth_error_deg: float = 0.3
    reference: tuple[float, float] | None = None
    """Latitude and longitude of the system's reference point (I062/100)."""


class Report(NamedTuple):
    """A record that is a position. ``suspect`` says why it is doubted, ``ends`` whether the track ends."""

    lat_deg: float | None
    lon_deg: float | None
    address: int | None
    track: int | None
    values: Values
    anonymous: bool = False
    ends: bool = False
    suspect: bool = False


def callsign(bits: int | None) -> str | None:
    """Return eight characters of six bits, without padding by spaces or zeros; None where one is none."""
    if not bits:
        return None
    text = "".join(_LETTERS[bits >> shift & 0x3F] for shift in range(42, -1, -6))
    padded = text.rstrip("# ") if bits & 0x3F == 0 else text.rstrip()
    return padded.lstrip() or None if "#" not in padded else None


def squawk(reply: int | None, *doubts: int | None) -> str | None:
    """Return a Mode 3/A code; None where it is garbled, not validated or not there."""
    return None if reply is None or any(doubts) else f"{reply:04o}"


def level_fits(level_fl: float | None) -> bool:
    """Return whether a flight level may be one, or is none."""
    return level_fl is None or LOWEST_FL <= level_fl <= HIGHEST_FL


def level_m(level_fl: float | None) -> float | None:
    """Return a flight level in metres, by way of feet, so that it is the number that feet give."""
    return None if level_fl is None else level_fl * 100.0 * M_PER_FT


def flight_status_on_ground(status: int | None) -> int | None:
    """Return on_ground from a Mode S flight status (Annex 10 vol. IV § 3.1.2.6.5.1): 4, 5 leave it open."""
    return {0: 0, 1: 1, 2: 0, 3: 1}.get(-1 if status is None else status)
