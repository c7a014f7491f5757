"""The turning points of outlines, made when they are asked for, and which ways between them touch corners."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from nofly.whatif.corners import turning_points
from nofly.whatif.obstacles import Obstacles
from nofly.whatif.outlines import Outlines
from nofly.whatif.sight import Bodies, Sight
from nofly.whatif.sphere import Place, cross, length_m, places
from nofly.whatif.ways import Ways

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]

SLACK = 0.004
"""A geodesic leaves the plane through its ends by at most so many radians: allowed where a way is asked
whether it touches a corner."""


_AT_ONCE = 20_000
"""Ways looked at together, at most."""


class Onward(NamedTuple):
    """A way from one turning point to another that touches the corners of both."""

    to: int
    length_m: float
    at: tuple[float, float, float]
    """Direction of the turning point at its end."""
    slack_rad: float


_NOWHERE: tuple[list[Onward], list[Onward]] = ([], [])


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
        self._outline: list[int] = []

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
        (hx, hy, hz), (x, y, z) = self.at[point].tolist(), came.tolist()
        right = 0 if float(self._after[point] @ came) >= float(self._before[point] @ came) else 1
        left = -1.0 if right else 1.0
        cx, cy, cz = left * (y * hz - z * hy), left * (z * hx - x * hz), left * (x * hy - y * hx)
        return [
            way for outline in outlines for way in self._onward[point, outline][right]
            if way.at[0] * cx + way.at[1] * cy + way.at[2] * cz >= -way.slack_rad
        ]  # fmt: skip

    def _look_from(self, point: int, outlines: Sequence[int]) -> None:
        """Find the ways from a point that touch corners of outlines, keeping left or right of its own; from
        the others of its outline too if that is not too much at once."""
        of_each = [self.points(outline) for outline in outlines]
        to = np.concatenate(of_each)
        which = np.repeat(outlines, [len(some) for some in of_each])
        here = self.points(self._outline[point])
        if len(here) * len(to) > _AT_ONCE:
            here = np.array([point])
        for k in here.tolist():
            self._onward.update(((k, outline), _NOWHERE) for outline in outlines)
        cosine = self.at[here] @ self.at[to].T
        slack = SLACK * _sine(cosine)
        before, after = self._before[here] @ self.at[to].T, self._after[here] @ self.at[to].T
        # The right side of a corner sees all the other way round.
        sides = (before >= -slack) & (after <= slack), (before <= slack) & (after >= -slack)
        met = (sides[0] | sides[1]) & (here[:, None] != to)
        rows, columns = np.nonzero(met)
        ends, at = to[columns], self.at[here[rows]]
        touched = _one_side(_dot(self._before[ends], at), _dot(self._after[ends], at), cosine[rows, columns])
        rows, columns = rows[touched], columns[touched]
        for k, end, outline, slack_rad, left, right in zip(
            here[rows].tolist(), to[columns].tolist(), which[columns].tolist(), slack[rows, columns].tolist(),
            sides[0][rows, columns].tolist(), sides[1][rows, columns].tolist(), strict=True,
        ):  # fmt: skip
            length = length_m(self.place(k), self.place(end))
            x, y, z = self.at[end].tolist()
            way = Onward(end, length, (x, y, z), slack_rad)
            if self._onward[k, outline] is _NOWHERE:
                self._onward[k, outline] = [], []
            for side in (0, 1):
                if (left, right)[side]:
                    self._onward[k, outline][side].append(way)

    def beside(self, point: int, other: int) -> bool:
        """Return whether two turning points follow one another round the hull of one body."""
        return self._following[point] == other or self._following[other] == point

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
        self._outline += [outline] * len(numbers)
        at = at[own]
        self.lat_deg = np.concatenate([self.lat_deg, lat[own]])
        self.lon_deg = np.concatenate([self.lon_deg, lon[own]])
        self.at = np.concatenate([self.at, at])
        # The side of a tangent that a direction d is on: d · (at × tangent), for every way between the two.
        self._before = np.concatenate([self._before, cross(at, before[own])])
        self._after = np.concatenate([self._after, cross(at, after[own])])
        return numbers


def _one_side(before: Floats, after: Floats, cosine: Floats) -> NDArray[np.bool_]:
    """Return whether ways leave both sides of a corner on one side of them."""
    close = np.minimum(np.abs(before), np.abs(after)) <= SLACK * _sine(cosine)
    found: NDArray[np.bool_] = (before * after <= 0.0) | close
    return found


def _dot(a: Floats, b: Floats) -> Floats:
    found: Floats = np.einsum("ij,ij->i", a, b)
    return found


def _sine(cosine: Floats) -> Floats:
    found: Floats = np.sqrt(np.maximum(1.0 - cosine * cosine, 0.0))
    return found
