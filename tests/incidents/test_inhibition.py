from __future__ import annotations

from typing import Any

import pytest

from nofly.errors import InputError
from nofly.incidents.inhibition import Inhibition, Inhibitions, box
from nofly.zones.model import Circle

DAY = Inhibition("J. Meier, tower", "air display", zone="LS-R7", from_us=100, until_us=200)
FLIGHT = Inhibition("ops", "police helicopter", target="icao24:4b18*")
AREA = Inhibition("ops", "radar reflections", area=Circle((47.0, 8.0), 5000.0))
PACIFIC = Inhibition("ops", "test range", area=box(-20.0, 179.0, -18.0, -179.0), target="rid:*")


def found(*where: Any) -> Inhibition | None:
    return Inhibitions([DAY, FLIGHT, AREA, PACIFIC]).of(*where)


def test_by_zone_and_time() -> None:
    assert found("icao24:000001", "LS-R7", 100, 0.0, 0.0) is DAY
    assert found("icao24:000001", "LS-R7", 99, 0.0, 0.0) is None
    assert found("icao24:000001", "LS-R7", 200, 0.0, 0.0) is None
    assert found("icao24:000001", "LS-R8", 100, 0.0, 0.0) is None


def test_by_flight() -> None:
    assert found("icao24:4b1800", "LS-R8", 0, 0.0, 0.0) is FLIGHT


def test_by_area_and_every_condition_must_hold() -> None:
    assert found("icao24:000001", "LS-R8", 0, 47.04, 8.0) is AREA
    assert found("icao24:000001", "LS-R8", 0, 47.05, 8.0) is None
    assert found("rid:1", "LS-R8", 0, -19.0, -179.5) is PACIFIC
    assert found("rid:1", "LS-R8", 0, -19.0, 178.5) is None
    assert found("icao24:000001", "LS-R8", 0, -19.0, -179.5) is None


def test_nothing_is_inhibited_without_inhibitions() -> None:
    assert Inhibitions([]).of("icao24:4b1800", "LS-R7", 150, 47.0, 8.0) is None


@pytest.mark.parametrize(
    "said",
    [{"who": " ", "zone": "Z"}, {"why": "", "zone": "Z"}, {}, {"zone": "Z", "from_us": 5, "until_us": 5}],
    ids=["nobody", "no reason", "everything", "never"],
)
def test_who_why_and_what_must_be_said(said: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        Inhibition(**{"who": "ops", "why": "because", **said})
