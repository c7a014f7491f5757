"""How high a target was during a stay: at its entry, and at the least and the most."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nofly.kernel.detect import Changes
from nofly.zones.compiled import DATUMS, CompiledZones


def heights_at(
    zones: CompiledZones, changes: Changes, entry: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.int8]]:
    """Return the height at each change and its datum: of the floor, or of the ceiling where there is none."""
    limits = zones.limits[changes.part[entry]]
    codes = np.array([*(DATUMS.index(d) for d in zones.datums), -1], np.int8)
    low, high = changes.floor_height_m[entry], changes.ceiling_height_m[entry]
    by_floor = (limits[:, 1] >= 0) & ~np.isnan(low)
    by_ceiling = ~by_floor & (limits[:, 3] >= 0) & ~np.isnan(high)
    row = np.where(by_floor, limits[:, 1], np.where(by_ceiling, limits[:, 3], len(zones.datums)))
    return np.where(by_floor, low, np.where(by_ceiling, high, np.nan)), codes[row.astype(np.int64)]


def height_range(
    limits: NDArray[np.float64], sums: dict[str, NDArray[np.float64]], start: NDArray[np.int64],
    height_m: NDArray[np.float64],
) -> dict[str, NDArray[np.float64]]:  # fmt: skip
    """Return the least and greatest heights while inside: at entry, and from the margins to the limits."""
    low, high = sums["lower_margin_m"], sums["upper_margin_m"]
    with np.errstate(invalid="ignore"):
        top = np.where((limits[:, 1] >= 0) & np.isfinite(low), limits[:, 0] + low, np.nan)
        bottom = np.where((limits[:, 3] >= 0) & np.isfinite(high), limits[:, 2] - high, np.nan)
    least, most = np.fmin.reduceat(np.fmin(top, bottom), start), np.fmax.reduceat(np.fmax(top, bottom), start)
    known = ~np.isnan(height_m)
    return {
        "min_height_m": np.where(known, np.fmin(least, height_m), np.nan),
        "max_height_m": np.where(known, np.fmax(most, height_m), np.nan),
    }
