"""MQTT: every alert as JSON, and each zone as a binary sensor that Home Assistant finds by itself.

Below ``topic`` (``nofly``): ``alert`` (each notice, not retained), ``status`` (``online``, ``offline``: also
where nothing is monitored or the connection broke, by the broker's last will), ``zone/<name>/state`` and
``zone/<name>/attributes``. All at least once (QoS 1); a notice holds its key. Needs the extra ``mqtt``.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nofly.alerts import _homeassistant as homeassistant
from nofly.alerts._channel import Channel, Clock, Condition, Notice, Outcome, later, told
from nofly.errors import ConfigError, PluginError
from nofly.plugins.limits import check_host, check_times
from nofly.plugins.reasons import reason
from nofly.plugins.secrets import check_secret, secret, tls_context
from nofly.zones.model import Zone

if TYPE_CHECKING:
    from aiomqtt import Client

NAME = "mqtt"
STATEFUL = True
PER_MINUTE = None
_WILD = frozenset("+#\0")
SWEEP_S = 2.0
"""Longest that is waited for what is retained: alerts wait meanwhile."""
_REFUSED = 128
"""The least of the codes of MQTT 3.1.1, section 3.9.3, and 5.0, section 2.4, that say no."""


@dataclass(frozen=True, slots=True)
class OPTIONS:
    """Which broker. Raises ConfigError for a value that cannot be."""

    host: str = ""
    port: int | None = None
    """None: 8883 with TLS, else 1883."""
    tls: bool = False
    user: str | None = None
    password: str | None = None
    """``env:NAME``."""
    topic: str = "nofly"
    """What every topic begins with; of several watches at one broker each has its own."""
    discovery: str | None = "homeassistant"
    """Home Assistant's discovery prefix; empty: no discovery."""
    timeout_s: float = 10.0
    """Most time to connect, and to publish one message."""
    alive_s: float = 30.0
    """How often the status is told."""
    ca_file: str | None = None
    """Certificates to trust instead of the system's."""

    def __post_init__(self) -> None:
        check_host(self.host, self.port or 1)
        check_times(timeout_s=self.timeout_s, alive_s=self.alive_s)
        check_secret("password", self.password)
        if self.password is not None and self.user is None:
            raise ConfigError("a password without a user", expected="user and password")
        for name, topic in (("topic", self.topic), ("discovery", self.discovery or "x")):
            if not topic.strip("/") or topic[0] in "/$" or set(topic) & _WILD or not topic.isprintable():
                raise ConfigError(f"option {name} is no topic", expected="such as nofly, without + and #")


def channel(options: OPTIONS, source: str, clock: Clock) -> Channel:
    """Return the channel; PluginError without aiomqtt, ConfigError where a secret is not set or ``ca_file``
    is not there."""
    try:
        import aiomqtt
    except ImportError as error:
        raise PluginError(f"{source}: MQTT needs aiomqtt: pip install 'nofly[mqtt]'") from error
    if options.password is not None:
        secret(options.password)
    if options.tls:
        tls_context(options.ca_file)
    return _Broker(options, (aiomqtt.MqttError, OSError, ValueError))


class _Broker(Channel):
    def __init__(self, options: OPTIONS, errors: tuple[type[Exception], ...]) -> None:
        self.beat_s = options.alive_s
        self._options, self._errors = options, errors
        self._client: Client | None = None
        self._zones: dict[str, Zone] = {}
        self._gone: set[str] = set()
        """Names of zones whose sensors are to be taken away."""
        self._is_watching = self._is_swept = self._is_shown = False
        self._held: dict[str, dict[str, Notice]] = {}
        """By zone: the last notice of each thread that is active."""
        self._condition = Condition()

    def __repr__(self) -> str:
        return f"mqtt {self._options.host}"

    async def watch(self, zones: Sequence[Zone], standing: Sequence[Notice]) -> None:
        """Announce a sensor for each zone and take away those of zones that are watched no more."""
        watched = {zone.id: zone for zone in zones}
        self._held = {}
        for notice in standing:
            if notice.zone_id in watched:
                self._keep(notice)
        for zone_id in self._zones.keys() - watched.keys():
            self._gone.add(homeassistant.object_id(zone_id))
        self._gone -= {homeassistant.object_id(zone_id) for zone_id in watched}
        self._zones, self._is_watching, self._is_shown = watched, True, False
        async with self._connected():
            pass

    async def tell(self, notice: Notice) -> Outcome:
        """Publish the notice, and the state of its zone."""
        self._keep(notice)
        try:
            async with self._connected() as client:
                if notice.zone_id in self._zones:
                    await self._show(client, notice.zone_id)
                await self._publish(client, "alert", homeassistant.encoded(notice.plain()), retain=False)
        except OSError as error:
            return later(reason(error))
        return told()

    async def beat(self, condition: Condition) -> None:
        """Tell whether zones are monitored at all."""
        self._condition = condition
        async with self._connected() as client:
            await self._publish(client, "status", self._status())

    async def reach(self) -> str:
        """Connect with the credentials there are; nothing is published."""
        try:
            async with self._made():
                return f"{self._options.host} takes the connection; nothing was told"
        except self._errors as error:
            raise self._said(error) from error

    async def aclose(self) -> None:
        """Say that nothing is monitored any more, and disconnect."""
        client = self._client
        if client is not None:
            with suppress(Exception):
                await self._publish(client, "status", b"offline")
            await self._disconnect()

    def _status(self) -> bytes:
        # A sensor that says OFF while nothing is monitored would be believed.
        return b"online" if self._condition.monitored else b"offline"

    def _keep(self, notice: Notice) -> None:
        if notice.zone_id is None or notice.active is None:
            return
        held = self._held.setdefault(notice.zone_id, {})
        held.pop(notice.thread, None)
        if notice.active:
            held[notice.thread] = notice

    async def _show_all(self, client: Client) -> None:
        options = self._options
        if self._is_watching and not self._is_swept:
            await self._sweep(client)
        for name in sorted(self._gone):
            await self._take_away(client, name)
        self._gone.clear()
        for zone in self._zones.values():
            if options.discovery:
                found = homeassistant.discovery(zone, options.topic, self._identity)
                name = self._config(homeassistant.object_id(zone.id))
                await client.publish(name, homeassistant.encoded(found), qos=1, retain=True)
            await self._show(client, zone.id)
        await self._publish(client, "status", self._status())

    async def _sweep(self, client: Client) -> None:
        """Have taken away what a process before this one has left at the broker of zones that are watched no
        more: it would read ``OFF`` and be available for ever. Where nobody may read there, it stays."""
        topic = self._options.topic
        codes = await client.subscribe([(f"{topic}/zone/+/state", 1), (f"{topic}/status", 1)])
        if all(getattr(code, "value", code) < _REFUSED for code in codes):
            # What is retained comes before what is published afterwards.
            await self._publish(client, "status", b"offline")
            known = {homeassistant.object_id(zone_id) for zone_id in self._zones}
            with suppress(TimeoutError):
                async with asyncio.timeout(SWEEP_S):
                    async for message in client.messages:
                        if str(message.topic) == f"{topic}/status" and not message.retain:
                            break
                        parts = str(message.topic).removeprefix(f"{topic}/").split("/")
                        if parts[0] == "zone" and message.payload and parts[1] not in known:
                            self._gone.add(parts[1])
        await client.unsubscribe([f"{topic}/zone/+/state", f"{topic}/status"])
        self._is_swept = True

    async def _show(self, client: Client, zone_id: str) -> None:
        held = self._held.get(zone_id, {}).values()
        here = f"zone/{homeassistant.object_id(zone_id)}"
        known = homeassistant.encoded(homeassistant.attributes(zone_id, held))
        await self._publish(client, f"{here}/attributes", known)
        await self._publish(client, f"{here}/state", homeassistant.state(held).encode())

    async def _take_away(self, client: Client, name: str) -> None:
        if self._options.discovery:
            await client.publish(self._config(name), b"", qos=1, retain=True)
        for part in ("attributes", "state"):
            await self._publish(client, f"zone/{name}/{part}", b"")

    @property
    def _identity(self) -> str:
        return f"nofly_{homeassistant.object_id(self._options.topic)}"

    def _config(self, name: str) -> str:
        """Return the topic of the configuration of a sensor, by its name in topics."""
        return f"{self._options.discovery}/binary_sensor/{self._identity}_{name}/config"

    async def _publish(self, client: Client, name: str, payload: bytes, *, retain: bool = True) -> None:
        await client.publish(f"{self._options.topic}/{name}", payload, qos=1, retain=retain)

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[Client]:
        """Give the connection, made anew where there is none, once all is shown there; after an error, or
        when cut off, it is gone. Raises OSError in words fit to be shown."""
        try:
            if self._client is None:
                self._client, self._is_shown = self._made(), False
                await self._client.__aenter__()
            if not self._is_shown:
                await self._show_all(self._client)
                self._is_shown = True
            yield self._client
        except self._errors as error:
            await self._disconnect()
            raise self._said(error) from error
        except BaseException:
            await self._disconnect()
            raise

    def _said(self, error: Exception) -> OSError:
        """Return an error in words fit to be shown."""
        words = reason(error) if isinstance(error, OSError) else str(error) or type(error).__name__
        return ConnectionError(0, f"{self._options.host}: {words[:200]}")

    async def _disconnect(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            with suppress(Exception):
                async with asyncio.timeout(1.0):
                    await client.__aexit__(None, None, None)

    def _made(self) -> Client:
        import aiomqtt

        options = self._options
        return aiomqtt.Client(
            options.host, options.port or (8883 if options.tls else 1883), username=options.user,
            password=secret(options.password) if options.password else None, timeout=options.timeout_s,
            tls_context=tls_context(options.ca_file) if options.tls else None, logger=_quiet(),
            will=aiomqtt.Will(f"{options.topic}/status", b"offline", qos=1, retain=True),
        )  # fmt: skip


def _quiet() -> logging.Logger:
    """Return a log that goes nowhere: what fails is an outcome or an error, and not a line on the screen."""
    log = logging.Logger(NAME)
    log.addHandler(logging.NullHandler())
    return log
