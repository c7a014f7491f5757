"""What can be wrong with a record of traffic, and the count of it: one finding a kind, never one a record."""

from __future__ import annotations

from typing import NamedTuple

from nofly.errors import Finding, Severity
from nofly.feeds.times import LATEST_US


class Fault(NamedTuple):
    """Why a record is not in the result, or what else is to be said of it."""

    code: str
    message: str
    severity: Severity = Severity.REJECTED


TIME_INVALID = Fault("time-invalid", "no time, or none that can be read")
ADDRESS_INVALID = Fault("address-invalid", "no aircraft address, or none of 24 bits")
POSITION_MISSING = Fault("position-missing", "no latitude or longitude")
POSITION_INVALID = Fault("position-invalid", "position outside ±90°, ±180°")
RECORD_BROKEN = Fault("record-broken", "record that cannot be read")
NOT_A_POSITION = Fault("not-a-position", "records that carry no position", Severity.INFO)
POSITION_REPEATED = Fault(
    "position-repeated", "the last position of an aircraft, told once more", Severity.INFO
)
CALLSIGN_MASKED = Fault(
    "callsign-masked", "aircraft marked PIA or LADD: callsign left out (respect_privacy)", Severity.INFO
)

NOT_ROWS = frozenset({NOT_A_POSITION.code, POSITION_REPEATED.code})
"""Codes of findings that, like those of severity rejected, count records that are not rows."""


def position_fault(time_us: int | None, lat_deg: float | None, lon_deg: float | None) -> Fault | None:
    """Return what is wrong with a position, None where nothing is."""
    if time_us is None or not 0 < time_us < LATEST_US:
        return TIME_INVALID
    if lat_deg is None or lon_deg is None:
        return POSITION_MISSING
    if not (-90.0 <= lat_deg <= 90.0 and -180.0 <= lon_deg <= 180.0):
        return POSITION_INVALID
    return None


class Tally:
    """Counts faults, and remembers where each was first met."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._met: dict[Fault, tuple[int, str]] = {}

    def add(self, fault: Fault, locator: str, count: int = 1) -> None:
        """Count a fault; ``locator`` is kept where it is the first of its kind."""
        if count:
            known = self._met.get(fault)
            self._met[fault] = (count, locator) if known is None else (known[0] + count, known[1])

    def take(self) -> list[Finding]:
        """Return one finding a kind, and begin anew."""
        met, self._met = self._met, {}
        return [
            Finding(fault.code, fault.severity, fault.message, self._source, locator, count)
            for fault, (count, locator) in met.items()
        ]
