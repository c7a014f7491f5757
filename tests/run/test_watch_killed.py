"""A watch that dies at any moment, again and again: nothing received is lost, nothing is told twice."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from nofly.incidents.warnings import PredictionParams
from nofly.run import watch as watch_module
from nofly.store.journal import Journal
from nofly.store.sqlite import Store
from tests.kernel.strategies import Case, cases, positions_of
from tests.run.test_engine import dressed
from tests.run.test_watch import Course, brought, courses
from tests.run.watches import (
    Script,
    bodies,
    checked,
    journaled,
    judged,
    plan_of,
    scripted_feeds,
    uninterrupted,
    watched,
)

FEW = -(-settings.default.max_examples // 4)


class KilledError(BaseException):
    """In place of SIGKILL: nobody catches it."""


@contextmanager
def killed_at(call: int, after: bool) -> Iterator[None]:
    """Kill at the so many-th thing that a watch does to its files, before or after it is done."""
    calls = iter(range(1 << 40))

    def deadly(do: Callable[..., Any]) -> Callable[..., Any]:
        def done(*args: Any, **more: Any) -> Any:
            mine = next(calls) == call
            if mine and not after:
                raise KilledError
            result = do(*args, **more)
            if mine:
                raise KilledError
            return result

        return done

    with ExitStack() as ends:
        for owner, names in ((Journal, ("append", "mark", "commit", "forget")), (Store, ("append",))):
            for name in names:
                ends.enter_context(patch.object(owner, name, deadly(getattr(owner, name))))
        ends.enter_context(patch.object(watch_module, "keep", deadly(watch_module.keep)))
        yield


deaths = st.lists(st.tuples(st.integers(0, 60), st.booleans()), min_size=1, max_size=6)


@settings(max_examples=FEW, deadline=None)
@given(cases(), courses, deaths, st.sampled_from([0.0, 60.0, 1e9]))
def test_whatever_it_was_doing(
    case: Case, course: Course, deaths: list[tuple[int, bool]], snapshot_s: float
) -> None:
    positions = dressed(positions_of(case.reports), course.seed)
    positions = positions.take(np.argsort(positions.time_us, kind="stable"))
    script = Script(brought(positions, course))
    prediction = PredictionParams() if course.prediction else None
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder)
        plan = plan_of(
            state, case.zones, scripted_feeds(course.feeds, course.lateness_s), prediction=prediction,
            max_gap_s=case.max_gap_s, hold_s=course.hold_s, snapshot_s=snapshot_s,
        )  # fmt: skip
        for call, after in deaths:
            try:
                with killed_at(call, after):
                    watched(plan, script)
            except KilledError:
                # What it had taken when it died was not received.
                script.done += 1
        watched(plan, script)
        found = bodies(state)
        assert found == uninterrupted(plan)
        assert judged(found) == checked(case.zones, journaled(state), case.max_gap_s)
