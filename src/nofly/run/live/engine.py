"""The engine of live traffic: batches of positions in, what is to be recorded out.

The same numbers, screening, heights and kernel as a recorded check, and the same records at the end, however
the stream is cut. All state is in the object; it reads no clock and writes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nofly.errors import StoreError
from nofly.incidents import machine
from nofly.incidents.happenings import NONE, Happened, ZoneSides
from nofly.incidents.keepin import Held, always_in_force
from nofly.incidents.machine import Case, Happening, Key
from nofly.incidents.open_stays import OpenStays
from nofly.incidents.record import Cause
from nofly.incidents.states import Event, Phase
from nofly.incidents.warnings import Warned
from nofly.kernel.detect import Detector, Params
from nofly.kernel.visit_shelf import VisitShelf
from nofly.run.files.lists import Lists
from nofly.run.judging.preparing import Active, Aids, Preparing, Taken
from nofly.run.judging.stays import may_hold, subject
from nofly.run.judging.witnesses import Seen
from nofly.run.leaving.stream import Leaving
from nofly.run.leaving.told import Left
from nofly.run.live.cases import Cases
from nofly.run.live.heard import Heard
from nofly.run.live.in_force import InForce, changes_us, restricted, watched
from nofly.run.live.latest import Latest, Now, late
from nofly.run.live.occurred import Over, Said, by_time
from nofly.run.live.packing import pack, unpack
from nofly.run.live.predicting import Predictor
from nofly.run.live.verdicts import Verdicts
from nofly.schema import Coded, Positions
from nofly.units import US_PER_S
from nofly.zones.compiled import compile_zones
from nofly.zones.model import Zone
from nofly.zones.predicates import any_matches

Body = dict[str, Any]
"""What is recorded: a JSON object with ``time_us``, ``kind`` and ``incident``."""

_SAVED = ("_preparing", "_book", "_stays", "_latest", "_heard", "_verdicts")
_NEVER_HEARD_US = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """How live traffic is judged."""

    max_gap_s: float = 120.0
    """Two reports further apart are not joined: nothing is said of the time between."""
    incidents: machine.Params = field(default_factory=machine.Params)
    aids: Aids = field(default_factory=Aids)
    lists: Lists = field(default_factory=Lists)
    screening: bool = True


@dataclass(slots=True)
class Tick:
    """What one step gives."""

    bodies: list[Body] = field(default_factory=list)
    late: Positions | None = None
    """Reports older than the last one judged of their target: they changed nothing."""


class Engine:
    """Judges live traffic against a law."""

    def __init__(
        self, law: Sequence[Zone], options: EngineOptions | None = None, predictor: Predictor | None = None,
        in_force: Sequence[InForce] | None = None,
    ) -> None:  # fmt: skip
        """``law`` are the zones, ``in_force`` is when each is watched (always)."""
        self.options = chosen = options or EngineOptions()
        self.law = tuple(law)
        self.hashes = [zone.zone_hash for zone in law]
        self.in_force = list(in_force or [InForce()] * len(law))
        seen, self.outlines = always_in_force(self.law)
        self._zones = compile_zones(seen)
        self.parts = np.bincount(self._zones.part_zone, minlength=len(seen))
        """How many parts each zone has, and each outline after them."""
        self.law_in_force = [*map(restricted, law, self.in_force)]
        self._preparing = Preparing(
            watched(seen, self.outlines, self.in_force), self._zones.datums, chosen.max_gap_s, chosen.aids,
            chosen.screening,
        )  # fmt: skip
        self._active: Active = self._preparing.active
        self._detector = Detector(self._zones, *self._active, Params(chosen.max_gap_s))
        self._book = VisitShelf(self._zones)
        self._sides = ZoneSides(self._zones)
        self._stays = OpenStays(self._zones)
        self._latest = Latest(self.targets, self._preparing.shadows)
        self._heard = Heard(self._latest)
        changes = changes_us(law, self.in_force)
        self._verdicts = Verdicts(self.law, self.hashes, self.targets, self._heard, changes, chosen)
        self._leaving = self._following() if self.outlines else None
        self.predictor = predictor
        self._gap_us = round(chosen.max_gap_s * US_PER_S)
        self._number = {zone_hash: k for k, zone_hash in enumerate(self.hashes)}
        self._cases = Cases()

    @property
    def cases(self) -> Mapping[Key, Case]:
        """Every target and zone of which something is to be said, by name."""
        return self._cases.known

    @property
    def open_names(self) -> list[str]:
        """The names of incidents and warnings that are open."""
        return [name for case in self.cases.values() for name in (case.incident, case.warning) if name]

    @property
    def watched(self) -> set[str]:
        """The hashes of the zones that are watched still."""
        return {
            name for name, force in zip(self.hashes, self.in_force, strict=True) if force.until_us is None
        }

    @property
    def datums(self) -> list[str]:
        """The datums of the zones' limits, in the order of the kernel's height rows."""
        return [str(datum) for datum in self._zones.datums]

    def busy_zones(self) -> set[int]:
        """Return the zones, by number, that some target is not outside of."""
        return self._sides.zones() | (self._leaving.zones() if self._leaving else set())

    @property
    def targets(self) -> list[str]:
        """The names of the targets, by number."""
        return self._preparing.targets

    @property
    def aircraft(self) -> int:
        """How many targets were heard; what stands for the not credible reports of one is none."""
        return len(self.targets) - len(self._preparing.shadows)

    @property
    def heard_us(self) -> NDArray[np.int64]:
        """Time of each target's last report, by its number; long ago where there is none."""
        return self._latest.time_us

    def now(self, target_id: str, shadow: bool) -> Now | None:
        """Return a target, or its reports that are not credible, as it was last heard; None where it has not
        been since the start."""
        number = self._latest.number(target_id, shadow)
        found = None if number is None else self._latest.of(number)
        if number is None or found is None:
            return None
        seen = self._heard.now(number)
        return found._replace(callsign=seen.callsign, squawk=seen.squawk)

    def sent(self, target_id: str) -> Seen:
        """Return what a target sent last."""
        number = self._latest.number(target_id, shadow=False)
        return Seen() if number is None else self._heard.now(number)

    def turned(self) -> list[tuple[str, str, Held]]:
        """Return whom (target, zone hash) a zone that must not be left holds for otherwise than when this was
        asked before; after a state was taken up, all of them."""
        found = [] if self._leaving is None else self._leaving.take_turned()
        return [(self.targets[target], self.hashes[zone], held) for target, zone, held in found]

    def begin(self, sent: Mapping[str, Seen], held: Iterable[tuple[str, str, Held]]) -> None:
        """Take up, before any report, what targets had sent, and whom (as from :meth:`turned`) zones that
        must not be left held for."""
        numbers = self._preparing.numbers(Coded(np.arange(len(sent), dtype=np.int32), [*sent]))
        self._grow()
        known = dict(zip(sent, numbers.tolist(), strict=True))
        for name, number in known.items():
            self._heard.begin(number, sent[name])
        if self._leaving is not None:
            for name, zone_hash, one in held:
                self._leaving.begin(known[name], self._number[zone_hash], one)

    def step(self, positions: Positions, until_us: int) -> Tick:
        """Take a batch; no report as old as ``until_us`` is expected any more.

        Rows of one target are in the order in which they were received; one that is older than the last of
        its target is late. Returns what is to be recorded, in the order in which it happened to each target.
        """
        out = Tick()
        positions, out.late = self._in_time(positions)
        positions = self._preparing.once(positions)
        events: list[Said] = []
        over = Over()
        if len(positions):
            taken = self._take(positions)
            events += self._judge(taken, over)
        events += self._lose(until_us, over)
        for key, zone, happening, more in by_time(events):
            out.bodies += self._happen(key, zone, happening, more)
        out.bodies += self._ended(over)
        out.bodies += self._pass(until_us)
        return out

    def finish(self) -> Tick:
        """End the stream: what is open is lost at its last report."""
        everyone = np.arange(len(self.targets), dtype=np.int32)
        out, over = Tick(), Over()
        events = [*self._lost(everyone, over), *self._gone(_NEVER_HEARD_US, over)]
        for key, zone, happening, more in events:
            out.bodies += self._happen(key, zone, happening, more)
        out.bodies += self._ended(over)
        latest_us = np.iinfo(np.int64).max // 2
        out.bodies += self._verdicts.again(latest_us)
        return out

    def save(self) -> bytes:
        """Return the state as bytes, for :meth:`load`."""
        return pack({
            "law": self.hashes, "in_force": [list(force) for force in self.in_force],
            "parts": self.parts.tolist(), "datums": self.datums,
            "cases": self._cases.save(),
            "sides": self._sides.save(), "detector": self._detector.save(),
            **{name: getattr(self, name).save() for name in _SAVED},
            "leaving": None if self._leaving is None else self._leaving.save(),
            "predictor": None if self.predictor is None else self.predictor.save(),
        })  # fmt: skip

    def load(self, data: bytes) -> None:
        """Take up a state that :meth:`save` returned. Raises StoreError where it is not one of this law."""
        state = unpack(data, "the state of the engine")
        if not isinstance(state, dict) or state.get("law") != self.hashes:
            raise StoreError("the state of the engine is that of another law")
        self._cases.load(state["cases"], self.options.incidents)
        self._sides.load(state["sides"])
        self._detector.load(state["detector"])
        for name in _SAVED:
            getattr(self, name).load(state[name])
        if self._leaving is not None and state["leaving"] is not None:
            self._leaving.load(state["leaving"])
        if self.predictor is not None and state["predictor"] is not None:
            self.predictor.load(state["predictor"])

    def resume(self, cases: Iterable[Case], at_us: int) -> list[Body]:
        """Take up cases of which nothing else is known any more, and return what is to be recorded: at
        ``at_us`` whoever was not outside is lost, and no warning is in force."""
        bodies: list[Body] = []
        for case in cases:
            number = self._number.get(case.zone_hash)
            if number is None:
                continue
            self._cases.keep(case, self.options.incidents)
            ends = [Event.UNPREDICT] if case.warned else []
            ends += [Event.LOSE] if case.phase in (Phase.INFRINGING, Phase.UNDETERMINED) else []
            for event in ends:
                happening = Happening(event, max(at_us, case.last_us or at_us), Cause.DATA_LOST)
                bodies += self._happen(case.key, number, happening, {})
        return bodies

    def _in_time(self, positions: Positions) -> tuple[Positions, Positions | None]:
        """Return the rows that follow those judged, and the late ones."""
        if not len(positions):
            return positions, None
        target = self._preparing.numbers(positions.target)
        self._grow()
        time_us = positions.time_us
        if not self._latest.any_behind(target, time_us, self._preparing.shadow_of):
            return positions, None
        since_us = self._preparing.latest_us(self.heard_us, target)
        behind = time_us < np.maximum(np.maximum.accumulate(time_us), since_us)
        concerned = np.zeros(len(self.targets), np.bool_)
        concerned[target[behind]] = True
        some = np.flatnonzero(concerned[target])
        rows = some[late(target[some], time_us[some], since_us[some])]
        if not len(rows):
            return positions, None
        return positions.take(np.delete(np.arange(len(positions)), rows)), positions.take(rows).copied()

    def _grow(self) -> None:
        self._latest.grow(len(self.targets))
        self._heard.grow(len(self.targets))

    def _take(self, positions: Positions) -> Taken:
        taken = self._preparing.ready(positions)
        if self._preparing.active is not self._active:
            self._active = self._preparing.active
            self._detector.activate(*self._active)
        self._grow()
        return taken

    def _judge(self, taken: Taken, over: Over) -> Iterator[Said]:
        changes, left = self._detector.step(taken.reports), None
        if self._leaving is not None:
            mine, changes = self._leaving.split(changes)
            left = self._leaving.step(taken, mine, self._preparing.shadows)
        self._book.step(changes, taken.reports, taken.quality, *self._active)
        before = self._latest.step(taken)
        happened = self._sides.step(changes, self.heard_us)
        self._heard.step(taken, before, happened if left is None else [*happened, *left.accounted])
        over.stays.append(self._stays.step(*self._book.take(), self._book, self.heard_us, NONE))
        for target, zone, time_us in self._heard.recognised:
            # First: of one instant, whoever is lost is so by the name of that instant.
            more = self._verdicts.of_moment(target, zone, time_us)
            yield self._key(target, zone), zone, Happening(Event.RECOGNISE, time_us), more
        yield from self._named(happened)
        yield from self._left(left, over)
        if self.predictor is not None:
            yield from self._warned(self.predictor.step(taken, self.targets))

    def _left(self, left: Left | None, over: Over) -> Iterator[Said]:
        """Yield what is told of absences, and keep those that are over."""
        if self._leaving is not None and left is not None:
            over.absences += left.over
            for first in left.firsts:
                self._heard.began(*first)
            yield from self._named(self._leaving.told(left, self._holds))

    def _following(self) -> Leaving:
        return Leaving(
            self.law_in_force, self.outlines, self._zones, self.options.max_gap_s,
            lambda zone, target: may_hold(zone, self.targets[target], self.options.lists),
        )  # fmt: skip

    def _holds(self, zone: Zone, target: int) -> bool:
        who = subject(self.targets[target], self._heard.now(target), self.options.lists)
        return zone.rule is not None and any_matches(zone.rule.applies_to, who) is True

    def _ended(self, over: Over) -> Iterator[Body]:
        for some in over.stays:
            yield from self._verdicts.ended(some, self._key)
        yield from self._verdicts.returned(over.absences, self._key)

    def _warned(self, warnings: Iterable[Warned]) -> Iterator[Said]:
        for warned in warnings:
            place = warned.entry_lat_deg, warned.entry_lon_deg
            said = Happening(warned.event, warned.time_us, warned.cause, *place)
            more = self._verdicts.of_warning(warned)
            yield self._key(warned.target, warned.zone), warned.zone, said, more

    def _lose(self, until_us: int, over: Over) -> Iterator[Said]:
        """Yield what happens as targets have not been heard for longer than the greatest gap."""
        lost = self._book.silent(self.heard_us, until_us - self._gap_us)
        if len(lost):
            yield from self._lost(lost, over)
        yield from self._gone(until_us - self._gap_us, over)
        if self.predictor is not None:
            yield from self._warned(self.predictor.lapse(until_us))

    def _lost(self, lost: NDArray[np.int32], over: Over) -> Iterator[Said]:
        changes = self._detector.lose(lost)
        if self._leaving is not None:
            _, changes = self._leaving.split(changes)
        self._book.lose(changes)
        happened = self._sides.step(changes, self.heard_us, lost)
        self._heard.step(None, None, happened)
        over.stays.append(self._stays.step(*self._book.take(), self._book, self.heard_us, lost))
        yield from self._named(happened)

    def _gone(self, before_us: int, over: Over) -> Iterator[Said]:
        """Yield what happens as those who are away have not been heard since then."""
        if self._leaving is not None:
            left = self._leaving.lose(before_us)
            self._heard.step(None, None, left.accounted)
            yield from self._left(left, over)

    def _named(self, happened: Iterable[Happened]) -> Iterator[Said]:
        for target, zone, found in happened:
            happening = self._verdicts.caused(zone, found)
            more = self._verdicts.of_moment(target, zone, happening.time_us)
            if happening.height_m is not None:
                more |= {"height_m": happening.height_m, "height_datum": happening.height_datum}
            yield self._key(target, zone), zone, happening, more

    def _key(self, target: int, zone: int) -> Key:
        return Key(self.targets[target], self.hashes[zone], target in self._preparing.shadows)

    def _happen(self, key: Key, zone: int, happening: Happening, more: Mapping[str, Any]) -> Iterator[Body]:
        if more.get("inhibited") is not None:
            # On record, and no state of the case: should the inhibition end, the warning is given anew.
            yield self._verdicts.inhibited(key, zone, happening, more)
            return
        news = happening.event is not Event.RECOGNISE or self._verdicts.is_news(
            self._cases.of(key).stay, key.shadow, more
        )
        if news:
            for record in self._cases.happen(key, happening, self.options.incidents):
                yield self._verdicts.body(record, zone, more)

    def _pass(self, until_us: int) -> Iterator[Body]:
        """Yield what follows from nothing having happened until then."""
        none_older_us = until_us - self._gap_us
        for record in self._cases.lapse(none_older_us, self.options.incidents):
            yield self._verdicts.body(record, self._number[record.zone_hash], {})
        yield from self._verdicts.again(none_older_us)
