"""What the reports say round a stay: callsign, marks, errors; and the tracks that a picture needs."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nofly.run.result import Gap
from nofly.schema import Coded, Positions, concatenate
from nofly.tracks.screening import SENTENCES, Mark
from nofly.units import US_PER_S

if TYPE_CHECKING:
    from nofly.run.pipeline import Taken

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
    positions: Positions = field(default_factory=lambda: concatenate([]))


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
        self._all = concatenate([])
        self._codes = np.zeros(0, np.int32)
        self._flags = np.zeros(0, np.uint16)
        self._start = np.zeros(1, np.int64)

    def add(self, taken: Taken) -> None:
        """Keep a batch."""
        rows = slice(None, None, self._every)
        self._parts.append(taken.positions.take(rows) if self._every > 1 else taken.positions)
        self._target.append(taken.target[rows])
        self._marks.append(taken.marks[rows])
        self._rows += len(self._parts[-1])
        if self._rows > KEPT_ROWS:
            self._thin()

    def _thin(self) -> None:
        half = slice(None, None, 2)
        self._every *= 2
        self._parts = [part.take(half).copied() for part in self._parts]
        self._target = [t[half].copy() for t in self._target]
        self._marks = [m[half].copy() for m in self._marks]
        self._rows = sum(map(len, self._parts))

    def joined(self, names: list[str], shadows: set[int]) -> Tracks:
        """Put the parts together by target and time, targets by number in ``names``."""
        self._names, self._shadows = names, shadows
        if not self._parts:
            return self
        whole = concatenate(self._parts)
        codes, marks = np.concatenate(self._target), np.concatenate(self._marks)
        self._parts, self._target, self._marks = [], [], []
        order = np.lexsort((whole.time_us, codes))
        if np.all(order == np.arange(len(order))):
            order = slice(None)  # type: ignore[assignment]
        self._all, self._codes, self._flags = whole.take(order), codes[order], marks[order]
        self._start = np.searchsorted(self._codes, np.arange(len(names) + 1))
        return self

    def during(self, target: int, entry_us: int, exit_us: int) -> Seen:
        """Return what a target reported from entry to exit."""
        a, b = int(self._start[target]), int(self._start[target + 1])
        if a == b:
            return Seen()
        times = self._all.time_us[a:b]
        first, last = (
            a + int(np.searchsorted(times, entry_us)),
            a + int(np.searchsorted(times, exit_us, "right")),
        )
        texts = {name: self._text(name, first, last, a, b) for name in ("callsign", "squawk", "category")}
        counted = Counter(self._flags[first:last].tolist())
        sentences: Counter[str] = Counter()
        for flags, count in counted.items():
            for mark, sentence in SENTENCES.items():
                if flags & mark and mark is not Mark.DUPLICATE:
                    sentences[sentence] += count
        near = self._all.take(slice(max(a, first - 1), min(b, last + 1)))
        return Seen(**texts, sentences=dict(sentences), stated_errors=_stated(near), positions=near)

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
        wanted = [
            i for i, name in enumerate(self._names) if name in names and self._start[i] < self._start[i + 1]
        ]
        if not wanted:
            return concatenate([])
        rows = np.concatenate([np.arange(self._start[i], self._start[i + 1]) for i in wanted])
        out = self._all.take(rows)
        # A target and its reports that are not credible go by one name.
        coded = Coded.from_list(self._names)
        codes = coded.codes[self._codes[rows]]
        order = np.lexsort((out.time_us, codes))
        out = out.take(order)
        out.target = Coded(codes[order], coded.values)
        return out

    def gaps(self, names: set[str]) -> tuple[Gap, ...]:
        """Return the times in which the named targets were not seen for longer than the greatest gap.

        Of a thinned archive none, since what was left out cannot be told from what was not there.
        """
        if self._every > 1:
            return ()
        out = []
        for i, name in enumerate(self._names):
            if name not in names or i in self._shadows:
                continue
            times = self._all.time_us[self._start[i] : self._start[i + 1]]
            for k in np.flatnonzero(np.diff(times) > self._gap_us).tolist():
                out.append(Gap(name, int(times[k]), int(times[k + 1])))
        return tuple(out)


def _stated(seen: Positions) -> bool:
    reported, nac_p = seen.column("pos_err_m"), seen.column("nac_p")
    return (reported is not None and not np.isnan(reported).all()) or (
        nac_p is not None and bool((nac_p > 0).any())
    )
