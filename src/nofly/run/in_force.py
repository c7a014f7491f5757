"""When a zone is watched, beside its own validity."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

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
