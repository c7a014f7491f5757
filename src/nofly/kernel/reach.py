"""Which flights may come into zones at all, if they go on as they do: a quick bound on their paths.

A path of :mod:`nofly.kernel.predict` goes no further than its speed takes it, leaves the track it begins with
by no more than a turn, and climbs or sinks at one rate. So it stays within a box round its beginning, and
within a span of heights; where these miss the boxes of the zones there is nothing to be flown.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nofly.kernel.predict import A_M, E2, MOST_TURN_DEG, Flights
from nofly.zones.boxes import Box, box_of_parts
from nofly.zones.compiled import CompiledZones

MOST_BOXES = 8
"""Of laws with more groups of parts nothing is said: to fly the paths is as quick."""
_LEAST_RADIUS_M = A_M * (1.0 - E2)
"""The least radius of curvature of WGS 84: so far on the ground is at the most so much of latitude."""
_SLACK_DEG, _SLACK_M = 0.01, 1.0
"""More than the pieces of a path and the edges of compiled zones leave their lines."""
_TOO_FAR_NORTH_DEG = 80.0
"""Beyond, and of paths that lead there, nothing is said."""

Floats = NDArray[np.float64]


class Reach:
    """The boxes of zones: one for each zone and datums of its limits, from the lowest floor to the highest
    ceiling."""

    def __init__(self, zones: CompiledZones) -> None:
        keys = np.column_stack([zones.part_zone, zones.limits[:, 1], zones.limits[:, 3]])
        kinds, kind = np.unique(keys, axis=0, return_inverse=True)
        self.known = len(kinds) <= MOST_BOXES
        """Whether anything is said at all."""
        self._boxes: list[tuple[Box, float, int, float, int]] = []
        for k, (_, floor_row, ceiling_row) in enumerate(kinds if self.known else []):
            parts = np.flatnonzero(kind.reshape(-1) == k)
            floor_m, ceiling_m = zones.limits[parts, 0].min(), zones.limits[parts, 2].max()
            self._boxes.append(
                (box_of_parts(zones, parts), float(floor_m), int(floor_row), float(ceiling_m),
                 int(ceiling_row))
            )  # fmt: skip

    def may(self, flights: Flights, ahead_s: float) -> NDArray[np.bool_]:
        """Return which flights may come into some zone within ``ahead_s``, or be there, however they turn: of
        every other :meth:`~nofly.kernel.predict.Foresight.entries` finds no entry."""
        found = np.full(len(flights), not self.known)
        if self.known and len(flights):
            south, north, west, wide, near_pole = _box(flights, ahead_s)
            climb_m = np.nan_to_num(flights.vrate_mps) * ahead_s
            low_m = flights.low_m + np.minimum(climb_m, 0.0) - _SLACK_M
            high_m = flights.high_m + np.maximum(climb_m, 0.0) + _SLACK_M
            for box, floor_m, floor_row, ceiling_m, ceiling_row in self._boxes:
                meet = (north >= box.south_deg) & (south <= box.north_deg)
                meet &= ((box.west_deg - west) % 360.0 <= wide) | (
                    (west - box.west_deg) % 360.0 <= box.wide_deg
                )
                meet |= near_pole
                if floor_row >= 0:
                    meet &= high_m[floor_row] >= floor_m
                if ceiling_row >= 0:
                    meet &= low_m[ceiling_row] <= ceiling_m
                found |= meet
        return found


def _box(flights: Flights, ahead_s: float) -> tuple[Floats, Floats, Floats, Floats, NDArray[np.bool_]]:
    """Return the box that each path stays in: south, north and west in degrees, how wide, and where it lies
    too near to a pole for that."""
    long_deg = np.degrees(flights.gs_mps * ahead_s / _LEAST_RADIUS_M)
    far_deg = np.abs(flights.lat_deg) + long_deg + _SLACK_DEG
    near_pole = far_deg > _TOO_FAR_NORTH_DEG
    far = np.radians(np.minimum(far_deg, _TOO_FAR_NORTH_DEG))
    # Along a geodesic the track changes as the meridians run together.
    aside_deg = MOST_TURN_DEG + 1.0 + long_deg * np.tan(far)
    track_deg = (flights.track_deg + 180.0) % 360.0 - 180.0
    off_north_deg, off_east_deg = np.abs(track_deg), np.abs(track_deg - 90.0)
    off_east_deg = np.minimum(off_east_deg, 360.0 - off_east_deg)
    north, south, east, west = (
        _most(off_deg, aside_deg)
        for off_deg in (off_north_deg, 180.0 - off_north_deg, off_east_deg, 180.0 - off_east_deg)
    )
    long_east_deg = long_deg / np.cos(far)
    return (
        flights.lat_deg - south * long_deg - _SLACK_DEG, flights.lat_deg + north * long_deg + _SLACK_DEG,
        flights.lon_deg - west * long_east_deg - 6.0 * _SLACK_DEG,
        (east + west) * long_east_deg + 12.0 * _SLACK_DEG, near_pole,
    )  # fmt: skip


def _most(off_deg: Floats, aside_deg: Floats) -> Floats:
    """Return which part of a way leads in a direction at the most, the track being ``off_deg`` off it and
    changing by ``aside_deg``; 0 where it leads away."""
    out: Floats = np.cos(np.radians(np.minimum(np.maximum(off_deg - aside_deg, 0.0), 90.0)))
    return out
