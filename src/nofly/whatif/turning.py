"""The turning points of bodies, made when they are asked for, and which ways between them touch a corner.

A body that has nothing else in its convex hull is gone round by the hull: a way into a bay and out again is
longer than past it. Otherwise all its corners may matter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nofly.whatif.corners import BESIDE_M, turning_points
from nofly.whatif.hulls import apart, hull, outside
from nofly.whatif.obstacles import Obstacles
from nofly.whatif.sight import Bodies, Sight
from nofly.whatif.sphere import EARTH_M, Place, places
from nofly.whatif.thinning import thinned

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
        self._hulls: dict[int, Floats | None] = {}
        self._apart: dict[tuple[int, int], bool] = {}
        self._points: dict[tuple[int, bool], Whole] = {}
        self._crossed: dict[tuple[int, int], Bodies] = {}
        self.lat_deg = np.zeros(0)
        self.lon_deg = np.zeros(0)
        self.at = np.zeros((0, 3))
        self._before = np.zeros((0, 3))
        self._after = np.zeros((0, 3))
        self._inside: list[Bodies] = []

    def __len__(self) -> int:
        return len(self.lat_deg)

    def place(self, point: int) -> Place:
        """Return (lat_deg, lon_deg) of a turning point."""
        return float(self.lat_deg[point]), float(self.lon_deg[point])

    def alone(self, body: int, others: Bodies, ends: Floats) -> bool:
        """Return whether a body has a hull, and neither the ends (directions) nor other bodies reach in."""
        ring = self._hull(body)
        if ring is None or not all(outside(ring, end, self._beyond) for end in ends):
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

    def onward(self, point: int, points: Whole) -> NDArray[np.bool_]:
        """Return to which turning points a way may go on that touches both corners."""
        to = self.at[points]
        touches = self.touching(self.at[point], points)
        touches &= _one_side(to @ self._before[point], to @ self._after[point], to @ self.at[point])
        return touches

    def crossed(self, point: int, other: int) -> Bodies:
        """Return the bodies that the way between two turning points runs through."""
        # One geodesic has one answer, whichever way it is asked.
        key = (min(point, other), max(point, other))
        found = self._crossed.get(key)
        if found is None:
            across = self._sight.across(self.place(key[0]), self.place(key[1]))
            found = self._crossed[key] = across | self._inside[point] | self._inside[other]
        return found

    def inside(self, point: int) -> Bodies:
        """Return the bodies that a turning point lies in."""
        return self._inside[point]

    def block(self, point: int, other: int, bodies: Bodies) -> None:
        """Take note that the way between two turning points runs through bodies."""
        self._crossed[min(point, other), max(point, other)] = self.crossed(point, other) | bodies

    def _hull(self, body: int) -> Floats | None:
        if body not in self._hulls:
            self._hulls[body] = hull(np.concatenate(self._obstacles.rings[body]))
        return self._hulls[body]

    def _are_apart(self, body: int, other: int) -> bool:
        key = (min(body, other), max(body, other))
        found = self._apart.get(key)
        if found is None:
            one, two = self._hull(body), self._hull(other)
            # What is too wide to have a hull is not looked at closer.
            found = one is not None and two is not None
            if one is not None and two is not None:
                found = apart(one, two, self._beyond) or apart(two, one, self._beyond)
            self._apart[key] = found
        return found

    def _made(self, body: int, whole: bool) -> Whole:
        ring = self._hull(body)
        rings = self._obstacles.rings[body] if whole or ring is None else (ring,)
        made = [turning_points(thinned(each, self._tolerance_m)) for each in rings]
        at, before, after = (np.concatenate(column) for column in zip(*made, strict=True))
        lat, lon = places(at)
        inside = self._sight.inside(lat, lon)
        own = np.array([body not in bodies for bodies in inside], bool)
        first = len(self)
        self._inside += [bodies for bodies, free in zip(inside, own.tolist(), strict=True) if free]
        self.lat_deg = np.concatenate([self.lat_deg, lat[own]])
        self.lon_deg = np.concatenate([self.lon_deg, lon[own]])
        at = at[own]
        self.at = np.concatenate([self.at, at])
        # The side of a tangent that a direction d is on: d · (at × tangent), for every way between the two.
        self._before = np.concatenate([self._before, np.cross(at, before[own])])
        self._after = np.concatenate([self._after, np.cross(at, after[own])])
        return np.arange(first, len(self))


def _one_side(before: Floats, after: Floats, cosine: Floats) -> NDArray[np.bool_]:
    """Return whether ways leave both sides of a corner on one side of them."""
    sine = np.sqrt(np.maximum(1.0 - cosine * cosine, 0.0))
    close = np.minimum(np.abs(before), np.abs(after)) <= SLACK * sine
    found: NDArray[np.bool_] = (before * after <= 0.0) | close
    return found
