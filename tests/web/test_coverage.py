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


def test_never_is_not_lately_in_1970_either() -> None:
    coverage = Coverage(np.zeros((720, 1440, len(BANDS_FT)), np.int64))
    assert coverage.seen(1_000_000, 3600) == []


HEARD = st.lists(
    st.tuples(st.integers(-100_000, 4_000), st.sampled_from(["", "north", "south"])), max_size=40
)


@given(st.lists(HEARD, max_size=4), st.integers(60, 86_400))
def test_receivers_are_up_in_the_minutes_in_which_they_received(
    batches: list[list[tuple[int, str]]], within_s: int
) -> None:
    coverage, now_s = Coverage(np.zeros((720, 1440, len(BANDS_FT)), np.int64)), NOW_US // 1_000_000
    newest: dict[str, int] = {}
    heard: dict[str, set[int]] = {}
    for batch in batches:
        coverage.take(Positions(
            np.array([(now_s + s) * 1_000_000 for s, _ in batch], np.int64),
            Coded.from_list(["a"] * len(batch)), np.zeros(len(batch)), np.zeros(len(batch)), {},
            {"station": Coded.from_list([name or None for _, name in batch])},
        ))  # fmt: skip
        for s, name in sorted(batch):
            newest[name] = max(newest.get(name, s), s)
            heard.setdefault(name, set()).add((now_s + s) // 60)
    last = now_s // 60
    first = (now_s - within_s) // 60 + 1
    found = {one.station: one for one in coverage.receivers(NOW_US, within_s)}
    for name, minutes in heard.items():
        # A day before the latest is what is kept.
        kept = {m for m in minutes if m > (now_s + newest[name]) // 60 - 24 * 60}
        up = sum(first <= m <= last for m in kept)
        if up:
            assert found[name].minutes_up == up
            assert found[name].minutes == last - first + 1
            assert found[name].last_s == max(0, -newest[name])
        else:
            assert name not in found


def test_what_is_not_believed_shows_that_its_receiver_works() -> None:
    coverage = Coverage()
    coverage.take(
        Positions(
            np.array([NOW_US], np.int64), Coded.from_list(["a"]), np.array([47.0]), np.array([8.0]),
            {"alt_std_m": np.array([10_000.0])}, {"station": Coded.from_list(["north"])},
        ),
        np.array([False]),
    )  # fmt: skip
    assert coverage.seen(NOW_US, 3600) == []
    assert [(one.station, one.minutes_up) for one in coverage.receivers(NOW_US, 3600)] == [("north", 1)]


def test_there_are_no_more_receivers_than_are_kept() -> None:
    coverage = Coverage()
    for start in (0, 900):
        names = [f"s{k}" for k in range(start, start + 900)]
        coverage.take(
            Positions(
                np.full(900, NOW_US), Coded.from_list(["a"] * 900), np.zeros(900), np.zeros(900), {},
                {"station": Coded.from_list(names)},
            )
        )  # fmt: skip
    assert len(coverage.receivers(NOW_US, 3600)) == 1_000
