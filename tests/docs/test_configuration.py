"""What is written about nofly.toml is what nofly takes: every key, its default, and the example."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from nofly import config
from nofly.feeds.options import ArchiveOptions
from nofly.incidents.warnings import PredictionParams
from nofly.run.alerting.inhibition_plan import KEYS
from nofly.run.check import CheckOptions
from nofly.run.feeding.plans import plan_feed
from nofly.run.watch_plan import plan_watch

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/reference/configuration.md").read_text(encoding="utf-8")
EXAMPLE = ROOT / "examples/nofly.toml"


def _rows(table: str) -> dict[str, str]:
    """Return key → default of a section of the page."""
    section = PAGE[PAGE.index(f"## {table}\n") :].split("\n## ")[0]
    return dict(re.findall(r"^\| `(\w+)` \| (.*?) ?\| .+\|$", section, re.MULTILINE))


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else f"{value:g}" if value < 1e6 else str(value)


def test_every_table_has_its_section() -> None:
    names = list(config.TABLES)
    assert re.findall(r"^## \[+(\w+)\]+$", PAGE, re.MULTILINE) == names


def test_watch_is_documented_with_its_defaults() -> None:
    assert _rows("[watch]") == {f.name: _shown(f.default) for f in fields(config.WatchConfig)}


def test_prediction_is_documented_with_its_defaults() -> None:
    plain = PredictionParams()
    defaults = {name: _shown(getattr(plain, name)) for name in PredictionParams.__struct_fields__}
    assert _rows("[prediction]") == {"enabled": "true", **defaults}


def test_check_and_positions_are_documented() -> None:
    check, positions = _rows("[check]"), _rows("[positions]")
    assert list(check) == [f.name for f in fields(config.CheckConfig)]
    assert list(positions) == [f.name for f in fields(config.PositionsConfig)]
    assert float(check["max_gap_s"]) == CheckOptions().max_gap_s
    assert check["strict"] == _shown(CheckOptions().strict)
    assert positions["beast_clock"] == ArchiveOptions().beast_clock


def test_feeds_and_inhibitions_are_documented() -> None:
    plan = plan_feed("a", "beast+tcp://127.0.0.1:1", {})
    feeds = _rows("[[feeds]]")
    assert list(feeds) == ["name", "url", "stall_after_s", "dry_after_s", "lateness_s"]
    times = ("stall_after_s", "dry_after_s", "lateness_s")
    assert [float(feeds[name]) for name in times] == [getattr(plan, name) for name in times]
    assert tuple(_rows("[[inhibitions]]")) == KEYS


def test_the_example_can_be_watched_as_it_stands() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    plan = plan_watch(config.parse(text, str(EXAMPLE)), [], 0)
    assert [zone.id for zone in plan.law] == ["EX-R1"]
    assert [feed.name for feed in plan.feeds] == ["roof"]


def test_every_option_of_the_example_is_accepted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("apprise", reason="no Apprise here: pip install 'nofly[notify]'")
    pytest.importorskip("aiomqtt", reason="no aiomqtt here: pip install 'nofly[mqtt]'")
    monkeypatch.setenv("OPS_SECRET", "x" * 32)
    monkeypatch.setenv("APPRISE_URL", "json://127.0.0.1/x")
    text = re.sub(r"^# (?=\[|\w+ = )", "", EXAMPLE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    read = config.parse(text, str(EXAMPLE))
    stated = {
        "zones", "qnh", "max_gap_s", *(f.name for f in fields(config.WatchConfig)),
        "enabled", *PredictionParams.__struct_fields__,
    }  # fmt: skip
    assert not [key for key in stated if not re.search(rf"^{key} = ", text, re.MULTILINE)]
    # Files that the example speaks of and that are not there.
    check = replace(read.check, qnh_stations=None, terrain=())
    plan = plan_watch(replace(read, check=check, lists={}), [], 0)
    assert len(plan.feeds) == len(read.feeds) == 3
    assert len(plan.alerts) == len(read.alerts) == 6
    assert [inhibition.zone for inhibition in plan.inhibitions] == ["EX-R1"]
    assert plan.watch == config.parse(EXAMPLE.read_text(encoding="utf-8"), str(EXAMPLE)).watch
    assert plan.prediction == PredictionParams()
