"""SBS-1 (BaseStation) messages to positions, from bytes however they are cut.

A line is a message of 22 fields: type, transmission type, three ids of the receiver's database,
aircraft address in hex, flight id, date and time generated, date and time logged, callsign, altitude
(ft, 1013.25 hPa), ground speed (kt), track (deg), latitude, longitude, vertical rate (ft/min), squawk,
alert, emergency, SPI, on ground (Kinetic BaseStation socket documentation). Positions come in MSG,3
(airborne) and MSG,2 (surface); callsign, speed and the rest in others, so the last of each is kept by
aircraft, for a time. Latitude and longitude 0.00000 both stand for none.

Dates are written without a zone, most often in that of the sender. As a live feed, a position has the time it
was received, unless the option ``time_zone`` says of which zone the dates are: then the time generated.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from nofly.errors import ConfigError, Finding
from nofly.feeds.decoding import STREAM, Decoder, options_of
from nofly.feeds.faults import ADDRESS_INVALID, NOT_A_POSITION, TIME_INVALID, Fault, Tally, position_fault
from nofly.feeds.rows import Rows
from nofly.feeds.texts import callsign_of, squawk_of, target_of
from nofly.feeds.times import clock_us, day_us, offsets_us, zone_of
from nofly.schema import Positions
from nofly.units import M_PER_FT, MPS_PER_FPM, MPS_PER_KT

NAME = "sbs"
FRAMING = STREAM

ALTITUDE_AGE_US = 5_000_000
"""An altitude from another message is taken for a position at most so long after."""
VELOCITY_AGE_US = 30_000_000
IDENTITY_AGE_US = 600_000_000
MOST_AIRCRAFT = 100_000
"""Aircraft whose last values are kept; past it the one heard of longest ago is forgotten."""

MOST_LINE_BYTES = 4096
"""A line of a live feed has at most so many; a message has about 100."""

FIELDS = 22
_TYPES = frozenset({"SEL", "ID", "AIR", "STA", "CLK", "MSG", "MLAT"})
_POSITIONS = ("2", "3")

LINE_INVALID = Fault("line-invalid", "not an SBS-1 message")
LINE_TOO_LONG = Fault("line-too-long", "line too long")


@dataclass(frozen=True, slots=True)
class SbsOptions:
    """How to read a live feed of SBS-1."""

    time_zone: str | None = None
    """IANA name of the zone of the dates (``UTC``, ``Europe/Kyiv``). None: the time received stands."""

    def __post_init__(self) -> None:
        try:
            zone_of(self.time_zone or "UTC")
        except (KeyError, OSError, ValueError) as error:
            raise ConfigError(f"time zone {self.time_zone!r}", expected="an IANA name") from error


OPTIONS = SbsOptions


def decoder(options: Mapping[str, object], source: str) -> Decoder:
    """Return a decoder for one live feed; see :mod:`nofly.feeds.decoding`."""
    chosen = options_of(SbsOptions, options, source)
    return SbsDecoder(chosen.time_zone, source, MOST_LINE_BYTES, chosen.time_zone is None)


@dataclass(slots=True)
class _Aircraft:
    """Last value and time of what an aircraft said."""

    values: dict[str, tuple[int, float | str]] = field(default_factory=dict)

    def recent(self, name: str, now_us: int, age_us: int) -> float | str | None:
        known = self.values.get(name)
        return known[1] if known is not None and 0 <= now_us - known[0] <= age_us else None


class SbsDecoder:
    """Turns bytes of SBS-1 messages into positions. How the bytes are cut makes no difference.

    ``time_zone`` is the IANA name of the zone the messages' dates are in (None: UTC); with ``as_received``
    they are not read, and a position has the time it was received.
    """

    def __init__(
        self,
        time_zone: str | None = None,
        source: str = "",
        max_line_bytes: int = 1 << 20,
        as_received: bool = False,
    ) -> None:
        self._as_received = as_received
        self._zone = None if time_zone in (None, "UTC") else zone_of(str(time_zone))
        self._max_line_bytes = max_line_bytes
        self._rest = bytearray()
        self._too_long = False
        self._offset = 0
        self._line = 0
        self._aircraft: dict[str, _Aircraft] = {}
        self._targets: dict[str, str | None] = {}
        self._rows = Rows()
        self._tally = Tally(source)
        self._days: dict[str, int | None] = {}
        self._shifts: dict[int, tuple[int, int]] = {}

    @property
    def records(self) -> int:
        """Lines with something in them so far: rows + not-a-position + rejected."""
        return self._line

    def feed(self, data: bytes, received_us: int | None = None) -> tuple[Positions, list[Finding]]:
        """Return the positions of all lines that end in ``data``, and findings that count the other lines.

        ``received_us`` is when the bytes came; without it (a recording) the time logged stands.
        """
        if b"\n" in data:
            lines = (bytes(self._rest) + data).split(b"\n")
            self._rest = bytearray(lines.pop())
            for line in lines:
                self._take(line, received_us)
                self._offset += len(line) + 1
        else:
            self._rest += data
        if len(self._rest) > self._max_line_bytes:
            self._too_long = True
            self._offset += len(self._rest)
            self._rest.clear()
        return self._rows.take(), self._tally.take()

    def finish(self, received_us: int | None = None) -> tuple[Positions, list[Finding]]:
        """Return what a last line without an end gives."""
        line, self._rest = bytes(self._rest), bytearray()
        self._take(line, received_us)
        self._offset += len(line)
        return self._rows.take(), self._tally.take()

    def _take(self, raw: bytes, received_us: int | None) -> None:
        if self._too_long or len(raw) > self._max_line_bytes:
            self._too_long = False
            self._line += 1
            self._tally.add(LINE_TOO_LONG, f"line {self._line}")
            return
        text = raw.decode("ascii", "replace").strip()
        if text:
            self._line += 1
            fault = self._message(text.split(","), received_us)
            if fault is not None:
                self._tally.add(fault, f"line {self._line}")

    def _message(self, fields: list[str], received_us: int | None) -> Fault | None:
        """Take one message; return why it is no row, None where it is one."""
        kind = fields[0].strip().upper().lstrip("\ufeff")
        if kind not in _TYPES:
            return LINE_INVALID
        if kind not in ("MSG", "MLAT"):
            return NOT_A_POSITION
        if len(fields) < FIELDS - 1:
            return LINE_INVALID
        fields += [""] * (FIELDS - len(fields))
        target = self._target(fields[4])
        if target is None:
            return ADDRESS_INVALID
        logged_us = None if self._as_received else self._time_us(fields[8], fields[9], received_us)
        told_us = None if self._as_received else self._time_us(fields[6], fields[7], received_us)
        time_us = told_us or logged_us or received_us
        if time_us is None:
            return TIME_INVALID
        aircraft = self._remembered(target)
        self._remember(aircraft, fields, time_us)
        if fields[1].strip() not in _POSITIONS:
            return NOT_A_POSITION
        lat, lon = _number(fields[14]), _number(fields[15])
        if lat == 0.0 and lon == 0.0:
            lat = lon = None
        fault = position_fault(time_us, lat, lon)
        if fault is not None or lat is None or lon is None:
            return fault
        values = _row_values(aircraft, fields, time_us, kind)
        values["received_us"] = logged_us if received_us is None else received_us
        values["raw"] = self._offset
        self._rows.add(time_us, target, lat, lon, values)
        return None

    def _target(self, address: str) -> str | None:
        if address not in self._targets:
            if len(self._targets) > MOST_AIRCRAFT:
                self._targets.clear()
            self._targets[address] = target_of(address)
        return self._targets[address]

    def _remembered(self, target: str) -> _Aircraft:
        aircraft = self._aircraft.pop(target, None) or _Aircraft()
        if len(self._aircraft) >= MOST_AIRCRAFT:
            self._aircraft.pop(next(iter(self._aircraft)))
        self._aircraft[target] = aircraft
        return aircraft

    def _remember(self, aircraft: _Aircraft, fields: list[str], time_us: int) -> None:
        for name, place, read in _REMEMBERED:
            text = fields[place]
            value = read(text) if text else None
            if value is not None:
                aircraft.values[name] = (time_us, value)

    def _time_us(self, day: str, clock: str, received_us: int | None) -> int | None:
        """Return a date ``2010/05/23`` and a time ``00:00:17.984`` as microseconds UTC, or None.

        Of a time that occurs twice, where summer time ends, the one nearest to the time received is meant; of
        a recording the first.
        """
        day = day.strip()
        if day not in self._days:
            if len(self._days) > 10_000:
                self._days.clear()
            self._days[day] = day_us(day)
        midnight_us, of_day_us = self._days[day], clock_us(clock.strip())
        if midnight_us is None or of_day_us is None:
            return None
        local_us = midnight_us + of_day_us
        if self._zone is None:
            return local_us
        quarter = local_us // 900_000_000
        if quarter not in self._shifts:
            if len(self._shifts) > 10_000:
                self._shifts.clear()
            self._shifts[quarter] = offsets_us(self._zone, quarter * 900_000_000)
        first_us, second_us = (local_us - shift for shift in self._shifts[quarter])
        if received_us is None or second_us <= first_us:
            return first_us
        return min(first_us, second_us, key=lambda us: abs(us - received_us))


def _row_values(
    aircraft: _Aircraft, fields: list[str], time_us: int, kind: str
) -> dict[str, float | int | str | None]:
    """Return the optional columns of a position: of its own message, else the last heard."""
    ground = fields[1].strip() == "2" or aircraft.recent("on_ground", time_us, VELOCITY_AGE_US) == 1.0
    flag = aircraft.recent("on_ground", time_us, VELOCITY_AGE_US)
    values: dict[str, float | int | str | None] = {
        "alt_std_m": aircraft.recent("alt_std_m", time_us, ALTITUDE_AGE_US),
        "on_ground": 1 if ground else None if flag is None else 0,
        "source": "mlat" if kind == "MLAT" else None,
    }
    for name in ("gs_mps", "track_deg", "vrate_mps"):
        values[name] = aircraft.recent(name, time_us, VELOCITY_AGE_US)
    for name in ("callsign", "squawk"):
        values[name] = aircraft.recent(name, time_us, IDENTITY_AGE_US)
    return values


def _number(text: str) -> float | None:
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _scaled(factor: float) -> Callable[[str], float | None]:
    def read(text: str) -> float | None:
        value = _number(text)
        return None if value is None else value * factor

    return read


def _speed(text: str) -> float | None:
    value = _number(text)
    return None if value is None or value < 0 else value * MPS_PER_KT


def _flag(text: str) -> float | None:
    return {"-1": 1.0, "1": 1.0, "0": 0.0}.get(text.strip())


_REMEMBERED: tuple[tuple[str, int, Callable[[str], float | str | None]], ...] = (
    ("callsign", 10, callsign_of),
    ("alt_std_m", 11, _scaled(M_PER_FT)),
    ("gs_mps", 12, _speed),
    ("track_deg", 13, _scaled(1.0)),
    ("vrate_mps", 16, _scaled(MPS_PER_FPM)),
    ("squawk", 17, squawk_of),
    ("on_ground", 21, _flag),
)
