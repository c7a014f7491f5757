"""Where a shortest way may turn: just outside the corners that point out of an area."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from nofly.whatif.sphere import EARTH_M, cross, unit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

BESIDE_M = 25.0
"""How far beside a corner a way turns: more than a plane leaves a geodesic, less than anybody notices."""
_MOST_TURN_RAD = math.radians(60.0)
"""A corner that turns more has several turning points round it."""
_LEAST_TURN_RAD = 1e-7


def turning_points(ring: Floats) -> tuple[Floats, Floats, Floats]:
    """Return (at, before, after) beside the corners of a ring (directions, area on the left) that point
    outwards: directions, and the unit tangents of the boundary before and after each."""
    steps = np.roll(ring, -1, axis=0) - ring
    ring = ring[(steps**2).sum(axis=1) > 1e-18]
    came = _along(ring, ring - np.roll(ring, 1, axis=0))
    goes = _along(ring, np.roll(ring, -1, axis=0) - ring)
    sine = (cross(came, goes) * ring).sum(axis=1)
    turn = np.arctan2(sine, (came * goes).sum(axis=1))
    out = turn > _LEAST_TURN_RAD
    ring, came, turn = ring[out], came[out], turn[out]
    count = np.ceil(turn / _MOST_TURN_RAD).astype(np.int64)
    which = np.repeat(np.arange(len(count)), count)
    step = np.arange(len(which)) - (np.cumsum(count) - count)[which]
    ring, came, part = ring[which], came[which], (turn / np.maximum(count, 1))[which]
    # The right of the direction of travel is out of the zone.
    right = cross(came, ring)

    def turned(by_rad: Floats) -> tuple[Floats, Floats]:
        c, s = np.cos(by_rad)[:, None], np.sin(by_rad)[:, None]
        return c * came - s * right, c * right + s * came

    before, _ = turned(part * step)
    after, _ = turned(part * (step + 1))
    _, outwards = turned(part * (step + 0.5))
    beside = BESIDE_M / EARTH_M / np.cos(0.5 * part)
    return unit(ring + beside[:, None] * outwards), before, after


def _along(at: Floats, step: Floats) -> Floats:
    """Return steps as unit tangents at places."""
    return unit(step - (step * at).sum(axis=1)[:, None] * at)
