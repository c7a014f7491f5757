"""Numbers for targets that stay the same from batch to batch."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nofly.schema import Coded


class Numbering:
    """Numbers names from 0, in the order in which batches bring them.

    Batches of one file share their list of values, which only grows: each value is looked up once.
    """

    def __init__(self) -> None:
        self.names: list[str] = []
        self._by_name: dict[str, int] = {}
        self._values: list[str] = []
        self._lookup = np.zeros(0, np.int32)
        self._same = True

    def __getitem__(self, name: str) -> int:
        """Return the number of a name that has one."""
        return self._by_name[name]

    def another(self, name: str) -> int:
        """Return a new number for a name, beside the one that rows get."""
        self.names.append(name)
        return len(self.names) - 1

    def resume(self, names: list[str], beside: set[int]) -> None:
        """Take up names by number; those ``beside`` others are not what rows get."""
        self.names[:] = names
        self._by_name = {name: k for k, name in enumerate(names) if k not in beside}
        self._values = []

    def of(self, target: Coded) -> NDArray[np.int32]:
        """Return the number of each row, -1 where it has no target; the codes themselves where they are the
        numbers."""
        if target.values is not self._values:
            self._values, self._lookup, self._same = target.values, np.zeros(0, np.int32), True
        known = len(self._lookup)
        if len(target.values) > known:
            more = np.array(self._numbers(target.values[known:]), np.int32)
            self._lookup = np.concatenate([self._lookup, more])
            self._same &= bool(np.array_equal(more, np.arange(known, known + len(more))))
        codes = target.codes
        if not self._same:
            codes = self._lookup[target.codes]
            if target.codes.min(initial=0) < 0:
                codes[target.codes < 0] = -1
        return codes.astype(np.int32, copy=False)

    def _numbers(self, names: list[str]) -> list[int]:
        found = list(map(self._by_name.get, names))
        if None in found:
            for k, number in enumerate(found):
                if number is None:
                    # A name may stand there twice.
                    name = names[k]
                    found[k] = self._by_name[name] if name in self._by_name else self._new(name)
        return found  # type: ignore[return-value]

    def _new(self, name: str) -> int:
        number = self._by_name[name] = self.another(name)
        return number
