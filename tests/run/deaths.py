"""`nofly watch` as a process that is killed again and again, between a feeder and a web server that live."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.house.tree import SOURCE

PATIENCE_S = 300.0
STEP_S = 5.0
"""Time of events between two reports of an aircraft."""
AIRCRAFT = 12
ZONES = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "properties": {"id": f"Z{k}", "name": f"ZONE {k}"},
            "geometry": {
                "type": "Polygon",
                "coordinates": [[[w, 49.95], [w + 0.1, 49.95], [w + 0.1, 50.05], [w, 50.05], [w, 49.95]]],
            },
        }
        for k, w in enumerate((13.9, 14.2))
    ],
}

# A copy of this process for every line read: it is killed, this one is not.
FORKER = """
import asyncio, os, sys
import nofly.cli.watch, nofly.run.watch, nofly.run.watch_plan, nofly.feeds.decoders.jsonl
import nofly.feeds.transports.tcp, nofly.alerts.webhook, nofly.alerts.log
from nofly.cli import main

for _ in sys.stdin:
    child = os.fork()
    if not child:
        os.close(0)
        os._exit(main(["watch", "--config", sys.argv[1], "--quiet"]))
    os.write(1, b"%d\\n" % child)
    os.write(1, b"%d\\n" % os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


class Feeder:
    """Sends reports of aircraft that fly to and fro through the zones to whoever is connected, two feeds by
    turns; what it sends while nobody is, or to a process that is killed, nobody receives."""

    def __init__(self) -> None:
        self._servers = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
        self.ports = [server.getsockname()[1] for server in self._servers]
        self._sockets: list[socket.socket | None] = [None, None]
        self._begun_us = time.time_ns() // 1000 - 20 * 3600 * 1_000_000
        self._outside = False
        self._end = False
        self.step = 0
        self._threads = [threading.Thread(target=self._accept, args=(k,), daemon=True) for k in range(2)]
        self._threads.append(threading.Thread(target=self._send, daemon=True))
        for thread in self._threads:
            thread.start()

    def land(self, steps: int) -> None:
        """Send everybody outside from now on, and return when so many more steps were sent and received."""
        self._outside = True
        goal = self.step + steps
        until = time.monotonic() + PATIENCE_S
        while self.step < goal:
            assert time.monotonic() < until
            time.sleep(0.01)

    def close(self) -> None:
        self._end = True
        for server in self._servers:
            server.close()
        self._threads[-1].join()

    def _accept(self, number: int) -> None:
        with contextlib.suppress(OSError):
            while True:
                self._sockets[number], _ = self._servers[number].accept()

    def _send(self) -> None:
        while not self._end and None in self._sockets:
            time.sleep(0.001)
        while not self._end:
            lines: list[bytearray] = [bytearray(), bytearray()]
            for aircraft in range(AIRCRAFT):
                lines[(aircraft + self.step) % 2] += self._line(aircraft)
            for number, data in enumerate(lines):
                held = self._sockets[number]
                if held is not None:
                    try:
                        held.sendall(data)
                    except OSError:
                        self._sockets[number] = None
            self.step += 1
            time.sleep(0.01)

    def _line(self, aircraft: int) -> bytes:
        seconds = self.step * STEP_S
        along = (seconds * 0.002 + aircraft * 0.037) % 1.2
        lon = 20.0 + along if self._outside else 13.8 + min(along, 1.2 - along)
        report = {
            "time_us": self._begun_us + round(seconds * 1e6) + aircraft, "icao24": f"4b{aircraft:04x}",
            "lat_deg": 50.0, "lon_deg": round(lon, 6), "alt_std_m": 1000, "callsign": f"N{aircraft}",
        }  # fmt: skip
        return json.dumps(report).encode() + b"\n"


class Hook:
    """A web server that keeps what is posted to it, by idempotency key."""

    def __init__(self) -> None:
        self.posts: dict[str, list[bytes]] = defaultdict(list)
        posts = self.posts

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                posts[self.headers["Idempotency-Key"]].append(body)
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def peers() -> Iterator[tuple[Feeder, Hook]]:
    feeder, hook = Feeder(), Hook()
    try:
        yield feeder, hook
    finally:
        feeder.close()
        hook.close()


def configured(folder: Path, feeder: Feeder, hook: Hook) -> Path:
    (folder / "zones.geojson").write_text(json.dumps(ZONES))
    path = folder / "nofly.toml"
    path.write_text(f"""
[check]
zones = ["zones.geojson"]
[watch]
state = "state"
tick_s = 0.02
# Between the feeds there are milliseconds, in which minutes of events pass.
hold_s = 600
snapshot_s = 0.2
metrics = ""
capture_bytes = 1000000
[[feeds]]
name = "one"
url = "jsonl+tcp://127.0.0.1:{feeder.ports[0]}"
lateness_s = 10
[[feeds]]
name = "two"
url = "jsonl+tcp://127.0.0.1:{feeder.ports[1]}"
lateness_s = 10
[[alerts]]
name = "hook"
kind = "webhook"
url = "http://127.0.0.1:{hook.port}/"
per_minute = 0
burst = 10000
[[alerts]]
name = "log"
kind = "log"
file = "{folder}/alerts.log"
format = "json"
""")
    return path


class Forker:
    """Starts one watch after the other."""

    def __init__(self, config: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", FORKER, str(config)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=(config.parent / "errors").open("wb"), text=True,
            env={**os.environ, "PYTHONPATH": str(SOURCE)},
        )  # fmt: skip

    def start(self) -> int:
        """Return the process id of a watch that begins now."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return int(self._read())

    def ended(self, pid: int, number: int) -> int:
        """Send a signal, and return the exit code."""
        os.kill(pid, number)
        return int(self._read())

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(PATIENCE_S)

    def _read(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()


def killed(config: Path, kills: int, seed: int, longest_s: float) -> Iterator[int]:
    """Run a watch and kill it so many times; then yield a last one, and end it with SIGTERM."""
    chance, errors = random.Random(seed), config.parent / "errors"
    forker = Forker(config)
    try:
        for _ in range(kills):
            pid = forker.start()
            time.sleep(chance.uniform(0.0, longest_s))
            assert forker.ended(pid, signal.SIGKILL) == -signal.SIGKILL, errors.read_text()
        pid = forker.start()
        yield pid
        assert forker.ended(pid, signal.SIGTERM) == 0, errors.read_text()
    finally:
        forker.close()
