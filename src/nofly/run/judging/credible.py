"""Which reports are sightings: those that the screen lets stand, each receiver's by themselves."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nofly.run.judging.numbering import Numbering
from nofly.schema import Positions
from nofly.tracks.screening import DISPLACED, WEAK, ScreenParams, ScreenState, screen_into


class Credible:
    """Takes batches in which each target's reports are in order of time.

    What does not confirm that an aircraft was in a zone does not confirm either that one could be seen there.
    Receivers are screened each by itself: each gets the same report at its own time.
    """

    def __init__(self) -> None:
        self._targets, self._stations = Numbering(), Numbering()
        self._pairs: dict[int, int] = {}
        self._states = [ScreenState.empty(), ScreenState.empty()]

    def of(self, positions: Positions) -> NDArray[np.bool_] | None:
        """Return which reports of a batch stand; None: all."""
        # Rows without a target are screened as if one had sent them all.
        numbers, named = self._targets.of(positions.target) + np.int32(1), "station" in positions.texts
        if named:
            numbers = self._paired(numbers, self._stations.of(positions.texts["station"]))
        most = int(numbers.max(initial=-1)) + 1
        if len(self._states[named].rows) < most:
            self._states[named] = self._states[named].grown(most)
        marks = screen_into(positions, numbers, self._states[named], ScreenParams())
        doubtful = marks & int(DISPLACED | WEAK)
        return None if not doubtful.any() else doubtful == 0

    def _paired(self, numbers: NDArray[np.int32], stations: NDArray[np.int32]) -> NDArray[np.int32]:
        """Return the number of each target and station together."""
        pairs, which = np.unique(numbers.astype(np.int64) << 32 | stations + 1, return_inverse=True)
        known = [self._pairs.setdefault(pair, len(self._pairs)) for pair in pairs.tolist()]
        return np.array(known, np.int32)[which]
