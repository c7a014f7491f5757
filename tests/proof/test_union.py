"""Figures that overlap become one: the outline that shapely finds, and paths are sought through it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely.geometry import LinearRing, MultiLineString
from shapely.geometry import Polygon as Area
from shapely.ops import unary_union

from nofly.geo.geodesic import point_at
from nofly.proof.claiming import union
from nofly.proof.claiming.plane import Floats, _outline, figures
from nofly.proof.claiming.union import united
from nofly.zones.compiled import compile_zones
from nofly.zones.model import Circle, Corridor, EdgeKind, Polygon, Restriction, Volume, Zone
from tests.proof.test_claims_hold import REFUSED, answered, stay_of, written
from tests.proof.turning_flights import Flight, flown

ROUND = 0.05
"""Shapely leaves a slit of nanometres where two legs end on each other: such are closed."""


@st.composite
def corridors(draw: st.DrawFn, most: int = 7) -> Zone:
    """Draw a corridor that bends, crosses itself or turns back."""
    lat, lon = draw(st.floats(-60.0, 65.0)), draw(st.floats(-170.0, 170.0))
    path = [(lat, lon)]
    for _ in range(draw(st.integers(1, most))):
        bearing_deg, length_m = draw(st.floats(0.0, 360.0)), draw(st.floats(500.0, 60_000.0))
        path.append(point_at(*path[-1], bearing_deg, length_m))
    half_m = draw(st.sampled_from([300.0, 1852.0, 9_260.0]))
    kind = draw(st.sampled_from([EdgeKind.GEODESIC, EdgeKind.PLANAR]))
    return Zone("Z", "Z", (Volume(Corridor(tuple(path), half_m, kind)),), Restriction.PROHIBITED)


@st.composite
def overlapping(draw: st.DrawFn) -> Zone:
    """Draw a zone of circles and squares, some with a hole, that overlap."""
    lat, lon = draw(st.floats(-60.0, 65.0)), draw(st.floats(-170.0, 170.0))
    volumes = []
    for _ in range(draw(st.integers(2, 6))):
        centre = point_at(lat, lon, draw(st.floats(0.0, 360.0)), draw(st.floats(0.0, 12_000.0)))
        size_m = draw(st.floats(2_000.0, 9_000.0))
        if draw(st.booleans()):
            volumes.append(Volume(Circle(centre, size_m)))
            continue
        turn = draw(st.sampled_from([0.0, 45.0, 13.0]))
        outer, inner = (
            tuple(point_at(*centre, turn + 90.0 * k, r) for k in range(4)) for r in (size_m, size_m / 3)
        )
        holes = (inner,) if draw(st.booleans()) else ()
        volumes.append(Volume(Polygon(outer, holes)))
    return Zone("Z", "Z", tuple(volumes), Restriction.PROHIBITED)


def area_m2(edges: Floats) -> float:
    x0, y0, x1, y1 = edges.T
    return 0.5 * float(np.sum(x0 * y1 - x1 * y0))


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(corridors() | overlapping())
def test_the_union_is_that_of_shapely(zone: Zone) -> None:
    found = figures(compiled := compile_zones([zone]), 0)
    if len(found) > 1:
        return
    (figure,) = found
    parts = range(len(compiled.part_zone))
    outlines = [_outline(compiled, part, (figure.lat_deg, figure.lon_deg)) or [] for part in parts]
    theirs = unary_union([Area(rings[0], rings[1:]) for rings in outlines])
    theirs = theirs.buffer(ROUND, join_style="mitre").buffer(-ROUND, join_style="mitre")
    ours = united(outlines)
    assert ours is not None
    lines = unary_union([LinearRing(ring) for ring in ours])
    whole = sum(area_m2(np.hstack([ring, np.roll(ring, -1, axis=0)])) for ring in ours)
    assert whole == pytest.approx(theirs.area, rel=1e-6)
    least_m2 = union._LEAST_HOLE_M2
    holes = [h for p in getattr(theirs, "geoms", [theirs]) for h in p.interiors]
    outer = [p.exterior for p in getattr(theirs, "geoms", [theirs])]
    seen = unary_union([*outer, *(h for h in holes if Area(h).area > 4.0 * least_m2)])
    assert all(lines.distance(one) < 2.0 for one in getattr(seen, "geoms", [seen]))
    assert lines.hausdorff_distance(theirs.boundary) < 12.0
    # What is simplified afterwards is off by no more than it says.
    cut = MultiLineString([[edge[:2], edge[2:]] for edge in figure.edges.tolist()])
    assert cut.hausdorff_distance(lines) < figure.simplified_m + 12.0


@pytest.mark.thorough
@settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_what_is_true_of_a_flight_through_a_corridor_is_never_refused(data: st.DataObject) -> None:
    zone = data.draw(corridors(most=3))
    (volume,) = zone.volumes
    assert isinstance(volume.footprint, Corridor)
    at = volume.footprint.path[data.draw(st.integers(0, len(volume.footprint.path) - 1))]
    heading = data.draw(st.floats(0.0, 360.0))
    speed = data.draw(st.floats(120.0, 300.0))
    turn = data.draw(st.sampled_from([0.0, 0.2, -0.5]))
    away_m = 3.0 * volume.footprint.half_width_m + 2_000.0
    start = point_at(*at, heading + 180.0, away_m)
    flight: Flight = flown(zone, start, heading, speed, turn, int(2.0 * away_m / speed))
    stay = stay_of(flight)
    for tracks in (True, False):
        entry = answered(written(flight, stay), flight, tracks)
        assert entry.verdict not in REFUSED, entry.answers


def test_minutes_along_a_corridor_are_sought_as_paths() -> None:
    """Ten minutes at 500–620 km/h are 83–103 km: along 100 km by 8 km, or turning about in it."""
    from tests.proof.test_consistency import fits, shapes_of

    corridor = Zone("C", "C", (Volume(Corridor(((59.6, 25.0), (59.7, 26.0), (59.6, 26.8)), 4_000.0)),))
    (shape,) = shapes_of(corridor)
    (found,) = fits('duration = "10.0 min"\nspeed = "500–620 km/h"', [shape])
    assert found.families
    assert {"east", "west"} <= {family.direction for family in found.families}
    assert all(82_000.0 < way_m < 104_500.0 for family in found.families for way_m in family.length_m)
    low, high = found.numbers["fitting_speed_kmh"]
    assert 500.0 <= low < high <= 620.0
    assert math.isclose(shape.distance_m(*shape.xy(59.7, 26.0)), 4_000.0, abs_tol=60.0)


def test_too_many_edges_are_not_put_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(union, "MOST_EDGES", 100)
    corridor = Zone("C", "C", (Volume(Corridor(((0.0, 0.0), (0.0, 1.0)), 5_000.0)),))
    assert figures(compile_zones([corridor]), 0) == []


def test_figures_that_cross_a_million_times_are_given_up() -> None:
    """Two combs of 2,000 teeth, one across the other."""
    teeth = np.arange(2_000.0)
    comb = np.array([(x, y) for x in teeth for y in ((0.0, 2e3) if x % 2 else (2e3, 0.0))])
    comb = np.vstack([comb, [(2e3, -1.0), (-1.0, -1.0)]])
    assert united([[comb], [comb[:, ::-1].copy()]]) is None
