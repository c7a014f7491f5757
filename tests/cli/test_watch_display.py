"""The screen and the pages of a watch that runs: a terminal of its own, Prometheus, a port that is taken."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import socket
import struct
import subprocess
import termios
import urllib.error
import urllib.request
from contextlib import suppress
from fcntl import ioctl
from pathlib import Path
from time import sleep
from typing import IO, Any, cast

import pytest

from nofly.cli import watch_display
from nofly.cli.streams import Unbuffered
from nofly.cli.watch_display import Screen
from nofly.run.outputs.text import width
from tests.cli.live import NOFLY, PATIENCE_S, Feed, configured, until, watching
from tests.run.test_metrics import read

ENTER, LEAVE = "\x1b[?1049h", "\x1b[?1049l"
"""The alternate screen of xterm."""
_STEERING = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Terminal:
    """A pseudo-terminal with a watch in it."""

    def __init__(self, config: Path, columns: int, rows: int, *more: str, full: bool = False) -> None:
        """Begin to watch; a terminal that is ``full`` takes nothing before it is read."""
        self.master, slave = pty.openpty()
        self.size(columns, rows)
        if full:
            os.set_blocking(slave, False)
            with suppress(BlockingIOError):
                while True:
                    os.write(slave, b".")
            os.set_blocking(slave, True)
        # Where somebody exported a size, it would stand above that of the terminal; and standard output is
        # to have a buffer, as it has where nobody said that it shall not.
        others = ("COLUMNS", "LINES", "PYTHONUNBUFFERED")
        known = {name: value for name, value in os.environ.items() if name not in others}
        self.process = subprocess.Popen(
            [*NOFLY, "watch", "--config", str(config), *more],
            stdin=slave, stdout=slave, stderr=subprocess.DEVNULL, start_new_session=True,
            env={**known, "TERM": "xterm-256color", "NO_COLOR": ""},
        )  # fmt: skip
        os.close(slave)
        self.said = ""

    def size(self, columns: int, rows: int) -> None:
        ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def read(self) -> str:
        """Return all that was written so far."""
        while select.select([self.master], [], [], 0.05)[0]:
            try:
                self.said += os.read(self.master, 1 << 16).decode("utf-8", "replace")
            except OSError:  # nobody has it open any more
                break
        return self.said

    def screen(self) -> list[str]:
        """Return the lines that stand on the screen, without colours."""
        last = self.read().split("\x1b[H")[-1]
        return [_STEERING.sub("", line).rstrip() for line in last.replace("\r", "").split("\n")]

    def shows(self, *words: str) -> bool:
        text = "\n".join(self.screen())
        return all(word in text for word in words)

    def close(self) -> int:
        self.process.terminate()
        until(lambda: (self.read(), self.process.poll() is not None)[1], "the end")
        self.read()
        os.close(self.master)
        return self.process.returncode


@pytest.mark.parametrize("columns", [60, 80, 120, 200])
def test_a_screen(tmp_path: Path, columns: int) -> None:
    feed = Feed()
    terminal = Terminal(configured(tmp_path, feed), columns, 30)
    try:
        until(lambda: terminal.shows("NOT MONITORED"), "the banner before the first position")
        feed.fly("icao24:4ca7b3", 13.95, 14.05, callsign="[red]SWR1")
        until(lambda: terminal.shows("INSIDE 1", "4ca7b3", "inside", "roof", "alive"), "who is inside")
        assert not terminal.shows("NOT MONITORED")
        if columns >= 80:
            assert terminal.shows("[RED]SWR1", "FL066")
        lines = terminal.screen()
        assert len(lines) <= 31
        assert max(map(width, lines)) <= columns
        feed.close()
        until(lambda: terminal.shows("failed"), "that the feed is gone")
    finally:
        code = terminal.close()
    assert code == 0
    assert terminal.said.count(ENTER) == terminal.said.count(LEAVE) == 1


def test_a_terminal_that_becomes_narrower(tmp_path: Path) -> None:
    feed = Feed()
    terminal = Terminal(configured(tmp_path, feed), 120, 30)
    try:
        feed.fly("icao24:4ca7b3", 13.95, 14.05)
        until(lambda: terminal.shows("4ca7b3", "LAST HEARD"))
        terminal.size(50, 20)
        until(lambda: terminal.shows("4ca7b3") and max(map(width, terminal.screen())) <= 50)
    finally:
        assert terminal.close() == 0
        feed.close()


def test_a_terminal_that_takes_nothing_holds_up_nothing(tmp_path: Path) -> None:
    feed = Feed()
    config = configured(tmp_path, feed, metrics="127.0.0.1:0")
    terminal = Terminal(config, 200, 60, full=True)
    try:
        for k in range(20):
            feed.fly(f"icao24:4b{k:04x}", 13.98, 14.02)

        # Nobody reads the terminal meanwhile.
        def entered() -> int:
            return records(tmp_path / "state/record.sqlite")

        until(lambda: entered() >= 20, "twenty entries on record")
    finally:
        terminal.process.terminate()
        until(lambda: terminal.process.poll() is not None, "the end")
        os.close(terminal.master)
        feed.close()
    assert terminal.process.returncode == 0


def test_a_screen_is_left_as_it_was_however_slow_the_thread_is_that_draws(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from rich.console import Console

    master, slave = pty.openpty()

    class Slow(Unbuffered):
        def write(self, text: str) -> int:
            sleep(0.05)
            return super().write(text)

        def fileno(self) -> int:
            return slave

    monkeypatch.setattr(watch_display, "_WAIT_S", 0.001)
    monkeypatch.setattr(watch_display, "_MOST_WAITS", 100_000)
    with Screen(Console(file=cast("IO[str]", Slow()), force_terminal=True)):
        pass
    os.close(slave)
    said = b""
    with suppress(OSError):  # nobody has it open any more
        while select.select([master], [], [], 0.0)[0]:
            said += os.read(master, 1 << 16)
    os.close(master)
    assert said.count(ENTER.encode()) == said.count(LEAVE.encode()) == 1


def records(path: Path) -> int:
    """Return how many entries are on record."""
    from nofly.errors import StoreError
    from nofly.store.sqlite import Store

    try:
        with Store(path, read_only=True) as store:
            return sum(record.kind == "entered" for record in store.read())
    except StoreError:
        return 0


@pytest.mark.parametrize("more", [["--plain"], []], ids=["plain", "pipe"])
def test_lines_where_there_is_no_screen(tmp_path: Path, more: list[str]) -> None:
    feed = Feed()
    config = configured(tmp_path, feed)
    watch = subprocess.Popen(
        [*NOFLY, "watch", "--config", str(config), *more], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    try:
        feed.fly("icao24:4ca7b3", 13.95, 14.05)
        assert watch.stdout is not None
        line = b""
        while b"entered" not in line:
            line = watch.stdout.readline()
            assert line
            assert b"\x1b" not in line
        watch.terminate()
        assert watch.wait(PATIENCE_S) == 0
    finally:
        watch.kill()
        watch.communicate()
        feed.close()


def page(port: int, name: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/{name}", timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_metrics_and_health(tmp_path: Path) -> None:
    feed = Feed()
    with watching(configured(tmp_path, feed, metrics="127.0.0.1:0")) as watch:
        assert watch.stderr is not None
        said = None
        while said is None:
            line = watch.stderr.readline()
            assert line
            said = re.search(rb"http://127\.0\.0\.1:(\d+)/metrics", line)
        port = int(said[1])
        until(lambda: "no feed brings positions" in page(port, "healthz")[1], "a reason")
        assert page(port, "healthz")[0] == 503
        feed.fly("icao24:4ca7b3", 13.95, 14.05)

        def told() -> dict[str, Any]:
            return read(page(port, "metrics")[1])

        inside = ("phase", "infringing"), ("credible", "true")
        until(lambda: told().get("nofly_incidents", (0, {}))[1].get(inside) == 1.0, "one inside")
        assert told()["nofly_feed_up"][1] == {(("feed", "roof"),): 1.0}
        assert told()["nofly_reports_total"][1][()] == 11.0
        assert page(port, "healthz") == (200, json.dumps({"ok": True, "reasons": []}) + "\n")
        feed.close()
        until(lambda: page(port, "healthz")[0] == 503, "that the feed is gone")


def test_a_port_that_is_taken_stops_the_start(tmp_path: Path) -> None:
    feed = Feed()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        config = configured(tmp_path, feed, metrics=f"127.0.0.1:{port}")
        ended = subprocess.run(
            [*NOFLY, "watch", "--config", str(config)], capture_output=True, timeout=PATIENCE_S
        )
    feed.close()
    assert ended.returncode == 2
    said = ended.stderr.decode()
    assert f"metrics cannot be served at 127.0.0.1:{port}: Address already in use" in said
    assert "(expected a free one: --metrics HOST:PORT" in said
    assert "--metrics" in ended.stderr.decode()
    assert not (tmp_path / "state").exists()
