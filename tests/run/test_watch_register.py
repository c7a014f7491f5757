"""A watch that follows a register: as a process, with acts put into the register as it runs."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from nofly.cli import main
from nofly.config import parse
from nofly.errors import ConfigError, StoreError
from nofly.run.registering.following import Followed
from nofly.run.watch_plan import read_law
from nofly.store.register import Register
from nofly.zones.acts import act
from tests.cli.live import SQUARE, Feed, configured, until, watching
from tests.run.test_watch_process import recorded, verified
from tests.run.watches import journaled

SAID = ("--party", "Examplia", "--why", "by order")


@pytest.fixture
def feed() -> Iterator[Feed]:
    one = Feed()
    yield one
    one.close()


def zones(register: str, *words: str) -> None:
    assert main(["zones", *words, "--register", register, *SAID]) == 0


def file_of(folder: Path, zone_id: str, **properties: Any) -> str:
    """Write the square as a zone file of another id."""
    feature = SQUARE["features"][0]
    told = {**feature["properties"], "lower": "GND", "id": zone_id, **properties}
    path = folder / f"{zone_id}.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [{**feature, "properties": told}]}))
    return str(path)


class Flying:
    """Somebody who goes to and fro inside the square, at the time it is."""

    def __init__(self, feed: Feed) -> None:
        self.feed, self.sent, self._west = feed, 0, False

    def fly(self) -> None:
        self.feed.time_us = time.time_ns() // 1000 - 5_000_000
        self.feed.fly("icao24:4b0001", *((14.2, 14.2) if self._west else (14.1, 14.1)))
        self.sent, self._west = self.sent + 1, not self._west
        time.sleep(0.05)

    def until(self, done: Any) -> Any:
        return until(lambda: self.fly() or done())


def happened(state: Path, kind: str, cause: str) -> list[dict[str, Any]]:
    return [b for b in recorded(state) if (b["kind"], b.get("cause")) == (kind, cause)]


def test_what_becomes_law_in_the_register_is_watched_as_the_watch_runs(
    register_url: str, tmp_path: Path, feed: Feed
) -> None:
    """A request is promulgated, suspended, resumed and revoked: each is a change of law, and no report is
    missed."""
    text = f'[register]\nurl = "{register_url}"\nparty = "NATO"\n'
    config, state, one = configured(tmp_path, feed, text), tmp_path / "state", Flying(feed)
    far = json.loads((tmp_path / "zones.geojson").read_text())
    far["features"][0]["geometry"]["coordinates"] = [[[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]]
    (tmp_path / "zones.geojson").write_text(json.dumps(far))
    on = ("--register", register_url)

    def request(*words: str) -> None:
        assert main(["request", *words, *on]) == 0

    request(
        "new", "sky", "--zone", file_of(tmp_path, "SKY"), "--asker", "Ukraine", "--purpose", "prevent",
        "--why", "x", "--authority", "NATO", "--rule", "single-authority", "--party", "Canada",
    )  # fmt: skip
    with watching(config, "--quiet") as process:
        one.until(lambda: len(journaled(state)) > 5)
        request("decide", "sky", "--outcome", "approved", "--reason", "y")
        request("promulgate", "sky", "--from", "2022-03-05T00:00:00Z", "--reason", "now")
        (entry,) = one.until(lambda: happened(state, "entered", "zone-changed"))
        for verb, kind, count in (
            ("suspend", "exited", 1),
            ("resume", "entered", 2),
            ("revoke", "exited", 2),
        ):
            request(verb, "sky", "--reason", verb)
            found = one.until(
                lambda kind=kind, count=count: (got := _changes(state, kind)) and len(got) >= count and got
            )
            assert len(found) == count, verb
        until(lambda: len(journaled(state)) == one.sent)
        assert process.poll() is None
    assert entry["zone_id"] == "SKY"
    assert verified(config)
    # Once in and once out for each time that it was law: no edition came and went between.
    kinds = [b["kind"] for b in recorded(state) if b["kind"] in ("entered", "exited", "re-entered")]
    assert kinds == ["entered", "exited", "entered", "exited"]


def _changes(state: Path, kind: str) -> list[dict[str, Any]]:
    same = {"entered": ("entered", "re-entered"), "exited": ("exited",)}[kind]
    return [b for b in recorded(state) if b["kind"] in same and b.get("cause") == "zone-changed"]


def test_a_register_that_cannot_be_read_keeps_the_last_law_and_that_is_said(
    tmp_path: Path, feed: Feed
) -> None:
    law = tmp_path / "law.sqlite"
    zones(str(law), "declare", file_of(tmp_path, "R1"), "--from", "2020-01-01")
    config = configured(tmp_path, feed, '[register]\nurl = "law.sqlite"\n')
    (tmp_path / "zones.geojson").write_text('{"type": "FeatureCollection", "features": []}')
    state, one = tmp_path / "state", Flying(feed)
    with watching(config, "--plain") as process:
        status = state / "status.json"
        until(lambda: status.exists())
        law.rename(tmp_path / "away")
        until(lambda: b"there is no register" in status.read_bytes())
        one.until(lambda: [b for b in recorded(state) if b["kind"] == "entered"])
        # Another register in its place is none that could be followed.
        zones(str(law), "declare", file_of(tmp_path, "R2"), "--from", "2020-01-01", "--by", "other")
        until(lambda: b"is not the one that was read" in status.read_bytes())
        law.unlink()
        (tmp_path / "away").rename(law)
        zones(str(law), "withdraw", "R1")
        one.until(lambda: happened(state, "exited", "zone-changed"))
        assert b"no register" not in status.read_bytes()
        process.terminate()
        said = process.communicate()[1].decode()
    told = [line for line in said.splitlines() if "zones" in line]
    assert sum("the zones stay as they are" in line for line in told) == 2, said
    assert "nofly: the zones can be read again" in told


def test_acts_that_change_no_law_change_nothing_in_the_watch(tmp_path: Path) -> None:
    law = str(tmp_path / "law.sqlite")
    followed = Followed(law)
    assert not followed.moved()
    assert len(followed.read(set())) == 0
    zones(law, "declare", file_of(tmp_path, "R1"), "--from", "2020-01-01")
    assert followed.moved()
    before = followed.read(set()).set_id
    assert not followed.moved()
    with Register(law) as register:
        register.append(act("request", "x", "request", {}, party="P", by="b", said_us=0))
    assert followed.moved()
    assert followed.read(set()).set_id == before
    Path(law).unlink()
    with pytest.raises(StoreError):
        followed.moved()


def test_the_law_of_a_plan_is_that_of_files_and_register(tmp_path: Path) -> None:
    law, now_us = str(tmp_path / "law.sqlite"), 1_790_000_000_000_000
    config = parse(f'[watch]\nstate = "{tmp_path}"\n[register]\nurl = "{law}"\n')
    with pytest.raises(ConfigError):
        read_law(config, [], now_us)
    assert len(read_law(config, [], now_us, Followed(law))[0]) == 0
    mine = file_of(tmp_path, "MINE")
    standing = tmp_path / "standing.geojson"
    assert main(["request", "standing", "stay-out", "--zone", mine, "--party", "Police", "--reason", "x",
                 "-o", str(standing)]) == 0  # fmt: skip
    (tmp_path / "declared.geojson").write_text(Path(file_of(tmp_path, "HERE")).read_text())
    zones(law, "declare", mine, str(standing), file_of(tmp_path, "HERE"), "--from", "2020-01-01")
    zones(law, "withdraw", "HERE", "--from", "2020-01-01")
    found, _, said = read_law(config, [mine], now_us, Followed(law))
    # The one declared here is what the register says of it: withdrawn. A file is watched whatever that says.
    assert [(zone.id, zone.valid_from_us is None) for zone in found] == [("MINE", True), ("MINE", False)]
    assert {one.code for one in said} == {"duplicate-id", "zone-list-missing"}
    assert found.rejected == 1
    (tmp_path / "police.txt").write_text("4b1804\n")
    listed = replace(config, lists={"Police": str(tmp_path / "police.txt")})
    found, options, said = read_law(listed, [], now_us, Followed(law))
    assert sorted(zone.id for zone in found) == ["MINE", "MINE:Police:stay-out"]
    assert not said
    assert options.lists.names_for("4b1804", None) == {"Police"}
