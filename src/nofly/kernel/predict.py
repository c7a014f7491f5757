"""Where flights will be if they go on as they do, and which zones they will then no longer be outside of.

The future is flown through the same primitive as the past: a :class:`~nofly.kernel.detect.Detector` that is
given the present place and the ends of a path into the future. EUROCONTROL-GUID-161 (Area Proximity Warning)
predicts by speed, track and vertical rate up to two minutes ahead; the turn is ours.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nofly.kernel.detect import Changes, Detector, Params, Reports, State, Why
from nofly.units import US_PER_S
from nofly.zones.compiled import CompiledZones

CHORD_ERROR_M = 50.0
"""By so much at the most do the chords of a turn leave its arc."""
LEAST_TURN_DPS = 1.0
"""Slower turns are flown straight. A standard turn is 3°/s; light aircraft in straight flight wander by some
tenths, and warnings by such turns were mostly for nothing."""
MOST_TURN_DEG = 45.0
"""A turn is taken to end after so much, and the flight to go straight on. When turns were followed further,
over recorded traffic, nuisance alerts grew and no more infringements were warned of."""
_CHORD_DEG = 30.0
_PIECE_LEAVE_M = 0.27
"""A piece leaves the straight line in longitude and latitude by no more: the detector's own tolerance is
0.3 m, and it would have to cut anew."""
_MOST_PIECES = 64.0

A_M, F = 6378137.0, 1.0 / 298.257223563
"""WGS 84 (NIMA TR8350.2, table 3.1)."""
E2 = F * (2.0 - F)

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Flights:
    """The present of n flights: columns of equal length, one row a flight.

    ``low_m`` and ``high_m`` are (height rows, n), as in :class:`~nofly.kernel.detect.Reports`. ``turn_dps``
    (degrees a second, clockwise positive) and ``vrate_mps`` are NaN where not known: the flight then goes
    straight, and level.
    """

    time_us: NDArray[np.int64]
    lat_deg: Floats
    lon_deg: Floats
    low_m: Floats
    high_m: Floats
    gs_mps: Floats
    track_deg: Floats
    turn_dps: Floats
    vrate_mps: Floats

    def __len__(self) -> int:
        return len(self.time_us)


@dataclass(frozen=True, slots=True)
class Entries:
    """For each flight (its row) and zone (its number) that it will not be outside of: when first, and where.

    By flight, then by zone. ``now`` says that it is not outside already, ``determined`` that it will be
    inside rather than that it cannot be told, ``why`` what the entry is due to
    (:class:`~nofly.kernel.detect.Why`). ``height_m`` is on the datum of the floor, or of the ceiling where
    that is not known, ``height_row`` the row of that datum; NaN and -1 where not known.
    """

    flight: NDArray[np.int64]
    zone: NDArray[np.int64]
    time_us: NDArray[np.int64]
    lat_deg: Floats
    lon_deg: Floats
    height_m: Floats
    height_row: NDArray[np.int64]
    now: NDArray[np.bool_]
    determined: NDArray[np.bool_]
    why: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.flight)


class Foresight:
    """Flies flights through the zones, each time from nothing: it keeps no state of them."""

    def __init__(self, zones: CompiledZones, zone_active: NDArray[Any], active: NDArray[Any]) -> None:
        """``zone_active`` and ``active`` say when zones are active, as far as any path goes (see
        :class:`~nofly.kernel.detect.Detector`)."""
        self._zones = zones
        self._detector = Detector(zones, zone_active, active, Params(math.inf))
        self._nothing = self._detector.save()

    def activate(self, zone_active: NDArray[Any], active: NDArray[Any]) -> None:
        """Replace the times at which zones are active."""
        self._detector.activate(zone_active, active)

    def entries(self, flights: Flights, ahead_s: float) -> Entries:
        """Return the first entry of every flight into every zone within ``ahead_s``."""
        return _first(self._zones, self.changes(flights, ahead_s), flights)

    def changes(self, flights: Flights, ahead_s: float) -> Changes:
        """Return every change of every flight, its row being the target, within ``ahead_s``."""
        self._detector.load({name: array.copy() for name, array in self._nothing.items()})
        return self._detector.step(path(flights, ahead_s))


def path(flights: Flights, ahead_s: float) -> Reports:
    """Return the flights' next ``ahead_s`` as reports: the present, the ends of the chords of a turn, and the
    straight way on, cut into pieces so short that the detector need not cut them again.

    Straight flight follows the geodesic. A turn is flown at a constant rate, a circle of radius speed over
    rate; it ends after :data:`MOST_TURN_DEG`. Heights change linearly in time. Targets are the flights' rows.
    """
    n = len(flights)
    rate_dps, speed_mps = np.abs(flights.turn_dps), flights.gs_mps
    turns = (rate_dps >= LEAST_TURN_DPS) & (speed_mps > 0.0)
    rate_dps = np.where(turns, rate_dps, 1.0)
    turn_s = np.where(turns, np.minimum(MOST_TURN_DEG / rate_dps, ahead_s), 0.0)
    radius_m = np.where(turns, speed_mps / np.radians(rate_dps), 1.0)
    # Half a chord's height is radius times angle² / 8.
    chord_deg = np.minimum(np.degrees(np.sqrt(8.0 * CHORD_ERROR_M / radius_m)), _CHORD_DEG)
    chords = np.ceil(turn_s * rate_dps / chord_deg).astype(np.int64)
    onward_m = speed_mps * (ahead_s - turn_s)
    straight = _far_from_poles(flights.lat_deg, speed_mps * ahead_s)
    most = np.where(straight, _MOST_PIECES, 1.0)
    pieces = np.where(
        turn_s < ahead_s, np.clip(np.ceil(onward_m / _piece_m(flights.lat_deg)), 1.0, most), 0.0
    )
    count = 1 + chords + pieces.astype(np.int64)
    row = np.repeat(np.arange(n), count)
    first = np.cumsum(count) - count
    place = np.arange(len(row)) - first[row]
    fraction = (place - chords[row]) / np.maximum(pieces, 1.0)[row]
    after_s = turn_s[row] + (ahead_s - turn_s)[row] * fraction
    lat_deg, lon_deg, track_deg = flights.lat_deg, flights.lon_deg, flights.track_deg
    arc = np.flatnonzero((place < chords[row]) & (place > 0)) if turns.any() else np.empty(0, np.int64)
    after_s[arc] = (turn_s / np.maximum(chords, 1))[row[arc]] * place[arc]
    after_s[first] = 0.0
    who = np.flatnonzero(turns)
    if len(who):
        lat_deg, lon_deg, track_deg = lat_deg.copy(), lon_deg.copy(), track_deg.copy()
        lat_deg[who], lon_deg[who], track_deg[who] = _on_arc(
            flights, radius_m, who, rate_dps[who] * turn_s[who]
        )
    lat_deg, lon_deg = _onward(lat_deg, lon_deg, track_deg, onward_m, straight, row, fraction)
    lat_deg[arc], lon_deg[arc], _ = _on_arc(flights, radius_m, row[arc], rate_dps[row[arc]] * after_s[arc])
    lat_deg[first], lon_deg[first] = flights.lat_deg, flights.lon_deg
    climb_m = np.nan_to_num(flights.vrate_mps)[row] * after_s
    low_m, high_m = (np.ascontiguousarray(m[:, row]) + climb_m for m in (flights.low_m, flights.high_m))
    time_us = flights.time_us[row] + np.round(after_s * US_PER_S).astype(np.int64)
    return Reports(row.astype(np.int32), time_us, lat_deg, lon_deg, low_m, high_m)


def _piece_m(lat_deg: Floats) -> Floats:
    """Return how long a piece may be: by the detector's bound a length L leaves the line by up to
    0.202 L² tan φ / R, on the worst course."""
    steep = np.maximum(np.tan(np.radians(np.minimum(np.abs(lat_deg) + 0.2, 80.0))), 0.1)
    out: Floats = np.sqrt(_PIECE_LEAVE_M * 6.37e6 / (0.202 * steep))
    return out


def _far_from_poles(lat_deg: Floats, length_m: Floats) -> NDArray[np.bool_]:
    """Return where a way of that length may be interpolated in latitude and longitude."""
    out: NDArray[np.bool_] = (np.abs(lat_deg) + length_m / 110_000.0 < 75.0) & (length_m < 100_000.0)
    return out


def _onward(
    lat_deg: Floats, lon_deg: Floats, track_deg: Floats, length_m: Floats,
    straight: NDArray[np.bool_], row: NDArray[np.int64], fraction: Floats,
) -> tuple[Floats, Floats]:  # fmt: skip
    """Return (lat_deg, lon_deg) at fractions of the geodesics of the rows.

    Of 100 km the cubic that has the ends and their directions leaves the geodesic by less than 5 cm up to 60°
    and 0.3 m up to 75° of latitude; elsewhere only the whole way is asked for.
    """
    end_lat_deg, end_lon_deg, end_deg = _direct(lat_deg, lon_deg, track_deg, length_m)
    turn_deg = (end_lon_deg - lon_deg + 180.0) % 360.0 - 180.0
    north0, east0 = _rates(lat_deg, track_deg, np.where(straight, length_m, 0.0))
    north1, east1 = _rates(end_lat_deg, end_deg, np.where(straight, length_m, 0.0))
    out = []
    for start, way, rate0, rate1 in (
        (lat_deg, end_lat_deg - lat_deg, north0, north1), (lon_deg, turn_deg, east0, east1),
    ):  # fmt: skip
        second, third = 3.0 * way - 2.0 * rate0 - rate1, rate0 + rate1 - 2.0 * way
        out.append(start[row] + fraction * (rate0[row] + fraction * (second[row] + fraction * third[row])))
    return out[0], (out[1] + 180.0) % 360.0 - 180.0


def _rates(lat_deg: Floats, track_deg: Floats, length_m: Floats) -> tuple[Floats, Floats]:
    """Return by how many degrees of latitude and of longitude the way at a point would lead in all."""
    lat, track = np.radians(lat_deg), np.radians(track_deg)
    flat = 1.0 - E2 * np.sin(lat) ** 2
    across = np.degrees(length_m * np.sqrt(flat) / A_M)
    return across * np.cos(track) * flat / (1.0 - E2), across * np.sin(track) / np.cos(lat)


def _on_arc(
    flights: Flights, radius_m: Floats, who: NDArray[np.int64], turned_deg: Floats
) -> tuple[Floats, Floats, Floats]:
    """Return (lat_deg, lon_deg, track_deg) of flights after they turned by so much."""
    right = np.where(flights.turn_dps[who] > 0.0, 1.0, -1.0)
    radius_m = radius_m[who]
    lat_deg, lon_deg, out_deg = _direct(
        flights.lat_deg[who], flights.lon_deg[who], flights.track_deg[who] + 90.0 * right, radius_m
    )
    lat_deg, lon_deg, bearing_deg = _direct(lat_deg, lon_deg, out_deg + 180.0 + right * turned_deg, radius_m)
    return lat_deg, lon_deg, bearing_deg + 90.0 * right


def _direct(
    lat_deg: Floats, lon_deg: Floats, azimuth_deg: Floats, length_m: Floats
) -> tuple[Floats, Floats, Floats]:
    """Return (lat_deg, lon_deg, azimuth_deg at the end) of geodesics on WGS 84, for arrays.

    Vincenty's direct solution (see :mod:`nofly.geo.geodesic`), iterated so often that 1,000 km are good to
    1 mm.
    """
    b_m = A_M * (1.0 - F)
    azimuth = np.radians(azimuth_deg)
    u1 = np.arctan((1.0 - F) * np.tan(np.radians(lat_deg)))
    su1, cu1, saz, caz = np.sin(u1), np.cos(u1), np.sin(azimuth), np.cos(azimuth)
    sig1, sa = np.arctan2(su1, cu1 * caz), cu1 * saz
    c2a = 1.0 - sa * sa
    usq = c2a * (A_M * A_M - b_m * b_m) / (b_m * b_m)
    big_a = 1.0 + usq / 16384.0 * (4096.0 + usq * (-768.0 + usq * (320.0 - 175.0 * usq)))
    big_b = usq / 1024.0 * (256.0 + usq * (-128.0 + usq * (74.0 - 47.0 * usq)))
    sigma = base = length_m / (b_m * big_a)
    for _ in range(3):
        ss, cs, c2m = np.sin(sigma), np.cos(sigma), np.cos(2.0 * sig1 + sigma)
        sigma = base + big_b * ss * (c2m + big_b / 4.0 * cs * (-1.0 + 2.0 * c2m * c2m))
    ss, cs, c2m = np.sin(sigma), np.cos(sigma), np.cos(2.0 * sig1 + sigma)
    along, across = cu1 * cs * caz - su1 * ss, su1 * cs + cu1 * ss * caz
    lat = np.arctan2(across, (1.0 - F) * np.hypot(sa, along))
    lam = np.arctan2(ss * saz, cu1 * cs - su1 * ss * caz)
    c = F / 16.0 * c2a * (4.0 + F * (4.0 - 3.0 * c2a))
    turn = lam - (1.0 - c) * F * sa * (sigma + c * ss * (c2m + c * cs * (-1.0 + 2.0 * c2m * c2m)))
    lon_deg = (lon_deg + np.degrees(turn) + 180.0) % 360.0 - 180.0
    return np.degrees(lat), lon_deg, np.degrees(np.arctan2(sa, along))


def _first(zones: CompiledZones, changes: Changes, flights: Flights) -> Entries:
    """Return of the changes from outside the first of each flight and zone."""
    rows = np.flatnonzero(changes.before == State.OUTSIDE)
    zone = zones.part_zone[changes.part[rows]].astype(np.int64)
    # Where two parts are entered at once, the one in which it is certain.
    rows = rows[np.lexsort((-changes.after[rows], changes.time_us[rows], zone, changes.target[rows]))]
    flight, zone = changes.target[rows], zones.part_zone[changes.part[rows]].astype(np.int64)
    fresh = np.ones(len(rows), np.bool_)
    fresh[1:] = (flight[1:] != flight[:-1]) | (zone[1:] != zone[:-1])
    rows, flight, zone = rows[fresh], flight[fresh], zone[fresh]
    floor_m, ceiling_m = changes.floor_height_m[rows], changes.ceiling_height_m[rows]
    limits = zones.limits[changes.part[rows]].reshape(-1, 4)
    height_m = np.where(np.isnan(floor_m), ceiling_m, floor_m)
    height_row = np.where(np.isnan(floor_m), limits[:, 3], limits[:, 1]).astype(np.int64)
    why, time_us = changes.why[rows], changes.time_us[rows]
    return Entries(
        flight, zone, time_us, changes.lat_deg[rows], changes.lon_deg[rows],
        height_m, np.where(np.isnan(height_m), -1, height_row),
        (why == Why.FOUND) | (time_us <= flights.time_us[flight]),
        changes.after[rows] == State.INSIDE, why,
    )  # fmt: skip
