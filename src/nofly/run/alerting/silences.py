"""Whether an alert is not to be told because somebody said so: acknowledged, muted, exempted, or cleared.

Four verbs that are not one. ``acknowledged`` is said of what was known then: while it holds, an incident is
not told of again, unless it becomes graver (expected, then perhaps inside, then inside) than it was when it
was acknowledged. ``muted`` is said of a channel, a zone, a target or an incident: nothing is told, whatever
happens. So it is where one is ``exempted`` or ``cleared``: the rule never applied, or permission was given,
and there is nothing to alert of. All hold until ``until_us``; the latest record of a verb, a scope and a
channel counts, so that one whose ``until_us`` has passed ends what was said before.

The scope is the record's ``incident``: an incident's name, or :func:`zone_scope`, :func:`target_scope` or
:data:`EVERYTHING`. ``channel``, where it is there, names the only channel it is said of.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from nofly.alerts import Notice
from nofly.incidents.states import VERBS, Phase, Told
from nofly.run.outputs.text import printable
from nofly.store.chain import Stored

EVERYTHING = "everything"
"""The scope of what is said of all alerts."""

Read = Callable[[str], Iterable[Stored]]
"""Returns the records under an incident's name, in order."""

_GRAVITY = {Phase.PREDICTED: 1, Phase.LOST_INSIDE: 2, Phase.UNDETERMINED: 2, Phase.INFRINGING: 3}


@dataclass(frozen=True, slots=True)
class Silence:
    """Why a notice is not told, and until when (UTC microseconds); None: for good."""

    why: str
    until_us: int | None


def zone_scope(zone_id: str) -> str:
    """Return the scope of all alerts of a zone, whatever its edition; the id as it is shown, or as it is."""
    return f"zone:{printable(zone_id)}"


def target_scope(target_id: str) -> str:
    """Return the scope of all alerts of a target; the id as it is shown, or as it is."""
    return f"target:{printable(target_id)}"


def silenced(
    notice: Notice, channel: str, stateful: bool, now_us: int, read: Read, verbs: Container[str] = VERBS
) -> Silence | None:
    """Return who said why, by one of some verbs, that a notice is not told on a channel; None where it is to
    be told.

    A channel that shows a state (``stateful``) is told of an end in any case: it would show for ever what is
    over.
    """
    if stateful and notice.active is False:
        return None
    scopes = [notice.incident, notice.warning, EVERYTHING]
    scopes.append(zone_scope(notice.zone_id) if notice.zone_id else None)
    scopes.append(target_scope(notice.target_id) if notice.target_id else None)
    for scope in dict.fromkeys(scope for scope in scopes if scope):
        said: dict[tuple[str, str | None], dict[str, Any]] = {}
        for record in read(scope):
            if record.kind in verbs and record.sequence != notice.sequence:
                body = record.content
                said[record.kind, body.get("channel")] = body
        for (verb, only), body in said.items():
            if only in (None, channel) and _holds(body, now_us) and not _graver(verb, notice, body):
                who, why = (printable(str(body.get(name) or "not said")) for name in ("who", "why"))
                return Silence(f"{verb} by {who}: {why}"[:300], body.get("until_us"))
    return None


def _holds(body: Mapping[str, Any], now_us: int) -> bool:
    until_us = body.get("until_us")
    return until_us is None or (isinstance(until_us, int) and now_us < until_us)


def _graver(verb: str, notice: Notice, body: Mapping[str, Any]) -> bool:
    """Return whether a notice is graver than what was acknowledged. Of an acknowledgement without a phase
    (of a zone, of a target) nothing is graver but the entry; what people say is told in any case."""
    if verb != Told.ACKNOWLEDGED or notice.kind in VERBS:
        return verb == Told.ACKNOWLEDGED
    known = _GRAVITY.get(Phase(body["phase"]), 0) if body.get("phase") in tuple(Phase) else 2
    now = _GRAVITY.get(Phase(notice.phase), 0) if notice.phase in tuple(Phase) else 0
    return now > known
