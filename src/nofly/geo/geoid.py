"""The height of mean sea level above the ellipsoid: EGM96 on a 15′ grid.

Source of the values: NGA (then NIMA), file WW15MGH.DAC, EGM96 undulations on WGS 84, public domain; NIMA
TR8350.2 (3rd edition, 2000) section 6. The grid is shipped packed: see :func:`unpack`.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

import numpy as np

from nofly.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

ROWS = 721
"""Parallels from 90° N to 90° S, 15′ apart."""
COLUMNS = 1440
"""Meridians from 0° eastward, 15′ apart."""
ERR_M = 1.0
"""95 % error of an interpolated undulation (TR8350.2 § 6: 0.5 to 1 m, 1 σ over land without survey)."""
MAGIC = b"nofly-geoid-1\n"


class Geoid:
    """Undulations N: height above the ellipsoid (HAE) = height above mean sea level (AMSL) + N."""

    def __init__(self, grid_cm: NDArray[np.int16]) -> None:
        """Take a grid of ``ROWS`` × ``COLUMNS`` centimetres, row 0 at 90° N, column 0 at 0° E."""
        if grid_cm.shape != (ROWS, COLUMNS):
            raise InputError(f"geoid grid of shape {grid_cm.shape}", expected=f"({ROWS}, {COLUMNS})")
        self._grid_cm = np.ascontiguousarray(grid_cm, dtype=np.int16)

    def undulation_m(
        self, lat_deg: NDArray[np.float64] | float, lon_deg: NDArray[np.float64] | float
    ) -> NDArray[np.float64]:
        """Return N in metres, bilinear between the four posts; any longitude, latitude within ±90°."""
        row = (90.0 - np.asarray(lat_deg, np.float64)) * 4.0
        column = (np.asarray(lon_deg, np.float64) * 4.0) % COLUMNS
        r0 = np.clip(row.astype(np.int64), 0, ROWS - 2)
        c0 = np.minimum(column.astype(np.int64), COLUMNS - 1)
        c1 = np.where(c0 == COLUMNS - 1, 0, c0 + 1)
        down, right = row - r0, column - c0
        grid = self._grid_cm
        north = grid[r0, c0] * (1.0 - right) + grid[r0, c1] * right
        south = grid[r0 + 1, c0] * (1.0 - right) + grid[r0 + 1, c1] * right
        n_m: NDArray[np.float64] = (north * (1.0 - down) + south * down) / 100.0
        return n_m


def pack(grid_cm: NDArray[np.int16]) -> bytes:
    """Return the grid packed for shipping, about 0.55 MB.

    Each value is replaced by its second difference along the parallel of its difference along the meridian,
    zigzag coded, low bytes before high bytes, deflated.
    """
    step: NDArray[np.int32] = grid_cm.astype(np.int32)
    for axis in (1, 0, 1):
        step = np.asarray(np.diff(step, axis=axis, prepend=0), np.int32)
    zigzag = ((step << 1) ^ (step >> 31)).astype("<u2")
    halves = zigzag.view(np.uint8).reshape(-1, 2)
    return MAGIC + zlib.compress(halves[:, 0].tobytes() + halves[:, 1].tobytes(), 9)


def unpack(data: bytes) -> Geoid:
    """Return the geoid of :func:`pack`; InputError when the bytes are not one."""
    count = ROWS * COLUMNS
    if not data.startswith(MAGIC):
        raise InputError("not a packed geoid grid", expected=f"a file starting with {MAGIC!r}")
    inflater = zlib.decompressobj()
    try:
        plain = inflater.decompress(data[len(MAGIC) :], 2 * count + 1)
    except zlib.error as error:
        raise InputError(f"damaged geoid grid: {error}") from error
    if len(plain) != 2 * count:
        raise InputError(f"geoid grid of {len(plain)} bytes", expected=f"{2 * count}")
    halves = np.frombuffer(plain, np.uint8).reshape(2, count)
    zigzag = halves[0].astype(np.int32) | (halves[1].astype(np.int32) << 8)
    step = ((zigzag >> 1) ^ -(zigzag & 1)).reshape(ROWS, COLUMNS)
    for axis in (1, 0, 1):
        np.cumsum(step, axis=axis, out=step)
    return Geoid(step.astype(np.int16))
