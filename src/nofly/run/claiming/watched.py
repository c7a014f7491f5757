"""What a watch kept of the flights that a claim speaks of."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from nofly.proof.claims import ClaimFile, Statement
from nofly.run.declaring.effect import Near
from nofly.run.files.trackfiles import TrackBatch
from nofly.store.positions.layout import Wanted
from nofly.units import US_PER_S

AROUND_S = 3600.0
"""So long before and after the times that are stated is looked at."""
MOST_SPAN_S = 2 * 86_400.0


class Watched:
    """The reports in a state folder from the times that a claim states. ``whole`` is as of
    :class:`nofly.run.declaring.effect.Near`."""

    def __init__(self, state: Path, claim: ClaimFile) -> None:
        span_us = _span_us([s for s in claim.statements if s.about.transponder != "off"])
        self._near = None if span_us is None else Near(state, Wanted(from_us=span_us[0], until_us=span_us[1]))

    def batches(self) -> Iterator[TrackBatch]:
        """Yield them."""
        return iter(()) if self._near is None else self._near.batches()

    @property
    def whole(self) -> bool:
        """Whether all of them were given out last time."""
        return self._near is None or self._near.whole

    def any(self) -> bool:
        """Return whether there are any."""
        return any(len(batch.positions) for batch in self.batches())


def _span_us(statements: list[Statement]) -> tuple[int, int] | None:
    """Return the time span of all that is stated with a time; None of none, or of one that is too long."""
    timed = [s for s in statements if s.time_us is not None]
    if not timed:
        return None
    around = int(AROUND_S * US_PER_S)
    first, last = [], []
    for statement in timed:
        off_us, time_us = int(statement.time_err_s * US_PER_S), statement.time_us or 0
        lasting = statement.readings[0].quantities.get("duration")
        longest_s = min(lasting.high_value, MOST_SPAN_S) if lasting else 0.0
        until_us = statement.until_us or time_us + int(longest_s * US_PER_S)
        first.append(time_us - off_us - around)
        last.append(until_us + off_us + around)
    return (min(first), max(last)) if max(last) - min(first) <= MOST_SPAN_S * US_PER_S else None
