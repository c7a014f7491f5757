"""What writing ED-269 and ED-318 has in common: limits as numbers, applicability, rings as positions.

What neither has words for is refused, by the zone's name: flight levels, corridors, KEEP_IN, rules with
exemptions or spacing, hours on a clock other than UTC, a zone that is never active. Kinds other than the
standards' (COMMON, CUSTOMIZED, USPACE) become COMMON, and the number of the edition is left out. Arcs and
edges of another kind get points between, within 0.5 m.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Sequence
from typing import Any

from nofly.errors import ZoneFormatError
from nofly.formats._edges import TOLERANCE_M, subdivided
from nofly.formats._uas import DAYS, NO_CEILING
from nofly.formats._vocabulary import instant_text
from nofly.units import M_PER_FT
from nofly.zones.model import Arc, Datum, EdgeKind, Limit, Polygon, Restriction, Ring, Vertex, Volume, Zone
from nofly.zones.rules import Rule
from nofly.zones.schedule import ClockTime, Period, Schedule, SunTime, Window

_TEXT = re.compile(r"(-?[0-9]{1,9}(?:\.[0-9]{1,12})?) (m|ft) (AGL|AMSL|WGS84)")
_REFERENCES = {Datum.AGL: "AGL", Datum.AMSL: "AMSL", Datum.HAE: "WGS84"}


class UnsayableError(Exception):
    """The format has no words for something of a zone."""


def records(zones: Sequence[Zone], one: Callable[[Zone], dict[str, Any]], name: str) -> list[str]:
    """Return each zone as JSON on a line. Raises ZoneFormatError naming the first that cannot be said."""
    lines, faults = [], []
    for zone in zones:
        try:
            _check(zone)
            lines.append(json.dumps(one(zone), ensure_ascii=False, allow_nan=False))
        except UnsayableError as error:
            faults.append(f"zone {zone.id[:60]!r}: {name} cannot say {error}")
    if faults:
        more = f" (and {len(faults) - 1} more zones)" if len(faults) > 1 else ""
        raise ZoneFormatError(faults[0] + more, expected="polygons and circles, AGL or AMSL, no rule")
    return lines


def _check(zone: Zone) -> None:
    if zone.restriction is Restriction.KEEP_IN:
        raise UnsayableError("KEEP_IN, a zone not to be left")
    if zone.rule is not None and zone.rule != Rule():
        raise UnsayableError("its rule")


def limits(volume: Volume, allowed: Sequence[Datum]) -> tuple[str, dict[str, tuple[float, str]]]:
    """Return the unit (``m``, ``ft``) and for ``lower`` and ``upper``, where they are limited, number and
    reference: as published where both were in one unit, else in metres."""
    bounds = {"lower": volume.lower, "upper": volume.upper}
    there = {side: limit for side, limit in bounds.items() if limit is not None}
    for limit in there.values():
        if limit.datum not in allowed:
            raise UnsayableError(f"the limit {limit.text[:40]!r}, on {limit.datum.value}")
    published = {side: _published(limit) for side, limit in there.items()}
    units = {found[1] for found in published.values() if found is not None}
    if len(units) == 1 and None not in published.values():
        unit = units.pop()
        numbers = {side: found[0] for side, found in published.items() if found is not None}
    else:
        unit, numbers = "m", {side: limit.value_m for side, limit in there.items()}
    if numbers.get("upper") == NO_CEILING:
        raise UnsayableError(f"a ceiling of {NO_CEILING:.0f} {unit}, which stands for none")
    return unit, {side: (numbers[side], _REFERENCES[limit.datum]) for side, limit in there.items()}


def _published(limit: Limit) -> tuple[float, str] | None:
    found = _TEXT.fullmatch(limit.text)
    if found is None or found[3] != _REFERENCES.get(limit.datum):
        return None
    number = float(found[1]) if "." in found[1] else int(found[1])
    value_m = number * (M_PER_FT if found[2] == "ft" else 1.0)
    return (number, found[2]) if value_m == limit.value_m else None


def rings(polygon: Polygon, written: EdgeKind) -> list[list[list[float]]]:
    """Return exterior and holes as closed lists of [longitude, latitude]."""
    out = []
    for ring in (polygon.exterior, *polygon.holes):
        line = subdivided(_drawn(ring), polygon.edge_kind, written, closed=True)
        out.append([[lon, lat] for lat, lon in [*line, line[0]]])
    return out


def _drawn(ring: Ring) -> list[Vertex]:
    points: list[Vertex] = []
    for part in ring:
        if isinstance(part, Arc):
            points += _along(part)
        else:
            points.append(part)
    return points


def _along(arc: Arc) -> list[Vertex]:
    """Return points on an arc, so many that it is within ``TOLERANCE_M`` of the line through them."""
    from pyproj import Geod

    sweep = (arc.end_deg - arc.start_deg) % 360.0 or 360.0
    if not arc.clockwise:
        sweep = sweep - 360.0 if sweep != 360.0 else -360.0
    radius_m = max(arc.radius_m, arc.end_radius_m)
    step_deg = math.degrees(2.0 * math.acos(max(0.0, 1.0 - TOLERANCE_M / radius_m)))
    count = max(2, math.ceil(abs(sweep) / min(step_deg, 30.0)) + 1)
    parts = [k / (count - 1) for k in range(count)]
    lons, lats, _ = Geod(ellps="WGS84").fwd(
        [arc.centre[1]] * count,
        [arc.centre[0]] * count,
        [arc.start_deg + sweep * part for part in parts],
        [arc.radius_m + (arc.end_radius_m - arc.radius_m) * part for part in parts],
    )
    return list(zip(lats, lons, strict=True))


def windows(schedule: Schedule | None, start_us: int | None, end_us: int | None) -> tuple[Window, ...]:
    """Return the windows of a schedule within a validity, none where it is always."""
    if schedule is None:
        return () if (start_us, end_us) == (None, None) else (Window(start_us, end_us),)
    on_clock = any(
        p.days or ClockTime in (type(p.start), type(p.end)) for w in schedule.windows for p in w.periods
    )
    if on_clock and schedule.time_zone != "UTC":
        raise UnsayableError(f"hours on the clock of {schedule.time_zone}")
    found = [_within(window, start_us, end_us) for window in schedule.windows]
    left = tuple(window for window in found if window is not None)
    if not left:
        raise UnsayableError("a zone that is never active")
    return left


def _within(window: Window, start_us: int | None, end_us: int | None) -> Window | None:
    starts = [us for us in (window.start_us, start_us) if us is not None]
    ends = [us for us in (window.end_us, end_us) if us is not None]
    start, end = max(starts, default=None), min(ends, default=None)
    if start is not None and end is not None and end <= start:
        return None
    return Window(start, end, window.periods, window.certain)


def bounds(window: Window) -> dict[str, str]:
    """Return ``startDateTime`` and ``endDateTime`` where there are such."""
    out = {}
    for name, time_us in (("startDateTime", window.start_us), ("endDateTime", window.end_us)):
        if time_us is not None:
            out[name] = moment(time_us)
    return out


def moment(time_us: int) -> str:
    """Return UTC microseconds as ISO 8601."""
    try:
        return instant_text(time_us)
    except OverflowError:
        raise UnsayableError("a time beyond the calendar") from None


def daily(period: Period, *, sun: bool) -> dict[str, Any]:
    """Return a daily period; without days it is of any day."""
    out: dict[str, Any] = {"day": [DAYS[day] for day in sorted(period.days)] or ["ANY"]}
    for side, time in (("start", period.start), ("end", period.end)):
        if isinstance(time, SunTime):
            if not sun or time.offset_s:
                raise UnsayableError("hours by the sun" + (" with an offset" if sun else ""))
            out[f"{side}Event"] = time.event.value
        else:
            minutes, seconds = divmod(time.second_of_day, 60)
            out[f"{side}Time"] = f"{minutes // 60:02d}:{minutes % 60:02d}:{seconds:02d}Z"
    return out


def kept(zone: Zone) -> dict[str, Any]:
    """Return what the zone's own format said beyond the model; what is of another format is not."""
    return {key: json.loads(text) for key, text in zone.extra if "." not in key}


def told(extra: dict[str, Any], key: str, said: str) -> object:
    """Return the texts in several languages that were read, where the one said is still among them."""
    found = extra.pop(key, None)
    texts = found if isinstance(found, list) else []
    return found if any(isinstance(one, dict) and one.get("text") == said for one in texts) else None
