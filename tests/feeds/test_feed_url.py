"""URLs of feeds: taken apart, refused with reason, and never showing a secret."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nofly.errors import ConfigError
from nofly.feeds.feed_url import host_and_port, parse_feed_url, path_of, redacted, split_options


@pytest.mark.parametrize(
    ("url", "decoder", "address", "options"),
    [
        ("beast+tcp://host:30005", "beast", "tcp://host:30005", {}),
        (
            "asterix+udp://239.1.2.3:8600?interface=eth1&cat021=2.4",
            "asterix",
            "udp://239.1.2.3:8600",
            {"interface": "eth1", "cat021": "2.4"},
        ),
        ("Odid-Json+mqtt://h/a/+/b/#", "odid_json", "mqtt://h/a/+/b/#", {}),
        ("jsonl+stdin:", "jsonl", "stdin:", {}),
        ("sbs+file:a%20b.txt?time_zone=Europe%2FKyiv", "sbs", "file:a%20b.txt", {"time_zone": "Europe/Kyiv"}),
        ("opensky+https://h/a?query=lamin%3D1%26x%3D2", "opensky", "https://h/a", {"query": "lamin=1&x=2"}),
    ],
)
def test_taken_apart(url: str, decoder: str, address: str, options: dict[str, str]) -> None:
    parsed = parse_feed_url(url)
    assert (parsed.decoder, parsed.address, parsed.options) == (decoder, address, options)
    assert parsed.transport == address.partition(":")[0]


@pytest.mark.parametrize(
    "url",
    [
        "", "tcp://host:1", "beast+tcp", "beast+:x", "beast+tcp://a b", "beast+tcp://h\n:1", "a+b://h?x",
        "a+b://h?=1", "a+b://h?x=1&x=2", "a+b://h%zz", "a+b://me:hunter2@h", "a+b://hunter2@h",
        "a+b://me:hu?hunter2@h", "a+b:" + "x" * 5000,
    ],
)  # fmt: skip
def test_refused(url: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_feed_url(url)
    assert "hunter2" not in str(caught.value)
    assert len(str(caught.value)) < 700


@given(st.text(max_size=60), st.sampled_from(["", "beast+tcp://", "a+b:?x=", "a+b://u:p@h/"]))
def test_any_text_is_a_url_or_refused(text: str, start: str) -> None:
    try:
        parsed = parse_feed_url(start + text)
    except ConfigError:
        return
    assert parsed.decoder
    assert parsed.address.startswith(parsed.transport + ":")


def test_no_option_is_shown() -> None:
    parsed = parse_feed_url("readsb+http://h/x?query=key%3Dhunter2&bearer=hunter2")
    assert "hunter2" not in f"{parsed} {parsed!r}"
    assert str(parsed) == "readsb+http://h/x?query=…&bearer=…"


@given(st.text("abcdef:/@?&=", max_size=20), st.text("abcdef:/@?&=", max_size=20))
def test_user_and_password_are_never_shown(before: str, after: str) -> None:
    assert "hunter2" not in redacted(f"beast+tcp://me:hunter2@{after}")
    assert "hunter2" not in redacted(f"beast+tcp://me:hunter2{before}@host")
    assert "hunter2" not in redacted(f"beast+tcp:{before}?password=hunter2&{after}")


@dataclass(frozen=True)
class Decoding:
    clock: str = ""


@dataclass(frozen=True)
class Carrying:
    interface: str = ""
    password: str | None = None


def test_options_go_where_they_belong() -> None:
    given = {"clock": "gps", "interface": "lo", "password": "env:SECRET"}
    assert split_options(given, Decoding, Carrying, "feed") == (
        {"clock": "gps"},
        {"interface": "lo", "password": "env:SECRET"},
    )


def test_an_unknown_option_is_refused_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match=r"unknown option 'interfase' \(expected interface\)"):
        split_options({"interfase": "lo"}, Decoding, Carrying, "feed")


@pytest.mark.parametrize("value", ["hunter2", "env:", "env:a b", 4711, ["env:A"]])
def test_a_secret_stands_in_the_environment(value: object) -> None:
    with pytest.raises(ConfigError) as caught:
        split_options({"password": value}, Decoding, Carrying, "feed")
    assert str(caught.value) == "feed: option password is not env:NAME (expected env:NAME of a variable)"


@pytest.mark.parametrize(
    ("address", "parts"),
    [
        ("tcp://host:1", ("host", 1, "")),
        ("http://host/a/b", ("host", 80, "/a/b")),
        ("tcp://[::1]:65535/", ("::1", 65535, "/")),
        ("http://[::1]", ("::1", 80, "")),
    ],
)
def test_host_and_port(address: str, parts: tuple[str, int, str]) -> None:
    assert host_and_port(address, 80) == parts


@pytest.mark.parametrize(
    "address",
    ["tcp://host", "tcp://host:0", "tcp://host:65536", "tcp://host:٣", "tcp://:1", "tcp:host:1", "tcp://::1:2",
     "tcp://[::1", "tcp://[::1]2", "tcp://u@h:1", "tcp://host:1x"],
)  # fmt: skip
def test_no_host_or_port(address: str) -> None:
    with pytest.raises(ConfigError):
        host_and_port(address)


def test_path() -> None:
    assert path_of("file:run/a%20b.json") == "run/a b.json"
    assert path_of("file:///run/a.json") == "/run/a.json"
    for wrong in ("file:", "file://host/a", "file://", "file:a%00b"):
        with pytest.raises(ConfigError):
            path_of(wrong)
