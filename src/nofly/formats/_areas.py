"""Coordinates of GeoJSON and ED-269 (longitude, latitude) become sound polygons, circles and paths."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np

from nofly.errors import Severity
from nofly.formats._json import Notes, Rejected, as_list, as_number, bad
from nofly.zones.model import Arc, Circle, EdgeKind, Polygon, Ring, Vertex
from nofly.zones.rings import clean_ring

_EMPTY = ("ring-no-area", "ring-too-few-points")
_CORNERS_A_STEP, _PAIRS_A_STEP = 20, 20_000
"""Corners of holes, and pairs of them with edges of loops, looked at for a step of cutting."""
EARTH_HALF_M = 20_004_000.0
"""Half the circumference: no circle is larger."""


def position(value: object, locator: str) -> Vertex:
    """Return a [longitude, latitude, …] as (lat, lon), checked to be within ±90° and ±180°."""
    if not isinstance(value, list) or not 2 <= len(value) <= 16:
        bad("bad-position", value, "[longitude, latitude]", locator)
    lon, lat = as_number(value[0], locator), as_number(value[1], locator)
    if not (-90.0 <= lat <= 90.0 and -180.0 <= lon <= 180.0):
        expected = "expected latitude within ±90° and longitude within ±180°"
        raise Rejected("bad-position", f"latitude {lat}, longitude {lon} ({expected})", locator)
    return lat, lon


def positions(value: object, locator: str) -> list[Vertex]:
    """Return a list of positions as (lat, lon), numbers all; their range is for the caller to check."""
    try:
        return [(lat, lon) for lon, lat in msgspec.convert(value, list[tuple[float, float]])]
    except (msgspec.ValidationError, RecursionError):
        pass
    return [position(p, f"{locator}[{k}]") for k, p in enumerate(as_list(value, locator))]


def polygons(
    rings: Sequence[Sequence[Vertex | Arc]], locator: str, edge_kind: EdgeKind, notes: Notes
) -> list[Polygon]:
    """Return the polygons of an exterior ring and its holes: one, or one a loop where the exterior crosses
    itself. None where it has no area, with a finding: the caller decides whether the zone still has any.

    Raises Rejected where a ring cannot be read.
    """
    if not rings:
        raise Rejected("ring-too-few-points", "a polygon without rings (expected at least one)", locator)
    exteriors = _clean(rings[0], f"{locator}[0]", edge_kind, notes)
    holes = [
        hole
        for number, ring in enumerate(rings[1:], 1)
        for hole in _clean(ring, f"{locator}[{number}]", edge_kind, notes)
    ]
    if len(exteriors) == 1:
        return [Polygon(exteriors[0], tuple(holes), edge_kind)]
    _spend_on_sorting(exteriors, holes, locator, notes)
    return [
        Polygon(exterior, tuple(hole for hole in holes if _mostly_inside(hole, exterior)), edge_kind)
        for exterior in exteriors
    ]


def circle(centre: object, radius_m: object, locator: str) -> Circle:
    """Return a circle about a [longitude, latitude]. Raises Rejected."""
    radius = as_number(radius_m, f"{locator}.radius")
    if not 0.0 < radius <= EARTH_HALF_M:
        bad("bad-radius", radius_m, "a radius in metres, more than 0", f"{locator}.radius")
    return Circle(position(centre, locator), radius)


def _clean(ring: Sequence[Vertex | Arc], locator: str, edge_kind: EdgeKind, notes: Notes) -> list[Ring]:
    notes.bounds.count("rings", 1, notes.source, locator)
    notes.bounds.count("positions", len(ring), notes.source, locator)
    loops, findings = clean_ring(ring, notes.source, locator, edge_kind, notes.bounds.cutting)
    for finding in findings:
        if finding.severity is not Severity.REJECTED:
            notes.findings.append(finding)
        elif finding.code in _EMPTY:
            notes.warn(finding.code, f"{finding.message}: left out, it encloses nothing", locator)
        else:
            notes.bounds.check_cutting(notes.source, locator)
            raise Rejected(finding.code, finding.message, locator)
    return loops


def _spend_on_sorting(exteriors: Sequence[Ring], holes: Sequence[Ring], locator: str, notes: Notes) -> None:
    """Take from what cutting may cost what it costs to find the loop of each hole. Raises Rejected."""
    corners, edges = sum(map(len, holes)), sum(map(len, exteriors))
    steps = corners * len(exteriors) // _CORNERS_A_STEP + corners * edges // _PAIRS_A_STEP
    if steps > notes.bounds.cutting.steps_left:
        text = f"{len(holes)} holes for the {len(exteriors)} loops of an outline that crosses itself"
        raise Rejected("ring-tangled", text, locator)
    notes.bounds.cutting.spend(steps)


def _mostly_inside(hole: Ring, exterior: Ring) -> bool:
    """Return whether most vertices of a hole lie in the exterior, straight in longitude and latitude.

    One round a pole holds that of the hemisphere it mostly lies in, as everywhere.
    """
    corners = [p for p in hole if not isinstance(p, Arc)]
    lat1, lon1 = np.array([p for p in exterior if not isinstance(p, Arc)]).T
    lat2, east = np.roll(lat1, -1), np.roll(lon1, -1) - lon1
    east = np.where(np.abs(east) > 180.0, (east + 180.0) % 360.0 - 180.0, east)
    holds_north = round(float(east.sum()) / 360.0) % 2 * (float(lat1.mean()) >= 0.0)
    inside = 0
    for lat, lon in corners:
        start = (lon1 - lon + 180.0) % 360.0 - 180.0
        over = np.flatnonzero((start > 0.0) != (start + east > 0.0))
        at = lat1[over] - start[over] / east[over] * (lat2[over] - lat1[over])
        inside += (int(np.count_nonzero(at > lat)) + holds_north) % 2
    return 2 * inside >= len(corners)
