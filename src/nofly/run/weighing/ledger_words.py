"""The words of a ledger: sections with tables, which text and HTML lay out each in its way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nofly.units import US_PER_S
from nofly.whatif.enforcement import Answer, Consent, Level
from nofly.whatif.ledger import Result, Weighed
from nofly.whatif.precedents import PRECEDENTS, Precedent
from nofly.whatif.ranges import Bar, Input, Range
from nofly.whatif.refused import NO_SCORE, NOTHING_BEYOND
from nofly.zones.sentence import Sentence, joined, say

if TYPE_CHECKING:
    from nofly.run.weighing.ledger import LedgerTable

_BETWEEN = ("stations", "aircraft_up", "aircraft_ready")
"""Steps on the way: what moves them moves what they lead to."""
MOST_CHANGES = 2
_RANGE = (say("low"), say("likely"), say("high"))


@dataclass(frozen=True, slots=True)
class Section:
    """A heading, sentences, and a table."""

    title: str
    head: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    drawn: tuple[Result, ...] = ()
    """Results whose sensitivity is drawn here."""


def sections(table: LedgerTable) -> Iterator[Section]:
    """Yield the sections of a ledger in order; those of which nothing is given are left out."""
    weighed = table.weighed
    if weighed.shared or table.recorded is not None:
        yield _shared(table)
    if weighed.acts or weighed.ledger.level is not Level.OBSERVE:
        yield _acts(weighed)
        yield _consents(weighed)
    if weighed.patrol or weighed.notes:
        yield _patrol(weighed)
    if weighed.inputs:
        rows = tuple(_input(one) for one in weighed.inputs.values())
        yield Section(
            say("What went in, to be changed in the file"),
            (say("input"), *_RANGE, say("unit"), say("from")),
            rows,
        )
    if swinging(weighed):
        yield _sensitivity(weighed)
    yield _precedents(weighed)
    yield Section(say("No score"), before=(NO_SCORE, NOTHING_BEYOND))


def number(value: float) -> str:
    """Return a number to three digits, whole from 100 on."""
    if abs(value) >= 100.0 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.3g}"


def ends(range: Range) -> tuple[str, str, str]:
    """Return low, likely and high as texts."""
    low, likely, high = map(number, range.ends)
    return low, likely, high


def in_words(range: Range) -> str:
    """Return a range in words: ``48 (24 to 96)``."""
    low, likely, high = ends(range)
    return likely if low == high else f"{likely} ({low} to {high})"


def swinging(weighed: Weighed) -> tuple[Result, ...]:
    """Return the results whose sensitivity is told: those at the end of a calculation."""
    return tuple(r for r in weighed.results if moving(r) and r.quantity.name not in _BETWEEN)


def moving(result: Result) -> tuple[Bar, ...]:
    """Return the bars of the inputs that move a result when they alone are moved."""
    return tuple(bar for bar in result.bars if bar.swing_value > 0.0)


def _shared(table: LedgerTable) -> Section:
    weighed = table.weighed
    rows = [(r.quantity.label, *ends(r.range), r.quantity.shown) for r in weighed.shared]
    after = [f"{party.name}: {party.note}" for party in weighed.ledger.parties if party.note]
    if table.recorded is not None:
        span = table.recorded.span_us
        hours = 0.0 if span is None else (span[1] - span[0]) / US_PER_S / 3600.0
        for pair in weighed.recorded:
            where = say("in {hours} h of recorded traffic", hours=number(hours))
            both = {"one": pair.one, "other": pair.other}
            rows.append((say("hours shared, {one} and {other}", **both), *ends(pair.shared_h), where))
            rows.append((say("pair-hours, {one} and {other}", **both), *ends(pair.pair_h), where))
        after.append(
            say(
                "Recorded traffic shows who could be received and told. Military aircraft often send no "
                "position that anybody may receive: what was shared may have been more."
            )
        )
    return Section(
        say("Hours in which aircraft of both would share the airspace"),
        (say("what"), *_RANGE, say("how")),
        tuple(rows),
        after=tuple(after),
    )


def _acts(weighed: Weighed) -> Section:
    rows = tuple(
        (
            say(str(act.act)),
            say(act.what),
            *(", ".join(who) or say("not given") for who in (act.place.by, act.place.over, act.place.bases)),
        )
        for act in weighed.acts
    )
    notes = tuple(dict.fromkeys(f"{act.act}: {act.place.note}" for act in weighed.acts if act.place.note))
    return Section(
        say("Acts that the level “{level}” requires", level=say(str(weighed.ledger.level))),
        (say("act"), say("what it is"), say("by"), say("over"), say("from")),
        rows,
        after=notes,
    )


def _consents(weighed: Weighed) -> Section:
    needed: dict[tuple[str, str, Consent | None], list[str]] = {}
    for act in weighed.acts:
        for one in act.needed:
            needed.setdefault((one.party, one.why, one.said), []).append(say(str(act.act)))
    rows = tuple(
        (
            party,
            joined(", ", [say(one) for one in why.split(", ")]),
            say("all") if len(acts) == len(weighed.acts) else joined(", ", acts),
            *_said(said),
        )
        for (party, why, said), acts in needed.items()
    )
    parties = {party for party, _, _ in needed}
    lacking = {one.party for act in weighed.acts for one in act.lacking}
    unnamed = [say(str(act.act)) for act in weighed.acts if not act.needed]
    after = say(
        "Not given: who would {acts}, where, and whose consent that needs.", acts=joined(", ", unnamed)
    )
    return Section(
        say("Whose consent these acts need, and what is on record"),
        (say("party"), say("because it"), say("which acts"), say("answer"), say("said")),
        rows,
        (
            say(
                "{count} must consent; {yes} of them said yes to all that is theirs.",
                count=str(len(parties)),
                yes=str(len(parties - lacking)),
            ),
        ),
        (after,) if unnamed else (),
    )


def _said(said: Consent | None) -> tuple[str, str]:
    if said is None:
        return say(str(Answer.NOT_SAID)), ""
    told = ", ".join(part for part in (said.date, said.source) if part)
    words = f"{said.statement} ({told})" if said.statement and told else said.statement or told
    return say(str(said.answer)), words


def _patrol(weighed: Weighed) -> Section:
    rows = [(r.quantity.label, *ends(r.range), r.quantity.shown) for r in weighed.patrol]
    if weighed.by_area is not None:
        how = say(
            "the area at the rates of Libya 2011, of the patrols over Bosnia, of all sorties over Bosnia"
        )
        rows.append((say("sorties a day, by area alone"), *ends(weighed.by_area), how))
    return Section(
        say("What a standing patrol would take"),
        (say("what"), *_RANGE, say("how")),
        tuple(rows),
        after=weighed.notes,
    )


def _input(one: Input) -> tuple[str, ...]:
    parts = [part for part in (one.source, one.note) if part]
    told = joined("; ", parts) if parts else say("no source given")
    return one.label, *ends(one.range), one.unit, told


def _sensitivity(weighed: Weighed) -> Section:
    rows = [
        (
            result.quantity.label,
            label(bar, weighed.inputs),
            _from_to(bar),
            number(bar.at_low_value),
            number(bar.likely_value),
            number(bar.at_high_value),
        )
        for result in swinging(weighed)
        for bar in moving(result)
    ]
    return Section(
        say("What would change this"),
        (
            say("result"),
            say("input, alone"),
            say("from … to"),
            say("result at its low"),
            say("likely"),
            say("result at its high"),
        ),
        tuple(rows),
        (
            say(
                "One input at a time, the others where they are likely; the widest first. Drawn: blue with "
                "the input at its low end, orange at its high end."
            ),
        ),
        tuple(changes(weighed)),
        swinging(weighed),
    )


def label(bar: Bar, inputs: Mapping[str, Input]) -> str:
    """Return what a bar's input is called."""
    return inputs[bar.input].label


def _from_to(bar: Bar) -> str:
    low, _, high = ends(bar.input_range)
    return f"{low} … {high}"


def changes(weighed: Weighed) -> Iterator[str]:
    """Yield sentences on what would change the results: what the file says, then the widest inputs."""
    for change in weighed.ledger.changes:
        yield f"{change.text}{f' ({change.source})' if change.source else ''}"
    for result in swinging(weighed):
        for bar in moving(result)[:MOST_CHANGES]:
            low, _, high = ends(bar.input_range)
            yield say(
                "{result}, likely {likely}: {at_low} with {input} at {low}, {at_high} at {high}.",
                result=_capital(result.quantity.label),
                likely=number(bar.likely_value),
                at_low=number(bar.at_low_value),
                input=label(bar, weighed.inputs),
                low=low,
                at_high=number(bar.at_high_value),
                high=high,
            )


def _capital(text: str) -> str:
    return say(text.frame[:1].upper() + text.frame[1:], **text.values) if isinstance(text, Sentence) else text


def _precedents(weighed: Weighed) -> Section:
    rows = tuple(_precedent(one) for one in weighed.precedents)
    after = (
        say(
            "Sorties for every 1,000 km² differ by a factor of 28 between Libya and Bosnia: area alone "
            "predicts badly."
        ),
    )
    return Section(
        say("What was counted before"),
        (
            say("what"),
            say("when"),
            say("counted"),
            say("n"),
            say("a day"),
            say("a day on 1,000 km²"),
            say("source"),
        ),
        rows,
        after=after,
    )


def _precedent(one: Precedent) -> tuple[str, ...]:
    # Those of the file are in its own words.
    known = one in PRECEDENTS
    name, when, counted, caveat = (
        say(text) if known and text else text for text in (one.name, one.when, one.counted, one.caveat)
    )
    count = say("not published") if one.count is None else f"{one.count:,.0f}"
    daily, by_area = (
        "" if value is None else number(value) for value in (one.a_day_count, one.a_day_on_1000_km2_count)
    )
    return (
        name,
        when,
        joined("; ", [counted, caveat]) if caveat else counted,
        say("over {count}", count=count) if one.at_least and one.count is not None else count,
        daily,
        by_area,
        one.source,
    )
