"""``[[inhibitions]]``: which warnings nobody is to be told of, as a configuration says it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from difflib import get_close_matches
from typing import Any

from nofly.errors import ConfigError, Finding, InputError, Severity
from nofly.incidents.inhibition import Inhibition, box
from nofly.run.at import instant
from nofly.tracks.identity import target_named
from nofly.zones.model import Circle, Polygon, Zone

KEYS = ("who", "why", "target", "zone", "box", "circle", "from", "until")


def plan_inhibition(table: Mapping[str, Any], number: int) -> Inhibition:
    """Return one of the tables. ``box`` is south, west, north and east in degrees, ``circle`` latitude and
    longitude in degrees and the radius in metres; ``from`` and ``until`` are times with their zone.

    Raises ConfigError for what cannot be, with its place: the table's ``number`` counts from 0.
    """
    place = f"[[inhibitions]] number {number + 1}"
    for key in table:
        if key not in KEYS:
            near = get_close_matches(key, KEYS, 1)
            expected = f"perhaps {near[0]}" if near else f"one of {', '.join(KEYS)}"
            raise ConfigError("unknown key", locator=f"{place}, {key}", expected=expected)
    texts = {}
    for key in ("who", "why", "target", "zone"):
        value = table.get(key)
        if value is not None and not isinstance(value, str):
            raise ConfigError(f"{value!r}", locator=f"{place}, {key}", expected="a text")
        texts[key] = value
    target = None if texts["target"] is None else target_named(texts["target"])
    try:
        return Inhibition(
            texts["who"] or "", texts["why"] or "", target, texts["zone"], _area(table, place),
            *(_time(table.get(key), f"{place}, {key}") for key in ("from", "until")),
        )  # fmt: skip
    except InputError as error:
        raise ConfigError(error.message, locator=error.locator or place, expected=error.expected) from None


def without_zone(inhibitions: Sequence[Inhibition], law: Iterable[Zone]) -> list[Finding]:
    """Return a finding for each inhibition of a zone that is none of ``law``: it inhibits nothing."""
    ids = {zone.id for zone in law}
    found = []
    for number, one in enumerate(inhibitions, 1):
        if one.zone is not None and one.zone not in ids:
            near = get_close_matches(one.zone, ids, 1)
            message = f"no zone {one.zone} is watched: nothing is inhibited"
            message += f" (perhaps {near[0]})" if near else ""
            place = f"[[inhibitions]] number {number}"
            found.append(Finding("inhibition-without-zone", Severity.WARNING, message, place))
    return found


def _area(table: Mapping[str, Any], place: str) -> Polygon | Circle | None:
    if "box" in table and "circle" in table:
        raise ConfigError("a box and a circle", locator=place, expected="one of them; else two inhibitions")
    if "box" in table:
        south, west, north, east = _numbers(
            table["box"], 4, f"{place}, box", "[south, west, north, east] in degrees"
        )
        if south >= north:
            raise ConfigError("an empty box", locator=f"{place}, box", expected="south below north")
        return box(south, west, north, east)
    if "circle" in table:
        lat, lon, radius_m = _numbers(table["circle"], 3, f"{place}, circle", "[latitude, longitude, metres]")
        if not radius_m > 0:
            raise ConfigError("an empty circle", locator=f"{place}, circle", expected="a radius above 0")
        return Circle((lat, lon), radius_m)
    return None


def _numbers(value: Any, count: int, place: str, expected: str) -> list[float]:
    right = isinstance(value, list) and len(value) == count
    if not right or not all(isinstance(x, int | float) and not isinstance(x, bool) for x in value):
        raise ConfigError(f"{value!r}", locator=place, expected=expected)
    lats, lons = value[0:4:2] if count == 4 else value[:1], value[1:4:2] if count == 4 else value[1:2]
    if not all(abs(x) <= 90.0 for x in lats) or not all(abs(x) <= 180.0 for x in lons):
        raise ConfigError(f"{value!r}", locator=place, expected="latitudes to ±90, longitudes to ±180")
    return [float(x) for x in value]


def _time(value: Any, place: str) -> int | None:
    if value is None:
        return None
    text = value.isoformat() if isinstance(value, datetime) else value
    if not isinstance(text, str):
        raise ConfigError(f"{value!r}", locator=place, expected="a time, as 2022-03-04T12:00:00Z")
    try:
        return instant(text)
    except ConfigError as error:
        raise ConfigError(error.message, locator=place, expected=error.expected) from None
