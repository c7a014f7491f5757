"""Killed at any moment under load: what was acknowledged is there, the chain holds, no alert is lost."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from nofly.store.outbox import alert_key
from nofly.store.sqlite import Store
from tests.house.tree import SOURCE

KILLS = 60
LONGEST_S = 0.12

WRITER = """
import os, sys, time
from nofly.store.sqlite import Store

# A copy of this process for every line read: it is killed, this one is not.
for line in sys.stdin:
    first = int(line)
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        os.write(1, b"dead\\n")
        continue
    os.write(1, b"pid %d\\n" % os.getpid())
    store = Store(sys.argv[1])
    store.outbox.release()
    number = first
    while True:
        batch = [
            {"time_us": number + k, "kind": "entered", "incident": "i", "note": "x" * 300}
            for k in range(1 + number % 7)
        ]
        number += len(batch)
        heads = store.append(batch, ["log"], {"next": b"%d" % number})
        os.write(1, b"".join(b"head %d %s\\n" % (h.sequence, h.hash.encode()) for h in heads))
        alerts = store.outbox.claim("log", number, 1000, limit=5)
        for alert in alerts:
            os.write(1, b"told %s\\n" % alert.key.encode())
            store.outbox.deliver([alert.key], number)
"""


def test_killed_at_random_moments_nothing_is_lost_or_told_twice(tmp_path: Path) -> None:
    path = tmp_path / "record.sqlite"
    Store(path).close()
    chance = random.Random(7)
    acknowledged: dict[int, str] = {}
    told: Counter[str] = Counter()
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
    )  # fmt: skip
    assert writer.stdin is not None
    assert writer.stdout is not None
    for kill in range(KILLS):
        with Store(path) as store:
            following = int(store.kept("next") or b"0")
            assert store.head().sequence == following
            if kill % 10 == 0:
                assert store.verify() == []
        writer.stdin.write(f"{following}\n")
        writer.stdin.flush()
        pid = int(writer.stdout.readline().removeprefix("pid "))
        time.sleep(chance.uniform(0.0, LONGEST_S))
        os.kill(pid, signal.SIGKILL)
        while (line := writer.stdout.readline()) != "dead\n":
            word, *rest = line.split()
            if word == "head":
                acknowledged[int(rest[0])] = rest[1]
            else:
                told[rest[0]] += 1
    writer.stdin.close()
    assert writer.wait(30) == 0

    with Store(path) as store:
        assert store.verify() == []
        records = list(store.read())
        assert [record.content["time_us"] for record in records] == list(range(len(records)))
        there = {record.sequence: record.hash for record in records}
        assert acknowledged
        assert acknowledged.items() <= there.items()
        backlog = store.outbox.backlog("log")
        assert backlog.waiting + backlog.claimed + backlog.delivered == len(records)
        store.outbox.release()
        rest_keys = {alert.key for alert in store.outbox.claim("log", 0, 1, limit=len(records) + 1)}
    every = {alert_key(record.hash, "log") for record in records}
    assert rest_keys | set(told) == every
    # Told, and killed before that was noted: the same key again, by which a receiver knows it.
    again = sum(told.values()) - len(told) + len(rest_keys & set(told))
    assert again <= KILLS
