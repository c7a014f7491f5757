"""Zones in words: what one is, and what differs between two sets of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from nofly.geo.geodesic import length_and_azimuths
from nofly.run.outputs.text import clock, place, printable, zone_words
from nofly.units import M_PER_NM, feet, nautical_miles
from nofly.zones import schedule
from nofly.zones.model import Arc, Circle, Corridor, Footprint, Limit, Polygon, Volume, Zone
from nofly.zones.predicates import told_all
from nofly.zones.rules import Clearance, Exemption, Rule
from nofly.zones.sentence import Sentence, joined, say

_PLAIN = {
    "name": say("name"), "kind": say("kind"), "country": say("country"), "message": say("message"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Change:
    """What became of one zone: ``added``, ``removed`` or ``changed``, and for a change each difference."""

    kind: str
    zone_id: str
    name: str
    edition: int
    differences: tuple[str, ...] = ()


def compare(old: Sequence[Zone], new: Sequence[Zone]) -> list[Change]:
    """Return what changed from one set of zones to another, in order of id; zones are paired by id, and where
    several have one id, by edition and first day."""
    changes: list[Change] = []
    before, after = _by_id(old), _by_id(new)
    for zone_id in sorted({*before, *after}):
        pairs, gone, come = _paired(before.get(zone_id, []), after.get(zone_id, []))
        changes += [Change("removed", z.id, z.name, z.edition) for z in gone]
        changes += [Change("added", z.id, z.name, z.edition) for z in come]
        for a, b in pairs:
            if a.zone_hash != b.zone_hash:
                said = tuple(differences(a, b)) or ("something that words do not show: the hashes differ",)
                changes.append(Change("changed", b.id, b.name, b.edition, said))
    return changes


def _by_id(zones: Sequence[Zone]) -> dict[str, list[Zone]]:
    out: dict[str, list[Zone]] = {}
    for zone in zones:
        out.setdefault(zone.id, []).append(zone)
    return out


def _paired(old: list[Zone], new: list[Zone]) -> tuple[list[tuple[Zone, Zone]], list[Zone], list[Zone]]:
    """Return pairs, and what is left over on either side."""
    if len(old) == len(new) == 1:
        return [(old[0], new[0])], [], []
    pairs, left = [], list(old)
    come = []
    for zone in new:
        match = next((z for z in left if z.zone_hash == zone.zone_hash), None) or next(
            (z for z in left if (z.edition, z.valid_from_us) == (zone.edition, zone.valid_from_us)), None
        )
        if match is None:
            come.append(zone)
        else:
            left.remove(match)
            pairs.append((match, zone))
    return pairs, left, come


def differences(old: Zone, new: Zone) -> Iterator[str]:
    """Yield each difference between two zones in words: ``ceiling: FL100 → FL120``."""
    yield from map(str, told_differences(old, new))


def told_differences(old: Zone, new: Zone) -> Iterator[Sentence]:
    """Yield what :func:`differences` does, with what it is made of."""
    for name, word in _PLAIN.items():
        yield from _changed(word, getattr(old, name), getattr(new, name))
    yield from _changed(say("restriction"), old.restriction.value, new.restriction.value)
    yield from _changed(say("edition"), str(old.edition), str(new.edition))
    yield from _changed(say("in force from"), _moment(old.valid_from_us), _moment(new.valid_from_us))
    yield from _changed(say("in force until"), _moment(old.valid_to_us), _moment(new.valid_to_us))
    if old.schedule != new.schedule:
        yield _change(say("schedule"), schedule.told(old.schedule), schedule.told(new.schedule))
    yield from _changed(say("reason"), ", ".join(old.reason), ", ".join(new.reason))
    yield from _rule_differences(old.rule, new.rule)
    if len(old.volumes) != len(new.volumes):
        yield _change(say("volumes"), str(len(old.volumes)), str(len(new.volumes)))
    for k, (a, b) in enumerate(zip(old.volumes, new.volumes, strict=False)):
        for difference in _volume_differences(a, b):
            several = len(old.volumes) > 1
            yield (
                say("volume {number}, {what}", number=str(k + 1), what=difference) if several else difference
            )
    if old.authorities != new.authorities:
        yield _list_change(
            say("authorities"), [a.name for a in old.authorities], [a.name for a in new.authorities]
        )
    if old.extra != new.extra:
        before, after = dict(old.extra), dict(new.extra)
        keys = sorted(k for k in {*before, *after} if before.get(k) != after.get(k))
        yield say("other properties: {names}", names=", ".join(printable(k) for k in keys))


def _changed(name: Sentence, old: str, new: str) -> Iterator[Sentence]:
    if old != new:
        yield _change(name, printable(old) or say("none"), printable(new) or say("none"))


def _change(name: Sentence, old: str, new: str) -> Sentence:
    return say("{what}: {old} → {new}", what=name, old=old, new=new)


def _moment(time_us: int | None) -> str:
    return say("always") if time_us is None else clock(time_us)


def _list_change(name: Sentence, old: Sequence[str], new: Sequence[str]) -> Sentence:
    gone = [joined("", ["− ", printable(v)]) for v in old if v not in new]
    come = [joined("", ["+ ", printable(v)]) for v in new if v not in old]
    said = joined(", ", gone + come) if gone or come else say("details")
    return say("{what}: {how}", what=name, how=said)


def _rule_differences(old: Rule | None, new: Rule | None) -> Iterator[Sentence]:
    if old == new:
        return
    a, b = old or Rule(), new or Rule()
    if a.applies_to != b.applies_to:
        before, after = ([told_all((p,)) for p in one.applies_to] for one in (a, b))
        yield _list_change(say("applies to"), before, after)
    if a.exempt != b.exempt:
        before, after = ([_permission(e) for e in one.exempt] for one in (a, b))
        yield _list_change(say("exempt"), before, after)
    if a.cleared != b.cleared:
        before, after = ([_permission(e) for e in one.cleared] for one in (a, b))
        yield _list_change(say("cleared"), before, after)
    if a.spacing_lateral_m != b.spacing_lateral_m:
        miles = [f"{nautical_miles(one.spacing_lateral_m):.2f} NM" for one in (a, b)]
        yield _change(say("lateral spacing"), *miles)
    if a.spacing_vertical_m != b.spacing_vertical_m:
        heights = [f"{feet(one.spacing_vertical_m):,.0f} ft" for one in (a, b)]
        yield _change(say("vertical spacing"), *heights)
    if a.look_ahead_s != b.look_ahead_s:
        yield _change(say("look-ahead"), f"{a.look_ahead_s} s", f"{b.look_ahead_s} s")


def _permission(one: Exemption | Clearance) -> Sentence:
    said = [told_all(one.who)]
    if one.lower_m is not None:
        said.append(say("from {height}", height=f"{feet(one.lower_m):,.0f} ft"))
    if one.upper_m is not None:
        said.append(say("up to {height}", height=f"{feet(one.upper_m):,.0f} ft"))
    if one.start_us is not None:
        said.append(say("from {time}", time=clock(one.start_us)))
    if one.end_us is not None:
        said.append(say("until {time}", time=clock(one.end_us)))
    if one.source:
        said.append(say("source: {name}", name=one.source))
    return say("{why} ({how})", why=one.reason, how=joined("; ", said))


def _volume_differences(old: Volume, new: Volume) -> Iterator[Sentence]:
    ground, unlimited = say("ground"), say("unlimited")
    if old.lower != new.lower:
        yield _change(say("floor"), limit_text(old.lower, ground), limit_text(new.lower, ground))
    if old.upper != new.upper:
        yield _change(say("ceiling"), limit_text(old.upper, unlimited), limit_text(new.upper, unlimited))
    if old.footprint != new.footprint:
        area, moved = say("area"), _moved(old.footprint, new.footprint)
        if moved is None:
            yield _change(area, shape_text(old.footprint), shape_text(new.footprint))
        else:
            yield say("{what}: {how}", what=area, how=moved)


def limit_text(limit: Limit | None, none: str) -> str:
    """Return a limit as published, with metres and datum where the text does not say it all."""
    if limit is None:
        return none
    return f"{printable(limit.text)} ({feet(limit.value_m):,.0f} ft {limit.datum.value})"


def shape_text(footprint: Footprint) -> Sentence:
    """Return a footprint in a few words."""
    if isinstance(footprint, Circle):
        size, about = _length(footprint.radius_m), place(*footprint.centre)
        return say("circle of {size} about {place}", size=size, place=about)
    if isinstance(footprint, Corridor):
        count, wide = str(len(footprint.path)), _length(2 * footprint.half_width_m)
        return say("corridor of {count} points, {width} wide", count=count, width=wide)
    arcs = sum(isinstance(p, Arc) for p in footprint.exterior)
    points, holes = len(footprint.exterior) - arcs, len(footprint.holes)
    parts = [_many(points, "{count} point", "{count} points")] if points else []
    parts += [_many(arcs, "{count} arc", "{count} arcs")] if arcs else []
    parts += [_many(holes, "{count} hole", "{count} holes")] if holes else []
    kind = footprint.edge_kind.value.lower()
    return say("polygon of {parts}, {kind} edges", parts=joined(", ", parts), kind=say(_EDGES[kind]))


_EDGES = {"geodesic": "geodesic", "planar": "planar", "parallel": "parallel"}


def _many(count: int, one: str, more: str) -> Sentence:
    return say(one if count == 1 else more, count=f"{count:,}")


def _moved(old: Footprint, new: Footprint) -> Sentence | None:
    """Return how far the points of two polygons alike moved; None where they are not alike."""
    if not (isinstance(old, Polygon) and isinstance(new, Polygon)):
        return None
    if len(old.exterior) != len(new.exterior) or old.holes != new.holes or old.edge_kind != new.edge_kind:
        return None
    shifts = []
    for a, b in zip(old.exterior, new.exterior, strict=True):
        if a == b:
            continue
        if isinstance(a, Arc) or isinstance(b, Arc):
            return None
        shifts.append(length_and_azimuths(*a, *b)[0])
    if not shifts:
        return None
    moved, of = str(len(shifts)), str(len(old.exterior))
    words = "{moved} of {all} points moved, by at most {far}"
    return say(words, moved=moved, all=of, far=_length(max(shifts)))


def _length(length_m: float) -> str:
    if length_m < 0.1 * M_PER_NM:
        return f"{length_m:.3g} m"
    return f"{nautical_miles(length_m):.2f} NM ({length_m / 1000:.2f} km)"


def sentences(zone: Zone) -> list[str]:
    """Return a zone in words, one fact a line."""
    return [printable(str(line)) for line in told(zone)]


def told(zone: Zone) -> Iterator[Sentence]:
    """Yield what :func:`sentences` returns, with what it is made of."""
    yield joined("", [zone_words(zone.id, zone.name)])
    kind = say(", kind {name}", name=printable(zone.kind)) if zone.kind else ""
    yield say("restriction: {word}{kind}", word=zone.restriction.value, kind=kind)
    for k, volume in enumerate(zone.volumes):
        lower = limit_text(volume.lower, say("ground"))
        upper = limit_text(volume.upper, say("unlimited"))
        shape = say(
            "{shape}; from {lower} to {upper}", shape=shape_text(volume.footprint), lower=lower, upper=upper
        )
        several = len(zone.volumes) > 1
        yield say("volume {number}: {what}", number=str(k + 1), what=shape) if several else shape
    yield say("active: {when}", when=schedule.told(zone.schedule))
    yield say("edition {number}, in force{span}", number=str(zone.edition), span=_span(zone))
    rule = zone.rule or Rule()
    if rule.applies_to:
        named = told_all(rule.applies_to[:1])
        for one in rule.applies_to[1:]:
            named = say("{one}; or {other}", one=named, other=told_all((one,)))
        yield say("applies to: {who}", who=named)
    for exempt in rule.exempt:
        yield say("exempt: {who}", who=_permission(exempt))
    for cleared in rule.cleared:
        yield say("cleared: {who}", who=_permission(cleared))
    yield from _kept(zone)


def _span(zone: Zone) -> Sentence:
    since_us, until_us = zone.valid_from_us, zone.valid_to_us
    parts = [say(" from {time}", time=clock(since_us))] if since_us is not None else []
    parts += [say(" until {time}", time=clock(until_us))] if until_us is not None else []
    return joined("", parts) if parts else say(" always")


def _kept(zone: Zone) -> Iterator[Sentence]:
    """Yield what a zone says besides where, when and for whom it holds."""
    for authority in zone.authorities:
        told = (authority.name, authority.service, authority.phone, authority.email, authority.site_url)
        yield say("authority: {name}", name=", ".join(text for text in told if text))
    if zone.reason:
        yield say("reason: {words}", words=", ".join(zone.reason))
    if zone.message:
        yield say("message: {words}", words=zone.message)
    for key, value in zone.extra:
        yield say("{key} (kept, not used): {value}", key=key, value=value)
    if zone.source.format or zone.source.locator:
        yield say("source: {name}", name=f"{zone.source.format} {zone.source.locator}".rstrip())
    yield say("hash: {digits}", digits=zone.zone_hash)
