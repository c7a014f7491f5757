"""Requests and editions over the API, out of the register."""

from __future__ import annotations

from pathlib import Path

import pytest

from nofly.run.deciding.acting import ask, clock_us, do
from nofly.run.declaring.registered import TeamRegister
from nofly.run.registering.signing import Hand
from nofly.store.register import Register
from nofly.web.access.rights import Role
from nofly.zones.decision_bodies import Request
from nofly.zones.decision_rules import DecisionRule, Purpose, RuleKind
from nofly.zones.model import Circle, Volume, Zone
from tests.web.conftest import application

ZONE = Zone("SKY", "Sky", (Volume(Circle((48.0, 31.0), 9_000.0)),))
LATER_US = 4_077_000_000_000_000


@pytest.fixture
def register(tmp_path: Path) -> TeamRegister:
    """Return a register with a request that was refused and one that is law."""
    path = str(tmp_path / "law.sqlite")
    with Register(path) as register:
        for name, rule in (("a-no", RuleKind.UNANIMITY), ("b-yes", RuleKind.SINGLE)):
            asked = Request(
                name, "Ukraine", ZONE, Purpose.PREVENT, "<b>bombs</b>", ("Canada", "France"), "NATO",
                DecisionRule(rule),
            )  # fmt: skip
            ask(register, asked, Hand("a", clock_us()))
        body = {"stand": "oppose", "statement": "the red line", "source": "https://example.org/1"}
        do(register, "a-no", "position", body, Hand("b", clock_us(), "Canada"))
        do(register, "a-no", "decide", {"outcome": "rejected", "reason": "wider war"}, Hand("c", clock_us()))
        do(register, "b-yes", "decide", {"outcome": "approved", "reason": "agreed"}, Hand("c", clock_us()))
        do(register, "b-yes", "promulgate", {"valid_from_us": LATER_US}, Hand("c", clock_us()))
    return TeamRegister(path, "NATO")


def test_the_sheets_of_requests(watched: Path, register: TeamRegister) -> None:
    with application(watched, Role.VIEWER, register=register) as client:
        refused, law = client.get("/api/v1/requests").json()["requests"]
        assert (refused["id"], refused["state"], law["state"]) == ("a-no", "rejected", "in-force")
        (position,) = refused["positions"]
        assert (position["party"], position["stand"], position["counts"]) == ("Canada", "oppose", True)
        assert refused["no_position"] == ["France"]
        assert refused["decision"]["reason"] == "wider war"
        assert ["why", "<b>bombs</b>"] in refused["facts"]
        assert client.get("/api/v1/requests/a-no").json() == refused
        missing = client.get("/api/v1/requests/none")
        assert missing.status_code == 404
        assert "no such request" in missing.text


def test_the_history_of_a_zone(watched: Path, register: TeamRegister) -> None:
    with application(watched, Role.VIEWER, register=register) as client:
        found = client.get("/api/v1/editions/SKY").json()
        assert found["state"] == "not yet"
        assert [(e["edition"], e["party"], e["zone_hash"]) for e in found["editions"]] == [
            (1, "NATO", ZONE.zone_hash)
        ]
        assert [act["kind"] for act in found["acts"]] == ["declare"]
        assert "request b-yes: agreed" in found["acts"][0]["text"]
        none = {"zone_id": "none", "state": "none", "editions": [], "acts": []}
        assert client.get("/api/v1/editions/none").json() == none


def test_who_is_shown_the_past_is_shown_what_was_known_then(watched: Path, register: TeamRegister) -> None:
    with application(watched, Role.VIEWER, register=register, delay_s=3600.0) as client:
        assert client.get("/api/v1/requests").json() == {"has_register": True, "requests": [], "unread": []}
        assert client.get("/api/v1/requests/a-no").status_code == 404
        assert client.get("/api/v1/editions/SKY").json()["state"] == "none"


def test_without_a_register_there_is_nothing_to_show(watched: Path, tmp_path: Path) -> None:
    with application(watched) as client:
        assert client.get("/api/v1/requests").json() == {"has_register": False, "requests": [], "unread": []}
        answer = client.get("/api/v1/requests/one")
        assert answer.status_code == 404
        assert "no register is served" in answer.text
    (tmp_path / "broken").write_text("no register")
    with application(watched, register=TeamRegister(str(tmp_path / "broken"), "x")) as client:
        assert client.get("/api/v1/requests").status_code == 503
