"""Quantities as people state them: ``1.15 nmi``, ``17 ± 2 s``, ``700–1,000 km/h``, ``about 4 min``.

A stated number is a span. Without a ± it is as exact as it is written: half of the place of its last digit
that is not a trailing zero of a whole number (``1.15``: ± 0.005, ``17``: ± 0.5, ``19,000``: ± 500). The ends
of a range, bounds and counts are taken as they stand, and so are the digits of a flight level. ``about`` is
± 20 %, or the rounding where that is more.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum

from nofly.errors import InputError
from nofly.units import M_PER_FT, M_PER_NM, MPS_PER_KMH, MPS_PER_KT

M_PER_MILE = 1609.344
"""The international statute mile."""
ABOUT_FRACTION = 0.2
MOST_CHARACTERS = 80


class Kind(StrEnum):
    """What is measured; the SI unit inside."""

    LENGTH = "length"
    """Metres."""
    DURATION = "duration"
    """Seconds."""
    SPEED = "speed"
    """Metres a second."""
    HEIGHT = "height"
    """Metres above a datum."""
    ANGLE = "angle"
    """Degrees."""
    COUNT = "count"


_LENGTHS = {
    "m": 1.0, "km": 1000.0, "ft": M_PER_FT, "nmi": M_PER_NM, "NM": M_PER_NM, "mi": M_PER_MILE,
}  # fmt: skip
UNITS: dict[Kind, dict[str, float]] = {
    Kind.LENGTH: _LENGTHS,
    Kind.DURATION: {"s": 1.0, "min": 60.0, "h": 3600.0},
    Kind.SPEED: {"km/h": MPS_PER_KMH, "kmh": MPS_PER_KMH, "kt": MPS_PER_KT, "m/s": 1.0, "mps": 1.0,
                 "mph": M_PER_MILE / 3600.0},
    Kind.HEIGHT: {"m": 1.0, "km": 1000.0, "ft": M_PER_FT, "FL": 100.0 * M_PER_FT},
    Kind.ANGLE: {"°": 1.0, "deg": 1.0},
    Kind.COUNT: {"": 1.0},
}  # fmt: skip
MILES = ("mile", "miles")
"""Written so, a mile may be a statute or a nautical one: both are tried."""
DATUMS = ("STD", "AMSL", "AGL", "HAE")

_NUMBER = r"\d+(?:\.\d+)?"
_UNIT = r"[A-Za-z/°]*"
_VALUE = re.compile(
    rf"(?P<a>{_NUMBER})\s*(?P<ua>{_UNIT})(?:\s*(?:(?P<pm>±|\+/-|\+-)|–|—|-|to)\s*(?P<b>{_NUMBER})\s*(?P<ub>{_UNIT}))?"
)
_PARTS = re.compile(
    r"(?=\d+\s*(?:h|min)\s+\d)(?:(?P<h>\d+)\s*h\s+)?(?:(?P<min>\d+)\s*min\s+)?(?P<last>\d+)\s*(?P<unit>min|s)\b"
)
_ABOUT = ("about", "approximately", "circa", "ca.", "nearly", "≈", "~")
_UPPER = ("less than", "at most", "no more than", "under", "up to", "<=", "≤", "<")
_LOWER = ("more than", "at least", "over", ">=", "≥", ">")
_GROUPED = re.compile(r"(?<=\d)[,  ](?=\d{3}(?!\d))")


@dataclass(frozen=True, slots=True)
class Span:
    """A quantity as stated, in the SI unit of its kind.

    ``low_value`` to ``high_value`` is everything that the statement allows, its tolerance included;
    ``nominal_low_value`` to ``nominal_high_value`` what it says without (equal for one number; infinity where
    a bound leaves it open).
    """

    text: str
    low_value: float
    high_value: float
    nominal_low_value: float
    nominal_high_value: float
    datum: str = ""
    """Of heights: STD, AMSL, AGL or HAE; empty where it is not said."""

    def holds(self, value: float) -> bool:
        """Return whether the statement allows a value."""
        return self.low_value <= value <= self.high_value

    def meets(self, low_value: float, high_value: float) -> bool:
        """Return whether the statement allows some value of a closed interval."""
        return low_value <= self.high_value and high_value >= self.low_value


def read_span(text: str | float, kind: Kind, unit: str = "") -> tuple[tuple[str, Span], ...]:
    """Return the ways to read a stated quantity, as a rule one: (what is assumed, span).

    ``unit`` is that of a bare number. A distance in ``miles`` has two ways: statute and nautical. Raises
    InputError where the text is no quantity of this kind.
    """
    stated = f"{text} {unit}".strip() if unit else str(text)
    if len(stated) > MOST_CHARACTERS:
        raise InputError("too long for a quantity", expected=f"{MOST_CHARACTERS} characters at most")
    body, sense = _sense(_GROUPED.sub("", stated.strip()))
    datum = ""
    if kind is Kind.HEIGHT:
        body, datum = _datum(body)
    if kind is Kind.HEIGHT and (level := re.fullmatch(r"FL\s*(\d{1,3})", body)):
        body = f"{level[1]} FL"
    body, last = _one_unit(body) if kind is Kind.DURATION else (body, "")
    found = _VALUE.fullmatch(body)
    if found is None:
        raise InputError(f"{stated!r} is no {kind}", expected=_example(kind))
    names = [found["ua"] or found["ub"] or "", found["ub"] or found["ua"] or ""]
    ways = _ways(names, kind, stated)
    exact = 0.0 if kind is Kind.COUNT else 0.5 if names[0] == "FL" else rounding(last or found["a"])
    # A range of directions runs clockwise: 350–10° goes over north.
    turn = 360.0 if kind is Kind.ANGLE else 0.0
    said = stated, datum, exact, turn
    return tuple((assumed, _span(found, factors, sense, said)) for assumed, factors in ways)


def _sense(body: str) -> tuple[str, str]:
    for sense, words in (("about", _ABOUT), ("upper", _UPPER), ("lower", _LOWER)):
        for word in words:
            if body.lower().startswith(word):
                return body[len(word) :].strip(), sense
    return body, ""


def _one_unit(body: str) -> tuple[str, str]:
    """Return a duration with its first value in one unit, and the number that its exactness goes by: ``1 min
    16 s`` is 76 s, ± 0.5 s."""
    found = _PARTS.match(body)
    if found is None or (found["unit"] == "min" and found["min"]):
        return body, ""
    seconds = int(found["h"] or 0) * 3600 + int(found["min"] or 0) * 60
    total = seconds // int(UNITS[Kind.DURATION][found["unit"]]) + int(found["last"])
    return f"{total} {found['unit']}{body[found.end() :]}", found["last"]


def _datum(body: str) -> tuple[str, str]:
    first, _, last = body.rpartition(" ")
    return (first.strip(), last) if last in DATUMS else (body, "STD" if body.startswith("FL") else "")


def _ways(names: list[str], kind: Kind, stated: str) -> list[tuple[str, tuple[float, float]]]:
    if kind is Kind.LENGTH and any(name in MILES for name in names):
        return [
            (
                f"{word} miles",
                (_factor(names[0], kind, stated, mile_m), _factor(names[1], kind, stated, mile_m)),
            )
            for word, mile_m in (("statute", M_PER_MILE), ("nautical", M_PER_NM))
        ]
    return [("", (_factor(names[0], kind, stated), _factor(names[1], kind, stated)))]


def _factor(name: str, kind: Kind, stated: str, mile_m: float = math.nan) -> float:
    if kind is Kind.LENGTH and name in MILES:
        return mile_m
    units = UNITS[kind]
    if name not in units:
        near = get_close_matches(name, units, 1)
        expected = f"perhaps {near[0]}" if near else f"one of {', '.join(u for u in units if u)}"
        what = f"unknown unit {name!r}" if name else "no unit"
        raise InputError(f"{stated!r}: {what}", expected=expected if kind is not Kind.COUNT else "a number")
    return units[name]


def _span(
    found: re.Match[str], factors: tuple[float, float], sense: str, said: tuple[str, str, float, float]
) -> Span:
    stated, datum, exact, turn = said
    first, second = float(found["a"]) * factors[0], found["b"]
    if second is not None and not found["pm"]:
        last = float(second) * factors[1]
        # In "2–3 km" the unit stands behind the last number alone, and is that of both.
        last += turn if last < first else 0.0
        low, high = min(first, last), max(first, last)
        off = ABOUT_FRACTION if sense == "about" else 0.0
        return Span(stated, low * (1 - off), high * (1 + off), low, high, datum)
    off_value = float(second) * factors[1] if second is not None else exact * factors[0]
    if sense == "about":
        off_value = max(off_value, ABOUT_FRACTION * first)
    if sense == "upper":
        return Span(stated, -math.inf if datum or not first else 0.0, first, 0.0, first, datum)
    if sense == "lower":
        return Span(stated, first, math.inf, first, math.inf, datum)
    return Span(stated, first - off_value, first + off_value, first, first, datum)


def rounding(number: str) -> float:
    """Return half of the place of the last digit of a written number, trailing zeros of a whole one aside."""
    if "." in number:
        return 0.5 * 10.0 ** -len(number.partition(".")[2])
    digits = number.rstrip("0")
    return 0.5 * 10.0 ** (len(number) - len(digits)) if digits else 0.5


def _example(kind: Kind) -> str:
    return {
        Kind.LENGTH: "such as 1.15 nmi, 2.5 km, < 10 km, 3 ± 1 km",
        Kind.HEIGHT: "such as 19000 ft STD, FL190",
        Kind.DURATION: "such as 17 s, 1 min 16 s, about 4 min, 10–12 min",
        Kind.ANGLE: "such as 270°, 250–290°",
        Kind.SPEED: "such as 980 km/h, 450 ± 20 kt", Kind.COUNT: "such as 3, 19–23, at least 2",
    }[kind]  # fmt: skip
