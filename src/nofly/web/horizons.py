"""What could have been seen lately, kept for all who ask: told anew from time to time, beside the loop, while
anybody asks."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from nofly.run.following.horizon import Horizon, horizon_apart
from nofly.run.outputs.text import iso_time, printable
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
    _answer: msgspec.Raw | None = None
    _telling: asyncio.Task[None] | None = field(default=None, repr=False)

    def at(self, now_us: int) -> msgspec.Raw | None:
        """Return what is known, at once, as JSON; None where nothing is yet. Where that is old, telling it
        anew begins; never two at a time."""
        known = self._last
        fresh = known is not None and 0 <= now_us - known.time_us < STALE_US
        if not fresh and (self._telling is None or self._telling.done()):
            self._telling = asyncio.create_task(self._tell(now_us))
        return self._answer if known is not None and 0 <= now_us - known.time_us < DROPPED_US else None

    async def _tell(self, now_us: int) -> None:
        try:
            self._last, self._answer = await asyncio.to_thread(self._told, now_us)
        except OSError as error:
            log.warning("what could have been seen is not told: %s", error)

    def _told(self, now_us: int) -> tuple[Horizon, msgspec.Raw]:
        found = horizon_apart(self.folder, now_us)
        said = {
            "time": iso_time(found.time_us), "from_time": iso_time(found.from_us), "cells": found.cells,
            "why": printable(found.why),
        }  # fmt: skip
        return found, msgspec.Raw(msgspec.json.encode(said))
