"""The exposure ledger of a proposed zone: hours shared, acts and consents, patrols, what was counted before,
and what would change it. Ranges, and no score."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from nofly.whatif import patrol, sharing
from nofly.whatif.enforcement import Consent, Level, Place, RequiredAct, required
from nofly.whatif.precedents import PRECEDENTS, Precedent, sorties_by_area
from nofly.whatif.ranges import Bar, Input, Quantity, Range, spread, tornado
from nofly.whatif.sharing import COINCIDENCE, Presence, Together, together
from nofly.zones.rules import Predicate
from nofly.zones.sentence import say


@dataclass(frozen=True, slots=True)
class Party:
    """A party whose aircraft may be in the zone."""

    name: str
    who: tuple[Predicate, ...] = ()
    """Any of them tells its aircraft in recorded traffic; none given: traffic says nothing of it."""
    hours: Input | None = None
    """Hours a day with an aircraft of it in the zone."""
    aircraft: Input | None = None
    """Aircraft of it in the zone at once, in these hours."""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """What would change the ledger, in words, with its source."""

    text: str
    source: str = ""


@dataclass(frozen=True, slots=True)
class Ledger:
    """What is given."""

    title: str
    question: str = ""
    notes: tuple[str, ...] = ()
    parties: tuple[Party, ...] = ()
    coincidence: Input = field(
        default_factory=lambda: Input(
            "coincidence", say("how the hours of both fall together"), "", COINCIDENCE,
            note=say("-1 as little as they can, 0 by chance, 1 as much as they can"),
        )
    )  # fmt: skip
    level: Level = Level.OBSERVE
    places: Mapping[Level, Place] = field(default_factory=dict)
    consents: tuple[Consent, ...] = ()
    patrol: Mapping[str, Input] = field(default_factory=dict)
    precedents: tuple[Precedent, ...] = ()
    """Beside those that nofly knows."""
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Result:
    """One quantity, its range and what each input alone does to it, the widest first."""

    quantity: Quantity
    range: Range
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Weighed:
    """What comes out."""

    ledger: Ledger
    inputs: Mapping[str, Input]
    """Everything that went in, the widened as they were used."""
    shared: tuple[Result, ...]
    """Of every two parties with given hours: hours shared a day, and pair-hours a day."""
    recorded: tuple[Together, ...]
    """Of every two parties with predicates, from traffic."""
    acts: tuple[RequiredAct, ...]
    patrol: tuple[Result, ...]
    by_area: Range | None
    """Sorties a day at the rates of the past, for the area alone."""
    precedents: tuple[Precedent, ...]
    notes: tuple[str, ...]

    @property
    def results(self) -> tuple[Result, ...]:
        """Every quantity."""
        return (*self.shared, *self.patrol)


def weigh(ledger: Ledger, presences: Sequence[Presence] | None = None) -> Weighed:
    """Return the ledger weighed; ``presences`` are stays in recorded traffic, None where there is none."""
    given, notes = patrol.widened(ledger.patrol)
    inputs = {**_party_inputs(ledger), **given}
    ranges = {name: one.range for name, one in inputs.items()}
    pairs = list(combinations(ledger.parties, 2))
    shared = [
        _result(quantity, ranges)
        for one, other in pairs
        for quantity in sharing.quantities(one.name, other.name)
        if all(name in ranges for name in quantity.ways)
    ]
    recorded = [
        together(presences, one.name, other.name)
        for one, other in pairs
        if presences is not None and one.who and other.who
    ]
    area = ranges.get("area_km2")
    patrols, lacking = patrol.quantities(ranges) if given else ((), ())
    return Weighed(
        ledger, inputs, tuple(shared), tuple(recorded),
        required(ledger.level, ledger.places, ledger.consents),
        tuple(_result(quantity, ranges) for quantity in patrols),
        sorties_by_area(area) if area else None, (*PRECEDENTS, *ledger.precedents), (*notes, *lacking),
    )  # fmt: skip


def _party_inputs(ledger: Ledger) -> dict[str, Input]:
    given = [one for party in ledger.parties for one in (party.hours, party.aircraft) if one]
    return {one.name: one for one in (*given, *([ledger.coincidence] if given else ()))}


def _result(quantity: Quantity, ranges: Mapping[str, Range]) -> Result:
    return Result(quantity, spread(quantity, ranges), tornado(quantity, ranges))
