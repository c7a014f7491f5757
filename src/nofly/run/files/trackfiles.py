"""Files of recorded traffic to batches of positions, whatever their format and packing."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, BinaryIO

from nofly import plugins
from nofly.errors import DecodeError, Finding, InputError, Severity
from nofly.feeds.options import ArchiveOptions
from nofly.run.files.trackbytes import (
    HEAD_BYTES,
    PieceStream,
    PlainContent,
    PlainFile,
    compression,
    seekable,
    unpacked,
)
from nofly.schema import Positions, concatenate
from nofly.store.capture_segments import MAGIC

KIND = "nofly.feeds.archives"
STDIN = "-"
_MOST_WINDOW_BYTES = 1 << 27


class _CaptureError(DecodeError):
    """It is a raw capture."""

    def __init__(self, source: str) -> None:
        expected = "nofly replay, and the capture's folder: it feeds it again as it came"
        super().__init__("a raw capture, not a file of recorded traffic", source=source, expected=expected)


@dataclass(frozen=True, slots=True)
class TrackBatch:
    """Some positions of one file, what is to be said of it, and how far the file has been read.

    ``bytes_read`` and ``bytes_total`` are of the file as it lies on disk (0 of a stream whose length is not
    known), for a progress bar.
    """

    positions: Positions
    findings: list[Finding]
    path: str
    format: str
    bytes_read: int
    bytes_total: int


def read_batches(
    paths: str | Path | Sequence[str | Path], options: ArchiveOptions | None = None
) -> Iterator[TrackBatch]:
    """Yield the positions of files, folders (with all below them, in order of name) and ``-`` (stdin).

    gzip and zstd are unpacked on the way. A file in a folder that is no track file, or is broken, is a
    finding; a file that is named itself raises DecodeError, SchemaError or ConfigError. A segment of a raw
    capture is no track file, and a folder in which nothing but such can be read raises DecodeError. Of every
    file there is at least one batch, perhaps empty.
    """
    chosen = options or ArchiveOptions()
    for path in [paths] if isinstance(paths, str | Path) else paths:
        if str(path) == STDIN:
            yield from _read_stream(sys.stdin.buffer, "stdin", 0, chosen, None)
        elif os.path.isdir(path):
            yield from _read_folder(Path(path), chosen)
        else:
            yield from read_file(Path(path), chosen)


def read_file(path: Path, options: ArchiveOptions) -> Iterator[TrackBatch]:
    """Yield the positions of one file; errors as :func:`read_batches` says."""
    try:
        total = path.stat().st_size
        file = path.open("rb", buffering=0)
    except OSError as error:
        raise DecodeError(f"cannot be opened: {error.strerror}", source=str(path)) from error
    with file:
        yield from _read_stream(file, str(path), total, options, str(path))


def read_bytes(data: bytes, source: str, options: ArchiveOptions) -> Iterator[TrackBatch]:
    """Yield the positions of a file that is in memory; ``source`` is what it is called, and errors are as
    :func:`read_batches` says. Nothing is opened."""
    yield from _read_stream(io.BytesIO(data), source, len(data), options, None)


def _read_folder(folder: Path, options: ArchiveOptions) -> Iterator[TrackBatch]:
    found = read = captured = False
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            path = Path(place, name)
            if name.startswith(".") or not path.is_file():
                continue
            found = True
            try:
                for batch in read_file(path, options):
                    read = True
                    yield batch
            except InputError as error:
                captured |= isinstance(error, _CaptureError)
                finding = Finding("file-not-read", Severity.WARNING, error.message, str(path), error.locator)
                yield TrackBatch(concatenate([]), [finding], str(path), "", 0, 0)
    if not found:
        raise DecodeError("no file in this folder", source=str(folder), expected="track files")
    if captured and not read:
        raise _CaptureError(str(folder))


def _read_stream(
    file: Any, source: str, total: int, options: ArchiveOptions, path: str | None
) -> Iterator[TrackBatch]:
    """Yield what a file holds; ``path`` is where it lies on disk, if it does."""
    counted = PlainFile(file, path)
    with ExitStack() as closing:
        head = _head(counted)
        packing = compression(head)
        seeks = not packing and _can_seek(file)
        if not head:
            raise DecodeError("the file is empty", source=source, expected="recorded traffic")
        if _is_capture(head, packing):
            raise _CaptureError(source)
        content: BinaryIO
        if seeks:
            counted.seek(0)
            module = _format_of(head, source, options)
            content = plain = PlainContent(counted)
            closing.callback(plain.detach)
        else:
            stream = PieceStream(unpacked(counted, head, packing, source, options))  # type: ignore[arg-type]
            closing.callback(stream.close)
            module = _format_of(stream.head(HEAD_BYTES), source, options)
            content = io.BufferedReader(stream, 1 << 20)
            if getattr(module, "SEEKS", False):
                content = closing.enter_context(seekable(stream, source, options))
        for positions, findings in _said_once(module.read(content, source, options)):
            yield TrackBatch(positions, findings, source, module.NAME, min(counted.bytes_read, total), total)


def _head(file: PlainFile) -> bytes:
    """Return the first 64 KiB, or all there is; a pipe may give it in parts."""
    head = b""
    while len(head) < HEAD_BYTES and (part := file.read(HEAD_BYTES - len(head))):
        head += part
    return head


def _is_capture(head: bytes, packing: str) -> bool:
    """Return whether these are the first bytes of a raw capture's segment, whether its end is written or not.

    It holds a feed's bytes with marks between them, which a reader of these bytes would take for traffic.
    """
    if packing != "zstd":
        return head.startswith(MAGIC)
    import zstandard

    try:
        with zstandard.ZstdDecompressor(max_window_size=_MOST_WINDOW_BYTES).stream_reader(head) as plain:
            return plain.read(len(MAGIC)) == MAGIC
    except zstandard.ZstdError:
        return False


def _can_seek(file: Any) -> bool:
    try:
        return bool(file.seekable())
    except (AttributeError, OSError):
        return False


def _said_once(
    batches: Iterable[tuple[Positions, list[Finding]]],
) -> Iterator[tuple[Positions, list[Finding]]]:
    """Yield the batches; where there is none, an empty one."""
    none = True
    for batch in batches:
        none = False
        yield batch
    if none:
        yield concatenate([]), []


def _format_of(head: bytes, source: str, options: ArchiveOptions) -> ModuleType:
    """Return the archive plugin that is most sure of these first bytes; DecodeError where none is."""
    if options.format is not None:
        return plugins.load(KIND, options.format)
    scores = plugins.sniffed(KIND, head)
    if not scores:
        raise DecodeError(
            "not a format of recorded traffic that nofly knows", source=source,
            expected=", ".join(plugins.names(KIND)),
        )  # fmt: skip
    name = source.lower().removesuffix(".gz").removesuffix(".zst").removesuffix(".zstd")

    def surer(plugin: str) -> tuple[int, bool]:
        return scores[plugin], name.endswith(plugins.load(KIND, plugin).EXTENSIONS)

    return plugins.load(KIND, max(scores, key=surer))
