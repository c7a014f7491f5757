"""Zones that must not be left: when a target was not inside one that held for it.

The kernel looks at such a zone as if it were always active, so that it says where the target was whatever
the schedule says; when the zone was active is laid over that here. What is not known to be inside, in a time
of activity, is an absence: determined where the target is known to be outside.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from nofly.incidents.record import Cause, Certainty, Infringement, Side
from nofly.incidents.stays import TOUCH_US
from nofly.kernel.detect import Changes, State, Why
from nofly.zones.model import Restriction, Zone


class Bound(IntEnum):
    """Whether a zone that must not be left holds for a target."""

    NO = 0
    MAYBE = 1
    YES = 2


@dataclass(frozen=True, slots=True)
class Turn:
    """A change of a target's state with respect to a union of parts, as the kernel found it."""

    time_us: int
    state: int
    why: int
    lat_deg: float
    lon_deg: float
    closing_mps: float


@dataclass(frozen=True, slots=True)
class Absence:
    """A time in which a target was not known to be inside; ``sure`` holds when it is known to be outside.

    ``start`` and ``end`` are the turns it begins and ends with; None where a schedule or the data begin or
    end it.
    """

    entry_us: int
    exit_us: int
    cause: Cause
    exit_cause: Cause
    start: Turn | None
    end: Turn | None
    sure: tuple[tuple[int, int], ...]


def always_in_force(zones: Sequence[Zone]) -> tuple[list[Zone], dict[int, int]]:
    """Return the zones as the kernel is to see them, and for each KEEP_IN zone the number of its outline.

    KEEP_IN zones lose schedule and validity. Outlines are zones without limits, after the others; a zone
    without limits is its own.
    """
    seen = list(zones)
    outline: dict[int, int] = {}
    for number, zone in enumerate(zones):
        if zone.restriction is not Restriction.KEEP_IN:
            continue
        seen[number] = replace(zone, schedule=None, valid_from_us=None, valid_to_us=None)
        outline[number] = number
        if any(v.lower is not None or v.upper is not None for v in zone.volumes):
            outline[number] = len(seen)
            flat = tuple(replace(v, lower=None, upper=None) for v in zone.volumes)
            seen.append(replace(seen[number], volumes=flat))
    return seen, outline


class Turns:
    """The changes of some parts, ready to be asked for by target."""

    def __init__(self, found: Sequence[Changes], parts: Iterable[int]) -> None:
        wanted = np.array(sorted(set(parts)), np.int64)
        columns = ("target", "part", "after", "why", "time_us", "lat_deg", "lon_deg", "closing_mps")
        kept = [np.flatnonzero(np.isin(c.part, wanted)) for c in found]
        table = {
            name: np.concatenate([getattr(c, name)[rows] for c, rows in zip(found, kept, strict=True)])
            if found
            else np.zeros(0)
            for name in columns
        }
        order = np.lexsort((table["time_us"], table["target"]))
        self._target = table["target"][order]
        self._rows = [table[name][order] for name in columns[1:]]

    def targets(self, parts: Iterable[int]) -> list[int]:
        """Return the targets that were not outside some of the parts at some time."""
        rows = np.isin(self._rows[0], np.array(sorted(parts), np.int64))
        return [int(t) for t in np.unique(self._target[rows])]

    def of(self, target: int, parts: Sequence[int]) -> list[Turn]:
        """Return the changes of a target's state with respect to the union of the parts, by time.

        A change for want of data (``Why.LOST``) is left out: every run of reports begins outside.
        """
        a, b = np.searchsorted(self._target, [target, target + 1]).tolist()
        wanted = set(parts)
        state: dict[int, int] = {}
        union, out = int(State.OUTSIDE), []
        for part, after, why, *rest in zip(*(column[a:b].tolist() for column in self._rows), strict=True):
            if part not in wanted:
                continue
            state[part] = after
            if after == State.OUTSIDE:
                del state[part]
            now = max(state.values(), default=int(State.OUTSIDE))
            if now != union and why != Why.LOST:
                out.append(Turn(rest[0], now, why, *rest[1:]))
            union = now
        return _joined(out) if len(wanted) > 1 else out


def _joined(turns: list[Turn]) -> list[Turn]:
    """Leave out the instants at which a target passed from one part to its neighbour."""
    out: list[Turn] = []
    for turn in turns:
        if (
            len(out) > 1
            and turn.time_us - out[-1].time_us <= TOUCH_US
            and out[-1].state < min(turn.state, out[-2].state)
        ):
            del out[-1]
            if out[-1].state == turn.state:
                continue
        out.append(turn)
    return out


def states(turns: Sequence[Turn], since_us: int, until_us: int, low: int, high: int) -> list[tuple[int, int]]:
    """Return (from, state) of each piece of the time from ``low`` to ``high`` in the run of reports that
    lasts from ``since_us`` to ``until_us``."""
    times = [turn.time_us for turn in turns]
    at = bisect_right(times, low)
    known = at > 0 and turns[at - 1].time_us >= since_us
    pieces = [(low, turns[at - 1].state if known else int(State.OUTSIDE))]
    for turn in turns[at : bisect_right(times, min(high, until_us))]:
        if turn.time_us < high:
            pieces.append((turn.time_us, turn.state))
    return pieces


@dataclass(frozen=True, slots=True)
class Held:
    """Whether a zone held for a target when its activity ended (``time_us``): what one edition hands on to
    the next. ``seen_us`` is up to when that was looked at, None where the target is not followed further."""

    time_us: int
    bound: Bound
    seen_us: int | None = None

    def goes_on(self, chain: Sequence[Sequence[int]]) -> bool:
        """Return whether an unbroken time of activity begins as that one ended, or is the same."""
        start_us, end_us = chain[0][0], chain[-1][1]
        return self.time_us == start_us or (self.seen_us is not None and start_us <= self.seen_us < end_us)


def absent(
    turns: Sequence[Turn],
    runs: Sequence[tuple[int, int]],
    active: NDArray[np.int64],
    bound: Bound,
    before: Held | None = None,
) -> tuple[list[Absence], Held | None]:
    """Return the absences of a target from a zone, and how things stood when the zone was last active.

    ``runs`` are first and last report of each unbroken run; ``active`` rows of (start, end, certain) as from
    :func:`nofly.zones.activity.active_intervals`. ``bound`` says whether the zone holds for the target to
    begin with; where not, it does once the target has been inside, until the activity ends. ``before`` is
    what the edition before handed on, or what earlier runs left: it counts where this activity begins when
    that one ended, or is the same.
    """
    out: list[Absence] = []
    held = before
    for chain in chains(active):
        last = max(bound, held.bound) if held is not None and held.goes_on(chain) else bound
        for run in runs:
            low, high = max(run[0], chain[0][0]), min(run[1], chain[-1][1])
            if low <= high and low < chain[-1][1]:
                found, last = _in_run(turns, run, (low, high), chain, last)
                out += found
        held = Held(chain[-1][1], last)
    return out, held


def is_named(zone: Zone) -> bool:
    """Return whether a zone's rule names whom it holds for; else it does for whom it held inside."""
    return zone.rule is not None and bool(zone.rule.applies_to)


def chains(active: NDArray[np.int64]) -> list[list[list[int]]]:
    """Return the intervals of activity, those that follow one another without a gap together."""
    found: list[list[list[int]]] = []
    for row in active.tolist():
        if found and found[-1][-1][1] == row[0]:
            found[-1].append(row)
        else:
            found.append([row])
    return found


def _in_run(
    turns: Sequence[Turn], run: tuple[int, int], span: tuple[int, int], chain: list[list[int]], bound: Bound
) -> tuple[list[Absence], Bound]:
    """Return the absences in one run of reports and one unbroken time of activity."""
    low, high = span
    certain = {max(low, row[0]): bool(row[2]) for row in chain if row[0] <= high and row[1] > low}
    where = dict(states(turns, *run, low, high))
    cuts = sorted(at for at in {low, *certain, *where} if at < high or at == low)
    by_time = {turn.time_us: turn for turn in turns}
    out: list[Absence] = []
    begun: int | None = None
    sure: list[tuple[int, int]] = []
    is_certain, state = False, int(State.OUTSIDE)

    def close(at: int) -> None:
        if begun is not None:
            out.append(_absence((begun, at), run, span, chain, by_time, tuple(sure)))

    for at, to in zip(cuts, [*cuts[1:], high], strict=True):
        is_certain, state = certain.get(at, is_certain), where.get(at, state)
        if state == State.INSIDE:
            close(at)
            begun, sure = None, []
            bound = max(bound, Bound.YES if is_certain else Bound.MAYBE)
            continue
        if state == State.UNDETERMINED:
            bound = max(bound, Bound.MAYBE)
        if bound is Bound.NO:
            continue
        begun = at if begun is None else begun
        if state == State.OUTSIDE and is_certain and bound is Bound.YES:
            sure.append((at, to))
    close(high)
    return out, bound


def _absence(
    times: tuple[int, int], run: tuple[int, int], span: tuple[int, int], chain: list[list[int]],
    turns: dict[int, Turn], sure: tuple[tuple[int, int], ...],
) -> Absence:  # fmt: skip
    entry, leave = times
    start = turns.get(entry) if entry != span[0] else None
    end = turns.get(leave) if leave != span[1] else None
    cause = Cause.ZONE_ACTIVATED if entry == chain[0][0] and entry > run[0] else Cause.DATA_RESUMED
    if start is not None:
        cause = Cause.DATA_RESUMED if start.why in (Why.DATA, Why.FOUND) else Cause.MOVED
    exit_cause = Cause.ZONE_DEACTIVATED if leave == chain[-1][1] else Cause.DATA_LOST
    if end is not None:
        exit_cause = Cause.DATA_LOST if end.why == Why.DATA else Cause.MOVED
    return Absence(entry, leave, cause, exit_cause, start, end, sure)


_WORDS = (
    ("a height, or whether the zone was active, is not known",
     "a height, whether the zone was active, or whether it holds for this aircraft, is not known"),
    ("whether it was inside", "whether it was outside"),
    ("No report lies inside: the entry was", "No report lies outside: the absence was"),
    ("Its entry was not seen: reports begin inside, or a height became known there.",
     "Its leaving was not seen: reports begin outside, or its height ceased to be known."),
    ("Its exit was not seen: reports end inside, or a height ceased to be known there.",
     "Its return was not seen: reports end outside, or its height became unknown or known again."),
)  # fmt: skip


def of_absence(record: Infringement, zone: Zone, *, thinned: bool = False) -> Infringement:
    """Return a record as that of an absence, its sentences turned round; ``thinned`` says that only a part of
    the reports was measured."""

    def turned(text: str) -> str:
        for old, new in _WORDS:
            text = text.replace(old, new)
        return text

    reasons = [turned(text) for text in record.reasons]
    if not is_named(zone):
        sure = record.certainty is not Certainty.UNDETERMINED
        had = "It had been inside" if sure else "It was or may have been inside before"
        reasons.insert(0, f"{had}, and the zone must not be left.")
    if thinned:
        reasons.append("Not every report was measured: it may have been further outside.")
    return replace(
        record, side=Side.OUTSIDE, findings=tuple(map(turned, record.findings)), reasons=tuple(reasons)
    )
