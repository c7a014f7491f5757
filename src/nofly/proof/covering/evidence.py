"""What a table of sightings tells of each cell, band and hour: what was received, and what was not though it
was there."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from nofly.proof.covering.cells import (
    BANDS_FT,
    DOUBTFUL,
    MINUTE_US,
    UNTOLD,
    around,
    centres,
    unit_vectors,
)
from nofly.proof.covering.sightings import bands, cells, hours, stations
from nofly.proof.covering.unseen_ways import Unseen, unseen

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Bools = NDArray[np.bool_]

NEAR_M = 250_000.0
"""What is received so far away, without the receivers being named, shows that receivers here work."""
_TILE_DEG = 1.0
_NONE = np.zeros(0, np.uint64)
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
    _doubtful: NDArray[np.void] = field(init=False)
    _hour: Ints = field(init=False)
    """The hour of each row of ``_heard``, by number."""
    _cell_hours: tuple[Ints, Ints] = field(init=False)
    """Each cell and hour in which anything was heard, and its minutes in ``_cell_minutes``."""
    _cell_minutes: NDArray[np.uint64] = field(init=False)
    _heard_at: dict[int, slice] = field(init=False)
    _unseen: Unseen = field(init=False)
    _unseen_at: dict[int, slice] = field(init=False)
    _up_of: dict[tuple[int, ...], NDArray[np.uint64]] = field(init=False, default_factory=dict)
    _up_near: dict[tuple[int, int], NDArray[np.uint64]] = field(init=False, default_factory=dict)
    _told: dict[int, Cell] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        """Put what was received in order, then what was not."""
        rows = self.rows
        self.hours = np.unique(hours(rows["key"]))
        somewhere = bands(rows["key"]) != DOUBTFUL
        self._heard, self._doubtful = rows[somewhere], rows[~somewhere]
        key = np.ascontiguousarray(self._heard["key"])
        place = cells(key) * max(len(self.hours), 1) + np.searchsorted(self.hours, hours(key))
        order = np.argsort(place, kind="stable")
        self._heard, place = self._heard[order], place[order]
        cell, self._hour = np.divmod(place, max(len(self.hours), 1))
        self._heard_at = _slices(cell)
        start = np.flatnonzero(np.diff(place, prepend=-1))
        self._cell_hours = cell[start], self._hour[start]
        self._cell_minutes = np.bitwise_or.reduceat(self._heard["minutes"], start) if len(start) else _NONE
        self._unseen = unseen(rows, self.hours, self._others_received)
        self._unseen_at = _slices(self._unseen.cell)
        self.cells = np.unique(np.concatenate([cell, self._unseen.cell]))

    def of(self, cell: int) -> Cell:
        """Return what is known of a cell."""
        known = self._told.get(cell)
        if known is None:
            known = self._told[cell] = self._count(cell)
        return known

    def _count(self, cell: int) -> Cell:
        shape = len(BANDS_FT) + 1, len(self.hours)
        at = self._heard_at.get(cell, slice(0))
        rows, hour = self._heard[at], self._hour[at]
        band = bands(rows["key"])
        reports, minutes = np.zeros(shape, np.int64), np.zeros(shape, np.uint64)
        np.add.at(reports, (band, hour), rows["reports"])
        np.bitwise_or.at(minutes, (band, hour), rows["minutes"])
        aircraft = _distinct(shape, band, hour, rows["aircraft"])
        at = self._unseen_at.get(cell, slice(0))
        missing = np.zeros(shape, np.int64)
        np.add.at(missing, (self._unseen.band[at], self._unseen.hour[at]), 1)
        told = slice(UNTOLD)
        return Cell(reports[told], aircraft[told], minutes[told], missing[told])

    def distinct(self, cell: int, of_bands: tuple[int, int], at: Ints | None) -> int:
        """Return how many different aircraft were received in a cell, from one band to another, in some of
        the hours or in all: at least so many where some are put together."""
        rows = self._heard[self._heard_at.get(cell, slice(0))]
        band = bands(rows["key"])
        mine = (band >= of_bands[0]) & (band <= of_bands[1])
        if at is not None:
            mine &= np.isin(self._hour[self._heard_at.get(cell, slice(0))], at)
        return len(np.unique(rows["aircraft"][mine]))

    def distinct_unseen(self, cell: int, band: int, at: Ints | None) -> int:
        """Return how many different aircraft were there in a band or above it, and not received."""
        rows, lost = self._unseen_at.get(cell, slice(0)), self._unseen
        mine = lost.band[rows] >= band
        if at is not None:
            mine &= np.isin(lost.hour[rows], at)
        return len(np.unique(lost.aircraft[rows][mine]))

    def minutes_up(self, cell: int) -> NDArray[np.uint64]:
        """Return, for every hour, the minutes in which the receivers that reach a cell received anything at
        all: the named ones that ever received from it or from beside it; without such any within NEAR_M."""
        reach = self.reach(cell)
        if reach:
            if reach not in self._up_of:
                heard = np.isin(stations(self._heard["key"]), reach)
                doubtful = self._doubtful[np.isin(stations(self._doubtful["key"]), reach)]
                up = self._minutes(self._hour[heard], self._heard["minutes"][heard])
                hour = np.searchsorted(self.hours, hours(doubtful["key"]))
                self._up_of[reach] = up | self._minutes(hour, doubtful["minutes"])
            return self._up_of[reach]
        lat, lon = (float(part[0]) for part in centres(np.array([cell])))
        row = min(int((lat + 90.0) / _TILE_DEG), round(180.0 / _TILE_DEG) - 1)
        middle_deg = (row + 0.5) * _TILE_DEG - 90.0
        wide = max(1, round(np.cos(np.radians(middle_deg)) * 360.0 / _TILE_DEG))
        tile = row, int((lon + 180.0) / 360.0 * wide) % wide
        if tile not in self._up_near:
            near = self._near(middle_deg, (tile[1] + 0.5) * 360.0 / wide - 180.0)
            mine = np.isin(self._cell_hours[0], near)
            self._up_near[tile] = self._minutes(self._cell_hours[1][mine], self._cell_minutes[mine])
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

    def _minutes(self, hour: Ints, minutes: NDArray[np.uint64]) -> NDArray[np.uint64]:
        """Return of every hour all its minutes together; ``hour`` is by number."""
        out = np.zeros(len(self.hours), np.uint64)
        np.bitwise_or.at(out, hour, minutes)
        return out

    def _others_received(self, cell: Ints, time_us: Ints, sign: int) -> Bools:
        """Return whether, around each cell, something was received in half of the ten minutes after a time,
        or before it: a track that ends with all others tells nothing of the place."""
        each, which = np.unique(cell, return_inverse=True)
        if not len(each):
            return np.zeros(0, np.bool_)
        up = np.array([self.minutes_up(one) for one in each.tolist()], np.uint64)
        count = np.zeros(len(cell), np.int64)
        for minute in range(1, _OF_MIN + 1):
            hour, bit = np.divmod(time_us // MINUTE_US + sign * minute, 60)
            at = np.minimum(np.searchsorted(self.hours, hour), len(self.hours) - 1)
            there = up[which, at] >> bit.astype(np.uint64) & np.uint64(1) != 0
            count += (self.hours[at] == hour) & there
        return count >= _WENT_ON_MIN


def _slices(sorted_cells: Ints) -> dict[int, slice]:
    """Return where each cell's rows are."""
    if not len(sorted_cells):
        return {}
    start = np.flatnonzero(np.concatenate([[True], sorted_cells[1:] != sorted_cells[:-1]]))
    end = np.append(start[1:], len(sorted_cells))
    return {int(sorted_cells[a]): slice(int(a), int(b)) for a, b in zip(start, end, strict=True)}


def _distinct(shape: tuple[int, int], band: Ints, hour: Ints, aircraft: NDArray[np.uint64]) -> Ints:
    """Return how many different aircraft there are in each band and hour."""
    place = band * shape[1] + hour
    order = np.lexsort((aircraft, place))
    place, aircraft = place[order], aircraft[order]
    new = np.ones(len(place), np.bool_)
    new[1:] = (place[1:] != place[:-1]) | (aircraft[1:] != aircraft[:-1])
    return np.bincount(place[new], minlength=shape[0] * shape[1]).reshape(shape)
