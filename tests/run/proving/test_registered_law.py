"""A package of a check by the law of a register: replayed from the acts that are in it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from nofly.cli import main
from nofly.errors import InputError
from nofly.proof.package import MANIFEST, Making, Part, Role, made, opened
from nofly.proof.packing.canonical import canonical, parsed
from nofly.proof.packing.container import packed
from nofly.proof.packing.steps import Outcome, Step
from nofly.run.proving.registered_law import FILE
from nofly.run.proving.verify import verify
from nofly.run.registering.law import registered
from nofly.store.register import Register
from nofly.zones import edition_acts
from nofly.zones.acts import act
from nofly.zones.edition_acts import Said
from nofly.zones.editions import Law
from tests.run.proving.cases import START_S, track_file, zone_file

SAID = ("--party", "Examplia", "--by", "desk", "--why", "a test")
EARLIER, DURING = "2018-01-01", "2018-08-01T09:28:30Z"


def _zones(*args: str) -> int:
    return main(["zones", *args])


@pytest.fixture
def law(tmp_path: Path) -> str:
    """Return a register: the zone, raised to a higher ceiling while the aircraft is in it, and another's."""
    path = str(tmp_path / "law.sqlite")
    register = ("--register", path, *SAID)
    low = zone_file(tmp_path / "low.geojson", lower="GND", upper="FL150")
    high = zone_file(tmp_path / "high.geojson", lower="GND", upper="FL200")
    assert _zones("declare", low, "--from", EARLIER, *register) == 0
    other = json.loads(Path(low).read_text().replace("LS-R7", "OTHER").replace("46.", "10."))
    (tmp_path / "other.geojson").write_text(json.dumps(other))
    assert _zones("declare", str(tmp_path / "other.geojson"), "--from", EARLIER, *register) == 0
    assert _zones("amend", high, "--from", DURING, *register) == 0
    return path


def _check(law: str, tmp_path: Path, *more: str) -> tuple[bytes, list[Step]]:
    out = tmp_path / "all.nofly.zip"
    tracks = track_file(tmp_path / "t.csv", others=0)
    assert main(["check", "--law", law, tracks, "--evidence", str(out), "-q", *more]) == 1
    found = verify(out.read_bytes())
    assert not [step for step in found.steps if step.outcome is Outcome.DIFFERS]
    return out.read_bytes(), list(found.steps)


def test_both_editions_are_replayed_from_the_acts_on_the_zone(law: str, tmp_path: Path) -> None:
    data, steps = _check(law, tmp_path)
    package = opened(data)
    said = [step.message for step in steps if step.subject == "register"]
    assert sum(one.startswith("replayed: declare edition 1 from 2018-01-01") for one in said) == 1
    assert sum(one.startswith("replayed: amend edition 2 from 2018-08-01 09:28:30 Z") for one in said) == 1
    assert all("by desk for Examplia" in one for one in said[:2])
    replayed = [s.message for s in steps if s.subject == "zones"]
    assert sum(one.startswith(f"replayed from the acts in {FILE}") for one in replayed) == 2
    hashes = {row["zone_hash"] for row in package.json("finding.json")["infringements"]}
    with Register(law, create=False, read_only=True) as register:
        known = registered(register)
    assert hashes <= {zone.zone_hash for zone in known.zones if zone.id == "LS-R7"}
    assert len(hashes) == 2
    # All was recorded years after the flight, which is said.
    assert any(one.startswith("2 acts on LS-R7 recorded after 2018-08-01T09:2") for one in said)
    # The other zone's act, between the two, is there as a hash, which is said; its words are not.
    (unchecked,) = (s for s in steps if s.outcome is Outcome.UNCHECKED)
    assert unchecked.message.startswith("of 1 other act of the register there are hashes alone")
    assert b"OTHER" not in package.files[FILE]
    assert f"3:{known.head.hash}" in " ".join(said)
    assert f"law of a register, replayed from its acts: {FILE}".encode() in package.files["report.html"]


def test_a_register_of_this_zone_alone_proves_that_no_act_is_left_out(tmp_path: Path) -> None:
    law = str(tmp_path / "law.sqlite")
    zones = zone_file(tmp_path / "z.geojson")
    assert _zones("declare", zones, "--from", EARLIER, "--register", law, *SAID) == 0
    data, steps = _check(law, tmp_path)
    assert verify(data).exit_code == 0
    assert any("they are all 1 act up to that head" in step.message for step in steps)


def test_the_law_is_as_it_was_known(tmp_path: Path) -> None:
    """What was recorded later, for earlier, is not in it, and not replayed."""
    path = str(tmp_path / "law.sqlite")
    zones = zone_file(tmp_path / "z.geojson")
    clock = iter([(START_S - 86_400) * 1_000_000, (START_S + 86_400) * 1_000_000])
    assert _zones("declare", zones, "--from", EARLIER, "--register", str(tmp_path / "own"), *SAID) == 0
    with Register(str(tmp_path / "own"), create=False) as own:
        (first,) = own.acts()
    with Register(path, clock_us=lambda: next(clock)) as register:
        register.append(first)
        life = Law(register.acts()).lives["LS-R7"]
        said = Said("Examplia", "desk", 0, "was over by then")
        register.append(edition_acts.withdraw(life, said, (START_S - 3600) * 1_000_000))
    tracks = track_file(tmp_path / "t.csv", others=0)
    assert main(["check", "--law", path, tracks, "-q"]) == 0
    data, _ = _check(path, tmp_path, "--known", "2018-08-01T12:00:00Z")
    package = opened(data)
    assert [row["sequence"] for row in package.json(FILE)["records"]] == [1]
    assert package.json("zones/editions.json")["known_us"] == 1_533_124_800_000_000
    assert not any("recorded after" in step.message for step in verify(data).steps)
    assert any(
        "what was recorded by 2018-08-01T12:00:00.000000Z" in step.message for step in verify(data).steps
    )


def _remade(data: bytes, name: str, told: Any) -> list[str]:
    """Return what differs in a package whose maker has written one file otherwise."""
    package = opened(data)
    parts = {
        one: Part(canonical(told) if one == name else package.files[one], Role(is_["role"]))
        for one, is_ in package.listed.items()
    }
    again = packed(made("recorded", parts, package.manifest["configuration"], Making("0")))
    try:
        steps = verify(again).steps
    except InputError as error:
        return [str(error)]
    return [f"{s.subject}: {s.place}: {s.message}" for s in steps if s.outcome is Outcome.DIFFERS]


def test_what_its_maker_changed_in_the_acts_is_found(law: str, tmp_path: Path) -> None:
    data, _ = _check(law, tmp_path)
    told = parsed(opened(data).files[FILE], FILE)
    first, second = told["records"]
    assert not _remade(data, MANIFEST, {})

    def of(records: list[Any]) -> list[str]:
        return _remade(data, FILE, {**told, "records": records})

    body = {**first["body"], "by": "somebody else"}
    assert any("its body or its hashes were changed" in one for one in of([{**first, "body": body}, second]))
    span = {**second["body"], "body": {**second["body"]["body"], "from_us": 0}}
    assert any("its body or its hashes were changed" in one for one in of([first, {**second, "body": span}]))
    for records in ([first], [second], [second, first], [first, first], []):
        assert of(records), records
    editions = parsed(opened(data).files["zones/editions.json"], "")
    for changed in (
        {**editions, "known_us": 0},
        {**editions, "known_us": "x"},
        {**editions, "editions": editions["editions"][:1]},
    ):
        assert _remade(data, "zones/editions.json", changed)


def test_an_act_that_cannot_be_understood_is_said_and_no_alarm(law: str, tmp_path: Path) -> None:
    with Register(law, create=False) as register:
        register.append(act("zone", "LS-R7", "annex", {}, party="Mallory", by="m", said_us=0))
    _, steps = _check(law, tmp_path)
    unchecked = [step.message for step in steps if step.outcome is Outcome.UNCHECKED]
    assert any("left out of the law: an act of the kind 'annex'" in one for one in unchecked)


@pytest.mark.parametrize("body", [None, 1, [], {}, "x", {"zone": 1}, {"kind": "declare"}])
def test_acts_may_be_anything(law: str, tmp_path: Path, body: Any) -> None:
    data, _ = _check(law, tmp_path)
    told = parsed(opened(data).files[FILE], FILE)
    first, second = told["records"]
    assert _remade(data, FILE, {**told, "records": [{**first, "body": body}, second]})
    assert _remade(data, FILE, {**told, "records": body})
    assert _remade(data, FILE, body)
