"""The law of a watch, read again as it goes on: when it is asked for, and when there is more in the register.

It is read beside the loop, which goes on taking reports by the law that it has.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from nofly.errors import Finding, NoflyError
from nofly.run.files.zonefiles import ZoneSet
from nofly.run.live.engine import EngineOptions
from nofly.run.outputs.text import printable
from nofly.run.registering.following import Followed
from nofly.run.watch import Watch
from nofly.units import US_PER_S

Read = tuple[ZoneSet, EngineOptions, list[Finding]]

POLL_S = 2.0
"""The register is looked at so often."""
SETTLE_S = 10.0
"""So long at most it is waited for what came before an act to be judged, beyond how late reports may be."""
_LOOK_S = 0.1


@dataclass(slots=True)
class LawReader:
    """Has a watch judge by other zones, heights and lists. Where they cannot be read it goes on by those that
    it has, and shows why."""

    watch: Watch
    read: Callable[[], Read]
    """Reads all of it, in a thread of its own."""
    taken: Callable[[ZoneSet, list[Finding]], None]
    """Called with what was read, as the watch is given it."""
    say: Callable[[str], None]
    register: Followed | None = None
    behind_s: float = 0.0
    """How far what is judged lies behind what comes, by how the feeds are planned."""
    _asked: asyncio.Event = field(default_factory=asyncio.Event)
    _hashes: list[str] = field(init=False)
    _lost: bool = False
    """Whether the register could not be read."""

    def __post_init__(self) -> None:
        self._hashes = [zone.zone_hash for zone in self.watch.plan.law]

    def again(self) -> None:
        """Have all of it read again, soon."""
        self._asked.set()

    async def run(self) -> None:
        """Read whenever there is something to be read, until cancelled."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(None if self.register is None else POLL_S):
                    await self._asked.wait()
            asked = self._asked.is_set()
            self._asked.clear()
            if asked or await self._moved():
                await self._settle()
                await self._read(asked=asked)

    async def _settle(self) -> None:
        """Wait until what came before now is judged: else a zone that an act ends now would begin anew, as
        another edition, and end. It is not waited for feeds that tell of the past, or of nothing."""
        if self.register is None:
            return
        now_us, most_s = self.watch.clock(), self.behind_s + SETTLE_S
        for _ in range(round(most_s / _LOOK_S)):
            judged_us = self.watch.judged_us
            if judged_us is None or not 0 < now_us - judged_us < most_s * US_PER_S:
                return
            await asyncio.sleep(_LOOK_S)

    async def _moved(self) -> bool:
        """Return whether the register is to be read: there is more in it, or it can be read again."""
        if self.register is None:
            return False
        try:
            return await asyncio.to_thread(self.register.moved) or self._lost
        except (NoflyError, OSError) as error:
            self._lost = True
            self._fail(error)
            return False

    async def _read(self, *, asked: bool) -> None:
        try:
            law, options, findings = await asyncio.to_thread(self.read)
        except (NoflyError, OSError) as error:
            self._fail(error)
            return
        was_lost, self._lost = self._lost, False
        hashes = [zone.zone_hash for zone in law]
        if was_lost:
            self.say("nofly: the zones can be read again")
        if not asked and hashes == self._hashes:
            # An act on a request changes no law until it is promulgated.
            self.watch.law_trouble = None
            return
        self._hashes = hashes
        self.taken(law, findings)
        self.watch.reload(law.zones, options)

    def _fail(self, error: Exception) -> None:
        trouble = printable(str(error))
        if trouble != self.watch.law_trouble:
            self.say(f"nofly: the zones stay as they are: {trouble}")
        self.watch.law_trouble = trouble
