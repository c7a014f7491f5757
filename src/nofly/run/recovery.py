"""The state that a watch goes on from: kept now and then, whole or not at all.

What was given since is in the journal, and what was recorded since in the store: given again from there, the
engine records the same, and what the store has already is not stored twice.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import zstandard

from nofly.errors import StoreError
from nofly.run.packing import unpack
from nofly.store.chain import Stored, canonical
from nofly.store.disk import flush_to_disk, told_of

MOST_BYTES = 8 << 30
"""Of a kept state, unpacked."""


class Kept(msgspec.Struct, frozen=True):
    """A state: ``sequence`` is the last record in the store then, ``offset`` where the journal goes on."""

    law: list[str]
    sequence: int
    offset: int
    engine: bytes
    intake: bytes


def keep(path: Path, state: Kept) -> None:
    """Write a state in place of the one before. Raises StoreError where the disk is full or fails."""
    data = zstandard.ZstdCompressor(level=1, write_checksum=True).compress(msgspec.msgpack.encode(state))
    new = path.with_suffix(".new")
    with told_of(path, "keeping the state"):
        with new.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
        flush_to_disk(path.parent)


def kept(path: Path) -> Kept | None:
    """Return the state that was kept, None where there is none. Raises StoreError where it cannot be read."""
    if not path.exists():
        return None
    with told_of(path, "reading the state"):
        raw = path.read_bytes()
    try:
        data = zstandard.ZstdDecompressor(max_window_size=1 << 27).decompress(raw, MOST_BYTES)
        return msgspec.msgpack.decode(data, type=Kept)
    except (zstandard.ZstdError, msgspec.MsgspecError, MemoryError) as error:
        raise StoreError(f"the state in {path} cannot be read: {error}") from error


class Recorded:
    """What the store has already of what is worked out again."""

    def __init__(self, records: Iterable[Stored]) -> None:
        self._left = Counter(record.body for record in records)

    def fresh(self, bodies: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """Yield those that are not in the store yet."""
        for body in bodies:
            text = canonical(body)
            if self._left[text] > 0:
                self._left[text] -= 1
            else:
                yield body


def intake_state(state: Kept) -> dict[str, Any]:
    """Return what was received and not yet judged."""
    found = unpack(state.intake, "the state of the intake")
    if not isinstance(found, dict):
        raise StoreError("the state of the intake cannot be read")
    return found
