"""The register in words and as JSON: its acts, the law, what changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from nofly.errors import InputError
from nofly.run.files.zonewords import differences
from nofly.run.outputs.text import clock, iso_time, printable, zone_words
from nofly.run.registering.signing import Keys, signature_plain, signature_text
from nofly.zones.activity import ALWAYS_FROM_US, ALWAYS_UNTIL_US
from nofly.zones.acts import Act
from nofly.zones.edition_acts import MOST_WHY_CHARACTERS
from nofly.zones.editions import AMEND, DECLARE, KINDS, Edition, LawChange, Life, bounds, zone_of
from nofly.zones.model import Zone
from nofly.zones.sentence import Sentence, joined, say


def span_text(from_us: int | None, until_us: int | None) -> Sentence:
    """Return ``from … until …``; ``always`` where there is neither."""
    parts = [say("from {time}", time=clock(from_us))] if from_us is not None else []
    parts += [say("until {time}", time=clock(until_us))] if until_us is not None else []
    return joined(" ", parts) if parts else say("always")


def act_text(act: Act, number: int | None = None) -> str:
    """Return an act in one line; ``number`` is that of the edition it makes."""
    start_us, end_us = bounds(act.body)
    span = span_text(
        None if start_us <= ALWAYS_FROM_US else start_us, None if end_us >= ALWAYS_UNTIL_US else end_us
    )
    why = str(act.body.get("why", ""))[:MOST_WHY_CHARACTERS]
    return printable(
        say(
            "{what}{temporary}{edition} {span}, by {who} for {party}{why}",
            what=say(act.kind) if act.kind in KINDS else act.kind,
            temporary=say(", temporary") if act.body.get("temporary") is True else "",
            edition="" if number is None else say(" edition {number}", number=str(number)),
            span=span, who=act.by, party=act.party, why=joined("", [": ", why]) if why else "",
        )
    )  # fmt: skip


def life_lines(life: Life, now_us: int, keys: Keys) -> list[str]:
    """Return what became of a zone, an act a line, and below it who signed it."""
    lines = [f"{zone_words(life.zone_id, name_of(life))}: {life.state(now_us)}"]
    for act, number in numbered(life):
        lines.append(f"  {clock(act.recorded_us)}  {act.sequence:>4}  {act_text(act, number)}")
        if act.signature:
            lines.append(f"{'':31}{signature_text(act, keys)}")
    return lines


def name_of(life: Life) -> str:
    """Return the name of a zone in its last edition; empty where there is none that can be read."""
    try:
        return zone_of(life.editions[-1]).name if life.editions else ""
    except InputError:
        return ""


def numbered(life: Life) -> Iterable[tuple[Act, int | None]]:
    """Yield the acts on a zone, each with the number of the edition it makes."""
    number = 0
    for act in life.acts:
        makes = act.kind in (DECLARE, AMEND)
        number += makes
        yield act, number if makes else None


def act_plain(act: Act, number: int | None, keys: Keys) -> dict[str, Any]:
    """Return an act as JSON, its zone left out but for the hash."""
    body = {name: value for name, value in act.body.items() if name != "zone"}
    for name in ("from", "until"):
        value = body.pop(f"{name}_us", None)
        body[name] = iso_time(value) if type(value) is int else None
    # What the act says comes first: it is not to say in what stands beside it.
    return {
        **body, "sequence": act.sequence, "recorded": iso_time(act.recorded_us),
        "said": iso_time(act.said_us), "zone_id": act.subject_id, "kind": act.kind, "edition": number,
        "party": act.party,
        "by": act.by, **signature_plain(act, keys), "previous": act.previous, "hash": act.hash,
    }  # fmt: skip


def edition_plain(edition: Edition, zone: Zone) -> dict[str, Any]:
    """Return an edition in force, and its zone, as JSON without the shape."""
    return {
        "zone_id": edition.zone_id, "name": zone.name, "edition": edition.number,
        "from": None if edition.from_us is None else iso_time(edition.from_us),
        "until": None if edition.until_us is None else iso_time(edition.until_us),
        "zone_hash": zone.zone_hash, "declared_hash": edition.declared_hash,
        "act": edition.act.sequence, "act_hash": edition.act.hash, "party": edition.act.party,
        "recorded": iso_time(edition.act.recorded_us),
    }  # fmt: skip


def change_lines(changes: Sequence[LawChange]) -> list[str]:
    """Return what changed from one law to another, each difference a line."""
    lines = []
    for change in changes:
        shown = change.after or change.before
        if shown is None:
            continue
        lines.append(printable(f"{change.kind} {zone_words(change.zone_id, shown.zone.name)}"))
        lines += [f"  {text}" for text in change_differences(change)]
    return lines


def change_differences(change: LawChange) -> list[str]:
    """Return each difference of a zone that changed, in words."""
    if change.before is None or change.after is None:
        return []
    told = list(differences(change.before.zone, change.after.zone))
    return told or ["something that words do not show: the hashes differ"]
