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

MOST_RECEIVERS = 1_000
_MINUTES = 24 * 60
_TIME_BITS = 40
_TIMES = (1 << _TIME_BITS) - 1
__all__ = ["BANDS_FT", "CELL_DEG", "Coverage", "Seen", "Up"]


class Seen(NamedTuple):
    """A cell by its south-west corner, and per band how long ago something was seen there; None: not within
    the time that is asked for."""

    south_deg: float
    west_deg: float
    ages_s: list[int | None]


class Up(NamedTuple):
    """A receiver by its name (that of the feed, where it tells none), in how many minutes of so many it
    received anything, and how long ago it did last."""

    station: str
    minutes_up: int
    minutes: int
    last_s: int


@dataclass(slots=True)
class Coverage:
    """When reports last came from each cell and band, in whole seconds UTC, 0 never; and when each receiver
    received anything."""

    last_s: NDArray[np.int64] = field(
        default_factory=lambda: np.zeros((ROWS, COLUMNS, len(BANDS_FT)), np.int64)
    )

    _up: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Of each receiver the last second in which it received, and the minutes of a day until then, as bits."""

    def take(self, positions: Positions, credible: NDArray[np.bool_] | None = None) -> None:
        """Take a batch of positions; those that are not ``credible`` (all are) count for no cell: they show
        no more than that their receiver works."""
        self._received(positions)
        band = bands_at(heights_of(positions))
        known = np.flatnonzero(band != UNTOLD if credible is None else credible & (band != UNTOLD))
        if not len(known):
            return
        row, column = rows_columns(positions.lat_deg[known], positions.lon_deg[known])
        np.maximum.at(self.last_s, (row, column, band[known]), positions.time_us[known] // US_PER_S)

    def receivers(self, now_us: int, within_s: int) -> list[Up]:
        """Return the receivers that received anything within so many seconds before now, by name; minutes
        that have begun count."""
        now_s = now_us // US_PER_S
        last, first = now_s // 60, (now_s - within_s) // 60 + 1
        found = []
        for name, (latest_s, bits) in sorted(self._up.items()):
            later = latest_s // 60 - last
            if -later > last - first:
                continue
            mine = bits >> later if later > 0 else bits << -later
            count = (mine & ((1 << (last - first + 1)) - 1)).bit_count()
            if count:
                found.append(Up(name, count, last - first + 1, max(0, now_s - latest_s)))
        return found

    def _received(self, positions: Positions) -> None:
        """Take which receivers received anything in which minutes."""
        station = positions.texts.get("station")
        codes = np.full(len(positions), -1, np.int64) if station is None else station.codes.astype(np.int64)
        seconds = positions.time_us // US_PER_S
        found = np.unique((codes + 1) << _TIME_BITS | seconds)
        for code, time_s in zip((found >> _TIME_BITS).tolist(), (found & _TIMES).tolist(), strict=True):
            self._at("" if station is None or not code else station.values[code - 1], time_s)

    def _at(self, name: str, time_s: int) -> None:
        """Take that a receiver received something at a time."""
        latest_s, bits = self._up.get(name, (time_s, 0))
        if not bits and len(self._up) >= MOST_RECEIVERS:
            return
        later = time_s // 60 - latest_s // 60
        if later > 0:
            bits = bits << min(later, _MINUTES) & ((1 << _MINUTES) - 1)
        if -later < _MINUTES:
            bits |= 1 << max(0, -later)
        self._up[name] = max(latest_s, time_s), bits

    def seen(self, now_us: int, within_s: int) -> list[Seen]:
        """Return the cells from which something came within so many seconds before now."""
        now_s = now_us // US_PER_S
        # A replay that has not begun is in 1970: even then 0 is never.
        rows, columns = np.nonzero((self.last_s > max(0, now_s - within_s)).any(axis=2))
        found = []
        for row, column in zip(rows.tolist(), columns.tolist(), strict=True):
            ages_s = [max(0, now_s - last_s) for last_s in self.last_s[row, column].tolist()]
            told = [age_s if age_s < within_s else None for age_s in ages_s]
            found.append(Seen(row * CELL_DEG - 90.0, column * CELL_DEG - 180.0, told))
        return found
