"""Who sends what: puts Open Drone ID locations and ids together, by transmitter, to rows of positions.

Over Bluetooth 4 an id comes in one message and a place in another, so what each transmitter's address has
said of itself is kept, for a time. What came in one pack goes before it. Where an operator stands, and who
that is, is not kept: a row says of the aircraft alone.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from nofly.errors import Finding, Severity
from nofly.feeds.decoders import _odid as odid
from nofly.feeds.decoders._odid import BasicId, Location
from nofly.feeds.faults import (
    POSITION_MISSING,
    POSITION_REPEATED,
    Fault,
    Tally,
    position_fault,
)
from nofly.feeds.rows import Rows
from nofly.schema import Positions

IDENTITY_AGE_US = 300_000_000
"""An id counts for its address so long after it was last heard; it is sent at least every 3 s (F3411-22a)."""
MOST_SENDERS = 20_000
MOST_TARGETS = 20_000
"""Past these the one heard of longest ago is forgotten."""
LATE_US, EARLY_US = 600_000_000, 60_000_000
"""A report's own time is believed so far before and after it was received."""
APART_M, FASTEST_MPS = 200.0, 100.0
"""Two transmitters of one id that are further apart than this, and than this speed explains, are two."""
MOST_ID_TEXT = 64

ID_CHANGED = Fault("id-changed", "a transmitter that has changed its id", Severity.WARNING)
ID_OF_TWO_SENDERS = Fault(
    "id-of-two-senders", "two transmitters with one id, too far apart to be one aircraft", Severity.WARNING
)
ID_UNUSUAL = Fault("id-unusual", "id with characters that ids do not have: shown as %XX", Severity.WARNING)
ID_UNKNOWN = Fault("id-unknown", "position without an id: named by the transmitter's address", Severity.INFO)
SENDER_UNKNOWN = Fault("sender-unknown", "position with neither an id nor a transmitter's address")
EMERGENCY_DECLARED = Fault("emergency-declared", "report that declares an emergency", Severity.WARNING)
HEIGHT_ABOVE_TAKEOFF = Fault(
    "height-above-takeoff", "height above the take-off point, not above ground: left out", Severity.INFO
)
HEIGHT_ABOVE_WHAT = Fault(
    "height-reference-unknown", "height that does not say above what: left out", Severity.INFO
)
TIME_DOUBTED = Fault(
    "position-time-doubted",
    "time of position more than 10 min before or 1 min after it was received: the time received is used",
    Severity.WARNING,
)
TIME_OF_RECEPTION = Fault(
    "time-of-reception", "position without a time of its own: the time received is used", Severity.INFO
)

_HOUR_US, _TENTH_US = 3_600_000_000, 100_000
_PLAIN = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._/+#@()")
_RANKS = {odid.SERIAL: 0, odid.SESSION_ID: 1, odid.UTM: 2, odid.REGISTRATION: 3}


class Reception(NamedTuple):
    """When and where a message came: ``seen_us`` when a receiver heard it (the time of a recording, or that
    ``received_us``), the offset of its record, what to call that, and the receiver's name."""

    seen_us: int
    received_us: int
    raw: int
    locator: str
    station: str | None = None


@dataclass(slots=True)
class _Sender:
    """Ids by kind, each with when it was last heard."""

    ids: dict[int, tuple[int, BasicId]] = field(default_factory=dict)


class _Last(NamedTuple):
    """The last report of a target."""

    address: str
    same: Hashable
    time_us: int
    lat_deg: float
    lon_deg: float


class Senders:
    """Collects rows and findings. Memory is bounded by :data:`MOST_SENDERS` and :data:`MOST_TARGETS`."""

    def __init__(self, source: str) -> None:
        self.tally = Tally(source)
        self._rows = Rows()
        self._senders: OrderedDict[str, _Sender] = OrderedDict()
        self._targets: OrderedDict[str, _Last] = OrderedDict()

    def take(self) -> tuple[Positions, list[Finding]]:
        """Return the rows and findings since the last call."""
        return self._rows.take(), self.tally.take()

    def identify(self, address: str, ident: BasicId, got: Reception) -> None:
        """Remember an id for the address that sent it; ``""`` is no address."""
        if not address or not usable(ident):
            return
        sender = self._senders.pop(address, None) or _Sender()
        known = sender.ids.get(ident.kind)
        if known is not None and known[1].data != ident.data and not _expired(known[0], got.seen_us):
            self.tally.add(ID_CHANGED, got.locator)
        sender.ids[ident.kind] = (got.seen_us, ident)
        self._senders[address] = sender
        if len(self._senders) > MOST_SENDERS:
            self._senders.popitem(last=False)

    def locate(
        self,
        address: str,
        location: Location,
        got: Reception,
        beside: Sequence[BasicId] = (),
        same: Hashable = None,
    ) -> Fault | None:
        """Add the row of a location; return why it is none.

        ``beside`` are the ids that came with it, ``same`` is the message itself: told once more it is the
        same report, where it has a time of its own.
        """
        if location.lat_deg is None or location.lon_deg is None:
            return POSITION_MISSING
        ident = self._ident(address, beside, got.seen_us)
        if ident is None and not address:
            return SENDER_UNKNOWN
        target = target_of(ident) if ident is not None else f"rid:address:{address}"
        time_us, doubt = time_of(location, got.seen_us)
        fault = position_fault(time_us, location.lat_deg, location.lon_deg)
        if fault is not None:
            return fault
        last = self._targets.get(target)
        timed = location.tenths is not None or location.time_us is not None
        if last is not None and timed and same is not None and last.same == same:
            self._targets.move_to_end(target)
            return POSITION_REPEATED
        report = _Last(address, same, time_us, location.lat_deg, location.lon_deg)
        self._say(location, ident, doubt, last, report, got.locator)
        self._targets.pop(target, None)
        self._targets[target] = report
        if len(self._targets) > MOST_TARGETS:
            self._targets.popitem(last=False)
        values = _values(location, ident)
        values |= {"received_us": got.received_us, "raw": got.raw, "station": got.station}
        self._rows.add(time_us, target, location.lat_deg, location.lon_deg, values)
        return None

    def _ident(self, address: str, beside: Sequence[BasicId], seen_us: int) -> BasicId | None:
        """Return the id to name a transmitter by: of those beside its place, else of those it has sent."""
        found = [ident for ident in beside if usable(ident)]
        sender = self._senders.get(address) if address and not found else None
        if sender is not None:
            self._senders.move_to_end(address)
            found = [ident for at, ident in sender.ids.values() if not _expired(at, seen_us)]
        return min(found, key=lambda ident: _RANKS[ident.kind], default=None)

    def _say(
        self, location: Location, ident: BasicId | None, doubt: Fault | None, last: _Last | None, now: _Last,
        locator: str,
    ) -> None:  # fmt: skip
        """Count what else is to be said of a row."""
        if doubt is not None:
            self.tally.add(doubt, locator)
        if ident is None:
            self.tally.add(ID_UNKNOWN, locator)
        elif "%" in target_of(ident):
            self.tally.add(ID_UNUSUAL, locator)
        if location.status == odid.EMERGENCY:
            self.tally.add(EMERGENCY_DECLARED, locator)
        if location.height_m is not None and location.above_ground is False:
            self.tally.add(HEIGHT_ABOVE_TAKEOFF, locator)
        if location.height_m is not None and location.above_ground is None:
            self.tally.add(HEIGHT_ABOVE_WHAT, locator)
        if last is not None and last.address != now.address and _apart(last, now):
            self.tally.add(ID_OF_TWO_SENDERS, locator)


def usable(ident: BasicId) -> bool:
    """Whether an id names anything: of a kind that is known, and not empty."""
    return ident.kind in _RANKS and bool(ident.data.strip(b"\0 "))


def target_of(ident: BasicId) -> str:
    """Return the target id: ``rid:<serial number>``, ``rid:sid:<hex>``, ``rid:utm:<uuid>``,
    ``rid:caa:<registration>``. Distinct ids stay distinct; what is no plain letter is written %XX."""
    if ident.kind == odid.SESSION_ID:
        return f"rid:sid:{ident.data.rstrip(bytes(1)).hex()}"
    if ident.kind == odid.UTM:
        digits = ident.data[:16].hex()
        return f"rid:utm:{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
    text = plain(ident.data.rstrip(b"\0 "))
    return f"rid:caa:{text}" if ident.kind == odid.REGISTRATION else f"rid:{text}"


def plain(data: bytes) -> str:
    """Return bytes as text of letters, digits and ``-._/+#@()``; any other byte is written %XX."""
    return "".join(chr(byte) if byte in _PLAIN else f"%{byte:02X}" for byte in data[:MOST_ID_TEXT])


def time_of(location: Location, seen_us: int) -> tuple[int, Fault | None]:
    """Return the time of a location, and what is to be said of it: its tenths of the hour that is nearest to
    when it was received."""
    if location.time_us is not None:
        past_us = location.time_us - seen_us
    elif location.tenths is not None:
        past_us = location.tenths * _TENTH_US - seen_us % _HOUR_US
        past_us = (past_us + _HOUR_US // 2) % _HOUR_US - _HOUR_US // 2
    else:
        return seen_us, TIME_OF_RECEPTION
    if not -LATE_US <= past_us <= EARLY_US:
        return seen_us, TIME_DOUBTED
    return seen_us + past_us, None


def _values(location: Location, ident: BasicId | None) -> dict[str, float | int | str | None]:
    """Return the optional columns of a row. The height's error is that of the ellipsoidal height where there
    is one, else of the pressure altitude."""
    hae, std = location.alt_hae_m, location.alt_std_m
    unmanned = ident is not None and ident.aircraft not in (0, odid.GROUND_OBSTACLE)
    return {
        "alt_hae_m": hae,
        "alt_std_m": std,
        "alt_agl_m": location.height_m if location.above_ground else None,
        "alt_err_m": location.hae_err_m
        if hae is not None
        else location.std_err_m
        if std is not None
        else None,
        "pos_err_m": location.pos_err_m,
        "gs_mps": location.gs_mps,
        "track_deg": location.track_deg,
        "vrate_mps": location.vrate_mps,
        "on_ground": {odid.GROUND: 1, odid.AIRBORNE: 0}.get(location.status or 0),
        "category": "B6" if unmanned else None,
        "source": "remote-id",
    }


def _expired(heard_us: int, now_us: int) -> bool:
    return abs(now_us - heard_us) > IDENTITY_AGE_US


def _apart(one: _Last, other: _Last) -> bool:
    """Whether one aircraft cannot have been at both places; on a sphere, which is near enough for that."""
    north = (other.lat_deg - one.lat_deg) * 111_195.0
    east = ((other.lon_deg - one.lon_deg + 180.0) % 360.0 - 180.0) * 111_195.0
    east *= math.cos(math.radians((one.lat_deg + other.lat_deg) / 2.0))
    elapsed_s = abs(other.time_us - one.time_us) * 1e-6
    return math.hypot(north, east) > APART_M + FASTEST_MPS * elapsed_s
