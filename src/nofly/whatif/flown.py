"""The ways flown near zones: reports within their boxes, and how long the way between two instants is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from nofly.schema import Positions
from nofly.units import US_PER_S
from nofly.zones.boxes import Box
from nofly.zones.shape import to_space

MOST_ROWS = 8_000_000
"""Reports kept; of more every second is left out, and again."""
HOUR_US = 3600 * US_PER_S
Place = tuple[float, float]
"""(lat_deg, lon_deg)."""


class Ways:
    """Takes batches in which each target's reports are in order of time; keeps those within boxes."""

    def __init__(self, boxes: Sequence[Box], most_rows: int = MOST_ROWS) -> None:
        self.boxes = boxes
        self.every = 1
        """One report of so many is kept: beyond 1, lengths are the least they can be."""
        self.hours: set[int] = set()
        """The hours, counted from 1970, in which something was heard within the boxes."""
        self._most_rows = most_rows
        self._parts: list[tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.float64]]] = []
        self._rows = 0

    def take(
        self, positions: Positions, target: NDArray[np.int32], near: NDArray[np.int64] | None = None
    ) -> None:
        """Take a batch whose targets have these numbers; ``near`` are rows, in order, beyond which none lies
        within the boxes (None: all)."""
        rows = np.arange(len(target)) if near is None else near
        lat, lon = positions.lat_deg, positions.lon_deg
        held = np.zeros(len(rows), np.bool_)
        for box in self.boxes:
            held |= box.holds(lat[rows], lon[rows])
        rows = rows[held]
        if not len(rows):
            return
        time_us = positions.time_us[rows]
        self.hours.update(np.unique(time_us // HOUR_US).tolist())
        rows = rows[:: self.every]
        places = np.column_stack([lat[rows], lon[rows]])
        self._parts.append((target[rows], time_us[:: self.every], places))
        self._rows += len(rows)
        while self._rows > self._most_rows:
            self.every *= 2
            self._parts = [tuple(column[::2].copy() for column in part) for part in self._parts]  # type: ignore[misc]
            self._rows = sum(len(part[0]) for part in self._parts)

    def join(self, targets: Mapping[str, int]) -> None:
        """End the stream; ``targets`` are the numbers of targets by their ids."""
        self.targets = targets
        parts = self._parts or [(np.zeros(0, np.int32), np.zeros(0, np.int64), np.zeros((0, 2)))]
        target, time_us, places = (np.concatenate(column) for column in zip(*parts, strict=True))
        order = np.lexsort((time_us, target))
        self.target, self.time_us, self.places = target[order], time_us[order], places[order]
        self._parts = []
        self._space = to_space(self.places[:, 0], self.places[:, 1])
        self._steps_m = along_m(self._space[:-1], self._space[1:])

    def rows(self, target: int, from_us: int, until_us: int) -> slice:
        """Return the rows of a target from one instant to another, both included."""
        a, b = np.searchsorted(self.target, [target, target + 1])
        times = self.time_us[a:b]
        return slice(int(a + times.searchsorted(from_us)), int(a + times.searchsorted(until_us, "right")))

    def length_m(
        self, target: int, from_us: int, until_us: int, start: Place | None = None, end: Place | None = None
    ) -> float:
        """Return how long the way of a target is between two instants: from report to report, from ``start``
        and to ``end`` where these are told."""
        rows = self.rows(target, from_us, until_us)
        ends = [to_space(np.array([p[0]]), np.array([p[1]]))[0] for p in (start, end) if p is not None]
        if rows.start >= rows.stop:
            return float(along_m(ends[0], ends[1])) if len(ends) == 2 else 0.0
        length_m = float(self._steps_m[rows.start : rows.stop - 1].sum())
        if start is not None:
            length_m += float(along_m(ends[0], self._space[rows.start]))
        if end is not None:
            length_m += float(along_m(ends[-1], self._space[rows.stop - 1]))
        return length_m


def along_m(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how far it is along the ellipsoid between points in space up to some hundred kilometres apart,
    within a millionth: the chord, bent to the mean radius of the Earth."""
    chord_m: NDArray[np.float64] = np.sqrt(((a - b) ** 2).sum(axis=-1))
    return chord_m * (1.0 + chord_m**2 / (24.0 * 6_371_008.8**2))
