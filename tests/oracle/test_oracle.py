"""The oracle itself, against answers known by other means."""

from __future__ import annotations

import math

import numpy as np
import pytest
from geographiclib.geodesic import Geodesic

from nofly.schema import Coded, Positions
from nofly.zones.model import Arc, Circle, Corridor, Datum, EdgeKind, Limit, Polygon, Volume, Zone
from nofly.zones.schedule import ClockTime, Period, Schedule, Window
from tests.oracle.activity import active_spans
from tests.oracle.ellipsoid import A_M, E2, cartesian, direct, inverse
from tests.oracle.lines import ring_points
from tests.oracle.shapes import shape_of
from tests.oracle.truth import true_stays

DEG_EQUATOR_M = math.pi * A_M / 180.0


def track(*rows: tuple[float, float, float], **columns: list[float]) -> Positions:
    t, lat, lon = (np.array(v, dtype=float) for v in zip(*rows, strict=True))
    return Positions(
        np.round(t * 1e6).astype(np.int64), Coded.from_list(["a"] * len(rows)), lat, lon,
        {name: np.array(column) for name, column in columns.items()},
    )  # fmt: skip


def depth(footprint: object, lat: float, lon: float) -> float:
    return float(shape_of(footprint).depth_m(np.array([lat]), np.array([lon]))[0])  # type: ignore[arg-type]


def square(kind: EdgeKind = EdgeKind.PLANAR) -> Polygon:
    return Polygon(((0.0, 0.0), (0.0, 1.0), (1.0, 1.0), (1.0, 0.0)), edge_kind=kind)


def test_geodesics_are_those_of_geographiclib() -> None:
    azimuth, length = inverse(40.6413, -73.7781, 51.47, -0.4543)
    g = Geodesic.WGS84.Inverse(40.6413, -73.7781, 51.47, -0.4543)
    assert float(length) == pytest.approx(g["s12"], abs=1e-6)
    assert math.degrees(float(azimuth)) == pytest.approx(g["azi1"], abs=1e-9)
    # JFK to London Heathrow: 5,540 km on the sphere, 5,555 km on the ellipsoid.
    assert float(length) == pytest.approx(5_555_000, abs=1_500)


def test_cartesian_lies_on_the_ellipsoid() -> None:
    xyz = cartesian(np.array([0.0, 90.0, -45.0]), np.array([0.0, 12.0, 180.0]))
    assert xyz[0] == pytest.approx([A_M, 0, 0])
    assert xyz[1] == pytest.approx([0, 0, 6356752.314245], abs=1e-6)
    assert np.sum(xyz[:, :2] ** 2, axis=1) / A_M**2 + xyz[:, 2] ** 2 / (A_M**2 * (1 - E2)) == pytest.approx(1)


def test_a_circle_crossed_through_its_centre() -> None:
    zone = Zone("c", "c", (Volume(Circle((48.0, 11.0), 5_000.0)),))
    a, b = (direct(48.0, 11.0, math.radians(z), 20_000.0) for z in (250.0, 70.0))
    positions = track((0, float(a[0]), float(a[1])), (80, float(b[0]), float(b[1])))
    _, (stay,) = true_stays(zone, positions, "a")
    whole = float(inverse(*a, *b)[1])
    assert whole == pytest.approx(40_000, abs=0.1)
    assert stay.entry_s == pytest.approx(30.0, abs=1e-4)
    assert stay.exit_s == pytest.approx(50.0, abs=1e-4)
    assert stay.depth_m == pytest.approx(5_000, abs=0.5)
    assert inverse(48.0, 11.0, *stay.entry)[1] == pytest.approx(5_000, abs=0.01)


def test_a_square_on_the_equator() -> None:
    zone = Zone("s", "s", (Volume(square()),))
    _, (stay,) = true_stays(zone, track((0, 0.5, -0.5), (100, 0.5, 1.5)), "a")
    # The geodesic between two points at 0.5° bulges by centimetres in longitude, nothing in time.
    assert (stay.entry_s, stay.exit_s) == (pytest.approx(25.0, abs=1e-5), pytest.approx(75.0, abs=1e-5))
    assert stay.depth_m == pytest.approx(0.5 * 110_574.3, rel=1e-3)


@pytest.mark.parametrize("kind", list(EdgeKind))
def test_distance_to_the_equator_and_to_a_meridian(kind: EdgeKind) -> None:
    assert depth(square(kind), 1e-4, 0.5) == pytest.approx(11.0574, abs=1e-3)
    assert depth(square(kind), -1e-4, 0.5) == pytest.approx(-11.0574, abs=1e-3)
    assert depth(square(kind), 0.01, 1.0 + 1e-4) == pytest.approx(-1e-4 * DEG_EQUATOR_M, abs=1e-3)
    assert depth(square(kind), 0.01, 1e-5) == pytest.approx(1e-5 * DEG_EQUATOR_M, abs=1e-3)
    assert depth(square(kind), -0.5, 180.5) < -1e7


def test_the_kind_of_edge_is_worth_kilometres() -> None:
    ring = ((50.0, 0.0), (50.0, 10.0), (60.0, 10.0), (60.0, 0.0))
    middle = Geodesic.WGS84.InverseLine(50.0, 0.0, 50.0, 10.0)
    top = middle.Position(middle.s13 / 2)["lat2"]
    assert top - 50.0 > 0.1
    assert depth(Polygon(ring, edge_kind=EdgeKind.GEODESIC), top, 5.0) == pytest.approx(0, abs=0.01)
    for kind in (EdgeKind.PLANAR, EdgeKind.PARALLEL):
        assert depth(Polygon(ring, edge_kind=kind), 50.0, 5.0) == pytest.approx(0, abs=0.025)
        assert depth(Polygon(ring, edge_kind=kind), 50.05, 5.0) > 5_000
    assert depth(Polygon(ring, edge_kind=EdgeKind.GEODESIC), 50.05, 5.0) < -5_000


def test_pieces_of_planar_edges_stay_within_two_centimetres() -> None:
    points = ring_points(((80.0, -20.0), (83.0, 40.0), (70.0, 0.0)), EdgeKind.PLANAR)
    a, b = points[:-1], points[1:]
    azimuth, length = inverse(a[:, 0], a[:, 1], b[:, 0], b[:, 1])
    middle_az, middle_m = inverse(a[:, 0], a[:, 1], *(0.5 * (a + b)).T)
    assert np.max(np.abs(np.sin(middle_az - azimuth) * middle_m)) < 0.0205
    assert length.max() <= 2001


@pytest.mark.parametrize("pole", [90.0, -90.0])
@pytest.mark.parametrize("kind", list(EdgeKind))
def test_a_cap_round_a_pole(pole: float, kind: EdgeKind) -> None:
    edge = math.copysign(80.0, pole)
    cap = Polygon(tuple((edge, float(lon)) for lon in range(-180, 180, 5)), edge_kind=kind)
    assert depth(cap, pole, 0.0) == pytest.approx(1_116_000, rel=2e-3)
    assert depth(cap, pole, 77.0) == pytest.approx(depth(cap, pole, -120.0), abs=1e-6)
    assert depth(cap, -pole, 0.0) < -1e7
    assert depth(cap, math.copysign(85.0, pole), 179.9) > 500_000
    assert depth(cap, math.copysign(79.0, pole), 179.9) < -100_000
    zone = Zone("cap", "cap", (Volume(cap),))
    over = track((0, math.copysign(75.0, pole), 30.0), (300, math.copysign(75.0, pole), -150.0))
    _, (stay,) = true_stays(zone, over, "a", max_gap_s=300.0)
    arc_10, arc_15 = (float(inverse(edge, 0, math.copysign(lat, pole), 0)[1]) for lat in (90.0, 75.0))
    assert stay.exit_s - stay.entry_s == pytest.approx(300.0 * arc_10 / (arc_10 + arc_15), rel=1e-6)


def test_across_the_antimeridian() -> None:
    zone = Polygon(((10.0, 179.0), (10.0, -179.0), (12.0, -179.0), (12.0, 179.0)))
    assert depth(zone, 11.0, 180.0) == pytest.approx(depth(zone, 11.0, -180.0), abs=1e-6)
    assert depth(zone, 11.0, 180.0) == pytest.approx(109_000, rel=0.01)
    assert depth(zone, 11.0, 0.0) < -1e6
    assert depth(zone, 11.0, 178.9) == pytest.approx(-10_927, rel=0.01)


def test_holes_and_even_odd() -> None:
    hole = ((0.4, 0.4), (0.4, 0.6), (0.6, 0.6), (0.6, 0.4))
    ring = Polygon(square().exterior, (hole,), EdgeKind.PLANAR)
    assert depth(ring, 0.5, 0.5) == pytest.approx(-0.1 * 110_574, rel=1e-3)
    assert depth(ring, 0.5, 0.35) == pytest.approx(0.05 * DEG_EQUATOR_M, rel=1e-3)
    twice = Polygon(
        ((0.0, 0.0), (0.0, 2.0), (2.0, 2.0), (2.0, 0.0)) + ((0.0, 0.0), (0.0, 1.0), (1.0, 1.0), (1.0, 0.0))
    )
    assert depth(twice, 0.5, 0.5) < 0 < depth(twice, 1.5, 1.5)


def test_an_arc_and_a_corridor() -> None:
    half = Polygon((Arc((10.0, 20.0), 8_000.0, 8_000.0, 270.0, 90.0, True),))
    north, south = (direct(10.0, 20.0, math.radians(z), 3_000.0) for z in (0.0, 180.0))
    assert depth(half, *map(float, north)) == pytest.approx(3_000, abs=2)
    assert depth(half, *map(float, south)) == pytest.approx(-3_000, abs=2)
    full = Polygon((Arc((10.0, 20.0), 8_000.0, 8_000.0, 0.0, 0.0, True),))
    assert depth(full, *map(float, north)) == pytest.approx(5_000, abs=0.05)
    path = Corridor(((0.0, 0.0), (0.0, 2.0)), 1_000.0)
    assert depth(path, 0.0, 1.0) == pytest.approx(1_000, abs=1e-3)
    assert depth(path, 0.0, 2.0 + 1_000.0 / DEG_EQUATOR_M) == pytest.approx(0, abs=1e-3)


def test_heights_and_gaps() -> None:
    volume = Volume(square(), Limit(1000, Datum.AMSL, "1000 m"), Limit(2000, Datum.STD, "FL66"))
    zone = Zone("s", "s", (volume,))
    rows = [(0.0, 0.5, 0.5), (100.0, 0.5, 0.6), (200.0, 0.5, 0.7), (900.0, 0.5, 0.7)]
    nan = math.nan
    down = track(*rows, alt_amsl_m=[3000, 3000, 500, 1500.0], alt_std_m=[3000, 1000, 1000, 1500.0])
    stays = true_stays(zone, down, "a")[1]
    assert [(s.entry_s, s.exit_s, s.determined) for s in stays] == [
        (pytest.approx(50), pytest.approx(180), True), (900, 900, True),
    ]  # fmt: skip
    unknown = track(*rows, alt_amsl_m=[nan, nan, 500, 500.0], alt_std_m=[3000, 1000, 1000, 1500.0])
    stays = true_stays(zone, unknown, "a")[1]
    assert [(s.entry_s, s.exit_s, s.determined) for s in stays] == [(pytest.approx(50), 200, False)]


def test_schedules_are_half_open() -> None:
    noon, day_us = 43_200, 86_400_000_000
    daily = Schedule((Window(periods=(Period(ClockTime(noon), ClockTime(noon + 60)),)),))
    assert active_spans(daily, 3 * day_us, 10.0, maybe=False)[2] == (noon, noon + 60)
    zone = Zone("s", "s", (Volume(square()),), schedule=daily)
    still = [(noon - 30.0, 0.5, 0.5), (noon + 30.0, 0.5, 0.5), (noon + 60.0, 0.5, 0.5)]
    _, (stay,) = true_stays(zone, track(*still), "a")
    assert (stay.entry_s, stay.exit_s) == (30.0, 90.0)
    assert true_stays(zone, track(*[(t + 90.0, a, b) for t, a, b in still][:1]), "a")[1] == []
    assert true_stays(zone, track((noon + 60.0, 0.5, 0.5)), "a")[1] == []
    assert len(true_stays(zone, track((float(noon), 0.5, 0.5)), "a")[1]) == 1
    weekly = Schedule((Window(periods=(Period(ClockTime(79_200), ClockTime(14_400), frozenset({4})),)),))
    # 1970-01-02 was a Friday.
    assert (day_us / 1e6 + 79_200, day_us / 1e6 + 100_800) in active_spans(
        weekly, 0, 86_400.0 * 3, maybe=False
    )


def test_a_long_leg_past_a_short_edge() -> None:
    """The great circle from JFK to London Heathrow passes far north of the rhumb line."""
    line = Geodesic.WGS84.InverseLine(40.6413, -73.7781, 51.47, -0.4543)
    spot = line.Position(line.s13 * 0.4)
    zone = Zone("c", "c", (Volume(Circle((spot["lat2"], spot["lon2"]), 10_000.0)),))
    positions = track((0, 40.6413, -73.7781), (22_000, 51.47, -0.4543))
    _, (stay,) = true_stays(zone, positions, "a", max_gap_s=22_000)
    assert 0.5 * (stay.entry_s + stay.exit_s) == pytest.approx(8_800, abs=1e-3)
    assert stay.exit_s - stay.entry_s == pytest.approx(20_000 / line.s13 * 22_000, abs=1e-3)
    assert true_stays(zone, positions, "a")[1] == []
