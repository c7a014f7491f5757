"""What changed of those who are followed with respect to zones that must not be left, as far as it is needed:
an absence that is over was told, and what came before it says nothing of the next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from nofly.incidents.keepin import Absence, Held, Turn, chains
from nofly.kernel.detect import Changes, State
from nofly.run.leaving.state import FOREVER_US


def quiet_us(
    absences: Sequence[Absence], turns: Sequence[Turn], active: NDArray[np.int64], rows_us: NDArray[np.int64],
    since_us: int,
) -> int | None:  # fmt: skip
    """Return the time of the last report, but for the very last, at which no absence goes on and nothing
    turns: what changed before is not needed any more. None where there is none after ``since_us``.

    ``active`` are the times at which the zone is active, ``rows_us`` the times of reports.
    """
    quiet = (rows_us > since_us) & (rows_us < rows_us[-1])
    quiet &= ~np.isin(rows_us, [*active[:, :2].ravel().tolist(), *(turn.time_us for turn in turns)])
    for one in absences:
        quiet &= (rows_us < one.entry_us) | (rows_us > one.exit_us)
    return int(rows_us[quiet][-1]) if quiet.any() else None


def folded(changes: Changes, since_us: Mapping[int, int]) -> Changes:
    """Return the changes after an instant, part → time, and of those before how it stood then."""
    first = np.full(int(changes.part.max(initial=-1)) + 1, np.iinfo(np.int64).min)
    for part, at_us in since_us.items():
        if part < len(first):
            first[part] = at_us
    early = changes.time_us <= first[changes.part]
    last = np.zeros(len(early), np.bool_)
    # Of a number that occurs several times, NumPy assigns the last.
    row = np.full(len(first), -1)
    row[changes.part[early]] = np.flatnonzero(early)
    last[row[row >= 0]] = True
    keep = ~early | (last & (changes.after != State.OUTSIDE))
    columns = {name: getattr(changes, name)[keep] for name in Changes.__slots__}
    time_us = np.maximum(columns["time_us"], first[columns["part"]])
    return Changes(**{**columns, "time_us": time_us})


def overlapping(active: NDArray[np.int64], run: tuple[int, int]) -> NDArray[np.int64]:
    """Return the unbroken times of activity that overlap a run."""
    near = [row for c in chains(active) if c[0][0] <= run[1] and c[-1][1] >= run[0] for row in c]
    return np.array(near, np.int64).reshape(-1, 3)


def next_us(active: NDArray[np.int64], from_us: int) -> int:
    """Return when activity changes next, from a time on."""
    ends = active[:, :2].ravel()
    return min(ends[ends >= from_us].tolist(), default=FOREVER_US)


def handed(own: Held | None, other: Held | None, active: NDArray[np.int64]) -> Held | None:
    """Return what counts of what earlier runs of this edition left, and what the edition before did."""
    if own is not None and any(own.goes_on(chain) for chain in chains(active)):
        return own
    return other or own
