"""The WGS 84 ellipsoid: geodesics, Cartesian coordinates, and the frame of east, north and up at a point."""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np
import pyproj
from numpy.typing import ArrayLike, NDArray

Floats: TypeAlias = NDArray[np.float64]

A_M = 6378137.0
"""Semi-major axis (NIMA TR8350.2, table 3.1)."""
F = 1.0 / 298.257223563
"""Flattening (the same)."""
E2 = F * (2.0 - F)

_GEOD = pyproj.Geod(ellps="WGS84")


def inverse(lat1: ArrayLike, lon1: ArrayLike, lat2: ArrayLike, lon2: ArrayLike) -> tuple[Floats, Floats]:
    """Return azimuth at the first point in radians and length in metres of the geodesics, broadcast."""
    a, b, c, d = np.broadcast_arrays(*(np.asarray(v, dtype=float) for v in (lat1, lon1, lat2, lon2)))
    azimuth, _, length = _GEOD.inv(b.ravel(), a.ravel(), d.ravel(), c.ravel())
    return np.radians(np.asarray(azimuth)).reshape(a.shape), np.asarray(length).reshape(a.shape)


def direct(lat: ArrayLike, lon: ArrayLike, azimuth: ArrayLike, length_m: ArrayLike) -> tuple[Floats, Floats]:
    """Return latitude and longitude reached by geodesics that start at an azimuth in radians, broadcast."""
    a, b, c, d = np.broadcast_arrays(*(np.asarray(v, dtype=float) for v in (lat, lon, azimuth, length_m)))
    lon2, lat2, _ = _GEOD.fwd(b.ravel(), a.ravel(), np.degrees(c).ravel(), d.ravel())
    return np.asarray(lat2).reshape(a.shape), np.asarray(lon2).reshape(a.shape)


def cartesian(lat: ArrayLike, lon: ArrayLike) -> Floats:
    """Return points of the ellipsoid as (n, 3) metres from the centre of the Earth."""
    phi, lam = np.radians(np.asarray(lat, dtype=float)), np.radians(np.asarray(lon, dtype=float))
    n = A_M / np.sqrt(1.0 - E2 * np.sin(phi) ** 2)
    return np.stack(
        [n * np.cos(phi) * np.cos(lam), n * np.cos(phi) * np.sin(lam), n * (1.0 - E2) * np.sin(phi)], axis=-1
    )


def frames(lat: ArrayLike, lon: ArrayLike) -> tuple[Floats, Floats, Floats]:
    """Return the unit vectors east, north and up at each point, each (n, 3)."""
    phi, lam = np.radians(np.asarray(lat, dtype=float)), np.radians(np.asarray(lon, dtype=float))
    sp, cp, sl, cl = np.sin(phi), np.cos(phi), np.sin(lam), np.cos(lam)
    east = np.stack([-sl, cl, np.zeros_like(sl)], axis=-1)
    north = np.stack([-sp * cl, -sp * sl, cp], axis=-1)
    up = np.stack([cp * cl, cp * sl, sp], axis=-1)
    return east, north, up


def turn_deg(difference: ArrayLike) -> Floats:
    """Return differences of longitude wrapped to [−180, 180)."""
    return (np.asarray(difference, dtype=float) + 180.0) % 360.0 - 180.0


def planar_step_m(lat_deg: float, leave_m: float) -> float:
    """Return how long a straight piece in lon/lat may be to stay within ``leave_m`` of the geodesic.

    A parallel has geodesic curvature tan φ / R, and no straight line in lon/lat has more of it, so a piece
    of length L leaves the geodesic by at most L² tan φ / 8R.
    """
    return math.sqrt(8.0 * 6.35e6 * leave_m / max(math.tan(math.radians(min(abs(lat_deg), 89.99))), 1e-9))
