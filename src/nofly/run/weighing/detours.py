"""Weighs going round: for many pairs of places the shortest admissible way, and what it costs."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nofly.run.weighing.airports import Pair
from nofly.whatif.detour import Detour, Outcome, RoundWays
from nofly.whatif.fuel import Cost, Span, TypeFigures, cost
from nofly.whatif.sphere import Place
from nofly.whatif.standing import LeftOut, standing
from nofly.zones.model import Zone
from nofly.zones.predicates import Subject

QUANTILES = (0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0)


@dataclass(frozen=True, slots=True)
class Row:
    """A pair, its way, and what the way costs more than the geodesic; None where there is no way."""

    pair: Pair
    detour: Detour
    cost: Cost | None


@dataclass(frozen=True, slots=True)
class Weighed:
    """How one quantity is distributed over the flights that have a way: quantiles, mean and sum."""

    quantiles: tuple[float, ...]
    """Of the shares :data:`QUANTILES`: the least value that at least so many flights do not exceed."""
    mean_value: float
    total_value: float


@dataclass(frozen=True, slots=True)
class DetourTable:
    """What going round zones costs, pair by pair and over all flights."""

    rows: tuple[Row, ...]
    zones: tuple[Zone, ...]
    """Those that stand in the way."""
    left_out: tuple[LeftOut, ...]
    level_m: float
    at_us: int | None
    clearance_m: float
    figures: TypeFigures | None
    cruise_mps: Span | None

    def flights(self, *outcomes: Outcome) -> int:
        """Return how many flights have one of the outcomes; any, where none is named."""
        return sum(row.pair.flights for row in self.rows if not outcomes or row.detour.outcome in outcomes)

    def weighed(self, value: Callable[[Row], float]) -> Weighed | None:
        """Return how a quantity is distributed over the flights that have a way; None where none has."""
        known = [(value(row), row.pair.flights) for row in self.rows if row.cost is not None]
        counts = np.array([flights for _, flights in known], float)
        if not counts.sum():
            return None
        values = np.array([one for one, _ in known], float)
        order = np.argsort(values, kind="stable")
        upto = np.cumsum(counts[order])
        rows = np.searchsorted(upto, np.array(QUANTILES) * upto[-1], "left")
        chosen = values[order][np.minimum(rows, len(values) - 1)]
        total = float((values * counts).sum())
        return Weighed(tuple(chosen.tolist()), total / float(counts.sum()), total)

    def as_json(self) -> dict[str, Any]:
        """Return everything as plain values; SI, units in the names, ranges as pairs."""
        from nofly.run.weighing.detour_outputs import document

        return document(self)

    def text(self) -> str:
        """Return a table in aviation units, and the distribution over flights."""
        from nofly.run.weighing.detour_outputs import text

        return text(self)

    def html(self) -> str:
        """Return a section of a page: the distribution as bars, the pairs as a table."""
        from nofly.run.weighing.detour_html import section

        return section(self)


def weigh_detours(
    zones: Sequence[Zone],
    pairs: Sequence[Pair],
    *,
    level_m: float,
    at_us: int | None = None,
    who: Subject | None = None,
    clearance_m: float = 0.0,
    leave: bool = False,
    figures: TypeFigures | None = None,
    cruise_mps: Span | None = None,
) -> DetourTable:
    """Return what going round zones costs, pair by pair.

    ``level_m`` is the pressure altitude that is flown; ``at_us`` the instant at which zones have to be
    active, None for whatever hours; ``who`` the aircraft that may be exempt. With ``leave`` flights that
    begin or end in a zone leave it by the shortest way. Raises InputError for what cannot be a place or a
    clearance.
    """
    stands = standing(zones, level_m, at_us, who)
    ways = RoundWays(stands.zones, clearance_m)
    found = ways.detours([(pair.start, pair.end) for pair in pairs], leave=leave)
    rows = tuple(
        Row(pair, detour, _cost(detour, figures, cruise_mps))
        for pair, detour in zip(pairs, found, strict=True)
    )
    return DetourTable(rows, stands.zones, stands.left_out, level_m, at_us, clearance_m, figures, cruise_mps)


def _cost(detour: Detour, figures: TypeFigures | None, cruise_mps: Span | None) -> Cost | None:
    if math.isnan(detour.length_m):
        return None
    return cost(detour.direct_m, detour.length_m, figures, cruise_mps)


def places(row: Row) -> list[Place]:
    """Return the way of a row, or the geodesic where it has none."""
    return list(row.detour.places) or [row.pair.start, row.pair.end]
