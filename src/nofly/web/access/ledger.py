"""Who may do what, and the record of every change of it: none is done without the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nofly.run.record.acts import Act, record_act
from nofly.store.access import AccessStore, Changes


@dataclass(frozen=True, slots=True)
class By:
    """Who does something, and why."""

    who: str
    why: str


class Ledger:
    """The access file and the record of a state folder. ``clock`` gives UTC microseconds."""

    def __init__(self, folder: Path, clock: Callable[[], int]) -> None:
        self.store = AccessStore(folder)
        self.clock = clock
        self._record = folder / "record.sqlite"

    @contextmanager
    def acting(self) -> Iterator[Changes]:
        """Do all changes inside, or none; what they are is told by :meth:`record`, inside too."""
        with self.store.changing() as changes:
            yield changes

    def record(self, act: Act, about: str, by: By, **what: Any) -> None:
        """Append an act to the record. Raises StoreError where that fails; inside :meth:`acting` nothing is
        changed then."""
        record_act(self._record, act, about, by.who, by.why, self.clock(), what)
