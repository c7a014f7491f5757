"""An export of records checked by itself, without the store that it came from.

What :func:`nofly.run.record.incident_export.records` wrote as JSON is read as hostile input, in bounded size,
depth and time. A record proves its own body; its link proves its place where the record before it, or the
first one's zeros, are there too, or the hashes of the bodies between: these lead on to the head.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from nofly.errors import Finding, InputError, Severity, StoreError
from nofly.run.outputs.text import printable
from nofly.run.record.links import MOST_LINKS, Run, followed
from nofly.store.chain import GENESIS, Head, Stored, canonical, digest, holds, linked

MOST_BYTES = 256 * 1024 * 1024
"""The longest export that is read: some hundred thousand records."""
_HASH = re.compile(r"[0-9a-f]{64}", re.ASCII)
_LARGEST = 1 << 62
_KEYS = ("sequence", "hash", "previous", "body")
_WHOLE = ("nofly", "head", "records")
_WANTED = "what nofly incidents export --records wrote as JSON"


class Proof(NamedTuple):
    """What an export proves: how many ``records`` were checked, how many ``links`` to the one before, which
    numbers (first, last) up to the head that it names are ``missing``, its ``last`` record, what is wrong,
    of how many records the body is ``withheld``, and of how many of these the hash too, so that theirs is
    taken as it stands there (``unproved``). ``reaches`` is the last record that the chain was followed to
    from the last one that is there, by ``between`` hashes of others' bodies in all."""

    records: int
    links: int
    missing: list[tuple[int, int]]
    last: Head
    findings: list[Finding]
    withheld: int
    unproved: int
    reaches: Head
    between: int


class _Row(NamedTuple):
    """A record as an export tells of it. ``made`` is the hash worked out anew, None where that cannot be."""

    head: Head
    previous: str
    made: str | None
    body: bool


class _Export(NamedTuple):
    rows: list[_Row]
    head: Head
    runs: dict[int, Run]

    def after(self, last: Head) -> list[Head]:
        """Return the records that are followed from one that is there, by the hashes of their bodies."""
        return list(followed(last, self.runs.get(last.sequence)))

    def linked(self) -> Iterator[tuple[_Row, Head | None]]:
        """Yield the records, each with the one before it; None where it is not there."""
        last = Head(0, GENESIS)
        for row in self.rows:
            before = [last, *self.after(last)][-1]
            yield row, before if row.head.sequence == before.sequence + 1 else None
            last = row.head


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
    export = _read(data, source)
    findings = [*_faults(export), *_not_there(export, heads)]
    linked_to = [(row, before) for row, before in export.linked() if row.body]
    last = export.rows[-1].head
    unproved = sum(row.made is None for row in export.rows)
    return Proof(
        len(linked_to), sum(before is not None for _, before in linked_to), _missing(export), last,
        [Finding(f.code, f.severity, f.message, source, f.locator) for f in findings],
        len(export.rows) - len(linked_to), unproved, [last, *export.after(last)][-1],
        sum(len(run.bodies) for run in export.runs.values()),
    )  # fmt: skip


def _missing(export: _Export) -> list[tuple[int, int]]:
    """Return which numbers up to the head are neither there nor followed."""
    known = [
        (row.head.sequence, [row.head, *export.after(row.head)][-1].sequence) for row in export.rows
    ]  # fmt: skip
    spans = [(0, 0), *known, (export.head.sequence + 1, export.head.sequence + 1)]
    return [(a[1] + 1, b[0] - 1) for a, b in pairwise(spans) if b[0] > a[1] + 1]


def _faults(export: _Export) -> Iterator[Finding]:
    number = 0
    for row, before in export.linked():
        at = f"record {row.head.sequence}"
        if row.head.sequence <= number:
            message = f"its number is not above {number}, which stands before it"
            yield Finding("record-misnumbered", Severity.REJECTED, message, locator=at)
        elif before is not None and row.previous != before.hash:
            message = (
                f"it does not continue record {before.sequence}: it names {row.previous}, expected "
                f"{before.hash}"
            )
            yield Finding("record-unlinked", Severity.REJECTED, message, locator=at)
        if row.made not in (None, row.head.hash):
            message = f"its body or its hashes were changed: its hash is {row.head.hash}, expected {row.made}"
            yield Finding("record-changed", Severity.REJECTED, message, locator=at)
        number = row.head.sequence
    last = [export.rows[-1].head, *export.after(export.rows[-1].head)][-1]
    if last.sequence > export.head.sequence or (
        last.sequence == export.head.sequence and last != export.head
    ):
        message = (
            f"the export names record {export.head.sequence} with the hash {export.head.hash} as the last"
        )
        yield Finding("record-unlinked", Severity.REJECTED, message, locator=f"record {last.sequence}")


def _not_there(export: _Export, heads: Iterable[Head]) -> Iterator[Finding]:
    wanted = set(heads)
    there = {row.head for row in export.rows} & wanted
    for row in export.rows if wanted - there else ():
        there |= wanted.intersection(export.after(row.head))
    for head in sorted(wanted - there, key=lambda one: one.sequence):
        message = f"the record with the hash {head.hash} is not in the export"
        yield Finding("record-cut-off", Severity.REJECTED, message, locator=f"record {head.sequence}")


def _read(data: bytes, source: str) -> _Export:
    try:
        told = json.loads(data, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        why = "nested too deeply" if isinstance(error, RecursionError) else f"cannot be read: {error}"
        raise InputError(printable(why), source=source, expected=_WANTED) from None
    try:
        runs = _runs(told.pop("links")) if isinstance(told, dict) and "links" in told else {}
        head, records = _fields(told, _WHOLE, "$")[1:]
        sequence, record_hash = _fields(head, ("sequence", "hash"), "$.head")
        last = Head(*_numbered(sequence, record_hash, "$.head", least=0))
        if not isinstance(records, list):
            raise _Wrong("$.records", "no list")
        if not records:
            raise _Wrong("$.records", "no record in it: it proves nothing")
        return _Export([_row(one, f"$.records[{k}]") for k, one in enumerate(records)], last, runs)
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
    return _whole_number(sequence, f"{at}.sequence", least), _hash(record_hash, f"{at}.hash")


def _whole_number(value: Any, at: str, least: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value < _LARGEST:
        raise _Wrong(at, f"no whole number from {least} on")
    return value


def _hash(value: Any, at: str) -> str:
    if not isinstance(value, str) or not _HASH.fullmatch(value):
        raise _Wrong(at, "no SHA-256 in 64 hexadecimal digits")
    return value


def _runs(value: Any) -> dict[int, Run]:
    if not isinstance(value, list):
        raise _Wrong("$.links", "no list")
    runs: dict[int, Run] = {}
    for k, one in enumerate(value):
        after, bodies = _fields(one, ("after", "bodies"), f"$.links[{k}]")
        number = _whole_number(after, f"$.links[{k}].after", least=1)
        if number in runs or not isinstance(bodies, list):
            raise _Wrong(f"$.links[{k}]", "no list of its own of bodies' hashes")
        if sum(len(run.bodies) for run in runs.values()) + len(bodies) > MOST_LINKS:
            raise _Wrong(f"$.links[{k}]", f"more than {MOST_LINKS:,} links")
        runs[number] = Run(
            number, [_hash(body, f"$.links[{k}].bodies[{n}]") for n, body in enumerate(bodies)]
        )
    return runs


def _row(value: Any, at: str) -> _Row:
    if isinstance(value, dict) and "withheld" in value:
        names = (*_KEYS[:3], "withheld", *(["body_sha256"] if "body_sha256" in value else []))
        sequence, record_hash, previous, _, *known = _fields(value, names, at)
        head = Head(*_numbered(sequence, record_hash, at, least=1))
        previous = _hash(previous, f"{at}.previous")
        made = linked(previous, _hash(known[0], f"{at}.body_sha256")) if known else None
        return _Row(head, previous, made, body=False)
    sequence, record_hash, previous, body = _fields(value, _KEYS, at)
    number, record_hash = _numbered(sequence, record_hash, at, least=1)
    previous = _hash(previous, f"{at}.previous")
    if not isinstance(body, dict):
        raise _Wrong(f"{at}.body", "no object")
    try:
        text = canonical(body)
    except StoreError as error:
        raise _Wrong(f"{at}.body", printable(str(error))[:200]) from None
    record = Stored(number, body["time_us"], body["kind"], body["incident"], text, record_hash, previous)
    made = record_hash if holds(record) else digest(previous, text)
    return _Row(record.head, previous, made, body=True)
