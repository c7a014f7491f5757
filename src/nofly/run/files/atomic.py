"""Outputs appear whole or not at all: written beside their place, flushed to disk, then renamed."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path


def write_whole(path: str | Path, data: bytes) -> None:
    """Write ``data`` to ``path`` so that a reader finds the old file or all of the new one.

    A link is followed, the mode of an existing file kept; what is no regular file (a pipe, a device)
    is written straight. Raises OSError; then nothing of the new file is left behind.
    """
    place = Path(os.path.realpath(path))
    mode = _mode(place)
    if mode is None:
        with open(place, "wb") as pipe:
            pipe.write(data)
        return
    import tempfile

    try:
        handle, name = tempfile.mkstemp(prefix=f".{place.name[:80]}.", suffix=".part", dir=place.parent)
    except OSError as error:
        raise type(error)(error.errno, error.strerror, str(path)) from None
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, mode)
        os.replace(name, place)
    except BaseException:
        with suppress(OSError):
            os.unlink(name)
        raise
    _flush_folder(place.parent)


def _mode(place: Path) -> int | None:
    """Return the mode the new file is to have, or None where ``place`` is no regular file."""
    try:
        found = os.stat(place)
    except FileNotFoundError:
        mask = os.umask(0)
        os.umask(mask)
        return 0o666 & ~mask
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(21, "Is a directory", str(place))
    return stat.S_IMODE(found.st_mode) if stat.S_ISREG(found.st_mode) else None


def _flush_folder(folder: Path) -> None:
    with suppress(OSError):  # not every file system lets a folder be opened or flushed
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
