"""Zones to watch."""

from __future__ import annotations

from nofly.zones.model import Circle, Datum, Limit, Polygon, Volume, Zone

PARIS = Zone(
    "LF-P25",
    "Paris",
    (
        Volume(
            Polygon(((48.80, 2.20), (48.95, 2.20), (48.95, 2.50), (48.80, 2.50))),
            None,
            Limit(1981.2, Datum.AMSL, "6500ft AMSL"),
        ),
    ),
)
CIRCLE = Zone("C1", "C1", (Volume(Circle((48.0, 2.0), 20_000.0)), Volume(Circle((48.0, 179.99), 5_000.0))))


def named(zone_id: str, name: str) -> Zone:
    return Zone(zone_id, name, PARIS.volumes)
