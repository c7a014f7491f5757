"""OpenAir, the airspace text of gliding and of openAIP: versions 1 (WinPilot, 1998) and 2 (Naviter 2.1.0).

One AC block is one record and, unless rejected, one zone. Coordinates are WGS 84. A limit without a unit is
feet, one without a reference is above mean sea level. OpenAir does not say which line joins two points; nofly
reads GEODESIC edges, as boundaries in an AIP are meant and as pilots' charts draw them. DA and DB stay exact
arcs (the radius of a DB may differ at its two ends), DC is a circle, DY a corridor of width ``V W=``. A block
without AA holds always, unless its name tells hours in words: then nobody can tell. What class and type
forbid is the table in ``_openair_classes``. SP, SB, AT and V Z= (drawing) are passed over.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from nofly.errors import Finding, Severity, ZoneFormatError
from nofly.formats._bounds import Bounds
from nofly.formats._openair_classes import GLIDERS_ONLY, kind_of, restriction_of
from nofly.formats._openair_lines import Block, Record, decoded, split_blocks
from nofly.formats._openair_shape import Shapes
from nofly.formats._openair_times import schedule_of
from nofly.formats._openair_values import BadRecordError
from nofly.formats._told_hours import ANNOUNCED, told_in
from nofly.zones.limits import parse_limit
from nofly.zones.model import Authority, Limit, Restriction, Source, Volume, Zone
from nofly.zones.sentence import say

NAME = "openair"
EXTENSIONS = (".openair", ".oair", ".txt")

_OTHERS = frozenset({b"AN", b"AH", b"AL", b"DP", b"DB", b"DC", b"DA", b"DY", b"V"})
_ARCS = frozenset({"DA", "DB", "DC"})
_LONGEST = 300


def sniff(head: bytes) -> int:
    """Return how sure it is that a file starting with ``head`` is OpenAir."""
    text = head.removeprefix(b"\xef\xbb\xbf")
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = head.replace(b"\x00", b"")[2:]
    has_class = has_other = False
    for line in text.splitlines():
        code, blank, _ = line.lstrip(b" \t")[:3].replace(b"\t", b" ").upper().partition(b" ")
        has_class = has_class or code == b"AC"
        has_other = has_other or (bool(blank) and code in _OTHERS)
        if has_class and has_other:
            return 95
    return 20 if has_class else 0


def read(data: bytes, source: str) -> tuple[list[Zone], list[Finding], int]:
    """Return the zones of an OpenAir file, findings, and the number of AC blocks.

    ``zones + rejected findings = records``; a locator is the line of the record meant. Raises ZoneFormatError
    where there is no AC record at all, or the file is too large.
    """
    text, findings = decoded(data, source)
    blocks, more = split_blocks(text, source)
    findings.extend(more)
    if not blocks:
        raise ZoneFormatError("no airspace block", source=source, expected="an AC record")
    zones: list[Zone] = []
    names, bounds = _Names(source), Bounds()
    for block in blocks:
        try:
            zone, more = _zone(block, source, names, bounds)
        except BadRecordError as error:
            more = [Finding(error.code, Severity.REJECTED, error.message, source, f"line {error.line}")]
        else:
            zones.append(zone)
        findings.extend(more)
    return zones, findings, len(blocks)


def write(zones: Sequence[Zone]) -> bytes:
    """Return the zones as OpenAir 2, UTF-8; see ``_openair_write`` for what cannot be said."""
    from nofly.formats._openair_write import written

    return written(zones)


def _zone(block: Block, source: str, names: _Names, bounds: Bounds) -> tuple[Zone, list[Finding]]:
    """Return the zone of one block and its findings; raises BadRecordError."""
    if block.fault is not None:
        raise BadRecordError(*block.fault, block.fault_line)
    locator = f"line {block.line}"
    shapes = Shapes()
    by_code: dict[str, list[Record]] = {}
    bounds.count("arcs", sum([r.code in _ARCS for r in block.records]), source, locator)
    for record in block.records:
        if record.code != "DP":
            by_code.setdefault(record.code, []).append(record)
        if record.code[0] in "DV":
            shapes.draw(record)
    airspace_class, airspace_type = _last(by_code, "AC"), _last(by_code, "AY")
    lower, upper, findings = _limits(by_code, block.line, source)
    footprints, more = shapes.footprints(source, block.line, bounds)
    findings += more
    schedule, more = schedule_of(by_code.get("AA", []), source, locator)
    hours = _hours_in_name(by_code)
    findings += more + _remarks(by_code, hours, source, locator)
    if hours:
        schedule = ANNOUNCED
    restriction = restriction_of(airspace_class, airspace_type)
    if restriction is None:
        word = (airspace_type or airspace_class)[:40]
        text = say("unknown class or type {word}: read as PROHIBITED", word=repr(word))
        findings.append(Finding("openair-unknown-class", Severity.WARNING, text, source, locator))
    kind = kind_of(airspace_class, airspace_type)
    zone_id, more = names.id(_last(by_code, "AI"), _last(by_code, "AN"), kind, locator)
    zone = Zone(
        id=zone_id,
        name=_last(by_code, "AN"),
        volumes=tuple(Volume(footprint, lower, upper) for footprint in footprints),
        restriction=restriction or Restriction.PROHIBITED,
        kind=kind,
        schedule=schedule,
        authorities=_authorities(by_code),
        message=GLIDERS_ONLY if airspace_class.upper() == "GP" else "",
        extra=_extra(airspace_class if airspace_type else "", _last(by_code, "AX")),
        source=Source(format=NAME, locator=locator),
    )
    return zone, findings + more


def _last(by_code: dict[str, list[Record]], code: str) -> str:
    records = by_code.get(code)
    return " ".join(records[-1].value.split())[:_LONGEST] if records else ""


def _limits(
    by_code: dict[str, list[Record]], line: int, source: str
) -> tuple[Limit | None, Limit | None, list[Finding]]:
    """Return floor, ceiling and findings; None is unlimited, and what a block without the record gets."""
    findings: list[Finding] = []
    found: dict[str, Limit | None] = {}
    for code, word in (("AL", "lower"), ("AH", "upper")):
        records = by_code.get(code, [])
        limits = [_limit(record) for record in records]
        if any(limit != limits[0] and _differ(limit, limits[0]) for limit in limits):
            text = say("{code} given twice, with different limits", code=code)
            raise BadRecordError("openair-limit-twice", text, records[-1].line)
        if not records:
            text = say("no {code}: read as without {which} limit", code=code, which=say(word))
            findings.append(Finding("openair-limit-missing", Severity.WARNING, text, source, f"line {line}"))
        found[code] = limits[0] if limits else None
    lower, upper = found["AL"], found["AH"]
    if lower and upper and lower.datum is upper.datum and lower.value_m > upper.value_m:
        text = say("floor {lower} above ceiling {upper}", lower=lower.text, upper=upper.text)
        raise BadRecordError("openair-floor-above-ceiling", text, by_code["AL"][0].line)
    return lower, upper, findings


def _differ(one: Limit | None, other: Limit | None) -> bool:
    """Return whether two limits are different heights, whatever words they were published in."""
    if one is None or other is None:
        return one is not other
    return (one.value_m, one.datum) != (other.value_m, other.datum)


def _limit(record: Record) -> Limit | None:
    try:
        return parse_limit(record.value)
    except ValueError as error:
        raise BadRecordError("openair-bad-limit", f"{record.code}: {error}", record.line) from None


def _remarks(by_code: dict[str, list[Record]], hours: str, source: str, locator: str) -> list[Finding]:
    """Return what is to be said about names, repeated classes and ``hours`` told in words."""

    def warn(code: str, text: str) -> Finding:
        return Finding(code, Severity.WARNING, text, source, locator)

    findings = []
    classes = [record.value for record in by_code["AC"]]
    if len(classes) > 1:
        text = say(
            "AC {one}, then {other}: the last holds", one=repr(classes[0][:20]), other=repr(classes[-1][:20])
        )
        findings.append(warn("openair-class-twice", text))
    names = by_code.get("AN", [])
    if not names or not names[-1].value:
        findings.append(warn("openair-no-name", say("an airspace without a name")))
    if "AX" in by_code and not re.fullmatch(r"[0-7]{4}", _last(by_code, "AX")):
        text = say(
            "AX {value} is no transponder code (expected four digits 0 to 7)",
            value=repr(_last(by_code, "AX")[:20]),
        )
        findings.append(warn("openair-bad-transponder", text))
    if hours:
        text = say(
            "{value} tells hours of activity in words: when it is active is not known",
            value=repr(hours[:60]),
        )
        findings.append(warn("openair-hours-in-name", text))
    return findings


def _hours_in_name(by_code: dict[str, list[Record]]) -> str:
    """Return the names of a block with the comments beside them where they tell hours that no AA gives."""
    if "AA" in by_code:
        return ""
    called = " ".join([f"{record.value} {record.comment}" for record in by_code.get("AN", [])]).strip()
    return called if told_in(called) else ""


class _Names:
    """The zone ids given out in one file, none of them twice."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._taken: dict[str, int] = {}

    def id(self, given: str, name: str, kind: str, locator: str) -> tuple[str, list[Finding]]:
        """Return AI, or ``kind:name``; a repeat gets a counter (``R:LF-R35#2``) and a finding."""
        wanted = given or f"{kind or 'UNC'}:{name or 'unnamed'}"
        zone_id = wanted
        while zone_id in self._taken:
            self._taken[wanted] += 1
            zone_id = f"{wanted}#{self._taken[wanted]}"
        self._taken[zone_id] = 1
        if zone_id == wanted:
            return zone_id, []
        severity = Severity.WARNING if given else Severity.INFO
        text = say(
            "{id} occurs more than once: called {other}", id=repr(wanted[:60]), other=repr(zone_id[-60:])
        )
        return zone_id, [Finding("openair-id-repeated", severity, text, self._source, locator)]


def _authorities(by_code: dict[str, list[Record]]) -> tuple[Authority, ...]:
    station, frequency = _last(by_code, "AG"), _last(by_code, "AF")
    if not (station or frequency):
        return ()
    return (Authority(name=station, contact=f"{frequency} MHz" if frequency else ""),)


def _extra(airspace_class: str, transponder: str) -> tuple[tuple[str, str], ...]:
    """Return what the zone model has no word for: the class beside a type, the transponder code."""
    said = {"openair.AC": airspace_class, "openair.AX": transponder}
    return tuple((key, json.dumps(value, ensure_ascii=False)) for key, value in said.items() if value)
