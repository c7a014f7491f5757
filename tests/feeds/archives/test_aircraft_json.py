from __future__ import annotations

import io
import json

import pytest

from nofly.errors import DecodeError, Finding
from nofly.feeds.archives import aircraft_json
from nofly.feeds.options import ArchiveOptions
from nofly.schema import Positions, concatenate

NOW_S = 1_700_000_000.0


def read(data: object, **options: object) -> tuple[Positions, list[Finding]]:
    text = data if isinstance(data, bytes) else json.dumps(data).encode()
    batches = list(aircraft_json.read(io.BytesIO(text), "x", ArchiveOptions(**options)))  # type: ignore[arg-type]
    return concatenate([p for p, _ in batches]), [f for _, found in batches for f in found]


def aircraft(**more: object) -> dict[str, object]:
    return {"hex": "4ca7b3", "type": "adsb_icao", "lat": 47.0, "lon": 8.0, "seen_pos": 0.5, **more}


def snapshot(*entries: object, now_s: float = NOW_S) -> dict[str, object]:
    return {"now": now_s, "messages": 1, "aircraft": list(entries)}


def codes(findings: list[Finding]) -> dict[str, int]:
    return {f.code: f.count for f in findings}


def test_the_time_of_a_position_is_now_minus_its_age() -> None:
    positions, findings = read(snapshot(aircraft()))
    assert positions.time_us.tolist() == [1_699_999_999_500_000]
    assert findings == []


def test_an_aggregator_says_ac_and_milliseconds() -> None:
    positions, _ = read({"ac": [aircraft()], "now": NOW_S * 1000, "msg": "No error"})
    assert positions.time_us.tolist() == [1_699_999_999_500_000]


def test_units_and_datums() -> None:
    positions, _ = read(snapshot(aircraft(
        alt_baro=1000, alt_geom=1100, gs=100, track=359.9, baro_rate=-600, nic=8, nac_p=9, sil=3, rc=186,
        flight="SWR1  ", squawk="0033", category="A3",
    )))  # fmt: skip
    row = {name: column[0] for name, column in positions.columns.items()}
    assert row == pytest.approx({
        "alt_std_m": 304.8, "alt_hae_m": 335.28, "gs_mps": 51.44444, "track_deg": 359.9, "vrate_mps": -3.048,
        "pos_err_m": 30.0, "on_ground": 0, "nic": 8, "nac_p": 9, "sil": 3,
    })  # fmt: skip
    assert {n: t.at(0) for n, t in positions.texts.items()} == {
        "callsign": "SWR1", "squawk": "0033", "category": "A3", "source": "adsb",
    }  # fmt: skip


def test_ground_is_no_height() -> None:
    positions, _ = read(snapshot(aircraft(alt_baro="ground")))
    assert positions.columns["on_ground"].tolist() == [1]
    assert "alt_std_m" not in positions.columns


def test_where_a_position_comes_from() -> None:
    positions, _ = read(snapshot(
        aircraft(hex="~2a1b3c", type="tisb_other"), aircraft(hex="4ca7b4", mlat=["lat", "lon"]),
        aircraft(hex="4ca7b5", type="mode_s"),
    ))  # fmt: skip
    assert positions.target.values[0] == "tisb:~2a1b3c"
    assert [positions.texts["source"].at(i) for i in range(3)] == ["tisb", "mlat", None]


def test_a_repeated_position_is_counted_not_read() -> None:
    shots = [snapshot(aircraft(seen_pos=0.5 + i), now_s=NOW_S + i + 0.1 * (i % 2)) for i in range(5)]
    positions, findings = read(shots)
    assert (len(positions), codes(findings)) == (1, {"position-repeated": 4})
    moved = [snapshot(aircraft(lat=47 + i, seen_pos=0.5), now_s=NOW_S + i) for i in range(5)]
    assert len(read(moved)[0]) == 5
    parked = [snapshot(aircraft(seen_pos=0.1), now_s=NOW_S + 5 * i) for i in range(5)]
    assert len(read(parked)[0]) == 5


@pytest.mark.parametrize("form", ["lines", "pretty", "joined", "list"])
def test_snapshots_after_one_another(form: str) -> None:
    shots = [snapshot(aircraft(lat=40.0 + i), now_s=NOW_S + i) for i in range(4)]
    text = {
        "lines": "\n".join(map(json.dumps, shots)),
        "pretty": "\n".join(json.dumps(s, indent=2) for s in shots),
        "joined": "".join(map(json.dumps, shots)),
        "list": json.dumps(shots),
    }[form]
    assert aircraft_json.sniff(text.encode()) > 90
    assert read(text.encode())[0].lat_deg.tolist() == [40, 41, 42, 43]


def test_what_is_no_position_is_counted() -> None:
    positions, findings = read(
        snapshot(
            {"hex": "4ca7b3"},
            {"hex": "4ca7b4", "lastPosition": {"lat": 1, "lon": 2}},
            {"hex": "a", "rr_lat": 1, "rr_lon": 2},
            7,
            aircraft(hex="zz"),
            aircraft(lat=91),
            aircraft(lat="x"),
            aircraft(hex="4ca7b5", seen_pos=None),
            aircraft(hex="4ca7b6", gpsOkBefore=1.0),
        )
    )
    assert len(positions) == 2
    assert codes(findings) == {
        "not-a-position": 3,
        "record-broken": 1,
        "address-invalid": 1,
        "position-invalid": 1,
        "position-missing": 1,
        "position-age-unknown": 1,
        "gps-degraded": 1,
    }


def test_a_snapshot_without_a_time_has_no_positions() -> None:
    positions, findings = read({"aircraft": [aircraft()]})
    assert (len(positions), codes(findings)) == (0, {"time-invalid": 1})


@pytest.mark.parametrize("flag", [4, 8, 12])
def test_private_aircraft_are_not_named_unless_told(flag: int) -> None:
    entry = aircraft(flight="N1", dbFlags=flag)
    positions, findings = read(snapshot(entry))
    assert "callsign" not in positions.texts
    assert codes(findings) == {"callsign-masked": 1}
    assert read(snapshot(entry), respect_privacy=False)[0].texts["callsign"].at(0) == "N1"
    assert read(snapshot(aircraft(flight="N1", dbFlags=1)))[0].texts["callsign"].at(0) == "N1"


def test_a_snapshot_cut_off_is_refused() -> None:
    with pytest.raises(DecodeError):
        read(json.dumps(snapshot(aircraft())).encode()[:-3])
