"""What is remembered of those who are followed with respect to zones that must not be left, and how it is
kept, moved to other zones, and let go of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nofly.incidents.keepin import Bound, Held
from nofly.incidents.outside import Flight
from nofly.kernel import layout
from nofly.kernel.detect import Changes
from nofly.kernel.moving import GONE
from nofly.run.leaving.absences import joined_flights, rows_of
from nofly.schema import Positions

NEVER_US = np.iinfo(np.int64).min // 2
FOREVER_US = np.iinfo(np.int64).max // 2
HELD = dict[int, dict[int, Held]]
"""Target → zone → how it stood to it when its last run of reports ended."""
REPORTED = (
    "lat_deg", "lon_deg", "alt_std_m", "alt_hae_m", "alt_amsl_m", "alt_agl_m", "alt_err_m", "on_ground",
)  # fmt: skip
"""What is remembered of each target's last report."""
_HEIGHTS = ("low_m", "high_m", "height_err_m")
_UNKNOWN_M = (-np.inf, np.inf, np.inf)


@dataclass(slots=True)
class Bond:
    """How a target stands to a zone: what its runs before and this one leave (``held``, ``now``), and of this
    run, from ``since_us`` on where not from its beginning, how many absences are over, when the one that goes
    on began, and how much was told of that."""

    held: Held | None = None
    now: Held | None = None
    over: int = 0
    entry_us: int | None = None
    told: int = 0
    since_us: int | None = None


@dataclass(slots=True)
class Followed:
    """A target that is followed in its present run of reports. From ``next_us`` on absences may be others
    although nothing else changed."""

    since_us: int
    last_us: int
    rows: list[Flight]
    changes: Changes
    bonds: dict[int, Bond] = field(default_factory=dict)
    next_us: int = NEVER_US
    thinned: bool = False
    room: int = 0
    """With more changes it is looked which are needed."""

    def run(self, bond: Bond) -> tuple[int, int]:
        """Return since when and until when all is known that concerns a zone."""
        return self.since_us if bond.since_us is None else bond.since_us, self.last_us


def saved(followed: Mapping[int, Followed], held: HELD) -> dict[str, Any]:
    """Return what is remembered for :func:`nofly.run.live.packing.pack`."""
    rows = [
        [target, one.since_us, one.last_us, columns_of(joined_rows(one.rows)), columns_of(one.changes),
         [[z, _plain(b.held), _plain(b.now), b.over, b.entry_us, b.told, b.since_us]
          for z, b in one.bonds.items()],
         one.next_us, one.thinned]
        for target, one in sorted(followed.items())
    ]  # fmt: skip
    return {
        "followed": rows,
        "held": [[t, z, _plain(h)] for t, of in sorted(held.items()) for z, h in of.items()],
    }


def loaded(state: Mapping[str, Any]) -> tuple[dict[int, Followed], HELD]:
    """Return what :func:`saved` returned."""
    followed = {}
    for target, since_us, last_us, rows, changes, bonds, next_us, thinned in state["followed"]:
        known = {z: Bond(_held(a), _held(b), *rest) for z, a, b, *rest in bonds}
        followed[target] = Followed(
            since_us, last_us, [Flight(*rows)], Changes(*changes), known, next_us, thinned
        )
    held: HELD = {}
    for target, zone, one in state["held"]:
        held.setdefault(target, {})[zone] = Held(one[0], Bound(one[1]), one[2])
    return followed, held


def moved(
    state: dict[str, Any], zones: NDArray[np.int64], parts: NDArray[np.int64], rows: Sequence[int]
) -> dict[str, Any]:
    """Return a state with the numbers that zones (old number → new), their parts and the rows of heights (new
    row → old) have in another engine; :data:`~nofly.kernel.moving.GONE` is there no more."""
    followed, held = loaded(state)
    for one in followed.values():
        one.changes = _of_parts(one.changes, parts)
        one.rows = [_of_rows(part, rows) for part in one.rows]
        one.bonds = {int(zones[z]): bond for z, bond in one.bonds.items() if zones[z] != GONE}
        one.next_us = NEVER_US
    left = {t: {int(zones[z]): h for z, h in of.items() if zones[z] != GONE} for t, of in held.items()}
    tail = columns_of(_of_rows(Flight(*state["tail"]), rows))
    return {**state, **saved(followed, left), "tail": tail}


def begun(detector: Mapping[str, NDArray[Any]], height_rows: int) -> dict[str, Any]:
    """Return a state that knows of every target what a detector does: where it was last. How good that report
    was is not known."""
    slot, more = detector["slot"], detector["more_box"]
    heard = np.flatnonzero(slot[:, layout.COUNT] > 0)
    count = len(heard)
    low, high = (np.empty((height_rows, count)) for _ in range(2))
    for k in range(height_rows):
        table, at = (slot, layout.LOW) if k == 0 else (more, 6 * k - 2)
        low[k], high[k] = table[heard, at], table[heard, at + 1]
    time_us, unknown = slot[heard, layout.TIME].astype(np.int64), np.full(count, np.inf)
    tail = Flight(
        time_us, slot[heard, layout.LAT].copy(), slot[heard, layout.LON].copy(), unknown, low, high,
        np.full((height_rows, count), np.inf), np.ones(count, np.int8), np.zeros(count, np.int8),
    )  # fmt: skip
    last_us = np.full(len(slot), NEVER_US)
    last_us[heard] = time_us
    last = np.full((len(REPORTED), len(slot)), np.nan)
    last[REPORTED.index("lat_deg"), heard], last[REPORTED.index("lon_deg"), heard] = (
        tail.lat_deg,
        tail.lon_deg,
    )
    return {
        **saved({}, {}), "since_us": last_us, "last_us": last_us.copy(),
        "last": last, "tail_target": heard.astype(np.int32),
        "tail": columns_of(tail),
    }  # fmt: skip


def without(
    state: dict[str, Any] | None, number: NDArray[np.int64], of: Callable[[NDArray[Any]], NDArray[Any]]
) -> dict[str, Any] | None:
    """Return a state without the targets whose new number is below 0; ``of`` returns what an array by target
    holds of the others."""
    if state is None:
        return None
    followed, held = loaded(state)
    gone = {t for t in (*followed, *held) if number[t] < 0}
    kept = {int(number[t]): one for t, one in followed.items() if t not in gone}
    left = {int(number[t]): one for t, one in held.items() if t not in gone}
    for target, one in kept.items():
        one.changes = replace(one.changes, target=np.full_like(one.changes.target, target))
    rows = np.flatnonzero(number[state["tail_target"]] >= 0)
    return {
        **state, **saved(kept, left), "since_us": of(state["since_us"]), "last_us": of(state["last_us"]),
        "last": np.ascontiguousarray(of(state["last"].T).T),
        "tail_target": number[state["tail_target"][rows]].astype(np.int32),
        "tail": columns_of(rows_of(Flight(*state["tail"]), rows)),
    }  # fmt: skip


def joined_rows(rows: Sequence[Flight]) -> Flight:
    """Return reports part by part as one."""
    return rows[0] if len(rows) == 1 else joined_flights(rows)


def columns_of(table: Flight | Changes) -> list[NDArray[Any]]:
    """Return the columns of a table."""
    return [getattr(table, name) for name in table.__slots__]


def _of_parts(changes: Changes, parts: NDArray[np.int64]) -> Changes:
    part = parts[changes.part]
    there = part != GONE
    columns = {name: getattr(changes, name)[there] for name in Changes.__slots__}
    return Changes(**{**columns, "part": part[there]})


def _of_rows(flight: Flight, rows: Sequence[int]) -> Flight:
    columns = {name: getattr(flight, name) for name in Flight.__slots__}
    count = len(flight.time_us)
    for name, unknown_m in zip(_HEIGHTS, _UNKNOWN_M, strict=True):
        had = columns[name]
        columns[name] = np.array(
            [np.full(count, unknown_m) if row == GONE else had[row] for row in rows]
        ).reshape(len(rows), count)
    return Flight(**columns)


def _plain(held: Held | None) -> list[Any] | None:
    return None if held is None else [held.time_us, int(held.bound), held.seen_us]


def _held(saved: list[Any] | None) -> Held | None:
    return None if saved is None else Held(saved[0], Bound(saved[1]), saved[2])


def reported(positions: Positions, name: str) -> NDArray[Any]:
    """Return one of :data:`REPORTED` of a batch."""
    if name in ("lat_deg", "lon_deg"):
        return np.asarray(getattr(positions, name))
    column = positions.column(name)
    return np.full(len(positions), -1.0 if name == "on_ground" else np.nan) if column is None else column
