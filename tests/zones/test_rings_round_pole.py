"""Rings straight in longitude and latitude that go round a pole, or further than once round the earth.

The oracle counts in fractions how often a line passes each cell of the rolled-up plane on its way north,
column by column, lines cut a whole turn apart being the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nofly.errors import Finding
from nofly.formats._areas import polygons
from nofly.formats._json import Notes, Rejected
from nofly.zones.model import Arc, EdgeKind, Ring
from nofly.zones.rings import clean_ring

Point = tuple[Fraction, Fraction]
Edge = tuple[Point, Point, int]

TURN = 12
"""Columns of 30° round the earth."""
_STEPS = st.lists(
    st.tuples(st.sampled_from([1, 1, 2, 2, 3, 3, 4, 5, 0, -1, -2, -3]), st.integers(0, 6)),
    min_size=3,
    max_size=11,
)
_RINGS = st.tuples(_STEPS, st.integers(0, TURN - 1), st.sampled_from([1, -1]))
ROUND = ([(3, 1)] * 4, 2, 1)
ROUND_AND_A_LOOP = ([(3, 1), (3, 3), (-2, 3), (1, 1), (4, 1), (3, 1)], 2, 1)
OVER_ITS_OWN_END = ([(4, 1), (4, 1), (5, 2), (-1, 0)], 0, 1)
KEYHOLE = ([(4, 5), (4, 5), (4, 5), (0, 2), (-4, 2), (-4, 2), (-4, 2)], 0, 1)
BAND_OVER_ITSELF = ([(4, 5), (4, 5), (5, 5), (0, 2), (-4, 2), (-4, 2), (-5, 2)], 0, 1)
TWICE_ALONG_ITSELF = ([(4, 1), (4, 1), (4, 1), (4, 1), (-4, 3)], 0, 1)

BACK_ALONG_ITSELF = ([(3, 0), (3, 0), (2, 0), (5, 1), (-3, 0), (-3, 0), (-2, 0), (1, 0)], 0, 1)
BACK_UNDER_A_LOOP = (
    [(3, 0), (5, 0), (0, 0), (-1, 3), (-3, 0), (-3, 0), (-3, 0), (-3, 1), (1, 1), (4, 1)],
    0,
    1,
)


def ring_of(steps: list[tuple[int, int]], first: int, side: int) -> list[tuple[int, int]]:
    """Return (lat, lon) in steps of 4° from 60° and of 30°."""
    points, lon = [], first
    for step, lat in steps:
        points.append((side * (15 + lat), (lon + 6) % TURN - 6))
        lon += step
    return points


@pytest.mark.thorough
@settings(max_examples=300)
@given(_RINGS)
@example(ROUND)
@example(ROUND_AND_A_LOOP)
@example(OVER_ITS_OWN_END)
@example(KEYHOLE)
@example(BAND_OVER_ITSELF)
@example(TWICE_ALONG_ITSELF)
@example(BACK_ALONG_ITSELF)
@example(BACK_UNDER_A_LOOP)
def test_loops_lie_where_the_ring_does(drawn: tuple[list[tuple[int, int]], int, int]) -> None:
    points = ring_of(*drawn)
    rings, findings = clean_ring([(4.0 * lat, 30.0 * lon) for lat, lon in points], "", "", EdgeKind.PLANAR)
    said = codes(findings)
    whole = [(Fraction(lon), Fraction(lat)) for lat, lon in points]
    lines = [whole, *map(exact, rings)]
    windings = list(windings_of_cells(lines))
    around = {cell[0] for cell in windings}
    sound = around <= {0, 1} or around <= {0, -1}
    if "ring-tangled" in said:
        assert rings == []
        assert not sound
        return
    if rings:
        assert all(cell[0] == sum(cell[1:]) for cell in windings)
    for loop in range(1, len(lines)):
        assert {cell[loop] for cell in windings} in ({0, 1}, {0, -1}), f"ring {loop} crosses itself"
    assert sum(abs(turns(line)) for line in lines[1:]) <= abs(turns(whole))
    if not sound:
        assert "ring-self-intersects" in said
    if around <= {0}:
        assert rings == [] or "ring-self-intersects" in said
    if not said:
        assert len(rings) == 1


_HOLES = st.lists(st.tuples(st.integers(0, TURN * 10 - 1), st.integers(1, 69)), min_size=1, max_size=3)


@pytest.mark.thorough
@settings(max_examples=150)
@given(_RINGS, _HOLES)
@example(ROUND_AND_A_LOOP, [(15, 65), (75, 20), (0, 3)])
@example(([*ROUND_AND_A_LOOP[0]], 2, -1), [(15, 65), (75, 20), (0, 3)])
def test_a_hole_is_in_the_loops_that_it_lies_in(
    drawn: tuple[list[tuple[int, int]], int, int], places: list[tuple[int, int]]
) -> None:
    outline = [[30.0 * lon, 4.0 * lat] for lat, lon in ring_of(*drawn)]
    west = [(3.0 * lon - 180.0, drawn[2] * (60.0 + 0.4 * lat)) for lon, lat in places]
    holes = [[[x + 0.1, y], [x + 0.2, y], [x + 0.2, y + 0.1], [x + 0.1, y + 0.1]] for x, y in west]
    try:
        found = polygons(
            [[(lat, lon) for lon, lat in ring] for ring in [outline, *holes]], "", EdgeKind.PLANAR, Notes("")
        )
    except Rejected:
        return
    if len(found) < 2:
        return
    for one in found:
        line = exact(one.exterior)
        for hole in holes:
            sides = {inside(line, Fraction(x) / 30, Fraction(y) / 4) for x, y in hole}
            if len(sides) == 1:
                assert (tuple((lat, lon) for lon, lat in hole) in one.holes) is sides.pop()


def inside(line: list[Point], lon: Fraction, lat: Fraction) -> bool:
    """Return whether a place is in a ring; one round a pole holds that of its hemisphere."""
    south = 0
    for (x1, y1), (x2, y2), _ in edges_of(line, 0):
        for x in (lon % TURN - TURN, lon % TURN, lon % TURN + TURN):
            if (x1 < x) != (x2 < x) and y1 + (y2 - y1) * (x - x1) / (x2 - x1) < lat:
                south += 1 if x2 > x1 else -1
    in_south = turns(line) != 0 and sum(y for _, y in line) < 0
    return (south != 0) != in_south


def codes(findings: list[Finding]) -> list[str]:
    return [finding.code for finding in findings]


def exact(ring: Ring) -> list[Point]:
    return [
        (Fraction(p[1] / 30).limit_denominator(1_000), Fraction(p[0] / 4).limit_denominator(1_000))
        for p in ring
        if not isinstance(p, Arc)
    ]


def edges_of(line: list[Point], number: int) -> Iterator[Edge]:
    """Yield the edges, the shorter way round; as it is written where both are as long."""
    for (x1, y1), (x2, y2) in zip(line, line[1:] + line[:1], strict=True):
        step = x2 - x1
        if abs(step) > TURN // 2:
            step = (step + TURN // 2) % TURN - TURN // 2
        yield (x1 % TURN, y1), (x1 % TURN + step, y2), number


def turns(line: list[Point]) -> int:
    return int(sum(end[0] - start[0] for start, end, _ in edges_of(line, 0)) / TURN)


def windings_of_cells(lines: list[list[Point]]) -> Iterator[list[int]]:
    """Yield how often each line is passed northwards from the south to each cell that all lines cut."""
    near = [edge for number, line in enumerate(lines) for edge in edges_of(line, number)]
    edges = [((a[0] + s, a[1]), (b[0] + s, b[1]), n) for a, b, n in near for s in (-TURN, 0, TURN)]
    at = {end[0] for edge in edges for end in edge[:2]} | set(crossings_x(edges))
    stops = sorted({x for x in at if 0 <= x <= TURN} | {Fraction(0), Fraction(TURN)})
    for west, east in pairwise(stops):
        middle = (west + east) / 2
        across: dict[Fraction, list[tuple[int, int]]] = {}
        for (x1, y1), (x2, y2), number in edges:
            if (x1 < middle) != (x2 < middle):
                height = y1 + (y2 - y1) * (middle - x1) / (x2 - x1)
                across.setdefault(height, []).append((number, 1 if x2 > x1 else -1))
        cell = [0] * len(lines)
        yield list(cell)
        for height in sorted(across):
            for number, turn in across[height]:
                cell[number] += turn
            yield list(cell)


def crossings_x(edges: list[Edge]) -> Iterator[Fraction]:
    straight = [tuple(edge) for edge in {frozenset(edge[:2]) for edge in edges if edge[0] != edge[1]}]
    for place, (p, p2) in enumerate(straight):
        for q, q2 in straight[:place]:
            (rx, ry), (sx, sy) = (p2[0] - p[0], p2[1] - p[1]), (q2[0] - q[0], q2[1] - q[1])
            area = rx * sy - ry * sx
            if area:
                t = ((q[0] - p[0]) * sy - (q[1] - p[1]) * sx) / area
                u = ((q[0] - p[0]) * ry - (q[1] - p[1]) * rx) / area
                if 0 <= t <= 1 and 0 <= u <= 1:
                    yield p[0] + t * rx
