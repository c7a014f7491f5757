"""Where the sun stands, and when it rises, sets and gives or takes the light of civil twilight.

Low-precision solar coordinates of J. Meeus, *Astronomical Algorithms*, 2nd ed., chapter 25, as the US
National Oceanic and Atmospheric Administration uses them in its solar calculator: 0.01° between 1900 and
2100, so within a minute in every event up to ±72° of latitude; beyond, refraction alone is worth more.

Days are solar days: day ``k`` is centred on 12:00 local mean time of the date ``k`` days after 1970-01-01
at that longitude. East is positive, north is positive, the horizon is the sea's, at the observer's feet.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nofly.units import DAY_US

if TYPE_CHECKING:
    from numpy.typing import NDArray

SUNRISE_ELEVATION_DEG = -0.833
"""Upper limb on the horizon: 34′ of refraction and 16′ of semidiameter, the centre counted (ICAO Annex 2
and the almanacs)."""
CIVIL_TWILIGHT_ELEVATION_DEG = -6.0
"""Centre of the sun six degrees below the horizon (ICAO Annex 2, definition of night)."""

OCCURS, ALWAYS_ABOVE, ALWAYS_BELOW = 0, 1, -1
"""Whether the sun passes an elevation on a day."""

_J2000_US = 946_728_000_000_000
_CENTURY_US = 36_525 * DAY_US
_STEPS = 6


def sun_position(time_us: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the declination in radians and the equation of time in days (apparent minus mean)."""
    t = (np.asarray(time_us, dtype=np.int64) - _J2000_US) / _CENTURY_US
    mean_longitude = np.radians((280.46646 + t * (36000.76983 + t * 0.0003032)) % 360.0)
    anomaly = np.radians((357.52911 + t * (35999.05029 - t * 0.0001537)) % 360.0)
    eccentricity = 0.016708634 - t * (0.000042037 + t * 0.0000001267)
    centre = np.radians(
        np.sin(anomaly) * (1.914602 - t * (0.004817 + t * 0.000014))
        + np.sin(2.0 * anomaly) * (0.019993 - t * 0.000101)
        + np.sin(3.0 * anomaly) * 0.000289
    )
    node = np.radians((125.04 - 1934.136 * t) % 360.0)
    longitude = mean_longitude + centre - np.radians(0.00569 + 0.00478 * np.sin(node))
    obliquity = np.radians(
        23.0 + (26.0 + (21.448 - t * (46.815 + t * (0.00059 - t * 0.001813))) / 60.0) / 60.0
        + 0.00256 * np.cos(node)
    )  # fmt: skip
    declination = np.arcsin(np.sin(obliquity) * np.sin(longitude))
    y = np.tan(obliquity / 2.0) ** 2
    equation = (
        y * np.sin(2.0 * mean_longitude)
        - 2.0 * eccentricity * np.sin(anomaly)
        + 4.0 * eccentricity * y * np.sin(anomaly) * np.cos(2.0 * mean_longitude)
        - 0.5 * y * y * np.sin(4.0 * mean_longitude)
        - 1.25 * eccentricity * eccentricity * np.sin(2.0 * anomaly)
    )
    return declination, equation / (2.0 * np.pi)


def sun_elevation_deg(time_us: NDArray[np.int64], lat_deg: float, lon_deg: float) -> NDArray[np.float64]:
    """Return the elevation of the sun's centre above the horizon in degrees, without refraction."""
    declination, equation = sun_position(time_us)
    turn = (np.asarray(time_us, dtype=np.int64) % DAY_US) / DAY_US + lon_deg / 360.0 + equation
    hour_angle = 2.0 * np.pi * (turn - 0.5)
    lat = np.radians(lat_deg)
    sine = np.sin(lat) * np.sin(declination) + np.cos(lat) * np.cos(declination) * np.cos(hour_angle)
    elevation: NDArray[np.float64] = np.degrees(np.arcsin(np.clip(sine, -1.0, 1.0)))
    return elevation


def mean_noon_us(day: NDArray[np.int64], lon_deg: float) -> NDArray[np.int64]:
    """Return 12:00 local mean time of each day, UTC microseconds."""
    return np.asarray(day, dtype=np.int64) * DAY_US + DAY_US // 2 - _mean_offset_us(lon_deg)


def solar_day(time_us: NDArray[np.int64], lon_deg: float) -> NDArray[np.int64]:
    """Return the solar day in which each instant lies, by local mean midnight."""
    return (np.asarray(time_us, dtype=np.int64) + _mean_offset_us(lon_deg)) // DAY_US


def solar_noon_us(day: NDArray[np.int64], lon_deg: float) -> NDArray[np.int64]:
    """Return the true noon of each day (the sun in the meridian) within a second, UTC microseconds."""
    mean = mean_noon_us(day, lon_deg)
    return mean - _us(sun_position(mean)[1])


@dataclass(frozen=True, slots=True)
class SunPath:
    """The sun over some solar days: parabolas through midnight, noon and midnight, which are within 0.0002°
    of :func:`sun_position`. Rows are the coefficients of 1, x, x² with x in half days from mean noon."""

    mean_noon_us: NDArray[np.int64]
    declination: NDArray[np.float64]
    equation: NDArray[np.float64]


def sun_path(day: NDArray[np.int64], lon_deg: float) -> SunPath:
    """Return the sun's path over each solar day at a longitude."""
    mean = mean_noon_us(day, lon_deg)
    before, at, after = (sun_position(mean + half * (DAY_US // 2)) for half in (-1, 0, 1))
    declination, equation = (
        np.stack([at[i], (after[i] - before[i]) / 2.0, (after[i] + before[i]) / 2.0 - at[i]]) for i in (0, 1)
    )
    return SunPath(mean, declination, equation)


def sun_crossing_us(
    path: SunPath, lat_deg: float, elevation_deg: float, rising: bool
) -> tuple[NDArray[np.int64], NDArray[np.int8]]:
    """Return when the sun passes an elevation on each day, and whether it does.

    Times are UTC microseconds, to the second. The second array is ``OCCURS``, ``ALWAYS_ABOVE`` or
    ``ALWAYS_BELOW``; where the sun does not pass the elevation the time is what the event tends to: solar
    midnight (before noon for a rise, after it for a set) if it is always above, noon if always below.
    """
    lat = np.radians(np.clip(lat_deg, -89.999999, 89.999999))
    sin_lat, cos_lat, sine = np.sin(lat), np.cos(lat), np.sin(np.radians(elevation_deg))
    side = -1.0 if rising else 1.0
    x = -2.0 * path.equation[0]
    cosine = np.zeros(len(x))
    for _ in range(_STEPS):
        declination = _along(path.declination, x)
        cosine = (sine - sin_lat * np.sin(declination)) / (cos_lat * np.cos(declination))
        angle = np.arccos(np.clip(cosine, -1.0, 1.0)) / np.pi
        x = side * angle - 2.0 * _along(path.equation, x)
    state = np.where(cosine < -1.0, ALWAYS_ABOVE, np.where(cosine > 1.0, ALWAYS_BELOW, OCCURS))
    noon = -2.0 * path.equation[0]
    midnight = side - 2.0 * _along(path.equation, np.full(len(x), side))
    x = np.where(state == ALWAYS_ABOVE, midnight, np.where(state == ALWAYS_BELOW, noon, x))
    time = path.mean_noon_us + _us(x / 2.0)
    return (time + 500_000) // 1_000_000 * 1_000_000, state.astype(np.int8)


def _along(coefficients: NDArray[np.float64], x: NDArray[np.float64]) -> NDArray[np.float64]:
    value: NDArray[np.float64] = coefficients[0] + x * (coefficients[1] + x * coefficients[2])
    return value


def _mean_offset_us(lon_deg: float) -> int:
    return round(lon_deg / 360.0 * DAY_US)


def _us(days: NDArray[np.float64]) -> NDArray[np.int64]:
    return np.rint(days * DAY_US).astype(np.int64)
