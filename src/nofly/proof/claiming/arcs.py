"""Paths of up to three arcs through a figure: where they leave it, how long and how deep they are inside.

A path begins on the boundary, heads inwards, and turns steadily; after parts of its way it may turn
otherwise. What is flown inside may be only a part of the way through: where the zone is entered or left
through its floor or ceiling, or not left at all. Everything is done for many paths at once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nofly.proof.claiming.plane import Figure, Floats, depths_m

ARCS = 3
_STRAIGHT = 1e-8
"""A curvature (1/m) below which a path is straight."""
_AT_START_M = 0.02
POINTS = 25
NEARER = 5
"""So often the deepest point is looked for again, four times as finely."""
PEAKS = 6
"""Near so many points at most."""
_NEAR = np.linspace(-1.0, 1.0, 9)


@dataclass(frozen=True, slots=True)
class Paths:
    """n paths: entry (n, 2) in the plane, direction (radians anticlockwise from east), the curvature (1/m,
    positive to the left) of each arc (n, :data:`ARCS`), the way to the end of all arcs but the last
    (n, ARCS - 1), not decreasing; and which part of the way through the figure is flown inside the zone: from
    ``begun`` to ``ended``, 0 to 1 where it came in and went out through the boundary."""

    entry_xy: Floats
    direction_rad: Floats
    bends: Floats
    switches_m: Floats
    begun: Floats
    ended: Floats

    def __len__(self) -> int:
        return len(self.direction_rad)

    def take(self, rows: NDArray[np.intp] | slice) -> Paths:
        """Return some of the paths."""
        return Paths(*(getattr(self, name)[rows] for name in Paths.__slots__))


def along(paths: Paths, way_m: Floats) -> tuple[Floats, Floats]:
    """Return points (n, k, 2) and directions (n, k) at distances (n, k) along each path."""
    at = np.broadcast_to(paths.entry_xy[:, None], (*way_m.shape, 2))
    direction = np.broadcast_to(paths.direction_rad[:, None], way_m.shape)
    edges = np.column_stack([np.zeros(len(paths)), paths.switches_m, np.full(len(paths), np.inf)])
    for arc in range(ARCS):
        start, end = edges[:, arc, None], edges[:, arc + 1, None]
        flown = np.clip(way_m, start, end) - start
        if not flown.any():
            continue
        at, direction = _advanced(at, direction, paths.bends[:, arc, None], flown)
    return at, direction


def ways_m(paths: Paths, until_m: Floats) -> Floats:
    """Return how much of each arc (n, ARCS) is flown until ``until_m`` (n)."""
    ends = np.column_stack([paths.switches_m, np.full(len(paths), np.inf)])
    cut = np.minimum(ends, until_m[:, None])
    found: Floats = np.diff(np.column_stack([np.zeros(len(paths)), cut]), axis=1)
    return found


def _advanced(start: Floats, direction: Floats, bend: Floats, way_m: Floats) -> tuple[Floats, Floats]:
    turned = bend * way_m
    # The chord of an arc: sin(x)/x shortens it, and half of the turn is its direction.
    chord = way_m * np.sinc(0.5 * turned / np.pi)
    middle = direction + 0.5 * turned
    step = np.stack([chord * np.cos(middle), chord * np.sin(middle)], axis=-1)
    return start + step, direction + turned


def exits_m(figure: Figure, paths: Paths) -> Floats:
    """Return the way inside of each path until it first meets the boundary; inf where it never does."""
    found = np.full(len(paths), np.inf)
    start = np.zeros(len(paths))
    going = np.arange(len(paths))
    for arc in range(ARCS):
        some = paths.take(going)
        at, direction = along(some, start[going, None])
        hit = start[going] + _first_hit(figure.edges, at[:, 0], direction[:, 0], some.bends[:, arc])
        end = some.switches_m[:, arc] if arc < ARCS - 1 else np.full(len(some), np.inf)
        found[going] = np.where(hit <= end, hit, np.inf)
        start[going] = end
        going = going[hit > end]
        if not len(going):
            break
    return found


def _first_hit(edges: Floats, start: Floats, direction: Floats, bend: Floats) -> Floats:
    straight = np.abs(bend) < _STRAIGHT
    found = np.empty(len(direction))
    for rows, hit in ((np.flatnonzero(straight), _ray), (np.flatnonzero(~straight), _arc)):
        if len(rows):
            found[rows] = hit(edges, start[rows], direction[rows], bend[rows])
    return found


def _ray(edges: Floats, start: Floats, direction: Floats, bend: Floats) -> Floats:
    ux, uy = np.cos(direction)[:, None], np.sin(direction)[:, None]
    ax, ay = edges[:, 0] - start[:, :1], edges[:, 1] - start[:, 1:]
    dx, dy = edges[:, 2] - edges[:, 0], edges[:, 3] - edges[:, 1]
    across = ux * dy - uy * dx
    with np.errstate(divide="ignore", invalid="ignore"):
        way = (ax * dy - ay * dx) / across
        part = (ax * uy - ay * ux) / across
    meets = (part >= 0.0) & (part <= 1.0) & (way > _AT_START_M)
    found: Floats = np.where(meets, way, np.inf).min(axis=1)
    return found


def _arc(edges: Floats, start: Floats, direction: Floats, bend: Floats) -> Floats:
    radius = (1.0 / bend)[:, None]
    cx = start[:, :1] - radius * np.sin(direction)[:, None]
    cy = start[:, 1:] + radius * np.cos(direction)[:, None]
    begin = np.arctan2(start[:, 1:] - cy, start[:, :1] - cx)
    ax, ay = edges[:, 0] - cx, edges[:, 1] - cy
    dx, dy = edges[:, 2] - edges[:, 0], edges[:, 3] - edges[:, 1]
    a = np.maximum(dx * dx + dy * dy, 1e-12)
    b, c = ax * dx + ay * dy, ax * ax + ay * ay - radius * radius
    with np.errstate(invalid="ignore"):
        root = np.sqrt(b * b - a * c)
    least = np.full(len(direction), np.inf)
    for part in ((-b - root) / a, (-b + root) / a):
        # The circle meets few of the edges.
        path, edge = np.nonzero((part >= 0.0) & (part <= 1.0))
        at, r = part[path, edge], radius[path, 0]
        turn = np.arctan2(ay[path, edge] + at * dy[edge], ax[path, edge] + at * dx[edge]) - begin[path, 0]
        way = np.mod(turn * np.sign(r), 2.0 * np.pi) * np.abs(r)
        meets = (way > _AT_START_M) & (way < 2.0 * np.pi * np.abs(r) - _AT_START_M)
        np.minimum.at(least, path[meets], way[meets])
    return least


def deepest_m(figure: Figure, paths: Paths, from_m: Floats, until_m: Floats) -> Floats:
    """Return the largest distance from the boundary on each path between two distances (n) along it."""
    shares = np.broadcast_to(np.linspace(0.0, 1.0, POINTS), (len(paths), POINTS))
    depth = _depths_m(figure, paths, from_m, until_m, shares)
    lower = np.zeros(depth.shape, np.bool_)
    lower[:, 1:] = depth[:, 1:] < depth[:, :-1]
    lower[:, :-1] |= depth[:, :-1] < depth[:, 1:]
    depth[lower] = -np.inf
    reach_m = 0.5 * (until_m - from_m) / (POINTS - 1)
    found, rows = np.zeros(len(paths)), np.arange(len(paths))
    for _ in range(PEAKS):
        top = depth[rows].argmax(axis=1)
        # The depth changes by no more than the way flown: what is lower by more than that is not looked at.
        worth = depth[rows, top] + reach_m[rows] > found[rows]
        rows, top = rows[worth], top[worth]
        if not len(rows):
            break
        near = _peak_m(figure, paths.take(rows), from_m[rows], until_m[rows], shares[rows, top])
        found[rows] = np.maximum(found[rows], np.maximum(near, depth[rows, top]))
        depth[rows, top] = -np.inf
    return found


def _peak_m(figure: Figure, paths: Paths, from_m: Floats, until_m: Floats, share: Floats) -> Floats:
    """Return the largest depth near a share (n) of the way."""
    width, found, rows = 1.0 / (POINTS - 1), np.zeros(len(paths)), np.arange(len(paths))
    for _ in range(NEARER):
        at = np.clip(share[:, None] + width * _NEAR, 0.0, 1.0)
        depth = _depths_m(figure, paths, from_m, until_m, at)
        top = depth.argmax(axis=1)
        share, found = at[rows, top], np.maximum(found, depth[rows, top])
        width *= 0.25
    return found


def _depths_m(figure: Figure, paths: Paths, from_m: Floats, until_m: Floats, share: Floats) -> Floats:
    points, _ = along(paths, from_m[:, None] + share * (until_m - from_m)[:, None])
    return depths_m(figure.edges, points)


def closest_m(paths: Paths, from_m: Floats, until_m: Floats, place_xy: tuple[float, float]) -> Floats:
    """Return the least distance of each path from a place, between two distances (n) along it."""
    points, _ = along(paths, from_m[:, None] + np.linspace(0.0, 1.0, 65) * (until_m - from_m)[:, None])
    apart = points - np.array(place_xy)
    step = np.diff(apart, axis=1)
    length = np.maximum((step**2).sum(axis=2), 1e-12)
    share = np.clip(-(apart[:, :-1] * step).sum(axis=2) / length, 0.0, 1.0)
    near = apart[:, :-1] + share[..., None] * step
    found: Floats = np.hypot(near[..., 0], near[..., 1]).min(axis=1)
    return found
