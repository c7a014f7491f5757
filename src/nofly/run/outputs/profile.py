"""The vertical profile in a picture: height with its error against floor and ceiling, by UTC."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nofly.geo.heights import ERR_M
from nofly.incidents.record import Infringement
from nofly.run.outputs import palette
from nofly.run.outputs.paths import Paths
from nofly.run.outputs.text import clock, printable, shorten
from nofly.schema import Positions
from nofly.units import M_PER_FT, US_PER_S
from nofly.zones.model import Datum, Limit, Zone

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

COLUMN = {Datum.STD: "alt_std_m", Datum.AMSL: "alt_amsl_m", Datum.AGL: "alt_agl_m", Datum.HAE: "alt_hae_m"}
AXIS = {
    Datum.STD: "pressure altitude, ft on 1013.25 hPa",
    Datum.AMSL: "altitude, ft AMSL",
    Datum.AGL: "height, ft AGL",
    Datum.HAE: "height, ft above the ellipsoid",
}
MOST_DOTS = 60
MARK_WITHIN_S = 30.0
"""Entry and exit are marked where a height is known no further away than this."""
_STEPS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400)


def draw_profile(axes: Axes, paths: Paths, stay: Infringement, zone: Zone | None, gap_s: float) -> None:
    """Draw a stay from shortly before entry to shortly after exit."""
    length_s = max(1.0, (stay.exit_time_us - stay.entry_time_us) / US_PER_S)
    before_s = max(20.0, 0.35 * length_s)
    span_us = (stay.entry_time_us - int(before_s * US_PER_S), stay.exit_time_us + int(before_s * US_PER_S))
    axes.set_xlim(-before_s, length_s + before_s)
    axes.axvspan(0, length_s, color=palette.STATUS_COLOUR[stay.status], alpha=0.07, linewidth=0)
    for at in (0.0, length_s):
        axes.axvline(at, color=palette.STATUS_COLOUR[stay.status], linewidth=0.8, linestyle=(0, (4, 2)))
    beyond_us = int(gap_s * US_PER_S)
    track = paths.track(stay.target_id, span_us[0] - beyond_us, span_us[1] + beyond_us)
    datum = _datum(stay, zone, track)
    heights = np.array([]) if track is None else track.floats(COLUMN[datum]) / M_PER_FT
    known = np.isfinite(heights)
    limits = _limits(zone)
    _set_range(axes, heights[known], [limit for pair in limits for limit in pair if limit])
    _draw_limits(axes, limits, datum, zone)
    if track is not None and known.any():
        _draw_height(axes, track, heights, datum, stay, gap_s)
    else:
        axes.text(0.5, 0.5, "height not known", transform=axes.transAxes, ha="center", color=palette.FAINT)
    axes.set_ylabel(AXIS[datum], fontsize=7.5)
    _time_axis(axes, stay, span_us)
    axes.tick_params(labelsize=7)
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axes.grid(color="#e4e4de", linewidth=0.5)
    axes.set_axisbelow(True)


def _datum(stay: Infringement, zone: Zone | None, track: Positions | None) -> Datum:
    """Return the datum the stay was judged on, else one of the zone's limits, else one that was reported:
    the first on which some height is known."""
    limits = [limit for pair in _limits(zone) for limit in pair if limit is not None]
    wanted = [limit.datum for limit in limits if limit.value_m > 0.0 or limit.datum is not Datum.AGL]
    if stay.height_datum in {d.value for d in Datum}:
        wanted.insert(0, Datum(stay.height_datum))
    for datum in (*wanted, Datum.STD, Datum.AMSL, Datum.HAE, Datum.AGL):
        if track is not None and np.isfinite(track.floats(COLUMN[datum])).any():
            return datum
    return wanted[0] if wanted else Datum.STD


def _limits(zone: Zone | None) -> list[tuple[Limit | None, Limit | None]]:
    """Return the distinct pairs of floor and ceiling, four at most."""
    pairs = dict.fromkeys((v.lower, v.upper) for v in zone.volumes) if zone else {}
    return list(pairs)[:4]


def _set_range(axes: Axes, heights_ft: NDArray[np.float64], limits: list[Limit]) -> None:
    """Show the flight, and those limits that do not flatten it."""
    values = [limit.value_m / M_PER_FT for limit in limits]
    if not len(heights_ft):
        low, high = min([0.0, *values]), max([1000.0, *values])
    else:
        low, high = float(heights_ft.min()), float(heights_ft.max())
        span = max(high - low, 1500.0)
        near = [v for v in values if low - 2.5 * span < v < high + 2.5 * span]
        low, high = min([low, *near]), max([high, *near])
    margin = max(0.14 * (high - low), 150.0)
    axes.set_ylim(low - margin, high + margin)


def _draw_limits(
    axes: Axes, limits: list[tuple[Limit | None, Limit | None]], datum: Datum, zone: Zone | None
) -> None:
    if zone is None:
        return
    colour = palette.ZONE_COLOUR[zone.restriction]
    bottom, top = axes.get_ylim()
    for lower, upper in limits:
        low = bottom if lower is None else lower.value_m / M_PER_FT
        high = top if upper is None else upper.value_m / M_PER_FT
        axes.axhspan(max(low, bottom), min(high, top), color=colour, alpha=0.08, linewidth=0)
        for limit, word, none in ((lower, "floor", "ground"), (upper, "ceiling", "unlimited")):
            _draw_limit(axes, limit, f"{word}: ", none, word == "ceiling", datum, colour)


def _draw_limit(
    axes: Axes, limit: Limit | None, word: str, none: str, above: bool, datum: Datum, colour: str
) -> None:
    bottom, top = axes.get_ylim()
    style: dict[str, Any] = {"fontsize": 7, "color": colour, "ha": "right", "zorder": 6}
    edge = 0.985
    if limit is None or not bottom <= limit.value_m / M_PER_FT <= top:
        text = none if limit is None else f"{shorten(printable(limit.text), 24)}"
        beyond_top = above if limit is None else limit.value_m / M_PER_FT > top
        arrow = "↑" if beyond_top else "↓"
        axes.text(edge, 0.975 if beyond_top else 0.025, f"{word}{text} {arrow}", transform=axes.transAxes,
                  va="top" if beyond_top else "bottom", **style)  # fmt: skip
        return
    same = limit.datum is datum
    value = limit.value_m / M_PER_FT
    axes.axhline(
        value, color=colour, linewidth=1.3, linestyle="solid" if same else (0, (6, 2, 1, 2)), zorder=3
    )
    text = f"{word}{shorten(printable(limit.text), 24)}" + (
        "" if same else f" ({limit.datum.value}: another datum)"
    )
    axes.annotate(
        text, (edge, value), (0, 2.5 if above else -2.5), xycoords=axes.get_yaxis_transform(),
        textcoords="offset points", va="bottom" if above else "top", **style,
    )  # fmt: skip


def _draw_height(
    axes: Axes, track: Positions, heights: NDArray[np.float64], datum: Datum, stay: Infringement, gap_s: float
) -> None:
    seconds = (track.time_us - stay.entry_time_us) / US_PER_S
    stated = track.floats("alt_err_m")
    # A stated error is that of the satellite height, where there is one (nofly.geo.heights).
    other = np.isfinite(track.floats("alt_hae_m")) & (datum is not Datum.HAE)
    error = np.where(np.isnan(stated) | other, ERR_M[datum], stated) / M_PER_FT
    broken = np.flatnonzero(np.diff(track.time_us) > gap_s * US_PER_S) + 1
    colour = palette.STATUS_COLOUR[stay.status]
    length_s = (stay.exit_time_us - stay.entry_time_us) / US_PER_S
    for rows in np.split(np.arange(len(heights)), broken):
        axes.plot(seconds[rows], heights[rows], color=palette.FLIGHT, linewidth=1.0, zorder=4)
        axes.fill_between(
            seconds[rows], (heights - error)[rows], (heights + error)[rows], color=palette.FLIGHT, alpha=0.22,
            linewidth=0, zorder=2,
        )  # fmt: skip
        axes.plot(
            *_within(seconds[rows], heights[rows], length_s), color=colour, linewidth=2.4, zorder=5,
            linestyle=palette.CERTAINTY_LINE[stay.certainty],
        )  # fmt: skip
    if len(heights) <= MOST_DOTS:
        axes.plot(seconds, heights, ".", color=palette.INK, markersize=2.5, zorder=6)
    known = np.isfinite(heights)
    for at, fill in ((0.0, colour), (length_s, palette.PAPER)):
        if np.abs(seconds[known] - at).min() > min(gap_s, MARK_WITHIN_S):
            continue
        value = float(np.interp(at, seconds[known], heights[known]))
        axes.plot(
            [at], [value], palette.STATUS_MARK[stay.status], markersize=8, markerfacecolor=fill,
            markeredgecolor=palette.INK, zorder=7,
        )  # fmt: skip


def _within(
    seconds: NDArray[np.float64], heights: NDArray[np.float64], length_s: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the part of a flight from entry (0 s) to exit, which mostly lie between reports."""
    if not len(seconds) or seconds[-1] < 0.0 or seconds[0] > length_s:
        return np.array([]), np.array([])
    ends = np.array([max(0.0, seconds[0]), min(length_s, seconds[-1])])
    between = (seconds > ends[0]) & (seconds < ends[1])
    at = np.concatenate([ends[:1], seconds[between], ends[1:]])
    return at, np.interp(at, seconds, heights)


def _time_axis(axes: Axes, stay: Infringement, span_us: tuple[int, int]) -> None:
    length_s = (span_us[1] - span_us[0]) / US_PER_S
    step = next((s for s in _STEPS_S if length_s / s <= 6), 86400 * max(1, round(length_s / 86400 / 5)))
    first = -(-span_us[0] // (step * US_PER_S)) * step
    ticks = range(first, span_us[1] // US_PER_S + 1, step)
    axes.set_xticks([t - stay.entry_time_us / US_PER_S for t in ticks])
    axes.set_xticklabels([_tick(t * US_PER_S, step) for t in ticks])
    day = clock(stay.entry_time_us)[:10]
    axes.set_xlabel(f"UTC, {day}", fontsize=7.5)


def _tick(time_us: int, step_s: int) -> str:
    text = clock(time_us)
    if step_s >= 43200:
        return text[5:16]
    return text[11:16] if step_s >= 60 else text[11:19]
