"""`nofly serve` in a process of its own, as whoever opens the page has it."""

from __future__ import annotations

import gzip
import json
import socket
import subprocess
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from nofly.run.demo import demo_files
from tests.cli.live import NOFLY, PATIENCE_S, SQUARE, until

HOSTILE_ZONE = '<img src=x onerror="document.title=1">'
HOSTILE_CALLSIGN = "<I>X</I>"
NOON_MS = 1_533_124_800_000
"""1 August 2018, 12:00 UTC: when the demo over Switzerland begins."""


class Server:
    """A watch with its page. It can be ended and begun again on the same state and port."""

    def __init__(self, folder: Path, zones: Path, feed: str) -> None:
        self.folder, self.zones, self.feed = folder, zones, feed
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def begin(self) -> None:
        command = [
            "serve", "--zones", str(self.zones), "--feed", self.feed, "--state", str(self.folder / "state"),
            "--bind", f"127.0.0.1:{self.port}", "--metrics", "", "--quiet",
        ]  # fmt: skip
        log = (self.folder / "serve.log").open("ab")
        with log:
            self.process = subprocess.Popen([*NOFLY, *command], stdout=log, stderr=log)
        until(self.ready, "the page is served")

    def ready(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, (self.folder / "serve.log").read_text()
        try:
            return bool(self.asked("status")["zones"])
        except (urllib.error.URLError, OSError):
            return False

    def asked(self, path: str) -> Any:
        with urllib.request.urlopen(f"{self.url}api/v1/{path}", timeout=PATIENCE_S) as answer:
            return json.load(answer)

    def end(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(PATIENCE_S)
            self.process = None


def square(folder: Path) -> Path:
    """Write a zone of a hostile name, between 14.0° and 14.3° E at 50° N."""
    (zone,) = SQUARE["features"]
    properties = {**zone["properties"], "name": HOSTILE_ZONE}  # type: ignore[dict-item]
    path = folder / "square.geojson"
    path.write_text(json.dumps({**SQUARE, "features": [{**zone, "properties": properties}]}))
    return path


def demo(folder: Path, first_s: int) -> tuple[Path, Path]:
    """Write the demo's zones, and of its flights over Switzerland what is later than so many seconds after
    12:00 UTC. The closure begins at 12:10."""
    with demo_files() as (zones, tracks):
        shown = folder / "zones.geojson"
        shown.write_bytes(gzip.decompress(zones.read_bytes()))
        reports = json.loads(gzip.decompress(tracks[1].read_bytes()))
    later = folder / "flights.json"
    later.write_text(json.dumps([one for one in reports if one["timestamp"] >= NOON_MS + first_s * 1000]))
    return shown, later
