"""Tells what was recorded: takes alerts from the outbox and hands them to their channels.

Each channel has a task of its own, so that one that hangs holds up no other, nor the loop that watches. What
cannot be told is tried again, later each time; more than a channel's rate waits. Where more waits than may be
told, and where telling has failed, the newest notice of an incident stands for the older ones and says for
how many: none is told after one that supersedes it. An alert is noted as told only when its channel has said
so: killed in between, the next process tells it once more with the same key.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from nofly.alerts import Condition
from nofly.run.alerting.desk import Clock, Desk
from nofly.run.alerting.line import ChannelState, Line, shown
from nofly.run.alerting.plans import AlertPlan
from nofly.run.alerting.words import ZoneOf, as_told
from nofly.zones.model import Zone

_AFTER_FAULT_S = 1.0


class Telling:
    """Tells the alerts of a store on all channels until :meth:`run` is cancelled.

    Only one may be at work on a store. Raises ConfigError, when made, where a channel cannot be.
    """

    def __init__(
        self, plans: Sequence[AlertPlan], store_path: Path | str, clock: Clock, *,
        zone_of: ZoneOf = lambda _: None, condition: Callable[[], Condition] = Condition,
        chance: Callable[[], float] = random.random,
    ) -> None:  # fmt: skip
        """``clock`` returns UTC microseconds and may jump; ``zone_of`` returns a zone by its hash;
        ``condition`` says how the watch is; ``chance`` returns evenly drawn numbers from [0, 1)."""
        self._clock, self._desk = clock, Desk(Path(store_path), clock, zone_of)
        self._lines = []
        for plan in plans:
            channel = plan.module.channel(plan.own, f"alert {plan.name!r}", clock)
            self._lines.append(Line(plan, channel, self._desk, condition, chance))
        self._woken = {line.plan.name: asyncio.Event() for line in self._lines}

    @property
    def states(self) -> tuple[ChannelState, ...]:
        """How each channel is, in the order of the plans."""
        return tuple(line.state for line in self._lines)

    def wake(self) -> None:
        """Look for alerts at once: they were appended. To be called in the event loop's thread."""
        for line in self._lines:
            line.look()
            self._woken[line.plan.name].set()

    def watch(self, zones: Sequence[Zone], open_incidents: Sequence[str] = ()) -> None:
        """Show the channels what is watched from now on, and which incidents (or warnings) are open, by
        name. To be called before :meth:`run`, and when the zones change."""
        shown = tuple(as_told(zone) for zone in zones)
        for line in self._lines:
            line.show(shown, tuple(open_incidents))
        self.wake()

    async def run(self) -> None:
        """Tell until cancelled. Raises StoreError where there is no store."""
        await self._desk.open()
        try:
            async with asyncio.TaskGroup() as group:
                for line in self._lines:
                    group.create_task(self._serve(line), name=f"alert {line.plan.name}")
                # Without a channel there is nothing to do, and it is not over either.
                await asyncio.Event().wait()
        finally:
            await asyncio.gather(*(line.close() for line in self._lines))
            await self._desk.close()

    async def drain(self, within_s: float) -> bool:
        """Wait, while :meth:`run` runs, until nothing waits any more; return whether that is so in time."""

        async def waiting() -> bool:
            names = [line.plan.name for line in self._lines]
            found = await self._desk.do(lambda store: [store.outbox.backlog(name) for name in names])
            return any(one.waiting + one.claimed for one in found)

        self.wake()
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                while not self._desk.is_open or await waiting():
                    await asyncio.sleep(0.05)
                return True
        return False

    async def _serve(self, line: Line) -> None:
        """Look after one channel for ever; whatever goes wrong with it stays with it."""
        woken = self._woken[line.plan.name]
        while True:
            woken.clear()
            try:
                wait_s = await line.turn()
            except Exception as error:  # a full disk, a locked store: the task goes on
                line.failed(shown(error), self._clock(), row=line.state.failures)
                wait_s = _AFTER_FAULT_S
            with suppress(TimeoutError):
                async with asyncio.timeout(max(wait_s, 0.001)):
                    await woken.wait()
