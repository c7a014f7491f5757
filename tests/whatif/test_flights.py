"""The flights of a stream are those of a loop that anybody can follow, however the stream is cut."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nofly.schema import Coded, Positions
from nofly.whatif.flights import SILENCE_S, FlightBook

Row = tuple[int, int, str | None, str | None]
"""Target, seconds, callsign, category."""
_CALLS = st.sampled_from([None, None, "AFR1", "AFR2", "BAW9"])
_ROWS = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 9000), _CALLS, st.sampled_from([None, "A3", "A5"])),
    max_size=40,
)


def batch(rows: list[Row]) -> Positions:
    """Return rows as a batch: each target's together, in order of time."""
    time_us = np.array([row[1] for row in rows], np.int64) * 1_000_000
    n = len(rows)
    return Positions(
        time_us, Coded(np.array([row[0] for row in rows], np.int32), ["a", "b", "c"]),
        np.array([row[1] / 1000 for row in rows]), np.zeros(n),
        {"alt_std_m": np.array([float(row[1]) for row in rows])},
        {"callsign": Coded.from_list(r[2] for r in rows), "category": Coded.from_list(r[3] for r in rows)},
    )  # fmt: skip


def flights(batches: list[list[Row]]) -> list[Any]:
    book = FlightBook(120.0)
    for rows in batches:
        if rows:
            positions = batch(rows)
            book.take(positions, positions.target.codes)
    calls, categories = [*book.callsigns, None], [*book.categories, None]
    return [
        (int(f["target"]), int(f["first_us"]) // 1_000_000, int(f["last_us"]) // 1_000_000,
         calls[f["callsign"]], categories[f["category"]],
         float(f["first_height_m"]), float(f["last_height_m"]))
        for f in book.table()
    ]  # fmt: skip


def by_hand(rows: list[Row]) -> list[Any]:
    found: list[dict[str, Any]] = []
    for target in range(3):
        now: dict[str, Any] | None = None
        for _, second, call, category in sorted((r for r in rows if r[0] == target), key=lambda r: r[1]):
            gone = now is not None and second - now["last"] > SILENCE_S
            other = now is not None and call is not None and now["call"] not in (None, call)
            if now is None or gone or other:
                now = {"target": target, "first": second, "call": None, "category": None}
                found.append(now)
            now["last"] = second
            now["call"] = now["call"] or call
            now["category"] = now["category"] or category
    return [
        (f["target"], f["first"], f["last"], f["call"], f["category"], float(f["first"]), float(f["last"]))
        for f in found
    ]


@given(_ROWS, st.lists(st.integers(0, 9000), max_size=4))
def test_flights_are_those_of_a_loop_however_the_stream_is_cut(rows: list[Row], cuts: list[int]) -> None:
    rows = list({(row[0], row[1]): row for row in rows}.values())
    edges = [-1, *sorted(cuts), 9001]
    batches = [
        sorted((r for r in rows if low < r[1] <= high), key=lambda r: (r[0], r[1]))
        for low, high in pairwise(edges)
    ]
    assert flights(batches) == by_hand(rows)


def test_a_batch_without_callsigns_goes_on_under_the_one_before() -> None:
    book = FlightBook(120.0)
    first, second = batch([(0, 0, "AFR1", None)]), batch([(0, 60, None, None)])
    second.texts.clear()
    for positions in (first, second):
        book.take(positions, positions.target.codes)
    assert len(book.table()) == 1
    assert book.callsigns == ["AFR1"]


def test_time_flown_leaves_silences_out() -> None:
    book = FlightBook(120.0)
    positions = batch([(0, 0, None, None), (0, 100, None, None), (0, 400, None, None), (1, 0, None, None)])
    book.take(positions, positions.target.codes)
    assert book.flown_us == pytest.approx(100e6)
