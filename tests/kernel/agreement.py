"""How far the stays that nofly finds may differ from the truth, and where they do.

What lies deeper than the tolerance must be in a stay, what lies further outside must not, and a stay must
be one piece wherever the truth is one piece. The rest of a stay is checked as it stands: its ends lie on the
track and on what they are said to be caused by.
"""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np

from nofly.incidents.record import Cause
from nofly.schema import Positions
from nofly.zones.model import Corridor, Zone
from tests.kernel.strategies import Case, positions_of
from tests.oracle.ellipsoid import inverse
from tests.oracle.spans import Spans, intersection, within
from tests.oracle.track import Track
from tests.oracle.truth import VERTICAL_M, ZoneTruth, is_ground

LATERAL_M = 1.0 + 0.05
"""One metre, and what the oracle may itself be off."""
TICK_S = 2e-6


def disagreements(case: Case, stays: list[Any], *, counts: bool = True) -> list[str]:
    """Return what is wrong with the stays found in a case, in words; an empty list if nothing is.

    Without ``counts`` the number of reports and the longest gap are left alone.
    """
    positions = positions_of(case.reports)
    found: list[str] = []
    for target in case.targets:
        for zone in case.zones:
            mine = [s for s in stays if s.zone_id == zone.id and s.target_id == target]
            texts = pair_disagreements(zone, positions, target, case.max_gap_s, mine, counts=counts)
            found += [f"{zone.id} {target}: {text}" for text in texts]
    known = {(z.id, t) for z in case.zones for t in case.targets}
    found += [f"a stay of nobody: {s}" for s in stays if (s.zone_id, s.target_id) not in known]
    return found


def pair_disagreements(
    zone: Zone, positions: Positions, target: str, max_gap_s: float, stays: list[Any], *, counts: bool = True
) -> list[str]:
    """Return what is wrong with the stays of one target in one zone."""
    track = Track.of(positions, target, max_gap_s)
    stays = sorted(stays, key=lambda s: s.entry_us)
    return _Pair(ZoneTruth(zone, track), stays, counts).problems()


class _Pair:
    """One zone and one target."""

    def __init__(self, truth: ZoneTruth, stays: list[Any], counts: bool) -> None:
        self.truth, self.track, self.stays, self.counts = truth, truth.track, stays, counts
        self.spans = [tuple(self._s(t) for t in (s.entry_us, s.exit_us)) for s in stays]
        self.surely, self.possibly = (f(maybe=True) for f in (truth.surely, truth.possibly))
        self.known, self.perhaps = (f(maybe=False) for f in (truth.surely, truth.possibly))

    def _s(self, time_us: int) -> float:
        return (time_us - self.track.origin_us) / 1e6

    def problems(self) -> list[str]:
        """Return everything that is wrong."""
        out = [f"missed {_say(span)}" for span in self.surely if not within(span, self.spans, TICK_S)]
        out += [f"invented {_say(span)}" for span in self.spans if not within(span, self.possibly, TICK_S)]
        out += [
            f"not apart: {_say(one)} and {_say(two)}"
            for one, two in itertools.pairwise(self.spans)
            if one[1] >= two[0]
        ]
        for stay, span in zip(self.stays, self.spans, strict=True):
            out += [f"stay {_say(span)}: {text}" for text in self._stay(stay, span)]
        return out

    def _stay(self, stay: Any, span: tuple[float, float]) -> list[str]:
        if span[1] < span[0]:
            return ["ends before it begins"]
        out = self._certainty(stay, span) + self._depth(stay, span)
        out += self._counts(stay, span) if self.counts else []
        out += self._end("entry", span[0], (stay.entry_lat_deg, stay.entry_lon_deg), stay.entry_cause)
        out += self._end("exit", span[1], (stay.exit_lat_deg, stay.exit_lon_deg), stay.exit_cause)
        return out

    def _certainty(self, stay: Any, span: tuple[float, float]) -> list[str]:
        if any(b - a > 10 * TICK_S for a, b in intersection(self.known, [span])) and not stay.determined:
            return ["is said to be undetermined, and part of it is known"]
        near = [(span[0] - TICK_S, span[1] + TICK_S)]
        if stay.determined and not intersection(self.perhaps, near):
            return ["is said to be determined, and no part of it is known"]
        return []

    def _end(self, which: str, at_s: float, point: tuple[float, float], cause: Cause) -> list[str]:
        out = []
        k, run = (np.array(v) for v in zip(*self.track.runs(at_s), strict=True))
        lat, lon = self.track.at(k, run)
        times = np.array([self.track.span(i) for i in k.tolist()])
        fastest = np.max(self.track.length_m[k] / np.maximum(times[:, 1] - times[:, 0], 1e-6))
        # A time is a whole number of microseconds; a jump within one instant passes everywhere at once.
        off = float(np.min(inverse(lat, lon, *point)[1]))
        if not off <= LATERAL_M + fastest * 1e-6:
            out.append(f"{which} {point} is {off:.2f} m off the track")
        if not self._is_cause(which, at_s, point, cause):
            out.append(f"{which} at {at_s:.6f} s is not {cause}: {self._boundary(point, at_s)}")
        return out

    def _is_cause(self, which: str, at_s: float, point: tuple[float, float], cause: Cause) -> bool:
        def any_near(times: set[float]) -> bool:
            return any(abs(at_s - t) <= TICK_S for t in times)

        if self.known != self.surely and any_near(set(self.track.time_s.tolist())):
            # Where a height is no longer or again known, a stay may begin or end for want of that alone.
            return True
        active = [span for spans in self.truth.active.values() for span in spans]
        if cause is Cause.DATA_RESUMED:
            return which == "entry" and any_near(self.track.starts_s)
        if cause is Cause.DATA_LOST:
            return which == "exit" and any_near(self.track.ends_s)
        if cause is Cause.ZONE_ACTIVATED:
            return which == "entry" and any_near({a for a, _ in active})
        if cause is Cause.ZONE_DEACTIVATED:
            return which == "exit" and any_near({b for _, b in active})
        if cause is not Cause.MOVED:
            return False
        lateral, vertical = self._boundary(point, at_s)
        return lateral <= LATERAL_M or vertical <= VERTICAL_M

    def _boundary(self, point: tuple[float, float], at_s: float) -> tuple[float, float]:
        """Return the distance from the nearest lateral boundary and from the nearest limit, in metres."""
        lat, lon = (np.array([v]) for v in point)
        lateral = min(abs(float(v.shape.depth_m(lat, lon)[0])) for v in self.truth.volumes)
        vertical = [math.inf]
        for k, _ in self.track.runs(at_s):
            t0, t1 = self.track.span(k)
            f = min(max((at_s - t0) / (t1 - t0), 0.0), 1.0) if t1 > t0 else 0.0
            for v in self.truth.volumes:
                for limit in (v.volume.lower, v.volume.upper):
                    if limit is not None:
                        vertical.append(abs(self.track.height(limit.datum, k, f) - limit.value_m))
        return lateral, float(np.nanmin(vertical))

    def _depth(self, stay: Any, span: tuple[float, float]) -> list[str]:
        out = [] if len(self.truth.volumes) > 1 else self._margins(stay, span)
        high = self.truth.deepest_m([span], loose=True)
        slack = max(2.0, 1e-3 * high)
        # The oracle's own figure inside a corridor is at most the true one.
        corridor = any(isinstance(v.volume.footprint, Corridor) for v in self.truth.volumes)
        if stay.depth_m > high + slack and not corridor:
            out.append(f"depth {stay.depth_m} m, in truth at most {high:.1f} m")
        if not stay.depth_m >= high - slack and self.known == self.surely:
            low = self.truth.deepest_m(intersection(self.surely, [span]), loose=False)
            if not stay.depth_m >= low - max(2.0, 1e-3 * low):
                out.append(f"depth {stay.depth_m} m, in truth at least {low:.1f} m")
        return out

    def _margins(self, stay: Any, span: tuple[float, float]) -> list[str]:
        (truth,) = self.truth.volumes
        surely: Spans = intersection(self.surely, [span])
        out = []
        for limit, sign, value in (
            (truth.volume.lower, 1.0, stay.lower_margin_m),
            (truth.volume.upper, -1.0, stay.upper_margin_m),
        ):
            value = math.nan if value is None else value
            if limit is None or is_ground(limit, sign):
                if not math.isnan(value):
                    out.append(f"a margin of {value} m from no limit")
                continue
            low, high = (truth.margin_m(limit, sign, spans) for spans in (surely, [span]))
            if value < low - VERTICAL_M or value > high + VERTICAL_M or (low == low and value != value):
                out.append(f"margin {value} m from {limit.text}, in truth {low:.2f} to {high:.2f} m")
        return out

    def _counts(self, stay: Any, span: tuple[float, float]) -> list[str]:
        t = self.track.time_s
        inner = int(np.count_nonzero((t > span[0] + TICK_S) & (t < span[1] - TICK_S)))
        outer = int(np.count_nonzero((t > span[0] - TICK_S) & (t < span[1] + TICK_S)))
        out = []
        if not inner <= stay.reports <= outer:
            out.append(f"{stay.reports} reports, in truth {inner} to {outer}")
        t0, t1 = t[self.track.first], t[self.track.last]
        dt = t1 - t0
        least = np.max(dt[(t0 < span[1] - TICK_S) & (t1 > span[0] + TICK_S)], initial=0.0)
        most = np.max(dt[(t0 < span[1] + TICK_S) & (t1 > span[0] - TICK_S)], initial=0.0)
        if not least - TICK_S <= stay.longest_gap_s <= most + TICK_S:
            out.append(f"longest gap {stay.longest_gap_s} s, in truth {least} to {most} s")
        return out


def _say(span: tuple[float, ...]) -> str:
    return f"[{span[0]:.6f}, {span[1]:.6f}] s"
