"""What a table of sightings tells of each cell, band and hour: what was received, and what was not though it
was there."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from nofly.proof.covering.cells import (
    BANDS_FT,
    MINUTE_US,
    UNTOLD,
    around,
    centres,
    unit_vectors,
)
from nofly.proof.covering.sightings import bands, cells, hours, stations
from nofly.proof.covering.unseen_ways import unseen

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Bools = NDArray[np.bool_]

NEAR_M = 250_000.0
"""What is received so far away, without the receivers being named, shows that receivers here work."""
_TILE_DEG = 1.0
_WENT_ON_MIN, _OF_MIN = 5, 10


@dataclass(frozen=True, slots=True)
class Cell:
    """What is known of a cell: arrays of shape (bands, hours), the bands those of known heights."""

    reports: Ints
    aircraft: Ints
    """How many were received: at least so many where some are put together."""
    minutes: NDArray[np.uint64]
    unseen: Ints
    """How many were there, as far as can be told, and not received."""


@dataclass(slots=True)
class Evidence:
    """Reads a table of sightings, sorted or not. Hours are numbered by their place in :attr:`hours`."""

    rows: NDArray[np.void]
    named: bool
    """Whether any receiver is named."""
    hours: Ints = field(init=False)
    cells: Ints = field(init=False)
    """Every cell of which anything is known, in ascending order."""
    _heard: NDArray[np.void] = field(init=False)
    _heard_at: dict[int, slice] = field(init=False)
    _unseen: Ints = field(init=False)
    _unseen_at: dict[int, slice] = field(init=False)
    _up_of: dict[tuple[int, ...], NDArray[np.uint64]] = field(init=False, default_factory=dict)
    _up_near: dict[tuple[int, int], NDArray[np.uint64]] = field(init=False, default_factory=dict)
    _told: dict[int, Cell] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        """Put what was received in order, then what was not."""
        rows = self.rows
        self.hours = np.unique(hours(rows["key"]))
        order = np.lexsort((rows["aircraft"], stations(rows["key"]), cells(rows["key"])))
        self._heard = rows[order]
        self._heard_at = _slices(cells(self._heard["key"]))
        found = unseen(rows, self._others_received)
        mine = np.isin(found.hour, self.hours)
        cell, band = found.cell[mine], found.band[mine]
        hour = np.searchsorted(self.hours, found.hour[mine])
        self._unseen = np.column_stack([cell, band, hour, found.aircraft[mine].view(np.int64)])
        self._unseen_at = _slices(cell)
        self.cells = np.unique(np.concatenate([cells(rows["key"]), cell]))

    def of(self, cell: int) -> Cell:
        """Return what is known of a cell."""
        known = self._told.get(cell)
        if known is None:
            known = self._told[cell] = self._count(cell)
        return known

    def _count(self, cell: int) -> Cell:
        shape = len(BANDS_FT) + 1, len(self.hours)
        rows = self._heard[self._heard_at.get(cell, slice(0))]
        band, hour = bands(rows["key"]), np.searchsorted(self.hours, hours(rows["key"]))
        reports, minutes = np.zeros(shape, np.int64), np.zeros(shape, np.uint64)
        np.add.at(reports, (band, hour), rows["reports"])
        np.bitwise_or.at(minutes, (band, hour), rows["minutes"])
        aircraft = _distinct(shape, band, hour, rows["aircraft"])
        lost = self._unseen[self._unseen_at.get(cell, slice(0))]
        missing = _distinct(shape, lost[:, 1], lost[:, 2], lost[:, 3])
        told = slice(UNTOLD)
        return Cell(reports[told], aircraft[told], minutes[told], missing[told])

    def distinct(self, cell: int, of_bands: tuple[int, int], at: Ints | None) -> int:
        """Return how many different aircraft were received in a cell, from one band to another, in some of
        the hours or in all: at least so many where some are put together."""
        rows = self._heard[self._heard_at.get(cell, slice(0))]
        band = bands(rows["key"])
        mine = (band >= of_bands[0]) & (band <= of_bands[1])
        if at is not None:
            mine &= np.isin(hours(rows["key"]), self.hours[at])
        return len(np.unique(rows["aircraft"][mine]))

    def distinct_unseen(self, cell: int, band: int, at: Ints | None) -> int:
        """Return how many different aircraft were there in a band or above it, and not received."""
        lost = self._unseen[self._unseen_at.get(cell, slice(0))]
        mine = lost[:, 1] >= band
        if at is not None:
            mine &= np.isin(lost[:, 2], at)
        return len(np.unique(lost[mine, 3]))

    def minutes_up(self, cell: int) -> NDArray[np.uint64]:
        """Return, for every hour, the minutes in which the receivers that reach a cell received anything at
        all: the named ones that ever received from it or from beside it; without such any within NEAR_M."""
        reach = self.reach(cell)
        if reach:
            if reach not in self._up_of:
                self._up_of[reach] = self._minutes(np.isin(stations(self._heard["key"]), reach))
            return self._up_of[reach]
        lat, lon = (float(part[0]) for part in centres(np.array([cell])))
        row = min(int((lat + 90.0) / _TILE_DEG), round(180.0 / _TILE_DEG) - 1)
        middle_deg = (row + 0.5) * _TILE_DEG - 90.0
        wide = max(1, round(np.cos(np.radians(middle_deg)) * 360.0 / _TILE_DEG))
        tile = row, int((lon + 180.0) / 360.0 * wide) % wide
        if tile not in self._up_near:
            near = self._near(middle_deg, (tile[1] + 0.5) * 360.0 / wide - 180.0)
            self._up_near[tile] = self._minutes(np.isin(cells(self._heard["key"]), near))
        return self._up_near[tile]

    def reach(self, cell: int) -> tuple[int, ...]:
        """Return the named receivers that received from a cell or beside it, by code; none where none is
        named."""
        if not self.named:
            return ()
        parts = [self._heard_at.get(one, slice(0)) for one in (cell, *around(cell).tolist())]
        found = {int(code) for at in parts for code in np.unique(stations(self._heard["key"][at]))}
        return tuple(sorted(found))

    def _near(self, lat_deg: float, lon_deg: float) -> Ints:
        heard = np.array(sorted(self._heard_at), np.int64)
        middle = unit_vectors(np.array([lat_deg]), np.array([lon_deg]))[0]
        found: Ints = heard[unit_vectors(*centres(heard)) @ middle > np.cos(NEAR_M / 6_371_000.0)]
        return found

    def _minutes(self, rows: Bools) -> NDArray[np.uint64]:
        heard = self._heard[rows]
        out = np.zeros(len(self.hours), np.uint64)
        np.bitwise_or.at(out, np.searchsorted(self.hours, hours(heard["key"])), heard["minutes"])
        return out

    def _others_received(self, cell: Ints, time_us: Ints, sign: int) -> Bools:
        """Return whether, around each cell, something was received in half of the ten minutes after a time,
        or before it: a track that ends with all others tells nothing of the place."""
        out = np.zeros(len(cell), np.bool_)
        for k, (one, when) in enumerate(zip(cell.tolist(), (time_us // MINUTE_US).tolist(), strict=True)):
            up = self.minutes_up(one)
            count = 0
            for minute in range(1, _OF_MIN + 1):
                hour, bit = divmod(when + sign * minute, 60)
                at = int(np.searchsorted(self.hours, hour))
                there = at < len(self.hours) and self.hours[at] == hour
                count += there and bool(int(up[at]) >> bit & 1)
            out[k] = count >= _WENT_ON_MIN
        return out


def _slices(sorted_cells: Ints) -> dict[int, slice]:
    """Return where each cell's rows are."""
    if not len(sorted_cells):
        return {}
    start = np.flatnonzero(np.concatenate([[True], sorted_cells[1:] != sorted_cells[:-1]]))
    end = np.append(start[1:], len(sorted_cells))
    return {int(sorted_cells[a]): slice(int(a), int(b)) for a, b in zip(start, end, strict=True)}


def _distinct(shape: tuple[int, int], band: Ints, hour: Ints, aircraft: NDArray[np.integer]) -> Ints:
    """Return how many different aircraft there are in each band and hour."""
    out = np.zeros(shape, np.int64)
    if len(band):
        place = (band * shape[1] + hour).astype(np.uint64)
        pairs = np.unique(np.column_stack([place, aircraft.astype(np.int64).view(np.uint64)]), axis=0)
        np.add.at(out.reshape(-1), pairs[:, 0].astype(np.int64), 1)
    return out
