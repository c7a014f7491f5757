"""The words of a ledger: sections with tables, which text and HTML lay out each in its way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nofly.units import US_PER_S
from nofly.whatif.enforcement import Answer, Consent, Level
from nofly.whatif.ledger import Result, Weighed
from nofly.whatif.precedents import Precedent
from nofly.whatif.ranges import Bar, Input, Range
from nofly.whatif.refused import NO_SCORE, NOTHING_BEYOND

if TYPE_CHECKING:
    from nofly.run.weighing.ledger import LedgerTable

_BETWEEN = ("stations", "aircraft_up", "aircraft_ready")
"""Steps on the way: what moves them moves what they lead to."""
MOST_CHANGES = 2
_RANGE = ("low", "likely", "high")


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
        yield Section("What went in, to be changed in the file", ("input", *_RANGE, "unit", "from"), rows)
    if swinging(weighed):
        yield _sensitivity(weighed)
    yield _precedents(weighed)
    yield Section("No score", before=(NO_SCORE, NOTHING_BEYOND))


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
            where = f"in {number(hours)} h of recorded traffic"
            title = f"{pair.one} and {pair.other}"
            rows.append((f"hours shared, {title}", *ends(pair.shared_h), where))
            rows.append((f"pair-hours, {title}", *ends(pair.pair_h), where))
        after.append(
            "Recorded traffic shows who could be received and told. Military aircraft often send no position "
            "that anybody may receive: what was shared may have been more."
        )
    return Section(
        "Hours in which aircraft of both would share the airspace", ("what", *_RANGE, "how"), tuple(rows),
        after=tuple(after),
    )  # fmt: skip


def _acts(weighed: Weighed) -> Section:
    rows = tuple(
        (
            str(act.act), act.what,
            *(", ".join(who) or "not given" for who in (act.place.by, act.place.over, act.place.bases)),
        )
        for act in weighed.acts
    )  # fmt: skip
    notes = tuple(dict.fromkeys(f"{act.act}: {act.place.note}" for act in weighed.acts if act.place.note))
    return Section(
        f"Acts that the level “{weighed.ledger.level}” requires",
        ("act", "what it is", "by", "over", "from"), rows, after=notes,
    )  # fmt: skip


def _consents(weighed: Weighed) -> Section:
    needed: dict[tuple[str, str, Consent | None], list[str]] = {}
    for act in weighed.acts:
        for one in act.needed:
            needed.setdefault((one.party, one.why, one.said), []).append(str(act.act))
    rows = tuple(
        (party, why, "all" if len(acts) == len(weighed.acts) else ", ".join(acts), *_said(said))
        for (party, why, said), acts in needed.items()
    )
    parties = {party for party, _, _ in needed}
    lacking = {one.party for act in weighed.acts for one in act.lacking}
    unnamed = [str(act.act) for act in weighed.acts if not act.needed]
    after = f"Not given: who would {', '.join(unnamed)}, where, and whose consent that needs."
    return Section(
        "Whose consent these acts need, and what is on record",
        ("party", "because it", "acts", "answer", "said"), rows,
        (f"{len(parties)} must consent; {len(parties - lacking)} of them said yes to all that is theirs.",),
        (after,) if unnamed else (),
    )  # fmt: skip


def _said(said: Consent | None) -> tuple[str, str]:
    if said is None:
        return str(Answer.NOT_SAID), ""
    told = ", ".join(part for part in (said.date, said.source) if part)
    return str(
        said.answer
    ), f"{said.statement} ({told})" if said.statement and told else said.statement or told


def _patrol(weighed: Weighed) -> Section:
    rows = [(r.quantity.label, *ends(r.range), r.quantity.shown) for r in weighed.patrol]
    if weighed.by_area is not None:
        how = "the area at the rates of Libya 2011, of the patrols over Bosnia, of all sorties over Bosnia"
        rows.append(("sorties a day, by area alone", *ends(weighed.by_area), how))
    return Section(
        "What a standing patrol would take", ("what", *_RANGE, "how"), tuple(rows), after=weighed.notes
    )


def _input(one: Input) -> tuple[str, ...]:
    told = "; ".join(part for part in (one.source, one.note) if part)
    return one.label, *ends(one.range), one.unit, told or "no source given"


def _sensitivity(weighed: Weighed) -> Section:
    rows = [
        (result.quantity.label, label(bar, weighed.inputs), _from_to(bar), number(bar.at_low_value),
         number(bar.likely_value), number(bar.at_high_value))
        for result in swinging(weighed) for bar in moving(result)
    ]  # fmt: skip
    return Section(
        "What would change this",
        ("result", "input, alone", "from … to", "result at its low", "likely", "result at its high"),
        tuple(rows),
        (
            "One input at a time, the others where they are likely; the widest first. Drawn: blue with the "
            "input at its low end, orange at its high end.",
        ),
        tuple(changes(weighed)), swinging(weighed),
    )  # fmt: skip


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
            yield (
                f"{_capital(result.quantity.label)}, likely {number(bar.likely_value)}: "
                f"{number(bar.at_low_value)} with {label(bar, weighed.inputs)} at {low}, "
                f"{number(bar.at_high_value)} at {high}."
            )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _precedents(weighed: Weighed) -> Section:
    rows = tuple(_precedent(one) for one in weighed.precedents)
    after = (
        "Sorties for every 1,000 km² differ by a factor of 28 between Libya and Bosnia: area alone predicts "
        "badly.",
    )
    return Section(
        "What was counted before",
        ("what", "when", "counted", "n", "a day", "a day on 1,000 km²", "source"), rows, after=after,
    )  # fmt: skip


def _precedent(one: Precedent) -> tuple[str, ...]:
    count = "not published" if one.count is None else f"{'over ' if one.at_least else ''}{one.count:,.0f}"
    daily, by_area = (
        "" if value is None else number(value) for value in (one.a_day_count, one.a_day_on_1000_km2_count)
    )
    counted = f"{one.counted}; {one.caveat}" if one.caveat else one.counted
    return one.name, one.when, counted, count, daily, by_area, one.source
