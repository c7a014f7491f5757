"""First entries of flights that go on as they do, against flights stepped one quarter of a second at a time
with geographiclib."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
import pytest
from geographiclib.geodesic import Geodesic
from hypothesis import given
from hypothesis import strategies as st

from nofly.incidents.stays import zone_activity
from nofly.kernel.detect import Why
from nofly.kernel.predict import (
    CHORD_ERROR_M,
    LEAST_TURN_DPS,
    MOST_TURN_DEG,
    Entries,
    Flights,
    Foresight,
    path,
)
from nofly.zones.compiled import compile_zones
from nofly.zones.model import Circle, Datum, Limit, Volume, Zone
from nofly.zones.schedule import Schedule, Window

NOW_US = 1_780_000_000_000_000
AHEAD_S = 120.0
STEP_S = 0.25
WGS84 = Geodesic.WGS84
NAN = math.nan


def flights(*rows: dict[str, float]) -> Flights:
    usual = {"gs_mps": 200.0, "track_deg": 0.0, "turn_dps": NAN, "vrate_mps": NAN, "low_m": 5000.0}
    full = [{**usual, **row} for row in rows]

    def column(name: str, other: str | None = None) -> Any:
        return np.array([row.get(name, row[other] if other else NAN) for row in full])

    return Flights(
        np.full(len(rows), NOW_US), column("lat_deg"), column("lon_deg"), column("low_m")[None],
        column("high_m", "low_m")[None], column("gs_mps"), column("track_deg"), column("turn_dps"),
        column("vrate_mps"),
    )  # fmt: skip


def disc(
    lat: float, lon: float, radius_m: float, floor_m: float = 0.0, ceiling_m: float = 9000.0, **more: Any
) -> Zone:
    limits = Limit(floor_m, Datum.STD, ""), Limit(ceiling_m, Datum.STD, "")
    return Zone("Z", "Z", (Volume(Circle((lat, lon), radius_m), *limits),), **more)


def foresee(zones: list[Zone], rows: Flights, ahead_s: float = AHEAD_S) -> Entries:
    active = zone_activity(zones, NOW_US - 10**12, NOW_US + 10**12)
    return Foresight(compile_zones(zones), *active).entries(rows, ahead_s)


def stepped(row: dict[str, float], ahead_s: float) -> list[tuple[float, float, float, float]]:
    """Return (seconds, lat, lon, height) of a flight, step by step."""
    lat, lon, track = row["lat_deg"], row["lon_deg"], row["track_deg"]
    turn = row["turn_dps"] if abs(row["turn_dps"]) >= LEAST_TURN_DPS else 0.0
    climb = 0.0 if math.isnan(row["vrate_mps"]) else row["vrate_mps"]
    seconds, turned, out = 0.0, 0.0, [(0.0, lat, lon, row["low_m"])]
    for k in range(round(ahead_s / STEP_S)):
        by = math.copysign(min(abs(turn) * STEP_S, MOST_TURN_DEG - turned), turn)
        there = WGS84.Direct(lat, lon, track + by / 2.0, row["gs_mps"] * STEP_S)
        lat, lon, track = there["lat2"], there["lon2"], there["azi2"] + by / 2.0
        turned += abs(by)
        seconds = (k + 1) * STEP_S
        out.append((seconds, lat, lon, row["low_m"] + climb * seconds))
    return out


def outside_m(zone: Zone, at: tuple[float, float, float, float]) -> float:
    """Return by how much a place is outside a disc, laterally or vertically; negative inside."""
    volume = zone.volumes[0]
    assert isinstance(volume.footprint, Circle)
    assert volume.lower
    assert volume.upper
    away = WGS84.Inverse(*volume.footprint.centre, at[1], at[2])["s12"] - volume.footprint.radius_m
    return max(away, volume.lower.value_m - at[3], at[3] - volume.upper.value_m)


@st.composite
def cases(draw: Any) -> tuple[dict[str, float], Zone]:
    def number(low: float, high: float) -> float:
        return float(draw(st.floats(low, high, allow_nan=False, width=32)))

    lat, lon = number(-70.0, 70.0), draw(st.sampled_from([0.0, 8.3, 179.95, -179.99, 120.0]))
    row = {
        "lat_deg": lat, "lon_deg": lon, "gs_mps": number(10.0, 320.0), "track_deg": number(0.0, 360.0),
        "turn_dps": draw(st.one_of(st.just(NAN), st.just(0.0), st.floats(-6.0, 6.0))),
        "vrate_mps": draw(st.one_of(st.just(NAN), st.just(0.0), st.floats(-30.0, 30.0))), "low_m": 5000.0,
    }  # fmt: skip
    there = WGS84.Direct(lat, lon, number(0.0, 360.0), number(0.0, 40_000.0))
    floor_m = number(0.0, 8000.0)
    return row, disc(there["lat2"], there["lon2"], number(300.0, 20_000.0), floor_m, floor_m + 1500.0)


@given(cases())
def test_the_first_entry_is_that_of_a_flight_stepped_with_geographiclib(
    case: tuple[dict[str, float], Zone],
) -> None:
    row, zone = case
    # 1 m of the compiled circle, a little of rounding; a turn's chords leave it by more.
    slack_m = 1.5 + (CHORD_ERROR_M + 1.0 if abs(row["turn_dps"]) >= LEAST_TURN_DPS else 0.0)
    found = foresee([zone], flights(row))
    steps = stepped(row, AHEAD_S)
    until_s = AHEAD_S if len(found) == 0 else (int(found.time_us[0]) - NOW_US) / 1e6
    before = [outside_m(zone, at) for at in steps if at[0] < until_s]
    assert all(away_m >= -slack_m for away_m in before)
    if len(found):
        step = row["gs_mps"] * STEP_S + 30.0 * STEP_S
        nearest = min(steps, key=lambda at: abs(at[0] - until_s))
        assert outside_m(zone, nearest) <= slack_m + step
        assert bool(found.now[0]) == (until_s == 0.0)
        assert found.determined[0]


@given(cases())
def test_the_path_is_where_the_stepped_flight_is(case: tuple[dict[str, float], Zone]) -> None:
    row, _ = case
    reports = path(flights(row), AHEAD_S)
    steps = {at[0]: at for at in stepped(row, AHEAD_S)}
    last = steps[AHEAD_S]
    assert reports.time_us[-1] - NOW_US == AHEAD_S * 1e6
    assert np.all(np.diff(reports.time_us) > 0)
    assert WGS84.Inverse(last[1], last[2], reports.lat_deg[-1], reports.lon_deg[-1])["s12"] < 1.0
    assert np.abs(reports.lon_deg).max() <= 180.0


def test_the_pieces_of_a_long_way_lie_on_the_geodesic() -> None:
    rows = flights(*({"lat_deg": lat, "lon_deg": 179.0, "gs_mps": 250.0, "track_deg": track}
                     for lat in (0.0, 47.0, 60.0, -73.0) for track in (0.0, 63.0, 90.0, 200.0)))  # fmt: skip
    reports = path(rows, 399.0)
    for k in range(len(rows)):
        for i in np.flatnonzero(reports.target == k)[1:]:
            run_m = 250.0 * (int(reports.time_us[i]) - NOW_US) / 1e6
            there = WGS84.Direct(rows.lat_deg[k], 179.0, rows.track_deg[k], run_m)
            off = WGS84.Inverse(there["lat2"], there["lon2"], reports.lat_deg[i], reports.lon_deg[i])["s12"]
            assert off < (0.05 if abs(rows.lat_deg[k]) <= 60.0 else 0.3)


def test_a_zone_that_becomes_active_with_the_flight_inside_is_predicted() -> None:
    window = Window(start_us=NOW_US + 40_000_000, end_us=NOW_US + 10**10)
    zone = disc(47.0, 8.0, 50_000.0, schedule=Schedule((window,)))
    found = foresee([zone], flights({"lat_deg": 47.0, "lon_deg": 8.0}))
    assert found.time_us.tolist() == [NOW_US + 40_000_000]
    assert found.why.tolist() == [Why.SCHEDULE]
    assert not found.now[0]


def test_an_unknown_height_is_an_undetermined_entry() -> None:
    unknown = {"lat_deg": 46.9, "lon_deg": 8.0, "low_m": -math.inf, "high_m": math.inf}
    found = foresee([disc(47.0, 8.0, 5000.0)], flights(unknown))
    assert found.determined.tolist() == [False]
    assert np.isnan(found.height_m[0])


def test_unknown_vertical_rate_is_level_and_a_climb_enters_from_below() -> None:
    zone = disc(47.0, 8.0, 50_000.0, 5500.0, 8000.0)
    level, climb = {"lat_deg": 47.0, "lon_deg": 8.0}, {"lat_deg": 47.0, "lon_deg": 8.0, "vrate_mps": 10.0}
    found = foresee([zone], flights(level, climb))
    assert found.flight.tolist() == [1]
    assert found.time_us[0] == pytest.approx(NOW_US + 50_000_000, abs=2)
    assert found.height_m[0] == pytest.approx(5500.0, abs=0.01)


def test_a_turn_ends_after_an_eighth_of_a_circle_and_goes_on_straight() -> None:
    row = {"lat_deg": 0.0, "lon_deg": 8.0, "turn_dps": 6.0, "gs_mps": 100.0}
    reports = path(flights(row), 60.0)
    radius_m, on_m = 100.0 / math.radians(6.0), 100.0 * (60.0 - 7.5) * math.sqrt(0.5)
    north_m, east_m = reports.lat_deg[-1] * 110_574.0, (reports.lon_deg[-1] - 8.0) * 111_320.0
    assert north_m == pytest.approx(radius_m * math.sqrt(0.5) + on_m, rel=0.01)
    assert east_m == pytest.approx(radius_m * (1.0 - math.sqrt(0.5)) + on_m, rel=0.01)


def test_nobody_flies_nowhere() -> None:
    assert len(foresee([disc(47.0, 8.0, 5000.0)], flights())) == 0


def test_each_evaluation_begins_from_nothing_and_flights_do_not_know_each_other() -> None:
    zones = [disc(47.0, 8.0 + 0.1 * k, 4000.0) for k in range(20)]
    rows = [{"lat_deg": 46.9, "lon_deg": 7.8 + 0.05 * k, "track_deg": 7.0 * k, "turn_dps": 0.1 * k}
            for k in range(40)]  # fmt: skip
    foresight = Foresight(compile_zones(zones), *zone_activity(zones, NOW_US - 10**12, NOW_US + 10**12))
    together = foresight.entries(flights(*rows), AHEAD_S)
    again = foresight.entries(flights(*rows), AHEAD_S)
    alone = [foresight.entries(flights(row), AHEAD_S) for row in rows]
    for name in Entries.__slots__:
        whole = getattr(together, name)
        np.testing.assert_array_equal(whole, getattr(again, name))
        if name != "flight":
            np.testing.assert_array_equal(whole, np.concatenate([getattr(one, name) for one in alone]))


def test_limits_on_two_datums_need_two_heights() -> None:
    limits = Limit(4000.0, Datum.AMSL, ""), Limit(9000.0, Datum.STD, "")
    zone = Zone("Z", "Z", (Volume(Circle((47.0, 8.0), 5000.0), *limits),))
    row = flights(*({"lat_deg": 46.9, "lon_deg": 8.0 + 0.001 * k} for k in range(3)))
    std_m, amsl_m = np.full(3, 5000.0), np.array([4500.0, 3000.0, np.inf])
    low_m = np.array([std_m, np.where(np.isinf(amsl_m), -np.inf, amsl_m)])
    both = dataclasses.replace(row, low_m=low_m, high_m=np.array([std_m, amsl_m]))
    found = foresee([zone], both)
    assert found.flight.tolist() == [0, 2]
    assert found.determined.tolist() == [True, False]
