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
from nofly.run.trackbytes import HEAD_BYTES, PieceStream, PlainFile, compression, seekable, unpacked
from nofly.schema import Positions, concatenate

KIND = "nofly.feeds.archives"
STDIN = "-"


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
    finding; a file that is named itself raises DecodeError, SchemaError or ConfigError. Of every file
    there is at least one batch, perhaps empty.
    """
    chosen = options or ArchiveOptions()
    for path in [paths] if isinstance(paths, str | Path) else paths:
        if str(path) == STDIN:
            yield from _read_stream(sys.stdin.buffer, "stdin", 0, chosen)
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
        yield from _read_stream(file, str(path), total, options)


def _read_folder(folder: Path, options: ArchiveOptions) -> Iterator[TrackBatch]:
    found = False
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            path = Path(place, name)
            if name.startswith(".") or not path.is_file():
                continue
            found = True
            try:
                yield from read_file(path, options)
            except InputError as error:
                finding = Finding("file-not-read", Severity.WARNING, error.message, str(path), error.locator)
                yield TrackBatch(concatenate([]), [finding], str(path), "", 0, 0)
    if not found:
        raise DecodeError("no file in this folder", source=str(folder), expected="track files")


def _read_stream(file: Any, source: str, total: int, options: ArchiveOptions) -> Iterator[TrackBatch]:
    counted = PlainFile(file, None if file is sys.stdin.buffer else source)
    with ExitStack() as closing:
        head = _head(counted)
        packing = compression(head)
        seeks = not packing and _can_seek(file)
        if not head:
            raise DecodeError("the file is empty", source=source, expected="recorded traffic")
        content: BinaryIO
        if seeks:
            counted.seek(0)
            module = _format_of(head, source, options)
            content = io.BufferedReader(counted, 1 << 20)
            content.path = counted.path  # type: ignore[attr-defined]
            closing.callback(content.detach)
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
