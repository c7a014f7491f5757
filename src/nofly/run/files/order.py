"""Batches in which every target's reports are in order of time, whatever order the files are in.

Reports are passed on as they come, as long as each target's are in order. Where that turns out not to be so,
all is begun anew: what fits into memory is sorted there; what does not is read again and parted by target
into files, each of which is then sorted: an archive as a whole never is.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nofly.errors import Finding, InputError
from nofly.kernel.target_scan import put_last
from nofly.kernel.visits import stable_order
from nofly.run.files.trackfiles import TrackBatch
from nofly.run.judging.numbering import Numbering
from nofly.schema import FLOATS, LONGS, SMALLS, TEXTS, Coded, Positions, concatenate

if TYPE_CHECKING:
    import pyarrow as pa

ROOM_ROWS = 1_500_000
STEP_ROWS = 262_144
FEW_ROWS = 65_536
"""Batches shorter than this are put together: each has its price."""
PARTS = 64
SMALL_DISORDER_US = 600_000_000
"""Reports of one target that are out of order by more are not those of a stream."""

_EARLIEST_US, _LATEST_US = np.iinfo(np.int64).min, np.iinfo(np.int64).max


class OutOfOrder(InputError):
    """A stream that was taken for ordered is not: begin anew with :meth:`Ordered.anew`."""


class Ordered:
    """Yields positions in order; what readers found on the way is in ``findings``."""

    def __init__(
        self, batches: Iterable[TrackBatch], again: Callable[[], Iterable[TrackBatch]] | None, room_rows: int
    ) -> None:
        """``again`` begins to read anew; ``room_rows`` may be held in memory to be sorted there."""
        self._batches = iter(batches)
        self._again = again
        self._room = room_rows
        self._held: list[Positions] | None = []
        self._rows = 0
        self.findings: list[Finding] = []

    def __iter__(self) -> Iterator[Positions]:
        """Yield the batches as they come, small ones together; within one, small disorder is sorted away.
        Where the first one is of a file in no order, such as one of whole flights, and all may be held, all
        is put in order first: no work is begun that would have to be begun anew.

        Raises OutOfOrder at the first report that is older than its target's last in an earlier batch.
        """
        batches = _together(self._taken(self._batches))
        known, is_all = _at_first(batches, self._room)
        if is_all:
            if known:
                yield from _steps(in_order(concatenate(known)))
            return
        sequence = _Sequence()
        known.reverse()
        for batch in chain((known.pop() for _ in range(len(known))), batches):
            self._hold(batch)
            ready = in_order(batch) if _disorder_us(batch) else batch
            sequence.add(ready)
            yield ready

    def anew(self) -> Iterator[Positions]:
        """Yield everything in order, from the beginning.

        Raises InputError where it is too much for memory and cannot be read twice.
        """
        if held := self._all_held():
            yield from _steps(in_order(concatenate(held)))
            return
        if self._again is None:
            raise InputError(
                f"more than {self._room} reports are out of order and cannot be read twice",
                expected="a file, not a pipe",
            )
        self.findings.clear()
        import tempfile

        with tempfile.TemporaryDirectory(prefix="nofly-") as folder:
            yield from _parted(self._taken(self._again()), Path(folder))

    def _all_held(self) -> list[Positions]:
        """Return all batches, those not yet read too; none where that is more than may be held."""
        if self._held is not None:
            for batch in self._taken(self._batches):
                if not self._hold(batch):
                    break
        held, self._held = self._held or [], None
        return held

    def _hold(self, batch: Positions) -> bool:
        """Keep a batch in case all has to be sorted; nothing is kept, nor more read, once it is too much."""
        self._rows += len(batch)
        if self._held is not None:
            self._held.append(batch)
            if self._rows > self._room:
                self._held = None
        return self._held is not None

    def _taken(self, batches: Iterable[TrackBatch]) -> Iterator[Positions]:
        for batch in batches:
            self.findings.extend(batch.findings)
            if len(batch.positions):
                yield batch.positions


class _Sequence:
    """The last report of every target, to compare the next batch with."""

    def __init__(self) -> None:
        self._numbering = Numbering()
        self._last_us = np.full(0, _EARLIEST_US)
        self._latest_us = _EARLIEST_US

    def add(self, batch: Positions) -> None:
        """Take a batch, in order in itself; raise OutOfOrder where it does not follow those before."""
        number, time_us = self._numbering.of(batch.target), batch.time_us
        more = len(self._numbering.names) - len(self._last_us)
        if more > 0:
            self._last_us = np.concatenate(
                [self._last_us, np.full(max(more, len(self._last_us)), _EARLIEST_US)]
            )
        if int(time_us.min()) < self._latest_us:
            self._compare(number, time_us)
        put_last(number, time_us, self._last_us)
        self._latest_us = max(self._latest_us, int(time_us.max()))

    def _compare(self, number: NDArray[np.int32], time_us: NDArray[np.int64]) -> None:
        first_us = np.full(len(self._last_us), _LATEST_US)
        first_us[number[::-1]] = time_us[::-1]
        older = np.flatnonzero(first_us < self._last_us)
        if len(older):
            name = self._numbering.names[int(older[0])]
            raise OutOfOrder("a report is older than the last one of its target", locator=f"target {name}")


def _at_first(batches: Iterable[Positions], room_rows: int) -> tuple[list[Positions], bool]:
    """Return the batches that are read before one is passed on, and whether they are all: the first, or as
    many as may be held where that one is of a file in no order."""
    known: list[Positions] = []
    rows = 0
    for batch in batches:
        known.append(batch)
        rows += len(batch)
        if rows > room_rows or (len(known) == 1 and _disorder_us(batch) <= SMALL_DISORDER_US):
            return known, False
    return known, True


def in_order(positions: Positions) -> Positions:
    """Return the reports by target and time; those of one instant stay in the order given."""
    codes, time = positions.target.codes, positions.time_us
    follows = codes[1:] == codes[:-1]
    if np.all((codes[1:] > codes[:-1]) | (follows & (time[1:] >= time[:-1]))):
        return positions
    return positions.take(np.lexsort((time, codes)))


def _disorder_us(positions: Positions) -> int:
    """Return by how much a report is older than its target's last, at most."""
    time, codes = positions.time_us, positions.target.codes
    if np.all(time[1:] >= time[:-1]):
        return 0
    if not np.all(codes[1:] >= codes[:-1]):
        order = stable_order(codes)
        codes, time = codes[order], time[order]
    older_us = (time[:-1] - time[1:])[codes[1:] == codes[:-1]]
    return max(0, int(older_us.max(initial=0)))


def _together(batches: Iterable[Positions]) -> Iterator[Positions]:
    """Yield the rows of all batches, none (but the last) with fewer than ``FEW_ROWS``."""
    few: list[Positions] = []
    for batch in batches:
        few.append(batch)
        if sum(map(len, few)) >= FEW_ROWS:
            yield concatenate(few)
            few = []
    if few:
        yield concatenate(few)


def _steps(positions: Positions) -> Iterator[Positions]:
    for first in range(0, len(positions), STEP_ROWS):
        yield positions.take(slice(first, first + STEP_ROWS))


def _parted(batches: Iterable[Positions], folder: Path) -> Iterator[Positions]:
    """Write the reports into files by target, then yield file by file in order."""
    import pyarrow.parquet as pq

    from nofly.schema import arrow_schema

    writers: list[Any] = [
        pq.ParquetWriter(folder / f"{i}.parquet", arrow_schema(), compression="zstd") for i in range(PARTS)
    ]
    present: set[str] = set()
    try:
        for batch in batches:
            present |= {*batch.columns, *batch.texts}
            part_of = np.array([zlib.crc32(name.encode()) % PARTS for name in batch.target.values])
            part = part_of[batch.target.codes]
            for i in np.unique(part).tolist():
                writers[i].write_table(batch.take(np.flatnonzero(part == i)).to_arrow())
    finally:
        for writer in writers:
            writer.close()
    for i in range(PARTS):
        part_path = folder / f"{i}.parquet"
        if pq.read_metadata(part_path).num_rows:
            yield from _steps(in_order(_from_arrow(pq.read_table(part_path), present)))
        part_path.unlink()


def _from_arrow(table: pa.Table, present: set[str]) -> Positions:
    """Return what :meth:`nofly.schema.Positions.to_arrow` wrote, to the last bit, with the columns that are
    ``present``."""
    import pyarrow as pa

    def numbers(name: str, kind: Any, null_value: float) -> NDArray[Any]:
        column = table.column(name).combine_chunks()
        plain = column.cast(pa.int8()) if pa.types.is_boolean(column.type) else column
        plain = plain.cast(pa.int64()) if pa.types.is_timestamp(plain.type) else plain
        known = plain.fill_null(null_value).to_numpy(zero_copy_only=False)
        found: NDArray[Any] = known.astype(kind, copy=False)
        return found

    def coded(name: str) -> Coded:
        column = table.column(name).unify_dictionaries().combine_chunks()
        codes = column.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int32)
        return Coded(codes, column.dictionary.to_pylist())

    columns = {name: numbers(name, np.float64, np.nan) for name in FLOATS if name in present}
    columns |= {name: numbers(name, np.int8, -1) for name in SMALLS if name in present}
    columns |= {name: numbers(name.removesuffix("_us"), np.int64, -1) for name in LONGS if name in present}
    texts = {name: coded(name) for name in TEXTS if name in present}
    lat_deg, lon_deg = (numbers(name, np.float64, np.nan) for name in ("lat_deg", "lon_deg"))
    return Positions(numbers("time", np.int64, -1), coded("target_id"), lat_deg, lon_deg, columns, texts)
