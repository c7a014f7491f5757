from __future__ import annotations

import gzip
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nofly.errors import DecodeError, Finding, Severity
from nofly.feeds.archives import modes_jsonl
from nofly.feeds.faults import NOT_ROWS
from nofly.feeds.options import ArchiveOptions
from nofly.schema import Positions, concatenate
from nofly.units import M_PER_FT, MPS_PER_KT

SAMPLE = Path(__file__).parents[2] / "data" / "tracks" / "modes_jsonl" / "take-off.jsonl"
CDG = (49.0, 2.55)
AGREE_M = 1.0


def read(data: bytes, **options: Any) -> tuple[Positions, list[Finding]]:
    batches = list(modes_jsonl.read(io.BytesIO(data), "x.jsonl", ArchiveOptions(**options)))
    return concatenate([positions for positions, _ in batches]), [f for _, said in batches for f in said]


def counts(findings: list[Finding]) -> dict[str, int]:
    total: dict[str, int] = {}
    for finding in findings:
        total[finding.code] = total.get(finding.code, 0) + finding.count
    return total


def test_only_time_and_frame_are_believed() -> None:
    lines = [json.loads(line) for line in SAMPLE.read_text().splitlines()]
    lied = [{**line, "icao24": "000001", "latitude": 1.0, "df": "0", "altitude": 9} for line in lines]
    data = "\n".join(map(json.dumps, lied)).encode()
    ours, theirs = read(data)[0], read(SAMPLE.read_bytes())[0]
    assert len(ours) > 15
    assert ours.to_arrow().equals(theirs.to_arrow())


def test_broken_records_are_counted_each_as_what_it_is() -> None:
    _, findings = read(SAMPLE.read_bytes())
    said = counts(findings)
    assert (said["parity-wrong"], said["frame-invalid"], said["time-invalid"]) == (1, 1, 1)
    assert {f.code: f.locator for f in findings}["parity-wrong"] == "object 21"


@pytest.mark.parametrize("frame", ["", "zz", "8d39 3322 580940aa0a8e4d4f6250", "8d", "8D" * 40, "é" * 28])
def test_a_frame_that_is_no_hexadecimal_message_is_rejected(frame: str) -> None:
    line = json.dumps({"timestamp": 1720249163.1, "frame": frame}).encode()
    assert counts(read(line)[1]) == {"frame-invalid": 1}


@pytest.mark.parametrize("timestamp", [None, -1, 0, 1e300, 1e18])
def test_a_time_that_is_none_is_rejected(timestamp: float | None) -> None:
    line = json.dumps({"timestamp": timestamp, "frame": "8d393322580940aa0a8e4d4f6250"}).encode()
    assert counts(read(line)[1]) == {"time-invalid": 1}


def test_a_file_cut_off_says_so() -> None:
    data = SAMPLE.read_bytes()[:-30]
    assert counts(read(data)[1])["record-broken"] == 1
    with pytest.raises(DecodeError):
        read(b"8d393322580940aa0a8e4d4f6250\n")


@pytest.fixture(scope="module")
def flight(shared: Path) -> tuple[bytes, list[dict[str, Any]]]:
    """Return a whole flight's messages, and the same as decoded by others."""
    data = gzip.decompress((shared / "modes" / "full_flight_short.jsonl.gz").read_bytes())
    return data, [json.loads(line) for line in data.splitlines()]


def by_time(lines: list[dict[str, Any]], kind: str) -> dict[int, dict[str, Any]]:
    return {round(line["timestamp"] * 1e6): line for line in lines if line.get("bds") == kind}


@pytest.mark.parametrize(("receiver", "airborne", "ground"), [(None, 6440, 500), (CDG, 6450, 1860)])
def test_a_real_flight_agrees_with_its_decoded_positions(
    flight: tuple[bytes, list[dict[str, Any]]],
    receiver: tuple[float, float] | None,
    airborne: int,
    ground: int,
) -> None:
    data, lines = flight
    positions, findings = read(data, receiver=receiver)
    not_rows = sum(f.count for f in findings if f.severity is Severity.REJECTED or f.code in NOT_ROWS)
    assert len(positions) + not_rows == len(lines) == 57_793
    assert set(positions.target.values) == {"icao24:393322"}
    for on_ground, kind, fewest in ((0, "05", airborne), (1, "06", ground)):
        given = by_time(lines, kind)
        rows = positions.take(np.flatnonzero(positions.columns["on_ground"] == on_ground))
        assert len(rows) >= fewest
        theirs = [given[int(time_us)] for time_us in rows.time_us]
        lat, lon = (np.array([line[name] for line in theirs]) for name in ("latitude", "longitude"))
        off_m = 111_320 * np.hypot(rows.lat_deg - lat, (rows.lon_deg - lon) * np.cos(np.radians(lat)))
        assert off_m.max() < AGREE_M
        if kind == "05":
            heights = np.array([line["altitude"] for line in theirs]) * M_PER_FT
            np.testing.assert_allclose(rows.columns["alt_std_m"], heights, atol=1e-6)


def test_a_real_flight_agrees_with_its_other_fields(flight: tuple[bytes, list[dict[str, Any]]]) -> None:
    data, lines = flight
    positions, _ = read(data, receiver=CDG)
    last: dict[str, Any] = {}
    known: dict[int, dict[str, Any]] = {}
    for line in lines:
        for name in ("callsign", "squawk"):
            if name in line and line["df"] in ("17", "5", "21"):
                last[name] = line[name] if name == "squawk" or line["df"] == "17" else last.get(name)
        for name in ("groundspeed", "track", "vertical_rate"):
            if line.get("bds") == "09" and name in line:
                last[name] = line[name]
        if line.get("bds") in ("05", "06"):
            known[round(line["timestamp"] * 1e6)] = dict(last)
    for name in ("callsign", "squawk"):
        text = positions.texts[name]
        pairs = [(known[int(t)].get(name), text.at(row)) for row, t in enumerate(positions.time_us)]
        assert sum(theirs == ours for theirs, ours in pairs) > 0.95 * len(pairs)
        assert all(ours is None or theirs == ours for theirs, ours in pairs)
    flying = np.flatnonzero(positions.columns["on_ground"] == 0)[20:]
    speed = positions.columns["gs_mps"]
    for row in flying[~np.isnan(speed[flying])]:
        theirs = known[int(positions.time_us[row])]["groundspeed"]
        assert speed[row] == pytest.approx(theirs * MPS_PER_KT)
