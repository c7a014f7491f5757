"""An export of records checked by itself, without the store that it came from.

What :func:`nofly.run.record.incident_export.records` wrote as JSON is read as hostile input, in bounded size,
depth and time. A record proves its own body; its link proves its place where the record before it, or the
first one's zeros, are there too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from nofly.errors import Finding, InputError, Severity, StoreError
from nofly.run.outputs.text import printable
from nofly.store.chain import GENESIS, Head, Stored, canonical, digest

MOST_BYTES = 256 * 1024 * 1024
"""The longest export that is read: some hundred thousand records."""
_HASH = re.compile(r"[0-9a-f]{64}", re.ASCII)
_LARGEST = 1 << 62
_KEYS = ("sequence", "hash", "previous", "body")
_WHOLE = ("nofly", "head", "records")
_WITHHELD = ""
"""Kind of a record without its body; none has it that has one."""
_WANTED = "what nofly incidents export --records wrote as JSON"


class Proof(NamedTuple):
    """What an export proves: how many ``records`` were checked, how many ``links`` to the one before, which
    numbers (first, last) up to the head that it names are ``missing``, its ``last`` record, what is wrong,
    and of how many records the body is ``withheld``: their hashes are taken as they stand there."""

    records: int
    links: int
    missing: list[tuple[int, int]]
    last: Head
    findings: list[Finding]
    withheld: int = 0


def proof_of(path: Path | str, heads: Iterable[Head] = ()) -> Proof:
    """Return what an export proves. ``heads`` are such as were kept elsewhere: each must be in it.

    Raises OSError where it cannot be read, InputError for what is no export of records as JSON, or holds
    none.
    """
    with open(path, "rb") as file:
        return proof_in(file.read(MOST_BYTES + 1), str(path), heads)


def proof_in(data: bytes, source: str, heads: Iterable[Head] = ()) -> Proof:
    """Return what the bytes of an export prove; see :func:`proof_of`."""
    if len(data) > MOST_BYTES:
        raise InputError(f"longer than {MOST_BYTES:,} bytes", source=source, expected="an export of less")
    records, head = _read(data, source)
    findings = [*_faults(records, head), *_not_there(records, heads)]
    numbers = [0, *(record.sequence for record in records), head.sequence + 1]
    missing = [(a + 1, b - 1) for a, b in pairwise(numbers) if b > a + 1]
    there = [(one, before) for one, before in _linked(records) if one.kind != _WITHHELD]
    return Proof(
        len(there), sum(before is not None for _, before in there), missing, records[-1].head,
        [Finding(f.code, f.severity, f.message, source, f.locator) for f in findings],
        len(records) - len(there),
    )  # fmt: skip


def _linked(records: Sequence[Stored]) -> Iterator[tuple[Stored, str | None]]:
    """Yield records, each with the hash that the one before it has; None where that one is not there."""
    number, last = 0, GENESIS
    for record in records:
        yield record, last if record.sequence == number + 1 else None
        number, last = record.sequence, record.hash


def _faults(records: Sequence[Stored], head: Head) -> Iterator[Finding]:
    number = 0
    for record, before in _linked(records):
        at = f"record {record.sequence}"
        if record.sequence <= number:
            message = f"its number is not above {number}, which stands before it"
            yield Finding("record-misnumbered", Severity.REJECTED, message, locator=at)
        elif before is not None and record.previous != before:
            message = f"it does not continue record {number}: it names {record.previous}, expected {before}"
            yield Finding("record-unlinked", Severity.REJECTED, message, locator=at)
        made = record.hash if record.kind == _WITHHELD else digest(record.previous, record.body)
        if made != record.hash:
            message = f"its body or its hashes were changed: its hash is {record.hash}, expected {made}"
            yield Finding("record-changed", Severity.REJECTED, message, locator=at)
        number = record.sequence
    if number > head.sequence or (number == head.sequence and records[-1].hash != head.hash):
        message = f"the export names record {head.sequence} with the hash {head.hash} as the last"
        yield Finding("record-unlinked", Severity.REJECTED, message, locator=f"record {number}")


def _not_there(records: Sequence[Stored], heads: Iterable[Head]) -> Iterator[Finding]:
    there = {record.head for record in records}
    for head in heads:
        if head not in there:
            message = f"the record with the hash {head.hash} is not in the export"
            yield Finding("record-cut-off", Severity.REJECTED, message, locator=f"record {head.sequence}")


def _read(data: bytes, source: str) -> tuple[list[Stored], Head]:
    try:
        told = json.loads(data, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        why = "nested too deeply" if isinstance(error, RecursionError) else f"cannot be read: {error}"
        raise InputError(printable(why), source=source, expected=_WANTED) from None
    try:
        head, records = _fields(told, _WHOLE, "$")[1:]
        sequence, record_hash = _fields(head, ("sequence", "hash"), "$.head")
        last = Head(*_numbered(sequence, record_hash, "$.head", least=0))
        if not isinstance(records, list):
            raise _Wrong("$.records", "no list")
        if not records:
            raise _Wrong("$.records", "no record in it: it proves nothing")
        return [_stored(one, f"$.records[{k}]") for k, one in enumerate(records)], last
    except _Wrong as error:
        raise InputError(error.message, source=source, locator=error.at, expected=_WANTED) from None


class _Wrong(Exception):
    """This cannot stand at this place of an export."""

    def __init__(self, at: str, message: str) -> None:
        super().__init__(message)
        self.at, self.message = at, message


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object. Of two values of one name a reader sees one and the hash covers the other."""
    whole = dict(pairs)
    if len(whole) != len(pairs):
        raise ValueError("an object has a name twice")
    return whole


def _fields(value: Any, names: tuple[str, ...], at: str) -> list[Any]:
    """Return the values of an object with these names and no other."""
    if not isinstance(value, dict) or value.keys() != set(names):
        raise _Wrong(at, f"no object of {', '.join(names)}")
    return [value[name] for name in names]


def _numbered(sequence: Any, record_hash: Any, at: str, least: int) -> tuple[int, str]:
    whole = isinstance(sequence, int) and not isinstance(sequence, bool)
    if not whole or not least <= sequence < _LARGEST:
        raise _Wrong(f"{at}.sequence", f"no whole number from {least} on")
    return sequence, _hash(record_hash, f"{at}.hash")


def _hash(value: Any, at: str) -> str:
    if not isinstance(value, str) or not _HASH.fullmatch(value):
        raise _Wrong(at, "no SHA-256 in 64 hexadecimal digits")
    return value


def _stored(value: Any, at: str) -> Stored:
    if isinstance(value, dict) and "withheld" in value:
        sequence, record_hash, previous, _ = _fields(value, (*_KEYS[:3], "withheld"), at)
        number, record_hash = _numbered(sequence, record_hash, at, least=1)
        return Stored(number, 0, _WITHHELD, "", "", record_hash, _hash(previous, f"{at}.previous"))
    sequence, record_hash, previous, body = _fields(value, _KEYS, at)
    number, record_hash = _numbered(sequence, record_hash, at, least=1)
    previous = _hash(previous, f"{at}.previous")
    if not isinstance(body, dict):
        raise _Wrong(f"{at}.body", "no object")
    try:
        text = canonical(body)
    except StoreError as error:
        raise _Wrong(f"{at}.body", printable(str(error))[:200]) from None
    return Stored(number, body["time_us"], body["kind"], body["incident"], text, record_hash, previous)
