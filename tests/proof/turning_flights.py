"""Flights of a steady turn through zones made up for a test, and what nofly measures of them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st

from nofly.geo.geodesic import point_at
from nofly.schema import Coded, Positions
from nofly.units import US_PER_S
from nofly.zones.model import Polygon, Restriction, Volume, Zone

START_US = 1_700_000_000 * US_PER_S
ADDRESS = "4ca7b3"


@dataclass(frozen=True)
class Flight:
    """A zone and the reports of a flight through it."""

    zone: Zone
    positions: Positions
    speed_mps: float


def star(lat_deg: float, lon_deg: float, radii_m: list[float], zone_id: str = "Z") -> Zone:
    """Return a zone with a corner in each of equally spread directions."""
    corners = tuple(
        point_at(lat_deg, lon_deg, 360.0 * k / len(radii_m), radius) for k, radius in enumerate(radii_m)
    )
    return Zone(zone_id, zone_id, (Volume(Polygon(corners)),), Restriction.PROHIBITED)


def positions(places: list[tuple[float, float]], step_us: int, err_m: float = 5.0) -> Positions:
    """Return reports of one aircraft, evenly in time."""
    n = len(places)
    lat, lon = np.array(places).T
    return Positions(
        START_US + step_us * np.arange(n, dtype=np.int64),
        Coded(np.zeros(n, np.int32), [f"icao24:{ADDRESS}"]),
        np.ascontiguousarray(lat), np.ascontiguousarray(lon), {"pos_err_m": np.full(n, err_m)},
    )  # fmt: skip


def flown(
    zone: Zone, start: tuple[float, float], heading_deg: float, speed_mps: float, turn_dps: float,
    seconds: int,
) -> Flight:  # fmt: skip
    """Return a flight at a steady speed and turn, a report each second."""
    at, heading, places = start, heading_deg, []
    for _ in range(seconds):
        places.append(at)
        # The chord of a second's arc.
        half = math.radians(0.5 * turn_dps)
        chord = speed_mps * (math.sin(half) / half if half else 1.0)
        at = point_at(*at, heading + 0.5 * turn_dps, chord)
        heading += turn_dps
    return Flight(zone, positions(places, US_PER_S), speed_mps)


@st.composite
def flights(draw: st.DrawFn) -> Flight:
    """Draw a zone of five to nine corners and a flight that aims at some place inside it."""
    lat, lon = draw(st.floats(-60.0, 65.0)), draw(st.floats(-170.0, 170.0))
    size_m = draw(st.floats(2_000.0, 40_000.0))
    radii = draw(st.lists(st.floats(0.45, 1.0), min_size=5, max_size=9))
    zone = star(lat, lon, [size_m * r for r in radii])
    speed = draw(st.floats(60.0, 350.0))
    # At most 55 degrees of bank.
    turn = draw(st.sampled_from([0.0, 0.0, 0.3, 0.7, -0.3, -0.7])) * math.degrees(9.80665 * 1.43 / speed)
    turn *= min(1.0, speed / (size_m * math.radians(abs(turn)))) if turn else 1.0
    away = draw(st.floats(0.0, 360.0))
    start = point_at(lat, lon, away, 1.2 * size_m)
    heading = away + 180.0 + draw(st.floats(-20.0, 20.0)) - turn * 0.6 * size_m / speed
    return flown(zone, start, heading, speed, turn, min(1500, int(3.5 * size_m / speed) + 2))
