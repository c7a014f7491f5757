"""Standing rules: ordinary zones whose rule says whom they are for."""

from __future__ import annotations

import pytest

from nofly.errors import InputError
from nofly.zones.model import Circle, Restriction, Volume, Zone
from nofly.zones.predicates import Subject, any_matches
from nofly.zones.rules import Rule
from nofly.zones.standing import stay_out, watch_border

AREA = Zone("UA", "Ukraine", (Volume(Circle((48.0, 31.0), 9_000.0)),), country="UKR")
OWN = Subject("icao24:4ca7b3", "4ca7b3", parties=frozenset({"NATO"}))
OTHER = Subject("icao24:155bff", "155bff")
UNKNOWN = Subject("asterix:1")


def applies(zone: Zone, subject: Subject) -> bool | None:
    assert isinstance(zone.rule, Rule)
    return any_matches(zone.rule.applies_to, subject)


def test_own_aircraft_stay_out_and_nobody_else() -> None:
    zone = stay_out(AREA, "NATO", "not part of the conflict")
    assert zone.restriction is Restriction.PROHIBITED
    assert zone.volumes == AREA.volumes
    assert (applies(zone, OWN), applies(zone, OTHER), applies(zone, UNKNOWN)) == (True, False, None)
    assert zone.id == "UA:NATO:stay-out"
    assert zone.message == "not part of the conflict"


def test_a_border_is_watched_against_all_but_ones_own() -> None:
    zone = watch_border(AREA, "NATO", "every inch", look_ahead_s=300.0, spacing_lateral_m=9_260.0)
    assert (applies(zone, OWN), applies(zone, OTHER), applies(zone, UNKNOWN)) == (False, True, None)
    assert zone.rule is not None
    assert (zone.rule.look_ahead_s, zone.rule.spacing_lateral_m) == (300.0, 9_260.0)


@pytest.mark.parametrize(
    ("look_ahead_s", "spacing_lateral_m", "spacing_vertical_m"),
    [(0.0, 9.0, 0.0), (9.0, 0.0, 0.0), (9.0, 9.0, -1.0), (float("nan"), 9.0, 0.0), (9.0, float("inf"), 0.0)],
)
def test_a_border_needs_its_numbers(
    look_ahead_s: float, spacing_lateral_m: float, spacing_vertical_m: float
) -> None:
    with pytest.raises(InputError, match=r"expected a .*number"):
        watch_border(
            AREA, "NATO", "x", look_ahead_s=look_ahead_s, spacing_lateral_m=spacing_lateral_m,
            spacing_vertical_m=spacing_vertical_m,
        )  # fmt: skip


def test_a_rule_of_nobody_or_without_reason_is_refused() -> None:
    with pytest.raises(InputError, match="the name of the party is empty"):
        stay_out(AREA, " ", "x")
    with pytest.raises(InputError, match="no reason is given"):
        stay_out(AREA, "NATO", "")
