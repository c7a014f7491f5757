"""`nofly serve` in a process of its own, as whoever opens the page has it."""

from __future__ import annotations

import gzip
import json
import re
import socket
import subprocess
import urllib.error
import urllib.request
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

from nofly.run.demo import demo_files
from tests.cli.live import NOFLY, PATIENCE_S, SQUARE, until

HOSTILE_ZONE = '<img src=x onerror="document.title=1">'
HOSTILE_CALLSIGN = "<I>X</I>"
PASSWORD = "a password of the tests alone"
NOON_MS = 1_533_124_800_000
"""1 August 2018, 12:00 UTC: when the demo over Switzerland begins."""


class Server:
    """A watch with its page. It can be ended and begun again on the same state and port."""

    def __init__(self, folder: Path, zones: Path, feed: str, config: str = "") -> None:
        """``config`` is what stands in its nofly.toml."""
        self.folder, self.zones, self.feed, self.config = folder, zones, feed, config
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.process: subprocess.Popen[bytes] | None = None
        self.cookies = CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def begin(self) -> None:
        command = [
            "serve", "--zones", str(self.zones), "--feed", self.feed, "--state", str(self.folder / "state"),
            "--bind", f"127.0.0.1:{self.port}", "--metrics", "", "--quiet",
        ]  # fmt: skip
        if self.config:
            toml = self.folder / "nofly.toml"
            toml.write_text(self.config)
            command += ["--config", str(toml)]
        log = (self.folder / "serve.log").open("ab")
        with log:
            self.process = subprocess.Popen([*NOFLY, *command], stdout=log, stderr=log)
        until(self.ready, "the page is served")

    def ready(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, (self.folder / "serve.log").read_text()
        try:
            with self.opener.open(f"{self.url}healthz", timeout=PATIENCE_S):
                return True
        except OSError:
            return False

    def first_password(self) -> str:
        """Return the password that the first start prints."""
        log = self.folder / "serve.log"
        found = until(
            lambda: re.search(r"log in as admin with the password (\S+)", log.read_text()), "a password"
        )
        return str(found[1])

    def log_in(self) -> None:
        """Log in as the administrator of the first start, who chooses a password of his own."""
        first = self.first_password()
        known = self.asked("/api/v1/session", {"name": "admin", "password": first})
        self.asked("/api/v1/session/password", {"current": first, "new": PASSWORD}, known["csrf"])

    def asked(self, path: str, body: Any = None, csrf: str = "") -> Any:
        """Return what the API answers to whoever logged in."""
        request = urllib.request.Request(self.url.rstrip("/") + path)
        if body is not None:
            request.data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
            request.add_header("X-CSRF-Token", csrf)
        with self.opener.open(request, timeout=PATIENCE_S) as answer:
            return json.load(answer)

    def as_logged_in(self) -> list[dict[str, Any]]:
        """Return the cookies of who logged in, as Playwright takes them."""
        return [{"name": one.name, "value": one.value, "url": self.url} for one in self.cookies]

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
