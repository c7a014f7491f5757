"""The reports of one target round an incident, with what stands against each: screening marks, and how far
from the boundary it was."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nofly.run.following.tail import read_on
from nofly.run.judging.witnesses import sentences_of
from nofly.run.outputs.outline import outlines
from nofly.run.record.incident_log import Incident
from nofly.schema import Positions, concatenate
from nofly.store.journal import Batch, last_segment
from nofly.store.positions.layout import Wanted
from nofly.store.positions.store import PositionStore
from nofly.tracks.screening import screen
from nofly.units import US_PER_S
from nofly.zones.compiled import compile_zones
from nofly.zones.model import Zone
from nofly.zones.shape import distance_m, shape

MOST_JOURNAL_ROWS = 20_000_000
"""Of what is not in the archive yet so many rows are looked through."""
MOST_REPORTS = 20_000
MOST_SPAN_S = 6 * 3600.0
"""Of a longer incident the reports of its last hours."""
GAP_S = 120.0


class Evidence(NamedTuple):
    """Reports in order of time. ``marks`` are sentences; ``inside_m`` is how far inside the lateral boundary
    (below 0: outside it), None where that is not known; ``whole`` is False where more reports may exist."""

    reports: Positions
    marks: list[tuple[str, ...]]
    inside_m: NDArray[np.float64] | None
    whole: bool


def span_us(incident: Incident, margin_s: float) -> tuple[int, int]:
    """Return from when to when an incident lasted, with a margin before and after."""
    begun_us = min(incident.first_us, incident.entry_us or incident.first_us)
    until_us = max(incident.last_us, incident.exit_us or 0) + round(margin_s * US_PER_S)
    return max(begun_us - round(margin_s * US_PER_S), until_us - round(MOST_SPAN_S * US_PER_S)), until_us


def gaps_us(times_us: NDArray[np.int64]) -> list[tuple[int, int]]:
    """Return from when to when there was no report, of times in order."""
    at = np.flatnonzero(np.diff(times_us) > GAP_S * US_PER_S)
    return [(int(times_us[k]), int(times_us[k + 1])) for k in at]


def evidence(folder: Path, target_id: str, from_us: int, until_us: int, zone: Zone | None) -> Evidence:
    """Return the reports of a target in a time span, from the archive and what is not in it yet.

    Raises StoreError where neither can be read.
    """
    wanted = Wanted(from_us, until_us, frozenset({target_id}))
    parts, reached = [], 0
    if (folder / "positions").is_dir():
        with PositionStore(folder / "positions", read_only=True) as store:
            reached = store.reached
            parts += [wanted.of(batch) for batch in store.query(wanted)]
    rows, whole = 0, True
    for batch in unarchived(folder, reached):
        rows += len(batch)
        if rows > MOST_JOURNAL_ROWS:
            whole = False
            break
        parts.append(wanted.of(batch))
    found = concatenate([part for part in parts if len(part)])
    found = found.take(np.argsort(found.time_us, kind="stable"))
    _, first = np.unique(found.time_us, return_index=True)
    found = found.take(first)
    if len(found) > MOST_REPORTS:
        found, whole = found.take(slice(0, MOST_REPORTS)), False
    marks = [tuple(sentences_of(int(mark))) for mark in screen(found)[0]] if len(found) else []
    return Evidence(found, marks, None if zone is None else _inside_m(zone, found), whole)


def unarchived(folder: Path, reached: int) -> Iterator[Positions]:
    """Yield what is in a state folder's journal from an offset on, as it came: the archive has what is before
    it. Raises StoreError where the journal cannot be read."""
    journal = folder / "journal"
    if last_segment(journal) is not None:
        for entry in read_on(journal, reached):
            if isinstance(entry, Batch):
                yield entry.positions


def _inside_m(zone: Zone, reports: Positions) -> NDArray[np.float64] | None:
    """Return how far inside the zone's nearest volume each report is; its sign may be wrong within 2 m of the
    boundary, as outlines are cut to that. None of a zone round a pole."""
    lines = [outlines(volume.footprint, drawn=False) for volume in zone.volumes]
    if any(abs(ring[0, 1] - ring[-1, 1]) > 1.0 for each in lines for rings in each for ring in rings):
        return None
    zones = compile_zones([zone])
    shapes = [shape(zones, part) for part in range(len(zones.part_zone))]
    insides = [_holds(lines[volume], reports) for volume in zones.part_volume.tolist()]
    out = np.full(len(reports), -np.inf)
    places = zip(reports.lat_deg.tolist(), reports.lon_deg.tolist(), strict=True)
    for row, place in enumerate(places):
        for (pieces, radius_m), inside in zip(shapes, insides, strict=True):
            far_m = distance_m(pieces, radius_m, *place)
            depth_m = -far_m if not np.isnan(radius_m) else (far_m if inside[row] else -far_m)
            out[row] = max(out[row], depth_m)
    return out


def _holds(polygons: Sequence[list[NDArray[np.float64]]], reports: Positions) -> NDArray[np.bool_]:
    """Return which reports are in one of some polygons with holes, by the even-odd rule."""
    found = np.zeros(len(reports), np.bool_)
    for rings in polygons:
        odd = np.zeros(len(reports), np.bool_)
        for ring in rings:
            odd ^= _odd(ring, reports.lat_deg, reports.lon_deg)
        found |= odd
    return found


def _odd(
    ring: NDArray[np.float64], lat_deg: NDArray[np.float64], lon_deg: NDArray[np.float64]
) -> NDArray[np.bool_]:
    middle = float(ring[:, 1].mean())
    lon = (lon_deg - middle + 180.0) % 360.0 - 180.0 + middle
    odd = np.zeros(len(lat_deg), np.bool_)
    for (y0, x0), (y1, x1) in zip(ring[:-1].tolist(), ring[1:].tolist(), strict=True):
        if y0 == y1:
            continue
        crosses = (y0 <= lat_deg) != (y1 <= lat_deg)
        odd ^= crosses & (lon < x0 + (lat_deg - y0) / (y1 - y0) * (x1 - x0))
    return odd
