"""The log: one line an alert, whatever stands in it."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from nofly.alerts import Verdict
from nofly.errors import ConfigError
from tests.alerts.notices import HOSTILE, UNKNOWN, channel, notice, tell


def test_a_line_of_text_for_each(tmp_path: Path) -> None:
    file = tmp_path / "alerts.log"
    tell("log", notice(), notice(kind="exited", text="It has left."), file=str(file))
    assert file.read_text().splitlines() == [
        "2021-10-07T13:22:20.500Z ALARM FMY8055 has entered LF-P25. [abababababababab]",
        "2021-10-07T13:22:20.500Z ALARM It has left. [abababababababab]",
    ]
    tell("log", notice(text="Another."), file=str(file))
    assert len(file.read_text().splitlines()) == 3


def test_a_json_object_for_each(tmp_path: Path) -> None:
    file = tmp_path / "alerts.jsonl"
    tell("log", notice(), notice(**UNKNOWN), file=str(file), format="json")
    first, second = map(json.loads, file.read_text().splitlines())
    assert (first["zone_id"], first["lat_deg"], first["time"]) == (
        "LF-P25", 48.8566, "2021-10-07T13:22:20.500Z",
    )  # fmt: skip
    assert all(second[name] is None for name in UNKNOWN)
    assert set(first) == set(second)


@pytest.mark.parametrize("form", ["text", "json"])
def test_what_is_hostile_stays_on_its_line_and_steers_nothing(tmp_path: Path, form: str) -> None:
    file = tmp_path / "alerts.log"
    hostile = notice(text=f"x {HOSTILE}", callsign=HOSTILE, zone_name=HOSTILE, key=HOSTILE)
    assert tell("log", hostile, file=str(file), format=form)[0].verdict is Verdict.TOLD
    text = file.read_text()
    assert text.endswith("\n")
    assert text[:-1].isprintable()
    assert text[0] not in "=+-@"


def test_what_is_only_foreign_is_left_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "alerts.log"
    name = "LF\u00a0P25 \u3000\u6771\u4eac \u0645\u06cc\u200c\u062e \U0001f468\u200d\U0001f467"
    tell("log", notice(text=name), file=str(file))
    assert name in file.read_text()


def test_standard_error(capfd: pytest.CaptureFixture[str]) -> None:
    tell("log", notice())
    assert capfd.readouterr().err.startswith("2021-10-07T13:22:20.500Z ALARM FMY8055")


def test_a_disk_that_is_full_is_tried_later() -> None:
    outcome = tell("log", notice(), file="/dev/full")[0]
    assert (outcome.verdict, outcome.why) == (Verdict.LATER, "/dev/full: No space left on device")


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no folder"):
        channel("log", file=str(tmp_path / "none" / "log"))
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="no folder"):
        channel("log", file=str(tmp_path / "file" / "log"))


@pytest.mark.parametrize("options", [{"format": "xml"}, {"file": ""}, {"file": "a\0b"}])
def test_options_that_cannot_be(options: dict[str, str]) -> None:
    with pytest.raises(ConfigError):
        channel("log", **options)


def test_whether_it_can_be_written_is_told_and_nothing_is(tmp_path: Path, monkeypatch: Any) -> None:
    file = tmp_path / "alerts.log"

    def reached(**options: str) -> str | None:
        return asyncio.run(channel("log", **options).reach())

    assert reached() == "standard error"
    assert reached(file=str(file)) == f"{file} can be written"
    assert not file.exists()
    monkeypatch.setattr("os.access", lambda *_: False)
    with pytest.raises(OSError, match="Permission denied") as caught:
        reached(file=str(file))
    assert str(file) in str(caught.value)
