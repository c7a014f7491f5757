"""A request for a zone on its way through the parties: from the acts to where it stands at an instant.

An act that the table of :mod:`nofly.zones.decision_states`, the rule, the list of parties or a signature does
not allow is refused, with the reason, and changes nothing. In a register that was written otherwise such an
act is kept as without effect.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from nofly.errors import InputError
from nofly.zones.acts import REQUEST, Act
from nofly.zones.decision_bodies import (
    Clock,
    Decision,
    Position,
    Request,
    decision_from,
    instant_us,
    known,
    position_from,
    request_from,
    text,
)
from nofly.zones.decision_rules import (
    BREAKING,
    COUNTED,
    VOTED,
    RuleKind,
    Tally,
    Verdict,
    tally,
)
from nofly.zones.decision_states import COUNTING, LAW, TABLE, Event, Phase
from nofly.zones.model import Zone

ASK, DECIDE = "request", "decide"
"""The kinds of act that are no event's word; the others are."""
KINDS = (
    ASK, Event.POSITION.value, Event.SET_DEADLINE.value, DECIDE, Event.WITHDRAW.value, Event.PROMULGATE.value,
    Event.SUSPEND.value, Event.RESUME.value, Event.RENEW.value, Event.REVOKE.value,
)  # fmt: skip

Genuine = Callable[[str, Act], bool]
"""Whether an act is signed by a key (an Ed25519 public key, 64 hexadecimal digits)."""


class RefusedError(InputError):
    """An act that may not be, now or by this party: nothing is changed by it."""


@dataclass(frozen=True, slots=True)
class Void:
    """An act that stands in the register and has no effect, and why."""

    act: Act
    why: str


@dataclass(frozen=True, slots=True)
class Procedure:
    """Where a request stands."""

    request: Request
    phase: Phase
    at_us: int
    """The time of the last act."""
    deadline_us: int | None = None
    positions: tuple[Position, ...] = ()
    """All that were ever taken, in order: changed and late ones too."""
    decision: Decision | None = None
    valid_from_us: int | None = None
    valid_to_us: int | None = None
    acts: tuple[Act, ...] = ()
    """Those that had effect, in order."""
    void: tuple[Void, ...] = field(default=())

    @property
    def standing(self) -> dict[str, Position]:
        """The last position that counts of each party that took one."""
        return {one.party: one for one in self.positions if one.counts}

    @property
    def silent(self) -> tuple[str, ...]:
        """The parties that took no position that counts."""
        standing = self.standing
        return tuple(party for party in self.request.parties if party not in standing)

    def tally(self, taken_up: Sequence[str] = ()) -> Tally:
        """Return what the positions come to under the rule, if the decision takes up these conditions."""
        return tally(self.request.rule, self.request.parties, self.standing, taken_up)

    @property
    def law(self) -> Zone | None:
        """The zone with its validity where it was promulgated and is in force or suspended, else None."""
        if self.phase not in LAW:
            return None
        return replace(self.request.zone, valid_from_us=self.valid_from_us, valid_to_us=self.valid_to_us)


def procedure(acts: Iterable[Act], now_us: int, genuine: Genuine) -> Procedure:
    """Return where a request stands at ``now_us`` by the acts on it. Raises InputError as
    :func:`replayed`."""
    return passed(replayed(acts, now_us, genuine), now_us)


def replayed(acts: Iterable[Act], now_us: int, genuine: Genuine) -> Procedure:
    """Return where a request stood at the last act on it, given in their order in the register: what the next
    act follows, which by the clock ``stated`` may be of any time since.

    Acts recorded after ``now_us`` are not there yet. Raises InputError where there is no request among them,
    or the first one cannot be read.
    """
    found: Procedure | None = None
    for act in acts:
        if act.recorded_us > now_us:
            break
        if found is None:
            found = begun(act, act.recorded_us, genuine)
            continue
        try:
            found = followed(found, act, act.recorded_us, genuine)
        except InputError as error:
            found = replace(found, void=(*found.void, Void(act, str(error))))
    if found is None:
        raise InputError("no such request", expected="one that is in the register")
    return found


def begun(act: Act, now_us: int, genuine: Genuine) -> Procedure:
    """Return where a request stands that an act makes at ``now_us``. Raises InputError, or RefusedError where
    it is not signed by its key."""
    if act.subject != REQUEST or act.kind != ASK:
        raise RefusedError(f"{act.kind} on a request that was not made", expected="the request first")
    request = request_from(act)
    _check_signature(request, act, genuine)
    at_us = _time_us(request, act, now_us)
    deadline_us = request.deadline_us
    if deadline_us is not None and deadline_us <= at_us:
        raise RefusedError(
            f"the deadline {told(deadline_us)} is not after the request", locator="deadline",
            expected=f"later than {told(at_us)}",
        )  # fmt: skip
    phase = Phase.SILENCE if request.rule.kind is RuleKind.SILENCE else Phase.OPEN
    return Procedure(request, phase, at_us, deadline_us, acts=(act,))


def passed(before: Procedure, now_us: int) -> Procedure:
    """Return where a request stands when the clock shows ``now_us`` and nobody did anything since."""
    deadline_us, end_us, phase = before.deadline_us, before.valid_to_us, before.phase
    if phase in COUNTING and deadline_us is not None and deadline_us <= now_us:
        phase = TABLE[phase, Event.PASS_DEADLINE]
    if phase in LAW and end_us is not None and end_us <= now_us:
        phase = TABLE[phase, Event.EXPIRE]
    return replace(before, phase=phase)


def followed(before: Procedure, act: Act, now_us: int, genuine: Genuine) -> Procedure:
    """Return where a request stands after an act at ``now_us``. Raises RefusedError where it may not be, or
    InputError where what it says cannot be read."""
    request = before.request
    if (act.subject, act.subject_id) != (REQUEST, request.id) or act.kind not in KINDS:
        raise RefusedError(
            f"{act.kind!r} on {act.subject} {act.subject_id}", expected=f"one of {', '.join(KINDS)}"
        )
    if act.kind == ASK:
        raise RefusedError(f"there is a request {request.id!r} already", expected="another name")
    at_us = _time_us(request, act, now_us)
    if at_us < before.at_us:
        raise RefusedError(
            f"{act.kind} is said to be of {told(at_us)}, before the last act",
            expected=f"{told(before.at_us)} or later",
        )
    _check_party(request, act)
    _check_signature(request, act, genuine)
    there = passed(before, at_us)
    after = _ACTS[act.kind](there, act, at_us)
    return replace(after, at_us=at_us, acts=(*before.acts, act))


def open_to(one: Procedure, party: str) -> tuple[str, ...]:
    """Return the kinds of act that a party may do as a request stands, by its part in it and by the table.
    What the rule says of a decision shows as it is made; a position that would come late is left out."""
    request = one.request
    found = [Event.POSITION.value] if party in request.parties and one.phase in COUNTING else []
    if party == request.authority:
        if {(one.phase, Event.APPROVE), (one.phase, Event.REJECT)} & TABLE.keys():
            found.append(DECIDE)
        events = (
            Event.SET_DEADLINE,
            Event.PROMULGATE,
            Event.SUSPEND,
            Event.RESUME,
            Event.RENEW,
            Event.REVOKE,
        )
        found += [event.value for event in events if (one.phase, event) in TABLE]
        if one.valid_to_us is None and Event.RENEW in found:
            found.remove(Event.RENEW)
    if party == request.asker and (one.phase, Event.WITHDRAW) in TABLE:
        found.append(Event.WITHDRAW.value)
    return tuple(found)


def _position(there: Procedure, act: Act, at_us: int) -> Procedure:
    counts = there.phase in COUNTING
    said = replace(position_from(act), at_us=at_us, counts=counts)
    event = Event.POSITION
    if there.phase is Phase.SILENCE and said.stand in BREAKING:
        event = Event.BREAK_SILENCE
    return replace(_moved(there, event), positions=(*there.positions, said))


def _set_deadline(there: Procedure, act: Act, at_us: int) -> Procedure:
    known(act.body, ("deadline_us", "reason"))
    text(act.body, "reason", needed=True)
    deadline_us = instant_us(act.body, "deadline_us")
    if deadline_us is None or deadline_us <= at_us:
        raise RefusedError(
            "the deadline is not ahead", locator="deadline", expected=f"later than {told(at_us)}"
        )
    return replace(_moved(there, Event.SET_DEADLINE), deadline_us=deadline_us)


def _decide(there: Procedure, act: Act, at_us: int) -> Procedure:
    said = replace(decision_from(act), at_us=at_us)
    after = _moved(there, Event.APPROVE if said.approved else Event.REJECT)
    rule, word = there.request.rule, "approved" if said.approved else "rejected"
    if rule.kind in VOTED and there.phase is Phase.OPEN and there.deadline_us is not None:
        raise RefusedError(
            f"positions can be taken until {told(there.deadline_us)}", expected="no decision before"
        )
    verdict, why = there.tally(said.conditions)
    wanted = (Verdict.FREE, Verdict.CARRIED if said.approved else Verdict.FAILED)
    closed = there.phase is Phase.CLOSED and rule.kind not in COUNTED and not said.approved
    if verdict not in wanted and not (closed and verdict is Verdict.UNDECIDED):
        raise RefusedError(f"it cannot be {word} by {rule.kind}: {why}", expected=_what_decides(verdict))
    return replace(after, decision=said)


def _what_decides(verdict: Verdict) -> str:
    if verdict is Verdict.CARRIED:
        return "approved, as the parties have it"
    if verdict is Verdict.FAILED:
        return "rejected, as the parties have it"
    return "more positions first, or another deadline"


def _promulgate(there: Procedure, act: Act, at_us: int) -> Procedure:
    known(act.body, ("valid_from_us", "valid_to_us", "reason", "notam"))
    text(act.body, "notam")
    start_us, end_us = instant_us(act.body, "valid_from_us"), instant_us(act.body, "valid_to_us")
    if start_us is None:
        raise RefusedError("a promulgation without a beginning", locator="from", expected="a time")
    if end_us is not None and end_us <= max(start_us, at_us):
        raise RefusedError(
            f"it would end at {told(end_us)}", locator="until", expected="after it begins, and ahead"
        )
    return replace(_moved(there, Event.PROMULGATE), valid_from_us=start_us, valid_to_us=end_us)


def _renew(there: Procedure, act: Act, at_us: int) -> Procedure:
    known(act.body, ("valid_to_us", "reason"))
    text(act.body, "reason", needed=True)
    end_us = instant_us(act.body, "valid_to_us")
    after = _moved(there, Event.RENEW)
    if there.valid_to_us is None:
        raise RefusedError("it has no end that could be put off", expected="revoke, to end it")
    if end_us is not None and end_us <= there.valid_to_us:
        raise RefusedError(
            f"it would end at {told(end_us)}",
            locator="until",
            expected=f"later than {told(there.valid_to_us)}",
        )
    return replace(after, valid_to_us=end_us)


def _with_reason(there: Procedure, act: Act, at_us: int) -> Procedure:
    known(act.body, ("reason",))
    text(act.body, "reason", needed=True)
    return _moved(there, Event(act.kind))


_ACTS: dict[str, Callable[[Procedure, Act, int], Procedure]] = {
    Event.POSITION: _position, Event.SET_DEADLINE: _set_deadline, DECIDE: _decide,
    Event.PROMULGATE: _promulgate, Event.RENEW: _renew,
    **dict.fromkeys((Event.WITHDRAW, Event.SUSPEND, Event.RESUME, Event.REVOKE), _with_reason),
}  # fmt: skip


def _moved(there: Procedure, event: Event) -> Procedure:
    after = TABLE.get((there.phase, event))
    if after is None:
        states = ", ".join(phase.value for phase in Phase if (phase, event) in TABLE)
        raise RefusedError(f"{event} of a request that is {there.phase}", expected=f"one that is {states}")
    return replace(there, phase=after)


def _check_party(request: Request, act: Act) -> None:
    if act.kind == Event.POSITION:
        if act.party not in request.parties:
            names = ", ".join(request.parties[:40])
            raise RefusedError(
                f"{act.party!r} is no party to {request.id!r}", locator="party", expected=names
            )
        return
    who = request.asker if act.kind == Event.WITHDRAW else request.authority
    if act.party != who:
        raise RefusedError(f"{act.kind} is not for {act.party!r} to do", locator="party", expected=who)


def _check_signature(request: Request, act: Act, genuine: Genuine) -> None:
    key = dict(request.keys).get(act.party)
    if key is None:
        return
    if not act.signature:
        raise RefusedError(
            f"the act of {act.party!r} is not signed", locator="signature", expected="by its key"
        )
    if not genuine(key, act):
        raise RefusedError(
            f"the signature is not that of {act.party!r}",
            locator="signature",
            expected="one by the key it is listed with",
        )


def _time_us(request: Request, act: Act, now_us: int) -> int:
    """Return the time of an act that counts."""
    if request.clock is Clock.REGISTER:
        return now_us
    if act.said_us > now_us:
        raise RefusedError(
            f"{act.kind} is said to be of {told(act.said_us)}, which is to come", expected="the past"
        )
    return act.said_us


def told(time_us: int) -> str:
    """Return UTC microseconds as ISO 8601 with Z; beyond the calendar in microseconds."""
    try:
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=time_us)
    except OverflowError:
        return f"{time_us} µs"
    return moment.isoformat().replace("+00:00", "Z")
