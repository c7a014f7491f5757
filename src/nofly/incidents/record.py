"""What is said of one stay in one zone: the record that tables, exports and pictures show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, overload


class Status(StrEnum):
    """What the rules and the screen say of a stay. Only ``INFRINGEMENT`` counts as one."""

    INFRINGEMENT = "infringement"
    EXEMPT = "exempt"
    CLEARED = "cleared"
    SUSPECT = "suspect"


class Certainty(StrEnum):
    """How sure it is that the aircraft was inside."""

    CONFIRMED = "confirmed"
    """Some report lies inside by more than its own 95 % error in every dimension."""
    PROBABLE = "probable"
    """The best estimate is inside."""
    UNDETERMINED = "undetermined"
    """It cannot be told: a height, or whether the zone was active, is not known."""


class Cause(StrEnum):
    """Why a stay begins or ends."""

    MOVED = "moved"
    ZONE_ACTIVATED = "zone-activated"
    ZONE_DEACTIVATED = "zone-deactivated"
    ZONE_CHANGED = "zone-changed"
    DATA_RESUMED = "data-resumed"
    DATA_LOST = "data-lost"


class Side(StrEnum):
    """On which side of the boundary an aircraft must not be."""

    INSIDE = "inside"
    OUTSIDE = "outside"
    """Of a zone that must not be left (KEEP_IN): the record is of an absence."""


@dataclass(frozen=True, slots=True)
class Infringement:
    """One stay of one target in one zone; for a KEEP_IN zone one absence from it (``side``): entry is then
    where it left, exit where it came back.

    Times are UTC microseconds, places WGS 84 degrees, lengths metres. None is not known or not
    applicable: no lower margin below an unlimited floor.
    """

    id: str
    """Deterministic: the first 16 hexadecimal digits of SHA-256 over zone hash, target and entry time."""
    zone_id: str
    zone_name: str
    zone_hash: str
    zone_edition: int
    target_id: str
    icao24: str | None
    callsign: str | None
    status: Status
    certainty: Certainty
    cause: Cause
    exit_cause: Cause
    entry_time_us: int
    exit_time_us: int
    entry_lat_deg: float
    entry_lon_deg: float
    exit_lat_deg: float
    exit_lon_deg: float
    duration_s: float
    duration_low_s: float
    """95 %: the stay was at least this long."""
    duration_high_s: float
    depth_m: float | None
    """The largest distance inside the lateral boundary, on the ellipsoid; of an absence outside it, 0 where
    the zone was left through floor or ceiling alone."""
    depth_err_m: float | None
    """95 % error of the deepest position."""
    lower_margin_m: float | None
    """The most the height was above the floor while inside (None: no floor, or height unknown). Of an absence
    the least: negative by as much as it was below the floor."""
    upper_margin_m: float | None
    """The most the height was below the ceiling while inside (None: no ceiling, or height unknown). Of an
    absence the least: negative by as much as it was above the ceiling."""
    height_m: float | None
    """Height at entry, on ``height_datum``."""
    height_datum: str | None
    reports: int
    """Reports on the side in question, from entry to exit."""
    longest_gap_s: float
    """Longest time between two successive reports that bound or lie in the stay."""
    findings: tuple[str, ...] = ()
    """Screening marks and data findings, as sentences."""
    reasons: tuple[str, ...] = ()
    """Why this status and this certainty, as sentences."""
    side: Side = Side.INSIDE


Outcomes = Counter[tuple[Status, Certainty]]
"""How many records there are of each status and certainty."""


class Infringements(Sequence[Infringement]):
    """Records that are made when they are asked for: all at once by whoever goes through them.

    Equal to any sequence of the same records.
    """

    def __init__(
        self, count: int, make: Callable[[int], Infringement], outcomes: Callable[[], Outcomes]
    ) -> None:
        """``make`` returns a record by its number, ``outcomes`` counts them without making any."""
        self._count = count
        self._make = make
        self._outcomes = outcomes
        self._made: tuple[Infringement, ...] | None = None

    def __len__(self) -> int:
        return self._count

    def _all(self) -> tuple[Infringement, ...]:
        if self._made is None:
            self._made = tuple(map(self._make, range(self._count)))
        return self._made

    @overload
    def __getitem__(self, at: int) -> Infringement: ...

    @overload
    def __getitem__(self, at: slice) -> tuple[Infringement, ...]: ...

    def __getitem__(self, at: int | slice) -> Infringement | tuple[Infringement, ...]:
        """Return one record, or those of a slice as a tuple."""
        if self._made is not None:
            return self._made[at]
        rows = range(self._count)[at]
        return self._make(rows) if isinstance(rows, int) else tuple(map(self._make, rows))

    def __iter__(self) -> Iterator[Infringement]:
        return iter(self._all())

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Sequence) and len(other) == self._count:
            return self._all() == tuple(other)
        return NotImplemented if not isinstance(other, Sequence) else False

    def __hash__(self) -> int:
        return hash(self._all())

    def __repr__(self) -> str:
        return repr(self._all())

    def __reduce__(self) -> Any:
        """Return what pickles and copies as a tuple of records."""
        return tuple, (self._all(),)

    def outcomes(self) -> Outcomes:
        """Return how many records there are of each status and certainty."""
        return self._outcomes()


def outcomes_of(records: Sequence[Infringement]) -> Outcomes:
    """Return how many records there are of each status and certainty, making none for it."""
    if isinstance(records, Infringements):
        return records.outcomes()
    return Counter((record.status, record.certainty) for record in records)
