"""What a channel that shows a state is to show, and when that is to be looked at anew.

What is muted, exempted or cleared is taken off there, and shown again once that holds no longer. Whoever says
so may be another process, so it is looked at the record now and then.
"""

from __future__ import annotations

from collections.abc import Iterable

from nofly.alerts import Notice
from nofly.run.alerting.desk import Desk
from nofly.run.alerting.plans import AlertPlan
from nofly.run.alerting.silences import Silence

LOOK_S = 1.0
"""So often it is looked whether anybody said anything."""


class Standing:
    """The incidents of one channel that are open, told there or not."""

    def __init__(self) -> None:
        self._open: dict[str, str] = {}
        """By the thread of its notices, where one is known, each incident's name."""
        self._sequence: int | None = None
        """The last record up to which it is known what was said; None: not looked yet."""
        self._until_us: int | None = None
        """When the first holds no longer of what was said."""

    def begin(self, names: Iterable[str]) -> None:
        """Take up incidents (or warnings) that are open."""
        self._open = {**{name: name for name in names if name not in self._open.values()}, **self._open}

    def told(self, notice: Notice) -> None:
        """Note a notice that was told."""
        if notice.active is None:
            return
        for name in (notice.thread, notice.incident):
            self._open.pop(name, None)
        if notice.active:
            self._open[notice.thread] = notice.incident

    def silenced(self, notice: Notice, silence: Silence) -> None:
        """Note a notice that was not told because somebody said so."""
        self.told(notice)
        self._until(silence.until_us)

    async def is_due(self, desk: Desk) -> bool:
        """Return whether something was said, or holds no longer, since it was asked before."""
        sequence, said = await desk.said_since(self._sequence)
        first, self._sequence = self._sequence is None, sequence
        over = self._until_us is not None and self._until_us <= await desk.now_us()
        if over:
            self._until_us = None
        return bool(self._open) and not first and (said or over)

    async def notices(self, desk: Desk, plan: AlertPlan) -> list[Notice]:
        """Return the last notice of each incident that is to be shown."""
        notices, until_us = await desk.standing(list(dict.fromkeys(self._open.values())), plan)
        self._until(until_us)
        return notices

    def _until(self, until_us: int | None) -> None:
        known = [one for one in (self._until_us, until_us) if one is not None]
        self._until_us = min(known, default=None)
