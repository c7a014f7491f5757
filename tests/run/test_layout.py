"""A watch that starts beside a state of another version of nofly says so and goes on."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from nofly.run.live.engine import Engine
from nofly.run.live.intake import Intake
from nofly.run.live.packing import pack, unpack
from nofly.run.live.recovery import LAYOUT, keep, kept
from nofly.units import US_PER_S
from nofly.zones.model import Restriction
from tests.run.watches import (
    AIDS,
    RING,
    START_US,
    Script,
    Turn,
    bodies,
    flight,
    plan_of,
    scripted_feeds,
    watched,
)

LAID_OUT = {1: "d43b7561cc3d6384", 2: "6f640cb58c167dc3", 3: "33aa8bc77e24520b",
            4: "7d75a0bd2dd008c6"}  # fmt: skip
"""Of each layout what :func:`shape` says of it."""


def shape(value: Any) -> Any:
    """Return names and kinds of what is saved, without the values."""
    if isinstance(value, dict):
        return {str(name): shape(one) for name, one in sorted(value.items())}
    if isinstance(value, np.ndarray):
        return [value.dtype.str, *value.shape[1:]]
    if isinstance(value, list) and any(isinstance(one, list | np.ndarray) for one in value):
        return [shape(one) for one in value]
    return type(value).__name__


def test_another_layout_has_another_number() -> None:
    """Where this fails, what is saved has changed: count LAYOUT up, and add what is found here."""
    from nofly.run.live.engine import EngineOptions

    keep_in = replace(RING, id="Z2", restriction=Restriction.KEEP_IN)
    engine = Engine([RING, keep_in], EngineOptions(aids=AIDS))
    engine.step(flight("icao24:4ca7b3", START_US, 60), START_US)
    saved = [unpack(engine.save(), "the state"), Intake([0.0]).save()]
    found = hashlib.sha256(msgspec.json.encode([shape(one) for one in saved])).hexdigest()[:16]
    assert found == LAID_OUT[LAYOUT]


def older(path: Path, *, cases: bool, intake: bool) -> None:
    """Make of a state one of another layout."""
    state = kept(path)
    assert state is not None
    engine = unpack(state.engine, "the state")
    del engine["_latest"]
    if not cases:
        del engine["cases"]
    waits = state.intake if intake else pack({"until_us": 0})
    keep(path, msgspec.structs.replace(state, engine=pack(engine), intake=waits, layout=0))


@pytest.mark.parametrize(("cases", "intake"), [(True, True), (True, False), (False, True), (False, False)])
def test_a_state_of_another_version_is_named_and_the_watch_goes_on(
    tmp_path: Path, cases: bool, intake: bool
) -> None:
    rows = flight("icao24:4ca7b3", START_US, 120)
    parts = [(0, rows.take(slice(first, first + 10))) for first in range(0, 120, 10)]
    turns = [Turn(START_US + (k + 1) * 10 * US_PER_S, [part]) for k, part in enumerate(parts)]
    plan = plan_of(tmp_path, [RING], scripted_feeds(1), snapshot_s=0.0)
    first = Script(turns)
    watched(plan, first, lambda _, stop: stop.set() if first.done == 6 else None)
    told = [body["kind"] for body in bodies(tmp_path)]
    assert told == ["entered"]
    rest = turns[first.taken :]
    older(plan.kept_path, cases=cases, intake=intake)
    # Killed before it has kept a state of its own, it finds the same again, and tells nothing twice.
    state = plan.kept_path.read_bytes()
    watched(plan, Script([Turn(rest[0].now_us)]), lambda _, stop: stop.set())
    plan.kept_path.write_bytes(state)
    watch = watched(plan, Script(rest))
    (said,) = [one for one in watch.findings if one.code == "state-of-another-version"]
    assert str(plan.kept_path) in str(said)
    assert "another version of nofly (layout 0" in said.message
    assert ("open incidents are not known" in said.message) is not cases
    assert ("what waited to be judged is left out" in said.message) is not intake
    told = [body["kind"] for body in bodies(tmp_path) if body["kind"] != "closed"]
    # Where it is not known up to when all was judged, the last that was recorded of it is all there is.
    again = ["lost", "re-entered" if intake else "entered"] if cases else ["entered"]
    assert told == ["entered", *again, "exited", "judged"]
    assert kept(plan.kept_path).layout == LAYOUT  # type: ignore[union-attr]
