"""Recorded traffic through the loop: what it answers, and where it begins."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from nofly.config import Config
from nofly.errors import ConfigError
from nofly.run.warnings.rehearsal import exit_code, plan_rehearsal, rehearse
from nofly.store.capture import Capture

ZONE = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "properties": {"id": "Z1"},
            "geometry": {"type": "Polygon", "coordinates": [[[8, 46], [9, 46], [9, 47], [8, 47], [8, 46]]]},
        }
    ],
}
START_US = 1_533_115_440_000_000


def _judged(stay: str, status: str, certainty: str) -> dict[str, Any]:
    return {"kind": "judged", "stay": stay, "status": status, "certainty": certainty}


@pytest.mark.parametrize(
    ("bodies", "code"),
    [
        ([], 0),
        ([{"kind": "entered"}], 0),
        ([_judged("a", "exempt", "confirmed")], 0),
        ([_judged("a", "infringement", "undetermined")], 3),
        ([_judged("a", "infringement", "undetermined"), _judged("b", "infringement", "probable")], 1),
        ([_judged("a", "infringement", "confirmed"), _judged("a", "suspect", "confirmed")], 0),
        ([_judged("a", "infringement", "undetermined"), _judged("a", "infringement", "confirmed")], 1),
    ],
)
def test_the_exit_code_is_that_of_a_check(bodies: list[dict[str, Any]], code: int) -> None:
    assert exit_code(bodies) == code
    assert exit_code(bodies, zones_not_read=1) == (code or 3)


@pytest.fixture
def zones(tmp_path: Path) -> str:
    path = tmp_path / "zones.geojson"
    path.write_text(json.dumps(ZONE))
    return str(path)


@pytest.fixture
def tracks(tmp_path: Path) -> Path:
    """Return a folder with one file of an aircraft that flies through the zone in a minute and a half."""
    folder = tmp_path / "tracks %41"
    folder.mkdir()
    rows = [
        {"time_us": START_US + k * 5_000_000, "icao24": "4b1806", "lat_deg": 46.5, "lon_deg": 7.9 + 0.06 * k,
         "alt_std_m": 1000.0, "gs_mps": 920.0, "track_deg": 90.0}
        for k in range(24)
    ]  # fmt: skip
    (folder / "a b.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


def test_a_capture_is_replayed_as_the_file_is(tmp_path: Path, zones: str, tracks: Path) -> None:
    capture = Capture(tmp_path / "capture")
    capture.begin("north", "jsonl", {}, finish_each=False)
    lines = (tracks / "a b.jsonl").read_bytes().splitlines(keepends=True)
    for number, line in enumerate(lines):
        capture.write("north", line, START_US + number * 5_000_000, opened=number == 0)
    capture.close()
    told = _told(zones, tracks)
    assert {body["kind"] for body in told} >= {"entered", "exited", "judged"}
    assert _told(zones, tmp_path / "capture") == told


def test_a_recording_that_is_not_there_or_holds_nothing_is_an_error(tmp_path: Path, zones: str) -> None:
    with pytest.raises(ConfigError, match="is not there"):
        plan_rehearsal(Config(), [zones], [str(tmp_path / "none")], tmp_path / "state")


def _told(zones: str, recording: Path) -> list[dict[str, Any]]:
    bodies: list[dict[str, Any]] = []
    plan = plan_rehearsal(
        Config(), [zones], [str(recording)], recording.parent / f"state of {recording.name}"
    )
    rehearse(plan, bodies.extend)
    return bodies
