"""Bounds the height of a report without one by the last height before it and how fast anything climbs.

Looks back only, so that what is said live and what is said of the record is the same.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from nofly.units import US_PER_S

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

MAX_VRATE_MPS = 100.0
"""About 20,000 ft/min: more than an airliner's emergency descent, less than a fighter's zoom climb."""
MAX_GAP_US = 120 * US_PER_S
NEVER_US = np.iinfo(np.int64).min


Put = Callable[["NDArray[np.int32]", "NDArray[np.int64]", "Floats", "Floats", "Floats"], None]
"""See :func:`put_rows`."""


def put_rows(
    codes: NDArray[np.int32], time_us: NDArray[np.int64], lo_m: Floats, hi_m: Floats, table: Floats
) -> None:
    """Write times and intervals into the rows of a carry's table: of several rows of one target the last
    stays."""
    rows = np.empty((len(codes), table.shape[1]))
    rows.view(np.int64)[:, 0], rows[:, 1], rows[:, 2] = time_us, lo_m, hi_m
    table[codes] = rows


class Carry:
    """The last known interval of each target, by target code; copied and compared as arrays.

    The arrays are columns of one table: what is known of a target lies together in memory.
    """

    __slots__ = ("hi_m", "lo_m", "table", "time_us")

    def __init__(self, time_us: NDArray[np.int64], lo_m: Floats, hi_m: Floats) -> None:
        self.table = table = np.empty((len(time_us), 4))
        self.time_us, self.lo_m, self.hi_m = table.view(np.int64)[:, 0], table[:, 1], table[:, 2]
        self.time_us[:], self.lo_m[:], self.hi_m[:] = time_us, lo_m, hi_m

    @classmethod
    def empty(cls, targets: int) -> Carry:
        """Return a carry in which nothing is known of any target."""
        return cls(np.full(targets, NEVER_US, np.int64), np.full(targets, -np.inf), np.full(targets, np.inf))

    def grown(self, targets: int) -> Carry:
        """Return the carry with room for so many targets, itself where it has it."""
        more = targets - len(self.time_us)
        if more <= 0:
            return self
        new = Carry.empty(more)
        return Carry(
            np.concatenate([self.time_us, new.time_us]),
            np.concatenate([self.lo_m, new.lo_m]),
            np.concatenate([self.hi_m, new.hi_m]),
        )


def bridge(
    lo: Floats,
    hi: Floats,
    err_m: Floats | float,
    target_codes: NDArray[np.int32],
    time_us: NDArray[np.int64],
    carry: Carry,
    max_vrate_mps: float = MAX_VRATE_MPS,
    max_gap_us: int = MAX_GAP_US,
    put: Put = put_rows,
) -> tuple[Floats, Floats, Carry]:
    """Return lo, hi and the carry, which is brought up to date in place; rows of one target are in order of
    time.

    A row whose interval is open gets its part within [last lo − err − v·dt, last hi + err + v·dt], where
    *last* is the last row of its target whose own interval is closed, no longer than ``max_gap_us`` before. A
    bridged row is never the last known one, so that however the rows are cut into batches the answer is the
    same. Where no row is open, ``lo`` and ``hi`` come back themselves; they are not changed. ``put`` is
    :func:`put_rows`, or does the same.
    """
    if lo is hi and np.isfinite(lo.sum()):
        # One cheap pass says that every height is known: the rule, and then there is nothing to bridge.
        # Of neighbouring rows of one target only the last can be its latest.
        ends = np.flatnonzero(target_codes[1:] != target_codes[:-1])
        rows = slice(None) if len(ends) >= len(lo) - 1 else np.append(ends, len(lo) - 1)
        return lo, hi, _carried(carry, rows, lo, hi, err_m, target_codes, time_us, put)
    known = np.isfinite(lo) & np.isfinite(hi)
    open_rows = np.flatnonzero(~known)
    if len(open_rows):
        last = _last_known(known, open_rows, target_codes, len(carry.time_us))
        codes = target_codes[open_rows]
        errs = np.broadcast_to(err_m, len(lo))[last]
        here = last >= 0
        since = np.where(here, time_us[last], carry.time_us[codes])
        floor = np.where(here, lo[last] - errs, carry.lo_m[codes])
        ceiling = np.where(here, hi[last] + errs, carry.hi_m[codes])
        told = since != NEVER_US
        gap_us = np.where(told, time_us[open_rows] - np.where(told, since, 0), -1)
        reach = gap_us * (max_vrate_mps / US_PER_S)
        use = (gap_us >= 0) & (gap_us <= max_gap_us)
        low, high = np.maximum(lo[open_rows], floor - reach), np.minimum(hi[open_rows], ceiling + reach)
        use &= low <= high
        lo, hi = lo.copy(), hi.copy()
        lo[open_rows[use]], hi[open_rows[use]] = low[use], high[use]
    return lo, hi, _carried(carry, np.flatnonzero(known), lo, hi, err_m, target_codes, time_us, put)


def _carried(
    carry: Carry, rows: NDArray[np.int64] | slice, lo: Floats, hi: Floats, err_m: Floats | float,
    target_codes: NDArray[np.int32], time_us: NDArray[np.int64], put: Put,
) -> Carry:  # fmt: skip
    """Bring the carry up to the rows whose interval is known, and return it."""
    errs = np.broadcast_to(err_m, len(lo))[rows]
    put(target_codes[rows], time_us[rows], lo[rows] - errs, hi[rows] + errs, carry.table)
    return carry


def _last_known(
    known: NDArray[np.bool_], open_rows: NDArray[np.int64], codes: NDArray[np.int32], targets: int
) -> NDArray[np.int64]:
    """For each open row the last known row before it of its target, −1 where there is none in the batch."""
    concerned = np.zeros(targets, np.bool_)
    concerned[codes[open_rows]] = True
    rows = np.flatnonzero(concerned[codes])
    rows = rows[np.argsort(codes[rows], kind="stable")]
    group = codes[rows]
    at = np.where(known[rows], np.arange(len(rows)), -1)
    starts = np.flatnonzero(np.r_[True, group[1:] != group[:-1]])
    first = np.repeat(starts, np.diff(np.r_[starts, len(rows)]))
    at = np.maximum.accumulate(at)
    found = np.where(at >= first, rows[at], -1)
    last = np.empty(len(codes), np.int64)
    last[rows] = found
    return last[open_rows]
