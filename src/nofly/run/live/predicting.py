"""Predictions of a stream: what the pipeline took becomes warnings that are given and dropped.

The predictor sees the zones with the spacing that their rules require. Of zones that must not be left
(``KEEP_IN``) what is predicted is leaving them; no spacing is kept from them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nofly.incidents.inhibition import Inhibition, Inhibitions
from nofly.incidents.stays import zone_activity
from nofly.incidents.warnings import Looks, PredictionParams, Warned, Warnings, eligible
from nofly.kernel.predict import Entries, Flights, Foresight
from nofly.kernel.reach import Reach
from nofly.kernel.turning import Turns
from nofly.kernel.visits import stable_order
from nofly.run.judging.preparing import Taken
from nofly.run.judging.whole_days import whole_days
from nofly.run.leaving.ahead import LeavingAhead
from nofly.tracks.screening import DISPLACED, WEAK
from nofly.units import US_PER_S
from nofly.zones.compiled import DATUMS, compile_zones
from nofly.zones.model import Datum, Restriction, Zone
from nofly.zones.spacing import spaced, widened

AT_ONCE = 20_000
"""Flights predicted in one go: each becomes some ten reports of the kernel."""
_NO_CYCLE = np.iinfo(np.int64).min


class Predictor:
    """Warns of the zones of a law, numbered as in it. Its state does not depend on how the stream is cut."""

    def __init__(
        self, law: Sequence[Zone], max_gap_s: float, params: PredictionParams | None = None,
        inhibitions: Sequence[Inhibition] = (),
    ) -> None:  # fmt: skip
        """``law`` is what the pipeline judges by; nothing is known of a flight ``max_gap_s`` after it was
        heard, however long the parameters would hold a warning."""
        chosen = params or PredictionParams()
        self._params = chosen
        self._law = tuple(law)
        self._inhibitions = Inhibitions(inhibitions)
        self._number = np.array([z for z, zone in enumerate(law) if _entered(zone)], np.int64)
        mine = [law[z] for z in self._number]
        # Behind the zones with their spacing those that have any, as they are: who is inside is not warned.
        own = [k for k, zone in enumerate(mine) if spaced(zone)]
        self._of = np.array([*range(len(mine)), *own], np.int64)
        self._zones = compile_zones([*map(widened, mine), *(mine[k] for k in own)])
        self._bare = len(mine)
        self._datums = datums_of(law)
        self._rows = self._rows_of(self._zones.datums)
        kept_in = any(not _entered(zone) for zone in law)
        self._leaving = LeavingAhead(law) if kept_in else None
        none = np.zeros(len(self._zones.zones) + 1, np.int32), np.zeros((0, 3), np.int64)
        self._foresight = Foresight(self._zones, *none)
        self._reach = Reach(self._zones)
        self._span: tuple[int, int] | None = None
        self._cycle_us = round(chosen.cycle_s * US_PER_S)
        self._cycle = np.zeros(0, np.int64)
        self._turns = Turns()
        ahead_s = [zone.rule.look_ahead_s if zone.rule else None for zone in law]
        stale_s = min(chosen.stale_s, max_gap_s)
        self._warnings = Warnings(
            chosen, ahead_s, [spaced(zone) and _entered(zone) for zone in law], stale_s,
            [str(datum) for datum in self._datums],
        )  # fmt: skip

    def step(self, taken: Taken, names: Sequence[str]) -> list[Warned]:
        """Take a batch that the pipeline took, ``names`` being its targets' names by number; return the
        warnings given and dropped, by target and time."""
        positions = taken.positions
        gs_mps, track_deg = positions.floats("gs_mps"), positions.floats("track_deg")
        suspect = (taken.marks & int(WEAK | DISPLACED)) != 0
        looked, moving = eligible(self._params, suspect, taken.quality.on_ground != 0, gs_mps, track_deg)
        rows = np.flatnonzero(looked)
        rows = self._due(rows[stable_order(taken.target[rows])], taken)
        if len(rows) == 0 or (len(self._number) == 0 and self._leaving is None):
            return []
        looks = Looks(
            taken.target[rows].astype(np.int64), positions.time_us[rows], positions.lat_deg[rows],
            positions.lon_deg[rows],
        )  # fmt: skip
        self._cover(looks.time_us)
        ahead = np.flatnonzero(moving[rows])
        asked_of = self._may_reach(rows[ahead], taken)
        turn_dps = self._turns.step(
            looks.target[ahead], looks.time_us[ahead], track_deg[rows[ahead]], asked_of
        )
        ahead = ahead[asked_of]
        met = self._warnings.watched() if self._leaving is not None else set()
        found = [
            self._entries(ahead[k : k + AT_ONCE], rows, taken, turn_dps[k : k + AT_ONCE], met)
            for k in range(0, len(ahead), AT_ONCE)
        ]
        entries = _joined(found) if found else _none()

        def asked(target: int, zone: int, time_us: int, lat_deg: float, lon_deg: float) -> Inhibition | None:
            return self._inhibitions.of(names[target], self._law[zone].id, time_us, lat_deg, lon_deg)

        return self._warnings.step(looks, entries, asked)

    def lapse(self, until_us: int) -> list[Warned]:
        """Return the warnings that are dropped because nothing was heard of their flights before
        ``until_us``: the time up to which everything has been received."""
        return self._warnings.lapse(until_us)

    def save(self) -> dict[str, Any]:
        """Return the state by name: arrays, and bytes."""
        return {"cycle": self._cycle.copy(), "warnings": self._warnings.save(), **self._turns.save()}

    def load(self, state: dict[str, Any]) -> None:
        """Take up a state that :meth:`save` returned, for the same law and parameters."""
        self._cycle = np.array(state["cycle"], np.int64)
        self._turns.load(state)
        self._warnings.load(state["warnings"])

    def _due(self, rows: NDArray[np.int64], taken: Taken) -> NDArray[np.int64]:
        """Return the first of a target's rows in each cycle of its own reports' times."""
        if len(rows) == 0:
            return rows
        target, cycle = taken.target[rows], taken.positions.time_us[rows] // self._cycle_us
        if len(self._cycle) <= target[-1]:
            more = max(int(target[-1]) + 1, len(self._cycle) + len(self._cycle) // 2) - len(self._cycle)
            self._cycle = np.concatenate([self._cycle, np.full(more, _NO_CYCLE)])
        fresh = np.append(True, target[1:] != target[:-1])
        due: NDArray[np.bool_] = cycle != np.where(fresh, self._cycle[target], np.roll(cycle, 1))
        last = np.append(fresh[1:], True)
        self._cycle[target[last]] = cycle[last]
        first: NDArray[np.int64] = rows[due]
        return first

    def _may_reach(self, here: NDArray[np.int64], taken: Taken) -> NDArray[np.int64]:
        """Return the places of those rows from which some zone may be entered, or one left that must not be:
        of the others nothing is predicted, and their turns need not be known."""
        if self._leaving is not None or not self._reach.known:
            return np.arange(len(here))
        flights = _flights(taken, here, self._rows, np.full(len(here), np.nan))
        return np.flatnonzero(self._reach.may(flights, self._warnings.ahead_s))

    def _entries(
        self, at: NDArray[np.int64], rows: NDArray[np.int64], taken: Taken, turn_dps: NDArray[np.float64],
        met: set[tuple[int, int]],
    ) -> Entries:  # fmt: skip
        """Return the entries of the looks ``at``, by zones of the law, and when zones that must not be left
        will be."""
        here, ahead_s = rows[at], self._warnings.ahead_s
        flights = _flights(taken, here, self._rows, turn_dps)
        found = self._of_law(self._foresight.entries(flights, ahead_s), at)
        if self._leaving is None:
            return found
        of = self._rows_of(self._leaving.datums)
        flights = _flights(taken, here, of, turn_dps)
        left = self._leaving.entries(flights, taken.target[here].tolist(), ahead_s, met)
        values = {name: getattr(left, name) for name in Entries.__slots__}
        values["flight"], values["height_row"] = (
            at[left.flight],
            np.array([*of, -1], np.int64)[left.height_row],
        )
        return _by_flight(_joined([found, Entries(**values)]))

    def _rows_of(self, datums: Sequence[Datum]) -> list[int]:
        """Return in which rows the pipeline has the heights on some datums, -1 where it has not."""
        return [self._datums.index(d) if d in self._datums else -1 for d in datums]

    def _of_law(self, found: Entries, at: NDArray[np.int64]) -> Entries:
        """Return the entries into the zones with their spacing; those who are in the zone itself are there
        already, those who are merely too close have no time left."""
        spacing = found.zone < self._bare
        key = found.flight * max(self._bare, 1) + self._of[found.zone]
        inside = found.now.copy()
        closer = np.flatnonzero(spacing & np.isin(self._of[found.zone], self._of[self._bare :]))
        inside[closer] = np.isin(key[closer], key[~spacing & found.now])
        values = {name: getattr(found, name)[spacing] for name in Entries.__slots__}
        values["flight"] = at[values["flight"]]
        values["zone"] = self._number[values["zone"]]
        values["height_row"] = np.array([*self._rows, -1], np.int64)[values["height_row"]]
        values["now"] = inside[spacing]
        return Entries(**values)

    def _cover(self, time_us: NDArray[np.int64]) -> None:
        """Work out when the zones are active as far as predictions reach."""
        ahead_us = round(self._warnings.ahead_s * US_PER_S)
        span = whole_days(int(time_us.min()), int(time_us.max()) + ahead_us, self._span)
        if span == self._span:
            return
        self._span = span
        self._foresight.activate(*zone_activity(self._zones.zones, *span))
        if self._leaving is not None:
            self._leaving.activate(*span)


def datums_of(law: Sequence[Zone]) -> tuple[Datum, ...]:
    """Return the datums whose heights the pipeline works out for a law, in the order of its height rows."""
    limits = [x for zone in law for v in zone.volumes for x in (v.lower, v.upper) if x is not None]
    on = {x.datum for x in limits if x.datum is not Datum.AGL or x.value_m > 0.0}
    return tuple(datum for datum in DATUMS if datum in on)


def _entered(zone: Zone) -> bool:
    return zone.restriction is not Restriction.KEEP_IN


def _flights(
    taken: Taken, here: NDArray[np.int64], of: Sequence[int], turn_dps: NDArray[np.float64]
) -> Flights:
    """Return some rows of a batch as flights, their heights those of the rows ``of``."""
    positions = taken.positions
    return Flights(
        positions.time_us[here], positions.lat_deg[here], positions.lon_deg[here],
        _heights(taken.reports.low_m, of, here, -np.inf), _heights(taken.reports.high_m, of, here, np.inf),
        positions.floats("gs_mps")[here], positions.floats("track_deg")[here], turn_dps,
        _plausible(positions.floats("vrate_mps")[here]),
    )  # fmt: skip


def _heights(
    known: NDArray[np.float64], of: Sequence[int], rows: NDArray[np.int64], unknown_m: float
) -> NDArray[np.float64]:
    out = np.full((len(of), len(rows)), unknown_m)
    for k, row in enumerate(of):
        if row >= 0:
            out[k] = known[row, rows]
    return out


def _plausible(vrate_mps: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return vertical rates; unknown what nothing climbs or sinks at (300 m/s, 59,000 ft/min)."""
    with np.errstate(invalid="ignore"):
        return np.where(np.abs(vrate_mps) <= 300.0, vrate_mps, np.nan)


def _by_flight(found: Entries) -> Entries:
    order = np.lexsort((found.zone, found.flight))
    return Entries(*(getattr(found, name)[order] for name in Entries.__slots__))


def _joined(found: list[Entries]) -> Entries:
    return Entries(*(np.concatenate([getattr(one, name) for one in found]) for name in Entries.__slots__))


def _none() -> Entries:
    whole, real, yes = np.zeros(0, np.int64), np.zeros(0), np.zeros(0, np.bool_)
    return Entries(whole, whole, whole, real, real, real, whole, yes, yes, whole)
