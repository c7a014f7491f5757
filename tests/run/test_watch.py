"""Live is recorded, through the whole loop: the verdicts that a watch records are the rows of a check."""

from __future__ import annotations

import asyncio
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from nofly.incidents.warnings import PredictionParams
from nofly.run.watch import Watch
from nofly.schema import Coded, Positions
from nofly.units import US_PER_S
from tests.kernel.strategies import Case, cases, positions_of
from tests.run.test_engine import dressed
from tests.run.watches import (
    Script,
    Turn,
    bodies,
    checked,
    journaled,
    judged,
    plan_of,
    scripted_feeds,
    watched,
)

FEW = -(-settings.default.max_examples // 4)


@dataclass(frozen=True)
class Course:
    """How a stream reaches a watch."""

    seed: int
    feeds: int
    lateness_s: float
    tick_s: float
    restarts: frozenset[int]
    prediction: bool
    twice: float

    @property
    def hold_s(self) -> float:
        return self.lateness_s + self.tick_s + 1.0


courses = st.builds(
    Course,
    st.integers(0, 2**32 - 1),
    st.integers(1, 3),
    st.sampled_from([0.0, 5.0, 300.0]),
    st.sampled_from([0.25, 20.0, 1000.0]),
    st.frozensets(st.integers(1, 40), max_size=3),
    st.booleans(),
    st.sampled_from([0.0, 0.2]),
)


def brought(positions: Positions, course: Course) -> list[Turn]:
    """Return the turns in which feeds bring positions, each as late as is allowed, some to two feeds."""
    rng = np.random.default_rng(course.seed)
    again = rng.random(len(positions)) < course.twice
    rows = np.concatenate([np.arange(len(positions)), np.flatnonzero(again)])
    feed = rng.integers(0, course.feeds, len(rows))
    come_us = positions.time_us[rows] + (rng.random(len(rows)) * course.lateness_s * US_PER_S).astype(
        np.int64
    )
    if course.feeds == 1 and course.lateness_s == 0:
        come_us = positions.time_us[rows]
    tick_us = round(course.tick_s * US_PER_S)
    turn = -(-(come_us - int(positions.time_us.min())) // tick_us)
    turns = []
    for k in np.unique(turn).tolist():
        now_us = int(positions.time_us.min()) + k * tick_us
        parts = []
        for number in range(course.feeds):
            mine = rows[(turn == k) & (feed == number)]
            mine = mine[np.argsort(come_us[(turn == k) & (feed == number)], kind="stable")]
            parts.append((number, stationed(positions.take(mine), f"f{number}")))
        turns.append(Turn(now_us, parts))
    return turns


def stationed(positions: Positions, name: str) -> Positions:
    station = Coded(np.zeros(len(positions), np.int32), [name])
    return replace(positions, texts={**positions.texts, "station": station})


@settings(max_examples=FEW, deadline=None)
@given(cases(), courses)
def test_however_it_comes_what_is_recorded_is_the_check(case: Case, course: Course) -> None:
    positions = dressed(positions_of(case.reports), course.seed)
    positions = positions.take(np.argsort(positions.time_us, kind="stable"))
    script = Script(brought(positions, course))
    prediction = PredictionParams() if course.prediction else None
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder)
        plan = plan_of(
            state, case.zones, scripted_feeds(course.feeds, course.lateness_s), prediction=prediction,
            max_gap_s=case.max_gap_s, hold_s=course.hold_s,
        )  # fmt: skip

        def each(watch: Watch, stop: asyncio.Event) -> None:
            if script.done in course.restarts:
                stop.set()

        while script.done <= len(script.turns):
            watch = watched(plan, script, each)
            assert watch.view().late == 0
        # Once more, in case it was stopped as it ended: what has ended does not end twice.
        watched(plan, script)
        assert judged(bodies(state)) == checked(case.zones, journaled(state), case.max_gap_s)
        assert len(journaled(state)) == sum(len(rows) for turn in script.turns for _, rows in turn.brought)
