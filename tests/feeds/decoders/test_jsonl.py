from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nofly.feeds.decoders import jsonl
from nofly.schema import arrow_schema

T0_US = 1_700_000_000_000_000
GOOD = {"time_us": T0_US, "target_id": "icao24:4ca7b3", "lat_deg": 50.5, "lon_deg": 14.25}
FULL = {
    **GOOD, "callsign": "KLM1", "squawk": "7000", "category": "A3", "alt_std_m": 3048.0, "alt_hae_m": 3100.5,
    "alt_amsl_m": 3050.0, "alt_agl_m": 2800.0, "on_ground": False, "gs_mps": 200.0, "track_deg": 90.0,
    "vrate_mps": -3.0, "pos_err_m": 30.0, "alt_err_m": 15.0, "nic": 8, "nac_p": 9, "sil": 3, "source": "adsb",
    "station": "home",
}  # fmt: skip


def decode(*lines: Any) -> tuple[list[dict[str, Any]], dict[str, int]]:
    decoder = jsonl.decoder({}, "feed")
    data = "".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines).encode()
    positions, findings = decoder.feed(data, T0_US + 7)
    assert decoder.records == len(lines)
    return positions.to_arrow().to_pylist(), {f.code: f.count for f in findings}


def test_every_column_comes_through() -> None:
    (row,), said = decode(FULL)
    assert not said
    assert {n: row[n] for n in FULL if n != "time_us"} == {n: v for n, v in FULL.items() if n != "time_us"}
    assert (row["time"].timestamp(), row["raw"]) == (T0_US / 1e6, 0)
    assert row["received"].microsecond == 7
    assert set(row) == {*FULL, "time", "received", "raw"} - {"time_us"} == {f.name for f in arrow_schema()}


def test_what_is_left_out_is_null() -> None:
    (row,), _ = decode({**GOOD, "nic": None})
    assert {n for n, v in row.items() if v is not None} == {
        "time", "received", "target_id", "lat_deg", "lon_deg", "raw",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ({**GOOD, "time_us": None, "time": "2023-11-14T23:13:20+01:00"}, {"target_id": "icao24:4ca7b3"}),
        ({**GOOD, "target_id": None, "icao24": "4CA7B4"}, {"target_id": "icao24:4ca7b4"}),
        (
            {**GOOD, "target_id": "rid:1581F5BKD2231", "source": "remote-id"},
            {"target_id": "rid:1581F5BKD2231"},
        ),
        ({**GOOD, "nac_p": 9}, {"pos_err_m": 30.0}),
        ({**GOOD, "raw": 99, "received": "whenever", "received_us": 1}, {"raw": 0}),
        ({**GOOD, "lat_deg": 50}, {"lat_deg": 50.0}),
    ],
)
def test_what_may_stand_for_another(line: dict[str, Any], expected: dict[str, Any]) -> None:
    (row,), _ = decode(line)
    assert {name: row[name] for name in expected} == expected
    assert row["time"].timestamp() == T0_US / 1e6


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ({**GOOD, "lat": 5}, "record-broken"),
        ({**GOOD, "lat_deg": "50.5"}, "record-broken"),
        ({**GOOD, "nic": 12}, "record-broken"),
        ({**GOOD, "nic": 8.5}, "record-broken"),
        ({**GOOD, "gs_mps": -1}, "record-broken"),
        ({**GOOD, "alt_std_m": 1e9}, "record-broken"),
        ({**GOOD, "on_ground": 0}, "record-broken"),
        ({**GOOD, "squawk": "7008"}, "record-broken"),
        ({**GOOD, "source": "radar"}, "record-broken"),
        ({**GOOD, "target_id": "4ca7b3"}, "record-broken"),
        ({**GOOD, "target_id": "x: y"}, "record-broken"),
        ({**GOOD, "callsign": "x" * 65}, "record-broken"),
        ({**GOOD, "time_us": None, "time": "2023-11-14T22:13:20"}, "record-broken"),
        (json.dumps(GOOD).replace("50.5", "NaN"), "record-broken"),
        (json.dumps(GOOD).replace("50.5", "1e999"), "record-broken"),
        (json.dumps(GOOD)[:-1], "record-broken"),
        (json.dumps([GOOD]), "record-broken"),
        ("[" * 10_000, "record-broken"),
        ("hello", "record-broken"),
        ("x" * 20_000, "line-too-long"),
        ({**GOOD, "lat_deg": 90.1}, "position-invalid"),
        ({**GOOD, "lon_deg": None}, "position-missing"),
        ({**GOOD, "time_us": None}, "time-invalid"),
        ({**GOOD, "time_us": 0}, "time-invalid"),
        ({**GOOD, "target_id": None}, "address-invalid"),
        ({**GOOD, "target_id": None, "icao24": "4ca7"}, "address-invalid"),
    ],
)
def test_a_line_that_is_no_position_is_counted(line: Any, code: str) -> None:
    assert decode(line) == ([], {code: 1})


def test_the_first_broken_line_says_why_for_all_of_a_call() -> None:
    decoder = jsonl.decoder({}, "feed")
    lines = [GOOD, {**GOOD, "nic": 12}, {**GOOD, "lat": 5}]
    _, (finding,) = decoder.feed("".join(json.dumps(line) + "\n" for line in lines).encode(), T0_US)
    assert (finding.count, finding.locator) == (2, f"byte {len(json.dumps(GOOD)) + 1}")
    assert "$.nic" in finding.message


@given(
    st.dictionaries(st.sampled_from([*FULL, "time", "icao24", "raw"]), st.from_type(object) | st.integers())
)
def test_any_object_is_a_row_or_a_finding(values: dict[str, Any]) -> None:
    line = json.dumps({**GOOD, **values}, default=str)
    rows, said = decode(line)
    assert len(rows) + sum(said.values()) == 1
