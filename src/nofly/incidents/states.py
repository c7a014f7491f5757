"""The states of an incident, what can happen to it, and the one table of what follows from what."""

from __future__ import annotations

from enum import StrEnum


class Phase(StrEnum):
    """Where an incident is in its life."""

    CLEAR = "clear"
    PREDICTED = "predicted"
    """Outside, and expected to be inside within the look-ahead."""
    INFRINGING = "infringing"
    """Determined to be inside. Rules judge afterwards whether it may be."""
    UNDETERMINED = "undetermined"
    """It cannot be told whether it is inside."""
    LOST_INSIDE = "lost-inside"
    """Not outside when last heard, and not heard since."""
    EXITED = "exited"
    CLOSED = "closed"


class Event(StrEnum):
    """What can happen to a case. The last four are made here, of the others and of time."""

    PREDICT = "predict"
    UNPREDICT = "unpredict"
    ENTER = "enter"
    """Now determined to be inside: it moved, the zone became active or was changed, or reports resumed."""
    DOUBT = "doubt"
    """Now it cannot be told."""
    LEAVE = "leave"
    LOSE = "lose"
    """Not heard for longer than the greatest gap, or the stream ended."""
    FIND_OUTSIDE = "find-outside"
    RECOGNISE = "recognise"
    """More is known of who it is: what the rules say of it is another than was told."""
    END_ZONE = "end-zone"
    """The zone was deactivated, or another edition took its place."""
    REENTER = "re-enter"
    """:attr:`ENTER` within ``reentry_s`` of the last time not outside."""
    REDOUBT = "re-doubt"
    """:attr:`DOUBT` within ``reentry_s`` of the last time not outside."""
    CLOSE = "close"
    """``close_s`` have passed."""
    CLOSE_WARNED = "close-warned"
    """``close_s`` have passed, and it is expected to enter again."""


class Told(StrEnum):
    """Kinds of records."""

    PREDICTED = "predicted"
    UNPREDICTED = "unpredicted"
    ENTERED = "entered"
    DETERMINED = "determined"
    DOUBTED = "doubted"
    LOST = "lost"
    FOUND_OUTSIDE = "found-outside"
    EXITED = "exited"
    REENTERED = "re-entered"
    RECOGNISED = "recognised"
    CLOSED = "closed"
    CONTRADICTED = "contradicted"
    """The event does not fit the state, which stays as it was."""
    AMENDED = "amended"
    """What was recorded before is not what is known now."""
    ACKNOWLEDGED = "acknowledged"
    """Stop telling me."""
    MUTED = "muted"
    """The channel is quiet."""
    EXEMPTED = "exempted"
    """The rule never applied."""
    CLEARED = "cleared"
    """Permission was given."""


VERBS = (Told.ACKNOWLEDGED, Told.MUTED, Told.EXEMPTED, Told.CLEARED)
DERIVED = (Event.REENTER, Event.REDOUBT, Event.CLOSE, Event.CLOSE_WARNED)

Path = tuple[tuple[Told, Phase], ...]
"""What is recorded, in order, and the state after each. Empty: no news."""

_BEGIN: dict[Event, Path] = {
    Event.PREDICT: ((Told.PREDICTED, Phase.PREDICTED),),
    Event.UNPREDICT: (),
    Event.ENTER: ((Told.ENTERED, Phase.INFRINGING),),
    Event.DOUBT: ((Told.ENTERED, Phase.UNDETERMINED),),
    Event.LOSE: (),
    Event.FIND_OUTSIDE: (),
    Event.RECOGNISE: (),
    Event.END_ZONE: (),
}
_DROPPED: Path = ((Told.UNPREDICTED, Phase.CLEAR),)
_LEFT: Path = ((Told.EXITED, Phase.EXITED),)
_LOST: Path = ((Told.LOST, Phase.LOST_INSIDE),)
_ANEW: dict[Event, Path] = {
    Event.REENTER: ((Told.REENTERED, Phase.INFRINGING),),
    Event.REDOUBT: ((Told.REENTERED, Phase.UNDETERMINED),),
    Event.ENTER: ((Told.CLOSED, Phase.CLOSED), (Told.ENTERED, Phase.INFRINGING)),
    Event.DOUBT: ((Told.CLOSED, Phase.CLOSED), (Told.ENTERED, Phase.UNDETERMINED)),
    Event.CLOSE: ((Told.CLOSED, Phase.CLOSED),),
}
_ROWS: dict[Phase, dict[Event, Path]] = {
    Phase.CLEAR: _BEGIN,
    Phase.PREDICTED: {
        **_BEGIN, Event.PREDICT: (),
        **dict.fromkeys((Event.UNPREDICT, Event.LOSE, Event.END_ZONE), _DROPPED),
    },
    Phase.INFRINGING: {
        Event.PREDICT: (), Event.UNPREDICT: (), Event.DOUBT: ((Told.DOUBTED, Phase.UNDETERMINED),),
        Event.LEAVE: _LEFT, Event.LOSE: _LOST, Event.END_ZONE: _LEFT,
        Event.RECOGNISE: ((Told.RECOGNISED, Phase.INFRINGING),),
    },
    Phase.UNDETERMINED: {
        Event.PREDICT: (), Event.UNPREDICT: (), Event.ENTER: ((Told.DETERMINED, Phase.INFRINGING),),
        Event.LEAVE: _LEFT, Event.LOSE: _LOST, Event.END_ZONE: _LEFT,
        Event.RECOGNISE: ((Told.RECOGNISED, Phase.UNDETERMINED),),
    },
    Phase.LOST_INSIDE: {
        **_ANEW, Event.UNPREDICT: (), Event.LOSE: (), Event.RECOGNISE: (), Event.END_ZONE: _ANEW[Event.CLOSE],
        Event.FIND_OUTSIDE: ((Told.FOUND_OUTSIDE, Phase.EXITED),),
        # Whoever is expected to enter has been heard outside.
        Event.PREDICT: ((Told.FOUND_OUTSIDE, Phase.EXITED), (Told.PREDICTED, Phase.EXITED)),
    },
    Phase.EXITED: {
        **_ANEW, Event.PREDICT: ((Told.PREDICTED, Phase.EXITED),),
        **dict.fromkeys((Event.UNPREDICT, Event.LOSE, Event.END_ZONE), ((Told.UNPREDICTED, Phase.EXITED),)),
        Event.FIND_OUTSIDE: (), Event.RECOGNISE: (), Event.CLOSE_WARNED: ((Told.CLOSED, Phase.PREDICTED),),
    },
    Phase.CLOSED: _BEGIN,
}  # fmt: skip
TABLE: dict[tuple[Phase, Event], Path] = {
    (phase, event): _ROWS[phase].get(event, ((Told.CONTRADICTED, phase),))
    for phase in Phase
    for event in Event
    if event in _ROWS[phase] or event not in DERIVED
}
"""(state, event) → what is recorded and the states it leads through. Every event from outside is in it for
every state; an event made here only for the states in which it is made."""


def diagram() -> str:
    """Return the table as a Mermaid state diagram: an arrow for every event that changes the state."""
    arrows: dict[tuple[str, str], list[str]] = {}
    for (phase, event), path in TABLE.items():
        if path and path[-1][1] is not phase:
            arrows.setdefault((_node(phase), _node(path[-1][1])), []).append(event.value)
    lines = [f"    {a} --> {b}: {', '.join(events)}" for (a, b), events in arrows.items()]
    return "\n".join(["stateDiagram-v2", f"    [*] --> {_node(Phase.CLEAR)}", *lines])


def _node(phase: Phase) -> str:
    return phase.name


def rows() -> str:
    """Return the table in Markdown: a row for every state and event of which something is recorded."""
    lines = ["| state | event | recorded | state after |", "| --- | --- | --- | --- |"]
    for (phase, event), path in TABLE.items():
        if path and path[0][0] is not Told.CONTRADICTED:
            told = ", then ".join(f"`{kind}`" for kind, _ in path)
            lines.append(f"| {_node(phase)} | {event.value} | {told} | {_node(path[-1][1])} |")
    return "\n".join(lines)


def quiet() -> str:
    """Return in Markdown which events are no news in which states, and which contradict them."""
    lines = ["| state | no news | contradicted |", "| --- | --- | --- |"]
    for phase in Phase:
        of = {event: path for (at, event), path in TABLE.items() if at is phase}
        none = ", ".join(event.value for event, path in of.items() if not path)
        against = ", ".join(e.value for e, path in of.items() if path and path[0][0] is Told.CONTRADICTED)
        lines.append(f"| {_node(phase)} | {none} | {against} |")
    return "\n".join(lines)
