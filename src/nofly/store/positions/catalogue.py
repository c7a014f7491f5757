"""The catalogue of the archive, in SQLite: which Parquet files count, and how far the journal is in them.

A file counts from the moment its row is committed, and no longer when its row is gone. Whatever else of the
archive's making lies on the disk is noted beforehand as waste, so that after a crash just that is removed.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

from nofly.errors import StoreError
from nofly.store.positions.layout import Extent
from nofly.store.tables import told, transaction

APPLICATION_ID = 0x6E6F6661
"""``nofa`` in ASCII: by it SQLite's header says whose file it is."""
VERSION = 1
NAME = "catalogue.sqlite"

_TABLES = (
    """CREATE TABLE file (
        path TEXT PRIMARY KEY,
        hour INTEGER,
        bytes INTEGER NOT NULL,
        rows INTEGER NOT NULL,
        first_us INTEGER NOT NULL,
        last_us INTEGER NOT NULL,
        south_deg REAL NOT NULL,
        west_deg REAL NOT NULL,
        north_deg REAL NOT NULL,
        east_deg REAL NOT NULL,
        first_target TEXT NOT NULL,
        last_target TEXT NOT NULL
    ) STRICT""",
    "CREATE INDEX file_time ON file (first_us, path)",
    "CREATE TABLE waste (path TEXT PRIMARY KEY) STRICT",
    "CREATE TABLE reached (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT",
    "INSERT INTO reached VALUES ('journal', 0), ('files', 0)",
    f"PRAGMA application_id = {APPLICATION_ID}",
    f"PRAGMA user_version = {VERSION}",
)
_FILE = "path, hour, bytes, rows, first_us, last_us, south_deg, west_deg, north_deg, east_deg, first_target,"
_FILE += " last_target"


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file that counts: its path below the archive's folder, the hour all its rows are of (hours since 1970
    UTC; None where they are of many), its size, and what it holds."""

    path: str
    hour: int | None
    bytes: int
    extent: Extent


class Catalogue:
    """The catalogue of one archive, to be used by one thread at a time. Every method raises StoreError
    where the disk is full or the database locked."""

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        """Open a catalogue, made where there is none unless ``read_only``. Raises StoreError where it is
        missing, no catalogue, or of a newer version."""
        self.path = path
        if read_only and not path.is_file():
            raise StoreError(f"{path}: there is no archive of positions")
        with told(path, "opening the catalogue"):
            mode = "ro" if read_only else "rwc"
            self._connection = sqlite3.connect(
                f"{path.absolute().as_uri()}?mode={mode}", uri=True, timeout=5.0, isolation_level=None,
                check_same_thread=False,
            )  # fmt: skip
            try:
                if not read_only:
                    self._make()
                self._check()
            except BaseException:
                self._connection.close()
                raise

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    @property
    def reached(self) -> int:
        """The journal's offset up to which all rows are in files that count."""
        return self._number("journal")

    def files(self) -> list[StoredFile]:
        """Return the files that count, by their first time."""
        with told(self.path, "reading the catalogue"):
            rows = self._connection.execute(f"SELECT {_FILE} FROM file ORDER BY first_us, path").fetchall()
        return [StoredFile(path, hour, size, Extent(*rest)) for path, hour, size, *rest in rows]

    def reserve(self, folders: Sequence[str]) -> list[str]:
        """Return a new path in each folder, never given before; they are waste until they are committed."""
        with told(self.path, "writing the catalogue"), transaction(self._connection):
            first = self._number("files")
            paths = [f"{folder}/positions-{first + k:08d}.parquet" for k, folder in enumerate(folders)]
            self._set("files", first + len(paths))
            self._connection.executemany("INSERT INTO waste VALUES (?)", [(path,) for path in paths])
        return paths

    def commit(
        self, added: Sequence[StoredFile], removed: Sequence[StoredFile] = (), reached: int | None = None
    ) -> None:
        """Let files count from now on and others no longer, and note the journal's offset: all or nothing."""
        with told(self.path, "writing the catalogue"), transaction(self._connection):
            marks = ", ".join("?" * 12)
            self._connection.executemany(
                f"INSERT INTO file ({_FILE}) VALUES ({marks})",
                [(f.path, f.hour, f.bytes, *astuple(f.extent)) for f in added],
            )
            self._connection.executemany("DELETE FROM waste WHERE path = ?", [(f.path,) for f in added])
            for gone in removed:
                found = self._connection.execute("DELETE FROM file WHERE path = ?", (gone.path,))
                if found.rowcount != 1:
                    raise StoreError(f"{gone.path}: is no longer in the archive")
            self._connection.executemany("INSERT INTO waste VALUES (?)", [(f.path,) for f in removed])
            if reached is not None:
                self._set("journal", reached)

    def waste(self) -> list[str]:
        """Return the paths of what may lie on the disk and does not count."""
        with told(self.path, "reading the catalogue"):
            return [row[0] for row in self._connection.execute("SELECT path FROM waste ORDER BY path")]

    def removed(self, paths: Sequence[str]) -> None:
        """Note that waste is no longer on the disk."""
        with told(self.path, "writing the catalogue"), transaction(self._connection):
            self._connection.executemany("DELETE FROM waste WHERE path = ?", [(path,) for path in paths])

    def _number(self, name: str) -> int:
        with told(self.path, "reading the catalogue"):
            row = self._connection.execute("SELECT value FROM reached WHERE name = ?", (name,)).fetchone()
        return int(row[0])

    def _set(self, name: str, value: int) -> None:
        self._connection.execute("UPDATE reached SET value = ? WHERE name = ?", (value, name))

    def _make(self) -> None:
        """Make the tables in an empty file."""
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")
        with transaction(self._connection):
            if self._pragma("user_version") == 0:
                if self._connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                    raise StoreError(f"{self.path}: this is no catalogue of nofly")
                for statement in _TABLES:
                    self._connection.execute(statement)

    def _check(self) -> None:
        version = self._pragma("user_version")
        if self._pragma("application_id") != APPLICATION_ID or version < 1:
            raise StoreError(f"{self.path}: this is no catalogue of nofly")
        if version > VERSION:
            raise StoreError(
                f"{self.path}: a newer nofly made this catalogue (version {version}, known is {VERSION})"
            )

    def _pragma(self, name: str) -> int:
        return int(self._connection.execute(f"PRAGMA {name}").fetchone()[0])
