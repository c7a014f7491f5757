"""Whether two contestants gave the same answer."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.workload import Traffic

NEAR_US = 500_000
"""Intervals are the same one where both ends agree to half a second; how well they agree is then reported."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """How many intervals each side has, how many have no counterpart, how far apart the others' ends are."""

    ours: int
    theirs: int
    ours_only: int
    theirs_only: int
    longest_only_ms: float
    """The longest interval that has no counterpart."""
    greatest_ms: float
    over_1_ms: int


def load(path: Path) -> NDArray[np.int64]:
    """Return saved intervals as rows of target, zone, entry, exit, those of no length left out."""
    with np.load(path) as kept:
        rows = np.column_stack(
            [kept[name].astype(np.int64) for name in ("target", "zone", "entry_us", "exit_us")]
        )
    rows = rows[rows[:, 3] > rows[:, 2]]
    return rows[np.lexsort((rows[:, 2], rows[:, 1], rows[:, 0]))]


def compare(ours: NDArray[np.int64], theirs: NDArray[np.int64]) -> Agreement:
    """Return how far two sets of intervals agree."""
    mine, yours, differences = _match(ours, theirs)
    alone = np.concatenate([ours[~mine], theirs[~yours]])
    return Agreement(
        len(ours), len(theirs), int((~mine).sum()), int((~yours).sum()),
        float((alone[:, 3] - alone[:, 2]).max(initial=0)) / 1e3, float(differences.max(initial=0)) / 1e3,
        int((differences > 1000).sum()),
    )  # fmt: skip


def _match(ours: NDArray[np.int64], theirs: NDArray[np.int64]) -> tuple[Any, Any, Any]:
    """Pair intervals of one target and zone by their entries; both sides are sorted."""
    both = np.concatenate([ours, theirs])
    _, group = np.unique(both[:, :2], axis=0, return_inverse=True)
    start = int(both[:, 2].min(initial=np.iinfo(np.int64).max))
    span = int(both[:, 3].max(initial=start)) - start + 4 * NEAR_US
    key = group.reshape(-1) * span + both[:, 2] - start
    mine, yours = key[: len(ours)], key[len(ours) :]
    matched, taken = np.zeros(len(ours), bool), np.zeros(len(theirs), bool)
    differences = []
    if len(theirs):
        right = np.searchsorted(yours, mine)
        for at in (right - 1, right):
            at = np.clip(at, 0, len(yours) - 1)
            entry, leave = np.abs(mine - yours[at]), np.abs(ours[:, 3] - theirs[at, 3])
            same = (entry <= NEAR_US) & (leave <= NEAR_US) & ~matched & ~taken[at]
            same &= (ours[:, :2] == theirs[at, :2]).all(axis=1)
            matched |= same
            taken[at[same]] = True
            differences.append(np.maximum(entry, leave)[same])
    return matched, taken, np.concatenate(differences) if differences else np.zeros(0)


def pairs(intervals: NDArray[np.int64], traffic: Traffic, reports: int) -> int:
    """Count the (report, zone) pairs that intervals imply among the first reports."""
    start, span = int(traffic.time_us.min()), int(np.ptp(traffic.time_us)) + 2
    key = traffic.target.astype(np.int64) * span + traffic.time_us - start
    ends = [intervals[:, 0] * span + intervals[:, k] - start for k in (2, 3)]
    first, last = np.searchsorted(key, ends[0], "left"), np.searchsorted(key, ends[1], "right")
    return int((np.minimum(last, reports) - np.minimum(first, reports)).sum())
