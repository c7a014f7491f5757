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
from nofly.run.deciding.notam import Heading, notams
from nofly.run.deciding.notam_circle import holding
from nofly.run.deciding.notam_hours import windows
from nofly.run.deciding.notam_words import plain, point
from nofly.units import M_PER_FT, M_PER_NM
from nofly.zones.activity import active_intervals
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
HEADING = Heading(("UKBV",), ("A0001/22",))
ZONE = Zone(
    "Z", "Sky", (Volume(Circle((48.0, 31.0), 5 * M_PER_NM)),), valid_from_us=MARCH_2022_US,
    valid_to_us=MARCH_2022_US + 30 * DAY_US,
)  # fmt: skip


def test_a_message_line_by_line() -> None:
    assert notams(ZONE, HEADING) == [
        (
            "(A0001/22 NOTAMN\n"
            "Q) UKBV/QRPCA/IV/BO/W/000/999/4800N03100E005\n"
            "A) UKBV B) 2203050000 C) 2204032359\n"
            "E) PROHIBITED AREA ESTABLISHED: SKY.\n"
            "CIRCLE RADIUS 5NM CENTRED ON 480000N 0310000E.\n"
            "F) SFC G) UNL)\n"
        )
    ]


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
    heading = Heading(("ENBR",), ("A4321/18",), ("A4304/18",), scope="AW", estimated=True)
    (mine,) = notams(zone, heading)
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
    (mine,) = notams(
        zone,
        Heading(firs, ("A0003/23",), ("A0640/22",), "QAFXX", "IV", "NBO", "E", whole=True, estimated=True),
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
ALLOWED_REFUSALS = re.compile("a NOTAM cannot say '|NOTAMs and 1 are numbered|ends where it begins")
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
        (message,) = notams(zone, Heading(tuple(firs), ("A0001/22",)))
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
SUNNY = Period(SunTime(SunEvent.SR), SunTime(SunEvent.SS), frozenset({0}))
CORNERS = tuple((48.0 + k / 997, 30.0 + (k % 7) / 991) for k in range(90))
LOW = replace(ZONE.volumes[0], upper=Limit(30.0, Datum.AGL, ""))
REFUSED: list[tuple[Zone, Heading, str]] = [
    (changed(restriction=Restriction.KEEP_IN), HEADING, "cannot say KEEP_IN"),
    (changed(valid_from_us=None), HEADING, "without a beginning"),
    (changed(schedule=CLOCK), HEADING, "seconds"),
    (changed(schedule=Schedule((Window(), Window(certain=False)))), HEADING, "announced elsewhere"),
    (changed(schedule=Schedule((Window(0, 1), Window(2, 3)))), HEADING, "ends where it begins"),
    (changed(schedule=replace(CLOCK, time_zone="Europe/Kyiv")), HEADING, "Europe/Kyiv, which changes"),
    (changed(schedule=replace(CLOCK, time_zone="Moon/Tycho")), HEADING, "Moon/Tycho"),
    (changed(schedule=Schedule((Window(None, None, (SUNNY,)),), "Asia/Dubai")), HEADING, "the sun rises"),
    (changed(valid_to_us=MARCH_2022_US), HEADING, "ends where it begins"),
    (changed(volumes=(Volume(Polygon(CORNERS)),)), HEADING, "takes 2 NOTAMs and 1 are numbered"),
    (changed(volumes=(*ZONE.volumes, LOW)), HEADING, "takes 2 NOTAMs and 1 are numbered"),
    (changed(volumes=(Volume(Circle((0.0, 0.0), 9.0), Limit(1.0, Datum.HAE, "")),)), HEADING, "ellipsoid"),
    (changed(name="Київ"), HEADING, "a NOTAM cannot say 'К'"),
    (ZONE, replace(HEADING, firs=()), "a FIR such as UKBV"),
    (ZONE, replace(HEADING, firs=("UKBV", "EPWW")), "FIRs of several countries"),
    (ZONE, replace(HEADING, firs=("UKBV",) * 2), "each once"),
    (ZONE, replace(HEADING, numbers=("1/22",)), "a number such as"),
    (ZONE, replace(HEADING, numbers=("A0001/22",) * 2), "each number once"),
    (ZONE, replace(HEADING, numbers=("A0001/22", "A0002/22")), "takes 1 NOTAMs and 2 are numbered"),
    (ZONE, replace(HEADING, replaces=("A0008/21", "A0009/21")), "A0009/21 would be replaced by none"),
    (ZONE, replace(HEADING, q_code="QX"), "a Q code"),
    (ZONE, replace(HEADING, purpose="X"), "a purpose"),
    (ZONE, replace(HEADING, scope="Q"), "a scope"),
    (ZONE, replace(HEADING, traffic="K"), "traffic"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("zone", "heading", "words"), REFUSED, ids=[f"{k} {w}" for k, (_, _, w) in enumerate(REFUSED)]
)
def test_what_a_notam_cannot_say_is_refused(zone: Zone, heading: Heading, words: str) -> None:
    with pytest.raises(InputError, match=words):
        notams(zone, heading)


def test_a_text_of_ones_own_in_place_of_a_long_boundary() -> None:
    zone = changed(volumes=(Volume(Polygon(CORNERS)),))
    (message,) = notams(zone, replace(HEADING, text="Area as published in AIP SUP 12/22"))
    assert "E) AREA AS PUBLISHED IN AIP SUP 12/22\n" in message
    assert faults(message) == []
    assert TIME.fullmatch(items(message)["B"].strip())


def numbered(count: int, **more: Any) -> Heading:
    return replace(HEADING, numbers=tuple(f"A{k:04d}/22" for k in range(1, count + 1)), **more)


PLACE = re.compile(r"[0-9]{6}(?:\.[0-9]{2})?[NS] [0-9]{7}(?:\.[0-9]{2})?[EW]")


def test_a_boundary_too_long_for_one_message_goes_on_in_the_next() -> None:
    ring = tuple((48.0 + np.cos(a), 31.0 + np.sin(a)) for a in np.linspace(0.0, 6.2, 400))
    zone = changed(volumes=(Volume(Polygon(ring)),))
    with pytest.raises(InputError, match="takes 7 NOTAMs and 1 are numbered"):
        notams(zone, HEADING)
    found = notams(zone, numbered(7, replaces=("A0800/21", "A0801/21")))
    assert [faults(one) for one in found] == [[]] * 7
    assert all(len(one) > 1600 for one in found[:-1])
    assert [items(one)["A"] for one in found] == [f"UKBV PART {k} OF 7 " for k in range(1, 8)]
    assert [items(one)[""].strip() for one in found[:3]] == [
        "A0001/22 NOTAMR A0800/21", "A0002/22 NOTAMR A0801/21", "A0003/22 NOTAMN",
    ]  # fmt: skip
    # Every part has the circle of the whole, and no place is torn in two by a line's end.
    assert len({Q_LINE.search(one)[0] for one in found}) == 1  # type: ignore[index]
    texts = [items(one)["E"] for one in found]
    assert texts[0].startswith("PROHIBITED AREA ESTABLISHED: SKY.")
    assert all(text.startswith("CONTINUED FROM THE PART BEFORE:\n") for text in texts[1:])
    places = [p for text in texts for line in text.split("\n") for p in PLACE.findall(line)]
    assert places == [point(one) for one in (*ring, ring[0])]


def test_volumes_of_other_limits_and_other_windows_are_notams_of_their_own() -> None:
    half = MARCH_2022_US + 10 * DAY_US
    hours = Schedule((Window(None, half), Window(half, None, (Period(ClockTime(0), ClockTime(3600)),))))
    high = Volume(Circle((49.0, 32.0), 9_260.0), LOW.upper, None)
    zone = changed(volumes=(*ZONE.volumes, high, Volume(Circle((47.0, 30.0), 9_260.0))), schedule=hours)
    found = notams(zone, numbered(4))
    assert [faults(one) for one in found] == [[]] * 4
    parts = [items(one) for one in found]
    assert [(p["F"].strip(), p["G"].strip()) for p in parts] == [
        ("SFC", "UNL"), ("SFC", "UNL"), ("98FT AGL", "UNL"), ("98FT AGL", "UNL"),
    ]  # fmt: skip
    assert [(p["B"].strip(), p["C"].strip(), p.get("D", "").strip()) for p in parts[:2]] == [
        ("2203050000", "2203142359", ""), ("2203150000", "2204032359", "DAILY 0000-0100"),
    ]  # fmt: skip
    assert [len(PLACE.findall(p["E"].replace("\n", " "))) for p in parts] == [2, 2, 1, 1]


def test_hours_that_are_too_many_for_an_item_d_are_parts() -> None:
    periods = tuple(
        Period(ClockTime(3600 * k), ClockTime(3600 * k + 60 * d), frozenset({d})) for k in range(6)
        for d in (1, 3, 5)
    )  # fmt: skip
    found = notams(changed(schedule=Schedule((Window(None, None, periods),))), numbered(2))
    assert [faults(one) for one in found] == [[], []]
    said = ", ".join(items(one)["D"].replace("\n", " ").strip() for one in found).split(", ")
    assert len(said) == len(periods)
    assert said[0] == "TUE 0000-0001"


@pytest.mark.parametrize(
    ("period", "time_zone", "said"),
    [
        (Period(ClockTime(8 * 3600), ClockTime(16 * 3600)), "Europe/Kyiv", "DAILY 0600-1400"),
        (Period(ClockTime(0), ClockTime(86_400)), "Europe/Kyiv", "DAILY H24"),
        (Period(ClockTime(0), ClockTime(3600), frozenset({0})), "Europe/Kyiv", "SUN 2200-2300"),
        (
            Period(ClockTime(22 * 3600), ClockTime(7200), frozenset({4, 5})), "Europe/Kyiv",
            "FRI SAT 2000-2359",
        ),
        (Period(ClockTime(0), ClockTime(86_400), frozenset({6})), "Europe/Kyiv", "SAT 2200-2200"),
        (
            Period(ClockTime(20 * 3600), ClockTime(22 * 3600), frozenset({6})), "America/Caracas",
            "MON 0000-0200",
        ),
        (Period(ClockTime(6 * 3600), SunTime(SunEvent.SS)), "Asia/Kathmandu", "DAILY 0015-SS"),
    ],
)  # fmt: skip
def test_hours_of_another_clock_are_said_in_utc(period: Period, time_zone: str, said: str) -> None:
    zone = changed(
        schedule=Schedule((Window(None, None, (period,)),), time_zone),
        valid_to_us=MARCH_2022_US + 20 * DAY_US,
    )
    (message,) = notams(zone, HEADING)
    assert items(message)["D"].strip() == said
    assert faults(message) == []


@settings(deadline=None, max_examples=100)
@given(
    start=st.integers(0, 1439), long=st.integers(1, 1440), days=st.frozensets(st.integers(0, 6)),
    time_zone=st.sampled_from(["Europe/Kyiv", "Asia/Kathmandu", "Pacific/Kiritimati", "America/Caracas"]),
)  # fmt: skip
def test_converted_hours_are_the_same_instants(start: int, long: int, days: Any, time_zone: str) -> None:
    end = start + long if start + long <= 1440 else start + long - 1440
    local = Schedule(
        (Window(None, None, (Period(ClockTime(start * 60), ClockTime(end * 60), days),)),), time_zone
    )
    zone = changed(schedule=local, valid_to_us=MARCH_2022_US + 20 * DAY_US)
    (window,) = windows(zone)
    until_us = MARCH_2022_US + 20 * DAY_US
    place = (48.0, 31.0, MARCH_2022_US, until_us)
    there = active_intervals(local, MARCH_2022_US, until_us, *place)
    assert np.array_equal(active_intervals(Schedule((window,)), MARCH_2022_US, until_us, *place), there)


def test_a_clock_without_changes_is_converted_for_good() -> None:
    dubai = Schedule((Window(None, None, (Period(ClockTime(4 * 3600), ClockTime(5 * 3600)),)),), "Asia/Dubai")
    (message,) = notams(changed(schedule=dubai, valid_to_us=None), HEADING)
    assert "C) PERM\nD) DAILY 0000-0100\n" in message
    with pytest.raises(InputError, match="Europe/Kyiv, which changes"):
        notams(changed(schedule=replace(dubai, time_zone="Europe/Kyiv"), valid_to_us=None), HEADING)
