"""Parts of the report on a zone that are weighed on their own: going round it, and what it exposes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from nofly.errors import InputError
from nofly.run.weighing import airports
from nofly.run.weighing.detours import DetourTable, weigh_detours
from nofly.run.weighing.ledger import weigh_ledger
from nofly.run.weighing.weigh import Weighed


def with_detours(weighed: Weighed, level_m: float) -> Weighed:
    """Return the report with what :func:`ways_round` gives. Raises what that raises."""
    return replace(weighed, sections={**weighed.sections, "detours": ways_round(weighed, level_m)})


def ways_round(weighed: Weighed, level_m: float) -> DetourTable:
    """Return the shortest ways round the zones at a level on 1013.25 hPa, of the pairs of airports asked for,
    or of those that flights inside are known to have flown. Raises InputError where no pair is known."""
    if weighed.pairs:
        found = airports.pairs(weighed.pairs)
    else:
        found = [
            replace(airports.pair(share.name), flights=share.flights)
            for share in weighed.effect.pairs()
            if share.name is not None and share.flights
        ]
    if not found:
        raise InputError(
            "going round: of no flight inside both airports are known",
            expected="--pairs, or traffic heard low",
        )
    return weigh_detours(weighed.zones, found, level_m=level_m)


def with_ledger(weighed: Weighed, path: str | Path) -> Weighed:
    """Return the report with the exposure ledger of a file. Raises what
    :func:`nofly.run.weighing.ledger.weigh_ledger` raises."""
    return replace(weighed, sections={**weighed.sections, "ledger": weigh_ledger(path, weighed.zones)})
