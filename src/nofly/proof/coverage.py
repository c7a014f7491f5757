"""What could be seen: of every place, height and hour, whether an aircraft there would have been received.

Told from the traffic itself and from nothing else. What was received shows that it could be; an aircraft that
was lost at cruise height on its way to a place, or flown through it unreceived, shows that it could not; an
empty sky shows nothing. Aircraft without a transponder are outside of all this, and every statement says so.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import numpy as np

from nofly.errors import InputError
from nofly.kernel.visits import stable_order
from nofly.proof.covering import sightings
from nofly.proof.covering.cells import BANDS_FT, CELL_DEG, HEIGHTS, bands_at, cells_at, heights_of
from nofly.proof.covering.evidence import Evidence
from nofly.proof.covering.sightings import MOST_ROWS, MOST_STATIONS, ROW
from nofly.schema import Coded, Positions

if TYPE_CHECKING:
    from numpy.typing import NDArray


FORMAT = "nofly-coverage/2"
_FORMATS = ("nofly-coverage/1", FORMAT)
"""In the first the aircraft of a table go by the hashes of their ids, in the second by numbers."""
_WAITING_ROWS = 1 << 17
_BY = (*HEIGHTS, "ground", "untold", "doubtful")
_Count = Annotated[int, msgspec.Meta(ge=0, le=1 << 62)]


class Seen(StrEnum):
    """Whether what is in a place would be seen."""

    SEEN = "seen"
    COULD = "could have been seen"
    COULD_NOT = "could not have been seen"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Statement:
    """A verdict on a place and a time, in sentences, and the numbers they rest on (plain values)."""

    verdict: Seen
    sentences: tuple[str, ...]
    numbers: dict[str, Any]

    def as_json(self) -> dict[str, Any]:
        """Return the statement as plain values."""
        return {"verdict": self.verdict.value, "sentences": list(self.sentences), "numbers": self.numbers}


@dataclass(slots=True)
class Coverage:
    """Takes positions batch by batch; in whatever order and parts, it says the same.

    ``most_rows`` bounds what is kept: past it aircraft are counted as "at least".
    """

    most_rows: int = MOST_ROWS
    heights: dict[str, int] = field(default_factory=lambda: dict.fromkeys(_BY, 0))
    """How many reports counted by which height; ``untold`` by none, ``doubtful`` for no place either."""
    _level: int = 0
    _stations: dict[str, int] = field(default_factory=dict)
    _rows: NDArray[np.void] = field(default_factory=lambda: np.zeros(0, ROW))
    _waiting: list[NDArray[np.void]] = field(default_factory=list)
    _waiting_rows: int = 0
    _hashes: dict[str, int] = field(default_factory=dict)
    _evidence: Evidence | None = None

    def take(self, positions: Positions, credible: NDArray[np.bool_] | None = None) -> None:
        """Take a batch. A report that is not ``credible`` (all are) shows that something was received, not
        where. Raises InputError where it holds more than can be kept, of receivers or of places."""
        if not len(positions):
            return
        positions, credible = _by_target(positions, credible)
        self._count_heights(positions, credible)
        aircraft, station = self._aircraft(positions.target), self._codes(positions)
        self._add(sightings.rows_of(positions, aircraft, station, credible))

    def merge(self, other: Coverage) -> None:
        """Take all that another one has. Raises InputError as :meth:`take`."""
        rows = other.rows()
        codes = [self._code(name) for name in other._stations]
        self._level = max(self._level, other.level)
        for name, count in other.heights.items():
            self.heights[name] += count
        self._add(sightings.with_stations(rows, codes))

    def rows(self) -> NDArray[np.void]:
        """Return the table of sightings (:data:`~nofly.proof.covering.sightings.ROW`), by aircraft."""
        if self._waiting:
            whole = sightings.merged([self._rows, *self._waiting])
            self._rows, self._level = sightings.thinned(whole, self._level, self.most_rows)
            self._waiting, self._waiting_rows = [], 0
        return self._rows

    @property
    def stations(self) -> tuple[str, ...]:
        """The receivers and feeds that are named, in order of their names."""
        return tuple(sorted(name for name in self._stations if name))

    @property
    def level(self) -> int:
        """One aircraft of 2**level is told apart, as many as there is room for."""
        self.rows()
        return self._level

    @property
    def reports(self) -> int:
        """How many reports were taken."""
        return int(self.rows()["reports"].sum())

    def codes(self) -> list[tuple[str, int]]:
        """Return the named receivers with their codes in the table, in order of their names."""
        return sorted((name, code) for name, code in self._stations.items() if name)

    @property
    def evidence(self) -> Evidence:
        """What the table tells of every cell."""
        rows = self.rows()
        if self._evidence is None:
            self._evidence = Evidence(rows, bool(self.stations))
        return self._evidence

    def statement(
        self, lat_deg: float, lon_deg: float, height_m: float | None, from_us: int, until_us: int
    ) -> Statement:
        """Return whether an aircraft there would have been seen from ``from_us`` until ``until_us`` (the same
        for an instant); without a height at any. Raises ValueError for what is no place or no time."""
        from nofly.proof.covering.statements import stated

        if not (abs(lat_deg) <= 90.0 and abs(lon_deg) <= 180.0):
            raise ValueError(f"{lat_deg}, {lon_deg} is no place on Earth")
        if until_us < from_us:
            raise ValueError(f"from {from_us} until {until_us} is no time")
        cell = int(cells_at([lat_deg], [lon_deg])[0])
        untold = height_m is None or np.isnan(height_m)
        chosen = range(len(BANDS_FT)) if untold else [int(bands_at(np.array([height_m], float))[0])]
        return stated(self, cell, list(chosen), from_us, until_us)

    def as_json(self) -> dict[str, Any]:
        """Return all that is known as plain values: the same for the same traffic, to the last bit. Aircraft
        are told apart by numbers in the order of their first sighting, which name none."""
        rows = sightings.numbered(self.rows())
        names = sorted(self._stations)
        order = {name: k for k, name in enumerate(names)}
        rows = sightings.with_stations(rows, [order[name] for name in self._stations])
        return {
            "format": FORMAT, "cell_deg": CELL_DEG, "bands_ft": list(BANDS_FT), "level": self._level,
            "heights": dict(sorted(self.heights.items())), "stations": names, "rows": len(rows),
            "table": base64.b64encode(rows.tobytes()).decode(),
        }  # fmt: skip

    @classmethod
    def from_json(cls, document: Mapping[str, Any], most_rows: int = MOST_ROWS) -> Coverage:
        """Return what :meth:`as_json` gave, to be told from: what is taken or merged later counts as other
        aircraft. Raises InputError for anything else, and for more rows than ``most_rows``."""
        it = cls(most_rows)
        try:
            read = msgspec.convert(document, _Document)
            data = base64.b64decode(read.table, validate=True)
        except (msgspec.ValidationError, binascii.Error, ValueError) as error:
            raise InputError(f"not a coverage: {error}", expected=FORMAT) from error
        if read.format not in _FORMATS or (read.cell_deg, read.bands_ft) != (CELL_DEG, list(BANDS_FT)):
            raise InputError("a coverage on another grid, or of another format", expected=FORMAT)
        if sorted(read.heights) != sorted(it.heights) or read.stations != sorted(set(read.stations)):
            raise InputError("not a coverage", locator="$.heights, $.stations", expected=FORMAT)
        if read.rows > most_rows or len(data) != read.rows * ROW.itemsize:
            expected = f"{read.rows:,} rows, at most {most_rows:,}"
            raise InputError("not a coverage", locator="$.table", expected=expected)
        it._level, it._stations = read.level, {name: k for k, name in enumerate(read.stations)}
        it.heights = {name: read.heights[name] for name in it.heights}
        it._rows = sightings.checked(np.frombuffer(data, ROW).copy(), len(read.stations))
        return it

    def _add(self, rows: NDArray[np.void]) -> None:
        self._waiting.append(rows)
        self._waiting_rows += len(rows)
        self._evidence = None
        if self._waiting_rows > max(_WAITING_ROWS, len(self._rows)):
            self.rows()

    def _count_heights(self, positions: Positions, credible: NDArray[np.bool_] | None) -> None:
        untold = np.ones(len(positions), bool) if credible is None else credible.copy()
        self.heights["doubtful"] += len(positions) - int(np.count_nonzero(untold))
        for name in HEIGHTS:
            column = positions.column(name)
            if column is not None:
                told = untold & ~np.isnan(column)
                self.heights[name] += int(told.sum())
                untold &= ~told
        ground = untold & ~np.isnan(heights_of(positions))
        self.heights["ground"] += int(ground.sum())
        self.heights["untold"] += int((untold & ~ground).sum())

    def _aircraft(self, target: Coded) -> NDArray[np.uint64]:
        used = np.unique(target.codes)
        table = np.zeros(len(target.values) + 1, np.uint64)
        for code in used.tolist():
            name = target.values[code] if code >= 0 else ""
            known = self._hashes.get(name)
            table[code] = self._hashes.setdefault(name, sightings.hashed(name)) if known is None else known
        if len(self._hashes) > MOST_ROWS:
            self._hashes.clear()
        return table[target.codes]

    def _codes(self, positions: Positions) -> NDArray[np.int64]:
        named = positions.texts.get("station")
        if named is None:
            return np.full(len(positions), self._code(""), np.int64)
        table = np.zeros(len(named.values) + 1, np.int64)
        for code in np.unique(named.codes).tolist():
            table[code] = self._code(named.values[code] if code >= 0 else "")
        return table[named.codes]

    def _code(self, name: str) -> int:
        if len(self._stations) >= MOST_STATIONS and name not in self._stations:
            raise InputError(f"more than {MOST_STATIONS:,} receivers", expected="their names in station")
        return self._stations.setdefault(name, len(self._stations))


def _by_target(
    positions: Positions, credible: NDArray[np.bool_] | None
) -> tuple[Positions, NDArray[np.bool_] | None]:
    """Return a batch of which reports of one target follow each other: there is less to merge afterwards."""
    codes = positions.target.codes
    if 4 * np.count_nonzero(codes[1:] != codes[:-1]) < len(codes):
        return positions, credible
    needed = {name for name in (*HEIGHTS, "on_ground") if name in positions.columns}
    lean = Positions(
        positions.time_us, positions.target, positions.lat_deg, positions.lon_deg,
        {name: positions.columns[name] for name in needed},
        {name: text for name, text in positions.texts.items() if name == "station"},
    )  # fmt: skip
    order = stable_order(codes + np.int32(1))
    return lean.take(order), None if credible is None else credible[order]


class _Document(msgspec.Struct, forbid_unknown_fields=True):
    """What :meth:`Coverage.as_json` gives."""

    format: str
    cell_deg: float
    bands_ft: Annotated[list[int], msgspec.Meta(max_length=100)]
    level: Annotated[int, msgspec.Meta(ge=0, le=sightings.LEVELS)]
    heights: Annotated[dict[str, _Count], msgspec.Meta(max_length=100)]
    stations: Annotated[list[str], msgspec.Meta(max_length=MOST_STATIONS)]
    rows: _Count
    table: str
