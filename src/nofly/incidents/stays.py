"""Stays: the times in which a target was not outside a zone, from its visits to the zone's parts.

A zone is the union of its parts, so visits that overlap or touch are one stay. A stay is determined if at
some time the target was determined to be inside; one that never was is undetermined throughout. Stays are
columns; a :class:`Stay` is made where one is asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nofly.incidents.record import Cause
from nofly.incidents.stay_heights import height_range, heights_at
from nofly.kernel.detect import Changes, Detector, Params, Reports, Why
from nofly.kernel.visits import SUMS, Quality, VisitBook, Visits
from nofly.schema import Positions
from nofly.units import US_PER_S
from nofly.zones.activity import ACTIVE, ALWAYS_FROM_US, ALWAYS_UNTIL_US, active_intervals
from nofly.zones.compiled import CompiledZones, compile_zones
from nofly.zones.model import Circle, Corridor, Datum, Zone

TOUCH_US = 1_000
"""Visits to neighbouring parts no further apart are one stay: both ends are rounded to a microsecond."""

CAUSES = tuple(Cause)
DATUMS = tuple(Datum)
ENTRY_CAUSE = {
    Why.DATA: Cause.DATA_RESUMED, Why.LATERAL: Cause.MOVED, Why.VERTICAL: Cause.MOVED,
    Why.SCHEDULE: Cause.ZONE_ACTIVATED, Why.LOST: Cause.DATA_LOST, Why.FOUND: Cause.DATA_RESUMED,
}  # fmt: skip
EXIT_CAUSE = {**ENTRY_CAUSE, Why.DATA: Cause.DATA_LOST, Why.SCHEDULE: Cause.ZONE_DEACTIVATED}
_ENTRY_CODE, _EXIT_CODE = (
    np.array([CAUSES.index(table[why]) for why in sorted(Why)], np.int8)
    for table in (ENTRY_CAUSE, EXIT_CAUSE)
)


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
    entry_height_err_m: float | None = None
    exit_height_err_m: float | None = None
    """The 95 % error of the height where floor or ceiling was crossed; None where the boundary was."""


_NAMES = tuple(field.name for field in fields(Stay))
_NULL_AS_NAN = ("lower_margin_m", "upper_margin_m", "height_m", "min_height_m", "max_height_m",
                "entry_height_err_m", "exit_height_err_m")  # fmt: skip
_INTS = ("zone", "target", "entry_us", "exit_us", "reports", "measured", "weak", "on_ground",
         "inside_from_us", "inside_until_us")  # fmt: skip
_KINDS: dict[str, type[Any]] = {
    **dict.fromkeys(_INTS, np.int64), **dict.fromkeys(("determined", "confirmed"), np.bool_),
    **dict.fromkeys(("entry_cause", "exit_cause", "height_datum"), np.int8),
}  # fmt: skip
PAGE_ROWS = 64
NEVER_US = int(np.iinfo(np.int64).min)


class Stays(Sequence[Stay]):
    """Stays in columns named as the fields of :class:`Stay`.

    Causes are indices into :data:`CAUSES`, ``height_datum`` into :data:`DATUMS` (-1 is none); a float that
    is None there is NaN here, a time :data:`NEVER_US`.
    """

    def __init__(self, columns: dict[str, NDArray[Any]]) -> None:
        self.columns = columns
        self._page: tuple[int, list[tuple[Any, ...]]] = (-1, [])

    def __getattr__(self, name: str) -> Any:
        """Return a column."""
        try:
            return self.__dict__["columns"][name]
        except KeyError:
            raise AttributeError(name) from None

    def __len__(self) -> int:
        return len(self.columns["zone"])

    def __getitem__(self, at: Any) -> Any:
        """Return one stay, or those of a slice or an array of rows as :class:`Stays`."""
        if isinstance(at, slice | np.ndarray):
            return Stays({name: column[at] for name, column in self.columns.items()})
        at = range(len(self))[at]
        number, rows = self._page
        if number != at // PAGE_ROWS:
            number = at // PAGE_ROWS
            rows = self._rows(slice(number * PAGE_ROWS, (number + 1) * PAGE_ROWS))
            self._page = number, rows
        return _stay(dict(zip(self.columns, rows[at % PAGE_ROWS], strict=True)))

    def _rows(self, rows: slice) -> list[tuple[Any, ...]]:
        """Return rows as values of Python: many at once cost little more than one."""
        return list(zip(*(column[rows].tolist() for column in self.columns.values()), strict=True))

    def __iter__(self) -> Iterator[Stay]:
        for row in self._rows(slice(None)):
            yield _stay(dict(zip(self.columns, row, strict=True)))

    @classmethod
    def of(cls, stays: Sequence[Stay]) -> Stays:
        """Return stays in columns."""
        if isinstance(stays, Stays):
            return stays
        given: dict[str, list[Any]] = {name: [getattr(s, name) for s in stays] for name in _NAMES}
        for name in ("entry_cause", "exit_cause"):
            given[name] = [CAUSES.index(cause) for cause in given[name]]
        given["height_datum"] = [-1 if d is None else DATUMS.index(Datum(d)) for d in given["height_datum"]]
        for name in _NULL_AS_NAN:
            given[name] = [np.nan if value is None else value for value in given[name]]
        for name in ("inside_from_us", "inside_until_us"):
            given[name] = [NEVER_US if value is None else value for value in given[name]]
        return cls({name: np.array(given[name], _KINDS.get(name, np.float64)) for name in _NAMES})


def appended(*parts: Stays) -> Stays:
    """Return stays, part by part."""
    given = [part.columns for part in parts] or [Stays.of([]).columns]
    return Stays({name: np.concatenate([columns[name] for columns in given]) for name in _NAMES})


def joined_stays(parts: Sequence[Stays]) -> Stays:
    """Return stays by time of entry, then target and zone."""
    whole = appended(*parts)
    found: Stays = whole[np.lexsort((whole.zone, whole.target, whole.entry_us))]
    return found


def _stay(row: dict[str, Any]) -> Stay:
    """Return a stay of the values of one row."""
    for name in _NULL_AS_NAN:
        if row[name] != row[name]:
            row[name] = None
    for name in ("inside_from_us", "inside_until_us"):
        if row[name] == NEVER_US:
            row[name] = None
    row["entry_cause"], row["exit_cause"] = CAUSES[row["entry_cause"]], CAUSES[row["exit_cause"]]
    row["height_datum"] = None if row["height_datum"] < 0 else str(DATUMS[row["height_datum"]])
    return Stay(**row)


def merge(zones: CompiledZones, changes: Changes, visits: Visits) -> Stays:
    """Return the stays, by time of entry, then target and zone."""
    if len(visits) == 0:
        return Stays.of([])
    zone = zones.part_zone[visits.part].astype(np.int64)
    entry_us, exit_us = changes.time_us[visits.entry], changes.time_us[visits.exit]
    # Of changes at one instant the kernel's order decides, as it does for live traffic.
    order = np.lexsort((visits.entry, entry_us, zone, visits.target))
    zone, target, entry_us, exit_us = zone[order], visits.target[order], entry_us[order], exit_us[order]
    same = (zone[1:] == zone[:-1]) & (target[1:] == target[:-1])
    start = np.arange(len(order))
    if same.any():
        several = np.bincount(zones.part_zone, minlength=len(zones.zones)) > 1
        reach_us = _latest(exit_us, np.concatenate([[0], np.cumsum(~same)]))
        joins = same & (entry_us[1:] <= reach_us[:-1] + np.where(several[zone[1:]], TOUCH_US, 0))
        start = np.flatnonzero(np.concatenate([[True], ~joins]))
    by_entry = np.lexsort((zone[start], target[start], entry_us[start]))
    return _merged(zones, changes, visits, *_regrouped(order, start, by_entry))


def _regrouped(
    order: NDArray[np.int64], start: NDArray[np.int64], groups: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return rows group by group, each from its ``start`` on, with the groups in another order."""
    if len(start) == len(order):
        return order[groups], start
    count = np.diff(start, append=len(order))[groups]
    first = np.cumsum(count) - count
    return order[np.repeat(start[groups] - first, count) + np.arange(len(order))], first


def _latest(values: NDArray[np.int64], run: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the greatest value so far within each run of rows; ``run`` numbers the runs from 0."""
    n = len(values)
    order = np.argsort(values, kind="stable")
    rank = np.empty(n, np.int64)
    rank[order] = np.arange(n)
    return values[order][np.maximum.accumulate(run * n + rank) - run * n]


def _merged(
    zones: CompiledZones, changes: Changes, visits: Visits, order: NDArray[np.int64],
    start: NDArray[np.int64],
) -> Stays:  # fmt: skip
    """Return the stay of each group of visits: ``order`` has them group by group, by time of entry."""
    c = changes
    sums = dict(zip(SUMS, visits.sums[order].T, strict=True))
    exit_us = c.time_us[visits.exit[order]]
    rank = np.argsort(np.lexsort((visits.exit[order], exit_us)))
    last, deepest = _best(rank, start), _best(sums["depth_m"], start)
    entry, leave = visits.entry[order][start], visits.exit[order][last]
    first_in, last_in = visits.first_in[order], visits.last_in[order]
    inside = first_in >= 0
    from_us = np.where(inside, c.time_us[first_in], np.iinfo(np.int64).max)
    until_us = np.where(inside, c.time_us[last_in], NEVER_US)
    determined = np.logical_or.reduceat(inside, start)
    most, count = (
        {name: of.reduceat(sums[name], start) for name in names}
        for of, names in (
            (np.maximum, ("lower_margin_m", "upper_margin_m", "longest_gap_us", "confirmed")),
            (np.add, ("measured", "weak", "on_ground")),
        )
    )
    height_m, datum = heights_at(zones, c, entry)
    depth_m = sums["depth_m"][deepest]
    found = dict(
        zone=zones.part_zone[visits.part[order][start]].astype(np.int64), target=visits.target[order][start],
        entry_us=c.time_us[entry], exit_us=c.time_us[leave],
        entry_lat_deg=c.lat_deg[entry], entry_lon_deg=c.lon_deg[entry],
        exit_lat_deg=c.lat_deg[leave], exit_lon_deg=c.lon_deg[leave],
        determined=determined, confirmed=most["confirmed"] != 0.0,
        entry_cause=_ENTRY_CODE[c.why[entry]], exit_cause=_EXIT_CODE[c.why[leave]],
        entry_closing_mps=c.closing_mps[entry], exit_closing_mps=c.closing_mps[leave],
        depth_m=np.where(depth_m > 0.0, depth_m, 0.0), depth_err_m=sums["deepest_err_m"][deepest],
        entry_err_m=sums["first_err_m"][start], exit_err_m=sums["last_err_m"][last],
        lower_margin_m=_finite(most["lower_margin_m"]), upper_margin_m=_finite(most["upper_margin_m"]),
        height_m=height_m, height_datum=datum,
        **height_range(zones.limits[visits.part[order]], sums, start, height_m),
        reports=c.earlier[leave] - c.earlier[entry], longest_gap_s=most["longest_gap_us"] / US_PER_S,
        **{name: values.astype(np.int64) for name, values in count.items()},
        inside_from_us=np.where(determined, np.minimum.reduceat(from_us, start), NEVER_US),
        inside_until_us=np.maximum.reduceat(until_us, start),
        entry_height_err_m=np.where(c.why[entry] == Why.VERTICAL, sums["first_height_err_m"][start], np.nan),
        exit_height_err_m=np.where(c.why[leave] == Why.VERTICAL, sums["last_height_err_m"][last], np.nan),
    )  # fmt: skip
    return Stays({name: found[name] for name in _NAMES})


def _best(values: NDArray[Any], start: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the row of the greatest value of each group, of equals the first."""
    if len(start) == len(values):
        return start
    most = np.repeat(np.maximum.reduceat(values, start), np.diff(start, append=len(values)))
    return np.minimum.reduceat(np.where(values == most, np.arange(len(values)), len(values)), start)


def _finite(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(np.isfinite(values), values, np.nan)


def zone_activity(
    zones: Sequence[Zone], from_us: int, until_us: int
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Return (first interval of each zone and the end, intervals (n, 3)): when each zone is active in a time
    span."""
    starts: list[int] = [0]
    rows: list[NDArray[np.int64]] = []
    plain: list[tuple[int, int, int]] = []
    for zone in zones:
        if zone.schedule is None:
            start = ALWAYS_FROM_US if zone.valid_from_us is None else max(zone.valid_from_us, ALWAYS_FROM_US)
            end = ALWAYS_UNTIL_US if zone.valid_to_us is None else min(zone.valid_to_us, ALWAYS_UNTIL_US)
            plain += [(start, end, ACTIVE)] if start < end else []
            starts.append(starts[-1] + (start < end))
            continue
        rows += [np.array(plain, np.int64).reshape(-1, 3)]
        plain = []
        lat_deg, lon_deg = _place(zone)
        rows.append(
            active_intervals(
                zone.schedule, zone.valid_from_us, zone.valid_to_us, lat_deg, lon_deg, from_us, until_us
            )
        )
        starts.append(starts[-1] + len(rows[-1]))
    table = np.concatenate([*rows, np.array(plain, np.int64).reshape(-1, 3)])
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
