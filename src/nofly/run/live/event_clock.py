"""What time it is by the times of reports: those of a feed may lie behind the clock, by hours even."""

from __future__ import annotations

from dataclasses import dataclass

from nofly.run.live.intake import NEVER_US


@dataclass(slots=True)
class EventClock:
    """The time of the latest report, and how far it lay behind the clock as it came."""

    behind_us: int = 0
    latest_us: int = NEVER_US

    def came(self, latest_us: int, now_us: int) -> None:
        """Note the time of the latest report as of now (UTC microseconds)."""
        if latest_us > self.latest_us:
            self.latest_us, self.behind_us = latest_us, now_us - latest_us

    def started_us(self, now_us: int, judged_us: int, *, live: bool) -> int:
        """Return from when on the zones are in force that a watch is started with now, where all up to
        ``judged_us`` was judged by others: as of now by the times of live reports; a recording goes on where
        it was."""
        return max(judged_us + 1, now_us - self.behind_us) if live else judged_us + 1
