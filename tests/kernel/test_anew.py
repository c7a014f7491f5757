"""A target whose way to a report is not known is lost before it and found anew, however short the time."""

from __future__ import annotations

import numpy as np
import pytest

from nofly.incidents.stays import _bare, zone_activity
from nofly.kernel.detect import Changes, Detector, Params, Reports, Why, joined
from nofly.schema import Coded, Positions
from nofly.zones.compiled import compile_zones
from nofly.zones.model import Circle, Volume
from tests.kernel.strategies import EPOCH_US, zone

ZONES = [zone("ring", Volume(Circle((50.0, 14.0), 5_000.0)))]
ACTIVE = zone_activity(ZONES, EPOCH_US, EPOCH_US + 10**9)


def reports(
    lat: list[float], lon: list[float], who: list[int] | None = None, anew: tuple[int, ...] = ()
) -> Reports:
    n = len(lat)
    targets = np.array(who or [0] * n, np.int32)
    time_us = EPOCH_US + np.arange(n) * 1_000_000
    found = _bare(Positions(time_us, Coded(targets, []), np.array(lat), np.array(lon)), [])
    found.anew = np.array(anew, np.int64)
    return found


def rows(changes: Changes) -> list[tuple[float, ...]]:
    return list(zip(*(getattr(changes, name).tolist() for name in Changes.__slots__[:12]), strict=True))


def test_a_way_that_is_not_known_crosses_nothing() -> None:
    across = [50.0, 50.0], [13.9, 14.1]
    zones = compile_zones(ZONES)
    assert len(Detector(zones, *ACTIVE, Params(60.0)).step(reports(*across))) == 2
    assert len(Detector(zones, *ACTIVE, Params(60.0)).step(reports(*across, anew=(1,)))) == 0


def test_what_it_was_in_is_lost_at_its_last_report_and_found_at_the_next() -> None:
    detector = Detector(compile_zones(ZONES), *ACTIVE, Params(60.0))
    changes = detector.step(reports([50.0, 50.0, 50.0], [14.0, 14.01, 14.02], anew=(2,)))
    assert changes.why.tolist() == [Why.FOUND, Why.LOST, Why.FOUND]
    assert (changes.time_us - EPOCH_US).tolist() == [0, 1_000_000, 2_000_000]


@pytest.mark.parametrize("seed", range(20))
def test_in_one_batch_as_in_many(seed: int) -> None:
    random = np.random.default_rng(seed)
    n = 120
    who = random.integers(0, 3, n)
    lat, lon = random.normal(50.0, 0.03, n), random.normal(14.0, 0.05, n)
    anew = np.sort(random.choice(n, 6, replace=False))
    whole = reports(lat.tolist(), lon.tolist(), who.tolist(), tuple(anew.tolist()))
    one = Detector(compile_zones(ZONES), *ACTIVE, Params(60.0))
    many = Detector(compile_zones(ZONES), *ACTIVE, Params(60.0))
    found = []
    for k in range(n):
        part = Reports(
            *(getattr(whole, name)[k : k + 1] for name in ("target", "time_us", "lat_deg", "lon_deg")),
            whole.low_m[:, k : k + 1], whole.high_m[:, k : k + 1],
            np.zeros(int(k in anew), np.int64),
        )  # fmt: skip
        found.append(many.step(part))
    assert rows(one.step(whole)) == rows(joined(found))
