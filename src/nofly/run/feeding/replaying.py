"""What is recorded, fed again as if it came now: files of traffic, and raw captures through their decoders.

The time of events goes on at ``speed`` times the clock, and stays what was recorded. Files are read a little
ahead, so that what is slightly out of order comes in order of time: of a recording of up to
:data:`WINDOW_ROWS` all does, whatever order it is in. What comes later than something younger all the same
is fed late, as it would have come, and counted in a finding.
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from nofly.errors import Finding, Severity
from nofly.feeds.decoding import Decoded
from nofly.feeds.feed_url import path_of
from nofly.feeds.options import ArchiveOptions
from nofly.feeds.receiving import Chunk, Clock
from nofly.run.feeding.abreast import Abreast
from nofly.run.feeding.decoding_turns import Piece, decoded
from nofly.run.feeding.plans import FeedPlan
from nofly.run.feeding.recorded_feed import RecordedFeed
from nofly.run.files.trackfiles import read_batches
from nofly.schema import Positions, concatenate
from nofly.store.capture_reading import Captured, CaptureReader, feed_folders

WINDOW_ROWS = 500_000
"""So many rows are read ahead and put in order of time."""
BATCH_ROWS = 32_768
PIECE_ROWS = 8192
"""Most rows that are fed at once."""
AHEAD_ENTRIES, AHEAD_BYTES = 1024, 1 << 20
"""So much of a capture is read ahead."""
PACE_S = 0.05
"""Rows that are due within so long are fed together."""
LONGEST_WAIT_S = 1.0
"""A clock that is set anew is noticed after so long."""

Sleep = Callable[[float], Awaitable[None]]


class InOrder(NamedTuple):
    """Rows in order of time, and what is to be said of them."""

    positions: Positions
    findings: list[Finding]


class Place(NamedTuple):
    """Which of the recordings that are replayed side by side one is."""

    of: Abreast
    number: int


async def replayed(
    plan: FeedPlan, clock: Clock, sleep: Sleep, place: Place | None = None
) -> AsyncGenerator[Piece, None]:
    """Yield a recording at the plan's pace, and end where it ends; with ``place``, not ahead of the others.

    Each piece's chunk has no bytes and the time it is fed; positions have ``received_us`` where it was
    recorded. Raises InputError where nothing can be read of it, StoreError for a capture that cannot be read.
    """
    path = path_of(plan.url.address)
    folders = await asyncio.to_thread(feed_folders, path)
    pace = _Pacing(plan, clock, sleep, place)
    pieces = _capture(folders, clock, pace) if folders else _files(plan, path, clock, pace)
    async for piece in pieces:
        yield piece


def in_order(batches: Iterator[InOrder], window_rows: int, source: str) -> Iterator[InOrder]:
    """Yield rows in order of time as far as a window of so many rows can put them so; half of it at a time.

    Rows older than one that was yielded before are counted in a finding ``out-of-order``.
    """
    held: list[Positions] = []
    rows, latest_us = 0, np.iinfo(np.int64).min
    more = True
    while more or rows:
        findings: list[Finding] = []
        while more and rows < window_rows:
            batch = next(batches, None)
            if batch is None:
                more = False
                break
            findings += batch.findings
            if len(batch.positions):
                held.append(batch.positions)
                rows += len(batch.positions)
        together = concatenate(held)
        ready = together.take(np.argsort(together.time_us, kind="stable"))
        count = rows if not more else rows // 2
        out, held = ready.take(slice(0, count)), [ready.take(slice(count, None)).copied()]
        rows -= count
        late = int(np.searchsorted(out.time_us, latest_us))
        if late:
            message = "reports that came later than younger ones, further than is read ahead: fed late"
            findings.append(Finding("out-of-order", Severity.WARNING, message, source, "", late))
        if count:
            latest_us = max(latest_us, int(out.time_us[-1]))
        yield InOrder(out, findings)


async def _files(plan: FeedPlan, path: str, clock: Clock, pace: _Pacing) -> AsyncGenerator[Piece, None]:
    ordered = in_order(_read(path, plan.transport_options), WINDOW_ROWS, plan.name)
    opened = True
    while True:
        # Reading a batch takes a while: not in the loop's thread.
        batch = await asyncio.to_thread(next, ordered, None)
        if batch is None:
            return
        findings, start, n = batch.findings, 0, len(batch.positions)
        while start < n or findings:
            if start < n:
                await pace.until(int(batch.positions.time_us[start]))
            due = int(np.searchsorted(batch.positions.time_us, pace.due_us(), "right"))
            end = min(n, start + PIECE_ROWS, max(due, start + 1))
            part = batch.positions.take(slice(start, end)).copied()
            yield Chunk(b"", clock(), opened), part, findings
            opened, findings, start = False, [], end
            await asyncio.sleep(0)


def _read(path: str, options: ArchiveOptions) -> Iterator[InOrder]:
    for batch in read_batches(path, replace(options, batch_rows=min(options.batch_rows, BATCH_ROWS))):
        yield InOrder(batch.positions, batch.findings)


async def _capture(folders: list[Path], clock: Clock, pace: _Pacing) -> AsyncGenerator[Piece, None]:
    """Yield what the decoders make of a capture's feeds, in the order that the bytes came."""
    readers = [CaptureReader(folder) for folder in folders]
    entries = heapq.merge(*readers, key=lambda entry: entry.received_us)
    decoders: dict[str, RecordedFeed] = {}
    opened = True
    while ahead := await asyncio.to_thread(_some, entries):
        for entry in ahead:
            await pace.until(entry.received_us)
            known = decoders.get(entry.header.feed)
            if known is None or known.header.began != entry.header.began:
                if known is not None:
                    yield Chunk(b"", clock(), False), *known.finish(known.received_us)
                known = decoders[entry.header.feed] = RecordedFeed(entry)
            async for positions, findings in _fed(known, entry):
                yield Chunk(b"", clock(), opened, entry.lost), positions, findings
                opened = False
    for known in decoders.values():
        yield Chunk(b"", clock(), False), *known.finish(known.received_us)
    said = [finding for reader in readers for finding in reader.findings]
    yield Chunk(b"", clock(), False), concatenate([]), said


def _some(entries: Iterator[Captured]) -> list[Captured]:
    """Return some entries at once: each call is one of a thread."""
    some: list[Captured] = []
    size_bytes = 0
    while len(some) < AHEAD_ENTRIES and size_bytes < AHEAD_BYTES:
        entry = next(entries, None)
        if entry is None:
            break
        some.append(entry)
        size_bytes += len(entry.data)
    return some


async def _fed(feed: RecordedFeed, entry: Captured) -> AsyncIterator[Decoded]:
    """Yield what an entry gives, in turns."""
    for made in feed.before(entry):
        yield made
    chunk = feed.chunk(entry)
    if chunk is None or feed.decoder is None:
        return
    try:
        async for _, positions, findings in decoded(feed.decoder, feed.framing, chunk):
            yield feed.placed(positions), findings
    except Exception as error:
        yield feed.ended(error)
    for made in feed.after(entry):
        yield made


class _Pacing:
    """Says when what was recorded is due: at the speed of the plan, from the first on."""

    def __init__(self, plan: FeedPlan, clock: Clock, sleep: Sleep, place: Place | None) -> None:
        self._speed = None if plan.pace is None else plan.pace.factor
        self._clock, self._sleep, self._place = clock, sleep, place
        self._from: tuple[int, int] | None = None
        """A time of the recording, and the clock's when it was due."""

    def due_us(self) -> int:
        """Return until which time of the recording is due, or nearly so."""
        most_us = None if self._place is None else self._place.of.due_us()
        due_us = int(np.iinfo(np.int64).max) if most_us is None else most_us
        if self._speed is None or self._from is None:
            return due_us
        passed_us = self._clock() - self._from[1] + PACE_S * 1e6
        return min(due_us, self._from[0] + round(passed_us * self._speed))

    async def until(self, time_us: int) -> None:
        """Return as soon as a time of the recording is due."""
        if self._place is not None:
            await self._place.of.until(self._place.number, time_us)
        if self._from is None:
            self._from = (time_us, self._clock()) if self._place is None else self._place.of.begun
        while self._speed is not None and time_us > self.due_us():
            wait_s = (time_us - self.due_us()) / self._speed / 1e6 + PACE_S
            await self._sleep(min(wait_s, LONGEST_WAIT_S))
