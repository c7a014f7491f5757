"""What a watch without a screen says to whoever reads its standard error."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Timer
from time import time_ns
from typing import Any

import pytest

from nofly.cli import main
from nofly.cli.watch_troubles import TroublesTold
from nofly.run.alerting.line import ChannelState
from nofly.run.display.view import View
from tests.cli.live import NOFLY, PATIENCE_S, SQUARE, Feed, configured, until, watching
from tests.feeds.transports.peering import free_port
from tests.run.test_watch_process import plan_in
from tests.run.views import NOW_US, view
from tests.run.watches import bodies, checked, journaled, judged


@pytest.fixture
def feed() -> Iterator[Feed]:
    one = Feed()
    yield one
    one.close()


class Said:
    """The lines on a standard error, as they come."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stderr is not None
        self._process = process
        self._stream, self.lines = process.stderr, list[str]()

    def upto(self, words: str) -> str:
        """Read until a line has such words, and return it."""
        late = Timer(PATIENCE_S, self._process.kill)
        late.start()
        try:
            while True:
                line = self._stream.readline().decode()
                assert line, self.lines
                self.lines.append(line)
                if words in line:
                    return line
        finally:
            late.cancel()


def test_a_feed_whose_clock_is_ahead(tmp_path: Path, feed: Feed) -> None:
    feed.time_us = time_ns() // 1000 + 120_000_000
    with watching(configured(tmp_path, feed), "--plain") as watch:
        feed.fly("icao24:4ca7b3", 13.95, 14.11)
        line = Said(watch).upto("time-ahead")
    assert line.startswith("rejected: roof: its clock is at least 3 min ")
    assert line.endswith(" ahead: reports of the future are left out (× 17) [time-ahead]\n")


def test_history_piped_into_a_watch(tmp_path: Path) -> None:
    (tmp_path / "zones.geojson").write_text(json.dumps(SQUARE))
    row = {"target_id": "icao24:4ca7b3", "lat_deg": 50.0, "lon_deg": 14.1, "alt_std_m": 2000.0}
    history = "".join(json.dumps({**row, "time": f"2022-03-04T12:00:{k:02d}Z"}) + "\n" for k in range(17))
    words = ["--zones", "zones.geojson", "--feed", "jsonl+stdin:", "--state", "state", "--metrics", ""]
    done = subprocess.run(
        [*NOFLY, "watch", "--plain", *words], input=history.encode(), capture_output=True, cwd=tmp_path,
        timeout=PATIENCE_S, check=True,
    )  # fmt: skip
    said = done.stderr.decode().splitlines()
    (line,) = [line for line in said if "time-long-past" in line]
    assert line.startswith("rejected: feed1: reports ")
    assert "recorded traffic, which nofly check and nofly replay take (× 17) [time-long-past]" in line
    assert "feed-silent" in done.stdout.decode()
    assert "its clock is wrong: 17 reports of long ago were left out" in done.stdout.decode()


def told(*views: View) -> list[str]:
    said: list[str] = []
    troubles = TroublesTold(said.append)
    for one in views:
        troubles.take(one)
    return said


def test_what_cannot_be_written_is_said_as_it_begins_and_as_it_is_over() -> None:
    full = view(trouble="record.sqlite: appending failed: disk is full\x1b[2J")
    assert told(view(), full, full, view(now_us=NOW_US + 183_000_000), view()) == [
        "nofly: nothing is judged or recorded: record.sqlite: appending failed: disk is full\\x1b[2J; "
        "what comes waits",
        "nofly: it is judged and recorded again, after 3 min 03 s",
    ]
    assert told(view(archive_trouble="no space left"), view()) == [
        "nofly: positions are not archived: no space left; the journal keeps them",
        "nofly: positions are archived again, after 0 s",
    ]


@contextmanager
def small_disk(place: Path) -> Iterator[None]:
    """Make a disk of 6 MB; where that may not be, skip and say so."""
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(place)]
    try:
        made = subprocess.run(command, capture_output=True, check=False)
        why = made.stderr.decode().strip() if made.returncode else ""
    except FileNotFoundError as error:
        why = str(error)
    if why:
        pytest.skip(f"no small disk can be made, what a watch does on a full one is not tested: {why}")
    try:
        yield
    finally:
        subprocess.run(["umount", str(place)], check=True)


def test_a_disk_that_is_full_for_a_while_is_said_and_nothing_is_lost(tmp_path: Path, feed: Feed) -> None:
    config, state = configured(tmp_path, feed), tmp_path / "state"
    filler = state / "filler"
    with small_disk(state):
        with watching(config, "--plain") as watch:
            said = Said(watch)
            assert watch.stdout is not None
            feed.fly("icao24:4b0001", 13.95, 14.05)
            assert b"entered" in watch.stdout.readline()
            with filler.open("wb", buffering=0) as file, suppress(OSError):
                while True:
                    file.write(bytes(512))
            full = said.upto("nothing is judged or recorded")
            # What comes now waits.
            feed.fly("icao24:4b0001", 14.06, 14.2)
            feed.fly("icao24:4b0002", 13.95, 14.05)
            filler.unlink()
            over = said.upto("judged and recorded again")
            feed.fly("icao24:4b0001", 14.21, 14.5)
            lines = [watch.stdout.readline() for _ in range(5)]
        assert "No space left on device" in full or "disk is full" in full
        assert over.startswith("nofly: it is judged and recorded again, after ")
        assert sum("nothing is judged" in line for line in said.lines) == 1
        told = [[word.decode() for word in line.split()[3:5]] for line in lines]
        assert told[:2] == [["entered", "icao24:4b0002"], ["lost", "icao24:4b0002"]]
        assert sorted(told[2:]) == [
            ["exited", "icao24:4b0001"], ["judged", "icao24:4b0001"], ["judged", "icao24:4b0002"],
        ]  # fmt: skip
        assert len(journaled(state)) == 11 + 15 + 11 + 30
        assert judged(bodies(state)) == checked(plan_in(config).law, journaled(state))
        assert main(["incidents", "verify", "--config", str(config)]) == 0


def test_lines_that_nobody_can_write_down_stop_nothing(tmp_path: Path, feed: Feed) -> None:
    """Standard output is a file on a disk that is full."""
    config = configured(tmp_path, feed)
    with Path("/dev/full").open("wb") as full:
        watch = subprocess.Popen(
            [*NOFLY, "watch", "--config", str(config), "--plain"], stdout=full, stderr=subprocess.PIPE
        )
    try:
        said = Said(watch)
        feed.fly("icao24:4b0001", 13.95, 14.05)
        assert "No space left on device; lines are left out" in said.upto("nofly: standard output")
        feed.fly("icao24:4b0001", 14.06, 14.5)
        until(lambda: "judged" in [body["kind"] for body in bodies(tmp_path / "state")])
        watch.terminate()
        assert watch.wait(PATIENCE_S) == 0
    finally:
        watch.kill()
        _, rest = watch.communicate()
    assert rest == b""


def test_a_channel_that_cannot_tell_is_said_as_it_begins_and_as_it_is_over() -> None:
    def hook(failures: int, error: str | None, told_us: int | None = None) -> View:
        state = ChannelState("hook", "webhook", failures=failures, last_error=error, last_told_us=told_us)
        return view(channels=[state])

    assert told(
        hook(0, None), hook(1, "refused"), hook(2, "refused"), hook(3, "HTTP 502"), hook(0, "HTTP 502", 5),
        hook(0, "HTTP 502", 6), hook(1, "refused"),
    ) == [
        "nofly: alerts to hook (webhook) are not told: refused; they wait, and are tried again",
        "nofly: alerts to hook (webhook) are told again, after 0 s",
        "nofly: alerts to hook (webhook) are not told: refused; they wait, and are tried again",
    ]  # fmt: skip

    def mute(unshown: int, error: str | None) -> View:
        return view(channels=[ChannelState("ha", "mqtt", unshown=unshown, last_error=error)])

    assert told(mute(1, "refused"), mute(2, "timed out"), mute(0, "timed out"), mute(1, "timed out")) == [
        "nofly: alerts to ha (mqtt): how it stands cannot be shown: refused; it is tried again",
        "nofly: alerts to ha (mqtt): how it stands is shown again, after 0 s",
        "nofly: alerts to ha (mqtt): how it stands cannot be shown: timed out; it is tried again",
    ]

    def gone(refused: int, error: str, failures: int = 0) -> View:
        state = ChannelState("hook", "webhook", refused=refused, failures=failures, last_error=error)
        return view(channels=[state])

    given_up = "nofly: alerts to hook (webhook) are not told: HTTP {}; they are given up"
    assert told(gone(1, "HTTP 400"), gone(2, "HTTP 400"), gone(3, "HTTP 404"), gone(0, "HTTP 404")) == [
        given_up.format(400), given_up.format(404),
        "nofly: alerts to hook (webhook) are told again, after 0 s",
    ]  # fmt: skip
    assert told(hook(1, "HTTP 500"), gone(1, "HTTP 302"), gone(1, "HTTP 500", failures=1))[1:] == [
        given_up.format(302)
    ]


def test_a_channel_that_nobody_answers(tmp_path: Path, feed: Feed) -> None:
    hook = '[[alerts]]\nname = "hook"\nkind = "webhook"\nurl = "http://127.0.0.1:{}/{}"\n'
    port = free_port()
    with watching(configured(tmp_path, feed, hook.format(port, "hunter2")), "--plain") as watch:
        feed.fly("icao24:4ca7b3", 13.95, 14.05)
        said = Said(watch)
        assert "are not told" in said.upto("nofly: alerts to hook (webhook)")
        assert "hunter2" not in "".join(said.lines)


def test_a_log_in_a_folder_that_is_not_there_stops_the_start(tmp_path: Path, feed: Feed) -> None:
    log = '[[alerts]]\nname = "log"\nkind = "log"\nfile = "no/folder/log"\n'
    config = configured(tmp_path, feed, log)
    done = subprocess.run(
        [*NOFLY, "watch", "--config", str(config)], capture_output=True, timeout=PATIENCE_S, check=False
    )
    assert done.returncode == 2
    assert f"alert 'log': {tmp_path}/no/folder is no folder" in done.stderr.decode()


def test_an_inhibition_of_a_zone_that_is_not_there(tmp_path: Path, feed: Feed, capsys: Any) -> None:
    nope = '[[inhibitions]]\nwho = "me"\nwhy = "because"\nzone = "NOPE"\n'
    good = '[[inhibitions]]\nwho = "me"\nwhy = "because"\nzone = "Z1"\n'
    config = configured(tmp_path, feed, nope + good)
    with watching(config, "--plain") as watch:
        line = Said(watch).upto("inhibition-without-zone")
        feed.fly("icao24:4ca7b3", 13.95, 14.05)
    assert line.startswith("warning: [[inhibitions]] number 1: no zone NOPE is watched")
    main(["doctor", "--config", str(config), "--format", "json", "--seconds", "0.2"])
    found = json.loads(capsys.readouterr().out)["checks"]
    assert [one for one in found if one["name"] == "inhibition-without-zone" and one["well"] == "warning"]
