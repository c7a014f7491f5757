"""The last report of each target: when it was, what it said of itself, and how high it was, as judged."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence, Set
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nofly.kernel.target_scan import any_behind, note_last
from nofly.run.judging.preparing import Taken
from nofly.run.judging.witnesses import states_error
from nofly.zones.model import Datum

NEVER_US = np.iinfo(np.int64).min // 2
_DATUMS = (Datum.STD, Datum.AMSL, Datum.AGL, Datum.HAE)
_TIME, _MARK, _STATED, _BITS, _HEIGHTS = range(5)
_WIDTH = _HEIGHTS + len(_DATUMS)
"""Numbers of a row: a line of memory, on which it begins, so that a report touches no other."""
_MET, _FOLLOWED = 1, 2
"""Bits of a row: heard since the start; its reports are counted."""


class Now(NamedTuple):
    """A target as it was last heard. Heights in metres by datum, those that are known; None is not known."""

    time_us: int
    heights_m: Mapping[str, float]
    callsign: str | None = None
    squawk: str | None = None


class Before(NamedTuple):
    """What was said by the report before each row of a batch, of its target: when it was
    (:data:`NEVER_US`: there was none), its screening marks, and 1 where it stated its own position error; and
    the rows of the targets that are followed."""

    time_us: NDArray[np.int64]
    mark: NDArray[np.int64]
    stated: NDArray[np.int64]
    followed: NDArray[np.int64]


class Latest:
    """The last report of each target, by number. Heights are not kept over a restart: until its next report
    nothing is known of a target's."""

    def __init__(self, targets: Sequence[str], shadows: Set[int]) -> None:
        """``targets`` are the names by number, which grow; ``shadows`` the numbers of those that stand for
        the not credible reports of another."""
        self._targets, self._shadows = targets, shadows
        self._numbers: dict[tuple[str, bool], int] = {}
        self._named = 0
        self._table = _rows(0)

    @property
    def time_us(self) -> NDArray[np.int64]:
        """Time of each target's last report, :data:`NEVER_US` where there is none."""
        return self._table[:, _TIME]

    @property
    def mark(self) -> NDArray[np.int64]:
        """Its screening marks."""
        return self._table[:, _MARK]

    @property
    def stated(self) -> NDArray[np.int64]:
        """1 where it states its own position error."""
        return self._table[:, _STATED]

    def grow(self, targets: int) -> None:
        """Make room for so many targets."""
        have = len(self._table)
        if targets > have:
            table = _rows(max(targets, have + have // 2))
            table[:have] = self._table
            self._table = table

    def any_behind(
        self, numbers: NDArray[np.int32], time_us: NDArray[np.int64], shadow_of: NDArray[np.int32]
    ) -> bool:
        """Return whether some row of a batch is older than one before it, or than the last report of its
        target or of what stands for the target's not credible ones."""
        return bool(any_behind(numbers, time_us, self._table, shadow_of))

    def step(self, taken: Taken) -> Before:
        """Take a batch, each target's rows in order of time."""
        std_m, amsl_m, agl_m, hae_m = (
            np.asarray(taken.positions.columns.get(f"alt_{datum.lower()}_m", ()), np.float64)
            for datum in _DATUMS
        )
        before = np.empty((3, len(taken.target)), np.int64)
        followed = np.empty(len(taken.target), np.int64)
        count = note_last(
            taken.target, taken.positions.time_us, taken.marks, states_error(taken.positions).view(np.uint8),
            std_m, amsl_m, agl_m, hae_m, self._table, self._table.view(np.float64), before,
            followed,
        )  # fmt: skip
        time_us, mark, stated = before
        return Before(time_us, mark, stated, followed[:count])

    def follow(self, number: int, on: bool) -> None:
        """Say whether a target's reports are counted."""
        bits = int(self._table[number, _BITS])
        self._table[number, _BITS] = bits | _FOLLOWED if on else bits & ~_FOLLOWED

    def number(self, target_id: str, shadow: bool) -> int | None:
        """Return the number of a target, None of one that was not heard."""
        for k in range(self._named, len(self._targets)):
            self._numbers[self._targets[k], k in self._shadows] = k
        self._named = len(self._targets)
        return self._numbers.get((target_id, shadow))

    def of(self, number: int) -> Now | None:
        """Return the last report of a target, None where there is none."""
        if number >= len(self._table) or not self._table[number, _BITS] & _MET:
            return None
        heights_m = self._table[number, _HEIGHTS:].view(np.float64).tolist()
        known = {str(datum): m for datum, m in zip(_DATUMS, heights_m, strict=True) if m == m}
        return Now(int(self._table[number, _TIME]), known)

    def save(self) -> dict[str, NDArray[Any]]:
        """Return the state for :func:`nofly.run.live.packing.pack`."""
        followed = (self._table[:, _BITS] & _FOLLOWED) != 0
        return {"time_us": self.time_us.copy(), "mark": self.mark.copy(), "stated": self.stated.copy(),
                "followed": followed}  # fmt: skip

    def load(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Take up a state that :meth:`save` returned."""
        self._table = _rows(len(state["time_us"]))
        self._table[:, _TIME], self._table[:, _MARK] = state["time_us"], state["mark"]
        self._table[:, _STATED] = state["stated"]
        self._table[:, _BITS] = state["followed"].astype(np.int64) * _FOLLOWED


def late(
    target: NDArray[np.int32], time_us: NDArray[np.int64], since_us: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Return which rows are older than one before of their target, or than ``since_us``."""
    order = np.argsort(target, kind="stable")
    times, group = time_us[order], target[order]
    first = np.concatenate([[True], group[1:] != group[:-1]])
    base = int(times.min())
    span = int(times.max()) - base + 2
    since = np.clip(since_us[order] - base, -1, span - 1)
    late = np.empty(len(order), np.bool_)
    late[order] = times - base < _latest_before(np.maximum(times - base, since), since, first, span)
    return late


def _latest_before(
    reached: NDArray[np.int64], since: NDArray[np.int64], first: NDArray[np.bool_], span: int
) -> NDArray[np.int64]:
    """Return the greatest of ``reached`` before each row of its group, ``since`` at the ``first`` of each.
    All are below ``span``."""
    starts = np.flatnonzero(first)
    if (span + 1) * (len(starts) + 1) < 1 << 62:
        # One running maximum for all: each group is lifted above the one before.
        lift = np.cumsum(first) * (span + 1)
        most = np.maximum.accumulate(reached + lift)
        return np.where(first, since, np.concatenate([[0], most[:-1]]) - lift)
    latest = since.copy()
    for start, end in itertools.pairwise([*starts.tolist(), len(first)]):
        latest[start + 1 : end] = np.maximum.accumulate(reached[start:end])[:-1]
    return latest


def _rows(targets: int) -> NDArray[np.int64]:
    """Return rows of targets never heard, each at the beginning of a line of memory."""
    room = np.zeros((targets + 1) * _WIDTH, np.int64)
    skip = -(room.__array_interface__["data"][0] // room.itemsize) % _WIDTH
    table = room[skip : skip + targets * _WIDTH].reshape(targets, _WIDTH)
    table[:, _TIME] = NEVER_US
    table[:, _HEIGHTS:].view(np.float64)[:] = np.nan
    return table
