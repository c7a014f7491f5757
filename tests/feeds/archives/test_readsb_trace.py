from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest

from nofly.errors import DecodeError, Finding
from nofly.feeds.archives import readsb_trace
from nofly.feeds.options import ArchiveOptions
from nofly.schema import Positions, concatenate

MORE = {
    "type": "adsb_icao",
    "flight": "DAL1812 ",
    "squawk": "4637",
    "nic": 8,
    "rc": 186,
    "nac_p": 10,
    "sil": 3,
}


def read(trace: object, **options: object) -> tuple[Positions, list[Finding]]:
    data = trace if isinstance(trace, bytes) else json.dumps(trace).encode()
    batches = list(readsb_trace.read(io.BytesIO(data), "x", ArchiveOptions(**options)))  # type: ignore[arg-type]
    return concatenate([p for p, _ in batches]), [f for _, found in batches for f in found]


def trace(*entries: object, **more: object) -> dict[str, object]:
    return {"icao": "ac671b", "timestamp": 1_700_000_000.5, "trace": list(entries), **more}


def test_the_real_trace(shared: Path) -> None:
    data = (shared / "traffic" / "readsb-trace_full_ac671b.json").read_bytes()
    assert readsb_trace.sniff(data[:65_536]) > 90
    positions, findings = read(data)
    positions.check()
    plain = json.loads(data)["trace"]
    assert len(positions) == len(plain) == 2500
    ground = np.array([e[3] == "ground" for e in plain])
    assert (positions.columns["on_ground"] == ground).all()
    assert np.isnan(positions.columns["alt_std_m"][ground]).all()
    heights = positions.columns["alt_std_m"][~ground] / 0.3048
    assert np.allclose(heights, [e[3] for e in plain if e[3] != "ground"])
    assert {f.code for f in findings} == {"position-after-gap"}
    assert findings[0].count == sum(e[6] & 1 for e in plain)
    assert positions.texts["callsign"].at(2499) == "DAL2927"
    assert positions.texts["source"].at(0) == "adsb"


def test_flags_of_geometric_height_and_new_leg() -> None:
    positions, _ = read(trace(
        [0, 47, 8, 1000, 100, 90, 0, 64, MORE], [5, 47, 8, 2000, 100, 90, 8, 64, None],
        [10, 47, 8, "ground", 10, 90, 2, 0, None],
    ))  # fmt: skip
    assert positions.time_us.tolist() == [1_700_000_000_500_000 + 5_000_000 * i for i in range(3)]
    assert positions.columns["alt_std_m"].tolist() == pytest.approx([304.8, np.nan, np.nan], nan_ok=True)
    assert positions.columns["alt_hae_m"].tolist() == pytest.approx([np.nan, 609.6, np.nan], nan_ok=True)
    assert positions.columns["on_ground"].tolist() == [0, -1, 1]
    assert positions.columns["track_deg"].tolist() == pytest.approx([90, 90, np.nan], nan_ok=True)
    assert [positions.texts["callsign"].at(i) for i in range(3)] == ["DAL1812", "DAL1812", None]


def test_quality_holds_for_a_while() -> None:
    positions, _ = read(trace([0, 47, 8, 1, 1, 1, 0, 0, MORE], [60, 47, 8, 1], [121, 47, 8, 1]))
    assert positions.columns["nac_p"].tolist() == [10, 10, -1]
    assert positions.columns["pos_err_m"].tolist() == pytest.approx([10, 10, np.nan], nan_ok=True)


def test_without_nacp_the_radius_of_containment_is_the_error() -> None:
    positions, _ = read(trace([0, 47, 8, 1, 1, 1, 0, 0, {"rc": 186, "nac_p": 0}]))
    assert positions.columns["pos_err_m"].tolist() == [186]


def test_a_private_aircraft_is_not_named_unless_told() -> None:
    entry = [0, 47, 8, 1000, 100, 90, 0, 64, MORE]
    positions, findings = read(trace(entry, dbFlags=8))
    assert "callsign" not in positions.texts
    assert [f.code for f in findings] == ["callsign-masked"]
    positions, findings = read(trace(entry, dbFlags=8), respect_privacy=False)
    assert (positions.texts["callsign"].at(0), findings) == ("DAL1812", [])


def test_broken_entries_are_counted() -> None:
    positions, findings = read(
        trace([0, 91, 8, 1], [0, None, 8, 1], "x", [1], [None, 47, 8], [1e300, 1, 1], [0, 47, 8])
    )
    assert len(positions) == 1
    assert {f.code: f.count for f in findings} == {
        "position-invalid": 1, "position-missing": 1, "record-broken": 2, "time-invalid": 2,
    }  # fmt: skip


@pytest.mark.parametrize(
    "data",
    [
        b'{"icao":"ac671b","timestamp":1,"trace":[',
        b"{}",
        b'{"icao":"zz","timestamp":1,"trace":[]}',
        b"[" * 10**5,
    ],
)
def test_what_is_no_trace_is_refused(data: bytes) -> None:
    with pytest.raises(DecodeError):
        read(data)


def test_a_trace_has_a_limit() -> None:
    with pytest.raises(DecodeError, match="too long"):
        read(trace([0, 47, 8]), max_document_bytes=10)
