from __future__ import annotations

import numpy as np

from nofly.zones.compiled import compile_zones
from nofly.zones.model import Circle, Corridor, Datum, EdgeKind, Limit, Polygon, Volume, Zone
from nofly.zones.shape import BLOCK, WIDE, shape, shapes, to_space

LIMIT = Limit(3000.0, Datum.AMSL, "3000 m")


def square(lat_deg: float, lon_deg: float, size_deg: float = 1.0, upper: Limit | None = LIMIT) -> Volume:
    corners = ((0.0, 0.0), (0.0, size_deg), (size_deg, size_deg), (size_deg, 0.0))
    ring = tuple((lat_deg + y, lon_deg + x) for y, x in corners)
    return Volume(Polygon(ring, (), EdgeKind.PLANAR), None, upper)


ZONES = compile_zones([
    Zone("A", "one square", (square(10.0, 20.0),)),
    Zone("B", "two that touch", (square(10.0, 30.0), square(10.0, 31.0))),
    Zone("C", "two that touch, not of one height", (square(10.0, 40.0), square(10.0, 41.0, upper=None))),
    Zone("D", "round", (Volume(Circle((5.0, 5.0), 4000.0)), square(6.0, 5.0, 0.1))),
    Zone("E", "a corridor", (Volume(Corridor(((1.0, 1.0), (1.0, 2.0), (2.0, 2.0)), 900.0)),)),
])  # fmt: skip


def length_m(pieces: np.ndarray) -> float:
    return float(np.sqrt(((pieces[:, 3:] - pieces[:, :3]) ** 2).sum(axis=1)).sum())


def test_many_parts_have_the_shapes_they_have_alone() -> None:
    parts = list(range(len(ZONES.part_zone)))[::-1]
    made = shapes(ZONES, parts)
    for part, index, radius_m in zip(parts, made.index, made.radius_m, strict=True):
        pieces, alone_m = shape(ZONES, part)
        assert np.array_equal(made.pieces[index[0] : index[1]], pieces)
        assert np.array_equal(radius_m, alone_m, equal_nan=True)


def test_every_sphere_holds_its_pieces() -> None:
    made = shapes(ZONES, range(len(ZONES.part_zone)))
    for first, past, first_block, past_block in made.index.tolist():
        assert past_block - first_block == -(-(past - first) // BLOCK)
        for k, (*centre, radius_m) in enumerate(made.block[first_block:past_block].tolist()):
            ends = made.pieces[first + k * BLOCK : min(past, first + (k + 1) * BLOCK)].reshape(-1, 3)
            off_m = np.sqrt(((ends - centre) ** 2).sum(axis=1))
            assert off_m.max() <= radius_m * (1.0 + 1e-12)


def test_every_wide_sphere_holds_its_spheres() -> None:
    corners = [(50.0 + np.cos(way), 10.0 + np.sin(way)) for way in np.linspace(0.0, 6.2, 150).tolist()]
    ring = Volume(Polygon(tuple(corners), (), EdgeKind.PLANAR), None, LIMIT)
    made = shapes(compile_zones([Zone("F", "of many sides", (ring,)), *ZONES.zones]), range(5))
    assert made.index[0, 3] - made.index[0, 2] > 2 * WIDE
    for _, _, first_block, past_block in made.index.tolist():
        for start in range(first_block, past_block, WIDE):
            *centre, radius_m = made.wide[start].tolist()
            held = made.block[start : min(past_block, start + WIDE)]
            off_m = np.sqrt(((held[:, :3] - centre) ** 2).sum(axis=1)) + held[:, 3]
            assert off_m.max() <= radius_m


def test_an_edge_that_two_polygons_share_is_no_boundary() -> None:
    side_m = length_m(shape(ZONES, 0)[0]) / 4.0
    assert length_m(shape(ZONES, 1)[0]) > 5.9 * side_m
    assert np.array_equal(shape(ZONES, 1)[0], shape(ZONES, 2)[0])
    assert len(shapes(ZONES, [1, 2]).pieces) == len(shape(ZONES, 1)[0])
    assert length_m(shape(ZONES, 3)[0]) < 4.1 * side_m
    assert length_m(shape(ZONES, 4)[0]) < 4.1 * side_m


def test_round_shapes_are_their_centre_line_and_radius() -> None:
    pieces, radius_m = shape(ZONES, 5)
    assert radius_m == 4000.0
    assert np.array_equal(pieces[0, :3], to_space(np.array([5.0]), np.array([5.0]))[0])
    assert shape(ZONES, 7)[1] == 900.0
    assert len(shape(ZONES, 7)[0]) >= 2


def test_no_parts_have_no_shapes() -> None:
    made = shapes(ZONES, [])
    assert (len(made.pieces), len(made.block), len(made.index)) == (0, 0, 0)
