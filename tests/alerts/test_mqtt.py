"""MQTT, by way of Mosquitto: what Home Assistant would find, and what a subscriber hears."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from nofly.alerts import Channel, Condition, Verdict
from nofly.alerts._homeassistant import object_id
from nofly.errors import ConfigError
from tests.alerts.notices import HOSTILE, UNKNOWN, channel, notice
from tests.alerts.zones import CIRCLE, PARIS, named
from tests.feeds.transports.broker import broker
from tests.feeds.transports.peering import free_port, program

aiomqtt = pytest.importorskip("aiomqtt", reason="no aiomqtt here: pip install 'nofly[mqtt]'")
HERE = f"nofly/zone/{object_id('LF-P25')}"
CONFIG = f"homeassistant/binary_sensor/nofly_{object_id('nofly')}_{object_id('LF-P25')}/config"
Doing = Callable[[Channel], Awaitable[None]]


class Heard:
    """What came by topic, in order, with whether it was retained when subscribed."""

    def __init__(self) -> None:
        self.messages: list[tuple[str, bytes]] = []

    def of(self, topic: str) -> list[bytes]:
        return [payload for name, payload in self.messages if name == topic]

    async def reach(self, enough: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not enough():
                await asyncio.sleep(0.005)


async def hear(port: int, heard: Heard, topic: str = "#") -> None:
    async with aiomqtt.Client("127.0.0.1", port) as client:
        await client.subscribe(topic, qos=1)
        heard.messages.append(("subscribed", b""))
        async for message in client.messages:
            heard.messages.append((str(message.topic), bytes(message.payload)))


def talk(folder: Path, doing: Callable[[Channel, Heard], Awaitable[None]], **options: Any) -> Heard:
    async def run() -> Heard:
        heard = Heard()
        async with broker(folder) as port:
            listening = asyncio.create_task(hear(port, heard))
            await heard.reach(lambda: bool(heard.messages))
            one = channel("mqtt", host="127.0.0.1", port=port, **options)
            await doing(one, heard)
            await one.aclose()
            async with aiomqtt.Client("127.0.0.1", port) as client:
                await client.publish("end", b"", qos=1)
            await heard.reach(lambda: bool(heard.of("end")))
            listening.cancel()
        heard.messages = [message for message in heard.messages if message[0] != "end"]
        assert heard.of("nofly/status")[-1] == b"offline"
        return heard

    return asyncio.run(run())


def test_a_sensor_for_each_zone_on_while_somebody_is_inside(tmp_path: Path) -> None:
    async def doing(one: Channel, heard: Heard) -> None:
        await one.watch([PARIS, CIRCLE], [])
        for each in (
            notice(kind="predicted", phase="predicted", incident="w", warning="w"),
            notice(incident="i", warning="w"),
            notice(incident="j", target_id="icao24:000001", callsign=None, phase="undetermined"),
            notice(kind="exited", incident="i", warning="w", phase="exited", active=False),
            notice(kind="exited", incident="j", phase="exited", active=False),
        ):
            assert (await one.tell(each)).verdict is Verdict.TOLD

    heard = talk(tmp_path, doing)
    config = json.loads(heard.of(CONFIG)[-1])
    assert config["name"] == "LF-P25 Paris"
    assert (config["state_topic"], config["json_attributes_topic"]) == (f"{HERE}/state", f"{HERE}/attributes")
    assert config["availability_topic"] == "nofly/status"
    assert config["unique_id"] in CONFIG
    states = heard.of(f"{HERE}/state")
    assert [s for n, s in enumerate(states) if n == 0 or s != states[n - 1]] == [
        b"OFF",
        b"ON",
        b"None",
        b"OFF",
    ]
    known = [json.loads(a) for a in heard.of(f"{HERE}/attributes")]
    counts = [(a["inside"], a["undetermined"], a["predicted"]) for a in known][-5:]
    assert counts == [(0, 0, 1), (1, 0, 0), (1, 1, 0), (0, 1, 0), (0, 0, 0)]
    alerts = [json.loads(a) for a in heard.of("nofly/alert")]
    assert [a["kind"] for a in alerts] == ["predicted", "entered", "entered", "exited", "exited"]
    assert alerts[1]["key"] == notice().key
    assert known[-4]["incidents"][0]["key"] == notice().key


def test_what_is_retained_is_there_for_who_comes_later(tmp_path: Path) -> None:
    async def run() -> Heard:
        heard = Heard()
        async with broker(tmp_path) as port:
            one = channel("mqtt", host="127.0.0.1", port=port)
            await one.watch([PARIS], [notice()])
            await one.beat(Condition(True))
            await one.tell(notice())
            listening = asyncio.create_task(hear(port, heard))
            await heard.reach(lambda: len(heard.messages) > 4)
            listening.cancel()
            await one.aclose()
        return heard

    heard = asyncio.run(run())
    assert heard.of(f"{HERE}/state") == [b"ON"]
    assert heard.of("nofly/status") == [b"online"]
    assert len(heard.of(CONFIG)) == 1
    assert heard.of("nofly/alert") == []


def test_what_stands_no_more_is_taken_off_and_shown_again(tmp_path: Path) -> None:
    async def doing(one: Channel, heard: Heard) -> None:
        await one.watch([PARIS], [])
        await one.tell(notice())
        await one.watch([PARIS], [])
        await one.watch([PARIS], [notice()])

    heard = talk(tmp_path, doing)
    assert heard.of(f"{HERE}/state") == [b"OFF", b"ON", b"OFF", b"ON"]
    known = [json.loads(a)["inside"] for a in heard.of(f"{HERE}/attributes")]
    assert known == [0, 1, 0, 1]
    assert len(heard.of("nofly/alert")) == 1


def test_a_zone_watched_no_more_is_taken_away(tmp_path: Path) -> None:
    async def doing(one: Channel, heard: Heard) -> None:
        await one.watch([PARIS, CIRCLE], [])
        await one.watch([CIRCLE], [])

    heard = talk(tmp_path, doing)
    assert (heard.of(CONFIG)[-1], heard.of(f"{HERE}/state")[-1]) == (b"", b"")


def test_what_is_told_of_a_zone_watched_no_more_leaves_nothing_behind(tmp_path: Path) -> None:
    async def doing(one: Channel, heard: Heard) -> None:
        await one.watch([PARIS, CIRCLE], [])
        await one.watch([CIRCLE], [])
        await one.tell(notice(kind="exited", phase="exited", active=False))

    heard = talk(tmp_path, doing)
    assert (heard.of(f"{HERE}/state")[-1], heard.of(f"{HERE}/attributes")[-1]) == (b"", b"")
    assert len(heard.of("nofly/alert")) == 1


@pytest.mark.parametrize("readable", [True, False])
def test_a_zone_that_only_the_process_before_watched_is_taken_away(tmp_path: Path, readable: bool) -> None:
    allowed = tmp_path / "allowed"
    allowed.write_text("topic write #\n" + ("topic read nofly/#\n" if readable else ""))
    allowed.chmod(0o644)

    async def run() -> None:
        async with broker(tmp_path, f"acl_file {allowed}") as port:
            for zones in ([PARIS, CIRCLE], [CIRCLE]):
                one = channel("mqtt", host="127.0.0.1", port=port, timeout_s=0.5)
                await one.watch(zones, [])
                assert (await one.tell(notice())).verdict is Verdict.TOLD
                await one.aclose()
            if not readable:
                return
            heard = Heard()
            listening = asyncio.create_task(hear(port, heard, "nofly/#"))
            circle = f"nofly/zone/{object_id(CIRCLE.id)}/state"
            await heard.reach(lambda: bool(heard.of(circle) and heard.of("nofly/status")))
            listening.cancel()
            assert {topic for topic, _ in heard.messages if HERE in topic} == set()
            assert heard.of(circle) == [b"OFF"]

    asyncio.run(run())


def test_nothing_monitored_is_not_available(tmp_path: Path) -> None:
    async def doing(one: Channel, heard: Heard) -> None:
        await one.watch([PARIS], [])
        for monitored in (True, False, True):
            await one.beat(Condition(monitored))

    heard = talk(tmp_path, doing)
    # Not before a feed has brought a position either.
    assert heard.of("nofly/status") == [b"offline", b"offline", b"online", b"offline", b"online", b"offline"]
    assert len(heard.of(CONFIG)) == 1


def test_a_connection_that_breaks_is_offline_and_made_anew(tmp_path: Path) -> None:
    async def doing(one: Channel, heard: Heard) -> None:
        await one.watch([PARIS], [])
        await one.beat(Condition(True))
        client: Any = one._client  # type: ignore[attr-defined]
        client._client._sock_close()
        await heard.reach(lambda: heard.of("nofly/status") == [b"offline", b"offline", b"online", b"offline"])
        first = await one.tell(notice())
        if first.verdict is Verdict.LATER:
            assert (await one.tell(notice())).verdict is Verdict.TOLD

    heard = talk(tmp_path, doing)
    assert heard.of(f"{HERE}/state")[-1] == b"ON"
    assert "online" in heard.of("nofly/status")[-2].decode()


def test_nobody_there() -> None:
    outcome = asyncio.run(channel("mqtt", host="127.0.0.1", port=free_port()).tell(notice()))
    assert outcome.verdict is Verdict.LATER
    assert "refused" in outcome.why


def test_a_broker_that_is_gone_is_said_in_words_and_nothing_is_logged(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    async def run() -> None:
        async with broker(tmp_path) as port:
            one = channel("mqtt", host="127.0.0.1", port=port)
            await one.beat(Condition(True))
        for _ in range(3):
            with pytest.raises(OSError, match=r"127\.0\.0\.1: ") as caught:
                await one.beat(Condition(True))
        assert "refused" in str(caught.value.strerror)
        await one.aclose()

    asyncio.run(run())
    assert capfd.readouterr().err == ""
    assert [record for record in caplog.records if record.name != "asyncio"] == []


def test_user_and_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    passwords = tmp_path / "passwords"
    mosquitto_passwd = program("mosquitto_passwd", "mosquitto")
    subprocess.run([mosquitto_passwd, "-b", "-c", str(passwords), "me", "open sesame"], check=True)
    passwords.chmod(0o644)

    async def run() -> None:
        async with broker(tmp_path, f"password_file {passwords}", "allow_anonymous false") as port:
            for password, verdict in (("open sesame", Verdict.TOLD), ("hunter2", Verdict.LATER)):
                monkeypatch.setenv("BROKER_PASSWORD", password)
                one = channel("mqtt", host="127.0.0.1", port=port, user="me", password="env:BROKER_PASSWORD")
                outcome = await one.tell(notice())
                assert outcome.verdict is verdict
                assert "hunter2" not in outcome.why
                await one.aclose()

    asyncio.run(run())


def test_hostile_names_stay_in_their_place(tmp_path: Path) -> None:
    hostile = named("+/#" + HOSTILE, HOSTILE)

    async def doing(one: Channel, heard: Heard) -> None:
        await one.watch([hostile], [])
        await one.tell(notice(zone_id=hostile.id, callsign=HOSTILE, text=HOSTILE))

    heard = talk(tmp_path, doing)
    topics = {topic for topic, _ in heard.messages}
    assert len(topics) == 6, topics
    assert all(set(topic) <= set("abcdefghijklmnopqrstuvwxyz0123456789_/") for topic in topics)
    for _, payload in heard.messages:
        assert payload.decode("ascii").isprintable()


def test_what_is_not_known_is_null(tmp_path: Path) -> None:
    async def doing(one: Channel, heard: Heard) -> None:
        await one.tell(notice(**{**UNKNOWN, "kind": "feed-silent", "active": None}))

    alert = json.loads(talk(tmp_path, doing).of("nofly/alert")[0])
    assert all(alert[name] is None for name in UNKNOWN)


@pytest.mark.parametrize(
    "options",
    [
        {}, {"host": "h", "password": "hunter2"}, {"host": "h", "password": "env:A"},
        {"host": "h", "topic": "a/#"}, {"host": "h", "topic": "$SYS"}, {"host": "h", "topic": ""},
        {"host": "h:1883"}, {"host": "h", "tls": True, "ca_file": "none"},
        {"host": "h", "discovery": "+"}, {"host": "h", "user": "a", "password": "env:NOT_SET_HUNTER"},
    ],
    ids=str,
)  # fmt: skip
def test_options_that_cannot_be(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigError) as caught:
        channel("mqtt", **options)
    assert "hunter2" not in str(caught.value)
