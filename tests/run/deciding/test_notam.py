"""The text of a NOTAM: by ICAO's rules, and beside real ones."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyproj import Geod

from nofly.errors import InputError
from nofly.run.deciding.notam import Heading, notam
from nofly.run.deciding.notam_circle import holding
from nofly.run.deciding.notam_words import plain, point
from nofly.units import M_PER_FT, M_PER_NM
from nofly.zones.model import (
    Arc,
    Circle,
    Corridor,
    Datum,
    EdgeKind,
    Limit,
    Polygon,
    Restriction,
    Volume,
    Zone,
)
from nofly.zones.rules import Exemption, Predicate, PredicateKind, Rule
from nofly.zones.schedule import ClockTime, Period, Schedule, SunEvent, SunTime, Window
from tests.formats.zone_strategies import POINT, rings
from tests.run.deciding.notam_rules import Q_LINE, TIME, faults, items

WGS84 = Geod(ellps="WGS84")
DAY_US = 86_400_000_000
MARCH_2022_US = 1_646_438_400_000_000
"""2022-03-05T00:00:00Z."""
HEADING = Heading(("UKBV",), "A0001/22")
ZONE = Zone(
    "Z", "Sky", (Volume(Circle((48.0, 31.0), 5 * M_PER_NM)),), valid_from_us=MARCH_2022_US,
    valid_to_us=MARCH_2022_US + 30 * DAY_US,
)  # fmt: skip


def test_a_message_line_by_line() -> None:
    assert notam(ZONE, HEADING) == (
        "(A0001/22 NOTAMN\n"
        "Q) UKBV/QRPCA/IV/BO/W/000/999/4800N03100E005\n"
        "A) UKBV B) 2203050000 C) 2204032359\n"
        "E) PROHIBITED AREA ESTABLISHED: SKY.\n"
        "CIRCLE RADIUS 5NM CENTRED ON 480000N 0310000E.\n"
        "F) SFC G) UNL)\n"
    )


def test_the_norwegian_no_fly_zone_of_2018(shared: Path) -> None:
    """A4321/18: 2 NM about 6038N 00450E, ground to 2,000 ft; HOSP/SAR/MIL exempted."""
    real = next(m for m in _real(shared) if m.startswith("A4321/18"))
    begin, end = 1_542_197_760_000_000, 1_546_300_740_000_000
    who = (Predicate(PredicateKind.LIST, ("hosp", "sar", "mil")),)
    upper = Limit(2000 * M_PER_FT, Datum.AMSL, "2000ft AMSL")
    zone = Zone(
        "N", "Sturehuset", (Volume(Circle((60 + 38 / 60, 4 + 50 / 60), 2 * M_PER_NM), None, upper),),
        Restriction.REQ_AUTHORISATION, valid_from_us=begin, valid_to_us=end,
        rule=Rule(exempt=(Exemption(who, "hospital, rescue and military aircraft"),)),
    )  # fmt: skip
    heading = Heading(("ENBR",), "A4321/18", "A4304/18", scope="AW", estimated=True)
    mine = notam(zone, heading)
    assert not faults(mine)
    theirs, own = Q_LINE.search(real), Q_LINE.search(mine)
    assert theirs
    assert own
    for part in ("code", "traffic", "purpose", "lower", "upper", "lat", "lon", "radius"):
        assert own[part].strip() == theirs[part].strip(), part
    assert own["scope"].strip() == theirs["scope"].strip()
    for letter in "ABC":
        assert items(mine)[letter].split() == items(real)[letter].split()
    assert items(mine)["G"].strip() == "2000FT AMSL"
    assert "EXC HOSPITAL, RESCUE AND MILITARY AIRCRAFT" in mine


def test_the_closure_of_ukraine_of_2023(shared: Path) -> None:
    """A0003/23: five FIRs, all levels, all aircraft but those of the state or with its permission."""
    real = next(m for m in _real(shared) if m.startswith("A0003/23"))
    who = (Predicate(PredicateKind.LIST, ("state",)),)
    box = Polygon(((44.0, 22.0), (44.0, 40.3), (52.4, 40.3), (52.4, 22.0)))
    zone = Zone(
        "UK", "Airspace of Ukraine", (Volume(box),), valid_from_us=1_673_428_140_000_000,
        valid_to_us=1_681_171_140_000_000, rule=Rule(exempt=(Exemption(who, "state aircraft of Ukraine"),)),
    )  # fmt: skip
    firs = ("UKBV", "UKDV", "UKFV", "UKLV", "UKOV")
    mine = notam(
        zone, Heading(firs, "A0003/23", "A0640/22", "QAFXX", "IV", "NBO", "E", whole=True, estimated=True)
    )
    assert not faults(mine)
    theirs, own = Q_LINE.search(real), Q_LINE.search(mine)
    assert theirs
    assert own
    for part in ("fir", "code", "traffic", "purpose", "lower", "upper", "radius"):
        assert own[part] == theirs[part].strip(), part
    assert own["scope"] == theirs["scope"].strip()
    for letter in ("", "A", "B", "C"):
        assert items(mine)[letter].split() == items(real)[letter].split()
    assert "WITHIN FIR UKBV, UKDV, UKFV, UKLV, UKOV" in mine.replace("\n", " ")


def test_the_circle_of_a_real_chinese_area(shared: Path) -> None:
    """A2363/26: its own Q line has 3949N11930E009 for these four corners."""
    corners = ((39 + 56 / 60, 119 + 21 / 60), (39 + 56 / 60, 119 + 33 / 60), (39 + 51 / 60, 119 + 33 / 60),
               (39 + 43 / 60, 119 + 41 / 60))  # fmt: skip
    real = next(m for m in _real(shared) if m.startswith("A2363/26"))
    theirs = Q_LINE.search(real)
    assert theirs
    mine = holding([Polygon(corners)])
    assert mine.radius_nm <= int(theirs["radius"]) + 2
    assert abs(mine.lat_minutes - (39 * 60 + 49)) <= 2
    assert abs(mine.lon_minutes - (119 * 60 + 30)) <= 2


def test_real_messages_by_the_same_rules(shared: Path) -> None:
    """What the rules find in real messages is what is wrong with them, and no more."""
    found = {message[:8]: faults(message) for message in _real(shared)}
    assert found["A0003/23"] == []
    assert found["A0024/22"] == []
    assert set(found["A4321/18"]) <= {"a line of 70", "the character 'o'", "the character 'v'", "item G"}
    assert found["A2363/26"] == []
    assert all(fault.startswith("a line of") for fault in found["A4703/26"])


def _real(shared: Path) -> list[str]:
    text = (shared / "zones-notam/notams.txt").read_text()
    messages = [m.strip() for m in re.split(r"\n\s*\n", text) if m.strip()]
    assert len(messages) == 5
    return [m.split("\nCREATED:")[0].replace(" Q)", "\nQ)").replace(" \n", "\n") for m in messages]


RINGS = rings().map(lambda ring: tuple(p for p in ring if not isinstance(p, Arc)))
SHAPES = st.one_of(
    st.builds(Circle, POINT, st.floats(1.0, 900_000)),
    st.builds(Polygon, RINGS, st.just(()), st.sampled_from([EdgeKind.GEODESIC, EdgeKind.PARALLEL])),
    st.builds(
        Corridor,
        st.tuples(POINT, st.floats(-0.5, 0.5)).map(lambda p: (p[0], (p[0][0] / 1.1, p[0][1] + p[1]))),
        st.floats(1.0, 9_000),
    ).filter(lambda c: all(-180 <= lon <= 180 for _, lon in c.path) and c.path[0] != c.path[1]),
)  # fmt: skip


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(shape=SHAPES)
def test_the_circle_holds_the_area_and_is_hardly_larger(shape: Any) -> None:
    ring = holding([shape])
    lat, lon = ring.lat_minutes / 60, ring.lon_minutes / 60
    if isinstance(shape, Circle):
        edge = [WGS84.fwd(shape.centre[1], shape.centre[0], b, shape.radius_m)[:2] for b in range(0, 360, 15)]
        needed_m = shape.radius_m
    elif isinstance(shape, Corridor):
        ends = [(p, WGS84.inv(lon, lat, p[1], p[0])[0]) for p in shape.path]
        edge = [WGS84.fwd(p[1], p[0], away, shape.half_width_m)[:2] for p, away in ends]
        (a, b) = shape.path
        needed_m = WGS84.inv(a[1], a[0], b[1], b[0])[2] / 2 + shape.half_width_m
    else:
        corners = [p for p in shape.exterior if not isinstance(p, Arc)]
        edge = [(p[1], p[0]) for p in corners]
        pairs = [(p, q) for p in corners for q in corners]
        widest_m = max(WGS84.inv(p[1], p[0], q[1], q[0])[2] for p, q in pairs)
        needed_m = widest_m / np.sqrt(3.0)
    far_m = max(WGS84.inv(lon, lat, *place)[2] for place in edge)
    if ring.radius_nm < 999:
        assert far_m <= ring.radius_nm * M_PER_NM + 1.0
        assert ring.radius_nm <= needed_m / M_PER_NM * 1.02 + 3.0
    assert re.fullmatch(r"[0-9]{4}[NS][0-9]{5}[EW][0-9]{3}", ring.text)


DATUMS = st.sampled_from([Datum.AGL, Datum.AMSL, Datum.STD])
LIMITS = st.none() | st.builds(Limit, st.floats(0, 30_000), DATUMS, st.just(""))
CLOCKS = st.builds(ClockTime, st.integers(0, 1440).map(lambda m: m * 60))
SUNS = st.builds(
    SunTime, st.sampled_from([SunEvent.SR, SunEvent.SS]), st.integers(-60, 60).map(lambda m: m * 60)
)
PERIODS = st.lists(
    st.builds(Period, CLOCKS | SUNS, CLOCKS | SUNS, st.frozensets(st.integers(0, 6))), max_size=3
).map(tuple)
KEEPING_OUT = st.sampled_from(
    [Restriction.PROHIBITED, Restriction.REQ_AUTHORISATION, Restriction.CONDITIONAL]
)
FIRS = ["UKBV", "UKLV", "UKOV", "UKDV", "UKFV", "UKAA", "UKBB"]
ALLOWED_REFUSALS = re.compile("a NOTAM cannot say '|characters|too many|ends where it begins")
NAMES = st.text(st.characters(max_codepoint=0x24F, exclude_categories=["C", "S", "Zl", "Zp"]), max_size=60)


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(
    shape=SHAPES, lower=LIMITS, upper=LIMITS, periods=PERIODS, name=NAMES,
    begin=st.integers(946_684_800_000_000, 4_000_000_000_000_000),
    long=st.integers(120_000_000, 400 * DAY_US), restriction=KEEPING_OUT,
    firs=st.lists(st.sampled_from(FIRS), min_size=1, unique=True),
    ends=st.booleans(),
)  # fmt: skip
def test_whatever_is_written_keeps_the_rules(
    shape: Any, lower: Any, upper: Any, periods: Any, name: str, begin: int, long: int, restriction: Any,
    firs: list[str], ends: bool,
) -> None:  # fmt: skip
    volume = Volume(shape, lower, upper)
    if lower and upper and lower.value_m > upper.value_m:
        volume = Volume(shape, replace(upper), replace(lower))
    schedule = Schedule((Window(None, None, periods),)) if periods else None
    zone = Zone(
        "Z", name, (volume,), restriction, schedule=schedule, valid_from_us=begin,
        valid_to_us=begin + long if ends else None,
    )  # fmt: skip
    try:
        message = notam(zone, Heading(tuple(firs), "A0001/22"))
    except InputError as error:
        if not ALLOWED_REFUSALS.search(str(error)):
            raise
        return
    assert faults(message) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Türkiye & Łódź", "TURKIYE AND LODZ"), ("zone «A» 50 % §", None), ("Київ", None),
        ("a\nb\tc", "A B C"), ("see A) and Q) here", "SEE A. AND Q. HERE"),
        ("Saint-Exupéry’s", "SAINT-EXUPERY'S"), ("ÆØß", "AEOESS"),
    ],
)  # fmt: skip
def test_texts_become_telegraph_capitals(text: str, said: str | None) -> None:
    if said is None:
        with pytest.raises(InputError, match="a NOTAM cannot say"):
            plain(text)
    else:
        assert plain(text) == said


def test_places_are_rounded_to_hundredths_of_a_second() -> None:
    assert point((48.0, -31.5)) == "480000N 0313000W"
    assert point((-0.0000001, 179.99999999)) == "000000N 1800000E"
    assert point((48.7654321, 2.0)) == "484555.56N 0020000E"


def changed(**more: Any) -> Zone:
    return replace(ZONE, **more)


CLOCK = Schedule((Window(None, None, (Period(ClockTime(30), ClockTime(60)),)),))
CORNERS = tuple((48.0 + k / 997, 30.0 + (k % 7) / 991) for k in range(90))
LOW = replace(ZONE.volumes[0], upper=Limit(30.0, Datum.AGL, ""))
REFUSED: list[tuple[Zone, Heading, str]] = [
    (changed(restriction=Restriction.KEEP_IN), HEADING, "cannot say KEEP_IN"),
    (changed(valid_from_us=None), HEADING, "without a beginning"),
    (changed(schedule=CLOCK), HEADING, "seconds"),
    (changed(schedule=Schedule((Window(0, 1), Window(2, 3)))), HEADING, "several windows"),
    (changed(schedule=replace(CLOCK, time_zone="Europe/Kyiv")), HEADING, "Europe/Kyiv"),
    (changed(valid_to_us=MARCH_2022_US), HEADING, "ends where it begins"),
    (changed(volumes=(Volume(Polygon(CORNERS)),)), HEADING, "characters"),
    (changed(volumes=(*ZONE.volumes, LOW)), HEADING, "different"),
    (changed(volumes=(Volume(Circle((0.0, 0.0), 9.0), Limit(1.0, Datum.HAE, "")),)), HEADING, "ellipsoid"),
    (changed(name="Київ"), HEADING, "a NOTAM cannot say 'К'"),
    (ZONE, replace(HEADING, firs=()), "a FIR such as UKBV"),
    (ZONE, replace(HEADING, firs=("UKBV", "EPWW")), "FIRs of several countries"),
    (ZONE, replace(HEADING, firs=("UKBV",) * 2), "each once"),
    (ZONE, replace(HEADING, number="1/22"), "a number such as"),
    (ZONE, replace(HEADING, q_code="QX"), "a Q code"),
    (ZONE, replace(HEADING, purpose="X"), "a purpose"),
    (ZONE, replace(HEADING, scope="Q"), "a scope"),
    (ZONE, replace(HEADING, traffic="K"), "traffic"),
]  # fmt: skip


@pytest.mark.parametrize(("zone", "heading", "words"), REFUSED, ids=[w for _, _, w in REFUSED])
def test_what_a_notam_cannot_say_is_refused(zone: Zone, heading: Heading, words: str) -> None:
    with pytest.raises(InputError, match=words):
        notam(zone, heading)


def test_a_text_of_ones_own_in_place_of_a_long_boundary() -> None:
    zone = changed(volumes=(Volume(Polygon(CORNERS)),))
    message = notam(zone, replace(HEADING, text="Area as published in AIP SUP 12/22"))
    assert "E) AREA AS PUBLISHED IN AIP SUP 12/22\n" in message
    assert faults(message) == []
    assert TIME.fullmatch(items(message)["B"].strip())
