"""Fills the height of each report on each datum that a zone asks for, or bounds it, or says unknown.

For each row and datum stands an interval: ``lo == hi`` a best estimate with a 95 % error, ``lo < hi`` a sure
bound, (−∞, +∞) nothing known. The order in which a height is sought is in :data:`METHODS`, and in
docs/reference/heights.md.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from nofly.geo.qnh import offset_m
from nofly.schema import Coded, Positions

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nofly.geo.geoid import Geoid
    from nofly.geo.qnh import QnhField
    from nofly.geo.terrain import Terrain

    Floats = NDArray[np.float64]
    Rows = NDArray[np.int64] | slice
    Part = tuple[Floats, Floats | float]
    Source = tuple[str, Callable[[Rows], Part]]

STD, AMSL, AGL, HAE = "STD", "AMSL", "AGL", "HAE"

ERR_M = {STD: 38.0, AMSL: 38.0, AGL: 38.0, HAE: 45.0}
"""95 % error of a reported height where the report does not state one.

STD, AMSL, AGL: ±125 ft between the level used on board and the level sent (ICAO Annex 10 volume IV,
3.1.1.7.12.2.4), which holds the 25 ft or 100 ft steps of the code. The altimetry system's own error (for
RVSM: mean plus three standard deviations at most 245 ft, ICAO Doc 9574) is not added: whoever flies a level
flies it by that altimeter. HAE: GVA 2, at most 45 m (RTCA DO-260B, 2.2.3.2.7.2.8).
"""
ISA_DEVIATION = 0.06
"""What temperature does between a barometric and a geometric height, as a part of the height: 4 % for each 10
°C off the standard atmosphere (ICAO Doc 8168 volume I), for 15 °C."""

REPORTED, GROUND, BOUND, UNKNOWN = "reported", "on the ground", "bound", "unknown"
METHODS = (REPORTED, GROUND, "QNH", "geoid", "terrain", BOUND, UNKNOWN)
"""How a height came about. ``QNH`` stands for the label of the QNH in use, such as ``QNH 1013.25``."""


@dataclass(frozen=True, slots=True)
class HeightBounds:
    """What is held to be always so, from which bounds are made.

    QNH 950 to 1050 hPa is left a few times a decade, in the core of a deep low or a Siberian high; ground
    below 0 m is met round the Dead Sea (−430 m), the Caspian and in polders: set ``terrain_min_m`` there.
    Undulations of EGM96 lie within −107 and +86 m.
    """

    qnh_min_hpa: float = 950.0
    qnh_max_hpa: float = 1050.0
    terrain_min_m: float = 0.0
    terrain_max_m: float = 8849.0
    undulation_min_m: float = -107.0
    undulation_max_m: float = 86.0


@dataclass(slots=True)
class Heights:
    """Per datum: intervals, errors, methods. ``lo[d] is hi[d]`` where every row is a best estimate."""

    lo: dict[str, Floats] = field(default_factory=dict)
    hi: dict[str, Floats] = field(default_factory=dict)
    err_m: dict[str, Floats | None] = field(default_factory=dict)
    """95 % error of each row's best estimate, 0 where the interval says it; None: ``default_err_m`` in every
    row."""
    default_err_m: dict[str, float] = field(default_factory=dict)
    method: dict[str, str | Coded] = field(default_factory=dict)
    """One for the batch, or one a row."""

    def method_at(self, datum: str, row: int) -> str:
        """Return how the height of one row came about."""
        found = self.method[datum]
        return found if isinstance(found, str) else found.at(row) or UNKNOWN

    def err_at(self, datum: str, row: int) -> float:
        """Return the 95 % error of one row."""
        found = self.err_m[datum]
        return self.default_err_m[datum] if found is None else float(found[row])


def fill_heights(
    positions: Positions,
    qnh: QnhField | None,
    geoid: Geoid | None,
    terrain: Terrain | None,
    limits: HeightBounds,
    datums: Sequence[str],
) -> Heights:
    """Return the heights of each row on each of ``datums`` (``STD``, ``AMSL``, ``AGL``, ``HAE``).

    A column without a null is returned itself, not copied. What is not given (None) is not used.
    """
    filling = _Filling(positions, qnh, geoid, terrain, limits)
    heights = Heights()
    for datum in datums:
        filling.put(heights, str(datum))
    return heights


class _Best:
    """Best estimates of one datum, taken from sources in turn, each for the rows still without."""

    def __init__(self, n: int, sources: Sequence[Source]) -> None:
        self.value: Floats = np.empty(0)
        self.err: Floats | float = 0.0
        self.names = [name for name, _ in sources]
        self.code: NDArray[np.int32] | int = 0
        self.missing = np.arange(n if not sources else 0)
        for number, (_, source) in enumerate(sources):
            if number == 0:
                self.value, self.err = source(slice(None))
            else:
                self._add(number, *source(self.missing))
            if number == 0:
                self.missing = _nulls(self.value)
            else:
                self.missing = self.missing[np.isnan(self.value[self.missing])]
            if not len(self.missing):
                return
        if not sources:
            self.value = np.full(n, np.nan)

    def _add(self, number: int, value: Floats, err: Floats | float) -> None:
        n, found = len(self.value), ~np.isnan(value)
        if not found.any():
            return
        rows = self.missing[found]
        if isinstance(self.code, int):
            self.code, self.value = np.zeros(n, np.int32), self.value.copy()
        self.err = np.full(n, self.err) if isinstance(self.err, float) else self.err.copy()
        self.value[rows], self.code[rows] = value[found], number
        self.err[rows] = err if isinstance(err, float) else err[found]


class _Filling:
    """One batch and what is known round it. Estimates and bounds are made once and on demand."""

    def __init__(
        self, positions: Positions, qnh: QnhField | None, geoid: Geoid | None, terrain: Terrain | None,
        limits: HeightBounds,
    ) -> None:  # fmt: skip
        self.p, self.qnh, self.geoid, self.terrain, self.limits = positions, qnh, geoid, terrain, limits
        self.n = len(positions)
        self.column = {d: positions.column(f"alt_{d.lower()}_m") for d in (STD, AMSL, AGL, HAE)}
        self.err_column = positions.column("alt_err_m")
        ground = positions.column("on_ground")
        self.ground = None if ground is None or not (ground == 1).any() else ground == 1
        self._made: dict[str, _Best] = {}
        low, high = limits.qnh_min_hpa, limits.qnh_max_hpa
        self.offsets = float(offset_m(low)), float(offset_m(high))

    def put(self, heights: Heights, datum: str) -> None:
        best = self.best(datum)
        heights.default_err_m[datum] = best.err if isinstance(best.err, float) else ERR_M[datum]
        heights.err_m[datum] = None if isinstance(best.err, float) else best.err
        if best.names and not len(best.missing):
            heights.lo[datum] = heights.hi[datum] = best.value
            heights.method[datum] = (
                best.names[best.code] if isinstance(best.code, int) else Coded(best.code, best.names)
            )
            return
        rows: Rows = slice(None) if len(best.missing) == self.n else best.missing
        low, high = self.sure(datum, rows)
        unknown = np.isneginf(low) & np.isposinf(high)
        if isinstance(rows, slice):
            heights.lo[datum], heights.hi[datum], heights.err_m[datum] = low, high, None
            heights.default_err_m[datum] = 0.0
            if unknown.all() or not unknown.any():
                heights.method[datum] = UNKNOWN if unknown.all() else BOUND
                return
        else:
            lo, hi = best.value.copy(), best.value.copy()
            err = np.full(self.n, best.err) if isinstance(best.err, float) else best.err.copy()
            lo[rows], hi[rows], err[rows] = low, high, 0.0
            heights.lo[datum], heights.hi[datum], heights.err_m[datum] = lo, hi, err
        code = np.full(self.n, best.code, np.int32) if isinstance(best.code, int) else best.code.copy()
        code[rows] = np.where(unknown, len(best.names) + 1, len(best.names))
        heights.method[datum] = Coded(code, [*best.names, BOUND, UNKNOWN])

    def best(self, datum: str) -> _Best:
        if datum not in self._made:
            makers = {STD: self._std, AMSL: self._amsl, AGL: self._agl, HAE: self._hae}
            self._made[datum] = _Best(self.n, makers[datum]())
        return self._made[datum]

    def _std(self) -> list[Source]:
        sources = self._reported(STD)
        if self.qnh is not None and (self.column[AMSL] is not None or self._geometric()):
            label = self.qnh.label
            sources.append((label, lambda rows: self._plus_qnh(self._unbarometric(rows), rows, -1.0)))
        return sources

    def _amsl(self) -> list[Source]:
        sources = self._reported(AMSL)
        if self.qnh is not None and self.column[STD] is not None:
            sources.append((self.qnh.label, lambda rows: self._plus_qnh(self._told(STD, rows), rows, 1.0)))
        if self._geometric():
            sources.append(("geoid", lambda rows: self._warm(self._geoid_amsl(rows))))
        if self.terrain is not None and (self.column[AGL] is not None or self.ground is not None):
            sources.append(("terrain", lambda rows: self._on_terrain(self._low(rows), rows, 1.0)))
        return sources

    def _agl(self) -> list[Source]:
        sources = self._reported(AGL)
        if self.ground is not None:
            sources.append((GROUND, self._zero))
        if self.terrain is not None and self._geometric():
            sources.append(("terrain", lambda rows: self._on_terrain(self._geoid_amsl(rows), rows, -1.0)))
        if self.terrain is not None and self._amsl():
            sources.append(
                ("terrain", lambda rows: self._warm(self._on_terrain(self._from(AMSL, rows), rows, -1.0)))
            )
        return sources

    def _hae(self) -> list[Source]:
        sources = self._reported(HAE)
        if self.geoid is not None and self._amsl():
            sources.append(("geoid", self._amsl_plus_n))
        return sources

    def _reported(self, datum: str) -> list[Source]:
        return [] if self.column[datum] is None else [(REPORTED, lambda rows: self._told(datum, rows))]

    def _geometric(self) -> bool:
        return self.geoid is not None and self.column[HAE] is not None

    def _told(self, datum: str, rows: Rows) -> Part:
        """A reported height. ``alt_err_m`` is of the satellite height if there is one, else of any."""
        column, hae = self.column[datum], self.column[HAE]
        assert column is not None
        value = column if isinstance(rows, slice) else column[rows]
        if self.err_column is None:
            return value, ERR_M[datum]
        stated = self.err_column[rows]
        unusable = np.isnan(stated)
        if datum != HAE and hae is not None:
            unusable |= ~np.isnan(hae[rows])
        return value, np.where(unusable, ERR_M[datum], stated)

    def _from(self, datum: str, rows: Rows) -> Part:
        best = self.best(datum)
        return best.value[rows], best.err if isinstance(best.err, float) else best.err[rows]

    def _plus_qnh(self, part: Part, rows: Rows, sign: float) -> Part:
        assert self.qnh is not None
        p = self.p
        offset = self.qnh.offset_m(p.time_us[rows], p.lat_deg[rows], p.lon_deg[rows])
        return part[0] + sign * offset, _hypot(part[1], self.qnh.err_m)

    def _geoid_amsl(self, rows: Rows) -> Part:
        hae, err = self._told(HAE, rows)
        return hae - self._undulation(rows), _hypot(err, 1.0)

    def _unbarometric(self, rows: Rows) -> Part:
        """AMSL that does not itself come from STD: reported, otherwise by the geoid."""
        sources = self._reported(AMSL)
        if self._geometric():
            sources.append(("geoid", lambda some: self._warm(self._geoid_amsl(some))))
        both = _Best(self.n, sources)
        return both.value[rows], both.err if isinstance(both.err, float) else both.err[rows]

    def _amsl_plus_n(self, rows: Rows) -> Part:
        return self._warm((self._from(AMSL, rows)[0] + self._undulation(rows), self._from(AMSL, rows)[1]))

    def _undulation(self, rows: Rows) -> Floats:
        assert self.geoid is not None
        return self.geoid.undulation_m(self.p.lat_deg[rows], self.p.lon_deg[rows])

    def _warm(self, part: Part) -> Part:
        """The same, its error widened by what temperature does between barometric and geometric heights."""
        return part[0], _hypot(part[1], np.nan_to_num(ISA_DEVIATION * np.abs(part[0])))

    def _low(self, rows: Rows) -> Part:
        """AGL that needs no terrain: reported, or on the ground."""
        n = len(self.p.time_us[rows])
        value, err = np.full(n, np.nan), np.full(n, ERR_M[AGL])
        if self.column[AGL] is not None:
            value, err = self._told(AGL, rows)[0].copy(), err + 0.0
            err[:] = self._told(AGL, rows)[1]
        if self.ground is not None:
            down = self.ground[rows] & np.isnan(value)
            value[down], err[down] = 0.0, 0.0
        return value, err

    def _zero(self, rows: Rows) -> Part:
        assert self.ground is not None
        return np.where(self.ground[rows], 0.0, np.nan), 0.0

    def _on_terrain(self, part: Part, rows: Rows, sign: float) -> Part:
        low, high = self._ground_m(rows)
        return part[0] + sign * (low + high) / 2.0, _hypot(part[1], np.nan_to_num((high - low) / 2.0))

    def _ground_m(self, rows: Rows) -> tuple[Floats, Floats]:
        assert self.terrain is not None
        return self.terrain.elevation_m(self.p.lat_deg[rows], self.p.lon_deg[rows])

    def sure(self, datum: str, rows: Rows) -> tuple[Floats, Floats]:
        """What is surely so of rows without a best estimate."""
        limits = self.limits
        lo, hi = self._sure_amsl(rows)
        if datum == AGL:
            t_lo, t_hi = self._sure_ground(rows)
            return np.maximum(0.0, lo - t_hi), hi - t_lo
        if datum == HAE:
            return lo + limits.undulation_min_m, hi + limits.undulation_max_m
        if datum == STD:
            return lo - self.offsets[1], hi - self.offsets[0]
        return lo, hi

    def _sure_amsl(self, rows: Rows) -> tuple[Floats, Floats]:
        limits, told = self.limits, []
        if self.column[STD] is not None:
            at, err = self._told(STD, rows)
            told.append((at - (err - self.offsets[0]), at + (err + self.offsets[1])))
        if self.column[HAE] is not None:
            at, err = self._warm(self._told(HAE, rows))
            told.append((at - err - limits.undulation_max_m, at + err - limits.undulation_min_m))
        if self.column[AGL] is not None or self.ground is not None:
            at, err = self._low(rows)
            t_lo, t_hi = self._sure_ground(rows)
            told.append((at - err + t_lo, at + err + t_hi))
        if self._amsl():
            at, err = self._from(AMSL, rows)
            told.append((at - err, at + err))
        if not told:
            n = len(self.p.time_us[rows])
            return np.full(n, -np.inf), np.full(n, np.inf)
        lo, hi = told[0]
        for low, high in told[1:]:
            lo, hi = _both(lo, hi, low, high)
        if len(_nulls(lo)):
            lo, hi = np.where(np.isnan(lo), -np.inf, lo), np.where(np.isnan(hi), np.inf, hi)
        return lo, hi

    def _sure_ground(self, rows: Rows) -> tuple[Floats | float, Floats | float]:
        low, high = self.limits.terrain_min_m, self.limits.terrain_max_m
        if self.terrain is None:
            return low, high
        t_lo, t_hi = self._ground_m(rows)
        return np.where(np.isnan(t_lo), low, t_lo), np.where(np.isnan(t_hi), high, t_hi)


def _nulls(value: Floats) -> NDArray[np.int64]:
    """The rows that are NaN; one cheap pass where there is none."""
    if not len(value) or not np.isnan(value.min()):
        return np.empty(0, np.int64)
    return np.flatnonzero(np.isnan(value))


def _both(lo: Floats, hi: Floats, low: Floats, high: Floats) -> tuple[Floats, Floats]:
    """What two intervals allow together (NaN: nothing said); their span where they contradict each other."""
    apart = (low > hi) | (high < lo)
    return (
        np.where(apart, np.fmin(lo, low), np.fmax(lo, low)),
        np.where(apart, np.fmax(hi, high), np.fmin(hi, high)),
    )


def _hypot(a: Floats | float, b: Floats | float) -> Floats | float:
    both = np.hypot(a, b)
    return float(both) if np.ndim(both) == 0 else both
