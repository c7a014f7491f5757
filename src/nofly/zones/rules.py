"""To whom a zone applies, who is exempt from it and who was cleared into it.

The kernel states that an aircraft was inside; this module says what follows. Exempt: the rule never
applied. Cleared: permission was given, with limits. Both keep the entry on record, with the reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class PredicateKind(StrEnum):
    """What of an aircraft a predicate looks at."""

    ADDRESS = "address"
    """ICAO 24-bit address, six hexadecimal digits."""
    STATE = "state"
    """State of registry by address block, ISO 3166 alpha-3."""
    CALLSIGN = "callsign"
    """A pattern with * and ?, upper case."""
    OPERATOR = "operator"
    """ICAO operator designator: the three letters a callsign starts with."""
    SQUAWK = "squawk"
    CATEGORY = "category"
    """ADS-B emitter category, A0 to D7."""
    LIST = "list"
    """The name of a list supplied as a file (military, medical, state, …)."""
    PARTY = "party"
    """The name of a party to a decision, whose aircraft a list names."""
    TARGET = "target"
    """A pattern on the target id: rid:…, asterix:…"""


@dataclass(frozen=True, slots=True)
class Predicate:
    """True of an aircraft when any of the values fits (``negate``: when none does).

    Raises ValueError where no value is given: turned round, it would hold of everybody.
    """

    kind: PredicateKind
    values: tuple[str, ...]
    negate: bool = False

    def __post_init__(self) -> None:
        if not self.values:
            raise ValueError(f"a predicate of kind {self.kind} has at least one value")


@dataclass(frozen=True, slots=True)
class Exemption:
    """Aircraft to which the zone's rule never applied, with reason and source."""

    who: tuple[Predicate, ...]
    """All of them must hold."""
    reason: str
    source: str = ""
    lower_m: float | None = None
    upper_m: float | None = None
    """Limits on the datum of the crossing's own height; None is unlimited."""
    start_us: int | None = None
    end_us: int | None = None


@dataclass(frozen=True, slots=True)
class Clearance:
    """Permission given to enter, with reason, source and limits: like an exemption, but an act."""

    who: tuple[Predicate, ...]
    reason: str
    source: str = ""
    lower_m: float | None = None
    upper_m: float | None = None
    start_us: int | None = None
    end_us: int | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """Whom the zone addresses and who may be inside."""

    applies_to: tuple[Predicate, ...] = ()
    """Any of them; none given is everybody."""
    exempt: tuple[Exemption, ...] = ()
    cleared: tuple[Clearance, ...] = ()
    spacing_lateral_m: float = 0.0
    spacing_vertical_m: float = 0.0
    look_ahead_s: float | None = None
