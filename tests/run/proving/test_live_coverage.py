"""What could have been seen round an incident of a watch: shown, exported, and in its package."""

from __future__ import annotations

import base64
import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from nofly import __version__
from nofly.cli import main
from nofly.proof.coverage import Coverage
from nofly.proof.package import Making, opened
from nofly.proof.packing.canonical import parsed
from nofly.proof.packing.container import packed
from nofly.proof.packing.steps import Outcome
from nofly.run.proving import covered as covering
from nofly.run.proving.covered import case_covered
from nofly.run.proving.live import package
from nofly.run.proving.making_apart import Apart, made_apart
from nofly.run.proving.sighted import TABLE
from nofly.run.proving.verify import verify
from nofly.zones.model import Circle, Volume, Zone
from tests.run.proving.test_live_case import brought_lines, lines, log_of, only, recorded, through
from tests.run.watches import RING

LATER = range(0, 600, 5)


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """Return the state of a watch that saw one fly through the ring, and another beside it before."""
    before = lines("icao24:4b0002", range(-600, 0, 5), lambda s: 14.5 + (s + 300) * 0.001, alt_std_m=1000.0)
    recorded(brought_lines([*before, *through(LATER)]), [RING], tmp_path / "state")
    return tmp_path / "state"


def _name(state: Path) -> str:
    return only(state, log_of(state)).incident.id


def test_it_is_shown(state: Path, capsys: Any) -> None:
    name = _name(state)
    assert main(["incidents", "show", name, "--state", str(state)]) == 0
    assert "could have been seen" not in capsys.readouterr().out
    assert main(["incidents", "show", name, "--state", str(state), "--coverage"]) == 0
    out = capsys.readouterr().out
    assert "\nWhat could have been seen: " in out
    assert f"an aircraft with a transponder in {RING.id}" in out
    assert "240 reports that the watch kept round the zone" in out


def test_it_is_exported(state: Path, capsys: Any) -> None:
    name = _name(state)
    for form in ("json", "csv"):
        assert main(["incidents", "export", name, "--state", str(state), "--format", form]) == 0
        assert "coverage" not in capsys.readouterr().out
    assert main(["incidents", "export", "--state", str(state), "--coverage", "--format", "json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)["verdicts"]
    assert row["coverage"] in ("seen", "could have been seen", "unknown")
    assert main(["incidents", "export", "--state", str(state), "--coverage", "--format", "csv"]) == 0
    (told,) = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert told["coverage"] == row["coverage"]
    assert told["coverage_notes"] == " | ".join(row["coverage_notes"])


def test_it_is_in_the_package_of_the_command_and_of_the_page(
    state: Path, tmp_path: Path, capsys: Any
) -> None:
    name, out = _name(state), tmp_path / "case.nofly.zip"
    assert main(["incidents", "export", name, "-o", str(out), "--state", str(state)]) == 0
    files = opened(out.read_bytes()).files
    statement = parsed(files["coverage.json"], "")
    assert {"verdict", "sentences", "numbers"} == set(statement)
    assert statement == case_covered(state, only(state, log_of(state))).statement
    assert b"What could have been seen" in files["report.html"]
    made = made_apart(Apart(state, name, "anna"))
    assert parsed(opened(made.data).files["coverage.json"], "") == statement
    found = verify(out.read_bytes())
    again, rest = (s for s in found.steps if s.subject == "coverage")
    assert (again.outcome, again.place) == (Outcome.AGREES, "coverage.json")
    assert (rest.outcome, rest.place) == (Outcome.NOTE, TABLE)
    assert "the 240 reports that this table counts, from " in rest.message
    assert not [s for s in found.steps if s.outcome is Outcome.DIFFERS]
    # No file of the zone is at hand.
    assert {s.subject for s in found.steps if s.outcome is Outcome.UNCHECKED} <= {"zones"}
    assert main(["incidents", "export", name, "-o", str(out), "--state", str(state), "--only-target"]) == 0
    assert TABLE not in opened(out.read_bytes()).files
    (step,) = (s for s in verify(out.read_bytes()).steps if s.subject == "coverage")
    assert "neither the traffic that it is told from nor a table" in step.message


def test_a_statement_on_an_incident_that_does_not_follow_from_its_table_is_found(state: Path) -> None:
    case = only(state, log_of(state))
    seen = case_covered(state, case)
    assert seen.statement is not None
    for name, value in {"verdict": "seen", "sentences": ["Nothing."], "numbers": {}}.items():
        other = seen._replace(statement={**seen.statement, name: value})
        steps = verify(packed(package(case, Making(__version__), None, other))).steps
        (step,) = (s for s in steps if s.outcome is Outcome.DIFFERS)
        assert (step.subject, step.place) == ("coverage", "coverage.json"), name


@pytest.mark.parametrize("name", ["reports", "minutes", "last_us"])
def test_sightings_that_were_altered_and_no_longer_give_the_statement_are_found(
    state: Path, name: str
) -> None:
    """By whoever makes the package, under a manifest that fits them."""
    case = only(state, log_of(state))
    seen = case_covered(state, case)
    assert seen.coverage is not None
    rows = seen.coverage.rows().copy()
    if name == "reports":
        rows[name] += 1
    elif name == "minutes":
        rows[name] = 1
    else:
        rows = rows[rows["aircraft"] == rows["aircraft"][0]]
    document = seen.coverage.as_json()
    document |= {"rows": len(rows), "table": base64.b64encode(rows.tobytes()).decode()}
    other = seen._replace(coverage=Coverage.from_json(document))
    steps = verify(packed(package(case, Making(__version__), None, other))).steps
    (step,) = (s for s in steps if s.outcome is Outcome.DIFFERS)
    assert (step.subject, step.place) == ("coverage", "coverage.json")
    assert "the table of sightings gives another statement" in step.message


def test_where_too_much_is_kept_the_package_says_why_there_is_none(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(covering, "MOST_ROWS", 10)
    case = only(state, log_of(state))
    assert case_covered(state, case).statement is None
    assert "more than 10 positions are kept" in case.why[-1]


@pytest.mark.parametrize(
    ("lat_deg", "lon_deg", "inside", "outside"),
    [
        (47.0, 8.0, (47.0, 8.0), (47.0, 18.0)),
        (10.0, 179.9, (10.0, -178.5), (10.0, 170.0)),
        (-60.0, -179.9, (-60.0, 179.0), (-60.0, 150.0)),
    ],
)
def test_only_traffic_round_the_zone_is_looked_at(
    lat_deg: float, lon_deg: float, inside: tuple[float, float], outside: tuple[float, float]
) -> None:
    box = covering._round(Zone("Z", "", (Volume(Circle((lat_deg, lon_deg), 20_000.0)),)))
    assert box is not None
    south, west, north, east = box
    for place, expected in ((inside, True), (outside, False)):
        there = south <= place[0] <= north
        there &= west <= place[1] <= east if west <= east else place[1] >= west or place[1] <= east
        assert there is expected


def test_round_a_pole_all_is_looked_at() -> None:
    assert covering._round(Zone("Z", "", (Volume(Circle((89.0, 0.0), 300_000.0)),))) is None
