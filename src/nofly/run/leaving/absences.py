"""Absences from zones that must not be left: what is kept of the traffic for them, and how they are found."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from nofly.incidents.keepin import Bound, Held, Turns, absent, is_named
from nofly.incidents.outside import Flight, Outside
from nofly.incidents.stays import Stay, zone_activity
from nofly.kernel.detect import Changes
from nofly.run.judging.preparing import TIME_ERR_S, Taken
from nofly.units import US_PER_S
from nofly.zones.compiled import CompiledZones
from nofly.zones.model import Zone

KEPT_ROWS = 3_000_000

MayHold = Callable[[Zone, int], bool]
"""Says whether a zone's rule may name a target (its number), whatever it sends."""


class KeepIn:
    """Keeps what absences are found from, for the zones (by number) that must not be left."""

    def __init__(self, law: Sequence[Zone], outlines: dict[int, int], max_gap_s: float) -> None:
        """Take the zones with their schedules, and the numbers of their outlines among the zones compiled
        (see :func:`nofly.incidents.keepin.always_in_force`)."""
        self._law, self._outlines = law, outlines
        self._runs = Runs(int(max_gap_s * US_PER_S))
        self._parts: list[tuple[NDArray[np.int32], Flight]] = []
        self._rows, self._every = 0, 1

    @property
    def thinned(self) -> bool:
        """Whether only a part of the reports was kept: a depth between two kept ones may be missed."""
        return self._every > 1

    def add(self, taken: Taken) -> None:
        """Keep a batch."""
        r, flight = taken.reports, flight_of(taken)
        self._runs.add(r.target, r.time_us)
        self._parts.append((r.target[:: self._every].copy(), rows_of(flight, slice(None, None, self._every))))
        self._rows += len(self._parts[-1][0])
        if self._rows > KEPT_ROWS:
            half = slice(None, None, 2)
            self._every *= 2
            self._parts = [(target[half].copy(), rows_of(part, half)) for target, part in self._parts]
            self._rows = sum(len(target) for target, _ in self._parts)

    def stays(
        self,
        zones: CompiledZones,
        changes: Sequence[Changes],
        targets: Sequence[int],
        may_hold: MayHold,
    ) -> Iterator[Stay]:
        """Yield every absence, once the traffic has ended: ``targets`` are those that may be bound. Where a
        rule names whom the zone holds for, absences are those of all whom it may name."""
        codes, flights = self._joined()
        runs = self._runs.joined()
        if not len(codes):
            return
        span = (
            min(r[0] for some in runs.values() for r in some),
            max(r[1] for some in runs.values() for r in some),
        )
        held: dict[tuple[str, int], Held | None] = {}
        for number in in_order(self._law, self._outlines):
            zone = self._law[number]
            active = zone_activity([zone], *span)[1]
            outside = Outside(zones, number, self._outlines[number], active, TIME_ERR_S)
            turns = Turns(changes, [*outside.parts, *outside.flat])
            named = is_named(zone)
            passed = {target for name, target in held if name == zone.id}
            met = {*turns.targets(outside.parts), *passed}
            for target in targets if named else [t for t in targets if t in met]:
                if target not in runs or (named and not may_hold(zone, target)):
                    continue
                start = Bound.YES if named else Bound.NO
                found, held[zone.id, target] = absent(
                    turns.of(target, outside.parts), runs[target], active, start, held.get((zone.id, target))
                )
                if not found:
                    continue
                a, b = np.searchsorted(codes, [target, target + 1]).tolist()
                flight = rows_of(flights, slice(a, b))
                if a < b:
                    yield from outside.stays(target, flight, runs[target], found, turns)

    def _joined(self) -> tuple[NDArray[np.int32], Flight]:
        """Return what was kept, by target and time."""
        codes = np.concatenate([target for target, _ in self._parts] or [np.zeros(0, np.int32)])
        if not len(codes):
            return codes, Flight(*(np.zeros(0) for _ in Flight.__slots__))  # type: ignore[arg-type]
        parts = [part for _, part in self._parts]
        whole = joined_flights(parts)
        self._parts = []
        order = np.lexsort((whole.time_us, codes))
        return codes[order], rows_of(whole, order)


def in_order(law: Sequence[Zone], numbers: Iterable[int]) -> list[int]:
    """Return zones, by number, edition after edition: what one leaves is handed on to the next."""
    return sorted(numbers, key=lambda z: -(1 << 62) if (since := law[z].valid_from_us) is None else since)


class Runs:
    """First and last report of each time in which a target was seen without a gap."""

    def __init__(self, gap_us: int) -> None:
        self._gap_us = gap_us
        self._open: dict[int, tuple[int, int]] = {}
        self._done: dict[int, list[tuple[int, int]]] = {}

    def add(self, target: NDArray[np.int32], time_us: NDArray[np.int64]) -> None:
        """Take a batch in which each target's reports are in order of time."""
        order = np.argsort(target, kind="stable")
        who, when = target[order], time_us[order]
        cut = np.flatnonzero((who[1:] != who[:-1]) | (np.diff(when) > self._gap_us)) + 1
        first, last = np.r_[0, cut], np.r_[cut, len(who)] - 1
        if not len(who):
            return
        for code, start, end in zip(
            who[first].tolist(), when[first].tolist(), when[last].tolist(), strict=True
        ):
            before = self._open.get(code)
            if before is not None and start - before[1] <= self._gap_us:
                start = before[0]
            elif before is not None:
                self._done.setdefault(code, []).append(before)
            self._open[code] = (start, end)

    def joined(self) -> dict[int, list[tuple[int, int]]]:
        """Return the runs of every target, by time."""
        return {code: [*self._done.get(code, []), last] for code, last in self._open.items()}


def flight_of(taken: Taken) -> Flight:
    """Return the reports of a batch, of all targets, in the order they came."""
    r, q = taken.reports, taken.quality
    return Flight(
        r.time_us, r.lat_deg, r.lon_deg, q.pos_err_m, r.low_m, r.high_m, q.height_err_m, q.weak, q.on_ground
    )


def joined_flights(parts: Sequence[Flight]) -> Flight:
    """Return the reports of several, at least one, one after the other."""
    columns = (np.concatenate([getattr(p, name) for p in parts], axis=-1) for name in Flight.__slots__)
    return Flight(*map(np.ascontiguousarray, columns))


def rows_of(flight: Flight, rows: slice | NDArray[np.int64]) -> Flight:
    """Return some of the reports, copied."""
    return Flight(*(np.ascontiguousarray(getattr(flight, name)[..., rows]) for name in Flight.__slots__))
