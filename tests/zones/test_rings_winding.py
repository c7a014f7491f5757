"""Rings that run along themselves, touch and cross: the loops mean what the ring meant, at every place.

The oracle counts in fractions how often a line winds round each cell of the plane, column by column; on a
small grid of whole degrees every corner and crossing is a fraction that the returned float gives back.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nofly.errors import Finding
from nofly.zones.model import Arc, EdgeKind, Ring, Vertex
from nofly.zones.rings import clean_ring

Point = tuple[Fraction, Fraction]
Edge = tuple[Point, Point, int]

_SIDE = st.integers(3, 6)
_RINGS = st.tuples(_SIDE, _SIDE).flatmap(
    lambda sides: st.lists(
        st.tuples(st.integers(0, sides[0] - 1), st.integers(0, sides[1] - 1)), min_size=4, max_size=12
    )
)
TWICE_ROUND = [(0, 0), (2, 0), (1, 1), (0, 0), (2, 0), (1, 1)]
TWICE_ROUND_AND_ON = [(0, 0), (1, 1), (2, 2), (0, 2), (0, 1), (0, 0), (2, 2), (0, 2)]
TWO_SPIKES_OF_PIECES = [(4, 0), (2, 1), (0, 2), (4, 0), (2, 2), (1, 3)]
OUT_AND_BACK = [(1, 0), (5, 0), (4, 1), (2, 1), (1, 1), (4, 1), (5, 0), (3, 0)]
THREE_LINES_THROUGH_ONE_PLACE = [(0, 2), (2, 2), (3, 4), (3, 0), (4, 3), (0, 4), (4, 4)]
LOOPS_THAT_CANCEL = [
    [(1, 1), (1, 2), (4, 3), (1, 0), (1, 2), (2, 1), (0, 0), (3, 1)],
    [(1, 2), (0, 2), (1, 0), (2, 1), (0, 2), (0, 0), (1, 2), (1, 0), (0, 0)],
    [(5, 0), (3, 1), (5, 1), (4, 3), (5, 2), (2, 2), (5, 1), (0, 2), (5, 2), (2, 3)],
    [(0, 0), (3, 2), (4, 1), (1, 1), (2, 2), (0, 1), (2, 1), (1, 0), (0, 2), (4, 2), (3, 0)],
    [(0, 0), (4, 1), (3, 1), (1, 0), (4, 0), (2, 1), (3, 1), (4, 0), (2, 1), (3, 0)],
]


@settings(max_examples=300)
@given(_RINGS)
@example(TWICE_ROUND)
@example(TWICE_ROUND_AND_ON)
@example(TWO_SPIKES_OF_PIECES)
@example(OUT_AND_BACK)
@example(LOOPS_THAT_CANCEL[0])
@example(LOOPS_THAT_CANCEL[1])
@example(LOOPS_THAT_CANCEL[2])
@example(LOOPS_THAT_CANCEL[3])
@example(LOOPS_THAT_CANCEL[4])
@example(THREE_LINES_THROUGH_ONE_PLACE)
def test_loops_wind_round_every_place_as_the_ring_does(points: list[tuple[int, int]]) -> None:
    ring = [(float(lat), float(lon)) for lat, lon in points]
    rings, findings = clean_ring(ring, "", "", EdgeKind.PLANAR)
    said = codes(findings)
    assert "ring-tangled" not in said
    lines = [[(Fraction(lon), Fraction(lat)) for lat, lon in points], *map(exact, rings)]
    windings = list(windings_of_cells(lines))
    for cell in windings:
        assert cell[0] == sum(cell[1:])
    for loop in range(1, len(lines)):
        assert {cell[loop] for cell in windings} in ({0, 1}, {0, -1}), f"ring {loop} crosses itself"
    around = {cell[0] for cell in windings}
    if not (around <= {0, 1} or around <= {0, -1}):
        assert "ring-self-intersects" in said
    if around <= {0}:
        assert rings == [] or "ring-self-intersects" in said
    if not said:
        assert rings == [tuple(ring[:-1] if ring[0] == ring[-1] else ring)]


@pytest.mark.parametrize(
    ("points", "rings", "code"),
    [
        (TWICE_ROUND, 2, "ring-self-intersects"),
        (TWICE_ROUND_AND_ON, 2, "ring-self-intersects"),
        (TWO_SPIKES_OF_PIECES, 0, "ring-no-area"),
        (OUT_AND_BACK, 0, "ring-no-area"),
    ],
)
@pytest.mark.parametrize("edges", [EdgeKind.PLANAR, EdgeKind.GEODESIC])
def test_a_ring_on_its_own_lines_alone(
    points: list[tuple[int, int]], rings: int, code: str, edges: EdgeKind
) -> None:
    ring: list[Vertex] = [(lat * 1e-4, lon * 1e-4) for lat, lon in points]
    found, findings = clean_ring(ring, "", "", edges)
    assert (len(found), codes(findings)) == (rings, [code])


def codes(findings: list[Finding]) -> list[str]:
    return [finding.code for finding in findings]


def exact(ring: Ring) -> list[Point]:
    return [
        (Fraction(p[1]).limit_denominator(1_000), Fraction(p[0]).limit_denominator(1_000))
        for p in ring
        if not isinstance(p, Arc)
    ]


def windings_of_cells(lines: list[list[Point]]) -> Iterator[list[int]]:
    """Yield how often each line winds round each cell that all lines together cut the plane into."""
    edges = [
        (start, end, number)
        for number, line in enumerate(lines)
        for start, end in zip(line, line[1:] + line[:1], strict=True)
    ]
    stops = sorted({end[0] for _, end, _ in edges} | set(crossings_x(edges)))
    for west, east in pairwise(stops):
        middle = (west + east) / 2
        across: dict[Fraction, list[tuple[int, int]]] = {}
        for (x1, y1), (x2, y2), number in edges:
            if (x1 < middle) != (x2 < middle):
                height = y1 + (y2 - y1) * (middle - x1) / (x2 - x1)
                across.setdefault(height, []).append((number, 1 if x2 > x1 else -1))
        cell = [0] * len(lines)
        for height in sorted(across):
            for number, turn in across[height]:
                cell[number] += turn
            yield list(cell)


def crossings_x(edges: list[Edge]) -> Iterator[Fraction]:
    distinct = {frozenset(edge[:2]) for edge in edges if edge[0] != edge[1]}
    straight = [tuple(edge) for edge in distinct]
    for place, (p, p2) in enumerate(straight):
        for q, q2 in straight[:place]:
            (rx, ry), (sx, sy) = (p2[0] - p[0], p2[1] - p[1]), (q2[0] - q[0], q2[1] - q[1])
            area = rx * sy - ry * sx
            if area:
                t = ((q[0] - p[0]) * sy - (q[1] - p[1]) * sx) / area
                u = ((q[0] - p[0]) * ry - (q[1] - p[1]) * rx) / area
                if 0 <= t <= 1 and 0 <= u <= 1:
                    yield p[0] + t * rx
