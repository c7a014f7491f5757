"""ED-269: UAS geographical zones as EUROCAE's first JSON model has them, and as authorities publish it.

Read: ``{title, features[]}``, ``{formatVersion, UASZoneList[]}``, a bare list, and the same properties put
into GeoJSON features. Positions are longitude, latitude. An edge between two vertices is taken as the
geodesic on WGS 84: the standard's projection is a surface on the ellipsoid, and says nothing of straight
lines in a map. All times are UTC unless they carry an offset.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from nofly.errors import Finding, ZoneFormatError
from nofly.formats import _ed269_write, _uas
from nofly.formats._areas import circle, polygons, positions
from nofly.formats._json import (
    Notes,
    Rejected,
    as_choice,
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
)
from nofly.zones.model import EdgeKind, Footprint, Source, Volume, Zone
from nofly.zones.schedule import Schedule, Window

NAME = "ed269"
EXTENSIONS = (".json", ".geojson")

_LISTS = ("features", "UASZoneList")
_MODELLED = frozenset(
    [
        "identifier",
        "country",
        "name",
        "type",
        "restriction",
        "reason",
        "message",
        "applicability",
        "zoneAuthority",
        "geometry",
    ]
)


def sniff(head: bytes) -> int:
    """Return 0 to 100: how sure it is that a file starting so is ED-269."""
    text = head_text(head)
    if not text.startswith((b"{", b"[")) or b'"nofly"' in text[:4096]:
        return 0
    if re.search(rb'"UASZoneList"\s*:', text):
        return 100
    marks = (
        rb'"horizontalProjection"\s*:',
        rb'"uomDimensions"\s*:',
        rb'"restriction"\s*:',
        rb'"applicability"\s*:',
    )
    found = sum(re.search(mark, text) is not None for mark in marks)
    return (0, 0, 80, 90, 95)[found]


def read(data: bytes, source: str) -> tuple[list[Zone], list[Finding], int]:
    """Return the zones, findings and the number of records.

    Raises ZoneFormatError where the file as a whole is not ED-269 JSON.
    """
    root = load(data, source)
    notes = Notes(source)
    if isinstance(root, list):
        notes.warn("wrapper-missing", "a bare list of zones", "$")
        records = numbered(root, "$")
    else:
        name = next((n for n in _LISTS if isinstance(root, dict) and isinstance(root.get(n), list)), None)
        if name is None:
            raise ZoneFormatError(
                "no list of zones", source=source, locator="$", expected="features or UASZoneList"
            )
        records = numbered(root[name], f"$.{name}")
    zones = read_records(records, _zone, notes)
    return zones, notes.findings, len(records)


def write(zones: Sequence[Zone]) -> bytes:
    """Return the zones as one file. Raises ZoneFormatError where ED-269 has no words for one."""
    return _ed269_write.written(zones)


def _zone(value: object, locator: str, notes: Notes) -> Zone:
    record = as_object(value, locator)
    shape = None
    if isinstance(record.get("properties"), dict):
        record, shape = record["properties"], record
        notes.info("geojson-wrapper", "ED-269 properties in a GeoJSON feature", locator)
        locator = f"{locator}.properties"
    identifier = as_text(record.get("identifier"), f"{locator}.identifier").strip()
    name = _uas.texts(record.get("name"), f"{locator}.name", notes)[0]
    if not identifier:
        raise Rejected("id-missing", "a zone without identifier", f"{locator}.identifier")
    if record.get("restriction") == "REQ_AUTHORIZATION":
        notes.info("restriction-spelling", "REQ_AUTHORIZATION is ED-318's spelling", f"{locator}.restriction")
    restriction = as_choice(
        record.get("restriction"), _uas.RESTRICTIONS, "bad-restriction", f"{locator}.restriction"
    )
    extra = extra_of(record, _MODELLED, locator)
    if _uas.texts(record.get("message"), f"{locator}.message", Notes(""))[1]:
        extra["message"] = canonical(record["message"], f"{locator}.message")
    return Zone(
        id=identifier,
        name=name,
        volumes=_volumes(record.get("geometry"), shape, locator, notes),
        restriction=_uas.RESTRICTIONS[restriction],
        kind=as_text(record.get("type"), f"{locator}.type"),
        country=as_text(record.get("country"), f"{locator}.country"),
        schedule=_schedule(record.get("applicability"), f"{locator}.applicability", notes),
        authorities=_uas.authorities(record.get("zoneAuthority"), f"{locator}.zoneAuthority", notes),
        reason=_uas.reasons(record.get("reason"), f"{locator}.reason", notes),
        message=_uas.texts(record.get("message"), f"{locator}.message", notes)[0],
        extra=tuple(sorted(extra.items())),
        source=Source(format=NAME, locator=locator.removesuffix(".properties")),
    )


def _volumes(value: object, shape: dict[str, Any] | None, locator: str, notes: Notes) -> tuple[Volume, ...]:
    """Return the volumes; ``shape`` is the GeoJSON feature that holds the projection, where there is one."""
    where = f"{locator}.geometry"
    listed = [value] if isinstance(value, dict) else as_list(value or [], where)
    volumes: list[Volume] = []
    for place, item in enumerate(listed):
        at = f"{where}[{place}]"
        geometry = as_object(item, at)
        unit = geometry.get("uomDimensions")
        lower, upper = (
            _uas.limit(
                geometry.get(f"{side}Limit"), unit, geometry.get(f"{side}VerticalReference"),
                side == "upper", f"{at}.{side}Limit", notes,
            )
            for side in ("lower", "upper")
        )  # fmt: skip
        _uas.check_order(lower, upper, at)
        projection = geometry.get("horizontalProjection")
        if projection is None and shape is not None:
            footprints = _projection(
                shape.get("geometry"), locator.removesuffix("properties") + "geometry", notes
            )
        else:
            footprints = _projection(projection, f"{at}.horizontalProjection", notes)
        volumes += [Volume(footprint, lower, upper) for footprint in footprints]
    if not volumes:
        raise Rejected("no-area", "a zone without any area", where)
    return tuple(volumes)


def _projection(value: object, locator: str, notes: Notes) -> list[Footprint]:
    projection = as_object(value, locator)
    kind = projection.get("type")
    where = f"{locator}.coordinates"
    if kind == "Circle":
        return [circle(projection.get("center"), projection.get("radius"), locator)]
    if kind == "Polygon":
        parts, places = [projection.get("coordinates")], [where]
    elif kind == "MultiPolygon":
        parts = as_list(projection.get("coordinates"), where)
        places = [f"{where}[{k}]" for k in range(len(parts))]
    else:
        bad("bad-geometry", kind, "Circle or Polygon", f"{locator}.type")
    found: list[Footprint] = []
    for part, place in zip(parts, places, strict=True):
        rings = [positions(ring, f"{place}[{k}]") for k, ring in enumerate(as_list(part, place))]
        found += polygons(rings, place, EdgeKind.GEODESIC, notes)
    return found


def _schedule(value: object, locator: str, notes: Notes) -> Schedule | None:
    """Return when the zone applies. ``permanent`` YES without daily periods is always.

    A zone said not to be permanent without a word on when is uncertain, not inactive.
    """
    if not value:
        notes.info("applicability-missing", "no applicability: read as always", locator)
        return None
    windows = []
    for place, item in enumerate([value] if isinstance(value, dict) else as_list(value, locator)):
        where = f"{locator}[{place}]"
        one = as_object(item, where)
        said = one.get("permanent")
        permanent = said is True or (
            said is not None
            and said is not False
            and as_choice(said, ("YES", "NO"), "bad-permanent", f"{where}.permanent") == "YES"
        )
        window = _uas.window(one, where, notes)
        if permanent and (window.start_us, window.end_us) != (None, None):
            notes.warn(
                "applicability-contradictory", "permanent, yet with dates: the dates are left out", where
            )
            window = Window(None, None, window.periods)
        if permanent and not window.periods:
            return None
        if window == Window() and not permanent:
            notes.warn("applicability-unknown", "not permanent, but without dates: undetermined", where)
            window = Window(certain=False)
        windows.append(window)
    return _uas.schedule(windows)
