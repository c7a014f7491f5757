"""The law over time: which edition of each zone is in force at a time, as was known at a time.

Acts on a zone are replayed in the order they were recorded, each on a span of valid time, half open:

* ``declare`` and ``amend`` put an edition in force from a time on: what was to hold from then on holds no
  more. It ends where it says so, and then there is none. An amendment that is ``temporary`` holds over its
  span alone; afterwards what held before holds again (AIXM 5.1 Temporality Model: PERMDELTA, TEMPDELTA).
* ``suspend`` takes the zone out of force over a span, whichever edition it is; ``resume`` undoes that over a
  span. A declaration begins without one.
* ``extend`` moves the end of the last edition to a later time.
* ``withdraw`` ends the zone from a time on.

An act recorded later prevails over what it speaks of. No act is ever taken away: as known at an earlier time,
the law is what the acts recorded by then say.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from nofly.errors import Finding, InputError, Severity
from nofly.zones.activity import ALWAYS_FROM_US, ALWAYS_UNTIL_US
from nofly.zones.acts import ZONE, Act
from nofly.zones.model import Source, Zone
from nofly.zones.reading import foreign_zone

DECLARE, AMEND, SUSPEND, RESUME = "declare", "amend", "suspend", "resume"
EXTEND, WITHDRAW = "extend", "withdraw"
KINDS = (DECLARE, AMEND, SUSPEND, RESUME, EXTEND, WITHDRAW)


class Span(NamedTuple):
    """A span of valid time, and the number of the edition that holds over it."""

    start_us: int
    end_us: int
    number: int


@dataclass(frozen=True, slots=True)
class Edition:
    """An edition of a zone over a span in which it is in force throughout; None is without a bound."""

    zone_id: str
    number: int
    """Counted from 1, in the order they were recorded."""
    from_us: int | None
    until_us: int | None
    act: Act
    """That declared it, or amended the one before to it."""

    @property
    def declared_hash(self) -> str:
        """Hash of the zone as it was declared, before anything was said of its bounds since."""
        return str(self.act.body["zone_hash"])

    @property
    def zone(self) -> Zone:
        """The zone as it is law: with its number, valid over the span. Raises InputError where it cannot be
        read."""
        zone = zone_of(self.act)
        return replace(zone, edition=self.number, valid_from_us=self.from_us, valid_to_us=self.until_us)


@dataclass(slots=True)
class Life:
    """A zone, and what became of it."""

    zone_id: str
    acts: list[Act] = field(default_factory=list)
    editions: list[Act] = field(default_factory=list)
    """The acts that made the editions, in the order of their numbers."""
    spans: list[Span] = field(default_factory=list)
    """Which edition holds when, but for suspensions: sorted, disjoint."""
    suspended: list[Span] = field(default_factory=list)
    withdrawn_us: int | None = None
    """Since when it is withdrawn, if nothing was said since."""

    def take(self, act: Act) -> None:
        """Take the next act. Raises InputError for one that cannot be understood; it changes nothing."""
        start_us, end_us = bounds(act.body)
        if act.kind in (DECLARE, AMEND):
            _check_zone(act.body)
            self.editions.append(act)
            until_us = end_us if act.body.get("temporary") is True else ALWAYS_UNTIL_US
            self.spans = painted(self.spans, start_us, until_us, 0)
            self.spans = painted(self.spans, start_us, end_us, len(self.editions))
            self.withdrawn_us = None
            if act.kind == DECLARE:
                self.suspended = painted(self.suspended, start_us, ALWAYS_UNTIL_US, 0)
        elif act.kind in (SUSPEND, RESUME):
            self.suspended = painted(self.suspended, start_us, end_us, int(act.kind == SUSPEND))
        elif act.kind == EXTEND:
            if self.spans:
                last = self.spans[-1]
                self.spans = painted(self.spans, last.end_us, end_us, last.number)
        elif act.kind == WITHDRAW:
            self.spans = painted(self.spans, start_us, ALWAYS_UNTIL_US, 0)
            self.withdrawn_us = start_us
        else:
            raise InputError(f"an act of the kind {act.kind!r}", expected=f"one of {', '.join(KINDS)}")
        self.acts.append(act)

    def in_force(self) -> Iterator[Edition]:
        """Yield the spans over which an edition is in force, in order of time."""
        for span in self.spans:
            free = [span]
            for gap in self.suspended:
                free = painted(free, gap.start_us, gap.end_us, 0)
            yield from (self._edition(one) for one in free)

    def at(self, at_us: int) -> Edition | None:
        """Return the edition in force at a time; None where none is."""
        return next((one for one in self.in_force() if _holds(one, at_us)), None)

    def beyond(self, at_us: int) -> Span | None:
        """Return the first span, suspended or not, that ends after a time; None where all is over."""
        return next((span for span in self.spans if span.end_us > at_us), None)

    def state(self, at_us: int) -> str:
        """Return how the zone stands at a time: ``in force``, ``suspended``, ``not yet``, ``withdrawn`` or
        ``expired``."""
        if any(span.start_us <= at_us < span.end_us for span in self.spans):
            stopped = any(gap.start_us <= at_us < gap.end_us for gap in self.suspended)
            return "suspended" if stopped else "in force"
        if self.beyond(at_us) is not None:
            return "not yet"
        return "expired" if self.withdrawn_us is None or self.withdrawn_us > at_us else "withdrawn"

    def _edition(self, span: Span) -> Edition:
        start_us = None if span.start_us <= ALWAYS_FROM_US else span.start_us
        end_us = None if span.end_us >= ALWAYS_UNTIL_US else span.end_us
        return Edition(self.zone_id, span.number, start_us, end_us, self.editions[span.number - 1])


class Law:
    """What acts say, as known at a time."""

    def __init__(self, acts: Iterable[Act], known_us: int | None = None) -> None:
        """Replay the acts on zones, in order, that were recorded at ``known_us`` or before; all, where it is
        None. An act that cannot be understood is a finding."""
        self.lives: dict[str, Life] = {}
        self.findings: list[Finding] = []
        for act in acts:
            if act.subject != ZONE or (known_us is not None and act.recorded_us > known_us):
                continue
            life = self.lives.get(act.subject_id) or Life(act.subject_id)
            try:
                life.take(act)
            except InputError as error:
                message, at = f"left out of the law: {error}", f"act {act.sequence}"
                self.findings.append(
                    Finding("act-not-understood", Severity.REJECTED, message, locator=at)
                )  # fmt: skip
                continue
            self.lives[act.subject_id] = life

    def at(self, at_us: int) -> list[Edition]:
        """Return the editions in force at a time, by id."""
        found = (life.at(at_us) for _, life in sorted(self.lives.items()))
        return [one for one in found if one is not None]

    def over(self) -> list[Edition]:
        """Return every edition over every span in which it is in force, by id and time."""
        return [one for _, life in sorted(self.lives.items()) for one in life.in_force()]


def law_at(acts: Iterable[Act], at_us: int, known_us: int | None = None) -> list[Edition]:
    """Return the law as of ``at_us``, as known at ``known_us``: the editions in force, by id."""
    return Law(acts, known_us).at(at_us)


class LawChange(NamedTuple):
    """What became of a zone from one law to another: ``added``, ``removed`` or ``changed``."""

    kind: str
    zone_id: str
    before: Edition | None
    after: Edition | None


def diff_law(old: Sequence[Edition], new: Sequence[Edition]) -> list[LawChange]:
    """Return what changed from one law to another, by id: another edition, or the same over another span."""
    before, after = ({one.zone_id: one for one in law} for law in (old, new))
    changes = []
    for zone_id in sorted({*before, *after}):
        a, b = before.get(zone_id), after.get(zone_id)
        if a is None or b is None:
            changes.append(LawChange("added" if a is None else "removed", zone_id, a, b))
        elif (a.number, a.declared_hash, a.from_us, a.until_us) != (
            b.number, b.declared_hash, b.from_us, b.until_us
        ):  # fmt: skip
            changes.append(LawChange("changed", zone_id, a, b))
    return changes


def zone_of(act: Act) -> Zone:
    """Return the zone as an act declares it. Raises InputError where it cannot be read, or is not what the
    act is on."""
    at, source = f"act {act.sequence}", act.body.get("source")
    try:
        zone = foreign_zone(str(act.body.get("zone")))
    except ValueError as error:
        raise InputError(f"its zone cannot be read: {error}", locator=at) from error
    if zone.id != act.subject_id:
        raise InputError("its zone cannot be read: it has another id", locator=at, expected=act.subject_id)
    told = [str(part) for part in source] if isinstance(source, list) and len(source) == 3 else []
    return replace(zone, source=Source(*told))


def bounds(body: Mapping[str, Any]) -> tuple[int, int]:
    """Return from when until when a body speaks. Raises InputError for what is no span."""
    start_us, end_us = (
        _moment(body.get(name), none)
        for name, none in (("from_us", ALWAYS_FROM_US), ("until_us", ALWAYS_UNTIL_US))
    )
    if start_us >= end_us:
        raise InputError("it ends before it begins", expected="from a time until a later one")
    return start_us, end_us


def painted(spans: Sequence[Span], start_us: int, end_us: int, number: int) -> list[Span]:
    """Return spans with one over what was there: a number over it, 0 nothing. Neighbours alike are joined."""
    if start_us >= end_us:
        return list(spans)
    left = [s._replace(end_us=min(s.end_us, start_us)) for s in spans if s.start_us < start_us]
    right = [s._replace(start_us=max(s.start_us, end_us)) for s in spans if s.end_us > end_us]
    out: list[Span] = []
    for span in (*left, *([Span(start_us, end_us, number)] if number else []), *right):
        if out and (out[-1].end_us, out[-1].number) == (span.start_us, span.number):
            out[-1] = out[-1]._replace(end_us=span.end_us)
        else:
            out.append(span)
    return out


def _holds(one: Edition, at_us: int) -> bool:
    begun = one.from_us is None or one.from_us <= at_us
    return begun and (one.until_us is None or at_us < one.until_us)


def _moment(value: object, none: int) -> int:
    if value is None:
        return none
    if type(value) is not int or not ALWAYS_FROM_US < value < ALWAYS_UNTIL_US:
        raise InputError(f"the time {value!r}", expected="microseconds, or null")
    return value


def _check_zone(body: Mapping[str, Any]) -> None:
    """Raise InputError unless the zone is the one of its hash."""
    zone = body.get("zone")
    if not isinstance(zone, str):
        raise InputError("it holds no zone", expected="a zone as canonical JSON")
    if hashlib.sha256(zone.encode("utf-8", "surrogatepass")).hexdigest() != body.get("zone_hash"):
        raise InputError("its zone is not the one of its hash", expected="the SHA-256 of the zone")
