"""CSV tables of positions (RFC 4180; comma, semicolon or tab).

Text is UTF-8 with or without a byte order mark, UTF-16 with one (a spreadsheet's "Unicode text"), or
Windows-1252, aloud, where the first line is no UTF-8. Empty lines and a spreadsheet's ``sep=;`` may go
before the line that names the columns; names and units as for the other tables (:mod:`nofly.feeds.columns`).
Every cell is read as text and converted by column, so that one cell that is no number costs itself
alone. A line with too few or too many cells is rejected.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, BinaryIO

from nofly.errors import DecodeError, Finding, Severity
from nofly.feeds.arrow_columns import TEXT_COLUMNS, ArrowColumns
from nofly.feeds.columns import plan, recognised
from nofly.feeds.options import ArchiveOptions
from nofly.feeds.senders import EVERYBODY, Sent, lines_of
from nofly.feeds.texts import target_of
from nofly.schema import Positions, concatenate

if TYPE_CHECKING:
    import pyarrow as pa

NAME = "csv_table"
EXTENSIONS = (".csv", ".tsv", ".txt")
BLANK = b""

_HEAD_BYTES = 1 << 16
_BOM = b"\xef\xbb\xbf"
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_PREFACE = re.compile(rb"(?:[ \t]*\r?\n)*(?:\"?sep=([,;\t])\"?[ \t]*\r?\n)?", re.IGNORECASE)
_SEPARATORS = ",;\t"
_BLOCK_BYTES = 8 << 20
_NULLS = ["", "NULL", "null", "NaN", "nan", "None", "N/A", "\\N"]


def senders(data: bytes, options: ArchiveOptions) -> Iterator[Sent]:
    """Yield the lines, and of which target each row is; see :mod:`nofly.feeds.senders`."""
    text = _Text(data[:_HEAD_BYTES], None)
    line, separator = text.first_line()
    names = _unique(_cells(line, separator))
    readings = plan(names, options, "", dates=True).readings
    target, address = (
        names.index(readings[ours].name) if ours in readings else -1 for ours in ("target_id", "icao24")
    )
    before = text.lines_before + 1

    def whose(row: bytes) -> str | None:
        nonlocal before
        before -= 1
        if before >= 0:
            return EVERYBODY
        cells = _cells(row.decode(text.encoding, "replace"), separator)
        if len(cells) != len(names):
            return None
        told = cells[target] if target >= 0 else ""
        return told or (target_of(cells[address]) if address >= 0 else None)

    return lines_of(data, whose)


def sniff(head: bytes) -> int:
    """Return 80 for a first line that names time and place, 5 for any other first line of words, else 0."""
    line, separator = _Text(head, None).first_line()
    names = _cells(line, separator)
    if len(names) < 3 or line.lstrip()[:1] in "[{<" or "\0" in line:
        return 0
    found = recognised(names)
    if {"lat_deg", "lon_deg"} <= found and found & {"time", "position_time"}:
        return 80
    words = sum(name.strip()[:1].isalpha() for name in names)
    return 5 if words == len(names) else 0


def read(file: BinaryIO, source: str, options: ArchiveOptions) -> Iterator[tuple[Positions, list[Finding]]]:
    """Yield the positions in file order.

    Raises DecodeError for a line longer than ``options.max_line_bytes`` or data that are no text, SchemaError
    where time or place is not among its columns.
    """
    import pyarrow as pa

    head = file.read(_HEAD_BYTES)
    while b"\n" not in head and len(head) <= options.max_line_bytes and (more := file.read(_HEAD_BYTES)):
        head += more
    if b"\n" not in head and len(head) > options.max_line_bytes:
        raise DecodeError(
            "the first line does not end", source=source, locator="line 1",
            expected=f"lines of at most {options.max_line_bytes} bytes",
        )  # fmt: skip
    text = _Text(head, file)
    if text.holds_nul():
        raise DecodeError("not text: it holds NUL bytes", source=source, expected="UTF-8")
    try:
        yield from _batches(text, source, options)
    except (pa.ArrowException, OverflowError) as error:
        reason = str(error).splitlines()[0][:200]
        limit = f"lines of at most {max(_BLOCK_BYTES, options.max_line_bytes)} bytes"
        raise DecodeError(f"broken CSV: {reason}", source=source, expected=limit) from error


class _Text:
    """A file as Arrow reads it: its head once more, without what goes before the names, then the rest; all
    as UTF-8, bytes that are no text replaced.

    (Arrow hands a ragged line to Python as text, and where that fails skips it without a word.)
    """

    closed = False

    def __init__(self, head: bytes, file: BinaryIO | None) -> None:
        self._file = file
        self.encoding = _encoding(head)
        self._decoder = codecs.getincrementaldecoder(self.encoding)("replace")
        self._ready = bytearray(self._valid(head)).removeprefix(_BOM)
        preface = _PREFACE.match(self._ready)
        assert preface is not None
        self._said = (preface[1] or b"").decode()
        self.lines_before = preface[0].count(b"\n")
        del self._ready[: preface.end()]

    def first_line(self) -> tuple[str, str]:
        """Return the line that names the columns, and the separator."""
        line = self._ready.split(b"\n", 1)[0].rstrip(b"\r").decode("utf-8", "replace")
        return line, self._said or _separator(line)

    def holds_nul(self) -> bool:
        """Return whether the head is no text."""
        return 0 in self._ready

    def _valid(self, data: bytes) -> bytes:
        if self.encoding == "utf-8" and data.isascii() and not self._decoder.getstate()[0]:
            return data
        return self._decoder.decode(data, final=not data).encode("utf-8")

    def read(self, size: int = -1) -> bytes:
        """Return up to ``size`` bytes."""
        while self._file is not None and (size < 0 or len(self._ready) < size):
            data = self._file.read(_BLOCK_BYTES if size < 0 else size)
            self._ready += self._valid(data)
            if not data:
                break
        if size < 0 or size >= len(self._ready):
            some, self._ready = self._ready, bytearray()
        else:
            some = self._ready[:size]
            del self._ready[:size]
        return bytes(some)

    def readable(self) -> bool:
        """Return True."""
        return True

    def writable(self) -> bool:
        """Return False."""
        return False

    def seekable(self) -> bool:
        """Return False."""
        return False

    def close(self) -> None:
        """Leave the file to whom it belongs."""


def _batches(file: _Text, source: str, options: ArchiveOptions) -> Iterator[tuple[Positions, list[Finding]]]:
    import pyarrow as pa
    import pyarrow.csv as pc

    line, separator = file.first_line()
    names = _unique(_cells(line, separator))
    chosen = plan(names, options, source, dates=True)
    if file.encoding == "cp1252":
        said = Finding(
            "not-utf-8", Severity.INFO, "text is not UTF-8: read as Windows-1252", source, "line 1"
        )
        chosen = replace(chosen, findings=(said, *chosen.findings))
    ragged: list[Any] = []

    def skip(row: Any) -> str:
        number = None if row.number is None else row.number + file.lines_before
        ragged.append((row.actual_columns, number))
        return "skip"

    text = pa.dictionary(pa.int32(), pa.binary())
    kinds = {r.name: text if ours in TEXT_COLUMNS else pa.binary() for ours, r in chosen.readings.items()}
    reader = pc.open_csv(
        pa.PythonFile(file, "r"),
        pc.ReadOptions(
            use_threads=False,
            block_size=max(_BLOCK_BYTES, options.max_line_bytes),
            column_names=names,
            skip_rows=1,
        ),
        pc.ParseOptions(delimiter=separator, invalid_row_handler=skip),
        pc.ConvertOptions(
            check_utf8=False, column_types=kinds, include_columns=list(kinds), strings_can_be_null=True,
            quoted_strings_can_be_null=True, null_values=_NULLS,
        ),
    )  # fmt: skip
    columns = ArrowColumns(chosen, options, source)
    try:
        while True:
            batch = _next(reader)
            findings = _ragged(ragged, len(names), source)
            if batch is None:
                break
            yield from _converted(columns, batch, findings, options)
    finally:
        reader.close()
    if not columns.began:
        yield concatenate([]), list(chosen.findings) + findings
    elif findings:
        yield concatenate([]), findings


def _next(reader: Any) -> pa.RecordBatch | None:
    try:
        return reader.read_next_batch()
    except StopIteration:
        return None


def _converted(
    columns: ArrowColumns, batch: pa.RecordBatch, findings: list[Finding], options: ArchiveOptions
) -> Iterator[tuple[Positions, list[Finding]]]:
    for start in range(0, batch.num_rows, options.batch_rows):
        positions, notes = columns.convert(batch.slice(start, options.batch_rows))
        yield positions, findings + notes
        findings = []


def _ragged(rows: list[Any], cells: int, source: str) -> list[Finding]:
    """Return a finding for the lines with another number of cells, and forget them."""
    if not rows:
        return []
    actual, number = rows[0]
    finding = Finding(
        "row-ragged", Severity.REJECTED, f"a line of {actual} cells where the first names {cells}", source,
        "" if number is None else f"line {number}", len(rows),
    )  # fmt: skip
    rows.clear()
    return [finding]


def _encoding(head: bytes) -> str:
    if head.startswith(_UTF16):
        return "utf-16"
    try:
        head.split(b"\n", 1)[0].decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def _separator(line: str) -> str:
    return max(_SEPARATORS, key=line.count)


def _cells(line: str, separator: str) -> list[str]:
    try:
        cells = next(csv.reader([line], delimiter=separator), [])
    except csv.Error:
        return []
    return [cell.strip() for cell in cells]


def _unique(names: list[str]) -> list[str]:
    """Return the names with each repeated or empty one told apart by its place."""
    seen: set[str] = set()
    out = []
    for place, name in enumerate(names, 1):
        told = name if name and name not in seen else f"{name or 'column'} #{place}"
        seen.add(told)
        out.append(told)
    return out
