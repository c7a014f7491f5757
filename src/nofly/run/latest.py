"""Where each target was last: the time and the heights of its last report, as they were judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from typing import NamedTuple

import numpy as np

from nofly.run.preparing import Taken
from nofly.zones.model import Datum

_NEVER_US = np.iinfo(np.int64).min


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
        self._time_us = np.full(0, _NEVER_US)
        self._heights_m = {datum: np.zeros(0) for datum in Datum}

    def step(self, taken: Taken) -> None:
        """Take a batch, each target's rows in order of time."""
        more = len(self._targets) - len(self._time_us)
        if more > 0:
            more = max(more, len(self._time_us) // 2)
            self._time_us = np.concatenate([self._time_us, np.full(more, _NEVER_US)])
            for datum, column in self._heights_m.items():
                self._heights_m[datum] = np.concatenate([column, np.full(more, np.nan)])
        # Of a number that occurs several times, NumPy assigns the last.
        self._time_us[taken.target] = taken.positions.time_us
        for datum, column in self._heights_m.items():
            told = taken.positions.columns.get(f"alt_{datum.lower()}_m")
            column[taken.target] = np.nan if told is None else told

    def number(self, target_id: str, shadow: bool) -> int | None:
        """Return the number of a target, None of one that was not heard."""
        for k in range(self._named, len(self._targets)):
            self._numbers[self._targets[k], k in self._shadows] = k
        self._named = len(self._targets)
        return self._numbers.get((target_id, shadow))

    def of(self, number: int) -> Now | None:
        """Return the last report of a target, None where there is none."""
        if number >= len(self._time_us) or self._time_us[number] == _NEVER_US:
            return None
        known = {str(datum): float(column[number]) for datum, column in self._heights_m.items()}
        return Now(int(self._time_us[number]), {d: m for d, m in known.items() if not np.isnan(m)})
