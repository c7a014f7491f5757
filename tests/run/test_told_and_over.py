"""Who heard that somebody is inside hears that it is over, whatever has become known of him since."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from nofly.schema import Coded, Positions
from nofly.zones.rules import Exemption, Predicate, PredicateKind, Rule
from tests.run.watches import RING, START_US, Script, Turn, bodies, flight, plan_of, scripted_feeds, watched

RESCUE = Exemption((Predicate(PredicateKind.CALLSIGN, ("RESCUE*",)),), "rescue flight", "made up")
LAW = replace(RING, rule=Rule(exempt=(RESCUE,)))


def called(positions: Positions, from_row: int) -> Positions:
    """Return a flight that sends its callsign from a row on."""
    codes = [-1 if row < from_row else 0 for row in range(len(positions))]
    texts = {**positions.texts, "callsign": Coded.from_list([None if c else "RESCUE1" for c in codes])}
    return replace(positions, texts=texts)


@pytest.mark.parametrize(("from_row", "told"), [(0, []), (100, ["entered", "recognised", "exited"])])
def test_an_exemption_that_is_known_late_ends_what_was_told(
    from_row: int, told: list[str], tmp_path: Path
) -> None:
    log = tmp_path / "alerts"
    plan = plan_of(
        tmp_path / "state", [LAW], scripted_feeds(1),
        alerts=[("log", "log", {"file": str(log), "format": "json"})],
    )  # fmt: skip
    rows = called(flight("icao24:4ca7b3", START_US, 200, lon_per_s=0.001), from_row)
    turns = [Turn(int(rows.time_us[k]), [(0, rows.take(slice(k, k + 1)))]) for k in range(len(rows))]
    watched(plan, Script(turns))
    found = [body for body in bodies(tmp_path / "state") if body["kind"] in ("entered", "exited")]
    assert [body["kind"] for body in found] == ["entered", "exited"]
    assert found[-1]["status"] == "exempt"
    notices = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
    assert [notice["kind"] for notice in notices] == told
    assert all(notice["urgency"] == "information" for notice in notices[1:])
