"""Which bodies a geodesic runs through: quickly, to within some metres, and as the kernel says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from nofly.kernel.detect import Changes, Detector, Params, Reports
from nofly.units import US_PER_S
from nofly.whatif.boundaries import Edges
from nofly.whatif.obstacles import Obstacles
from nofly.whatif.sphere import BEND_M, EARTH_M, Place, line
from nofly.zones.activity import ACTIVE, ALWAYS_FROM_US, ALWAYS_UNTIL_US

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]

Bodies = frozenset[int]
_NONE: Bodies = frozenset()
_LEG_US = 3600 * US_PER_S
_NEAR = 2.0 * BEND_M / EARTH_M


class Sight:
    """Answers for obstacles."""

    def __init__(self, obstacles: Obstacles) -> None:
        self._obstacles = obstacles
        count = len(obstacles.compiled.zones)
        self._zone_active = np.arange(count + 1, dtype=np.int32)
        self._active = np.tile(np.array([[ALWAYS_FROM_US, ALWAYS_UNTIL_US, ACTIVE]], np.int64), (count, 1))

    def across(self, start: Place, end: Place) -> Bodies:
        """Return the bodies whose boundary the geodesic between two places crosses.

        Right but for what is within some twenty metres of a boundary. A geodesic that lies in a body from end
        to end crosses nothing.
        """
        edges = self._obstacles.edges
        if len(edges.body) == 0:
            return _NONE
        way = line(start, end)
        near = _near(way, edges.wide, edges.wide_reach).any(axis=0)
        if not near.any():
            return _NONE
        return frozenset(_crossed(way, edges, np.flatnonzero(near)).tolist())

    def through(self, ways: Sequence[Sequence[Place]]) -> list[list[Bodies]]:
        """Return for every leg of every way the bodies that the kernel finds it in, as flown and recorded: a
        report at each turning point, and the geodesic between."""
        found: list[list[set[int]]] = [[set() for _ in way[1:]] for way in ways]
        if ways and len(self._obstacles):
            rows = [len(way) for way in ways]
            at = np.array([place for way in ways for place in way]).reshape(-1, 2)
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
            Reports(
                target, time_us, np.ascontiguousarray(lat_deg), np.ascontiguousarray(lon_deg), none, none
            )
        )


def _near(way: Floats, centre: Floats, reach: Floats) -> NDArray[np.bool_]:
    """Return (pieces, caps): whether a piece of a way comes near a cap."""
    begin, end = way[:-1], way[1:]
    normal = _cross(begin, end)
    size = np.sqrt(np.einsum("ij,ij->i", normal, normal))
    off = np.abs(normal @ centre.T) <= size[:, None] * (reach + _NEAR)
    middle = begin + end
    middle /= np.sqrt(np.einsum("ij,ij->i", middle, middle))[:, None]
    step = end - begin
    half = 0.5001 * np.sqrt(np.einsum("ij,ij->i", step, step))
    found: NDArray[np.bool_] = off & (
        2.0 - 2.0 * (middle @ centre.T) <= (half[:, None] * 1.05 + reach + _NEAR) ** 2
    )
    return found


def _crossed(way: Floats, edges: Edges, bodies: Whole) -> Whole:
    """Return the bodies, of those given, an edge of which some piece of a way crosses."""
    blocks = _ranges(edges.first_block[bodies], edges.first_block[bodies + 1])
    piece, block = np.nonzero(_near(way, edges.cap[blocks], edges.reach[blocks]))
    block = blocks[block]
    if len(piece) == 0:
        return piece
    first, past = edges.block[block], edges.block[block + 1]
    edge = _ranges(first, past)
    piece = np.repeat(piece, past - first)
    begin, end = way[piece], way[piece + 1]
    a, b = edges.start[edge], edges.end[edge]
    normal, plane = _cross(begin, end), _cross(a, b)
    one = np.einsum("ij,ij->i", normal, a) * np.einsum("ij,ij->i", normal, b)
    other = np.einsum("ij,ij->i", plane, begin) * np.einsum("ij,ij->i", plane, end)
    return edges.body[edge[(one <= 0.0) & (other <= 0.0)]]


def _ranges(first: Whole, past: Whole) -> Whole:
    """Return the numbers from each first up to, not including, each past, one range after the other."""
    size = past - first
    return np.arange(int(size.sum())) + np.repeat(first - (np.cumsum(size) - size), size)


def _cross(a: Floats, b: Floats) -> Floats:
    found = np.empty_like(a)
    found[:, 0] = a[:, 1] * b[:, 2] - a[:, 2] * b[:, 1]
    found[:, 1] = a[:, 2] * b[:, 0] - a[:, 0] * b[:, 2]
    found[:, 2] = a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
    return found
