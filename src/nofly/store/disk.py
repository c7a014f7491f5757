"""What a store asks of the file system: flushed to the disk, one writer at a time, failures as StoreError."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path

from nofly.errors import StoreError


@contextmanager
def told_of(path: Path, doing: str) -> Iterator[None]:
    """Raise StoreError for whatever the system raises inside: disk full, no permission."""
    try:
        yield
    except OSError as error:
        raise StoreError(f"{path}: {doing} failed: {error.strerror or error}") from error


def flush_to_disk(path: Path) -> None:
    """Flush a file, or the names in a folder. Raises OSError."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def locked(path: Path, *, wait: bool) -> FileIO:
    """Return a lock, taken until it is closed. Raises OSError; BlockingIOError where another has it and
    ``wait`` is false."""
    import fcntl

    lock = FileIO(path, "a")
    try:
        fcntl.flock(lock.fileno(), fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BaseException:
        lock.close()
        raise
    return lock
