"""The space of paths through a figure, and how far each of them misses what is stated.

The points of the space that are tried are a fixed low-discrepancy sequence (M. Roberts, "The unreasonable
effectiveness of quasirandom sequences", 2018), so the same claim has the same answer.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nofly.proof.claiming.arcs import Paths, along, closest_m, deepest_m, exits_m, ways_m
from nofly.proof.claiming.arithmetic import Range
from nofly.proof.claiming.ends import Ends
from nofly.proof.claiming.fastest import fastest_mps
from nofly.proof.claiming.plane import Figure, Floats

CHILDREN = 12
BENDS = slice(2, 5)
SWITCHES = slice(5, 7)
BEGUN, ENDED = 7, 8
DIMENSIONS = 9
_CHUNK = 1024


@dataclass(frozen=True, slots=True)
class Demand:
    """What a path has to fit: intervals, the boundary's error and the plane's already allowed for."""

    length_m: Range
    depth_m: Range
    duration_s: Range
    speed_mps: Range
    """The mean over the way inside."""
    turn_mps2: float
    accel_mps2: float
    range_mps: Range
    """What the speed may be at any moment."""
    err_m: float
    """95 %: how far the boundary may be off."""
    true_length_m: Range = (0.0, math.inf)
    """What is stated of the length itself, whatever the figure says."""
    track_deg: Range | None = None
    place_xy: tuple[float, float] | None = None
    closest_m: Range = (0.0, math.inf)
    ends: Ends = Ends.THROUGH

    @property
    def scale_m(self) -> float:
        """A length of the kind that is asked for."""
        low, high = self.length_m
        return high if math.isfinite(high) else max(low, 1.0) * 4.0


@dataclass(frozen=True, slots=True)
class Fitting:
    """Paths with their measures in the plane: way inside and depth in metres, speeds that fit (m/s), the
    direction from entry to exit (degrees from north), how far each misses (a fraction, 0 where it fits)."""

    paths: Paths
    length_m: Floats
    depth_m: Floats
    low_mps: Floats
    high_mps: Floats
    track_deg: Floats
    from_m: Floats
    """Where along the path the way inside begins."""
    miss: Floats
    off: Floats
    """(n, 5): by how much each misses length, speed, track, depth and closest distance; below 0 where it is
    too little."""

    def __len__(self) -> int:
        return len(self.miss)

    def take(self, rows: NDArray[np.intp]) -> Fitting:
        """Return some of the paths."""
        names = Fitting.__slots__[1:]
        return Fitting(self.paths.take(rows), *(getattr(self, name)[rows] for name in names))


class Space:
    """The paths of one figure as points of a space: way along the boundary, direction from the inward normal,
    the three curvatures, the lengths of the first two arcs, where the part that is flown begins and ends."""

    def __init__(self, figure: Figure, demand: Demand) -> None:
        self.figure, self.demand = figure, demand
        self.starts = np.concatenate([[0.0], np.cumsum(figure.lengths_m)])
        self.scale_m = min(demand.scale_m, 3.0 * figure.reach_m)
        self.least_m = max(min(demand.length_m[0], self.scale_m), self.scale_m / 100.0)
        slowest = max(demand.range_mps[0], 1.0)
        self.most_bend = demand.turn_mps2 / slowest**2

    def spread(self, count: int) -> Floats:
        """Return points (count, :data:`DIMENSIONS`) spread over the space; half of them begin near a corner,
        a quarter each are straight, turn steadily, change their turn once, or twice."""
        u = _sequence(count)
        perimeter = self.starts[-1]
        corner = self.starts[(u[:, 0] * 7919.0 % 1.0 * (len(self.starts) - 1)).astype(int)]
        # A length that is left open is tried at every size.
        size_m = self.least_m * (self.scale_m / self.least_m) ** (u[:, ENDED] * 15485863.0 % 1.0)
        off = size_m * 10.0 ** (-3.0 * (u[:, 0] * 104729.0 % 1.0)) * np.where(u[:, 5] < 0.5, 1.0, -1.0)
        row = np.arange(count)
        x = np.empty((count, DIMENSIONS))
        x[:, 0] = np.where(row % 2 == 0, u[:, 0] * perimeter, corner + off)
        x[:, 1] = (u[:, 1] - 0.5) * np.pi
        for k in (2, 3, 4):
            x[:, k] = self._bends(u[:, k], size_m)
        x[row % 4 == 0, 2] = 0.0
        x[row % 4 < 2, 3] = x[row % 4 < 2, 2]
        x[row % 4 < 3, 4] = x[row % 4 < 3, 3]
        # Half of the arcs between two others are straight.
        x[row % 8 == 7, 3] = 0.0
        x[:, SWITCHES] = u[:, SWITCHES] * size_m[:, None]
        x[:, BEGUN], x[:, ENDED] = u[:, BEGUN], u[:, ENDED]
        return x

    def _bends(self, u: Floats, size_m: Floats) -> Floats:
        """Return curvatures for ways of some sizes, their radii spread evenly in their logarithm, from the
        tightest turn on."""
        tightest_m = np.maximum(1.0 / max(self.most_bend, 1e-9), size_m / 50.0)
        widest_m = np.maximum(40.0 * size_m, 2.0 * tightest_m)
        part = np.abs(2.0 * u - 1.0)
        found: Floats = np.sign(u - 0.5) / (tightest_m * (widest_m / tightest_m) ** part)
        return found

    def near(self, x: Floats, width_fraction: float, number: int) -> Floats:
        """Return CHILDREN points near each of some."""
        u = _sequence(len(x) * CHILDREN, 1 + 977 * number) - 0.5
        many = np.repeat(x, CHILDREN, axis=0)
        bend = 0.5 / self.scale_m
        size = np.column_stack([
            np.full(len(many), min(self.scale_m, self.starts[-1])), np.full(len(many), 2.0),
            *(2.0 * np.abs(many[:, k]) + bend for k in (2, 3, 4)),
            *[np.full(len(many), self.scale_m)] * 2, *[np.full(len(many), 1.0)] * 2,
        ])  # fmt: skip
        moved = many + 2.0 * width_fraction * size * u
        # Two of three children keep what is simple about their parent.
        keep = np.arange(len(many)) % 3 != 0
        moved[keep] = simple_as(many[keep], moved[keep])
        return moved

    def paths(self, x: Floats) -> Paths:
        """Return the paths that points stand for."""
        s = np.mod(x[:, 0], self.starts[-1])
        edge = np.clip(np.searchsorted(self.starts, s, side="right") - 1, 0, len(self.starts) - 2)
        x0, y0, x1, y1 = self.figure.edges[edge].T
        share = (s - self.starts[edge]) / np.maximum(self.starts[edge + 1] - self.starts[edge], 1e-9)
        entry = np.column_stack([x0 + share * (x1 - x0), y0 + share * (y1 - y0)])
        inward = np.arctan2(y1 - y0, x1 - x0) + 0.5 * np.pi
        angle = np.clip(x[:, 1], -0.4999 * np.pi, 0.4999 * np.pi)
        bends = np.clip(x[:, BENDS], -self.most_bend, self.most_bend)
        switches = np.cumsum(np.maximum(x[:, SWITCHES], 0.0), axis=1)
        ends = self.demand.ends
        begun = np.clip(x[:, BEGUN], 0.0, 0.99) if ends is Ends.ANYWHERE else np.zeros(len(x))
        ended = np.ones(len(x)) if ends is Ends.THROUGH else np.clip(x[:, ENDED], 0.01, 1.0)
        return Paths(entry, inward + angle, bends, switches, begun, begun + ended * (1.0 - begun))

    def measured(self, x: Floats) -> Fitting:
        """Return the paths of some points with their measures; those that never leave miss by infinity."""
        found = self._measured(x[:_CHUNK])
        for k in range(_CHUNK, len(x), _CHUNK):
            found = together(found, self._measured(x[k : k + _CHUNK]))
        return found

    def _measured(self, x: Floats) -> Fitting:
        demand, paths = self.demand, self.paths(x)
        through = exits_m(self.figure, paths)
        if demand.ends is not Ends.THROUGH:
            # What need not come back to the boundary may circle inside.
            through = np.minimum(through, 4.0 * self.scale_m)
        leaves = np.isfinite(through)
        through = np.where(leaves, through, 0.0)
        start, end = through * paths.begun, through * paths.ended
        way = end - start
        off = np.zeros((len(x), 5))
        off[:, 0] = _beyond(way, demand.length_m) / np.maximum(way, 1.0)
        low, high = _speeds(demand, way)
        arcs = ways_m(paths, end) - ways_m(paths, start)
        top = fastest_mps(arcs, paths.bends, demand.turn_mps2, demand.accel_mps2, demand.range_mps[1])
        high = np.minimum(high, top)
        off[:, 1] = np.clip((low - high) / np.maximum(low, 1e-3), 0.0, 10.0)
        ends, _ = along(paths, np.column_stack([start, end]))
        chord = ends[:, 1] - ends[:, 0]
        track = np.mod(np.degrees(np.arctan2(chord[:, 0], chord[:, 1])), 360.0)
        if demand.track_deg is not None:
            middle, half = 0.5 * sum(demand.track_deg), 0.5 * (demand.track_deg[1] - demand.track_deg[0])
            turned = np.mod(track - middle + 180.0, 360.0) - 180.0
            off[:, 2] = _beyond(turned, (-half, half)) / 90.0
        depth = np.zeros(len(x))
        # What misses by its length alone need not be measured for its depth.
        near = np.flatnonzero(leaves & ((off**2).sum(axis=1) < 4.0))
        if len(near):
            some = paths.take(near)
            depth[near] = deepest_m(self.figure, some, start[near], end[near])
            off[near, 3] = _beyond(depth[near], demand.depth_m) / max(demand.depth_m[0], 1.0, _finite(demand))
            if demand.place_xy is not None:
                apart = closest_m(some, start[near], end[near], demand.place_xy)
                off[near, 4] = _beyond(apart, demand.closest_m) / max(demand.closest_m[0], 1e3)
        miss = np.where(leaves, np.sqrt((off**2).sum(axis=1)), np.inf)
        return Fitting(paths, way, depth, low, high, track, start, miss, off)


def simple_as(parents: Floats, x: Floats) -> Floats:
    """Return points made as simple as others: what turns steadily goes on so, what is straight stays so."""
    found = x.copy()
    for k in (3, 4):
        found[:, k] = np.where(parents[:, k] == parents[:, k - 1], found[:, k - 1], found[:, k])
    found[:, BENDS] = np.where(parents[:, BENDS] == 0.0, 0.0, found[:, BENDS])
    return found


def together(a: Fitting, b: Fitting) -> Fitting:
    """Return the paths of both."""
    names = Fitting.__slots__[1:]
    paths = Paths(*(np.concatenate([getattr(p.paths, n) for p in (a, b)]) for n in Paths.__slots__))
    return Fitting(paths, *(np.concatenate([getattr(p, n) for p in (a, b)]) for n in names))


def _sequence(count: int, start: int = 1) -> Floats:
    """Return points (count, DIMENSIONS) of the sequence, from a place in it on."""
    root = 2.0
    for _ in range(40):
        root = (1.0 + root) ** (1.0 / (DIMENSIONS + 1))
    steps = root ** -np.arange(1.0, DIMENSIONS + 1)
    return np.mod(0.5 + np.arange(start, start + count)[:, None] * steps, 1.0)


def _speeds(demand: Demand, way_m: Floats) -> tuple[Floats, Floats]:
    """Return the least and the greatest speed at which each way fits: what it is off by is allowed for."""
    slack = 2.0 * demand.err_m
    low_m = np.maximum(np.maximum(way_m - slack, 0.0), demand.true_length_m[0])
    high_m = np.minimum(way_m + slack, demand.true_length_m[1])
    low_s, high_s = demand.duration_s
    low = np.maximum(low_m / high_s if high_s > 0 else np.inf, demand.speed_mps[0])
    high = np.minimum(high_m / low_s if low_s > 0 else np.inf, demand.speed_mps[1])
    return low, high


def _beyond(values: Floats, span: Range) -> Floats:
    """Return by how much values lie above an interval; below 0 where they lie under it."""
    found: Floats = np.maximum(values - span[1], 0.0) - np.maximum(span[0] - values, 0.0)
    return found


def _finite(demand: Demand) -> float:
    return demand.depth_m[1] if math.isfinite(demand.depth_m[1]) else 1.0
