"""The alerts of one channel on their way: which are to be told now, and which a newer one supersedes."""

from __future__ import annotations

from dataclasses import dataclass, field

from nofly.alerts import Notice
from nofly.run.alerting.words import FEED_ALIVE, FEED_SILENT, STATES, folded
from nofly.store.outbox import Alert

_SUPERSEDING = STATES | {FEED_SILENT, FEED_ALIVE}
"""Kinds of which the last one says it all. What is said of an incident stands for itself."""


@dataclass(slots=True)
class Held:
    """An alert in hand. ``older`` are the keys of those that it stands for too; ``ready``: to be tried;
    ``asked``: whether it is silenced was looked up."""

    alert: Alert
    notice: Notice
    older: list[str] = field(default_factory=list)
    ready: bool = True
    asked: bool = False

    @property
    def keys(self) -> list[str]:
        """Its own key, and those of the ones it stands for."""
        return [self.alert.key, *self.older]

    @property
    def told_as(self) -> Notice:
        """The notice as it is told: it says for how many it stands."""
        return folded(self.notice, len(self.older))

    @property
    def thread(self) -> str | None:
        """What a newer one must have in common to stand for this one; None: nothing does."""
        if self.notice.kind not in _SUPERSEDING:
            return None
        return self.notice.thread


class Hand:
    """What is in hand, by key; iterated by the number of the record."""

    def __init__(self) -> None:
        self._held: dict[str, Held] = {}
        self._covered: dict[str, Held] = {}

    def __len__(self) -> int:
        return len(self._held)

    def get(self, key: str) -> Held | None:
        """Return the one with a key, or the one that stands for it."""
        return self._held.get(key) or self._covered.get(key)

    def ready(self) -> list[Held]:
        """Return those to be tried, the oldest first."""
        return sorted((h for h in self._held.values() if h.ready), key=lambda held: held.notice.sequence)

    def take(self, held: Held) -> None:
        """Take one in hand."""
        self._held[held.alert.key] = held

    def drop(self, held: Held) -> None:
        """Let go of one, and of those it stands for."""
        self._held.pop(held.alert.key, None)
        for key in held.older:
            self._covered.pop(key, None)

    def fold(self, *, every: bool) -> int:
        """Let the newest of each incident stand for the older ones, and return for how many more.

        Unless ``every``, only for those whose turn is past: that failed, and would else be told after it.
        """
        count = 0
        newest: dict[str, Held] = {}
        for held in sorted(self._held.values(), key=lambda one: one.notice.sequence, reverse=True):
            thread = held.thread
            if thread is None:
                continue
            newer = newest.setdefault(thread, held)
            if newer is not held and (every or not held.ready or not newer.ready):
                count += len(held.keys)
                self._stand_for(newer, held)
        return count

    def _stand_for(self, newer: Held, older: Held) -> None:
        self.drop(older)
        newer.older += older.keys
        newer.ready = newer.ready or older.ready
        for key in older.keys:
            self._covered[key] = newer
