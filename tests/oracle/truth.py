"""Who was inside when, and how deep: found by halving, never by solving.

The signed distance changes by at most one metre per metre flown. So between two samples on the same side
of a threshold, further from it together than they are from each other, nothing can happen; everything else
is halved until it is short.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from nofly.schema import Positions
from nofly.zones.model import Datum, Limit, Volume, Zone
from tests.oracle.activity import active_spans
from tests.oracle.ellipsoid import Floats
from tests.oracle.shapes import Shape, shape_of
from tests.oracle.spans import Spans, intersection, union
from tests.oracle.track import Track

MISSED_M = 0.1
"""An excursion over a threshold and back that goes no further than this may be missed."""
LATERAL_M = 2.0 + 0.05 + MISSED_M
"""What lies within this of the boundary is neither surely inside nor surely outside."""
VERTICAL_M = 1.0
INSTANT_S = 2e-6
_SHORT_M = 0.01


@dataclass
class Samples:
    """Signed distances along the segments of a track, sorted by segment and metres run."""

    segment: NDArray[np.intp]
    run_m: Floats
    depth_m: Floats
    bounds: NDArray[np.intp] = field(init=False)

    def __post_init__(self) -> None:
        order = np.lexsort((self.run_m, self.segment))
        self.segment, self.run_m, self.depth_m = (v[order] for v in (self.segment, self.run_m, self.depth_m))
        self.bounds = np.searchsorted(self.segment, np.arange(self.segment.max() + 2))

    def of(self, k: int) -> tuple[Floats, Floats]:
        """Return metres run and signed distance on one segment."""
        part = slice(self.bounds[k], self.bounds[k + 1])
        return self.run_m[part], self.depth_m[part]

    def inside(self, k: int, threshold_m: float) -> Spans:
        """Return where on the segment the distance is at least the threshold, in metres run."""
        x, g = self.of(k)
        g = g - threshold_m
        out: Spans = []
        start = float(x[0]) if g[0] >= 0 else None
        for i in np.flatnonzero((g[1:] >= 0) != (g[:-1] >= 0)).tolist():
            root = float(x[i] + (x[i + 1] - x[i]) * g[i] / (g[i] - g[i + 1]))
            if start is None:
                start = root
            else:
                out.append((start, root))
                start = None
        if start is not None:
            out.append((start, float(x[-1])))
        return out


def sample(shape: Shape, track: Track, thresholds_m: Sequence[float]) -> Samples:
    """Return samples close enough to know every crossing of every threshold to a centimetre."""
    n = len(track.first)
    k = np.arange(n)
    xa, xb = np.zeros(n), track.length_m.copy()
    ga, gb = shape.depth_m(*track.at(k, xa)), shape.depth_m(*track.at(k, xb))
    kept = [(k, xa, ga), (k, xb, gb)]
    while len(k):
        long = np.zeros(len(k), bool)
        for threshold in thresholds_m:
            a, b = ga - threshold, gb - threshold
            reach = np.abs(a) + np.abs(b)
            crossing = (a >= 0) != (b >= 0)
            long |= np.where(crossing, (xb - xa > _SHORT_M) & (reach > 1e-3), xb - xa > reach + 2 * MISSED_M)
        k, xa, xb, ga, gb = (v[long] for v in (k, xa, xb, ga, gb))
        if not len(k):
            break
        xm = 0.5 * (xa + xb)
        gm = shape.depth_m(*track.at(k, xm))
        kept.append((k, xm, gm))
        k, xa, xb = np.tile(k, 2), np.concatenate([xa, xm]), np.concatenate([xm, xb])
        ga, gb = np.concatenate([ga, gm]), np.concatenate([gm, gb])
    return Samples(*(np.concatenate(v) for v in zip(*kept, strict=True)))


def is_ground(limit: Limit, sign: float) -> bool:
    """Whether a limit is a floor at or below the ground, above which everything always is."""
    return sign > 0 and limit.datum is Datum.AGL and limit.value_m <= 0.0


def height_fractions(volume: Volume, track: Track, k: int, slack_m: float, *, maybe: bool) -> Spans:
    """Return the part of a segment (0 to 1) between the limits; a height not known counts if ``maybe``."""
    low, high = 0.0, 1.0
    for limit, sign in ((volume.lower, 1.0), (volume.upper, -1.0)):
        if limit is None or is_ground(limit, sign):
            continue
        a, b = (sign * (track.height(limit.datum, k, f) - limit.value_m) + slack_m for f in (0.0, 1.0))
        if np.isnan(a) or np.isnan(b):
            if maybe:
                continue
            # At the one report that gives the height it is known, and nowhere else.
            if (np.isnan(a) and np.isnan(b)) or min(v for v in (a, b) if v == v) < 0:
                return []
            only = 0.0 if b != b else 1.0
            low, high = max(low, only), min(high, only)
            continue
        if a < 0 and b < 0:
            return []
        if a < 0:
            low = max(low, a / (a - b))
        elif b < 0:
            high = min(high, a / (a - b))
    return [(low, high)] if low <= high else []


class VolumeTruth:
    """One volume of a zone against one track."""

    def __init__(self, volume: Volume, track: Track, thresholds_m: Sequence[float]) -> None:
        self.volume, self.track = volume, track
        self.shape = shape_of(volume.footprint)
        self.samples = sample(self.shape, track, thresholds_m)
        self._found: dict[tuple[object, ...], Spans] = {}

    def spans(self, lateral_m: float, slack_m: float, active: Spans, *, maybe: bool) -> Spans:
        """Return when the track is inside, where ``lateral_m`` is the least signed distance that counts."""
        key = (lateral_m, slack_m, maybe, *active)
        if key not in self._found:
            self._found[key] = self._spans(lateral_m, slack_m, active, maybe)
        return self._found[key]

    def _spans(self, lateral_m: float, slack_m: float, active: Spans, maybe: bool) -> Spans:
        out: Spans = []
        for k in range(len(self.track.first)):
            runs = self.samples.inside(k, lateral_m)
            if not runs:
                continue
            length = float(self.track.length_m[k])
            fractions = [(a / length, b / length) for a, b in runs] if length > 0 else [(0.0, 1.0)]
            fractions = intersection(
                fractions, height_fractions(self.volume, self.track, k, slack_m, maybe=maybe)
            )
            t0, t1 = self.track.span(k)
            out += intersection([(t0 + a * (t1 - t0), t0 + b * (t1 - t0)) for a, b in fractions], active)
        return union(out, join_s=1e-9)

    def deepest_m(self, spans: Spans) -> float:
        """Return the largest signed distance within the spans, to 0.3 m or 0.03 %; −inf for none."""
        k, xa, xb = self._pieces(spans)
        if not len(k):
            return -np.inf
        ga, gb = (self.shape.depth_m(*self.track.at(k, x)) for x in (xa, xb))
        best = max(float(ga.max()), float(gb.max()))
        for _ in range(60):
            may = 0.5 * (ga + gb + xb - xa)
            worth = np.flatnonzero(may > best + max(0.3, 3e-4 * best))
            if not len(worth):
                break
            worth = worth[np.argsort(-may[worth])][:400]
            k, xa, xb, ga, gb = (v[worth] for v in (k, xa, xb, ga, gb))
            xm = 0.5 * (xa + xb)
            gm = self.shape.depth_m(*self.track.at(k, xm))
            best = max(best, float(gm.max()))
            k, xa, xb = np.tile(k, 2), np.concatenate([xa, xm]), np.concatenate([xm, xb])
            ga, gb = np.concatenate([ga, gm]), np.concatenate([gm, gb])
        return best

    def margin_m(self, limit: Limit | None, sign: float, spans: Spans) -> float:
        """Return the most the height was beyond a limit on its inner side within the spans."""
        if limit is None:
            return float("nan")
        found = [float("nan")]
        for k, (f0, f1) in self._fractions(spans):
            found += [sign * (self.track.height(limit.datum, k, f) - limit.value_m) for f in (f0, f1)]
        return float(np.nanmax(found)) if not np.isnan(found).all() else float("nan")

    def _fractions(self, spans: Spans) -> list[tuple[int, tuple[float, float]]]:
        out = []
        for k in range(len(self.track.first)):
            t0, t1 = self.track.span(k)
            whole = t1 - t0
            for a, b in intersection([(t0, t1)], spans):
                # A report where a span merely ends belongs to the segment before it.
                if a == b and whole > 0 and len(self.track.first) > 1 and (a, b) not in spans:
                    continue
                out.append((k, ((a - t0) / whole, (b - t0) / whole) if whole > 0 else (0.0, 1.0)))
        return out

    def _pieces(self, spans: Spans) -> tuple[NDArray[np.intp], Floats, Floats]:
        ks, ends = [np.empty(0, np.intp)], [np.empty((2, 0))]
        for k, (f0, f1) in self._fractions(spans):
            length = float(self.track.length_m[k])
            cuts = np.linspace(f0 * length, f1 * length, 9)
            x, _ = self.samples.of(k)
            cuts = np.unique(np.concatenate([cuts, x[(x > cuts[0]) & (x < cuts[-1])]]))
            cuts = cuts if len(cuts) > 1 else np.repeat(cuts, 2)
            ks.append(np.full(len(cuts) - 1, k))
            ends.append(np.stack([cuts[:-1], cuts[1:]]))
        both = np.concatenate(ends, axis=1)
        return np.concatenate(ks), both[0], both[1]


@dataclass(frozen=True)
class TrueStay:
    """A stay, exactly on the published boundary."""

    entry_s: float
    exit_s: float
    determined: bool
    depth_m: float
    entry: tuple[float, float]
    exit: tuple[float, float]


class ZoneTruth:
    """One zone against one track."""

    def __init__(self, zone: Zone, track: Track, *, exact: bool = False) -> None:
        thresholds = (-LATERAL_M, LATERAL_M, *((0.0,) if exact else ()))
        self.zone, self.track = zone, track
        self.volumes = [VolumeTruth(volume, track, thresholds) for volume in zone.volumes]
        end_s = float(track.time_s[-1])
        self.active = {
            maybe: active_spans(zone.schedule, track.origin_us, end_s, maybe=maybe) for maybe in (False, True)
        }

    def surely(self, *, maybe: bool) -> Spans:
        """Return when the track is inside beyond every tolerance; ``maybe`` counts what is not known."""
        return self._spans(LATERAL_M, -VERTICAL_M, -INSTANT_S, maybe)

    def possibly(self, *, maybe: bool) -> Spans:
        """Return when the track is inside or nearly so; ``maybe`` counts what is not known."""
        return self._spans(-LATERAL_M, VERTICAL_M, INSTANT_S, maybe)

    def stays(self) -> list[TrueStay]:
        """Return the stays on the exact boundary (of a truth made with ``exact``)."""
        known = self._exact(maybe=False)
        out = []
        for a, b in self._exact(maybe=True):
            determined = any(c <= b and a <= d for c, d in known)
            depth = max(v.deepest_m(self._volume_spans(v, [(a, b)])) for v in self.volumes)
            out.append(TrueStay(a, b, determined, depth, self.point(a), self.point(b)))
        return out

    def point(self, time_s: float) -> tuple[float, float]:
        """Return where the aircraft is."""
        k, run = self.track.runs(time_s)[0]
        lat, lon = self.track.at(np.array([k]), np.array([run]))
        return float(lat[0]), float(lon[0])

    def deepest_m(self, spans: Spans, *, loose: bool) -> float:
        """Return the largest depth in any volume within the spans, its limits widened or narrowed by the
        tolerance."""
        return max(v.deepest_m(self._volume_spans(v, spans, loose=loose)) for v in self.volumes)

    def _volume_spans(self, v: VolumeTruth, spans: Spans, *, loose: bool = True) -> Spans:
        slack = VERTICAL_M if loose else -VERTICAL_M
        return intersection(v.spans(-LATERAL_M, slack, self.active[loose], maybe=loose), spans)

    def _spans(self, lateral_m: float, slack_m: float, slack_s: float, maybe: bool) -> Spans:
        active = [(a - slack_s, b + slack_s) for a, b in self.active[maybe] if b - a > -2 * slack_s]
        return union(*(v.spans(lateral_m, slack_m, active, maybe=maybe) for v in self.volumes), join_s=1e-9)

    def _exact(self, *, maybe: bool) -> Spans:
        starts, ends = ({span[i] for span in self.active[maybe]} for i in (0, 1))
        return [
            (a, b)
            for a, b in self._spans(0.0, 0.0, 0.0, maybe)
            if not (a == b and a in ends and a not in starts)
        ]


def true_stays(
    zone: Zone, positions: Positions, target: str, max_gap_s: float = 120.0
) -> tuple[Track, list[TrueStay]]:
    """Return a target's track and its stays in a zone."""
    track = Track.of(positions, target, max_gap_s)
    return track, ZoneTruth(zone, track, exact=True).stays()
