"""The verb archive: list, query, compact."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from nofly.cli.archive import run
from nofly.errors import ConfigError, StoreError
from nofly.run.api import read_positions
from nofly.schema import Coded, Positions
from nofly.store.positions.store import US_PER_HOUR, PositionStore
from tests.house.tree import SOURCE
from tests.store.batches import batch

FIRST_US = 1_700_000_000_000_000 // US_PER_HOUR * US_PER_HOUR
"""2023-11-14 22:00 Z."""


@pytest.fixture
def state(tmp_path: Path) -> str:
    """Return the state folder of a watch: two files of 22 h, one of 23 h."""
    folder = tmp_path / "state"
    with PositionStore(folder / "positions") as store:
        store.add(batch(40_000, FIRST_US, targets=3))
        store.flush()
        hostile = batch(50, FIRST_US, seed=1)
        hostile.target = Coded(
            hostile.target.codes, ["=1+1", "icao24:\x1b[2J", "a,b", 'c"d', "icao24:000001"]
        )
        store.add(hostile)
        store.flush()
    return str(folder)


def test_list(state: str, capsys: Any) -> None:
    assert run(["list", "--state", state]) == 0
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert len(lines) == 4
    assert lines[1].startswith("2023-11-14T22:00:00.000000Z")
    assert "date=2023-11-14/hour=22/positions-00000000.parquet" in lines[1]
    assert "40,050 reports in 3 files" in err
    assert run(["list", "--state", state, "--from", "2023-11-14T23:00:00Z", "--format", "json"]) == 0
    (one,) = json.loads(capsys.readouterr().out)
    assert one["rows"] == 4000
    assert one["first"] == "2023-11-14T23:00:00.000000Z"
    for day, rows in (("2023-11-14", 40_050), ("2023-11-15Z", 0)):
        assert run(["list", "--state", state, "--from", day, "--format", "json"]) == 0
        assert sum(one["rows"] for one in json.loads(capsys.readouterr().out)) == rows
    assert run(["list", "--state", state, "--target", "icao24:ffffff"]) == 0
    assert "0 reports in 0 files" in capsys.readouterr().err


def test_hostile_targets_reach_neither_terminal_nor_spreadsheet(
    state: str, tmp_path: Path, capsys: Any
) -> None:
    assert run(["list", "--state", state, "--format", "json"]) == 0
    assert "\x1b" not in capsys.readouterr().out
    out = tmp_path / "out.csv"
    assert run(["query", "--state", state, "--target", "=1+1", "-o", str(out)]) == 0
    lines = out.read_text().splitlines()
    assert lines[0].startswith('"time","received","target_id"')
    assert len(lines) > 1
    assert all("'=1+1" in line for line in lines[1:])


@pytest.mark.parametrize("name", ["out.parquet", "out.CSV"])
def test_query_writes_what_was_asked_for(state: str, name: str, tmp_path: Path, capsys: Any) -> None:
    out = tmp_path / name
    asked = ["--from", "2023-11-14T22:30:00Z", "--until", "2023-11-14T23:30:00+00:00"]
    asked += ["--target", "icao24:000001", "--target", "icao24:000002", "--bbox", "46,7,47,8"]
    assert run(["query", "--state", state, *asked, "-o", str(out)]) == 0
    found = read_positions(str(out))
    assert f"{len(found):,} reports written" in capsys.readouterr().err
    whole = batch(40_000, FIRST_US, targets=3)
    assert len(found) == count(whole, FIRST_US + US_PER_HOUR // 2, FIRST_US + US_PER_HOUR * 3 // 2)
    assert set(found.target.values) == {"icao24:000001", "icao24:000002"}
    assert os.stat(out).st_mode & 0o777 == 0o666 & ~umask()
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def count(whole: Positions, from_us: int, until_us: int) -> int:
    within = (whole.time_us >= from_us) & (whole.time_us < until_us) & (whole.target.codes > 0)
    within &= (whole.lat_deg >= 46) & (whole.lat_deg <= 47) & (whole.lon_deg >= 7) & (whole.lon_deg <= 8)
    return int(within.sum())


def umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_query_prints_csv(state: str) -> None:
    arguments = ["query", "--state", state, "--until", "2023-11-14T22:00:01Z", "--target", "icao24:000001"]
    done = subprocess.run(
        [sys.executable, "-c", "import sys; from nofly.cli.archive import run; sys.exit(run(sys.argv[1:]))",
         *arguments],
        capture_output=True, env={**os.environ, "PYTHONPATH": str(SOURCE)}, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    header, *rows = done.stdout.splitlines()
    assert header.startswith('"time","received","target_id"')
    assert rows
    assert all('"icao24:000001"' in row for row in rows)


def test_nothing_found_is_an_empty_table(state: str, tmp_path: Path) -> None:
    for name in ("none.parquet", "none.csv"):
        assert run(["query", "--state", state, "--target", "none", "-o", str(tmp_path / name)]) == 0
        assert len(read_positions(str(tmp_path / name))) == 0


@pytest.mark.parametrize("name", ["000001", "icao24:000001"])
def test_a_target_may_be_named_by_its_address_alone(state: str, name: str, capfdbinary: Any) -> None:
    assert run(["query", "--state", state, "--target", name, "--target", "=1+1"]) == 0
    out, err = capfdbinary.readouterr()
    assert b'"icao24:000001"' in out
    assert err == b""


def test_a_target_that_has_no_reports_is_named(state: str, tmp_path: Path, capsys: Any) -> None:
    out = str(tmp_path / "out.csv")
    assert run(["query", "--state", state, "-o", out, "--target", "4b1802", "--target", "000001"]) == 0
    assert "is of target 4b1802\n" in (said := capsys.readouterr().err)
    assert "000001" not in said
    assert run(["list", "--state", state, "--target", "icao24:ffffff"]) == 0
    assert "is of target icao24:ffffff\n" in capsys.readouterr().err


def test_compact_and_retention(state: str, capsys: Any) -> None:
    assert run(["compact", "--state", state, "--before", "2023-11-14T23:00:00Z"]) == 0
    assert "1 merged into others; 2 files left" in capsys.readouterr().err
    assert run(["compact", "--state", state]) == 0
    assert "1 merged into others; 1 file left" in capsys.readouterr().err
    assert run(["compact", "--state", state, "--keep-days", "30"]) == 0
    assert "1 file too old and removed" in capsys.readouterr().err
    assert list(Path(state).rglob("*.parquet")) == []


@pytest.mark.parametrize(
    "wrong",
    [
        ["query", "--bbox", "1,2,3"],
        ["query", "--bbox", "47,0,46,1"],
        ["query", "--bbox", "nan,0,46,1"],
        ["query", "--bbox", "0,0,1,999"],
        ["query", "--from", "yesterday"],
        ["query", "--from", "2023-11-14T22:00:00"],
        ["compact", "--before", "2023"],
        ["query", "--until", "2023-11-14"],
        ["query", "-o", "out.txt"],
        ["query", "-o", "/dev/null"],
    ],
    ids=" ".join,
)
def test_what_cannot_be_is_refused(state: str, wrong: list[str]) -> None:
    with pytest.raises(ConfigError):
        run([wrong[0], "--state", state, *wrong[1:]])


@pytest.mark.parametrize("verb", ["list", "query", "compact"])
def test_no_archive_is_told_and_none_is_made(verb: str, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="--state"):
        run([verb, "--state", str(tmp_path / "none")])
    assert not (tmp_path / "none").exists()


def test_a_query_that_fails_leaves_the_old_file(state: str, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    out.write_text("old")
    (path, *_) = sorted(Path(state).rglob("*.parquet"))
    path.write_bytes(b"PAR1")
    with pytest.raises(StoreError):
        run(["query", "--state", state, "-o", str(out)])
    assert out.read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 2
