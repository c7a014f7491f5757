"""Zones that use everything the model has, with sound rings."""

from __future__ import annotations

import json
import math
from typing import Any

from hypothesis import strategies as st

from nofly.zones.model import (
    Arc,
    Authority,
    Circle,
    Corridor,
    Datum,
    EdgeKind,
    Limit,
    Polygon,
    Restriction,
    Ring,
    Volume,
    Zone,
)
from nofly.zones.rules import Clearance, Exemption, Predicate, PredicateKind, Rule
from nofly.zones.schedule import ClockTime, Period, Schedule, SunEvent, SunTime, Window

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
METRES = st.floats(-1000, 50_000)
POSITIVE_M = st.floats(1.0, 100_000)
INSTANT_US = st.integers(-62_000_000_000_000_000, 250_000_000_000_000_000)
POINT = st.tuples(st.floats(-89, 89), st.floats(-180, 180))
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | FLOATS | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=5,
)  # fmt: skip


@st.composite
def limits(draw: st.DrawFn) -> Limit | None:
    if draw(st.booleans()):
        return None
    texts = st.one_of(TEXT, st.sampled_from(["GND", "FL195", "UNL", "1500 ft AMSL", "FL"]))
    return Limit(draw(METRES), draw(st.sampled_from(Datum)), draw(texts))


@st.composite
def rings(draw: st.DrawFn) -> Ring:
    lat, lon = draw(st.floats(-80, 80)), draw(st.floats(-180, 180))
    count = draw(st.integers(3, 9))
    ring: list[tuple[float, float] | Arc] = []
    for k in range(count):
        angle = 2 * math.pi * k / count
        east = lon + math.cos(angle) * draw(st.floats(1, 4))
        ring.append((lat + math.sin(angle) * draw(st.floats(1, 4)), (east + 540.0) % 360.0 - 180.0))
    for _ in range(draw(st.integers(0, 2))):
        bearing = st.floats(0, 359.9)
        arc = Arc(
            (lat, lon), draw(POSITIVE_M), draw(POSITIVE_M), draw(bearing), draw(bearing), draw(st.booleans())
        )
        ring.insert(draw(st.integers(0, len(ring))), arc)
    return tuple(ring)


EDGES = st.sampled_from(EdgeKind)
FOOTPRINTS = st.one_of(
    st.builds(Polygon, rings(), st.lists(rings(), max_size=2).map(tuple), EDGES),
    st.builds(Circle, POINT, POSITIVE_M),
    st.builds(Corridor, st.lists(POINT, min_size=2, max_size=4, unique=True).map(tuple), POSITIVE_M, EDGES),
)
VOLUMES = st.builds(Volume, FOOTPRINTS, limits(), limits()).filter(
    lambda v: (
        not (v.lower and v.upper and v.lower.datum is v.upper.datum and v.lower.value_m > v.upper.value_m)
    )
)
MOMENTS = st.one_of(
    st.builds(ClockTime, st.integers(0, 86_400)),
    st.builds(SunTime, st.sampled_from(SunEvent), st.integers(-7200, 7200)),
)
WINDOWS = st.builds(
    Window,
    st.none() | INSTANT_US,
    st.none() | INSTANT_US,
    st.lists(
        st.builds(Period, MOMENTS, MOMENTS, st.frozensets(st.integers(0, 6), max_size=3)), max_size=2
    ).map(tuple),
    st.booleans(),
).filter(lambda w: w.start_us is None or w.end_us is None or w.start_us < w.end_us)
SCHEDULES = st.builds(
    Schedule,
    st.lists(WINDOWS, max_size=2).map(tuple),
    st.sampled_from(["UTC", "Europe/Kyiv", "America/Argentina/Buenos_Aires", "Etc/GMT+5"]),
)
NAMES = TEXT.map(str.strip).filter(bool)
VALUES = {
    PredicateKind.ADDRESS: st.from_regex(r"[0-9a-f]{6}", fullmatch=True)
    | st.tuples(st.integers(0, 0xFFFFFF), st.integers(0, 0xFFFFFF)).map(
        lambda ends: f"{min(ends):06x}-{max(ends):06x}"
    ),
    PredicateKind.STATE: st.text("ABCXYZ", min_size=3, max_size=3),
    PredicateKind.CALLSIGN: st.text("AZ09*?", min_size=1, max_size=16),
    PredicateKind.OPERATOR: st.text("ABCXYZ", min_size=3, max_size=3),
    PredicateKind.SQUAWK: st.text("07?", min_size=4, max_size=4) | st.just("70*"),
    PredicateKind.CATEGORY: st.from_regex(r"[A-D][0-7]", fullmatch=True),
    PredicateKind.LIST: NAMES,
    PredicateKind.PARTY: NAMES,
    PredicateKind.TARGET: NAMES,
}
PREDICATES = st.sampled_from(PredicateKind).flatmap(
    lambda kind: st.builds(
        Predicate,
        st.just(kind),
        st.lists(VALUES[kind], min_size=1, max_size=2).map(tuple),
        st.booleans(),
    )
)
WHO = st.lists(PREDICATES, min_size=1, max_size=2).map(tuple)
WHEN = (st.none() | METRES, st.none() | METRES, st.none() | INSTANT_US, st.none() | INSTANT_US)


def permissions(make: type[Exemption | Clearance]) -> st.SearchStrategy[tuple[Any, ...]]:
    one = st.builds(make, WHO, NAMES, TEXT, *WHEN).filter(
        lambda p: (
            (p.lower_m is None or p.upper_m is None or p.lower_m <= p.upper_m)
            and (p.start_us is None or p.end_us is None or p.start_us < p.end_us)
        )
    )
    return st.lists(one, max_size=2).map(tuple)


RULES = st.builds(
    Rule,
    st.lists(PREDICATES, max_size=2).map(tuple),
    permissions(Exemption),
    permissions(Clearance),
    st.floats(0, 10_000),
    st.floats(0, 1000),
    st.none() | st.floats(0, 900),
)
KEYS = st.one_of(
    TEXT, st.sampled_from(["id", "IDENT", "NAME", "type", "extra", "lower", "volumes", "title", "UPPERLIMIT"])
)


def canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


ZONES = st.builds(
    Zone,
    id=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12),
    name=TEXT,
    volumes=st.lists(VOLUMES, min_size=1, max_size=3).map(tuple),
    restriction=st.sampled_from(Restriction),
    kind=TEXT,
    country=TEXT,
    schedule=st.none() | SCHEDULES,
    rule=st.none() | RULES,
    authorities=st.lists(st.builds(Authority, *[TEXT] * 8), max_size=2).map(tuple),
    reason=st.lists(TEXT, max_size=2).map(tuple),
    message=TEXT,
    edition=st.integers(1, 99),
    valid_from_us=st.none() | INSTANT_US,
    valid_to_us=st.none() | INSTANT_US,
    extra=st.dictionaries(KEYS, JSON.map(canonical), max_size=3).map(lambda d: tuple(sorted(d.items()))),
)
