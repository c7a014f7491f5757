"""Zones declared beside a watch: it judges by them from its next look at the law on, also by them alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nofly.cli import main
from tests.cli.live import Feed, until
from tests.run.test_watch_register import Flying
from tests.web.keys import put_user
from tests.web.test_serve import Server, serving

CIRCLE: dict[str, Any] = {
    "type": "Feature",
    "properties": {
        "id": "HERE-1", "name": "HERE", "restriction": "PROHIBITED", "lower": "GND", "upper": "FL150",
        "radius_m": 10_000,
    },
    "geometry": {"type": "Point", "coordinates": [14.0, 50.0]},
}  # fmt: skip
ELSEWHERE = {**CIRCLE, "geometry": {"type": "Point", "coordinates": [-30.0, 10.0]}}


@pytest.fixture
def feed() -> Iterator[Feed]:
    found = Feed()
    yield found
    found.close()


def put_in_force(server: Server, feature: dict[str, Any]) -> None:
    status, one = server.asked("declared", {"feature": feature, "why": "by order"})
    assert status == 201, one
    path = f"declared/{one['zone_id']}/activate"
    status, one = server.asked(path, {"why": "signed", "hash": one["proposed"]["id"]})
    assert status == 200, one


def incidents(server: Server) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = server.asked("incidents")[1]["incidents"]
    return found


def causes(server: Server, name: str) -> list[tuple[str, str]]:
    _, whole = server.asked(f"incidents/{name}")
    return [(one["kind"], one["body"].get("cause")) for one in whole["records"]]


def test_a_zone_put_over_an_aircraft_is_entered_for_that_cause_and_left_when_withdrawn(
    tmp_path: Path, feed: Feed
) -> None:
    state, zones = tmp_path / "state", tmp_path / "zones.geojson"
    zones.write_text(json.dumps(ELSEWHERE))
    address = f"jsonl+tcp://127.0.0.1:{feed.port}"
    args = ("--state", str(state), "--zones", str(zones), "--feed", address, "--metrics", "")
    with serving(state, *args) as it:
        feed.fly("icao24:4b1804", 13.95, 14.0)
        until(lambda: it.asked("aircraft")[1]["aircraft"], "it is heard")
        assert incidents(it) == []
        put_in_force(it, {**CIRCLE, "properties": {**CIRCLE["properties"], "id": "HERE-2"}})
        until(lambda: it.asked("status")[1]["zones"] == 2, "the watch has taken it over")
        feed.fly("icao24:4b1804", 14.01, 14.03)
        (one,) = until(lambda: incidents(it), "an incident")
        assert one["zone_id"] == "HERE-2"
        assert causes(it, one["id"])[0] in (("entered", "zone-changed"), ("entered", "zone-activated"))
        status, gone = it.asked("declared/HERE-2/withdraw", {"why": "over"})
        assert (status, gone["in_force"]) == (200, None)
        until(lambda: it.asked("status")[1]["zones"] == 1, "the watch has dropped it")
        feed.fly("icao24:4b1804", 14.04, 14.05)
        until(lambda: any(kind == "exited" for kind, _ in causes(it, one["id"])), "it is left")
        assert [cause for kind, cause in causes(it, one["id"]) if kind == "exited"] == ["zone-changed"]


@pytest.mark.thorough
def test_all_of_the_law_may_be_declared_here_and_withdrawn(tmp_path: Path, feed: Feed) -> None:
    state = tmp_path / "state"
    token = put_user(state)
    with serving(state, "--state", str(state), "--beside", token=token) as beside:
        put_in_force(beside, CIRCLE)
    watch = ("--state", str(state), "--feed", f"jsonl+tcp://127.0.0.1:{feed.port}", "--metrics", "")
    with serving(state, *watch, token=token) as it:
        feed.fly("icao24:4b1804", 13.8, 14.0)
        (one,) = until(lambda: [i for i in incidents(it) if i["phase"] == "infringing"], "an incident")
        assert it.asked("declared/HERE-1/withdraw", {"why": "over"})[0] == 200
        until(lambda: it.asked("status")[1]["zones"] == 0, "there is no law")
        feed.fly("icao24:4b1804", 14.01, 14.05)
        until(lambda: any(kind == "exited" for kind, _ in causes(it, one["id"])), "it is left")
    feed.leave()
    with serving(state, *watch, token=token) as again:
        feed.fly("icao24:4b1805", 13.8, 14.0)
        until(lambda: again.asked("aircraft")[1]["aircraft"], "it is heard")
        assert again.asked("status")[1]["zones"] == 0
        assert len(incidents(again)) == 1
        put_in_force(again, CIRCLE)
        until(lambda: again.asked("status")[1]["zones"] == 1, "there is law again")
        feed.fly("icao24:4b1805", 14.01, 14.02)
        until(lambda: len(incidents(again)) == 2, "judged again")


def test_declared_here_it_is_law_in_the_register_and_what_that_says_of_it_since_is_followed(
    tmp_path: Path, feed: Feed
) -> None:
    """Put in force on the page, suspended by the command line, resumed, withdrawn on the page: each once."""
    state, zones, law = tmp_path / "state", tmp_path / "zones.geojson", str(tmp_path / "law.sqlite")
    zones.write_text(json.dumps(ELSEWHERE))
    config = tmp_path / "nofly.toml"
    config.write_text('[register]\nurl = "law.sqlite"\nparty = "Examplia"\n')
    address = f"jsonl+tcp://127.0.0.1:{feed.port}"
    args = ("--config", str(config), "--zones", str(zones), "--feed", address, "--metrics", "")
    one = Flying(feed)

    def told(it: Server) -> list[str]:
        _, found = it.asked("incidents")
        kinds = [kind for one in found["incidents"] for kind, _ in causes(it, one["id"])]
        return [kind for kind in kinds if kind in ("entered", "exited", "re-entered")]

    with serving(state, *args, "--state", str(state)) as it:
        one.until(lambda: it.asked("aircraft")[1]["aircraft"])
        inside = {"type": "Point", "coordinates": [14.15, 50.0]}
        put_in_force(it, {**CIRCLE, "geometry": inside})
        one.until(lambda: told(it) == ["entered"])
        one.until(lambda: it.asked("status")[1]["zones"] == 2)
        for verb, count in (("suspend", 2), ("resume", 3)):
            said = ("--register", law, "--party", "Examplia", "--why", "a pause")
            assert main(["zones", verb, "HERE-1", *said]) == 0
            one.until(lambda count=count: len(told(it)) == count)
            # Editions that are over are not among the zones that are watched.
            zones_now = 1 if verb == "suspend" else 2
            one.until(lambda zones_now=zones_now: it.asked("status")[1]["zones"] == zones_now)
        assert it.asked("declared/HERE-1/withdraw", {"why": "over"})[0] == 200
        one.until(lambda: it.asked("status")[1]["zones"] == 1)
        one.until(lambda: len(told(it)) == 4)
        assert sorted(told(it)) == ["entered", "entered", "exited", "exited"]
