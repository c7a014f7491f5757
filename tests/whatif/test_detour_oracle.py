"""Ways round zones against A* on a fine grid, written without anything of nofly."""

from __future__ import annotations

import numpy as np
import pytest

from nofly.whatif.detour import Outcome, RoundWays
from tests.oracle.grid_way import Frame, GridWay, Place, length_m, way_m
from tests.whatif.areas import GEOD, far_star, star

ABOVE = 1.001
"""A way is at most so much longer than what the grid finds, as the issue asks."""


@pytest.mark.parametrize("seed", range(8))
def test_no_longer_than_a_fine_grid_finds_and_never_inadmissible(seed: int) -> None:
    rng = np.random.default_rng(seed)
    frame, zones, areas = Frame(np.eye(3)), [], []
    for k in range(7):
        lat, lon = rng.uniform(46.5, 51.5), rng.uniform(6.5, 13.5)
        zone, corners = star(f"Z{k}", lat, lon, rng.uniform(0.3, 1.0), int(rng.integers(7, 30)), rng)
        zones.append(zone)
        areas.append(frame.area(corners))
    grid = GridWay(frame, areas, (44.3, 4.0), (53.3, 16.0), 0.08)
    ways, compared, alike = RoundWays(zones), 0, 0
    for _ in range(12):
        start = rng.uniform(45.0, 53.0), rng.uniform(4.5, 6.0)
        end = rng.uniform(45.0, 53.0), rng.uniform(14.0, 15.5)
        found = ways.detour(start, end)
        if grid.clear(start, end):
            assert found.extra_m == pytest.approx(0.0, abs=1e-6)
            continue
        if found.outcome is not Outcome.ROUND or compared == 3:
            continue
        compared += 1
        slow = grid.shortest(start, end)
        assert slow is not None
        refined = [way_m(grid.refined(way, 2)) for way in (slow, list(found.places))]
        assert found.length_m <= ABOVE * min(refined)
        alike += refined[0] <= 1.01 * found.length_m
        for a, b in zip(found.places[:-1], found.places[1:], strict=True):
            assert grid.clear(a, b)
        assert found.length_m == pytest.approx(way_m(list(found.places)), abs=0.01)
        assert found.direct_m == pytest.approx(length_m(start, end), abs=0.01)
    # The grid is fine enough for the comparison to mean something; a narrow gap it may miss.
    assert alike >= compared - 1 > 0


LONG: dict[str, tuple[Place, Place]] = {
    "antimeridian": ((38.0, 141.0), (44.0, -122.0)),
    "pole": ((62.0, 22.0), (48.0, -150.0)),
    "south-pole": ((-38.0, 145.0), (-33.0, -62.0)),
    "equator": ((-24.0, -45.0), (8.0, 40.0)),
    "continent": ((51.0, 4.0), (22.0, 113.0)),
}
"""Pairs 8,000 to 11,000 km apart."""


SEEDS = [*range(2), *(pytest.param(k, marks=pytest.mark.thorough) for k in range(2, 14))]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", LONG)
def test_long_ways_are_no_longer_than_a_refined_grid_finds(name: str, seed: int) -> None:
    """Ten zones of 400 to 1,400 km across the geodesic and beside it. Neither the grid's way nor the one
    found, with its turning points moved on ever finer grids, is shorter."""
    start, end = LONG[name]
    rng = np.random.default_rng([seed, *name.encode()])
    frame = Frame.along(start, end, 20_000.0)
    azimuth_deg, _, far_m = GEOD.inv(start[1], start[0], end[1], end[0])
    zones, areas = [], []
    while len(zones) < 10:
        lon, lat, on_deg = GEOD.fwd(start[1], start[0], azimuth_deg, rng.uniform(0.12, 0.88) * far_m)
        lon, lat, _ = GEOD.fwd(lon, lat, on_deg - 90.0, rng.uniform(-1.0, 1.0) * 1_200_000.0)
        radius_m = rng.uniform(200_000.0, 700_000.0)
        zone, corners = far_star(f"Z{len(zones)}", lat, lon, radius_m, int(rng.integers(7, 25)), rng)
        if min(length_m(corner, at) for corner in corners for at in (start, end)) > 300_000.0:
            zones.append(zone)
            areas.append(frame.area(corners))
    half_deg = float(frame.flat([end])[0, 0])
    grid = GridWay(frame, areas, (-32.0, -half_deg - 4.0), (32.0, half_deg + 4.0), 0.8)
    found = RoundWays(zones).detour(start, end)
    assert found.outcome is Outcome.ROUND
    assert not grid.clear(start, end)
    slow = grid.shortest(start, end)
    assert slow is not None
    refined = [way_m(grid.refined(way, 4)) for way in (slow, list(found.places))]
    assert found.length_m <= ABOVE * min(refined)
    if seed < 2:
        # The grid is fine enough for the comparison to mean something.
        assert refined[0] <= 1.003 * found.length_m
    assert found.length_m == pytest.approx(way_m(list(found.places)), abs=0.01)
    for a, b in zip(found.places[:-1], found.places[1:], strict=True):
        assert grid.clear(a, b)
