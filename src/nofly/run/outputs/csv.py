"""CSV (RFC 4180, UTF-8): the columns of the stays, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io
from typing import Any

from nofly.run.outputs.columns import COLUMNS, record
from nofly.run.outputs.coverage_columns import COVERAGE_COLUMNS, coverage_of_stays
from nofly.run.result import CheckResult

_FORMULA = tuple("=+-@\uff1d\uff0b\uff0d\uff20")
"""What makes a spreadsheet run a cell (OWASP, CSV injection), also in full width."""
LIST_SEPARATOR = " | "


def write(result: CheckResult) -> bytes:
    """Return the stays as CSV with a header: unknown is empty, lists are joined by `` | ``.

    Text that a spreadsheet would run as a formula gets a leading apostrophe; numbers stay numbers.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    covered = coverage_of_stays(result)
    names = [name for name, _ in (*COLUMNS, *(() if result.coverage is None else COVERAGE_COLUMNS))]
    writer.writerow(names)
    for stay in result.infringements:
        row = {**record(stay), **covered.get(stay.id, {})}
        writer.writerow([cell(row[name]) for name in names])
    return out.getvalue().encode()


def cell(value: Any) -> Any:
    """Return a value as a cell: nothing for None, no text that a spreadsheet would run."""
    if value is None:
        return ""
    if isinstance(value, list):
        value = LIST_SEPARATOR.join(value)
    if isinstance(value, str) and (value[:1].isspace() or value.startswith(_FORMULA)):
        return f"'{value}"
    return value
