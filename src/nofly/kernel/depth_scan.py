"""How deep inside, how sure, and how well seen a visit was: the pass over the reports of visits.

Depth is the largest distance from the boundary along the path, found by branch and bound: the distance to a
boundary changes by no more than the way travelled, so most of a path need not be measured. Compiled by Cython
where there is a C compiler; runs uncompiled too.
"""

# cython: boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False, language_level=3
from __future__ import annotations

import cython

if cython.compiled:
    from cython.cimports.libc.math import atan2, cos, sin, sqrt
    from cython.cimports.nofly.geo.geodesic import inverse
else:
    from math import atan2, cos, sin, sqrt

    from nofly.geo.geodesic import inverse

RAD = cython.declare(cython.double, 0.017453292519943295)
A_M = cython.declare(cython.double, 6378137.0)
B_M = cython.declare(cython.double, 6356752.314245179)
E2 = cython.declare(cython.double, 0.00669437999014131699613723354004)
INF = cython.declare(cython.double, float("inf"))
TOLERANCE_M = cython.declare(cython.double, 0.5)
TOLERANCE_PART = cython.declare(cython.double, 2e-4)
BLOCK = cython.declare(cython.Py_ssize_t, 16)


@cython.cclass
class Measure:
    """Shapes of parts, and the sums of visits; see :mod:`nofly.kernel.visits` for the columns of ``sums``."""

    pieces: cython.double[:, ::1]
    block: cython.double[:, ::1]
    part_piece: cython.int[:, ::1]
    part_radius: cython.double[::1]
    limits: cython.double[:, ::1]
    sums: cython.double[:, ::1]
    px: cython.double
    py: cython.double
    pz: cython.double
    best_piece: cython.Py_ssize_t

    def __init__(self, limits):  # type: ignore[no-untyped-def]
        """Take the limits of the parts (see :class:`nofly.zones.compiled.CompiledZones`)."""
        self.limits = limits
        self.best_piece = 0

    def hold_shapes(self, pieces, block, part_piece, part_radius):  # type: ignore[no-untyped-def]
        """Take the shapes: ``part_piece`` (parts, 4) is first and past-last piece, first and past-last
        block."""
        self.pieces = pieces
        self.block = block
        self.part_piece = part_piece
        self.part_radius = part_radius

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _place(self, lat_deg: cython.double, lon_deg: cython.double) -> cython.void:
        """Set the point in hand."""
        s: cython.double = sin(lat_deg * RAD)
        c: cython.double = cos(lat_deg * RAD)
        n: cython.double = A_M / sqrt(1.0 - E2 * s * s)
        self.px = n * c * cos(lon_deg * RAD)
        self.py = n * c * sin(lon_deg * RAD)
        self.pz = n * (1.0 - E2) * s

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _piece_off(self, i: cython.Py_ssize_t) -> cython.double:
        """Return the square of the distance from the point in hand to a piece."""
        ux: cython.double = self.pieces[i, 3] - self.pieces[i, 0]
        uy: cython.double = self.pieces[i, 4] - self.pieces[i, 1]
        uz: cython.double = self.pieces[i, 5] - self.pieces[i, 2]
        wx: cython.double = self.px - self.pieces[i, 0]
        wy: cython.double = self.py - self.pieces[i, 1]
        wz: cython.double = self.pz - self.pieces[i, 2]
        s: cython.double = ux * ux + uy * uy + uz * uz
        if s > 0.0:
            s = (wx * ux + wy * uy + wz * uz) / s
            s = 0.0 if s < 0.0 else (1.0 if s > 1.0 else s)
            wx -= s * ux
            wy -= s * uy
            wz -= s * uz
        return wx * wx + wy * wy + wz * wz

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _depth(self, part: cython.Py_ssize_t) -> cython.double:
        """Return how deep inside the part the point in hand is, in metres, from straight lines in space."""
        best: cython.double = INF
        low: cython.double
        off: cython.double
        i: cython.Py_ssize_t
        b: cython.Py_ssize_t
        first: cython.Py_ssize_t = self.part_piece[part, 0]
        past: cython.Py_ssize_t = self.part_piece[part, 1]
        end: cython.Py_ssize_t
        dx: cython.double
        dy: cython.double
        dz: cython.double
        if self.best_piece >= first and self.best_piece < past:
            best = self._piece_off(self.best_piece)
        for b in range(self.part_piece[part, 2], self.part_piece[part, 3]):
            dx = self.px - self.block[b, 0]
            dy = self.py - self.block[b, 1]
            dz = self.pz - self.block[b, 2]
            low = sqrt(dx * dx + dy * dy + dz * dz) - self.block[b, 3]
            if low > 0.0 and low * low >= best:
                continue
            i = first + (b - self.part_piece[part, 2]) * BLOCK
            end = i + BLOCK if i + BLOCK < past else past
            while i < end:
                off = self._piece_off(i)
                if off < best:
                    best = off
                    self.best_piece = i
                i += 1
        best = sqrt(best)
        # From the chord to the arc.
        best = best * (1.0 + best * best / (24.0 * 6371000.0 * 6371000.0))
        if self.part_radius[part] > 0.0:
            return self.part_radius[part] - best
        return best

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _deepen(self, v: cython.Py_ssize_t, depth: cython.double, err: cython.double) -> cython.void:
        """Keep the point in hand if it is the visit's deepest."""
        p: cython.double
        if depth >= self.sums[v, 0]:
            p = sqrt(self.px * self.px + self.py * self.py)
            self.sums[v, 0] = depth
            self.sums[v, 1] = atan2(self.pz, p * (1.0 - E2)) / RAD
            self.sums[v, 2] = atan2(self.py, self.px) / RAD
            self.sums[v, 3] = err

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _step(
        self,
        v: cython.Py_ssize_t,
        part: cython.Py_ssize_t,
        lat: cython.double,
        lon: cython.double,
        err: cython.double,
        must: cython.double,
    ) -> cython.double:
        """Go on to the next point of a visit's path; return an upper bound of the depth there, exact where
        above ``must``.

        The sums hold the last point (4, 5) and an upper bound of the depth there (6).
        """
        ax: cython.double
        ay: cython.double
        az: cython.double
        bx: cython.double
        by: cython.double
        bz: cython.double
        way: cython.double
        here: cython.double
        best: cython.double
        tolerance: cython.double
        self._place(self.sums[v, 4], self.sums[v, 5])
        ax = self.px
        ay = self.py
        az = self.pz
        self._place(lat, lon)
        bx = self.px
        by = self.py
        bz = self.pz
        way = sqrt((bx - ax) * (bx - ax) + (by - ay) * (by - ay) + (bz - az) * (bz - az))
        way = way * (1.0 + way * way / (24.0 * 6356752.0 * 6356752.0)) + 1e-6
        here = self.sums[v, 6] + way
        best = self.sums[v, 0]
        if here > best or here > must:
            here = self._depth(part)
            self._deepen(v, here, err)
        best = self.sums[v, 0]
        tolerance = TOLERANCE_M if best * TOLERANCE_PART < TOLERANCE_M else best * TOLERANCE_PART
        if 0.5 * (self.sums[v, 6] + here + way) > best + tolerance:
            self._between(v, part, ax, ay, az, bx, by, bz, self.sums[v, 6], here, way, err, 0)
        self.sums[v, 4] = lat
        self.sums[v, 5] = lon
        self.sums[v, 6] = here
        return here

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _between(
        self,
        v: cython.Py_ssize_t,
        part: cython.Py_ssize_t,
        ax: cython.double,
        ay: cython.double,
        az: cython.double,
        bx: cython.double,
        by: cython.double,
        bz: cython.double,
        at_a: cython.double,
        at_b: cython.double,
        way: cython.double,
        err: cython.double,
        level: cython.int,
    ) -> cython.void:
        """Look for a deeper point between a and b, where the depth is at most ``at_a`` and ``at_b``."""
        mx: cython.double = 0.5 * (ax + bx)
        my: cython.double = 0.5 * (ay + by)
        mz: cython.double = 0.5 * (az + bz)
        out: cython.double = 1.0 / sqrt((mx * mx + my * my) / (A_M * A_M) + mz * mz / (B_M * B_M))
        depth: cython.double
        tolerance: cython.double
        mx *= out
        my *= out
        mz *= out
        self.px = mx
        self.py = my
        self.pz = mz
        depth = self._depth(part)
        self._deepen(v, depth, err)
        tolerance = self.sums[v, 0] * TOLERANCE_PART
        tolerance = TOLERANCE_M if tolerance < TOLERANCE_M else tolerance
        if level > 40:
            return
        if 0.5 * (at_a + depth + 0.5 * way) > self.sums[v, 0] + tolerance:
            self._between(v, part, ax, ay, az, mx, my, mz, at_a, depth, 0.5 * way, err, level + 1)
        if 0.5 * (depth + at_b + 0.5 * way) > self.sums[v, 0] + tolerance:
            self._between(v, part, mx, my, mz, bx, by, bz, depth, at_b, 0.5 * way, err, level + 1)

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _margins(self, v: cython.Py_ssize_t, above: cython.double, below: cython.double) -> cython.void:
        """Keep the greatest height above the floor and below the ceiling; NaN changes nothing."""
        if above > self.sums[v, 7]:
            self.sums[v, 7] = above
        if below > self.sums[v, 8]:
            self.sums[v, 8] = below

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _report(
        self,
        v: cython.Py_ssize_t,
        part: cython.Py_ssize_t,
        i: cython.Py_ssize_t,
        t: cython.double,
        lat: cython.double,
        lon: cython.double,
        low: cython.double[:, ::1],
        high: cython.double[:, ::1],
        low_err: cython.double[:, ::1],
        err: cython.double,
        weak: cython.bint,
        ground: cython.bint,
        sure_from: cython.double,
        sure_until: cython.double,
    ) -> cython.void:
        """Take one report inside a visit."""
        k: cython.Py_ssize_t
        able: cython.bint = not weak and err < INF and self.sums[v, 15] == 0.0
        here: cython.double
        if t - self.sums[v, 9] > self.sums[v, 10]:
            self.sums[v, 10] = t - self.sums[v, 9]
        self.sums[v, 9] = t
        if self.limits[part, 1] >= 0.0:
            k = cython.cast(cython.Py_ssize_t, self.limits[part, 1])
            if low[k, i] == high[k, i]:
                self._margins(v, low[k, i] - self.limits[part, 0], -INF)
            able = able and low[k, i] - self.limits[part, 0] > low_err[k, i]
        if self.limits[part, 3] >= 0.0:
            k = cython.cast(cython.Py_ssize_t, self.limits[part, 3])
            if low[k, i] == high[k, i]:
                self._margins(v, -INF, self.limits[part, 2] - high[k, i])
            able = able and self.limits[part, 2] - high[k, i] > low_err[k, i]
        able = able and t > sure_from and t < sure_until
        here = self._step(v, part, lat, lon, err, err if able else INF)
        if able and here > err:
            self.sums[v, 15] = 1.0
        self.sums[v, 11] = err
        if self.sums[v, 12] < 0.0:
            self.sums[v, 12] = err
        self.sums[v, 13] += 1.0
        self.sums[v, 14] += 1.0 if weak else 0.0
        self.sums[v, 16] += 1.0 if ground else 0.0

    def begin(self, sums, first, part, place, heights, since_us):  # type: ignore[no-untyped-def]
        """Set the sums of the visits from row ``first`` on at their entry: place (n, 2), heights (n, 2) on
        the two limits."""
        self.sums = sums
        parts: cython.longlong[::1] = part
        at: cython.double[:, ::1] = place
        height: cython.double[:, ::1] = heights
        since: cython.double[::1] = since_us
        v: cython.Py_ssize_t
        n0: cython.Py_ssize_t = first
        with cython.nogil:
            for v in range(n0, parts.shape[0]):
                self.sums[v, 0] = -INF
                self.sums[v, 3] = INF
                self._place(at[v, 0], at[v, 1])
                self.sums[v, 4] = at[v, 0]
                self.sums[v, 5] = at[v, 1]
                self.sums[v, 6] = self._depth(parts[v])
                self._deepen(v, self.sums[v, 6], INF)
                self.sums[v, 7] = -INF
                self.sums[v, 8] = -INF
                self._margins(
                    v, height[v, 0] - self.limits[parts[v], 0], self.limits[parts[v], 2] - height[v, 1]
                )
                self.sums[v, 9] = since[v]
                self.sums[v, 12] = -1.0

    def follow(  # type: ignore[no-untyped-def]
        self,
        sums,
        target,
        part,
        span,
        order,
        offset,
        time_us,
        lat_deg,
        lon_deg,
        low_m,
        high_m,
        height_err_m,
        pos_err_m,
        weak,
        ground,
        zone_active,
        active,
        part_zone,
        time_err_us,
    ):
        """Take, for every visit, the reports of its target within its span (n, 2: entry and exit time).

        ``order`` holds the rows of the batch by target and time, those of target g from ``offset[g]`` on.
        """
        self.sums = sums
        who: cython.longlong[::1] = target
        parts: cython.longlong[::1] = part
        spans: cython.longlong[:, ::1] = span
        rows: cython.longlong[::1] = order
        first: cython.longlong[::1] = offset
        when: cython.longlong[::1] = time_us
        lat: cython.double[::1] = lat_deg
        lon: cython.double[::1] = lon_deg
        low: cython.double[:, ::1] = low_m
        high: cython.double[:, ::1] = high_m
        height_err: cython.double[:, ::1] = height_err_m
        err: cython.double[::1] = pos_err_m
        bad: cython.char[::1] = weak
        on_ground: cython.char[::1] = ground
        zones: cython.int[::1] = zone_active
        times: cython.longlong[:, ::1] = active
        owner: cython.int[::1] = part_zone
        slack: cython.double = time_err_us
        v: cython.Py_ssize_t
        i: cython.Py_ssize_t
        lo: cython.longlong
        hi: cython.longlong
        mid: cython.longlong
        a: cython.Py_ssize_t
        past: cython.Py_ssize_t
        t: cython.longlong
        sure_from: cython.double
        sure_until: cython.double
        with cython.nogil:
            for v in range(who.shape[0]):
                lo = first[who[v]]
                hi = first[who[v] + 1]
                while lo < hi:
                    mid = (lo + hi) // 2
                    if when[rows[mid]] < spans[v, 0]:
                        lo = mid + 1
                    else:
                        hi = mid
                a = zones[owner[parts[v]]]
                past = zones[owner[parts[v]] + 1]
                hi = first[who[v] + 1]
                while lo < hi:
                    i = rows[lo]
                    t = when[i]
                    if t > spans[v, 1]:
                        break
                    while a < past and times[a, 1] <= t:
                        a += 1
                    sure_from = INF
                    sure_until = INF
                    if a < past and times[a, 2] != 0:
                        sure_from = cython.cast(cython.double, times[a, 0]) + slack
                        sure_until = cython.cast(cython.double, times[a, 1]) - slack
                    self._report(
                        v, parts[v], i, cython.cast(cython.double, t), lat[i], lon[i], low, high, height_err,
                        err[i], bad[i] != 0, on_ground[i] != 0, sure_from, sure_until,
                    )  # fmt: skip
                    lo += 1

    def end(self, sums, which, part, place, heights, until_us):  # type: ignore[no-untyped-def]
        """Bring the visits named to their exit, and measure their deepest point on the ellipsoid."""
        self.sums = sums
        names: cython.longlong[::1] = which
        parts: cython.longlong[::1] = part
        at: cython.double[:, ::1] = place
        height: cython.double[:, ::1] = heights
        until: cython.double[::1] = until_us
        i: cython.Py_ssize_t
        v: cython.Py_ssize_t
        err: cython.double
        with cython.nogil:
            for i in range(names.shape[0]):
                v = names[i]
                err = self.sums[v, 11] if self.sums[v, 13] > 0.0 else INF
                self._step(v, parts[i], at[i, 0], at[i, 1], err, INF)
                self._margins(
                    v, height[i, 0] - self.limits[parts[i], 0], self.limits[parts[i], 2] - height[i, 1]
                )
                if self.sums[v, 3] == INF and self.sums[v, 12] >= 0.0:
                    # Deepest where it came in: the report nearest to that says how well the place is known.
                    self.sums[v, 3] = self.sums[v, 12]
                if until[i] - self.sums[v, 9] > self.sums[v, 10]:
                    self.sums[v, 10] = until[i] - self.sums[v, 9]
                self._exact(v, parts[i])

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _exact(self, v: cython.Py_ssize_t, part: cython.Py_ssize_t) -> cython.void:
        """Replace the depth by the geodesic distance from the deepest point to the nearest one of the
        shape."""
        i: cython.Py_ssize_t
        s: cython.double
        x: cython.double
        y: cython.double
        z: cython.double
        length_m: cython.double
        unused: cython.double
        lat: cython.double
        self._place(self.sums[v, 1], self.sums[v, 2])
        self._depth(part)
        i = self.best_piece
        x = self.pieces[i, 3] - self.pieces[i, 0]
        y = self.pieces[i, 4] - self.pieces[i, 1]
        z = self.pieces[i, 5] - self.pieces[i, 2]
        s = x * x + y * y + z * z
        if s > 0.0:
            s = (
                (self.px - self.pieces[i, 0]) * x + (self.py - self.pieces[i, 1]) * y
                + (self.pz - self.pieces[i, 2]) * z
            ) / s  # fmt: skip
            s = 0.0 if s < 0.0 else (1.0 if s > 1.0 else s)
        x = self.pieces[i, 0] + s * x
        y = self.pieces[i, 1] + s * y
        z = self.pieces[i, 2] + s * z
        lat = atan2(z, sqrt(x * x + y * y) * (1.0 - E2)) / RAD
        length_m, unused, unused = inverse(self.sums[v, 1], self.sums[v, 2], lat, atan2(y, x) / RAD)
        if length_m >= 0.0:
            if self.part_radius[part] > 0.0:
                length_m = self.part_radius[part] - length_m
            self.sums[v, 0] = length_m if length_m > 0.0 else 0.0
