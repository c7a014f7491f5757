# cython: boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False, language_level=3
"""Goes through reports in order and marks what is not credible: the inner loop of
:mod:`nofly.tracks.screening`.

The state of a target is one row of ``WIDTH`` numbers, of which the last are not used. Each target has a
*trusted* chain of fixes and may have a *candidate*: the fixes that cannot belong to the trusted one. Compiled
by Cython where there is a C compiler; runs uncompiled too.
"""

from __future__ import annotations

from types import SimpleNamespace

import cython

if cython.compiled:
    from cython.cimports.libc.math import cos, fabs, sin, sqrt
    from cython.cimports.nofly.tracks.memory import prefetch
else:
    from math import cos, fabs, sin, sqrt

# Marks; nofly.tracks.screening.Mark gives each its meaning.
DUPLICATE = cython.declare(cython.int, 1)
TIME_BACK = cython.declare(cython.int, 2)
TELEPORT = cython.declare(cython.int, 4)
TWO_SENDERS = cython.declare(cython.int, 8)
FROZEN = cython.declare(cython.int, 16)
SPEED_MISMATCH = cython.declare(cython.int, 32)
QUALITY_LOST = cython.declare(cython.int, 64)
ALTITUDE_JUMP = cython.declare(cython.int, 128)
GROUND_FAST = cython.declare(cython.int, 256)
REAPPEARED = cython.declare(cython.int, 1024)
AFTER_JUMP = cython.declare(cython.int, 2048)

# What is known of a target, all numbers, times in microseconds. "own" is the trusted chain, "other" the
# candidate, "from" the beginning of a window of reported speeds. The first sixteen are two lines of memory,
# and all that most reports need.
FIELDS = (
    "last_us", "last_lat", "last_lon", "still_us", "own_us", "own_lat", "own_lon", "own_n", "cos_lat",
    "cos", "other_n", "back_n", "alt_us", "alt_m", "alt_bad", "on_other", "gs", "track", "vel_us", "path_m",
    "from_us", "from_lat", "from_lon", "from_track", "turned", "mismatch", "nic_high", "other_us",
    "other_lat", "other_lon", "switches", "switch_us", "back_us", "jump_us",
)  # fmt: skip
Target = cython.struct(
    last_us=cython.double, last_lat=cython.double, last_lon=cython.double, still_us=cython.double,
    own_us=cython.double, own_lat=cython.double, own_lon=cython.double, own_n=cython.double,
    cos_lat=cython.double, cos=cython.double, other_n=cython.double, back_n=cython.double,
    alt_us=cython.double, alt_m=cython.double, alt_bad=cython.double, on_other=cython.double,
    gs=cython.double, track=cython.double, vel_us=cython.double, path_m=cython.double,
    from_us=cython.double, from_lat=cython.double, from_lon=cython.double, from_track=cython.double,
    turned=cython.double, mismatch=cython.double, nic_high=cython.double, other_us=cython.double,
    other_lat=cython.double, other_lon=cython.double, switches=cython.double, switch_us=cython.double,
    back_us=cython.double, jump_us=cython.double,
)  # fmt: skip
LINE = 8
"""Numbers in a line of memory: a target's row begins on one."""
WIDTH = -(-len(FIELDS) // LINE) * LINE
AHEAD_ROWS = cython.declare(cython.Py_ssize_t, 32)

# What the limits mean and why they are as they are: docs/reference/screening.md.
S = cython.declare(cython.double, 1e-6)
HOUR_US = cython.declare(cython.double, 3600e6)
GAP_US = cython.declare(cython.double, 120e6)
SHORT = cython.declare(cython.double, 10.0)
STEADY = cython.declare(cython.double, 3.0)
BACK_ROWS = cython.declare(cython.double, 10.0)
FROZEN_US = cython.declare(cython.double, 60e6)
MOVING_MPS = cython.declare(cython.double, 30.0)
STANDING_MPS = cython.declare(cython.double, 2.5)
SWITCH_ROWS = cython.declare(cython.double, 4.0)
SWITCH_SPAN_US = cython.declare(cython.double, 60e6)
WINDOW_US = cython.declare(cython.double, 30e6)
HELD_US = cython.declare(cython.double, 30e6)
SILENT_US = cython.declare(cython.double, 30e6)
WINDOW_SLACK_M = cython.declare(cython.double, 500.0)
FLAT_DEG = cython.declare(cython.double, 85.0)
TURN_DEG = cython.declare(cython.double, 45.0)
COS_60 = cython.declare(cython.double, 0.5)
CLIMB_MPS = cython.declare(cython.double, 150.0)
CLIMB_SLACK_M = cython.declare(cython.double, 100.0)
CRUISE_M = cython.declare(cython.double, 1500.0)
TO_ZERO_MPS = cython.declare(cython.double, 30.0)
ALT_ROWS = cython.declare(cython.double, 5.0)
# What becomes of a fix.
TRUSTED = cython.declare(cython.int, 0)
BEYOND = cython.declare(cython.int, 1)
ANEW = cython.declare(cython.int, 2)
TAXI_MPS = cython.declare(cython.double, 100.0)

RAD = cython.declare(cython.double, 0.017453292519943295)
# The most a degree measures on the ellipsoid, rounded up.
M_PER_DEG = cython.declare(cython.double, 111_700.0)
EARTH_M = cython.declare(cython.double, 6_371_008.8)
NAN = cython.declare(cython.double, float("nan"))


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _haversine(
    lat1: cython.double, lon1: cython.double, lat2: cython.double, lon2: cython.double
) -> cython.double:
    """Return the squared sine of half the angle between two places on the sphere."""
    y: cython.double = sin((lat2 - lat1) * RAD * 0.5)
    x: cython.double = sin((lon2 - lon1) * RAD * 0.5)
    return y * y + cos(lat1 * RAD) * cos(lat2 * RAD) * x * x


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _within(
    lat1: cython.double, lon1: cython.double, lat2: cython.double, lon2: cython.double, limit_m: cython.double
) -> cython.bint:
    """Return whether two places are at most ``limit_m`` apart on the sphere."""
    half: cython.double = limit_m / (2.0 * EARTH_M)
    if half >= 1.5707963267948966:
        return True
    reach: cython.double = sin(half)
    return _haversine(lat1, lon1, lat2, lon2) <= reach * reach


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _start(
    f: cython.pointer(Target), t: cython.double, lat: cython.double, lon: cython.double
) -> cython.void:
    """Begin a target anew with this fix as its trusted chain."""
    f.last_us = f.still_us = f.own_us = f.vel_us = t
    f.last_lat = f.own_lat = f.cos_lat = lat
    f.last_lon = f.own_lon = lon
    f.own_n = 1.0
    f.cos = cos(lat * RAD)
    f.alt_m = f.gs = f.track = f.from_us = f.jump_us = NAN
    f.alt_us = f.alt_bad = f.path_m = f.from_lat = f.from_lon = f.from_track = f.turned = f.mismatch = 0.0
    f.nic_high = f.other_n = f.other_us = f.other_lat = f.other_lon = f.on_other = 0.0
    f.switches = f.switch_us = f.back_us = f.back_n = 0.0


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _trust(
    f: cython.pointer(Target), t: cython.double, lat: cython.double, lon: cython.double,
    leap: cython.bint,
) -> cython.void:  # fmt: skip
    """Let the trusted chain go on with this fix; after a leap it must earn its length again."""
    if leap:
        f.own_n = 1.0
    else:
        f.own_n += 1.0
    f.own_us = t
    f.own_lat = lat
    f.own_lon = lon
    if fabs(lat - f.cos_lat) > 0.5:
        f.cos_lat = lat
        f.cos = cos(lat * RAD)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _take_over(f: cython.pointer(Target)) -> cython.void:
    """Let the candidate be the trusted chain, and the other way round."""
    f.own_us, f.other_us = f.other_us, f.own_us
    f.own_lat, f.other_lat = f.other_lat, f.own_lat
    f.own_lon, f.other_lon = f.other_lon, f.own_lon
    f.own_n, f.other_n = f.other_n, f.own_n
    f.from_us = f.gs = f.alt_m = NAN
    f.mismatch = 0.0


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _choose(
    f: cython.pointer(Target), t: cython.double, lat: cython.double, lon: cython.double,
    plausible: cython.bint, max_mps: cython.double, plausible_mps: cython.double, slack_m: cython.double,
) -> cython.int:  # fmt: skip
    """Put a fix on a chain. Return ``TRUSTED``, ``BEYOND`` where it is on the candidate, or ``ANEW`` where
    what was the candidate is trusted from here on.

    ``plausible``: already known to be near the trusted chain. A candidate of ``STEADY`` fixes or more that
    was heard last has the first claim: otherwise any false place would be believed once an aircraft could
    have come there. Only shortly after, and at a plausible speed, is it trusted. It then jumped, or the
    trusted chain had been false: in neither case was the way between the two flown.
    """
    silent_us: cython.double = t - f.own_us
    if f.other_n > 0.0 and t - f.other_us > HOUR_US:
        f.other_n = 0.0
    if not plausible:
        plausible = _within(f.own_lat, f.own_lon, lat, lon, plausible_mps * silent_us * S + slack_m)
    fresher: cython.bint = f.other_n > 0.0 and f.other_us > f.own_us
    near: cython.bint = plausible or (
        not fresher and _within(f.own_lat, f.own_lon, lat, lon, max_mps * silent_us * S + slack_m)
    )
    claimed: cython.bint = fresher and f.other_n >= STEADY
    if near and not claimed:
        _trust(f, t, lat, lon, silent_us > GAP_US or not plausible)
        return TRUSTED
    beside: cython.bint = f.other_n > 0.0 and _within(
        f.other_lat, f.other_lon, lat, lon, max_mps * (t - f.other_us) * S + slack_m
    )
    if claimed and near and not beside:
        # A hop of the candidate on its own spot, ten times nearer than the trusted chain's, is no return.
        beside = _haversine(f.other_lat, f.other_lon, lat, lon) < 0.01 * _haversine(
            f.own_lat, f.own_lon, lat, lon
        )
    if near and (not beside or (plausible and silent_us <= GAP_US)):
        anew: cython.bint = beside and _haversine(f.other_lat, f.other_lon, lat, lon) < _haversine(
            f.own_lat, f.own_lon, lat, lon
        )
        _trust(f, t, lat, lon, silent_us > GAP_US or not plausible or anew)
        if anew:
            f.jump_us = t
        return ANEW if anew else TRUSTED
    if beside:
        f.other_n += 1.0
    else:
        f.other_n = 1.0
        f.switches = 0.0
    f.other_us = t
    f.other_lat = lat
    f.other_lon = lon
    if beside and (silent_us > HOUR_US or (f.own_n < SHORT and f.other_n > f.own_n)):
        _take_over(f)
        f.cos_lat = lat
        f.cos = cos(lat * RAD)
        return ANEW
    return BEYOND


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _two_senders(f: cython.pointer(Target), t: cython.double, other: cython.bint) -> cython.int:
    """Count changes between the chains; return the mark while they alternate."""
    if other != (f.on_other != 0.0):
        f.switches += 1.0
        f.switch_us = t
        f.on_other = 1.0 if other else 0.0
    elif f.switches > 0.0 and t - f.switch_us > SWITCH_SPAN_US:
        f.switches = 0.0
    if f.switches >= SWITCH_ROWS and f.other_n >= STEADY:
        return TWO_SENDERS
    return 0


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _turn(a: cython.double, b: cython.double) -> cython.double:
    """Return the angle between two tracks, 0 to 180; 180 where one is not known."""
    d: cython.double = fabs(a - b)
    if d > 180.0:
        d = 360.0 - d
    return d if d <= 180.0 else 180.0


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _sine(angle_deg: cython.double) -> cython.double:
    """Return the sine of 0 to 540° within 0.002 (formula of Bhāskara I): enough for a test at 60°."""
    sign: cython.double = 1.0
    if angle_deg >= 360.0:
        angle_deg -= 360.0
    if angle_deg > 180.0:
        angle_deg -= 180.0
        sign = -1.0
    a: cython.double = angle_deg * (180.0 - angle_deg)
    return sign * 4.0 * a / (40500.0 - a)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _window(
    f: cython.pointer(Target), t: cython.double, lat: cython.double, lon: cython.double,
    track: cython.double,
) -> cython.void:  # fmt: skip
    """Compare the way made since the window began with the way the reported speeds make, and begin a new
    one."""
    # Close to a pole this flat reckoning fails; nothing is said there.
    if fabs(lat) > FLAT_DEG:
        f.mismatch = 0.0
    elif t - f.from_us >= WINDOW_US:
        dlon: cython.double = lon - f.from_lon
        if dlon > 180.0:
            dlon -= 360.0
        elif dlon < -180.0:
            dlon += 360.0
        x: cython.double = dlon * M_PER_DEG * f.cos
        y: cython.double = (lat - f.from_lat) * M_PER_DEG
        way: cython.double = sqrt(x * x + y * y)
        path: cython.double = f.path_m
        bad: cython.bint = way > 2.0 * path + WINDOW_SLACK_M
        if not bad and f.turned < TURN_DEG:
            bad = way < 0.5 * path - WINDOW_SLACK_M
            if not bad and way > 2.0 * WINDOW_SLACK_M:
                along: cython.double = x * _sine(track) + y * _sine(track + 90.0)
                bad = along < COS_60 * way
        f.mismatch = 1.0 if bad else 0.0
    f.from_us = t
    f.from_lat = lat
    f.from_lon = lon
    f.from_track = track
    f.path_m = 0.0
    f.turned = 0.0


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _speed(
    f: cython.pointer(Target), t: cython.double, lat: cython.double, lon: cython.double,
    gs: cython.double, track: cython.double, still: cython.bint,
) -> cython.int:  # fmt: skip
    """Add this report to the window of reported speeds; return the mark while the last window disagreed."""
    since_us: cython.double = t - f.last_us
    if gs != f.gs or track != f.track:
        f.vel_us = t
    if not (gs >= 0.0) or not (f.gs >= 0.0) or since_us > SILENT_US or t - f.vel_us >= HELD_US:
        # Without speeds on both sides, after a silence, or where an old speed is sent on and on, nothing is
        # known of the way between.
        f.mismatch = 0.0
        f.from_us = NAN
    elif f.from_us == f.from_us:
        f.path_m += 0.5 * (gs + f.gs) * since_us * S
        turned: cython.double = _turn(track, f.from_track)
        if turned > f.turned:
            f.turned = turned
    f.gs = gs
    f.track = track
    # A repeated position is old: the window ends at the next new one.
    if gs >= 0.0 and not still and not (t - f.from_us < WINDOW_US):
        _window(f, t, lat, lon, track)
    return SPEED_MISMATCH if f.mismatch != 0.0 else 0


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _height(f: cython.pointer(Target), t: cython.double, alt: cython.double) -> cython.int:
    """Compare a height with the last good one; return the mark where nothing climbs or sinks so fast."""
    if alt != alt:
        return 0
    if f.alt_m == f.alt_m:
        since_s: cython.double = (t - f.alt_us) * S
        zero: cython.bint = alt == 0.0 and f.alt_m > CRUISE_M
        limit: cython.double = TO_ZERO_MPS * since_s if zero else CLIMB_MPS * since_s + CLIMB_SLACK_M
        if fabs(alt - f.alt_m) > limit:
            f.alt_bad += 1.0
            if zero or f.alt_bad < ALT_ROWS:
                return ALTITUDE_JUMP
    f.alt_us = t
    f.alt_m = alt
    f.alt_bad = 0.0
    return 0


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _quality(
    f: cython.pointer(Target), nic: cython.int, nac_p: cython.int, ground: cython.bint
) -> cython.int:
    """Return the mark where the report itself says that its position is not to be relied on."""
    if nic >= 7:
        f.nic_high = 1.0
    elif nic > 0:
        f.nic_high = 0.0
    if 0 <= nac_p <= 3 or (nic == 0 and f.nic_high != 0.0 and not ground):
        return QUALITY_LOST
    return 0


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _back(
    f: cython.pointer(Target),
    t: cython.double,
    lat: cython.double,
    lon: cython.double,
    slack_m: cython.double,
) -> cython.int:
    """Mark a report whose time is not after the last one of its target."""
    if t == f.last_us and _within(f.last_lat, f.last_lon, lat, lon, slack_m):
        return DUPLICATE
    if f.back_n > 0.0 and t > f.back_us:
        f.back_n += 1.0
    else:
        f.back_n = 1.0
    f.back_us = t
    if f.back_n >= BACK_ROWS:
        # One time far ahead must not condemn all that follow it: these agree with each other.
        _start(f, t, lat, lon)
        return 0
    return TIME_BACK


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _scan(
    target: cython.int[::1], time_us: cython.longlong[::1],
    lat_deg: cython.double[::1], lon_deg: cython.double[::1],
    gs_mps: cython.double[::1], track_deg: cython.double[::1], alt_m: cython.double[::1],
    nic: cython.schar[::1], nac_p: cython.schar[::1], on_ground: cython.schar[::1],
    state: cython.double[:, ::1], marks: cython.ushort[::1],
    max_mps: cython.double, plausible_mps: cython.double, slack_m: cython.double,
) -> cython.void:  # fmt: skip
    n: cython.Py_ssize_t = time_us.shape[0]
    has_gs: cython.bint = gs_mps.shape[0] == n
    has_track: cython.bint = track_deg.shape[0] == n
    has_alt: cython.bint = alt_m.shape[0] == n
    has_nic: cython.bint = nic.shape[0] == n
    has_nac: cython.bint = nac_p.shape[0] == n
    has_ground: cython.bint = on_ground.shape[0] == n
    i: cython.Py_ssize_t
    f: cython.pointer(Target)
    mark: cython.int
    t: cython.double
    lat: cython.double
    lon: cython.double
    gs: cython.double
    dt: cython.double
    x: cython.double
    y: cython.double
    reach: cython.double
    ground: cython.bint
    still: cython.bint
    other: cython.bint
    plausible: cython.bint
    chain: cython.int
    for i in range(n):
        if cython.compiled:
            if i + AHEAD_ROWS < n:
                prefetch(cython.address(state[target[i + AHEAD_ROWS], 0]))
                prefetch(cython.address(state[target[i + AHEAD_ROWS], 8]))
            f = cython.cast(cython.pointer(Target), cython.address(state[target[i], 0]))
        else:
            f = state[target[i]]
        t = float(time_us[i])
        lat = lat_deg[i]
        lon = lon_deg[i]
        gs = gs_mps[i] if has_gs else NAN
        mark = 0
        if f.own_n == 0.0:
            _start(f, t, lat, lon)
        elif t <= f.last_us:
            mark = _back(f, t, lat, lon, slack_m)
        ground = has_ground and on_ground[i] == 1
        if ground and gs > TAXI_MPS:
            mark |= GROUND_FAST
        if has_nic or has_nac:
            mark |= _quality(f, nic[i] if has_nic else -1, nac_p[i] if has_nac else -1, ground)
        if mark & (DUPLICATE | TIME_BACK):
            marks[i] = mark
            continue
        f.back_n = 0.0
        still = lat == f.last_lat and lon == f.last_lon and t > f.last_us
        if not still:
            f.still_us = t
        elif gs > MOVING_MPS and t - f.still_us > FROZEN_US:
            mark |= FROZEN
        if still and not (gs <= STANDING_MPS):
            # The old position again: it does not say where the aircraft is now, so no chain goes on with it.
            other = f.on_other != 0.0
        elif t > f.own_us:
            dt = (t - f.own_us) * S
            y = (lat - f.own_lat) * M_PER_DEG
            x = (lon - f.own_lon) * M_PER_DEG * (f.cos + 0.009)
            reach = plausible_mps * dt + slack_m
            plausible = x * x + y * y <= reach * reach
            if plausible and f.other_n == 0.0:
                _trust(f, t, lat, lon, t - f.own_us > GAP_US)
                other = False
            else:
                chain = _choose(f, t, lat, lon, plausible, max_mps, plausible_mps, slack_m)
                other = chain == BEYOND
                if chain == ANEW:
                    mark |= REAPPEARED
                mark |= _two_senders(f, t, other)
        else:
            other = False
        if other:
            mark |= TELEPORT
            f.from_us = f.gs = NAN
        else:
            if has_gs:
                mark |= _speed(f, t, lat, lon, gs, track_deg[i] if has_track else NAN, still)
            if has_alt:
                mark |= _height(f, t, alt_m[i])
            if t - f.jump_us < HOUR_US:
                mark |= AFTER_JUMP
        f.last_us = t
        f.last_lat = lat
        f.last_lon = lon
        marks[i] = mark


def scan(
    target: cython.int[::1], time_us: cython.longlong[::1],
    lat_deg: cython.double[::1], lon_deg: cython.double[::1],
    gs_mps: cython.double[::1], track_deg: cython.double[::1], alt_m: cython.double[::1],
    nic: cython.schar[::1], nac_p: cython.schar[::1], on_ground: cython.schar[::1],
    state: cython.double[:, ::1], marks: cython.ushort[::1],
    max_mps: cython.double, plausible_mps: cython.double, slack_m: cython.double,
) -> None:  # fmt: skip
    """Write the marks of each row into ``marks`` and go on with ``state`` in place.

    An optional column that is absent is an empty array. ``state`` holds ``WIDTH`` numbers for each target
    index, all zero for a target not seen. The GIL is released.
    """
    if cython.compiled:
        with cython.nogil:
            _scan(
                target, time_us, lat_deg, lon_deg, gs_mps, track_deg, alt_m, nic, nac_p, on_ground,
                state, marks, max_mps, plausible_mps, slack_m,
            )  # fmt: skip
    else:
        rows = _Rows(state)
        columns = (target, time_us, lat_deg, lon_deg, gs_mps, track_deg, alt_m, nic, nac_p, on_ground)
        # A memory view gives plain numbers, on which Python is several times faster than on NumPy's.
        _scan(*map(memoryview, columns), rows, memoryview(marks), max_mps, plausible_mps, slack_m)
        rows.write()


class _Rows(dict):  # type: ignore[type-arg]
    """Uncompiled: the state's rows as objects with the fields of ``Target``, made when first asked for."""

    def __init__(self, state):  # type: ignore[no-untyped-def]
        super().__init__()
        self.state = state

    def __missing__(self, target):  # type: ignore[no-untyped-def]
        self[target] = SimpleNamespace(**dict(zip(FIELDS, self.state[target].tolist(), strict=False)))
        return self[target]

    def write(self):  # type: ignore[no-untyped-def]
        """Put the rows back into the state."""
        for target, row in self.items():
            self.state[target, : len(FIELDS)] = [getattr(row, name) for name in FIELDS]
