"""What goes wrong in the field: clocks, floods, stalls, full disks, hanging receivers, zones that change."""

from __future__ import annotations

import asyncio
import gc
import json
import subprocess
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest

from nofly.feeds.health import Status
from nofly.run import watch as watch_module
from nofly.run.live.engine import Engine, EngineOptions, Tick
from nofly.run.watch import Watch
from nofly.run.watch_plan import WatchPlan
from nofly.schema import Positions, concatenate
from nofly.store.sqlite import Store
from nofly.zones.model import Circle, Volume
from tests.alerts.site import site
from tests.feeds.transports.peering import PATIENCE_S
from tests.run import peers
from tests.run.test_watch_killed import KilledError, killed_at
from tests.run.watches import (
    AIDS,
    FULL,
    RING,
    START_US,
    Row,
    Script,
    ScriptedFeeds,
    Turn,
    bodies,
    by_target,
    checked,
    flight,
    journaled,
    judged,
    plan_of,
    scripted_feeds,
    watched,
)


def test_a_late_report_that_is_not_credible_either() -> None:
    """It is older than the last of its target, though not than the last that was credible."""
    positions = flight("icao24:4ca7b3", START_US, 60)
    jump = flight("icao24:4ca7b3", START_US + 62_000_000, 1, lat_deg=53.0)
    late = flight("icao24:4ca7b3", START_US + 61_000_000, 1, lat_deg=53.0)
    rest = flight("icao24:4ca7b3", START_US + 63_000_000, 60, from_lon=14.026)
    engine = Engine([RING], EngineOptions(aids=AIDS))
    bodies = []
    for batch in (positions, jump, late, rest):
        tick = engine.step(batch, int(batch.time_us[-1]))
        assert (tick.late is not None) == (batch is late)
        bodies += tick.bodies
    bodies += engine.finish().bodies
    assert judged(bodies) == checked([RING], concatenate([positions, jump, rest]))


def test_a_stay_does_not_hold_the_batch_it_began_in() -> None:
    """Of a batch with a thousand aircraft, what is remembered of the one that is inside is its own."""
    crowd = [flight(f"icao24:{k:06x}", START_US + k, 30, lat_deg=40.0) for k in range(1000)]
    batch = concatenate([flight("icao24:4ca7b3", START_US, 60), *crowd])
    batch = batch.take(np.argsort(batch.time_us, kind="stable"))
    engine = Engine([RING], EngineOptions(aids=AIDS))
    engine.step(batch, int(batch.time_us[-1]))
    gc.collect()
    held = [one for one in gc.get_objects() if isinstance(one, Positions) and len(one) == 1]
    assert [one.target.values for one in held] == [["icao24:4ca7b3"]]


def turns_of(positions: Positions, tick_s: float = 5.0, **more: Any) -> list[Turn]:
    """Return the turns in which a feed brings positions as they happen."""
    turn = -(-(positions.time_us - int(positions.time_us[0])) // round(tick_s * 1e6))
    begun_us = int(positions.time_us[0])
    return [
        Turn(begun_us + k * round(tick_s * 1e6), [(0, positions.take(np.flatnonzero(turn == k)))], **more)
        for k in range(int(turn.max()) + 1)
    ]


def three(seconds: int = 240) -> Positions:
    """Return three flights of which each is inside for a while."""
    flights = [
        flight(f"icao24:4b000{k}", START_US + k, seconds, from_lon=13.9 - 0.05 * k, lon_per_s=0.001)
        for k in range(3)
    ]
    positions = concatenate(flights)
    return positions.take(np.argsort(positions.time_us, kind="stable"))


def logged(folder: Path) -> tuple[str, str, dict[str, object]]:
    return "log", "log", {"file": str(folder / "log"), "format": "json"}


@pytest.mark.parametrize("jump_s", [3600, -3600])
def test_a_clock_that_jumps(jump_s: int, tmp_path: Path) -> None:
    turns = turns_of(three())
    for k, turn in enumerate(turns):
        turn.steady_us = turn.now_us
        if len(turns) // 3 <= k:
            turn.now_us += jump_s * 1_000_000
    watch = watched(plan_of(tmp_path, [RING], scripted_feeds(1)), Script(turns))
    assert watch.view().late == 0
    assert len(journaled(tmp_path)) == len(three())
    assert judged(bodies(tmp_path)) == checked([RING], three())


def test_a_feed_that_falls_silent_and_speaks_again(tmp_path: Path) -> None:
    """Who was inside is lost by the clock, and the silence is recorded before it is over."""
    before = flight("icao24:4ca7b3", START_US, 60)
    after = flight("icao24:4ca7b3", START_US + 900_000_000, 60, from_lon=14.02)
    silent = [
        Turn(START_US + k * 10_000_000, status=Status.STALLED if k > 9 else Status.ALIVE)
        for k in range(7, 90)
    ]
    script = Script([*turns_of(before), *silent, *turns_of(after)])
    told: list[tuple[int, str]] = []

    def each(watch: Watch, _: asyncio.Event) -> None:
        watch.on_records = lambda some: told.extend((script.done, body["kind"]) for body in some)

    plan = plan_of(
        tmp_path, [RING], scripted_feeds(1), alerts=[("log", "log", {"file": str(tmp_path / "log")})]
    )
    watched(plan, script, each)
    kinds = [kind for _, kind in told]
    assert [kind for kind in kinds if kind.startswith("feed")] == ["feed-silent", "feed-alive"]
    at = {kind: done for done, kind in told}
    assert at["feed-silent"] < at["lost"] < at["feed-alive"]
    assert len([line for line in (tmp_path / "log").read_text().splitlines() if "Feed f0 " in line]) == 2
    assert judged(bodies(tmp_path)) == checked([RING], concatenate([before, after]))


def test_a_silence_is_not_told_again_by_the_next_process(tmp_path: Path) -> None:
    quiet = [Turn(START_US + k * 10_000_000, status=Status.STALLED) for k in range(10)]
    script = Script([*turns_of(flight("icao24:4ca7b3", START_US, 5)), *quiet])

    def each(_: Watch, stop: asyncio.Event) -> None:
        if script.done in (4, 7):
            stop.set()

    for _ in range(3):
        watched(plan_of(tmp_path, [RING], scripted_feeds(1)), script, each)
    assert [body["kind"] for body in bodies(tmp_path)].count("feed-silent") == 1


def test_a_disk_that_is_full_for_a_while(tmp_path: Path) -> None:
    state = tmp_path / "small"
    state.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(state)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"no small disk can be made: {mounted.stderr.decode().strip()}")
    try:
        script, filler, troubles = Script(turns_of(three(600))), state / "filler", set()

        def each(watch: Watch, _: asyncio.Event) -> None:
            if script.done == 20:
                with filler.open("wb", buffering=0) as file, suppress(OSError):
                    while True:
                        file.write(bytes(1024))
            if script.done == 80:
                filler.unlink()
            troubles.add((20 < script.done <= 80, watch.view().trouble is not None))

        watch = watched(plan_of(state, [RING], scripted_feeds(1), snapshot_s=30.0), script, each)
        assert (True, True) in troubles
        assert (False, True) not in {t for t in troubles if not t[0]} or script.done > 80
        assert watch.view().trouble is None
        assert len(journaled(state)) == 3 * 600
        assert judged(bodies(state)) == checked([RING], three(600))
    finally:
        subprocess.run(["umount", str(state)], check=True)


WIDE = replace(RING, id="Z2", name="WIDE", volumes=(Volume(Circle((50.0, 14.0), 9000.0), None, FULL),))
OTHER = replace(RING, id="Z3", name="OTHER", volumes=(Volume(Circle((50.0, 14.02), 4000.0), None, FULL),))
CHANGED = replace(WIDE, volumes=(Volume(Circle((50.0, 14.0), 7000.0), None, FULL),))
BEFORE, AFTER = [RING, WIDE, OTHER], [RING, CHANGED, replace(OTHER, id="Z4")]
RELOADED_AT = 22


def reloading(state: Path, script: Script) -> None:
    """Watch a script to its end; at a turn other zones are given."""

    def each(watch: Watch, _: asyncio.Event) -> None:
        if script.done == RELOADED_AT:
            watch.reload(AFTER)

    watched(plan_of(state, BEFORE if script.done < RELOADED_AT else AFTER, scripted_feeds(1)), script, each)


def assert_as_of(found: list[Row], positions: Positions, at_us: int) -> None:
    """Check that what was recorded is what a check says of zones that changed at an instant."""
    law = [
        RING, replace(WIDE, valid_to_us=at_us), replace(OTHER, valid_to_us=at_us),
        replace(CHANGED, valid_from_us=at_us), replace(AFTER[2], valid_from_us=at_us),
    ]  # fmt: skip
    rows = checked(law, positions)
    # A check does not know that an edition without another one after it was taken away by hand.
    for row in rows:
        if row["zone_id"] == "Z3" and row["exit_cause"] == "zone-deactivated":
            row["exit_cause"] = "zone-changed"
        if row["zone_id"] == "Z4" and row["cause"] == "zone-activated":
            row["cause"] = "zone-changed"
    names = ("zone_id", "target_id", "entry_time", "exit_time", "cause", "exit_cause", "depth_m", "reports")
    same = [[row[name] for name in names] for row in judged(found)]
    assert sorted(same, key=repr) == sorted([[row[name] for name in names] for row in rows], key=repr)
    assert [row for row in judged(found) if row["zone_id"] == "Z1"] == [
        r for r in rows if r["zone_id"] == "Z1"
    ]
    assert {"zone-changed"} == {
        body["cause"] for body in found if body["kind"] in ("entered", "exited") and body["time_us"] == at_us
    }
    assert any(body["time_us"] == at_us for body in found)


def test_zones_that_change_while_somebody_is_inside(tmp_path: Path) -> None:
    positions = three()
    script = Script(turns_of(positions))
    reloading(tmp_path, script)
    at_us = int(script.turns[RELOADED_AT - 1].brought[0][1].time_us.max()) + 1
    assert_as_of(bodies(tmp_path), positions, at_us)


def stopped(state: Path, script: Script) -> None:
    """Watch a script until before the turn at which there are other zones, and stop there."""

    def each(watch: Watch, stop: asyncio.Event) -> None:
        if script.done == RELOADED_AT - 1:
            stop.set()

    watched(plan_of(state, BEFORE, scripted_feeds(1)), script, each)


@pytest.mark.parametrize("behind_s", [0.0, 72_000.0])
def test_zones_that_change_while_no_watch_runs_are_in_force_from_the_start_on(
    tmp_path: Path, behind_s: float
) -> None:
    """Three are inside before and after; what was between is judged by the law before.
    A feed may be 20 hours behind."""
    turns = turns_of(three())
    turns = [replace(turn, now_us=turn.now_us + round(behind_s * 1e6)) for turn in turns]
    del turns[RELOADED_AT : RELOADED_AT + 12]
    script = Script(turns)
    stopped(tmp_path, script)
    reloading(tmp_path, script)
    before, first = turns[RELOADED_AT - 1], turns[RELOADED_AT]
    at_us = first.now_us - (before.now_us - int(before.brought[0][1].time_us.max()))
    assert at_us > int(before.brought[0][1].time_us.max()) + 60_000_000
    assert_as_of(bodies(tmp_path), journaled(tmp_path), at_us)


@pytest.mark.thorough
@pytest.mark.parametrize("call", range(24))
def test_killed_while_the_zones_change(call: int, tmp_path: Path) -> None:
    """Whenever it dies, what is recorded is what is recorded where nobody dies: from the moment of the first
    start with other zones on, at which nobody reports, they are in force."""
    turns = turns_of(three())
    for k in range(RELOADED_AT, len(turns)):
        turns[k] = replace(turns[k], now_us=turns[k].now_us - 3_600_000)
    whole, undisturbed = tmp_path / "whole", Script(turns)
    stopped(whole, undisturbed)
    reloading(whole, undisturbed)
    script, state = Script(turns), tmp_path / "killed"
    stopped(state, script)
    with suppress(KilledError), killed_at(call // 2, after=bool(call % 2)):
        reloading(state, script)
    if script.done < len(script.turns):
        # What it had taken when it died it takes again unless that is in the journal.
        script.done = script.taken = sum(
            int(turn.brought[0][1].time_us[0]) <= int(journaled(state).time_us.max()) for turn in script.turns
        )
        reloading(state, script)
    assert len(journaled(state)) == len(three())
    assert by_target(bodies(state)) == by_target(bodies(whole))


def test_zones_that_changed_stay_so_where_a_tick_is_judged_again(tmp_path: Path) -> None:
    whole, state = tmp_path / "whole", tmp_path / "failing"
    reloading(whole, Script(turns_of(three())))
    script, step, failed = Script(turns_of(three())), Engine.step, list[int]()

    def failing(engine: Engine, positions: Positions, until_us: int) -> Tick:
        if script.done == RELOADED_AT + 3 and not failed:
            failed.append(script.done)
            raise ZeroDivisionError
        return step(engine, positions, until_us)

    with patch.object(Engine, "step", failing):
        reloading(state, script)
    assert failed
    assert by_target(bodies(state)) == by_target(bodies(whole))


def said(positions: Positions) -> bytes:
    """Return positions as lines of JSON."""
    return b"".join(
        json.dumps({
            "time_us": int(positions.time_us[k]), "target_id": positions.target.at(k), "alt_std_m": 1000.0,
            "lat_deg": positions.lat_deg[k], "lon_deg": positions.lon_deg[k],
        }).encode() + b"\n"
        for k in range(len(positions))
    )  # fmt: skip


async def beside(plan: WatchPlan, during: Callable[[Watch], Awaitable[None]]) -> Watch:
    """Run a watch on real feeds while something is done, and end it as SIGTERM does."""
    watch = Watch(plan, lambda: time.time_ns() // 1000, time.monotonic)
    stop = asyncio.Event()
    running = asyncio.create_task(watch.run(stop))
    async with asyncio.timeout(3 * PATIENCE_S):
        await during(watch)
        stop.set()
        await running
    return watch


def test_a_flood_of_garbage_beside_a_good_feed(tmp_path: Path) -> None:
    """Ten megabytes and more of what is no message, as fast as it is taken: the good feed's records are as
    without it."""
    begun_us = time.time_ns() // 1000 - 3600 * 1_000_000
    good = [
        flight(f"icao24:4b00{k:02x}", begun_us + k, 200, from_lon=13.9 - 0.004 * k, lon_per_s=0.002)
        for k in range(20)
    ]
    positions = concatenate(good)
    positions = positions.take(np.argsort(positions.time_us, kind="stable"))
    flood = np.random.default_rng(5).integers(0, 256, 1 << 20, np.uint8).tobytes()
    sent_bytes, longest_s = 0, 0.0

    async def pour(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent_bytes
        with suppress(OSError):
            while True:
                writer.write(flood)
                sent_bytes += len(flood)
                await writer.drain()

    async def run() -> Watch:
        garbage = await asyncio.start_server(pour, "127.0.0.1", 0)
        port = garbage.sockets[0].getsockname()[1]

        async def during(watch: Watch) -> None:
            nonlocal longest_s
            for first in range(0, len(positions), 200):
                while not one.writers:
                    await asyncio.sleep(0.01)
                one.say(said(positions.take(slice(first, first + 200))))
                before_s = time.monotonic()
                await asyncio.sleep(0.05)
                longest_s = max(longest_s, time.monotonic() - before_s - 0.05)
            while watch.view().reports < len(positions) or sent_bytes <= 10 << 20:
                await asyncio.sleep(0.02)
            await asyncio.sleep(0.2)

        async with peers.peer() as one:
            plan = plan_of(
                tmp_path, [RING],
                [("good", f"jsonl+tcp://127.0.0.1:{one.port}"), ("bad", f"beast+tcp://127.0.0.1:{port}")],
                tick_s=0.05,
            )  # fmt: skip
            watch = await beside(plan, during)
        garbage.close()
        return watch

    watch = asyncio.run(run())
    assert sent_bytes > 10 << 20
    found = journaled(tmp_path)
    assert len(found) >= len(positions)
    names = set(positions.target.values)
    rows = [row for row in judged(bodies(tmp_path)) if row["target_id"] in names]
    expected = checked([RING], positions)
    # Who is inside at the end is not judged yet.
    assert rows == [row for row in expected if row["exit_cause"] != "data-lost"]
    assert len(rows) >= 15
    assert watch.view().trouble is None
    print(f"{sent_bytes / 2**20:.0f} MiB of garbage, the loop's longest turn {longest_s * 1e3:.0f} ms")


def test_a_receiver_that_hangs(tmp_path: Path) -> None:
    """What is to be told waits in the outbox, and is told by the next process; what is recorded is all."""

    async def hanging() -> None:
        async with site(["hang"]) as one:
            hook = ("hook", "webhook", {"url": f"http://127.0.0.1:{one.port}/", "timeout_s": 60.0})
            plan = plan_of(tmp_path, [RING], scripted_feeds(1), alerts=[hook])
            script = Script(turns_of(three()))
            kind = type("Feeds", (ScriptedFeeds,), {"script": script})
            with patch.object(watch_module, "Feeds", kind):
                watch = Watch(plan, script.clock, script.monotonic_s)
                await watch.run(asyncio.Event())

    with patch.object(watch_module, "DRAIN_S", 0.2):
        asyncio.run(hanging())
    assert judged(bodies(tmp_path)) == checked([RING], three())
    with Store(tmp_path / "record.sqlite") as store:
        left = store.outbox.backlog("hook")
    assert left.delivered == 0
    assert left.waiting + left.claimed >= 6
