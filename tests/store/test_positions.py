"""The archive of positions: what goes in is found again, exactly once, whatever is merged or fails."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nofly.errors import StoreError
from nofly.schema import Coded, Positions, concatenate
from nofly.store.positions import layout
from nofly.store.positions.layout import ABOUT, GROUP_ROWS, Wanted, arrow_schema
from nofly.store.positions.store import MOST_HOURS, US_PER_HOUR, PositionStore
from tests.house.tree import SOURCE
from tests.store.batches import any_batch, assert_same, batch

FIRST_US = 1_700_000_000_000_000 // US_PER_HOUR * US_PER_HOUR


def rounded(positions: Positions) -> Positions:
    """Return positions with the places that the archive keeps."""
    lat_deg, lon_deg = (np.rint(x * 1e6) / 1e6 for x in (positions.lat_deg, positions.lon_deg))
    return Positions(
        positions.time_us, positions.target, lat_deg, lon_deg, positions.columns, positions.texts
    )


def ordered(positions: Positions) -> Positions:
    return positions.take(layout.in_order(positions.time_us, positions.target))


def all_of(store: PositionStore, wanted: Wanted | None = None) -> Positions:
    return concatenate(list(store.query(wanted)))


def numbers(positions: Positions) -> list[int]:
    found = positions.column("raw")
    return sorted(found.tolist()) if found is not None else []


def test_rows_come_back_to_the_last_bit_but_for_the_places(tmp_path: Path) -> None:
    whole = batch(5000, FIRST_US, targets=40)
    with PositionStore(tmp_path) as store:
        assert store.add(whole) == 0
        (file,) = store.flush(123)
        assert store.reached == 123
    with PositionStore(tmp_path, read_only=True) as store:
        assert store.catalogue() == [file]
        found = all_of(store)
    expected = ordered(rounded(whole))
    by_name = {name: expected.columns[name] for name in found.columns}
    assert set(by_name) == set(expected.columns)
    assert_same(
        found,
        Positions(
            expected.time_us, expected.target, expected.lat_deg, expected.lon_deg, by_name, expected.texts
        ),
    )
    assert np.abs(found.lat_deg - ordered(whole).lat_deg).max() <= 0.5000001e-6


@given(st.lists(any_batch(), max_size=3))
def test_any_values_are_kept_or_counted_out(batches: list[Positions]) -> None:
    with tempfile.TemporaryDirectory() as folder, PositionStore(folder) as store:
        out = sum(store.add(positions) for positions in batches)
        files = store.flush(1)
        found = all_of(store)
        assert len(found) == sum(file.extent.rows for file in files)
        assert len(found) + out == sum(map(len, batches))
        found.check()
        kept = [p.take(np.flatnonzero(layout.storable(p))) for p in batches]
        expected = rounded(concatenate(kept))
        assert sorted(found.time_us.tolist()) == sorted(expected.time_us.tolist())
        assert sorted(found.lat_deg.tolist()) == sorted(expected.lat_deg.tolist())
        for name in ("alt_std_m", "gs_mps"):
            # NaN is null, whichever NaN it was; −0 stays −0.
            pairs = [
                np.sort(np.where(np.isnan(x), np.nan, x).view(np.int64)).tobytes()
                for x in (found.floats(name), expected.floats(name))
            ]
            assert pairs[0] == pairs[1]
        store.compact(2**62)
        assert sorted(all_of(store).time_us.tolist()) == sorted(expected.time_us.tolist())


def test_the_layout_is_the_compact_one(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    with PositionStore(tmp_path) as store:
        store.add(batch(3000, FIRST_US))
        (file,) = store.flush()
    assert file.path.startswith("date=2023-11-14/hour=22/positions-")
    whole = pq.ParquetFile(tmp_path / file.path)
    assert [field.name for field in whole.schema_arrow] == [field.name for field in arrow_schema()]
    for name in ("lat_deg", "lon_deg"):
        assert whole.schema_arrow.field(name).type == pa.decimal128(9, 6)
    said = {key.decode(): value.decode() for key, value in whole.metadata.metadata.items()}
    assert said == ABOUT
    group = whole.metadata.row_group(0)
    kinds = {group.column(k).path_in_schema: group.column(k) for k in range(group.num_columns)}
    assert kinds["lat_deg"].physical_type == "INT32"
    assert "DELTA_BINARY_PACKED" in kinds["time"].encodings
    assert all(column.compression == "ZSTD" and column.has_offset_index for column in kinds.values())
    table = whole.read(["target_id", "time"])
    keys = list(zip(table["target_id"].to_pylist(), table["time"].to_pylist(), strict=True))
    assert keys == sorted(keys)


def test_row_groups_are_of_128_k_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import pyarrow.parquet as pq

    monkeypatch.setattr(layout, "GROUP_ROWS", 1000)
    with PositionStore(tmp_path) as store:
        store.add(batch(3500, FIRST_US))
        (file,) = store.flush()
        meta = pq.ParquetFile(tmp_path / file.path).metadata
        assert [meta.row_group(k).num_rows for k in range(meta.num_row_groups)] == [1000, 1000, 1000, 500]
        assert numbers(all_of(store)) == list(range(0, 3500 * 28, 28))
    assert GROUP_ROWS == 128 * 1024


def test_late_rows_become_another_file_and_compacting_makes_one(tmp_path: Path) -> None:
    early, late = batch(40_000, FIRST_US, seed=1), batch(500, FIRST_US + 7_000_000, seed=2, targets=9)
    late.columns["raw"] = late.columns["raw"] + 10**7
    with PositionStore(tmp_path) as store:
        store.add(early)
        assert len(store.flush(1)) == 2
        store.add(late)
        assert len(store.flush(2)) == 1
        everything = numbers(all_of(store))
        assert len(everything) == 40_500
        hour_end = FIRST_US + US_PER_HOUR
        assert store.compact(hour_end - 1) == 0
        assert store.compact(hour_end) == 1
        assert [file.hour for file in store.catalogue()] == [FIRST_US // US_PER_HOUR + k for k in (0, 1)]
        assert numbers(all_of(store)) == everything
        assert store.compact(FIRST_US + 48 * US_PER_HOUR) == 1
        (file,) = store.catalogue()
        assert file.path.startswith("date=2023-11-14/positions-")
        assert store.reached == 2
        (found,) = store.query()
        assert_same(found.take(slice(None)), ordered(found))
        assert numbers(found) == everything
        assert store.compact(2**62) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        ".lock",
        "catalogue.sqlite",
        "date=2023-11-14",
    ]
    assert [str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*.parquet")] == [file.path]


def test_many_small_files_become_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nofly.store.positions.store.MERGED_FILES", 3)
    monkeypatch.setattr(layout, "STEP_ROWS", 7)
    with PositionStore(tmp_path) as store:
        for k in range(10):
            part = batch(50, FIRST_US + k * 1_000_000, seed=k, targets=3)
            part.columns["raw"] = part.columns["raw"] + k * 10_000
            store.add(part)
            store.flush(k)
        everything = numbers(all_of(store))
        assert store.compact(FIRST_US + US_PER_HOUR) == 9
        (found,) = store.query()
        assert numbers(found) == everything
        assert_same(found, ordered(found))


@pytest.mark.thorough
def test_rows_of_very_many_hours_make_no_more_files_than_a_week_has_hours(tmp_path: Path) -> None:
    many = batch(2000, FIRST_US)
    many.time_us[:] = np.arange(2000) * US_PER_HOUR
    many.time_us[:3] = (-(2**63), -1, 2**63 - 1)
    with PositionStore(tmp_path) as store:
        store.add(many)
        files = store.flush()
        assert len(files) == MOST_HOURS + 1
        assert next(file.path for file in files if file.hour is None).startswith("scattered/")
        assert numbers(all_of(store)) == numbers(many)
        wanted = Wanted(from_us=1000 * US_PER_HOUR, until_us=1001 * US_PER_HOUR)
        assert all_of(store, wanted).time_us.tolist() == [1000 * US_PER_HOUR]
        store.compact(2**63 - 1)
        assert numbers(all_of(store)) == numbers(many)


@given(st.data())
def test_a_query_gives_what_looking_at_every_row_gives(
    archive: tuple[PositionStore, Positions], data: st.DataObject
) -> None:
    store, whole = archive
    time_us = st.none() | st.integers(FIRST_US - 1, FIRST_US + 3 * US_PER_HOUR)
    lat_deg, lon_deg = st.floats(-90, 90) | st.floats(44, 49), st.floats(-180, 180) | st.floats(5, 11)
    targets = st.none() | st.frozensets(st.sampled_from([*whole.target.values, "icao24:none"]))
    box = data.draw(st.none() | st.tuples(lat_deg, lon_deg, lat_deg, lon_deg))
    wanted = Wanted(data.draw(time_us), data.draw(time_us), data.draw(targets), box)
    expected = []
    for row in range(len(whole)):
        lat, lon = whole.lat_deg[row], whole.lon_deg[row]
        if wanted.from_us is not None and whole.time_us[row] < wanted.from_us:
            continue
        if wanted.until_us is not None and whole.time_us[row] >= wanted.until_us:
            continue
        if wanted.targets is not None and whole.target.at(row) not in wanted.targets:
            continue
        if box is not None:
            south, west, north, east = box
            across = west > east
            if not south <= lat <= north or not (
                (lon >= west or lon <= east) if across else west <= lon <= east
            ):
                continue
        expected.append(int(whole.columns["raw"][row]))
    assert numbers(all_of(store, wanted)) == sorted(expected)


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> tuple[PositionStore, Positions]:
    """Return an archive of two files of an hour, and more hours, in small row groups; and what is in it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(layout, "GROUP_ROWS", 64)
        store = PositionStore(tmp_path_factory.mktemp("archive"))
        parts = []
        for k, first_us in enumerate((FIRST_US, FIRST_US + 60_000_000, FIRST_US + US_PER_HOUR - 10_000_000)):
            part = rounded(batch(250, first_us, seed=k, targets=12))
            part.columns["raw"] = part.columns["raw"] + k * 100_000
            parts.append(part)
            store.add(part)
            store.flush()
    return store, concatenate(parts)


def test_retention_removes_whole_files_only(tmp_path: Path) -> None:
    with PositionStore(tmp_path) as store:
        store.add(batch(40_000, FIRST_US))
        first, second = store.flush()
        assert store.forget(first.extent.last_us) == 0
        assert store.forget(first.extent.last_us + 1) == 1
        assert store.catalogue() == [second]
        assert [str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*.parquet")] == [second.path]


def test_what_a_crash_left_is_swept_and_nothing_else(tmp_path: Path) -> None:
    with PositionStore(tmp_path) as store:
        store.add(batch(10, FIRST_US))
        (file,) = store.flush()
        (orphan,) = store._catalogue.reserve(["date=2023-11-14/hour=23"])
        (draft,) = store._catalogue.reserve(["scattered"])
    mine = tmp_path / "date=2023-11-14" / "mine.parquet"
    left = tmp_path / orphan, (tmp_path / draft).with_name(f".{Path(draft).name}.tmp")
    for path in (*left, mine):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"x")
    with PositionStore(tmp_path) as store:
        assert not any(path.exists() for path in left)
        assert not (tmp_path / "scattered").exists()
        assert mine.exists()
        assert store.catalogue() == [file]
        assert len(all_of(store)) == 10


def test_a_file_that_is_broken_missing_or_foreign_is_told(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    with PositionStore(tmp_path) as store:
        store.add(batch(100, FIRST_US))
        (file,) = store.flush()
        path = tmp_path / file.path
        data = path.read_bytes()
        path.write_bytes(data[: len(data) // 2])
        with pytest.raises(StoreError, match="cannot be read"):
            all_of(store)
        broken = bytearray(data)
        broken[100:400] = np.random.default_rng(1).bytes(300)
        path.write_bytes(broken)
        with suppress(StoreError):
            all_of(store)
        pq.write_table(pa.table({"a": [1]}), path)
        with pytest.raises(StoreError, match="no file of the archive"):
            all_of(store)
        path.unlink()
        with pytest.raises(StoreError, match="ask again"):
            all_of(store)


def test_a_catalogue_that_is_none_or_newer_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no archive"):
        PositionStore(tmp_path / "a", read_only=True)
    PositionStore(tmp_path / "b").close()
    path = tmp_path / "b" / "catalogue.sqlite"
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 2")
    connection.close()
    with pytest.raises(StoreError, match="newer"):
        PositionStore(tmp_path / "b")
    path.write_bytes(b"no database at all, but long enough to be looked at by SQLite" * 20)
    with pytest.raises(StoreError):
        PositionStore(tmp_path / "b")


def test_texts_that_are_no_unicode_are_kept_as_far_as_they_can(tmp_path: Path) -> None:
    odd = batch(2, FIRST_US)
    odd.texts = {"callsign": Coded.from_list(["A\ud800B", None])}
    with PositionStore(tmp_path) as store:
        store.add(odd)
        store.flush()
        assert sorted(map(str, (all_of(store).texts["callsign"].at(k) for k in (0, 1)))) == ["A?B", "None"]


FULL = """
import resource, sys
from nofly.errors import StoreError
from nofly.store.positions.store import PositionStore
from tests.store.batches import batch

unlimited = resource.RLIM_INFINITY
store = PositionStore(sys.argv[1])
store.add(batch(1000))
store.flush(1)
store.add(batch(100_000, seed=1))
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, unlimited))
for _ in range(2):
    try:
        store.flush(2)
    except StoreError:
        pass
    else:
        raise SystemExit("a full disk went unnoticed")
    assert store.reached == 1 and store.rows_held == 100_000
    assert sum(map(len, store.query())) == 1000
resource.setrlimit(resource.RLIMIT_FSIZE, (unlimited, unlimited))
store.flush(2)
assert store.reached == 2 and sum(map(len, store.query())) == 101_000
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, unlimited))
try:
    store.compact(2**62)
except StoreError:
    pass
else:
    raise SystemExit("a full disk went unnoticed")
assert sum(map(len, store.query())) == 101_000
print("went on")
"""


def test_a_full_disk_is_told_and_nothing_is_lost(tmp_path: Path) -> None:
    paths = os.pathsep.join((str(SOURCE), str(SOURCE.parent)))
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path)], capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": paths},
    )  # fmt: skip
    assert done.stdout == "went on\n", done.stderr
    assert list(tmp_path.rglob("*.tmp")) == []
