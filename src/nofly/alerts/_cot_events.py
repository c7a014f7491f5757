"""Events of Cursor on Target: alerts as points, zones as drawings.

Source: MITRE, MTR 090063 "Cursor on Target message router user's guide" (2009), event schema 2.0: the
attributes of ``event`` and ``point``; what is not known of a point is 9999999. Types that the TAK products
give a meaning beyond it: ``b-a-g`` (a geofence is breached), ``b-a-o-can`` (the alert is over), ``u-d-f`` (a
drawn shape, its corners as ``link``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from nofly.alerts._channel import Notice, Urgency, iso_time
from nofly.alerts._texts import xml_text
from nofly.units import US_PER_S
from nofly.zones.model import Zone
from nofly.zones.outline import outlines

UNKNOWN: Final = "9999999.0"
MOST_CORNERS = 200
"""Corners of a drawing: with more it would not fit a datagram that networks carry."""
_STROKE = {Urgency.ALARM: -65536, Urgency.WARNING: -23296, Urgency.INFORMATION: -1}
_RED_LINE, _RED_FILL = -65536, 872349696
"""Signed ARGB: opaque red, and red of a fifth."""

Place = tuple[float, float]


def alert(notice: Notice, place: Place, seen: bool, now_us: int, stale_s: float) -> bytes:
    """Return the event of a notice at a place (lat, lon in degrees); ``seen``: whether the target was there,
    or else only the zone is."""
    over = notice.active is False
    stale_us = now_us + round(stale_s * US_PER_S)
    # ``ce`` and ``le`` are errors, which a notice does not tell.
    height = notice.height_m if notice.height_datum == "HAE" and seen else None
    remarks = notice.text if seen else f"{notice.text} Drawn at the zone: the place is not known."
    name = notice.callsign or notice.target_id or notice.zone_id or "nofly"
    cancel = ' cancel="true"' if over else ' type="Geo-fence Breached"'
    detail = "".join(
        (
            f"<contact callsign={_attribute(name)}/>",
            f"<emergency{cancel}>{_text(name)}</emergency>",
            f"<color argb=\"{_STROKE[notice.urgency]}\"/>",
            f"<remarks source=\"nofly\" time=\"{_time(notice.time_us)}\">{_text(remarks)}</remarks>",
            _own(notice),
        )
    )  # fmt: skip
    how = "m-p" if notice.kind == "predicted" else "m-g"
    return _event(
        f"nofly.{notice.thread}", "b-a-o-can" if over else "b-a-g", how, (now_us, notice.time_us, stale_us),
        place, height, detail,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Drawing:
    """One part of a zone, ready to be told again and again."""

    uid: str
    place: Place
    detail: str


def drawings(zone: Zone) -> list[Drawing]:
    """Return a drawing for each part of a zone; holes are not drawn."""
    out: list[Drawing] = []
    digest = zone.zone_hash[:16]
    for volume in zone.volumes:
        floor = volume.lower.text if volume.lower else "ground"
        ceiling = volume.upper.text if volume.upper else "unlimited"
        for rings, _ in outlines(volume.footprint):
            corners, whole = _thinned(rings[0])
            words = [f"{zone.restriction.value}, {floor} to {ceiling}."]
            if len(rings) > 1:
                words.append(f"{len(rings) - 1} areas within are left out of it and not drawn.")
            if not whole:
                words.append(f"Drawn with {len(corners)} of {len(rings[0])} corners.")
            uid = f"nofly.zone.{digest}.{len(out) + 1}"
            out.append(Drawing(uid, centre(rings[0]), _drawing(zone, corners, " ".join(words))))
    return out


def drawn(drawing: Drawing, now_us: int, stale_s: float) -> bytes:
    """Return the event of a drawing."""
    times_us = (now_us, now_us, now_us + round(stale_s * US_PER_S))
    return _event(drawing.uid, "u-d-f", "m-g", times_us, drawing.place, None, drawing.detail)


def centre(corners: Sequence[Place]) -> Place:
    """Return a place in the middle of the box round some corners, across ±180° where they are."""
    lats = [lat for lat, _ in corners]
    first = corners[0][1]
    offs = [(lon - first + 180.0) % 360.0 - 180.0 for _, lon in corners]
    lon_deg = (first + (min(offs) + max(offs)) / 2.0 + 180.0) % 360.0 - 180.0
    return (min(lats) + max(lats)) / 2.0, lon_deg


def _thinned(corners: Sequence[Place]) -> tuple[list[Place], bool]:
    if len(corners) <= MOST_CORNERS:
        return list(corners), True
    step = len(corners) / MOST_CORNERS
    return [corners[int(k * step)] for k in range(MOST_CORNERS)], False


def _drawing(zone: Zone, corners: Sequence[Place], remarks: str) -> str:
    name = f"{zone.id} {zone.name}".strip() if zone.name != zone.id else zone.id
    links = "".join(f'<link point="{_point(lat, lon)}"/>' for lat, lon in [*corners, corners[0]])
    return (
        f"{links}<contact callsign={_attribute(name)}/>"
        f'<strokeColor value="{_RED_LINE}"/><strokeWeight value="2.0"/><fillColor value="{_RED_FILL}"/>'
        f'<labels_on value="true"/><remarks source="nofly">{_text(remarks)}</remarks>'
    )


def _event(
    uid: str, kind: str, how: str, times_us: tuple[int, int, int], place: Place, hae_m: float | None,
    detail: str,
) -> bytes:  # fmt: skip
    time, start, stale = (_time(time_us) for time_us in times_us)
    hae = UNKNOWN if hae_m is None else f"{hae_m:.1f}"
    lat, lon = _point(*place).split(",")
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><event version="2.0" uid={_attribute(uid)} type="{kind}" '
        f'how="{how}" time="{time}" start="{start}" stale="{stale}">'
        f'<point lat="{lat}" lon="{lon}" hae="{hae}" ce="{UNKNOWN}" le="{UNKNOWN}"/>'
        f"<detail>{detail}</detail></event>"
    ).encode()


def _own(notice: Notice) -> str:
    """Return what only nofly says, in an element of its own, as the schema allows in ``detail``."""
    known = {
        "key": notice.key, "kind": notice.kind, "incident": notice.incident, "phase": notice.phase,
        "zone": notice.zone_id, "target": notice.target_id, "certainty": notice.certainty,
    }  # fmt: skip
    given = " ".join(f"{name}={_attribute(value)}" for name, value in known.items() if value is not None)
    return f"<__nofly {given}/>"


def _point(lat_deg: float, lon_deg: float) -> str:
    return f"{lat_deg:.7f},{(lon_deg + 180.0) % 360.0 - 180.0:.7f}"


def _time(time_us: int) -> str:
    return iso_time(time_us) or "1970-01-01T00:00:00.000Z"


def _text(text: str) -> str:
    return escape(xml_text(text))


def _attribute(text: str) -> str:
    return quoteattr(xml_text(text))
