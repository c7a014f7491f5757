"""The cases that go wrong elsewhere, each with its numbers by hand or by GeographicLib."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
from geographiclib.geodesic import Geodesic

from nofly.incidents.record import Cause
from nofly.zones.model import Circle, Datum, EdgeKind, Footprint, Limit, Polygon, Volume, Zone
from nofly.zones.schedule import Schedule, Window
from tests.kernel.strategies import EPOCH_US, Report, positions_of, to_point, zone
from tests.oracle.ellipsoid import inverse

MS = 1e-3
FT = 0.3048
Row = tuple[float, float, float]
SQUARE = Polygon(((-1.0, 0.0), (-1.0, 1.0), (1.0, 1.0), (1.0, 0.0)), edge_kind=EdgeKind.PLANAR)
"""Astride the equator, along which longitude is linear in time to the last bit."""


def us(time_s: float) -> int:
    return EPOCH_US + round(time_s * 1e6)


def reports(*rows: Row, **heights: list[float]) -> list[Report]:
    """Return reports of one target at (seconds, lat, lon) with columns of heights."""
    columns = {f"{datum}_m": values for datum, values in heights.items()}
    return [
        Report(us(t), "a", lat, lon, **{name: values[i] for name, values in columns.items()})
        for i, (t, lat, lon) in enumerate(rows)
    ]


def stays(zones: Zone | Footprint | list[Zone], rows: list[Report], max_gap_s: float = 120.0) -> list[Any]:
    """Return the stays, first entry first."""
    from nofly.incidents.stays import zone_stays

    if not isinstance(zones, list):
        zones = [zones if isinstance(zones, Zone) else zone("z", zones)]
    found = zone_stays(zones, positions_of(rows), max_gap_s=max_gap_s)
    return sorted(found, key=lambda s: (s.entry_us, s.zone_id))


def times_s(stay: Any) -> tuple[float, float]:
    """Return entry and exit in seconds of the test's own clock."""
    return (stay.entry_us - EPOCH_US) / 1e6, (stay.exit_us - EPOCH_US) / 1e6


def at(*seconds: float, abs: float = MS) -> Any:
    """Return times that equal others to a millisecond."""
    return pytest.approx(seconds, abs=abs)


def causes(stay: Any) -> tuple[Cause, Cause]:
    return stay.entry_cause, stay.exit_cause


# The nine.


def test_1_antimeridian_zone_and_a_flight_at_longitude_0() -> None:
    fiji = Polygon(((-18.0, 179.0), (-18.0, -179.0), (-16.0, -179.0), (-16.0, 179.0)))
    assert stays(fiji, reports((0, -17.0, -1.0), (100, -17.0, 1.0))) == []
    wide = [(100.0 * i, -17.0, -178.0 + 4.0 * i) for i in range(90)]
    assert stays(fiji, reports(*wide)) == [], "all the way round, but for the zone"
    band = Polygon(((-1.0, 179.0), (-1.0, -179.0), (1.0, -179.0), (1.0, 179.0)), edge_kind=EdgeKind.PLANAR)
    (stay,) = stays(band, reports((0, 0.0, 178.0), (100, 0.0, -178.0)))
    assert times_s(stay) == at(25.0, 75.0)
    assert abs(stay.entry_lon_deg) == pytest.approx(179.0, abs=1e-6)
    assert stay.exit_lon_deg == pytest.approx(-179.0, abs=1e-6)


def test_2_a_zone_on_the_jfk_lhr_great_circle_with_two_reports() -> None:
    line = Geodesic.WGS84.InverseLine(40.6413, -73.7781, 51.47, -0.4543)
    spot = line.Position(0.4 * line.s13)
    flight = reports((0, 40.6413, -73.7781), (22_000, 51.47, -0.4543))
    (stay,) = stays(Circle((spot["lat2"], spot["lon2"]), 4_000.0), flight, 22_000.0)
    half_s = 4_000.0 / line.s13 * 22_000
    # A metre is 4 ms at this speed.
    assert times_s(stay) == at(8_800 - half_s, 8_800 + half_s, abs=5 * MS)
    assert stay.depth_m == pytest.approx(4_000, abs=2)
    assert inverse(spot["lat2"], spot["lon2"], stay.entry_lat_deg, stay.entry_lon_deg)[1] == pytest.approx(
        4_000, abs=1
    )
    assert stays(Circle((spot["lat2"], spot["lon2"]), 4_000.0), flight) == [], "a gap is not bridged"
    rhumb = (40.6413 + 0.4 * (51.47 - 40.6413), -73.7781 + 0.4 * (-0.4543 + 73.7781))
    assert stays(Circle(rhumb, 100_000.0), flight, 22_000.0) == [], "straight in lon/lat is 370 km off"


def test_3_a_five_hour_gap_across_a_4_km_zone() -> None:
    zone_4_km = Circle((0.0, 10.0), 2_000.0)
    rows = [(0.0, 0.0, -10.0), (10.0, 0.0, -9.98), (18_010.0, 0.0, 29.98), (18_020.0, 0.0, 30.0)]
    assert stays(zone_4_km, reports(*rows)) == []


def test_4_fl350_over_a_fl100_to_fl200_zone() -> None:
    layer = Volume(SQUARE, Limit(3048.0, Datum.STD, "FL100"), Limit(6096.0, Datum.STD, "FL200"))
    over = [(0.0, 0.0, -0.5), (100.0, 0.0, 1.5)]
    assert stays(zone("z", layer), reports(*over, std=[350 * 30.48] * 2)) == []
    assert stays(zone("z", layer), reports(*over, std=[90 * 30.48] * 2)) == []
    (stay,) = stays(zone("z", layer), reports(*over, std=[150 * 30.48] * 2))
    assert times_s(stay) == at(25.0, 75.0)
    assert stay.determined
    assert (stay.lower_margin_m, stay.upper_margin_m) == pytest.approx((1524.0, 1524.0))
    (stay,) = stays(zone("z", layer), reports(*over, amsl=[150 * 30.48] * 2))
    assert not stay.determined, "a height on another datum does not say"


def test_5_a_30_s_stay_sampled_every_5_s() -> None:
    rows = [(2.5 + 5.0 * i, 0.0, (2.5 + 5.0 * i - 20.0) / 30.0) for i in range(16)]
    (stay,) = stays(SQUARE, reports(*rows))
    assert times_s(stay) == at(20.0, 50.0)
    assert stay.exit_us - stay.entry_us == pytest.approx(30_000_000, abs=1_000)
    assert causes(stay) == (Cause.MOVED, Cause.MOVED)
    assert stay.reports == 6
    assert stay.longest_gap_s == 5.0


def test_6_a_crossing_between_two_reports_170_s_apart() -> None:
    rows = reports((0, 0.0, -2.0), (170, 0.0, 2.25))
    (stay,) = stays(SQUARE, rows, 170.0)
    assert times_s(stay) == at(80.0, 120.0)
    assert stay.reports == 0
    assert stay.longest_gap_s == 170.0
    assert stays(SQUARE, rows, 169.999999) == []


def test_7_already_inside_when_the_schedule_starts() -> None:
    schedule = Schedule((Window(us(33.25), us(60.0)),))
    rows = reports((0, 0.0, 0.2), (50, 0.0, 0.4), (100, 0.0, 0.6))
    (stay,) = stays(zone("z", SQUARE, schedule=schedule), rows)
    assert (stay.entry_us, stay.exit_us) == (us(33.25), us(60.0))
    assert causes(stay) == (Cause.ZONE_ACTIVATED, Cause.ZONE_DEACTIVATED)
    assert stay.entry_lon_deg == pytest.approx(0.333, abs=1e-5)
    assert stay.reports == 1


@pytest.mark.parametrize("kind", list(EdgeKind))
@pytest.mark.parametrize("pole", [90.0, -90.0])
def test_8_a_zone_round_a_pole(pole: float, kind: EdgeKind) -> None:
    edge = math.copysign(85.0, pole)
    cap = Polygon(tuple((edge, lon) for lon in (-150.0, -90.0, -30.0, 30.0, 90.0, 150.0)), edge_kind=kind)
    start = math.copysign(82.0, pole)
    (stay,) = stays(cap, reports((0, start, 30.0), (100, start, -150.0)))
    whole, inner = (float(inverse(lat, 30.0, lat, -150.0)[1]) for lat in (start, edge))
    # 18 km/s: a metre is 0.06 ms.
    assert times_s(stay) == at(50 - 50 * inner / whole, 50 + 50 * inner / whole)
    assert stays(cap, reports((0, start, 0.0), (100, start, 5.0))) == []
    assert stays(cap, reports((0, -start, 0.0), (100, -start, 180.0))) == [], "the other pole"
    (stay,) = stays(cap, reports((0, pole, 0.0), (100, pole, 77.0)))
    assert times_s(stay) == at(0.0, 100.0)


def test_9_a_report_on_the_border_at_the_activation_instant() -> None:
    active = zone("z", SQUARE, schedule=Schedule((Window(us(10.0), us(20.0)),)))
    (stay,) = stays(active, reports((0, 0.0, -1.0), (10, 0.0, 0.0), (20, 0.0, -1.0)))
    assert (stay.entry_us, stay.exit_us, stay.reports) == (us(10), us(10), 1)
    (stay,) = stays(active, reports((10, 0.0, 0.0)))
    assert (stay.entry_us, stay.exit_us) == (us(10), us(10))
    (stay,) = stays(active, reports((10, 0.0, 0.0), (20, 0.0, 0.5)))
    assert (stay.entry_us, stay.exit_us) == (us(10), us(20))
    assert stays(active, reports((20, 0.0, 0.5))) == [], "at the end it is active no longer"
    assert stays(active, reports((20, 0.0, 0.5), (30, 0.0, 0.0))) == []


# And more.


def test_hovering_on_the_border() -> None:
    (stay,) = stays(SQUARE, reports(*((10.0 * i, 0.5, 1.0) for i in range(11))))
    assert times_s(stay) == (0.0, 100.0)
    assert causes(stay) == (Cause.DATA_RESUMED, Cause.DATA_LOST)
    assert stay.reports == 11
    assert stay.depth_m == pytest.approx(0, abs=1e-3)


@pytest.mark.parametrize("pressure_m", [math.nan, 900.0])
def test_a_report_on_the_border_whose_height_tells_nothing_has_come_from_outside(pressure_m: float) -> None:
    low = zone("z", Volume(SQUARE, None, Limit(914.4, Datum.AMSL, "3000 ft AMSL")))
    rows = [(10.0 * i, 0.5, -1.0 + 0.5 * i) for i in range(7)]
    (stay,) = stays(low, reports(*rows, std=[pressure_m] * 7))
    assert causes(stay) == (Cause.MOVED, Cause.MOVED)
    assert not stay.determined
    known = [3000.0, 3000.0, 3000.0, math.nan, math.nan, math.nan, math.nan]
    (stay,) = stays(low, reports(*rows, amsl=known))
    assert causes(stay) == (Cause.DATA_RESUMED, Cause.MOVED)


def test_a_single_report_inside() -> None:
    (stay,) = stays(SQUARE, reports((5, 0.25, 0.5)))
    assert (stay.entry_us, stay.exit_us, stay.reports, stay.longest_gap_s) == (us(5), us(5), 1, 0.0)
    assert causes(stay) == (Cause.DATA_RESUMED, Cause.DATA_LOST)
    assert (stay.entry_lat_deg, stay.entry_lon_deg) == (0.25, 0.5)
    assert (stay.exit_lat_deg, stay.exit_lon_deg) == (0.25, 0.5)
    assert stay.depth_m == pytest.approx(float(inverse(0.25, 0.5, 0.25, 0.0)[1]), abs=2)
    (stay,) = stays(SQUARE, reports((0, 0.25, 9.0), (500, 0.25, 0.5), (1000, 0.25, 9.0)))
    assert (stay.entry_us, stay.exit_us) == (us(500), us(500))


def test_a_touched_vertex_is_a_stay_of_no_length() -> None:
    diamond = Polygon(((0.0, 1.0), (1.0, 2.0), (2.0, 1.0), (1.0, 0.0)), edge_kind=EdgeKind.PLANAR)
    for stay in stays(diamond, reports((0, 0.0, 0.0), (100, 0.0, 2.0))):
        assert times_s(stay) == at(50.0, 50.0)
        assert stay.depth_m == pytest.approx(0, abs=1)
    (stay,) = stays(diamond, reports((0, 0.0, 0.0), (50, 0.0, 1.0), (100, 0.0, 2.0)))
    assert (stay.entry_us, stay.exit_us, stay.reports) == (us(50), us(50), 1)


def test_a_flight_exactly_along_an_edge() -> None:
    north = Polygon(((0.0, 0.0), (0.0, 0.125), (1.0, 0.125), (1.0, 0.0)), edge_kind=EdgeKind.PLANAR)
    south = Polygon(((0.0, 0.0), (0.0, 0.125), (-1.0, 0.125), (-1.0, 0.0)), edge_kind=EdgeKind.PLANAR)
    rows = reports((0, 0.0, -0.0625), (50, 0.0, 0.0625), (100, 0.0, 0.1875))
    found = stays([zone("north", north), zone("south", south)], rows)
    assert [s.zone_id for s in found] == ["north", "south"], "the border belongs to both"
    for stay in found:
        assert times_s(stay) == at(25.0, 75.0)
        assert stay.depth_m == pytest.approx(0, abs=1e-3)


def test_level_flight_exactly_at_a_limit() -> None:
    limits = Limit(300.0, Datum.AMSL, "300 m"), Limit(1500 * FT, Datum.AMSL, "1500 ft")
    low = zone("z", Volume(SQUARE, *limits))
    over = [(0.0, 0.0, -0.5), (100.0, 0.0, 1.5)]
    for height in (300.0, 1500 * FT):
        (stay,) = stays(low, reports(*over, amsl=[height] * 2))
        assert times_s(stay) == at(25.0, 75.0)
        assert stay.determined
        assert min(stay.lower_margin_m, stay.upper_margin_m) == pytest.approx(0, abs=1e-9)
    for height in (math.nextafter(300.0, 0), math.nextafter(1500 * FT, 1e9)):
        assert stays(low, reports(*over, amsl=[height] * 2)) == []


def test_descending_onto_a_zone_from_above() -> None:
    low = zone("z", Volume(SQUARE, None, Limit(2000.0, Datum.AMSL, "2000 m")))
    rows = reports((0, 0.0, 0.1), (100, 0.0, 0.5), (150, 0.0, 0.7), amsl=[3000.0, 1000.0, 3000.0])
    (stay,) = stays(low, rows)
    assert times_s(stay) == at(50.0, 125.0)
    assert causes(stay) == (Cause.MOVED, Cause.MOVED)
    assert stay.upper_margin_m == pytest.approx(1000.0)
    assert stay.lower_margin_m is None or math.isnan(stay.lower_margin_m)
    touching = stays(
        low, reports((0, 0.0, 0.1), (50, 0.0, 0.5), (100, 0.0, 0.9), amsl=[3000.0, 2000.0, 3000.0])
    )
    assert [times_s(s) for s in touching] == [(50.0, 50.0)]


def test_an_activity_of_no_length_is_none() -> None:
    rows = reports((0, 0.0, 0.2), (50, 0.0, 0.4), (100, 0.0, 0.6))
    never = Schedule((Window(us(50), us(50)),))
    assert stays(zone("z", SQUARE, schedule=never), rows) == []
    assert stays(zone("z", SQUARE, schedule=Schedule(())), rows) == []
    later = Schedule((Window(us(50), us(50)), Window(us(70), us(80))))
    (stay,) = stays(zone("z", SQUARE, schedule=later), rows)
    assert (stay.entry_us, stay.exit_us) == (us(70), us(80))
    touching = Schedule((Window(us(20), us(50)), Window(us(50), us(80))))
    (stay,) = stays(zone("z", SQUARE, schedule=touching), rows)
    assert (stay.entry_us, stay.exit_us) == (us(20), us(80))


def test_an_uncertain_activity_is_undetermined() -> None:
    by_notam = Schedule((Window(us(20), us(80), certain=False),))
    rows = reports((0, 0.0, 0.2), (50, 0.0, 0.4), (100, 0.0, 0.6))
    (stay,) = stays(zone("z", SQUARE, schedule=by_notam), rows)
    assert (stay.entry_us, stay.exit_us, stay.determined) == (us(20), us(80), False)
    part = Schedule((*by_notam.windows, Window(us(40), us(60))))
    (stay,) = stays(zone("z", SQUARE, schedule=part), rows)
    assert (stay.entry_us, stay.exit_us, stay.determined) == (us(20), us(80), True)


def test_a_zone_of_20_000_vertices() -> None:
    centre = (10.0, 20.0)
    ring = tuple(to_point(centre, 360.0 * i / 20_000, 50_000.0) for i in range(20_000))
    a, b = (to_point(centre, bearing, 100_000.0) for bearing in (270.0, 90.0))
    (stay,) = stays(Polygon(ring), reports((0, *a), (100, *b)))
    # 2 km/s: a metre is 0.5 ms.
    assert times_s(stay) == at(25.0, 75.0)
    assert stay.depth_m == pytest.approx(50_000, abs=50)


def test_two_reports_at_one_time() -> None:
    once = [(0.0, 0.0, -0.5), (50.0, 0.0, 0.5), (100.0, 0.0, 1.5)]
    twice = [once[0], once[1], once[1], once[2]]
    (one,), (two,) = stays(SQUARE, reports(*once)), stays(SQUARE, reports(*twice))
    assert (one.entry_us, one.exit_us) == (two.entry_us, two.exit_us)
    found = stays(SQUARE, reports((0, 0.0, 5.0), (50, 0.0, 5.0), (50, 0.0, 0.5), (100, 0.0, 0.5)))
    (stay,) = found
    assert times_s(stay) == (50.0, 100.0)
    assert np.isfinite([stay.entry_lat_deg, stay.entry_lon_deg, stay.depth_m]).all()


def test_a_gap_ends_a_stay_and_the_next_report_begins_one() -> None:
    rows = reports((0, 0.0, -0.5), (100, 0.0, 0.5), (220.5, 0.0, 0.6), (300, 0.0, 0.7))
    one, two = stays(SQUARE, rows)
    assert times_s(one) == at(50.0, 100.0)
    assert causes(one) == (Cause.MOVED, Cause.DATA_LOST)
    assert times_s(two) == (220.5, 300.0)
    assert causes(two) == (Cause.DATA_RESUMED, Cause.DATA_LOST)
    (whole,) = stays(SQUARE, rows, 120.5)
    assert times_s(whole) == at(50.0, 300.0)


def test_volumes_of_a_zone_are_one() -> None:
    levels = [Limit(float(h), Datum.AMSL, f"{h} m") for h in (0, 1000, 2000)]
    low, high = (Volume(SQUARE, a, b) for a, b in itertools.pairwise(levels))
    rows = reports((0, 0.0, 0.1), (50, 0.0, 0.5), (100, 0.0, 0.9), amsl=[500.0, 1500.0, 2500.0])
    (stay,) = stays(zone("z", low, high), rows)
    assert times_s(stay) == at(0.0, 75.0)
    west = Polygon(((-1.0, -1.0), (-1.0, 0.0), (1.0, 0.0), (1.0, -1.0)), edge_kind=EdgeKind.PLANAR)
    (stay,) = stays(zone("z", west, SQUARE), reports((0, 0.0, -2.0), (100, 0.0, 2.0)))
    assert times_s(stay) == at(25.0, 75.0)


def test_holes_that_overlap_or_stick_out_are_still_holes() -> None:
    def box(west: float, east: float) -> tuple[tuple[float, float], ...]:
        return ((-0.5, west), (-0.5, east), (0.5, east), (0.5, west))

    holed = Polygon(SQUARE.exterior, (box(0.25, 0.5), box(0.375, 0.625)), EdgeKind.PLANAR)
    one, two = stays(holed, reports((0, 0.0, -0.5), (100, 0.0, 1.5)))
    assert times_s(one) == at(25.0, 37.5)
    assert times_s(two) == at(56.25, 75.0)
    sticking = Polygon(SQUARE.exterior, (box(0.75, 1.25),), EdgeKind.PLANAR)
    (stay,) = stays(sticking, reports((0, 0.0, -0.5), (100, 0.0, 1.5)))
    assert times_s(stay) == at(25.0, 62.5)


def test_a_report_at_a_pole_has_any_longitude() -> None:
    wedge = Polygon(((-90.0, 0.0), (-80.0, -110.0), (-80.0, -75.0)))
    # The way out of the pole is along 21.5° E, whatever longitude the report at the pole gives.
    away = reports((0, -90.0, -80.0), (100, -84.3, 21.5))
    # 6.4 km/s: a metre is 0.16 ms.
    assert all(s.exit_us <= us(1.6e-4) and s.depth_m < 1.0 for s in stays(wedge, away))


def test_an_unknown_height_is_undetermined_and_never_outside() -> None:
    low = zone("z", Volume(SQUARE, None, Limit(2000.0, Datum.AMSL, "2000 m")))
    over = [(0.0, 0.0, -0.5), (50.0, 0.0, 0.5), (100.0, 0.0, 1.5)]
    (stay,) = stays(low, reports(*over))
    assert times_s(stay) == at(25.0, 75.0)
    assert not stay.determined
    (stay,) = stays(low, reports(*over, amsl=[math.nan, 1000.0, 1000.0]))
    assert times_s(stay) == at(25.0, 75.0)
    assert stay.determined
    assert stays(low, reports((0, 0.0, 2.0), (50, 0.0, 3.0))) == [], "laterally outside is outside"
