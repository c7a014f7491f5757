from __future__ import annotations

import json
from typing import Any

import pytest

from nofly.feeds.decoders import opensky

T0_S = 1_700_000_000


def state(**more: Any) -> list[Any]:
    """Return a state of 18 values by the names of OpenSky's documentation."""
    told: dict[str, Any] = {
        "icao24": "4ca7b3", "callsign": "KLM123  ", "origin_country": "Ireland", "time_position": T0_S - 4,
        "last_contact": T0_S, "longitude": 2.5, "latitude": 49.0, "baro_altitude": 3048.0, "on_ground": False,
        "velocity": 200.5, "true_track": 90.25, "vertical_rate": -3.25, "sensors": None,
        "geo_altitude": 3100.0, "squawk": "7000", "spi": False, "position_source": 0, "category": 4, **more,
    }  # fmt: skip
    return list(told.values())


def decode(*states: Any, decoder: Any = None) -> tuple[list[dict[str, Any]], dict[str, int]]:
    body = json.dumps({"time": T0_S, "states": list(states)}).encode()
    positions, findings = (decoder or opensky.decoder({}, "feed")).feed(body, T0_S * 10**6)
    return positions.to_arrow().to_pylist(), {f.code: f.count for f in findings}


def test_a_state() -> None:
    (row,), said = decode(state())
    assert not said
    expected = {
        "target_id": "icao24:4ca7b3", "callsign": "KLM123", "squawk": "7000", "category": "A3",
        "lat_deg": 49.0, "lon_deg": 2.5, "alt_std_m": 3048.0, "alt_hae_m": 3100.0, "alt_amsl_m": None,
        "on_ground": False,
        "gs_mps": 200.5, "track_deg": 90.25, "vrate_mps": -3.25, "source": "adsb", "raw": 0,
    }  # fmt: skip
    assert {name: row[name] for name in expected} == expected
    assert row["time"].timestamp() == T0_S - 4
    assert row["received"].timestamp() == T0_S


def test_a_state_without_the_extended_column() -> None:
    (row,), _ = decode(state()[:17])
    assert (row["category"], row["source"]) == (None, "adsb")


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"position_source": 1}, {"source": "system-track"}),
        ({"position_source": 2}, {"source": "mlat"}),
        ({"position_source": 3}, {"source": "flarm"}),
        ({"position_source": 9}, {"source": None}),
        ({"baro_altitude": None, "geo_altitude": None}, {"alt_std_m": None, "alt_hae_m": None}),
        (
            {"callsign": None, "squawk": None, "velocity": None},
            {"callsign": None, "squawk": None, "gs_mps": None},
        ),
        ({"callsign": "        ", "squawk": "9999"}, {"callsign": None, "squawk": None}),
        ({"on_ground": True}, {"on_ground": True}),
        ({"on_ground": None}, {"on_ground": None}),
        ({"category": 0}, {"category": None}),
        ({"category": 14}, {"category": "B6"}),
    ],
)
def test_what_is_null_stays_null(more: dict[str, Any], expected: dict[str, Any]) -> None:
    (row,), _ = decode(state(**more))
    assert {name: row[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (state(time_position=None), "not-a-position"),
        (state(latitude=None, longitude=None), "not-a-position"),
        (state(latitude=None), "position-missing"),
        (state(latitude=90.5), "position-invalid"),
        (state(time_position="x"), "time-invalid"),
        (state(time_position=-5), "time-invalid"),
        (state(icao24="4ca7b"), "address-invalid"),
        (state(icao24=None), "address-invalid"),
        (state()[:16], "record-broken"),
        ({"icao24": "4ca7b3"}, "record-broken"),
    ],
)
def test_every_state_is_counted(given: Any, code: str) -> None:
    assert decode(given) == ([], {code: 1})


def test_a_position_that_is_told_again_is_no_new_one() -> None:
    decoder = opensky.decoder({}, "feed")
    assert len(decode(state(), decoder=decoder)[0]) == 1
    assert decode(state(last_contact=T0_S + 5), decoder=decoder) == ([], {"position-repeated": 1})
    assert len(decode(state(time_position=T0_S + 6), decoder=decoder)[0]) == 1
    assert decoder.records == 3


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"time": 1, "states": 5}', b"[" * 100_000, b"\xff"])
def test_a_body_that_is_broken_is_one_record(body: bytes) -> None:
    decoder = opensky.decoder({}, "feed")
    positions, (finding,) = decoder.feed(body, 1)
    assert (len(positions), finding.code, finding.count, decoder.records) == (0, "record-broken", 1, 1)


def test_no_aircraft_at_all_is_no_fault() -> None:
    decoder = opensky.decoder({}, "feed")
    assert decoder.feed(b'{"time": 1700000000, "states": null}', 1)[1] == []
