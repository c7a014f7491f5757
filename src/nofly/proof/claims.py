"""What a claim is: statements of several parties about flights and a zone, each as its words and its numbers.

Everything here is a frozen value. A statement may be read in more than one way (which mile? depth or
length?): it has a :class:`Reading` for each, and stands as long as one of them does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from nofly.proof.claiming.quantities import Kind, Span


class Inside(StrEnum):
    """What is said of being inside the zone, during the time that is stated."""

    EVER = "ever"
    ALWAYS = "always"
    NEVER = "never"
    UNSAID = "unsaid"


QUANTITIES: dict[str, Kind] = {
    "duration": Kind.DURATION,
    "length": Kind.LENGTH,
    "depth": Kind.LENGTH,
    "speed": Kind.SPEED,
    "altitude": Kind.HEIGHT,
    "exit_altitude": Kind.HEIGHT,
    "track": Kind.ANGLE,
    "closest": Kind.LENGTH,
    "count": Kind.COUNT,
}
"""What can be stated of a stay, by the key of the claim file.

``duration`` inside; ``length`` of the way inside; ``depth``, the largest distance inside the lateral
boundary; ``speed`` over the ground; ``altitude`` (at entry) and ``exit_altitude``; ``track``, the direction
from where the zone was entered to where it was left; ``closest`` distance to ``closest_to``; ``count`` of
aircraft.
"""


@dataclass(frozen=True, slots=True)
class About:
    """Whom a statement is about; empty texts where it does not say."""

    party: str = ""
    address: str = ""
    """The ICAO 24-bit address, six hexadecimal digits."""
    callsign: str = ""
    type: str = ""
    """As the statement says it: Su-24, MiG-31."""
    type_class: str = ""
    """What it can do: a name of :data:`nofly.proof.claiming.flying.CLASSES`."""
    transponder: str = ""
    """``off`` where the statement, or what is known of the flight, says that it sent nothing."""
    speed_range: Span | None = None
    """Narrower than the class, where the type is known better."""

    @property
    def identified(self) -> bool:
        """Whether tracks can tell this aircraft from others."""
        return bool(self.address or self.callsign)

    @property
    def anybody(self) -> bool:
        """Whether it is about all aircraft whatsoever."""
        return not (self.identified or self.party or self.type)


@dataclass(frozen=True, slots=True)
class Cited:
    """Where a statement is from."""

    url: str = ""
    title: str = ""
    published: str = ""
    sha256: str = ""
    """Of the bytes that were captured; empty where they were not."""
    captured: str = ""
    """When, ISO 8601."""


@dataclass(frozen=True, slots=True)
class Item:
    """One of several things that a statement counts, with the evidence for it alone."""

    label: str
    evidence: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read a statement: what it assumes, and the quantities then stated."""

    name: str
    quantities: Mapping[str, Span]


@dataclass(frozen=True, slots=True)
class Statement:
    """What one party says of one event."""

    id: str
    who: str
    says: str
    side: str = ""
    """The party it speaks for: statements of one side stand in one column."""
    language: str = ""
    wording: str = ""
    """``quote`` where ``says`` are its own words, ``paraphrase`` where they are not."""
    about: About = About()
    zone_id: str = ""
    inside: Inside = Inside.UNSAID
    time_us: int | None = None
    time_err_s: float = 0.0
    until_us: int | None = None
    left: bool = True
    """False: it was still inside at the end of what is stated."""
    readings: tuple[Reading, ...] = (Reading("", {}),)
    closest_to: tuple[float, float] | None = None
    """(lat_deg, lon_deg)."""
    closest_name: str = ""
    items: tuple[Item, ...] = ()
    cited: tuple[Cited, ...] = ()
    evidence_offered: tuple[str, ...] = ()
    evidence_withheld: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ClaimFile:
    """A claim file: statements of all sides about one event."""

    title: str
    question: str
    statements: tuple[Statement, ...]
    zones: tuple[str, ...] = ()
    """Zone files, as named in the claim file."""
    boundary_err_m: float = 0.0
    """How far the zone's boundary may be off."""
    boundary_note: str = ""
    notes: tuple[str, ...] = ()
    source: str = field(default="", compare=False)
