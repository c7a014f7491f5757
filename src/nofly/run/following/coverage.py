"""Where, and how high, anything was seen lately: only what was received is evidence of coverage.

The rows, columns and bands of :mod:`nofly.proof.covering.cells`; each holds when a report last came from
there. Where none did, nobody can say whether the sky is empty or cannot be seen. Of a report without a height
the band is not known: it counts for none of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nofly.proof.covering.cells import (
    BANDS_FT,
    CELL_DEG,
    COLUMNS,
    ROWS,
    UNTOLD,
    bands_at,
    heights_of,
    rows_columns,
)
from nofly.schema import Positions
from nofly.units import US_PER_S

__all__ = ["BANDS_FT", "CELL_DEG", "Coverage", "Seen"]


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
        default_factory=lambda: np.zeros((ROWS, COLUMNS, len(BANDS_FT)), np.int64)
    )

    def take(self, positions: Positions, credible: NDArray[np.bool_] | None = None) -> None:
        """Take a batch of positions; those that are not ``credible`` (all are) count for no cell."""
        band = bands_at(heights_of(positions))
        known = np.flatnonzero(band != UNTOLD if credible is None else credible & (band != UNTOLD))
        if not len(known):
            return
        row, column = rows_columns(positions.lat_deg[known], positions.lon_deg[known])
        np.maximum.at(self.last_s, (row, column, band[known]), positions.time_us[known] // US_PER_S)

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
