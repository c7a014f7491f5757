"""A real peer: Debian's dump1090-mutability gets recorded frames over TCP; its ports are read as feeds."""

from __future__ import annotations

import asyncio
import gzip
import itertools
import json
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from nofly import plugins
from nofly.errors import FeedError
from nofly.feeds.feed_url import parse_feed_url, split_options
from nofly.feeds.health import FeedState, Status, failed, new_feed, received
from nofly.schema import Positions, concatenate
from tests.feeds.transports.peering import PATIENCE_S, free_port, listening, program, running

FRAMES = slice(9_000, 10_500)
ENOUGH = 100
START_US = 1_777_723_200_000_000


class Receiver(NamedTuple):
    process: asyncio.subprocess.Process
    raw_in: int
    raw: int
    sbs: int
    beast: int


@asynccontextmanager
async def dump1090() -> AsyncIterator[Receiver]:
    raw_in, raw, sbs, beast_in, beast = (free_port() for _ in range(5))
    command = [
        program("dump1090-mutability", "dump1090-mutability"),
        "--net-only", "--quiet", "--net-http-port", "0",
        "--net-bind-address", "127.0.0.1", "--net-ri-port", str(raw_in), "--net-ro-port", str(raw),
        "--net-sbs-port", str(sbs), "--net-bi-port", str(beast_in), "--net-bo-port", str(beast),
        "--net-ro-interval", "0.05",
    ]  # fmt: skip
    async with running(command) as process:
        await listening(raw_in)
        yield Receiver(process, raw_in, raw, sbs, beast)


def recorded(shared: Path) -> tuple[list[str], np.ndarray[tuple[int, int], np.dtype[np.float64]]]:
    """Return frames of one flight, and the positions that they hold."""
    with gzip.open(shared / "modes/full_flight_short.jsonl.gz", "rt") as lines:
        rows = [json.loads(line) for line in itertools.islice(lines, FRAMES.start, FRAMES.stop)]
    places = [(r["latitude"], r["longitude"]) for r in rows if r.get("latitude") is not None]
    return [row["frame"] for row in rows], np.array(places)


async def send(port: int, frames: list[str]) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    for frame in frames:
        writer.write(f"*{frame};\n".encode())
        await writer.drain()
        await asyncio.sleep(0.001)
    await asyncio.sleep(PATIENCE_S)


async def watch(url: str, enough: int) -> tuple[Positions, FeedState]:
    """Return the positions of a feed until there are enough or its connection fails, and its health."""
    parsed = parse_feed_url(url)
    decoders = plugins.load("nofly.feeds.decoders", parsed.decoder)
    transport = plugins.load("nofly.feeds.transports", parsed.transport)
    _, own = split_options(parsed.options, decoders.OPTIONS, transport.OPTIONS, url)
    decoder, parts, state = decoders.decoder({}, url), [], new_feed(url, START_US)
    ticks = itertools.count(START_US, 100_000)
    try:
        async with aclosing(
            transport.receive(parsed.address, transport.OPTIONS(**own), ticks.__next__)
        ) as chunks:
            async for chunk in chunks:
                positions, findings = decoder.feed(chunk.data, chunk.received_us)
                state = received(state, chunk, positions, findings)
                if len(positions):
                    parts.append(positions)
                if state.positions >= enough:
                    break
    except FeedError as error:
        state = failed(state, str(error), 1, next(ticks))
    return concatenate(parts), state


@pytest.mark.parametrize(("decoder", "port"), [("beast", "beast"), ("sbs", "sbs"), ("avr", "raw")])
def test_its_ports_give_the_positions_that_were_sent(decoder: str, port: str, shared: Path) -> None:
    frames, places = recorded(shared)

    async def run() -> tuple[Positions, FeedState]:
        async with dump1090() as peer, asyncio.timeout(PATIENCE_S):
            task = asyncio.create_task(watch(f"{decoder}+tcp://127.0.0.1:{getattr(peer, port)}", ENOUGH))
            await asyncio.sleep(0.3)
            sending = asyncio.create_task(send(peer.raw_in, frames))
            result = await task
            sending.cancel()
            return result

    positions, state = asyncio.run(run())
    assert len(positions) >= ENOUGH
    assert set(positions.target.values) == {"icao24:393322"}
    assert (state.status, state.connections) == (Status.ALIVE, 1)
    # A first position needs an even and an odd message.
    assert set(state.rejects) <= {"position-unresolved", "position-missing"}
    assert sum(state.rejects.values()) < 10
    for lat_deg, lon_deg in zip(positions.lat_deg, positions.lon_deg, strict=True):
        # dump1090 writes five decimals.
        assert np.abs(places - (lat_deg, lon_deg)).max(axis=1).min() < 2e-5


def test_its_end_is_a_failure_of_the_feed() -> None:
    async def run() -> FeedState:
        async with dump1090() as peer, asyncio.timeout(PATIENCE_S):
            task = asyncio.create_task(watch(f"beast+tcp://127.0.0.1:{peer.beast}", ENOUGH))
            await asyncio.sleep(0.3)
            peer.process.kill()
            return (await task)[1]

    state = asyncio.run(run())
    assert state.status is Status.FAILED
    assert state.error is not None
    assert state.positions == 0
