"""Columns of JSON values to positions, without Arrow: what starts fast.

The counterpart of :mod:`nofly.feeds.arrow_columns` for values that are Python's already.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from struct import pack_into
from typing import TYPE_CHECKING, Any

import numpy as np

from nofly.errors import Finding, Severity
from nofly.feeds.assemble import assemble, no_target
from nofly.feeds.columns import Plan, Reading, zone_assumed
from nofly.feeds.options import ArchiveOptions
from nofly.feeds.texts import TextColumn
from nofly.feeds.times import NO_TIME, epoch_unit, from_epoch, local_to_utc, parse_iso
from nofly.schema import TEXTS, Coded, Positions, joined_codes

if TYPE_CHECKING:
    from numpy.typing import NDArray

TIMES = ("time", "position_time", "received")
NEEDED = frozenset({"time", "position_time", "icao24", "target_id", "lat_deg", "lon_deg"})
"""Ours that a batch is made of; any other is left out where every value is null."""
TEXT_COLUMNS = frozenset({"icao24", "target_id", *TEXTS})
_FLAGS = {"true": 1.0, "1": 1.0, "false": 0.0, "0": 0.0}


class JsonColumns:
    """Turns columns of JSON values of one file into positions, remembering what it has said."""

    def __init__(self, plan: Plan, options: ArchiveOptions, source: str) -> None:
        self._plan = plan
        self._options = options
        self._source = source
        self._notes = list(plan.findings)
        self._zone_said = options.time_zone is not None
        self._target_said = False
        self._units: dict[str, str] = {}
        self._texts: dict[str, TextColumn] = {}
        self._held: list[dict[str, Any]] = []

    def convert(
        self, values: Mapping[str, Sequence[Any]], first_record: int, unit: str = "object"
    ) -> tuple[Positions, list[Finding]]:
        """Return the positions of columns by our names, and what is to be said; call in file order."""
        self.add(values)
        return self.take(first_record, unit)

    def add(self, values: Mapping[str, Sequence[Any]]) -> None:
        """Hold columns by our names, of the rows that follow those held; call in file order. One that is not
        there is null."""
        given: dict[str, Any] = {}
        rows = len(next(iter(values.values()), ()))
        for ours, reading in self._plan.readings.items():
            column = values.get(ours)
            if column is None or (column[:1] == [None] and column.count(None) == rows):
                if ours not in NEEDED:
                    continue
                column = [None] * rows
            if ours in TIMES:
                given["received_us" if ours == "received" else ours] = self._times(column, reading)
            elif ours in TEXT_COLUMNS:
                text = self._texts.setdefault(ours, TextColumn(ours))
                given[ours] = _coded(text, column)
            elif ours == "on_ground":
                given[ours] = _numbers([_FLAGS.get(v.lower()) if isinstance(v, str) else v for v in column])
            elif ours == "raw":
                given[ours] = _whole(column)
            else:
                found = _numbers(column)
                given[ours] = found if reading.factor == 1.0 else found * reading.factor
        self._held.append(given)

    def take(self, first_record: int, unit: str = "object") -> tuple[Positions, list[Finding]]:
        """Return the positions of the rows held, of which ``first_record`` is the first, and what is to be
        said."""
        given, self._held = _joined(self._held), []
        rows = len(given["lat_deg"])
        address = given.pop("icao24", None)
        given["target"] = given.pop("target_id", address)
        if given["target"] is None:
            given["target"], finding = no_target(rows, self._source)
            self._notes += [] if self._target_said else [finding]
            self._target_said = True
        positions, findings = assemble(given, self._source, first_record, unit)
        notes, self._notes = self._notes, []
        return positions, notes + findings

    def _times(self, column: Sequence[Any], reading: Reading) -> NDArray[np.int64]:
        values = _epochs(column) if reading.time_unit != "iso" else None
        if values is None:
            return self._iso(column, reading)
        unit = reading.time_unit or self._units.get(reading.ours) or epoch_unit(values)
        self._units[reading.ours] = unit
        return from_epoch(values, unit) if unit else np.full(len(values), NO_TIME, np.int64)

    def _iso(self, column: Sequence[Any], reading: Reading) -> NDArray[np.int64]:
        """Return times that are texts, at least some of them."""
        us, naive = parse_iso(column)
        if (naive & (us > 0)).any():
            if not self._zone_said:
                self._notes.append(zone_assumed(self._source))
                self._zone_said = True
            utc, twice = local_to_utc(np.where(naive, us, NO_TIME), self._options.time_zone)
            us = np.where(naive, utc, us)
            if twice:
                text = "local time occurs twice when clocks go back: the first is taken"
                self._notes.append(Finding("time-ambiguous", Severity.WARNING, text, self._source, "", twice))
        left = us == NO_TIME
        if left.any():
            numbers = [v if not isinstance(v, str) else _as_number(v) for v in column]
            values = _epochs(numbers)
            unit = reading.time_unit if reading.time_unit != "iso" else "none"
            unit = unit or self._units.get(reading.ours) or (epoch_unit(values) if values is not None else "")
            if values is not None and unit not in ("", "none"):
                us = np.where(left, from_epoch(values, unit), us)
        return us


def _joined(parts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return columns one part after the other; what a part lacks is null."""
    if len(parts) == 1:
        return dict(parts[0])
    lengths = [len(part["lat_deg"]) for part in parts]
    joined: dict[str, Any] = {}
    for name, some in {name: column for part in parts for name, column in part.items()}.items():
        columns = [part.get(name) for part in parts]
        if isinstance(some, Coded):
            joined[name] = joined_codes(columns, lengths)
            continue
        null = np.nan if some.dtype.kind == "f" else -1
        joined[name] = np.concatenate(
            [np.full(n, null, some.dtype) if c is None else c for c, n in zip(columns, lengths, strict=True)]
        )
    return joined


def _as_number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _packed(column: Sequence[Any], kind: type[np.float64] | type[np.int64]) -> NDArray[Any] | None:
    """Return numbers as an array, in half the time that NumPy takes; None where not all of them are some."""
    out: Any = np.empty(len(column), kind)
    try:
        pack_into(f"{len(column)}{'d' if kind is np.float64 else 'q'}", out, 0, *column)
    except (struct.error, OverflowError, TypeError):
        return None
    found: NDArray[Any] = out
    return found


def _epochs(column: Sequence[Any]) -> NDArray[Any] | None:
    """Return numbers as int64 where they all are, else as float64; None where there is text among them."""
    if type(column[0] if column else None) is int and (whole := _packed(column, np.int64)) is not None:
        return whole
    try:
        array = np.array(column)
    except (OverflowError, ValueError):
        return _numbers(column)
    if array.dtype.kind in "iu":
        return array
    if array.dtype.kind in "fO":
        return None if any(isinstance(v, str) for v in column) else _numbers(column)
    return None


def _numbers(column: Sequence[Any]) -> NDArray[np.float64]:
    """Return values as floats; what is no number is NaN."""
    packed = _packed(column, np.float64)
    if packed is not None:
        return packed
    try:
        return np.array(column, np.float64)
    except (TypeError, ValueError, OverflowError):
        return np.array([_number(v) for v in column], np.float64)


def _coded(text: TextColumn, column: Sequence[Any]) -> Coded:
    """Return values as codes; a list or an object, which is no text, is null."""
    try:
        return text.coded(column)
    except TypeError:
        return text.coded([v if isinstance(v, str | int | float) else None for v in column])


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return float("nan")


def _whole(column: Sequence[Any]) -> NDArray[np.int64]:
    good = [v if type(v) is int and 0 <= v < 1 << 63 else -1 for v in column]
    return np.array(good, np.int64)
