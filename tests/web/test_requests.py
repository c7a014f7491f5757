"""Requests and editions over the API, out of the register."""

from __future__ import annotations

from pathlib import Path
from time import sleep

import pytest

from nofly.proof.packing.signing import SigningKey
from nofly.run.deciding.acting import ask, clock_us, do
from nofly.run.declaring.registered import TeamRegister
from nofly.run.registering.signing import Hand, genuine
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
        one = client.get("/api/v1/requests/a-no").json()
        assert one.pop("words")
        assert one == refused
        # Who may not decide is offered nothing.
        assert (law["party"], law["may"]) == ("NATO", [])
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


@pytest.fixture
def asked(register_url: str) -> str:
    """Return a register with a request by silence, whose deadline is soon, and one that NATO decides."""
    with Register(register_url) as register:
        for name, rule, deadline_us in (
            ("x/silence", RuleKind.SILENCE, clock_us() + 3_000_000), ("y", RuleKind.SINGLE, None)
        ):  # fmt: skip
            made = Request(
                name, "Ukraine", ZONE, Purpose.PREVENT, "bombs", ("Canada", "NATO"), "NATO",
                DecisionRule(rule), deadline_us=deadline_us, keys=(("NATO", KEY.public.raw.hex()),),
            )  # fmt: skip
            ask(register, made, Hand("a", clock_us()))
    return register_url


KEY = SigningKey(bytes(range(32)))


def test_a_party_takes_a_position_decides_and_makes_law(watched: Path, asked: str) -> None:
    """Signed with the key of the station, in the name of whoever is logged in; the register has the acts."""
    with application(watched, Role.AUTHORITY, register=TeamRegister(asked, "NATO", KEY)) as client:

        def done(act: str, **body: object) -> dict[str, object]:
            answer = client.post(f"/api/v1/requests/y/{act}", json=body)
            assert answer.status_code == 200, answer.text
            assert client.get("/api/v1/requests/y").json() == answer.json()
            found: dict[str, object] = answer.json()
            return found

        assert client.get("/api/v1/requests/y").json()["may"] == ["position", "decide", "set-deadline"]
        assert done("position", stand="conditional", conditions=["by day"])["no_position"] == ["Canada"]
        found = done("decide", outcome="approved", reason="agreed", conditions=["by day"])
        assert found["state"] == "approved"
        times = {"valid_from": "2099-01-01T00:00:00Z", "valid_until": "2099-02-01T01:00:00+01:00"}
        assert done("promulgate", reason="now", **times)["state"] == "in-force"
        assert done("suspend", reason="a pause")["may"] == ["resume", "renew", "revoke"]
        assert done("resume", reason="go on")["state"] == "in-force"
        assert done("renew", reason="longer", valid_until="2099-03-01T00:00:00Z")["state"] == "in-force"
        assert done("revoke", reason="over")["state"] == "revoked"
    with Register(asked, read_only=True) as register:
        acts = register.acts("request", "y")[1:]
        zone_acts = register.acts("zone")
        assert register.verify() == []
    kinds = ["position", "decide", "promulgate", "suspend", "resume", "renew", "revoke"]
    assert [act.kind for act in acts] == kinds
    assert {(act.party, act.by) for act in (*acts, *zone_acts)} == {("NATO", "tester")}
    assert all(genuine(KEY.public.raw.hex(), act) for act in (*acts, *zone_acts))
    assert [act.kind for act in zone_acts] == ["declare", "suspend", "resume", "extend", "withdraw"]


def test_a_deadline_passes_while_nobody_acts(watched: Path, asked: str) -> None:
    """The silence is over at its deadline and not before, over the API as by the command line."""
    path = "/api/v1/requests/x%2Fsilence"
    with application(watched, Role.AUTHORITY, register=TeamRegister(asked, "NATO", KEY)) as client:
        reason = {"outcome": "approved", "reason": "nobody spoke"}
        early = client.post(f"{path}/decide", json=reason)
        assert early.status_code == 400
        assert "of a request that is silence" in early.text
        seen = []
        while not seen or seen[-1][1] != "agreed":
            seen.append((clock_us(), client.get(path).json()["state"], clock_us()))
            assert len(seen) < 3_000
            sleep(0.01)
        with Register(asked, read_only=True) as register:
            (one,) = register.acts("request", "x/silence")
        deadline_us = one.body["deadline_us"]
        assert all(began < deadline_us for began, state, _ in seen if state == "silence")
        assert seen[-1][2] >= deadline_us
        assert client.post(f"{path}/decide", json=reason).json()["state"] == "approved"
        late = client.post(f"{path}/position", json={"stand": "oppose"}).json()
        assert (late["state"], late["positions"][0]["counts"]) == ("approved", False)


REFUSED = [
    ("none", "decide", {"outcome": "approved", "reason": "x"}, 404, "no such request: 'none'"),
    ("y", "decide", {"outcome": "approved", "reason": ""}, 422, "body.reason"),
    ("y", "decide", {"outcome": "maybe", "reason": "x"}, 422, "body.outcome"),
    ("y", "decide", {"outcome": "approved", "reason": "x", "party": "Canada"}, 422, "body.party"),
    ("y", "decide", {"outcome": "approved", "reason": " "}, 400, "no reason is given"),
    ("y", "promulgate", {"valid_from": "2099-01-01", "reason": "x"}, 400, "whole day"),
    ("y", "promulgate", {"valid_from": "2099-01-01T00:00:00Z", "reason": "x"}, 400, "a request that is open"),
    ("y", "withdraw", {"reason": "x"}, 400, "is not for 'NATO' to do"),
    ("y", "deadline", {"deadline": "2020-01-01T00:00:00Z", "reason": "x"}, 400, "not ahead"),
    ("y", "position", {"stand": "oppose", "source": "javascript:1"}, 400, "an address"),
]


@pytest.mark.parametrize(("name", "act", "body", "status", "said"), REFUSED, ids=[row[4] for row in REFUSED])
def test_what_may_not_be_is_refused_and_changes_nothing(
    watched: Path, tmp_path: Path, name: str, act: str, body: dict[str, object], status: int, said: str
) -> None:
    path = str(tmp_path / "law.sqlite")
    with Register(path) as register:
        made = Request(
            "y", "Ukraine", ZONE, Purpose.PREVENT, "b", ("NATO",), "NATO", DecisionRule(RuleKind.SINGLE)
        )
        ask(register, made, Hand("a", clock_us()))
    with application(watched, Role.AUTHORITY, register=TeamRegister(path, "NATO")) as client:
        answer = client.post(f"/api/v1/requests/{name}/{act}", json=body)
        assert (answer.status_code, said in answer.text) == (status, True), answer.text
    with Register(path, read_only=True) as register:
        assert register.head().sequence == 1


def test_who_may_not_decide_may_not_act(watched: Path, asked: str) -> None:
    body = {"outcome": "approved", "reason": "x"}
    for role in (Role.VIEWER, Role.OPERATOR):
        with application(watched, role, register=TeamRegister(asked, "NATO", KEY)) as client:
            assert client.post("/api/v1/requests/y/decide", json=body).status_code == 403
    with application(watched, Role.AUTHORITY, register=TeamRegister(asked, "NATO")) as client:
        answer = client.post("/api/v1/requests/y/decide", json=body)
        assert answer.status_code == 400
        assert "is not signed" in answer.text
    with application(watched, Role.AUTHORITY) as client:
        assert client.post("/api/v1/requests/y/decide", json=body).status_code == 404


def test_the_history_says_who_signed_and_whether_it_is_so(watched: Path, tmp_path: Path) -> None:
    path, other = str(tmp_path / "signed.sqlite"), SigningKey(bytes(32)).public
    with Register(path) as register:
        asked = Request(
            "z", "Ukraine", ZONE, Purpose.PREVENT, "w", ("Canada",), "NATO", DecisionRule(RuleKind.SINGLE)
        )
        ask(register, asked, Hand("a", clock_us()))
        do(register, "z", "decide", {"outcome": "approved", "reason": "agreed"}, Hand("c", clock_us()))
        signer = Hand("c", clock_us(), "NATO", KEY)
        do(register, "z", "promulgate", {"valid_from_us": LATER_US}, signer)
        do(register, "z", "suspend", {"reason": "a pause"}, Hand("c", clock_us()))
    known = KEY.public.id
    for told, team in (
        (("genuine", "NATO"), TeamRegister(path, "NATO", KEY)),
        (("genuine", "kept"), TeamRegister(path, "NATO", None, {known: ("kept", KEY.public)})),
        (("false", "kept"), TeamRegister(path, "NATO", None, {known: ("kept", other)})),
        (("unknown-key", None), TeamRegister(path, "NATO")),
    ):
        with application(watched, Role.VIEWER, register=team) as client:
            acts = client.get("/api/v1/editions/SKY").json()["acts"]
            assert (acts[0]["signed"], acts[0]["key"]) == told
            assert acts[0]["key_id"] == known
            assert (acts[1]["signed"], acts[1]["key_id"], acts[1]["signature"]) == ("not-signed", None, None)


def test_an_answer_says_what_its_sentences_are_made_of(watched: Path, register: TeamRegister) -> None:
    with application(watched, Role.VIEWER, register=register) as client:
        found = client.get("/api/v1/requests/a-no").json()
        facts = dict(found["facts"])
        assert found["words"][facts["where"]] == {
            "say": "{p0}", "values": {"p0": {
                "say": "{lower} to {upper}",
                "values": {
                    "lower": {"say": "ground", "values": {}}, "upper": {"say": "unlimited", "values": {}},
                },
            }},
        }  # fmt: skip
        assert facts["why"] not in found["words"], "what somebody wrote is no sentence of nofly"
