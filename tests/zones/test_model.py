from __future__ import annotations

from nofly.zones.model import Circle, Datum, Limit, Volume, Zone


def test_a_limit_of_minus_zero_is_the_ground_in_the_hash_too() -> None:
    zones = [
        Zone("Z", "Z", (Volume(Circle((47.0, 8.0), 1.0), Limit(value_m, Datum.AGL, "GND"), None),))
        for value_m in (0.0, -0.0)
    ]
    assert zones[0] == zones[1]
    assert zones[0].zone_hash == zones[1].zone_hash
