"""What must hold of every stay, whatever the zones and tracks."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from nofly.incidents.record import Cause
from nofly.zones.model import Arc, Circle, Corridor, Footprint, Polygon, Ring, Vertex, Zone
from tests.kernel.agreement import disagreements
from tests.kernel.strategies import MAKERS, NAN, Case, Report, cases, positions_of, random_case, zone
from tests.oracle.ellipsoid import direct, inverse
from tests.oracle.spans import within

FIELDS = (
    "zone_id", "target_id", "entry_us", "exit_us", "entry_lat_deg", "entry_lon_deg", "exit_lat_deg",
    "exit_lon_deg", "determined", "entry_cause", "exit_cause", "depth_m", "lower_margin_m",
    "upper_margin_m", "reports", "longest_gap_s",
)  # fmt: skip
PLACED = [kind for kind in MAKERS if kind != "scheduled"]
often = settings(suppress_health_check=[HealthCheck.too_slow])
slowly = settings(often, max_examples=max(5, settings.default.max_examples // 4))


def stays(
    zones: Sequence[Zone], reports: Sequence[Report], max_gap_s: float, batch_rows: int | None = None
) -> list[Any]:
    from nofly.incidents.stays import zone_stays

    return zone_stays(zones, positions_of(list(reports)), max_gap_s=max_gap_s, batch_rows=batch_rows)


def bits(found: list[Any]) -> list[tuple[str, ...]]:
    """Return the stays so that equal means equal to the last bit, in an order of their own."""
    return sorted(tuple(repr(_plain(getattr(s, name))) for name in FIELDS) for s in found)


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def same(one: list[Any], two: list[Any]) -> None:
    """Assert that stays are the same: to the bit in what is counted, to a micrometre in what is measured."""
    for a, b in zip(*(sorted(v, key=lambda s: bits([s])[0][:3]) for v in (one, two)), strict=True):
        for name in FIELDS:
            x, y = getattr(a, name), getattr(b, name)
            if isinstance(x, float) and isinstance(y, float):
                assert x == pytest.approx(y, rel=0, abs=1e-11 if name.endswith("_deg") else 1e-6, nan_ok=True)
            else:
                assert x == y, name


def loose(stay: Any) -> SimpleNamespace:
    """Return a stay that can be changed."""
    return SimpleNamespace(**{name: getattr(stay, name) for name in FIELDS})


@given(cases(), st.integers(1, 9))
@often
def test_however_the_stream_is_cut_the_stays_are_the_same(case: Case, rows: int) -> None:
    whole = bits(stays(case.zones, case.reports, case.max_gap_s))
    assert bits(stays(case.zones, case.reports, case.max_gap_s, rows)) == whole


@given(cases())
@often
def test_each_target_by_itself_gives_the_same_stays(case: Case) -> None:
    apart = [
        stay
        for target in case.targets
        for stay in stays(case.zones, [r for r in case.reports if r.target == target], case.max_gap_s)
    ]
    assert bits(apart) == bits(stays(case.zones, case.reports, case.max_gap_s))


@given(cases("several", "antimeridian", "shared border"), st.randoms(use_true_random=False))
@often
def test_the_order_of_zones_is_of_no_account(case: Case, random: Any) -> None:
    zones = list(case.zones)
    random.shuffle(zones)
    expected = bits(stays(case.zones, case.reports, case.max_gap_s))
    assert bits(stays(zones, case.reports, case.max_gap_s)) == expected


def assert_unmoved_by_one_more(case: Case, seed: int) -> None:
    """Assert that a further zone somewhere on the tracks leaves the stays in the others as they are."""
    rng = np.random.default_rng(seed)
    near = case.reports[int(rng.integers(len(case.reports)))]
    more = zone("more", Circle((near.lat_deg, near.lon_deg), float(rng.uniform(100.0, 200_000.0))))
    before = stays(case.zones, case.reports, case.max_gap_s)
    after = stays([*case.zones, more], case.reports, case.max_gap_s)
    same(before, [s for s in after if s.zone_id != "more"])
    assert any(s.zone_id == "more" for s in after)


@given(cases("several", "antimeridian", "anywhere", "pole", "stack"), st.integers(0, 2**32 - 1))
@often
def test_a_zone_more_changes_no_other_zones_stays(case: Case, seed: int) -> None:
    assert_unmoved_by_one_more(case, seed)


@given(cases("shared border"), st.integers(0, 2**32 - 1))
@often
def test_a_zone_more_changes_no_flight_along_a_border(case: Case, seed: int) -> None:
    assert_unmoved_by_one_more(case, seed)


@given(cases())
@often
def test_enter_and_exit_alternate(case: Case) -> None:
    found = stays(case.zones, case.reports, case.max_gap_s)
    for key in {(s.zone_id, s.target_id) for s in found}:
        mine = sorted(
            (s for s in found if (s.zone_id, s.target_id) == key), key=lambda s: (s.entry_us, s.exit_us)
        )
        assert all(s.entry_us <= s.exit_us for s in mine)
        assert all(one.exit_us < two.entry_us for one, two in itertools.pairwise(mine))
        assert all(s.entry_cause not in (Cause.DATA_LOST, Cause.ZONE_DEACTIVATED) for s in mine)
        assert all(s.exit_cause not in (Cause.DATA_RESUMED, Cause.ZONE_ACTIVATED) for s in mine)


@given(cases("stack", "anywhere", "several"), st.data())
@often
def test_a_height_taken_away_never_yields_outside(case: Case, data: st.DataObject) -> None:
    first = data.draw(st.integers(0, len(case.reports) - 1))
    last = data.draw(st.integers(first, len(case.reports) - 1))
    columns = data.draw(st.sets(st.sampled_from(["std_m", "amsl_m", "agl_m", "hae_m"]), min_size=1))
    blind = [
        replace(r, **dict.fromkeys(columns, NAN)) if first <= i <= last else r
        for i, r in enumerate(case.reports)
    ]
    after = stays(case.zones, blind, case.max_gap_s)
    for stay in stays(case.zones, case.reports, case.max_gap_s):
        wider = [
            (s.entry_us, s.exit_us)
            for s in after
            if (s.zone_id, s.target_id) == (stay.zone_id, stay.target_id)
        ]
        assert within((stay.entry_us, stay.exit_us), wider, 2)


def between(a: Report, b: Report, fraction: float) -> Report | None:
    """Return a report on the geodesic between two, at a whole microsecond; None where there is none."""
    time_us = a.time_us + round(fraction * (b.time_us - a.time_us))
    if not a.time_us < time_us < b.time_us:
        return None
    f = (time_us - a.time_us) / (b.time_us - a.time_us)
    azimuth, length = inverse(a.lat_deg, a.lon_deg, b.lat_deg, b.lon_deg)
    lat, lon = (float(v) for v in direct(a.lat_deg, a.lon_deg, azimuth, f * length))
    heights = {
        name: getattr(a, name) + f * (getattr(b, name) - getattr(a, name))
        for name in ("std_m", "amsl_m", "agl_m", "hae_m")
    }
    return replace(a, time_us=time_us, lat_deg=lat, lon_deg=lon, **heights)


@given(
    cases(*(k for k in MAKERS if k != "unknown heights")),
    st.lists(st.floats(0.01, 0.99), min_size=1, max_size=3),
)
# A report more lies where two edges meet, and the flight leaves from there.
@example(random_case(292, 0, "shared border"), [0.5, 0.75])
@slowly
def test_a_report_more_on_the_same_path_changes_nothing(case: Case, fractions: list[float]) -> None:
    more = list(case.reports)
    for target in case.targets:
        mine = [r for r in case.reports if r.target == target]
        for a, b in itertools.pairwise(mine):
            if b.time_us - a.time_us <= case.max_gap_s * 1e6:
                more += [r for f in set(fractions) if (r := between(a, b, f)) is not None]
    more.sort(key=lambda r: (r.time_us, r.target))
    assert disagreements(case, stays(case.zones, more, case.max_gap_s), counts=False) == []


def turned(lon: float, by: float) -> float:
    """Return a longitude turned, within [−180, 180)."""
    return (lon + by + 540.0) % 360.0 - 180.0


def turned_footprint(shape: Footprint, by: float) -> Footprint:
    def vertex(v: Vertex) -> Vertex:
        return v[0], turned(v[1], by)

    def ring(r: Ring) -> Ring:
        return tuple(replace(e, centre=vertex(e.centre)) if isinstance(e, Arc) else vertex(e) for e in r)

    if isinstance(shape, Circle):
        return replace(shape, centre=vertex(shape.centre))
    if isinstance(shape, Corridor):
        return replace(shape, path=tuple(vertex(v) for v in shape.path))
    assert isinstance(shape, Polygon)
    return replace(shape, exterior=ring(shape.exterior), holes=tuple(ring(h) for h in shape.holes))


@given(cases(), st.integers(-180 * 64, 180 * 64))
@slowly
def test_the_whole_world_turned_is_the_same_world(case: Case, steps: int) -> None:
    by = steps / 64.0
    zones = [
        replace(z, volumes=tuple(replace(v, footprint=turned_footprint(v.footprint, by)) for v in z.volumes))
        for z in case.zones
    ]
    reports = [replace(r, lon_deg=turned(r.lon_deg, by)) for r in case.reports]
    found = [loose(s) for s in stays(zones, reports, case.max_gap_s)]
    for stay in found:
        stay.entry_lon_deg = turned(stay.entry_lon_deg, -by)
        stay.exit_lon_deg = turned(stay.exit_lon_deg, -by)
    assert disagreements(case, found) == []


@given(cases(*PLACED))
@slowly
def test_time_run_back_swaps_entry_and_exit(case: Case) -> None:
    ends_us = case.reports[0].time_us + case.reports[-1].time_us
    backwards = [replace(r, time_us=ends_us - r.time_us) for r in reversed(case.reports)]
    swapped = {Cause.DATA_RESUMED: Cause.DATA_LOST, Cause.DATA_LOST: Cause.DATA_RESUMED}
    found = []
    for stay in stays(case.zones, backwards, case.max_gap_s):
        one = loose(stay)
        one.entry_us, one.exit_us = ends_us - stay.exit_us, ends_us - stay.entry_us
        one.entry_lat_deg, one.exit_lat_deg = stay.exit_lat_deg, stay.entry_lat_deg
        one.entry_lon_deg, one.exit_lon_deg = stay.exit_lon_deg, stay.entry_lon_deg
        one.entry_cause, one.exit_cause = (
            swapped.get(cause, cause) for cause in (stay.exit_cause, stay.entry_cause)
        )
        found.append(one)
    assert disagreements(case, found) == []


@pytest.mark.parametrize("batch_rows", [1, 2, 3, 1000])
def test_a_long_stream_cut_anywhere(batch_rows: int) -> None:
    """Many targets in one stream, in time order, against the same in one piece."""
    several = [replace(r, target=f"{r.target}-{n}") for n in range(12) for r in _stream(n)]
    several.sort(key=lambda r: (r.time_us, r.target))
    zones = _zones()
    whole = bits(stays(zones, several, 120.0))
    assert len(whole) > 10
    assert bits(stays(zones, several, 120.0, batch_rows)) == whole


def _zones() -> list[Zone]:
    return [zone(f"c{i}", Circle((47.0 + 0.2 * i, 8.0 + 0.1 * i), 15_000.0)) for i in range(6)]


def _stream(number: int) -> list[Report]:
    rng = np.random.default_rng(number)
    lat = 47.5 + np.cumsum(rng.normal(0, 0.05, 60))
    lon = 8.25 + np.cumsum(rng.normal(0, 0.05, 60))
    time_us = np.cumsum(rng.integers(1, 60, 60)) * 1_000_000
    return [Report(int(t), "t", float(a), float(b)) for t, a, b in zip(time_us, lat, lon, strict=True)]
