"""Who a record is of: a name for each track that stays the same, and reports that come twice."""

from __future__ import annotations

from nofly.feeds.decoders._asterix_report import Report
from nofly.feeds.texts import target_of

ADDRESS_AGE_US = 60_000_000
"""A track that told its address keeps it for so long where later records leave it out."""
MOST_TRACKS = 100_000
"""Tracks and targets that are remembered; past it the one heard of longest ago is forgotten."""


class Tracks:
    """Names targets: by aircraft address, else by the source's track number."""

    def __init__(self) -> None:
        self._addresses: dict[tuple[int, int, int, int], tuple[int, str]] = {}
        self._last: dict[str, tuple[int, float, float]] = {}

    def target(self, source: tuple[int, int, int], report: Report, time_us: int) -> str | None:
        """Return ``icao24:4ca7b3``, ``asterix:025/010/1234``, or None for a plot that nothing names.

        ``source`` is category, SAC and SIC.
        """
        track = None if report.track is None else (*source, report.track)
        if report.address:
            name = target_of(f"{'~' if report.anonymous else ''}{report.address:06x}")
            if track is not None and name is not None:
                self._addresses.pop(track, None)
                if not report.ends:
                    self._addresses[track] = (time_us, name)
                if len(self._addresses) > MOST_TRACKS:
                    self._addresses.pop(next(iter(self._addresses)))
            return name
        if track is None:
            return None
        known = self._addresses.pop(track, None)
        if known is not None and abs(time_us - known[0]) <= ADDRESS_AGE_US:
            if not report.ends:
                self._addresses[track] = (time_us, known[1])
            return known[1]
        return f"asterix:{source[1]:03d}/{source[2]:03d}/{report.track}"

    def repeats(self, target: str, time_us: int, lat_deg: float, lon_deg: float) -> bool:
        """Return whether this is the last report of a target once more (sent on two networks, say)."""
        report = (time_us, lat_deg, lon_deg)
        again = self._last.pop(target, None) == report
        self._last[target] = report
        if len(self._last) > MOST_TRACKS:
            self._last.pop(next(iter(self._last)))
        return again
