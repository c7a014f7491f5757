"""What it takes to find 1,000 ways round 100 zones, in CPU seconds: nofly alone."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import numpy as np

from benchmarks import workload
from benchmarks.nofly_jobs import model, require_compiled
from nofly.whatif.detour import Outcome, RoundWays
from nofly.zones.model import Zone

PAIRS, ZONES = 1_000, 100


def measure(count: int = PAIRS) -> dict[str, Any]:
    """Return the CPU time of everything from zones to ways, and what came of the pairs."""
    require_compiled()
    zones = _zones()
    pairs = _pairs(zones, count)
    began = time.process_time()
    found = RoundWays(zones).detours(pairs)
    cpu_s = time.process_time() - began
    return {
        "pairs": len(pairs), "zones": len(zones), "cpu_s": cpu_s,
        "outcomes": {o.value: sum(way.outcome is o for way in found) for o in Outcome},
    }  # fmt: skip


def _zones() -> list[Zone]:
    """Return the first hundred of mixed1000, always valid, whatever their limits."""
    made = model(workload.zones("mixed1000", 4 * 3600 * 1_000_000).head(ZONES))
    return [replace(zone, valid_from_us=None, valid_to_us=None) for zone in made]


def _pairs(zones: list[Zone], count: int) -> list[tuple[tuple[float, float], tuple[float, float]]]:
    """Return pairs of places over Europe, all outside the zones."""
    random = np.random.Generator(np.random.PCG64(2022))
    ways, free = RoundWays(zones), []
    while len(free) < count:
        draws = [tuple(random.uniform((37.0, -10.0), (60.0, 30.0)).tolist()) for _ in range(4)]
        a, b, c, d = draws
        found = ways.detours([(a, a), (b, b), (c, c), (d, d)])
        outside = [way.start for way in found if way.outcome is not Outcome.INSIDE]
        free += list(zip(outside[::2], outside[1::2], strict=False))
    return free[:count]


if __name__ == "__main__":
    print(measure())
