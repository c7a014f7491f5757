"""From ordered positions to changes and visits: identity, screening, heights, kernel, batch by batch.

All state is in the object; the kernel's work is shared out by target among threads, which changes no answer.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nofly.incidents.stays import Stays, joined_stays, merge
from nofly.kernel.depth_scan import Measure
from nofly.kernel.detect import Changes, Detector, Params, Reports
from nofly.kernel.visits import PartShapes, Quality, VisitBook, rows_by_number, taken
from nofly.run.judging.preparing import Active, Aids, Preparing, Taken
from nofly.schema import Positions
from nofly.tracks.same_instants import SameInstants
from nofly.zones.compiled import CompiledZones
from nofly.zones.model import Zone

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

AHEAD_BATCHES = 2
"""Batches made ready that the kernel has not yet taken: more would only take memory."""


class Pipeline:
    """Takes batches in which each target's reports are in order of time.

    Each worker has a detector and a part of the targets, and takes its batches one after the other; the next
    batch is being made ready meanwhile. A batch is put by worker and target first: to find the state of a
    target in memory costs more than to judge a report by it.
    """

    def __init__(
        self, zones: CompiledZones, params: Params, aids: Aids, threads: int, screening: bool = True
    ) -> None:
        self.prepared = Preparing(zones.zones, zones.datums, params.max_gap_s, aids, screening)
        self.changes: list[Changes] = []
        """All changes that the kernel found, once the stream has ended."""
        self.repeated = 0
        """How many reports said again what another had said, and were not counted."""
        active, shapes = self.prepared.active, _SharedShapes(zones)
        self._turns = _Turns(threads)
        self._instants = SameInstants()
        self._workers = [_Worker(zones, active, params, shapes) for _ in range(threads)]
        self._pools = _pools(threads) if threads > 1 else []
        self._under_way: deque[list[Future[None]]] = deque()

    def step(self, positions: Positions) -> Taken | None:
        """Take a batch; return it as it is judged, None where all of it had been said before."""
        count = len(positions)
        positions = self.prepared.once(positions)
        self.repeated += count - len(positions)
        if not len(positions):
            return None
        numbers, workers = self.prepared.numbers(positions.target), len(self._workers)
        if workers == 1 and np.all(numbers[1:] >= numbers[:-1]):
            ends = [0, *([len(positions)] * workers)]
        else:
            rows, ends = self._turns.rows(numbers)
            positions = positions.each(lambda column: taken(column, rows))
        positions, ends = self._once(positions, ends)
        if not len(positions):
            return None
        ready = self.prepared.ready(positions)
        self._hand_over(ready.reports, ready.quality, ends)
        return ready

    def _once(self, positions: Positions, ends: list[int]) -> tuple[Positions, list[int]]:
        """Return the batch, put by target, and where each worker's rows begin, without rows that say again
        what one of the same instant says."""
        again = self._instants.repeats(positions, self.prepared.numbers(positions.target))
        if not len(again):
            return positions, ends
        self.repeated += len(again)
        kept = np.ones(len(positions), np.bool_)
        kept[again] = False
        return positions.take(kept), [int(np.count_nonzero(kept[:end])) for end in ends]

    def _hand_over(self, reports: Reports, quality: Quality, ends: Sequence[int]) -> None:
        """Give each worker its rows: those of the first up to ``ends[1]``, and so on."""
        active = self.prepared.active
        if not self._pools:
            self._workers[0].step(reports, quality, active)
            return
        self._under_way.append([
            pool.submit(worker.step, *_part(reports, quality, first, past), active)
            for pool, worker, first, past in zip(self._pools, self._workers, ends, ends[1:], strict=False)
            if first < past
        ])  # fmt: skip
        while len(self._under_way) > AHEAD_BATCHES:
            self._await()

    def _await(self) -> None:
        for future in self._under_way.popleft():
            future.result()

    def finish(self) -> Stays:
        """End the stream and return all stays, targets by their numbers in ``prepared.targets``."""
        while self._under_way:
            self._await()
        if self._pools:
            ends = [pool.submit(w.finish) for pool, w in zip(self._pools, self._workers, strict=True)]
            ended = [end.result() for end in ends]
        else:
            ended = [self._workers[0].finish()]
        self.close()
        self.changes = [changes for changes, _ in ended]
        return joined_stays([stays for _, stays in ended])

    def close(self) -> None:
        """End the threads; what is under way is given up."""
        for pool in self._pools:
            pool.shutdown(cancel_futures=True)


class _SharedShapes(PartShapes):
    """Shapes for all workers, made by one at a time."""

    def __init__(self, zones: CompiledZones) -> None:
        super().__init__(zones)
        self._lock = Lock()

    def ensure(self, parts: NDArray[np.int64], measure: Measure, held: int) -> int:
        with self._lock:
            return super().ensure(parts, measure, held)


class _Worker:
    """A detector and its visits, for a part of the targets."""

    def __init__(self, zones: CompiledZones, active: Active, params: Params, shapes: PartShapes) -> None:
        self._zones = zones
        self._active = active
        self._detector = Detector(zones, *active, params)
        self._book = VisitBook(zones, shapes)

    def step(self, reports: Reports, quality: Quality, active: Active) -> None:
        """Take a batch; ``active`` is when the zones are active, as far as its times."""
        if active is not self._active:
            self._active = active
            self._detector.activate(*active)
        changes = self._detector.step(reports)
        self._book.step(changes, reports, quality, *active)

    def finish(self) -> tuple[Changes, Stays]:
        """End the stream; return all changes and stays."""
        changes, visits = self._book.finish(self._detector.finish())
        return changes, merge(self._zones, changes, visits)


class _Turns:
    """Rows by worker and target, in order within each. A target's worker is its number modulo theirs."""

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._place = np.zeros(0, np.int32)
        self._past = np.zeros(0, np.int64)
        self._room = np.zeros(0, np.int64)

    def rows(self, numbers: NDArray[np.int32]) -> tuple[NDArray[np.int64], list[int]]:
        """Return the rows, good until they are asked for again, and where each worker's begin, and the
        end."""
        if (most := int(numbers.max())) >= len(self._place):
            targets = np.arange(most + 1)
            self._place = np.empty(len(targets), np.int32)
            self._place[np.argsort(targets % self._workers, kind="stable")] = targets
            self._past = np.cumsum(np.bincount(targets % self._workers, minlength=self._workers))
        if len(self._room) < len(numbers):
            self._room = np.empty(len(numbers), np.int64)
        codes = np.ascontiguousarray(numbers)
        rows, offset = rows_by_number(codes, self._place, len(self._place), self._room)
        return rows, [0, *offset[self._past].tolist()]


def _part(reports: Reports, quality: Quality, first: int, past: int) -> tuple[Reports, Quality]:
    """Return some rows of a batch, in arrays as the kernel takes them."""
    rows = slice(first, past)
    return (
        reports.part(first, past),
        Quality(
            quality.pos_err_m[rows], np.ascontiguousarray(quality.height_err_m[:, rows]), quality.weak[rows],
            quality.on_ground[rows], quality.time_err_s,
        ),
    )  # fmt: skip


def _pools(count: int) -> list[ThreadPoolExecutor]:
    """Return so many threads; what starts them is slow to import and few reports do without."""
    from concurrent.futures import ThreadPoolExecutor

    return [ThreadPoolExecutor(1) for _ in range(count)]


def lists_of(zones: Sequence[Zone]) -> set[str]:
    """Return the names of the lists that the zones' rules name."""
    from nofly.zones.predicates import named_lists

    return {name for zone in zones if zone.rule is not None for name in named_lists(zone.rule)}
