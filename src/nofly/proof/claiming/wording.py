"""Numbers of claims in words: km/h and knots, kilometres and nautical miles, seconds and minutes."""

from __future__ import annotations

import math

from nofly.proof.claiming.arithmetic import Range
from nofly.units import M_PER_NM, MPS_PER_KMH, MPS_PER_KT
from nofly.zones.sentence import Sentence, joined, say


def digits(value: float) -> str:
    """Return a number to three figures, whole from 100 on, its thousands apart."""
    if value == 0.0:
        return "0"
    if abs(value) >= 99.95:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 9.95 else f"{value:.2f}"


def span(range_value: Range, unit: str, per_value: float) -> str:
    """Return ``379–406 km/h``; one number where both ends read alike, ``at least`` and ``at most`` where one
    is open."""
    low, high = (value / per_value for value in range_value)
    if math.isinf(high):
        at_least = say("at least {value} {unit}", value=digits(low), unit=unit)
        return at_least if low > 0.0 else say("any {unit}", unit=unit)
    if low <= 0.0:
        return say("at most {value} {unit}", value=digits(high), unit=unit)
    a, b = digits(low), digits(high)
    return f"{a} {unit}" if a == b else f"{a}–{b} {unit}"


def speed(range_mps: Range) -> str:
    """Return ``379–406 km/h (205–219 kt)``."""
    plain = span(range_mps, "km/h", MPS_PER_KMH)
    return plain if plain.startswith("any") else _also(plain, span(range_mps, "kt", MPS_PER_KT))


def length(range_m: Range) -> str:
    """Return ``4.63 km (2.50 NM)``, in metres below a kilometre."""
    finite = range_m[1] if math.isfinite(range_m[1]) else range_m[0]
    if finite < 1000.0:
        return span(range_m, "m", 1.0)
    plain = span(range_m, "km", 1000.0)
    return plain if plain.startswith("any") else _also(plain, span(range_m, "NM", M_PER_NM))


def _also(plain: str, other: str) -> Sentence:
    return say("{plain} ({other})", plain=plain, other=other)


def time(range_s: Range) -> str:
    """Return ``6.80 s`` or ``8.40–12.0 min``."""
    finite = range_s[1] if math.isfinite(range_s[1]) else range_s[0]
    return span(range_s, "s", 1.0) if finite < 120.0 else span(range_s, "min", 60.0)


def height(range_m: Range, datum: str) -> str:
    """Return ``18,500–19,500 ft STD``."""
    plain = span(range_m, "ft", 0.3048)
    return say("{plain} {datum}", plain=plain, datum=datum) if datum else plain


WORDS = {"speed": speed, "length": length, "depth": length, "duration": time}


def listed(words: list[str]) -> str:
    """Return ``a``, ``a and b``, ``a, b and c``."""
    if len(words) == 1:
        return words[0]
    return say("{one} and {other}", one=joined(", ", words[:-1]), other=words[-1])
