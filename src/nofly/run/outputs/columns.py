"""The columns of a table of stays: one list for JSON, CSV, Parquet and data frames."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import msgspec

from nofly.errors import InputError
from nofly.incidents.record import Infringement
from nofly.run.at import instant
from nofly.run.outputs.text import iso_time, printable

if TYPE_CHECKING:
    import pyarrow as pa

COLUMNS: tuple[tuple[str, str], ...] = (
    ("id", "text"), ("zone_id", "text"), ("zone_name", "text"), ("zone_hash", "text"),
    ("zone_edition", "int"), ("side", "text"),
    ("target_id", "text"), ("icao24", "text"), ("callsign", "text"),
    ("status", "text"), ("certainty", "text"), ("cause", "text"), ("exit_cause", "text"),
    ("entry_time", "time"), ("exit_time", "time"),
    ("entry_lat_deg", "float"), ("entry_lon_deg", "float"),
    ("exit_lat_deg", "float"), ("exit_lon_deg", "float"),
    ("duration_s", "float"), ("duration_low_s", "float"), ("duration_high_s", "float"),
    ("depth_m", "float"), ("depth_err_m", "float"), ("lower_margin_m", "float"),
    ("upper_margin_m", "float"),
    ("height_m", "float"), ("height_datum", "text"), ("reports", "int"), ("longest_gap_s", "float"),
    ("findings", "list"), ("reasons", "list"),
)  # fmt: skip
"""Name and kind; a ``time`` is the record's field of that name with ``_us``."""

_DIGITS = {"_deg": 9, "_s": 6, "_m": 3}
"""Places kept: a tenth of a millimetre, a microsecond, a millimetre."""


def record(stay: Infringement) -> dict[str, Any]:
    """Return one stay as plain values by column: times ISO 8601 UTC, unknown None, text made safe."""
    return {name: plain(value) for name, plain, value in zip(_NAMES, _PLAINS, _VALUES(stay), strict=True)}


def stay_of(row: Mapping[str, Any]) -> Infringement:
    """Return the stay that a row of :func:`record` tells of, as exactly as the row does.

    Raises InputError for a row that is none.
    """
    values: dict[str, Any] = {}
    for name, field, _ in _PLAN:
        value = row.get(name)
        if field != name and isinstance(value, str):
            value = instant(value)
        # A duration that is not known is NaN, everything else None.
        values[field] = math.nan if value is None and name.startswith("duration") else value
    try:
        return msgspec.convert(values, Infringement)
    except msgspec.ValidationError as error:
        raise InputError(f"no verdict: {error}", expected="the columns of a check") from error


def _text(value: Any) -> str | None:
    if value is None:
        return None
    text = str(value)
    return text if text.isascii() and text.isprintable() else printable(text)


def _rounded(digits: int) -> Callable[[Any], float | None]:
    def number(value: Any) -> float | None:
        return None if value is None or not math.isfinite(value) else round(float(value), digits)

    return number


def rounding(name: str) -> int:
    """Return how many decimal places are kept of a column of floats."""
    return _DIGITS[name[name.rindex("_") :]]


def _plain(name: str, kind: str) -> Callable[[Any], Any]:
    """Return what makes a plain value of a field."""
    if kind == "float":
        return _rounded(rounding(name))
    made: dict[str, Callable[[Any], Any]] = {
        "time": iso_time, "text": _text, "list": lambda texts: [printable(text) for text in texts],
        "int": lambda value: None if value is None else int(value),
    }  # fmt: skip
    return made[kind]


_PLAN = tuple((name, f"{name}_us" if kind == "time" else name, _plain(name, kind)) for name, kind in COLUMNS)
"""Of each column the record's field, and what makes a plain value of it."""
_NAMES, _FIELDS, _PLAINS = zip(*_PLAN, strict=True)
_VALUES = attrgetter(*_FIELDS)


def arrow_table(
    stays: Iterable[Infringement], more: Sequence[tuple[str, str]] = (),
    values: Mapping[str, Mapping[str, Any]] | None = None,
) -> pa.Table:  # fmt: skip
    """Return stays as an Arrow table, one row each: times ``timestamp('us', 'UTC')``, lists of text.

    ``more`` columns (name and kind) follow; their ``values`` are by the id of the stay.
    """
    import pyarrow as pa

    types = {
        "text": pa.string(), "int": pa.int64(), "float": pa.float64(),
        "time": pa.timestamp("us", "UTC"), "list": pa.list_(pa.string()),
    }  # fmt: skip
    schema = pa.schema([(name, types[kind]) for name, kind in (*COLUMNS, *more)])
    rows = list(stays)
    arrays = []
    for (name, field, plain), (_, kind) in zip(_PLAN, COLUMNS, strict=True):
        if kind == "time":
            arrays.append(pa.array([getattr(s, field) for s in rows], pa.int64()).cast(types["time"]))
        else:
            arrays.append(pa.array([plain(getattr(s, name)) for s in rows], types[kind]))
    for name, kind in more:
        arrays.append(pa.array([(values or {}).get(s.id, {}).get(name) for s in rows], types[kind]))
    return pa.table(arrays, schema=schema)
