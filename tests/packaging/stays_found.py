"""Every stay that the compiled kernel finds in given cases, in words, floats to the last bit.

As a program it needs nofly alone: ``python stays_found.py CASES STAYS``. Cases are a pickled list of zones,
positions and longest gap.
"""

from __future__ import annotations

import pickle
import platform
import sys
from collections.abc import Iterable
from pathlib import Path

from nofly.incidents.stays import ZoneStay, zone_stays
from nofly.kernel import compiled
from nofly.schema import Positions
from nofly.zones.model import Zone


def stays_found(cases: Iterable[tuple[tuple[Zone, ...], Positions, float]]) -> list[str]:
    """Return a line for each stay; AssertionError where the kernel is not compiled."""
    assert compiled()
    return [
        f"{number} " + " ".join(_exact(getattr(stay, name)) for name in ZoneStay.__slots__)
        for number, (zones, positions, max_gap_s) in enumerate(cases)
        for stay in zone_stays(zones, positions, max_gap_s=max_gap_s)
    ]


def _exact(value: object) -> str:
    return value.hex() if isinstance(value, float) else str(value)


if __name__ == "__main__":
    lines = stays_found(pickle.loads(Path(sys.argv[1]).read_bytes()))
    Path(sys.argv[2]).write_text("\n".join([platform.machine(), *lines]))
