"""What occurs in a tick, in the order in which it is recorded, and what is over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from nofly.incidents.machine import Happening, Key
from nofly.incidents.states import Event
from nofly.incidents.stays import Stay

Said = tuple[Key, int, Happening, Mapping[str, Any]]
"""What happened to a case, in a zone by number, with what is recorded beside it."""


@dataclass(slots=True)
class Over:
    """What is over and to be judged: stays, and absences with whether only a part was measured."""

    stays: list[Sequence[Stay]] = field(default_factory=list)
    absences: list[tuple[Stay, bool]] = field(default_factory=list)


def by_time(events: Iterable[Said]) -> list[Said]:
    """Return events by time; of one instant what begins comes after what ends, but for what happens to one
    case: that stays in its order."""
    ranks: dict[tuple[Key, int], bool] = {}
    ordered = []
    for event in events:
        key, _, happening, _ = event
        at = key, happening.time_us
        ranks[at] = ranks.get(at, False) or happening.event in (Event.ENTER, Event.DOUBT)
        ordered.append((happening.time_us, ranks[at], event))
    return [event for *_, event in sorted(ordered, key=lambda one: one[:2])]
