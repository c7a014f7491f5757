"""Stays as they end: from the visits of a stream that goes on, the stays to which nothing can be added.

A stay is to the last bit a recorded check's (:func:`nofly.incidents.stays.merge`), however the stream is cut.
It is held back until its target was heard after it, as a neighbouring part may continue it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nofly.incidents.stays import TOUCH_US, Stays, merge
from nofly.kernel.detect import Changes, joined, no_changes
from nofly.kernel.visits import Visits, joined_visits, no_visits
from nofly.zones.compiled import CompiledZones

_NUMBERS = ("entry", "exit", "first_in", "last_in")


class OpenStays:
    """The visits that ended and the changes that they and the open ones refer to."""

    def __init__(self, zones: CompiledZones) -> None:
        self._zones = zones
        count = np.bincount(zones.part_zone, minlength=len(zones.zones))
        self._touch_us = np.where(count > 1, TOUCH_US, 0).astype(np.int64)
        self._changes = no_changes()
        self._number = np.zeros(0, np.int64)
        self._known = 0
        self._ended = no_visits()

    def step(
        self, changes: Changes, ended: Visits, still_open: Visits, heard_us: NDArray[np.int64],
        lost: NDArray[np.int32],
    ) -> Stays:  # fmt: skip
        """Take what a :class:`nofly.kernel.visits.VisitBook` gave; return the stays that are over, by time of
        entry, then target and zone.

        ``heard_us`` is the time of each target's last report, by its number; ``lost`` are targets that will
        not be heard within the greatest gap.
        """
        n = len(changes)
        if n:
            self._changes = joined([self._changes, changes])
            self._number = np.concatenate([self._number, self._known + np.arange(n)])
            self._known += n
        if len(ended):
            self._ended = joined_visits([self._ended, ended])
        over = self._over(still_open, heard_us, lost)
        found = merge(self._zones, self._changes, self._renumbered(_rows(self._ended, over)))
        if n or over.any():
            self._ended = _rows(self._ended, ~over)
            self._forget(still_open)
        return found

    def save(self) -> dict[str, NDArray[Any]]:
        """Return the state as named arrays."""
        return {
            **{f"change.{name}": getattr(self._changes, name) for name in Changes.__slots__},
            **{f"visit.{name}": getattr(self._ended, name) for name in Visits.__slots__},
            "number": self._number, "known": np.array([self._known]),
        }  # fmt: skip

    def load(self, state: dict[str, NDArray[Any]]) -> None:
        """Take up a state that :meth:`save` returned, for the same zones."""
        self._changes = Changes(*(state[f"change.{name}"] for name in Changes.__slots__))
        self._ended = Visits(*(state[f"visit.{name}"] for name in Visits.__slots__))
        self._number, self._known = state["number"], int(state["known"][0])

    def _over(
        self, still_open: Visits, heard_us: NDArray[np.int64], lost: NDArray[np.int32]
    ) -> NDArray[np.bool_]:
        """Return which of the visits that ended belong to a stay that is over."""
        ended = self._ended
        if not len(ended):
            return np.zeros(0, np.bool_)
        zone = self._zones.part_zone[ended.part].astype(np.int64)
        key = self._key(ended)
        names, which = np.unique(key, return_inverse=True)
        last_us = np.full(len(names), np.iinfo(np.int64).min)
        np.maximum.at(last_us, which, self._changes.time_us[self._row(ended.exit)])
        later = heard_us[ended.target] > last_us[which] + self._touch_us[zone]
        over: NDArray[np.bool_] = (later | np.isin(ended.target, lost)) & ~np.isin(key, self._key(still_open))
        return over

    def _key(self, visits: Visits) -> NDArray[np.int64]:
        return visits.target * len(self._zones.zones) + self._zones.part_zone[visits.part]

    def _row(self, number: NDArray[np.int64]) -> NDArray[np.int64]:
        return np.searchsorted(self._number, number)

    def _renumbered(self, visits: Visits) -> Visits:
        """Return the visits with their changes by row."""
        given = {name: getattr(visits, name) for name in Visits.__slots__}
        for name in _NUMBERS:
            given[name] = np.where(given[name] >= 0, self._row(given[name]), -1)
        return Visits(**given)

    def _forget(self, still_open: Visits) -> None:
        """Drop the changes that nothing refers to any more."""
        named = [getattr(self._ended, name) for name in _NUMBERS]
        named += [getattr(still_open, name) for name in ("entry", "first_in", "last_in")]
        keep = np.isin(self._number, np.concatenate(named))
        self._number = self._number[keep]
        self._changes = Changes(*(getattr(self._changes, name)[keep] for name in Changes.__slots__))


def _rows(visits: Visits, rows: Any) -> Visits:
    return Visits(*(getattr(visits, name)[rows] for name in Visits.__slots__))
