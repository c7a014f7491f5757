"""Detailed outlines: bays are passed by where that loses nothing, and the work is bounded."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from nofly.errors import InputError
from nofly.run.weighing.airports import Pair
from nofly.run.weighing.detours import weigh_detours
from nofly.whatif import search
from nofly.whatif.bays import Bays
from nofly.whatif.detour import Outcome, RoundWays
from nofly.whatif.hulls import hull
from nofly.whatif.outlines import Outlines
from nofly.whatif.sphere import directions
from nofly.whatif.thinning import thinned
from nofly.zones.model import Zone
from tests.whatif.areas import Place, polygon, star


def coast(name: str, lat: float, lon: float, reach_deg: float, count: int, seed: int) -> Zone:
    """Return an island of many corners with bays within bays, all the way down."""
    rng = np.random.default_rng(seed)
    angles = 2.0 * math.pi * np.arange(count) / count
    reach, wave, deep = np.ones(count), 3, 0.35
    while wave < count // 4:
        reach += deep * np.sin(wave * angles + rng.uniform(0.0, 2.0 * math.pi))
        wave, deep = 2 * wave + 1, 0.55 * deep
    reach *= reach_deg / reach.max()
    lats = lat + reach * np.sin(angles)
    lons = lon + reach * np.cos(angles) / math.cos(math.radians(lat))
    return polygon(name, *zip(lats.tolist(), lons.tolist(), strict=True))


def belt(name: str, half_deg: float, count: int, seed: int) -> Zone:
    """Return a ragged belt along the equator, so far to the west and to the east: wider than any hull."""
    rng = np.random.default_rng(seed)
    lons = np.linspace(-half_deg, half_deg, count).tolist()
    south, north = ([(side * (20.0 + 6.0 * rng.uniform()), lon) for lon in lons] for side in (-1.0, 1.0))
    return polygon(name, *south, *north[::-1])


def all_corners(self: Outlines, body: int, near: Sequence[int], ends: NDArray[np.float64]) -> int:
    """Stand in for the choice of bays: none is passed by."""
    rings = [thinned(ring, self._tolerance_m) for ring in self._obstacles.rings[body]]
    return self._new(body, rings, alone=False)


@pytest.mark.parametrize("seed", range(6))
def test_ways_are_as_short_as_with_every_corner_of_every_bay(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(seed)
    zones = [
        star(f"Z{k}", rng.uniform(47.0, 50.0), rng.uniform(8.0, 12.0), rng.uniform(0.5, 1.3), 40, rng)[0]
        for k in range(5)
    ]
    asked: list[tuple[Place, Place]] = [
        ((rng.uniform(46.0, 51.0), rng.uniform(7.0, 9.5)), (rng.uniform(46.0, 51.0), rng.uniform(10.5, 13.0)))
        for _ in range(12)
    ]
    found = RoundWays(zones).detours(asked)
    monkeypatch.setattr(Outlines, "_filled", all_corners)
    for quick, slow in zip(found, RoundWays(zones).detours(asked), strict=True):
        assert quick.outcome is slow.outcome
        if quick.outcome is Outcome.ROUND:
            # A corner at the mouth of a bay turns less, so that it is taken at another place, metres away.
            assert quick.length_m <= slow.length_m * (1.0 + 1e-5)
            assert quick.length_m == pytest.approx(slow.length_m, rel=2e-4)


@pytest.mark.parametrize("seed", range(4))
def test_so_are_those_round_an_outline_too_wide_for_a_hull(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With ends off it and in its bays, and another zone beside it or in one."""
    rng = np.random.default_rng(seed)
    wide = belt("WIDE", (75.0, 100.0, 130.0, 160.0)[seed], 80, seed)
    zones = [wide, star("Z", rng.choice([-28.0, 28.0]), rng.uniform(-60.0, 60.0), 6.0, 12, rng)[0]]
    assert hull(directions(*np.array(wide.volumes[0].footprint.exterior).T)) is None  # type: ignore[union-attr]
    asked: list[tuple[Place, Place]] = [
        (
            (-rng.uniform(20.0, 50.0), rng.uniform(-80.0, 80.0)),
            (rng.uniform(-50.0, 50.0), rng.uniform(-90.0, 90.0)),
        )
        for _ in range(12)
    ]
    found = RoundWays(zones).detours(asked)
    assert sum(way.outcome is Outcome.ROUND for way in found) >= 3
    monkeypatch.setattr(Outlines, "_filled", all_corners)
    for quick, slow in zip(found, RoundWays(zones).detours(asked), strict=True):
        assert quick.outcome is slow.outcome
        if quick.outcome is Outcome.ROUND:
            assert quick.length_m <= slow.length_m * (1.0 + 1e-5)
            assert quick.length_m == pytest.approx(slow.length_m, rel=2e-4)


def test_a_wide_outline_of_many_corners_takes_few_legs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "MOST_LEGS", 1_500)
    ways = RoundWays([belt("WIDE", 110.0, 1_500, 1)])
    asked = [((-40.0, -30.0), (45.0, 20.0)), ((-50.0, 10.0), (60.0, 70.0))]
    assert [way.outcome for way in ways.detours(asked)] == [Outcome.ROUND] * 2


def test_what_is_left_of_a_ring_depends_on_the_bays_that_are_needed() -> None:
    corners = [(0.0, 0.0), (0.0, 4.0), (4.0, 4.0), (1.0, 3.0), (2.0, 2.5), (1.0, 1.0), (4.0, 0.0)]
    bays = Bays(directions(*np.array(corners).T))
    assert len(bays.rows(lambda bay: False)) == 4
    assert len(bays.rows(lambda bay: True)) == 7
    # The tip between the two parts of the bay counts once the bay does.
    assert len(bays.rows(lambda bay: bay.parent is None)) == 7


def test_a_start_deep_in_a_bay_of_a_bay_gets_out() -> None:
    zone = coast("A", 50.0, 10.0, 4.0, 3_000, 5)
    ways = RoundWays([zone])
    rng, found = np.random.default_rng(5), 0
    for _ in range(60):
        start = rng.uniform(47.5, 52.5), rng.uniform(6.0, 14.0)
        way = ways.detour(start, (50.0, 25.0))
        assert way.outcome in (Outcome.ROUND, Outcome.INSIDE, Outcome.CLEAR)
        found += way.outcome is Outcome.ROUND
    assert found >= 5


def test_an_outline_of_20_000_corners_takes_few_legs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "MOST_LEGS", 1_500)
    ways = RoundWays([coast("A", 50.0, 10.0, 5.0, 20_000, 1), coast("B", 50.0, 17.5, 4.0, 20_000, 2)])
    asked = [((lat, 0.0), (lat, 30.0)) for lat in (47.0, 49.0, 51.0, 53.0)]
    assert [way.outcome for way in ways.detours(asked)] == [Outcome.ROUND] * 4


def test_what_would_take_too_many_legs_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "MOST_LEGS", 3)
    zones = [coast("A", 50.0, 10.0, 5.0, 500, 1)]
    way = RoundWays(zones).detour((50.0, 0.0), (50.0, 20.0))
    assert (way.outcome, way.places, way.crossed) == (Outcome.TOO_INTRICATE, (), ("A",))
    assert math.isnan(way.length_m)
    table = weigh_detours(zones, [Pair("W", "E", (50.0, 0.0), (50.0, 20.0))], level_m=10_000.0)
    assert "too intricate" in table.text()
    assert table.as_json()["pairs"][0]["outcome"] == "too-intricate"


def test_a_clearance_round_too_many_corners_is_refused() -> None:
    zone = coast("C", 50.0, 10.0, 4.0, 20_000, 1)
    with pytest.raises(InputError, match=r"outlines of more than 4,000 corners"):
        RoundWays([zone], 1_000.0)
