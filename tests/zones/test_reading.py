"""A zone read from its canonical JSON is the zone."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given

from nofly.run.files.zonefiles import read_zones
from nofly.zones.model import canonical_json
from nofly.zones.reading import zone_from
from tests.kernel.strategies import Case, cases


@given(cases())
def test_made_zones(case: Case) -> None:
    for zone in case.zones:
        again = zone_from(canonical_json(zone))
        assert again == zone
        assert again.zone_hash == zone.zone_hash


@pytest.mark.parametrize(
    "name",
    [
        "zones-openair/Switzerland.txt",
        "zones-uas/ed318/Example_GeoZone_with_extension.json",
        "boundaries/eurofirs.json.gz",
    ],
)
def test_published_zones(name: str, shared: Path) -> None:
    zones = read_zones(shared / name).zones
    assert zones
    for zone in zones:
        again = zone_from(canonical_json(zone))
        assert again == zone
        assert again.zone_hash == zone.zone_hash


@pytest.mark.parametrize(
    "text", ["", "3", "{}", '{"type":"zone"}', '{"type":"circle","centre":[0,0],"radius_m":1}']
)
def test_what_is_no_zone(text: str) -> None:
    with pytest.raises((ValueError, KeyError, TypeError)):
        zone_from(text)
