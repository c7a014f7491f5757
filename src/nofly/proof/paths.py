"""Which paths through a zone fit what is stated: a search over entry, direction, turns and speed.

A path is one or two arcs flown at a steady speed (:mod:`nofly.proof.arcs`). Many are tried, spread evenly over
all that the class of aircraft can fly; the nearest are improved step by step, and from those that fit the
search goes on towards the slowest and the fastest. The numbers behind it are a fixed low-discrepancy sequence
(M. Roberts, "The unreasonable effectiveness of quasirandom sequences", 2018), so the same claim has the same
answer, in bounded time.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nofly.proof.arcs import Paths, along, closest_m, deepest_m, exits_m
from nofly.proof.arithmetic import Range
from nofly.proof.plane import Figure, Floats

FIRST_TRIES = 6144
ROUNDS = 9
PARENTS = 40
CHILDREN = 12
WIDENING_ROUNDS = 5
MOST_FITTING = 4000
NEAR_FRACTION = 0.02
"""A path that misses what is stated by less than this is too near for the search to say that none fits."""
_DIMENSIONS = 6
_CHUNK = 1024


@dataclass(frozen=True, slots=True)
class Demand:
    """What a path has to fit: intervals, the boundary's error and the plane's already allowed for."""

    length_m: Range
    depth_m: Range
    duration_s: Range
    speed_mps: Range
    turn_mps2: float
    err_m: float
    """95 %: how far the boundary may be off."""
    true_length_m: Range = (0.0, math.inf)
    """What is stated of the length itself, whatever the figure says."""
    track_deg: Range | None = None
    place_xy: tuple[float, float] | None = None
    closest_m: Range = (0.0, math.inf)
    left: bool = True

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
    miss: Floats

    def __len__(self) -> int:
        return len(self.miss)

    def take(self, rows: NDArray[np.intp]) -> Fitting:
        """Return some of the paths."""
        names = ("length_m", "depth_m", "low_mps", "high_mps", "track_deg", "miss")
        return Fitting(self.paths.take(rows), *(getattr(self, name)[rows] for name in names))


@dataclass(frozen=True, slots=True)
class Search:
    """What a search came to."""

    tried: int
    fitting: Fitting
    nearest: Fitting
    """The path that misses least; none where no path came back to the boundary."""

    @property
    def least_miss_fraction(self) -> float:
        """By how much the nearest path misses; infinity where there is none."""
        return float(self.nearest.miss[0]) if len(self.nearest) else math.inf


class _Space:
    """The paths of one figure as points of a space: way along the boundary, direction from the inward normal,
    the two curvatures, the place of the switch, the part of the way that is flown."""

    def __init__(self, figure: Figure, demand: Demand) -> None:
        self.figure, self.demand = figure, demand
        self.starts = np.concatenate([[0.0], np.cumsum(figure.lengths_m)])
        self.scale_m = min(demand.scale_m, 4.0 * self.starts[-1])
        slowest = max(demand.speed_mps[0], 1.0)
        self.most_bend = demand.turn_mps2 / slowest**2

    def spread(self, count: int) -> Floats:
        """Return points (count, 6) spread over the space; half of them begin near a corner, a third each are
        straight, turn steadily, or change their turn."""
        u = _sequence(count)
        perimeter = self.starts[-1]
        corner = self.starts[(u[:, 0] * 7919.0 % 1.0 * (len(self.starts) - 1)).astype(int)]
        off = self.scale_m * 10.0 ** (-3.0 * (u[:, 0] * 104729.0 % 1.0)) * np.where(u[:, 4] < 0.5, 1.0, -1.0)
        row = np.arange(count)
        x = np.empty((count, _DIMENSIONS))
        x[:, 0] = np.where(row % 2 == 0, u[:, 0] * perimeter, corner + off)
        x[:, 1] = (u[:, 1] - 0.5) * np.pi
        x[:, 2], x[:, 3] = (self._bends(u[:, k]) for k in (2, 3))
        x[row % 3 == 0, 2] = 0.0
        x[row % 3 != 2, 3] = x[row % 3 != 2, 2]
        x[:, 4] = u[:, 4] * self.scale_m
        x[:, 5] = u[:, 5]
        return x

    def _bends(self, u: Floats) -> Floats:
        """Return curvatures, their radii spread evenly in their logarithm, from the tightest turn on."""
        tightest_m = max(1.0 / max(self.most_bend, 1e-9), self.scale_m / 50.0)
        widest_m = max(40.0 * self.scale_m, 2.0 * tightest_m)
        size = np.abs(2.0 * u - 1.0)
        return np.sign(u - 0.5) / (tightest_m * (widest_m / tightest_m) ** size)

    def round(self, x: Floats, width: float, number: int) -> Floats:
        """Return CHILDREN points near each of some."""
        u = _sequence(len(x) * CHILDREN, 1 + 977 * number) - 0.5
        many = np.repeat(x, CHILDREN, axis=0)
        bend = 0.5 / self.scale_m
        size = np.column_stack([
            np.full(len(many), min(self.scale_m, self.starts[-1])), np.full(len(many), 2.0),
            2.0 * np.abs(many[:, 2]) + bend, 2.0 * np.abs(many[:, 3]) + bend,
            np.full(len(many), self.scale_m), np.full(len(many), 1.0),
        ])  # fmt: skip
        steady = many[:, 2] == many[:, 3]
        straight = steady & (many[:, 2] == 0.0)
        moved = many + 2.0 * width * size * u
        # Two of three children keep what is simple about their parent.
        keep = np.arange(len(many)) % 3 != 0
        moved[:, 3] = np.where(steady & keep, moved[:, 2], moved[:, 3])
        moved[straight & keep, 2:4] = 0.0
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
        bends = np.clip(x[:, 2:4], -self.most_bend, self.most_bend)
        flown = np.ones(len(x)) if self.demand.left else np.clip(x[:, 5], 0.01, 1.0)
        return Paths(entry, inward + angle, bends[:, 0], bends[:, 1], np.maximum(x[:, 4], 0.0), flown)

    def measured(self, x: Floats) -> Fitting:
        """Return the paths of some points with their measures; those that never leave miss by infinity."""
        parts = [self._measured(x[k : k + _CHUNK]) for k in range(0, len(x), _CHUNK)]
        paths = Paths(*(np.concatenate([getattr(p.paths, n) for p in parts]) for n in Paths.__slots__))
        return Fitting(
            paths, *(np.concatenate([getattr(p, n) for p in parts]) for n in Fitting.__slots__[1:])
        )

    def _measured(self, x: Floats) -> Fitting:
        demand, paths = self.demand, self.paths(x)
        through = exits_m(self.figure, paths) * paths.flown
        n = len(x)
        miss = np.where(np.isfinite(through), 0.0, np.inf)
        way = np.where(np.isfinite(through), through, 0.0)
        miss += (_beyond(way, demand.length_m) / np.maximum(way, 1.0)) ** 2
        low, high = _speeds(demand, way)
        bend = np.maximum(np.abs(paths.bend), np.where(way > paths.switch_m, np.abs(paths.later_bend), 0.0))
        with np.errstate(divide="ignore"):
            high = np.minimum(high, np.sqrt(demand.turn_mps2 / bend))
        miss += np.maximum(0.0, (low - high) / np.maximum(low, 1e-3)) ** 2
        ends, _ = along(paths, way[:, None])
        chord = ends[:, 0] - paths.entry_xy
        track = np.mod(np.degrees(np.arctan2(chord[:, 0], chord[:, 1])), 360.0)
        if demand.track_deg is not None:
            middle, half = 0.5 * sum(demand.track_deg), 0.5 * (demand.track_deg[1] - demand.track_deg[0])
            off = np.abs(np.mod(track - middle + 180.0, 360.0) - 180.0)
            miss += (np.maximum(0.0, off - half) / 90.0) ** 2
        depth = np.zeros(n)
        # What misses by its length alone need not be measured for its depth.
        near = np.flatnonzero(miss < 4.0)
        if len(near):
            some = paths.take(near)
            depth[near] = deepest_m(self.figure, some, way[near])
            size_m = max(demand.depth_m[0], 1.0, _finite(demand))
            miss[near] += (_beyond(depth[near], demand.depth_m) / size_m) ** 2
            if demand.place_xy is not None:
                off = closest_m(some, way[near], demand.place_xy)
                miss[near] += (_beyond(off, demand.closest_m) / max(demand.closest_m[0], 1.0)) ** 2
        return Fitting(paths, way, depth, low, high, track, np.sqrt(miss))


def search(figure: Figure, demand: Demand, effort_fraction: float = 1.0) -> Search:
    """Return the paths through a figure that fit, and the nearest one; ``effort_fraction`` of the tries."""
    space = _Space(figure, demand)
    x = space.spread(max(600, int(FIRST_TRIES * effort_fraction)))
    found = space.measured(x)
    x, found = _best(x, found, MOST_FITTING)
    tried = len(x)
    width = 0.25
    for number in range(ROUNDS):
        young = space.round(x[: max(4, int(PARENTS * min(1.0, 2 * effort_fraction)))], width, number)
        x, found, tried = _joined(space, x, found, young, tried)
        width *= 0.5
    for number in range(WIDENING_ROUNDS if found.miss[0] == 0.0 else 0):
        fits = np.flatnonzero(found.miss == 0.0)
        ends = [fits[np.argsort(found.low_mps[fits])[:8]], fits[np.argsort(-found.high_mps[fits])[:8]]]
        ends += [fits[np.argsort(found.track_deg[fits])[:4]], fits[np.argsort(-found.track_deg[fits])[:4]]]
        young = space.round(x[np.concatenate(ends)], 0.2 * 0.6**number, 100 + number)
        x, found, tried = _joined(space, x, found, young, tried)
    fits = np.flatnonzero(found.miss == 0.0)
    back = np.flatnonzero(np.isfinite(found.miss[:1]))
    return Search(tried, found.take(fits), found.take(back))


def _joined(
    space: _Space, x: Floats, found: Fitting, young: Floats, tried: int
) -> tuple[Floats, Fitting, int]:
    more = space.measured(young)
    names = Fitting.__slots__[1:]
    paths = Paths(*(np.concatenate([getattr(p.paths, n) for p in (found, more)]) for n in Paths.__slots__))
    whole = Fitting(paths, *(np.concatenate([getattr(p, n) for p in (found, more)]) for n in names))
    x, found = _best(np.vstack([x, young]), whole, MOST_FITTING)
    return x, found, tried + len(young)


def _best(x: Floats, found: Fitting, most: int) -> tuple[Floats, Fitting]:
    """Return the points that miss least, in that order; where more fit than are kept, the slowest and the
    fastest of them and evenly some between."""
    order = np.argsort(found.miss, kind="stable")
    fits = int((found.miss == 0.0).sum())
    if fits > most:
        by_speed = order[:fits][np.lexsort((found.high_mps[order[:fits]], found.low_mps[order[:fits]]))]
        fastest = by_speed[np.argsort(-found.high_mps[by_speed], kind="stable")[: most // 8]]
        evenly = by_speed[np.linspace(0, fits - 1, most - 2 * (most // 8)).astype(int)]
        order = np.unique(np.concatenate([by_speed[: most // 8], fastest, evenly]))
    order = order[:most]
    return x[order], found.take(order)


def _sequence(count: int, start: int = 1) -> Floats:
    """Return points (count, 6) of the sequence, from a place in it on."""
    root = 2.0
    for _ in range(40):
        root = (1.0 + root) ** (1.0 / (_DIMENSIONS + 1))
    steps = root ** -np.arange(1.0, _DIMENSIONS + 1)
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
    """Return by how much values lie outside of an interval."""
    found: Floats = np.maximum(np.maximum(span[0] - values, values - span[1]), 0.0)
    return found


def _finite(demand: Demand) -> float:
    return demand.depth_m[1] if math.isfinite(demand.depth_m[1]) else 1.0
