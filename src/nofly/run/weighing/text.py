"""What was weighed, as text for a terminal."""

from __future__ import annotations

import textwrap

from nofly.run.outputs.text import shorten, width, zone_words
from nofly.run.weighing.weigh import Weighed
from nofly.run.weighing.words import Table, headline, tables

_COLUMNS = 110
_WIDEST = 34


def write(weighed: Weighed) -> str:
    """Return the report."""
    zones = ", ".join(zone_words(zone.id, zone.name) for zone in weighed.zones)
    lines = [shorten(f"What if: {zones}", _COLUMNS)]
    if weighed.instead_of:
        old = ", ".join(zone_words(zone.id, zone.name) for zone in weighed.instead_of)
        lines.append(shorten(f"instead of: {old}", _COLUMNS))
    lines.append("")
    for sentence in headline(weighed):
        lines += textwrap.wrap(sentence, _COLUMNS)
    for table in tables(weighed):
        lines += ["", table.title, *_table(table)]
    for name, section in weighed.sections.items():
        lines += ["", name.capitalize(), section.text().rstrip("\n")]
    if weighed.notes:
        lines.append("")
    for note in weighed.notes:
        lines += textwrap.wrap(f"note: {note.text}", _COLUMNS, subsequent_indent="  ")
    return "\n".join(lines) + "\n"


def _table(table: Table) -> list[str]:
    rows = [[shorten(cell, _WIDEST) for cell in row] for row in (table.head, *table.rows)]
    wide = [max(width(row[k]) for row in rows) for k in range(len(table.head))]
    lines = []
    for row in rows:
        cells = []
        for k, cell in enumerate(row):
            space = " " * (wide[k] - width(cell))
            cells.append(space + cell if k in table.right else cell + space)
        lines.append(("  " + "  ".join(cells)).rstrip())
    return lines + [f"  {line}" for line in textwrap.wrap(table.note, _COLUMNS - 2)]
