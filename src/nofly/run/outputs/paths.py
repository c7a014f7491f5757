"""Where a target flew: the reports of a result, by target, and the part of them inside a stay."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nofly.incidents.record import Infringement
from nofly.run.result import CheckResult
from nofly.schema import Positions

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Paths:
    """The tracks of a result, one look-up a target."""

    def __init__(self, result: CheckResult) -> None:
        self._rows: dict[str, NDArray[np.int64]] = {}
        self.positions = result.tracks
        if result.tracks is None or not len(result.tracks):
            return
        codes = result.tracks.target.codes
        order = np.lexsort((result.tracks.time_us, codes))
        starts = np.flatnonzero(np.diff(codes[order], prepend=codes[order[0]] - 1))
        for start, end in zip(starts, [*starts[1:], len(order)], strict=True):
            rows = order[start:end]
            name = result.tracks.target.at(int(rows[0]))
            if name is not None:
                self._rows[name] = rows

    def track(
        self, target_id: str, start_us: int | None = None, end_us: int | None = None
    ) -> Positions | None:
        """Return the target's reports in time order, from start to end where given; None without any."""
        rows = self._rows.get(target_id)
        if rows is None or self.positions is None:
            return None
        if start_us is not None and end_us is not None:
            times = self.positions.time_us[rows]
            rows = rows[np.searchsorted(times, start_us) : np.searchsorted(times, end_us, side="right")]
        return self.positions.take(rows)

    def stay(self, stay: Infringement) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Return times (n) and places (n, 2: lat, lon) of a stay: entry, the reports within it, exit."""
        times = [stay.entry_time_us, stay.exit_time_us]
        places = [(stay.entry_lat_deg, stay.entry_lon_deg), (stay.exit_lat_deg, stay.exit_lon_deg)]
        track = self.track(stay.target_id, stay.entry_time_us + 1, stay.exit_time_us - 1)
        if track is None or not len(track):
            return np.array(times), np.array(places)
        between = np.column_stack([track.lat_deg, track.lon_deg])
        return (
            np.concatenate([times[:1], track.time_us, times[1:]]),
            np.concatenate([np.array(places[:1]), between, np.array(places[1:])]),
        )
