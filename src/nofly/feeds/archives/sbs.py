"""SBS-1 (BaseStation) logs: the decoder :mod:`nofly.feeds.decoders.sbs` on a file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

from nofly.errors import DecodeError, Finding
from nofly.feeds.columns import zone_assumed
from nofly.feeds.decoders import sbs
from nofly.feeds.decoders.sbs import LINE_INVALID, LINE_TOO_LONG, SbsDecoder
from nofly.feeds.options import ArchiveOptions
from nofly.schema import Positions

NAME = "sbs"
EXTENSIONS = (".sbs", ".bst", ".txt", ".log", ".csv")
BESIDE = True
BLANK, senders = sbs.BLANK, sbs.senders

_LINE = re.compile(rb"(?:MSG|MLAT|SEL|ID|AIR|STA|CLK),[^,\n]{0,16},[^\n]*,[^\n]*,")
_BLOCK_BYTES = 4 << 20


def sniff(head: bytes) -> int:
    """Return 90 where most of the first lines are SBS-1 messages, else 0."""
    lines = [line for line in head.removeprefix(b"\xef\xbb\xbf").split(b"\n")[:50] if line.strip()]
    fitting = sum(bool(_LINE.match(line)) for line in lines)
    return 90 if fitting and 2 * fitting >= len(lines) else 0


def read(file: BinaryIO, source: str, options: ArchiveOptions) -> Iterator[tuple[Positions, list[Finding]]]:
    """Yield the positions in file order; every other line is counted in a finding.

    Raises DecodeError where no line at all is an SBS-1 message.
    """
    decoder = SbsDecoder(options.time_zone, source, options.max_line_bytes)
    said = [] if options.time_zone else [zone_assumed(source)]
    rejected = 0
    while True:
        data = file.read(min(_BLOCK_BYTES, 64 * options.batch_rows))
        positions, findings = decoder.feed(data) if data else decoder.finish()
        rejected += sum(f.count for f in findings if f.code in (LINE_INVALID.code, LINE_TOO_LONG.code))
        if not data and rejected == decoder.records:
            raise DecodeError(
                "no line is an SBS-1 message", source=source, expected="lines such as MSG,3,… of 22 fields"
            )
        if len(positions) or findings:
            yield positions, said + findings
            said = []
        if not data:
            return
