"""The positions table: one row a report, one name and one unit a column.

In the hot path a batch is :class:`Positions`, NumPy columns; at the boundaries it is an Arrow table of
:func:`arrow_schema`. A column nobody reported is absent, a value not reported is null (NaN, -1, code -1),
never 0. Every row has a time, a target and a finite position within ±90°, ±180°.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from nofly.errors import SchemaError

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

FLOATS = (
    "alt_std_m", "alt_hae_m", "alt_amsl_m", "alt_agl_m",
    "gs_mps", "track_deg", "vrate_mps", "pos_err_m", "alt_err_m",
)  # fmt: skip
"""float64, NaN is null. Errors are 95 %."""
SMALLS = ("on_ground", "nic", "nac_p", "sil")
"""int8, -1 is null; on_ground is 0 or 1."""
LONGS = ("received_us", "raw")
"""int64, -1 is null; raw is the offset into the raw capture."""
TEXTS = ("callsign", "squawk", "category", "source", "station")
"""Coded text. source is one of adsb, mlat, tisb, ssr, psr, system-track, remote-id, flarm."""


@dataclass(slots=True)
class Coded:
    """A text column as codes into distinct values; code -1 is null."""

    codes: NDArray[np.int32]
    values: list[str]

    @classmethod
    def from_list(cls, texts: Iterable[str | None]) -> Coded:
        """Return the texts coded in order of first appearance."""
        known: dict[str, int] = {}
        codes = [-1 if t is None else known.setdefault(t, len(known)) for t in texts]
        return cls(np.asarray(codes, dtype=np.int32), list(known))

    def at(self, row: int) -> str | None:
        """Return the text of one row."""
        code = int(self.codes[row])
        return None if code < 0 else self.values[code]


@dataclass(slots=True)
class Positions:
    """A batch of reports in columns of equal length. ``target`` codes the target ids."""

    time_us: NDArray[np.int64]
    target: Coded
    lat_deg: NDArray[np.float64]
    lon_deg: NDArray[np.float64]
    columns: dict[str, NDArray[Any]] = field(default_factory=dict)
    """The optional columns of FLOATS, SMALLS and LONGS that are present."""
    texts: dict[str, Coded] = field(default_factory=dict)
    """The optional columns of TEXTS that are present."""

    def __len__(self) -> int:
        return len(self.time_us)

    def column(self, name: str) -> NDArray[Any] | None:
        """Return an optional numeric column, or None where it is absent."""
        return self.columns.get(name)

    def floats(self, name: str) -> NDArray[np.float64]:
        """Return an optional float column, all NaN where it is absent."""
        found = self.columns.get(name)
        return np.full(len(self), np.nan) if found is None else found

    def take(self, rows: NDArray[Any] | slice) -> Positions:
        """Return the given rows, in the given order: by number, or those that are True."""
        if isinstance(rows, slice):
            return self.each(lambda column: column[rows])
        numbers = np.flatnonzero(rows) if rows.dtype == np.bool_ else rows
        # Several times faster than an index in brackets.
        return self.each(lambda column: column.take(numbers))

    def copied(self) -> Positions:
        """Return the same rows in arrays of their own, so that a slice does not keep the whole alive."""
        return self.each(np.copy)

    def each(self, made: Callable[[NDArray[Any]], NDArray[Any]]) -> Positions:
        """Return the reports that are made of these column by column; codes mean the same values."""
        return Positions(
            made(self.time_us),
            Coded(made(self.target.codes), self.target.values),
            made(self.lat_deg),
            made(self.lon_deg),
            {name: made(column) for name, column in self.columns.items()},
            {name: Coded(made(text.codes), text.values) for name, text in self.texts.items()},
        )

    def check(self, source: str = "") -> None:
        """Raise SchemaError unless lengths agree, names are known, every position is finite and in range."""
        n = len(self)
        named: dict[str, NDArray[Any]] = {
            "lat_deg": self.lat_deg, "lon_deg": self.lon_deg, "target_id": self.target.codes,
            **self.columns, **{name: text.codes for name, text in self.texts.items()},
        }  # fmt: skip
        for name, column in named.items():
            if len(column) != n:
                raise SchemaError(
                    f"column {name} has {len(column)} values", source=source, expected=f"{n}, as time has"
                )
        unknown = (set(self.columns) - {*FLOATS, *SMALLS, *LONGS}) | (set(self.texts) - {*TEXTS})
        if unknown:
            raise SchemaError(f"unknown columns {sorted(unknown)}", source=source)
        with np.errstate(invalid="ignore"):
            good = (np.abs(self.lat_deg) <= 90.0) & (np.abs(self.lon_deg) <= 180.0)
        if not good.all():
            row = int(np.argmin(good))
            raise SchemaError(
                f"position {self.lat_deg[row]}, {self.lon_deg[row]}", source=source, locator=f"row {row}",
                expected="latitude within ±90° and longitude within ±180°",
            )  # fmt: skip

    def to_arrow(self) -> pa.Table:
        """Return the batch as an Arrow table of :func:`arrow_schema`; absent columns are null."""
        import pyarrow as pa

        n = len(self)

        def coded(text: Coded | None) -> pa.Array:
            if text is None:
                return pa.nulls(n, pa.dictionary(pa.int32(), pa.string()))
            return pa.DictionaryArray.from_arrays(
                pa.array(text.codes, mask=text.codes < 0), pa.array(text.values, pa.string())
            )

        arrays: dict[str, pa.Array] = {
            "time": pa.array(self.time_us).cast(pa.timestamp("us", "UTC")),
            "target_id": coded(self.target),
            "lat_deg": pa.array(self.lat_deg),
            "lon_deg": pa.array(self.lon_deg),
        }
        schema = arrow_schema()
        for name in FLOATS:
            column = self.columns.get(name)
            arrays[name] = (
                pa.nulls(n, pa.float64()) if column is None else pa.array(column, mask=np.isnan(column))
            )
        for name in (*SMALLS, *LONGS):
            column = self.columns.get(name)
            kind = schema.field("received" if name == "received_us" else name).type
            plain = pa.bool_() if kind == pa.bool_() else kind
            array = (
                pa.nulls(n, plain)
                if column is None
                else pa.array(column, mask=column < 0).cast(pa.int64()).cast(plain)
            )
            arrays["received" if name == "received_us" else name] = array
        for name in TEXTS:
            arrays[name] = coded(self.texts.get(name))
        return pa.table([arrays[f.name] for f in schema], schema=schema)


def arrow_schema() -> pa.Schema:
    """Return the Arrow schema of a positions table."""
    import pyarrow as pa

    text = pa.dictionary(pa.int32(), pa.string())
    fields = [
        ("time", pa.timestamp("us", "UTC")), ("received", pa.timestamp("us", "UTC")),
        ("target_id", text), ("callsign", text), ("squawk", text), ("category", text),
        ("lat_deg", pa.float64()), ("lon_deg", pa.float64()),
        ("alt_std_m", pa.float64()), ("alt_hae_m", pa.float64()),
        ("alt_amsl_m", pa.float64()), ("alt_agl_m", pa.float64()),
        ("on_ground", pa.bool_()), ("gs_mps", pa.float64()), ("track_deg", pa.float64()),
        ("vrate_mps", pa.float64()), ("pos_err_m", pa.float64()), ("alt_err_m", pa.float64()),
        ("nic", pa.int8()), ("nac_p", pa.int8()), ("sil", pa.int8()),
        ("source", text), ("station", text), ("raw", pa.int64()),
    ]  # fmt: skip
    return pa.schema(fields)


def concatenate(batches: Sequence[Positions]) -> Positions:
    """Return all batches as one, in order, with one coding of each text."""
    if len(batches) == 1:
        return batches[0]
    if not batches:
        empty = np.empty(0)
        return Positions(empty.astype(np.int64), Coded(empty.astype(np.int32), []), empty, empty.copy())
    lengths = [len(b) for b in batches]
    numeric = sorted({name for b in batches for name in b.columns})
    texts = sorted({name for b in batches for name in b.texts})

    def numbers(name: str) -> NDArray[Any]:
        some = next(b.columns[name] for b in batches if name in b.columns)
        null = np.nan if name in FLOATS else -1
        return np.concatenate(
            [b.columns.get(name, np.full(n, null, some.dtype)) for b, n in zip(batches, lengths, strict=True)]
        )

    return Positions(
        np.concatenate([b.time_us for b in batches]),
        joined_codes([b.target for b in batches], lengths),
        np.concatenate([b.lat_deg for b in batches]),
        np.concatenate([b.lon_deg for b in batches]),
        {name: numbers(name) for name in numeric},
        {name: joined_codes([b.texts.get(name) for b in batches], lengths) for name in texts},
    )


def joined_codes(parts: Sequence[Coded | None], lengths: Sequence[int]) -> Coded:
    """Return text columns of the given lengths one after the other, with one coding; a part that is None is
    null."""
    lists = [part.values for part in parts if part is not None]
    shared = lists[0] if lists and all(values is lists[0] for values in lists) else None
    known: dict[str, int] = {}
    out = []
    for part, n in zip(parts, lengths, strict=True):
        if part is None:
            out.append(np.full(n, -1, np.int32))
        elif shared is not None:
            out.append(part.codes)
        elif len(part.values) <= 2 * n:
            lookup = np.asarray([known.setdefault(v, len(known)) for v in part.values] + [-1], np.int32)
            out.append(lookup[part.codes])
        else:
            # Of a long list only what is used.
            used = np.unique(part.codes[part.codes >= 0]).tolist()
            lookup = np.full(len(part.values) + 1, -1, np.int32)
            lookup[used] = [known.setdefault(part.values[k], len(known)) for k in used]
            out.append(lookup[part.codes])
    return Coded(np.concatenate(out), list(known) if shared is None else shared)
