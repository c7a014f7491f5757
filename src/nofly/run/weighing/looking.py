"""What looks on while proposed zones are checked: flights, ways near the zones, and warnings."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nofly.incidents.warnings import PredictionParams
from nofly.kernel.detect import Reports
from nofly.kernel.visits import Quality
from nofly.run.judging.preparing import Taken
from nofly.run.live.predicting import AT_ONCE
from nofly.run.warnings.passes import Foreseen, Setting
from nofly.schema import Coded, Positions, concatenate
from nofly.tracks.screening import DISPLACED
from nofly.whatif.flights import FlightBook
from nofly.whatif.flown import Ways
from nofly.zones.boxes import box_of
from nofly.zones.compiled import CompiledZones
from nofly.zones.model import Zone

FAST_MPS = 350.0
"""Reports of whoever is faster are looked at wherever they are: 680 kt is faster than airliners fly."""
_FASTER, _MORE_MPS = 1.2, 20.0
"""A flight may be so much faster than it says, and so much more."""
SETTLED_S = 60.0
"""So long before a warning can be given it does not matter what went before."""
_MOST_BOXES = 8
_LOOKED_AT = ("gs_mps", "track_deg", "vrate_mps")
_NONE = np.zeros(0, np.int64)


class LookingOn:
    """Sees each batch of a check. Warnings are foreseen only of those who are near enough to be warned."""

    def __init__(
        self, compiled: CompiledZones, law: Sequence[Zone], prediction: PredictionParams | None,
        max_gap_s: float,
    ) -> None:  # fmt: skip
        """``law`` are the zones that are compiled; ``prediction`` None foresees no warnings."""
        self.flights = FlightBook(max_gap_s)
        numbers = range(len(law))
        each = [[k] for k in numbers] if len(law) <= _MOST_BOXES else [list(numbers)]
        boxes = [box_of(compiled, some) for some in each]
        self.ways = Ways(boxes)
        self.foreseen = None if prediction is None else Foreseen(law, [Setting(prediction)], max_gap_s)
        self._reach_s, self._spacing_m = _reach(law, prediction) if prediction else (0.0, 0.0)
        self._near = [box.wider(self._reach_s * FAST_MPS + self._spacing_m) for box in boxes]
        self._names: Sequence[str] = ()
        self._waiting: list[Taken] = []

    def take(self, taken: Taken, names: Sequence[str]) -> None:
        """Take a batch."""
        self._names = names
        positions, target = taken.positions, taken.target
        near = self._nearby(positions)
        rows = np.flatnonzero(near)
        credible = (taken.marks & int(DISPLACED)) == 0
        if credible.all():
            self.flights.take(positions, target)
            self.ways.take(positions, target, rows)
        else:
            self.flights.take(positions.take(credible), target[credible])
            self.ways.take(positions, target, rows[credible[rows]])
        if self.foreseen is not None:
            rows = self._within_reach(positions, near)
            if len(rows):
                self._waiting.append(_part(taken, rows))
                if sum(len(part.target) for part in self._waiting) >= AT_ONCE:
                    self._foresee()

    def _foresee(self) -> None:
        """Foresee of the parts that wait: what is done once for many costs little more than for few."""
        if self.foreseen is not None and self._waiting:
            self.foreseen.take(_joined(self._waiting), self._names)
            self._waiting = []

    def end(self) -> None:
        """End the stream."""
        self._foresee()
        numbers: dict[str, int] = {}
        for number, name in enumerate(self._names):
            # An aircraft comes before what stands for its reports that are not credible.
            numbers.setdefault(name, number)
        self.ways.join(numbers)

    def _nearby(self, positions: Positions) -> NDArray[np.bool_]:
        """Return which rows are near enough at the speeds of airliners."""
        near = np.zeros(len(positions), np.bool_)
        for box in self._near:
            near |= box.holds(positions.lat_deg, positions.lon_deg)
        return near

    def _within_reach(self, positions: Positions, near: NDArray[np.bool_]) -> NDArray[np.int64]:
        gs_mps = positions.column("gs_mps")
        if gs_mps is None:
            return _NONE
        with np.errstate(invalid="ignore"):
            near = near | (gs_mps > FAST_MPS)
        rows = np.flatnonzero(near)
        return rows[self._may_reach(positions.lat_deg[rows], positions.lon_deg[rows], gs_mps[rows])]

    def _may_reach(
        self, lat_deg: NDArray[np.float64], lon_deg: NDArray[np.float64], gs_mps: NDArray[np.float64]
    ) -> NDArray[np.bool_]:
        """Return who is near enough by their own speed, or does not tell it."""
        away_m = np.min([box.away_m(lat_deg, lon_deg) for box in self.ways.boxes], axis=0)
        reach_m = (gs_mps * _FASTER + _MORE_MPS) * self._reach_s + self._spacing_m
        near: NDArray[np.bool_] = ~(away_m > reach_m)
        return near


def _reach(law: Sequence[Zone], params: PredictionParams) -> tuple[float, float]:
    """Return how long before the zones are reached it matters where who is, and the spacing in metres."""
    ahead_s, spacing_m = params.look_ahead_s, 0.0
    for zone in law:
        if zone.rule is not None:
            ahead_s = max(ahead_s, zone.rule.look_ahead_s or 0.0)
            spacing_m = max(spacing_m, zone.rule.spacing_lateral_m)
    return ahead_s + params.margin_s + SETTLED_S, spacing_m


def _part(taken: Taken, rows: NDArray[np.int64]) -> Taken:
    """Return some rows of a batch, and of them what predictions look at."""
    whole, target, reports, quality = taken.positions, taken.target[rows], taken.reports, taken.quality
    columns = {name: whole.columns[name][rows] for name in _LOOKED_AT if name in whole.columns}
    positions = Positions(
        whole.time_us[rows], Coded(whole.target.codes[rows], whole.target.values), whole.lat_deg[rows],
        whole.lon_deg[rows], columns,
    )  # fmt: skip
    return Taken(
        positions, target, taken.marks[rows],
        Reports(
            target, positions.time_us, positions.lat_deg, positions.lon_deg, reports.low_m[:, rows],
            reports.high_m[:, rows],
        ),
        Quality(
            quality.pos_err_m[rows], quality.height_err_m[:, rows], quality.weak[rows],
            quality.on_ground[rows], quality.time_err_s,
        ),
    )  # fmt: skip


def _joined(parts: Sequence[Taken]) -> Taken:
    """Return parts of batches as one, in order."""
    if len(parts) == 1:
        return parts[0]
    positions = concatenate([part.positions for part in parts])
    target = np.concatenate([part.target for part in parts])
    low_m, high_m, height_err_m = (
        np.concatenate(columns, axis=1)
        for columns in zip(
            *((p.reports.low_m, p.reports.high_m, p.quality.height_err_m) for p in parts), strict=True
        )
    )
    pos_err_m, weak, on_ground = (
        np.concatenate(columns)
        for columns in zip(
            *((p.quality.pos_err_m, p.quality.weak, p.quality.on_ground) for p in parts), strict=True
        )
    )
    return Taken(
        positions, target, np.concatenate([part.marks for part in parts]),
        Reports(target, positions.time_us, positions.lat_deg, positions.lon_deg, low_m, high_m),
        Quality(pos_err_m, height_err_m, weak, on_ground, parts[0].quality.time_err_s),
    )  # fmt: skip
