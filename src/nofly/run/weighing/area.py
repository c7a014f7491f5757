"""The area of zones on the ground, on the WGS 84 ellipsoid."""

from __future__ import annotations

from collections.abc import Iterable

from nofly.run.outputs.outline import outlines
from nofly.zones.model import Zone


def area_km2(zones: Iterable[Zone]) -> float:
    """Return the area of all footprints in km², one that several zones or volumes have counted once.

    Footprints that only overlap count each; a corridor's legs too.
    """
    from pyproj import Geod

    ellipsoid = Geod(ellps="WGS84")
    footprints = dict.fromkeys(volume.footprint for zone in zones for volume in zone.volumes)
    total_m2 = 0.0
    for footprint in footprints:
        for polygon in outlines(footprint):
            rings_m2 = [abs(ellipsoid.polygon_area_perimeter(ring[:, 1], ring[:, 0])[0]) for ring in polygon]
            total_m2 += rings_m2[0] - sum(rings_m2[1:])
    return total_m2 / 1e6
