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


Reports = dict[tuple[bool, bool], tuple[int, Cpr]]
"""The newest report and its time, by whether it is of the surface and whether it is odd."""


@dataclass(slots=True)
class CprTrack:
    """The reports and places of one aircraft that the next report is resolved by.

    Reports that do not fit the track are kept apart, as ``strays``: one wrong report spoils no pair, and
    strays that agree with one another take the track over.
    """

    reports: Reports = field(default_factory=dict)
    strays: Reports = field(default_factory=dict)
    last: tuple[int, Place] | None = None
    doubted: tuple[int, Place] | None = None

    def resolve(
        self, report: Cpr, time_us: int, surface: bool, fast: bool, receiver: Place | None
    ) -> Place | Fault:
        """Return where a report is, or why that cannot be told.

        ``fast`` says that an aircraft on the surface moves at more than 25 kt; ``receiver`` is where the
        receiver stands, for a surface pair of an aircraft not yet placed.
        """
        pair_us = PAIR_US if not surface else SURFACE_FAST_PAIR_US if fast else SURFACE_PAIR_US
        reference = self._reference(time_us, receiver)
        paired = _paired(self.reports, report, time_us, surface, pair_us, reference)
        near = self._near(report, time_us, surface)
        if near is not None:
            agree = paired is None or distance_m(near, paired) < _AGREE_M
            if agree and self._reached(near, time_us):
                self.reports[surface, report.odd] = (time_us, report)
                self.last = (time_us, near)
                return near
            return self._stray(report, time_us, surface, pair_us, reference)
        if paired is not None and not self._reached(paired, time_us):
            return self._stray(report, time_us, surface, pair_us, reference)
        self.reports[surface, report.odd] = (time_us, report)
        if paired is None:
            return UNRESOLVED
        self.last = (time_us, paired)
        return paired

    def _stray(
        self, report: Cpr, time_us: int, surface: bool, pair_us: int, reference: Place | None
    ) -> Place | Fault:
        """Keep a report that does not fit; return its place where two pairs of such agree."""
        paired = _paired(self.strays, report, time_us, surface, pair_us, reference)
        self.strays[surface, report.odd] = (time_us, report)
        if paired is None:
            return UNREASONABLE
        doubted, self.doubted = self.doubted, (time_us, paired)
        if doubted is None or abs(time_us - doubted[0]) > LAST_US or not _within(doubted, paired, time_us):
            return UNREASONABLE
        self.reports, self.strays = self.strays, self.reports
        self.last, self.doubted = (time_us, paired), None
        return paired

    def _reached(self, place: Place, time_us: int) -> bool:
        return self.last is None or _within(self.last, place, time_us)

    def _near(self, report: Cpr, time_us: int, surface: bool) -> Place | None:
        if self.last is None or abs(time_us - self.last[0]) > LAST_US:
            return None
        return local(report, self.last[1], SURFACE_DEG if surface else AIRBORNE_DEG)

    def _reference(self, time_us: int, receiver: Place | None) -> Place | None:
        if self.last is not None and abs(time_us - self.last[0]) <= HEMISPHERE_US:
            return self.last[1]
        return receiver


def _within(last: tuple[int, Place], place: Place, time_us: int) -> bool:
    return distance_m(last[1], place) <= SLACK_M + MOST_MPS * abs(time_us - last[0]) * 1e-6


def _paired(
    reports: Reports, report: Cpr, time_us: int, surface: bool, pair_us: int, reference: Place | None
) -> Place | None:
    """Return the place that a report and its partner tell, None where there is none in time."""
    partner = reports.get((surface, not report.odd))
    if partner is None or abs(time_us - partner[0]) > pair_us:
        return None
    even, odd = (partner[1], report) if report.odd else (report, partner[1])
    if not surface:
        return airborne_global(even, odd, report.odd)
    return None if reference is None else surface_global(even, odd, report.odd, reference)
