"""A request as a sheet: what is asked, who said what, what was decided; in text, JSON and HTML."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from html import escape
from typing import Any

from nofly import __version__
from nofly.proof.packing.signing import PublicKey
from nofly.run.outputs.text import printable, shorten, width
from nofly.run.proving.report_style import STYLE
from nofly.run.registering.signing import Keys, signature_plain, signature_text
from nofly.zones import schedule
from nofly.zones.acts import Act
from nofly.zones.decision_bodies import Position
from nofly.zones.decision_rules import RuleKind, Tally
from nofly.zones.decision_states import LAW, Phase
from nofly.zones.decisions import Procedure, told
from nofly.zones.model import Volume, canonical_json
from nofly.zones.sentence import Sentence, joined, say

_RULES = {
    RuleKind.SINGLE: "one authority decides",
    RuleKind.MAJORITY: "simple majority: more for than against",
    RuleKind.QUALIFIED: "qualified majority",
    RuleKind.UNANIMITY: "unanimity: nobody against, all have spoken",
    RuleKind.SILENCE: "silence procedure: agreed unless somebody breaks the silence before the deadline",
}
_SOON_US = 60_000_000
"""An act recorded within this of when it was said was said then."""
_NEVER = say("It is law of nothing; what it would have done can still be weighed: nofly whatif.")
_STANDS = """
.stand { display: inline-block; min-width: 6.5rem; font-weight: 600 } .late { color: #555 }
blockquote { margin: .2rem 0; padding-left: .7rem; border-left: 3px solid #bbb }
@media print { a::after { content: " (" attr(href) ")" } }
"""


def facts(one: Procedure) -> Iterator[tuple[str, str]]:
    """Yield what a sheet says before the positions, as (name, text)."""
    request = one.request
    yield "state", one.phase.value
    yield "asked by", request.asker
    yield "zone", f"{request.zone.id} {request.zone.name}".rstrip()
    yield "where", joined("; ", [_bounds(volume) for volume in request.zone.volumes[:5]])
    yield "when active", schedule.told(request.zone.schedule)
    yield "purpose", say(request.purpose.value)
    yield "why", request.why
    if request.instead:
        yield "if not, instead", request.instead
    if request.wanted_from_us is not None or request.wanted_until_us is not None:
        yield "wanted", _span(request.wanted_from_us, request.wanted_until_us)
    yield "rule", _rule(one)
    yield "authority", request.authority
    if one.deadline_us is not None:
        yield "deadline", told(one.deadline_us)
    if request.source:
        yield "source", request.source
    if one.decision is not None:
        yield "decision", say("approved") if one.decision.approved else say("rejected")
        yield "decided at", told(one.decision.at_us)
        yield "reason", one.decision.reason
        for condition in one.decision.conditions:
            yield "condition", condition
    if one.phase is Phase.REJECTED:
        yield "law", _NEVER
    elif one.valid_from_us is not None:
        yield "law" if one.phase in LAW else "was law", _span(one.valid_from_us, one.valid_to_us)


def text(one: Procedure) -> str:
    """Return the sheet as lines of text."""
    lines = [f"Request {one.request.id}", ""]
    lines += [f"{name + ':':<17}{value}" for name, value in facts(one)]
    lines += ["", f"Positions: {counted(one)}"]
    for position in one.positions:
        lines.append(f"  {position.party}: {position.stand.value}{_note(one, position)}")
        lines += [f"    {line}" for line in _said(position)]
    if one.silent:
        lines.append(f"  no position: {', '.join(one.silent)}")
    lines += [f"Without effect: act {void.act.sequence}: {void.why}" for void in one.void]
    return "\n".join(printable(line) for line in lines)


def log(one: Procedure, keys: Keys) -> str:
    """Return every act on the request, in order: when, who, what, who signed it, and its hash; ``keys`` are
    those known beside the keys that the request lists."""
    lines = []
    keys = _with_listed(one, keys)
    effects = {void.act.sequence: void.why for void in one.void}
    for act in sorted((*one.acts, *(void.act for void in one.void)), key=lambda a: a.sequence):
        signed = signature_text(act, keys) if act.signature else f"account {act.by}"
        lines.append(
            f"{act.sequence:>6} {told(act.recorded_us)} {act.party}: {act.kind} ({signed}) {act.hash[:16]}"
        )
        if abs(act.said_us - act.recorded_us) > _SOON_US:
            lines.append(f"       said at {told(act.said_us)}")
        if act.sequence in effects:
            lines.append(f"       without effect: {effects[act.sequence]}")
    return "\n".join(printable(line) for line in lines)


def listed(found: Sequence[Procedure]) -> str:
    """Return one line a request: name, state, who asks, zone, positions, deadline."""
    rows = [("REQUEST", "STATE", "ASKED BY", "ZONE", "POSITIONS", "DEADLINE")]
    for one in found:
        request = one.request
        rows.append(
            (
                request.id, one.phase.value, request.asker, request.zone.id,
                f"{len(one.standing)} of {len(request.parties)}",
                "" if one.deadline_us is None else told(one.deadline_us),
            )
        )  # fmt: skip
    cells = [tuple(shorten(printable(cell), 36) for cell in row) for row in rows]
    widths = [max(width(row[k]) for row in cells) for k in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell + " " * (w - width(cell)) for cell, w in zip(row, widths, strict=True)).rstrip()
        for row in cells
    )


def as_json(one: Procedure, keys: Keys) -> dict[str, Any]:
    """Return the sheet as JSON values; times are ISO 8601 with Z; ``keys`` as of :func:`log`."""
    keys = _with_listed(one, keys)
    request = one.request
    verdict, why = _tally(one)
    return {
        "id": request.id, "state": one.phase.value, "asked_by": request.asker,
        "zone": json.loads(canonical_json(request.zone)),
        "zone_hash": request.zone.zone_hash, "purpose": request.purpose.value, "why": request.why,
        "instead": request.instead, "wanted_from": _moment(request.wanted_from_us),
        "wanted_until": _moment(request.wanted_until_us), "parties": list(request.parties),
        "authority": request.authority, "clock": request.clock.value, "source": request.source,
        "language": request.language,
        "rule": {
            "kind": request.rule.kind.value, "quorum": request.rule.quorum or None,
            "share": None if request.rule.share is None else str(request.rule.share),
        },
        "deadline": _moment(one.deadline_us),
        "positions": [_position(position) for position in one.positions],
        "standing": {party: position.stand.value for party, position in one.standing.items()},
        "no_position": list(one.silent), "tally": {"verdict": verdict.value, "why": str(why)},
        "decision": None if one.decision is None else {
            "outcome": "approved" if one.decision.approved else "rejected", "reason": one.decision.reason,
            "conditions": list(one.decision.conditions), "at": _moment(one.decision.at_us),
        },
        "law": {"from": _moment(one.valid_from_us), "until": _moment(one.valid_to_us)} if one.law else None,
        "acts": [_act(act, keys) for act in one.acts],
        "without_effect": [{**_act(void.act, keys), "why": void.why} for void in one.void],
    }  # fmt: skip


def html(one: Procedure, keys: Keys) -> bytes:
    """Return the sheet as a page that stands alone: no script, no outside file; ``keys`` as of
    :func:`log`."""
    title = _text(f"Request {one.request.id}")
    rows = "".join(f"<tr><th>{name}</th><td>{_text(value)}</td></tr>" for name, value in facts(one))
    positions = "".join(_row(one, position) for position in one.positions)
    silent = f"<p>No position: {_text(', '.join(one.silent))}.</p>" if one.silent else ""
    void = "".join(f"<li>act {v.act.sequence}: {_text(v.why)}</li>" for v in one.void)
    parts = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8">', f"<title>{title}</title>",
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; ',
        f"style-src 'unsafe-inline'\"><style>{STYLE}{_STANDS}</style></head><body>",
        f"<header><p>request for a no-fly zone</p><h1>{title}</h1></header>",
        f'<table class="facts">{rows}</table><h2>Positions</h2><p>{_text(counted(one))}</p>',
        "<table><thead><tr><th>party</th><th>position</th><th>when</th><th>statement</th></tr></thead>",
        f"<tbody>{positions}</tbody></table>{silent}",
        f"<h2>Without effect</h2><ul>{void}</ul>" if void else "",
        f"<h2>Acts</h2><pre>{_text_lines(log(one, keys))}</pre>",
        f"<footer>nofly {escape(__version__)}. Times are UTC.</footer></body></html>\n",
    ]  # fmt: skip
    return "".join(parts).encode()


def _row(one: Procedure, position: Position) -> str:
    language = f' lang="{escape(position.language)}"' if position.language else ""
    words = f"<blockquote{language}>{_text(position.statement)}</blockquote>" if position.statement else ""
    asked = "".join(f"<li>{_text(condition)}</li>" for condition in position.conditions)
    link = escape(position.source, quote=True)
    source = f'<a href="{link}" rel="noreferrer">{_text(position.source)}</a>' if link else ""
    kind = "" if position.counts else ' class="late"'
    return (
        f'<tr{kind}><td>{_text(position.party)}</td><td><span class="stand">{position.stand.value}</span>'
        f"{_text(_note(one, position))}</td><td>{_text(position.date or told(position.at_us))}</td>"
        f"<td>{words}{f'<ul>{asked}</ul>' if asked else ''}{source}</td></tr>"
    )


def _text(value: str) -> str:
    return escape(printable(value))


def _text_lines(value: str) -> str:
    return "\n".join(_text(line) for line in value.split("\n"))


def _bounds(volume: Volume) -> Sentence:
    lower = volume.lower.text if volume.lower else say("ground")
    upper = volume.upper.text if volume.upper else say("unlimited")
    return say("{lower} to {upper}", lower=lower, upper=upper)


def _rule(one: Procedure) -> Sentence:
    rule, parties = one.request.rule, str(len(one.request.parties))
    quorum = say(", quorum {count} of {parties}", count=str(rule.quorum), parties=parties)
    share = say(", {share} of all parties", share=str(rule.share))
    parts = [say(_RULES[rule.kind]), *([share] if rule.share is not None else [])]
    return joined("", [*parts, *([quorum] if rule.quorum else [])])


def counted(one: Procedure) -> Sentence:
    """Return how many parties have taken a position, and what that comes to."""
    spoken, parties = str(len(one.standing)), str(len(one.request.parties))
    verdict, why = _tally(one)
    if verdict.value == "free":
        return say("{count} of {parties} parties have taken one", count=spoken, parties=parties)
    words = "{count} of {parties} parties have taken one ({why})"
    return say(words, count=spoken, parties=parties, why=why)


def _tally(one: Procedure) -> Tally:
    """Return what the positions come to; once it is decided, with the conditions that were taken up."""
    return one.tally(() if one.decision is None else one.decision.conditions)


def _note(one: Procedure, position: Position) -> str:
    if not position.counts:
        return " (late: it does not count)"
    return "" if one.standing[position.party] is position else " (changed later)"


def _said(position: Position) -> Iterator[str]:
    when = position.date or told(position.at_us)
    yield f"{when}{': ' + position.statement if position.statement else ''}"
    yield from (f"condition: {condition}" for condition in position.conditions)
    if position.source:
        yield f"{position.source}{f' ({position.language})' if position.language else ''}"


def _span(start_us: int | None, end_us: int | None) -> Sentence:
    start = [] if start_us is None else [say("from {time}", time=told(start_us))]
    end = say("without end") if end_us is None else say("until {time}", time=told(end_us))
    return joined(" ", [*start, end])


def _moment(time_us: int | None) -> str | None:
    return None if time_us is None else told(time_us)


def _position(one: Position) -> dict[str, Any]:
    return {
        "party": one.party, "stand": one.stand.value, "statement": one.statement,
        "conditions": list(one.conditions), "date": one.date, "source": one.source, "language": one.language,
        "at": told(one.at_us), "counts": one.counts, "act": one.sequence,
    }  # fmt: skip


def _with_listed(one: Procedure, keys: Keys) -> Keys:
    """Return the keys known, and of the request's own, named as it lists them."""
    listed = [(party, PublicKey(bytes.fromhex(key))) for party, key in one.request.keys]
    return {**keys, **{key.id: (party, key) for party, key in listed}}


def _act(act: Act, keys: Keys) -> dict[str, Any]:
    return {
        "act": act.sequence, "kind": act.kind, "party": act.party, "by": act.by, "said": told(act.said_us),
        "recorded": told(act.recorded_us), **signature_plain(act, keys), "hash": act.hash,
    }  # fmt: skip
