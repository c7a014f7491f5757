"""Where a request stands, told anew by somebody who knows the rules and nothing of the code: the clock is
stepped tick by tick, and what happens at each tick is written out case by case."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Told:
    """All that the oracle keeps."""

    rule: str
    parties: list[str]
    deadline: int | None
    quorum: int
    share: tuple[int, int]
    phase: str = "open"
    votes: dict[str, tuple[str, list[str]]] = field(default_factory=dict)
    history: list[tuple[str, str, bool]] = field(default_factory=list)
    until: int | None = None
    accepted: list[bool] = field(default_factory=list)


def told(
    rule: str, parties: list[str], deadline: int | None, quorum: int, share: tuple[int, int],
    acts: list[tuple[int, str, str, dict[str, Any]]], now: int,
) -> Told:  # fmt: skip
    """``acts`` are (tick, kind, party, body), in order; the chair is the authority, the asker asks."""
    it = Told(rule, parties, deadline, quorum, share)
    if rule == "silence":
        it.phase = "silence"
    for tick in range(now + 1):
        if it.deadline is not None and tick >= it.deadline:
            if it.phase == "open":
                it.phase = "closed"
            if it.phase == "silence":
                it.phase = "agreed"
        if it.phase in ("in-force", "suspended") and it.until is not None and tick >= it.until:
            it.phase = "expired"
        for when, kind, party, body in acts:
            if when == tick:
                it.accepted.append(happens(it, tick, kind, party, body))
    return it


def happens(it: Told, tick: int, kind: str, party: str, body: dict[str, Any]) -> bool:
    """Let one act happen; return whether it may."""
    if kind == "position":
        return speaks(it, party, body)
    if kind == "withdraw":
        if party != "asker" or it.phase not in ("open", "closed", "silence", "broken", "agreed"):
            return False
        it.phase = "withdrawn"
        return True
    if party != "chair":
        return False
    if kind == "set-deadline":
        if it.phase not in ("open", "closed", "silence", "broken") or body["deadline_us"] <= tick:
            return False
        it.deadline = body["deadline_us"]
        it.phase = {"open": "open", "closed": "open", "silence": "silence", "broken": "silence"}[it.phase]
        return True
    if kind == "decide":
        return decides(it, body)
    return lives(it, tick, kind, body)


def speaks(it: Told, party: str, body: dict[str, Any]) -> bool:
    if party not in it.parties:
        return False
    timely = it.phase in ("open", "silence")
    it.history.append((party, body["stand"], timely))
    if timely:
        it.votes[party] = (body["stand"], body.get("conditions", []))
    if it.phase == "silence" and body["stand"] in ("oppose", "reserve", "conditional"):
        it.phase = "broken"
    return True


def decides(it: Told, body: dict[str, Any]) -> bool:
    yes = body["outcome"] == "approved"
    if it.rule == "silence":
        allowed = it.phase == ("agreed" if yes else "broken")
    elif it.phase not in ("open", "closed"):
        allowed = False
    elif it.rule == "single-authority":
        allowed = True
    elif it.phase == "open" and it.deadline is not None:
        allowed = False
    else:
        allowed = voted(it, yes, body.get("conditions", []))
    if allowed:
        it.phase = "approved" if yes else "rejected"
    return allowed


def voted(it: Told, yes: bool, taken_up: list[str]) -> bool:
    in_favour, against, aside = 0, 0, 0
    for stand, conditions in it.votes.values():
        met = stand == "conditional" and all(c in taken_up for c in conditions)
        in_favour += stand == "support" or met
        against += stand == "oppose"
        aside += stand == "abstain"
    if it.rule == "unanimity":
        if yes:
            return in_favour + aside == len(it.parties)
        if it.phase == "closed" and in_favour + aside < len(it.parties):
            return True
        return against > 0
    if len(it.votes) < it.quorum:
        return False
    if it.rule == "simple-majority":
        passes = in_favour > against
    else:
        passes = in_favour * it.share[1] >= it.share[0] * len(it.parties)
    return passes == yes


def lives(it: Told, tick: int, kind: str, body: dict[str, Any]) -> bool:
    if kind == "promulgate":
        until = body.get("valid_to_us")
        if it.phase != "approved" or (
            until is not None and (until <= tick or until <= body["valid_from_us"])
        ):
            return False
        it.phase, it.until = "in-force", until
    elif kind == "suspend" and it.phase == "in-force":
        it.phase = "suspended"
    elif kind == "resume" and it.phase == "suspended":
        it.phase = "in-force"
    elif kind == "revoke" and it.phase in ("approved", "in-force", "suspended"):
        it.phase = "revoked"
    elif kind == "renew" and it.phase in ("in-force", "suspended") and it.until is not None:
        later = body.get("valid_to_us")
        if later is not None and later <= it.until:
            return False
        it.until = later
    else:
        return False
    return True
