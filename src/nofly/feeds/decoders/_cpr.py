"""Compact position reporting: the 17-bit latitude and longitude of extended squitter to degrees.

Source: ICAO Doc 9871 (2nd ed.) appendix C.2.6, RTCA DO-260B / EUROCAE ED-102A appendix A § 1.7; Annex 10
vol. IV refers to them. Latitudes and longitudes are WGS 84. A report says where the aircraft is within a
zone; which zone is told by an even and an odd report together (global), or by a place near by (local).
Surface reports have zones a quarter as large, so that even a pair leaves eight places, and a reference is
needed.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from typing import NamedTuple

AIRBORNE_DEG = 360.0
SURFACE_DEG = 90.0
_SCALE = 1.0 / (1 << 17)
_ZONES = 60


def _transition_deg(zones: int) -> float:
    """Return the latitude at which the number of longitude zones falls below ``zones`` (NL equation)."""
    share = (1.0 - math.cos(math.pi / (_ZONES // 2))) / (1.0 - math.cos(2.0 * math.pi / zones))
    return math.degrees(math.acos(math.sqrt(share)))


_TRANSITIONS_DEG = [_transition_deg(zones) for zones in range(59, 2, -1)] + [87.0]


class Cpr(NamedTuple):
    """One encoded position: the 17-bit fields, and whether the format is odd."""

    odd: bool
    lat: int
    lon: int


class Place(NamedTuple):
    """A position in degrees, WGS 84; longitude from -180 up to, not including, 180."""

    lat_deg: float
    lon_deg: float


def longitude_zones(lat_deg: float) -> int:
    """Return NL, the number of longitude zones at a latitude: 59 at the equator, 1 beyond 87°."""
    return 59 - bisect_left(_TRANSITIONS_DEG, abs(lat_deg))


def airborne_global(even: Cpr, odd: Cpr, newer_odd: bool) -> Place | None:
    """Return where the newer of a pair of airborne reports is.

    None where the two lie in bands of different NL, or give a latitude that is none: such a pair tells
    nothing.
    """
    lats = _pair_latitudes(even, odd, AIRBORNE_DEG)
    even_deg, odd_deg = (lat - 360.0 if lat >= 270.0 else lat for lat in lats)
    return _pair_place(even, odd, even_deg, odd_deg, newer_odd, AIRBORNE_DEG)


def surface_global(even: Cpr, odd: Cpr, newer_odd: bool, near: Place) -> Place | None:
    """Return where the newer of a pair of surface reports is: of eight possible places that nearest to
    ``near``, which has to be within 45° of it; None as :func:`airborne_global`."""
    lats = _pair_latitudes(even, odd, SURFACE_DEG)
    newer_deg = lats[newer_odd]
    south = abs(newer_deg - SURFACE_DEG - near.lat_deg) < abs(newer_deg - near.lat_deg)
    even_deg, odd_deg = (lat - SURFACE_DEG if south else lat for lat in lats)
    place = _pair_place(even, odd, even_deg, odd_deg, newer_odd, SURFACE_DEG)
    if place is None:
        return None
    quarters = round((near.lon_deg - place.lon_deg) / SURFACE_DEG)
    return Place(place.lat_deg, _wrapped(place.lon_deg + quarters * SURFACE_DEG))


def local(report: Cpr, near: Place, span_deg: float) -> Place | None:
    """Return where a single report is, given a place less than half a zone away (180 NM airborne, 45 NM on
    the surface); ``span_deg`` is AIRBORNE_DEG or SURFACE_DEG. None where the latitude is none."""
    zone_deg = span_deg / (_ZONES - report.odd)
    lat_deg = _nearest(near.lat_deg, zone_deg, report.lat * _SCALE)
    if abs(lat_deg) > 90.0:
        return None
    zone_deg = span_deg / max(longitude_zones(lat_deg) - report.odd, 1)
    return Place(lat_deg, _wrapped(_nearest(near.lon_deg, zone_deg, report.lon * _SCALE)))


def _pair_latitudes(even: Cpr, odd: Cpr, span_deg: float) -> tuple[float, float]:
    """Return the latitudes of both reports, each from 0 to the span."""
    y_even, y_odd = even.lat * _SCALE, odd.lat * _SCALE
    index = math.floor(59.0 * y_even - 60.0 * y_odd + 0.5)
    return span_deg / 60.0 * (index % 60 + y_even), span_deg / 59.0 * (index % 59 + y_odd)


def _pair_place(
    even: Cpr, odd: Cpr, even_deg: float, odd_deg: float, newer_odd: bool, span_deg: float
) -> Place | None:
    lat_deg = odd_deg if newer_odd else even_deg
    zones = longitude_zones(lat_deg)
    if abs(even_deg) > 90.0 or abs(odd_deg) > 90.0 or longitude_zones(even_deg) != longitude_zones(odd_deg):
        return None
    x_even, x_odd = even.lon * _SCALE, odd.lon * _SCALE
    index = math.floor(x_even * (zones - 1) - x_odd * zones + 0.5)
    count = max(zones - newer_odd, 1)
    lon_deg = span_deg / count * (index % count + (x_odd if newer_odd else x_even))
    return Place(lat_deg, _wrapped(lon_deg))


def _nearest(near_deg: float, zone_deg: float, fraction: float) -> float:
    """Return the value of a fraction of a zone that is nearest to a reference."""
    return zone_deg * (math.floor(0.5 + near_deg / zone_deg - fraction) + fraction)


def _wrapped(lon_deg: float) -> float:
    return (lon_deg + 180.0) % 360.0 - 180.0
