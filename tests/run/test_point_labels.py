"""Labels on a picture: none on another, none on a point, each near its own."""

from __future__ import annotations

from itertools import combinations
from math import hypot

from hypothesis import given
from hypothesis import strategies as st

from nofly.run.outputs.point_labels import Label, labels

SIZE_PT = (350.0, 270.0)
LETTER_PT = (4.0, 7.0)
POINTS = st.tuples(st.floats(0.0, 330.0), st.floats(0.0, 250.0), st.sampled_from([20.0, 60.0, 120.0]))


def boxes(found: list[Label]) -> list[tuple[float, float, float, float]]:
    return [
        (x, y, x + LETTER_PT[0] * len(one.text), y + LETTER_PT[1])
        for one in found
        for x, y in [one.corner_pt]
    ]


@given(st.lists(st.lists(POINTS, max_size=3), max_size=3))
def test_no_label_lies_on_another_or_on_a_point(lines: list[list[tuple[float, float, float]]]) -> None:
    found = labels(lines, SIZE_PT, LETTER_PT)
    for a, b in combinations(boxes(found), 2):
        assert a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]
    for left, low, right, high in boxes(found):
        assert left >= 0.0
        assert low >= 0.0
        assert right <= SIZE_PT[0]
        assert high <= SIZE_PT[1]
        for x, y in (one.at_pt for one in found):
            assert not (left < x < right and low < y < high)
    for x, y, value in (point for line in lines for point in line):
        near = [one for one in found if abs(one.at_pt[0] - x) < 6.0 and abs(one.at_pt[1] - y) < 6.0]
        assert any(f"{value:g}" in one.text.split(", ") for one in near)
    for one in found:
        assert hypot(one.corner_pt[0] - one.at_pt[0], one.corner_pt[1] - one.at_pt[1]) < 100.0


def test_points_at_one_place_have_one_label() -> None:
    lines = [[(100.0, 50.0, s), (200.0, 90.0, 2 * s)] for s in (60.0, 20.0)]
    assert [one.text for one in labels(lines, SIZE_PT, LETTER_PT)] == ["20, 60", "40, 120"]
    many = [[(100.0, 50.0, 10.0 * s)] for s in range(1, 8)]
    assert [one.text for one in labels(many, SIZE_PT, LETTER_PT)] == ["10 to 70"]


def test_a_label_keeps_off_the_lines_where_there_is_room() -> None:
    (low, _) = labels([[(100.0, 100.0, 20.0), (300.0, 120.0, 60.0)]], SIZE_PT, LETTER_PT)
    x, y = low.corner_pt
    at_end = 100.0 + 0.1 * (x + LETTER_PT[0] * 2 - 100.0)
    assert y > at_end or y + LETTER_PT[1] < 100.0 + 0.1 * (x - 100.0) or x < 100.0


def test_where_there_is_no_room_there_is_a_label_all_the_same() -> None:
    crowd = [[(5.0 + 7.0 * (k % 5), 5.0 + 7.0 * (k // 5), float(k))] for k in range(25)]
    assert len(labels(crowd, (40.0, 40.0), LETTER_PT)) == 25
