"""Patrol arithmetic: how many aircraft a standing patrol takes. Counts of aircraft and sorties, nothing else.

aircraft = stations × aircraft a station × cycle ÷ time on station ÷ readiness, and
stations = area ÷ area a station, rounded up.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from nofly.whatif.ranges import Input, Quantity, Range, Values
from nofly.zones.sentence import say

LEAST_FACTOR_OF_AREA = 5.0
"""Zones of the past took 0.07 to 2.0 sorties a day for every 1,000 km² (:mod:`nofly.whatif.precedents`): area
alone predicts badly, so what follows from an area spans at least this factor."""

INPUTS = {
    "area_km2": (say("area of the zone"), "km²"),
    "area_per_station_km2": (say("km² that a station covers"), "km²"),
    "stations": (say("stations"), ""),
    "aircraft_per_station": (say("aircraft on a station at once"), ""),
    "cycle_h": (say("hours from one take-off of an aircraft to its next"), "h"),
    "on_station_h": (say("hours of that on station"), "h"),
    "readiness": (say("share of the aircraft that is ready to fly"), ""),
    "hours_a_day": (say("hours a day with a patrol"), "h"),
}
"""Name → what it is called and its unit."""
DEFAULTS = {"hours_a_day": Range.exactly(24.0)}
_BY_AREA = {"area_km2": 1, "area_per_station_km2": -1}


def by_area(given: Mapping[str, Range]) -> bool:
    """Return whether the stations follow from an area, not from a number of stations."""
    return "stations" not in given


def widened(given: Mapping[str, Input]) -> tuple[dict[str, Input], tuple[str, ...]]:
    """Return the inputs with the area a station covers spanning at least the factor of
    :data:`LEAST_FACTOR_OF_AREA` where the stations follow from it, and sentences on what was widened."""
    out = dict(given)
    name = "area_per_station_km2"
    if "stations" in given or name not in given:
        return out, ()
    old = given[name]
    wide = old.range.at_least_wide(LEAST_FACTOR_OF_AREA)
    if wide == old.range:
        return out, ()
    out[name] = Input(old.name, old.label, old.unit, wide, old.source, old.note)
    said = say(
        "The area a station covers, given as {given} km², is taken as {taken} km²: area alone predicts "
        "badly, so what follows from it spans at least a factor of {factor}. Give stations to leave area "
        "out.",
        given=_words(old.range),
        taken=_words(wide),
        factor=f"{LEAST_FACTOR_OF_AREA:g}",
    )
    return out, (said,)


def quantities(given: Mapping[str, Range]) -> tuple[tuple[Quantity, ...], tuple[str, ...]]:
    """Return what can be worked out of the inputs given (stations, aircraft up, ready and needed, sorties),
    and a sentence for each that cannot."""
    stations_of = _BY_AREA if by_area(given) else {"stations": 1}
    up = {**stations_of, "aircraft_per_station": 1}
    ready = {**up, "cycle_h": 1, "on_station_h": -1}
    by_size = say("area ÷ area a station, rounded up") if by_area(given) else say("as given")
    found = [
        Quantity("stations", say("stations"), "", _stations, stations_of, by_size),
        Quantity(
            "aircraft_up", say("aircraft on station at once"), "", _up, up,
            say("stations × aircraft a station"),
        ),
        Quantity(
            "aircraft_ready", say("aircraft that must be ready"), "", _ready, ready,
            say("aircraft on station × cycle ÷ time on station"),
        ),
        Quantity(
            "aircraft_needed", say("aircraft needed"), "", lambda v: _ready(v) / v["readiness"],
            {**ready, "readiness": -1},
            say("stations × aircraft a station × cycle ÷ time on station ÷ readiness"),
        ),
        Quantity(
            "sorties_a_day", say("patrol sorties a day"), "a day",
            lambda v: _up(v) * v["hours_a_day"] / v["on_station_h"],
            {**up, "hours_a_day": 1, "on_station_h": -1},
            say("aircraft on station × hours a day ÷ time on station"),
        ),
    ]  # fmt: skip
    lacking = {q.name: [name for name in q.ways if name not in given] for q in found}
    said = tuple(
        say("Not worked out: {what}; not given: {names}.", what=q.label, names=", ".join(lacking[q.name]))
        for q in found
        if lacking[q.name]
    )
    return tuple(q for q in found if not lacking[q.name]), said


def _stations(values: Values) -> float:
    if "stations" in values:
        return values["stations"]
    return float(math.ceil(values["area_km2"] / values["area_per_station_km2"]))


def _up(values: Values) -> float:
    return _stations(values) * values["aircraft_per_station"]


def _ready(values: Values) -> float:
    # An aircraft is on station no longer than from one take-off to the next.
    return _up(values) * max(1.0, values["cycle_h"] / values["on_station_h"])


def _words(range: Range) -> str:
    return f"{range.low_value:,.0f} to {range.high_value:,.0f}"
