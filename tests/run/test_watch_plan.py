"""What is to be watched is checked as a whole before anything is opened."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from nofly.config import parse
from nofly.errors import ConfigError, NoflyError, UnresolvedError
from nofly.run.watch_plan import WatchPlan, plan_watch, read_law

NOW_US = 1_780_000_000_000_000
STADIUM = Path(__file__).parents[2] / "examples/data/stadium.geojson"
FEED = '[[feeds]]\nname = "roof"\nurl = "beast+tcp://127.0.0.1:30005"\n'


def planned(text: str, *zone_files: str) -> WatchPlan:
    return plan_watch(parse(text), zone_files or (str(STADIUM),), NOW_US)


def test_a_whole_plan() -> None:
    plan = planned(
        "[check]\nqnh = 1013.25\nmax_gap_s = 60\n[watch]\nreentry_s = 10\nclose_s = 20\n"
        f"capture_bytes = 1000000\n[prediction]\nlook_ahead_s = 90\n{FEED}lateness_s = 2\n"
        '[[alerts]]\nname = "log"\nkind = "log"\n[[inhibitions]]\nwho = "a"\nwhy = "b"\nzone = "EX-R1"\n'
    )
    assert [feed.name for feed in plan.feeds] == ["roof"]
    assert plan.feeds[0].lateness_s == 2.0
    assert [alert.name for alert in plan.alerts] == ["log"]
    assert plan.options.max_gap_s == 60.0
    assert (plan.options.incidents.reentry_s, plan.options.incidents.close_s) == (10.0, 20.0)
    assert plan.prediction is not None
    assert plan.prediction.look_ahead_s == 90.0
    assert plan.inhibitions[0].zone == "EX-R1"
    assert plan.capture is not None
    assert plan.capture.keep_bytes == 1_000_000


def test_what_is_not_wanted_is_none() -> None:
    plan = planned("[watch]\ncapture_bytes = 0\n[prediction]\nenabled = false\n")
    assert plan.capture is None
    assert plan.prediction is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (FEED + FEED, "two of [[feeds]]"), ('[[feeds]]\nname = "roof"\n', "no url"),
        ('[[alerts]]\nkind = "log"\n', "no name"), ("[watch]\ntick_s = 0\n", "tick_s"),
        ("[prediction]\nlook_ahead = 5\n", "look_ahead_s"), ("[prediction]\nhits = 9\n", "prediction"),
        ("[prediction]\nhits = 'two'\n", "prediction"), ("[watch]\nreentry_s = 900\n", "close_s"),
        ("[watch]\ntick = 1\n", "tick_s"), ('[[inhibitions]]\nwho = "a"\n', "why"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(text: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        planned(text)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (FEED + FEED, ": two of [[feeds]] are called 'roof' (expected a name for each)"),
        ("[[feeds]]\nname = 'roof'\n", ", [[feeds]] number 1: no url"),
        ("[watch]\ntick_s = 0\n", ", watch.tick_s: tick_s is 0 (expected more than 0)"),
        ("[watch]\nclose_s = 3\n", "close_s = 3.0: the times of re-entry and of closing do not fit"),
        ("[prediction]\nlook_ahead_s = 99999\n",
         ", prediction.look_ahead_s: 99999 (expected more than 0 and at most 3600 seconds)"),
        ("[prediction]\nbypass_s = nan\n", ", prediction.bypass_s: nan (expected at least 0"),
        ("[prediction]\nhits = 4\n", ", prediction.hits: 4 (expected 1 to as many as looks, which"),
        ("[prediction]\nof = 0\n", ", prediction.of: 0 (expected 1 to "),
        ("[prediction]\nhits = 'two'\n", ", prediction.hits: 'two' (expected a whole number)"),
        ("[prediction]\nlook_ahed_s = 3\n", "look_ahed_s: unknown key (expected perhaps look_ahead_s)"),
        ("[prediction]\nenabled = 0\n", ", prediction.enabled: 0 (expected true or false)"),
        ("[[inhibitions]]\nwho = 'a'\nwhy = 'b'\nbox = 3\n", ", [[inhibitions]] number 1, box: 3"),
        ("[[alerts]]\nname = 'x'\nkind = 'webhok'\n", ", alert 'x', kind: nofly.alerts has no 'webhok'"),
        ("[[alerts]]\nname = 'x'\nkind = 'log'\nfile = 3\n", ", alert 'x': option file is of a wrong kind"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_a_file_is_said_with_its_name_and_key(text: str, said: str) -> None:
    with pytest.raises(NoflyError) as caught:
        plan_watch(parse(text, "site/nofly.toml"), [str(STADIUM)], NOW_US)
    assert str(caught.value).startswith("site/nofly.toml")
    assert said in str(caught.value)
    assert "PredictionParams(" not in str(caught.value)


def test_a_list_that_a_rule_names_has_to_be_there(tmp_path: Path) -> None:
    zones = json.loads(STADIUM.read_text(encoding="utf-8"))
    text = json.dumps(zones).replace('"callsign", "values": ["RESCUE*"]', '"list", "values": ["military"]')
    (tmp_path / "zones.geojson").write_text(text, encoding="utf-8")
    with pytest.raises(UnresolvedError):
        planned("", str(tmp_path / "zones.geojson"))


def test_files_that_fit_a_pattern_later_are_read_with_the_others(tmp_path: Path) -> None:
    shutil.copy(STADIUM, tmp_path / "a.geojson")
    config, pattern = parse(""), str(tmp_path / "*.geojson")
    law, _, _ = read_law(config, [pattern], NOW_US)
    text = STADIUM.read_text(encoding="utf-8").replace("EX-R1", "EX-R2")
    (tmp_path / "b.geojson").write_text(text, encoding="utf-8")
    more, options, _ = read_law(config, [pattern], NOW_US)
    assert {zone.id for zone in more} - {zone.id for zone in law} == {"EX-R2"}
    assert options.aids.geoid is not None
    with pytest.raises(ConfigError):
        read_law(config, [], NOW_US)
