"""Who entered the stadium zone during the match, how deep, how sure?"""

from __future__ import annotations

from pathlib import Path

import nofly

DATA = Path(__file__).parent / "data"

result = nofly.check(
    nofly.read_positions(DATA / "flights.csv"),
    nofly.read_zones(DATA / "stadium.geojson"),
)
for stay in result.infringements:
    depth = "unknown" if stay.depth_m is None else f"{stay.depth_m:.0f} m"
    who = stay.callsign or stay.target_id
    print(
        f"{who} in {stay.zone_name}: {stay.status}, {stay.certainty}, {stay.duration_s:.0f} s, depth {depth}"
    )
