"""A zone file brought into a register: editions by identifier, and what changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from nofly.errors import Finding, InputError, Severity
from nofly.proof.packing.signing import SigningKey
from nofly.run.files.zonewords import differences
from nofly.run.registering.changing import Chosen, edition
from nofly.run.registering.signing import signed
from nofly.run.registering.words import name_of
from nofly.store.register import Register
from nofly.zones.activity import ALWAYS_FROM_US, ALWAYS_UNTIL_US
from nofly.zones.acts import ZONE, Act, name_fault
from nofly.zones.edition_acts import Said, withdraw
from nofly.zones.editions import AMEND, DECLARE, Law, Life, zone_of
from nofly.zones.model import Zone

DECLARED, AMENDED, UNCHANGED = "declared", "amended", "unchanged"
WITHDRAWN, MISSING = "withdrawn", "missing"
WORDS = (DECLARED, AMENDED, WITHDRAWN, MISSING, UNCHANGED)


@dataclass(frozen=True, slots=True)
class Brought:
    """What became of a zone: a word of :data:`WORDS`, and for an amendment each difference in words."""

    word: str
    zone_id: str
    name: str
    act: Act | None = None
    """As it is recorded, or would be."""
    differences: tuple[str, ...] = ()


@dataclass(slots=True)
class Imported:
    """What an import did, or would do: a row for each zone that was read, and for each that is missing."""

    rows: list[Brought] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    """Zones that were read and cannot be brought in: each is counted as rejected."""

    def count(self, word: str) -> int:
        """Return how many zones there are of a word."""
        return sum(row.word == word for row in self.rows)


def bring(
    register: Register,
    zones: Sequence[Zone],
    said: Said,
    chosen: Chosen,
    *,
    complete: bool = False,
    dry_run: bool = False,
    key: SigningKey | None = None,
) -> Imported:
    """Bring zones into a register by their id: new ones are declared, those that are otherwise amended, all
    in one go or none.

    ``complete``: the zones are all that the party has, so that those of its own which are missing are
    withdrawn. ``dry_run``: nothing is recorded. Each act is signed where a ``key`` is given. Zones that
    cannot be brought in are findings, not errors.
    """
    done = Imported()

    def made(acts: list[Act]) -> list[Act]:
        _plan(done, Law(acts), zones, said, chosen, complete)
        return [] if dry_run else [signed(row.act, key) for row in done.rows if row.act is not None]

    recorded = iter(register.append_by(made, ZONE))
    if not dry_run:
        done.rows = [row if row.act is None else replace(row, act=next(recorded)) for row in done.rows]
    return done


def _plan(
    done: Imported, law: Law, zones: Sequence[Zone], said: Said, chosen: Chosen, complete: bool
) -> None:
    by_id: dict[str, list[Zone]] = {}
    for zone in zones:
        by_id.setdefault(zone.id, []).append(zone)
    for zone_id, editions in by_id.items():
        fault = name_fault(zone_id)
        if fault:
            _reject(done, editions, "zone-id-unusable", f"its id {fault}")
            continue
        life = law.lives.setdefault(zone_id, Life(zone_id))
        ordered = sorted(editions, key=_begins_us)
        if _at_once(ordered) or (len(ordered) > 1 and chosen != Chosen()):
            message = f"several zones with the id {zone_id!r} at once: which is the law is not told"
            _reject(done, ordered, "zone-id-ambiguous", message)
            continue
        for zone in ordered:
            _bring_one(done, life, zone, said, chosen)
    for zone_id, life in sorted(law.lives.items()):
        from_us = said.said_us if chosen.from_us is None else chosen.from_us
        if zone_id in by_id or life.beyond(from_us) is None or life.editions[-1].party != said.party:
            continue
        act = withdraw(life, said, from_us) if complete else None
        done.rows.append(Brought(WITHDRAWN if complete else MISSING, zone_id, name_of(life), act))


def _bring_one(done: Imported, life: Life, zone: Zone, said: Said, chosen: Chosen) -> None:
    """Bring in one zone, and take what it does into its life."""
    before = _before(life, _begins_us(zone, said.said_us) if chosen.from_us is None else chosen.from_us)
    if before is not None and before.body["zone_hash"] == zone.zone_hash:
        done.rows.append(Brought(UNCHANGED, zone.id, zone.name))
        return
    try:
        act = edition(life, DECLARE if before is None else AMEND, zone, said, chosen)
    except InputError as error:
        _reject(done, [zone], "zone-not-brought-in", str(error))
        return
    told: tuple[str, ...] = ()
    if before is not None:
        told = tuple(differences(zone_of(before), zone)) or (
            "something that words do not show: the hashes differ",
        )
    life.take(act)
    done.rows.append(Brought(DECLARED if before is None else AMENDED, zone.id, zone.name, act, told))


def _before(life: Life, begins_us: int) -> Act | None:
    """Return the act whose edition another would replace, or follow; None where there is none."""
    lasting = [s for s in life.spans if life.editions[s.number - 1].body.get("temporary") is not True]
    then = next((span for span in lasting if span.end_us > begins_us), None)
    if then is None and life.withdrawn_us is None:
        then = lasting[-1] if lasting else None
    return None if then is None else life.editions[then.number - 1]


def _begins_us(zone: Zone, otherwise_us: int = ALWAYS_FROM_US) -> int:
    return otherwise_us if zone.valid_from_us is None else zone.valid_from_us


def _at_once(ordered: Sequence[Zone]) -> bool:
    """Return whether one of several editions begins before the one before it ends."""
    ends = [ALWAYS_UNTIL_US if zone.valid_to_us is None else zone.valid_to_us for zone in ordered]
    return any(_begins_us(zone) < end_us for zone, end_us in zip(ordered[1:], ends, strict=False))


def _reject(done: Imported, zones: Iterable[Zone], code: str, message: str) -> None:
    for zone in zones:
        done.findings.append(Finding(code, Severity.REJECTED, message, locator=zone.source.locator))
