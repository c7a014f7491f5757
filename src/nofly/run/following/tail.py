"""The positions of a running watch, read from its journal as they are appended."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from nofly.errors import StoreError
from nofly.schema import Positions
from nofly.store.journal import Batch, Entry, JournalDamaged, last_segment, read

MOST_BATCHES = 4096
"""So many batches at most are read at once."""


class JournalTail:
    """Reads a journal onwards; first from where its last segment begins."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._at: int | None = None

    def batches(self) -> Iterator[Positions]:
        """Yield what was appended since this was asked before, at most :data:`MOST_BATCHES` batches.

        Entries that were forgotten meanwhile, or are broken, are passed over. Raises StoreError where the
        journal cannot be read.
        """
        if self._at is None:
            self._at = last_segment(self._folder)
        if self._at is None:
            return
        count = 0
        try:
            for entry in read_on(self._folder, self._at):
                self._at = entry.offset_after
                if isinstance(entry, Batch) and len(entry.positions):
                    yield entry.positions
                    count += 1
                    if count >= MOST_BATCHES:
                        return
        except StoreError:
            self._at = None
            raise


def read_on(journal: Path, offset: int) -> Iterator[Entry]:
    """Yield the entries of a journal from an offset on; those that were forgotten or are broken are passed
    over. Raises StoreError where it cannot be read."""
    at = offset
    while True:
        try:
            for entry in read(journal, at):
                at = entry.offset_after
                yield entry
            return
        except JournalDamaged as damage:
            if damage.resume <= at:
                return
            at = damage.resume
