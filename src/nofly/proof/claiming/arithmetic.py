"""Whether duration, length, speed, depth and heights fit one flight, without knowing where it was.

Every stated number is an interval; a flight fits if one value of each makes length = speed · duration, if
nothing is deeper inside than it has flown, and if the heights can be climbed in the time. What is derived
here holds for any path whatsoever, turns and changes of speed included: length over duration is the mean
speed, which lies between the least and the greatest.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from nofly.proof.claiming.ends import Ends
from nofly.proof.claiming.flying import Envelope
from nofly.proof.claiming.quantities import Span

Range = tuple[float, float]
EVERYTHING: Range = (0.0, math.inf)
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Motion:
    """What is possible of the flight inside: intervals of mean speed, duration and length.

    ``stated`` says which of ``speed``, ``duration``, ``length``, ``depth`` the statement gives.
    """

    speed_mps: Range
    duration_s: Range
    length_m: Range
    stated: frozenset[str]

    @property
    def possible(self) -> bool:
        """Whether any value is left of each."""
        return all(holds(some) for some in (self.speed_mps, self.duration_s, self.length_m))


def allowed(span: Span | None, *, nominal: bool = False) -> Range:
    """Return the interval that a stated quantity allows, from 0 on; everything where it is not stated."""
    if span is None:
        return EVERYTHING
    if nominal:
        return span.nominal_low_value, span.nominal_high_value
    return max(0.0, span.low_value), span.high_value


def both(a: Range, b: Range) -> Range:
    """Return what two intervals share; its low end is above its high end where that is nothing."""
    return max(a[0], b[0]), min(a[1], b[1])


def holds(some: Range) -> bool:
    """Return whether an interval holds anything, rounding aside."""
    return some[0] <= some[1] * (1.0 + _ROUNDING) + _ROUNDING


def product(a: Range, b: Range) -> Range:
    """Return the interval of products; 0 · ∞ leaves everything open."""
    low, high = a[0] * b[0], a[1] * b[1]
    return 0.0 if math.isnan(low) else low, math.inf if math.isnan(high) else high


def quotient(a: Range, b: Range) -> Range:
    """Return the interval of quotients of values from 0 on."""
    low = a[0] / b[1] if b[1] > 0 and math.isfinite(a[0]) else 0.0
    high = a[1] / b[0] if b[0] > 0 else math.inf
    return (0.0 if math.isinf(b[1]) else low), high


def motion(
    stated: Mapping[str, Span], envelope: Envelope, *, ends: Ends = Ends.THROUGH, boundary_err_m: float = 0.0,
    without: str = "", nominal: bool = False,
) -> Motion:  # fmt: skip
    """Return what mean speed, duration and length remain possible.

    A flight that came in and went out through the boundary is never further from it than half of what it
    flew inside; all of that where one end alone is on the boundary. ``without`` names a quantity (or
    ``class``) that is not to bind; ``nominal`` takes the numbers without their tolerance.
    """
    kept = {name: span for name, span in stated.items() if name != without}
    speed = allowed(kept.get("speed"), nominal=nominal)
    if without != "class":
        speed = both(speed, (envelope.low_mps, envelope.high_mps))
    duration = allowed(kept.get("duration"), nominal=nominal)
    length = allowed(kept.get("length"), nominal=nominal)
    if "depth" in kept:
        deep_m = allowed(kept["depth"], nominal=nominal)[0] - (0.0 if nominal else boundary_err_m)
        length = both(length, (ends * max(0.0, deep_m), math.inf))
    found = Motion(speed, duration, length, frozenset(kept))
    if not found.possible:
        return found
    # Each of the three is narrowed by the other two; for one product of intervals once round is enough.
    length = both(length, product(speed, duration))
    speed = both(speed, quotient(length, duration)) if holds(length) else (1.0, 0.0)
    if holds(speed) and holds(length):
        duration = both(duration, quotient(length, speed))
    return replace(found, speed_mps=speed, duration_s=duration, length_m=length)


def climb_mps(stated: Mapping[str, Span], duration_s: Range) -> Range | None:
    """Return the least and the greatest mean rate of climb or descent that the heights ask for in a time;
    None where they do not say, or are on different datums."""
    entry, leave = stated.get("altitude"), stated.get("exit_altitude")
    if entry is None or leave is None or entry.datum != leave.datum:
        return None
    apart = both(
        (leave.low_value - entry.high_value, math.inf), (-math.inf, leave.high_value - entry.low_value)
    )
    least_m = 0.0 if apart[0] <= 0.0 <= apart[1] else min(abs(apart[0]), abs(apart[1]))
    return quotient((least_m, max(abs(apart[0]), abs(apart[1]))), duration_s)
