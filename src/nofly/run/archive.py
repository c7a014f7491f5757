"""Journal to archive, beside the live loop; and what was asked of the archive, written to a file."""

from __future__ import annotations

import dataclasses
import os
import stat
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import IO

from nofly.errors import ConfigError, Finding, Severity
from nofly.schema import Coded, Positions, arrow_schema
from nofly.store.journal import Batch, JournalDamaged, Mark, read, sync
from nofly.store.positions.layout import Writing
from nofly.store.positions.store import US_PER_HOUR, PositionStore

ROOM_ROWS = 524_288
"""Rows that are held in memory before they are written, if the hour is not over sooner."""
STEP_ENTRIES = 2_000
STEP_ROWS = 65_536
_FORMULA = tuple("=+-@\uff1d\uff0b\uff0d\uff20")
"""What makes a spreadsheet run a cell, also in full width."""


class Archiving:
    """Takes what is in a journal into an archive, a bounded piece at a time: beside the loop, by one thread
    at a time; :attr:`forgettable` may be asked by any.

    Whatever happens to the process, every row that was committed to the journal is in the archive once: the
    archive's catalogue holds how far of the journal is in it, and after a start that is where it goes on.
    """

    def __init__(
        self, journal_folder: Path | str, positions_folder: Path | str, *, room_rows: int = ROOM_ROWS
    ) -> None:
        """Open the archive, made where there is none. Raises StoreError where that fails."""
        self._journal = Path(journal_folder)
        self._store = PositionStore(positions_folder)
        self._room_rows = room_rows
        self._offset = self._synced = self._reached = self._store.reached
        self._hour: int | None = None
        self._findings: list[Finding] = []

    def __enter__(self) -> Archiving:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the archive. What was not flushed is taken from the journal again next time."""
        self._store.close()

    @property
    def forgettable(self) -> int:
        """The journal's offset before which the archive needs nothing any more."""
        return self._reached

    def step(self, until_offset: int) -> bool:
        """Take up to some ten thousand rows that were committed before ``until_offset`` (what
        :meth:`~nofly.store.journal.Journal.commit` returned); return whether there are more.

        What is held is written when an hour ends by the journal's marks, or when it is much. Raises
        StoreError where the disk is full or fails; then the same is tried by the next call.
        """
        if self._store.rows_held >= self._room_rows:
            self.flush()
        if until_offset < self._offset:
            self._begin_anew(until_offset)
        rows = 0
        try:
            for count, entry in enumerate(read(self._journal, self._offset, until_offset), 1):
                if isinstance(entry, Mark):
                    self._flush_ended(entry.now_us // US_PER_HOUR)
                if isinstance(entry, Batch):
                    rows += len(entry.positions)
                    self._rejected(self._store.add(entry.positions))
                self._offset = entry.offset_after
                if rows >= STEP_ROWS or count >= STEP_ENTRIES:
                    break
        except JournalDamaged as error:
            self._find("journal-damaged", f"positions are missing in the archive: {error}")
            self._offset = error.resume
        return self._offset < until_offset

    def flush(self) -> None:
        """Write what is held: before the process ends. Raises StoreError as :meth:`step`."""
        if self._offset > self._synced:
            # The catalogue must never be ahead of a journal that a power cut made shorter.
            sync(self._journal, self._synced, self._offset)
            self._synced = self._offset
        if self._offset != self._reached or self._store.rows_held:
            self._store.flush(self._offset)
            self._reached = self._offset

    def forget(self, before_us: int) -> int:
        """Remove the files all of whose rows are older; return how many. Errors as of :meth:`step`."""
        return self._store.forget(before_us)

    def take_findings(self) -> list[Finding]:
        """Return what there was to say since the last call."""
        found, self._findings = self._findings, []
        return found

    def _flush_ended(self, hour: int) -> None:
        """Write what is held of an hour that is over."""
        if self._hour not in (None, hour):
            self.flush()
        self._hour = hour

    def _begin_anew(self, until_offset: int) -> None:
        self._find(
            "journal-begun-anew",
            f"the journal ends at offset {until_offset}, and {self._offset} was reached before: it is read "
            "from its beginning",
        )
        self._store.flush(0)
        self._offset = self._synced = self._reached = 0

    def _rejected(self, rows: int) -> None:
        if rows:
            text = "rows without a target or a place on Earth are not archived"
            self._findings.append(
                Finding("row-not-archived", Severity.WARNING, text, str(self._journal), "", rows)
            )

    def _find(self, code: str, text: str) -> None:
        self._findings.append(Finding(code, Severity.WARNING, text, str(self._journal)))


def write_table(batches: Iterable[Positions], path: Path | str) -> int:
    """Write positions to a file, Parquet or CSV by its extension, whole or not at all; return how many.

    Raises ConfigError for another extension or what is no regular file, OSError where it cannot be written.
    """
    place = Path(os.path.realpath(path))
    writer = {".parquet": write_parquet, ".csv": write_csv}.get(place.suffix.lower())
    if writer is None or (place.exists() and not place.is_file()):
        raise ConfigError(f"output {str(path)!r}", expected="a file whose name ends in .parquet or .csv")
    mode = stat.S_IMODE(place.stat().st_mode) if place.exists() else None
    handle, name = tempfile.mkstemp(prefix=f".{place.name[:80]}.", suffix=".part", dir=place.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            rows = writer(batches, file)
            file.flush()
            os.fsync(file.fileno())
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(name, 0o666 & ~mask if mode is None else mode)
        os.replace(name, place)
    except BaseException:
        with suppress(OSError):
            os.unlink(name)
        raise
    return rows


def write_parquet(batches: Iterable[Positions], file: IO[bytes]) -> int:
    """Write positions as Parquet in the archive's layout; return how many. Raises OSError."""
    writing, rows = Writing(file), 0
    for batch in batches:
        writing.add(batch)
        rows += len(batch)
    writing.finish()
    return rows


def write_csv(batches: Iterable[Positions], file: IO[bytes]) -> int:
    """Write positions as CSV (RFC 4180, UTF-8) with a header; return how many. Raises OSError.

    Unknown is empty. Text that a spreadsheet would run as a formula gets a leading apostrophe.
    """
    import pyarrow as pa
    from pyarrow import csv

    kinds = [(f.name, pa.string() if pa.types.is_dictionary(f.type) else f.type) for f in arrow_schema()]
    schema, rows = pa.schema(kinds), 0
    with csv.CSVWriter(file, schema) as out:
        for batch in batches:
            texts = {name: _harmless(text) for name, text in batch.texts.items()}
            safe = dataclasses.replace(batch, target=_harmless(batch.target), texts=texts)
            out.write_table(safe.to_arrow().cast(schema))
            rows += len(batch)
    return rows


def _harmless(text: Coded) -> Coded:
    """Return a text without formulas (OWASP, CSV injection)."""
    values = [
        f"'{value}" if value.startswith(_FORMULA) or value[:1].isspace() else value for value in text.values
    ]
    return Coded(text.codes, values)
