"""Mode S as text (AVR, "raw", port 30002 of dump1090 and readsb): one message a line, in hexadecimal.

``*8D4CA7B3…;`` is a message; ``@`` and ``%`` put the receiver's clock (12 digits) before it, ``<`` the clock
and the signal level (2 digits); some receivers add more after the ``;``. The clock tells no date: a message
has the time it came, unless the option ``clock`` says that the one receiver's clock can be relied on.
Source: Mode-S Beast documentation, "Data output formats".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from nofly.errors import ConfigError
from nofly.feeds.decoders._frame_clock import CLOCK_DOUBTED, FrameClock
from nofly.feeds.decoders._lines import Lines
from nofly.feeds.decoders._modes import ModesDecoder, ModesMessage, senders_of
from nofly.feeds.decoding import STREAM, Decoded, Decoder, options_of
from nofly.feeds.faults import NOT_A_POSITION, Fault, Tally
from nofly.feeds.senders import SPACES, Sent, lines_of

NAME = "avr"
FRAMING = STREAM
HEIGHTS = ("STD", "HAE")

MOST_LINE_BYTES = 256
LINE_INVALID = Fault("line-invalid", "not a Mode S message in hexadecimal")
LINE_TOO_LONG = Fault("line-too-long", "line too long")

_LINE = re.compile(
    rb"(?:[*:]|[@%](?P<clock>[0-9A-F]{12})|<(?P<clock_signal>[0-9A-F]{14}))"
    rb"(?P<message>[0-9A-F]{4}|[0-9A-F]{14}|[0-9A-F]{28});[0-9A-F;]*",
    re.IGNORECASE,
)
_MLAT_CLOCK = 0xFF004D4C4154
"""The clock of messages that dump1090 and readsb make from multilateration ("MLAT" in ASCII)."""
_MODE_AC_DIGITS = 4


@dataclass(frozen=True, slots=True)
class AvrOptions:
    """How to read a live feed of AVR text."""

    receiver: tuple[float, float] | None = None
    """Where the receiver stands (latitude, longitude): places aircraft on the ground not yet placed."""
    clock: Literal["received", "12mhz", "gps"] = "received"
    """What a message's time is taken from: when it came, or the clock of the one receiver that sends here."""

    def __post_init__(self) -> None:
        if self.receiver is not None and not (abs(self.receiver[0]) <= 90 and abs(self.receiver[1]) <= 180):
            raise ConfigError(f"receiver at {self.receiver}", expected="latitude, longitude in degrees")


OPTIONS = AvrOptions
BLANK = SPACES


def senders(data: bytes, options: object = None) -> Iterator[Sent]:
    """Yield the lines, and whose message each holds; see :mod:`nofly.feeds.senders`."""
    return lines_of(data, _whose)


def _whose(line: bytes) -> str | None:
    match = _LINE.fullmatch(line)
    if match is None or len(match["message"]) == _MODE_AC_DIGITS:
        return None
    return senders_of([bytes.fromhex(match["message"].decode())])[0]


def decoder(options: Mapping[str, object], source: str) -> Decoder:
    """Return a decoder for one live feed; see :mod:`nofly.feeds.decoding`."""
    return AvrFeed(options_of(AvrOptions, options, source), source)


class AvrFeed:
    """Turns lines of messages into positions."""

    def __init__(self, options: AvrOptions, source: str) -> None:
        self.records = 0
        self._lines = Lines(MOST_LINE_BYTES)
        self._messages = ModesDecoder(source, options.receiver, "byte")
        self._clock = FrameClock(options.clock)
        self._tally = Tally(source)

    def feed(self, data: bytes, received_us: int) -> Decoded:
        """Return the positions of the lines that end in ``data``, and findings that count the others."""
        return self._take(self._lines.feed(data), received_us)

    def finish(self, received_us: int) -> Decoded:
        """Return what a last line without an end gives."""
        return self._take(self._lines.finish(), received_us)

    def _take(self, lines: Iterable[tuple[int, bytes | None]], received_us: int) -> Decoded:
        messages = []
        for start, line in lines:
            self.records += 1
            match = None if line is None else _LINE.fullmatch(line)
            if match is None:
                self._tally.add(LINE_TOO_LONG if line is None else LINE_INVALID, f"byte {start}")
            elif len(match["message"]) == _MODE_AC_DIGITS:
                self._tally.add(NOT_A_POSITION, f"byte {start}")
            else:
                clock = int((match["clock"] or match["clock_signal"] or b"0")[:12], 16)
                mlat = clock == _MLAT_CLOCK
                time_us = received_us if mlat else self._clock.time_us(clock, received_us)
                if time_us is None:
                    self._tally.add(CLOCK_DOUBTED, f"byte {start}")
                    time_us = received_us
                message = bytes.fromhex(match["message"].decode())
                messages.append(ModesMessage(message, time_us, start, start, mlat, received_us))
        positions, findings = self._messages.feed(messages)
        return positions, findings + self._tally.take()
