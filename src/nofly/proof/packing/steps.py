"""What verifying says, step by step: what agrees, what differs, what was not checked and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

UNSIGNED = "UNSIGNED"
"""How the step of a package begins that nobody signed."""
UNSHOWN = "NOT SHOWN"
"""How the step of a table of sightings begins whose reports are not in the package."""


class Outcome(StrEnum):
    """What came out of one step."""

    AGREES = "agrees"
    DIFFERS = "differs"
    UNCHECKED = "not checked"
    NOTE = "note"
    """Nothing was to be checked, but it has to be known."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was looked at."""

    subject: str
    """What was checked: ``container``, ``files``, ``custody``, ``signatures``, ``time stamps``, ``zones``,
    ``reports``, ``finding`` …"""
    outcome: Outcome
    message: str
    place: str = ""
    """The file, the header or the value that it is about."""
    old: str | None = None
    """What the package says, where that differs."""
    new: str | None = None
    """What was found instead."""


def agrees(subject: str, message: str, place: str = "") -> Step:
    """Return a step that agrees."""
    return Step(subject, Outcome.AGREES, message, place)


def differs(
    subject: str, message: str, place: str = "", old: str | None = None, new: str | None = None
) -> Step:
    """Return a step that differs."""
    return Step(subject, Outcome.DIFFERS, message, place, old, new)


def unchecked(subject: str, message: str, place: str = "") -> Step:
    """Return a step that could not be taken, and why."""
    return Step(subject, Outcome.UNCHECKED, message, place)


def note(subject: str, message: str, place: str = "") -> Step:
    """Return what has to be known and is no check."""
    return Step(subject, Outcome.NOTE, message, place)


_UNSHOWN = {
    "signatures": (UNSIGNED, "Nothing in it shows who made it."),
    "coverage": (
        UNSHOWN,
        "What could have been seen rests on a table of sightings that nothing in it shows to be true.",
    ),
}
"""The subject of a step → how it begins, and what stands in the last line then."""


def unshown(steps: Iterable[Step]) -> list[str]:
    """Return of which subjects a package shows nothing: ``signatures`` where nobody signed, ``coverage``
    where it rests on a table of sightings."""
    told = list(steps)
    return [
        subject
        for subject, (begin, _) in _UNSHOWN.items()
        if any(step.subject == subject and step.message.startswith(begin) for step in told)
    ]


def exit_code(steps: Iterable[Step]) -> int:
    """Return 0 where all agrees, 1 where anything differs, 3 where something could not be checked."""
    outcomes = {step.outcome for step in steps}
    if Outcome.DIFFERS in outcomes:
        return 1
    return 3 if Outcome.UNCHECKED in outcomes else 0


def summary(steps: Iterable[Step]) -> str:
    """Return in one line what came out."""
    told = list(steps)
    outcomes = [step.outcome for step in told]
    differ, unchecked = outcomes.count(Outcome.DIFFERS), outcomes.count(Outcome.UNCHECKED)
    if differ:
        things = "1 thing differs" if differ == 1 else f"{differ} things differ"
        return f"NOT AS IT WAS MADE: {things}."
    rest = "".join(f" {_UNSHOWN[subject][1]}" for subject in unshown(told))
    if unchecked:
        things = "1 thing" if unchecked == 1 else f"{unchecked} things"
        return f"All that could be checked agrees; {things} could not be checked.{rest}"
    return f"All agrees.{rest}"
