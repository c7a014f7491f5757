"""The airport that a flight left or reached, types of a registry, prices, and flights between airports."""

from __future__ import annotations

from math import nan
from pathlib import Path

import airportsdata
import numpy as np
import pytest
from pyproj import Geod

from nofly.errors import ConfigError, InputError
from nofly.run.weighing.airfields import all_airports
from nofly.run.weighing.pairs import CLIMB_M, airport_pairs, departs_us, level_m, pair_batches, pair_name
from nofly.run.weighing.prices import parse_prices
from nofly.run.weighing.registry import read_registry
from nofly.zones.model import Circle, Volume, Zone


def test_who_is_heard_low_near_an_airport_uses_it() -> None:
    used = all_airports().used
    at = used(47.48, 8.53, False, 900.0, nan)
    assert at is not None
    assert at.icao == "LSZH"
    assert used(47.48, 8.53, False, 3000.0, nan) is None, "passes over it"
    assert used(47.48, 8.53, False, nan, nan) is None, "a height that is not known is not low"
    assert used(47.46, 8.55, True, nan, nan) is not None, "on the ground no height is needed"
    assert used(47.46, 8.55, False, nan, 200.0) is not None
    assert used(45.0, -30.0, True, 0.0, 0.0) is None


def test_scheduled_traffic_goes_before_a_nearer_field_unless_on_the_ground() -> None:
    field = all_airports().named("LSMD")
    assert not field.iata
    low, ground = (
        all_airports().used(field.lat_deg, field.lon_deg, on_ground, 900.0, nan)
        for on_ground in (False, True)
    )
    assert low is not None
    assert ground is not None
    assert (low.icao, ground.icao) == ("LSZH", "LSMD")


@pytest.mark.parametrize("text", ["FRA", "FRA-FRA", "FRA-XQX", "", "FRA-DEL-BOM"])
def test_what_is_no_pair_of_airports_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="airport"):
        airport_pairs([text])


def test_a_pair_is_flown_along_the_geodesic() -> None:
    [(origin, destination)] = airport_pairs(["EDDF-del"])
    assert pair_name(origin, destination) == "FRA-DEL"
    [batch] = pair_batches([(origin, destination)], 0, 10_668.0)
    flown = batch.positions
    geod = Geod(ellps="WGS84")
    ends = origin.lon_deg, origin.lat_deg, destination.lon_deg, destination.lat_deg
    length_m = geod.line_length(flown.lon_deg, flown.lat_deg)
    assert length_m == pytest.approx(geod.inv(*ends)[2], rel=1e-9)
    assert np.diff(flown.time_us).max() <= 60e6, "closer than the greatest gap of a check"
    assert flown.columns["on_ground"].tolist()[0 :: len(flown) - 1] == [1, 1]
    height_m = flown.columns["alt_std_m"]
    assert height_m[0] == pytest.approx(origin.elevation_m)
    assert height_m.max() == 10_668.0
    away_m = geod.inv(*(np.full(len(flown), x) for x in ends[:2]), flown.lon_deg, flown.lat_deg)[2]
    assert np.all(height_m[(away_m > CLIMB_M) & (away_m < length_m - CLIMB_M)] == 10_668.0)


def test_levels_and_departures() -> None:
    assert level_m("FL350") == level_m("35000ft") == pytest.approx(10_668.0)
    assert level_m("10600 m") == 10_600.0
    for text in ("350", "FL", "FL9999", "-100m", "high"):
        with pytest.raises(ConfigError, match="--level"):
            level_m(text)
    always = Zone("Z", "", (Volume(Circle((0.0, 0.0), 1000.0)),))
    assert departs_us([always]) == 946_728_000_000_000
    assert departs_us([always, Zone("Y", "", always.volumes, valid_from_us=5_000_000)]) == 5_000_000


def test_a_registry_names_types_and_operators(tmp_path: Path) -> None:
    path = tmp_path / "aircraft.csv"
    path.write_text(
        "\ufeffICAO24,Registration,TypeCode,operatoricao\n'4B1618','HB-JCP',bcs3,swr\nnothing,,A320,\n"
    )
    found = read_registry(path)
    assert found.types == {"4b1618": "BCS3"}
    assert found.operators == {"4b1618": "SWR"}
    assert [(f.code, f.locator) for f in found.findings] == [("registry-no-address", "line 3")]
    path.write_text("name,age\nx,1\n")
    with pytest.raises(InputError, match="not a file of aircraft"):
        read_registry(path)


def test_prices() -> None:
    prices = parse_prices(["flight=850", "km=0.9"], "EUR")
    assert prices is not None
    assert (dict(prices.of), prices.currency) == ({"flight": 850.0, "km": 0.9}, "EUR")
    assert parse_prices([], "") is None
    for given in (["flight"], ["flight=x"], ["fuel=3"], ["km=-1"], ["km=nan"], ["km=inf"]):
        with pytest.raises(ConfigError, match="--price"):
            parse_prices(given, "")
    with pytest.raises(ConfigError, match="--currency"):
        parse_prices([], "EUR")


def test_the_airports_are_those_of_airportsdata() -> None:
    told = airportsdata.load("ICAO")
    assert len(told) > 20_000
    for icao, row in told.items():
        one = all_airports().named(icao)
        assert (one.icao, one.iata, one.name, one.country) == (icao, row["iata"], row["name"], row["country"])
        assert (one.lat_deg, one.lon_deg) == (row["lat"], row["lon"])
        assert one.elevation_m == row["elevation"] * 0.3048
