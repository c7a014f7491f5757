"""The law over time, slowly and obviously: one small whole number is one instant of valid time.

For every instant there is the number of the edition that holds, or 0, and whether it is suspended. An act
writes into the instants it speaks of. Imports nothing that it judges.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

LAST = 20
"""Instants are 0 to LAST, and one before them, from which an act without a beginning speaks; one without
an end speaks to LAST."""
BEFORE = -1


class Plain(NamedTuple):
    """An act: on which zone, of what kind, from, until (not included), temporary, when recorded."""

    zone_id: str
    kind: str
    start: int | None
    end: int | None
    temporary: bool
    recorded: int


def law(acts: Sequence[Plain], at: int, known: int) -> dict[str, int]:
    """Return zone id → number of the edition in force at an instant, as known at another."""
    out = {}
    for zone_id in {a.zone_id for a in acts}:
        number = _of_zone([a for a in acts if a.zone_id == zone_id and a.recorded <= known], at)
        if number:
            out[zone_id] = number
    return out


def _of_zone(acts: Sequence[Plain], at: int) -> int:
    instants, editions = range(BEFORE, LAST + 1), 0
    holds, stopped = dict.fromkeys(instants, 0), dict.fromkeys(instants, False)
    for a in acts:
        start = BEFORE if a.start is None else a.start
        end = LAST + 1 if a.end is None else a.end
        if a.kind in ("declare", "amend"):
            editions += 1
            for t in range(start, LAST + 1):
                if t < end:
                    holds[t] = editions
                elif not a.temporary:
                    holds[t] = 0
                if a.kind == "declare":
                    stopped[t] = False
        elif a.kind == "suspend":
            for t in range(start, end):
                stopped[t] = True
        elif a.kind == "resume":
            for t in range(start, end):
                stopped[t] = False
        elif a.kind == "withdraw":
            for t in range(start, LAST + 1):
                holds[t] = 0
        elif a.kind == "extend" and any(holds.values()):
            last = max(t for t in instants if holds[t])
            for t in range(last + 1, end):
                holds[t] = holds[last]
    return 0 if stopped[at] else holds[at]
