"""Where aircraft flew and were not received: tracks that break off in level flight, and gaps that are flown
through.

That nothing was received somewhere says nothing: the sky may be empty. That an aircraft was lost at cruise
height on its way there, or was received before and behind it and not between, does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from nofly.proof.covering.cells import HOUR_US, UNTOLD, cells_at, unit_vectors
from nofly.proof.covering.sightings import NO_HEIGHT, OTHERS, PLACES_PER_DEG, bands
from nofly.units import US_PER_S

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]

LOST_US = 300 * US_PER_S
"""Not received for longer: lost."""
BRIDGED_US = 3600 * US_PER_S
"""Received again within an hour: flown straight on, or nothing is said of the way."""
LOWEST_BAND = 2
"""From 5,000 ft on: lower, aircraft land."""
LEVEL_MPS = 2.5
"""500 ft/min: who sinks faster may be about to land, who climbs faster may have just begun."""
_SPEEDS_MPS = (40.0, 350.0)
_STEP_M, _AHEAD_M, _LEAST_WAY_M = 4_000.0, 80_000.0, 3_000.0
_EARTH_M = 6_371_000.0


class Unseen(NamedTuple):
    """Aircraft that were in a cell, band and hour, as far as can be told, and were not received there."""

    cell: Ints
    band: Ints
    hour: Ints
    """By number among the hours that are known."""
    aircraft: NDArray[np.uint64]


class _Ends(NamedTuple):
    """Rows with which a track breaks off (−1: it begins), and rows with which it goes on (−1: it ends)."""

    before: Ints
    after: Ints


def unseen(
    rows: NDArray[np.void], known_hours: Ints, received: Callable[[Ints, Ints, int], NDArray[np.bool_]]
) -> Unseen:
    """Return what was not received in the hours that are known, sorted by cell, each once.
    ``received(cells, times_us, sign)`` says of each whether others around went on being received after that
    time (sign 1), or had been before it (−1)."""
    rows = rows[rows["aircraft"] != OTHERS]
    names, rows["aircraft"] = np.unique(rows["aircraft"], return_inverse=True)
    rows = rows[np.lexsort((rows["last_us"], rows["first_us"], rows["aircraft"]))]
    ends = _ends(rows)
    crossed = _bridged(rows, ends)
    parts = [_between(rows, ends.before[crossed], ends.after[crossed])]
    for sign, at in ((1, ends.before[~crossed]), (-1, ends.after[~crossed])):
        parts.append(_ahead(rows, at[at >= 0], sign, received))
    if not len(rows):
        none = np.zeros(0, np.int64)
        return Unseen(none, none, none, np.zeros(0, np.uint64))
    cell, band, hour, aircraft = np.concatenate(parts).T
    at = np.minimum(np.searchsorted(known_hours, hour), len(known_hours) - 1)
    known = known_hours[at] == hour
    # A table has at most a million rows: all four fit into one number of 63 bits.
    place = (cell[known] << 3 | band[known]) * len(known_hours) + at[known]
    place, mine = np.divmod(np.unique(place * len(names) + aircraft[known]), len(names))
    cell_band, hour = np.divmod(place, len(known_hours))
    return Unseen(cell_band >> 3, cell_band & 7, hour, names[mine])


def _ends(rows: NDArray[np.void]) -> _Ends:
    """Return between which rows aircraft were lost."""
    n = len(rows)
    if not n:
        return _Ends(np.zeros(0, np.int64), np.zeros(0, np.int64))
    new = np.concatenate([[True], rows["aircraft"][1:] != rows["aircraft"][:-1]])
    group = np.cumsum(new) - 1
    by_last = np.argsort(rows["last_us"], kind="stable")
    rank = np.empty(n, np.int64)
    rank[by_last] = np.arange(n)
    # The row that lasts longest of those so far: rows of several receivers overlap.
    longest = by_last[np.maximum.accumulate(group * n + rank) % n]
    lost = np.concatenate([[True], rows["first_us"][1:] - rows["last_us"][longest[:-1]] > LOST_US]) | new
    after = np.flatnonzero(lost)
    before = np.where(new[after], -1, longest[after - 1])
    finals = longest[np.append(np.flatnonzero(new)[1:], n) - 1]
    none = np.full(len(finals), -1)
    return _Ends(np.concatenate([before, finals]), np.concatenate([after, none]))


def _places(rows: NDArray[np.void], which: str) -> Floats:
    return unit_vectors(rows[f"{which}_lat"] / PLACES_PER_DEG, rows[f"{which}_lon"] / PLACES_PER_DEG)


def _bridged(rows: NDArray[np.void], ends: _Ends) -> NDArray[np.bool_]:
    """Return which of the gaps were flown through, at height and straight on."""
    out = (ends.before >= 0) & (ends.after >= 0)
    a, b = rows[ends.before[out]], rows[ends.after[out]]
    way_m = _EARTH_M * _angles(_places(a, "last"), _places(b, "first"))
    time_s = (b["first_us"] - a["last_us"]) / US_PER_S
    speed_mps = way_m / np.maximum(time_s, 1.0)
    low, high = np.minimum(bands(a["key"]), bands(b["key"])), np.maximum(bands(a["key"]), bands(b["key"]))
    good = (time_s * US_PER_S <= BRIDGED_US) & (speed_mps >= _SPEEDS_MPS[0]) & (speed_mps <= _SPEEDS_MPS[1])
    out[out] = good & (low >= LOWEST_BAND) & (high < UNTOLD)
    return out


def _angles(a: Floats, b: Floats) -> Floats:
    chord = np.linalg.norm(a - b, axis=1)
    return np.asarray(2.0 * np.arcsin(np.minimum(chord / 2.0, 1.0)))


def _between(rows: NDArray[np.void], before: Ints, after: Ints) -> Ints:
    """Return cell, band, hour and aircraft along straight ways, without the cells they begin and end in."""
    a, b = rows[before], rows[after]
    start, end = _places(a, "last"), _places(b, "first")
    angle = _angles(start, end)
    steps = np.maximum(np.ceil(angle * _EARTH_M / _STEP_M).astype(np.int64), 1)
    way = np.repeat(np.arange(len(a)), steps)
    k = np.arange(len(way)) - np.repeat(np.cumsum(steps) - steps, steps)
    share = (k + 0.5) / steps[way]
    sine = np.maximum(np.sin(angle), 1e-12)[way]
    along = (
        np.sin((1.0 - share) * angle[way])[:, None] * start[way]
        + np.sin(share * angle[way])[:, None] * end[way]
    ) / sine[:, None]
    time_us = a["last_us"][way] + (share * (b["first_us"] - a["last_us"])[way]).astype(np.int64)
    band = np.minimum(bands(a["key"]), bands(b["key"]))[way]
    cell = _cells_of(along)
    inside = (cell != _cells_of(start)[way]) & (cell != _cells_of(end)[way])
    found: Ints = _table(cell, band, time_us, a["aircraft"][way])[inside]
    return found


def _ahead(
    rows: NDArray[np.void], at: Ints, sign: int, received: Callable[[Ints, Ints, int], NDArray[np.bool_]]
) -> Ints:
    """Return cell, band, hour and aircraft where tracks that break off (sign 1) went on to, or where those
    that begin (−1) came from, level at height."""
    which, other = ("last", "first") if sign > 0 else ("first", "last")
    beyond = at - sign
    same = (beyond >= 0) & (beyond < len(rows))
    same[same] = rows["aircraft"][beyond[same]] == rows["aircraft"][at[same]]
    # A cell that was only touched gives no direction: the row next to it does.
    base = np.where(same, beyond, at)
    near_us = np.abs(rows[f"{which}_us"][at] - rows[f"{other}_us"][base]) <= BRIDGED_US
    base = np.where(near_us, base, at)
    a, b = rows[base], rows[at]
    there, here = _places(a, other), _places(b, which)
    way_m = _EARTH_M * _angles(there, here)
    taken_s = np.maximum(sign * (b[f"{which}_us"] - a[f"{other}_us"]) / US_PER_S, 1.0)
    known = (b["first_m"] != NO_HEIGHT) & (b["last_m"] != NO_HEIGHT) & (a[f"{other}_m"] != NO_HEIGHT)
    steep_mps = (a[f"{other}_m"].astype(float) - b[f"{which}_m"]) / taken_s
    level = known & (steep_mps <= LEVEL_MPS)
    high = (bands(b["key"]) >= LOWEST_BAND) & (bands(b["key"]) < UNTOLD)
    speed_mps = way_m / taken_s
    good = level & high & (way_m >= _LEAST_WAY_M) & (speed_mps >= _SPEEDS_MPS[0])
    good &= speed_mps <= _SPEEDS_MPS[1]
    good[good] = received(_cells_of(here[good]), b[f"{which}_us"][good], sign)
    there, here, speed_mps, b = there[good], here[good], speed_mps[good], b[good]
    onward = np.cross(np.cross(there, here), here)
    onward /= np.maximum(np.linalg.norm(onward, axis=1), 1e-12)[:, None]
    parts = [np.zeros((0, 4), np.int64)]
    for way in np.arange(_STEP_M, _AHEAD_M + 1.0, _STEP_M):
        place = here * np.cos(way / _EARTH_M) + onward * np.sin(way / _EARTH_M)
        time_us = b[f"{which}_us"] + (sign * way / speed_mps * US_PER_S).astype(np.int64)
        cell = _cells_of(place)
        beyond_cell = cell != _cells_of(here)
        parts.append(_table(cell, bands(b["key"]), time_us, b["aircraft"])[beyond_cell])
    return np.concatenate(parts)


def _cells_of(vectors: Floats) -> Ints:
    lat = np.degrees(np.arctan2(vectors[:, 2], np.hypot(vectors[:, 0], vectors[:, 1])))
    return cells_at(lat, np.degrees(np.arctan2(vectors[:, 1], vectors[:, 0])))


def _table(cell: Ints, band: Ints, time_us: Ints, aircraft: NDArray[np.uint64]) -> Ints:
    return np.column_stack([cell, band, time_us // HOUR_US, aircraft.view(np.int64)])
