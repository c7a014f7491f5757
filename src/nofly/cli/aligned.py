"""Rows as aligned text."""

from __future__ import annotations

from collections.abc import Collection, Sequence


def aligned(rows: Sequence[Sequence[str]], *, right: Collection[int] = (), widest: int = 60) -> str:
    """Return rows, the first of them the head, in columns; those numbered in ``right`` end flush.

    No cell is wider than ``widest`` columns of a terminal, but in the last column.
    """
    from nofly.run.outputs.text import shorten, width

    if not rows:
        return ""
    last = len(rows[0]) - 1
    cells = [[c if k == last else shorten(c, widest) for k, c in enumerate(row)] for row in rows]
    widths = [max(width(row[k]) for row in cells) for k in range(last + 1)]
    lines = []
    for row in cells:
        padded = []
        for k, cell in enumerate(row):
            space = " " * (widths[k] - width(cell))
            padded.append(space + cell if k in right else cell + space)
        lines.append("  ".join(padded).rstrip())
    return "\n".join(lines)
