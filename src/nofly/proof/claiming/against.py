"""What tracks say of a statement: ever, always or never inside, and each stated number against what was
measured.

``never`` is the negation of ``ever``: what supports one contradicts the other, and what is open for one is
open for the other, whoever says it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

import numpy as np

from nofly.incidents.record import Certainty, Infringement, Status
from nofly.proof.claiming import wording
from nofly.proof.claiming.consistency import envelope_of
from nofly.proof.claiming.measured import measured
from nofly.proof.claiming.trace import Shape, Trace, reachable
from nofly.proof.claiming.verdicts import Point, Verdict
from nofly.proof.claims import Inside, Reading, Statement
from nofly.proof.coverage import Seen
from nofly.units import US_PER_S
from nofly.zones.sentence import say


class Truth(Enum):
    """Whether it was ever inside during the time that is stated."""

    TRUE = auto()
    FALSE = auto()
    OPEN = auto()
    BLIND = auto()
    """Nothing was received that could tell."""


_EVER = {
    Truth.TRUE: Verdict.SUPPORTED, Truth.FALSE: Verdict.CONTRADICTED, Truth.OPEN: Verdict.NOT_SHOWN,
    Truth.BLIND: Verdict.NOT_CHECKABLE,
}  # fmt: skip
_INSIDE = {
    Inside.EVER: say("ever inside"),
    Inside.ALWAYS: say("always inside"),
    Inside.NEVER: say("never inside"),
}
_SEEN = say("seen in tracks")
_UNHEARD = "No report of this aircraft is in the tracks at that time."
_NEVER = {**_EVER, Truth.TRUE: Verdict.CONTRADICTED, Truth.FALSE: Verdict.SUPPORTED}


@dataclass(frozen=True, slots=True)
class Record:
    """What the tracks hold for one statement.

    ``trace`` is of the aircraft it names, None where it names none; ``stays`` are those in its zone, of that
    aircraft, or of everybody where it names none. ``span_us`` is that of all reports, None without any.
    """

    shape: Shape
    trace: Trace | None
    stays: Sequence[Infringement]
    span_us: tuple[int, int] | None
    boundary_err_m: float = 0.0
    max_gap_s: float = 120.0
    coverage: tuple[str, ...] = field(default=())
    """Sentences on what could have been seen."""
    seen: str = ""
    """Whether an aircraft with a transponder would have been seen there and then: a value of
    :class:`nofly.proof.coverage.Seen`; empty where nothing is said."""

    @property
    def could_see(self) -> bool | None:
        """Whether one could have been seen; None: not known."""
        return (
            True if self.seen in (Seen.SEEN, Seen.COULD) else False if self.seen == Seen.COULD_NOT else None
        )


def window_us(statement: Statement, reading: Reading, record: Record) -> tuple[int, int] | None:
    """Return the time a statement is about: its time with its error and its duration; all reports where it
    states none."""
    if statement.time_us is None:
        return record.span_us
    lasting = reading.quantities.get("duration")
    until = statement.until_us
    if until is None:
        high_s = lasting.high_value if lasting and math.isfinite(lasting.high_value) else 0.0
        until = statement.time_us + int(high_s * US_PER_S)
    off = int(statement.time_err_s * US_PER_S)
    return statement.time_us - off, until + off


def against(statement: Statement, reading: Reading, record: Record) -> list[Point]:
    """Return the points that tracks can say something of."""
    if statement.about.transponder == "off":
        return [switched_off(tracks=True)]
    window = window_us(statement, reading, record)
    if window is None:
        return [_unchecked(say("There is no report in the tracks."), record)]
    if not statement.about.identified and not statement.about.anybody:
        return [_unnamed(statement, record, window)]
    stays = [s for s in record.stays if s.entry_time_us <= window[1] and s.exit_time_us >= window[0]]
    if statement.about.anybody:
        return _of_anybody(statement, reading, record, stays)
    truth, reasons, numbers = _ever(statement, record, stays, window)
    points = []
    if statement.inside is Inside.ALWAYS:
        points.append(_always(record, stays, window, truth, reasons))
    elif statement.inside is not Inside.UNSAID:
        words = _NEVER if statement.inside is Inside.NEVER else _EVER
        points.append(Point(_INSIDE[statement.inside], words[truth], (*reasons, *record.coverage), numbers))
    if statement.inside is not Inside.NEVER and truth in (Truth.TRUE, Truth.OPEN) and stays:
        chosen = _chosen(statement, stays)
        points += measured(statement, reading, record.trace, chosen, record.boundary_err_m)
    points += _closest(statement, reading, record, window)
    return points or [_unchecked(say("It states nothing that tracks could show."), record)]


def _ever(
    statement: Statement, record: Record, stays: Sequence[Infringement], window: tuple[int, int]
) -> tuple[Truth, tuple[str, ...], Mapping[str, Any]]:
    """Return whether the named aircraft was ever inside during a time."""
    trace = record.trace
    sure = [s for s in stays if _sure(s, record.boundary_err_m)]
    if sure:
        best = max(sure, key=lambda s: s.depth_m or 0.0)
        return Truth.TRUE, (_said(best),), {"stay": best.id, "certainty": best.certainty.value}
    if stays:
        best = max(stays, key=lambda s: s.depth_m or 0.0)
        return Truth.OPEN, (_said(best), _why_open(best, record.boundary_err_m)), {"stay": best.id}
    most_us = int(record.max_gap_s * US_PER_S)
    near = None if trace is None else trace.during(window[0] - most_us, window[1] + most_us)
    if trace is None or near is None or not len(near):
        return (*_unheard(trace, record), {"reports": 0, **_numbers(record)})
    off_m = record.shape.outside_at_least_m(near, record.boundary_err_m)
    numbers = {
        "reports": len(near), "least_outside_m": round(float(off_m.min()), 1), **_numbers(record),
    }  # fmt: skip
    if off_m.min() <= 0.0:
        why = say(
            "No report is inside, but one at least may be within the errors of place, height and boundary."
        )
        return Truth.OPEN, (why,), numbers
    fastest = envelope_of(statement.about).high_mps
    for gap in near.gaps_us(*window, most_us):
        if reachable(_apart(record, near, gap), gap[1] - gap[0], fastest):
            seconds = wording.time(((gap[1] - gap[0]) / US_PER_S,) * 2)
            why = say(
                "It was not seen for {time} of that time, in which it could have been inside.", time=seconds
            )
            if record.could_see is False:
                return Truth.BLIND, (why, say("Nobody there would have been received.")), numbers
            return Truth.OPEN, (why,), numbers
    away = wording.length((float(off_m.min()),) * 2)
    why = say(
        "All {count} of its reports are outside, by {away} beyond all errors at the least.",
        count=str(len(near)), away=away,
    )  # fmt: skip
    return Truth.FALSE, (why,), numbers


def _unheard(trace: Trace | None, record: Record) -> tuple[Truth, tuple[str, ...]]:
    """Return what it says that no report of an aircraft is in the tracks at a time. It says something of one
    that was received at other times, where those that send are received."""
    why = say(_UNHEARD)
    if trace is None:
        never = say("There is none at any other either: whether it sends is not known.")
        return Truth.BLIND, (why, never)
    if record.could_see:
        more = say(
            "It was received at others: had it been there and sent as it did then, it could have been seen."
        )
        return Truth.OPEN, (why, more)
    return Truth.BLIND, (why,)


def _numbers(record: Record) -> dict[str, Any]:
    return {"coverage": record.seen} if record.seen else {}


def _apart(record: Record, trace: Trace, gap: tuple[int, int]) -> list[float]:
    """Return how far outside the zone it was seen at the two ends of a gap; nothing of an end without a
    report."""
    return [
        record.shape.lateral_of(float(trace.positions.lat_deg[k]), float(trace.positions.lon_deg[k]))
        for end in gap
        for k in np.flatnonzero(trace.time_us == end)[:1].tolist()
    ]


def _always(
    record: Record, stays: Sequence[Infringement], window: tuple[int, int], truth: Truth,
    reasons: tuple[str, ...],
) -> Point:  # fmt: skip
    what, trace = _INSIDE[Inside.ALWAYS], record.trace
    within = None if trace is None else trace.during(*window)
    whole = [s for s in stays if s.entry_time_us <= window[0] and s.exit_time_us >= window[1]]
    if any(_sure(s, record.boundary_err_m) for s in whole):
        return Point(what, Verdict.SUPPORTED, (say("One stay lasts for all of that time."),))
    if within is not None and len(within):
        off_m = record.shape.outside_at_least_m(within, record.boundary_err_m)
        if off_m.max() > 0.0:
            away = wording.length((float(off_m.max()),) * 2)
            why = say("One of its reports at that time is outside, by {away} beyond all errors.", away=away)
            return Point(what, Verdict.CONTRADICTED, (why,), {"most_outside_m": round(float(off_m.max()), 1)})
    if truth is Truth.BLIND:
        return Point(what, Verdict.NOT_CHECKABLE, (*reasons, *record.coverage), _numbers(record))
    why = say("It was not seen inside for all of that time.")
    return Point(what, Verdict.NOT_SHOWN, (why, *record.coverage), _numbers(record))


def _sure(stay: Infringement, boundary_err_m: float) -> bool:
    """Return whether a stay is inside by more than all errors, the boundary's own included."""
    if stay.certainty is not Certainty.CONFIRMED or stay.status is Status.SUSPECT:
        return False
    return (stay.depth_m or 0.0) - (stay.depth_err_m or 0.0) > boundary_err_m or boundary_err_m == 0.0


def _said(stay: Infringement) -> str:
    how = wording.time((stay.duration_s,) * 2)
    if stay.depth_m is not None:
        how = say("{how}, at most {depth} deep", how=how, depth=wording.length((stay.depth_m,) * 2))
    return say(
        "{who} was inside for {how}: {certainty}.",
        who=stay.icao24 or stay.target_id, how=how, certainty=say(stay.certainty.value),
    )  # fmt: skip


def _why_open(stay: Infringement, boundary_err_m: float) -> str:
    if stay.status is Status.SUSPECT:
        return say("The reports of that stay are not to be trusted.")
    if stay.certainty is Certainty.CONFIRMED:
        off = wording.length((boundary_err_m,) * 2)
        return say("That is within the uncertainty of the boundary itself ({off}).", off=off)
    return say("No report is inside by more than its own error.")


def _chosen(statement: Statement, stays: Sequence[Infringement]) -> Infringement:
    """Return the stay that is meant: that whose entry is nearest to the time stated, else the longest."""
    if statement.time_us is not None:
        at = statement.time_us
        return min(stays, key=lambda s: (abs(s.entry_time_us - at), s.id))
    return max(stays, key=lambda s: (s.duration_s, s.id))


def switched_off(*, tracks: bool) -> Point:
    """Return what is said of an aircraft that flew with its transponder off, where tracks were given or
    not."""
    why = say(
        "It flew with its transponder off, as is stated: receivers of ADS-B, Mode S and multilateration "
        "cannot see it, whether it was there or not."
    )
    more = (say("That no report shows it is no evidence, for either side."),) if tracks else ()
    return Point(_SEEN, Verdict.NOT_CHECKABLE, (why, *more), {"coverage": "none"})


def _unchecked(why: str, record: Record, what: str = _SEEN) -> Point:
    return Point(what, Verdict.NOT_CHECKABLE, (why, *record.coverage), _numbers(record))


def _unnamed(statement: Statement, record: Record, window: tuple[int, int]) -> Point:
    about = statement.about
    whom = " ".join(part for part in (about.party, about.type) if part)
    stays = [s for s in record.stays if s.entry_time_us <= window[1] and s.exit_time_us >= window[0]]
    others = len({s.target_id for s in stays})
    why = say("Tracks do not say which aircraft was {whom}: name its address or callsign.", whom=whom)
    more = say("{count} aircraft were received inside at that time.", count=str(others)) if others else say(
        "No aircraft was received inside at that time; one that sends nothing is not."
    )  # fmt: skip
    numbers = {"aircraft_inside": others, **_numbers(record)}
    return Point(_SEEN, Verdict.NOT_CHECKABLE, (why, more, *record.coverage), numbers)


def _of_anybody(
    statement: Statement, reading: Reading, record: Record, stays: Sequence[Infringement]
) -> list[Point]:
    """Return what is said of all aircraft: who sent nothing was not seen, so nobody is excluded."""
    sure = {s.target_id for s in stays if _sure(s, record.boundary_err_m)}
    perhaps = {s.target_id for s in stays} - sure
    numbers = {"aircraft_inside": len(sure), "aircraft_perhaps_inside": len(perhaps), **_numbers(record)}
    told = say(
        "{count} aircraft were inside, {more} more perhaps; others may have sent nothing.",
        count=str(len(sure)), more=str(len(perhaps)),
    )  # fmt: skip
    points = []
    if statement.inside is not Inside.UNSAID:
        truth = Truth.TRUE if sure else Truth.OPEN if perhaps or record.could_see else Truth.BLIND
        words = _NEVER if statement.inside is Inside.NEVER else _EVER
        points.append(Point(_INSIDE[statement.inside], words[truth], (told, *record.coverage), numbers))
    count = reading.quantities.get("count")
    if count is not None:
        verdict, why = Verdict.NOT_CHECKABLE if record.could_see is False else Verdict.NOT_SHOWN, told
        if count.high_value < len(sure):
            verdict, why = (
                Verdict.CONTRADICTED,
                say(
                    "{count} aircraft were inside; stated are {stated}.",
                    count=str(len(sure)),
                    stated=count.text,
                ),
            )
        elif count.low_value <= len(sure) and not perhaps:
            verdict = Verdict.SUPPORTED
        points.append(Point(say("count"), verdict, (why, *record.coverage), numbers))
    return points


def _closest(statement: Statement, reading: Reading, record: Record, window: tuple[int, int]) -> list[Point]:
    span, place, trace = reading.quantities.get("closest"), statement.closest_to, record.trace
    if span is None or place is None or trace is None:
        return []
    from nofly.proof.claiming.measured import compared
    from nofly.proof.claiming.trace import closest_m

    within = trace.during(*window)
    if not len(within):
        return [_unchecked(say(_UNHEARD), record, say("closest"))]
    near, err = closest_m(within, place), float(within.pos_err_m().max())
    gap = within.gaps_us(*window, int(record.max_gap_s * US_PER_S))
    low = 0.0 if gap else max(0.0, near - err)
    return [compared("closest", span, (low, near + err), near, ())]
