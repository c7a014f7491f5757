"""ED-318: UAS geographical zones as GeoJSON with layers, as EUROCAE has them and as authorities do.

Being GeoJSON, an edge is straight in longitude and latitude (RFC 7946 § 3.1.1). A layer on a collection of
geometries holds for those that have none. The dataset's ``validFrom`` and ``validTo`` are the edition's.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from nofly.errors import Finding, ZoneFormatError
from nofly.formats import _ed318_write, _uas
from nofly.formats._areas import circle, polygons, positions
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
from nofly.zones.model import EdgeKind, Limit, Restriction, Source, Volume, Zone
from nofly.zones.schedule import Schedule

NAME = "ed318"
EXTENSIONS = (".json", ".geojson")

_MODELLED = frozenset(
    [
        "identifier",
        "country",
        "name",
        "type",
        "variant",
        "reason",
        "message",
        "limitedApplicability",
        "zoneAuthority",
    ]
)
_DEEPEST = 8
_Metadata = tuple[int | None, int | None, str]


def sniff(head: bytes) -> int:
    """Return 0 to 100: how sure it is that a file starting so is ED-318."""
    text = head_text(head)
    if not text.startswith(b"{") or b'"nofly"' in text[:4096]:
        return 0
    if not re.search(rb'"type"\s*:\s*"Feature(Collection)?"', text):
        return 0
    marks = (
        rb'"(upper|lower)Reference"\s*:', rb'"variant"\s*:\s*"(COMMON|CUSTOMIZED)"',
        rb'"(limitedApplicability|datasetMetadata|otherGeoid)"\s*:',
    )  # fmt: skip
    found = sum(re.search(mark, text) is not None for mark in marks)
    return (0, 85, 95, 98)[found]


def read(data: bytes, source: str) -> tuple[list[Zone], list[Finding], int]:
    """Return the zones, findings and the number of records.

    Raises ZoneFormatError where the file as a whole is not a GeoJSON feature or collection of features.
    """
    root = load(data, source)
    notes = Notes(source)
    if isinstance(root, dict) and root.get("type") == "Feature":
        notes.info("wrapper-missing", "one feature without its collection", "$")
        records = [("$", root)]
    elif isinstance(root, dict) and isinstance(root.get("features"), list):
        records = numbered(root["features"], "$.features")
    else:
        raise ZoneFormatError(
            "no list of features", source=source, locator="$", expected="a GeoJSON FeatureCollection"
        )
    metadata = _metadata(root, notes)
    zones = read_records(records, lambda value, where, own: _zone(value, where, own, metadata), notes)
    return zones, notes.findings, len(records)


def write(zones: Sequence[Zone]) -> bytes:
    """Return the zones as one file. Raises ZoneFormatError where ED-318 has no words for one."""
    return _ed318_write.written(zones)


def _metadata(root: dict[str, Any], notes: Notes) -> _Metadata:
    """Return validFrom, validTo and the geoid named; what is wrong with them is a finding."""
    name = "metadata" if "metadata" in root or "datasetMetadata" not in root else "datasetMetadata"
    if name == "datasetMetadata":
        notes.info("metadata-name", "datasetMetadata stands for metadata", "$.datasetMetadata")
    metadata = root.get(name)
    if not isinstance(metadata, dict):
        return None, None, ""
    times: list[int | None] = []
    for key in ("validFrom", "validTo"):
        try:
            times.append(as_instant_us(metadata.get(key), f"$.{name}.{key}", notes))
        except Rejected as error:
            notes.warn(error.code, f"{error.message}: left out", error.locator)
            times.append(None)
    geoid = metadata.get("otherGeoid")
    if geoid:
        notes.info("other-geoid", f"AMSL is above the geoid {shown(geoid)}", f"$.{name}.otherGeoid")
    return times[0], times[1], canonical(geoid, f"$.{name}.otherGeoid") if geoid else ""


def _zone(value: object, locator: str, notes: Notes, metadata: _Metadata) -> Zone:
    feature = as_object(value, locator)
    where = f"{locator}.properties"
    record = as_object(feature.get("properties"), where)
    identifier = as_text(record.get("identifier"), f"{where}.identifier").strip()
    if not identifier:
        raise Rejected("id-missing", "a zone without identifier", f"{where}.identifier")
    kind, restriction = _type(record, where, notes)
    extra = extra_of(record, _MODELLED, where)
    if kind == "USPACE" and record.get("variant"):
        extra["variant"] = canonical(record["variant"], f"{where}.variant")
    for key in ("name", "message"):
        if isinstance(record.get(key), str):
            notes.info(
                "text-as-string", f"{key} is text, not a list of texts with language", f"{where}.{key}"
            )
        elif _uas.texts(record.get(key), f"{where}.{key}", Notes(""))[1]:
            extra[key] = canonical(record[key], f"{where}.{key}")
    if metadata[2]:
        extra["otherGeoid"] = metadata[2]
    volumes = _volumes(feature.get("geometry"), f"{locator}.geometry", None, notes, 0)
    if not volumes:
        raise Rejected("no-area", "a zone without any area", f"{locator}.geometry")
    return Zone(
        id=identifier,
        name=_uas.texts(record.get("name"), f"{where}.name", notes)[0],
        volumes=tuple(volumes),
        restriction=restriction,
        kind=kind,
        country=as_text(record.get("country"), f"{where}.country"),
        schedule=_schedule(record.get("limitedApplicability"), f"{where}.limitedApplicability", notes),
        authorities=_uas.authorities(record.get("zoneAuthority"), f"{where}.zoneAuthority", notes),
        reason=_uas.reasons(record.get("reason"), f"{where}.reason", notes),
        message=_uas.texts(record.get("message"), f"{where}.message", notes)[0],
        valid_from_us=metadata[0],
        valid_to_us=metadata[1],
        extra=tuple(sorted(extra.items())),
        source=Source(format=NAME, locator=locator),
    )


def _type(record: dict[str, Any], locator: str, notes: Notes) -> tuple[str, Restriction]:
    """Return kind and restriction. U-space airspace is entered on conditions: its services must be used."""
    word = as_choice(record.get("type"), (*_uas.RESTRICTIONS, "USPACE"), "bad-restriction", f"{locator}.type")
    if word == "USPACE":
        return "USPACE", Restriction.CONDITIONAL
    if word == "REQ_AUTHORISATION":
        notes.warn("restriction-spelling", "REQ_AUTHORISATION is ED-269's spelling", f"{locator}.type")
    return as_text(record.get("variant"), f"{locator}.variant"), _uas.RESTRICTIONS[word]


def _volumes(
    value: object, locator: str, layer: dict[str, Any] | None, notes: Notes, depth: int
) -> list[Volume]:
    if value is None:
        raise Rejected("no-area", "a zone without geometry", locator)
    geometry = as_object(value, locator)
    kind = geometry.get("type")
    if geometry.get("layer") is not None:
        layer = as_object(geometry["layer"], f"{locator}.layer")
    if kind == "GeometryCollection" and depth < _DEEPEST:
        parts = as_list(geometry.get("geometries"), f"{locator}.geometries")
        return [
            volume
            for place, part in enumerate(parts)
            for volume in _volumes(part, f"{locator}.geometries[{place}]", layer, notes, depth + 1)
        ]
    lower, upper = _limits(layer, f"{locator}.layer", notes)
    where = f"{locator}.coordinates"
    if kind == "Point":
        extent = as_object(geometry.get("extent"), f"{locator}.extent")
        as_choice(extent.get("subType"), ("CIRCLE",), "bad-geometry", f"{locator}.extent.subType")
        return [Volume(circle(geometry.get("coordinates"), extent.get("radius"), where), lower, upper)]
    if kind == "Polygon":
        parts, places = [geometry.get("coordinates")], [where]
    elif kind == "MultiPolygon":
        parts = as_list(geometry.get("coordinates"), where)
        places = [f"{where}[{k}]" for k in range(len(parts))]
    else:
        bad("bad-geometry", kind, "Polygon, MultiPolygon, Point with extent, GeometryCollection", locator)
    found = []
    for part, place in zip(parts, places, strict=True):
        rings = [positions(ring, f"{place}[{k}]") for k, ring in enumerate(as_list(part, place))]
        found += [Volume(p, lower, upper) for p in polygons(rings, place, EdgeKind.PLANAR, notes)]
    return found


def _limits(layer: dict[str, Any] | None, locator: str, notes: Notes) -> tuple[Limit | None, Limit | None]:
    """Return lower and upper limit of a layer; its unit is the metre unless it says otherwise."""
    if layer is None:
        notes.info("limit-missing", "no layer: read as unlimited below and above", locator)
        return None, None
    unit = layer.get("uom") or "m"
    lower = _uas.limit(
        layer.get("lower"), unit, layer.get("lowerReference"), False, f"{locator}.lower", notes
    )
    upper = _uas.limit(layer.get("upper"), unit, layer.get("upperReference"), True, f"{locator}.upper", notes)
    _uas.check_order(lower, upper, locator)
    return lower, upper


def _schedule(value: object, locator: str, notes: Notes) -> Schedule | None:
    """Return when the zone applies; without limitedApplicability always."""
    if not value:
        return None
    listed = [value] if isinstance(value, dict) else as_list(value, locator)
    return _uas.schedule([_uas.window(item, f"{locator}[{k}]", notes) for k, item in enumerate(listed)])
