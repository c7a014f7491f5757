"""The zone with its spacing, against distances measured with PROJ."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from nofly.incidents.stays import zone_activity
from nofly.kernel import compiled
from nofly.kernel.detect import Detector, Params, Reports, State
from nofly.zones.compiled import compile_zones
from nofly.zones.model import Arc, Circle, Corridor, Datum, EdgeKind, Limit, Polygon, Volume, Zone
from nofly.zones.rules import Rule
from nofly.zones.spacing import spaced, widened
from tests.oracle.ellipsoid import direct, inverse

SPACING_M = 2000.0
SLACK_M = 2.0
SQUARE = ((46.5, 8.0), (46.5, 8.4), (46.8, 8.4), (46.8, 8.0))
HOLE = ((46.6, 8.1), (46.7, 8.1), (46.7, 8.3), (46.6, 8.3))
LONG = ((60.0, 177.0), (60.0, -177.0), (62.0, -177.0), (62.0, 177.0))


def zone(footprint: Any, lateral_m: float = SPACING_M, vertical_m: float = 0.0, **limits: Any) -> Zone:
    rule = Rule(spacing_lateral_m=lateral_m, spacing_vertical_m=vertical_m)
    return Zone("Z", "Z", (Volume(footprint, **limits),), rule=rule)


def inside(one: Zone, lat: Any, lon: Any) -> Any:
    """Return which places are inside, by the kernel."""
    zones = compile_zones([one])
    n = len(lat)
    none = np.zeros((0, n))
    detector = Detector(zones, *zone_activity([one], 0, 1), Params())
    changes = detector.step(
        Reports(np.arange(n, dtype=np.int32), np.zeros(n, np.int64), np.ascontiguousarray(lat),
                np.ascontiguousarray(lon), none, none)
    )  # fmt: skip
    out = np.zeros(n, np.bool_)
    out[changes.target[changes.after == State.INSIDE]] = True
    return out


def edge_points(ring: Any, kind: EdgeKind) -> tuple[Any, Any]:
    """Return points along the edges of a ring, close together."""
    lats, lons = [], []
    for (lat0, lon0), (lat1, lon1) in zip(ring, [*ring[1:], ring[0]], strict=True):
        f = np.linspace(0.0, 1.0, 4000)
        turn = (lon1 - lon0 + 180.0) % 360.0 - 180.0
        if kind is EdgeKind.PLANAR:
            lat, lon = lat0 + f * (lat1 - lat0), lon0 + f * turn
        else:
            azimuth, length = inverse(lat0, lon0, lat1, lon1)
            lat, lon = direct(lat0, lon0, azimuth, f * length)
        lats.append(lat)
        lons.append(lon)
    return np.concatenate(lats), np.concatenate(lons)


@pytest.mark.thorough
@pytest.mark.parametrize("kind", [EdgeKind.GEODESIC, EdgeKind.PLANAR], ids=str)
@pytest.mark.parametrize("rings", [(SQUARE,), (SQUARE, HOLE), (LONG,)], ids=["square", "hole", "long"])
def test_a_polygon_grows_by_the_distance_to_its_edges(rings: Any, kind: EdgeKind) -> None:
    polygon = Polygon(rings[0], rings[1:], kind)
    random = np.random.default_rng(786)
    edge_lat, edge_lon = (np.concatenate(x) for x in zip(*(edge_points(r, kind) for r in rings), strict=True))
    count = 300 if compiled() else 60
    near = random.integers(0, len(edge_lat), count)
    lat, lon = direct(
        edge_lat[near],
        edge_lon[near],
        random.uniform(0, 2 * math.pi, count),
        random.uniform(0, 4000.0, count),
    )
    lon = (lon + 180.0) % 360.0 - 180.0
    away_m = np.array([
        inverse(a, o, edge_lat[close], edge_lon[close])[1].min()
        for a, o in zip(lat, lon, strict=True)
        for close in [np.flatnonzero(np.abs(edge_lat - a) < 0.1)]
    ])  # fmt: skip
    published, found = inside(zone(polygon, 0.0), lat, lon), inside(widened(zone(polygon)), lat, lon)
    sure = np.abs(away_m - SPACING_M) > SLACK_M + 5.0 * (rings[0] is LONG)
    np.testing.assert_array_equal(found[sure], (published | (away_m <= SPACING_M))[sure])
    assert (found & ~published).any()
    assert not found.all()


def test_circles_and_corridors_grow() -> None:
    circle = widened(zone(Circle((47.0, 8.0), 5000.0)))
    assert circle.volumes[0].footprint == Circle((47.0, 8.0), 7000.0)
    corridor = Corridor(((47.0, 8.0), (47.0, 9.0)), 1000.0)
    assert widened(zone(corridor)).volumes[0].footprint == Corridor(corridor.path, 3000.0)


def test_an_arc_grows_as_its_circle_does() -> None:
    half = Polygon(((47.0, 8.0), Arc((47.0, 8.0), 10_000.0, 10_000.0, 0.0, 180.0, True)))
    azimuth = np.radians(np.array([45.0, 45.0, 90.0, 90.0, 270.0, 270.0]))
    lat, lon = direct(47.0, 8.0, azimuth, np.array([11_990.0, 12_010.0, 11_990.0, 12_010.0, 1990.0, 2010.0]))
    assert inside(widened(zone(half)), lat, lon).tolist() == [True, False] * 3


def test_limits_move_apart_and_unlimited_stays_so() -> None:
    floor, ceiling = Limit(1000.0, Datum.AMSL, "3281 ft"), Limit(3000.0, Datum.STD, "FL98")
    (volume,) = widened(zone(Circle((47.0, 8.0), 5000.0), 0.0, 150.0, lower=floor, upper=ceiling)).volumes
    assert volume.footprint == Circle((47.0, 8.0), 5000.0)
    assert (volume.lower, volume.upper) == (
        Limit(850.0, Datum.AMSL, "3281 ft -150 m"), Limit(3150.0, Datum.STD, "FL98 +150 m"),
    )  # fmt: skip
    (open_volume,) = widened(zone(Circle((47.0, 8.0), 5000.0), 0.0, 150.0)).volumes
    assert (open_volume.lower, open_volume.upper) == (None, None)


def test_without_spacing_a_zone_is_itself() -> None:
    plain = zone(Circle((47.0, 8.0), 5000.0), 0.0)
    assert not spaced(plain)
    assert widened(plain) is plain
    bare = Zone("Z", "Z", plain.volumes)
    assert widened(bare) is bare
