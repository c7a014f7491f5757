"""Which paths through a zone fit what is stated: a search over entry, direction, turns and speed.

A path is up to three arcs (:mod:`nofly.proof.claiming.arcs`), flown slower in its bends
(:mod:`nofly.proof.claiming.fastest`). Many are tried, spread
evenly over all that the class of aircraft can fly; the nearest are improved step by step, and from those that
fit the search goes on towards the slowest and the fastest. It takes bounded time, and the same claim has the
same answer.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from nofly.proof.claiming.arithmetic import Range, both, product
from nofly.proof.claiming.path_space import (
    BENDS,
    DIMENSIONS,
    Demand,
    Fitting,
    Space,
    simple_as,
    together,
)
from nofly.proof.claiming.plane import Figure, Floats

FIRST_TRIES = 6144
ROUNDS = 9
PARENTS = 120
ENTRIES, ALIKE = 16, 2
"""Of parents that enter in the same sixteenth of the boundary in the same direction, so many at most."""
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


def search(figure: Figure, demand: Demand, effort_fraction: float = 1.0) -> Search:
    """Return the paths through a figure that fit, and the nearest one; ``effort_fraction`` of the tries.

    Where some fit, the search is begun anew for slower and for faster ones than were found, until none is.
    """
    x, found, tried = _improved(Space(figure, demand), effort_fraction, np.zeros((0, DIMENSIONS)))
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
            pressed = Space(figure, _pressed(demand, speed))
            effort = effort_fraction * (PRESS_FRACTION if len(seeds) else 1.0)
            more_x, more, tries = _improved(pressed, effort, seeds)
            tried += tries
            rows = np.flatnonzero(more.miss == 0.0)
            failed = 0 if len(rows) else failed + 1
            x, fits = np.vstack([x, more_x[rows]]), together(fits, more.take(rows))
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


def _improved(space: Space, effort_fraction: float, seeds: Floats) -> tuple[Floats, Fitting, int]:
    """Return points and their paths by how much they miss, after some rounds of improvement, and how many
    were tried; ``seeds`` are points to begin from besides those that are spread."""
    x = np.vstack([space.spread(max(600, int(FIRST_TRIES * effort_fraction))), seeds])
    tried = len(x)
    x, found = _best(x, space.measured(x), MOST_FITTING)
    width = 0.25
    for number in range(ROUNDS):
        parents = _varied(space, x, found, max(8, int(PARENTS * min(1.0, 2.0 * effort_fraction))))
        x, found, tried = _joined(space, x, found, space.near(x[parents], width, number), tried)
        width *= 0.5
    if found.miss[0] > 0.0 and not len(seeds) and effort_fraction >= LEAST_APPROACHED:
        x, found, tried = approached(space, x, found, tried)
    for number in range(WIDENING_ROUNDS if found.miss[0] == 0.0 else 0):
        fits = np.flatnonzero(found.miss == 0.0)
        ends = [fits[np.argsort(key, kind="stable")[:6]] for key in (
            found.low_mps[fits], -found.high_mps[fits], found.track_deg[fits], -found.track_deg[fits]
        )]  # fmt: skip
        young = space.near(x[np.concatenate(ends)], WIDENING[number % len(WIDENING)], 100 + number)
        x, found, tried = _joined(space, x, found, young, tried)
    return x, found, tried


def _varied(space: Space, x: Floats, found: Fitting, most: int) -> NDArray[np.intp]:
    """Return rows that miss least, of different kinds: by where they enter, the direction and the turns."""
    entry = np.floor(np.mod(x[:, 0] / space.starts[-1], 1.0) * ENTRIES)
    turns = np.sign(x[:, BENDS]) @ np.array([9.0, 3.0, 1.0])
    kind = (entry * 8 + np.round(found.track_deg / 45.0) % 8) * 32 + turns
    taken: Counter[float] = Counter()
    rows: list[int] = []
    for row, of in enumerate(kind.tolist()):
        if taken[of] < ALIKE and math.isfinite(found.miss[row]):
            taken[of] += 1
            rows.append(row)
        if len(rows) == most:
            break
    return np.array(rows, np.intp)


def approached(space: Space, x: Floats, found: Fitting, tried: int) -> tuple[Floats, Fitting, int]:
    """Return the points with the best of them brought nearer to a fit by damped least squares (D. W.
    Marquardt, J. SIAM 11, 1963), the slopes taken by differences."""
    rows = _varied(space, x, found, PARENTS)
    at, here = x[rows], found.take(rows)
    damping = np.full(len(rows), 1e-2)
    unit = np.array([space.scale_m, 1.0, *[1.0 / space.scale_m] * 3, *[space.scale_m] * 2])
    axes = len(unit)
    for _ in range(APPROACHES):
        slopes = []
        for k in range(axes):
            moved = at.copy()
            moved[:, k] += SLOPE_STEP * unit[k]
            if k == 2:
                moved = simple_as(at, moved)
            there = space.measured(moved)
            slopes.append((there.off - here.off) / SLOPE_STEP)
        slope = np.stack(slopes, axis=2)
        slope = np.where(np.isfinite(slope), slope, 0.0)
        for k in (3, 4):
            slope[at[:, k] == at[:, k - 1], :, k] = 0.0
        square = np.einsum("nij,nik->njk", slope, slope)
        pull = np.einsum("nij,ni->nj", slope, here.off)
        own = square[:, range(axes), range(axes)]
        square[:, range(axes), range(axes)] += damping[:, None] * (own + 1e-6)
        step = np.clip(-np.linalg.solve(square, pull[..., None])[..., 0], -0.3, 0.3)
        moved = at.copy()
        moved[:, :axes] += step * unit
        moved = simple_as(at, moved)
        there = space.measured(moved)
        tried += (axes + 1) * len(at)
        better = there.miss < here.miss
        damping = np.where(better, damping * 0.3, damping * 8.0)
        at = np.where(better[:, None], moved, at)
        here = _chosen(better, there, here)
    x, found = _best(np.vstack([x, at]), together(found, here), MOST_FITTING)
    return x, found, tried


def _chosen(first: NDArray[np.bool_], a: Fitting, b: Fitting) -> Fitting:
    """Return the paths of one where it says so, else of the other."""
    whole = together(a, b)
    return whole.take(np.where(first, np.arange(len(a)), len(a) + np.arange(len(b))))


def _joined(
    space: Space, x: Floats, found: Fitting, young: Floats, tried: int
) -> tuple[Floats, Fitting, int]:
    whole = together(found, space.measured(young))
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
