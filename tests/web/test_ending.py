"""``nofly demo`` and ``nofly serve`` as whoever starts them has them: an address, a page, and a clean end."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import signal
import subprocess
import sys
import termios
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import pytest

from nofly.run.following.follower import Follower
from nofly.web.access.rights import Role
from nofly.web.app import create_app
from nofly.web.served import Served
from nofly.web.serving import Bind, serving
from tests.cli.live import PATIENCE_S, Feed, configured, until
from tests.web.conftest import As
from tests.web.keys import put_user

NOFLY = "import sys; from nofly.run import demo_live; demo_live.SPEED = {speed}; " \
        "from nofly.cli import main; sys.exit(main())"  # fmt: skip
CTRL_C = b"\x03"


@dataclass
class Started:
    """A process at the head of a group of its own, all that it says, and where its temporary files are."""

    process: subprocess.Popen[bytes]
    temporary: Path
    terminal: int
    """What is written here is typed."""
    said: bytearray = field(default_factory=bytearray)

    def address(self) -> tuple[str, str]:
        """Return the address of the page that it prints, and the link in it."""

        def found() -> re.Match[bytes] | None:
            assert self.process.poll() is None, bytes(self.said)
            return re.search(rb"the map is at (http://[^\s#]+)(?:#link=(\S+))?\s", self.said)

        told = until(found, "an address")
        return told[1].decode(), (told[2] or b"").decode()

    def ended(self) -> int:
        """Return its exit code, once no process of its group is left, and no temporary file."""
        code = self.process.wait(PATIENCE_S)
        with pytest.raises(ProcessLookupError):
            os.killpg(self.process.pid, 0)
        assert [*self.temporary.iterdir()] == []
        return code


@contextmanager
def started(folder: Path, *args: str, terminal: bool = False, speed: float = 1e6) -> Iterator[Started]:
    """Start nofly, on a terminal of its own where that is wanted."""
    ours, theirs = pty.openpty() if terminal else os.pipe()
    temporary = folder / "tmp"
    temporary.mkdir()

    def prepared() -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # whoever runs the tests may have it ignored
        if terminal:
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    process = subprocess.Popen(
        [sys.executable, "-c", NOFLY.format(speed=speed), *args], start_new_session=True, cwd=folder,
        stdin=theirs if terminal else subprocess.DEVNULL, stdout=theirs, stderr=theirs,
        env={**os.environ, "TMPDIR": str(temporary), "PYTHONUNBUFFERED": "1"},
        preexec_fn=prepared,
    )  # fmt: skip
    os.close(theirs)
    it = Started(process, temporary, ours)
    reading = threading.Thread(target=_read, args=(ours, it.said), daemon=True)
    reading.start()
    try:
        yield it
    finally:
        process.kill()
        process.wait()
        reading.join(PATIENCE_S)
        os.close(ours)


def _read(source: int, into: bytearray) -> None:
    while True:
        try:
            found = os.read(source, 65536)
        except OSError:  # of a terminal that nobody has open any more
            return
        if not found:
            return
        into += found


def asked(url: str, path: str, **headers: str) -> IO[bytes]:
    """Return an answer that is open."""
    request = urllib.request.Request(url + path, headers={k.replace("_", "-"): v for k, v in headers.items()})
    found: IO[bytes] = urllib.request.urlopen(request, timeout=PATIENCE_S)
    return found


def test_the_demo_on_a_terminal_is_a_page_until_ctrl_c(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser, opened = tmp_path / "browser", tmp_path / "opened"
    browser.write_text(f'#!/bin/sh\necho "$1" > {opened}\n')
    browser.chmod(0o755)
    monkeypatch.setenv("BROWSER", f"{browser} %s")
    with started(tmp_path, "demo", terminal=True) as demo:
        url, link = demo.address()
        until(lambda: opened.exists() and opened.read_text(), "the page is opened")
        assert opened.read_text().strip() == f"{url}#link={link}"
        with asked(url, "") as page:
            assert b"<html" in page.read()

        def aircraft() -> Any:
            with asked(url, "api/v1/aircraft", X_Nofly_Link=link) as answer:
                return json.load(answer)["aircraft"]

        before = {one["target_id"]: one["time"] for one in until(aircraft, "aircraft of the replay")}
        until(lambda: any(one["time"] != before.get(one["target_id"]) for one in aircraft()), "that it runs")
        assert demo.process.poll() is None
        os.write(demo.terminal, CTRL_C)
        assert demo.ended() == 0, bytes(demo.said)
        assert b"Traceback" not in demo.said
    assert sorted(path.name for path in tmp_path.iterdir()) == ["browser", "nofly-demo", "opened", "tmp"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_the_demo_ends_while_somebody_looks(tmp_path: Path, number: signal.Signals) -> None:
    with started(tmp_path, "demo", "--serve") as demo:
        url, link = demo.address()
        with asked(url, "api/v1/stream/incidents", X_Nofly_Link=link) as stream:
            assert stream.readline()
            demo.process.send_signal(number)
            assert demo.ended() == 0, bytes(demo.said)
        assert b"Traceback" not in demo.said


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
@pytest.mark.parametrize("beside", [False, True], ids=["with its watch", "beside one"])
def test_a_server_ends_while_somebody_looks(tmp_path: Path, number: signal.Signals, beside: bool) -> None:
    feed, state = Feed(), tmp_path / "state"
    config = configured(tmp_path, feed)
    token = put_user(state)
    args = ["serve", "--config", str(config), "--bind", "127.0.0.1:0", *(["--beside"] if beside else [])]
    with started(tmp_path, *args) as server:
        url, _ = server.address()
        with asked(url, "api/v1/stream/incidents", Authorization=f"Bearer {token}") as stream:
            assert stream.readline()
            server.process.send_signal(number)
            assert server.ended() == 0, bytes(server.said)
        assert b"Traceback" not in server.said
    feed.close()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_the_demo_can_be_ended_while_it_replays(tmp_path: Path, number: signal.Signals) -> None:
    with started(tmp_path, "demo", speed=10.0) as demo:
        until(lambda: b"A replay, nothing here is live" in demo.said, "the replay")
        demo.process.send_signal(number)
        assert demo.ended() == 128 + number, bytes(demo.said)
        assert b"Traceback" not in demo.said


def test_a_server_leaves_no_thread(watched: Path) -> None:
    before = {*threading.enumerate()}
    served = Served(Follower(watched), As(Role.VIEWER), lambda: 0)
    with serving(create_app(served), Bind(port=0)) as url, asked(url, "api/v1/stream/incidents") as stream:
        assert stream.readline()
        served.close()
        (web,) = (one for one in threading.enumerate() if one not in before and one.name == "web")
    assert not web.is_alive()
    assert [one.name for one in threading.enumerate() if one not in before and not one.daemon] == []
