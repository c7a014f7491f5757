"""What clients cost: 12,000 aircraft at 1 Hz through ``nofly serve``, with and without 200 that look on; and
what the page costs a browser (:mod:`benchmarks.page`)."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from nofly.web.access.asking import AccessControl
from nofly.web.access.ledger import By
from nofly.web.access.links import HEADER

AIRCRAFT, CLIENTS, ROUNDS = 12_000, 200, 2
WARM_S, MEASURE_S = 8.0, 62.0
"""The watch tells of the ticks of its last minute."""
QUANTILES = {"0.5": "tick ms, median", "0.99": "tick ms, p99", "1": "tick ms, most"}
ZONE = {
    "type": "FeatureCollection",
    "features": [{
        "type": "Feature", "properties": {"id": "Z1", "name": "Z1", "upper": "FL300"},
        "geometry": {"type": "Polygon", "coordinates": [[[8, 47], [9, 47], [9, 48], [8, 48], [8, 47]]]},
    }],
}  # fmt: skip


def measure() -> dict[str, Any]:
    """Return CPU of the server, ticks and frames, alone and looked at, of each of some rounds in turn."""
    told: dict[str, Any] = {"aircraft": AIRCRAFT, "clients": CLIENTS, "alone": [], "looked at": []}
    with tempfile.TemporaryDirectory(prefix="nofly-bench-") as folder:
        for k in range(ROUNDS):
            told["alone"].append(_run(Path(folder, f"alone{k}"), 0))
            told["looked at"].append(_run(Path(folder, f"looked{k}"), CLIENTS))
    return told


@contextmanager
def watched(folder: Path, aircraft: int = AIRCRAFT) -> Iterator[tuple[int, str, str]]:
    """Give process id, address and public link of a ``nofly serve`` that watches so many aircraft."""
    (folder / "zone.geojson").write_text(json.dumps(ZONE))
    link = _link(folder / "state")
    server = socket.create_server(("127.0.0.1", 0))
    feed = multiprocessing.Process(target=_feed, args=(server, aircraft), daemon=True)
    feed.start()
    nofly = subprocess.Popen(
        [sys.executable, "-m", "nofly", "serve", "--zones", str(folder / "zone.geojson"), "--quiet",
         "--feed", f"jsonl+tcp://127.0.0.1:{server.getsockname()[1]}", "--state", str(folder / "state"),
         "--bind", "127.0.0.1:0", "--metrics", ""],
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert nofly.stderr is not None
        yield nofly.pid, _address(nofly.stderr), link
    finally:
        feed.kill()
        nofly.kill()
        nofly.wait()


def _run(folder: Path, clients: int) -> dict[str, Any]:
    folder.mkdir()
    with watched(folder) as (pid, url, link):
        results: multiprocessing.Queue[list[tuple[int, int]]] = multiprocessing.Queue()
        looking = multiprocessing.Process(target=_look, args=(url, link, clients, results), daemon=True)
        if clients:
            looking.start()
        time.sleep(WARM_S)
        cpu_s, begun_s = _cpu_s(pid), time.monotonic()
        time.sleep(MEASURE_S)
        used = 100.0 * (_cpu_s(pid) - cpu_s) / (time.monotonic() - begun_s)
        ticks = _ticks_ms(folder / "state" / "status.json")
        frames = results.get(timeout=60) if clients else []
    return {
        "% of a core": round(used, 1), **ticks,
        "frames a second, least and median": [
            round(min(n for n, _ in frames) / MEASURE_S, 2),
            round(statistics.median(n for n, _ in frames) / MEASURE_S, 2),
        ] if frames else None,
        "MB a second": round(sum(size for _, size in frames) / MEASURE_S / 1e6, 1) if frames else None,
    }  # fmt: skip


def _ticks_ms(status: Path) -> dict[str, float]:
    """Return how long the ticks of the last minute took, as the status tells it."""
    text = json.loads(status.read_text())["metrics"]
    told = re.findall(r'^nofly_tick_seconds\{quantile="([^"]+)"\} (\S+)$', text, re.M)
    return {QUANTILES[quantile]: round(float(seconds) * 1e3, 1) for quantile, seconds in told}


def _address(stream: Any) -> str:
    for line in stream:
        if (found := re.search(r"the map is at (\S+)", line)) is not None:
            return found[1]
    raise RuntimeError("nofly serve has not begun")


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _feed(server: socket.socket, aircraft: int) -> None:
    """Send aircraft once a second, a twentieth of them every 50 ms."""
    peer, _ = server.accept()
    rng = np.random.default_rng(1)
    lat, lon = rng.uniform(40, 55, aircraft), rng.uniform(-5, 20, aircraft)
    parts = np.array_split(np.arange(aircraft), 20)
    heads = [
        f'{{"target_id":"icao24:{k + 0x400000:06x}","callsign":"T{k}","alt_std_m":10000.0,"gs_mps":230.0,'
        f'"track_deg":90.0,"lat_deg":{lat[k]:.6f},'
        for k in range(aircraft)
    ]
    begun_s = time.monotonic()
    for step in range(100_000):
        part = parts[step % 20]
        now_us = time.time_ns() // 1000
        lon[part] += 0.003
        lines = [f'{heads[k]}"lon_deg":{lon[k]:.6f},"time_us":{now_us}}}\n' for k in part.tolist()]
        peer.sendall("".join(lines).encode())
        time.sleep(max(0.0, begun_s + (step + 1) * 0.05 - time.monotonic()))


def _link(state: Path) -> str:
    """Return a public link to a server that is not begun yet."""
    state.mkdir()
    with closing(AccessControl(state, lambda: time.time_ns() // 1000)) as access:
        secret, _ = access.links.make("bench", None, 0.0, By("bench", "bench"))
    return secret


def _look(url: str, link: str, clients: int, results: Any) -> None:
    asyncio.run(_all(url, link, clients, results))


async def _all(url: str, link: str, clients: int, results: Any) -> None:
    from websockets.asyncio.client import connect

    counts = [[0, 0] for _ in range(clients)]
    counting = False

    async def one(k: int) -> None:
        async with connect(
            url.replace("http", "ws", 1) + "api/v1/stream/positions", max_size=None, compression=None,
            additional_headers={HEADER: link},
        ) as socket:  # fmt: skip
            async for message in socket:
                if counting and isinstance(message, bytes):
                    counts[k][0] += 1
                    counts[k][1] += len(message)

    tasks = [asyncio.create_task(one(k)) for k in range(clients)]
    await asyncio.sleep(WARM_S)
    counting = True
    await asyncio.sleep(MEASURE_S)
    results.put([tuple(count) for count in counts])
    for task in tasks:
        task.cancel()


if __name__ == "__main__":
    from benchmarks import page

    sys.stdout.write(json.dumps({**measure(), "page": page.measure()}, indent=1) + "\n")
