"""``nofly serve`` as a process: a watch with its page, a page beside one, streams, what is refused."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import socket
import subprocess
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import Queue
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from nofly.cli import main
from nofly.web.serving import Bind, listener
from tests.cli.live import NOFLY, PATIENCE_S, Feed, configured, until, watching
from tests.web.access.doors import WHO
from tests.web.keys import put_user
from tests.web.test_frames import read


@dataclass
class Server:
    """A process that serves, and what it has said."""

    process: subprocess.Popen[str]
    said: list[str]
    url: str
    token: str

    def asked(self, path: str, body: Any = None, token: str | None = None) -> tuple[int, Any]:
        """Return status and JSON of an answer."""
        headers = {"Authorization": f"Bearer {token or self.token}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}api/v1/{path}", data, headers)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    @contextmanager
    def events(self, last: int) -> Iterator[Callable[[], dict[str, Any]]]:
        """Give what returns the next event after a record."""
        headers = {"Authorization": f"Bearer {self.token}", "Last-Event-ID": str(last)}
        request = urllib.request.Request(f"{self.url}api/v1/stream/incidents", headers=headers)
        found: Queue[dict[str, Any]] = Queue()
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as stream:
            threading.Thread(target=_read, args=(stream, found), daemon=True).start()
            yield lambda: found.get(timeout=PATIENCE_S)


def _read(stream: Any, found: Queue[dict[str, Any]]) -> None:
    event: dict[str, Any] = {}
    try:
        for line in stream:
            name, _, value = line.decode().rstrip("\n").partition(": ")
            if name:
                event[name] = value
            elif event:
                if "data" in event:
                    found.put({**event, "data": json.loads(event["data"])})
                event = {}
    except (OSError, ValueError, AttributeError):  # the answer was closed while it was read
        pass


@contextmanager
def serving(state: Path, *args: str, token: str | None = None) -> Iterator[Server]:
    """Run ``nofly serve``; it is ended with SIGTERM, and must end well."""
    secret = token or put_user(state)
    process = subprocess.Popen(
        [*NOFLY, "serve", "--bind", "127.0.0.1:0", *args],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    said: list[str] = []
    assert process.stderr is not None
    threading.Thread(target=said.extend, args=(process.stderr,), daemon=True).start()

    def address() -> str | None:
        assert process.poll() is None, said
        return next((m[1] for line in said if (m := re.search(r"the map is at (\S+)", line))), None)

    try:
        yield Server(process, said, until(address, "the map is served"), secret)
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_S) == 0, said
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def feed() -> Iterator[Feed]:
    found = Feed()
    yield found
    found.close()


def test_an_entry_is_told_to_whoever_listens_and_none_is_missed(tmp_path: Path, feed: Feed) -> None:
    config = configured(tmp_path, feed)
    with serving(tmp_path / "state", "--config", str(config), "--quiet") as server:
        with server.events(0) as following:
            feed.fly("icao24:4b1802", 13.95, 14.4, callsign="SWR123")
            kinds: list[str] = []
            while "exited" not in kinds:
                event = following()
                if event["event"] == "record":
                    kinds.append(event["data"]["kind"])
                    last = int(event["id"])
        assert kinds.index("entered") < kinds.index("exited")
        with server.events(last - 2) as again:
            found = [event for event in (again(), again(), again()) if event["event"] == "record"]
        assert [int(event["id"]) for event in found[:2]] == [last - 1, last]
        status, answer = server.asked("incidents")
        assert (status, len(answer["incidents"])) == (200, 1)
        name = answer["incidents"][0]["id"]
        status, done = server.asked(f"incidents/{name}/statements", {"verb": "acknowledge", "why": "seen"})
        assert status == 201, done
        assert main(["incidents", "verify", "--config", str(config)]) == 0


def test_positions_come_as_frames_of_what_is_looked_at(tmp_path: Path, feed: Feed) -> None:
    config = configured(tmp_path, feed)

    async def looked(server: Server) -> None:
        where = server.url.replace("http", "ws", 1) + "api/v1/stream/positions"
        with pytest.raises(InvalidStatus):
            await connect(where)
        async with connect(where, additional_headers={"Authorization": f"Bearer {server.token}"}) as socket:
            names: dict[str, Any] = {}
            rows: list[Any] = []
            while len(rows) < 2:
                message = await asyncio.wait_for(socket.recv(), PATIENCE_S)
                if isinstance(message, str):
                    names |= json.loads(message)["names"]
                else:
                    rows = read(message)[1]
            assert {names[str(row[0])][0] for row in rows} == {"icao24:4b1802", "icao24:4b1803"}
            await socket.send(json.dumps({"box": [49.0, 13.0, 51.0, 14.2]}))
            while len(rows) != 1:
                message = await asyncio.wait_for(socket.recv(), PATIENCE_S)
                rows = rows if isinstance(message, str) else read(message)[1]
            assert names[str(rows[0][0])][0] == "icao24:4b1802"
            await socket.send("{}" + " " * 1000)
            await asyncio.wait_for(socket.wait_closed(), PATIENCE_S)
            assert socket.close_code in (1008, 1009)

    with serving(tmp_path / "state", "--config", str(config), "--quiet") as server:
        feed.fly("icao24:4b1802", 13.0, 13.1)
        feed.fly("icao24:4b1803", 15.0, 15.1)
        asyncio.run(looked(server))


@pytest.mark.thorough
def test_beside_a_watch_the_same_is_shown(tmp_path: Path, feed: Feed) -> None:
    config = configured(tmp_path, feed)
    secret = put_user(tmp_path / "state")
    with watching(config, "--quiet"), serving(
        tmp_path / "state", "--beside", "--config", str(config), token=secret
    ) as server:  # fmt: skip
        feed.fly("icao24:4b1802", 13.95, 14.4)
        until(lambda: server.asked("incidents")[1]["incidents"], "the incident")
        until(lambda: server.asked("status")[1]["monitored"], "monitored")
        assert server.asked("zones")[1]["features"][0]["properties"]["id"] == "Z1"
    with serving(tmp_path / "state", "--beside", "--config", str(config), token=secret) as server:
        status = until(lambda: server.asked("status")[1], "an answer")
        assert status["watching"] is False
        assert any("ended" in reason for reason in status["reasons"])


def test_the_first_start_prints_a_password_once(tmp_path: Path, feed: Feed) -> None:
    config = configured(tmp_path, feed)
    with serving(tmp_path / "state", "--config", str(config), token="none") as server:
        until(lambda: any("admin" in line for line in server.said), "the password")
        (line,) = [line for line in server.said if "admin" in line]
        password = re.search(r"password (\S+)", line)
        assert password is not None
        status, refused = server.asked("status")
        assert status == 401
        until(lambda: any(refused["error"]["id"] in line for line in server.said), "the error in the log")
    with serving(tmp_path / "state", "--config", str(config), token="none") as server:
        assert not any("admin" in line for line in server.said)
    for path in (tmp_path / "state").rglob("*"):
        if path.is_file():
            assert password[1].encode() not in path.read_bytes()


def test_a_lost_administrator_gets_a_password_beside_the_server(
    tmp_path: Path, feed: Feed, capsys: Any
) -> None:
    config = configured(tmp_path, feed)
    with serving(tmp_path / "state", "--config", str(config)) as server:
        assert main(["serve", "--config", str(config), "--reset-administrator"]) == 0
        password = re.search(r"as admin with the password (\S+)", capsys.readouterr().err)
        assert password is not None
        status, told = server.asked(WHO.removeprefix("/api/v1/"), {"name": "admin", "password": password[1]})
        assert (status, told["must_change_password"]) == (200, True)
    assert main(["serve", "--state", str(tmp_path / "none"), "--reset-administrator"]) == 2


def test_zones_that_cannot_be_read_again_are_told(tmp_path: Path, feed: Feed) -> None:
    config = configured(tmp_path, feed)
    (zones,) = tmp_path.glob("*.geojson")
    whole = zones.read_bytes()
    with serving(tmp_path / "state", "--config", str(config)) as server:
        feed.fly("icao24:4b1802", 13.0, 13.1)
        until(lambda: server.asked("status")[1]["monitored"], "monitored")

        def reasons() -> list[str]:
            found = server.asked("status")[1]
            assert found["ok"], found
            return [reason for reason in found["reasons"] if "zones" in reason]

        zones.write_text("{")
        server.process.send_signal(signal.SIGHUP)
        (reason,) = until(reasons, "that they cannot be read")
        assert "as they were" in reason
        zones.write_bytes(whole)
        server.process.send_signal(signal.SIGHUP)
        until(lambda: not reasons(), "that they are read again")


@pytest.mark.parametrize("bind", ["0.0.0.0:0", "[::]:0", "nofly.example:0"])
def test_beyond_loopback_it_is_refused(tmp_path: Path, feed: Feed, capsys: Any, bind: str) -> None:
    config = configured(tmp_path, feed)
    assert main(["serve", "--config", str(config), "--bind", bind]) == 2
    assert "network" in capsys.readouterr().err
    assert not (tmp_path / "state" / "access.sqlite").exists()


def test_a_small_answer_does_not_wait_for_the_one_before() -> None:
    """Of a listener whose protocol is not named asyncio leaves Nagle's algorithm on: 40 ms each."""
    delayed: list[int] = []

    async def main() -> None:
        def heard(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            peer = writer.get_extra_info("socket")
            delayed.append(0 if peer.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) else 1)
            writer.close()

        listening = listener(Bind(port=0))
        server = await asyncio.start_server(heard, sock=listening)
        reader, writer = await asyncio.open_connection(*listening.getsockname())
        await reader.read()
        writer.close()
        server.close()

    asyncio.run(main())
    assert delayed == [0]
