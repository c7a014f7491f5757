"""Coverage of zones and of the ways on which an aircraft was not received."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nofly.proof.coverage import Coverage, Seen
from nofly.proof.covering.areas import Fix, way_statement, zone_cells, zone_statements
from nofly.proof.covering.cells import cells_at
from nofly.proof.covering.statements import Asked
from nofly.zones.model import Circle, Datum, Limit, Polygon, Volume, Zone
from tests.proof.level_flights import FT_M, HOUR_US, START_US, flight, only


def _zone(*volumes: Volume) -> Zone:
    return Zone("Z", "ZONE", volumes)


def _coverage(count: int = 3, lat_deg: float = 47.1) -> Coverage:
    coverage = Coverage()
    for k in range(count):
        coverage.take(flight(f"{k:06x}", (lat_deg, 5.0), (lat_deg, 11.0), from_us=START_US + k * 600_000_000))
    return coverage


@given(
    st.floats(-89.0, 89.0), st.floats(-180.0, 180.0), st.floats(1_000.0, 300_000.0),
    st.floats(0.0, 0.99), st.floats(0.0, 360.0),
)  # fmt: skip
def test_every_place_in_a_circle_is_in_a_cell_of_it(
    lat_deg: float, lon_deg: float, radius_m: float, share_fraction: float, bearing_deg: float
) -> None:
    angle = share_fraction * radius_m / 6_400_000.0
    lat0, turn = math.radians(lat_deg), math.radians(bearing_deg)
    sine = math.sin(lat0) * math.cos(angle) + math.cos(lat0) * math.sin(angle) * math.cos(turn)
    lat = math.asin(max(-1.0, min(1.0, sine)))
    east = math.atan2(
        math.sin(turn) * math.sin(angle) * math.cos(lat0), math.cos(angle) - math.sin(lat0) * math.sin(lat)
    )
    lon = (lon_deg + math.degrees(east) + 180.0) % 360.0 - 180.0
    (cells,) = zone_cells([_zone(Volume(Circle((lat_deg, lon_deg), radius_m)))])
    assert cells_at([math.degrees(lat)], [lon])[0] in cells


@pytest.mark.parametrize(
    ("ring", "inside", "outside"),
    [
        (((60.0, 0.0), (60.0, 90.0), (60.0, 180.0), (60.0, -90.0)), (89.99, 33.0), (-89.0, 0.0)),
        (((-60.0, 0.0), (-60.0, 90.0), (-60.0, 180.0), (-60.0, -90.0)), (-80.0, 33.0), (89.0, 0.0)),
        (((10.0, 178.0), (10.0, -178.0), (14.0, -178.0), (14.0, 178.0)), (12.0, 180.0), (12.0, 0.0)),
    ],
)
def test_cells_of_zones_round_a_pole_and_across_the_antimeridian(
    ring: tuple[tuple[float, float], ...], inside: tuple[float, float], outside: tuple[float, float]
) -> None:
    (cells,) = zone_cells([_zone(Volume(Polygon(ring)))])
    assert cells_at([inside[0]], [inside[1]])[0] in cells
    assert cells_at([outside[0]], [outside[1]])[0] not in cells


def test_of_a_zone_only_the_bands_between_its_limits_are_told() -> None:
    corners = ((47.05, 8.05), (47.05, 8.2), (47.2, 8.2), (47.2, 8.05))
    high = _zone(Volume(Polygon(corners), Limit(10_000.0, Datum.STD, "FL328"), None))
    coverage = _coverage()
    asked = Asked(coverage.evidence, START_US, START_US + HOUR_US)
    (said,) = zone_statements(coverage, [high], asked)
    assert said.verdict is Seen.SEEN
    assert [one["band"] for one in said.numbers["bands"]] == ["above 30,000 ft"]
    (low,) = zone_statements(
        coverage, [_zone(Volume(Polygon(corners), None, Limit(1_000.0, Datum.AMSL, "")))], asked
    )
    assert low.verdict is Seen.UNKNOWN
    assert [one["band"] for one in low.numbers["bands"]] == ["below 1,000 ft", "1,000–5,000 ft"]


def test_hours_without_a_report_are_unknown() -> None:
    coverage = _coverage()
    zone = _zone(Volume(Circle((47.1, 8.1), 1_000.0), Limit(10_000.0, Datum.STD, "")))
    asked = Asked(coverage.evidence, START_US, START_US + 5 * HOUR_US)
    (said,) = zone_statements(coverage, [zone], asked)
    assert said.verdict is Seen.UNKNOWN
    (band,) = said.numbers["bands"]
    assert band["by_verdict"]["unknown"] == 4 * said.numbers["cells"]


def test_a_gap_where_others_were_received() -> None:
    fixes = (Fix(START_US, 47.1, 6.0, 35_000 * FT_M), Fix(START_US + HOUR_US // 2, 47.1, 9.0, 35_000 * FT_M))
    said = way_statement(_coverage(), *fixes)
    assert said.verdict is Seen.SEEN
    assert "it could have been seen, and was not" in said.sentences[0]
    blind = Coverage()
    for k in range(3):
        whole = flight(f"{k:06x}", (47.1, 5.0), (47.1, 11.0), from_us=START_US)
        blind.take(only(whole, 5.0, 6.0))
        blind.take(only(whole, 9.0, 11.0))
    blind.take(flight("77", (46.0, 6.0), (46.0, 9.0), 20_000.0, START_US, 3500))
    ends = Fix(START_US, 47.1, 6.3, 35_000 * FT_M), Fix(START_US + HOUR_US // 2, 47.1, 8.7, 35_000 * FT_M)
    said = way_statement(blind, *ends)
    assert said.verdict is Seen.COULD_NOT
    assert "nobody could have seen it" in said.sentences[0]


def test_a_gap_without_a_height_is_unknown() -> None:
    said = way_statement(
        _coverage(), Fix(START_US, 47.1, 6.0, np.nan), Fix(START_US + HOUR_US, 47.1, 6.0, np.nan)
    )
    assert said.verdict is Seen.UNKNOWN
    assert "height is not known" in said.sentences[0]
