"""The same report from several receivers, counted once.

One message of an aircraft is heard by many receivers, and comes by each of them, some later than others.
Taken for reports of their own, the later ones would put the aircraft where it was a moment ago, and count one
fix several times. So a row is a repeat where one of the same target was kept before it that says exactly the
same (:data:`CONTENT`: place, altitudes, on the ground or not, and how sure all that is), and

* both have the same time, or
* they come from different stations, at times no further apart than the window.

The first to come stays, as it came; which of them has the earlier time makes no difference. No place
is lost by it: it is the one just kept; and of a target that moves, two reports are never the same. What
stands still says the same again and again, by right: from one station, at another time, a row is never a
repeat. From another station it cannot be told from a copy that came late, whose time is that of a hearing and
not of a report; so for as long as the window, presence is vouched for by the station whose row was kept.
Where that one falls silent, the next row of another is kept as soon as the window is over: "heard until" is
told too early by at most the window, and never too late.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nofly.errors import SchemaError
from nofly.schema import FLOATS, Positions

WINDOW_S = 2.0
KEPT = 8
"""So many kept rows of each target are remembered: an aircraft sends its position twice a second."""
MOST_TARGETS = 1 << 18
"""Targets beyond so many share a memory with others, and are forgotten the sooner."""
BLOCK_ROWS = 16_384
"""Rows looked at together: what is made of them stays in the processor's cache."""
FEW_TARGETS = 12
"""The rows of so few targets are cheaper one by one."""

CONTENT = (
    "alt_std_m", "alt_hae_m", "alt_amsl_m", "alt_agl_m", "on_ground", "pos_err_m", "alt_err_m", "nic", "nac_p"
)  # fmt: skip
"""What has to be the same, beside latitude and longitude. A row that knows its error better is no repeat."""
_MIX = np.uint64(0xFF51AFD7ED558CCD)
_SPREAD = np.uint64(0x9E3779B97F4A7C15)
_HALF = np.uint64(32)
_NEVER_US = -(1 << 62)
_FIRST_TARGETS = 1024


class Repeats:
    """Which rows repeat one that came before. How rows are cut into calls makes no difference."""

    def __init__(self, window_s: float = WINDOW_S) -> None:
        self._window_us = round(window_s * 1e6)
        self._content = np.zeros((0, KEPT), np.uint64)
        self._time_us = np.zeros((0, KEPT), np.int64)
        self._station = np.zeros((0, KEPT), np.uint32)
        self._next = np.zeros(0, np.int64)
        """Of each target: which of its remembered rows is the oldest, and goes next."""

    def keep(self, positions: Positions, codes: NDArray[np.integer[Any]]) -> NDArray[np.bool_]:
        """Return which rows are no repeats. ``codes`` numbers the rows' targets: small numbers, not negative,
        the same for a target in every call.

        Rows are looked at in the order they have here.
        """
        n = len(positions)
        kept = np.ones(n, np.bool_)
        places = (np.asarray(codes) & (MOST_TARGETS - 1)).astype(np.int64, copy=False)
        if n:
            self._grow(int(places.max()) + 1)
        stations = _stations(positions)
        for start in range(0, n, BLOCK_ROWS):
            block = slice(start, min(n, start + BLOCK_ROWS))
            said = content(positions, codes, block)
            self._block(places[block], said, positions.time_us[block], stations[block], kept[block])
        return kept

    def save(self) -> dict[str, NDArray[Any]]:
        """Return the state; :meth:`load` of it goes on as this one would."""
        return {
            "content": self._content.copy(), "time_us": self._time_us.copy(),
            "station": self._station.copy(), "next": self._next.copy(),
        }  # fmt: skip

    def load(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Take a saved state in place of this one. Raises SchemaError for what is none."""
        n = len(state.get("next", ()))
        kinds = (("content", np.uint64), ("time_us", np.int64), ("station", np.uint32))
        for name, kind in kinds:
            array = state.get(name)
            if array is None or array.shape != (n, KEPT) or array.dtype != kind:
                raise SchemaError(f"{name} of saved repeats", expected=f"{n} × {KEPT} of {kind.__name__}")
        following = state["next"] if n else np.zeros(0, np.int64)
        if n > MOST_TARGETS or (n and not (0 <= following.min() <= following.max() < KEPT)):
            raise SchemaError("next of saved repeats", expected=f"at most {MOST_TARGETS}, each below {KEPT}")
        self._content, self._time_us = state["content"].copy(), state["time_us"].copy()
        self._station, self._next = state["station"].copy(), following.astype(np.int64)

    def _grow(self, targets: int) -> None:
        have = len(self._next)
        if targets <= have:
            return
        more = min(MOST_TARGETS, max(_FIRST_TARGETS, 1 << (targets - 1).bit_length())) - have
        self._content = np.concatenate([self._content, np.zeros((more, KEPT), np.uint64)])
        self._time_us = np.concatenate([self._time_us, np.full((more, KEPT), _NEVER_US)])
        self._station = np.concatenate([self._station, np.zeros((more, KEPT), np.uint32)])
        self._next = np.concatenate([self._next, np.zeros(more, np.int64)])

    def _block(
        self,
        places: NDArray[np.int64],
        content: NDArray[np.uint64],
        time_us: NDArray[np.int64],
        station: NDArray[np.uint32],
        kept: NDArray[np.bool_],
    ) -> None:
        """Look at the first row of every target, then at every second, and so on."""
        order, counts = _by_turn(places)
        start = 0
        for count in counts.tolist():
            if count <= FEW_TARGETS:
                self._one_by_one(order[start:], places, content, time_us, station, kept)
                return
            rows = slice(None) if count == len(places) else order[start : start + count]
            at, what, when, whence = places[rows], content[rows], time_us[rows], station[rows]
            same = self._content.take(at, axis=0) == what[:, None]
            new = np.ones(count, np.bool_)
            if same.any():
                some = np.flatnonzero(same.any(axis=1))
                apart_us = np.abs(self._time_us[at[some]] - when[some, None])
                other = self._station[at[some]] != whence[some, None]
                again = (apart_us == 0) | (other & (apart_us <= self._window_us))
                new[some] = ~(same[some] & again).any(axis=1)
                kept[rows] = new
                at, what, when, whence = at[new], what[new], when[new], whence[new]
            place = self._next.take(at)
            self._next[at] = (place + 1) % KEPT
            place += at * KEPT
            self._content.ravel()[place] = what
            self._time_us.ravel()[place] = when
            self._station.ravel()[place] = whence
            start += count

    def _one_by_one(
        self,
        order: NDArray[np.int64],
        places: NDArray[np.int64],
        content: NDArray[np.uint64],
        time_us: NDArray[np.int64],
        station: NDArray[np.uint32],
        kept: NDArray[np.bool_],
    ) -> None:
        known: dict[int, list[tuple[int, int, int]]] = {}
        following: dict[int, int] = {}
        for at in set(places[order].tolist()):
            columns = self._content[at].tolist(), self._time_us[at].tolist(), self._station[at].tolist()
            known[at], following[at] = list(zip(*columns, strict=True)), int(self._next[at])
        window_us = self._window_us
        rows = (
            places[order].tolist(),
            content[order].tolist(),
            time_us[order].tolist(),
            station[order].tolist(),
        )
        for row, at, what, when, whence in zip(order.tolist(), *rows, strict=True):
            if any(
                what == c and (when == t or (whence != s and abs(when - t) <= window_us))
                for c, t, s in known[at]
            ):
                kept[row] = False
            else:
                known[at][following[at]] = (what, when, whence)
                following[at] = (following[at] + 1) % KEPT
        for at, remembered in known.items():
            self._content[at] = [c for c, _, _ in remembered]
            self._time_us[at] = [t for _, t, _ in remembered]
            self._station[at], self._next[at] = [s for _, _, s in remembered], following[at]


def _by_turn(places: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the rows, first the first of every target, then every second …, and how many of each."""
    n = len(places)
    # NumPy sorts 16 bits several times faster than more; what they leave out is sorted after it.
    order = np.argsort(places.astype(np.uint16), kind="stable")
    if int(places.max()) >> 16:
        order = order[np.argsort((places[order] >> 16).astype(np.uint16), kind="stable")]
    ordered = places[order]
    first = np.empty(n, np.bool_)
    first[0] = True
    np.not_equal(ordered[1:], ordered[:-1], out=first[1:])
    if first.all():
        return np.arange(n), np.array([n])
    numbers = np.arange(n)
    turn = np.empty(n, np.uint16)
    turn[order] = numbers - np.maximum.accumulate(np.where(first, numbers, 0))
    return np.argsort(turn, kind="stable"), np.bincount(turn)


def content(positions: Positions, codes: NDArray[Any], rows: NDArray[np.int64] | slice) -> NDArray[np.uint64]:
    """Return, for some rows, 64 bits that are the same where rows of one target say the same, and else are
    not."""
    mixed = codes[rows].astype(np.uint64) * _SPREAD
    for name in ("lat_deg", "lon_deg", *CONTENT):
        column = positions.columns.get(name) if name in CONTENT else getattr(positions, name)
        if column is None:
            values = np.array([np.nan if name in FLOATS else -1.0])
        else:
            # Adding 0 makes one of the two zeros.
            values = column[rows] + 0.0
            if column.dtype.kind == "f" and name in FLOATS:
                values[np.isnan(values)] = np.nan
        bits = values.view(np.uint64)
        bits *= _SPREAD
        bits ^= bits >> _HALF
        mixed += bits
        mixed *= _MIX
        mixed ^= mixed >> _HALF
    return mixed


def _stations(positions: Positions) -> NDArray[np.uint32]:
    """Return a number for each row's station, the same in every process; 0 where none is told.

    Two stations that share a number are taken for one: then less is a repeat, never more.
    """
    told = positions.texts.get("station")
    if told is None:
        return np.zeros(len(positions), np.uint32)
    numbers = [zlib.crc32(value.encode(errors="replace")) for value in told.values]
    return np.array([*numbers, 0], np.uint32)[told.codes]
