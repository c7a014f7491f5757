"""Boundaries as chains of short geodesic pieces, and where a point lies relative to them.

A geodesic edge is cut into pieces on itself, so nothing is lost. Edges straight in lon/lat, parallels and
arcs are cut so finely that no piece is more than ``LEAVE_M`` off the true line. A point is compared with a
piece in the plane of azimuth and distance around that point: exact towards both ends, and off by at most
D L² / 8R² between them (1 cm for a 2 km piece 1,000 km away, nothing near the boundary).
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nofly.zones.model import Arc, EdgeKind, Ring, Vertex
from tests.oracle.ellipsoid import Floats, cartesian, direct, frames, inverse, planar_step_m, turn_deg

LEAVE_M = 0.02
PIECE_M = 2000.0
_CHUNK = 20_000


def edge_points(a: Vertex, b: Vertex, kind: EdgeKind) -> list[Vertex]:
    """Return points on the edge from ``a`` until, not including, ``b``."""
    if a == b:
        return []
    azimuth, length = (float(v) for v in inverse(*a, *b))
    straight = kind is EdgeKind.PLANAR or (kind is EdgeKind.PARALLEL and a[0] == b[0])
    if not straight:
        n = max(1, math.ceil(length / PIECE_M))
        lat, lon = direct(*a, azimuth, np.arange(n) * (length / n))
        return [a, *zip(lat[1:].tolist(), lon[1:].tolist(), strict=True)]
    dlon = float(turn_deg(b[1] - a[1]))
    widest = max(abs(a[0]), abs(b[0]))
    least = 0.0 if a[0] * b[0] < 0 else min(abs(a[0]), abs(b[0]))
    run = 6.4e6 * math.hypot(math.radians(b[0] - a[0]), math.radians(dlon) * math.cos(math.radians(least)))
    n = max(1, math.ceil(run / min(PIECE_M, planar_step_m(widest, LEAVE_M))))
    f = np.arange(n) / n
    return list(zip((a[0] + f * (b[0] - a[0])).tolist(), (a[1] + f * dlon).tolist(), strict=True))


def arc_points(arc: Arc) -> list[Vertex]:
    """Return points on the arc, both ends included; the radius runs evenly with the bearing."""
    sweep = (arc.end_deg - arc.start_deg) % 360.0
    if not arc.clockwise:
        sweep -= 360.0 if sweep else 0.0
    if sweep == 0.0:
        sweep = 360.0 if arc.clockwise else -360.0
    radius = max(arc.radius_m, arc.end_radius_m)
    n = max(2, math.ceil(math.radians(abs(sweep)) / math.sqrt(8.0 * LEAVE_M / radius)))
    f = np.linspace(0.0, 1.0, n + 1)
    bearing = np.radians(arc.start_deg + f * sweep)
    lat, lon = direct(*arc.centre, bearing, arc.radius_m + f * (arc.end_radius_m - arc.radius_m))
    return list(zip(lat.tolist(), lon.tolist(), strict=True))


def ring_points(ring: Ring, kind: EdgeKind) -> Floats:
    """Return a closed ring as (n, 2) lat, lon; the last point is the first again."""
    stations: list[list[Vertex]] = [arc_points(e) if isinstance(e, Arc) else [e] for e in ring]
    points: list[Vertex] = []
    for here, after in zip(stations, [*stations[1:], stations[0]], strict=True):
        points += here[:-1]
        points += edge_points(here[-1], after[0], kind)
    return np.array([*points, points[0]])


def path_points(path: tuple[Vertex, ...], kind: EdgeKind) -> Floats:
    """Return an open path as (n, 2) lat, lon."""
    points: list[Vertex] = []
    for a, b in itertools.pairwise(path):
        points += edge_points(a, b, kind)
    return np.array([*points, path[-1]])


@dataclass
class Chains:
    """Several chains of pieces. ``parity`` has a meaning for closed ones."""

    points: Floats
    """(n, 2) lat, lon, chain after chain."""
    joined: NDArray[np.bool_]
    """(n − 1): whether point i and i + 1 are ends of a piece."""

    @classmethod
    def of(cls, chains: list[Floats]) -> Chains:
        """Return the chains as one."""
        joined = np.concatenate([np.append(np.ones(len(c) - 1, bool), False) for c in chains])
        return cls(np.concatenate(chains), joined[:-1])

    def __post_init__(self) -> None:
        self._xyz = cartesian(self.points[:, 0], self.points[:, 1])

    def locate(self, lat: Floats, lon: Floats) -> tuple[Floats, NDArray[np.bool_]]:
        """Return for each point the distance to the nearest piece in metres, and whether an odd number of
        pieces crosses the half meridian north of it (on this side of the globe: inside)."""
        step = max(1, _CHUNK // len(self.points))
        parts = [self._locate(lat[i : i + step], lon[i : i + step]) for i in range(0, len(lat), step)]
        return np.concatenate([p[0] for p in parts]), np.concatenate([p[1] for p in parts])

    def _locate(self, lat: Floats, lon: Floats) -> tuple[Floats, NDArray[np.bool_]]:
        here = cartesian(lat, lon)
        axes = np.stack(frames(lat, lon))
        # Not a matrix product: threads of a linear algebra library cost more here than they bring.
        e, n, u = np.einsum("kpi,mi->kpm", axes, self._xyz) - np.sum(axes * here, axis=2)[:, :, None]
        ea, eb, na, nb = e[:, :-1], e[:, 1:], n[:, :-1], n[:, 1:]
        side = na * eb - nb * ea
        north = ((ea > 0.0) != (eb > 0.0)) & ((side > 0.0) == (eb > ea)) & self.joined
        odd = np.count_nonzero(north, axis=1) % 2 == 1

        aa = e * e + n * n + u * u
        ab = ea * eb + na * nb + u[:, :-1] * u[:, 1:]
        length2 = np.maximum(aa[:, :-1] + aa[:, 1:] - 2.0 * ab, 1e-12)
        f = np.clip((aa[:, :-1] - ab) / length2, 0.0, 1.0)
        d2 = aa[:, :-1] + f * (2.0 * (ab - aa[:, :-1]) + f * length2)
        best = np.argmin(np.where(self.joined, d2, np.inf), axis=1)
        return self._refine(lat, lon, best), odd

    def _refine(self, lat: Floats, lon: Floats, piece: NDArray[np.intp]) -> Floats:
        ends = []
        for point in (self.points[piece], self.points[piece + 1]):
            azimuth, length = inverse(lat, lon, point[:, 0], point[:, 1])
            ends.append(np.stack([length * np.sin(azimuth), length * np.cos(azimuth)]))
        a, b = ends
        along = b - a
        length2 = np.maximum(np.sum(along * along, axis=0), 1e-18)
        f = np.clip(-np.sum(a * along, axis=0) / length2, 0.0, 1.0)
        return np.asarray(np.hypot(*(a + f * along)))
