"""What could have been seen lately, kept for all who ask: told anew from time to time, beside the loop, while
anybody asks."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from pathlib import Path

from nofly.run.following.horizon import Horizon, horizon_apart
from nofly.units import US_PER_S

log = logging.getLogger("nofly.web")
STALE_US = 300 * US_PER_S
"""So old it is told anew."""
DROPPED_US = 1800 * US_PER_S
"""So old it says nothing of now."""


@dataclass(slots=True)
class Horizons:
    """What was told last of the watch in a state folder."""

    folder: Path
    _last: Horizon | None = None
    _telling: asyncio.Task[None] | None = field(default=None, repr=False)

    def at(self, now_us: int) -> Horizon | None:
        """Return what is known, at once; None where nothing is yet. Where that is old, telling it anew
        begins; never two at a time."""
        known = self._last
        fresh = known is not None and 0 <= now_us - known.time_us < STALE_US
        if not fresh and (self._telling is None or self._telling.done()):
            self._telling = asyncio.create_task(self._tell(now_us))
        return known if known is not None and 0 <= now_us - known.time_us < DROPPED_US else None

    async def _tell(self, now_us: int) -> None:
        try:
            self._last = await asyncio.to_thread(horizon_apart, self.folder, now_us)
        except OSError as error:
            log.warning("what could have been seen is not told: %s", error)
            self._last = Horizon(now_us, now_us, [], "it could not be begun")
