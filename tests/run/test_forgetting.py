"""Who is not heard any more is forgotten, and nothing of the others changes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nofly.incidents.machine import Params
from nofly.run.live import forgetting
from nofly.run.live.engine import Engine, EngineOptions
from nofly.run.live.forgetting import without_silent
from nofly.run.live.packing import pack, unpack
from nofly.run.live.predicting import Predictor
from tests.kernel.strategies import EPOCH_US, Case, Report, cases, positions_of, random_case
from tests.run.test_engine import AIDS, dressed, judged, kept_in, recorded


@pytest.mark.thorough
@settings(max_examples=-(-settings.default.max_examples // 2), deadline=None)
@given(cases(), st.integers(0, 2**32 - 1), st.floats(0, 1), st.booleans())
@example(random_case(0, 0, "pole"), 27, 1.0, True)  # one of the first is forgotten, one that is away stays
def test_forgetting_who_is_heard_no_more_changes_nothing(
    flight: Case, seed: int, when: float, keep_in: bool
) -> None:
    flight = kept_in(flight, seed) if keep_in else flight
    positions = dressed(positions_of(flight.reports), seed)
    positions = positions.take(np.argsort(positions.time_us, kind="stable"))
    cut = int(when * len(positions))
    before, after = positions.take(slice(0, cut)), positions.take(slice(cut, None))

    def make() -> Engine:
        options = EngineOptions(flight.max_gap_s, Params(30.0, 60.0), AIDS)
        return Engine(flight.zones, options, Predictor(flight.zones, flight.max_gap_s))

    first, new = make(), make()
    bodies = first.step(before, 0).bodies
    state = unpack(first.save(), "the state")
    coming = {after.target.values[k] for k in after.target.codes.tolist()}
    keep = forgetting._needed(state, len(first.targets))
    keep |= np.array([name in coming for name in first.targets], np.bool_)
    new.load(pack(forgetting._kept(state, keep)))
    assert new.targets == [name for name, kept in zip(first.targets, keep, strict=True) if kept]
    bodies += new.step(after, 0).bodies + new.finish().bodies
    assert judged(bodies) == recorded(flight.zones, positions, flight.max_gap_s)


def test_addresses_made_up_do_not_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forgetting, "MOST_TARGETS", 50)
    monkeypatch.setattr(forgetting, "LEAST_FORGOTTEN", 10)
    engine = Engine([], EngineOptions(aids=AIDS))
    for k in range(40):
        second_us = EPOCH_US + k * 60_000_000
        engine.step(positions_of([Report(second_us, f"a{k}-{i}", 1.0, 2.0) for i in range(20)]), second_us)
        engine = without_silent(engine, second_us) or engine
        assert len(engine.targets) <= 50 + 20 * 3
    assert engine.targets[-1] == "a39-19"
