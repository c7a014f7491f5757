"""A watch in a process of its own, the feed it listens to, and a site it posts alerts to."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from time import monotonic, sleep, time_ns
from typing import Any

from nofly.cli import main

PATIENCE_S = 300.0
"""Nothing here is a test of time: a process that needs a second of a processor to start may get it late."""
NOFLY = [sys.executable, "-c", "import sys; from nofly.cli import main; sys.exit(main())"]
SQUARE = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "properties": {"id": "Z1", "name": "SQUARE", "restriction": "PROHIBITED", "upper": "FL150"},
            "geometry": {
                "type": "Polygon",
                "coordinates": [[[14.0, 49.9], [14.3, 49.9], [14.3, 50.1], [14.0, 50.1], [14.0, 49.9]]],
            },
        }
    ],
}


def until(done: Callable[[], Any], what: str = "") -> Any:
    """Return the first true answer."""
    end_s = monotonic() + PATIENCE_S
    while monotonic() < end_s:
        found = done()
        if found:
            return found
        sleep(0.02)
    raise AssertionError(f"not in {PATIENCE_S} s: {what}")


class Feed:
    """A TCP server that speaks JSON lines. Flights go east at 50° N, 5 s of their own time a report."""

    def __init__(self) -> None:
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        self.peer: socket.socket | None = None
        self.time_us = time_ns() // 1000 - 600_000_000

    def fly(self, target: str, first_deg: float, last_deg: float, **more: Any) -> None:
        """Send a flight from one longitude to another, at 0.01° a report."""
        if self.peer is None:
            self.server.settimeout(PATIENCE_S)
            self.peer, _ = self.server.accept()
        lines = []
        step_deg = 0.01 if last_deg > first_deg else -0.01
        for k in range(round(abs(last_deg - first_deg) / 0.01) + 1):
            self.time_us += 5_000_000
            row = {"time_us": self.time_us, "target_id": target, "lat_deg": 50.0, "alt_std_m": 2000.0}
            lines.append(json.dumps({**row, "lon_deg": round(first_deg + k * step_deg, 6), **more}))
        self.peer.sendall(("\n".join(lines) + "\n").encode())

    def leave(self) -> None:
        """Let go of whoever is connected: the next one is spoken to."""
        if self.peer is not None:
            self.peer.close()
        self.peer = None

    def close(self) -> None:
        for one in (self.peer, self.server):
            if one is not None:
                one.close()


@contextmanager
def site() -> Iterator[tuple[int, list[dict[str, Any]]]]:
    """Give a port, and what was posted there."""
    posts: list[dict[str, Any]] = []

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            posts.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_address[1], posts
    finally:
        server.shutdown()
        server.server_close()


def configured(folder: Path, feed: Feed, more: str = "", metrics: str = "") -> Path:
    """Write zones and a configuration, and return its path."""
    (folder / "zones.geojson").write_text(json.dumps(SQUARE))
    path = folder / "nofly.toml"
    path.write_text(
        '[check]\nzones = ["zones.geojson"]\n'
        f'[watch]\nstate = "state"\nmetrics = "{metrics}"\ncapture_bytes = 0\ntick_s = 0.05\n'
        f'[[feeds]]\nname = "roof"\nurl = "jsonl+tcp://127.0.0.1:{feed.port}"\n{more}'
    )
    return path


@contextmanager
def watching(config: Path, *more: str, late_us: int = 0) -> Iterator[subprocess.Popen[bytes]]:
    """Run a watch; it is ended with SIGTERM, and must end well.

    Its clock is ``late_us`` behind: what was captured then is heard then.
    """
    env = {**os.environ, "PYTHONUNBUFFERED": "1"}
    python, option, program = NOFLY
    late = f"import time; now = time.time_ns; time.time_ns = lambda: now() - {1000 * late_us}; "
    watch = subprocess.Popen(
        [python, option, late + program, "watch", "--config", str(config), *more],
        env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        yield watch
        watch.terminate()
        assert watch.wait(PATIENCE_S) == 0
    finally:
        watch.kill()
        watch.communicate()


def listed(config: Path, capsys: Any, *more: str) -> list[dict[str, Any]]:
    """Return what ``nofly incidents list`` says."""
    if not (config.parent / "state/record.sqlite").exists():
        return []
    capsys.readouterr()
    assert main(["incidents", "list", "--config", str(config), "--format", "json", *more]) == 0
    rows: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
    return rows
