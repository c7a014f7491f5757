"""How fast flights turn, from the tracks they reported last.

The turn rate is the median of the slopes between all pairs of the last few tracks (Theil–Sen), so that one
wrong track does not make a turn. It looks back only, and is the same however reports are cut into batches.
"""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nofly.units import US_PER_S

SAMPLES = 6
"""So many tracks at the most, the latest included."""
LEAST_SAMPLES = 3
WINDOW_US = 30 * US_PER_S
"""Not older than this. Receivers report a track about once a second, recorded state vectors every 10 s."""
_LEAST_US = US_PER_S // 2
"""Tracks closer together in time say nothing of a rate: they are given to a degree or a knot."""
_NEVER_US = np.iinfo(np.int64).min // 4
_PAIRS = np.array(list(combinations(range(SAMPLES), 2)))


class Turns:
    """The last tracks of every target, by its number."""

    def __init__(self) -> None:
        self._time_us, self._track_deg = _nothing(0)

    def step(
        self, target: NDArray[np.int64], time_us: NDArray[np.int64], track_deg: NDArray[np.float64],
        asked: NDArray[np.int64] | None = None,
    ) -> NDArray[np.float64]:  # fmt: skip
        """Take tracks, by target and for each in order of time; return the turn rate at each of the rows
        ``asked`` (None: at all) in degrees a second, clockwise positive, NaN where fewer than three tracks
        are known."""
        if len(target) == 0:
            return np.zeros(0)
        self._make_room(int(target[-1]) + 1)
        keep = SAMPLES - 1
        fresh = np.append(True, target[1:] != target[:-1])
        who, block = target[fresh], np.cumsum(fresh) - 1
        at = np.arange(len(target)) + keep * (block + 1)
        first = at[fresh] - keep
        times = np.empty(len(target) + keep * len(who), np.int64)
        tracks = np.empty(len(times))
        stored = first[:, None] + np.arange(keep)
        times[stored], tracks[stored] = self._time_us[who], self._track_deg[who]
        times[at], tracks[at] = time_us, track_deg
        window = (at if asked is None else at[asked])[:, None] + np.arange(-keep, 1)
        last = np.append(first[1:], len(times))[:, None] + np.arange(-keep, 0)
        self._time_us[who], self._track_deg[who] = times[last], tracks[last]
        return _rates(times[window], tracks[window])

    def save(self) -> dict[str, NDArray[Any]]:
        """Return the state as named arrays."""
        return {"turn_time_us": self._time_us.copy(), "turn_track_deg": self._track_deg.copy()}

    def load(self, state: dict[str, NDArray[Any]]) -> None:
        """Take up a state that :meth:`save` returned."""
        self._time_us, self._track_deg = state["turn_time_us"].copy(), state["turn_track_deg"].copy()

    def _make_room(self, targets: int) -> None:
        have = len(self._time_us)
        if targets > have:
            time_us, track_deg = _nothing(max(targets, have + have // 2))
            time_us[:have], track_deg[:have] = self._time_us, self._track_deg
            self._time_us, self._track_deg = time_us, track_deg


def _nothing(targets: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    return np.full((targets, SAMPLES - 1), _NEVER_US), np.full((targets, SAMPLES - 1), np.nan)


def _rates(time_us: NDArray[np.int64], track_deg: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the turn rate at the last of each row of samples, the oldest first."""
    known = time_us >= time_us[:, -1:] - WINDOW_US
    # From one sample to the next a flight turns by less than half a circle.
    turns = np.where(known[:, :-1], (np.diff(track_deg, axis=1) + 180.0) % 360.0 - 180.0, 0.0)
    total_deg = np.concatenate([np.zeros((len(turns), 1)), np.cumsum(turns, axis=1)], axis=1)
    a, b = _PAIRS.T
    apart_us = time_us[:, b] - time_us[:, a]
    good = known[:, a] & known[:, b] & (apart_us >= _LEAST_US)
    slopes = np.where(
        good, (total_deg[:, b] - total_deg[:, a]) * US_PER_S / np.maximum(apart_us, _LEAST_US), np.inf
    )
    slopes.sort(axis=1)
    count = good.sum(axis=1)
    rows, middle = np.arange(len(slopes)), np.maximum(count, 1)
    median_dps = 0.5 * (slopes[rows, (middle - 1) // 2] + slopes[rows, middle // 2 * (middle > 1)])
    out: NDArray[np.float64] = np.where(
        (known.sum(axis=1) >= LEAST_SAMPLES) & (count >= LEAST_SAMPLES - 1), median_dps, np.nan
    )
    return out
