"""The zones declared here as a zone file in the state folder, which a watch reads beside its others.

It follows from the record, and is written anew after every act: what it says, the record proves.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from nofly.run.declaring.acts import Declarations
from nofly.run.files.atomic import write_whole
from nofly.run.files.zonewriting import writer
from nofly.store.sqlite import Store
from nofly.zones.model import Zone

NAME = "declared.geojson"


def declare(store: Store, folder: Path, body: dict[str, object], declarations: Declarations) -> int:
    """Append an act, then write the file; return the record's number. Raises StoreError where the act cannot
    be appended, OSError where the file cannot be written: it is written by the next act, or at a start."""
    (head,) = store.append([body])
    for record in store.read(head.sequence):
        declarations.take(record)
    write(folder, declarations.law)
    return head.sequence


def write(folder: Path, law: Iterable[Zone]) -> None:
    """Write the zones in force. Raises OSError."""
    write_whole(folder / NAME, writer("geojson", NAME).write(tuple(law)))


class LawFile:
    """Tells a watch when the zones declared here have changed."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME
        self._seen = self._stamp()

    def changed(self) -> bool:
        """Return whether the file is another than when this was asked before."""
        before, self._seen = self._seen, self._stamp()
        return self._seen != before

    def _stamp(self) -> tuple[int, int] | None:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_ino
