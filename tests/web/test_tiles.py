"""Tiles under the map: only what is configured may be taken from elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from nofly.errors import ConfigError
from nofly.run.following.follower import Follower
from nofly.web.access.rights import Role
from nofly.web.app import create_app
from nofly.web.served import Served
from nofly.web.tiles import tiles_at
from tests.web.conftest import As


def test_the_policy_allows_that_origin_and_no_other(tmp_path: Path) -> None:
    tiles = tiles_at("https://tiles.example:8443/{z}/{x}/{y}.png", "© somebody <b>")
    served = Served(Follower(tmp_path), As(Role.VIEWER), lambda: 1, tiles=tiles)
    answer = TestClient(create_app(served)).get("/api/v1/page")
    assert answer.json() == {
        "tiles": "https://tiles.example:8443/{z}/{x}/{y}.png",
        "attribution": "© somebody <b>",
        "style": None,
    }
    policy = answer.headers["content-security-policy"]
    assert policy.count("https://tiles.example:8443") == 2
    assert "script" not in policy
    assert "default-src 'self'" in policy


def test_without_tiles_nothing_is_from_elsewhere(tmp_path: Path) -> None:
    served = Served(Follower(tmp_path), As(Role.VIEWER), lambda: 1)
    answer = TestClient(create_app(served)).get("/api/v1/page")
    assert answer.json() == {"tiles": None, "attribution": "", "style": None}
    assert "http" not in answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    "url",
    ["ftp://a/{z}/{x}/{y}", "https://a/{z}/{x}.png", "https:///{z}/{x}/{y}", "https://u:p@a/{z}/{x}/{y}",
     "https://a;script-src */{z}/{x}/{y}", "https://a b/{z}/{x}/{y}", "https://a:99999/{z}/{x}/{y}",
     "{z}{x}{y}"],
)  # fmt: skip
def test_what_is_no_address_of_tiles_is_refused(url: str) -> None:
    with pytest.raises(ConfigError):
        tiles_at(url, "")
