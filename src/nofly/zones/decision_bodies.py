"""What the acts on a request say, read out of their bodies, with every value checked."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction
from typing import Any, TypeVar

from nofly.errors import InputError
from nofly.zones.acts import MAX_US, Act, name_fault
from nofly.zones.decision_rules import COUNTED, DecisionRule, Purpose, RuleKind, Stand
from nofly.zones.model import Zone, canonical_json
from nofly.zones.reading import foreign_zone

MOST_TEXT_CHARACTERS = 10_000
MOST_PARTIES = 500
MOST_CONDITIONS = 50
KEY_DIGITS = 64

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_LINK = re.compile(r"https?://[^\s<>\"']{1,2000}")
_DAY = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])")
_KEY = re.compile(r"[0-9a-f]{64}")
_Word = TypeVar("_Word", bound=StrEnum)


class Clock(StrEnum):
    """Which time of an act counts."""

    REGISTER = "register"
    """When the register recorded it: no party can say that it spoke earlier."""
    STATED = "stated"
    """When the party says it spoke: for a procedure of the past that is put on record afterwards."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for, of whom, and how it is decided."""

    id: str
    asker: str
    zone: Zone
    """As proposed: law of nothing, and open to what-if whatever becomes of the request."""
    purpose: Purpose
    why: str
    parties: tuple[str, ...]
    """Who takes positions."""
    authority: str
    """Who sets deadlines, announces the decision, promulgates, suspends, renews and revokes."""
    rule: DecisionRule
    instead: str = ""
    """What is asked for if the zone is refused."""
    wanted_from_us: int | None = None
    wanted_until_us: int | None = None
    deadline_us: int | None = None
    """Positions count before, not at it."""
    keys: tuple[tuple[str, str], ...] = ()
    """(party, Ed25519 public key in 64 hexadecimal digits), sorted: its acts have to be signed by it."""
    clock: Clock = Clock.REGISTER
    source: str = ""
    language: str = ""

    @property
    def people(self) -> tuple[str, ...]:
        """Everybody who may act: who asks, the parties, the authority."""
        return tuple(dict.fromkeys((self.asker, *self.parties, self.authority)))


@dataclass(frozen=True, slots=True)
class Position:
    """Where a party stands, as it said."""

    party: str
    stand: Stand
    statement: str = ""
    conditions: tuple[str, ...] = ()
    date: str = ""
    """The day of the statement, ISO 8601, as its source has it."""
    source: str = ""
    language: str = ""
    """A tag of BCP 47."""
    at_us: int = 0
    sequence: int = 0
    counts: bool = True
    """False where it came late: it is history alone."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided, and why."""

    approved: bool
    reason: str
    conditions: tuple[str, ...] = ()
    at_us: int = 0


def request_body(request: Request) -> dict[str, Any]:
    """Return the body of the act that makes a request."""
    rule: dict[str, Any] = {"kind": request.rule.kind.value}
    if request.rule.quorum:
        rule["quorum"] = request.rule.quorum
    if request.rule.share is not None:
        rule["share"] = str(request.rule.share)
    body: dict[str, Any] = {
        "zone": canonical_json(request.zone), "zone_hash": request.zone.zone_hash,
        "purpose": request.purpose.value, "why": request.why, "parties": list(request.parties),
        "authority": request.authority, "rule": rule, "clock": request.clock.value,
    }  # fmt: skip
    if request.keys:
        body["keys"] = dict(request.keys)
    for name in ("instead", "wanted_from_us", "wanted_until_us", "deadline_us", "source", "language"):
        if getattr(request, name) not in ("", None):
            body[name] = getattr(request, name)
    return body


_REQUEST = (
    "zone", "zone_hash", "purpose", "why", "parties", "authority", "rule", "clock", "keys", "instead",
    "wanted_from_us", "wanted_until_us", "deadline_us", "source", "language",
)  # fmt: skip


def request_from(act: Act) -> Request:
    """Return the request an act makes. Raises InputError, naming the value and what was expected."""
    body = act.body
    known(body, _REQUEST)
    parties = _names(body.get("parties"), "parties", MOST_PARTIES)
    authority = _name(body.get("authority"), "authority")
    kind = body["rule"].get("kind") if isinstance(body.get("rule"), Mapping) else None
    if kind != RuleKind.SINGLE and not parties:
        raise InputError("a request without parties", locator="parties", expected="those who take positions")
    rule = _rule(body.get("rule"), len(parties))
    deadline_us = instant_us(body, "deadline_us")
    if rule.kind is RuleKind.SILENCE and deadline_us is None:
        raise InputError("a silence procedure without a deadline", locator="deadline", expected="a time")
    made = Request(
        act.subject_id, act.party, _zone(body), word(body.get("purpose"), Purpose, "purpose"),
        text(body, "why", needed=True), parties, authority, rule, text(body, "instead"),
        instant_us(body, "wanted_from_us"), instant_us(body, "wanted_until_us"), deadline_us, (),
        word(body.get("clock", "register"), Clock, "clock"), _link(body), _language(body),
    )  # fmt: skip
    if _inverted(made.wanted_from_us, made.wanted_until_us):
        raise InputError("it is wanted until before it is wanted from", locator="until", expected="later")
    return replace(made, keys=_keys(body.get("keys", {}), made.people))


def position_from(act: Act) -> Position:
    """Return the position an act takes. Raises InputError as :func:`request_from`."""
    body = act.body
    known(body, ("stand", "statement", "conditions", "date", "source", "language"))
    stand = word(body.get("stand"), Stand, "stand")
    conditions = _conditions(body)
    if (stand is Stand.CONDITIONAL) != bool(conditions):
        fault = "a conditional position without conditions" if not conditions else f"conditions of {stand}"
        raise InputError(fault, locator="conditions", expected="conditions with conditional, and only there")
    day = text(body, "date")
    if day and not _DAY.fullmatch(day):
        raise InputError(f"date {day[:40]!r}", locator="date", expected="a day such as 2022-03-04")
    return Position(
        act.party, stand, text(body, "statement"), conditions, day, _link(body), _language(body),
        sequence=act.sequence,
    )  # fmt: skip


def decision_from(act: Act) -> Decision:
    """Return the decision an act announces. Raises InputError as :func:`request_from`."""
    body = act.body
    known(body, ("outcome", "reason", "conditions"))
    outcome = body.get("outcome")
    if outcome not in ("approved", "rejected"):
        raise InputError(f"outcome {shown(outcome)}", locator="outcome", expected="approved or rejected")
    conditions = _conditions(body)
    if conditions and outcome == "rejected":
        raise InputError("conditions of a rejection", locator="conditions", expected="none")
    return Decision(outcome == "approved", text(body, "reason", needed=True), conditions)


def known(body: Mapping[str, Any], names: Sequence[str]) -> None:
    """Raise InputError for a value that none of these names is of."""
    for name in body:
        if name not in names:
            raise InputError(f"unknown value {shown(name)}", expected=f"one of {', '.join(names)}")


def text(body: Mapping[str, Any], name: str, *, needed: bool = False) -> str:
    """Return a text, empty where there is none. Raises InputError, also for one that is needed and empty."""
    value = body.get(name, "")
    if not isinstance(value, str) or len(value) > MOST_TEXT_CHARACTERS:
        expected = f"text of at most {MOST_TEXT_CHARACTERS:,} characters"
        raise InputError(f"{name} {shown(value)}", locator=name, expected=expected)
    if needed and not value.strip():
        raise InputError(f"no {name} is given", locator=name, expected="one in words")
    return value


def instant_us(body: Mapping[str, Any], name: str) -> int | None:
    """Return UTC microseconds, None where there are none. Raises InputError."""
    value = body.get(name)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or abs(value) > MAX_US):
        raise InputError(f"{name} {shown(value)}", locator=name, expected="microseconds in 64 bits")
    return value


def word(value: object, words: type[_Word], name: str) -> _Word:
    """Return the word of an enumeration. Raises InputError."""
    try:
        return words(str(value))
    except ValueError:
        expected = ", ".join(words)
        raise InputError(f"{name} {shown(value)}", locator=name, expected=f"one of {expected}") from None


def shown(value: object) -> str:
    """Return a value as a complaint quotes it: short."""
    found = repr(value)
    return found if len(found) <= 60 else found[:60] + "…"


def _zone(body: Mapping[str, Any]) -> Zone:
    if body.get("zone") is None:
        raise InputError("a request without a zone", locator="zone", expected="the zone that is asked for")
    try:
        zone = foreign_zone(body["zone"])
        zone_hash = zone.zone_hash
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InputError(f"the zone cannot be read: {error}", locator="zone", expected="a zone") from error
    if zone_hash != body.get("zone_hash"):
        raise InputError("the zone is not the one of its hash", locator="zone_hash", expected=zone_hash)
    return zone


def _rule(value: object, many: int) -> DecisionRule:
    if not isinstance(value, Mapping):
        raise InputError(f"rule {shown(value)}", locator="rule", expected=f"one of {', '.join(RuleKind)}")
    known(value, ("kind", "quorum", "share"))
    kind = word(value.get("kind"), RuleKind, "rule")
    quorum = value.get("quorum", many // 2 + 1 if kind in COUNTED else 0)
    least, most = (1, many) if kind in COUNTED else (0, 0)
    if isinstance(quorum, bool) or not isinstance(quorum, int) or not least <= quorum <= max(most, least):
        expected = f"a number of parties, 1 to {many}, for majorities alone"
        raise InputError(f"quorum {shown(quorum)}", locator="rule.quorum", expected=expected)
    share = value.get("share")
    if (share is None) != (kind is not RuleKind.QUALIFIED):
        fault = f"rule {kind} with a share" if share is not None else "a qualified majority without its share"
        raise InputError(fault, locator="rule.share", expected="a share with qualified-majority, only there")
    return DecisionRule(kind, quorum, None if share is None else _share(share))


def _share(value: object) -> Fraction:
    found = re.fullmatch(r"([0-9]{1,4})/([0-9]{1,4})|1", value) if isinstance(value, str) else None
    share = Fraction(value) if found and isinstance(value, str) and not value.endswith("/0") else Fraction(0)
    if found is None or found[0].rpartition("/")[2].strip("0") == "" or not 0 < share <= 1:
        raise InputError(f"share {shown(value)}", locator="rule.share", expected="a part such as 2/3")
    return share


def _keys(value: object, people: Sequence[str]) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, Mapping):
        raise InputError(f"keys {shown(value)}", locator="keys", expected="a public key a party")
    for name, key in value.items():
        if name not in people:
            raise InputError(f"a key of {shown(name)}", locator="keys", expected="of a party that is listed")
        if not isinstance(key, str) or not _KEY.fullmatch(key):
            raise InputError(
                f"the key of {name} is {shown(key)}",
                locator="keys",
                expected=f"{KEY_DIGITS} hexadecimal digits",
            )
    return tuple(sorted(value.items()))


def _names(value: object, name: str, most: int) -> tuple[str, ...]:
    listed = [] if value is None else value
    if not isinstance(listed, list) or len(listed) > most:
        raise InputError(f"{name} {shown(value)}", locator=name, expected=f"a list of at most {most}")
    for place, one in enumerate(listed):
        _name(one, f"{name}[{place}]")
        if one in listed[:place]:
            raise InputError(f"{shown(one)} twice", locator=f"{name}[{place}]", expected="each once")
    return tuple(listed)


def _name(value: object, locator: str) -> str:
    fault = name_fault(value)
    if fault or not isinstance(value, str):
        raise InputError(f"{locator} {fault}", locator=locator, expected="a name that can be shown")
    return value


def _conditions(body: Mapping[str, Any]) -> tuple[str, ...]:
    found = body.get("conditions", [])
    if not isinstance(found, list) or len(found) > MOST_CONDITIONS:
        raise InputError(
            f"conditions {shown(found)}",
            locator="conditions",
            expected=f"a list of at most {MOST_CONDITIONS}",
        )
    return tuple(text({"conditions": one}, "conditions", needed=True) for one in found)


def _link(body: Mapping[str, Any]) -> str:
    link = text(body, "source")
    if link and not _LINK.fullmatch(link):
        raise InputError(f"source {shown(link)}", locator="source", expected="an address: https://…")
    return link


def _language(body: Mapping[str, Any]) -> str:
    tag = text(body, "language")
    if tag and not _LANGUAGE.fullmatch(tag):
        raise InputError(f"language {shown(tag)}", locator="language", expected="a tag such as uk or en-GB")
    return tag


def _inverted(start_us: int | None, end_us: int | None) -> bool:
    return start_us is not None and end_us is not None and end_us <= start_us
