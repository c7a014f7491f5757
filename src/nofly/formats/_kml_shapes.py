"""The geometry of one placemark becomes volumes: coordinates, altitudes, edges."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from nofly.formats._areas import circle, polygons
from nofly.formats._edges import furthest_apart_m
from nofly.formats._json import Notes, Rejected, as_choice, as_number
from nofly.formats._kml_tree import Node
from nofly.zones.model import Arc, Corridor, Datum, EdgeKind, Footprint, Limit, Vertex, Volume

OTHER_EDGE_M = 100.0
"""An edge whose two readings part by more than this is worth a warning."""
MAX_POINTS = 500_000
"""Positions in one ring or line, beyond which its placemark is rejected."""
_DEEPEST = 16
_DATUMS = {"relativeToGround": Datum.AGL, "absolute": Datum.AMSL}


@dataclass(frozen=True, slots=True)
class Line:
    """A coordinates element: positions, and altitudes in metres where each of them has one."""

    points: list[Vertex]
    altitudes_m: list[float] | None


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits the placemark states beside its geometry; a side not stated is taken from the altitudes."""

    lower: Limit | None
    upper: Limit | None
    stated: frozenset[str]


def areas(node: Node, said: dict[str, Any], depth: int = 0) -> Iterator[Node]:
    """Yield the geometries that are areas: polygons; points and lines where ``said`` gives them a width."""
    for child in node.children:
        if child.tag == "MultiGeometry" and depth < _DEEPEST:
            yield from areas(child, said, depth + 1)
        elif (
            child.tag == "Polygon"
            or (child.tag == "Point" and "radius_m" in said)
            or (child.tag == "LineString" and "half_width_m" in said)
        ):
            yield child


def volumes_of(shape: Node, said: dict[str, Any], limits: Limits, notes: Notes) -> list[Volume]:
    """Return the volumes of one geometry. Raises Rejected."""
    locator = f"line {shape.line}"
    mode = shape.said("altitudeMode") or "clampToGround"
    if shape.tag == "Point":
        line = _line(shape)
        if len(line.points) != 1:
            raise Rejected("kml-bad-coordinates", "a point of more than one position", locator)
        lat, lon = line.points[0]
        footprints: list[Footprint] = [circle([lon, lat], said["radius_m"], locator)]
        altitudes_m = None
    elif shape.tag == "LineString":
        line = _line(shape)
        notes.bounds.count("positions", len(line.points), notes.source, locator)
        footprints = [_corridor(line, said, locator)]
        altitudes_m = None
    else:
        rings = list(_rings(shape))
        edges = _edges(said, mode, rings, notes, locator)
        outlines: list[list[Vertex | Arc]] = [list(ring.points) for ring in rings]
        footprints = list(polygons(outlines, locator, edges, notes))
        altitudes_m = rings[0].altitudes_m
    lower, upper = _limits(shape, mode, altitudes_m, limits, notes)
    if lower and upper and lower.datum is upper.datum and lower.value_m > upper.value_m:
        raise Rejected("limits-inverted", f"lower {lower.text} is above upper {upper.text}", locator)
    return [Volume(footprint, lower, upper) for footprint in footprints]


def _edges(said: dict[str, Any], mode: str, rings: list[Line], notes: Notes, locator: str) -> EdgeKind:
    """Return the kind of a polygon's edges, with a warning where the other reading is far from it.

    OGC 07-147r2 § 6.3.3: a polygon clamped to the ground is filled in the plate carrée plane; § 6.3.2: at any
    other altitude mode an edge is straight in space, over the geodesic.
    """
    if "edges" in said:
        return EdgeKind(as_choice(said["edges"], tuple(EdgeKind), "bad-edges", locator))
    far_m = max(furthest_apart_m(ring.points) for ring in rings)
    kind = EdgeKind.GEODESIC if mode in _DATUMS else EdgeKind.PLANAR
    if far_m > OTHER_EDGE_M:
        text = f"an edge read as {kind} is up to {far_m:.0f} m from the other reading: state edges"
        notes.warn("kml-long-edge", text, locator)
    return kind


def _limits(
    shape: Node, mode: str, altitudes_m: list[float] | None, limits: Limits, notes: Notes
) -> tuple[Limit | None, Limit | None]:
    """Return floor and ceiling: those stated, else ground and altitude of an extruded polygon, else None."""
    locator = f"line {shape.line}"
    top_m = max(altitudes_m) if altitudes_m else 0.0
    extruded = shape.said("extrude") in ("1", "true") and mode in _DATUMS and top_m > 0.0
    if limits.stated:
        for side in sorted({"lower", "upper"} - limits.stated):
            notes.info("limit-missing", f"no {side} limit stated: read as unlimited", locator)
        return limits.lower, limits.upper
    if not extruded or altitudes_m is None:
        why = "altitudes that enclose no volume" if top_m else "no limits"
        notes.warn("kml-no-limits", f"{why}: read as unlimited", locator)
        return None, None
    datum = _DATUMS[mode]
    if min(altitudes_m) != top_m:
        text = f"altitudes from {min(altitudes_m):g} to {top_m:g} m: the highest is read as the ceiling"
        notes.warn("kml-uneven-altitude", text, locator)
    upper = Limit(top_m, datum, f"{top_m:.10g} m {datum}")
    notes.info("kml-extruded", f"extruded: read as the volume from the ground to {upper.text}", locator)
    return Limit(0.0, Datum.AGL, "GND"), upper


def _rings(polygon: Node) -> Iterator[Line]:
    """Yield the outer ring and the inner ones of a polygon."""
    outer = [ring for side in polygon.all("outerBoundaryIs") for ring in side.all("LinearRing")]
    if len(outer) != 1:
        text = f"{len(outer)} outer boundaries (expected one)"
        raise Rejected("kml-bad-polygon", text, f"line {polygon.line}")
    yield _line(outer[0])
    for side in polygon.all("innerBoundaryIs"):
        for ring in side.all("LinearRing"):
            yield _line(ring)


def _corridor(line: Line, said: dict[str, Any], locator: str) -> Corridor:
    half_width_m = as_number(said["half_width_m"], locator)
    path = tuple(p for k, p in enumerate(line.points) if k == 0 or p != line.points[k - 1])
    if half_width_m <= 0.0 or len(path) < 2:
        raise Rejected("no-area", "a corridor of two points or more and some width was expected", locator)
    edges = EdgeKind(as_choice(said.get("edges", "GEODESIC"), tuple(EdgeKind), "bad-edges", locator))
    return Corridor(path, half_width_m, edges)


def _line(shape: Node) -> Line:
    """Return the coordinates of a point, line or ring. Raises Rejected."""
    words = " ".join(shape.said("coordinates").split())
    tuples = words.replace(" ,", ",").replace(", ", ",").split()
    if len(tuples) > MAX_POINTS:
        raise Rejected("kml-oversized", f"more than {MAX_POINTS:,} positions", f"line {shape.line}")
    plain = _plain_line(tuples)
    if plain is not None:
        return plain
    points: list[Vertex] = []
    altitudes_m: list[float] = []
    for tuple_text in tuples:
        parts = tuple_text.split(",")
        try:
            numbers = [float(part) for part in parts if len(part) <= 40]
        except ValueError:
            numbers = []
        if len(numbers) != len(parts) or len(numbers) not in (2, 3) or not all(map(math.isfinite, numbers)):
            text = f"{tuple_text[:60]!r} (expected longitude,latitude or longitude,latitude,altitude)"
            raise Rejected("kml-bad-coordinates", text, f"line {shape.line}")
        if abs(numbers[1]) > 90.0 or abs(numbers[0]) > 180.0:
            text = f"{tuple_text[:60]!r} (expected longitude within ±180°, latitude within ±90°)"
            raise Rejected("kml-bad-coordinates", text, f"line {shape.line}")
        points.append((numbers[1], numbers[0]))
        altitudes_m += numbers[2:]
    if not points:
        raise Rejected("kml-bad-coordinates", f"{shape.tag} without coordinates", f"line {shape.line}")
    return Line(points, altitudes_m if len(altitudes_m) == len(points) else None)


def _plain_line(tuples: list[str]) -> Line | None:
    """Return a line whose positions are all sound and have two numbers each, or three each; None for any
    other, which is to be looked at position by position."""
    commas = {text.count(",") for text in tuples}
    if commas != {1} and commas != {2}:
        return None
    parts = ",".join(tuples).split(",")
    try:
        numbers = list(map(float, parts))
    except ValueError:
        return None
    each = commas.pop() + 1
    lats, lons = numbers[1::each], numbers[::each]
    # The sum of what is not finite is not finite.
    if max(map(len, parts)) > 40 or not math.isfinite(sum(numbers)):
        return None
    if max(map(abs, lats)) > 90.0 or max(map(abs, lons)) > 180.0:
        return None
    return Line(list(zip(lats, lons, strict=True)), numbers[2::3] if each == 3 else None)
