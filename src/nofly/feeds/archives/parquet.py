"""Parquet tables of positions: nofly's own, OpenSky's, the ``traffic`` library's, or mapped.

Row groups are streamed and only the columns that are used are decoded. The file has to be seekable.
Format: Apache Parquet (https://parquet.apache.org/docs/file-format/).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, BinaryIO

from nofly.errors import DecodeError, Finding, SchemaError
from nofly.feeds.arrow_columns import TEXT_COLUMNS, ArrowColumns
from nofly.feeds.columns import plan
from nofly.feeds.options import ArchiveOptions
from nofly.schema import Positions

if TYPE_CHECKING:
    import pyarrow.parquet as pq

NAME = "parquet"
EXTENSIONS = (".parquet", ".pq", ".parq")
SEEKS = True
"""read() needs a file that seeks."""
FREE_ROWS = 10_000_000
MOST_ROWS_PER_BYTE = 100
"""A real table takes some bytes a row: one of a hundred rows a byte was made to keep a reader busy."""


def sniff(head: bytes) -> int:
    """Return 100 where the bytes begin as Parquet, else 0."""
    return 100 if head[:4] == b"PAR1" else 0


def read(file: BinaryIO, source: str, options: ArchiveOptions) -> Iterator[tuple[Positions, list[Finding]]]:
    """Yield the table's positions in file order, at most about ``options.batch_rows`` at a time.

    Raises DecodeError for a broken file, SchemaError where time or place is not among its columns.
    """
    import pyarrow as pa

    try:
        yield from _batches(file, source, options)
    except (pa.ArrowException, OSError, EOFError, OverflowError, UnicodeDecodeError) as error:
        raise DecodeError(
            f"broken Parquet: {_first_line(error)}", source=source, expected="a whole file"
        ) from error


def _batches(
    file: BinaryIO, source: str, options: ArchiveOptions
) -> Iterator[tuple[Positions, list[Finding]]]:
    import pyarrow.parquet as pq

    whole = pq.ParquetFile(file)
    _refuse_bomb(whole.metadata.num_rows, file, source)
    flat = _flat_names(whole, source)
    chosen = plan(flat, options, source, dates=True)
    texts = [reading.name for ours, reading in chosen.readings.items() if ours in TEXT_COLUMNS]
    file.seek(0)
    table = pq.ParquetFile(_native(file), read_dictionary=texts, pre_buffer=False, buffer_size=1 << 20)
    names = [reading.name for reading in chosen.readings.values()]
    columns = ArrowColumns(chosen, options, source)
    rows = 0
    for batch in table.iter_batches(options.batch_rows, columns=names, use_threads=True):
        rows += batch.num_rows
        _pass_over(file, rows, whole.metadata.num_rows)
        if batch.num_rows:
            yield columns.convert(batch)
    if not columns.began:
        yield columns.nothing()


def _native(file: BinaryIO) -> Any:
    """Return the file as Arrow itself opens it where it lies on disk: its threads then decode several columns
    at once, and none waits for Python to read for it."""
    import pyarrow as pa

    path = getattr(file, "path", None)
    if path is None:
        return file
    try:
        return pa.OSFile(path)
    except OSError:
        return file


def _pass_over(file: BinaryIO, rows: int, of: int) -> None:
    """Count so many rows of a file as read that is read past it."""
    passed = getattr(file, "passed", None)
    if passed is not None:
        passed(rows, of)


def _refuse_bomb(rows: int, file: BinaryIO, source: str) -> None:
    """Raise DecodeError where a file is far too short for the rows it says it has."""
    if rows > max(FREE_ROWS, MOST_ROWS_PER_BYTE * file.seek(0, 2)):
        raise DecodeError(f"{rows} rows in so short a file", source=source, expected="a table of positions")


def _flat_names(table: pq.ParquetFile, source: str) -> list[str]:
    """Return the names of the columns that hold one value a row; SchemaError where one comes twice."""
    import pyarrow as pa

    names = [f.name for f in table.schema_arrow if not pa.types.is_nested(f.type)]
    twice = sorted({name for name in names if names.count(name) > 1}) if len(set(names)) < len(names) else []
    if twice:
        raise SchemaError(f"two columns are called {twice[0]!r}", source=source, expected="each name once")
    return names


def _first_line(error: BaseException) -> str:
    return str(error).splitlines()[0][:200] if str(error) else type(error).__name__
