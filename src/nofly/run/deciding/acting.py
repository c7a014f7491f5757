"""Acts on requests put into the register: each is tried against what stands there, and refused or recorded
while nobody else writes."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from nofly.errors import InputError
from nofly.run.deciding.law import TOUCHING, beside
from nofly.run.outputs.text import printable
from nofly.run.registering.signing import Hand, genuine, signed
from nofly.store.register import Register
from nofly.zones.acts import REQUEST, Act, act
from nofly.zones.decision_bodies import Request, request_body
from nofly.zones.decisions import ASK, Procedure, begun, followed, passed, replayed


def clock_us() -> int:
    """Return the time by the clock of this machine, UTC microseconds."""
    return time.time_ns() // 1000


def ask(register: Register, request: Request, hand: Hand) -> Procedure:
    """Record a request; return where it stands. Raises InputError, and then nothing is recorded."""
    made = _made(request.id, ASK, request_body(request), replace(hand, party=request.asker))

    def first(known: Sequence[Act]) -> list[Act]:
        if known:
            raise InputError(f"there is a request {request.id!r} already", expected="another name")
        begun(made, clock_us(), genuine)
        return [made]

    return _recorded(register, request.id, register.append_by(first, REQUEST, request.id))


def do(register: Register, request_id: str, kind: str, body: Mapping[str, Any], hand: Hand) -> Procedure:
    """Record an act on a request, and with it what it means for the law of its zone; return where the request
    stands. Raises InputError, and then nothing is recorded."""

    def next_acts(known: Sequence[Act]) -> list[Act]:
        own = [one for one in known if (one.subject, one.subject_id) == (REQUEST, request_id)]
        now_us = _now_us(own)
        there = _last(own, request_id, now_us)
        party = hand.party or there.request.authority
        made = _made(request_id, kind, body, replace(hand, party=party))
        after = followed(there, made, now_us, genuine)
        return [made, *(signed(one, hand.key) for one in beside(there, after, known))]

    if kind in TOUCHING:
        return _recorded(register, request_id, register.append_by(next_acts))
    return _recorded(register, request_id, register.append_by(next_acts, REQUEST, request_id))


def standing(register: Register, request_id: str, at_us: int | None = None) -> Procedure:
    """Return where a request stands, at a time that was known then, else now. Raises InputError where there
    is none of this name."""
    return _standing(register.acts(REQUEST, request_id), request_id, at_us)


def last_act(register: Register, request_id: str) -> Procedure:
    """Return where a request stood at the last act on it, whatever time went by since. Raises InputError."""
    known = register.acts(REQUEST, request_id)
    return _last(known, request_id, _now_us(known))


def all_standing(register: Register, at_us: int | None = None) -> tuple[list[Procedure], list[InputError]]:
    """Return where every request stands, by name, and what is wrong with each that cannot be read."""
    by_name: dict[str, list[Act]] = {}
    for one in register.acts(REQUEST, known_us=at_us):
        by_name.setdefault(one.subject_id, []).append(one)
    found, unread = [], []
    for name, acts in sorted(by_name.items()):
        try:
            found.append(_standing(acts, name, at_us))
        except InputError as error:
            unread.append(error)
    return found, unread


def _standing(known: Sequence[Act], request_id: str, at_us: int | None) -> Procedure:
    now_us = _now_us(known) if at_us is None else at_us
    return passed(_last(known, request_id, now_us), now_us)


def _now_us(known: Sequence[Act]) -> int:
    """Return the time, never before what is recorded."""
    return max([clock_us(), *(one.recorded_us for one in known)])


def _last(known: Sequence[Act], request_id: str, now_us: int) -> Procedure:
    try:
        return replayed(known, now_us, genuine)
    except InputError as error:
        raise InputError(
            f"request {printable(request_id)!r}: {error.message}",
            locator=error.locator,
            expected=error.expected,
        ) from error


def _made(request_id: str, kind: str, body: Mapping[str, Any], hand: Hand) -> Act:
    made = act(REQUEST, request_id, kind, body, party=hand.party, by=hand.by, said_us=hand.said_us)
    return signed(made, hand.key)


def _recorded(register: Register, request_id: str, appended: Sequence[Act]) -> Procedure:
    now_us = appended[0].recorded_us
    return passed(_last(register.acts(REQUEST, request_id, known_us=now_us), request_id, now_us), now_us)
