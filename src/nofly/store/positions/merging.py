"""Sorted streams of positions to one, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from nofly.schema import Positions, concatenate
from nofly.store.positions.layout import in_order


def merged(streams: Sequence[Iterator[Positions]]) -> Iterator[Positions]:
    """Yield the rows of streams that are each sorted by target and time, sorted so as a whole.

    Of every stream one batch is held.
    """
    waiting = list(streams)
    heads: list[Positions | None] = [None] * len(waiting)
    while True:
        for k, stream in enumerate(waiting):
            while (head := heads[k]) is None or not len(head):
                heads[k] = following = next(stream, None)
                if following is None:
                    break
        present = [head for head in heads if head is not None]
        if not present:
            return
        # Nothing that is still to come of a stream is before the last row that is held of it.
        bound = min(_key(head, len(head) - 1) for head in present)
        taken = []
        for k, head in enumerate(heads):
            if head is not None:
                rows = _rows_to(head, bound)
                taken.append(head.take(slice(0, rows)))
                heads[k] = head.take(slice(rows, None))
        whole = concatenate(taken)
        yield whole.take(in_order(whole.time_us, whole.target))


def _key(positions: Positions, row: int) -> tuple[str, int]:
    return positions.target.values[positions.target.codes[row]], int(positions.time_us[row])


def _rows_to(positions: Positions, bound: tuple[str, int]) -> int:
    """Return how many rows are not after ``bound``."""
    target, time_us = bound
    before = np.array([value < target for value in positions.target.values], bool)
    same = np.array([value == target for value in positions.target.values], bool)
    codes = positions.target.codes
    return int((before[codes] | (same[codes] & (positions.time_us <= time_us))).sum())
