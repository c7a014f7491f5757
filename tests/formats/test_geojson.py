"""GeoJSON: the vocabulary says the whole model, foreign files open, and nothing is lost."""

from __future__ import annotations

import contextlib
import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nofly.errors import Finding, InputError, Severity, ZoneFormatError
from nofly.formats import geojson
from nofly.zones.model import Arc, Circle, Corridor, Datum, EdgeKind, Limit, Polygon, Restriction, Zone
from nofly.zones.schedule import Schedule, Window
from tests.formats.json_mutations import mutations
from tests.formats.zone_strategies import ZONES

SAMPLE = Path(__file__).parents[1] / "data/formats/geojson/vocabulary.geojson"
SQUARE = {"type": "Polygon", "coordinates": [[[8, 47], [9, 47], [9, 48], [8, 48], [8, 47]]]}


def read(data: bytes) -> tuple[list[Zone], list[Finding]]:
    zones, findings, records = geojson.read(data, "file")
    assert len(zones) + sum(f.severity is Severity.REJECTED for f in findings) == records
    return zones, findings


def feature(geometry: Any = SQUARE, /, **properties: Any) -> tuple[list[Zone], list[Finding]]:
    return read(json.dumps({"type": "Feature", "properties": properties, "geometry": geometry}).encode())


def codes(findings: list[Finding]) -> set[str]:
    return {f.code for f in findings}


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(ZONES, max_size=2))
def test_writing_and_reading_gives_the_same_zones(zones: list[Zone]) -> None:
    data = geojson.write(zones)
    assert geojson.sniff(data[:65_536]) == 100
    again, findings = read(data)
    assert not findings
    assert again == zones
    assert [z.zone_hash for z in again] == [z.zone_hash for z in zones]
    assert geojson.write(again) == data


def test_the_sample_says_what_it_says() -> None:
    zones, findings = read(SAMPLE.read_bytes())
    harbour, stadium, fir = zones
    assert [f.message for f in findings if f.severity is Severity.REJECTED] == [
        "a point without radius_m is no area"
    ]
    assert (harbour.id, harbour.edition, harbour.kind) == ("XX-P1", 3, "P")
    assert harbour.volumes[0].lower == Limit(0.0, Datum.AGL, "GND")
    assert harbour.volumes[0].upper == Limit(195 * 30.48, Datum.STD, "FL195")
    shape = harbour.volumes[0].footprint
    assert isinstance(shape, Polygon)
    assert (shape.edge_kind, len(shape.holes)) == (EdgeKind.GEODESIC, 1)
    assert harbour.extra == (("colour", '"red"'),)
    assert harbour.rule is not None
    assert harbour.rule.cleared[0].upper_m == 900.0
    assert harbour.schedule is not None
    assert harbour.schedule.windows[1].certain is False
    circle, road, sector = (v.footprint for v in stadium.volumes)
    assert circle == Circle((47.5, 8.5), 500.0)
    assert isinstance(road, Corridor)
    assert (road.half_width_m, road.edge_kind) == (150.5, EdgeKind.PARALLEL)
    assert isinstance(sector, Polygon)
    assert sector.exterior == ((46.0, 9.0), Arc((46.0, 9.0), 7000.0, 7000.0, 90.0, 180.0, True))
    assert stadium.volumes[0].upper == Limit(120.0, Datum.AGL, "120 m AGL")
    assert stadium.restriction is Restriction.REQ_AUTHORISATION
    assert (fir.id, fir.name, fir.kind, len(fir.volumes)) == ("XXFIR", "Antimeridian FIR", "FIR", 2)
    assert fir.volumes[0].lower == Limit(0.0, Datum.AGL, "0 FT")
    assert fir.volumes[0].upper is None


def test_a_foreign_file_opens_with_findings() -> None:
    zones, findings = feature(title="Somewhere", OBJECTID=7, CEILING=0)
    zone = zones[0]
    assert (zone.id, zone.name) == ("feature-1", "Somewhere")
    assert (zone.volumes[0].lower, zone.volumes[0].upper) == (None, None)
    assert zone.extra == (("CEILING", "0"), ("OBJECTID", "7"))
    assert codes(findings) == {"id-missing", "restriction-missing", "limit-missing", "limit-unread"}
    shape = zone.volumes[0].footprint
    assert isinstance(shape, Polygon)
    assert shape.edge_kind is EdgeKind.PLANAR


@pytest.mark.parametrize(
    ("properties", "told"),
    [
        ({"floor": 0, "ceiling": 3000}, "ceiling 3000, floor 0"),
        ({"lower": "GND", "upper_ft": 3000}, "upper_ft 3000"),
        ({"lowerLimit": "SFC", "upperLimit": "FL95"}, 'lowerLimit "SFC", upperLimit "FL95"'),
        ({"alternative": "yes", "ceiling": None}, ""),
        ({"lower": "GND", "upper": "FL95", "ceiling": 3000}, ""),
    ],
)
def test_what_seems_to_be_a_limit_is_not_passed_over_in_silence(
    properties: dict[str, object], told: str
) -> None:
    _, findings = feature(**properties)
    said = [f for f in findings if f.code == "limit-unread"]
    assert len(said) == bool(told)
    assert all(told in f.message and f.severity is Severity.WARNING for f in said)


@pytest.mark.parametrize(
    ("properties", "code"),
    [
        ({"lower": 120}, "bad-limit"),
        ({"upper": "12 parsecs"}, "bad-limit"),
        ({"upper": {"value": 1, "unit": "NM", "datum": "AGL"}}, "bad-unit"),
        ({"upper": {"value": 1, "unit": "m", "datum": "XYZ"}}, "bad-datum"),
        ({"upper": {"value": 1, "unit": "m"}}, "bad-datum"),
        ({"upper": {"value": 1, "unit": "m", "datum": "AGL", "txt": ""}}, "unknown-key"),
        ({"lower": "2000 m AGL", "upper": "1000 m AGL"}, "limits-inverted"),
        ({"edges": "LOXODROME"}, "bad-edges"),
        ({"restriction": "MAYBE"}, "bad-restriction"),
        ({"schedule": "weekdays"}, "bad-type"),
        ({"schedule": {"windows": [{"start": "yesterday"}]}}, "bad-time"),
        ({"schedule": {"windows": [], "time_zone": ["UTC"]}}, "bad-type"),
        ({"schedule": {"windows": [{"periods": [{"start": "25:00", "end": "26:00"}]}]}}, "bad-time"),
        ({"rule": {"exemt": []}}, "unknown-key"),
        ({"rule": {"applies_to": [{"kind": "colour", "values": []}]}}, "bad-predicate"),
        ({"edition": 0}, "bad-number"),
        ({"volumes": [{}]}, "bad-volumes"),
        ({"applicability": []}, "other-format"),
        ({"variant": "COMMON", "zoneAuthority": []}, "other-format"),
        ({"arcs": [{"ring": 0, "first": 3, "points": 9}]}, "bad-arc"),
        ({"UPPERLIMIT": "195", "UPPERUNIT": "furlong"}, "bad-unit"),
        ({"valid_from": "2026-02-30"}, "bad-time"),
    ],
)
def test_what_is_not_understood_is_rejected_with_its_path(properties: dict[str, Any], code: str) -> None:
    zones, findings = feature(id="X", **properties)
    rejected = [f for f in findings if f.severity is Severity.REJECTED]
    assert (zones, [f.code for f in rejected]) == ([], [code])
    assert rejected[0].locator.startswith("$.properties")


WHO = [{"kind": "callsign", "values": ["RES*"]}]


@pytest.mark.parametrize(
    ("rule", "code", "where"),
    [
        (
            {"applies_to": [{"kind": "state", "values": [], "negate": True}]},
            "bad-predicate",
            "applies_to[0].values",
        ),
        (
            {"exempt": [{"who": [{"kind": "list", "values": [" "]}], "reason": "x"}]},
            "bad-predicate",
            "exempt[0].who[0].values[0]",
        ),
        (
            {"applies_to": [{"kind": "state", "values": ["Ukraine"], "negate": True}]},
            "bad-predicate",
            "applies_to[0].values[0]",
        ),
        ({"applies_to": [{"kind": "squawk", "values": [700]}]}, "bad-predicate", "applies_to[0].values[0]"),
        (
            {"applies_to": [{"kind": "squawk", "values": [7700], "negate": 1}]},
            "bad-type",
            "applies_to[0].negate",
        ),
        ({"exempt": [{"who": WHO, "reason": " "}]}, "bad-permission", "exempt[0].reason"),
        ({"cleared": [{"who": WHO}]}, "bad-permission", "cleared[0].reason"),
        ({"exempt": [{"who": [], "reason": "x"}]}, "bad-permission", "exempt[0].who"),
        ({"cleared": [{"reason": "x"}]}, "bad-permission", "cleared[0].who"),
        (
            {"cleared": [{"who": WHO, "reason": "x", "lower_m": 2, "upper_m": 1}]},
            "limits-inverted",
            "cleared[0].upper_m",
        ),
        (
            {
                "cleared": [
                    {
                        "who": WHO,
                        "reason": "x",
                        "start": "2026-05-02T00:00:00Z",
                        "end": "2026-05-01T00:00:00Z",
                    }
                ]
            },
            "bad-time",
            "cleared[0].end",
        ),
        ({"spacing_lateral_m": -1}, "bad-number", "spacing_lateral_m"),
        ({"look_ahead_s": -1}, "bad-number", "look_ahead_s"),
    ],
)
def test_a_rule_that_would_free_or_accuse_the_wrong_one_rejects_the_zone(
    rule: dict[str, Any], code: str, where: str
) -> None:
    zones, findings = feature(id="X", rule=rule)
    rejected = [f for f in findings if f.severity is Severity.REJECTED]
    assert (zones, [f.code for f in rejected]) == ([], [code])
    assert rejected[0].locator == f"$.properties.rule.{where}"


@pytest.mark.parametrize(
    "name", ["Europe/Zurch", "Europe/Zürich", "../../etc/passwd", "/etc/passwd", "Europe", "a" * 5000, "a\0b"]
)
def test_on_a_clock_nobody_knows_a_zone_may_be_active_at_any_time(name: str) -> None:
    hours = {"start": "08:00", "end": "16:00"}
    windows = [
        {"start": "2026-03-01T00:00:00Z", "periods": [hours]},
        {"periods": [{"days": ["MON"], "start": "SR", "end": "SS"}]},
        {"periods": [{"start": "SR", "end": "SS"}]},
        {"end": "2026-03-01T00:00:00Z"},
    ]
    zones, findings = feature(id="X", schedule={"time_zone": name, "windows": windows})
    (told,) = [f for f in findings if f.code == "unknown-time-zone"]
    assert (told.severity, told.locator) == (Severity.WARNING, "$.properties.schedule.time_zone")
    assert len(told.message) < 300
    schedule = zones[0].schedule
    assert schedule is not None
    assert schedule.time_zone == "UTC"
    at = 1_772_323_200_000_000
    assert schedule.windows[:2] == (Window(at, None, certain=False), Window(certain=False))
    assert schedule.windows[2].certain
    assert schedule.windows[2].periods
    assert schedule.windows[3] == Window(None, at)
    known, findings = feature(id="X", schedule={"time_zone": "Europe/Zurich", "windows": windows})
    assert known[0].schedule is not None
    assert known[0].schedule.time_zone == "Europe/Zurich"
    assert "unknown-time-zone" not in codes(findings)


def test_a_name_that_tells_hours_leaves_undecided_when_a_zone_without_schedule_is_active() -> None:
    zones, findings = feature(id="R10", name="Todendorf NOTAM")
    assert zones[0].schedule == Schedule((Window(certain=False),))
    assert [f.locator for f in findings if f.code == "hours-in-name"] == ["$.properties"]
    always, findings = feature(id="R10", name="Todendorf NOTAM", schedule=None)
    assert always[0].schedule is None
    assert "hours-in-name" not in codes(findings)
    assert read(geojson.write(always))[0] == always


@pytest.mark.parametrize(
    ("geometry", "code"),
    [
        (None, "no-area"),
        ({"type": "Point", "coordinates": [8, 47]}, "no-area"),
        ({"type": "LineString", "coordinates": [[8, 47], [9, 47]]}, "no-area"),
        ({"type": "Blob", "coordinates": []}, "bad-geometry"),
        ({"type": "Polygon", "coordinates": [[[8, 91], [9, 47], [9, 48]]]}, "ring-bad-coordinate"),
        ({"type": "Polygon", "coordinates": [[[8, 47], [9, 47]]]}, "no-area"),
        ({"type": "Polygon", "coordinates": [[["8", 47], [9, 47], [9, 48]]]}, "bad-number"),
        ({"type": "Polygon", "coordinates": [[[8], [9, 47], [9, 48]]]}, "bad-position"),
        ({"type": "Polygon", "coordinates": []}, "ring-too-few-points"),
        ({"type": "GeometryCollection", "geometries": []}, "no-area"),
        ({**SQUARE, "layer": {"upper": 1}}, "other-format"),
    ],
)
def test_a_bad_geometry_is_rejected(geometry: Any, code: str) -> None:
    zones, findings = feature(geometry, id="X", lower="GND", upper="UNL", restriction="PROHIBITED")
    rejected = [f for f in findings if f.severity is Severity.REJECTED]
    assert (zones, [f.code for f in rejected]) == ([], [code])


def test_collections_nested_without_end_are_refused() -> None:
    geometry: Any = SQUARE
    for _ in range(20):
        geometry = {"type": "GeometryCollection", "geometries": [geometry]}
    zones, findings = feature(geometry, id="X")
    assert zones == []
    assert "bad-geometry" in codes(findings)


@pytest.mark.parametrize(
    ("data", "where", "what"),
    [
        (b'{"type":\n "FeatureCollection", "features": [NaN]}', "line 2 column 36", "JSON"),
        (b'{"type": "FeatureCollection", "features": [', "line 1 column 44", "JSON"),
        (b"[" * 200_000, "", "a zone file"),
        (b'{"a":' * 200_000, "", "a zone file"),
        (b'{"type": "FeatureCollection",\n"x": "\xe4"}', "line 2 column 7", "UTF-8"),
        (b'{"type": "Topology"}', "$.type", "FeatureCollection"),
        (b'{"x": 1e999}', "", "JSON"),
        (b"", "", "JSON"),
    ],
)
def test_a_broken_file_is_an_error_that_says_where(data: bytes, where: str, what: str) -> None:
    with pytest.raises(ZoneFormatError) as caught:
        geojson.read(data, "file")
    assert caught.value.source == "file"
    assert where in caught.value.locator
    assert what in caught.value.expected


def test_other_coordinate_systems_are_refused() -> None:
    root = {"type": "FeatureCollection", "features": []}
    good = {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}
    assert read(json.dumps({**root, "crs": good}).encode()) == ([], [])
    with pytest.raises(ZoneFormatError, match="3857"):
        read(json.dumps({**root, "crs": {"properties": {"name": "EPSG:3857"}}}).encode())


def test_a_map_of_the_whole_world_keeps_its_width() -> None:
    arctic = [[-180, 60], [180, 60], [180, 90], [-180, 90], [-180, 60]]
    zones, findings = feature({"type": "Polygon", "coordinates": [arctic]}, id="X")
    assert "edge-round-the-world" in codes(findings)
    shape = zones[0].volumes[0].footprint
    assert isinstance(shape, Polygon)
    assert (60.0, 60.0) in shape.exterior
    assert (60.0, -60.0) in shape.exterior


def test_a_crossing_ring_is_two_volumes_and_each_keeps_its_hole() -> None:
    tie = [[0, 0], [4, 4], [4, 0], [0, 4], [0, 0]]
    hole = [[3.4, 1.9], [3.6, 1.9], [3.6, 2.1], [3.4, 1.9]]
    zones, findings = feature({"type": "Polygon", "coordinates": [tie, hole]}, id="X")
    assert "ring-self-intersects" in codes(findings)
    holes = [len(v.footprint.holes) for v in zones[0].volumes if isinstance(v.footprint, Polygon)]
    assert sorted(holes) == [0, 1]


def test_utf_16_and_a_byte_order_mark_are_read() -> None:
    text = json.dumps(
        {"type": "Feature", "properties": {"id": "Zürich"}, "geometry": SQUARE}, ensure_ascii=False
    )
    for data in (text.encode("utf-8-sig"), text.encode("utf-16")):
        assert [z.id for z in read(data)[0]] == ["Zürich"]
        assert geojson.sniff(data) == 60


def test_the_european_firs(shared: Path) -> None:
    data = gzip.decompress((shared / "boundaries/eurofirs.json.gz").read_bytes())
    zones, findings = read(data)
    assert len(zones) == 58
    assert not [f for f in findings if f.severity is not Severity.INFO]
    kyiv = next(z for z in zones if z.id == "UKBV")
    assert (kyiv.name, kyiv.kind) == ("KYIV FIR", "FIR")
    assert kyiv.volumes[0].lower == Limit(0.0, Datum.AGL, "0 M")
    assert kyiv.volumes[0].upper == Limit(275 * 30.48, Datum.STD, "FL275")
    assert next(z for z in zones if z.id == "EVRR").volumes[0].upper is None
    assert [z.zone_hash for z in read(geojson.write(zones))[0]] == [z.zone_hash for z in zones]


@pytest.mark.parametrize("name", ["dronezoner-dk.json", "faa-uasfm.json"])
def test_national_shapes(shared: Path, name: str) -> None:
    zones, _ = read((shared / "zones-uas/extracts" / name).read_bytes())
    assert zones


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_mutated_files_read_or_raise_and_lose_nothing(data: st.DataObject) -> None:
    with contextlib.suppress(InputError):
        read(data.draw(mutations(SAMPLE.read_bytes())))


def test_a_radius_by_another_name_is_shown() -> None:
    zones, findings = feature({"type": "Point", "coordinates": [8, 47]}, radius="5 km")
    (no,) = [f for f in findings if f.severity is Severity.REJECTED]
    assert not zones
    assert "radius '5 km' is not read (expected radius_m, in metres)" in no.message
