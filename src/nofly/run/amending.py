"""Late reports: what they show to have been otherwise than it was recorded.

A report older than the last one judged of its target changes nothing that is recorded. The target's reports
of the last minutes are judged again, the late ones in their places; where a stay differs from the one that
was recorded, an amendment says so, and the new verdict stands beside it. Zones that must not be left are not
judged again.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import numpy as np

from nofly.incidents.amendments import Spell, amend, spells
from nofly.incidents.machine import Case, Key, Record
from nofly.incidents.states import Told
from nofly.run.engine import Body, Engine, EngineOptions, InForce
from nofly.run.verdicts import JUDGED
from nofly.schema import Positions, concatenate
from nofly.store.journal import Batch, JournalDamaged, read
from nofly.units import US_PER_S
from nofly.zones.model import Restriction, Zone

LATEST_S = 600.0
"""Reports later than this are counted and kept, and nothing is judged again for them."""
MOST_TARGETS = 500
"""Judged again at once; the others are next."""
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
    until_us: int
    targets: dict[str, int]
    """Target → the time of its earliest late report."""
    told: Sequence[Record]


@dataclass(slots=True)
class Amending:
    """What is remembered for amendments: late reports, where the journal was when, and what was recorded of
    the last minutes."""

    max_gap_s: float
    _late: dict[str, int] = field(default_factory=dict)
    _ticks: deque[tuple[int, int]] = field(default_factory=deque)
    _told: deque[Record] = field(default_factory=deque)
    _said: set[tuple[str, str | None]] = field(default_factory=set)

    @property
    def reach_us(self) -> int:
        """How far back what is remembered reaches."""
        return round((LATEST_S + 4.0 * self.max_gap_s) * US_PER_S)

    def tick(self, until_us: int, offset: int) -> None:
        """Note that at ``offset`` of the journal all up to ``until_us`` was judged."""
        if not self._ticks or until_us > self._ticks[-1][0]:
            self._ticks.append((until_us, offset))
        while self._ticks[0][0] < until_us - self.reach_us and len(self._ticks) > 1:
            self._ticks.popleft()
        while self._told and self._told[0].time_us < until_us - self.reach_us:
            self._told.popleft()

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

    def take(self, engine: Engine, journal: Path, offset: int, until_us: int) -> Again | None:
        """Return what is to be judged again as of now, None where nothing is."""
        if not self._late:
            return None
        targets = dict(list(self._late.items())[:MOST_TARGETS])
        for name in targets:
            del self._late[name]
        from_us = min(targets.values()) - round(3.0 * self.max_gap_s * US_PER_S)
        at = bisect_right([time_us for time_us, _ in self._ticks], from_us) - 1
        since = self._ticks[max(at, 0)][1]
        # Whom a zone that must not be left holds for was settled long before: of those nothing is said again.
        numbers = [k for k, zone in enumerate(engine.law) if zone.restriction is not Restriction.KEEP_IN]
        law, in_force = [engine.law[k] for k in numbers], [engine.in_force[k] for k in numbers]
        hashes = {engine.hashes[k] for k in numbers}
        told = [r for r in self._told if r.target_id in targets and r.zone_hash in hashes]
        return Again(law, in_force, engine.options, journal, since, offset, until_us, targets, told)

    def fresh(self, bodies: Iterable[Body]) -> Iterator[Body]:
        """Yield those amendments that were not made before."""
        for body in bodies:
            key = str(body["stay"]), str(body.get("why") or body.get("verdict"))
            if key not in self._said:
                self._said.add(key)
                yield body


def amendments(again: Again) -> list[Body]:
    """Return what is to be recorded of the targets. Raises StoreError where the journal cannot be read."""
    positions = _reports(again)
    if not len(positions):
        return []
    engine = Engine(again.law, again.options, in_force=again.in_force)
    bodies = engine.step(positions, again.until_us).bodies
    found = _by_case(msgspec.convert(body, Record) for body in bodies if body["kind"] != JUDGED)
    told = _by_case(again.told)
    first_us = {
        positions.target.values[code]: int(positions.time_us[positions.target.codes == code].min())
        for code in np.unique(positions.target.codes).tolist()
    }
    gap_us = round(again.options.max_gap_s * US_PER_S)
    out: list[Body] = []
    changed: set[str] = set()
    for key in {**told, **found}:
        from_us = first_us[key.target_id] + gap_us
        before, after = (
            [spell for spell in spells(records.get(key, ())) if spell.entry_us >= from_us]
            for records in (told, found)
        )
        changed |= {s.stay for s in after} - {s.stay for s in before} | _altered(before, after)
        incident = next((r.incident for r in reversed(told.get(key, [])) if r.stay), None)
        case = Case(key.zone_hash, key.target_id, key.shadow, incident=incident)
        out += [_body(engine, record) for record in amend(case, before, after, again.until_us)]
    return out + [body for body in bodies if body["kind"] == JUDGED and body["stay"] in changed]


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
    ready = int(np.searchsorted(whole.time_us[order], again.until_us, "right"))
    return whole.take(order[:ready])
