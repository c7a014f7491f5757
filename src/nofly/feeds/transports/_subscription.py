"""A subscription at an MQTT broker: what mqtt and mqtts share. Needs the extra ``mqtt``."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from nofly.errors import ConfigError, FeedError, PluginError
from nofly.feeds.feed_url import host_and_port
from nofly.feeds.receiving import Chunk, Clock
from nofly.plugins.limits import check_sizes, check_times
from nofly.plugins.secrets import check_secret, secret

if TYPE_CHECKING:
    from aiomqtt import Message

_PORTS = {"mqtt": 1883, "mqtts": 8883}


@dataclass(frozen=True, slots=True)
class SubscriptionOptions:
    """How to subscribe. Raises ConfigError for a value that cannot be."""

    user: str | None = None
    password: str | None = None
    """``env:NAME``."""
    qos: int = 0
    """0, 1 or 2."""
    client_id: str | None = None
    """None lets the library invent one."""
    timeout_s: float = 10.0
    """Most time to connect and to subscribe."""
    keepalive_s: int = 30
    """A broker that says nothing for half as long again is gone."""
    max_payload_bytes: int = 1 << 20
    """A longer payload is lost."""
    max_waiting: int = 1000
    """More payloads than so many that wait to be read are lost."""
    ca_file: str | None = None
    """Certificates to trust instead of the system's."""

    def __post_init__(self) -> None:
        check_times(timeout_s=self.timeout_s, keepalive_s=self.keepalive_s)
        check_sizes(max_payload_bytes=self.max_payload_bytes, max_waiting=self.max_waiting)
        check_secret("password", self.password)
        if self.qos not in (0, 1, 2):
            raise ConfigError(f"option qos is {self.qos}", expected="0, 1 or 2")
        if self.password is not None and self.user is None:
            raise ConfigError("a password without a user", expected="user and password")


async def subscribe(url: str, options: SubscriptionOptions, clock: Clock) -> AsyncGenerator[Chunk, None]:
    """Return one payload a chunk of all topics that match, without the empty ones, which clear a topic."""
    try:
        import aiomqtt
    except ImportError as error:
        raise PluginError(f"{url}: MQTT needs aiomqtt: pip install 'nofly[mqtt]'") from error
    scheme = url.partition(":")[0]
    host, port, path = host_and_port(url, _PORTS[scheme])
    topic = unquote(path.removeprefix("/"))
    if not topic:
        raise ConfigError("no topic", source=url, expected=f"{scheme}://host/topic/#")
    queue, lost_before = _counting(options), 0
    client = aiomqtt.Client(
        host, port, username=options.user, password=secret(options.password) if options.password else None,
        identifier=options.client_id, timeout=options.timeout_s, keepalive=options.keepalive_s,
        queue_type=queue, max_queued_incoming_messages=options.max_waiting,
        tls_context=_context(options) if scheme == "mqtts" else None,
    )  # fmt: skip
    opened = True
    try:
        async with client:
            await client.subscribe(topic, qos=options.qos)
            async for message in client.messages:
                lost, lost_before = queue.lost - lost_before, queue.lost
                yield Chunk(bytes(message.payload), clock(), opened, lost)
                opened = False
    except (aiomqtt.MqttError, OSError, UnicodeError, ValueError) as error:
        raise FeedError(f"{url}: {str(error)[:200] or type(error).__name__}") from error
    raise FeedError(f"{url}: the broker has closed the connection")


def _counting(options: SubscriptionOptions) -> Any:
    """Return a queue type that takes no payload too long and none when full, and counts them in ``lost``."""

    class Waiting(asyncio.Queue[Any]):
        lost = 0

        def put_nowait(self, message: Message) -> None:
            size_bytes = len(message.payload)
            if size_bytes > options.max_payload_bytes or self.full():
                Waiting.lost += 1
            elif size_bytes:
                super().put_nowait(message)

    return Waiting


def _context(options: SubscriptionOptions) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=options.ca_file)
    except OSError as error:
        raise ConfigError(f"ca_file {options.ca_file}: {error}", expected="a file of certificates") from error
