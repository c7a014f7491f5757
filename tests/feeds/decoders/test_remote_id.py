from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nofly.errors import Finding
from nofly.feeds.decoders import _odid, _odid_senders, _pcap
from nofly.feeds.decoders.remote_id import LAYERS, RemoteIdDecoder, RemoteIdOptions, layer_of
from nofly.feeds.decoders.remote_id_capture import RemoteIdCaptureDecoder
from nofly.schema import FLOATS, TEXTS, Positions, concatenate
from tests.feeds.decoders import open_drone_id as o

HOUR_US = 3_600_000_000
T0 = 472_222 * HOUR_US + 1_800_000_000
"""Half past an hour, in November 2023."""
SERIAL = "1581F000000000000001"
HEARD_US = T0 + 700_000
NOW = 18_000  # tenths of the hour at T0


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


def decode(
    *datagrams: bytes, step_us: int = 1_000_000, **options: Any
) -> tuple[list[dict[str, Any]], dict[str, int]]:
    decoder = RemoteIdDecoder("x", RemoteIdOptions(**options))
    parts = [decoder.feed(d, HEARD_US + i * step_us) for i, d in enumerate(datagrams)]
    findings = [f for _, found in parts for f in found]
    return rows(concatenate([p for p, _ in parts])), counts(findings)


def one(*messages: bytes) -> dict[str, Any]:
    found, _ = decode(o.beacon(o.pack(o.basic_id(SERIAL), *messages)))
    assert len(found) == 1
    return found[0]


def packed(lat: float = 47.0, lon: float = 8.0, ident: str = SERIAL, **told: Any) -> bytes:
    return o.pack(o.basic_id(ident), o.location(lat, lon, **told))


def test_every_field_of_a_location() -> None:
    row = one(
        o.location(
            47.1987103, -8.7302371, status=2, track=275, speed=12.25, climb=-3.5, baro=411.5, geo=460.0,
            height=55.0, above_ground=True, accuracy=(10, 4, 3), tenths=NOW,
        )
    )  # fmt: skip
    assert row["time_us"] == T0
    told = {
        "target_id": f"rid:{SERIAL}", "lat_deg": 47.1987103, "lon_deg": -8.7302371, "alt_std_m": 411.5,
        "alt_hae_m": 460.0, "alt_agl_m": 55.0, "alt_err_m": 10.0, "pos_err_m": 10.0, "gs_mps": 12.25,
        "track_deg": 275.0, "vrate_mps": -3.5, "on_ground": False, "category": "B6", "source": "remote-id",
    }  # fmt: skip
    assert {name: row[name] for name in told} == told
    assert [row[name] for name in ("callsign", "squawk", "alt_amsl_m", "station")] == [None] * 4


def test_what_stands_for_unknown_is_null() -> None:
    row = one(o.location(47.0, 8.0))
    assert [name for name in FLOATS if row[name] is not None] == []
    found, said = decode(o.beacon(packed(0.0, 0.0)))
    assert (found, said) == ([], {"not-a-position": 1, "position-missing": 1})
    assert one(o.location(0.0, 8.0))["lat_deg"] == 0.0
    assert one(o.location(47.0, 0.0))["lon_deg"] == 0.0


@given(
    lat=st.integers(-900_000_000, 900_000_000), lon=st.integers(-1_800_000_000, 1_800_000_000),
    track=st.integers(0, 359) | st.just(361),
    speed=st.integers(0, 255).map(lambda n: n / 4) | st.integers(1, 255).map(lambda n: 63.75 + n * 0.75),
    climb=st.integers(-124, 124).map(lambda n: n / 2) | st.just(63.0),
    heights=st.tuples(*[st.integers(0, 65_535).map(lambda n: n / 2 - 1000)] * 3),
    accuracy=st.tuples(*[st.integers(0, 15)] * 3),
    above_ground=st.booleans(), status=st.integers(0, 15),
    tenths=st.integers(0, 36_000) | st.just(0xFFFF), version=st.integers(0, 2),
)  # fmt: skip
def test_what_is_encoded_is_decoded(
    lat: int, lon: int, track: int, speed: float, climb: float, heights: tuple[float, float, float],
    accuracy: tuple[int, int, int], above_ground: bool, status: int, tenths: int, version: int,
) -> None:  # fmt: skip
    data = o.location(
        lat / 1e7, lon / 1e7, status=status, track=track, speed=speed, climb=climb, baro=heights[0],
        geo=heights[1], height=heights[2], above_ground=above_ground, accuracy=accuracy, tenths=tenths,
        version=version,
    )  # fmt: skip
    found = _odid.message_of(data)
    assert isinstance(found, _odid.Location)
    placed = (lat, lon) != (0, 0)
    vertical = {1: 150, 2: 45, 3: 25, 4: 10, 5: 3, 6: 1}
    nm = 1852.0
    horizontal = {
        1: 10 * nm, 2: 4 * nm, 3: 2 * nm, 4: nm, 5: 0.5 * nm, 6: 0.3 * nm, 7: 0.1 * nm, 8: 0.05 * nm,
        9: 30, 10: 10, 11: 3, 12: 1,
    }  # fmt: skip
    assert found.lat_deg == (lat / 1e7 if placed else None)
    assert found.lon_deg == (lon / 1e7 if placed else None)
    assert found.track_deg == (None if track == 361 else track)
    assert found.gs_mps == (None if speed == 255.0 else speed)
    assert found.vrate_mps == (None if climb == 63.0 else climb)
    expected = [None if h == -1000.0 else h for h in heights]
    assert [found.alt_std_m, found.alt_hae_m, found.height_m] == expected
    assert found.pos_err_m == horizontal.get(accuracy[0])
    assert [found.hae_err_m, found.std_err_m] == [vertical.get(a) for a in accuracy[1:]]
    assert (found.status, found.above_ground) == (status, above_ground)
    assert found.tenths == (None if tenths == 0xFFFF else tenths)


@pytest.mark.parametrize("raw", range(181, 256))
def test_a_direction_that_cannot_be_is_unknown(raw: int) -> None:
    data = bytearray(o.location(47.0, 8.0, track=10))
    data[2] = raw
    assert one(bytes(data))["track_deg"] is None


def test_height_above_the_take_off_point_is_on_no_datum() -> None:
    found, said = decode(o.beacon(packed(height=50.0)))
    assert (found[0]["alt_agl_m"], said["height-above-takeoff"]) == (None, 1)
    found, said = decode(o.beacon(packed(height=50.0, above_ground=True)))
    assert found[0]["alt_agl_m"] == 50.0
    assert "height-above-takeoff" not in said
    assert "height-above-takeoff" not in decode(o.beacon(packed()))[1]


def test_the_error_is_of_the_height_there_is() -> None:
    assert one(o.location(geo=1.0, baro=1.0, accuracy=(0, 6, 1)))["alt_err_m"] == 1.0
    assert one(o.location(geo=1.0, baro=1.0, accuracy=(0, 0, 1)))["alt_err_m"] is None
    assert one(o.location(baro=1.0, accuracy=(0, 6, 1)))["alt_err_m"] == 150.0
    assert one(o.location(height=1.0, above_ground=True, accuracy=(0, 6, 1)))["alt_err_m"] is None


@pytest.mark.parametrize(
    ("status", "ground"), [(0, None), (1, True), (2, False), (3, None), (4, None), (9, None)]
)
def test_status(status: int, ground: bool | None) -> None:
    found, said = decode(o.beacon(packed(status=status)))
    assert found[0]["on_ground"] is ground
    assert ("emergency-declared" in said) == (status == 3)


@pytest.mark.parametrize(
    ("heard_us", "tenths", "time_us"),
    [
        (T0, NOW, T0),
        (T0, NOW + 3, T0 + 300_000),
        (T0 + 5_000_000, NOW, T0),
        (472_223 * HOUR_US + 400_000, 35_998, 472_223 * HOUR_US - 200_000),
        (472_223 * HOUR_US - 400_000, 2, 472_223 * HOUR_US + 200_000),
        (472_223 * HOUR_US, 36_000, 472_223 * HOUR_US),
        (472_223 * HOUR_US, 0, 472_223 * HOUR_US),
    ],
)
def test_time_is_of_the_hour_nearest_to_its_reception(heard_us: int, tenths: int, time_us: int) -> None:
    positions, findings = RemoteIdDecoder().feed(o.beacon(packed(tenths=tenths)), heard_us)
    assert positions.time_us.tolist() == [time_us]
    assert positions.columns["received_us"].tolist() == [heard_us]
    assert counts(findings) == {"not-a-position": 1}


@pytest.mark.parametrize(
    ("tenths", "code"),
    [
        (0xFFFF, "time-of-reception"),
        (36_001, "time-of-reception"),
        (NOW - 6_010, "position-time-doubted"),
        (NOW + 620, "position-time-doubted"),
    ],
)
def test_a_time_that_is_none_or_cannot_be_is_that_of_reception(tenths: int, code: str) -> None:
    positions, findings = RemoteIdDecoder().feed(o.beacon(packed(tenths=tenths)), T0)
    assert positions.time_us.tolist() == [T0]
    assert counts(findings)[code] == 1


WHERE = {
    "message": lambda p: p,
    "service-data": o.service_data,
    "advertisement": o.advertisement,
    "bluetooth": lambda p: o.bluetooth(p, extended=True),
    "hci": lambda p: o.hci_report(p, extended=True),
    "wifi": o.beacon,
    "radiotap": lambda p: o.radiotap(o.beacon(p)),
}


@pytest.mark.parametrize("layer", list(LAYERS))
@pytest.mark.parametrize("told", [True, False])
def test_every_layer_holds_the_same(layer: str, told: bool) -> None:
    frame = WHERE[layer](packed(geo=500.0, tenths=NOW))  # type: ignore[no-untyped-call]
    assert layer_of(frame) == layer
    found, said = decode(frame, **({"layer": layer} if told else {}))
    assert [(r["target_id"], r["alt_hae_m"], r["time_us"]) for r in found] == [(f"rid:{SERIAL}", 500.0, T0)]
    assert said == {"not-a-position": 1}


def test_single_messages_over_bluetooth_4_are_put_together_by_address() -> None:
    frames = [o.bluetooth(o.basic_id("A1"), 1), o.bluetooth(o.basic_id("B1"), 2)]
    frames += [o.bluetooth(o.location(47.0 + i, 8.0), 1 + i % 2) for i in range(4)]
    assert [row["target_id"] for row in decode(*frames)[0]] == ["rid:A1", "rid:B1"] * 2
    reports = [o.hci_report(o.basic_id("A1"), 1), o.hci_report(o.location(), 1)]
    assert [row["target_id"] for row in decode(*reports)[0]] == ["rid:A1"]


def test_without_an_id_the_address_names_the_aircraft() -> None:
    found, said = decode(o.nan_frame(o.location(), 0x0200000000AA), o.nan_frame(o.pack(o.location()), 1))
    assert [row["target_id"] for row in found] == ["rid:address:0200000000aa", "rid:address:000000000001"]
    assert said == {"id-unknown": 2, "time-of-reception": 2}


def test_without_id_and_address_there_is_no_row_unless_there_is_one_sender() -> None:
    found, said = decode(o.basic_id(SERIAL), o.location())
    assert (found, said) == ([], {"not-a-position": 1, "sender-unknown": 1})
    found, _ = decode(o.basic_id(SERIAL), o.location(), one_sender=True)
    assert [row["target_id"] for row in found] == [f"rid:{SERIAL}"]


def test_an_id_is_forgotten_after_a_time() -> None:
    step = _odid_senders.IDENTITY_AGE_US
    frames = [o.bluetooth(o.basic_id("A1"), 1), o.bluetooth(o.location(), 1), o.bluetooth(o.location(1), 1)]
    assert [row["target_id"] for row in decode(*frames, step_us=step)[0]] == [
        "rid:A1",
        "rid:address:000000000001",
    ]


def test_of_several_ids_the_serial_number_names() -> None:
    sid, uuid = b"\x01" + bytes(range(200, 219)), bytes(range(16))
    ids = [o.basic_id("HB-1", 2), o.basic_id(uuid, 3), o.basic_id(sid, 4), o.basic_id(SERIAL, 1)]
    names = [
        "rid:caa:HB-1", "rid:utm:00010203-0405-0607-0809-0a0b0c0d0e0f", f"rid:sid:{sid.hex()}",
        f"rid:{SERIAL}",
    ]  # fmt: skip
    for known in range(1, 5):
        frame = o.beacon(o.pack(*ids[:known], o.location()))
        assert [row["target_id"] for row in decode(frame)[0]] == [names[known - 1]]
    others = [o.basic_id("X", 0), o.basic_id("X", 5), o.basic_id("", 1), o.basic_id(bytes(20), 3)]
    assert decode(o.beacon(o.pack(*others, o.location())))[1]["id-unknown"] == 1


def test_ids_in_a_pack_go_before_what_the_address_has_sent() -> None:
    """A simulator, or one that sends for many, sends several aircraft from one address."""
    frames = [o.beacon(packed(lat, ident=ident)) for lat, ident in ((47.0, "A"), (48.0, "B"), (47.1, "A"))]
    found, said = decode(*frames)
    assert [row["target_id"] for row in found] == ["rid:A", "rid:B", "rid:A"]
    assert said["id-changed"] == 2


@pytest.mark.parametrize(
    ("ident", "name"),
    [
        (b"\x1b]0;x\x07", "rid:%1B%5D0%3Bx%07"),
        (b"A\0B", "rid:A%00B"),
        (b"<b>&\"'", "rid:%3Cb%3E%26%22%27"),
        (b"caa:X%41", "rid:caa%3AX%2541"),
        (b"\r\n\xff", "rid:%0D%0A%FF"),
        ("№1".encode(), "rid:%E2%84%961"),
        (b"AB  ", "rid:AB"),
    ],
)
def test_an_id_is_shown_as_plain_letters(ident: bytes, name: str) -> None:
    found, said = decode(o.beacon(o.pack(o.basic_id(ident), o.location())))
    assert found[0]["target_id"] == name
    assert ("id-unusual" in said) == ("%" in name)


@given(one_id=st.binary(max_size=20), other=st.binary(max_size=20), kinds=st.tuples(*[st.integers(1, 4)] * 2))
def test_distinct_ids_are_distinct_targets(one_id: bytes, other: bytes, kinds: tuple[int, int]) -> None:
    both = [_odid.BasicId(k, 2, d.ljust(20, b"\0")) for k, d in zip(kinds, (one_id, other), strict=True)]
    names = [_odid_senders.target_of(ident) for ident in both]
    used = [d.data[:16] if d.kind == 3 else d.data.rstrip(b"\0 ") if d.kind < 3 else d.data for d in both]
    assert (names[0] == names[1]) == (kinds[0] == kinds[1] and used[0] == used[1])
    assert all(name.isascii() and name.isprintable() and " " not in name for name in names)


def test_one_id_of_two_transmitters_far_apart_is_noticed() -> None:
    near = [o.beacon(packed(47.0 + i * 1e-4, tenths=NOW + 10 * i), 1 + i % 2) for i in range(4)]
    assert "id-of-two-senders" not in decode(*near)[1]
    far = [o.beacon(packed(47.0 + i % 2, tenths=NOW + 10 * i), 1 + i % 2) for i in range(4)]
    found, said = decode(*far)
    assert (len(found), said["id-of-two-senders"]) == (4, 3)
    across = [o.beacon(packed(0.001, lon, tenths=NOW), n) for n, lon in ((1, 179.9999), (2, -179.9999))]
    assert "id-of-two-senders" not in decode(*across)[1]


def test_a_message_told_once_more_is_the_same_report() -> None:
    frames = [o.beacon(packed(tenths=NOW)), o.beacon(packed(tenths=NOW), 2), o.nan_frame(packed(tenths=NOW))]
    found, said = decode(*frames)
    assert (len(found), said["position-repeated"]) == (1, 2)
    frames = [o.beacon(packed()), o.beacon(packed())]
    assert len(decode(*frames)[0]) == 2, "without a time of its own each is a report"


def test_the_place_of_the_operator_is_in_no_result() -> None:
    """Nor is the operator's id, nor the description."""
    messages = o.system(12.3456789, 98.7654321), o.operator_id("CHEsecret"), o.self_id("my name")
    frame = o.beacon(o.pack(o.basic_id(SERIAL), *messages, o.location()))
    decoder = RemoteIdDecoder("x")
    positions, findings = decoder.feed(frame, T0)
    said = f"{rows(positions)} {findings} {vars(decoder)} {vars(decoder._senders)}"
    assert not [word for word in ("12.34", "98.76", "secret", "my name") if word in said]
    assert set(positions.texts) == {"category", "source"}
    assert "callsign" in TEXTS


def test_authentication_is_counted() -> None:
    frame = o.beacon(o.pack(o.basic_id(SERIAL), *[o.authentication(page) for page in range(3)], o.location()))
    assert decode(frame)[1] == {
        "authentication-unverified": 3,
        "not-a-position": 4,
        "time-of-reception": 1,
    }


@pytest.mark.parametrize(
    ("payload", "said"),
    [
        (o.pack(o.location(), count=0), {"pack-invalid": 1}),
        (o.pack(o.location(), count=2), {"pack-invalid": 1}),
        (o.pack(*[o.location()] * 9, count=11), {"pack-invalid": 1}),
        (o.pack(o.location(), count=255), {"pack-invalid": 1}),
        (o.pack(o.location(), size=24), {"pack-invalid": 1}),
        (o.pack(o.location())[:-1], {"pack-invalid": 1}),
        (o.location()[:-1], {"pack-invalid": 1}),
        (o.location() + b"\0", {"pack-invalid": 1}),
        (b"", {"pack-invalid": 1}),
        (b"\xf2", {"pack-invalid": 1}),
        (o.pack(o.pack(o.location())[:25]), {"message-unknown": 1}),
        (o.pack(bytes([0x62]) + bytes(24)), {"message-unknown": 1}),
        (o.pack(o.location(version=3)), {"version-unknown": 1}),
        (o.basic_id(SERIAL, version=15), {"version-unknown": 1}),
        (o.pack(o.location(91.0, 8.0)), {"position-invalid": 1}),
        (o.pack(o.location(47.0, -180.5)), {"position-invalid": 1}),
    ],
)
def test_what_is_wrong_is_counted_and_no_row(payload: bytes, said: dict[str, int]) -> None:
    assert decode(o.beacon(payload)) == ([], said)


def test_a_pack_of_too_many_is_none() -> None:
    assert decode(o.pack(*[o.location()] * 11), layer="message")[1] == {"pack-invalid": 1}


def test_what_follows_a_pack_is_not_read() -> None:
    found, said = decode(o.beacon(packed() + o.location(1.0, 1.0)))
    assert ([row["lat_deg"] for row in found], said["not-a-position"]) == ([47.0], 1)


@pytest.mark.parametrize(
    "frame",
    [
        o.radiotap(o.beacon(packed()), spoil=True),
        o.radiotap(o.beacon(packed()), failed=True),
        o.bluetooth(packed())[:-1] + b"\0",
    ],
)
def test_a_frame_whose_checksum_is_wrong_gives_nothing(frame: bytes) -> None:
    assert decode(frame) == ([], {"checksum-wrong": 1})


@given(data=st.data(), where=st.sampled_from(["radiotap", "bluetooth"]))
def test_no_single_wrong_byte_behind_a_checksum_gives_a_row(data: st.DataObject, where: str) -> None:
    frame = bytearray(WHERE[where](packed()))  # type: ignore[no-untyped-call]
    place = data.draw(st.integers(18 if where == "radiotap" else 4, len(frame) - 1))
    frame[place] ^= data.draw(st.integers(1, 255))
    assert decode(bytes(frame), layer=where)[0] == []


@settings(max_examples=200)
@given(frame=st.binary(max_size=80), layer=st.sampled_from(["auto", *LAYERS]), data=st.data())
def test_any_bytes_are_counted(frame: bytes, layer: str, data: st.DataObject) -> None:
    whole = bytearray(data.draw(st.sampled_from([frame, *[make(packed()) for make in WHERE.values()]])))  # type: ignore[no-untyped-call]
    for _ in range(data.draw(st.integers(0, 5))):
        if whole:
            whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    decoder = RemoteIdDecoder("x", RemoteIdOptions(layer=layer))  # type: ignore[arg-type]
    positions, findings = decoder.feed(bytes(whole[: data.draw(st.integers(0, len(whole)))]), T0)
    positions.check()
    lost = sum(f.count for f in findings if f.severity == "rejected" or f.code == "not-a-position")
    assert len(positions) + lost == decoder.records


def test_only_so_many_senders_and_targets_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_odid_senders, "MOST_SENDERS", 10)
    monkeypatch.setattr(_odid_senders, "MOST_TARGETS", 10)
    decoder = RemoteIdDecoder("x")
    for number in range(1, 100):
        decoder.feed(o.beacon(packed(ident=f"N{number}"), number), T0)
    assert (len(decoder._senders._senders), len(decoder._senders._targets)) == (10, 10)


PACKETS = [
    (T0 + i * 1_000_000 + 7, o.radiotap(o.beacon(packed(47 + i * 1e-4, tenths=NOW + 10 * i))))
    for i in range(5)
]


def capture(data: bytes) -> tuple[list[dict[str, Any]], dict[str, int]]:
    decoder = RemoteIdCaptureDecoder("x")
    parts = [decoder.feed(data, T0 + HOUR_US), decoder.finish(T0 + HOUR_US)]
    return rows(concatenate([p for p, _ in parts])), counts([f for _, found in parts for f in found])


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("make", [o.pcap, o.pcapng])
def test_a_capture_of_either_kind_and_byte_order(make: Any, order: str) -> None:
    found, said = capture(make(PACKETS, 127, order))
    assert [row["time_us"] for row in found] == [T0 + i * 1_000_000 for i in range(5)]
    assert said == {"not-a-position": 5}


def test_times_of_a_capture_have_any_resolution() -> None:
    packets = [(T0 + 123_456, o.beacon(packed()))]
    for data in (
        o.pcap(packets, 105, nanoseconds=True),
        o.pcapng(packets, 105, resolution=9),
        o.pcapng(packets, 105, resolution=6),
    ):
        assert [row["time_us"] for row in capture(data)[0]] == [T0 + 123_456]


@pytest.mark.parametrize(
    ("link", "make"),
    [
        (105, o.beacon),
        (127, lambda p: o.radiotap(o.nan_frame(p))),
        (187, o.hci_report),
        (201, lambda p: bytes(4) + o.hci_report(p, extended=True)),
        (251, lambda p: o.bluetooth(p, extended=True)),
        (256, lambda p: bytes(8) + b"\x00\x0c" + o.bluetooth(p)),
    ],
)
def test_every_link_type(link: int, make: Any) -> None:
    found, _ = capture(o.pcap([(T0, make(packed()))], link))
    assert [row["target_id"] for row in found] == [f"rid:{SERIAL}"]


def test_a_bluetooth_packet_the_sniffer_found_damaged() -> None:
    frame = bytes(8) + b"\x00\x04" + o.bluetooth(packed())
    assert capture(o.pcap([(T0, frame)], 256))[1] == {"checksum-wrong": 1}


def test_a_packet_not_captured_whole_is_counted() -> None:
    data = bytearray(o.pcap(PACKETS[:1], 127))
    data[24 + 12 : 24 + 16] = (4000).to_bytes(4, "little")
    assert capture(bytes(data)) == ([], {"frame-cut-short": 1})


def test_other_traffic_is_no_position() -> None:
    assert capture(o.pcap([(T0, bytes(60))], 1))[1] == {"not-a-position": 1}
    assert capture(o.pcap([(T0, b"\x08\x02" + bytes(60))], 105))[1] == {"not-a-position": 1}


def test_after_bytes_that_are_no_capture_the_next_is_read() -> None:
    data = o.pcapng(PACKETS, 127)
    found, said = capture(b"no capture" * 1000 + data)
    assert (len(found), said["capture-broken"]) == (5, 1)
    found, said = capture(data[:-50] + data)
    assert (len(found), said["capture-broken"]) == (4 + 5, 1)


def test_a_block_too_long_does_not_wait_for_ever() -> None:
    reader = _pcap.PcapReader()
    data = bytearray(o.pcap(PACKETS, 127))
    data[24 + 8 : 24 + 12] = b"\xff\xff\xff\x7f"
    assert reader.feed(bytes(data)) == []
    assert reader.broken == 1
    assert len(reader._rest) < 12


def test_the_real_capture(shared: Path) -> None:
    data = (shared / "remoteid" / "parrot_anafi4_real.pcapng").read_bytes()
    found, said = capture(data)
    assert len(found) + said["position-repeated"] == 1140
    assert said["not-a-position"] == 3 * 385 + 5091 - 1140
    assert {row["target_id"] for row in found[2:]} == {"rid:1588E040445AC004418"}
    for row in found:
        assert 47.198 < row["lat_deg"] < 47.2
        assert 8.729 < row["lon_deg"] < 8.731
        assert [row[name] for name in ("alt_std_m", "alt_hae_m", "alt_agl_m", "pos_err_m")] == [None] * 4
        assert 0 < (row["received"] - row["time"]).total_seconds() < HOUR_US
    times = [row["time_us"] for row in found]
    assert times == sorted(set(times))
    assert 100e6 < times[-1] - times[0] < 130e6


def test_real_frames_as_datagrams_are_the_same_as_the_capture(shared: Path) -> None:
    data = (shared / "remoteid" / "parrot_anafi4_real.pcapng").read_bytes()
    decoder = RemoteIdDecoder("x")
    parts = [decoder.feed(p.data, p.time_us or 0) for p in _pcap.PcapReader().feed(data)]
    live = rows(concatenate([p for p, _ in parts]))
    recorded, _ = capture(data)
    same = [(row["target_id"], row["time_us"], row["lat_deg"], row["lon_deg"]) for row in recorded]
    assert same == [(row["target_id"], row["time_us"], row["lat_deg"], row["lon_deg"]) for row in live]


def test_real_frames_mutated_invent_no_position(shared: Path) -> None:
    """Every byte of a real frame behind its receiver's header changed in turn: its checksum tells."""
    data = (shared / "remoteid" / "parrot_anafi4_real.pcapng").read_bytes()
    packets = [p for p in _pcap.PcapReader().feed(data) if b"\xfa\x0b\xbc\x0d" in p.data][:3]
    for packet in packets:
        start = int.from_bytes(packet.data[2:4], "little")
        for place in range(start, len(packet.data)):
            frame = bytearray(packet.data)
            frame[place] ^= 1 << place % 8
            positions, findings = RemoteIdDecoder("x").feed(bytes(frame), T0)
            assert (len(positions), counts(findings)) == (0, {"checksum-wrong": 1})
        for end in range(len(packet.data)):
            positions, _ = RemoteIdDecoder("x").feed(packet.data[:end], T0)
            assert len(positions) == 0
