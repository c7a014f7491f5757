"""From stays and flights to whom a zone would hit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nofly.incidents.record import Certainty, Infringement, Status
from nofly.run.result import CheckResult
from nofly.run.weighing.airfields import all_airports
from nofly.run.weighing.looking import LookingOn
from nofly.run.weighing.registry import Registry
from nofly.tracks.identity import icao24_of, state_of
from nofly.whatif.effect import Effect, Hit, Inside, Outcome, covered_us, heard_by_hour
from nofly.zones.model import Zone
from nofly.zones.predicates import Subject

LEVEL_MPS = 1.5
"""Who sinks faster when first heard comes from elsewhere, who climbs faster when last heard goes on."""
_OUTCOME = {
    Status.INFRINGEMENT: Outcome.INFRINGEMENT, Status.EXEMPT: Outcome.EXEMPT, Status.CLEARED: Outcome.CLEARED,
}  # fmt: skip
CATEGORIES = {
    "A1": "light (< 7 t)", "A2": "small (7–34 t)", "A3": "large (34–136 t)", "A4": "large, high vortex",
    "A5": "heavy (> 136 t)", "A6": "high performance", "A7": "rotorcraft", "B1": "glider",
    "B2": "lighter than air", "B3": "parachutist", "B4": "ultralight", "B6": "unmanned",
    "B7": "space vehicle",
}  # fmt: skip
"""ADS-B emitter categories (RTCA DO-260B, 2.2.3.2.5.2)."""


@dataclass
class Knowing:
    """What is known of flights: the book, a registry, airports."""

    seen: LookingOn
    registry: Registry
    airports: bool
    without_operator: int = 0

    def __post_init__(self) -> None:
        """Put the flights by target."""
        self.table = self.seen.flights.table()
        self._callsigns, self._categories = self.seen.flights.callsigns, self.seen.flights.categories

    def of(self, target: int) -> list[int]:
        """Return the rows of the flights of a target, in order of time."""
        a, b = np.searchsorted(self.table["target"], [target, target + 1])
        return list(range(a, b))

    def hit(self, row: int, target_id: str, inside: list[Inside]) -> Hit:
        """Return a flight with its times inside."""
        flight: Any = self.table[row]
        icao24 = icao24_of(target_id)
        callsign = self._callsigns[flight["callsign"]] if flight["callsign"] >= 0 else None
        state = state_of(icao24)
        operator = Subject(target_id, icao24, callsign).operator or self.registry.operators.get(icao24 or "")
        return Hit(
            target_id, icao24, callsign, operator, state.alpha3 if state else None,
            self._type(icao24, int(flight["category"])), self._airport(flight, "first"),
            self._airport(flight, "last"), int(flight["first_us"]), int(flight["last_us"]), tuple(inside),
        )  # fmt: skip

    def _type(self, icao24: str | None, category: int) -> str | None:
        registered = self.registry.types.get(icao24 or "")
        if registered or category < 0:
            return registered
        code = self._categories[category]
        return f"{code} {CATEGORIES[code]}" if code in CATEGORIES else None

    def _airport(self, flight: Any, end: str) -> str | None:
        if not self.airports:
            return None
        towards_mps = float(flight[f"{end}_climb_mps"]) * (1.0 if end == "first" else -1.0)
        if towards_mps < -LEVEL_MPS and flight[f"{end}_on_ground"] != 1:
            return None
        used = all_airports().used(
            float(flight[f"{end}_lat_deg"]), float(flight[f"{end}_lon_deg"]), flight[f"{end}_on_ground"] == 1,
            float(flight[f"{end}_height_m"]), float(flight[f"{end}_above_ground_m"]),
        )  # fmt: skip
        return used.icao if used else None


def effect_of(zones: Sequence[Zone], result: CheckResult, knowing: Knowing) -> Effect:
    """Return what some of the zones that were checked would touch."""
    hashes = {zone.zone_hash for zone in zones}
    found: dict[int, tuple[str, list[Inside]]] = {}
    suspect = 0
    for stay in result.infringements:
        if stay.zone_hash not in hashes:
            continue
        if stay.status is Status.SUSPECT:
            suspect += 1
            continue
        for row, inside in _parts(stay, knowing):
            found.setdefault(row, (stay.target_id, []))[1].append(inside)
    hits = [knowing.hit(row, target_id, inside) for row, (target_id, inside) in found.items()]
    hits.sort(key=lambda hit: (hit.inside[0].from_us, hit.target_id))
    knowing.without_operator = sum(hit.operator is None for hit in hits)
    first_us, last_us = knowing.table["first_us"], knowing.table["last_us"]
    return Effect(
        tuple(zone.id for zone in zones), tuple(hits), suspect, result.report_count, len(knowing.table),
        knowing.seen.flights.flown_us / 3.6e9, result.span_us or (0, 0), covered_us(first_us, last_us),
        heard_by_hour(first_us, last_us), frozenset(knowing.seen.ways.hours),
    )  # fmt: skip


def _parts(stay: Infringement, knowing: Knowing) -> Iterator[tuple[int, Inside]]:
    """Yield a stay by flight: what lies between two flights of one aircraft is the earlier one's."""
    target = knowing.seen.ways.targets[stay.target_id]
    rows = knowing.of(target)
    begins: NDArray[np.int64] = knowing.table["first_us"][rows]
    first = max(int(begins.searchsorted(stay.entry_time_us, "right")) - 1, 0)
    past = max(int(begins.searchsorted(stay.exit_time_us)), first + 1)
    entry, leave = (stay.entry_lat_deg, stay.entry_lon_deg), (stay.exit_lat_deg, stay.exit_lon_deg)
    outcome = _OUTCOME[stay.status]
    if outcome is Outcome.INFRINGEMENT and stay.certainty is Certainty.UNDETERMINED:
        outcome = Outcome.UNDETERMINED
    reason = stay.reasons[0] if stay.reasons and stay.status is not Status.INFRINGEMENT else ""
    for k in range(first, past):
        from_us = stay.entry_time_us if k == first else int(begins[k])
        until_us = stay.exit_time_us if k == past - 1 else int(begins[k + 1])
        length_m = knowing.seen.ways.length_m(
            target, from_us, until_us, entry if k == first else None, leave if k == past - 1 else None
        )
        yield rows[k], Inside(stay.zone_id, from_us, until_us, length_m, outcome, reason)
