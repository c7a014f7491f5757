"""A radar's slant range and azimuth to a place on WGS 84, with the error that the unknown height adds.

Along the geodesic that leaves the site under the measured azimuth, on a sphere with the ellipsoid's
curvature in that direction: within 3 m of the strict solution up to 450 km. What stays is the radar's own
error, and that of the height: a pressure altitude stands for the height above the ellipsoid, which it is not
(QNH, temperature, geoid), and steep above a radar that moves the ground range by as much.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from nofly.geo.geodesic import point_at

HEIGHT_ERROR_M = 500.0
"""95 % error of a pressure altitude taken for a height above the ellipsoid.

nofly's choice: QNH from 990 to 1040 hPa is 190 m below to 220 m above standard; the geoid lies between 110 m
below and 90 m above the ellipsoid; a cold or a warm atmosphere adds some hundreds of metres high up.
"""
HIGHEST_M = 20_000.0
"""A target whose height nobody knows is anywhere from the site's level up to here."""

_A_M = 6_378_137.0
_E2 = 0.0066943799901413165


class Site(NamedTuple):
    """Where a radar's antenna stands: degrees on WGS 84, metres above the ellipsoid."""

    lat_deg: float
    lon_deg: float
    height_m: float


class Placed(NamedTuple):
    """Where a plot is, and its 95 % error."""

    lat_deg: float
    lon_deg: float
    pos_err_m: float


def place(
    site: Site,
    range_m: float,
    azimuth_deg: float,
    height_m: float | None,
    range_error_m: float,
    azimuth_error_deg: float,
) -> Placed | None:
    """Return where a target of that slant range and azimuth (from true north) is.

    ``height_m`` is its pressure altitude or height above the ellipsoid; None where unknown: then the middle
    of what is possible, and an error of half of it. Errors are 95 %. None where the target would be higher
    above the radar than it is far from it, by more than the error of its height.
    """
    azimuth = math.radians(azimuth_deg)
    radius_m = _radius_m(site.lat_deg, azimuth)
    if height_m is None:
        lower_m, upper_m = 0.0, min(HIGHEST_M - site.height_m, range_m)
        longest = _ground_m(radius_m, site.height_m, range_m + range_error_m, lower_m)
        shortest = _ground_m(radius_m, site.height_m, max(range_m - range_error_m, 0.0), upper_m)
        ground_m = (longest + shortest) / 2.0
        along_m = longest - ground_m
    else:
        above_m = height_m - site.height_m
        if abs(above_m) > range_m + range_error_m + HEIGHT_ERROR_M:
            return None
        ground_m = _ground_m(radius_m, site.height_m, range_m, above_m)
        near, far = max(abs(above_m) - HEIGHT_ERROR_M, 0.0), abs(above_m) + HEIGHT_ERROR_M
        longest = _ground_m(radius_m, site.height_m, range_m + range_error_m, math.copysign(near, above_m))
        shorter = max(range_m - range_error_m, 0.0)
        shortest = _ground_m(radius_m, site.height_m, shorter, math.copysign(far, above_m))
        along_m = max(longest - ground_m, ground_m - shortest)
    across_m = ground_m * math.radians(azimuth_error_deg)
    lat_deg, lon_deg = point_at(site.lat_deg, site.lon_deg, azimuth_deg, ground_m)
    return Placed(lat_deg, lon_deg, math.hypot(along_m, across_m))


def _ground_m(radius_m: float, site_m: float, range_m: float, above_m: float) -> float:
    """Return the distance on the ellipsoid to a target that is ``above_m`` higher than the site."""
    square = range_m * range_m - above_m * above_m
    if square <= 0.0:
        return 0.0
    product = (radius_m + site_m) * (radius_m + site_m + above_m)
    return 2.0 * radius_m * math.asin(min(1.0, math.sqrt(square / product) / 2.0))


def _radius_m(lat_deg: float, azimuth_rad: float) -> float:
    """Return the ellipsoid's radius of curvature in a direction (Euler's formula)."""
    sine = math.sin(math.radians(lat_deg))
    root = 1.0 - _E2 * sine * sine
    across_m = _A_M / math.sqrt(root)
    along_m = across_m * (1.0 - _E2) / root
    return 1.0 / (math.cos(azimuth_rad) ** 2 / along_m + math.sin(azimuth_rad) ** 2 / across_m)
