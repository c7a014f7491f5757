"""The paths that fit a statement, drawn over its zone; and where its aircraft was seen."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from nofly.proof.claiming.families import Family
from nofly.proof.claiming.sheet import Entry
from nofly.run.claiming.flown import flown
from nofly.run.outputs import chart, palette
from nofly.run.outputs.projection import LocalMap

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#aa4499", "#56b4e9", "#b8860b", "#000000", "#882255")
"""One for each kind of path, told apart by its number too."""
LINES: tuple[Any, ...] = ("solid", (0, (6, 2)), (0, (1.5, 1.5)), (0, (6, 2, 1.5, 2)))
_WIDTH_IN, _HEIGHT_IN = 5.6, 4.1
_DPI = 140
_LABEL: dict[str, Any] = {"facecolor": palette.PAPER, "alpha": 0.75, "edgecolor": "none", "pad": 0.6}
Places = Sequence[tuple[float, float]]


def drawn(entry: Entry, zones_places: Places, around: Sequence[Entry]) -> bytes | None:
    """Return a PNG: the zone, an example of each kind of path that fits, its entry filled and its exit
    hollow, and where the aircraft was seen. The view is that of all statements ``around`` about the zone, so
    that maps stand side by side."""
    if entry.zone is None:
        return None
    families = paths_of(entry)
    shown = [family for other in around for family in paths_of(other)]
    places = [place for family in shown for place in family.places]
    places += [e.statement.closest_to for e in around if e.statement.closest_to is not None]
    if not places or any(flown(e) for e in around):
        places += zones_places
    from matplotlib.figure import Figure

    figure = Figure(figsize=(_WIDTH_IN, _HEIGHT_IN), dpi=_DPI)
    axes = figure.add_axes((0.10, 0.08, 0.88, 0.90))
    lat, lon = np.array(places).T
    local = LocalMap.about(lat, lon)
    view = chart.view_of([local.forward(lat, lon)], _WIDTH_IN * 0.88 / (_HEIGHT_IN * 0.90), 3000.0)
    chart.dress(axes, local, view)
    chart.draw_zone(axes, local, entry.zone, strong=True)
    for piece in flown(entry):
        x, y = local.forward(*np.array(piece).T)
        axes.plot(x, y, color=palette.PAPER, linewidth=5.0, alpha=0.8, zorder=4)
        axes.plot(x, y, color=palette.INK, linewidth=2.6, marker=".", markersize=3, zorder=5)
    for number, family in enumerate(families, 1):
        _path(axes, local, family, number)
    if entry.statement.closest_to is not None:
        _place(axes, local, entry)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()


def paths_of(entry: Entry) -> tuple[Family, ...]:
    """Return the kinds of paths of the reading that a statement stands by."""
    fit = entry.best.fit
    return () if fit is None else fit.families


def _path(axes: Axes, local: LocalMap, family: Family, number: int) -> None:
    lat, lon = np.array(family.places).T
    x, y = local.forward(lat, lon)
    colour, line = COLOURS[(number - 1) % len(COLOURS)], LINES[(number - 1) % len(LINES)]
    axes.plot(x, y, color=palette.PAPER, linewidth=4.0, alpha=0.8, zorder=6)
    axes.plot(x, y, color=colour, linewidth=2.0, linestyle=line, zorder=7)
    mark: dict[str, Any] = {
        "marker": "^",
        "markersize": 7,
        "markeredgecolor": palette.INK,
        "linestyle": "none",
    }
    axes.plot(x[:1], y[:1], markerfacecolor=colour, zorder=9, **mark)
    axes.plot(x[-1:], y[-1:], markerfacecolor=palette.PAPER, zorder=9, **mark)
    at = len(x) // 2
    axes.annotate(
        str(number), (x[at], y[at]), (5, 4), textcoords="offset points", fontsize=8, fontweight="bold",
        color=colour, zorder=10, annotation_clip=True,
        bbox=_LABEL,
    )  # fmt: skip


def _place(axes: Axes, local: LocalMap, entry: Entry) -> None:
    from nofly.run.outputs.text import printable, shorten

    lat, lon = entry.statement.closest_to or (0.0, 0.0)
    x, y = local.forward(lat, lon)
    axes.plot([float(x)], [float(y)], "s", color=palette.INK, markersize=5, zorder=9)
    name = shorten(printable(entry.statement.closest_name), 24)
    axes.annotate(
        name, (float(x), float(y)), (6, -9), textcoords="offset points", fontsize=7.5, zorder=10,
        annotation_clip=True, bbox=_LABEL,
    )  # fmt: skip
