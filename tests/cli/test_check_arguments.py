"""The verb check: its arguments, what it writes where, and its exit codes, on a result made by hand."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from nofly.cli import check, main
from nofly.run.result import CheckResult
from tests.run.sample import sample

ZONES = '{"type": "FeatureCollection", "features": []}'
CSV = "time,icao24,lat,lon\n2018-08-01T09:00:00Z,4ca7b3,46.5,8.2\n"


@pytest.fixture
def result() -> CheckResult:
    return sample()


@pytest.fixture
def checked(result: CheckResult, monkeypatch: Any) -> CheckResult:
    monkeypatch.setattr(check, "_checked", lambda args: result)
    return result


ARGS = ["check", "--zones", "z.geojson", "-z", "y.geojson", "t.csv"]


def test_the_table_is_on_stdout_and_the_findings_on_stderr(checked: CheckResult, capsys: Any) -> None:
    assert main(ARGS) == 1
    said = capsys.readouterr()
    assert said.out.startswith("ID")
    assert "1 infringement, 1 undetermined" in said.out
    assert "× 7" in said.err
    assert "\x1b" not in said.out + said.err
    assert main([*ARGS, "-q"]) == 1
    assert capsys.readouterr().err == ""


def test_json_is_alone_on_stdout(checked: CheckResult, capsys: Any) -> None:
    assert main([*ARGS, "--format", "json"]) == 1
    said = capsys.readouterr()
    assert len(json.loads(said.out)["infringements"]) == 4
    assert "1 infringement, 1 undetermined" in said.err


def test_files_get_the_format_of_their_extension(checked: CheckResult, tmp_path: Path, capsys: Any) -> None:
    names = ["a.json", "b.csv", "c.geojson", "d.kml", "e.parquet", "f.txt"]
    outputs = [part for name in names for part in ("-o", str(tmp_path / name))]
    assert main([*ARGS, *outputs, "--plot", str(tmp_path / "g.png")]) == 1
    assert sorted(p.name for p in tmp_path.iterdir()) == [*names, "g.png"]
    said = capsys.readouterr()
    assert said.out == ""
    assert "1 infringement, 1 undetermined" in said.err


def test_explain_stands_for_the_table_and_beside_json(checked: CheckResult, capsys: Any) -> None:
    assert main([*ARGS, "--explain", "00000000000000a1"]) == 1
    assert capsys.readouterr().out.startswith("4ca7b3 (SWR123) was inside LS-R7")
    assert main([*ARGS, "--explain", "all", "--format", "json"]) == 1
    said = capsys.readouterr()
    json.loads(said.out)
    assert "It cannot be told whether 4b1800" in said.err
    assert main([*ARGS, "--explain", "zz"]) == 2


def test_exit_3_when_nothing_can_be_told(result: CheckResult, monkeypatch: Any) -> None:
    only = dataclasses.replace(result, infringements=result.infringements[1:3])
    monkeypatch.setattr(check, "_checked", lambda args: only)
    assert main([*ARGS, "-q"]) == 3


@pytest.mark.parametrize(
    ("extra", "told"),
    [
        (["-o", "x.docx"], "names no format"),
        (["-o", "/does/not/exist/x.json"], "folder does not exist"),
        (["--plot", "x.bmp"], "no such kind of picture"),
        (["--plot", "/does/not/exist/x.png"], "folder does not exist"),
    ],
)
def test_what_must_fail_fails_before_any_work(
    extra: list[str], told: str, monkeypatch: Any, capsys: Any
) -> None:
    monkeypatch.setattr(check, "_checked", lambda args: pytest.fail("it worked first"))
    assert main([*ARGS, *extra]) == 2
    assert told in capsys.readouterr().err


@pytest.mark.parametrize(
    "extra", [["--max-gap", "0"], ["--max-gap", "nan"], ["--max-gap", "x"], ["--threads", "0"],
              ["--format", "xls"], ["--nonsense"]],
)  # fmt: skip
def test_wrong_arguments_exit_2(extra: list[str], capsys: Any) -> None:
    with pytest.raises(SystemExit) as done:
        main([*ARGS, *extra])
    assert done.value.code == 2


def test_tracks_are_told_from_zones_by_their_bytes(tmp_path: Path) -> None:
    paths = {name: tmp_path / name for name in ("a.json", "b.json", "c.json", "d.json")}
    paths["a.json"].write_text(ZONES)
    paths["b.json"].write_text(ZONES)
    paths["c.json"].write_text(CSV)
    paths["d.json"].write_text(CSV)
    a, b, c, d = (str(p) for p in paths.values())

    def parsed(*args: str) -> tuple[list[str], list[str]]:
        got = check._sorted_files(check.parser().parse_intermixed_args(list(args)))
        return got.zones, got.tracks

    assert parsed("--zones", a, c) == ([a], [c])
    assert parsed("--zones", a, b, c, d) == ([a, b], [c, d])
    assert parsed(c, "--zones", a, b) == ([a, b], [c])
    assert parsed(c, "--zones", a, "--qnh", "1013", d) == ([a], [c, d])
    assert parsed("-z", a, "-z", b, "-") == ([a, b], ["-"])
    assert parsed("--zones", a, "--terrain", "N46E008.hgt", c) == ([a], [c])


def test_no_tracks_or_no_zones_is_an_error(capsys: Any) -> None:
    assert main(["check", "--zones", "z.geojson"]) == 2
    assert "no tracks given" in capsys.readouterr().err
    assert main(["check", "t.csv"]) == 2
    assert "no zones given" in capsys.readouterr().err
