"""Arrow columns of any type to the arrays :func:`nofly.feeds.assemble.assemble` takes.

Vectorised throughout: a value is touched by Arrow or NumPy alone, a text once for each distinct value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from nofly.errors import Finding, Severity
from nofly.feeds.assemble import assemble, no_target
from nofly.feeds.columns import Plan, Reading, zone_assumed
from nofly.feeds.options import ArchiveOptions
from nofly.feeds.texts import TextColumn
from nofly.feeds.times import NO_TIME, epoch_unit, from_epoch, local_to_utc, parse_iso
from nofly.feeds.written_dates import WrittenDates, joined
from nofly.feeds.written_numbers import NUMBER, decimal_mark, no_value, numbers
from nofly.schema import TEXTS, Coded, Positions, concatenate

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

_PLACE = ("lat_deg", "lon_deg")
_TELLING_ROWS = 1000
"""So many rows at the beginning of a batch are looked at for the decimal mark, until it is known."""
_TRUE, _FALSE = ("true", "t", "1", "1.0", "-1", "yes", "y"), ("false", "f", "0", "0.0", "no", "n")
NEEDED = frozenset({"time", "position_time", "icao24", "target_id", "lat_deg", "lon_deg"})
"""Ours that a batch is made of; any other is left out where every value is null."""
TEXT_COLUMNS = frozenset({"icao24", "target_id", *TEXTS})
"""Ours that are text: a format reads them dictionary-encoded."""


class _Lookup(NamedTuple):
    """How the indices into a column's dictionary become codes; ``same`` where they already are."""

    dictionary: Any
    codes: NDArray[np.int32]
    same: bool
    values: list[str]


class ArrowColumns:
    """Turns record batches of one file into positions, remembering what it has said and decoded."""

    def __init__(self, plan: Plan, options: ArchiveOptions, source: str) -> None:
        self._plan = plan
        self._options = options
        self._source = source
        self._row = 1
        self._said: set[tuple[str, str]] = set()
        self._notes: list[Finding] = []
        self._dictionaries: dict[str, _Lookup] = {}
        self._text_columns: dict[str, TextColumn] = {}
        self._epoch: dict[str, str] = {}
        self._dates = WrittenDates(options.date_order)
        self._mark = ""
        self._unread = ""

    def convert(self, batch: pa.RecordBatch) -> tuple[Positions, list[Finding]]:
        """Return one batch's positions and what is to be said of it; call in file order."""
        self._notes = list(self._plan.findings) if self._row == 1 else []
        self._unread = ""
        self._mark = self._mark or self._decimal_mark(batch)
        given: dict[str, Any] = {}
        for ours, reading in self._plan.readings.items():
            column = batch.column(reading.name)
            if ours == "date":
                continue
            if ours == "time" and "date" in self._plan:
                column = _dated(batch.column(self._plan.readings["date"].name), column)
            if ours not in NEEDED and column.null_count == len(column):
                continue
            if ours in ("time", "position_time", "received"):
                given["received_us" if ours == "received" else ours] = self._times(column, reading)
            elif ours in TEXT_COLUMNS:
                given["target" if ours == "target_id" else ours] = self._texts(ours, column)
            elif ours == "raw":
                given[ours] = self._longs(column)
            elif ours == "on_ground":
                given[ours] = self._flags(column, reading)
            else:
                given[ours] = self._floats(column, reading)
        self._name_targets(given, batch.num_rows)
        positions, findings = assemble(given, self._source, self._row, unread=self._unread)
        self._row += batch.num_rows
        return positions, self._notes + findings

    @property
    def began(self) -> bool:
        """Whether any row has been converted."""
        return self._row > 1

    def nothing(self) -> tuple[Positions, list[Finding]]:
        """Return what a table without rows gives: no position, and what there is to say of its columns."""
        return concatenate([]), list(self._plan.findings)

    def _name_targets(self, given: dict[str, Any], rows: int) -> None:
        address = given.pop("icao24", None)
        if "target" not in given:
            given["target"] = address
        if given["target"] is None:
            given["target"], finding = no_target(rows, self._source)
            self._say(finding)

    def _say(self, finding: Finding, of: str = "") -> None:
        """Keep a finding that is made once a file (``of`` a column)."""
        if (finding.code, of) not in self._said:
            self._said.add((finding.code, of))
            self._notes.append(finding)

    def _count(self, code: str, message: str, rows: int) -> None:
        if rows:
            self._notes.append(Finding(code, Severity.WARNING, message, self._source, "", rows))

    def _times(self, column: pa.Array, reading: Reading) -> NDArray[np.int64]:
        import pyarrow as pa
        import pyarrow.compute as pc

        kind = column.type
        naive = False
        if pa.types.is_dictionary(kind):
            column = column.dictionary_decode()
            kind = column.type
        if _is_text(kind):
            column, numeric = self._time_texts(column, reading)
            if numeric is not None:
                return numeric
            kind, naive = column.type, True
        if pa.types.is_date(kind):
            column = column.cast(pa.timestamp("s" if pa.types.is_date32(kind) else "ms"))
            kind = column.type
        if pa.types.is_timestamp(kind):
            naive = naive or kind.tz is None
            us = _ints(column.view(pa.int64()))
            us = us if kind.unit == "us" else from_epoch(us, kind.unit)
            return self._zoned(us) if naive else us
        if pa.types.is_decimal(kind):
            return self._epochs(_decimals(column), reading)
        if column.null_count:
            column = pc.fill_null(column, NO_TIME)
        return self._epochs(column.to_numpy(zero_copy_only=False), reading)

    def _time_texts(self, column: pa.Array, reading: Reading) -> tuple[pa.Array, NDArray[np.int64] | None]:
        """Return texts as naive UTC timestamps, or as microseconds where they are numbers or name zones."""
        import pyarrow as pa
        import pyarrow.compute as pc

        text = _utf8(column)
        stamps = _plain_timestamps(text)
        if stamps is not None:
            return stamps, _ints(stamps.view(pa.int64())) if stamps.type.tz else None
        text = pc.utf8_trim_whitespace(text)
        numbers = np.full(len(text), NO_TIME, np.int64)
        if reading.time_unit != "iso":
            numeric = pc.match_substring_regex(text, NUMBER)
            if pc.any(numeric).as_py():
                values = pc.if_else(numeric, text, None).cast(pa.float64())
                numbers = self._epochs(values.to_numpy(zero_copy_only=False), reading)
                if pc.all(numeric, skip_nulls=True).as_py():
                    return column, numbers
        text = self._dates.rewritten(text)
        if self._dates.told:
            order = f"day and month of dates: as in {self._dates.told}"
            self._say(Finding("date-order-told", Severity.INFO, order, self._source))
        us, naive = parse_iso(text.to_pylist())
        us = np.where(naive, self._zoned(np.where(naive, us, NO_TIME)), us)
        us = np.where(us == NO_TIME, numbers, us)
        self._keep_unread(text, us == NO_TIME)
        return column, us

    def _keep_unread(self, text: pa.Array, none: NDArray[np.bool_]) -> None:
        """Keep the first text that is no time, to show it."""
        import pyarrow.compute as pc

        told = none & pc.invert(no_value(text)).to_numpy(zero_copy_only=False)
        if told.any():
            self._unread = str(text[int(np.argmax(told))])[:40]

    def _zoned(self, us: NDArray[np.int64]) -> NDArray[np.int64]:
        if not (us > 0).any():
            return us
        if self._options.time_zone is None:
            self._say(zone_assumed(self._source))
        utc, twice = local_to_utc(us, self._options.time_zone)
        self._count(
            "time-ambiguous", "local time occurs twice when clocks go back: the first is taken", twice
        )
        return utc

    def _epochs(self, values: NDArray[Any], reading: Reading) -> NDArray[np.int64]:
        """Return epoch times, in the unit that the first known value of the file tells."""
        unit = (
            reading.time_unit if reading.time_unit not in ("", "iso") else self._epoch.get(reading.name, "")
        )
        if not unit:
            unit = epoch_unit(values)
            self._epoch[reading.name] = unit
        return from_epoch(values, unit) if unit else np.full(len(values), NO_TIME, np.int64)

    def _texts(self, ours: str, column: pa.Array) -> Coded:
        import pyarrow as pa
        import pyarrow.compute as pc

        if not pa.types.is_dictionary(column.type):
            column = pc.dictionary_encode(column)
        text = self._text_columns.setdefault(ours, TextColumn(ours))
        known = self._dictionaries.get(ours)
        if known is None or not (
            known.dictionary is column.dictionary or known.dictionary.equals(column.dictionary)
        ):
            raws = [
                v.decode("utf-8", "replace") if isinstance(v, bytes) else v
                for v in column.dictionary.to_pylist()
            ]
            codes = text.codes(raws)
            same = np.array_equal(codes, np.arange(len(codes)))
            known = _Lookup(column.dictionary, np.append(codes, np.int32(-1)), same, text.values)
            self._dictionaries[ours] = known
        indices = column.indices.cast(pa.int32())
        if indices.null_count:
            indices = pc.fill_null(indices, -1)
        found = indices.to_numpy(zero_copy_only=False)
        return Coded(found if known.same else known.codes[found], known.values)

    def _floats(self, column: pa.Array, reading: Reading) -> NDArray[np.float64]:
        import pyarrow as pa

        kind = column.type
        if pa.types.is_dictionary(kind):
            column = column.dictionary_decode()
            kind = column.type
        if pa.types.is_decimal(kind):
            values = _decimals(column)
        elif _is_text(kind):
            values = self._numbers_in(column, reading)
        elif pa.types.is_integer(kind) or pa.types.is_floating(kind):
            values = column.to_numpy(zero_copy_only=False)
            values = values if values.dtype == np.float64 else values.astype(np.float64)
        else:
            self._unusable(reading, kind)
            values = np.full(len(column), np.nan)
        return values if reading.factor == 1.0 else values * reading.factor

    def _numbers_in(self, column: pa.Array, reading: Reading) -> NDArray[np.float64]:
        """Return numbers written as text; what is none is NaN and counted."""
        import pyarrow as pa
        import pyarrow.compute as pc

        if self._mark != ",":
            try:
                plain: NDArray[np.float64] = (
                    column.cast(pa.string()).cast(pa.float64()).to_numpy(zero_copy_only=False)
                )
                return plain
            except pa.ArrowInvalid:
                pass
        text = pc.utf8_trim_whitespace(_utf8(column))
        found = numbers(text, self._mark, reading.ours in _PLACE)
        name = reading.name
        self._count(
            "value-invalid", f"column {name} holds no number ({found.none!r}): taken as unknown", found.nones
        )
        self._count(
            "number-doubtful",
            f"column {name}: {found.doubtful} may be thousands or a fraction: taken as unknown",
            found.doubtfuls,
        )
        if found.aparts:
            text_apart = f"column {name}: thousands are set apart, as in {found.apart}"
            self._say(Finding("thousands-apart", Severity.INFO, text_apart, self._source), name)
        return found.values

    def _decimal_mark(self, batch: pa.RecordBatch) -> str:
        """Return the decimal mark of the places, where they are written as text."""
        for ours in _PLACE:
            column = batch.column(self._plan.readings[ours].name)[:_TELLING_ROWS]
            if _is_text(column.type) and (mark := decimal_mark(_utf8(column))):
                return mark
        return ""

    def _longs(self, column: pa.Array) -> NDArray[np.int64]:
        import pyarrow as pa

        if pa.types.is_integer(column.type):
            return _ints(column.cast(pa.int64(), safe=False))
        return np.full(len(column), -1, np.int64)

    def _flags(self, column: pa.Array, reading: Reading) -> NDArray[Any]:
        import pyarrow as pa
        import pyarrow.compute as pc

        if pa.types.is_dictionary(column.type):
            column = column.dictionary_decode()
        if _is_text(column.type):
            low = pc.utf8_lower(pc.utf8_trim_whitespace(_utf8(column)))
            yes, no = (pc.is_in(low, pa.array(words)) for words in (_TRUE, _FALSE))
            column = pc.if_else(yes, 1, pc.if_else(no, 0, -1)).cast(pa.int8())
        if pa.types.is_boolean(column.type):
            column = column.cast(pa.int8())
        if pa.types.is_integer(column.type) or pa.types.is_floating(column.type):
            flags: NDArray[Any] = pc.fill_null(column, -1).to_numpy(zero_copy_only=False)
            return flags
        self._unusable(reading, column.type)
        return np.full(len(column), -1, np.int8)

    def _unusable(self, reading: Reading, kind: pa.DataType) -> None:
        text = f"column {reading.name} is of type {kind}: taken as unknown"
        finding = Finding("column-type", Severity.WARNING, text, self._source)
        self._say(finding, reading.name)


def _is_text(kind: pa.DataType) -> bool:
    import pyarrow as pa

    checks = (
        "is_string",
        "is_large_string",
        "is_binary",
        "is_large_binary",
        "is_string_view",
        "is_binary_view",
    )
    return any(getattr(pa.types, check)(kind) for check in checks)


def _utf8(column: pa.Array) -> pa.Array:
    """Return text as UTF-8; where some is not, the wrong bytes are replaced."""
    import pyarrow as pa

    try:
        return column.cast(pa.string())
    except pa.ArrowInvalid:
        texts = [None if v is None else bytes(v).decode("utf-8", "replace") for v in column.to_pylist()]
        return pa.array(texts, pa.string())


def _ints(column: pa.Array) -> NDArray[np.int64]:
    import pyarrow.compute as pc

    if column.null_count:
        column = pc.fill_null(column, NO_TIME)
    found: NDArray[np.int64] = column.to_numpy(zero_copy_only=False)
    return found


def _dated(date: pa.Array, time: pa.Array) -> pa.Array:
    """Return the times of rows that tell their date apart; as they are where they are no times of day."""
    import pyarrow as pa

    date, time = (c.dictionary_decode() if pa.types.is_dictionary(c.type) else c for c in (date, time))
    if pa.types.is_time(time.type) or pa.types.is_date(date.type):
        date, time = (c.cast(pa.string()) if not _is_text(c.type) else c for c in (date, time))
    if not (_is_text(date.type) and _is_text(time.type)):
        return time
    return joined(_utf8(date), _utf8(time))


def _plain_timestamps(text: pa.Array) -> pa.Array | None:
    """Return texts as timestamps where all are ISO 8601 with date and time, and all or none name a zone."""
    import pyarrow as pa
    import pyarrow.compute as pc

    shortest = pc.min(pc.binary_length(text)).as_py()
    if shortest is None or shortest < len("2021-10-07T12:12"):
        return None
    first = next(value for value in text.to_pylist() if value) if text.null_count else text[0].as_py()
    zone = "UTC" if first[-1] in "Zz" or set(first[16:]) & {"+", "-"} else None
    try:
        return text.cast(pa.timestamp("ns", zone)).cast(pa.timestamp("us", zone), safe=False)
    except pa.ArrowInvalid:
        return None


def _decimals(column: pa.Array) -> NDArray[np.float64]:
    """Return a decimal column as floats, each the nearest to its decimal."""
    import pyarrow as pa

    kind = column.type
    width = kind.bit_width // 32
    if kind.precision > 18 or kind.bit_width > 128:
        found: NDArray[np.float64] = column.cast(pa.float64()).to_numpy(zero_copy_only=False)
        return found
    words = np.frombuffer(column.buffers()[1], np.int32)[column.offset * width :][: len(column) * width]
    whole = words if width == 1 else words.view(np.int64)[:: width // 2]
    values: NDArray[np.float64] = whole / 10.0**kind.scale
    if column.null_count:
        values[~column.is_valid().to_numpy(zero_copy_only=False)] = np.nan
    return values
