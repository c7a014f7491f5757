"""The grid that coverage is told on: cells of the Earth, bands of height, hours and minutes of UTC.

Rows are a quarter of a degree high. Towards the poles cells are made wider in degrees, so that none is much
narrower than at the equator; round a pole there is one. No cell lies across the antimeridian.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nofly.units import M_PER_FT, US_PER_S

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from nofly.schema import Positions

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]

CELL_DEG = 0.25
ROWS, COLUMNS = round(180 / CELL_DEG), round(360 / CELL_DEG)
BANDS_FT = (0, 1_000, 5_000, 10_000, 20_000, 30_000)
"""Where each band begins; below the first too, the last has no end."""
UNTOLD = len(BANDS_FT)
"""The band of reports that tell no height."""
DOUBTFUL = UNTOLD + 1
"""The band of reports whose place or height is not to be trusted: something was received, nobody knows
where."""
MINUTE_US, HOUR_US = 60 * US_PER_S, 3600 * US_PER_S
HEIGHTS = ("alt_std_m", "alt_amsl_m", "alt_hae_m", "alt_agl_m")
"""The first that a report has is its height here: pressure height, as most traffic tells."""

_CELL_M = np.radians(CELL_DEG) * 6_371_000.0


def _widths() -> NDArray[np.int64]:
    """Return how many columns each row's cells are wide: divisors of all there are."""
    middle = np.radians((np.arange(ROWS) + 0.5) * CELL_DEG - 90.0)
    divisors = np.array([d for d in range(1, COLUMNS + 1) if COLUMNS % d == 0])
    wide = divisors[np.searchsorted(divisors, 1.0 / np.cos(middle), side="right") - 1]
    wide[[0, -1]] = COLUMNS
    return np.asarray(wide, np.int64)


WIDTHS = _widths()


def rows_columns(lat_deg: Floats, lon_deg: Floats) -> tuple[Ints, Ints]:
    """Return the row, from the south, and the column, from 180° W, of each place; 90° N is in the last
    row."""
    row = np.clip(((lat_deg + 90.0) / CELL_DEG).astype(np.int64), 0, ROWS - 1)
    return row, ((lon_deg + 180.0) / CELL_DEG).astype(np.int64) % COLUMNS


def cells_at(lat_deg: ArrayLike, lon_deg: ArrayLike) -> Ints:
    """Return the cell of each place: row × COLUMNS + its westernmost column."""
    row, column = rows_columns(np.asarray(lat_deg, float), np.asarray(lon_deg, float))
    return row * COLUMNS + column // WIDTHS[row] * WIDTHS[row]


def box(cell: int) -> tuple[float, float, float, float]:
    """Return south, west, north and east of a cell in degrees."""
    row, column = divmod(int(cell), COLUMNS)
    south, west = row * CELL_DEG - 90.0, column * CELL_DEG - 180.0
    return south, west, south + CELL_DEG, west + float(WIDTHS[row]) * CELL_DEG


def centres(cell: Ints) -> tuple[Floats, Floats]:
    """Return the middle of each cell; of those round a pole the pole."""
    row, column = np.divmod(cell, COLUMNS)
    lat = (row + 0.5) * CELL_DEG - 90.0
    lat = np.where(row == 0, -90.0, np.where(row == ROWS - 1, 90.0, lat))
    return lat, (column + WIDTHS[row] / 2.0) * CELL_DEG - 180.0


def around(cell: int) -> Ints:
    """Return the cells that touch a cell, without itself, in ascending order."""
    row, column = divmod(int(cell), COLUMNS)
    wide = int(WIDTHS[row])
    found: set[int] = set()
    for other in (row - 1, row, row + 1):
        if not 0 <= other < ROWS:
            continue
        step = int(WIDTHS[other])
        columns = np.arange(column - 1, column + wide + 1) % COLUMNS // step * step
        found.update((other * COLUMNS + columns).tolist())
    return np.array(sorted(found - {int(cell)}), np.int64)


def bands_at(height_m: Floats) -> Ints:
    """Return the band of each height; UNTOLD where it is NaN."""
    begins_m = np.array(BANDS_FT[1:]) * M_PER_FT
    band = np.searchsorted(begins_m, height_m, side="right")
    return np.where(np.isnan(height_m), UNTOLD, band).astype(np.int64)


def heights_of(positions: Positions) -> Floats:
    """Return the height of each report by :data:`HEIGHTS`; on the ground 0; NaN where it tells none."""
    height_m = np.full(len(positions), np.nan)
    for name in HEIGHTS:
        column = positions.column(name)
        if column is not None:
            height_m = np.where(np.isnan(height_m), column, height_m)
    ground = positions.column("on_ground")
    return height_m if ground is None else np.where((ground == 1) & np.isnan(height_m), 0.0, height_m)


def band_name(band: int) -> str:
    """Return a band in feet, as ``5,000–10,000 ft``."""
    if band == UNTOLD:
        return "height not told"
    low = BANDS_FT[band]
    if band == len(BANDS_FT) - 1:
        return f"above {low:,} ft"
    return f"below {BANDS_FT[1]:,} ft" if band == 0 else f"{low:,}–{BANDS_FT[band + 1]:,} ft"


def minutes_of(hour: int, from_us: int, until_us: int) -> int:
    """Return the minutes of an hour that a time touches, bit by bit; an instant touches its minute."""
    first = max(from_us // MINUTE_US - hour * 60, 0)
    last = min(max(until_us - 1, from_us) // MINUTE_US - hour * 60, 59)
    return 0 if last < first else ((1 << (last - first + 1)) - 1) << first


def unit_vectors(lat_deg: Floats, lon_deg: Floats) -> Floats:
    """Return unit vectors of shape (n, 3) on a sphere: distances on it are true within 0.6 %."""
    lat, lon = np.radians(lat_deg), np.radians(lon_deg)
    return np.column_stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
