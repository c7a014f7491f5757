"""The map of what was weighed: zones, and the ways flown inside and near them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nofly.run.outputs import chart, palette
from nofly.run.outputs.outline import outlines
from nofly.run.outputs.picture import house_style
from nofly.run.outputs.projection import LocalMap
from nofly.run.weighing.weigh import Weighed
from nofly.units import US_PER_S
from nofly.whatif.effect import Hit, Outcome

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_FLIGHTS = 500
COLOURS = {
    Outcome.INFRINGEMENT: "#d55e00", Outcome.UNDETERMINED: "#8a8a8a", Outcome.EXEMPT: "#009e73",
    Outcome.CLEARED: "#0072b2",
}  # fmt: skip
_WIDTH_IN, _HEIGHT_IN = 9.6, 6.0
_AXES = (0.06, 0.06, 0.92, 0.91)
_AROUND_US = 1800 * US_PER_S
Places = NDArray[np.float64]


def figure(weighed: Weighed) -> Figure:
    """Return the map as a matplotlib figure; it needs no display."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with house_style():
        drawn = Figure(figsize=(_WIDTH_IN, _HEIGHT_IN), facecolor=palette.PAPER)
        FigureCanvasAgg(drawn)
        axes = drawn.add_axes(_AXES)
        _draw(axes, weighed)
    return drawn


def _draw(axes: Axes, weighed: Weighed) -> None:
    zones = [*weighed.zones, *weighed.instead_of]
    corners = np.concatenate(
        [
            ring
            for zone in zones
            for v in zone.volumes
            for polygon in outlines(v.footprint)
            for ring in polygon
        ]
    )
    shown = chosen(weighed.effect.hits)
    whole = _whole(weighed)
    framed = [corners, *whole]
    local = LocalMap.about(*(np.concatenate([f[:, k] for f in framed]) for k in (0, 1)))
    points = [local.forward(f[:, 0], f[:, 1]) for f in framed]
    aspect = _WIDTH_IN * _AXES[2] / (_HEIGHT_IN * _AXES[3])
    view = chart.view_of(points, aspect, 3000.0)
    chart.dress(axes, local, view)
    chart.draw_coasts(axes, local, view)
    for zone in weighed.instead_of:
        chart.draw_zone(axes, local, zone, strong=False)
    for zone in weighed.zones:
        chart.draw_zone(axes, local, zone, strong=True)
    for places in whole:
        _line(axes, local, places, color=palette.FLIGHT, linewidth=0.9, zorder=5)
    for hit in shown:
        _hit(axes, local, weighed, hit, many=len(shown) > 60)
    chart.label_zones(axes, local, weighed.zones[:12], view, [], whole)
    _key(axes, {hit.outcome for hit in shown})


def chosen(hits: tuple[Hit, ...]) -> list[Hit]:
    """Return the hits that are drawn: of very many every so manieth, so that all hours have some."""
    every = -(-len(hits) // MOST_FLIGHTS) or 1
    return list(hits[::every])


def _whole(weighed: Weighed) -> list[Places]:
    """Return the whole ways of great-circle flights; none where the traffic was recorded."""
    tracks = weighed.result.tracks
    if not weighed.pairs or tracks is None or not len(tracks):
        return []
    places = np.column_stack([tracks.lat_deg, tracks.lon_deg])
    cuts = np.flatnonzero(tracks.target.codes[1:] != tracks.target.codes[:-1]) + 1
    return np.split(places, cuts)


def ways_of(weighed: Weighed, hit: Hit) -> tuple[list[Places], list[Places]]:
    """Return the way of a flight near the zones, and inside them: parts of two places or more (latitude,
    longitude), cut where nothing was heard for long."""
    ways, target = weighed.ways, weighed.ways.targets.get(hit.target_id)
    if target is None:
        return [], []
    near: list[Places] = []
    if not weighed.pairs:
        since, until = hit.spans_us[0][0] - _AROUND_US, hit.spans_us[-1][1] + _AROUND_US
        rows = ways.rows(target, max(since, hit.first_us), min(until, hit.last_us))
        near = _seen(ways.time_us[rows], ways.places[rows])
    inside = [ways.places[ways.rows(target, since, until)] for since, until in hit.spans_us]
    return [part for part in near if len(part) > 1], [part for part in inside if len(part) > 1]


def _hit(axes: Axes, local: LocalMap, weighed: Weighed, hit: Hit, *, many: bool) -> None:
    near, inside = ways_of(weighed, hit)
    for part in near:
        _line(axes, local, part, color=palette.FLIGHT, linewidth=0.4, alpha=0.5, zorder=4)
    for part in inside:
        style: dict[str, Any] = {"color": COLOURS[hit.outcome], "linewidth": 0.8 if many else 1.8}
        _line(axes, local, part, zorder=6, alpha=0.8, **style)


def _seen(time_us: NDArray[np.int64], places: Places) -> list[Places]:
    """Return a way in parts, cut where nothing was heard for long."""
    return np.split(places, np.flatnonzero(np.diff(time_us) > 300 * US_PER_S) + 1)


def _line(axes: Axes, local: LocalMap, places: Places, **style: Any) -> None:
    if len(places) > 1:
        axes.plot(*local.forward(places[:, 0], places[:, 1]), solid_capstyle="round", **style)


def _key(axes: Axes, outcomes: set[Outcome]) -> None:
    if not outcomes:
        return
    from matplotlib.lines import Line2D

    marks = [
        Line2D([], [], color=COLOURS[outcome], linewidth=2.0, label=outcome.value)
        for outcome in Outcome
        if outcome in outcomes
    ]
    axes.legend(
        handles=marks,
        loc="upper left",
        fontsize=8,
        framealpha=0.85,
        title="would be",
        title_fontsize=8,
        alignment="left",
    )
