"""The error of each number of a verdict, 95 %, from the reports on both sides of entry and exit."""

from __future__ import annotations

from typing import Any

import numpy as np

from nofly.geo.heights import fill_heights
from nofly.incidents.record import Infringement
from nofly.run.judging.preparing import TIME_ERR_S, Aids, position_errors_m
from nofly.run.result import CheckResult
from nofly.schema import Positions


def errors_of(result: CheckResult, stay: Infringement, aids: Aids) -> dict[str, float | None]:
    """Return the errors of times, places and height of a stay as plain values, None where there is nothing to
    be wrong; those of depth and duration stand in its verdict.

    A crossing lies between two reports: its place is as wrong as the worse of them, at most.
    """
    entry, exit_ = (_beside(result, stay, time_us) for time_us in (stay.entry_time_us, stay.exit_time_us))
    return {
        "entry_time_err_s": TIME_ERR_S, "exit_time_err_s": TIME_ERR_S,
        "entry_position_err_m": _worst(position_errors_m(entry)),
        "exit_position_err_m": _worst(position_errors_m(exit_)),
        "height_err_m": None if stay.height_m is None else _height_err_m(entry, stay.height_datum, aids),
    }  # fmt: skip


def _beside(result: CheckResult, stay: Infringement, time_us: int) -> Positions:
    """Return the last report of a target up to a time and the first after it; one of them may be missing."""
    tracks = result.tracks
    assert tracks is not None
    mine = np.array([name == stay.target_id for name in tracks.target.values])[tracks.target.codes]
    rows = np.flatnonzero(mine)
    after = int(np.searchsorted(tracks.time_us[rows], time_us, "right"))
    return tracks.take(rows[max(0, after - 1) : after + 1])


def _height_err_m(rows: Positions, datum: str | None, aids: Aids) -> float | None:
    name = str(datum)
    filled = fill_heights(rows, aids.qnh, aids.geoid, aids.terrain, aids.bounds, [name])
    stated = filled.err_m[name]
    return _worst(np.full(1, filled.default_err_m[name]) if stated is None else stated)


def _worst(errors: Any) -> float | None:
    known = np.asarray(errors)[~np.isnan(errors)]
    return round(float(known.max()), 3) if len(known) else None
