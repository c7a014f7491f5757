"""What could be seen of a whole zone, and along the way that an aircraft was not received on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from nofly.proof.coverage import Coverage, Statement
from nofly.proof.covering.cells import (
    CELL_DEG,
    COLUMNS,
    HOUR_US,
    MINUTE_US,
    WIDTHS,
    band_name,
    bands_at,
    cells_at,
    unit_vectors,
)
from nofly.proof.covering.coverage_words import way_sentences, zone_sentences
from nofly.proof.covering.statements import ORDER, UNKNOWN_AT, Asked, whole
from nofly.zones.compiled import compile_zones

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from nofly.zones.model import Zone

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]

MOST_CELLS = 4_000
"""Of a zone of more cells only every second, third … is looked at."""
MOST_HOURS = 24 * 366 * 10
"""So long a time may be asked for."""
_EDGE_DEG, _WAY_M, _MOST_PLACES = CELL_DEG / 8, 10_000.0, 200


class Fix(NamedTuple):
    """Where a target was; ``height_m`` NaN where it is not known."""

    time_us: int
    lat_deg: float
    lon_deg: float
    height_m: float


def zone_statements(
    coverage: Coverage,
    zones: Sequence[Zone],
    asked: Asked,
    heights_m: tuple[float, float] | None = None,
    hashes: Sequence[str] | None = None,
) -> list[Statement]:
    """Return whether an aircraft in each zone would have been seen: of all its cells, in the bands between
    its floor and ceiling, in all hours that are asked for.

    Of these bands only those from one height to another where ``heights_m`` is given, unless none is.
    ``hashes`` are the zones', where they are known.
    """
    found = hashes or [zone.zone_hash for zone in zones]
    chosen = [_chosen(zone, heights_m) for zone in zones]
    return [
        _zone_statement(coverage, zone, zone_hash, cells, bands, asked)
        for zone, zone_hash, cells, bands in zip(zones, found, zone_cells(zones), chosen, strict=True)
    ]


def zone_bands(zone: Zone) -> list[int]:
    """Return the bands that a zone reaches into."""
    return sorted({band for volume in zone.volumes for band in _bands(volume.lower, volume.upper)})


def _chosen(zone: Zone, heights_m: tuple[float, float] | None) -> list[int]:
    """Return the bands of a zone that are asked for."""
    chosen = zone_bands(zone)
    if heights_m is None:
        return chosen
    low, high = bands_at(np.array(heights_m, float)).tolist()
    return [band for band in chosen if low <= band <= high] or chosen


def _zone_statement(
    coverage: Coverage, zone: Zone, zone_hash: str, cells: Ints, chosen: list[int], asked: Asked
) -> Statement:
    looked_at = cells[:: -(-len(cells) // MOST_CELLS) or 1]
    counts = np.sum([asked.counts(cell) for cell in looked_at.tolist()], axis=0)
    verdicts = {k for band in chosen for k in np.flatnonzero(counts[band]).tolist()}
    verdict = ORDER[whole(verdicts)]
    numbers: dict[str, Any] = {
        "zone": zone.id, "zone_hash": zone_hash, "cells": len(cells), "cells_looked_at": len(looked_at),
        "hours": asked.count, "bands": [_band(band, counts[band]) for band in chosen],
        "heights": dict(coverage.heights), "at_least": coverage.level > 0,
    }  # fmt: skip
    return Statement(
        verdict, zone_sentences(verdict, zone.name, numbers, asked.from_us, asked.until_us), numbers
    )


def way_statement(coverage: Coverage, before: Fix, after: Fix) -> Statement:
    """Return whether an aircraft that was not received between two places would have been, had it flown
    straight on at the lower of its two heights."""
    a, b = unit_vectors(np.array([before.lat_deg, after.lat_deg]), np.array([before.lon_deg, after.lon_deg]))
    angle = float(np.arccos(np.clip(a @ b, -1.0, 1.0)))
    count = min(max(2, int(angle * 6_371_000.0 / _WAY_M) + 1), _MOST_PLACES)
    share = (np.arange(count) + 0.5) / count
    along = a + share[:, None] * (b - a) if angle < 1e-9 else (
        np.sin((1.0 - share) * angle)[:, None] * a + np.sin(share * angle)[:, None] * b
    ) / np.sin(angle)  # fmt: skip
    lat = np.degrees(np.arctan2(along[:, 2], np.hypot(along[:, 0], along[:, 1])))
    cells = cells_at(lat, np.degrees(np.arctan2(along[:, 1], along[:, 0])))
    times = before.time_us + (share * (after.time_us - before.time_us)).astype(np.int64)
    heights = np.array([before.height_m, after.height_m])
    band = None if np.isnan(heights).all() else int(bands_at(np.array([np.nanmin(heights)]))[0])
    # Its own reports are in the minutes at both ends, if in any.
    margin_us = min(MINUTE_US, (after.time_us - before.time_us) // 2)
    asked = Asked(coverage.evidence, before.time_us + margin_us, after.time_us - margin_us)
    hours = asked.evidence.hours[asked.at].tolist()
    found = []
    for cell, time_us in zip(cells.tolist(), times.tolist(), strict=True):
        there = band is not None and time_us // HOUR_US in hours
        found.append(
            int(asked.verdicts(cell)[band, hours.index(time_us // HOUR_US)]) if there else UNKNOWN_AT
        )
    counts = np.bincount(found, minlength=len(ORDER))
    verdict = ORDER[whole(set(found))]
    numbers: dict[str, Any] = {
        "places": count, "length_m": round(angle * 6_371_000.0),
        "band": None if band is None else band_name(band),
        "by_verdict": {name.value: int(counts[k]) for k, name in enumerate(ORDER)},
    }  # fmt: skip
    return Statement(verdict, way_sentences(verdict, numbers, before.time_us, after.time_us), numbers)


def zone_cells(zones: Sequence[Zone]) -> list[Ints]:
    """Return the cells that each zone lies in, in ascending order, all its volumes together."""
    compiled = compile_zones(zones)
    found: list[list[Ints]] = [[np.zeros(0, np.int64)] for _ in zones]
    for part, zone in enumerate(compiled.part_zone.tolist()):
        ends = compiled.ends[compiled.part_edge[part] : compiled.part_edge[part + 1]]
        if len(ends):
            found[zone] += [_along(ends), _within(ends)]
    return [np.unique(np.concatenate(parts)) for parts in found]


def _bands(lower: Any, upper: Any) -> range:
    """Return the bands between two limits, their heights taken as they stand."""
    floor_m = -np.inf if lower is None else lower.value_m
    ceiling_m = np.inf if upper is None else upper.value_m
    low, high = bands_at(np.array([floor_m, ceiling_m], float))
    return range(int(low), int(high) + 1)


def _band(band: int, counts: Ints) -> dict[str, Any]:
    told = {name.value: int(counts[k]) for k, name in enumerate(ORDER)}
    return {"band": band_name(band), "cell_hours": int(counts.sum()), "by_verdict": told}


def _along(ends: Floats) -> Ints:
    """Return the cells that edges run through (west-east, south-north ends in degrees)."""
    x0, y0, x1, y1 = ends.T
    steps = np.ceil(np.maximum(np.abs(x1 - x0), np.abs(y1 - y0)) / _EDGE_DEG).astype(np.int64) + 1
    edge = np.repeat(np.arange(len(ends)), steps)
    k = np.arange(len(edge)) - np.repeat(np.cumsum(steps) - steps, steps)
    share = k / np.maximum(steps - 1, 1)[edge]
    lon, lat = x0[edge] + share * (x1 - x0)[edge], y0[edge] + share * (y1 - y0)[edge]
    return np.unique(cells_at(np.clip(lat, -90.0, 90.0), np.clip(lon, -180.0, 180.0)))


def _within(ends: Floats) -> Ints:
    """Return the cells whose middle is inside: by how many edges lie south of it on its meridian."""
    x0, y0, x1, y1 = ends.T
    slope = np.divide(y1 - y0, x1 - x0, out=np.zeros_like(x0), where=x1 != x0)
    west, east = ((edge + 180.0) / CELL_DEG for edge in (min(x0.min(), x1.min()), max(x0.max(), x1.max())))
    columns = np.arange(max(int(west) - 1, 0), min(int(east) + 2, COLUMNS))
    lon = (columns + 0.5) * CELL_DEG - 180.0
    found = [np.zeros(0, np.int64)]
    for column, at in zip(columns.tolist(), lon.tolist(), strict=True):
        crossed = (np.minimum(x0, x1) <= at) & (at < np.maximum(x0, x1))
        if not crossed.any():
            continue
        lat = np.sort(y0[crossed] + slope[crossed] * (at - x0[crossed]))
        if len(lat) % 2:  # A pole is inside: that of the hemisphere it mostly lies in.
            lat = np.append(lat, 90.0) if (y0 + y1).mean() >= 0.0 else np.insert(lat, 0, -90.0)
        for south, north in zip(lat[::2].tolist(), lat[1::2].tolist(), strict=True):
            low = int(np.ceil((south + 90.0) / CELL_DEG - 0.5))
            rows = np.arange(low, int(np.floor((north + 90.0) / CELL_DEG - 0.5)) + 1)
            found.append(rows * COLUMNS + column // WIDTHS[rows] * WIDTHS[rows])
    return np.unique(np.concatenate(found))
