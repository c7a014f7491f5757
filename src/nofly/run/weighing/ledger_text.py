"""A ledger as text: tables whose cells are folded to fit a page."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from nofly.run.outputs.text import printable, width
from nofly.run.weighing.ledger_words import Section, sections

if TYPE_CHECKING:
    from nofly.run.weighing.ledger import LedgerTable

COLUMNS = 110
_NARROW, _GAP = 14, 2


def text(table: LedgerTable) -> str:
    """Return the ledger as text."""
    ledger = table.weighed.ledger
    parts = [ledger.title, *_sentences((ledger.question, *ledger.notes))]
    for section in sections(table):
        parts += ["", section.title, "-" * min(len(section.title), COLUMNS)]
        parts += [*_sentences(section.before), *_table(section)]
        parts += ["", *_sentences(section.after)] if section.after else []
    return "\n".join(parts) + "\n"


def _sentences(told: tuple[str, ...]) -> list[str]:
    return [
        line for one in told if one
        for line in textwrap.wrap(printable(one), COLUMNS, break_on_hyphens=False)
    ]  # fmt: skip


def _table(section: Section) -> list[str]:
    if not section.rows:
        return []
    rows = [tuple(map(printable, row)) for row in (section.head, *section.rows)]
    columns = _widths([max(width(row[k]) for row in rows) for k in range(len(section.head))])
    lines: list[str] = []
    for row in rows:
        lines += _lines(row, columns)
    return lines


def _widths(natural: list[int]) -> list[int]:
    """Return how wide the columns are: narrow ones as they are, the others share what is left."""
    widths = [min(most, _NARROW) for most in natural]
    left = COLUMNS - sum(widths) - _GAP * (len(widths) - 1)
    while left > 0 and any(w < n for w, n in zip(widths, natural, strict=True)):
        # The column that lacks most gets the next character.
        k = max(range(len(widths)), key=lambda k: natural[k] / widths[k])
        widths[k] += 1
        left -= 1
    return widths


def _lines(row: tuple[str, ...], columns: list[int]) -> list[str]:
    cells = [textwrap.wrap(cell, wide) or [""] for cell, wide in zip(row, columns, strict=True)]
    return [
        (" " * _GAP)
        .join(
            _padded(cell[k] if k < len(cell) else "", wide, text[:1].isdigit() and " " not in text)
            for cell, wide, text in zip(cells, columns, row, strict=True)
        )
        .rstrip()
        for k in range(max(map(len, cells)))
    ]


def _padded(cell: str, columns: int, right: bool) -> str:
    blanks = " " * (columns - width(cell))
    return blanks + cell if right else cell + blanks
