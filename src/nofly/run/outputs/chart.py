"""A map in a picture: zones, tracks, entry and exit marks, graticule, scale bar, north."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from nofly.incidents.record import Infringement
from nofly.run.outputs import palette
from nofly.run.outputs.coasts import coasts
from nofly.run.outputs.outline import outlines, path
from nofly.run.outputs.paths import Paths
from nofly.run.outputs.projection import LocalMap
from nofly.run.outputs.text import printable, shorten
from nofly.run.outputs.zone_labels import names_at
from nofly.units import M_PER_NM, US_PER_S
from nofly.zones.model import Zone

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

MOST_DOTS = 45
"""A stay of more reports is a line without a dot for each."""
_STEPS_MIN = (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1200, 1800, 2700)
_BARS_NM = tuple(m * 10.0**e for e in range(-3, 4) for m in (1, 2, 5))
_LABEL_BOX: dict[str, Any] = {"facecolor": palette.PAPER, "alpha": 0.7, "edgecolor": "none"}
View = tuple[float, float, float, float]
"""x from, x to, y from, y to in metres."""


def draw_zone(axes: Axes, local: LocalMap, zone: Zone, *, strong: bool) -> None:
    """Draw a zone's footprints: filled and hatched where it was entered, an outline where not."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    colour = palette.ZONE_COLOUR[zone.restriction]
    for volume in zone.volumes:
        for polygon in outlines(volume.footprint):
            rings = [np.column_stack(local.forward(ring[:, 0], ring[:, 1])) for ring in polygon]
            shape = Path.make_compound_path(
                *(Path(_turned(r, k == 0), closed=True) for k, r in enumerate(rings))
            )
            if strong:
                hatch = palette.ZONE_HATCH[zone.restriction]
                axes.add_patch(PathPatch(shape, facecolor=colour, alpha=0.10, linewidth=0, zorder=1))
                axes.add_patch(
                    PathPatch(
                        shape, fill=False, hatch=hatch, edgecolor=colour, alpha=0.22, linewidth=0, zorder=1
                    )
                )
            outline = PathPatch(
                shape, fill=False, edgecolor=colour, linewidth=1.4 if strong else 0.6,
                alpha=0.95 if strong else 0.4, zorder=3 if strong else 1,
            )  # fmt: skip
            axes.add_patch(outline)


def draw_coasts(axes: Axes, local: LocalMap, view: View) -> None:
    """Draw coasts and borders, thin, behind all else."""
    from matplotlib.collections import LineCollection

    style: dict[str, Any] = {"colors": palette.INK, "linewidths": 0.5, "alpha": 0.4, "zorder": 2}
    axes.add_collection(LineCollection(coasts(local, view), **style))


def label_zones(
    axes: Axes,
    local: LocalMap,
    zones: Sequence[Zone],
    view: View,
    marks: Sequence[tuple[float, float]],
    flown: Sequence[NDArray[np.float64]],
) -> None:
    """Write the names of zones beside them, off each other and off ``marks`` and ``flown`` (lat, lon)."""
    texts = [shorten(printable(zone.name or zone.id), 26) for zone in zones]
    high = 0.04 * (view[3] - view[2])
    sizes = [(0.0029 * len(text) * (view[1] - view[0]), high) for text in texts]
    bounds = []
    for zone in zones:
        x, y = (np.concatenate(part) for part in zip(*points_of(local, [zone]), strict=True))
        bounds.append((float(x.min()), float(x.max()), float(y.min()), float(y.max())))
    marked = [local.forward(*place) for place in marks]
    lines = [np.column_stack(local.forward(*path(places).T)) for places in flown]
    names = names_at(bounds, sizes, view, [(float(x), float(y)) for x, y in marked], lines)
    for zone, text, place in zip(zones, texts, names, strict=True):
        axes.text(
            *place, text, color=palette.ZONE_COLOUR[zone.restriction], fontsize=7.5, ha="center",
            va="center", zorder=4, clip_on=True, bbox={**_LABEL_BOX, "pad": 1.0},
        )  # fmt: skip


def _turned(ring: NDArray[np.float64], anticlockwise: bool) -> NDArray[np.float64]:
    """Return the ring turned so that holes run against their exterior: fills leave them empty."""
    x, y = ring[:, 0], ring[:, 1]
    area = float(np.sum(x[:-1] * y[1:] - x[1:] * y[:-1]))
    return ring if (area > 0) == anticlockwise else ring[::-1]


def draw_flight(
    axes: Axes, local: LocalMap, paths: Paths, target_id: str, span_us: tuple[int, int], gap_s: float
) -> None:
    """Draw where a target flew: a thin line, dotted where it was not seen for longer than ``gap_s``."""
    track = paths.track(target_id, *span_us)
    if track is None or len(track) < 2:
        return
    cuts = np.flatnonzero(np.diff(track.time_us) > gap_s * US_PER_S) + 1
    places = np.column_stack([track.lat_deg, track.lon_deg])
    for part in np.split(places, cuts):
        _line(axes, local, part, color=palette.FLIGHT, linewidth=0.9, zorder=5)
    for cut in cuts:
        _line(
            axes,
            local,
            places[cut - 1 : cut + 1],
            color=palette.FAINT,
            linewidth=0.9,
            linestyle=":",
            zorder=5,
        )


def draw_stay(
    axes: Axes,
    local: LocalMap,
    paths: Paths,
    stay: Infringement,
    *,
    number: int | None = None,
    dots: bool = False,
) -> None:
    """Draw the part of a flight inside a zone, with a filled mark at entry and a hollow one at exit."""
    _, places = paths.stay(stay)
    colour = palette.STATUS_COLOUR[stay.status]
    _line(axes, local, places, color=palette.PAPER, linewidth=4.2, alpha=0.8, zorder=6)
    _line(
        axes,
        local,
        places,
        color=colour,
        linewidth=2.4,
        linestyle=palette.CERTAINTY_LINE[stay.certainty],
        zorder=7,
    )
    x, y = local.forward(places[:, 0], places[:, 1])
    if dots and len(places) <= MOST_DOTS:
        axes.plot(x[1:-1], y[1:-1], ".", color=palette.INK, markersize=2.5, zorder=8)
    style: dict[str, Any] = {
        "marker": palette.STATUS_MARK[stay.status], "markersize": 9, "markeredgecolor": palette.INK,
        "markeredgewidth": 1.0, "linestyle": "none", "zorder": 9,
    }  # fmt: skip
    axes.plot(x[-1:], y[-1:], markerfacecolor=palette.PAPER, **style)
    axes.plot(x[:1], y[:1], markerfacecolor=colour, **style)
    if number is not None:
        axes.annotate(
            str(number), (x[0], y[0]), (7, 6), textcoords="offset points", fontsize=8, fontweight="bold",
            zorder=10, annotation_clip=True, bbox={**_LABEL_BOX, "pad": 0.8},
        )  # fmt: skip


def _line(axes: Axes, local: LocalMap, places: NDArray[np.float64], **style: Any) -> None:
    line = path(places)
    x, y = local.forward(line[:, 0], line[:, 1])
    axes.plot(x, y, solid_capstyle="round", **style)


def view_of(
    points: Iterable[tuple[NDArray[np.float64], NDArray[np.float64]]], aspect: float, least_m: float
) -> View:
    """Return a view of the given width ÷ height that shows all points, ``least_m`` at least."""
    x, y = (np.concatenate(part) for part in zip(*points, strict=True))
    middle_x, middle_y = (x.min() + x.max()) / 2, (y.min() + y.max()) / 2
    half_y = max(np.ptp(y) / 2, np.ptp(x) / 2 / aspect, least_m / 2) * 1.16
    half_x = half_y * aspect
    return middle_x - half_x, middle_x + half_x, middle_y - half_y, middle_y + half_y


def dress(axes: Axes, local: LocalMap, view: View) -> None:
    """Set the view and add graticule, scale bar and north arrow."""
    axes.set_xlim(view[0], view[1])
    axes.set_ylim(view[2], view[3])
    axes.set_aspect("equal", adjustable="box")
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_facecolor("#fbfbf8")
    _graticule(axes, local, view)
    _scale_bar(axes, view)
    _north(axes, local, view)


def _graticule(axes: Axes, local: LocalMap, view: View) -> None:
    x, y = np.meshgrid(np.linspace(view[0], view[1], 25), np.linspace(view[2], view[3], 25))
    lat, lon = local.inverse(x, y)
    south, north, west, east = lat.min(), lat.max(), lon.min(), lon.max()
    for pole in (-90.0, 90.0):
        px, py = local.forward(pole, local.lon_deg)
        if view[0] < px < view[1] and view[2] < py < view[3]:
            west, east = local.lon_deg - 180.0, local.lon_deg + 180.0
            south, north = min(south, pole), max(north, pole)
    lat_step = _step(north - south, 4)
    lon_step = _step(east - west, 4)
    line: dict[str, Any] = {"color": "#c9c9c0", "linewidth": 0.5, "zorder": 0}
    for value in _multiples(south, north, lat_step):
        gx, gy = local.forward(np.full(181, value), np.linspace(west - lon_step, east + lon_step, 181))
        axes.plot(gx, gy, **line)
        at = _crossing(gx, gy, view[0])
        if at is not None and view[2] < at < view[3]:
            axes.text(
                view[0],
                at,
                _degrees(value, lat_step, "NS") + " ",
                ha="right",
                va="center",
                fontsize=6.5,
                color=palette.FAINT,
            )
    for value in _multiples(west, east, lon_step):
        gx, gy = local.forward(
            np.linspace(max(-90, south - lat_step), min(90, north + lat_step), 181), np.full(181, value)
        )
        axes.plot(gx, gy, **line)
        at = _crossing(gy, gx, view[2])
        if at is not None and view[0] < at < view[1]:
            wrapped = (value + 180.0) % 360.0 - 180.0
            axes.text(
                at,
                view[2],
                "\n" + _degrees(wrapped, lon_step, "EW"),
                ha="center",
                va="center",
                fontsize=6.5,
                color=palette.FAINT,
                linespacing=1.6,
            )


def _step(span_deg: float, lines: int) -> float:
    return next((s / 60.0 for s in _STEPS_MIN if s / 60.0 >= span_deg / (lines + 1)), 45.0)


def _multiples(low_deg: float, high_deg: float, step_deg: float) -> list[float]:
    first = math.ceil(low_deg / step_deg - 1e-9)
    return [k * step_deg for k in range(first, min(first + 60, math.floor(high_deg / step_deg + 1e-9) + 1))]


def _crossing(along: NDArray[np.float64], across: NDArray[np.float64], edge_m: float) -> float | None:
    """Return where a curve first passes ``along == edge_m``."""
    passes = np.flatnonzero((along[:-1] <= edge_m) != (along[1:] <= edge_m))
    if not len(passes):
        return None
    k = int(passes[0])
    t = (edge_m - along[k]) / (along[k + 1] - along[k])
    return float(across[k] + t * (across[k + 1] - across[k]))


def _degrees(value: float, step_deg: float, signs: str) -> str:
    sign = signs[value < 0] if value and abs(value) < 180.0 else ""
    if step_deg >= 1.0:
        return f"{abs(value):.0f}°{sign}"
    minutes = round(abs(value) * 60.0, 2)
    digits = 0 if step_deg * 60 >= 1 else 1 if step_deg * 60 >= 0.1 else 2
    return f"{int(minutes // 60)}°{minutes % 60:0{2 + (digits + 1) * (digits > 0)}.{digits}f}′{sign}"


def _scale_bar(axes: Axes, view: View) -> None:
    across = view[1] - view[0]
    length_nm = max((b for b in _BARS_NM if b * M_PER_NM <= across * 0.25), default=_BARS_NM[0])
    x, y = view[0] + across * 0.04, view[2] + (view[3] - view[2]) * 0.05
    length_m = length_nm * M_PER_NM
    axes.plot([x, x + length_m], [y, y], color=palette.INK, linewidth=2.2, solid_capstyle="butt", zorder=11)
    metric = f"{length_m / 1000:,.1f} km".replace(".0 km", " km") if length_m >= 1000 else f"{length_m:.0f} m"
    at_centre = " at the centre" if across > 3e6 else ""
    axes.text(
        x, y + (view[3] - view[2]) * 0.012, f"{length_nm:g} NM ({metric}){at_centre}",
        fontsize=7, va="bottom", zorder=11, bbox={**_LABEL_BOX, "pad": 0.6},
    )  # fmt: skip


def _north(axes: Axes, local: LocalMap, view: View) -> None:
    x, y = view[1] - (view[1] - view[0]) * 0.05, view[3] - (view[3] - view[2]) * 0.12
    lat, lon = local.inverse(x, y)
    ahead_x, ahead_y = local.forward(min(float(lat) + 0.001, 90.0), float(lon))
    dx, dy = float(ahead_x) - x, float(ahead_y) - y
    length = math.hypot(dx, dy) or 1.0
    reach = (view[3] - view[2]) * 0.08
    tip = (x + dx / length * reach, y + dy / length * reach)
    axes.annotate(
        "", tip, (x, y), arrowprops={"arrowstyle": "-|>", "color": palette.INK, "linewidth": 1.2}, zorder=11
    )
    axes.text(
        x - dx / length * reach * 0.3,
        y - dy / length * reach * 0.3,
        "N",
        ha="center",
        va="center",
        fontsize=8,
        zorder=11,
    )


def points_of(
    local: LocalMap, zones: Sequence[Zone]
) -> list[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Return the projected outlines of zones, for a view that shows them."""
    return [
        local.forward(polygon[0][:, 0], polygon[0][:, 1])
        for zone in zones
        for volume in zone.volumes
        for polygon in outlines(volume.footprint)
    ]
