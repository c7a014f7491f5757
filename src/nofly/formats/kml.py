"""KML 2.0 to 2.3 (OGC 07-147r2, 12-007r2) and KMZ: placemarks that are areas become zones.

Records are the placemarks with a polygon, with a point and ``radius_m``, or with a line and ``half_width_m``
(or ``width_m``); others are counted in a finding. The names in ExtendedData are those of nofly's GeoJSON
vocabulary (docs/reference/geojson.md), objects among them as JSON; ``floor`` and ``ceiling`` do for lower and
upper. Without stated limits an extruded polygon reaches from the ground to its altitude
(relativeToGround: AGL; absolute: above EGM96 mean sea level, § 6.2), any other is unlimited, with a
warning. A polygon clamped to the ground has PLANAR edges (§ 6.3.3), any other GEODESIC ones (§ 6.3.2), unless
``edges`` says otherwise: Google Earth draws great circles in both cases, so a long edge is warned about.
A TimeSpan, its own or the nearest folder's, is the validity; an end without a time of day is included.
A DOCTYPE is refused; links are not followed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from nofly.errors import Finding, Severity
from nofly.formats import _vocabulary
from nofly.formats._json import Notes, Rejected, as_choice, as_instant_us, as_list, shown
from nofly.formats._kml_shapes import Limits, areas, volumes_of
from nofly.formats._kml_times import validity
from nofly.formats._kml_tree import NAMESPACES, Node, Placemark, Walker, unpacked
from nofly.formats._kml_words import edition_of, extra_of, limit_of, reasons_of, said_of
from nofly.zones.model import Restriction, Source, Volume, Zone

NAME = "kml"
_MOST_NAMED = 5
EXTENSIONS = (".kml", ".kmz")

_ROOT = re.compile(rb"<(?:[A-Za-z_][\w.-]*:)?kml[\s>/]")


def sniff(head: bytes) -> int:
    """Return how sure it is that a file starting with ``head`` is KML or KMZ."""
    if head.startswith(b"PK\x03\x04"):
        return 90 if b".kml" in head.lower() else 0
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        head = head.replace(b"\x00", b"")
    return 95 if _ROOT.search(head) and b"<" in head[:400] else 0


def read(data: bytes, source: str) -> tuple[list[Zone], list[Finding], int]:
    """Return the zones of a KML or KMZ file, findings, and the number of placemarks that are areas.

    ``zones + rejected findings = records``; a locator is the line in the KML. Raises ZoneFormatError where
    the file is not well-formed KML, is an archive that cannot be read, or exceeds a bound.
    """
    content, others = unpacked(data, source)
    reader = _Reader(Notes(source))
    for other in others:
        reader.notes.warn("kml-not-read", f"{other[:80]!r} in the archive is not read", "")
    walker = Walker(source, reader.take)
    walker.walk(content)
    if walker.namespace not in NAMESPACES:
        text = f"namespace {walker.namespace[:80]!r} is none of KML's: read as KML all the same"
        reader.notes.warn("kml-namespace", text, "line 1")
    reader.notes.findings += reader.passed_over(walker.outside)
    return reader.zones, reader.notes.findings, reader.records


def write(zones: Sequence[Zone]) -> bytes:
    """Return the zones as KML 2.2, UTF-8; see ``_kml_write`` for what is drawn rather than said."""
    from nofly.formats._kml_write import written

    return written(zones)


class _Reader:
    """Turns placemarks into zones, one by one."""

    def __init__(self, notes: Notes) -> None:
        self.notes = notes
        self.zones: list[Zone] = []
        self.records = 0
        self._ids: dict[str, int] = {}
        self._no_area: tuple[int, int] = (0, 0)
        self._no_area_names: list[str] = []

    def take(self, placemark: Placemark) -> None:
        """Take one placemark: a zone, a rejected record, or one that is no area."""
        own = self.notes.of_record()
        line = placemark.node.line
        self.records += 1
        try:
            if placemark.oversized:
                raise Rejected("kml-oversized", "a placemark of too many elements", f"line {line}")
            said, foreign = said_of(placemark.node)
            shapes = list(areas(placemark.node, said))
            if not shapes:
                first, many = self._no_area
                self._no_area = (first or line, many + 1)
                if many < _MOST_NAMED:
                    self._no_area_names.append(shown(placemark.node.said("name")))
                self.records -= 1
                return
            self.zones.append(self._zone(placemark, said, foreign, shapes, own))
        except Rejected as no:
            own.findings.append(Finding(no.code, Severity.REJECTED, no.message, own.source, no.locator))
        self.notes.findings += own.findings

    def passed_over(self, outside: dict[str, tuple[int, int]]) -> list[Finding]:
        """Return findings on what was no area, and on features whose content is elsewhere."""
        findings = []
        line, many = self._no_area
        if many:
            names = ", ".join(self._no_area_names) + (" …" if many > _MOST_NAMED else "")
            text = f"a placemark without an area: {names} (expected a polygon, or radius_m or half_width_m)"
            findings.append(
                Finding("kml-no-area", Severity.WARNING, text, self.notes.source, f"line {line}", many)
            )
        for tag, (line, many) in outside.items():
            text = f"{tag} is passed over"
            findings.append(
                Finding("kml-passed-over", Severity.WARNING, text, self.notes.source, f"line {line}", many)
            )
        return findings

    def _zone(
        self,
        placemark: Placemark,
        said: dict[str, Any],
        foreign: dict[str, str],
        shapes: list[Node],
        notes: Notes,
    ) -> Zone:
        node = placemark.node
        where = f"line {node.line}"
        if "restriction" not in said:
            notes.info("restriction-missing", "no restriction: read as PROHIBITED", where)
        word = as_choice(
            said.get("restriction", "PROHIBITED"),
            (*Restriction, "REQ_AUTHORIZATION"),
            "bad-restriction",
            where,
        )
        volumes = _volumes(shapes, said, where, notes)
        valid_from_us, valid_to_us = validity(node, placemark.span, notes)
        if "valid_from" in said:
            valid_from_us = as_instant_us(said["valid_from"], where, notes)
        if "valid_to" in said:
            valid_to_us = as_instant_us(said["valid_to"], where, notes)
        name = said.get("name") or " ".join(node.said("name").split())
        return Zone(
            id=self._id(said.get("id") or node.attributes.get("id") or name, where, notes),
            name=name,
            volumes=volumes,
            restriction=Restriction(word.replace("ZATION", "SATION")),
            kind=said.get("kind", ""),
            country=said.get("country", ""),
            schedule=_vocabulary.schedule_said(said, name, where, notes),
            rule=_vocabulary.read_rule(said.get("rule"), f"{where}.rule", notes),
            authorities=_vocabulary.read_authorities(said.get("authorities", []), f"{where}.authorities"),
            reason=reasons_of(said, where),
            message=said.get("message", ""),
            edition=edition_of(said, where),
            valid_from_us=valid_from_us,
            valid_to_us=valid_to_us,
            extra=extra_of(placemark, said, foreign, where),
            source=Source(format=NAME, locator=where),
        )

    def _id(self, wanted: str, locator: str, notes: Notes) -> str:
        """Return an id no other placemark of the file has."""
        if not wanted:
            wanted = f"placemark-{self.records}"
            notes.info("id-missing", f"no id: called {wanted}", locator)
        zone_id = wanted
        while zone_id in self._ids:
            self._ids[wanted] += 1
            zone_id = f"{wanted}#{self._ids[wanted]}"
        self._ids[zone_id] = 1
        if zone_id != wanted:
            text = f"{wanted[:60]!r} occurs more than once: called {zone_id[-60:]!r}"
            notes.warn("kml-id-repeated", text, locator)
        return zone_id


def _volumes(shapes: list[Node], said: dict[str, Any], locator: str, notes: Notes) -> tuple[Volume, ...]:
    """Return the volumes of all geometries; ``volumes`` says each one's own limits, in their order."""
    listed = as_list(said.get("volumes", [{}] * len(shapes)), f"{locator}.volumes")
    if len(listed) != len(shapes):
        text = f"{len(listed)} volumes for {len(shapes)} geometries (expected one each)"
        raise Rejected("bad-volumes", text, locator)
    names = ("lower", "upper", "edges", "radius_m", "half_width_m")
    volumes: list[Volume] = []
    for place, (shape, own) in enumerate(zip(shapes, listed, strict=True)):
        at = f"{locator}.volumes[{place}]"
        mine = {**said, **_vocabulary.known_object(own, names, at)}
        limits = Limits(
            limit_of(mine.get("lower"), locator),
            limit_of(mine.get("upper"), locator),
            frozenset({"lower", "upper"} & mine.keys()),
        )
        volumes += volumes_of(shape, mine, limits, notes)
    if not volumes:
        raise Rejected("no-area", "a zone without any area", locator)
    return tuple(volumes)
