"""The map of ways round zones: the geodesic dashed, the way drawn out, zones hatched, coasts behind."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from nofly import __version__
from nofly.run.outputs import chart, palette
from nofly.run.outputs.outline import path
from nofly.run.outputs.picture import house_style
from nofly.run.outputs.projection import LocalMap
from nofly.run.outputs.text import height, many, printable, shorten
from nofly.run.weighing.detour_outputs import _miles
from nofly.run.weighing.detours import DetourTable, Row
from nofly.units import nautical_miles

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

MOST_NAMED = 24
"""Pairs whose ways are numbered and told of below; of more, only lines are drawn."""
_WAY_COLOURS = ("#0072b2", "#009e73", "#cc79a7", "#a06000", "#56b4e9", "#5a3ea6", "#222222", "#8a9a00")
_WIDTH_IN, _HIGH_IN, _HEAD_IN, _LINE_IN = 11.0, 7.0, 0.7, 0.19
_PER_LINE = 2


def figure(table: DetourTable) -> Figure:
    """Return the picture as a matplotlib figure; it needs no display."""
    with house_style():
        return _figure(table)


def _figure(table: DetourTable) -> Figure:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    named = len(table.rows) <= MOST_NAMED
    lines = math.ceil(len(table.rows) / _PER_LINE) if named else 0
    foot_in = 0.75 + _LINE_IN * lines
    inches = _HEAD_IN + _HIGH_IN + foot_in
    drawn = Figure(figsize=(_WIDTH_IN, inches), facecolor=palette.PAPER)
    FigureCanvasAgg(drawn)
    _head(drawn, table, inches)
    axes = drawn.add_axes((0.05, foot_in / inches, 0.92, _HIGH_IN / inches))
    _map(axes, table, named)
    _foot(drawn, table, inches, foot_in, named)
    return drawn


def _head(drawn: Figure, table: DetourTable, inches: float) -> None:
    drawn.text(0.03, 1 - 0.22 / inches, "nofly detour", fontsize=11, fontweight="bold", va="center")
    said = f"{many(len(table.rows), 'pair')} at {height(table.level_m, 'STD')}, "
    said += f"{many(len(table.zones), 'zone')} in the way"
    if table.clearance_m:
        said += f", {nautical_miles(table.clearance_m):g} NM kept clear"
    drawn.text(0.15, 1 - 0.22 / inches, said, fontsize=8.5, va="center", color=palette.INK)
    under = "The shortest way on the ellipsoid that enters no zone; still air, no airways."
    drawn.text(0.03, 1 - 0.48 / inches, under, fontsize=8, va="center", color=palette.FLIGHT)


def _map(axes: Axes, table: DetourTable, named: bool) -> None:
    ways = [_lines(row) for row in table.rows]
    points = np.concatenate([line for pair in ways for line in pair])
    local = LocalMap.about(points[:, 0], points[:, 1])
    seen = [local.forward(line[:, 0], line[:, 1]) for pair in ways for line in pair]
    view = chart.view_of(seen, _WIDTH_IN * 0.92 / _HIGH_IN, 100_000.0)
    chart.dress(axes, local, view)
    chart.draw_coasts(axes, local, view)
    for zone in table.zones:
        chart.draw_zone(axes, local, zone, strong=True)
    placed: dict[str, tuple[float, float]] = {}
    for k, (row, (direct, way)) in enumerate(zip(table.rows, ways, strict=True)):
        colour = _WAY_COLOURS[k % len(_WAY_COLOURS)]
        strength = 1.0 if named else 0.35
        _draw(axes, local, direct, palette.FLIGHT, 0.9, (0, (4, 3)), 0.9 * strength)
        if row.detour.places:
            _draw(axes, local, way, colour, 2.0 if named else 0.8, "solid", strength)
            if named:
                _turns(axes, local, row, colour)
        for name, place in ((row.pair.start_name, row.pair.start), (row.pair.end_name, row.pair.end)):
            x, y = local.forward(*place)
            placed[name] = (float(x), float(y))
    if named:
        _names(axes, placed, view)


def _lines(row: Row) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the geodesic of a pair and its way, as places close together."""
    direct = path(np.array([row.pair.start, row.pair.end]))
    return direct, path(np.array(row.detour.places)) if row.detour.places else direct


def _draw(
    axes: Axes, local: LocalMap, line: NDArray[np.float64], colour: str, width_pt: float, style: Any,
    weight: float,
) -> None:  # fmt: skip
    x, y = local.forward(line[:, 0], line[:, 1])
    if style == "solid":
        axes.plot(x, y, color=palette.PAPER, linewidth=width_pt + 1.6, alpha=0.8 * weight, zorder=5)
    axes.plot(x, y, color=colour, linewidth=width_pt, linestyle=style, alpha=weight, zorder=6)


def _turns(axes: Axes, local: LocalMap, row: Row, colour: str) -> None:
    """Mark where a way turns."""
    turns = np.array(row.detour.places[1:-1]).reshape(-1, 2)
    x, y = local.forward(turns[:, 0], turns[:, 1])
    axes.plot(
        x, y, "o", markersize=3.2, markerfacecolor=palette.PAPER, markeredgecolor=colour,
        markeredgewidth=0.9, zorder=7,
    )  # fmt: skip


def _names(axes: Axes, placed: dict[str, tuple[float, float]], view: chart.View) -> None:
    """Write the names of the ends, each on the side away from the middle."""
    middle = 0.5 * (view[0] + view[1])
    corner = view[0] + 0.88 * (view[1] - view[0]), view[2] + 0.8 * (view[3] - view[2])
    for name, (x, y) in placed.items():
        # Not over the arrow that points north.
        left = x < middle or (x > corner[0] and y > corner[1])
        axes.plot([x], [y], "s", markersize=5, color=palette.INK, zorder=8)
        axes.annotate(
            shorten(printable(name), 20), (x, y), (-7 if left else 7, 4), textcoords="offset points",
            ha="right" if left else "left", fontsize=8.5, fontweight="bold", zorder=9,
            bbox={"facecolor": palette.PAPER, "alpha": 0.75, "edgecolor": "none", "pad": 0.8},
        )  # fmt: skip


def _foot(drawn: Figure, table: DetourTable, inches: float, foot_in: float, named: bool) -> None:
    from matplotlib.lines import Line2D

    direct = Line2D([], [], color=palette.FLIGHT, linewidth=0.9, linestyle=(0, (4, 3)), label="geodesic")
    handles: list[Any] = [direct]
    for restriction in dict.fromkeys(zone.restriction for zone in table.zones):
        colour, name = palette.ZONE_COLOUR[restriction], palette.RESTRICTION_WORDS[restriction]
        handles.append(Line2D([], [], color=colour, linewidth=1.4, label=f"zone: {name}"))
    drawn.legend(
        handles=handles, loc="upper right", bbox_to_anchor=(0.97, (foot_in - 0.08) / inches), frameon=False,
        ncols=4, fontsize=7.5, borderpad=0, columnspacing=1.6,
    )  # fmt: skip
    if named:
        for k, row in enumerate(table.rows):
            line, column = divmod(k, _PER_LINE)
            y = (foot_in - 0.42 - _LINE_IN * line) / inches
            _told(drawn, row, (0.05 + 0.48 * column, y), _WAY_COLOURS[k % len(_WAY_COLOURS)])
    note = f"Places WGS 84. Coasts and borders: Natural Earth. nofly {__version__}"
    drawn.text(0.05, 0.12 / inches, note, fontsize=7, color=palette.FLIGHT, va="center")


def _km(length_m: float) -> str:
    digits = 0 if length_m >= 10_000.0 else 1
    return f"{length_m / 1000.0:,.{digits}f} km"


def _told(drawn: Figure, row: Row, at: tuple[float, float], colour: str) -> None:
    detour = row.detour
    if row.cost is None:
        said = "no admissible way"
    elif detour.extra_m == 0.0:
        said = f"{_miles(detour.direct_m)}, clear of every zone"
    else:
        share = 100.0 * detour.extra_m / detour.direct_m if detour.direct_m else 0.0
        said = f"{_miles(detour.direct_m)} + {_miles(detour.extra_m)}"
        said += f" ({_km(detour.extra_m)}, {share:.{1 if share >= 0.1 else 2}f} %)"
    drawn.text(at[0], at[1], "—", fontsize=9, fontweight="bold", color=colour, va="center")
    name = shorten(printable(row.pair.name), 34)
    drawn.text(at[0] + 0.02, at[1], f"{name}: {said}", fontsize=8, color=palette.INK, va="center")
