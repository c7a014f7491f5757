"""Marks reports that are not credible before anything is judged by them.

A report that fails is kept, carries its reason, and never confirms an infringement: satellite navigation is
jammed and spoofed, and puts airliners inside closed airspace for half an hour. The screen looks back only, so
that a mark given live is the mark given on the record, however the reports are cut into batches.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntFlag
from typing import TYPE_CHECKING, Any

import numpy as np

from nofly.errors import InputError
from nofly.tracks import screening_scan

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nofly.schema import Positions

ALTITUDES = ("alt_std_m", "alt_amsl_m", "alt_hae_m", "alt_agl_m")
"""The first of these that a batch has is screened for jumps."""

SLOW_MPS, HIGH_M = 40.0, 9_000.0
"""No aeroplane stays up so high so slowly: at FL295 it flies 78 kt over the ground only into a wind that
would be a record."""


class Mark(IntFlag):
    """Why a report is not credible, or not wholly."""

    DUPLICATE = 1
    TIME_BACK = 2
    TELEPORT = 4
    TWO_SENDERS = 8
    FROZEN = 16
    SPEED_MISMATCH = 32
    QUALITY_LOST = 64
    ALTITUDE_JUMP = 128
    GROUND_FAST = 256
    HIGH_SLOW = 512
    REAPPEARED = 1024
    AFTER_JUMP = 2048

    @property
    def sentence(self) -> str:
        """What the marks say, in plain words; empty where there is none."""
        return "; ".join(text for mark, text in SENTENCES.items() if mark in self)


SENTENCES = {
    Mark.DUPLICATE: "another report of the same instant",
    Mark.TIME_BACK: "its time is not after that of the report before",
    Mark.TELEPORT: "no aircraft can have come here from the track known so far",
    Mark.TWO_SENDERS: "two senders far apart use this address",
    Mark.FROZEN: "the position has not changed for more than a minute, yet it is reported to move",
    Mark.SPEED_MISMATCH: "the way made does not fit the reported speed and track",
    Mark.QUALITY_LOST: "the aircraft itself reports that its position has lost its accuracy or integrity",
    Mark.ALTITUDE_JUMP: "the height changes faster than any aircraft climbs or sinks",
    Mark.GROUND_FAST: "it is reported on the ground at more than 100 m/s (194 kt)",
    Mark.HIGH_SLOW: "it is reported slower than 40 m/s (78 kt) above 9,000 m (FL295)",
    Mark.REAPPEARED: "it reappeared here after a jump: the way to it is not known",
    Mark.AFTER_JUMP: "its track had jumped within the hour before",
}
"""One clause for each mark."""

DISPLACED = Mark.TIME_BACK | Mark.TELEPORT | Mark.TWO_SENDERS | Mark.FROZEN
"""The position is not credible: nothing is judged by it."""
WEAK = (
    Mark.SPEED_MISMATCH | Mark.QUALITY_LOST | Mark.ALTITUDE_JUMP | Mark.GROUND_FAST | Mark.HIGH_SLOW
    | Mark.AFTER_JUMP
)  # fmt: skip
"""The report is doubtful: it counts, but never confirms."""


@dataclass(frozen=True, slots=True)
class ScreenParams:
    """The limits that may be set; the others are in docs/reference/screening.md."""

    max_speed_mps: float = 1000.0
    """Nothing that flies within the atmosphere is faster."""
    plausible_mps: float = 350.0
    """What a chain may do without losing its standing: an airliner in a jet stream."""
    slack_m: float = 1000.0
    """Allowed on top, for time stamps a second or two off and positions rounded to 0.001°."""


@dataclass(slots=True)
class ScreenState:
    """What the screen remembers: for each target index one row of numbers, all 0 for a target not seen."""

    rows: NDArray[np.float64]

    @classmethod
    def empty(cls, targets: int = 0) -> ScreenState:
        """Return a state with room for so many targets, none seen."""
        return cls(_rows(targets))

    def grown(self, targets: int) -> ScreenState:
        """Return a copy with room for at least so many targets; room grows by half at the least."""
        have = len(self.rows)
        if targets <= have:
            return ScreenState(self.rows.copy())
        rows = _rows(max(targets, have + have // 2))
        rows[:have] = self.rows
        return ScreenState(rows)

    def to_bytes(self) -> bytes:
        """Return the state as bytes for :meth:`from_bytes`, the same on every machine."""
        return self.rows.astype("<f8").tobytes()

    @classmethod
    def from_bytes(cls, data: bytes) -> ScreenState:
        """Return the state of :meth:`to_bytes`; InputError when the length does not fit."""
        width = screening_scan.WIDTH
        if len(data) % (8 * width):
            raise InputError(f"screening state of {len(data)} bytes", expected=f"a multiple of {8 * width}")
        return cls(np.frombuffer(data, "<f8").astype(np.float64).reshape(-1, width))

    def __eq__(self, other: object) -> bool:
        """Same numbers for the same targets; room not used does not count."""
        if not isinstance(other, ScreenState):
            return NotImplemented
        n = min(len(self.rows), len(other.rows))
        rest = not self.rows[n:].any() and not other.rows[n:].any()
        return rest and bool(np.array_equal(self.rows[:n], other.rows[:n], equal_nan=True))

    __hash__ = None  # type: ignore[assignment]


def _rows(targets: int) -> NDArray[np.float64]:
    """Return rows of zeros, each at the beginning of a line of memory."""
    line, width = screening_scan.LINE, screening_scan.WIDTH
    room = np.zeros(targets * width + line)
    skip = -(room.__array_interface__["data"][0] // room.itemsize) % line
    return room[skip : skip + targets * width].reshape(targets, width)


def screen(
    positions: Positions, state: ScreenState | None = None, params: ScreenParams | None = None
) -> tuple[NDArray[np.uint16], ScreenState]:
    """Return the marks of each row (bits of :class:`Mark`, 0 is clean) and the state to go on with.

    Rows of one target come in the order in which they were received; targets may be mixed.
    ``positions.target.codes`` must mean the same targets from batch to batch. The state given is not changed.
    """
    codes = positions.target.codes
    most = int(codes.max()) + 1 if len(codes) else 0
    new = (state or ScreenState.empty()).grown(max(most, len(positions.target.values)))
    if len(codes) and int(codes.min()) < 0:
        raise InputError("a row without a target", expected="a target in every row")
    marks = screen_into(positions, codes, new, params or ScreenParams())
    return marks, new


def screen_into(
    positions: Positions, codes: NDArray[np.int32], state: ScreenState, params: ScreenParams
) -> NDArray[np.uint16]:
    """Return the marks of each row and change ``state`` in place: for runners that own it.

    ``codes`` are target indices below ``len(state.rows)``, not checked.
    """
    marks = np.zeros(len(positions), np.uint16)
    altitude = next((name for name in ALTITUDES if name in positions.columns), "")
    screening_scan.scan(
        _writable(codes, np.int32),
        _writable(positions.time_us, np.int64),
        _writable(positions.lat_deg, np.float64),
        _writable(positions.lon_deg, np.float64),
        _column(positions, "gs_mps", np.float64),
        _column(positions, "track_deg", np.float64),
        _column(positions, altitude, np.float64),
        _column(positions, "nic", np.int8),
        _column(positions, "nac_p", np.int8),
        _column(positions, "on_ground", np.int8),
        state.rows,
        marks,
        params.max_speed_mps,
        params.plausible_mps,
        params.slack_m,
    )
    speed = positions.column("gs_mps")
    if altitude and speed is not None:
        slow = (speed < SLOW_MPS) & (positions.columns[altitude] > HIGH_M)
        if slow.any():
            marks[slow & ~_may_hover(positions)] |= int(Mark.HIGH_SLOW)
    return marks


def _may_hover(positions: Positions) -> NDArray[np.bool_]:
    """Return which reports are of what may be slow so high: gliders, balloons, unmanned and space vehicles
    (emitter category set B; ICAO Doc 9871, table A-2-8)."""
    category = positions.texts.get("category")
    if category is None:
        return np.zeros(len(positions), np.bool_)
    light = np.array([*(name[:1] in ("B", "b") for name in category.values), False], np.bool_)
    found: NDArray[np.bool_] = light[category.codes]
    return found


def _column(positions: Positions, name: str, kind: type[Any]) -> NDArray[Any]:
    found = positions.column(name)
    return np.empty(0, kind) if found is None else _writable(found, kind)


def _writable(column: NDArray[Any], kind: type[Any]) -> NDArray[Any]:
    """Return a column as the scan takes it: in memory that may be written to, as Arrow's may not."""
    if column.flags.carray and column.dtype == kind:
        return column
    return np.require(column, kind, ["C", "W"])
