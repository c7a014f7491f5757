"""The journal gives back what was appended, and survives what may happen to its bytes."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import zlib
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nofly.errors import StoreError
from nofly.schema import Coded, Positions
from nofly.store import journal_entries
from nofly.store.journal import Batch, Entry, Journal, JournalDamaged, Mark, read, sync
from nofly.store.journal_entries import HEAD, MAGIC, entry_from, head_of
from tests.house.tree import SOURCE
from tests.store.batches import any_batch, assert_same, batch

BEGIN_BYTES = 16


def only_segment(folder: Path) -> Path:
    (found,) = folder.glob("*.journal")
    return found


def rows_in(entries: list[Entry]) -> int:
    return sum(len(entry.positions) for entry in entries if isinstance(entry, Batch))


@pytest.mark.thorough
@given(st.lists(any_batch(), max_size=3))
def test_whatever_was_appended_comes_back_bit_for_bit(batches: list[Positions]) -> None:
    with tempfile.TemporaryDirectory() as folder, Journal(folder, segment_bytes=200) as journal:
        offsets = []
        for feed, positions in enumerate(batches):
            journal.append(feed, positions)
            journal.mark(feed, b"tick")
            offsets.append(journal.commit())
        found = list(read(folder, 0))
        marks = [entry for entry in found if isinstance(entry, Mark)]
        rows = [entry for entry in found if isinstance(entry, Batch)]
        assert [(mark.now_us, mark.value, mark.offset_after) for mark in marks] == [
            (k, b"tick", offset) for k, offset in enumerate(offsets)
        ]
        assert [entry.feed for entry in rows] == list(range(len(batches)))
        for entry, positions in zip(rows, batches, strict=True):
            assert_same(entry.positions, positions)


def test_it_is_read_from_any_offset_on_across_segments(tmp_path: Path) -> None:
    with Journal(tmp_path, segment_bytes=2000) as journal:
        offsets = [0]
        for k in range(30):
            journal.append(k, batch(10, seed=k))
            offsets.append(journal.commit())
        assert offsets == sorted(set(offsets))
        assert len(list(tmp_path.glob("*.journal"))) > 5
        for k, offset in enumerate(offsets):
            assert [entry.feed for entry in journal.read(offset) if isinstance(entry, Batch)] == list(
                range(k, 30)
            )
    with Journal(tmp_path, segment_bytes=2000) as journal:
        assert journal.committed == offsets[-1]
        journal.append(30, batch(10))
        assert len(list(journal.read(offsets[-1]))) == 0
        journal.commit(sync=True)
        assert len(list(journal.read(offsets[-1]))) == 1


def test_what_is_not_committed_is_not_read(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        journal.append(1, batch(3))
        assert list(journal.read(0)) == []
        end = journal.commit()
        journal.append(1, batch(3))
        assert rows_in(list(read(tmp_path, 0, end))) == 3


def test_only_values_in_use_are_written(tmp_path: Path) -> None:
    values = [f"a long name that no row has {k}" for k in range(100_000)]
    positions = Positions(
        np.arange(3), Coded(np.array([70_000, -1, 5], np.int32), values), np.zeros(3), np.zeros(3)
    )
    with Journal(tmp_path) as journal:
        journal.append(0, positions)
        assert journal.commit() < 300
        (entry,) = journal.read(0)
    assert isinstance(entry, Batch)
    assert_same(entry.positions, positions)
    assert entry.positions.target.values == [values[5], values[70_000]]


def test_a_long_batch_is_written_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nofly.store.journal.MOST_ROWS", 4)
    whole = batch(10)
    with Journal(tmp_path) as journal:
        journal.append(7, whole)
        journal.commit()
        parts = [entry.positions for entry in journal.read(0) if isinstance(entry, Batch)]
    assert [len(part) for part in parts] == [4, 4, 2]
    for first, part in zip((0, 4, 8), parts, strict=True):
        assert_same(part, whole.take(slice(first, first + 4)))


def test_whole_segments_are_forgotten_and_no_more(tmp_path: Path) -> None:
    with Journal(tmp_path, segment_bytes=1000) as journal:
        offsets = []
        for k in range(10):
            journal.append(k, batch(20, seed=k))
            offsets.append(journal.commit())
        journal.forget(offsets[4])
        kept = [entry.feed for entry in journal.read(offsets[4]) if isinstance(entry, Batch)]
        assert kept == [5, 6, 7, 8, 9]
        with pytest.raises(JournalDamaged, match="forgotten") as caught:
            list(journal.read(0))
        assert caught.value.resume == offsets[4]
        journal.forget(offsets[-1] + 10**9)
        assert len(list(tmp_path.glob("*.journal"))) == 1
        journal.rotate()
        journal.rotate()
        journal.forget(journal.committed)
        assert list(journal.read(journal.committed)) == []
        assert journal.committed > offsets[-1]


def test_torn_at_every_byte_it_ends_before_the_torn_entry_and_goes_on(tmp_path: Path) -> None:
    with Journal(tmp_path / "whole") as journal:
        journal.append(0, batch(4))
        first = journal.commit()
        journal.append(1, batch(3))
        second = journal.commit()
    data = only_segment(tmp_path / "whole").read_bytes()
    assert len(data) == second
    torn = tmp_path / "torn"
    torn.mkdir()
    path = torn / only_segment(tmp_path / "whole").name
    for length in range(len(data)):
        path.write_bytes(data[:length])
        kept = first if length >= first else BEGIN_BYTES
        assert rows_in(list(read(torn, 0))) == (4 if kept == first else 0)
        with Journal(torn) as journal:
            assert journal.committed == kept
            journal.mark(5, b"after")
            journal.commit()
        *_, last = read(torn, 0)
        assert isinstance(last, Mark)
        assert last.value == b"after"


def test_a_broken_byte_in_the_middle_is_told_and_what_follows_is_read(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        ends = [BEGIN_BYTES]
        for k in range(3):
            journal.append(k, batch(3, seed=k))
            ends.append(journal.commit())
    path = only_segment(tmp_path)
    data = bytearray(path.read_bytes())
    for place in range(ends[2]):
        data[place] ^= 0x55
        path.write_bytes(data)
        data[place] ^= 0x55
        hit = max((k for k in range(3) if ends[k] <= place), default=None)
        broken_at = 0 if hit is None else ends[hit]
        read_before: list[Entry] = []
        with pytest.raises(JournalDamaged) as caught:
            read_before.extend(read(tmp_path, 0))
        assert caught.value.offset == broken_at
        assert caught.value.resume == (BEGIN_BYTES if hit is None else ends[hit + 1])
        assert len(read_before) == (hit or 0)
        rest = list(read(tmp_path, caught.value.resume))
        assert [entry.feed for entry in rest if isinstance(entry, Batch)] == list(
            range(0 if hit is None else hit + 1, 3)
        )
    path.write_bytes(data[: ends[1]] + b"\0" * (ends[2] - ends[1]) + data[ends[2] :])
    with Journal(tmp_path) as journal:
        assert journal.committed == ends[3]


def test_missing_and_short_segments_are_told(tmp_path: Path) -> None:
    with Journal(tmp_path, segment_bytes=100) as journal:
        for k in range(4):
            journal.append(k, batch(3, seed=k))
            journal.commit()
        end = journal.committed
    second, third = sorted(tmp_path.glob("*.journal"))[1:3]
    base = int(second.name[:19])
    second.write_bytes(second.read_bytes()[:-1])
    with pytest.raises(JournalDamaged, match="missing") as caught:
        list(read(tmp_path, base))
    assert caught.value.resume == int(third.name[:19])
    assert len(list(read(tmp_path, caught.value.resume))) == 2
    second.unlink()
    with pytest.raises(JournalDamaged) as caught:
        list(read(tmp_path, 0))
    assert (caught.value.offset, caught.value.resume) == (base, int(third.name[:19]))
    with pytest.raises(JournalDamaged, match="missing"):
        list(read(tmp_path, caught.value.resume, end + 1))
    with pytest.raises(JournalDamaged, match="ends before"):
        list(read(tmp_path, end + 1))
    with pytest.raises(StoreError, match="no journal"):
        list(read(tmp_path / "elsewhere", 5))
    assert list(read(tmp_path / "elsewhere", 0)) == []


def test_an_entry_inside_a_text_is_not_taken_for_one(tmp_path: Path) -> None:
    inner = b"".join((head_of([b"m" + b"\0" * 8], 0), b"m" + b"\0" * 8))
    with Journal(tmp_path) as journal:
        journal.mark(1, inner * 40)
        journal.mark(2, b"")
        journal.commit()
    path = only_segment(tmp_path)
    data = bytearray(path.read_bytes())
    data[BEGIN_BYTES] ^= 1
    path.write_bytes(data)
    with pytest.raises(JournalDamaged) as caught:
        list(read(tmp_path, 0))
    (last,) = read(tmp_path, caught.value.resume)
    assert isinstance(last, Mark)
    assert last.now_us == 2


@given(st.binary(max_size=300))
def test_any_bytes_read_or_raise(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "0" * 19 + ".journal")
        path.write_bytes(data)
        with suppress(StoreError):
            list(read(folder, 0))
        for content in (data, b"b" + data, b"m" + data):
            with suppress(StoreError):
                entry_from(content, 0)


@given(st.integers(0, 400), st.integers(0, 255))
def test_a_changed_content_with_a_right_checksum_reads_or_raises(place: int, value: int) -> None:
    content = bytearray(b"".join(journal_entries.batch_content(1, batch(3))))
    content[place % len(content)] = value
    try:
        entry = entry_from(bytes(content), 0)
    except StoreError:
        return
    if isinstance(entry, Batch):
        for row in range(len(entry.positions)):
            entry.positions.target.at(row)


@pytest.mark.parametrize(
    "table",
    [
        [1, 1 << 40, [["time_us", "<i8", 0, 0]], []],
        [1, -1, [], []],
        [1, 3, [["time_us", "<i8", 0, 0]] * 2, []],
        [1, 3, [["time_us", "<f16", 0, 0]], []],
        [1, 3, [["time_us", "<i8", 1 << 63, 0]], []],
        [1, 3, [["time_us", "<i8", 0, 3]], []],
        [1, 3, [["time_us", "<i8", 0, 8]], []],
        [1, 3, [], [[["target_id", "<i4", 0, 0], 1 << 62, 0]]],
        [1, 3, [], [[["target_id", "<i4", 9, 0], 1, 0]]],
        [1, 3, [], [[["target_id", "<i4", 0, 0], 1, -5]]],
    ],
    ids=range(10),
)
def test_a_table_that_cannot_be_is_refused(table: list[object]) -> None:
    import msgspec

    packed = msgspec.msgpack.encode(table)
    with pytest.raises(StoreError):
        entry_from(b"b" + len(packed).to_bytes(4, "little") + packed, 0)


def test_a_hostile_length_takes_no_memory_and_no_time(tmp_path: Path) -> None:
    path = tmp_path / ("0" * 19 + ".journal")
    with Journal(tmp_path) as journal:
        journal.mark(1)
        journal.commit()
    whole = path.read_bytes()
    path.write_bytes(whole + MAGIC + b"\xff" * 12)
    assert len(list(read(tmp_path, 0))) == 1
    begin = MAGIC + (1 << 28).to_bytes(4, "little") + b"\0" * 4
    check = zlib.crc32(begin, zlib.crc32(len(whole).to_bytes(8, "little")))
    path.write_bytes(whole + begin + check.to_bytes(4, "little") + b"x" * 100)
    assert len(list(read(tmp_path, 0))) == 1
    heads = b""
    for at in range(len(whole), len(whole) + 4000 * HEAD.size, HEAD.size):
        check = zlib.crc32(begin, zlib.crc32(at.to_bytes(8, "little")))
        heads += begin + check.to_bytes(4, "little")
    path.write_bytes(whole + heads)
    assert len(list(read(tmp_path, 0))) == 1


def test_what_is_no_column_of_positions_is_refused_and_the_rest_stays(tmp_path: Path) -> None:
    good = batch(3)
    odd = good.take(slice(None))
    odd.columns["raw"] = np.zeros(3, complex)
    short = good.take(slice(None))
    short.columns["raw"] = np.zeros(2, np.int64)
    beyond = good.take(slice(None))
    beyond.target = Coded(np.full(3, 99, np.int32), ["a"])
    with Journal(tmp_path) as journal:
        journal.append(1, good)
        journal.commit()
        for wrong in (odd, short, beyond):
            journal.mark(1, b"of the same tick")
            with pytest.raises(StoreError):
                journal.append(1, wrong)
        journal.append(1, good)
        journal.commit()
        assert [type(entry) for entry in journal.read(0)] == [Batch, Batch]


def test_only_one_process_writes(tmp_path: Path) -> None:
    with Journal(tmp_path), pytest.raises(StoreError, match="another process"):
        Journal(tmp_path)
    Journal(tmp_path).close()


def test_sync_takes_what_is_there(tmp_path: Path) -> None:
    with Journal(tmp_path, segment_bytes=100) as journal:
        for k in range(4):
            journal.append(k, batch(3))
            journal.commit()
        sync(tmp_path, 0, journal.committed)
        journal.forget(journal.committed)
        assert journal.commit(sync=True) == journal.committed


FULL = """
import resource, sys
from nofly.errors import StoreError
from nofly.store.journal import Journal, read
from tests.store.batches import batch

folder = sys.argv[1]
journal = Journal(folder, segment_bytes=10**9)
resource.setrlimit(resource.RLIMIT_FSIZE, (5000, resource.RLIM_INFINITY))
kept = 0
while True:
    try:
        journal.append(kept, batch(5, seed=kept))
        journal.mark(kept)
        journal.commit()
    except StoreError as error:
        break
    kept += 1
assert kept > 3, kept
for _ in range(3):
    try:
        journal.append(kept, batch(50))
    except StoreError:
        pass
    else:
        raise SystemExit("a full disk went unnoticed")
entries = list(read(folder, 0))
assert len(entries) == 2 * kept, (len(entries), kept)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
journal.append(kept, batch(50))
journal.mark(kept)
journal.commit()
assert len(list(read(folder, 0))) == 2 * kept + 2
print("went on")
"""


def test_a_full_disk_is_told_and_the_journal_goes_on_when_there_is_room(tmp_path: Path) -> None:
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[1] == resource.RLIM_INFINITY
    paths = os.pathsep.join((str(SOURCE), str(SOURCE.parent)))
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path)], capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": paths},
    )  # fmt: skip
    assert done.stdout == "went on\n", done.stderr
