"""A zone of which nobody can tell when it is active neither accuses nor clears."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import nofly
from nofly.incidents.record import Certainty
from nofly.schema import Coded, Positions

OPENAIR = """AC R
AN {name}
AL GND
AH FL100
V X=50:00:00 N 010:00:00 E
DC 5
"""
GEOJSON = """{{"type": "Feature", "properties": {{"id": "X", "name": "X", "restriction": "PROHIBITED",
 "lower": "GND", "upper": "FL100", "radius_m": 9000, "schedule": {{"time_zone": "{name}",
 "windows": [{{"periods": [{{"start": "00:00", "end": "24:00"}}]}}]}}}},
 "geometry": {{"type": "Point", "coordinates": [10, 50]}}}}"""


@pytest.mark.parametrize(
    ("text", "name", "told"),
    [
        (OPENAIR, "ED-R10C_2 Todendorf-Putlos NOTAM", True),
        (OPENAIR, "Boberg HX", True),
        (OPENAIR, "Field", False),
        (GEOJSON, "Europe/Berlinn", True),
        (GEOJSON, "Europe/Berlin", False),
    ],
)
def test_an_entry_is_undetermined_with_the_reason(tmp_path: Path, text: str, name: str, told: bool) -> None:
    zones = tmp_path / ("zones.txt" if text is OPENAIR else "zones.geojson")
    zones.write_text(text.format(name=name), encoding="utf-8")
    n = 61
    track = Positions(
        1_700_000_000_000_000 + np.arange(n) * 5_000_000, Coded.from_list(["icao24:4b1800"] * n),
        np.full(n, 50.0), np.linspace(9.8, 10.2, n),
        {"alt_std_m": np.full(n, 1500.0), "pos_err_m": np.full(n, 50.0)},
    )  # fmt: skip
    result = nofly.check(track, zones)
    (entry,) = result.infringements
    assert entry.certainty is (Certainty.UNDETERMINED if told else Certainty.CONFIRMED)
    assert result.exit_code == (3 if told else 1)
    said = "Whether the zone was active is not known. Its hours: when announced (by NOTAM or otherwise)"
    assert any(reason.startswith(said) for reason in entry.reasons) is told
