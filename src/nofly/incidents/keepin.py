"""Zones that must not be left: the absences, from the stays inside and the time a target was seen."""

from __future__ import annotations

from collections.abc import Callable, Set
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nofly.incidents.record import Cause
from nofly.incidents.stays import Stay
from nofly.schema import Positions
from nofly.zones.compiled import CompiledZones
from nofly.zones.shape import shape, to_space

_BACK = {Cause.MOVED: Cause.MOVED, Cause.ZONE_ACTIVATED: Cause.MOVED, Cause.ZONE_DEACTIVATED: Cause.MOVED}

Runs = Callable[[int], tuple[Positions, NDArray[np.int64]]]


def absences(
    zones: CompiledZones,
    zone: int,
    inside: list[Stay],
    runs: Runs,
    active: NDArray[np.int64],
    shadows: Set[int],
) -> list[Stay]:
    """Return when targets were outside a zone that was active, as stays whose depth is the distance outside.

    With a rule that says to whom the zone applies it concerns every target seen while it was active (the rule
    judges later); without one, only those that were inside at some time. A stay that is not determined is an
    absence that is not.
    """
    rule = zones.zones[zone].rule
    by_target: dict[int, list[Stay]] = {}
    for stay in inside:
        by_target.setdefault(stay.target, []).append(stay)
    everyone = rule is not None and bool(rule.applies_to)
    targets = range(getattr(runs, "targets", 0)) if everyone else sorted(by_target)
    out: list[Stay] = []
    for target in targets:
        if target in shadows:
            continue
        track, first = runs(target)
        mine = sorted(by_target.get(target, []), key=lambda s: s.entry_us)
        out += [s for s in mine if not s.determined]
        sure = [s for s in mine if s.determined]
        for a, b in zip(first, np.append(first[1:], len(track)), strict=True):
            for since, until, certain in active.tolist():
                low, high = max(since, int(track.time_us[a])), min(until, int(track.time_us[b - 1]))
                if low <= high:
                    ends = (low == since and low > track.time_us[a], high == until)
                    out += _outside(zones, zone, target, track, low, high, sure, ends, bool(certain))
    return out


def _outside(
    zones: CompiledZones, zone: int, target: int, track: Positions, low: int, high: int, inside: list[Stay],
    by_schedule: tuple[bool, bool], certain: bool,
) -> list[Stay]:  # fmt: skip
    """Return the absences in one unbroken stretch of an active time."""
    out = []
    at, cause, place, closing = (
        low,
        Cause.ZONE_ACTIVATED if by_schedule[0] else Cause.DATA_RESUMED,
        None,
        float("nan"),
    )
    for stay in [s for s in inside if s.exit_us >= low and s.entry_us <= high]:
        if stay.entry_us > at:
            end = (stay.entry_lat_deg, stay.entry_lon_deg)
            out.append(_absence(zones, zone, target, track, at, stay.entry_us, cause, Cause.MOVED, place, end,
                                (closing, stay.entry_closing_mps), certain))  # fmt: skip
        at, cause, place = max(at, stay.exit_us), Cause.MOVED, (stay.exit_lat_deg, stay.exit_lon_deg)
        closing = stay.exit_closing_mps
        if stay.exit_cause is not Cause.MOVED:
            cause = Cause.DATA_RESUMED if stay.exit_cause is Cause.DATA_LOST else stay.exit_cause
    if at < high:
        last = Cause.ZONE_DEACTIVATED if by_schedule[1] else Cause.DATA_LOST
        out.append(_absence(zones, zone, target, track, at, high, cause, last, place, None,
                            (closing, float("nan")), certain))  # fmt: skip
    return out


def _absence(
    zones: CompiledZones, zone: int, target: int, track: Positions, entry_us: int, exit_us: int, cause: Cause,
    exit_cause: Cause, start: tuple[float, float] | None, end: tuple[float, float] | None,
    closing: tuple[float, float], certain: bool,
) -> Stay:  # fmt: skip
    times = track.time_us
    a, b = int(np.searchsorted(times, entry_us)), int(np.searchsorted(times, exit_us, "right"))
    rows = np.arange(a, b)
    start = start or _place_at(track, entry_us)
    end = end or _place_at(track, exit_us)
    far_m = _distance_m(zones, zone, np.array([start[0], *track.lat_deg[rows], end[0]]),
                        np.array([start[1], *track.lon_deg[rows], end[1]]))  # fmt: skip
    near = times[max(0, a - 1) : b + 1]
    ground = track.column("on_ground")
    return Stay(
        zone=zone, target=target, entry_us=entry_us, exit_us=exit_us, entry_lat_deg=start[0],
        entry_lon_deg=start[1], exit_lat_deg=end[0], exit_lon_deg=end[1], determined=certain, confirmed=False,
        entry_cause=cause, exit_cause=exit_cause, entry_closing_mps=closing[0], exit_closing_mps=closing[1],
        depth_m=float(far_m.max()), depth_err_m=float("inf"), entry_err_m=-1.0, exit_err_m=-1.0,
        lower_margin_m=None, upper_margin_m=None, height_m=None, height_datum=None, min_height_m=None,
        max_height_m=None, reports=len(rows),
        longest_gap_s=float(np.diff(near).max()) / 1e6 if len(near) > 1 else 0.0, measured=len(rows), weak=0,
        on_ground=0 if ground is None else int((ground[rows] == 1).sum()),
        inside_from_us=entry_us if certain else None, inside_until_us=exit_us if certain else None,
    )  # fmt: skip


def _place_at(track: Positions, time_us: int) -> tuple[float, float]:
    k = min(int(np.searchsorted(track.time_us, time_us)), len(track) - 1)
    return float(track.lat_deg[k]), float(track.lon_deg[k])


def _distance_m(zones: CompiledZones, zone: int, lat_deg: Any, lon_deg: Any) -> NDArray[np.float64]:
    """Return the distance of places outside the zone from its nearest part, along straight lines in space."""
    points = to_space(lat_deg, lon_deg)
    best = np.full(len(points), np.inf)
    for part in np.flatnonzero(zones.part_zone == zone).tolist():
        pieces, radius_m = shape(zones, part)
        start, way = pieces[:, :3], pieces[:, 3:] - pieces[:, :3]
        length = np.maximum((way**2).sum(axis=1), 1e-12)
        for i, point in enumerate(points):
            s = np.clip(((point - start) * way).sum(axis=1) / length, 0.0, 1.0)
            off = np.sqrt(((point - start - s[:, None] * way) ** 2).sum(axis=1).min())
            best[i] = min(best[i], off if np.isnan(radius_m) else max(0.0, off - radius_m))
    return best
