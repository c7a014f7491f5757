"""The acts by which a zone is declared, as records of the chain, and what follows from them.

An act holds who, why and the zone whole, as the canonical JSON of which its hash is the SHA-256: so the
record alone proves which law was in force, by whose word.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from nofly.errors import InputError, StoreError
from nofly.run.outputs.text import printable
from nofly.store.chain import Stored
from nofly.zones.model import Zone, canonical_json
from nofly.zones.reading import zone_from

PROPOSED, ACTIVATED, WITHDRAWN = "zone-proposed", "zone-activated", "zone-withdrawn"
DISCARDED = "zone-discarded"
KINDS = (PROPOSED, ACTIVATED, WITHDRAWN, DISCARDED)
MOST_ZONE_CHARACTERS = 1 << 20
MOST_WHY_CHARACTERS = 500


class Act(NamedTuple):
    """One act, and where it stands in the record."""

    kind: str
    zone_id: str
    zone_hash: str
    who: str
    why: str
    time_us: int
    sequence: int


@dataclass(slots=True)
class Declared:
    """A zone and what became of it: the edition that is proposed, the one in force, all acts."""

    zone_id: str
    proposed: Zone | None = None
    in_force: Zone | None = None
    edition: int = 0
    """The last one."""
    acts: list[Act] = field(default_factory=list)


@dataclass(slots=True)
class Declarations:
    """All zones declared here, by id; :meth:`take` is given every record, in order."""

    zones: dict[str, Declared] = field(default_factory=dict)

    @property
    def law(self) -> list[Zone]:
        """The zones in force, by id."""
        return [one.in_force for _, one in sorted(self.zones.items()) if one.in_force is not None]

    def take(self, record: Stored) -> None:
        """Take a record; one of another kind is none of ours. Raises StoreError where the zone in it is not
        the one of its hash."""
        if record.kind not in KINDS:
            return
        body = record.content
        zone_id, zone_hash = str(body.get("zone_id")), str(body.get("zone_hash"))
        one = self.zones.setdefault(zone_id, Declared(zone_id))
        who, why = str(body.get("who")), str(body.get("why"))
        one.acts.append(
            Act(record.kind, zone_id, zone_hash, who, why, record.time_us, record.sequence)
        )  # fmt: skip
        if record.kind == WITHDRAWN:
            one.in_force = None
            return
        if record.kind == DISCARDED:
            one.proposed = None
            return
        zone = _zone_in(record, body, zone_hash)
        one.edition = max(one.edition, zone.edition)
        if record.kind == PROPOSED:
            one.proposed = zone
        else:
            one.proposed, one.in_force = None, zone

    def proposal(self, zone: Zone, who: str, why: str, time_us: int) -> dict[str, Any]:
        """Return the record that proposes a zone, as the edition after the last. Raises InputError where it
        cannot be."""
        last = self.zones.get(zone.id)
        edition = zone.edition if last is None else max(zone.edition, last.edition + 1)
        return _body(PROPOSED, replace(zone, edition=edition), who, why, time_us)

    def activation(self, zone_id: str, zone_hash: str, who: str, why: str, time_us: int) -> dict[str, Any]:
        """Return the record that puts the proposed edition in force; its hash is given so that nobody puts in
        force what he has not seen. Raises InputError where it is not proposed."""
        return _body(ACTIVATED, self._proposed(zone_id, zone_hash), who, why, time_us)

    def discarding(self, zone_id: str, zone_hash: str, who: str, why: str, time_us: int) -> dict[str, Any]:
        """Return the record that discards a proposal, which was never in force. Raises InputError where it is
        not proposed."""
        return _body(DISCARDED, self._proposed(zone_id, zone_hash), who, why, time_us)

    def withdrawal(self, zone_id: str, who: str, why: str, time_us: int) -> dict[str, Any]:
        """Return the record that withdraws a zone. Raises InputError where it is not in force."""
        zone = self._known(zone_id).in_force
        if zone is None:
            raise InputError(f"{printable(zone_id)!r} is not in force", expected="a zone that is")
        return _body(WITHDRAWN, zone, who, why, time_us)

    def _proposed(self, zone_id: str, zone_hash: str) -> Zone:
        proposed = self._known(zone_id).proposed
        if proposed is None or proposed.zone_hash != zone_hash:
            raise InputError("this edition is not proposed", locator="hash", expected="that of the proposal")
        return proposed

    def _known(self, zone_id: str) -> Declared:
        if zone_id not in self.zones:
            raise InputError(f"{printable(zone_id)[:80]!r} was not declared here", expected="one that was")
        return self.zones[zone_id]


def _body(kind: str, zone: Zone, who: str, why: str, time_us: int) -> dict[str, Any]:
    text = canonical_json(zone)
    if len(text) > MOST_ZONE_CHARACTERS:
        raise InputError(
            "the zone is too large to be declared here", expected=f"{MOST_ZONE_CHARACTERS} characters at most"
        )
    if not why.strip() or len(why) > MOST_WHY_CHARACTERS:
        raise InputError("no reason", locator="why", expected=f"1 to {MOST_WHY_CHARACTERS} characters")
    return {
        "kind": kind, "time_us": time_us, "incident": f"declared:{zone.id}", "zone_id": zone.id,
        "zone_name": zone.name, "zone_hash": zone.zone_hash, "zone": text, "who": who, "why": why,
    }  # fmt: skip


def _zone_in(record: Stored, body: Mapping[str, Any], zone_hash: str) -> Zone:
    try:
        zone = zone_from(str(body.get("zone")))
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise StoreError(f"the zone in record {record.sequence} cannot be read: {error}") from error
    if zone.zone_hash != zone_hash:
        raise StoreError(f"the zone in record {record.sequence} is not the one of its hash")
    return zone
