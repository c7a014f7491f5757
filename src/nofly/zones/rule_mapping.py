"""Rules as plain mappings: what stands in a configuration file or in the properties of a zone.

::

    {"applies_to": [{"kind": "category", "values": ["B6"]}],
     "exempt": [{"who": [{"kind": "list", "values": ["medical"]}], "reason": "rescue", "source": "AIP"}],
     "cleared": [{"who": [{"kind": "callsign", "values": ["SWR*"]}], "reason": "permit 17", "upper_m": 3000,
                  "start": "2024-05-01T06:00:00Z", "end": "2024-05-01T18:00:00Z"}]}

Keys, kinds and values are checked, all of them; what is unknown is refused with the nearest that there is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from typing import Any, TypeVar

from nofly.errors import ConfigError
from nofly.zones.predicates import MAX_PATTERN
from nofly.zones.rules import Clearance, Exemption, Predicate, PredicateKind, Rule

MAX_ENTRIES = 10_000
"""The most predicates, values, exemptions or clearances in one list."""
MAX_TEXT = 10_000
"""The longest reason or source, in characters."""

_Permit = TypeVar("_Permit", Exemption, Clearance)

_RULE_KEYS = ("applies_to", "exempt", "cleared", "spacing_lateral_m", "spacing_vertical_m", "look_ahead_s")
_PERMIT_KEYS = ("who", "reason", "source", "lower_m", "upper_m", "start", "end")
_PREDICATE_KEYS = ("kind", "values", "negate")

_SHAPES = {
    PredicateKind.ADDRESS: (
        re.compile(r"[0-9a-f]{6}(-[0-9a-f]{6})?"), "six hexadecimal digits, or two such joined by a hyphen",
    ),
    PredicateKind.STATE: (re.compile(r"[A-Z]{3}"), "three letters (ISO 3166 alpha-3)"),
    PredicateKind.CALLSIGN: (re.compile(r"[A-Z0-9*?]{1,16}"), "letters, digits, * and ?"),
    PredicateKind.OPERATOR: (re.compile(r"[A-Z]{3}"), "three letters (ICAO Doc 8585)"),
    PredicateKind.SQUAWK: (
        re.compile(r"[0-7?]{4}|(?=.*\*)[0-7?*]{1,4}"), "four digits from 0 to 7, * and ?",
    ),
    PredicateKind.CATEGORY: (re.compile(r"[A-D][0-7]"), "A0 to D7"),
}  # fmt: skip


def rule_from_mapping(mapping: Mapping[str, Any], source: str = "", locator: str = "$") -> Rule:
    """Return the rule in a mapping; times are ISO 8601 with an offset, or aware datetimes.

    Raises ConfigError, saying where (``$.exempt[0].who[1].values``) and what was expected, for an unknown
    key, a wrong type, a value that does not fit its kind, limits or times the wrong way round, and a
    predicate or exemption that names nobody.
    """
    at = _Place(source, locator)
    at.keys(mapping, _RULE_KEYS)
    return Rule(
        applies_to=tuple(_predicate(m, p) for m, p in at.items(mapping, "applies_to")),
        exempt=tuple(_permit(Exemption, m, p) for m, p in at.items(mapping, "exempt")),
        cleared=tuple(_permit(Clearance, m, p) for m, p in at.items(mapping, "cleared")),
        spacing_lateral_m=at.number(mapping, "spacing_lateral_m", 0.0, least_value=0.0) or 0.0,
        spacing_vertical_m=at.number(mapping, "spacing_vertical_m", 0.0, least_value=0.0) or 0.0,
        look_ahead_s=at.number(mapping, "look_ahead_s", None, least_value=0.0),
    )


def predicate_from_mapping(mapping: Mapping[str, Any], source: str = "", locator: str = "$") -> Predicate:
    """Return the predicate in a mapping, its values as :func:`rule_from_mapping` checks them.

    Raises ConfigError, also where it has no value: turned round, that would hold of everybody.
    """
    return _predicate(mapping, _Place(source, locator))


def rule_to_mapping(rule: Rule) -> dict[str, Any]:
    """Return a rule as a mapping of JSON values, without what is default; it reads back as the same rule."""
    out: dict[str, Any] = {}
    if rule.applies_to:
        out["applies_to"] = [_predicate_to(predicate) for predicate in rule.applies_to]
    permits: tuple[tuple[str, Sequence[Exemption | Clearance]], ...] = (
        ("exempt", rule.exempt),
        ("cleared", rule.cleared),
    )
    for key, entries in permits:
        if entries:
            out[key] = [_permit_to(permit) for permit in entries]
    for key in ("spacing_lateral_m", "spacing_vertical_m"):
        if getattr(rule, key):
            out[key] = getattr(rule, key)
    if rule.look_ahead_s is not None:
        out["look_ahead_s"] = rule.look_ahead_s
    return out


class _Place:
    """Where in the input we are: what every complaint names."""

    def __init__(self, source: str, locator: str) -> None:
        self.source, self.locator = source, locator

    def error(self, message: str, expected: str = "") -> ConfigError:
        return ConfigError(message, source=self.source, locator=self.locator, expected=expected)

    def inside(self, key: str) -> _Place:
        return _Place(self.source, f"{self.locator}.{key}")

    def keys(self, mapping: object, known: tuple[str, ...]) -> None:
        if not isinstance(mapping, Mapping):
            raise self.error(f"{_shown(mapping)} is not a table", f"a table of {', '.join(known)}")
        for key in mapping:
            if key not in known:
                raise self.error(f"unknown key {_shown(key)}", _nearest(key, known))

    def items(self, mapping: Mapping[str, Any], key: str) -> list[tuple[Any, _Place]]:
        value = mapping.get(key, ())
        here = self.inside(key)
        if isinstance(value, str | bytes | Mapping) or not isinstance(value, Sequence):
            raise here.error(f"{_shown(value)} is not a list", "a list")
        if len(value) > MAX_ENTRIES:
            raise here.error(f"{len(value)} entries", f"at most {MAX_ENTRIES}")
        return [(entry, _Place(self.source, f"{here.locator}[{i}]")) for i, entry in enumerate(value)]

    def text(self, mapping: Mapping[str, Any], key: str) -> str:
        value = mapping.get(key, "")
        if not isinstance(value, str) or len(value) > MAX_TEXT:
            raise self.inside(key).error(
                f"{_shown(value)} is not a text", f"text of at most {MAX_TEXT} characters"
            )
        return value

    def number(
        self,
        mapping: Mapping[str, Any],
        key: str,
        default_value: float | None,
        least_value: float | None = None,
    ) -> float | None:
        value = mapping.get(key)
        if value is None:
            return default_value
        fine = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e12
        if not fine or (least_value is not None and value < least_value):
            raise self.inside(key).error(
                f"{_shown(value)} does not fit",
                "a number" if least_value is None else f"a number from {least_value:g}",
            )
        return float(value)

    def instant_us(self, mapping: Mapping[str, Any], key: str) -> int | None:
        value = mapping.get(key)
        expected = "an ISO 8601 time with an offset, such as 2024-05-01T06:00:00Z"
        if value is None:
            return None
        moment = value
        if isinstance(value, str):
            try:
                moment = datetime.fromisoformat(value)
            except ValueError:
                raise self.inside(key).error(f"{_shown(value)} is not a time", expected) from None
        if not isinstance(moment, datetime):
            raise self.inside(key).error(f"{_shown(value)} is not a time", expected)
        if moment.tzinfo is None:
            raise self.inside(key).error(f"{_shown(value)} has no time zone", expected)
        return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def _predicate(mapping: Any, at: _Place) -> Predicate:
    at.keys(mapping, _PREDICATE_KEYS)
    names = tuple(kind.value for kind in PredicateKind)
    name = mapping.get("kind")
    if name not in names:
        raise at.inside("kind").error(f"unknown kind {_shown(name)}", _nearest(name, names))
    kind = PredicateKind(name)
    negate = mapping.get("negate", False)
    if not isinstance(negate, bool):
        raise at.inside("negate").error(f"{_shown(negate)} does not fit", "true or false")
    values = tuple(_value(kind, value, place) for value, place in at.items(mapping, "values"))
    if not values:
        raise at.inside("values").error("no values: this names nobody", "at least one value")
    return Predicate(kind, values, negate)


def _value(kind: PredicateKind, value: object, at: _Place) -> str:
    if not isinstance(value, str) or not value.strip():
        raise at.error(f"{_shown(value)} does not fit", "text")
    text = value.strip()
    if kind is PredicateKind.ADDRESS:
        text = text.lower()
    elif kind in _SHAPES:
        text = text.upper()
    limit = MAX_PATTERN if kind is PredicateKind.TARGET else 256
    if len(text) > limit:
        raise at.error(f"{_shown(text)} is too long", f"at most {limit} characters")
    shape = _SHAPES.get(kind)
    if shape and not shape[0].fullmatch(text):
        raise at.error(f"{_shown(value)} is no {kind.value}", shape[1])
    first, _, last = text.partition("-")
    if kind is PredicateKind.ADDRESS and last and last < first:
        raise at.error(f"{_shown(value)} runs backwards", "the lower address first")
    return text


def _permit(make: Callable[..., _Permit], mapping: Any, at: _Place) -> _Permit:
    at.keys(mapping, _PERMIT_KEYS)
    who = tuple(_predicate(entry, place) for entry, place in at.items(mapping, "who"))
    if not who:
        raise at.inside("who").error(
            "nobody is named", 'at least one predicate ({kind = "target", values = ["*"]} is everybody)'
        )
    reason = at.text(mapping, "reason")
    if not reason.strip():
        raise at.inside("reason").error("no reason is given", "a reason in words")
    lower_m, upper_m = at.number(mapping, "lower_m", None), at.number(mapping, "upper_m", None)
    if lower_m is not None and upper_m is not None and lower_m > upper_m:
        raise at.inside("upper_m").error(f"{upper_m:g} is below lower_m", f"{lower_m:g} or more")
    start_us, end_us = at.instant_us(mapping, "start"), at.instant_us(mapping, "end")
    if start_us is not None and end_us is not None and start_us >= end_us:
        raise at.inside("end").error("the end is not after the start", "a later time")
    return make(
        who=who, reason=reason, source=at.text(mapping, "source"),
        lower_m=lower_m, upper_m=upper_m, start_us=start_us, end_us=end_us,
    )  # fmt: skip


def _predicate_to(predicate: Predicate) -> dict[str, Any]:
    out: dict[str, Any] = {"kind": predicate.kind.value, "values": list(predicate.values)}
    return {**out, "negate": True} if predicate.negate else out


def _permit_to(permit: Exemption | Clearance) -> dict[str, Any]:
    out: dict[str, Any] = {"who": [_predicate_to(p) for p in permit.who], "reason": permit.reason}
    if permit.source:
        out["source"] = permit.source
    limits = {"lower_m": permit.lower_m, "upper_m": permit.upper_m}
    out |= {key: number for key, number in limits.items() if number is not None}
    for key, time_us in (("start", permit.start_us), ("end", permit.end_us)):
        if time_us is not None:
            moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=time_us)
            out[key] = moment.isoformat().replace("+00:00", "Z")
    return out


def _nearest(key: object, known: tuple[str, ...]) -> str:
    close = get_close_matches(str(key)[:64], known, n=1, cutoff=0.5)
    return f"{close[0]}?" if close else f"one of {', '.join(known)}"


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:60] + "…"
