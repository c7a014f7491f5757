"""The API over what a watch of real flights left: answers, refusals, one shape of error, paging, exports."""

from __future__ import annotations

import asyncio
import json
import shutil
from pathlib import Path
from time import time_ns
from types import SimpleNamespace
from typing import Any, cast

import pytest
from fastapi.testclient import TestClient

from nofly.cli import main
from nofly.run.following.follower import Follower
from nofly.store.sqlite import Store
from nofly.web import guard
from nofly.web.access.rights import Role
from nofly.web.api import trails
from nofly.web.app import create_app
from nofly.web.served import Served
from tests.cli.live import until
from tests.web.conftest import As, application


def rows(client: TestClient, **asked: Any) -> list[dict[str, Any]]:
    answer = client.get("/api/v1/incidents", params=asked)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["incidents"]
    return found


def test_the_incidents_are_those_of_the_command_line(client: TestClient, watched: Path, capsys: Any) -> None:
    assert main(["incidents", "list", "--all", "--state", str(watched), "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told
    assert sorted(rows(client, limit=1000), key=str) == sorted(told, key=str)


def test_pages_join_to_the_whole(client: TestClient) -> None:
    whole = rows(client, limit=1000)
    pages: list[dict[str, Any]] = []
    cursor = None
    while True:
        asked = {"limit": 3} | ({"cursor": cursor} if cursor else {})
        answer = client.get("/api/v1/incidents", params=asked).json()
        pages += answer["incidents"]
        cursor = answer["next"]
        if cursor is None:
            break
    assert len(whole) > 3
    assert pages == whole


def test_a_choice_of_incidents(client: TestClient) -> None:
    whole = rows(client, limit=1000)
    one = whole[0]
    assert {r["target_id"] for r in rows(client, target=one["icao24"], limit=1000)} == {one["target_id"]}
    assert {r["zone_id"] for r in rows(client, zone=one["zone_id"], limit=1000)} == {one["zone_id"]}
    assert all(r["open"] for r in rows(client, open=True))
    assert rows(client, since="2030-01-01T00:00:00Z") == []


def test_the_same_again_costs_nothing(client: TestClient) -> None:
    first = client.get("/api/v1/zones")
    again = client.get("/api/v1/zones", headers={"If-None-Match": first.headers["etag"]})
    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")


def test_an_incident_has_its_life_verdicts_and_track(client: TestClient) -> None:
    one = next(r for r in rows(client, limit=1000) if r["status"] == "infringement")
    whole = client.get(f"/api/v1/incidents/{one['id'][:8]}").json()
    assert whole["incident"] == one
    assert {"entered", "exited"} <= {record["kind"] for record in whole["records"]}
    assert whole["verdicts"][0]["certainty"] == one["certainty"]
    track = client.get(f"/api/v1/incidents/{one['id']}/track").json()
    inside = [r["inside_m"] for r in track["reports"] if one["entry_time"] <= r["time"] <= one["exit_time"]]
    assert inside
    assert max(inside) == pytest.approx(one["depth_m"], abs=3000.0)
    assert min(inside) > -2.0
    assert track["zone"]["properties"]["zone_hash"] == one["zone_hash"]
    assert track["whole"] is True


def test_zones_have_state_limits_and_sentences(client: TestClient) -> None:
    answer = client.get("/api/v1/zones")
    assert answer.headers["content-type"] == "application/geo+json"
    by_id = {f["properties"]["id"]: f for f in answer.json()["features"]}
    assert by_id["LS-X"]["properties"]["state"] == "expired"
    assert "FL" in by_id["LS-X"]["properties"]["floor"]
    for feature in by_id.values():
        for polygon in feature["geometry"]["coordinates"]:
            for ring in polygon:
                assert ring[0] == ring[-1]
                assert len(ring) >= 4
    said = client.get("/api/v1/zones/LS-X").json()
    assert said["sentences"]
    assert said["zones"][0]["properties"]["id"] == "LS-X"


def test_the_status_says_that_nothing_is_monitored(client: TestClient) -> None:
    status = client.get("/api/v1/status").json()
    assert (status["watching"], status["monitored"], status["ok"]) == (False, False, False)
    assert status["reasons"]
    assert status["unmonitored_since"]
    assert client.get("/readyz").status_code == 503
    assert client.get("/healthz").text == "ok\n"


@pytest.mark.parametrize(
    ("path", "status", "where"),
    [
        ("/api/v1/incidents?limit=0", 422, "query.limit"),
        ("/api/v1/incidents?cursor=!!", 400, "query.cursor"),
        ("/api/v1/incidents?since=yesterday", 400, "query.since"),
        ("/api/v1/incidents/zzzzzzzz", 404, None),
        ("/api/v1/aircraft?circle=1,2", 400, "query.circle"),
        ("/api/v1/aircraft?circle=91,2,3", 400, "query.circle"),
        ("/api/v1/aircraft?box=nan,1,2,3", 400, "query.box"),
        ("/api/v1/aircraft/nobody", 404, None),
        ("/api/v1/zones/nowhere", 404, None),
        ("/api/v1/nothing", 404, None),
        ("/../../etc/passwd", 404, None),
        ("/%2e%2e/%2e%2e/etc/passwd", 404, None),
    ],
)
def test_every_refusal_has_one_shape(client: TestClient, path: str, status: int, where: str | None) -> None:
    answer = client.get(path)
    assert answer.status_code == status, answer.text
    error = answer.json()["error"]
    assert error["id"]
    assert error["kind"]
    assert error["message"]
    assert error.get("where") == where


def test_an_error_is_in_the_log_under_its_id(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO", "nofly.web"):
        answer = client.get("/api/v1/aircraft/nobody")
    assert answer.json()["error"]["id"] in caplog.text


def test_every_answer_is_guarded(client: TestClient) -> None:
    for path in ("/", "/healthz", "/api/v1/status", "/api/v1/nothing", "/api/v1/openapi.json"):
        headers = client.get(path).headers
        rules = dict(rule.split(" ", 1) for rule in headers["content-security-policy"].split("; "))
        assert rules["default-src"] == rules["worker-src"] == "'self'"
        assert not any(name.startswith("script-src") for name in rules)
        assert {name for name, rule in rules.items() if "unsafe" in rule} == {"style-src"}
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"


def test_too_many_requests_are_refused_until_time_has_passed(watched: Path) -> None:
    now_s = [0.0]
    with application(watched, monotonic_s=lambda: now_s[0]) as client:
        asked = [client.get("/healthz") for _ in range(int(guard.BURST) + 3)]
        assert [one.status_code for one in asked[-4:]] == [200, 429, 429, 429]
        assert asked[-1].headers["retry-after"] == "1"
        now_s[0] += 1.0
        again = [client.get("/healthz").status_code for _ in range(int(guard.PER_S) + 1)]
        assert again == [200] * int(guard.PER_S) + [429]


def test_a_body_too_large_is_refused_whether_it_says_so_or_not(client: TestClient) -> None:
    big = b"x" * (guard.MOST_BODY_BYTES + 1)
    assert client.post("/api/v1/incidents/abcd/statements", content=big).status_code == 413

    def pieces() -> Any:
        for _ in range(guard.MOST_BODY_BYTES // 65536 + 2):
            yield b"x" * 65536

    assert client.post("/api/v1/incidents/abcd/statements", content=pieces()).status_code == 413


@pytest.fixture
def own(watched: Path, tmp_path: Path) -> Path:
    """Return a state folder of one's own."""
    return Path(shutil.copytree(watched, tmp_path / "state"))


def test_what_is_said_is_in_the_chain(own: Path) -> None:
    with application(own) as client:
        name = rows(client)[0]["id"]
        answer = client.post(
            f"/api/v1/incidents/{name}/statements", json={"verb": "clear", "why": "by agreement"}
        )
        assert answer.status_code == 201, answer.text
        with Store(own / "record.sqlite", read_only=True, create=False) as store:
            last = next(iter(store.read(answer.json()["sequence"])))
            assert store.verify() == []
        assert (last.hash, last.kind, last.content["who"]) == (answer.json()["hash"], "cleared", "tester")


@pytest.mark.parametrize(
    ("role", "verb", "status"),
    [
        (Role.VIEWER, "acknowledge", 403), (Role.OPERATOR, "acknowledge", 201), (Role.OPERATOR, "mute", 201),
        (Role.OPERATOR, "clear", 403), (Role.OPERATOR, "exempt", 403), (Role.AUTHORITY, "exempt", 201),
    ],
)  # fmt: skip
def test_who_may_say_what(own: Path, role: Role, verb: str, status: int) -> None:
    with application(own, role) as client:
        name = rows(client)[0]["id"]
        answer = client.post(f"/api/v1/incidents/{name}/statements", json={"verb": verb, "why": "so"})
        assert answer.status_code == status, answer.text


@pytest.mark.parametrize(
    "body",
    [
        {"verb": "clear"}, {"verb": "clear", "why": ""}, {"verb": "shoot", "why": "no"},
        {"verb": "clear", "why": "so", "until": "2001-01-01T00:00:00Z"}, {"verb": "clear", "why": "x" * 501},
        {"verb": "clear", "why": "so", "more": 1}, {"verb": "exempt", "why": "so", "channel": "mail"},
    ],
)  # fmt: skip
def test_what_cannot_be_said_is_refused(own: Path, body: dict[str, Any]) -> None:
    with application(own) as client:
        name = rows(client)[0]["id"]
        before = Store(own / "record.sqlite", read_only=True, create=False)
        head = before.head()
        answer = client.post(f"/api/v1/incidents/{name}/statements", json=body)
        assert answer.status_code in (400, 422)
        assert before.head() == head
        before.close()


def test_exported_records_are_a_proof(client: TestClient, tmp_path: Path, capsys: Any) -> None:
    one = rows(client)[0]["id"]
    answer = client.get(f"/api/v1/incidents/{one}/export", params={"format": "json", "records": True})
    assert answer.headers["content-disposition"].startswith("attachment")
    (tmp_path / "proof.json").write_bytes(answer.content)
    assert main(["incidents", "verify", str(tmp_path / "proof.json")]) == 0, capsys.readouterr()
    for form in ("csv", "geojson"):
        assert client.get(f"/api/v1/incidents/{one}/export", params={"format": form}).status_code == 200


def test_the_openapi_document_is_whole(client: TestClient) -> None:
    document = client.get("/api/v1/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    assert "prefixItems" not in json.dumps(document)
    assert "/api/v1/incidents/{name}/track" in document["paths"]


def test_whoever_is_shown_only_what_is_past_sees_nothing_sooner(watched: Path) -> None:
    with application(watched, Role.VIEWER, delay_s=300.0) as client:
        for path in ("aircraft", "aircraft/icao24:4ca7b3", "coverage", "coverage/horizon", "trails"):
            assert client.get(f"/api/v1/{path}").status_code == 403
        assert client.get("/ogc/collections/positions/items").json()["features"] == []
        past = rows(client, limit=1000)
        assert past
    with application(watched, Role.VIEWER, delay_s=20 * 365 * 86_400.0) as client:
        assert rows(client, limit=1000) == []
        assert client.get("/ogc/collections/incidents/items").json()["features"] == []
        for path in ("", "/track", "/export?format=json", "/picture"):
            assert client.get(f"/api/v1/incidents/{past[0]['id']}{path}").status_code == 404


def test_coverage_says_when_each_receiver_was_up(watched: Path) -> None:
    follower = Follower(watched)
    follower.follow(0)
    latest_us = follower.picture.latest_us
    assert latest_us is not None
    served = Served(follower, As(Role.VIEWER), lambda: latest_us)
    with TestClient(create_app(served)) as client:
        told = client.get("/api/v1/coverage?within_s=86400").json()
    (one,) = told["receivers"]
    assert 0 < one["minutes_up"] <= one["minutes"]
    assert one["station"] == "feed1"
    assert one["last_s"] == 0
    assert told["cells"]


def test_what_could_have_been_seen_is_told_beside_the_loop(watched: Path) -> None:
    follower = Follower(watched)
    follower.follow(0)
    now_us = follower.picture.latest_us or 0
    served = Served(follower, As(Role.VIEWER), lambda: now_us)
    with TestClient(create_app(served)) as client:
        first = client.get("/api/v1/coverage/horizon")
        assert (first.status_code, first.json()) == (200, None), "nobody waits for it"
        told = until(lambda: client.get("/api/v1/coverage/horizon").json(), "a horizon")
        again = client.get("/api/v1/coverage/horizon")
        known = {"If-None-Match": again.headers["etag"]}
        assert client.get("/api/v1/coverage/horizon", headers=known).status_code == 304
        assert told["why"] == ""
        assert any(cell["could"] for cell in told["cells"])
        now_us += 600 * 1_000_000
        assert client.get("/api/v1/coverage/horizon").json() == told, "it is old, and being told anew"
        until(lambda: client.get("/api/v1/coverage/horizon").json()["time"] > told["time"], "a newer one")
        now_us += 7200 * 1_000_000
        assert client.get("/api/v1/coverage/horizon").json() is None, "so old it says nothing of now"


def test_a_fault_in_following_is_said_and_passes(own: Path, caplog: pytest.LogCaptureFixture) -> None:
    served = Served(Follower(own), As(Role.VIEWER), lambda: time_ns() // 1000)
    follow, faults = served.follower.follow, [RuntimeError("once")]

    def failing(now_us: int) -> None:
        if faults:
            raise faults.pop()
        follow(now_us)

    served.follower = cast(Follower, SimpleNamespace(follow=failing, trouble=None))

    async def followed() -> None:
        task = asyncio.create_task(served.follow())
        async with served.turned:
            await served.turned.wait()
        assert served.follower.trouble == "a fault of nofly: RuntimeError"
        async with served.turned:
            await served.turned.wait()
        task.cancel()

    asyncio.run(followed())
    assert "cannot be followed" in caplog.text


def test_trails_are_those_of_a_box_and_of_no_more_than_may_be(
    watched: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    follower = Follower(watched)
    follower.follow(0)
    latest_us = follower.picture.latest_us
    assert latest_us is not None
    served = Served(follower, As(Role.VIEWER), lambda: latest_us)
    with TestClient(create_app(served)) as client:
        everybody = client.get("/api/v1/aircraft").json()["aircraft"]
        whole = client.get("/api/v1/trails").json()
        assert whole["aircraft"] == len(everybody) == len(whole["trails"]) > 3
        assert {one["target_id"] for one in whole["trails"]} == {one["target_id"] for one in everybody}
        for one in whole["trails"]:
            trail = client.get(f"/api/v1/aircraft/{one['target_id']}").json()["trail"]
            assert {place["time"] for place in one["places"]} <= {place["time"] for place in trail}
            assert one["places"][-1]["time"] == trail[-1]["time"]
        west = sorted(one["lon_deg"] for one in everybody)[1]
        part = client.get(f"/api/v1/trails?box=-90,90,-180,{west}").json()
        assert part["aircraft"] == len(part["trails"]) == 2
        monkeypatch.setattr(trails, "MOST_TRAILS", 1)
        few = client.get("/api/v1/trails").json()
        assert (few["aircraft"], len(few["trails"])) == (len(everybody), 1)
        assert client.get("/api/v1/trails?box=1,2").status_code == 400
