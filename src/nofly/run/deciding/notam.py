"""A zone as the text of NOTAMs: Q line and items A to G.

What takes more than one message is several NOTAMs, each with a number of its own and ``PART 2 OF 3`` in item
A, as offices do (W0902/22 of Switzerland). Numbers and FIRs are for the issuing office to give.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from nofly.errors import InputError
from nofly.formats._edges import subdivided
from nofly.run.deciding import notam_words as words
from nofly.run.deciding.notam_circle import WHOLE_NM, holding
from nofly.run.deciding.notam_hours import windows
from nofly.zones.model import Arc, Circle, Corridor, EdgeKind, Footprint, Restriction, Ring, Volume, Zone
from nofly.zones.predicates import describe_all, describe_predicate
from nofly.zones.rules import Clearance, Exemption, Rule
from nofly.zones.schedule import Window

MOST_FIRS = 7
"""In one message (Doc 8126)."""
MOST_PARTS = 99
_AGAIN = "E) CONTINUED FROM THE PART BEFORE:"
_FIR, _NUMBER, _CODE = (
    re.compile(r"[A-Z]{4}"),
    re.compile(r"[A-Z][0-9]{4}/[0-9]{2}"),
    re.compile(r"Q[A-Z]{4}"),
)
_TRAFFIC, _SCOPES = ("I", "V", "IV"), ("A", "E", "W", "AE", "AW")
_PURPOSE = re.compile(r"(?=.)N?B?O?|M|K")
_SUBJECTS = {
    Restriction.PROHIBITED: "PROHIBITED AREA",
    Restriction.REQ_AUTHORISATION: "RESTRICTED AREA, PERMISSION REQUIRED",
    Restriction.CONDITIONAL: "RESTRICTED AREA, ENTRY ON CONDITIONS",
}


@dataclass(frozen=True, slots=True)
class Heading:
    """What the issuing office gives."""

    firs: tuple[str, ...]
    """Location indicators of the FIRs concerned."""
    numbers: tuple[str, ...]
    """Series, number and year of each NOTAM that it takes: ``A0003/23``."""
    replaces: tuple[str, ...] = ()
    """The NOTAMs that the first ones take the place of."""
    q_code: str = ""
    """The Q code; empty: of a prohibited (QRPCA), restricted (QRRCA) or temporary restricted area (QRTCA)."""
    traffic: str = "IV"
    purpose: str = "BO"
    scope: str = "W"
    whole: bool = False
    """The zone is all of the FIRs: its circle is 999, and the text names them in place of coordinates."""
    estimated: bool = False
    """The end is an estimate (EST)."""
    text: str = ""
    """Item E; empty: made of the zone."""


class Piece(NamedTuple):
    """What one NOTAM can say of a zone: volumes of the same limits, and one window."""

    volumes: tuple[Volume, ...]
    window: Window


def notams(zone: Zone, heading: Heading) -> list[str]:
    """Return the messages, each in its brackets and in lines of at most 69 characters.

    One where it suffices. Volumes of other limits, other windows, and more hours or text than one message
    holds are NOTAMs of their own, told apart in item A: ``PART 2 OF 3``. Item B is when the validity begins,
    item C when it ends, PERM where it does not; hours on another clock are converted to UTC. Raises
    InputError for a heading that is none, fewer or more numbers than NOTAMs, and for what a NOTAM cannot say
    of the zone: KEEP_IN, a clock that changes within the span, an exemption with limits.
    """
    _check(heading)
    if zone.restriction not in _SUBJECTS:
        raise InputError(f"a NOTAM cannot say {zone.restriction.value}", expected="a zone that keeps out")
    by_limits: dict[tuple[str, str], list[Volume]] = {}
    for volume in zone.volumes:
        by_limits.setdefault(_limits(volume), []).append(volume)
    pieces = [Piece(tuple(some), window) for some in by_limits.values() for window in windows(zone)]
    texts = [(piece, text) for piece in pieces for text in _texts(zone, piece, heading)]
    _check_count(heading, len(texts))
    return [_message(zone, piece, heading, k, len(texts), text) for k, (piece, text) in enumerate(texts)]


def _texts(zone: Zone, piece: Piece, heading: Heading) -> Iterator[list[str]]:
    """Yield item E in lines, as many at a time as a message holds."""
    given = words.plain(heading.text) if heading.text else _text(zone, piece, heading)
    # The longest that surrounds it: two digits of parts, and another NOTAM that it replaces.
    widest = replace(heading, numbers=heading.numbers[:1] * MOST_PARTS, replaces=("A0000/00",) * MOST_PARTS)
    room = words.MESSAGE_CHARACTERS - len(_message(zone, piece, widest, MOST_PARTS - 1, MOST_PARTS, []))
    said: list[str] = []
    for line in words.lines(f"E) {given}"):
        if sum(len(one) + 1 for one in said) + len(line) + 1 > room:
            yield said
            said = [_AGAIN]
        said.append(line)
    yield said


def _message(zone: Zone, piece: Piece, heading: Heading, k: int, count: int, text: list[str]) -> str:
    """Return a message; it is the part ``k`` (from 0) of ``count``."""
    lower, upper = _limits(piece.volumes[0])
    begin = words.moment(piece.window.start_us or 0, end=False)
    end_us = piece.window.end_us
    end = "PERM" if end_us is None else words.moment(end_us, end=True)
    if end <= begin:
        raise InputError("a NOTAM ends where it begins", expected="a span of at least a minute")
    hours = words.schedule(piece.window.periods)
    estimated = " EST" if heading.estimated else ""
    kind = f"NOTAMR {heading.replaces[k]}" if k < len(heading.replaces) else "NOTAMN"
    part = f" PART {k + 1} OF {count}" if count > 1 else ""
    said = [
        f"({heading.numbers[k]} {kind}", f"Q) {_q_line(zone, piece, heading)}",
        *words.lines(f"A) {' '.join(heading.firs)}{part} B) {begin} C) {end}{estimated}"),
        *(words.lines(f"D) {hours}") if hours else []), *text, f"F) {lower} G) {upper})",
    ]  # fmt: skip
    return "\n".join(said) + "\n"


def _check_count(heading: Heading, count: int) -> None:
    if len(heading.numbers) != count:
        raise InputError(
            f"the zone takes {count} NOTAMs and {len(heading.numbers)} are numbered",
            expected="a number for each, or a text that says where the area is published",
        )
    if len(heading.replaces) > count:
        raise InputError(
            f"{heading.replaces[count]} would be replaced by none", expected=f"{count} at most; cancel it"
        )


def _check(heading: Heading) -> None:
    for what, found in (
        ("a FIR such as UKBV", all(_FIR.fullmatch(fir) for fir in heading.firs) and bool(heading.firs)),
        (f"{MOST_FIRS} FIRs at most, each once", len(set(heading.firs)) == len(heading.firs) <= MOST_FIRS),
        ("a number such as A0003/23", all(_NUMBER.fullmatch(one) for one in heading.numbers)),
        ("each number once", len({*heading.numbers}) == len(heading.numbers) > 0),
        ("the numbers of what they replace", all(_NUMBER.fullmatch(one) for one in heading.replaces)),
        ("a Q code such as QRPCA", not heading.q_code or _CODE.fullmatch(heading.q_code)),
        (f"traffic {', '.join(_TRAFFIC)}", heading.traffic in _TRAFFIC),
        ("a purpose such as NBO, BO or M", _PURPOSE.fullmatch(heading.purpose)),
        (f"a scope {', '.join(_SCOPES)}", heading.scope in _SCOPES),
    ):  # fmt: skip
        if not found:
            raise InputError("the heading of the NOTAM", expected=what)


def _q_line(zone: Zone, piece: Piece, heading: Heading) -> str:
    firs = heading.firs
    countries = {fir[:2] for fir in firs}
    if len(countries) > 1:
        raise InputError("FIRs of several countries", expected="a NOTAM for each country")
    ends = piece.window.end_us is not None
    code = heading.q_code or (
        "QRPCA" if zone.restriction is Restriction.PROHIBITED else "QRTCA" if ends else "QRRCA"
    )
    circle = holding([volume.footprint for volume in piece.volumes])
    if heading.whole:
        circle = circle._replace(radius_nm=WHOLE_NM)
    levels = [
        (words.level(volume.lower, upper=False), words.level(volume.upper, upper=True))
        for volume in piece.volumes
    ]
    lower, upper = min(low for low, _ in levels), max(high for _, high in levels)
    return "/".join(
        (
            firs[0] if len(firs) == 1 else f"{countries.pop()}XX", code, heading.traffic, heading.purpose,
            heading.scope, f"{lower:03d}", f"{upper:03d}", circle.text,
        )
    )  # fmt: skip


def _limits(volume: Volume) -> tuple[str, str]:
    return words.limit(volume.lower, upper=False), words.limit(volume.upper, upper=True)


def _text(zone: Zone, piece: Piece, heading: Heading) -> str:
    name = words.plain(zone.name or zone.id)
    subject = _SUBJECTS[zone.restriction]
    if heading.whole:
        where = f"WITHIN FIR {', '.join(heading.firs)}"
    else:
        where = ".\n".join(_area(volume.footprint) for volume in piece.volumes)
    parts = [f"{subject} ESTABLISHED: {name}.", f"{where}."]
    parts += [f"{words.plain(text)}." for text in _rule(zone.rule or Rule())]
    if zone.message:
        parts.append(words.plain(zone.message))
    return "\n".join(parts)


def _rule(rule: Rule) -> Iterator[str]:
    """Yield to whom it applies and whom it excepts. Raises InputError for permissions with limits."""
    if rule.applies_to:
        yield "APPLIES TO " + " OR ".join(describe_predicate(one) for one in rule.applies_to)
    permits: tuple[Exemption | Clearance, ...] = (*rule.exempt, *rule.cleared)
    for one in permits:
        if (one.lower_m, one.upper_m, one.start_us, one.end_us) != (None, None, None, None):
            raise InputError("a NOTAM cannot say an exemption with limits", expected="a text of your own")
        yield f"EXC {one.reason} (" + describe_all(one.who) + ")"


def _area(shape: Footprint) -> str:
    if isinstance(shape, Circle):
        return f"CIRCLE RADIUS {words.length(shape.radius_m)} CENTRED ON {words.point(shape.centre)}"
    if isinstance(shape, Corridor):
        path = subdivided(shape.path, shape.edge_kind, EdgeKind.GEODESIC, closed=False)
        return f"WITHIN {words.length(shape.half_width_m)} OF LINE {_line(path)}"
    area = f"AREA BOUNDED BY {_ring(shape.exterior, shape.edge_kind)}"
    return area + "".join(f" EXCEPT AREA BOUNDED BY {_ring(hole, shape.edge_kind)}" for hole in shape.holes)


def _ring(ring: Ring, kind: EdgeKind) -> str:
    corners = [part for part in ring if not isinstance(part, Arc)]
    if len(corners) != len(ring):
        raise InputError(
            "a NOTAM cannot say this boundary with arcs", expected="a text of your own, or no arcs"
        )
    line = subdivided(corners, kind, EdgeKind.GEODESIC, closed=True)
    return _line([*line, line[0]])


def _line(points: Sequence[tuple[float, float]]) -> str:
    return " - ".join(words.point(one).replace(" ", words.UNBROKEN) for one in points)
