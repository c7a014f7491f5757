"""Whoever is left out before paths are flown enters nothing; and many are left out."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from geographiclib.geodesic import Geodesic
from hypothesis import given
from hypothesis import strategies as st

from nofly.incidents.stays import zone_activity
from nofly.kernel.predict import Flights, Foresight
from nofly.kernel.reach import MOST_BOXES, Reach
from nofly.zones.compiled import compile_zones
from nofly.zones.model import Circle, Corridor, Datum, Footprint, Limit, Polygon, Volume, Zone

NOW_US = 1_780_000_000_000_000
NAN, INF = math.nan, math.inf
WGS84 = Geodesic.WGS84


def zone(footprint: Footprint, floor_m: float | None, ceiling_m: float | None, datum: Datum) -> Zone:
    limits = [None if x is None else Limit(x, datum, "") for x in (floor_m, ceiling_m)]
    return Zone("Z", "Z", (Volume(footprint, *limits),))


def around(random: np.random.Generator, lat: float, lon: float, within_m: float) -> tuple[float, float]:
    there = WGS84.Direct(lat, lon, 360.0 * random.random(), within_m * random.random())
    return there["lat2"], there["lon2"]


def footprint_at(random: np.random.Generator, lat: float, lon: float) -> Footprint:
    place = around(random, lat, lon, 60_000.0)
    radius_m = float(np.exp(random.uniform(5.0, 10.5)))
    kind = random.integers(3)
    if kind == 0:
        return Circle(place, radius_m)
    if kind == 1:
        ends = [place, around(random, *place, 40_000.0), around(random, *place, 40_000.0)]
        return Corridor(tuple(ends), radius_m / 10.0)
    corners = [WGS84.Direct(*place, azimuth, radius_m) for azimuth in (350.0, 80.0, 170.0, 260.0)]
    return Polygon(tuple((corner["lat2"], corner["lon2"]) for corner in corners))


def some_zones(random: np.random.Generator, lat: float, lon: float) -> list[Zone]:
    found = []
    for k in range(int(random.integers(1, 4))):
        floor_m = None if random.random() < 0.2 else float(random.uniform(0.0, 9000.0))
        ceiling_m = None if random.random() < 0.2 else (floor_m or 0.0) + float(random.uniform(50.0, 4000.0))
        datum = (Datum.STD, Datum.AMSL)[int(random.integers(2))]
        made = zone(footprint_at(random, lat, lon), floor_m, ceiling_m, datum)
        found.append(replace(made, id=f"Z{k}"))
    return found


def some_flights(random: np.random.Generator, lat: float, lon: float, n: int, rows: int) -> Flights:
    places = np.array([around(random, lat, lon, 120_000.0) for _ in range(n)])
    low_m = random.uniform(-100.0, 13_000.0, (rows, n))
    high_m = low_m + np.where(random.random((rows, n)) < 0.2, 800.0 * random.random((rows, n)), 0.0)
    unknown = random.random((rows, n)) < 0.1
    turn_dps = np.where(random.random(n) < 0.5, random.uniform(-8.0, 8.0, n), NAN)
    vrate_mps = np.where(random.random(n) < 0.7, random.uniform(-40.0, 40.0, n), NAN)
    return Flights(
        np.full(n, NOW_US), places[:, 0], places[:, 1], np.where(unknown, -INF, low_m),
        np.where(unknown, INF, high_m), np.exp(random.uniform(1.6, 6.9, n)),
        random.uniform(-10.0, 370.0, n), turn_dps, vrate_mps,
    )  # fmt: skip


@given(
    seed=st.integers(0, 2**32), lat=st.one_of(st.floats(-89.9, 89.9), st.floats(55.0, 82.0)),
    lon=st.sampled_from([0.0, 8.3, 179.95, -179.99, -77.0]), ahead_s=st.sampled_from([30.0, 135.0, 900.0]),
)  # fmt: skip
def test_whoever_enters_was_not_left_out(seed: int, lat: float, lon: float, ahead_s: float) -> None:
    random = np.random.default_rng(seed)
    zones = compile_zones(some_zones(random, lat, lon))
    flights = some_flights(random, lat, lon, 120, len(zones.datums))
    active = zone_activity(zones.zones, NOW_US - 10**12, NOW_US + 10**12)
    found = Foresight(zones, *active).entries(flights, ahead_s)
    assert Reach(zones).may(flights, ahead_s)[found.flight].all()


def one(**told: float) -> Flights:
    """Return a flight 40 km south of the disc, level above its floor, towards it."""
    usual = {"lat_deg": 46.6, "lon_deg": 8.0, "gs_mps": 250.0, "track_deg": 0.0, "vrate_mps": NAN}
    row: dict[str, Any] = {name: np.array([value]) for name, value in {**usual, **told}.items()}
    height_m = np.array([[row.pop("height_m", np.array([5000.0]))[0]]])
    return Flights(np.array([NOW_US]), low_m=height_m, high_m=height_m, turn_dps=np.array([NAN]), **row)


@pytest.mark.parametrize(
    ("told", "may"),
    [
        ({}, True),
        ({"track_deg": 40.0}, True),
        ({"track_deg": 180.0}, False),
        ({"track_deg": 270.0, "lon_deg": 7.7}, False),
        ({"gs_mps": 100.0}, False),
        ({"height_m": 9500.0}, False),
        ({"height_m": 9500.0, "vrate_mps": -10.0}, True),
        ({"height_m": 9500.0, "vrate_mps": 10.0}, False),
        ({"height_m": 2000.0, "vrate_mps": 10.0}, False),
        ({"height_m": INF}, False),
    ],
)
def test_who_is_too_far_too_high_too_low_or_leaves_is_left_out(told: dict[str, float], may: bool) -> None:
    disc = zone(Circle((47.0, 8.0), 20_000.0), 4000.0, 9000.0, Datum.STD)
    assert Reach(compile_zones([disc])).may(one(**told), 120.0).tolist() == [may]


def test_a_height_that_is_not_known_leaves_nobody_out() -> None:
    disc = zone(Circle((47.0, 8.0), 20_000.0), 4000.0, 9000.0, Datum.STD)
    unknown = replace(one(), low_m=np.array([[-INF]]), high_m=np.array([[INF]]))
    assert Reach(compile_zones([disc])).may(unknown, 120.0).tolist() == [True]


def test_of_many_zones_nothing_is_said_and_nobody_left_out() -> None:
    many = [
        replace(zone(Circle((47.0, float(k)), 5000.0), None, None, Datum.STD), id=f"Z{k}")
        for k in range(MOST_BOXES + 1)
    ]
    reach = Reach(compile_zones(many))
    assert not reach.known
    assert reach.may(one(lat_deg=-40.0), 120.0).all()
    assert Reach(compile_zones(many[:-1])).known


def test_no_zone_is_entered_by_nobody() -> None:
    assert not Reach(compile_zones([])).may(one(), 120.0).any()
