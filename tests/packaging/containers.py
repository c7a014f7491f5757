"""Root file systems of Debian and containers to run them in, for the tests of what packaging/ builds.

The tools are Debian's: ``apt-get install debootstrap buildah runc``, and root.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from tests.feeds.decoders.mode_s import airborne, squitter
from tests.feeds.decoders.test_beast import encode

ARCHIVE = "http://deb.debian.org/debian"
TRUSTED = Path("/etc/ssl/certs/ca-certificates.crt")
HEALTH = "http://127.0.0.1:9107/healthz"
ZONE = {
    "type": "Feature",
    "properties": {"id": "Z1", "name": "Zone", "restriction": "PROHIBITED"},
    "geometry": {
        "type": "Polygon",
        "coordinates": [[[14.0, 50.0], [14.2, 50.0], [14.2, 50.1], [14.0, 50.1], [14.0, 50.0]]],
    },
}


def need(*tools: str) -> None:
    """Skip the test, saying why, where it cannot be run."""
    lacking = [tool for tool in tools if shutil.which(tool, path=f"{os.environ['PATH']}:/usr/sbin") is None]
    if lacking or os.geteuid() != 0:
        pytest.skip(f"needs root, and {', '.join(lacking or tools)}")


def run(*words: str | Path, **more: Any) -> str:
    """Run a command and return what it wrote; its errors are shown where it fails."""
    done = subprocess.run(
        [*map(str, words)], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, **more
    )
    assert done.returncode == 0, f"{words}: {done.returncode}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout


def debian(root: Path, suite: str, packages: Sequence[str]) -> Path:
    """Make a Debian of some packages that trusts whom this machine trusts."""
    run("/usr/sbin/debootstrap", "--variant=minbase", f"--include={','.join(packages)}", suite, root, ARCHIVE)
    shutil.copyfile(TRUSTED, root / "etc/ssl/certs/ca-certificates.crt")
    (root / "etc/pip.conf").write_text("[global]\ncert = /etc/ssl/certs/ca-certificates.crt\n")
    (root / "usr/bin/python").symlink_to("python3")
    return root


def capabilities() -> list[str]:
    """Return the names of the capabilities that this process can hand on."""
    status = Path("/proc/self/status").read_text()
    bits = next(line.split()[1] for line in status.splitlines() if line.startswith("CapBnd:"))
    names = run("capsh", f"--decode={bits}").strip().partition("=")[2]
    return [name.upper() for name in names.split(",")]


@contextmanager
def container(folder: Path, name: str, change: Callable[[dict[str, Any]], None]) -> Iterator[Container]:
    """Run a container of runc's own specification as ``change`` changes it; it has this machine's network."""
    folder.mkdir()
    run("runc", "spec", cwd=folder)
    at = folder / "config.json"
    spec = json.loads(at.read_text())
    spec["process"]["terminal"] = False
    spec["linux"]["namespaces"] = [n for n in spec["linux"]["namespaces"] if n["type"] != "network"]
    change(spec)
    at.write_text(json.dumps(spec))
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            ["runc", "run", "-b", str(folder), name], stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
        try:
            yield Container(name, folder, process)
        finally:
            subprocess.run(["runc", "delete", "-f", name], check=False, capture_output=True)
            process.wait(30)


class Container:
    """A container that runs."""

    def __init__(self, name: str, folder: Path, process: subprocess.Popen[bytes]) -> None:
        self.name, self._folder, self._process = name, folder, process

    @property
    def log(self) -> str:
        """What it has written."""
        return (self._folder / "log").read_text(errors="replace")

    def does(self, *words: str) -> str:
        """Run a command in it and return what that wrote."""
        return run("runc", "exec", self.name, *words)

    def stops(self, signal: str) -> int:
        """Send a signal to its first process and return what it exits with."""
        run("runc", "kill", self.name, signal)
        return self._process.wait(60)


def bind(inside: str, outside: Path, *, write: bool = False) -> dict[str, Any]:
    """Return the mount of a folder of this machine."""
    options = ["rbind", "rw" if write else "ro"]
    return {"destination": inside, "type": "bind", "source": str(outside), "options": options}


def until(true: Callable[[], bool], what: str, within_s: float = 60.0) -> None:
    """Wait for something; AssertionError with ``what`` where it does not come."""
    end_s = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < end_s, what
        time.sleep(0.2)


def healthy() -> bool:
    """Return whether the watch says of itself that it is well."""
    try:
        with urlopen(HEALTH, timeout=4) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def declare(folder: Path) -> Path:
    """Write the zone into a new folder."""
    folder.mkdir()
    (folder / "zone.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [ZONE]}))
    return folder


def configure(root: Path, port: int) -> None:
    """Write /zones, and /etc/nofly with a configuration whose one feed is at a port, below a root."""
    declare(root / "zones")
    etc = root / "etc/nofly"
    etc.mkdir(parents=True, exist_ok=True)
    (etc / "nofly.toml").write_text(
        f'[check]\nzones = ["/zones/*"]\n[[feeds]]\nname = "one"\nurl = "jsonl+tcp://127.0.0.1:{port}"\n'
    )


def as_json(lat_deg: float, lon_deg: float) -> bytes:
    """Return a report as a line of JSON."""
    time_us = time.time_ns() // 1000
    report = {"time_us": time_us, "icao24": "4b1804", "lat_deg": lat_deg, "lon_deg": lon_deg}
    return f"{json.dumps(report)}\n".encode()


def as_beast(lat_deg: float, lon_deg: float) -> bytes:
    """Return a report as a receiver's two frames of Mode S."""
    return b"".join(encode(3, 0, 100, squitter(airborne(lat_deg, lon_deg, odd))) for odd in (False, True))


@contextmanager
def flight(
    say: Callable[[float, float], bytes] = as_json, at: tuple[str, int] = ("127.0.0.1", 0)
) -> Iterator[int]:
    """Serve the reports of an aircraft that enters the zone and leaves it again and again; yield the port.

    One peer at a time is spoken to.
    """
    server = socket.create_server(at)
    over = threading.Event()

    def serve() -> None:
        while not over.is_set():
            try:
                peer, _ = server.accept()
                while not over.is_set():
                    peer.sendall(say(50.05, _lon_deg()))
                    over.wait(0.5)
            except OSError:
                continue

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield server.getsockname()[1]
    finally:
        over.set()
        server.close()
        thread.join(5)


def _lon_deg() -> float:
    # 20 s at 143 m/s across the western edge of the zone; then the same way back.
    return 13.99 + 0.04 * abs(time.time() % 40.0 - 20.0) / 20.0
