"""OpenAir geometry: the records DP DA DB DC DY and V of one block become footprints.

Lengths are nautical miles; ``V D=+`` is clockwise and the default of every block (WinPilot, OpenAir 0.92,
1998; Naviter, OpenAir 2.1.0 § D). A centre, a direction, a width hold until the block ends.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import NamedTuple

from nofly.errors import Finding, Severity
from nofly.formats._bounds import Bounds
from nofly.formats._openair_lines import Record
from nofly.formats._openair_values import BadRecordError, length_m, number, points, usual_point
from nofly.zones.model import Arc, Circle, Corridor, Footprint, Polygon, Vertex
from nofly.zones.rings import arc_between, clean_ring
from nofly.zones.sentence import say

UNEVEN_M = 100.0
UNEVEN = 0.02
"""An arc whose radii differ by more than both is worth a warning: points are published to a second, 30 m."""


class _Part(NamedTuple):
    """A vertex or an arc of the line, and the published points it starts and ends at (an arc by angles
    has none)."""

    shape: Vertex | Arc
    start: Vertex | None
    end: Vertex | None


@dataclass(slots=True)
class Shapes:
    """What the geometry records of one block have drawn so far."""

    line: list[_Part] = field(default_factory=list)
    circles: list[Circle] = field(default_factory=list)
    path: list[Vertex] = field(default_factory=list)
    sixties: int = 0
    uneven: list[str] = field(default_factory=list)
    _centre: Vertex | None = None
    _clockwise: bool = True
    _width_m: float | None = None

    def draw(self, record: Record) -> None:
        """Take one record; one that is no geometry is ignored. Raises BadRecordError."""
        code = record.code
        if code == "DP":
            point = usual_point(record.value) or self._points(record, 1)[0]
            self.line.append(_Part(point, point, point))
        elif code == "DA":
            self._arc_by_angles(record)
        elif code == "DB":
            self._arc_by_points(record)
        elif code == "DC":
            self.circles.append(Circle(self._centre_for(record), length_m(record.value, record)))
        elif code == "DY":
            self.path.extend(self._points(record, 1))
        elif code == "VX":
            self._centre = usual_point(record.value) or self._points(record, 1)[0]
        elif code == "VW":
            self._width_m = length_m(record.value, record)
        elif code == "VD":
            self._turn(record)

    def footprints(self, source: str, line: int, bounds: Bounds) -> tuple[list[Footprint], list[Finding]]:
        """Return the footprints drawn and findings, within the ``bounds`` of the file.

        Raises BadRecordError where there is no area, ZoneFormatError where the file exceeds a bound.
        """
        locator = f"line {line}"
        found: list[Footprint] = list(self.circles)
        findings: list[Finding] = []
        if self.line:
            rings, findings = clean_ring(_joined(self.line), source, locator, cutting=bounds.cutting)
            if not rings:
                bounds.check_cutting(source, locator)
                raise BadRecordError(findings[-1].code, findings[-1].message, line)
            found.extend(Polygon(ring) for ring in rings)
        if self.path:
            found.append(self._corridor(line))
        if not found:
            raise BadRecordError("openair-no-geometry", say("an airspace block without geometry"), line)
        if bool(self.line) + len(self.circles) + bool(self.path) > 1:
            text = say("several shapes in one block: the zone is their union")
            findings.append(Finding("openair-several-shapes", Severity.WARNING, text, source, locator))
        if self.sixties:
            text = say("60 seconds read as a full minute ({count} times)", count=str(self.sixties))
            findings.append(Finding("openair-sixty-seconds", Severity.WARNING, text, source, locator))
        if self.uneven:
            text = say(
                "an arc starts and ends at different distances from its centre ({where})",
                where=self.uneven[0],
            )
            findings.append(
                Finding("openair-uneven-arc", Severity.WARNING, text, source, locator, len(self.uneven))
            )
        return found, findings

    def _points(self, record: Record, wanted: int) -> list[Vertex]:
        found, sixties = points(record, wanted)
        self.sixties += sixties
        return found

    def _centre_for(self, record: Record) -> Vertex:
        if self._centre is None:
            text = say("{code} before V X= in its block", code=record.code)
            raise BadRecordError("openair-no-centre", text, record.line)
        return self._centre

    def _turn(self, record: Record) -> None:
        if record.value not in ("+", "-"):
            text = say("V D={value} (expected + or -)", value=record.value[:20])
            raise BadRecordError("openair-bad-direction", text, record.line)
        self._clockwise = record.value == "+"

    def _arc_by_angles(self, record: Record) -> None:
        centre = self._centre_for(record)
        parts = [part for part in re.split(r"[,;\s]+", record.value) if part]
        if len(parts) != 3:
            text = say("DA {value} (expected radius, start angle, end angle)", value=repr(record.value[:40]))
            raise BadRecordError("openair-bad-arc", text, record.line)
        radius_m = length_m(parts[0], record)
        start_deg, end_deg = number(parts[1], record), number(parts[2], record)
        if max(abs(start_deg), abs(end_deg)) > 360.0:
            raise BadRecordError("openair-bad-arc", say("DA (expected angles within 360°)"), record.line)
        if abs(start_deg - end_deg) == 360.0:
            self.circles.append(Circle(centre, radius_m))
            return
        start_deg, end_deg = start_deg % 360.0, end_deg % 360.0
        if start_deg == end_deg:
            raise BadRecordError("openair-bad-arc", say("DA: an arc that ends where it starts"), record.line)
        arc = Arc(centre, radius_m, radius_m, start_deg, end_deg, self._clockwise)
        self.line.append(_Part(arc, None, None))

    def _arc_by_points(self, record: Record) -> None:
        centre = self._centre_for(record)
        start, end = self._points(record, 2)
        arc = arc_between(centre, start, end, self._clockwise)
        if min(arc.radius_m, arc.end_radius_m) <= 0.0 or arc.start_deg == arc.end_deg:
            text = say("DB: an arc that ends where it starts, or runs through its centre")
            raise BadRecordError("openair-bad-arc", text, record.line)
        self.line.append(_Part(arc, start, end))
        apart_m = abs(arc.radius_m - arc.end_radius_m)
        if apart_m > max(UNEVEN_M, UNEVEN * arc.radius_m):
            self.uneven.append(
                say(
                    "line {line}: {one} m and {other} m",
                    line=str(record.line),
                    one=f"{arc.radius_m:.0f}",
                    other=f"{arc.end_radius_m:.0f}",
                )
            )

    def _corridor(self, line: int) -> Corridor:
        if self._width_m is None:
            raise BadRecordError("openair-no-width", say("DY without V W=, the width of the airway"), line)
        path = [p for place, p in enumerate(self.path) if place == 0 or p != self.path[place - 1]]
        if len(path) < 2:
            raise BadRecordError("openair-short-airway", say("an airway of fewer than two points"), line)
        return Corridor(tuple(path), self._width_m / 2.0)


def _joined(parts: list[_Part]) -> list[Vertex | Arc]:
    """Return the line without the vertices that only repeat the end of the arc beside them."""
    if len(parts) > 1 and not isinstance(parts[-1].shape, Arc) and parts[0].shape == parts[-1].shape:
        parts = parts[:-1]
    line = []
    for place, part in enumerate(parts):
        before, after = parts[place - 1], parts[(place + 1) % len(parts)]
        told = (isinstance(before.shape, Arc) and before.end == part.shape) or (
            isinstance(after.shape, Arc) and after.start == part.shape
        )
        if not told:
            line.append(part.shape)
    return line
