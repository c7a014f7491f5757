"""The words for what a check of a claim comes to, and how a statement's verdict follows from its points."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Verdict(StrEnum):
    """Words on purpose: none of them is a number, and none of them is the last word."""

    SUPPORTED = "supported"
    """What is stated agrees with what was measured, within the errors of both."""
    CONTRADICTED = "contradicted"
    """What was measured excludes what is stated, by more than the errors of both."""
    NOT_SHOWN = "consistent but not shown"
    """Nothing excludes it, nothing shows it."""
    NOT_CHECKABLE = "not checkable with this data"
    """This data could not show it, were it true or not."""
    SELF_INCONSISTENT = "self-inconsistent"
    """Its own numbers cannot all be true of one flight."""


@dataclass(frozen=True, slots=True)
class Point:
    """One thing that is stated, and what the check says of it.

    ``numbers`` are plain values by name, each name with its unit.
    """

    what: str
    verdict: Verdict
    reasons: tuple[str, ...]
    numbers: Mapping[str, object] = field(default_factory=dict)


_FIRST = (Verdict.SELF_INCONSISTENT, Verdict.CONTRADICTED)


def overall(points: Iterable[Point]) -> Verdict:
    """Return the verdict of a statement: the first that applies of self-inconsistent and contradicted; not
    checkable where a point is and none is shown; supported where something is shown and nothing is left
    open; else consistent but not shown. Without any point it is not checkable."""
    verdicts = [point.verdict for point in points]
    for verdict in _FIRST:
        if verdict in verdicts:
            return verdict
    if Verdict.SUPPORTED in verdicts:
        return Verdict.SUPPORTED if set(verdicts) == {Verdict.SUPPORTED} else Verdict.NOT_SHOWN
    return Verdict.NOT_CHECKABLE if Verdict.NOT_CHECKABLE in verdicts or not verdicts else Verdict.NOT_SHOWN
