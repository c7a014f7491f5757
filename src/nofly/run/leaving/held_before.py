"""Whom zones that must not be left held for a while ago: what is needed to judge that while again."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from nofly.incidents.keepin import Bound, Held

LEAST_KEPT = 1024
"""Fewer are not worth looking for those that nobody knows any more."""


@dataclass(slots=True)
class HeldBefore:
    """Remembers, target by target and zone by zone, how one stood to the other as of each moment judged."""

    _held: dict[tuple[str, str], list[tuple[int, Held]]] = field(default_factory=dict)
    _noted: deque[tuple[int, tuple[str, str]]] = field(default_factory=deque)
    _most: int = LEAST_KEPT

    def note(self, turned: Iterable[tuple[str, str, Held]], until_us: int) -> None:
        """Note what (target, zone hash, how it stands) holds once all up to ``until_us`` was judged."""
        for target_id, zone_hash, held in turned:
            key = target_id, zone_hash
            known = self._held.setdefault(key, [])
            if not known or (known[-1][1].time_us, known[-1][1].bound) != (held.time_us, held.bound):
                known.append((until_us, held))
                self._noted.append((until_us, key))

    def at(
        self, targets: Collection[str], hashes: Collection[str], until_us: int
    ) -> list[tuple[str, str, Held]]:
        """Return what held of some targets and zones once all up to ``until_us`` was judged."""
        found = []
        for zone_hash in hashes:
            for target_id in targets:
                known = self._held.get((target_id, zone_hash), ())
                last = next((held for at_us, held in reversed(known) if at_us <= until_us), None)
                if last is not None and last.bound is not Bound.NO:
                    found.append((target_id, zone_hash, last))
        return found

    def forget(self, before_us: int, targets: Collection[str]) -> None:
        """Forget what held until something else did, before then, and all of others than ``targets`` where
        much is kept."""
        while self._noted and self._noted[0][0] < before_us:
            _, key = self._noted.popleft()
            known = self._held.get(key, [])
            while len(known) > 1 and known[1][0] <= before_us:
                del known[0]
            if len(known) == 1 and known[0][1].bound is Bound.NO:
                del self._held[key]
        if len(self._held) > self._most:
            there = set(targets)
            self._held = {key: known for key, known in self._held.items() if key[0] in there}
            self._most = max(LEAST_KEPT, 2 * len(self._held))

    def __len__(self) -> int:
        """Return of how many targets and zones something is remembered."""
        return len(self._held)
