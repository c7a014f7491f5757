"""Which bodies a geodesic runs through: quickly, to within some metres, and as the kernel says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from nofly.kernel.detect import Changes, Detector, Params, Reports
from nofly.units import US_PER_S
from nofly.whatif.boundaries import Edges
from nofly.whatif.obstacles import Obstacles
from nofly.whatif.sphere import BEND_M, EARTH_M, Place, cross, line
from nofly.zones.activity import ACTIVE, ALWAYS_FROM_US, ALWAYS_UNTIL_US

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]

Bodies = frozenset[int]
_NONE: Bodies = frozenset()
_LEG_US = 3600 * US_PER_S
_MANY = 2048
"""Edges of a body from which on their caps are looked at first."""
_NEAR = 2.0 * BEND_M / EARTH_M


class Sight:
    """Answers for obstacles."""

    def __init__(self, obstacles: Obstacles) -> None:
        self._obstacles = obstacles
        self._edges = obstacles.edges
        self._all = np.arange(len(obstacles))
        count = len(obstacles.compiled.zones)
        self._zone_active = np.arange(count + 1, dtype=np.int32)
        self._active = np.tile(np.array([[ALWAYS_FROM_US, ALWAYS_UNTIL_US, ACTIVE]], np.int64), (count, 1))

    def across(self, start: Place, end: Place) -> Bodies:
        """Return the bodies whose boundary the geodesic between two places crosses.

        Right but for what is within some twenty metres of a boundary. A geodesic that lies in a body from end
        to end crosses nothing.
        """
        if not len(self._all):
            return _NONE
        way = line(start, end)
        normal = cross(way[:-1], way[1:])
        near = self._all[_near(way, normal, self._edges.wide, self._edges.wide_reach).any(axis=0)]
        return _crossed(way, normal, self._edges, near.tolist())

    def some_across(self, start: Place, end: Place, among: Sequence[int]) -> Bodies:
        """Return those of some bodies whose boundary the geodesic crosses; perhaps not all, but none only
        where it crosses none."""
        way = line(start, end)
        normal = cross(way[:-1], way[1:])
        rows = np.array(among, np.int64)
        close = _near(way, normal, self._edges.wide[rows], self._edges.wide_reach[rows]).any(axis=0)
        return _crossed(way, normal, self._edges, rows[close].tolist(), every=False)

    def through(self, ways: Sequence[Sequence[Place]]) -> list[list[Bodies]]:
        """Return for every leg of every way the bodies that the kernel finds it in, as flown and recorded: a
        report at each turning point, and the geodesic between."""
        found: list[list[set[int]]] = [[set() for _ in way[1:]] for way in ways]
        if ways and len(self._obstacles):
            rows = [len(way) for way in ways]
            at = np.array([place for way in ways for place in way], float).reshape(-1, 2)
            target = np.repeat(np.arange(len(ways), dtype=np.int32), rows)
            leg = np.concatenate([np.arange(n) for n in rows])
            # Longer than any way: no leg is ever a gap.
            changes = self._changes(target, leg * _LEG_US, at[:, 0], at[:, 1], Params(1e12))
            body = self._obstacles.part_body[changes.part]
            for k, b, after, us in zip(
                changes.target.tolist(), body.tolist(), changes.after.tolist(), changes.time_us.tolist(),
                strict=True,
            ):  # fmt: skip
                # An instant on a turning point may belong to the leg before it.
                for at_leg in {us // _LEG_US, (us - 1) // _LEG_US}:
                    if after and 0 <= at_leg < len(found[k]):
                        found[k][at_leg].add(b)
        return [[frozenset(leg) for leg in way] for way in found]

    def inside(self, lat_deg: Floats, lon_deg: Floats) -> list[Bodies]:
        """Return the bodies that each place lies in, by the kernel."""
        n = len(lat_deg)
        found: list[set[int]] = [set() for _ in range(n)]
        if n and len(self._obstacles):
            each = np.arange(n, dtype=np.int32)
            changes = self._changes(each, np.zeros(n, np.int64), lat_deg, lon_deg, Params())
            body = self._obstacles.part_body[changes.part]
            for k, b in zip(changes.target.tolist(), body.tolist(), strict=True):
                found[k].add(b)
        return [frozenset(some) if some else _NONE for some in found]

    def _changes(
        self, target: NDArray[np.int32], time_us: Whole, lat_deg: Floats, lon_deg: Floats, params: Params
    ) -> Changes:
        none = np.zeros((0, len(target)))
        detector = Detector(self._obstacles.compiled, self._zone_active, self._active, params)
        return detector.step(
            Reports(target, time_us, np.ascontiguousarray(lat_deg), np.ascontiguousarray(lon_deg), none, none)
        )


def _near(way: Floats, normal: Floats, centre: Floats, reach: Floats) -> NDArray[np.bool_]:
    """Return (pieces, caps): whether a piece of a way, with the normal of its plane, comes near a cap."""
    begin, end = way[:-1], way[1:]
    step = end - begin
    chord2 = _dot(step, step)
    # The sine of the angle between the ends of a piece is the length of its normal.
    off = np.abs(normal @ centre.T) <= np.sqrt(_dot(normal, normal))[:, None] * (reach + _NEAR)
    middle = (begin + end) * (0.5 / np.sqrt(1.0 - 0.25 * chord2))[:, None]
    half = 0.53 * np.sqrt(chord2)
    found: NDArray[np.bool_] = off & (2.0 - 2.0 * (middle @ centre.T) <= (half[:, None] + reach + _NEAR) ** 2)
    return found


def _crossed(
    way: Floats, normal: Floats, edges: Edges, bodies: Sequence[int], *, every: bool = True
) -> Bodies:
    """Return those of some bodies that a piece of a way crosses an edge of; some where not ``every`` one is
    asked for."""
    found: Bodies = _NONE
    size = [int(edges.first[body + 1] - edges.first[body]) for body in bodies]
    few = [body for body, n in zip(bodies, size, strict=True) if n <= _MANY]
    if few:
        slices = [slice(edges.first[body], edges.first[body + 1]) for body in few]
        start, end, plane = (
            column[slices[0]] if len(few) == 1 else np.concatenate([column[one] for one in slices])
            for column in (edges.start, edges.end, edges.plane)
        )
        one, other = start @ normal.T, end @ normal.T
        edge, piece = np.nonzero(one * other <= 0.0)
        if len(edge):
            met = _met(way, piece, plane[edge], one[edge, piece], other[edge, piece])
            whose = np.repeat(few, [n for n in size if n <= _MANY])
            found = frozenset(whose[edge[met]].tolist())
    for body, n in zip(bodies, size, strict=True):
        if n > _MANY and (every or not found) and _crosses(way, normal, edges, body):
            found |= {body}
    return found


def _crosses(way: Floats, normal: Floats, edges: Edges, body: int) -> bool:
    """Return whether some piece of a way crosses an edge of a body with many."""
    blocks = slice(edges.first_block[body], edges.first_block[body + 1])
    piece, block = np.nonzero(_near(way, normal, edges.cap[blocks], edges.reach[blocks]))
    block = block + edges.first_block[body]
    size = edges.block[block + 1] - edges.block[block]
    edge, piece = _ranges(edges.block[block], size), np.repeat(piece, size)
    across = normal[piece]
    one, other = _dot(edges.start[edge], across), _dot(edges.end[edge], across)
    return bool(_met(way, piece, edges.plane[edge], one, other).any())


def _met(way: Floats, piece: Whole, plane: Floats, one: Floats, other: Floats) -> NDArray[np.bool_]:
    """Return whether pieces meet edges, given on which side of each piece both ends of its edge are."""
    begin, end = _dot(plane, way[piece]), _dot(plane, way[piece + 1])
    # Not where a piece meets the antipode of an edge.
    return (one * other <= 0.0) & (begin * end <= 0.0) & (one * begin <= 0.0) & (other * end <= 0.0)


def _ranges(first: Whole, size: Whole) -> Whole:
    """Return the numbers from each first on, so many, one range after the other."""
    found: Whole = np.arange(int(size.sum())) + np.repeat(first - (np.cumsum(size) - size), size)
    return found


def _dot(a: Floats, b: Floats) -> Floats:
    found: Floats = np.einsum("ij,ij->i", a, b)
    return found
