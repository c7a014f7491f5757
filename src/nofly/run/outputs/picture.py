"""The picture of a result: a map and a vertical profile a stay, an overview where there are several."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nofly import __version__
from nofly.incidents.record import Certainty, Infringement, Status
from nofly.run.files.atomic import write_whole
from nofly.run.outputs import chart, palette, profile
from nofly.run.outputs.explain import depth_part, zone_of
from nofly.run.outputs.geojson import entered
from nofly.run.outputs.paths import Paths
from nofly.run.outputs.picture_kinds import kind_of
from nofly.run.outputs.projection import LocalMap
from nofly.run.outputs.table import nobody, summary
from nofly.run.outputs.text import aircraft, clock, duration, shorten, side_and_zone
from nofly.run.result import CheckResult
from nofly.units import US_PER_S
from nofly.zones.model import Zone

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_SHOWN = 4
"""Stays with a map and a profile of their own; the overview shows all."""
MOST_LABELLED = 12
MOST_AROUND = 400
"""Zones that were not entered are drawn as outlines, where there are no more than this many."""
_WIDTH_IN, _ROW_IN, _OVERVIEW_IN, _FOOT_IN, _HEAD_IN = 12.0, 4.0, 4.6, 1.0, 0.6


def write_picture(drawn: Figure, path: str | Path) -> None:
    """Write a picture as PNG, SVG or PDF by its extension, whole or not at all; ConfigError for another."""
    kind = kind_of(path)
    write_whole(path, encoded(drawn, kind))


def encoded(drawn: Figure, kind: str = "png", dpi: int = 130) -> bytes:
    """Return a picture as the bytes of a file."""
    out = io.BytesIO()
    with house_style():
        drawn.savefig(out, format=kind, dpi=dpi)
    return out.getvalue()


@contextmanager
def house_style() -> Iterator[None]:
    """Keep the user's own settings out, and markup in hostile names dead."""
    import matplotlib
    from matplotlib import rc_context

    settings: Any = dict(matplotlib.rcParamsDefault.items())
    settings.pop("backend", None)
    settings.update(
        {"text.parse_math": False, "svg.hashsalt": "nofly", "hatch.linewidth": 0.5, "font.size": 8}
    )
    with warnings.catch_warnings(), rc_context(settings):
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        yield


def figure(result: CheckResult, *, headed: bool = True, source: str = "") -> Figure:
    """Return the picture of a result as a matplotlib figure; it needs no display.

    ``headed`` puts a line with the summary at its top, ``source`` one at its foot that says where it is from.
    """
    with house_style():
        return _figure(result, headed, source)


def _figure(result: CheckResult, headed: bool, source: str) -> Figure:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    shown = _chosen(result.infringements)
    overview = len(result.infringements) != 1
    row = _ROW_IN if overview else 1.35 * _ROW_IN
    head = _HEAD_IN if headed else 0.1
    inches = head + _FOOT_IN + _OVERVIEW_IN * overview + row * len(shown)
    drawn = Figure(figsize=(_WIDTH_IN, inches), facecolor=palette.PAPER)
    FigureCanvasAgg(drawn)
    if headed:
        top = 1 - 0.24 / inches
        drawn.text(0.02, top, "nofly check", fontsize=11, fontweight="bold", va="center")
        drawn.text(0.115, top, shorten(summary(result), 168), fontsize=8, va="center", color=palette.INK)
    paths = Paths(result)
    gap_s = float(getattr(result.options, "max_gap_s", 120.0))
    top = inches - head
    numbers = {stay.id: k + 1 for k, stay in enumerate(shown)} if overview else {}
    if overview:
        axes = _axes(drawn, inches, top, 0.06, 0.88, _OVERVIEW_IN - 0.5)
        _overview(axes, result, paths, numbers, gap_s)
        top -= _OVERVIEW_IN
    for stay in shown:
        _row(drawn, inches, (top, row), result, paths, stay, numbers.get(stay.id), gap_s)
        top -= row
    _foot(drawn, inches, result, shown)
    drawn.text(0.06, 0.05 / inches, shorten(source, 200), fontsize=7, color=palette.FAINT, va="center")
    return drawn


def _axes(
    drawn: Figure, inches: float, top_in: float, left_fraction: float, wide_fraction: float, high_in: float
) -> Axes:
    return drawn.add_axes((left_fraction, (top_in - high_in) / inches, wide_fraction, high_in / inches))


def _chosen(stays: Sequence[Infringement]) -> list[Infringement]:
    """Return the stays shown one by one: one of each zone, then more; infringements first, then by certainty
    and depth."""
    by_status, by_certainty = list(Status), list(Certainty)
    order = sorted(
        stays,
        key=lambda s: (
            by_status.index(s.status), by_certainty.index(s.certainty),
            -(s.depth_m or 0.0), s.entry_time_us,
        ),
    )  # fmt: skip
    first_of_zone = {stay.zone_id: stay for stay in reversed(order)}
    chosen = {id(stay) for stay in first_of_zone.values()}
    spread = [s for s in order if id(s) in chosen] + [s for s in order if id(s) not in chosen]
    return spread[:MOST_SHOWN]


def _overview(axes: Axes, result: CheckResult, paths: Paths, numbers: dict[str, int], gap_s: float) -> None:
    stays, zones = result.infringements, entered(result)
    if not stays and not result.zones:
        axes.set_axis_off()
        return
    framed = zones or list(result.zones[:MOST_AROUND])
    lat = [s.entry_lat_deg for s in stays] + [lat for zone in framed for lat, _ in _corners(zone)]
    lon = [s.entry_lon_deg for s in stays] + [lon for zone in framed for _, lon in _corners(zone)]
    local = LocalMap.about(lat, lon)
    points = [
        *chart.points_of(local, framed),
        *(local.forward([s.entry_lat_deg, s.exit_lat_deg], [s.entry_lon_deg, s.exit_lon_deg]) for s in stays),
    ]
    view = chart.view_of(points, _WIDTH_IN * 0.88 / (_OVERVIEW_IN - 0.5), 2000.0)
    chart.dress(axes, local, view)
    _around(axes, local, view, result, framed)
    for zone in framed:
        chart.draw_zone(axes, local, zone, strong=bool(zones) or len(framed) <= MOST_LABELLED)
    if len(framed) <= MOST_LABELLED:
        marks = [(s.entry_lat_deg, s.entry_lon_deg) for s in stays]
        marks += [(s.exit_lat_deg, s.exit_lon_deg) for s in stays]
        chart.label_zones(axes, local, framed, view, marks, [paths.stay(stay)[1] for stay in stays])
    for target in dict.fromkeys(stay.target_id for stay in stays):
        chart.draw_flight(axes, local, paths, target, result.span_us or (0, 0), gap_s)
    for stay in stays:
        chart.draw_stay(axes, local, paths, stay, number=numbers.get(stay.id))
    if not stays:
        axes.set_title(nobody(result), fontsize=9, loc="left")


def _corners(zone: Zone) -> list[tuple[float, float]]:
    from nofly.run.outputs.outline import outlines

    ring = outlines(zone.volumes[0].footprint)[0][0]
    return [(float(lat), float(lon)) for lat, lon in ring[:: max(1, len(ring) // 40)]]


def _around(axes: Axes, local: LocalMap, view: chart.View, result: CheckResult, strong: list[Zone]) -> None:
    """Draw the outlines of the zones in view that nobody entered."""
    hashes = {id(zone) for zone in strong}
    others = [zone for zone in result.zones if id(zone) not in hashes]
    if len(others) > MOST_AROUND:
        return
    reach = max(view[1] - view[0], view[3] - view[2])
    for zone in others:
        x, y = (np.concatenate(part) for part in zip(*chart.points_of(local, [zone]), strict=True))
        near = x.min() < view[1] and x.max() > view[0] and y.min() < view[3] and y.max() > view[2]
        if near and np.hypot(x, y).max() < 20 * reach:
            chart.draw_zone(axes, local, zone, strong=False)


def _row(
    drawn: Figure, inches: float, place_in: tuple[float, float], result: CheckResult, paths: Paths,
    stay: Infringement, number: int | None, gap_s: float,
) -> None:  # fmt: skip
    zone = zone_of(result, stay)
    top, row = place_in
    high = row - 0.95
    title = f"{f'{number}  ' if number else ''}{aircraft(stay)} {side_and_zone(stay)}"
    told = (
        f"{stay.status.value}, {stay.certainty.value}; {duration(stay.duration_s)} "
        f"from {clock(stay.entry_time_us)}" + "".join(f"; {part}" for part in depth_part(stay))
    )
    drawn.text(0.06, (top - 0.08) / inches, shorten(title, 100), fontsize=9.5, fontweight="bold", va="center")
    colour = palette.STATUS_COLOUR[stay.status]
    drawn.text(0.06, (top - 0.27) / inches, told, fontsize=8.5, va="center", color=colour)
    left = _axes(drawn, inches, top - 0.42, 0.06, 0.46, high)
    _detail(left, result, paths, stay, zone, gap_s, _WIDTH_IN * 0.46 / high)
    right = _axes(drawn, inches, top - 0.42, 0.605, 0.38, high)
    profile.draw_profile(right, paths, stay, zone, gap_s)


def _detail(
    axes: Axes,
    result: CheckResult,
    paths: Paths,
    stay: Infringement,
    zone: Zone | None,
    gap_s: float,
    aspect: float,
) -> None:
    _, places = paths.stay(stay)
    local = LocalMap.about(places[:, 0], places[:, 1])
    points = [local.forward(places[:, 0], places[:, 1])]
    size = max(float(np.ptp(points[0][0])), float(np.ptp(points[0][1])), 1000.0)
    if zone is not None:
        outline = chart.points_of(local, [zone])
        x, y = (np.concatenate(part) for part in zip(*outline, strict=True))
        if max(np.ptp(x), np.ptp(y)) < 8 * size:
            points += outline
    view = chart.view_of(points, aspect, size * 1.3)
    chart.dress(axes, local, view)
    _around(axes, local, view, result, [zone] if zone else [])
    if zone is not None:
        chart.draw_zone(axes, local, zone, strong=True)
    around_us = max(300, int(stay.duration_s)) * US_PER_S
    span = (stay.entry_time_us - around_us, stay.exit_time_us + around_us)
    chart.draw_flight(axes, local, paths, stay.target_id, span, gap_s)
    chart.draw_stay(axes, local, paths, stay, dots=True)


def _foot(drawn: Figure, inches: float, result: CheckResult, shown: list[Infringement]) -> None:
    """Add the legend, and what the picture leaves out."""
    handles = _legend(result)
    if handles:
        drawn.legend(
            handles=handles, loc="lower left", bbox_to_anchor=(0.05, 0.34 / inches), frameon=False,
            ncols=min(len(handles), 6), fontsize=7.5, borderpad=0, columnspacing=1.6,
        )  # fmt: skip
    left_out = len(result.infringements) - len(shown)
    more = f"{left_out} more {'is' if left_out == 1 else 'are'} on the overview only. " if left_out else ""
    band = "Grey band: 95 % error of a reported height, as stated or assumed."
    note = f"{more}{band} Times are UTC, places WGS 84. nofly {__version__}"
    drawn.text(0.06, 0.16 / inches, note, fontsize=7, color=palette.FAINT, va="center")


def _legend(result: CheckResult) -> list[Any]:
    """Return a legend entry for each thing that occurs."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    ink, stays = palette.INK, result.infringements
    handles: list[Any] = []
    for status in (s for s in Status if any(stay.status is s for stay in stays)):
        mark, colour = palette.STATUS_MARK[status], palette.STATUS_COLOUR[status]
        label = f"{status.value}: entry"
        handles.append(Line2D([], [], marker=mark, color=colour, markeredgecolor=ink, label=label))
    if stays:
        hollow: dict[str, Any] = {
            "linestyle": "none",
            "markerfacecolor": palette.PAPER,
            "markeredgecolor": ink,
        }
        mark = palette.STATUS_MARK[stays[0].status]
        handles.append(Line2D([], [], marker=mark, label="exit (hollow)", **hollow))
    for certainty in (c for c in Certainty if any(stay.certainty is c for stay in stays)):
        line: Any = palette.CERTAINTY_LINE[certainty]
        handles.append(Line2D([], [], color=ink, linewidth=2, linestyle=line, label=certainty.value))
    if stays:
        handles.append(Line2D([], [], color=palette.FLIGHT, linewidth=1, label="flight"))
    if {gap.target_id for gap in result.gaps} & {stay.target_id for stay in stays}:
        handles.append(Line2D([], [], color=palette.FAINT, linewidth=1, linestyle=":", label="not seen"))
    for restriction in dict.fromkeys(zone.restriction for zone in entered(result)):
        colour, label = palette.ZONE_COLOUR[restriction], f"zone: {palette.RESTRICTION_WORDS[restriction]}"
        hatch = palette.ZONE_HATCH[restriction]
        handles.append(Patch(facecolor=f"{colour}22", edgecolor=colour, hatch=hatch, label=label))
    return handles
