"""The turning points of bodies, made when they are asked for, and which ways between them touch a corner.

A body that has nothing else in its convex hull is gone round by the hull: a way into a bay and out again is
longer than past it. Otherwise all its corners may matter.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from nofly.whatif.corners import BESIDE_M, turning_points
from nofly.whatif.hulls import apart, hull, planes
from nofly.whatif.obstacles import Obstacles
from nofly.whatif.sight import Bodies, Sight
from nofly.whatif.sphere import EARTH_M, Place, places
from nofly.whatif.thinning import thinned
from nofly.whatif.ways import Ways

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]

SLACK = 0.004
"""A geodesic leaves the plane through its ends by at most so many radians: allowed where a way is asked
whether it touches a corner."""


class Turning:
    """Turning points of bodies whose outlines are thinned by a tolerance, numbered from 0."""

    def __init__(self, obstacles: Obstacles, sight: Sight, tolerance_m: float) -> None:
        self._obstacles, self._sight, self._tolerance_m = obstacles, sight, tolerance_m
        self._beyond = 3.0 * (BESIDE_M + tolerance_m) / EARTH_M
        self.ways = Ways(sight)
        self._hulls: dict[int, tuple[Floats, Floats] | None] = {}
        self._apart: dict[tuple[int, int], bool] = {}
        self._points: dict[tuple[int, bool], Whole] = {}
        self.lat_deg = np.zeros(0)
        self.lon_deg = np.zeros(0)
        self.at = np.zeros((0, 3))
        self._before = np.zeros((0, 3))
        self._after = np.zeros((0, 3))
        self._inside: list[Bodies] = []
        self._following: list[int] = []
        self._body: list[int] = []

    def __len__(self) -> int:
        return len(self.lat_deg)

    def place(self, point: int) -> Place:
        """Return (lat_deg, lon_deg) of a turning point."""
        return float(self.lat_deg[point]), float(self.lon_deg[point])

    def alone(self, body: int, others: Iterable[int], ends: Floats) -> bool:
        """Return whether a body has a hull, and neither the ends (directions) nor other bodies reach in."""
        found = self._hull(body)
        if found is None or not ((found[1] @ ends.T).min(axis=0) <= -self._beyond).all():
            return False
        return all(other == body or self._are_apart(body, other) for other in others)

    def points(self, body: int, whole: bool) -> Whole:
        """Return the turning points of a body: of its whole outline, or of its hull."""
        found = self._points.get((body, whole))
        if found is None:
            found = self._points[body, whole] = self._made(body, whole)
        return found

    def touching(self, direction: Floats, points: Whole) -> NDArray[np.bool_]:
        """Return which turning points a way to or from a direction (3) touches their corner at."""
        return _one_side(self._before[points] @ direction, self._after[points] @ direction,
                         self.at[points] @ direction)  # fmt: skip

    def onward(self, point: int, came: Floats, points: Whole) -> NDArray[np.bool_]:
        """Return to which turning points a way that comes from a direction (3) may go on: it turns towards
        the body, along its corner, and touches another. A shortest way does nothing else."""
        here, to = self.at[point], self.at[points]
        left = 1.0 if self._after[point] @ came >= self._before[point] @ came else -1.0
        slack = SLACK * _sine(to @ here)
        found: NDArray[np.bool_] = left * (to @ _cross(came, here)) >= -slack
        found &= left * (to @ self._before[point]) >= -slack
        found &= left * (to @ self._after[point]) <= slack
        found &= self.touching(here, points)
        return found

    def beside(self, point: int, other: int) -> bool:
        """Return whether two turning points follow one another round the hull of one body."""
        return self._following[point] == other or self._following[other] == point

    def body(self, point: int) -> int:
        """Return the body that a turning point is a corner of."""
        return self._body[point]

    def inside(self, point: int) -> Bodies:
        """Return the bodies that a turning point lies in."""
        return self._inside[point]

    def _hull(self, body: int) -> tuple[Floats, Floats] | None:
        """Return the corners of the hull of a body, and the normals of its sides."""
        if body not in self._hulls:
            ring = hull(np.concatenate(self._obstacles.rings[body]))
            self._hulls[body] = None if ring is None else (ring, planes(ring))
        return self._hulls[body]

    def _are_apart(self, body: int, other: int) -> bool:
        key = (min(body, other), max(body, other))
        found = self._apart.get(key)
        if found is None:
            one, two = self._hull(body), self._hull(other)
            # What is too wide to have a hull is not looked at closer.
            found = one is not None and two is not None
            if one is not None and two is not None:
                found = apart(one[1], two[0], self._beyond) or apart(two[1], one[0], self._beyond)
            self._apart[key] = found
        return found

    def _made(self, body: int, whole: bool) -> Whole:
        found = self._hull(body)
        rings = self._obstacles.rings[body] if whole or found is None else (found[0],)
        made = [turning_points(thinned(each, self._tolerance_m)) for each in rings]
        at, before, after = (np.concatenate(column) for column in zip(*made, strict=True))
        lat, lon = places(at)
        inside = self._sight.inside(lat, lon)
        own = np.array([body not in bodies for bodies in inside], bool)
        first = len(self)
        self._inside += [bodies for bodies, free in zip(inside, own.tolist(), strict=True) if free]
        numbers = np.arange(first, first + int(own.sum()))
        # Round a hull a way from one to the next is free of the body; of an outline that is not sure.
        round_hull = not whole and bool(own.all())
        self._following += np.roll(numbers, -1).tolist() if round_hull else [-1] * len(numbers)
        self._body += [body] * len(numbers)
        at = at[own]
        self.lat_deg = np.concatenate([self.lat_deg, lat[own]])
        self.lon_deg = np.concatenate([self.lon_deg, lon[own]])
        self.at = np.concatenate([self.at, at])
        # The side of a tangent that a direction d is on: d · (at × tangent), for every way between the two.
        self._before = np.concatenate([self._before, np.cross(at, before[own])])
        self._after = np.concatenate([self._after, np.cross(at, after[own])])
        return numbers


def _one_side(before: Floats, after: Floats, cosine: Floats) -> NDArray[np.bool_]:
    """Return whether ways leave both sides of a corner on one side of them."""
    close = np.minimum(np.abs(before), np.abs(after)) <= SLACK * _sine(cosine)
    found: NDArray[np.bool_] = (before * after <= 0.0) | close
    return found


def _sine(cosine: Floats) -> Floats:
    found: Floats = np.sqrt(np.maximum(1.0 - cosine * cosine, 0.0))
    return found


def _cross(a: Floats, b: Floats) -> Floats:
    (ax, ay, az), (bx, by, bz) = a.tolist(), b.tolist()
    return np.array([ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx])
