"""The verb replay: through the loop as a check would say it, and the report on its warnings."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from nofly.cli import main
from nofly.cli.replay import parser
from nofly.run.demo import ZONES
from nofly.run.record.acts import Act, record_act

DATA = Path(__file__).resolve().parents[2] / "src/nofly/run/data"
FLIGHTS = str(DATA / "demo-switzerland.json.gz")
LAW = ["--zones", str(DATA / ZONES)]
FAR = """{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"id": "Z1"},
"geometry": {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]]}}]}"""


def test_a_replay_warns_tells_and_judges_and_leaves_nothing(
    capsys: Any, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert main(["replay", *LAW, FLIGHTS]) == 1
    told = capsys.readouterr()
    said = told.out
    assert "[altitude-datum-assumed]" in told.err
    warned = said.index("AFR172W (icao24:3946e2) is expected to enter LS-X")
    entered = said.index("AFR172W (icao24:3946e2) entered LS-X")
    judged = said.index("AFR172W icao24:3946e2 was inside SWITZERLAND, EXERCISE for 1 min 01 s")
    assert warned < entered < judged
    assert list(tmp_path.iterdir()) == []


def test_lines_come_by_time_and_say_it_once(capsys: Any) -> None:
    """As fast as can be; verdicts and what is closed among the others."""
    assert main(["replay", *LAW, FLIGHTS]) == 1
    lines = capsys.readouterr().out.splitlines()
    times = [line[: len("2018-08-01 12:10:00.0 Z")] for line in lines]
    assert times == sorted(times)
    kinds = [line[len(time) :].split()[0] for line, time in zip(lines, times, strict=True)]
    assert kinds.index("judged") < kinds.index("closed") < len(kinds) - 1 - kinds[::-1].index("exited")
    assert all(line.count(time) == 1 for line, time in zip(lines, times, strict=True))


def test_two_recordings_are_replayed_as_one(tmp_path: Path, capsys: Any) -> None:
    """Cut in two by aircraft, it says the same: each of both is read at its own speed."""
    assert main(["replay", *LAW, FLIGHTS]) == 1
    whole = capsys.readouterr().out
    with gzip.open(FLIGHTS, "rt") as file:
        rows = json.load(file)
    names = sorted({row["icao24"] for row in rows})
    parts = []
    for k, mine in enumerate((names[: len(names) // 4], names[len(names) // 4 :])):
        parts.append(str(tmp_path / f"{k}.json"))
        Path(parts[-1]).write_text(json.dumps([row for row in rows if row["icao24"] in mine]))
    assert main(["replay", *LAW, *parts]) == 1
    assert sorted(capsys.readouterr().out.splitlines()) == sorted(whole.splitlines())


def test_nobody_inside_is_0(tmp_path: Path) -> None:
    zones = tmp_path / "far.geojson"
    zones.write_text(FAR)
    assert main(["replay", "--zones", str(zones), FLIGHTS]) == 0


def test_a_state_is_kept_and_not_written_to_twice(tmp_path: Path, capsys: Any) -> None:
    state = tmp_path / "state"
    state.mkdir()
    record_act(state / "record.sqlite", Act.USER_MADE, "admin", "nofly", "the first start", 0, {})
    assert main(["replay", *LAW, FLIGHTS, "--state", str(state)]) == 1
    assert (state / "record.sqlite").is_file()
    assert not (state / "capture").exists()
    capsys.readouterr()
    assert main(["replay", *LAW, FLIGHTS, "--state", str(state)]) == 2
    assert "a folder of the replay's own" in capsys.readouterr().err


def test_channels_and_feeds_of_the_configuration_are_left_alone(tmp_path: Path) -> None:
    told = tmp_path / "told.txt"
    config = tmp_path / "nofly.toml"
    config.write_text(
        f'[check]\nzones = "{DATA / ZONES}"\n'
        '[[feeds]]\nname = "roof"\nurl = "beast+tcp://127.0.0.1:1"\n'
        f'[[alerts]]\nname = "log"\nkind = "log"\nfile = "{told}"\n'
    )
    assert main(["replay", "--config", str(config), FLIGHTS]) == 1
    assert not told.exists()


def test_a_report_measures_the_warnings(capsys: Any) -> None:
    assert main(["replay", *LAW, FLIGHTS, "--report"]) == 0
    said = capsys.readouterr().out
    assert "LS-X SWITZERLAND, EXERCISE" in said
    assert "necessary alerts given (class 1): 100 %" in said


def test_a_sweep_draws_and_lists_what_it_tried(tmp_path: Path, capsys: Any) -> None:
    picture = tmp_path / "sweep.png"
    tried = ["--try", "look_ahead_s=60,120", "--try", "confirm=1/1,2/3", "--try", "bypass_s=15"]
    command = ["replay", *LAW, FLIGHTS, "--sweep", str(picture), *tried]
    assert main([*command, "--format", "json"]) == 0
    read = json.loads(capsys.readouterr().out)
    assert read["parameters"]["look_ahead_s"] == 120.0
    settings = [(s["parameters"]["look_ahead_s"], s["parameters"]["hits"]) for s in read["sweep"]]
    assert sorted(settings) == [(60, 1), (60, 2), (120, 1), (120, 2)]
    assert {s["parameters"]["bypass_s"] for s in read["sweep"]} == {15.0}
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert main(command) == 0
    lines = capsys.readouterr().out.splitlines()
    assert sum("as ruled" in line for line in lines) == 4


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([FLIGHTS], "no zones given"),
        (LAW, "no tracks given"),
        ([*LAW, "does-not-exist.json"], "is not there"),
        ([*LAW, FLIGHTS, "--speed", "0"], "speed"),
        ([*LAW, FLIGHTS, "--report", "--speed", "60"], "--speed does not go"),
        ([*LAW, FLIGHTS, "--try", "bypass_s=1"], "--try does not go"),
        ([*LAW, FLIGHTS, "--sweep", "x.png", "--try", "confirm=2"], "--try confirm=2"),
        ([*LAW, FLIGHTS, "--sweep", "x.png", "--try", "hits=2"], "--try hits=2"),
        (
            [*LAW, FLIGHTS, "--sweep", "x.png", "--try", "bypass_s=nan"],
            "--try bypass_s=nan (expected at least 0 and at most 3600 seconds)",
        ),
        (
            [*LAW, FLIGHTS, "--sweep", "x.png", "--try", "confirm=1/1,3/2"],
            "--try confirm=3/2 (expected 1 to as many",
        ),
        ([*LAW, FLIGHTS, "--report", "--try", "bypass_s=1"], "(expected --sweep FILE beside it"),
        ([*LAW, FLIGHTS, "--format", "json"], "(expected --report or --sweep"),
        ([*LAW, FLIGHTS, "--report", "--state", "x"], "(expected neither --report nor --sweep"),
        ([*LAW, FLIGHTS, "--state", FLIGHTS], "not a folder"),
        ([*LAW, FLIGHTS, "--sweep", "x.jpeg"], "no such kind of picture"),
        ([*LAW, FLIGHTS, "--sweep", "no/such/x.png"], "its folder does not exist"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_is_refused_in_one_line(arguments: list[str], words: str, capsys: Any) -> None:
    assert main(["replay", *arguments]) == 2
    said = capsys.readouterr()
    assert words in said.err
    assert said.out == ""
    assert said.err.count("\n") == 1


def test_no_warnings_cannot_be_measured(tmp_path: Path, capsys: Any) -> None:
    config = tmp_path / "nofly.toml"
    config.write_text("[prediction]\nenabled = false\n")
    assert main(["replay", *LAW, FLIGHTS, "--config", str(config), "--report"]) == 2
    assert "prediction.enabled" in capsys.readouterr().err


def test_every_option_has_its_help() -> None:
    assert all(action.help for action in parser()._actions)
