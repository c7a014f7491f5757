"""The outbox: which alerts are to be told on which channel, so that none is lost and none told twice.

An alert is put in with the record it tells of, in one transaction. Whoever tells it claims it for a time
first; what was claimed by a process that died comes back when that time is over, with the same key, by which
a receiver knows it again.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from nofly.store.chain import Stored
from nofly.store.tables import told, transaction


@dataclass(frozen=True, slots=True)
class Alert:
    """A record to be told on a channel. ``key`` is the same whenever it is told again; ``attempts`` counts
    this one."""

    key: str
    channel: str
    attempts: int
    record: Stored


@dataclass(frozen=True, slots=True)
class Backlog:
    """How many alerts of a channel wait, are claimed, were delivered, and were given up."""

    waiting: int
    claimed: int
    delivered: int
    given_up: int


def alert_key(record_hash: str, channel: str) -> str:
    """Return the idempotency key of a record on a channel: SHA-256 over both."""
    return hashlib.sha256(f"{record_hash}|{channel}".encode()).hexdigest()


def enqueue(connection: sqlite3.Connection, alerts: Sequence[tuple[Stored, str]]) -> None:
    """Put an alert for each record and channel in; inside the transaction that appends the records."""
    connection.executemany(
        "INSERT INTO alert (key, sequence, channel) VALUES (?, ?, ?)",
        [(alert_key(record.hash, channel), record.sequence, channel) for record, channel in alerts],
    )


class Outbox:
    """The outbox of a store. Times are UTC microseconds that the caller gives. Every method raises StoreError
    where the disk is full or the database locked."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path

    def claim(self, channel: str, now_us: int, lease_us: int, limit: int = 100) -> list[Alert]:
        """Return alerts to be told now, the oldest record first, and keep them from others until
        ``now_us + lease_us``."""
        with told(self._path, "claiming alerts"), transaction(self._connection):
            rows = self._connection.execute(
                "SELECT a.key, a.channel, a.attempts + 1, r.sequence, r.time_us, r.kind, r.incident, r.body,"
                " r.hash, r.previous FROM alert a JOIN record r USING (sequence)"
                " WHERE a.channel = ? AND a.delivered_us IS NULL AND a.given_up_us IS NULL AND a.due_us <= ?"
                " AND (a.claimed_until_us IS NULL OR a.claimed_until_us <= ?) ORDER BY a.sequence LIMIT ?",
                (channel, now_us, now_us, limit),
            ).fetchall()
            self._connection.executemany(
                "UPDATE alert SET attempts = attempts + 1, claimed_until_us = ? WHERE key = ?",
                [(now_us + lease_us, row[0]) for row in rows],
            )
        return [Alert(row[0], row[1], row[2], Stored(*row[3:])) for row in rows]

    def deliver(self, keys: Sequence[str], now_us: int) -> None:
        """Note that alerts were told; they are not told again."""
        self._mark(
            "delivered_us = coalesce(delivered_us, ?), claimed_until_us = NULL", [(now_us, k) for k in keys]
        )

    def retry(self, key: str, due_us: int, error: str) -> None:
        """Note that an alert could not be told, and when to try again."""
        self._mark("due_us = ?, error = ?, claimed_until_us = NULL", [(due_us, error, key)])

    def give_up(self, key: str, now_us: int, error: str) -> None:
        """Note that an alert will not be told; it stays in the outbox with the reason."""
        self._mark("given_up_us = ?, error = ?, claimed_until_us = NULL", [(now_us, error, key)])

    def release(self) -> int:
        """Let everything be told at once that is not yet, and return how many that are: for a start, when no
        other process tells alerts, and the clock may have been put back since."""
        with told(self._path, "releasing alerts"), transaction(self._connection):
            sql = (
                "UPDATE alert SET claimed_until_us = NULL, due_us = 0"
                " WHERE delivered_us IS NULL AND given_up_us IS NULL"
            )
            return self._connection.execute(sql).rowcount

    def backlog(self, channel: str) -> Backlog:
        """Return how many alerts of a channel are in which state."""
        with told(self._path, "counting alerts"):
            row = self._connection.execute(
                "SELECT count(*), count(delivered_us), count(given_up_us),"
                " count(CASE WHEN delivered_us IS NULL AND given_up_us IS NULL THEN claimed_until_us END)"
                " FROM alert WHERE channel = ?",
                (channel,),
            ).fetchone()
        every, delivered, given_up, claimed = row
        return Backlog(every - delivered - given_up - claimed, claimed, delivered, given_up)

    def given_up(self, record_hash: str, channel: str) -> bool | None:
        """Return whether an alert of a record was given up; None where none was to be told on the channel."""
        with told(self._path, "looking for an alert"):
            row = self._connection.execute(
                "SELECT given_up_us FROM alert WHERE key = ?", (alert_key(record_hash, channel),)
            ).fetchone()
        return None if row is None else row[0] is not None

    def was_told(self, incidents: Sequence[str], channel: str) -> bool:
        """Return whether a record of some incidents was told on a channel, or is to be."""
        sql = "SELECT hash FROM record WHERE incident = ? ORDER BY sequence DESC"
        with told(self._path, "looking for alerts"):
            for incident in incidents:
                for (record_hash,) in self._connection.execute(sql, (incident,)).fetchall():
                    if self.given_up(record_hash, channel) is False:
                        return True
        return False

    def _mark(self, change: str, values: Sequence[tuple[object, ...]]) -> None:
        with told(self._path, "marking alerts"), transaction(self._connection):
            self._connection.executemany(f"UPDATE alert SET {change} WHERE key = ?", values)
