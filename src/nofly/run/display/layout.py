"""How what a watch shows fits a terminal: columns that go where there is no room, rows that are counted."""

from __future__ import annotations

from collections.abc import Sequence

from nofly.run.display.table import Frame, Row, Section, Tone
from nofly.run.outputs.text import shorten, width

Line = tuple[str, Tone]
GAP = "  "
WIDEST = 26
"""No column but the last is wider."""
LEAST_ROWS, MOST_LEAST_ROWS = 2, 6
"""So many rows every section has, where it has them; the latter where there is room."""
MOST_HAPPENED = 8


def lines(frame: Frame, columns: int, height: int) -> list[Line]:
    """Return the lines that show a frame in so many columns and lines: never more, none wider."""
    top = [(text, Tone.TITLE) for text in packed(("nofly watch", *frame.status), columns)]
    top += [(text, banner.tone) for banner in frame.banners for text in folded(banner.cells[0], columns)]
    wanted = [max(1, len(section.rows)) for section in frame.sections]
    room = height - len(top) - sum(1 + bool(section.rows) for section in frame.sections)
    blank = [("", Tone.PLAIN)] if room - len(wanted) >= LEAST_ROWS * len(wanted) else []
    counts = _shares(wanted, room - len(blank) * len(wanted))
    for section, rows in zip(frame.sections, counts, strict=True):
        top += [*blank, *section_lines(section, columns, rows)]
    left = min(height - len(top) - 2, MOST_HAPPENED)
    if frame.happened and left > 0:
        top += [("", Tone.PLAIN), ("HAPPENED", Tone.TITLE)]
        top += [(shorten(text, columns), Tone.QUIET) for text in frame.happened[-left:]]
    return [(shorten(text, columns), tone) for text, tone in top[:height]]


def _shares(wanted: Sequence[int], room: int) -> list[int]:
    """Return how many lines each section gets: a few each, the rest to those that stand first."""
    least = max(LEAST_ROWS, min(MOST_LEAST_ROWS, room // (2 * len(wanted))))
    given = [min(n, least) for n in wanted]
    left = room - sum(given)
    for k, n in enumerate(wanted):
        more = max(0, min(n - given[k], left))
        given[k] += more
        left -= more
    return given


def section_lines(section: Section, columns: int, most: int) -> list[Line]:
    """Return a section's title, its head and at most so many rows; where there are more, how many."""
    total = len(section.rows) + section.more
    count = f" {total:,}" if total else ""
    out: list[Line] = [(f"{section.title}{count}", Tone.TITLE)]
    if not section.rows:
        return [*out, (shorten(section.nobody.cells[0], columns), section.nobody.tone)]
    rows = list(section.rows[:most])
    if total > len(rows):
        rows = rows[: most - 1]
    shown = _fitting(section, rows, columns)
    heads = tuple(column.head for column in section.columns)
    widths = [_natural(heads, rows, k) for k in shown]
    for row in (Row(heads, Tone.QUIET), *rows):
        cells = []
        for place, (k, wide) in enumerate(zip(shown, widths, strict=True)):
            last = place == len(shown) - 1
            cell = row.cells[k] if last else shorten(row.cells[k], wide)
            space = "" if last and not section.columns[k].right else " " * (wide - width(cell))
            cells.append(space + cell if section.columns[k].right else cell + space)
        out.append((shorten(GAP.join(cells).rstrip(), columns), row.tone))
    if total > len(rows):
        alarm = any(row.tone is Tone.ALARM for row in section.rows[len(rows) :])
        out.append((f"… and {total - len(rows):,} more", Tone.ALARM if alarm else Tone.QUIET))
    return out


def _fitting(section: Section, rows: Sequence[Row], columns: int) -> list[int]:
    """Return the columns for which there is room, those of the highest rank left out first."""
    heads = tuple(column.head for column in section.columns)
    shown = list(range(len(heads)))
    while len(shown) > 1:
        needed = sum(_natural(heads, rows, k) for k in shown) + len(GAP) * (len(shown) - 1)
        rank = max(section.columns[k].rank for k in shown)
        if needed <= columns or rank == 0:
            break
        shown.remove(max(k for k in shown if section.columns[k].rank == rank))
    return shown


def _natural(heads: Sequence[str], rows: Sequence[Row], column: int) -> int:
    return min(WIDEST, max(width(text) for text in (heads[column], *(row.cells[column] for row in rows))))


def packed(parts: Sequence[str], columns: int) -> list[str]:
    """Return parts on as few lines as hold them, none of them broken."""
    out: list[str] = []
    for part in parts:
        if out and width(out[-1]) + 3 + width(part) <= columns:
            out[-1] += f" · {part}"
        else:
            out.append(part)
    return out


def folded(text: str, columns: int) -> list[str]:
    """Return a text in lines, broken between words."""
    out: list[str] = []
    for word in text.split():
        if out and width(out[-1]) + 1 + width(word) <= columns:
            out[-1] += f" {word}"
        else:
            out.append(word)
    return out
