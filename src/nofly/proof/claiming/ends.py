"""How a way inside begins and ends: through the lateral boundary, or anywhere."""

from __future__ import annotations

from enum import IntEnum

from nofly.zones.model import Datum, Zone


class Ends(IntEnum):
    """How many of the two ends of a way inside lie on the lateral boundary, at the least."""

    ANYWHERE = 0
    """In or out through the floor or the ceiling, or the zone came into force or ended meanwhile."""
    ENTERED = 1
    """It came in through the boundary and was still inside at the end."""
    THROUGH = 2


def ends_of(zone: Zone | None, *, left: bool) -> Ends:
    """Return how a way inside a zone begins and ends: through its sides only where it reaches from the ground
    to any height, and is in force always."""
    if zone is not None and not (_walled(zone) and zone.schedule is None):
        return Ends.ANYWHERE
    return Ends.THROUGH if left else Ends.ENTERED


def _walled(zone: Zone) -> bool:
    return all(
        volume.upper is None
        and (volume.lower is None or (volume.lower.datum is Datum.AGL and volume.lower.value_m <= 0.0))
        for volume in zone.volumes
    )
