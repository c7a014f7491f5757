"""The example of Paris: its run makes a package of each entry, and the other side finds both again."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "examples" / "paris-2021" / "make_package.py"
TOLD = {
    "39b002-LF-R35A": ("LF-R35A", "FHMAC", "13:26:23"),
    "3aabfc-LF-P25": ("LF-P25", "FMY8055", "14:16:1"),
}


def test_both_entries_become_packages_that_verify(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", [str(SCRIPT), str(tmp_path)])
    runpy.run_path(str(SCRIPT))
    said = capsys.readouterr().out
    packages = sorted(tmp_path.glob("*.nofly.zip"))
    assert len(packages) == 2
    for package in packages:
        zone, callsign, end = TOLD[package.name.rpartition("-")[0]]
        assert f"{package.name}: all agrees" in said
        with ZipFile(package) as whole:
            names = set(whole.namelist())
            report = whole.read("report.html").decode()
        assert {"manifest.json", "finding.json", "law.json", "custody.jsonl", "tracks.parquet"} <= names
        assert any(name.startswith("raw/") for name in names)
        assert any(name.startswith("zones/source/") for name in names)
        assert "<script" not in report
        assert zone in report
        assert callsign in report
        assert end in report
        assert package.with_suffix("").with_suffix(".html").read_text(encoding="utf-8") == report
    assert said.count("finding.json") == 2
    assert "UNSIGNED" in said
