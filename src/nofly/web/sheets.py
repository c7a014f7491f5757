"""Claim sheets as they were checked, kept until something they rest on changes."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from nofly.run.claiming.checking_apart import CheckedApart, checked_apart
from nofly.web.turns import in_turn
from nofly.zones.model import Zone

MOST_SHEETS = 32
MOST_AGE_S = 60.0
"""A sheet that rests on what a watch goes on receiving is checked anew after this."""
_Key = tuple[str, float | None]
"""The name of a claim, and the QNH that it is checked by."""
_Rests = tuple[tuple[str, int, int], ...]


@dataclass(slots=True)
class Sheets:
    """``folder`` is where claims are kept; the sheets of the last ones that were asked for."""

    folder: Path
    checking: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held while a claim is checked: one at a time."""
    _kept: OrderedDict[_Key, tuple[object, float, CheckedApart]] = field(default_factory=OrderedDict)

    async def sheet(
        self, path: Path, state: Path, law: Sequence[Zone], monotonic_s: Callable[[], float],
        qnh_hpa: float | None = None,
    ) -> CheckedApart:  # fmt: skip
        """Return the sheet of a claim file, by a QNH where it is given. Raises InputError where it cannot be
        checked, ApiError 503 where many wait."""
        key = path.parent.name, qnh_hpa
        known = self._known(key, path, law, monotonic_s())
        if known is not None:
            return known
        async with in_turn(self.checking, "another claim is being checked"):
            known = self._known(key, path, law, monotonic_s())
            if known is not None:
                return known
            rests = _rests(path, law)
            found = await asyncio.to_thread(checked_apart, path, state, law, qnh_hpa)
            self._kept[key] = rests, monotonic_s(), found
            self._kept.move_to_end(key)
            while len(self._kept) > MOST_SHEETS:
                self._kept.popitem(last=False)
            return found

    def verdicts(self, path: Path, law: Sequence[Zone]) -> dict[str, str] | None:
        """Return the verdicts of a sheet by statement, without a QNH; None where there is none that still
        holds."""
        kept = self._kept.get((path.parent.name, None))
        if kept is None or kept[0] != _rests(path, law):
            return None
        return {one["id"]: one["verdict"] for one in kept[2].sheet["statements"]}

    def _known(self, key: _Key, path: Path, law: Sequence[Zone], now_s: float) -> CheckedApart | None:
        kept = self._kept.get(key)
        if kept is None or kept[0] != _rests(path, law):
            return None
        return None if kept[2].watched and now_s - kept[1] > MOST_AGE_S else kept[2]


def _rests(path: Path, law: Sequence[Zone]) -> tuple[_Rests, tuple[str, ...]]:
    """Return what a sheet rests on: the files of the claim by name, size and time of change, and the law."""
    files = sorted(p for p in path.parent.rglob("*") if p.is_file())
    stats = [(str(p), p.stat()) for p in files]
    return tuple((name, one.st_size, one.st_mtime_ns) for name, one in stats), tuple(z.zone_hash for z in law)
