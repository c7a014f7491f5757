"""Whether a source's records are of the edition they are read by: each source has to prove it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from nofly.errors import Severity
from nofly.feeds.faults import Fault
from nofly.feeds.rows import Values

PROOF = 5
"""So many records in a row that make sense prove a source's edition."""
RETURN = 50
"""So many bring a refused source back."""
WINDOW = 20
MOST_BAD = 5
"""So many records of the last :data:`WINDOW` that make no sense have a source refused."""
MOST_SOURCES = 512
"""Sources that are kept apart; past it the one heard of longest ago is forgotten."""

EDITION_UNPROVED = Fault(
    "edition-unproved", "record of a source before enough of its records in a row made sense"
)
SOURCE_REFUSED = Fault("source-refused", "record of a source that is refused: see edition-refused")

Row = tuple[int, str, float, float, Values]
Key = tuple[int, int, int]
"""Category, SAC, SIC."""


@dataclass(slots=True)
class _Source:
    good_run: int = 0
    proved: bool = False
    refused: bool = False
    recent: int = 0
    """One bit for each of the last records, set where it made no sense."""
    held: list[tuple[Row, str]] = field(default_factory=list)


class Sources:
    """Lets the rows of proved sources through, holds those of new ones back, and refuses bad ones.

    ``add`` takes a row, ``reject`` counts a record that is none, ``note`` says something of a record more.
    """

    def __init__(
        self,
        editions: Mapping[int, str],
        add: Callable[[Row], None],
        reject: Callable[[Fault, str], None],
        note: Callable[[Fault, str], None],
    ) -> None:
        self._editions = editions
        self._add, self._reject, self._note = add, reject, note
        self._known: dict[Key, _Source] = {}

    def good(self, key: Key, row: Row | Fault, where: str) -> None:
        """Take a record that makes sense: a row, or why it is none."""
        source = self._source(key)
        source.recent = source.recent << 1 & (1 << WINDOW) - 1
        if not source.proved:
            source.good_run += 1
            if source.good_run >= (RETURN if source.refused else PROOF):
                self._prove(key, source, where)
        if isinstance(row, Fault):
            self._reject(row, where)
        elif source.proved:
            self._add(row)
        elif source.refused:
            self._reject(SOURCE_REFUSED, where)
        else:
            source.held.append((row, where))

    def bad(self, key: Key, fault: Fault, where: str) -> None:
        """Take a record that makes no sense, and why; one that names no source counts for none."""
        if key[1] < 0:
            self._reject(fault, where)
            return
        source = self._source(key)
        source.recent = (source.recent << 1 | 1) & (1 << WINDOW) - 1
        source.good_run = 0
        self._drop(source)
        self._reject(fault, where)
        if not source.refused and source.recent.bit_count() >= MOST_BAD:
            source.refused, source.proved = True, False
            self._note(
                Fault(
                    "edition-refused",
                    f"{_name(key)}: {MOST_BAD} of its last {WINDOW} records make no sense read as edition "
                    f"{self._editions[key[0]]} (the last: {fault.message}): another edition, or a wrong "
                    f"clock; refused until {RETURN} in a row do",
                    Severity.WARNING,
                ),
                where,
            )

    def finish(self) -> None:
        """Reject what is held back."""
        for source in self._known.values():
            self._drop(source)

    def _prove(self, key: Key, source: _Source, where: str) -> None:
        if source.refused:
            text = f"{_name(key)}: {RETURN} records in a row make sense again: no longer refused"
            self._note(Fault("source-returned", text, Severity.WARNING), where)
        source.proved, source.refused, source.recent = True, False, 0
        for row, _ in source.held:
            self._add(row)
        source.held.clear()

    def _drop(self, source: _Source) -> None:
        for _, where in source.held:
            self._reject(EDITION_UNPROVED, where)
        source.held.clear()

    def _source(self, key: Key) -> _Source:
        source = self._known.pop(key, None)
        if source is None:
            source = _Source()
            if len(self._known) >= MOST_SOURCES:
                self._drop(self._known.pop(next(iter(self._known))))
        self._known[key] = source
        return source


def _name(key: Key) -> str:
    return f"category {key[0]:03d} of {key[1]:03d}/{key[2]:03d}"
