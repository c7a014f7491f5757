"""Zones as ED-318: GeoJSON with layers, a feature a line, UTF-8; see :mod:`nofly.formats._uas_write` for what
it cannot say. Hours by the sun are said without an offset, and none that are announced elsewhere. A validity
that all zones share is the dataset's; else it bounds when each applies. Texts of a language that was not told
are marked ``und``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from nofly.formats import _uas_write
from nofly.formats._uas_write import UnsayableError
from nofly.zones.model import Authority, Circle, Corridor, Datum, EdgeKind, Restriction, Volume, Zone
from nofly.zones.schedule import Window

_DATUMS = (Datum.AGL, Datum.AMSL, Datum.HAE)
_VARIANTS = ("COMMON", "CUSTOMIZED")
_TEXTS = {"name": "name", "service": "service", "contact": "contactName"}
_WORDS = {
    "site_url": "siteURL", "email": "email", "phone": "phone", "purpose": "purpose",
    "interval_before": "intervalBefore",
}  # fmt: skip


def written(zones: Sequence[Zone]) -> bytes:
    """Return the zones as one file. Raises ZoneFormatError naming the first that cannot be written."""
    validities = {(zone.valid_from_us, zone.valid_to_us) for zone in zones}
    geoids = {dict(zone.extra).get("otherGeoid", "null") for zone in zones}
    shared = len(validities) == 1
    lines = _uas_write.records(zones, lambda zone: _feature(zone, shared, len(geoids) == 1), "ED-318")
    metadata: dict[str, Any] = {}
    if shared:
        for name, time_us in zip(("validFrom", "validTo"), validities.pop(), strict=True):
            if time_us is not None:
                metadata[name] = _uas_write.moment(time_us)
    if len(geoids) == 1 and (geoid := json.loads(geoids.pop())):
        metadata["otherGeoid"] = geoid
    head = f'{{"type": "FeatureCollection", "metadata": {json.dumps(metadata)}, "features": [\n'
    return (head + ",\n".join(lines) + "\n]}\n").encode()


def _feature(zone: Zone, shared_validity: bool, shared_geoid: bool) -> dict[str, Any]:
    extra = _uas_write.kept(zone)
    if extra.pop("otherGeoid", None) and not shared_geoid:
        raise UnsayableError("its geoid beside zones on another")
    kind, variant = _kind(zone, extra.pop("variant", None))
    properties: dict[str, Any] = {
        "identifier": zone.id, "country": zone.country, "type": kind, "variant": variant,
        "zoneAuthority": [_authority(one) for one in zone.authorities],
    }  # fmt: skip
    for key in ("name", "message"):
        said = getattr(zone, key)
        texts = _uas_write.told(extra, key, said)
        if texts or said:
            properties[key] = texts or _texts(said)
    if zone.reason:
        properties["reason"] = list(zone.reason)
    validity = (None, None) if shared_validity else (zone.valid_from_us, zone.valid_to_us)
    windows = [_window(window) for window in _uas_write.windows(zone.schedule, *validity)]
    if windows:
        properties["limitedApplicability"] = windows
    shapes = [_geometry(volume) for volume in zone.volumes]
    geometry = shapes[0] if len(shapes) == 1 else {"type": "GeometryCollection", "geometries": shapes}
    said_before = {key: value for key, value in extra.items() if key not in properties}
    return {"type": "Feature", "properties": {**said_before, **properties}, "geometry": geometry}


def _kind(zone: Zone, variant: object) -> tuple[str, str]:
    if zone.kind == "USPACE" and zone.restriction is Restriction.CONDITIONAL:
        return "USPACE", variant if isinstance(variant, str) else "COMMON"
    word = zone.restriction.value.replace("AUTHORISATION", "AUTHORIZATION")
    return word, zone.kind if zone.kind in _VARIANTS else "COMMON"


def _texts(text: str) -> list[dict[str, str]]:
    return [{"text": text, "lang": "und"}]


def _authority(one: Authority) -> dict[str, Any]:
    texts = {name: _texts(text) for field, name in _TEXTS.items() if (text := getattr(one, field))}
    return {**texts, **{name: text for field, name in _WORDS.items() if (text := getattr(one, field))}}


def _window(window: Window) -> dict[str, Any]:
    if not window.certain:
        raise UnsayableError("hours announced elsewhere")
    out: dict[str, Any] = {**_uas_write.bounds(window)}
    if window.periods:
        out["schedule"] = [_uas_write.daily(period, sun=True) for period in window.periods]
    return out


def _geometry(volume: Volume) -> dict[str, Any]:
    unit, limits = _uas_write.limits(volume, _DATUMS)
    layer: dict[str, Any] = {}
    for side, (number, reference) in limits.items():
        layer[side], layer[f"{side}Reference"] = number, reference
    shape = volume.footprint
    if isinstance(shape, Corridor):
        raise UnsayableError("a corridor")
    out: dict[str, Any]
    if isinstance(shape, Circle):
        extent = {"subType": "Circle", "radius": shape.radius_m}
        out = {"type": "Point", "coordinates": [shape.centre[1], shape.centre[0]], "extent": extent}
    else:
        out = {"type": "Polygon", "coordinates": _uas_write.rings(shape, EdgeKind.PLANAR)}
    return {**out, "layer": {**layer, "uom": unit}} if layer else out
