"""An incident in sentences, as KML and as a picture: as a check of the same reports has it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from fastapi.testclient import TestClient

import nofly
from nofly.run.following.finding import told
from nofly.run.following.follower import Follower
from nofly.web import turns
from nofly.web.access.rights import Role
from nofly.web.app import create_app
from nofly.web.served import Served
from tests.web.conftest import As
from tests.web.test_api import rows

KML = "{http://www.opengis.net/kml/2.2}"


def judged(client: TestClient) -> list[dict[str, Any]]:
    return [one for one in rows(client, limit=1000) if one["certainty"]]


def test_the_sentences_are_those_of_a_check(client: TestClient, watched: Path) -> None:
    zones = nofly.read_zones(watched.parent / "demo-zones.geojson")
    result = nofly.check(nofly.read_positions(watched.parent / "demo-switzerland.json"), zones)
    expected = {stay.id: result.explain(stay.id).splitlines() for stay in result.infringements}
    seen = 0
    for one in judged(client):
        whole = client.get(f"/api/v1/incidents/{one['id']}").json()
        assert len(whole["sentences"]) == len(whole["verdicts"])
        for verdict, sentences in zip(whole["verdicts"], whole["sentences"], strict=True):
            assert sentences == expected[verdict["id"]]
            seen += 1
    assert seen >= 3


def test_a_row_that_is_no_verdict_says_nothing() -> None:
    assert told([{}, {"id": 1}, {"entry_time": "yesterday"}], lambda _: None) == [[], [], []]


def test_kml_has_the_track_from_before_to_after(client: TestClient) -> None:
    one = judged(client)[0]
    answer = client.get(f"/api/v1/incidents/{one['id']}/export", params={"format": "kml"})
    assert answer.headers["content-type"].startswith("application/vnd.google-earth.kml+xml")
    tree = ElementTree.fromstring(answer.content)
    whens = [
        when.text or "" for track in tree.iter("{http://www.google.com/kml/ext/2.2}Track") for when in track
    ]
    times = [text for text in whens if text.startswith("2018-")]
    assert min(times) < one["entry_time"]
    assert len(times) > 10
    assert [name.text for name in tree.iter(f"{KML}name")].count("exit") == one["stays"]
    refused = client.get(f"/api/v1/incidents/{one['id']}/export", params={"format": "kml", "records": True})
    assert (refused.status_code, refused.json()["error"]["where"]) == (400, "query.format")


def test_a_picture_of_what_was_judged_and_of_nothing_else(client: TestClient) -> None:
    answer = client.get(f"/api/v1/incidents/{judged(client)[0]['id']}/picture")
    assert answer.headers["content-type"] == "image/png"
    assert answer.content.startswith(b"\x89PNG")
    warning = next(one for one in rows(client, limit=1000) if one["status"] == "predicted")
    answer = client.get(f"/api/v1/incidents/{warning['id']}/picture")
    assert (answer.status_code, "no verdict" in answer.json()["error"]["message"]) == (404, True)


def test_pictures_are_drawn_one_at_a_time(watched: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "WAIT_S", 0.01)
    served = Served(Follower(watched), As(Role.VIEWER), lambda: 0)
    served.follower.follow(0)
    asyncio.run(served.drawing.acquire())
    with TestClient(create_app(served)) as client:
        path = f"/api/v1/incidents/{judged(client)[0]['id']}/picture"
        busy = client.get(path)
        assert (busy.status_code, busy.json()["error"]["kind"]) == (503, "busy")
        served.drawing.release()
        assert client.get(path).status_code == 200


def test_the_track_says_by_which_errors_and_law_it_is_judged(client: TestClient) -> None:
    one = judged(client)[0]
    track = client.get(f"/api/v1/incidents/{one['id']}/track").json()
    assert {report["pos_err_m"] for report in track["reports"]} == {None}
    assert {report["judged_err_m"] for report in track["reports"]} == {185.2}
    assert set(track["assumed_err_m"]) == {"STD", "AMSL", "AGL", "HAE"}
    assert track["law"][-1] == f"hash: {one['zone_hash']}"
    assert track["zone"]["properties"]["state"] == "active", "as it was when it was entered"
    assert track["gap_s"] == 120.0
