"""The open visits of many targets, kept so that a batch touches those of its own targets only."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nofly.kernel.depth_scan import Measure, turn_visits, unchain
from nofly.kernel.detect import Changes, Reports, Why, joined, no_changes
from nofly.kernel.visits import (
    FOREVER_US,
    PATH,
    SUMS,
    PartShapes,
    Quality,
    Visits,
    at_ends,
    joined_visits,
    no_visits,
)
from nofly.units import US_PER_S
from nofly.zones.compiled import CompiledZones

_COLUMNS = ("target", "part", "state", "next", "from", "until", "entry", "exit", "first_in", "last_in")
"""Of a slot: whose visit it holds (-1: it is free) to which part, the state it is in, the next slot of its
target (-1: none), the span of time in which reports are of the visit, and the numbers of its changes."""
_TARGET, _PART, _STATE, _NEXT, _FROM, _UNTIL, *_NUMBERS = range(len(_COLUMNS))
_VISIT = [_TARGET, _PART, *_NUMBERS]
_NONE = -1
_NEVER_US = np.iinfo(np.int64).min // 2
_LATER_US = np.iinfo(np.int64).max


class VisitShelf:
    """A :class:`~nofly.kernel.visits.VisitBook` for live traffic: each visit lies in a slot while it is open,
    those of one target chained, and a batch goes through the chains of its own targets."""

    def __init__(self, zones: CompiledZones) -> None:
        self._zones = zones
        self._measure = Measure(zones.limits)
        self._shapes = PartShapes(zones)
        self._held = -1
        self._head = np.zeros(0, np.int64)
        """Each target's first slot, -1 where it has none."""
        self._slot = np.zeros((0, len(_COLUMNS)), np.int64)
        self._sums = np.zeros((0, len(SUMS)))
        self._paths = np.empty((0, *PATH))
        self._free = np.zeros(0, np.int64)
        self._room = np.empty(0, np.int64), np.empty(0, np.int64)
        self._known = 0
        self._changes: list[Changes] = []
        self._done: list[Visits] = []
        self._heard_from_us = _NEVER_US
        """No target with an open visit was heard last before."""

    def step(
        self, changes: Changes, reports: Reports, quality: Quality, zone_active: Any, active: Any
    ) -> None:
        """Take the changes that the detector found in a batch, and the batch."""
        closed = self._turn(changes)
        n = len(reports.time_us)
        if len(self._room[0]) < n:
            self._room = np.empty(n, np.int64), np.empty(n, np.int64)
        self._measure.follow_open(
            self._sums, self._paths, self._head, self._slot, self._room[0], self._room[1], reports.target,
            reports.time_us, reports.lat_deg, reports.lon_deg, reports.low_m, reports.high_m,
            quality.height_err_m, quality.pos_err_m, quality.weak, quality.on_ground, zone_active, active,
            self._zones.part_zone, quality.time_err_s * US_PER_S,
        )  # fmt: skip
        self._end(closed, changes)
        self._heard_from_us = min(self._heard_from_us, int(reports.time_us.min(initial=_LATER_US)))

    def lose(self, changes: Changes) -> None:
        """Take changes that came with no batch: those of targets that were lost."""
        self._end(self._turn(changes), changes)

    def take(self) -> tuple[Changes, Visits]:
        """Return the changes, and the visits that ended, since they were taken last."""
        changes, done = self._changes, self._done
        self._changes, self._done = [], []
        return (joined(changes) if changes else no_changes()), joined_visits(done)

    @property
    def open(self) -> Visits:
        """The visits that have not ended; their ``exit`` means nothing."""
        return self._visits(self._taken())

    def open_of(self, targets: NDArray[Any]) -> Visits:
        """Return the open visits of some targets."""
        head = self._head[targets[targets < len(self._head)]]
        at = head[head != _NONE]
        if not len(at):
            return no_visits()
        at = np.unique(at)
        found = [at]
        while len(at):
            at = self._slot[at, _NEXT]
            at = at[at != _NONE]
            found.append(at)
        return self._visits(np.concatenate(found))

    def silent(self, heard_us: NDArray[np.int64], since_us: int) -> NDArray[np.int32]:
        """Return the targets with an open visit that were heard last before ``since_us``; ``heard_us`` is the
        time of each target's last report."""
        if since_us <= self._heard_from_us:
            return np.zeros(0, np.int32)
        inside = self._slot[self._taken(), _TARGET]
        last_us = heard_us[inside]
        silent = last_us < since_us
        self._heard_from_us = int(last_us[~silent].min(initial=_LATER_US))
        return np.unique(inside[silent]).astype(np.int32)

    def save(self) -> dict[str, NDArray[Any]]:
        """Return the state as named arrays, by target and part, wherever they lay; what is to be taken is not
        in it."""
        taken = self._taken()
        slots = taken[np.lexsort((self._slot[taken, _PART], self._slot[taken, _TARGET]))]
        visits = self._visits(slots)
        return {
            **{name: getattr(visits, name) for name in Visits.__slots__},
            "path": self._paths[slots], "state": self._slot[slots, _STATE], "known": np.array([self._known]),
        }  # fmt: skip

    def load(self, state: dict[str, NDArray[Any]]) -> None:
        """Take up a state that :meth:`save` returned, for the same zones."""
        visits = Visits(*(state[name] for name in Visits.__slots__))
        n = len(visits)
        self._slot = np.full((n, len(_COLUMNS)), _NONE)
        self._slot[:, _VISIT] = np.column_stack([getattr(visits, name) for name in Visits.__slots__[:-1]])
        self._slot[:, _STATE] = state["state"]
        self._slot[:, _FROM], self._slot[:, _UNTIL] = -FOREVER_US, FOREVER_US
        self._slot[:-1, _NEXT] = np.where(visits.target[1:] == visits.target[:-1], np.arange(1, n), _NONE)
        self._head = np.full(int(visits.target.max(initial=-1)) + 1, _NONE)
        self._head[visits.target[::-1]] = np.arange(n)[::-1]
        self._sums, self._paths = visits.sums.copy(), np.ascontiguousarray(state["path"])
        self._free, self._known = np.zeros(0, np.int64), int(state["known"][0])
        self._held = self._shapes.ensure(visits.part, self._measure, -1)
        self._heard_from_us = _NEVER_US

    def _taken(self) -> NDArray[np.int64]:
        """Return the slots that hold a visit."""
        return np.flatnonzero(self._slot[:, _TARGET] != _NONE)

    def _visits(self, slots: NDArray[np.int64]) -> Visits:
        target, part, entry, exit_, first_in, last_in = self._slot[slots][:, _VISIT].T.copy()
        return Visits(target, part, entry, exit_, first_in, last_in, self._sums[slots])

    def _turn(self, changes: Changes) -> NDArray[np.int64]:
        """Begin the visits that changes begin; return the slots of those that they close."""
        n = len(changes)
        if not n:
            return np.zeros(0, np.int64)
        self._make_room(n, int(changes.target.max()) + 1)
        # At the report that begins the segment it was still outside: that one is not of the visit, and may
        # have come with the batch before.
        after_since = (changes.time_us == changes.since_us) & (changes.why != Why.FOUND)
        born, closed = np.empty((2, n), np.int64)
        begun, over = turn_visits(
            self._head, self._slot, self._free, changes.target, changes.part, changes.before, changes.after,
            changes.time_us, changes.time_us + after_since, self._known, born, closed,
        )  # fmt: skip
        self._begin(born[:begun], changes)
        self._free = self._free[: len(self._free) - begun]
        return closed[:over]

    def _begin(self, slots: NDArray[np.int64], changes: Changes) -> None:
        """Set the sums of new visits at their entry."""
        if not len(slots):
            return
        part, sums = self._slot[slots, _PART], np.zeros((len(slots), len(SUMS)))
        self._held = self._shapes.ensure(part, self._measure, self._held)
        place, heights, since_us, _ = at_ends(changes, self._slot[slots, _NUMBERS[0]] - self._known)
        self._measure.begin(sums, self._paths, slots, 0, part, place, heights, since_us)
        self._sums[slots] = sums

    def _end(self, slots: NDArray[np.int64], changes: Changes) -> None:
        """Bring the visits that changes close to their exit, and free their slots."""
        if len(slots):
            visits = self._visits(slots)
            place, heights, _, until_us = at_ends(changes, visits.exit - self._known)
            self._measure.end(
                visits.sums, self._paths, slots, np.arange(len(slots)), visits.part, place, heights, until_us,
            )  # fmt: skip
            unchain(self._head, self._slot, slots)
            self._free = np.concatenate([self._free, slots])
            self._done.append(visits)
        if len(changes):
            self._known += len(changes)
            self._changes.append(changes)

    def _make_room(self, visits: int, targets: int) -> None:
        have, more = len(self._slot), visits - len(self._free)
        if more > 0:
            more = max(more, have // 2)
            self._slot = np.concatenate([self._slot, np.full((more, len(_COLUMNS)), _NONE)])
            self._sums = np.concatenate([self._sums, np.zeros((more, len(SUMS)))])
            self._paths = np.concatenate([self._paths, np.empty((more, *PATH))])
            self._free = np.concatenate([self._free, np.arange(have, have + more)])
        more = targets - len(self._head)
        if more > 0:
            self._head = np.concatenate([self._head, np.full(max(more, len(self._head) // 2), _NONE)])
