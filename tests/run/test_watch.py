"""Live is recorded, through the whole loop: the verdicts that a watch records are the rows of a check."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nofly as public
from nofly.config import Config
from nofly.incidents.warnings import PredictionParams
from nofly.run.check import CheckOptions, check
from nofly.run.files.trackfiles import read_batches
from nofly.run.outputs.columns import record
from nofly.run.watch import Watch
from nofly.run.watch_plan import WatchPlan, read_law
from nofly.schema import Coded, Positions, concatenate
from nofly.units import US_PER_S
from nofly.zones.model import Circle, Volume, Zone
from tests.feeds.transports.peering import PATIENCE_S
from tests.feeds.transports.test_dump1090 import dump1090, send
from tests.feeds.transports.test_dump1090 import recorded as recorded_frames
from tests.house.tree import SOURCE
from tests.kernel.strategies import Case, cases, positions_of
from tests.run.test_engine import dressed, kept_in
from tests.run.watches import (
    Script,
    Turn,
    bodies,
    by_target,
    checked,
    flight,
    in_order,
    journaled,
    judged,
    plan_of,
    run_watch,
    scripted_feeds,
    uninterrupted,
    watched,
)

SQUARE = {
    "type": "Feature",
    "properties": {"id": "Z1", "name": "SQUARE"},
    "geometry": {
        "type": "Polygon",
        "coordinates": [[[13.93, 49.9], [14.3, 49.9], [14.3, 50.1], [13.93, 50.1], [13.93, 49.9]]],
    },
}
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


@pytest.mark.thorough
@settings(max_examples=FEW, deadline=None)
@given(cases(), courses, st.booleans())
def test_however_it_comes_what_is_recorded_is_the_check(case: Case, course: Course, keep_in: bool) -> None:
    case = kept_in(case, course.seed) if keep_in else case
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


RECORDINGS = [
    ("switzerland", ("zones-openair/Switzerland.txt", "boundaries/eurofirs.json.gz"), 300),
    ("paris-2021-10-07-42ac", ("zones-openair/LF-P25_LF-R35A.openair.txt",), 2),
]


@pytest.mark.thorough
@pytest.mark.parametrize(("recording", "zones", "least"), RECORDINGS)
def test_a_recording_replayed_through_the_loop_is_its_check(
    recording: str, zones: tuple[str, ...], least: int, tmp_path: Path, shared: Path
) -> None:
    track = shared / "traffic" / f"{recording}.json.gz"
    law, _, _ = read_law(Config(), [str(shared / name) for name in zones], 1_780_000_000_000_000)
    plan = plan_of(
        tmp_path, law, [("again", f"replay+file:{track}?speed=max")], prediction=PredictionParams(),
        tick_s=0.05, snapshot_s=0.5,
    )  # fmt: skip
    run_watch(plan)
    rows = in_order(map(record, check(law, read_batches(track), CheckOptions()).infringements))
    assert len(rows) >= least
    assert judged(bodies(tmp_path)) == rows


def nofly(arguments: Sequence[str], given: bytes = b"") -> None:
    """Run the command to its end."""
    done = subprocess.run(
        [sys.executable, "-m", "nofly", *arguments, "--quiet", "--metrics", ""], input=given,
        capture_output=True, timeout=10 * PATIENCE_S, env={**os.environ, "PYTHONPATH": str(SOURCE)},
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, b"")


def test_the_command_says_what_nofly_check_says(tmp_path: Path, shared: Path) -> None:
    zones = str(shared / "zones-openair/LF-P25_LF-R35A.openair.txt")
    track = str(shared / "traffic/paris-2021-10-07-42ac.json.gz")
    nofly(["watch", "-z", zones, "--feed", f"replay+file:{track}?speed=max", "--state", str(tmp_path / "s")])
    rows = in_order(map(record, public.check(track, zones).infringements))
    assert len(rows) == 2
    assert judged(bodies(tmp_path / "s")) == rows


def test_lines_on_standard_input(tmp_path: Path) -> None:
    now_us = time.time_ns() // 1000 - 3600 * 1_000_000
    reports = concatenate(
        [flight(f"icao24:4b000{k}", now_us + k, 40 + 5 * k, from_lon=13.9 + 0.01 * k) for k in range(5)]
    )
    reports = reports.take(np.argsort(reports.time_us, kind="stable"))
    lines = b"".join(
        json.dumps({
            "time_us": int(reports.time_us[k]), "target_id": reports.target.at(k), "alt_std_m": 1000.0,
            "lat_deg": reports.lat_deg[k], "lon_deg": reports.lon_deg[k],
        }).encode() + b"\n"
        for k in range(len(reports))
    )  # fmt: skip
    (tmp_path / "ring.geojson").write_text(json.dumps(SQUARE))
    zones = str(tmp_path / "ring.geojson")
    nofly(["watch", "-z", zones, "--feed", "jsonl+stdin:", "--state", str(tmp_path / "s")], lines)
    law, _, _ = read_law(Config(), [zones], 1_780_000_000_000_000)
    found = bodies(tmp_path / "s")
    assert len(journaled(tmp_path / "s")) == len(reports)
    assert judged(found) == checked(law, journaled(tmp_path / "s"))
    assert [body["kind"] for body in found].count("entered") == 5


def test_a_real_receiver_in_the_middle(shared: Path, tmp_path: Path) -> None:
    """dump1090 is fed recorded frames, and two of its ports are watched."""
    frames, places = recorded_frames(shared)
    centre = (float(np.median(places[:, 0])), float(np.median(places[:, 1])))
    law = [Zone("Z1", "HERE", (Volume(Circle(centre, 50_000.0)),))]

    async def run() -> WatchPlan:
        async with dump1090() as receiver:
            plan = plan_of(
                tmp_path, law,
                [(kind, f"{kind}+tcp://127.0.0.1:{getattr(receiver, kind)}") for kind in ("sbs", "beast")],
                tick_s=0.05,
            )  # fmt: skip
            watch = Watch(plan, lambda: time.time_ns() // 1000, time.monotonic)
            stop = asyncio.Event()
            running = asyncio.create_task(watch.run(stop))
            await asyncio.sleep(0.5)
            sending = asyncio.create_task(send(receiver.raw_in, frames))
            async with asyncio.timeout(PATIENCE_S):
                while watch.view().reports < 150 or not watch.view().records:
                    await asyncio.sleep(0.02)
            sending.cancel()
            stop.set()
            await running
            return plan

    plan = asyncio.run(run())
    found = [body for body in bodies(tmp_path) if not body["kind"].startswith("feed-")]
    # Frames come faster than they were flown, so that some of the way is not credible.
    assert "entered" in {body["kind"] for body in found}
    assert {body["target_id"] for body in found} == {"icao24:393322"}
    assert by_target(found) == by_target(uninterrupted(plan))
