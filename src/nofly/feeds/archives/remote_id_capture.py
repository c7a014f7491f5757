"""Captures of Remote ID, pcap and pcapng: :mod:`nofly.feeds.decoders.remote_id_capture` on a file.

The time a packet was captured stands for that of its reception. Where a capture tells none (simple packet
blocks), ``ArchiveOptions.start_us`` does; else such packets count from 1970-01-01, which a finding says.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from nofly.errors import DecodeError, Finding, Severity
from nofly.feeds.decoders._pcap import begins
from nofly.feeds.decoders.remote_id_capture import RemoteIdCaptureDecoder
from nofly.feeds.options import ArchiveOptions
from nofly.schema import Positions
from nofly.units import DAY_US

NAME = "remote_id_capture"
EXTENSIONS = (".pcap", ".pcapng", ".cap")

_BLOCK_BYTES = 1 << 20


def sniff(head: bytes) -> int:
    """Return 90 where the bytes begin as a capture, else 0."""
    return 90 if begins(head) else 0


def read(file: BinaryIO, source: str, options: ArchiveOptions) -> Iterator[tuple[Positions, list[Finding]]]:
    """Yield the positions in file order; every other packet is counted in a finding.

    Raises DecodeError where no packet holds a position of Remote ID: a capture of something else.
    """
    decoder, start_us = RemoteIdCaptureDecoder(source), options.start_us or 1
    said, none = options.start_us is not None, True
    while True:
        data = file.read(min(_BLOCK_BYTES, 64 * options.batch_rows))
        positions, findings = decoder.feed(data, start_us) if data else decoder.finish(start_us)
        if len(positions):
            none = False
            if not said and int(positions.time_us.min()) < DAY_US:
                said = True
                findings.append(_times_relative(source))
        if none and not data:
            raise DecodeError(
                "no position of Remote ID in it", source=source,
                expected="802.11 or Bluetooth packets of drones; what radars sent is heard by nofly watch",
            )  # fmt: skip
        if len(positions) or findings:
            yield positions, findings
        if not data:
            return


def _times_relative(source: str) -> Finding:
    text = "packets without a time: nothing says when they were captured (start_us); counted from 1970-01-01"
    return Finding("times-relative", Severity.WARNING, text, source)
