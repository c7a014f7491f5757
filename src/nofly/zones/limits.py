"""Vertical limits as people write them: ``FL195``, ``1500 ft AMSL``, ``500 m AGL``, ``GND``, ``UNL``.

Rules (OpenAir 2.0 § altitude; ICAO Annex 15 appendix 1): a number without a unit is feet, a length without
a reference is above mean sea level, a flight level is pressure altitude.
"""

from __future__ import annotations

import re
from functools import lru_cache

from nofly.units import M_PER_FL, length_m
from nofly.zones.model import Datum, Limit

EXPECTED = "GND, SFC, UNL, a flight level (FL195) or a length with a reference (1500 ft AMSL, 500 m AGL)"

_LONGEST = 80
_GROUND = re.compile(r"(?:GND|GROUND|SFC|SURFACE|(?:AGL|GND|SFC)\s*\(?0\)?)", re.I)
_UNLIMITED = re.compile(r"(?:UNL|UNLIM|UNLTD|UNLIMITED|UNLIMTED|NO LIMIT)\.?", re.I)
_LEVEL = re.compile(r"FL?\s*([0-9]{1,4}(?:\.[0-9]+)?)\s*(?:STD)?", re.I)
_LENGTH = re.compile(
    r"(?P<value>[+-]?[0-9]{1,9}(?:\.[0-9]{1,9})?)\s*"
    r"(?P<unit>FT|FEET|FOOT|'|MTR|METERS?|METRES?|M(?!SL))?\.?\s*"
    r"(?P<datum>[A-Z][A-Z0-9 ]*)?",
    re.I,
)
_DATUMS = {
    "AMSL": Datum.AMSL, "MSL": Datum.AMSL, "ASL": Datum.AMSL, "ALT": Datum.AMSL, "QNH": Datum.AMSL,
    "AGL": Datum.AGL, "AGND": Datum.AGL, "ASFC": Datum.AGL, "GND": Datum.AGL, "SFC": Datum.AGL,
    "STD": Datum.STD,
    "HAE": Datum.HAE, "WGS84": Datum.HAE, "WGS 84": Datum.HAE, "W84": Datum.HAE,
}  # fmt: skip


def datum_of(word: str) -> Datum:
    """Return the datum a reference word names (AMSL, MSL, ASL, QNH; AGL, GND, SFC; STD; HAE, WGS84).

    Raises ValueError for any other word: a datum is never guessed.
    """
    found = _DATUMS.get(" ".join(word.upper().split()))
    if found is None:
        raise ValueError(f"unknown vertical reference {word[:_LONGEST]!r} (expected AMSL, AGL, STD or HAE)")
    return found


@lru_cache(maxsize=1024)
def parse_limit(text: str) -> Limit | None:
    """Return the limit a text states, in metres, with the text kept; None is unlimited.

    Raises ValueError, saying what was expected, where the text is none of the known forms.
    """
    words = " ".join(text.split())
    if len(words) <= _LONGEST:
        if _UNLIMITED.fullmatch(words):
            return None
        if _GROUND.fullmatch(words):
            return Limit(0.0, Datum.AGL, words)
        level = _LEVEL.fullmatch(words)
        if level:
            return Limit(float(level[1]) * M_PER_FL, Datum.STD, words)
        length = _LENGTH.fullmatch(words)
        if length:
            unit = length["unit"] or "FT"
            value_m = length_m(float(length["value"]), "FT" if unit == "'" else unit)
            datum = datum_of(length["datum"].strip()) if length["datum"] else Datum.AMSL
            return Limit(value_m, datum, words)
    raise ValueError(f"limit {words[:_LONGEST]!r} is not understood (expected {EXPECTED})")
