"""Text columns: cleaned once for each distinct value, never for each row."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from nofly.schema import Coded

if TYPE_CHECKING:
    from numpy.typing import NDArray

SOURCES = ("adsb", "mlat", "tisb", "ssr", "psr", "system-track", "remote-id", "flarm")
"""What the schema's ``source`` may say."""

MOST_TEXTS = 1 << 20
"""Most distinct values of a text column that are remembered."""

_ADDRESS = re.compile(r"(?:icao24:)?(~?)([0-9a-f]{6})")
_READSB_SOURCES = {"adsb": "adsb", "adsr": "adsb", "tisb": "tisb", "mlat": "mlat"}


def target_of(address: object) -> str | None:
    """Return the target id of a 24-bit address: ``icao24:4ca7b3``, or ``tisb:~2a1b3c`` for one that is
    not of ICAO (readsb marks those with a tilde); None where it is no address."""
    if isinstance(address, bool) or address is None:
        return None
    if isinstance(address, int | float):
        whole = int(address) if 0 < address < 1 << 24 and address == int(address) else -1
        return f"icao24:{whole:06x}" if whole > 0 else None
    match = _ADDRESS.fullmatch(str(address).strip().lower())
    if match is None or (match[2] == "000000"):
        return None
    return f"tisb:~{match[2]}" if match[1] else f"icao24:{match[2]}"


def target_id_of(text: object) -> str | None:
    """Return a target id as it stands, trimmed; None where it is empty."""
    return str(text).strip() or None if text is not None else None


def callsign_of(text: object) -> str | None:
    """Return a callsign without padding (spaces, ``@``, ``_``, NUL); None where nothing is left."""
    return str(text).strip(" @_\0\t\r\n") or None if text is not None else None


def squawk_of(value: object) -> str | None:
    """Return a Mode A code as four octal digits, also from a number; None where it is none.

    ICAO Annex 10 vol. IV § 3.1.1.6: four digits of 0 to 7.
    """
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, float):
        value = int(value) if value == value and abs(value) < 1e4 and value == int(value) else ""
    digits = str(value).strip()
    digits = digits[:-2] if digits.endswith(".0") else digits
    if not 0 < len(digits) <= 4 or not set(digits) <= set("01234567"):
        return None
    return digits.zfill(4)


def source_of(text: object) -> str | None:
    """Return the kind of surveillance, from our own word or from readsb's ``type``; None where unknown.

    ADS-R is ADS-B: the aircraft's own report, which a ground station repeats on another link (Doc 9871
    appendix C.2). TIS-B is not: a ground station's radar made it.
    """
    word = str(text).strip().lower() if text is not None else ""
    return word if word in SOURCES else _READSB_SOURCES.get(word.split("_")[0])


def plain_of(text: object) -> str | None:
    """Return a text without surrounding blanks; None where nothing is left."""
    return str(text).strip() or None if text is not None else None


CLEANERS: dict[str, Callable[[object], str | None]] = {
    "icao24": target_of,
    "target_id": target_id_of,
    "callsign": callsign_of,
    "squawk": squawk_of,
    "category": plain_of,
    "source": source_of,
    "station": plain_of,
}
"""Column → what turns a value of a file into ours."""


class _Codes(dict[object, int]):
    """Raw value → code; one that is not known yet is coded when it is asked for."""

    def __init__(self, code: Callable[[object], int]) -> None:
        super().__init__()
        self._code = code

    def __missing__(self, raw: object) -> int:
        return self._code(raw)


class TextColumn:
    """Codes one text column of one file: each distinct value is cleaned once, and codes stay the same from
    batch to batch (``values`` only grows)."""

    def __init__(self, column: str) -> None:
        self._clean = CLEANERS[column]
        self._begin()

    def _begin(self) -> None:
        self.values: list[str] = []
        self._by_raw = _Codes(self._code)
        self._by_raw[None] = -1
        self._by_text: dict[str, int] = {}

    def _code(self, raw: object) -> int:
        text = self._clean(raw)
        if text is None:
            found = -1
        else:
            found = self._by_text.setdefault(text, len(self.values))
            if found == len(self.values):
                self.values.append(text)
        self._by_raw[raw] = found
        return found

    def codes(self, raws: Sequence[object]) -> NDArray[np.int32]:
        """Return the codes of raw values, -1 where there is none or it cannot be read.

        Past :data:`MOST_TEXTS` distinct values the coding begins anew, so that memory stays bounded.
        """
        if len(self._by_raw) > MOST_TEXTS:
            self._begin()
        return np.fromiter(map(self._by_raw.__getitem__, raws), np.int32, len(raws))

    def coded(self, raws: Sequence[object]) -> Coded:
        """Return raw values as a coded column."""
        codes = self.codes(raws)
        return Coded(codes, self.values)
