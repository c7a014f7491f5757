"""The states of a request for a zone, what can happen to it, and the one table of what follows from what."""

from __future__ import annotations

from enum import StrEnum


class Phase(StrEnum):
    """Where a request is in its life."""

    OPEN = "open"
    """The parties take positions."""
    CLOSED = "closed"
    """The deadline for positions has passed; the decision is due."""
    SILENCE = "silence"
    """A silence procedure runs: whoever says nothing until the deadline agrees."""
    BROKEN = "broken"
    """A party broke the silence."""
    AGREED = "agreed"
    """Nobody broke the silence until its deadline."""
    APPROVED = "approved"
    """Decided, and not law yet."""
    REJECTED = "rejected"
    IN_FORCE = "in-force"
    """Promulgated: law from the time that the promulgation names."""
    SUSPENDED = "suspended"
    EXPIRED = "expired"
    REVOKED = "revoked"
    WITHDRAWN = "withdrawn"
    """Taken back by who asked, before it was decided."""


class Event(StrEnum):
    """What can happen to a request. The last three are made here, of the others and of time."""

    POSITION = "position"
    """A party says where it stands."""
    SET_DEADLINE = "set-deadline"
    """Another deadline; after a broken silence, a new silence."""
    APPROVE = "approve"
    REJECT = "reject"
    WITHDRAW = "withdraw"
    PROMULGATE = "promulgate"
    SUSPEND = "suspend"
    RESUME = "resume"
    RENEW = "renew"
    """It is law for longer."""
    REVOKE = "revoke"
    BREAK_SILENCE = "break-silence"
    """A position that is neither support nor abstention, while a silence procedure runs."""
    PASS_DEADLINE = "pass-deadline"
    """The deadline is reached."""
    EXPIRE = "expire"
    """The end that the promulgation or the last renewal names is reached."""


DERIVED = (Event.BREAK_SILENCE, Event.PASS_DEADLINE, Event.EXPIRE)
FIRST = (Phase.OPEN, Phase.SILENCE)
"""Where a request begins: in silence where its rule is the silence procedure."""
COUNTING = (Phase.OPEN, Phase.SILENCE)
"""Where a position counts; elsewhere it is late and is history alone."""
LAW = (Phase.IN_FORCE, Phase.SUSPENDED)
LAST = tuple(Phase(word) for word in ("rejected", "expired", "revoked", "withdrawn"))
"""From these nothing leads on."""

_DECIDED = {Event.APPROVE: Phase.APPROVED, Event.REJECT: Phase.REJECTED}
_ROWS: dict[Phase, dict[Event, Phase]] = {
    Phase.OPEN: {
        Event.SET_DEADLINE: Phase.OPEN, Event.PASS_DEADLINE: Phase.CLOSED, Event.WITHDRAW: Phase.WITHDRAWN,
        **_DECIDED,
    },
    Phase.CLOSED: {Event.SET_DEADLINE: Phase.OPEN, Event.WITHDRAW: Phase.WITHDRAWN, **_DECIDED},
    Phase.SILENCE: {
        Event.SET_DEADLINE: Phase.SILENCE, Event.BREAK_SILENCE: Phase.BROKEN,
        Event.PASS_DEADLINE: Phase.AGREED, Event.WITHDRAW: Phase.WITHDRAWN,
    },
    Phase.BROKEN: {
        Event.SET_DEADLINE: Phase.SILENCE, Event.REJECT: Phase.REJECTED, Event.WITHDRAW: Phase.WITHDRAWN,
    },
    Phase.AGREED: {Event.APPROVE: Phase.APPROVED, Event.WITHDRAW: Phase.WITHDRAWN},
    Phase.APPROVED: {Event.PROMULGATE: Phase.IN_FORCE, Event.REVOKE: Phase.REVOKED},
    Phase.IN_FORCE: {
        Event.SUSPEND: Phase.SUSPENDED, Event.RENEW: Phase.IN_FORCE, Event.REVOKE: Phase.REVOKED,
        Event.EXPIRE: Phase.EXPIRED,
    },
    Phase.SUSPENDED: {
        Event.RESUME: Phase.IN_FORCE, Event.RENEW: Phase.SUSPENDED, Event.REVOKE: Phase.REVOKED,
        Event.EXPIRE: Phase.EXPIRED,
    },
}  # fmt: skip
TABLE: dict[tuple[Phase, Event], Phase] = {
    (phase, event): after
    for phase in Phase
    for event, after in {Event.POSITION: phase, **_ROWS.get(phase, {})}.items()
}
"""(state, event) → the state after it. What is not in it is refused."""


def diagram() -> str:
    """Return the table as a Mermaid state diagram: an arrow for every event that changes the state."""
    arrows: dict[tuple[str, str], list[str]] = {}
    for (phase, event), after in TABLE.items():
        if after is not phase:
            arrows.setdefault((phase.name, after.name), []).append(event.value)
    lines = [f"    {a} --> {b}: {', '.join(events)}" for (a, b), events in arrows.items()]
    begin = [f"    [*] --> {phase.name}" for phase in FIRST]
    end = [f"    {phase.name} --> [*]" for phase in LAST]
    return "\n".join(["stateDiagram-v2", *begin, *lines, *end])


def rows() -> str:
    """Return the table in Markdown: a row a state and event, and what each state refuses."""
    lines = ["| state | event | state after |", "| --- | --- | --- |"]
    lines += [f"| {p.value} | {e.value} | {after.value} |" for (p, e), after in TABLE.items()]
    return "\n".join(lines)


def refused() -> str:
    """Return in Markdown which acts each state refuses."""
    lines = ["| state | refused |", "| --- | --- |"]
    for phase in Phase:
        names = [e.value for e in Event if e not in DERIVED and (phase, e) not in TABLE]
        lines.append(f"| {phase.value} | {', '.join(names)} |")
    return "\n".join(lines)
