"""Where, and how high, anything was seen lately: only what was received is evidence of coverage.

The Earth in cells of a quarter of a degree and bands of height; each holds when a report last came from
there. Where none did, nobody can say whether the sky is empty or cannot be seen.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nofly.schema import Positions
from nofly.units import M_PER_FT, US_PER_S

CELL_DEG = 0.25
BANDS_FT = (0, 1_000, 5_000, 10_000, 20_000, 30_000)
"""Where each band begins; below the first too, the last has no end. Of a report without a height the band is
not known: it counts for none of them."""
_ROWS, _COLUMNS = round(180 / CELL_DEG), round(360 / CELL_DEG)


class Seen(NamedTuple):
    """A cell by its south-west corner, and per band how long ago something was seen there; None: not within
    the time that is asked for."""

    south_deg: float
    west_deg: float
    ages_s: list[int | None]


@dataclass(slots=True)
class Coverage:
    """When reports last came from each cell and band, in whole seconds UTC; 0 never."""

    last_s: NDArray[np.int64] = field(
        default_factory=lambda: np.zeros((_ROWS, _COLUMNS, len(BANDS_FT)), np.int64)
    )

    def take(self, positions: Positions) -> None:
        """Take a batch of positions."""
        height_m = _height_m(positions)
        known = np.flatnonzero(~np.isnan(height_m))
        if not len(known):
            return
        row = np.clip(((positions.lat_deg[known] + 90.0) / CELL_DEG).astype(np.int64), 0, _ROWS - 1)
        column = ((positions.lon_deg[known] + 180.0) / CELL_DEG).astype(np.int64) % _COLUMNS
        begins_m = np.array(BANDS_FT[1:]) * M_PER_FT
        band = np.searchsorted(begins_m, height_m[known], side="right")
        np.maximum.at(self.last_s, (row, column, band), positions.time_us[known] // US_PER_S)

    def seen(self, now_us: int, within_s: int) -> list[Seen]:
        """Return the cells from which something came within so many seconds before now."""
        now_s = now_us // US_PER_S
        rows, columns = np.nonzero((self.last_s > now_s - within_s).any(axis=2))
        found = []
        for row, column in zip(rows.tolist(), columns.tolist(), strict=True):
            ages_s = [max(0, now_s - last_s) for last_s in self.last_s[row, column].tolist()]
            told = [age_s if age_s < within_s else None for age_s in ages_s]
            found.append(Seen(row * CELL_DEG - 90.0, column * CELL_DEG - 180.0, told))
        return found


def _height_m(positions: Positions) -> NDArray[np.float64]:
    """Return the height of each report, whatever its datum; on the ground 0; NaN where it tells none."""
    height_m = np.full(len(positions), np.nan)
    for name in ("alt_agl_m", "alt_hae_m", "alt_amsl_m", "alt_std_m"):
        column = positions.column(name)
        if column is not None:
            height_m = np.where(np.isnan(column), height_m, column)
    ground = positions.column("on_ground")
    return height_m if ground is None else np.where((ground == 1) & np.isnan(height_m), 0.0, height_m)
