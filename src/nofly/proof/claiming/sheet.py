"""The claim sheet: every statement of every side through the same check, one beside the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from nofly.proof.claiming import wording
from nofly.proof.claiming.against import Record, against, switched_off
from nofly.proof.claiming.consistency import Fit, fit
from nofly.proof.claiming.ends import ends_of
from nofly.proof.claiming.plane import Figure, figures
from nofly.proof.claiming.trace import Shape
from nofly.proof.claiming.verdicts import Point, Verdict, overall
from nofly.proof.claims import ClaimFile, Inside, Reading, Statement
from nofly.zones.model import Zone
from nofly.zones.sentence import say

_LENIENT = (
    Verdict.SUPPORTED, Verdict.NOT_SHOWN, Verdict.NOT_CHECKABLE, Verdict.CONTRADICTED,
    Verdict.SELF_INCONSISTENT,
)  # fmt: skip
"""A statement that can be read in several ways stands as its best reading does."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the check says of one reading of a statement."""

    reading: Reading
    verdict: Verdict
    points: tuple[Point, ...]
    fit: Fit | None


@dataclass(frozen=True, slots=True)
class Entry:
    """A statement, its verdict, and what led to it, reading by reading."""

    statement: Statement
    verdict: Verdict
    answers: tuple[Answer, ...]
    notes: tuple[str, ...]
    zone: Zone | None
    record: Record | None = None
    """What the tracks hold for it; None where no tracks were given."""

    @property
    def best(self) -> Answer:
        """The reading that the verdict is of."""
        return next(answer for answer in self.answers if answer.verdict is self.verdict)


Recorded = Callable[[Statement, Shape], Record | None]
"""Returns what the tracks hold for a statement; None where no tracks were given."""


def sheet(claim: ClaimFile, zones: Sequence[Zone], recorded: Recorded | None = None) -> list[Entry]:
    """Return an entry for each statement, in the order of the file. What is said of one does not depend on
    the others, nor on who says it."""
    known: dict[str, tuple[Zone, Shape, list[Figure]]] = {}
    by_id: Mapping[str, Zone] = {zone.id: zone for zone in zones}
    entries = []
    for statement in claim.statements:
        zone = by_id.get(statement.zone_id)
        if zone is not None and zone.id not in known:
            shape = Shape(zone)
            known[zone.id] = zone, shape, figures(shape.compiled, 0)
        entries.append(_entry(statement, claim.boundary_err_m, known.get(statement.zone_id), recorded))
    return entries


def _entry(
    statement: Statement, off_m: float, found: tuple[Zone, Shape, list[Figure]] | None,
    recorded: Recorded | None,
) -> Entry:  # fmt: skip
    zone, shape, shapes = found or (None, None, [])
    record = recorded(statement, shape) if recorded is not None and shape is not None else None
    answers = []
    for reading in statement.readings:
        fitted = fit(statement, reading, shapes, off_m, ends_of(zone, left=statement.left))
        points = list(_seen(statement, reading, record))
        if statement.items or "count" in reading.quantities:
            points += _items(statement, reading)
        if not points and fitted is None:
            points.append(_nothing(record))
        answers.append(Answer(reading, _verdict(points, fitted), tuple(points), fitted))
    verdict = min((a.verdict for a in answers), key=_LENIENT.index)
    return Entry(
        statement, verdict, tuple(answers), tuple(_notes(statement, shape, shapes, record)), zone, record
    )


def _verdict(points: Sequence[Point], fitted: Fit | None) -> Verdict:
    """Return the verdict of a reading. That its own numbers fit shows nothing by itself."""
    if fitted is not None and (fitted.verdict is Verdict.SELF_INCONSISTENT or not points):
        return fitted.verdict
    return overall(points)


def _seen(statement: Statement, reading: Reading, record: Record | None) -> Sequence[Point]:
    if record is not None:
        return against(statement, reading, record)
    if statement.about.transponder == "off":
        return [switched_off(tracks=False)]
    return []


def _nothing(record: Record | None) -> Point:
    tracks = say("no tracks were given" if record is None else "tracks say nothing of it")
    why = say("It states no two numbers that could be compared, and {tracks}.", tracks=tracks)
    return Point(say("seen in tracks"), Verdict.NOT_CHECKABLE, (why,))


def _items(statement: Statement, reading: Reading) -> list[Point]:
    """Return what is to be said of a count by the items listed for it, each with its own evidence."""
    count, items = reading.quantities.get("count"), statement.items
    with_evidence = sum(bool(item.evidence or item.url) for item in items)
    numbers = {"items": len(items), "items_with_evidence": with_evidence}
    what, verdict = say("items"), Verdict.NOT_SHOWN
    if not items:
        if count is None:
            return []
        why = say("{count} stated; none is listed by itself.", count=count.text)
        return [Point(what, verdict, (why,), numbers)]
    listed = say(
        "{items} listed, {some} of them with evidence of their own",
        items=str(len(items)), some=str(with_evidence),
    )  # fmt: skip
    if count is None:
        why = say("{listed}.", listed=listed)
    elif len(items) > count.high_value:
        verdict = Verdict.SELF_INCONSISTENT
        why = say("{listed}: more than the {count} stated.", listed=listed, count=count.text)
    else:
        why = say("{count} stated; {listed}.", count=count.text, listed=listed)
    return [Point(what, verdict, (why,), numbers)]


def _notes(
    statement: Statement, shape: Shape | None, shapes: Sequence[Figure], record: Record | None
) -> list[str]:
    notes: list[str] = []
    if statement.zone_id and shape is None:
        notes.append(say(
            "No zone {zone} was given: its numbers were compared without a place.",
            zone=repr(statement.zone_id),
        ))  # fmt: skip
    elif shape is not None and not shapes:
        notes.append(say(
            "The zone holds a pole, reaches too far or is too intricate: no paths through it were tried, and "
            "the numbers were compared by arithmetic alone."
        ))  # fmt: skip
    off = [s.simplified_m for s in shapes]
    if off and max(off) > 10.0:
        within = wording.length((max(off),) * 2)
        notes.append(say("For the paths the outline was simplified to within {length}.", length=within))
    place = statement.closest_to
    if place is not None and shape is not None and (off_m := shape.lateral_of(*place)) < 0.0:
        notes.append(_place(statement, off_m))
    if statement.inside is Inside.NEVER and record is None:
        notes.append(say("It denies: only tracks or other evidence can show or refute that, no arithmetic."))
    if len(statement.readings) > 1:
        notes.append(say("It can be read in several ways; it stands as long as one of them does."))
    return notes


def _place(statement: Statement, off_m: float) -> str:
    """Return what a distance from a place inside the zone says of being inside."""
    name = statement.closest_name
    place = f"{name[0].upper()}{name[1:]}" if name else say("The place that it names")
    away = wording.length((-off_m, -off_m))
    told = say("{place} is inside the zone, {away} from its nearest boundary", place=place, away=away)
    stated = statement.readings[0].quantities.get("closest")
    if stated is None or stated.low_value <= 0.0:
        return say("{told}.", told=told)
    if stated.low_value < -off_m:
        least = wording.length((stated.low_value, stated.low_value))
        return say(
            "{told}: who is {least} from it is still inside. The distance alone does not say outside.",
            told=told, least=least,
        )  # fmt: skip
    return say("{told}: so far from it one may be outside, or inside elsewhere.", told=told)
