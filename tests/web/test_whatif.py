"""What a zone would touch, over the API: as nofly whatif says it, within bounds."""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient

from nofly.incidents.warnings import PredictionParams
from nofly.run.apart import Bounds
from nofly.run.deciding.acting import ask, clock_us
from nofly.run.declaring.registered import TeamRegister
from nofly.run.demo import demo_files
from nofly.run.following.follower import Follower
from nofly.run.registering.signing import Hand
from nofly.run.weighing import weighing_apart
from nofly.run.weighing.notes import SENTENCES
from nofly.run.weighing.pairs import airport_pairs, pair_batches
from nofly.run.weighing.prices import Prices
from nofly.store.positions.store import PositionStore
from nofly.store.register import Register
from nofly.web.access.rights import Role
from nofly.web.app import create_app
from nofly.web.served import Served
from nofly.zones.decision_bodies import Request
from nofly.zones.decision_rules import DecisionRule, Purpose, RuleKind
from nofly.zones.model import Circle, Volume, Zone
from tests.web.conftest import As, application

HOSTILE = "<b>Sky</b>\x1b[31m"
SKY = Zone("SKY", HOSTILE, (Volume(Circle((46.8, 8.2), 80_000.0)),))
FAR = Zone("FAR", "Far away", (Volume(Circle((-40.0, 100.0), 5_000.0)),))
LATER = Zone("LATER", "Later", (Volume(Circle((46.8, 8.2), 80_000.0)),), valid_from_us=4_077_000_000_000_000)
UNTIL = "2018-08-01T20:00:00Z"
"""After the last of the flights that were watched."""
LEDGER = Path(__file__).resolve().parents[2] / "docs" / "examples" / "ledger.toml"


@pytest.fixture
def state(watched: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(watched, tmp_path / "state"))


@pytest.fixture
def register(tmp_path: Path) -> TeamRegister:
    """Return a register with a request for each of three zones."""
    path = str(tmp_path / "law.sqlite")
    with Register(path) as register:
        for zone in (SKY, FAR, LATER):
            rule = DecisionRule(RuleKind.UNANIMITY)
            asked = Request(zone.id.lower(), "A", zone, Purpose.PREVENT, "w", ("B",), "N", rule)
            ask(register, asked, Hand("a", clock_us()))
    return TeamRegister(path, "N")


@pytest.fixture
def authority(state: Path, register: TeamRegister) -> Iterator[TestClient]:
    with application(state, Role.AUTHORITY, register=register) as found:
        yield found


def weigh(client: TestClient, of: str, name: str, **more: Any) -> Any:
    return client.post("/api/v1/whatif", json={"of": of, "id": name, "until": UNTIL, **more})


def weighed_by_hand(folder: Path, **more: Any) -> dict[str, Any]:
    """Return SKY weighed over the demo's flights as of ``nofly whatif``."""
    from nofly.run.files.trackfiles import read_batches
    from nofly.run.weighing import json as as_json
    from nofly.run.weighing.weigh import Asked
    from nofly.run.weighing.weigh import weigh as by_hand

    with demo_files() as (_, tracks):
        flights = folder / "demo-switzerland.json"
        flights.write_bytes(gzip.decompress(tracks[1].read_bytes()))
        return as_json.document(by_hand(Asked([SKY], **more), read_batches([str(flights)])))


def test_the_zones_that_can_be_weighed(authority: TestClient) -> None:
    found = authority.get("/api/v1/whatif").json()
    law = {one["zone_hash"] for one in (
        z["properties"] for z in authority.get("/api/v1/zones").json()["features"]
    )}  # fmt: skip
    assert {one["id"] for one in found["zones"] if one["of"] == "law"} == law
    asked = [one for one in found["zones"] if one["of"] == "request"]
    assert [(one["id"], one["zone_id"]) for one in asked] == [
        ("far", "FAR"), ("later", "LATER"), ("sky", "SKY"),
    ]  # fmt: skip
    assert asked[1]["valid_from"] is not None
    assert "\x1b" not in asked[2]["name"]
    assert (found["has_ledger"], found["unread"]) == (False, [])


def test_a_register_that_cannot_be_read_hides_no_zone_of_the_law(state: Path, tmp_path: Path) -> None:
    path = tmp_path / "broken.sqlite"
    path.write_bytes(b"no database" * 100)
    with application(state, Role.AUTHORITY, register=TeamRegister(str(path), "N")) as client:
        found = client.get("/api/v1/whatif").json()
    assert found["unread"] == ["the register cannot be read"]
    assert {one["of"] for one in found["zones"]} == {"law"}


def test_the_answer_is_that_of_the_command_line(authority: TestClient, tmp_path: Path) -> None:
    """The same flights of the same reports, which the watch took from the same file."""
    answer = weigh(authority, "request", "sky")
    assert answer.status_code == 200, answer.text
    found = answer.json()
    wanted = weighed_by_hand(tmp_path)
    effect, told = wanted["effect"], found["answer"]
    assert told["figures"]["flights_inside"] == effect["flights_inside"] > 2
    assert told["figures"]["outcomes"] == effect["outcomes"]
    assert [(h["from"], h["flights_inside"]) for h in told["hours"]] == [
        (h["from"], h["flights_inside"]) for h in effect["hours"]
    ]  # fmt: skip
    for name in ("operators", "states", "airports"):
        assert told["tables"][name]["in_all"] == len(effect[name])
        assert [r["flights"] for r in told["tables"][name]["rows"]] == [r["flights"] for r in effect[name]]
    assert (found["everywhere"], found["whole"]) == (True, True)
    assert told["flights_in_all"] == len(effect["flights"])
    (zone,) = found["zones"]
    assert zone["properties"]["id"] == "SKY"


def test_the_ways_lie_inside_the_zone_and_near_it(authority: TestClient) -> None:
    ways = weigh(authority, "request", "sky").json()["answer"]["ways"]
    inside = [place for way in ways for part in way["inside"] for place in part]
    near = [place for way in ways for part in way["near"] for place in part]
    assert len(near) > len(inside) > 10
    assert all(abs(lat - 46.8) < 0.73 and abs(lon - 8.2) < 1.06 for lat, lon in inside)


def test_a_zone_that_begins_later_is_weighed_as_if_it_held(authority: TestClient) -> None:
    refused = weigh(authority, "request", "later")
    assert refused.status_code == 400
    assert "no zone holds at any time of the traffic" in refused.json()["error"]["message"]
    held = weigh(authority, "request", "later", held=True).json()
    same = weigh(authority, "request", "sky").json()
    assert held["held"]
    assert held["answer"]["figures"] == same["answer"]["figures"]


def test_a_ledger_gives_ranges_and_a_tornado(authority: TestClient, state: Path) -> None:
    assert weigh(authority, "request", "sky", ledger=True).status_code == 400
    shutil.copy(LEDGER, state / "ledger.toml")
    assert authority.get("/api/v1/whatif").json()["has_ledger"]
    found = weigh(authority, "request", "sky", ledger=True).json()
    sections = {one["title"]: one for one in found["ledger"]["sections"]}
    drawn = [one for section in sections.values() for one in section["tornadoes"]]
    assert drawn
    for one in drawn:
        swings = [abs(bar["at_high"] - bar["at_low"]) for bar in one["bars"]]
        assert swings == sorted(swings, reverse=True)
    assert "No score" in sections
    (state / "ledger.toml").write_text("format = 3")
    broken = weigh(authority, "request", "sky", ledger=True).json()
    assert broken["ledger"] is None
    assert broken["missing"]["ledger"]
    assert str(state) not in json.dumps(broken)
    assert broken["answer"] == found["answer"]


def test_inputs_of_the_ledger_are_tried_otherwise(authority: TestClient, state: Path) -> None:
    shutil.copy(LEDGER, state / "ledger.toml")
    found = weigh(authority, "request", "sky", ledger=True).json()
    inputs = {one["name"]: one for one in found["ledger"]["inputs"]}
    party = next(name for name in inputs if name.endswith(".hours_a_day"))
    assert inputs["patrol.stations"]["label"] == "stations"
    wanted = {"patrol.stations": [4, 5, 6], party: [1, 2, 3], "sharing.coincidence": [0, 0, 0]}
    changed = weigh(authority, "request", "sky", ledger=True, inputs=wanted).json()
    told = {one["name"]: one for one in changed["ledger"]["inputs"]}
    for name, ends in wanted.items():
        assert [told[name][end] for end in ("low", "likely", "high")] == ends
        assert told[name]["source"] == "changed for this once"
    assert changed["words"]["changed for this once"] == {"say": "changed for this once", "values": {}}
    assert changed["ledger"]["sections"] != found["ledger"]["sections"]
    assert weigh(authority, "request", "sky", ledger=True).json()["ledger"] == found["ledger"]
    for wrong in ({"patrol.sta": [1, 1, 1]}, {"nobody.aircraft": [1, 1, 1]}, {"patrol.stations": [3, 2, 1]}):
        refused = weigh(authority, "request", "sky", ledger=True, inputs=wrong).json()
        assert refused["ledger"] is None
        assert refused["missing"]["ledger"]
        assert str(state) not in json.dumps(refused)
    for ill in ({"patrol.stations": [1]}, {"x" * 201: [1, 1, 1]}, {"patrol.stations": ["a", 1, 2]}):
        assert weigh(authority, "request", "sky", ledger=True, inputs=ill).status_code == 422


def test_in_place_of_a_zone_in_force_the_change_is_told(authority: TestClient) -> None:
    choices = authority.get("/api/v1/whatif").json()["zones"]
    law = {one["zone_id"]: one for one in choices if one["of"] == "law"}
    alone = {name: weigh(authority, "law", one["id"], held=True) for name, one in law.items()}
    hit = {name: {f["target_id"] for f in found.json()["answer"]["flights"]}
           for name, found in alone.items() if found.status_code == 200}  # fmt: skip
    old = max(hit, key=lambda name: len(hit[name]))
    assert hit[old]
    found = weigh(authority, "request", "sky", held=True, instead_of=law[old]["id"]).json()
    assert [zone["properties"]["id"] for zone in found["instead_of"]] == [old]
    change = found["answer"]["change"]
    after = found["answer"]["figures"]
    assert change["before"]["flights_inside"] == alone[old].json()["answer"]["figures"]["flights_inside"]
    assert after == weigh(authority, "request", "sky", held=True).json()["answer"]["figures"]
    assert change["both"] + change["no_longer"] == change["before"]["flights_inside"]
    assert change["both"] + change["newly"] == after["flights_inside"]
    assert change["newly"] > 0
    same = weigh(authority, "law", law[old]["id"], instead_of=law[old]["id"])
    assert (same.status_code, same.json()["error"]["where"]) == (400, "body.instead_of")
    assert weigh(authority, "request", "sky", instead_of="sky").status_code == 404


def test_warnings_and_prices_are_those_of_the_command_line(authority: TestClient, tmp_path: Path) -> None:
    plain = weigh(authority, "request", "sky").json()["answer"]
    assert (plain["change"], plain["warnings"], plain["money"]) == (None, None, None)
    prices = {"flight": 850, "km": 0.5, "currency": "E\x1b[31mUR"}
    told = weigh(authority, "request", "sky", warnings=True, prices=prices).json()["answer"]
    known = {"prediction": PredictionParams(), "prices": Prices({"flight": 850.0, "km": 0.5}, "EUR")}
    wanted = weighed_by_hand(tmp_path, **known)
    assert told["warnings"] == wanted["warnings"]
    assert told["warnings"]["given"] > 0
    assert told["money"]["total"] == pytest.approx(wanted["money"]["total"])
    assert [(one["name"], one["price"]) for one in told["money"]["sums"]] == [("flight", 850.0), ("km", 0.5)]
    assert "\x1b" not in told["money"]["currency"]


def test_a_watch_that_does_not_warn_foresees_nothing(state: Path) -> None:
    served = Served(Follower(state), As(Role.AUTHORITY), lambda: 0, prediction=None)
    served.follower.follow(0)
    client = TestClient(create_app(served))
    choices = client.get("/api/v1/whatif").json()
    assert not choices["warns"]
    refused = weigh(client, "law", choices["zones"][0]["id"], warnings=True)
    assert (refused.status_code, refused.json()["error"]["where"]) == (400, "body.warnings")


def test_what_is_said_aloud_has_a_code(authority: TestClient) -> None:
    notes = weigh(authority, "request", "sky").json()["answer"]["notes"]
    assert {note["code"] for note in notes} <= set(SENTENCES)
    assert notes
    for note in notes:
        assert note["text"] == SENTENCES[note["code"]].format(**note["counts"])


def test_going_round_is_told_or_why_it_is_not(authority: TestClient) -> None:
    found = weigh(authority, "request", "sky", detours=True, level="FL300").json()
    assert found["detours"] is None
    assert "both airports" in found["missing"]["detours"]
    assert found["answer"]["figures"]["flights_inside"] > 2
    wrong = weigh(authority, "request", "sky", detours=True, level="up")
    assert wrong.status_code == 400


def test_going_round_of_flights_whose_airports_are_known(tmp_path: Path) -> None:
    """Two flights from ground to ground, stored as a watch stores them."""
    departs_us = 1_533_124_800_000_000
    (batch,) = pair_batches(airport_pairs(["ZRH-GVA", "BSL-LUG"]), departs_us, 9_000.0)
    with PositionStore(tmp_path / "positions") as store:
        positions = batch.positions
        store.add(positions.take(np.argsort(positions.time_us, kind="stable")))
        store.flush()
    asked = weighing_apart.question([SKY], tmp_path, departs_us, departs_us + 7_200_000_000, level_m=9_000.0)
    found = weighing_apart.weighed_apart(asked)
    assert found.missing == {}
    assert found.detours is not None
    assert found.answer["tables"]["pairs"]["in_all"] == len(found.detours["pairs"]) >= 1
    assert {one["outcome"] for one in found.detours["pairs"]} <= {"clear", "round", "inside"}
    ways = {(one["from"], one["to"]): one for one in found.detours["ways"]}
    assert len(ways) == len(found.detours["pairs"])
    for pair in found.detours["pairs"]:
        one = ways[pair["from"], pair["to"]]
        ends = [one["direct"][0], one["direct"][-1]]
        assert abs(ends[0][0] - ends[1][0]) + abs(ends[0][1] - ends[1][1]) > 0.5
        assert not one["way"] or [one["way"][0], one["way"][-1]] == ends


def test_what_cannot_be_weighed_is_refused(authority: TestClient) -> None:
    far = weigh(authority, "request", "far")
    assert far.status_code == 400
    assert "no report of the traffic is anywhere near" in far.json()["error"]["message"]
    assert weigh(authority, "request", "none").status_code == 404
    assert weigh(authority, "law", "sky").status_code == 404
    assert weigh(authority, "request", "sky", until="yesterday").json()["error"]["where"] == "body.until"
    for wrong in (
        {"hours": 169}, {"hours": 0}, {"state": "/etc"}, {"of": "file"},
        {"prices": {"flight": -1}}, {"prices": {"ton": 1}}, {"prices": {"km": 1e13}}, {"instead_of": ""},
    ):  # fmt: skip
        body = {"of": "request", "id": "sky", **wrong}
        assert authority.post("/api/v1/whatif", json=body).status_code in (400, 422)


def test_it_ends_within_bounds(authority: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weighing_apart, "BOUNDS", Bounds(wall_s=0.001))
    answer = weigh(authority, "request", "sky")
    assert answer.status_code == 400
    assert "within bounds" in answer.json()["error"]["message"]


def test_only_who_may_propose_zones_weighs_them(state: Path) -> None:
    with application(state, Role.OPERATOR) as operator:
        assert operator.get("/api/v1/whatif").status_code == 403
        assert weigh(operator, "law", "x").status_code == 403


def test_more_traffic_than_is_looked_at_is_said(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from nofly.run.declaring import effect

    asked = weighing_apart.question([SKY], state, 0, 4_077_000_000_000_000)
    monkeypatch.setattr(effect, "MOST_REPORTS", 500)
    found = weighing_apart._weighed(asked)
    assert (found.everywhere, found.whole) == (False, False)
    assert found.answer["traffic"]["reports"] == 500
