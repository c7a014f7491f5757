"""OpenAir: every record, real deviations, an outside parser's answers, and a writer that loses nothing."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyproj import Geod
from shapely import LineString, hausdorff_distance
from shapely import Polygon as ShapelyPolygon

from nofly.errors import Finding, Severity, ZoneFormatError
from nofly.formats import openair
from nofly.formats._openair_classes import restriction_of
from nofly.formats._openair_lines import MAX_BLOCKS, MAX_LINES, Record, split_blocks
from nofly.formats._openair_values import BadRecordError, points, usual_point
from nofly.formats._told_hours import told_in
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
    Vertex,
    Volume,
    Zone,
)
from nofly.zones.rules import Rule
from nofly.zones.schedule import ClockTime, Period, Schedule, Window

SAMPLES = Path(__file__).parents[1] / "data" / "formats" / "openair"
WGS84 = Geod(ellps="WGS84")


def read(name: str) -> tuple[list[Zone], list[Finding], int]:
    return checked((SAMPLES / name).read_bytes(), name)


def checked(data: bytes, source: str = "x") -> tuple[list[Zone], list[Finding], int]:
    """Read, and hold the promise every reader makes."""
    zones, findings, records = openair.read(data, source)
    rejected = sum(f.count for f in findings if f.severity is Severity.REJECTED)
    assert len(zones) + rejected == records
    assert len({zone.id for zone in zones}) == len(zones)
    return zones, findings, records


def block(*lines: str) -> bytes:
    return "\n".join(["AC R", "AN Field", "AL GND", "AH FL100", *lines]).encode()


def only(data: bytes) -> Zone:
    zones, _, records = checked(data)
    assert records == 1
    return zones[0]


def codes(findings: list[Finding]) -> Counter[str]:
    return Counter(finding.code for finding in findings)


def rejected(data: bytes) -> Finding:
    zones, findings, _ = checked(data)
    assert not zones
    return next(f for f in findings if f.severity is Severity.REJECTED)


TRIANGLE = ("DP 10:00:00 N 010:00:00 E", "DP 11:00:00 N 010:00:00 E", "DP 11:00:00 N 011:00:00 E")


def test_version_2_says_everything() -> None:
    zones, findings, records = read("v2.openair")
    assert records == 4
    assert not findings
    mill, oberau, heath, red = zones
    assert (mill.id, mill.name, mill.kind) == ("6f1d-mill", "Powder mill", "P")
    assert mill.restriction is Restriction.PROHIBITED
    assert mill.volumes == (
        Volume(
            Circle((50.0, 10.0), 5556.0),
            Limit(0.0, Datum.AGL, "GND"),
            Limit(762.0, Datum.AMSL, "2500ft AMSL"),
        ),
    )
    assert mill.schedule is None
    assert oberau.kind == "CTR"
    assert oberau.restriction is Restriction.REQ_AUTHORISATION
    assert oberau.authorities == (Authority(name="Oberau Tower", contact="118.305 MHz"),)
    assert dict(oberau.extra) == {"openair.AC": '"D"', "openair.AX": '"7000"'}
    first_of_may = 1777593600_000_000
    assert oberau.schedule == Schedule(
        (
            Window(first_of_may + 6 * 3600_000_000, first_of_may + 24 * 3600_000_000),
            Window(first_of_may + 30 * 3600_000_000, None),
        )
    )
    assert heath.schedule == Schedule((Window(certain=False),))
    assert heath.volumes[0].upper is None
    half_circle = Arc((51.0, 10.0), 9260.0, 9260.0, 90.0, 270.0, clockwise=False)
    assert heath.volumes[0].footprint == Polygon((half_circle,))
    assert red.id == "AWY:Red 7"
    assert red.volumes[0].footprint == Corridor(((49.0, 9.0), (49.5, 10.0), (49.5, 11.0)), 9260.0)
    assert red.source.locator == "line 42"


def test_an_arc_between_points_stays_exact_and_takes_the_place_of_its_ends() -> None:
    oberau = read("v2.openair")[0][1]
    footprint = oberau.volumes[0].footprint
    assert isinstance(footprint, Polygon)
    assert footprint.edge_kind is EdgeKind.GEODESIC
    arc = footprint.exterior[2]
    assert isinstance(arc, Arc)
    assert footprint.exterior[:2] == ((50 + 1 / 6, 10 + 1 / 6), (50 + 1 / 6, 10.5))
    for bearing, radius, lon in (
        (arc.start_deg, arc.radius_m, 10 + 35 / 60),
        (arc.end_deg, arc.end_radius_m, 10 + 5 / 60),
    ):
        end = WGS84.fwd(arc.centre[1], arc.centre[0], bearing, radius)
        assert end[:2] == pytest.approx((lon, 50.0), abs=1e-9)


def test_windows_1252_with_drawing_records_and_terrain() -> None:
    zones, findings, records = read("v1-windows.txt")
    assert records == 3
    assert [zone.id for zone in zones] == [
        "R:Übungsplatz Süd",
        "Q:Übungsplatz Süd",
        "Q:Übungsplatz Süd#2",
    ]
    assert codes(findings) == {
        "openair-encoding": 1,
        "openair-outside-block": 1,
        "openair-terrain": 1,
        "openair-id-repeated": 1,
    }
    outside = next(f for f in findings if f.code == "openair-outside-block")
    assert outside.count == 5, "SP and SB before the first block, V and two DP of the terrain after the last"
    south = zones[0].volumes[0]
    assert south.upper == Limit(4500 * 0.3048, Datum.AMSL, "4500 MSL")
    assert isinstance(south.footprint, Polygon)
    assert len(south.footprint.exterior) == 4


def test_direction_is_clockwise_again_in_the_next_block() -> None:
    zones = read("v1-windows.txt")[0]
    arcs = []
    for zone in zones[1:]:
        footprint = zone.volumes[0].footprint
        assert isinstance(footprint, Polygon)
        arcs.append(next(part for part in footprint.exterior if isinstance(part, Arc)))
    assert [arc.clockwise for arc in arcs] == [False, True]


def test_what_real_files_do() -> None:
    zones, findings, records = read("deviations.txt")
    assert records == 7
    twice, unheard, never = zones
    assert (twice.kind, twice.restriction) == ("P", Restriction.PROHIBITED)
    assert twice.name == "No class record between, new name"
    footprint = twice.volumes[0].footprint
    assert isinstance(footprint, Polygon)
    expected = [(54.141944, 18.689520), (54.175417, 18.689514), (54.166667, 18.833333), (54.05, 18.9)]
    assert list(footprint.exterior) == [pytest.approx(e, abs=1e-6) for e in expected]
    assert unheard.restriction is Restriction.PROHIBITED
    circle = unheard.volumes[0].footprint
    assert isinstance(circle, Circle)
    assert circle.centre == pytest.approx((-(10 + 1 / 60), -(179 + 59 / 60)))
    assert circle.radius_m == 926.0
    assert unheard.volumes[0].upper == Limit(100.0, Datum.AGL, "100m AGL")
    assert never.volumes[0].lower is None
    assert {(f.code, f.locator) for f in findings if f.severity is Severity.REJECTED} == {
        ("openair-bad-coordinate", "line 31"),
        ("openair-no-centre", "line 38"),
        ("openair-foreign", "line 40"),
        ("openair-unknown-geometry", "line 49"),
    }
    assert {f.code for f in findings if f.severity is Severity.WARNING} == {
        "openair-class-twice",
        "openair-unknown-class",
        "openair-hours-in-name",
        "openair-sixty-seconds",
        "openair-limit-missing",
        "openair-unknown-line",
    }


@pytest.mark.parametrize(
    ("text", "vertex"),
    [
        ("48:49:37 N 002:16:28 E", (48 + 49 / 60 + 37 / 3600, 2 + 16 / 60 + 28 / 3600)),
        ("48:49:37.25N 002:16:28.5W", (48 + 49 / 60 + 37.25 / 3600, -(2 + 16 / 60 + 28.5 / 3600))),
        ("48:49.5 s 002:16.25 e", (-(48 + 49.5 / 60), 2 + 16.25 / 60)),
        ("48 : 49 : 37 N, 2 : 16 : 28 E", (48 + 49 / 60 + 37 / 3600, 2 + 16 / 60 + 28 / 3600)),
        ("484937N 0021628E", (48 + 49 / 60 + 37 / 3600, 2 + 16 / 60 + 28 / 3600)),
        ("48.5N 2.25E", (48.5, 2.25)),
        ("90:00:00 S 180:00:00 W", (-90.0, -180.0)),
    ],
)
def test_coordinates(text: str, vertex: Vertex) -> None:
    circle = only(block(f"V X={text}", "DC 1")).volumes[0].footprint
    assert isinstance(circle, Circle)
    assert circle.centre == pytest.approx(vertex, abs=1e-12)


@pytest.mark.parametrize(
    ("lines", "code", "line"),
    [
        ((), "openair-no-geometry", 1),
        (TRIANGLE[:2], "ring-too-few-points", 1),
        ((*TRIANGLE, "DP 91:00:00 N 010:00:00 E"), "openair-bad-coordinate", 8),
        ((*TRIANGLE, "DP 10:00:00 N 181:00:00 E"), "openair-bad-coordinate", 8),
        ((*TRIANGLE, "DP 10:00:61 N 010:00:00 E"), "openair-bad-coordinate", 8),
        ((*TRIANGLE, "DP 10:00:00 N"), "openair-bad-coordinate", 8),
        ((*TRIANGLE, "DP 10:00:00 N 010:00:00 E 3"), "openair-bad-coordinate", 8),
        (("V X=10:00:00 N 010:00:00 E", "DC 0"), "openair-bad-length", 6),
        (("V X=10:00:00 N 010:00:00 E", "DC -3"), "openair-bad-length", 6),
        (("V X=10:00:00 N 010:00:00 E", "DC 1e9"), "openair-bad-number", 6),
        (("V X=10:00:00 N 010:00:00 E", "DC nan"), "openair-bad-number", 6),
        (("V X=10:00:00 N 010:00:00 E", "DC 99999"), "openair-bad-length", 6),
        (("V X=10:00:00 N 010:00:00 E", "DC 1,5"), "openair-bad-number", 6),
        (("V X=10:00:00 N 010:00:00 E", "DA 5,10"), "openair-bad-arc", 6),
        (("V X=10:00:00 N 010:00:00 E", "DA 5,10,10"), "openair-bad-arc", 6),
        (("V X=10:00:00 N 010:00:00 E", "DA 5,10,400"), "openair-bad-arc", 6),
        (("V D=x", *TRIANGLE), "openair-bad-direction", 5),
        (("V Q=1", *TRIANGLE), "openair-unknown-geometry", 5),
        (("DQ 1", *TRIANGLE), "openair-unknown-geometry", 5),
        (("DY 10:00:00 N 010:00:00 E", "DY 11:00:00 N 010:00:00 E"), "openair-no-width", 1),
        (("V W=2", "DY 10:00:00 N 010:00:00 E"), "openair-short-airway", 1),
        (("AH FL", *TRIANGLE), "openair-bad-limit", 5),
        (("AH FL110", *TRIANGLE), "openair-limit-twice", 5),
        (("AH 100m AGL/423m AMSL", *TRIANGLE), "openair-bad-limit", 5),
        (("* fine", "DP " + "1" * 5000, *TRIANGLE), "openair-line-too-long", 6),
    ],
)
def test_a_bad_block_is_rejected_with_its_line(lines: tuple[str, ...], code: str, line: int) -> None:
    finding = rejected(block(*lines))
    assert (finding.code, finding.locator) == (code, f"line {line}")


def test_a_bad_block_does_not_stop_the_file() -> None:
    zones, _, records = checked(block("DC 5") + b"\n" + block(*TRIANGLE))
    assert (len(zones), records) == (1, 2)
    assert zones[0].id == "R:Field"


def test_a_floor_above_the_ceiling_is_rejected() -> None:
    data = block(*TRIANGLE).replace(b"AL GND", b"AL FL200")
    assert rejected(data).code == "openair-floor-above-ceiling"


def test_a_full_circle_of_angles_is_a_circle() -> None:
    zone = only(block("V X=10:00:00 N 010:00:00 E", "DA 1, 0, 360"))
    assert zone.volumes[0].footprint == Circle((10.0, 10.0), 1852.0)


def test_several_shapes_are_a_union_and_said_so() -> None:
    zones, findings, _ = checked(block("V X=10:00:00 N 010:00:00 E", "DC 5", *TRIANGLE))
    kinds = [type(volume.footprint) for volume in zones[0].volumes]
    assert kinds == [Circle, Polygon]
    assert codes(findings) == {"openair-several-shapes": 1}


def test_an_arc_whose_ends_disagree_is_kept_and_said_so() -> None:
    lines = ("V X=10:00:00 N 010:00:00 E", "DB 10:10:00 N 010:00:00 E, 10:00:00 N 010:12:00 E")
    zones, findings, _ = checked(block(*lines))
    footprint = zones[0].volumes[0].footprint
    assert isinstance(footprint, Polygon)
    arc = footprint.exterior[0]
    assert isinstance(arc, Arc)
    assert arc.radius_m < arc.end_radius_m
    assert codes(findings) == {"openair-uneven-arc": 1}


@pytest.mark.parametrize(
    ("activation", "windows"),
    [
        ("NONE", [Window(certain=False)]),
        ("NONE/NONE", [Window(certain=False)]),
        ("byNotam", [Window(certain=False)]),
        ("1970-01-01T00:00Z/1970-01-01T24:00Z", [Window(0, 86_400_000_000)]),
        ("1970-01-02T00:00:01Z/NONE", [Window(86_401_000_000, None)]),
        ("NONE/1970-01-02T00:00Z", [Window(None, 86_400_000_000)]),
    ],
)
def test_activation(activation: str, windows: list[Window]) -> None:
    zone = only(block(f"AA {activation}", *TRIANGLE))
    assert zone.schedule == Schedule(tuple(windows))


@pytest.mark.parametrize(
    "activation",
    [
        "soon",
        "2025-01-01T12:00/2025-01-01T13:00Z",
        "2025-01-02T14:00Z/2025-01-01T15:00Z",
        "2025-13-01T12:00Z/NONE",
        "2025-01-01T24:01Z/NONE",
    ],
)
def test_activation_nobody_can_read_is_neither_active_nor_inactive(activation: str) -> None:
    zones, findings, _ = checked(block(f"AA {activation}", *TRIANGLE))
    assert zones[0].schedule == Schedule((Window(certain=False),))
    assert codes(findings) == {"openair-bad-activation": 1}


def test_none_overrides_other_activations() -> None:
    zones, findings, _ = checked(block("AA 2025-01-01T12:00Z/2025-01-01T13:00Z", "AA NONE", *TRIANGLE))
    assert zones[0].schedule == Schedule((Window(certain=False),))
    assert codes(findings) == {"openair-activation-overridden": 1}


@pytest.mark.parametrize(
    ("airspace_class", "airspace_type", "restriction"),
    [
        ("P", "", Restriction.PROHIBITED),
        ("UNC", "P", Restriction.PROHIBITED),
        ("D", "PROHIBITED", Restriction.PROHIBITED),
        ("r", "", Restriction.REQ_AUTHORISATION),
        ("UNC", "TRA", Restriction.REQ_AUTHORISATION),
        ("D", "CTR", Restriction.REQ_AUTHORISATION),
        ("E", "CTA", Restriction.CONDITIONAL),
        ("CTR", "", Restriction.REQ_AUTHORISATION),
        ("UNC", "TMA", Restriction.REQ_AUTHORISATION),
        ("G", "RMZ", Restriction.CONDITIONAL),
        ("Q", "", Restriction.CONDITIONAL),
        ("UNCLASSIFIED", "DANGER", Restriction.CONDITIONAL),
        ("D", "NONE", Restriction.REQ_AUTHORISATION),
        ("G", "", Restriction.NO_RESTRICTION),
        ("G", "FIR", Restriction.NO_RESTRICTION),
        ("", "", Restriction.CONDITIONAL),
        ("XYZ", "", None),
        ("D", "XYZ", None),
    ],
)
def test_what_a_class_forbids(
    airspace_class: str, airspace_type: str, restriction: Restriction | None
) -> None:
    assert restriction_of(airspace_class, airspace_type) is restriction


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00" * 1000,
        b"AN no class\nDP 10:00:00 N 010:00:00 E\n",
        b"x" * 3_000_000,
        b"\xff\xfe",
        b'{"type": "FeatureCollection"}',
        b"* AC R in a comment\n",
    ],
)
def test_no_block_at_all_is_an_error(data: bytes) -> None:
    with pytest.raises(ZoneFormatError):
        openair.read(data, "x")


def test_a_file_beyond_the_bound_is_an_error() -> None:
    with pytest.raises(ZoneFormatError, match="bytes"):
        openair.read(b"AC R\n" + b"*" * (32 * 1024 * 1024), "x")


def test_garbage_between_blocks_is_one_finding_a_kind() -> None:
    zones, findings, _ = checked(block(*TRIANGLE) + b"\n" + b"what is this\n" * 100_000)
    assert len(zones) == 1
    assert [(f.code, f.count) for f in findings] == [("openair-unknown-line", 100_000)]


def test_utf_8_mark_utf_16_and_old_line_ends() -> None:
    text = block(*TRIANGLE).decode()
    expected = only(text.encode())
    for data in (
        text.encode("utf-8-sig"),
        text.encode("utf-16"),
        text.replace("\n", "\r\n").encode(),
        text.replace("\n", "\r").encode(),
    ):
        assert only(data) == expected
        assert openair.sniff(data) == 95


def test_sniff() -> None:
    for path in SAMPLES.iterdir():
        assert openair.sniff(path.read_bytes()[:65536]) == 95
    for other in (b"", b'{"AC": 1}', b"<kml/>", b"ACCIDENT\nReport", b"\x1f\x8b\x00"):
        assert openair.sniff(other) == 0


# Writing


@pytest.mark.parametrize("name", ["v2.openair", "v1-windows.txt", "deviations.txt"])
def test_what_is_written_reads_back(name: str) -> None:
    zones = read(name)[0]
    again = checked(openair.write(zones))[0]
    assert [zone.id for zone in again] == [zone.id for zone in zones]
    for one, other in zip(zones, again, strict=True):
        assert _outline(one) == pytest.approx(_outline(other), abs=1e-8)
        assert one.schedule == other.schedule
        assert one.restriction is other.restriction
        for volume, copy in zip(one.volumes, other.volumes, strict=True):
            floor = volume.lower or Limit(0.0, Datum.AGL, "GND")
            for mine, theirs in ((floor, copy.lower), (volume.upper, copy.upper)):
                if mine is None or theirs is None:
                    assert mine is theirs
                else:
                    assert mine.value_m == pytest.approx(theirs.value_m, abs=1e-6)
                    assert mine.datum is theirs.datum


def test_a_plain_file_comes_back_hash_for_hash() -> None:
    zones = read("v2.openair")[0]
    again = checked(openair.write(zones))[0]
    assert [zones[0].zone_hash, zones[3].zone_hash] == [again[0].zone_hash, again[3].zone_hash]


def _outline(zone: Zone) -> list[float]:
    numbers: list[float] = []
    for volume in zone.volumes:
        footprint = volume.footprint
        if isinstance(footprint, Circle):
            numbers += [*footprint.centre, footprint.radius_m / 1e5]
        elif isinstance(footprint, Corridor):
            numbers += [*(x for p in footprint.path for x in p), footprint.half_width_m / 1e5]
        else:
            for part in footprint.exterior:
                numbers += (
                    [*part.centre, part.radius_m / 1e5, part.end_radius_m / 1e5, part.clockwise]
                    if isinstance(part, Arc)
                    else [*part]
                )
    return numbers


@pytest.mark.parametrize(
    "name",
    [
        "ED-R10C_2 Todendorf-Putlos NOTAM", "ED-R Klixbuell HX 125.100", "Berlin (HX-West) 133.630",
        "ED-R55 Storkow MON-FRI+", "ED-R33B Unterluess (NOTAM MON-SAT)", "R3804C by Notam",
        "JENA 1 0800-2200", "LED52B Daily HJ", "R1 SR-SS", "EKR506 RODSAND II *NOTAM ACC CPH*", "P1 SAT 0900",
    ],
)  # fmt: skip
def test_a_name_that_tells_hours_leaves_undecided_when_the_zone_is_active(name: str) -> None:
    lines = ["V X=50:00:00 N 010:00:00 E", "DC 5"]
    data = block(*lines).replace(b"AN Field", f"AN {name}".encode())
    (zone,), findings, _ = checked(data)
    assert zone.schedule == Schedule((Window(certain=False),))
    (told,) = [f for f in findings if f.code == "openair-hours-in-name"]
    assert (told.severity, told.locator) == (Severity.WARNING, "line 1")
    own = data.replace(b"AL GND", b"AA 2025-01-01T00:00:00Z/2025-01-02T00:00:00Z\nAL GND")
    (zone,), findings, _ = checked(own)
    assert zone.schedule is not None
    assert zone.schedule.windows[0].certain
    assert not codes(findings)["openair-hours-in-name"]
    if "*" not in name:
        assert only(openair.write([only(data)])).schedule == only(data).schedule


@pytest.mark.parametrize("name", ["Sun Valley", "Monheim", "Ho Chi Minh", "R-2501 H24", "SS Mary", "ED-R74"])
def test_a_name_without_hours_is_always_active(name: str) -> None:
    lines = ["V X=50:00:00 N 010:00:00 E", "DC 5"]
    assert only(block(*lines).replace(b"AN Field", f"AN {name}".encode())).schedule is None


SQUARE = Polygon(((50.0, 10.0), (51.0, 10.0), (51.0, 11.0), (50.0, 11.0)))
PLAIN = Zone(id="Z1", name="Field", volumes=(Volume(SQUARE),), kind="P")


@pytest.mark.parametrize(
    ("zone", "what"),
    [
        (replace(PLAIN, volumes=PLAIN.volumes * 2), "2 volumes"),
        (replace(PLAIN, volumes=(Volume(replace(SQUARE, holes=(SQUARE.exterior,))),)), "holes"),
        (replace(PLAIN, rule=Rule(spacing_lateral_m=100.0)), "rule"),
        (replace(PLAIN, restriction=Restriction.KEEP_IN), "KEEP_IN"),
        (replace(PLAIN, name="Field NOTAM"), "its name tells hours"),
        (replace(PLAIN, schedule=Schedule(())), "never active"),
        (
            replace(PLAIN, schedule=Schedule((Window(periods=(Period(ClockTime(0), ClockTime(60)),)),))),
            "periods",
        ),
        (replace(PLAIN, schedule=Schedule((Window(0, None, certain=False),))), "announced elsewhere"),
        (replace(PLAIN, schedule=Schedule((Window(0),)), valid_to_us=5), "validity beside"),
        (replace(PLAIN, valid_to_us=5), "fractions"),
        (replace(PLAIN, name="a * b"), "its name"),
        (replace(PLAIN, id="a\nAC P"), "its id"),
        (
            replace(PLAIN, volumes=(Volume(SQUARE, upper=Limit(100.0, Datum.HAE, "100 m")),)),
            "above the ellipsoid",
        ),
    ],
)
def test_what_openair_cannot_say_is_refused_by_name(zone: Zone, what: str) -> None:
    with pytest.raises(ZoneFormatError, match=what) as caught:
        openair.write([PLAIN, zone])
    assert repr(zone.id[:60]) in str(caught.value)


def test_a_validity_is_written_as_activation() -> None:
    zone = replace(PLAIN, valid_from_us=0, valid_to_us=86_400_000_000)
    assert only(openair.write([zone])).schedule == Schedule((Window(0, 86_400_000_000),))


@pytest.mark.parametrize("restriction", [r for r in Restriction if r is not Restriction.KEEP_IN])
def test_a_kind_openair_does_not_know_keeps_its_restriction(restriction: Restriction) -> None:
    data = openair.write([replace(PLAIN, kind="COMMON", restriction=restriction, message="Keep clear")])
    assert only(data).restriction is restriction
    assert b"* kind: COMMON\n* message: Keep clear\n" in data


def test_planar_edges_are_written_to_half_a_metre() -> None:
    flat = Polygon(((50.0, 10.0), (50.0, 20.0), (51.0, 20.0), (51.0, 10.0)), (), EdgeKind.PLANAR)
    data = openair.write([replace(PLAIN, volumes=(Volume(flat),))])
    footprint = only(data).volumes[0].footprint
    assert isinstance(footprint, Polygon)
    vertices = [p for p in footprint.exterior if not isinstance(p, Arc)]
    south = sorted((p for p in vertices if p[0] < 50.5), key=lambda p: p[1])
    assert len(south) > 50
    for (lat, lon), (_, next_lon) in pairwise(south):
        assert lat == pytest.approx(50.0, abs=1e-9)
        middle = WGS84.npts(lon, lat, next_lon, lat, 1)[0]
        assert abs(middle[1] - 50.0) * 111_000 < 0.5


# Real files


@pytest.mark.parametrize(
    ("name", "records", "no_area"),
    [
        ("Germany.txt", 677, 0),
        ("Germany_Border.txt", 11, 0),
        ("Switzerland.txt", 334, 19),
        ("LF-P25_LF-R35A.openair.txt", 2, 0),
    ],
)
def test_national_files(shared: Path, name: str, records: int, no_area: int) -> None:
    """The Swiss 19 are cables, published as lines of two points."""
    data = (shared / "zones-openair" / name).read_bytes()
    assert openair.sniff(data[:65536]) == 95
    zones, findings, found = checked(data, name)
    assert found == records
    bad = [f for f in findings if f.severity is Severity.REJECTED]
    assert Counter(f.code for f in bad) == ({"ring-too-few-points": no_area} if no_area else {})
    text = data.decode("cp1252").splitlines()
    assert all("KABEL" in text[int(f.locator.split()[1])].upper() for f in bad)
    single = [zone for zone in zones if len(zone.volumes) == 1]
    assert len(checked(openair.write(single))[0]) == len(single)


def test_the_two_paris_areas(shared: Path) -> None:
    data = (shared / "zones-openair" / "LF-P25_LF-R35A.openair.txt").read_bytes()
    fontenay, toussus = checked(data)[0]
    assert (fontenay.kind, fontenay.restriction) == ("P", Restriction.PROHIBITED)
    assert fontenay.volumes[0].upper == Limit(3800 * 0.3048, Datum.AMSL, "3800ft AMSL")
    assert (toussus.kind, toussus.restriction) == ("R", Restriction.REQ_AUTHORISATION)
    assert toussus.authorities == (Authority(name="TOUSSUS TWR", contact="120.750 MHz"),)


# Another parser's answers (openAIP/openaip-openair-parser, MIT)

RESULTS = {
    "activation-times-none-result.json": "activation-times-none.txt",
    "activation-times-result.json": "activation-times.txt",
    "arc-angle-ccw-result.json": "arc-angle-ccw.txt",
    "arc-angle-cw-result.json": "arc-angle-cw.txt",
    "arc-angle-single-vx-result.json": "arc-angle-single-vx.txt",
    "arc-ccw-result.json": "arc-ccw.txt",
    "arc-cw-ccw-result.json": "arc-cw-ccw.txt",
    "arc-cw-result.json": "arc-cw.txt",
    "arc-first-result.json": "arc-first.txt",
    "awy-result.json": "airway.txt",
    "circular-result.json": "circular.txt",
    "convert-self-intersecting-to-linestring-result.json": "self-intersecting.txt",
    "fixed-self-intersecting.json": "self-intersecting.txt",
    "inline-comments-result.json": "inline-comments.txt",
    "polygon-result.json": "polygon.txt",
    "polygon-to-linestring-result.json": "polygon.txt",
    "version-2-commands-result.json": "version-2-commands.txt",
}
OTHER_GEOMETRY = {
    "convert-self-intersecting-to-linestring-result.json": "their line is not an area: nofly reads its loops",
    "fixed-self-intersecting.json": "their repair keeps the largest loop alone: nofly keeps every loop",
}
"""Result files whose geometry is compared otherwise, and why."""

ALONE = {
    "LICENSE.txt": None,
    "ignored-only.txt": None,
    "without-ac.txt": None,
    "activation-times-invalid-with-none-none.txt": "",
    "activation-times-invalid-with-none.txt": "",
    "activation-times-invalid.txt": "",
    "ceiling-definitions-al-greater-ah.txt": "openair-floor-above-ceiling",
    "ceiling-definitions-duplicate.txt": "openair-limit-twice",
    "check-limits-unit-conversion.txt": "",
    "circular-invalid.txt": "",
    "coordinate-minutes-60.txt": "openair-bad-coordinate",
    "coordinate-seconds-60.txt": "",
    "do-not-split-into-multipolygon.txt": "",
    "empty-name.txt": "",
    "expected-output-openair.txt": "",
    "flight-level-missing-number.txt": "openair-bad-limit",
    "in-output-openair.txt": "",
    "insufficient-coordinates.txt": "ring-too-few-points",
    "invalid-coordinates.txt": "openair-bad-coordinate",
    "laser-beam.txt": "",
    "meter-altitude-unit.txt": "",
    "missing-AY.txt": "",
    "missing-ah-al.txt": "",
    "round-altitude-values.txt": "",
    "single-airspace-ag-but-missing-af.txt": "",
    "skipped-tokens.txt": "",
    "start-end-coordinates-not-equal.txt": "",
    "transponder-code-invalid.txt": "",
    "version-2-warn-if-expired.txt": "",
}
"""Inputs without a result file: the code nofly rejects with, "" where it reads, None where it raises.

Theirs refuses activation it cannot read (nofly: undetermined), 60 seconds, an arc of two radii, a missing
name, missing limits, AG without AF and a bad transponder code (nofly: the zone is kept, with a warning). It
takes ``MON-FRI`` and ``NOTAM`` for parts of a name and says nothing of activity (nofly: undetermined).
"""


def test_every_fixture_is_accounted_for(shared: Path) -> None:
    folder = shared / "zones-openair-tests"
    assert {p.name for p in folder.glob("*.json")} == set(RESULTS)
    assert {p.name for p in folder.glob("*.txt")} == set(RESULTS.values()) | set(ALONE)


@pytest.mark.parametrize("name", ALONE)
def test_fixtures_without_a_result(shared: Path, name: str) -> None:
    data = (shared / "zones-openair-tests" / name).read_bytes()
    code = ALONE[name]
    if code is None:
        with pytest.raises(ZoneFormatError):
            openair.read(data, name)
    elif code:
        assert rejected(data).code == code
    else:
        assert only(data).volumes


@pytest.mark.parametrize("name", RESULTS)
def test_agrees_with_the_other_parser(shared: Path, name: str) -> None:
    folder = shared / "zones-openair-tests"
    features = json.loads((folder / name).read_bytes())["features"]
    zones, _, _ = checked((folder / RESULTS[name]).read_bytes(), name)
    assert len(zones) == len(features)
    for zone, feature in zip(zones, features, strict=True):
        theirs = feature["properties"]
        assert zone.name == " ".join(theirs["name"].split())
        assert zone.kind == theirs.get("type", theirs["class"])
        for volume in zone.volumes:
            _same_limit(volume.lower, theirs["lowerCeiling"])
            _same_limit(volume.upper, theirs["upperCeiling"])
        _same_activation(zone, theirs)
        station = theirs.get("frequency")
        said = {(a.contact.removesuffix(" MHz"), a.name) for a in zone.authorities}
        assert said == ({(station["value"], station.get("name", ""))} if station else set())
        code = dict(zone.extra).get("openair.AX")
        assert (code and int(json.loads(code))) == theirs.get("transponderCode")
        if "geometry" in feature and name not in OTHER_GEOMETRY:
            _same_shape(zone, feature["geometry"])


def test_loops_of_a_crossing_line_are_all_kept(shared: Path) -> None:
    folder = shared / "zones-openair-tests"
    fixed = json.loads((folder / "fixed-self-intersecting.json").read_bytes())["features"][0]["geometry"]
    zone = only((folder / "self-intersecting.txt").read_bytes())
    ours = [ShapelyPolygon([(x, y) for y, x in _dense(volume.footprint)]) for volume in zone.volumes]
    theirs = ShapelyPolygon(fixed["coordinates"][0])
    largest = max(ours, key=lambda polygon: polygon.area)
    assert largest.symmetric_difference(theirs).area < 3e-4 * theirs.area
    assert len(ours) > 1


def _same_limit(limit: Limit | None, theirs: dict[str, Any]) -> None:
    assert limit is not None
    scale = 30.48 if theirs["unit"] == "FL" else 0.3048
    datum = {"GND": Datum.AGL, "MSL": Datum.AMSL, "STD": Datum.STD}[theirs["referenceDatum"]]
    assert limit.value_m == pytest.approx(theirs["value"] * scale, abs=0.01)
    assert limit.datum is datum


def _same_activation(zone: Zone, theirs: dict[str, Any]) -> None:
    def instant_us(text: str | None) -> int | None:
        return None if text is None else round(datetime.fromisoformat(text).timestamp()) * 1_000_000

    told = theirs.get("activationTimes", [])
    times = [Window(instant_us(t.get("start")), instant_us(t.get("end"))) for t in told]
    announced = theirs.get("byNotam") or (not told and told_in(theirs["name"]))
    windows = [Window(certain=False)] if announced else times
    assert zone.schedule == (Schedule(tuple(windows)) if windows else None)


def _same_shape(zone: Zone, geometry: dict[str, Any]) -> None:
    """Outlines agree within what the other parser's sphere (0.5 % of a radius) and five decimals allow."""
    (volume,) = zone.volumes
    line = geometry["coordinates"] if geometry["type"] == "LineString" else geometry["coordinates"][0]
    lat, lon = line[0][1], line[0][0]
    shrink = math.cos(math.radians(lat))

    def metres(points: list[Vertex]) -> LineString:
        return LineString([((x - lon) * 111_320 * shrink, (y - lat) * 110_950) for y, x in points])

    theirs = metres([(y, x) for x, y in line])
    dense = _dense(volume.footprint)
    ours = metres([*dense, dense[0]])
    assert hausdorff_distance(ours, theirs, densify=0.02) < 2.0 + 0.006 * _largest_radius_m(volume.footprint)


def _largest_radius_m(footprint: Polygon | Circle | Corridor) -> float:
    if isinstance(footprint, Circle):
        return footprint.radius_m
    if isinstance(footprint, Corridor):
        return footprint.half_width_m
    return max((part.radius_m for part in footprint.exterior if isinstance(part, Arc)), default=0.0)


def _dense(footprint: Polygon | Circle | Corridor) -> list[Vertex]:
    """Points of the outline on the ellipsoid, arcs and circles by half degrees."""
    if isinstance(footprint, Circle):
        arc = Arc(footprint.centre, footprint.radius_m, footprint.radius_m, 0.0, 359.99, clockwise=True)
        return _along(arc)
    if isinstance(footprint, Corridor):
        (first, last), width = footprint.path, footprint.half_width_m
        ahead, back, _ = WGS84.inv(first[1], first[0], last[1], last[0])
        return _along(Arc(last, width, width, back + 90.0, back + 270.0, clockwise=True)) + _along(
            Arc(first, width, width, ahead + 90.0, ahead + 270.0, clockwise=True)
        )
    points: list[Vertex] = []
    for part in footprint.exterior:
        points += _along(part) if isinstance(part, Arc) else [part]
    return points


def _along(arc: Arc) -> list[Vertex]:
    sweep = (arc.end_deg - arc.start_deg) % 360.0
    sweep = sweep if arc.clockwise else sweep - 360.0
    points = []
    for step in range(721):
        share = step / 720
        radius = arc.radius_m + (arc.end_radius_m - arc.radius_m) * share
        lon, lat, _ = WGS84.fwd(arc.centre[1], arc.centre[0], arc.start_deg + sweep * share, radius)
        points.append((lat, lon))
    return points


# Hostile input

WHOLE = b"\n".join(path.read_bytes() for path in sorted(SAMPLES.iterdir()))
_WORDS = [b"AC", b"DP", b"DA 1,2,3", b"V X=", b"TITLE=", b"N"]
_PIECES = [*_WORDS, b"\x00", b"\n", b"*", b":", b"9" * 40, b"\xff", b" " * 300]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_any_mutation_reads_or_raises(data: st.DataObject) -> None:
    mutated = bytearray(WHOLE)
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(mutated)))
        cut = data.draw(st.sampled_from([0, 0, 1, 3, 40, 2000]))
        mutated[at : at + cut] = data.draw(st.sampled_from(_PIECES) | st.binary(max_size=4))
    try:
        checked(bytes(mutated))
    except ZoneFormatError:
        as_utf_16 = mutated.startswith((b"\xff\xfe", b"\xfe\xff"))
        assert as_utf_16 or not re.search(rb"(?:^|[\r\n])[ \t]*AC(?:[ \t\r\n*]|$)", bytes(mutated), re.I)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(WHOLE)))
def test_any_truncation_reads_or_raises(length: int) -> None:
    try:
        checked(WHOLE[:length])
    except ZoneFormatError:
        assert b"\nAC" not in WHOLE[:length]


_LAT = st.floats(-80, 80)
_LON = st.floats(-179, 179)


@settings(max_examples=60, deadline=None)
@given(_LAT, _LON, st.floats(1.0, 500_000.0), st.floats(0, 359.999), st.floats(1.0, 359.0), st.booleans())
def test_any_arc_comes_back(
    lat: float, lon: float, radius: float, start: float, sweep: float, cw: bool
) -> None:
    arc = Arc((lat, lon), radius, radius, start, (start + sweep) % 360.0, cw)
    zone = replace(PLAIN, volumes=(Volume(Polygon((arc, (0.0, 0.0)))),))
    footprint = only(openair.write([zone])).volumes[0].footprint
    assert isinstance(footprint, Polygon)
    again = next(part for part in footprint.exterior if isinstance(part, Arc))
    assert again.clockwise is cw
    assert (*again.centre, again.radius_m, again.start_deg, again.end_deg) == pytest.approx(
        (lat, lon, radius, start, arc.end_deg), abs=1e-5
    )


@given(
    text=st.from_regex(
        r"[0-9]{1,2}:[0-6][0-9]?:[0-6][0-9]? [NS] [01][0-9]{1,2}:[0-6][0-9]?:[0-6][0-9]? [EW]", fullmatch=True
    )
)
def test_a_point_in_whole_seconds_is_the_same_both_ways(text: str) -> None:
    short = usual_point(text)
    try:
        found, sixties = points(Record("DP", text, "", 1), 1)
    except BadRecordError:
        assert short is None
        return
    assert short == (None if sixties else found[0])


@pytest.mark.parametrize("text", ["", "48:49:37N 002:16:28E", "48:49:37.5 N 002:16:28 E", "48:49 N 002:16 E"])
def test_any_other_point_is_left_to_the_long_way(text: str) -> None:
    assert usual_point(text) is None


@pytest.mark.parametrize(
    ("data", "what"),
    [(b"AC R\n" + b"\n" * MAX_LINES, "lines"), (b"AC\nAN\n" * (MAX_BLOCKS + 1), "airspaces")],
    ids=["lines", "blocks"],
)
def test_a_file_with_more_in_it_than_the_world_has_is_refused(data: bytes, what: str) -> None:
    with pytest.raises(ZoneFormatError, match=f"too many {what}.*at most"):
        openair.read(data, "x")


def test_class_after_class_is_one_block() -> None:
    data = b"AC R\n" * (MAX_BLOCKS - 2) + b"V X=48:00:00 N 002:00:00 E\nDC 1\n"
    zones, findings, records = openair.read(data, "file")
    assert (len(zones), records) == (1, 1)
    assert "openair-class-twice" in [finding.code for finding in findings]


def test_terrain_after_terrain_ends_no_block_without_a_shape() -> None:
    blocks, findings = split_blocks("AC R\n" + "AN x\n" * 50_000 + "TO x\n" * 500_000 + "DC 1", "file")
    assert len(blocks) == 1
    assert blocks[0].has_shape
    assert [(finding.code, finding.count) for finding in findings] == [("openair-terrain", 500_000)]
