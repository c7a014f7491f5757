"""What a ledger does not take and does not say, and the sentences it says instead."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from nofly.zones.sentence import say

NO_SCORE = say(
    "There is no number for escalation here, and none is worked out: no count, rate or model says what "
    "another state will do. What can be counted stands above: hours shared, acts and whose consent they "
    "need, aircraft, and what was counted before, each with its range."
)
NOTHING_BEYOND = say(
    "What follows where an aircraft does not heed an interception is a matter of those who decide. nofly "
    "holds, takes and computes nothing about weapons or their use."
)
SCORE_WORDS = (
    "danger", "escalation", "likelihood", "odds", "probability", "risk", "score", "severity", "threat",
)  # fmt: skip
WEAPON_WORDS = (
    "aim", "ammunition", "armament", "bomb", "bombs", "casualties", "combat", "destroy", "destroyed",
    "engage", "engagement", "engagements", "fire", "firing", "gun", "guns", "kill", "kills", "lethal",
    "lethality", "losses", "missile", "missiles", "munition", "munitions", "neutralise", "neutralize", "roe",
    "sam", "sams", "sead", "shoot", "shootdown", "shot", "strike", "strikes", "target", "targeting",
    "targets", "weapon", "weapons", "wez",
)  # fmt: skip
_WORD = re.compile(r"[a-z]+")
_ROOTS = (
    "ammunition",
    "armament",
    "engage",
    "escalat",
    "lethal",
    "missile",
    "munition",
    "shootdown",
    "weapon",
)
MOST_DEPTH = 32


def why_refused(text: str) -> str:
    """Return the sentence that refuses a word in a name, ``""`` where nothing is refused."""
    words = _WORD.findall(text.casefold())
    score = [w for w in words if w in SCORE_WORDS or w.startswith("escalat")]
    armed = [w for w in words if w in WEAPON_WORDS or any(root in w for root in _ROOTS)]
    armed = [w for w in armed if w not in score]
    if armed:
        return (
            f"nofly takes and computes nothing about weapons or engagement, so not {armed[0]!r}; "
            f"refused are {', '.join(WEAPON_WORDS)}"
        )
    if score:
        return (
            f"nofly takes and prints no number for escalation, so not {score[0]!r}: no count says what "
            f"another state will do; refused are {', '.join(SCORE_WORDS)}"
        )
    return ""


def refused_keys(given: Any, path: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    """Yield the place and the sentence of every key that is refused, however deep it stands."""
    if depth > MOST_DEPTH:
        return
    if isinstance(given, Mapping):
        for key, value in given.items():
            here = f"{path}.{key}" if path else str(key)
            if why := why_refused(str(key)):
                yield here, why
            yield from refused_keys(value, here, depth + 1)
    elif isinstance(given, Sequence) and not isinstance(given, str | bytes):
        for k, value in enumerate(given):
            yield from refused_keys(value, f"{path}[{k}]", depth + 1)
