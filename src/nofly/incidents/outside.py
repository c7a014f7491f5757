"""How far outside a zone that must not be left, how high, how sure: the measure of an absence.

Depth is the largest distance outside the lateral boundary along the path, found as for a stay inside
(:mod:`nofly.kernel.depth_scan`); 0 where the target left through the floor or the ceiling alone. Margins are
the least heights above the floor and below the ceiling, negative by as much as it was beyond.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nofly.geo import geodesic
from nofly.incidents.keepin import Absence, Turn, Turns, states
from nofly.incidents.stays import Stay
from nofly.kernel.depth_scan import Measure
from nofly.kernel.detect import State, Why
from nofly.kernel.visits import PATH, SUMS
from nofly.units import US_PER_S
from nofly.zones.compiled import CompiledZones
from nofly.zones.shape import blocks, distance_m, outline_pieces, shape

MOST_TRIED = 64
"""Reports, evenly spread, at which a zone of several volumes is tried volume by volume."""


Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Flight:
    """What one target reported, by time, n rows; heights as :class:`nofly.kernel.detect.Reports` has them.

    ``pos_err_m`` and ``height_err_m`` are 95 %, inf where not known; ``weak`` confirms nothing.
    """

    time_us: NDArray[np.int64]
    lat_deg: Floats
    lon_deg: Floats
    pos_err_m: Floats
    low_m: Floats
    high_m: Floats
    height_err_m: Floats
    weak: NDArray[np.int8]
    on_ground: NDArray[np.int8]

    def place_at(self, time_us: int) -> tuple[float, float]:
        """Return the place (lat, lon) at an instant, along the geodesic from report to report."""
        k, part = self._between(time_us)
        here = float(self.lat_deg[k]), float(self.lon_deg[k])
        if part == 0.0:
            return here
        after = float(self.lat_deg[k + 1]), float(self.lon_deg[k + 1])
        length_m, azimuth_deg, _ = geodesic.length_and_azimuths(*here, *after)
        return geodesic.point_at(*here, azimuth_deg, part * length_m) if length_m > 0.0 else here

    def heights_at(self, time_us: int) -> Floats:
        """Return the height on each datum at an instant, NaN where not known."""
        k, part = self._between(time_us)
        known = np.where(self.low_m == self.high_m, self.low_m, np.nan)
        return known[:, k] if part == 0.0 else known[:, k] * (1.0 - part) + known[:, k + 1] * part

    def _between(self, time_us: int) -> tuple[int, float]:
        """Return the last report not after an instant and which part of the way to the next has passed."""
        k = max(0, int(np.searchsorted(self.time_us, time_us, "right")) - 1)
        if k + 1 >= len(self.time_us) or time_us <= self.time_us[k]:
            return k, 0.0
        return k, float(time_us - self.time_us[k]) / float(self.time_us[k + 1] - self.time_us[k])


class Outside:
    """Measures absences from one zone."""

    def __init__(
        self, zones: CompiledZones, zone: int, outline: int, active: NDArray[np.int64], time_err_s: float
    ) -> None:
        """Take the compiled zones, the number of the zone, that of its outline (see
        :func:`nofly.incidents.keepin.always_in_force`) and when it was active."""
        self._zones, self._zone = zones, zone
        self.parts = np.flatnonzero(zones.part_zone == zone).tolist()
        self.flat = np.flatnonzero(zones.part_zone == outline).tolist()
        self._active = np.ascontiguousarray(active)
        self._time_err_us = time_err_s * US_PER_S
        pieces = np.concatenate([outline_pieces(zones, p) for p in self.flat] or [np.zeros((0, 6))])
        spheres, wide = blocks(pieces)
        self._measure = Measure(np.array([[-np.inf, -1.0, np.inf, -1.0]]))
        self._measure.hold_shapes(
            pieces, spheres, wide, np.array([[0, len(pieces), 0, len(spheres)]], np.int32), np.array([np.nan])
        )
        volumes = zones.part_volume[self.flat].tolist()
        self._volumes = [
            [part for part, of in zip(self.flat, volumes, strict=True) if of == volume]
            for volume in sorted(set(volumes))
        ]
        self._shapes = [shape(zones, parts[0]) for parts in self._volumes]
        """Of each volume: a circle's and a corridor's own centre and radius, so that their depth is exact."""
        first = {zones.part_volume[p]: p for p in reversed(self.parts)}
        self._limits = [zones.limits[first[volume]] for volume in sorted(first)]

    def activate(self, active: NDArray[np.int64]) -> None:
        """Replace the times at which the zone is active."""
        self._active = np.ascontiguousarray(active)

    def stays(
        self, target: int, flight: Flight, runs: list[tuple[int, int]], absences: list[Absence], found: Turns
    ) -> list[Stay]:  # fmt: skip
        """Return a target's absences as stays whose depth and margins are those outside.

        ``runs`` are its unbroken runs of reports, ``found`` the kernel's changes for zone and outline.
        """
        turns = found.of(target, self.flat)
        each = [found.of(target, parts) for parts in self._volumes]
        starts = [start for start, _ in runs]
        return [
            self._stay(target, flight, runs[bisect_right(starts, one.entry_us) - 1], one, turns, each)
            for one in absences
        ]

    def _stay(
        self, target: int, flight: Flight, run: tuple[int, int], absence: Absence, turns: list[Turn],
        each: list[list[Turn]],
    ) -> Stay:  # fmt: skip
        entry, leave = absence.entry_us, absence.exit_us
        a, b = np.searchsorted(flight.time_us, entry), np.searchsorted(flight.time_us, leave, "right")
        rows = slice(int(a), int(b))
        start, end = (
            (turn.lat_deg, turn.lon_deg) if turn is not None else flight.place_at(at)
            for turn, at in ((absence.start, entry), (absence.end, leave))
        )
        depth_m, err_m, confirmed = self._depth(flight, run, (entry, leave), (start, end), turns)
        confirmed = confirmed or self._beyond(flight, rows, run, each)
        first, last = min(int(a), len(flight.time_us) - 1), max(int(b) - 1, 0)
        within = np.clip(flight.time_us[max(int(a) - 1, 0) : int(b) + 1], *run)
        return Stay(
            zone=self._zone, target=target, entry_us=entry, exit_us=leave,
            entry_lat_deg=start[0], entry_lon_deg=start[1], exit_lat_deg=end[0], exit_lon_deg=end[1],
            determined=bool(absence.sure), confirmed=confirmed,
            entry_cause=absence.cause, exit_cause=absence.exit_cause,
            entry_closing_mps=absence.start.closing_mps if absence.start else float("nan"),
            exit_closing_mps=absence.end.closing_mps if absence.end else float("nan"),
            depth_m=depth_m, depth_err_m=err_m,
            entry_err_m=float(flight.pos_err_m[first]), exit_err_m=float(flight.pos_err_m[last]),
            **self._heights(flight, rows, (entry, leave)), reports=int(b - a),
            longest_gap_s=float(np.diff(within).max()) / US_PER_S if len(within) > 1 else 0.0,
            measured=int(b - a), weak=int(flight.weak[rows].sum()),
            on_ground=int(flight.on_ground[rows].sum()),
            inside_from_us=absence.sure[0][0] if absence.sure else None,
            inside_until_us=absence.sure[-1][1] if absence.sure else None,
            entry_height_err_m=self._height_err_m(flight, first, absence.start),
            exit_height_err_m=self._height_err_m(flight, last, absence.end),
        )  # fmt: skip

    def _height_err_m(self, flight: Flight, report: int, turn: Turn | None) -> float | None:
        """Return the error of a report's height where floor or ceiling was crossed, None where not."""
        row = self._height_row()
        if turn is None or turn.why != Why.VERTICAL or row is None:
            return None
        return float(flight.height_err_m[row, report])

    def _height_row(self) -> int | None:
        """Return the row of heights on the datum of the floor, or of the ceiling."""
        return next((int(x[k]) for k in (1, 3) for x in self._limits if x[k] >= 0), None)

    def _depth(
        self, flight: Flight, run: tuple[int, int], span: tuple[int, int],
        places: tuple[tuple[float, float], tuple[float, float]], turns: list[Turn],
    ) -> tuple[float, float, bool]:  # fmt: skip
        """Return depth, the error of the deepest place, and whether a report lies outside beyond its own."""
        pieces = states(turns, *run, *span)
        known = {turn.time_us: (turn.lat_deg, turn.lon_deg) for turn in turns}
        known |= {span[1]: places[1], span[0]: places[0]}
        ends = [at for at, _ in pieces[1:]] + [span[1]]
        out = [(at, to) for (at, state), to in zip(pieces, ends, strict=True) if state == State.OUTSIDE]
        if not out:
            return 0.0, float("inf"), False
        n = len(out)
        which, zeros = np.arange(n), np.zeros(n, np.int64)
        sums, unknown = np.zeros((n, len(SUMS))), np.full((n, 2), np.nan)
        path = np.empty((n, *PATH))
        spans = np.array(out, np.int64)
        rows = np.arange(len(flight.time_us))
        measure = self._measure
        measure.begin(
            sums, path, which, 0, zeros, np.array([known[at] for at, _ in out]), unknown, spans[:, 0] * 1.0
        )
        measure.follow(
            sums, path, which, zeros, zeros, spans, rows, np.array([0, len(rows)]), flight.time_us,
            flight.lat_deg, flight.lon_deg, flight.low_m, flight.high_m, flight.height_err_m,
            flight.pos_err_m, flight.weak, flight.on_ground, np.array([0, len(self._active)], np.int32),
            self._active, np.zeros(1, np.int32), self._time_err_us,
        )  # fmt: skip
        measure.end(
            sums, path, which, which, zeros, np.array([known[to] for _, to in out]), unknown,
            spans[:, 1] * 1.0,
        )  # fmt: skip
        depth, err = sums[:, SUMS.index("depth_m")], sums[:, SUMS.index("deepest_err_m")]
        deepest = int(depth.argmax())
        place = sums[deepest, 1:3]
        depth_m = float(depth[deepest])
        if not all(np.isnan(radius) for _, radius in self._shapes):
            depth_m = self._off_m(float(place[0]), float(place[1]))
        return depth_m, float(err[deepest]), bool((sums[:, SUMS.index("confirmed")] > 0).any())

    def _off_m(self, lat_deg: float, lon_deg: float) -> float:
        """Return how far a place outside the zone is from it."""
        found = (distance_m(*one, lat_deg, lon_deg) for one in self._shapes)
        return max(0.0, min(found))

    def _able(self, flight: Flight, rows: slice) -> NDArray[np.bool_]:
        """Return which reports may confirm: credible, at a time when the zone was active beyond doubt."""
        times = flight.time_us[rows].astype(np.float64)
        able: NDArray[np.bool_] = flight.weak[rows] == 0
        sure = np.zeros(len(times), bool)
        for start, end, certain in self._active.tolist():
            if certain:
                sure |= (times > start + self._time_err_us) & (times < end - self._time_err_us)
        return sure & able

    def _beyond(self, flight: Flight, rows: slice, run: tuple[int, int], each: list[list[Turn]]) -> bool:
        """Return whether a report lies outside every volume, each by its height or its place, beyond its
        error."""
        able = self._able(flight, rows)
        past = np.array([self._past(flight, rows, limits) for limits in self._limits])
        if not able.any() or not past.any():
            return False
        if (past.all(axis=0) & able).any():
            return True
        tried = np.flatnonzero(past.any(axis=0) & able)
        for i in tried[:: max(1, -(-len(tried) // MOST_TRIED))].tolist():
            k = rows.start + i
            at, err_m = int(flight.time_us[k]), float(flight.pos_err_m[k])
            place = float(flight.lat_deg[k]), float(flight.lon_deg[k])
            if all(
                past[v, i]
                or (
                    states(turns, *run, at, at)[0][1] == State.OUTSIDE
                    and distance_m(*self._shapes[v], *place) > err_m
                )
                for v, turns in enumerate(each)
            ):
                return True
        return False

    def _past(self, flight: Flight, rows: slice, limits: Floats) -> NDArray[np.bool_]:
        """Return which reports are above the ceiling or below the floor by more than their error."""
        floor, floor_row, ceiling, ceiling_row = limits.tolist()
        past: NDArray[np.bool_] = np.full(len(flight.time_us[rows]), ceiling == -np.inf)
        if floor_row >= 0:
            k = int(floor_row)
            past |= floor - flight.high_m[k, rows] > flight.height_err_m[k, rows]
        if ceiling_row >= 0:
            k = int(ceiling_row)
            past |= flight.low_m[k, rows] - ceiling > flight.height_err_m[k, rows]
        return past

    def _heights(self, flight: Flight, rows: slice, span: tuple[int, int]) -> dict[str, Any]:
        """Return the margins, and the heights on the datum of the floor, or of the ceiling."""
        if not flight.low_m.shape[0]:
            none = dict.fromkeys(("lower_margin_m", "upper_margin_m", "height_m", "height_datum"))
            return {**none, "min_height_m": None, "max_height_m": None}
        known = np.where(flight.low_m[:, rows] == flight.high_m[:, rows], flight.low_m[:, rows], np.nan)
        ends = np.column_stack([flight.heights_at(at) for at in span])
        seen = np.hstack([ends[:, :1], known, ends[:, 1:]])
        above = [seen[int(x[1])] - x[0] for x in self._limits if x[1] >= 0]
        below = [x[2] - seen[int(x[3])] for x in self._limits if x[3] >= 0]
        row = self._height_row()
        on = np.full(seen.shape[1], np.nan) if row is None else seen[row]
        height_m = _number(on[0])
        return {
            "lower_margin_m": _least(above) if len(above) == len(self._limits) else None,
            "upper_margin_m": _least(below) if len(below) == len(self._limits) else None,
            "height_m": height_m,
            "height_datum": None if row is None or height_m is None else str(self._zones.datums[row]),
            "min_height_m": _number(_extreme(on, np.nanmin)),
            "max_height_m": _number(_extreme(on, np.nanmax)),
        }  # fmt: skip


def _least(margins: list[Floats]) -> float | None:
    """Return the least margin over time, to the volume that is the most favourable at each."""
    return _number(_extreme(np.max(margins, axis=0), np.nanmin))


def _extreme(values: Floats, of: Any) -> float:
    return float(of(values)) if np.isfinite(values).any() else float("nan")


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
