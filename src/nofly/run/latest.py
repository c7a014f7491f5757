"""How high each target was last: the heights of its last report, as they were judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nofly.run.preparing import Taken
from nofly.zones.model import Datum


class Now(NamedTuple):
    """A target as it was last heard. Heights in metres by datum, those that are known; None is not known."""

    time_us: int
    heights_m: Mapping[str, float]
    callsign: str | None = None
    squawk: str | None = None


class Latest:
    """The last report of each target, by number. Not kept over a restart: until its next report nothing is
    known of a target."""

    def __init__(self, targets: Sequence[str], shadows: Set[int]) -> None:
        """``targets`` are the names by number, which grow; ``shadows`` the numbers of those that stand for
        the not credible reports of another."""
        self._targets, self._shadows = targets, shadows
        self._numbers: dict[tuple[str, bool], int] = {}
        self._named = 0
        self._met = np.zeros(0, np.bool_)
        self._heights_m: dict[Datum, NDArray[np.float64]] = {}
        """Columns of the datums of which a height was ever known."""

    def step(self, taken: Taken) -> None:
        """Take a batch, each target's rows in order of time."""
        more = len(self._targets) - len(self._met)
        if more > 0:
            more = max(more, len(self._met) // 2)
            self._met = np.concatenate([self._met, np.zeros(more, np.bool_)])
            for datum, column in self._heights_m.items():
                self._heights_m[datum] = np.concatenate([column, np.full(more, np.nan)])
        self._met[taken.target] = True
        for datum in Datum:
            told = taken.positions.columns.get(f"alt_{datum.lower()}_m")
            if told is not None and datum not in self._heights_m:
                self._heights_m[datum] = np.full(len(self._met), np.nan)
            if datum in self._heights_m:
                # Of a number that occurs several times, NumPy assigns the last.
                self._heights_m[datum][taken.target] = np.nan if told is None else told

    def number(self, target_id: str, shadow: bool) -> int | None:
        """Return the number of a target, None of one that was not heard."""
        for k in range(self._named, len(self._targets)):
            self._numbers[self._targets[k], k in self._shadows] = k
        self._named = len(self._targets)
        return self._numbers.get((target_id, shadow))

    def of(self, number: int) -> dict[str, float] | None:
        """Return the heights of a target's last report by datum, those that are known; None where there is no
        report."""
        if number >= len(self._met) or not self._met[number]:
            return None
        known = {
            str(datum): float(self._heights_m[datum][number]) for datum in Datum if datum in self._heights_m
        }
        return {d: m for d, m in known.items() if not np.isnan(m)}
