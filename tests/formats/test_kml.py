"""KML and KMZ: what a placemark says, what is refused, and a writer that reads back."""

from __future__ import annotations

import io
import json
import math
import zipfile
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyproj import Geod

from nofly.errors import Finding, Severity, ZoneFormatError
from nofly.formats import _kml_shapes, _kml_tree, kml
from nofly.formats._edges import planar_deviation_m, subdivided
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
from nofly.zones.rules import Exemption, Predicate, PredicateKind, Rule
from nofly.zones.schedule import ClockTime, Period, Schedule, SunEvent, SunTime, Window

SAMPLES = Path(__file__).parents[1] / "data" / "formats" / "kml"
WGS84 = Geod(ellps="WGS84")


def checked(data: bytes, source: str = "x") -> tuple[list[Zone], list[Finding], int]:
    """Read, and hold the promise every reader makes."""
    zones, findings, records = kml.read(data, source)
    rejected = sum(f.count for f in findings if f.severity is Severity.REJECTED)
    assert len(zones) + rejected == records
    assert len({zone.id for zone in zones}) == len(zones)
    return zones, findings, records


def read(name: str) -> tuple[list[Zone], list[Finding], int]:
    return checked((SAMPLES / name).read_bytes(), name)


RING = "<coordinates>10,50{0} 11,50{0} 11,51{0} 10,50{0}</coordinates>"


def placemark(before: str = "", inside: str = "", altitude: str = "", head: str = "<name>Z</name>") -> bytes:
    ring = RING.format(altitude)
    return (
        f'<kml xmlns="http://www.opengis.net/kml/2.2"><Placemark>{head}{before}<Polygon>{inside}'
        f"<outerBoundaryIs><LinearRing>{ring}</LinearRing></outerBoundaryIs></Polygon></Placemark></kml>"
    ).encode()


def data_of(**said: str) -> str:
    inner = "".join(f'<Data name="{key}"><value>{value}</value></Data>' for key, value in said.items())
    return f"<ExtendedData>{inner}</ExtendedData>"


def only(data: bytes) -> Zone:
    zones, findings, _ = checked(data)
    assert zones, findings
    return zones[0]


def rejected(data: bytes) -> Finding:
    zones, findings, records = checked(data)
    assert (zones, records) == ([], 1)
    return next(f for f in findings if f.severity is Severity.REJECTED)


def codes(findings: list[Finding]) -> Counter[str]:
    return Counter(finding.code for finding in findings)


def day_us(day: int, hour: int = 0) -> int:
    return round(datetime(2026, 8, day, hour, tzinfo=UTC).timestamp()) * 1_000_000


def test_what_a_file_of_zones_says() -> None:
    zones, findings, records = read("zones.kml")
    assert records == 4
    fair, stage, pipeline, islands = zones
    assert (fair.id, fair.name, fair.source.locator) == ("fair", "Fair ground", "line 9")
    (volume,) = fair.volumes
    assert volume.lower == Limit(0.0, Datum.AGL, "GND")
    assert volume.upper == Limit(300.0, Datum.AGL, "300 m AGL")
    assert isinstance(volume.footprint, Polygon)
    assert len(volume.footprint.exterior) == 4
    assert len(volume.footprint.holes) == 1
    assert volume.footprint.edge_kind is EdgeKind.GEODESIC
    assert dict(fair.extra) == {
        "description": '"<b>Crowd</b>"',
        "folders": '["Summer","Festival & fair"]',
    }
    assert (fair.valid_from_us, fair.valid_to_us) == (day_us(1), day_us(3))
    assert (stage.id, stage.kind, stage.reason) == ("stage-1", "R", ("POPULATION",))
    assert stage.restriction is Restriction.REQ_AUTHORISATION
    assert stage.volumes == (
        Volume(
            Circle((50.1, 10.1), 1500.0),
            Limit(0.0, Datum.AGL, "GND"),
            Limit(65 * 30.48, Datum.STD, "FL65"),
        ),
    )
    assert (stage.valid_from_us, stage.valid_to_us) == (day_us(1, 14), None)
    assert dict(stage.extra)["organiser"] == '"Town"'
    assert pipeline.volumes[0].footprint == Corridor(((50.0, 11.0), (50.2, 11.5), (50.2, 12.0)), 200.0)
    until_sunset = Period(ClockTime(28_800), SunTime(SunEvent.SS), frozenset({0}))
    assert pipeline.schedule == Schedule((Window(periods=(until_sunset,)),))
    flat, standing = islands.volumes
    assert (flat.lower, flat.upper) == (None, None)
    assert standing.upper == Limit(600.0, Datum.AMSL, "600 m AMSL")
    assert isinstance(flat.footprint, Polygon)
    assert flat.footprint.edge_kind is EdgeKind.PLANAR
    assert codes(findings) == {
        "restriction-missing": 3,
        "kml-extruded": 2,
        "kml-whole-days": 1,
        "kml-uneven-altitude": 1,
        "kml-no-limits": 1,
        "kml-no-area": 1,
        "kml-passed-over": 1,
    }


def test_bad_placemarks_are_rejected_with_their_line_and_stop_nothing() -> None:
    zones, findings, records = read("faults.kml")
    assert records == 9
    assert [zone.id for zone in zones] == ["Fine", "Fine#2"]
    bad = [(f.code, f.locator) for f in findings if f.severity is Severity.REJECTED]
    assert bad == [
        ("kml-bad-coordinates", "line 2"),
        ("no-area", "line 4"),
        ("kml-bad-polygon", "line 6"),
        ("kml-bad-coordinates", "line 7"),
        ("unknown-key", "line 9.rule.exemt"),
        ("kml-bad-data", "line 14"),
        ("bad-time", "line 17"),
    ]
    long = {f.locator: f.message for f in findings if f.code == "kml-long-edge"}
    assert "up to 400" in long["line 24"], "the rectangle of OGC 07-147r2 figure 6, 90° of longitude wide"


@pytest.mark.parametrize("version", ["opengis.net/kml/2.2", "opengis.net/kml/2.3"])
def test_namespaces_of_ogc(version: str) -> None:
    data = placemark().replace(b"opengis.net/kml/2.2", version.encode())
    assert "kml-namespace" not in codes(checked(data)[1])


@pytest.mark.parametrize("version", ["2.0", "2.1", "2.2"])
def test_namespaces_of_google(version: str) -> None:
    data = placemark().replace(b"www.opengis.net/kml/2.2", b"earth.google.com/kml/" + version.encode())
    assert "kml-namespace" not in codes(checked(data)[1])


def test_a_foreign_namespace_is_said() -> None:
    zones, findings, _ = checked(placemark().replace(b"opengis.net", b"example.org"))
    assert len(zones) == 1
    assert codes(findings)["kml-namespace"] == 1


def test_prefixes_do_not_matter() -> None:
    data = placemark().replace(b"<", b"<k:").replace(b"<k:/", b"</k:").replace(b"xmlns=", b"xmlns:k=")
    assert "kml-namespace" not in codes(checked(data)[1])
    assert len(checked(data)[0]) == 1


def test_google_extensions_within_need_no_namespace() -> None:
    data = placemark(
        inside="<gx:altitudeMode>relativeToSeaFloor</gx:altitudeMode><extrude>1</extrude>", altitude=",9"
    )
    assert only(data).volumes[0].upper is None


@pytest.mark.parametrize(
    ("inside", "altitude", "lower", "upper", "edges"),
    [
        ("", "", None, None, EdgeKind.PLANAR),
        ("", ",500", None, None, EdgeKind.PLANAR),
        ("<extrude>1</extrude>", ",500", None, None, EdgeKind.PLANAR),
        ("<altitudeMode>absolute</altitudeMode>", ",500", None, None, EdgeKind.GEODESIC),
        (
            "<extrude>true</extrude><altitudeMode>absolute</altitudeMode>",
            ",500",
            Limit(0.0, Datum.AGL, "GND"),
            Limit(500.0, Datum.AMSL, "500 m AMSL"),
            EdgeKind.GEODESIC,
        ),
        (
            "<extrude>1</extrude><altitudeMode>relativeToGround</altitudeMode>",
            ",120.5",
            Limit(0.0, Datum.AGL, "GND"),
            Limit(120.5, Datum.AGL, "120.5 m AGL"),
            EdgeKind.GEODESIC,
        ),
        (
            "<extrude>1</extrude><altitudeMode>relativeToGround</altitudeMode>",
            ",0",
            None,
            None,
            EdgeKind.GEODESIC,
        ),
        (
            "<extrude>1</extrude><altitudeMode>relativeToGround</altitudeMode>",
            "",
            None,
            None,
            EdgeKind.GEODESIC,
        ),
    ],
)
def test_altitudes(
    inside: str, altitude: str, lower: Limit | None, upper: Limit | None, edges: EdgeKind
) -> None:
    zones, findings, _ = checked(placemark(inside=inside, altitude=altitude))
    (volume,) = zones[0].volumes
    assert (volume.lower, volume.upper) == (lower, upper)
    assert isinstance(volume.footprint, Polygon)
    assert volume.footprint.edge_kind is edges
    assert codes(findings)["kml-no-limits" if upper is None else "kml-extruded"] == 1


def test_stated_limits_come_before_altitudes() -> None:
    inside = "<extrude>1</extrude><altitudeMode>absolute</altitudeMode>"
    zones, findings, _ = checked(placemark(data_of(upper="FL100"), inside, ",500"))
    assert zones[0].volumes[0].upper == Limit(3048.0, Datum.STD, "FL100")
    assert zones[0].volumes[0].lower is None
    assert codes(findings)["limit-missing"] == 1


@pytest.mark.parametrize(
    ("before", "code"),
    [
        (data_of(lower="FL200", upper="FL100"), "limits-inverted"),
        (data_of(upper="high"), "bad-limit"),
        (data_of(upper='{"value":1,"unit":"m","datum":"moon"}'), "bad-limit"),
        (data_of(upper='{"value":1,"unit":"ell","datum":"AGL"}'), "bad-limit"),
        (data_of(upper='{"value":'), "kml-bad-data"),
        (data_of(upper="FL100", ceiling="FL200"), "kml-bad-data"),
        (data_of(restriction="MAYBE"), "bad-restriction"),
        (data_of(edges="WAVY"), "bad-edges"),
        (data_of(edition="1.5"), "bad-number"),
        (data_of(radius_m="big"), "kml-bad-data"),
        (data_of(volumes="[{},{}]"), "bad-volumes"),
        (data_of(extra="[1]"), "bad-type"),
        ("<TimeSpan><begin>yesterday</begin></TimeSpan>", "bad-time"),
        ("<TimeSpan><end>9999</end></TimeSpan>", "bad-time"),
    ],
)
def test_what_is_said_wrongly_rejects_the_placemark(before: str, code: str) -> None:
    assert rejected(placemark(before)).code == code


def test_a_point_or_line_is_an_area_only_where_a_width_is_stated() -> None:
    for shape in (
        "<Point><coordinates>1,2</coordinates></Point>",
        "<LineString><coordinates>1,2 3,4</coordinates></LineString>",
    ):
        data = f"<kml><Placemark><name>500 m circle</name>{shape}</Placemark></kml>".encode()
        zones, findings, records = checked(data)
        assert (zones, records) == ([], 0)
        assert codes(findings) == {"kml-no-area": 1}
        assert "without an area: '500 m circle' (expected" in findings[0].message


def test_the_end_of_a_span_is_included_whole() -> None:
    for end, until in (
        ("2026", datetime(2027, 1, 1, tzinfo=UTC)),
        ("2026-12", datetime(2027, 1, 1, tzinfo=UTC)),
        ("2024-02-29", datetime(2024, 3, 1, tzinfo=UTC)),
        ("2024-02-29T12:00:00Z", datetime(2024, 2, 29, 12, tzinfo=UTC)),
    ):
        zone = only(placemark(f"<TimeSpan><end>{end}</end></TimeSpan>"))
        assert zone.valid_to_us == round(until.timestamp()) * 1_000_000


def test_a_placemark_in_an_update_or_overlay_is_not_a_zone_of_this_file() -> None:
    inner = placemark().decode().partition(">")[2].removesuffix("</kml>")
    data = f"<kml><NetworkLinkControl><Update><Create>{inner}</Create></Update></NetworkLinkControl></kml>"
    zones, findings, records = checked(data.encode())
    assert (zones, records) == ([], 0)
    assert codes(findings) == {"kml-passed-over": 1}


# Hostile files

LAUGHS = b'<!DOCTYPE kml [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>' + placemark(head="<name>&b;</name>")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<kml>",
        b"<kml></kml>x",
        b"<gpx></gpx>",
        b"hello",
        b"\x00" * 10_000,
        LAUGHS,
        b'<!DOCTYPE kml SYSTEM "file:///etc/passwd"><kml/>',
        b"<kml>" + b"<Folder>" * 100_000,
        b'<?xml version="1.0" encoding="no-such"?><kml/>',
        b'<?xml version="1.0" encoding="hex"?><kml/>',
        b'<?xml version="1.0" encoding="utf-7"?><kml/>',
        placemark()[:-20],
        b"PK\x03\x04 not a zip",
    ],
)
def test_a_file_that_is_no_kml_is_an_error(data: bytes) -> None:
    with pytest.raises(ZoneFormatError):
        kml.read(data, "x")


def test_a_doctype_is_refused_by_line() -> None:
    with pytest.raises(ZoneFormatError, match="line 1: a DOCTYPE"):
        kml.read(LAUGHS, "x")


def test_a_placemark_without_end_of_elements_is_rejected_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_kml_tree, "MAX_ELEMENTS", 500)
    data = placemark(before="<a/>" * 1_000)
    zones, findings, records = checked(data.replace(b"</kml>", placemark().partition(b">")[2]))
    assert (len(zones), records) == (1, 2)
    assert codes(findings)["kml-oversized"] == 1


def test_a_ring_without_end_is_rejected_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_kml_shapes, "MAX_POINTS", 3)
    assert rejected(placemark()).code == "kml-oversized"


def test_a_document_without_end_of_elements_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_kml_tree, "MAX_ALL_ELEMENTS", 500)
    with pytest.raises(ZoneFormatError, match="500 elements"):
        kml.read(b"<kml>" + b"<Placemark/>" * 501 + b"</kml>", "x")


def test_latin_1_is_read_where_declared() -> None:
    data = b'<?xml version="1.0" encoding="ISO-8859-1"?>' + placemark(
        head="<name>Süd</name>"
    ).decode().encode("latin-1")
    assert only(data).name == "Süd"


def archive(*entries: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as packed:
        for name, content in entries:
            packed.writestr(name, content)
    return file.getvalue()


def test_kmz() -> None:
    packed = archive(("images/a.png", b"x"), ("other.kml", b"<kml/>"), ("doc.kml", placemark()))
    zones, findings, _ = checked(packed)
    assert zones[0].zone_hash == only(placemark()).zone_hash
    assert codes(findings)["kml-not-read"] == 1
    assert kml.sniff(packed) == 90
    assert only(archive(("map.kml", placemark()))).name == "Z"


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (archive(("readme.txt", b"hi")), r"without a \.kml"),
        (archive(("doc.kml", placemark() + b" " * 5_000_000)), "unpacks to"),
        (archive(("doc.kml", placemark()))[:-30], "broken KMZ"),
        (archive(*[(f"{k}.kml", b"") for k in range(2_001)], method=zipfile.ZIP_STORED), "entries"),
        (archive(("doc.kml", placemark()), method=zipfile.ZIP_LZMA)[:90], "broken KMZ"),
    ],
)
def test_an_archive_that_cannot_be_trusted_is_an_error(data: bytes, why: str) -> None:
    with pytest.raises(ZoneFormatError, match=why):
        kml.read(data, "x")


def test_an_encrypted_archive_is_an_error() -> None:
    packed = bytearray(archive(("doc.kml", placemark())))
    packed[packed.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(ZoneFormatError, match="encrypted"):
        kml.read(bytes(packed), "x")


def test_sniff() -> None:
    assert all(kml.sniff(path.read_bytes()[:65_536]) == 95 for path in SAMPLES.iterdir())
    assert kml.sniff(placemark().decode().encode("utf-16")) == 95
    for other in (b"", b"<gpx>", b'{"kml": 1}', b"AC R\nAN kml", b"PK\x03\x04word/document.xml"):
        assert kml.sniff(other) == 0


def test_utf_16() -> None:
    text = '<?xml version="1.0" encoding="UTF-16"?>' + placemark().decode()
    assert only(text.encode("utf-16")).zone_hash == only(placemark()).zone_hash


# Writing


@pytest.mark.parametrize("name", ["zones.kml", "faults.kml"])
def test_what_is_written_reads_back(name: str) -> None:
    for zone in read(name)[0]:
        again = only(kml.write([zone]))
        if not any(isinstance(volume.footprint, Circle) for volume in zone.volumes):
            assert again == zone
        else:
            assert replace(again, volumes=()) == replace(zone, volumes=())


SQUARE = Polygon(((50.0, 10.0), (51.0, 10.0), (51.0, 11.0), (50.0, 11.0)), (), EdgeKind.PLANAR)
PLAIN = Zone(id="Z1", name="Field", volumes=(Volume(SQUARE),), kind="P")


def test_everything_a_zone_can_say_comes_back() -> None:
    rule = Rule(
        exempt=(Exemption((Predicate(PredicateKind.STATE, ("UKR",)),), "state aircraft"),),
        spacing_lateral_m=500.0,
        look_ahead_s=60.0,
    )
    zone = replace(
        PLAIN,
        name='A <b> & "c"',
        volumes=(
            Volume(SQUARE, Limit(300.0, Datum.HAE, "300 m"), None),
            Volume(Corridor(((50.0, 10.0), (50.1, 10.1)), 750.5), None, Limit(100.0, Datum.AGL, "100 m AGL")),
        ),
        country="UKR",
        rule=rule,
        schedule=Schedule(
            (Window(0, None, (Period(ClockTime(0), SunTime(SunEvent.SR)),), False),), "Europe/Kyiv"
        ),
        authorities=(Authority(name="Staff", email="a@b.c"),),
        reason=("AIR_TRAFFIC", "OTHER"),
        message="Keep\nclear",
        edition=3,
        valid_from_us=1,
        valid_to_us=10**15,
        extra=(("a", "1"), ("restriction", '"other"')),
        restriction=Restriction.KEEP_IN,
    )
    assert only(kml.write([zone])) == zone


@settings(max_examples=40, deadline=None)
@given(st.floats(-70, 70), st.floats(-179, 179), st.floats(10.0, 500_000.0))
def test_a_circle_is_drawn_outside_itself_by_at_most_a_metre(lat: float, lon: float, radius_m: float) -> None:
    zone = replace(PLAIN, volumes=(Volume(Circle((lat, lon), radius_m)),))
    footprint = only(kml.write([zone])).volumes[0].footprint
    assert isinstance(footprint, Polygon)
    corners = [p for p in footprint.exterior if not isinstance(p, Arc)]
    for (lat1, lon1), (lat2, lon2) in pairwise(corners[:4]):
        assert radius_m < WGS84.inv(lon, lat, lon1, lat1)[2] < radius_m + 1.0
        middle_lon, middle_lat = WGS84.npts(lon1, lat1, lon2, lat2, 1)[0]
        assert radius_m - 0.01 < WGS84.inv(lon, lat, middle_lon, middle_lat)[2] < radius_m + 1.0


@pytest.mark.parametrize("clockwise", [True, False])
def test_an_arc_is_drawn_within_half_a_metre(clockwise: bool) -> None:
    arc = Arc((50.0, 10.0), 20_000.0, 20_100.0, 300.0, 60.0, clockwise)
    zone = replace(PLAIN, volumes=(Volume(Polygon((arc, (49.9, 10.0)))),))
    footprint = only(kml.write([zone])).volumes[0].footprint
    assert isinstance(footprint, Polygon)
    corners = [p for p in footprint.exterior if not isinstance(p, Arc)]
    bearings, _, radii = WGS84.inv(
        [10.0] * len(corners), [50.0] * len(corners), [p[1] for p in corners], [p[0] for p in corners]
    )
    on_arc = [k for k, radius_m in enumerate(radii) if radius_m > 19_999.9]
    assert on_arc == list(range(len(on_arc))), "the rest is the edges to the centre"
    bearings, radii = [bearings[k] for k in on_arc], [radii[k] for k in on_arc]
    assert (radii[0], radii[-1]) == pytest.approx((20_000.0, 20_100.0), abs=1e-3)
    assert (bearings[0] % 360, bearings[-1] % 360) == pytest.approx((300.0, 60.0), abs=1e-6)
    swept = [(b - 300.0) % 360 if clockwise else (300.0 - b) % 360 for b in bearings[1:]]
    assert swept == sorted(swept)
    assert swept[-1] == pytest.approx(120.0 if clockwise else 240.0)


@pytest.mark.parametrize(
    ("zone", "what"),
    [
        (replace(PLAIN, name="a\x00b"), "XML cannot hold"),
        (replace(PLAIN, message="\ud800"), "XML cannot hold"),
        (replace(PLAIN, volumes=(Volume(Circle((0.0, 0.0), 9e6)),)), "cannot be drawn"),
    ],
)
def test_what_kml_cannot_say_is_refused_by_name(zone: Zone, what: str) -> None:
    with pytest.raises(ZoneFormatError, match=what) as caught:
        kml.write([zone])
    assert "'Z1'" in str(caught.value)


@settings(max_examples=60, deadline=None)
@given(
    st.floats(-80, 80),
    st.floats(-179, 179),
    st.floats(-5, 5),
    st.floats(-15, 15),
    st.sampled_from(["GP", "PG"]),
)
def test_subdivided_edges_stay_within_the_tolerance(
    lat: float, lon: float, rise: float, run: float, way: str
) -> None:
    kinds = {"G": EdgeKind.GEODESIC, "P": EdgeKind.PLANAR}
    end: Vertex = (max(-85.0, min(85.0, lat + rise)), (lon + run + 180.0) % 360.0 - 180.0)
    line = [*subdivided([(lat, lon), end], kinds[way[0]], kinds[way[1]], closed=False)]
    assert line[0] == (lat, lon)
    assert line[-1] == end
    for start, stop in pairwise(line):
        east = (stop[1] - start[1] + 180.0) % 360.0 - 180.0
        bearing, _, length_m = WGS84.inv(start[1], start[0], stop[1], stop[0])
        flat = ((start[0] + stop[0]) / 2.0, start[1] + east / 2.0)
        to_flat, _, far_m = WGS84.inv(start[1], start[0], flat[1], flat[0])
        across_m = far_m * abs(math.sin(math.radians(to_flat - bearing)))
        assert across_m < 0.5 + 1e-6 * length_m


def test_the_two_readings_of_an_edge_part_by_kilometres() -> None:
    """Against a geodesic of 900 km along 50° N, whose middle lies 19 km north of the parallel."""
    end = (50.0, 22.5)
    middle = WGS84.npts(10.0, 50.0, 22.5, 50.0, 1)[0]
    true_m = WGS84.inv(16.25, 50.0, middle[0], middle[1])[2]
    assert planar_deviation_m((50.0, 10.0), end) == pytest.approx(true_m, rel=0.05)
    assert planar_deviation_m((10.0, 20.0), (60.0, 20.0)) == 0.0


# Fuzz

WHOLE = (SAMPLES / "zones.kml").read_bytes()
PACKED = archive(("doc.kml", WHOLE))
_WORDS = [
    b"<Polygon>",
    b"</Placemark>",
    b"<Placemark>",
    b"<Data name='upper'>",
    b"&lt;",
    b"<![CDATA[",
    b"{",
    b"nan",
]
_PIECES = [*_WORDS, b"\x00", b",", b" ", b"9" * 30, b"\xff", b"1e999", b"-"]


def _mutated(data: st.DataObject, whole: bytes) -> bytes:
    mutated = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(mutated)))
        cut = data.draw(st.sampled_from([0, 0, 1, 3, 40, 500]))
        mutated[at : at + cut] = data.draw(st.sampled_from(_PIECES) | st.binary(max_size=4))
    return bytes(mutated)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data(), st.sampled_from([WHOLE, (SAMPLES / "faults.kml").read_bytes(), PACKED]))
def test_any_mutation_reads_or_raises(data: st.DataObject, whole: bytes) -> None:
    with suppress(ZoneFormatError):
        checked(_mutated(data, whole))


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_any_mutation_of_text_between_the_tags_loses_no_placemark(data: st.DataObject) -> None:
    """Coordinates and values changed at will: the document stays well-formed, so every area is a record."""
    parts = WHOLE.decode().replace("<![CDATA[<b>Crowd</b>]]>", "Crowd").replace("&amp;", "and").split(">")
    texts = [k for k, part in enumerate(parts) if part.partition("<")[0].strip() and k > 4]
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.sampled_from(texts))
        text, bracket, tag = parts[place].partition("<")
        cut = data.draw(st.integers(0, len(text)))
        junk = data.draw(
            st.text(
                st.characters(codec="utf-8", exclude_characters="<>&", exclude_categories=["C"]), max_size=5
            )
        )
        parts[place] = text[:cut] + junk + text[cut + data.draw(st.integers(0, 3)) :] + bracket + tag
    _, findings, records = checked(">".join(parts).encode())
    assert records + sum(f.count for f in findings if f.code == "kml-no-area") == 5


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(PACKED) - 1))
def test_a_truncated_archive_is_an_error(length: int) -> None:
    with pytest.raises(ZoneFormatError):
        kml.read(PACKED[:length], "x")


def test_a_name_that_tells_hours_leaves_undecided_when_a_placemark_without_schedule_is_active() -> None:
    (zone,), findings, _ = checked(placemark(head="<name>Boberg HX</name>"))
    assert zone.schedule == Schedule((Window(certain=False),))
    assert "hours-in-name" in {f.code for f in findings}
    always = replace(zone, schedule=None)
    (again,), findings, _ = checked(kml.write([always]))
    assert again.schedule is None
    assert "hours-in-name" not in {f.code for f in findings}


def test_on_a_clock_nobody_knows_a_placemark_may_be_active_at_any_time() -> None:
    period = {"start": "08:00", "end": "16:00"}
    said = json.dumps({"time_zone": "Europe/Zurch", "windows": [{"periods": [period]}]})
    data = f"<ExtendedData><Data name='schedule'><value>{said}</value></Data></ExtendedData>"
    (zone,), findings, _ = checked(placemark(head=f"<name>Z</name>{data}"))
    assert zone.schedule == Schedule((Window(certain=False),))
    (told,) = [f for f in findings if f.code == "unknown-time-zone"]
    assert told.locator.endswith("schedule.time_zone")
