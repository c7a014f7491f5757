"""The demo: the table, the replay through the loop of the watch, the files."""

from __future__ import annotations

from pathlib import Path
from tempfile import gettempdir
from typing import Any

import pytest

from nofly.cli import main
from nofly.run import demo_live


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: Any) -> None:
    monkeypatch.setattr(demo_live, "SPEED", 1e6)


def test_the_demo_shows_the_two_real_entries_and_a_replay(tmp_path: Path, capsys: Any) -> None:
    out = tmp_path / "shown"
    assert main(["demo", "--out", str(out)]) == 0
    said = capsys.readouterr().out
    for told in ("FMY8055", "FHMAC", "LF-P25 FONTENAY", "LF-R35A", "exempt", "cleared", "written: "):
        assert told in said
    assert sorted(p.name for p in out.iterdir()) == ["nofly-demo.html", "nofly-demo.kml", "nofly-demo.png"]
    replay = said[said.index("A replay, nothing here is live") :]
    warned, entered, verdict = (
        replay.index(words)
        for words in (
            "AFR172W (icao24:3946e2) is expected to enter LS-X",
            "AFR172W (icao24:3946e2) entered LS-X",
            "AFR172W icao24:3946e2 was inside SWITZERLAND, EXERCISE for 1 min 01 s",
        )
    )
    assert warned < entered < replay.index("its verdicts") < verdict


def test_the_readme_quotes_the_demo(tmp_path: Path, capsys: Any) -> None:
    readme = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")
    quoted = [line.removesuffix("…") for line in readme.splitlines() if "AFR172W" in line]
    assert len(quoted) == 4
    assert main(["demo", "--out", str(tmp_path / "shown")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert not [line for line in quoted if not any(told.startswith(line) for told in lines)]


def test_the_demo_leaves_nothing_but_its_files(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    before = set(Path(gettempdir()).glob("nofly-demo-*"))
    assert main(["demo"]) == 0
    assert [p.name for p in tmp_path.iterdir()] == ["nofly-demo"]
    assert set(Path(gettempdir()).glob("nofly-demo-*")) <= before


def test_the_demo_agrees_with_the_published_pairs() -> None:
    from nofly.run.demo import run_demo

    stays = {(s.zone_id, s.target_id): s for s in run_demo().infringements}
    assert stays["LF-P25", "icao24:3aabfc"].reports == pytest.approx(77, abs=3)
    assert ("LF-R35A", "icao24:39b002") in stays
    assert {zone for zone, _ in stays} == {"LF-P25", "LF-R35A", "LS-X"}


def test_the_verdicts_of_the_replay_are_those_of_a_check() -> None:
    from nofly.run.check import check
    from nofly.run.demo import demo_files
    from nofly.run.files.trackfiles import read_batches
    from nofly.run.files.zonefiles import read_zones
    from nofly.run.live.verdicts import JUDGED
    from nofly.run.outputs.columns import record
    from nofly.units import US_PER_S

    told: list[dict[str, Any]] = []
    demo_live.live_demo(lambda bodies, _: told.extend(bodies))
    live = {body["stay"]: body["verdict"] for body in told if body["kind"] == JUDGED}
    first_us, past_us = (ms * (US_PER_S // 1000) for ms in (demo_live.FROM_MS, demo_live.UNTIL_MS))
    with demo_files() as (zone_file, track_files):
        batches = []
        for batch in read_batches(track_files[1]):
            time_us = batch.positions.time_us
            kept = batch.positions.take((time_us >= first_us) & (time_us < past_us))
            batches.append(type(batch)(kept, [], "", "", 0, 0))
        recorded = check(read_zones(zone_file).zones, batches)
    assert live == {stay.id: record(stay) for stay in recorded.infringements}
    assert len(live) == 6
