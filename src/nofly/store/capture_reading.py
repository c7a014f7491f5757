"""Reading the raw capture: what came, in order, with the time it came, segment by segment.

A segment is read as hostile input: in bounded memory, up to the first thing in it that cannot be. One that
was being written when its writer was killed is read up to its last whole entry. What is missing is a finding.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import msgspec

from nofly.errors import Finding, Severity, StoreError
from nofly.store.capture_segments import (
    CHECKSUM,
    CLOSED,
    ENTRY,
    HEAD,
    MAGIC,
    OPENED,
    SUFFIX,
    Segment,
    segments,
)
from nofly.units import US_PER_S

MOST_HEADER_BYTES = 1 << 20
MOST_CHUNK_BYTES = 64 << 20
"""A longer chunk is passed over, unless the reader is told to take it."""
_MOST_WINDOW_BYTES = 1 << 23
_READ_BYTES = 1 << 16
_PIECE_BYTES = 256
_PASSED_BYTES = 1 << 20
_LARGEST = 1 << 62


@dataclass(frozen=True, slots=True)
class Header:
    """What a segment says of itself."""

    feed: str
    decoder: str
    options: dict[str, Any]
    """Of the decoder."""
    finish_each: bool
    """Whether the decoder is told ``finish()`` after every chunk."""
    began: int
    """Offset of the first byte that the decoder was fed: another one is another decoder, which knew nothing
    of what came before."""
    offset: int
    """Of the segment's first byte."""
    address: str = ""
    """Where the bytes came from, without any secret; nothing where that was not kept."""


class Captured(NamedTuple):
    """Bytes as they came; none where ``closed``, which marks the end of a connection."""

    header: Header
    offset: int
    """Of the first byte, as the ``raw`` of a position counts."""
    data: bytes
    received_us: int
    opened: bool
    closed: bool
    lost: int


class _Damaged(Exception):
    """What follows in the segment cannot be read; the message says why."""


class _CutShort(Exception):
    """The segment ends without an end."""


class _Unpacked:
    """What a segment holds, in bounded memory, and to the last byte that was flushed.

    The library's own stream reader gives up what it holds unpacked where a frame does not end. A few bytes at
    a time are unpacked: a block of 128 KiB can be made of four.
    """

    def __init__(self, file: BinaryIO) -> None:
        import zstandard

        self._file = file
        self._unpacking = zstandard.ZstdDecompressor(max_window_size=_MOST_WINDOW_BYTES).decompressobj()
        self._packed = b""
        self._packed_at = 0
        self._plain = b""
        self._plain_at = 0

    def read(self, length: int, at_end: bool = False) -> bytes:
        """Return so many bytes; none where the segment ends here and may. What does not come takes no memory.
        Raises _CutShort where there are fewer."""
        parts, left = [], length
        while left:
            part = self._plain[self._plain_at : self._plain_at + left]
            if part:
                self._plain_at += len(part)
                parts.append(part)
                left -= len(part)
            elif not self._more():
                if at_end and left == length and self._unpacking.eof:
                    return b""
                raise _CutShort
        return b"".join(parts)

    def _more(self) -> bool:
        """Unpack a little more; return whether there was more."""
        if self._packed_at >= len(self._packed):
            self._packed, self._packed_at = self._file.read(_READ_BYTES), 0
        piece = self._packed[self._packed_at : self._packed_at + _PIECE_BYTES]
        self._packed_at += len(piece)
        if self._unpacking.eof and piece:
            raise _Damaged("something follows the end")
        if piece:
            self._plain, self._plain_at = self._unpacking.decompress(piece), 0
        return bool(piece)


class CaptureReader:
    """The entries of one feed, in order. What is to be said is in ``findings`` once it has been read."""

    def __init__(self, folder: Path | str, most_chunk_bytes: int = MOST_CHUNK_BYTES) -> None:
        """``folder`` is the feed's own. Raises StoreError where it cannot be read or holds no segment."""
        self.folder = Path(folder)
        self.findings: list[Finding] = []
        self._most_chunk_bytes = most_chunk_bytes
        self._segments = segments(self.folder)
        if not self._segments:
            raise StoreError(f"{self.folder}: no segment of a capture ({SUFFIX})")

    def __iter__(self) -> Iterator[Captured]:
        """Yield all entries. Deleted meanwhile, a segment is missing; nothing is raised."""
        expected: Header | None = None
        next_offset = 0
        for segment in self._segments:
            entries = self._segment(segment)
            for entry in entries:
                if expected is not entry.header:
                    self._compare(expected, entry.header, next_offset, segment)
                    expected = entry.header
                next_offset = entry.offset + len(entry.data)
                yield entry

    def between(self, from_us: int, until_us: int) -> Iterator[Captured]:
        """Yield the entries that were received from one time until another, both included, without reading
        segments that hold none of them."""
        following = [*self._segments[1:], None]
        for segment, after in zip(self._segments, following, strict=True):
            # A name tells whole seconds.
            if segment.start_us > until_us or (
                after is not None
                and after.start_us >= segment.start_us
                and after.start_us + US_PER_S <= from_us
            ):
                continue
            for entry in self._segment(segment):
                if from_us <= entry.received_us <= until_us:
                    yield entry

    @property
    def start_us(self) -> int:
        """About when the first bytes came that are still there, to the second before."""
        return self._segments[0].start_us

    def at(self, raw: int) -> Captured | None:
        """Return the entry that holds the byte at an offset; None where there is none such any more."""
        for segment in reversed(self._segments):
            entry = None
            for entry in self._segment(segment):
                if entry.header.offset > raw:
                    break
                if raw < entry.offset + len(entry.data):
                    return entry if entry.offset <= raw else None
            else:
                if entry is not None:
                    # It began before the byte and does not hold it: no older one does.
                    return None
        return None

    def _compare(self, before: Header | None, after: Header, expected: int, segment: Segment) -> None:
        """Say what is missing between two segments."""
        if before is not None and before.began == after.began and after.offset != expected:
            self._say(
                "capture-missing",
                f"{after.offset - expected} bytes are missing before this segment: they could not be kept, "
                "or were deleted",
                segment,
            )

    def _segment(self, segment: Segment) -> Iterator[Captured]:
        import zstandard

        try:
            with segment.path.open("rb") as file:
                yield from self._entries(_Unpacked(file), segment)
        except _CutShort:
            self._say(
                "capture-cut-short", "the segment ends in the midst of an entry", segment, Severity.INFO
            )
        except OSError as error:
            self._say("capture-not-read", f"cannot be read: {error.strerror or error}", segment)
        except (_Damaged, zstandard.ZstdError) as error:
            self._say("capture-damaged", f"cannot be read any further: {error}", segment)

    def _entries(self, plain: _Unpacked, segment: Segment) -> Iterator[Captured]:
        header = _header(plain)
        offset = header.offset
        while head := plain.read(ENTRY.size, at_end=True):
            received_us, flags, lost, length = ENTRY.unpack(head)
            (checksum,) = CHECKSUM.unpack(plain.read(CHECKSUM.size))
            if flags not in (0, OPENED, CLOSED) or not 0 <= received_us < _LARGEST:
                raise _Damaged("an entry that none can be")
            if length > self._most_chunk_bytes:
                _pass_over(plain, length)
                self._say("capture-chunk-too-long", f"a chunk of {length} bytes is passed over", segment)
                offset += length
                continue
            data = plain.read(length)
            if zlib.crc32(data, zlib.crc32(head)) != checksum:
                raise _Damaged("an entry whose checksum is wrong")
            yield Captured(header, offset, data, received_us, flags == OPENED, flags == CLOSED, lost)
            offset += length

    def _say(self, code: str, message: str, segment: Segment, severity: Severity = Severity.WARNING) -> None:
        self.findings.append(Finding(code, severity, message, str(segment.path)))


def feed_folders(folder: Path | str) -> list[Path]:
    """Return the folders of feeds in a capture's, or the folder itself where it is one feed's; none where it
    is no capture. Raises StoreError where it cannot be read."""
    place = Path(folder)
    if segments(place):
        return [place]
    try:
        return [child for child in sorted(place.iterdir()) if child.is_dir() and segments(child)]
    except NotADirectoryError:
        return []
    except OSError as error:
        raise StoreError(f"{place}: {error.strerror}") from error


def _header(plain: _Unpacked) -> Header:
    if plain.read(len(MAGIC)) != MAGIC:
        raise _Damaged("no segment of a capture")
    length, checksum = HEAD.unpack(plain.read(HEAD.size))
    if length > MOST_HEADER_BYTES:
        raise _Damaged("a header that is too long")
    told = plain.read(length)
    if zlib.crc32(told) != checksum:
        raise _Damaged("a header whose checksum is wrong")
    try:
        header = msgspec.json.decode(told, type=Header)
    except (msgspec.DecodeError, RecursionError, ValueError) as error:
        raise _Damaged("a header that cannot be read") from error
    if not 0 <= header.began <= header.offset < _LARGEST:
        raise _Damaged("a header that cannot be")
    return header


def _pass_over(plain: _Unpacked, length: int) -> None:
    while length:
        length -= len(plain.read(min(length, _PASSED_BYTES)))
