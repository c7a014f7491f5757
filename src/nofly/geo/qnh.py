"""The pressure setting that turns a flight level into an altitude: one number, or reports of stations.

An altimeter shows the pressure altitude of the air around it less that of its setting (ICAO Doc 7488, the
standard atmosphere below 11 km), so altitude = pressure altitude + offset(QNH) with

    offset = 44,330.77 m × ((QNH / 1013.25) ** 0.190263 − 1)

whatever the height. The usual 27.3 ft for each hPa is the tangent at 1013.25: it is 0.1 m off at 1008 hPa, 4
m at 980 and 14 m at 950.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from nofly.errors import ConfigError
from nofly.units import ISA_HPA, M_PER_NM, US_PER_S

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

SCALE_M = 44_330.77
"""T0 / lapse rate, 288.15 K / 6.5 K per km (ICAO Doc 7488)."""
EXPONENT = 0.190263
"""R × lapse rate / g (ICAO Doc 7488)."""
LOWEST_HPA, HIGHEST_HPA = 850.0, 1100.0
"""A QNH outside is refused; the extremes on record at sea level are 870 and 1084.8 hPa (WMO)."""
ROUNDING_ERR_HPA = 1.0
"""A QNH is issued as whole hectopascals rounded down (ICAO Annex 3, appendix 3, 4.7.2)."""
FIELD_ERR_HPA = 3.0
"""95 % error taken for a QNH of a station up to 100 NM away: what a strong gradient of pressure allows."""
_EARTH_M = 6_371_008.8
_BLOCK = 4096


def offset_m(qnh_hpa: Floats | float) -> Floats:
    """Return metres to add to a pressure altitude to have the altitude on that QNH; NaN stays NaN."""
    return SCALE_M * ((np.asarray(qnh_hpa, np.float64) / ISA_HPA) ** EXPONENT - 1.0)


class QnhField(Protocol):
    """What :func:`nofly.geo.heights.fill_heights` asks of a source of QNH."""

    label: str
    """How a finding names it: ``QNH 1013.25``, ``QNH of stations``."""
    err_m: float
    """95 % error of the offset."""

    def offset_m(self, time_us: NDArray[np.int64], lat_deg: Floats, lon_deg: Floats) -> Floats | float:
        """Return the offset for each place and time, NaN where not known, or one number for all."""
        ...


class ConstantQnh:
    """One QNH everywhere and always."""

    def __init__(self, qnh_hpa: float) -> None:
        """Raise ConfigError unless 850 ≤ ``qnh_hpa`` ≤ 1100."""
        if not LOWEST_HPA <= qnh_hpa <= HIGHEST_HPA:
            raise ConfigError(f"QNH {qnh_hpa:g}", expected=f"hPa, {LOWEST_HPA:g} to {HIGHEST_HPA:g}")
        self.qnh_hpa = qnh_hpa
        self.label = f"QNH {qnh_hpa:g}"
        self.err_m = float(offset_m(ISA_HPA + ROUNDING_ERR_HPA))
        self._offset_m = float(offset_m(qnh_hpa))

    def offset_m(self, time_us: NDArray[np.int64], lat_deg: Floats, lon_deg: Floats) -> float:
        """Return the one offset."""
        return self._offset_m


@dataclass(frozen=True, slots=True)
class QnhReport:
    """One observation. NaN coordinates: the station's place is not known."""

    time_us: int
    lat_deg: float
    lon_deg: float
    qnh_hpa: float
    station: str = ""


class StationQnh:
    """Reports of stations: the nearest in space that is fresh, linear in time between two fresh reports.

    A report is fresh for ``max_age_us`` before and after its time. No fresh report within ``radius_m``: not
    known.
    """

    label = "QNH of stations"

    def __init__(
        self,
        reports: Sequence[QnhReport],
        radius_m: float = 100 * M_PER_NM,
        max_age_us: int = 5400 * US_PER_S,
    ) -> None:
        """Group reports by place. Reports without a place count only where all are of one such station
        (then they hold everywhere); ConfigError otherwise, on no report, or on more than 20,000 places."""
        places: dict[tuple[float, float], list[QnhReport]] = {}
        for report in reports:
            key = (math.inf, math.inf) if math.isnan(report.lat_deg) else (report.lat_deg, report.lon_deg)
            places.setdefault(key, []).append(report)
        self._everywhere = (math.inf, math.inf) in places
        nameless = {r.station for r in reports if math.isnan(r.lat_deg)}
        mixed = self._everywhere and (len(places) > 1 or len(nameless) > 1)
        if not reports or len(places) > 20_000 or mixed:
            raise ConfigError(
                f"{len(reports)} QNH reports of {len(places)} places",
                expected="1 to 20,000 places, each known, or one station only",
            )
        self.reports = tuple(reports)
        self.err_m = float(offset_m(ISA_HPA + FIELD_ERR_HPA))
        self._radius_m, self._max_age_us = radius_m, max_age_us
        self._series = [_series(found) for found in places.values()]
        lat, lon = np.radians(np.array([*places]).T) if not self._everywhere else np.zeros((2, 1))
        self._lat_deg = np.degrees(lat)
        self._unit = _unit(lat, lon)

    def offset_m(self, time_us: NDArray[np.int64], lat_deg: Floats, lon_deg: Floats) -> Floats:
        """Return the offset for each row, NaN where no fresh report is near."""
        if self._everywhere:
            return self._at_station(0, time_us)
        out = np.full(len(time_us), np.nan)
        # Rows near each other share their candidates: whole degrees first, then exact distances.
        cell = np.floor(lat_deg).astype(np.int64) * 1000 + np.floor(lon_deg).astype(np.int64)
        order = np.argsort(cell, kind="stable")
        edges = np.flatnonzero(np.diff(cell[order])) + 1
        for rows in np.split(order, edges) if len(order) else []:
            middle = np.radians([math.floor(lat_deg[rows[0]]) + 0.5, math.floor(lon_deg[rows[0]]) + 0.5])
            far = self._radius_m + 90_000.0
            near = np.flatnonzero(_unit(*middle) @ self._unit.T > math.cos(min(far / _EARTH_M, math.pi)))
            for at in range(0, len(rows) if len(near) else 0, _BLOCK):
                part = rows[at : at + _BLOCK]
                out[part] = self._nearest(near, time_us[part], lat_deg[part], lon_deg[part])
        return out

    def _nearest(
        self, near: NDArray[np.int64], time_us: NDArray[np.int64], lat_deg: Floats, lon_deg: Floats
    ) -> Floats:
        closeness = _unit(np.radians(lat_deg), np.radians(lon_deg)) @ self._unit[near].T
        closeness[closeness < math.cos(self._radius_m / _EARTH_M)] = -2.0
        out = np.full(len(time_us), np.nan)
        left = np.arange(len(time_us))
        while len(left):
            best = closeness[left].argmax(axis=1)
            left, best = left[keep := closeness[left, best] > -2.0], best[keep]
            for station in np.unique(best):
                rows = left[best == station]
                out[rows] = self._at_station(int(near[station]), time_us[rows])
            closeness[left, best] = -2.0
            left = left[np.isnan(out[left])]
        return out

    def _at_station(self, station: int, time_us: NDArray[np.int64]) -> Floats:
        times, offsets = self._series[station]
        after = np.searchsorted(times, time_us)
        a, b = np.maximum(after - 1, 0), np.minimum(after, len(times) - 1)
        old, new = np.abs(time_us - times[a]), np.abs(times[b] - time_us)
        span = np.maximum(times[b] - times[a], 1)
        between = offsets[a] + (offsets[b] - offsets[a]) * (time_us - times[a]) / span
        fresh_a, fresh_b = old <= self._max_age_us, new <= self._max_age_us
        both = np.where(a == b, offsets[a], between)
        one = np.where(fresh_a, offsets[a], np.where(fresh_b, offsets[b], np.nan))
        result: Floats = np.where(fresh_a & fresh_b, both, one)
        return result


def _series(reports: list[QnhReport]) -> tuple[NDArray[np.int64], Floats]:
    """Times and offsets of one place in order of time; of two at one time the later in the file holds."""
    by_time = {r.time_us: r.qnh_hpa for r in reports}
    times = np.array(sorted(by_time), np.int64)
    return times, offset_m(np.array([by_time[int(t)] for t in times]))


def _unit(lat_rad: Floats, lon_rad: Floats) -> Floats:
    flat = np.cos(lat_rad)
    return np.stack([flat * np.cos(lon_rad), flat * np.sin(lon_rad), np.sin(lat_rad)], axis=-1)
