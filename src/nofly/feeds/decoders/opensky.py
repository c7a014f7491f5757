"""State vectors of the OpenSky Network's REST interface (``/states/all``), polled: one body a call.

A state is a list of 17 values, 18 with ``extended=1``. Its position is as old as ``time_position`` says, not
as ``time`` or ``last_contact``, which is when anything at all was heard; a state without that has had no
position for 15 s. Altitudes, speeds and rates are in metres and m/s; ``baro_altitude`` is on 1013.25 hPa,
``geo_altitude`` above the WGS 84 ellipsoid. Source: OpenSky Network API documentation, "All State Vectors".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from nofly.feeds.decoding import DOCUMENT, Decoded, Decoder, options_of
from nofly.feeds.faults import (
    ADDRESS_INVALID,
    NOT_A_POSITION,
    POSITION_REPEATED,
    RECORD_BROKEN,
    Fault,
    Tally,
    position_fault,
)
from nofly.feeds.readsb import number
from nofly.feeds.rows import Rows
from nofly.feeds.texts import callsign_of, squawk_of, target_of
from nofly.units import US_PER_S

NAME = "opensky"
FRAMING = DOCUMENT
HEIGHTS = ("STD", "HAE")

FIELDS = 17
MOST_AIRCRAFT = 200_000
"""Aircraft whose last position is remembered; past it the one heard of longest ago is forgotten."""

NO_RECENT_POSITION = Fault(
    NOT_A_POSITION.code,
    "states whose position is older than 15 s, or was never told",
    NOT_A_POSITION.severity,
)

_ICAO24, _CALLSIGN, _TIME, _LON, _LAT, _BARO, _GROUND, _SPEED, _TRACK, _RATE = 0, 1, 3, 5, 6, 7, 8, 9, 10, 11
_GEO, _SQUAWK, _SOURCE, _CATEGORY = 13, 14, 16, 17
_SOURCES = {0: "adsb", 1: "system-track", 2: "mlat", 3: "flarm"}
"""position_source; 1 is ASTERIX, which OpenSky gets from trackers."""
_CATEGORIES = {
    2: "A1", 3: "A2", 4: "A3", 5: "A4", 6: "A5", 7: "A6", 8: "A7", 9: "B1", 10: "B2", 11: "B3", 12: "B4",
    14: "B6", 15: "B7", 16: "C1", 17: "C2", 18: "C3", 19: "C4", 20: "C5",
}  # fmt: skip


class _Body(msgspec.Struct, gc=False):
    time: int
    states: list[Any] | None


_DECODER = msgspec.json.Decoder(_Body)


@dataclass(frozen=True, slots=True)
class OpenSkyOptions:
    """There is nothing to choose."""


OPTIONS = OpenSkyOptions


def decoder(options: Mapping[str, object], source: str) -> Decoder:
    """Return a decoder for one live feed; see :mod:`nofly.feeds.decoding`."""
    options_of(OpenSkyOptions, options, source)
    return OpenSkyFeed(source)


class OpenSkyFeed:
    """Turns bodies of states into positions. A record is a state, or a body that is broken."""

    def __init__(self, source: str) -> None:
        self.records = 0
        self._tally = Tally(source)
        self._rows = Rows()
        self._offset = 0
        self._last: dict[str, tuple[int, float, float]] = {}

    def feed(self, data: bytes, received_us: int) -> Decoded:
        """Return the positions that are new in a body, and findings that count the other states."""
        where = f"byte {self._offset}"
        try:
            states = _DECODER.decode(data).states or []
        except (msgspec.DecodeError, RecursionError, ValueError):
            self._tally.add(RECORD_BROKEN, where)
            self.records += 1
        else:
            self.records += len(states)
            received = {"received_us": received_us, "raw": self._offset}
            for place, state in enumerate(states):
                fault = self._state(state, received)
                if fault is not None:
                    self._tally.add(fault, f"{where}, state {place + 1}")
        self._offset += len(data)
        return self._rows.take(), self._tally.take()

    def finish(self, received_us: int) -> Decoded:
        """Return nothing: no body is left half read."""
        return self._rows.take(), self._tally.take()

    def _state(self, state: Any, received: Mapping[str, int]) -> Fault | None:
        """Take one state; return why it is no row, None where it is one."""
        if not isinstance(state, list) or len(state) < FIELDS:
            return RECORD_BROKEN
        target = target_of(state[_ICAO24]) if isinstance(state[_ICAO24], str) else None
        if target is None:
            return ADDRESS_INVALID
        time_s, lat, lon = number(state[_TIME]), number(state[_LAT]), number(state[_LON])
        if state[_TIME] is None or (state[_LAT] is None and state[_LON] is None):
            return NO_RECENT_POSITION
        time_us = None if time_s is None or not 0 < time_s < 1e11 else round(time_s * US_PER_S)
        fault = position_fault(time_us, lat, lon)
        if fault is not None or time_us is None or lat is None or lon is None:
            return fault
        report = (time_us, lat, lon)
        again = self._last.pop(target, None) == report
        self._last[target] = report
        if len(self._last) > MOST_AIRCRAFT:
            self._last.pop(next(iter(self._last)))
        if again:
            return POSITION_REPEATED
        self._rows.add(time_us, target, lat, lon, {**_values(state), **received})
        return None


def _values(state: list[Any]) -> dict[str, Any]:
    ground, speed = state[_GROUND], number(state[_SPEED])
    callsign, kind = state[_CALLSIGN], state[_SOURCE]
    category = state[_CATEGORY] if len(state) > FIELDS else None
    return {
        "callsign": callsign_of(callsign) if isinstance(callsign, str) else None,
        "squawk": squawk_of(state[_SQUAWK]) if isinstance(state[_SQUAWK], str) else None,
        "category": _CATEGORIES.get(category) if type(category) is int else None,
        "alt_std_m": number(state[_BARO]),
        "alt_hae_m": number(state[_GEO]),
        "on_ground": int(ground) if isinstance(ground, bool) else None,
        "gs_mps": speed if speed is not None and speed >= 0 else None,
        "track_deg": number(state[_TRACK]),
        "vrate_mps": number(state[_RATE]),
        "source": _SOURCES.get(kind) if type(kind) is int else None,
    }
