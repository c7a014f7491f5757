"""Zones as GeoJSON in nofly's vocabulary, so that reading them gives the same zones again."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from typing import Any

from nofly.formats._told_hours import told_in
from nofly.formats._vocabulary import instant_text, write_authorities, write_schedule
from nofly.zones.limits import parse_limit
from nofly.zones.model import Arc, Circle, Corridor, EdgeKind, Limit, Polygon, Ring, Vertex, Volume, Zone
from nofly.zones.rule_mapping import rule_to_mapping

_ARC_STEP_DEG = 4.0


def collection(zones: Sequence[Zone], reserved: Collection[str]) -> bytes:
    """Return the zones as one GeoJSON FeatureCollection, UTF-8, a feature a line.

    ``reserved`` are the property names that mean something to the reader: a zone's extra of that name goes
    into the property ``extra``.
    """
    lines = [json.dumps(_feature(z, reserved), ensure_ascii=False, allow_nan=False) for z in zones]
    head = '{"type": "FeatureCollection", "nofly": {"vocabulary": 1}, "features": [\n'
    return (head + ",\n".join(lines) + "\n]}\n").encode()


def _feature(zone: Zone, reserved: Collection[str]) -> dict[str, Any]:
    properties: dict[str, Any] = {
        "id": zone.id, "name": zone.name, "kind": zone.kind, "restriction": zone.restriction.value,
    }  # fmt: skip
    drawn = [_volume(volume) for volume in zone.volumes]
    if len(drawn) == 1:
        geometry, described = drawn[0]
        properties |= described
    else:
        geometry = {"type": "GeometryCollection", "geometries": [shape for shape, _ in drawn]}
        properties["volumes"] = [described for _, described in drawn]
    properties |= {key: text for key in ("country", "message") if (text := getattr(zone, key))}
    if zone.reason:
        properties["reason"] = list(zone.reason)
    if zone.schedule is not None or told_in(zone.name or zone.id):
        properties["schedule"] = write_schedule(zone.schedule)
    if zone.rule is not None:
        properties["rule"] = rule_to_mapping(zone.rule)
    if zone.authorities:
        properties["authorities"] = write_authorities(zone.authorities)
    if zone.edition != 1:
        properties["edition"] = zone.edition
    for key, instant_us in (("valid_from", zone.valid_from_us), ("valid_to", zone.valid_to_us)):
        if instant_us is not None:
            properties[key] = instant_text(instant_us)
    hidden = {}
    for key, text in zone.extra:
        value = json.loads(text)
        if key in reserved or value in (None, "", [], {}):
            hidden[key] = value
        else:
            properties[key] = value
    if hidden:
        properties["extra"] = hidden
    return {"type": "Feature", "id": zone.id, "properties": properties, "geometry": geometry}


def _volume(volume: Volume) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the geometry of a volume and the properties that say the rest of it."""
    said: dict[str, Any] = {"lower": _limit(volume.lower), "upper": _limit(volume.upper)}
    shape = volume.footprint
    if isinstance(shape, Circle):
        return {"type": "Point", "coordinates": _position(shape.centre)}, {**said, "radius_m": shape.radius_m}
    if shape.edge_kind is not EdgeKind.PLANAR:
        said["edges"] = shape.edge_kind.value
    if isinstance(shape, Corridor):
        path = [_position(p) for p in shape.path]
        return {"type": "LineString", "coordinates": path}, {**said, "half_width_m": shape.half_width_m}
    return _polygon(shape, said)


def _polygon(shape: Polygon, said: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    arcs: list[dict[str, Any]] = []
    rings = []
    for number, ring in enumerate((shape.exterior, *shape.holes)):
        points, own = _ring(ring)
        rings.append(points)
        arcs += [{"ring": number, **arc} for arc in own]
    if arcs:
        said["arcs"] = arcs
    return {"type": "Polygon", "coordinates": rings}, said


def _ring(ring: Ring) -> tuple[list[list[float]], list[dict[str, Any]]]:
    """Return the closed list of positions and what stands in it for arcs."""
    points: list[list[float]] = []
    arcs: list[dict[str, Any]] = []
    for part in ring:
        if isinstance(part, Arc):
            drawn = _drawn(part)
            arcs.append(
                {
                    "first": len(points), "points": len(drawn), "centre": _position(part.centre),
                    "radius_m": part.radius_m, "end_radius_m": part.end_radius_m,
                    "start_deg": part.start_deg, "end_deg": part.end_deg, "clockwise": part.clockwise,
                }
            )  # fmt: skip
            points += drawn
        else:
            points.append(_position(part))
    return [*points, points[0]], arcs


def _drawn(arc: Arc) -> list[list[float]]:
    """Return positions along an arc for readers that know no arcs, every few degrees on the ellipsoid."""
    from pyproj import Geod

    sweep = (arc.end_deg - arc.start_deg) % 360.0 or 360.0
    if not arc.clockwise:
        sweep = sweep - 360.0 if sweep != 360.0 else -360.0
    count = max(2, round(abs(sweep) / _ARC_STEP_DEG) + 1)
    parts = [k / (count - 1) for k in range(count)]
    lons, lats, _ = Geod(ellps="WGS84").fwd(
        [arc.centre[1]] * count,
        [arc.centre[0]] * count,
        [arc.start_deg + sweep * part for part in parts],
        [arc.radius_m + (arc.end_radius_m - arc.radius_m) * part for part in parts],
    )
    return [[lon, lat] for lon, lat in zip(lons, lats, strict=True)]


def _position(point: Vertex) -> list[float]:
    return [point[1], point[0]]


def _limit(limit: Limit | None) -> str | dict[str, Any]:
    """Return a limit as its text where the text alone says it, else as an object."""
    if limit is None:
        return "UNL"
    try:
        if parse_limit(limit.text) == limit:
            return limit.text
    except ValueError:
        pass
    return {"value": limit.value_m, "unit": "m", "datum": limit.datum.value, "text": limit.text}
