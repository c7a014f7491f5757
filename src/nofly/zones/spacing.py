"""Zones with the spacing that is to be kept from them, as prediction sees them.

Area Proximity Warning tells of an infringement of the *required spacing* to a volume (EUROCONTROL-GUID-161);
the zone itself, by which infringements are judged, stays as published.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from nofly.zones.model import Circle, Corridor, Footprint, Limit, Polygon, Volume, Zone
from nofly.zones.outline import outlines


def spaced(zone: Zone) -> bool:
    """Return whether the zone's rule requires any spacing."""
    rule = zone.rule
    return rule is not None and (rule.spacing_lateral_m > 0.0 or rule.spacing_vertical_m > 0.0)


def widened(zone: Zone) -> Zone:
    """Return the zone with all that is closer to it than the spacing of its rule; itself where there is none.

    Limits move by the vertical spacing. Circles and corridors grow by the lateral spacing; to a polygon
    corridors of that half width are added, along its rings and holes. All within the tolerance of compiled
    zones, on the ellipsoid. The spacing is lateral and vertical at once, as the box round a volume is, not
    the slant distance.
    """
    rule = zone.rule
    if rule is None or not spaced(zone):
        return zone
    lateral_m, vertical_m = max(rule.spacing_lateral_m, 0.0), max(rule.spacing_vertical_m, 0.0)
    volumes = tuple(
        Volume(footprint, _moved(volume.lower, -vertical_m), _moved(volume.upper, vertical_m))
        for volume in zone.volumes
        for footprint in _grown(volume.footprint, lateral_m)
    )
    return replace(zone, volumes=volumes)


def _moved(limit: Limit | None, by_m: float) -> Limit | None:
    if limit is None or by_m == 0.0:
        return limit
    return Limit(limit.value_m + by_m, limit.datum, f"{limit.text} {by_m:+g} m".strip())


def _grown(footprint: Footprint, by_m: float) -> Iterator[Footprint]:
    """Yield footprints whose union is all within ``by_m`` of one."""
    if by_m == 0.0:
        yield footprint
    elif isinstance(footprint, Circle):
        yield replace(footprint, radius_m=footprint.radius_m + by_m)
    elif isinstance(footprint, Corridor):
        yield replace(footprint, half_width_m=footprint.half_width_m + by_m)
    else:
        assert isinstance(footprint, Polygon)
        yield footprint
        for rings, edge_kind in outlines(footprint):
            for ring in rings:
                yield Corridor((*ring, ring[0]), by_m, edge_kind)
