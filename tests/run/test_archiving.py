"""Journal to archive beside the loop: nothing is lost, nothing doubled, whatever happens in between."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from nofly.errors import StoreError
from nofly.incidents.record import Infringement
from nofly.run.api import check
from nofly.run.archive import Archiving, write_table
from nofly.run.files.trackfiles import read_batches
from nofly.run.result import CheckResult
from nofly.schema import Positions
from nofly.store.journal import Batch, Journal, read
from nofly.store.positions.store import US_PER_HOUR, PositionStore
from tests.house.tree import SOURCE
from tests.store.batches import batch

FIRST_US = 1_700_000_000_000_000 // US_PER_HOUR * US_PER_HOUR


def numbered(first: int, rows: int, first_us: int = FIRST_US) -> Positions:
    """Return positions that are told apart by ``raw``."""
    found = batch(rows, first_us, seed=first)
    found.columns["raw"] = np.arange(first, first + rows, dtype=np.int64)
    return found


def archived(folder: Path) -> list[int]:
    with PositionStore(folder, read_only=True) as store:
        return sorted(int(raw) for found in store.query() for raw in found.columns["raw"])


def drain(archiving: Archiving, until: int) -> None:
    while archiving.step(until):
        pass


def test_an_hour_is_written_when_it_is_over_by_the_marks(tmp_path: Path) -> None:
    with Journal(tmp_path / "j") as journal, Archiving(tmp_path / "j", tmp_path / "p") as archiving:
        for k in range(3):
            journal.append(1, numbered(k * 10, 10))
            journal.mark(FIRST_US + k * 1_000_000)
        end = journal.commit()
        drain(archiving, end)
        assert archiving.forgettable == 0
        assert archived(tmp_path / "p") == []
        journal.mark(FIRST_US + US_PER_HOUR)
        journal.append(1, numbered(30, 5))
        drain(archiving, journal.commit())
        assert archiving.forgettable == end
        assert archived(tmp_path / "p") == list(range(30))
        archiving.flush()
        assert archiving.forgettable == journal.committed
        journal.rotate()
        journal.forget(archiving.forgettable)
        assert archived(tmp_path / "p") == list(range(35))
    with Archiving(tmp_path / "j", tmp_path / "p") as archiving:
        assert not archiving.step(archiving.forgettable)
        archiving.flush()
        assert archiving.take_findings() == []
    assert archived(tmp_path / "p") == list(range(35))


def test_much_is_written_before_the_hour_is_over_and_a_step_is_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nofly.run.archive.STEP_ROWS", 25)
    archiving = Archiving(tmp_path / "j", tmp_path / "p", room_rows=40)
    with Journal(tmp_path / "j") as journal, archiving:
        for k in range(10):
            journal.append(1, numbered(k * 10, 10))
        end = journal.commit()
        steps = 1
        while archiving.step(end):
            steps += 1
        assert steps == 4
        assert archived(tmp_path / "p") == list(range(60))


def test_it_may_be_called_by_one_thread_after_another(tmp_path: Path) -> None:
    with Journal(tmp_path / "j") as journal, Archiving(tmp_path / "j", tmp_path / "p") as archiving:
        for k in range(3):
            journal.append(1, numbered(k * 10, 10))
            end = journal.commit()
            for work in (lambda: archiving.step(end), archiving.flush):  # noqa: B023
                with ThreadPoolExecutor(1) as other:
                    other.submit(work).result()
            assert archiving.forgettable == end
    assert archived(tmp_path / "p") == list(range(30))


def test_what_is_damaged_or_no_position_is_a_finding_and_the_rest_is_archived(tmp_path: Path) -> None:
    with Journal(tmp_path / "j") as journal:
        ends = []
        for k in range(3):
            rows = numbered(k * 10, 10)
            rows.lat_deg[0] = np.nan
            journal.append(1, rows)
            ends.append(journal.commit())
    (path,) = (tmp_path / "j").glob("*.journal")
    data = bytearray(path.read_bytes())
    data[ends[0] + 40] ^= 1
    path.write_bytes(data)
    with Archiving(tmp_path / "j", tmp_path / "p") as archiving:
        drain(archiving, ends[-1])
        archiving.flush()
        found = archiving.take_findings()
        assert [(f.code, f.count) for f in found] == [
            ("row-not-archived", 1), ("journal-damaged", 1), ("row-not-archived", 1),
        ]  # fmt: skip
        assert str(ends[0]) in found[1].message
        assert archiving.take_findings() == []
    assert archived(tmp_path / "p") == [*range(1, 10), *range(21, 30)]


def test_a_journal_begun_anew_is_read_from_its_beginning(tmp_path: Path) -> None:
    for name, first in (("one", 0), ("two", 100)):
        with Journal(tmp_path / name) as journal, Archiving(tmp_path / name, tmp_path / "p") as archiving:
            journal.append(1, numbered(first, 20 if first == 0 else 5))
            drain(archiving, journal.commit())
            archiving.flush()
            codes = [finding.code for finding in archiving.take_findings()]
            assert codes == (["journal-begun-anew"] if first else [])
    assert archived(tmp_path / "p") == [*range(20), *range(100, 105)]


CHILD = """
import os, random, sys
from nofly.run.archive import Archiving
from nofly.store.journal import Journal
from nofly.store.positions.store import US_PER_HOUR, PositionStore
from tests.run.test_archiving import FIRST_US, numbered

# A copy of this process for every line read: it is killed, this one is not.
for line in sys.stdin:
    first, seed = map(int, line.split())
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        os.write(1, b"dead\\n")
        continue
    os.write(1, b"pid %d\\n" % os.getpid())
    chance = random.Random(seed)
    journal = Journal(sys.argv[1] + "/j", segment_bytes=20_000)
    archiving = Archiving(sys.argv[1] + "/j", sys.argv[1] + "/p", room_rows=150)
    while True:
        for _ in range(chance.randrange(1, 4)):
            rows = chance.randrange(1, 60)
            first_us = FIRST_US + chance.randrange(4) * US_PER_HOUR
            journal.append(1, numbered(first, rows, first_us))
            first += rows
        journal.mark(FIRST_US + first * 10_000_000)
        end = journal.commit()
        os.write(1, b"committed %d\\n" % first)
        archiving.step(end)
        journal.forget(archiving.forgettable)
        if chance.random() < 0.1:
            with PositionStore(sys.argv[1] + "/p") as store:
                store.compact(FIRST_US + chance.randrange(48) * US_PER_HOUR)
"""
KILLS = 70
LONGEST_S = 0.15


def test_killed_at_random_moments_every_row_is_there_once(tmp_path: Path) -> None:
    chance = random.Random(11)
    paths = os.pathsep.join((str(SOURCE), str(SOURCE.parent)))
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        text=True, env={**os.environ, "PYTHONPATH": paths},
    )  # fmt: skip
    assert child.stdin is not None
    assert child.stdout is not None
    following = committed = 0
    for kill in range(KILLS):
        child.stdin.write(f"{following} {kill}\n")
        child.stdin.flush()
        pid = int(child.stdout.readline().removeprefix("pid "))
        if kill % 2:  # at work; else perhaps while it starts
            committed = int(child.stdout.readline().split()[1])
        time.sleep(chance.uniform(0.0, LONGEST_S))
        os.kill(pid, signal.SIGKILL)
        while (line := child.stdout.readline()) != "dead\n":
            committed = int(line.split()[1])
        found = everything(tmp_path)
        # Appended and not yet committed may be there too: but no hole, and nothing twice.
        assert found == list(range(len(found)))
        assert len(found) >= committed
        following = committed = len(found)
    child.stdin.close()
    assert child.wait(30) == 0
    assert following >= KILLS // 2
    with Journal(tmp_path / "j") as journal, Archiving(tmp_path / "j", tmp_path / "p") as archiving:
        drain(archiving, journal.committed)
        archiving.flush()
    assert archived(tmp_path / "p") == list(range(following))
    with PositionStore(tmp_path / "p") as store:
        store.compact(2**62)
        files = {file.path for file in store.catalogue()}
    assert archived(tmp_path / "p") == list(range(following))
    there = {str(path.relative_to(tmp_path / "p")) for path in (tmp_path / "p").rglob("*positions-*")}
    assert there == files


def everything(state: Path) -> list[int]:
    """Return the numbers of all rows, in the archive and, after what is in it, in the journal."""
    reached, found = 0, []
    if (state / "p" / "catalogue.sqlite").is_file():
        try:
            with PositionStore(state / "p", read_only=True) as store:
                reached = store.reached
            found = archived(state / "p")
        except StoreError:  # killed before its tables were made
            assert reached == 0
    if (state / "j").is_dir():
        for entry in read(state / "j", reached):
            if isinstance(entry, Batch):
                found += entry.positions.columns["raw"].tolist()
    return sorted(found)


@pytest.mark.parametrize(
    ("recording", "area", "least"),
    [
        ("switzerland", "Switzerland.txt", 10),
        ("switzerland", "Germany_Border.txt", 100),
        ("paris-2021-10-07-42ac", "LF-P25_LF-R35A.openair.txt", 2),
    ],
)
def test_an_archive_gives_the_same_infringements_as_the_recording(
    recording: str, area: str, least: int, tmp_path: Path, shared: Path
) -> None:
    """Real traffic through journal and archive: by the hour, compacted, and queried as Parquet and as CSV."""
    zones = str(shared / "zones-openair" / area)
    tracks = str(shared / "traffic" / f"{recording}.json.gz")
    state = tmp_path / "state"
    with Journal(state / "journal") as journal, Archiving(journal.folder, state / "p") as archiving:
        for part in read_batches(tracks):
            journal.append(0, part.positions)
        drain(archiving, journal.commit())
        archiving.flush()
    expected = check(tracks, zones)
    assert len(expected.infringements) >= least
    assert len(list((state / "p").rglob("*.parquet"))) > 1
    assert_same_answer(check(str(state / "p"), zones), expected)
    with PositionStore(state / "p") as store:
        store.compact(2**62)
        for name in ("out.parquet", "out.csv"):
            assert write_table(store.query(), tmp_path / name) == expected.report_count
            assert_same_answer(check(str(tmp_path / name), zones), expected)


def assert_same_answer(found: CheckResult, expected: CheckResult) -> None:
    """Assert that two results have the same stays. Places in the archive are off by at most 0.06 m, so an
    aircraft is over a border some thousandths of a second sooner or later."""
    assert found.report_count == expected.report_count
    assert len(found.infringements) == len(expected.infringements)
    pairs = zip(by_entry(found), by_entry(expected), strict=True)
    for one, other in pairs:
        for name in ("zone_id", "target_id", "callsign", "status", "certainty", "cause", "exit_cause"):
            assert getattr(one, name) == getattr(other, name), name
        assert abs(one.entry_time_us - other.entry_time_us) < 20_000
        assert abs(one.exit_time_us - other.exit_time_us) < 20_000


def by_entry(result: CheckResult) -> list[Infringement]:
    return sorted(result.infringements, key=lambda s: (s.zone_id, s.target_id, s.entry_time_us))
