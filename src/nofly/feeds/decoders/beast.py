"""Mode S Beast binary: bytes, however they are cut, to frames, and frames to positions.

A frame is 0x1A, a type, six bytes of clock, one of signal level, and the message: type 0x31 Mode A/C of two
bytes, 0x32 Mode S short of seven, 0x33 Mode S long of fourteen, 0x34 the receiver's status of fourteen.
Every 0x1A within is sent twice (Mode-S Beast documentation, "Data output formats").

The clock tells no date, and of several receivers on one port each has its own: as a live feed, a message has
the time it came, unless the option ``clock`` says that the one receiver's clock can be relied on.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from nofly.errors import ConfigError, Severity
from nofly.feeds.decoders._frame_clock import CLOCK_DOUBTED, FrameClock
from nofly.feeds.decoders._modes import ModesDecoder, ModesMessage, senders_of
from nofly.feeds.decoding import STREAM, Decoded, Decoder, options_of
from nofly.feeds.faults import NOT_A_POSITION, RECORD_BROKEN, Fault, Tally
from nofly.feeds.senders import ZEROS, Sent

NAME = "beast"
FRAMING = STREAM
HEIGHTS = ("STD", "HAE")

_ESCAPE = 0x1A
_HEADER_BYTES = 7
_MESSAGE_BYTES = {0x31: 2, 0x32: 7, 0x33: 14, 0x34: 14}
_MARK = bytes([_ESCAPE])
_DOUBLE = _MARK * 2

MLAT_CLOCK = 0xFF004D4C4154
"""The clock of messages that dump1090 and readsb make from multilateration ("MLAT" in ASCII)."""


BYTES_IGNORED = Fault("bytes-ignored", "bytes that belong to no frame", Severity.WARNING)


@dataclass(frozen=True, slots=True)
class BeastOptions:
    """How to read a live feed of Beast binary."""

    receiver: tuple[float, float] | None = None
    """Where the receiver stands (latitude, longitude): places aircraft on the ground not yet placed."""
    clock: Literal["received", "12mhz", "gps"] = "received"
    """What a message's time is taken from: when it came, or the clock of the one receiver that sends here."""

    def __post_init__(self) -> None:
        if self.receiver is not None and not (abs(self.receiver[0]) <= 90 and abs(self.receiver[1]) <= 180):
            raise ConfigError(f"receiver at {self.receiver}", expected="latitude, longitude in degrees")


OPTIONS = BeastOptions
BLANK = ZEROS


def senders(data: bytes, options: object = None) -> Iterator[Sent]:
    """Yield the frames that are Mode S messages; see :mod:`nofly.feeds.senders`."""
    frames = [frame for frame in BeastDecoder().feed(data) if frame.kind in (2, 3)]
    for frame, who in zip(frames, senders_of([frame.message for frame in frames]), strict=True):
        content = frame.clock.to_bytes(6, "big") + bytes([frame.signal]) + frame.message
        yield Sent(frame.offset, frame.offset + 2 + len(content) + content.count(_ESCAPE), who)


def decoder(options: Mapping[str, object], source: str) -> Decoder:
    """Return a decoder for one live feed; see :mod:`nofly.feeds.decoding`."""
    return BeastFeed(options_of(BeastOptions, options, source), source)


class BeastFeed:
    """Turns the bytes of one live feed into positions."""

    def __init__(self, options: BeastOptions, source: str) -> None:
        self._frames = BeastDecoder()
        self._messages = ModesDecoder(source, options.receiver, "byte")
        self._clock = FrameClock(options.clock)
        self._tally = Tally(source)
        self._lost = (0, 0)
        self.records = 0

    def feed(self, data: bytes, received_us: int) -> Decoded:
        """Return the positions of the frames that end in ``data``, and findings that count the others."""
        messages = []
        for frame in self._frames.feed(data, received_us):
            self.records += 1
            if frame.kind in (2, 3):
                mlat = frame.clock == MLAT_CLOCK
                time_us = received_us if mlat else self._clock.time_us(frame.clock, received_us)
                if time_us is None:
                    self._tally.add(CLOCK_DOUBTED, f"byte {frame.offset}")
                    time_us = received_us
                messages.append(
                    ModesMessage(frame.message, time_us, frame.offset, frame.offset, mlat, received_us)
                )
            else:
                self._tally.add(NOT_A_POSITION, f"byte {frame.offset}")
        positions, findings = self._messages.feed(messages)
        self._count_lost()
        return positions, findings + self._tally.take()

    def finish(self, received_us: int) -> Decoded:
        """Count what is left of a frame that does not end."""
        self._frames.finish()
        return self.feed(b"", received_us)

    def _count_lost(self) -> None:
        frames = self._frames
        broken, ignored = self._lost
        self.records += frames.broken - broken
        self._tally.add(RECORD_BROKEN, f"byte {frames.broken_at}", frames.broken - broken)
        self._tally.add(BYTES_IGNORED, f"byte {frames.ignored_at}", frames.ignored_bytes - ignored)
        self._lost = (frames.broken, frames.ignored_bytes)


class BeastFrame(NamedTuple):
    """One frame: where it began in the stream, its type (1 Mode A/C, 2 short, 3 long, 4 status), its 48-bit
    clock, its signal level (0 to 255), its message, and when it was received, if that was told."""

    offset: int
    kind: int
    clock: int
    signal: int
    message: bytes
    received_us: int | None = None

    @property
    def signal_db(self) -> float | None:
        """Signal level in decibels below full scale; None where the receiver gave none."""
        return 20.0 * math.log10(self.signal / 255.0) if self.signal else None


class BeastDecoder:
    """Cuts bytes into frames. How the bytes come makes no difference.

    ``broken`` counts frames cut short by another, ``ignored_bytes`` what belongs to no frame;
    ``broken_at`` and ``ignored_at`` say where that was first so (-1: never).
    """

    def __init__(self) -> None:
        self.broken = 0
        self.broken_at = -1
        self.ignored_bytes = 0
        self.ignored_at = -1
        self._rest = b""
        self._offset = 0

    def feed(self, data: bytes, received_us: int | None = None) -> list[BeastFrame]:
        """Return the frames that end in ``data``."""
        buffer = self._rest + data
        frames: list[BeastFrame] = []
        at, end = 0, len(buffer)
        while True:
            mark = buffer.find(_MARK, at)
            if mark < 0 or mark + 1 >= end:
                self._ignore(at, (end if mark < 0 else mark) - at)
                at = end if mark < 0 else mark
                break
            self._ignore(at, mark - at)
            size = _MESSAGE_BYTES.get(buffer[mark + 1])
            if size is None:
                self._ignore(mark, 2)
                at = mark + 2
                continue
            content, after = _content(buffer, mark + 2, _HEADER_BYTES + size)
            if content is None:
                at = mark
                break
            if len(content) < _HEADER_BYTES + size:
                self._break(mark)
            else:
                frames.append(_frame(self._offset + mark, buffer[mark + 1], content, received_us))
            at = after
        self._rest = buffer[at:]
        self._offset += at
        return frames

    def finish(self) -> None:
        """Count what is left at the end: a frame that does not end is broken."""
        if len(self._rest) > 1:
            self._break(0)
        else:
            self._ignore(0, len(self._rest))
        self._offset += len(self._rest)
        self._rest = b""

    def _break(self, at: int) -> None:
        self.broken += 1
        self.broken_at = self._offset + at if self.broken_at < 0 else self.broken_at

    def _ignore(self, at: int, count: int) -> None:
        if count:
            self.ignored_bytes += count
            self.ignored_at = self._offset + at if self.ignored_at < 0 else self.ignored_at


def _frame(offset: int, kind: int, content: bytes, received_us: int | None) -> BeastFrame:
    clock = int.from_bytes(content[:6], "big")
    return BeastFrame(offset, kind - 0x30, clock, content[6], content[_HEADER_BYTES:], received_us)


def _content(buffer: bytes, start: int, size: int) -> tuple[bytes | None, int]:
    """Return ``size`` bytes with doubled escapes undone, and where they end; fewer where another frame
    begins in them, None where they are not all there yet."""
    plain = buffer[start : start + size]
    if _ESCAPE not in plain and len(plain) == size:
        return plain, start + size
    parts, at, left = [], start, size
    while left:
        mark = buffer.find(_MARK, at, at + left)
        if mark < 0:
            if at + left > len(buffer):
                return None, start
            parts.append(buffer[at : at + left])
            return b"".join(parts), at + left
        if mark + 1 >= len(buffer):
            return None, start
        if buffer[mark + 1] != _ESCAPE:
            return b"".join([*parts, buffer[at:mark]]), mark
        parts.append(buffer[at : mark + 1])
        left -= mark + 1 - at
        at = mark + 2
    return b"".join(parts), at
