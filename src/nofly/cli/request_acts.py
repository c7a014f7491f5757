"""The acts of ``nofly request``: from what was typed to what is recorded."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nofly.run.registering.signing import Hand
    from nofly.store.register import Register
    from nofly.zones.decision_bodies import Request
    from nofly.zones.decision_rules import DecisionRule
    from nofly.zones.decisions import Procedure
    from nofly.zones.model import Zone

Doing = Callable[[argparse.Namespace, "Register", "Hand"], "Procedure"]


def _new(args: argparse.Namespace, register: Register, hand: Hand) -> Procedure:
    from nofly.run.deciding.acting import ask

    return ask(register, _request(args), hand)


def _request(args: argparse.Namespace) -> Request:
    from nofly.zones.decision_bodies import Clock, Request, word
    from nofly.zones.decision_rules import Purpose

    zone = chosen_zone(args)
    people: dict[str, str] = {}
    asker, authority = (_party(args, text, people) for text in (args.asker, args.authority))
    parties = tuple(_party(args, text, people) for text in (*args.named, *_listed(args)))
    return Request(
        args.id, asker, zone, word(args.purpose, Purpose, "purpose"), args.why, parties, authority,
        _rule(args, len(parties)), args.instead, _us(args.wanted_from), _us(args.wanted_until),
        _us(args.deadline), tuple(sorted(people.items())), Clock(args.clock), args.source, args.language,
    )  # fmt: skip


def chosen_zone(args: argparse.Namespace) -> Zone:
    """Return the zone that ``--zone`` and ``--zone-id`` name. Raises ConfigError where it is not just one."""
    from nofly.errors import ConfigError
    from nofly.run.files.zonefiles import read_zones

    if not args.zone:
        raise ConfigError(
            "a request without a zone", source="--zone", expected="the file of the zone asked for"
        )
    zones = [zone for zone in read_zones(args.zone) if args.zone_id in (None, zone.id)]
    if len(zones) != 1:
        what = f"{len(zones)} zones" if zones else "no such zone" if args.zone_id else "no zone"
        raise ConfigError(what, source=args.zone, expected="one, or --zone-id to name it")
    return zones[0]


def _party(args: argparse.Namespace, text: str, people: dict[str, str]) -> str:
    """Return the name in ``NAME[=KEY]``; its public key is put into ``people``."""
    from nofly.cli.evidence import key_folder
    from nofly.store.keys import public_key

    name, has_key, key = text.rpartition("=")
    if not has_key:
        return text.strip()
    people[name.strip()] = public_key(key_folder(args), key.strip()).raw.hex()
    return name.strip()


def _listed(args: argparse.Namespace) -> list[str]:
    from pathlib import Path

    from nofly.errors import ConfigError

    if not args.parties:
        return []
    try:
        lines = Path(args.parties).read_text(encoding="utf-8-sig").splitlines()
    except ValueError as error:
        raise ConfigError("not UTF-8", source=args.parties, expected="a party a line") from error
    return [line.strip() for line in lines if line.strip() and not line.lstrip().startswith("#")]


def _rule(args: argparse.Namespace, many: int) -> DecisionRule:
    from fractions import Fraction

    from nofly.errors import ConfigError
    from nofly.zones.decision_bodies import word
    from nofly.zones.decision_rules import COUNTED, DecisionRule, RuleKind

    kind = word(args.rule, RuleKind, "rule")
    quorum = args.quorum if args.quorum is not None else many // 2 + 1 if kind in COUNTED else 0
    try:
        share = None if args.share is None else Fraction(args.share)
    except (ValueError, ZeroDivisionError):
        raise ConfigError(f"--share {args.share}", expected="a part such as 2/3") from None
    return DecisionRule(kind, quorum, share)


def _us(text: str | None) -> int | None:
    from nofly.run.at import instant

    return None if text is None else instant(text)


def _act(kind: str, body: Callable[[argparse.Namespace], dict[str, Any]]) -> Doing:
    def doing(args: argparse.Namespace, register: Register, hand: Hand) -> Procedure:
        from nofly.run.deciding.acting import do

        return do(register, args.id, kind, {k: v for k, v in body(args).items() if v not in ("", [])}, hand)

    return doing


def _position(args: argparse.Namespace) -> dict[str, Any]:
    from nofly.errors import ConfigError

    if not args.party:
        raise ConfigError("a position of nobody", source="--party", expected="the party that takes it")
    return {
        "stand": args.stand, "statement": args.statement, "conditions": args.condition, "date": args.date,
        "source": args.source, "language": args.language,
    }  # fmt: skip


def _decision(args: argparse.Namespace) -> dict[str, Any]:
    return {"outcome": args.outcome, "reason": args.reason, "conditions": args.condition}


def _promulgation(args: argparse.Namespace) -> dict[str, Any]:
    return {
        "valid_from_us": _us(args.valid_from), "valid_to_us": _us(args.valid_until), "reason": args.reason,
    }  # fmt: skip


def _reason(args: argparse.Namespace) -> dict[str, Any]:
    return {"reason": args.reason}


ACTS: dict[str, Doing] = {
    "new": _new,
    "position": _act("position", _position),
    "decide": _act("decide", _decision),
    "deadline": _act("set-deadline", lambda args: {"deadline_us": _us(args.deadline), **_reason(args)}),
    "promulgate": _act("promulgate", _promulgation),
    "renew": _act("renew", lambda args: {"valid_to_us": _us(args.until), **_reason(args)}),
    **{kind: _act(kind, _reason) for kind in ("suspend", "resume", "revoke", "withdraw")},
}
"""What each act of the command line does."""
