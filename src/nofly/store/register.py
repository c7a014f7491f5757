"""The register: the acts of all parties on zones and requests, in one chain, only ever appended.

SQLite in a file, or PostgreSQL for a team. Whoever writes has the register to himself while he does, so that
no act is lost and none follows from what is no longer so. The times at which acts are recorded only grow:
what was known at a time stays so.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from nofly.errors import Finding, InputError, Severity, StoreError
from nofly.store.chain import GENESIS, Head, Stored, chained, digest, faults
from nofly.store.register_tables import ACT, GUARDS, Database
from nofly.zones.acts import Act, act_from, label, record_of

_COLUMNS = (
    ACT.c.sequence, ACT.c.recorded_us, ACT.c.kind, ACT.c.label, ACT.c.body, ACT.c.hash, ACT.c.previous,
)  # fmt: skip


def _clock_us() -> int:
    return time.time_ns() // 1000


class Register:
    """A register. Threads may share it, and any number of processes may have it open."""

    def __init__(
        self,
        url: str,
        *,
        create: bool = True,
        read_only: bool = False,
        busy_s: float = 5.0,
        clock_us: Callable[[], int] | None = None,
    ) -> None:
        """Open a register: ``postgresql://…``, ``sqlite:///path`` or a path, which is SQLite.

        It is made where there is none and ``create``. ``clock_us`` tells when acts are recorded; else the
        clock of the server does, or that of this machine with SQLite. Raises ConfigError for a URL that is
        none; StoreError where there is no register, it cannot be reached, is locked for longer than
        ``busy_s``, or was made by a newer nofly.
        """
        self._database = Database(url, create=create and not read_only, read_only=read_only, busy_s=busy_s)
        self._clock_us = clock_us

    @property
    def name(self) -> str:
        """Path or URL, without a password."""
        return self._database.name

    def __enter__(self) -> Register:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close it. What was appended stays."""
        self._database.engine.dispose()

    def append(self, act: Act) -> Act:
        """Append an act; return it with its number, the time it was recorded and its hashes. What is returned
        is on the disk. The same act with the same signature, where it is there already, is returned as
        it is and not appended again. Raises StoreError where it cannot be written; then nothing is."""
        with self._database.told("appending"), self._database.writing() as connection:
            return self._append(connection, act)

    def append_by(
        self, make: Callable[[list[Act]], Sequence[Act]], subject: str | None = None, subject_id: str = ""
    ) -> list[Act]:
        """Append the acts that ``make`` returns, all or none; return them as :meth:`append` does.

        ``make`` is given all acts that there are, those on one subject where it is named, and nobody else
        appends before what it returns is. What it raises is raised, and nothing is appended.
        """
        with self._database.told("appending"), self._database.writing() as connection:
            known = self._acts(connection, subject, subject_id, None)
            return [self._append(connection, one) for one in make(known)]

    def acts(
        self, subject: str | None = None, subject_id: str = "", *, known_us: int | None = None
    ) -> list[Act]:
        """Return the acts in order: those on one subject where it is named (``zone`` or ``request``; with an
        id, one of them), and those recorded at ``known_us`` or before. Raises StoreError where the register
        cannot be read, or one of them is not as it was recorded."""
        with self._database.told("reading"), self._database.reading() as connection:
            return self._acts(connection, subject, subject_id, known_us)

    def records(self) -> tuple[list[Stored], Head]:
        """Return all acts as they are stored, in order, and the last one's number and hash. Raises StoreError
        where the register cannot be read."""
        with self._database.told("reading"), self._database.reading() as connection:
            found = [_stored(row) for row in connection.execute(_selected())]
        return found, found[-1].head if found else Head(0, GENESIS)

    def acts_of(self, stored: Iterable[Stored]) -> list[Act]:
        """Return the acts that records are. Raises StoreError for one that is not as it was recorded."""
        return [self._read(one) for one in stored]

    def head(self) -> Head:
        """Return the last act's number and hash; number 0 where there is none."""
        with self._database.told("reading"), self._database.reading() as connection:
            return self._last(connection)[0]

    def holds(self, head: Head) -> bool:
        """Return whether a head that was kept is in the chain; that of no act always is."""
        if not head.sequence:
            return head.hash == GENESIS
        there = sa.select(ACT.c.sequence).where(ACT.c.sequence == head.sequence, ACT.c.hash == head.hash)
        with self._database.told("reading"), self._database.reading() as connection:
            return connection.execute(there).first() is not None

    def verify(self, heads: Iterable[Head] = ()) -> list[Finding]:
        """Return all that is wrong with the register: none where every act is as it was recorded.

        ``heads`` are such as were kept elsewhere: each must be in the chain, by which it shows if the end was
        cut off. Raises StoreError where it cannot be read at all.
        """
        with self._database.told("verifying"), self._database.reading() as connection:
            found = [
                Finding("register-damaged", Severity.REJECTED, f"SQLite finds the file damaged: {text}")
                for text in self._database.damage(connection)
            ]
            there = self._database.guards(connection)
            for guard in GUARDS:
                if guard not in there:
                    message = f"the guard {guard} against changes was taken away"
                    found.append(Finding("register-unguarded", Severity.WARNING, message))
            records = [_stored(row) for row in connection.execute(_selected())]
            found += faults(records, {record.hash: record.sequence for record in records})
            found += _unreadable(records)
            numbers = {(record.sequence, record.hash) for record in records}
        for head in heads:
            if (head.sequence, head.hash) not in numbers:
                message = f"the act with the hash {head.hash} that was there is there no more"
                at = f"record {head.sequence}"
                found.append(Finding("act-cut-off", Severity.REJECTED, message, locator=at))
        return [replace(one, source=self.name) for one in found]

    def _acts(
        self, connection: sa.Connection, subject: str | None, subject_id: str, known_us: int | None
    ) -> list[Act]:
        selected = _selected()
        if subject is not None and subject_id:
            selected = selected.where(ACT.c.label == label(subject, subject_id))
        elif subject is not None:
            selected = selected.where(ACT.c.label.startswith(label(subject, ""), autoescape=True))
        if known_us is not None:
            selected = selected.where(ACT.c.recorded_us <= known_us)
        return [self._read(_stored(row)) for row in connection.execute(selected)]

    def _read(self, stored: Stored) -> Act:
        at = f"{self.name}: act {stored.sequence}"
        if digest(stored.previous, stored.body) != stored.hash:
            raise StoreError(f"{at} is not as it was recorded: its body or its hashes were changed")
        return _act_of(stored, at)

    def _last(self, connection: sa.Connection) -> tuple[Head, int]:
        """Return the head, and when it was recorded."""
        columns = sa.select(ACT.c.sequence, ACT.c.hash, ACT.c.recorded_us)
        row = connection.execute(columns.order_by(ACT.c.sequence.desc()).limit(1)).first()
        return (Head(0, GENESIS), -(2**63)) if row is None else (Head(row[0], row[1]), row[2])

    def _append(self, connection: sa.Connection, act: Act) -> Act:
        identity = act.identity
        there = connection.execute(_selected().where(ACT.c.identity == identity)).first()
        if there is not None:
            return self._read(_stored(there))
        head, last_us = self._last(connection)
        now_us = self._clock_us() if self._clock_us is not None else self._database.now_us(connection)
        recorded_us = max(_clock_us() if now_us is None else now_us, last_us + 1)
        recorded = replace(act, recorded_us=recorded_us)
        (stored,) = chained(head, [record_of(recorded)])
        values = {
            "sequence": stored.sequence, "recorded_us": recorded_us, "kind": stored.kind,
            "label": stored.incident, "body": stored.body, "identity": identity, "hash": stored.hash,
            "previous": stored.previous,
        }  # fmt: skip
        connection.execute(ACT.insert(), values)
        return replace(recorded, sequence=stored.sequence, previous=stored.previous, hash=stored.hash)


def _selected() -> sa.Select[Any]:
    return sa.select(*_COLUMNS).order_by(ACT.c.sequence)


def _stored(row: Iterable[Any]) -> Stored:
    return Stored(*row)


def _act_of(stored: Stored, at: str) -> Act:
    try:
        made = act_from(stored.content)
    except InputError as error:
        raise StoreError(f"{at} cannot be read: {error}") from error
    return replace(made, sequence=stored.sequence, previous=stored.previous, hash=stored.hash)


def _unreadable(records: Iterable[Stored]) -> Iterator[Finding]:
    """Yield what is no act, and where the times at which acts were recorded do not grow."""
    last_us = -(2**63)
    for record in records:
        at = f"record {record.sequence}"
        try:
            _act_of(record, "it")
        except StoreError as error:
            yield Finding("act-unreadable", Severity.REJECTED, str(error), locator=at)
        if record.time_us <= last_us:
            message = "it was not recorded later than the one before"
            yield Finding("act-out-of-time", Severity.REJECTED, message, locator=at)
        last_us = record.time_us
