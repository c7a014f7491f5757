"""The law of a package: every edition of the zones concerned, their source files, lists, and what applied."""

from __future__ import annotations

import hashlib
import io
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from nofly.errors import InputError, NoflyError
from nofly.incidents.record import Infringement
from nofly.incidents.stays import zone_activity
from nofly.proof.package import Part
from nofly.proof.packing.canonical import canonical, list_of, mapping, parsed
from nofly.proof.packing.container import PackageError, safe_name
from nofly.proof.packing.steps import Step, agrees, differs, unchecked
from nofly.run.files.lists import Lists, parse_list
from nofly.run.files.zonefiles import ZoneFile, ZoneSet, read_zones
from nofly.run.files.zonewords import sentences
from nofly.run.judging.pipeline import lists_of
from nofly.run.outputs.text import iso_time, many
from nofly.run.proving import registered_law
from nofly.run.registering.law import Registered
from nofly.zones.model import Source, Zone, canonical_json
from nofly.zones.reading import foreign_zone
from nofly.zones.schedule import describe

EDITIONS, LAW = "zones/editions.json", "law.json"
MOST_SOURCE_BYTES = 16 << 20
"""A zone file that is larger is named with its SHA-256, and not put into a package."""


def parts(
    zones: Sequence[Zone], law: ZoneSet | None, lists: Mapping[str, str], stays: Sequence[Infringement],
    register: Registered | None = None,
) -> dict[str, Part]:  # fmt: skip
    """Return the files of the law: editions, sources, lists, and what of it was considered for the stays.

    ``zones`` are all editions of the zones concerned, ``lists`` the files of lists by name, ``register`` is
    the law of the register that some of them are from. Raises OSError where a file can no longer be read.
    """
    enacted = registered_law.sources(zones, register)
    sources, told = _sources([z for z in zones if z.zone_hash not in enacted], law.files if law else ())
    editions = [
        {
            "hash": zone.zone_hash, "zone": json.loads(canonical_json(zone)),
            "source": {
                "format": zone.source.format, "sha256": zone.source.sha256, "locator": zone.source.locator,
                **_where(zone, enacted, told),
            },
        }
        for zone in zones
    ]  # fmt: skip
    said: dict[str, Any] = {"editions": editions}
    if register is not None and enacted:
        acts = registered_law.part(register, {z.id for z in zones if z.zone_hash in enacted})
        sources |= {registered_law.FILE: acts}
        said |= {"known_us": register.known_us}
    files, listed = _list_parts(zones, lists)
    considered = {"zones": [_considered(zone, stays) for zone in zones], "lists": listed}
    return {
        EDITIONS: Part(canonical(said)), LAW: Part(canonical(considered)),
        **sources, **files,
    }  # fmt: skip


def _where(zone: Zone, enacted: set[str], told: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    """Return where a package has what an edition is from."""
    if zone.zone_hash in enacted:
        return {"file": None, "name": "", "register": registered_law.FILE}
    return told.get(zone.source.sha256, {"file": None, "name": ""})


def sources_at_hand(paths: Sequence[str]) -> tuple[ZoneSet | None, list[str]]:
    """Return the zone files that can be read, None where there are none, and why others cannot be."""
    files: list[ZoneFile] = []
    zones: list[Zone] = []
    wrong = []
    for path in paths:
        if not os.path.exists(path):
            continue
        try:
            read = read_zones([path])
        except (NoflyError, OSError) as error:
            wrong.append(str(error))
            continue
        files += read.files
        zones += read.zones
    return (ZoneSet(tuple(zones), (), tuple(files)) if files else None), wrong


def _sources(
    zones: Sequence[Zone], files: Sequence[ZoneFile]
) -> tuple[dict[str, Part], dict[str, dict[str, Any]]]:
    """Return the source files, and by their SHA-256 what each is called."""
    wanted = {zone.source.sha256 for zone in zones} - {""}
    out: dict[str, Part] = {}
    told: dict[str, dict[str, Any]] = {}
    for file in files:
        if file.sha256 not in wanted or file.sha256 in told:
            continue
        name, inside = Path(file.path).name, None
        if os.path.isfile(file.path) and os.path.getsize(file.path) <= MOST_SOURCE_BYTES:
            data = Path(file.path).read_bytes()
            if hashlib.sha256(data).hexdigest() != file.sha256:
                raise InputError("it was changed after it was read", source=file.path)
            inside = f"zones/source/{len(out) + 1:02d}-{safe_name(name)}"
            out[inside] = Part(data)
        told[file.sha256] = {"file": inside, "name": name}
    return out, told


def _list_parts(
    zones: Sequence[Zone], lists: Mapping[str, str]
) -> tuple[dict[str, Part], list[dict[str, str]]]:
    files: dict[str, Part] = {}
    told = []
    for name in sorted(set(lists_of(zones)) & set(lists)):
        data = Path(lists[name]).read_bytes()
        inside = f"law/lists/{len(files) + 1:02d}-{safe_name(Path(lists[name]).name)}"
        files[inside] = Part(data)
        told.append({"name": name, "file": inside, "sha256": hashlib.sha256(data).hexdigest()})
    return files, told


def _considered(zone: Zone, stays: Sequence[Infringement]) -> dict[str, Any]:
    mine = [stay for stay in stays if stay.zone_hash == zone.zone_hash]
    active: list[list[str]] = []
    if mine:
        span = min(s.entry_time_us for s in mine), max(s.exit_time_us for s in mine) + 1
        active = [[iso_time(a), iso_time(b)] for a, b in _active(zone, *span)]
    return {
        "zone_id": zone.id, "zone_hash": zone.zone_hash, "edition": zone.edition,
        "restriction": zone.restriction.value, "words": sentences(zone), "schedule": describe(zone.schedule),
        "active_during_the_stays": active,
        "verdicts": [
            {"stay": s.id, "status": s.status.value, "reasons": list(s.reasons)} for s in mine
        ],
    }  # fmt: skip


def _active(zone: Zone, since_us: int, until_us: int) -> Iterator[tuple[int, int]]:
    """Yield from when until when the zone was, or may have been, active within a span."""
    for start, end, *_ in np.asarray(zone_activity([zone], since_us, until_us)[1]).tolist():
        low, high = max(int(start), since_us), min(int(end), until_us)
        if low < high:
            yield low, high


def read(files: Mapping[str, bytes]) -> tuple[list[Zone], list[Step]]:
    """Return the editions of a package, in order, and what is to be said of them: whether each has the hash
    that is given, and is found again in its source. Raises PackageError for what is no edition."""
    if EDITIONS not in files:
        raise PackageError("it is not in the package", source=EDITIONS)
    told = mapping(parsed(files[EDITIONS], EDITIONS), EDITIONS)
    zones: list[Zone] = []
    read_again, steps = _enacted(files, told)
    for one in list_of(told, "editions", EDITIONS):
        entry = mapping(one, EDITIONS)
        source = mapping(entry.get("source"), EDITIONS, "source")
        told_source = (str(source.get(name, "")) for name in ("format", "sha256", "locator"))
        zone = replace(_zone(entry.get("zone")), source=Source(*told_source))
        where = f"{EDITIONS}: {zone.id}, edition {zone.edition}"
        if zone.zone_hash != entry.get("hash"):
            steps.append(
                differs("zones", "its hash is another", where, str(entry.get("hash")), zone.zone_hash)
            )
        found, step = _again(zone, source, files, read_again, where)
        steps.append(step)
        zones.append(found)
    return zones, steps


def _enacted(
    files: Mapping[str, bytes], told: Mapping[str, Any]
) -> tuple[dict[str, dict[str, Zone] | str], list[Step]]:
    """Return the editions that the acts of a register in a package give, under the name of their file, and
    what is to be said of them: each has to be among those the package names."""
    entries = [mapping(one, EDITIONS) for one in list_of(dict(told), "editions", EDITIONS)]
    ours = [one for one in entries if "register" in mapping(one.get("source"), EDITIONS, "source")]
    known_us = told.get("known_us")
    if not ours:
        return {}, []
    if known_us is not None and type(known_us) is not int:
        raise PackageError("no time as known at which the law is told", source=EDITIONS, locator="known_us")
    ids = {str(mapping(one.get("zone"), EDITIONS, "zone").get("id")) for one in ours}
    found, steps = registered_law.replayed(files, known_us, ids)
    named = {str(one.get("hash")) for one in ours}
    for one in sorted(found.keys() - named):
        where = f"{registered_law.FILE}: {found[one].id}, edition {found[one].edition}"
        steps.append(differs("zones", f"the acts give an edition that {EDITIONS} does not name", where))
    return {registered_law.FILE: found}, steps


def _again(
    zone: Zone, source: Mapping[str, Any], files: Mapping[str, bytes],
    known: dict[str, dict[str, Zone] | str], where: str,
) -> tuple[Zone, Step]:  # fmt: skip
    """Return the zone as its source has it where that can be read, and what is to be said of it."""
    name = registered_law.FILE if "register" in source else source.get("file")
    if not isinstance(name, str):
        text = f"its source is not in the package: {source.get('name') or 'no file'}"
        return zone, unchecked("zones", f"{text}, SHA-256 {source.get('sha256') or 'unknown'}", where)
    if name not in known:
        known[name] = _read_source(name, str(source.get("format")), files)
    found = known[name]
    if isinstance(found, str):
        return zone, differs("zones", f"its source cannot be read again: {found}", name)
    enacted = "register" in source
    if not enacted and hashlib.sha256(files[name]).hexdigest() != source.get("sha256"):
        return zone, differs("zones", "the source is not the one whose SHA-256 the edition gives", name)
    if zone.zone_hash in found:
        how = "replayed from the acts in" if enacted else "read again from"
        text = f"{how} {name}: the same hash {zone.zone_hash}"
        return found[zone.zone_hash], agrees("zones", text, where)
    other = next((z for z in found.values() if z.id == zone.id and z.edition == zone.edition), None)
    return zone, differs(
        "zones",
        f"{name} does not give this edition",
        where,
        zone.zone_hash,
        other.zone_hash if other else None,
    )


def _read_source(name: str, form: str, files: Mapping[str, bytes]) -> dict[str, Zone] | str:
    if name not in files:
        return "it is not in the package"
    try:
        read = read_zones("-", format=form, stdin=io.BytesIO(files[name]))
    except NoflyError as error:
        return str(error)
    return {zone.zone_hash: zone for zone in read.zones}


def _zone(told: Any) -> Zone:
    """Return a zone from what canonical JSON tells. Raises PackageError for what is none, or no shape that
    can be on Earth."""
    try:
        return foreign_zone(json.dumps(told))
    except (ValueError, RecursionError) as error:
        raise PackageError(str(error), source=EDITIONS) from error


def compared(
    files: Mapping[str, bytes], zones: Sequence[Zone], stays: Sequence[Infringement], same_version: bool
) -> Iterator[Step]:
    """Yield whether what a package says of the law is what its zones say of the stays as found anew.

    Another version of nofly may word it otherwise. Raises PackageError for what is no law.
    """
    told = mapping(parsed(files[LAW], LAW), LAW)
    said = list_of(told, "zones", LAW)
    anew = parsed(canonical([_considered(zone, stays) for zone in zones]), LAW)
    wrong = "it is not what these zones say"
    if len(said) != len(anew):
        yield differs("law", wrong, LAW, f"{len(said)} editions", f"{len(anew)} editions")
        return
    for old, new in zip(said, anew, strict=True):
        names = [name for name in sorted({*mapping(old, LAW), *new}) if old.get(name) != new.get(name)]
        for name in names:
            where = f"{LAW}: {new['zone_id']}, {name}"
            if same_version or name not in ("words", "schedule", "verdicts"):
                yield differs("law", wrong, where, str(old.get(name))[:500], str(new.get(name))[:500])
            else:
                yield unchecked("law", "another nofly worded it", where)
    yield from registered_law.recorded_later(files, stays)
    if said == anew:
        yield agrees("law", f"rules, schedules and reasons of {many(len(anew), 'edition')}: the same", LAW)


def lists(files: Mapping[str, bytes]) -> Lists:
    """Return the lists of a package. Raises PackageError or InputError for what is none."""
    if LAW not in files:
        raise PackageError("it is not in the package", source=LAW)
    found = []
    for one in list_of(mapping(parsed(files[LAW], LAW), LAW), "lists", LAW):
        entry = mapping(one, LAW)
        name, inside = str(entry.get("name")), str(entry.get("file"))
        if inside not in files:
            raise PackageError("it is not in the package", source=inside)
        if hashlib.sha256(files[inside]).hexdigest() != entry.get("sha256"):
            raise PackageError("not the list whose SHA-256 is given", source=inside)
        found.append(parse_list(files[inside].decode("utf-8", "replace"), name, inside))
    return Lists(tuple(found))
