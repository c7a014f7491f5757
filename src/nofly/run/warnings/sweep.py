"""Parameters of prediction tried one against the other over recorded traffic, as a picture of the trade-off.

A longer look-ahead warns earlier and more often for nothing; more hits to confirm do the contrary. The
picture shows what each setting costs and what it is worth, so that somebody can choose.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from nofly import __version__
from nofly.errors import ConfigError
from nofly.incidents.warnings import PredictionParams
from nofly.run.check import CheckOptions
from nofly.run.files.trackfiles import TrackBatch
from nofly.run.outputs import palette
from nofly.run.outputs.point_labels import labels
from nofly.run.warnings.passes import Setting, passed
from nofly.run.warnings.report import WarningReport, reports
from nofly.zones.model import Zone

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_SETTINGS = 200
_WIDTH_IN, _HIGH_IN = 12.0, 6.4
_AXES_WIDE, _AXES_HIGH = 0.41, 0.6
_PT_PER_IN = 72.0
_LABEL_PT = 6.5
_NESTED = 4
"""So many lines and marks that lie on one another are told apart by their size alone."""
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#aa4499", "#e69f00", "#56b4e9", "#222222")
_MARKS = ("o", "^", "s", "D", "v", "P", "X")
_LINES: tuple[Any, ...] = ("solid", (0, (5, 1.5)), (0, (1.2, 1.2)), (0, (5, 1.5, 1.2, 1.5)))


@dataclass(frozen=True, slots=True)
class Grid:
    """What is tried, everything with everything. A spacing of None is that of the zones' rules."""

    look_ahead_s: Sequence[float] = (60.0, 90.0, 120.0)
    confirm: Sequence[tuple[int, int]] = ((1, 1), (2, 3), (3, 5))
    """Hits, of so many looks; a warning is dropped after as many misses as looks."""
    bypass_s: Sequence[float] = (30.0,)
    spacing_lateral_m: Sequence[float | None] = (None,)

    def settings(self, base: PredictionParams) -> list[Setting]:
        """Return the settings, the rest as in ``base``. ConfigError where there are none, or more than
        :data:`MOST_SETTINGS`."""
        every = list(product(self.spacing_lateral_m, self.bypass_s, self.confirm, self.look_ahead_s))
        if not 0 < len(every) <= MOST_SETTINGS:
            raise ConfigError(f"a sweep over {len(every)} settings", expected=f"1 to {MOST_SETTINGS}")
        return [
            Setting(
                PredictionParams(
                    look_ahead_s=ahead_s, margin_s=base.margin_s, cycle_s=base.cycle_s, hits=hits, of=of,
                    misses=of, bypass_s=bypass_s, stale_s=base.stale_s, least_speed_mps=base.least_speed_mps,
                ),
                spacing_m,
            )
            for spacing_m, bypass_s, (hits, of), ahead_s in every
        ]  # fmt: skip


def sweep(
    zones: Sequence[Zone], batches: Iterable[TrackBatch], path: str | Path, grid: Grid | None = None,
    params: PredictionParams | None = None, options: CheckOptions | None = None,
    again: Callable[[], Iterable[TrackBatch]] | None = None,
) -> tuple[Path, list[WarningReport]]:  # fmt: skip
    """Write the picture of a sweep (PNG, SVG or PDF by its extension) and return its place, and the report of
    each setting. Raises what :func:`nofly.run.check.check` raises, ConfigError for another extension."""
    from nofly.run.outputs.picture import write_picture
    from nofly.run.outputs.picture_kinds import kind_of

    kind_of(path)
    settings = (grid or Grid()).settings(params or PredictionParams())
    found = reports(zones, passed(zones, batches, settings, options, (), again), settings)
    write_picture(figure(found), path)
    return Path(path), found


def figure(found: Sequence[WarningReport]) -> Figure:
    """Return the picture of the reports of one pass as a matplotlib figure; it needs no display.

    A line joins the settings that differ in the look-ahead alone, which stands beside each point.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    drawn = Figure(figsize=(_WIDTH_IN, _HIGH_IN), facecolor=palette.PAPER)
    FigureCanvasAgg(drawn)
    drawn.text(0.02, 0.962, "nofly replay", fontsize=11, fontweight="bold", va="center")
    drawn.text(0.125, 0.962, _headline(found), fontsize=8, va="center", color=palette.INK)
    left = drawn.add_axes((0.06, 0.26, _AXES_WIDE, _AXES_HIGH))
    right = drawn.add_axes((0.555, 0.26, _AXES_WIDE, _AXES_HIGH))
    lines = _families(found)
    _draw(left, lines, _median_s, "median warning time, s", "How early, against how often for nothing")
    _draw(
        right,
        lines,
        _missed_percent,
        "missed, % of infringements",
        "How many missed, against how often for nothing",
    )
    handles, labels = left.get_legend_handles_labels()
    drawn.legend(
        handles, labels, loc="lower left", bbox_to_anchor=(0.05, 0.05), frameon=False, fontsize=7.5,
        ncols=min(4, max(1, len(labels))), borderpad=0, columnspacing=1.6,
        handlelength=3.5,
    )  # fmt: skip
    note = (
        "Nuisance: alerts of classes 3 and 4 (EUROCONTROL-GUID-161). Numbers beside points: look-ahead, s, "
        f"of all settings that come to this point. nofly {__version__}"
    )
    drawn.text(0.06, 0.025, note, fontsize=7, color=palette.FAINT, va="center")
    return drawn


_Family = tuple[tuple[int, int], float, float | None]


def _families(found: Sequence[WarningReport]) -> dict[_Family, list[WarningReport]]:
    out: dict[_Family, list[WarningReport]] = {}
    for one in found:
        params = one.setting.params
        key = ((params.hits, params.of), params.bypass_s, one.setting.spacing_lateral_m)
        out.setdefault(key, []).append(one)
    return {key: sorted(mine, key=lambda one: one.setting.params.look_ahead_s) for key, mine in out.items()}


def _draw(
    axes: Axes, families: dict[_Family, list[WarningReport]],
    value: Callable[[WarningReport], float | None], label: str, title: str,
) -> None:  # fmt: skip
    confirms, bypasses, spacings = (list(dict.fromkeys(key[k] for key in families)) for k in range(3))
    shown: list[list[tuple[float, float, float]]] = []
    for number, (key, mine) in enumerate(families.items()):
        points = [(_nuisance(one), value(one), one.setting.params.look_ahead_s) for one in mine]
        # What coincides stays to be seen: the narrow line on the wide one, the small mark in the large one.
        under = (len(families) - 1 - number) % _NESTED
        known = [(x, y, s) for x, y, s in points if x is not None and y is not None]
        axes.plot(
            [x for x, _, _ in known], [y for _, y, _ in known], label=_name(key, bypasses, spacings),
            color=_COLOURS[confirms.index(key[0]) % len(_COLOURS)],
            marker=_MARKS[number % len(_MARKS)], linestyle=_LINES[spacings.index(key[2]) % len(_LINES)],
            linewidth=1.2 + 0.9 * under, markersize=4.0 + 2.6 * under, markerfacecolor="none",
            markeredgewidth=1.2, zorder=3.0 - 0.1 * under, clip_on=False,
        )  # fmt: skip
        shown.append(known)
    axes.set_title(title, fontsize=9, loc="left")
    axes.set_xlabel("nuisance alerts a flight hour", fontsize=8)
    axes.set_ylabel(label, fontsize=8)
    axes.tick_params(labelsize=7.5)
    axes.set_xlim(0.0, 1.12 * max([0.1, *(x for line in shown for x, _, _ in line)]))
    axes.set_ylim(0.0, 1.12 * max([10.0, *(y for line in shown for _, y, _ in line)]))
    _label(axes, shown)
    axes.grid(visible=True, linewidth=0.4, color=palette.FAINT, alpha=0.4)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def _label(axes: Axes, shown: Sequence[Sequence[tuple[float, float, float]]]) -> None:
    """Write the look-ahead beside the points of lines."""
    from matplotlib.patheffects import withStroke

    wide_pt, high_pt = _WIDTH_IN * _AXES_WIDE * _PT_PER_IN, _HIGH_IN * _AXES_HIGH * _PT_PER_IN
    right, up = wide_pt / axes.get_xlim()[1], high_pt / axes.get_ylim()[1]
    lines = [[(x * right, y * up, s) for x, y, s in line] for line in shown]
    for one in labels(lines, (wide_pt, high_pt), (0.62 * _LABEL_PT, 1.1 * _LABEL_PT)):
        axes.annotate(
            one.text, (0.0, 0.0), xycoords="axes fraction", xytext=one.corner_pt, textcoords="offset points",
            fontsize=_LABEL_PT, color=palette.INK, zorder=4.0,
            path_effects=[withStroke(linewidth=2.0, foreground=palette.PAPER)],
        )  # fmt: skip


def _name(key: _Family, bypasses: Sequence[Any], spacings: Sequence[Any]) -> str:
    (hits, of), bypass_s, spacing_m = key
    parts = [f"{hits} of {of}"]
    if len(bypasses) > 1:
        parts.append(f"bypass {bypass_s:g} s")
    if len(spacings) > 1:
        parts.append("spacing as ruled" if spacing_m is None else f"spacing {spacing_m:,.0f} m")
    return ", ".join(parts)


def _headline(found: Sequence[WarningReport]) -> str:
    one = found[0].all
    stays = sum(s.warnable for s in one.situations)
    return (
        f"{len(found)} settings over {one.flown_h:,.1f} flight hours with {stays:,} infringements to warn of"
    )


def _nuisance(one: WarningReport) -> float | None:
    return one.all.indicators["nuisance_per_flight_hour"]


def _median_s(one: WarningReport) -> float | None:
    times_s = one.all.warning_times_s
    return median(times_s) if times_s else None


def _missed_percent(one: WarningReport) -> float | None:
    stays = sum(s.warnable for s in one.situations)
    return 100.0 * one.all.missed / stays if stays else None
