"""The flights of a stream of reports: since when, until when, from where, to where, under which callsign.

A *flight* is what one aircraft does under one callsign without a silence of more than
:data:`SILENCE_S`. Reports without a callsign go on under the one before. However the stream is cut into
batches, the flights are the same.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nofly.schema import Coded, Positions
from nofly.units import US_PER_S

SILENCE_S = 1800.0
"""After a longer silence it is another flight: longer than most holes in coverage, shorter than a turn-round
of an airliner."""
_SILENCE_US = int(SILENCE_S * US_PER_S)
ENDS = ("lat_deg", "lon_deg", "height_m", "above_ground_m", "climb_mps")
"""What is kept of the first report of a flight, and of the last. ``height_m`` is above mean sea level where
that is told, else on 1013.25 hPa; NaN is not told."""
ROW = np.dtype(
    [("target", np.int32), ("callsign", np.int32), ("category", np.int32)]
    + [(f"{end}_us", np.int64) for end in ("first", "last")]
    + [(f"{end}_{name}", np.float64) for end in ("first", "last") for name in ENDS]
    + [(f"{end}_on_ground", np.int8) for end in ("first", "last")]
)
"""A flight: target number, codes of callsign and category (-1 is none told), when, and where."""
_NAMES = ROW.names or ()
_COLUMNS = {"above_ground_m": "alt_agl_m", "climb_mps": "vrate_mps", "on_ground": "on_ground"}
"""What some are called in the positions."""
_NOT_TOLD = {f"{end}_{name}": -1 if name == "on_ground" else np.nan
             for end in ("first", "last") for name in _COLUMNS}  # fmt: skip


class FlightBook:
    """Takes batches in which each target's reports are together and in order of time."""

    def __init__(self, max_gap_s: float) -> None:
        """Two reports further apart than ``max_gap_s`` add nothing to the time flown."""
        self.flown_us = 0
        """How long all were heard, silences of more than ``max_gap_s`` left out."""
        self._gap_us = int(max_gap_s * US_PER_S)
        self._codes: dict[str, dict[str, int]] = {"callsign": {}, "category": {}}
        self._known: dict[str, tuple[list[str], int, NDArray[np.int32]]] = {}
        self._open = np.zeros(0, np.int64)
        # A column each: rows of all that is kept of a flight would be far apart.
        self._rows: dict[str, NDArray[Any]] = {name: np.zeros(0, ROW[name]) for name in _NAMES}
        self._told: set[str] = set()
        self._count = 0

    @property
    def callsigns(self) -> list[str]:
        """The callsigns by code."""
        return list(self._codes["callsign"])

    @property
    def categories(self) -> list[str]:
        """The categories by code."""
        return list(self._codes["category"])

    def table(self) -> NDArray[np.void]:
        """Return the flights (:data:`ROW`), by target number and time."""
        rows = np.zeros(self._count, ROW)
        for name, column in self._rows.items():
            rows[name] = column[: self._count]
        return rows[np.lexsort((rows["first_us"], rows["target"]))]

    def take(self, positions: Positions, target: NDArray[np.int32]) -> None:
        """Take a batch whose targets have these numbers."""
        count = len(target)
        if not count:
            return
        self._make_room(int(target.max()))
        time_us, other = positions.time_us, np.empty(count, np.bool_)
        other[0] = True
        np.not_equal(target[1:], target[:-1], out=other[1:])
        gap_us = np.diff(time_us)
        self.flown_us += self._flown_us(time_us, gap_us, other)
        apart = other.copy()
        apart[1:] |= gap_us > _SILENCE_US
        calls = self._callsigns(positions.texts.get("callsign"), apart, other, target, time_us)
        begins = apart
        if calls is not None:
            codes, book = calls
            changes = np.flatnonzero(codes[1:] != codes[:-1])
            before, after = book[codes[changes]], book[codes[changes + 1]]
            begins[changes[(before >= 0) & (before != after)] + 1] = True
        starts = np.flatnonzero(begins)
        ends = np.append(starts[1:], count) - 1
        self._put(positions, target, other[starts], starts, ends, calls)

    def _flown_us(
        self, time_us: NDArray[np.int64], gap_us: NDArray[np.int64], other: NDArray[np.bool_]
    ) -> int:
        """Return how long the targets of a batch were heard in it: from first to last, less long silences."""
        first = np.flatnonzero(other)
        last = np.append(first[1:], len(other)) - 1
        long = np.flatnonzero(gap_us > self._gap_us)
        silent_us = gap_us[long[~other[long + 1]]]
        return int((time_us[last] - time_us[first]).sum()) - int(silent_us.sum())

    def _make_room(self, number: int) -> None:
        if number >= len(self._open):
            more = max(number + 1, 2 * len(self._open)) - len(self._open)
            self._open = np.concatenate([self._open, np.full(more, -1)])

    def _book(self, name: str, text: Coded) -> NDArray[np.int32]:
        """Return the codes of the book by those of a text column; -1, the last, is none."""
        known = self._known.get(name)
        if known is None or known[0] is not text.values or known[1] != len(text.values):
            codes, values = self._codes[name], [value.strip() for value in text.values]
            table = [codes.setdefault(value, len(codes)) if value else -1 for value in values]
            known = self._known[name] = text.values, len(values), np.array([*table, -1], np.int32)
        return known[2]

    def _callsigns(
        self, text: Coded | None, apart: NDArray[np.bool_], other: NDArray[np.bool_],
        target: NDArray[np.int32], time_us: NDArray[np.int64],
    ) -> tuple[NDArray[np.int32], NDArray[np.int32]] | None:  # fmt: skip
        """Return which callsign holds in each row, the last one told of the flight, as codes and the codes of
        the book by them; -1 where none is."""
        if text is None:
            return None
        book = self._book("callsign", text)
        if text.codes.min(initial=0) >= 0 and book[:-1].min(initial=0) >= 0:
            return text.codes, book
        codes = book[text.codes]
        rows, begins = np.arange(len(codes)), np.flatnonzero(apart)
        part = np.cumsum(apart) - 1
        told = np.maximum.accumulate(np.where(codes >= 0, rows, -1))
        held = np.where(told >= begins[part], codes[told], -1)
        before = np.full(len(begins), -1, np.int32)
        goes_on = other[begins] & self._standing(target[begins], time_us[begins])
        before[goes_on] = self._rows["callsign"][self._open[target[begins[goes_on]]]]
        found = np.where(held >= 0, held, before[part]).astype(np.int32)
        return found, np.append(np.arange(len(self._codes["callsign"])), -1).astype(np.int32)

    def _standing(self, target: NDArray[np.int32], time_us: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return of which targets a flight is under way at a time, whatever its callsign."""
        flight = self._open[target]
        known = flight >= 0
        standing = np.zeros(len(target), np.bool_)
        standing[known] = time_us[known] - self._rows["last_us"][flight[known]] <= _SILENCE_US
        return standing

    def _put(
        self, positions: Positions, target: NDArray[np.int32], first: NDArray[np.bool_],
        starts: NDArray[np.int64], ends: NDArray[np.int64],
        calls: tuple[NDArray[np.int32], NDArray[np.int32]] | None,
    ) -> None:  # fmt: skip
        """Add runs of rows, each to the flight under way or as a new one."""
        whose = target[starts]
        goes_on = first & self._standing(whose, positions.time_us[starts])
        flight = self._open[whose]
        called = np.full(len(starts), -1, np.int32)
        if calls is not None:
            codes, book = calls
            called = book[codes[ends]]
            before = np.where(goes_on, self._rows["callsign"][flight] if self._count else -1, -1)
            goes_on &= (before < 0) | (book[codes[starts]] == before)
        new = np.flatnonzero(~goes_on)
        flight[new] = self._count + np.arange(len(new))
        self._grow(len(new))
        rows = self._rows
        rows["target"][flight[new]], rows["callsign"][flight[new]] = whose[new], called[new]
        rows["category"][flight[new]] = -1
        self._set(flight[new], "first", positions, starts[new])
        self._set(flight, "last", positions, ends)
        unnamed = rows["callsign"][flight] < 0
        rows["callsign"][flight[unnamed]] = called[unnamed]
        self._categories(positions.texts.get("category"), flight, starts, ends)
        # Of several runs of one target the last stands: assignments are made in order.
        self._open[whose] = flight

    def _grow(self, more: int) -> None:
        self._count += more
        have = len(self._rows["target"])
        if self._count > have:
            room = max(self._count, 2 * have, 1024) - have
            self._rows = {
                name: np.concatenate([column, np.full(room, _NOT_TOLD.get(name, 0), column.dtype)])
                for name, column in self._rows.items()
            }

    def _set(self, flight: NDArray[np.int64], end: str, positions: Positions, rows: Any) -> None:
        table = self._rows
        table[f"{end}_us"][flight] = positions.time_us[rows]
        table[f"{end}_lat_deg"][flight] = positions.lat_deg[rows]
        table[f"{end}_lon_deg"][flight] = positions.lon_deg[rows]
        height_m = _at(positions, "alt_amsl_m", rows)
        unknown = np.isnan(height_m)
        if unknown.any():
            height_m = np.where(unknown, _at(positions, "alt_std_m", rows), height_m)
        table[f"{end}_height_m"][flight] = height_m
        for name, of in _COLUMNS.items():
            column = positions.column(of)
            if column is not None:
                self._told.add(name)
                table[f"{end}_{name}"][flight] = column[rows]
            elif name in self._told:
                table[f"{end}_{name}"][flight] = _NOT_TOLD[f"{end}_{name}"]

    def _categories(
        self, text: Coded | None, flight: NDArray[np.int64], starts: NDArray[np.int64],
        ends: NDArray[np.int64],
    ) -> None:  # fmt: skip
        """Note the first category told of each flight."""
        if text is None:
            return
        codes = self._book("category", text)[text.codes]
        told = np.flatnonzero(codes >= 0)
        if not len(told):
            return
        at = np.minimum(np.searchsorted(told, starts), len(told) - 1)
        within = (told[at] >= starts) & (told[at] <= ends) & (self._rows["category"][flight] < 0)
        self._rows["category"][flight[within]] = codes[told[at[within]]]


def _at(positions: Positions, name: str, rows: Any) -> NDArray[np.float64]:
    column = positions.column(name)
    return np.full(len(rows), np.nan) if column is None else column[rows]
