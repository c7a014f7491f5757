"""Thinned rings leave nothing out and go little further out."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from nofly.whatif.hulls import apart, hull, planes
from nofly.whatif.sphere import EARTH_M, directions, places
from nofly.whatif.thinning import thinned

M_PER_DEG = 111_195.0


def ring(rng: np.random.Generator, points: int, radius_deg: float) -> np.ndarray:
    """Return (lat, lon) of a wavy ring about 0, 0, anticlockwise."""
    angle = np.linspace(0.0, 2.0 * np.pi, points, endpoint=False)
    reach = radius_deg * (1.0 + 0.3 * np.sin(3 * angle + rng.uniform(0, 6)) + 0.03 * rng.normal(size=points))
    return np.column_stack([reach * np.sin(angle), reach * np.cos(angle)])


def shape(at: np.ndarray) -> shapely.Polygon:
    lat, lon = places(at)
    return shapely.Polygon(np.column_stack([lon, lat]))


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("tolerance_m", [30.0, 300.0, 3000.0])
def test_area_is_only_added_and_at_most_the_tolerance_further_out(seed: int, tolerance_m: float) -> None:
    rng = np.random.default_rng(seed)
    whole = directions(*ring(rng, 200, 0.8).T)
    thin = thinned(whole, tolerance_m)
    assert len(thin) <= len(whole)
    before, after = shape(whole), shape(thin)
    # Straight lines in degrees stand for planes here: a few metres on a degree about the equator.
    assert after.buffer(5.0 / M_PER_DEG).contains(before)
    assert after.hausdorff_distance(before) * M_PER_DEG <= 1.6 * tolerance_m + 5.0
    if tolerance_m >= 3000.0:
        assert len(thin) < 0.7 * len(whole)


def test_a_triangle_stays() -> None:
    at = directions(np.array([0.0, 0.0, 1.0]), np.array([0.0, 1.0, 0.5]))
    assert thinned(at, 1e5) is at


def test_a_hull_holds_all_and_is_made_of_some() -> None:
    rng = np.random.default_rng(3)
    at = directions(70.0 + rng.normal(size=80), 180.0 + 3.0 * rng.normal(size=80))
    found = hull(at)
    assert found is not None
    assert (planes(found) @ at.T >= -1e-12).all()
    assert all((np.abs(at - corner).max(axis=1) == 0.0).any() for corner in found)


def test_hulls_apart() -> None:
    one = hull(directions(np.array([0.0, 0.0, 1.0, 1.0]), np.array([0.0, 1.0, 1.0, 0.0])))
    other = hull(directions(np.array([0.0, 0.0, 1.0, 1.0]), np.array([1.1, 2.0, 2.0, 1.1])))
    assert one is not None
    assert other is not None
    assert apart(planes(one), other, 1000.0 / EARTH_M)
    assert not apart(planes(one), other, 20_000.0 / EARTH_M)
    assert not apart(planes(one), one, 0.0)


def test_what_spans_half_the_world_has_no_hull() -> None:
    assert hull(directions(np.array([60.0, 60.0, 60.0]), np.array([0.0, 120.0, 240.0]))) is not None
    assert hull(directions(np.array([-10.0, -10.0, -10.0]), np.array([0.0, 120.0, 240.0]))) is None
