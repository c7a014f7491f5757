"""Mode S messages to positions: what each aircraft last said, kept by aircraft, and its places.

Positions come in extended squitter (DF17, and DF18 of ground stations and of what has no transponder);
callsign, velocity and status come in others of its messages, altitude and squawk in replies to radars too,
so the last of each is kept for a time. A reply's parity carries the address and cannot be checked, so a
reply counts only for an address that a checked message has told. A row is never changed once returned: a
report that cannot be resolved yet is counted, not filled in later. Source: ICAO Annex 10 vol. IV § 3.1.2,
Doc 9871 appendix C.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from nofly.errors import Finding, Severity
from nofly.feeds.decoders._cpr import Cpr, Place
from nofly.feeds.decoders._cpr_track import SURFACE_FAST_MPS, CprTrack
from nofly.feeds.decoders._modes_fields import (
    LONG_BYTES,
    Fields,
    SquitterFields,
    altitude_m,
    altitude_of_squitter_m,
    containment_m,
    message_bytes,
    nic,
    remainders,
    squawk,
)
from nofly.feeds.faults import ADDRESS_INVALID, NOT_A_POSITION, TIME_INVALID, Fault, Tally, position_fault
from nofly.feeds.rows import Rows
from nofly.feeds.texts import target_of
from nofly.feeds.times import LATEST_US
from nofly.schema import Positions
from nofly.tracks.quality import EPU_M

ALTITUDE_AGE_US = 5_000_000
"""An altitude from another message is taken for a position at most so long after."""
DIFFERENCE_AGE_US = 10_000_000
VELOCITY_AGE_US = 30_000_000
STATUS_AGE_US = 60_000_000
IDENTITY_AGE_US = 600_000_000
MOST_AIRCRAFT = 100_000
"""Aircraft whose last values are kept; past it the one heard of longest ago is forgotten."""

FRAME_INVALID = Fault("frame-invalid", "not a Mode S message of 7 or 14 bytes")
PARITY_WRONG = Fault("parity-wrong", "message whose parity is wrong")
POSITION_COARSE = Fault("position-coarse", "coarse position of TIS-B: not decoded")
FIELDS_UNREAD = Fault("fields-unread", "message whose fields cannot be decoded", Severity.WARNING)

_KNOWN = frozenset((0, 4, 5, 11, 16, 17, 18, 19, 20, 21, *range(24, 32)))
_ALTITUDES, _IDENTITIES = frozenset((0, 4, 16, 20)), frozenset((5, 21))
_SAYING = frozenset((1, 2, 3, 4, 5, 6, 7, 8, 19, 28, 31))
_SURFACE = frozenset((5, 6, 7, 8))
_AIRBORNE = frozenset((*range(9, 19), 20, 21, 22))
_AGES_US = {
    "callsign": IDENTITY_AGE_US, "category": IDENTITY_AGE_US, "squawk": IDENTITY_AGE_US,
    "gs_mps": VELOCITY_AGE_US, "track_deg": VELOCITY_AGE_US, "vrate_mps": VELOCITY_AGE_US,
    "nac_p": STATUS_AGE_US, "sil": STATUS_AGE_US,
}  # fmt: skip
_MOVING = ("gs_mps", "track_deg", "vrate_mps")


class ModesMessage(NamedTuple):
    """One message as received: its bytes (7 or 14), its time (None: not known), its number in the source (for
    the locator), its offset in the raw capture (-1: not known), and whether multilateration made it."""

    data: bytes
    time_us: int | None
    number: int
    raw: int = -1
    mlat: bool = False
    received_us: int | None = None


@dataclass(slots=True)
class _Aircraft:
    """Last value and time of what an aircraft said, and its track."""

    target: str
    source: str
    values: dict[str, tuple[int, Any]] = field(default_factory=dict)
    track: CprTrack = field(default_factory=CprTrack)
    tells_ground: bool = False

    def recent(self, name: str, now_us: int, age_us: int) -> Any:
        known = self.values.get(name)
        return known[1] if known is not None and 0 <= now_us - known[0] <= age_us else None


class ModesDecoder:
    """Turns Mode S messages into positions. How they are cut into calls makes no difference.

    ``receiver`` is where the receiver stands (latitude, longitude): it resolves surface positions of aircraft
    not yet placed. ``unit`` is what a message is called in a locator. Raises ConfigError where rs1090 is
    not installed.
    """

    def __init__(
        self, source: str = "", receiver: tuple[float, float] | None = None, unit: str = "message"
    ) -> None:
        self._fields = SquitterFields(source)
        self._receiver = None if receiver is None else Place(*receiver)
        self._unit = unit
        self._aircraft: dict[tuple[int, str], _Aircraft] = {}
        self._rows = Rows()
        self._tally = Tally(source)

    def feed(self, messages: Sequence[ModesMessage]) -> tuple[Positions, list[Finding]]:
        """Return the positions among the messages, in their order, and findings that count the others."""
        plain = [message_bytes(m.data) for m in messages]
        padded = b"".join([data.rjust(LONG_BYTES, b"\0") for data in plain])
        frames = np.frombuffer(padded, np.uint8).reshape(-1, LONG_BYTES)
        rests = remainders(frames).tolist()
        said = self._said(plain, rests)
        for index, message in enumerate(messages):
            fault = self._message(message, plain[index], rests[index], said.get(index))
            if fault is not None:
                self._tally.add(fault, f"{self._unit} {message.number}")
        return self._rows.take(), self._tally.take()

    def forget_tracks(self) -> None:
        """Forget where aircraft were: for a source whose clock was set anew."""
        for aircraft in self._aircraft.values():
            aircraft.track = CprTrack()

    def _said(self, plain: Sequence[bytes], rests: Sequence[int]) -> dict[int, Fields | None]:
        """Return the fields of the extended squitters that say something besides a position, by place."""
        wanted = [
            i
            for i, data in enumerate(plain)
            if not rests[i] and data and data[0] >> 3 in (17, 18) and data[4] >> 3 in _SAYING
        ]
        return dict(zip(wanted, self._fields.read([plain[i] for i in wanted]), strict=True))

    def _message(self, message: ModesMessage, data: bytes, rest: int, said: Fields | None) -> Fault | None:
        """Take one message; return why it is no row, None where it is one."""
        kind = data[0] >> 3 if data else -1
        kind = 24 if kind > 24 else kind
        if kind not in _KNOWN:
            return FRAME_INVALID
        if kind in (17, 18) and rest:
            return PARITY_WRONG
        time_us = message.time_us
        if time_us is None or not 0 < time_us < LATEST_US:
            return TIME_INVALID
        if kind in (17, 18):
            return self._squitter(message, time_us, said)
        code = (data[2] & 0x1F) << 8 | data[3]
        if kind in _ALTITUDES or kind in _IDENTITIES:
            aircraft = self._aircraft.get((rest, "adsb"))
            if aircraft is not None and kind in _IDENTITIES:
                aircraft.values["squawk"] = (time_us, squawk(code))
            elif aircraft is not None and (altitude := altitude_m(code)) is not None:
                aircraft.values["reply_alt_m"] = (time_us, altitude)
        elif kind == 11:
            if rest & ~0x7F:
                return PARITY_WRONG
            self._known(int.from_bytes(data[1:4], "big"), "adsb", "adsb")
        return NOT_A_POSITION

    def _squitter(self, message: ModesMessage, time_us: int, said: Fields | None) -> Fault | None:
        data = message.data
        content = int.from_bytes(data[4:11], "big")
        kind = content >> 51
        sender = _sender(data, content, kind, message.mlat)
        if isinstance(sender, Fault):
            return sender
        aircraft = self._known(int.from_bytes(data[1:4], "big"), *sender)
        if aircraft is None:
            return ADDRESS_INVALID
        if kind in _SAYING:
            if said is None:
                self._tally.add(FIELDS_UNREAD, f"{self._unit} {message.number}")
            for name, value in (said or {}).items():
                if value is not None:
                    aircraft.values[name] = (time_us, value)
                elif name in _MOVING or name == "height_difference_m":
                    aircraft.values.pop(name, None)
        if kind not in _SURFACE and kind not in _AIRBORNE:
            return NOT_A_POSITION
        return self._position(message, time_us, aircraft, content)

    def _known(self, address: int, table: str, source: str) -> _Aircraft | None:
        """Return the state of an aircraft, kept by its address and by who sends for it."""
        key = (address, table)
        aircraft = self._aircraft.pop(key, None)
        if aircraft is None:
            target = target_of(f"{'~' if table == 'other' else ''}{address:06x}")
            if target is None:
                return None
            aircraft = _Aircraft(target, source)
            if len(self._aircraft) >= MOST_AIRCRAFT:
                self._aircraft.pop(next(iter(self._aircraft)))
        aircraft.source = source
        self._aircraft[key] = aircraft
        return aircraft

    def _position(
        self, message: ModesMessage, time_us: int, aircraft: _Aircraft, content: int
    ) -> Fault | None:
        kind = content >> 51
        surface = kind in _SURFACE
        report = Cpr(bool(content >> 34 & 1), content >> 17 & 0x1FFFF, content & 0x1FFFF)
        speed = aircraft.recent("gs_mps", time_us, VELOCITY_AGE_US)
        fast = speed is not None and speed > SURFACE_FAST_MPS
        place = aircraft.track.resolve(report, time_us, surface, fast, self._receiver)
        if not isinstance(place, Place):
            return place
        fault = position_fault(time_us, place.lat_deg, place.lon_deg)
        if fault is not None:
            return fault
        values = _row_values(aircraft, time_us, content)
        values["on_ground"] = _on_ground(message.data, surface, aircraft)
        values["source"] = aircraft.source
        values["raw"] = None if message.raw < 0 else message.raw
        values["received_us"] = message.received_us
        self._rows.add(time_us, aircraft.target, place.lat_deg, place.lon_deg, values)
        return None


def senders_of(messages: Sequence[bytes]) -> list[str | None]:
    """Return whose Mode S messages are, as 6 hexadecimal digits: those that carry it say so, of replies the
    parity does. None of what cannot be read."""
    plain = [message_bytes(message) for message in messages]
    padded = b"".join([data.rjust(LONG_BYTES, b"\0") for data in plain])
    rests = remainders(np.frombuffer(padded, np.uint8).reshape(-1, LONG_BYTES)).tolist()
    out: list[str | None] = []
    for data, rest in zip(plain, rests, strict=True):
        kind = data[0] >> 3 if data else -1
        known = kind in _ALTITUDES or kind in _IDENTITIES or kind >= 24
        out.append(data[1:4].hex() if kind in (11, 17, 18) else f"{rest:06x}" if known else None)
    return out


def _sender(data: bytes, content: int, kind: int, mlat: bool) -> tuple[str, str] | Fault:
    """Return under which table an extended squitter's address stands, and the source of its positions.

    DF18's control field (Doc 9871 appendix C.2): 0 ADS-B without a transponder, 1 the same with an address
    of its own choice, 2 and 5 fine TIS-B, 3 coarse TIS-B, 6 ADS-R; in 2 and 6 the IMF bit says that the
    address is not ICAO's. What ADS-R repeats is the aircraft's own report, sent on another link: ADS-B that
    came late. TIS-B is what radars on the ground make of it.
    """
    if mlat:
        return "mlat", "mlat"
    if data[0] >> 3 == 17:
        return "adsb", "adsb"
    control = data[0] & 7
    if control == 0:
        return "adsb", "adsb"
    if control == 1:
        return "other", "adsb"
    if control in (2, 6):
        bit = 48 if kind in _AIRBORNE else 35 if kind in _SURFACE else 47 if kind == 19 else None
        table = "other" if bit is not None and content >> bit & 1 else f"relayed{control}"
        return table, "tisb" if control == 2 else "adsb"
    if control == 5:
        return "other", "tisb"
    return POSITION_COARSE if control == 3 else NOT_A_POSITION


def _on_ground(data: bytes, surface: bool, aircraft: _Aircraft) -> int | None:
    """Return 1 for a surface report, 0 for an airborne one of an aircraft that can tell, else None.

    An aircraft without means to tell reports as airborne. One that has sent a surface report, or the
    capability 4 (on the ground) or 5 (airborne), can (Annex 10 vol. IV § 3.1.2.5.2.2.1).
    """
    capability = data[0] & 7 if data[0] >> 3 == 17 else -1
    if surface or capability in (4, 5):
        aircraft.tells_ground = True
    if surface:
        return 1
    return 0 if aircraft.tells_ground and capability != 4 else None


def _row_values(aircraft: _Aircraft, time_us: int, content: int) -> Fields:
    """Return the optional columns of a position: of its own message, else the last heard."""
    values: Fields = {name: aircraft.recent(name, time_us, age) for name, age in _AGES_US.items()}
    kind = content >> 51
    altitude = altitude_of_squitter_m(content >> 36 & 0xFFF) if 9 <= kind <= 18 else None
    if altitude is None:
        altitude = aircraft.recent("reply_alt_m", time_us, ALTITUDE_AGE_US)
    values["alt_std_m"] = altitude
    difference = aircraft.recent("height_difference_m", time_us, DIFFERENCE_AGE_US)
    if altitude is not None and difference is not None:
        values["alt_hae_m"] = altitude + difference
    if kind in _SURFACE:
        values["vrate_mps"] = None
    version = aircraft.recent("version", time_us, STATUS_AGE_US)
    supplement = bool(aircraft.recent("nic_supplement", time_us, STATUS_AGE_US))
    integrity = nic(kind, version, supplement, bool(content >> 48 & 1))
    values["nic"] = integrity
    accuracy = values["nac_p"]
    values["pos_err_m"] = EPU_M[accuracy] if accuracy else containment_m(integrity)
    return values
