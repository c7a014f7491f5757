"""Zones as KML 2.2, to be looked at and read back.

What the zone says beyond its geometry stands in ExtendedData, in the words of nofly's GeoJSON vocabulary, and
reads back as it was. Geometry is drawn as KML can: a circle as a polygon around it, at most 0.5 m outside, an
arc as points within 0.5 m, an edge as more points where KML's kind of edge would leave it by more. A corridor
is a line with ``half_width_m``. Zones from the ground to an altitude stand up in the view, others lie flat.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape, quoteattr

from nofly.errors import ZoneFormatError
from nofly.formats._edges import TOLERANCE_M, subdivided
from nofly.formats._told_hours import told_in
from nofly.formats._vocabulary import instant_text, write_authorities, write_schedule
from nofly.zones.limits import parse_limit
from nofly.zones.model import (
    Arc,
    Circle,
    Corridor,
    Datum,
    EdgeKind,
    Limit,
    Polygon,
    Restriction,
    Ring,
    Vertex,
    Volume,
    Zone,
)
from nofly.zones.rule_mapping import rule_to_mapping

MAX_RADIUS_M = 5_000_000.0
"""A larger circle has no polygon around it that KML could be trusted with."""
_MOST = 3_600
_COLOURS = {
    Restriction.PROHIBITED: "0000ff",
    Restriction.REQ_AUTHORISATION: "0080ff",
    Restriction.CONDITIONAL: "00d0ff",
    Restriction.NO_RESTRICTION: "60c000",
    Restriction.KEEP_IN: "ff8000",
}
"""Blue, green, red, as KML has them."""
_MODES = {Datum.AGL: "relativeToGround", Datum.AMSL: "absolute"}


def written(zones: Sequence[Zone]) -> bytes:
    """Return the zones as one KML document. Raises ZoneFormatError for a circle of more than
    ``MAX_RADIUS_M``, and for text that XML cannot hold."""
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<kml xmlns="http://www.opengis.net/kml/2.2">',
        "<Document>",
    ]
    for restriction, colour in _COLOURS.items():
        lines.append(
            f'<Style id="{restriction}"><LineStyle><color>ff{colour}</color><width>2</width></LineStyle>'
            f"<PolyStyle><color>40{colour}</color></PolyStyle></Style>"
        )
    for zone in zones:
        lines += _placemark(zone)
    lines += ["</Document>", "</kml>", ""]
    return "\n".join(lines).encode()


def _placemark(zone: Zone) -> Iterator[str]:
    yield "<Placemark>"
    yield f"<name>{_text(zone.name, zone)}</name>"
    if zone.valid_from_us is not None or zone.valid_to_us is not None:
        ends = (("begin", zone.valid_from_us), ("end", zone.valid_to_us))
        inner = [f"<{tag}>{instant_text(at)}</{tag}>" for tag, at in ends if at is not None]
        yield f"<TimeSpan>{''.join(inner)}</TimeSpan>"
    yield f"<styleUrl>#{zone.restriction}</styleUrl>"
    yield "<ExtendedData>"
    for key, text in _data(zone):
        yield f"<Data name={quoteattr(key)}><value>{_text(text, zone)}</value></Data>"
    yield "</ExtendedData>"
    if len(zone.volumes) > 1:
        yield "<MultiGeometry>"
    for volume in zone.volumes:
        yield from _geometry(volume, zone)
    if len(zone.volumes) > 1:
        yield "</MultiGeometry>"
    yield "</Placemark>"


def _data(zone: Zone) -> Iterator[tuple[str, str]]:
    """Yield names and values of ExtendedData."""
    yield "id", zone.id
    yield "restriction", zone.restriction.value
    yield from ((key, text) for key in ("kind", "country", "message") if (text := getattr(zone, key)))
    described = [_described(volume) for volume in zone.volumes]
    widths = [one["half_width_m"] for one in described if "half_width_m" in one]
    if len(described) == 1:
        yield from ((key, text) for key, text in described[0].items())
    else:
        yield "volumes", _json([{key: _value(key, text) for key, text in one.items()} for one in described])
        if widths:
            yield "half_width_m", widths[0]
    if zone.reason:
        yield "reason", _json(list(zone.reason))
    if zone.schedule is not None or told_in(zone.name):
        yield "schedule", _json(write_schedule(zone.schedule))
    if zone.rule is not None:
        yield "rule", _json(rule_to_mapping(zone.rule))
    if zone.authorities:
        yield "authorities", _json(write_authorities(zone.authorities))
    if zone.edition != 1:
        yield "edition", str(zone.edition)
    if zone.extra:
        yield "extra", _json({key: json.loads(value) for key, value in zone.extra})


def _described(volume: Volume) -> dict[str, str]:
    shape = volume.footprint
    said = {"lower": _limit(volume.lower), "upper": _limit(volume.upper)}
    said["edges"] = EdgeKind.GEODESIC if isinstance(shape, Circle) else _written_kind(shape.edge_kind)
    if isinstance(shape, Corridor):
        said["half_width_m"] = f"{shape.half_width_m!r}"
    return said


def _value(key: str, text: str) -> object:
    """Return a described value as the JSON of ``volumes`` holds it."""
    if key == "half_width_m":
        return float(text)
    return json.loads(text) if text.startswith("{") else text


def _written_kind(kind: EdgeKind) -> EdgeKind:
    return EdgeKind.PLANAR if kind is EdgeKind.PLANAR else EdgeKind.GEODESIC


def _limit(limit: Limit | None) -> str:
    """Return a limit as its text where the text alone says it, else as JSON."""
    if limit is None:
        return "UNL"
    try:
        if parse_limit(limit.text) == limit:
            return limit.text
    except ValueError:
        pass
    return _json({"value": limit.value_m, "unit": "m", "datum": limit.datum.value, "text": limit.text})


def _geometry(volume: Volume, zone: Zone) -> Iterator[str]:
    shape = volume.footprint
    if isinstance(shape, Corridor):
        line = subdivided(shape.path, shape.edge_kind, _written_kind(shape.edge_kind), closed=False)
        yield f"<LineString><tessellate>1</tessellate>{_coordinates(line, None)}</LineString>"
        return
    floor, upper = volume.lower, volume.upper
    grounded = floor is None or (floor.datum is Datum.AGL and floor.value_m <= 0.0)
    kind = EdgeKind.GEODESIC if isinstance(shape, Circle) else _written_kind(shape.edge_kind)
    altitude_m = None
    head = "<tessellate>1</tessellate>"
    if grounded and upper is not None and upper.datum in _MODES and kind is EdgeKind.GEODESIC:
        head = f"<extrude>1</extrude><altitudeMode>{_MODES[upper.datum]}</altitudeMode>"
        altitude_m = upper.value_m
    # A polygon that lies flat has planar edges for every other reader: its geodesics need points between.
    drawn = kind if altitude_m is not None else EdgeKind.PLANAR
    yield f"<Polygon>{head}"
    if isinstance(shape, Circle):
        rings = [_around(shape, zone)]
    else:
        rings = [_drawn(ring, shape, drawn) for ring in (shape.exterior, *shape.holes)]
    for place, ring in enumerate(rings):
        side = "innerBoundaryIs" if place else "outerBoundaryIs"
        yield f"<{side}><LinearRing>{_coordinates([*ring, ring[0]], altitude_m)}</LinearRing></{side}>"
    yield "</Polygon>"


def _around(circle: Circle, zone: Zone) -> list[Vertex]:
    """Return the polygon whose sides touch a circle."""
    if circle.radius_m > MAX_RADIUS_M:
        raise ZoneFormatError(
            f"zone {zone.id[:60]!r}: a circle of {circle.radius_m:.0f} m cannot be drawn as a polygon",
            expected=f"at most {MAX_RADIUS_M:.0f} m",
        )
    count = min(
        _MOST, max(12, math.ceil(math.pi / math.acos(circle.radius_m / (circle.radius_m + TOLERANCE_M))))
    )
    radius_m = circle.radius_m / math.cos(math.pi / count)
    return _on_arc(
        Arc(circle.centre, radius_m, radius_m, 0.0, 360.0 - 360.0 / count, False), count, 360.0 / count
    )


def _drawn(ring: Ring, polygon: Polygon, drawn: EdgeKind) -> list[Vertex]:
    points: list[Vertex] = []
    for part in ring:
        if isinstance(part, Arc):
            sweep_deg = (part.end_deg - part.start_deg) % 360.0
            largest_m = max(part.radius_m, part.end_radius_m, 1.0)
            step_deg = math.degrees(2.0 * math.acos(1.0 - min(TOLERANCE_M / largest_m, 0.5)))
            sweep_deg = sweep_deg if part.clockwise else 360.0 - sweep_deg
            count = min(_MOST, math.ceil(sweep_deg / step_deg) + 2)
            points += _on_arc(part, count, sweep_deg / (count - 1))
        else:
            points.append(part)
    return subdivided(points, polygon.edge_kind, drawn, closed=True)


def _on_arc(arc: Arc, count: int, step_deg: float) -> list[Vertex]:
    """Return ``count`` points along an arc, ``step_deg`` apart, on the WGS 84 ellipsoid."""
    from pyproj import Geod

    parts = range(count)
    step_deg = step_deg if arc.clockwise else -step_deg
    grown_m = (arc.end_radius_m - arc.radius_m) / max(count - 1, 1)
    lons, lats, _ = Geod(ellps="WGS84").fwd(
        [arc.centre[1]] * count,
        [arc.centre[0]] * count,
        [arc.start_deg + step_deg * k for k in parts],
        [arc.radius_m + grown_m * k for k in parts],
    )
    return list(zip(lats, lons, strict=True))


def _coordinates(points: Sequence[Vertex], altitude_m: float | None) -> str:
    height = "" if altitude_m is None else f",{altitude_m!r}"
    return f"<coordinates>{' '.join(f'{lon!r},{lat!r}{height}' for lat, lon in points)}</coordinates>"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _text(text: str, zone: Zone) -> str:
    """Return text for XML 1.0; its § 2.2 has no control characters but tab and line ends."""
    if any((c < " " and c not in "\t\n\r") or "\ud800" <= c <= "\udfff" or c in "\ufffe\uffff" for c in text):
        raise ZoneFormatError(
            f"zone {zone.id[:60]!r}: XML cannot hold {text[:60]!r}", expected="printable text"
        )
    return escape(text)
