"""Recordings of Mode S Beast binary (port 30005 of dump1090 and readsb, Radarcape).

A frame's clock counts 12 MHz since the receiver was switched on, or, of a receiver with GPS, the second of
the day (UTC) and nanoseconds: the file tells neither which, nor the date. ``ArchiveOptions.beast_clock`` says
which (``12mhz`` unless told); ``ArchiveOptions.start_us`` says when the first frame was received (12 MHz) or
on which day (GPS). Without it times count from 1970-01-01 00:00 UTC, which a finding says: order, durations
and distances are right then, dates and everything that depends on them are not.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from nofly.errors import DecodeError, Finding, Severity
from nofly.feeds.decoders import beast
from nofly.feeds.decoders._modes import ModesDecoder, ModesMessage
from nofly.feeds.decoders.beast import MLAT_CLOCK, BeastDecoder, BeastFrame
from nofly.feeds.faults import NOT_A_POSITION, RECORD_BROKEN, Fault, Tally
from nofly.feeds.options import ArchiveOptions
from nofly.schema import Positions, concatenate
from nofly.units import DAY_US

NAME = "beast_binary"
EXTENSIONS = (".bin", ".beast", ".raw")
BESIDE = True
BLANK, senders = beast.BLANK, beast.senders

BYTES_IGNORED = Fault("bytes-ignored", "bytes that belong to no frame", Severity.WARNING)
CLOCK_SET_BACK = Fault(
    "clock-set-back",
    "the receiver's clock ran back: the time that passed there is not known",
    Severity.WARNING,
)

OUT_OF_ORDER_US = 1_000_000
SILENCE_US = 600_000_000
"""A clock that runs back by more than the first, or on by more than the second, has to be told twice."""
_TICKS_PER_US = 12
_BLOCK_BYTES = 1 << 20


def sniff(head: bytes) -> int:
    """Return 90 where most of the first bytes are whole frames, 30 where they are one, else 0."""
    if b"\x1a" not in head[:512]:
        return 0
    decoder, some = BeastDecoder(), head[:4096]
    frames = decoder.feed(some)
    if not frames or decoder.broken > len(frames):
        return 0
    covered = frames[-1].offset - decoder.ignored_bytes
    if 2 * covered < frames[-1].offset:
        return 0
    return 90 if len(frames) > 1 else 30


def read(file: BinaryIO, source: str, options: ArchiveOptions) -> Iterator[tuple[Positions, list[Finding]]]:
    """Yield the positions in file order; every other frame is counted in a finding.

    Raises DecodeError where there is no frame at all, ConfigError where rs1090 is not installed.
    """
    frames = BeastDecoder()
    reader = _Reader(source, options)
    said = [] if options.start_us is not None else [_times_relative(source)]
    count = 0
    while True:
        data = file.read(min(_BLOCK_BYTES, 64 * options.batch_rows))
        if not data:
            frames.finish()
        found = frames.feed(data)
        count += len(found)
        reader.count_lost(frames)
        if not data and not count:
            raise DecodeError("no frame in it", source=source, expected="Beast frames, 0x1A and a type")
        for start in range(0, max(1, len(found)), options.batch_rows):
            positions, findings = reader.take(found[start : start + options.batch_rows])
            if len(positions) or findings:
                yield positions, said + findings
                said = []
        if not data:
            return


def _times_relative(source: str) -> Finding:
    text = "times are relative: nothing says when the recording began (start_us); counted from 1970-01-01"
    return Finding("times-relative", Severity.WARNING, text, source)


class _Reader:
    """Turns frames into positions, and keeps the clock."""

    def __init__(self, source: str, options: ArchiveOptions) -> None:
        self._decoder = ModesDecoder(source, options.receiver, "byte")
        self._tally = Tally(source)
        self._clock = _Clock(options.beast_clock == "gps", options.start_us)
        self._broken = self._ignored_bytes = 0

    def count_lost(self, frames: BeastDecoder) -> None:
        """Count what the framing lost since it was last asked."""
        self._tally.add(RECORD_BROKEN, f"byte {frames.broken_at}", frames.broken - self._broken)
        self._tally.add(
            BYTES_IGNORED, f"byte {frames.ignored_at}", frames.ignored_bytes - self._ignored_bytes
        )
        self._broken, self._ignored_bytes = frames.broken, frames.ignored_bytes

    def take(self, frames: list[BeastFrame]) -> tuple[Positions, list[Finding]]:
        """Return the positions among some frames, and findings that count the others."""
        messages: list[ModesMessage] = []
        parts: list[tuple[Positions, list[Finding]]] = []
        for frame in frames:
            if frame.kind not in (2, 3):
                self._tally.add(NOT_A_POSITION, f"byte {frame.offset}")
                continue
            mlat = frame.clock == MLAT_CLOCK
            time_us = self._clock.last_us if mlat or not frame.clock else self._clock.time_us(frame.clock)
            if self._clock.set_back:
                self._clock.set_back = False
                self._tally.add(CLOCK_SET_BACK, f"byte {frame.offset}")
                parts.append(self._decoder.feed(messages))
                messages = []
                self._decoder.forget_tracks()
            messages.append(ModesMessage(frame.message, time_us, frame.offset, frame.offset, mlat))
        parts.append(self._decoder.feed(messages))
        return _joined(parts, self._tally.take())


def _joined(
    parts: list[tuple[Positions, list[Finding]]], findings: list[Finding]
) -> tuple[Positions, list[Finding]]:
    positions = parts[0][0] if len(parts) == 1 else concatenate([p for p, _ in parts])
    return positions, findings + [f for _, some in parts for f in some]


class _Clock:
    """Time of frames by a clock of 48 bits that comes round (12 MHz: every 271 days; GPS: every day).

    Nothing in a frame protects its clock, so a reading far from the last is not believed until the next
    agrees with it. A clock that then runs back was set anew, and time goes on from the last frame.
    """

    def __init__(self, gps: bool, start_us: int | None) -> None:
        self._gps = gps
        self._start_us = start_us
        self._round_us = DAY_US if gps else (1 << 48) // _TICKS_PER_US
        self._last = -1
        self._doubted = -1
        self.last_us: int | None = None
        """Time of the newest frame so far."""
        self.set_back = False

    def time_us(self, clock: int) -> int | None:
        """Return microseconds UTC of a clock reading, None for one that is not believed."""
        reading = self._reading_us(clock)
        if reading is None:
            return None
        if self.last_us is None:
            self._last, self.last_us = reading, self._first_us(reading)
            return self.last_us
        step_us = self._step_us(self._last, reading)
        if not self._follows(self._last, reading):
            if self._doubted < 0 or not self._follows(self._doubted, reading):
                self._doubted = reading
                return None
            self.set_back = step_us < 0
            self._last = reading
            self.last_us += step_us if self._gps else max(0, step_us)
            self._doubted = -1
            return self.last_us
        self._doubted = -1
        time_us = self.last_us + step_us
        if step_us > 0:
            self._last, self.last_us = reading, time_us
        return time_us

    def _reading_us(self, clock: int) -> int | None:
        if not self._gps:
            return clock // _TICKS_PER_US
        second, nanosecond = clock >> 30, clock & (1 << 30) - 1
        return None if second > 86_400 or nanosecond >= 10**9 else second * 1_000_000 + nanosecond // 1000

    def _first_us(self, reading_us: int) -> int:
        if self._gps:
            return (self._start_us or 0) // DAY_US * DAY_US + reading_us
        return reading_us if self._start_us is None else self._start_us

    def _step_us(self, before_us: int, reading_us: int) -> int:
        half = self._round_us // 2
        return (reading_us - before_us + half) % self._round_us - half

    def _follows(self, before_us: int, reading_us: int) -> bool:
        return -OUT_OF_ORDER_US <= self._step_us(before_us, reading_us) <= SILENCE_US
