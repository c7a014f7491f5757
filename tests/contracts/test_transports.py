"""What every transport keeps.

A new plugin brings tests/feeds/transports/peer_<name>.py: an asynchronous context ``peer(messages, taken,
folder)`` that sends the messages from this machine, stays open, and says under which URL and options.
"""

from __future__ import annotations

import asyncio
import dataclasses
import importlib
import itertools
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from nofly import plugins
from nofly.errors import ConfigError
from nofly.feeds.decoding import options_of
from nofly.feeds.receiving import Chunk
from tests.feeds.transports.peering import PATIENCE_S, Source, Taken

KIND = "nofly.feeds.transports"
NAMES = list(plugins.names(KIND))
EVERY = pytest.mark.parametrize("name", NAMES)
MESSAGES = [b"the first message\n", b"\x1a3\x00\xff", b"x" * 1000, b"the last"]
START_US = 1_777_723_200_000_000


@asynccontextmanager
async def peer(name: str, messages: Sequence[bytes], taken: Taken, folder: Path) -> AsyncIterator[Source]:
    module = importlib.import_module(f"tests.feeds.transports.peer_{name}")
    async with module.peer(messages, taken, folder) as source:
        yield source


async def take(name: str, source: Source, taken: Taken, size_bytes: int) -> list[Chunk]:
    """Return the chunks up to ``size_bytes``, then close."""
    transport = plugins.load(KIND, name)
    ticks = itertools.count(START_US)
    options = options_of(transport.OPTIONS, source.options, "feed")
    chunks: list[Chunk] = []
    async with (
        asyncio.timeout(PATIENCE_S),
        aclosing(transport.receive(source.url, options, ticks.__next__)) as c,
    ):
        async for chunk in c:
            chunks.append(chunk)
            taken.count += 1
            if sum(len(chunk.data) for chunk in chunks) >= size_bytes:
                break
    return chunks


@EVERY
def test_a_transport_has_its_names(name: str) -> None:
    transport: Any = plugins.load(KIND, name)
    assert name == transport.NAME
    assert isinstance(transport.WHOLE, bool)
    assert dataclasses.is_dataclass(transport.OPTIONS)
    transport.OPTIONS()


@EVERY
def test_no_decoder_has_an_option_of_the_same_name(name: str) -> None:
    own = {field.name for field in dataclasses.fields(plugins.load(KIND, name).OPTIONS)}
    for decoder in plugins.names("nofly.feeds.decoders"):
        options = plugins.load("nofly.feeds.decoders", decoder).OPTIONS
        assert not own & {field.name for field in dataclasses.fields(options)}, decoder


@EVERY
def test_what_is_sent_comes_with_its_time(name: str, tmp_path: Path) -> None:
    async def run() -> list[Chunk]:
        taken = Taken()
        async with peer(name, MESSAGES, taken, tmp_path) as source:
            return await take(name, source, taken, sum(map(len, MESSAGES)))

    chunks = asyncio.run(run())
    assert all(chunk.data for chunk in chunks)
    assert [chunk.opened for chunk in chunks] == [True] + [False] * (len(chunks) - 1)
    assert [chunk.received_us for chunk in chunks] == [START_US + n for n in range(len(chunks))]
    assert not any(chunk.lost for chunk in chunks)
    if plugins.load(KIND, name).WHOLE:
        assert without_repeats([chunk.data for chunk in chunks]) == MESSAGES
    else:
        assert b"".join(chunk.data for chunk in chunks) == b"".join(MESSAGES)


def without_repeats(messages: list[bytes]) -> list[bytes]:
    return [message for message, _ in itertools.groupby(messages)]


@EVERY
def test_a_connection_can_be_opened_again(name: str, tmp_path: Path) -> None:
    async def run() -> None:
        for number in range(2):
            folder = tmp_path / str(number)
            folder.mkdir()
            taken = Taken()
            async with peer(name, MESSAGES[:1], taken, folder) as source:
                chunks = await take(name, source, taken, 1)
                assert chunks[0].opened

    asyncio.run(run())


@EVERY
def test_waiting_can_be_cancelled(name: str, tmp_path: Path) -> None:
    async def run() -> None:
        taken = Taken()
        async with peer(name, MESSAGES[:1], taken, tmp_path) as source:
            task = asyncio.create_task(take(name, source, taken, 1 << 30))
            await taken.reach(1)
            await asyncio.sleep(0.02)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(run())


@EVERY
def test_a_url_that_can_never_work_is_refused(name: str) -> None:
    async def run() -> None:
        transport = plugins.load(KIND, name)
        url = f"{name}:x" if name == "stdin" else f"{name}://"
        async with aclosing(transport.receive(url, transport.OPTIONS(), lambda: START_US)) as chunks:
            with pytest.raises(ConfigError):
                await anext(chunks)

    asyncio.run(run())
