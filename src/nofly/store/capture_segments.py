"""A segment of the raw capture: its name, its layout, and how it is written.

``<folder>/<feed>/<time>-<number>.nfcap.zst`` is one zstd frame that holds a header and then what came, each
with the time it came. A feed's bytes are counted on from segment to segment, so that the ``raw`` of a
position leads to its bytes: a decoder that begins counts from the number of its first segment times 2^32, and
no segment holds as much, so that no two bytes of a feed have one offset.
"""

from __future__ import annotations

import json
import os
import re
import struct
import zlib
from contextlib import suppress
from datetime import UTC, datetime
from enum import Enum
from io import FileIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

from nofly.errors import StoreError

if TYPE_CHECKING:
    import zstandard

SUFFIX = ".nfcap.zst"
MAGIC = b"nofly capture 1\n"
HEAD = struct.Struct("<II")
"""Length of the header, which is JSON, and its CRC-32."""
ENTRY = struct.Struct("<qBII")
"""When it came (us UTC), :data:`OPENED` or :data:`CLOSED`, messages lost before it, how many bytes. After it
stands a CRC-32 of it and of the bytes, and then the bytes."""
CHECKSUM = struct.Struct("<I")
OPENED, CLOSED = 1, 2
"""The first bytes of a connection; no bytes but the end of one."""
RUN_BYTES = 1 << 32
LEVEL = 3
_NAME = re.compile(r"(\d{8}T\d{6}Z)-(\d+)" + re.escape(SUFFIX), re.ASCII)
_LATEST_S = 253_402_300_799


class Packing(Enum):
    """What is asked of the compressor."""

    READY = 0
    """What it has ready."""
    READABLE = 1
    """All, so that it can be read."""
    LAST = 2
    """All, and the frame's end."""


class Segment(NamedTuple):
    """A segment by its name."""

    number: int
    start_us: int
    path: Path


def folder_of(folder: Path | str, feed: str) -> Path:
    """Return where a feed's segments are: its name, with what a file's name cannot have as ``%XX``."""
    name = quote(feed, safe=" +")
    return Path(folder, name.replace(".", "%2E") if not feed.strip(".") else name)


def segments(folder: Path) -> list[Segment]:
    """Return the segments in one feed's folder, oldest first; none where there is no folder.

    Raises StoreError where it cannot be read.
    """
    try:
        names = os.listdir(folder)
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise StoreError(f"{folder}: {error.strerror}") from error
    found = []
    for name in names:
        match = _NAME.fullmatch(name)
        start_us = _time_us(match[1]) if match and len(match[2]) < 10 else None
        if match and start_us is not None:
            found.append(Segment(int(match[2]), start_us, folder / name))
    return sorted(found)


class SegmentWriter:
    """Writes one feed's segments, one after the other: one is ``open``, or the next is to come."""

    def __init__(self, place: Path, about: dict[str, Any], number: int, offset: int) -> None:
        """``about`` is what every header says; ``number`` is that of the next segment, ``offset`` that of
        the next byte."""
        self.place, self.about = place, about
        self.number, self.offset = number, offset
        self.segment: Segment | None = None
        """The one that was opened last."""
        self.first_offset = offset
        """Of its first byte."""
        self.started_us = self.latest_us = 0
        self.size_bytes = self.waiting_bytes = 0
        """Its length, and how many bytes are compressed and not written."""
        self.unsafe_bytes = 0
        """Bytes of the feed that a kill would take."""
        self._changed = False
        self._parts: list[bytes] = []
        self._file: FileIO | None = None
        self._compressor: zstandard.ZstdCompressionObj | None = None

    @property
    def open(self) -> bool:
        """Return whether there is a segment that more can be written to."""
        return self._file is not None

    def begin(self, received_us: int) -> Segment:
        """Open the next segment, and return it; OSError where that cannot be."""
        import zstandard

        # Never below what the offset asks for, however much could not be written meanwhile.
        self.number = max(self.number, -(-self.offset // RUN_BYTES))
        start_s = min(max(received_us // 1_000_000, 0), _LATEST_S)
        name = f"{datetime.fromtimestamp(start_s, UTC):%Y%m%dT%H%M%SZ}-{self.number}{SUFFIX}"
        self.place.mkdir(parents=True, exist_ok=True)
        self._file = FileIO(str(self.place / name), "xb")
        self.segment = Segment(self.number, start_s * 1_000_000, self.place / name)
        self.number += 1
        self.first_offset, self.started_us, self.latest_us = self.offset, received_us, received_us
        self.size_bytes = self.waiting_bytes = self.unsafe_bytes = 0
        self._parts = []
        self._compressor = zstandard.ZstdCompressor(level=LEVEL).compressobj()
        head = json.dumps({**self.about, "offset": self.offset}, default=str).encode()
        self._pack(MAGIC + HEAD.pack(len(head), zlib.crc32(head)) + head)
        return self.segment

    def add(self, data: bytes, received_us: int, flags: int, lost: int) -> None:
        """Compress what came. The feed's offset is not moved on."""
        self.latest_us = received_us
        self.unsafe_bytes += len(data)
        entry = ENTRY.pack(received_us, flags, min(lost, 0xFFFFFFFF), len(data))
        self._pack(entry + CHECKSUM.pack(zlib.crc32(data, zlib.crc32(entry))))
        self._pack(data)

    def write(self, packing: Packing) -> None:
        """Write what is compressed: all of it or, with OSError, nothing."""
        if self._file is None or self._compressor is None:
            return
        if packing is not Packing.READY and (self._changed or packing is Packing.LAST):
            import zstandard

            last = packing is Packing.LAST
            how = zstandard.COMPRESSOBJ_FLUSH_FINISH if last else zstandard.COMPRESSOBJ_FLUSH_BLOCK
            self._parts.append(self._compressor.flush(how))
            self._changed = False
        packed, self._parts, self.waiting_bytes = b"".join(self._parts), [], 0
        left = memoryview(packed)
        try:
            while left:
                left = left[self._file.write(left) or 0 :]
        except OSError:
            with suppress(OSError):
                self._file.truncate(self.size_bytes)
            raise
        self.size_bytes += len(packed)
        if not self._changed:
            self.unsafe_bytes = 0

    def close(self) -> None:
        """Close the segment as it is; one with nothing in it is removed."""
        file, self._file, self._compressor, self._parts = self._file, None, None, []
        if file is not None:
            with suppress(OSError):
                file.close()
            if not self.size_bytes and self.segment is not None:
                with suppress(OSError):
                    self.segment.path.unlink()

    def _pack(self, data: bytes) -> None:
        if self._compressor is not None:
            packed = self._compressor.compress(data)
            self._changed = True
            if packed:
                self._parts.append(packed)
                self.waiting_bytes += len(packed)


def _time_us(text: str) -> int | None:
    try:
        moment = datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None
    return int(moment.timestamp()) * 1_000_000
