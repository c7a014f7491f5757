"""What there is to be told of absences from zones that must not be left."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from nofly.incidents.happenings import Happened
from nofly.incidents.keepin import Absence, Turn
from nofly.incidents.machine import Happening
from nofly.incidents.outside import Flight
from nofly.incidents.record import Cause
from nofly.incidents.states import Event
from nofly.incidents.stays import ENTRY_CAUSE, Stay
from nofly.kernel.detect import Why
from nofly.run.leaving.state import Bond
from nofly.schema import Positions

_EXIT = {Cause.ZONE_DEACTIVATED: Event.END_ZONE, Cause.DATA_LOST: Event.LOSE}


class Offer(NamedTuple):
    """What can be told of an absence so far: its beginning and what it turned into, and its end."""

    target: int
    zone: int
    begun: list[Happening]
    end: Happening | None
    bond: Bond
    told: int


class Left(NamedTuple):
    """What a batch brought: what is to be accounted for, what can be told, and the absences that are over,
    with whether only a part of their reports was measured."""

    accounted: list[Happened]
    offers: list[Offer]
    over: list[tuple[Stay, bool]]
    firsts: list[tuple[int, int, int, Positions]]
    """(target, zone, entry) → the first report in the absence, where that came before this batch."""


def begun_by(absence: Absence, turns: Sequence[Turn], flight: Flight) -> list[Happening]:
    """Return what begins an absence, and what turns it into one that can be told, or cannot."""
    by_time = {turn.time_us: turn for turn in turns}
    at = [(absence.entry_us, Event.DOUBT)]
    for start_us, end_us in _merged(absence.sure):
        at = [one for one in at if one[0] != start_us] + [(start_us, Event.ENTER)]
        if end_us < absence.exit_us:
            at.append((end_us, Event.DOUBT))
    out = []
    for time_us, event in at:
        turn = by_time.get(time_us)
        lat_deg, lon_deg = flight.place_at(time_us) if turn is None else (turn.lat_deg, turn.lon_deg)
        cause = absence.cause
        if time_us != absence.entry_us:
            cause = Cause.ZONE_ACTIVATED if turn is None else ENTRY_CAUSE[Why(turn.why)]
        out.append(Happening(event, time_us, cause, lat_deg, lon_deg))
    return out


def _merged(sure: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    out: list[tuple[int, int]] = []
    for start_us, end_us in sure:
        if out and out[-1][1] == start_us:
            start_us = out.pop()[0]
        out.append((start_us, end_us))
    return out


def ended_by(absence: Absence, flight: Flight) -> Happening:
    """Return what ends an absence."""
    end = absence.end
    place = flight.place_at(absence.exit_us) if end is None else (end.lat_deg, end.lon_deg)
    event = _EXIT.get(absence.exit_cause, Event.LEAVE) if end is None else Event.LEAVE
    return Happening(event, absence.exit_us, absence.exit_cause, *place)
