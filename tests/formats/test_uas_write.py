"""ED-269 and ED-318 written and read back: the same zones, and a refusal for what cannot be said."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely import Polygon as ShapelyPolygon
from shapely import hausdorff_distance

from nofly.errors import Severity, ZoneFormatError
from nofly.formats import ed269, ed318
from nofly.units import M_PER_FT
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
    Volume,
    Zone,
)
from nofly.zones.rules import Exemption, Predicate, PredicateKind, Rule
from nofly.zones.schedule import ClockTime, Period, Schedule, SunEvent, SunTime, Window
from tests.formats.zone_strategies import POINT, POSITIVE_M, rings

INSTANT_US = st.integers(-62_000_000_000_000_000, 250_000_000_000_000_000)
SOUND = settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
WORDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
TEXT = st.just("") | WORDS


def crosses_itself(ring: tuple[tuple[float, float], ...]) -> bool:
    """Return whether a ring no wider than 180 degrees crosses itself, its edges straight."""
    west = ring[0][1]
    return not ShapelyPolygon([((lon - west + 180.0) % 360.0, lat) for lat, lon in ring]).is_valid


PLAIN_RINGS = (
    rings()
    .map(lambda ring: tuple(p for p in ring if not isinstance(p, Arc)))
    .filter(lambda ring: not crosses_itself(ring))
)
"""One that crosses itself is cut as it is read, which a finding says: see
:func:`test_an_outline_that_crosses_itself_is_cut_as_it_is_read`."""


def only(format: ModuleType, data: bytes) -> Zone:
    zones, findings, records = format.read(data, "x")
    assert records == 1
    assert not [f for f in findings if f.severity is Severity.REJECTED]
    return zones[0]


def back(format: ModuleType, zone: Zone) -> Zone:
    return only(format, format.write([zone]))


@st.composite
def numbered_limits(draw: st.DrawFn, datums: tuple[Datum, ...], unit: str) -> Limit | None:
    if draw(st.booleans()):
        return None
    number = draw(st.integers(-400, 60_000))
    datum = draw(st.sampled_from(datums))
    word = "WGS84" if datum is Datum.HAE else datum.value
    return Limit(number * (M_PER_FT if unit == "ft" else 1.0), datum, f"{number} {unit} {word}")


@st.composite
def volumes(draw: st.DrawFn, datums: tuple[Datum, ...], edges: EdgeKind) -> Volume:
    unit = draw(st.sampled_from(["m", "ft"]))
    lower, upper = draw(numbered_limits(datums, unit)), draw(numbered_limits(datums, unit))
    if lower and upper and lower.datum is upper.datum and lower.value_m > upper.value_m:
        lower, upper = upper, lower
    shape = draw(
        st.builds(Polygon, PLAIN_RINGS, st.lists(PLAIN_RINGS, max_size=2).map(tuple), st.just(edges))
        | st.builds(Circle, POINT, POSITIVE_M)
    )
    return Volume(shape, lower, upper)


def schedules(sun: bool) -> st.SearchStrategy[Schedule | None]:
    clock = st.builds(ClockTime, st.integers(0, 86_400))
    times = clock | st.builds(SunTime, st.sampled_from(SunEvent)) if sun else clock
    periods = st.lists(
        st.builds(Period, times, times, st.frozensets(st.integers(0, 6), max_size=3)), max_size=2
    )
    windows = st.builds(Window, st.none() | INSTANT_US, st.none() | INSTANT_US, periods.map(tuple)).filter(
        lambda w: w != Window() and (w.start_us is None or w.end_us is None or w.start_us < w.end_us)
    )
    return st.none() | st.lists(windows, min_size=1, max_size=3).map(lambda w: Schedule(tuple(w)))


def zones(datums: tuple[Datum, ...], edges: EdgeKind, sun: bool) -> st.SearchStrategy[Zone]:
    return st.builds(
        Zone,
        id=WORDS.map(str.strip).filter(bool), name=TEXT,
        volumes=st.lists(volumes(datums, edges), min_size=1, max_size=3).map(tuple),
        restriction=st.sampled_from([r for r in Restriction if r is not Restriction.KEEP_IN]),
        kind=st.sampled_from(["COMMON", "CUSTOMIZED"]), country=st.sampled_from(["UKR", "CHE", ""]),
        schedule=schedules(sun),
        authorities=st.lists(st.builds(Authority, *[TEXT] * 8), max_size=2).map(tuple),
        reason=st.lists(st.sampled_from(["SENSITIVE", "OTHER"]), max_size=2).map(tuple), message=TEXT,
        extra=st.sampled_from([(), (("region", "3"), ("uSpaceClass", '"NO"'))]),
    )  # fmt: skip


@pytest.mark.parametrize("format", [ed269, ed318])
def test_an_outline_that_crosses_itself_is_cut_as_it_is_read(format: ModuleType) -> None:
    bow_tie = ((47.0, 8.0), (48.0, 9.0), (48.0, 8.0), (47.0, 9.0))
    assert crosses_itself(bow_tie)
    low, high = Limit(0.0, Datum.AGL, "0 m AGL"), Limit(120.0, Datum.AGL, "120 m AGL")
    zone = Zone("X", "X", (Volume(Polygon(bow_tie, (), EdgeKind.GEODESIC), low, high),))
    found, findings, _ = format.read(format.write([zone]), "x")
    assert len(found[0].volumes) == 2
    (warning,) = [f for f in findings if f.severity is Severity.WARNING]
    assert "cross" in warning.message


@SOUND
@given(zone=zones((Datum.AGL, Datum.AMSL), EdgeKind.GEODESIC, sun=False))
def test_ed269_reads_back_as_the_same_zone(zone: Zone) -> None:
    assert back(ed269, zone).zone_hash == zone.zone_hash


@SOUND
@given(
    zone=zones((Datum.AGL, Datum.AMSL, Datum.HAE), EdgeKind.PLANAR, sun=True),
    span=st.sampled_from([(None, None), (0, None), (None, 9_000_000), (1, 2)]),
)
def test_ed318_reads_back_as_the_same_zone(zone: Zone, span: tuple[int | None, int | None]) -> None:
    zone = replace(zone, valid_from_us=span[0], valid_to_us=span[1])
    assert back(ed318, zone).zone_hash == zone.zone_hash


BOTH = pytest.mark.parametrize("format", [ed269, ed318], ids=["ed269", "ed318"])
KEEP_OUT = Zone("Z", "Keep out", (Volume(Circle((48.0, 31.0), 900.0)),), kind="COMMON", country="UKR")
HOUR_US = 3_600_000_000


@BOTH
@settings(deadline=None, max_examples=60)
@given(ring=PLAIN_RINGS, edges=st.sampled_from(EdgeKind))
def test_what_was_drawn_once_is_not_drawn_anew(format: ModuleType, ring: Any, edges: EdgeKind) -> None:
    once = back(format, replace(KEEP_OUT, volumes=(Volume(Polygon(ring, (), edges)),)))
    assert back(format, once).zone_hash == once.zone_hash


@BOTH
def test_an_arc_is_drawn_within_half_a_metre(format: ModuleType) -> None:
    circle = Arc((48.0, 31.0), 9_260.0, 9_260.0, 0.0, 360.0, clockwise=True)
    (volume,) = back(format, replace(KEEP_OUT, volumes=(Volume(Polygon((circle,))),))).volumes
    assert isinstance(volume.footprint, Polygon)
    drawn = volume.footprint.exterior
    from pyproj import Geod

    geod = Geod(ellps="WGS84")
    for (lat, lon), (lat2, lon2) in zip(drawn, (*drawn[1:], drawn[0]), strict=True):  # type: ignore[misc]
        middle = geod.npts(lon, lat, lon2, lat2, 1)[0]
        assert geod.inv(31.0, 48.0, *middle)[2] == pytest.approx(9_260.0, abs=0.51)


def test_planar_edges_are_written_to_half_a_metre_in_ed269() -> None:
    ring = ((50.0, 5.0), (50.0, 15.0), (48.0, 15.0), (48.0, 5.0))
    (volume,) = back(ed269, replace(KEEP_OUT, volumes=(Volume(Polygon(ring, (), EdgeKind.PLANAR)),))).volumes
    assert isinstance(volume.footprint, Polygon)
    drawn = ShapelyPolygon([(lon, lat) for lat, lon in volume.footprint.exterior])  # type: ignore[misc]
    assert hausdorff_distance(drawn, ShapelyPolygon([(lon, lat) for lat, lon in ring])) * 111_000 < 0.5


@BOTH
def test_a_validity_bounds_when_it_applies(format: ModuleType) -> None:
    daily = Schedule((Window(None, 30 * HOUR_US, (Period(ClockTime(0), ClockTime(3600)),)),))
    zone = replace(KEEP_OUT, schedule=daily, valid_from_us=6 * HOUR_US, valid_to_us=60 * HOUR_US)
    data = format.write([zone, replace(KEEP_OUT, id="Y")])
    read = format.read(data, "x")[0][0]
    assert read.schedule == Schedule((Window(6 * HOUR_US, 30 * HOUR_US, daily.windows[0].periods),))
    assert (read.valid_from_us, read.valid_to_us) == (None, None)


@BOTH
def test_limits_in_two_units_are_written_in_metres(format: ModuleType) -> None:
    lower, upper = Limit(0.0, Datum.AGL, "GND"), Limit(609.6, Datum.AMSL, "2000 ft AMSL")
    zone = replace(KEEP_OUT, volumes=(replace(KEEP_OUT.volumes[0], lower=lower, upper=upper),))
    (volume,) = back(format, zone).volumes
    assert volume.lower == Limit(0.0, Datum.AGL, "0 m AGL")
    assert volume.upper == Limit(609.6, Datum.AMSL, "609.6 m AMSL")


def test_names_in_several_languages_are_kept() -> None:
    names = '[{"lang":"en","text":"Keep out"},{"lang":"uk","text":"Не входити"}]'
    zone = replace(KEEP_OUT, extra=(("name", names),))
    assert back(ed318, zone) == zone
    renamed = json.loads(ed318.write([replace(zone, name="Go away")]))["features"][0]["properties"]
    assert renamed["name"] == [{"text": "Go away", "lang": "und"}]


FOUR_WINDS = Predicate(PredicateKind.LIST, ("state",))
UNSAYABLE: list[tuple[dict[str, Any], str]] = [
    ({"restriction": Restriction.KEEP_IN}, "KEEP_IN"),
    ({"rule": Rule(exempt=(Exemption((FOUR_WINDS,), "state aircraft"),))}, "its rule"),
    ({"volumes": (Volume(Corridor(((48.0, 31.0), (49.0, 31.0)), 900.0)),)}, "a corridor"),
    (
        {"volumes": (Volume(Circle((48.0, 31.0), 9.0), upper=Limit(3048.0, Datum.STD, "FL100")),)},
        "'FL100', on STD",
    ),
    ({"volumes": (Volume(Circle((48.0, 31.0), 9.0), upper=Limit(99_999.0, Datum.AGL, "high")),)}, "99999 m"),
    ({"schedule": Schedule(())}, "never active"),
    ({"schedule": Schedule((Window(0, 5),)), "valid_from_us": 5}, "never active"),
    (
        {"schedule": Schedule((Window(None, None, (Period(ClockTime(0), ClockTime(9)),)),), "Europe/Kyiv")},
        "Europe/Kyiv",
    ),
    ({"schedule": Schedule((Window(0, None, (), certain=False),))}, "hours announced elsewhere"),
    (
        {"schedule": Schedule((Window(None, None, (Period(SunTime(SunEvent.SR, 60), ClockTime(9)),)),))},
        "hours by the sun",
    ),
    ({"schedule": Schedule((Window(10**19, None),))}, "a time beyond the calendar"),
]


@BOTH
@pytest.mark.parametrize(("change", "words"), UNSAYABLE, ids=[w for _, w in UNSAYABLE])
def test_what_cannot_be_said_is_refused_by_name(
    format: ModuleType, change: dict[str, Any], words: str
) -> None:
    other = replace(KEEP_OUT, id="Y", valid_from_us=7)
    with pytest.raises(ZoneFormatError, match=f"zone 'Z': ED-... cannot say .*{words}"):
        format.write([other, replace(KEEP_OUT, **change)])


def test_ed318_keeps_the_official_schema(shared: Path) -> None:
    jsonschema_rs = pytest.importorskip("jsonschema_rs")
    folder = shared / "zones-uas/ed318"
    polygon = Polygon(((50.0, 5.0), (50.0, 15.0), (48.0, 15.0)))
    zone = replace(
        KEEP_OUT, message="Do not enter", reason=("SENSITIVE",),
        authorities=(Authority(name="Office", email="a@example.org", purpose="AUTHORIZATION"),),
        schedule=Schedule((Window(0, None, (Period(ClockTime(0), SunTime(SunEvent.SS), frozenset({0})),)),)),
        volumes=(Volume(Circle((48.0, 31.0), 900.0), None, Limit(120.0, Datum.AGL, "120 m AGL")),),
    )  # fmt: skip
    stacked = replace(zone, id="Y", volumes=(*zone.volumes, Volume(polygon)))
    official = json.loads((folder / "Schema_GeoZones.json").read_text())
    validator = jsonschema_rs.Draft7Validator(
        official,
        retriever=lambda uri: json.loads((folder / uri.rpartition("/")[2]).read_text()),
        base_uri="https://example.org/Schema_GeoZones.json",
    )
    written = json.loads(ed318.write([zone, stacked]))
    assert [str(error) for error in validator.iter_errors(written)] == []
    del written["features"][0]["properties"]["variant"]
    assert not validator.is_valid(written)
