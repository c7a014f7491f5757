"""Inhibition: for a flight, a zone, an area and a time no warning is told, and it is on record who said so.

An inhibited warning is still given, marked with the inhibition it falls under (EUROCONTROL-GUID-161: that
alerts are inhibited is made known). Only warnings can be inhibited, never an infringement.
"""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase

import msgspec
import numpy as np

from nofly.errors import InputError
from nofly.incidents.stays import zone_activity
from nofly.kernel.detect import Detector, Params, Reports, State
from nofly.zones.compiled import CompiledZones, compile_zones
from nofly.zones.model import Circle, Polygon, Volume, Zone

MOST_INHIBITIONS = 10_000


class Inhibition(msgspec.Struct, frozen=True):
    """Who inhibited what, and why. Every condition that is given must hold.

    ``target`` is a pattern with * and ? on target ids, ``zone`` a zone's id; ``area`` is where the flight is
    when it is warned. It holds from ``from_us`` until, not including, ``until_us``; None is without end.
    """

    who: str
    why: str
    target: str | None = None
    zone: str | None = None
    area: Polygon | Circle | None = None
    from_us: int | None = None
    until_us: int | None = None

    def __post_init__(self) -> None:
        """Raise InputError where it is not said who, why or what, or the time is empty."""
        for name, text in (("who", self.who), ("why", self.why)):
            if not text.strip():
                raise InputError(f"an inhibition does not say {name}", expected="a name and a reason")
        if self.target is None and self.zone is None and self.area is None:
            raise InputError(
                "an inhibition of everything",
                locator=f"by {self.who}",
                expected="a target, a zone or an area",
            )
        if self.from_us is not None and self.until_us is not None and self.from_us >= self.until_us:
            raise InputError("an inhibition that never holds", expected="from_us before until_us")


def box(south_deg: float, west_deg: float, north_deg: float, east_deg: float) -> Polygon:
    """Return a box between parallels and meridians as an area; one that crosses the antimeridian has its
    west edge east of its east edge."""
    from nofly.zones.model import EdgeKind

    corners = ((south_deg, west_deg), (south_deg, east_deg), (north_deg, east_deg), (north_deg, west_deg))
    return Polygon(corners, edge_kind=EdgeKind.PLANAR)


class Inhibitions:
    """Inhibitions that can be asked whether a warning falls under one of them."""

    def __init__(self, inhibitions: Sequence[Inhibition]) -> None:
        """Raise InputError where there are more than :data:`MOST_INHIBITIONS`."""
        if len(inhibitions) > MOST_INHIBITIONS:
            raise InputError(f"{len(inhibitions)} inhibitions", expected=f"at most {MOST_INHIBITIONS}")
        self._all = tuple(inhibitions)
        self._areas = [i for i, one in enumerate(self._all) if one.area is not None]
        self._compiled: CompiledZones | None = None

    def of(
        self, target_id: str, zone_id: str, time_us: int, lat_deg: float, lon_deg: float
    ) -> Inhibition | None:
        """Return the first inhibition that the warning of a flight, at a place and a time, falls under."""
        found = [i for i, one in enumerate(self._all) if _concerns(one, target_id, zone_id, time_us)]
        if not found:
            return None
        inside = self._around(lat_deg, lon_deg) if any(self._all[i].area for i in found) else set()
        return next((self._all[i] for i in found if self._all[i].area is None or i in inside), None)

    def _around(self, lat_deg: float, lon_deg: float) -> set[int]:
        """Return the inhibitions, by number, whose areas the place lies in."""
        if self._compiled is None:
            areas = [self._all[i].area for i in self._areas]
            self._compiled = compile_zones(
                [Zone(str(k), "", (Volume(area),)) for k, area in enumerate(areas) if area is not None]
            )
        zones = self._compiled
        detector = Detector(zones, *zone_activity(zones.zones, 0, 1), Params())
        none = np.zeros((0, 1))
        here = Reports(
            np.zeros(1, np.int32), np.zeros(1, np.int64), np.array([lat_deg]), np.array([lon_deg]), none, none
        )
        changes = detector.step(here)
        return {self._areas[z] for z in zones.part_zone[changes.part[changes.after == State.INSIDE]].tolist()}


def _concerns(one: Inhibition, target_id: str, zone_id: str, time_us: int) -> bool:
    return (
        (one.target is None or fnmatchcase(target_id, one.target))
        and (one.zone is None or one.zone == zone_id)
        and (one.from_us is None or one.from_us <= time_us)
        and (one.until_us is None or time_us < one.until_us)
    )
