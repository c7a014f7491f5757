"""The small numbers of the scan: columns, causes, and what it stops for.

The compiled scan reads the same numbers, as constants, from ``layout.pxd``.
"""

from __future__ import annotations

# Columns of a target's slot: the box's bounds in u and in v, its end in time, the time of the last report,
# the bounds of the least and the greatest height on the first row, how many reports there were, and the last
# one's place and heights.
U0 = 0
U1 = 1
V0 = 2
V1 = 3
UNTIL = 4
TIME = 5
LEAST = 6
GREATEST = 8
COUNT = 10
LAT = 11
LON = 12
LOW = 13
HIGH = 14
# The slot's last column is two floats: columns of the same memory as floats. u is longitude less so many
# times latitude, and v latitude less so many times longitude; one of the two is 0.
LEAN = 30
RISE = 31

# How many reports ahead a slot is called for.
AHEAD_ROWS = 12

# How many leaves with edges a box may touch.
NEAR = 64

# What a change is due to.
DATA = 0
LATERAL = 1
VERTICAL = 2
SCHEDULE = 3
LOST = 4
FOUND = 5

# A lateral point of change is this number plus that of its crossing.
CROSSING = 1 << 24

# What a piece does with an edge: cuts it, or runs along it from one point to another.
CUTS = 0
MEETS = 1
PARTS = 2

# What the scan stops for: an array that is too short, or reports out of order.
DONE = 0
MORE_OUT = 1
MORE_SLOTS = 2
MORE_CROSSINGS = 3
MORE_CUTS = 4
MORE_NODES = 5
MORE_BREAKS = 6
UNSORTED = 7
