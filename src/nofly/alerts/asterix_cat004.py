"""Safety net messages of ASTERIX category 004 over UDP: warnings, their end, and that the watch is alive."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from nofly.alerts import _cat004 as cat004
from nofly.alerts._channel import Channel, Clock, Condition, Notice, Outcome, Urgency, later, told
from nofly.alerts._datagrams import Datagrams
from nofly.errors import ConfigError
from nofly.plugins.limits import check_host, check_times
from nofly.plugins.reasons import reason
from nofly.units import US_PER_S
from nofly.zones.model import Zone

NAME = "asterix_cat004"
STATEFUL = True
PER_MINUTE = None
_STATUS = {
    "predicted": cat004.PREDICTED, "infringing": cat004.INFRINGING, "undetermined": cat004.UNDETERMINED,
    "lost-inside": cat004.LOST,
}  # fmt: skip
_BAROMETRIC = ("STD", "AMSL")
_NUMBERS = 1 << 16


@dataclass(frozen=True, slots=True)
class OPTIONS:
    """Where to send, and who says so. Raises ConfigError for a value that cannot be."""

    host: str = ""
    """Address or name; a multicast group too."""
    port: int = 8600
    sac: int = 0
    """System area code of this server (I004/010)."""
    sic: int = 0
    """System identification code of this server."""
    alive_s: float = 5.0
    """How often it says that it is alive, and repeats every warning that holds."""
    ttl: int = 1
    """Hops of multicast."""
    interface: str | None = None
    """Interface that multicast goes out of: its name, or its IPv4 address."""

    def __post_init__(self) -> None:
        check_host(self.host, self.port)
        check_times(alive_s=self.alive_s)
        if not (0 <= self.sac < 256 and 0 <= self.sic < 256 and 0 <= self.ttl < 256):
            raise ConfigError("option sac, sic or ttl", expected="0 to 255")


def channel(options: OPTIONS, source: str, clock: Clock) -> Channel:
    """Return the channel; see :mod:`nofly.alerts`."""
    return _SafetyNet(options, clock)


@dataclass(slots=True)
class _Open:
    """A warning that holds: its number, since when, and its last notice."""

    alert: int
    since_us: int
    notice: Notice


class _SafetyNet(Channel):
    def __init__(self, options: OPTIONS, clock: Clock) -> None:
        self.beat_s = options.alive_s
        self._options, self._clock = options, clock
        self._datagrams = Datagrams(options.host, options.port, options.ttl, options.interface)
        self._open: dict[str, _Open] = {}
        self._condition = Condition()

    async def watch(self, zones: Sequence[Zone], standing: Sequence[Notice]) -> None:
        """Take the warnings that hold; they are repeated with the next beat. The others are over."""
        held = {notice.thread for notice in standing if notice.active}
        for thread in self._open.keys() - held:
            await self._send([self._end(self._open[thread], self._clock())])
            del self._open[thread]
        for notice in standing:
            if notice.active:
                self._taken(notice)

    async def tell(self, notice: Notice) -> Outcome:
        """Send a warning or its end; of a feed, how the watch is."""
        now_us = self._clock()
        try:
            if notice.active:
                await self._send([self._warning(self._taken(notice), now_us)])
            elif notice.active is None:
                await self._send([self._alive(now_us)])
            elif notice.thread in self._open or notice.kind != "closed":
                # Of a warning that a process before this one sent, too: it had the same number.
                await self._send([self._end(self._taken(notice), now_us)])
                del self._open[notice.thread]
        except OSError as error:
            return later(f"{self._options.host}:{self._options.port}: {reason(error)}")
        return told()

    async def beat(self, condition: Condition) -> None:
        """Say that the watch is alive, and how it is; repeat every warning that holds."""
        self._condition, now_us = condition, self._clock()
        records = [self._alive(now_us), *(self._warning(one, now_us) for one in self._open.values())]
        await self._send(records)

    async def reach(self) -> str:
        """Open the socket; nothing is sent."""
        return await self._datagrams.reach()

    async def aclose(self) -> None:
        """Close the socket."""
        self._datagrams.close()

    async def _send(self, records: Sequence[bytes]) -> None:
        for block in cat004.blocks(records):
            await self._datagrams.send(block)

    def _taken(self, notice: Notice) -> _Open:
        known = self._open.get(notice.thread)
        if known is None:
            used = {one.alert for one in self._open.values()}
            since_us = notice.time_us if notice.begun_us is None else notice.begun_us
            known = _Open(_number(notice.thread, used), since_us, notice)
            self._open[notice.thread] = known
        known.notice = notice
        return known

    def _alive(self, now_us: int) -> bytes:
        options, condition = self._options, self._condition
        return cat004.alive(
            options.sac, options.sic, now_us, running=condition.monitored, degraded=condition.degraded
        )

    def _warning(self, one: _Open, now_us: int) -> bytes:
        return cat004.warning(self._options.sac, self._options.sic, now_us, _conflict(one, now_us))

    def _end(self, one: _Open, now_us: int) -> bytes:
        return cat004.end(self._options.sac, self._options.sic, now_us, _conflict(one, now_us, ended=True))


def _conflict(one: _Open, now_us: int, *, ended: bool = False) -> cat004.Conflict:
    notice = one.notice
    status = cat004.PREDICTED if notice.kind == "predicted" else _STATUS.get(notice.phase or "", 0)
    entry_us = notice.predicted_entry_us if status == cat004.PREDICTED else None
    barometric = notice.height_datum in _BAROMETRIC
    return cat004.Conflict(
        alert=one.alert, track=_track(notice.target_id or ""), status=cat004.ENDED if ended else status,
        area=notice.zone_id or notice.zone_name or "", severe=notice.urgency is Urgency.ALARM,
        duration_s=(now_us - one.since_us) / US_PER_S, callsign=notice.callsign, squawk=notice.squawk,
        to_conflict_s=None if entry_us is None else (entry_us - now_us) / US_PER_S,
        lat_deg=notice.lat_deg, lon_deg=notice.lon_deg, height_m=notice.height_m if barometric else None,
    )  # fmt: skip


def _track(target_id: str) -> int:
    """Return the number of a system track (``asterix:025/010/1234``); of another target a number made of its
    name, that stays the same."""
    number = target_id.rpartition("/")[2] if target_id.startswith("asterix:") else ""
    if number.isascii() and number.isdigit() and len(number) <= 5 and int(number) < _NUMBERS:
        return int(number)
    return _number(target_id, set())


def _number(name: str, used: set[int]) -> int:
    """Return 16 bits made of a name, the next that is free: the same after a restart."""
    number = int.from_bytes(hashlib.sha256(name.encode("utf-8", "replace")).digest()[:2], "big")
    while number in used and len(used) < _NUMBERS:
        number = (number + 1) % _NUMBERS
    return number
