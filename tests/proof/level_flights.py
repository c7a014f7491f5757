"""Flights to tell coverage from: straight, level, and received where a test says so."""

from __future__ import annotations

import numpy as np

from nofly.schema import Coded, Positions
from nofly.units import US_PER_S

HOUR_US = 3600 * US_PER_S
START_US = 1_700_000_000_000_000 // HOUR_US * HOUR_US
"""2023-11-14 22:00 Z."""
FT_M = 0.3048


def flight(
    name: str, start: tuple[float, float], end: tuple[float, float], height_ft: float = 35_000.0,
    from_us: int = START_US, seconds: int = 1800, step_s: int = 10, station: str | None = None,
) -> Positions:  # fmt: skip
    """Return a flight along straight lon/lat, the shorter way round."""
    n = seconds // step_s + 1
    share = np.linspace(0.0, 1.0, n)
    turn_deg = (end[1] - start[1] + 180.0) % 360.0 - 180.0
    lon = (start[1] + share * turn_deg + 180.0) % 360.0 - 180.0
    return Positions(
        from_us + np.arange(n, dtype=np.int64) * step_s * US_PER_S,
        Coded.from_list([f"icao24:{name}"] * n),
        start[0] + share * (end[0] - start[0]),
        lon,
        {"alt_std_m": np.full(n, height_ft * FT_M)},
        {} if station is None else {"station": Coded.from_list([station] * n)},
    )


def only(positions: Positions, west_deg: float, east_deg: float) -> Positions:
    """Return the reports between two meridians."""
    return positions.take((positions.lon_deg >= west_deg) & (positions.lon_deg < east_deg))
