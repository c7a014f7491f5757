"""The layout of the archive's Parquet files: compact, and readable by whatever reads Parquet.

Rows are sorted by target, then time; row groups of 128 k rows; zstd; page index. Latitude and longitude are
DECIMAL(9,6), that is whole 1e-6 degrees: at most 0.06 m from what was given. Every other value comes back to
the last bit: a flight level that was on a zone's limit stays on it. Names, types and units are those of
:func:`nofly.schema.arrow_schema`; a column that nothing was reported in is null throughout.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from nofly.errors import StoreError
from nofly.schema import FLOATS, SMALLS, TEXTS, Coded, Positions, arrow_schema, concatenate
from nofly.store.journal_entries import only_used

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq
    from numpy.typing import NDArray

GROUP_ROWS = 131_072
STEP_ROWS = 16_384
ABOUT = {
    "nofly.layout": "positions 1",
    "nofly.rounding": "lat_deg and lon_deg are rounded to 1e-6 degree (at most 0.06 m); "
    "every other value is as it was received, to the last bit",
}
"""What stands in the metadata of every file."""

_PLACES = ("lat_deg", "lon_deg")
_PER_DEGREE = 1e6
_DELTA = ("time", "received", "raw", *_PLACES)
_COUNTED = (*TEXTS, "target_id", "nic", "nac_p", "sil", "vrate_mps", "pos_err_m", "alt_err_m",
            "alt_std_m", "alt_hae_m", "alt_amsl_m", "alt_agl_m")  # fmt: skip
"""Columns of few different values, which a dictionary makes short."""


@dataclass(frozen=True, slots=True)
class Extent:
    """What a file holds: rows, first and last time, box in degrees (every longitude between west and east),
    first and last target in the order of their text."""

    rows: int
    first_us: int
    last_us: int
    south_deg: float
    west_deg: float
    north_deg: float
    east_deg: float
    first_target: str
    last_target: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rows are asked for: ``from_us`` ≤ time < ``until_us``, targets, and a box (south, west, north,
    east in degrees; west of more than east is one across the antimeridian). None is all."""

    from_us: int | None = None
    until_us: int | None = None
    targets: frozenset[str] | None = None
    box_deg: tuple[float, float, float, float] | None = None

    def of(self, positions: Positions) -> Positions:
        """Return the rows that are wanted."""
        mask = np.ones(len(positions), bool)
        if self.from_us is not None:
            mask &= positions.time_us >= self.from_us
        if self.until_us is not None:
            mask &= positions.time_us < self.until_us
        if self.targets is not None:
            is_one = np.array([value in self.targets for value in positions.target.values] + [False])
            mask &= is_one[positions.target.codes]
        if self.box_deg is not None:
            south, west, north, east = self.box_deg
            lat, lon = positions.lat_deg, positions.lon_deg
            between = (lon >= west) & (lon <= east) if west <= east else (lon >= west) | (lon <= east)
            mask &= (lat >= south) & (lat <= north) & between
        return positions if mask.all() else positions.take(np.flatnonzero(mask))

    def may_be_in(self, extent: Extent) -> bool:
        """Whether a file or row group of this extent can hold such rows."""
        if self.from_us is not None and extent.last_us < self.from_us:
            return False
        if self.until_us is not None and extent.first_us >= self.until_us:
            return False
        if self.targets is not None and not any(
            extent.first_target <= target <= extent.last_target for target in self.targets
        ):
            return False
        if self.box_deg is None:
            return True
        south, west, north, east = self.box_deg
        if extent.north_deg < south or extent.south_deg > north:
            return False
        if west <= east:
            return extent.east_deg >= west and extent.west_deg <= east
        return extent.east_deg >= west or extent.west_deg <= east


class Writing:
    """A file being written: rows come in order and go out in row groups."""

    def __init__(self, path: Path | IO[bytes]) -> None:
        """Begin a file. Raises OSError."""
        import pyarrow.parquet as pq

        self._waiting: list[Positions] = []
        self._rows = 0
        self._groups: list[Extent] = []
        self._writer = pq.ParquetWriter(
            path, file_schema(), compression="zstd", use_dictionary=list(_COUNTED),
            column_encoding=dict.fromkeys(_DELTA, "DELTA_BINARY_PACKED"), store_decimal_as_integer=True,
            write_page_index=True, store_schema=False,
        )  # fmt: skip

    def add(self, positions: Positions) -> None:
        """Add rows that follow those before. Raises OSError."""
        for first in range(0, len(positions), GROUP_ROWS):
            part = positions.take(slice(first, first + GROUP_ROWS))
            self._waiting.append(part)
            self._rows += len(part)
            while self._rows >= GROUP_ROWS:
                self._write(GROUP_ROWS)

    def finish(self) -> None:
        """Write what is left and the end of the file. Raises OSError."""
        if self._rows:
            self._write(self._rows)
        self._writer.add_key_value_metadata(ABOUT)
        self._writer.close()

    def extent(self) -> Extent:
        """Return what a file that is finished, and not empty, holds."""
        return _joined(self._groups)

    def abandon(self) -> None:
        """Close a file that failed."""
        import pyarrow as pa

        try:
            self._writer.close()
        except (OSError, pa.ArrowException):
            return

    def _write(self, rows: int) -> None:
        whole = concatenate(self._waiting)
        group, rest = whole.take(slice(0, rows)), whole.take(slice(rows, None))
        self._waiting, self._rows = [rest], len(rest)
        table = _table(group)
        self._writer.write_table(table, row_group_size=GROUP_ROWS)
        self._groups.append(_extent(group))


def in_order(time_us: NDArray[np.int64], target: Coded) -> NDArray[np.int64]:
    """Return the rows by target (in the order of its text) and time; reports of one time as they came."""
    values = target.values
    rank = np.empty(len(values), np.int64)
    rank[sorted(range(len(values)), key=values.__getitem__)] = np.arange(len(values))
    return np.lexsort((time_us, rank[target.codes]))


def storable(positions: Positions) -> NDArray[np.bool_]:
    """Return which rows are positions: a target, and a place within ±90°, ±180°."""
    with np.errstate(invalid="ignore"):
        placed = (np.abs(positions.lat_deg) <= 90.0) & (np.abs(positions.lon_deg) <= 180.0)
    return placed & (positions.target.codes >= 0)


def file_schema() -> pa.Schema:
    """Return the Arrow schema of a file."""
    import pyarrow as pa

    place = pa.decimal128(9, 6)
    return pa.schema([pa.field(f.name, place if f.name in _PLACES else f.type) for f in arrow_schema()])


def read_wanted(path: Path, wanted: Wanted) -> Iterator[Positions]:
    """Yield the wanted rows of a file, by target and time, a row group at a time at most.

    Raises StoreError where it cannot be read.
    """
    with _opened(path) as file:
        for k in range(file.metadata.num_row_groups):
            extent = _group_extent(file.metadata.row_group(k))
            if extent is None or wanted.may_be_in(extent):
                found = wanted.of(_positions(file.read_row_group(k)))
                if len(found):
                    yield found


def read_steps(path: Path) -> Iterator[Positions]:
    """Yield all rows of a file, a few at a time. Raises StoreError where it cannot be read."""
    import pyarrow as pa

    with _opened(path) as file:
        for batch in file.iter_batches(STEP_ROWS):
            yield _positions(pa.Table.from_batches([batch]))


class _opened:
    """A Parquet file of the archive; what is wrong with it is a StoreError."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> pq.ParquetFile:
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            file = pq.ParquetFile(self._path, read_dictionary=[*TEXTS, "target_id"], pre_buffer=False)
        except FileNotFoundError as error:
            raise StoreError(f"{self._path}: the archive was compacted meanwhile: ask again") from error
        except KeyError as error:
            raise StoreError(f"{self._path}: this is no file of the archive: no column {error}") from error
        except (pa.ArrowException, OSError) as error:
            raise _unreadable(self._path, error) from error
        names = set(file.schema_arrow.names)
        groups = [file.metadata.row_group(k).num_rows for k in range(file.metadata.num_row_groups)]
        if names != set(arrow_schema().names) or max(groups, default=0) > GROUP_ROWS:
            file.close()
            raise StoreError(f"{self._path}: this is no file of the archive")
        self._file = file
        return file

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        import pyarrow as pa

        self._file.close()
        if isinstance(error, pa.ArrowException | OSError):
            raise _unreadable(self._path, error) from error


def _unreadable(path: Path, error: BaseException) -> StoreError:
    text = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
    return StoreError(f"{path}: this file of the archive cannot be read: {text}")


def _table(positions: Positions) -> pa.Table:
    import pyarrow as pa

    lean = Positions(
        positions.time_us, only_used("target_id", positions.target), positions.lat_deg, positions.lon_deg,
        positions.columns, {name: only_used(name, text) for name, text in positions.texts.items()},
    )  # fmt: skip
    table = lean.to_arrow()
    schema = file_schema()
    for name in _PLACES:
        whole = np.rint(getattr(positions, name) * _PER_DEGREE).astype(np.int64)
        words = np.stack((whole, whole >> 63), axis=1)  # 128 bits in two's complement, low half first
        place = pa.Array.from_buffers(schema.field(name).type, len(whole), [None, pa.py_buffer(words)])
        table = table.set_column(schema.get_field_index(name), schema.field(name), place)
    return table


def _positions(table: pa.Table) -> Positions:
    """Return rows of a file as positions; a column without any value is absent."""
    import pyarrow as pa

    table = table.unify_dictionaries().combine_chunks()
    columns: dict[str, NDArray[Any]] = {}
    texts: dict[str, Coded] = {}
    for name in table.column_names:
        column = table.column(name)
        array = column.chunk(0) if column.num_chunks else pa.array([], column.type)
        if name in TEXTS or name == "target_id":
            codes = array.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int32)
            texts[name] = Coded(codes, array.dictionary.to_pylist())
        elif name in _PLACES:
            columns[name] = _degrees(array)
        elif name in FLOATS:
            columns[name] = array.to_numpy(zero_copy_only=False)
        else:
            kind = np.int8 if name in SMALLS else np.int64
            whole = array.cast(pa.int8() if name in SMALLS else pa.int64())
            columns[name] = whole.fill_null(-1).to_numpy(zero_copy_only=False).astype(kind, copy=False)
        if array.null_count == len(array) and len(array):
            (texts if name in texts else columns).pop(name)
    needed = {"time", *_PLACES} <= set(columns) and "target_id" in texts
    if not needed and len(table):
        raise StoreError("a file of the archive without time, place or target")
    received = columns.pop("received", None)
    if received is not None:
        columns["received_us"] = received
    time_us, lat_deg, lon_deg = (columns.pop(name) for name in ("time", *_PLACES))
    return Positions(time_us, texts.pop("target_id"), lat_deg, lon_deg, columns, texts)


def _degrees(decimals: pa.Array) -> NDArray[np.float64]:
    """Return DECIMAL(9,6) as floats, each the nearest to its decimal."""
    import pyarrow as pa

    if decimals.type != pa.decimal128(9, 6) or decimals.null_count:
        raise StoreError("a file of the archive whose places are not DECIMAL(9,6)")
    words = np.frombuffer(decimals.buffers()[1], np.int64)
    whole: NDArray[np.int64] = words[2 * decimals.offset :: 2][: len(decimals)]
    return whole / _PER_DEGREE


def _extent(positions: Positions) -> Extent:
    lat_deg, lon_deg = (
        np.rint(x * _PER_DEGREE) / _PER_DEGREE for x in (positions.lat_deg, positions.lon_deg)
    )
    return Extent(
        len(positions), int(positions.time_us.min()), int(positions.time_us.max()),
        float(lat_deg.min()), float(lon_deg.min()), float(lat_deg.max()), float(lon_deg.max()),
        positions.target.at(0) or "", positions.target.at(len(positions) - 1) or "",
    )  # fmt: skip


def _joined(groups: list[Extent]) -> Extent:
    return Extent(
        sum(g.rows for g in groups), min(g.first_us for g in groups), max(g.last_us for g in groups),
        min(g.south_deg for g in groups), min(g.west_deg for g in groups),
        max(g.north_deg for g in groups), max(g.east_deg for g in groups),
        min(g.first_target for g in groups), max(g.last_target for g in groups),
    )  # fmt: skip


def _group_extent(group: pq.RowGroupMetaData) -> Extent | None:
    """Return what the statistics of a row group say, None where they are not all there."""
    bounds: dict[str, tuple[Any, Any]] = {}
    for k in range(group.num_columns):
        column = group.column(k)
        if column.path_in_schema in ("time", "target_id", *_PLACES):
            said = column.statistics
            if said is None or not said.has_min_max:
                return None
            bounds[column.path_in_schema] = (said.min_raw, said.max_raw)
    (first_us, last_us), (low, high) = bounds["time"], bounds["target_id"]
    (south, north), (west, east) = (bounds[name] for name in _PLACES)
    return Extent(
        group.num_rows, first_us, last_us, south / _PER_DEGREE, west / _PER_DEGREE, north / _PER_DEGREE,
        east / _PER_DEGREE, _text(low), _text(high),
    )  # fmt: skip


def _text(raw: bytes | str) -> str:
    return raw if isinstance(raw, str) else raw.decode("utf-8", "replace")
