"""Several feeds at once: what one does, no other feels; silence and failure are told; nothing is lost."""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import threading
from pathlib import Path

import numpy as np
import pytest

from nofly import plugins
from nofly.errors import ConfigError, PluginError
from nofly.feeds.decoders.jsonl import JsonlFeed
from nofly.feeds.decoders.readsb import ReadsbFeed
from nofly.feeds.decoding import STREAM
from nofly.feeds.health import Status
from nofly.feeds.receiving import Chunk
from nofly.run.feeding.connections import Feeds, plan_feed
from nofly.run.feeding.decoding_turns import THREAD_BYTES, decoded
from nofly.store.capture import Capture
from tests.feeds.transports.peering import PATIENCE_S, free_port
from tests.feeds.transports.web import status, web
from tests.run.peers import START_US, Beside, Clock, beside, line, peer


async def no_wait(_: float) -> None:
    await asyncio.sleep(0.005)


def feeds_of(
    clock: Clock, *ports: int, decoder: str = "jsonl", most_rows: int = 500_000, **options: object
) -> Feeds:
    plans = [
        plan_feed(f"feed {k}", f"{decoder}+tcp://127.0.0.1:{port}", options) for k, port in enumerate(ports)
    ]
    return Feeds(plans, clock, sleep=no_wait, random=random.Random(1).random, most_rows=most_rows)


def statuses(at: Beside, feed: int = 0) -> list[Status]:
    return [change.after for change in at.changes if change.feed == feed]


def test_what_comes_is_given_with_its_feed_its_station_and_where_its_bytes_are() -> None:
    async def run() -> Beside:
        clock = Clock()
        async with (
            peer() as first,
            peer() as second,
            beside(feeds_of(clock, first.port, second.port), clock) as at,
        ):
            await at.until(lambda: first.connections == second.connections == 1)
            for number in range(300):
                first.say(line(number))
                second.say(line(number, "icao24:abcdef")[:-2] + b', "station": "north"}\n')
            await at.until(lambda: at.count(0) == at.count(1) == 300)
        return at

    at = asyncio.run(run())
    for feed, station in enumerate(("feed 0", "north")):
        rows = at.rows(feed)
        assert np.diff(rows.time_us).tolist() == [1000] * 299
        assert {rows.texts["station"].at(k) for k in range(300)} == {station}
        assert rows.columns["raw"].tolist()[:2] == [0, len(line(0)) + (20 if feed else 0)]
        assert (rows.columns["received_us"] > 0).all()
        assert statuses(at, feed) == [Status.ALIVE]
    assert at.feeds.states[0].positions == 300


def test_a_connection_that_is_cut_is_made_again_and_no_record_reaches_over() -> None:
    async def run() -> Beside:
        clock = Clock()
        async with peer() as other, beside(feeds_of(clock, other.port), clock) as at:
            await at.until(lambda: other.connections == 1)
            other.say(line(1) + line(2)[:-1])
            await at.until(lambda: at.count() == 1)
            other.cut()
            await at.until(lambda: other.connections == 2 and Status.FAILED in statuses(at))
            other.say(line(3) + line(4)[:9])
            await at.until(lambda: at.count() == 3)
        return at

    at = asyncio.run(run())
    assert (at.rows().time_us % 1_000_000 // 1000).tolist() == [1, 2, 3]
    raw = at.rows().columns["raw"].tolist()
    assert raw == [0, len(line(1)), len(line(1)) + len(line(2)) - 1]
    assert statuses(at) == [Status.ALIVE, Status.FAILED, Status.ALIVE]
    state = at.feeds.states[0]
    assert state.connections == 2
    assert "closed by the other side" in str(state.error)
    # What was left half read at the end is told as well.
    assert state.rejects == {"record-broken": 1}


def test_a_dead_peer_and_a_decoder_that_raises_hurt_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = JsonlFeed.feed

    def raising(self: JsonlFeed, data: bytes, received_us: int) -> object:
        if b"boom" in data:
            raise RuntimeError("a fault\nof the decoder")
        return plain(self, data, received_us)

    monkeypatch.setattr(JsonlFeed, "feed", raising)

    async def run() -> Beside:
        clock = Clock()
        async with (
            peer() as good,
            peer() as bad,
            beside(feeds_of(clock, free_port(), bad.port, good.port), clock) as at,
        ):
            await at.until(lambda: good.connections == bad.connections == 1)
            bad.say(line(1))
            await at.until(lambda: at.count(1) == 1)
            bad.say(b"boom\n")
            await at.until(lambda: bad.connections == 2)
            bad.cut()
            await at.until(lambda: bad.connections == 3)
            bad.say(line(2))
            good.say(line(7))
            await at.until(lambda: at.count(1) == 2 and at.count(2) == 1)
        return at

    at = asyncio.run(run())
    dead, bad, good = at.feeds.states
    assert dead.status is Status.FAILED
    assert dead.failures > 1
    assert (bad.status, good.status) == (Status.ALIVE, Status.ALIVE)
    assert (good.failures, good.error) == (0, None)
    raw = at.rows(1).columns["raw"].tolist()
    assert raw[1] >= len(line(1)) == raw[0] + len(line(1))


def test_what_an_unforeseen_error_says_is_one_line_of_the_feeds_health(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def raising(self: JsonlFeed, data: bytes, received_us: int) -> object:
        raise RuntimeError("a fault\nof the decoder" + "!" * 9999)

    monkeypatch.setattr(JsonlFeed, "feed", raising)

    async def run() -> Beside:
        clock = Clock()
        async with peer() as bad, beside(feeds_of(clock, bad.port), clock) as at:
            await at.until(lambda: bad.connections == 1)
            bad.say(b"anything\n")
            await at.until(lambda: at.feeds.states[0].failures > 0)
        return at

    error = str(asyncio.run(run()).feeds.states[0].error)
    assert error.startswith("RuntimeError: a fault of the decoder!!!")
    assert len(error) <= 500


def test_silence_is_told_of_a_feed_that_stops_and_of_one_that_never_began() -> None:
    async def run() -> Beside:
        clock = Clock()
        async with peer() as stops, peer() as mute:
            feeds = feeds_of(clock, stops.port, mute.port, stall_after_s=30)
            async with beside(feeds, clock) as at:
                await at.until(lambda: stops.connections == mute.connections == 1)
                stops.say(line(1))
                await at.until(lambda: at.count() == 1)
                last_us = feeds.states[0].received_us
                clock.now_us += 29_000_000
                at.look()
                assert statuses(at, 0) == [Status.ALIVE]
                clock.now_us += 1_000_000
                at.look()
                assert statuses(at, 0) == [Status.ALIVE, Status.STALLED]
                assert statuses(at, 1) == [Status.STALLED]
                assert feeds.states[0].since_us == last_us
                stops.say(line(2))
                await at.until(lambda: at.count() == 2)
        return at

    at = asyncio.run(run())
    assert statuses(at, 0) == [Status.ALIVE, Status.STALLED, Status.ALIVE]


def test_a_clock_that_is_set_back_hides_a_silence_no_longer_than_another() -> None:
    async def run() -> Beside:
        clock = Clock()
        async with peer() as other, beside(feeds_of(clock, other.port, stall_after_s=30), clock) as at:
            await at.until(lambda: other.connections == 1)
            other.say(line(1))
            await at.until(lambda: at.count() == 1)
            clock.now_us -= 3_600_000_000
            at.look()
            clock.now_us += 31_000_000
            at.look()
        return at

    assert statuses(asyncio.run(run())) == [Status.ALIVE, Status.STALLED]


def test_rows_that_nobody_takes_stop_their_feed_alone_and_none_is_lost() -> None:
    async def run() -> Beside:
        clock = Clock()
        async with peer() as flood, peer() as other:
            feeds = feeds_of(clock, flood.port, other.port, most_rows=2000)
            async with beside(feeds, clock) as at:
                await at.until(lambda: flood.connections == other.connections == 1)
                flood.say(b"".join(line(number) for number in range(20_000)))
                async with asyncio.timeout(PATIENCE_S):
                    while feeds.states[0].positions < 1000:
                        await asyncio.sleep(0.002)
                other.say(line(1))
                async with asyncio.timeout(PATIENCE_S):
                    while feeds.states[1].positions < 1:
                        await asyncio.sleep(0.002)
                # Its share, and the one chunk that went over it.
                assert 1000 <= feeds.states[0].positions < 1000 + 65_536 // len(line(0)) + 1
                await at.until(lambda: at.count(0) == 20_000)
        return at

    at = asyncio.run(run())
    assert np.diff(at.rows(0).time_us).tolist() == [1000] * 19_999


@pytest.mark.parametrize("decoder", ["jsonl", "beast", "sbs", "avr"])
def test_a_flood_of_garbage_leaves_the_other_feed_its_turn(decoder: str) -> None:
    garbage = random.Random(3).randbytes(1 << 20) + b"{\n" * 50_000

    async def run() -> Beside:
        clock = Clock()
        async with peer() as flood, peer() as other:
            plans = [
                plan_feed("flood", f"{decoder}+tcp://127.0.0.1:{flood.port}", {}),
                plan_feed("other", f"jsonl+tcp://127.0.0.1:{other.port}", {}),
            ]
            async with beside(Feeds(plans, clock), clock) as at:
                await at.until(lambda: flood.connections == other.connections == 1)
                flood.say(garbage)
                for number in range(20):
                    other.say(line(number))
                    await at.until(lambda number=number: at.count(1) == number + 1)
                await at.until(lambda: at.feeds.states[0].read_bytes == len(garbage))
        return at

    at = asyncio.run(run())
    assert at.count(0) == 0
    assert at.feeds.states[0].status is Status.ALIVE


def test_what_is_quick_with_many_lines_gets_them_together_and_floods_stay_short() -> None:
    plain, flood = b"MSG,8,1,1,4CA2AD,1,2010/05/23,00:00:00.000,2010/05/23,00:00:00.000" + b"," * 12, b"x"

    async def pieces(line: bytes, name: str) -> list[int]:
        decoder, chunk = plugins.load("nofly.feeds.decoders", name).decoder({}, "x"), Chunk(b"", 1, False)
        whole = chunk._replace(data=(line + b"\n") * (100_000 // (len(line) + 1)))
        return [len(piece.data) async for piece, _, _ in decoded(decoder, STREAM, whole)]

    assert asyncio.run(pieces(plain, "sbs"))[0] == 65_536
    assert max(asyncio.run(pieces(flood, "sbs"))) == 4096
    assert max(asyncio.run(pieces(plain, "jsonl"))) == 4096


def test_a_large_body_is_decoded_beside_the_loop_and_to_its_end_though_it_is_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    aircraft = [
        {"hex": f"{k:06x}", "lat": 50.0 + k * 1e-4, "lon": 14.0, "seen_pos": 0.1} for k in range(1, 1001)
    ]
    body = json.dumps({"now": START_US / 1e6, "aircraft": aircraft}).encode()
    assert len(body) > THREAD_BYTES
    (tmp_path / "aircraft.json").write_bytes(body)
    plain, entered, go_on = ReadsbFeed.feed, threading.Event(), threading.Event()

    def slow(self: ReadsbFeed, data: bytes, received_us: int) -> object:
        entered.set()
        assert go_on.wait(PATIENCE_S)
        return plain(self, data, received_us)

    monkeypatch.setattr(ReadsbFeed, "feed", slow)

    async def run() -> Beside:
        clock = Clock()
        feeds = Feeds([plan_feed("a", f"readsb+file:{tmp_path / 'aircraft.json'}", {})], clock)
        running = asyncio.create_task(feeds.run())
        async with asyncio.timeout(PATIENCE_S):
            while not entered.is_set():
                # The loop goes on while the decoder is at work.
                await asyncio.sleep(0.001)
        running.cancel()
        await asyncio.sleep(0.01)
        go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await running
        at = Beside(feeds, clock)
        at.look()
        return at

    assert asyncio.run(run()).count() == 1000


@pytest.mark.parametrize("method", ["feed", "finish"])
def test_a_decoder_that_raises_while_it_is_stopped_stops_all_the_same(
    method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, calls = getattr(JsonlFeed, method), itertools.count()

    def raising(self: JsonlFeed, *given: object) -> object:
        if method == "finish" or next(calls) > 2:
            raise RuntimeError("a fault")
        return plain(self, *given)

    monkeypatch.setattr(JsonlFeed, method, raising)

    async def run() -> Feeds:
        clock = Clock()
        async with peer() as other:
            feeds = feeds_of(clock, other.port)
            running = asyncio.create_task(feeds.run())
            async with asyncio.timeout(PATIENCE_S):
                while not other.connections:
                    await asyncio.sleep(0.001)
                other.say(b"".join(line(number) for number in range(5000)))
                while not feeds.states[0].positions:
                    await asyncio.sleep(0)
                running.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await running
        return feeds

    (state,) = asyncio.run(run()).states
    assert state.error == "RuntimeError: a fault"


def test_a_capture_that_cannot_be_written_hurts_no_feed(tmp_path: Path) -> None:
    capture = Capture(tmp_path)
    (tmp_path / "feed 0").write_bytes(b"in the way")

    async def run() -> Beside:
        clock = Clock()
        async with peer() as other:
            plan = plan_feed("feed 0", f"jsonl+tcp://127.0.0.1:{other.port}", {})
            async with beside(Feeds([plan], clock, capture=capture), clock) as at:
                await at.until(lambda: other.connections == 1)
                other.say(line(1))
                await at.until(lambda: at.count() == 1)
        return at

    at = asyncio.run(run())
    assert at.feeds.states[0].error is None
    assert capture.lost_bytes == len(line(1))
    assert [finding.code for finding in capture.close()] == ["capture-not-written"]


def test_stopped_in_the_midst_of_a_chunk_what_was_received_is_decoded_to_its_end() -> None:
    async def run() -> tuple[int, int]:
        clock = Clock()
        async with peer() as other, beside(feeds_of(clock, other.port), clock) as at:
            await at.until(lambda: other.connections == 1)
            other.say(b"".join(line(number) for number in range(5000)))
            async with asyncio.timeout(PATIENCE_S):
                while not at.feeds.states[0].positions:
                    await asyncio.sleep(0)
        return at.count(), at.feeds.states[0].read_bytes

    rows, read_bytes = asyncio.run(run())
    # Up to the line that the last chunk cut, which is a finding.
    assert rows == sum(1 for k in range(1, 5001) if k * len(line(0)) <= read_bytes)
    assert rows > 0


def test_a_server_that_says_when_is_not_asked_before() -> None:
    waits: list[float] = []

    async def slept(wait_s: float) -> None:
        waits.append(wait_s)
        await asyncio.sleep(0.01)

    async def run() -> None:
        async with web([status(429, "Retry-After: 1234")]) as site:
            plan = plan_feed("a", f"opensky+http://127.0.0.1:{site.port}/states/all", {})
            feeds = Feeds([plan], Clock(), sleep=slept, random=lambda: 0.5)
            task = asyncio.create_task(feeds.run())
            while not waits:
                await asyncio.sleep(0.001)
            task.cancel()
            await asyncio.wait([task])

    asyncio.run(run())
    assert waits[0] == 1234.0


@pytest.mark.parametrize(
    ("name", "url", "options", "said"),
    [
        ("", "jsonl+stdin:", {}, "a name that cannot be"),
        ("../etc", "jsonl+stdin:", {}, "a name that cannot be"),
        ("..", "jsonl+stdin:", {}, "a name that cannot be"),
        ("a", "jsonl", {}, "no decoder and transport"),
        ("a", "jsonl+tcp://host", {}, "no port"),
        ("a", "jsonl+tcp:host:1", {}, "no host"),
        ("a", "jsonl+stdin:x", {}, "standard input has no name"),
        ("a", "jsonl+mqtt://h/", {}, "no topic"),
        ("a", "jsonl+mqtts://h", {}, "no topic"),
        ("a", "asterix+udp://localhost:8600", {}, "'localhost' is no address"),
        ("a", "jsonl+file:", {}, "a document|no path|needs|stream"),
        ("a", "readsb+tcp://host:1", {}, "the decoder reads a document at a time"),
        ("a", "beast+tcp://host:1?recever=1,2", {}, "unknown option 'recever'"),
        ("a", "beast+tcp://host:1", {"stall_afters": 3}, r"expected stall_after_s\)"),
        ("a", "beast+tcp://host:1", {"receiver": 47}, "receiver = 47 .expected a list of 2 numbers"),
        ("a", "beast+tcp://host:1?receiver=1,2", {"receiver": [1, 2]}, "stands in the URL and beside it"),
        ("a", "beast+tcp://host:1", {"stall_after_s": 0}, "stall_after_s is 0"),
        ("a", "beast+tcp://host:1", {"stall_after_s": True}, "stall_after_s is True"),
        ("a", "beast+tcp://host:1", {"lateness_s": "x"}, "lateness_s is 'x'"),
        ("a", "beast+tcp://host:1", {"lateness_s": -1}, "lateness_s is -1"),
        ("a", "sbs+tcp://host:1?time_zone=Nowhere", {}, "time zone 'Nowhere'"),
        ("a", "odid-json+mqtt://host/t?user=u&password=env:NOFLY_NOT_SET", {}, "NOFLY_NOT_SET is not set"),
        ("a", "replay+tcp://host:1", {}, "a replay over tcp"),
        ("a", "replay+file:/nowhere/at/all", {}, "is not there"),
        ("a", "replay+file:/?speed=0", {}, "speed is '0'"),
        ("a", "replay+file:/?speed=fast", {}, "speed is 'fast'"),
        ("a", "replay+file:/?time_zone=Nowhere", {}, "time zone 'Nowhere'"),
    ],
)
def test_a_plan_that_cannot_be_is_refused_at_the_start(
    name: str, url: str, options: dict[str, object], said: str
) -> None:
    with pytest.raises(ConfigError, match=said) as raised:
        plan_feed(name, url, options)
    assert raised.value.source.startswith("feed ")


@pytest.mark.parametrize("url", ["nothing+tcp://host:1", "beast+pigeon://host:1"])
def test_a_plugin_that_is_not_there_is_told(url: str) -> None:
    with pytest.raises(PluginError, match="there are"):
        plan_feed("a", url, {})


def test_no_secret_is_in_a_plan_or_its_error() -> None:
    with pytest.raises(ConfigError) as raised:
        plan_feed("a", "readsb+https://host/?bearer=hush", {})
    assert "hush" not in str(raised.value)
    assert "hush" not in repr(plan_feed("a", "readsb+https://host/?query=key%3Dhush", {}))


def test_two_feeds_of_one_name_or_of_one_standard_input_are_refused() -> None:
    one, two = plan_feed("North", "jsonl+stdin:", {}), plan_feed("north", "jsonl+tcp://host:1", {})
    with pytest.raises(ConfigError, match="called 'north'"):
        Feeds([one, two], Clock())
    with pytest.raises(ConfigError, match="standard input"):
        Feeds([one, plan_feed("south", "sbs+stdin:", {})], Clock())
