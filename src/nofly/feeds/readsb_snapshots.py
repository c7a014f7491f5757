"""Snapshots of readsb and its kin (``aircraft.json``) to positions, shared by their files and feeds.

The answer of an aggregator's interface (``ac`` in place of ``aircraft``, ``now`` in milliseconds) reads the
same. The time of a position is ``now`` minus ``seen_pos``. An aircraft whose last position the next snapshot
repeats has not reported a new one: the repetition is counted, not read. ``lastPosition`` (older than a
minute, which readsb calls no longer valid) and ``rr_lat`` (a rough estimate) are not positions. Source:
readsb's README-json.md.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

import msgspec

from nofly.errors import Severity
from nofly.feeds import readsb
from nofly.feeds.faults import (
    ADDRESS_INVALID,
    CALLSIGN_MASKED,
    NOT_A_POSITION,
    POSITION_REPEATED,
    RECORD_BROKEN,
    Fault,
    Tally,
    position_fault,
)
from nofly.feeds.rows import Rows, Values
from nofly.feeds.texts import target_of

REPEATED_US = 250_000
"""``now`` and ``seen_pos`` are rounded to 0.1 s: the same place so near in time is the same report."""
MOST_AIRCRAFT = 200_000

AGE_UNKNOWN = Fault(
    "position-age-unknown", "positions without seen_pos: taken to be as old as the snapshot", Severity.WARNING
)
GPS_DEGRADED = Fault(
    "gps-degraded", "positions of aircraft whose GPS readsb doubts (gpsOkBefore)", Severity.WARNING
)


class Snapshot(msgspec.Struct, gc=False):
    """One ``aircraft.json``; ``ac`` is what aggregators call its list."""

    now_s: float | None = msgspec.field(name="now", default=None)
    aircraft: list[Any] | None = None
    ac: list[Any] | None = None


class SnapshotReader:
    """Adds what is new in each snapshot to ``rows``, and counts the rest in ``tally``."""

    def __init__(self, source: str, respect_privacy: bool) -> None:
        self.rows = Rows()
        self.tally = Tally(source)
        self._respect_privacy = respect_privacy
        self._last: dict[str, tuple[int, float, float]] = {}
        self._snapshot = 0

    def take(self, snapshot: Snapshot, more: Values = MappingProxyType({})) -> int:
        """Add a snapshot's positions to the rows, each with ``more``; return how many aircraft are in it."""
        now = snapshot.now_s
        now_us = None if now is None or not 0 < now < 1e14 else round(now * (1e3 if now > 1e11 else 1e6))
        entries = snapshot.aircraft if snapshot.aircraft is not None else snapshot.ac
        for place, entry in enumerate(entries or []):
            where = f"snapshot {self._snapshot + 1}, aircraft {place + 1}"
            fault = self._add(entry, now_us, where, more)
            if fault is not None:
                self.tally.add(fault, where)
        self._snapshot += 1
        return len(entries or [])

    def _add(self, entry: Any, now_us: int | None, where: str, more: Values) -> Fault | None:
        """Add one aircraft; return why it is no row, None where it is one."""
        if not isinstance(entry, dict):
            return RECORD_BROKEN
        get = entry.get
        if get("lat") is None and get("lon") is None:
            return NOT_A_POSITION
        target = target_of(get("hex"))
        if target is None:
            return ADDRESS_INVALID
        lat, lon, age_s = readsb.number(get("lat")), readsb.number(get("lon")), readsb.number(get("seen_pos"))
        time_us = now_us
        if now_us is not None and age_s is not None and 0 <= age_s < 1e6:
            time_us = now_us - round(age_s * 1e6)
        fault = position_fault(time_us, lat, lon)
        if fault is not None or time_us is None or lat is None or lon is None:
            return fault
        if self._repeats(target, time_us, lat, lon):
            return POSITION_REPEATED
        private = self._respect_privacy and readsb.is_private(get("dbFlags"))
        self.tally.add(AGE_UNKNOWN, where, age_s is None)
        self.tally.add(GPS_DEGRADED, where, get("gpsOkBefore") is not None)
        self.tally.add(CALLSIGN_MASKED, where, private and get("flight") is not None)
        self.rows.add(time_us, target, lat, lon, {**_values(entry, private), **more})
        return None

    def _repeats(self, target: str, time_us: int, lat_deg: float, lon_deg: float) -> bool:
        last = self._last.pop(target, None)
        again = last is not None and last[1:] == (lat_deg, lon_deg) and abs(time_us - last[0]) <= REPEATED_US
        self._last[target] = last if again and last is not None else (time_us, lat_deg, lon_deg)
        if len(self._last) > MOST_AIRCRAFT:
            self._last.pop(next(iter(self._last)))
        return again


def _values(entry: dict[str, Any], private: bool) -> dict[str, Any]:
    get = entry.get
    rate = get("baro_rate")
    return {
        **readsb.heights(get("alt_baro"), get("alt_geom")),
        **readsb.motion(get("gs"), get("track"), get("geom_rate") if rate is None else rate),
        **readsb.quality(get("nic"), get("nac_p"), get("sil"), get("rc")),
        **readsb.identity(get("flight"), get("squawk"), get("category"), private),
        "source": readsb.surveillance(get("type"), get("mlat"), get("tisb")),
    }
