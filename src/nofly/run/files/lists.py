"""Lists of aircraft that a rule names: military, medical, state, a party's.

Two layouts, told apart by the first line that is no comment::

    # one aircraft a line: address, then what anybody likes to say of it
    4b1804  HB-JBC  rescue coordination
    ae0000-afffff  United States military
    callsign:REGA*  any flight of this name

    icao24,registration,callsign,comment
    4b1804,HB-JBC,,
    ,,REGA*,ambulance

A row with an address names that aircraft, whatever flight it makes: its callsign is then a remark.
"""

from __future__ import annotations

import csv
import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from nofly.errors import Finding, InputError, Severity, UnresolvedError
from nofly.tracks.identity import address_of
from nofly.zones.predicates import fits

MAX_BYTES = 16 * 1024 * 1024
"""The largest list file: some hundred thousand aircraft."""
MAX_LINE = 4096
MAX_FINDINGS = 1000
"""Findings kept one by one; the rest are counted in one more."""
MAX_PATTERNS = 10_000
"""Callsign patterns a list may hold (each is tried on each stay)."""

_ADDRESS_COLUMNS = ("icao24", "hex", "icao", "address")
_CALLSIGN = re.compile(r"[A-Z0-9*?]{1,16}")
_PREFIX = "callsign:"
_BYTE_ORDER_MARK = "\ufeff"


@dataclass(frozen=True, slots=True)
class AircraftList:
    """A named list: addresses, ranges of addresses, callsigns and callsign patterns."""

    name: str
    addresses: frozenset[str] = frozenset()
    ranges: tuple[tuple[str, str], ...] = ()
    """(first, last), both included; sorted and disjoint."""
    callsigns: frozenset[str] = frozenset()
    patterns: tuple[str, ...] = ()
    source: str = ""
    findings: tuple[Finding, ...] = ()
    records: int = 0
    """Entries in the file, rejected ones included."""
    rejected: int = 0

    def holds(self, icao24: str | None, callsign: str | None) -> bool:
        """Return whether an aircraft is on the list by its address or by its callsign."""
        address = None if icao24 is None else address_of(icao24)
        if address is not None and (address in self.addresses or self._in_ranges(address)):
            return True
        name = (callsign or "").strip().upper()
        return bool(name) and (name in self.callsigns or any(fits(p, name) for p in self.patterns))

    def _in_ranges(self, address: str) -> bool:
        index = bisect_right(self.ranges, (address, "g")) - 1
        return index >= 0 and self.ranges[index][0] <= address <= self.ranges[index][1]


@dataclass(frozen=True, slots=True)
class Lists:
    """All supplied lists, by name."""

    lists: tuple[AircraftList, ...] = ()

    def __post_init__(self) -> None:
        seen: set[str] = set()
        for each in self.lists:
            if each.name in seen:
                raise InputError(f"two lists are called {each.name!r}", expected="a name of its own for each")
            seen.add(each.name)

    def names_for(self, icao24: str | None, callsign: str | None) -> frozenset[str]:
        """Return the names of the lists an aircraft is on."""
        return frozenset([each.name for each in self.lists if each.holds(icao24, callsign)])

    def require(self, names: Iterable[str]) -> None:
        """Raise UnresolvedError where a rule names a list that was not supplied."""
        supplied = {each.name for each in self.lists}
        missing = sorted(set(names) - supplied)
        if missing:
            there = ", ".join(sorted(supplied)) or "none"
            raise UnresolvedError(
                f"a rule names the list {missing[0]!r}, which was not supplied; there are: {there}"
            )


@dataclass(slots=True)
class _Entries:
    """What has been read so far."""

    source: str
    addresses: set[str] = field(default_factory=set)
    ranges: list[tuple[str, str]] = field(default_factory=list)
    callsigns: set[str] = field(default_factory=set)
    patterns: dict[str, None] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    records: int = 0
    rejected: int = 0

    def reject(self, line: int, message: str) -> None:
        self.rejected += 1
        if len(self.findings) < MAX_FINDINGS:
            self.findings.append(
                Finding("list-entry-unreadable", Severity.REJECTED, message, self.source, f"line {line}")
            )

    def add_address(self, text: str) -> bool:
        first_text, hyphen, last_text = text.partition("-")
        first = address_of(first_text)
        if not hyphen:
            if first is not None:
                self.addresses.add(first)
            return first is not None
        last = address_of(last_text)
        if first is None or last is None or last < first:
            return False
        self.ranges.append((first, last))
        return True

    def add_callsign(self, text: str) -> bool:
        callsign = text.strip().upper()
        if not _CALLSIGN.fullmatch(callsign) or not callsign.strip("*?"):
            return False
        if "*" not in callsign and "?" not in callsign:
            self.callsigns.add(callsign)
        elif len(self.patterns) < MAX_PATTERNS or callsign in self.patterns:
            self.patterns[callsign] = None
        else:
            return False
        return True


def read_list(path: str | Path, name: str | None = None) -> AircraftList:
    """Return the list in a file; its name is the file's, without ending, unless given.

    A line that cannot be read is a finding with its line number (``list-entry-unreadable``), and the rest
    is read: entries + rejected = records. Raises InputError where there is no such file, where it is larger
    than ``MAX_BYTES``, is not text, or holds no entry that can be read (a list gone missing must not pass
    for an empty one).
    """
    path = Path(path)
    source = str(path)
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise InputError(f"cannot read the list: {error.strerror or error}", source=source) from error
    if len(raw) > MAX_BYTES:
        raise InputError("the list is too large", source=source, expected=f"at most {MAX_BYTES} bytes")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise InputError("not UTF-8 text", source=source, locator=f"line {line}", expected="UTF-8") from error
    return parse_list(text, path.stem if name is None else name, source)


def parse_list(text: str, name: str, source: str = "") -> AircraftList:
    """Return the list in a text; see :func:`read_list`."""
    if not name.strip():
        raise InputError("a list without a name", source=source, expected="a name that rules can use")
    entries = _Entries(source)
    lines = re.split(r"\r\n|\n|\r", text.removeprefix(_BYTE_ORDER_MARK))
    header: dict[str, int] | None = None
    separator = ","
    first = True
    for number, line in enumerate(lines, start=1):
        content = line.strip()
        if not content or content.startswith("#"):
            continue
        if first:
            first = False
            separator = max((",", ";", "\t"), key=content.count)
            header = _header(content, separator)
            if header is not None:
                continue
        entries.records += 1
        if len(line) > MAX_LINE:
            entries.reject(number, f"a line of {len(line)} characters; at most {MAX_LINE} are read")
        elif header is None:
            _read_plain(content, number, entries)
        else:
            _read_row(content, number, header, separator, entries)
    if entries.records == entries.rejected:
        raise InputError(
            "no entry can be read" if entries.records else "the list is empty", source=source,
            expected="an ICAO address at the start of each line, or CSV with a column icao24",
        )  # fmt: skip
    return _finished(entries, name)


def _finished(entries: _Entries, name: str) -> AircraftList:
    hidden = entries.rejected - len(entries.findings)
    if hidden > 0:
        entries.findings.append(
            Finding(
                "list-entry-unreadable", Severity.REJECTED, "more lines that cannot be read",
                entries.source, "", hidden,
            )
        )  # fmt: skip
    return AircraftList(
        name, frozenset(entries.addresses), _joined(entries.ranges), frozenset(entries.callsigns),
        tuple(entries.patterns), entries.source, tuple(entries.findings), entries.records, entries.rejected,
    )  # fmt: skip


def _header(content: str, separator: str) -> dict[str, int] | None:
    """Return column → index where a line is the head of a table, else None."""
    names = [cell.strip().strip('"').lower() for cell in content[:MAX_LINE].split(separator)]
    columns: dict[str, int] = {}
    for index, cell in enumerate(names):
        known = "icao24" if cell in _ADDRESS_COLUMNS else cell
        columns.setdefault(known, index)
    return columns if "icao24" in columns or "callsign" in columns else None


def _read_plain(content: str, number: int, entries: _Entries) -> None:
    entry = re.split(r"[\s,;#]", content, maxsplit=1)[0]
    if entry.lower().startswith(_PREFIX):
        if not entries.add_callsign(entry[len(_PREFIX) :]):
            entries.reject(number, f"{_shown(entry)} is no callsign, or one pattern too many")
    elif not entries.add_address(entry):
        entries.reject(number, f"{_shown(entry)} is not an ICAO address of six hexadecimal digits")


def _read_row(content: str, number: int, header: dict[str, int], separator: str, entries: _Entries) -> None:
    try:
        cells = next(csv.reader([content], delimiter=separator, strict=True))
    except (csv.Error, StopIteration):
        entries.reject(number, "the line is not a row of the table")
        return
    address, callsign = (_cell(cells, header.get(column)) for column in ("icao24", "callsign"))
    if not address and not callsign:
        entries.reject(number, "neither an address nor a callsign")
    elif address and not entries.add_address(address):
        entries.reject(number, f"{_shown(address)} is not an ICAO address of six hexadecimal digits")
    elif not address and not entries.add_callsign(callsign):
        entries.reject(number, f"{_shown(callsign)} is no callsign, or one pattern too many")


def _cell(cells: list[str], index: int | None) -> str:
    return cells[index].strip() if index is not None and index < len(cells) else ""


def _joined(ranges: list[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    out: list[tuple[str, str]] = []
    for first, last in sorted(ranges):
        if out and first <= out[-1][1]:
            out[-1] = (out[-1][0], max(last, out[-1][1]))
        else:
            out.append((first, last))
    return tuple(out)


def _shown(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:40] + "…")
