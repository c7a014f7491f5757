"""What one zone file may hold: beyond that it is refused, so that none takes longer than seconds.

All the world publishes about fifty thousand zones and some million positions; each costs its reader tens to
hundreds of microseconds, and a hostile file can say one in a few bytes.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from nofly.errors import ZoneFormatError
from nofly.zones._crossings import MOST_CUTTING, Cutting

MOST = {"records": 100_000, "rings": 100_000, "positions": 4_000_000, "arcs": 200_000}
"""Records, rings (outlines and holes of all records), positions in rings and lines, arcs and circles."""


@dataclass(slots=True)
class Bounds:
    """What a file has held so far, and what cutting its rings may still cost."""

    cutting: Cutting = field(default_factory=lambda: Cutting(MOST_CUTTING))
    _held: Counter[str] = field(default_factory=Counter)

    def count(self, what: str, many: int, source: str, locator: str) -> None:
        """Count so many more of what ``MOST`` names. Raises ZoneFormatError for too many."""
        self._held[what] += many
        if self._held[what] > MOST[what]:
            text = f"more than {MOST[what]:,} {what}"
            raise ZoneFormatError(text, source=source, locator=locator, expected="a zone file of a sane size")

    def check_cutting(self, source: str, locator: str) -> None:
        """Raise ZoneFormatError once rings that were not cut any more have cost as much as all the others."""
        if self.cutting.steps_left < -MOST_CUTTING:
            text = "ring after ring that crosses itself"
            raise ZoneFormatError(text, source=source, locator=locator, expected="boundaries of areas")
