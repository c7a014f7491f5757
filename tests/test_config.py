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


def test_files_of_feeds_and_alerts_are_relative_to_the_configuration() -> None:
    text = """
[[feeds]]
name = "a"
url = "{}"
ca_file = "ca.pem"
[[alerts]]
name = "log"
file = "alerts.txt"
[[alerts]]
name = "other"
file = "/var/log/alerts.txt"
"""
    read = parse(text.format("replay+file:rec/a.csv?speed=60"), "/etc/no fly?/n.toml")
    url = "replay+file:/etc/no%20fly%3F/rec/a.csv?speed=60"
    assert read.feeds == ({"name": "a", "url": url, "ca_file": "/etc/no fly?/ca.pem"},)
    assert [table["file"] for table in read.alerts] == ["/etc/no fly?/alerts.txt", "/var/log/alerts.txt"]
    for same in (
        "readsb+file:///run/a.json",
        "readsb+file:/a",
        "beast+tcp://h:1",
        "jsonl+stdin:",
        "x+file:?a=b",
    ):
        assert parse(text.format(same), "/etc/n.toml").feeds[0]["url"] == same
    assert parse(text.format("readsb+file:a.json"), "n.toml").feeds[0]["url"] == "readsb+file:a.json"


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
