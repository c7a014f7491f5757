"""By which rule a request is decided, and what the positions taken come to under it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple, Protocol

from nofly.zones.sentence import say


class Purpose(StrEnum):
    """What the zone is for: the six words of RAND's *Denying Flight*."""

    PREVENT = "prevent"
    COERCE = "coerce"
    PREPARE = "prepare"
    WEAKEN = "weaken"
    POSTURE = "posture"
    COMMIT = "commit"


class Stand(StrEnum):
    """Where a party stands."""

    SUPPORT = "support"
    OPPOSE = "oppose"
    RESERVE = "reserve"
    """Neither yet: the party keeps its position open."""
    ABSTAIN = "abstain"
    """The party does not take part, and does not stand in the way."""
    CONDITIONAL = "conditional"
    """Support, if the decision takes up the conditions."""


BREAKING = (Stand.OPPOSE, Stand.RESERVE, Stand.CONDITIONAL)
"""What breaks a silence."""


class RuleKind(StrEnum):
    """How a request is decided."""

    SINGLE = "single-authority"
    MAJORITY = "simple-majority"
    QUALIFIED = "qualified-majority"
    UNANIMITY = "unanimity"
    SILENCE = "silence"
    """Unanimity by silence: agreed unless a party breaks the silence before the deadline."""


VOTED = (RuleKind.MAJORITY, RuleKind.QUALIFIED, RuleKind.UNANIMITY)
COUNTED = (RuleKind.MAJORITY, RuleKind.QUALIFIED)


@dataclass(frozen=True, slots=True)
class DecisionRule:
    """The rule, with what a majority needs."""

    kind: RuleKind
    quorum: int = 0
    """How many parties must have taken a position, whichever; for majorities alone."""
    share: Fraction | None = None
    """The part of all parties that must support; for a qualified majority alone."""


class Verdict(StrEnum):
    """What the positions come to."""

    CARRIED = "carried"
    FAILED = "failed"
    UNDECIDED = "undecided"
    FREE = "free"
    """Not for the positions to say: a single authority decides, or silence has."""


class Stated(Protocol):
    """A position as a rule sees it."""

    @property
    def stand(self) -> Stand:
        """Where the party stands."""

    @property
    def conditions(self) -> tuple[str, ...]:
        """Under which conditions."""


class Tally(NamedTuple):
    """A verdict, and why in words."""

    verdict: Verdict
    why: str


def stands(standing: Mapping[str, Stated], taken_up: Collection[str]) -> dict[str, Stand]:
    """Return where each party stands where the decision takes up these conditions: a conditional position all
    of whose conditions are among them is support."""
    return {
        party: Stand.SUPPORT
        if one.stand is Stand.CONDITIONAL and set(one.conditions) <= set(taken_up)
        else one.stand
        for party, one in standing.items()
    }


def tally(
    rule: DecisionRule,
    parties: Collection[str],
    standing: Mapping[str, Stated],
    taken_up: Collection[str] = (),
) -> Tally:
    """Return what the counted positions come to if the decision takes up these conditions.

    Majority: quorum, then more support than opposition, all else is not counted. Qualified majority: quorum,
    then support of at least that share of all parties. Unanimity: every party supports or abstains; one that
    opposes is enough to fail it.
    """
    found = stands(standing, taken_up)
    many = Counter(found.values())
    support, oppose = many[Stand.SUPPORT], many[Stand.OPPOSE]
    if rule.kind not in VOTED:
        return Tally(Verdict.FREE, say("the authority decides"))
    if rule.kind is RuleKind.UNANIMITY:
        return _unanimous(parties, found)
    if len(found) < rule.quorum:
        text = say(
            "no quorum: {count} of the {quorum} parties needed have taken a position",
            count=str(len(found)), quorum=str(rule.quorum),
        )  # fmt: skip
        return Tally(Verdict.UNDECIDED, text)
    if rule.share is None:
        carried = support > oppose
        words = say("{support} for, {oppose} against", support=str(support), oppose=str(oppose))
    else:
        carried = support >= rule.share * len(parties)
        words = say(
            "{support} of {parties} for, {share} needed",
            support=str(support), parties=str(len(parties)), share=str(rule.share),
        )  # fmt: skip
    return Tally(Verdict.CARRIED if carried else Verdict.FAILED, words)


def _unanimous(parties: Collection[str], found: Mapping[str, Stand]) -> Tally:
    against = [party for party in parties if found.get(party) is Stand.OPPOSE]
    if against:
        return Tally(Verdict.FAILED, say("against: {parties}", parties=_named(against)))
    missing = [p for p in parties if found.get(p) not in (Stand.SUPPORT, Stand.ABSTAIN)]
    if missing:
        return Tally(Verdict.UNDECIDED, say("not agreed yet: {parties}", parties=_named(missing)))
    return Tally(Verdict.CARRIED, say("nobody against"))


def _named(parties: list[str]) -> str:
    named = ", ".join(parties[:5])
    more = str(len(parties) - 5)
    return say("{names} and {count} more", names=named, count=more) if len(parties) > 5 else named
