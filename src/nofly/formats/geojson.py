"""GeoJSON (RFC 7946) with nofly's property vocabulary, which can say the whole zone model, and without.

The vocabulary is in docs/reference/geojson.md. An edge is straight in longitude and latitude (§ 3.1.1)
unless the property ``edges`` says otherwise; a line between two positions goes the short way round the earth.
Foreign files are read too: names and limits as EUROCONTROL's FIR sets have them (IDENT, NAME, TYPE,
UPPERLIMIT, UPPERUNIT …), everything unknown is kept in ``extra``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from nofly.errors import Finding, ZoneFormatError
from nofly.formats import _geojson_write, _vocabulary
from nofly.formats._geojson_shapes import FIR_LIMITS, OF_VOLUME, SHAPES, volumes_of
from nofly.formats._json import (
    Notes,
    Rejected,
    as_choice,
    as_instant_us,
    as_list,
    as_object,
    as_text,
    bad,
    canonical,
    extra_of,
    head_text,
    load,
    numbered,
    read_records,
    shown,
)
from nofly.zones.model import Restriction, Source, Zone

NAME = "geojson"
EXTENSIONS = (".geojson", ".json")

_IDS = ("id", "identifier", "IDENT", "ident", "ID")
_NAMES = ("name", "NAME", "Name", "title", "TITLE", "Title", "label")
_KINDS = ("kind", "TYPE", "type")
_OF_ZONE = (
    "country", "restriction", "reason", "message", "schedule", "rule", "authorities", "edition",
    "valid_from", "valid_to", "volumes", "extra",
)  # fmt: skip
_OTHERS = (
    ({"limitedApplicability"}, "ed318"),
    ({"variant", "zoneAuthority"}, "ed318"),
    ({"applicability"}, "ed269"),
)
RESERVED = frozenset((*_IDS, *_NAMES, *_KINDS, *OF_VOLUME, *_OF_ZONE, *FIR_LIMITS))
"""Property names that mean something here."""
_LIKE_LIMIT = re.compile(r"lower|upper|floor|ceil|limit|base$|top$|alt(?!er)|height|hoehe|höhe", re.I)
"""What a property is called that may be a limit, in files of others."""
_WGS84 = re.compile(r"(CRS84h?|EPSG:+[0-9.]*:*(4326|4979|4258))$", re.I)


def sniff(head: bytes) -> int:
    """Return 0 to 100: how sure it is that a file starting so is GeoJSON."""
    text = head_text(head)
    if not text.startswith(b"{"):
        return 0
    found = re.search(rb'"type"\s*:\s*"(Feature|FeatureCollection|(Multi)?Polygon|GeometryCollection)"', text)
    if not found:
        return 0
    return 100 if re.search(rb'"nofly"\s*:', text[:4096]) else 60


def read(data: bytes, source: str) -> tuple[list[Zone], list[Finding], int]:
    """Return the zones, findings and the number of features.

    Raises ZoneFormatError where the file as a whole is not GeoJSON, or not on WGS 84.
    """
    root = load(data, source)
    notes = Notes(source)
    kind = root.get("type") if isinstance(root, dict) else None
    if kind == "FeatureCollection" and isinstance(root.get("features"), list):
        records = numbered(root["features"], "$.features")
    elif kind == "Feature":
        records = [("$", root)]
    elif kind in SHAPES:
        records = [("$", {"type": "Feature", "properties": None, "geometry": root})]
    else:
        raise ZoneFormatError(
            "not GeoJSON", source=source, locator="$.type", expected="a FeatureCollection with features"
        )
    _check_crs(root, notes)
    number = iter(range(1, len(records) + 1))
    zones = read_records(records, lambda v, where, own: _zone(v, where, own, next(number)), notes)
    return zones, notes.findings, len(records)


def write(zones: Sequence[Zone]) -> bytes:
    """Return the zones as a FeatureCollection: ``read`` of it gives zones of the same hashes."""
    return _geojson_write.collection(zones, RESERVED)


def _check_crs(root: dict[str, Any], notes: Notes) -> None:
    """Refuse a coordinate system other than WGS 84 (named by files older than RFC 7946)."""
    crs = root.get("crs")
    if crs is None:
        return
    properties = crs.get("properties") if isinstance(crs, dict) else None
    name = properties.get("name") if isinstance(properties, dict) else None
    if not isinstance(name, str) or not _WGS84.search(name.strip()):
        raise ZoneFormatError(
            f"coordinates in {shown(name)}",
            source=notes.source,
            locator="$.crs",
            expected="WGS 84 (EPSG:4326)",
        )
    if name.strip().endswith("4258"):
        notes.info("crs-etrs89", "coordinates on ETRS89, within a metre of WGS 84", "$.crs")


def _zone(value: object, locator: str, notes: Notes, number: int) -> Zone:
    feature = as_object(value, locator)
    where = f"{locator}.properties"
    said = as_object(feature.get("properties") or {}, where)
    for marks, standard in _OTHERS:
        if marks <= said.keys():
            text = f"{' and '.join(sorted(marks))} belong to the format {standard}"
            raise Rejected("other-format", text, where)
    taken: set[str] = set()
    known = {"id": feature["id"], **said} if "id" in feature and "id" not in said else said
    identifier = _first(known, _IDS, where, taken) or f"feature-{number}"
    name = _first(known, _NAMES, where, taken)
    if not taken.intersection(_IDS):
        notes.info("id-missing", f"no id: called {identifier}", where)
    if "restriction" not in said:
        notes.info("restriction-missing", "no restriction: read as PROHIBITED", where)
    word = as_choice(
        said.get("restriction", "PROHIBITED"),
        (*Restriction, "REQ_AUTHORIZATION"), "bad-restriction", f"{where}.restriction",
    )  # fmt: skip
    kind = _first(said, _KINDS, where, taken)
    extra = _extra(said, taken, where)
    volumes = volumes_of(feature.get("geometry"), said, locator, notes)
    if any(finding.code == "limit-missing" for finding in notes.findings):
        _tell_unread(extra, where, notes)
    reason = said.get("reason") or []
    listed = [reason] if isinstance(reason, str) else as_list(reason, f"{where}.reason")
    return Zone(
        id=identifier,
        name=name if name is not None else identifier,
        volumes=tuple(volumes),
        restriction=Restriction(word.replace("ZATION", "SATION")),
        kind=kind or "",
        country=as_text(said.get("country"), f"{where}.country"),
        schedule=_vocabulary.schedule_said(said, name or identifier, where, notes),
        rule=_vocabulary.read_rule(said.get("rule"), f"{where}.rule", notes),
        authorities=_vocabulary.read_authorities(said.get("authorities") or [], f"{where}.authorities"),
        reason=tuple(as_text(word, f"{where}.reason") for word in listed),
        message=as_text(said.get("message"), f"{where}.message"),
        edition=_edition(said.get("edition", 1), f"{where}.edition"),
        valid_from_us=as_instant_us(said.get("valid_from"), f"{where}.valid_from", notes),
        valid_to_us=as_instant_us(said.get("valid_to"), f"{where}.valid_to", notes),
        extra=extra,
        source=Source(format=NAME, locator=locator),
    )


def _first(said: dict[str, Any], names: Sequence[str], locator: str, taken: set[str]) -> str | None:
    """Return the first of the names that is text or a number, and note which one it was."""
    for name in names:
        value = said.get(name)
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            taken.add(name)
            return as_text(value, f"{locator}.{name}")
    return None


def _tell_unread(extra: tuple[tuple[str, str], ...], locator: str, notes: Notes) -> None:
    """Say which foreign properties seem to be the limits that are missing: they are only kept."""
    likely = [f"{key} {value}" for key, value in extra if _LIKE_LIMIT.search(key)]
    if likely:
        text = f"seems to be a limit and is not read as one: {', '.join(likely)[:200]}"
        notes.warn("limit-unread", f"{text} (expected lower, upper, such as 3000 ft AMSL)", locator)


def _extra(said: dict[str, Any], taken: set[str], locator: str) -> tuple[tuple[str, str], ...]:
    """Return what is not of the vocabulary, and what the property ``extra`` holds."""
    found = extra_of(said, {*OF_VOLUME, *_OF_ZONE, *FIR_LIMITS} | taken, locator)
    for key, value in as_object(said.get("extra") or {}, f"{locator}.extra").items():
        found[key] = canonical(value, f"{locator}.extra.{key}")
    return tuple(sorted(found.items()))


def _edition(value: object, locator: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        bad("bad-number", value, "a whole number from 1", locator)
    return value
