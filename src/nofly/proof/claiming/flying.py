"""What aircraft can do, in broad classes.

The envelopes are wide on purpose, rounded outwards from what types of the class are published to do, a wind
of 50 m/s included, since speeds are over the ground: what lies outside of one is no flight of such an
aircraft; what lies inside need not be one. A claim file may narrow the speed (``about.speed_range``).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

GRAVITY_MPS2 = 9.80665
"""Standard gravity (ISO 80000-3)."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """Bounds of flight: speed over the ground, bank of a level turn, climb, height, acceleration."""

    name: str
    low_mps: float
    high_mps: float
    bank_deg: float
    climb_mps: float
    ceiling_m: float
    accel_mps2: float
    """Along the way, gaining or losing speed over the ground; level or not."""

    @property
    def turn_mps2(self) -> float:
        """The largest sideways acceleration of a level turn: g · tan(bank)."""
        return GRAVITY_MPS2 * math.tan(math.radians(self.bank_deg))


CLASSES = {
    envelope.name: envelope
    for envelope in (
        Envelope("fast-jet", 40.0, 950.0, 83.0, 400.0, 30_000.0, 15.0),
        Envelope("large-jet", 40.0, 390.0, 45.0, 80.0, 18_000.0, 5.0),
        Envelope("propeller", 5.0, 280.0, 60.0, 50.0, 16_000.0, 6.0),
        Envelope("helicopter", 0.0, 180.0, 60.0, 30.0, 9_000.0, 6.0),
        Envelope("drone", 0.0, 320.0, 75.0, 60.0, 22_000.0, 10.0),
        Envelope("small-drone", 0.0, 110.0, 80.0, 40.0, 7_000.0, 20.0),
        Envelope("missile", 0.0, 3_500.0, 88.5, 3_000.0, 200_000.0, 400.0),
        Envelope("balloon", 0.0, 130.0, 20.0, 30.0, 55_000.0, 5.0),
        Envelope("any", 0.0, 3_500.0, 88.5, 3_000.0, 200_000.0, 400.0),
    )
}
"""By the name that a claim file gives as ``about.class``; ``any`` where it gives none."""
