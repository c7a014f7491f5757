"""The acts on a zone: each made of what is the law, and refused where it would say nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from nofly.errors import InputError
from nofly.zones.activity import ALWAYS_FROM_US, ALWAYS_UNTIL_US
from nofly.zones.acts import ZONE, Act, act
from nofly.zones.editions import (
    AMEND,
    DECLARE,
    EXTEND,
    RESUME,
    SUSPEND,
    WITHDRAW,
    Life,
    bounds,
)
from nofly.zones.model import Zone, canonical_json

MOST_WHY_CHARACTERS = 2000


@dataclass(frozen=True, slots=True)
class Said:
    """Who says something for which party, when and why."""

    party: str
    by: str
    said_us: int
    why: str


def declare(life: Life, zone: Zone, said: Said, from_us: int | None, until_us: int | None) -> Act:
    """Return the act that puts a zone in force. Raises InputError where it is already, then or later."""
    start_us = ALWAYS_FROM_US if from_us is None else from_us
    if life.beyond(start_us) is not None:
        raise _refused(life, "is declared already", "an amendment, or another time")
    return _made(life, DECLARE, said, {**_of(zone), "from_us": from_us, "until_us": until_us})


def amend(
    life: Life, zone: Zone, said: Said, from_us: int | None, until_us: int | None, *, temporary: bool = False
) -> Act:
    """Return the act that puts another edition in force, also one that follows an edition which ends. Raises
    InputError where there is none to amend, or a temporary amendment has no end."""
    start_us = ALWAYS_FROM_US if from_us is None else from_us
    if not life.spans or (life.withdrawn_us is not None and life.withdrawn_us <= start_us):
        raise _refused(life, "is not in force then", "a declaration")
    if temporary and until_us is None:
        raise InputError("a temporary amendment without an end", expected="a time until which it holds")
    body = {**_of(zone), "from_us": from_us, "until_us": until_us, "temporary": temporary}
    return _made(life, AMEND, said, body)


def suspend(life: Life, said: Said, from_us: int, until_us: int | None) -> Act:
    """Return the act that takes a zone out of force over a span. Raises InputError where it is in force at no
    time in it."""
    end_us = ALWAYS_UNTIL_US if until_us is None else until_us
    if not any(_meets(one.from_us, one.until_us, from_us, end_us) for one in life.in_force()):
        raise _refused(life, "is not in force then", "a time when it is")
    return _made(life, SUSPEND, said, {"from_us": from_us, "until_us": until_us})


def resume(life: Life, said: Said, from_us: int, until_us: int | None = None) -> Act:
    """Return the act that ends a suspension from a time on. Raises InputError where there is none."""
    end_us = ALWAYS_UNTIL_US if until_us is None else until_us
    if not any(gap.start_us < end_us and gap.end_us > from_us for gap in life.suspended):
        raise _refused(life, "is not suspended then", "a time when it is")
    return _made(life, RESUME, said, {"from_us": from_us, "until_us": until_us})


def extend(life: Life, said: Said, until_us: int | None) -> Act:
    """Return the act that moves the end of the last edition; None is without an end. Raises InputError where
    that is no later, or the zone is withdrawn."""
    if not life.spans or life.withdrawn_us is not None:
        raise _refused(
            life, "is not in force" if life.withdrawn_us is None else "is withdrawn", "a declaration"
        )
    last_us = life.spans[-1].end_us
    if last_us >= ALWAYS_UNTIL_US:
        raise _refused(life, "has no end", "a zone that ends")
    if until_us is not None and until_us <= last_us:
        raise _refused(life, "would not end later", "a time after its end; withdraw ends it sooner")
    return _made(life, EXTEND, said, {"until_us": until_us})


def withdraw(life: Life, said: Said, from_us: int) -> Act:
    """Return the act that ends a zone from a time on. Raises InputError where it has ended by then."""
    if life.beyond(from_us) is None:
        raise _refused(life, "is not in force then or later", "a zone that is")
    return _made(life, WITHDRAW, said, {"from_us": from_us})


OF_A_SPAN: dict[str, Callable[[Life, Said, int, int | None], Act]] = {
    SUSPEND: suspend,
    RESUME: resume,
    EXTEND: lambda life, said, _, until_us: extend(life, said, until_us),
    WITHDRAW: lambda life, said, from_us, _: withdraw(life, said, from_us),
}
"""The acts that say nothing but a span, by kind."""


def _made(life: Life, kind: str, said: Said, body: dict[str, Any]) -> Act:
    if not said.why.strip() or len(said.why) > MOST_WHY_CHARACTERS:
        raise InputError("no reason", locator="why", expected=f"1 to {MOST_WHY_CHARACTERS} characters")
    bounds(body)
    return act(
        ZONE, life.zone_id, kind, {**body, "why": said.why}, party=said.party, by=said.by,
        said_us=said.said_us,
    )  # fmt: skip


def _of(zone: Zone) -> dict[str, Any]:
    source, text = zone.source, canonical_json(zone)
    return {
        "zone": text, "zone_hash": hashlib.sha256(text.encode()).hexdigest(),
        "source": [source.format, source.sha256, source.locator],
    }  # fmt: skip


def _refused(life: Life, why: str, expected: str) -> InputError:
    return InputError(f"the zone {life.zone_id!r} {why}", expected=expected)


def _meets(from_us: int | None, until_us: int | None, start_us: int, end_us: int) -> bool:
    return (from_us is None or from_us < end_us) and (until_us is None or until_us > start_us)
