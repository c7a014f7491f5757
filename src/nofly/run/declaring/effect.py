"""What a zone would have been entered by, had it been in force: the positions kept, checked against it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from nofly.run.check import CheckOptions, check
from nofly.run.files.trackfiles import TrackBatch
from nofly.run.outputs.columns import record
from nofly.run.outputs.outline import outlines
from nofly.store.positions.layout import Wanted
from nofly.store.positions.store import PositionStore
from nofly.zones.model import Zone

MARGIN_DEG = 0.5
"""Reports so far round the zone are looked at, so that a way in between two of them is found: at 500 m/s a
gap of 100 s."""
MOST_REPORTS = 5_000_000
MOST_STAYS = 1_000


class Effect(NamedTuple):
    """The stays, in the columns of a check, and how many reports they rest on; ``whole`` is False where there
    were more of either, or where what was received last is not in the archive yet."""

    stays: list[dict[str, Any]]
    reports: int
    whole: bool


def effect(folder: Path, zone: Zone, since_us: int) -> Effect:
    """Return who would have been in a zone since then, by the positions in a state folder.

    Raises StoreError where they cannot be read.
    """
    box = _round(zone)
    if not (folder / "positions").is_dir():
        return Effect([], 0, False)
    seen = [0]

    def batches() -> Iterator[TrackBatch]:
        seen[0] = 0
        with PositionStore(folder / "positions", read_only=True) as store:
            for positions in store.query(Wanted(from_us=since_us, box_deg=box)):
                seen[0] += len(positions)
                if seen[0] > MOST_REPORTS:
                    return
                yield TrackBatch(positions, [], "", "", 0, 0)

    result = check([zone], batches(), CheckOptions(), again=batches)
    stays = [record(stay) for stay in result.infringements[:MOST_STAYS]]
    return Effect(stays, seen[0], seen[0] <= MOST_REPORTS and len(result.infringements) <= MOST_STAYS)


def _round(zone: Zone) -> tuple[float, float, float, float] | None:
    """Return south, west, north and east of the zone with its margin; None is everywhere."""
    lines = [line for v in zone.volumes for rings in outlines(v.footprint) for line in rings[:1]]
    if not lines:
        return None
    lat, lon = np.concatenate([line[:, 0] for line in lines]), np.concatenate([line[:, 1] for line in lines])
    south, north = max(-90.0, lat.min() - MARGIN_DEG), min(90.0, lat.max() + MARGIN_DEG)
    wide = MARGIN_DEG / max(0.02, np.cos(np.radians(max(abs(south), abs(north)))))
    west, east = lon.min() - wide, lon.max() + wide
    if north > 89.0 or south < -89.0 or east - west >= 360.0:
        return float(south), -180.0, float(north), 180.0
    return float(south), _turned(float(west)), float(north), _turned(float(east))


def _turned(lon_deg: float) -> float:
    return (lon_deg + 180.0) % 360.0 - 180.0
