"""JSON documents of Remote ID to rows: what the decoders of messages and of lines have in common."""

from __future__ import annotations

import json
from collections.abc import Iterator

import msgspec

from nofly.errors import Severity
from nofly.feeds.decoders._odid_reports import Broken, Report, reports_of
from nofly.feeds.decoders._odid_senders import Reception, Senders, plain
from nofly.feeds.faults import NOT_A_POSITION, RECORD_BROKEN, Fault

MOST_BYTES = 1 << 20
"""A document longer than that, also after decompression, is none."""
MOST_MEMORY_BYTES = 64 << 20
MOST_VALUES = 1000
"""Values end to end in one document; what follows them is not read."""

DOCUMENT_TOO_LONG = Fault("document-too-long", "JSON longer than 1 MiB")
HEIGHT_DATUM_ASSUMED = Fault(
    "height-datum-assumed",
    "height that names no datum: read as above the ellipsoid, as Remote ID sends it",
    Severity.INFO,
)

_COMPRESSED = (b"\xfd7zXZ\0", b"]\0\0")
_SCANNER = json.JSONDecoder(strict=False)


def take_document(data: bytes, got: Reception, senders: Senders) -> int:
    """Take a document of one JSON value or several end to end; return how many records that was."""
    records = 0
    for value in _values(data):
        for report in [value] if isinstance(value, Fault) else reports_of(value):
            records += 1
            fault = report if isinstance(report, Fault) else _take(report, got, senders)
            if fault is not None:
                senders.tally.add(fault, got.locator)
    return records


def _values(data: bytes) -> Iterator[object]:
    """Yield the values of a document, and a Fault for what cannot be read. An xz or lzma file is undone."""
    if data.startswith(_COMPRESSED):
        unpacked = _decompressed(data)
        if isinstance(unpacked, Fault):
            yield unpacked
            return
        data = unpacked
    data = data.strip(b"\0 \t\r\n")
    if len(data) > MOST_BYTES:
        yield DOCUMENT_TOO_LONG
    elif data:
        try:
            yield msgspec.json.decode(data)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            yield from _end_to_end(data)


def _end_to_end(data: bytes) -> Iterator[object]:
    """Yield values that follow one another; what receivers write is not always JSON to the letter: ids as
    heard may hold control characters and bytes that are no UTF-8."""
    text, at, count = data.decode("utf-8", "surrogateescape"), 0, 0
    while at < len(text):
        if text[at] in " \t\r\n\0,":
            at += 1
            continue
        count += 1
        if count > MOST_VALUES:
            yield RECORD_BROKEN
            return
        try:
            value, at = _SCANNER.raw_decode(text, at)
        except (ValueError, RecursionError):
            yield RECORD_BROKEN
            return
        yield value


def _decompressed(data: bytes) -> bytes | Fault:
    from lzma import LZMADecompressor, LZMAError

    try:
        decompressor = LZMADecompressor(memlimit=MOST_MEMORY_BYTES)
        found = decompressor.decompress(data, MOST_BYTES + 1)
    except (LZMAError, EOFError):
        return RECORD_BROKEN
    if len(found) > MOST_BYTES:
        return DOCUMENT_TOO_LONG
    return found if decompressor.eof else RECORD_BROKEN


def _take(report: Report | Broken, got: Reception, senders: Senders) -> Fault | None:
    if isinstance(report, Broken):
        return RECORD_BROKEN
    station = None if report.station is None else plain(report.station.encode("utf-8", "surrogatepass"))
    got = got._replace(seen_us=report.seen_us or got.seen_us, station=station)
    for ident in report.ids:
        senders.identify(report.address, ident, got)
    if report.location is None:
        return NOT_A_POSITION
    fault = senders.locate(report.address, report.location, got, report.ids, report.same)
    if fault is None and report.datum_assumed:
        senders.tally.add(HEIGHT_DATUM_ASSUMED, got.locator)
    return fault
