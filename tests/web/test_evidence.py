"""An incident's evidence package over the API: the bytes that verify, what verifying says, and who may."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from nofly.cli.evidence import station_key
from nofly.config import parse
from nofly.errors import StoreError
from nofly.proof.packing.signing import SigningKey
from nofly.proof.packing.steps import Outcome
from nofly.run.apart import Bounds
from nofly.run.following.follower import Follower
from nofly.run.proving import making_apart
from nofly.run.proving.verify import Trust, verify
from nofly.store.keys import new_key, public_key
from nofly.web import turns
from nofly.web.access.rights import Role
from nofly.web.app import create_app
from nofly.web.served import Served
from tests.run.proving.test_live_case import brought_lines, recorded, through
from tests.run.proving.test_live_package import zones_in
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


def test_it_is_signed_by_the_key_of_the_station_and_holds_the_zones_file(tmp_path: Path) -> None:
    path, law = zones_in(tmp_path)
    recorded(brought_lines(through(range(0, 600, 5))), law, tmp_path / "state")
    key = SigningKey(bytes(range(32)))
    broken = tmp_path / "broken.geojson"
    broken.write_text("{")
    files = (str(broken), str(path), str(tmp_path / "gone.geojson"))
    served = Served(Follower(tmp_path / "state"), As(Role.VIEWER), lambda: 0, signing=key, zone_files=files)
    served.follower.follow(0)
    with TestClient(create_app(served)) as client:
        at = f"/api/v1/incidents/{name_of(client)}/evidence"
        found = verify(client.get(at).content, Trust({key.public.id: "the station"}, signed=True))
        said = client.get(f"{at}/verified").json()
    assert found.exit_code == said["exit_code"] == 0
    assert said["unshown"] == ["coverage"]
    assert "rests on a table of sightings that nothing in it shows to be true" in found.summary
    assert any("the key of the station" in step.message for step in found.steps)
    assert found.package.data("zones/source/01-ring.geojson") == path.read_bytes()


def test_the_key_of_the_station_is_taken_from_the_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new_key(tmp_path / "keys", "station", b"open sesame")
    text = '[web]\nevidence_key = "station"\nevidence_keys = "keys"\nevidence_passphrase = "env:SECRET"\n'
    web = parse(text, str(tmp_path / "nofly.toml")).web
    monkeypatch.setenv("SECRET", "open sesame")
    found = station_key(web)
    assert found is not None
    assert found.public == public_key(tmp_path / "keys", "station")
    monkeypatch.setenv("SECRET", "open barley")
    with pytest.raises(StoreError, match="passphrase is wrong"):
        station_key(web)
    with pytest.raises(StoreError, match="no private key 'nobody'"):
        station_key(replace(web, evidence_key="nobody"))
    assert station_key(parse("").web) is None


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
    monkeypatch.setattr(making_apart, "BOUNDS", Bounds(wall_s=0.01))
    answer = viewer.get(f"/api/v1/incidents/{name_of(viewer)}/evidence/verified")
    assert answer.status_code == 400
    assert "within bounds" in answer.json()["error"]["message"]


def test_there_is_none_without_a_verdict(client: TestClient) -> None:
    warning = next(one for one in rows(client, limit=1000) if one["status"] == "predicted")
    answer = client.get(f"/api/v1/incidents/{warning['id']}/evidence")
    assert (answer.status_code, "no verdict" in answer.json()["error"]["message"]) == (404, True)
