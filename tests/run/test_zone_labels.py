"""Names of zones on a map lie on no other name, on no mark, and off the flight."""

from __future__ import annotations

import numpy as np
import pytest

from nofly.run.outputs.zone_labels import Box, names_at

VIEW: Box = (-100.0, 100.0, -50.0, 50.0)
HUGE: Box = (-40.0, 40.0, -40.0, 40.0)
TINY: Box = (-0.5, 0.5, -0.5, 0.5)
SIZE_M = (10.0, 4.0)
NORTHWARD = np.array([[0.0, -45.0], [0.0, 45.0]])


def test_alone_a_name_is_above_its_zone() -> None:
    assert names_at([TINY], [SIZE_M], VIEW, [], []) == [(0.0, pytest.approx(3.3))]


def test_the_name_of_a_tiny_zone_in_a_huge_one_is_off_flight_and_marks() -> None:
    marks = [(0.0, -40.0), (0.0, 40.0), (0.0, -0.5), (0.0, 0.5)]
    huge, tiny = names_at([HUGE, TINY], [SIZE_M, SIZE_M], VIEW, marks, [NORTHWARD])
    assert abs(tiny[0]) > SIZE_M[0]
    assert abs(tiny[0]) < 4 * SIZE_M[0]
    assert abs(tiny[1]) < 15.0
    assert abs(huge[0]) > 40.0
    for x, y in marks:
        for name in (huge, tiny):
            assert abs(x - name[0]) > SIZE_M[0] or abs(y - name[1]) > SIZE_M[1] / 2


def test_names_of_zones_at_one_place_are_apart_and_in_view() -> None:
    names = names_at([HUGE] * 4, [SIZE_M] * 4, VIEW, [], [])
    for k, (x, y) in enumerate(names):
        assert VIEW[0] <= x - SIZE_M[0] <= x + SIZE_M[0] <= VIEW[1]
        assert VIEW[2] <= y - SIZE_M[1] / 2 <= y + SIZE_M[1] / 2 <= VIEW[3]
        for other in names[:k]:
            assert abs(x - other[0]) >= 2 * SIZE_M[0] or abs(y - other[1]) >= SIZE_M[1]


def test_a_name_lies_on_no_neighbour_of_its_zone() -> None:
    south, north = (-30.0, 30.0, -20.0, 0.0), (-30.0, 30.0, 0.0, 20.0)
    below, above = names_at([south, north], [SIZE_M, SIZE_M], VIEW, [], [])
    assert below == (0.0, pytest.approx(-22.8))
    assert above == (0.0, pytest.approx(22.8))


@pytest.mark.parametrize(
    ("line", "below"),
    [
        ([[-50.0, 3.3], [50.0, 3.3]], True),
        ([[-20.0, -20.0], [20.0, 20.0]], True),
        ([[-50.0, 20.0], [50.0, 20.0]], False),
        ([[3.0, 3.0]], False),
    ],
)
def test_a_line_through_a_name_moves_it(line: list[list[float]], below: bool) -> None:
    ((x, y),) = names_at([TINY], [SIZE_M], VIEW, [], [np.array(line)])
    assert ((x, y) != (0.0, pytest.approx(3.3))) == below
