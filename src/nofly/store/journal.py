"""The journal: what the live loop was given, appended before it is judged, and read again after a crash.

A folder of segments, each named by the offset of its first byte. An offset counts every byte ever written, so
it only grows. What was committed survives the death of the process; with ``sync`` that of the machine too.
"""

from __future__ import annotations

import os
import re
import struct
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from io import BufferedReader, FileIO
from itertools import pairwise
from pathlib import Path

from nofly.errors import StoreError
from nofly.schema import Positions
from nofly.store.disk import flush_to_disk, locked, told_of
from nofly.store.journal_entries import (
    HEAD,
    MAGIC,
    MOST_ROWS,
    Batch,
    Entry,
    Mark,
    batch_content,
    content_matches,
    entry_from,
    head_of,
    length_in,
    mark_content,
)

__all__ = [
    "SEGMENT_BYTES", "Batch", "Entry", "Journal", "JournalDamaged", "Mark", "last_segment", "read", "sync",
]  # fmt: skip

SEGMENT_BYTES = 64 << 20
_SUFFIX = ".journal"
_NAME = re.compile(r"[0-9]{19}\.journal")
_BEGIN = b"NFJOURN1"
_BEGIN_BYTES = 16
_WINDOW_BYTES = 1 << 20


class JournalDamaged(StoreError):
    """Entries are missing or broken from ``offset`` on; the next whole one can be read from ``resume`` on."""

    def __init__(self, path: Path, offset: int, resume: int, message: str) -> None:
        self.offset = offset
        self.resume = resume
        super().__init__(f"{path}: {message} at offset {offset}; whole again from {resume} on")


@dataclass(frozen=True, slots=True)
class _Segment:
    base: int
    path: Path

    def size(self) -> int:
        """Bytes of it; 0 where it was forgotten meanwhile."""
        try:
            return self.path.stat().st_size
        except FileNotFoundError:
            return 0


class Journal:
    """A journal to append to, by one thread of one process. Reading it needs no :class:`Journal`."""

    _path: Path
    _file: FileIO
    _base: int
    _end: int
    _committed: int

    def __init__(self, folder: Path | str, *, segment_bytes: int = SEGMENT_BYTES) -> None:
        """Open the journal in a folder, made where there is none. What a crash left of an entry is cut off.

        Raises StoreError where another process has it open, or the folder cannot be written.
        """
        self.folder = Path(folder)
        self._segment_bytes = segment_bytes
        self._unsynced: list[Path] = []
        self._torn = False
        with told_of(self.folder, "opening the journal"):
            self.folder.mkdir(parents=True, exist_ok=True)
            self._lock = _locked(self.folder)
            try:
                self._open_last()
            except BaseException:
                self._lock.close()
                raise

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the files. What was committed stays."""
        self._file.close()
        self._lock.close()

    @property
    def committed(self) -> int:
        """The offset after everything committed."""
        return self._committed

    def append(self, feed: int, positions: Positions) -> None:
        """Append positions of a feed; they come back bit for bit, one entry for every MOST_ROWS rows.

        Raises StoreError where the disk is full or a column is not one of positions: then nothing that was
        appended since the last commit is in the journal, and it can be appended to again.
        """
        for first in range(0, max(len(positions), 1), MOST_ROWS):
            whole = len(positions) <= MOST_ROWS
            part = positions if whole else positions.take(slice(first, first + MOST_ROWS))
            self._append(feed, part)

    def mark(self, now_us: int, value: bytes = b"") -> None:
        """Append a mark: the end of a tick at ``now_us`` (microseconds UTC), and what is to be known of it.

        Raises StoreError as :meth:`append`.
        """
        self._write(lambda: mark_content(now_us, value))

    def commit(self, sync: bool = False) -> int:
        """Return the offset after everything appended so far: it survives if the process is killed now.

        With ``sync`` it survives a power cut as well. Raises StoreError where the disk fails.
        """
        if sync:
            with told_of(self.folder, "syncing the journal"):
                for path in self._unsynced:
                    flush_to_disk(path)
                os.fsync(self._file.fileno())
                self._unsynced.clear()
        self._committed = self._end
        return self._committed

    def read(self, offset: int) -> Iterator[Entry]:
        """Yield what was committed from ``offset`` on; errors as :func:`read` says."""
        return read(self.folder, offset, self._committed)

    def rotate(self) -> None:
        """Commit, and begin a new segment. Raises StoreError where it cannot be made; then the old one is
        still appended to."""
        self.commit()
        if self._end > self._base + _BEGIN_BYTES:
            with told_of(self.folder, "making a segment of the journal"):
                old, path = self._file, self._path
                self._make(self._end)
                self._unsynced.append(path)
                old.close()

    def forget(self, before_offset: int) -> None:
        """Remove whole segments of which nothing is needed any more. Raises StoreError where that fails."""
        found = _segments(self.folder)
        with told_of(self.folder, "removing a segment of the journal"):
            for segment, following in pairwise(found):
                if following.base <= before_offset:
                    segment.path.unlink(missing_ok=True)
                    self._unsynced = [path for path in self._unsynced if path != segment.path]

    def _append(self, feed: int, part: Positions) -> None:
        self._write(lambda: batch_content(feed, part))

    def _write(self, content: Callable[[], list[bytes]]) -> None:
        """Write an entry; where that fails, go back to what was committed."""
        try:
            with told_of(self.folder, "appending to the journal"):
                self._cut()
                if self._end == self._committed and self._end - self._base >= self._segment_bytes:
                    self.rotate()
                parts = content()
                entry = b"".join((head_of(parts, self._end), *parts))
                self._torn = True
                _write_all(self._file, entry)
                self._end += len(entry)
                self._torn = False
        except BaseException:
            self._torn = True
            self._end = self._committed
            with suppress(OSError):
                self._cut()
            raise

    def _cut(self) -> None:
        """Cut off what a failed write left."""
        if self._torn:
            self._file.truncate(self._end - self._base)
            self._file.seek(self._end - self._base)
            self._torn = False

    def _open_last(self) -> None:
        found = _segments(self.folder)
        if not found:
            self._make(0)
            return
        last = found[-1]
        self._unsynced = [segment.path for segment in found[:-1]]
        end = max((after for _, after, _ in _whole(last, last.base)), default=None)
        if end is None:
            # Nothing whole in it: it may not even have its first bytes.
            self._make(last.base)
            return
        self._path, self._base = last.path, last.base
        self._file = FileIO(last.path, "r+")
        self._end = self._committed = end
        self._torn = True
        self._cut()

    def _make(self, base: int) -> None:
        """Begin a segment; only when that worked is it the one appended to."""
        path = self.folder / f"{base:019d}{_SUFFIX}"
        file = FileIO(path, "w+")
        try:
            _write_all(file, _begin(base))
            flush_to_disk(self.folder)
        except BaseException:
            file.close()
            with suppress(OSError):
                path.unlink()
            raise
        self._path, self._file, self._base = path, file, base
        self._end = self._committed = base + _BEGIN_BYTES
        self._torn = False


def read(folder: Path | str, offset: int, until: int | None = None) -> Iterator[Entry]:
    """Yield the entries of a journal from ``offset`` on, up to the offset ``until`` where it is given.

    Ends at an entry that a crash left torn, which is the last. Raises JournalDamaged where entries are broken
    or missing before that, were forgotten, or (``until``) should be there; StoreError where a file cannot be
    read. No more than one entry is held in memory.
    """
    found = _segments(Path(folder))
    if not found and (offset or until):
        raise StoreError(f"{folder}: there is no journal")
    if found and offset < found[0].base:
        raise JournalDamaged(found[0].path, offset, found[0].base, "entries were forgotten")
    at = offset
    for k, segment in enumerate(found):
        last = k + 1 == len(found)
        end = until if last else found[k + 1].base
        if until is not None and at >= until:
            return
        if not last and at >= found[k + 1].base:
            continue
        for begin, after, content in _whole(segment, at, until):
            if begin > at:
                raise JournalDamaged(segment.path, at, begin, "broken")
            if content is not None:
                yield _entry(segment, begin, after, content)
            at = after
        if end is not None and at < end:
            raise JournalDamaged(segment.path, at, end, "entries are missing")
        if last and at > segment.base + segment.size():
            raise JournalDamaged(segment.path, at, segment.base + segment.size(), "the journal ends before")


def last_segment(folder: Path | str) -> int | None:
    """Return the offset at which the last segment begins, None where there is none. Raises StoreError where
    the folder cannot be read."""
    found = _segments(Path(folder))
    return found[-1].base if found else None


def sync(folder: Path | str, offset: int, until: int) -> None:
    """Make what was committed between two offsets survive a power cut. Raises StoreError where that fails."""
    found = _segments(Path(folder))
    with told_of(Path(folder), "syncing the journal"):
        for k, segment in enumerate(found):
            begun_before = segment.base < until
            if begun_before and (k + 1 == len(found) or found[k + 1].base > offset):
                flush_to_disk(segment.path)


def _entry(segment: _Segment, begin: int, after: int, content: bytes) -> Entry:
    try:
        return entry_from(content, after)
    except StoreError as error:
        raise JournalDamaged(segment.path, begin, after, str(error)) from error


def _whole(
    segment: _Segment, start: int, until: int | None = None
) -> Iterator[tuple[int, int, bytes | None]]:
    """Yield begin, end and content of what is whole in a segment from an offset on: first what it begins with
    (no content), then its entries. What is not whole is passed over."""
    with told_of(segment.path, "reading the journal"), open(segment.path, "rb") as file:
        at: int | None = start
        if start == segment.base:
            at = start + _BEGIN_BYTES
            if file.read(_BEGIN_BYTES) == _begin(start):
                yield start, at, None
        patience_bytes = 16 * segment.size()
        while at is not None and (until is None or at < until):
            file.seek(at - segment.base)
            head = file.read(HEAD.size)
            length = length_in(head, at)
            if length is not None:
                content = file.read(length)
                if content_matches(head, content):
                    after = at + HEAD.size + length
                    yield at, after, content
                    at = after
                    continue
                patience_bytes -= len(content)
            at = None if patience_bytes < 0 else _next_head(file, segment.base, at + 1)


def _next_head(file: BufferedReader, base: int, start: int) -> int | None:
    """Return the offset of the next head of an entry, None where there is none."""
    at = start
    while True:
        file.seek(at - base)
        window = file.read(_WINDOW_BYTES + HEAD.size)
        place = window.find(MAGIC)
        while place >= 0 and place < _WINDOW_BYTES:
            if length_in(window[place : place + HEAD.size], at + place) is not None:
                return at + place
            place = window.find(MAGIC, place + 1)
        if len(window) < _WINDOW_BYTES:
            return None
        at += _WINDOW_BYTES


def _segments(folder: Path) -> list[_Segment]:
    """Return the segments in order. Raises StoreError where the folder cannot be read."""
    with told_of(folder, "reading the journal"):
        names = sorted(os.listdir(folder)) if folder.is_dir() else []
    return [_Segment(int(name[:19]), folder / name) for name in names if _NAME.fullmatch(name)]


def _begin(base: int) -> bytes:
    return _BEGIN + struct.pack("<Q", base)


def _write_all(file: FileIO, data: bytes) -> None:
    """Write all bytes: the system may take only some of them at once."""
    rest = memoryview(data)
    while rest:
        rest = rest[file.write(rest) or 0 :]


def _locked(folder: Path) -> FileIO:
    """Return the lock of a journal, taken. Raises StoreError where another process has it."""
    try:
        return locked(folder / "lock", wait=False)
    except BlockingIOError as error:
        raise StoreError(f"{folder}: another process is writing this journal") from error
