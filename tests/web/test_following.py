"""Following a watch by its state folder: journal, status, record, also while they are written or damaged."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nofly.errors import StoreError
from nofly.run.following import status
from nofly.run.following.follower import Follower
from nofly.run.following.picture import MOST_TRAIL_ROWS, Picture
from nofly.run.following.status import StatusFile
from nofly.run.following.tail import JournalTail
from nofly.schema import Coded, Positions
from nofly.store.journal import Journal
from tests.store.batches import batch

NOW_US = 1_700_000_000_000_000


def rows_of(tail: JournalTail) -> int:
    return sum(len(positions) for positions in tail.batches())


def test_a_tail_gives_each_batch_once_over_segments(tmp_path: Path) -> None:
    tail = JournalTail(tmp_path / "journal")
    assert rows_of(tail) == 0
    with Journal(tmp_path / "journal", segment_bytes=4096) as journal:
        for k in range(6):
            journal.append(0, batch(50 + k, NOW_US + k, seed=k))
            journal.mark(NOW_US)
            journal.commit()
            assert rows_of(tail) == 50 + k
            assert rows_of(tail) == 0


def test_what_was_forgotten_or_torn_is_passed_over(tmp_path: Path) -> None:
    tail = JournalTail(tmp_path)
    with Journal(tmp_path, segment_bytes=2048) as journal:
        for k in range(8):
            journal.append(0, batch(100, NOW_US + k, seed=k))
            journal.commit()
            if k == 0:
                assert rows_of(tail) == 100
        journal.forget(journal.committed)
        last = sorted(tmp_path.glob("*.journal"))[-1]
        with last.open("ab") as file:
            file.write(b"nfJ1 torn")
        assert 0 < rows_of(tail) < 800
        assert rows_of(tail) == 0


def test_a_folder_without_a_watch_is_followed_without_a_fault(tmp_path: Path) -> None:
    follower = Follower(tmp_path)
    follower.follow(NOW_US)
    assert (follower.status, follower.law, follower.sequence, follower.trouble) == (None, (), 0, None)


def test_a_broken_status_is_said_and_the_rest_is_followed(tmp_path: Path) -> None:
    (tmp_path / status.NAME).write_text("{")
    with pytest.raises(StoreError):
        status.read(tmp_path)
    with Journal(tmp_path / "journal") as journal:
        journal.append(0, batch(10, NOW_US, seed=1))
        journal.commit()
        follower = Follower(tmp_path)
        follower.follow(NOW_US)
    assert follower.trouble is not None
    assert follower.picture.version == 1


def test_an_old_picture_is_never_the_present_one(watched: Path) -> None:
    """The recording is over: what it brought is of 2018, and nothing of it is shown as if it were now."""
    follower = Follower(watched)
    follower.follow(NOW_US)
    assert follower.picture.version > 0
    assert follower.status is not None
    assert follower.status.unmonitored_since_us is not None
    assert follower.picture_us(NOW_US) == NOW_US
    assert len(follower.picture.shown(NOW_US)) == 0


def test_the_whole_record_and_law_are_followed(watched: Path) -> None:
    follower = Follower(watched)
    follower.follow(NOW_US)
    assert follower.trouble is None
    assert {zone.id for zone in follower.law} >= {"LS-X"}
    assert follower.sequence > 20
    assert sum(one.judged == "infringement" for one in follower.log.incidents.values()) > 0


def test_a_status_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    class Never:
        def __call__(self, _: object) -> status.Status:
            return status.Status(1, None, [], [], [], 0, 0, 0, True, [], "")

    file = StatusFile(tmp_path / "not there", Never(), lambda: 0.0)
    file.told(None)  # type: ignore[arg-type]


def test_trails_are_bounded_and_in_order() -> None:
    picture = Picture()
    rows = 100_000
    for k in range(MOST_TRAIL_ROWS // rows + 3):
        picture.take(Positions(
            np.arange(rows, dtype=np.int64) + NOW_US + k * rows, Coded(np.zeros(rows, np.int32), ["a"]),
            np.zeros(rows), np.zeros(rows),
        ))  # fmt: skip
    trail = picture.trail(0)
    assert MOST_TRAIL_ROWS - rows <= len(trail) <= MOST_TRAIL_ROWS
    assert (np.diff(trail["time_us"]) > 0).all()


def test_an_aircraft_that_comes_back_after_an_hour_is_another_number() -> None:
    picture = Picture()
    one = Positions(np.array([NOW_US]), Coded.from_list(["a"]), np.zeros(1), np.zeros(1))
    picture.take(one)
    picture.forget(NOW_US + 3_700_000_000)
    assert picture.number("a") is None
    picture.take(one)
    assert picture.number("a") == 1


def test_an_aircraft_that_was_forgotten_and_comes_back_is_there_once() -> None:
    picture = Picture()
    picture.take(batch(20, NOW_US, seed=1))
    shown = len(picture.shown(NOW_US))
    picture.forget(NOW_US + 86_400_000_000)
    assert picture.latest_us is None, "of what is forgotten there is no newest"
    assert len(picture.shown(NOW_US)) == 0
    picture.take(batch(20, NOW_US, seed=1))
    assert len(picture.shown(NOW_US)) == shown


def test_trails_of_many_are_thinned_and_keep_their_newest() -> None:
    picture, rng = Picture(), np.random.default_rng(5)
    names = [f"a{k}" for k in range(7)]
    for k in range(6):
        who = rng.integers(0, 7, 200).astype(np.int32)
        when = NOW_US + k * 50_000_000 + rng.integers(0, 50_000_000, 200)
        picture.take(Positions(when, Coded(who, names), rng.uniform(-80, 80, 200), np.zeros(200)))
    numbers = [picture.number(name) for name in names[:5]]
    found = picture.trails(np.array(numbers), 20_000_000)
    assert sorted(found) == sorted(numbers)
    for number, rows in found.items():
        whole = picture.trail(number)["time_us"]
        steps = {}
        for time_us in whole.tolist():
            steps.setdefault(time_us // 20_000_000, time_us)
        assert rows["time_us"].tolist() == sorted({*steps.values(), int(whole[-1])})
    assert Picture().trails(np.array([0]), 1) == {}
