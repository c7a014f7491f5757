"""Whether a predicate holds of an aircraft: yes, no, or it cannot be told.

An aircraft that sends no callsign neither fits a callsign pattern nor fails to: the answer is None, and
whoever asks has to say so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from nofly.zones.rules import Predicate, PredicateKind, Rule
from nofly.zones.sentence import Sentence, joined, say

MAX_PATTERN = 64
"""The longest pattern and value, in characters."""

_OPERATOR = re.compile(r"([A-Z]{3})[0-9][0-9A-Z]{0,3}")
_NO_CATEGORY = frozenset({"A0", "B0", "C0", "D0"})
_ADDRESS_RANGE = re.compile(r"([0-9a-f]{6})(?:-([0-9a-f]{6}))?")


@dataclass(frozen=True, slots=True)
class Subject:
    """What is known of an aircraft when a rule is asked about it. None is not known."""

    target_id: str
    icao24: str | None = None
    """Six lower-case hexadecimal digits."""
    callsign: str | None = None
    squawk: str | None = None
    category: str | None = None
    state: str | None = None
    """State of registry by address block, ISO 3166 alpha-3."""
    lists: frozenset[str] = frozenset()
    """Names of the supplied lists that it is on."""
    parties: frozenset[str] = frozenset()
    """Names of the parties whose aircraft it is."""

    @property
    def heard_callsign(self) -> str | None:
        """The callsign in capitals without blanks round it; None where nothing was sent."""
        text = (self.callsign or "").strip(" @_\0").upper()
        return text or None

    @property
    def operator(self) -> str | None:
        """The ICAO operator designator in the callsign: three letters before a digit (ICAO Doc 8585);
        ``""`` where the callsign has none (a registration, a military word); None without a callsign."""
        callsign = self.heard_callsign
        if callsign is None:
            return None
        found = _OPERATOR.fullmatch(callsign)
        return found.group(1) if found else ""


def matches(predicate: Predicate, subject: Subject) -> bool | None:
    """Return whether a predicate holds of an aircraft, None where it cannot be told."""
    found = _positive(predicate, subject)
    return found if found is None or not predicate.negate else not found


def all_match(predicates: Iterable[Predicate], subject: Subject) -> bool | None:
    """Return whether all hold: False if one surely does not, else None if one cannot be told. None at all
    given is False: a rule that names nobody excepts nobody."""
    answers = [matches(predicate, subject) for predicate in predicates]
    if not answers or False in answers:
        return False
    return None if None in answers else True


def any_matches(predicates: Iterable[Predicate], subject: Subject) -> bool | None:
    """Return whether any holds: True if one surely does, else None if one cannot be told."""
    answers = [matches(predicate, subject) for predicate in predicates]
    if True in answers:
        return True
    return None if None in answers else False


_LASTING = (PredicateKind.TARGET, PredicateKind.ADDRESS, PredicateKind.STATE)


def may_ever_match(predicates: Iterable[Predicate], subject: Subject) -> bool:
    """Return whether any may hold, whatever the aircraft sends: False if its name and address say no."""
    return any(p.kind not in _LASTING or matches(p, subject) is not False for p in predicates)


def fits(pattern: str, text: str) -> bool:
    """Return whether a text fits a pattern of ``*`` (any characters) and ``?`` (one), case ignored.

    One pass with one point of return: at most len(pattern) × len(text) steps, whatever they hold. A pattern
    longer than ``MAX_PATTERN`` fits nothing.
    """
    if len(pattern) > MAX_PATTERN:
        return False
    pattern, text = pattern.upper(), text.upper()
    at = star = here = 0
    starred = False
    while here < len(text):
        if at < len(pattern) and pattern[at] == "*":
            starred, star, back, at = True, at, here, at + 1
        elif at < len(pattern) and pattern[at] in ("?", text[here]):
            at, here = at + 1, here + 1
        elif starred:
            back += 1
            at, here = star + 1, back
        else:
            return False
    return all(character == "*" for character in pattern[at:])


_NAMED = {
    PredicateKind.ADDRESS: "address {values}",
    PredicateKind.STATE: "state of registry {values}",
    PredicateKind.OPERATOR: "operator {values}",
    PredicateKind.CALLSIGN: "callsign {values}",
    PredicateKind.SQUAWK: "squawk {values}",
    PredicateKind.CATEGORY: "category {values}",
    PredicateKind.LIST: "on the list {values}",
    PredicateKind.PARTY: "aircraft of the party {values}",
    PredicateKind.TARGET: "target {values}",
}


def describe_predicate(predicate: Predicate) -> str:
    """Return a predicate in words: ``callsign SWR*``, ``not on the list medical``."""
    return str(_told(predicate))


def _told(predicate: Predicate) -> Sentence:
    values: str = predicate.values[0] if predicate.values else ""
    for value in predicate.values[1:5]:
        values = say("{one} or {other}", one=values, other=value)
    if len(predicate.values) > 5:
        values = joined("", [values, " …"])
    text = say(_NAMED[predicate.kind], values=values)
    return say("not {what}", what=text) if predicate.negate else text


def describe_all(predicates: Iterable[Predicate]) -> str:
    """Return predicates that must all hold in words."""
    return str(told_all(predicates))


def told_all(predicates: Iterable[Predicate]) -> Sentence:
    """Return what :func:`describe_all` does, with what it is made of."""
    parts = [_told(predicate) for predicate in predicates]
    if not parts:
        return say("nobody")
    text = parts[0]
    for part in parts[1:]:
        text = say("{one} and {other}", one=text, other=part)
    return text


def named_lists(rule: Rule | None) -> frozenset[str]:
    """Return the names of the lists (kinds LIST and PARTY) a rule depends on: each has to be supplied."""
    if rule is None:
        return frozenset()
    groups = [rule.applies_to, *(e.who for e in rule.exempt), *(c.who for c in rule.cleared)]
    return frozenset(
        value
        for group in groups
        for predicate in group
        if predicate.kind in (PredicateKind.LIST, PredicateKind.PARTY)
        for value in predicate.values
    )


def _positive(predicate: Predicate, subject: Subject) -> bool | None:
    kind, values = predicate.kind, predicate.values
    if kind is PredicateKind.LIST or kind is PredicateKind.PARTY:
        names = subject.lists if kind is PredicateKind.LIST else subject.parties
        if any(value in names for value in values):
            return True
        known = subject.icao24 is not None or subject.heard_callsign is not None
        return False if known else None
    if kind is PredicateKind.TARGET:
        return any(fits(value, subject.target_id) for value in values)
    if kind is PredicateKind.ADDRESS:
        address = subject.icao24
        return None if address is None else any(_address_fits(value, address) for value in values)
    text = {
        PredicateKind.STATE: subject.state,
        PredicateKind.CALLSIGN: subject.heard_callsign,
        PredicateKind.OPERATOR: subject.operator,
        PredicateKind.SQUAWK: subject.squawk,
        PredicateKind.CATEGORY: None if subject.category in _NO_CATEGORY else subject.category,
    }[kind]
    if text is None:
        return None
    if kind is PredicateKind.CALLSIGN or kind is PredicateKind.SQUAWK:
        return any(fits(value, text) for value in values)
    return any(value.upper() == text.upper() for value in values)


def _address_fits(value: str, address: str) -> bool:
    found = _ADDRESS_RANGE.fullmatch(value.lower())
    if found is None:
        return False
    first, last = found.group(1), found.group(2) or found.group(1)
    return first <= address.lower() <= last
