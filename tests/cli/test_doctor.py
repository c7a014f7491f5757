"""The verb doctor: what would be monitored, what answers, what cannot be known; no secret is said."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sqlite3
import subprocess
import threading
from pathlib import Path
from time import time_ns
from typing import Any

import pytest

from nofly.cli import main
from nofly.run.feeding.plans import plan_feed
from nofly.store.sqlite import Store
from tests.cli.live import NOFLY, PATIENCE_S, SQUARE, Feed, configured, site, until, watching
from tests.feeds.transports.broker import broker
from tests.feeds.transports.peering import free_port, program
from tests.feeds.transports.test_dump1090 import dump1090, recorded

HOUR = "2020-01-01T00:00:00Z"


class Speaker:
    """A TCP server that says the same few positions, of now, to whoever connects."""

    def __init__(self, ahead_s: float = 0.0, nonsense: int = 0) -> None:
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        self.ahead_s, self.nonsense = ahead_s, nonsense
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                peer, _ = self.server.accept()
            except OSError:
                return
            now_us = time_ns() // 1000 + round(self.ahead_s * 1e6)
            row = {"time_us": now_us, "target_id": "icao24:4ca7b3", "lat_deg": 50.0, "lon_deg": 14.0}
            lines = [json.dumps(row)] * 10 + ["nonsense"] * self.nonsense
            peer.sendall(("\n".join(lines) + "\n").encode())

    def close(self) -> None:
        self.server.close()


def looked(capsys: Any, *words: str, code: int | None = None) -> dict[str, Any]:
    capsys.readouterr()
    found = main(["doctor", "--format", "json", "--seconds", "1", *words])
    out = capsys.readouterr().out
    assert code is None or found == code, out
    told: dict[str, Any] = json.loads(out)
    assert told["works"] is (found == 0)
    return told


def of(told: dict[str, Any], topic: str) -> list[tuple[str, str, str]]:
    return [(c["name"], c["well"], c["said"]) for c in told["checks"] if c["topic"] == topic]


def written(folder: Path, *properties: dict[str, Any]) -> str:
    """Write zones of the same area with other properties, and return the file's name."""
    (feature,) = SQUARE["features"]
    features = [{**feature, "properties": {**feature["properties"], **one}} for one in properties]
    path = folder / "zones.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return str(path)


def test_a_watch_that_would_work(tmp_path: Path, capsys: Any) -> None:
    speaker = Speaker(nonsense=3)
    zones, state = written(tmp_path, {}), str(tmp_path / "state")
    arguments = ("--zones", zones, "--feed", f"jsonl+tcp://127.0.0.1:{speaker.port}", "--state", state)
    told = looked(capsys, *arguments, "--metrics", "", code=0)
    speaker.close()
    settings = {s["key"]: (s["value"], s["default"]) for s in told["settings"]}
    assert settings["watch.tick_s"] == (0.25, True)
    assert settings["watch.state"] == (state, False)
    assert settings["prediction.look_ahead_s"] == (120.0, True)
    ((name, well, said),) = of(told, "zones")
    assert (name, well) == ("Z1 SQUARE", "ok")
    assert "active now" in said
    assert "FL150" in said
    ((name, well, said),) = of(told, "feeds")
    assert (name, well) == (f"feed1, jsonl+tcp://127.0.0.1:{speaker.port}", "ok")
    assert "positions a second" in said
    assert "3 records rejected" in said
    assert {well for _, well, _ in of(told, "state")} <= {"ok", "warning"}
    # Only looked at: nothing is left behind.
    assert not Path(state).exists()
    assert [path.name for path in tmp_path.iterdir()] == ["zones.geojson"]


def test_a_real_receiver(shared: Path, tmp_path: Path, capsys: Any) -> None:
    frames, _ = recorded(shared)
    zones = written(tmp_path, {})

    async def run() -> tuple[int, str]:
        async with dump1090() as peer:
            feeds = [
                f"{kind}+tcp://127.0.0.1:{port}" for kind, port in (("beast", peer.beast), ("sbs", peer.sbs))
            ]
            doctor = await asyncio.create_subprocess_exec(
                *NOFLY, "doctor", "--zones", zones, "--state", str(tmp_path / "s"), "--metrics", "",
                "--format", "json", "--seconds", "5", *(word for feed in feeds for word in ("--feed", feed)),
                stdout=asyncio.subprocess.PIPE,
            )  # fmt: skip
            _, writer = await asyncio.open_connection("127.0.0.1", peer.raw_in)
            said = asyncio.create_task(doctor.communicate())
            while not said.done():
                for frame in frames:
                    writer.write(f"*{frame};\n".encode())
                    await asyncio.sleep(0.001)
                    if said.done():
                        break
                await writer.drain()
            out, _ = await said
            writer.close()
            return doctor.returncode or 0, out.decode()

    code, out = asyncio.run(run())
    assert code == 0, out
    for _, well, said in of(json.loads(out), "feeds"):
        assert well in ("ok", "warning")
        assert "positions a second" in said


def test_feeds_that_do_not_answer(tmp_path: Path, capsys: Any) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        feed = f"sbs+tcp://127.0.0.1:{port}"
        told = looked(
            capsys, "--zones", written(tmp_path, {}), "--feed", feed, "--state", str(tmp_path), code=1
        )
    ((_, well, said),) = of(told, "feeds")
    assert well == "fault"
    assert "does not answer" in said


def test_a_clock_that_is_ahead(tmp_path: Path, capsys: Any) -> None:
    speaker = Speaker(ahead_s=20.0)
    feed = f"jsonl+tcp://127.0.0.1:{speaker.port}"
    told = looked(
        capsys, "--zones", written(tmp_path, {}), "--feed", feed, "--metrics", "", "--state", str(tmp_path)
    )
    speaker.close()
    ((_, well, said),) = of(told, "feeds")
    assert well == "warning"
    assert "its clock is at least" in said


def test_heights_that_cannot_be_known(tmp_path: Path, capsys: Any) -> None:
    speaker = Speaker()
    feed = f"jsonl+tcp://127.0.0.1:{speaker.port}"
    zones = written(
        tmp_path, {"id": "A", "upper": "3000 ft AMSL"}, {"id": "B", "upper": "1000 ft AGL"},
        {"id": "C", "upper": "FL100"},
    )  # fmt: skip
    more = ("--zones", zones, "--feed", feed, "--metrics", "", "--state", str(tmp_path / "s"))
    found = {name: (well, said) for name, well, said in of(looked(capsys, *more, code=0), "heights")}
    assert found["STD"][0] == "ok"
    assert found["AMSL"][0] == "warning"
    assert "no QNH is given" in found["AMSL"][1]
    assert found["AGL"][0] == "warning"
    assert "no terrain is given" in found["AGL"][1]
    config = tmp_path / "nofly.toml"
    config.write_text("[check]\nqnh = 1013.25\n")
    found = {n: (w, s) for n, w, s in of(looked(capsys, "--config", str(config), *more), "heights")}
    assert found["AMSL"][0] == "ok"
    speaker.close()


@pytest.mark.parametrize(
    ("feeds", "well", "said"),
    [
        (("sbs+tcp",), "fault", None),
        (("beast+tcp", "sbs+tcp"), "fault", None),
        (("remote_id+udp",), "warning", "where a report of udp-{0} tells its height above ground itself"),
        (("odid_json+udp",), "warning", "where a report of udp-{0} tells its height above ground itself"),
        (("remote_id+udp", "sbs+tcp"), "warning", "above ground itself, never through tcp-{1}"),
    ],
)
def test_a_height_above_ground_without_terrain_is_known_by_the_kind_of_feed(
    tmp_path: Path, capsys: Any, feeds: tuple[str, ...], well: str, said: str | None
) -> None:
    zones = written(tmp_path, {"id": "B", "upper": "120 m AGL"})
    config, tables = tmp_path / "nofly.toml", []
    for kind in feeds:
        name = f"{kind.partition('+')[2]}-{len(tables)}"
        tables.append(f'[[feeds]]\nname = "{name}"\nurl = "{kind}://127.0.0.1:{free_port()}"\n')
    config.write_text("".join(tables))
    state = str(tmp_path / "s")
    told = looked(capsys, "--zones", zones, "--config", str(config), "--metrics", "", "--state", state)
    ((name, found, words),) = of(told, "heights")
    assert (name, found) == ("AGL", well)
    assert "no terrain is given: such heights are known within bounds only (B SQUARE)" in words
    wanted = "" if said is None else said.format(0, 1)
    assert words.endswith(wanted)
    assert ("exactly only" in words) == (said is not None)


def test_zones_that_are_not_watched_now(tmp_path: Path, capsys: Any) -> None:
    speaker = Speaker()
    feed = f"jsonl+tcp://127.0.0.1:{speaker.port}"
    zones = written(
        tmp_path, {"id": "K7", "restriction": "KEEP_IN"}, {"id": "B", "valid_to": HOUR}, {"id": "C"},
    )  # fmt: skip
    told = looked(capsys, "--zones", zones, "--feed", feed, "--metrics", "", "--state", str(tmp_path / "s"))
    speaker.close()
    said = of(told, "zones")
    assert any(name.startswith("K7") and "KEEP_IN" in text and "active now" in text for name, _, text in said)
    assert any(name.startswith("C") and "active now" in text for name, _, text in said)
    assert any(name.startswith("B") and well == "warning" for name, well, _ in said)


def test_where_datagrams_go(tmp_path: Path, capsys: Any) -> None:
    feed = Feed()
    told = looked(capsys, "--config", str(configured(
        tmp_path, feed,
        '[[alerts]]\nname = "radar"\nkind = "asterix_cat004"\nhost = "127.0.0.1"\n'
        '[[alerts]]\nname = "name"\nkind = "asterix_cat004"\nhost = "no-such-host.invalid"\n'
        '[[alerts]]\nname = "wire"\nkind = "cot"\ninterface = "eth99"\n'
        f'[[feeds]]\nname = "silent"\nurl = "asterix+udp://127.0.0.1:{free_port()}"\n',
    )), code=1)  # fmt: skip
    feed.close()
    said = {name.split(",")[0]: (well, text) for name, well, text in of(told, "alerts")}
    assert {name: well for name, (well, _) in said.items()} == {
        "radar": "ok",
        "name": "fault",
        "wire": "fault",
    }
    assert "no interface 'eth99'" in said["wire"][1]
    assert any("nothing came in" in text for name, _, text in of(told, "feeds") if name.startswith("silent"))


def test_a_broker_is_asked_whether_it_takes_the_credentials(
    tmp_path: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("aiomqtt", reason="no aiomqtt here: pip install 'nofly[mqtt]'")
    passwords = tmp_path / "passwords"
    mosquitto_passwd = program("mosquitto_passwd", "mosquitto")
    subprocess.run([mosquitto_passwd, "-b", "-c", str(passwords), "me", "open sesame"], check=True)
    passwords.chmod(0o644)
    monkeypatch.setenv("RIGHT", "open sesame")
    monkeypatch.setenv("WRONG", "hunter2")
    ports, stop, looking = [], threading.Event(), threading.Event()

    async def serve() -> None:
        async with broker(tmp_path, f"password_file {passwords}", "allow_anonymous false") as port:
            ports.append(port)
            looking.set()
            await asyncio.to_thread(stop.wait)

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert looking.wait(PATIENCE_S)
    feed = Feed()
    table = '[[alerts]]\nname = "{0}"\nkind = "mqtt"\nhost = "127.0.0.1"\nport = {1}\nuser = "me"\n'
    tables = [
        table.format(name.lower(), ports[0]) + f'password = "env:{name}"\n' for name in ("RIGHT", "WRONG")
    ]
    told = looked(capsys, "--config", str(configured(tmp_path, feed, "".join(tables))), code=1)
    feed.close()
    stop.set()
    thread.join()
    said = {name.split(",")[0]: (well, text) for name, well, text in of(told, "alerts")}
    assert (said["right"][0], said["wrong"][0]) == ("ok", "fault")
    assert "uthori" in said["wrong"][1]
    assert "hunter2" not in json.dumps(told)


def test_channels_and_secrets(tmp_path: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK_SECRET", "s3cr3t-of-the-hook")
    feed = Feed()
    with site() as (port, posts):
        monkeypatch.setenv("HOOK_URL", f"http://127.0.0.1:{port}/path-that-is-secret")
        config = configured(
            tmp_path, feed,
            '[[alerts]]\nname = "hook"\nkind = "webhook"\nurl = "env:HOOK_URL"\nsecret = "env:HOOK_SECRET"\n'
            '[[alerts]]\nname = "gone"\nkind = "webhook"\nurl = "http://127.0.0.1:1/path-that-is-secret"\n'
            '[[alerts]]\nname = "unset"\nkind = "webhook"\nurl = "env:NOT_SET"\n'
            '[[alerts]]\nname = "tak"\nkind = "cot"\n'
            f'[[alerts]]\nname = "log"\nkind = "log"\nfile = "{tmp_path}/no-folder/log.txt"\n',
        )  # fmt: skip
        told = looked(capsys, "--config", str(config), code=1)
        assert posts == []
    feed.close()
    well = {name.split(",")[0]: well for name, well, _ in of(told, "alerts")}
    assert well == {"hook": "ok", "gone": "fault", "unset": "fault", "tak": "ok", "log": "fault"}
    whole = json.dumps(told)
    assert "secret-of" not in whole
    assert "s3cr3t" not in whole
    assert "path-that-is-secret" not in whole
    assert main(["doctor", "--config", str(config), "--seconds", "0.2"]) == 1
    out = capsys.readouterr().out
    assert "s3cr3t" not in out
    assert "path-that-is-secret" not in out


def test_a_record_that_was_changed_and_a_port_that_is_taken(tmp_path: Path, capsys: Any) -> None:
    import sqlite3

    feed = Feed()
    config = configured(tmp_path, feed, metrics=f"127.0.0.1:{feed.port}")
    with Store(tmp_path / "record.sqlite") as store:
        store.append([{"kind": "feed-silent", "incident": "feed:x", "time_us": 1}])
    database = sqlite3.connect(tmp_path / "record.sqlite")
    database.execute("DROP TRIGGER record_no_update")
    database.execute("UPDATE record SET time_us = 2")
    database.commit()
    database.close()
    told = looked(capsys, "--config", str(config), "--state", str(tmp_path), code=1)
    feed.close()
    found = {name: (well, said) for name, well, said in of(told, "state")}
    assert found["record"][0] == "fault"
    assert "record-mislabelled" in found["record"][1] or "faults, the first" in found["record"][1]
    ((_, well, said),) = of(told, "metrics")
    assert well == "fault"
    assert "cannot be served" in said


def test_beside_a_watch_that_runs(tmp_path: Path, capsys: Any) -> None:
    feed = Feed()
    config = configured(tmp_path, feed)
    with watching(config, "--plain"):
        feed.fly("icao24:4ca7b3", 13.95, 14.05)
        until(lambda: (tmp_path / "state/record.sqlite").exists())
        told = looked(capsys, "--config", str(config), "--seconds", "0.2")
        assert any("a watch is at work on it" in said for _, _, said in of(told, "state"))
    feed.close()


def test_a_folder_that_cannot_be_written(tmp_path: Path, capsys: Any) -> None:
    feed = Feed()
    config = configured(tmp_path, feed)
    file = tmp_path / "file"
    file.write_text("no folder")
    told = looked(capsys, "--config", str(config), "--state", str(file / "state"), "--seconds", "0.2", code=1)
    feed.close()
    assert "fault" in {well for _, well, _ in of(told, "state")}


def test_a_recording_is_looked_into(tmp_path: Path, capsys: Any) -> None:
    track = tmp_path / "track.csv"
    track.write_text(
        "time,icao24,lat,lon\n2026-01-01T00:00:00Z,4ca7b3,50,14\n2026-01-01T00:00:05Z,4ca7b3,50,14.01\n"
    )
    told = looked(
        capsys, "--zones", written(tmp_path, {}), "--feed", f"replay+file:{track}?speed=1", "--metrics", "",
        "--state", str(tmp_path / "s"), code=0,
    )  # fmt: skip
    ((_, well, said),) = of(told, "feeds")
    assert well == "ok"
    assert "all 2 positions" in said


@pytest.mark.parametrize(
    "words", [[], ["--zones", "nowhere.geojson"], ["--config", "nowhere.toml"]], ids=range(3)
)
def test_errors(words: list[str], tmp_path: Path) -> None:
    ended = subprocess.run([*NOFLY, "doctor", *words], cwd=tmp_path, capture_output=True, timeout=PATIENCE_S,
                           env=dict(os.environ))  # fmt: skip
    assert ended.returncode == 2
    assert b"Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("feeds", "upper", "qnh", "well", "said"),
    [
        (("sbs+tcp",), "FL100", None, "ok", "exactly only where a report of tcp-0 tells a pressure altitude"),
        (("sbs+tcp",), "200 m HAE", None, "fault",
         "no feed tells a satellite height, or one above sea level: never known exactly"),
        (("sbs+tcp",), "200 m HAE", 1013.25, "ok",
         "where a report of tcp-0 tells any height that QNH makes such a one"),
        (("remote_id+udp", "sbs+tcp"), "200 m HAE", None, "warning",
         "where a report of udp-0 tells a satellite height, or one above sea level, never through tcp-1"),
        (("sbs+tcp", "beast+tcp"), "300 m AMSL", None, "warning",
         "where a report of tcp-1 tells a satellite height, or one above sea level, never through tcp-0"),
        (("asterix+udp",), "200 m HAE", None, "ok",
         "where a report of udp-0 tells a satellite height, or one above sea level"),
    ],
)  # fmt: skip
def test_the_heights_that_zones_need_are_told_by_the_kind_of_feed(
    tmp_path: Path, capsys: Any, feeds: tuple[str, ...], upper: str, qnh: float | None, well: str, said: str
) -> None:
    zones = written(tmp_path, {"id": "B", "upper": upper})
    config, tables = tmp_path / "nofly.toml", ["" if qnh is None else f"[check]\nqnh = {qnh}\n"]
    for number, kind in enumerate(feeds):
        name = f"{kind.partition('+')[2]}-{number}"
        tables.append(f'[[feeds]]\nname = "{name}"\nurl = "{kind}://127.0.0.1:{free_port()}"\n')
    config.write_text("".join(tables))
    state = str(tmp_path / "s")
    told = looked(capsys, "--zones", zones, "--config", str(config), "--metrics", "", "--state", state)
    ((_, found, words),) = of(told, "heights")
    assert found == well
    assert words.endswith(said)
    assert "there" not in words


def test_of_asterix_the_categories_that_are_read_say_which_heights_it_tells() -> None:
    def heights(**editions: str) -> set[str]:
        return {datum.value for datum in plan_feed("a", "asterix+udp://127.0.0.1:8600", editions).heights}

    assert heights() == {"STD", "AMSL", "HAE"}
    assert heights(cat021="none", cat062="none") == {"STD", "AMSL"}
    assert heights(cat048="none", cat062="none") == {"STD", "HAE"}


def test_a_register_is_looked_into(tmp_path: Path, capsys: Any) -> None:
    law, zones, config = tmp_path / "law.sqlite", written(tmp_path, {}), tmp_path / "nofly.toml"
    config.write_text('[register]\nurl = "law.sqlite"\nparty = "P"\n')
    feed = f"jsonl+udp://127.0.0.1:{free_port()}"
    words = ("--config", str(config), "--zones", zones, "--feed", feed, "--state", str(tmp_path / "s"))

    def told() -> tuple[str, str]:
        ((_, well, said),) = of(looked(capsys, *words, "--metrics", "", "--seconds", "0.1"), "register")
        return well, said

    assert told() == ("ok", "none yet: the first act makes it")
    given = ("--register", str(law), "--party", "P", "--why", "x")
    assert main(["zones", "declare", zones, *given]) == 0
    assert told() == ("ok", "1 act, each as it was recorded; 1 zone in force now")
    connection = sqlite3.connect(law)
    connection.execute("DROP TRIGGER nofly_act_no_update")
    connection.commit()
    well, said = told()
    assert well == "fault"
    assert "the guard nofly_act_no_update against changes was taken away" in said
    config.write_text('[register]\nurl = "law.sqlite"\n')
    assert "whose acts" in told()[1]
