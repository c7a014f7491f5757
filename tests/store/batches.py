"""Batches of positions for the tests of the journal and the archive."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hn

from nofly.schema import FLOATS, LONGS, SMALLS, TEXTS, Coded, Positions


def coded(texts: list[str | None], unused: int = 0) -> Coded:
    """Return texts coded, with values before them that no row has."""
    found = Coded.from_list(texts)
    shifted = np.where(found.codes < 0, -1, found.codes + unused).astype(np.int32)
    return Coded(shifted, [f"unused {k}" for k in range(unused)] + found.values)


def batch(rows: int, first_us: int = 1_700_000_000_000_000, seed: int = 0, targets: int = 5) -> Positions:
    """Return reports of some aircraft, one each 0.1 s, with every kind of column, some of it null."""
    chance = np.random.default_rng(seed)
    null = chance.random(rows) < 0.2
    alt_m = np.where(null, np.nan, chance.integers(0, 1600, rows) * 25 * 0.3048)
    return Positions(
        first_us + np.arange(rows) * 100_000,
        Coded(
            chance.integers(0, targets, rows).astype(np.int32), [f"icao24:{k:06x}" for k in range(targets)]
        ),
        chance.uniform(45, 48, rows),
        chance.uniform(6, 10, rows),
        {
            "alt_std_m": alt_m, "gs_mps": chance.normal(200, 20, rows),
            "on_ground": np.where(null, -1, 0).astype(np.int8),
            "nic": chance.integers(-1, 11, rows).astype(np.int8),
            "received_us": first_us + np.arange(rows) * 100_000 + 300_000,
            "raw": np.arange(rows, dtype=np.int64) * 28,
        },
        {"callsign": coded([None if k % 3 == 0 else f"SWR{k % 7}" for k in range(rows)], unused=9)},
    )  # fmt: skip


def assert_same(found: Positions, expected: Positions) -> None:
    """Assert that two batches hold the same to the last bit: the same columns, types and texts."""
    pairs = {
        "time_us": (found.time_us, expected.time_us), "lat_deg": (found.lat_deg, expected.lat_deg),
        "lon_deg": (found.lon_deg, expected.lon_deg),
    }  # fmt: skip
    assert list(found.columns) == list(expected.columns)
    assert list(found.texts) == list(expected.texts)
    pairs |= {name: (found.columns[name], column) for name, column in expected.columns.items()}
    for name, (one, other) in pairs.items():
        assert one.dtype == other.dtype, name
        assert one.tobytes() == other.tobytes(), name
    for name, text in (("target_id", expected.target), *expected.texts.items()):
        mine = found.target if name == "target_id" else found.texts[name]
        assert mine.codes.dtype == np.int32
        assert texts_of(mine) == texts_of(text), name


def texts_of(text: Coded) -> list[str | None]:
    """Return a text column as a list."""
    return [text.at(row) for row in range(len(text.codes))]


_ANY_TEXT = st.none() | st.text(st.characters(), max_size=6) | st.sampled_from(["", "\0", "\ud800", "a\0b"])


@st.composite
def any_batch(draw: st.DrawFn) -> Positions:
    """Return positions of any values whatever, whether they make sense or not."""
    rows = draw(st.integers(0, 7))

    def numbers(kind: Any) -> Any:
        return draw(hn.arrays(kind, rows))

    def texts(null: bool) -> Coded:
        values = _ANY_TEXT if null else _ANY_TEXT.filter(lambda value: value is not None)
        return coded(draw(st.lists(values, min_size=rows, max_size=rows)), draw(st.integers(0, 3)))

    names = draw(st.lists(st.sampled_from([*FLOATS, *SMALLS, *LONGS]), unique=True))
    kinds = {
        **dict.fromkeys(FLOATS, np.float64),
        **dict.fromkeys(SMALLS, np.int8),
        **dict.fromkeys(LONGS, np.int64),
    }
    return Positions(
        numbers(np.int64), texts(null=True), numbers(np.float64), numbers(np.float64),
        {name: numbers(kinds[name]) for name in names},
        {name: texts(null=True) for name in draw(st.lists(st.sampled_from(TEXTS), unique=True))},
    )  # fmt: skip
