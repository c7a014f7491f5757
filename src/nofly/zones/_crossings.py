"""Where a closed line in the plane crosses itself, and the simple loops it is then made of.

Candidate pairs of edges come from a binary hierarchy of bounding boxes over the edges in their own order:
neighbours along the line are neighbours in the plane, so a sound ring of n edges costs about n log n.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from itertools import combinations, pairwise, permutations
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Indices = NDArray[np.intp]

MAX_PAIRS = 300_000
"""Pairs of edges with overlapping boxes that are looked at."""
_PAIRS_AN_EDGE, _CONTACTS_AN_EDGE = 64, 1
_FEW_PAIRS, _FEW_CONTACTS = 2_000, 200
"""What a ring may have: a published boundary has a few pairs an edge and hardly a contact, and a file of
scribbles would else take minutes."""
_SMALL = 48
MOST_CUTTING = 5_000
"""What cutting may cost in one file: a step for each loop and for each line that meets itself, and one more
for so many of its edges and pairs of edges. A published file has a handful of such lines."""
_EDGES_A_STEP, _PAIRS_A_STEP = 100, 300
TURN_DEG = 360.0
LONGEST_DEG = 120.0
"""Of a rolled plane: of two nodes that are neighbours, the way between them is then the shorter one."""
MOST_TURNS = 4
"""So often a line may lie over itself in a rolled plane."""


class Tangled(ValueError):
    """More crossings, or more edges on top of each other, than the boundary of an area has."""


@dataclass(slots=True)
class Cutting:
    """What cutting lines that cross themselves may still cost, all lines of a file together."""

    steps_left: int = MOST_CUTTING
    """Below zero by what was spent on lines that were not cut any more."""

    def spend(self, steps: int) -> None:
        """Take so many steps. Raises Tangled once there are not so many left."""
        self.steps_left -= steps
        if self.steps_left < 0:
            raise Tangled("crosses itself, after as many crossings as one file may have")


@dataclass(frozen=True, slots=True)
class Loops:
    """The simple loops of a line: node numbers below n are its vertices, others crossing points."""

    points: Floats
    """(nodes, 2) plane coordinates of every node, in degrees."""
    loops: list[list[int]]
    """The last one is what is left of the whole line."""
    crossings: list[int]


@dataclass(frozen=True, slots=True)
class _Places:
    """Where the nodes are: in the plane, or where it is rolled up, a whole turn being the same place."""

    points: Floats
    rolled: bool

    def way(self, start: int, to: int | list[int]) -> Floats:
        """Return the way from a node to its neighbours: in a plane that is rolled up, the shorter one."""
        way: Floats = self.points[to] - self.points[start]
        if self.rolled:
            way[..., 0] -= TURN_DEG * np.rint(way[..., 0] / TURN_DEG)
        return way

    def bearings(self, start: int, to: list[int]) -> Floats:
        """Return the angles of the ways from a node to its neighbours."""
        way = self.way(start, to)
        return np.arctan2(way[:, 1], way[:, 0])


def simple_loops(
    xy: Floats, tolerance_deg: float, cutting: Cutting, rolled: bool = False, cancel: bool = False
) -> Loops | None:
    """Return the simple loops of the closed line ``xy`` (n + 1 rows: the last one ends the last edge), or
    None where it does not cross itself. Touching without crossing is no crossing. A line that runs out and
    back everywhere, round nothing, is one loop without a crossing.

    ``tolerance_deg`` is the distance below which a point counts as lying on a line. Where the plane is
    ``rolled`` up, places a whole turn apart in x are one place: the line may end so far from where it begins,
    and no edge may be longer than ``LONGEST_DEG``. ``cancel`` leaves out first what the line runs as often
    one way as the other: what it encloses stays, but there may be other loops. Raises Tangled, also where
    ``cutting`` does not reach.
    """
    n = len(xy) - 1
    turns = int((np.ptp(xy[:, 0]) + 2.0 * tolerance_deg) // TURN_DEG) if rolled else 0
    if turns > MOST_TURNS:
        raise Tangled(f"reaches round the earth {turns} times")
    try:
        first, second, apart_deg = _pairs(xy, tolerance_deg, turns)
    except Tangled:
        cutting.spend(1 + n // _EDGES_A_STEP + _most_pairs(n * (1 + turns)) // _PAIRS_A_STEP)
        raise
    if not len(first):
        return None
    proper, touches = _contacts(xy, first, second, apart_deg, tolerance_deg)
    if not len(proper) and not touches:
        return None
    cutting.spend(1 + n // _EDGES_A_STEP + len(first) // _PAIRS_A_STEP)
    if len(proper) + len(touches) > _CONTACTS_AN_EDGE * n + _FEW_CONTACTS:
        raise Tangled(f"{len(proper) + len(touches)} places where it meets itself")
    merged = _Merged(n + len(proper))
    on_edge: dict[int, list[tuple[float, int]]] = {}
    for edge, along, vertex in touches:
        if along in (0.0, 1.0):
            merged.join(vertex, (edge + int(along)) % n)
        else:
            on_edge.setdefault(edge, []).append((along, vertex))
    for number, (i, j, t, u, _, _) in enumerate(proper.tolist()):
        on_edge.setdefault(int(i), []).append((t, n + number))
        on_edge.setdefault(int(j), []).append((u, n + number))
    places = _Places(np.vstack([xy[:-1], proper[:, 4:6]]), rolled)
    for held in on_edge.values():
        held.sort()
        for (_, one), (_, other) in pairwise(held):
            # Three lines through one place, whose crossings rounding may put in any order.
            if math.hypot(*places.way(one, other)) <= tolerance_deg:
                merged.join(one, other)
    line = _line(n, on_edge, merged)
    crossings = set(map(merged.of, range(n, n + len(proper)))) | _crossed_at_vertices(line, places, n)
    if not crossings:
        times = _times_round(line, places)
        if times == 1:
            return None
        # Only pieces that it runs along more than once can hide where it crosses itself: all are cut.
        crossings = {node for node, count in Counter(line).items() if count > 1} if times else set()
    loops = _circuits(line) if cancel else _split(line, crossings)
    cutting.spend(len(loops))
    return Loops(places.points, loops, sorted(crossings))


def _most_pairs(n: int) -> int:
    return min(MAX_PAIRS, _PAIRS_AN_EDGE * n + _FEW_PAIRS)


def _pairs(xy: Floats, pad_deg: float, turns: int) -> tuple[Indices, Indices, Floats]:
    """Return the pairs of edges that are not neighbours and whose boxes overlap, and how far in x the second
    is to be moved for that: by up to so many turns."""
    n = len(xy) - 1
    most = _most_pairs(n * (1 + turns))
    ends = np.ascontiguousarray(xy.T)
    low, high = (
        np.minimum(ends[:, :-1], ends[:, 1:]) - pad_deg,
        np.maximum(ends[:, :-1], ends[:, 1:]) + pad_deg,
    )
    if turns:
        by_deg = np.vstack([np.repeat(TURN_DEG * np.arange(1 + turns), n), np.zeros(n * (1 + turns))])
        low, high = (np.tile(edge, 1 + turns) + by_deg for edge in (low, high))
    levels = [(low, high)]
    while levels[-1][0].shape[1] > _SMALL:
        low, high = levels[-1]
        if low.shape[1] % 2:
            low, high = np.hstack([low, low[:, -1:]]), np.hstack([high, high[:, -1:]])
        levels.append((np.minimum(low[:, ::2], low[:, 1::2]), np.maximum(high[:, ::2], high[:, 1::2])))
    top = levels[-1][0].shape[1]
    i, j = np.triu_indices(top, 1 if len(levels) == 1 else 0)
    for depth in range(len(levels) - 1, -1, -1):
        low, high = levels[depth]
        if depth < len(levels) - 1:
            i, j = np.repeat(2 * i, 4), np.repeat(2 * j, 4)
            i[2::4] += 1
            i[3::4] += 1
            j[1::2] += 1
            inside = (i <= j) & (j < low.shape[1])
            i, j = i.compress(inside), j.compress(inside)
        for least, most_deg in zip(low, high, strict=True):
            near = (least.take(i) <= most_deg.take(j)) & (least.take(j) <= most_deg.take(i))
            i, j = i.compress(near), j.compress(near)
        if len(i) > most:
            raise Tangled(f"more than {most} pairs of edges on top of each other")
    here = np.flatnonzero(i < n)
    i, j = i[here], j[here]
    apart_deg = TURN_DEG * (j // n)
    j %= n
    home_deg = xy[0, 0] - xy[-1, 0]
    follows = ((j - i == 1) & (apart_deg == 0.0)) | ((i == n - 1) & (j == 0) & (apart_deg + home_deg == 0.0))
    free = (i != j) & ~follows & ~((i == 0) & (j == n - 1) & (apart_deg == home_deg))
    return i[free], j[free], apart_deg[free]


def _contacts(
    xy: Floats, first: Indices, second: Indices, apart_deg: Floats, tolerance_deg: float
) -> tuple[Floats, list[tuple[int, float, int]]]:
    """Return crossings (edge, edge, t, u, x, y), one a row, and touches (edge, place along it, vertex)."""
    n = len(xy) - 1
    p, p2 = xy[first], xy[first + 1]
    q, q2 = xy[second], xy[second + 1]
    q[:, 0] += apart_deg
    q2[:, 0] += apart_deg
    r, s = p2 - p, q2 - q
    long_r = np.maximum(np.hypot(r[:, 0], r[:, 1]), 1e-300)
    long_s = np.maximum(np.hypot(s[:, 0], s[:, 1]), 1e-300)
    off = {
        "q": _cross(r, q - p) / long_r, "q2": _cross(r, q + s - p) / long_r,
        "p": _cross(s, p - q) / long_s, "p2": _cross(s, p + r - q) / long_s,
    }  # fmt: skip
    clear = np.minimum.reduce([np.abs(d) for d in off.values()]) > tolerance_deg
    hit = np.flatnonzero(clear & (off["q"] * off["q2"] < 0) & (off["p"] * off["p2"] < 0))
    t = off["p"][hit] / (off["p"][hit] - off["p2"][hit])
    u = off["q"][hit] / (off["q"][hit] - off["q2"][hit])
    at = p[hit] + t[:, None] * r[hit]
    proper = np.column_stack([first[hit], second[hit], t, u, at])
    touches: set[tuple[int, float, int]] = set()
    for name, edge, base, along, length, vertex, end in (
        ("q", first, p, r, long_r, second, q), ("q2", first, p, r, long_r, (second + 1) % n, q2),
        ("p", second, q, s, long_s, first, p), ("p2", second, q, s, long_s, (first + 1) % n, p2),
    ):  # fmt: skip
        near = np.flatnonzero(np.abs(off[name]) <= tolerance_deg)
        place = ((end[near] - base[near]) * along[near]).sum(axis=1) / length[near]
        on = (place >= -tolerance_deg) & (place <= length[near] + tolerance_deg)
        for k, distance in zip(near[on].tolist(), place[on].tolist(), strict=True):
            whole = float(length[k])
            t_on = (
                0.0
                if distance <= tolerance_deg
                else 1.0
                if distance >= whole - tolerance_deg
                else distance / whole
            )
            touches.add((int(edge[k]), t_on, int(vertex[k])))
    return proper, sorted(touches)


def _cross(a: Floats, b: Floats) -> Floats:
    product: Floats = a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
    return product


class _Merged:
    """Nodes that lie at one place stand for each other."""

    def __init__(self, n: int) -> None:
        self._parent = list(range(n))

    def join(self, a: int, b: int) -> None:
        a, b = self.of(a), self.of(b)
        self._parent[max(a, b)] = min(a, b)

    def of(self, node: int) -> int:
        while self._parent[node] != node:
            self._parent[node] = node = self._parent[self._parent[node]]
        return node


def _line(n: int, on_edge: dict[int, list[tuple[float, int]]], merged: _Merged) -> list[int]:
    """Return the nodes along the whole line, no node twice in a row; ``on_edge`` in order along each edge."""
    line: list[int] = []
    for vertex in range(n):
        for node in [vertex, *(node for _, node in on_edge.get(vertex, ()))]:
            node = merged.of(node)
            if not line or line[-1] != node:
                line.append(node)
    while len(line) > 1 and line[0] == line[-1]:
        line.pop()
    return line


def _crossed_at_vertices(line: list[int], places: _Places, n: int) -> set[int]:
    """Return the vertices at which one passage of the line runs from one side of another to its other."""
    twice = {node for node, count in Counter(line).items() if count > 1 and node < n}
    passages: dict[int, list[tuple[float, float]]] = {}
    for place, node in enumerate(line):
        if node in twice:
            angles = places.bearings(node, [line[place - 1], line[(place + 1) % len(line)]])
            passages.setdefault(node, []).append((float(angles[0]), float(angles[1])))
    crossed = set()
    for node, ways in passages.items():
        for (start, end), other in combinations(ways, 2):
            sector = (end - start) % (2 * np.pi)
            turns = [(angle - start) % (2 * np.pi) for angle in other]
            shared = any(min(abs(turn), abs(turn - sector), 2 * np.pi - turn) < 1e-9 for turn in turns)
            if not shared and (turns[0] < sector) != (turns[1] < sector):
                crossed.add(node)
    return crossed | _crossed_along(line, places)


def _crossed_along(line: list[int], places: _Places) -> set[int]:
    """Return the ends of the pieces that the line runs along twice, where it crosses itself there: twice in
    one direction, or once each way from one side to the other."""
    m = len(line)
    met: dict[int, list[int]] = {}
    for place, node in enumerate(line):
        met.setdefault(node, []).append(place)
    crossed: set[int] = set()
    for passages in met.values():
        for a, b in permutations(passages, 2):
            for step in (1, -1):
                # The second passage's neighbour in the direction of the first is ``step`` further.
                if line[(a + 1) % m] != line[(b + step) % m] or line[a - 1] == line[(b - step) % m]:
                    continue
                k = 1
                while k < m and line[(a + k + 1) % m] == line[(b + step * (k + 1)) % m]:
                    k += 1
                turns_back = step < 0 and 2 * k >= (b - a) % m
                if k >= m or turns_back:
                    continue
                start, end = line[a], line[(a + k) % m]
                comes = _left(places, line[a - 1], start, line[(a + 1) % m], line[(b - step) % m])
                goes = _left(
                    places, line[(a + k - 1) % m], end, line[(a + k + 1) % m], line[(b + step * (k + 1)) % m]
                )
                if step > 0 or comes != goes:
                    crossed |= {start, end}
    return crossed


def _times_round(line: list[int], places: _Places) -> int:
    """Return how far apart the winding numbers of the places beside a line are whose edges meet at nodes
    only: 0 where it goes round nothing, 1 where it does not cross itself, else more."""
    net: Counter[tuple[int, int]] = Counter()
    round_node: dict[int, list[int]] = {}
    twice = {node for node, count in Counter(line).items() if count > 1}
    for before, node in zip(line[-1:] + line[:-1], line, strict=True):
        net[before, node] += 1
        net[node, before] -= 1
        for one, other in ((before, node), (node, before)):
            if one in twice:
                round_node.setdefault(one, []).append(other)
    for node, others in round_node.items():
        others[:] = set(others)
        others[:] = np.array(others)[np.argsort(places.bearings(node, others))].tolist()
    left = 0
    windings = {0}
    for before, node, after in zip(line[-1:] + line[:-1], line, line[1:] + line[:1], strict=True):
        # Leftwards from the way ahead to the way here, over every other line that leaves the node.
        if node in twice:
            others = round_node[node]
            place = others.index(after) + 1
            while (other := others[place % len(others)]) != before:
                left -= net[node, other]
                place += 1
        windings |= {left, left - net[node, after]}
    return max(windings) - min(windings)


def _left(places: _Places, before: int, node: int, after: int, other: int) -> bool:
    """Return whether a neighbour of a node lies to the left of the way from ``before`` to ``after``."""
    angles = places.bearings(node, [before, after, other])
    return bool((angles[2] - angles[1]) % (2 * np.pi) < (angles[0] - angles[1]) % (2 * np.pi))


def _split(line: list[int], crossings: set[int]) -> list[list[int]]:
    """Return the loops that the line closes on its way, each cut off at the crossing that closes it."""
    loops: list[list[int]] = []
    open_line: list[int] = []
    place: dict[int, int] = {}
    for node in line:
        at = place.get(node)
        if at is not None:
            loops.append(open_line[at:])
            for gone in open_line[at + 1 :]:
                place.pop(gone, None)
            del open_line[at + 1 :]
            continue
        if node in crossings:
            place[node] = len(open_line)
        open_line.append(node)
    return [*loops, open_line]


def _circuits(line: list[int]) -> list[list[int]]:
    """Return loops, no node twice in any, of the pieces of a closed line that it does not run back too."""
    left = Counter(pairwise([*line, line[0]]))
    onward: dict[int, list[int]] = {}
    for (start, end), times in left.items():
        if start != end and (more := times - left.get((end, start), 0)) > 0:
            onward.setdefault(start, []).extend([end] * more)
    loops = []
    for first in list(onward):
        while onward[first]:
            walk = [first]
            while onward[walk[-1]]:
                walk.append(onward[walk[-1]].pop())
            loops += _split(walk[:-1], set(walk))
    return loops
