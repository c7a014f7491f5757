"""The open visits of many targets, kept so that a batch touches those of its own targets only."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nofly.kernel.detect import Changes, Reports
from nofly.kernel.visits import SUMS, Quality, VisitBook, Visits
from nofly.zones.compiled import CompiledZones

_NUMBERS = ("target", "part", "entry", "exit", "first_in", "last_in")
_TARGET, _STATE, _PLACE, _NEXT = 0, len(_NUMBERS), len(_NUMBERS) + 1, len(_NUMBERS) + 2
_NONE = -1
_NEVER_US = np.iinfo(np.int64).min // 2
_LATER_US = np.iinfo(np.int64).max


class VisitShelf:
    """A :class:`~nofly.kernel.visits.VisitBook` for live traffic: for each batch it is given the open visits
    of the targets that the batch is about. The others lie in slots meanwhile, those of one target chained."""

    def __init__(self, zones: CompiledZones) -> None:
        self._book = VisitBook(zones)
        self._head = np.zeros(0, np.int64)
        """Each target's first slot, -1 where it has none."""
        self._slot = np.zeros((0, _NEXT + 1), np.int64)
        """Of each slot the numbers of the visit, its state, the place of its path, and the next slot of its
        target, which is -1 where the slot is free."""
        self._sums = np.zeros((0, len(SUMS)))
        self._free = np.zeros(0, np.int64)
        self._heard_from_us = _NEVER_US
        """No target with an open visit was heard last before."""

    def step(
        self, changes: Changes, reports: Reports, quality: Quality, zone_active: Any, active: Any
    ) -> None:
        """Take the changes that the detector found in a batch, and the batch."""
        self._put_up(np.concatenate([reports.target, changes.target]))
        self._book.step(changes, reports, quality, zone_active, active)
        self._put_away()
        self._heard_from_us = min(self._heard_from_us, int(reports.time_us.min(initial=_LATER_US)))

    def lose(self, changes: Changes) -> None:
        """Take changes that came with no batch: those of targets that were lost."""
        self._put_up(changes.target)
        self._book.lose(changes)
        self._put_away()

    def take(self) -> tuple[Changes, Visits]:
        """Return the changes, and the visits that ended, since they were taken last."""
        return self._book.take()

    @property
    def open(self) -> Visits:
        """The visits that have not ended; their ``exit`` means nothing."""
        return self._visits(np.flatnonzero(self._slot[:, _TARGET] != _NONE))

    def open_of(self, targets: NDArray[Any]) -> Visits:
        """Return the open visits of some targets."""
        return self._visits(self._slots(targets))

    def silent(self, heard_us: NDArray[np.int64], since_us: int) -> NDArray[np.int32]:
        """Return the targets with an open visit that were heard last before ``since_us``; ``heard_us`` is the
        time of each target's last report."""
        if since_us <= self._heard_from_us:
            return np.zeros(0, np.int32)
        inside = self._slot[self._slot[:, _TARGET] != _NONE, _TARGET]
        last_us = heard_us[inside]
        silent = last_us < since_us
        self._heard_from_us = int(last_us[~silent].min(initial=_LATER_US))
        return np.unique(inside[silent]).astype(np.int32)

    def save(self) -> dict[str, NDArray[Any]]:
        """Return the state as named arrays, by target and part, wherever they lay; what is to be taken is not
        in it."""
        self._put_up(np.flatnonzero(self._head != _NONE))
        state = self._book.save()
        self._put_away()
        order = np.lexsort((state["part"], state["target"]))
        return {name: array if name == "known" else array[order] for name, array in state.items()}

    def load(self, state: dict[str, NDArray[Any]]) -> None:
        """Take up a state that :meth:`save` returned, for the same zones."""
        self._book.load(state)
        self._head, self._slot = self._head[:0], self._slot[:0]
        self._sums, self._free = self._sums[:0], self._free[:0]
        self._heard_from_us = _NEVER_US
        self._put_away()

    def _visits(self, slots: NDArray[np.int64]) -> Visits:
        numbers = self._slot[slots]
        target, part, entry, exit_, first_in, last_in = numbers[:, : len(_NUMBERS)].T.copy()
        return Visits(target, part, entry, exit_, first_in, last_in, self._sums[slots])

    def _slots(self, targets: NDArray[Any]) -> NDArray[np.int64]:
        """Return the slots of some targets, each once."""
        head = self._head[targets[targets < len(self._head)]]
        at = np.unique(head[head != _NONE])
        found = [at]
        while len(at):
            at = self._slot[at, _NEXT]
            at = at[at != _NONE]
            found.append(at)
        return np.concatenate(found)

    def _put_up(self, targets: NDArray[Any]) -> None:
        """Give the book the visits of some targets."""
        slots = self._slots(targets)
        numbers = self._slot[slots]
        self._book.put(self._visits(slots), numbers[:, _STATE], numbers[:, _PLACE])
        self._head[numbers[:, _TARGET]] = _NONE
        self._slot[slots, _TARGET] = _NONE
        self._free = np.concatenate([self._free, slots])

    def _put_away(self) -> None:
        """Take the visits back from the book."""
        visits, state, place = self._book.pull()
        order = np.argsort(visits.target, kind="stable")
        n, target = len(order), visits.target[order]
        self._make_room(n, int(target[-1]) + 1 if n else 0)
        slots, self._free = self._free[len(self._free) - n :], self._free[: len(self._free) - n]
        first = np.concatenate([[True], target[1:] != target[:-1]])[:n]
        follow = np.full(n, _NONE)
        follow[:-1] = np.where(first[1:], _NONE, slots[1:])
        columns = [getattr(visits, name)[order] for name in _NUMBERS]
        self._slot[slots] = np.column_stack([*columns, state[order], place[order], follow])
        self._sums[slots] = visits.sums[order]
        self._head[target[first]] = slots[first]

    def _make_room(self, visits: int, targets: int) -> None:
        have, more = len(self._slot), visits - len(self._free)
        if more > 0:
            more = max(more, have // 2)
            self._slot = np.concatenate([self._slot, np.full((more, self._slot.shape[1]), _NONE)])
            self._sums = np.concatenate([self._sums, np.zeros((more, len(SUMS)))])
            self._free = np.concatenate([self._free, np.arange(have, have + more)])
        more = targets - len(self._head)
        if more > 0:
            self._head = np.concatenate([self._head, np.full(max(more, len(self._head) // 2), _NONE)])
