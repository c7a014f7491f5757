"""Cursor on Target for TAK: alerts as points, zones as drawings, over UDP, TCP or TLS.

Over UDP nobody says that it came, so what holds is told again with every beat, before it grows stale. The
key stands in ``detail``, element ``__nofly``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from nofly.alerts import _cot_events as events
from nofly.alerts._channel import Channel, Clock, Condition, Notice, Outcome, later, never, told
from nofly.alerts._datagrams import MOST_BYTES, Datagrams
from nofly.errors import ConfigError
from nofly.plugins.limits import check_host, check_times
from nofly.plugins.reasons import placed, reason
from nofly.plugins.secrets import tls_context
from nofly.plugins.stream_connection import stream_connection
from nofly.plugins.web_connection import allowed
from nofly.zones.model import Zone

NAME = "cot"
STATEFUL = True
PER_MINUTE = None
TAKEN_OFF = "Not shown here any more. Last told:"


@dataclass(frozen=True, slots=True)
class OPTIONS:
    """Where to send. Raises ConfigError for a value that cannot be."""

    host: str = "239.2.3.1"
    """TAK's own multicast group unless said otherwise."""
    port: int = 6969
    protocol: str = "udp"
    """``udp``, ``tcp`` or ``tls``."""
    zones: bool = True
    """Whether zones are drawn."""
    alive_s: float = 60.0
    """How often zones and what holds are told again; they are stale after three times as long."""
    timeout_s: float = 10.0
    """Most time to connect or to send."""
    ttl: int = 1
    """Hops of multicast."""
    interface: str | None = None
    """Interface that multicast goes out of: its name, or its IPv4 address."""
    ca_file: str | None = None
    """Certificates to trust instead of the system's."""
    private: bool = False
    """True: over TCP or TLS also to an address of one's own network that a public name means."""
    link_local: bool = False
    """True: over TCP or TLS also to an address that is link-local or where a cloud serves its credentials."""

    def __post_init__(self) -> None:
        check_host(self.host, self.port)
        check_times(alive_s=self.alive_s, timeout_s=self.timeout_s)
        if self.protocol not in ("udp", "tcp", "tls"):
            raise ConfigError(f"option protocol is {self.protocol!r}", expected="udp, tcp or tls")
        if not 0 <= self.ttl < 256:
            raise ConfigError(f"option ttl is {self.ttl}", expected="0 to 255")


def channel(options: OPTIONS, source: str, clock: Clock) -> Channel:
    """Return the channel; see :mod:`nofly.alerts`. Raises ConfigError where ``ca_file`` is not there."""
    if options.protocol == "tls":
        tls_context(options.ca_file)
    return _Cot(options, clock)


class _Cot(Channel):
    def __init__(self, options: OPTIONS, clock: Clock) -> None:
        self.beat_s = options.alive_s
        self._options, self._clock = options, clock
        self._stale_s = 3.0 * options.alive_s
        self._datagrams = Datagrams(options.host, options.port, options.ttl, options.interface)
        self._stream: asyncio.StreamWriter | None = None
        self._drawings: dict[str, list[events.Drawing]] = {}
        """By zone."""
        self._held: dict[str, Notice] = {}

    async def watch(self, zones: Sequence[Zone], standing: Sequence[Notice]) -> None:
        """Draw the zones; those that are watched no more grow stale. Alerts that stand no more are over."""
        shown = {notice.thread: notice for notice in standing if notice.active}
        for thread in self._held.keys() - shown.keys():
            gone = self._held[thread]
            event = self._event(replace(gone, active=False, text=f"{TAKEN_OFF} {gone.text}"))
            if event is not None:
                await self._send(event)
            del self._held[thread]
        self._drawings = {}
        for zone in zones:
            self._drawings.setdefault(zone.id, []).extend(events.drawings(zone))
        self._held.update(shown)
        await self._repeat()

    async def tell(self, notice: Notice) -> Outcome:
        """Send an alert, or that it is over. A feed has no place and is not told here."""
        if notice.active is None:
            return told()
        event = self._event(notice)
        if event is None:
            return never("neither the target's place nor the zone is known")
        try:
            await self._send(event)
        except OSError as error:
            return later(f"{self._options.host}:{self._options.port}: {reason(error)}")
        self._held.pop(notice.thread, None)
        if notice.active:
            self._held[notice.thread] = notice
        return told()

    async def beat(self, condition: Condition) -> None:
        """Tell zones and what holds once more, before they grow stale."""
        await self._repeat()

    async def reach(self) -> str:
        """Connect, or open the socket; nothing is sent."""
        if self._options.protocol == "udp":
            return await self._datagrams.reach()
        place = f"{self._options.host}:{self._options.port}"
        try:
            async with asyncio.timeout(self._options.timeout_s):
                self._stream = await self._connected()
        except OSError as error:
            raise placed(place, error) from error
        return f"{place} answers; nothing was told"

    async def aclose(self) -> None:
        """Close what is open."""
        self._datagrams.close()
        self._hang_up()

    async def _repeat(self) -> None:
        if self._options.zones:
            for drawing in [one for each in self._drawings.values() for one in each]:
                await self._send(events.drawn(drawing, self._clock(), self._stale_s))
        for notice in list(self._held.values()):
            event = self._event(notice)
            if event is not None:
                await self._send(event)

    def _event(self, notice: Notice) -> bytes | None:
        now_us = self._clock()
        if notice.lat_deg is not None and notice.lon_deg is not None:
            place = (notice.lat_deg, notice.lon_deg)
            return events.alert(notice, place, True, now_us, self._stale_s)
        for drawing in self._drawings.get(notice.zone_id or "", ()):
            return events.alert(notice, drawing.place, False, now_us, self._stale_s)
        return None

    async def _send(self, event: bytes) -> None:
        if self._options.protocol == "udp":
            if len(event) > MOST_BYTES:
                raise OSError(0, "the event is longer than a datagram")
            await self._datagrams.send(event)
            return
        try:
            async with asyncio.timeout(self._options.timeout_s):
                stream = self._stream = self._stream or await self._connected()
                if stream.is_closing():
                    raise ConnectionResetError(0, "the server has closed the connection")
                stream.write(event + b"\n")
                await stream.drain()
        except BaseException:
            self._hang_up()
            raise

    async def _connected(self) -> asyncio.StreamWriter:
        options = self._options
        context = tls_context(options.ca_file) if options.protocol == "tls" else None
        wanted = allowed(options.host, options.private, options.link_local)
        _, writer = await stream_connection(options.host, options.port, wanted, context)
        return writer

    def _hang_up(self) -> None:
        stream, self._stream = self._stream, None
        if stream is not None:
            with suppress(Exception):
                stream.transport.abort()
