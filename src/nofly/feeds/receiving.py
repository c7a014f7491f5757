"""What a transport of a live feed is: where bytes come from, and nothing else.

A transport knows nothing of what the bytes mean. It is a plugin of the kind ``nofly.feeds.transports`` (see
:mod:`nofly.plugins`), chosen by the second word of a feed's URL: ``tcp`` in ``beast+tcp://host:30005``.

``receive(url, options, clock)`` returns an asynchronous iterator over the :class:`Chunk` of *one* connection.
It ends where no more can ever come (standard input), and raises FeedError where the connection fails, is
closed or stalls: whoever holds it tells the decoder ``finish()``, waits as :mod:`nofly.feeds.reconnection`
says and calls ``receive`` again. It raises ConfigError for a URL or option that can never work. What it holds
in memory is bounded, and ``aclose()`` gives every socket and file back. No secret is in any error.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from typing import Any, NamedTuple, Protocol

from nofly.errors import ConfigError
from nofly.feeds.decoding import STREAM

Clock = Callable[[], int]
"""Returns the time now, in microseconds UTC."""


class Chunk(NamedTuple):
    """Bytes as they came, never none.

    ``opened`` marks the first of a connection: before it is decoded, a decoder that has read an earlier one
    is told ``finish()``. ``lost`` counts the messages known to have been lost since the chunk before: dropped
    by the operating system because nobody fetched them in time, or longer than is taken.
    """

    data: bytes
    received_us: int
    opened: bool
    lost: int = 0


class Transport(Protocol):
    """What a transport's module defines at its top."""

    NAME: str
    OPTIONS: type[Any]
    """A frozen dataclass with a default for every option; raises ConfigError for a value that cannot be."""
    WHOLE: bool
    """Whether each chunk is one whole message: a datagram, a body, a payload, a file."""

    @staticmethod
    def receive(url: str, options: Any, clock: Clock) -> AsyncGenerator[Chunk, None]:
        """Return the chunks of one connection to ``url`` (``tcp://host:30005``)."""


def finish_each(framing: str, whole: bool) -> bool:
    """Return whether a decoder of ``framing`` is told ``finish()`` after every chunk.

    So it is where a decoder of a stream gets whole messages (lines of JSON over MQTT): no record reaches from
    one into the next. Raises ConfigError where a decoder needs whole messages and the transport has none.
    """
    if framing != STREAM and not whole:
        raise ConfigError(f"the transport is a stream and the decoder reads a {framing} at a time")
    return framing == STREAM and whole
