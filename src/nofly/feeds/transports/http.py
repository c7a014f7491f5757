"""HTTP: a document polled, one body a chunk; conditional requests (RFC 9110, section 13)."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from nofly.feeds.receiving import Chunk, Clock
from nofly.feeds.transports._polling import PollOptions, poll

NAME = "http"
WHOLE = True
OPTIONS = PollOptions


def receive(url: str, options: PollOptions, clock: Clock) -> AsyncGenerator[Chunk, None]:
    """Return the bodies of ``http://host/path``, polled; see :mod:`nofly.feeds.receiving`."""
    return poll(url, options, clock)
