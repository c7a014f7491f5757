from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from nofly.errors import ConfigError
from nofly.feeds.decoding import options_of


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
        ({"receiver": "1"}, "option receiver = '1'"),
        ({"receiver": "1,2,3"}, "option receiver"),
        ({"limit": "many"}, "option limit = 'many'"),
        ({"sites": "25/12:1"}, "option sites"),
    ],
)
def test_an_option_that_cannot_be_is_refused(given: dict[str, Any], match: str) -> None:
    with pytest.raises(ConfigError, match=match):
        options_of(Options, given, "feed")
