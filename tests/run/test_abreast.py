"""Several recordings at once are merged by the time of their events."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nofly.run.feeding.abreast import Abreast
from nofly.run.watch import Watch
from nofly.schema import Positions, concatenate
from tests.run.watches import RING, START_US, bodies, checked, flight, journaled, judged, plan_of, run_watch


def written(path: Path, positions: Positions) -> Path:
    rows = zip(
        positions.time_us.tolist(), (positions.target.at(k) for k in range(len(positions))),
        positions.lat_deg.tolist(), positions.lon_deg.tolist(), strict=True,
    )  # fmt: skip
    lines = [f"{t / 1e6:.6f},{name.removeprefix('icao24:')},{lat},{lon},1000" for t, name, lat, lon in rows]
    path.write_text("time,icao24,latitude,longitude,alt_std_m\n" + "\n".join(lines), encoding="utf-8")
    return path


def watched(folder: Path, files: list[Path], speed: str) -> Watch:
    feeds = [(f"f{k}", f"replay+file:{path}?speed={speed}") for k, path in enumerate(files)]
    return run_watch(plan_of(folder / "state", [RING], feeds))


def crowd(first: int, count: int, start_s: float, step_s: float = 10.0) -> Positions:
    flights = [
        flight(f"icao24:4b{k:04x}", START_US - 10**15 + round(start_s * 1e6) + k * 7000, 150, step_s=step_s,
               from_lon=13.8 + 0.0001 * k, lon_per_s=0.0003)
        for k in range(first, first + count)
    ]  # fmt: skip
    whole = concatenate(flights)
    return whole.take(np.argsort(whole.time_us, kind="stable"))


@pytest.mark.thorough
@pytest.mark.parametrize("speed", ["max", "3000"])
def test_a_large_recording_does_not_run_ahead_of_a_small_one(speed: str, tmp_path: Path) -> None:
    """One of 400 aircraft, one of a single one that begins in its midst, one that is over before."""
    parts = [crowd(0, 400, 0.0), crowd(500, 1, 600.0), crowd(600, 3, -4000.0, 5.0)]
    files = [written(tmp_path / f"{k}.csv", part) for k, part in enumerate(parts)]
    watch = watched(tmp_path, files, speed)
    assert watch.view().late == 0
    reports = journaled(tmp_path / "state")
    assert len(reports) == sum(map(len, parts))
    rows = checked([RING], concatenate(parts).take(np.argsort(concatenate(parts).time_us, kind="stable")))
    names = ("target_id", "entry_time", "exit_time", "depth_m", "reports", "cause", "exit_cause")
    found = [[row[name] for name in names] for row in judged(bodies(tmp_path / "state"))]
    assert sorted(found) == sorted([row[name] for name in names] for row in rows)
    assert len(found) == 404


times = st.lists(st.integers(0, 30_000_000), min_size=1, max_size=20).map(sorted)


@settings(max_examples=50)
@given(st.lists(times, min_size=2, max_size=4))
def test_what_is_given_at_once_follows_what_was_given_before(recordings: list[list[int]]) -> None:
    """At every moment all that was given is older than the stretch that all that is to come lies in."""
    given_us: list[int] = []
    left = [list(times) for times in recordings]

    async def read(together: Abreast, number: int) -> None:
        while left[number]:
            await together.until(number, left[number][0])
            due_us = together.due_us()
            assert due_us is not None
            part = [t for t in left[number] if t <= due_us]
            del left[number][: len(part)]
            together.hold(partial(given_us.extend, part))
            await asyncio.sleep(0)
            newest_us = max(given_us, default=-1)
            assert all(times[0] // 1_000_000 > newest_us // 1_000_000 - 1 for times in left if times)
        together.end(number)

    async def run() -> None:
        together = Abreast(len(recordings), lambda: 0)
        async with asyncio.timeout(60), asyncio.TaskGroup() as group:
            for number in range(len(recordings)):
                group.create_task(read(together, number))

    asyncio.run(run())
    assert sorted(given_us) == sorted(t for times in recordings for t in times)
    assert [t // 1_000_000 for t in given_us] == sorted(t // 1_000_000 for t in given_us)
