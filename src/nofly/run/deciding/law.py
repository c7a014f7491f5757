"""What an act on a request means for the law: the act on its zone that is recorded with it."""

from __future__ import annotations

from collections.abc import Sequence

from nofly.errors import InputError
from nofly.zones import edition_acts
from nofly.zones.acts import Act
from nofly.zones.decision_states import LAW, Event
from nofly.zones.decisions import Procedure
from nofly.zones.edition_acts import Said
from nofly.zones.editions import Law, Life

TOUCHING = (Event.PROMULGATE, Event.SUSPEND, Event.RESUME, Event.RENEW, Event.REVOKE)
"""The acts on a request that change the law."""


def beside(before: Procedure, after: Procedure, known: Sequence[Act]) -> list[Act]:
    """Return the acts on the zone that the last act on its request brings with it, unsigned, given all acts
    of the register: none where the law stays as it is. Raises InputError where the zone is not as the request
    has it, because somebody changed it otherwise."""
    last = after.acts[-1]
    if last.kind not in TOUCHING or (last.kind == Event.REVOKE and before.phase not in LAW):
        return []
    zone = after.request.zone
    life = Law(known).lives.get(zone.id) or Life(zone.id)
    why = f"request {after.request.id}: {last.body.get('reason') or _reason(after)}"
    said = Said(last.party, last.by, last.said_us, why[: edition_acts.MOST_WHY_CHARACTERS])
    start_us = max(after.at_us, after.valid_from_us or after.at_us)
    try:
        return _acts(Event(last.kind), life, said, start_us, after)
    except InputError as error:
        raise InputError(
            f"{last.kind} of {after.request.id!r}: {error.message}", locator="zone", expected=error.expected
        ) from error


def _acts(event: Event, life: Life, said: Said, start_us: int, after: Procedure) -> list[Act]:
    zone, from_us, until_us = after.request.zone, after.valid_from_us, after.valid_to_us
    if event is Event.PROMULGATE:
        there = life.beyond(start_us if from_us is None else from_us) is not None
        put = edition_acts.amend if there else edition_acts.declare
        return [put(life, zone, said, from_us, until_us)]
    if event is Event.SUSPEND:
        return [edition_acts.suspend(life, said, start_us, None)]
    if event is Event.RESUME:
        return [edition_acts.resume(life, said, start_us)]
    if event is Event.RENEW:
        return [edition_acts.extend(life, said, until_us)]
    return [edition_acts.withdraw(life, said, start_us)] if life.beyond(start_us) is not None else []


def _reason(after: Procedure) -> str:
    return after.decision.reason if after.decision is not None else ""
