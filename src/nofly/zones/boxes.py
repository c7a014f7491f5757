"""Boxes of longitude and latitude that hold zones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nofly.zones.compiled import CompiledZones

_M_PER_DEG = 110_574.0
_SLACK_DEG = 1e-3


@dataclass(frozen=True, slots=True)
class Box:
    """All places between two parallels and, from ``west_deg`` eastwards, ``wide_deg`` of longitude."""

    south_deg: float
    north_deg: float
    west_deg: float
    wide_deg: float

    def holds(self, lat_deg: NDArray[np.float64], lon_deg: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return which places lie in it."""
        found: NDArray[np.bool_] = (lat_deg >= self.south_deg) & (lat_deg <= self.north_deg)
        if self.wide_deg < 360.0:
            rows = np.flatnonzero(found)
            east_deg = lon_deg[rows] - self.west_deg
            # What ``% 360`` says, several times as fast: longitudes are less than a turn from the west.
            east_deg[east_deg >= 360.0] -= 360.0
            east_deg[east_deg < 0.0] += 360.0
            found[rows] = east_deg <= self.wide_deg
        return found

    def away_m(self, lat_deg: NDArray[np.float64], lon_deg: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return how far places are from it, at the least: 0 for those that lie in it."""
        north_m = np.maximum(np.maximum(self.south_deg - lat_deg, lat_deg - self.north_deg), 0.0) * _M_PER_DEG
        if self.wide_deg >= 360.0:
            return north_m
        east_deg = (lon_deg - self.west_deg) % 360.0
        beside_deg = np.where(
            east_deg <= self.wide_deg, 0.0, np.minimum(east_deg - self.wide_deg, 360.0 - east_deg)
        )
        farthest = np.maximum(np.abs(lat_deg), max(-self.south_deg, self.north_deg))
        return np.maximum(north_m, beside_deg * _M_PER_DEG * np.cos(np.radians(np.minimum(farthest, 90.0))))

    def wider(self, more_m: float) -> Box:
        """Return the box with all that is within a distance of it."""
        more_deg = more_m / _M_PER_DEG
        south, north = self.south_deg - more_deg, self.north_deg + more_deg
        if max(-south, north) >= 89.0:
            return Box(south, north, -180.0, 360.0)
        east_deg = more_deg / np.cos(np.radians(max(-south, north)))
        return Box(south, north, float(self.west_deg - east_deg), float(self.wide_deg + 2 * east_deg))


def box_of(zones: CompiledZones, numbers: Sequence[int]) -> Box:
    """Return a box that holds some zones: their edges, and where they go round a pole all latitudes."""
    return box_of_parts(zones, np.flatnonzero(np.isin(zones.part_zone, np.asarray(numbers, np.int64))))


def box_of_parts(zones: CompiledZones, parts: NDArray[np.int64]) -> Box:
    """Return such a box of some parts."""
    edges = zones.ends[np.isin(zones.edge_part, parts)]
    lon = np.sort(edges[:, [0, 2]], axis=1)
    order = np.argsort(lon[:, 0])
    reached = np.maximum.accumulate(lon[order, 1])
    free = np.append(lon[order[1:], 0], lon[order[0], 0] + 360.0) - reached
    widest = int(np.argmax(free))
    if free[widest] < 1.0:
        return Box(-90.0, 90.0, -180.0, 360.0)
    lat = edges[:, [1, 3]]
    west = float(lon[order[(widest + 1) % len(order)], 0]) - _SLACK_DEG
    wide = 360.0 - float(free[widest]) + 2 * _SLACK_DEG
    return Box(float(lat.min()) - _SLACK_DEG, float(lat.max()) + _SLACK_DEG, west, wide)
