"""Every stay against the oracle, on random zones and tracks over the whole globe."""

from __future__ import annotations

import math
import os
from types import SimpleNamespace

import pytest

from nofly.kernel import compiled
from nofly.zones.model import Circle, Datum, Limit, Volume
from tests.kernel.agreement import disagreements
from tests.kernel.strategies import EPOCH_US, Case, Report, positions_of, random_case, zone

SEEDS = 20
CASES = 2 if not compiled() else 200 if os.environ.get("NOFLY_PROFILE") == "long" else 34
"""A case has three to four pairs of a zone and a track: compiled there are 2,364 of them. The uncompiled
kernel is the same source, some hundred times slower."""


@pytest.mark.parametrize("seed", range(SEEDS))
def test_stays_agree_with_the_oracle(seed: int) -> None:
    from nofly.incidents.stays import zone_stays

    wrong = []
    for number in range(CASES):
        case = random_case(seed, number)
        stays = zone_stays(case.zones, positions_of(case.reports), max_gap_s=case.max_gap_s)
        found = disagreements(case, stays)
        if found:
            lines = "\n".join(found)
            wrong.append(f"random_case({seed}, {number}): {case}\nfound\n{stays}\nwrong\n{lines}\n")
    assert not wrong, f"{len(wrong)} of {CASES} cases:\n" + "\n".join(wrong[:3])


def test_the_comparison_notices_what_is_wrong() -> None:
    """One true stay of 50 s in a cylinder, and everything that could be wrong with it."""
    from nofly.incidents.record import Cause

    cylinder = Volume(Circle((0.0, 1.0), 50_000.0), Limit(500.0, Datum.AMSL, "500 m"))
    path = [(0, 0.5), (60, 1.0), (120, 1.5), (180, 2.0)]
    rows = tuple(Report(EPOCH_US + t * 1_000_000, "a", 0.0, lon, amsl_m=1000.0) for t, lon in path)
    case = Case("cylinder", (zone("z", cylinder),), rows)
    half_us = round(50_000.0 / (math.pi * 6378137.0 / 180.0) * 120e6)
    edge = 50_000.0 / (math.pi * 6378137.0 / 180.0)
    right = SimpleNamespace(
        zone_id="z", target_id="a", entry_us=EPOCH_US + 60_000_000 - half_us,
        exit_us=EPOCH_US + 60_000_000 + half_us, entry_lat_deg=0.0, entry_lon_deg=1.0 - edge,
        exit_lat_deg=0.0, exit_lon_deg=1.0 + edge, determined=True, entry_cause=Cause.MOVED,
        exit_cause=Cause.MOVED, depth_m=50_000.0, lower_margin_m=500.0, upper_margin_m=None, reports=1,
        longest_gap_s=60.0,
    )  # fmt: skip
    assert disagreements(case, [right]) == []
    wrong = {
        "zone_id": "y", "entry_us": right.entry_us - 5_000, "exit_us": right.exit_us + 5_000,
        "entry_lat_deg": 2e-5, "exit_lon_deg": right.exit_lon_deg - 2e-5, "determined": False,
        "entry_cause": Cause.ZONE_ACTIVATED, "exit_cause": Cause.DATA_LOST, "depth_m": 49_900.0,
        "lower_margin_m": 502.0, "upper_margin_m": 1.0, "reports": 2, "longest_gap_s": 59.0,
    }  # fmt: skip
    for name, value in wrong.items():
        changed = SimpleNamespace(**{**vars(right), name: value})
        assert disagreements(case, [changed]), name
    assert disagreements(case, []), "a stay that is missing"
    middle = EPOCH_US + 60_000_000
    first, second = (SimpleNamespace(**vars(right)) for _ in range(2))
    first.exit_us, first.exit_lon_deg = middle, 1.0
    second.entry_us, second.entry_lon_deg = middle, 1.0
    assert disagreements(case, [first, second]), "a stay cut in two"


def test_a_long_segment_along_a_meridian_keeps_time() -> None:
    """Latitude is not even in distance on the ellipsoid: 1.9 m in the middle of 140 km."""
    from nofly.incidents.stays import zone_stays

    case = random_case(2799233, 0, "long segments")
    stays = zone_stays(case.zones, positions_of(case.reports), max_gap_s=case.max_gap_s)
    assert disagreements(case, stays) == []
