"""When a zone is watched, beside its own validity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from nofly.run.judging.stays import edition_changes
from nofly.zones.model import Zone


class InForce(NamedTuple):
    """From and until when a zone is watched, beside its own validity; None is always."""

    since_us: int | None = None
    until_us: int | None = None


def restricted(zone: Zone, force: InForce) -> Zone:
    """Return a zone as it is valid while it is watched. Its hash is not that of the law."""
    if force == InForce():
        return zone
    since = [t for t in (zone.valid_from_us, force.since_us) if t is not None]
    until = [t for t in (zone.valid_to_us, force.until_us) if t is not None]
    return replace(zone, valid_from_us=max(since, default=None), valid_to_us=min(until, default=None))


def watched(seen: Sequence[Zone], outlines: Mapping[int, int], in_force: Sequence[InForce]) -> list[Zone]:
    """Return the zones that the kernel sees as they are watched; an outline (zone → its outline, by number)
    is while its zone is."""
    of = {outline: zone for zone, outline in outlines.items()}
    return [restricted(zone, in_force[of.get(k, k)]) for k, zone in enumerate(seen)]


def changes_us(law: Sequence[Zone], in_force: Sequence[InForce]) -> dict[str, set[int]]:
    """Return for each zone id the instants at which the law changes: one edition follows another, or what is
    watched is something else."""
    changes = edition_changes(law)
    for zone, force in zip(law, in_force, strict=True):
        changes.setdefault(zone.id, set()).update(t for t in force if t is not None)
    return changes
