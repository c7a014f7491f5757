"""Plain SBS-1 messages read in columns: many lines at once, each to the last bit as it would be by itself.

Plain is a line ``MSG`` or ``MLAT`` of 22 fields, with six digits for the address, plain numbers, and the
dates and times as :mod:`nofly.feeds.decoders._sbs_clock` has them. Every other line is left to be read
with care.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nofly.feeds.decoders._sbs_clock import CLOCK_BYTES, DATE_BYTES, SenderClock
from nofly.feeds.decoders._sbs_memory import CALLSIGN, ON_GROUND, REMEMBERED, SQUAWK, Memory
from nofly.feeds.times import LATEST_US
from nofly.units import M_PER_FT, MPS_PER_FPM, MPS_PER_KT

FIELDS = 22
VALUES = (*REMEMBERED, "lat_deg", "lon_deg")
"""The columns of :attr:`Messages.value`."""
LAT, LON = map(VALUES.index, ("lat_deg", "lon_deg"))

_ADDRESS, _TOLD, _LOGGED = 4, 6, 8
_TEXTS, _ON_GROUND = (10, 17), 21
_NUMBERS = np.array([11, 12, 13, 16, 14, 15])
_NUMBER_VALUES = np.array([VALUES.index(name) for name in (
    "alt_std_m", "gs_mps", "track_deg", "vrate_mps", "lat_deg", "lon_deg",
)])  # fmt: skip
_FACTORS = np.array([M_PER_FT, MPS_PER_KT, 1.0, MPS_PER_FPM, 1.0, 1.0])
_SPEED = VALUES.index("gs_mps")
_MOST_DIGITS = 15
"""So many digits are a whole number that float64 holds, and so is the power of ten below: one division, which
is rounded rightly, gives what reading the text does."""
_MOST_CHARACTERS = _MOST_DIGITS + 2
_POWERS = 10.0 ** np.arange(_MOST_CHARACTERS + 1)

_COMMA, _LF, _CR, _MINUS, _DOT, _ZERO, _ONE = b",\n\r-.01"
_HEX = np.full(256, 255, np.uint8)
for _digit, _letters in enumerate(zip(b"0123456789abcdef", b"0123456789ABCDEF", strict=True)):
    _HEX[list(_letters)] = _digit

Bytes = NDArray[np.uint8]
Longs = NDArray[np.int64]


@dataclass(slots=True)
class Messages:
    """Lines in the order of their bytes; of those that are not ``plain`` no more is known."""

    start: Longs
    """Where each line begins in the block; one more says where the last ends."""
    plain: NDArray[np.bool_]
    transmission: Bytes
    """The character of the transmission type."""
    mlat: NDArray[np.bool_]
    key: Longs
    """The aircraft, as in :func:`nofly.feeds.decoders._sbs_memory.key_of`."""
    value: NDArray[np.float64]
    """(n, :data:`VALUES`), NaN where not told; of texts the codes."""
    time_us: Longs
    logged_us: Longs
    """Of a recording only."""
    texts: Longs
    """Where callsign and squawk begin and end, (2, 2, n)."""


def messages(block: bytes, clock: SenderClock | None, received_us: int | None, most_bytes: int) -> Messages:
    """Return the lines of a block, which ends with the end of a line; none of more than ``most_bytes`` is
    plain.

    ``clock`` reads the dates; where it is None, the time received stands. Texts are left to
    :func:`code_texts`.
    """
    text = np.frombuffer(block + bytes(_MOST_CHARACTERS), np.uint8)
    whole = text[: len(block)]
    mark = np.flatnonzero((whole == _COMMA) | (whole == _LF))
    last = np.flatnonzero(whole[mark] == _LF)
    first = np.concatenate([[0], last[:-1] + 1])
    start = np.concatenate([[0], mark[last] + 1])
    n, plain = len(last), (last - first == FIELDS - 1) & (np.diff(start) <= most_bytes)
    rows = np.flatnonzero(plain)
    found = Messages(
        start, plain, np.zeros(n, np.uint8), np.zeros(n, np.bool_), np.zeros(n, np.int64),
        np.full((n, len(VALUES)), np.nan), np.full(n, received_us or 0), np.zeros(n, np.int64),
        np.zeros((2, 2, n), np.int64),
    )  # fmt: skip
    if not len(rows):
        return found
    # (field, line): where the commas are that end the fields, and the end of the line without its CR.
    end = mark[first[rows] + np.arange(FIELDS)[:, None]]
    end[-1] -= text[end[-1] - 1] == _CR
    begin = np.concatenate([start[rows][None], end[:-1] + 1])
    one = _Fields(text, begin, end - begin)
    good = one.heads(found, rows)
    if clock is not None:
        found.time_us[rows] = one.times_us(_TOLD, clock, received_us, good)
        if received_us is None:
            found.logged_us[rows] = one.times_us(_LOGGED, clock, None, good)
    found.value[rows] = one.values(good)
    plain[rows] = good
    for k, field in enumerate(_TEXTS):
        found.texts[k, 0, rows], found.texts[k, 1, rows] = begin[field], end[field]
    return found


def code_texts(found: Messages, lines: slice, block: bytes, memory: Memory) -> None:
    """Fill in the texts of some plain lines: in the order of the bytes, as they are coded in that order."""
    for spans, column, words in zip(
        found.texts[:, :, lines], (CALLSIGN, SQUAWK), (memory.callsigns, memory.squawks), strict=True
    ):
        some = np.flatnonzero(spans[1] > spans[0])
        if len(some):
            found.value[lines.start + some, column] = [
                words.code(block[a:b].decode("ascii", "replace")) for a, b in spans[:, some].T.tolist()
            ]


@dataclass(slots=True)
class _Fields:
    """Where the fields of n lines begin and how long they are: (field, line)."""

    text: Bytes
    begin: Longs
    length: Longs

    def heads(self, found: Messages, rows: Longs) -> NDArray[np.bool_]:
        """Fill in who says what kind of message; return which lines are plain so far."""
        text, begin, length = self.text, self.begin, self.length
        head = self._characters(0, 4)
        mlat = (length[0] == 4) & (head == np.frombuffer(b"MLAT", np.uint8)[:, None]).all(axis=0)
        good: NDArray[np.bool_] = mlat | (
            (length[0] == 3) & (head[:3] == np.frombuffer(b"MSG", np.uint8)[:, None]).all(axis=0)
        )
        transmission = text[begin[1]]
        good &= (length[1] == 1) & (transmission - _ZERO < 10) & (length[_ADDRESS] == 6)
        digits = _HEX[self._characters(_ADDRESS, 6)]
        key = np.zeros(len(rows), np.int64)
        for digit in digits:
            key = (key << 4) | digit
        good = good & (digits < 16).all(axis=0) & (key > 0)
        found.transmission[rows], found.mlat[rows], found.key[rows] = transmission, mlat, key
        return good

    def times_us(
        self, field: int, clock: SenderClock, received_us: int | None, good: NDArray[np.bool_]
    ) -> Longs:
        """Return the times that a date and the field after it tell; lines of another form are not ``good``
        any more."""
        times_us, clear = clock.times_us(
            self._characters(field, DATE_BYTES), self._characters(field + 1, CLOCK_BYTES), received_us
        )
        good &= clear & (self.length[field] == DATE_BYTES) & (self.length[field + 1] == CLOCK_BYTES)
        good &= (times_us > 0) & (times_us < LATEST_US)
        return times_us

    def values(self, good: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Return the numbers of the lines; those with one that is not plain are not ``good``."""
        value = np.full((len(good), len(VALUES)), np.nan)
        which, line = np.nonzero(self.length[_NUMBERS])
        fields = _NUMBERS[which]
        number, clear = _decimals(self.text, self.begin[fields, line], self.length[fields, line])
        value[line, _NUMBER_VALUES[which]] = number * _FACTORS[which]
        good[line[~clear]] = False
        speed = value[:, _SPEED]
        speed[speed < 0.0] = np.nan
        at, length = self.begin[_ON_GROUND], self.length[_ON_GROUND]
        head, single = self.text[at], length == 1
        set_ = (single & (head == _ONE)) | ((length == 2) & (head == _MINUS) & (self.text[at + 1] == _ONE))
        unset = single & (head == _ZERO)
        value[set_, ON_GROUND] = 1.0
        value[unset, ON_GROUND] = 0.0
        good &= set_ | unset | (length == 0)
        return value

    def _characters(self, field: int, count: int) -> Bytes:
        """Return the first characters of a field, (count, n); behind its end stand those of the next."""
        out: Bytes = self.text.take(self.begin[field] + np.arange(count)[:, None], mode="clip")
        return out


def _decimals(text: Bytes, begin: Longs, length: Longs) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return numbers such as ``-0.43106``, and which of them were read."""
    width = min(int(length.max(initial=1)), _MOST_CHARACTERS)
    place = np.arange(width)[:, None]
    character = text[np.minimum(begin + place, len(text) - 1)]
    digit = character - np.uint8(_ZERO)
    within = place < length
    is_digit, is_dot = (digit < 10) & within, (character == _DOT) & within
    digits, dots, minus = is_digit.sum(axis=0), is_dot.sum(axis=0), character[0] == _MINUS
    clear = (digits + dots + minus == length) & (digits > 0) & (digits <= _MOST_DIGITS) & (dots <= 1)
    factor = np.where(is_digit, 10.0, 1.0)
    term = np.where(is_digit, digit, 0.0)
    number = term[0].copy()
    for k in range(1, width):
        number *= factor[k]
        number += term[k]
    dot = (is_dot * place.astype(np.uint8)).sum(axis=0, dtype=np.int64)
    behind = np.where(dots > 0, length - 1 - dot, 0)
    number /= _POWERS[np.where(clear, behind, 0)]
    return np.where(minus, -number, number), clear
