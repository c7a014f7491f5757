"""The last reports of every target, laid so that a batch touches those of its own targets only."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nofly.incidents.outside import Flight
from nofly.run.leaving.absences import joined_flights, rows_of

_LEAST_ROWS = 4096


class Tails:
    """Some reports of each target, by number, replaced together."""

    def __init__(self, target: NDArray[np.int32], flight: Flight) -> None:
        """``flight`` is what is known to begin with, by target and time; ``target`` whose each row is."""
        self._first = np.zeros(0, np.int64)
        self._count = np.zeros(0, np.int64)
        self._room = rows_of(flight, slice(0, 0))
        """The rows one after the other, those that were replaced too, and room for more."""
        self._used, self._live = 0, 0
        self.put(target, flight)

    def of(self, targets: NDArray[np.int32]) -> tuple[NDArray[np.int32], Flight]:
        """Return whose each row is, and the rows, of some targets in the order given, each given once."""
        known = targets[targets < len(self._count)]
        count = self._count[known]
        first = self._first[known] - (np.cumsum(count) - count)
        rows = np.repeat(first, count) + np.arange(int(count.sum()))
        return np.repeat(known, count), rows_of(self._room, rows)

    def all(self) -> tuple[NDArray[np.int32], Flight]:
        """Return whose each row is, and the rows, by target."""
        return self.of(np.arange(len(self._count), dtype=np.int32))

    def put(self, target: NDArray[np.int32], flight: Flight) -> None:
        """Take rows, by target, in place of all that were known of these targets."""
        if not len(target):
            return
        self._make_room(int(target[-1]) + 1, len(target))
        for name in Flight.__slots__:
            getattr(self._room, name)[..., self._used : self._used + len(target)] = getattr(flight, name)
        first = np.flatnonzero(np.append(True, target[1:] != target[:-1]))
        who = target[first]
        self._live += len(target) - int(self._count[who].sum())
        self._first[who], self._count[who] = self._used + first, np.diff(first, append=len(target))
        self._used += len(target)

    def _make_room(self, targets: int, more: int) -> None:
        """Make room for targets, and for more rows: where most are replaced ones, in place of these."""
        if targets > len(self._count):
            none = np.zeros(max(targets - len(self._count), len(self._count) // 2), np.int64)
            self._first, self._count = np.append(self._first, none), np.append(self._count, none)
        if self._used + more <= len(self._room.time_us):
            return
        _, live = self.all()
        self._first, self._used = np.cumsum(self._count) - self._count, self._live
        self._room = joined_flights([live, _blank(live, max(self._live, _LEAST_ROWS) + more)])


def _blank(like: Flight, count: int) -> Flight:
    """Return room for so many reports."""
    columns = (getattr(like, name) for name in Flight.__slots__)
    return Flight(*(np.zeros((*column.shape[:-1], count), column.dtype) for column in columns))
