"""What the tests of feeds share: a server that says what it is told, and feeds that run beside a test."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from nofly.run.feeding.connections import FeedChange, Feeds, Received
from nofly.schema import Positions, concatenate
from tests.feeds.transports.peering import PATIENCE_S

START_US = 1_777_723_200_000_000


class Clock:
    """Goes on by a millisecond each time it is read, and by more where it is told."""

    def __init__(self, now_us: int = START_US) -> None:
        self.now_us = now_us

    def __call__(self) -> int:
        self.now_us += 1000
        return self.now_us


class Peer:
    """A TCP server: everyone who connects gets what has been said, in order, and is cut off on demand."""

    def __init__(self) -> None:
        self.port = 0
        self.connections = 0
        self.writers: list[asyncio.StreamWriter] = []

    async def _met(self, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.writers.append(writer)

    def say(self, data: bytes) -> None:
        for writer in self.writers:
            writer.write(data)

    def cut(self) -> None:
        for writer in self.writers:
            writer.close()
        self.writers.clear()


@asynccontextmanager
async def peer(port: int = 0) -> AsyncIterator[Peer]:
    made = Peer()
    server = await asyncio.start_server(made._met, "127.0.0.1", port)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()
        made.cut()
        # Not wait_closed(): a feed may still hold its end.


class Beside:
    """Feeds that run, and what has been taken of them."""

    def __init__(self, feeds: Feeds, clock: Clock) -> None:
        self.feeds, self.clock = feeds, clock
        self.taken: list[Received] = []
        self.changes: list[FeedChange] = []

    def look(self) -> None:
        self.taken += self.feeds.take()
        self.changes += self.feeds.tick(self.clock())

    async def until(self, done: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while True:
                self.look()
                if done():
                    return
                await asyncio.sleep(0.002)

    def rows(self, feed: int = 0) -> Positions:
        return concatenate([r.positions for r in self.taken if r.feed == feed])

    def count(self, feed: int = 0) -> int:
        return sum(len(r.positions) for r in self.taken if r.feed == feed)


@asynccontextmanager
async def beside(feeds: Feeds, clock: Clock) -> AsyncIterator[Beside]:
    """Run feeds, and what they brought until they were stopped is in ``taken`` afterwards."""
    running, at = asyncio.create_task(feeds.run()), Beside(feeds, clock)
    try:
        yield at
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
        at.look()


def line(number: int, target: str = "icao24:4ca7b3", lat_deg: float | None = None) -> bytes:
    """Return a line of JSON: report ``number`` of a target."""
    lat_deg = 50.0 + number * 1e-5 if lat_deg is None else lat_deg
    return b'{"time_us": %d, "target_id": "%s", "lat_deg": %.6f, "lon_deg": 14.2}\n' % (
        START_US + number * 1000,
        target.encode(),
        lat_deg,
    )
