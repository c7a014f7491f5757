"""Every route that takes a body is given bombs and rubbish: it is refused, and nothing faults or hangs."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from nofly.web.access.rights import Right
from tests.web.access.doors import House, house
from tests.web.conftest import application

BODIES = {
    "deep arrays": b"[" * 1_000_000,
    "deep objects": b'{"a":' * 500_000,
    "deep and closed": b'{"why":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "many digits": b'{"why":' + b"9" * 200_000 + b"}",
    "no number": b'{"why":1e999,"hours":NaN,"feature":Infinity}',
    "half a character": b'{"why":"\\ud800","name":"\\ud800","verb":"\\ud800"}',
    "no text": bytes(range(256)) * 16,
    "a long name": b'{"' + b"a" * 1_000_000 + b'":1}',
    "the same name": b"{" + b'"why":"x",' * 100_000 + b'"why":"x"}',
}


@pytest.fixture
def doors(watched: Path, tmp_path: Path) -> Iterator[list[TestClient]]:
    """Give a client of a watch, and one of a server with users, each of somebody who may all."""
    own = Path(shutil.copytree(watched, tmp_path / "state"))
    (tmp_path / "users").mkdir()
    with application(own, monotonic_s=iter(range(1_000_000)).__next__) as watching, house(
        tmp_path / "users"
    ) as here:  # fmt: skip
        yield [watching, known(here)]


def known(here: House) -> TestClient:
    token = here.token("administrator", *Right)
    found = here.browser(address="192.0.2.77")
    found.headers["Authorization"] = f"Bearer {token}"
    return found


@pytest.mark.parametrize("name", BODIES)
def test_no_body_is_too_much(doors: list[TestClient], name: str) -> None:
    asked = 0
    for client in doors:
        paths = client.get("/api/v1/openapi.json").json()["paths"]
        for path, methods in paths.items():
            for method in methods.keys() & {"post", "put", "patch"}:
                where = path
                while "{" in where:
                    where = where.partition("{")[0] + "x" + where.partition("}")[2]
                answer = client.request(
                    method, where, content=BODIES[name], headers={"Content-Type": "application/json"}
                )
                assert 400 <= answer.status_code < 500, f"{method} {path}: {answer.text[:200]}"
                assert answer.json()["error"]["id"]
                assert len(answer.content) < 5000, f"{method} {path} says too much"
                asked += 1
    assert asked > 40
