from __future__ import annotations

import math
import struct
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Transformer

from nofly.errors import ConfigError, Finding
from nofly.feeds.decoders import _asterix_021, _asterix_048, _asterix_062, asterix
from nofly.feeds.decoders._asterix_layout import Layout, editions
from nofly.feeds.decoders._asterix_polar import Site, place
from nofly.feeds.decoders._asterix_proof import PROOF, RETURN
from tests.feeds.decoders.asterix_records import adsb, block, letters, plot, spec, track, velocity

T0 = 1_633_608_000.0
SITE = (48.7, 2.3, 150.0)
OPTIONS: dict[str, object] = {"sites": {"25/12": SITE}}
FT, FL, NM, KT = 0.3048, 30.48, 1852.0, 1852 / 3600


def us(time_s: float) -> int:
    return round(time_s * 1e6)


def decode(
    *datagrams: bytes, at_s: float = T0, **options: object
) -> tuple[list[dict[str, Any]], dict[str, int]]:
    """Return rows and counts of what a source says that has proved its edition before."""
    rows, said, _ = decoded(*datagrams, at_s=at_s, **options)
    return rows, said


def decoded(
    *datagrams: bytes, at_s: float = T0, proved: bool = True, **options: object
) -> tuple[list[dict[str, Any]], dict[str, int], list[Finding]]:
    decoder = asterix.decoder({**OPTIONS, **options}, "feed")
    if proved:
        for category in (21, 48, 62):
            decoder.feed(proof(category, at_s), us(at_s))
    results = [decoder.feed(datagram, us(at_s)) for datagram in datagrams]
    results.append(decoder.finish(us(at_s)))
    findings = [finding for _, some in results for finding in some]
    rows = [row for positions, _ in results for row in positions.to_arrow().to_pylist()]
    return rows, counts(findings), findings


def counts(findings: list[Finding]) -> dict[str, int]:
    total: dict[str, int] = {}
    for finding in findings:
        total[finding.code] = total.get(finding.code, 0) + finding.count
    return total


def proof(category: int, time_s: float, number: int = PROOF) -> bytes:
    """Return records that prove the edition and give no row."""
    if category == 21:
        return block(21, *[adsb(time_s, 1, 48.0, 2.0, i040=(0, (0, 0, 1, 0, 0, 0, None)))] * number)
    if category == 48:
        return block(48, *[plot(time_s, 1, 30, 45, None, i020=((5, 1, 0, 0, 0, None),))] * number)
    return block(62, *[track(time_s, 1, 48.0, 2.0, i080=(0, (1, 0, 0, 0, 0, 0, 0, None)))] * number)


def one(datagram: bytes, **options: Any) -> dict[str, Any]:
    (row,), said = decode(datagram, **options)
    assert not said
    return row


# What a record gives


def test_an_adsb_report() -> None:
    row = one(block(21, adsb(
        T0, 0x4CA7B3, 48.5, 2.5, 350, i170=letters("KLM123"), i140=36_000.0, i020=5,
        i155=(0, ("BVR", -625.0)), i160=(0, ("GS", 0.125), ("TA", 45.0)), i210=(0, 0, ("VN", 2), 2),
        i090=((1, 8, None), (1, 3, 9, None)), i070=(0, ("MODE3A", "7003")),
        i040=(0, (0, 0, 0, 0, 0, 0, None)),
    )))  # fmt: skip
    assert (row["lat_deg"], row["lon_deg"]) == pytest.approx((48.5, 2.5), abs=1e-6)
    assert row["time"].timestamp() == T0
    assert {k: row[k] for k in ("target_id", "callsign", "squawk", "category", "source", "station")} == {
        "target_id": "icao24:4ca7b3", "callsign": "KLM123", "squawk": "7003", "category": "A5",
        "source": "adsb", "station": "025/012",
    }  # fmt: skip
    assert row["alt_std_m"] == 35_000 * FT
    assert row["alt_hae_m"] == pytest.approx(36_000 * FT)
    assert (row["gs_mps"], row["track_deg"]) == pytest.approx((0.125 * NM, 45.0))
    assert row["vrate_mps"] == pytest.approx(-625 * FT / 60)
    assert (row["nic"], row["nac_p"], row["sil"], row["pos_err_m"]) == (8, 9, 3, 30.0)
    assert row["on_ground"] is False
    assert row["alt_amsl_m"] is None


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"i040": (0, (0, 1, 0, 0, 0, 0, None))}, {"on_ground": True}),
        ({"i040": (0b011_11_0_0,)}, {"target_id": "tisb:~4ca7b3", "alt_std_m": None}),
        ({"i140": 32767 * 6.25}, {"alt_hae_m": None}),
        ({"i160": (1, ("GS", 0.1), ("TA", 4.0))}, {"gs_mps": None}),
        ({"i090": ((1, 7, None),), "i210": (0, 0, ("VN", 0), 2)}, {"nic": None, "pos_err_m": 0.1 * NM}),
        (
            {"i090": ((1, 7, None), (1, 3, 0, None)), "i210": (0, 0, ("VN", 2), 2)},
            {"nac_p": 0, "pos_err_m": 370.4},
        ),
        ({"i170": letters("KLM") | 0x3B}, {"callsign": None}),
    ],
)
def test_what_else_an_adsb_report_says(more: dict[str, Any], expected: dict[str, Any]) -> None:
    row = one(block(21, adsb(T0, 0x4CA7B3, 48.5, 2.5, 350, **more)))
    assert {name: row[name] for name in expected} == pytest.approx(expected)


def test_a_report_that_the_station_doubts_has_no_integrity() -> None:
    quality = {"i090": ((1, 8, None), (1, 3, 9, None)), "i210": (0, 0, ("VN", 2), 2)}
    doubted = (0, (0, 0, 0, 0, 0, 1, None), (0, 0, 0, 0, 0, 0, 0, None))
    rows, said = decode(block(21, adsb(T0, 0x4CA7B3, 48.5, 2.5, 350, i040=doubted, **quality)))
    assert (rows[0]["nic"], rows[0]["nac_p"], rows[0]["pos_err_m"]) == (0, 0, None)
    assert said == {"report-suspect": 1}


def test_the_time_of_the_position_goes_before_that_of_sending() -> None:
    record = adsb(T0 + 9, 0x4CA7B3, 48.5, 2.5, i077=float((T0 + 10) % 86400))
    fine = {**record, "074": (("FSI", 1), ("TOMRP", 0.25))}
    applied = {**record, "071": float((T0 + 3) % 86400)}
    rows, _ = decode(block(21, record, fine, applied), at_s=T0 + 10)
    assert [row["time"].timestamp() - T0 for row in rows] == [9.0, 10.25, 3.0]


def test_a_system_track() -> None:
    row = one(block(62, track(
        T0, 77, 48.5, 2.5, i380={"ADR": 0x4CA7B4, "ID": letters("AFR9"), "COM": (0, 1, 0, 0, 0, 0, 0, 0)},
        i136=350.0, i135=(1, ("CTB", 351.0)), i130=35_500.0, i080=((0, 0, 0, 1, 0, None),), i220=-625.0,
        i185=velocity(200, 90), i060=(0, 0, 0, 0, ("MODE3A", "1234")),
        i500={"APC": (("X", 50.0), ("Y", 20.0)), "ABA": 0.5},
    )))  # fmt: skip
    assert (row["lat_deg"], row["lon_deg"]) == pytest.approx((48.5, 2.5), abs=1e-5)
    assert (row["target_id"], row["callsign"], row["squawk"]) == ("icao24:4ca7b4", "AFR9", "1234")
    assert (row["alt_std_m"], row["alt_amsl_m"]) == (35_000 * FT, 35_100 * FT)
    assert row["alt_hae_m"] == pytest.approx(35_500 * FT)
    assert (row["gs_mps"], row["track_deg"], row["vrate_mps"]) == pytest.approx((200, 90, -625 * FT / 60))
    assert row["pos_err_m"] == pytest.approx(50 * 2.4477, rel=1e-4)
    assert row["alt_err_m"] == pytest.approx(0.5 * FL * 1.96, rel=1e-4)
    assert (row["on_ground"], row["source"]) == (True, "system-track")


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"i136": 350.0, "i295": {"MFL": 20.0}}, {"alt_std_m": None}),
        ({"i136": 350.0, "i295": {"MFL": 20.0}, "i135": (0, ("CTB", 340.0))}, {"alt_std_m": 34_000 * FT}),
        ({"i135": (1, ("CTB", 340.0))}, {"alt_std_m": None, "alt_amsl_m": 34_000 * FT}),
        ({"i130": 35_500.0, "i080": ((0, 0, 0, 6, 0, None),)}, {"alt_hae_m": None}),
        ({"i380": {"GAL": 6250.0}}, {"alt_hae_m": 6250 * FT}),
        ({"i245": (0, 0, letters("BAW1"))}, {"callsign": "BAW1"}),
        ({"i245": (2, 0, letters("GABCD"))}, {"callsign": None}),
        ({"i390": {"CS": int.from_bytes(b"RYR12  ", "big")}}, {"callsign": "RYR12"}),
        ({"i060": (1, 0, 0, 0, ("MODE3A", "1234"))}, {"squawk": None}),
        ({"i380": {"SAB": (0, 0, 0, 1, 0, 0)}}, {"on_ground": True}),
        ({"i500": {"APW": (("LAT", 0.001), ("LON", 0.0001))}}, {"pos_err_m": 111_694 * 0.001 * 2.4477}),
    ],
)
def test_what_else_a_system_track_says(more: dict[str, Any], expected: dict[str, Any]) -> None:
    row = one(block(62, track(T0, 77, 48.5, 2.5, **more)))
    assert row["target_id"] == "asterix:025/012/77"
    for name, value in expected.items():
        assert row[name] == (pytest.approx(value, rel=5e-3) if isinstance(value, float) else value)


def test_a_cartesian_track_needs_the_point_it_is_counted_from() -> None:
    record = track(T0, 77, None, None, i100=(("X", 30_000.0), ("Y", 40_000.0)))
    assert decode(block(62, record)) == ([], {"reference-unknown": 1})
    row = one(block(62, record), reference="48.0,2.0")
    # On the stereographic plane a distance of 50 km from the centre is true to a few centimetres.
    azimuth, _, length_m = _inverse(48.0, 2.0, row["lat_deg"], row["lon_deg"])
    assert (azimuth, length_m) == pytest.approx((math.degrees(math.atan2(3, 4)), 50_000), rel=2e-4)


def _inverse(lat1: float, lon1: float, lat2: float, lon2: float) -> tuple[float, float, float]:
    from geographiclib.geodesic import Geodesic

    line = Geodesic.WGS84.Inverse(lat1, lon1, lat2, lon2)
    return line["azi1"], line["azi2"], line["s12"]


def test_a_plot() -> None:
    row = one(block(48, plot(
        T0, 0x4CA7B5, 50, 45, 300, i161=(0, ("TRN", 5)), i240=letters("DLH1"),
        i200=(("GSP", 0.1), ("HDG", 9.0)), i070=(0, 0, 0, 0, ("MODE3A", "7700")),
        i230=(0, 0, 0, 0, 0, 0, 0, 0, 0),
    )))  # fmt: skip
    azimuth, _, length_m = _inverse(SITE[0], SITE[1], row["lat_deg"], row["lon_deg"])
    assert azimuth == pytest.approx(45, abs=0.01)
    assert length_m == pytest.approx(math.sqrt((50 * NM) ** 2 - (9144 - 150) ** 2), rel=2e-3)
    assert (row["target_id"], row["callsign"], row["squawk"]) == ("icao24:4ca7b5", "DLH1", "7700")
    assert (row["alt_std_m"], row["source"], row["on_ground"]) == (30_000 * FT, "ssr", False)
    assert row["track_deg"] == pytest.approx(9, abs=0.01)
    assert 300 < row["pos_err_m"] < 700


@pytest.mark.parametrize(
    ("record", "code"),
    [
        (plot(T0, 1, 50, 45, 300, i020=((5, 0, 0, 0, 0, None), (1, 0, 0, 0, 0, 0, None))), "target-not-real"),
        (plot(T0, 1, 50, 45, 300, i020=((5, 0, 0, 0, 1, None),)), "target-not-real"),
        (plot(T0, 1, 50, 45, 300, i030=(13, 1)), "plot-false"),
        (plot(T0, 1, 50, 45, 300, i170=((0, 0, 0, 0, 0, None), (0, 1, 0, 0, 0, None))), "plot-false"),
        (plot(T0, 1, 50, 45, 300, i020=((0, 0, 0, 0, 0, None),)), "not-a-position"),
        (plot(T0, 1, 2, 45, 300), "plot-too-high"),
        (plot(T0, 1, 50, 45, 300, i010=(("SAC", 25), ("SIC", 13))), "edition-unproved"),
        (plot(T0, None, 50, 45, None), "target-unnamed"),
        (plot(T0, 1, 50, 45, 300, i040=None), "not-a-position"),
    ],
)
def test_a_plot_that_is_none(record: dict[str, Any], code: str) -> None:
    expected = {code: 1} if code != "edition-unproved" else {"site-unknown": 1}
    assert decode(block(48, record)) == ([], expected)


@pytest.mark.parametrize("category", [21, 48, 62])
def test_test_targets_are_read_where_that_is_asked_for(category: int) -> None:
    assert decoded(proof(category, T0, 9), proved=False)[:2] == ([], {"target-not-real": 9})
    rows, said, _ = decoded(proof(category, T0, 9), proved=False, test_targets="true")
    assert (len(rows), said) == (1, {"position-repeated": 8})


@pytest.mark.parametrize("status", [(0, (0, 1, 0, 0, 0, 0, 0, None)), (0, 0, 0, (1, 0, 0, 0, 0, 0, 0, None))])
def test_a_track_that_coasts_or_ends_is_no_position(status: tuple[Any, ...]) -> None:
    assert decode(block(62, track(T0, 7, 48.0, 2.0, i080=status))) == ([], {"not-a-position": 1})


def test_a_track_keeps_the_address_it_told() -> None:
    told = plot(T0, 0x4CA7B5, 50, 45, 300, i161=(0, ("TRN", 5)))
    silent = [plot(T0 + s, None, 50 + s / 9, 45, 300, i161=(0, ("TRN", 5))) for s in (4, 8, 200)]
    rows, _ = decode(block(48, told, *silent), at_s=T0 + 100)
    assert [row["target_id"] for row in rows] == ["icao24:4ca7b5"] * 3 + ["asterix:025/012/5"]


def test_what_comes_on_two_networks_counts_once() -> None:
    datagram = block(21, *[adsb(T0, a, 48.5, 2.5) for a in (1, 2, 3)])
    rows, said = decode(datagram, datagram)
    assert (len(rows), said) == (3, {"position-repeated": 3})


# Time


@pytest.mark.parametrize(
    ("record_s", "received_s"), [(-2.0, 3.0), (1.0, -1.0), (-300.0, 0.0), (86_400.0, 86_399.0)]
)
def test_a_time_of_day_is_of_the_day_nearest_to_the_time_received(record_s: float, received_s: float) -> None:
    midnight = T0 // 86_400 * 86_400
    record = adsb(midnight + record_s, 1, 48.5, 2.5)
    rows, _ = decode(block(21, record), at_s=midnight + received_s)
    assert rows[0]["time"].timestamp() == midnight + record_s


@pytest.mark.parametrize("record", [adsb(T0 - 301, 1, 48.5, 2.5), adsb(T0, 1, 48.5, 2.5, i073=None)])
def test_a_time_far_from_the_time_received_is_not_believed(record: dict[str, Any]) -> None:
    assert decode(block(21, record)) == ([], {"time-far": 1})


# Editions


def records_of(category: int, edition: tuple[int, int], count: int = 30) -> list[bytes]:
    """Return datagrams of full records of one edition, as a sender of it would send."""
    some = []
    for i in range(count):
        time_s, lat, lon, address = T0 + i / 4, 48.5 + i / 50, 2.5 - i / 70, 0x4CA7B0 + i % 7
        source = (("SAC", 25), ("SIC", 12))
        if category == 21 and edition < (1, 0):
            record: dict[str, Any] = {
                "010": source, "040": 0x0008, "030": float(time_s % 86_400), "080": address,
                "130": (("LAT", lat), ("LON", lon)), "145": 350.0, "170": letters("KLM123"), "200": 0,
            }  # fmt: skip
        elif category == 21:
            record = adsb(
                time_s, address, lat, lon, 350, i161=(0, ("TRNUM", i)), i170=letters("KLM123"), i020=3,
                i090=((1, 8, None), (1, 3, 9, None)), i210=(0, 0, ("VN", 2), 2), i077=float(time_s % 86_400),
            )  # fmt: skip
        elif category == 48:
            record = plot(time_s, address, 40 + i, 45, 300, i161=(0, ("TRN", i)), i240=letters("DLH1"))
            record.update({"042": (("X", 3.0), ("Y", 4.0)), "200": (("GSP", 0.1), ("HDG", 9.0)), "170": (0,)})
        else:
            record = track(
                time_s, i, lat, lon, i100=(("X", 500.0), ("Y", 900.0)), i185=velocity(200, 90), i136=350.0,
                i380={"ADR": address, "ID": letters("AFR9")}, i290={"TRK": 1.0, "PSR": 2.0}, i200=0, i220=0.0,
            )  # fmt: skip
        some.append(block(category, record, edition=edition))
    return some


EDITIONS = [(c, tuple(map(int, e.split(".")))) for c in (21, 48, 62) for e in editions(c)]


@pytest.mark.parametrize(("category", "sent"), EDITIONS)
def test_no_edition_is_read_as_another_into_nonsense(category: int, sent: tuple[int, int]) -> None:
    """Read by any edition, records give the rows that they give by their own, or none at all."""
    datagrams = records_of(category, sent)
    name = f"cat{category:03d}"
    right, said, _ = decoded(*datagrams, at_s=T0 + 9, proved=False, **{name: f"{sent[0]}.{sent[1]}"})
    assert (len(right), said) == (30, {})
    for edition in editions(category):
        rows, said, findings = decoded(*datagrams, at_s=T0 + 9, proved=False, **{name: edition})
        if rows:
            assert rows == right
        else:
            assert said["edition-refused"] == 1
            assert sum(f.count for f in findings if f.severity == "rejected") >= 30


@pytest.mark.parametrize(("old", "new"), [("0.26", "2.7"), ("0.23", "2.1")])
def test_the_old_and_the_new_category_021_refuse_each_other(old: str, new: str) -> None:
    for sent, read in ((old, new), (new, old)):
        edition = tuple(map(int, sent.split(".")))
        rows, said, findings = decoded(*records_of(21, edition), at_s=T0 + 9, proved=False, cat021=read)  # type: ignore[arg-type]
        assert not rows
        message = next(f.message for f in findings if f.code == "edition-refused")
        assert message.startswith("category 021 of 025/012: 5 of its last 20 records make no sense read as")
        assert said["edition-refused"] == 1


def test_rows_are_held_until_the_edition_is_proved() -> None:
    decoder = asterix.decoder(OPTIONS, "feed")
    for i in range(PROOF - 1):
        positions, findings = decoder.feed(block(21, adsb(T0 + i, 1, 48.5 + i / 100, 2.5)), us(T0 + i))
        assert (len(positions), findings, decoder.records) == (0, [], 0)
    positions, _ = decoder.feed(block(21, adsb(T0 + 9, 1, 48.6, 2.5)), us(T0 + 9))
    assert [row["time"].timestamp() - T0 for row in positions.to_arrow().to_pylist()] == [0, 1, 2, 3, 9]
    assert decoder.records == PROOF


def test_too_few_records_prove_nothing() -> None:
    rows, said, _ = decoded(block(21, adsb(T0, 1, 48.5, 2.5)), proved=False)
    assert (rows, said) == ([], {"edition-unproved": 1})


def test_a_refused_source_comes_back_and_hurts_no_other() -> None:
    bad = block(21, adsb(T0, 1, 48.5, 2.5, i131=(("LAT", 120.0), ("LON", 2.0))))
    good = [block(21, adsb(T0 + i / 8, 1, 48.5 + i / 1000, 2.5)) for i in range(RETURN + 10)]
    others = [
        block(21, {**adsb(T0 + i / 8, 2, 48.5, 2.5), "010": (("SAC", 1), ("SIC", 2))}) for i in range(20)
    ]
    rows, said, findings = decoded(*[bad] * 9, *others, *good, at_s=T0 + 5)
    assert len([row for row in rows if row["station"] == "001/002"]) == 20
    assert len([row for row in rows if row["station"] == "025/012"]) == 11
    assert said == {
        "value-impossible": 9, "edition-refused": 1, "source-refused": RETURN - 1, "source-returned": 1,
    }  # fmt: skip
    assert all(f.severity == "warning" for f in findings if f.code in ("edition-refused", "source-returned"))


def test_a_bad_record_now_and_then_does_not_refuse_a_source() -> None:
    datagrams = []
    for i in range(100):
        datagrams.append(block(21, adsb(T0 + i / 8, 1, 48.5 + i / 1000, 2.5)))
        if i % 10 == 0:
            datagrams.append(datagrams[-1][:3] + b"\xff" * (len(datagrams[-1]) - 3))
    rows, said = decode(*datagrams, at_s=T0 + 9)
    assert (len(rows), said) == (100, {"record-broken": 10})


@pytest.mark.parametrize(
    ("datagram", "code"),
    [
        (b"\x15", "block-broken"),
        (b"\x15\x00\x02", "block-broken"),
        (b"\x15\x00\x09\x00", "block-broken"),
        (b"\x15\x00\x04\x00", "record-broken"),
        (b"\x15\x00\x04\xff", "record-broken"),
        (b"\x30\x00\x05\x01\x02", "record-broken"),
        (b"\x22\x00\x04\x00", "not-a-position"),
        (block(21, adsb(T0, 1, 48.5, 2.5, i145=2000.0)), "value-impossible"),
        (block(21, adsb(T0, 1, 48.5, 2.5, i130=(("LAT", 48.6), ("LON", 2.5)))), "value-impossible"),
        (block(62, track(T0, 1, 48.5, 200.0)), "value-impossible"),
    ],
)
def test_every_bad_record_is_counted(datagram: bytes, code: str) -> None:
    assert decode(datagram) == ([], {code: 1})


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"cat021": "2.9"}, "edition '2.9' of ASTERIX category 021"),
        ({"sites": {"25": SITE}}, "site of '25'"),
        ({"sites": {"25/12": (91, 0, 0)}}, "site 25/12"),
        ({"sites": {"25/12": (1, 0)}}, "option sites"),
        ({"reference": (91, 0)}, "reference"),
        ({"clock_tolerance_s": 0}, "clock_tolerance_s"),
        ({"range_error_m": -1}, "out of range"),
        ({"edition": "1"}, "unknown option"),
    ],
)
def test_an_option_that_cannot_be_is_refused(options: dict[str, object], match: str) -> None:
    with pytest.raises(ConfigError, match=match):
        asterix.decoder(options, "feed")


def test_without_libasterix_the_feed_cannot_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "asterix", None)
    with pytest.raises(ConfigError, match="pip install libasterix"):
        asterix.decoder({}, "feed")


def test_a_category_can_be_left_unread() -> None:
    assert decode(block(62, track(T0, 1, 48.5, 2.5)), cat062="none")[1] == {"not-a-position": 1}


# Polar


@settings(max_examples=200)
@given(
    st.floats(-80, 80), st.floats(-180, 180), st.floats(0, 360), st.floats(20_000, 450_000),
    st.floats(0, 15_000),
)  # fmt: skip
def test_a_plot_is_where_the_strict_solution_has_it(
    lat: float, lon: float, azimuth: float, length: float, height: float
) -> None:
    site = Site(lat, lon, 200.0)
    target = _direct(lat, lon, azimuth, length)
    range_m, seen_deg = _measured(site, (*target, height))
    placed = place(site, range_m, seen_deg, height, 0.0, 0.0)
    assert placed is not None
    assert _inverse(placed.lat_deg, placed.lon_deg, *target)[2] < 3.0


@given(st.floats(1_000, 200_000), st.floats(0, 20_000), st.floats(-450, 450))
def test_the_error_covers_that_of_the_height(length: float, height: float, error: float) -> None:
    site = Site(48.7, 2.3, 150.0)
    target = _direct(site.lat_deg, site.lon_deg, 30.0, length)
    range_m, seen_deg = _measured(site, (*target, height))
    for told in (height + error, None):
        placed = place(site, range_m, seen_deg, told, 50.0, 0.05)
        if placed is not None:
            assert _inverse(placed.lat_deg, placed.lon_deg, *target)[2] <= placed.pos_err_m + 3.0


def _direct(lat: float, lon: float, azimuth: float, length: float) -> tuple[float, float]:
    from geographiclib.geodesic import Geodesic

    line = Geodesic.WGS84.Direct(lat, lon, azimuth, length)
    return line["lat2"], line["lon2"]


def _measured(site: Site, target: tuple[float, float, float]) -> tuple[float, float]:
    """Return slant range and azimuth by geocentric coordinates."""
    geocentric = Transformer.from_crs(4979, 4978, always_xy=True)
    here = np.array(geocentric.transform(site.lon_deg, site.lat_deg, site.height_m))
    there = np.array(geocentric.transform(target[1], target[0], target[2]))
    lam, phi = math.radians(site.lon_deg), math.radians(site.lat_deg)
    east = np.array([-math.sin(lam), math.cos(lam), 0.0])
    north = np.array([-math.sin(phi) * math.cos(lam), -math.sin(phi) * math.sin(lam), math.cos(phi)])
    away = there - here
    return float(np.linalg.norm(away)), math.degrees(math.atan2(away @ east, away @ north)) % 360


# Beside libasterix, and a real capture


def capture(shared: Path) -> list[tuple[int, bytes]]:
    """Return time (microseconds) and UDP payload of each packet of a capture."""
    data, at, packets = (shared / "asterix" / "cat_034_048.pcap").read_bytes(), 24, []
    while at < len(data):
        second, micro, size, _ = struct.unpack("<IIII", data[at : at + 16])
        frame = data[at + 16 : at + 16 + size]
        packets.append((second * 10**6 + micro, frame[42 : 34 + int.from_bytes(frame[38:40], "big")]))
        at += 16 + size
    return packets


def test_fields_are_those_of_libasterix(shared: Path) -> None:
    from asterix.base import Bits, RawDatablock

    layout, made, compared = Layout(48, "1.32", _asterix_048.FIELDS), spec(48), 0
    for _, datagram in capture(shared):
        for raw in RawDatablock.parse(Bits.from_bytes(datagram)):
            if raw.get_category() != 48:
                continue
            data = raw.get_raw_records().to_bytes()
            at = 0
            for record in made.cv_uap.parse(raw.get_raw_records()):
                spans, after = layout.record(data, at, len(data))
                assert after - at == len(record.unparse().to_bytes())
                ours = layout.values(data, spans)
                assert set(spans) >= set(record.items_regular)
                for name in _asterix_048.FIELDS:
                    assert ours[name] == theirs(record, name), name
                    compared += ours[name] is not None
                at = after
    assert compared > 1500


def theirs(record: Any, path: str) -> Any:
    """Return a field as libasterix decodes it."""
    item, *rest = path.split("/")
    found = record.get_item(item)
    for part in rest:
        found = None if found is None else found.variation.get_item(part)
    if found is None:
        return None
    variation = found.variation
    if path == "030":
        return tuple(element.as_uint() for element in variation.get_list())
    content = variation.content if hasattr(variation, "content") else None
    if content is not None and hasattr(content, "as_quantity"):
        return content.as_quantity()
    return variation.as_uint()


def test_the_real_capture(shared: Path) -> None:
    packets = capture(shared)
    decoder = asterix.decoder({}, "feed")
    said: dict[str, int] = {}
    for received_us, datagram in packets:
        for code, count in counts(decoder.feed(datagram, received_us)[1]).items():
            said[code] = said.get(code, 0) + count
    assert said == {"site-unknown": 126, "not-a-position": 36}
    assert decoder.records == 162


def test_the_real_capture_with_the_radar_s_site(shared: Path) -> None:
    rows, said = [], 0
    decoder = asterix.decoder({"sites": "25/12:43.57:16.4:100"}, "feed")
    for received_us, datagram in capture(shared):
        positions, findings = decoder.feed(datagram, received_us)
        rows += positions.to_arrow().to_pylist()
        said += counts(findings).get("position-repeated", 0)
    assert len(rows) == said == 19
    assert all(43.5 < row["lat_deg"] < 47 and 12 < row["lon_deg"] < 17 for row in rows)
    assert all(row["target_id"].startswith("icao24:") and row["station"] == "025/012" for row in rows)
    assert {row["source"] for row in rows} == {"ssr"}


@settings(max_examples=30)
@given(
    changes=st.lists(st.tuples(st.integers(0, 200), st.integers(0, 400), st.integers(0, 255)), max_size=40)
)
def test_a_mutated_capture_never_gives_a_place_out_of_reach(
    shared: Path, changes: list[tuple[int, int, int]]
) -> None:
    decoder = asterix.decoder({"sites": "25/12:43.57:16.4:100"}, "feed")
    packets = [(received_us, bytearray(datagram)) for received_us, datagram in capture(shared)]
    for packet, place_at, byte in changes:
        datagram = packets[packet % len(packets)][1]
        datagram[place_at % len(datagram)] = byte
    for received_us, datagram in packets:
        positions, _ = decoder.feed(bytes(datagram), received_us)
        for row in positions.to_arrow().to_pylist():
            assert _inverse(43.57, 16.4, row["lat_deg"], row["lon_deg"])[2] < 257 * NM
            assert abs(row["time"].timestamp() - received_us / 1e6) <= 300


def test_every_field_that_is_read_is_in_some_edition() -> None:
    for plugin in (_asterix_021, _asterix_048, _asterix_062):
        known: set[str] = set()
        for edition in editions(plugin.CATEGORY):
            layout = Layout(plugin.CATEGORY, edition, plugin.FIELDS)
            known |= {name for fields in layout._fields.values() for name, _ in fields}
        assert known == set(plugin.FIELDS)
