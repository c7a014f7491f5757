"""Recorded traffic as a watch sees it: through the loop of live traffic, in a folder of its own; nobody is
told."""

from __future__ import annotations

import asyncio
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from time import monotonic, time_ns
from typing import Any, NamedTuple
from urllib.parse import quote

from nofly.config import Config
from nofly.errors import ConfigError, Finding, StoreError
from nofly.feeds.options import ArchiveOptions
from nofly.incidents.warnings import PredictionParams
from nofly.run.check import CheckOptions
from nofly.run.feeding.plans import plan_feed
from nofly.run.files.trackfiles import read_batches
from nofly.run.judging.witnesses import LATER_S
from nofly.run.live.engine import Body
from nofly.run.live.verdicts import JUDGED
from nofly.run.record.acts import watched
from nofly.run.watch import Watch
from nofly.run.watch_plan import WatchPlan, plan_watch
from nofly.store.capture_reading import CaptureReader, feed_folders
from nofly.store.sqlite import Store
from nofly.units import US_PER_S
from nofly.zones.model import Zone

FEED = "replay"
_FIRST_ROWS = 1024


def plan_rehearsal(
    config: Config, zone_files: Sequence[str], recordings: Sequence[str], state: Path,
    reading: ArchiveOptions | None = None, speed: float | str = "max",
) -> WatchPlan:  # fmt: skip
    """Return the plan of a watch whose feeds are recordings, each a file, a folder, or a raw capture; of
    several what is of one time comes at one time.

    Zones, heights, lists, prediction and inhibitions are those of the configuration; its feeds, channels and
    metrics are left out, and no raw bytes are kept. Raises ConfigError, also where the folder ``state`` has
    a record already, and what the recording's and the zones' readers raise.
    """
    if _watched(state / "record.sqlite"):
        raise ConfigError(
            "there is a record in it already", source=str(state), expected="a folder of the replay's own"
        )
    chosen = reading or ArchiveOptions()
    names = [FEED] if len(recordings) == 1 else [f"{FEED} {k}" for k in range(1, len(recordings) + 1)]
    feeds = [
        plan_feed(name, f"replay+file:{quote(recording)}", {"speed": speed})
        for name, recording in zip(names, recordings, strict=True)
    ]
    watch = replace(config.watch, state=str(state), metrics="", capture_bytes=0)
    config = replace(config, feeds=(), alerts=(), watch=watch)
    plan = plan_watch(config, zone_files, min(_begins_us(one, chosen) for one in recordings))
    return replace(plan, feeds=tuple(replace(feed, transport_options=chosen) for feed in feeds))


def rehearse(plan: WatchPlan, tell: Callable[[Sequence[Body]], None]) -> list[Finding]:
    """Run the watch until the recording ends; ``tell`` gets what is recorded, once it is durable: where the
    recording is replayed as fast as can be, in order of time, else as it becomes known. Return what is to be
    said of zones and recording. Raises what :meth:`nofly.run.watch.Watch.run` raises."""
    watch = Watch(plan, lambda: time_ns() // 1000, monotonic, list(plan.findings), tell)
    if any(feed.pace is not None and feed.pace.factor is not None for feed in plan.feeds):
        asyncio.run(watch.run(asyncio.Event()))
        return watch.findings
    held = _Held(tell, round((plan.options.max_gap_s + LATER_S) * US_PER_S))
    watch.on_records, watch.on_tick = held.take, lambda view: held.until(view.event_us)
    try:
        asyncio.run(watch.run(asyncio.Event()))
    finally:
        held.rest()
    return watch.findings


class _Held:
    """Records held back until none can come that is older: an incident is closed, and a stay is judged again,
    a while after."""

    def __init__(self, tell: Callable[[Sequence[Body]], None], hold_us: int) -> None:
        self._tell, self._hold_us = tell, hold_us
        self._bodies: list[Body] = []

    def take(self, bodies: Sequence[Body]) -> None:
        """Take what was recorded."""
        self._bodies += bodies

    def until(self, judged_us: int | None) -> None:
        """Tell what is older than what may come, where all up to then was judged."""
        if judged_us is not None:
            self._told(judged_us - self._hold_us)

    def rest(self) -> None:
        """Tell what is left."""
        self._told(None)

    def _told(self, before_us: int | None) -> None:
        self._bodies.sort(key=_time_us)
        count = len(self._bodies)
        if before_us is not None:
            count = bisect_left(self._bodies, before_us, key=_time_us)
        if count:
            self._tell(self._bodies[:count])
            del self._bodies[:count]


def _time_us(body: Body) -> int:
    return int(body["time_us"])


class ReportPlan(NamedTuple):
    """What a report on warnings is made with."""

    law: tuple[Zone, ...]
    findings: tuple[Finding, ...]
    params: PredictionParams
    options: CheckOptions


def plan_report(config: Config, zone_files: Sequence[str]) -> ReportPlan:
    """Return zones, parameters and options of a report on the warnings that a watch would have given. Raises
    ConfigError, also where the configuration wants no warnings, and what zone files raise."""
    plan = plan_watch(replace(config, feeds=(), alerts=()), zone_files, 0)
    if plan.prediction is None:
        raise ConfigError(
            "no warnings to measure", locator="prediction.enabled", expected="true, or nothing said"
        )
    check = config.check
    chosen: dict[str, Any] = {
        "max_gap_s": check.max_gap_s, "qnh": check.qnh, "qnh_stations": check.qnh_stations,
        "terrain": check.terrain, "lists": config.lists, "strict": check.strict, "threads": check.threads,
    }  # fmt: skip
    options = CheckOptions(**{name: value for name, value in chosen.items() if value})
    return ReportPlan(plan.law, plan.findings, plan.prediction, options)


def exit_code(bodies: Sequence[Body], zones_not_read: int = 0) -> int:
    """Return what a check of the same traffic answers: 1 an infringement that is confirmed or probable, 3
    only what cannot be told (as of a zone that was not read), 0 nobody. Of a stay that was judged again the
    last verdict counts."""
    last = {body["stay"]: body for body in bodies if body["kind"] == JUDGED}
    found = {body["certainty"] for body in last.values() if body["status"] == "infringement"}
    if found - {"undetermined"}:
        return 1
    return 3 if found or zones_not_read else 0


def _watched(record: Path) -> bool:
    """Return whether there is a record of a watch; so is what cannot be read."""
    try:
        with Store(record, create=False, read_only=True) as store:
            return watched(store)
    except StoreError:
        return record.exists()


def _begins_us(recording: str, reading: ArchiveOptions) -> int:
    """Return when a recording begins, in microseconds UTC, as far as its first rows tell."""
    folders = feed_folders(recording)
    if folders:
        firsts = [next(iter(CaptureReader(folder)), None) for folder in folders]
        return min((first.received_us for first in firsts if first is not None), default=0)
    batches = read_batches(recording, replace(reading, batch_rows=_FIRST_ROWS))
    return next((int(b.positions.time_us.min()) for b in batches if len(b.positions)), 0)
