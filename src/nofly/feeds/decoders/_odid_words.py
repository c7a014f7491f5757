"""Values of Remote ID as programs write them in JSON: numbers with units, names of states and of accuracies.

What is not understood is None: a unit that is not known, a name that is none of the standard's.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from nofly.feeds.decoders import _odid as odid
from nofly.feeds.decoders._odid import BasicId
from nofly.feeds.times import LATEST_US, parse_iso

LENGTH = frozenset(("", "m", "meters", "metres"))
SPEED = frozenset(("", "m/s", "mps"))
ANGLE = frozenset(("", "°", "deg", "degrees"))

_NUMBER = re.compile(r"\s*([-+]?\d{1,15}(?:\.\d{1,15})?)\s*(\S{0,12})\s*")
_BOUND = re.compile(r"\s*<?\s*(\d{1,9}(?:\.\d{1,9})?)\s*(km|nmi?|m)\s*", re.IGNORECASE)
_PAST_HOUR = re.compile(r"\s*(\d{1,4}(?:\.\d{1,9})?)\s*s\S{0,10} (?:past|after|since) the (?:full )?hour\s*")
_UNIT_M = {"m": 1.0, "km": 1000.0, "nm": 1852.0, "nmi": 1852.0}
_KINDS = (
    ("serial", odid.SERIAL), ("caa", odid.REGISTRATION), ("registration", odid.REGISTRATION),
    ("utm", odid.UTM), ("uuid", odid.UTM), ("sessionid", odid.SESSION_ID), ("none", 0),
)  # fmt: skip
_STATES = {"ground": odid.GROUND, "onground": odid.GROUND, "airborne": odid.AIRBORNE}
_EPOCHS = ((1e8, 1e6), (1e11, 1e3), (1e14, 1.0), (1e17, 1e-3))
"""From this number on, and below the next, a time since 1970 counts in so many microseconds."""


def number(value: object, units: frozenset[str] = LENGTH) -> float | None:
    """Return a number, or the number of a text with one of the given units."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return float(value) if abs(value) < 1e15 and math.isfinite(value) else None
    match = _NUMBER.fullmatch(value) if isinstance(value, str) and len(value) < 64 else None
    return float(match[1]) if match is not None and match[2].lower() in units else None


def error_m(value: object, table: Sequence[float | None]) -> float | None:
    """Return a 95 % error: of a whole number that is the standard's code, or of a text such as ``<10 m``."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return odid.error_of(table, value)
    match = _BOUND.fullmatch(value) if isinstance(value, str) and len(value) < 64 else None
    bound_m = float(match[1]) * _UNIT_M[match[2].lower()] if match is not None else 0.0
    return bound_m if bound_m > 0.0 else None


def status(value: object) -> int:
    """Return the operational status, 0 where it is not told."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    name = re.sub("[^a-z]", "", value.lower()[:40]) if isinstance(value, str) else ""
    return odid.EMERGENCY if "emergency" in name else _STATES.get(name, 0)


def above_ground(value: object) -> bool | None:
    """Return whether a height is above ground (True) or the take-off point (False); None not told."""
    if isinstance(value, int) and not isinstance(value, bool):
        return {0: False, 1: True}.get(value)
    name = re.sub("[^a-z]", "", value.lower()[:40]) if isinstance(value, str) else ""
    if "takeoff" in name:
        return False
    return True if "ground" in name or name == "agl" else None


def ident(text: object, kind: object, aircraft: object) -> BasicId | None:
    """Return an id; None where there is no text or one longer than any id.

    Without a kind it counts as a serial number. A UUID or SessionID in hexadecimal is those bytes.
    """
    if not isinstance(text, str) or not text.strip("\0 ") or len(text) > 64:
        return None
    number = _kind(kind)
    data = text.encode("utf-8", "surrogatepass")
    digits = re.sub("[-{}]", "", text)
    if number in (odid.UTM, odid.SESSION_ID) and re.fullmatch(r"(?:[0-9a-fA-F]{2}){1,20}", digits):
        data = bytes.fromhex(digits)
    return BasicId(number, _aircraft(aircraft), data)


def _kind(value: object) -> int:
    if value is None or value == "":
        return odid.SERIAL
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    name = re.sub("[^a-z]", "", value.lower()[:64]) if isinstance(value, str) else "none"
    return next((kind for word, kind in _KINDS if word in name), 0)


def _aircraft(value: object) -> int:
    """Return the type of aircraft: a name that is given stands for 15, other than none."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value if 0 <= value <= 15 else 0
    name = value.lower()[:40] if isinstance(value, str) else ""
    if not name or "none" in name or "undeclared" in name or "unknown" in name:
        return 0
    return odid.GROUND_OBSTACLE if "obstacle" in name else 15


def address(value: object) -> str:
    """Return a transmitter's address as twelve hex digits, ``""`` where it is none or all zeros."""
    digits = re.sub("[:-]", "", value[:40].split(" ")[0].lower()) if isinstance(value, str) else ""
    return digits if re.fullmatch("[0-9a-f]{12}", digits) and digits.strip("0") else ""


def epoch_us(value: object) -> int | None:
    """Return a time since 1970 (s, ms, us or ns) or an ISO 8601 time with a zone, in microseconds."""
    if isinstance(value, str) and len(value) < 64:
        found, naive = parse_iso([value])
        if found[0] > 0 and not naive[0]:
            return int(found[0])
    size = number(value, frozenset(("", "s")))
    if size is None:
        return None
    factor = next((f for least, f in reversed(_EPOCHS) if size >= least), None)
    us = round(size * factor) if factor is not None else 0
    return us if 0 < us < LATEST_US else None


def tenths_past_hour(value: object) -> int | None:
    """Return ``1234.5 seconds past the hour`` in tenths of seconds; a bare number does not say what it is."""
    match = _PAST_HOUR.fullmatch(value) if isinstance(value, str) and len(value) < 64 else None
    second = float(match[1]) if match is not None else -1.0
    return round(second * 10.0) if 0.0 <= second <= 3600.0 else None
