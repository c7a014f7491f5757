"""Names of operators from a file of the user's own: CSV, an ICAO designator and its name a line."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from nofly.errors import Finding, InputError, Severity

MOST_BYTES = 16 << 20
MOST_NAME_CHARACTERS = 200
_CODES, _NAMES = ("icao", "designator", "operator", "code"), ("name", "airline", "company")
"""Names of columns, in lower case, the first found counts; they are those of the lists in use."""
_CODE = re.compile(r"[A-Z]{3}")


class OperatorNames(NamedTuple):
    """Designator → name, and what is wrong with lines of the file."""

    names: Mapping[str, str]
    findings: tuple[Finding, ...] = ()


NONE_NAMED = OperatorNames({})


def read_operators(path: str | Path) -> OperatorNames:
    """Return the names that a CSV file with a header gives; the first of a designator counts, and others are
    findings, as are lines without three letters or a name. Raises InputError for a file that is none, or is
    larger than :data:`MOST_BYTES`."""
    source = str(path)
    if Path(path).stat().st_size > MOST_BYTES:
        raise InputError("too large for a list of operators", source=source, expected=f"{MOST_BYTES:,} bytes")
    names: dict[str, str] = {}
    findings = []
    with Path(path).open(encoding="utf-8-sig", errors="replace", newline="") as file:
        lines = csv.reader(file)
        try:
            code_at, name_at = _columns(next(lines, []), source)
            for line in lines:
                if not any(text.strip() for text in line):
                    continue
                given = [text.strip() for text in (*line, *[""] * (max(code_at, name_at) + 1))]
                code, name = given[code_at].upper(), given[name_at][:MOST_NAME_CHARACTERS]
                if _CODE.fullmatch(code) and name and names.get(code, name) == name:
                    names[code] = name
                    continue
                why = "another name for one that was named" if code in names else "no designator with a name"
                findings.append(
                    Finding("operator-not-named", Severity.REJECTED, why, source, f"line {lines.line_num}")
                )
        except csv.Error as error:
            raise InputError(str(error), source=source, locator=f"line {lines.line_num}") from error
    return OperatorNames(names, tuple(findings))


def _columns(header: list[str], source: str) -> tuple[int, int]:
    given = [text.strip().lower() for text in header]
    found = [next((given.index(one) for one in names if one in given), None) for names in (_CODES, _NAMES)]
    code_at, name_at = found
    if code_at is None or name_at is None:
        raise InputError(
            "not a list of operators", source=source, locator="line 1", expected="a header with icao and name"
        )
    return code_at, name_at
