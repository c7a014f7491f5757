"""The same report of the same instant, held twice by a recording, counted once.

Where no row says which station heard it, a row is a repeat if one of its target and its very time was kept
before it that says exactly the same: the first of the two rules of :mod:`nofly.tracks.repeats`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nofly.schema import Positions
from nofly.tracks.repeats import content

_NEVER_US = -(1 << 62)


class SameInstants:
    """Which rows repeat one before. How rows are cut into calls makes no difference."""

    def __init__(self) -> None:
        self._last_us = np.zeros(0, np.int64)
        """Of each target: the time of its last row."""
        self._code, self._time_us = np.zeros(0, np.int64), np.zeros(0, np.int64)
        self._content = np.zeros(0, np.uint64)
        """What was said at the last instant of targets."""
        self._before: tuple[Positions, NDArray[np.int32], NDArray[np.int64]] | None = None
        """The batch before, the numbers of its targets, and the rows that are their last instants'."""

    def repeats(self, positions: Positions, codes: NDArray[np.int32]) -> NDArray[np.int64]:
        """Return the rows that are repeats; ``codes`` numbers the rows' targets.

        Rows of one target lie together, in order of time; so do those of one target from call to call.
        """
        time_us = positions.time_us
        starts = np.append(0, np.flatnonzero(codes[1:] != codes[:-1]) + 1)
        ends = np.append(starts[1:], len(codes)) - 1
        again = time_us[1:] == time_us[:-1]
        again[starts[1:] - 1] = False
        self._grow(int(codes[starts].max()) + 1)
        onward = starts[self._last_us[codes[starts]] == time_us[starts]]
        found = np.zeros(0, np.int64)
        several = len(onward) > 0 or bool(again.any())
        if len(onward):
            self._remember()
        if several:
            found = self._found(positions, codes, _either(again, onward))
        self._last_us[codes[ends]] = time_us[ends]
        self._remember()
        last = np.flatnonzero(time_us == self._last_us[codes]) if several else ends
        self._before = positions, codes, np.setdiff1d(last, found) if len(found) else last
        return found

    def _grow(self, targets: int) -> None:
        more = targets - len(self._last_us)
        if more > 0:
            more = max(more, len(self._last_us))
            self._last_us = np.concatenate([self._last_us, np.full(more, _NEVER_US)])

    def _found(
        self, positions: Positions, codes: NDArray[np.int32], rows: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        """Return which of some rows repeat one of them or one that was kept last."""
        known = np.flatnonzero(np.isin(self._code, codes[rows]))
        code = np.concatenate([self._code[known], codes[rows]])
        time_us = np.concatenate([self._time_us[known], positions.time_us[rows]])
        said = np.concatenate([self._content[known], content(positions, codes, rows)])
        order = np.lexsort((said, time_us, code))
        same = code[order[1:]] == code[order[:-1]]
        same &= time_us[order[1:]] == time_us[order[:-1]]
        same &= said[order[1:]] == said[order[:-1]]
        return np.sort(rows[order[1:][same] - len(known)])

    def _remember(self) -> None:
        """Remember what the batch before said last of targets that have said nothing later."""
        if self._before is None:
            return
        positions, codes, last = self._before
        self._before = None
        last = last[positions.time_us[last] == self._last_us[codes[last]]]
        going = self._time_us == self._last_us[self._code]
        self._code = np.concatenate([self._code[going], codes[last]])
        self._time_us = np.concatenate([self._time_us[going], positions.time_us[last]])
        self._content = np.concatenate([self._content[going], content(positions, codes, last)])


def _either(again: NDArray[np.bool_], onward: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the rows that have the time of the row after, or of the one before, or go on from before."""
    some: NDArray[Any] = np.zeros(len(again) + 1, np.bool_)
    some[1:] = again
    some[:-1] |= again
    some[onward] = True
    return np.flatnonzero(some)
