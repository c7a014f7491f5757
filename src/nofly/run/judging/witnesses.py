"""What the reports say round a stay: callsign, marks, errors; and the tracks that a picture needs."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nofly.kernel.visits import stable_order
from nofly.run.result import Gap
from nofly.schema import Coded, Positions, concatenate
from nofly.tracks.screening import SENTENCES, Mark
from nofly.units import US_PER_S

if TYPE_CHECKING:
    from nofly.run.judging.preparing import Taken

KEPT_ROWS = 3_000_000
LATER_S = 300.0
"""For so long after a stay a callsign first sent then is taken for that of the stay."""
TOLD = ("callsign", "squawk", "category")


@dataclass(frozen=True, slots=True)
class Seen:
    """What was reported during a stay.

    A callsign, squawk or category holds until another is sent: of a stay it is the one that held for the most
    reports in it (of equals the first in the alphabet), else the last sent before, else the first sent within
    :data:`LATER_S` after. ``stated_errors`` says whether a report in it (where there is none, the last
    before) states its own position error.
    """

    callsign: str | None = None
    squawk: str | None = None
    category: str | None = None
    sentences: dict[str, int] = field(default_factory=dict)
    stated_errors: bool = True


@cache
def sentences_of(marks: int) -> tuple[str, ...]:
    """Return what the marks of a report say of its stay."""
    return tuple(text for mark, text in SENTENCES.items() if marks & mark and mark is not Mark.DUPLICATE)


def states_error(positions: Positions) -> NDArray[np.bool_]:
    """Return which reports state their own position error."""
    reported, nac_p = positions.column("pos_err_m"), positions.column("nac_p")
    stated = np.zeros(len(positions), np.bool_)
    if reported is not None:
        stated |= ~np.isnan(reported)
    if nac_p is not None:
        stated |= nac_p > 0
    return stated


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
        self._stated = np.zeros(0, np.bool_)
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
        if every > 1:
            rows = slice(None, None, every)
            positions, target, marks = positions.take(rows).copied(), target[rows].copy(), marks[rows].copy()
        self._parts.append(positions)
        self._target.append(target)
        self._marks.append(marks)
        self._rows += len(positions)

    def _thin(self) -> None:
        self._every *= 2
        parts, targets, marks = self._parts[::-1], self._target[::-1], self._marks[::-1]
        self._parts, self._target, self._marks, self._rows = [], [], [], 0
        while parts:
            # What is left of one makes room for the next.
            self._put(parts.pop(), targets.pop(), marks.pop(), every=2)

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
        self._all, self._codes, self._flags, self._stated = whole, codes, marks, states_error(whole)
        self._start[1:] = np.cumsum(np.bincount(codes, minlength=len(self._names)))

    def during(self, target: int, entry_us: int, exit_us: int) -> Seen:
        """Return what a target reported from entry to exit."""
        self._join()
        a, b = int(self._start[target]), int(self._start[target + 1])
        if a == b:
            return Seen()
        first, last = self._rows_of(a, b, entry_us, exit_us)
        texts = {name: self._text(name, first, last, a, b, exit_us) for name in TOLD}
        sentences: Counter[str] = Counter()
        flagged = self._flags[first:last]
        for flags, count in Counter(flagged[flagged != 0].tolist()).items():
            for sentence in sentences_of(flags):
                sentences[sentence] += count
        # Of a stay between two reports, the one before speaks.
        since = first if last > first else max(a, first - 1)
        stated = bool(self._stated[since:last].any())
        return Seen(**texts, sentences=dict(sentences), stated_errors=stated)

    def first(self, target: int, entry_us: int) -> Positions:
        """Return a target's first report at or after an entry, or none where there is none."""
        self._join()
        a, b = int(self._start[target]), int(self._start[target + 1])
        row, _ = self._rows_of(a, b, entry_us, entry_us)
        return self._all.take(slice(row, min(row + 1, b)))

    def _rows_of(self, a: int, b: int, entry_us: int, exit_us: int) -> tuple[int, int]:
        times = self._all.time_us[a:b]
        return a + int(times.searchsorted(entry_us)), a + int(times.searchsorted(exit_us, "right"))

    def _text(self, name: str, first: int, last: int, a: int, b: int, exit_us: int) -> str | None:
        column = self._all.texts.get(name)
        if column is None:
            return None
        codes, values = column.codes[a:last], column.values
        told = np.maximum.accumulate(np.where(codes >= 0, np.arange(len(codes)), -1))
        held = np.where(told >= 0, codes[told], -1)
        within = held[first - a :]
        if len(within) and within[-1] >= 0:
            count = np.bincount(within[within >= 0])
            return min(values[k] for k in np.flatnonzero(count == count.max()).tolist())
        if first > a and held[first - a - 1] >= 0:
            return values[int(held[first - a - 1])]
        until = a + int(self._all.time_us[a:b].searchsorted(exit_us + LATER_S * US_PER_S, "right"))
        after = column.codes[last:until]
        after = after[after >= 0]
        return values[int(after[0])] if len(after) else None

    def of(self, names: set[str]) -> Positions:
        """Return the reports of the named targets, by target and time."""
        self._join()
        rows, codes, values = self._rows_named(names)
        if codes is None:
            return concatenate([])
        out = self._all.take(rows)
        out.target = Coded(codes, values)
        return out

    def marks(self, names: set[str]) -> NDArray[np.uint16]:
        """Return the marks of the reports that :meth:`of` returns."""
        self._join()
        rows, codes, _ = self._rows_named(names)
        return np.zeros(0, np.uint16) if codes is None else self._flags[rows]

    def _rows_named(self, names: set[str]) -> tuple[Any, NDArray[np.int32] | None, list[str]]:
        """Return the rows of the named targets by target and time, and their targets as codes of values; no
        codes where there are none."""
        # A target and its reports that are not credible go by one name.
        coded = Coded.from_list(self._names)
        wanted = np.array([name in names for name in coded.values], np.bool_)[coded.codes]
        wanted &= self._start[1:] > self._start[:-1]
        if not wanted.any():
            return slice(0), None, coded.values
        all_of_them = bool(wanted[self._codes].all())
        rows: Any = slice(None) if all_of_them else np.flatnonzero(wanted[self._codes])
        codes = coded.codes[self._codes[rows]]
        if self._shadows & set(np.flatnonzero(wanted).tolist()):
            order = np.lexsort((self._all.time_us[rows], codes))
            rows, codes = order if all_of_them else rows[order], codes[order]
        return rows, codes, coded.values

    def gaps(self, names: set[str]) -> tuple[Gap, ...]:
        """Return the times in which the named targets were not seen for longer than the greatest gap, or made
        a way that is not known.

        Of a thinned archive none, since what was left out cannot be told from what was not there.
        """
        if self._every > 1:
            return ()
        self._join()
        times, codes = self._all.time_us, self._codes
        unknown = (np.diff(times) > self._gap_us) | ((self._flags[1:] & int(Mark.REAPPEARED)) != 0)
        long = np.flatnonzero((codes[1:] == codes[:-1]) & unknown).tolist()
        return tuple(
            Gap(self._names[codes[k]], int(times[k]), int(times[k + 1]))
            for k in long
            if int(codes[k]) not in self._shadows and self._names[codes[k]] in names
        )
