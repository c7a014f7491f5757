"""Since when that has lasted of which an alert tells: from the warning, or the entry, as recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from nofly.run.alerting.words import STATES, is_active
from nofly.store.chain import Stored

Read = Callable[[str], Iterable[Stored]]
"""Returns the records under an incident's name, in order."""


def begun_us(record: Stored, read: Read) -> int | None:
    """Return when that began, UTC microseconds: the first record since nobody was expected, inside or perhaps
    inside; None of what is no incident."""
    thread = thread_of(record)
    if record.kind not in STATES:
        return None
    begun: int | None = None
    for name in dict.fromkeys((thread, record.incident)):
        for one in read(name):
            if one.sequence > record.sequence:
                break
            if one.kind not in STATES or one.content.get("inhibited") or thread_of(one) != thread:
                continue
            if is_active(one.kind, one.content.get("phase")):
                begun = one.time_us if begun is None else begun
            elif one.sequence != record.sequence:
                begun = None
    return begun


def thread_of(record: Stored) -> str:
    """Return what a record has in common with all others from the warning to its end."""
    warning = record.content.get("warning")
    return warning if isinstance(warning, str) and warning else record.incident
