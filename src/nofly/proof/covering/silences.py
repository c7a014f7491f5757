"""Minutes in which the receivers around a place received nothing at all: an empty sky, or no reception."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from nofly.proof.covering.cells import HOUR_US, MINUTE_US, UNTOLD, centres, minutes_of, unit_vectors
from nofly.proof.covering.evidence import NEAR_M, Evidence
from nofly.proof.covering.sightings import OTHERS, PLACES_PER_DEG, bands, stations
from nofly.proof.covering.unseen_ways import LOWEST_BAND

if TYPE_CHECKING:
    from numpy.typing import NDArray

JUST_US = 5 * MINUTE_US
"""Aircraft that were received so shortly before were still flying."""


@dataclass(frozen=True, slots=True)
class Silence:
    """How much of a time was silent."""

    minutes: int
    """Minutes asked for."""
    minutes_up: int
    """Of them those in which anything was received."""
    hours: int
    """Whole hours in which nothing was."""
    cut_off: int
    """Aircraft above 5,000 ft that were received within five minutes before a silence of all the time, and
    not in it."""

    @property
    def whole(self) -> bool:
        """Whether nothing was received in all the time."""
        return self.minutes_up == 0

    def numbers(self) -> dict[str, Any]:
        """Return the numbers of a statement."""
        return {
            "minutes": self.minutes, "minutes_up": self.minutes_up, "hours_silent": self.hours,
            "aircraft_cut_off": self.cut_off,
        }  # fmt: skip


def silence(evidence: Evidence, cell: int, up: NDArray[np.uint64], from_us: int, until_us: int) -> Silence:
    """Return how much of a time was silent around a cell; ``up`` are its minutes of every hour."""
    first, last = from_us // HOUR_US, max(until_us - 1, from_us) // HOUR_US
    minutes = max(until_us - 1, from_us) // MINUTE_US - from_us // MINUTE_US + 1
    received = hours = 0
    for k in np.flatnonzero((evidence.hours >= first) & (evidence.hours <= last)).tolist():
        asked = minutes_of(int(evidence.hours[k]), from_us, until_us)
        received += (int(up[k]) & asked).bit_count()
        hours += bool(int(up[k]) & asked)
    cut_off = 0 if received else _cut_off(evidence, cell, up, from_us, until_us)
    return Silence(minutes, received, last - first + 1 - hours, cut_off)


def _cut_off(evidence: Evidence, cell: int, up: NDArray[np.uint64], from_us: int, until_us: int) -> int:
    """Return how many aircraft were in flight when the silence began that a time lies in."""
    began_us = _began(evidence, up, from_us)
    if began_us is None:
        return 0
    rows = evidence.rows
    known = (rows["aircraft"] != OTHERS) & (bands(rows["key"]) >= LOWEST_BAND)
    known &= bands(rows["key"]) < UNTOLD
    known &= (rows["last_us"] >= began_us - JUST_US) & (rows["last_us"] < began_us)
    rows = rows[known]
    lat, lon = rows["last_lat"] / PLACES_PER_DEG, rows["last_lon"] / PLACES_PER_DEG
    near = unit_vectors(lat, lon) @ unit_vectors(*centres(np.array([cell])))[0]
    rows = rows[near > np.cos(NEAR_M / 6_371_000.0)]
    reach = evidence.reach(cell)
    if reach:
        rows = rows[np.isin(stations(rows["key"]), reach)]
    return len(np.setdiff1d(rows["aircraft"], _on_after(evidence, began_us, until_us)))


def _on_after(evidence: Evidence, began_us: int, until_us: int) -> NDArray[np.uint64]:
    """Return the aircraft that were received elsewhere in the silence."""
    rows = evidence.rows
    there = (rows["first_us"] < max(until_us, began_us + 1)) & (rows["last_us"] >= began_us)
    return rows["aircraft"][there]


def _began(evidence: Evidence, up: NDArray[np.uint64], time_us: int) -> int | None:
    """Return the end of the last minute before a time in which something was received; None for none."""
    minute = time_us // MINUTE_US
    for k in np.flatnonzero((up != 0) & (evidence.hours * 60 <= minute))[::-1].tolist():
        before = int(up[k]) & minutes_of(int(evidence.hours[k]), -(1 << 62), minute * MINUTE_US)
        if before:
            return (int(evidence.hours[k]) * 60 + before.bit_length()) * MINUTE_US
    return None
