"""The turning points of outlines, made when they are asked for, and which ways between them touch corners."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from nofly.whatif.corners import turning_points
from nofly.whatif.obstacles import Obstacles
from nofly.whatif.outlines import Outlines
from nofly.whatif.sight import Bodies, Sight
from nofly.whatif.sphere import Place, lengths_m, places
from nofly.whatif.ways import Ways

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]

SLACK = 0.004
"""A geodesic leaves the plane through its ends by at most so many radians: allowed where a way is asked
whether it touches a corner."""


class Onward(NamedTuple):
    """A way from one turning point to another that touches the corners of both."""

    to: int
    length_m: float
    x: float
    y: float
    z: float
    """Direction of the turning point at its end."""
    slack: float


class Turning:
    """Turning points of bodies whose outlines are thinned by a tolerance, numbered from 0."""

    def __init__(self, obstacles: Obstacles, sight: Sight, tolerance_m: float) -> None:
        self._sight = sight
        self.outlines = Outlines(obstacles, tolerance_m)
        self.ways = Ways(sight)
        self._points: dict[int, Whole] = {}
        self._onward: dict[tuple[int, int], tuple[list[Onward], list[Onward]]] = {}
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

    def points(self, outline: int) -> Whole:
        """Return the turning points of an outline."""
        found = self._points.get(outline)
        if found is None:
            found = self._points[outline] = self._made(outline)
        return found

    def touching(self, direction: Floats, points: Whole) -> NDArray[np.bool_]:
        """Return which turning points a way to or from a direction (3) touches their corner at."""
        return _one_side(self._before[points] @ direction, self._after[points] @ direction,
                         self.at[points] @ direction)  # fmt: skip

    def onward(self, point: int, came: Floats, outlines: Sequence[int]) -> list[Onward]:
        """Return how a way that comes to a point from a direction (3) may go on to points of outlines: it
        turns towards the body, along its corner, and touches another. A shortest way does nothing else."""
        missing = [outline for outline in outlines if (point, outline) not in self._onward]
        if missing:
            self._look_from(point, missing)
        here, x, y, z = self.at[point], *came.tolist()
        right = 0 if float(self._after[point] @ came) >= float(self._before[point] @ came) else 1
        left = -1.0 if right else 1.0
        hx, hy, hz = here.tolist()
        cx, cy, cz = left * (y * hz - z * hy), left * (z * hx - x * hz), left * (x * hy - y * hx)
        return [
            way for outline in outlines for way in self._onward[point, outline][right]
            if way.x * cx + way.y * cy + way.z * cz >= -way.slack
        ]  # fmt: skip

    def _look_from(self, point: int, outlines: Sequence[int]) -> None:
        """Find the ways from a point that touch corners of outlines, keeping left or right of its own."""
        of_each = [self.points(outline) for outline in outlines]
        points = np.concatenate(of_each)
        which = np.repeat(np.arange(len(of_each)), [len(some) for some in of_each])
        here, to = self.at[point], self.at[points]
        cosine, before, after = to @ here, to @ self._before[point], to @ self._after[point]
        slack = SLACK * _sine(cosine)
        touched = _one_side(self._before[points] @ here, self._after[points] @ here, cosine)
        touched &= points != point
        sides = (before >= -slack) & (after <= slack) & touched, (before <= slack) & (after >= -slack) & touched
        chosen = np.flatnonzero(sides[0] | sides[1])
        numbers = points[chosen]
        far_m = lengths_m(self.place(point), self.lat_deg[numbers], self.lon_deg[numbers])
        found: list[tuple[list[Onward], list[Onward]]] = [([], []) for _ in outlines]
        for k, row, length_m, number, at in zip(
            chosen.tolist(), which[chosen].tolist(), far_m.tolist(), numbers.tolist(), to[chosen].tolist(),
            strict=True,
        ):  # fmt: skip
            way = Onward(number, length_m, *at, float(slack[k]))
            for side in (0, 1):
                if sides[side][k]:
                    found[row][side].append(way)
        for outline, ways in zip(outlines, found, strict=True):
            self._onward[point, outline] = ways

    def beside(self, point: int, other: int) -> bool:
        """Return whether two turning points follow one another round the hull of one body."""
        return self._following[point] == other or self._following[other] == point

    def body(self, point: int) -> int:
        """Return the body that a turning point is a corner of."""
        return self._body[point]

    def inside(self, point: int) -> Bodies:
        """Return the bodies that a turning point lies in."""
        return self._inside[point]

    def _made(self, outline: int) -> Whole:
        body = self.outlines.body[outline]
        made = [turning_points(ring) for ring in self.outlines.rings[outline]]
        at, before, after = (np.concatenate(column) for column in zip(*made, strict=True))
        lat, lon = places(at)
        inside = self._sight.inside(lat, lon)
        own = np.array([body not in bodies for bodies in inside], bool)
        first = len(self)
        self._inside += [bodies for bodies, free in zip(inside, own.tolist(), strict=True) if free]
        numbers = np.arange(first, first + int(own.sum()))
        # Round a hull a way from one to the next is free of the body; of an outline that is not sure.
        round_hull = self.outlines.alone[outline] and bool(own.all())
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
