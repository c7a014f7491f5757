"""Which stays cannot be decided, and what would decide them?"""

from __future__ import annotations

from pathlib import Path

import nofly

DATA = Path(__file__).parent / "data"

result = nofly.check(
    nofly.read_positions(DATA / "flights.csv"),
    nofly.read_zones(DATA / "stadium.geojson"),
)
for stay in result.infringements:
    if stay.certainty == "undetermined":
        print(f"{stay.callsign or stay.target_id}: {' '.join(stay.reasons)}")
