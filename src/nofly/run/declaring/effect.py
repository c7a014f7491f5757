"""Who would have been in a zone, had it been in force: the positions kept, checked against it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from nofly.run.check import CheckOptions, check
from nofly.run.files.trackfiles import TrackBatch
from nofly.run.following.evidence import MOST_JOURNAL_ROWS, unarchived
from nofly.run.outputs.columns import record
from nofly.run.outputs.outline import outlines
from nofly.schema import Positions, concatenate
from nofly.store.positions.layout import Wanted
from nofly.store.positions.store import PositionStore
from nofly.zones.model import Volume, Zone

MARGIN_DEG = 0.5
"""Reports so far round the zone are looked at, so that a way in between two of them is found: at 500 m/s a
gap of 100 s."""
MOST_REPORTS = 5_000_000
MOST_STAYS = 1_000


class Effect(NamedTuple):
    """The stays, in the columns of a check, and on how many reports near the zone they rest; ``whole`` is
    False where there were more of either, or nothing is kept at all."""

    stays: list[dict[str, Any]]
    reports: int
    whole: bool


def effect(folder: Path, zone: Zone, since_us: int, until_us: int) -> Effect:
    """Return who would have been in a zone in a time span, by the positions in a state folder: those of the
    archive, and what is not in it yet.

    Raises StoreError where they cannot be read.
    """
    wanted = Wanted(from_us=since_us, until_us=until_us, box_deg=box_round(zone.volumes))
    near = Near(folder, wanted)
    result = check([zone], near.batches(), CheckOptions(), again=near.batches)
    stays = [record(stay) for stay in result.infringements[:MOST_STAYS]]
    return Effect(stays, near.reports, near.whole and len(result.infringements) <= MOST_STAYS)


class Near:
    """The reports that are wanted, at most :data:`MOST_REPORTS`; what is said of them is said of those given
    out last."""

    def __init__(self, folder: Path, wanted: Wanted) -> None:
        self._folder, self._wanted = folder, wanted
        self.reports, self.whole = 0, False

    def batches(self) -> Iterator[TrackBatch]:
        """Yield them."""
        self.reports = 0
        self.whole = (self._folder / "positions").is_dir() or (self._folder / "journal").is_dir()
        for positions in self._positions():
            kept = positions.take(slice(0, MOST_REPORTS - self.reports))
            self.reports += len(kept)
            if len(kept):
                yield TrackBatch(kept, [], "", "", 0, 0)
            if len(kept) < len(positions):
                self.whole = False
                return

    def _positions(self) -> Iterator[Positions]:
        reached = 0
        if (self._folder / "positions").is_dir():
            with PositionStore(self._folder / "positions", read_only=True) as store:
                reached = store.reached
                yield from store.query(self._wanted)
        rows, parts = 0, []
        for batch in unarchived(self._folder, reached):
            rows += len(batch)
            if rows > MOST_JOURNAL_ROWS:
                self.whole = False
                break
            parts.append(self._wanted.of(batch))
        found = concatenate([part for part in parts if len(part)])
        yield found.take(np.argsort(found.time_us, kind="stable"))


def box_round(volumes: Sequence[Volume]) -> tuple[float, float, float, float] | None:
    """Return south, west, north and east of volumes with their margin; None is everywhere."""
    lines = [line for v in volumes for rings in outlines(v.footprint) for line in rings[:1]]
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
