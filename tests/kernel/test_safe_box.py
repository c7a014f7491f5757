"""A safe box says where nothing changes: wherever in it a target is, it is in what it was in."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from nofly.incidents.stays import zone_activity
from nofly.kernel import compiled, layout
from nofly.kernel.detect import Detector, Params, Reports
from nofly.zones.compiled import CompiledZones, compile_zones
from nofly.zones.model import EdgeKind, Polygon, Vertex
from tests.kernel.strategies import EPOCH_US, Case, cases, on_edge, random_case, zone

often = settings(suppress_health_check=[HealthCheck.too_slow])
KINDS = ("anywhere", "pole", "antimeridian", "long edges", "shared border", "stack", "scheduled", "several")
BETWEEN = 8
"""How many reports stand for each way between two waypoints."""


class Watched:
    """A detector of one target, and what its box says of places nobody has been to."""

    def __init__(self, zones: CompiledZones, activity: tuple[NDArray[Any], NDArray[Any]]) -> None:
        self.zones, self.activity = zones, activity
        self.detector = Detector(zones, *activity, Params(1e9))

    def slot(self) -> NDArray[np.float64]:
        return np.asarray(self.detector.save()["slot"][0])

    def slopes(self) -> tuple[float, float]:
        lean, rise = self.slot().view(np.float32)[[layout.LEAN, layout.RISE]].tolist()
        return lean, rise

    def held(self) -> dict[int, int]:
        """Return the state of each part that the target is not outside of."""
        kept, found = self.detector.save(), {}
        node = int(kept["head"][0])
        while node >= 0:
            found[int(kept["node_part"][node])] = int(kept["node_state"][node])
            node = int(kept["node_next"][node])
        return found

    def places(self, rng: np.random.Generator, n: int) -> list[Vertex]:
        """Return places in the box, its corners among them, and places of the geodesics between."""
        u0, u1, v0, v1 = self.slot()[[layout.U0, layout.U1, layout.V0, layout.V1]].tolist()
        lean, rise = self.slopes()
        assert lean == 0.0 or rise == 0.0
        if not (u0 <= u1 and v0 <= v1):
            return []
        u = np.r_[u0, u0, u1, u1, rng.uniform(u0, u1, n)]
        v = np.r_[v0, v1, v0, v1, rng.uniform(v0, v1, n)]
        lon = u if lean == 0.0 else u + lean * v
        lat = v if rise == 0.0 else v + rise * u
        u, v = lon - lean * lat, lat - rise * lon
        kept = (np.abs(lat) <= 90.0) & (np.abs(lon) < 180.0)
        kept &= (u >= u0) & (u <= u1) & (v >= v0) & (v <= v1)
        ends: list[Vertex] = list(zip(lat[kept].tolist(), lon[kept].tolist(), strict=True))
        pairs = [pair for pair in zip(ends, ends[::-1], strict=True) if pair[0] != pair[1]]
        return ends + [on_edge(a, b, f) for a, b in pairs for f in (0.1, 0.5)]

    def check(self, rng: np.random.Generator) -> None:
        """Assert that a target first heard in the box, at heights and a time in it, is in the same."""
        slot, rows, places = self.slot(), len(self.zones.datums), self.places(rng, 20)
        if not places:
            return
        n = len(places)
        last_us = min(int(slot[layout.UNTIL]) - 1, int(slot[layout.TIME]) + 10**10)
        heights = np.zeros((rows, n))
        for k in range(rows):
            heights[k] = self._height_m(k, rng, n)
        when = rng.integers(int(slot[layout.TIME]), last_us + 1, n)
        lat, lon = np.array(places).T.copy()
        fresh = Detector(self.zones, *self.activity, Params())
        changes = fresh.step(Reports(np.arange(n, dtype=np.int32), when, lat, lon, heights, heights))
        found: list[dict[int, int]] = [{} for _ in places]
        for target, part, state in zip(changes.target, changes.part, changes.after, strict=True):
            found[target][int(part)] = int(state)
        held = self.held()
        for place, states in zip(places, found, strict=True):
            assert states == held, (place, self.slopes(), slot.tolist())

    def _height_m(self, k: int, rng: np.random.Generator, n: int) -> NDArray[np.float64]:
        """Return heights of a row that the box holds."""
        more = self.detector.save()["more_box"][0]
        box = self.slot()[layout.LEAST : layout.LEAST + 4] if k == 0 else more[6 * k - 6 : 6 * k - 2]
        last = self.slot()[layout.LOW] if k == 0 else more[6 * k - 2]
        low, high = max(box[0], box[2], last - 4000.0), min(box[1], box[3], last + 4000.0)
        return rng.uniform(low, high, n) if low <= high else np.full(n, last)


def dense(case: Case, target: str) -> tuple[NDArray[np.int64], NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Return time, latitude, longitude and height of a track with reports between its waypoints, straight in
    longitude and latitude, and up and down between flights."""
    rows = [r for r in case.reports if r.target == target]
    at = np.arange(len(rows))
    fine = np.linspace(0, len(rows) - 1, BETWEEN * (len(rows) - 1) + 1)
    time_us = np.interp(fine, at, [r.time_us for r in rows]).astype(np.int64)
    columns = [
        np.interp(fine, at, [getattr(r, name) for r in rows]) for name in ("lat_deg", "lon_deg", "std_m")
    ]
    return time_us, columns[0], columns[1], columns[2]


def activity(case: Case) -> tuple[NDArray[Any], NDArray[Any]]:
    return zone_activity(case.zones, EPOCH_US - 10**12, EPOCH_US + 10**12)


@given(cases(*KINDS), st.integers(0, 2**32 - 1))
@example(random_case(9022, 0, "shared border"), 0)  # a report at a corner, but for a nanodegree
@example(random_case(69, 0, "shared border"), 0)  # a box as narrow as its bounds are rounded
@often
def test_wherever_in_its_box_a_target_is_it_is_in_what_it_was_in(case: Case, seed: int) -> None:
    rng = np.random.default_rng(seed)
    zones = compile_zones(case.zones)
    for target in case.targets:
        watched = Watched(zones, activity(case))
        time_us, lat, lon, height_m = dense(case, target)
        heights = np.repeat(height_m.reshape(1, -1), len(zones.datums), axis=0)
        first = 0
        while first < len(time_us):
            rows = slice(first, first + int(rng.choice([1, 1, 5, 40])))
            who = np.zeros(len(time_us[rows]), np.int32)
            part = np.ascontiguousarray(heights[:, rows])
            watched.detector.step(Reports(who, time_us[rows], lat[rows], lon[rows], part, part))
            watched.check(rng)
            first = rows.stop


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("bearing", range(0, 360, 15 if compiled() else 75))
def test_a_box_runs_along_the_flight_and_keeps_clear_of_the_zones(bearing: int, together: bool) -> None:
    """Past squares to both sides, 0.01 degrees a report, one report after the other or in one batch."""
    rng = np.random.default_rng(bearing)
    north, east = np.cos(np.radians(bearing)), np.sin(np.radians(bearing))
    zones = []
    for k, side in [(k, side) for k in range(-3, 4) for side in (-0.05, 0.05)]:
        y, x = 47.3 + 0.1 * k * north - side * east, 8.4 + 0.1 * k * east + side * north
        ring = tuple((y + 0.01 * a, x + 0.01 * b) for a, b in ((-1, -1), (-1, 1), (1, 1), (1, -1)))
        zones.append(zone(f"z{k}{side}", Polygon(ring, edge_kind=EdgeKind.PLANAR)))
    case = Case("squares", tuple(zones), ())
    watched = Watched(compile_zones(case.zones), activity(case))
    step = np.arange(-30, 31)
    lat, lon = 47.3 + 0.01 * step * north, 8.4 + 0.01 * step * east
    time_us = EPOCH_US + 1_000_000 * (step + 30).astype(np.int64)
    none, slopes = np.zeros((1, 1)), set()
    for first in range(0, len(step), len(step) if together else 1):
        rows = slice(first, len(step) if together else first + 1)
        who = np.zeros(len(step[rows]), np.int32)
        changes = watched.detector.step(Reports(who, time_us[rows], lat[rows], lon[rows], none, none))
        assert len(changes) == 0
        watched.check(rng)
        slopes.add(watched.slopes())
    assert any(min(abs(east - a * north), abs(north - b * east)) < 1e-3 for a, b in slopes)


@pytest.mark.parametrize(
    ("lat", "lon"), [(0.5, 0.5), (0.25, 0.25), (0.0, 0.5), (0.0, 0.0), (0.5, 1.0), (1.0, 1.0)]
)
def test_a_report_on_an_edge_has_a_box_of_no_more_than_its_own_place(lat: float, lon: float) -> None:
    """On the slanted side, at its ends, and on another side: come to slantwise."""
    triangle = zone("z", Polygon(((0.0, 0.0), (1.0, 1.0), (0.0, 1.0)), edge_kind=EdgeKind.PLANAR))
    case = Case("triangle", (triangle,), ())
    watched = Watched(compile_zones(case.zones), activity(case))
    none, who = np.zeros((1, 1)), np.zeros(2, np.int32)
    y, x = np.array([lat + 0.013, lat]), np.array([lon - 0.01, lon])
    watched.detector.step(Reports(who, EPOCH_US + np.array([0, 10**6]), y, x, none, none))
    assert set(watched.places(np.random.default_rng(0), 5)) <= {(lat, lon)}
    watched.check(np.random.default_rng(0))


@pytest.mark.parametrize("lat_deg", [43.998, 43.98, 40.001, -43.998, -40.001, 43.3])
def test_a_flight_near_the_rim_of_an_empty_region_stays_in_its_boxes(lat_deg: float) -> None:
    """A box as wide as the region bulges past such a flight: it has to be shorter, not empty."""
    walls = []
    for south in (39.4, 44.4):
        at, by = np.sign(lat_deg) * south, 0.2
        ring = ((at - by, -20.0), (at - by, 20.0), (at + by, 20.0), (at + by, -20.0))
        walls.append(zone(f"{south}", Polygon(ring, edge_kind=EdgeKind.PLANAR)))
    case = Case("walls", tuple(walls), ())
    watched = Watched(compile_zones(case.zones), activity(case))
    count = 400
    lon = 2.0 + 0.01 * np.arange(count)
    time_us = EPOCH_US + 10**6 * np.arange(count)
    none = np.zeros((1, 1))
    boxes = set()
    for k in range(count):
        one = slice(k, k + 1)
        watched.detector.step(
            Reports(np.zeros(1, np.int32), time_us[one], np.array([lat_deg]), lon[one], none, none)
        )
        boxes.add(tuple(watched.slot()[[layout.U0, layout.U1]]))
        if k % 40 == 0:
            watched.check(np.random.default_rng(k))
    assert len(boxes) <= 20
    assert all(u0 <= u1 for u0, u1 in boxes)
