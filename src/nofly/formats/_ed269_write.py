"""Zones as ED-269: ``{features[]}``, a zone a line, UTF-8; see :mod:`nofly.formats._uas_write` for what it
cannot say. Heights above the ellipsoid and hours by the sun it has no words for either."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nofly.formats import _uas_write
from nofly.formats._uas_write import UnsayableError
from nofly.zones.model import Authority, Circle, Corridor, Datum, EdgeKind, Volume, Zone
from nofly.zones.schedule import Window

_DATUMS = (Datum.AGL, Datum.AMSL)
_KINDS = ("COMMON", "CUSTOMIZED")
_AUTHORITY = {
    "name": "name", "service": "service", "contact": "contactName", "site_url": "siteURL", "email": "email",
    "phone": "phone", "purpose": "purpose", "interval_before": "intervalBefore",
}  # fmt: skip


def written(zones: Sequence[Zone]) -> bytes:
    """Return the zones as one file. Raises ZoneFormatError naming the first that cannot be written."""
    lines = _uas_write.records(zones, _record, "ED-269")
    return ('{"features": [\n' + ",\n".join(lines) + "\n]}\n").encode()


def _record(zone: Zone) -> dict[str, Any]:
    extra = _uas_write.kept(zone)
    message = _uas_write.told(extra, "message", zone.message) or zone.message
    record: dict[str, Any] = {
        "identifier": zone.id, "country": zone.country, "name": zone.name,
        "type": zone.kind if zone.kind in _KINDS else "COMMON", "restriction": zone.restriction.value,
        "reason": list(zone.reason), "message": message,
        "applicability": _applicability(zone),
        "zoneAuthority": [_authority(one) for one in zone.authorities],
        "geometry": [_geometry(volume) for volume in zone.volumes],
    }  # fmt: skip
    return {**{key: value for key, value in extra.items() if key not in record}, **record}


def _authority(one: Authority) -> dict[str, str]:
    return {name: text for field, name in _AUTHORITY.items() if (text := getattr(one, field))}


def _applicability(zone: Zone) -> list[dict[str, Any]]:
    found = _uas_write.windows(zone.schedule, zone.valid_from_us, zone.valid_to_us)
    return [_window(window) for window in found] or [{"permanent": "YES"}]


def _window(window: Window) -> dict[str, Any]:
    """Return a window. Not permanent and without dates is what is announced elsewhere."""
    if not window.certain:
        if window != Window(certain=False):
            raise UnsayableError("hours announced elsewhere, within bounds")
        return {"permanent": "NO"}
    bounds = _uas_write.bounds(window)
    out: dict[str, Any] = {"permanent": "NO" if bounds else "YES", **bounds}
    if window.periods:
        out["schedule"] = [_uas_write.daily(period, sun=False) for period in window.periods]
    return out


def _geometry(volume: Volume) -> dict[str, Any]:
    unit, limits = _uas_write.limits(volume, _DATUMS)
    out: dict[str, Any] = {"uomDimensions": unit.upper()}
    for side, (number, reference) in limits.items():
        out[f"{side}Limit"], out[f"{side}VerticalReference"] = number, reference
    shape = volume.footprint
    if isinstance(shape, Corridor):
        raise UnsayableError("a corridor")
    if isinstance(shape, Circle):
        centre = [shape.centre[1], shape.centre[0]]
        out["horizontalProjection"] = {"type": "Circle", "center": centre, "radius": shape.radius_m}
    else:
        coordinates = _uas_write.rings(shape, EdgeKind.GEODESIC)
        out["horizontalProjection"] = {"type": "Polygon", "coordinates": coordinates}
    return out
