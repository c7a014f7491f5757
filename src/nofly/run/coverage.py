"""Coverage of recorded traffic and of what a watch has kept: read, told of zones and places, calibrated."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from nofly import __version__
from nofly.errors import Finding, fold_findings
from nofly.proof.coverage import Coverage, Statement
from nofly.proof.covering import calibration
from nofly.proof.covering.areas import zone_statements
from nofly.proof.covering.calibration import Horizon, Line
from nofly.proof.covering.cells import BANDS_FT, HOUR_US, band_name, box, centres
from nofly.proof.covering.coverage_words import TRANSPONDERS
from nofly.proof.covering.sightings import bands, cells, stations
from nofly.proof.covering.statements import ORDER, Asked
from nofly.run.files.order import ROOM_ROWS, Ordered, OutOfOrder
from nofly.run.files.trackfiles import TrackBatch
from nofly.run.following.evidence import unarchived
from nofly.run.judging.credible import Credible
from nofly.run.outputs.coverage_told import plain
from nofly.run.outputs.text import iso_time, printable
from nofly.schema import Positions
from nofly.store.positions.layout import Wanted
from nofly.store.positions.store import PositionStore
from nofly.zones.model import Zone

HORIZONS_DEG = (1.0, 3.0, 6.0, 10.0)
"""Of simulated receivers: a plain, hills, mountains, a valley."""


@dataclass(frozen=True, slots=True)
class Told:
    """A coverage, the time that is asked for, and what was asked of it."""

    coverage: Coverage
    asked: Asked
    zones: tuple[Zone, ...] = ()
    statements: tuple[Statement, ...] = ()
    """One for each zone."""
    place: Statement | None = None
    findings: tuple[Finding, ...] = ()
    sources: tuple[str, ...] = ()


class Trial(NamedTuple):
    """What was hidden from a receiver, and what came of what was said."""

    hidden: str
    lines: list[Line]


def read(
    batches: Iterable[TrackBatch], again: Callable[[], Iterable[TrackBatch]] | None = None,
    told: list[Finding] | None = None, *, screening: bool = True,
) -> Coverage:  # fmt: skip
    """Return the coverage of batches of tracks, those of their reports that the screen lets stand (without
    ``screening`` all); what their readers found is put into ``told``. ``again`` begins to read anew, which is
    needed where more than fits into memory is out of order. Raises what the readers raise, and InputError
    where it is too much."""
    ordered = Ordered(batches, again, ROOM_ROWS)
    try:
        coverage = _covered(ordered, screening)
    except OutOfOrder:
        coverage = _covered(ordered.anew(), screening)
    if told is not None:
        told += ordered.findings
    return coverage


def _covered(batches: Iterable[Positions], screening: bool) -> Coverage:
    coverage, credible = Coverage(), Credible()
    for positions in batches:
        coverage.take(positions, credible.of(positions) if screening else None)
    return coverage


def kept(folder: Path, wanted: Wanted) -> Iterator[TrackBatch]:
    """Yield what a watch has kept: the archive, and what is not in it yet. Raises StoreError."""
    reached = 0
    if (folder / "positions").is_dir():
        with PositionStore(folder / "positions", read_only=True) as store:
            reached = store.reached
            for positions in store.query(wanted):
                yield _batch(positions, folder)
    for positions in unarchived(folder, reached):
        yield _batch(wanted.of(positions), folder)


def _batch(positions: Positions, folder: Path) -> TrackBatch:
    return TrackBatch(positions, [], str(folder), "archive", 0, 0)


def span_us(coverage: Coverage) -> tuple[int, int] | None:
    """Return the first hour's begin and the last hour's end; None without any report."""
    hours = coverage.evidence.hours
    return None if not len(hours) else (int(hours[0]) * HOUR_US, (int(hours[-1]) + 1) * HOUR_US)


def told(
    coverage: Coverage, asked_us: tuple[int, int] | None, zones: Sequence[Zone],
    place: tuple[float, float, float | None] | None, findings: Iterable[Finding], sources: Sequence[str],
) -> Told:  # fmt: skip
    """Return what is told of zones and of a place (latitude, longitude, height in metres or None) from one
    time until another, by default in all hours with reports."""
    from_us, until_us = asked_us or span_us(coverage) or (0, 0)
    asked = Asked(coverage.evidence, from_us, until_us)
    return Told(
        coverage, asked, tuple(zones), tuple(zone_statements(coverage, zones, asked)),
        None if place is None else coverage.statement(*place, from_us, until_us),
        tuple(fold_findings(findings)), tuple(sources),
    )  # fmt: skip


def document(it: Told) -> dict[str, Any]:
    """Return all of it as plain values: what ``--format json`` writes."""
    coverage, asked = it.coverage, it.asked
    rows = coverage.rows()
    known = [(cell, asked.verdicts(cell)) for cell in asked.evidence.cells.tolist()]
    return {
        "nofly": __version__,
        "from_time": iso_time(asked.from_us),
        "until_time": iso_time(asked.until_us),
        "hours": asked.count,
        "hours_with_reports": len(asked.at),
        "reports": coverage.reports,
        "aircraft": len(np.unique(rows["aircraft"])),
        "aircraft_at_least": coverage.level > 0,
        "heights": dict(coverage.heights),
        "receivers": receivers(coverage),
        "bands": [band_counts(known, band) for band in range(len(BANDS_FT))],
        "cells": [_cell(cell, verdicts) for cell, verdicts in known],
        "zones": [
            {**plain(one), "name": printable(z.name)} for z, one in zip(it.zones, it.statements, strict=True)
        ],
        "place": None if it.place is None else plain(it.place),
        "says_nothing_of": TRANSPONDERS,
    }


def band_counts(known: Sequence[tuple[int, Any]], band: int) -> dict[str, Any]:
    """Return how many cells × hours of a band have which verdict."""
    counts = np.zeros(len(ORDER), np.int64)
    for _, verdicts in known:
        counts += np.bincount(verdicts[band], minlength=len(ORDER))
    return {"band": band_name(band), **{name.value: int(counts[k]) for k, name in enumerate(ORDER)}}


def receivers(coverage: Coverage) -> list[dict[str, Any]]:
    """Return of each named receiver its reports, and in how many minutes it received anything."""
    rows = coverage.rows()
    out = []
    for name, code in coverage.codes():
        mine = rows[stations(rows["key"]) == code]
        minutes = _minutes(mine)
        out.append({"station": printable(name), "reports": int(mine["reports"].sum()), "minutes": minutes})
    return out


def _minutes(rows: Any) -> int:
    from nofly.proof.covering.sightings import hours

    hour, at = np.unique(hours(rows["key"]), return_inverse=True)
    masks = np.zeros(len(hour), np.uint64)
    np.bitwise_or.at(masks, at, rows["minutes"])
    return sum(int(mask).bit_count() for mask in masks)


def _cell(cell: int, verdicts: Any) -> dict[str, Any]:
    south, west, north, east = box(cell)
    each = [np.bincount(verdicts[band], minlength=len(ORDER)).tolist() for band in range(len(BANDS_FT))]
    return {"south_deg": south, "west_deg": west, "north_deg": north, "east_deg": east, "hours": each}


def calibrated(again: Callable[[], Iterable[Positions]]) -> list[Trial]:
    """Return what comes of hiding part of the traffic: half of the aircraft, nine of ten in every second
    hour, and what named or simulated receivers do not get. ``again`` begins to read anew."""
    whole = Coverage()
    for positions in again():
        whole.take(positions)
    rows, named = whole.rows(), bool(whole.stations)
    held, by_hour = calibration.held_back, calibration.hidden_by_hour
    trials = [
        Trial("half of the aircraft", calibration.compared(rows, rows, held, named)),
        Trial("9 of 10 aircraft in every second hour", calibration.compared(rows, rows, by_hour, named)),
    ]
    for name, code in whole.codes():
        got = rows[stations(rows["key"]) == code]
        what = f"all but receiver {printable(name)}, and half of the aircraft"
        trials.append(Trial(what, calibration.compared(rows, got, held, named)))
    for horizon, got in _simulated(rows, again):
        where = f"{horizon.lat_deg:.2f}, {horizon.lon_deg:.2f}"
        what = f"what is lower than {horizon.least_deg:g}° from {where}, and half of the aircraft"
        trials.append(Trial(what, calibration.compared(rows, got.rows(), held, named)))
    return trials


def _simulated(rows: Any, again: Callable[[], Iterable[Positions]]) -> list[tuple[Horizon, Coverage]]:
    """Return what receivers would get that stand where the most aircraft are received lowest."""
    low = rows[bands(rows["key"]) == bands(rows["key"]).min()] if len(rows) else rows
    if not len(low):
        return []
    cell, count = np.unique(cells(low["key"]), return_counts=True)
    lat, lon = (float(part[0]) for part in centres(cell[[int(count.argmax())]]))
    simulated = [(Horizon(lat, lon, least_deg), Coverage()) for least_deg in HORIZONS_DEG]
    for positions in again():
        for horizon, coverage in simulated:
            coverage.take(positions.take(horizon.gets(positions)))
    return simulated
