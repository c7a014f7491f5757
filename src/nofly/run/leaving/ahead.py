"""Predictions of leaving: of who is inside a zone that must not be left, when it will no longer be."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nofly.incidents.keepin import Turn, Turns
from nofly.incidents.stays import zone_activity
from nofly.kernel.detect import State
from nofly.kernel.predict import Entries, Flights, Foresight
from nofly.units import US_PER_S
from nofly.zones.activity import activity_at
from nofly.zones.compiled import compile_zones
from nofly.zones.model import Datum, Restriction, Zone

Row = tuple[int, int, int, float, float, float, int, bool, bool, int]


class LeavingAhead:
    """Flies flights on, and says when they leave the zones of a law that must not be left. Whether anybody is
    held by a zone is for the rules: whoever is inside while it is active is taken to be."""

    def __init__(self, law: Sequence[Zone]) -> None:
        self.numbers = [z for z, zone in enumerate(law) if zone.restriction is Restriction.KEEP_IN]
        """Their numbers in the law."""
        self._law = [law[z] for z in self.numbers]
        self._zones = compile_zones(self._law)
        self._parts = [np.flatnonzero(self._zones.part_zone == k).tolist() for k in range(len(self._law))]
        always = np.arange(len(self._law) + 1, dtype=np.int32)
        ever = np.tile(np.array([[-(1 << 62), 1 << 62, 1]], np.int64), (len(self._law), 1))
        self._foresight = Foresight(self._zones, always, ever)
        self._active = [np.zeros((0, 3), np.int64) for _ in self._law]

    @property
    def datums(self) -> tuple[Datum, ...]:
        """The datums of the zones' limits, in the order of the height rows that flights are to have."""
        return self._zones.datums

    def activate(self, low_us: int, high_us: int) -> None:
        """Work out when the zones are active in a time span."""
        self._active = [zone_activity([zone], low_us, high_us)[1] for zone in self._law]

    def entries(
        self, flights: Flights, target: Sequence[int], ahead_s: float, met: set[tuple[int, int]]
    ) -> Entries:
        """Return when flights will first be outside, by flight; ``target`` is whose each is.

        ``met`` are (target, number of the zone in the law) of which something may have been said, and what is
        found is added to them: where such a one is outside already, an entry says so.
        """
        changes = self._foresight.changes(flights, ahead_s)
        turns = Turns([changes], [part for parts in self._parts for part in parts])
        rows: list[Row] = []
        for k, (zone, parts) in enumerate(zip(self.numbers, self._parts, strict=True)):
            inside = set()
            for flight in turns.targets(parts):
                now_us = int(flights.time_us[flight])
                mine = turns.of(flight, parts)
                before = [turn for turn in mine if turn.time_us <= now_us]
                if not before or before[-1].state != State.INSIDE:
                    continue
                inside.add(flight)
                if len(mine) > len(before):
                    found = self._leaves(k, flight, flights, mine[len(before)])
                    met.update((target[flight], zone) for _ in found)
                    rows += found
            out = [flight for flight, who in enumerate(target) if (who, zone) in met and flight not in inside]
            rows += [self._is_out(k, flight, flights) for flight in out]
        rows.sort()
        columns = [np.array(column) for column in zip(*rows, strict=True)] if rows else _NONE
        return Entries(*(np.asarray(c, kind) for c, kind in zip(columns, _KINDS, strict=True)))

    def _leaves(self, k: int, flight: int, flights: Flights, turn: Turn) -> list[Row]:
        active = int(activity_at(self._active[k], np.array([turn.time_us]))[0])
        if active == 0:
            return []
        sure = active > 0 and turn.state == State.OUTSIDE
        row, height_m = self._height(k, flight, flights, turn.time_us)
        return [
            (flight, self.numbers[k], turn.time_us, turn.lat_deg, turn.lon_deg, height_m, row, False, sure,
             turn.why)
        ]  # fmt: skip

    def _is_out(self, k: int, flight: int, flights: Flights) -> Row:
        place = float(flights.lat_deg[flight]), float(flights.lon_deg[flight])
        return flight, self.numbers[k], int(flights.time_us[flight]), *place, np.nan, -1, True, True, 0

    def _height(self, k: int, flight: int, flights: Flights, time_us: int) -> tuple[int, float]:
        """Return the height then, and the row of its datum: that of the floor, or of the ceiling."""
        rows = [int(x[n]) for n in (1, 3) for x in self._zones.limits[self._parts[k]] if x[n] >= 0]
        if not rows or flights.low_m[rows[0], flight] != flights.high_m[rows[0], flight]:
            return -1, np.nan
        after_s = (time_us - int(flights.time_us[flight])) / US_PER_S
        climb_m = float(np.nan_to_num(flights.vrate_mps[flight])) * after_s
        return rows[0], float(flights.low_m[rows[0], flight]) + climb_m


_KINDS: tuple[type, ...] = (
    np.int64, np.int64, np.int64, np.float64, np.float64, np.float64, np.int64, np.bool_, np.bool_, np.int64
)  # fmt: skip
_NONE: list[NDArray[np.float64]] = [np.zeros(0)] * len(_KINDS)
