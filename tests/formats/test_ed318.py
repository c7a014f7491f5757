"""ED-318 as EUROCONTROL's examples and the authorities have it."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nofly.errors import Finding, InputError, Severity, ZoneFormatError
from nofly.formats import ed318
from nofly.zones.model import Circle, Datum, EdgeKind, Limit, Polygon, Restriction, Zone
from nofly.zones.schedule import ClockTime, Period, SunEvent, SunTime
from tests.formats.json_mutations import mutations

SAMPLE = Path(__file__).parents[1] / "data/formats/ed318/layers.json"
FILES = {
    "ed318/Example_Collection.json": 2, "ed318/Example_GeoZone_2_Layers.json": 1,
    "ed318/Example_GeoZone_Circle.json": 1, "ed318/Example_GeoZone_with_extension.json": 1,
    "ed318/PartialExample_featureGeoJSON.json": 1, "extracts/ed318-ie.json": 4, "extracts/ed318-se.json": 3,
    "interuss/cis_source_sample_ed318.json": 3,
}  # fmt: skip
LAYER = {"upper": 150, "upperReference": "AGL", "lower": 50, "lowerReference": "AGL", "uom": "m"}
SHAPE = {"type": "Polygon", "coordinates": [[[8, 47], [9, 47], [9, 48], [8, 47]]], "layer": LAYER}
ZONE = {
    "identifier": "X", "country": "XXX", "type": "PROHIBITED", "variant": "COMMON",
    "name": [{"text": "N", "lang": "en-GB"}], "zoneAuthority": [{"purpose": "NOTIFICATION"}],
}  # fmt: skip


def read(data: bytes) -> tuple[list[Zone], list[Finding]]:
    zones, findings, records = ed318.read(data, "file")
    assert len(zones) + sum(f.severity is Severity.REJECTED for f in findings) == records
    return zones, findings


def one(geometry: Any = SHAPE, /, **changes: Any) -> tuple[list[Zone], list[Finding]]:
    feature = {"type": "Feature", "geometry": geometry, "properties": {**ZONE, **changes}}
    return read(json.dumps({"type": "FeatureCollection", "features": [feature]}).encode())


def test_a_plain_zone_reads_without_findings() -> None:
    zones, findings = one()
    assert not findings
    (zone,) = zones
    assert (zone.id, zone.name, zone.kind, zone.schedule) == ("X", "N", "COMMON", None)
    shape = zone.volumes[0].footprint
    assert isinstance(shape, Polygon)
    assert shape.edge_kind is EdgeKind.PLANAR
    assert zone.volumes[0].lower == Limit(50.0, Datum.AGL, "50 m AGL")


def test_the_sample_says_what_it_says() -> None:
    zones, findings = read(SAMPLE.read_bytes())
    wood, uspace = zones
    assert [(f.code, f.locator) for f in findings if f.severity is Severity.REJECTED] == [
        ("no-area", "$.features[2].geometry")
    ]
    assert (wood.name, wood.restriction) == ("Wood", Restriction.REQ_AUTHORISATION)
    assert wood.valid_from_us == 1_767_222_000_000_000
    assert wood.volumes[0].upper == Limit(150.0, Datum.AGL, "150 m AGL")
    assert wood.volumes[1].footprint == Circle((50.1, 2.6), 3500.0)
    assert wood.volumes[1].upper == Limit(1524.0, Datum.HAE, "5000 ft WGS84")
    assert wood.schedule is not None
    assert wood.schedule.windows[0].periods == (
        Period(SunTime(SunEvent.BMCT), SunTime(SunEvent.SS)),
        Period(ClockTime(57_600), SunTime(SunEvent.EECT), frozenset({5, 6})),
    )
    assert [key for key, _ in wood.extra] == ["extendedProperties", "name", "otherGeoid"]
    assert (uspace.kind, uspace.restriction) == ("USPACE", Restriction.CONDITIONAL)
    assert (uspace.volumes[0].lower, uspace.volumes[0].upper) == (None, None)
    assert dict(uspace.extra)["variant"] == '"CUSTOMIZED"'
    assert {"text-as-string", "reason-as-text", "limit-missing", "other-geoid"} <= {f.code for f in findings}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"upper": "x"}, "bad-limit"),
        ({"uom": "fathom"}, "bad-unit"),
        ({"lowerReference": "STD2"}, "bad-datum"),
        ({"upperReference": None}, "bad-datum"),
        ({"lower": 151}, "limits-inverted"),
    ],
)
def test_a_layer_that_is_not_understood_rejects_its_zone(changes: dict[str, Any], code: str) -> None:
    zones, findings = one({**SHAPE, "layer": {**LAYER, **changes}})
    rejected = [f for f in findings if f.severity is Severity.REJECTED]
    assert (zones, [f.code for f in rejected]) == ([], [code])
    assert rejected[0].locator.startswith("$.features[0].geometry.layer")


def test_the_unit_of_a_layer_is_the_metre_unless_said() -> None:
    layer = {key: value for key, value in LAYER.items() if key != "uom"}
    (zone,), findings = one({**SHAPE, "layer": layer})
    assert not findings
    assert zone.volumes[0].upper == Limit(150.0, Datum.AGL, "150 m AGL")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"type": "DANGER"}, "bad-restriction"),
        ({"type": None}, "bad-restriction"),
        ({"identifier": None}, "id-missing"),
        ({"limitedApplicability": [{"schedule": [{"day": ["ANY"], "startEvent": "EMCT"}]}]}, "bad-event"),
        (
            {"limitedApplicability": [{"schedule": [{"startEvent": "SR", "startTime": "08:00Z"}]}]},
            "bad-time",
        ),
        ({"limitedApplicability": [{"startDateTime": {"not": "a time"}}]}, "bad-time"),
        ({"limitedApplicability": "always"}, "bad-type"),
    ],
)
def test_a_zone_that_is_not_understood_is_rejected(changes: dict[str, Any], code: str) -> None:
    zones, findings = one(**changes)
    assert (zones, [f.code for f in findings if f.severity is Severity.REJECTED]) == ([], [code])


@pytest.mark.parametrize(
    ("geometry", "code"),
    [
        ({"type": "Point", "coordinates": [8, 47]}, "bad-type"),
        (
            {"type": "Point", "coordinates": [8, 47], "extent": {"subType": "Square", "radius": 3}},
            "bad-geometry",
        ),
        ({"type": "LineString", "coordinates": [[8, 47], [9, 47]]}, "bad-geometry"),
        ({"type": "Polygon", "coordinates": [[[8, 91], [9, 47], [9, 48]]]}, "ring-bad-coordinate"),
        ({"type": "GeometryCollection", "geometries": [None]}, "no-area"),
    ],
)
def test_a_bad_geometry_is_rejected(geometry: Any, code: str) -> None:
    zones, findings = one(geometry)
    assert (zones, [f.code for f in findings if f.severity is Severity.REJECTED]) == ([], [code])


@pytest.mark.parametrize("root", [{}, {"type": "FeatureCollection"}, [], 7])
def test_what_is_no_collection_is_an_error(root: Any) -> None:
    with pytest.raises(ZoneFormatError, match="expected a GeoJSON FeatureCollection"):
        read(json.dumps(root).encode())


@pytest.mark.parametrize("name", FILES)
def test_published_examples_read_whole(shared: Path, name: str) -> None:
    data = (shared / "zones-uas" / name).read_bytes()
    assert ed318.sniff(data[:65_536]) >= 85
    zones, findings = read(data)
    assert len(zones) == FILES[name]
    assert not [f for f in findings if f.severity is not Severity.INFO]


def test_the_invalid_example_has_findings(shared: Path) -> None:
    zones, findings = read((shared / "zones-uas/ed318/InvalidExample_GeoZone_2_Layers.json").read_bytes())
    assert {(f.code, f.locator) for f in findings} == {
        ("bad-time", "$.metadata.validFrom"),
        ("restriction-spelling", "$.features[0].properties.type"),
        ("lang-missing", "$.features[0].properties.name[0]"),
    }
    assert zones[0].valid_from_us is None


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_mutated_files_read_or_raise_and_lose_nothing(data: st.DataObject) -> None:
    with contextlib.suppress(InputError):
        read(data.draw(mutations(SAMPLE.read_bytes())))
