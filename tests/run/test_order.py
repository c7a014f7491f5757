"""Reports in order of time by target, whatever order files are in, and whatever fits into memory."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from nofly.errors import DecodeError, Finding, InputError, Severity
from nofly.run.check import CheckOptions, check
from nofly.run.files import order
from nofly.run.files.ahead import ahead
from nofly.run.files.order import Ordered, OutOfOrder, in_order
from nofly.run.files.trackfiles import TrackBatch, read_batches
from nofly.run.judging.numbering import Numbering
from nofly.run.result import CheckResult
from nofly.schema import FLOATS, LONGS, SMALLS, TEXTS, Coded, Positions, concatenate
from nofly.zones.model import Datum, EdgeKind, Limit, Polygon, Volume, Zone

START_US = 1_780_000_000_000_000
FINDING = Finding("told", Severity.WARNING, "once a batch", "x")
ZONES = [
    Zone(
        f"Z{k}", "a square",
        (Volume(Polygon(((47.0 + k, 8.0), (47.0 + k, 8.6), (47.5 + k, 8.6), (47.5 + k, 8.0)), (),
                        EdgeKind.PLANAR), None, Limit(2000.0 + 500.0 * k, Datum.AMSL, "")),),
    )
    for k in range(2)
]  # fmt: skip


def traffic(targets: int, reports: int, seed: int = 7) -> Positions:
    """Return flights to and fro across the zones, in order of time: with repeated instants, leaps, missing
    heights, callsigns that come and go, errors stated now and then."""
    random = np.random.Generator(np.random.PCG64(seed))
    n = targets * reports
    number = np.tile(np.arange(targets, dtype=np.int32), reports)
    step = np.repeat(np.arange(reports), targets)
    time_us = START_US + step * 7_000_000 + number * 137_000 - (random.random(n) < 0.02) * 7_000_000
    lat = 47.2 + 0.8 * np.sin(step / 40.0 + number) + 0.02 * number
    lon = 8.3 + 0.9 * np.sin(step / 23.0 + 0.3 * number)
    leaps = random.random(n) < 0.01
    callsign = np.where(random.random(n) < 0.3, -1, number % 5).astype(np.int32)
    columns = {
        "alt_std_m": np.where(random.random(n) < 0.05, np.nan, 1500.0 + 700.0 * np.sin(step / 31.0 + number)),
        "gs_mps": np.full(n, 180.0), "on_ground": (random.random(n) < 0.02).astype(np.int8),
        "nac_p": np.where(random.random(n) < 0.5, -1, 8).astype(np.int8),
    }  # fmt: skip
    names = [f"icao24:4b{k:04x}" for k in range(targets)]
    whole = Positions(
        time_us, Coded(number, names), lat + 3.0 * leaps, lon, columns,
        {"callsign": Coded(callsign, [f"SWR{k}" for k in range(5)])},
    )  # fmt: skip
    return whole.take(np.lexsort((np.arange(n), time_us)))


def batched(positions: Positions, rows: int) -> Callable[[], Iterator[TrackBatch]]:
    """Return a function that reads positions in batches of so many rows."""

    def read() -> Iterator[TrackBatch]:
        for first in range(0, len(positions), rows):
            part = positions.take(slice(first, first + rows))
            yield TrackBatch(part, [FINDING], "x", "test", 0, 0)

    return read


def same_result(one: CheckResult, other: CheckResult) -> None:
    """Two results are the same to the last bit."""
    assert one.infringements == other.infringements
    assert len(one.infringements) > 5
    assert (one.gaps, one.report_count, one.target_count) == (
        other.gaps,
        other.report_count,
        other.target_count,
    )
    assert (one.span_us, one.exit_code) == (other.span_us, other.exit_code)
    same_rows(one.tracks, other.tracks)


def same_rows(one: Positions | None, other: Positions | None) -> None:
    assert one is not None
    assert other is not None
    assert one.columns.keys() == other.columns.keys()
    for a, b in ((one.time_us, other.time_us), (one.lat_deg, other.lat_deg), (one.lon_deg, other.lon_deg)):
        assert np.array_equal(a, b)
    for name in one.columns:
        assert np.array_equal(one.columns[name], other.columns[name], equal_nan=True), name
    for said, wanted in ((one.target, other.target), (one.texts["callsign"], other.texts["callsign"])):
        assert [said.at(k) for k in range(len(one))] == [wanted.at(k) for k in range(len(one))]


def by_name(positions: Positions) -> Positions:
    """Return rows by name of target, those of one target in the order given."""
    names = np.array(positions.target.values)[positions.target.codes]
    return positions.take(np.argsort(names, kind="stable"))


def test_reports_in_order_are_passed_on_as_they_come() -> None:
    whole = traffic(4, 50)
    ordered = Ordered(batched(whole, 20)(), None, 30)
    assert concatenate(list(ordered)).time_us.tolist() == whole.time_us.tolist()
    assert len(ordered.findings) == 10


@pytest.mark.parametrize("by_target", [False, True])
def test_an_archive_in_order_is_not_read_twice(by_target: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(order, "FEW_ROWS", 1)
    whole = in_order(traffic(9, 200)) if by_target else traffic(9, 200)

    def again() -> Iterator[TrackBatch]:
        raise AssertionError("read again")

    alone = check(ZONES, batched(whole, 10_000)())
    same_result(check(ZONES, batched(whole, 123)(), CheckOptions(room_rows=100), again=again), alone)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("disorder", ["backwards", "shuffled", "two files side by side"])
def test_parted_archives_give_the_answer_of_those_sorted_in_memory(
    disorder: str, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(order, "FEW_ROWS", 1)
    whole = traffic(9, 200)
    rows = {
        "backwards": np.arange(len(whole))[::-1],
        "shuffled": np.random.Generator(np.random.PCG64(3)).permutation(len(whole)),
        "two files side by side": np.r_[0 : len(whole) : 2, 1 : len(whole) : 2],
    }[disorder]
    files = batched(whole.take(rows), 100)
    monkeypatch.setattr(order, "PARTS", 3)
    asked = []

    def again() -> Iterator[TrackBatch]:
        asked.append(True)
        return files()

    in_memory = check(ZONES, files(), CheckOptions(threads=threads), again=again)
    assert not asked
    parted = check(ZONES, files(), CheckOptions(room_rows=150, threads=threads), again=again)
    assert asked
    assert parted.findings == in_memory.findings
    same_sorted(parted, in_memory)


def same_sorted(one: CheckResult, other: CheckResult) -> None:
    """The same, though the targets of the tracks come in the order of the parts."""
    assert one.tracks is not None
    assert other.tracks is not None
    same_rows(by_name(one.tracks), by_name(other.tracks))
    assert one.infringements == other.infringements
    assert len(one.infringements) > 5
    assert sorted(one.gaps, key=str) == sorted(other.gaps, key=str)
    assert (one.report_count, one.target_count, one.span_us) == (
        other.report_count, other.target_count, other.span_us,
    )  # fmt: skip


@settings(max_examples=25, phases=[Phase.explicit, Phase.generate])
@given(
    seed=st.integers(0, 1000), rows=st.integers(20, 400), room=st.integers(0, 300), parts=st.integers(1, 5)
)
def test_whatever_the_order_every_target_comes_in_order_of_time(
    seed: int, rows: int, room: int, parts: int
) -> None:
    whole = traffic(5, 50, seed)
    mixed = whole.take(np.random.Generator(np.random.PCG64(seed)).permutation(len(whole)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(order, "PARTS", parts)
        patch.setattr(order, "STEP_ROWS", 70)
        ordered = Ordered(batched(mixed, rows)(), batched(mixed, rows), room)
        found = list(ordered.anew())
    assert max(map(len, found)) <= 70
    assert len(ordered.findings) == -(-len(mixed) // rows)
    same_rows(by_name(concatenate(found)), by_name(in_order(mixed)))


def test_every_column_comes_out_of_the_parts_as_it_went_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(order, "PARTS", 1)
    whole = in_order(traffic(1, 40))
    odd = np.where(np.arange(40) % 3 == 0, np.nan, -0.0)
    small = np.where(np.arange(40) % 4 == 0, -1, 1)
    whole.columns |= {name: odd * k for k, name in enumerate(FLOATS)}
    whole.columns |= {name: small.astype(np.int8) for name in SMALLS}
    whole.columns |= dict.fromkeys(LONGS, small * (1 << 60))
    whole.columns["received_us"] = np.where(small < 0, -1, START_US)
    whole.columns["raw"] = np.maximum(whole.columns["raw"], -1)
    whole.texts |= dict.fromkeys(TEXTS, whole.texts["callsign"])
    (found,) = Ordered([], batched(whole, 13), -1).anew()
    same_rows(found, whole)
    assert {name: column.dtype for name, column in found.columns.items()} == {
        name: column.dtype for name, column in whole.columns.items()
    }
    for name in TEXTS:
        assert [found.texts[name].at(k) for k in range(40)] == [whole.texts[name].at(k) for k in range(40)]
    assert np.array_equal(np.signbit(found.columns["gs_mps"]), np.signbit(whole.columns["gs_mps"]))


def test_small_disorder_within_a_batch_is_sorted_away() -> None:
    whole = traffic(3, 40)
    rows = np.arange(len(whole)).reshape(-1, 6)[:, ::-1].ravel()
    found = list(Ordered(batched(whole.take(rows), 60)(), None, 1000))
    assert len(found) == 1
    same_rows(concatenate(found), in_order(whole.take(rows)))


def test_a_file_of_whole_flights_is_put_in_order_before_any_of_it_is_passed_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(order, "FEW_ROWS", 1)
    whole = traffic(3, 200)
    flights = whole.take(np.r_[300:600, 0:300])
    found = list(Ordered(batched(flights, 400)(), None, 600))
    same_rows(concatenate(found), in_order(flights))
    # More than may be held is passed on as it comes, until it is seen that it cannot be.
    passed = iter(Ordered(batched(flights, 400)(), None, 599))
    same_rows(next(passed), in_order(flights.take(slice(0, 400))))
    flights = whole.take(np.r_[300:600, 0:300])
    with pytest.raises(OutOfOrder):
        list(Ordered(batched(flights, 310)(), None, 599))


def test_what_cannot_be_read_twice_and_does_not_fit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(order, "FEW_ROWS", 1)
    whole = traffic(3, 40)
    pipe = batched(whole.take(np.arange(len(whole))[::-1]), 20)()
    with pytest.raises(InputError, match="more than 50 reports are out of order"):
        check(ZONES, pipe, CheckOptions(room_rows=50))


def test_the_target_that_is_out_of_order_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(order, "FEW_ROWS", 1)
    whole = in_order(traffic(2, 30))
    mixed = whole.take(np.r_[0:20, 30:60, 20:30])
    list(Ordered(batched(mixed, 50)(), None, 10))
    with pytest.raises(OutOfOrder) as caught:
        list(Ordered(batched(whole.take(np.r_[0:10, 30:60, 5:30]), 40)(), None, 10))
    assert caught.value.locator == "target icao24:4b0000"


def test_a_real_file_out_of_order_is_parted_on_its_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(order, "FEW_ROWS", 1)
    whole = traffic(6, 150)
    later, sooner = tmp_path / "a.parquet", tmp_path / "b.parquet"
    half = len(whole) // 2
    pq.write_table(whole.take(slice(half, None)).to_arrow(), later)
    pq.write_table(whole.take(slice(0, half)).to_arrow(), sooner)

    def read() -> Iterator[TrackBatch]:
        return read_batches([later, sooner])

    parted = check(ZONES, read(), CheckOptions(room_rows=100), again=read)
    same_sorted(parted, check(ZONES, read_batches([sooner, later])))


def test_numbers_stay_the_same_from_batch_to_batch() -> None:
    numbering, values = Numbering(), ["a", "b"]
    first = Coded(np.array([1, 0], np.int32), values)
    assert numbering.of(first) is first.codes
    values.append("c")
    assert numbering.of(Coded(np.array([2, 2], np.int32), values)).tolist() == [2, 2]
    assert numbering.another("a") == 3
    values.append("d")
    assert numbering.of(Coded(np.array([3, 0], np.int32), values)).tolist() == [4, 0]
    assert numbering.of(Coded(np.array([0, 1], np.int32), ["d", "e"])).tolist() == [4, 5]
    assert numbering.names == ["a", "b", "c", "a", "d", "e"]


def test_what_is_read_ahead_comes_whole_and_its_thread_ends() -> None:
    before = threading.active_count()
    with ahead(range(100)) as items:
        assert list(items) == list(range(100))
    with ahead(iter(())) as nothing:
        assert list(nothing) == []
    with ahead(range(10**9)) as items:
        assert next(items) == 0
    assert threading.active_count() == before


def test_an_error_ahead_is_raised_where_it_was_to_be_read() -> None:
    closed = []

    def broken() -> Iterator[int]:
        try:
            yield 1
            raise DecodeError("broken", source="x")
        finally:
            closed.append(True)

    with ahead(broken()) as items:
        assert next(items) == 1
        with pytest.raises(DecodeError):
            next(items)
    assert closed == [True]
