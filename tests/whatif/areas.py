"""Zones to go round, made from numbers."""

from __future__ import annotations

import math

import numpy as np
from pyproj import Geod

from nofly.zones.model import Circle, EdgeKind, Polygon, Volume, Zone

GEOD = Geod(ellps="WGS84")
Place = tuple[float, float]


def polygon(name: str, *corners: Place, edges: EdgeKind = EdgeKind.GEODESIC) -> Zone:
    return Zone(name, name, (Volume(Polygon(corners, (), edges)),))


def box(name: str, south: float, west: float, north: float, east: float) -> Zone:
    corners = (south, west), (south, east), (north, east), (north, west)
    return polygon(name, *corners, edges=EdgeKind.PLANAR)


def circle(name: str, lat: float, lon: float, radius_m: float) -> Zone:
    return Zone(name, name, (Volume(Circle((lat, lon), radius_m)),))


def star(
    name: str, lat: float, lon: float, radius_deg: float, points: int, rng: np.random.Generator
) -> tuple[Zone, list[Place]]:
    """Return a zone whose outline is a star round a place, and its corners."""
    phase, waves = rng.uniform(0.0, 2.0 * math.pi), rng.integers(2, 6)
    corners = []
    for k in range(points):
        angle = 2.0 * math.pi * k / points
        reach = radius_deg * (1.0 + 0.45 * math.sin(waves * angle + phase)) * rng.uniform(0.85, 1.15)
        corners.append(
            (lat + reach * math.sin(angle), lon + reach * math.cos(angle) / math.cos(math.radians(lat)))
        )
    return polygon(name, *corners), corners


def far_star(
    name: str, lat: float, lon: float, radius_m: float, points: int, rng: np.random.Generator
) -> tuple[Zone, list[Place]]:
    """Return a zone like :func:`star`, anywhere and of any size, and its corners."""
    phase, waves = rng.uniform(0.0, 2.0 * math.pi), rng.integers(2, 6)
    corners = []
    for k in range(points):
        angle = 2.0 * math.pi * k / points
        reach_m = radius_m * (1.0 + 0.45 * math.sin(waves * angle + phase)) * rng.uniform(0.85, 1.15)
        to_lon, to_lat, _ = GEOD.fwd(lon, lat, 90.0 - math.degrees(angle), reach_m)
        corners.append((to_lat, to_lon))
    return polygon(name, *corners), corners
