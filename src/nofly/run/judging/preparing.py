"""What the kernel is given of a batch: numbers for targets, screening marks, heights, errors, and when the
zones are active. The same for recorded and live traffic; all state is in the object.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nofly.errors import InputError
from nofly.geo.bridge import Carry, bridge
from nofly.geo.heights import HeightBounds, fill_heights
from nofly.incidents.stays import zone_activity
from nofly.kernel.detect import Reports
from nofly.kernel.target_scan import put_intervals
from nofly.kernel.visits import Quality
from nofly.run.judging.numbering import Numbering
from nofly.run.judging.whole_days import whole_days
from nofly.schema import Coded, Positions
from nofly.tracks.quality import default_pos_err_m, epu_m
from nofly.tracks.repeats import Repeats
from nofly.tracks.screening import DISPLACED, WEAK, Mark, ScreenParams, ScreenState, screen_into
from nofly.units import US_PER_S
from nofly.zones.model import Datum, Zone

TIME_ERR_S = 1.0
"""95 % error of a report's time where none is said: time stamps of receivers without GPS, and whole-second
archives."""


_NO_ROWS = np.zeros(0, np.int64)
Active = tuple[NDArray[np.int32], NDArray[np.int64]]
"""When the zones are active: see :func:`nofly.incidents.stays.zone_activity`."""


@dataclass(frozen=True, slots=True)
class Aids:
    """What heights are worked out with; None is not given."""

    qnh: Any = None
    geoid: Any = None
    terrain: Any = None
    bounds: HeightBounds = field(default_factory=HeightBounds)


@dataclass(slots=True)
class Taken:
    """A batch as it was judged: its rows, their target numbers and screening marks, heights and errors."""

    positions: Positions
    target: NDArray[np.int32]
    marks: NDArray[np.uint16]
    reports: Reports
    quality: Quality


class Preparing:
    """Takes batches in which each target's reports are in order of time."""

    def __init__(
        self,
        zones: Sequence[Zone],
        datums: Sequence[Datum],
        max_gap_s: float,
        aids: Aids,
        screening: bool = True,
    ) -> None:
        self._zones = zones
        self._datums = datums
        self._gap_us = int(max_gap_s * US_PER_S)
        self.aids = aids
        self._screening = screening
        self._numbering = Numbering()
        self.targets = self._numbering.names
        self.shadows: set[int] = set()
        """Numbers of the targets that stand for the not credible reports of another."""
        self.shadow_of = np.full(0, -1, np.int32)
        """Of each target, by number as far as it goes, the one that stands for them; -1 is none."""
        self._repeats = Repeats()
        self._screen = ScreenState.empty()
        self._carry = [Carry.empty(0) for _ in datums]
        self._uniform = _Uniform()
        self._span: tuple[int, int] | None = None
        self.active: Active = (np.zeros(len(zones) + 1, np.int32), np.zeros((0, 3), np.int64))
        """When the zones are active, as far as the times of the batches taken."""

    def numbers(self, target: Coded) -> NDArray[np.int32]:
        """Return the numbers of targets: the same from batch to batch. Raises InputError for a row without
        one."""
        numbers = self._numbering.of(target)
        if len(numbers) and numbers.min() < 0:
            raise InputError("a report without a target", expected="a target in every row")
        return numbers

    def ready(self, positions: Positions) -> Taken:
        """Return a batch that holds no repeats as it is to be judged."""
        positions = replace(
            positions,
            time_us=_writable(positions.time_us, np.int64),
            lat_deg=_writable(positions.lat_deg, np.float64),
            lon_deg=_writable(positions.lon_deg, np.float64),
        )
        codes = _writable(self.numbers(positions.target), np.int32)
        marks = self._marks(positions, codes)
        clean = not marks.any()
        target = codes if clean else self._displace(codes, marks)
        self._cover(positions.time_us)
        low, high, err = self._heights(positions, codes)
        anew = _NO_ROWS if clean else np.flatnonzero(marks & int(Mark.REAPPEARED))
        reports = Reports(target, positions.time_us, positions.lat_deg, positions.lon_deg, low, high, anew)
        ground, none = positions.column("on_ground"), self._uniform.column(0, len(positions), np.int8)
        quality = Quality(
            self._position_errors_m(positions),
            err,
            none if clean else ((marks & int(WEAK | DISPLACED)) != 0).view(np.int8),
            none if ground is None else (ground == 1).view(np.int8),
            TIME_ERR_S,
        )
        return Taken(self._with_heights(positions, low, high), target, marks, reports, quality)

    def _marks(self, positions: Positions, codes: NDArray[np.int32]) -> NDArray[np.uint16]:
        if not self._screening:
            return np.zeros(len(positions), np.uint16)
        if len(self._screen.rows) < len(self.targets):
            self._screen = self._screen.grown(len(self.targets))
        return screen_into(positions, codes, self._screen, ScreenParams())

    def _position_errors_m(self, positions: Positions) -> NDArray[np.float64]:
        if "source" in positions.texts or not positions.columns.keys().isdisjoint(("pos_err_m", "nac_p")):
            return position_errors_m(positions)
        return self._uniform.column(default_pos_err_m(None), len(positions), np.float64)

    def once(self, positions: Positions) -> Positions:
        """Return the batch without what another receiver reported as well."""
        if "station" not in positions.texts:
            return positions
        keep = self._repeats.keep(positions, self._numbering.of(positions.target))
        return positions if keep.all() else positions.take(np.flatnonzero(keep))

    def save(self) -> dict[str, Any]:
        """Return the state for :func:`nofly.run.live.packing.pack`."""
        carry = [[c.time_us, c.lo_m, c.hi_m] for c in self._carry]
        return {"targets": self.targets, "shadows": sorted(self.shadows), "shadow_of": self.shadow_of,
                "screen": self._screen.rows, "carry": carry,
                "repeats": self._repeats.save()}  # fmt: skip

    def load(self, state: dict[str, Any]) -> None:
        """Take up a state that :meth:`save` returned, for the same datums."""
        self.shadows.update(state["shadows"])
        self._numbering.resume(state["targets"], self.shadows)
        self.shadow_of = state["shadow_of"]
        self._screen = ScreenState(state["screen"]).grown(0)
        self._repeats.load(state["repeats"])
        self._carry = [Carry(*arrays) for arrays in state["carry"]]

    def _with_heights(self, positions: Positions, low: Any, high: Any) -> Positions:
        """Return the batch with the heights as judged, where they were worked out and not reported."""
        more = {}
        for k, datum in enumerate(self._datums):
            name = f"alt_{datum.lower()}_m"
            told = positions.columns.get(name)
            if told is not None and not np.isnan(told.min()):
                continue
            missing = low[k] == high[k] if told is None else np.isnan(told) & (low[k] == high[k])
            if told is None or missing.any():
                more[name] = np.where(missing, low[k], np.nan if told is None else told)
        return replace(positions, columns={**positions.columns, **more}) if more else positions

    def named_as(self, numbers: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return which targets, by number, go by the names of the given ones."""
        found = np.zeros(len(self.targets), np.bool_)
        found[numbers] = True
        shadows = np.array(sorted(self.shadows), np.int64)
        of = np.array([self._numbering[self.targets[k]] for k in sorted(self.shadows)], np.int64)
        found[of] |= found[shadows]
        found[shadows] |= found[of]
        return found

    def latest_us(self, heard_us: NDArray[np.int64], numbers: NDArray[np.int32]) -> NDArray[np.int64]:
        """Return when some targets were heard last, their not credible reports counted too, from when each
        was heard by number."""
        latest_us = heard_us[numbers]
        if self.shadows:
            rows = np.flatnonzero(numbers < len(self.shadow_of))
            shadow = self.shadow_of[numbers[rows]]
            rows, shadow = rows[shadow >= 0], shadow[shadow >= 0]
            latest_us[rows] = np.maximum(latest_us[rows], heard_us[shadow])
        return latest_us

    def _displace(self, codes: NDArray[np.int32], marks: NDArray[np.uint16]) -> NDArray[np.int32]:
        """Give the reports whose position is not credible to targets of their own."""
        wrong = np.flatnonzero(marks & int(DISPLACED))
        if len(wrong) == 0:
            return codes
        if len(self.shadow_of) < len(self.targets):
            more = np.full(len(self.targets) - len(self.shadow_of), -1, np.int32)
            self.shadow_of = np.concatenate([self.shadow_of, more])
        for number in sorted(set(codes[wrong].tolist())):
            if self.shadow_of[number] < 0:
                shadow = self._numbering.another(self.targets[number])
                self.shadow_of[number] = shadow
                self.shadows.add(shadow)
        out = codes.copy()
        out[wrong] = self.shadow_of[codes[wrong]]
        return out

    def _cover(self, time_us: NDArray[np.int64]) -> None:
        """Work out when the zones are active, round the reports."""
        gap_us = self._gap_us
        span = whole_days(int(time_us.min()) - gap_us, int(time_us.max()) + gap_us, self._span)
        if span != self._span:
            self._span = span
            self.active = zone_activity(self._zones, *span)

    def _heights(self, positions: Positions, codes: NDArray[np.int32]) -> tuple[Any, Any, Any]:
        datums = self._datums
        n = len(positions)
        if not datums:
            none = np.zeros((0, n))
            return none, none, none
        aids = self.aids
        filled = fill_heights(positions, aids.qnh, aids.geoid, aids.terrain, aids.bounds, datums)
        low: list[Any] = []
        high: list[Any] = []
        errors: list[Any] = []
        for k, datum in enumerate(datums):
            found = filled.err_m[datum]
            err = self._uniform.column(filled.default_err_m[datum], n, np.float64) if found is None else found
            lo, hi, self._carry[k] = bridge(
                filled.lo[datum], filled.hi[datum], err, codes, positions.time_us,
                self._carry[k].grown(len(self.targets)), max_gap_us=self._gap_us, put=put_intervals,
            )  # fmt: skip
            low.append(lo)
            high.append(hi)
            errors.append(err)
        if len(datums) == 1:
            same = low[0] is high[0]
            first = _writable(low[0], np.float64)[None]
            return first, first if same else _writable(high[0], np.float64)[None], errors[0][None]
        return np.array(low), np.array(high), np.array(errors)


class _Uniform:
    """Columns of one value throughout, filled once for all batches: nobody writes into them."""

    def __init__(self) -> None:
        self._columns: dict[tuple[float, type[Any]], NDArray[Any]] = {}

    def column(self, value: float, count: int, kind: type[Any]) -> NDArray[Any]:
        """Return so many times the value, the same memory each time."""
        column = self._columns.get((value, kind))
        if column is None or len(column) < count:
            column = self._columns[value, kind] = np.full(count, value, kind)
        return column[:count]


def position_errors_m(positions: Positions) -> NDArray[np.float64]:
    """Return the 95 % position error of each row: as reported, by NACp, or the default of its source."""
    reported = positions.column("pos_err_m")
    nac_p = positions.column("nac_p")
    source = positions.texts.get("source")
    if source is None:
        default: Any = default_pos_err_m(None)
    else:
        default = np.array([*map(default_pos_err_m, source.values), default_pos_err_m(None)])[source.codes]
    out = np.broadcast_to(np.asarray(default, np.float64), (len(positions),))
    if nac_p is not None:
        known = epu_m(nac_p)
        out = np.where(np.isnan(known), out, known)
    if reported is not None:
        out = np.where(np.isnan(reported), out, reported)
    return _writable(out, np.float64)


def _writable(column: NDArray[Any], kind: type[Any]) -> NDArray[Any]:
    """Return a column as the kernel takes it: its typed views want memory that may be written, and Arrow's
    may not."""
    if column.flags.carray and column.dtype == kind:
        return column
    return np.require(column, kind, ["C", "W"])
