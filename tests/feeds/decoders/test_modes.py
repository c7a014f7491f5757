from __future__ import annotations

import itertools
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nofly.errors import ConfigError, Finding
from nofly.feeds.decoders import _modes_fields as fields
from nofly.feeds.decoders._modes import ModesDecoder, ModesMessage
from nofly.schema import Positions, concatenate
from tests.feeds.decoders import mode_s
from tests.feeds.decoders.mode_s import airborne, reply, squitter, surface, velocity

T0 = 1_700_000_000_000_000
S = 1_000_000
PLACE = (49.0, 2.5)
FT, KT = 0.3048, 1852 / 3600


def decode(
    *frames: bytes, step_s: float = 0.5, **options: Any
) -> tuple[list[dict[str, Any]], dict[str, int]]:
    messages = [ModesMessage(data, T0 + round(i * step_s * S), i + 1) for i, data in enumerate(frames)]
    positions, findings = ModesDecoder(**options).feed(messages)
    positions.check()
    return positions.to_arrow().to_pylist(), counts(findings)


def counts(findings: list[Finding]) -> dict[str, int]:
    total: dict[str, int] = {}
    for finding in findings:
        total[finding.code] = total.get(finding.code, 0) + finding.count
    return total


def pair(**options: Any) -> list[bytes]:
    return [squitter(airborne(*PLACE, odd), **options) for odd in (False, True)]


def last(*frames: bytes, **options: Any) -> dict[str, Any]:
    """Return the row of a position that comes after some messages."""
    return decode(*pair(), *frames, squitter(airborne(*PLACE, False, **options)))[0][-1]


def test_a_pair_gives_a_position_with_altitude() -> None:
    rows, said = decode(*pair())
    (row,) = rows
    assert (row["lat_deg"], row["lon_deg"]) == pytest.approx(PLACE, abs=1e-4)
    assert row["alt_std_m"] == pytest.approx(38_000 * FT)
    assert row["target_id"] == "icao24:4ca7b3"
    assert row["on_ground"] is False
    assert row["source"] == "adsb"
    assert said == {"position-unresolved": 1}


@pytest.mark.parametrize("altitude", [0, 0x020, 0x040])
def test_an_altitude_not_available_is_null(altitude: int) -> None:
    assert last(altitude=altitude)["alt_std_m"] is None


def test_an_altitude_of_zero_feet_is_zero() -> None:
    steps = 1000 // 25
    code = (steps >> 4) << 5 | 0x10 | steps & 0xF
    assert last(altitude=code)["alt_std_m"] == 0.0


def test_altitude_codes_are_those_of_rs1090() -> None:
    rs1090 = pytest.importorskip("rs1090")
    codes = range(1, 1 << 12)
    messages = [squitter(11 << 51 | code << 36 | 1 << 17).hex() for code in codes]
    compared = 0
    for code, said in zip(codes, rs1090.decode(messages), strict=True):
        if said is not None and said["altitude"] is not None:
            ours = fields.altitude_of_squitter_m(code)
            assert ours == pytest.approx(said["altitude"] * FT), hex(code)
            compared += 1
    assert compared > 2500


def test_each_altitude_in_steps_of_100_feet_is_one_bit_from_the_next() -> None:
    codes = {fields.altitude_m(code): code for code in range(1 << 13) if not code & 0x50}
    codes.pop(None)
    heights = sorted(codes, key=lambda metres: metres or 0.0)
    assert [round((metres or 0.0) / FT) for metres in heights] == list(range(-1200, 126_701, 100))
    steps = itertools.pairwise(codes[metres] for metres in heights)
    assert all((one ^ other).bit_count() == 1 for one, other in steps)


def test_squawks_are_those_of_rs1090() -> None:
    rs1090 = pytest.importorskip("rs1090")
    codes = [code for code in range(1 << 13) if not code & 0x40]
    said = rs1090.decode([reply(5, code).hex() for code in codes])
    assert [fields.squawk(code) for code in codes] == [message["squawk"] for message in said]


@given(st.binary(min_size=14, max_size=14))
def test_the_remainder_is_that_of_long_division(data: bytes) -> None:
    frames = np.frombuffer(data + bytes(7) + data[:7], np.uint8).reshape(2, 14)
    assert fields.remainders(frames).tolist() == [mode_s.remainder(data), mode_s.remainder(data[:7])]


def test_a_velocity_is_in_metres_per_second() -> None:
    row = last(squitter(velocity(east=101, north=1, rate=11, difference=9)))
    assert row["gs_mps"] == pytest.approx(100 * KT)
    assert row["track_deg"] == pytest.approx(90.0)
    assert row["vrate_mps"] == pytest.approx(640 * FT / 60)
    assert row["alt_hae_m"] == pytest.approx((38_000 + 200) * FT)


@pytest.mark.parametrize(("east", "north"), [(0, 0), (0, 101), (101, 0)])
def test_a_velocity_without_information_is_null(east: int, north: int) -> None:
    row = last(squitter(velocity()), squitter(velocity(east=east, north=north, rate=0)))
    assert row["gs_mps"] is row["track_deg"] is row["vrate_mps"] is None


def test_an_aircraft_that_stands_still_has_no_track() -> None:
    row = last(squitter(velocity(east=1, north=1)))
    assert row["gs_mps"] == 0.0
    assert row["track_deg"] is None


@pytest.mark.parametrize("subtype", [0, 2, 3, 4, 5, 7])
def test_no_ground_speed_comes_of_another_velocity_message(subtype: int) -> None:
    assert last(squitter(velocity(subtype)))["gs_mps"] is None


@pytest.mark.parametrize(("difference", "feet"), [(0, None), (127, None), (1, 0), (9, 200), (128 | 9, -200)])
def test_the_geometric_height_is_above_the_pressure_altitude(difference: int, feet: int | None) -> None:
    row = last(squitter(velocity(difference=difference)))
    expected = None if feet is None else pytest.approx((38_000 + feet) * FT)
    assert row["alt_hae_m"] == expected


def test_a_geometric_height_alone_is_not_taken_for_a_pressure_altitude() -> None:
    row = last(kind=20)
    assert row["alt_std_m"] is None
    assert row["alt_hae_m"] is None


def test_callsign_and_category_are_kept() -> None:
    row = last(bytes.fromhex("8d406b902015a678d4d220aa4bda"))
    assert row["callsign"] is None
    name = 0x2 << 52 | 3 << 48 | 0x15A678D4D220
    row = last(squitter(name))
    assert (row["callsign"], row["category"]) == ("EZY85MH", "A3")
    row = last(squitter(name), squitter(4 << 51))
    assert (row["callsign"], row["category"]) == ("EZY85MH", "A3")


def test_replies_count_for_an_aircraft_that_is_known() -> None:
    row = last(reply(5, 0x0AAA), reply(4, 0x1838), altitude=0)
    assert row["squawk"] == "7700"
    assert row["alt_std_m"] == pytest.approx(38_000 * FT)
    rows, said = decode(reply(5, 0x0AAA, address=0x123456), *pair())
    assert rows[0]["squawk"] is None
    assert said["not-a-position"] == 1


def test_an_altitude_of_a_reply_grows_old() -> None:
    rows, _ = decode(*pair(), reply(4, 0x1838), *[squitter(airborne(*PLACE, False, 0))] * 2, step_s=4.0)
    assert [row["alt_std_m"] is None for row in rows[1:]] == [False, True]


def test_a_short_reply_may_be_padded() -> None:
    assert last(reply(5, 0x0AAA) + b"\x12" * 7)["squawk"] == "7700"


def test_status_gives_quality() -> None:
    version, nac_p, sil = 2, 9, 3
    row = last(squitter(31 << 51 | version << 13 | nac_p << 8 | sil << 4))
    assert (row["nic"], row["nac_p"], row["sil"], row["pos_err_m"]) == (8, 9, 3, 30.0)
    assert last()["pos_err_m"] == pytest.approx(185.2)
    assert last(kind=18)["pos_err_m"] is None
    assert (last(kind=16)["nic"], last(kind=16)["nac_p"]) == (1, None)


@pytest.mark.parametrize("version", [3, 7])
def test_a_status_of_an_unknown_version_gives_none(version: int) -> None:
    assert last(squitter(31 << 51 | version << 13 | 9 << 8 | 3 << 4))["nac_p"] is None


def test_surface_positions_need_a_reference() -> None:
    frames = [squitter(surface(*PLACE, odd)) for odd in (False, True)]
    assert decode(*frames) == ([], {"position-unresolved": 2})
    (row,), _ = decode(*frames, receiver=(48.5, 3.0))
    assert (row["lat_deg"], row["lon_deg"]) == pytest.approx(PLACE, abs=1e-4)
    assert row["on_ground"] is True
    assert row["gs_mps"] == pytest.approx(1.25 * KT)
    assert row["track_deg"] == 180.0
    rows, _ = decode(*pair(), *frames)
    assert [row["on_ground"] for row in rows] == [False, True, True]


def test_an_aircraft_that_cannot_tell_is_neither_on_ground_nor_not() -> None:
    (row,), _ = decode(*pair(first=17 << 3))
    assert row["on_ground"] is None


@pytest.mark.parametrize(
    ("control", "imf", "target", "source"),
    [
        (0, 0, "icao24:4ca7b3", "adsb"), (1, 0, "tisb:~4ca7b3", "adsb"), (2, 0, "icao24:4ca7b3", "tisb"),
        (2, 1, "tisb:~4ca7b3", "tisb"), (5, 0, "tisb:~4ca7b3", "tisb"), (6, 0, "icao24:4ca7b3", "adsb"),
        (6, 1, "tisb:~4ca7b3", "adsb"),
    ],
)  # fmt: skip
def test_who_sends_for_whom(control: int, imf: int, target: str, source: str) -> None:
    frames = [squitter(airborne(*PLACE, odd) | imf << 48, first=18 << 3 | control) for odd in (False, True)]
    (row,), _ = decode(*frames)
    assert (row["target_id"], row["source"]) == (target, source)


def test_the_source_of_an_address_of_its_own_choice_is_that_of_each_message() -> None:
    frames = [squitter(airborne(*PLACE, odd), first=18 << 3 | 5) for odd in (False, True)]
    frames += [squitter(airborne(*PLACE, odd) | 1 << 48, first=18 << 3 | 6) for odd in (False, True)]
    rows, _ = decode(*frames)
    assert {row["target_id"] for row in rows} == {"tisb:~4ca7b3"}
    assert [row["source"] for row in rows] == ["tisb", "adsb", "adsb"]


@pytest.mark.parametrize(
    ("control", "code"), [(3, "position-coarse"), (4, "not-a-position"), (7, "not-a-position")]
)
def test_what_is_no_fine_position_is_not_read_as_one(control: int, code: str) -> None:
    assert decode(*pair(first=18 << 3 | control)) == ([], {code: 2})


@pytest.mark.parametrize("control", [2, 6])
def test_an_aircraft_and_a_ground_station_that_sends_for_it_make_no_pair(control: int) -> None:
    even, odd = squitter(airborne(*PLACE, False)), squitter(airborne(*PLACE, True), first=18 << 3 | control)
    assert decode(even, odd) == ([], {"position-unresolved": 2})


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "frame-invalid"), (b"\x8d", "frame-invalid"), (bytes(13), "frame-invalid"),
        (pair()[0][:7], "frame-invalid"), (b"\x08" + bytes(13), "frame-invalid"),
        (pair()[0][:-1] + b"\0", "parity-wrong"), (b"\x5d\x39\x81\xe4\xff\xff\xff", "parity-wrong"),
        (squitter(airborne(*PLACE, False), address=0), "address-invalid"),
        (reply(4, 0x1838), "not-a-position"),
    ],
)  # fmt: skip
def test_what_is_no_position_is_counted(data: bytes, code: str) -> None:
    assert decode(data) == ([], {code: 1})


@pytest.mark.parametrize("time_us", [None, 0, -5, 1 << 62])
def test_a_message_without_a_time_is_rejected(time_us: int | None) -> None:
    positions, findings = ModesDecoder().feed([ModesMessage(data, time_us, 1) for data in pair()])
    assert (len(positions), counts(findings)) == (0, {"time-invalid": 2})


CONTENTS = st.one_of(
    st.integers(0, (1 << 56) - 1),
    st.builds(airborne, st.floats(48, 50), st.floats(2, 3), st.booleans(), st.integers(0, 4095)),
    st.builds(surface, st.floats(48, 50), st.floats(2, 3), st.booleans(), st.integers(0, 127)),
    st.builds(velocity, st.integers(0, 7), st.integers(0, 1023), st.integers(0, 1023), st.integers(0, 511)),
)
FRAMES = st.one_of(
    st.binary(max_size=16),
    st.builds(squitter, CONTENTS, st.sampled_from([1, 0x4CA7B3]), st.integers(17 << 3, (18 << 3) + 7)),
    st.builds(reply, st.sampled_from([0, 4, 5, 16, 20, 21]), st.integers(0, 0x1FFF)),
)


@settings(max_examples=60)
@given(st.lists(st.tuples(FRAMES, st.floats(-2, 20)), max_size=25), st.lists(st.integers(0, 25), max_size=5))
def test_every_message_is_a_row_or_counted_however_they_are_cut(
    steps: list[tuple[bytes, float]], places: list[int]
) -> None:
    messages, now = [], T0
    for number, (data, step_s) in enumerate(steps, 1):
        now += round(step_s * S)
        messages.append(ModesMessage(data, now, number, number))
    whole, findings = ModesDecoder().feed(messages)
    whole.check()
    said = counts(findings)
    said.pop("fields-unread", None)
    assert len(whole) + sum(said.values()) == len(messages)
    decoder = ModesDecoder()
    ends = sorted({0, len(messages), *(min(place, len(messages)) for place in places)})
    parts: list[Positions] = [decoder.feed(messages[a:b])[0] for a, b in itertools.pairwise(ends)] or [
        decoder.feed([])[0]
    ]
    assert concatenate(parts).to_arrow().equals(whole.to_arrow())


def test_rows_once_returned_do_not_change() -> None:
    decoder = ModesDecoder()
    messages = [ModesMessage(data, T0 + i * S, i) for i, data in enumerate([*pair(), *pair()])]
    first, _ = decoder.feed(messages)
    before = first.to_arrow()
    decoder.feed([ModesMessage(squitter(velocity()), T0 + 9 * S, 9), ModesMessage(pair()[0], T0 + 9 * S, 10)])
    assert first.to_arrow().equals(before)


def test_a_panic_of_the_library_costs_one_message(monkeypatch: pytest.MonkeyPatch) -> None:
    import rs1090

    class PanicException(BaseException):
        pass

    decode_fields, bad = rs1090.decode, squitter(velocity(2)).hex()

    def panicking(given: Any) -> Any:
        if given == bad or bad in given:
            raise PanicException("unwrap")
        return decode_fields(given)

    monkeypatch.setattr(rs1090, "decode", panicking)
    rows, said = decode(*pair(), squitter(velocity(2)), squitter(velocity()), pair()[0])
    assert rows[-1]["gs_mps"] == pytest.approx(100 * KT)
    assert said["fields-unread"] == 1


def test_without_rs1090_the_error_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rs1090", None)
    with pytest.raises(ConfigError, match=r"capture\.bin.*rs1090.*pip install"):
        ModesDecoder("capture.bin")
