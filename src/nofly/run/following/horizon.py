"""What could have been seen in the last hour, told from what a watch has kept of the last hours, in a process
of its own: whoever serves pages goes on serving."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

import msgspec
import numpy as np

from nofly.errors import InputError, NoflyError
from nofly.proof.coverage import Coverage, Seen
from nofly.proof.covering.cells import box
from nofly.proof.covering.statements import ORDER, Asked
from nofly.run.apart import Bounds, answer_of, bound
from nofly.run.coverage import kept, read
from nofly.run.files.trackfiles import TrackBatch
from nofly.schema import Positions
from nofly.store.positions.layout import Wanted
from nofly.units import US_PER_S

BOUNDS = Bounds(cpu_s=60, wall_s=120.0)
ASKED_US = 3600 * US_PER_S
LOOKED_BACK_US = tuple(minutes * 60 * US_PER_S for minutes in (360, 180, 60, 20))
"""The longest of these times in which no more positions are kept than are read."""
MOST_ROWS = 15_000_000
THINNED_US = 10 * US_PER_S
"""Of each aircraft and receiver one report in so long: a cell is 28 km wide, and lost is who is not received
for five minutes."""
MOST_CELLS = 60_000


class HorizonCell(msgspec.Struct, frozen=True):
    """A cell by its south-west corner and its width; by number the bands in which an aircraft with a
    transponder could have been seen, and those in which it could not. Of the others nothing is known, where
    nothing was received."""

    south_deg: float
    west_deg: float
    width_deg: float
    could: list[int]
    could_not: list[int]


class Horizon(msgspec.Struct, frozen=True):
    """``from_us`` is since when, ``time_us`` until when positions were looked at, ``why`` why there are no
    cells, where they cannot be told."""

    time_us: int
    from_us: int
    cells: list[HorizonCell]
    why: str = ""


def horizon_apart(folder: Path, now_us: int) -> Horizon:
    """Return what could have been seen in the hour before a time, of the watch in a state folder; without
    cells and with a reason where that is too much."""
    module = "nofly.run.following.horizon"
    said = answer_of(module, [folder.absolute(), str(now_us)], b"", Horizon, BOUNDS)
    return Horizon(now_us, now_us, [], f"it takes more than {BOUNDS.words}") if said is None else said


def horizon(folder: Path, now_us: int) -> Horizon:
    """As :func:`horizon_apart`, in this process. Raises StoreError where what is kept cannot be read."""
    for back_us in LOOKED_BACK_US:
        again = partial(_few, folder, Wanted(now_us - back_us, now_us + 1))
        with suppress(_TooMany):
            return Horizon(now_us, now_us - back_us, _cells(read(again(), again), now_us))
    shortest = LOOKED_BACK_US[-1] // (60 * US_PER_S)
    return Horizon(now_us, now_us, [], f"more than {MOST_ROWS:,} positions are kept of {shortest} minutes")


class _TooMany(InputError):
    """More positions than are looked at."""


def _few(folder: Path, wanted: Wanted) -> Iterator[TrackBatch]:
    rows = 0
    for batch in kept(folder, wanted):
        rows += len(batch.positions)
        if rows > MOST_ROWS:
            raise _TooMany(f"more than {MOST_ROWS:,} positions")
        yield replace(batch, positions=_thinned(batch.positions))


def _thinned(positions: Positions) -> Positions:
    if not len(positions):
        return positions
    station = positions.texts.get("station")
    who = positions.target.codes.astype(np.int64) + 1
    if station is not None:
        who = who * (len(station.values) + 1) + station.codes + 1
    slot = positions.time_us // THINNED_US
    slot -= slot.min()
    first = np.unique(who * (slot.max() + 1) + slot, return_index=True)[1]
    return positions.take(np.sort(first))


def _cells(coverage: Coverage, now_us: int) -> list[HorizonCell]:
    asked = Asked(coverage.evidence, now_us - ASKED_US, now_us)
    out = []
    for cell in asked.evidence.cells[:MOST_CELLS].tolist():
        found: dict[Seen, list[int]] = {Seen.COULD: [], Seen.COULD_NOT: []}
        for band, verdicts in enumerate(asked.verdicts(cell).tolist()):
            told = {ORDER[k] for k in verdicts}
            if told and told <= {Seen.SEEN, Seen.COULD}:
                found[Seen.COULD].append(band)
            elif told == {Seen.COULD_NOT}:
                found[Seen.COULD_NOT].append(band)
        if any(found.values()):
            south, west, _, east = box(cell)
            out.append(HorizonCell(south, west, east - west, found[Seen.COULD], found[Seen.COULD_NOT]))
    return out


def _main(folder: str, now_us: str) -> None:
    bound(BOUNDS)
    with suppress(OSError):
        os.nice(10)
    try:
        said = horizon(Path(folder), int(now_us))
    except (NoflyError, MemoryError) as error:
        said = Horizon(int(now_us), int(now_us), [], str(error)[:300] or "it takes too much memory")
    sys.stdout.buffer.write(msgspec.json.encode(said))


if __name__ == "__main__":
    _main(*sys.argv[1:])
