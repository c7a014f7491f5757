"""Directions from the centre of the Earth: where lines that a plane through the centre cuts are straight.

A *direction* is a unit vector to a place on the WGS 84 ellipsoid. Two of them and the centre span a plane; it
cuts the ellipsoid in a great ellipse, which stays within :data:`BEND_M` of the geodesic where the two are no
further apart than :data:`PIECE_M`.
"""

from __future__ import annotations

import math
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from nofly.geo import geodesic
from nofly.zones.shape import to_space

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

Place = tuple[float, float]
"""(lat_deg, lon_deg)"""

EARTH_M = 6_371_008.8
"""Mean radius of the Earth (IUGG)."""
PIECE_M = 400_000.0
BEND_M = 12.0
_B_A = (1.0 - 1.0 / 298.257223563) ** 2


def directions(lat_deg: Any, lon_deg: Any) -> Floats:
    """Return directions (n, 3) of places."""
    space = to_space(np.atleast_1d(lat_deg), np.atleast_1d(lon_deg))
    return unit(space)


def unit(vectors: Floats) -> Floats:
    """Return vectors (n, 3) at unit length; what has none is left as it is."""
    size = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))
    found: Floats = vectors / np.maximum(size, 1e-300)[:, None]
    return found


def cross(a: Floats, b: Floats) -> Floats:
    """Return the cross products of vectors (n, 3)."""
    # Much quicker than numpy.cross where there are few.
    found = np.empty_like(a)
    found[:, 0] = a[:, 1] * b[:, 2] - a[:, 2] * b[:, 1]
    found[:, 1] = a[:, 2] * b[:, 0] - a[:, 0] * b[:, 2]
    found[:, 2] = a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
    return found


def places(direction: Floats) -> tuple[Floats, Floats]:
    """Return (lat_deg, lon_deg) of directions (n, 3)."""
    x, y, z = direction.T
    return np.degrees(np.arctan2(z, np.hypot(x, y) * _B_A)), np.degrees(np.arctan2(y, x))


def length_m(a: Place, b: Place) -> float:
    """Return the geodesic distance between two places, nearly antipodal ones too."""
    found = geodesic.length_and_azimuths(*a, *b)[0]
    return _inverse(a, b)[2] if math.isnan(found) else found


def way_length_m(way: tuple[Place, ...]) -> float:
    """Return the length of a chain of geodesics."""
    return math.fsum(length_m(a, b) for a, b in pairwise(way))


def lengths_m(place: Place, lats_deg: Floats, lons_deg: Floats) -> Floats:
    """Return the geodesic distances from one place to each of many, nearly antipodal ones too."""
    found: Floats = geodesic.distances_m(*place, lats_deg, lons_deg)
    for k in np.flatnonzero(np.isnan(found)).tolist():
        found[k] = _inverse(place, (float(lats_deg[k]), float(lons_deg[k])))[2]
    return found


def line(a: Place, b: Place) -> Floats:
    """Return directions (n, 3) along the geodesic from one place to another, no further apart than
    :data:`PIECE_M`, both ends included."""
    whole_m, azimuth_deg, _ = geodesic.length_and_azimuths(*a, *b)
    if math.isnan(whole_m):
        azimuth_deg, _, whole_m = _inverse(a, b)
    n = max(1, math.ceil(whole_m / PIECE_M))
    inner = [geodesic.point_at(*a, azimuth_deg, whole_m * k / n) for k in range(1, n)]
    return np.array([_direction(*place) for place in (a, *inner, b)])


def _direction(lat_deg: float, lon_deg: float) -> tuple[float, float, float]:
    """Return what :func:`directions` does, of one place: quicker for the few of a line."""
    lat, lon = math.radians(lat_deg), math.radians(lon_deg)
    flat, up = math.cos(lat), _B_A * math.sin(lat)
    size = math.hypot(flat, up)
    return flat * math.cos(lon) / size, flat * math.sin(lon) / size, up / size


def _inverse(a: Place, b: Place) -> tuple[float, float, float]:
    """Return (azimuth_deg at the start, back azimuth_deg, length_m) where Vincenty's series does not
    converge."""
    forward_deg, back_deg, far_m = _geod().inv(a[1], a[0], b[1], b[0])
    return float(forward_deg), float(back_deg), float(far_m)


@lru_cache(maxsize=1)
def _geod() -> Any:
    from pyproj import Geod

    return Geod(ellps="WGS84")
