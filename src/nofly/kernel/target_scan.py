"""Rows by the number of their target: put together, and put in their places in tables by number.

The tables are larger than the caches, and a batch is about targets in no order: what a row needs is called
for before its turn. Compiled by Cython where there is a C compiler; runs uncompiled too.
"""

# cython: boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False, language_level=3
from __future__ import annotations

import cython
import numpy as np

if cython.compiled:
    from cython.cimports.nofly.tracks.memory import prefetch

NAN = cython.declare(cython.double, float("nan"))
# The rows from one that is called for to the one in hand.
AHEAD_ROWS = cython.declare(cython.Py_ssize_t, 32)
LONG_AGO_US = cython.declare(cython.longlong, -9223372036854775807)


def rows_of(target, number, offset, order):  # type: ignore[no-untyped-def]
    """Write into ``order`` the rows of the targets that have a number (else -1), by number, in order
    within each.

    ``offset[n + 1]``, all 0 to begin with, becomes where the rows of number n begin, and the last one
    where they end; of ``order`` so many are written.
    """
    who: cython.const[cython.int][::1] = target
    of: cython.const[cython.int][::1] = number
    first: cython.longlong[::1] = offset
    rows: cython.longlong[::1] = order
    i: cython.Py_ssize_t
    n: cython.Py_ssize_t
    with cython.nogil:
        for i in range(who.shape[0]):
            n = of[who[i]]
            if n >= 0:
                first[n + 2] += 1
        for n in range(2, first.shape[0]):
            first[n] += first[n - 1]
        for i in range(who.shape[0]):
            n = of[who[i]]
            if n >= 0:
                rows[first[n + 1]] = i
                first[n + 1] += 1


def take_rows(rows, column, out):  # type: ignore[no-untyped-def]
    """Write the given rows of a column of 64 bits into ``out``, in the order given."""
    at: cython.const[cython.longlong][::1] = rows
    read: cython.const[cython.longlong][::1] = column
    write: cython.longlong[::1] = out
    i: cython.Py_ssize_t
    if cython.compiled:
        with cython.nogil:
            for i in range(at.shape[0]):
                write[i] = read[at[i]]
    else:
        column.take(rows, out=out)


def put_last(number, column, last):  # type: ignore[no-untyped-def]
    """Write a column of 64 bits into ``last``, each row in the place of its number: of several the last
    stays."""
    of: cython.const[cython.int][::1] = number
    read: cython.const[cython.longlong][::1] = column
    write: cython.longlong[::1] = last
    i: cython.Py_ssize_t
    if cython.compiled:
        with cython.nogil:
            for i in range(of.shape[0]):
                write[of[i]] = read[i]
    else:
        last[number] = column


def put_intervals(number, time_us, low_m, high_m, table):  # type: ignore[no-untyped-def]
    """Write times and intervals into the rows of a table by number: see :func:`nofly.geo.bridge.put_rows`."""
    of: cython.const[cython.int][::1] = number
    when: cython.const[cython.longlong][:] = time_us
    low: cython.const[cython.double][:] = low_m
    high: cython.const[cython.double][:] = high_m
    known: cython.double[:, ::1] = table
    known_us: cython.longlong[:, ::1] = table.view(np.int64)
    i: cython.Py_ssize_t
    t: cython.Py_ssize_t
    n: cython.Py_ssize_t = of.shape[0]
    with cython.nogil:
        for i in range(n):
            if cython.compiled and i + AHEAD_ROWS < n:
                prefetch(cython.address(known[of[i + AHEAD_ROWS], 0]))
            t = of[i]
            known_us[t, 0] = when[i]
            known[t, 1] = low[i]
            known[t, 2] = high[i]


def any_behind(number, time_us, table, beside):  # type: ignore[no-untyped-def]
    """Return whether some row is older than one before it, or than the time that the first column of a table
    has in the place of its number or, where ``beside`` has another number for it (-1: none), of that; a row
    without a number (-1) counts as one."""
    of: cython.const[cython.int][::1] = number
    when: cython.const[cython.longlong][:] = time_us
    last: cython.longlong[:, ::1] = table
    other: cython.const[cython.int][::1] = beside
    reached: cython.longlong = LONG_AGO_US
    i: cython.Py_ssize_t
    t: cython.Py_ssize_t
    n: cython.Py_ssize_t = of.shape[0]
    behind: cython.bint = False
    with cython.nogil:
        for i in range(n):
            if cython.compiled and i + AHEAD_ROWS < n and of[i + AHEAD_ROWS] >= 0:
                prefetch(cython.address(last[of[i + AHEAD_ROWS], 0]))
            t = of[i]
            if t < 0 or when[i] < reached or when[i] < last[t, 0]:
                behind = True
                break
            if t < other.shape[0] and other[t] >= 0 and when[i] < last[other[t], 0]:
                behind = True
                break
            reached = when[i]
    return behind


def note_last(  # type: ignore[no-untyped-def]
    number, time_us, mark, stated, std_m, amsl_m, agl_m, hae_m, table, table_m, before, followed
):
    """Put what each row says in the place of its number in a table of eight columns of 64 bits: time, mark,
    stated, bits, and four heights, NaN where a column of heights is empty. ``table_m`` is the same memory as
    float64. Write into ``before`` (3, n) what its time, mark and stated were.

    The first of the bits is set; the second says that the target is followed. Write the rows of those that
    are into ``followed``, and return how many there are.
    """
    of: cython.const[cython.int][::1] = number
    when: cython.const[cython.longlong][:] = time_us
    marks: cython.const[cython.ushort][:] = mark
    states: cython.const[cython.uchar][:] = stated
    std: cython.const[cython.double][:] = std_m
    amsl: cython.const[cython.double][:] = amsl_m
    agl: cython.const[cython.double][:] = agl_m
    hae: cython.const[cython.double][:] = hae_m
    last: cython.longlong[:, ::1] = table
    last_m: cython.double[:, ::1] = table_m
    was: cython.longlong[:, ::1] = before
    rows: cython.longlong[::1] = followed
    count: cython.Py_ssize_t = 0
    i: cython.Py_ssize_t
    t: cython.Py_ssize_t
    n: cython.Py_ssize_t = of.shape[0]
    with cython.nogil:
        for i in range(n):
            if cython.compiled and i + AHEAD_ROWS < n:
                prefetch(cython.address(last[of[i + AHEAD_ROWS], 0]))
            t = of[i]
            if last[t, 3] & 2 != 0:
                rows[count] = i
                count += 1
            was[0, i] = last[t, 0]
            was[1, i] = last[t, 1]
            was[2, i] = last[t, 2]
            last[t, 0] = when[i]
            last[t, 1] = marks[i]
            last[t, 2] = states[i]
            last[t, 3] |= 1
            last_m[t, 4] = std[i] if std.shape[0] == n else NAN
            last_m[t, 5] = amsl[i] if amsl.shape[0] == n else NAN
            last_m[t, 6] = agl[i] if agl.shape[0] == n else NAN
            last_m[t, 7] = hae[i] if hae.shape[0] == n else NAN
    return count
