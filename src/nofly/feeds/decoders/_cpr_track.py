"""Which place a compact position report means: pairs, last positions and what is reasonable.

A report is resolved by its partner of the other format, no older than 10 s (airborne) or 50 s (surface; 25 s
above 25 kt), or by the aircraft's last position (ICAO Doc 9871 appendix C.2.6.7, DO-260B § 2.2.10.2). A
place that the aircraft cannot have reached from its last is not believed until a second one agrees with it:
one wrong pair is dropped, an aircraft that really jumps (a spoofed receiver) is followed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from nofly.feeds.decoders._cpr import (
    AIRBORNE_DEG,
    SURFACE_DEG,
    Cpr,
    Place,
    airborne_global,
    local,
    surface_global,
)
from nofly.feeds.faults import Fault
from nofly.units import MPS_PER_KT

PAIR_US = 10_000_000
SURFACE_PAIR_US = 50_000_000
SURFACE_FAST_PAIR_US = 25_000_000
SURFACE_FAST_MPS = 25.0 * MPS_PER_KT
LAST_US = 240_000_000
"""So long a last position resolves a single report: at 300 m/s less than half a surface zone."""
HEMISPHERE_US = 3_600_000_000
"""So long a last position tells which of the places of a surface pair is meant (zones of 90°)."""
MOST_MPS = 600.0
SLACK_M = 1_000.0
_AGREE_M = 100.0
_M_PER_DEG = 111_320.0

UNRESOLVED = Fault(
    "position-unresolved", "position report that nothing resolves: no partner, no place near by"
)
UNREASONABLE = Fault("position-unreasonable", "position that the aircraft cannot have reached from its last")


def distance_m(one: Place, other: Place) -> float:
    """Return the distance of two places to about 1 % (sphere): enough to tell what cannot be."""
    lat, other_lat = math.radians(one.lat_deg), math.radians(other.lat_deg)
    d_lon = math.radians(other.lon_deg - one.lon_deg)
    north, east = math.sin((other_lat - lat) / 2.0), math.sin(d_lon / 2.0)
    square = north * north + math.cos(lat) * math.cos(other_lat) * east * east
    return math.degrees(2.0 * math.asin(min(1.0, math.sqrt(square)))) * _M_PER_DEG


@dataclass(slots=True)
class CprTrack:
    """The reports and places of one aircraft that the next report is resolved by."""

    reports: dict[tuple[bool, bool], tuple[int, Cpr]] = field(default_factory=dict)
    last: tuple[int, Place] | None = None
    doubted: tuple[int, Place] | None = None

    def resolve(
        self, report: Cpr, time_us: int, surface: bool, fast: bool, receiver: Place | None
    ) -> Place | Fault:
        """Return where a report is, or why that cannot be told.

        ``fast`` says that an aircraft on the surface moves at more than 25 kt; ``receiver`` is where the
        receiver stands, for a surface pair of an aircraft not yet placed.
        """
        paired = self._paired(report, time_us, surface, fast, receiver)
        self.reports[surface, report.odd] = (time_us, report)
        near = self._near(report, time_us, surface)
        if near is not None and (paired is None or distance_m(near, paired) < _AGREE_M):
            return self._believe(near, time_us) if self._reached(self.last, near, time_us) else UNREASONABLE
        if paired is None:
            return UNRESOLVED
        if near is None and self._reached(self.last, paired, time_us):
            return self._believe(paired, time_us)
        if self.doubted is not None and self._reached(self.doubted, paired, time_us):
            return self._believe(paired, time_us)
        self.doubted = (time_us, paired)
        return UNREASONABLE

    def _believe(self, place: Place, time_us: int) -> Place:
        self.last = (time_us, place)
        self.doubted = None
        return place

    @staticmethod
    def _reached(last: tuple[int, Place] | None, place: Place, time_us: int) -> bool:
        if last is None:
            return True
        return distance_m(last[1], place) <= SLACK_M + MOST_MPS * abs(time_us - last[0]) * 1e-6

    def _near(self, report: Cpr, time_us: int, surface: bool) -> Place | None:
        if self.last is None or abs(time_us - self.last[0]) > LAST_US:
            return None
        return local(report, self.last[1], SURFACE_DEG if surface else AIRBORNE_DEG)

    def _paired(
        self, report: Cpr, time_us: int, surface: bool, fast: bool, receiver: Place | None
    ) -> Place | None:
        partner = self.reports.get((surface, not report.odd))
        age_us = PAIR_US if not surface else SURFACE_FAST_PAIR_US if fast else SURFACE_PAIR_US
        if partner is None or abs(time_us - partner[0]) > age_us:
            return None
        even, odd = (partner[1], report) if report.odd else (report, partner[1])
        if not surface:
            return airborne_global(even, odd, report.odd)
        near = receiver
        if self.last is not None and abs(time_us - self.last[0]) <= HEMISPHERE_US:
            near = self.last[1]
        return None if near is None else surface_global(even, odd, report.odd, near)
