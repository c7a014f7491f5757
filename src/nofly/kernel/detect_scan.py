"""The inner loop: reports in, changes of state out.

For each target the scan keeps the last report, the parts it is in, and a *safe box*: bounds in place, time
and height within which that answer cannot change. A report inside the box costs a few comparisons. In place
the box is a parallelogram along the flight: bounds of u = longitude - lean * latitude and of v = latitude -
rise * longitude. Lean or rise is 0, and both are where no direction is known. Outside the box the segment
from the last report is walked through the cell table, its crossings with edges, limits and schedules are put
in order, and each change of state is written out.

A part's state is 0 outside, 1 undetermined, 2 inside. The boundary and the limits belong to the part; a
schedule's interval is half open. Compiled by Cython where there is a C compiler; runs uncompiled too.
"""

# cython: boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False, language_level=3
from __future__ import annotations

import cython

if cython.compiled:
    from cython.cimports.libc.math import cos, fabs, floor, sin, sqrt
    from cython.cimports.nofly.geo.geodesic import inverse, sagitta_m, split_geodesic
    from cython.cimports.nofly.kernel.layout import (
        AHEAD_ROWS,
        COUNT,
        CROSSING,
        CUTS,
        DATA,
        DONE,
        FOUND,
        GREATEST,
        HIGH,
        LAT,
        LATERAL,
        LEAN,
        LEAST,
        LON,
        LOST,
        LOW,
        MEETS,
        MORE_BREAKS,
        MORE_CROSSINGS,
        MORE_CUTS,
        MORE_NODES,
        MORE_OUT,
        MORE_SLOTS,
        NEAR,
        PARTS,
        RISE,
        SCHEDULE,
        TIME,
        U0,
        U1,
        UNSORTED,
        UNTIL,
        V0,
        V1,
        VERTICAL,
    )
    from cython.cimports.nofly.tracks.memory import prefetch
    from cython.cimports.nofly.zones.grid_scan import PAD_DEG, REF_X, REF_Y, band_span
else:
    from math import cos, fabs, floor, sin, sqrt

    from nofly.geo.geodesic import inverse, sagitta_m, split_geodesic
    from nofly.kernel.layout import (
        AHEAD_ROWS,
        COUNT,
        CROSSING,
        CUTS,
        DATA,
        DONE,
        FOUND,
        GREATEST,
        HIGH,
        LAT,
        LATERAL,
        LEAN,
        LEAST,
        LON,
        LOST,
        LOW,
        MEETS,
        MORE_BREAKS,
        MORE_CROSSINGS,
        MORE_CUTS,
        MORE_NODES,
        MORE_OUT,
        MORE_SLOTS,
        NEAR,
        PARTS,
        RISE,
        SCHEDULE,
        TIME,
        U0,
        U1,
        UNSORTED,
        UNTIL,
        V0,
        V1,
        VERTICAL,
    )
    from nofly.zones.grid_scan import PAD_DEG, REF_X, REF_Y, band_span

PAD = cython.declare(cython.double, PAD_DEG)
TRACK_TOLERANCE_M = cython.declare(cython.double, 0.3)
# How far ahead a safe box reaches: so many reports, over so many leaves.
AHEAD_STEPS = cython.declare(cython.double, 48.0)
AHEAD_LEAVES = cython.declare(cython.double, 16.0)
# Where the target's next reports are at hand: up to twice so many of them less one; a power of 2.
AHEAD_KNOWN = cython.declare(cython.Py_ssize_t, 16)
# How far the bounds stay from the reports that are known, in steps of the flight.
KNOWN_SLACK = cython.declare(cython.double, 0.25)
# How many reports ahead a climb or a descent is followed.
CLIMB_STEPS = cython.declare(cython.double, 16.0)
MOST_CLIMB_M = cython.declare(cython.double, 20000.0)
# A point so near a line, in degrees, is on it: on which side is a matter of rounding.
ON_LINE = cython.declare(cython.double, 1e-13)
# Further from an edge's box, in degrees, no point is on the edge.
BY_EDGE = cython.declare(cython.double, 4e-7)
# As much as a window in float is widened: the step of a float is 1.5e-5 degrees at most, 3e-5 for u and v,
# and rounding four times on the way to a comparison is two steps at most.
ROUNDING_DEG = cython.declare(cython.double, 8e-5)
# As much as the leaves of a row that the box touches are widened to each side, in leaves.
ROUNDING_LEAVES = cython.declare(cython.double, 1e-4)
# A box that slants is not narrower than this.
NARROW_DEG = cython.declare(cython.double, 1e-11)
# A direction is rounded to a part in so many: exact in float.
SLOPES = cython.declare(cython.double, 4096.0)
LIMIT_MARGIN_M = cython.declare(cython.double, 1e-6)
LATE = cython.declare(cython.double, 1.0 - 1e-9)
"""The part of a segment that lies before its end for all that heights can tell."""
RAD = cython.declare(cython.double, 0.017453292519943295)
INF = cython.declare(cython.double, float("inf"))
NAN = cython.declare(cython.double, float("nan"))
NEVER = cython.declare(cython.double, -9.0e18)
NO_END = cython.declare(cython.double, 9.0e18)


@cython.final
@cython.cclass
class Scan:
    """The compiled zones, the state of the targets, and room to work in; see
    :class:`nofly.kernel.detect.Detector`."""

    # the batch: its targets, and the only height of each report where one is all there is
    of: cython.int[::1]
    when: cython.longlong[::1]
    lat: cython.double[::1]
    lon: cython.double[::1]
    level: cython.double[::1]
    low: cython.double[:, ::1]
    high: cython.double[:, ::1]
    # zones
    # by part: floor or -inf, its height row or -1, ceiling or inf, its row or -1
    part_rule: cython.double[:, ::1]
    # by part: the one interval of certain activity, or NaN
    part_active: cython.double[:, ::1]
    # by part: whether it is not always active
    part_timed: cython.uchar[::1]
    part_zone: cython.int[::1]
    cell: cython.int[:, ::1]
    leaf: cython.int[:, ::1]
    leaf_layers: cython.uchar[::1]
    edge_layers: cython.uchar[::1]
    edge_rows: cython.uint[::1]
    # the same memory as float, double and int
    rim: cython.float[:, ::1]
    rim_real: cython.double[:, ::1]
    rim_int: cython.int[:, ::1]
    leaf_edge: cython.int[::1]
    layer_m: cython.double[::1]
    layer_row: cython.int
    ends: cython.double[:, ::1]
    edge_ring: cython.int[::1]
    part_edge: cython.int[::1]
    part_tangled: cython.char[::1]
    # activity by zone: intervals from zone_active[z] on
    zone_active: cython.int[::1]
    active: cython.longlong[:, ::1]
    # state by target: columns of slot as the constants above name them, six for every further height row in
    # more_box
    slot: cython.double[:, ::1]
    # the same memory as float
    slant: cython.float[:, ::1]
    more_box: cython.double[:, ::1]
    head: cython.int[::1]
    node_part: cython.int[::1]
    node_state: cython.char[::1]
    node_next: cython.int[::1]
    free_node: cython.int[::1]
    # parts met in this segment
    stamp: cython.longlong[::1]
    stamp_slot: cython.int[::1]
    met_part: cython.int[::1]
    met_state: cython.char[::1]
    met_start: cython.char[::1]
    met_end: cython.char[::1]
    met_piece: cython.longlong[::1]
    # crossings of this piece
    hit_met: cython.int[::1]
    hit_edge: cython.int[::1]
    hit: cython.double[:, ::1]
    # cuts of this segment
    cut_lat: cython.double[::1]
    cut_lon: cython.double[::1]
    cut_part: cython.double[::1]
    # points of change of one part in this piece
    break_at: cython.double[::1]
    break_why: cython.int[::1]
    # output
    out_int: cython.longlong[:, ::1]
    out_real: cython.double[:, ::1]
    # the segment in hand
    seg: cython.double[:, ::1]
    # the box in hand: by height row the bounds of the least and of the greatest height
    box_height: cython.double[:, ::1]
    seg_layers: cython.int
    box_lean: cython.double
    box_rise: cython.double
    box_u0: cython.double
    box_u1: cython.double
    box_v0: cython.double
    box_v1: cython.double
    # all that it can hold
    box_west: cython.double
    box_east: cython.double
    box_south: cython.double
    box_north: cython.double
    box_since: cython.double
    # the leaves that it touches, and the layers of those left out
    near: cython.int[::1]
    near_at: cython.double[:, ::1]
    skipped: cython.int
    box_until: cython.double
    # what a report takes of the room to each side, about
    pace_u0: cython.double
    pace_u1: cython.double
    pace_v0: cython.double
    pace_v1: cython.double
    known: cython.Py_ssize_t
    # the row of the batch in hand
    row: cython.Py_ssize_t
    n_out: cython.Py_ssize_t
    n_met: cython.int
    n_hit: cython.int
    serial: cython.longlong
    piece: cython.longlong
    rows: cython.int
    target: cython.longlong
    report: cython.longlong
    t0: cython.longlong
    t1: cython.longlong
    lat0: cython.double
    lat1: cython.double
    turn: cython.double
    length_m: cython.double

    def __init__(self, arrays):  # type: ignore[no-untyped-def]
        """Take the named arrays; each is an attribute of the class."""
        self.n_out = 0
        self.serial = 0
        self.piece = 0
        self.hold(arrays)

    def hold(self, arrays):  # type: ignore[no-untyped-def]
        """Replace the arrays named: after growth, or for other zones."""
        for name, array in arrays.items():
            self._hold_one(name, array)

    def _hold_one(self, name, array):  # type: ignore[no-untyped-def]
        if name == "part_rule":
            self.part_rule = array
        elif name == "part_active":
            self.part_active = array
        elif name == "part_zone":
            self.part_zone = array
        elif name == "cell":
            self.cell = array
        elif name == "rim":
            self.rim = array
        elif name == "rim_real":
            self.rim_real = array
        elif name == "rim_int":
            self.rim_int = array
        elif name == "part_timed":
            self.part_timed = array
        elif name == "leaf":
            self.leaf = array
        elif name == "leaf_layers":
            self.leaf_layers = array
        elif name == "edge_layers":
            self.edge_layers = array
        elif name == "edge_rows":
            self.edge_rows = array
        elif name == "near":
            self.near = array
        elif name == "near_at":
            self.near_at = array
        elif name == "layer_m":
            self.layer_m = array
        elif name == "layer_row":
            self.layer_row = array
        elif name == "leaf_edge":
            self.leaf_edge = array
        elif name == "ends":
            self.ends = array
        elif name == "edge_ring":
            self.edge_ring = array
        elif name == "part_edge":
            self.part_edge = array
        elif name == "part_tangled":
            self.part_tangled = array
        elif name == "box_height":
            self.box_height = array
        elif name == "zone_active":
            self.zone_active = array
        elif name == "active":
            self.active = array
        elif name == "slot":
            self.slot = array
        elif name == "slant":
            self.slant = array
        elif name == "more_box":
            self.more_box = array
        elif name == "head":
            self.head = array
        elif name == "node_part":
            self.node_part = array
        elif name == "node_state":
            self.node_state = array
        elif name == "node_next":
            self.node_next = array
        elif name == "free_node":
            self.free_node = array
        elif name == "stamp":
            self.stamp = array
        elif name == "stamp_slot":
            self.stamp_slot = array
        elif name == "met_part":
            self.met_part = array
        elif name == "met_state":
            self.met_state = array
        elif name == "met_start":
            self.met_start = array
        elif name == "met_end":
            self.met_end = array
        elif name == "met_piece":
            self.met_piece = array
        elif name == "hit_met":
            self.hit_met = array
        elif name == "hit_edge":
            self.hit_edge = array
        elif name == "hit":
            self.hit = array
        elif name == "cut_lat":
            self.cut_lat = array
        elif name == "cut_lon":
            self.cut_lon = array
        elif name == "cut_part":
            self.cut_part = array
        elif name == "break_at":
            self.break_at = array
        elif name == "break_why":
            self.break_why = array
        elif name == "out_int":
            self.out_int = array
        elif name == "out_real":
            self.out_real = array
        elif name == "seg":
            self.seg = array
        elif name == "rows":
            self.rows = array
        else:
            raise KeyError(name)

    def scan(self, target, time_us, lat_deg, lon_deg, low_m, high_m, first, base, gap_us):  # type: ignore[no-untyped-def]
        """Take the reports from row ``first`` on; return (row stopped at, why).

        ``low_m`` and ``high_m`` are (height rows, n). ``base`` is the number of the first report of the batch
        in the stream.
        """
        tgt: cython.int[::1] = target
        when: cython.longlong[::1] = time_us
        lat: cython.double[::1] = lat_deg
        lon: cython.double[::1] = lon_deg
        level: cython.double[::1] = low_m[0] if self.rows > 0 else lat_deg
        slot: cython.double[:, ::1] = self.slot
        slant: cython.float[:, ::1] = self.slant
        n: cython.Py_ssize_t = tgt.shape[0]
        i: cython.Py_ssize_t = first
        j: cython.Py_ssize_t
        k: cython.Py_ssize_t
        g: cython.Py_ssize_t
        base_row: cython.longlong = base
        gap: cython.double = gap_us
        gap_whole: cython.longlong = int(min(gap_us, 4.0e18))
        rows: cython.int = self.rows
        # One height at most, and its least value the greatest throughout.
        plain: cython.bint = rows == 0 or (rows == 1 and low_m is high_m)
        why: cython.int = 0
        t: cython.double
        x: cython.double
        y: cython.double
        u: cython.double
        v: cython.double
        height_m: cython.double
        self.of = tgt
        self.when = when
        self.lat = lat
        self.lon = lon
        self.low = low_m
        self.high = high_m
        self.level = level
        with cython.nogil:
            while i < n:
                g = tgt[i]
                # The slot is called for before it is needed.
                if cython.compiled and i + AHEAD_ROWS < n:
                    prefetch(cython.address(slot[tgt[i + AHEAD_ROWS], 0]))
                    prefetch(cython.address(slot[tgt[i + AHEAD_ROWS], 8]))
                if plain and (i + 1 == n or tgt[i + 1] != g):
                    # In order of time most reports stand alone.
                    t = cython.cast(cython.double, when[i])
                    x = lon[i]
                    y = lat[i]
                    u = x - slant[g, LEAN] * y
                    v = y - slant[g, RISE] * x
                    height_m = level[i]
                    if (
                        u >= slot[g, U0] and u <= slot[g, U1] and v >= slot[g, V0] and v <= slot[g, V1]
                        and t < slot[g, UNTIL] and t >= slot[g, TIME] and t - slot[g, TIME] <= gap
                        and (rows == 0 or (
                            height_m >= slot[g, LEAST] and height_m <= slot[g, LEAST + 1]
                            and height_m >= slot[g, GREATEST] and height_m <= slot[g, GREATEST + 1]
                        ))
                    ):  # fmt: skip
                        slot[g, TIME] = t
                        slot[g, COUNT] += 1.0
                        slot[g, LAT] = y
                        slot[g, LON] = x
                        slot[g, LOW] = height_m
                        slot[g, HIGH] = height_m
                        i += 1
                        continue
                    j = i
                else:
                    # The reports of this target from here on that stay in its box.
                    j = self._stay(g, i, gap_whole) if plain else self._stay_at_heights(g, i, gap_whole)
                if j > i:
                    slot[g, TIME] = cython.cast(cython.double, self.when[j - 1])
                    slot[g, COUNT] += cython.cast(cython.double, j - i)
                    slot[g, LAT] = self.lat[j - 1]
                    slot[g, LON] = self.lon[j - 1]
                    if rows > 0:
                        slot[g, LOW] = self.low[0, j - 1]
                        slot[g, HIGH] = self.high[0, j - 1]
                    for k in range(1, rows):
                        self.more_box[g, 6 * k - 2] = self.low[k, j - 1]
                        self.more_box[g, 6 * k - 1] = self.high[k, j - 1]
                    i = j
                    if i == n or tgt[i] != g:
                        continue
                if cython.cast(cython.double, self.when[i]) < slot[g, TIME]:
                    why = UNSORTED
                    break
                for k in range(rows):
                    self.seg[1, 2 * k] = self.low[k, i]
                    self.seg[1, 2 * k + 1] = self.high[k, i]
                self.row = i
                why = self._advance(g, self.when[i], self.lat[i], self.lon[i], base_row + i, gap)
                if why != 0:
                    break
                i += 1
        return i, why

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _stay(self, g: cython.Py_ssize_t, i: cython.Py_ssize_t, gap_us: cython.longlong) -> cython.Py_ssize_t:
        """Return the first row from i on whose report does not belong to the target or leaves its box, where
        one height is all there is."""
        n: cython.Py_ssize_t = self.of.shape[0]
        lean: cython.double = self.slant[g, LEAN]
        rise: cython.double = self.slant[g, RISE]
        u0: cython.double = self.slot[g, U0]
        u1: cython.double = self.slot[g, U1]
        v0: cython.double = self.slot[g, V0]
        v1: cython.double = self.slot[g, V1]
        until: cython.longlong = cython.cast(cython.longlong, self.slot[g, UNTIL])
        before: cython.longlong = cython.cast(cython.longlong, self.slot[g, TIME])
        least: cython.double = -INF
        most: cython.double = INF
        x: cython.double
        y: cython.double
        u: cython.double
        v: cython.double
        height_m: cython.double
        t: cython.longlong
        if self.rows > 0:
            least = self.slot[g, LEAST]
            if self.slot[g, GREATEST] > least:
                least = self.slot[g, GREATEST]
            most = self.slot[g, LEAST + 1]
            if self.slot[g, GREATEST + 1] < most:
                most = self.slot[g, GREATEST + 1]
        if self.of[i] != g:
            return i
        while True:
            # All are read before any is compared: the columns' addresses then stay in registers.
            x = self.lon[i]
            y = self.lat[i]
            height_m = self.level[i]
            t = self.when[i]
            u = x - lean * y
            v = y - rise * x
            if not (
                u >= u0 and u <= u1 and v >= v0 and v <= v1 and height_m >= least and height_m <= most
                and t < until and t >= before and t - before <= gap_us
            ):  # fmt: skip
                return i
            before = t
            i += 1
            if i == n or self.of[i] != g:
                return i

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _stay_at_heights(
        self, g: cython.Py_ssize_t, i: cython.Py_ssize_t, gap_us: cython.longlong
    ) -> cython.Py_ssize_t:
        """Return the first row from i on whose report does not belong to the target or leaves its box."""
        n: cython.Py_ssize_t = self.of.shape[0]
        k: cython.Py_ssize_t
        before: cython.longlong = cython.cast(cython.longlong, self.slot[g, TIME])
        until: cython.longlong = cython.cast(cython.longlong, self.slot[g, UNTIL])
        t: cython.longlong
        u: cython.double
        v: cython.double
        fits: cython.bint
        while i < n and self.of[i] == g:
            t = self.when[i]
            u = self.lon[i] - self.slant[g, LEAN] * self.lat[i]
            v = self.lat[i] - self.slant[g, RISE] * self.lon[i]
            fits = (
                u >= self.slot[g, U0] and u <= self.slot[g, U1]
                and v >= self.slot[g, V0] and v <= self.slot[g, V1]
                and t < until and t >= before and t - before <= gap_us
                and self.low[0, i] >= self.slot[g, LEAST]
                and self.low[0, i] <= self.slot[g, LEAST + 1]
                and self.high[0, i] >= self.slot[g, GREATEST]
                and self.high[0, i] <= self.slot[g, GREATEST + 1]
            )  # fmt: skip
            for k in range(1, self.rows):
                fits = (
                    fits
                    and self.low[k, i] >= self.more_box[g, 6 * k - 6]
                    and self.low[k, i] <= self.more_box[g, 6 * k - 5]
                    and self.high[k, i] >= self.more_box[g, 6 * k - 4]
                    and self.high[k, i] <= self.more_box[g, 6 * k - 3]
                )
            if not fits:
                break
            before = t
            i += 1
        return i

    def lose(self, report, targets, first):  # type: ignore[no-untyped-def]
        """Close every stay of the targets, from row ``first`` on, as lost; return (row stopped at, why)."""
        which: cython.int[::1] = targets
        i: cython.Py_ssize_t = first
        g: cython.Py_ssize_t
        why: cython.int = 0
        self.report = report
        with cython.nogil:
            while i < which.shape[0]:
                g = which[i]
                if self.head[g] >= 0:
                    self.target = g
                    self.serial += 1
                    why = self._load(g)
                    if why == 0:
                        why = self._lose(g)
                    if why == 0:
                        why = self._store(g)
                    if why != 0:
                        break
                # Should it be heard within the gap after all, it is found anew.
                self.slot[g, U0] = INF
                self.slot[g, TIME] = NEVER
                i += 1
        return i, why

    def walked(self):  # type: ignore[no-untyped-def]
        """Return how many segments did not stay in a safe box."""
        return self.serial

    def taken(self):  # type: ignore[no-untyped-def]
        """Return how many changes were written, and begin anew."""
        n = self.n_out
        self.n_out = 0
        return n

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _advance(
        self,
        g: cython.Py_ssize_t,
        t: cython.longlong,
        lat: cython.double,
        lon: cython.double,
        report: cython.longlong,
        gap: cython.double,
    ) -> cython.int:
        """Take one report that is not in its target's safe box. Nothing is changed unless it returns DONE."""
        why: cython.int = DONE
        kept: cython.Py_ssize_t = self.n_out
        joined: cython.bint = self.slot[g, TIME] > NEVER and t - self.slot[g, TIME] <= gap
        x: cython.double = -180.0 if lon >= 180.0 else lon
        self.t1 = t
        self._safe_box(g, lat, x)
        # Where the last report lies in this report's box, so does the segment: nothing has changed.
        if not (joined and self._held(g)):
            self.target = g
            self.report = report
            self.serial += 1
            self.n_met = 0
            why = self._load(g)
            if why == 0 and joined:
                why = self._segment(g, t, lat, x)
                if why == 0:
                    why = self._arrive(lat, x)
                if why < 0:
                    joined = False
                    self.n_out = kept
                    self.serial += 1
                    self.n_met = 0
                    why = self._load(g)
            if why == 0 and not joined:
                why = self._lose(g)
                self.t1 = t
                if why == 0:
                    why = self._appear(lat, x)
            if why == 0:
                why = self._store(g)
            if why != 0:
                self.n_out = kept
                return why
        self._keep(g, t, lat, lon)
        return DONE

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _held(self, g: cython.Py_ssize_t) -> cython.bint:
        """Return whether the target's last report lies in the new box."""
        k: cython.int
        u: cython.double = self.slot[g, LON] - self.box_lean * self.slot[g, LAT]
        v: cython.double = self.slot[g, LAT] - self.box_rise * self.slot[g, LON]
        held: cython.bint = (
            u >= self.box_u0
            and u <= self.box_u1
            and v >= self.box_v0
            and v <= self.box_v1
            and self.slot[g, TIME] >= self.box_since
        )
        if held and self.rows > 0:
            held = (
                self.slot[g, LOW] >= self.box_height[0, 0]
                and self.slot[g, LOW] <= self.box_height[0, 1]
                and self.slot[g, HIGH] >= self.box_height[0, 2]
                and self.slot[g, HIGH] <= self.box_height[0, 3]
            )
        for k in range(1, self.rows):
            held = held and (
                self.more_box[g, 6 * k - 2] >= self.box_height[k, 0]
                and self.more_box[g, 6 * k - 2] <= self.box_height[k, 1]
                and self.more_box[g, 6 * k - 1] >= self.box_height[k, 2]
                and self.more_box[g, 6 * k - 1] <= self.box_height[k, 3]
            )
        return held

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _keep(
        self, g: cython.Py_ssize_t, t: cython.longlong, lat: cython.double, lon: cython.double
    ) -> cython.void:
        """Make the report in hand its target's last, and the box its target's."""
        k: cython.int
        i: cython.int
        self.slant[g, LEAN] = cython.cast(cython.float, self.box_lean)
        self.slant[g, RISE] = cython.cast(cython.float, self.box_rise)
        self.slot[g, U0] = self.box_u0
        self.slot[g, U1] = self.box_u1
        self.slot[g, V0] = self.box_v0
        self.slot[g, V1] = self.box_v1
        self.slot[g, UNTIL] = self.box_until
        self.slot[g, TIME] = cython.cast(cython.double, t)
        self.slot[g, COUNT] += 1.0
        self.slot[g, LAT] = lat
        self.slot[g, LON] = lon
        if self.rows > 0:
            for i in range(4):
                self.slot[g, LEAST + i] = self.box_height[0, i]
            self.slot[g, LOW] = self.seg[1, 0]
            self.slot[g, HIGH] = self.seg[1, 1]
        for k in range(1, self.rows):
            for i in range(4):
                self.more_box[g, 6 * k - 6 + i] = self.box_height[k, i]
            self.more_box[g, 6 * k - 2] = self.seg[1, 2 * k]
            self.more_box[g, 6 * k - 1] = self.seg[1, 2 * k + 1]

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _load(self, g: cython.Py_ssize_t) -> cython.int:
        """Begin the list of parts met with those the target is in."""
        node: cython.int = self.head[g]
        m: cython.int
        self.n_met = 0
        while node >= 0:
            m = self._meet(self.node_part[node])
            if m < 0:
                return MORE_SLOTS
            self.met_state[m] = self.node_state[node]
            node = self.node_next[node]
        return DONE

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _meet(self, part: cython.int) -> cython.int:
        """Return the place of a part in the list of those met, entering it if need be; -1 where there is no
        room."""
        m: cython.int
        if self.stamp[part] == self.serial:
            return self.stamp_slot[part]
        if self.n_met >= self.met_part.shape[0]:
            return -1
        m = self.n_met
        self.n_met += 1
        self.stamp[part] = self.serial
        self.stamp_slot[part] = m
        self.met_part[m] = part
        self.met_state[m] = 0
        self.met_start[m] = 0
        self.met_end[m] = 0
        self.met_piece[m] = 0
        return m

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _store(self, g: cython.Py_ssize_t) -> cython.int:
        """Make the parts met with a state other than outside the target's list."""
        node: cython.int = self.head[g]
        m: cython.int
        need: cython.int = 0
        free: cython.int
        tail: cython.int
        for m in range(self.n_met):
            if self.met_state[m] != 0:
                need += 1
        # The first free node's number is followed by the count of those free.
        tail = node
        while tail >= 0:
            need -= 1
            tail = self.node_next[tail]
        if need > self.free_node[1]:
            return MORE_NODES
        while node >= 0:
            tail = self.node_next[node]
            self.node_next[node] = self.free_node[0]
            self.free_node[0] = node
            self.free_node[1] += 1
            node = tail
        self.head[g] = -1
        for m in range(self.n_met - 1, -1, -1):
            if self.met_state[m] != 0:
                free = self.free_node[0]
                self.free_node[0] = self.node_next[free]
                self.free_node[1] -= 1
                self.node_part[free] = self.met_part[m]
                self.node_state[free] = self.met_state[m]
                self.node_next[free] = self.head[g]
                self.head[g] = free
        return DONE

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _emit(
        self,
        m: cython.int,
        state: cython.int,
        why: cython.int,
        t: cython.longlong,
        lat: cython.double,
        lon: cython.double,
        f: cython.double,
        closing: cython.double,
    ) -> cython.int:
        n: cython.Py_ssize_t = self.n_out
        if n >= self.out_int.shape[0]:
            return MORE_OUT
        self.out_int[n, 0] = self.target
        self.out_int[n, 1] = self.met_part[m]
        self.out_int[n, 2] = self.met_state[m]
        self.out_int[n, 3] = state
        self.out_int[n, 4] = why
        self.out_int[n, 5] = t
        self.out_int[n, 6] = self.report
        self.out_int[n, 7] = cython.cast(cython.longlong, self.slot[self.target, 5])
        self.out_int[n, 8] = cython.cast(cython.longlong, self.slot[self.target, COUNT])
        self.out_int[n, 9] = t if why == LOST else self.t1
        self.out_real[n, 0] = lat
        self.out_real[n, 1] = lon + 360.0 if lon < -180.0 else (lon - 360.0 if lon >= 180.0 else lon)
        self.out_real[n, 2] = self._height(m, 1, f)
        self.out_real[n, 3] = self._height(m, 3, f)
        self.out_real[n, 4] = closing
        self.n_out += 1
        self.met_state[m] = cython.cast(cython.char, state)
        return DONE

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _take_last(self, g: cython.Py_ssize_t) -> cython.void:
        """Begin the segment at the heights of the target's last report."""
        k: cython.int
        if self.rows > 0:
            self.seg[0, 0] = self.slot[g, LOW]
            self.seg[0, 1] = self.slot[g, HIGH]
        for k in range(1, self.rows):
            self.seg[0, 2 * k] = self.more_box[g, 6 * k - 2]
            self.seg[0, 2 * k + 1] = self.more_box[g, 6 * k - 1]

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _lose(self, g: cython.Py_ssize_t) -> cython.int:
        """Close all that is open at the last report."""
        m: cython.int
        self._take_last(g)
        for m in range(self.n_met):
            if self.met_state[m] != 0 and (
                self._emit(
                    m, 0, LOST, cython.cast(cython.longlong, self.slot[g, TIME]), self.slot[g, LAT],
                    self.slot[g, LON], 0.0, NAN,
                ) != 0
            ):  # fmt: skip
                return MORE_OUT
        return DONE

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _height(self, m: cython.int, limit: cython.int, f: cython.double) -> cython.double:
        """Return the best estimate, at fraction f of the segment, of the height on the datum of the part's
        floor (1) or ceiling (3); NaN where there is none."""
        k: cython.int = cython.cast(cython.int, self.part_rule[self.met_part[m], limit])
        lo: cython.double
        hi: cython.double
        if k < 0:
            return NAN
        lo, hi = self._span(k, f)
        return lo if lo == hi else NAN

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _span(self, k: cython.int, f: cython.double) -> tuple[cython.double, cython.double]:
        """Return (least, greatest) height on row k at fraction f: known between two reports only where known
        at both."""
        a: cython.double = self.seg[0, 2 * k]
        b: cython.double = self.seg[1, 2 * k]
        c: cython.double = self.seg[0, 2 * k + 1]
        d: cython.double = self.seg[1, 2 * k + 1]
        lo: cython.double
        hi: cython.double
        if f <= 0.0:
            return a, c
        if f >= 1.0:
            return b, d
        lo = a + (b - a) * f if a > -INF and b > -INF else -INF
        if a == c and b == d:
            return lo, lo
        hi = c + (d - c) * f if c < INF and d < INF else INF
        return lo, hi

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _vertical(self, part: cython.int, f: cython.double) -> cython.int:
        """Return the part's vertical state at a fraction of the segment."""
        lo: cython.double
        hi: cython.double
        state: cython.int = 2
        if self.part_rule[part, 1] >= 0.0:
            lo, hi = self._span(cython.cast(cython.int, self.part_rule[part, 1]), f)
            if hi < self.part_rule[part, 0]:
                return 0
            if not (lo >= self.part_rule[part, 0]):
                state = 1
        if self.part_rule[part, 3] >= 0.0:
            lo, hi = self._span(cython.cast(cython.int, self.part_rule[part, 3]), f)
            if lo > self.part_rule[part, 2]:
                return 0
            if not (hi <= self.part_rule[part, 2]):
                state = 1
        elif self.part_rule[part, 2] == -INF:
            return 0
        return state

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _active(self, part: cython.int, t: cython.double) -> cython.int:
        """Return 2 where the part's zone is active at t (µs), 1 where it may be, 0 where it is not."""
        z: cython.int = self.part_zone[part]
        lo: cython.int = self.zone_active[z]
        hi: cython.int = self.zone_active[z + 1]
        mid: cython.int
        while lo < hi:
            mid = (lo + hi) // 2
            if cython.cast(cython.double, self.active[mid, 1]) <= t:
                lo = mid + 1
            else:
                hi = mid
        if lo < self.zone_active[z + 1] and cython.cast(cython.double, self.active[lo, 0]) <= t:
            return 2 if self.active[lo, 2] != 0 else 1
        return 0

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _out_throughout(self, part: cython.int) -> cython.bint:
        """Return whether height or schedule put the whole segment outside the part."""
        k: cython.int
        lo: cython.int
        hi: cython.int
        mid: cython.int
        if self.part_rule[part, 1] >= 0.0:
            k = cython.cast(cython.int, self.part_rule[part, 1])
            if (
                self.seg[0, 2 * k + 1] < self.part_rule[part, 0]
                and self.seg[1, 2 * k + 1] < self.part_rule[part, 0]
            ):
                return True
        if self.part_rule[part, 3] >= 0.0:
            k = cython.cast(cython.int, self.part_rule[part, 3])
            if self.seg[0, 2 * k] > self.part_rule[part, 2] and self.seg[1, 2 * k] > self.part_rule[part, 2]:
                return True
        elif self.part_rule[part, 2] == -INF:
            return True
        if self.part_timed[part] == 0:
            return False
        if self.part_active[part, 0] == self.part_active[part, 0]:
            return self.part_active[part, 1] < cython.cast(cython.double, self.t0) or (
                self.part_active[part, 0] > cython.cast(cython.double, self.t1)
            )
        lo = self.zone_active[self.part_zone[part]]
        hi = self.zone_active[self.part_zone[part] + 1]
        while lo < hi:
            mid = (lo + hi) // 2
            if self.active[mid, 1] < self.t0:
                lo = mid + 1
            else:
                hi = mid
        return lo >= self.zone_active[self.part_zone[part] + 1] or self.active[lo, 0] > self.t1

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _layer(self, height_m: cython.double) -> cython.int:
        """Return the layer that a height on the layers' row is in; one on the border is in the upper."""
        k: cython.int
        layer: cython.int = 0
        for k in range(1, 8):
            layer += height_m >= self.layer_m[k]
        return layer

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _layers(self, least_m: cython.double, greatest_m: cython.double) -> cython.int:
        """Return the layers, a bit each, that heights between two reach into."""
        return (2 << self._layer(greatest_m)) - (1 << self._layer(least_m))

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _segment_layers(self) -> cython.int:
        """Return the layers that the segment in hand passes through."""
        k: cython.int = 2 * self.layer_row
        if k < 0:
            return 255
        return self._layers(
            self.seg[0, k] if self.seg[0, k] < self.seg[1, k] else self.seg[1, k],
            self.seg[0, k + 1] if self.seg[0, k + 1] > self.seg[1, k + 1] else self.seg[1, k + 1],
        )

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _in_tangle(self, part: cython.int, x: cython.double, y: cython.double) -> cython.bint:
        """Return whether a point is inside the part's exterior and in none of its holes, ring by ring."""
        e: cython.Py_ssize_t
        ring: cython.int = 0
        odd: cython.bint = False
        outside: cython.bint = False
        for e in range(self.part_edge[part], self.part_edge[part + 1]):
            if self.edge_ring[e] != ring:
                if odd == (ring != 0):
                    outside = True
                ring = self.edge_ring[e]
                odd = False
            if (self.ends[e, 1] > y) != (self.ends[e, 3] > y) and x > self.ends[e, 0] + (
                self.ends[e, 2] - self.ends[e, 0]
            ) * ((y - self.ends[e, 1]) / (self.ends[e, 3] - self.ends[e, 1])):
                odd = not odd
        if odd == (ring != 0):
            outside = True
        return not outside

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _inside(
        self, at: cython.Py_ssize_t, x: cython.double, y: cython.double, rx: cython.double, ry: cython.double
    ) -> cython.int:
        """Return 1 where a point of a leaf, whose reference point is (rx, ry), is laterally inside the part
        of the entry that begins at a row, 2 where it is on the boundary for all that rounding tells, else
        0."""
        parity: cython.bint = self.rim_int[at, 5] & 1
        count: cython.int = self.rim_int[at, 6]
        first: cython.int = self.rim_int[at, 7]
        n: cython.int
        k: cython.int
        e: cython.int
        four: cython.int
        ax: cython.double
        ay: cython.double
        bx: cython.double
        by: cython.double
        dx: cython.double = rx - x
        dy: cython.double = ry - y
        x0: cython.float = cython.cast(cython.float, (x if x < rx else rx) - ROUNDING_DEG)
        x1: cython.float = cython.cast(cython.float, (rx if x < rx else x) + ROUNDING_DEG)
        y0: cython.float = cython.cast(cython.float, (y if y < ry else ry) - ROUNDING_DEG)
        y1: cython.float = cython.cast(cython.float, (ry if y < ry else y) + ROUNDING_DEG)
        for n in range((count + 3) >> 2):
            at += 1
            four = self._near_edges(at, x0, x1, y0, y1)
            k = 4 * n
            while four != 0:
                if four & 1 != 0:
                    e = self.leaf_edge[first + k]
                    ax = self.ends[e, 0]
                    ay = self.ends[e, 1]
                    bx = self.ends[e, 2]
                    by = self.ends[e, 3]
                    if _on_edge((bx - ax) * (y - ay) - (by - ay) * (x - ax), ax, ay, bx, by, x, y):
                        return 2
                    if (dx * (ay - y) - dy * (ax - x) > 0.0) != (dx * (by - y) - dy * (bx - x) > 0.0) and (
                        (bx - ax) * (y - ay) - (by - ay) * (x - ax) >= 0.0
                    ) != ((bx - ax) * (ry - ay) - (by - ay) * (rx - ax) >= 0.0):
                        parity = not parity
                four >>= 1
                k += 1
        return 1 if parity else 0

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _near_edges(
        self, at: cython.Py_ssize_t, x0: cython.float, x1: cython.float, y0: cython.float, y1: cython.float
    ) -> cython.int:
        """Return which of the four edges of a row have boxes that reach into a window, a bit each."""
        k: cython.int
        fits: cython.int[4]
        if not cython.compiled:
            fits = [0, 0, 0, 0]
        # In this form, and not put into its caller, gcc and clang compare four at a time.
        for k in range(4):
            fits[k] = (
                (self.rim[at, k] <= x1)
                & (self.rim[at, k + 4] >= x0)
                & (self.rim[at, k + 8] <= y1)
                & (self.rim[at, k + 12] >= y0)
            )
        return fits[0] | fits[1] << 1 | fits[2] << 2 | fits[3] << 3

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _near_slanted(
        self,
        at: cython.Py_ssize_t,
        u0: cython.float,
        u1: cython.float,
        v0: cython.float,
        v1: cython.float,
        lean: cython.float,
        rise: cython.float,
    ) -> cython.int:
        """Return which of the four edges of a row have boxes that reach into bounds of u and v, a bit
        each."""
        k: cython.int
        # Which end of a box has the least v, and which the greatest u: by the slope.
        west: cython.Py_ssize_t = 4 if rise > 0.0 else 0
        south: cython.Py_ssize_t = 12 if lean > 0.0 else 8
        fits: cython.int[4]
        if not cython.compiled:
            fits = [0, 0, 0, 0]
        # In this form, and not put into its caller, gcc and clang compare four at a time.
        # The box of no edge is infinite and inside out: its u or v is beyond, or no number.
        for k in range(4):
            fits[k] = (
                (self.rim[at, k] - lean * self.rim[at, k + south] <= u1)
                & (self.rim[at, k + 4] - lean * self.rim[at, k + 20 - south] >= u0)
                & (self.rim[at, k + 8] - rise * self.rim[at, k + west] <= v1)
                & (self.rim[at, k + 12] - rise * self.rim[at, k + 4 - west] >= v0)
            )
        return fits[0] | fits[1] << 1 | fits[2] << 2 | fits[3] << 3

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _at_end(self, x: cython.double, y: cython.double) -> cython.int:
        """For the parts of the leaf that a point lies in, note whether it is laterally inside."""
        r: cython.int = _index(y + 90.0, 180)
        c: cython.int = _index(x + 180.0, 360)
        split: cython.int = self.cell[r * 360 + c, 0]
        cx: cython.double = c - 180.0
        cy: cython.double = r - 90.0
        i: cython.int = _index((x - cx) * split, split)
        j: cython.int = _index((y - cy) * split, split)
        leaf: cython.Py_ssize_t = self.cell[r * 360 + c, 1] + j * split + i
        rx: cython.double = cx + (i + REF_X) / split
        ry: cython.double = cy + (j + REF_Y) / split
        at: cython.Py_ssize_t
        past: cython.Py_ssize_t
        part: cython.int
        m: cython.int
        if self.leaf_layers[leaf] & self.seg_layers == 0:
            return DONE
        at = self.leaf[leaf, 0]
        past = self.leaf[leaf + 1, 0]
        while at < past:
            part = self.rim_int[at, 4]
            if not self._out_throughout(part):
                m = self._meet(part)
                if m < 0:
                    return MORE_SLOTS
                self.met_piece[m] = self.piece
                if self.part_tangled[part] != 0:
                    self.met_end[m] = self._in_tangle(part, x, y)
                else:
                    self.met_end[m] = self._inside(at, x, y, rx, ry)
            at += 1 + ((self.rim_int[at, 6] + 3) >> 2)
        return DONE

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _laterally(self, part: cython.int, x: cython.double, y: cython.double) -> cython.bint:
        """Return whether a point is laterally inside one part."""
        r: cython.int = _index(y + 90.0, 180)
        c: cython.int = _index(x + 180.0, 360)
        split: cython.int = self.cell[r * 360 + c, 0]
        cx: cython.double = c - 180.0
        cy: cython.double = r - 90.0
        i: cython.int = _index((x - cx) * split, split)
        j: cython.int = _index((y - cy) * split, split)
        at: cython.Py_ssize_t = self._entry_of(part, self.cell[r * 360 + c, 1] + j * split + i)
        return at >= 0 and self._inside(at, x, y, cx + (i + REF_X) / split, cy + (j + REF_Y) / split) != 0

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _entry_of(self, part: cython.int, leaf: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """Return the row at which the part's entry in a leaf begins, -1 where it has none there."""
        at: cython.Py_ssize_t = self.leaf[leaf, 0]
        while at < self.leaf[leaf + 1, 0]:
            if self.rim_int[at, 4] == part:
                return at
            at += 1 + ((self.rim_int[at, 6] + 3) >> 2)
        return -1

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _cross_leaf(
        self,
        leaf: cython.Py_ssize_t,
        x0: cython.double,
        y0: cython.double,
        x1: cython.double,
        y1: cython.double,
    ) -> cython.int:
        """Collect the crossings of a piece with the edges in one leaf."""
        at: cython.Py_ssize_t
        past: cython.Py_ssize_t
        four: cython.int
        k: cython.int
        e: cython.int
        part: cython.int
        why: cython.int
        u0: cython.float
        u1: cython.float
        v0: cython.float
        v1: cython.float
        if self.edge_layers[leaf] & self.seg_layers == 0:
            return DONE
        u0 = cython.cast(cython.float, (x0 if x0 < x1 else x1) - ROUNDING_DEG)
        u1 = cython.cast(cython.float, (x1 if x0 < x1 else x0) + ROUNDING_DEG)
        v0 = cython.cast(cython.float, (y0 if y0 < y1 else y1) - ROUNDING_DEG)
        v1 = cython.cast(cython.float, (y1 if y0 < y1 else y0) + ROUNDING_DEG)
        at = self.leaf[leaf, 0]
        while at < self.leaf[leaf, 1]:
            past = at + 1 + ((self.rim_int[at, 6] + 3) >> 2)
            part = self.rim_int[at, 4]
            k = self.rim_int[at, 7]
            if not self._out_throughout(part):
                at += 1
                while at < past:
                    four = self._near_edges(at, u0, u1, v0, v1)
                    e = k
                    while four != 0:
                        if four & 1 != 0:
                            why = self._cross_edge(part, self.leaf_edge[e], x0, y0, x1, y1)
                            if why != 0:
                                return why
                        four >>= 1
                        e += 1
                    at += 1
                    k += 4
            at = past
        return DONE

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _cross_edge(
        self,
        part: cython.int,
        edge: cython.int,
        x0: cython.double,
        y0: cython.double,
        x1: cython.double,
        y1: cython.double,
    ) -> cython.int:
        """Enter the crossing of a piece with an edge, if there is one."""
        ax: cython.double = self.ends[edge, 0]
        ay: cython.double = self.ends[edge, 1]
        bx: cython.double = self.ends[edge, 2]
        by: cython.double = self.ends[edge, 3]
        dx: cython.double = x1 - x0
        dy: cython.double = y1 - y0
        d0: cython.double = dx * (ay - y0) - dy * (ax - x0)
        d1: cython.double = dx * (by - y0) - dy * (bx - x0)
        o0: cython.double
        o1: cython.double
        shrink: cython.double
        why: cython.int
        if (d0 > 0.0) == (d1 > 0.0):
            return self._along(part, edge, x0, y0, dx, dy) if d0 == 0.0 and d1 == 0.0 else DONE
        o0 = (bx - ax) * (y0 - ay) - (by - ay) * (x0 - ax)
        o1 = (bx - ax) * (y1 - ay) - (by - ay) * (x1 - ax)
        if (o0 >= 0.0) == (o1 >= 0.0):
            return DONE
        why = self._hit(part, edge, o0 / (o0 - o1), CUTS)
        if why == 0:
            shrink = cos((ay + by) * 0.5 * RAD)
            self.hit[self.n_hit - 1, 1] = fabs(dx * (by - ay) - dy * (bx - ax)) * shrink / (
                sqrt((dx * dx * shrink * shrink + dy * dy)
                     * ((bx - ax) * (bx - ax) * shrink * shrink + (by - ay) * (by - ay))) + 1e-300
            )  # fmt: skip
        return why

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _hit(self, part: cython.int, edge: cython.int, s: cython.double, kind: cython.int) -> cython.int:
        """Enter a crossing of a part's edge."""
        m: cython.int = self._meet(part)
        if m < 0:
            return MORE_SLOTS
        if self.n_hit >= self.hit_met.shape[0]:
            return MORE_CROSSINGS
        if self.met_piece[m] != self.piece:
            self.met_piece[m] = self.piece
            self.met_end[m] = 0
        self.hit_met[self.n_hit] = m
        self.hit_edge[self.n_hit] = 3 * edge + kind
        self.hit[self.n_hit, 0] = s
        self.hit[self.n_hit, 1] = 1.0
        self.n_hit += 1
        return DONE

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _along(
        self,
        part: cython.int,
        edge: cython.int,
        x0: cython.double,
        y0: cython.double,
        dx: cython.double,
        dy: cython.double,
    ) -> cython.int:
        """Enter the stretch of a piece that runs exactly along an edge: the boundary belongs to the part."""
        a: cython.double
        b: cython.double
        why: cython.int
        if dx == 0.0 and dy == 0.0:
            return DONE
        if fabs(dx) >= fabs(dy):
            a = (self.ends[edge, 0] - x0) / dx
            b = (self.ends[edge, 2] - x0) / dx
        else:
            a = (self.ends[edge, 1] - y0) / dy
            b = (self.ends[edge, 3] - y0) / dy
        if a > b:
            a, b = b, a
        if b <= 0.0 or a >= 1.0:
            return DONE
        why = self._hit(part, edge, 0.0 if a < 0.0 else a, MEETS)
        if why == 0:
            why = self._hit(part, edge, 1.0 if b > 1.0 else b, PARTS)
        return why

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _cross(
        self, x0: cython.double, y0: cython.double, x1: cython.double, y1: cython.double
    ) -> cython.int:
        """Collect the crossings of a piece, straight in longitude and latitude, in all leaves it touches."""
        r: cython.Py_ssize_t
        c: cython.Py_ssize_t
        cell: cython.Py_ssize_t
        split: cython.int
        i: cython.int
        j: cython.int
        xa: cython.double
        xb: cython.double
        ya: cython.double
        yb: cython.double
        lo: cython.double = (y0 if y0 < y1 else y1) - PAD
        hi: cython.double = (y1 if y0 < y1 else y0) + PAD
        why: cython.int
        self.n_hit = 0
        cell = _index(lo + 90.0, 180) * 360 + _index((x0 if x0 < x1 else x1) - PAD + 180.0, 360)
        if cell == _index(hi + 90.0, 180) * 360 + _index((x1 if x0 < x1 else x0) + PAD + 180.0, 360):
            split = self.cell[cell, 0]
            xa = cell % 360 - 180.0
            ya = cell // 360 - 90.0
            i = _index(((x0 if x0 < x1 else x1) - PAD - xa) * split, split)
            j = _index((lo - ya) * split, split)
            if i == _index(((x1 if x0 < x1 else x0) + PAD - xa) * split, split) and j == _index(
                (hi - ya) * split, split
            ):
                return self._cross_leaf(self.cell[cell, 1] + j * split + i, x0, y0, x1, y1)
        for r in range(_index(lo + 90.0, 180), _index(hi + 90.0, 180) + 1):
            xa, xb = band_span(x0, y0, x1, y1, r - 90.0, r - 89.0)
            for c in range(_index(xa + 180.0, 360), _index(xb + 180.0, 360) + 1):
                cell = r * 360 + c
                split = self.cell[cell, 0]
                if split == 1:
                    why = self._cross_leaf(self.cell[cell, 1], x0, y0, x1, y1)
                    if why != 0:
                        return why
                    continue
                j = cython.cast(cython.int, floor((lo - (r - 90.0)) * split))
                j = 0 if j < 0 else j
                while j < split:
                    ya = r - 90.0 + cython.cast(cython.double, j) / split
                    if ya > hi:
                        break
                    yb = r - 90.0 + (j + 1.0) / split
                    xa, xb = band_span(x0, y0, x1, y1, ya, yb)
                    i = cython.cast(cython.int, floor((xa - (c - 180.0)) * split))
                    i = 0 if i < 0 else i
                    while i < split:
                        if c - 180.0 + cython.cast(cython.double, i) / split > xb:
                            break
                        why = self._cross_leaf(self.cell[cell, 1] + j * split + i, x0, y0, x1, y1)
                        if why != 0:
                            return why
                        i += 1
                    j += 1
        return DONE

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _sort_hits(self) -> cython.void:
        """Order the crossings by part and place, and keep an edge met in two leaves once."""
        i: cython.int
        j: cython.int
        n: cython.int = 0
        m: cython.int
        e: cython.int
        s: cython.double
        sine: cython.double
        # Shell's sort: a zigzag zone may be crossed thousands of times in one segment.
        gap: cython.int = 1
        while gap < self.n_hit // 3:
            gap = 3 * gap + 1
        while gap > 0:
            for i in range(gap, self.n_hit):
                m = self.hit_met[i]
                e = self.hit_edge[i]
                s = self.hit[i, 0]
                sine = self.hit[i, 1]
                j = i - gap
                while j >= 0 and (
                    self.hit_met[j] > m
                    or (
                        self.hit_met[j] == m
                        and (self.hit[j, 0] > s or (self.hit[j, 0] == s and self.hit_edge[j] > e))
                    )
                ):
                    self._move_hit(j, j + gap)
                    j -= gap
                self.hit_met[j + gap] = m
                self.hit_edge[j + gap] = e
                self.hit[j + gap, 0] = s
                self.hit[j + gap, 1] = sine
            gap //= 3
        for i in range(self.n_hit):
            if n > 0 and self.hit_met[n - 1] == self.hit_met[i] and self.hit_edge[n - 1] == self.hit_edge[i]:
                continue
            self._move_hit(i, n)
            n += 1
        self.n_hit = n

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _move_hit(self, i: cython.int, to: cython.int) -> cython.void:
        self.hit_met[to] = self.hit_met[i]
        self.hit_edge[to] = self.hit_edge[i]
        self.hit[to, 0] = self.hit[i, 0]
        self.hit[to, 1] = self.hit[i, 1]

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _start_by_middle(
        self,
        m: cython.int,
        first: cython.int,
        past: cython.int,
        y0: cython.double,
        x0: cython.double,
        y1: cython.double,
        x1: cython.double,
    ) -> cython.bint:
        """Return whether a piece that ends on a part's boundary starts inside it: what holds in the middle of
        its longest stretch without a crossing, and the crossings before that, tell."""
        h: cython.int
        at: cython.double = 0.0
        to: cython.double
        middle: cython.double = 0.5
        longest: cython.double = -1.0
        odd: cython.bint = False
        odd_there: cython.bint = False
        for h in range(first, past + 1):
            to = self.hit[h, 0] if h < past else 1.0
            if to - at > longest:
                longest = to - at
                middle = 0.5 * (at + to)
                odd_there = odd
            if h < past:
                if self.hit_edge[h] % 3 == CUTS:
                    odd = not odd
                at = to
        return (
            self._laterally(self.met_part[m], x0 + (x1 - x0) * middle, y0 + (y1 - y0) * middle) != odd_there
        )

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _add_break(self, n: cython.int, at: cython.double, why: cython.int) -> cython.int:
        """Enter a point of change in order; return how many there are, -1 where there is no room."""
        j: cython.int = n - 1
        if n >= self.break_at.shape[0]:
            return -1
        while j >= 0 and self.break_at[j] > at:
            self.break_at[j + 1] = self.break_at[j]
            self.break_why[j + 1] = self.break_why[j]
            j -= 1
        self.break_at[j + 1] = at
        self.break_why[j + 1] = why
        return n + 1

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _limit_break(
        self, n: cython.int, k: cython.int, limit: cython.double, f0: cython.double, f1: cython.double
    ) -> cython.int:
        """Enter where the least or the greatest height on row k passes a limit within [f0, f1]."""
        side: cython.int
        a: cython.double
        b: cython.double
        f: cython.double
        for side in range(2):
            a = self.seg[0, 2 * k + side]
            b = self.seg[1, 2 * k + side]
            if a == b or not (a > -INF and b > -INF and a < INF and b < INF):
                continue
            if side == 1 and a == self.seg[0, 2 * k] and b == self.seg[1, 2 * k]:
                continue
            f = (limit - a) / (b - a)
            if f >= f0 and f <= f1:
                n = self._add_break(n, f, VERTICAL)
                if n < 0:
                    return n
        return n

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _breaks(
        self, m: cython.int, first: cython.int, past: cython.int, f0: cython.double, f1: cython.double
    ) -> cython.int:
        """Enter every point of change of one part within a piece; return how many, -1 where there is no
        room."""
        part: cython.int = self.met_part[m]
        n: cython.int = 0
        h: cython.int
        z: cython.int = self.part_zone[part]
        lo: cython.int = self.zone_active[z]
        hi: cython.int = self.zone_active[z + 1]
        mid: cython.int
        side: cython.int
        dt: cython.double = cython.cast(cython.double, self.t1 - self.t0)
        f: cython.double
        for h in range(first, past):
            n = self._add_break(n, f0 + (f1 - f0) * self.hit[h, 0], CROSSING + h)
            if n < 0:
                return n
        if self.part_rule[part, 1] >= 0.0:
            n = self._limit_break(
                n, cython.cast(cython.int, self.part_rule[part, 1]), self.part_rule[part, 0], f0, f1
            )
        if n >= 0 and self.part_rule[part, 3] >= 0.0:
            n = self._limit_break(
                n, cython.cast(cython.int, self.part_rule[part, 3]), self.part_rule[part, 2], f0, f1
            )
        while lo < hi:
            mid = (lo + hi) // 2
            if self.active[mid, 1] < self.t0:
                lo = mid + 1
            else:
                hi = mid
        while n >= 0 and lo < self.zone_active[z + 1] and self.active[lo, 0] <= self.t1:
            for side in range(2):
                if dt > 0.0 and self.active[lo, side] >= self.t0 and self.active[lo, side] <= self.t1:
                    f = cython.cast(cython.double, self.active[lo, side] - self.t0) / dt
                    if n >= 0 and f >= f0 and f <= f1:
                        n = self._add_break(n, f, SCHEDULE)
            lo += 1
        return n

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _follow(
        self,
        m: cython.int,
        breaks: cython.int,
        f0: cython.double,
        f1: cython.double,
        y0: cython.double,
        x0: cython.double,
        y1: cython.double,
        x1: cython.double,
    ) -> cython.int:
        """Write one part's changes of state along a piece."""
        part: cython.int = self.met_part[m]
        inside: cython.bint = self.met_start[m] != 0
        b: cython.int = 0
        at: cython.double = f0
        to: cython.double
        mid: cython.double
        s: cython.double
        closing: cython.double
        state: cython.int
        active: cython.int
        why: cython.int = DATA
        h: cython.int = -1
        kind: cython.int
        along: cython.int = 0
        dt: cython.double = cython.cast(cython.double, self.t1 - self.t0)
        t: cython.longlong
        while True:
            while b < breaks and self.break_at[b] <= at:
                if self.break_why[b] >= CROSSING:
                    h = self.break_why[b] - CROSSING
                    kind = self.hit_edge[h] % 3
                    if kind == CUTS:
                        inside = not inside
                    else:
                        along += 1 if kind == MEETS else -1
                    why = LATERAL if why != SCHEDULE else why
                elif self.break_why[b] == SCHEDULE or why == DATA:
                    why = self.break_why[b]
                b += 1
            to = self.break_at[b] if b < breaks else f1
            if to > at:
                mid = 0.5 * (at + to)
                state = 0
                if self.part_tangled[part] != 0:
                    s = (mid - f0) / (f1 - f0)
                    inside = self._in_tangle(part, x0 + (x1 - x0) * s, y0 + (y1 - y0) * s)
                if inside or along > 0:
                    active = self._active(part, cython.cast(cython.double, self.t0) + mid * dt)
                    state = self._vertical(part, mid) if active != 0 else 0
                    if active == 1 and state == 2:
                        state = 1
                if state != self.met_state[m]:
                    s = (at - f0) / (f1 - f0)
                    if why == DATA and state != 1 and self.met_state[m] != 1:
                        # The last segment ended on the boundary itself, in no time inside.
                        why = LATERAL
                    t = self.t0 + cython.cast(cython.longlong, floor(at * dt + 0.5))
                    closing = NAN
                    if why == LATERAL and h >= 0 and dt > 0.0:
                        if self.length_m < 0.0:
                            self.length_m = _short_m(self.lat0, self.lat1, self.turn)
                        closing = self.length_m / dt * 1e6 * self.hit[h, 1]
                    elif why == VERTICAL and dt > 0.0:
                        closing = self._climb_mps(part)
                    if self._emit(
                        m, state, why, t, y0 + (y1 - y0) * s, x0 + (x1 - x0) * s, at, closing
                    ) != 0:  # fmt: skip
                        return MORE_OUT
                why = DATA
                h = -1
            if b >= breaks:
                return DONE
            at = to

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _climb_mps(self, part: cython.int) -> cython.double:
        """Return how fast the height changes along the segment, on the part's datum."""
        k: cython.int = cython.cast(cython.int, self.part_rule[part, 1])
        if k < 0:
            k = cython.cast(cython.int, self.part_rule[part, 3])
        if k < 0:
            return NAN
        return (
            fabs(self.seg[1, 2 * k] - self.seg[0, 2 * k])
            / cython.cast(cython.double, self.t1 - self.t0)
            * 1e6
        )

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _piece(
        self,
        f0: cython.double,
        y0: cython.double,
        x0: cython.double,
        f1: cython.double,
        y1: cython.double,
        x1: cython.double,
    ) -> cython.int:
        """Take a piece of the segment that is straight in longitude and latitude and within ±180°."""
        why: cython.int
        m: cython.int
        h: cython.int = 0
        past: cython.int
        count: cython.int
        breaks: cython.int
        k: cython.int
        self.piece += 1
        why = self._at_end(x1, y1)
        if why == 0:
            why = self._cross(x0, y0, x1, y1)
        if why != 0:
            return why
        self._sort_hits()
        for m in range(self.n_met):
            past = h
            while past < self.n_hit and self.hit_met[past] == m:
                past += 1
            if self.met_piece[m] != self.piece:
                self.met_end[m] = 0
            if past == h and self.met_end[m] == 0 and self.met_state[m] == 0:
                continue
            count = 0
            for k in range(h, past):
                if self.hit_edge[k] % 3 == CUTS:
                    count += 1
            # Where it was at the start follows from where it is at the end and how often it crossed.
            if self.met_end[m] != 2:
                self.met_start[m] = (self.met_end[m] + count) % 2
            else:
                self.met_start[m] = self._start_by_middle(m, h, past, y0, x0, y1, x1)
            breaks = self._breaks(m, h, past, f0, f1)
            if breaks < 0:
                return MORE_BREAKS
            why = self._follow(m, breaks, f0, f1, y0, x0, y1, x1)
            if why != 0:
                return why
            h = past
        return DONE

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _whole_world(
        self,
        f0: cython.double,
        y0: cython.double,
        x0: cython.double,
        f1: cython.double,
        y1: cython.double,
        x1: cython.double,
    ) -> cython.int:
        """Take a piece that may run beyond ±180°: cut it at the antimeridian."""
        why: cython.int
        edge: cython.double
        s: cython.double
        y: cython.double
        f: cython.double
        while x0 > 180.0 or (x0 == 180.0 and x1 > x0):
            x0 -= 360.0
            x1 -= 360.0
        while x0 < -180.0 or (x0 == -180.0 and x1 < x0):
            x0 += 360.0
            x1 += 360.0
        if x1 >= -180.0 and x1 <= 180.0:
            return self._piece(f0, y0, x0, f1, y1, x1)
        edge = 180.0 if x1 > 180.0 else -180.0
        s = (edge - x0) / (x1 - x0)
        y = y0 + (y1 - y0) * s
        f = f0 + (f1 - f0) * s
        if f > f0:
            why = self._piece(f0, y0, x0, f, y, edge)
            if why != 0:
                return why
        if f1 > f:
            return self._piece(f, y, -edge, f1, y1, x1 - 2.0 * edge)
        return DONE

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _segment(
        self, g: cython.Py_ssize_t, t: cython.longlong, lat: cython.double, lon: cython.double
    ) -> cython.int:
        """Walk the segment from the target's last report; -1 where no one geodesic joins the two."""
        n: cython.Py_ssize_t = 1
        i: cython.Py_ssize_t
        why: cython.int
        turn: cython.double
        f: cython.double = 0.0
        y: cython.double = self.slot[g, LAT]
        x: cython.double = self.slot[g, LON]
        az1: cython.double
        az2: cython.double
        self._take_last(g)
        self.seg_layers = self._segment_layers()
        self.t0 = cython.cast(cython.longlong, self.slot[g, TIME])
        self.t1 = t
        if x >= 180.0:
            x = -180.0
        turn = lon - x
        if turn > 180.0:
            turn -= 360.0
        elif turn < -180.0:
            turn += 360.0
        self.length_m = -1.0
        self.lat0 = y
        self.lat1 = lat
        self.turn = turn
        if fabs(turn) + fabs(lat - y) >= 0.5 or fabs(lat) >= 80.0:
            self.length_m, az1, az2 = inverse(y, x, lat, x + turn)
            if not (self.length_m >= 0.0):
                return -1
        if _most_m(lat - y, turn) <= TRACK_TOLERANCE_M or sagitta_m(y, lat, turn) <= TRACK_TOLERANCE_M:
            return self._whole_world(0.0, y, x, 1.0, lat, x + turn)
        n = split_geodesic(y, x, lat, x + turn, TRACK_TOLERANCE_M, self.cut_lat, self.cut_lon, self.cut_part)
        if n == 0:
            return -1
        if n < 0:
            return MORE_CUTS
        for i in range(n):
            why = self._whole_world(f, y, x, self.cut_part[i], self.cut_lat[i], self.cut_lon[i])
            if why != 0:
                return why
            f = self.cut_part[i]
            y = self.cut_lat[i]
            x = self.cut_lon[i]
        return DONE

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _appear(self, lat: cython.double, lon: cython.double) -> cython.int:
        """Open what a first report, or the first after a gap, is in."""
        m: cython.int
        k: cython.int
        state: cython.int
        active: cython.int
        why: cython.int
        self.t0 = self.t1
        self.piece += 1
        for k in range(2 * self.rows):
            self.seg[0, k] = self.seg[1, k]
        self.seg_layers = self._segment_layers()
        why = self._at_end(lon, lat)
        if why != 0:
            return why
        for m in range(self.n_met):
            if self.met_piece[m] != self.piece or self.met_end[m] == 0:
                continue
            active = self._active(self.met_part[m], cython.cast(cython.double, self.t1))
            state = self._vertical(self.met_part[m], 1.0) if active != 0 else 0
            if active == 1 and state == 2:
                state = 1
            if state != 0 and self._emit(m, state, FOUND, self.t1, lat, lon, 1.0, NAN) != 0:
                return MORE_OUT
        return DONE

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _arrive(self, lat: cython.double, lon: cython.double) -> cython.int:
        """Where the state at the very report is not the one that the segment ended in, write that change too.

        A report on the boundary, or at the instant of activation, is inside for no time at all, and is on
        record.
        """
        m: cython.int
        state: cython.int
        active: cython.int
        before: cython.int
        why: cython.int
        for m in range(self.n_met):
            state = 0
            active = self._active(self.met_part[m], cython.cast(cython.double, self.t1))
            if self.met_piece[m] == self.piece and self.met_end[m] != 0:
                state = self._vertical(self.met_part[m], 1.0) if active != 0 else 0
                if active == 1 and state == 2:
                    state = 1
            if state == self.met_state[m]:
                continue
            before = self._active(self.met_part[m], cython.cast(cython.double, self.t1) - 0.5)
            why = LATERAL
            if state == 1 or self.met_state[m] == 1:
                # Outside it was so far by its place alone, where its height would have allowed more.
                if self.met_state[m] != 0 or before == 0 or self._vertical(self.met_part[m], LATE) == 0:
                    why = DATA
            elif active != before:
                why = SCHEDULE
            if self._emit(m, state, why, self.t1, lat, lon, 1.0, NAN) != 0:
                return MORE_OUT
        return DONE

    @cython.cfunc
    @cython.inline
    @cython.nogil
    @cython.exceptval(check=False)
    def _bound_height(self, k: cython.int, limit: cython.double) -> cython.void:
        """Keep row k's least height and its greatest height on their sides of a limit."""
        least: cython.double = self.seg[1, 2 * k]
        greatest: cython.double = self.seg[1, 2 * k + 1]
        above: cython.double = limit + LIMIT_MARGIN_M
        below: cython.double = limit - LIMIT_MARGIN_M
        if least > limit:
            if above > self.box_height[k, 0]:
                self.box_height[k, 0] = above
        elif least < limit:
            if below < self.box_height[k, 1]:
                self.box_height[k, 1] = below
        else:
            self.box_height[k, 0] = limit
            self.box_height[k, 1] = limit
        if greatest > limit:
            if above > self.box_height[k, 2]:
                self.box_height[k, 2] = above
        elif greatest < limit:
            if below < self.box_height[k, 3]:
                self.box_height[k, 3] = below
        else:
            self.box_height[k, 2] = limit
            self.box_height[k, 3] = limit

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _bound_time(self, part: cython.int) -> cython.bint:
        """Keep the box between the part's changes of activity before and after now; return whether it may be
        active now."""
        z: cython.int
        first: cython.int
        lo: cython.int
        hi: cython.int
        mid: cython.int
        since: cython.double
        until: cython.double
        now: cython.double = cython.cast(cython.double, self.t1)
        active: cython.bint
        if self.part_timed[part] == 0:
            return True
        if self.part_active[part, 0] == self.part_active[part, 0]:
            since = self.part_active[part, 0]
            until = self.part_active[part, 1]
            active = since <= now and now < until
            if until <= now:
                since = until
                until = NO_END
            elif since > now:
                until = since
                since = NEVER
        else:
            z = self.part_zone[part]
            first = self.zone_active[z]
            lo = first
            hi = self.zone_active[z + 1]
            while lo < hi:
                mid = (lo + hi) // 2
                if self.active[mid, 1] <= self.t1:
                    lo = mid + 1
                else:
                    hi = mid
            since = cython.cast(cython.double, self.active[lo - 1, 1]) if lo > first else NEVER
            until = NO_END
            active = False
            if lo < self.zone_active[z + 1]:
                until = cython.cast(cython.double, self.active[lo, 0])
                if self.active[lo, 0] <= self.t1:
                    active = True
                    since = until
                    until = cython.cast(cython.double, self.active[lo, 1])
        if since > self.box_since:
            self.box_since = since
        if until < self.box_until:
            self.box_until = until
        return active

    @cython.cfunc
    @cython.inline
    @cython.nogil
    @cython.exceptval(check=False)
    def _edges_matter(self, at: cython.Py_ssize_t) -> cython.bint:
        """Bound the box's heights and time by the entry at a row; return whether its edges bound it too."""
        floor_m: cython.double = self.rim_real[at, 0]
        ceiling_m: cython.double = self.rim_real[at, 1]
        code: cython.int = self.rim_int[at, 5]
        # The rows count from 1, and 0 is for none.
        down: cython.int = (code >> 8) - 1
        up: cython.int = ((code >> 4) & 15) - 1
        if up >= 0:
            if self.seg[1, 2 * up] > ceiling_m:
                if ceiling_m + LIMIT_MARGIN_M > self.box_height[up, 0]:
                    self.box_height[up, 0] = ceiling_m + LIMIT_MARGIN_M
                return False
        elif ceiling_m == -INF:
            return False
        if down >= 0 and self.seg[1, 2 * down + 1] < floor_m:
            if floor_m - LIMIT_MARGIN_M < self.box_height[down, 3]:
                self.box_height[down, 3] = floor_m - LIMIT_MARGIN_M
            return False
        if not self._bound_time(self.rim_int[at, 4]):
            return False
        if down >= 0:
            self._bound_height(down, floor_m)
        if up >= 0:
            self._bound_height(up, ceiling_m)
        return True

    @cython.cfunc
    @cython.inline
    @cython.nogil
    @cython.exceptval(check=False)
    def _touches(
        self, west: cython.double, east: cython.double, south: cython.double, north: cython.double
    ) -> cython.bint:
        """Return whether bounds in longitude and latitude reach into those of the box in u and in v."""
        lean: cython.double = self.box_lean
        rise: cython.double = self.box_rise
        return (
            (west - lean * (north if lean > 0.0 else south) <= self.box_u1)
            & (east - lean * (south if lean > 0.0 else north) >= self.box_u0)
            & (south - rise * (east if rise > 0.0 else west) <= self.box_v1)
            & (north - rise * (west if rise > 0.0 else east) >= self.box_v0)
        )

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _bound_leaf(
        self, at: cython.Py_ssize_t, past: cython.Py_ssize_t, y: cython.double, x: cython.double
    ) -> cython.void:
        """Cut the box by the entries of a leaf between two rows, so that the edges that matter are outside it
        and the point stays inside."""
        h: cython.Py_ssize_t
        four: cython.int
        k: cython.int
        e: cython.int
        lean: cython.float = cython.cast(cython.float, self.box_lean)
        rise: cython.float = cython.cast(cython.float, self.box_rise)
        u0: cython.float
        u1: cython.float
        v0: cython.float
        v1: cython.float
        while at < past:
            h = at + 1
            k = self.rim_int[at, 7]
            at = h + ((self.rim_int[at, 6] + 3) >> 2)
            if not self._edges_matter(h - 1):
                continue
            if not self._touches(
                cython.cast(cython.double, self.rim[h - 1, 8]),
                cython.cast(cython.double, self.rim[h - 1, 9]),
                cython.cast(cython.double, self.rim[h - 1, 10]),
                cython.cast(cython.double, self.rim[h - 1, 11]),
            ):
                continue
            u0 = cython.cast(cython.float, self.box_u0 - ROUNDING_DEG)
            u1 = cython.cast(cython.float, self.box_u1 + ROUNDING_DEG)
            v0 = cython.cast(cython.float, self.box_v0 - ROUNDING_DEG)
            v1 = cython.cast(cython.float, self.box_v1 + ROUNDING_DEG)
            while h < at:
                four = self._near_slanted(h, u0, u1, v0, v1, lean, rise)
                if four != 0:
                    for e in range(4):
                        if (four >> e) & 1 != 0:
                            self._bound_edge(h, e, k, y, x)
                    u0 = cython.cast(cython.float, self.box_u0 - ROUNDING_DEG)
                    u1 = cython.cast(cython.float, self.box_u1 + ROUNDING_DEG)
                    v0 = cython.cast(cython.float, self.box_v0 - ROUNDING_DEG)
                    v1 = cython.cast(cython.float, self.box_v1 + ROUNDING_DEG)
                h += 1
                k += 4

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _bound_edge(
        self, h: cython.Py_ssize_t, k: cython.int, first: cython.int, y: cython.double, x: cython.double
    ) -> cython.void:
        """Cut the box by the k-th edge of a row, ``first`` being the place in ``leaf_edge`` of the row's
        first."""
        lean: cython.double = self.box_lean
        rise: cython.double = self.box_rise
        u: cython.double = x - lean * y
        v: cython.double = y - rise * x
        west: cython.double = cython.cast(cython.double, self.rim[h, k])
        east: cython.double = cython.cast(cython.double, self.rim[h, k + 4])
        south: cython.double = cython.cast(cython.double, self.rim[h, k + 8])
        north: cython.double = cython.cast(cython.double, self.rim[h, k + 12])
        lou: cython.double = west - lean * (north if lean > 0.0 else south)
        hiu: cython.double = east - lean * (south if lean > 0.0 else north)
        lov: cython.double = south - rise * (east if rise > 0.0 else west)
        hiv: cython.double = north - rise * (west if rise > 0.0 else east)
        away_u: cython.double
        away_v: cython.double
        if (lou > self.box_u1) | (hiu < self.box_u0) | (lov > self.box_v1) | (hiv < self.box_v0):
            return
        # How far the edge's own box is away, to either side.
        away_u = lou - u if lou > u else u - hiu
        away_v = lov - v if lov > v else v - hiv
        if away_u <= BY_EDGE and away_v <= BY_EDGE:
            self._bound_close(self.leaf_edge[first + k], y, x)
        else:
            self._keep_clear(u, v, lou, hiu, lov, hiv)

    @cython.cfunc
    @cython.inline
    @cython.nogil
    @cython.exceptval(check=False)
    def _keep_clear(
        self,
        u: cython.double,
        v: cython.double,
        lou: cython.double,
        hiu: cython.double,
        lov: cython.double,
        hiv: cython.double,
    ) -> cython.void:
        """Cut the box by bounds that a place lies outside of, on the side that leaves the most reports in
        it."""
        away_u: cython.double = lou - u if lou > u else u - hiu
        away_v: cython.double = lov - v if lov > v else v - hiv
        if away_u * (self.pace_v1 if lov > v else self.pace_v0) >= away_v * (
            self.pace_u1 if lou > u else self.pace_u0
        ):
            if lou > u:
                self.box_u1 = _least(self.box_u1, lou - PAD)
            else:
                self.box_u0 = _greatest(self.box_u0, hiu + PAD)
        elif lov > v:
            self.box_v1 = _least(self.box_v1, lov - PAD)
        else:
            self.box_v0 = _greatest(self.box_v0, hiv + PAD)

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _bound_close(self, e: cython.int, y: cython.double, x: cython.double) -> cython.void:
        """Cut the box by an edge whose box in floats the point is in, or all but in."""
        lean: cython.double = self.box_lean
        rise: cython.double = self.box_rise
        ax: cython.double = self.ends[e, 0]
        ay: cython.double = self.ends[e, 1]
        bx: cython.double = self.ends[e, 2]
        by: cython.double = self.ends[e, 3]
        # What follows is the same in u and v as in longitude and latitude: a shear keeps lines and areas.
        u: cython.double = x - lean * y
        v: cython.double = y - rise * x
        au: cython.double = ax - lean * ay
        av: cython.double = ay - rise * ax
        bu: cython.double = bx - lean * by
        bv: cython.double = by - rise * bx
        lou: cython.double = _least(au, bu)
        hiu: cython.double = _greatest(au, bu)
        lov: cython.double = _least(av, bv)
        hiv: cython.double = _greatest(av, bv)
        away_u: cython.double = lou - u if lou > u else u - hiu
        away_v: cython.double = lov - v if lov > v else v - hiv
        cross: cython.double = (bx - ax) * (y - ay) - (by - ay) * (x - ax)
        if _on_edge(cross, ax, ay, bx, by, x, y):
            # On the line, or on either side of it for all that rounding tells: no more than the very place,
            # and nothing where u and v, rounded, do not tell that from its neighbours.
            self.box_u0 = u
            self.box_u1 = u if lean == 0.0 and rise == 0.0 else u - 1.0
            self.box_v0 = self.box_v1 = v
        elif (lou > self.box_u1) | (hiu < self.box_u0) | (lov > self.box_v1) | (hiv < self.box_v0):
            return
        elif away_u > 0.0 or away_v > 0.0:
            self._keep_clear(u, v, lou, hiu, lov, hiv)
        else:
            # The point is in the edge's own box: keep clear of the line by its two axis distances, halved.
            # On which side the line is: east of the point where moving east brings the cross product towards
            # 0.
            away_u = fabs(cross / (bv - av)) * 0.49 if bv != av else 0.0
            away_v = fabs(cross / (bu - au)) * 0.49 if bu != au else 0.0
            if (cross > 0.0) == (bv > av):
                self.box_u1 = _least(self.box_u1, u + away_u)
            else:
                self.box_u0 = _greatest(self.box_u0, u - away_u)
            if (cross > 0.0) == (bu < au):
                self.box_v1 = _least(self.box_v1, v + away_v)
            else:
                self.box_v0 = _greatest(self.box_v0, v - away_v)

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _find_near(
        self,
        r: cython.Py_ssize_t,
        c: cython.Py_ssize_t,
        own_leaf: cython.Py_ssize_t,
        lowest: cython.int,
        highest: cython.int,
        near: cython.int,
    ) -> cython.int:
        """Add to the leaves near those of a cell, other than the report's own, that the box touches and that
        have edges in the layers; return how many there are."""
        split: cython.int
        leaf: cython.Py_ssize_t
        row: cython.Py_ssize_t
        cx: cython.double = c - 180.0
        cy: cython.double = r - 90.0
        side: cython.double
        x0: cython.double = _greatest(self.box_west, cx)
        x1: cython.double = _least(self.box_east, cx + 1.0)
        # What the box takes of a row of leaves, in leaves: no more than from west to east, nor than from
        # slant_west to slant_east in row 0 and a step further east with each row.
        west: cython.double
        east: cython.double
        slant_west: cython.double
        slant_east: cython.double
        step: cython.double = self.box_lean
        i: cython.int
        j: cython.int
        j1: cython.int
        k: cython.int
        columns: cython.uint
        some: cython.uint
        every: cython.uint
        skipped: cython.uint = 0
        if not self._touches(cx, cx + 1.0, cy, cy + 1.0):
            return near
        split = self.cell[r * 360 + c, 0]
        leaf = self.cell[r * 360 + c, 1]
        row = self.cell[r * 360 + c, 3]
        if split == 1:
            k = self.edge_layers[leaf]
            if k & ((2 << highest) - (1 << lowest)) != 0:
                return self._add_near(leaf, own_leaf, cx, cy, 1.0, near)
            self.skipped |= k
            return near
        if cython.compiled:
            prefetch(cython.address(self.edge_rows[row + (1 + lowest) * split]))
        side = 1.0 / split
        west = (x0 - cx) * split
        east = (x1 - cx) * split
        j = _index((self.box_v0 + _least(self.box_rise * x0, self.box_rise * x1) - PAD - cy) * split, split)
        j1 = _index(
            (self.box_v1 + _greatest(self.box_rise * x0, self.box_rise * x1) + PAD - cy) * split, split
        )
        if self.box_rise != 0.0:
            step = 1.0 / self.box_rise
            x0 = (cy + (0.0 if step > 0.0 else side) - (self.box_v1 if step > 0.0 else self.box_v0)) * step
            x1 = (cy + (side if step > 0.0 else 0.0) - (self.box_v0 if step > 0.0 else self.box_v1)) * step
        else:
            x0 = self.box_u0 + step * (cy + (0.0 if step > 0.0 else side))
            x1 = self.box_u1 + step * (cy + (side if step > 0.0 else 0.0))
        slant_west = (x0 - cx) * split - ROUNDING_LEAVES
        slant_east = (x1 - cx) * split + ROUNDING_LEAVES
        while j <= j1:
            every = self.edge_rows[row + j]
            x0 = _greatest(west, slant_west + j * step)
            x1 = _least(east, slant_east + j * step)
            if every != 0 and x0 <= x1:
                i = _index(x0, split)
                columns = (cython.cast(cython.uint, 2) << (_index(x1, split) - i)) - 1
                some = self.edge_rows[row + (1 + lowest) * split + j]
                for k in range(lowest + 1, highest + 1):
                    some |= self.edge_rows[row + (1 + k) * split + j]
                some = (some >> i) & columns
                skipped |= (every >> i) & columns & ~some
                k = i
                while some != 0:
                    if some & 1 != 0:
                        near = self._add_near(
                            leaf + j * split + k, own_leaf, cx + k * side, cy + j * side, side, near
                        )
                    some >>= 1
                    k += 1
            j += 1
        if skipped != 0:
            self.skipped = 1
        return near

    @cython.cfunc
    @cython.inline
    @cython.nogil
    @cython.exceptval(check=False)
    def _add_near(
        self,
        leaf: cython.Py_ssize_t,
        own_leaf: cython.Py_ssize_t,
        west: cython.double,
        south: cython.double,
        side: cython.double,
        near: cython.int,
    ) -> cython.int:
        """Add a leaf, unless it is the report's own, to those near; return how many there are."""
        if leaf == own_leaf:
            return near
        if near < NEAR:
            self.near[near] = cython.cast(cython.int, leaf)
            # A split is a power of 2: no rounding.
            self.near_at[near, 0] = west
            self.near_at[near, 1] = west + side
            self.near_at[near, 2] = south
            self.near_at[near, 3] = south + side
            if cython.compiled:
                prefetch(cython.address(self.leaf[leaf, 0]))
        return near + 1

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _layers_ahead(self, g: cython.Py_ssize_t) -> cython.int:
        """Return the lowest and, times 8, the highest layer of height that the target may reach soon."""
        k: cython.int = self.layer_row
        least_m: cython.double
        greatest_m: cython.double
        climb_m: cython.double
        lowest: cython.int
        if k < 0:
            return 7 << 3
        least_m = self.seg[1, 2 * k]
        greatest_m = self.seg[1, 2 * k + 1]
        climb_m = CLIMB_STEPS * (least_m - (self.slot[g, LOW] if k == 0 else self.more_box[g, 6 * k - 2]))
        if self.known > 0 and k == 0:
            climb_m = self.level[self.row + self.known] - least_m
        # False also where either is not known.
        if climb_m < 0.0 and climb_m > -MOST_CLIMB_M:
            least_m += climb_m
        elif climb_m > 0.0 and climb_m < MOST_CLIMB_M:
            greatest_m += climb_m
        lowest = self._layer(least_m)
        return lowest | (lowest if greatest_m == least_m else self._layer(greatest_m)) << 3

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _bound_near(
        self, g: cython.Py_ssize_t, own_leaf: cython.Py_ssize_t, lat: cython.double, lon: cython.double
    ) -> cython.void:
        """Cut the box by the edges in every other leaf than the report's own that it touches, as far as they
        are within the layers of height that the target may reach soon.

        A part that covers another leaf and not the report's has an edge between, in a leaf that the box
        reaches.
        """
        lowest: cython.int = self._layers_ahead(g)
        highest: cython.int = lowest >> 3
        k: cython.int = self.layer_row
        r: cython.Py_ssize_t
        c: cython.Py_ssize_t
        r1: cython.Py_ssize_t
        c0: cython.Py_ssize_t
        c1: cython.Py_ssize_t
        n: cython.int = 0
        m: cython.int
        leaf: cython.Py_ssize_t
        lowest &= 7
        self.skipped = 0
        self._go_round()
        r1 = _index(self.box_north + 90.0, 180)
        c0 = _index(self.box_west + 180.0, 360)
        c1 = _index(self.box_east + 180.0, 360)
        for r in range(_index(self.box_south + 90.0, 180), r1 + 1):
            for c in range(c0, c1 + 1):
                n = self._find_near(r, c, own_leaf, lowest, highest, n)
        if n > NEAR:
            # Too crowded: no further than the report's own leaf.
            self._shrink_to(own_leaf, lat, lon)
            self._bound_leaf(self.leaf[own_leaf, 0], self.leaf[own_leaf + 1, 0], lat, lon)
            n = 0
        for m in range(n):
            if cython.compiled:
                prefetch(cython.address(self.rim[self.leaf[self.near[m], 0], 0]))
        for m in range(n):
            if self._touches(self.near_at[m, 0], self.near_at[m, 1], self.near_at[m, 2], self.near_at[m, 3]):
                leaf = self.near[m]
                self._bound_leaf(self.leaf[leaf, 0], self.leaf[leaf, 1], lat, lon)
        if self.skipped != 0:
            # What was left out for its height is out of reach within these layers only.
            if self.layer_m[lowest] > self.box_height[k, 0]:
                self.box_height[k, 0] = self.layer_m[lowest]
            if self.layer_m[highest + 1] < self.box_height[k, 3]:
                self.box_height[k, 3] = self.layer_m[highest + 1]

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _shrink_to(self, leaf: cython.Py_ssize_t, lat: cython.double, lon: cython.double) -> cython.void:
        """Make the leaf that a place lies in the box."""
        cell: cython.Py_ssize_t = _index(lat + 90.0, 180) * 360 + _index(lon + 180.0, 360)
        split: cython.int = self.cell[cell, 0]
        i: cython.int = cython.cast(cython.int, (leaf - self.cell[cell, 1]) % split)
        j: cython.int = cython.cast(cython.int, (leaf - self.cell[cell, 1]) // split)
        west: cython.double = cell % 360 - 180.0 + cython.cast(cython.double, i) / split
        south: cython.double = cell // 360 - 90.0 + cython.cast(cython.double, j) / split
        self.box_lean = self.box_rise = 0.0
        self.box_u0 = west
        self.box_u1 = west + 1.0 / split - PAD
        self.box_v0 = south
        self.box_v1 = south + 1.0 / split - PAD

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _look_ahead(
        self, g: cython.Py_ssize_t, split: cython.int, lat: cython.double, lon: cython.double
    ) -> cython.void:
        """Begin the box as the window that the target will cross in its next reports, its last one
        included."""
        back_x: cython.double = lon - self.slot[g, LON]
        back_y: cython.double = lat - self.slot[g, LAT]
        dx: cython.double = back_x
        dy: cython.double = back_y
        du: cython.double
        dv: cython.double
        pace: cython.double
        steps: cython.double = AHEAD_STEPS
        slack: cython.double = 1.5
        room: cython.double = AHEAD_LEAVES / cython.cast(cython.double, split * split)
        known: cython.Py_ssize_t = self._known_ahead(g, lat, lon)
        at: cython.Py_ssize_t = self.row + known
        if known > 0:
            steps = cython.cast(cython.double, known)
            slack = KNOWN_SLACK
            dx = (self.lon[at] - lon) / steps
            dy = (self.lat[at] - lat) / steps
        self.box_lean = self.box_rise = 0.0
        slack *= _greatest(fabs(dx), fabs(dy))
        if not (fabs(dx) + fabs(dy) < 0.5):
            # A leap, or a first report.
            slack = 1.0 / split
            steps = 0.0
            known = 0
        elif fabs(dx) > fabs(dy):
            self.box_rise = floor(dy / dx * SLOPES + 0.5) / SLOPES
        elif dy != 0.0:
            self.box_lean = floor(dx / dy * SLOPES + 0.5) / SLOPES
        du = dx - self.box_lean * dy
        dv = dy - self.box_rise * dx
        pace = 0.15 * (fabs(dx) + fabs(dy)) + 1e-9
        self.pace_u0 = pace - _least(du, 0.0)
        self.pace_u1 = pace + _greatest(du, 0.0)
        self.pace_v0 = pace - _least(dv, 0.0)
        self.pace_v1 = pace + _greatest(dv, 0.0)
        self.known = known
        if (steps * fabs(du) + 2.0 * slack) * (steps * fabs(dv) + 2.0 * slack) > room:
            steps = _steps(fabs(du), fabs(dv), 2.0 * slack, room)
        self.box_u0 = self.box_v0 = INF
        self.box_u1 = self.box_v1 = -INF
        self._reach(lon, lat, slack)
        self._reach(lon + steps * dx, lat + steps * dy, slack)
        if known > 0:
            # Half the way tells how far the flight bends.
            at = self.row + (known >> 1)
            self._reach(self.lon[at], self.lat[at], slack)
            if fabs(back_x) + fabs(back_y) <= 3.0 * (fabs(dx) + fabs(dy)):
                self._reach(lon - back_x, lat - back_y, slack)

    @cython.cfunc
    @cython.inline
    @cython.nogil
    @cython.exceptval(check=False)
    def _reach(self, x: cython.double, y: cython.double, slack: cython.double) -> cython.void:
        """Widen the box in hand to what is within some degrees of a place."""
        u: cython.double = x - self.box_lean * y
        v: cython.double = y - self.box_rise * x
        self.box_u0 = _least(self.box_u0, u - slack)
        self.box_u1 = _greatest(self.box_u1, u + slack)
        self.box_v0 = _least(self.box_v0, v - slack)
        self.box_v1 = _greatest(self.box_v1, v + slack)

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _known_ahead(self, g: cython.Py_ssize_t, lat: cython.double, lon: cython.double) -> cython.Py_ssize_t:
        """Return how many of the target's next reports follow in the batch, as far as one can look and the
        target holds its direction.

        What is known of them only guides how far a box reaches, and never what is found.
        """
        i: cython.Py_ssize_t = self.row
        n: cython.Py_ssize_t = self.of.shape[0]
        known: cython.Py_ssize_t = 0
        step: cython.Py_ssize_t = AHEAD_KNOWN
        pace: cython.double
        if i + 1 >= n or self.of[i + 1] != g:
            return 0
        while step > 0:
            if i + known + step < n and self.of[i + known + step] == g:
                known += step
            step >>= 1
        pace = 0.5 * (fabs(self.lon[i + 1] - lon) + fabs(self.lat[i + 1] - lat))
        while known > 1 and (
            fabs(self.lon[i + known] - lon) + fabs(self.lat[i + known] - lat) < pace * known
        ):
            known >>= 1
        return known

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _safe_box(self, g: cython.Py_ssize_t, lat: cython.double, lon: cython.double) -> cython.void:
        """Set the box round the report within which the target's states cannot change.

        Every edge that matters in the leaves of the window it begins as cuts it, those of the report's own
        leaf first. A cell without edges begins with its neighbours that have none either.
        """
        k: cython.int
        r: cython.int = _index(lat + 90.0, 180)
        c: cython.int = _index(lon + 180.0, 360)
        split: cython.int = self.cell[r * 360 + c, 0]
        cx: cython.double = c - 180.0
        cy: cython.double = r - 90.0
        leaf: cython.Py_ssize_t = (
            self.cell[r * 360 + c, 1]
            + _index((lat - cy) * split, split) * split
            + _index((lon - cx) * split, split)
        )
        u: cython.double
        v: cython.double
        u0: cython.double
        u1: cython.double
        v0: cython.double
        v1: cython.double
        free: cython.bint = split == 1 and self.edge_layers[leaf] == 0
        if cython.compiled and self.leaf_layers[leaf] != 0:
            prefetch(cython.address(self.rim[self.leaf[leaf, 0], 0]))
        self.box_since = NEVER
        self.box_until = NO_END
        for k in range(self.rows):
            self.box_height[k, 0] = -INF
            self.box_height[k, 1] = INF
            self.box_height[k, 2] = -INF
            self.box_height[k, 3] = INF
        if free:
            k = self.cell[r * 360 + c, 2]
            self.box_lean = self.box_rise = 0.0
            self.box_u0 = cx - (k & 15)
            self.box_u1 = cx + 1.0 + ((k >> 4) & 15) - PAD
            self.box_v0 = cy - ((k >> 8) & 15)
            self.box_v1 = cy + 1.0 + ((k >> 12) & 15) - PAD
        else:
            self._look_ahead(g, split, lat, lon)
        if self.leaf_layers[leaf] != 0:
            self._bound_leaf(self.leaf[leaf, 0], self.leaf[leaf + 1, 0], lat, lon)
        if not free:
            self._bound_near(g, leaf, lat, lon)
        u = lon - self.box_lean * lat
        v = lat - self.box_rise * lon
        u0 = self.box_u0
        u1 = self.box_u1
        v0 = self.box_v0
        v1 = self.box_v1
        self._allow_for_bulge()
        if not self._holds(u, v):
            self.box_u0 = u0
            self.box_u1 = u1
            self.box_v0 = v0
            self.box_v1 = v1
            if self._holds(u, v):
                # Too long for its place so near the side: a box half as long bulges a quarter as much.
                self._shorten(u, v)
                self._allow_for_bulge()
            if not self._holds(u, v):
                # Nearer to an edge than the box may be: what holds at the report need not hold in the box.
                self.box_u1 = self.box_u0 - 1.0
        if (self.box_u1 - self.box_u0 < NARROW_DEG or self.box_v1 - self.box_v0 < NARROW_DEG) and (
            self.box_lean != 0.0 or self.box_rise != 0.0
        ):
            # As narrow as u and v are rounded: which side of an edge a place in it is on cannot be told.
            self.box_u1 = self.box_u0 - 1.0

    @cython.cfunc
    @cython.inline
    @cython.nogil
    @cython.exceptval(check=False)
    def _holds(self, u: cython.double, v: cython.double) -> cython.bint:
        """Return whether a place lies in the box."""
        return self.box_u0 <= u and u <= self.box_u1 and self.box_v0 <= v and v <= self.box_v1

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _shorten(self, u: cython.double, v: cython.double) -> cython.void:
        """Make the box so short about a place that its bulge takes at most half of the room to the side."""
        bulge: cython.double = self._bulge()
        room_u: cython.double = _least(u - self.box_u0, self.box_u1 - u)
        room_v: cython.double = _least(v - self.box_v0, self.box_v1 - v)
        part: cython.double
        if self.box_lean == 0.0:
            # All its room in latitude stays: it is as high as it was.
            part = sqrt(0.5 * room_v / bulge)
        else:
            part = 0.5 * _least(room_v, room_u / fabs(self.box_lean)) / bulge
            self.box_v0 = v - part * (v - self.box_v0)
            self.box_v1 = v + part * (self.box_v1 - v)
        self.box_u0 = u - part * (u - self.box_u0)
        self.box_u1 = u + part * (self.box_u1 - u)

    @cython.cfunc
    @cython.inline
    @cython.nogil
    @cython.exceptval(check=False)
    def _go_round(self) -> cython.void:
        """Set the least and greatest longitude and latitude that the box can hold."""
        self.box_west = self.box_u0 + _least(self.box_lean * self.box_v0, self.box_lean * self.box_v1)
        self.box_east = self.box_u1 + _greatest(self.box_lean * self.box_v0, self.box_lean * self.box_v1)
        self.box_south = self.box_v0 + _least(self.box_rise * self.box_u0, self.box_rise * self.box_u1)
        self.box_north = self.box_v1 + _greatest(self.box_rise * self.box_u0, self.box_rise * self.box_u1)

    @cython.cfunc
    @cython.inline
    @cython.nogil
    @cython.exceptval(check=False)
    def _bulge(self) -> cython.double:
        """Return by how much latitude, at most, a geodesic between two points of the box leaves the straight
        line between them, towards the pole: w² sin 2φ / 16."""
        w: cython.double
        self._go_round()
        w = (self.box_east - self.box_west) * RAD
        return w * w * (0.0625 * 1.1 / RAD)

    @cython.cfunc
    @cython.inline
    @cython.nogil
    @cython.exceptval(check=False)
    def _allow_for_bulge(self) -> cython.void:
        """Narrow the box so that what lies between two points of it on the ellipsoid is in it as it was.

        So much more latitude as it may bulge is as much more v, and ``lean`` times as much less u.
        """
        bulge: cython.double = self._bulge()
        shift: cython.double = fabs(self.box_lean) * bulge
        if self.box_north > 0.0:
            self.box_v1 -= bulge
            if self.box_lean > 0.0:
                self.box_u0 += shift
            else:
                self.box_u1 -= shift
        if self.box_south < 0.0:
            self.box_v0 += bulge
            if self.box_lean > 0.0:
                self.box_u1 -= shift
            else:
                self.box_u0 += shift


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _on_edge(
    cross: cython.double,
    ax: cython.double,
    ay: cython.double,
    bx: cython.double,
    by: cython.double,
    x: cython.double,
    y: cython.double,
) -> cython.bint:
    """Return whether a point is on an edge for all that rounding tells; ``cross`` is (b − a) × (p − a)."""
    return (
        fabs(cross) <= ON_LINE * (fabs(bx - ax) + fabs(by - ay))
        and (x - ax) * (x - bx) <= ON_LINE
        and (y - ay) * (y - by) <= ON_LINE
    )


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _index(at: cython.double, n: cython.int) -> cython.int:
    """Return which of n steps of 1 a number from 0 to n falls in; the last for n itself."""
    i: cython.int = cython.cast(cython.int, at)
    return 0 if i < 0 else (n - 1 if i >= n else i)


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _least(a: cython.double, b: cython.double) -> cython.double:
    """Return the lesser of two numbers."""
    return a if a < b else b


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _greatest(a: cython.double, b: cython.double) -> cython.double:
    """Return the greater of two numbers."""
    return a if a > b else b


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _steps(dx: cython.double, dy: cython.double, slack: cython.double, room: cython.double) -> cython.double:
    """Return how many steps (dx, dy) a box with slack may reach and have no more area than there is room."""
    a: cython.double = dx * dy
    b: cython.double = 0.5 * slack * (dx + dy)
    c: cython.double = room - slack * slack
    if c <= 0.0:
        return 1.0
    return c / (b + sqrt(b * b + a * c))


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _most_m(dlat_deg: cython.double, turn_deg: cython.double) -> cython.double:
    """Return what :func:`nofly.geo.geodesic.sagitta_m` cannot exceed at any latitude."""
    turn: cython.double = fabs(turn_deg) * RAD
    dlat: cython.double = fabs(dlat_deg) * RAD
    return 6400000.0 * (turn * (turn * 0.125 + dlat * 0.25) + 0.0101 * 0.125 * dlat * dlat)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _short_m(lat0_deg: cython.double, lat1_deg: cython.double, turn_deg: cython.double) -> cython.double:
    """Return the length of a short segment, to a part in ten thousand: enough for a closing speed."""
    middle: cython.double = (lat0_deg + lat1_deg) * 0.5 * RAD
    s: cython.double = sin(middle)
    w: cython.double = 1.0 - 0.00669437999014 * s * s
    dy: cython.double = (lat1_deg - lat0_deg) * RAD * 6378137.0 * (1.0 - 0.00669437999014) / (w * sqrt(w))
    dx: cython.double = turn_deg * RAD * 6378137.0 / sqrt(w) * cos(middle)
    return sqrt(dx * dx + dy * dy)
