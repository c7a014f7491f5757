"""Late reports: what they show to have been otherwise than it was recorded.

A report older than the last one judged of its target changes nothing that is recorded. The target's reports
of the last minutes are judged again, the late ones in their places; where a stay differs from the one that
was recorded, an amendment says so, and the new verdict stands beside it. Of a stay that began before these
minutes it says where the end is another; how deep it was is not known any more, so no verdict does. What held
before these minutes is taken up as it was: whom zones that must not be left held for, and what was sent once
and not again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import numpy as np

from nofly.incidents.amendments import Spell, amend, end_moved, lasting, spells
from nofly.incidents.keepin import Held
from nofly.incidents.machine import Case, Key, Record
from nofly.incidents.states import Phase, Told
from nofly.run.judging.witnesses import TOLD, Seen
from nofly.run.leaving.held_before import HeldBefore
from nofly.run.live.engine import Body, Engine, EngineOptions
from nofly.run.live.in_force import InForce
from nofly.run.live.verdicts import JUDGED
from nofly.schema import Positions, concatenate
from nofly.store.journal import Batch, JournalDamaged, read
from nofly.units import US_PER_S
from nofly.zones.model import Zone

LATEST_S = 600.0
"""Reports later than this are counted and kept, and nothing is judged again for them."""
MOST_TARGETS = 500
"""Judged again at once; the others are next."""
_INSIDE = (Phase.INFRINGING, Phase.UNDETERMINED)
_TELLS = (Told.ENTERED, Told.REENTERED, Told.EXITED, Told.LOST, Told.DETERMINED, Told.DOUBTED)


@dataclass(frozen=True, slots=True)
class Again:
    """What is to be judged again, all of it as of one moment."""

    law: Sequence[Zone]
    in_force: Sequence[InForce]
    options: EngineOptions
    journal: Path
    since: int
    until: int
    """Offsets in the journal."""
    since_us: int
    """All reports from ``since`` on that are later than this are there."""
    until_us: int
    targets: dict[str, int]
    """Target → the time of its earliest late report."""
    told: Sequence[Record]
    held: Sequence[tuple[str, str, Held]]
    """Target, zone hash, and how the one stood to the other at ``since_us``."""
    sent: dict[str, Seen]
    """Target → what it sent last."""
    open: Sequence[Case] = ()
    """The cases of those who were not outside at ``until_us``."""
    lapse_us: int | None = None
    """As of when who is silent is lost; None: as of ``until_us``."""


@dataclass(slots=True)
class Amending:
    """What is remembered for amendments: late reports, where the journal was when, and what was recorded of
    the last minutes."""

    max_gap_s: float
    _late: dict[str, int] = field(default_factory=dict)
    _ticks: deque[tuple[int, int, int]] = field(default_factory=deque)
    _held: HeldBefore = field(default_factory=HeldBefore)
    _told: deque[Record] = field(default_factory=deque)
    _said: dict[tuple[str, str], int] = field(default_factory=dict)
    """What was amended, and when: nothing is for longer than what is remembered reaches."""

    @property
    def reach_us(self) -> int:
        """How far back what is remembered reaches."""
        return round((LATEST_S + 4.0 * self.max_gap_s) * US_PER_S)

    def tick(self, until_us: int, offset: int, latest_us: int) -> None:
        """Note that the journal had come to ``offset``, and reports to ``latest_us``, as all up to
        ``until_us`` was judged."""
        if not self._ticks or until_us > self._ticks[-1][0]:
            self._ticks.append((until_us, offset, latest_us))
        while self._ticks[0][0] < until_us - self.reach_us and len(self._ticks) > 1:
            self._ticks.popleft()
        while self._told and self._told[0].time_us < until_us - self.reach_us:
            self._told.popleft()
        while self._said and (first := next(iter(self._said.items())))[1] < until_us - self.reach_us:
            del self._said[first[0]]

    def judged(self, engine: Engine, until_us: int) -> None:
        """Note whom zones that must not be left hold for as all up to ``until_us`` was judged."""
        self._held.note(engine.turned(), until_us)
        self._held.forget(until_us - self.reach_us, engine.targets)

    @property
    def needed(self) -> int:
        """The journal's offset before which nothing is needed here."""
        return self._ticks[0][1] if self._ticks else 0

    def recorded(self, bodies: Iterable[Body]) -> None:
        """Note what was recorded."""
        self._told.extend(
            msgspec.convert(body, Record) for body in bodies if body["kind"] in [t.value for t in _TELLS]
        )

    def late(self, positions: Positions) -> None:
        """Note late reports."""
        since_us = self._ticks[-1][0] - round(LATEST_S * US_PER_S) if self._ticks else 0
        codes, times = positions.target.codes.tolist(), positions.time_us.tolist()
        for code, time_us in zip(codes, times, strict=True):
            name = positions.target.values[code]
            if time_us >= since_us:
                self._late[name] = min(time_us, self._late.get(name, time_us))

    def take(
        self, engine: Engine, journal: Path, offset: int, until_us: int, lapse_us: int | None = None
    ) -> Again | None:
        """Return what is to be judged again as of now, None where nothing is."""
        if not self._late:
            return None
        targets = dict(list(self._late.items())[:MOST_TARGETS])
        for name in targets:
            del self._late[name]
        from_us = min(targets.values()) - round(3.0 * self.max_gap_s * US_PER_S)
        # Before this offset no report is later than those judged at some tick, where such a tick is known.
        _, since, latest_us = max(
            (tick for tick in self._ticks if tick[2] <= from_us), default=self._ticks[0]
        )
        since_us = next((tick[0] for tick in self._ticks if tick[0] >= latest_us), until_us)
        told = [r for r in self._told if r.target_id in targets]
        held = self._held.at(targets, [engine.hashes[k] for k in engine.outlines], since_us)
        sent = {name: engine.sent(name) for name in targets}
        inside = [c for c in engine.cases.values() if c.target_id in targets and c.phase in _INSIDE]
        return Again(
            engine.law, engine.in_force, engine.options, journal, since, offset, since_us, until_us, targets,
            told, held, sent, inside, lapse_us,
        )  # fmt: skip

    def fresh(self, bodies: Iterable[Body]) -> Iterator[Body]:
        """Yield those amendments that were not made before."""
        for body in bodies:
            key = str(body["stay"]), str(body.get("why") or body.get("verdict"))
            if key not in self._said:
                self._said[key] = self._ticks[-1][0]
                yield body


def amendments(again: Again) -> list[Body]:
    """Return what is to be recorded of the targets. Raises StoreError where the journal cannot be read."""
    positions = _reports(again)
    if not len(positions):
        return []
    engine = Engine(again.law, again.options, in_force=again.in_force)
    engine.begin(_sent_before(again, positions), again.held)
    bodies = engine.step(positions, again.until_us if again.lapse_us is None else again.lapse_us).bodies
    found = _by_case(msgspec.convert(body, Record) for body in bodies if body["kind"] != JUDGED)
    told = _by_case(again.told)
    first_us = {
        positions.target.values[code]: int(positions.time_us[positions.target.codes == code].min())
        for code in np.unique(positions.target.codes).tolist()
    }
    gap_us = round(again.options.max_gap_s * US_PER_S)
    out: list[Body] = []
    changed: set[str] = set()
    inside = {case.key: case for case in again.open}
    for key in {**told, **found}:
        from_us = first_us[key.target_id] + gap_us
        before, after = (
            [spell for spell in spells(records.get(key, ())) if spell.entry_us >= from_us]
            for records in (told, found)
        )
        changed |= {s.stay for s in after} - {s.stay for s in before} | _altered(before, after)
        incident = next((r.incident for r in reversed(told.get(key, [])) if r.stay), None)
        case = Case(key.zone_hash, key.target_id, key.shadow, incident=incident)
        records = list(amend(case, before, after, again.until_us))
        was, now = _lasted(told.get(key), inside.get(key), from_us), lasting(found.get(key, ()), from_us)
        if was is not None and now is not None:
            case = msgspec.structs.replace(case, incident=_incident(told.get(key), inside.get(key), was.stay))
            records = [*end_moved(case, was, now, again.until_us), *records]
        out += [_body(engine, record) for record in records]
    return out + [body for body in bodies if body["kind"] == JUDGED and body["stay"] in changed]


def _lasted(told: Sequence[Record] | None, inside: Case | None, at_us: int) -> Spell | None:
    """Return the stay that lasted at a time by what was recorded: of which nothing was for long, if it lasts
    still."""
    if told:
        return lasting(told, at_us)
    if inside is None or inside.stay is None or inside.entry_us is None or inside.entry_us >= at_us:
        return None
    return Spell(inside.stay, inside.entry_us, None, inside.determined)


def _incident(told: Sequence[Record] | None, inside: Case | None, stay: str) -> str | None:
    """Return the incident that a stay was recorded under."""
    names = [record.incident for record in told or () if record.stay == stay]
    return names[-1] if names else inside.incident if inside else None


def _altered(before: Sequence[Spell], after: Sequence[Spell]) -> set[str]:
    known = {spell.stay: spell for spell in before}
    return {spell.stay for spell in after if known.get(spell.stay, spell) != spell}


def _body(engine: Engine, record: Record) -> Body:
    zone = engine.law[engine.hashes.index(record.zone_hash)]
    return {**msgspec.to_builtins(record), "zone_id": zone.id, "zone_name": zone.name}


def _by_case(records: Iterable[Record]) -> dict[Key, list[Record]]:
    out: dict[Key, list[Record]] = {}
    for record in records:
        out.setdefault(Key(record.target_id, record.zone_hash, record.shadow), []).append(record)
    return out


def _sent_before(again: Again, positions: Positions) -> dict[str, Seen]:
    """Return what each target had sent before its reports: what it sent last, where none of them does."""
    sends: list[set[str]] = []
    for text in (positions.texts.get(name) for name in TOLD):
        codes = [] if text is None else np.unique(positions.target.codes[text.codes >= 0]).tolist()
        sends.append({positions.target.values[code] for code in codes})
    out = {}
    for target_id, seen in again.sent.items():
        callsign, squawk, category = (
            None if target_id in those else text
            for those, text in zip(sends, (seen.callsign, seen.squawk, seen.category), strict=True)
        )
        out[target_id] = Seen(callsign, squawk, category)
    return out


def _reports(again: Again) -> Positions:
    """Return the targets' reports in order of time, as far back as the journal is needed."""
    parts, at = [], again.since
    while True:
        try:
            for entry in read(again.journal, at, again.until):
                if isinstance(entry, Batch):
                    wanted = [
                        k for k, name in enumerate(entry.positions.target.values) if name in again.targets
                    ]
                    rows = np.flatnonzero(np.isin(entry.positions.target.codes, wanted))
                    if len(rows):
                        parts.append(entry.positions.take(rows))
            break
        except JournalDamaged as error:
            # What is missing is missing: the rest still tells.
            parts, at = [], error.resume
    whole = concatenate(parts)
    order = np.argsort(whole.time_us, kind="stable")
    first, end = np.searchsorted(whole.time_us[order], [again.since_us, again.until_us], "right").tolist()
    return whole.take(order[first:end])
