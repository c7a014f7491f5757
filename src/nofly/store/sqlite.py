"""The record in SQLite: append-only, chained, durable before :meth:`Store.append` returns."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nofly.errors import Finding, Severity
from nofly.store.chain import GENESIS, Head, Stored, chained, faults
from nofly.store.outbox import Outbox, enqueue
from nofly.store.tables import GUARDS, connect, told, transaction

_LOWEST = -(2**63)
_COLUMNS = "sequence, time_us, kind, incident, body, hash, previous"


class Store:
    """A store in one file. To be used by the thread that opened it; several processes may have it open."""

    def __init__(
        self, path: Path | str, *, create: bool = True, read_only: bool = False, busy_s: float = 5.0
    ) -> None:
        """Open a store, made where there is none and ``create``. Raises StoreError where it is missing, no
        store, of a newer version, or locked for longer than ``busy_s``."""
        self.path = Path(path)
        self._connection = connect(
            self.path, create=create and not read_only, read_only=read_only, busy_s=busy_s
        )
        self.outbox = Outbox(self._connection, self.path)

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file. What was appended stays."""
        self._connection.close()

    def append(
        self,
        records: Iterable[Mapping[str, Any]],
        channels: Sequence[str] | Callable[[Mapping[str, Any]], Sequence[str]] = (),
        keep: Mapping[str, bytes] | None = None,
    ) -> list[Head]:
        """Append records, all or none, each with an alert for every channel, or for those that ``channels``
        returns of it; return numbers and hashes.

        A record is a JSON object with ``time_us``, ``kind`` and ``incident``. ``keep`` are values that
        replace those of the same name in the same transaction: whoever keeps there how far the input was read
        and the state it was left in appends nothing twice. What is returned is on the disk. Raises StoreError
        where a record is not such, the disk is full or the database locked; then nothing is written.
        """
        bodies, values = list(records), list((keep or {}).items())
        if not bodies and not values:
            return []
        with told(self.path, "appending"), transaction(self._connection):
            made = chained(self._head(), bodies)
            self._connection.executemany(
                f"INSERT INTO record ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)",
                [(r.sequence, r.time_us, r.kind, r.incident, r.body, r.hash, r.previous) for r in made],
            )
            of = channels if callable(channels) else lambda _: channels
            for record, body in zip(made, bodies, strict=True):
                # One by one: what is told of a record may rest on what is told of the one before.
                enqueue(self._connection, [(record, name) for name in dict.fromkeys(of(body))])
            self._connection.executemany("INSERT OR REPLACE INTO kept VALUES (?, ?)", values)
        return [record.head for record in made]

    def kept(self, name: str) -> bytes | None:
        """Return the value kept under a name, None where there is none."""
        with told(self.path, "reading"):
            row = self._connection.execute("SELECT value FROM kept WHERE name = ?", (name,)).fetchone()
        return None if row is None else bytes(row[0])

    def head(self) -> Head:
        """Return the last record's number and hash; number 0 where there is none."""
        with told(self.path, "reading"):
            return self._head()

    def read(self, first: int = 1, incident: str | None = None) -> Iterator[Stored]:
        """Yield the records from number ``first`` on, in order; of one incident where it is named."""
        where, values = ("", (first,)) if incident is None else (" AND incident = ?", (first, incident))
        sql = f"SELECT {_COLUMNS} FROM record WHERE sequence >= ?{where} ORDER BY sequence"
        with told(self.path, "reading"):
            for row in self._connection.execute(sql, values):
                yield Stored(*row)

    def verify(self, heads: Iterable[Head] = ()) -> list[Finding]:
        """Return all that is wrong with the store: none where every record is as it was appended.

        ``heads`` are such as were kept elsewhere: each must be in the chain, by which it shows if the end was
        cut off. Raises StoreError where the file cannot be read at all.
        """
        with told(self.path, "verifying"), self._unchanging():
            found = [*self._damage(), *faults(self.read(_LOWEST), _Known(self._connection))]
            for head in heads:
                sql = "SELECT 1 FROM record WHERE sequence = ? AND hash = ?"
                if self._connection.execute(sql, (head.sequence, head.hash)).fetchone() is None:
                    message = f"the record with the hash {head.hash} that was there is there no more"
                    at = f"record {head.sequence}"
                    found.append(Finding("record-cut-off", Severity.REJECTED, message, locator=at))
            sql = "SELECT key, sequence FROM alert WHERE sequence NOT IN (SELECT sequence FROM record)"
            for key, sequence in self._connection.execute(sql):
                message = f"the alert {key} tells of a record that is not there"
                at = f"record {sequence}"
                found.append(Finding("alert-without-record", Severity.REJECTED, message, locator=at))
        return [Finding(f.code, f.severity, f.message, str(self.path), f.locator, f.count) for f in found]

    def _damage(self) -> Iterator[Finding]:
        for (text,) in self._connection.execute("PRAGMA quick_check"):
            if text != "ok":
                yield Finding("store-damaged", Severity.REJECTED, f"SQLite finds the file damaged: {text}")
        sql = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'record'"
        there = {name for (name,) in self._connection.execute(sql)}
        for guard in GUARDS:
            if guard not in there:
                message = f"the guard {guard} against changes was taken away"
                yield Finding("store-unguarded", Severity.WARNING, message)

    @contextmanager
    def _unchanging(self) -> Iterator[None]:
        """See the store as it is now, whatever others append meanwhile."""
        self._connection.execute("BEGIN")
        try:
            yield
        finally:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")

    def _head(self) -> Head:
        sql = "SELECT sequence, hash FROM record ORDER BY sequence DESC LIMIT 1"
        row = self._connection.execute(sql).fetchone()
        return Head(0, GENESIS) if row is None else Head(*row)


class _Known(Mapping[str, int]):
    """Number of the record that has a hash, looked up in the store when asked."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def __getitem__(self, record_hash: str) -> int:
        row = self._connection.execute(
            "SELECT sequence FROM record WHERE hash = ?", (record_hash,)
        ).fetchone()
        if row is None:
            raise KeyError(record_hash)
        return int(row[0])

    def __iter__(self) -> Iterator[str]:
        return (row[0] for row in self._connection.execute("SELECT hash FROM record"))

    def __len__(self) -> int:
        return int(self._connection.execute("SELECT count(*) FROM record").fetchone()[0])
