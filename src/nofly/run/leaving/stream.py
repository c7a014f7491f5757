"""Absences from zones that must not be left, as they happen: from a stream what
:class:`nofly.run.leaving.absences.KeepIn` finds in recorded traffic, to the last bit.

Of every target the last reports are remembered; of one that a zone holds for, or may, the changes of its run
of reports too, and while it is away all reports since. Where something changed, its absences are found anew
from these, so that how the stream is cut changes nothing.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nofly.incidents.happenings import Happened
from nofly.incidents.keepin import Absence, Bound, Held, Turn, Turns, absent, is_named
from nofly.incidents.outside import Flight, Outside
from nofly.incidents.stays import TOUCH_US, zone_activity
from nofly.kernel.detect import Changes, Why, joined, no_changes
from nofly.run.judging.preparing import TIME_ERR_S, Taken
from nofly.run.leaving.absences import MayHold, flight_of, in_order, joined_flights, rows_of
from nofly.run.leaving.fold import folded, handed, next_us, overlapping, quiet_us
from nofly.run.leaving.state import (
    FOREVER_US,
    HELD,
    NEVER_US,
    REPORTED,
    Bond,
    Followed,
    columns_of,
    joined_rows,
    loaded,
    reported,
    saved,
)
from nofly.run.leaving.tails import Tails
from nofly.run.leaving.told import Left, Offer, begun_by, ended_by
from nofly.schema import Coded, Positions
from nofly.units import DAY_US, US_PER_S
from nofly.zones.compiled import CompiledZones
from nofly.zones.model import Zone

MORE_CHANGES = 64
"""After so many more changes of a target it is looked which are needed."""
KEPT_ROWS = 1_000_000
"""Reports remembered of those who are away; where there are more, every other one is let go of."""


class Leaving:
    """Follows targets with respect to the zones, by number, that must not be left."""

    def __init__(
        self, law: Sequence[Zone], outlines: Mapping[int, int], zones: CompiledZones, max_gap_s: float,
        may_hold: MayHold,
    ) -> None:  # fmt: skip
        """``law`` are the zones as they are in force, ``outlines`` the numbers of those that must not be left
        and of their outlines among ``zones`` (see :func:`nofly.incidents.keepin.always_in_force`)."""
        self._law, self._may_hold = law, may_hold
        self._gap_us = int(max_gap_s * US_PER_S)
        self._numbers = in_order(law, outlines)
        none = np.zeros((0, 3), np.int64)
        self._outside = {z: Outside(zones, z, outlines[z], none, TIME_ERR_S) for z in self._numbers}
        self._parts = np.array(sorted({p for o in self._outside.values() for p in (*o.parts, *o.flat)}))
        self._touch_us = {z: TOUCH_US if len(o.parts) > 1 else 0 for z, o in self._outside.items()}
        self._named = {z for z in self._numbers if is_named(law[z])}
        self._active: dict[int, NDArray[np.int64]] = {}
        self._span: tuple[int, int] | None = None
        self._followed: dict[int, Followed] = {}
        self._held: HELD = {}
        self._turned: list[tuple[int, int, Held]] = []
        self._since_us = np.zeros(0, np.int64)
        self._asked = np.zeros(0, np.int8)
        """Whether some rule may name a target: 0 not asked yet, 1 no, 2 yes."""
        heights = np.zeros((len(zones.datums), 0))
        real, small = np.zeros(0), np.zeros(0, np.int8)
        self._last_us = np.zeros(0, np.int64)
        self._last = np.zeros((len(REPORTED), 0))
        """Of each target's last report, by number: its time, and what :data:`REPORTED` says."""
        self._tails = Tails(
            np.zeros(0, np.int32),
            Flight(np.zeros(0, np.int64), real, real, real, heights, heights, heights, small, small),
        )

    def split(self, changes: Changes) -> tuple[Changes, Changes]:
        """Return the changes that concern these zones, and the others."""
        mine = np.isin(changes.part, self._parts)
        return _some(changes, mine), _some(changes, ~mine)

    def zones(self) -> set[int]:
        """Return the zones that hold for somebody, or may."""
        bound = {zone for held in self._held.values() for zone in held}
        return bound | {zone for one in self._followed.values() for zone in one.bonds}

    def step(self, taken: Taken, changes: Changes, shadows: Set[int]) -> Left:
        """Take a batch, and what was found in it of these zones. ``shadows`` are not followed."""
        out, fresh, met = Left([], [], [], []), flight_of(taken), np.sort(taken.target)
        met = met[np.append(True, met[1:] != met[:-1])]
        tail_target, tail = self._tails.of(met)
        target = np.concatenate([tail_target, taken.target])
        order = np.argsort(target, kind="stable")
        old, target = order < len(tail_target), target[order]
        rows = rows_of(joined_flights([tail, fresh]), order)
        begins = ~old & np.r_[True, (target[1:] != target[:-1]) | (np.diff(rows.time_us) > self._gap_us)]
        self._make_room(int(target[-1]) + 1)
        self._cover(int(fresh.time_us.min()), int(fresh.time_us.max()))
        known = np.array([*(self._followed.keys() | self._held.keys())], np.int64)
        concerned = {*changes.target.tolist()} | {*known[np.isin(known, met)].tolist()}
        for one in sorted((concerned | self._candidates(met)) - shadows):
            a, b = np.searchsorted(target, [one, one + 1]).tolist()
            mine = _some(changes, (changes.target == one) & (changes.why != Why.LOST))
            self._reports(one, rows_of(rows, slice(a, b)), int(old[a:b].sum()), begins[a:b], mine, out)
        # Of a number that occurs several times, NumPy assigns the last.
        self._since_us[target[begins]] = rows.time_us[begins]
        self._last_us[taken.target] = fresh.time_us
        self._last[:, taken.target] = [reported(taken.positions, name) for name in REPORTED]
        keep = _last(target, rows.time_us)
        self._tails.put(target[keep], rows_of(rows, np.flatnonzero(keep)))
        self._thin()
        return out

    def lose(self, before_us: int) -> Left:
        """End the runs of those who were not heard since then, and will not be within the greatest gap."""
        out = Left([], [], [], [])
        for one in sorted(t for t, f in self._followed.items() if f.last_us < before_us):
            self._end(one, out)
        return out

    def told(self, left: Left, holds: MayHold) -> Iterator[Happened]:
        """Yield what is to be told of what was offered: of those for whom a zone is known to hold."""
        counts: dict[tuple[int, int, int], int] = {}
        for target, zone, begun, end, bond, told in left.offers:
            key = target, zone, begun[0].time_us
            first = counts.get(key, told)
            if zone in self._named and not first and not holds(self._law[zone], target):
                continue
            yield from (Happened(target, zone, one) for one in begun[first:])
            counts[key] = len(begun)
            if end is not None:
                yield Happened(target, zone, end)
            elif bond.entry_us == begun[0].time_us:
                bond.told = len(begun)

    def take_turned(self) -> list[tuple[int, int, Held]]:
        """Return (target, zone, how it stands) of those of which that is otherwise than when this was asked
        before; after a state was taken up, of all."""
        turned, self._turned = self._turned, []
        return turned

    def begin(self, target: int, zone: int, held: Held) -> None:
        """Take up how a target stood to a zone before its first report."""
        self._held.setdefault(target, {})[zone] = held

    def save(self) -> dict[str, Any]:
        """Return the state for :func:`nofly.run.live.packing.pack`."""
        tail_target, tail = self._tails.all()
        return {**saved(self._followed, self._held), "since_us": self._since_us, "last_us": self._last_us,
                "last": self._last, "tail_target": tail_target, "tail": columns_of(tail)}  # fmt: skip

    def load(self, state: dict[str, Any]) -> None:
        """Take up a state that :meth:`save` returned, for the same zones."""
        self._followed, self._held = loaded(state)
        self._since_us, self._last_us, self._last = state["since_us"], state["last_us"], state["last"]
        self._asked = np.zeros(len(self._since_us), np.int8)
        self._tails = Tails(state["tail_target"], Flight(*state["tail"]))
        self._turned = [(t, z, held) for t, of in self._held.items() for z, held in of.items()]
        for target, one in self._followed.items():
            self._turned += [(target, z, bond.now) for z, bond in one.bonds.items() if bond.now is not None]

    def _make_room(self, targets: int) -> None:
        more = targets - len(self._since_us)
        if more > 0:
            more = max(more, len(self._since_us) // 2)
            self._since_us = np.concatenate([self._since_us, np.full(more, NEVER_US)])
            self._last_us = np.concatenate([self._last_us, np.full(more, NEVER_US)])
            self._last = np.hstack([self._last, np.full((len(REPORTED), more), np.nan)])
            self._asked = np.concatenate([self._asked, np.zeros(more, np.int8)])

    def _candidates(self, met: NDArray[np.int32]) -> set[int]:
        """Return those of the targets whom a rule may name."""
        if not self._named:
            return set()
        for one in met[self._asked[met] == 0].tolist():
            self._asked[one] = 1 + any(self._may_hold(self._law[z], one) for z in self._named)
        return {*met[self._asked[met] == 2].tolist()}

    def _cover(self, low_us: int, high_us: int) -> None:
        """Work out when the zones are active as far as what is followed reaches."""
        if self._span is not None and self._span[0] <= low_us and high_us < self._span[1]:
            return
        low_us = min([low_us, *(one.since_us for one in self._followed.values())])
        low_us, high_us = (low_us // DAY_US - 1) * DAY_US, (high_us // DAY_US + 3) * DAY_US
        if self._span is not None:
            low_us, high_us = min(low_us, self._span[0]), max(high_us, self._span[1])
        self._span = low_us, high_us
        for z, outside in self._outside.items():
            self._active[z] = zone_activity([self._law[z]], low_us, high_us)[1]
            outside.activate(self._active[z])
        for one in self._followed.values():
            one.next_us = NEVER_US

    def _reports(
        self, target: int, rows: Flight, old: int, begins: NDArray[np.bool_], changes: Changes, out: Left
    ) -> None:
        """Take a target's reports, the first ``old`` of which were remembered, run by run."""
        count, times = len(rows.time_us), rows.time_us
        cuts = np.flatnonzero(begins).tolist()
        for first, end in itertools.pairwise(sorted({old, *cuts, count})):
            found = changes.time_us <= times[end - 1]
            if first in cuts:
                self._end(target, out)
                found &= changes.time_us >= times[first]
            mine = _some(changes, found)
            one = self._followed.get(target)
            if one is None:
                if not len(mine) and self._asked[target] < 2 and target not in self._held:
                    continue
                since_us = int(times[first] if first in cuts else self._since_us[target])
                before = rows_of(rows, slice(max(0, first - max(old, 2)), first))
                one = self._followed[target] = Followed(
                    since_us, since_us, [before], no_changes(), room=MORE_CHANGES
                )
            one.rows.append(rows_of(rows, slice(first, end)))
            one.last_us = int(times[end - 1])
            if len(mine):
                one.changes = joined([one.changes, mine])
            if len(mine) or one.last_us >= one.next_us or self._untold(one):
                self._find(target, one, out, ended=False)
                if len(one.changes.time_us) > one.room:
                    self._fold(target, one)
            self._trim(one)

    def _untold(self, one: Followed) -> bool:
        return any(b.entry_us is not None and not b.told and z in self._named for z, b in one.bonds.items())

    def _end(self, target: int, out: Left) -> None:
        """End a target's run."""
        one = self._followed.pop(target, None)
        if one is None:
            return
        self._cover(one.since_us, one.last_us)
        self._find(target, one, out, ended=True)
        for zone, bond in one.bonds.items():
            if bond.now is not None and bond.now.bound is not Bound.NO:
                self._held.setdefault(target, {})[zone] = bond.now
            else:
                self._held.get(target, {}).pop(zone, None)
        if not self._held.get(target):
            self._held.pop(target, None)

    def _find(self, target: int, one: Followed, out: Left, *, ended: bool) -> None:
        """Find the absences of a run anew, and give out what is new."""
        assert self._span is not None
        run = one.since_us, one.last_us
        # What changed at the last report itself shows with the next one.
        one.next_us = run[1] if (one.changes.time_us == run[1]).any() else FOREVER_US
        turns = Turns([one.changes], self._parts)
        changed = set(one.changes.part.tolist())
        last: dict[str, Held] = {}
        for zone in self._numbers:
            law, outside = self._law[zone], self._outside[zone]
            bond, held = one.bonds.get(zone), self._held.get(target, {}).get(zone)
            named = zone in self._named
            if named and not self._may_hold(law, target):
                continue
            if named or bond or held or law.id in last or changed & {*outside.parts}:
                if bond is None:
                    bond = one.bonds[zone] = Bond(held)
                one.next_us = min(one.next_us, self._span[1], next_us(self._active[zone], run[1]))
                was, mine = bond.now, turns.of(target, outside.parts)
                found, bond.now = self._absent(zone, bond, last.get(law.id), mine, one.run(bond))
                if bond.now is not None and (was is None or _stands(was) != _stands(bond.now)):
                    self._turned.append((target, zone, bond.now))
                if found:
                    self._give(target, zone, one, bond, found, turns, out, ended=ended)
            if bond is not None and bond.now is not None:
                last[law.id] = replace(bond.now, seen_us=None)

    def _fold(self, target: int, one: Followed) -> None:
        """Let go of changes before the last report at which no absence goes on, zone by zone."""
        rows_us, turns = joined_rows(one.rows).time_us, Turns([one.changes], self._parts)
        last: dict[str, Held] = {}
        cut_us: dict[int, int] = {}
        for zone in self._numbers:
            law, outside, bond = self._law[zone], self._outside[zone], one.bonds.get(zone)
            at_us = int(rows_us[-2]) if len(rows_us) > 1 else None
            if bond is not None:
                mine, (since_us, until_us) = turns.of(target, outside.parts), one.run(bond)
                found, _ = self._absent(zone, bond, last.get(law.id), mine, (since_us, until_us))
                at_us = quiet_us(found, mine, self._active[zone], rows_us, since_us)
                if at_us is not None:
                    found, bond.held = self._absent(zone, bond, last.get(law.id), mine, (since_us, at_us))
                    bond.since_us, bond.over = at_us, bond.over - len(found)
                if bond.now is not None:
                    last[law.id] = replace(bond.now, seen_us=None)
            if at_us is not None:
                cut_us |= dict.fromkeys([*outside.parts, *outside.flat], at_us)
        one.changes = folded(one.changes, cut_us)
        one.room = len(one.changes.time_us) + MORE_CHANGES

    def _absent(
        self, zone: int, bond: Bond, other: Held | None, turns: Sequence[Turn], run: tuple[int, int]
    ) -> tuple[list[Absence], Held | None]:
        """Return the absences of a run, and how things stand at its end; ``other`` is what the edition before
        leaves."""
        active = overlapping(self._active[zone], run)
        start = Bound.YES if zone in self._named else Bound.NO
        found, now = absent(turns, [run], active, start, handed(bond.held, other, active))
        return found, replace(now, seen_us=run[1]) if len(active) and now is not None else bond.held

    def _give(
        self, target: int, zone: int, one: Followed, bond: Bond, found: Sequence[Absence], turns: Turns,
        out: Left, *, ended: bool,
    ) -> None:  # fmt: skip
        """Give out absences that began or are over; those that are over were numbered before."""
        run, touch_us = one.run(bond), self._touch_us[zone]
        flight = joined_rows(one.rows)
        for absence in found[bond.over :]:
            entry_us, exit_us = absence.entry_us, absence.exit_us
            going = not ended and exit_us == run[1]
            if going and touch_us and absence.start is not None and run[1] <= entry_us + touch_us:
                # It may only have passed from one part to its neighbour.
                one.next_us = NEVER_US
                return
            begun = begun_by(absence, turns.of(target, self._outside[zone].parts), flight)
            if bond.entry_us is None:
                bond.entry_us = entry_us
                out.accounted.append(Happened(target, zone, begun[0]))
                if entry_us <= self._last_us[target]:
                    out.firsts.append((target, zone, entry_us, self._last_report(target)))
            end = None if going else ended_by(absence, flight)
            out.offers.append(Offer(target, zone, begun, end, bond, bond.told))
            if end is not None:
                out.accounted.append(Happened(target, zone, end))
                stays = self._outside[zone].stays(target, flight, [run], [absence], turns)
                out.over.extend((stay, one.thinned) for stay in stays)
                bond.over, bond.entry_us, bond.told = bond.over + 1, None, 0

    def _last_report(self, target: int) -> Positions:
        """Return the last report before this batch, as far as heights are worked out from it."""
        columns: dict[str, Any] = {
            name: self._last[k, target : target + 1].copy()
            for k, name in enumerate(REPORTED)
            if name.endswith("_m")
        }
        lat, lon, ground = (REPORTED.index(name) for name in ("lat_deg", "lon_deg", "on_ground"))
        columns["on_ground"] = np.nan_to_num(self._last[ground, target : target + 1], nan=-1.0).astype(
            np.int8
        )
        return Positions(
            self._last_us[target : target + 1].copy(), Coded(np.zeros(1, np.int32), [""]),
            self._last[lat, target : target + 1].copy(), self._last[lon, target : target + 1].copy(), columns,
        )  # fmt: skip

    def _trim(self, one: Followed) -> None:
        """Let go of reports that no absence needs any more."""
        away = [bond.entry_us for bond in one.bonds.values() if bond.entry_us is not None]
        if away and len(one.rows) < 64:
            return
        rows = joined_rows(one.rows)
        since_us = min([*away, int(rows.time_us[-1])])
        first = int(np.searchsorted(rows.time_us, since_us)) - 1
        one.rows = [rows_of(rows, slice(max(first, 0), None))]

    def _thin(self) -> None:
        count = sum(len(rows.time_us) for one in self._followed.values() for rows in one.rows)
        if count <= KEPT_ROWS:
            return
        for one in self._followed.values():
            rows = joined_rows(one.rows)
            n = len(rows.time_us)
            if n > 4:
                one.rows = [rows_of(rows, np.unique(np.r_[0:n:2, n - 1]))]
                one.thinned = True


def _last(target: NDArray[np.int32], time_us: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which rows, by target and time, are of their target's last instant, and the one before each."""
    end = np.flatnonzero(np.r_[target[1:] != target[:-1], True])
    last_us = np.repeat(time_us[end], np.diff(np.r_[-1, end]))
    keep: NDArray[np.bool_] = time_us == last_us
    keep[:-1] |= keep[1:] & (target[1:] == target[:-1])
    return keep


def _stands(held: Held) -> tuple[int, Bound]:
    return held.time_us, held.bound


def _some(changes: Changes, rows: NDArray[np.bool_]) -> Changes:
    return Changes(*(getattr(changes, name)[rows] for name in Changes.__slots__))
