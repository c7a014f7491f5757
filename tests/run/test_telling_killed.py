"""Killed at any moment: every alert is told, and what is told twice has the same key."""

from __future__ import annotations

import asyncio
import random
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from nofly.store.outbox import alert_key
from nofly.store.sqlite import Store
from tests.alerts.site import site
from tests.house.tree import ROOT

KILLS, ALERTS = 10, 200
CHILD = """
import asyncio, sys, time
from nofly.run.alerting.plans import plan_alert
from nofly.run.alerting.telling import Telling

plan = plan_alert("hook", "webhook", {"url": sys.argv[2], "per_minute": 0})
print("begun", flush=True)
asyncio.run(Telling([plan], sys.argv[1], lambda: time.time_ns() // 1000).run())
"""


@pytest.mark.thorough
def test_killed_at_random_nothing_is_lost_and_at_most_one_is_told_again(tmp_path: Path) -> None:
    path, chance = tmp_path / "record.sqlite", random.Random(1)
    with Store(path) as store:
        bodies = [{"time_us": n, "kind": "entered", "incident": f"i{n}"} for n in range(ALERTS)]
        keys = [alert_key(head.hash, "hook") for head in store.append(bodies, ["hook"])]

    async def run() -> list[str]:
        async with site(["200 OK"]) as one:
            url = f"http://127.0.0.1:{one.port}/"
            command = [sys.executable, "-c", CHILD, str(path), url]
            for kill in range(KILLS + 1):
                child = await asyncio.create_subprocess_exec(
                    *command, stdout=subprocess.PIPE, env={"PYTHONPATH": str(ROOT / "src")}
                )
                assert child.stdout is not None
                assert await child.stdout.readline() == b"begun\n"
                before = len(one.posts)
                async with asyncio.timeout(60):
                    while kill == KILLS and left(path):
                        await asyncio.sleep(0.02)
                    while kill < KILLS and left(path) and len(one.posts) < before + 1 + kill % 5:
                        await asyncio.sleep(0.001)
                await asyncio.sleep(chance.uniform(0.0, 0.02))
                child.send_signal(signal.SIGKILL)
                await child.wait()
            return [post.headers["idempotency-key"] for post in one.posts]

    told = Counter(asyncio.run(run()))
    assert set(told) == set(keys)
    assert sum(count - 1 for count in told.values()) <= KILLS


def left(path: Path) -> int:
    with Store(path) as store:
        found = store.outbox.backlog("hook")
    return found.waiting + found.claimed
