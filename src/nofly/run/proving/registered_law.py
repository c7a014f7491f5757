"""The law of a register in a package: the acts on its zones, from which the editions are replayed, and what
links these acts to the register's head. Of all other acts there are hashes alone."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from nofly.errors import InputError
from nofly.incidents.record import Infringement
from nofly.proof.package import Part
from nofly.proof.packing.container import PackageError
from nofly.proof.packing.steps import Step, agrees, differs, note, unchecked
from nofly.run.outputs.text import iso_time, many, printable
from nofly.run.record.incident_export import records
from nofly.run.record.incident_proof import Proof, proof_in
from nofly.run.record.links import with_links
from nofly.run.registering.law import Registered, readable
from nofly.run.registering.words import act_text, numbered
from nofly.zones.acts import ZONE, Act, act_from, label
from nofly.zones.editions import Law
from nofly.zones.model import Zone

FILE = "law/register.json"
MOST_ACTS = 10_000


def part(law: Registered, zone_ids: set[str]) -> Part:
    """Return the file of the acts on some zones, as known at the time of the law. Raises InputError where the
    register has more acts than are linked, or that are taken."""
    wanted = {label(ZONE, zone_id) for zone_id in zone_ids}
    known_us = law.known_us
    chosen, runs = with_links(
        law.stored,
        lambda one: one.incident in wanted and (known_us is None or one.time_us <= known_us),
    )
    if len(chosen) > MOST_ACTS:
        raise InputError(f"{len(chosen):,} acts on the zones of one package", expected=f"{MOST_ACTS:,}")
    return Part(records(chosen, law.head, "json", links=runs))


def replayed(
    files: Mapping[str, bytes], known_us: int | None, zone_ids: set[str]
) -> tuple[dict[str, Zone], list[Step]]:
    """Return, by hash, the editions that the acts in a package give of some zones, as known at a time, and
    what is to be said of the acts. Raises PackageError or InputError for what is no register's."""
    if FILE not in files:
        raise PackageError("it is not in the package", source=FILE)
    proof = proof_in(files[FILE], FILE)
    steps = [differs("register", one.message, f"{FILE}: {one.locator}") for one in proof.findings]
    if proof.records > MOST_ACTS:
        raise PackageError(f"{proof.records:,} acts", source=FILE, expected=f"{MOST_ACTS:,} at most")
    law = Law(_acts(files[FILE]), known_us)
    held, unread = readable(one for one in law.over() if one.zone_id in zone_ids)
    if not steps:
        steps += [*_told(law, zone_ids, known_us), *_linked(proof)]
    steps += [unchecked("register", o.message, f"{FILE}: {o.locator}") for o in (*law.findings, *unread)]
    return {zone.zone_hash: zone for _, zone in held}, steps


def recorded_later(files: Mapping[str, bytes], stays: Sequence[Infringement]) -> Iterator[Step]:
    """Yield of which zones acts were recorded after somebody was inside: whoever was could not know of them.
    Raises InputError for what is no register's."""
    if FILE not in files:
        return
    began_us: dict[str, int] = {}
    for stay in stays:
        began_us[stay.zone_id] = min(stay.entry_time_us, began_us.get(stay.zone_id, stay.entry_time_us))
    acts = [act for act in _acts(files[FILE]) if act.recorded_us > began_us.get(act.subject_id, 1 << 63)]
    for zone_id in sorted({act.subject_id for act in acts}):
        count = sum(act.subject_id == zone_id for act in acts)
        since = iso_time(began_us[zone_id])
        text = (
            f"{many(count, 'act')} on {printable(zone_id)} recorded after {since}, when a stay began: "
            "who was inside could not know of them (--known judges by what was known)"
        )
        yield note("register", text, FILE)


def _acts(data: bytes) -> list[Act]:
    """Return the acts of an export that was read already."""
    return [
        replace(act_from(row["body"]), sequence=row["sequence"], previous=row["previous"], hash=row["hash"])
        for row in json.loads(data)["records"]
    ]


def _told(law: Law, zone_ids: set[str], known_us: int | None) -> Iterator[Step]:
    """Yield the acts that made the law, in words."""
    for zone_id in sorted(zone_ids & law.lives.keys()):
        for act, number in numbered(law.lives[zone_id]):
            signed = f"signed by the key {act.key_id}" if act.key_id else "not signed"
            text = f"{act_text(act, number)}; recorded {iso_time(act.recorded_us)}, {signed}"
            where = f"{FILE}: act {act.sequence} on {printable(zone_id)}"
            yield agrees("register", f"replayed: {text}", where)
    known = "all that was recorded" if known_us is None else f"what was recorded by {iso_time(known_us)}"
    yield note("register", f"the law is told from {known}", FILE)


def _linked(proof: Proof) -> Iterator[Step]:
    reaches = f"{proof.reaches.sequence}:{proof.reaches.hash}"
    text = f"the acts lead to the head {reaches}: compare it with one that the register published"
    yield note("register", text, FILE)
    gone = sum(b - a + 1 for a, b in proof.missing)
    hidden = proof.reaches.sequence - proof.records
    if hidden or gone:
        text = (
            f"of {many(hidden, 'other act')} of the register there are hashes alone: that none of them is on "
            "these zones is not shown by the package (nofly zones log shows it of the register)"
        )
        yield unchecked("register", text, FILE)
    else:
        yield agrees("register", f"they are all {many(proof.records, 'act')} up to that head", FILE)


def sources(zones: Sequence[Zone], law: Registered | None) -> set[str]:
    """Return the hashes of those editions that are the register's."""
    ours = {zone.zone_hash for zone in law.zones} if law is not None else set()
    return {zone.zone_hash for zone in zones} & ours
