"""Stays as they end: from the visits of a stream that goes on, the stays to which nothing can be added.

A stay is to the last bit a recorded check's (:func:`nofly.incidents.stays.merge`), however the stream is cut.
It is held back until its target was heard after it, as a neighbouring part may continue it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from nofly.incidents.single_visits import single_stays
from nofly.incidents.stays import TOUCH_US, Stay, merge
from nofly.kernel.detect import Changes, no_changes
from nofly.kernel.visits import Visits, joined_visits, no_visits
from nofly.zones.compiled import CompiledZones

_NUMBERS = ("entry", "exit", "first_in", "last_in")
_LEAST_CHANGES = 4096
_FEW = 16
"""Stays made one by one; more are made faster in columns."""
_NONE_OVER = np.zeros(0, np.bool_)


class OpenVisits(Protocol):
    """The visits that have not ended."""

    @property
    def open(self) -> Visits:
        """All of them."""

    def open_of(self, targets: NDArray[np.int64]) -> Visits:
        """Return those of some targets."""


class OpenStays:
    """The visits that ended and the changes that they and the open ones refer to."""

    def __init__(self, zones: CompiledZones) -> None:
        self._zones = zones
        count = np.bincount(zones.part_zone, minlength=len(zones.zones))
        self._touch_us = np.where(count > 1, TOUCH_US, 0).astype(np.int64)
        self._changes = _Log()
        self._known = 0
        self._kept = 0
        """So many changes were left when those that nothing refers to were dropped."""
        self._ended = self._nothing = no_visits()

    def step(
        self, changes: Changes, ended: Visits, visits: OpenVisits, heard_us: NDArray[np.int64],
        lost: NDArray[np.int32],
    ) -> Sequence[Stay]:  # fmt: skip
        """Take the changes and the visits that ended; return the stays that are over, by time of entry, then
        target and zone.

        ``heard_us`` is the time of each target's last report, by its number; ``lost`` are targets that will
        not be heard within the greatest gap.
        """
        if len(changes):
            self._changes.append(changes, self._known + np.arange(len(changes)))
            self._known += len(changes)
        if len(ended):
            self._ended = joined_visits([self._ended, ended]) if len(self._ended) else ended
        over = self._over(visits, heard_us, lost) if len(self._ended) else _NONE_OVER
        if over.all():
            done, self._ended = self._ended, self._nothing
        else:
            done, self._ended = _rows(self._ended, over), _rows(self._ended, ~over)
        found = self._stays_of(done) if len(done) else ()
        if len(self._changes) > 2 * self._kept + _LEAST_CHANGES:
            self._forget(visits.open)
        return found

    def save(self) -> dict[str, NDArray[Any]]:
        """Return the state as named arrays."""
        changes = self._changes
        return {
            **{f"change.{name}": getattr(changes.view, name) for name in Changes.__slots__},
            **{f"visit.{name}": getattr(self._ended, name) for name in Visits.__slots__},
            "number": changes.number, "known": np.array([self._known]),
        }  # fmt: skip

    def load(self, state: dict[str, NDArray[Any]]) -> None:
        """Take up a state that :meth:`save` returned, for the same zones."""
        self._changes = _Log()
        self._changes.append(
            Changes(*(state[f"change.{name}"] for name in Changes.__slots__)), state["number"]
        )
        self._ended = Visits(*(state[f"visit.{name}"] for name in Visits.__slots__))
        self._known, self._kept = int(state["known"][0]), len(self._changes)

    def _over(
        self, visits: OpenVisits, heard_us: NDArray[np.int64], lost: NDArray[np.int32]
    ) -> NDArray[np.bool_]:
        """Return which of the visits that ended belong to a stay that is over."""
        ended = self._ended
        exits_us = self._changes.view.time_us[self._row(ended.exit)].tolist()
        keys, targets = self._key(ended).tolist(), ended.target.tolist()
        last_us = dict(zip(keys, exits_us, strict=True))
        for key, exit_us in zip(keys, exits_us, strict=True):
            last_us[key] = max(last_us[key], exit_us)
        touch_us = self._touch_us[self._zones.part_zone[ended.part]].tolist()
        until_us = [last_us[key] + touch for key, touch in zip(keys, touch_us, strict=True)]
        over: NDArray[np.bool_] = heard_us[ended.target] > np.array(until_us)
        if len(lost):
            gone = {*lost.tolist()}
            over |= [target in gone for target in targets]
        going = {*self._key(visits.open_of(ended.target)).tolist()}
        if going:
            over &= [key not in going for key in keys]
        return over

    def _stays_of(self, visits: Visits) -> Sequence[Stay]:
        changes, visits = self._changes.view, self._renumbered(visits)
        if len(visits) <= _FEW and len({*self._key(visits).tolist()}) == len(visits):
            return single_stays(self._zones, changes, visits)
        return merge(self._zones, changes, visits)

    def _key(self, visits: Visits) -> NDArray[np.int64]:
        return visits.target * len(self._zones.zones) + self._zones.part_zone[visits.part]

    def _row(self, number: NDArray[np.int64]) -> NDArray[np.int64]:
        return self._changes.number.searchsorted(number)

    def _renumbered(self, visits: Visits) -> Visits:
        """Return the visits with their changes by row."""
        numbers = np.array([getattr(visits, name) for name in _NUMBERS])
        entry, exit_, first_in, last_in = np.where(numbers >= 0, self._row(numbers), -1)
        return Visits(visits.target, visits.part, entry, exit_, first_in, last_in, visits.sums)

    def _forget(self, still_open: Visits) -> None:
        """Drop the changes that nothing refers to any more."""
        named = [getattr(self._ended, name) for name in _NUMBERS]
        named += [getattr(still_open, name) for name in ("entry", "first_in", "last_in")]
        self._changes.keep(np.isin(self._changes.number, np.concatenate(named)))
        self._kept = len(self._changes)


class _Log:
    """Changes with their numbers, in room for more."""

    def __init__(self) -> None:
        self._count = 0
        self._number = np.zeros(0, np.int64)
        self._columns = [np.zeros(0, column.dtype) for column in _columns(no_changes())]

    def __len__(self) -> int:
        return self._count

    @property
    def number(self) -> NDArray[np.int64]:
        return self._number[: self._count]

    @property
    def view(self) -> Changes:
        return Changes(*(column[: self._count] for column in self._columns))

    def append(self, changes: Changes, number: NDArray[np.int64]) -> None:
        first, self._count = self._count, self._count + len(number)
        if self._count > len(self._number):
            more = np.zeros(max(self._count, 2 * first) - len(self._number), np.int64)
            self._number = np.concatenate([self._number, more])
            self._columns = [np.concatenate([c, more.astype(c.dtype)]) for c in self._columns]
        self._number[first : self._count] = number
        for column, new in zip(self._columns, _columns(changes), strict=True):
            column[first : self._count] = new

    def keep(self, rows: NDArray[np.bool_]) -> None:
        """Drop the other rows, and the room that is too much then."""
        self._columns = [column[rows] for column in _columns(self.view)]
        self._number = self.number[rows]
        self._count = len(self._number)


def _columns(changes: Changes) -> list[NDArray[Any]]:
    return [getattr(changes, name) for name in Changes.__slots__]


def _rows(visits: Visits, rows: Any) -> Visits:
    return Visits(*(getattr(visits, name)[rows] for name in Visits.__slots__))
