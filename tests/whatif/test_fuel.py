"""What a longer way costs, against numbers worked out by hand."""

from __future__ import annotations

import math

import pytest

from nofly.whatif.fuel import CO2_KG_PER_KG, NOTHING, TypeFigures, cost, fuel_kg, share

STEADY = TypeFigures("X", (250.0, 250.0), (150_000.0, 200_000.0), 12_000_000.0, lambda _: 2.0)


def test_nothing_added_costs_nothing() -> None:
    assert cost(5e6, 5e6, STEADY) == NOTHING
    assert cost(5e6, 5e6).fuel_share == (0.0, 0.0)


def test_a_steady_flow_burns_in_proportion_to_the_way() -> None:
    found = cost(5e6, 6e6, STEADY)
    assert found.time_s == (4000.0, 4000.0)
    assert found.fuel_kg == pytest.approx((8000.0, 8000.0))
    assert found.co2_kg == pytest.approx((8000.0 * CO2_KG_PER_KG,) * 2)
    assert found.fuel_share == pytest.approx((0.2, 0.2))


def test_a_flow_in_proportion_to_the_mass_is_breguets_equation() -> None:
    factor_m = 28e6
    speeds, landing = (240.0, 240.0), (2e5, 2e5)
    figures = TypeFigures("X", speeds, landing, 2e7, lambda mass_kg: mass_kg * 240.0 / factor_m)
    assert fuel_kg(figures, 9e6, 2e5, 240.0) == pytest.approx(2e5 * math.expm1(9e6 / factor_m), rel=1e-4)
    assert cost(7e6, 9e6, figures).fuel_share == pytest.approx((share(7e6, 9e6, factor_m),) * 2, rel=1e-3)


def test_without_a_type_ranges_are_told_of_time_and_share() -> None:
    found = cost(7.0e6, 10.0e6)
    assert found.time_s == pytest.approx((3e6 / 250.0, 3e6 / 230.0))
    low, high = found.fuel_share
    # More than in proportion, since fuel is carried too.
    assert 3.0 / 7.0 < low < high < 0.6
    assert found.fuel_kg is None
    assert cost(7.0e6, 10.0e6, cruise_mps=(200.0, 200.0)).time_s == (15_000.0, 15_000.0)


def test_beyond_what_a_type_flies() -> None:
    assert cost(11e6, 13e6, STEADY).beyond_range
    assert not cost(10e6, 11e6, STEADY).beyond_range


def test_a_pair_of_one_place_has_no_share() -> None:
    assert cost(0.0, 1000.0).fuel_share == (math.inf, math.inf)
