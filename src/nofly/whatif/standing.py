"""Which zones stand in the way of a flight at one level: the others do not count, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from nofly.geo.heights import HeightBounds, fill_heights
from nofly.incidents.stays import zone_activity
from nofly.schema import Coded, Positions
from nofly.units import flight_level_text
from nofly.zones.activity import activity_at
from nofly.zones.judging import judge_rule
from nofly.zones.model import Datum, Restriction, Volume, Zone
from nofly.zones.predicates import Subject

Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A zone that does not stand in the way, and why."""

    zone_id: str
    why: str


@dataclass(frozen=True, slots=True)
class Standing:
    """Zones that stand in the way, as given, each with only the volumes that reach the level."""

    zones: tuple[Zone, ...]
    left_out: tuple[LeftOut, ...]


def standing(
    zones: Sequence[Zone], level_m: float, at_us: int | None = None, who: Subject | None = None
) -> Standing:
    """Return the zones in the way of a flight at a pressure altitude, at an instant, of an aircraft.

    Without ``at_us`` every zone counts, whatever its hours; without ``who`` nobody is exempt. What cannot be
    told counts: a zone that may be active, a limit on another datum that the level may reach (without a QNH,
    between 950 and 1050 hPa; over ground from 0 to 8,849 m). A zone that restricts nothing does not count,
    nor one that must not be left.
    """
    heights = _heights(level_m)
    active = _active(zones, at_us)
    kept: list[Zone] = []
    out: list[LeftOut] = []
    for zone, now in zip(zones, active, strict=True):
        reached = tuple(volume for volume in zone.volumes if _reached(volume, heights))
        why = _why_not(zone, now, bool(reached), level_m, at_us, who)
        if why:
            out.append(LeftOut(zone.id, why))
        else:
            kept.append(replace(zone, volumes=reached))
    return Standing(tuple(kept), tuple(out))


def _why_not(
    zone: Zone, active: bool, reached: bool, level_m: float, at_us: int | None, who: Subject | None
) -> str:
    if zone.restriction is Restriction.NO_RESTRICTION:
        return "restricts nothing"
    if zone.restriction is Restriction.KEEP_IN:
        return "must not be left: there is no way round it"
    if not active:
        return "not active then"
    if not reached:
        return f"does not reach {flight_level_text(level_m)}"
    if who is None or zone.rule is None:
        return ""
    # Without an instant a permission with limits in time cannot be said to hold.
    instants = (-(1 << 61), 1 << 61) if at_us is None else (at_us, at_us)
    verdict = judge_rule(zone.rule, who, *instants, level_m, level_m)
    return "" if verdict.status == "infringement" else f"{verdict.status}: {verdict.reasons[0]}"


def _active(zones: Sequence[Zone], at_us: int | None) -> list[bool]:
    if at_us is None:
        return [True] * len(zones)
    starts, rows = zone_activity(zones, at_us, at_us)
    at = np.array([at_us], np.int64)
    return [
        bool(activity_at(rows[first:past], at)[0])
        for first, past in zip(starts[:-1].tolist(), starts[1:].tolist(), strict=True)
    ]


def _heights(level_m: float) -> dict[Datum, Interval]:
    """Return between which heights a pressure altitude lies on each datum."""
    one = np.zeros(1)
    row = Positions(
        np.zeros(1, np.int64), Coded.from_list(["one"]), one, one, {"alt_std_m": np.array([level_m])}
    )
    filled = fill_heights(row, None, None, None, HeightBounds(), tuple(Datum))
    return {datum: (float(filled.lo[datum][0]), float(filled.hi[datum][0])) for datum in Datum}


def _reached(volume: Volume, heights: dict[Datum, Interval]) -> bool:
    """Return whether the level may be between the limits of a volume, both of which belong to it."""
    lower, upper = volume.lower, volume.upper
    if lower is not None and heights[lower.datum][1] < lower.value_m:
        return False
    return upper is None or heights[upper.datum][0] <= upper.value_m
