"""Boxes hold their zones wherever these lie; the way flown is that of the ellipsoid."""

from __future__ import annotations

import numpy as np
import pytest
from pyproj import Geod

from nofly.schema import Coded, Positions
from nofly.whatif.flown import Ways
from nofly.zones.boxes import box_of
from nofly.zones.compiled import compile_zones
from nofly.zones.model import Circle, Polygon, Volume, Zone

GEOD = Geod(ellps="WGS84")


def zone(footprint: Circle | Polygon) -> Zone:
    return Zone("Z", "", (Volume(footprint),))


@pytest.mark.parametrize(
    ("footprint", "inside", "outside"),
    [
        (Circle((47.0, 8.0), 50_000.0), [(47.0, 8.0), (47.44, 8.0)], [(47.0, 9.0), (48.0, 8.0)]),
        (
            Circle((-19.0, 180.0), 50_000.0),
            [(-19.0, 179.7), (-19.0, -179.7)],
            [(-19.0, 178.0), (-19.0, -178.0)],
        ),
        (Circle((89.0, 10.0), 300_000.0), [(88.0, -170.0), (89.9, 100.0), (87.0, 10.0)], []),
        (
            Polygon(((10.0, 170.0), (10.0, -160.0), (20.0, -160.0), (20.0, 170.0))),
            [(15.0, 175.0), (15.0, -165.0)],
            [(15.0, 0.0), (15.0, 165.0), (15.0, -155.0)],
        ),
    ],
)  # fmt: skip
def test_a_box_holds_its_zone(
    footprint: Circle | Polygon, inside: list[tuple[float, float]], outside: list[tuple[float, float]]
) -> None:
    box = box_of(compile_zones([zone(footprint)]), [0])
    for places, expected in ((inside, True), (outside, False)):
        for lat, lon in places:
            assert box.holds(np.array([lat]), np.array([lon]))[0] == expected, (lat, lon)


@pytest.mark.parametrize("centre", [(47.0, 8.0), (-19.0, 179.9), (75.0, -40.0)])
def test_a_wider_box_holds_all_within_the_distance(centre: tuple[float, float]) -> None:
    box = box_of(compile_zones([zone(Circle(centre, 20_000.0))]), [0])
    wide = box.wider(60_000.0)
    for azimuth in range(0, 360, 15):
        lon, lat, _ = GEOD.fwd(centre[1], centre[0], azimuth, 79_900.0)
        assert wide.holds(np.array([lat]), np.array([lon]))[0]
        away_m = box.away_m(np.array([lat]), np.array([lon]))[0]
        assert away_m <= 60_000.0, "the least distance, never more than it is"


def test_a_way_is_as_long_as_on_the_ellipsoid() -> None:
    lat, lon = np.linspace(46.5, 46.9, 30), np.linspace(7.6, 8.8, 30) + 0.05 * np.sin(np.arange(30.0))
    time_us = np.arange(30, dtype=np.int64) * 10_000_000
    ways = Ways([box_of(compile_zones([zone(Circle((46.7, 8.2), 90_000.0))]), [0])])
    positions = Positions(time_us, Coded(np.zeros(30, np.int32), ["a"]), lat, lon)
    for rows in (slice(0, 11), slice(11, 30)):
        part = positions.take(rows)
        ways.take(part, part.target.codes)
    ways.join({"a": 0})
    start, end = (46.5, 7.55), (46.9, 8.85)
    expected = GEOD.line_length([start[1], *lon, end[1]], [start[0], *lat, end[0]])
    assert ways.length_m(0, 0, int(time_us[-1]), start, end) == pytest.approx(expected, rel=2e-6)
    assert ways.length_m(0, int(time_us[3]), int(time_us[5])) == pytest.approx(
        GEOD.line_length(lon[3:6], lat[3:6]), rel=2e-6
    )
    between = ways.length_m(0, int(time_us[3]) + 1, int(time_us[4]) - 1, (46.6, 8.0), (46.61, 8.02))
    assert between == pytest.approx(GEOD.line_length([8.0, 8.02], [46.6, 46.61]), rel=2e-6)


def test_of_too_many_reports_some_are_left_out_and_it_is_known() -> None:
    ways = Ways([box_of(compile_zones([zone(Circle((0.0, 0.0), 90_000.0))]), [0])], most_rows=50)
    n = 120
    lon = np.linspace(-0.5, 0.5, n)
    positions = Positions(
        np.arange(n, dtype=np.int64) * 1_000_000, Coded(np.zeros(n, np.int32), ["a"]), np.zeros(n), lon
    )
    ways.take(positions, positions.target.codes)
    ways.join({"a": 0})
    assert ways.every == 4
    assert len(ways.target) <= 50
