"""The picture of a coverage: a map for each height band, cells by what could be seen there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from nofly import __version__
from nofly.proof.coverage import Seen
from nofly.proof.covering.areas import zone_bands
from nofly.proof.covering.cells import BANDS_FT, band_name, box, centres
from nofly.proof.covering.statements import ORDER
from nofly.run.coverage import Told, band_counts
from nofly.run.outputs import chart, palette
from nofly.run.outputs.coasts import coasts
from nofly.run.outputs.outline import outlines
from nofly.run.outputs.picture import house_style
from nofly.run.outputs.projection import LocalMap
from nofly.run.outputs.text import clock, many, printable, shorten

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from nofly.zones.model import Zone

_WIDTH_IN, _HEAD_IN, _FOOT_IN, _ROW_IN, _ACROSS = 12.0, 0.75, 1.0, 3.6, 3
_FAR_M = 5_000_000.0
LEVELS = (
    ("seen in two thirds of the hours or more", "#0072b2", ""),
    ("seen in a third of them or more", "#56a5d8", ""),
    ("seen in fewer", "#b3d7f0", ""),
    (Seen.COULD.value, "#a89400", "..."),
    (Seen.COULD_NOT.value, "#d55e00", "///"),
    (Seen.UNKNOWN.value, "#ffffff", ""),
)
"""What a cell is drawn as; by Okabe and Ito, and told apart by hatching too."""
_UNKNOWN = len(LEVELS) - 1
_FEW_ZONES = 12


def figure(it: Told) -> Figure:
    """Return the picture as a matplotlib figure; it needs no display."""
    with house_style():
        return _figure(it)


def level(verdicts: NDArray[np.int64]) -> int:
    """Return what a cell and band is drawn as, by its verdicts of all hours asked for."""
    counts = np.bincount(verdicts, minlength=len(ORDER))
    seen, could, untold, could_not = (int(counts[k]) for k in range(len(ORDER)))
    total = max(len(verdicts), 1)
    if seen:
        return 0 if 3 * seen >= 2 * total else 1 if 3 * seen >= total else 2
    if could:
        return 3
    return 4 if could_not > untold else _UNKNOWN


def _figure(it: Told) -> Figure:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    known = [(cell, it.asked.verdicts(cell)) for cell in it.asked.evidence.cells.tolist()]
    rows = -(-len(BANDS_FT) // _ACROSS)
    inches = _HEAD_IN + _FOOT_IN + rows * _ROW_IN
    drawn = Figure(figsize=(_WIDTH_IN, inches), facecolor=palette.PAPER)
    FigureCanvasAgg(drawn)
    _head(drawn, it, inches)
    wide = 0.94 / _ACROSS
    high_in = _ROW_IN - 0.62
    local, view = _view(it, known, _WIDTH_IN * (wide - 0.05) / high_in)
    lines = coasts(local, view)
    for band in reversed(range(len(BANDS_FT))):
        row, column = divmod(len(BANDS_FT) - 1 - band, _ACROSS)
        top_in = inches - _HEAD_IN - row * _ROW_IN - 0.3
        place = (0.055 + column * wide, (top_in - high_in) / inches, wide - 0.05, high_in / inches)
        axes = drawn.add_axes(place)
        _map(axes, it, known, band, local, view, lines)
    _foot(drawn, it, inches)
    return drawn


def _head(drawn: Figure, it: Told, inches: float) -> None:
    coverage, asked = it.coverage, it.asked
    drawn.text(0.03, 1 - 0.22 / inches, "nofly coverage", fontsize=11, fontweight="bold", va="center")
    at_least = "at least " if coverage.level else ""
    aircraft = len(np.unique(coverage.rows()["aircraft"]))
    span = f"{clock(asked.from_us)} to {clock(asked.until_us)}"
    said = f"{many(coverage.reports, 'report')} of {at_least}{aircraft:,} aircraft; {span}, "
    said += f"{len(asked.at):,} of {many(asked.count, 'hour')} with reports"
    drawn.text(0.15, 1 - 0.22 / inches, said, fontsize=8.5, va="center", color=palette.INK)
    under = "Where and how high an aircraft with a transponder could have been seen, by the traffic received."
    drawn.text(0.03, 1 - 0.46 / inches, under, fontsize=8, va="center", color=palette.FLIGHT)


def _view(it: Told, known: Sequence[tuple[int, Any]], aspect: float) -> tuple[LocalMap, chart.View]:
    """Return a map and a view that show every cell from which something came, and the zones."""
    heard = np.array([cell for cell, _ in known if it.asked.evidence.of(cell).reports.any()], np.int64)
    lat, lon = centres(heard) if len(heard) else (np.zeros(1), np.zeros(1))
    local = LocalMap.about(lat, lon)
    x, y = local.forward(lat, lon)
    near = np.hypot(x, y) < _FAR_M
    points = [(x[near], y[near])] if near.any() else [(x, y)]
    return local, chart.view_of([*points, *chart.points_of(local, it.zones)], aspect, 100_000.0)


def _map(
    axes: Axes, it: Told, known: Sequence[tuple[int, Any]], band: int, local: LocalMap, view: chart.View,
    lines: Sequence[NDArray[np.float64]],
) -> None:  # fmt: skip
    from matplotlib.collections import LineCollection, PolyCollection

    chart.dress(axes, local, view)
    of_level: list[list[NDArray[np.float64]]] = [[] for _ in LEVELS]
    for cell, verdicts in known:
        of_level[level(verdicts[band])].append(_outline(cell, local))
    for (_, colour, hatch), shapes in zip(LEVELS[:_UNKNOWN], of_level[:_UNKNOWN], strict=True):
        shown = [shape for shape in shapes if np.abs(shape).max() < 2 * _FAR_M]
        if shown:
            faint = f"{colour}30" if hatch else colour
            axes.add_collection(
                PolyCollection(
                    shown,
                    facecolors=faint,
                    edgecolors=colour if hatch else palette.PAPER,
                    hatch=hatch or None,
                    linewidths=0.0 if hatch else 0.3,
                    zorder=2,
                )
            )
    axes.add_collection(LineCollection(lines, colors=palette.INK, linewidths=0.5, alpha=0.55, zorder=4))
    _draw_zones(axes, [zone for zone in it.zones if band in zone_bands(zone)], local, len(it.zones))
    counted = band_counts(known, band)
    axes.set_title(
        band_name(band)[:1].upper() + band_name(band)[1:], fontsize=9, loc="left", fontweight="bold"
    )
    seen = counted[Seen.SEEN.value]
    axes.set_title(f"seen in {seen:,} cells × hours", fontsize=7.5, loc="right", color=palette.FLIGHT)


def _draw_zones(axes: Axes, zones: Sequence[Zone], local: LocalMap, count: int) -> None:
    """Draw outlines alone, thin ones of many zones: the cells below are what the map is of."""
    from matplotlib.collections import LineCollection

    for zone in zones:
        rings = [
            np.column_stack(local.forward(ring[:, 0], ring[:, 1]))
            for volume in zone.volumes
            for polygon in outlines(volume.footprint)
            for ring in polygon
        ]
        wide = 1.3 if count <= _FEW_ZONES else 0.6
        colour = palette.ZONE_COLOUR[zone.restriction]
        axes.add_collection(LineCollection(rings, colors=colour, linewidths=wide, zorder=3))


def _outline(cell: int, local: LocalMap) -> NDArray[np.float64]:
    south, west, north, east = box(cell)
    along = np.linspace(west, east, max(2, min(int((east - west) * 4) + 1, 73)))
    lat = np.concatenate([np.full(len(along), south), np.full(len(along), north)])
    return np.column_stack(local.forward(lat, np.concatenate([along, along[::-1]])))


def _foot(drawn: Figure, it: Told, inches: float) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles: list[Any] = []
    for label, colour, hatch in LEVELS:
        edge = palette.FAINT if colour == "#ffffff" else colour
        name = f"{label} (blank): the data does not tell" if colour == "#ffffff" else label
        handles.append(
            Patch(facecolor=f"{colour}30" if hatch else colour, edgecolor=edge, hatch=hatch, label=name)
        )
    for restriction in dict.fromkeys(zone.restriction for zone in it.zones):
        colour, name = palette.ZONE_COLOUR[restriction], palette.RESTRICTION_WORDS[restriction]
        handles.append(Line2D([], [], color=colour, linewidth=0.8, label=f"zone: {name}"))
    drawn.legend(
        handles=handles, loc="lower left", bbox_to_anchor=(0.045, 0.42 / inches), frameon=False, ncols=4,
        fontsize=7.5, borderpad=0, columnspacing=1.6,
    )  # fmt: skip
    told = (
        "Aircraft without a transponder are outside the sight of ADS-B. An empty sky looks the same as no "
        "reception. Cells of a quarter of a degree, heights as pressure heights, times UTC, places WGS 84."
    )
    drawn.text(0.055, 0.28 / inches, told, fontsize=7, color=palette.FLIGHT, va="center")
    sources = shorten(printable("Source: " + ", ".join(it.sources)), 150)
    note = f"{sources}. Coasts and borders: Natural Earth. nofly {__version__}"
    drawn.text(0.055, 0.12 / inches, note, fontsize=7, color=palette.FLIGHT, va="center")
