"""Decoding in turns: however much a feed brings, the other feeds and the loop get theirs.

A stream is fed to its decoder in pieces (how its bytes are cut makes no difference); what cannot be cut, a
large body or datagram, is decoded in a thread.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from nofly.errors import Finding
from nofly.feeds.decoding import STREAM, Decoded, Decoder
from nofly.feeds.receiving import Chunk
from nofly.schema import Positions

TURN_BYTES = 4096
"""Bytes of a stream decoded at a time: at most some 6 ms, in the worst of what was measured (a flood of
two-byte lines); a whole 64 KiB of them takes 50 ms."""
LONG_TURN_BYTES = 65_536
"""Bytes decoded at a time where a decoder is quick with many lines, and they hold no more than it says."""
THREAD_BYTES = 16_384
"""A body or datagram that is longer is decoded in a thread."""

Piece = tuple[Chunk, Positions, list[Finding]]
"""Bytes that were decoded, and what they gave."""


async def decoded(decoder: Decoder, framing: str, chunk: Chunk) -> AsyncIterator[Piece]:
    """Yield a chunk piece by piece with what each gives; after each, others have their turn.

    Cancelled, it raises only after the rest of the chunk is decoded and yielded: what has been received is
    not lost. Raises whatever the decoder raises.
    """
    if framing != STREAM:
        made, cancelled = await _whole(decoder, chunk)
        yield chunk, *made
        if cancelled is not None:
            raise cancelled
        await asyncio.sleep(0)
        return
    cancelled = None
    end = 0
    while (start := end) < len(chunk.data):
        end = start + _turn_bytes(decoder, chunk.data, start)
        data = chunk.data[start:end]
        first = start == 0
        piece = Chunk(data, chunk.received_us, chunk.opened and first, chunk.lost if first else 0)
        yield piece, *decoder.feed(data, chunk.received_us)
        if cancelled is None:
            try:
                await asyncio.sleep(0)
            except asyncio.CancelledError as error:
                cancelled = error
    if cancelled is not None:
        raise cancelled


def _turn_bytes(decoder: Decoder, data: bytes, start: int) -> int:
    """Return how many bytes are decoded in one turn, from ``start``."""
    most = getattr(decoder, "turn_lines", 0)
    few = most and data.count(b"\n", start, start + LONG_TURN_BYTES) < most
    return LONG_TURN_BYTES if few else TURN_BYTES


async def _whole(decoder: Decoder, chunk: Chunk) -> tuple[Decoded, asyncio.CancelledError | None]:
    if len(chunk.data) <= THREAD_BYTES:
        return decoder.feed(chunk.data, chunk.received_us), None
    decoding = asyncio.ensure_future(asyncio.to_thread(decoder.feed, chunk.data, chunk.received_us))
    try:
        return await asyncio.shield(decoding), None
    except asyncio.CancelledError as error:
        # The thread cannot be stopped, and nobody else may use the decoder while it runs.
        await asyncio.wait([decoding])
        return decoding.result(), error
