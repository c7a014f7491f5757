"""The cases of live traffic, each target beside each zone, and when each is due to be closed."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping

from nofly.incidents import machine
from nofly.incidents.machine import Case, Happening, Key, Params, Record


class Cases:
    """Every target and zone of which something is to be said."""

    def __init__(self) -> None:
        self._known: dict[Key, Case] = {}
        self._due: list[tuple[int, Key]] = []
        """When cases are to be closed if nothing more happens; some of them are not due any more."""

    @property
    def known(self) -> Mapping[Key, Case]:
        """The cases by name."""
        return self._known

    def of(self, key: Key) -> Case:
        """Return the case of a target and a zone; a new one where there is none."""
        return self._known.get(key) or Case(key.zone_hash, key.target_id, key.shadow)

    def keep(self, case: Case, params: Params) -> None:
        """Take a case as it is now; one of which there is nothing to say any more is let go of."""
        if case.incident is None and not case.warned:
            self._known.pop(case.key, None)
            return
        self._known[case.key] = case
        due_us = machine.due_us(case, params)
        if due_us is not None:
            heapq.heappush(self._due, (due_us, case.key))

    def happen(self, key: Key, happening: Happening, params: Params) -> tuple[Record, ...]:
        """Let something happen to a case, and return what is to be recorded."""
        case, records = machine.step(self.of(key), happening, params)
        self.keep(case, params)
        return records

    def lapse(self, until_us: int, params: Params) -> Iterator[Record]:
        """Yield what is to be recorded as nothing has happened until then."""
        while self._due and self._due[0][0] < until_us:
            due_us, key = heapq.heappop(self._due)
            case = self._known.get(key)
            if case is None or machine.due_us(case, params) != due_us:
                continue
            case, records = machine.advance(case, until_us, params)
            self.keep(case, params)
            yield from records

    def save(self) -> bytes:
        """Return the cases as bytes, for :meth:`load`."""
        return machine.save(self._known.values())

    def load(self, data: bytes, params: Params) -> None:
        """Take up cases. Raises StoreError where the bytes are not such."""
        for case in machine.load(data).values():
            self.keep(case, params)
