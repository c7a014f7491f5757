"""The texts in a batch of live traffic: what each target had sent by a moment within it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray


class _Kind(NamedTuple):
    """The texts of one kind, row by row, and what had been told of their targets before the batch."""

    target: NDArray[np.int32]
    time_us: NDArray[np.int64]
    text: NDArray[Any]
    before: NDArray[Any]

    def by(self, target: int, time_us: int, told: str | None) -> str | None:
        """Return what a target had sent by a time; ``told`` where it sent nothing in the batch."""
        mine = np.flatnonzero(self.target == target)
        if not len(mine):
            return told
        n = int(self.time_us[mine].searchsorted(time_us, "right"))
        text: str | None = self.text[mine[n - 1]] if n else self.before[mine[0]]
        return text


class Sent(NamedTuple):
    """The rows of a batch, each target's in order of time, and the texts in it by kind (None: none)."""

    target: NDArray[np.int32]
    time_us: NDArray[np.int64]
    since_us: NDArray[np.int64]
    kinds: tuple[_Kind | None, ...]

    @classmethod
    def of(
        cls, target: NDArray[np.int32], time_us: NDArray[np.int64], since_us: NDArray[np.int64],
        texts: Sequence[NDArray[Any] | None], told: Sequence[NDArray[Any]],
    ) -> Sent:  # fmt: skip
        """``since_us`` is the time of the report before each row, of its target; ``texts`` are columns of
        text or None, by kind; ``told`` is of each kind what was told last of each target, by number, before
        the batch."""

        def kind(text: NDArray[Any], last: NDArray[Any]) -> _Kind:
            there = np.flatnonzero(text != np.array(None))
            who = target[there]
            return _Kind(who, time_us[there], text[there], last[who])

        kinds = (None if text is None else kind(text, last) for text, last in zip(texts, told, strict=True))
        return cls(target, time_us, since_us, tuple(kinds))

    def put(self, told: Sequence[NDArray[Any]]) -> None:
        """Make the last text of each target what was told last."""
        for last, kind in zip(told, self.kinds, strict=True):
            if kind is not None:
                last[kind.target] = kind.text

    def at(self, target: int, time_us: int, told: Sequence[NDArray[Any]]) -> list[str | None] | None:
        """Return what a target had sent when what happened at a time became known: with its first report from
        then on. ``told`` is what was told last; None where it says all of that."""
        if not any(self.kinds):
            return None
        mine = np.flatnonzero(self.target == target)
        if not len(mine):
            return None
        until_us = time_us
        if time_us > self.since_us[mine[0]]:
            times = self.time_us[mine]
            until_us = int(times[min(int(times.searchsorted(time_us)), len(times) - 1)])
        return [
            last[target] if kind is None else kind.by(target, until_us, last[target])
            for last, kind in zip(told, self.kinds, strict=True)
        ]
