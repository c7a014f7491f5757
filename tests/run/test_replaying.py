"""What is recorded, fed again: in order of time, at the pace asked for, and exactly what was captured."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from nofly import run
from nofly.errors import Severity
from nofly.feeds.decoders.odid_jsonl import OdidJsonlDecoder
from nofly.feeds.health import Status
from nofly.feeds.options import ArchiveOptions
from nofly.run.feeding import replaying
from nofly.run.feeding.connections import Feeds, plan_feed
from nofly.run.feeding.replaying import InOrder, in_order
from nofly.run.files.trackfiles import read_batches
from nofly.schema import Coded, Positions, concatenate
from nofly.store.capture import Capture, CaptureLimits
from tests.feeds.transports.peering import PATIENCE_S
from tests.run.peers import START_US, Beside, Clock, beside, line, peer

PARIS = Path(run.__file__).parent / "data" / "demo-paris.json.gz"


async def replay(url: str, clock: Clock | None = None, **options: object) -> Beside:
    """Return what a replay gave to its end; its clock goes on as it waits."""
    clock = clock or Clock()

    async def sleep(wait_s: float) -> None:
        clock.now_us += round(wait_s * 1e6)
        at.look()
        await asyncio.sleep(0)

    feeds = Feeds([plan_feed("old", url, options)], clock, sleep=sleep)
    at = Beside(feeds, clock)
    async with asyncio.timeout(PATIENCE_S * 3):
        running = asyncio.create_task(feeds.run())
        while not running.done():
            at.look()
            await asyncio.sleep(0)
        await running
    at.look()
    return at


def sorted_rows(path: Path) -> Positions:
    rows = concatenate([batch.positions for batch in read_batches(path) if len(batch.positions)])
    return rows.take(np.argsort(rows.time_us, kind="stable"))


def test_a_recording_comes_whole_in_order_of_time_with_its_own_times() -> None:
    at = asyncio.run(replay(f"replay+file:{PARIS}?speed=max"))
    rows, whole = at.rows(), sorted_rows(PARIS)
    assert rows.time_us.tolist() == whole.time_us.tolist()
    assert rows.lat_deg.tolist() == whole.lat_deg.tolist()
    assert [rows.target.at(k) for k in range(50)] == [whole.target.at(k) for k in range(50)]
    assert {rows.texts["station"].at(k) for k in range(len(rows))} == {"old"}
    assert (rows.columns["received_us"] >= START_US).all()
    (state,) = at.feeds.states
    assert (state.status, state.positions, state.error, state.lag_s) == (Status.ENDED, len(whole), None, None)
    assert at.feeds.ended
    assert [(c.before, c.after) for c in at.changes][-1][1] is Status.ENDED
    assert {f.code for f in at.feeds.take_findings()} >= {"altitude-datum-assumed"}
    assert at.feeds.take_findings() == []


@pytest.mark.parametrize("speed", [1, 60, "600"])
def test_time_of_events_goes_on_at_so_many_times_the_clock(speed: int | str) -> None:
    at = asyncio.run(replay(f"replay+file:{PARIS}", speed=speed))
    rows = at.rows()
    events_us, came_us = rows.time_us, rows.columns["received_us"]
    passed = (events_us - events_us[0]) / float(speed)
    # A piece is fed a twentieth of a second ahead at most, and late by as much or what reading took.
    apart_us = came_us - came_us[0] - passed
    assert apart_us.min() >= -0.06e6
    assert np.median(np.abs(apart_us)) < 1e6
    assert came_us[-1] - came_us[0] >= passed[-1] - 0.06e6


def batches(times: Sequence[Sequence[int]]) -> list[InOrder]:
    return [
        InOrder(
            Positions(
                np.array(t, np.int64), Coded(np.zeros(len(t), np.int32), ["a:1"]),
                np.array(t, np.float64) / 100, np.zeros(len(t)),
            ),
            [],
        )
        for t in times
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("times", "window", "out", "late"),
    [
        ([[1, 2, 3], [4, 5]], 4, [1, 2, 3, 4, 5], 0),
        ([[2, 1], [4, 3], [6, 5]], 4, [1, 2, 3, 4, 5, 6], 0),
        ([[9, 8, 7, 6, 5, 4, 3, 2, 1]], 100, list(range(1, 10)), 0),
        ([[5, 6, 7, 8], [9, 10, 11, 12], [1, 2]], 4, [5, 6, 7, 8, 9, 1, 2, 10, 11, 12], 2),
        ([], 4, [], 0),
        ([[]], 4, [], 0),
    ],
)
def test_a_window_puts_in_order_what_it_holds_and_counts_the_rest(
    times: list[list[int]], window: int, out: list[int], late: int
) -> None:
    made = list(in_order(iter(batches(times)), window, "old"))
    given = [int(t) for batch in made for t in batch.positions.time_us]
    assert sorted(given) == sorted(t for part in times for t in part)
    assert given == out
    found = [f for batch in made for f in batch.findings]
    assert sum(f.count for f in found if f.code == "out-of-order") == late
    assert all(f.severity is Severity.WARNING for f in found)


def test_a_folder_of_flights_one_after_the_other_comes_in_order_of_time(tmp_path: Path) -> None:
    for flight in range(3):
        rows = [
            f"2026-05-02T12:{minute:02d}:00Z,abc{flight:03d},50.{minute:02d},14.0,10000\n"
            for minute in range(20)
        ]
        text = "timestamp,icao24,latitude,longitude,altitude\n" + "".join(rows)
        (tmp_path / f"{flight}.csv.gz").write_bytes(gzip.compress(text.encode()))
    at = asyncio.run(replay(f"replay+file:{tmp_path}?speed=max"))
    assert at.count() == 60
    assert (np.diff(at.rows().time_us) >= 0).all()


def test_a_recording_that_cannot_be_read_ends_and_says_why(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing of the kind")
    at = asyncio.run(replay(f"replay+file:{tmp_path / 'notes.txt'}"))
    (state,) = at.feeds.states
    assert state.status is Status.ENDED
    assert "not a format of recorded traffic" in str(state.error)
    assert at.feeds.ended


def test_how_files_are_read_can_be_told(tmp_path: Path) -> None:
    plan = plan_feed(
        "old", f"replay+file:{tmp_path}?time_zone=Europe/Kyiv&altitude_datum=hae", {"speed": 2.5}
    )
    assert plan.transport_options == ArchiveOptions(time_zone="Europe/Kyiv", altitude_datum="hae")
    assert plan.pace is not None
    assert plan.pace.factor == 2.5


def same(a: Positions, b: Positions) -> bool:
    return bool(a.to_arrow().to_pylist() == b.to_arrow().to_pylist())


def by_station(rows: Positions, station: str) -> Positions:
    chosen = [k for k in range(len(rows)) if rows.texts["station"].at(k) == station]
    return rows.take(np.array(chosen, np.int64))


def test_a_capture_is_fed_again_as_it_came(tmp_path: Path) -> None:
    """Two feeds, one cut off in the midst of a record and connected again, over several segments."""

    async def live() -> Beside:
        clock = Clock()
        capture = Capture(tmp_path / "capture", CaptureLimits(segment_bytes=500))

        async def no_wait(_: float) -> None:
            await asyncio.sleep(0.005)

        async with peer() as first, peer() as second:
            plans = [
                plan_feed("north", f"jsonl+tcp://127.0.0.1:{first.port}", {}),
                plan_feed("south", f"sbs+tcp://127.0.0.1:{second.port}", {}),
            ]
            feeds = Feeds(plans, clock, capture=capture, sleep=no_wait)
            async with beside(feeds, clock) as at:
                await at.until(lambda: first.connections == second.connections == 1)
                for number in range(40):
                    first.say(line(number))
                    second.say(b"MSG,3,1,1,4CA7B3,1,,,,,,38000,,,52.%05d,3.91937,,,0,0,0,0\r\n" % number)
                    if number == 20:
                        first.say(line(number)[:40])
                        await at.until(lambda: at.count(0) == 21)
                        first.cut()
                        await at.until(lambda: first.connections == 2)
                    await at.until(lambda number=number: at.count(1) == number + 1)
                    assert capture.flush() == []
                await at.until(lambda: at.count(0) == at.count(1) == 40)
        assert capture.close() == []
        return at

    before = asyncio.run(live())
    assert len(list((tmp_path / "capture").rglob("*.zst"))) > 4
    for path in (tmp_path / "capture", tmp_path / "capture" / "north"):
        at = asyncio.run(replay(f"replay+file:{path}?speed=max"))
        assert at.feeds.states[0].error is None
        assert same(by_station(at.rows(), "north"), before.rows(0))
        assert at.feeds.states[0].rejects == {"record-broken": 1}
    whole = asyncio.run(replay(f"replay+file:{tmp_path / 'capture'}?speed=max"))
    assert same(by_station(whole.rows(), "south"), before.rows(1))


def test_a_capture_is_paced_by_the_times_it_was_received(tmp_path: Path) -> None:
    capture = Capture(tmp_path)
    capture.begin("north", "jsonl", {}, finish_each=False)
    for number in range(100):
        capture.write("north", line(number), START_US + number * 1_000_000, opened=number == 0)
    capture.close()
    clock = Clock(START_US * 2)
    at = asyncio.run(replay(f"replay+file:{tmp_path}?speed=10", clock))
    assert at.rows().columns["received_us"].tolist() == [START_US + k * 1_000_000 for k in range(100)]
    assert clock.now_us - START_US * 2 >= 9_900_000 - 50_000
    assert [taken.received_us for taken in at.taken] == sorted(taken.received_us for taken in at.taken)
    assert at.taken[0].received_us > START_US * 2


def test_a_capture_whose_oldest_are_gone_or_whose_writer_was_killed_is_fed_from_there(tmp_path: Path) -> None:
    capture = Capture(tmp_path, CaptureLimits(segment_bytes=300))
    capture.begin("north", "jsonl", {}, finish_each=False)
    for number in range(100):
        capture.write("north", line(number), START_US + number, opened=number == 0)
        capture.flush()
    # Never closed: the last segment has no end.
    found = sorted(tmp_path.rglob("*.zst"), key=lambda path: int(path.name.split("-")[1].split(".")[0]))
    found[0].unlink()
    at = asyncio.run(replay(f"replay+file:{tmp_path}?speed=max"))
    times = (at.rows().time_us - START_US) // 1000
    assert times.tolist() == list(range(100 - len(times), 100))
    assert len(times) > 50
    assert at.rows().columns["raw"].tolist() == [int(k) * len(line(0)) for k in times]


def test_what_the_disk_could_not_hold_is_a_gap_and_not_a_shift(tmp_path: Path) -> None:
    capture = Capture(tmp_path, CaptureLimits(segment_bytes=300))
    capture.begin("north", "jsonl", {}, finish_each=False)
    for number in range(100):
        capture.write("north", line(number), START_US + number, opened=number == 0)
        capture.flush()
    capture.close()
    found = sorted(tmp_path.rglob("*.zst"), key=lambda path: int(path.name.split("-")[1].split(".")[0]))
    found[len(found) // 2].unlink()
    at = asyncio.run(replay(f"replay+file:{tmp_path}?speed=max"))
    times = (at.rows().time_us - START_US) // 1000
    assert 50 < len(times) < 100
    assert at.rows().columns["raw"].tolist() == [int(k) * len(line(0)) for k in times]
    assert "capture-missing" in {finding.code for finding in at.feeds.take_findings()}


def test_a_decoder_that_fails_in_a_replay_hurts_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    capture = Capture(tmp_path)
    for name, decoder in (("north", "jsonl"), ("south", "odid_jsonl"), ("west", "jsonl")):
        capture.begin(name, decoder, {}, finish_each=False)
    for number in range(20):
        for name in ("north", "south", "west"):
            capture.write(name, line(number), START_US + number, opened=number == 0)
    capture.close()

    def raising(*_: object) -> object:
        raise RuntimeError("a fault")

    monkeypatch.setattr(OdidJsonlDecoder, "feed", raising)
    at = asyncio.run(replay(f"replay+file:{tmp_path}?speed=max"))
    assert at.feeds.states[0].error is None
    assert len(by_station(at.rows(), "north")) == len(by_station(at.rows(), "west")) == 20
    (said,) = [finding for finding in at.feeds.take_findings() if finding.code == "decoder-failed"]
    assert (said.source, said.count) == ("south", 1)
    assert "RuntimeError: a fault" in said.message


def test_what_nobody_takes_stops_a_replay_at_its_share() -> None:
    async def run() -> tuple[int, int]:
        clock = Clock()
        feeds = Feeds([plan_feed("old", f"replay+file:{PARIS}?speed=max", {})], clock, most_rows=100)
        running = asyncio.create_task(feeds.run())
        held = 0
        async with asyncio.timeout(PATIENCE_S):
            while not held:
                await asyncio.sleep(0.01)
                held = feeds.states[0].positions
            for _ in range(20):
                await asyncio.sleep(0.005)
            first = feeds.states[0].positions
            total = 0
            while not feeds.ended:
                total += sum(len(taken.positions) for taken in feeds.take())
                await asyncio.sleep(0)
            await running
        return first, total + sum(len(taken.positions) for taken in feeds.take())

    first, total = asyncio.run(run())
    assert first <= replaying.PIECE_ROWS
    assert total == len(sorted_rows(PARIS))
