"""Ways round zones against A* on a fine grid, written without anything of nofly."""

from __future__ import annotations

import numpy as np
import pytest

from nofly.whatif.detour import Outcome, RoundWays
from tests.oracle.grid_way import GridWay, area, length_m, way_m
from tests.whatif.areas import star

ABOVE = 1.001
"""A way is at most so much longer than what the grid finds, as the issue asks."""


@pytest.mark.parametrize("seed", range(8))
def test_no_longer_than_a_fine_grid_finds_and_never_inadmissible(seed: int) -> None:
    rng = np.random.default_rng(seed)
    zones, areas = [], []
    for k in range(7):
        lat, lon = rng.uniform(46.5, 51.5), rng.uniform(6.5, 13.5)
        zone, corners = star(f"Z{k}", lat, lon, rng.uniform(0.3, 1.0), int(rng.integers(7, 30)), rng)
        zones.append(zone)
        areas.append(area(corners))
    grid = GridWay(areas, (44.5, 4.0), (53.5, 16.0), 0.08)
    ways, compared = RoundWays(zones), 0
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
        assert found.length_m <= ABOVE * way_m(slow)
        # The grid is fine enough for the comparison to mean something.
        assert way_m(slow) <= 1.01 * found.length_m
        for a, b in zip(found.places[:-1], found.places[1:], strict=True):
            assert grid.clear(a, b)
        assert found.length_m == pytest.approx(way_m(list(found.places)), abs=0.01)
        assert found.direct_m == pytest.approx(length_m(start, end), abs=0.01)
    assert compared
