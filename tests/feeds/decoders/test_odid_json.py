from __future__ import annotations

import itertools
import json
import lzma
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nofly.errors import Finding
from nofly.feeds.decoders import _odid_words as words
from nofly.feeds.decoders.odid_json import OdidJsonDecoder
from nofly.feeds.decoders.odid_jsonl import OdidJsonlDecoder, OdidJsonlOptions
from nofly.feeds.decoders.remote_id import RemoteIdDecoder
from nofly.schema import FLOATS, Positions
from tests.feeds.decoders import odid_documents as d
from tests.feeds.decoders import open_drone_id as o

HOUR_US = 3_600_000_000
T0 = 472_222 * HOUR_US + 1_800_000_000
T0_MS = T0 // 1000
UUID = "00010203-0405-0607-0809-0a0b0c0d0e0f"
OPERATOR = ("12.34", "98.76", "secret", "my name")


def counts(findings: Sequence[Finding]) -> dict[str, int]:
    total: dict[str, int] = {}
    for finding in findings:
        total[finding.code] = total.get(finding.code, 0) + finding.count
    return total


def rows(positions: Positions) -> list[dict[str, Any]]:
    positions.check()
    table: list[dict[str, Any]] = positions.to_arrow().to_pylist()
    for row, time_us in zip(table, positions.time_us.tolist(), strict=True):
        row["time_us"] = time_us
    return table


def decode(data: bytes, received_us: int = T0 + 5_000_000) -> tuple[list[dict[str, Any]], dict[str, int]]:
    decoder = OdidJsonDecoder("x")
    positions, findings = decoder.feed(data, received_us)
    lost = sum(f.count for f in findings if f.severity == "rejected")
    lost += counts(findings).get("not-a-position", 0) + counts(findings).get("position-repeated", 0)
    assert len(positions) + lost == decoder.records
    said = f"{rows(positions)} {findings} {vars(decoder._senders)}"
    assert not [word for word in OPERATOR if word in said]
    return rows(positions), counts(findings)


def one(*documents: Any) -> dict[str, Any]:
    found, _ = decode(d.text(*documents))
    assert len(found) == 1
    return found[0]


def test_a_dronescout_document() -> None:
    uas = d.uas_data(
        "DS1", 47.25, -8.75, 1799.5, Direction=275.0, SpeedHorizontal=12.25, SpeedVertical=-3.5,
        AltitudeBaro=411.5, AltitudeGeo=460.0, HeightType=1, Height=55.0, HorizAccuracy=10, VertAccuracy=4,
        BaroAccuracy=3,
    )  # fmt: skip
    row = one(d.dronescout(uas, T0_MS))
    told = {
        "time_us": T0 - 500_000, "target_id": "rid:DS1", "lat_deg": 47.25, "lon_deg": -8.75,
        "alt_std_m": 411.5, "alt_hae_m": 460.0, "alt_agl_m": 55.0, "alt_err_m": 10.0, "pos_err_m": 10.0,
        "gs_mps": 12.25, "track_deg": 275.0, "vrate_mps": -3.5, "on_ground": False, "category": "B6",
        "source": "remote-id", "station": "ds240-07",
    }  # fmt: skip
    assert {name: row[name] for name in told} == told


def test_unknown_values_of_dronescout_are_null() -> None:
    found, said = decode(d.text(d.dronescout(d.uas_data(), T0_MS)))
    assert [name for name in FLOATS if found[0][name] is not None] == []
    assert (found[0]["time_us"], said) == (T0, {"time-of-reception": 1})
    assert decode(d.text(d.dronescout(d.uas_data(lat=0.0, lon=0.0), T0_MS)))[1] == {"position-missing": 1}
    for lat in (float("nan"), float("inf")):
        assert decode(d.text(d.dronescout(d.uas_data(lat=lat), T0_MS)))[1] == {"position-missing": 1}


def test_dronescout_has_the_same_target_as_what_was_sent() -> None:
    """The C structure ends a text at its first zero byte; an id has none within."""
    ident = "1581F000000000000001"
    sent, _ = RemoteIdDecoder().feed(o.beacon(o.pack(o.basic_id(ident), o.location())), T0)
    assert one(d.dronescout(d.uas_data(ident), T0_MS))["target_id"] == sent.target.values[0]


def test_several_documents_compressed_or_not() -> None:
    documents = [d.dronescout(d.uas_data(lat=47.0 + i, second=1795.0 + i), T0_MS) for i in range(3)]
    for data in (
        d.text(*documents),
        d.text(*documents) + b"\n\0",
        lzma.compress(d.text(*documents) + b"\0"),
        lzma.compress(d.text(*documents), lzma.FORMAT_ALONE),
        json.dumps(documents).encode(),
    ):
        found, said = decode(data)
        assert ([row["lat_deg"] for row in found], said) == ([47.0, 48.0, 49.0], {})


def test_the_same_report_again_is_counted() -> None:
    document = d.dronescout(d.uas_data(second=1799.0), T0_MS)
    assert decode(d.text(document, document))[1] == {"position-repeated": 1}


def test_a_list_of_messages() -> None:
    row = one(d.wardragon(timestamp="1799.5 seconds past the hour"))
    told = {
        "time_us": T0 - 500_000, "target_id": "rid:WD1", "alt_hae_m": 64.5, "alt_std_m": None,
        "alt_agl_m": None, "gs_mps": 12.25, "vrate_mps": -1.0, "track_deg": 87.0, "pos_err_m": 1.0,
        "alt_err_m": 10.0, "on_ground": False, "category": "B6",
    }  # fmt: skip
    assert {name: row[name] for name in told} == told
    assert decode(d.text(d.wardragon()))[1] == {"height-above-takeoff": 1, "position-time-doubted": 1}


@pytest.mark.parametrize(
    ("stamp", "time_us"),
    [
        ("2023-11-14T22:29:59.5Z", T0 - 500_000),
        (T0 // 1_000_000, T0),
        ("2023-11-14T22:29:59.5", None),
        (1799.5, None),
        ("1799.5", None),
        (17_995, None),
        ("", None),
        (None, None),
    ],
)
def test_a_time_that_does_not_say_what_it_is_is_not_believed(stamp: object, time_us: int | None) -> None:
    found, said = decode(d.text(d.wardragon(timestamp=stamp)))
    assert found[0]["time_us"] == (T0 + 5_000_000 if time_us is None else time_us)
    assert ("time-of-reception" in said) == (time_us is None)


@pytest.mark.parametrize(
    ("kind", "agl_m", "code"),
    [
        ("AGL", 45.0, None),
        ("Above Ground", 45.0, None),
        (1, 45.0, None),
        ("Above Takeoff", None, "height-above-takeoff"),
        (0, None, "height-above-takeoff"),
        ("", None, "height-reference-unknown"),
        (None, None, "height-reference-unknown"),
        (True, None, "height-reference-unknown"),
    ],
)
def test_height_agl_is_believed_only_where_its_type_says_so(
    kind: object, agl_m: float | None, code: str | None
) -> None:
    found, said = decode(d.text(d.wardragon(height_type=kind)))
    assert found[0]["alt_agl_m"] == agl_m
    assert [c for c in said if c.startswith("height-")] == ([] if code is None else [code])


def test_names_of_opendroneid_core_c() -> None:
    row = one(d.core_c(AltitudeGeo=500.0, HorizAccuracy=9, TimeStamp=1799.5, Direction=360.0))
    told = {
        "target_id": "rid:CC1", "alt_hae_m": 500.0, "pos_err_m": 30.0, "time_us": T0 - 500_000,
        "track_deg": 0.0, "gs_mps": None, "alt_std_m": None, "vrate_mps": None,
    }  # fmt: skip
    assert {name: row[name] for name in told} == told


def test_the_flat_object_of_an_esp32() -> None:
    found, said = decode(d.text(d.esp32()))
    told = {"target_id": "rid:E1", "lat_deg": 47.2, "lon_deg": 8.7, "alt_hae_m": 430.0, "category": None}
    assert {name: found[0][name] for name in told} == told
    assert said == {"height-datum-assumed": 1, "time-of-reception": 1}
    assert one(d.esp32(drone_altitude=-1000))["alt_hae_m"] is None
    assert one(d.esp32(basic_id=""))["target_id"] == "rid:address:60601f000002"
    assert decode(d.text(d.esp32(lat=0.0, lon=0.0)))[0] == []
    assert decode(d.text({"heartbeat": "Device is active and running."}))[1] == {"not-a-position": 1}


def test_dragonsync_writes_zero_for_what_it_does_not_know() -> None:
    found, said = decode(d.text(d.dragonsync(observed_at=T0 / 1e6)))
    told = {
        "time_us": T0, "target_id": "rid:DG1", "alt_hae_m": 500.5, "alt_agl_m": 40.0, "alt_std_m": None,
        "gs_mps": 3.5, "vrate_mps": None, "track_deg": None, "pos_err_m": 3.0, "alt_err_m": 10.0,
        "station": "wardragon-7",
    }  # fmt: skip
    assert {name: found[0][name] for name in told} == told
    assert said == {"height-datum-assumed": 1, "time-of-reception": 1}
    row = one(d.dragonsync(alt=0, height=0.0))
    assert (row["alt_hae_m"], row["alt_agl_m"]) == (None, None)


@pytest.mark.parametrize(
    "document",
    [
        {"latitude": 12.3456789, "longitude": 98.7654321, "gps_accuracy": 0.0},
        {"id": "wardragon-7", "latitude": 47.0, "longitude": 8.0, "cpu_usage": 3.0},
        {"uid": "fpv-1", "signal_type": "fpv", "lat": 47.0, "lon": 8.0, "radius_m": 15},
        {"icao": "4CA7B3", "lat": 47.0, "lon": 8.0, "track_type": "aircraft"},
        {"System Message": {"latitude": 12.3456789, "longitude": 98.7654321}, "mac": "60:60:1f:00:00:03"},
        d.status(),
        {},
        [],
    ],
)
def test_what_is_no_drone_gives_no_position(document: object) -> None:
    """Among them the pilot's place, which DragonSync publishes under a topic of its own."""
    assert decode(d.text(document)) == ([], {"not-a-position": 1})


def test_ids_and_places_in_documents_of_their_own_are_put_together_by_address() -> None:
    parts = d.wardragon(MAC="8e:3b:93:22:33:fa", timestamp=None)
    row = one(parts[0], parts[1])
    assert row["target_id"] == "rid:WD1"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", {}),
        (b"\n\0", {}),
        (b"{", {"record-broken": 1}),
        (b"\xff\xfe", {"record-broken": 1}),
        (b"null", {"record-broken": 1}),
        (b'"text" 7', {"record-broken": 2}),
        (b"[" * 100_000, {"record-broken": 1}),
        (b'{"a":' * 100_000, {"record-broken": 1}),
        (b"[" * 500 + b"]" * 500, {"record-broken": 1}),
        (b'{"data":{"UASdata":7}}', {"record-broken": 1}),
        (b'{"data":{"UASdata":"AA=="}}', {"record-broken": 1}),
        (b'{"data":{"UASdata":"not base64"}}', {"record-broken": 1}),
        (b"[" + b"1," * 5000 + b"1]", {"record-broken": 1}),
        (b"7 " * 5000, {"record-broken": 1001}),
        (b'{"Basic ID":[' + b"1," * 99 + b"1]}", {"record-broken": 1}),
        (b" " * (1 << 20) + b"7", {"record-broken": 1}),
        (b"[" + b" " * (1 << 20) + b"]", {"document-too-long": 1}),
        (lzma.compress(b"7")[:-9], {"record-broken": 1}),
        (b"\xfd7zXZ\0nothing", {"record-broken": 1}),
        (lzma.compress(b" " * (1 << 26)), {"document-too-long": 1}),
    ],
)
def test_what_cannot_be_read_is_counted(data: bytes, said: dict[str, int]) -> None:
    assert decode(data) == ([], said)


def test_one_bad_value_does_not_take_the_ones_before_it() -> None:
    found, said = decode(d.text(d.esp32(), d.esp32(lat=48.0)) + b'{"mac')
    assert (len(found), said["record-broken"]) == (2, 1)


def test_ids_as_heard_may_be_no_json_to_the_letter() -> None:
    heard = d.text(d.esp32(basic_id="@")).replace(b"@", b"A\x1b[2J\xff")
    found, said = decode(heard)
    assert found[0]["target_id"].startswith("rid:A%1B%5B2J%")
    assert said["id-unusual"] == 1
    assert one(d.esp32(basic_id="\x1b\ud800"))["target_id"].startswith("rid:%1B%")
    assert one(d.esp32(basic_id="x" * 65))["target_id"] == "rid:address:60601f000002"
    assert one(d.dragonsync(seen_by="a\x1b\n" + "b" * 99))["station"] == "a%1B%0A" + "b" * 61


@pytest.mark.parametrize(
    ("value", "metres"),
    [
        ("<10 m", 10.0), ("< 3 m", 3.0), ("10m", 10.0), ("<0.5 NM", 926.0), ("<1.852 km", 1852.0),
        (10, 10.0), (12, 1.0), (0, None), (13, None), (-1, None), (10.0, None), ("Unknown", None), ("", None),
        ("<10 ft", None), (True, None), (None, None), ([], None), ("<0 m", None),
    ],
)  # fmt: skip
def test_accuracies(value: object, metres: float | None) -> None:
    from nofly.feeds.decoders._odid import HORIZONTAL_M

    assert words.error_m(value, HORIZONTAL_M) == metres


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (1, 1.0), (1.5, 1.5), ("1.5", 1.5), ("1.5 m", 1.5), (" -2m ", -2.0), ("1.5 ft", None), (True, None),
        (float("nan"), None), (float("inf"), None), (10**400, None), ("1e9", None), ("9" * 99, None),
        ("", None), ({}, None),
    ],
)  # fmt: skip
def test_numbers(value: object, found: float | None) -> None:
    assert words.number(value) == found


@pytest.mark.parametrize(
    ("kind", "text", "target"),
    [
        ("Serial Number (ANSI/CTA-2063-A)", "A1", "rid:A1"),
        ("CAA Assigned Registration ID", "HB-1", "rid:caa:HB-1"),
        ("UTM Assigned UUID", UUID, f"rid:utm:{UUID}"),
        ("SessionID", "01c8c9", "rid:sid:01c8c9"),
        (4, "xyz", "rid:sid:78797a"),
        (None, "A1", "rid:A1"),
        ("None", "A1", "rid:address:60601f000003"),
        ("something else", "A1", "rid:address:60601f000003"),
    ],
)  # fmt: skip
def test_kinds_of_id(kind: object, text: str, target: str) -> None:
    assert one(d.dragonsync(id_type=kind, id=text))["target_id"] == target


def lines(data: bytes, *cuts: int, **options: Any) -> tuple[list[dict[str, Any]], dict[str, int]]:
    decoder = OdidJsonlDecoder("x", OdidJsonlOptions(**options))
    ends = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    parts = [decoder.feed(data[a:b], T0) for a, b in itertools.pairwise(ends)]
    parts.append(decoder.finish(T0))
    return [row for p, _ in parts for row in rows(p)], counts([f for _, found in parts for f in found])


LINES = b"\n".join([d.text(d.esp32()), b"", d.text(d.wardragon()), b"{bad", d.text(d.esp32(lat=48.0))])


@given(cuts=st.lists(st.integers(0, 2000), max_size=8))
def test_how_lines_are_cut_makes_no_difference(cuts: list[int]) -> None:
    whole, said = lines(LINES)
    assert [row["lat_deg"] for row in whole] == [47.2, 47.2, 48.0]
    assert [LINES[row["raw"] : row["raw"] + 7] for row in whole] == [b'{"mac":', b'[{"Basi', b'{"mac":']
    assert lines(LINES, *cuts) == (whole, said)


def test_a_line_too_long_is_passed_over() -> None:
    found, said = lines(b"[" * 99 + b"\n" + LINES, 40, max_line_bytes=90)
    assert (len(found), said["document-too-long"]) == (0, 4)


@settings(max_examples=150)
@given(data=st.data())
def test_mutated_documents_are_counted(data: st.DataObject) -> None:
    documents = [d.dronescout(d.uas_data(), T0_MS), d.wardragon(), d.core_c(), d.esp32(), d.dragonsync()]
    content = bytearray(d.text(data.draw(st.sampled_from(documents))))
    for _ in range(data.draw(st.integers(1, 5))):
        place = data.draw(st.integers(0, len(content) - 1))
        junk = st.sampled_from([b"", b"null", b"-", b"1e999", b'"', b"\xff", b"[]", b"\\ud800", b"true"])
        content[place : place + data.draw(st.integers(0, 6))] = data.draw(junk | st.binary(max_size=4))
    decoder = OdidJsonDecoder("x")
    positions, findings = decoder.feed(bytes(content), T0)
    positions.check()
    lost = sum(f.count for f in findings if f.severity == "rejected" or f.code == "not-a-position")
    assert len(positions) + lost == decoder.records
