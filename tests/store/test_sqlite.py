"""The store: append-only, chained, all or nothing, and telling what was done to it."""

from __future__ import annotations

import random
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nofly.errors import StoreError
from nofly.store.chain import GENESIS, Head, canonical, chained, digest, faults
from nofly.store.sqlite import Store
from nofly.store.tables import GUARDS, VERSION

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
bodies = st.builds(
    lambda extra, time_us, kind, incident: {**extra, "time_us": time_us, "kind": kind, "incident": incident},
    st.dictionaries(st.text(), json_values, max_size=3),
    st.integers(-(2**63), 2**63 - 1),
    st.text(min_size=1),
    st.text(),
)


def body(number: int) -> dict[str, Any]:
    return {"time_us": number, "kind": "entered", "incident": f"i{number % 3}", "lat_deg": 47.5}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "record.sqlite"


@pytest.fixture
def ten(path: Path) -> Path:
    with Store(path) as store:
        store.append([body(n) for n in range(10)], ["log"])
    return path


def tamper(path: Path, *statements: str) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    for guard in GUARDS:
        connection.execute(f"DROP TRIGGER {guard}")
    for statement in statements:
        connection.execute(statement)
    connection.close()


def codes(path: Path, heads: tuple[Head, ...] = ()) -> set[tuple[str, str]]:
    with Store(path, read_only=True) as store:
        found = {(f.code, f.locator) for f in store.verify(heads)}
    return found - {("store-unguarded", "")}


def test_what_was_appended_is_read_and_verifies(path: Path) -> None:
    with Store(path) as store:
        assert store.head() == Head(0, GENESIS)
        first = store.append([body(0), body(1)])
        second = store.append([body(2)])
        assert [head.sequence for head in first + second] == [1, 2, 3]
        assert store.append([]) == []
    with Store(path, create=False) as store:
        records = list(store.read())
        assert [record.content for record in records] == [body(0), body(1), body(2)]
        assert [record.head for record in records] == first + second
        assert store.head() == second[0]
        assert [r.sequence for r in store.read(2)] == [2, 3]
        assert [r.sequence for r in store.read(incident="i1")] == [2]
        assert store.verify(first + second) == []


@given(st.lists(bodies, max_size=6), st.integers(0, 6))
def test_the_chain_is_the_same_however_it_is_cut(many: list[dict[str, Any]], cut: int) -> None:
    start = Head(0, GENESIS)
    whole = chained(start, many)
    first = chained(start, many[:cut])
    assert first + chained(first[-1].head if first else start, many[cut:]) == whole
    assert list(faults(whole, {})) == []
    for record, given_body in zip(whole, many, strict=True):
        assert record.hash == digest(record.previous, canonical(dict(reversed(given_body.items()))))


@given(st.lists(bodies, min_size=2, max_size=6, unique_by=canonical), st.data())
def test_any_change_to_a_chain_is_found(many: list[dict[str, Any]], data: st.DataObject) -> None:
    whole = chained(Head(0, GENESIS), many)
    at = data.draw(st.integers(0, len(whole) - 2))
    other = data.draw(st.integers(at + 1, len(whole) - 1))
    left_out = whole[:at] + whole[at + 1 :]
    assert list(faults(left_out, {}))
    swapped = list(whole)
    swapped[at], swapped[other] = swapped[other], swapped[at]
    assert list(faults(swapped, {}))
    anew = chained(whole[at - 1].head if at else Head(0, GENESIS), [many[other]])
    assert list(faults([*whole[:at], *anew, *whole[at + 1 :]], {}))


def test_rows_cannot_be_changed_removed_or_replaced(ten: Path) -> None:
    connection = sqlite3.connect(ten, isolation_level=None)
    for statement in (
        "UPDATE record SET body = '{}' WHERE sequence = 3",
        "UPDATE record SET kind = kind",
        "DELETE FROM record WHERE sequence = 10",
        "DELETE FROM record",
        "INSERT OR REPLACE INTO record SELECT 3, time_us, kind, incident, '{}', 'x', previous FROM record"
        " WHERE sequence = 3",
        "INSERT INTO record SELECT 12, time_us, kind, incident, body, 'x', previous FROM record"
        " WHERE sequence = 3",
    ):
        with pytest.raises(sqlite3.IntegrityError, match=r"never|only"):
            connection.execute(statement)
    connection.close()
    assert codes(ten) == set()


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        (["UPDATE record SET body = replace(body, '47.5', '47.6') WHERE sequence = 4"],
         {("record-changed", "record 4")}),
        (["UPDATE record SET time_us = 99 WHERE sequence = 4"], {("record-mislabelled", "record 4")}),
        (["UPDATE record SET incident = 'x' WHERE sequence = 4"], {("record-mislabelled", "record 4")}),
        (["DELETE FROM record WHERE sequence BETWEEN 3 AND 5"], {
            ("record-missing", "record 6"), *(("alert-without-record", f"record {n}") for n in (3, 4, 5)),
        }),
        (["UPDATE record SET sequence = 90 WHERE sequence = 5",
          "UPDATE record SET sequence = 5 WHERE sequence = 6",
          "UPDATE record SET sequence = 6 WHERE sequence = 90"],
         {("record-unlinked", f"record {n}") for n in (5, 6, 7)}),
        (["UPDATE record SET hash = 'f' WHERE sequence = 4"],
         {("record-changed", "record 4"), ("record-unlinked", "record 5")}),
        (["UPDATE record SET previous = 'f' WHERE sequence = 4"],
         {("record-changed", "record 4"), ("record-unlinked", "record 4")}),
        (["INSERT INTO record SELECT 0, time_us, kind, incident, body, 'f', previous FROM record"
          " WHERE sequence = 4"],
         {("record-misnumbered", "record 0"), ("record-changed", "record 0"),
          ("record-unlinked", "record 1")}),
    ],
    ids=["body", "time", "incident", "removed", "swapped", "hash", "previous", "put before"],
)  # fmt: skip
def test_every_tampering_is_named(ten: Path, statements: list[str], expected: set[tuple[str, str]]) -> None:
    tamper(ten, *statements)
    assert codes(ten) == expected


def test_a_moved_record_says_where_it_belongs_and_missing_guards_are_named(ten: Path) -> None:
    tamper(
        ten,
        "UPDATE record SET sequence = 90 WHERE sequence = 5",
        "UPDATE record SET sequence = 5 WHERE sequence = 6",
    )
    with Store(ten) as store:
        found = {f.code: f.message for f in store.verify()}
    assert "record 90" in found["record-unlinked"]
    assert "store-unguarded" in found


def test_a_head_kept_elsewhere_shows_that_the_end_was_cut_off(ten: Path) -> None:
    with Store(ten) as store:
        head = store.head()
    tamper(ten, "DELETE FROM alert", "DELETE FROM record WHERE sequence > 8")
    assert codes(ten) == set()
    assert codes(ten, (head,)) == {("record-cut-off", "record 10")}


@pytest.mark.parametrize(
    "wrong",
    [
        {}, {"time_us": 1.5, "kind": "a", "incident": "b"}, {"time_us": True, "kind": "a", "incident": "b"},
        {"time_us": 2**63, "kind": "a", "incident": "b"}, {"time_us": 1, "kind": "", "incident": "b"},
        {"time_us": 1, "kind": "a", "incident": None},
        {"time_us": 1, "kind": "a", "incident": "b", "depth_m": float("nan")},
        {"time_us": 1, "kind": "a", "incident": "b", "x": {1, 2}},
        {"time_us": 1, "kind": "a\ud800", "incident": "b"},
    ],
)  # fmt: skip
def test_a_wrong_record_writes_nothing_of_its_batch(ten: Path, wrong: dict[str, Any]) -> None:
    with Store(ten) as store:
        before = store.head()
        with pytest.raises(StoreError):
            store.append([body(10), wrong], ["log"], {"x": b"1"})
        assert (store.head(), store.kept("x"), store.verify()) == (before, None, [])


def test_a_full_disk_writes_nothing_and_the_store_goes_on(ten: Path) -> None:
    with Store(ten) as store:
        before = store.head()
        pages = store._connection.execute("PRAGMA page_count").fetchone()[0]
        store._connection.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(StoreError, match="full"):
            store.append([{**body(n), "note": "x" * 2000} for n in range(100)], ["log"])
        assert (store.head(), store.verify()) == (before, [])
        assert store.outbox.backlog("log").waiting == 10
        store._connection.execute("PRAGMA max_page_count = 100000")
        assert store.append([body(10)])[0].sequence == 11
        assert store.verify() == []


def test_a_locked_database_is_an_error_and_the_store_goes_on(ten: Path) -> None:
    other = sqlite3.connect(ten, isolation_level=None)
    with Store(ten, busy_s=0.01) as store:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="locked"):
            store.append([body(10)])
        assert len(list(store.read())) == 10
        other.execute("ROLLBACK")
        assert store.append([body(10)])[0].sequence == 11
    other.close()


def test_two_writers_make_one_chain(path: Path) -> None:
    with Store(path) as one, Store(path) as two:
        for n in range(20):
            (one if random.Random(n).random() < 0.5 else two).append([body(n)])
        assert [r.content for r in one.read()] == [body(n) for n in range(20)]
        assert two.verify() == []


def test_kept_values_go_with_the_records(path: Path) -> None:
    with Store(path) as store:
        store.append([body(0)], keep={"offset": b"1"})
        store.append([], keep={"offset": b"2", "state": b""})
    with Store(path) as store:
        assert (store.kept("offset"), store.kept("state"), store.kept("none")) == (b"2", b"", None)


def test_a_store_writes_ahead_and_in_full(ten: Path) -> None:
    with Store(ten) as store:
        pragma = {
            n: store._connection.execute(f"PRAGMA {n}").fetchone()[0] for n in ("journal_mode", "synchronous")
        }
    assert pragma == {"journal_mode": "wal", "synchronous": 2}


def test_what_is_no_store_or_a_newer_one_is_refused(ten: Path, tmp_path: Path) -> None:
    text, other = tmp_path / "text", tmp_path / "other.sqlite"
    text.write_text("this is not a database, though it is long enough to be read as one\n" * 100)
    connection = sqlite3.connect(other)
    connection.execute("CREATE TABLE record (a)")
    connection.close()
    for wrong in (text, other, tmp_path / "no" / "folder", tmp_path):
        with pytest.raises(StoreError):
            Store(wrong)
    for options in ({"create": False}, {"read_only": True}):
        with pytest.raises(StoreError, match="there is no store"):
            Store(tmp_path / "missing", **options)
    connection = sqlite3.connect(ten)
    connection.execute(f"PRAGMA user_version = {VERSION + 1}")
    connection.close()
    with pytest.raises(StoreError, match="newer"):
        Store(ten)


def test_a_reader_writes_nothing(ten: Path) -> None:
    with Store(ten, read_only=True) as store:
        assert len(list(store.read())) == 10
        with pytest.raises(StoreError):
            store.append([body(10)])


def test_bytes_changed_in_the_file_itself_are_found(ten: Path) -> None:
    data = ten.read_bytes()
    assert data.count(b'"lat_deg":47.5') == 10
    ten.write_bytes(data.replace(b'"lat_deg":47.5', b'"lat_deg":47.6', 1))
    assert {code for code, _ in codes(ten)} == {"record-changed"}
    ten.write_bytes(data[:4096] + b"\xff" * 8192 + data[12288:])
    with pytest.raises(StoreError, match="failed"):
        codes(ten)
