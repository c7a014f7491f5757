"""Coverage: only what was received is evidence of it."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nofly.run.following.coverage import BANDS_FT, CELL_DEG, Coverage
from nofly.schema import Coded, Positions

NOW_US = 1_700_000_000_000_000
FT_M = 0.3048

REPORT = st.tuples(
    st.floats(-90, 90),
    st.floats(-180, 180),
    st.floats(-500, 50_000) | st.just(float("nan")),
    st.integers(0, 7200),
)


@given(st.lists(REPORT, max_size=30))
def test_a_cell_is_seen_as_the_reports_say(reports: list[tuple[float, float, float, int]]) -> None:
    coverage = Coverage(np.zeros((720, 1440, len(BANDS_FT)), np.int64))
    coverage.take(Positions(
        np.array([NOW_US - r[3] * 1_000_000 for r in reports], np.int64),
        Coded.from_list(["a"] * len(reports)),
        np.array([r[0] for r in reports]), np.array([r[1] for r in reports]),
        {"alt_std_m": np.array([r[2] * FT_M for r in reports])},
    ))  # fmt: skip
    plain: dict[tuple[int, int], list[int | None]] = {}
    for lat, lon, feet, age_s in reports:
        if feet != feet or age_s >= 3600:
            continue
        cell = min(int((lat + 90) // CELL_DEG), 719), int((lon + 180) // CELL_DEG) % 1440
        ages = plain.setdefault(cell, [None] * len(BANDS_FT))
        band = max((k for k, begin in enumerate(BANDS_FT) if feet * FT_M >= begin * FT_M), default=0)
        known = ages[band]
        ages[band] = age_s if known is None else min(known, age_s)
    found = {
        (round((one.south_deg + 90) / CELL_DEG), round((one.west_deg + 180) / CELL_DEG)): one.ages_s
        for one in coverage.seen(NOW_US, 3600)
    }
    assert found == plain
