"""Sensitivity drawn: one bar an input, the widest on top, round the likely result."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from nofly.errors import ConfigError
from nofly.run.outputs.text import printable
from nofly.run.weighing.ledger_words import ends, label, moving, number, swinging
from nofly.whatif.ledger import Result
from nofly.whatif.ranges import Bar, Input

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from nofly.run.weighing.ledger import LedgerTable

LOW_COLOUR, HIGH_COLOUR = "#0072b2", "#d55e00"
ENDINGS = (".png", ".svg", ".pdf")
_WIDE, _ROW, _SIDE, _TOP = 480.0, 40.0, 46.0, 8.0


def svg(result: Result, inputs: Mapping[str, Input]) -> str:
    """Return a tornado as an SVG element that takes the colour of the text round it."""
    bars = moving(result)
    at = _scale(bars)
    high = _TOP + _ROW * len(bars) + 22.0
    middle = at(bars[0].likely_value)
    parts = [
        f'<svg class="tornado" viewBox="0 0 {_WIDE:g} {high:g}" role="img" '
        'xmlns="http://www.w3.org/2000/svg" font-family="system-ui, sans-serif" font-size="12" '
        f'fill="currentColor"><title>{_text(_title(result))}</title>',
        *(_row(bar, k, at(bar.at_low_value), at(bar.at_high_value), middle, inputs)
          for k, bar in enumerate(bars)),
        f'<text x="{middle:.1f}" y="{high - 4.0:g}" text-anchor="middle">'
        f"likely {number(bars[0].likely_value)}</text></svg>",
    ]  # fmt: skip
    return "".join(parts)


def _scale(bars: Sequence[Bar]) -> Callable[[float], float]:
    values = [v for bar in bars for v in (bar.at_low_value, bar.likely_value, bar.at_high_value)]
    low, high = min(values), max(values)
    span = (high - low) or 1.0

    def at(value: float) -> float:
        return _SIDE + (value - low) / span * (_WIDE - 2 * _SIDE)

    return at


def _row(
    bar: Bar, k: int, low_px: float, high_px: float, middle_px: float, inputs: Mapping[str, Input]
) -> str:
    top = _TOP + _ROW * k
    name = f"{label(bar, inputs)}, {' to '.join(ends(bar.input_range)[::2])}"
    out = [f'<text x="{_WIDE / 2:g}" y="{top + 11:g}" text-anchor="middle">{_text(name)}</text>']
    for x, value, colour in (
        (low_px, bar.at_low_value, LOW_COLOUR), (high_px, bar.at_high_value, HIGH_COLOUR),
    ):  # fmt: skip
        left = min(x, middle_px)
        out.append(
            f'<rect x="{left:.1f}" y="{top + 16:g}" width="{abs(x - middle_px):.1f}" height="16" '
            f'fill="{colour}"/>'
        )
        anchor, off = ("end", -4) if x < middle_px else ("start", 4)
        if x != middle_px:
            out.append(
                f'<text x="{x + off:.1f}" y="{top + 28:g}" text-anchor="{anchor}">{number(value)}</text>'
            )
    out.append(
        f'<line x1="{middle_px:.1f}" x2="{middle_px:.1f}" y1="{top + 14:g}" y2="{top + 34:g}" '
        'stroke="currentColor"/>'
    )
    return "".join(out)


def _title(result: Result) -> str:
    return f"{result.quantity.label}: what each input alone does"


def _text(text: str) -> str:
    return escape(printable(text))


def write_picture(table: LedgerTable, path: str | Path) -> None:
    """Draw the sensitivity of every result into one picture: PNG, SVG or PDF by the extension of ``path``.

    Raises ConfigError for another extension, and where nothing has a range.
    """
    from matplotlib.figure import Figure

    from nofly.run.files.atomic import write_whole

    ending = Path(path).suffix.lower()
    if ending not in ENDINGS:
        raise ConfigError("its extension names no picture", source=str(path), expected=" ".join(ENDINGS))
    results = swinging(table.weighed)
    if not results:
        raise ConfigError("nothing to draw: no input has a range", source="--plot")
    rows = [len(moving(result)) + 1 for result in results]
    figure = Figure(figsize=(9.0, 0.5 * sum(rows) + 0.8 * len(rows)), layout="constrained")
    axes = figure.subplots(len(results), 1, squeeze=False, height_ratios=rows)[:, 0]
    for one, result in zip(axes, results, strict=True):
        _draw(one, result, table.weighed.inputs)
    buffer = BytesIO()
    figure.savefig(buffer, format=ending[1:], dpi=150)
    write_whole(path, buffer.getvalue())


def _draw(axes: Axes, result: Result, inputs: Mapping[str, Input]) -> None:
    bars = moving(result)
    middle = bars[0].likely_value
    for k, bar in enumerate(bars):
        for value, colour in ((bar.at_low_value, LOW_COLOUR), (bar.at_high_value, HIGH_COLOUR)):
            axes.barh(k, value - middle, left=middle, height=0.6, color=colour)
            if value != middle:
                axes.annotate(
                    number(value), (value, k), xytext=(4 if value > middle else -4, 0),
                    textcoords="offset points", va="center", ha="left" if value > middle else "right",
                )  # fmt: skip
    axes.axvline(middle, color="black", linewidth=0.8, linestyle="--")
    names = [f"{label(bar, inputs)}, {' to '.join(ends(bar.input_range)[::2])}" for bar in bars]
    axes.set_yticks(range(len(names)), [printable(name) for name in names])
    axes.invert_yaxis()
    axes.margins(x=0.15)
    axes.set_title(printable(f"{result.quantity.label}: likely {number(middle)}"), loc="left", fontsize=10)
    axes.spines[["top", "right"]].set_visible(False)
