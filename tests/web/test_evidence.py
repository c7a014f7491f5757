"""An incident's evidence package over the API: the bytes that verify, what verifying says, and who may."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from nofly.proof.packing.steps import Outcome
from nofly.run.following.follower import Follower
from nofly.run.proving import making_apart
from nofly.run.proving.verify import verify
from nofly.web import turns
from nofly.web.access.rights import Role
from nofly.web.app import create_app
from nofly.web.served import Served
from tests.run.proving.test_live_case import brought_lines, recorded, through
from tests.run.watches import RING
from tests.web.conftest import As, application
from tests.web.test_api import rows


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("live")
    recorded(brought_lines(through(range(0, 600, 5))), [RING], folder)
    return folder


@pytest.fixture
def viewer(state: Path) -> Iterator[TestClient]:
    with application(state, Role.VIEWER) as found:
        yield found


def name_of(client: TestClient) -> str:
    return str(next(one["id"] for one in rows(client, limit=1000) if one["certainty"]))


def test_a_viewer_takes_a_package_that_verifies_and_sees_that_it_does(viewer: TestClient) -> None:
    at = f"/api/v1/incidents/{name_of(viewer)}/evidence"
    answer = viewer.get(at)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["content-disposition"].endswith('.nofly.zip"')
    found = verify(answer.content)
    assert not [step for step in found.steps if step.outcome is Outcome.DIFFERS]
    said: dict[str, Any] = viewer.get(f"{at}/verified").json()
    assert said["exit_code"] == found.exit_code
    assert said["bytes"] == len(answer.content)
    assert [(s["subject"], s["outcome"], s["message"]) for s in said["steps"]] == [
        (step.subject, step.outcome.value, step.message) for step in found.steps
    ]


def test_whoever_sees_only_the_past_gets_no_bytes_of_now(state: Path) -> None:
    with application(state, Role.VIEWER, delay_s=60.0) as client:
        answer = client.get(f"/api/v1/incidents/{name_of(client)}/evidence")
        assert (answer.status_code, answer.json()["error"]["kind"]) == (403, "forbidden")


def test_packages_are_made_one_at_a_time(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "WAIT_S", 0.01)
    served = Served(Follower(state), As(Role.VIEWER), lambda: 0)
    served.follower.follow(0)
    asyncio.run(served.proving.acquire())
    with TestClient(create_app(served)) as client:
        busy = client.get(f"/api/v1/incidents/{name_of(client)}/evidence")
        assert (busy.status_code, busy.json()["error"]["kind"]) == (503, "busy")


def test_a_package_that_takes_too_much_is_refused(
    viewer: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(making_apart, "MOST_S", 0.01)
    answer = viewer.get(f"/api/v1/incidents/{name_of(viewer)}/evidence/verified")
    assert answer.status_code == 400
    assert "within bounds" in answer.json()["error"]["message"]


def test_there_is_none_without_a_verdict(client: TestClient) -> None:
    warning = next(one for one in rows(client, limit=1000) if one["status"] == "predicted")
    answer = client.get(f"/api/v1/incidents/{warning['id']}/evidence")
    assert (answer.status_code, "no verdict" in answer.json()["error"]["message"]) == (404, True)
