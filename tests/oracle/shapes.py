"""The signed distance of points to a footprint: metres on the ellipsoid, positive inside.

Polygon and circle: the true distance to the boundary. Corridor: half the width less the distance to the
path, which has its zero and all its negative values right, and is at most the true depth inside.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from nofly.zones.model import Arc, Circle, Corridor, EdgeKind, Footprint, Polygon, Ring
from tests.oracle.ellipsoid import Floats, cartesian, inverse, turn_deg
from tests.oracle.lines import Chains, path_points, ring_points


class Shape(Protocol):
    """What can say how far inside a point is."""

    def depth_m(self, lat: Floats, lon: Floats) -> Floats:
        """Return the signed distance to the boundary."""
        ...


def shape_of(footprint: Footprint) -> Shape:
    """Return the shape of a footprint."""
    if isinstance(footprint, Circle):
        return CircleShape(footprint)
    if isinstance(footprint, Corridor):
        return CorridorShape(footprint)
    return PolygonShape(footprint)


@dataclass
class CircleShape:
    """All points within the radius."""

    circle: Circle

    def depth_m(self, lat: Floats, lon: Floats) -> Floats:
        """Return the radius less the distance from the centre."""
        return self.circle.radius_m - inverse(*self.circle.centre, lat, lon)[1]


class CorridorShape:
    """All points within half the width of the path."""

    def __init__(self, corridor: Corridor) -> None:
        self._half_m = corridor.half_width_m
        path = corridor.path if len(corridor.path) > 1 else (corridor.path[0], corridor.path[0])
        self._path = Chains.of([path_points(path, corridor.edge_kind)])

    def depth_m(self, lat: Floats, lon: Floats) -> Floats:
        """Return half the width less the distance from the path."""
        return self._half_m - self._path.locate(lat, lon)[0]


class _RingShape:
    """A ring, and the cap of the globe within which its inside lies."""

    def __init__(self, ring: Ring, kind: EdgeKind) -> None:
        points = ring_points(ring, kind)
        self._chains = Chains.of([points])
        winding = float(np.sum(turn_deg(np.diff(points[:, 1]))))
        xyz = cartesian(points[:, 0], points[:, 1])
        if abs(winding) > 180.0:
            corners = [e.centre[0] if isinstance(e, Arc) else e[0] for e in ring]
            self._centre = np.array([0.0, 0.0, 1.0 if np.mean(corners) >= 0 else -1.0])
        else:
            pieces = np.linalg.norm(np.diff(xyz, axis=0), axis=1)
            mean = np.sum((xyz[1:] + xyz[:-1]) * pieces[:, None], axis=0)
            self._centre = mean / np.linalg.norm(mean)
        self._least = float(np.min(xyz @ self._centre))
        if self._least < 0.02 * 6.4e6:
            raise ValueError("the oracle knows no ring as large as a hemisphere")

    def depth_m(self, lat: Floats, lon: Floats) -> Floats:
        distance, odd = self._chains.locate(lat, lon)
        near = cartesian(lat, lon) @ self._centre >= 0.0
        return np.where(odd & near, distance, -distance)


class PolygonShape:
    """Inside the exterior and outside every hole; all the rings belong to it."""

    def __init__(self, polygon: Polygon) -> None:
        self._exterior = _RingShape(polygon.exterior, polygon.edge_kind)
        self._holes = [_RingShape(hole, polygon.edge_kind) for hole in polygon.holes]

    def depth_m(self, lat: Floats, lon: Floats) -> Floats:
        """Return the distance to the nearest ring, negative outside."""
        depth = self._exterior.depth_m(lat, lon)
        for hole in self._holes:
            depth = np.minimum(depth, -hole.depth_m(lat, lon))
        return depth
