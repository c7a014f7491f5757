"""The stated numbers of a stay against the measured ones, each with the errors of both."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise

import numpy as np

from nofly.geo.geodesic import length_and_azimuths
from nofly.incidents.record import Cause, Infringement
from nofly.proof.claiming import wording
from nofly.proof.claiming.arithmetic import Range
from nofly.proof.claiming.quantities import Span
from nofly.proof.claiming.trace import Trace
from nofly.proof.claiming.verdicts import Point, Verdict
from nofly.proof.claims import Reading, Statement
from nofly.units import US_PER_S
from nofly.zones.sentence import say

COARSE_FRACTION = 0.25
"""A measurement whose error is more than this part of it, and more than the tolerance stated, shows
nothing."""
SPEED_ERR_MPS = 10.0
"""A bound of the 95 % error of a reported ground speed: ADS-B Out has to be better than that (NACv, 14 CFR
§ 91.227 (c)(1)(ii))."""
_ROUNDING = 1e-6


def measured(
    statement: Statement, reading: Reading, trace: Trace | None, stay: Infringement, boundary_err_m: float
) -> list[Point]:
    """Return a point for each number that a stay was measured for."""
    stated, points = reading.quantities, []
    entered, left = stay.cause is not Cause.DATA_RESUMED, stay.exit_cause is not Cause.DATA_LOST
    may_be_more = say("Its entry or its exit was not seen: it may have been more.")
    open_end = () if entered and left else (may_be_more,)
    ends_s = 0.5 * (stay.duration_high_s - stay.duration_low_s)
    # A time with a duration is that of the entry; any other is one at which it was inside, or not.
    if statement.time_us is not None and "duration" in stated and statement.until_us is None:
        points.append(_time(statement, stay, ends_s, entered))
    if "duration" in stated:
        high_s = math.inf if open_end else stay.duration_high_s
        points.append(
            compared("duration", stated["duration"], (stay.duration_low_s, high_s), stay.duration_s, open_end)
        )
    if "depth" in stated and stay.depth_m is not None:
        err_m = (stay.depth_err_m or 0.0) + boundary_err_m
        high_m = math.inf if open_end else stay.depth_m + err_m
        points.append(
            compared(
                "depth", stated["depth"], (max(0.0, stay.depth_m - err_m), high_m), stay.depth_m, open_end
            )
        )
    within = None if trace is None else trace.during(stay.entry_time_us, stay.exit_time_us)
    if within is not None:
        points += _flown(statement, reading, within, stay, ends_s, open_end, boundary_err_m)
    return points


def _time(statement: Statement, stay: Infringement, err_s: float, entered: bool) -> Point:
    off_s = (stay.entry_time_us - (statement.time_us or 0)) / US_PER_S
    apart = max(0.0, abs(off_s) - statement.time_err_s - err_s)
    told = say(
        "Entered {off} s after the time stated (± {err} s)."
        if off_s >= 0
        else "Entered {off} s before the time stated (± {err} s).",
        off=f"{abs(off_s):.1f}",
        err=f"{err_s:.1f}",
    )
    numbers = {"entry_after_stated_s": round(off_s, 1), "entry_err_s": round(err_s, 1)}
    if not entered:
        return Point(say("time"), Verdict.NOT_SHOWN, (say("Its entry was not seen."),), numbers)
    return Point(say("time"), Verdict.CONTRADICTED if apart > 1.0 else Verdict.SUPPORTED, (told,), numbers)


def _flown(
    statement: Statement, reading: Reading, within: Trace, stay: Infringement, ends_s: float,
    open_end: tuple[str, ...], boundary_err_m: float,
) -> list[Point]:  # fmt: skip
    """Return what the reports inside say of length, speed, track and heights."""
    stated, points = reading.quantities, []
    first, last = (stay.entry_lat_deg, stay.entry_lon_deg), (stay.exit_lat_deg, stay.exit_lon_deg)
    way_m = _way_m(within, first, last)
    mean_mps = way_m / stay.duration_s if stay.duration_s > 0 else math.nan
    if "length" in stated:
        err_m = 2.0 * ends_s * (mean_mps if math.isfinite(mean_mps) else 0.0) + 2.0 * boundary_err_m
        high_m = math.inf if open_end else way_m + err_m
        points.append(
            compared("length", stated["length"], (max(0.0, way_m - err_m), high_m), way_m, open_end)
        )
    speeds = within.positions.floats("gs_mps")
    if "speed" in stated and (np.isfinite(speeds).any() or math.isfinite(mean_mps)):
        told = speeds[np.isfinite(speeds)] if np.isfinite(speeds).any() else np.array([mean_mps])
        low, high = float(told.min()) - SPEED_ERR_MPS, float(told.max()) + SPEED_ERR_MPS
        points.append(compared("speed", stated["speed"], (max(0.0, low), high), float(np.median(told)), ()))
    if "track" in stated and not open_end:
        points.append(_track(stated["track"], first, last, way_m))
    for name, row in (("altitude", 0), ("exit_altitude", -1)):
        if name in stated:
            points.append(_height(name, stated[name], within, row))
    return points


def _way_m(within: Trace, first: tuple[float, float], last: tuple[float, float]) -> float:
    places = [
        first,
        *zip(within.positions.lat_deg.tolist(), within.positions.lon_deg.tolist(), strict=True),
        last,
    ]
    return sum(length_and_azimuths(*a, *b)[0] for a, b in pairwise(places))


def _track(span: Span, first: tuple[float, float], last: tuple[float, float], way_m: float) -> Point:
    chord_m, bearing_deg, _ = length_and_azimuths(*first, *last)
    err_deg = math.degrees(math.atan2(200.0, max(chord_m, 1.0)))
    middle, half = 0.5 * (span.low_value + span.high_value), 0.5 * (span.high_value - span.low_value)
    off = abs((bearing_deg - middle + 180.0) % 360.0 - 180.0)
    flown = f"{bearing_deg % 360.0:.0f}° (± {err_deg:.0f}°)"
    told = say(
        "From entry to exit it flew towards {flown}; stated is {stated}.", flown=flown, stated=span.text
    )
    verdict = Verdict.CONTRADICTED if off > half + err_deg else Verdict.SUPPORTED
    return Point(say("track"), verdict, (told,), {"track_deg": round(bearing_deg % 360.0, 1)})


def _height(name: str, span: Span, within: Trace, row: int) -> Point:
    if not span.datum:
        why = say("{stated} says no datum: it cannot be compared with a reported height.", stated=span.text)
        return Point(say(name), Verdict.NOT_CHECKABLE, (why,))
    heights = within.heights(span.datum)
    known = np.flatnonzero(np.isfinite(heights))
    if not len(known):
        why = say("No report inside gives a height on {datum}.", datum=span.datum)
        return Point(say(name), Verdict.NOT_CHECKABLE, (why,))
    best, err_m = float(heights[known[row]]), within.height_err_m(int(known[row]))
    return compared(
        name,
        span,
        (best - err_m, best + err_m),
        best,
        (),
        lambda r: wording.height(r, span.datum),
    )


def compared(
    name: str, span: Span, within: Range, best_value: float, more: tuple[str, ...],
    words: Callable[[Range], str] | None = None,
) -> Point:  # fmt: skip
    """Return a stated number against a measured interval (95 %): contradicted where they do not meet;
    supported where they do and the measurement is fine enough to show it."""
    worded = words or {"closest": wording.length}.get(name) or wording.WORDS[name]
    what, told = say(name), say(
        "Measured {best} (95 %: {within}); stated is {stated}.",
        best=worded((best_value, best_value)), within=worded(within), stated=span.text,
    )  # fmt: skip
    slack = _ROUNDING * max(1.0, abs(best_value))
    numbers = {"measured": round(best_value, 3), "low": round(within[0], 3),
               "high": round(within[1], 3) if math.isfinite(within[1]) else None}  # fmt: skip
    if not span.meets(within[0] - slack, within[1] + slack):
        return Point(what, Verdict.CONTRADICTED, (told, *more), numbers)
    half, allowed = 0.5 * (within[1] - within[0]), 0.5 * (span.high_value - span.low_value)
    fine = half <= max(COARSE_FRACTION * abs(best_value), allowed if math.isfinite(allowed) else 0.0)
    whole = span.low_value <= within[0] and within[1] <= span.high_value
    if whole or (fine and not more):
        return Point(what, Verdict.SUPPORTED, (told, *more), numbers)
    return Point(what, Verdict.NOT_SHOWN, (told, say("That is too coarse to show it."), *more), numbers)
