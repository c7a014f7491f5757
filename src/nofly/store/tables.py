"""The tables of a store in SQLite, and how a store is opened: durable, guarded, of a known version."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from nofly.errors import StoreError

APPLICATION_ID = 0x6E6F666C
"""``nofl`` in ASCII: by it SQLite's header says whose file it is."""
VERSION = 1
"""Version of the tables; a store of a newer one is refused."""
GUARDS = ("record_in_order", "record_no_update", "record_no_delete")

_TABLES = (
    """CREATE TABLE record (
        sequence INTEGER PRIMARY KEY,
        time_us INTEGER NOT NULL,
        kind TEXT NOT NULL,
        incident TEXT NOT NULL,
        body TEXT NOT NULL,
        hash TEXT NOT NULL UNIQUE,
        previous TEXT NOT NULL
    ) STRICT""",
    "CREATE INDEX record_incident ON record (incident, sequence)",
    # A REPLACE would remove a row without firing the trigger on DELETE; so a row may only be the next one.
    """CREATE TRIGGER record_in_order BEFORE INSERT ON record
        WHEN NEW.sequence IS NOT (SELECT coalesce(max(sequence), 0) + 1 FROM record)
        BEGIN SELECT RAISE(ABORT, 'records are only appended'); END""",
    """CREATE TRIGGER record_no_update BEFORE UPDATE ON record
        BEGIN SELECT RAISE(ABORT, 'records are never changed'); END""",
    """CREATE TRIGGER record_no_delete BEFORE DELETE ON record
        BEGIN SELECT RAISE(ABORT, 'records are never removed'); END""",
    """CREATE TABLE alert (
        key TEXT PRIMARY KEY,
        sequence INTEGER NOT NULL REFERENCES record (sequence),
        channel TEXT NOT NULL,
        attempts INTEGER NOT NULL DEFAULT 0,
        due_us INTEGER NOT NULL DEFAULT 0,
        claimed_until_us INTEGER,
        delivered_us INTEGER,
        given_up_us INTEGER,
        error TEXT
    ) STRICT""",
    """CREATE INDEX alert_open ON alert (channel, sequence)
        WHERE delivered_us IS NULL AND given_up_us IS NULL""",
    "CREATE TABLE kept (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT",
)


class Layout(NamedTuple):
    """What a file of SQLite holds: whose it is, the version of its tables, and the statements that make
    them."""

    application_id: int
    version: int
    tables: tuple[str, ...]


RECORD = Layout(APPLICATION_ID, VERSION, _TABLES)


@contextmanager
def told(path: Path, doing: str) -> Iterator[None]:
    """Raise StoreError for whatever SQLite raises inside: disk full, database locked, file damaged."""
    try:
        yield
    except (sqlite3.Error, OverflowError, UnicodeEncodeError) as error:
        raise StoreError(f"{path}: {doing} failed: {error}") from error


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Do all of what is inside, or nothing of it; only one process at a time is inside."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        # A full disk may have rolled back already.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def connect(
    path: Path, *, create: bool, read_only: bool, busy_s: float, layout: Layout = RECORD, shared: bool = False
) -> sqlite3.Connection:
    """Return a connection to a store, its tables made where there were none and ``create``; where it is
    ``shared``, several threads may use it, one at a time.

    Write-ahead log, a commit is on the disk before it returns (https://sqlite.org/pragma.html, journal_mode
    and synchronous). Raises StoreError where the file is missing, no store, of a newer version, or locked for
    longer than ``busy_s``.
    """
    if not create and not path.is_file():
        raise StoreError(f"{path}: there is no store")
    mode = "ro" if read_only else "rwc" if create else "rw"
    with told(path, "opening the store"):
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode={mode}", uri=True, timeout=busy_s, isolation_level=None,
            check_same_thread=not shared,
        )  # fmt: skip
        try:
            connection.execute("PRAGMA foreign_keys = ON")
            if not read_only:
                _check(connection, path, layout, empty=create)
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA synchronous = FULL")
                if create:
                    _make(connection, layout)
            _check(connection, path, layout, empty=False)
        except BaseException:
            connection.close()
            raise
    return connection


def _make(connection: sqlite3.Connection, layout: Layout) -> None:
    marks = f"PRAGMA application_id = {layout.application_id}", f"PRAGMA user_version = {layout.version}"
    with transaction(connection):
        if _number(connection, "user_version") == 0:
            for statement in (*layout.tables, *marks):
                connection.execute(statement)


def _check(connection: sqlite3.Connection, path: Path, layout: Layout, *, empty: bool) -> None:
    """Raise StoreError unless this is a store of a known version, or an empty file where that is allowed."""
    whose, version = _number(connection, "application_id"), _number(connection, "user_version")
    new = empty and whose == version == 0
    if new and connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0:
        return
    if whose != layout.application_id or version < 1:
        raise StoreError(f"{path}: this is no store of nofly")
    if version > layout.version:
        known = layout.version
        raise StoreError(f"{path}: a newer nofly made this store (version {version}, known is {known})")


def _number(connection: sqlite3.Connection, pragma: str) -> int:
    return int(connection.execute(f"PRAGMA {pragma}").fetchone()[0])
