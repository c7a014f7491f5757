"""Random zones and tracks over the whole globe, from a seed or drawn by hypothesis."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from hypothesis import strategies as st

from nofly.schema import Coded, Positions
from nofly.zones.model import (
    Arc,
    Circle,
    Corridor,
    Datum,
    EdgeKind,
    Footprint,
    Limit,
    Polygon,
    Ring,
    Vertex,
    Volume,
    Zone,
)
from nofly.zones.schedule import ClockTime, Period, Schedule, Window
from tests.oracle.ellipsoid import direct, inverse
from tests.oracle.track import COLUMN_OF

EPOCH_US = 1_790_000_000_000_000
"""2026-09-21 14:13:20 UTC, a Monday."""
NAN = math.nan


@dataclass(frozen=True)
class Report:
    """One row of the positions table."""

    time_us: int
    target: str
    lat_deg: float
    lon_deg: float
    std_m: float = NAN
    amsl_m: float = NAN
    agl_m: float = NAN
    hae_m: float = NAN

    def height(self, datum: Datum) -> float:
        """Return one of the heights."""
        return float(getattr(self, f"{datum.lower()}_m"))


@dataclass(frozen=True)
class Case:
    """Zones, the reports of some targets in time order, and the longest gap that is bridged."""

    kind: str
    zones: tuple[Zone, ...]
    reports: tuple[Report, ...]
    max_gap_s: float = 120.0

    @property
    def targets(self) -> list[str]:
        """The targets, in order of first appearance."""
        return list(dict.fromkeys(r.target for r in self.reports))

    def __str__(self) -> str:
        rows = "\n".join(f"    {r}," for r in self.reports)
        zones = "\n".join(f"    {z!r}," for z in self.zones)
        return f"{self.kind}, max_gap_s={self.max_gap_s}\nzones\n{zones}\nreports\n{rows}"


def positions_of(reports: tuple[Report, ...] | list[Report]) -> Positions:
    """Return reports as a batch; a height column nobody has is absent."""
    columns = {
        name: np.array([r.height(datum) for r in reports], dtype=float) for datum, name in COLUMN_OF.items()
    }
    return Positions(
        np.array([r.time_us for r in reports], dtype=np.int64),
        Coded.from_list([r.target for r in reports]),
        np.array([r.lat_deg for r in reports], dtype=float),
        np.array([r.lon_deg for r in reports], dtype=float),
        {name: column for name, column in columns.items() if not np.isnan(column).all()},
    )


def zone(name: str, *volumes: Volume | Footprint, schedule: Schedule | None = None) -> Zone:
    """Return a zone of volumes; a bare footprint is a volume without limits."""
    whole = tuple(v if isinstance(v, Volume) else Volume(v) for v in volumes)
    return Zone(name, name, whole, schedule=schedule)


def to_point(at: Vertex, bearing_deg: float, distance_m: float) -> Vertex:
    """Return the point at a bearing and distance, longitude within ±180°."""
    lat, lon = (float(v) for v in direct(*at, math.radians(bearing_deg), distance_m))
    return lat, lon if abs(lon) <= 180.0 else math.remainder(lon, 360.0)


def on_edge(a: Vertex, b: Vertex, fraction: float) -> Vertex:
    """Return a point of the geodesic between two points."""
    azimuth, length = (float(v) for v in inverse(*a, *b))
    return to_point(a, math.degrees(azimuth), fraction * length)


class Maker:
    """Makes zones and tracks from one random generator."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng

    def log(self, low: float, high: float) -> float:
        return float(math.exp(self.rng.uniform(math.log(low), math.log(high))))

    def one_of(self, *choices: object) -> object:
        return choices[int(self.rng.integers(len(choices)))]

    def kind(self) -> EdgeKind:
        return list(EdgeKind)[int(self.rng.integers(3))]

    def place(self) -> Vertex:
        """A point anywhere, often where projections and longitudes break."""
        lat = math.degrees(math.asin(self.rng.uniform(-0.995, 0.995)))
        lon = self.rng.uniform(-180, 180)
        where = self.rng.integers(8)
        if where == 0:
            lon = math.remainder(180.0 + self.rng.normal(0, 0.3), 360.0)
        elif where == 1:
            lat = self.rng.normal(0, 0.3)
        elif where == 2:
            lon = self.rng.normal(0, 0.3)
        elif where == 3:
            lat = math.copysign(self.rng.uniform(60, 84), lat)
        return float(lat), float(lon)

    def star(self, at: Vertex, size_m: float, low: float = 0.3, most: int = 25, least: int = 3) -> Ring:
        """A ring round a point; low below 1 makes it concave."""
        n = int(self.rng.integers(least, most))
        gaps = self.rng.uniform(0.5, 1.0, n)
        bearings = np.cumsum(gaps) * 360.0 / gaps.sum() + self.rng.uniform(0, 360)
        radii = size_m * self.rng.uniform(low, 1.0, n)
        ring = [to_point(at, float(b), float(r)) for b, r in zip(bearings, radii, strict=True)]
        return tuple(ring[::-1] if self.rng.random() < 0.5 else ring)

    def sliver(self, at: Vertex, size_m: float) -> Ring:
        bearing, width = self.rng.uniform(0, 360), self.log(3.0, 200.0)
        a, b = to_point(at, bearing, size_m), to_point(at, bearing + 180.0, size_m)
        return a, b, to_point(b, bearing + self.rng.uniform(60, 120), width)

    def tangle(self, at: Vertex, size_m: float) -> Ring:
        n = int(self.rng.integers(4, 8))
        return tuple(
            to_point(at, self.rng.uniform(0, 360), size_m * math.sqrt(self.rng.random())) for _ in range(n)
        )

    def footprint(self, at: Vertex, size_m: float) -> Footprint:
        """A footprint of any sort within a distance of a point."""
        sort = int(self.rng.integers(7))
        if sort == 0:
            return Circle(at, size_m)
        if sort == 1:
            path = tuple(
                to_point(at, self.rng.uniform(0, 360), size_m * self.rng.uniform(0.2, 1.0))
                for _ in range(int(self.rng.integers(2, 5)))
            )
            return Corridor(path, size_m * self.rng.uniform(0.02, 0.3), self.kind())
        if sort == 2:
            start, sweep = self.rng.uniform(0, 360), self.rng.uniform(20, 340)
            clockwise = bool(self.rng.random() < 0.5)
            end = (start + sweep if clockwise else start - sweep) % 360.0
            after = end + (360.0 - sweep) / 2 * (1 if clockwise else -1)
            arc = Arc(at, size_m, size_m * self.rng.uniform(0.99, 1.0), start, end, clockwise)
            return Polygon((arc, to_point(at, after, size_m * self.rng.uniform(0.2, 0.5))), (), self.kind())
        if sort == 3:
            return Polygon(self.sliver(at, size_m), (), self.kind())
        if sort == 4:
            outer = self.star(at, size_m, 0.6, least=7)
            return Polygon(outer, (self.star(at, size_m * 0.2, 0.3),), self.kind())
        if sort == 5:
            return Polygon(self.tangle(at, size_m), (), self.kind())
        return Polygon(self.star(at, size_m, self.rng.choice([0.1, 0.5, 0.9])), (), self.kind())

    def limits(self) -> tuple[Limit | None, Limit | None]:
        datums = [list(Datum)[int(i)] for i in self.rng.integers(0, 4, 2)]
        low = float(self.rng.choice([0.0, 300.0, 3048.0]))
        high = low + float(self.rng.choice([100.0, 1000.0, 5000.0]))
        return (
            Limit(low, datums[0], f"{low} m") if self.rng.random() < 0.7 else None,
            Limit(high, datums[1], f"{high} m") if self.rng.random() < 0.8 else None,
        )

    def schedule(self, last_us: int) -> Schedule:
        """Windows and daily periods that begin and end while the track lasts."""
        cuts = np.sort(self.rng.integers(EPOCH_US - 10_000_000, last_us + 10_000_000, 4)).tolist()
        doubt = bool(self.rng.random() < 0.8)
        sort = int(self.rng.integers(3))
        if sort == 0:
            return Schedule((Window(cuts[0], cuts[1]), Window(cuts[2], cuts[3], certain=doubt)))
        if sort == 1:
            return Schedule((Window(None, cuts[0]), Window(cuts[1], None), Window(cuts[1], cuts[2])))
        opens = [int(c // 1_000_000 % 86_400) for c in cuts]
        days = frozenset({0}) if self.rng.random() < 0.5 else frozenset()
        periods = tuple(Period(ClockTime(a), ClockTime(b), days) for a, b in (opens[:2], opens[2:]) if a != b)
        return Schedule((Window(periods=periods, certain=doubt),) if periods else ())

    def polyline(self, at: Vertex, size_m: float) -> list[Vertex]:
        """Waypoints in and about a zone, some standing still, some far apart."""
        n = int(self.rng.integers(2, 14))
        reach = size_m * self.log(0.3, 3.0)
        heading = self.rng.uniform(0, 360)
        points = [to_point(at, self.rng.uniform(0, 360), reach * math.sqrt(self.rng.random()))]
        roam = self.rng.random() < 0.5
        for _ in range(n - 1):
            if self.rng.random() < 0.05:
                points.append(points[-1])
            elif roam:
                points.append(to_point(at, self.rng.uniform(0, 360), reach * math.sqrt(self.rng.random())))
            else:
                heading += self.rng.normal(0, 40)
                points.append(to_point(points[-1], heading, reach * self.rng.uniform(0.05, 0.8)))
        return points

    def through(self, at: Vertex, length_m: float) -> list[Vertex]:
        """Two reports, far apart, of a flight that passes over a point."""
        bearing, part = self.rng.uniform(0, 360), self.rng.uniform(0.1, 0.9)
        return [to_point(at, bearing, part * length_m), to_point(at, bearing + 180.0, (1 - part) * length_m)]

    def fly(
        self, points: list[Vertex], target: str, max_gap_s: float, *, unknown: bool = False
    ) -> list[Report]:
        """Reports at waypoints: odd times, now and then a gap, heights about 0 to 9 km."""
        n = len(points)
        dt_us = np.round(self.rng.uniform(0.02, 1.0, n) * max_gap_s * 1e6).astype(np.int64)
        dt_us[self.rng.random(n) < 0.05] += round(max_gap_s * 1e6)
        dt_us[self.rng.random(n) < 0.05] = round(max_gap_s * 1e6)
        time_us = EPOCH_US + np.cumsum(dt_us)
        base = self.rng.choice([200.0, 1500.0, 5000.0])
        height = np.abs(base + np.cumsum(self.rng.normal(0, 0.3 * base, n)))
        if self.rng.random() < 0.3:
            height[:] = self.rng.choice([0.0, 250.0, 3050.0, 5000.0])
        rows = np.stack([height, height + 150.0, np.maximum(height - 100.0, 0.0), height + 200.0])
        if unknown:
            for row in rows:
                a, b = sorted(self.rng.integers(0, n + 1, 2).tolist())
                a, b = (a if a >= 2 else 0), (b if n - b >= 2 else n)
                row[a:b] = NAN
        return [
            Report(int(t), target, lat, lon, *(float(v) for v in column))
            for t, (lat, lon), column in zip(time_us, points, rows.T, strict=True)
        ]


def _anywhere(m: Maker) -> tuple[list[Zone], list[list[Vertex]], float]:
    at, size = m.place(), m.log(200.0, 200_000.0)
    zones = [zone("z0", Volume(m.footprint(at, size), *m.limits()))]
    return zones, [m.polyline(at, size) for _ in range(2)], 120.0


def _pole(m: Maker) -> tuple[list[Zone], list[list[Vertex]], float]:
    pole = float(m.rng.choice([90.0, -90.0]))
    size = m.log(20_000.0, 2_000_000.0)
    sort = int(m.rng.integers(5))
    shape: Footprint
    if sort == 0:
        shape = Circle((pole, 0.0), size)
    elif sort == 1:
        lat = math.copysign(90.0 - size / 111_000.0, pole)
        shape = Polygon(tuple((lat, float(lon)) for lon in range(-180, 180, 30)), (), m.kind())
    elif sort == 2:
        a, b = m.rng.uniform(-180, 0), m.rng.uniform(10, 170)
        lat = math.copysign(90.0 - size / 111_000.0, pole)
        shape = Polygon(((pole, 0.0), (lat, a), (lat, a + b)), (), EdgeKind.GEODESIC)
    elif sort == 3:
        shape = Polygon(m.star((pole, 0.0), size, 0.4), (), m.kind())
        if len(shape.exterior) < 6:
            shape = replace(shape, edge_kind=EdgeKind.GEODESIC)
    else:
        off = to_point((pole, 0.0), m.rng.uniform(0, 360), size * m.rng.uniform(0, 1.5))
        shape = Polygon(m.star(off, size, 0.5), (), EdgeKind.GEODESIC)
    over = to_point((pole, 0.0), m.rng.uniform(0, 360), size * m.rng.uniform(0, 1))
    points = [m.polyline((pole, 0.0), size), m.through(over, min(2.5 * size, 5e6))]
    if m.rng.random() < 0.5:
        points[0].insert(1, (pole, float(m.rng.uniform(-180, 180))))
    limits = m.limits() if m.rng.random() < 0.5 else (None, None)
    return [zone("z0", Volume(shape, *limits))], points, 3_600.0


def _antimeridian(m: Maker) -> tuple[list[Zone], list[list[Vertex]], float]:
    size = m.log(1_000.0, 300_000.0)
    at = (float(m.rng.uniform(-70, 70)), math.remainder(180.0 + m.rng.normal(0, size / 111_000), 360.0))
    points = [m.polyline(at, size), m.through(at, 6 * size), m.polyline((at[0], 0.0), size)]
    return [zone("z0", m.footprint(at, size)), zone("z1", m.footprint(at, 0.5 * size))], points, 600.0


def _long_edges(m: Maker) -> tuple[list[Zone], list[list[Vertex]], float]:
    at, size = m.place(), m.rng.uniform(400_000.0, 900_000.0)
    kind = m.kind() if abs(at[0]) < 60 else EdgeKind.GEODESIC
    zones = [zone("z0", Volume(Polygon(m.star(at, size, 0.7, 6), (), kind), *m.limits()))]
    return zones, [m.polyline(at, size), m.through(at, m.rng.uniform(1e6, 5e6))], 7_200.0


def _long_segments(m: Maker) -> tuple[list[Zone], list[list[Vertex]], float]:
    at, size = m.place(), m.log(2_000.0, 200_000.0)
    zones = [zone("z0", m.footprint(at, size))]
    off = to_point(at, m.rng.uniform(0, 360), 0.5 * size)
    return zones, [m.through(at, m.rng.uniform(1e6, 5e6)), m.through(off, m.rng.uniform(1e5, 5e6))], 30_000.0


def _shared_border(m: Maker) -> tuple[list[Zone], list[list[Vertex]], float]:
    at, size = m.place(), m.log(1_000.0, 20_000.0)
    turn = m.rng.uniform(0, 360)
    a, b = to_point(at, turn, size), to_point(at, turn + 180, size)
    left, right = to_point(at, turn - 90, size), to_point(at, turn + 90, size)
    kind = m.kind()
    zones = [zone("z0", Polygon((a, b, left), (), kind)), zone("z1", Polygon((b, a, right), (), kind))]
    along = [to_point(b, turn, -0.3 * size), b, at, a, right, a, b, left, right]
    half = [on_edge(a, b, f) for f in sorted(m.rng.uniform(0, 1, 4).tolist())]
    return zones, [along[: int(m.rng.integers(2, 10))], half, m.polyline(at, size)], 120.0


def _stack(m: Maker) -> tuple[list[Zone], list[list[Vertex]], float]:
    at, size = m.place(), m.log(1_000.0, 100_000.0)
    datum = list(Datum)[int(m.rng.integers(4))]
    cuts = [Limit(float(h), datum, f"{h} m") for h in (0, 300, 1500, 3048, 6000)]
    shape = m.footprint(at, size)
    volumes = [
        Volume(shape if m.rng.random() < 0.5 else m.footprint(at, size * m.rng.uniform(0.2, 1.0)), low, high)
        for low, high in itertools.pairwise(cuts)
        if m.rng.random() < 0.8
    ]
    volumes = volumes or [Volume(shape, cuts[1], cuts[3])]
    return [zone("z0", *volumes)], [m.polyline(at, size) for _ in range(3)], 120.0


def _scheduled(m: Maker) -> tuple[list[Zone], list[list[Vertex]], float]:
    zones, points, gap = _anywhere(m)
    last_us = EPOCH_US + round(len(points[0]) * gap * 0.5e6)
    return [replace(z, schedule=m.schedule(last_us)) for z in zones], points, gap


def _several(m: Maker) -> tuple[list[Zone], list[list[Vertex]], float]:
    at, size = m.place(), m.log(500.0, 50_000.0)
    zones = [
        zone(f"z{i}", Volume(m.footprint(to_point(at, m.rng.uniform(0, 360), size), size), *m.limits()))
        for i in range(4)
    ]
    return zones, [m.polyline(at, 2 * size) for _ in range(2)], 120.0


MAKERS: dict[str, Callable[[Maker], tuple[list[Zone], list[list[Vertex]], float]]] = {
    "anywhere": _anywhere, "pole": _pole, "antimeridian": _antimeridian, "long edges": _long_edges,
    "long segments": _long_segments, "shared border": _shared_border, "stack": _stack,
    "scheduled": _scheduled, "several": _several,
    "unknown heights": lambda m: _anywhere(m) if m.rng.random() < 0.5 else _stack(m),
}  # fmt: skip


def random_case(seed: int, number: int, kind: str | None = None) -> Case:
    """Return a case; the kinds take turns unless one is named. Equal arguments give equal cases."""
    kind = kind or list(MAKERS)[number % len(MAKERS)]
    m = Maker(np.random.default_rng([seed, number]))
    zones, tracks, gap = MAKERS[kind](m)
    reports = [
        report
        for i, points in enumerate(tracks)
        for report in m.fly(points, f"t{i}", gap, unknown=kind == "unknown heights")
    ]
    reports.sort(key=lambda r: (r.time_us, r.target))
    return Case(kind, tuple(zones), tuple(reports), gap)


def cases(*kinds: str) -> st.SearchStrategy[Case]:
    """Return a strategy of random cases, of the kinds named or of all."""
    return st.builds(
        random_case, st.integers(0, 2**32 - 1), st.just(0), st.sampled_from(kinds or tuple(MAKERS))
    )
