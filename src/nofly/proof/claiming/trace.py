"""What tracks say of one aircraft: its reports, and how far outside a zone each of them was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from nofly.geo.geodesic import length_and_azimuths
from nofly.schema import Positions
from nofly.tracks.quality import default_pos_err_m, epu_m
from nofly.units import US_PER_S
from nofly.zones.compiled import CompiledZones, compile_zones
from nofly.zones.model import Datum, Zone
from nofly.zones.shape import distance_m, shape

HEIGHT_ERR_M = 61.0
"""200 ft, where a report states no error of its own: within ± 60 m level information of Mode C counts as
accurate in RVSM airspace (ICAO Doc 4444, PANS-ATM, chapter 8, verification of level information)."""
HEIGHTS = {"STD": "alt_std_m", "AMSL": "alt_amsl_m", "AGL": "alt_agl_m", "HAE": "alt_hae_m"}


@dataclass(frozen=True, slots=True)
class Trace:
    """The reports of one aircraft, in order of time."""

    positions: Positions

    def __len__(self) -> int:
        return len(self.positions)

    @property
    def time_us(self) -> NDArray[np.int64]:
        """When each was."""
        return self.positions.time_us

    def during(self, from_us: int, until_us: int) -> Trace:
        """Return the reports of a time span, its ends included."""
        first, last = np.searchsorted(self.time_us, [from_us, until_us + 1]).tolist()
        return Trace(self.positions.take(slice(first, last)))

    def gaps_us(self, from_us: int, until_us: int, most_us: int) -> list[tuple[int, int]]:
        """Return the times within a span at which no report is near: between reports further apart than
        ``most_us``, and from its ends to the first and the last report."""
        times = self.time_us
        within = times[(times >= from_us) & (times <= until_us)]
        marks = np.concatenate([[from_us], within, [until_us]])
        wide = np.flatnonzero(np.diff(marks) > most_us)
        return [(int(marks[k]), int(marks[k + 1])) for k in wide]

    def pos_err_m(self) -> NDArray[np.float64]:
        """Return the 95 % position error of each report: stated, by NACp, or taken by its source."""
        stated = self.positions.floats("pos_err_m").copy()
        nac_p = self.positions.column("nac_p")
        if nac_p is not None:
            by_code = epu_m(nac_p)
            stated = np.where(np.isnan(stated), by_code, stated)
        source = self.positions.texts.get("source")
        if source is None:
            assumed = np.full(len(self), default_pos_err_m(None))
        else:
            of = np.array([*map(default_pos_err_m, source.values), default_pos_err_m(None)])
            assumed = of[source.codes]
        return np.where(np.isnan(stated), assumed, stated)

    def heights(self, datum: str) -> NDArray[np.float64]:
        """Return the heights on a datum, NaN where not reported."""
        return self.positions.floats(HEIGHTS[datum])

    def height_err_m(self, row: int) -> float:
        """Return the error of the height of a report: stated, else :data:`HEIGHT_ERR_M`."""
        stated = float(self.positions.floats("alt_err_m")[row])
        return HEIGHT_ERR_M if np.isnan(stated) else stated

    def way_m(self) -> float:
        """Return the length of the way through all reports."""
        places = np.column_stack([self.positions.lat_deg, self.positions.lon_deg]).tolist()
        return sum(length_and_azimuths(*a, *b)[0] for a, b in pairwise(places))


class Shape:
    """One zone, to measure how far outside of it places are."""

    def __init__(self, zone: Zone) -> None:
        self.zone = zone
        self.compiled: CompiledZones = compile_zones([zone])
        self._parts = [
            (shape(self.compiled, part), zone.volumes[int(volume)])
            for part, volume in enumerate(self.compiled.part_volume)
        ]

    def lateral_m(self, lat_deg: float, lon_deg: float, part: int) -> float:
        """Return how far a place is outside a part: below 0 inside it."""
        (pieces, radius_m), _ = self._parts[part]
        off_m = distance_m(pieces, radius_m, lat_deg, lon_deg)
        if not np.isnan(radius_m):
            return float(off_m)
        return -off_m if self.holds(lat_deg, lon_deg, part) else off_m

    def holds(self, lat_deg: float, lon_deg: float, part: int) -> bool:
        """Return whether a place is inside a part, laterally."""
        rows = slice(int(self.compiled.part_edge[part]), int(self.compiled.part_edge[part + 1]))
        x0, y0, x1, y1 = self.compiled.ends[rows].T
        spans = (y0 > lat_deg) != (y1 > lat_deg)
        with np.errstate(divide="ignore", invalid="ignore"):
            at = x0 + (lat_deg - y0) / (y1 - y0) * (x1 - x0)
        return bool(int(np.count_nonzero(spans & (at > lon_deg))) % 2)

    def outside_m(self, trace: Trace, row: int, err_m: float) -> float:
        """Return by how much a report is outside, laterally or in height, beyond its own errors and
        ``err_m``; 0 or less where it may be inside. NaN heights exclude nothing."""
        lat, lon = float(trace.positions.lat_deg[row]), float(trace.positions.lon_deg[row])
        least = np.inf
        for part, (_, volume) in enumerate(self._parts):
            off = self.lateral_m(lat, lon, part) - err_m
            for limit, sign in ((volume.lower, 1.0), (volume.upper, -1.0)):
                if limit is None or (limit.datum is Datum.AGL and limit.value_m <= 0.0):
                    continue
                height_m = float(trace.heights(limit.datum.value)[row])
                if not np.isnan(height_m):
                    off = max(off, sign * (limit.value_m - height_m) - trace.height_err_m(row))
            least = min(least, off)
        return float(least)

    def outside_at_least_m(self, trace: Trace, err_m: float) -> NDArray[np.float64]:
        """Return :meth:`outside_m` of every report, each with its own position error."""
        err = trace.pos_err_m() + err_m
        return np.array([self.outside_m(trace, k, float(err[k])) for k in range(len(trace))])

    def lateral_of(self, lat_deg: float, lon_deg: float) -> float:
        """Return how far a place is outside the zone, below 0 inside it."""
        return min(self.lateral_m(lat_deg, lon_deg, part) for part in range(len(self._parts)))


def closest_m(trace: Trace, place: tuple[float, float]) -> float:
    """Return the least distance of the way through the reports from a place; infinity without reports."""
    lat, lon = trace.positions.lat_deg.tolist(), trace.positions.lon_deg.tolist()
    polar = [length_and_azimuths(*place, a, b)[:2] for a, b in zip(lat, lon, strict=True)]
    if not polar:
        return float("inf")
    length, bearing = np.array([p[0] for p in polar]), np.radians([p[1] for p in polar])
    points = np.column_stack([length * np.sin(bearing), length * np.cos(bearing)])
    if len(points) == 1:
        return float(length[0])
    start, step = points[:-1], np.diff(points, axis=0)
    share = np.clip(-(start * step).sum(axis=1) / np.maximum((step**2).sum(axis=1), 1e-9), 0.0, 1.0)
    return float(np.hypot(*(start + share[:, None] * step).T).min())


def reachable(apart_m: Sequence[float], gap_us: int, high_mps: float) -> bool:
    """Return whether an aircraft could fly these distances, to the zone and back, in a time without
    reports."""
    way_m: float = sum(max(0.0, m) for m in apart_m)
    return way_m <= high_mps * gap_us / US_PER_S
