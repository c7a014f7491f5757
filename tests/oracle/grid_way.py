"""The shortest way round areas, the slow way: A* on a fine grid, pulled taut. Shapely and pyproj only."""

from __future__ import annotations

import heapq
import math
from itertools import pairwise

import numpy as np
import shapely
from pyproj import Geod

GEOD = Geod(ellps="WGS84")
Place = tuple[float, float]
_MOVES = [
    (di, dj) for di in range(-3, 4) for dj in range(-3, 4) if (di, dj) != (0, 0) and math.gcd(di, dj) == 1
]


def length_m(a: Place, b: Place) -> float:
    return float(GEOD.inv(a[1], a[0], b[1], b[0])[2])


def geodesic_line(a: Place, b: Place, step_m: float = 4_000.0) -> list[Place]:
    """Return (lon, lat) along a geodesic, so close that straight lines between may stand for it."""
    n = int(length_m(a, b) // step_m)
    inner = GEOD.npts(a[1], a[0], b[1], b[0], n) if n else []
    return [(a[1], a[0]), *inner, (b[1], b[0])]


def area(corners: list[Place]) -> shapely.Polygon:
    """Return an area with geodesic edges as a polygon in longitude and latitude."""
    ring: list[Place] = []
    for a, b in zip(corners, [*corners[1:], corners[0]], strict=True):
        ring += geodesic_line(a, b, 2_000.0)[:-1]
    return shapely.Polygon(ring)


class GridWay:
    """A grid of places with a given spacing between two corners (south, west), (north, east)."""

    def __init__(self, areas: list[shapely.Polygon], low: Place, high: Place, spacing_deg: float) -> None:
        self._areas = shapely.union_all(areas)
        shapely.prepare(self._areas)
        mean = math.radians(0.5 * (low[0] + high[0]))
        self._lat = np.arange(low[0], high[0] + spacing_deg, spacing_deg)
        self._lon = np.arange(low[1], high[1] + spacing_deg / math.cos(mean), spacing_deg / math.cos(mean))
        lon, lat = np.meshgrid(self._lon, self._lat)
        self._free = ~shapely.contains_xy(self._areas, lon, lat)

    def clear(self, a: Place, b: Place) -> bool:
        """Return whether a geodesic stays out of every area."""
        return not self._areas.intersects(shapely.LineString(geodesic_line(a, b)))

    def shortest(self, start: Place, end: Place) -> list[Place] | None:
        """Return the way that A* finds on the grid, pulled taut; None where there is none."""
        coarse = self._a_star(start, end)
        return None if coarse is None else self._taut(coarse)

    def _near(self, place: Place) -> list[tuple[int, int]]:
        i = round((place[0] - self._lat[0]) / (self._lat[1] - self._lat[0]))
        j = round((place[1] - self._lon[0]) / (self._lon[1] - self._lon[0]))
        around = [(i + di, j + dj) for di in range(-3, 4) for dj in range(-3, 4)]
        rows, columns = self._free.shape
        return [
            (r, c)
            for r, c in around
            if 0 <= r < rows and 0 <= c < columns and self._free[r, c] and self.clear(place, self._at(r, c))
        ]

    def _at(self, i: int, j: int) -> Place:
        return float(self._lat[i]), float(self._lon[j])

    def _a_star(self, start: Place, end: Place) -> list[Place] | None:
        goal = {cell: length_m(self._at(*cell), end) for cell in self._near(end)}
        waiting = []
        best: dict[tuple[int, int], float] = {}
        came: dict[tuple[int, int], tuple[int, int] | None] = {}
        for cell in self._near(start):
            best[cell], came[cell] = length_m(start, self._at(*cell)), None
            waiting.append((best[cell] + length_m(self._at(*cell), end), best[cell], cell))
        heapq.heapify(waiting)
        rows, columns = self._free.shape
        closed = set()
        final: tuple[float, tuple[int, int]] | None = None
        while waiting:
            f, g, cell = heapq.heappop(waiting)
            if final is not None and f >= final[0]:
                break
            if cell in closed:
                continue
            closed.add(cell)
            if cell in goal and (final is None or g + goal[cell] < final[0]):
                final = g + goal[cell], cell
            here = self._at(*cell)
            for di, dj in _MOVES:
                i, j = cell[0] + di, cell[1] + dj
                if not (0 <= i < rows and 0 <= j < columns) or not self._free[i, j] or (i, j) in closed:
                    continue
                there = self._at(i, j)
                reached = g + length_m(here, there)
                if reached < best.get((i, j), math.inf) and self.clear(here, there):
                    best[i, j], came[i, j] = reached, cell
                    heapq.heappush(waiting, (reached + length_m(there, end), reached, (i, j)))
        if final is None:
            return None
        cells: list[tuple[int, int]] = []
        at: tuple[int, int] | None = final[1]
        while at is not None:
            cells.append(at)
            at = came[at]
        return [start, *(self._at(*cell) for cell in reversed(cells)), end]

    def _taut(self, way: list[Place]) -> list[Place]:
        """Return the shortest chain through places of a way that see each other."""
        n = len(way)
        best = [0.0] + [math.inf] * (n - 1)
        came = [0] * n
        for k in range(1, n):
            for j in range(k):
                reached = best[j] + length_m(way[j], way[k])
                if reached < best[k] and self.clear(way[j], way[k]):
                    best[k], came[k] = reached, j
        chain = [n - 1]
        while chain[-1]:
            chain.append(came[chain[-1]])
        return [way[k] for k in reversed(chain)]


def way_m(way: list[Place]) -> float:
    return sum(length_m(a, b) for a, b in pairwise(way))
