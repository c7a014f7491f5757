"""Geodesics of the WGS 84 ellipsoid, and where straight lines in longitude and latitude may stand for them.

T. Vincenty, "Direct and inverse solutions of geodesics on the ellipsoid with application of nested
equations", Survey Review XXIII 176 (1975): good to 0.1 mm except between nearly antipodal points, where
:func:`inverse` answers NaN. Compiled by Cython where there is a C compiler; runs uncompiled too.
"""

# cython: boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False, language_level=3
from __future__ import annotations

import cython
import numpy as np

if cython.compiled:
    from cython.cimports.libc.math import atan, atan2, cos, fabs, sin, sqrt, tan
else:
    from math import atan, atan2, cos, fabs, sin, sqrt, tan

A_M = cython.declare(cython.double, 6378137.0)
F = cython.declare(cython.double, 1.0 / 298.257223563)
B_M = cython.declare(cython.double, 6378137.0 * (1.0 - 1.0 / 298.257223563))
RAD = cython.declare(cython.double, 0.017453292519943295)
NAN = cython.declare(cython.double, float("nan"))


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def inverse(
    lat1_deg: cython.double, lon1_deg: cython.double, lat2_deg: cython.double, lon2_deg: cython.double
) -> tuple[cython.double, cython.double, cython.double]:
    """Return (length_m, azimuth at the start, azimuth at the end), radians; NaN where it does not
    converge."""

    if lat1_deg == lat2_deg and lon1_deg == lon2_deg:
        return 0.0, 0.0, 0.0
    u1: cython.double = atan((1.0 - F) * tan(lat1_deg * RAD))
    u2: cython.double = atan((1.0 - F) * tan(lat2_deg * RAD))
    su1: cython.double = sin(u1)
    cu1: cython.double = cos(u1)
    su2: cython.double = sin(u2)
    cu2: cython.double = cos(u2)
    dlon: cython.double = lon2_deg - lon1_deg
    if dlon > 180.0:
        dlon -= 360.0
    elif dlon < -180.0:
        dlon += 360.0
    ell: cython.double = dlon * RAD
    lam: cython.double = ell
    k: cython.int
    sl: cython.double = 0.0
    cl: cython.double = 0.0
    ss: cython.double = 0.0
    cs: cython.double = 0.0
    sigma: cython.double = 0.0
    sa: cython.double = 0.0
    c2a: cython.double = 0.0
    c2m: cython.double = 0.0
    c: cython.double = 0.0
    before: cython.double = 0.0
    for k in range(200):
        sl = sin(lam)
        cl = cos(lam)
        ss = sqrt((cu2 * sl) * (cu2 * sl) + (cu1 * su2 - su1 * cu2 * cl) * (cu1 * su2 - su1 * cu2 * cl))
        if ss == 0.0:
            return 0.0, 0.0, 0.0
        cs = su1 * su2 + cu1 * cu2 * cl
        sigma = atan2(ss, cs)
        sa = cu1 * cu2 * sl / ss
        c2a = 1.0 - sa * sa
        c2m = cs - 2.0 * su1 * su2 / c2a if c2a > 1e-15 else 0.0
        c = F / 16.0 * c2a * (4.0 + F * (4.0 - 3.0 * c2a))
        before = lam
        lam = ell + (1.0 - c) * F * sa * (sigma + c * ss * (c2m + c * cs * (-1.0 + 2.0 * c2m * c2m)))
        if fabs(lam - before) < 1e-13:
            break
    else:
        return NAN, NAN, NAN
    if fabs(lam) > 3.141592653589793:
        return NAN, NAN, NAN
    usq: cython.double = c2a * (A_M * A_M - B_M * B_M) / (B_M * B_M)
    big_a: cython.double = 1.0 + usq / 16384.0 * (4096.0 + usq * (-768.0 + usq * (320.0 - 175.0 * usq)))
    big_b: cython.double = usq / 1024.0 * (256.0 + usq * (-128.0 + usq * (74.0 - 47.0 * usq)))
    dsig: cython.double = (
        big_b * ss * (c2m + big_b / 4.0 * (
            cs * (-1.0 + 2.0 * c2m * c2m)
            - big_b / 6.0 * c2m * (-3.0 + 4.0 * ss * ss) * (-3.0 + 4.0 * c2m * c2m)
        ))
    )  # fmt: skip
    length_m: cython.double = B_M * big_a * (sigma - dsig)
    az1: cython.double = atan2(cu2 * sl, cu1 * su2 - su1 * cu2 * cl)
    az2: cython.double = atan2(cu1 * sl, -su1 * cu2 + cu1 * su2 * cl)
    return length_m, az1, az2


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def direct(
    lat_deg: cython.double, lon_deg: cython.double, az_rad: cython.double, length_m: cython.double
) -> tuple[cython.double, cython.double]:
    """Return (lat_deg, lon_deg) of the end; the longitude is within 180° of the start's, not wrapped."""
    u1: cython.double = atan((1.0 - F) * tan(lat_deg * RAD))
    su1: cython.double = sin(u1)
    cu1: cython.double = cos(u1)
    saz: cython.double = sin(az_rad)
    caz: cython.double = cos(az_rad)
    sig1: cython.double = atan2(su1, cu1 * caz)
    sa: cython.double = cu1 * saz
    c2a: cython.double = 1.0 - sa * sa
    usq: cython.double = c2a * (A_M * A_M - B_M * B_M) / (B_M * B_M)
    big_a: cython.double = 1.0 + usq / 16384.0 * (4096.0 + usq * (-768.0 + usq * (320.0 - 175.0 * usq)))
    big_b: cython.double = usq / 1024.0 * (256.0 + usq * (-128.0 + usq * (74.0 - 47.0 * usq)))
    sigma: cython.double = length_m / (B_M * big_a)
    c2m: cython.double = 0.0
    ss: cython.double = 0.0
    cs: cython.double = 0.0
    dsig: cython.double = 0.0
    before: cython.double = 0.0
    k: cython.int
    for k in range(60):
        c2m = cos(2.0 * sig1 + sigma)
        ss = sin(sigma)
        cs = cos(sigma)
        dsig = (
            big_b * ss * (c2m + big_b / 4.0 * (
                cs * (-1.0 + 2.0 * c2m * c2m)
                - big_b / 6.0 * c2m * (-3.0 + 4.0 * ss * ss) * (-3.0 + 4.0 * c2m * c2m)
            ))
        )  # fmt: skip
        before = sigma
        sigma = length_m / (B_M * big_a) + dsig
        if fabs(sigma - before) < 1e-14:
            break
    ss = sin(sigma)
    cs = cos(sigma)
    c2m = cos(2.0 * sig1 + sigma)
    part: cython.double = su1 * ss - cu1 * cs * caz
    lat2: cython.double = atan2(su1 * cs + cu1 * ss * caz, (1.0 - F) * sqrt(sa * sa + part * part))
    lam: cython.double = atan2(ss * saz, cu1 * cs - su1 * ss * caz)
    c: cython.double = F / 16.0 * c2a * (4.0 + F * (4.0 - 3.0 * c2a))
    ell: cython.double = lam - (1.0 - c) * F * sa * (
        sigma + c * ss * (c2m + c * cs * (-1.0 + 2.0 * c2m * c2m))
    )
    return lat2 / RAD, lon_deg + ell / RAD


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def sagitta_m(lat1_deg: cython.double, lat2_deg: cython.double, dlon_deg: cython.double) -> cython.double:
    """Return about how far (metres) a geodesic is from places as far along the straight lon/lat line.

    From the geodesic's second derivatives on the sphere: φ″ = −sin φ cos φ λ′², λ″ = 2 tan φ φ′ λ′;
    for an east-west line it is the familiar L² tan φ / 8R.
    """
    top: cython.double = fabs(lat1_deg)
    if fabs(lat2_deg) > top:
        top = fabs(lat2_deg)
    top *= RAD
    dlon: cython.double = fabs(dlon_deg) * RAD
    dlat: cython.double = fabs(lat2_deg - lat1_deg) * RAD
    # Latitude is not even in distance on the ellipsoid: its radius grows by 3 e² sin φ cos φ a radian.
    return (
        6400000.0 * sin(top) * dlon * (cos(top) * dlon * 0.125 + dlat * 0.25)
        + 6400000.0 * 0.0101 * 0.125 * dlat * dlat
    )


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _off_m(
    lat_deg: cython.double, lon_deg: cython.double, at_lat_deg: cython.double, at_lon_deg: cython.double
) -> cython.double:
    """Return the distance in metres between two points close together."""
    dy: cython.double = (lat_deg - at_lat_deg) * 111320.0
    dx: cython.double = (lon_deg - at_lon_deg) * 111320.0 * cos(lat_deg * RAD)
    return sqrt(dx * dx + dy * dy)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def split_geodesic(
    lat1_deg: cython.double,
    lon1_deg: cython.double,
    lat2_deg: cython.double,
    lon2_deg: cython.double,
    tolerance_m: cython.double,
    lats_deg: cython.double[::1],
    lons_deg: cython.double[::1],
    fractions: cython.double[::1],
) -> cython.Py_ssize_t:
    """Cut the geodesic so that the straight lon/lat line between two cuts is within ``tolerance_m`` of it,
    also in the fraction of the way that it stands for.

    Writes the cuts after the start, the end included, with longitudes unwrapped from ``lon1_deg`` (the end
    may differ from ``lon2_deg`` by 360°). Returns their number, 0 where the geodesic is not unique (nearly
    antipodal ends), -1 where the arrays are too short.
    """
    length_m: cython.double
    az: cython.double
    unused: cython.double
    length_m, az, unused = inverse(lat1_deg, lon1_deg, lat2_deg, lon2_deg)
    if not (length_m >= 0.0):
        return 0
    room: cython.Py_ssize_t = lats_deg.shape[0]
    n: cython.Py_ssize_t = 0
    low: cython.double = 0.0
    lat0: cython.double = lat1_deg
    lon0: cython.double = lon1_deg
    step: cython.double = 1.0
    high: cython.double
    lat3: cython.double
    lon3: cython.double
    lat2: cython.double
    lon2: cython.double
    worst: cython.double
    off: cython.double
    q: cython.int
    end_lon: cython.double = lon2_deg
    while end_lon - lon1_deg > 180.0:
        end_lon -= 360.0
    while end_lon - lon1_deg < -180.0:
        end_lon += 360.0
    while low < 1.0:
        high = low + step
        if high >= 1.0 - 1e-12:
            high = 1.0
            lat2 = lat2_deg
            lon2 = end_lon
        else:
            lat2, lon2 = direct(lat1_deg, lon1_deg, az, length_m * high)
        # Over the pole: the longitude turns by half a circle in no distance at all.
        while lon2 - lon0 > 180.0:
            lon2 -= 360.0
        while lon2 - lon0 < -180.0:
            lon2 += 360.0
        worst = 0.0
        for q in range(1, 4):
            lat3, lon3 = direct(lat1_deg, lon1_deg, az, length_m * (low + (high - low) * 0.25 * q))
            while lon3 - lon0 > 180.0:
                lon3 -= 360.0
            while lon3 - lon0 < -180.0:
                lon3 += 360.0
            off = _off_m(lat3, lon3, lat0 + (lat2 - lat0) * 0.25 * q, lon0 + (lon2 - lon0) * 0.25 * q)
            if off > worst:
                worst = off
        if worst > tolerance_m and (high - low) * length_m > 0.5:
            step = step * 0.5
            continue
        if n >= room:
            return -1
        lats_deg[n] = lat2
        lons_deg[n] = lon2
        fractions[n] = high
        n += 1
        low = high
        lat0 = lat2
        lon0 = lon2
        if worst < tolerance_m * 0.2:
            step = step * 2.0
    return n


def length_and_azimuths(
    lat1_deg: float, lon1_deg: float, lat2_deg: float, lon2_deg: float
) -> tuple[float, float, float]:
    """Return (length_m, azimuth_deg at the start, azimuth_deg at the end) of the geodesic between two points.

    NaN for points so nearly antipodal that the series does not converge.
    """
    length_m, az1, az2 = inverse(lat1_deg, lon1_deg, lat2_deg, lon2_deg)
    return length_m, az1 / RAD, az2 / RAD


def point_at(lat_deg: float, lon_deg: float, azimuth_deg: float, length_m: float) -> tuple[float, float]:
    """Return (lat_deg, lon_deg), the longitude within ±180°, of the point that far along the geodesic."""
    lat, lon = direct(lat_deg, lon_deg, azimuth_deg * RAD, length_m)
    return lat, (lon + 180.0) % 360.0 - 180.0


def distances_m(lat_deg: float, lon_deg: float, lats_deg, lons_deg):  # type: ignore[no-untyped-def]
    """Return the geodesic distances (float64 array) from one point to each of many."""
    lats: cython.double[::1] = np.ascontiguousarray(lats_deg, dtype=np.float64)
    lons: cython.double[::1] = np.ascontiguousarray(lons_deg, dtype=np.float64)
    out = np.empty(lats.shape[0])
    view: cython.double[::1] = out
    i: cython.Py_ssize_t
    unused1: cython.double
    unused2: cython.double
    for i in range(lats.shape[0]):
        view[i], unused1, unused2 = inverse(lat_deg, lon_deg, lats[i], lons[i])
    return out


def sagittas_m(lat1_deg, lat2_deg, dlon_deg):  # type: ignore[no-untyped-def]
    """Return how far (metres) geodesics leave the straight lon/lat lines sideways, for arrays."""
    top = np.radians(np.maximum(np.abs(lat1_deg), np.abs(lat2_deg)))
    dlon = np.radians(np.abs(dlon_deg))
    dlat = np.radians(np.abs(np.asarray(lat2_deg) - np.asarray(lat1_deg)))
    return 6400000.0 * np.sin(top) * dlon * (np.cos(top) * dlon * 0.125 + dlat * 0.25)


def geodesic_points(lat1_deg: float, lon1_deg: float, lat2_deg: float, lon2_deg: float, tolerance_m: float):  # type: ignore[no-untyped-def]
    """Return (lats_deg, lons_deg, fractions) of the cuts of one geodesic, its start left out.

    Longitudes are unwrapped from the start's. Raises ValueError for nearly antipodal ends.
    """
    room = 64
    while True:
        lats, lons, fractions = np.empty(room), np.empty(room), np.empty(room)
        n = split_geodesic(lat1_deg, lon1_deg, lat2_deg, lon2_deg, tolerance_m, lats, lons, fractions)
        if n == 0:
            raise ValueError("the two ends are nearly antipodal: no one geodesic joins them")
        if n > 0:
            return lats[:n], lons[:n], fractions[:n]
        room *= 8
