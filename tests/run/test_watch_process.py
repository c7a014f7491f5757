"""What a running watch is told by signals, and what it outlives: as a process, with feeds on real sockets."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from subprocess import Popen
from typing import Any

import numpy as np
import pytest

from nofly.cli import main
from nofly.cli.watch import parser, planned
from nofly.run.watch_plan import WatchPlan
from nofly.store.capture_reading import CaptureReader, feed_folders
from nofly.store.outbox import alert_key
from nofly.store.sqlite import Store
from tests.cli.live import SQUARE, Feed, configured, until, watching
from tests.feeds.decoders import test_asterix as asterix
from tests.feeds.transports.peering import free_port
from tests.run.test_watch_killed import KilledError
from tests.run.watches import checked, journaled, judged

WIDE = [[[14.0, 49.9], [14.35, 49.9], [14.35, 50.1], [14.0, 50.1], [14.0, 49.9]]]


@pytest.fixture
def feed() -> Iterator[Feed]:
    one = Feed()
    yield one
    one.close()


def plan_in(config: Path) -> WatchPlan:
    """Return what a configuration says is watched, as its files are now."""
    return planned(parser().parse_args(["--config", str(config)]))[0]


def recorded(state: Path) -> list[dict[str, Any]]:
    """Return what is on record so far, in order."""
    if not (state / "record.sqlite").exists():
        return []
    with Store(state / "record.sqlite") as store:
        return [stored.content for stored in store.read()]


def verified(config: Path) -> bool:
    return main(["incidents", "verify", "--config", str(config)]) == 0


def test_sighup_changes_the_zones_and_misses_no_report(tmp_path: Path, feed: Feed) -> None:
    """Reports come all the time, and somebody is inside, as the file on the disk becomes another."""
    config, state = configured(tmp_path, feed), tmp_path / "state"
    before, sent = plan_in(config).law, 0
    feed.time_us -= 20 * 3600 * 1_000_000
    with watching(config, "--quiet") as process:

        def fly() -> None:
            """One goes to and fro inside, one comes in and leaves."""
            nonlocal sent
            for leg in ((14.1, 14.2), (14.2, 14.1)):
                feed.fly("icao24:4b0001", *leg)
                feed.fly("icao24:4b0002", 13.95 + leg[0] - 14.1, 14.05 - leg[0] + 14.1)
                sent += 22
            time.sleep(0.005)

        def turned() -> bool:
            fly()
            return {body["kind"] for body in recorded(state) if body.get("cause") == "zone-changed"} >= {
                "entered", "exited",
            }  # fmt: skip

        until(lambda: fly() or len(recorded(state)) > 5)
        changed = json.loads(json.dumps(SQUARE))
        changed["features"][0]["geometry"]["coordinates"] = WIDE
        (tmp_path / "next").write_text(json.dumps(changed))
        (tmp_path / "next").replace(tmp_path / "zones.geojson")
        process.send_signal(signal.SIGHUP)
        until(turned)
        for _ in range(20):
            fly()
        feed.fly("icao24:4bffff", 15.0, 15.5)
        until(lambda: len(journaled(state)) == sent + 51)
    after, found = plan_in(config).law, recorded(state)
    assert verified(config)
    # Whoever was inside as the law changed has left the one and entered the other at one instant.
    by_law = [body for body in found if body.get("cause") == "zone-changed"]
    (at_us,) = {body["time_us"] for body in by_law}
    assert {(body["kind"], body["zone_hash"]) for body in by_law} >= {
        ("exited", before[0].zone_hash), ("entered", after[0].zone_hash),
    }  # fmt: skip
    law = [replace(before[0], valid_to_us=at_us), replace(after[0], valid_from_us=at_us)]
    names = ("target_id", "entry_time", "exit_time", "cause", "exit_cause", "depth_m", "reports")
    reports = journaled(state)
    over = [row for row in checked(law, reports) if row["exit_cause"] != "data-lost"]
    again = [[row[name] for name in names] for row in judged(found) if row["exit_cause"] != "data-lost"]
    assert sorted(again, key=repr) == sorted([[row[name] for name in names] for row in over], key=repr)
    assert len(reports) == sent + 51


def test_a_sighup_that_comes_as_the_watch_begins_does_not_end_it(tmp_path: Path, feed: Feed) -> None:
    """The configuration is a pipe: while it is read the watch is about to begin."""
    config, state = configured(tmp_path, feed), tmp_path / "state"
    text = config.read_text()
    config.unlink()
    os.mkfifo(config)
    with watching(config, "--quiet") as process:
        with config.open("w") as pipe:
            process.send_signal(signal.SIGHUP)
            time.sleep(0.5)
            assert process.poll() is None
            pipe.write(text)
        until(lambda: (state / "record.sqlite").exists())
        feed.fly("icao24:4b0001", 13.9, 14.1)
        until(lambda: recorded(state))
    assert [body["kind"] for body in recorded(state)] == ["entered"]


def test_sigterm_gives_up_nothing_that_was_received(tmp_path: Path, feed: Feed) -> None:
    """A tick is a minute away: what came is in memory as the signal comes."""
    more = f'lateness_s = 0\n[[alerts]]\nname = "log"\nkind = "log"\nfile = "{tmp_path}/told"\n'
    config, state = configured(tmp_path, feed, more), tmp_path / "state"
    text = config.read_text().replace("tick_s = 0.05", "tick_s = 60").replace("capture_bytes = 0\n", "")
    config.write_text(text)
    with watching(config, "--quiet"):
        feed.fly("icao24:4b0001", 13.9, 14.1)
        assert feed.peer is not None
        until(lambda: all_read(feed.peer))
        assert not recorded(state)
    found = recorded(state)
    assert len(journaled(state)) == 21
    assert [body["kind"] for body in found] == ["entered"]
    assert "4b0001 entered Z1" in (tmp_path / "told").read_text()
    captured = b"".join(
        piece.data for folder in feed_folders(state / "capture") for piece in CaptureReader(folder)
    )
    assert captured.count(b"\n") == 21
    # The next process goes on from there.
    feed.leave()
    config.write_text(text.replace("tick_s = 60", "tick_s = 0.05"))
    with watching(config, "--quiet"):
        feed.fly("icao24:4b0001", 14.11, 14.5)
        until(lambda: judged(recorded(state)))
    assert verified(config)
    assert judged(recorded(state)) == checked(plan_in(config).law, journaled(state))
    assert [body["kind"] for body in recorded(state)] == ["entered", "exited", "judged"]


def all_read(peer: socket.socket | None) -> bool:
    """Return whether whoever is connected has read all that was sent."""
    assert peer is not None
    mine, theirs = (f":{one[1]:04X}" for one in (peer.getsockname(), peer.getpeername()))
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    queued = {
        (row[1][-5:], row[2][-5:]): row[4].split(":")
        for row in rows
        if {row[1][-5:], row[2][-5:]} == {mine, theirs}
    }
    return int(queued[mine, theirs][0], 16) == 0 and int(queued[theirs, mine][1], 16) == 0


@contextmanager
def answering(port: int, code: int) -> Iterator[tuple[int, list[str]]]:
    """Answer everything with a code; give the port, and the idempotency keys of what was posted."""
    keys: list[str] = []

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            keys.append(self.headers["Idempotency-Key"])
            self.send_response(code)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_address[1], keys
    finally:
        server.shutdown()
        server.server_close()


def test_what_a_receiver_that_was_down_missed_the_next_process_tells_once(tmp_path: Path, feed: Feed) -> None:
    with answering(0, 503) as (port, tried):
        more = (
            f'lateness_s = 0\n[[alerts]]\nname = "hook"\nkind = "webhook"\nurl = "http://127.0.0.1:{port}/"\n'
        )
        config, state = configured(tmp_path, feed, more), tmp_path / "state"
        with suppress(KilledError), watching(config, "--quiet") as process:
            feed.fly("icao24:4b0001", 13.9, 14.5)
            until(lambda: len(set(tried)) >= 2)
            process.kill()
            process.wait()
            raise KilledError
    (entered, exited) = (
        alert_key(stored.hash, "hook")
        for stored in stored_in(state)
        if stored.content["kind"] in ("entered", "exited")
    )
    assert {entered, exited} <= {*tried}
    feed.leave()
    with answering(port, 204) as (_, keys), watching(config, "--quiet"):
        until(lambda: {entered, exited} <= {*keys})
        with Store(state / "record.sqlite") as store:
            until(lambda: not left(store))
    assert Counter(keys) == {entered: 1, exited: 1}
    with Store(state / "record.sqlite") as store:
        backlog = store.outbox.backlog("hook")
        assert (backlog.delivered, backlog.given_up) == (2, 0)
    assert verified(config)


def stored_in(state: Path) -> list[Any]:
    with Store(state / "record.sqlite") as store:
        return [*store.read()]


def left(store: Store) -> int:
    found = store.outbox.backlog("hook")
    return found.waiting + found.claimed


FLOOD_BYTES, ROOM_BYTES = 200 << 20, 48 << 20


@pytest.mark.thorough
def test_a_flood_of_garbage_takes_no_memory(tmp_path: Path, feed: Feed) -> None:
    """A good feed beside one that pours as fast as it is read; what is held is a small part of what came."""
    flood = np.random.default_rng(5).integers(0, 256, 1 << 20, np.uint8).tobytes()
    bad = socket.create_server(("127.0.0.1", 0))
    bad.settimeout(60.0)
    port = bad.getsockname()[1]
    config = configured(tmp_path, feed, f'[[feeds]]\nname = "bad"\nurl = "beast+tcp://127.0.0.1:{port}"\n')
    state = tmp_path / "state"
    with watching(config, "--quiet") as process, bad:
        feed.fly("icao24:4b0001", 13.9, 14.5)
        pouring, _ = bad.accept()
        with pouring:
            pouring.settimeout(60.0)
            pouring.sendall(flood * 4)
            feed.fly("icao24:4b0002", 13.9, 14.5)
            until(lambda: len(journaled(state)) >= 122)
            before_bytes = most_resident_bytes(process)
            for _ in range(FLOOD_BYTES >> 20):
                pouring.sendall(flood)
            feed.fly("icao24:4b0003", 13.9, 14.5)
            until(lambda: "icao24:4b0003" in journaled(state).target.values)
            after_bytes = most_resident_bytes(process)
    assert after_bytes - before_bytes < ROOM_BYTES


def most_resident_bytes(process: Popen[bytes]) -> int:
    """Return the most memory that a process has held so far."""
    lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))


EDITION = (0, 26)


@pytest.mark.parametrize("declared", ["0.26", "2.7"])
def test_radars_of_another_edition_are_refused(
    declared: str, tmp_path: Path, feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Datagrams of ASTERIX category 021, edition 0.26, over UDP: read as they are, or not at all."""
    monkeypatch.setattr(asterix, "T0", time.time() // 1.0 - 10.0)
    datagrams = asterix.records_of(21, EDITION, 60)
    port, pages = free_port(socket.SOCK_DGRAM), free_port(socket.SOCK_STREAM)
    radar = f'[[feeds]]\nname = "radar"\nurl = "asterix+udp://127.0.0.1:{port}"\ncat021 = "{declared}"\n'
    config = configured(tmp_path, feed, radar, metrics=f"127.0.0.1:{pages}")
    found = dict[str, float]()

    def told() -> dict[str, float]:
        """Return how many records of the radar were rejected, by reason, and positions."""
        found.clear()
        with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{pages}/metrics") as answer:
            for line in answer.read().decode().splitlines():
                if 'feed="radar"' in line and line.startswith(
                    ("nofly_feed_rejected", "nofly_feed_positions_t")
                ):
                    name, _, number = line.rpartition(" ")
                    found["".join(re.findall(r'reason="(.*?)"', name))] = float(number)
        return found

    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with watching(config) as process, udp as sending:
        feed.fly("icao24:4b0001", 13.9, 14.5)
        until(told)
        for datagram in datagrams:
            sending.sendto(datagram, ("127.0.0.1", port))
        until(lambda: sum(told().values()) >= len(datagrams) - 1)
        until(lambda: len(journaled(tmp_path / "state")) >= 61 + (60 if declared == "0.26" else 0))
        process.terminate()
        _, said = process.communicate(timeout=60.0)
    reports = journaled(tmp_path / "state")
    theirs = len(reports) - 61
    if declared == "0.26":
        assert (theirs, found) == (60, {"": 60.0})
        assert b"refused" not in said
    else:
        assert (theirs, found[""]) == (0, 0.0)
        assert sum(found.values()) == 60
        assert b"[edition-refused]" in said
    assert verified(config)
