"""What was weighed, in words and tables that text and HTML show alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

from nofly.run.outputs.text import clock, duration, many, printable, zone_words
from nofly.run.weighing.airfields import all_airports
from nofly.run.weighing.prices import costs, sums
from nofly.run.weighing.weigh import Weighed
from nofly.tracks.identity import state_blocks
from nofly.units import M_PER_NM
from nofly.whatif.effect import Effect, Hit, Hour, Outcome, Share, Spread

MOST_HOURS = 48
MOST_SHARES = 12
MOST_FLIGHTS = 20
UNKNOWN = "not known"
OUTCOME_WORDS = {
    Outcome.INFRINGEMENT: "would have been infringements", Outcome.UNDETERMINED: "cannot be told",
    Outcome.EXEMPT: "exempt", Outcome.CLEARED: "cleared",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Table:
    """A titled table; columns numbered in ``right`` are numbers. ``note`` stands below."""

    title: str
    head: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    right: frozenset[int]
    note: str = ""


def headline(weighed: Weighed) -> list[str]:
    """Return the answer in sentences: counts, what they are out of, and what is extrapolated."""
    effect = weighed.effect
    hits, untold = len(effect.inside), effect.count(Outcome.UNDETERMINED)
    told = [
        f"{effect.count(o):,} {OUTCOME_WORDS[o]}"
        for o in Outcome
        if effect.count(o) and o is not Outcome.UNDETERMINED
    ]
    verdict = f": {', '.join(told)}" if told else ""
    verdict += f"; of {untold:,} more it cannot be told" if untold else ""
    if weighed.pairs:
        lines = [f"{hits:,} of {many(effect.flights, 'great-circle flight')} would be inside{verdict}."]
    else:
        lines = [
            f"{hits:,} of {many(effect.flights, 'flight')} heard ({_percent(hits, effect.flights)}) were "
            f"inside{verdict}.",
            f"Heard: {many(effect.reports, 'report')}, {effect.flown_h:,.1f} flight hours, "
            f"{clock(effect.span_us[0])} to {clock(effect.span_us[1])}; traffic in {effect.covered_h:,.1f} h "
            "of it.",
        ]
    if hits:
        time, way = effect.inside_s(), effect.inside_m()
        lines.append(
            f"Inside in all: {duration(time.total_value)} and {way.total_value / M_PER_NM:,.0f} NM "
            f"({way.total_value / 1000:,.0f} km); half of the flights {duration(time.quantiles[3])} or less."
        )
    if effect.suspect:
        lines.append(f"{many(effect.suspect, 'stay')} left out: the reports are not credible.")
    return lines + _a_day(weighed)


def _a_day(weighed: Weighed) -> list[str]:
    effect, given = weighed.effect, weighed.given
    lines = []
    if given is not None:
        lines.append(f"The watch would have given {many(given, 'warning')} of an entry ahead.")
    if weighed.pairs or not effect.covered_us:
        return lines
    flights = effect.a_day(len(effect.inside))
    if flights is None:
        return [*lines, "Less than an hour was heard: nothing is extrapolated to a day."]
    more = "" if given is None else f" and {effect.a_day(given):,.0f} warnings"
    lines.append(
        f"Extrapolated to a day, as if all of it were like these {effect.covered_h:,.1f} h: "
        f"{flights:,.0f} flights{more}."
    )
    return lines


def tables(weighed: Weighed) -> list[Table]:
    """Return the tables of the report, those that say nothing left out."""
    effect = weighed.effect
    several = len(effect.zone_ids) > 1
    found = [
        *([_change(weighed)] if weighed.change else []),
        *([] if weighed.pairs else [_hours(effect)]),
        _spreads(weighed),
        *([_shares("Zones", "ZONE", effect.zones(), _zone_name(weighed))] if several else []),
        *([] if weighed.pairs else [_operators(weighed)]),
        *([] if weighed.pairs else [_shares("States of registry", "STATE", effect.states(), state_name)]),
        *([] if weighed.pairs else [_shares("Types", "TYPE", effect.types())]),
        _shares("Airports", "AIRPORT", effect.airports(), airport_name, "A flight counts at both its ends."),
        _shares("Pairs of airports", "PAIR", effect.pairs()),
        *([_money(weighed)] if weighed.prices else []),
        _flights(effect),
    ]  # fmt: skip
    return [table for table in found if table.rows]


def _hours(effect: Effect) -> Table:
    hours = list(effect.hours)
    note = ""
    if len(hours) > MOST_HOURS:
        busiest = sorted(hours, key=lambda h: (-h.inside, h.start_us))[:MOST_HOURS]
        note = f"The {MOST_HOURS} busiest of {len(hours):,} hours; JSON has all."
        hours = sorted(busiest, key=lambda h: h.start_us)
    head = (
        "HOUR (UTC)", "HEARD", "INSIDE", "INFRINGE", "EXEMPT", "NOT TOLD", "OPERATORS", "STATES", "TYPES",
        "AIRPORTS", "TIME INSIDE",
    )  # fmt: skip
    return Table("Hour by hour", head, [_hour(h) for h in hours], frozenset(range(1, 11)), note)


def _hour(hour: Hour) -> tuple[str, ...]:
    if not hour.heard:
        return (hour_words(hour.start_us), "nothing", *("–",) * 9)
    outcomes = hour.outcomes
    return (
        hour_words(hour.start_us), f"{hour.heard:,}", f"{hour.inside:,}",
        f"{outcomes[Outcome.INFRINGEMENT]:,}", f"{outcomes[Outcome.EXEMPT] + outcomes[Outcome.CLEARED]:,}",
        f"{outcomes[Outcome.UNDETERMINED]:,}", f"{hour.operators:,}", f"{hour.states:,}", f"{hour.types:,}",
        f"{hour.airports:,}", duration(hour.inside_s),
    )  # fmt: skip


def hour_words(start_us: int) -> str:
    """Return ``2018-08-01 05 h``."""
    return f"{clock(start_us)[:13]} h"


def _spreads(weighed: Weighed) -> Table:
    effect = weighed.effect
    head = ("OF", "LEAST", "10 %", "25 %", "HALF", "75 %", "90 %", "MOST", "MEAN")

    def row(name: str, found: Spread, words: Callable[[float], str]) -> tuple[str, ...]:
        return (name, *(words(value) for value in found.quantiles), words(found.mean_value))

    rows = []
    if effect.inside:
        rows += [
            row("time inside, a flight", effect.inside_s(), duration),
            row("way inside, a flight", effect.inside_m(), lambda m: f"{m / M_PER_NM:,.1f} NM"),
        ]
        if not weighed.pairs:
            rows.append(row("flights inside, an hour", effect.flights_an_hour(), lambda n: f"{n:,.1f}"))
        if weighed.prices:
            money = costs(weighed.prices, effect)
            rows.append(row("money, a flight", money, lambda n: f"{n:,.2f}"))
    return Table(
        "Distribution", head, rows, frozenset(range(1, 9)), "Of so many per cent it is so much or less."
    )


def _shares(
    title: str, head: str, found: Sequence[Share], words: Callable[[str], str] = str, note: str = ""
) -> Table:
    shown = [share for share in found if share.name is not None][:MOST_SHARES]
    if not shown:
        return Table(title, (), [], frozenset())
    unknown = [share for share in found if share.name is None]
    rest = len(found) - len(shown) - len(unknown)
    rows = [
        (
            UNKNOWN if s.name is None else printable(words(s.name)), f"{s.flights:,}", f"{s.infringements:,}",
            f"{s.untold:,}", duration(s.inside_s), f"{s.inside_m / M_PER_NM:,.0f} NM",
        )
        for s in [*shown, *unknown]
    ]  # fmt: skip
    more = f"{rest:,} more: JSON has all." if rest > 0 else ""
    columns = (head, "INSIDE", "INFRINGE", "NOT TOLD", "TIME INSIDE", "WAY INSIDE")
    return Table(title, columns, rows, frozenset(range(1, 6)), " ".join(t for t in (note, more) if t))


def _operators(weighed: Weighed) -> Table:
    return _shares("Operators", "OPERATOR", weighed.effect.operators(), weighed.operator_name)


def _change(weighed: Weighed) -> Table:
    change = weighed.change
    assert change is not None
    before, after = change.before, change.after
    rows = [
        ("flights inside", f"{len(before.inside):,}", f"{len(after.inside):,}"),
        *(
            (OUTCOME_WORDS[o], f"{before.count(o):,}", f"{after.count(o):,}")
            for o in Outcome
            if before.count(o) or after.count(o)
        ),
        ("time inside", duration(before.inside_s().total_value), duration(after.inside_s().total_value)),
        (
            "way inside", f"{before.inside_m().total_value / M_PER_NM:,.0f} NM",
            f"{after.inside_m().total_value / M_PER_NM:,.0f} NM",
        ),
    ]  # fmt: skip
    note = (
        f"{len(change.newly):,} flights are hit that were not, {len(change.no_longer):,} no longer, "
        f"{len(change.both):,} before and after."
    )
    return Table("Change", ("", "BEFORE", "AFTER"), rows, frozenset({1, 2}), note)


def _money(weighed: Weighed) -> Table:
    prices = weighed.prices
    assert prices is not None
    unit = printable(prices.currency)
    found = sums(prices, weighed.effect)
    rows = [
        (one.unit, f"{one.number:,.1f}", f"{one.price_value:,.2f}", f"{one.amount:,.0f}") for one in found
    ]
    rows.append(("in all", "", "", f"{sum(one.amount for one in found):,.0f}"))
    head = ("OF", "QUANTITY", f"PRICE {unit}".rstrip(), f"SUM {unit}".rstrip())
    return Table("Money", head, rows, frozenset({1, 2, 3}), "By the prices given, and by nothing else.")


def _flights(effect: Effect) -> Table:
    chosen = sorted(effect.hits, key=lambda hit: (-hit.inside_s, hit.inside[0].from_us, hit.target_id))
    rows = [_flight(hit) for hit in chosen[:MOST_FLIGHTS]]
    more = len(chosen) - len(rows)
    note = f"The longest inside; {more:,} more: CSV and JSON have all." if more else ""
    head = (
        "AIRCRAFT", "CALLSIGN", "OPERATOR", "STATE", "TYPE", "FROM", "TO", "ENTERED (UTC)", "INSIDE", "WAY",
        "WOULD BE",
    )  # fmt: skip
    told = [k for k in range(len(head)) if any(row[k] != "–" for row in rows)]
    shown = [tuple(row[k] for k in told) for row in (head, *rows)]
    return Table("Flights", shown[0], shown[1:], frozenset(told.index(k) for k in (8, 9) if k in told), note)


def _flight(hit: Hit) -> tuple[str, ...]:
    def known(text: str | None) -> str:
        return "–" if text is None else printable(text)

    return (
        printable(hit.icao24 or hit.target_id), known(hit.callsign), known(hit.operator), known(hit.state),
        known(hit.type), known(hit.origin), known(hit.destination),
        clock(hit.inside[0].from_us).removesuffix(" Z"), duration(hit.inside_s),
        f"{hit.inside_m / M_PER_NM:,.1f} NM", hit.outcome.value,
    )  # fmt: skip


def _zone_name(weighed: Weighed) -> Callable[[str], str]:
    names = {zone.id: zone.name for zone in weighed.zones}
    return lambda zone_id: zone_words(zone_id, names.get(zone_id, ""))


@cache
def state_name(alpha3: str) -> str:
    """Return ``CHE Switzerland``."""
    name = next((block.name for block in state_blocks() if block.alpha3 == alpha3), "")
    return f"{alpha3} {name}".rstrip()


def airport_name(code: str) -> str:
    """Return ``LSZH Zurich Airport``."""
    return f"{code} {all_airports().named(code).name}"


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "–"
