"""ED-269 as authorities publish it."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nofly.errors import Finding, InputError, Severity, ZoneFormatError
from nofly.formats import ed269
from nofly.zones.model import Circle, Datum, EdgeKind, Limit, Polygon, Restriction, Zone
from nofly.zones.schedule import ClockTime, Period, Window
from tests.formats.json_mutations import mutations

SAMPLE = Path(__file__).parents[1] / "data/formats/ed269/deviations.json"
EXTRACTS = {"ed269-ch.json": 4, "ed269-fi.json": 2, "ed269-lu.json": 2, "eans-ee.json": 5}
VOLUME = {
    "uomDimensions": "M", "lowerLimit": 0, "lowerVerticalReference": "AGL", "upperLimit": 120,
    "upperVerticalReference": "AGL",
    "horizontalProjection": {"type": "Circle", "center": [8.0, 47.0], "radius": 500},
}  # fmt: skip
ZONE = {
    "identifier": "X", "country": "XXX", "name": "N", "type": "COMMON", "restriction": "PROHIBITED",
    "applicability": [{"permanent": "YES"}], "geometry": [VOLUME],
    "zoneAuthority": [{"name": "A", "purpose": "AUTHORIZATION"}],
}  # fmt: skip


def read(data: bytes) -> tuple[list[Zone], list[Finding]]:
    zones, findings, records = ed269.read(data, "file")
    assert len(zones) + sum(f.severity is Severity.REJECTED for f in findings) == records
    return zones, findings


def one(**changes: Any) -> tuple[list[Zone], list[Finding]]:
    return read(json.dumps({"features": [{**ZONE, **changes}]}).encode())


def volume(**changes: Any) -> tuple[list[Zone], list[Finding]]:
    return one(geometry=[{**VOLUME, **changes}])


def codes(findings: list[Finding]) -> list[str]:
    return sorted({f.code for f in findings})


def test_a_plain_zone_reads_without_findings() -> None:
    zones, findings = one()
    assert not findings
    (zone,) = zones
    assert (zone.id, zone.restriction, zone.kind) == ("X", Restriction.PROHIBITED, "COMMON")
    assert zone.volumes[0].footprint == Circle((47.0, 8.0), 500.0)
    assert zone.volumes[0].lower == Limit(0.0, Datum.AGL, "0 m AGL")
    assert zone.volumes[0].upper == Limit(120.0, Datum.AGL, "120 m AGL")
    assert zone.schedule is None
    assert zone.source.locator == "$.features[0]"


def test_the_sample_says_what_it_says() -> None:
    zones, findings = read(SAMPLE.read_bytes())
    concert, tie = zones
    assert [(f.code, f.locator) for f in findings if f.severity is Severity.REJECTED] == [
        ("bad-unit", "$.features[2].geometry[0].lowerLimit")
    ]
    assert concert.volumes[0].upper is None
    assert concert.volumes[1].lower == Limit(304.8, Datum.AMSL, "1000 ft AMSL")
    assert concert.volumes[1].upper is None
    assert concert.schedule is not None
    (window,) = concert.schedule.windows
    assert (window.start_us, window.end_us) == (1_781_514_000_000_000, None)
    assert window.periods == (
        Period(ClockTime(61_200), ClockTime(86_399), frozenset({5, 6})),
        Period(ClockTime(84_600), ClockTime(14_400), frozenset({6})),
        Period(ClockTime(28_800), ClockTime(32_400)),
    )
    assert concert.extra == (("otherReasonInfo", '"Concert"'),)
    assert len(tie.volumes) == 2
    assert tie.extra == (("uSpaceClass", '"no"'),)
    shape = tie.volumes[0].footprint
    assert isinstance(shape, Polygon)
    assert shape.edge_kind is EdgeKind.GEODESIC
    assert {
        "limit-sentinel", "limit-as-text", "limit-missing", "time-zone-missing", "ring-self-intersects",
        "authority-missing", "applicability-missing", "reason-as-text",
    } <= set(codes(findings))  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"uomDimensions": None}, "bad-unit"),
        ({"uomDimensions": "KM"}, "bad-unit"),
        ({"lowerVerticalReference": "QFE"}, "bad-datum"),
        ({"upperVerticalReference": None}, "bad-datum"),
        ({"upperLimit": "high"}, "bad-limit"),
        ({"upperLimit": True}, "bad-number"),
        ({"upperLimit": -5}, "limits-inverted"),
        ({"horizontalProjection": {"type": "Ellipse"}}, "bad-geometry"),
        ({"horizontalProjection": {"type": "Circle", "center": [8, 91], "radius": 5}}, "bad-position"),
        ({"horizontalProjection": {"type": "Circle", "center": [8, 47], "radius": 0}}, "bad-radius"),
        ({"horizontalProjection": {"type": "Polygon", "coordinates": [[[8, 47], [9, 47]]]}}, "no-area"),
        ({"horizontalProjection": None}, "bad-type"),
    ],
)
def test_a_volume_that_is_not_understood_rejects_its_zone(changes: dict[str, Any], code: str) -> None:
    zones, findings = volume(**changes)
    rejected = [f for f in findings if f.severity is Severity.REJECTED]
    assert (zones, [f.code for f in rejected]) == ([], [code])
    assert rejected[0].locator.startswith("$.features[0].geometry")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"restriction": "FORBIDDEN"}, "bad-restriction"),
        ({"restriction": None}, "bad-restriction"),
        ({"identifier": ""}, "id-missing"),
        ({"geometry": []}, "no-area"),
        ({"geometry": None}, "no-area"),
        ({"applicability": [{"permanent": "PERHAPS"}]}, "bad-permanent"),
        ({"applicability": [{"startDateTime": "soon"}]}, "bad-time"),
        ({"applicability": [{"schedule": [{"day": ["FUNDAY"]}]}]}, "bad-day"),
        ({"applicability": [{"schedule": [{"day": ["ANY"], "startTime": "8 o'clock"}]}]}, "bad-time"),
        (
            {"applicability": [{"startDateTime": "2026-02-01T00:00Z", "endDateTime": "2026-01-01T00:00Z"}]},
            "bad-time",
        ),
    ],
)
def test_a_zone_that_is_not_understood_is_rejected(changes: dict[str, Any], code: str) -> None:
    zones, findings = one(**changes)
    assert (zones, [f.code for f in findings if f.severity is Severity.REJECTED]) == ([], [code])


@pytest.mark.parametrize(
    ("applicability", "windows"),
    [
        ([{"permanent": "YES", "schedule": []}], None),
        (
            [{"permanent": "YES", "startDateTime": None, "dailyPeriod": [{"day": [], "startTime": None}]}],
            None,
        ),
        ([{"permanent": "NO"}], (Window(certain=False),)),
        ([{"permanent": "NO", "startDateTime": "2026-01-01T00:00Z"}], (Window(1_767_225_600_000_000),)),
        (
            [
                {
                    "permanent": "YES",
                    "schedule": [{"day": ["WED"], "startTime": "08:00Z", "endTime": "24:00Z"}],
                }
            ],
            (Window(periods=(Period(ClockTime(28_800), ClockTime(86_400), frozenset({2})),)),),
        ),
        (
            [{"schedule": [{"day": ["ANY", "WED"], "endTime": "09:00:30Z"}]}],
            (Window(periods=(Period(ClockTime(0), ClockTime(32_430)),)),),
        ),
    ],
)
def test_applicability(applicability: Any, windows: tuple[Window, ...] | None) -> None:
    (zone,), _ = one(applicability=applicability)
    assert (zone.schedule and zone.schedule.windows) == windows


def test_a_ceiling_of_zero_is_kept_with_a_finding() -> None:
    zones, findings = volume(upperLimit=0)
    assert zones[0].volumes[0].upper == Limit(0.0, Datum.AGL, "0 m AGL")
    assert codes(findings) == ["upper-limit-zero"]


def test_the_z_spelling_is_accepted() -> None:
    zones, findings = one(restriction="REQ_AUTHORIZATION")
    assert zones[0].restriction is Restriction.REQ_AUTHORISATION
    assert codes(findings) == ["restriction-spelling"]


@pytest.mark.parametrize("root", [{}, {"features": {}}, 7, None, "x"])
def test_what_is_no_list_of_zones_is_an_error(root: Any) -> None:
    with pytest.raises(ZoneFormatError, match="expected features or UASZoneList"):
        read(json.dumps(root).encode())


def test_a_bare_list_is_read() -> None:
    zones, findings = read(json.dumps([ZONE, 7]).encode())
    assert len(zones) == 1
    assert codes(findings) == ["bad-type", "wrapper-missing"]


@pytest.mark.parametrize("name", EXTRACTS)
def test_national_shapes(shared: Path, name: str) -> None:
    data = (shared / "zones-uas/extracts" / name).read_bytes()
    assert ed269.sniff(data[:65_536]) >= 80
    assert ed269.read(data, name)[2] == EXTRACTS[name]
    zones, findings = read(data)
    assert len(zones) >= EXTRACTS[name] - 1
    assert all(f.code == "no-area" for f in findings if f.severity is Severity.REJECTED)


def test_the_swiss_samples(shared: Path) -> None:
    cis, _ = read((shared / "zones-uas/interuss/cis_source_sample_ed269.json").read_bytes())
    assert [(z.id, z.schedule, z.volumes[0].upper) for z in cis] == [("LSXX", None, None)]
    che, findings = read((shared / "zones-uas/interuss/geo-awareness-che-1.json").read_bytes())
    assert len(che) == 6
    assert sum(f.code == "ring-duplicate-points" for f in findings) == 2


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_mutated_files_read_or_raise_and_lose_nothing(data: st.DataObject) -> None:
    with contextlib.suppress(InputError):
        read(data.draw(mutations(SAMPLE.read_bytes())))
