"""The shortest way round areas, the slow way: A* on a fine grid, pulled taut, and refined where it turns.

Shapely and pyproj only.
"""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import shapely
from pyproj import Geod

GEOD = Geod(ellps="WGS84")
Place = tuple[float, float]
Turned = np.ndarray
"""A rotation of the sphere (3, 3); areas and ways are flat in latitude and longitude after it."""
_B_A = (1.0 - 1.0 / 298.257223563) ** 2
_MOVES = [
    (di, dj) for di in range(-3, 4) for dj in range(-3, 4) if (di, dj) != (0, 0) and math.gcd(di, dj) == 1
]


def length_m(a: Place, b: Place) -> float:
    return float(GEOD.inv(a[1], a[0], b[1], b[0])[2])


@dataclass(frozen=True)
class Frame:
    """Latitude and longitude after a rotation, by which a long way runs along the equator: neither poles nor
    the antimeridian are near it. ``step_m`` is how far apart points on a geodesic may be."""

    turned: Turned
    step_m: float = 4_000.0

    @classmethod
    def along(cls, start: Place, end: Place, step_m: float) -> Frame:
        """Return the frame whose equator runs through two places, its middle between them."""
        a, b = _directions(np.array([start, end]))
        x, z = a + b, np.cross(a, b)
        x, z = x / np.linalg.norm(x), z / np.linalg.norm(z)
        return cls(np.array([x, np.cross(z, x), z]), step_m)

    def flat(self, places: list[Place]) -> np.ndarray:
        """Return (n, 2), longitude and latitude of the frame, of places (lat, lon)."""
        x, y, z = self.turned @ _directions(np.array(places, float)).T
        return np.degrees(np.column_stack([np.arctan2(y, x), np.arcsin(np.clip(z, -1.0, 1.0))]))

    def place(self, lon_deg: float, lat_deg: float) -> Place:
        """Return the place (lat, lon) of a longitude and latitude of the frame."""
        lon, lat = math.radians(lon_deg), math.radians(lat_deg)
        flat = [math.cos(lat) * math.cos(lon), math.cos(lat) * math.sin(lon), math.sin(lat)]
        x, y, z = (self.turned.T @ np.array(flat)).tolist()
        return math.degrees(math.atan2(z, math.hypot(x, y) * _B_A)), math.degrees(math.atan2(y, x))

    def area(self, corners: list[Place]) -> shapely.Polygon:
        """Return an area with geodesic edges as a polygon of the frame."""
        ring: list[Place] = []
        for a, b in zip(corners, [*corners[1:], corners[0]], strict=True):
            ring += geodesic_line(a, b, 0.5 * self.step_m)[:-1]
        return shapely.Polygon(self.flat(ring))


def _directions(places: np.ndarray) -> np.ndarray:
    """Return the directions (n, 3) from the centre of the Earth to places (lat, lon)."""
    lat, lon = np.radians(places).T
    up = _B_A * np.sin(lat)
    space = np.column_stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), up])
    return space / np.linalg.norm(space, axis=1)[:, None]


def geodesic_line(a: Place, b: Place, step_m: float = 4_000.0) -> list[Place]:
    """Return (lat, lon) along a geodesic, so close that straight lines between may stand for it."""
    n = int(length_m(a, b) // step_m)
    inner = GEOD.npts(a[1], a[0], b[1], b[0], n) if n else []
    return [a, *((lat, lon) for lon, lat in inner), b]


class GridWay:
    """A grid of places with a given spacing between two corners (south, west), (north, east) of a frame."""

    def __init__(
        self, frame: Frame, areas: list[shapely.Polygon], low: Place, high: Place, spacing_deg: float
    ) -> None:
        self._frame = frame
        self._areas = shapely.union_all(areas)
        shapely.prepare(self._areas)
        mean = math.radians(0.5 * (low[0] + high[0]))
        self._lat = np.arange(low[0], high[0] + spacing_deg, spacing_deg)
        self._lon = np.arange(low[1], high[1] + spacing_deg / math.cos(mean), spacing_deg / math.cos(mean))
        lon, lat = np.meshgrid(self._lon, self._lat)
        self._free = ~shapely.contains_xy(self._areas, lon, lat)

    def clear(self, a: Place, b: Place) -> bool:
        """Return whether a geodesic stays out of every area."""
        line = shapely.LineString(self._frame.flat(geodesic_line(a, b, self._frame.step_m)))
        return not self._areas.intersects(line)

    def shortest(self, start: Place, end: Place) -> list[Place] | None:
        """Return the way that A* finds on the grid, pulled taut; None where there is none."""
        coarse = self._a_star(start, end)
        return None if coarse is None else self._taut(coarse)

    def refined(self, way: list[Place], times: int) -> list[Place]:
        """Return a way whose turning points are moved on ever finer grids round them, and pulled taut."""
        spacing_deg = float(self._lat[1] - self._lat[0])
        for _ in range(times):
            spacing_deg /= 3.0
            way = self._taut(self._moved(way, spacing_deg))
        return way

    def _moved(self, way: list[Place], spacing_deg: float) -> list[Place]:
        """Return the shortest way that turns at places of small grids round the turning points."""
        layers = [[way[0]], *(self._round(place, spacing_deg) for place in way[1:-1]), [way[-1]]]
        best: list[list[tuple[float, int]]] = [[(0.0, 0)]]
        for before, here in pairwise(layers):
            reached = []
            for there in here:
                way_on = sorted((best[-1][k][0] + length_m(at, there), k) for k, at in enumerate(before))
                free = (one for one in way_on if one[0] < math.inf and self.clear(before[one[1]], there))
                reached.append(next(free, (math.inf, 0)))
            best.append(reached)
        k, chain = 0, []
        for layer, found in zip(layers[::-1], best[::-1], strict=True):
            chain.append(layer[k])
            k = found[k][1]
        return chain[::-1]

    def _round(self, place: Place, spacing_deg: float) -> list[Place]:
        ((lon, lat),) = self._frame.flat([place])
        steps = [(i, j) for i in range(-3, 4) for j in range(-3, 4)]
        around = [(lon + j * spacing_deg, lat + i * spacing_deg) for i, j in steps]
        return [
            place,
            *(self._frame.place(*at) for at in around if not shapely.contains_xy(self._areas, *at)),
        ]

    def _near(self, place: Place) -> list[tuple[int, int]]:
        ((lon, lat),) = self._frame.flat([place])
        i = round((lat - self._lat[0]) / (self._lat[1] - self._lat[0]))
        j = round((lon - self._lon[0]) / (self._lon[1] - self._lon[0]))
        around = [(i + di, j + dj) for di in range(-3, 4) for dj in range(-3, 4)]
        rows, columns = self._free.shape
        return [
            (r, c)
            for r, c in around
            if 0 <= r < rows and 0 <= c < columns and self._free[r, c] and self.clear(place, self._at(r, c))
        ]

    def _at(self, i: int, j: int) -> Place:
        return self._frame.place(float(self._lon[j]), float(self._lat[i]))

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
