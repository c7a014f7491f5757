"""Where the aircraft of a statement was seen, as lines for a map."""

from __future__ import annotations

import numpy as np

from nofly.proof.claiming.against import window_us
from nofly.proof.claiming.sheet import Entry
from nofly.proof.claiming.trace import Trace
from nofly.units import US_PER_S

AROUND_S = 900.0
"""So long before and after the time that is stated is shown too."""
MOST_PLACES = 2_000

Piece = tuple[tuple[float, float], ...]


def flown(entry: Entry) -> tuple[Piece, ...]:
    """Return where it was seen at the time that is stated, as (lat_deg, lon_deg): a piece ends where the next
    report is further away than the longest gap. Of a long flight only some places are given, the ends of
    each piece among them; nothing without a trace."""
    record = entry.record
    if record is None or record.trace is None:
        return ()
    window = window_us(entry.statement, entry.best.reading, record)
    if window is None:
        return ()
    around_us = int(AROUND_S * US_PER_S)
    trace = record.trace.during(window[0] - around_us, window[1] + around_us)
    return _pieces(trace, int(record.max_gap_s * US_PER_S))


def _pieces(trace: Trace, most_us: int) -> tuple[Piece, ...]:
    lat, lon, times = trace.positions.lat_deg, trace.positions.lon_deg, trace.time_us
    if not len(times):
        return ()
    cuts = np.flatnonzero(np.diff(times) > most_us) + 1
    each = max(1, -(-len(times) // MOST_PLACES))
    pieces = []
    for rows in np.split(np.arange(len(times)), cuts):
        kept = np.unique(np.append(rows[::each], rows[-1])).tolist()
        pieces.append(tuple((float(lat[k]), float(lon[k])) for k in kept))
    return tuple(pieces)
