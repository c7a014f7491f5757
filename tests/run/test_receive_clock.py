"""The time that something was received never goes back, whatever is done to the clock."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nofly.run.feeding.receive_clock import MOST_AHEAD_US, ReceiveClock
from nofly.run.watch import Watch
from nofly.zones.model import Circle, Volume, Zone
from tests.feeds.transports.peering import PATIENCE_S
from tests.run.peers import peer
from tests.run.watches import bodies, journaled, plan_of

HOUR_US = 3_600_000_000


class Clocks:
    def __init__(self) -> None:
        self.us, self.steady_us = 10 * HOUR_US, 0

    def go(self, us: int, *, jump_us: int = 0) -> None:
        self.us, self.steady_us = self.us + us + jump_us, self.steady_us + us

    def clock(self, least_us: int = 0) -> ReceiveClock:
        return ReceiveClock(lambda: self.us, lambda: self.steady_us / 1e6, least_us)


jumps = st.one_of(st.just(0), st.integers(-MOST_AHEAD_US // 8, MOST_AHEAD_US))


@given(st.lists(st.tuples(st.integers(0, 10 * HOUR_US), jumps), max_size=8))
def test_it_never_goes_back_nor_falls_behind(steps: list[tuple[int, int]]) -> None:
    clocks = Clocks()
    clock = clocks.clock()
    last_us = clock()
    for us, jump_us in steps:
        clocks.go(us, jump_us=jump_us)
        now_us = clock()
        assert now_us >= max(last_us, clocks.us)
        assert now_us - last_us >= us - us // 100 - 1
        last_us = now_us


def test_an_hour_back_is_caught_up_slowly_and_said_once() -> None:
    clocks = Clocks()
    clock = clocks.clock()
    before_us = clock()
    clocks.go(1_000_000, jump_us=-HOUR_US)
    assert clock() == before_us + 990_000
    for _ in range(3600 * 100):
        clocks.go(1_000_000)
        clock()
    assert clock() == clocks.us
    (finding,) = clock.findings
    assert finding.code == "clock-set-back"
    assert "set back by 3600 s" in finding.message


def test_what_the_process_before_read_is_not_read_again() -> None:
    clocks = Clocks()
    assert clocks.clock(clocks.us + HOUR_US)() == clocks.us + HOUR_US
    assert clocks.clock(clocks.us + 2 * MOST_AHEAD_US)() == clocks.us


class Wall:
    """The clock of the machine, which is set back."""

    back_us = 0

    def __call__(self) -> int:
        return time.time_ns() // 1000 - self.back_us


PARTS, LINES = 6, 30


def lines(part: int) -> bytes:
    """Return messages of a receiver that says no time: a flight eastwards."""
    first = part * LINES
    return b"".join(
        b"MSG,3,,,4CA7B3,,,,,,,3000,,,50.0,%.5f,,,,,,0\r\n" % (13.9 + k * 1e-5)
        for k in range(first, first + LINES)
    )


@pytest.mark.parametrize("restarted", [False, True])
def test_reports_without_a_time_of_their_own_while_the_clock_is_set_back(
    restarted: bool, tmp_path: Path
) -> None:
    """Nothing is late, nothing is lost, nothing waits."""
    law = [Zone("Z1", "HERE", (Volume(Circle((50.0, 14.0), 400_000.0)),))]
    wall = Wall()

    async def some(parts: list[int]) -> int:
        async with peer() as one:
            plan = plan_of(tmp_path, law, [("roof", f"sbs+tcp://127.0.0.1:{one.port}")], tick_s=0.02)
            watch, stop = Watch(plan, wall, time.monotonic), asyncio.Event()
            running = asyncio.create_task(watch.run(stop))
            async with asyncio.timeout(PATIENCE_S):
                while not one.writers:
                    await asyncio.sleep(0.01)
                for count, part in enumerate(parts, 1):
                    one.say(lines(part))
                    while watch.view().reports < count * LINES:
                        await asyncio.sleep(0.01)
                    if part == PARTS // 2 - 1:
                        wall.back_us = HOUR_US
            stop.set()
            await running
            assert any(one.code == "clock-set-back" for one in watch.findings) == (wall.back_us > 0)
            return watch.view().late

    halves = [[*range(PARTS // 2)], [*range(PARTS // 2, PARTS)]]
    late = [asyncio.run(some(parts)) for parts in (halves if restarted else [[*range(PARTS)]])]
    assert not any(late)
    reports = journaled(tmp_path)
    assert len(reports) == PARTS * LINES
    assert reports.lon_deg.max() == pytest.approx(13.9 + (PARTS * LINES - 1) * 1e-5)
    assert (np.diff(reports.time_us) >= 0).all()
    assert np.diff(reports.time_us).max() < 60e6
    assert [body["kind"] for body in bodies(tmp_path) if body["kind"] != "judged"] == ["entered"]
