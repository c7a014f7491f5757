"""Zones as OpenAir 2 (Naviter 2.1.0), UTF-8.

What OpenAir has no words for is refused, by the zone's name: several volumes, holes, heights above the
ellipsoid, weekly or sunlit periods, a zone that is never active, rules with exemptions or spacing, KEEP_IN.
A validity without a schedule becomes AA, which is judged alike. Country, reasons, message, kinds OpenAir does
not know and what else there is of authorities go into comments. Edges that are not geodesic get points
between, within 0.5 m.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence

from nofly.errors import ZoneFormatError
from nofly.formats._edges import subdivided
from nofly.formats._openair_classes import GLIDERS_ONLY, kind_of, restriction_of, words_for
from nofly.formats._openair_times import instant_text
from nofly.formats._told_hours import told_in
from nofly.units import M_PER_FL, M_PER_FT, M_PER_NM
from nofly.zones.limits import parse_limit
from nofly.zones.model import (
    Arc,
    Authority,
    Circle,
    Corridor,
    Datum,
    EdgeKind,
    Limit,
    Polygon,
    Restriction,
    Ring,
    Vertex,
    Zone,
)
from nofly.zones.rules import Rule
from nofly.zones.schedule import Schedule, Window

_HEADER = "*VERSION: 2.0\n*WRITTEN_BY: nofly\n"
_PLAIN_LIMIT = re.compile(r"GND|UNL|FL ?\d{1,3}|\d+ ?(?:ft|m) (?:AMSL|AGL)", re.I)
_MEGAHERTZ = re.compile(r"(\d{2,3}(?:\.\d{1,4})?) MHz")
_BY_RESTRICTION = {
    Restriction.PROHIBITED: ("UNC", "P"),
    Restriction.REQ_AUTHORISATION: ("UNC", "R"),
    Restriction.CONDITIONAL: ("UNC", "Q"),
    Restriction.NO_RESTRICTION: ("G", ""),
}


class _UnsayableError(Exception):
    """OpenAir has no words for something of a zone."""


def written(zones: Sequence[Zone]) -> bytes:
    """Return the zones as one file. Raises ZoneFormatError naming the first zone that cannot be written."""
    blocks, faults = [], []
    for zone in zones:
        try:
            blocks.append("\n".join(_block(zone)))
        except _UnsayableError as error:
            faults.append(f"zone {zone.id[:60]!r}: OpenAir cannot say {error}")
    if faults:
        more = f" (and {len(faults) - 1} more zones)" if len(faults) > 1 else ""
        raise ZoneFormatError(faults[0] + more, expected="one volume, no holes, no rule, no weekly schedule")
    return (_HEADER + "".join(f"\n{block}\n" for block in blocks)).encode()


def _block(zone: Zone) -> Iterator[str]:
    if len(zone.volumes) != 1:
        raise _UnsayableError(f"a zone of {len(zone.volumes)} volumes")
    if zone.rule is not None and zone.rule != Rule():
        raise _UnsayableError("its rule")
    volume = zone.volumes[0]
    extra = {key: json.loads(value) for key, value in zone.extra}
    airspace_class, airspace_type = _words(zone, str(extra.get("openair.AC", "")))
    yield f"AC {airspace_class}"
    if airspace_type:
        yield f"AY {airspace_type}"
    if zone.name:
        yield f"AN {_one_line(zone.name, 'name')}"
    yield f"AI {_one_line(zone.id, 'id')}"
    yield from _authority(zone.authorities)
    yield from _activation(zone)
    if "openair.AX" in extra:
        yield f"AX {_one_line(str(extra['openair.AX']), 'transponder code')}"
    yield from _comments(zone, kind_of(airspace_class, airspace_type), extra)
    yield f"AH {_limit(volume.upper, 'UNL')}"
    yield f"AL {_limit(volume.lower, 'GND')}"
    if isinstance(volume.footprint, Circle):
        yield f"V X={_point(volume.footprint.centre)}"
        yield f"DC {_nm(volume.footprint.radius_m)}"
    elif isinstance(volume.footprint, Corridor):
        yield from _corridor(volume.footprint)
    else:
        yield from _polygon(volume.footprint)


def _words(zone: Zone, airspace_class: str) -> tuple[str, str]:
    """Return class and type that read back as the zone's restriction and, where there is a word, its kind."""
    if zone.restriction is Restriction.KEEP_IN:
        raise _UnsayableError("KEEP_IN, a zone not to be left")
    kind = zone.kind.upper()
    if airspace_class and restriction_of(airspace_class, kind) is zone.restriction and _is_word(kind):
        return airspace_class, kind
    return words_for(kind, zone.restriction) or _BY_RESTRICTION[zone.restriction]


def _is_word(text: str) -> bool:
    return re.fullmatch(r"[A-Z0-9_]{1,40}", text) is not None


def _one_line(text: str, what: str) -> str:
    if "*" in text or len(text) > 300 or any(not c.isprintable() for c in text):
        raise _UnsayableError(f"its {what}, which holds an asterisk or a line break or is too long")
    return " ".join(text.split())


def _authority(authorities: Sequence[Authority]) -> Iterator[str]:
    first = authorities[0] if authorities else Authority()
    frequency = _MEGAHERTZ.fullmatch(first.contact)
    if frequency:
        yield f"AF {frequency[1]}"
        if first.name:
            yield f"AG {_one_line(first.name, 'authority')}"


def _activation(zone: Zone) -> Iterator[str]:
    schedule = zone.schedule
    if zone.valid_from_us is not None or zone.valid_to_us is not None:
        if schedule is not None:
            raise _UnsayableError("a validity beside a schedule")
        schedule = Schedule((Window(zone.valid_from_us, zone.valid_to_us),))
    if schedule is None:
        if told_in(zone.name):
            raise _UnsayableError("a zone that is always active, though its name tells hours")
        return
    if not schedule.windows:
        raise _UnsayableError("a zone that is never active")
    for window in schedule.windows:
        ends = [window.start_us, window.end_us]
        if window.periods:
            raise _UnsayableError("periods of the day or week")
        if window.certain and ends == [None, None]:
            raise _UnsayableError("a schedule that is always active beside others")
        if not window.certain and (ends != [None, None] or len(schedule.windows) > 1):
            raise _UnsayableError("a window in which activation is announced elsewhere")
        if any(end is not None and end % 1_000_000 for end in ends):
            raise _UnsayableError("fractions of a second")
        texts = ["NONE" if end is None else instant_text(end) for end in ends]
        yield f"AA {'/'.join(texts) if window.certain else 'NONE'}"


def _comments(zone: Zone, kind: str, extra: dict[str, object]) -> Iterator[str]:
    """What OpenAir has no record for, for the human reader."""
    notes = [("country", zone.country), ("reason", ", ".join(zone.reason))]
    if zone.kind.upper() != kind:
        notes.append(("kind", zone.kind))
    if zone.message != GLIDERS_ONLY:
        notes.append(("message", zone.message))
    if zone.edition != 1:
        notes.append(("edition", str(zone.edition)))
    for place, one in enumerate(zone.authorities):
        told = place == 0 and _MEGAHERTZ.fullmatch(one.contact)
        words = [one.service, one.site_url, one.email, one.phone, one.purpose, one.interval_before]
        words = words if told else [one.name, one.contact, *words]
        notes.append(("authority", "; ".join(word for word in words if word)))
    notes += [(key, json.dumps(value)) for key, value in extra.items() if not key.startswith("openair.")]
    for key, text in notes:
        if text:
            yield f"* {key}: {' '.join(text.split())[:1000]}"


def _limit(limit: Limit | None, unlimited: str) -> str:
    """Return a limit in OpenAir's words, as published where those words are plain enough."""
    if limit is None:
        return unlimited
    if _PLAIN_LIMIT.fullmatch(limit.text) and parse_limit(limit.text) == limit:
        return limit.text
    if limit.datum is Datum.HAE:
        raise _UnsayableError("heights above the ellipsoid")
    if limit.datum is Datum.STD:
        return f"FL{_digits(limit.value_m / M_PER_FL)}"
    if limit.datum is Datum.AGL and limit.value_m == 0.0:
        return "GND"
    feet = limit.value_m / M_PER_FT
    whole = abs(feet - round(feet)) < 1e-6
    return f"{round(feet)}ft {limit.datum}" if whole else f"{_digits(limit.value_m)}m {limit.datum}"


def _digits(value: float) -> str:
    return f"{value:.9f}".rstrip("0").rstrip(".")


def _nm(length_m: float) -> str:
    return _digits(length_m / M_PER_NM)


def _point(vertex: Vertex) -> str:
    return f"{_angle(vertex[0], 2, 'NS')} {_angle(vertex[1], 3, 'EW')}"


def _angle(degrees: float, width: int, letters: str) -> str:
    """Return degrees, minutes and seconds to a third of a millimetre (``48:49:37N``)."""
    units = round(abs(degrees) * 3600 * 100_000)
    minutes, rest = divmod(units, 60 * 100_000)
    seconds, fraction = divmod(rest, 100_000)
    tail = f".{fraction:05d}".rstrip("0") if fraction else ""
    letter = letters[1] if degrees < 0 else letters[0]
    return f"{minutes // 60:0{width}d}:{minutes % 60:02d}:{seconds:02d}{tail}{letter}"


def _corridor(corridor: Corridor) -> Iterator[str]:
    yield f"V W={_nm(2.0 * corridor.half_width_m)}"
    for point in subdivided(corridor.path, corridor.edge_kind, EdgeKind.GEODESIC, closed=False):
        yield f"DY {_point(point)}"


def _polygon(polygon: Polygon) -> Iterator[str]:
    if polygon.holes:
        raise _UnsayableError("holes")
    ring = polygon.exterior
    vertices = [part for part in ring if not isinstance(part, Arc)]
    if len(vertices) == len(ring):
        line = subdivided(vertices, polygon.edge_kind, EdgeKind.GEODESIC, closed=True)
        yield from (f"DP {_point(point)}" for point in [*line, line[0]])
        return
    if polygon.edge_kind is not EdgeKind.GEODESIC:
        raise _UnsayableError("arcs in a ring whose edges are not geodesic")
    yield from _arcs(ring)


def _arcs(ring: Ring) -> Iterator[str]:
    for part in ring:
        if isinstance(part, Arc):
            yield f"V X={_point(part.centre)}"
            yield f"V D={'+' if part.clockwise else '-'}"
            if part.radius_m == part.end_radius_m:
                yield f"DA {_nm(part.radius_m)}, {_digits(part.start_deg)}, {_digits(part.end_deg)}"
            else:
                yield f"DB {_point(_end(part, 0))}, {_point(_end(part, 1))}"
        else:
            yield f"DP {_point(part)}"
    if not isinstance(ring[0], Arc):
        yield f"DP {_point(ring[0])}"


def _end(arc: Arc, which: int) -> Vertex:
    """Return the point an arc starts (0) or ends (1) at, on the WGS 84 ellipsoid."""
    from pyproj import Geod

    bearing_deg, radius_m = ((arc.start_deg, arc.radius_m), (arc.end_deg, arc.end_radius_m))[which]
    lon, lat, _ = Geod(ellps="WGS84").fwd(arc.centre[1], arc.centre[0], bearing_deg, radius_m)
    return lat, lon
