from __future__ import annotations

from nofly.zones.model import Circle, Corridor, Datum, Limit, Polygon, Volume, Zone, canonical_json


def test_a_limit_of_minus_zero_is_the_ground_in_the_hash_too() -> None:
    zones = [
        Zone("Z", "Z", (Volume(Circle((47.0, 8.0), 1.0), Limit(value_m, Datum.AGL, "GND"), None),))
        for value_m in (0.0, -0.0)
    ]
    assert zones[0] == zones[1]
    assert zones[0].zone_hash == zones[1].zone_hash


def test_minus_zero_is_zero_in_the_hash() -> None:
    def zone(zero_deg: float) -> Zone:
        ring = ((0.5, zero_deg), (1.0, 2.0), (zero_deg, 1.5))
        path = ((zero_deg, 1.0), (2.0, 2.0))
        footprints = (Polygon(ring), Circle((zero_deg, 1.0), 5.0), Corridor(path, 5.0))
        return Zone("A", "A", tuple(Volume(footprint) for footprint in footprints))

    assert "-0.0" not in canonical_json(zone(-0.0))
    assert zone(-0.0).zone_hash == zone(0.0).zone_hash
