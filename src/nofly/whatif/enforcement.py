"""The acts that a level of enforcement requires, and whose consent each needs, on whose territory.

Four acts, each level requiring those before it. Whoever carries an act out consents to it, and so does every
state over whose territory and from whose territory it is done (Chicago Convention, articles 1 and 3 (c)).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How far a zone is enforced."""

    OBSERVE = "observe"
    IDENTIFY = "identify"
    WARN = "warn"
    ESCORT = "escort"
    INTERCEPT = "intercept"


ACTS = {
    Level.IDENTIFY: "find out who flies: radar, transponder, flight plan, or an aircraft that goes to look",
    Level.WARN: "tell the crew: by radio on 121.5 MHz, or by the signals of ICAO Annex 2",
    Level.ESCORT: "fly beside it until it has left or landed",
    Level.INTERCEPT: "approach it, look, and tell it to leave, to follow or to land (ICAO Annex 2, 3.8)",
}


class Answer(StrEnum):
    """What a party has said of an act."""

    YES = "yes"
    NO = "no"
    CONDITIONAL = "conditional"
    NOT_SAID = "not said"


@dataclass(frozen=True, slots=True)
class Consent:
    """What a party has said, with date and source; of some acts or of all."""

    party: str
    answer: Answer
    statement: str = ""
    date: str = ""
    source: str = ""
    acts: tuple[Level, ...] = ()
    """None given: of all."""


@dataclass(frozen=True, slots=True)
class Place:
    """Who does an act, over whose territory, from whose, and who decides on it."""

    by: tuple[str, ...] = ()
    over: tuple[str, ...] = ()
    bases: tuple[str, ...] = ()
    decided_by: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Needed:
    """A consent that an act needs."""

    party: str
    why: str
    """``decides``, ``acts``, ``is flown over``, ``is flown from``; joined by commas."""
    said: Consent | None
    """None where nothing is known to have been said."""

    @property
    def answer(self) -> Answer:
        """What was said, or that nothing was."""
        return self.said.answer if self.said else Answer.NOT_SAID


@dataclass(frozen=True, slots=True)
class RequiredAct:
    """One act that the level requires."""

    act: Level
    what: str
    place: Place
    needed: tuple[Needed, ...]

    @property
    def lacking(self) -> tuple[Needed, ...]:
        """Consents that are not a yes."""
        return tuple(one for one in self.needed if one.answer is not Answer.YES)


def required(
    level: Level, places: Mapping[Level, Place], consents: Sequence[Consent]
) -> tuple[RequiredAct, ...]:
    """Return the acts that a level requires, in order, each with the consents it needs. To observe needs
    none: it is done from where one is. The last that a party said of an act counts."""
    levels = list(Level)
    acts = levels[1 : levels.index(level) + 1]
    return tuple(_required(act, places.get(act, Place()), consents) for act in acts)


def _required(act: Level, place: Place, consents: Sequence[Consent]) -> RequiredAct:
    whys: dict[str, list[str]] = {}
    reasons: Iterable[tuple[tuple[str, ...], str]] = (
        (place.decided_by, "decides"), (place.by, "acts"), (place.over, "is flown over"),
        (place.bases, "is flown from"),
    )  # fmt: skip
    for parties, why in reasons:
        for party in parties:
            whys.setdefault(party, []).append(why)
    said = {one.party: one for one in consents if not one.acts or act in one.acts}
    needed = tuple(Needed(party, ", ".join(why), said.get(party)) for party, why in whys.items())
    return RequiredAct(act, ACTS[act], place, needed)
