"""What the tests of a watch share: plans, feeds that bring what a script says, what a check says of it."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

from nofly.config import WatchConfig
from nofly.errors import Finding
from nofly.feeds.health import FeedState, Status, new_feed, received
from nofly.feeds.receiving import Chunk
from nofly.incidents.machine import Params
from nofly.incidents.warnings import PredictionParams
from nofly.run import watch as watch_module
from nofly.run.alerting.plans import plan_alert
from nofly.run.alerting.words import FEED_ALIVE, FEED_SILENT
from nofly.run.check import CheckOptions, check
from nofly.run.feeding.connections import FeedChange, Received
from nofly.run.feeding.credible_times import credible
from nofly.run.feeding.plans import FeedPlan, plan_feed
from nofly.run.files.heightfiles import load_geoid
from nofly.run.files.trackfiles import TrackBatch
from nofly.run.judging.preparing import Aids
from nofly.run.live.engine import Engine, EngineOptions
from nofly.run.live.intake import Intake
from nofly.run.live.moment import Moment
from nofly.run.live.predicting import Predictor
from nofly.run.live.verdicts import JUDGED
from nofly.run.outputs.columns import record
from nofly.run.watch import Watch
from nofly.run.watch_plan import WatchPlan
from nofly.schema import Coded, Positions, concatenate
from nofly.store.chain import canonical
from nofly.store.journal import Batch, read
from nofly.store.sqlite import Store
from nofly.zones.model import Circle, Datum, Limit, Volume, Zone

Row = dict[str, Any]

AIDS = Aids(geoid=load_geoid())
START_US = 1_790_000_000_000_000
FULL = Limit(3000.0, Datum.STD, "3000 m STD")
RING = Zone("Z1", "RING", (Volume(Circle((50.0, 14.0), 5000.0), None, FULL),))
"""A circle that a flight along the parallel of 50° N crosses."""


def plan_of(
    state: Path, law: Sequence[Zone], feeds: Sequence[FeedPlan | tuple[str, str]], *,
    alerts: Sequence[tuple[str, str, dict[str, object]]] = (), prediction: PredictionParams | None = None,
    incidents: Params | None = None, max_gap_s: float = 120.0, **watch: Any,
) -> WatchPlan:  # fmt: skip
    settings = {"tick_s": 0.001, "capture_bytes": 0, **watch}
    return WatchPlan(
        tuple(law), tuple(f if isinstance(f, FeedPlan) else plan_feed(*f, {}) for f in feeds),
        tuple(plan_alert(*alert) for alert in alerts),
        EngineOptions(max_gap_s, incidents or Params(30.0, 60.0), AIDS),
        WatchConfig(state=str(state), metrics="", **settings), prediction,
    )  # fmt: skip


def scripted_feeds(count: int, lateness_s: float = 0.0) -> list[FeedPlan]:
    return [plan_feed(f"f{k}", "jsonl+tcp://127.0.0.1:9", {"lateness_s": lateness_s}) for k in range(count)]


@dataclass
class Turn:
    """What feeds bring in one tick, and what the clock says then."""

    now_us: int
    brought: list[tuple[int, Positions]] = field(default_factory=list)
    status: Status = Status.ALIVE
    steady_us: int | None = None
    """What a clock says that nobody sets; None: the same."""


@dataclass
class Script:
    """What is brought tick by tick; it goes on where it was when a watch is started again."""

    turns: Sequence[Turn]
    done: int = 0
    taken: int = 0

    def clock(self) -> int:
        return self._turn.now_us

    def monotonic_s(self) -> float:
        turn = self._turn
        return (turn.now_us if turn.steady_us is None else turn.steady_us) / 1e6

    @property
    def _turn(self) -> Turn:
        return self.turns[min(self.done, len(self.turns) - 1)]


class ScriptedFeeds:
    """In place of :class:`nofly.run.feeding.connections.Feeds`: they bring what a script says."""

    script: Script

    def __init__(self, plans: Sequence[FeedPlan], clock: Any, *, times_by: Any, **_: Any) -> None:
        self.plans, self.times_by = plans, times_by
        self.states: list[FeedState] = [new_feed(plan.name, clock()) for plan in plans]

    @property
    def ended(self) -> bool:
        return self.script.done >= len(self.script.turns)

    async def run(self) -> None:
        await asyncio.Event().wait()

    def take(self) -> list[Received]:
        script = self.script
        turns = script.turns[script.taken : script.done + 1]
        script.taken = script.done + 1
        found = [Received(feed, rows, t.now_us) for t in turns for feed, rows in t.brought if len(rows)]
        return [one for one in map(self._credible, found) if len(one.positions)]

    def _credible(self, one: Received) -> Received:
        plan = self.plans[one.feed]
        rows, said = credible(one.positions, self.times_by(), plan.name, live=plan.pace is None)
        chunk = Chunk(b"x", one.received_us, False)
        self.states[one.feed] = received(self.states[one.feed], chunk, rows, said)
        return one._replace(positions=rows)

    def tick(self, now_us: int) -> list[FeedChange]:
        self.script.done += 1
        status = self.script._turn.status
        self.states = [replace(state, status=status) for state in self.states]
        return []

    def take_findings(self) -> list[Finding]:
        return []


def watched(
    plan: WatchPlan, script: Script, each: Callable[[Watch, asyncio.Event], None] | None = None
) -> Watch:
    """Run a watch on a script to its end, or until ``each``, called after every tick, stops it."""
    stop = asyncio.Event()
    watch = Watch(plan, script.clock, script.monotonic_s)
    if each is not None:
        watch.on_tick = lambda _: each(watch, stop)
    kind = type("Feeds", (ScriptedFeeds,), {"script": script})
    with patch.object(watch_module, "Feeds", kind):
        asyncio.run(watch.run(stop))
    return watch


def run_watch(plan: WatchPlan) -> Watch:
    """Run a watch on real feeds until they end."""
    watch = Watch(plan, lambda: time.time_ns() // 1000, time.monotonic)
    asyncio.run(watch.run(asyncio.Event()))
    return watch


def bodies(state: Path) -> list[Row]:
    with Store(state / "record.sqlite") as store:
        assert store.verify() == []
        return [stored.content for stored in store.read()]


def judged(found: Iterable[Row]) -> list[Row]:
    """Return the last verdict on each stay, in an order of its own."""
    last = {body["stay"]: body["verdict"] for body in found if body["kind"] == JUDGED}
    return in_order(last.values())


def in_order(rows: Iterable[Row]) -> list[Row]:
    return sorted(rows, key=lambda v: (v["entry_time"], v["zone_id"], v["target_id"], v["id"]))


def checked(law: Sequence[Zone], positions: Positions, max_gap_s: float = 120.0) -> list[Row]:
    """Return what a check says of positions in the order they came."""
    batch = TrackBatch(positions, [], "made", "made", 0, 0)
    return in_order(map(record, check(law, [batch], CheckOptions(max_gap_s, threads=1)).infringements))


def journaled(state: Path) -> Positions:
    """Return all positions of a journal, as they came."""
    return concatenate([e.positions for e in read(state / "journal", 0) if isinstance(e, Batch)])


def flight(
    target: str, start_us: int, count: int, *, step_s: float = 1.0, from_lon: float = 13.9,
    lon_per_s: float = 0.002, lat_deg: float = 50.0, alt_m: float = 1000.0,
) -> Positions:  # fmt: skip
    """Return a flight along a parallel."""
    seconds = np.arange(count) * step_s
    return Positions(
        start_us + np.round(seconds * 1e6).astype(np.int64), Coded.from_list([target] * count),
        np.full(count, lat_deg), from_lon + seconds * lon_per_s, {"alt_std_m": np.full(count, alt_m)},
    )  # fmt: skip


def uninterrupted(plan: WatchPlan) -> list[Row]:
    """Return what one engine that nobody disturbs records of what the journal of a watch holds."""
    law, intake, found = plan.law, Intake([feed.lateness_s for feed in plan.feeds]), list[Row]()
    predictor = None
    if plan.prediction is not None:
        predictor = Predictor(law, plan.options.max_gap_s, plan.prediction, plan.inhibitions)
    engine = Engine(law, plan.options, predictor)
    for entry in read(plan.state / "journal", 0):
        if isinstance(entry, Batch):
            intake.add(entry.feed, entry.positions, 0)
            continue
        moment = Moment.decoded(entry.value)
        found += engine.step(intake.release(moment.until_us), moment.lapse_us).bodies
        if moment.ended:
            found += engine.finish().bodies
    return [json.loads(canonical(body)) for body in found]


def by_target(found: Iterable[Row]) -> dict[str, list[Row]]:
    """Return records by target, each in order: of what happens to two at once either may come first. What is
    recorded of feeds is of no target."""
    rows: dict[str, list[Row]] = {}
    for body in found:
        if body["kind"] not in (FEED_SILENT, FEED_ALIVE):
            rows.setdefault(body["target_id"], []).append(body)
    return rows
