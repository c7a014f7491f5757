"""Text that is safe to show: hostile names made visible, numbers in the field's words."""

from __future__ import annotations

import math
import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

from nofly.units import M_PER_FL, US_PER_S, feet, flight_level_text, nautical_miles
from nofly.units import iso_time as iso_time

if TYPE_CHECKING:
    from nofly.incidents.record import Infringement

_KEPT_JOINERS = "\u200c\u200d"
"""Zero-width (non-)joiner: needed to write Persian and Indic names."""
_WHITE = re.compile(r"[\t\n\v\f\r\x1c-\x1f\x85\u2028\u2029]+")
FL_FROM_FT = 5000
"""Below this a pressure altitude reads better in feet than as a flight level."""


def printable(text: str) -> str:
    """Return text that cannot steer a terminal, reverse a line or break a file.

    Line breaks and tabs become a space; control, direction, private and lone surrogate characters
    become their escape (``\\x1b``), so that a reader sees that something was there.
    """
    if text.isprintable():
        return text
    return "".join(_visible(c) for c in _WHITE.sub(" ", text))


def _visible(character: str) -> str:
    if character in _KEPT_JOINERS or unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Co", "Cn"):
        return character
    return character.encode("unicode_escape").decode("ascii")


def width(text: str) -> int:
    """Return how many columns of a terminal the text takes."""
    if text.isascii():
        return len(text)
    return sum(_columns(c) for c in text)


@lru_cache(maxsize=1 << 10)
def _columns(character: str) -> int:
    if unicodedata.combining(character) or character in _KEPT_JOINERS:
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def shorten(text: str, columns: int) -> str:
    """Return the text cut to a number of columns, an ellipsis at its end where it was cut."""
    if width(text) <= columns:
        return text
    while width(text) > columns - 1:
        text = text[:-1]
    return text.rstrip() + "…"


def clock(time_us: int, *, date: bool = True, tenths: bool = False) -> str:
    """Return ``2021-10-07 13:22:20 Z`` as a log book writes it, to the nearest second or tenth."""
    unit = US_PER_S // 10 if tenths else US_PER_S
    text = iso_time((time_us + unit // 2) // unit * unit)
    day, time = text[:-1].split("T")
    time = time[:10] if tenths else time[:8]
    return f"{day} {time} Z" if date else f"{time} Z"


def duration(seconds: float) -> str:
    """Return ``17 s``, ``4 min 03 s`` or ``2 h 05 min``; tenths below ten seconds."""
    if not math.isfinite(seconds):
        return "unknown"
    if seconds < 9.95:
        return f"{seconds:.1f} s".replace(".0 s", " s")
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60:02d} min"


def depth(depth_m: float | None, err_m: float | None = None) -> str:
    """Return ``0.75 ± 0.20 NM``, in metres below a tenth of a mile; ``unknown`` for None."""
    if depth_m is None or not math.isfinite(depth_m):
        return "unknown"
    known = err_m is not None and math.isfinite(err_m)
    if depth_m < 185.2:
        return f"{depth_m:.0f} ± {err_m:.0f} m" if known else f"{depth_m:.0f} m"
    miles = nautical_miles(depth_m)
    digits = 2 if miles < 10 else 1
    if not known or err_m is None:
        return f"{miles:.{digits}f} NM"
    return f"{miles:.{digits}f} ± {max(nautical_miles(err_m), 10.0**-digits):.{digits}f} NM"


def height(height_m: float | None, datum: str | None) -> str:
    """Return ``FL190``, ``1,500 ft AMSL``, ``1,180 ft on 1013 hPa``; ``unknown`` for None."""
    if height_m is None or not math.isfinite(height_m):
        return "unknown"
    if datum == "STD":
        if feet(height_m) >= FL_FROM_FT:
            return flight_level_text(round(height_m / M_PER_FL) * M_PER_FL)
        return f"{feet(height_m):,.0f} ft on 1013 hPa"
    return f"{feet(height_m):,.0f} ft {datum or ''}".rstrip()


def place(lat_deg: float, lon_deg: float) -> str:
    """Return a place as ``48°47.73′ N 002°16.47′ E``."""

    def part(value: float, digits: int, signs: str) -> str:
        hundredths = round(abs(value) * 6000)
        degrees, rest = divmod(hundredths, 6000)
        return f"{degrees:0{digits}d}°{rest / 100:05.2f}′ {signs[value < 0]}"

    return f"{part(lat_deg, 2, 'NS')} {part(lon_deg, 3, 'EW')}"


def aircraft(stay: Infringement) -> str:
    """Return ``4ca7b3 (SWR123)``: the address or target id, and the callsign where one is known."""
    name = printable(stay.icao24 or stay.target_id)
    return f"{name} ({printable(stay.callsign)})" if stay.callsign else name


def zone_label(stay: Infringement) -> str:
    """Return what the zone is called: its name, after its id where the name does not hold it."""
    return zone_words(stay.zone_id, stay.zone_name)


def side_and_zone(stay: Infringement) -> str:
    """Return ``in LS-R7`` or, of an absence, ``outside LS-R7``."""
    return f"{'in' if stay.side == 'inside' else 'outside'} {zone_label(stay)}"


def zone_words(zone_id: str, name: str) -> str:
    """Return id and name of a zone, neither said twice."""
    zone_id, name = printable(zone_id), printable(name)
    if not name or name == zone_id:
        return zone_id
    if zone_id in name or zone_id.endswith(f":{name}"):
        return name
    return zone_id if name in zone_id else f"{zone_id} {name}"


def many(count: int, noun: str) -> str:
    """Return a number of things: ``1 report``, ``2,000 reports``."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
