"""How high the ground is below a place: the lowest and highest of the four posts around it, and their error.

Posts are metres above mean sea level. SRTM counts from EGM96; a model that counts from EGM2008 differs by 1
to 2 m, far within the error.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

SRTM_ERR_M = 19.0
"""95 % error of a post: SRTM's specified 16 m at 90 % (Farr et al. 2007, Rev. Geophys. 45), times 1.96 /
1.645."""
BLOCK = 256
"""Posts on a side of what is read at once."""

Window = Callable[[int, int, int, int], "Floats"]
"""(first row, last row, first column, last column), ends included → posts in metres, NaN where void."""


@dataclass(frozen=True, slots=True)
class Tile:
    """A grid of posts in even steps of latitude and longitude.

    Row 0 is at ``north_deg``, column 0 at ``west_deg``; ``window`` is asked only for what is needed.
    """

    north_deg: float
    west_deg: float
    lat_step_deg: float
    lon_step_deg: float
    rows: int
    columns: int
    window: Window
    name: str = ""


class Terrain:
    """Tiles in order of preference: the first that knows a place decides."""

    def __init__(self, tiles: Sequence[Tile], err_m: float = SRTM_ERR_M) -> None:
        """Take tiles and the 95 % error of a post in metres."""
        self.tiles = tuple(tiles)
        self.err_m = err_m

    def elevation_m(self, lat_deg: Floats, lon_deg: Floats) -> tuple[Floats, Floats]:
        """Return lowest and highest ground at each place, AMSL, the error included; NaN outside every tile,
        and where one of the four posts around is void."""
        low, high = np.full(len(lat_deg), np.nan), np.full(len(lat_deg), np.nan)
        for tile in self.tiles:
            left = np.flatnonzero(np.isnan(low))
            if not len(left):
                break
            row = (tile.north_deg - lat_deg[left]) / tile.lat_step_deg
            column = ((lon_deg[left] - tile.west_deg) % 360.0) / tile.lon_step_deg
            inside = (row >= 0) & (row <= tile.rows - 1) & (column <= tile.columns - 1)
            r = np.clip(row[inside].astype(np.int64), 0, tile.rows - 2)
            c = np.clip(column[inside].astype(np.int64), 0, tile.columns - 2)
            low[left[inside]], high[left[inside]] = _posts(tile, r, c)
        return low - self.err_m, high + self.err_m


def _posts(tile: Tile, r: NDArray[np.int64], c: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Lowest and highest of the posts (r, c) … (r + 1, c + 1), read block by block."""
    low, high = np.full(len(r), np.nan), np.full(len(r), np.nan)
    block = (r // BLOCK) * (tile.columns // BLOCK + 1) + c // BLOCK
    order = np.argsort(block, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(block[order])) + 1) if len(order) else []:
        r0, r1, c0, c1 = r[rows].min(), r[rows].max() + 1, c[rows].min(), c[rows].max() + 1
        posts = tile.window(int(r0), int(r1), int(c0), int(c1))
        y, x = r[rows] - r0, c[rows] - c0
        four = np.stack([posts[y, x], posts[y, x + 1], posts[y + 1, x], posts[y + 1, x + 1]])
        low[rows], high[rows] = four.min(axis=0), four.max(axis=0)
    return low, high
