"""What going round costs as a section of a page: bars without a script, and a table."""

from __future__ import annotations

from html import escape

from nofly.run.outputs.text import printable
from nofly.run.weighing.detour_outputs import _cells, _miles, _of, summary
from nofly.run.weighing.detours import QUANTILES, DetourTable

_MOST_ROWS = 200
_HEAD = ("Pair", "Direct", "Way", "Extra", "", "", "Time", "Fuel", "CO₂", "Zones on the direct way")


def section(table: DetourTable) -> str:
    """Return ``<section class="detours">``: what was weighed, quantiles as bars, the pairs as a table.

    Of very many pairs those with most added are shown.
    """
    parts = ['<section class="detours"><h2>Going round</h2>']
    parts += [f"<p>{escape(line)}</p>" for line in summary(table)]
    parts.append(_bars(table))
    rows = sorted(table.rows, key=lambda row: -row.detour.extra_m if row.cost else float("-inf"))
    shown = rows[:_MOST_ROWS] if len(rows) > _MOST_ROWS else list(table.rows)
    cells = "".join(
        f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in _cells(row))}</tr>" for row in shown
    )
    head = "".join(f'<th scope="col">{name}</th>' for name in _HEAD)
    parts.append(f"<table><thead><tr>{head}</tr></thead><tbody>{cells}</tbody></table>")
    if len(shown) < len(rows):
        parts.append(f"<p>The {len(shown)} pairs with the most added, of {len(rows):,}.</p>")
    return "".join([*parts, "</section>"])


def _bars(table: DetourTable) -> str:
    it = table.weighed(lambda row: row.detour.extra_m)
    if it is None or it.quantiles[-1] <= 0.0:
        return ""
    high, wide, left = 20, 420, 70
    rows = []
    for k, (quantile, value) in enumerate(zip(QUANTILES, it.quantiles, strict=True)):
        y, length = 4 + high * k, wide * value / it.quantiles[-1]
        rows.append(
            f'<text x="{left - 8}" y="{y + 12}" text-anchor="end">{_of(quantile)}</text>'
            f'<rect x="{left}" y="{y}" width="{max(length, 1.0):.1f}" height="14" fill="#0072b2"/>'
            f'<text x="{left + length + 6:.1f}" y="{y + 12}">{_miles(value)}</text>'
        )
    size = f'viewBox="0 0 {left + wide + 110} {high * len(rows) + 6}"'
    label = printable("Extra distance over flights, by quantile")
    return (
        f'<svg {size} role="img" aria-label="{label}" font-size="12" font-family="sans-serif" '
        f'fill="currentColor" style="max-width:40rem">{"".join(rows)}</svg>'
    )
