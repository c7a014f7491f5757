"""Who may do what, in SQLite: users, logins, tokens, public links. No secret is in it, only hashes of them.

A password is stored as its Argon2 hash; ids of logins, tokens and links are random and long, so that SHA-256
of them is enough.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

from nofly.store.disk import told_of
from nofly.store.tables import Layout, connect, told, transaction

FILE = "access.sqlite"
PRIVATE = 0o600
LAYOUT = Layout(
    0x6E6F6675,  # ``nofu`` in ASCII
    1,
    (
        """CREATE TABLE user (
            name TEXT PRIMARY KEY,
            role TEXT NOT NULL,
            password TEXT NOT NULL,
            disabled INTEGER NOT NULL,
            must_change INTEGER NOT NULL,
            made_us INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID""",
        """CREATE TABLE login (
            hash BLOB PRIMARY KEY,
            user TEXT NOT NULL REFERENCES user (name),
            made_us INTEGER NOT NULL,
            used_us INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID""",
        "CREATE INDEX login_user ON login (user, used_us)",
        """CREATE TABLE token (
            hash BLOB PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            name TEXT NOT NULL,
            owner TEXT NOT NULL REFERENCES user (name),
            scopes TEXT NOT NULL,
            made_us INTEGER NOT NULL,
            expires_us INTEGER NOT NULL,
            used_us INTEGER
        ) STRICT, WITHOUT ROWID""",
        "CREATE INDEX token_owner ON token (owner, made_us)",
        """CREATE TABLE link (
            hash BLOB PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            name TEXT NOT NULL,
            made_by TEXT NOT NULL,
            made_us INTEGER NOT NULL,
            expires_us INTEGER,
            delay_s REAL NOT NULL
        ) STRICT, WITHOUT ROWID""",
    ),
)


@dataclass(frozen=True, slots=True)
class User:
    """A user. ``password`` is an Argon2 hash in PHC form; ``must_change``: before anything else."""

    name: str
    role: str
    password: str
    disabled: int
    must_change: int
    made_us: int


@dataclass(frozen=True, slots=True)
class Login:
    """One browser, logged in. Times are UTC microseconds."""

    hash: bytes
    user: str
    made_us: int
    used_us: int


@dataclass(frozen=True, slots=True)
class Token:
    """A token of a user. ``id`` is no secret; ``scopes`` are set apart by blanks."""

    hash: bytes
    id: str
    name: str
    owner: str
    scopes: str
    made_us: int
    expires_us: int
    used_us: int | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """A public link. ``expires_us`` None is never."""

    hash: bytes
    id: str
    name: str
    made_by: str
    made_us: int
    expires_us: int | None
    delay_s: float


Row = TypeVar("Row", User, Login, Token, Link)


class AccessStore:
    """The file, to be used by any number of threads; several processes may have it open.

    Reading waits for no writer. Every method raises StoreError where the disk is full or the database locked.
    """

    def __init__(self, folder: Path, *, busy_s: float = 5.0) -> None:
        """Open the file of a state folder, made where there is none; nobody but its owner may read it."""
        self.path = folder / FILE
        with told_of(self.path, "making it private"):
            handle = os.open(self.path, os.O_RDWR | os.O_CREAT, PRIVATE)
            try:
                os.fchmod(handle, PRIVATE)
            finally:
                os.close(handle)
        self._writing, self._reading = Lock(), Lock()
        self._writer, self._reader = (
            connect(self.path, create=True, read_only=False, busy_s=busy_s, layout=LAYOUT, shared=True)
            for _ in range(2)
        )

    def close(self) -> None:
        """Close the file."""
        with self._writing, self._reading:
            self._writer.close()
            self._reader.close()

    def user(self, name: str) -> User | None:
        """Return a user."""
        return self._one(User, "user WHERE name = ?", name)

    def users(self) -> list[User]:
        """Return all users, by name."""
        return self._all(User, "user ORDER BY name")

    def login(self, digest: bytes) -> tuple[Login, User] | None:
        """Return the login whose id has a hash, and its user."""
        login = self._one(Login, "login WHERE hash = ?", digest)
        user = None if login is None else self.user(login.user)
        return None if login is None or user is None else (login, user)

    def token(self, digest: bytes) -> tuple[Token, User] | None:
        """Return the token that has a hash, and its owner."""
        token = self._one(Token, "token WHERE hash = ?", digest)
        owner = None if token is None else self.user(token.owner)
        return None if token is None or owner is None else (token, owner)

    def tokens(self, owner: str | None = None) -> list[Token]:
        """Return the tokens, of one owner where it is named, the oldest first."""
        if owner is None:
            return self._all(Token, "token ORDER BY made_us, id")
        return self._all(Token, "token WHERE owner = ? ORDER BY made_us, id", owner)

    def link(self, digest: bytes) -> Link | None:
        """Return the public link that has a hash."""
        return self._one(Link, "link WHERE hash = ?", digest)

    def links(self) -> list[Link]:
        """Return the public links, the oldest first."""
        return self._all(Link, "link ORDER BY made_us, id")

    def login_used(self, digest: bytes, now_us: int) -> None:
        """Note that a login was used."""
        with self._write() as connection:
            connection.execute("UPDATE login SET used_us = ? WHERE hash = ?", (now_us, digest))

    def token_used(self, digest: bytes, now_us: int) -> None:
        """Note that a token was used."""
        with self._write() as connection:
            connection.execute("UPDATE token SET used_us = ? WHERE hash = ?", (now_us, digest))

    @contextmanager
    def changing(self) -> Iterator[Changes]:
        """Do all of the changes inside, or none; nobody else changes anything meanwhile."""
        with self._write() as connection:
            yield Changes(connection)

    @contextmanager
    def _write(self) -> Iterator[sqlite3.Connection]:
        with self._writing, told(self.path, "writing"), transaction(self._writer):
            yield self._writer

    def _one(self, kind: type[Row], where: str, value: object) -> Row | None:
        with self._reading, told(self.path, "reading"):
            return next(_rows(self._reader, kind, where, value), None)

    def _all(self, kind: type[Row], where: str, *values: object) -> list[Row]:
        with self._reading, told(self.path, "reading"):
            return list(_rows(self._reader, kind, where, *values))


class Changes:
    """What is changed at once. What it reads is as it will be."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def user(self, name: str) -> User | None:
        """Return a user."""
        return next(_rows(self._connection, User, "user WHERE name = ?", name), None)

    def count(self, table: str) -> int:
        """Return how many rows a table has."""
        return int(self._connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])

    def enabled(self, role: str) -> int:
        """Return how many users with a role are not disabled."""
        sql = "SELECT count(*) FROM user WHERE role = ? AND NOT disabled"
        return int(self._connection.execute(sql, (role,)).fetchone()[0])

    def tokens(self, owner: str) -> list[Token]:
        """Return the tokens of a user."""
        return list(_rows(self._connection, Token, "token WHERE owner = ? ORDER BY made_us, id", owner))

    def token(self, name: str) -> Token | None:
        """Return a token by its id."""
        return next(_rows(self._connection, Token, "token WHERE id = ?", name), None)

    def link(self, name: str) -> Link | None:
        """Return a public link by its id."""
        return next(_rows(self._connection, Link, "link WHERE id = ?", name), None)

    def put_user(self, user: User) -> None:
        """Put a user in, in place of one of the same name."""
        self._connection.execute(
            "INSERT INTO user VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET"
            " role = excluded.role, password = excluded.password, disabled = excluded.disabled,"
            " must_change = excluded.must_change",
            astuple(user),
        )

    def add(self, row: Login | Token | Link) -> None:
        """Put a login, a token or a link in."""
        values = astuple(row)
        table = type(row).__name__.lower()
        marks = ", ".join("?" * len(values))
        self._connection.execute(f"INSERT INTO {table} VALUES ({marks})", values)

    def remove(self, row: Login | Token | Link) -> None:
        """Take a login, a token or a link out."""
        self._connection.execute(f"DELETE FROM {type(row).__name__.lower()} WHERE hash = ?", (row.hash,))

    def end_logins(self, user: str) -> None:
        """End all logins of a user."""
        self._connection.execute("DELETE FROM login WHERE user = ?", (user,))

    def end_old_logins(self, user: str, made_us: int, used_us: int, keep: int) -> None:
        """End all logins that were made or last used too long ago, and of a user all but the ``keep`` last
        used."""
        self._connection.execute("DELETE FROM login WHERE made_us < ? OR used_us < ?", (made_us, used_us))
        self._connection.execute(
            "DELETE FROM login WHERE user = ? AND hash NOT IN"
            " (SELECT hash FROM login WHERE user = ? ORDER BY used_us DESC LIMIT ?)",
            (user, user, keep),
        )


def _rows(connection: sqlite3.Connection, kind: type[Row], where: str, *values: object) -> Iterator[Row]:
    columns = ", ".join(field.name for field in fields(kind))
    made: Any = kind
    parameters: Sequence[Any] = values
    for row in connection.execute(f"SELECT {columns} FROM {where}", parameters):
        yield made(*row)
