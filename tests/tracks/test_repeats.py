"""Repeats against a slow and obvious oracle, however rows are cut, and what the rule promises."""

from __future__ import annotations

import gzip
import itertools
import json
import random
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nofly.errors import SchemaError
from nofly.feeds.decoders import avr
from nofly.schema import Coded, Positions, concatenate
from nofly.tracks import repeats
from nofly.tracks.repeats import KEPT, Repeats

START_US = 1_777_723_200_000_000
WINDOW_US = 2_000_000


class Row(NamedTuple):
    target: int
    time_us: int
    lat_deg: float
    alt_std_m: float
    on_ground: int
    station: str | None


ROWS = st.lists(
    st.builds(
        Row,
        st.integers(0, 3),
        st.integers(0, 50).map(lambda k: START_US + k * 250_000),
        st.sampled_from([50.0, 50.5, 0.0, -0.0]),
        st.sampled_from([np.nan, 1000.0]),
        st.sampled_from([-1, 0, 1]),
        st.sampled_from([None, "north", "south", "east"]),
    ),
    max_size=60,
)


def positions_of(rows: list[Row]) -> tuple[Positions, np.ndarray[tuple[int], np.dtype[np.int32]]]:
    codes = np.array([r.target for r in rows], np.int32)
    batch = Positions(
        np.array([r.time_us for r in rows], np.int64),
        Coded(codes, ["a:0", "a:1", "a:2", "a:3"]),
        np.array([r.lat_deg for r in rows], np.float64),
        np.full(len(rows), 14.25),
        {
            "alt_std_m": np.array([r.alt_std_m for r in rows], np.float64),
            "on_ground": np.array([r.on_ground for r in rows], np.int8),
        },
        {"station": Coded.from_list([r.station for r in rows])},
    )
    return batch, codes


def kept(made: Repeats, rows: list[Row]) -> list[bool]:
    result: list[bool] = made.keep(*positions_of(rows)).tolist()
    return result


def oracle(rows: list[Row]) -> list[bool]:
    known: dict[int, list[Row]] = {}
    out = []
    for row in rows:
        before = known.setdefault(row.target, [])
        again = any(
            (row.lat_deg, row.on_ground, str(row.alt_std_m)) == (b.lat_deg, b.on_ground, str(b.alt_std_m))
            and (
                row.time_us == b.time_us
                or (row.station != b.station and abs(row.time_us - b.time_us) <= WINDOW_US)
            )
            for b in before[-KEPT:]
        )
        if not again:
            before.append(row)
        out.append(not again)
    return out


@given(rows=ROWS)
def test_it_agrees_with_the_oracle(rows: list[Row]) -> None:
    assert kept(Repeats(), rows) == oracle(rows)


@given(rows=ROWS)
def test_many_targets_at_once_agree_with_the_oracle(rows: list[Row]) -> None:
    spread = [row._replace(target=row.target + 4 * copy) for row in rows for copy in range(20)]
    assert kept(Repeats(), spread) == oracle(spread)


@given(rows=ROWS, cuts=st.lists(st.integers(0, 60), max_size=5))
def test_how_rows_are_cut_makes_no_difference_nor_does_a_restart(rows: list[Row], cuts: list[int]) -> None:
    ends = sorted({0, len(rows), *(min(cut, len(rows)) for cut in cuts)})
    made, parts = Repeats(), []
    for start, end in itertools.pairwise(ends):
        parts += kept(made, rows[start:end])
        again = Repeats()
        again.load(made.save())
        made = again
    assert parts == kept(Repeats(), rows)


@given(rows=ROWS)
def test_every_place_that_is_dropped_has_just_been_kept(rows: list[Row]) -> None:
    for row, keep in zip(rows, kept(Repeats(), rows), strict=True):
        if not keep:
            same = [
                r for r, k in zip(rows, kept(Repeats(), rows), strict=True) if k and r.target == row.target
            ]
            assert any(r.lat_deg == row.lat_deg and abs(r.time_us - row.time_us) <= WINDOW_US for r in same)


@given(rows=ROWS, blocks=st.integers(1, 7), few=st.integers(0, 5))
def test_neither_do_its_own_limits(rows: list[Row], blocks: int, few: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(repeats, "BLOCK_ROWS", blocks)
        patch.setattr(repeats, "FEW_TARGETS", few)
        assert kept(Repeats(), rows) == oracle(rows)


def moving(stations: list[str], seconds: int) -> list[Row]:
    """Return an aircraft that reports twice a second, and is heard by every station a moment later."""
    rows = [
        Row(0, START_US + k * 500_000 + delay * 90_000, 50.0 + k * 1e-3, 1000.0, 0, station)
        for k in range(2 * seconds)
        for delay, station in enumerate(stations)
    ]
    return sorted(rows, key=lambda row: row.time_us)


def test_what_flies_is_counted_once_whoever_hears_it() -> None:
    for stations in (["a"], ["a", "b"], ["a", "b", "c", "d", "e"]):
        rows = moving(stations, 60)
        assert sum(kept(Repeats(), rows)) == 120
        assert {row.station for row, keep in zip(rows, kept(Repeats(), rows), strict=True) if keep} == {"a"}


def test_what_stands_still_goes_on_being_heard_though_its_station_falls_silent() -> None:
    first = [Row(0, START_US + k * 1_000_000, 50.0, np.nan, 1, "a") for k in range(10)]
    second = [Row(0, START_US + k * 1_000_000 + 400_000, 50.0, np.nan, 1, "b") for k in range(30)]
    rows = sorted(first + second, key=lambda row: row.time_us)
    heard = [row for row, keep in zip(rows, kept(Repeats(), rows), strict=True) if keep]
    assert [row for row in heard if row.station == "a"] == first
    gaps_us = np.diff([row.time_us for row in heard])
    # One report more than the window apart where the other station takes over, else as often as it reports.
    assert gaps_us.max() <= WINDOW_US + 1_000_000
    assert heard[-1] == second[-1]


def test_the_same_datagram_from_two_networks_is_counted_once() -> None:
    rows = [Row(0, START_US + k * 4_000_000, 50.0, 1000.0, 0, "025/012") for k in range(20) for _ in range(2)]
    assert kept(Repeats(), rows) == [True, False] * 20


def test_a_row_that_knows_its_error_better_is_no_repeat() -> None:
    (plain, codes), (sure, _) = (
        positions_of([Row(0, START_US, 50.0, 1.0, 0, "a")]),
        positions_of([Row(0, START_US, 50.0, 1.0, 0, "b")]),
    )
    sure.columns["pos_err_m"] = np.array([92.6])
    made = Repeats()
    assert made.keep(plain, codes).all()
    assert made.keep(sure, codes).all()
    assert not made.keep(sure, codes).any()


def test_a_column_that_is_absent_is_one_of_nulls() -> None:
    rows = [Row(0, START_US, 50.0, np.nan, -1, "a")]
    (given_nulls, codes), (absent, _) = positions_of(rows), positions_of(rows)
    absent.columns.clear()
    made = Repeats()
    assert made.keep(given_nulls, codes).all()
    assert not made.keep(absent, codes).any()


def test_its_memory_is_bounded_whatever_the_targets_are() -> None:
    made = Repeats()
    one, _ = positions_of([Row(0, START_US, 50.0, 1000.0, 0, "a")])
    codes = np.array([2**31 - 1], np.int32)
    assert made.keep(one, codes).all()
    assert not made.keep(one, codes).any()
    # Another target that shares its memory is another all the same.
    assert made.keep(one, codes - repeats.MOST_TARGETS).all()
    assert sum(array.nbytes for array in made.save().values()) <= repeats.MOST_TARGETS * (20 * KEPT + 8)


def test_no_rows_at_all() -> None:
    assert Repeats().keep(concatenate([]), np.zeros(0, np.int32)).tolist() == []


def test_a_state_that_is_none_is_refused() -> None:
    made = Repeats()
    kept(made, [Row(0, START_US, 50.0, 1000.0, 0, "a")])
    state = made.save()
    for broken in (
        {**state, "content": state["content"][1:]},
        {**state, "time_us": state["time_us"].astype(np.float64)},
        {**state, "next": state["next"] + KEPT},
        {name: array for name, array in state.items() if name != "station"},
    ):
        with pytest.raises(SchemaError):
            Repeats().load(broken)


@pytest.mark.thorough
def test_a_flight_that_two_receivers_hear_in_part_is_told_once_and_whole(shared: Path) -> None:
    with gzip.open(shared / "modes/full_flight_short.jsonl.gz", "rt") as lines:
        frames = [json.loads(line)["frame"] for line in itertools.islice(lines, 12_000)]
    chance = random.Random(1)
    reports: list[tuple[int, int, str, Positions]] = []
    for station, share, delay_us in (("near", 0.95, 0), ("far", 0.7, 80_000)):
        decoder = avr.decoder({}, station)
        for number, frame in enumerate(frames):
            if chance.random() < share:
                time_us = START_US + number * 80_000 + delay_us
                rows, _ = decoder.feed(f"*{frame};\n".encode(), time_us)
                rows.texts["station"] = Coded(np.zeros(len(rows), np.int32), [station])
                reports += [(time_us, number, station, rows)] * bool(len(rows))
    made, kept_frames = Repeats(), []
    for _, number, _, rows in sorted(reports, key=lambda report: report[:2]):
        kept_frames += [number] * bool(made.keep(rows, np.zeros(1, np.int32))[0])
    heard = {number for _, number, _, _ in reports}
    assert len(reports) > 1.5 * len(heard)
    # A frame or two say what another has just said: it stood still, or the same was sent twice.
    assert len(heard - set(kept_frames)) < 0.01 * len(heard)
    # Where one receiver has missed what the other knows of error or height, both are kept.
    assert len(kept_frames) < 1.1 * len(heard)
