"""The chain of records: each holds the hash of the one before, so that none can be changed, left out, put in
or moved without a trace.

The hash of a record is SHA-256 over the hash of the one before and the SHA-256 of its body, both in
hexadecimal. So the chain can be followed by whoever has, of records that are none of his business, no more
than the hash of the body. The body is canonical JSON (RFC 8259, keys sorted, no blanks, ASCII); time, kind
and incident stand in it. Earlier versions hashed the body itself after the hash before: such records hold
too, and no body, which begins with a brace, can be taken for a hash.

What the chain cannot show is that the last records were cut off: for that, keep a head elsewhere.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from nofly.errors import Finding, Severity, StoreError

GENESIS = "0" * 64
"""What stands in the first record for the hash of the one before."""


@dataclass(frozen=True, slots=True)
class Head:
    """A record by its number and its hash; who keeps it can prove later what came before."""

    sequence: int
    hash: str


@dataclass(frozen=True, slots=True)
class Stored:
    """A record as it is stored. ``sequence`` counts from 1; ``time_us`` is UTC microseconds."""

    sequence: int
    time_us: int
    kind: str
    incident: str
    body: str
    hash: str
    previous: str

    @property
    def head(self) -> Head:
        """Number and hash."""
        return Head(self.sequence, self.hash)

    @property
    def content(self) -> dict[str, Any]:
        """The body read as JSON. Raises StoreError where it cannot be read."""
        try:
            found = json.loads(self.body)
        except (ValueError, RecursionError) as error:
            raise StoreError(f"the body of record {self.sequence} cannot be read: {error}") from error
        if not isinstance(found, dict):
            raise StoreError(f"the body of record {self.sequence} is no object")
        return found


def canonical(body: Mapping[str, Any]) -> str:
    """Return a body as canonical JSON. Raises StoreError where it is no JSON (a NaN, a date, a loop) or lacks
    ``time_us`` (a 64-bit integer), ``kind`` or ``incident`` (text)."""
    time_us, kind, incident = (body.get(name) for name in ("time_us", "kind", "incident"))
    if not isinstance(time_us, int) or isinstance(time_us, bool) or not -(2**63) <= time_us < 2**63:
        raise StoreError(f"a record needs time_us as a 64-bit integer, not {time_us!r}")
    if not isinstance(kind, str) or not isinstance(incident, str) or not kind:
        raise StoreError(f"a record needs kind and incident as text, not {kind!r} and {incident!r}")
    try:
        return json.dumps(body, sort_keys=True, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise StoreError(f"this cannot be recorded: {error}") from error


def body_sha256(body: str) -> str:
    """Return the SHA-256 of a body, in hexadecimal."""
    return hashlib.sha256(body.encode()).hexdigest()


def linked(previous: str, body_hash: str) -> str:
    """Return the hash of a record whose body has this SHA-256."""
    return hashlib.sha256(f"{previous}{body_hash}".encode()).hexdigest()


def digest(previous: str, body: str) -> str:
    """Return the hash of a record."""
    return linked(previous, body_sha256(body))


def holds(record: Stored) -> bool:
    """Return whether a record's hash is that of its body and of the record it follows."""
    if digest(record.previous, record.body) == record.hash:
        return True
    return hashlib.sha256(f"{record.previous}{record.body}".encode()).hexdigest() == record.hash


def chained(head: Head, bodies: Iterable[Mapping[str, Any]]) -> list[Stored]:
    """Return the records that bodies become after ``head``. Raises StoreError as :func:`canonical`."""
    out = []
    sequence, previous = head.sequence, head.hash
    for body in bodies:
        text = canonical(body)
        sequence += 1
        out.append(
            Stored(
                sequence, body["time_us"], str(body["kind"]), body["incident"], text,
                digest(previous, text), previous,
            )
        )  # fmt: skip
        previous = out[-1].hash
    return out


def faults(records: Iterable[Stored], known: Mapping[str, int]) -> Iterator[Finding]:
    """Yield what is wrong with a chain from its first record on, in the order it stands in the store.

    ``known`` gives the number of the record that has a hash: by it is said where a record that was moved
    belongs.
    """
    expected, last = 1, GENESIS
    for record in records:
        at = f"record {record.sequence}"
        if record.sequence < expected:
            message = f"its number is used already or too low; {expected} would be the next"
            yield Finding("record-misnumbered", Severity.REJECTED, message, locator=at)
        elif record.sequence > expected:
            gone = (
                str(expected) if record.sequence == expected + 1 else f"{expected} to {record.sequence - 1}"
            )
            message = f"before it, {gone} is missing"
            yield Finding("record-missing", Severity.REJECTED, message, locator=at)
        elif record.previous != last:
            place = known.get(record.previous)
            where = "a record that is not there" if place is None else f"record {place}"
            message = f"it does not continue the record before it, but {where}"
            yield Finding("record-unlinked", Severity.REJECTED, message, locator=at)
        if not holds(record):
            message = "its body or its hashes were changed"
            yield Finding("record-changed", Severity.REJECTED, message, locator=at)
        if not _labelled(record):
            message = "time, kind or incident are not those of its body"
            yield Finding("record-mislabelled", Severity.REJECTED, message, locator=at)
        expected, last = max(expected, record.sequence + 1), record.hash


def telling_first_fault(records: Iterable[Stored], found: list[Stored]) -> Iterator[Stored]:
    """Yield the records of a chain from its first on, and put into ``found`` the first that is not as it was
    written. It costs little beside reading them; what else is wrong, and why, :func:`faults` says."""
    expected, last = 1, GENESIS
    for record in records:
        if not found and (
            (record.sequence, record.previous) != (expected, last)
            or not holds(record)
            or not _labelled(record)
        ):
            found.append(record)
        expected, last = record.sequence + 1, record.hash
        yield record


def _labelled(record: Stored) -> bool:
    try:
        body = record.content
    except StoreError:
        return False
    labels = (body.get("time_us"), body.get("kind"), body.get("incident"))
    return labels == (record.time_us, record.kind, record.incident)
