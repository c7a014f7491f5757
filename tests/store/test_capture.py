"""The raw capture: what was received comes back, byte by byte, whatever happened to writer or disk."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tempfile
import tracemalloc
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nofly.errors import ConfigError, StoreError
from nofly.store.capture import RETRY_US, Capture, CaptureLimits
from nofly.store.capture_reading import MOST_CHUNK_BYTES, Captured, CaptureReader, feed_folders
from nofly.store.capture_segments import CHECKSUM, ENTRY, HEAD, MAGIC, RUN_BYTES, folder_of, segments
from tests.house.tree import SOURCE

START_US = 1_777_723_200_000_000
SECOND_US = 1_000_000


class Came(NamedTuple):
    data: bytes
    received_us: int
    opened: bool = False
    lost: int = 0


def begun(folder: Path, limits: CaptureLimits | None = None, feed: str = "north") -> Capture:
    made = Capture(folder, limits)
    made.begin(feed, "beast", {"clock": "gps"}, finish_each=False)
    return made


def read(folder: Path, feed: str = "north") -> tuple[list[Captured], list[str]]:
    reader = CaptureReader(folder_of(folder, feed))
    return list(reader), [finding.code for finding in reader.findings]


def came(entries: Sequence[Captured]) -> list[Came]:
    return [Came(e.data, e.received_us, e.opened, e.lost) for e in entries if not e.closed]


def noise(count: int, size_bytes: int = 1000, seed: int = 0) -> list[Came]:
    chance = random.Random(seed)
    return [Came(chance.randbytes(size_bytes), START_US + k * SECOND_US, k == 0, k % 3) for k in range(count)]


def write(made: Capture, chunks: Sequence[Came], feed: str = "north") -> list[int]:
    return [made.write(feed, c.data, c.received_us, opened=c.opened, lost=c.lost) for c in chunks]


def test_what_came_comes_back_with_its_times_and_offsets(tmp_path: Path) -> None:
    chunks = noise(50)
    made = begun(tmp_path)
    offsets = write(made, chunks)
    made.closed("north", START_US + 60 * SECOND_US)
    assert made.close() == []
    entries, said = read(tmp_path)
    assert (came(entries), said) == (chunks, [])
    assert [e.offset for e in entries if not e.closed] == offsets == list(range(0, 50_000, 1000))
    assert (entries[-1].closed, entries[-1].received_us) == (True, START_US + 60 * SECOND_US)
    header = entries[0].header
    assert (header.feed, header.decoder, header.options, header.began) == (
        "north",
        "beast",
        {"clock": "gps"},
        0,
    )
    (path,) = [segment.path for segment in segments(folder_of(tmp_path, "north"))]
    assert path.name == "20260502T120000Z-0.nfcap.zst"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(
    data=st.lists(st.tuples(st.binary(min_size=1, max_size=5000), st.booleans()), min_size=1, max_size=30),
)
def test_any_bytes_over_any_segments(data: list[tuple[bytes, bool]], tmp_path: Path) -> None:
    folder = Path(tempfile.mkdtemp(dir=tmp_path))
    made = begun(folder, CaptureLimits(segment_bytes=2000))
    chunks = [Came(piece, START_US + k) for k, (piece, _) in enumerate(data)]
    for chunk, (_, flushed) in zip(chunks, data, strict=True):
        write(made, [chunk])
        if flushed:
            assert made.flush() == []
    made.close()
    entries, said = read(folder)
    assert (came(entries), said) == (chunks, [])


def test_segments_end_by_size_and_by_age_and_count_on(tmp_path: Path) -> None:
    made = begun(tmp_path, CaptureLimits(segment_bytes=10_000, segment_s=30.0))
    chunks = noise(100)
    for chunk in chunks:
        write(made, [chunk])
        made.flush()
    made.close()
    found = segments(folder_of(tmp_path, "north"))
    assert [segment.number for segment in found] == list(range(len(found)))
    assert len(found) >= 10
    assert max(segment.path.stat().st_size for segment in found) < 12_000
    assert came(read(tmp_path)[0]) == chunks


def test_a_decoder_that_begins_counts_from_where_no_byte_ever_was(tmp_path: Path) -> None:
    made = begun(tmp_path)
    write(made, noise(3))
    again = made.begin("north", "beast", {}, finish_each=False)
    write(made, noise(3))
    made.close()
    later = Capture(tmp_path).begin("north", "beast", {}, finish_each=True)
    assert (again, later) == (RUN_BYTES, 2 * RUN_BYTES)
    entries, said = read(tmp_path)
    assert [e.header.began for e in entries] == [0, 0, 0, again, again, again]
    assert said == []


def test_the_raw_of_a_position_leads_to_its_bytes(tmp_path: Path) -> None:
    made = begun(tmp_path, CaptureLimits(segment_bytes=5000))
    chunks = noise(40)
    for chunk in chunks:
        write(made, [chunk])
        made.flush()
    made.close()
    reader = CaptureReader(folder_of(tmp_path, "north"))
    for raw in (0, 999, 1000, 17_123, 39_999):
        found = reader.at(raw)
        assert found is not None
        assert found.data == chunks[raw // 1000].data
    assert reader.at(40_000) is None
    segments(folder_of(tmp_path, "north"))[1].path.unlink()
    assert CaptureReader(reader.folder).at(7_000) is None


def test_two_feeds_lie_apart_whatever_they_are_called(tmp_path: Path) -> None:
    made = Capture(tmp_path)
    names = ["north", "North West", "..", "a/b", "ü"]
    for name in names:
        made.begin(name, "sbs", {}, finish_each=False)
        write(made, [Came(name.encode(), START_US)], name)
    made.close()
    folders = feed_folders(tmp_path)
    assert len(folders) == len(names)
    assert all(folder.parent == tmp_path for folder in folders)
    for name in names:
        assert came(read(tmp_path, name)[0]) == [Came(name.encode(), START_US)]
    assert feed_folders(folders[0]) == [folders[0]]


def test_the_oldest_go_first_and_those_of_the_feed_that_has_most(tmp_path: Path) -> None:
    made = Capture(tmp_path, CaptureLimits(segment_bytes=5_000, keep_bytes=60_000))
    for feed in ("flood", "quiet"):
        made.begin(feed, "beast", {}, finish_each=False)
    quiet = noise(8, seed=1)
    for number, chunk in enumerate(noise(400)):
        write(made, [chunk], "flood")
        if number < len(quiet):
            write(made, [quiet[number]], "quiet")
        made.flush()
    total = sum(path.stat().st_size for path in tmp_path.rglob("*.zst"))
    assert total <= 60_000
    made.close()
    assert came(read(tmp_path, "quiet")[0]) == quiet
    flood, said = read(tmp_path, "flood")
    assert said == []
    assert came(flood) == noise(400)[-len(flood) :]
    assert len(flood) > 30


def test_what_is_too_old_goes_and_never_what_is_being_written(tmp_path: Path) -> None:
    limits = CaptureLimits(segment_s=10.0, keep_s=60.0)
    made = begun(tmp_path, limits)
    for chunk in noise(300):
        write(made, [chunk])
        made.flush()
    made.close()
    entries, _ = read(tmp_path)
    assert 60 <= len(entries) <= 60 + 2 * 10 + 2
    # Another day, another process: what it finds is too old as well.
    later = begun(tmp_path, limits)
    write(later, [Came(b"x", START_US + 86_400 * SECOND_US)])
    later.flush()
    assert len(segments(folder_of(tmp_path, "north"))) == 1
    later.close()
    assert came(read(tmp_path)[0]) == [Came(b"x", START_US + 86_400 * SECOND_US)]


def test_a_clock_that_is_set_back_ends_a_segment_and_loses_nothing(tmp_path: Path) -> None:
    made = begun(tmp_path)
    chunks = [Came(b"a", START_US), Came(b"b", START_US - 3_600 * SECOND_US), Came(b"c", START_US - 1)]
    for chunk in chunks:
        write(made, [chunk])
        made.flush()
    made.close()
    assert came(read(tmp_path)[0]) == chunks


WRITER = """
import os, random, sys
from nofly.store.capture import Capture, CaptureLimits

chance = random.Random(int(sys.argv[2]))
made = Capture(sys.argv[1], CaptureLimits(segment_bytes=200_000))
began = made.begin("north", "beast", {}, finish_each=False)
number = 0
while True:
    for _ in range(chance.randrange(1, 20)):
        data = b"%d " % number + chance.randbytes(chance.randrange(2000))
        made.write("north", data, 1_777_723_200_000_000 + number)
        number += 1
    made.flush()
    os.write(1, b"%d\\n" % number)
"""


def test_killed_at_any_moment_all_that_was_flushed_can_be_read(tmp_path: Path) -> None:
    chance = random.Random(5)
    flushed: list[int] = []
    for kill in range(12):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path), str(kill)], stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(SOURCE)},
        )  # fmt: skip
        assert writer.stdout is not None
        for _ in range(chance.randrange(1, 60)):
            last = writer.stdout.readline()
        writer.send_signal(signal.SIGKILL)
        rest = writer.stdout.read().splitlines()
        writer.wait()
        flushed.append(int(rest[-1] if rest else last))
    entries, said = read(tmp_path)
    assert set(said) <= {"capture-cut-short"}
    runs: dict[int, list[Captured]] = {}
    for entry in entries:
        runs.setdefault(entry.header.began, []).append(entry)
    assert len(runs) == len(flushed)
    for run, told in zip(runs.values(), flushed, strict=True):
        assert [int(e.data.split(b" ", 1)[0]) for e in run] == list(range(len(run)))
        assert len(run) >= told


def test_read_while_it_is_written(tmp_path: Path) -> None:
    made, chunks = begun(tmp_path), noise(30)
    for count, chunk in enumerate(chunks, 1):
        write(made, [chunk])
        made.flush()
        entries, said = read(tmp_path)
        assert (came(entries), said) == (chunks[:count], ["capture-cut-short"])


FULL = """
import resource, sys
from nofly.store.capture import Capture
from tests.store.test_capture import START_US, noise, write

made = Capture(sys.argv[1])
made.begin("north", "beast", {}, finish_each=False)
chunks = noise(400)
said = []
for number, chunk in enumerate(chunks):
    if number == 50:
        # As a disk that is full: not one file may be longer than so.
        resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, resource.RLIM_INFINITY))
    if number == 300:
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    write(made, [chunk])
    said += [finding.code for finding in made.flush()]
said += [finding.code for finding in made.close()]
print(made.failures, made.lost_bytes, *said)
"""


def test_a_disk_that_is_full_is_told_and_counted_and_what_came_before_and_after_is_there(
    tmp_path: Path,
) -> None:
    told = subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path)], check=True, capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": f"{SOURCE}:{SOURCE.parent}"},
    )  # fmt: skip
    failures, lost_bytes, *codes = told.stdout.split()
    assert int(failures) > 0
    assert set(codes) == {"capture-not-written"}
    entries, said = read(tmp_path)
    assert set(said) <= {"capture-cut-short", "capture-missing"}
    chunks = noise(400)
    for entry in entries:
        assert entry.data == chunks[entry.offset // 1000].data
    assert 400_000 - 1000 * len(entries) == int(lost_bytes) > 0
    assert [e.offset // 1000 for e in entries[:50]] == list(range(50))
    assert entries[-1].offset // 1000 == 399


def test_a_folder_that_is_gone_is_told_once_and_tried_again(tmp_path: Path) -> None:
    made = begun(tmp_path / "capture")
    place = folder_of(tmp_path / "capture", "north")
    place.write_bytes(b"in the way")
    first, second = Came(b"lost", START_US), Came(b"kept", START_US + RETRY_US)
    write(made, [first])
    assert [finding.code for finding in made.flush()] == ["capture-not-written"]
    write(made, [first])
    assert made.flush() == []
    place.unlink()
    write(made, [second])
    assert made.close() == []
    assert (made.failures, made.lost_bytes) == (1, 8)
    assert [(e.offset, e.data) for e in read(tmp_path / "capture")[0]] == [(8, b"kept")]


def test_what_could_not_be_kept_is_missing_in_the_reading_too(tmp_path: Path) -> None:
    made = begun(tmp_path, CaptureLimits(segment_bytes=1000))
    for chunk in noise(10):
        write(made, [chunk])
        made.flush()
    made.close()
    segments(folder_of(tmp_path, "north"))[4].path.unlink()
    entries, said = read(tmp_path)
    assert (len(entries), said) == (9, ["capture-missing"])


def segment_of(folder: Path, plain: bytes) -> None:
    folder_of(folder, "north").mkdir(parents=True, exist_ok=True)
    packed = zstandard.ZstdCompressor().compress(plain)
    (folder_of(folder, "north") / "20260502T120000Z-0.nfcap.zst").write_bytes(packed)


TOLD = b'{"feed":"a","decoder":"sbs","options":{},"finish_each":false,"began":0,"offset":0}'


def begin(told: bytes = TOLD) -> bytes:
    return MAGIC + HEAD.pack(len(told), zlib.crc32(told)) + told


def entry(
    data: bytes = b"abc", received_us: int = START_US, flags: int = 1, length: int | None = None
) -> bytes:
    head = ENTRY.pack(received_us, flags, 0, len(data) if length is None else length)
    return head + CHECKSUM.pack(zlib.crc32(data, zlib.crc32(head))) + data


@pytest.mark.parametrize(
    ("plain", "count", "said"),
    [
        (begin() + entry(), 1, []),
        (begin() + entry() + entry()[:-1], 1, ["capture-cut-short"]),
        (begin() + entry() + entry()[:-1] + b"!" + entry(), 1, ["capture-damaged"]),
        (begin() + entry() + entry(flags=7), 1, ["capture-damaged"]),
        (begin() + entry(received_us=-5), 0, ["capture-damaged"]),
        (begin() + entry(length=MOST_CHUNK_BYTES), 0, ["capture-cut-short"]),
        (b"anything else at all", 0, ["capture-damaged"]),
        (b"", 0, ["capture-cut-short"]),
        (MAGIC + HEAD.pack(0xFFFFFFFF, 0), 0, ["capture-damaged"]),
        (MAGIC + HEAD.pack(len(TOLD), 0) + TOLD, 0, ["capture-damaged"]),
        (begin(b"[" * 99), 0, ["capture-damaged"]),
        (begin(TOLD.replace(b'"began":0', b'"began":9')), 0, ["capture-damaged"]),
        (begin(TOLD.replace(b'"sbs"', b'["b"]')), 0, ["capture-damaged"]),
    ],
)
def test_a_segment_that_is_damaged_is_read_as_far_as_it_goes(
    plain: bytes, count: int, said: list[str], tmp_path: Path
) -> None:
    segment_of(tmp_path, plain)
    entries, codes = read(tmp_path)
    assert (len(entries), codes) == (count, said)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(data=st.data())
def test_a_mutated_or_truncated_segment_gives_what_came_or_a_finding(
    data: st.DataObject, tmp_path: Path
) -> None:
    made = begun(tmp_path / "whole")
    if not segments(folder_of(tmp_path / "whole", "north")):
        write(made, noise(20))
        made.close()
    whole = segments(folder_of(tmp_path / "whole", "north"))[0].path.read_bytes()
    broken = bytearray(whole)
    place = data.draw(st.integers(0, len(whole) - 1))
    broken[place] ^= data.draw(st.integers(1, 255))
    del broken[data.draw(st.integers(place, len(whole))) :]
    folder = folder_of(tmp_path, "north")
    folder.mkdir(exist_ok=True)
    (folder / "20260502T120000Z-0.nfcap.zst").write_bytes(bytes(broken))
    entries, said = read(tmp_path)
    assert came(entries) == noise(20)[: len(entries)]
    assert len(entries) == 20 or said


def test_a_chunk_that_is_too_long_is_passed_over_in_little_memory(tmp_path: Path) -> None:
    long = entry(b"", length=200 << 20)
    folder = folder_of(tmp_path, "north")
    folder.mkdir()
    path = folder / "20260502T120000Z-0.nfcap.zst"
    with path.open("wb") as file, zstandard.ZstdCompressor().stream_writer(file) as packing:
        packing.write(begin() + long)
        for _ in range(200):
            packing.write(bytes(1 << 20))
        packing.write(entry())
    tracemalloc.start()
    try:
        entries, said = read(tmp_path)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert [(e.offset, e.data) for e in entries] == [(200 << 20, b"abc")]
    assert said == ["capture-chunk-too-long"]
    assert most < 20 << 20


def test_what_is_no_capture_is_told(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no segment"):
        CaptureReader(tmp_path)
    (tmp_path / "file").write_bytes(b"x")
    assert feed_folders(tmp_path / "file") == []
    assert feed_folders(tmp_path) == []
    with pytest.raises(StoreError):
        feed_folders(tmp_path / "nowhere")
    with pytest.raises(StoreError):
        Capture(tmp_path / "file")
    with pytest.raises(ConfigError):
        CaptureLimits(segment_bytes=10, keep_bytes=9)
