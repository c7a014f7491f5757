"""Feeds of real peers side by side: a receiver that is killed, a broker, recorded datagrams of radars."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
from pathlib import Path

import numpy as np
import pytest

from nofly.feeds.health import Status
from nofly.run.feeding.connections import Feeds, plan_feed
from nofly.store.capture import Capture
from tests.contracts.test_decoders import DATA
from tests.feeds.transports.broker import TOPIC, broker
from tests.feeds.transports.peering import free_port
from tests.feeds.transports.test_dump1090 import Receiver, dump1090, recorded
from tests.feeds.transports.test_stored_messages import captured, datagrams
from tests.run.peers import Beside, Clock, beside
from tests.run.test_replaying import by_station, replay, same

ENOUGH = 100


async def no_wait(_: float) -> None:
    await asyncio.sleep(0.02)


async def send(peer: Receiver, frames: list[str], at: Beside, enough: int, feeds: range) -> None:
    """Send recorded frames until each feed has brought enough."""
    _, writer = await asyncio.open_connection("127.0.0.1", peer.raw_in)
    for frame in frames:
        writer.write(f"*{frame};\n".encode())
        await writer.drain()
        await asyncio.sleep(0.001)
        at.look()
        if all(at.count(feed) >= enough for feed in feeds):
            break
    await at.until(lambda: all(at.count(feed) >= enough for feed in feeds))
    writer.close()


def test_three_ports_of_a_receiver_at_once_that_is_killed_in_between(shared: Path, tmp_path: Path) -> None:
    frames, places = recorded(shared)

    async def run() -> Beside:
        clock = Clock()
        capture = Capture(tmp_path)
        async with dump1090() as peer:
            urls = [
                f"{decoder}+tcp://127.0.0.1:{port}"
                for decoder, port in (("beast", peer.beast), ("sbs", peer.sbs), ("avr", peer.raw))
            ]
            plans = [plan_feed(url.split("+")[0], url, {}) for url in urls]
            feeds = Feeds(plans, clock, capture=capture, sleep=no_wait)
            async with beside(feeds, clock) as at:
                await asyncio.sleep(0.3)
                await send(peer, frames, at, ENOUGH, range(3))
                peer.process.send_signal(signal.SIGKILL)
                await at.until(lambda: all(state.status is Status.FAILED for state in feeds.states))
                capture.flush()
        capture.close()
        return at

    at = asyncio.run(run())
    for feed in range(3):
        rows = at.rows(feed)
        assert set(rows.target.values) == {"icao24:393322"}
        for lat_deg, lon_deg in zip(rows.lat_deg, rows.lon_deg, strict=True):
            # dump1090 writes five decimals.
            assert np.abs(places - (lat_deg, lon_deg)).max(axis=1).min() < 2e-5
        assert [c.after for c in at.changes if c.feed == feed] == [Status.ALIVE, Status.FAILED]
    # What was captured gives what was decoded live, to the last row.
    again = asyncio.run(replay(f"replay+file:{tmp_path}?speed=max"))
    for feed, station in enumerate(("beast", "sbs", "avr")):
        assert same(by_station(again.rows(), station), at.rows(feed))


def test_a_broker_and_radars_side_by_side(tmp_path: Path, shared: Path) -> None:
    lines = (DATA / "live/jsonl/paris.jsonl").read_bytes().splitlines()
    told = json.loads((DATA / "live/asterix/samples.json").read_text())["live/asterix/paris.hex"]
    records = json.loads((DATA / "live/jsonl/samples.json").read_text())["live/jsonl/paris.jsonl"]["records"]
    paris, radar = datagrams(), captured(shared)
    remote = [bytes.fromhex(text) for text in (DATA / "live/remote_id/frames.hex").read_text().splitlines()]
    aiomqtt = pytest.importorskip("aiomqtt", reason="no aiomqtt here: pip install 'nofly[mqtt]'")

    async def run() -> Beside:
        clock = Clock(told["received_us"])
        ports = [free_port(socket.SOCK_DGRAM) for _ in range(3)]
        async with broker(tmp_path) as port:
            plans = [
                plan_feed("drones", f"jsonl+mqtt://127.0.0.1:{port}/nofly/%23", {"qos": 1}),
                plan_feed("paris", f"asterix+udp://127.0.0.1:{ports[0]}", told["options"]),
                plan_feed("split", f"asterix+udp://127.0.0.1:{ports[1]}", {}),
                plan_feed("remote", f"remote-id+udp://127.0.0.1:{ports[2]}", {}),
            ]
            feeds = Feeds(plans, clock, sleep=no_wait)
            async with beside(feeds, clock) as at:
                await asyncio.sleep(0.3)
                async with aiomqtt.Client("127.0.0.1", port) as client:
                    await client.publish(TOPIC, lines[0], qos=1, retain=True)
                    await at.until(lambda: feeds.states[0].read_bytes > 0)
                    for text in lines[1:]:
                        await client.publish(TOPIC, text, qos=1)
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sending:
                    for sent, to in ((paris, ports[0]), (radar, ports[1]), (remote, ports[2])):
                        for datagram in sent:
                            sending.sendto(datagram, ("127.0.0.1", to))
                await at.until(
                    lambda: (
                        feeds.states[0].read_bytes == sum(map(len, lines))
                        and feeds.states[1].read_bytes == sum(map(len, paris))
                        and feeds.states[2].read_bytes == sum(map(len, radar))
                        and feeds.states[3].read_bytes == sum(map(len, remote))
                    )
                )
        return at

    at = asyncio.run(run())
    drones, whole, split, frames = at.feeds.states
    assert at.count(0) + sum(drones.rejects.values()) == records
    assert at.count(1) > 30
    assert {at.rows(1).texts["station"].at(k) for k in range(at.count(1))} == {"025/012"}
    assert at.count(3) > 20
    # No site of its radar is given, and its times of day are of another hour: nothing is made up.
    assert at.count(2) == 0
    assert sum(split.rejects.values()) > 100
    assert {drones.status, whole.status, split.status, frames.status} == {Status.ALIVE}
