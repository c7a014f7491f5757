"""What was received, by aircraft, receiver, hour, cell and band: the table that coverage is told from.

However the reports come, in whatever batches and order, and however parts are merged, the table is the same
to the last bit. It has a bound: where it grows past it, aircraft are no longer told apart in all of it but
only in a sample by the hash of their id; where and when anything was received is never lost.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from nofly.errors import InputError
from nofly.proof.covering.cells import (
    COLUMNS,
    DOUBTFUL,
    HOUR_US,
    MINUTE_US,
    ROWS,
    bands_at,
    cells_at,
    heights_of,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nofly.schema import Positions

    Ints = NDArray[np.int64]

MOST_ROWS = 1_000_000
MOST_STATIONS = 1 << 16
LEVELS = 64
PLACES_PER_DEG = 100_000
NO_HEIGHT = -(1 << 31)
OTHERS = 0
"""The aircraft of rows in which several are put together."""

ROW = np.dtype(
    [
        ("aircraft", "<u8"), ("key", "<i8"), ("reports", "<i8"), ("minutes", "<u8"),
        ("first_us", "<i8"), ("first_lat", "<i4"), ("first_lon", "<i4"), ("first_m", "<i4"),
        ("last_us", "<i8"), ("last_lat", "<i4"), ("last_lon", "<i4"), ("last_m", "<i4"),
    ]
)  # fmt: skip
"""``key`` is station, hour, cell and band; ``minutes`` the minutes of the hour with a report, bit by bit;
first and last are the first and the last report, in time, then place and height; of those in the band
DOUBTFUL only the times are told."""
_FIRST = ("first_us", "first_lat", "first_lon", "first_m")
_LAST = ("last_us", "last_lat", "last_lon", "last_m")
_CELL_BITS, _BAND_BITS, _HOUR_BITS = 20, 3, 24
_HOUR_ZERO = 1 << (_HOUR_BITS - 1)


def keys(station: Ints, hour: Ints, cell: Ints, band: Ints) -> Ints:
    """Return station, hour, cell and band in one number, which sorts as they do."""
    key = (station << _HOUR_BITS) | (hour + _HOUR_ZERO)
    return (((key << _CELL_BITS) | cell) << _BAND_BITS) | band


def hours(key: Ints) -> Ints:
    """Return the hours since 1970 of keys."""
    return ((key >> (_CELL_BITS + _BAND_BITS)) & ((1 << _HOUR_BITS) - 1)) - _HOUR_ZERO


def cells(key: Ints) -> Ints:
    """Return the cells of keys."""
    return (key >> _BAND_BITS) & ((1 << _CELL_BITS) - 1)


def bands(key: Ints) -> Ints:
    """Return the bands of keys."""
    return key & ((1 << _BAND_BITS) - 1)


def stations(key: Ints) -> Ints:
    """Return the stations of keys, as codes."""
    return key >> (_CELL_BITS + _BAND_BITS + _HOUR_BITS)


def with_stations(rows: NDArray[np.void], codes: Sequence[int]) -> NDArray[np.void]:
    """Return rows whose station k has become station ``codes[k]``, in their order."""
    below = (1 << (_CELL_BITS + _BAND_BITS + _HOUR_BITS)) - 1
    out = rows.copy()
    if len(rows):
        out["key"] = (np.asarray(codes, np.int64)[stations(rows["key"])] << (below.bit_length())) | (
            rows["key"] & below
        )
    return out[np.lexsort((out["key"], out["aircraft"]))]


def numbered(rows: NDArray[np.void]) -> NDArray[np.void]:
    """Return rows whose aircraft are numbers from 1 on in the order in which they were first sighted; OTHERS
    stay so. A hash of an address of 24 bits tells it: all 16 million are tried in seconds."""
    at = np.flatnonzero(rows["aircraft"] != OTHERS)
    first = at[np.lexsort([rows[name][at] for name in ("key", *reversed(_LAST), *reversed(_FIRST))])]
    known, begins, which = np.unique(rows["aircraft"][first], return_index=True, return_inverse=True)
    number = np.empty(len(known), np.uint64)
    number[np.argsort(begins)] = np.arange(1, len(known) + 1)
    out = rows.copy()
    out["aircraft"][first] = number[which]
    return out[np.lexsort((out["key"], out["aircraft"]))]


def hashed(target_id: str) -> int:
    """Return the number that stands for a target: 64 bits of BLAKE2b of its id, never OTHERS."""
    digest = hashlib.blake2b(target_id.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "little") or 1


def rows_of(
    positions: Positions, aircraft: NDArray[np.uint64], station: Ints,
    credible: NDArray[np.bool_] | None = None,
) -> NDArray[np.void]:  # fmt: skip
    """Return the rows of a batch, one a run of reports of one aircraft that stay in one cell, band and hour;
    neither sorted nor merged. ``aircraft``, ``station`` and ``credible`` (all) are of each report."""
    n = len(positions)
    time_us = positions.time_us
    height_m = heights_of(positions)
    cell, band = cells_at(positions.lat_deg, positions.lon_deg), bands_at(height_m)
    if credible is not None:
        cell, band = np.where(credible, cell, 0), np.where(credible, band, DOUBTFUL)
    key = keys(station, time_us // HOUR_US, cell, band)
    change = (key[1:] != key[:-1]) | (aircraft[1:] != aircraft[:-1]) | (time_us[1:] <= time_us[:-1])
    start = np.flatnonzero(np.concatenate([[True], change])) if n else np.zeros(0, np.int64)
    end = np.append(start[1:], n) - 1 if n else start
    out = np.zeros(len(start), ROW)
    if not n:
        return out
    out["aircraft"], out["key"], out["reports"] = aircraft[start], key[start], end - start + 1
    bit = np.uint64(1) << (time_us // MINUTE_US % 60).astype(np.uint64)
    out["minutes"] = np.bitwise_or.reduceat(bit, start)
    for at, (us, lat, lon, high) in ((start, _FIRST), (end, _LAST)):
        out[us] = time_us[at]
        out[lat] = np.rint(positions.lat_deg[at] * PLACES_PER_DEG)
        out[lon] = np.rint(positions.lon_deg[at] * PLACES_PER_DEG)
        told = np.clip(height_m[at], -1e6, 1e9)
        out[high] = np.where(np.isnan(told), NO_HEIGHT, np.rint(np.nan_to_num(told)))
    if credible is not None:
        nowhere = np.flatnonzero(bands(out["key"]) == DOUBTFUL)
        for _, lat, lon, high in (_FIRST, _LAST):
            out[lat][nowhere], out[lon][nowhere], out[high][nowhere] = 0, 0, NO_HEIGHT
    return out


def merged(parts: Sequence[NDArray[np.void]]) -> NDArray[np.void]:
    """Return all rows in one table, sorted by aircraft and key, one row of each."""
    rows = np.concatenate(parts) if parts else np.zeros(0, ROW)
    rows = rows[np.lexsort((np.ascontiguousarray(rows["key"]), np.ascontiguousarray(rows["aircraft"])))]
    if len(rows) < 2:
        return rows
    new = (rows["key"][1:] != rows["key"][:-1]) | (rows["aircraft"][1:] != rows["aircraft"][:-1])
    start = np.flatnonzero(np.concatenate([[True], new]))
    if len(start) == len(rows):
        return rows
    out = rows[start]
    out["reports"] = np.add.reduceat(rows["reports"], start)
    out["minutes"] = np.bitwise_or.reduceat(rows["minutes"], start)
    group = np.repeat(np.arange(len(start)), np.diff(np.append(start, len(rows))))
    several = np.flatnonzero(np.diff(np.append(start, len(rows)))[group] > 1)
    found, at = np.unique(group[several], return_index=True)
    size = np.diff(np.append(at, len(several)))
    for names, pick in ((_FIRST, at), (_LAST, at + size - 1)):
        order = several[np.lexsort((*(rows[name][several] for name in reversed(names)), group[several]))]
        for name in names:
            out[name][found] = rows[name][order[pick]]
    return out


def thinned(rows: NDArray[np.void], level: int, most: int) -> tuple[NDArray[np.void], int]:
    """Return rows, at most ``most``, and the level at which they are: at level k one aircraft of 2**k is told
    apart, the others are put together.

    Raises InputError where even that is too much.
    """
    while True:
        kept = rows if not level else _put_together(rows, level)
        if len(kept) <= most:
            return kept, level
        if level >= LEVELS:
            raise InputError(
                f"coverage of more than {most:,} cells, bands and hours",
                expected="a shorter time or a smaller area",
            )
        level += 1


def _put_together(rows: NDArray[np.void], level: int) -> NDArray[np.void]:
    out = rows.copy()
    beyond = out["aircraft"] >> np.uint64(LEVELS - level) != 0 if level < LEVELS else out["aircraft"] >= 0
    out["aircraft"][beyond] = OTHERS
    gone = out["aircraft"] == OTHERS
    for name in (*_FIRST, *_LAST):
        out[name][gone] = 0
    return merged([out])


def checked(rows: NDArray[np.void], station_count: int) -> NDArray[np.void]:
    """Return rows that were read; InputError where no table of sightings can be so."""
    key = rows["key"]
    order = (rows["aircraft"][1:] > rows["aircraft"][:-1]) | (
        (rows["aircraft"][1:] == rows["aircraft"][:-1]) & (key[1:] > key[:-1])
    )
    good = bool(order.all()) and bool((key >= 0).all())
    good = good and bool((stations(key) < station_count).all() and (cells(key) < ROWS * COLUMNS).all())
    good = good and bool((bands(key) <= DOUBTFUL).all() and (rows["reports"] > 0).all())
    good = good and bool((rows["minutes"] >> np.uint64(60) == 0).all() and (rows["minutes"] > 0).all())
    for names in (_FIRST, _LAST):
        lat, lon = rows[names[1]].astype(np.int64), rows[names[2]].astype(np.int64)
        good = good and bool((np.abs(lat) <= 90 * PLACES_PER_DEG).all())
        good = good and bool((np.abs(lon) <= 180 * PLACES_PER_DEG).all())
    if not good:
        raise InputError("not a table of what was received", expected="what nofly coverage wrote")
    return rows
