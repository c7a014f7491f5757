"""What is put in force over the API is an act in the register, where there is one."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from nofly.config import RegisterConfig
from nofly.errors import ConfigError
from nofly.run.declaring.file import NAME
from nofly.run.declaring.registered import TeamRegister, team_register
from nofly.run.files.zonefiles import read_zones
from nofly.store.register import Register
from nofly.zones.acts import ZONE
from nofly.zones.editions import Law
from tests.web.conftest import application
from tests.web.test_declared import FEATURE, propose


@pytest.fixture
def own(watched: Path, tmp_path: Path) -> Path:
    """Return a state folder of one's own."""
    return Path(shutil.copytree(watched, tmp_path / "state"))


def put(client: Any, feature: dict[str, Any] = FEATURE) -> str:
    name = str(propose(client, feature)["proposed"]["id"])
    done = client.post("/api/v1/declared/NEW-1/activate", json={"why": "signed", "hash": name})
    assert done.status_code == 200, done.text
    return name


def test_put_in_force_amended_and_withdrawn(own: Path, register_url: str) -> None:
    changed = {**FEATURE, "properties": {**FEATURE["properties"], "upper": "FL120"}}
    with application(own, register=TeamRegister(register_url, "Examplia")) as client:
        hashes = [put(client), put(client, changed)]
        propose(client, FEATURE)
        done = client.post("/api/v1/declared/NEW-1/withdraw", json={"why": "over"})
        assert done.status_code == 200, done.text
    with Register(register_url, read_only=True) as register:
        acts = register.acts()
        assert register.verify() == []
    assert [(a.kind, a.party, a.by, a.body["why"]) for a in acts] == [
        ("declare", "Examplia", "tester", "signed"),
        ("amend", "Examplia", "tester", "signed"),
        ("withdraw", "Examplia", "tester", "over"),
    ]
    assert [a.body["zone_hash"] for a in acts[:2]] == hashes
    assert [Law(acts, a.recorded_us).lives["NEW-1"].state(a.said_us) for a in acts] == [
        "in force", "in force", "withdrawn",
    ]  # fmt: skip


def test_what_the_register_does_not_take_is_not_put_in_force(own: Path, tmp_path: Path) -> None:
    path = tmp_path / "law.sqlite"
    with application(own, register=TeamRegister(str(path), "Examplia")) as client:
        path.mkdir()
        name = propose(client)["proposed"]["id"]
        asked = {"why": "signed", "hash": name}
        assert client.post("/api/v1/declared/NEW-1/activate", json=asked).status_code == 503
        assert not (own / NAME).is_file() or not read_zones(own / NAME).zones
        path.rmdir()
        assert client.post("/api/v1/declared/NEW-1/activate", json=asked).status_code == 200
        assert [zone.id for zone in read_zones(own / NAME).zones] == ["NEW-1"]


def test_after_a_failure_between_the_two_it_is_entered_once(tmp_path: Path) -> None:
    from nofly.run.declaring.acts import Declarations
    from nofly.run.declaring.file import declare
    from nofly.store.sqlite import Store
    from tests.zones.histories import zone

    team, law = TeamRegister(str(tmp_path / "law"), "Examplia"), Declarations()
    with Store(tmp_path / "record.sqlite") as store:
        declare(store, tmp_path, law.proposal(zone("A"), "me", "x", 1), law)
        body = law.activation("A", zone("A").zone_hash, "me", "x", 2)
        assert team.enter(body) is not None
        assert team.enter({**body, "time_us": 3}) is None
        declare(store, tmp_path, body, law)
        gone = law.withdrawal("A", "me", "x", 4)
    assert team.enter(gone) is not None
    assert team.enter({**gone, "time_us": 5}) is None
    with Register(str(tmp_path / "law")) as register:
        assert [a.kind for a in register.acts(ZONE)] == ["declare", "withdraw"]


def test_a_configuration_says_whose_acts_they_are() -> None:
    assert team_register(RegisterConfig()) is None
    assert team_register(RegisterConfig("law", "Examplia")) == TeamRegister("law", "Examplia")
    with pytest.raises(ConfigError, match="whose acts"):
        team_register(RegisterConfig("law"))
