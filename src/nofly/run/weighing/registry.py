"""Types and operators of aircraft from a file of the user's own: CSV, one aircraft a line."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from nofly.errors import Finding, InputError, Severity
from nofly.tracks.identity import address_of

_NAMES = {
    "icao24": ("icao24", "hex", "address"),
    "type": ("typecode", "icaotype", "type"),
    "operator": ("operatoricao", "operator"),
}
"""Names of columns, in lower case, the first found counts; they are those of the databases in use."""


@dataclass(frozen=True, slots=True)
class Registry:
    """Type and operator by address."""

    types: dict[str, str] = field(default_factory=dict)
    operators: dict[str, str] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()


def read_registry(path: str | Path) -> Registry:
    """Return what a CSV file with a header says. Raises InputError where it has no column of addresses, or
    neither types nor operators; a line without an address is a finding."""
    name = str(path)
    with Path(path).open(encoding="utf-8-sig", errors="replace", newline="") as file:
        lines = csv.reader(file)
        try:
            columns = _columns(next(lines, []), name)
            return _read(lines, columns, name)
        except csv.Error as error:
            raise InputError(str(error), source=name, locator=f"line {lines.line_num}") from error


def _columns(header: list[str], name: str) -> dict[str, int]:
    given = [text.strip().strip("'\"").lower() for text in header]
    found = {
        ours: given.index(theirs)
        for ours, names in _NAMES.items()
        if (theirs := next((one for one in names if one in given), None)) is not None
    }
    if "icao24" not in found or len(found) < 2:
        raise InputError(
            "not a file of aircraft", source=name, locator="line 1",
            expected="a header with icao24 and with typecode or operator",
        )  # fmt: skip
    return found


def _read(lines: Iterable[list[str]], columns: dict[str, int], name: str) -> Registry:
    types: dict[str, str] = {}
    operators: dict[str, str] = {}
    findings = []
    for number, line in enumerate(lines, 2):
        given = {ours: line[k].strip().strip("'\"") for ours, k in columns.items() if k < len(line)}
        address = address_of(given.get("icao24", ""))
        if address is None:
            if any(text.strip() for text in line):
                findings.append(
                    Finding(
                        "registry-no-address", Severity.REJECTED, "a line without an aircraft address", name,
                        f"line {number}",
                    )
                )  # fmt: skip
            continue
        if given.get("type"):
            types[address] = given["type"].upper()
        if given.get("operator"):
            operators[address] = given["operator"].upper()
    return Registry(types, operators, tuple(findings))
