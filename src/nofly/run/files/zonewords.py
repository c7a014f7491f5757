"""Zones in words: what one is, and what differs between two sets of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from nofly.geo.geodesic import length_and_azimuths
from nofly.run.outputs.text import clock, many, place, printable, zone_words
from nofly.units import M_PER_NM, feet, nautical_miles
from nofly.zones.model import Arc, Circle, Corridor, Footprint, Limit, Polygon, Volume, Zone
from nofly.zones.predicates import describe_all
from nofly.zones.rules import Clearance, Exemption, Rule
from nofly.zones.schedule import describe

_PLAIN = ("name", "kind", "country", "message")


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
                told = tuple(differences(a, b)) or ("something that words do not show: the hashes differ",)
                changes.append(Change("changed", b.id, b.name, b.edition, told))
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
    for name in _PLAIN:
        yield from _changed(name, getattr(old, name), getattr(new, name))
    yield from _changed("restriction", old.restriction.value, new.restriction.value)
    yield from _changed("edition", str(old.edition), str(new.edition))
    yield from _changed("in force from", _moment(old.valid_from_us), _moment(new.valid_from_us))
    yield from _changed("in force until", _moment(old.valid_to_us), _moment(new.valid_to_us))
    yield from _changed(
        "schedule", describe(old.schedule), describe(new.schedule), old.schedule != new.schedule
    )
    yield from _changed("reason", ", ".join(old.reason), ", ".join(new.reason))
    yield from _rule_differences(old.rule, new.rule)
    if len(old.volumes) != len(new.volumes):
        yield f"volumes: {len(old.volumes)} → {len(new.volumes)}"
    for k, (a, b) in enumerate(zip(old.volumes, new.volumes, strict=False)):
        prefix = f"volume {k + 1}, " if len(old.volumes) > 1 else ""
        for difference in _volume_differences(a, b):
            yield prefix + difference
    if old.authorities != new.authorities:
        yield _list_change(
            "authorities", [a.name for a in old.authorities], [a.name for a in new.authorities]
        )
    if old.extra != new.extra:
        before, after = dict(old.extra), dict(new.extra)
        keys = sorted(k for k in {*before, *after} if before.get(k) != after.get(k))
        yield f"other properties: {', '.join(printable(k) for k in keys)}"


def _changed(name: str, old: str, new: str, differs: bool | None = None) -> Iterator[str]:
    if (old != new) if differs is None else differs:
        yield f"{name}: {printable(old) or 'none'} → {printable(new) or 'none'}"


def _moment(time_us: int | None) -> str:
    return "always" if time_us is None else clock(time_us)


def _list_change(name: str, old: Sequence[str], new: Sequence[str]) -> str:
    gone = [f"− {printable(v)}" for v in old if v not in new]
    come = [f"+ {printable(v)}" for v in new if v not in old]
    return f"{name}: {', '.join(gone + come) or 'details'}"


def _rule_differences(old: Rule | None, new: Rule | None) -> Iterator[str]:
    if old == new:
        return
    a, b = old or Rule(), new or Rule()
    if a.applies_to != b.applies_to:
        yield _list_change(
            "applies to",
            [describe_all((p,)) for p in a.applies_to],
            [describe_all((p,)) for p in b.applies_to],
        )
    if a.exempt != b.exempt:
        yield _list_change("exempt", [_permission(e) for e in a.exempt], [_permission(e) for e in b.exempt])
    if a.cleared != b.cleared:
        yield _list_change(
            "cleared", [_permission(e) for e in a.cleared], [_permission(e) for e in b.cleared]
        )
    if a.spacing_lateral_m != b.spacing_lateral_m:
        miles = (nautical_miles(a.spacing_lateral_m), nautical_miles(b.spacing_lateral_m))
        yield f"lateral spacing: {miles[0]:.2f} NM → {miles[1]:.2f} NM"
    if a.spacing_vertical_m != b.spacing_vertical_m:
        yield f"vertical spacing: {feet(a.spacing_vertical_m):,.0f} ft → {feet(b.spacing_vertical_m):,.0f} ft"
    if a.look_ahead_s != b.look_ahead_s:
        yield f"look-ahead: {a.look_ahead_s} s → {b.look_ahead_s} s"


def _permission(one: Exemption | Clearance) -> str:
    said = [describe_all(one.who)]
    if one.lower_m is not None:
        said.append(f"from {feet(one.lower_m):,.0f} ft")
    if one.upper_m is not None:
        said.append(f"up to {feet(one.upper_m):,.0f} ft")
    if one.start_us is not None:
        said.append(f"from {clock(one.start_us)}")
    if one.end_us is not None:
        said.append(f"until {clock(one.end_us)}")
    if one.source:
        said.append(f"source: {one.source}")
    return f"{one.reason} ({'; '.join(said)})"


def _volume_differences(old: Volume, new: Volume) -> Iterator[str]:
    if old.lower != new.lower:
        yield f"floor: {limit_text(old.lower, 'ground')} → {limit_text(new.lower, 'ground')}"
    if old.upper != new.upper:
        yield f"ceiling: {limit_text(old.upper, 'unlimited')} → {limit_text(new.upper, 'unlimited')}"
    if old.footprint != new.footprint:
        moved = _moved(old.footprint, new.footprint)
        yield f"area: {moved or f'{shape_text(old.footprint)} → {shape_text(new.footprint)}'}"


def limit_text(limit: Limit | None, none: str) -> str:
    """Return a limit as published, with metres and datum where the text does not say it all."""
    if limit is None:
        return none
    return f"{printable(limit.text)} ({feet(limit.value_m):,.0f} ft {limit.datum.value})"


def shape_text(footprint: Footprint) -> str:
    """Return a footprint in a few words."""
    if isinstance(footprint, Circle):
        return f"circle of {_length(footprint.radius_m)} about {place(*footprint.centre)}"
    if isinstance(footprint, Corridor):
        return f"corridor of {len(footprint.path)} points, {_length(2 * footprint.half_width_m)} wide"
    arcs = sum(isinstance(p, Arc) for p in footprint.exterior)
    points, holes = len(footprint.exterior) - arcs, len(footprint.holes)
    parts = [f"polygon of {many(points, 'point') if points or not arcs else many(arcs, 'arc')}"]
    parts += [many(arcs, "arc")] if arcs and points else []
    parts += [many(holes, "hole")] if holes else []
    return f"{', '.join(parts)}, {footprint.edge_kind.value.lower()} edges"


def _moved(old: Footprint, new: Footprint) -> str:
    """Return how far the points of two polygons alike moved; nothing where they are not alike."""
    if not (isinstance(old, Polygon) and isinstance(new, Polygon)):
        return ""
    if len(old.exterior) != len(new.exterior) or old.holes != new.holes or old.edge_kind != new.edge_kind:
        return ""
    shifts = []
    for a, b in zip(old.exterior, new.exterior, strict=True):
        if a == b:
            continue
        if isinstance(a, Arc) or isinstance(b, Arc):
            return ""
        shifts.append(length_and_azimuths(*a, *b)[0])
    return (
        f"{len(shifts)} of {len(old.exterior)} points moved, by at most {_length(max(shifts))}"
        if shifts
        else ""
    )


def _length(length_m: float) -> str:
    if length_m < 0.1 * M_PER_NM:
        return f"{length_m:.3g} m"
    return f"{nautical_miles(length_m):.2f} NM ({length_m / 1000:.2f} km)"


def sentences(zone: Zone) -> list[str]:
    """Return a zone in words, one fact a line."""
    lines = [
        zone_words(zone.id, zone.name),
        f"restriction: {zone.restriction.value}" + (f", kind {printable(zone.kind)}" if zone.kind else ""),
    ]
    for k, volume in enumerate(zone.volumes):
        prefix = f"volume {k + 1}: " if len(zone.volumes) > 1 else ""
        lower, upper = limit_text(volume.lower, "ground"), limit_text(volume.upper, "unlimited")
        lines.append(f"{prefix}{shape_text(volume.footprint)}; from {lower} to {upper}")
    lines.append(f"active: {describe(zone.schedule)}")
    until = f" until {clock(zone.valid_to_us)}" if zone.valid_to_us is not None else ""
    since = f" from {clock(zone.valid_from_us)}" if zone.valid_from_us is not None else ""
    lines.append(f"edition {zone.edition}, in force{since}{until or ('' if since else ' always')}")
    rule = zone.rule or Rule()
    if rule.applies_to:
        lines.append(f"applies to: {'; or '.join(describe_all((p,)) for p in rule.applies_to)}")
    lines += [f"exempt: {_permission(one)}" for one in rule.exempt]
    lines += [f"cleared: {_permission(one)}" for one in rule.cleared]
    for authority in zone.authorities:
        told = (authority.name, authority.service, authority.phone, authority.email, authority.site_url)
        lines.append(f"authority: {', '.join(text for text in told if text)}")
    if zone.reason:
        lines.append(f"reason: {', '.join(zone.reason)}")
    if zone.message:
        lines.append(f"message: {zone.message}")
    lines += [f"{key} (kept, not used): {value}" for key, value in zone.extra]
    if zone.source.format or zone.source.locator:
        lines.append(f"source: {zone.source.format} {zone.source.locator}".rstrip())
    lines.append(f"hash: {zone.zone_hash}")
    return [printable(line) for line in lines]
