"""What the SBS-1 decoder remembers of each aircraft: the last of every value that positions take from other
messages, with its time."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from nofly.feeds.texts import callsign_of, squawk_of

MOST_AIRCRAFT = 100_000
"""Aircraft whose last values are kept; past it the one heard of longest ago is forgotten."""

REMEMBERED = ("alt_std_m", "gs_mps", "track_deg", "vrate_mps", "on_ground", "callsign", "squawk")
"""The values, in the order of the columns; of a text its code."""
ON_GROUND, CALLSIGN, SQUAWK = map(REMEMBERED.index, ("on_ground", "callsign", "squawk"))

_ALTITUDE_AGE_US, _VELOCITY_AGE_US, _IDENTITY_AGE_US = 5_000_000, 30_000_000, 600_000_000
_AGES_US = (_ALTITUDE_AGE_US, *[_VELOCITY_AGE_US] * 4, *[_IDENTITY_AGE_US] * 2)
AGES_US = np.array(_AGES_US)
"""A value from another message is taken for a position at most so long after."""

_NOT_ICAO = 1 << 24
_USUAL_CHARACTERS = 16


def key_of(target: str) -> int:
    """Return the number by which an aircraft is known here: its address, above 24 bits where that is not
    ICAO's."""
    kind, _, address = target.partition(":")
    return int(address, 16) if kind == "icao24" else _NOT_ICAO | int(address[1:], 16)


class Words:
    """Codes of texts: each is cleaned once. The list of values only grows, until it is begun anew."""

    def __init__(self, clean: Callable[[object], str | None]) -> None:
        self._clean = clean
        self.values: list[str] = []
        self._by_text: dict[str, int] = {}
        self._by_raw: dict[str, float] = {}

    def code(self, text: str) -> float:
        """Return the code of a text as it was sent, NaN where nothing is left of it."""
        found = self._by_raw.get(text)
        if found is None:
            clean = self._clean(text)
            found = np.nan if clean is None else float(self._coded(clean))
            if len(text) <= _USUAL_CHARACTERS:
                self._by_raw[text] = found
        return found

    def _coded(self, text: str) -> int:
        found = self._by_text.setdefault(text, len(self.values))
        if found == len(self.values):
            self.values.append(text)
        return found

    @property
    def full(self) -> bool:
        """Whether more is known than aircraft can use."""
        return max(len(self._by_raw), len(self.values)) > 2 * MOST_AIRCRAFT

    def renew(self, codes: NDArray[np.float64]) -> None:
        """Begin anew with the texts of these codes, which become the new ones."""
        before, self.values = self.values, []
        self._by_text, self._by_raw = {}, {}
        used = np.flatnonzero(~np.isnan(codes))
        codes[used] = [self._coded(before[int(code)]) for code in codes[used].tolist()]


class Memory:
    """Aircraft by slot: the rows of ``time_us`` and ``value``, which have a column for each of
    :data:`REMEMBERED`; ``names`` are their targets. NaN is never heard."""

    def __init__(self) -> None:
        self.time_us = np.zeros((0, len(REMEMBERED)), np.int64)
        self.value = np.zeros((0, len(REMEMBERED)))
        self.names: list[str] = []
        self.callsigns, self.squawks = Words(callsign_of), Words(squawk_of)
        self._slots: dict[int, int] = {}
        """Of the aircraft heard of longest ago first."""

    def slot(self, key: int) -> int:
        """Return the slot of an aircraft that is heard now."""
        slot = self._slots.pop(key, None)
        if slot is None:
            if len(self._slots) >= MOST_AIRCRAFT:
                self._slots.pop(next(iter(self._slots)))
            slot = self._new(key)
        self._slots[key] = slot
        return slot

    def remember(self, slot: int, column: int, time_us: int, value: float) -> None:
        """Take one value that an aircraft told; NaN is none."""
        if not math.isnan(value):
            self.time_us[slot, column], self.value[slot, column] = time_us, value

    def recent(self, slot: int, time_us: int) -> list[float]:
        """Return the values of an aircraft that still hold at a time; NaN are the others."""
        known = zip(self.time_us[slot].tolist(), self.value[slot].tolist(), _AGES_US, strict=True)
        return [value if 0 <= time_us - told_us <= age_us else math.nan for told_us, value, age_us in known]

    def take(
        self, key: NDArray[np.int64], time_us: NDArray[np.int64], value: NDArray[np.float64],
        asked: NDArray[np.int64],
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]] | None:  # fmt: skip
        """Take n messages in the order in which they came, NaN being what they do not tell; return of those
        ``asked`` for the slot, and the values that hold then, each as it would be by itself. None, and
        nothing taken, where an aircraft would be forgotten over them."""
        n = len(key)
        order = _by_key(key)
        key, time_us, value = key[order], time_us[order], value[order]
        fresh = np.concatenate([[True], key[1:] != key[:-1]])
        start = np.flatnonzero(fresh)
        end = np.concatenate([start[1:], [n]]) - 1
        first, last = np.argsort(order[start]), np.argsort(order[end])
        slots = self._heard(key[start[first]].tolist(), key[start[last]].tolist())
        if slots is None:
            return None
        slot = np.empty(len(start), np.int64)
        slot[last] = slots
        # Which message told each value last, and whether it did since the block began.
        told = np.maximum.accumulate(np.where(np.isnan(value), -1, np.arange(n)[:, None]), axis=0)
        place = np.empty(n, np.int64)
        place[order] = np.arange(n)
        at = place[asked]
        group = (np.cumsum(fresh) - 1)[at]
        known_us, known = self._known(told[at], start[group], slot[group], time_us, value)
        age_us = time_us[at, None] - known_us
        known[(age_us < 0) | (age_us > AGES_US)] = np.nan
        self.time_us[slot], self.value[slot] = self._known(told[end], start, slot, time_us, value)
        return slot[group], known

    def _known(
        self, told: NDArray[np.int64], start: NDArray[np.int64], slot: NDArray[np.int64],
        time_us: NDArray[np.int64], value: NDArray[np.float64],
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:  # fmt: skip
        """Return the last values and their times: those told in the block, else those known before."""
        new = told >= start[:, None]
        return (
            np.where(new, time_us[told], self.time_us[slot]),
            np.where(new, value[told, np.arange(len(REMEMBERED))], self.value[slot]),
        )

    def tidy(self) -> None:
        """Let go of what was forgotten, where that is much. What was given out before stays as it is."""
        if len(self.names) > 2 * MOST_AIRCRAFT:
            kept = list(self._slots.values())
            self.time_us, self.value = self.time_us[kept], self.value[kept]
            self.names = [self.names[slot] for slot in kept]
            self._slots = {key: k for k, key in enumerate(self._slots)}
        for column, words in ((CALLSIGN, self.callsigns), (SQUAWK, self.squawks)):
            if words.full:
                codes = self.value[:, column].copy()
                words.renew(codes)
                self.value[:, column] = codes

    def _heard(self, first: list[int], last: list[int]) -> list[int] | None:
        """Return the slots of aircraft that are heard now, each named once in the order in which they are
        heard first, and in that in which they are heard last, in which the slots are returned; None where
        they are so many that one would be forgotten."""
        known = self._slots
        if len(known) + len(first) > MOST_AIRCRAFT:
            return None
        for key in first:
            if key not in known:
                known[key] = self._new(key)
        out = []
        for key in last:
            slot = known.pop(key)
            known[key] = slot
            out.append(slot)
        return out

    def _new(self, key: int) -> int:
        slot = len(self.names)
        address = f"{key & (_NOT_ICAO - 1):06x}"
        self.names.append(f"tisb:~{address}" if key & _NOT_ICAO else f"icao24:{address}")
        if slot >= len(self.value):
            more = max(64, len(self.value) // 2)
            self.time_us = np.concatenate([self.time_us, np.zeros((more, len(REMEMBERED)), np.int64)])
            self.value = np.concatenate([self.value, np.full((more, len(REMEMBERED)), np.nan)])
        return slot


def _by_key(key: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the rows by key, of one key as they came. NumPy sorts 16 bits several times faster than 64."""
    order = np.argsort(key.astype(np.uint16), kind="stable")
    high = (key >> 16).astype(np.uint16)[order]
    return order[np.argsort(high, kind="stable")]
