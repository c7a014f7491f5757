"""The configuration is read strictly: what is not understood is refused, with the place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nofly.config import Config, parse
from nofly.errors import ConfigError


def test_empty_says_nothing() -> None:
    assert parse("") == Config()


def test_files_are_relative_to_the_configuration() -> None:
    read = parse(
        '[check]\nzones = ["a.json", "/b.json"]\nqnh = 1019\n[lists]\nmilitary = "m.txt"', "/etc/nofly/n.toml"
    )
    assert read.check.zones == ("/etc/nofly/a.json", "/b.json")
    assert read.check.qnh == ("1019",)
    assert read.lists == {"military": "/etc/nofly/m.txt"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[chek]", "chek: unknown key (expected perhaps check)"),
        ("[check]\nmaxgap_s = 1", "check.maxgap_s: unknown key (expected perhaps max_gap_s)"),
        ("[check]\nmax_gap_s = true", "check.max_gap_s: True (expected a number of seconds)"),
        ("[check]\nzones = [true]", "check.zones: True (expected names of files)"),
        ("check = 1", "check: no table (expected [check])"),
        ('[positions.columns]\nAlt = ":ft"', "expected our column:unit"),
        ("[check", "no valid TOML"),
    ],
)
def test_what_is_wrong_is_named(text: str, told: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(text, "n.toml")
    assert told in str(caught.value)
    assert str(caught.value).startswith("n.toml")


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        parse(text)
    except ConfigError:
        return
