"""What a rule says of one stay: infringement, exempt, cleared, or not addressed by the zone at all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from nofly.units import feet
from nofly.zones.predicates import (
    Subject,
    all_match,
    any_matches,
    describe_all,
    describe_predicate,
    matches,
)
from nofly.zones.rules import Clearance, Exemption, Predicate, PredicateKind, Rule

RuleStatus = Literal["infringement", "exempt", "cleared", "not-addressed"]


@dataclass(frozen=True, slots=True)
class RuleVerdict:
    """What the rule says of a stay, and why."""

    status: RuleStatus
    reasons: tuple[str, ...]
    """Sentences that led to the status, and what nearly led to another."""
    considered: tuple[str, ...]
    """Every exemption and clearance looked at, with its outcome."""
    untold: tuple[str, ...] = ()
    """What could not be told: an aircraft with no callsign may yet be exempt by its callsign. Where this is
    not empty the status is the strictest that may hold."""


@dataclass(frozen=True, slots=True)
class _Stay:
    subject: Subject
    entry_us: int
    exit_us: int
    min_height_m: float | None
    max_height_m: float | None


def judge_rule(
    rule: Rule | None,
    subject: Subject,
    entry_us: int,
    exit_us: int,
    min_height_m: float | None,
    max_height_m: float | None,
) -> RuleVerdict:
    """Return what a rule says of an aircraft that was inside from entry to exit, between two heights.

    Times are UTC microseconds; heights are metres on the datum of the crossing's own height, None or NaN
    where not known. Exemptions go before clearances. What has limits must cover the whole stay; clearances
    that follow one another without a gap cover it together. What covers only a part does not clear, and
    says so; so does what cannot be told.
    """
    if rule is None:
        return RuleVerdict("infringement", ("The zone applies to everybody.",), ())
    reasons: list[str] = []
    untold: list[str] = []
    addressed = any_matches(rule.applies_to, subject) if rule.applies_to else True
    named = "; ".join(describe_predicate(predicate) for predicate in rule.applies_to)
    if addressed is False:
        return RuleVerdict("not-addressed", (f"The zone applies only to: {named}.",), ())
    if addressed is None:
        why = _unheard(rule.applies_to, subject)
        untold.append(f"The zone applies only to: {named}; {why}, so it is taken to apply.")
    stay = _Stay(subject, entry_us, exit_us, _number(min_height_m), _number(max_height_m))
    considered: list[str] = []
    kinds: tuple[tuple[RuleStatus, str, Iterable[Exemption | Clearance]], ...] = (
        ("exempt", "Exempt", rule.exempt),
        ("cleared", "Cleared", rule.cleared),
    )
    for status, word, permits in kinds:
        granted = _granted(word, tuple(permits), stay, reasons, untold, considered)
        if granted:
            return RuleVerdict(status, tuple(granted), tuple(considered))
    if not reasons and not untold:
        reasons.append("No exemption and no clearance applies." if considered else "The zone exempts nobody.")
    return RuleVerdict("infringement", tuple(reasons + untold), tuple(considered), tuple(untold))


PERHAPS = "Perhaps"
"""How the reason begins of which it cannot be told whether it excepts a stay."""


def _granted(
    word: str, permits: tuple[Exemption | Clearance, ...], stay: _Stay,
    reasons: list[str], untold: list[str], considered: list[str],
) -> list[str]:  # fmt: skip
    """Return the sentences that except the stay, none where nothing does; note what was looked at."""
    covering: list[Exemption | Clearance] = []
    partly: list[str] = []
    for permit in permits:
        title = _title(f"Not {word.lower()}", permit)
        answer = all_match(permit.who, stay.subject)
        if answer is False:
            considered.append(f"{title}: does not name this aircraft.")
            continue
        if answer is None:
            why = _unheard(permit.who, stay.subject)
            doubt = _title(f"{PERHAPS} {word.lower()}", permit)
            sentence = f"{doubt}: names {describe_all(permit.who)}; {why}, so it cannot be told."
            considered.append(sentence)
            untold.append(sentence)
            continue
        shortfall = _height_shortfall(permit, stay)
        if shortfall:
            sentence = f"{title}: {shortfall}."
            considered.append(sentence)
            reasons.append(sentence)
            continue
        covering.append(permit)
        missing = _time_shortfall(permit, stay)
        whole = f"{_title(word, permit)}: covers the whole stay."
        sentence = f"{title}: {missing}." if missing else whole
        considered.append(sentence)
        if missing:
            partly.append(sentence)
    used = _cover(covering, stay)
    if not used:
        reasons.extend(partly)
    return [f"{_title(word, permit)}." for permit in used]


def _cover(permits: list[Exemption | Clearance], stay: _Stay) -> list[Exemption | Clearance]:
    """Return the permits that together cover the stay in time, in order; none where there is a gap."""
    whole = [permit for permit in permits if not _time_shortfall(permit, stay)]
    if whole:
        return whole[:1]
    used: list[Exemption | Clearance] = []
    reached = stay.entry_us
    for permit in sorted(permits, key=_start):
        end = stay.exit_us if permit.end_us is None else permit.end_us
        if _start(permit) > reached:
            break
        if end > reached:
            used.append(permit)
            reached = end
        if reached >= stay.exit_us:
            return used
    return []


def _start(permit: Exemption | Clearance) -> int:
    return -(1 << 62) if permit.start_us is None else permit.start_us


def _time_shortfall(permit: Exemption | Clearance, stay: _Stay) -> str:
    early = permit.start_us is not None and stay.entry_us < permit.start_us
    late = permit.end_us is not None and (stay.exit_us > permit.end_us or stay.entry_us >= permit.end_us)
    if not early and not late:
        return ""
    bounds = []
    if permit.start_us is not None:
        bounds.append(f"from {_clock(permit.start_us)}")
    if permit.end_us is not None:
        bounds.append(f"until {_clock(permit.end_us)}")
    beside = (permit.start_us is not None and stay.exit_us <= permit.start_us) or (
        permit.end_us is not None and stay.entry_us >= permit.end_us
    )
    how = "does not cover any of" if beside else "covers only a part of"
    stayed = f"the stay from {_clock(stay.entry_us)} until {_clock(stay.exit_us)}"
    return f"holds {' '.join(bounds)}, which {how} {stayed}"


def _height_shortfall(permit: Exemption | Clearance, stay: _Stay) -> str:
    if permit.lower_m is None and permit.upper_m is None:
        return ""
    band = " ".join(
        part
        for part in (
            "" if permit.lower_m is None else f"from {_height(permit.lower_m)}",
            "" if permit.upper_m is None else f"up to {_height(permit.upper_m)}",
        )
        if part
    )
    low, high = stay.min_height_m, stay.max_height_m
    if (permit.lower_m is not None and low is None) or (permit.upper_m is not None and high is None):
        return f"holds {band}, and the height of the aircraft is not known"
    if permit.lower_m is not None and low is not None and low < permit.lower_m:
        return f"holds {band}, and the aircraft was as low as {_height(low)}"
    if permit.upper_m is not None and high is not None and high > permit.upper_m:
        return f"holds {band}, and the aircraft was as high as {_height(high)}"
    return ""


def _title(word: str, permit: Exemption | Clearance) -> str:
    reason = permit.reason.strip().rstrip(".") or describe_all(permit.who)
    return f"{word}: {reason} (source: {permit.source})" if permit.source else f"{word}: {reason}"


_UNKNOWN = {
    PredicateKind.STATE: "state of registry",
    PredicateKind.OPERATOR: "callsign",
    PredicateKind.LIST: "address or callsign",
    PredicateKind.PARTY: "address or callsign",
}


def _unheard(predicates: Iterable[Predicate], subject: Subject) -> str:
    asked = [predicate.kind for predicate in predicates if matches(predicate, subject) is None]
    unknown = list(dict.fromkeys(_UNKNOWN.get(kind, kind.value) for kind in asked))
    if len(unknown) > 1:
        return f"its {', '.join(unknown[:-1])} and {unknown[-1]} are not known"
    return f"its {unknown[0]} is not known"


def _number(value: float | None) -> float | None:
    return None if value is None or value != value else float(value)


def _height(value_m: float) -> str:
    return f"{round(feet(value_m)):,} ft"


def _clock(time_us: int) -> str:
    try:
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=time_us)
    except OverflowError:
        return "the end of time" if time_us > 0 else "the beginning of time"
    text = moment.strftime("%Y-%m-%d %H:%M:%S")
    return f"{text} Z"
