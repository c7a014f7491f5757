"""MQTT over TLS: what a broker hands on, one payload a chunk (Remote ID receivers)."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from nofly.feeds.receiving import Chunk, Clock
from nofly.feeds.transports._subscription import SubscriptionOptions, subscribe

NAME = "mqtts"
WHOLE = True
OPTIONS = SubscriptionOptions


def receive(url: str, options: SubscriptionOptions, clock: Clock) -> AsyncGenerator[Chunk, None]:
    """Return the payloads of ``mqtts://host/topic`` (or a filter); see :mod:`nofly.feeds.receiving`."""
    return subscribe(url, options, clock)
