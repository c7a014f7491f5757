"""Batches in which every target's reports are in order of time, whatever order the files are in.

What fits into memory is sorted there. What does not is read as it comes; where that turns out to be out of
order, it is read again and parted by target into files, each of which is then sorted: an archive as a whole
never is.
"""

from __future__ import annotations

import tempfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np

from nofly.errors import Finding, InputError
from nofly.run.trackfiles import TrackBatch
from nofly.schema import Positions, concatenate

ROOM_ROWS = 1_500_000
STEP_ROWS = 262_144
PARTS = 64


class OutOfOrder(InputError):
    """A stream that was taken for ordered is not."""


class Ordered:
    """Yields positions in order; what readers found on the way is in ``findings``."""

    def __init__(
        self, batches: Iterable[TrackBatch], again: Callable[[], Iterable[TrackBatch]] | None, room_rows: int
    ) -> None:
        self._batches = iter(batches)
        self._again = again
        self._room = room_rows
        self.findings: list[Finding] = []
        self.whole = True
        """Whether all reports were in memory at once."""

    def __iter__(self) -> Iterator[Positions]:
        held: list[Positions] = []
        rows = 0
        for batch in self._taken(self._batches):
            held.append(batch)
            rows += len(batch)
            if rows > self._room:
                self.whole = False
                yield from self._stream(held)
                return
        if rows:
            yield from _steps(in_order(concatenate(held)))

    def parted(self) -> Iterator[Positions]:
        """Read everything again, part it by target, and yield part by part in order."""
        if self._again is None:
            raise InputError(
                "reports are out of order and cannot be read twice", expected="a file, not a pipe"
            )
        self.findings.clear()
        with tempfile.TemporaryDirectory(prefix="nofly-") as folder:
            yield from _parted(self._taken(self._again()), Path(folder))

    def _taken(self, batches: Iterable[TrackBatch]) -> Iterator[Positions]:
        for batch in batches:
            self.findings.extend(batch.findings)
            if len(batch.positions):
                yield batch.positions

    def _stream(self, held: list[Positions]) -> Iterator[Positions]:
        """Yield as it comes, checking; within a batch, small disorder is sorted away."""
        last: dict[str, int] = {}
        for batch in (*held, *self._taken(self._batches)):
            ready = batch if _is_ordered(batch) else in_order(batch)
            _check_order(ready, last)
            yield ready


def in_order(positions: Positions) -> Positions:
    """Return the reports by target and time; those of one instant stay in the order given."""
    codes, time = positions.target.codes, positions.time_us
    follows = codes[1:] == codes[:-1]
    if np.all((codes[1:] > codes[:-1]) | (follows & (time[1:] >= time[:-1]))):
        return positions
    return positions.take(np.lexsort((time, codes)))


def _is_ordered(positions: Positions) -> bool:
    time = positions.time_us
    if np.all(time[1:] >= time[:-1]):
        return True
    order = np.argsort(positions.target.codes, kind="stable")
    codes, time = positions.target.codes[order], time[order]
    return bool(np.all((codes[1:] != codes[:-1]) | (time[1:] >= time[:-1])))


def _check_order(batch: Positions, last: dict[str, int]) -> None:
    codes = batch.target.codes
    latest = np.full(len(batch.target.values), np.iinfo(np.int64).min)
    earliest = np.full(len(batch.target.values), np.iinfo(np.int64).max)
    latest[codes] = batch.time_us
    earliest[codes[::-1]] = batch.time_us[::-1]
    for code in np.flatnonzero(latest > np.iinfo(np.int64).min).tolist():
        name = batch.target.values[code]
        if last.get(name, earliest[code]) > earliest[code]:
            raise OutOfOrder("a report is older than the last one of its target", locator=f"target {name}")
        last[name] = int(latest[code])


def _steps(positions: Positions) -> Iterator[Positions]:
    for first in range(0, len(positions), STEP_ROWS):
        yield positions.take(slice(first, first + STEP_ROWS))


def _parted(batches: Iterable[Positions], folder: Path) -> Iterator[Positions]:
    import pyarrow.parquet as pq

    from nofly.schema import arrow_schema

    writers = [
        pq.ParquetWriter(folder / f"{i}.parquet", arrow_schema(), compression="zstd") for i in range(PARTS)
    ]
    try:
        for batch in batches:
            part_of = np.array([zlib.crc32(name.encode()) % PARTS for name in batch.target.values])
            part = part_of[batch.target.codes]
            for i in np.unique(part).tolist():
                writers[i].write_table(batch.take(np.flatnonzero(part == i)).to_arrow())
    finally:
        for writer in writers:
            writer.close()
    from nofly.run.trackfiles import read_batches

    for i in range(PARTS):
        held = [b.positions for b in read_batches(folder / f"{i}.parquet") if len(b.positions)]
        if held:
            yield from _steps(in_order(concatenate(held)))
        (folder / f"{i}.parquet").unlink()
