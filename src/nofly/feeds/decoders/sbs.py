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

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from nofly.errors import ConfigError, Finding
from nofly.feeds.decoders._sbs_clock import SenderClock
from nofly.feeds.decoders._sbs_columns import FIELDS, LAT, LON, Messages, code_texts, messages
from nofly.feeds.decoders._sbs_memory import CALLSIGN, MOST_AIRCRAFT, REMEMBERED, SQUAWK, Memory, key_of
from nofly.feeds.decoders._sbs_rows import SbsBlock, SbsRows
from nofly.feeds.decoders._sbs_values import NUMBERS, number
from nofly.feeds.decoding import STREAM, Decoder, options_of
from nofly.feeds.faults import (
    ADDRESS_INVALID,
    NOT_A_POSITION,
    POSITION_INVALID,
    POSITION_MISSING,
    TIME_INVALID,
    Fault,
    Tally,
    position_fault,
)
from nofly.feeds.senders import SPACES, Sent, lines_of
from nofly.feeds.texts import target_of
from nofly.feeds.times import LATEST_US, zone_of
from nofly.schema import Positions

NAME = "sbs"
FRAMING = STREAM
HEIGHTS = ("STD",)

MOST_LINE_BYTES = 4096
"""A line of a live feed has at most so many; a message has about 100."""

_TYPES = frozenset({"SEL", "ID", "AIR", "STA", "CLK", "MSG", "MLAT"})
_POSITIONS = ("2", "3")
_FEW_LINES = 48
"""Fewer plain lines in a row are read one by one: that columns cost something too."""

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
BLANK = SPACES


def senders(data: bytes, options: object = None) -> Iterator[Sent]:
    """Yield the lines, and of which aircraft each is; see :mod:`nofly.feeds.senders`."""
    return lines_of(data, _whose)


def _whose(line: bytes) -> str | None:
    fields = line.split(b",", 5)
    return target_of(fields[4].decode("latin-1")) if len(fields) > 5 else None


def decoder(options: Mapping[str, object], source: str) -> Decoder:
    """Return a decoder for one live feed; see :mod:`nofly.feeds.decoding`."""
    chosen = options_of(SbsOptions, options, source)
    return SbsDecoder(chosen.time_zone, source, MOST_LINE_BYTES, chosen.time_zone is None)


class SbsDecoder:
    """Turns bytes of SBS-1 messages into positions. How the bytes are cut makes no difference.

    ``time_zone`` is the IANA name of the zone the messages' dates are in (None: UTC); with ``as_received``
    they are not read, and a position has the time it was received.
    """

    turn_lines = 1000
    """So many are decoded in some 3 ms, in 20 where none is plain."""

    def __init__(
        self,
        time_zone: str | None = None,
        source: str = "",
        max_line_bytes: int = 1 << 20,
        as_received: bool = False,
    ) -> None:
        self._as_received = as_received
        self._clock = SenderClock(time_zone)
        self._max_line_bytes = max_line_bytes
        self._rest = bytearray()
        self._too_long = False
        self._offset = 0
        self._line = 0
        self._memory = Memory()
        self._keys: dict[str, int | None] = {}
        self._rows = SbsRows(self._memory)
        self._tally = Tally(source)

    @property
    def records(self) -> int:
        """Lines with something in them so far: rows + not-a-position + rejected."""
        return self._line

    def feed(self, data: bytes, received_us: int | None = None) -> tuple[Positions, list[Finding]]:
        """Return the positions of all lines that end in ``data``, and findings that count the other lines.

        ``received_us`` is when the bytes came; without it (a recording) the time logged stands.
        """
        end = data.rfind(b"\n") + 1
        if end:
            block = bytes(self._rest) + data[:end]
            self._rest = bytearray(data[end:])
            self._memory.tidy()
            self._take_block(block, received_us)
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

    def _take_block(self, block: bytes, received_us: int | None) -> None:
        """Take whole lines: in columns what is plain and long enough in a row, the rest one by one."""
        if self._too_long:
            first = block.index(b"\n") + 1
            self._take_lines(block[:first], received_us)
            block = block[first:]
        timed = not self._as_received if received_us is None else 0 < received_us < LATEST_US
        if not timed or block.count(b"\n") < _FEW_LINES:
            self._take_lines(block, received_us)
            return
        clock = None if self._as_received else self._clock
        found = messages(block, clock, received_us, self._max_line_bytes)
        turns = np.flatnonzero(np.diff(found.plain, prepend=~found.plain[:1], append=~found.plain[-1:]))
        for a, b in pairwise(turns.tolist()):
            plain = bool(found.plain[a]) and b - a >= _FEW_LINES
            if not (plain and self._take_columns(found, slice(a, b), block, received_us)):
                self._take_lines(block[found.start[a] : found.start[b]], received_us)

    def _take_columns(self, found: Messages, lines: slice, block: bytes, received_us: int | None) -> bool:
        """Take plain lines at once; return whether that was done."""
        code_texts(found, lines, block, self._memory)
        value, time_us, key = found.value[lines], found.time_us[lines], found.key[lines]
        sent = found.transmission[lines]
        surface = sent == ord("2")
        carries = surface | (sent == ord("3"))
        lat_deg, lon_deg = value[:, LAT], value[:, LON]
        missing = np.isnan(lat_deg) | np.isnan(lon_deg) | ((lat_deg == 0.0) & (lon_deg == 0.0))
        wrong = (np.abs(lat_deg) > 90.0) | (np.abs(lon_deg) > 180.0)
        rows = np.flatnonzero(carries & ~missing & ~wrong)
        taken = self._memory.take(key, time_us, value[:, : len(REMEMBERED)], rows)
        if taken is None:
            return False
        raw = self._offset - int(found.start[lines.start]) + found.start[lines][rows]
        came_us = found.logged_us[lines][rows] if received_us is None else np.full(len(rows), received_us)
        slot, known = taken
        self._rows.add(SbsBlock(
            time_us[rows], slot, lat_deg[rows], lon_deg[rows], known, surface[rows],
            found.mlat[lines][rows], came_us, raw,
        ))  # fmt: skip
        faults = (
            (NOT_A_POSITION, ~carries), (POSITION_MISSING, carries & missing),
            (POSITION_INVALID, carries & ~missing & wrong),
        )  # fmt: skip
        met = [(int(at.argmax()), fault, int(at.sum())) for fault, at in faults if at.any()]
        for first, fault, count in sorted(met):
            self._tally.add(fault, f"line {self._line + first + 1}", count)
        self._line += len(key)
        self._offset += int(found.start[lines.stop] - found.start[lines.start])
        return True

    def _take_lines(self, block: bytes, received_us: int | None) -> None:
        for line in block.split(b"\n")[:-1]:
            self._take(line, received_us)
            self._offset += len(line) + 1

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
        key = self._key(fields[4])
        if key is None:
            return ADDRESS_INVALID
        told_us = logged_us = None
        if not self._as_received:
            told_us = self._clock.time_us(fields[6], fields[7], received_us)
            if not told_us or received_us is None:
                logged_us = self._clock.time_us(fields[8], fields[9], received_us)
        time_us = told_us or logged_us or received_us
        if time_us is None:
            return TIME_INVALID
        slot = self._memory.slot(key)
        self._remember(slot, fields, time_us)
        transmission = fields[1].strip()
        if transmission not in _POSITIONS:
            return NOT_A_POSITION
        lat, lon = number(fields[14]), number(fields[15])
        if lat == 0.0 and lon == 0.0:
            lat = lon = None
        fault = position_fault(time_us, lat, lon)
        if fault is not None or lat is None or lon is None:
            return fault
        came_us = logged_us if received_us is None else received_us
        self._rows.add_one(
            time_us, slot, lat, lon, self._memory.recent(slot, time_us), transmission == "2",
            kind == "MLAT", -1 if came_us is None else came_us, self._offset,
        )  # fmt: skip
        return None

    def _key(self, address: str) -> int | None:
        if address not in self._keys:
            if len(self._keys) > MOST_AIRCRAFT:
                self._keys.clear()
            target = target_of(address)
            self._keys[address] = None if target is None else key_of(target)
        return self._keys[address]

    def _remember(self, slot: int, fields: list[str], time_us: int) -> None:
        memory = self._memory
        for column, (place, read) in enumerate(NUMBERS):
            if fields[place]:
                value = read(fields[place])
                if value is not None:
                    memory.remember(slot, column, time_us, value)
        for column, place, words in (
            (CALLSIGN, 10, memory.callsigns), (SQUAWK, 17, memory.squawks),
        ):  # fmt: skip
            if fields[place]:
                memory.remember(slot, column, time_us, words.code(fields[place]))
