"""Half an hour at a hundred thousand reports a second, in flat memory; `make check-long` runs it.

``SOAK_MINUTES`` makes it shorter or longer. Aircraft come and go, as they do: an address is heard for a third
of the time, then another one, so that half of all are silent.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest

from nofly.feeds.health import Status
from nofly.incidents.warnings import PredictionParams
from nofly.run import watch as watch_module
from nofly.run.display.view import View
from nofly.run.feeding.connections import Received
from nofly.run.watch import Watch
from nofly.schema import Coded, Positions
from nofly.zones.model import Circle, Datum, Limit, Volume, Zone
from tests.run.watches import ScriptedFeeds, bodies, plan_of, scripted_feeds

MINUTES = float(os.environ.get("SOAK_MINUTES", "30"))
RATE, AIRCRAFT, HEARD_S = 100_000, 20_000, 20.0 * MINUTES
WARM = 0.4
"""Part of the time in which memory is taken: for every aircraft, for segments of the journal."""
GROWTH = 1.10


class Load(ScriptedFeeds):
    """Reports of aircraft over Europe, as many as time has passed for."""

    def __init__(self, plans: Any, clock: Any, **more: Any) -> None:
        super().__init__(plans, clock, **more)
        self._clock = clock
        self._random = np.random.default_rng(3)
        self._begun_us = self._last_us = clock()
        self._lat = self._random.uniform(38.0, 58.0, AIRCRAFT)
        self._lon = self._random.uniform(-8.0, 28.0, AIRCRAFT)
        self._north, self._east = (self._random.normal(0.0, 0.0015, AIRCRAFT) for _ in range(2))
        self._alt_m = self._random.uniform(300.0, 12_000.0, AIRCRAFT)
        self._heard_from = self._random.uniform(0.0, HEARD_S, AIRCRAFT)
        self._next = 0

    @property
    def ended(self) -> bool:
        return False

    def take(self) -> list[Received]:
        now_us = self._clock()
        count = min(round((now_us - self._last_us) * RATE / 1e6), 2 * RATE)
        if count <= 0:
            return []
        who = (self._next + np.arange(count)) % AIRCRAFT
        self._next = (self._next + count) % AIRCRAFT
        time_us = np.linspace(self._last_us + 1, now_us, count).astype(np.int64)
        seconds = (time_us - self._begun_us) / 1e6
        self._last_us = now_us
        # After a while another aircraft flies there, under another address.
        turn = ((seconds + self._heard_from[who]) // HEARD_S).astype(np.int64)
        flown_s = (seconds + self._heard_from[who]) % HEARD_S
        names, codes = np.unique(turn % 2 * AIRCRAFT + who, return_inverse=True)
        positions = Positions(
            time_us, Coded(codes.astype(np.int32), [f"icao24:{k:06x}" for k in names.tolist()]),
            self._lat[who] + flown_s * self._north[who], self._lon[who] + flown_s * self._east[who],
            {"alt_std_m": self._alt_m[who]},
        )  # fmt: skip
        self.states = [
            state.__class__(**{**_fields(state), "status": Status.ALIVE, "received_us": now_us})
            for state in self.states
        ]
        return [Received(0, positions, now_us)]

    def tick(self, now_us: int) -> list[Any]:
        return []


def _fields(state: Any) -> dict[str, Any]:
    return {name: getattr(state, name) for name in state.__slots__}


def law() -> list[Zone]:
    random = np.random.default_rng(4)
    return [
        Zone(f"Z{k}", f"ZONE {k}", (Volume(
            Circle((float(random.uniform(38, 58)), float(random.uniform(-8, 28))),
                   float(random.uniform(2e3, 4e4))),
            None, Limit(3000.0, Datum.STD, "3000 m STD")),))
        for k in range(300)
    ]  # fmt: skip


def resident_bytes() -> int:
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.big
@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
def test_memory_is_flat(tmp_path: Path) -> None:
    plan = plan_of(
        tmp_path, law(), scripted_feeds(1), prediction=PredictionParams(), tick_s=0.25, snapshot_s=30.0
    )  # fmt: skip
    watch = Watch(plan, lambda: time.time_ns() // 1000, time.monotonic)
    stop, begun_s = asyncio.Event(), time.monotonic()
    seen: list[tuple[float, int]] = []

    def look(view: View) -> None:
        minutes = (time.monotonic() - begun_s) / 60
        if not seen or minutes - seen[-1][0] >= MINUTES / 120:
            seen.append((minutes, resident_bytes()))
            print(
                f"{minutes:6.2f} min {seen[-1][1] / 2**20:7.1f} MiB, "
                f"{view.reports / minutes / 60:,.0f} reports/s, {view.targets} targets, "
                f"{view.records} records, tick {view.step_s * 1e3:.0f} ms, "
                f"{view.trouble or ''}", flush=True,
            )  # fmt: skip
        if minutes >= MINUTES:
            stop.set()

    watch.on_tick = look
    with patch.object(watch_module, "Feeds", Load):
        asyncio.run(watch.run(stop))
    assert watch.view().trouble is None
    assert bodies(tmp_path)
    warm = [size for minutes, size in seen if WARM * MINUTES <= minutes <= (WARM + 0.1) * MINUTES]
    last = [size for minutes, size in seen if minutes >= 0.9 * MINUTES]
    assert np.median(last) <= GROWTH * np.median(warm)
