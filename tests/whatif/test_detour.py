"""Going round: what must always hold."""

from __future__ import annotations

import math

import numpy as np
import pytest
from pyproj import Geod

import nofly
from nofly.errors import InputError
from nofly.schema import Coded, Positions
from nofly.units import M_PER_NM, US_PER_S
from nofly.whatif.detour import Detour, Outcome, RoundWays
from nofly.zones.model import EdgeKind, Polygon, Volume, Zone
from tests.whatif.areas import box, circle, polygon, star

GEOD = Geod(ellps="WGS84")


def flown(ways: list[Detour], level_m: float = 10_668.0, step_m: float = 20_000.0) -> Positions:
    """Return ways as aircraft would report them: at every turning point, and in between."""
    lats: list[float] = []
    lons: list[float] = []
    names: list[str] = []
    times: list[int] = []
    for k, way in enumerate(ways):
        points = [(way.places[0][1], way.places[0][0])]
        for a, b in zip(way.places[:-1], way.places[1:], strict=True):
            n = int(GEOD.inv(a[1], a[0], b[1], b[0])[2] // step_m)
            points += [*(GEOD.npts(a[1], a[0], b[1], b[0], n) if n else []), (b[1], b[0])]
        lats += [lat for _, lat in points]
        lons += [(lon + 180.0) % 360.0 - 180.0 for lon, _ in points]
        names += [f"icao24:{k:06x}"] * len(points)
        times += range(len(points))
    return Positions(
        np.array(times, np.int64) * 90 * US_PER_S, Coded.from_list(names), np.array(lats), np.array(lons),
        {"alt_std_m": np.full(len(lats), level_m)},
    )  # fmt: skip


def infringed(ways: Detour | list[Detour], zones: list[Zone]) -> int:
    """Return how often ``nofly check`` finds ways, flown as reports, in the zones."""
    several = ways if isinstance(ways, list) else [ways]
    return len(nofly.check(flown(several), zones, max_gap_s=3600.0, screening=False).infringements)


def test_a_way_that_is_clear_has_exactly_nothing_added() -> None:
    zones = [box("A", 47.0, 8.0, 48.0, 9.0), circle("B", 50.0, 12.0, 30_000.0)]
    found = RoundWays(zones).detour((45.0, 5.0), (46.0, 20.0))
    assert (found.outcome, found.extra_m, found.crossed) == (Outcome.CLEAR, 0.0, ())
    assert found.places == ((45.0, 5.0), (46.0, 20.0))


def test_without_zones_every_way_is_clear() -> None:
    assert RoundWays([]).detour((45.0, 5.0), (46.0, 20.0)).extra_m == 0.0


@pytest.mark.parametrize("seed", range(4))
def test_many_ways_flown_through_the_check_infringe_nothing(seed: int) -> None:
    rng = np.random.default_rng(seed)
    zones = [
        star(f"Z{k}", rng.uniform(40, 58), rng.uniform(0, 30), rng.uniform(0.3, 2.5), 24, rng)[0]
        for k in range(25)
    ]
    pairs = [
        ((rng.uniform(38, 60), rng.uniform(-8, 0)), (rng.uniform(38, 60), rng.uniform(28, 36)))
        for _ in range(25)
    ]
    found = [way for way in RoundWays(zones).detours(pairs) if way.places]
    assert sum(way.outcome is Outcome.ROUND for way in found) > 8
    assert infringed(found, zones) == 0
    assert all(way.extra_m >= 0.0 for way in found)


def test_the_same_whichever_zone_comes_first_and_whichever_pair_is_asked_with() -> None:
    rng = np.random.default_rng(7)
    zones = [star(f"Z{k}", 46 + 0.9 * k, 8 + 1.3 * k, 0.9, 15, rng)[0] for k in range(6)]
    pairs = [((44.0, 4.0), (53.0, 18.0)), ((52.0, 6.0), (47.0, 19.0)), ((45.0, 12.0), (53.0, 9.0))]
    once = RoundWays(zones).detours(pairs)
    turned = RoundWays(zones[::-1]).detours(pairs[::-1])[::-1]
    alone = [RoundWays(zones).detour(*pair) for pair in pairs]
    back = RoundWays(zones).detours([(b, a) for a, b in pairs])
    for way, other, single, reverse in zip(once, turned, alone, back, strict=True):
        assert way.length_m == pytest.approx(other.length_m, abs=1e-6)
        assert way.places == single.places
        assert way.length_m == pytest.approx(reverse.length_m, abs=1e-6)
        assert set(way.crossed) == set(other.crossed)


def test_zones_that_touch_leave_no_way_between_them() -> None:
    west, east = box("W", 40.0, 0.0, 50.0, 10.0), box("E", 40.0, 10.0, 50.0, 20.0)
    one = RoundWays([box("WE", 40.0, 0.0, 50.0, 20.0)]).detour((52.0, 10.0), (38.0, 10.0))
    two = RoundWays([west, east]).detour((52.0, 10.0), (38.0, 10.0))
    assert two.outcome is Outcome.ROUND
    assert two.crossed
    assert two.length_m == pytest.approx(one.length_m, rel=1e-4)
    assert infringed(two, [west, east]) == 0


def test_zones_that_touch_at_differing_corners_leave_no_way_either() -> None:
    """The same border, once with corners that the other side does not have."""
    west = polygon("W", (40.0, 0.0), (40.0, 10.0), (43.0, 10.0), (47.0, 10.0), (50.0, 10.0), (50.0, 0.0))
    east = polygon("E", (40.0, 10.0), (40.0, 20.0), (50.0, 20.0), (50.0, 10.0))
    found = RoundWays([west, east]).detour((52.0, 10.5), (38.0, 9.5))
    assert found.length_m > 1.2 * found.direct_m


def test_a_gap_between_two_zones_is_flown_through() -> None:
    zones = [box("W", 40.0, 0.0, 50.0, 9.9), box("E", 40.0, 10.1, 50.0, 20.0)]
    found = RoundWays(zones).detour((52.0, 9.0), (38.0, 11.0))
    assert found.outcome is Outcome.ROUND
    assert found.extra_m < 0.02 * found.direct_m
    assert infringed(found, zones) == 0


def test_the_antimeridian_is_nothing_special() -> None:
    here = RoundWays([circle("A", 5.0, 0.0, 400_000.0)]).detour((4.0, -9.0), (5.5, 9.0))
    there = RoundWays([circle("A", 5.0, 180.0, 400_000.0)]).detour((4.0, 171.0), (5.5, -171.0))
    assert here.outcome is there.outcome is Outcome.ROUND
    assert there.length_m == pytest.approx(here.length_m, abs=30.0)
    square = box("B", 0.0, 175.0, 10.0, 185.0)
    found = RoundWays([square]).detour((5.0, 170.0), (5.0, -170.0))
    assert found.outcome is Outcome.ROUND
    assert infringed(found, [square]) == 0


@pytest.mark.parametrize("pole", [90.0, -90.0])
def test_round_a_pole(pole: float) -> None:
    zone = circle("P", pole, 0.0, 600_000.0)
    side = math.copysign(1.0, pole)
    found = RoundWays([zone]).detour((side * 80.0, 20.0), (side * 80.0, -160.0))
    assert found.outcome is Outcome.ROUND
    assert infringed(found, [zone]) == 0
    # Two tangents and an arc, on a sphere of the radius of curvature there.
    radius_m, away, reach = 6_399_593.0, math.radians(10.0), 600_000.0 / 6_399_593.0
    tangent = math.acos(math.cos(away) / math.cos(reach))
    angle = math.acos(math.tan(reach) / math.tan(away))
    expected_m = radius_m * (2.0 * tangent + math.sin(reach) * (math.pi - 2.0 * angle))
    assert found.length_m == pytest.approx(expected_m, rel=2e-3)


def test_a_ring_round_the_pole_is_not_crossed() -> None:
    """An outline that goes all the way round: the pole and what is north of 75° is closed."""
    cap = polygon("cap", *((75.0, float(lon)) for lon in range(-180, 180, 20)), edges=EdgeKind.PLANAR)
    found = RoundWays([cap]).detour((70.0, 0.0), (70.0, 150.0))
    assert found.outcome is Outcome.ROUND
    assert infringed(found, [cap]) == 0
    assert RoundWays([cap]).detour((80.0, 0.0), (70.0, 150.0)).outcome is Outcome.INSIDE


def test_nearly_antipodal_places() -> None:
    found = RoundWays([circle("A", 10.0, 90.0, 500_000.0)]).detour((0.0, 0.0), (0.3, 179.8))
    assert found.outcome in (Outcome.CLEAR, Outcome.ROUND)
    assert found.length_m == pytest.approx(20_000_000.0, rel=0.02)


def test_a_start_or_an_end_in_a_zone_is_no_way() -> None:
    ways = RoundWays([circle("A", 50.0, 10.0, 50_000.0)])
    inside = ways.detour((50.1, 10.0), (50.0, 20.0))
    assert (inside.outcome, inside.start_in, inside.end_in) == (Outcome.INSIDE, ("A",), ())
    assert math.isnan(inside.length_m)
    assert math.isnan(inside.extra_m)
    assert inside.places == ()
    assert ways.detour((50.0, 20.0), (50.1, 10.0)).end_in == ("A",)


def test_a_zone_is_left_by_the_shortest_way_where_that_is_asked() -> None:
    zone = circle("A", 50.0, 10.0, 50_000.0)
    found = RoundWays([zone]).detour((50.0, 9.5), (50.0, 20.0), leave=True)
    assert found.outcome is Outcome.ROUND
    assert found.start_in == ("A",)
    to_centre_m = GEOD.inv(9.5, 50.0, 10.0, 50.0)[2]
    assert found.inside_m == pytest.approx(50_000.0 - to_centre_m, abs=60.0)
    assert found.places[0] == (50.0, 9.5)
    rest = Detour(*found.places[1:3], Outcome.ROUND, 0.0, 0.0, found.places[1:], ())
    assert infringed(rest, [zone]) == 0


def test_a_zone_that_is_left_into_another_is_left_for_both() -> None:
    zones = [box("A", 49.0, 9.0, 51.0, 10.0), box("B", 49.0, 9.9, 51.0, 12.0)]
    found = RoundWays(zones).detour((50.0, 9.8), (50.0, 20.0), leave=True)
    rest = Detour(found.places[1], found.end, found.outcome, 0.0, 0.0, found.places[1:], ())
    assert infringed(rest, zones) == 0
    assert found.inside_m == pytest.approx(GEOD.inv(9.8, 50.0, 9.0, 50.0)[2], abs=60.0)


def test_zones_that_part_two_places_leave_no_way() -> None:
    outer = ((45.0, 5.0), (45.0, 15.0), (55.0, 15.0), (55.0, 5.0))
    inner = ((47.0, 7.0), (53.0, 7.0), (53.0, 13.0), (47.0, 13.0))
    ring = Zone("ring", "ring", (Volume(Polygon(outer, (inner,))),))
    found = RoundWays([ring]).detour((50.0, 10.0), (50.0, 25.0))
    assert (found.outcome, found.crossed) == (Outcome.NO_WAY, ("ring",))
    within = RoundWays([ring, circle("mid", 50.0, 10.0, 50_000.0)]).detour((50.0, 8.0), (50.0, 12.0))
    assert within.outcome is Outcome.ROUND


def test_out_of_a_bay_that_is_narrower_than_its_zone_is_wide() -> None:
    bay = polygon(
        "bay", (45.0, 0.0), (45.0, 20.0), (55.0, 20.0), (55.0, 0.0), (50.1, 0.0), (50.1, 19.0), (49.9, 19.0),
        (49.9, 0.0), edges=EdgeKind.PLANAR,
    )  # fmt: skip
    found = RoundWays([bay]).detour((50.0, 18.0), (50.0, 30.0))
    assert found.outcome is Outcome.ROUND
    assert infringed(found, [bay]) == 0
    assert found.length_m > GEOD.inv(18.0, 50.0, 0.0, 50.0)[2]


@pytest.mark.parametrize("clearance_nm", [1.0, 10.0, 40.0])
def test_a_clearance_is_kept(clearance_nm: float) -> None:
    wide_m = clearance_nm * M_PER_NM
    zones = [box("A", 47.0, 8.0, 50.0, 9.0), circle("B", 51.0, 12.0, 60_000.0)]
    found = RoundWays(zones, wide_m).detour((48.0, 2.0), (50.5, 19.0))
    free = RoundWays(zones).detour((48.0, 2.0), (50.5, 19.0))
    assert found.length_m > free.length_m
    positions = flown([found], step_m=2_000.0)
    lat, lon = positions.lat_deg, positions.lon_deg
    _, _, from_b = GEOD.inv(lon, lat, np.full_like(lon, 12.0), np.full_like(lat, 51.0))
    along = np.linspace(0.0, 1.0, 601)
    edge_lat = np.concatenate([47.0 + 3.0 * along] * 2 + [np.full(601, 47.0), np.full(601, 50.0)])
    edge_lon = np.concatenate([np.full(601, 8.0), np.full(601, 9.0), 8.0 + along, 8.0 + along])
    off = [from_b.min() - 60_000.0]
    for at in np.flatnonzero((lon > 6.5) & (lon < 10.5)).tolist():
        here = np.full_like(edge_lat, lon[at]), np.full_like(edge_lat, lat[at])
        off.append(GEOD.inv(edge_lon, edge_lat, *here)[2].min())
    # No wider than it has to be: a twentieth more at most.
    assert wide_m - 2.0 <= min(off) <= 1.05 * wide_m + 100.0


def test_places_and_clearances_that_cannot_be_are_refused() -> None:
    with pytest.raises(InputError, match="place"):
        RoundWays([]).detour((91.0, 0.0), (0.0, 0.0))
    with pytest.raises(InputError, match="place"):
        RoundWays([]).detour((0.0, 0.0), (0.0, math.nan))
    with pytest.raises(InputError, match="clearance"):
        RoundWays([], -1.0)
