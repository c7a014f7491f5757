"""Stays: the times in which a target was not outside a zone, from its visits to the zone's parts.

A zone is the union of its parts, so visits that overlap or touch are one stay. A stay is determined if at
some time the target was determined to be inside; one that never was is undetermined throughout.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nofly.incidents.record import Cause
from nofly.kernel.detect import Changes, Detector, Params, Reports, Why
from nofly.kernel.visits import Quality, VisitBook, Visits
from nofly.schema import Positions
from nofly.units import US_PER_S
from nofly.zones.activity import ACTIVE, ALWAYS_FROM_US, ALWAYS_UNTIL_US, active_intervals
from nofly.zones.compiled import CompiledZones, compile_zones
from nofly.zones.model import Circle, Corridor, Datum, Zone

TOUCH_US = 1_000
"""Visits to neighbouring parts no further apart are one stay: both ends are rounded to a microsecond."""

_ENTRY = {
    Why.DATA: Cause.DATA_RESUMED, Why.LATERAL: Cause.MOVED, Why.VERTICAL: Cause.MOVED,
    Why.SCHEDULE: Cause.ZONE_ACTIVATED, Why.LOST: Cause.DATA_LOST, Why.FOUND: Cause.DATA_RESUMED,
}  # fmt: skip
_EXIT = {**_ENTRY, Why.DATA: Cause.DATA_LOST, Why.SCHEDULE: Cause.ZONE_DEACTIVATED}


@dataclass(frozen=True, slots=True)
class Stay:
    """One stay of a target (its index) in a zone (its index). Lengths are metres; None is unlimited or not
    known."""

    zone: int
    target: int
    entry_us: int
    exit_us: int
    entry_lat_deg: float
    entry_lon_deg: float
    exit_lat_deg: float
    exit_lon_deg: float
    determined: bool
    confirmed: bool
    entry_cause: Cause
    exit_cause: Cause
    entry_closing_mps: float
    exit_closing_mps: float
    depth_m: float
    depth_err_m: float
    entry_err_m: float
    exit_err_m: float
    lower_margin_m: float | None
    upper_margin_m: float | None
    height_m: float | None
    """At entry, on the datum of the floor, or of the ceiling where there is no floor."""
    height_datum: str | None
    min_height_m: float | None
    max_height_m: float | None
    """The least and the greatest height reported while inside, on ``height_datum``; None where not known."""
    reports: int
    longest_gap_s: float
    measured: int
    """Reports looked at in all parts together; ``weak`` and ``on_ground`` are out of these."""
    weak: int
    on_ground: int
    inside_from_us: int | None
    inside_until_us: int | None
    """The first and the last instant at which it was determined to be inside; None where it never was."""


def merge(zones: CompiledZones, changes: Changes, visits: Visits) -> list[Stay]:
    """Return the stays, by time of entry, then target and zone."""
    if len(visits) == 0:
        return []
    zone = zones.part_zone[visits.part].astype(np.int64)
    entry_us, exit_us = changes.time_us[visits.entry], changes.time_us[visits.exit]
    order = np.lexsort((exit_us, entry_us, zone, visits.target))
    same = (zone[order][1:] == zone[order][:-1]) & (visits.target[order][1:] == visits.target[order][:-1])
    reach = exit_us[order].copy()
    joined = np.zeros(len(order), bool)
    several = np.bincount(zones.part_zone, minlength=len(zones.zones)) > 1
    apart_us = np.where(several[zone[order]], TOUCH_US, 0)
    for i in np.flatnonzero(same & (several[zone[order][1:]] | (entry_us[order][1:] <= reach[:-1]))) + 1:
        if entry_us[order[i]] <= reach[i - 1] + apart_us[i]:
            joined[i] = True
            reach[i] = max(reach[i], reach[i - 1])
    groups = np.split(order, np.flatnonzero(~joined)[1:])
    columns = _Columns(zones, changes, visits)
    stays = [columns.stay(int(zone[group[0]]), group) for group in groups]
    stays.sort(key=lambda s: (s.entry_us, s.target, s.zone))
    return stays


class _Columns:
    """The columns of changes and visits as Python values, to make stays of."""

    def __init__(self, zones: CompiledZones, changes: Changes, visits: Visits) -> None:
        self.zones = zones
        self.visits = visits
        c = changes
        self.c = {name: getattr(c, name).tolist() for name in Changes.__slots__}
        self.entry, self.exit = visits.entry.tolist(), visits.exit.tolist()
        self.first_in, self.last_in = visits.first_in.tolist(), visits.last_in.tolist()
        self.target, self.part = visits.target.tolist(), visits.part.tolist()
        names = (
            "depth_m",
            "deepest_err_m",
            "lower_margin_m",
            "upper_margin_m",
            "longest_gap_us",
            "first_err_m",
            "last_err_m",
            "measured",
            "weak",
            "on_ground",
            "confirmed",
        )
        self.s = {name: visits.sum(name).tolist() for name in names}

    def stay(self, zone: int, group: NDArray[np.int64]) -> Stay:
        """Return the stay that a group of visits, by time of entry, make up."""
        rows = group.tolist()
        c, s = self.c, self.s
        time = c["time_us"]
        inside = [v for v in rows if self.first_in[v] >= 0]
        first, last = (
            min(rows, key=lambda v: time[self.entry[v]]),
            max(rows, key=lambda v: time[self.exit[v]]),
        )
        entry, leave = self.entry[first], self.exit[last]
        deepest = max(rows, key=s["depth_m"].__getitem__)
        height_m, datum = self._height(entry)
        return Stay(
            zone=zone, target=self.target[rows[0]],
            entry_us=time[entry], exit_us=time[leave],
            entry_lat_deg=c["lat_deg"][entry], entry_lon_deg=c["lon_deg"][entry],
            exit_lat_deg=c["lat_deg"][leave], exit_lon_deg=c["lon_deg"][leave],
            determined=bool(inside), confirmed=any(s["confirmed"][v] for v in rows),
            entry_cause=_ENTRY[c["why"][entry]], exit_cause=_EXIT[c["why"][leave]],
            entry_closing_mps=c["closing_mps"][entry], exit_closing_mps=c["closing_mps"][leave],
            depth_m=max(0.0, s["depth_m"][deepest]), depth_err_m=s["deepest_err_m"][deepest],
            entry_err_m=s["first_err_m"][first], exit_err_m=s["last_err_m"][last],
            lower_margin_m=_finite(max(s["lower_margin_m"][v] for v in rows)),
            upper_margin_m=_finite(max(s["upper_margin_m"][v] for v in rows)),
            height_m=height_m, height_datum=datum, **self._range(rows, height_m),
            reports=c["earlier"][leave] - c["earlier"][entry],
            longest_gap_s=max(s["longest_gap_us"][v] for v in rows) / US_PER_S,
            measured=int(sum(s["measured"][v] for v in rows)), weak=int(sum(s["weak"][v] for v in rows)),
            on_ground=int(sum(s["on_ground"][v] for v in rows)),
            inside_from_us=min((time[self.first_in[v]] for v in inside), default=None),
            inside_until_us=max((time[self.last_in[v]] for v in inside), default=None),
        )  # fmt: skip

    def _height(self, change: int) -> tuple[float | None, str | None]:
        _, floor_row, _, ceiling_row = self.zones.limits[self.c["part"][change]]
        for height, row in (
            (self.c["floor_height_m"][change], floor_row),
            (self.c["ceiling_height_m"][change], ceiling_row),
        ):
            if row >= 0 and height == height:
                return height, str(self.zones.datums[int(row)])
        return None, None

    def _range(self, rows: list[int], height_m: float | None) -> dict[str, float | None]:
        """Return the range of heights while inside, from the margins to the limits of the first visit's
        part."""
        if height_m is None:
            return {"min_height_m": None, "max_height_m": None}
        seen = [height_m]
        for v in rows:
            low, high = self.s["lower_margin_m"][v], self.s["upper_margin_m"][v]
            floor, floor_row, ceiling, ceiling_row = self.zones.limits[self.part[v]]
            if floor_row >= 0 and np.isfinite(low):
                seen.append(floor + low)
            if ceiling_row >= 0 and np.isfinite(high):
                seen.append(ceiling - high)
        return {"min_height_m": min(seen), "max_height_m": max(seen)}


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None


def zone_activity(
    zones: Sequence[Zone], from_us: int, until_us: int
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Return (first interval of each zone and the end, intervals (n, 3)): when each zone is active in a time
    span."""
    starts, rows = [0], []
    always = np.array([[ALWAYS_FROM_US, ALWAYS_UNTIL_US, ACTIVE]])
    for zone in zones:
        if zone.schedule is None and zone.valid_from_us is None and zone.valid_to_us is None:
            rows.append(always)
            starts.append(starts[-1] + 1)
            continue
        lat_deg, lon_deg = _place(zone)
        found = active_intervals(
            zone.schedule, zone.valid_from_us, zone.valid_to_us, lat_deg, lon_deg, from_us, until_us
        )
        rows.append(found)
        starts.append(starts[-1] + len(found))
    table = np.concatenate(rows) if rows else np.zeros((0, 3), np.int64)
    return np.asarray(starts, np.int32), np.ascontiguousarray(table, np.int64)


def _place(zone: Zone) -> tuple[float, float]:
    """Return a place in the zone for the sun's events: the first point of its first volume."""
    if not zone.volumes:
        return 0.0, 0.0
    footprint = zone.volumes[0].footprint
    if isinstance(footprint, Circle):
        return footprint.centre
    if isinstance(footprint, Corridor):
        return footprint.path[0]
    first = footprint.exterior[0]
    return first if isinstance(first, tuple) else first.centre


@dataclass(frozen=True, slots=True)
class ZoneStay:
    """A stay with the names of its zone and target: what :func:`zone_stays` returns."""

    zone_id: str
    target_id: str
    entry_us: int
    exit_us: int
    entry_lat_deg: float
    entry_lon_deg: float
    exit_lat_deg: float
    exit_lon_deg: float
    determined: bool
    entry_cause: Cause
    exit_cause: Cause
    depth_m: float
    lower_margin_m: float | None
    upper_margin_m: float | None
    reports: int
    longest_gap_s: float


def zone_stays(
    zones: Sequence[Zone], positions: Positions, *, max_gap_s: float = 120.0, batch_rows: int | None = None
) -> list[ZoneStay]:
    """Return the bare facts: every stay of every target, no screening, no rules, heights only as reported.

    ``batch_rows`` cuts the stream into batches, which changes nothing. Raises InputError where a target's
    reports are out of order.
    """
    compiled = compile_zones(zones)
    times = positions.time_us
    span = (int(times.min()), int(times.max())) if len(times) else (0, 0)
    starts, active = zone_activity(zones, *span)
    detector = Detector(compiled, starts, active, Params(max_gap_s))
    book = VisitBook(compiled)
    step = batch_rows or max(1, len(positions))
    for first in range(0, len(positions), step):
        reports = _bare(positions.take(slice(first, first + step)), compiled.datums)
        n = len(reports.time_us)
        plain = Quality(np.full(n, np.inf), np.zeros((len(compiled.datums), n)), np.zeros(n, np.int8),
                        np.zeros(n, np.int8))  # fmt: skip
        book.step(detector.step(reports), reports, plain, starts, active)
    changes, visits = book.finish(detector.finish())
    return [
        ZoneStay(
            zones[stay.zone].id, positions.target.values[stay.target],
            *(getattr(stay, name) for name in ZoneStay.__slots__[2:]),
        )
        for stay in merge(compiled, changes, visits)
    ]  # fmt: skip


def _bare(batch: Positions, datums: Sequence[Datum]) -> Reports:
    columns = {"STD": "alt_std_m", "AMSL": "alt_amsl_m", "AGL": "alt_agl_m", "HAE": "alt_hae_m"}
    rows = [batch.floats(columns[d]) for d in datums]
    heights: Any = np.array(rows).reshape(len(datums), len(batch))
    unknown = np.isnan(heights)
    return Reports(
        np.ascontiguousarray(batch.target.codes, np.int32), np.ascontiguousarray(batch.time_us),
        np.ascontiguousarray(batch.lat_deg), np.ascontiguousarray(batch.lon_deg),
        np.where(unknown, -np.inf, heights), np.where(unknown, np.inf, heights),
    )  # fmt: skip
