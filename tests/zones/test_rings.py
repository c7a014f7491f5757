"""Rings: what is repaired, what is rejected, and that loops are simple and lose no area."""

from __future__ import annotations

import math

import pytest
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from nofly.errors import Finding, Severity
from nofly.zones.model import Arc, EdgeKind, Ring, Vertex
from nofly.zones.rings import arc_between, clean_ring, ring_area_sign

PLANAR, GEODESIC = EdgeKind.PLANAR, EdgeKind.GEODESIC


def codes(findings: list[Finding]) -> list[str]:
    return [f.code for f in findings]


def star(lat: float, lon: float, radii: list[float]) -> list[Vertex]:
    """A ring round a place, star-shaped on the sphere; radii in degrees of arc."""
    ring = []
    at_pole = 90.0 - abs(lat) < 1e-9
    for k, radius in enumerate(radii):
        bearing, arc = 2.0 * math.pi * k / len(radii), math.radians(radius)
        if at_pole:
            # Nearer than that rounding would put the points out of order.
            lon1 = lon + math.degrees(math.pi - bearing if lat > 0.0 else bearing)
            ring.append((math.copysign(90.0 - radius, lat), (lon1 + 540.0) % 360.0 - 180.0))
            continue
        lat0, lon0 = math.radians(lat), math.radians(lon)
        sin_lat = math.sin(lat0) * math.cos(arc) + math.cos(lat0) * math.sin(arc) * math.cos(bearing)
        lat1 = math.asin(max(-1.0, min(1.0, sin_lat)))
        east = math.sin(bearing) * math.sin(arc) * math.cos(lat0)
        lon1 = math.degrees(lon0 + math.atan2(east, math.cos(arc) - math.sin(lat0) * sin_lat))
        ring.append((math.degrees(lat1), (lon1 + 540.0) % 360.0 - 180.0))
    return ring


@given(
    lat=st.floats(-90, 90), lon=st.floats(-180, 180),
    radii=st.lists(st.floats(0.2, 30.0), min_size=5, max_size=80),
)  # fmt: skip
def test_a_sound_ring_anywhere_comes_back_as_it_was(lat: float, lon: float, radii: list[float]) -> None:
    ring = star(lat, lon, radii)
    assume(len(set(ring)) == len(ring))
    rings, findings = clean_ring([*ring, ring[0]], "file", "here", GEODESIC)
    assert rings == [tuple(ring)]
    assert not findings


def test_closing_point_repeats_and_spikes_are_dropped_with_findings() -> None:
    ring: list[Vertex] = [(0, 0), (0, 0), (0, 4), (2, 6), (0, 4), (4, 4), (4, 0), (0, 0)]
    rings, findings = clean_ring(ring, "file", "line 3")
    assert rings == [((0, 0), (0, 4), (4, 4), (4, 0))]
    assert codes(findings) == ["ring-duplicate-points", "ring-spikes"]
    assert [f.severity for f in findings] == [Severity.INFO, Severity.WARNING]
    assert all((f.source, f.locator) == ("file", "line 3") for f in findings)


def test_a_spike_over_the_ends_is_dropped() -> None:
    rings, findings = clean_ring([(9, 9), (0, 0), (0, 4), (4, 4), (4, 0), (0, 0)], "", "")
    assert {len(r) for r in rings} == {4}
    assert codes(findings) == ["ring-spikes"]


@pytest.mark.parametrize(
    ("points", "code"),
    [
        ([(0, 0), (1, 1)], "ring-too-few-points"),
        ([], "ring-too-few-points"),
        ([(0, 0), (0, 0), (0, 0), (0, 0)], "ring-too-few-points"),
        ([(91, 0), (1, 1), (2, 3)], "ring-bad-coordinate"),
        ([(0, 180.5), (1, 1), (2, 3)], "ring-bad-coordinate"),
        ([(math.nan, 0), (1, 1), (2, 3)], "ring-bad-coordinate"),
        ([(0, 0), (1, math.inf), (2, 3), (4, 4)], "ring-bad-coordinate"),
        ([(0, 0), (1, 1), (2, 2)], "ring-no-area"),
        ([(0, 0), (0, 10), (0, 20), (0, 5)], "ring-no-area"),
        ([(0, 0), Arc((0, 1), 0.0, 5.0, 0, 90, True), (1, 1)], "ring-bad-arc"),
    ],
)
@pytest.mark.parametrize("edges", list(EdgeKind))
def test_what_is_no_area_is_rejected(points: list[Vertex | Arc], code: str, edges: EdgeKind) -> None:
    rings, findings = clean_ring(points, "file", "here", edges)
    assert rings == []
    assert codes(findings) == [code]
    assert findings[0].severity is Severity.REJECTED


def test_longitude_180_is_accepted() -> None:
    rings, findings = clean_ring([(0, 180), (0, -179), (1, -179), (1, 180)], "", "")
    assert (len(rings), findings) == (1, [])


@pytest.mark.parametrize("edges", [PLANAR, GEODESIC])
@pytest.mark.parametrize("lat", [80.0, -80.0])
def test_a_ring_round_a_pole_is_sound(edges: EdgeKind, lat: float) -> None:
    ring = [(lat, float(lon)) for lon in range(-180, 180, 30)]
    rings, findings = clean_ring(ring, "", "", edges)
    assert (rings, findings) == ([tuple(ring)], [])


@pytest.mark.parametrize("lon", [0.0, 179.0, -179.5])
@pytest.mark.parametrize("edges", [PLANAR, GEODESIC])
def test_a_bow_tie_becomes_two_rings(edges: EdgeKind, lon: float) -> None:
    ring = [(0.0, lon), (2.0, lon + 2), (2.0, lon), (0.0, lon + 2)]
    ring = [(a, (b + 540) % 360 - 180) for a, b in ring]
    rings, findings = clean_ring(ring, "", "", edges)
    assert sorted(len(r) for r in rings) == [3, 3]
    assert codes(findings) == ["ring-self-intersects"]
    at = set(rings[0]) & set(rings[1])
    assert len(at) == 1
    corner = at.pop()
    assert not isinstance(corner, Arc)
    lat, east = corner
    assert lat == pytest.approx(1.0, abs=0.001)
    assert (east - lon - 1 + 540) % 360 - 180 == pytest.approx(0.0, abs=0.001)


def test_a_crossing_at_a_vertex_of_both_lines_is_one() -> None:
    rings, findings = clean_ring([(0, 0), (1, 1), (2, 2), (2, 0), (1, 1), (0, 2)], "", "", PLANAR)
    assert len(rings) == 2
    assert codes(findings) == ["ring-self-intersects"]


def test_touching_is_not_crossing() -> None:
    keyhole = [(0, 0), (0, 4), (4, 4), (4, 0), (0, 0), (1, 1), (3, 1), (3, 3), (1, 3), (1, 1)]
    pinched = [(0, 0), (0, 4), (4, 4), (2, 0), (4, -4), (0, -4), (0, -2), (2, 0)]
    for ring in (keyhole, pinched):
        rings, findings = clean_ring(ring, "", "", PLANAR)
        assert (len(rings), findings) == (1, [])


def test_arcs_are_kept_in_their_place() -> None:
    arc = arc_between((50.0, 8.0), (50.1, 8.0), (50.0, 8.2), True)
    assert arc.start_deg == pytest.approx(0.0, abs=1e-9)
    assert arc.end_deg == pytest.approx(90.0, abs=0.2)
    assert arc.radius_m == pytest.approx(11_123, abs=2)
    assert arc.end_radius_m == pytest.approx(14_340, abs=10)
    ring: Ring = ((50.0, 8.0), (50.1, 8.0), arc, (50.0, 8.2))
    assert clean_ring([*ring, ring[0]], "", "") == ([ring], [])
    assert ring_area_sign(ring) == -1


def test_area_sign() -> None:
    square: list[Vertex] = [(0, 179), (0, -179), (2, -179), (2, 179)]
    assert ring_area_sign(square) == 1
    assert ring_area_sign(square[::-1]) == -1
    assert ring_area_sign([(0, 0), (1, 1)]) == 0
    pole: list[Vertex] = [(80, 0), (80, 90), (80, 180), (80, -90)]
    assert ring_area_sign(pole) == 1
    assert ring_area_sign(pole[::-1]) == -1


@pytest.mark.parametrize(
    ("ring", "rings"),
    [
        ([(0, 0), (0, 1), (1, 0), (-1, 0), (0, -1), (2, 0)], 2),
        # Twice along one piece in the same direction, and once each way from one side to the other.
        ([(0, 0), (0, 4), (2, 4), (2, 0), (0, 0), (0, 4), (-2, 4), (-2, 0)], 2),
        ([(1, -1), (0, 0), (0, 2), (-1, 3), (0, 5), (1, 3), (0, 2), (0, 0), (-1, -1), (0, -3)], 2),
    ],
)
def test_a_ring_that_crosses_itself_along_a_piece_is_cut_and_said(ring: list[Vertex], rings: int) -> None:
    found, findings = clean_ring(ring, "", "", PLANAR)
    assert "ring-self-intersects" in codes(findings)
    assert len(found) == rings
    for one in found:
        assert shapely.Polygon([(p[1], p[0]) for p in one if not isinstance(p, Arc)]).is_valid


@settings(max_examples=150)
@given(
    st.lists(st.tuples(st.integers(-40, 40), st.integers(-40, 40)), min_size=3, max_size=14, unique=True).map(
        lambda points: [(float(a), float(b)) for a, b in points]
    )
)
def test_loops_are_simple_and_keep_the_signed_area(points: list[Vertex]) -> None:
    rings, findings = clean_ring(points, "", "", PLANAR)
    if not rings:
        assert findings[0].severity is Severity.REJECTED
        return
    crossed = "ring-self-intersects" in codes(findings)
    if not crossed and not codes(findings):
        assert rings == [tuple(points)]
    if shapely.LinearRing([(b, a) for a, b in points]).is_simple:
        assert not crossed
    loops = [[(p[1], p[0]) for p in ring if not isinstance(p, Arc)] for ring in rings]
    for loop in loops:
        ring = shapely.Polygon(loop)
        # Touching itself is allowed; passing through itself is not.
        assert ring.buffer(0).area == pytest.approx(ring.area, rel=1e-6, abs=1e-6) or ring.is_valid
    if "ring-spikes" not in codes(findings):
        assert sum(map(signed_area, loops)) == pytest.approx(
            signed_area([(b, a) for a, b in points]), abs=1e-6
        )


def signed_area(loop: list[tuple[float, float]]) -> float:
    return 0.5 * sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in zip(loop, loop[1:] + loop[:1], strict=True))


def test_a_tangle_is_refused_and_a_long_sound_ring_is_not() -> None:
    golden = (math.sqrt(5) - 1) / 2
    tangle = [((k * golden % 1.0) * 2 - 1, (k * k * golden % 1.0) * 2 - 1) for k in range(20_000)]
    rings, findings = clean_ring(tangle, "", "")
    assert (rings, codes(findings)) == ([], ["ring-tangled"])
    ring = star(50.0, 10.0, [3.0 + math.sin(0.3 * k) for k in range(20_000)])
    assert clean_ring(ring, "", "")[0] == [tuple(ring)]


def test_a_scribble_is_refused_and_a_few_loops_are_not() -> None:
    golden = (math.sqrt(5) - 1) / 2
    scribble = [((k * golden % 1.0) * 2 - 1, (k * k * golden % 1.0) * 2 - 1) for k in range(60)]
    assert codes(clean_ring(scribble, "", "")[1]) == ["ring-tangled"]
    weave = [(k % 2 * 0.01, 0.01 * k) for k in range(40)] + [
        (0.01 - k % 2 * 0.01, 0.01 * k) for k in range(39, -1, -1)
    ]
    rings, findings = clean_ring(weave, "", "")
    assert (len(rings) > 30, codes(findings)) == (True, ["ring-self-intersects"])


def test_a_loop_cut_off_leaves_no_spike() -> None:
    ring = [(40.76, -73.9), (40.76, -73.88), (40.78, -73.88), (40.78, -73.9), (40.76, 0.0)]
    rings, findings = clean_ring(ring, "", "", PLANAR)
    assert codes(findings) == ["ring-self-intersects"]
    assert [clean_ring(r, "", "", PLANAR) for r in rings] == [([r], []) for r in rings]
