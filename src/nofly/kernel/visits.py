"""Visits: from the change by which a target ceases to be outside a part to the one by which it is outside
again.

A visit may hold several changes between inside and undetermined. While it lasts, the reports in it are
measured: depth, margins, the longest gap, and whether one of them lies inside beyond its own error.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nofly.kernel.depth_scan import Measure
from nofly.kernel.detect import Changes, Reports, State, Why, joined, no_changes
from nofly.kernel.target_scan import rows_of, take_rows
from nofly.units import US_PER_S
from nofly.zones.compiled import CompiledZones
from nofly.zones.shape import shapes

_FOUND = int(Why.FOUND)
FOREVER_US = np.iinfo(np.int64).max

SUMS = (
    "depth_m",
    "deepest_lat_deg",
    "deepest_lon_deg",
    "deepest_err_m",
    "points",
    "lower_margin_m",
    "upper_margin_m",
    "last_report_us",
    "longest_gap_us",
    "last_err_m",
    "first_err_m",
    "measured",
    "weak",
    "confirmed",
    "on_ground",
    "last_height_err_m",
    "first_height_err_m",
)
"""The columns of a visit's sums. Depth and margins are -inf, first error -1 where there is none. Errors of
heights are on the datum of the floor, or of the ceiling where there is no floor."""
PATH = (17, 6)
"""What is kept of a visit's path until it is clear where it may be deepest: ``points`` points, each latitude,
longitude, position error, the way from the point before at most, the depth or an upper bound of it, and the
nearest piece of the part's boundary, -1 where not measured."""


@dataclass(frozen=True, slots=True)
class Quality:
    """What the measuring reads of a batch beside the reports themselves.

    ``pos_err_m`` (n) and ``height_err_m`` (height rows, n) are 95 %, inf where not known; ``weak`` (int8)
    marks reports that confirm nothing, ``on_ground`` (int8) those on the ground; ``time_err_s`` is the 95 %
    error of the reports' times.
    """

    pos_err_m: NDArray[np.float64]
    height_err_m: NDArray[np.float64]
    weak: NDArray[np.int8]
    on_ground: NDArray[np.int8]
    time_err_s: float = 1.0


@dataclass(frozen=True, slots=True)
class Visits:
    """Finished visits, n of them. The changes are numbered in the order the detector found them.

    ``entry`` and ``exit`` are the numbers of the changes that begin and end a visit, ``first_in`` of the
    first change to inside and ``last_in`` of the last change from inside; both -1 where it was never
    determined to be inside. ``sums`` is (n, len(SUMS)).
    """

    target: NDArray[np.int64]
    part: NDArray[np.int64]
    entry: NDArray[np.int64]
    exit: NDArray[np.int64]
    first_in: NDArray[np.int64]
    last_in: NDArray[np.int64]
    sums: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.target)

    def sum(self, name: str) -> NDArray[np.float64]:
        """Return one column of the sums."""
        return self.sums[:, SUMS.index(name)]


class VisitBook:
    """Pairs changes into visits, batch by batch, and measures them."""

    def __init__(self, zones: CompiledZones, part_shapes: PartShapes | None = None) -> None:
        self._zones = zones
        self._measure = Measure(zones.limits)
        self._shapes = part_shapes or PartShapes(zones)
        self._held = -1
        self._open = no_visits()
        self._paths = np.empty((0, *PATH))
        self._place = np.zeros(0, np.int64)
        self._free = np.zeros(0, np.int64)
        self._known = 0
        self._state = np.zeros(0, np.int64)
        self._changes: list[Changes] = []
        self._done: list[Visits] = []

    def step(
        self, changes: Changes, reports: Reports, quality: Quality, zone_active: Any, active: Any
    ) -> None:
        """Take the changes that the detector found in a batch, and the batch."""
        if len(changes) == 0 and len(self._open) == 0:
            return
        book, closed, times, fresh = self._pair(changes)
        self._held = self._shapes.ensure(book.part, self._measure, self._held)
        whole = at_ends(changes, slice(None))
        self._make_room(len(book) - fresh)
        self._begin(book, fresh, whole)
        span = np.column_stack([times, np.full(len(book), FOREVER_US)])
        span[closed, 1] = changes.time_us[book.exit[closed] - self._known]
        if len(reports.time_us):
            order, offset, who = _by_target(reports.target, book.target)
            self._measure.follow(
                book.sums, self._paths, self._place, who, book.part, span, order, offset, reports.time_us,
                reports.lat_deg, reports.lon_deg, reports.low_m, reports.high_m, quality.height_err_m,
                quality.pos_err_m, quality.weak, quality.on_ground, zone_active, active,
                self._zones.part_zone, quality.time_err_s * US_PER_S,
            )  # fmt: skip
        self._end(book, closed, whole)
        self._keep(book, closed, changes)

    def lose(self, changes: Changes) -> None:
        """Take changes that came with no batch: those of targets that were lost."""
        none = np.zeros(0)
        rows = len(self._zones.datums)
        empty = Reports(none.astype(np.int32), none.astype(np.int64), none, none, np.zeros((rows, 0)),
                        np.zeros((rows, 0)))  # fmt: skip
        nothing = none.astype(np.int8)
        self.step(changes, empty, Quality(none, np.zeros((rows, 0)), nothing, nothing), None, None)

    def finish(self, changes: Changes) -> tuple[Changes, Visits]:
        """Take the detector's last changes; return all changes and all visits not yet taken."""
        self.lose(changes)
        return self.take()

    def take(self) -> tuple[Changes, Visits]:
        """Return the changes, and the visits that ended, since they were taken last."""
        changes, done = self._changes, self._done
        self._changes, self._done = [], []
        return (joined(changes) if changes else no_changes()), joined_visits(done)

    @property
    def open(self) -> Visits:
        """The visits that have not ended; their ``exit`` means nothing."""
        return self._open

    def save(self) -> dict[str, NDArray[Any]]:
        """Return the state as named arrays; what is to be taken is not in it."""
        kept = {name: getattr(self._open, name) for name in Visits.__slots__}
        return {
            **kept, "path": self._paths[self._place], "state": self._state, "known": np.array([self._known])
        }  # fmt: skip

    def load(self, state: dict[str, NDArray[Any]]) -> None:
        """Take up a state that :meth:`save` returned, for the same zones."""
        self._open = Visits(*(state[name] for name in Visits.__slots__))
        self._state, self._known = state["state"], int(state["known"][0])
        self._paths = np.ascontiguousarray(state["path"])
        self._place, self._free = np.arange(len(self._paths)), np.zeros(0, np.int64)

    def _make_room(self, more: int) -> None:
        """Give so many new visits places for their paths; those of the open ones stay where they are."""
        if len(self._free) < more:
            have = len(self._paths)
            room = np.empty((2 * have + more, *PATH))
            room[:have] = self._paths
            self._paths = room
            self._free = np.concatenate([self._free, np.arange(have, len(room))])
        self._place = np.concatenate([self._place, self._free[len(self._free) - more :]])
        self._free = self._free[: len(self._free) - more]

    def _pair(self, changes: Changes) -> tuple[Visits, NDArray[Any], NDArray[Any], int]:
        """Return the visits of this batch (those open before it first), which of them it closes, their entry
        times and the number of the first new one."""
        carried = len(self._open)
        n = len(changes)
        target = np.concatenate([self._open.target, changes.target])
        part = np.concatenate([self._open.part, changes.part])
        after = np.concatenate([self._state, changes.after])
        before = np.concatenate([np.zeros(carried, np.int64), changes.before])
        number = np.concatenate([np.full(carried, -1), self._known + np.arange(n)])
        order = np.lexsort((part, target))
        begins = before[order] == State.OUTSIDE
        first = np.flatnonzero(begins)
        last = np.append(first[1:], carried + n) - 1
        old = order[first] < carried
        place = np.empty(len(first), np.int64)
        place[old] = order[first[old]]
        place[~old] = carried + np.arange(int((~old).sum()))
        back = np.argsort(place)
        first, last = first[back], last[back]
        inside = np.where((after == State.INSIDE) & (number >= 0), number, FOREVER_US)[order]
        left = np.where((before == State.INSIDE) & (number >= 0), number, -1)[order]
        starts = np.flatnonzero(begins)
        first_in = np.minimum.reduceat(inside, starts)[back] if len(starts) else np.zeros(0, np.int64)
        last_in = np.maximum.reduceat(left, starts)[back] if len(starts) else np.zeros(0, np.int64)
        first_in = np.where(first_in == FOREVER_US, -1, first_in)
        entry = number[order][first]
        had = np.arange(len(first)) < carried
        entry[had] = self._open.entry
        known_in = had.copy()
        known_in[had] = self._open.first_in >= 0
        first_in[known_in] = self._open.first_in[self._open.first_in >= 0]
        last_in[had] = np.maximum(last_in[had], self._open.last_in)
        final = order[last]
        closed = np.flatnonzero(after[final] == State.OUTSIDE)
        sums = np.zeros((len(first), len(SUMS)))
        sums[:carried] = self._open.sums
        times = np.full(len(first), -FOREVER_US)
        begun = entry[carried:] - self._known
        # At the report that begins the segment it was still outside: that one is not of the visit, and may
        # have come with the batch before.
        after_since = (changes.time_us[begun] == changes.since_us[begun]) & (changes.why[begun] != Why.FOUND)
        times[carried:] = changes.time_us[begun] + after_since
        self._state = after[final]
        return (
            Visits(target[order][first], part[order][first], entry, number[final], first_in, last_in, sums),
            closed, times, carried,
        )  # fmt: skip

    def _begin(self, book: Visits, fresh: int, whole: Any) -> None:
        """Set the sums of new visits at their entry."""
        at = book.entry[fresh:] - self._known
        place, heights = np.zeros((len(book), 2)), np.zeros((len(book), 2))
        since = np.zeros(len(book))
        place[fresh:], heights[fresh:], since[fresh:] = whole[0][at], whole[1][at], whole[2][at]
        self._measure.begin(book.sums, self._paths, self._place, fresh, book.part, place, heights, since)

    def _end(self, book: Visits, closed: Any, whole: Any) -> None:
        at = book.exit[closed] - self._known
        self._measure.end(
            book.sums, self._paths, self._place, closed, np.ascontiguousarray(book.part[closed]),
            whole[0][at], whole[1][at], whole[3][at],
        )  # fmt: skip

    def _keep(self, book: Visits, closed: Any, changes: Changes) -> None:
        going = np.ones(len(book), bool)
        going[closed] = False
        self._done.append(_rows(book, closed))
        self._open = _rows(book, np.flatnonzero(going))
        self._free = np.concatenate([self._free, self._place[closed]])
        self._place = self._place[going]
        self._state = self._state[going]
        self._known += len(changes)
        if len(changes):
            self._changes.append(changes)


class PartShapes:
    """Shapes of the parts that were visited, made when first needed; several books may share them."""

    def __init__(self, zones: CompiledZones) -> None:
        self._zones = zones
        self._index = np.zeros((len(zones.part_zone), 4), np.int32)
        self._radius = np.full(len(zones.part_zone), np.nan)
        self._pieces, self._blocks, self._wide = _Rows(6), _Rows(4), _Rows(4)

    def ensure(self, parts: NDArray[np.int64], measure: Measure, held: int) -> int:
        """See that a measure holds the shapes of the parts; ``held`` is how many pieces it holds, -1 to begin
        with. Return how many it holds now. Two threads may not do this at once."""
        missing = parts[self._index[parts, 1] == 0]
        if len(missing):
            wanted = sorted({*missing.tolist()})
            missing, made = np.array(wanted), shapes(self._zones, wanted)
            n, m = self._pieces.append(made.pieces), self._blocks.append(made.block)
            self._wide.append(made.wide)
            self._radius[missing] = made.radius_m
            self._index[missing] = made.index + (n, n, m, m)
        if held < self._pieces.count:
            measure.hold_shapes(
                self._pieces.room, self._blocks.room, self._wide.room, self._index, self._radius
            )
        return self._pieces.count


class _Rows:
    """Rows put one after the other into room for more."""

    def __init__(self, width: int) -> None:
        self.room = np.zeros((0, width))
        self.count = 0

    def append(self, rows: NDArray[np.float64]) -> int:
        """Add rows and return the number of the first. The room is another one where it was too small; what
        was in the old one stays there."""
        first, self.count = self.count, self.count + len(rows)
        if self.count > len(self.room):
            room = np.empty((max(self.count, 2 * len(self.room)), self.room.shape[1]))
            room[:first] = self.room[:first]
            self.room = room
        self.room[first : self.count] = rows
        return first


def joined_visits(found: list[Visits]) -> Visits:
    """Return visits, list by list, as one."""
    parts = found or [no_visits()]
    if len(parts) == 1:
        return parts[0]
    return Visits(*(np.concatenate([getattr(v, name) for v in parts]) for name in Visits.__slots__))


def no_visits() -> Visits:
    """Return no visits."""
    none = np.zeros(0, np.int64)
    return Visits(none, none, none, none, none, none, np.zeros((0, len(SUMS))))


def _rows(visits: Visits, rows: Any) -> Visits:
    return Visits(*(getattr(visits, name)[rows] for name in Visits.__slots__))


def at_ends(changes: Changes, rows: Any) -> tuple[Any, Any, Any, Any]:
    """Return of some changes the places (n, 2), the heights on the two limits (n, 2), and from and until when
    reports are missing where a visit begins or ends with them."""
    why, time_us, since_us = changes.why[rows], changes.time_us[rows], changes.since_us[rows]
    place, height = np.empty((2, len(why), 2))
    place[:, 0], place[:, 1] = changes.lat_deg[rows], changes.lon_deg[rows]
    height[:, 0], height[:, 1] = changes.floor_height_m[rows], changes.ceiling_height_m[rows]
    return (
        place,
        height,
        np.where(why == _FOUND, time_us, since_us).astype(float),
        changes.until_us[rows].astype(float),
    )


def _by_target(
    target: NDArray[np.int32], wanted: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return the rows of the wanted targets by target, in order within each; where each target's begin, and
    the end; and for each of ``wanted`` (repeated at will) its number among those targets."""
    targets = max(int(target.max()), int(wanted.max())) + 1
    number = np.full(targets, -1, np.int32)
    number[wanted] = 0
    named = np.flatnonzero(number == 0)
    number[named] = np.arange(len(named), dtype=np.int32)
    rows, offset = rows_by_number(target, number, len(named))
    return rows, offset, number[wanted].astype(np.int64)


def rows_by_number(
    target: NDArray[np.int32], number: NDArray[np.int32], count: int, room: NDArray[np.int64] | None = None
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the rows of the targets that have a number below ``count`` (else -1), by number, in order within
    each, and where each number's begin, and the end. The rows are written into ``room``, if given: as many
    as ``target`` has at least."""
    offset, rows = np.zeros(count + 2, np.int64), np.empty(len(target), np.int64) if room is None else room
    rows_of(target, number, offset, rows)
    return rows[: offset[-2]], offset[:-1]


def taken(column: NDArray[Any], rows: NDArray[np.int64]) -> NDArray[Any]:
    """Return the rows of a column, by number, in the order given; rows are not checked."""
    if column.itemsize != 8 or not column.flags.c_contiguous:
        return column.take(rows)
    out = np.empty(len(rows), column.dtype)
    take_rows(rows, column.view(np.int64), out.view(np.int64))
    return out


def stable_order(numbers: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return the rows by number, in order within each. Numbers are not negative; NumPy sorts 16 bits at a
    time several times faster than 32."""
    order = np.argsort(numbers.astype(np.uint16), kind="stable")
    if len(numbers) and numbers.max() >= 1 << 16:
        order = order[np.argsort((numbers[order] >> 16).astype(np.uint16), kind="stable")]
    return order
