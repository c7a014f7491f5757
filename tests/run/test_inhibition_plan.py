from __future__ import annotations

import tomllib

import pytest

from nofly.errors import ConfigError
from nofly.run.alerting.inhibition_plan import plan_inhibition
from nofly.zones.model import Circle, Polygon

SAID = 'who = "tower"\nwhy = "training"\n'


def planned(text: str) -> object:
    return plan_inhibition(tomllib.loads(SAID + text), 0)


def test_everything_that_can_be_said() -> None:
    found = plan_inhibition(
        tomllib.loads(
            SAID + 'zone = "LS-R7"\ntarget = "icao24:4b*"\ncircle = [47.4, 8.5, 2000]\n'
            'from = 2026-05-02T10:00:00Z\nuntil = "2026-05-02T14:00:00+02:00"\n'
        ),
        0,
    )
    assert (found.who, found.why, found.zone, found.target) == ("tower", "training", "LS-R7", "icao24:4b*")
    assert found.area == Circle((47.4, 8.5), 2000.0)
    assert found.from_us == 1_777_716_000_000_000
    assert found.until_us == found.from_us + 7_200_000_000
    box = plan_inhibition(tomllib.loads(SAID + "box = [46.9, 7.0, 47.1, 7.2]\n"), 0)
    assert isinstance(box.area, Polygon)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", "inhibitions"), ('zon = "R"', "zon"), ("zone = 7", "zone"), ("box = [1, 2, 3]", "box"),
        ("box = [2.0, 1.0, 1.0, 2.0]", "box"), ("circle = [91.0, 0.0, 5.0]", "circle"),
        ("circle = [1.0, 0.0, 0.0]", "circle"), ("box = [1, 2, 3, 4]\ncircle = [1, 2, 3]", "inhibitions"),
        ('zone = "R"\nfrom = "yesterday"', "from"), ('zone = "R"\nuntil = 2026-05-02T10:00:00', "until"),
        ('zone = "R"\nuntil = true', "until"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_its_place(text: str, place: str) -> None:
    with pytest.raises(ConfigError) as caught:
        planned(text)
    assert place in str(caught.value) or "by tower" in str(caught.value)


def test_who_and_why_have_to_be_said() -> None:
    with pytest.raises(ConfigError):
        plan_inhibition({"zone": "R", "who": "tower"}, 0)


def test_a_target_may_be_named_by_its_address_alone() -> None:
    found = plan_inhibition(tomllib.loads(SAID + 'target = "4B1802"\n'), 0)
    assert found.target == "icao24:4b1802"
