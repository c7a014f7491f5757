"""Where every aircraft was last, and the way it came: what a map shows.

Fed with positions as they were received, it keeps the newest report of each aircraft and, bounded, those of
the last minutes. Reports older than the newest of their aircraft do not move it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nofly.schema import Positions
from nofly.units import US_PER_S

FORGET_S = 600.0
"""An aircraft that was not heard for so long is shown no more."""
TRAIL_S = 600.0
MOST_TRAIL_ROWS = 2_000_000
"""Reports kept for trails, of all aircraft; the oldest go first."""
DATUMS = ("std", "amsl", "hae", "agl")
"""In the order in which a height is looked for. Its number from 1 on stands for it; 0 is no height known."""
_TEXTS = ("callsign", "squawk", "category", "source")
_UNKNOWN = -1
_FORGOTTEN_US = int(np.iinfo(np.int64).min)

LATEST = np.dtype([
    ("time_us", "i8"), ("lat_deg", "f8"), ("lon_deg", "f8"), ("alt_m", "f8"), ("datum", "u1"),
    ("gs_mps", "f8"), ("track_deg", "f8"), ("vrate_mps", "f8"), ("pos_err_m", "f8"), ("on_ground", "i1"),
])  # fmt: skip
"""A report. NaN and −1 are not known; ``datum`` is a number of :data:`DATUMS` from 1 on, or 0."""
_TRAILED = np.dtype([("number", "u4"), ("report", LATEST)])


class Told(NamedTuple):
    """What an aircraft last said of itself; None is not known."""

    target_id: str
    callsign: str | None = None
    squawk: str | None = None
    category: str | None = None
    source: str | None = None


class Box(NamedTuple):
    """South, west, north and east; a west east of the east goes round by the antimeridian."""

    south_deg: float
    west_deg: float
    north_deg: float
    east_deg: float

    def holds(self, lat_deg: NDArray[np.float64], lon_deg: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return which places are in it."""
        high = (lat_deg >= self.south_deg) & (lat_deg <= self.north_deg)
        if self.west_deg <= self.east_deg:
            return high & (lon_deg >= self.west_deg) & (lon_deg <= self.east_deg)
        return high & ((lon_deg >= self.west_deg) | (lon_deg <= self.east_deg))


@dataclass(slots=True)
class Picture:
    """The aircraft by number: numbers only grow, one that was forgotten comes back with another."""

    latest: NDArray[Any] = field(default_factory=lambda: np.zeros(0, LATEST))
    told: list[Told] = field(default_factory=list)
    version: int = 0
    """One more with every change."""
    renamed: list[int] = field(default_factory=list)
    """Numbers whose :class:`Told` is new, in order; a reader remembers how many it has read."""
    _numbers: dict[str, int] = field(default_factory=dict)
    _trail: deque[NDArray[Any]] = field(default_factory=deque)
    _trail_rows: int = 0

    def take(self, positions: Positions) -> None:
        """Take a batch of positions."""
        if not len(positions):
            return
        numbers = self._numbered(positions)
        rows = _reports(positions)
        order = np.lexsort((rows["time_us"], numbers))
        last = order[np.append(numbers[order][1:] != numbers[order][:-1], True)]
        who = numbers[last]
        newer = rows["time_us"][last] >= self.latest["time_us"][who]
        last, who = last[newer], who[newer]
        self.latest[who] = rows[last]
        self._tell(positions, last, who)
        self._keep(numbers, rows)
        self.version += 1

    @property
    def latest_us(self) -> int | None:
        """Time of the newest report; None where there is none, or all are forgotten."""
        newest_us = int(self.latest["time_us"].max(initial=_FORGOTTEN_US))
        return None if newest_us == _FORGOTTEN_US else newest_us

    def shown(self, now_us: int) -> NDArray[np.int64]:
        """Return the numbers of the aircraft heard within :data:`FORGET_S`."""
        return np.flatnonzero(self.latest["time_us"] > now_us - round(FORGET_S * US_PER_S))

    def number(self, target_id: str) -> int | None:
        """Return the number of an aircraft, None where it was not heard."""
        return self._numbers.get(target_id)

    def trail(self, number: int) -> NDArray[Any]:
        """Return the reports of an aircraft in the last :data:`TRAIL_S`, in order of time, of dtype
        :data:`LATEST`."""
        parts = [part["report"][part["number"] == number] for part in tuple(self._trail)]
        rows = np.concatenate(parts) if parts else np.zeros(0, LATEST)
        return rows[np.argsort(rows["time_us"], kind="stable")]

    def trails(self, numbers: NDArray[np.int64], step_us: int) -> dict[int, NDArray[Any]]:
        """Return the trails of aircraft by their number, of at most one report in each ``step_us`` and the
        newest."""
        parts = [part[np.isin(part["number"], numbers)] for part in tuple(self._trail)]
        rows = np.concatenate(parts) if parts else np.zeros(0, _TRAILED)
        rows = rows[np.lexsort((rows["report"]["time_us"], rows["number"]))]
        number, step = rows["number"], rows["report"]["time_us"] // step_us
        differs = number[1:] != number[:-1]
        last = np.append(differs, True)
        kept = np.append(True, differs | (step[1:] != step[:-1]))[: len(rows)] | last[: len(rows)]
        rows = rows[kept]
        cuts = np.flatnonzero(rows["number"][1:] != rows["number"][:-1]) + 1
        return {int(part["number"][0]): part["report"] for part in np.split(rows, cuts) if len(part)}

    def forget(self, now_us: int) -> None:
        """Let go of trails that are too old, and of aircraft that were not heard for an hour."""
        before_us = now_us - round(TRAIL_S * US_PER_S)
        while self._trail and int(self._trail[0]["report"]["time_us"].max()) < before_us:
            self._trail_rows -= len(self._trail.popleft())
        long_ago = {
            name: number
            for name, number in self._numbers.items()
            if self.latest["time_us"][number] < now_us - 3600 * US_PER_S
        }
        for name, number in long_ago.items():
            del self._numbers[name]
            # A recording is older than any present: one that comes back must not be there twice.
            self.latest["time_us"][number] = _FORGOTTEN_US

    def _numbered(self, positions: Positions) -> NDArray[np.int64]:
        values, known = positions.target.values, self._numbers
        used = np.unique(positions.target.codes).tolist()
        lookup = np.zeros(len(values), np.int64)
        for code in used:
            name = values[code]
            number = known.get(name)
            if number is None:
                number = known[name] = len(self.told)
                self.told.append(Told(name))
                self.renamed.append(number)
            lookup[code] = number
        if len(self.told) > len(self.latest):
            more = np.zeros(max(len(self.told), len(self.latest) * 3 // 2) - len(self.latest), LATEST)
            more["time_us"] = _FORGOTTEN_US
            self.latest = np.concatenate([self.latest, more])
        return lookup[positions.target.codes]

    def _tell(self, positions: Positions, rows: NDArray[np.int64], who: NDArray[np.int64]) -> None:
        """Note what the newest reports say of their aircraft; what one leaves out stays."""
        for name in _TEXTS:
            text = positions.texts.get(name)
            if text is None:
                continue
            codes = text.codes[rows]
            for number, code in zip(who[codes >= 0].tolist(), codes[codes >= 0].tolist(), strict=True):
                if getattr(self.told[number], name) != text.values[code]:
                    self.told[number] = self.told[number]._replace(**{name: text.values[code]})
                    self.renamed.append(number)

    def _keep(self, numbers: NDArray[np.int64], rows: NDArray[Any]) -> None:
        part = np.zeros(len(rows), _TRAILED)
        part["number"], part["report"] = numbers, rows
        self._trail.append(part)
        self._trail_rows += len(part)
        while self._trail_rows > MOST_TRAIL_ROWS and len(self._trail) > 1:
            self._trail_rows -= len(self._trail.popleft())


def _reports(positions: Positions) -> NDArray[Any]:
    rows = np.zeros(len(positions), LATEST)
    rows["time_us"], rows["lat_deg"], rows["lon_deg"] = (
        positions.time_us, positions.lat_deg, positions.lon_deg,
    )  # fmt: skip
    for name in ("gs_mps", "track_deg", "vrate_mps", "pos_err_m"):
        rows[name] = positions.floats(name)
    ground = positions.column("on_ground")
    rows["on_ground"] = _UNKNOWN if ground is None else ground
    rows["alt_m"] = np.nan
    for number, datum in reversed([*enumerate(DATUMS, 1)]):
        height_m = positions.floats(f"alt_{datum}_m")
        known = ~np.isnan(height_m)
        rows["alt_m"][known], rows["datum"][known] = height_m[known], number
    return rows


def names_since(picture: Picture, read: int) -> tuple[Sequence[tuple[int, Told]], int]:
    """Return what aircraft were named since ``read`` changes were read, each once, and how many there are."""
    numbers = dict.fromkeys(picture.renamed[read:])
    return [(number, picture.told[number]) for number in numbers], len(picture.renamed)
