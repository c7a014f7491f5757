"""A local map: azimuthal equidistant about a centre, for pictures only.

On a sphere of the centre's mean radius of curvature (J. P. Snyder, Map Projections, USGS PP 1395, eq. 22-4,
25-1 ff.): distances from the centre are true within 0.3 %, which no eye sees and no verdict uses.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_A_M = 6_378_137.0
_E2 = 0.006_694_379_990_14


@dataclass(frozen=True, slots=True)
class LocalMap:
    """North is up at the centre; poles and the antimeridian are nothing special."""

    lat_deg: float
    lon_deg: float

    @classmethod
    def about(cls, lat_deg: ArrayLike, lon_deg: ArrayLike) -> LocalMap:
        """Return the map about the middle of some points; about the first where they have no middle."""
        lat, lon = np.radians(np.asarray(lat_deg, float)), np.radians(np.asarray(lon_deg, float))
        x, y, z = (np.cos(lat) * np.cos(lon)).mean(), (np.cos(lat) * np.sin(lon)).mean(), np.sin(lat).mean()
        if x * x + y * y + z * z < 1e-9:
            return cls(float(np.degrees(lat.flat[0])), float(np.degrees(lon.flat[0])))
        return cls(math.degrees(math.atan2(z, math.hypot(x, y))), math.degrees(math.atan2(y, x)))

    @property
    def radius_m(self) -> float:
        """Mean radius of curvature of WGS 84 at the centre."""
        s = 1.0 - _E2 * math.sin(math.radians(self.lat_deg)) ** 2
        return _A_M * math.sqrt(1.0 - _E2) / s

    def forward(
        self, lat_deg: ArrayLike, lon_deg: ArrayLike
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return metres east and north of the centre."""
        lat = np.radians(np.asarray(lat_deg, float))
        d_lon = np.radians(np.asarray(lon_deg, float) - self.lon_deg)
        lat0 = math.radians(self.lat_deg)
        # sums of small terms: cos c alone loses metres near the centre
        east = np.cos(lat) * np.sin(d_lon)
        north = np.sin(lat - lat0) + 2.0 * math.sin(lat0) * np.cos(lat) * np.sin(d_lon / 2.0) ** 2
        up = math.sin(lat0) * np.sin(lat) + math.cos(lat0) * np.cos(lat) * np.cos(d_lon)
        flat = np.hypot(east, north)
        angle = np.arctan2(flat, up)
        scale = self.radius_m * np.divide(angle, flat, out=np.ones_like(flat), where=flat > 0)
        return scale * east, scale * north

    def inverse(self, x_m: ArrayLike, y_m: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return latitude, and longitude within half a turn of the centre's."""
        x, y = np.asarray(x_m, float), np.asarray(y_m, float)
        lat0 = math.radians(self.lat_deg)
        flat = np.hypot(x, y)
        angle = flat / self.radius_m
        ratio = np.divide(y, flat, out=np.zeros_like(flat), where=flat > 0)
        sine = np.cos(angle) * math.sin(lat0) + ratio * np.sin(angle) * math.cos(lat0)
        lat = np.degrees(np.arcsin(np.clip(sine, -1.0, 1.0)))
        down = flat * math.cos(lat0) * np.cos(angle) - y * math.sin(lat0) * np.sin(angle)
        return lat, self.lon_deg + np.degrees(np.arctan2(x * np.sin(angle), down))
