"""What one zone file may cost is bounded: counted in looks at rings, not in seconds."""

from __future__ import annotations

import json
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nofly.errors import Severity, ZoneFormatError
from nofly.formats import _bounds, _kml_shapes, geojson, kml, openair
from nofly.formats._areas import polygons
from nofly.formats._edges import furthest_apart_m, planar_deviation_m
from nofly.formats._json import Notes, Rejected
from nofly.zones import _crossings, rings
from nofly.zones._crossings import Cutting
from nofly.zones.model import EdgeKind, Vertex

BOW: list[Vertex] = [(1, 1), (2, 2), (2, 1), (1, 2)]
L_SHAPE: list[Vertex] = [(1, 1), (1, 5), (2, 5), (2, 2), (6, 2), (6, 1)]
"""Sound, but not seen whole from its middle: its edges are looked at."""
FORMATS = [kml, geojson, openair]


def file_of(module: ModuleType, outlines: list[list[Vertex]]) -> bytes:
    if module is openair:
        points = ("".join(f"DP {lat}:00 N {lon}:00 E\n" for lat, lon in line) for line in outlines)
        return "".join(f"AC R\nAN A\nAL GND\nAH FL100\n{one}" for one in points).encode()
    if module is geojson:
        shapes = ([[lon, lat] for lat, lon in [*line, line[0]]] for line in outlines)
        features = (
            {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [shape]}}
            for shape in shapes
        )
        return json.dumps({"type": "FeatureCollection", "features": list(features)}).encode()
    rings_of = (" ".join(f"{lon},{lat}" for lat, lon in [*line, line[0]]) for line in outlines)
    placemarks = (
        f"<Placemark><Polygon><outerBoundaryIs><LinearRing><coordinates>{ring}</coordinates></LinearRing>"
        "</outerBoundaryIs></Polygon></Placemark>"
        for ring in rings_of
    )
    return f'<kml xmlns="http://www.opengis.net/kml/2.2">{"".join(placemarks)}</kml>'.encode()


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The number of edges of each line in which crossings are looked for."""
    seen: list[int] = []
    whole = _crossings.simple_loops

    def counted(xy, tolerance_deg, cutting, rolled):  # type: ignore[no-untyped-def]
        seen.append(len(xy) - 1)
        return whole(xy, tolerance_deg, cutting, rolled)

    monkeypatch.setattr(rings, "simple_loops", counted)
    return seen


@pytest.mark.parametrize("module", FORMATS)
def test_a_file_of_scribbles_is_refused_after_so_many_looks(
    module: ModuleType, looks: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_bounds, "MOST_CUTTING", 60)
    with pytest.raises(ZoneFormatError, match="ring after ring that crosses itself"):
        module.read(file_of(module, [BOW] * 2_000), "x")
    # Three steps a bow tie that is cut (a look, two loops), one for each that is not any more.
    assert len(looks) <= 60 // 3 + 60 + 3


@pytest.mark.parametrize("module", FORMATS)
def test_rings_beyond_what_cutting_may_cost_are_rejected_and_sound_ones_are_not(
    module: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_bounds, "MOST_CUTTING", 60)
    zones, findings, records = module.read(file_of(module, [BOW] * 50 + [L_SHAPE] * 50), "x")
    rejected = [f for f in findings if f.severity is Severity.REJECTED]
    assert {f.code for f in rejected} == {"ring-tangled"}
    assert (len(zones) + len(rejected), records) == (100, 100)
    assert [len(zone.volumes) for zone in zones] == [2] * 20 + [1] * 50
    assert [f.code for f in findings].count("ring-self-intersects") == 20


def test_a_sound_ring_takes_nothing_from_cutting(looks: list[int]) -> None:
    cutting = Cutting(1)
    for _ in range(10):
        assert rings.clean_ring(L_SHAPE, "", "", EdgeKind.PLANAR, cutting) == ([tuple(L_SHAPE)], [])
    assert (len(looks), cutting.steps_left) == (10, 1)


@pytest.mark.parametrize("module", FORMATS)
@pytest.mark.parametrize("turns", [20, 200])
def test_a_longer_scribble_costs_its_share(module: ModuleType, turns: int, looks: list[int]) -> None:
    weave: list[Vertex] = [(k % 2, k % 80) for k in range(turns)]
    weave += [(1 - k % 2, k % 80) for k in range(turns - 1, -1, -1)]
    cutting = Cutting()
    rings.clean_ring(weave, "", "", EdgeKind.PLANAR, cutting)
    spent = _crossings.MOST_CUTTING - cutting.steps_left
    assert sum(looks) <= 100 * spent


def test_holes_of_a_ring_that_crosses_itself_are_not_sorted_without_end() -> None:
    notes = Notes("x")
    hole: list[Vertex] = [(1.1, 1.2), (1.2, 1.2), (1.2, 1.3)]
    with pytest.raises(Rejected, match="20000 holes for the 2 loops"):
        polygons([BOW, *[hole] * 20_000], "here", EdgeKind.PLANAR, notes)
    assert notes.bounds.cutting.steps_left == _crossings.MOST_CUTTING - 3
    few = polygons([BOW, *[hole] * 2], "here", EdgeKind.PLANAR, Notes("x"))
    assert sorted(len(one.holes) for one in few) in ([0, 2], [2, 2])


@pytest.mark.parametrize("what", ["rings", "positions"])
@pytest.mark.parametrize("module", [kml, geojson])
def test_more_rings_or_positions_than_the_world_has_are_refused(
    module: ModuleType, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(_bounds.MOST, what, 100)
    with pytest.raises(ZoneFormatError, match=f"more than 100 {what}"):
        module.read(file_of(module, [L_SHAPE] * 101), "x")
    assert len(module.read(file_of(module, [L_SHAPE] * 10), "x")[0]) == 10


def test_more_records_or_arcs_than_the_world_has_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(_bounds.MOST, "records", 100)
    monkeypatch.setitem(_bounds.MOST, "arcs", 100)
    with pytest.raises(ZoneFormatError, match="more than 100 records"):
        geojson.read(file_of(geojson, [L_SHAPE] * 101), "x")
    with pytest.raises(ZoneFormatError, match="more than 100 arcs"):
        openair.read(b"AC R\nV X=1:0 N 1:0 E\n" + b"DA 1,0,90\n" * 101, "x")


@given(st.lists(st.tuples(st.floats(-90, 90), st.floats(-180, 180)), min_size=1, max_size=60))
def test_the_edge_furthest_from_its_other_reading_is_the_same_by_columns(ring: list[Vertex]) -> None:
    apart_m = [planar_deviation_m(a, b) for a, b in zip(ring, [*ring[1:], ring[0]], strict=True)]
    assert furthest_apart_m(ring) == pytest.approx(max(apart_m), rel=1e-6)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("1,2 3,4", True), ("1,2,3 4,5,6", True), ("1,2 3,4,5", False), ("1,91", False), ("181,2", False),
        ("1,nan", False), ("inf,2", False), ("1,2,inf", False), ("1,2,1e308 1,2,1e308", False),
        ("1,2,3,4", False), ("1", False), ("", False), ("1,x", False), ("1," + "0" * 41, False),
    ],
)  # fmt: skip
def test_positions_are_read_together_only_where_all_are_sound(text: str, plain: bool) -> None:
    line = _kml_shapes._plain_line(text.split())
    assert (line is not None) is plain
    if line is not None:
        assert line.points[0] == (2.0, 1.0)
        assert line.altitudes_m in (None, [3.0, 6.0])
