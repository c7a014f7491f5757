"""Rings of a few points: what is seen to be sound quickly is what the long way calls sound, and no more."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nofly.zones import rings
from nofly.zones._few_points import sound_ring
from nofly.zones.model import EdgeKind, Ring, Vertex
from nofly.zones.rings import clean_ring

EDGES = st.sampled_from(list(EdgeKind))
_WORLD = st.tuples(st.floats(-90, 90), st.floats(-180, 180))
_GRID = st.tuples(st.integers(0, 3).map(float), st.integers(0, 3).map(float))
_TOWN = st.tuples(st.floats(48.0, 48.1), st.floats(2.0, 2.1))


@given(
    points=st.one_of(*(st.lists(place, min_size=3, max_size=8) for place in (_WORLD, _GRID, _TOWN))),
    edges=EDGES,
)
@example([(80.0, 0.0), (80.0, 120.0), (80.0, -120.0)], EdgeKind.PLANAR)
@example([(80.0, 0.0), (80.0, 120.0), (80.0, -120.0)], EdgeKind.GEODESIC)
@example([(1.0, 179.0), (1.0, -179.0), (2.0, -179.0), (2.0, 179.0)], EdgeKind.PLANAR)
def test_both_ways_say_the_same(points: list[Vertex], edges: EdgeKind) -> None:
    quick = clean_ring(points, "", "", edges)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rings, "sound_ring", _never)
        assert clean_ring(points, "", "", edges) == quick


@pytest.mark.parametrize("edges", list(EdgeKind))
def test_the_rings_of_published_zones_need_no_more(edges: EdgeKind) -> None:
    ring: list[Vertex] = [(48.0, 2.0), (48.0, 2.5), (48.3, 2.6), (48.5, 2.2)]
    assert sound_ring([*ring, ring[0]], edges) == tuple(ring)
    assert sound_ring(ring[::-1], edges) == tuple(ring[::-1])


@pytest.mark.parametrize(
    "points",
    [
        [(0.0, 0.0), (0.0, 1.0)],
        [(0.0, 0.0), (0.0, 1.0), (0.0, 0.0), (1.0, 1.0)],
        [(0.0, 0.0), (1.0, 1.0), (0.0, 1.0), (1.0, 0.0)],
        [(0.0, 0.0), (0.0, 1.0), (0.0, 2.0)],
        [(0.0, 0.0), (0.0, 1.0), (float("nan"), 1.0)],
        [(0.0, 0.0), (0.0, 1.0), (91.0, 1.0)],
        [(80.0, 0.0), (80.0, 90.0), (80.0, 180.0), (80.0, -90.0)],
    ],
)
def test_what_has_to_be_looked_at(points: list[Vertex]) -> None:
    assert sound_ring(points, EdgeKind.PLANAR) is None


def _never(points: object, edge_kind: object) -> Ring | None:
    return None
