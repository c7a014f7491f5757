"""One aircraft's reports as geodesic segments flown at constant ground speed, heights linear in time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nofly.schema import Positions
from nofly.zones.model import Datum
from tests.oracle.ellipsoid import Floats, direct, inverse

COLUMN_OF = {
    Datum.STD: "alt_std_m", Datum.AMSL: "alt_amsl_m", Datum.AGL: "alt_agl_m", Datum.HAE: "alt_hae_m",
}  # fmt: skip


@dataclass
class Track:
    """Segments in time order; a report that no segment reaches is a segment from itself to itself."""

    origin_us: int
    time_s: Floats
    lat: Floats
    lon: Floats
    heights: dict[Datum, Floats]
    first: NDArray[np.intp]
    last: NDArray[np.intp]
    azimuth: Floats
    length_m: Floats
    starts_s: set[float]
    """When reports begin again after a gap, the very first included."""
    ends_s: set[float]
    """When a gap begins, the very last report included."""

    @classmethod
    def of(cls, positions: Positions, target: str, max_gap_s: float) -> Track:
        """Return the track of one target, whose reports must be in time order."""
        rows = np.flatnonzero(positions.target.codes == positions.target.values.index(target))
        time_us = positions.time_us[rows]
        origin_us = int(time_us[0])
        lat, lon = positions.lat_deg[rows], positions.lon_deg[rows]
        heights = {datum: positions.floats(name)[rows] for datum, name in COLUMN_OF.items()}
        i = np.arange(len(rows))
        linked = np.diff(time_us) <= round(max_gap_s * 1e6)
        alone = i[np.append(~linked, True) & np.append(True, ~linked)]
        first = np.sort(np.concatenate([i[:-1][linked], alone]))
        last = np.where(np.isin(first, alone), first, first + 1)
        azimuth, length = inverse(lat[first], lon[first], lat[last], lon[last])
        time_s = (time_us - origin_us) / 1e6
        return cls(
            origin_us, time_s, lat, lon, heights, first, last, azimuth, length,
            set(time_s[np.append(True, ~linked)].tolist()), set(time_s[np.append(~linked, True)].tolist()),
        )  # fmt: skip

    def at(self, segment: NDArray[np.intp], run_m: Floats) -> tuple[Floats, Floats]:
        """Return the points so many metres along segments."""
        row = self.first[segment]
        return direct(self.lat[row], self.lon[row], self.azimuth[segment], run_m)

    def span(self, segment: int) -> tuple[float, float]:
        """Return the times at which a segment starts and ends."""
        return float(self.time_s[self.first[segment]]), float(self.time_s[self.last[segment]])

    def runs(self, time_s: float) -> list[tuple[int, float]]:
        """Return each segment that includes the instant (two at a report), with the metres run in it."""
        t0, t1 = self.time_s[self.first], self.time_s[self.last]
        found = np.flatnonzero((t0 - 1e-6 <= time_s) & (time_s <= t1 + 1e-6))
        out = []
        for k in found.tolist():
            whole = t1[k] - t0[k]
            f = min(max((time_s - t0[k]) / whole, 0.0), 1.0) if whole > 0 else 0.0
            out.append((k, float(f * self.length_m[k])))
        return out

    def height(self, datum: Datum, segment: int, run_fraction: float) -> float:
        """Return the height on a segment; between its ends NaN unless it is known at both."""
        a, b = (float(self.heights[datum][row]) for row in (self.first[segment], self.last[segment]))
        return a if run_fraction == 0.0 else b if run_fraction == 1.0 else a + run_fraction * (b - a)
