"""What the JSON zone formats share: a strict loader, one record at a time, values checked as they are taken.

A reader of one record raises :class:`Rejected`; the record is then one rejected finding and nothing else.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn

import msgspec

from nofly.errors import Finding, Severity, ZoneFormatError
from nofly.formats._bounds import Bounds
from nofly.zones.model import Zone

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SHOWN = 60
MAX_BYTES = 128 * 1024 * 1024
"""The longest JSON that is read, after decompression."""


class Rejected(Exception):
    """This record cannot be read; the finding says where and why."""

    def __init__(self, code: str, message: str, locator: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.locator = locator


@dataclass(slots=True)
class Notes:
    """The findings of one file, as they are made."""

    source: str
    findings: list[Finding] = field(default_factory=list)
    bounds: Bounds = field(default_factory=Bounds)

    def of_record(self) -> Notes:
        """Return empty notes for one record, within the bounds of the file."""
        return Notes(self.source, bounds=self.bounds)

    def info(self, code: str, message: str, locator: str) -> None:
        """Add what the user may want to know."""
        self.findings.append(Finding(code, Severity.INFO, message, self.source, locator))

    def warn(self, code: str, message: str, locator: str) -> None:
        """Add what the user should look at."""
        self.findings.append(Finding(code, Severity.WARNING, message, self.source, locator))


def load(data: bytes, source: str) -> Any:
    """Return the JSON value of ``data`` (UTF-8, with or without BOM, or UTF-16 with BOM).

    Raises ZoneFormatError, with line and column where there is one: more than ``MAX_BYTES``, malformed, not
    UTF-8, NaN and Infinity (RFC 8259 has neither), numbers beyond a double, nesting without end.
    """
    if len(data) > MAX_BYTES:
        raise ZoneFormatError(f"longer than {MAX_BYTES:,} bytes", source=source, expected="a zone file")
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        try:
            data = data.decode("utf-16").encode()
        except UnicodeError as error:
            raise ZoneFormatError(f"not UTF-16 as its first bytes say: {error}", source=source) from None
    data = data.removeprefix(b"\xef\xbb\xbf")
    try:
        return msgspec.json.decode(data)
    except RecursionError:
        raise ZoneFormatError("nested too deeply", source=source, expected="a zone file") from None
    except UnicodeDecodeError:
        raise ZoneFormatError(
            "not UTF-8", source=source, locator=_first_bad(data), expected="UTF-8"
        ) from None
    except msgspec.MsgspecError as error:
        text, _, byte = str(error).removesuffix(")").partition(" (byte ")
        where = _place(data, int(byte)) if byte.isdigit() else ""
        if "truncated" in text:
            where = _place(data, len(data))
        raise ZoneFormatError(text, source=source, locator=where, expected="JSON (RFC 8259)") from None


def head_text(head: bytes) -> bytes:
    """Return the head of a file to look for marks in, UTF-8 without BOM; empty for a JSON Schema, which holds
    the words of the format that it describes."""
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        head = head[: len(head) // 2 * 2].decode("utf-16", "ignore").encode()
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    return b"" if re.search(rb'"\$schema"\s*:\s*"https?://json-schema', text) else text


def _place(data: bytes, offset: int) -> str:
    line = data.count(b"\n", 0, offset) + 1
    column = offset - (data.rfind(b"\n", 0, offset) + 1) + 1
    return f"line {line} column {column}"


def _first_bad(data: bytes) -> str:
    try:
        data.decode()
    except UnicodeDecodeError as error:
        return _place(data, error.start)
    return ""


def numbered(records: Sequence[Any], locator: str) -> list[tuple[str, Any]]:
    """Return the records of a list, each with its JSON path."""
    return [(f"{locator}[{place}]", record) for place, record in enumerate(records)]


def read_records(
    records: Sequence[tuple[str, Any]], read_one: Callable[[Any, str, Notes], Zone], notes: Notes
) -> list[Zone]:
    """Return the zones of all records that can be read; each of the others is one rejected finding.

    Raises ZoneFormatError where the file exceeds a bound.
    """
    notes.bounds.count("records", len(records), notes.source, "$")
    zones = []
    for where, record in records:
        own = notes.of_record()
        try:
            zones.append(read_one(record, where, own))
        except Rejected as no:
            own.findings.append(Finding(no.code, Severity.REJECTED, no.message, notes.source, no.locator))
        notes.findings += own.findings
    return zones


def shown(value: object) -> str:
    """Return a value short enough for a message."""
    text = value if isinstance(value, str) else "null" if value is None else repr(value)
    text = text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
    return repr(text) if isinstance(value, str) else text


def bad(code: str, value: object, expected: str, locator: str) -> NoReturn:
    """Reject the record for a value that is not what was expected."""
    raise Rejected(code, f"{shown(value)} is not understood (expected {expected})", locator)


def as_object(value: object, locator: str) -> dict[str, Any]:
    """Return a JSON object."""
    if not isinstance(value, dict):
        bad("bad-type", value, "an object", locator)
    return value


def as_list(value: object, locator: str) -> list[Any]:
    """Return a JSON array."""
    if not isinstance(value, list):
        bad("bad-type", value, "a list", locator)
    return value


def as_number(value: object, locator: str) -> float:
    """Return a JSON number as a finite float."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        bad("bad-number", value, "a number", locator)
    try:
        number = float(value)
    except OverflowError:
        bad("bad-number", value, "a number", locator)
    if not math.isfinite(number):
        bad("bad-number", value, "a finite number", locator)
    return number


def as_text(value: object, locator: str) -> str:
    """Return a JSON string; null is empty, a number its digits."""
    if value is None:
        return ""
    if isinstance(value, bool | dict | list):
        bad("bad-type", value, "text", locator)
    return value if isinstance(value, str) else str(value)


def as_choice(value: object, choices: Collection[str], code: str, locator: str) -> str:
    """Return one of the given words, capitals and small letters alike."""
    word = value.strip().upper() if isinstance(value, str) else ""
    if word not in choices:
        bad(code, value, f"one of {', '.join(choices)}", locator)
    return word


def as_instant_us(value: object, locator: str, notes: Notes) -> int | None:
    """Return an ISO 8601 date and time as UTC microseconds; null is None.

    One without a time zone is read as UTC, which the standards prescribe, with a finding.
    """
    if value is None or value == "":
        return None
    try:
        if not isinstance(value, str) or len(value) > 40:
            raise ValueError
        when = datetime.fromisoformat(value.strip())
    except ValueError:
        bad("bad-time", value, "an ISO 8601 date and time such as 2026-08-01T06:00:00Z", locator)
    if when.tzinfo is None:
        notes.warn("time-zone-missing", f"{value} has no time zone: read as UTC", locator)
        when = when.replace(tzinfo=UTC)
    return (when - _EPOCH) // timedelta(microseconds=1)


def canonical(value: object, locator: str) -> str:
    """Return a JSON value as canonical JSON: sorted keys, no spaces."""
    try:
        return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    except (RecursionError, ValueError):
        raise Rejected("bad-value", "nested too deeply", locator) from None


def extra_of(record: dict[str, Any], known: Collection[str], locator: str) -> dict[str, str]:
    """Return what the record says beyond the known names, as canonical JSON; null and empty say nothing."""
    return {
        key: canonical(value, f"{locator}.{key}")
        for key, value in record.items()
        if key not in known and value not in (None, "", [], {})
    }
