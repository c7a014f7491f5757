"""How deep inside, how sure, and how well seen a visit was: the pass over the reports of visits.

Depth is the largest distance from the boundary along the path, found by branch and bound: the distance to a
boundary changes by no more than the way travelled, so most of a path need not be measured. Compiled by Cython
where there is a C compiler; runs uncompiled too.
"""

# cython: boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False, language_level=3
from __future__ import annotations

import cython
import numpy as np

if cython.compiled:
    from cython.cimports.libc.math import atan2, cos, fabs, sin, sqrt
    from cython.cimports.nofly.geo.geodesic import inverse
    from cython.cimports.nofly.tracks.memory import prefetch
else:
    from math import atan2, cos, fabs, sin, sqrt

    from nofly.geo.geodesic import inverse

RAD = cython.declare(cython.double, 0.017453292519943295)
A_M = cython.declare(cython.double, 6378137.0)
B_M = cython.declare(cython.double, 6356752.314245179)
E2 = cython.declare(cython.double, 0.00669437999014131699613723354004)
INF = cython.declare(cython.double, float("inf"))
TOLERANCE_M = cython.declare(cython.double, 0.1)
TOLERANCE_PART = cython.declare(cython.double, 4e-5)
BLOCK = cython.declare(cython.Py_ssize_t, 4)
WIDE = cython.declare(cython.Py_ssize_t, 8)
ROUNDING_M = cython.declare(cython.double, 1e-6)
STRETCH = cython.declare(cython.Py_ssize_t, 8)
POINTS = cython.declare(cython.Py_ssize_t, 17)
# How many reports ahead a row is called for.
AHEAD_ROWS = cython.declare(cython.Py_ssize_t, 6)


# The columns of a slot: see nofly.kernel.visit_shelf.
TARGET = cython.declare(cython.Py_ssize_t, 0)
PART = cython.declare(cython.Py_ssize_t, 1)
STATE = cython.declare(cython.Py_ssize_t, 2)
NEXT = cython.declare(cython.Py_ssize_t, 3)
FROM = cython.declare(cython.Py_ssize_t, 4)
UNTIL = cython.declare(cython.Py_ssize_t, 5)
ENTRY = cython.declare(cython.Py_ssize_t, 6)
EXIT = cython.declare(cython.Py_ssize_t, 7)
FIRST_IN = cython.declare(cython.Py_ssize_t, 8)
LAST_IN = cython.declare(cython.Py_ssize_t, 9)
OUTSIDE = cython.declare(cython.longlong, 0)
INSIDE = cython.declare(cython.longlong, 2)
FOREVER_US = cython.declare(cython.longlong, 9223372036854775807)


@cython.cclass
class Measure:
    """Shapes of parts, and the sums of visits; see :mod:`nofly.kernel.visits` for the columns of ``sums``."""

    pieces: cython.double[:, ::1]
    block: cython.double[:, ::1]
    wide: cython.double[:, ::1]
    part_piece: cython.int[:, ::1]
    part_radius: cython.double[::1]
    limits: cython.double[:, ::1]
    sums: cython.double[:, ::1]
    # rows of paths, and the row of each visit
    path: cython.double[:, :, ::1]
    place: cython.longlong[::1]
    row: cython.Py_ssize_t
    point: cython.double[:, ::1]
    px: cython.double
    py: cython.double
    pz: cython.double
    best_piece: cython.Py_ssize_t

    def __init__(self, limits):  # type: ignore[no-untyped-def]
        """Take the limits of the parts (see :class:`nofly.zones.compiled.CompiledZones`)."""
        self.limits = limits
        self.point = np.zeros((POINTS, 4))
        self.best_piece = 0
        self.row = 0

    def hold_shapes(self, pieces, block, wide, part_piece, part_radius):  # type: ignore[no-untyped-def]
        """Take the shapes (see :class:`nofly.zones.shape.Shapes`): ``part_piece`` (parts, 4) is first and
        past-last piece, first and past-last block."""
        self.pieces = pieces
        self.block = block
        self.wide = wide
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
    @cython.inline
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
        """Return how deep inside the part the point in hand is, in metres, from straight lines in space; the
        nearest piece, of several the first, is ``best_piece``."""
        best: cython.double = INF
        near: cython.double = INF
        off: cython.double
        i: cython.Py_ssize_t
        b: cython.Py_ssize_t
        first: cython.Py_ssize_t = self.part_piece[part, 0]
        past: cython.Py_ssize_t = self.part_piece[part, 1]
        end: cython.Py_ssize_t
        piece: cython.Py_ssize_t = -1
        dx: cython.double
        dy: cython.double
        dz: cython.double
        piece = self.best_piece
        if piece < first or piece >= past:
            piece = self._some_near(part)
        if piece >= first:
            best = self._piece_off(piece)
            near = sqrt(best) + ROUNDING_M
        first_block: cython.Py_ssize_t = self.part_piece[part, 2]
        blocks: cython.Py_ssize_t = self.part_piece[part, 3] - first_block
        b = 0
        while b < blocks:
            if b % WIDE == 0 and blocks > WIDE:
                dx = self.px - self.wide[first_block + b, 0]
                dy = self.py - self.wide[first_block + b, 1]
                dz = self.pz - self.wide[first_block + b, 2]
                off = near + self.wide[first_block + b, 3]
                if dx * dx + dy * dy + dz * dz > off * off:
                    b += WIDE
                    continue
            dx = self.px - self.block[first_block + b, 0]
            dy = self.py - self.block[first_block + b, 1]
            dz = self.pz - self.block[first_block + b, 2]
            off = near + self.block[first_block + b, 3]
            b += 1
            if dx * dx + dy * dy + dz * dz > off * off:
                continue
            i = first + (b - 1) * BLOCK
            end = i + BLOCK if i + BLOCK < past else past
            while i < end:
                off = self._piece_off(i)
                if off <= best and (off < best or i < piece):
                    best = off
                    piece = i
                i += 1
            near = sqrt(best) + ROUNDING_M
        self.best_piece = piece
        best = _arc(sqrt(best))
        if self.part_radius[part] > 0.0:
            return self.part_radius[part] - best
        return best

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _some_near(self, part: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """Return a piece of the part that is likely to be near the point in hand, -1 where there is none."""
        found: cython.Py_ssize_t = -1
        k: cython.Py_ssize_t
        b: cython.Py_ssize_t
        least: cython.double = INF
        off: cython.double
        dx: cython.double
        dy: cython.double
        dz: cython.double
        for k in range(self.part_piece[part, 3] - self.part_piece[part, 2]):
            b = self.part_piece[part, 2] + k
            dx = self.px - self.block[b, 0]
            dy = self.py - self.block[b, 1]
            dz = self.pz - self.block[b, 2]
            off = dx * dx + dy * dy + dz * dz
            if off < least:
                least = off
                found = self.part_piece[part, 0] + k * BLOCK
        return found

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _deepen(
        self,
        v: cython.Py_ssize_t,
        depth: cython.double,
        lat: cython.double,
        lon: cython.double,
        err: cython.double,
    ) -> cython.void:
        """Keep the point in hand, at a place, if it is the visit's deepest."""
        if depth >= self.sums[v, 0]:
            self.sums[v, 0] = depth
            self.sums[v, 1] = lat
            self.sums[v, 2] = lon
            self.sums[v, 3] = err

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _enough(self, v: cython.Py_ssize_t) -> cython.double:
        """Return the depth that a stretch must exceed to be worth looking at."""
        best: cython.double = self.sums[v, 0]
        return best + (TOLERANCE_M if best * TOLERANCE_PART < TOLERANCE_M else best * TOLERANCE_PART)

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _measure(self, v: cython.Py_ssize_t, part: cython.Py_ssize_t, k: cython.Py_ssize_t) -> cython.double:
        """Return the depth at point k of a visit's path, which is measured unless it was."""
        if self.path[self.row, k, 5] < 0.0:
            self._place(self.path[self.row, k, 0], self.path[self.row, k, 1])
            self.path[self.row, k, 4] = self._depth(part)
            # Counted from the part's first: where its pieces are is another matter after a restart.
            self.path[self.row, k, 5] = cython.cast(cython.double, self.best_piece - self.part_piece[part, 0])
            self._deepen(
                v,
                self.path[self.row, k, 4],
                self.path[self.row, k, 0],
                self.path[self.row, k, 1],
                self.path[self.row, k, 2],
            )
        return self.path[self.row, k, 4]

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _onward(
        self,
        v: cython.Py_ssize_t,
        part: cython.Py_ssize_t,
        lat: cython.double,
        lon: cython.double,
        err: cython.double,
        must: cython.double,
    ) -> cython.double:
        """Go on to the next point of a visit's path; return an upper bound of the depth there, exact where
        above ``must``."""
        n: cython.Py_ssize_t = cython.cast(cython.Py_ssize_t, self.sums[v, 4])
        here: cython.double
        k: cython.Py_ssize_t
        i: cython.Py_ssize_t
        self.path[self.row, n, 0] = lat
        self.path[self.row, n, 1] = lon
        self.path[self.row, n, 2] = err
        self.path[self.row, n, 3] = _most_way_m(
            self.path[self.row, n - 1, 0], self.path[self.row, n - 1, 1], lat, lon
        )
        here = self.path[self.row, n - 1, 4] + self.path[self.row, n, 3]
        self.path[self.row, n, 4] = here
        self.path[self.row, n, 5] = -1.0
        if here > must or (n % STRETCH == 0 and here > self.sums[v, 0]):
            here = self._measure(v, part, n)
        n += 1
        if n == POINTS:
            # What comes after the first half is known so far: most often it is deeper.
            self._search(v, part, 0, STRETCH)
            n = POINTS - STRETCH
            for k in range(n):
                for i in range(6):
                    self.path[self.row, k, i] = self.path[self.row, k + STRETCH, i]
        self.sums[v, 4] = cython.cast(cython.double, n)
        return here

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _search(
        self, v: cython.Py_ssize_t, part: cython.Py_ssize_t, lo: cython.Py_ssize_t, hi: cython.Py_ssize_t
    ) -> cython.void:
        """Look for deeper points between two points of a visit's path."""
        k: cython.Py_ssize_t
        way: cython.double = 0.0
        dx: cython.double
        dy: cython.double
        dz: cython.double
        for k in range(lo + 1, hi + 1):
            way += self.path[self.row, k, 3]
        if 0.5 * (self.path[self.row, lo, 4] + self.path[self.row, hi, 4] + way) <= self._enough(v):
            return
        for k in range(lo, hi + 1):
            self._place(self.path[self.row, k, 0], self.path[self.row, k, 1])
            self.point[k, 0] = self.px
            self.point[k, 1] = self.py
            self.point[k, 2] = self.pz
            if k > lo:
                dx = self.px - self.point[k - 1, 0]
                dy = self.py - self.point[k - 1, 1]
                dz = self.pz - self.point[k - 1, 2]
                self.point[k, 3] = _arc(sqrt(dx * dx + dy * dy + dz * dz)) + ROUNDING_M
        self._narrow(v, part, lo, hi)

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _narrow(
        self, v: cython.Py_ssize_t, part: cython.Py_ssize_t, lo: cython.Py_ssize_t, hi: cython.Py_ssize_t
    ) -> cython.void:
        """Look for deeper points between two of the points in space."""
        k: cython.Py_ssize_t
        mid: cython.Py_ssize_t = (lo + hi) // 2
        at: cython.double
        way: cython.double = 0.0
        before: cython.double = 0.0
        longest: cython.double = 0.0
        enough: cython.double = self._enough(v)
        for k in range(lo + 1, hi + 1):
            way += self.point[k, 3]
            longest = self.point[k, 3] if self.point[k, 3] > longest else longest
            if k == mid:
                before = way
        if 0.5 * (self.path[self.row, lo, 4] + self.path[self.row, hi, 4] + way) <= enough:
            return
        if not self.part_radius[part] > 0.0 and (
            self._off_stretch(part, self.path[self.row, lo, 5], lo, hi, longest) <= enough
            or self._off_stretch(part, self.path[self.row, hi, 5], lo, hi, longest) <= enough
        ):
            return
        if hi - lo == 1:
            self._between(
                v, part, self.point[lo, 0], self.point[lo, 1], self.point[lo, 2], self.point[hi, 0],
                self.point[hi, 1], self.point[hi, 2], self.path[self.row, lo, 4], self.path[self.row, hi, 4],
                way, self.path[self.row, hi, 2], 0,
            )  # fmt: skip
            return
        if self.path[self.row, mid, 5] < 0.0:
            at = self.path[self.row, lo, 4] + before
            if at < self.path[self.row, mid, 4]:
                self.path[self.row, mid, 4] = at
            at = self.path[self.row, hi, 4] + way - before
            if at < self.path[self.row, mid, 4]:
                self.path[self.row, mid, 4] = at
            if self.path[self.row, mid, 4] > self.sums[v, 0]:
                self._measure(v, part, mid)
        if self.path[self.row, lo, 4] + before > self.path[self.row, hi, 4] + way - before:
            self._narrow(v, part, lo, mid)
            self._narrow(v, part, mid, hi)
        else:
            self._narrow(v, part, mid, hi)
            self._narrow(v, part, lo, mid)

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _off_stretch(
        self,
        part: cython.Py_ssize_t,
        piece: cython.double,
        lo: cython.Py_ssize_t,
        hi: cython.Py_ssize_t,
        longest: cython.double,
    ) -> cython.double:
        """Return the greatest distance from a piece of a part (inf for -1) on the way between two of the
        points in space, whose legs are no longer than ``longest``.

        The distance from a straight piece is convex: nowhere between two points is it greater than at both.
        """
        i: cython.Py_ssize_t = self.part_piece[part, 0] + cython.cast(cython.Py_ssize_t, piece)
        k: cython.Py_ssize_t
        off: cython.double
        most: cython.double = 0.0
        if piece < 0.0:
            return INF
        for k in range(lo, hi + 1):
            self.px = self.point[k, 0]
            self.py = self.point[k, 1]
            self.pz = self.point[k, 2]
            off = self._piece_off(i)
            most = off if off > most else most
        return _arc(sqrt(most) + _bulge_m(longest))

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
        off: cython.double
        most: cython.double
        piece: cython.Py_ssize_t
        mx *= out
        my *= out
        mz *= out
        self.px = mx
        self.py = my
        self.pz = mz
        depth = self._depth(part)
        piece = self.best_piece
        if depth >= self.sums[v, 0]:
            self._deepen(
                v, depth, atan2(mz, sqrt(mx * mx + my * my) * (1.0 - E2)) / RAD, atan2(my, mx) / RAD, err
            )
        if level > 40:
            return
        way *= 0.5
        most = INF
        if 0.5 * (at_a + depth + way) > self._enough(v):
            if not self.part_radius[part] > 0.0:
                self.px = ax
                self.py = ay
                self.pz = az
                off = _arc(sqrt(self._piece_off(piece)) + _bulge_m(way))
                most = off if off > depth + _bulge_m(way) else depth + _bulge_m(way)
            if most > self._enough(v):
                self._between(v, part, ax, ay, az, mx, my, mz, at_a, depth, way, err, level + 1)
        most = INF
        if 0.5 * (depth + at_b + way) > self._enough(v):
            if not self.part_radius[part] > 0.0:
                self.px = bx
                self.py = by
                self.pz = bz
                off = _arc(sqrt(self._piece_off(piece)) + _bulge_m(way))
                most = off if off > depth + _bulge_m(way) else depth + _bulge_m(way)
            if most > self._enough(v):
                self._between(v, part, mx, my, mz, bx, by, bz, depth, at_b, way, err, level + 1)

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _margins(self, v: cython.Py_ssize_t, above: cython.double, below: cython.double) -> cython.void:
        """Keep the greatest height above the floor and below the ceiling; NaN changes nothing."""
        if above > self.sums[v, 5]:
            self.sums[v, 5] = above
        if below > self.sums[v, 6]:
            self.sums[v, 6] = below

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
        able: cython.bint = not weak and err < INF and self.sums[v, 13] == 0.0
        here: cython.double
        if t - self.sums[v, 7] > self.sums[v, 8]:
            self.sums[v, 8] = t - self.sums[v, 7]
        self.sums[v, 7] = t
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
        here = self._onward(v, part, lat, lon, err, err if able else INF)
        if able and here > err:
            self.sums[v, 13] = 1.0
        k = cython.cast(cython.Py_ssize_t, self.limits[part, 1])
        if k < 0:
            k = cython.cast(cython.Py_ssize_t, self.limits[part, 3])
        if k >= 0:
            self.sums[v, 15] = low_err[k, i]
            if self.sums[v, 10] < 0.0:
                self.sums[v, 16] = low_err[k, i]
        self.sums[v, 9] = err
        if self.sums[v, 10] < 0.0:
            self.sums[v, 10] = err
        self.sums[v, 11] += 1.0
        self.sums[v, 12] += 1.0 if weak else 0.0
        self.sums[v, 14] += 1.0 if ground else 0.0

    def begin(self, sums, path, place_of, first, part, place, heights, since_us):  # type: ignore[no-untyped-def]
        """Set the sums of the visits from row ``first`` on at their entry: place (n, 2), heights (n, 2) on
        the two limits."""
        self.sums = sums
        self.path = path
        self.place = place_of
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
                self.row = self.place[v]
                self.path[self.row, 0, 0] = at[v, 0]
                self.path[self.row, 0, 1] = at[v, 1]
                self.path[self.row, 0, 2] = INF
                self.path[self.row, 0, 5] = -1.0
                self._measure(v, parts[v], 0)
                self.sums[v, 4] = 1.0
                self.sums[v, 5] = -INF
                self.sums[v, 6] = -INF
                self._margins(
                    v, height[v, 0] - self.limits[parts[v], 0], self.limits[parts[v], 2] - height[v, 1]
                )
                self.sums[v, 7] = since[v]
                self.sums[v, 10] = -1.0

    @cython.cfunc
    @cython.inline
    @cython.nogil
    @cython.exceptval(check=False)
    def _resume(self, v: cython.Py_ssize_t, part: cython.Py_ssize_t) -> cython.void:
        """Begin the search where the last report of a visit ended it: most likely it is still near that
        piece."""
        last: cython.Py_ssize_t = cython.cast(cython.Py_ssize_t, self.sums[v, 4]) - 1
        if self.path[self.row, last, 5] >= 0.0:
            self.best_piece = self.part_piece[part, 0] + cython.cast(
                cython.Py_ssize_t, self.path[self.row, last, 5]
            )

    def follow(  # type: ignore[no-untyped-def]
        self,
        sums,
        path,
        place_of,
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
        self.path = path
        self.place = place_of
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
        k: cython.Py_ssize_t
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
                self.row = self.place[v]
                self._resume(v, parts[v])
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
                    if cython.compiled and lo + AHEAD_ROWS < hi:
                        k = rows[lo + AHEAD_ROWS]
                        prefetch(cython.address(when[k]))
                        prefetch(cython.address(lat[k]))
                        prefetch(cython.address(lon[k]))
                        prefetch(cython.address(err[k]))
                        if low.shape[0] > 0:
                            prefetch(cython.address(low[0, k]))
                            prefetch(cython.address(high[0, k]))
                            prefetch(cython.address(height_err[0, k]))
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

    def follow_open(  # type: ignore[no-untyped-def]
        self,
        sums,
        path,
        head,
        slot,
        at_row,
        at_slot,
        target,
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
        """Take, for every visit in a slot (see :class:`nofly.kernel.visit_shelf.VisitShelf`), the reports of
        its target within its span; sums and paths lie by slot.

        The reports of a target are in order of time. ``at_row`` and ``at_slot`` are room for as many numbers
        as there are reports.
        """
        self.sums = sums
        self.path = path
        chain: cython.longlong[::1] = head
        slots: cython.longlong[:, ::1] = slot
        row_at: cython.longlong[::1] = at_row
        slot_at: cython.longlong[::1] = at_slot
        who: cython.int[::1] = target
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
        targets: cython.Py_ssize_t = chain.shape[0]
        count: cython.Py_ssize_t = 0
        more: cython.Py_ssize_t
        i: cython.Py_ssize_t
        k: cython.Py_ssize_t
        n: cython.Py_ssize_t
        v: cython.Py_ssize_t
        part: cython.Py_ssize_t
        a: cython.Py_ssize_t
        past: cython.Py_ssize_t
        t: cython.longlong
        sure_from: cython.double
        sure_until: cython.double
        with cython.nogil:
            for i in range(who.shape[0]):
                if cython.compiled and i + 2 * AHEAD_ROWS < who.shape[0]:
                    k = who[i + 2 * AHEAD_ROWS]
                    if k < targets:
                        prefetch(cython.address(chain[k]))
                if who[i] < targets and chain[who[i]] >= 0:
                    row_at[count] = i
                    slot_at[count] = chain[who[i]]
                    count += 1
            # The first visit of each report's target, then the second, and so on.
            while count > 0:
                more = 0
                for n in range(count):
                    if cython.compiled:
                        if n + 3 * AHEAD_ROWS < count:
                            k = slot_at[n + 3 * AHEAD_ROWS]
                            prefetch(cython.address(slots[k, 0]))
                            prefetch(cython.address(slots[k, UNTIL]))
                        if n + 2 * AHEAD_ROWS < count:
                            k = slot_at[n + 2 * AHEAD_ROWS]
                            prefetch(cython.address(self.sums[k, 0]))
                            prefetch(cython.address(self.sums[k, 8]))
                            prefetch(cython.address(self.sums[k, 16]))
                        if n + AHEAD_ROWS < count:
                            v = slot_at[n + AHEAD_ROWS]
                            k = cython.cast(cython.Py_ssize_t, self.sums[v, 4])
                            if 0 < k < POINTS:
                                prefetch(cython.address(self.path[v, k - 1, 0]))
                                prefetch(cython.address(self.path[v, k, 3]))
                    i = row_at[n]
                    v = slot_at[n]
                    t = when[i]
                    if slots[v, NEXT] >= 0:
                        row_at[more] = i
                        slot_at[more] = slots[v, NEXT]
                        more += 1
                    if t < slots[v, FROM] or t > slots[v, UNTIL]:
                        continue
                    part = slots[v, PART]
                    self.row = v
                    self._resume(v, part)
                    a = zones[owner[part]]
                    past = zones[owner[part] + 1]
                    while a < past and times[a, 1] <= t:
                        a += 1
                    sure_from = INF
                    sure_until = INF
                    if a < past and times[a, 2] != 0:
                        sure_from = cython.cast(cython.double, times[a, 0]) + slack
                        sure_until = cython.cast(cython.double, times[a, 1]) - slack
                    self._report(
                        v, part, i, cython.cast(cython.double, t), lat[i], lon[i], low, high, height_err,
                        err[i], bad[i] != 0, on_ground[i] != 0, sure_from, sure_until,
                    )  # fmt: skip
                count = more

    def end(self, sums, path, place_of, which, part, place, heights, until_us):  # type: ignore[no-untyped-def]
        """Bring the visits named to their exit, and measure their deepest point on the ellipsoid."""
        self.sums = sums
        self.path = path
        self.place = place_of
        names: cython.longlong[::1] = which
        parts: cython.longlong[::1] = part
        at: cython.double[:, ::1] = place
        height: cython.double[:, ::1] = heights
        until: cython.double[::1] = until_us
        i: cython.Py_ssize_t
        k: cython.Py_ssize_t
        v: cython.Py_ssize_t
        err: cython.double
        with cython.nogil:
            for i in range(names.shape[0]):
                v = names[i]
                self.row = self.place[v]
                err = self.sums[v, 9] if self.sums[v, 11] > 0.0 else INF
                self._onward(v, parts[i], at[i, 0], at[i, 1], err, INF)
                k = cython.cast(cython.Py_ssize_t, self.sums[v, 4]) - 1
                if self.path[self.row, k, 4] > self.sums[v, 0]:
                    self._measure(v, parts[i], k)
                self._search(v, parts[i], 0, k)
                self._margins(
                    v, height[i, 0] - self.limits[parts[i], 0], self.limits[parts[i], 2] - height[i, 1]
                )
                if self.sums[v, 3] == INF and self.sums[v, 10] >= 0.0:
                    # Deepest where it came in: the report nearest to that says how well the place is known.
                    self.sums[v, 3] = self.sums[v, 10]
                if until[i] - self.sums[v, 7] > self.sums[v, 8]:
                    self.sums[v, 8] = until[i] - self.sums[v, 7]
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


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _arc(chord_m: cython.double) -> cython.double:
    """Return the length of the arc over a chord."""
    return chord_m * (1.0 + chord_m * chord_m / (24.0 * 6356752.0 * 6356752.0))


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _bulge_m(way_m: cython.double) -> cython.double:
    """Return how far a way over the ellipsoid is from the straight line in space at most."""
    return way_m * way_m / (8.0 * 6300000.0)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _most_way_m(
    lat0: cython.double, lon0: cython.double, lat1: cython.double, lon1: cython.double
) -> cython.double:
    """Return what the way between two places cannot exceed, and exceeds by no more than a hundredth at the
    scale of a flight."""
    low: cython.double = fabs(lat0) if fabs(lat0) < fabs(lat1) else fabs(lat1)
    turn: cython.double = fabs(lon1 - lon0)
    up: cython.double = lat1 - lat0
    if lat0 * lat1 < 0.0:
        low = 0.0
    if turn > 180.0:
        turn = fabs(360.0 - turn)
    # No cosine is greater than this series.
    low *= RAD
    low *= low
    turn *= 1.0 - low * (0.5 - low / 24.0)
    return 111694.0 * sqrt(up * up + turn * turn) + ROUNDING_M


def turn_visits(  # type: ignore[no-untyped-def]
    head, slot, free, target, part, before, after, time_us, from_us, known, born, closed
):
    """Open, change and close the visits in slots by changes of state, in the order found and numbered from
    ``known`` on; ``from_us`` is from when on a visit that a change begins takes reports.

    ``free`` holds at least as many free slots as there are changes: the last are taken first. Write the slots
    of the visits begun and of those closed into ``born`` and ``closed``, and return how many there are of
    each. The closed ones stay in the chains: see :func:`unchain`.
    """
    chain: cython.longlong[::1] = head
    slots: cython.longlong[:, ::1] = slot
    spare: cython.longlong[::1] = free
    who: cython.longlong[:] = target
    parts: cython.longlong[:] = part
    was: cython.longlong[:] = before
    now: cython.longlong[:] = after
    when: cython.longlong[:] = time_us
    since: cython.longlong[:] = from_us
    first: cython.longlong[::1] = born
    last: cython.longlong[::1] = closed
    number: cython.longlong = known
    begun: cython.Py_ssize_t = 0
    over: cython.Py_ssize_t = 0
    left: cython.Py_ssize_t = spare.shape[0]
    s: cython.Py_ssize_t
    k: cython.Py_ssize_t
    with cython.nogil:
        for k in range(who.shape[0]):
            s = chain[who[k]]
            while s >= 0 and (slots[s, PART] != parts[k] or slots[s, STATE] == OUTSIDE):
                s = slots[s, NEXT]
            if s < 0:
                left -= 1
                s = spare[left]
                slots[s, TARGET] = who[k]
                slots[s, PART] = parts[k]
                slots[s, NEXT] = chain[who[k]]
                slots[s, FROM] = since[k]
                slots[s, UNTIL] = FOREVER_US
                slots[s, ENTRY] = number
                slots[s, EXIT] = slots[s, FIRST_IN] = slots[s, LAST_IN] = -1
                chain[who[k]] = s
                first[begun] = s
                begun += 1
            if now[k] == INSIDE and slots[s, FIRST_IN] < 0:
                slots[s, FIRST_IN] = number
            if was[k] == INSIDE:
                slots[s, LAST_IN] = number
            slots[s, STATE] = now[k]
            if now[k] == OUTSIDE:
                slots[s, EXIT] = number
                slots[s, UNTIL] = when[k]
                last[over] = s
                over += 1
            number += 1
    return begun, over


def unchain(head, slot, closed):  # type: ignore[no-untyped-def]
    """Take visits that are closed out of the chains of their targets, and mark their slots as free."""
    chain: cython.longlong[::1] = head
    slots: cython.longlong[:, ::1] = slot
    last: cython.longlong[::1] = closed
    s: cython.Py_ssize_t
    k: cython.Py_ssize_t
    with cython.nogil:
        for k in range(last.shape[0]):
            s = chain[slots[last[k], TARGET]]
            if s == last[k]:
                chain[slots[s, TARGET]] = slots[s, NEXT]
            else:
                while slots[s, NEXT] != last[k]:
                    s = slots[s, NEXT]
                slots[s, NEXT] = slots[last[k], NEXT]
            slots[last[k], TARGET] = -1
