"""Acts of people on the system stand in the record of a watch, before it begins and in between; it goes on
as if they were not there."""

from __future__ import annotations

from pathlib import Path

import pytest

from nofly.errors import StoreError
from nofly.run.record.acts import ACTS, Act, record_act
from nofly.run.record.incident_log import read_log
from nofly.store.sqlite import Store
from nofly.units import US_PER_S
from tests.run.watches import RING, START_US, Script, Turn, bodies, flight, plan_of, scripted_feeds, watched


def turns() -> list[Turn]:
    rows = flight("icao24:4ca7b3", START_US, 120)
    parts = [(0, rows.take(slice(first, first + 10))) for first in range(0, 120, 10)]
    return [Turn(START_US + (k + 1) * 10 * US_PER_S, [part]) for k, part in enumerate(parts)]


def act(folder: Path) -> None:
    record_act(folder / "record.sqlite", Act.USER_MADE, "anna", "root", "new", START_US, {"role": "viewer"})


def test_a_watch_records_the_same_with_acts_and_without(tmp_path: Path) -> None:
    found = []
    for name, acts in (("with", True), ("without", False)):
        folder = tmp_path / name
        folder.mkdir()
        if acts:
            act(folder)
        plan = plan_of(folder, [RING], scripted_feeds(1), snapshot_s=0.0)
        first = Script(turns())
        watched(plan, first, lambda _, stop, first=first: stop.set() if first.done == 6 else None)
        if acts:
            act(folder)
        watched(plan, Script(turns()[first.taken :]))
        told = bodies(folder)
        assert sum(body["kind"] in ACTS for body in told) == 2 * acts
        found.append([body for body in told if body["kind"] not in ACTS])
        with Store(folder / "record.sqlite", read_only=True) as store:
            log = read_log(store.read())
            assert len(log.incidents) == 1
            assert not store.outbox.was_told(["access:anna"], "log")
    assert found[0] == found[1]
    assert "entered" in {body["kind"] for body in found[0]}


def test_the_state_of_a_watch_is_missed_and_that_of_none_is_not(tmp_path: Path) -> None:
    act(tmp_path)
    plan = plan_of(tmp_path, [RING], scripted_feeds(1), snapshot_s=0.0)
    watched(plan, Script(turns()))
    plan.kept_path.unlink()
    with pytest.raises(StoreError, match="the state that belongs to the record is missing"):
        watched(plan, Script(turns()))
