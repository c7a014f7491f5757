"""Great-circle flights between pairs of airports: traffic where there is no archive."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence

import numpy as np

from nofly.errors import ConfigError, InputError
from nofly.geo.geodesic import length_and_azimuths, point_at
from nofly.run.files.trackfiles import TrackBatch
from nofly.run.weighing.airfields import Airport, all_airports
from nofly.schema import Coded, Positions, concatenate
from nofly.units import US_PER_S, length_m
from nofly.zones.model import Zone

LEVEL = "FL350"
SPEED_MPS = 245.0
"""About 476 kt over the ground: an airliner in still air."""
STEP_S = 60.0
CLIMB_M = 250_000.0
"""The way on which a flight climbs to its level, and sinks from it: about 135 NM."""
MOST_LEVEL_M = 30_000.0
_SEPARATOR = "-"
_NOON_US = 946_728_000_000_000
_LEVEL = re.compile(r"(FL)?(\d+(?:\.\d+)?) ?(ft|m)?", re.IGNORECASE)


def airport_pairs(texts: Sequence[str]) -> list[tuple[Airport, Airport]]:
    """Return the pairs of ``FRA-DEL,WAW-TBS`` and the like, codes of IATA or ICAO. Raises ConfigError for
    what is no pair of airports."""
    found = []
    for text in (part.strip() for given in texts for part in given.split(",")):
        codes = text.split(_SEPARATOR)
        if len(codes) != 2:
            raise ConfigError(f"--pairs {text}", expected="two airports by ICAO or IATA codes, as FRA-DEL")
        origin, destination = (all_airports().named(code) for code in codes)
        if origin == destination:
            raise ConfigError(f"--pairs {text}", expected="two airports, not one")
        found.append((origin, destination))
    return found


def pair_name(origin: Airport, destination: Airport) -> str:
    """Return ``FRA-DEL``."""
    return f"{origin.iata or origin.icao}{_SEPARATOR}{destination.iata or destination.icao}"


def pair_batches(
    pairs: Sequence[tuple[Airport, Airport]], departs_us: int, level_m: float
) -> Iterator[TrackBatch]:
    """Yield one flight of each pair, which leaves at ``departs_us``: along the geodesic, at ``level_m`` on
    1013.25 hPa between climb and descent. Raises InputError for airports that are nearly antipodal."""
    flights = [_flight(origin, destination, departs_us, level_m) for origin, destination in pairs]
    yield TrackBatch(concatenate(flights), [], "", "pairs", 0, 0)


def _flight(origin: Airport, destination: Airport, departs_us: int, level_m: float) -> Positions:
    a, b = (origin.lat_deg, origin.lon_deg), (destination.lat_deg, destination.lon_deg)
    length_m, azimuth_deg, _ = length_and_azimuths(*a, *b)
    if math.isnan(length_m):
        name = pair_name(origin, destination)
        raise InputError(f"{name}: the airports are nearly antipodal, no one great circle joins them")
    steps = max(2, math.ceil(length_m / (SPEED_MPS * STEP_S)) + 1)
    run_m = np.linspace(0.0, length_m, steps)
    places = np.array([a, *(point_at(*a, azimuth_deg, m) for m in run_m[1:-1].tolist()), b])
    up = np.minimum(np.minimum(run_m, length_m - run_m) / CLIMB_M, 1.0)
    height_m = up * level_m + (1.0 - up) * np.linspace(origin.elevation_m, destination.elevation_m, steps)
    ground = np.zeros(steps, np.int8)
    ground[[0, -1]] = 1
    return Positions(
        departs_us + np.round(run_m / SPEED_MPS * US_PER_S).astype(np.int64),
        Coded(np.zeros(steps, np.int32), [f"pair:{pair_name(origin, destination)}"]),
        places[:, 0].copy(), places[:, 1].copy(),
        {"alt_std_m": height_m, "alt_amsl_m": height_m.copy(), "on_ground": ground},
    )  # fmt: skip


def departs_us(zones: Sequence[Zone]) -> int:
    """Return when flights leave where nobody says: when the first of the zones begins that says so, else at
    noon of 1 January 2000."""
    return min((zone.valid_from_us for zone in zones if zone.valid_from_us is not None), default=_NOON_US)


def level_m(text: str) -> float:
    """Return the height of ``FL350``, ``35000ft`` or ``10600m`` on 1013.25 hPa. Raises ConfigError for
    another."""
    found = _LEVEL.fullmatch(text.strip())
    try:
        height_m = length_m(float(found[2]), found[1] or found[3] or "") if found else -1.0
    except KeyError:
        height_m = -1.0
    if not 0.0 <= height_m <= MOST_LEVEL_M:
        raise ConfigError(f"--level {text}", expected="a height up to 30 km, as FL350, 35000ft or 10600m")
    return height_m
