"""The verb coverage, and what check says of coverage, from files to answer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nofly
from nofly.cli import main
from nofly.proof.covering.coverage_words import TRANSPONDERS
from nofly.run.archive import write_table
from nofly.run.coverage import span_us, told
from nofly.run.outputs import coverage_picture
from nofly.schema import concatenate
from nofly.store.journal import Journal
from nofly.store.positions.store import PositionStore
from tests.proof.level_flights import START_US, flight, only

FROM, UNTIL = "2023-11-14T22:00:00Z", "2023-11-14T23:00:00Z"


@pytest.fixture
def tracks(tmp_path: Path) -> str:
    """Return a file of four flights from west to east, one of which is not received over 8° to 9° E."""
    flights = [
        flight(f"{k:06x}", (47.1, 5.0), (47.1, 11.0), from_us=START_US + k * 300_000_000) for k in range(4)
    ]
    flights[3] = concatenate([only(flights[3], 5.0, 8.0), only(flights[3], 9.5, 12.0)])
    path = tmp_path / "flights.parquet"
    write_table([concatenate(flights)], path)
    return str(path)


@pytest.fixture
def zones(tmp_path: Path) -> str:
    """Return a file of two zones, one where they fly and one beside it."""
    features = [
        {
            "type": "Feature",
            "properties": {"id": name, "name": name, "restriction": "PROHIBITED"},
            "geometry": {
                "type": "Polygon",
                "coordinates": [[[8.1, s], [8.4, s], [8.4, s + 0.2], [8.1, s + 0.2], [8.1, s]]],
            },
        }
        for name, s in (("HERE", 47.01), ("BESIDE", 45.01))
    ]
    path = tmp_path / "zones.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return str(path)


def _said(capsys: Any, *args: str) -> Any:
    assert main(["coverage", *args, "--format", "json", "-q"]) == 0
    return json.loads(capsys.readouterr().out)


def test_a_table(tracks: str, zones: str, capsys: Any) -> None:
    assert main(["coverage", tracks, "--zones", zones]) == 0
    out = capsys.readouterr().out
    assert "reports of 4 aircraft; asked for: 2023-11-14 22:00 to 2023-11-14 23:00 UTC, 1 of 1 hour" in out
    assert "above 30,000 ft     25" in out
    assert "Unknown: an aircraft with a transponder in BESIDE" in out
    assert TRANSPONDERS in out


def test_json_says_it_of_zones_bands_and_cells(tracks: str, zones: str, capsys: Any) -> None:
    said = _said(capsys, tracks, "--zones", zones)
    here, beside = said["zones"]
    assert beside["verdict"] == "unknown"
    assert here["numbers"]["bands"][-1]["by_verdict"]["seen"] == 2
    assert sum(one["seen"] for one in said["bands"]) == 25
    assert said["says_nothing_of"] == TRANSPONDERS
    assert said["reports"] == sum(said["heights"].values())
    assert {"south_deg", "west_deg", "north_deg", "east_deg", "hours"} == set(said["cells"][0])


def test_a_place_at_a_time(tracks: str, capsys: Any) -> None:
    place = ("--place", "47.1,8.1", "--at", "2023-11-14T22:16:00Z")
    for height, verdict in (("FL350", "seen"), ("35000ft", "seen"), ("1000m", "unknown")):
        assert _said(capsys, tracks, *place, "--height", height)["place"]["verdict"] == verdict
    assert _said(capsys, tracks, *place)["place"]["verdict"] == "unknown", "not every height is seen"


def test_what_a_watch_has_kept(tracks: str, tmp_path: Path, capsys: Any) -> None:
    positions = nofly.read_positions(tracks)
    with PositionStore(tmp_path / "state" / "positions") as store:
        store.add(positions)
        store.flush()
    kept = _said(capsys, "--state", str(tmp_path / "state"))
    assert kept["reports"] == len(positions)
    assert kept["bands"] == _said(capsys, tracks)["bands"]


def test_what_is_not_in_the_archive_yet_counts(tracks: str, tmp_path: Path, capsys: Any) -> None:
    positions = nofly.read_positions(tracks)
    with Journal(tmp_path / "state" / "journal") as journal:
        journal.append(0, positions)
        journal.commit()
    assert _said(capsys, "--state", str(tmp_path / "state"))["reports"] == len(positions)


def test_calibration(tracks: str, tmp_path: Path, capsys: Any) -> None:
    assert main(["coverage", tracks, "--calibrate"]) == 0
    assert "Hidden: half of the aircraft" in capsys.readouterr().out
    out = tmp_path / "trials.json"
    assert main(["coverage", tracks, "--calibrate", "--format", "json", "-o", str(out)]) == 0
    trials = json.loads(out.read_text())
    assert [trial["hidden"][:7] for trial in trials] == ["half of", "9 of 10", *["what is"] * 4]
    assert {line["verdict"] for line in trials[0]["verdicts"]} == {
        "seen", "could have been seen", "unknown", "could not have been seen"
    }  # fmt: skip


@pytest.mark.parametrize(
    "args",
    [
        [],
        ["--state", "nowhere"],
        ["t.csv", "--state", "s"],
        ["t.csv", "--height", "FL100"],
        ["t.csv", "--at", FROM, "--until", UNTIL],
        ["t.csv", "--from", UNTIL, "--until", FROM],
        ["t.csv", "--plot", "x.gif"],
        ["t.csv", "--plot", "no/such/folder/x.png"],
        ["t.csv", "--calibrate", "--place", "1,2"],
        ["t.csv", "--place", "91,0"],
        ["t.csv", "--place", "1,2", "--height", "high"],
    ],
)
def test_what_cannot_be_is_refused(args: list[str], capsys: Any) -> None:
    try:
        code: object = main(["coverage", *args])
    except SystemExit as refused:
        code = refused.code
    assert code == 2
    assert capsys.readouterr().err


@pytest.mark.parametrize("kind", ["png", "svg", "pdf"])
def test_a_picture(tracks: str, zones: str, tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"coverage.{kind}"
    assert main(["coverage", tracks, "--zones", zones, "--plot", str(path), "-q"]) == 0
    assert path.read_bytes()[:4] in (b"\x89PNG", b"<?xm", b"%PDF")


def test_a_picture_shows_every_verdict_and_nothing_overlaps(tracks: str, zones: str) -> None:
    coverage = nofly.check(nofly.read_positions(tracks), zones, coverage=True).coverage
    assert coverage is not None
    it = told(coverage, span_us(coverage), nofly.read_zones(zones).zones, None, (), ["flights"])
    drawn = coverage_picture.figure(it)
    drawn.canvas.draw()
    (legend,) = drawn.legends
    labels = [text.get_text() for text in legend.get_texts()]
    assert [label for label, *_ in coverage_picture.LEVELS[:-1]] == labels[:5]
    renderer = drawn.canvas.get_renderer()  # type: ignore[attr-defined]
    boxes = [text.get_window_extent(renderer) for text in drawn.texts]
    boxes += [axes.get_tightbbox(renderer) for axes in drawn.axes]
    boxes.append(legend.get_window_extent(renderer))
    for k, one in enumerate(boxes):
        assert one.x0 >= 0
        assert one.x1 <= drawn.bbox.x1
        assert not any(one.overlaps(other) for other in boxes[:k])


def test_what_a_cell_is_drawn_as() -> None:
    for verdicts, expected in (
        ([0, 0, 2], 0), ([0, 2, 2], 1), ([0, 2, 2, 2], 2), ([1, 2, 3], 3), ([3, 3, 2], 4), ([3, 2], 5),
        ([], 5),
    ):  # fmt: skip
        assert coverage_picture.level(np.array(verdicts, np.int64)) == expected


def test_without_a_report_nothing_is_drawn_wrong() -> None:
    coverage = nofly.check(concatenate([]), [], coverage=True).coverage
    if coverage is not None:
        coverage_picture.figure(told(coverage, None, (), None, (), [])).canvas.draw()


def test_check_says_what_could_have_been_seen(tracks: str, zones: str, capsys: Any) -> None:
    assert main(["check", "--zones", zones, tracks, "--coverage", "--format", "json"]) == 1
    said = json.loads(capsys.readouterr().out)["coverage"]
    assert [one["numbers"]["zone"] for one in said["zones"]] == ["HERE", "BESIDE"]
    assert main(["check", "--zones", zones, tracks, "--coverage", "-q"]) == 1
    out = capsys.readouterr().out
    assert "What could have been seen:" in out
    assert "Unknown: an aircraft with a transponder in BESIDE" in out
    assert main(["check", "--zones", zones, tracks, "-q", "--format", "json"]) == 1
    assert "coverage" not in json.loads(capsys.readouterr().out)


def test_a_gap_inside_a_zone_is_told_of(tracks: str, tmp_path: Path, capsys: Any) -> None:
    wide = {
        "type": "Feature",
        "properties": {"id": "WIDE", "restriction": "PROHIBITED"},
        "geometry": {
            "type": "Polygon",
            "coordinates": [[[7, 46.5], [10, 46.5], [10, 48], [7, 48], [7, 46.5]]],
        },
    }
    path = tmp_path / "wide.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [wide]}))
    assert main(["check", "--zones", str(path), tracks, "--coverage", "--explain", "all", "-q"]) == 1
    out = capsys.readouterr().out
    assert "it was not received; it could have been seen, and was not (of 12 places" in out
