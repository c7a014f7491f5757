"""A zone as the text of a NOTAM: Q line and items A to G.

A text of one message; what takes more is refused. The numbers of series and the FIRs are for the issuing
office to give.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from nofly.errors import InputError
from nofly.formats._edges import subdivided
from nofly.run.deciding import notam_words as words
from nofly.run.deciding.notam_circle import WHOLE_NM, holding
from nofly.zones.model import Arc, Circle, Corridor, EdgeKind, Footprint, Restriction, Ring, Zone
from nofly.zones.predicates import describe_all, describe_predicate
from nofly.zones.rules import Clearance, Exemption, Rule
from nofly.zones.schedule import Schedule, Window

MOST_FIRS = 7
"""In one message (Doc 8126)."""
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
    number: str
    """Series, number and year: ``A0003/23``."""
    replaces: str = ""
    """The NOTAM that this one takes the place of."""
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


def notam(zone: Zone, heading: Heading) -> str:
    """Return the message in its brackets, in lines of at most 69 characters.

    Item B is when the zone's validity begins, item C when it ends, PERM where it does not. Raises InputError
    for a heading that is none, and for what a NOTAM cannot say of the zone: KEEP_IN, several windows or pairs
    of limits, hours on a clock other than UTC, a text beyond 1,800 characters.
    """
    _check(heading)
    if zone.restriction not in _SUBJECTS:
        raise InputError(f"a NOTAM cannot say {zone.restriction.value}", expected="a zone that keeps out")
    lower, upper = _limits(zone)
    window = _window(zone)
    if window.start_us is None:
        raise InputError(
            "a NOTAM without a beginning", locator="valid_from", expected="a time from which it holds"
        )
    kind = f"NOTAMR {heading.replaces}" if heading.replaces else "NOTAMN"
    begin = words.moment(window.start_us, end=False)
    end = "PERM" if window.end_us is None else words.moment(window.end_us, end=True)
    if end <= begin:
        raise InputError("a NOTAM ends where it begins", expected="a span of at least a minute")
    hours = words.schedule(window.periods)
    said = [
        f"({heading.number} {kind}", f"Q) {_q_line(zone, heading, window.end_us is not None)}",
        f"A) {' '.join(heading.firs)} B) {begin} C) {end}{' EST' if heading.estimated else ''}",
        *(words.lines(f"D) {hours}") if hours else []),
        *words.lines("E) " + (words.plain(heading.text) if heading.text else _text(zone, heading))),
        f"F) {lower} G) {upper})",
    ]  # fmt: skip
    message = "\n".join(said)
    if len(message) > words.MESSAGE_CHARACTERS:
        raise InputError(
            f"the NOTAM has {len(message):,} characters",
            expected=f"{words.MESSAGE_CHARACTERS:,}: a text that says where the area is published",
        )
    return message + "\n"


def _check(heading: Heading) -> None:
    for what, found in (
        ("a FIR such as UKBV", all(_FIR.fullmatch(fir) for fir in heading.firs) and bool(heading.firs)),
        (f"{MOST_FIRS} FIRs at most, each once", len(set(heading.firs)) == len(heading.firs) <= MOST_FIRS),
        ("a number such as A0003/23", _NUMBER.fullmatch(heading.number)),
        ("the number of what it replaces", not heading.replaces or _NUMBER.fullmatch(heading.replaces)),
        ("a Q code such as QRPCA", not heading.q_code or _CODE.fullmatch(heading.q_code)),
        (f"traffic {', '.join(_TRAFFIC)}", heading.traffic in _TRAFFIC),
        ("a purpose such as NBO, BO or M", _PURPOSE.fullmatch(heading.purpose)),
        (f"a scope {', '.join(_SCOPES)}", heading.scope in _SCOPES),
    ):  # fmt: skip
        if not found:
            raise InputError("the heading of the NOTAM", expected=what)


def _q_line(zone: Zone, heading: Heading, ends: bool) -> str:
    firs = heading.firs
    countries = {fir[:2] for fir in firs}
    if len(countries) > 1:
        raise InputError("FIRs of several countries", expected="a NOTAM for each country")
    code = heading.q_code or (
        "QRPCA" if zone.restriction is Restriction.PROHIBITED else "QRTCA" if ends else "QRRCA"
    )
    circle = holding([volume.footprint for volume in zone.volumes])
    if heading.whole:
        circle = circle._replace(radius_nm=WHOLE_NM)
    levels = [
        (words.level(volume.lower, upper=False), words.level(volume.upper, upper=True))
        for volume in zone.volumes
    ]
    lower, upper = min(low for low, _ in levels), max(high for _, high in levels)
    return "/".join(
        (
            firs[0] if len(firs) == 1 else f"{countries.pop()}XX", code, heading.traffic, heading.purpose,
            heading.scope, f"{lower:03d}", f"{upper:03d}", circle.text,
        )
    )  # fmt: skip


def _limits(zone: Zone) -> tuple[str, str]:
    pairs = {
        (words.limit(volume.lower, upper=False), words.limit(volume.upper, upper=True))
        for volume in zone.volumes
    }
    if len(pairs) > 1:
        raise InputError("a NOTAM cannot say volumes of different limits", expected="a zone for each")
    return pairs.pop()


def _window(zone: Zone) -> Window:
    """Return the one window in which the zone holds, within its validity."""
    schedule = zone.schedule or Schedule((Window(),))
    if len(schedule.windows) != 1 or not schedule.windows[0].certain:
        raise InputError("a NOTAM cannot say several windows, or none", expected="one, with its hours")
    window = schedule.windows[0]
    if window.periods and schedule.time_zone != "UTC":
        raise InputError(f"hours on the clock of {schedule.time_zone}", expected="UTC")
    starts = [us for us in (window.start_us, zone.valid_from_us) if us is not None]
    ends = [us for us in (window.end_us, zone.valid_to_us) if us is not None]
    return Window(max(starts, default=None), min(ends, default=None), window.periods)


def _text(zone: Zone, heading: Heading) -> str:
    name = words.plain(zone.name or zone.id)
    subject = _SUBJECTS[zone.restriction]
    if heading.whole:
        where = f"WITHIN FIR {', '.join(heading.firs)}"
    else:
        where = ".\n".join(_area(volume.footprint) for volume in zone.volumes)
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
    return " - ".join(words.point(one) for one in points)
