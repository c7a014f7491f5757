"""Raw Mode S messages, one JSON object a line: ``{"timestamp": 1720248189.525094, "frame": "8f39…", …}``.

``frame`` is the message in hexadecimal (7 or 14 bytes), ``timestamp`` when it was received, in seconds since
1970. Only these two are read: what another program decoded and wrote beside them (jet1090, decode1090) is
not believed. Positions, callsigns and the rest come from :mod:`nofly.feeds.decoders._modes`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, BinaryIO

import msgspec

from nofly.errors import Finding
from nofly.feeds.decoders._modes import ModesDecoder, ModesMessage, senders_of
from nofly.feeds.json_records import records
from nofly.feeds.options import ArchiveOptions
from nofly.feeds.senders import Sent, lines_of
from nofly.feeds.times import LATEST_US
from nofly.schema import Positions

NAME = "modes_jsonl"
EXTENSIONS = (".jsonl", ".ndjson", ".json")
BESIDE = True
BLANK = b""


def senders(data: bytes, options: object = None) -> Iterator[Sent]:
    """Yield the lines, and whose message each holds; see :mod:`nofly.feeds.senders`."""
    return lines_of(data, _whose)


def _whose(line: bytes) -> str | None:
    try:
        message = _bytes(msgspec.json.decode(line, type=_Line).frame)
    except (msgspec.DecodeError, RecursionError, ValueError):
        return None
    return senders_of([message])[0]


_MOST_MESSAGES = 32_768
_FRAME = re.compile(rb'"frame"\s*:\s*"[0-9A-Fa-f]{14}(?:[0-9A-Fa-f]{14})?"')


class _Line(msgspec.Struct, gc=False):
    timestamp_s: float | None = msgspec.field(name="timestamp", default=None)
    frame: str | None = None


def sniff(head: bytes) -> int:
    """Return 94 for objects with ``timestamp`` and a ``frame`` of hexadecimal digits, else 0."""
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().removeprefix(b"[").lstrip()
    if text[:1] != b"{" or b'"timestamp"' not in text[:4096]:
        return 0
    return 94 if _FRAME.search(text[:16_384]) else 0


def read(file: BinaryIO, source: str, options: ArchiveOptions) -> Iterator[tuple[Positions, list[Finding]]]:
    """Yield the positions in file order; messages that give none are counted in findings.

    Raises DecodeError where no line can be read, ConfigError where rs1090 is not installed.
    """
    decoder = ModesDecoder(source, options.receiver, "object")
    size = min(options.batch_rows, _MOST_MESSAGES)
    for block in records(file, source, options, _Line):
        findings = block.findings
        for start in range(0, max(1, len(block.objects)), size):
            first = block.first + start
            lines: list[Any] = block.objects[start : start + size]
            positions, said = decoder.feed([_message(line, first + i) for i, line in enumerate(lines)])
            yield positions, findings + said
            findings = []


def _message(line: _Line, number: int) -> ModesMessage:
    seconds = line.timestamp_s
    known = seconds is not None and 0 < seconds < LATEST_US * 1e-6
    return ModesMessage(_bytes(line.frame), round(seconds * 1e6) if known and seconds else None, number)


def _bytes(text: str | None) -> bytes:
    """Return the bytes of hexadecimal digits, nothing where they are not."""
    try:
        return bytes.fromhex(text) if text is not None and text.isalnum() else b""
    except ValueError:
        return b""
