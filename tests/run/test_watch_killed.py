"""A watch that dies at any moment, again and again: nothing received is lost, nothing is told twice."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nofly.cli.watch import parser, planned
from nofly.incidents.warnings import PredictionParams
from nofly.run.alerting.plans import channels_for
from nofly.run.live import judging
from nofly.store.journal import Journal
from nofly.store.outbox import alert_key
from nofly.store.sqlite import Store
from tests.kernel.strategies import Case, cases, positions_of
from tests.run.deaths import PATIENCE_S, configured, killed, peers
from tests.run.test_engine import dressed, kept_in
from tests.run.test_watch import Course, brought, courses
from tests.run.watches import (
    Script,
    bodies,
    by_target,
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
        ends.enter_context(patch.object(judging, "keep", deadly(judging.keep)))
        yield


deaths = st.lists(st.tuples(st.integers(0, 60), st.booleans()), min_size=1, max_size=6)


@pytest.mark.thorough
@settings(max_examples=FEW, deadline=None)
@given(cases(), courses, deaths, st.sampled_from([0.0, 60.0, 1e9]), st.booleans())
def test_whatever_it_was_doing(
    case: Case, course: Course, deaths: list[tuple[int, bool]], snapshot_s: float, keep_in: bool
) -> None:
    case = kept_in(case, course.seed) if keep_in else case
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
                script.done = script.taken = max(script.done + 1, script.taken)
        watched(plan, script)
        found = bodies(state)
        assert by_target(found) == by_target(uninterrupted(plan))
        assert judged(found) == checked(case.zones, journaled(state), case.max_gap_s)


KILLS, LONGEST_S = 20, 1.0


@pytest.mark.thorough
def test_killed_under_load(tmp_path: Path) -> None:
    survives(tmp_path, KILLS, seed=3)


def survives(folder: Path, kills: int, seed: int) -> None:
    """Kill a watch so many times, and assert that its record is that of one that nobody killed."""
    with peers() as (feeder, hook):
        config = configured(folder, feeder, hook)
        for _ in killed(config, kills, seed, LONGEST_S):
            feeder.land(150)
            wait_for(lambda: all_told(folder / "state"))
        posts = dict(hook.posts)
    assert not (folder / "errors").read_bytes()
    plan, _ = planned(parser().parse_args(["--config", str(config)]))
    found = [body for body in bodies(plan.state) if not body["kind"].startswith("feed-")]
    assert by_target(found) == by_target(uninterrupted(plan))
    rows = checked(plan.law, journaled(plan.state))
    assert judged(found) == rows
    assert len(rows) > kills
    with Store(plan.state / "record.sqlite") as store:
        told = {
            alert_key(r.hash, "hook"): r for r in store.read() if channels_for(plan.alerts[:1], r.content)
        }
    # Each was told, and what was told twice was told in the same words.
    assert set(posts) == set(told)
    assert all(len(set(bodies)) == 1 for bodies in posts.values())
    again = sum(len(bodies) - 1 for bodies in posts.values())
    assert again <= kills
    lines = (folder / "alerts.log").read_bytes().splitlines()
    assert len(lines) >= len(told)


def all_told(state: Path) -> bool:
    with Store(state / "record.sqlite") as store:
        left = [store.outbox.backlog(name) for name in ("hook", "log")]
    assert not any(one.given_up for one in left)
    return not any(one.waiting + one.claimed for one in left)


def wait_for(true: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < until, "it never came to be"
        time.sleep(0.05)
