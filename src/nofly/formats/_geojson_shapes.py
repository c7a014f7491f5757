"""The geometry and the limits of one GeoJSON feature become volumes."""

from __future__ import annotations

from itertools import pairwise
from operator import itemgetter
from typing import Any

from nofly.formats import _vocabulary
from nofly.formats._areas import circle, polygons, position, positions
from nofly.formats._json import (
    Notes,
    Rejected,
    as_choice,
    as_list,
    as_number,
    as_object,
    as_text,
    bad,
    numbered,
    shown,
)
from nofly.units import length_m
from nofly.zones.limits import EXPECTED, datum_of, parse_limit
from nofly.zones.model import Arc, Corridor, Datum, EdgeKind, Footprint, Limit, Vertex, Volume

OF_VOLUME = ("lower", "upper", "edges", "radius_m", "half_width_m", "arcs")
"""Properties that describe a volume."""
FIR_LIMITS = ("LOWERLIMIT", "LOWERUNIT", "UPPERLIMIT", "UPPERUNIT")
"""Properties that give limits in EUROCONTROL's FIR sets."""
SHAPES = (
    "Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon", "GeometryCollection",
)  # fmt: skip
_UNITS = ("M", "FT", "FL")
_DEEPEST = 8
_NO_LEVEL = 999.0


def volumes_of(geometry: object, said: dict[str, Any], locator: str, notes: Notes) -> list[Volume]:
    """Return the volumes of a feature. Raises Rejected where none has an area."""
    where = f"{locator}.geometry"
    described = said.get("volumes")
    if described is None:
        volumes = _shape(geometry, said, where, f"{locator}.properties", notes, 0)
    else:
        at = f"{locator}.properties.volumes"
        listed = as_list(described, at)
        shape = as_object(geometry, where)
        if shape.get("type") != "GeometryCollection":
            raise Rejected("bad-volumes", "volumes describe the parts of a GeometryCollection", at)
        parts = as_list(shape.get("geometries"), f"{where}.geometries")
        if len(parts) != len(listed):
            text = f"{len(listed)} volumes for {len(parts)} geometries (expected one each)"
            raise Rejected("bad-volumes", text, at)
        volumes = []
        for k, (part, own) in enumerate(zip(parts, listed, strict=True)):
            own = {**said, **_vocabulary.known_object(own, OF_VOLUME, f"{at}[{k}]")}
            volumes += _shape(part, own, f"{where}.geometries[{k}]", f"{at}[{k}]", notes, 1)
    if not volumes:
        raise Rejected("no-area", "a zone without any area", where)
    return volumes


def _shape(
    value: object, said: dict[str, Any], locator: str, described: str, notes: Notes, depth: int
) -> list[Volume]:
    if value is None:
        raise Rejected("no-area", "a feature without geometry", locator)
    geometry = as_object(value, locator)
    if "layer" in geometry:
        raise Rejected("other-format", "layer belongs to the format ed318", f"{locator}.layer")
    if geometry.get("type") == "GeometryCollection" and depth < _DEEPEST:
        return [
            volume
            for where, part in numbered(
                as_list(geometry.get("geometries"), f"{locator}.geometries"), f"{locator}.geometries"
            )
            for volume in _shape(part, said, where, described, notes, depth + 1)
        ]
    lower, upper = _limit(said, "lower", described, notes), _limit(said, "upper", described, notes)
    if lower and upper and lower.datum is upper.datum and lower.value_m > upper.value_m:
        raise Rejected("limits-inverted", f"lower {lower.text} is above upper {upper.text}", described)
    edges = EdgeKind(
        as_choice(said.get("edges", "PLANAR"), tuple(EdgeKind), "bad-edges", f"{described}.edges")
    )
    return [Volume(f, lower, upper) for f in _footprints(geometry, said, edges, locator, described, notes)]


def _footprints(
    geometry: dict[str, Any],
    said: dict[str, Any],
    edges: EdgeKind,
    locator: str,
    described: str,
    notes: Notes,
) -> list[Footprint]:
    """Return the footprints of one geometry that is no collection."""
    kind, where = geometry.get("type"), f"{locator}.coordinates"
    if kind not in SHAPES or kind == "GeometryCollection":
        bad("bad-geometry", kind, f"one of {', '.join(SHAPES)}", f"{locator}.type")
    parts = [(where, geometry.get("coordinates"))]
    if kind.startswith("Multi"):
        parts = numbered(as_list(geometry.get("coordinates"), where), where)
    found: list[Footprint] = []
    for at, part in parts:
        if kind.endswith("Point"):
            if said.get("radius_m") is None:
                raise Rejected("no-area", _no_radius(said), described)
            notes.bounds.count("arcs", 1, notes.source, at)
            found.append(circle(part, said["radius_m"], at))
        elif kind.endswith("LineString"):
            notes.bounds.count("positions", len(as_list(part, at)), notes.source, at)
            found.append(_corridor(part, said, edges, at, described))
        else:
            rings: list[list[Vertex | Arc]] = [
                _open(positions(ring, ring_at), edges, ring_at, notes)
                for ring_at, ring in numbered(as_list(part, at), at)
            ]
            if said.get("arcs"):
                notes.bounds.count("arcs", len(as_list(said["arcs"], f"{described}.arcs")), notes.source, at)
                _put_arcs(rings, said["arcs"], f"{described}.arcs")
            found += polygons(rings, at, edges, notes)
    return found


def _no_radius(said: dict[str, Any]) -> str:
    """Return why a point is no area, and which property may have been meant as its radius."""
    meant = [key for key in said if "radius" in key.lower() and key != "radius_m"]
    seen = f": {meant[0]} {shown(said[meant[0]])} is not read (expected radius_m, in metres)" if meant else ""
    return f"a point without radius_m is no area{seen}"


def _corridor(part: object, said: dict[str, Any], edges: EdgeKind, locator: str, described: str) -> Corridor:
    if said.get("half_width_m") is None:
        raise Rejected("no-area", "a line without half_width_m is no area", described)
    half_width = as_number(said["half_width_m"], f"{described}.half_width_m")
    path = tuple(position(p, at) for at, p in numbered(as_list(part, locator), locator))
    if half_width <= 0.0 or len(set(path)) < 2:
        raise Rejected("no-area", "a corridor of two points or more and some width was expected", locator)
    return Corridor(path, half_width, edges)


def _open(ring: list[Vertex], edges: EdgeKind, locator: str, notes: Notes) -> list[Vertex | Arc]:
    """Return a ring without its closing point. A planar edge from one side of the map to the other along a
    parallel, as maps of the whole world have, gets two points between, so that it keeps going that way."""
    line: list[Vertex | Arc] = list(ring)
    lons = list(map(itemgetter(1), ring))
    if edges is EdgeKind.PLANAR and 180.0 in lons and -180.0 in lons:
        for k in range(len(ring) - 1, 0, -1):
            lat, lon = ring[k]
            if lat == ring[k - 1][0] and abs(lon - ring[k - 1][1]) == 360.0:
                notes.info("edge-round-the-world", "an edge along a whole parallel", f"{locator}[{k}]")
                line[k:k] = [(lat, -lon / 3.0), (lat, lon / 3.0)]
    if len(line) > 1 and line[0] == line[-1]:
        line.pop()
    return line


_ARC_KEYS = (
    "ring", "first", "points", "centre", "radius_m", "end_radius_m", "start_deg", "end_deg", "clockwise",
)  # fmt: skip


def _put_arcs(rings: list[list[Vertex | Arc]], value: object, locator: str) -> None:
    """Put arcs in place of the positions that draw them: the last ones first, so that numbers hold."""
    placed: list[tuple[int, int, int, Arc]] = []
    for at, item in numbered(as_list(value, locator), locator):
        one = _vocabulary.known_object(item, _ARC_KEYS, at)
        numbers = [one.get("ring", 0), one.get("first"), one.get("points")]
        if not all(isinstance(n, int) and not isinstance(n, bool) for n in numbers):
            bad("bad-arc", numbers, "whole numbers ring, first and points", at)
        ring, first, points = numbers
        if not (0 <= ring < len(rings) and first >= 0 and 1 <= points <= len(rings[ring]) - first):
            bad("bad-arc", numbers, "positions of the ring", at)
        radius = as_number(one.get("radius_m"), f"{at}.radius_m")
        if not isinstance(one.get("clockwise"), bool):
            bad("bad-arc", one.get("clockwise"), "clockwise true or false", at)
        arc = Arc(
            position(one.get("centre"), f"{at}.centre"),
            radius,
            as_number(one.get("end_radius_m", radius), f"{at}.end_radius_m"),
            as_number(one.get("start_deg"), f"{at}.start_deg"),
            as_number(one.get("end_deg"), f"{at}.end_deg"),
            one["clockwise"],
        )
        placed.append((ring, first, points, arc))
    placed.sort(key=lambda p: (p[0], p[1]), reverse=True)
    for later, earlier in pairwise(placed):
        if earlier[0] == later[0] and earlier[1] + earlier[2] > later[1]:
            raise Rejected("bad-arc", "two arcs stand for the same positions", locator)
    for ring, first, points, arc in placed:
        rings[ring][first : first + points] = [arc]


def _limit(said: dict[str, Any], side: str, locator: str, notes: Notes) -> Limit | None:
    """Return the lower or upper limit: text, an object, or limit and unit of the FIR sets."""
    where = f"{locator}.{side}"
    if side not in said and f"{side}LIMIT".upper() in said:
        return _fir_limit(said, side.upper(), locator, notes)
    value = said.get(side)
    if value is None or value == "":
        notes.info("limit-missing", f"no {side} limit stated: read as unlimited", where)
        return None
    if isinstance(value, str):
        try:
            return parse_limit(value)
        except ValueError:
            bad("bad-limit", value, EXPECTED, where)
    if not isinstance(value, dict):
        bad("bad-limit", value, f"{EXPECTED}, or an object of value, unit and datum", where)
    found = _vocabulary.known_object(value, ("value", "unit", "datum", "text"), where)
    number = as_number(found.get("value"), f"{where}.value")
    unit = as_choice(found.get("unit"), _UNITS, "bad-unit", f"{where}.unit")
    datum = Datum.STD if unit == "FL" else None
    if found.get("datum") is not None or datum is None:
        try:
            datum = datum_of(as_text(found.get("datum"), f"{where}.datum"))
        except ValueError as error:
            raise Rejected("bad-datum", str(error), f"{where}.datum") from None
    text = as_text(found.get("text", f"{number:.10g} {unit.lower()} {datum}"), f"{where}.text")
    return Limit(length_m(number, unit), datum, text)


def _fir_limit(said: dict[str, Any], side: str, locator: str, notes: Notes) -> Limit | None:
    where = f"{locator}.{side}LIMIT"
    unit = as_choice(said.get(f"{side}UNIT"), _UNITS, "bad-unit", f"{locator}.{side}UNIT")
    value = said[f"{side}LIMIT"]
    try:
        number = as_number(float(value) if isinstance(value, str) else value, where)
    except ValueError:
        bad("bad-limit", value, "a number", where)
    if side == "UPPER" and unit == "FL" and number == _NO_LEVEL:
        notes.info("limit-sentinel", "an upper limit of FL 999 is read as no limit", where)
        return None
    if side == "LOWER" and number == 0.0:
        notes.info("limit-ground", "a lower limit of 0 is read as the ground", where)
        return Limit(0.0, Datum.AGL, f"{value} {unit}")
    if unit == "FL":
        return Limit(length_m(number, unit), Datum.STD, f"FL{value}")
    notes.info("limit-reference-missing", f"{value} {unit} without a reference: read as AMSL", where)
    return Limit(length_m(number, unit), Datum.AMSL, f"{value} {unit}")
