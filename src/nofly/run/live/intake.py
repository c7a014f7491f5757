"""Reports of several feeds in order of time: held until no feed can bring an older one.

The watermark is the time of events up to which every feed has brought what it has: of each the latest time
it told, less how late it may come. A feed that brings nothing for a while is not waited for. Time is that of
events, so that what comes out does not depend on how fast it came. What time passes without reports is
measured by a clock that nobody sets.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from nofly.run.live.packing import Table, as_positions, as_table
from nofly.schema import Positions, concatenate
from nofly.units import US_PER_S

SILENCE_S = 60.0
"""By so much the clock is trusted less than reports: feeds bring them in bursts."""
NEVER_US = int(np.iinfo(np.int64).min // 2)


class Intake:
    """What was received and not yet judged."""

    def __init__(self, lateness_s: Sequence[float], hold_s: float = 2.0) -> None:
        """``lateness_s`` is how late reports of each feed may come, in time of events; a feed of which
        nothing came for ``hold_s``, or nothing but what lies so far behind the others, is not waited for.

        What is called ``steady_us`` below are microseconds of a clock that nobody sets, from any beginning.
        """
        self._lateness_us = [round(s * US_PER_S) for s in lateness_s]
        self._hold_us = round(hold_s * US_PER_S)
        self._latest_us = [NEVER_US] * len(lateness_s)
        self._came_us = [NEVER_US] * len(lateness_s)
        self._waiting: list[Positions] = []
        self._until_us = NEVER_US

    def add(self, feed: int, positions: Positions, steady_us: int, latest_us: int | None = None) -> None:
        """Take what a feed brought. Of a feed that is none of these (any more) nobody waits for the next.

        ``latest_us`` is the latest time that it told, where these positions are not all that it brought.
        """
        if len(positions):
            self._waiting.append(positions)
            if latest_us is None:
                latest_us = int(positions.time_us.max())
        if latest_us is not None and feed < len(self._latest_us):
            self._latest_us[feed] = max(self._latest_us[feed], latest_us)
            self._came_us[feed] = steady_us

    @property
    def until_us(self) -> int:
        """Up to when reports were released."""
        return self._until_us

    @property
    def latest_us(self) -> int:
        """The time of the latest report."""
        return max([*self._latest_us, self._until_us])

    def watermark_us(self, steady_us: int) -> int:
        """Return the time up to which everything is there, as far as can be known; it never goes back."""
        awaited = self._awaited(steady_us)
        # Where none speaks, nobody is waited for.
        found = min(awaited) if awaited else max(self._latest_us, default=NEVER_US)
        return max(self._until_us, found)

    def lapse_us(self, steady_us: int) -> int:
        """Return the time that it is at least, by reports and by the clock since the last: who was silent for
        long before it is lost, though no feed speaks any more."""
        until_us = self.watermark_us(steady_us)
        if self._awaited(steady_us):
            return until_us
        spoke = [
            latest - late + steady_us - came
            for latest, late, came in zip(self._latest_us, self._lateness_us, self._came_us, strict=True)
            if latest > NEVER_US
        ]
        return max(until_us, max(spoke, default=NEVER_US) - round(SILENCE_S * US_PER_S))

    def _awaited(self, steady_us: int) -> list[int]:
        """Return the times up to which those feeds have brought all that are waited for."""
        newest_us = max(self._latest_us, default=NEVER_US)
        return [
            latest - late
            for latest, late, came in zip(self._latest_us, self._lateness_us, self._came_us, strict=True)
            if latest > NEVER_US
            and steady_us - came <= self._hold_us
            and newest_us - latest <= late + self._hold_us
        ]

    def release(self, until_us: int) -> Positions:
        """Return all reports up to a watermark in order of time; of one instant, as they came."""
        self._until_us = max(self._until_us, until_us)
        if not self._waiting:
            return concatenate([])
        whole = concatenate(self._waiting)
        order = np.argsort(whole.time_us, kind="stable")
        ready = int(np.searchsorted(whole.time_us[order], self._until_us, "right"))
        self._waiting = [whole.take(order[ready:]).copied()] if ready < len(order) else []
        if ready == len(order) and bool(np.all(np.diff(order) == 1)):
            return whole
        return whole.take(order[:ready])

    def save(self) -> dict[str, Any]:
        """Return the state for :func:`nofly.run.live.packing.pack`."""
        waiting = [as_table(positions) for positions in self._waiting]
        return {"latest": self._latest_us, "waiting": waiting, "until": self._until_us}

    def load(self, state: dict[str, Any], steady_us: int) -> None:
        """Take up a state that :meth:`save` returned; of another number of feeds only what waits."""
        self._waiting = [as_positions(Table(*table)) for table in state["waiting"]]
        self._until_us = state["until"]
        if len(state["latest"]) == len(self._latest_us):
            self._latest_us = state["latest"]
            self._came_us = [NEVER_US if latest == NEVER_US else steady_us for latest in self._latest_us]
