"""What the reports say round a stay: callsign, marks, errors; and the tracks that a picture needs."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nofly.kernel.visits import stable_order
from nofly.run.result import Gap
from nofly.schema import Coded, Positions, concatenate
from nofly.tracks.screening import SENTENCES, Mark
from nofly.units import US_PER_S

if TYPE_CHECKING:
    from nofly.run.preparing import Taken

KEPT_ROWS = 3_000_000


@dataclass(frozen=True, slots=True)
class Seen:
    """What was reported during a stay. ``callsign`` is the one most often sent then, else the nearest in
    time."""

    callsign: str | None = None
    squawk: str | None = None
    category: str | None = None
    sentences: dict[str, int] = field(default_factory=dict)
    stated_errors: bool = True


class Tracks:
    """The reports as they were taken, by target; of a long archive only every so manieth is kept."""

    def __init__(self, max_gap_s: float) -> None:
        self._gap_us = int(max_gap_s * US_PER_S)
        self._parts: list[Positions] = []
        self._target: list[NDArray[np.int32]] = []
        self._marks: list[NDArray[np.uint16]] = []
        self._rows = 0
        self._every = 1
        self._names: list[str] = []
        self._shadows: set[int] = set()
        self._wanted: NDArray[np.bool_] | None = None
        self._all = concatenate([])
        self._codes = np.zeros(0, np.int32)
        self._flags = np.zeros(0, np.uint16)
        self._start = np.zeros(1, np.int64)

    def add(self, taken: Taken) -> None:
        """Keep a batch."""
        self._put(taken.positions, taken.target, taken.marks, self._every)
        if self._rows > KEPT_ROWS:
            self._thin()

    def _put(
        self, positions: Positions, target: NDArray[np.int32], marks: NDArray[np.uint16], every: int
    ) -> None:
        """Keep every so manieth row, copied: a slice would keep the whole batch in memory."""
        rows = np.arange(0, len(positions), every)
        self._parts.append(positions.take(rows) if every > 1 else positions)
        self._target.append(target[rows] if every > 1 else target)
        self._marks.append(marks[rows] if every > 1 else marks)
        self._rows += len(rows)

    def _thin(self) -> None:
        self._every *= 2
        whole = list(zip(self._parts, self._target, self._marks, strict=True))
        self._parts, self._target, self._marks, self._rows = [], [], [], 0
        for part in whole:
            self._put(*part, every=2)

    def end(self, names: list[str], shadows: set[int], wanted: NDArray[np.bool_] | None = None) -> None:
        """End the stream: targets are by number in ``names``; only those ``wanted``, where given, by their
        numbers, will be asked for. The parts are put together when something is asked."""
        self._names, self._shadows, self._wanted = names, shadows, wanted
        self._start = np.zeros(len(names) + 1, np.int64)

    def _join(self) -> None:
        """Put the parts together by target and time."""
        if not self._parts:
            return
        wanted, all_rows = self._wanted, slice(None)
        rows: list[Any] = [
            all_rows if wanted is None else np.flatnonzero(wanted[target]) for target in self._target
        ]
        parts = [part if wanted is None else part.take(r) for part, r in zip(self._parts, rows, strict=True)]
        self._parts = []
        whole = concatenate(parts)
        codes = np.concatenate([column[r] for column, r in zip(self._target, rows, strict=True)])
        marks = np.concatenate([column[r] for column, r in zip(self._marks, rows, strict=True)])
        self._target, self._marks = [], []
        if np.any(codes[1:] < codes[:-1]):
            # The reports of a target have come in order of time.
            order = stable_order(codes)
            whole, codes, marks = whole.take(order), codes[order], marks[order]
        self._all, self._codes, self._flags = whole, codes, marks
        self._start[1:] = np.cumsum(np.bincount(codes, minlength=len(self._names)))

    def during(self, target: int, entry_us: int, exit_us: int) -> Seen:
        """Return what a target reported from entry to exit."""
        self._join()
        a, b = int(self._start[target]), int(self._start[target + 1])
        if a == b:
            return Seen()
        first, last = self._rows_of(a, b, entry_us, exit_us)
        texts = {name: self._text(name, first, last, a, b) for name in ("callsign", "squawk", "category")}
        sentences: Counter[str] = Counter()
        flagged = self._flags[first:last]
        for flags, count in Counter(flagged[flagged != 0].tolist()).items():
            for mark, sentence in SENTENCES.items():
                if flags & mark and mark is not Mark.DUPLICATE:
                    sentences[sentence] += count
        stated = self._stated(slice(max(a, first - 1), min(b, last + 1)))
        return Seen(**texts, sentences=dict(sentences), stated_errors=stated)

    def amid(self, target: int, entry_us: int, exit_us: int) -> Positions:
        """Return one report from the middle of a stay, or none where the target has none."""
        self._join()
        a, b = int(self._start[target]), int(self._start[target + 1])
        first, last = self._rows_of(a, b, entry_us, exit_us)
        low, high = max(a, first - 1), min(b, last + 1)
        middle = low + (high - low) // 2
        return self._all.take(slice(middle, middle + 1 if high > low else middle))

    def _rows_of(self, a: int, b: int, entry_us: int, exit_us: int) -> tuple[int, int]:
        times = self._all.time_us[a:b]
        return a + int(times.searchsorted(entry_us)), a + int(times.searchsorted(exit_us, "right"))

    def _stated(self, rows: slice) -> bool:
        reported, nac_p = self._all.column("pos_err_m"), self._all.column("nac_p")
        return (reported is not None and not np.isnan(reported[rows]).all()) or (
            nac_p is not None and bool((nac_p[rows] > 0).any())
        )

    def _text(self, name: str, first: int, last: int, a: int, b: int) -> str | None:
        column = self._all.texts.get(name)
        if column is None:
            return None
        codes = column.codes[first:last]
        codes = codes[codes >= 0]
        if len(codes):
            return column.values[int(np.bincount(codes).argmax())]
        before, after = column.codes[a:first], column.codes[last:b]
        known = before[before >= 0]
        if len(known):
            return column.values[int(known[-1])]
        known = after[after >= 0]
        return column.values[int(known[0])] if len(known) else None

    def of(self, names: set[str]) -> Positions:
        """Return the reports of the named targets, by target and time."""
        self._join()
        # A target and its reports that are not credible go by one name.
        coded = Coded.from_list(self._names)
        wanted = np.array([name in names for name in coded.values], np.bool_)[coded.codes]
        wanted &= self._start[1:] > self._start[:-1]
        if not wanted.any():
            return concatenate([])
        rows = slice(None) if wanted[self._codes].all() else np.flatnonzero(wanted[self._codes])
        out, codes = self._all.take(rows), coded.codes[self._codes[rows]]
        if self._shadows & set(np.flatnonzero(wanted).tolist()):
            order = np.lexsort((out.time_us, codes))
            out, codes = out.take(order), codes[order]
        out.target = Coded(codes, coded.values)
        return out

    def gaps(self, names: set[str]) -> tuple[Gap, ...]:
        """Return the times in which the named targets were not seen for longer than the greatest gap.

        Of a thinned archive none, since what was left out cannot be told from what was not there.
        """
        if self._every > 1:
            return ()
        self._join()
        times, codes = self._all.time_us, self._codes
        long = np.flatnonzero((codes[1:] == codes[:-1]) & (np.diff(times) > self._gap_us)).tolist()
        return tuple(
            Gap(self._names[codes[k]], int(times[k]), int(times[k + 1]))
            for k in long
            if int(codes[k]) not in self._shadows and self._names[codes[k]] in names
        )
