"""Stays of one visit each, one by one: of the handful that ends in a tick of live traffic, what
:func:`nofly.incidents.stays.merge` makes in columns, to the last bit, without the cost of so many columns.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nofly.incidents.stays import ENTRY_CAUSE, EXIT_CAUSE, Stay
from nofly.kernel.detect import Changes, Why
from nofly.kernel.visits import SUMS, Visits
from nofly.units import US_PER_S
from nofly.zones.compiled import CompiledZones

_WHY = {int(why): why for why in Why}
(_DEPTH, _, _, _DEEPEST_ERR, _, _LOWER, _UPPER, _, _GAP, _LAST_ERR, _FIRST_ERR, _MEASURED, _WEAK, _CONFIRMED,
 _GROUND, _LAST_HEIGHT_ERR, _FIRST_HEIGHT_ERR) = range(len(SUMS))  # fmt: skip


def single_stays(zones: CompiledZones, changes: Changes, visits: Visits) -> list[Stay]:
    """Return the stay of each visit, by time of entry, then target and zone. No two of the visits are of one
    target to one zone; their numbers are rows of ``changes``."""
    n, ends = len(visits), _changes(changes, np.concatenate([visits.entry, visits.exit]))
    stays = [
        _stay(zones, *row)
        for row in zip(
            visits.target.tolist(), visits.part.tolist(), ends[:n], ends[n:], _inside(changes, visits),
            visits.sums.tolist(), strict=True,
        )
    ]  # fmt: skip
    return sorted(stays, key=lambda stay: (stay.entry_us, stay.target, stay.zone))


def _changes(changes: Changes, rows: NDArray[np.int64]) -> list[tuple[Any, ...]]:
    c = changes
    columns = (c.time_us, c.lat_deg, c.lon_deg, c.why, c.closing_mps, c.earlier, c.floor_height_m,
               c.ceiling_height_m)  # fmt: skip
    return list(zip(*(column[rows].tolist() for column in columns), strict=True))


def _inside(changes: Changes, visits: Visits) -> list[tuple[int | None, int | None]]:
    """Return from and until when it was determined to be inside, None where it never was."""
    time_us = changes.time_us
    return [
        (int(time_us[first]), int(time_us[last])) if first >= 0 else (None, None)
        for first, last in zip(visits.first_in.tolist(), visits.last_in.tolist(), strict=True)
    ]


def _stay(
    zones: CompiledZones, target: int, part: int, entry: tuple[Any, ...], leave: tuple[Any, ...],
    inside: tuple[int | None, int | None], sums: list[float],
) -> Stay:  # fmt: skip
    entry_us, entry_lat_deg, entry_lon_deg, entry_why, entry_mps, earlier, low_m, high_m = entry
    exit_us, exit_lat_deg, exit_lon_deg, exit_why, exit_mps, counted, _, _ = leave
    limits, depth_m = zones.limits[part].tolist(), sums[_DEPTH]
    height_m, row = known_height(limits, low_m, high_m)
    span_m = (None, None) if height_m is None else _span(limits, sums[_LOWER], sums[_UPPER], height_m)
    return Stay(
        int(zones.part_zone[part]), target, entry_us, exit_us,
        entry_lat_deg, entry_lon_deg, exit_lat_deg, exit_lon_deg,
        inside[0] is not None, sums[_CONFIRMED] != 0.0,
        ENTRY_CAUSE[_WHY[entry_why]], EXIT_CAUSE[_WHY[exit_why]], entry_mps, exit_mps,
        depth_m if depth_m > 0.0 else 0.0, sums[_DEEPEST_ERR], sums[_FIRST_ERR], sums[_LAST_ERR],
        sums[_LOWER] if math.isfinite(sums[_LOWER]) else None,
        sums[_UPPER] if math.isfinite(sums[_UPPER]) else None,
        height_m, None if height_m is None else str(zones.datums[row]), span_m[0], span_m[1],
        counted - earlier, sums[_GAP] / US_PER_S,
        int(sums[_MEASURED]), int(sums[_WEAK]), int(sums[_GROUND]), inside[0], inside[1],
        _known(sums[_FIRST_HEIGHT_ERR]) if entry_why == Why.VERTICAL else None,
        _known(sums[_LAST_HEIGHT_ERR]) if exit_why == Why.VERTICAL else None,
    )  # fmt: skip


def known_height(limits: list[float], low_m: float, high_m: float) -> tuple[float | None, int]:
    """Return the height where a change is and the row of its datum: of the floor, or of the ceiling where
    there is none; None and -1 where it is not known."""
    for row, height_m in ((limits[1], low_m), (limits[3], high_m)):
        if row >= 0 and height_m == height_m:
            return height_m, int(row)
    return None, -1


def _span(limits: list[float], lower_m: float, upper_m: float, height_m: float) -> tuple[float, float]:
    """Return the least and the greatest height: at entry, and from the margins to the limits."""
    seen = [height_m]
    if limits[1] >= 0 and math.isfinite(lower_m):
        seen.append(limits[0] + lower_m)
    if limits[3] >= 0 and math.isfinite(upper_m):
        seen.append(limits[2] - upper_m)
    return min(seen), max(seen)


def _known(value: float) -> float | None:
    return None if value != value else value
