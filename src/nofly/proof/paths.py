"""Which paths through a zone fit what is stated: a search over entry, direction, turns and speed.

A path is one or two arcs flown at a steady speed (:mod:`nofly.proof.arcs`). Many are tried, spread evenly over
all that the class of aircraft can fly; the nearest are improved step by step, and from those that fit the
search goes on towards the slowest and the fastest. The numbers behind it are a fixed low-discrepancy sequence
(M. Roberts, "The unreasonable effectiveness of quasirandom sequences", 2018), so the same claim has the same
answer, in bounded time.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from nofly.proof.arcs import Paths, along, closest_m, deepest_m, exits_m
from nofly.proof.arithmetic import Range, both, product
from nofly.proof.plane import Figure, Floats

FIRST_TRIES = 6144
ROUNDS = 9
PARENTS = 120
ENTRIES, ALIKE = 16, 2
"""Of parents that enter in the same sixteenth of the boundary in the same direction, so many at most."""
CHILDREN = 12
WIDENING_ROUNDS = 8
WIDENING = (0.2, 0.07, 0.02, 0.005)
APPROACHES = 10
SLOPE_STEP = 1e-3
LEAST_APPROACHED = 0.75
"""A search of less effort than this leaves that out."""
PRESSES = 6
PRESS_FACTORS = (1.02, 1.25)
"""How much faster or slower than what was found the search goes on, at least and at most."""
PRESS_FRACTION = 0.3
SEEDS = 200
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
    off: Floats
    """(n, 5): by how much each misses the length, the speed, the track, the depth, the closest distance; below
    0 where it is too little."""

    def __len__(self) -> int:
        return len(self.miss)

    def take(self, rows: NDArray[np.intp]) -> Fitting:
        """Return some of the paths."""
        names = Fitting.__slots__[1:]
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
        self.scale_m = min(demand.scale_m, 3.0 * figure.reach_m)
        self.least_m = max(min(demand.length_m[0], self.scale_m), self.scale_m / 100.0)
        slowest = max(demand.speed_mps[0], 1.0)
        self.most_bend = demand.turn_mps2 / slowest**2

    def spread(self, count: int) -> Floats:
        """Return points (count, 6) spread over the space; half of them begin near a corner, a third each are
        straight, turn steadily, or change their turn."""
        u = _sequence(count)
        perimeter = self.starts[-1]
        corner = self.starts[(u[:, 0] * 7919.0 % 1.0 * (len(self.starts) - 1)).astype(int)]
        # A length that is left open is tried at every size.
        size_m = self.least_m * (self.scale_m / self.least_m) ** (u[:, 5] * 15485863.0 % 1.0)
        off = size_m * 10.0 ** (-3.0 * (u[:, 0] * 104729.0 % 1.0)) * np.where(u[:, 4] < 0.5, 1.0, -1.0)
        row = np.arange(count)
        x = np.empty((count, _DIMENSIONS))
        x[:, 0] = np.where(row % 2 == 0, u[:, 0] * perimeter, corner + off)
        x[:, 1] = (u[:, 1] - 0.5) * np.pi
        x[:, 2], x[:, 3] = (self._bends(u[:, k], size_m) for k in (2, 3))
        x[row % 3 == 0, 2] = 0.0
        x[row % 3 != 2, 3] = x[row % 3 != 2, 2]
        x[:, 4] = u[:, 4] * size_m
        x[:, 5] = u[:, 5]
        return x

    def _bends(self, u: Floats, size_m: Floats) -> Floats:
        """Return curvatures for ways of some sizes, their radii spread evenly in their logarithm, from the
        tightest turn on."""
        tightest_m = np.maximum(1.0 / max(self.most_bend, 1e-9), size_m / 50.0)
        widest_m = np.maximum(40.0 * size_m, 2.0 * tightest_m)
        part = np.abs(2.0 * u - 1.0)
        found: Floats = np.sign(u - 0.5) / (tightest_m * (widest_m / tightest_m) ** part)
        return found

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
        found = self._measured(x[:_CHUNK])
        for k in range(_CHUNK, len(x), _CHUNK):
            found = _together(found, self._measured(x[k : k + _CHUNK]))
        return found

    def _measured(self, x: Floats) -> Fitting:
        demand, paths = self.demand, self.paths(x)
        through = exits_m(self.figure, paths) * paths.flown
        leaves = np.isfinite(through)
        way = np.where(leaves, through, 0.0)
        off = np.zeros((len(x), 5))
        off[:, 0] = _beyond(way, demand.length_m) / np.maximum(way, 1.0)
        low, high = _speeds(demand, way)
        bend = np.maximum(np.abs(paths.bend), np.where(way > paths.switch_m, np.abs(paths.later_bend), 0.0))
        with np.errstate(divide="ignore"):
            high = np.minimum(high, np.sqrt(demand.turn_mps2 / bend))
        off[:, 1] = np.clip((low - high) / np.maximum(low, 1e-3), 0.0, 10.0)
        ends, _ = along(paths, way[:, None])
        chord = ends[:, 0] - paths.entry_xy
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
            depth[near] = deepest_m(self.figure, some, way[near])
            off[near, 3] = _beyond(depth[near], demand.depth_m) / max(demand.depth_m[0], 1.0, _finite(demand))
            if demand.place_xy is not None:
                apart = closest_m(some, way[near], demand.place_xy)
                off[near, 4] = _beyond(apart, demand.closest_m) / max(demand.closest_m[0], 1e3)
        miss = np.where(leaves, np.sqrt((off**2).sum(axis=1)), np.inf)
        return Fitting(paths, way, depth, low, high, track, miss, off)


def search(figure: Figure, demand: Demand, effort_fraction: float = 1.0) -> Search:
    """Return the paths through a figure that fit, and the nearest one; ``effort_fraction`` of the tries.

    Where some fit, the search is begun anew for slower and for faster ones than were found, until none is.
    """
    x, found, tried = _improved(_Space(figure, demand), effort_fraction, np.zeros((0, _DIMENSIONS)))
    back = found.take(np.flatnonzero(np.isfinite(found.miss[:1])))
    rows = np.flatnonzero(found.miss == 0.0)
    x, fits = x[rows], found.take(rows)
    for faster in (True, False) if len(fits) else ():
        failed = 0
        for _ in range(PRESSES):
            speed = both(_beyond_found(fits, faster), demand.speed_mps)
            if speed[0] >= speed[1] or failed == 2:
                break
            # From what was found, and from anywhere: either alone may be caught on the wrong side of a bend.
            ends = np.argsort(-fits.high_mps if faster else fits.low_mps, kind="stable")[:SEEDS]
            seeds = x[ends if failed == 0 else ends[:0]]
            pressed = _Space(figure, _pressed(demand, speed))
            effort = effort_fraction * (PRESS_FRACTION if len(seeds) else 1.0)
            more_x, more, tries = _improved(pressed, effort, seeds)
            tried += tries
            rows = np.flatnonzero(more.miss == 0.0)
            failed = 0 if len(rows) else failed + 1
            x, fits = np.vstack([x, more_x[rows]]), _together(fits, more.take(rows))
    return Search(tried, fits, back)


def _beyond_found(fits: Fitting, faster: bool) -> Range:
    """Return the speeds next to those that were found, on one side."""
    near, far = PRESS_FACTORS
    low, high = float(fits.low_mps.min()), float(fits.high_mps.max())
    return (high * near, high * far) if faster else (low / far, low / near)


def _pressed(demand: Demand, speed_mps: Range) -> Demand:
    """Return a demand for other speeds: its length is narrowed by them."""
    low_m, high_m = product(speed_mps, demand.duration_s)
    slack_m = 2.0 * demand.err_m
    length = both(demand.length_m, (low_m - slack_m, high_m + slack_m))
    return replace(demand, speed_mps=speed_mps, length_m=length)


def _improved(space: _Space, effort_fraction: float, seeds: Floats) -> tuple[Floats, Fitting, int]:
    """Return points and their paths by how much they miss, after some rounds of improvement, and how many
    were tried; ``seeds`` are points to begin from besides those that are spread."""
    x = np.vstack([space.spread(max(600, int(FIRST_TRIES * effort_fraction))), seeds])
    tried = len(x)
    x, found = _best(x, space.measured(x), MOST_FITTING)
    width = 0.25
    for number in range(ROUNDS):
        parents = _varied(space, x, found, max(8, int(PARENTS * min(1.0, 2.0 * effort_fraction))))
        x, found, tried = _joined(space, x, found, space.round(x[parents], width, number), tried)
        width *= 0.5
    if found.miss[0] > 0.0 and not len(seeds) and effort_fraction >= LEAST_APPROACHED:
        x, found, tried = approached(space, x, found, tried)
    for number in range(WIDENING_ROUNDS if found.miss[0] == 0.0 else 0):
        fits = np.flatnonzero(found.miss == 0.0)
        ends = [fits[np.argsort(key, kind="stable")[:6]] for key in (
            found.low_mps[fits], -found.high_mps[fits], found.track_deg[fits], -found.track_deg[fits]
        )]  # fmt: skip
        young = space.round(x[np.concatenate(ends)], WIDENING[number % len(WIDENING)], 100 + number)
        x, found, tried = _joined(space, x, found, young, tried)
    return x, found, tried


def _varied(space: _Space, x: Floats, found: Fitting, most: int) -> NDArray[np.intp]:
    """Return rows that miss least, of different kinds: by where they enter, the direction and the turns."""
    entry = np.floor(np.mod(x[:, 0] / space.starts[-1], 1.0) * ENTRIES)
    turns = np.sign(x[:, 2]) * 3 + np.sign(x[:, 3])
    kind = (entry * 8 + np.round(found.track_deg / 45.0) % 8) * 16 + turns
    taken: Counter[float] = Counter()
    rows: list[int] = []
    for row, of in enumerate(kind.tolist()):
        if taken[of] < ALIKE and math.isfinite(found.miss[row]):
            taken[of] += 1
            rows.append(row)
        if len(rows) == most:
            break
    return np.array(rows, np.intp)


def _together(a: Fitting, b: Fitting) -> Fitting:
    names = Fitting.__slots__[1:]
    paths = Paths(*(np.concatenate([getattr(p.paths, n) for p in (a, b)]) for n in Paths.__slots__))
    return Fitting(paths, *(np.concatenate([getattr(p, n) for p in (a, b)]) for n in names))


def approached(
    space: _Space, x: Floats, found: Fitting, tried: int
) -> tuple[Floats, Fitting, int]:
    """Return the points with the best of them brought nearer to a fit by damped least squares (D. W. Marquardt,
    J. SIAM 11, 1963), the slopes taken by differences."""
    rows = _varied(space, x, found, PARENTS)
    at, here = x[rows], found.take(rows)
    damping = np.full(len(rows), 1e-2)
    unit = np.array([space.scale_m, 1.0, 1.0 / space.scale_m, 1.0 / space.scale_m])
    for _ in range(APPROACHES):
        slopes = []
        for k in range(4):
            moved = at.copy()
            moved[:, k] += SLOPE_STEP * unit[k]
            if k == 2:
                # A steady turn stays one.
                moved[:, 3] = np.where(at[:, 2] == at[:, 3], moved[:, 2], moved[:, 3])
            there = space.measured(moved)
            slopes.append((there.off - here.off) / SLOPE_STEP)
        slope = np.stack(slopes, axis=2)
        slope = np.where(np.isfinite(slope), slope, 0.0)
        slope[at[:, 2] == at[:, 3], :, 3] = 0.0
        square = np.einsum("nij,nik->njk", slope, slope)
        pull = np.einsum("nij,ni->nj", slope, here.off)
        square[:, range(4), range(4)] += damping[:, None] * (square[:, range(4), range(4)] + 1e-6)
        step = np.clip(-np.linalg.solve(square, pull[..., None])[..., 0], -0.3, 0.3)
        moved = at.copy()
        moved[:, :4] += step * unit
        moved[:, 3] = np.where(at[:, 2] == at[:, 3], moved[:, 2], moved[:, 3])
        there = space.measured(moved)
        tried += 5 * len(at)
        better = there.miss < here.miss
        damping = np.where(better, damping * 0.3, damping * 8.0)
        at = np.where(better[:, None], moved, at)
        here = _chosen(better, there, here)
    x, found = _best(np.vstack([x, at]), _together(found, here), MOST_FITTING)
    return x, found, tried


def _chosen(first: NDArray[np.bool_], a: Fitting, b: Fitting) -> Fitting:
    """Return the paths of one where it says so, else of the other."""
    whole = _together(a, b)
    return whole.take(np.where(first, np.arange(len(a)), len(a) + np.arange(len(b))))


def _joined(
    space: _Space, x: Floats, found: Fitting, young: Floats, tried: int
) -> tuple[Floats, Fitting, int]:
    whole = _together(found, space.measured(young))
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
    """Return by how much values lie above an interval; below 0 where they lie under it."""
    found: Floats = np.maximum(values - span[1], 0.0) - np.maximum(span[0] - values, 0.0)
    return found


def _finite(demand: Demand) -> float:
    return demand.depth_m[1] if math.isfinite(demand.depth_m[1]) else 1.0
