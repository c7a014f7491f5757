"""Bytes of a track file as its reader wants them: decompressed, counted, bounded, ahead of their use."""

from __future__ import annotations

import io
import os
import zlib
from collections import deque
from collections.abc import Iterator
from typing import BinaryIO

from nofly.errors import DecodeError
from nofly.feeds.options import ArchiveOptions
from nofly.run.files.ahead import ahead

HEAD_BYTES = 1 << 16
_PIECE_BYTES = 1 << 20
_ZSTD_PIECE_BYTES = 2048
"""So little at a time: a zstd block of 128 KiB may come from four bytes."""
_ZSTD_WINDOW_BYTES = 1 << 27
_FREE_BYTES = 64 << 20
_FIRST_BYTES, _MOST_BYTES = 1 << 18, 1 << 22
"""Unpacked at a time, at first and in the end: little, so that there soon is something to read; much, so that
the thread that unpacks seldom waits for its turn to hand it over."""
_AHEAD = 4

_MAGIC = (
    (b"\x1f\x8b", "gz"), (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"BZh", "bzip2"), (b"\xfd7zXZ\x00", "xz"), (b"PK\x03\x04", "zip"), (b"7z\xbc\xaf", "7z"),
)  # fmt: skip


class PlainFile(io.RawIOBase):
    """A seekable file that counts what is read of it.

    ``path`` is where it lies on disk, if that is known: a reader may read it there, and say with
    :meth:`passed` how far it is.
    """

    def __init__(self, file: BinaryIO, path: str | None) -> None:
        self._file = file
        self.path = path
        self.bytes_read = 0

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: object) -> int:
        """Fill the buffer and return how many bytes there were."""
        count: int = self._file.readinto(buffer)  # type: ignore[attr-defined]
        self.bytes_read += count
        return count

    def passed(self, rows: int, of: int) -> None:
        """Count so many rows ``of`` those of the file as read; of what lies on no disk nothing is counted."""
        if self.path is None:
            return
        size = os.fstat(self._file.fileno()).st_size
        self.bytes_read = max(self.bytes_read, size * rows // max(1, of))

    def seek(self, offset: int, whence: int = 0) -> int:
        """Move and return the new place."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """Return the place."""
        return self._file.tell()

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        super().close()


class PlainContent(io.BufferedReader):
    """What a reader gets of a seekable file; :class:`PlainFile` says what ``path`` and ``passed`` are."""

    def __init__(self, counted: PlainFile) -> None:
        super().__init__(counted, 1 << 20)
        self.path, self.passed = counted.path, counted.passed


class PieceStream(io.RawIOBase):
    """A stream of pieces that cannot seek, but can show its head. ``path`` is None."""

    path: None = None

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._ready: deque[memoryview] = deque()

    def head(self, size: int) -> bytes:
        """Return up to ``size`` first bytes; they will be read again."""
        while sum(map(len, self._ready)) < size:
            piece = next(self._pieces, b"")
            if not piece:
                break
            self._ready.append(memoryview(piece))
        return b"".join(self._ready)[:size]

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: object) -> int:
        """Fill part of the buffer and return how many bytes there were; 0 at the end."""
        into = memoryview(buffer).cast("B")  # type: ignore[arg-type]
        if not self._ready:
            piece = next(self._pieces, b"")
            if not piece:
                return 0
            self._ready.append(memoryview(piece))
        first = self._ready.popleft()
        count = min(len(into), len(first))
        into[:count] = first[:count]
        if count < len(first):
            self._ready.appendleft(first[count:])
        return count

    def close(self) -> None:
        """Stop what produces the pieces."""
        close = getattr(self._pieces, "close", None)
        if close is not None:
            close()
        super().close()


def compression(head: bytes) -> str:
    """Return ``gz``, ``zstd``, the name of a packing that is not read, or ``""``."""
    return next((name for magic, name in _MAGIC if head.startswith(magic)), "")


def unpacked(
    file: BinaryIO, head: bytes, packing: str, source: str, options: ArchiveOptions
) -> Iterator[bytes]:
    """Yield a file's decompressed bytes; ``head`` has been read of it already.

    Raises DecodeError for broken or truncated data, for a packing that is not read, and where more comes
    out than ``options.max_ratio`` or ``options.max_bytes`` allow.
    """
    if packing == "":
        return _pieces(file, head)
    if packing not in ("gz", "zstd"):
        raise DecodeError(
            f"packed with {packing}", source=source, expected="plain, gz or zstd: unpack it first"
        )
    inflate = _gunzip if packing == "gz" else _unzstd
    return _ahead(_bounded(inflate, _pieces(file, head), source, options))


def _pieces(file: BinaryIO, head: bytes) -> Iterator[bytes]:
    if head:
        yield head
    while piece := file.read(_PIECE_BYTES):
        yield piece


class _Gauge:
    """Counts compressed bytes on their way in."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self.count = 0

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._pieces:
            self.count += len(piece)
            yield piece


def _bounded(
    inflate: object, pieces: Iterator[bytes], source: str, options: ArchiveOptions
) -> Iterator[bytes]:
    gauge, total = _Gauge(pieces), 0
    for piece in inflate(gauge, source):  # type: ignore[operator]
        total += len(piece)
        if total > options.max_bytes:
            raise DecodeError(
                f"more than {options.max_bytes} bytes once unpacked",
                source=source,
                expected="less (max_bytes)",
            )
        if total > _FREE_BYTES and total > options.max_ratio * gauge.count:
            raise DecodeError(
                f"unpacks to more than {options.max_ratio:g} times its size", source=source,
                expected="less (max_ratio)",
            )  # fmt: skip
        yield piece


def _gunzip(pieces: _Gauge, source: str) -> Iterator[bytes]:
    """Inflate gzip members (RFC 1952), one after the other; zero padding at the end is allowed."""
    inflater, most = zlib.decompressobj(31), _FIRST_BYTES
    for piece in pieces:
        data = piece
        while data:
            if inflater.eof:
                data = data.lstrip(b"\0")
                if not data:
                    break
                inflater = zlib.decompressobj(31)
            try:
                out = inflater.decompress(data, most)
            except zlib.error as error:
                raise DecodeError(f"broken gzip: {error}", source=source) from error
            if out:
                most = min(2 * most, _MOST_BYTES)
                yield out
            data = inflater.unused_data if inflater.eof else inflater.unconsumed_tail
    if not inflater.eof:
        raise DecodeError("the gzip data end too early", source=source, expected="the whole file")


def _unzstd(pieces: _Gauge, source: str) -> Iterator[bytes]:
    """Inflate zstd frames (RFC 8878), one after the other."""
    import zstandard

    unpacker = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW_BYTES)
    inflater = unpacker.decompressobj()
    for piece in pieces:
        for start in range(0, len(piece), _ZSTD_PIECE_BYTES):
            data = piece[start : start + _ZSTD_PIECE_BYTES]
            while data:
                if inflater.eof:
                    inflater = unpacker.decompressobj()
                try:
                    out = inflater.decompress(data)
                except zstandard.ZstdError as error:
                    raise DecodeError(f"broken zstd: {error}", source=source) from error
                data = inflater.unused_data if inflater.eof else b""
                if out:
                    yield out
    if not inflater.eof:
        raise DecodeError("the zstd data end too early", source=source, expected="the whole file")


def _ahead(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the pieces, some of them unpacked in another thread while the ones before are being used."""
    with ahead(pieces, _AHEAD) as ready:
        yield from ready


def seekable(stream: PieceStream, source: str, options: ArchiveOptions) -> BinaryIO:
    """Return a stream's bytes in a temporary file, for a format that has to seek."""
    import tempfile

    file = tempfile.TemporaryFile()  # noqa: SIM115 the caller closes it
    total = 0
    while piece := stream.read(_PIECE_BYTES):
        total += len(piece)
        if total > options.max_bytes:
            file.close()
            raise DecodeError(
                f"more than {options.max_bytes} bytes", source=source, expected="less (max_bytes)"
            )
        file.write(piece)
    file.seek(0)
    return file
