"""Live traffic: what a tick costs, what a whole second of 12,000 aircraft costs, how soon a transition is
recorded. CPU time of this process; waiting times by the clock."""

from __future__ import annotations

import asyncio
import gc
import itertools
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import nofly_jobs, workload
from nofly.config import WatchConfig
from nofly.feeds.decoders import sbs
from nofly.incidents.warnings import PredictionParams
from nofly.run.alerting.plans import channels_for
from nofly.run.feeding.plans import plan_feed
from nofly.run.files.heightfiles import load_geoid
from nofly.run.judging.preparing import Aids
from nofly.run.live.engine import Engine, EngineOptions
from nofly.run.live.intake import Intake
from nofly.run.live.predicting import Predictor
from nofly.run.watch import Watch
from nofly.run.watch_plan import WatchPlan
from nofly.schema import Coded, Positions
from nofly.store.journal import Journal
from nofly.store.sqlite import Store
from nofly.units import US_PER_S
from nofly.zones.model import Circle, Volume, Zone

TICK_ROWS, TICK_MS = 10_000, 10.0
"""A million reports a second."""
MANY_AIRCRAFT, EVERY_TICKS, MANY_TICKS = 500_000, 50, 350
"""Half a million aircraft, each heard twice a second, as ADS-B has it: a million reports a second."""
AIRCRAFT, WARM_S, SECONDS, TICKS_A_SECOND = 12_000, 5, 30, 4
TRANSITIONS, TICK_S = 200, 0.25
OPTIONS = EngineOptions(aids=Aids(geoid=load_geoid()))


def measure(reports: int) -> dict[str, Any]:
    """Return the figures of live traffic; ``reports`` is how many are judged in ticks of 10 ms."""
    nofly_jobs.require_compiled()
    traffic = workload.traffic(reports).by_time()
    span_us = int(traffic.time_us[-1]) - workload.START_US
    law = nofly_jobs.model(workload.zones("mixed1000", span_us))
    with _no_collections():
        return {
            "ticks": ticks(law, squeezed(traffic), None),
            "ticks with prediction": ticks(law, squeezed(traffic), PredictionParams()),
            "ticks of many": ticks(law, many(), None),
            "second": second(law),
            "socket to record": socket_to_record(),
        }


def ticks(
    law: list[Zone], batches: Iterable[Positions], prediction: PredictionParams | None
) -> dict[str, float]:
    """Return what steps of the engine cost, in ms of CPU time, and how many records each gave, once every
    aircraft has been heard."""
    engine = Engine(law, OPTIONS, _predictor(law, prediction))
    took, told = [], []
    for batch in batches:
        began = time.process_time()
        bodies = engine.step(batch, int(batch.time_us.max())).bodies
        took.append((time.process_time() - began) * 1e3)
        told.append(len(bodies))
    found = np.array(took[len(took) // 5 :])
    return {
        "ticks": len(found), "records": float(np.mean(told[len(took) // 5 :])),
        "p50_ms": float(np.percentile(found, 50)), "p99_ms": float(np.percentile(found, 99)),
        "core": float(found.mean() / TICK_MS),
    }  # fmt: skip


def squeezed(traffic: workload.Traffic) -> Iterator[Positions]:
    """Yield the workload's traffic, each aircraft heard every 5 to 10 s, in ticks of so many reports that one
    holds some 6 s of it: some 600 times the crossings of a real tick."""
    for first in range(0, len(traffic) - TICK_ROWS + 1, TICK_ROWS):
        yield _positions(traffic.take(slice(first, first + TICK_ROWS)))


def many() -> Iterator[Positions]:
    """Yield ticks of 10 ms of half a million aircraft over Europe, each heard every half second: as many
    crossings as so many aircraft make. All batches share one list of names, as those of one decoder do."""
    random = np.random.default_rng(3)
    lat_deg, lon_deg = random.uniform(37.0, 59.0, MANY_AIRCRAFT), random.uniform(-9.0, 29.0, MANY_AIRCRAFT)
    track, speed_mps = (
        random.uniform(0.0, 2 * np.pi, MANY_AIRCRAFT),
        random.uniform(60.0, 260.0, MANY_AIRCRAFT),
    )
    height_m = random.uniform(150.0, 11_500.0, MANY_AIRCRAFT)
    climb_mps = np.where(random.random(MANY_AIRCRAFT) < 0.5, random.uniform(-15.0, 15.0, MANY_AIRCRAFT), 0.0)
    north = speed_mps * np.cos(track) / 111_195.0
    east = speed_mps * np.sin(track) / 111_195.0 / np.cos(np.radians(lat_deg))
    names = [f"icao24:{k:06x}" for k in range(1, MANY_AIRCRAFT + 1)]
    for tick in range(MANY_TICKS):
        who = np.arange(tick % EVERY_TICKS, MANY_AIRCRAFT, EVERY_TICKS)
        time_us = workload.START_US + round(tick * TICK_MS * 1e3) + np.arange(len(who))
        after_s = tick * TICK_MS / 1e3
        yield Positions(
            time_us, Coded(who.astype(np.int32), names), lat_deg[who] + north[who] * after_s,
            lon_deg[who] + east[who] * after_s, {"alt_std_m": height_m[who] + climb_mps[who] * after_s},
        )  # fmt: skip


def second(law: list[Zone]) -> dict[str, Any]:
    """Return what a second of 12,000 aircraft at 1 Hz costs, as parts of a core by step."""
    spent: dict[str, float] = {}
    counted = 0

    def timed(name: str, do: Callable[[], Any]) -> Any:
        began = time.process_time()
        result = do()
        spent[name] = spent.get(name, 0.0) + time.process_time() - began
        return result

    decoder, intake = sbs.decoder({"time_zone": "UTC"}, "bench"), Intake([0.0])
    engine = Engine(law, OPTIONS, _predictor(law, PredictionParams()))
    with (
        tempfile.TemporaryDirectory() as folder,
        Journal(Path(folder) / "journal") as journal,
        Store(Path(folder) / "record.sqlite") as store,
    ):
        for number, (now_us, data) in enumerate(_messages(WARM_S + SECONDS)):
            if number == WARM_S * TICKS_A_SECOND:
                spent.clear()
            positions, _ = timed("decode", lambda d=data, t=now_us: decoder.feed(d, t))
            if number >= WARM_S * TICKS_A_SECOND:
                counted += len(positions)
            timed("journal", lambda p=positions, t=now_us: (journal.append(0, p), journal.mark(t)))
            intake.add(0, positions, now_us)
            until_us = intake.watermark_us(now_us)
            bodies = timed("judge", lambda u=until_us: engine.step(intake.release(u), u)).bodies
            timed("store", lambda b=bodies: store.append(b, lambda one: channels_for((), one)))
    parts = {name: seconds / SECONDS for name, seconds in spent.items()}
    return {"core": sum(parts.values()), "parts": parts, "reports": counted / SECONDS}


def socket_to_record() -> dict[str, float]:
    """Return how long after its last byte was sent a transition was durable, in ms beyond a tick."""
    zone = Zone("Z", "Z", (Volume(Circle((50.0, 14.0), 5000.0)),))
    sent_s: dict[str, float] = {}
    took: list[float] = []

    async def run(folder: str) -> None:
        writers: list[asyncio.StreamWriter] = []
        server = await asyncio.start_server(lambda _, writer: writers.append(writer), "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        plan = WatchPlan(
            (zone,), (plan_feed("f", f"jsonl+tcp://127.0.0.1:{port}", {}),), (), OPTIONS,
            WatchConfig(state=folder, tick_s=TICK_S, capture_bytes=0, metrics=""), PredictionParams(),
        )  # fmt: skip
        watch = Watch(plan, lambda: time.time_ns() // 1000, time.monotonic)

        def recorded(bodies: Any) -> None:
            now_s = time.monotonic()
            took.extend(now_s - sent_s[b["icao24"]] for b in bodies if b["kind"] == "entered")

        watch.on_records = recorded
        stop = asyncio.Event()
        running = asyncio.create_task(watch.run(stop))
        while not writers:
            await asyncio.sleep(0.01)
        random = np.random.default_rng(1)
        for k in range(TRANSITIONS):
            name = f"{0x400000 + k:06x}"
            sent_s[name] = time.monotonic()
            line = f'{{"time_us":{time.time_ns() // 1000},"icao24":"{name}","lat_deg":50,"lon_deg":14}}\n'
            writers[0].write(line.encode())
            await writers[0].drain()
            await asyncio.sleep(random.uniform(0.0, 0.1))
        await asyncio.sleep(2 * TICK_S)
        stop.set()
        await running
        server.close()

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(run(folder))
    found = np.array(took) * 1e3
    return {
        "count": len(found), "tick_ms": TICK_S * 1e3, "p50_ms": float(np.percentile(found, 50)),
        "p99_ms": float(np.percentile(found, 99)),
    }  # fmt: skip


def _predictor(law: list[Zone], prediction: PredictionParams | None) -> Predictor | None:
    return None if prediction is None else Predictor(law, OPTIONS.max_gap_s, prediction, ())


def _positions(part: workload.Traffic) -> Positions:
    used, codes = np.unique(part.target, return_inverse=True)
    names = [f"icao24:{0x400000 + k:06x}" for k in used.tolist()]
    return Positions(
        part.time_us, Coded(codes.astype(np.int32), names), part.lat_deg, part.lon_deg,
        {"alt_std_m": part.height_m},
    )  # fmt: skip


def _messages(seconds: int) -> Iterator[tuple[int, bytes]]:
    """Yield SBS-1 of aircraft over Europe, each heard once a second with place and velocity, tick by tick."""
    random = np.random.default_rng(2)
    lat, lon = random.uniform(37.0, 59.0, AIRCRAFT), random.uniform(-9.0, 29.0, AIRCRAFT)
    track, speed_mps = random.uniform(0.0, 360.0, AIRCRAFT), random.uniform(60.0, 260.0, AIRCRAFT)
    feet = np.round(random.uniform(1_000.0, 39_000.0, AIRCRAFT) / 25) * 25
    north = speed_mps * np.cos(np.radians(track)) / 111_195.0
    east = speed_mps * np.sin(np.radians(track)) / 111_195.0 / np.cos(np.radians(lat))
    for second_, tick in itertools.product(range(seconds), range(TICKS_A_SECOND)):
        begin_us = workload.START_US + second_ * US_PER_S
        lines = []
        for k in range(tick, AIRCRAFT, TICKS_A_SECOND):
            time_us = (
                begin_us + k * US_PER_S // AIRCRAFT // TICKS_A_SECOND + tick * US_PER_S // TICKS_A_SECOND
            )
            stamp = np.datetime64(time_us, "us").item()
            when = f"{stamp:%Y/%m/%d,%H:%M:%S}.{stamp.microsecond // 1000:03d}"
            head = f"1,1,{0x400000 + k:06X},1,{when},{when}"
            place = f"{lat[k] + north[k] * second_:.5f},{lon[k] + east[k] * second_:.5f}"
            lines.append(f"MSG,4,{head},,,{speed_mps[k] / 0.5144:.0f},{track[k]:.0f},,,0,,,,,0\r\n")
            lines.append(f"MSG,3,{head},,{feet[k]:.0f},,,{place},,,0,0,0,0\r\n")
        yield begin_us + (tick + 1) * US_PER_S // TICKS_A_SECOND, "".join(lines).encode()


@contextmanager
def _no_collections() -> Iterator[None]:
    """As the command does: objects by the hundred thousand, hardly any in cycles."""
    gc.collect()
    before = gc.get_threshold()
    gc.set_threshold(100_000, 20, 20)
    try:
        yield
    finally:
        gc.set_threshold(*before)
