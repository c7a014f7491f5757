from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import pytest

from nofly.errors import ConfigError
from nofly.feeds.decoding import options_of, words_of


@dataclass(frozen=True, slots=True)
class Options:
    receiver: tuple[float, float] | None = None
    zone: str | None = None
    limit: int = 5
    quiet: bool = False
    sites: Mapping[str, tuple[float, float]] = field(default_factory=dict)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, Options()),
        ({"receiver": "47.4,8.5", "limit": "7", "quiet": "true"}, Options((47.4, 8.5), None, 7, True)),
        ({"receiver": [47.4, 8], "limit": 7, "quiet": True}, Options((47.4, 8.0), None, 7, True)),
        ({"zone": "a,b"}, Options(zone="a,b")),
        ({"sites": "25/12:1:2,25/13:3:4"}, Options(sites={"25/12": (1.0, 2.0), "25/13": (3.0, 4.0)})),
        ({"sites": {"25/12": [1, 2]}}, Options(sites={"25/12": (1.0, 2.0)})),
    ],
)
def test_options_are_the_same_from_a_file_and_from_a_url(given: dict[str, Any], expected: Options) -> None:
    assert options_of(Options, given, "feed") == expected


@pytest.mark.parametrize(
    ("given", "match"),
    [
        ({"reciever": "1,2"}, r"feed: unknown option 'reciever' \(expected receiver\)"),
        ({"xyz": 1}, "expected one of receiver, zone, limit, quiet, sites"),
        ({"receiver": "1"}, r"option receiver = '1' \(expected a list of 2 numbers\)"),
        ({"receiver": 47}, r"option receiver = 47 \(expected a list of 2 numbers\)"),
        ({"receiver": "1,2,3"}, "option receiver"),
        ({"limit": "many"}, r"option limit = 'many' \(expected a whole number\)"),
        ({"quiet": 3}, r"option quiet = 3 \(expected true or false\)"),
        ({"zone": 3}, r"option zone = 3 \(expected a text\)"),
        ({"sites": "25/12:1"}, r"option sites.*expected a table, each value of it a list of 2 numbers"),
    ],
)
def test_an_option_that_cannot_be_is_refused(given: dict[str, Any], match: str) -> None:
    with pytest.raises(ConfigError, match=match):
        options_of(Options, given, "feed")


@pytest.mark.parametrize(
    ("hint", "words"),
    [
        (float | int | None, "a number or a whole number"), (tuple[str, ...] | None, "a list of texts"),
        (Literal["a", "b"], "one of a, b"), (Mapping[str, int], "a table, each value of it a whole number"),
        (list[tuple[int, int]], "a list of values"), (bytes, "another kind of value"),
    ],
)  # fmt: skip
def test_a_type_is_told_in_words(hint: Any, words: str) -> None:
    assert words_of(hint) == words
