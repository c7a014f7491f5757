"""A thread of a channel's own: in order, and what hangs there keeps nobody waiting."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from typing import NoReturn

import pytest

from nofly.alerts._thread import OwnThread

PATIENCE_S = 60.0


def test_in_order_in_one_thread_and_what_fails_is_raised() -> None:
    def fail() -> NoReturn:
        raise KeyError("x")

    async def run() -> list[object]:
        own = OwnThread("x")
        found = await asyncio.gather(*(own.run(lambda n=n: (n, threading.get_ident())) for n in range(5)))
        with pytest.raises(KeyError):
            await own.run(fail)
        own.close()
        return list(found)

    found = asyncio.run(run())
    assert [n for n, _ in found] == list(range(5))  # type: ignore[misc]
    assert len({thread for _, thread in found}) == 1  # type: ignore[misc]


def test_what_nobody_waits_for_any_more_is_not_begun() -> None:
    async def run() -> list[str]:
        own, go, done = OwnThread("x"), threading.Event(), list[str]()
        first = asyncio.create_task(own.run(go.wait))
        given_up = asyncio.create_task(own.run(lambda: done.append("given up")))
        await asyncio.sleep(0.01)
        given_up.cancel()
        await asyncio.wait([given_up])
        go.set()
        await first
        await own.run(lambda: done.append("last"))
        own.close()
        return done

    assert asyncio.run(run()) == ["last"]


def test_a_process_ends_whatever_hangs_in_it() -> None:
    program = (
        "import asyncio, time\n"
        "from nofly.alerts._thread import OwnThread\n"
        "async def run():\n"
        "    own = OwnThread('x')\n"
        "    try:\n"
        "        async with asyncio.timeout(0.1):\n"
        "            await own.run(lambda: time.sleep(3600))\n"
        "    except TimeoutError:\n"
        "        own.close()\n"
        "        print('ended')\n"
        "asyncio.run(run())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, timeout=PATIENCE_S, check=True, text=True
    )
    assert done.stdout == "ended\n"
